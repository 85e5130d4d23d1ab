//! What one file says, without any other: its symbols, scopes, names, imports and call sites. Facts follow from the bytes
//! alone, so they are kept by content hash and a change of branch costs nothing. They never hold text of the file but names:
//! signatures and comments are byte ranges, cut out (and redacted) where the text is at hand.

use crate::Language;
use serde::{Deserialize, Serialize};

/// Declares an index into one of the tables of [`Facts`].
macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in its table.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// A name in [`Facts::names`].
    Name
);
index!(
    /// A scope in [`Facts::scopes`]; 0 is the file's own.
    ScopeId
);
index!(
    /// A symbol in [`Facts::symbols`].
    SymbolId
);
index!(
    /// An expression in [`Facts::expressions`]; 0 is [`Expression::Unknown`].
    ExpressionId
);

impl ScopeId {
    /// The scope of the file itself.
    pub const FILE: ScopeId = ScopeId(0);
}

impl ExpressionId {
    /// What nothing is known of.
    pub const UNKNOWN: ExpressionId = ExpressionId(0);
}

/// A range of bytes in the file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bytes {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// Everything that one file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The language it was read as.
    pub language: Language,
    /// Each name once.
    pub names: Vec<String>,
    /// What is defined, outer before inner.
    pub symbols: Vec<Symbol>,
    /// Where names are looked up, outer before inner.
    pub scopes: Vec<Scope>,
    /// What names stand for, by scope, in the order of the text.
    pub bindings: Vec<Binding>,
    /// Types and values, as far as they can be told.
    pub expressions: Vec<Expression>,
    /// Where something is called or named.
    pub sites: Vec<Site>,
    /// Members that types are given outside of themselves (`impl`, a method with a receiver).
    pub extensions: Vec<Extension>,
    /// Places that the grammar did not understand; what stands inside was read all the same.
    pub errors: u32,
    /// The package that the file says it belongs to (Go, Java).
    pub package: Option<Name>,
    /// How many lines the file has.
    pub lines: u32,
}

/// What a symbol is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SymbolKind {
    /// A function outside of types.
    Function,
    /// A function of a type.
    Method,
    /// A class, struct, enum or union.
    Class,
    /// An interface, trait or protocol.
    Interface,
    /// An alias of a type.
    Alias,
    /// A value that lasts: a constant, a static, a variable of a module.
    Constant,
    /// A member of a type that holds a value.
    Field,
    /// A module or namespace inside a file.
    Module,
    /// A macro.
    Macro,
}

impl SymbolKind {
    /// Whether it can be called: a function, a method, a type that is constructed, a macro.
    #[must_use]
    pub fn is_callable(self) -> bool {
        !matches!(self, SymbolKind::Constant | SymbolKind::Field | SymbolKind::Module)
    }

    /// Whether it is a type.
    #[must_use]
    pub fn is_type(self) -> bool {
        matches!(self, SymbolKind::Class | SymbolKind::Interface | SymbolKind::Alias)
    }

    /// Its name on the wire and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            SymbolKind::Function => "function",
            SymbolKind::Method => "method",
            SymbolKind::Class => "class",
            SymbolKind::Interface => "interface",
            SymbolKind::Alias => "alias",
            SymbolKind::Constant => "constant",
            SymbolKind::Field => "field",
            SymbolKind::Module => "module",
            SymbolKind::Macro => "macro",
        }
    }
}

/// What a resolver must know of a symbol besides its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traits {
    /// Belongs to the type, not to its values.
    pub is_static: bool,
    /// Python's class methods: belongs to the type and knows it.
    pub is_class_method: bool,
    /// Read like a field, without a call.
    pub is_property: bool,
    /// Its result has to be awaited.
    pub is_async: bool,
    /// It yields: its result is iterated.
    pub is_generator: bool,
    /// A generator that `with` enters.
    pub is_context: bool,
    /// Has no body here: another type gives it one.
    pub is_abstract: bool,
    /// Seen from outside the file.
    pub is_exported: bool,
    /// Said here, defined elsewhere: a prototype, an overload's signature.
    pub is_declaration: bool,
}

/// One place where a symbol is written down. Overloads, both arms of an `if`, a prototype and its body: one symbol,
/// several spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Line of the name, from 1.
    pub line: u32,
    /// Column of the name in bytes, from 0.
    pub column: u32,
    /// First line of the whole definition, decorators and attributes included.
    pub first: u32,
    /// Last line of the whole definition.
    pub last: u32,
    /// From the definition's first byte to its body: the signature.
    pub header: Bytes,
    /// The comment or string that documents it; empty when there is none.
    pub doc: Bytes,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Symbol {
    /// Its own name.
    pub name: Name,
    /// What it is.
    pub kind: SymbolKind,
    /// What it stands in.
    pub parent: Option<SymbolId>,
    /// The name of the type that it extends, where that is no symbol around it.
    pub of: Option<Name>,
    /// Where its members and locals are looked up.
    pub scope: Option<ScopeId>,
    /// Where it is written, at least once.
    pub spans: Vec<Span>,
    /// What is known of it besides.
    pub traits: Traits,
    /// What a type inherits from or implements; what an alias stands for.
    pub bases: Vec<ExpressionId>,
    /// Types that it is generic over, in order.
    pub parameters: Vec<Name>,
    /// What a function takes, in order, without the receiver.
    pub takes: Vec<Parameter>,
    /// The declared type of its result, or of a constant or field.
    pub declared: Option<ExpressionId>,
    /// What it returns (or yields), or the value that a constant or field is given: used where nothing is declared.
    pub results: Vec<ExpressionId>,
}

/// Members that a type is given outside of itself, perhaps in another file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The type.
    pub of: ExpressionId,
    /// What it implements thereby.
    pub base: Option<ExpressionId>,
    /// Where the members are.
    pub scope: ScopeId,
}

/// What a function takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// Its declared type.
    pub declared: Option<ExpressionId>,
}

/// What kind of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScopeKind {
    /// A file or an inline module.
    Module,
    /// The inside of a type.
    Class,
    /// The inside of a function.
    Function,
    /// A block inside a function.
    Block,
}

/// A scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The scope around it.
    pub parent: Option<ScopeId>,
    /// What it belongs to.
    pub kind: ScopeKind,
    /// The symbol whose inside it is.
    pub symbol: Option<SymbolId>,
}

/// A name that stands for something in a scope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// Where it can be looked up.
    pub scope: ScopeId,
    /// The block in which it is written: tells which of several assignments reach a use.
    pub block: ScopeId,
    /// The name.
    pub name: Name,
    /// Where it is written: byte offset.
    pub at: u32,
    /// What it stands for.
    pub what: What,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A symbol of this file.
    Symbol(SymbolId),
    /// Something of another module.
    Import {
        /// The module, as the language writes it (`a.b`, `./x`, `crate::a`).
        module: Name,
        /// What of it; none: the module itself.
        item: Option<Name>,
        /// Only handed on under this name, not visible in the file itself (`export … from`).
        only_exported: bool,
    },
    /// What others find under a name, but not the file itself (`export { a as b }`, `export default`).
    Export(ExpressionId),
    /// Everything of another module.
    Star {
        /// The module.
        module: Name,
        /// Only handed on, not visible in the file itself.
        only_exported: bool,
    },
    /// A variable, a parameter, a field that a method sets.
    Value {
        /// The type written beside it.
        declared: Option<ExpressionId>,
        /// What it is given.
        value: Option<ExpressionId>,
        /// A field of the values of the class whose scope this is.
        is_field: bool,
        /// Something that a check says of a name that is bound elsewhere (`isinstance`).
        is_narrowed: bool,
    },
    /// A type that the surrounding symbol is generic over.
    TypeParameter {
        /// What it must be.
        bound: Option<ExpressionId>,
    },
}

/// A value or a type, as far as one file tells. Expressions name only expressions before them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Expression {
    /// Nothing is known.
    Unknown,
    /// What a name stands for at a place.
    Name {
        /// The name.
        name: Name,
        /// The scope in which it is used.
        scope: ScopeId,
        /// Where: byte offset.
        at: u32,
    },
    /// `of.name`, `of::name`, `of->name`.
    Member {
        /// The receiver.
        of: ExpressionId,
        /// The member.
        name: Name,
    },
    /// `callee(arguments)`.
    Call {
        /// What is called.
        callee: ExpressionId,
        /// What it is given, in order.
        arguments: Box<[ExpressionId]>,
    },
    /// A value of the class: `new class(arguments)`, a struct literal.
    New {
        /// The class.
        class: ExpressionId,
        /// What it is given, in order.
        arguments: Box<[ExpressionId]>,
    },
    /// A value of a written type.
    Instance(ExpressionId),
    /// `base<arguments>`, `base[arguments]` among types.
    Apply {
        /// The generic.
        base: ExpressionId,
        /// What it is applied to.
        arguments: Box<[ExpressionId]>,
    },
    /// The type of a function value.
    Function {
        /// Types that it takes.
        takes: Box<[ExpressionId]>,
        /// Type of its result.
        result: ExpressionId,
    },
    /// A function written as a value; the results are values.
    Lambda {
        /// What it returns.
        results: Box<[ExpressionId]>,
        /// Whether its result has to be awaited.
        is_async: bool,
    },
    /// What a lambda's parameter is given by whom it is handed to.
    Given {
        /// The call that the lambda is an argument of.
        callee: ExpressionId,
        /// Which argument.
        argument: u8,
        /// Which parameter of the lambda.
        parameter: u8,
    },
    /// What iterating it gives.
    Element(ExpressionId),
    /// `of[…]`.
    Index(ExpressionId),
    /// `await of`.
    Await(ExpressionId),
    /// What `with of as` binds.
    Enter(ExpressionId),
    /// What is left of `of` when nothing is wrong: `of?`, `of!`, a match on `Some` or `Ok`.
    Unwrap(ExpressionId),
    /// `*of`.
    Deref(ExpressionId),
    /// The n-th part of a tuple or of a function's results.
    Nth {
        /// The whole.
        of: ExpressionId,
        /// Which part.
        index: u8,
    },
    /// One of these.
    Union(Box<[ExpressionId]>),
    /// A tuple of these.
    Tuple(Box<[ExpressionId]>),
    /// A literal or type of the language itself: `str`, `list`.
    Builtin {
        /// Its name.
        name: Name,
        /// What it is made of.
        arguments: Box<[ExpressionId]>,
    },
    /// An object written as a value, with its own fields: its scope.
    Object(ScopeId),
    /// The receiver: a value of the class around.
    This {
        /// The scope in which it is used.
        scope: ScopeId,
    },
    /// The class around itself (`cls`, `Self`).
    ThisClass {
        /// The scope in which it is used.
        scope: ScopeId,
    },
    /// The receiver seen as its base.
    Super {
        /// The scope in which it is used.
        scope: ScopeId,
    },
    /// A module named in full (`a::b`, `import("x")`).
    Module(Name),
    /// The type of a value, written where a type is expected (`typeof x`).
    TypeOf(ExpressionId),
    /// The class that a value is of (`type(x)`, `x.__class__`).
    ClassOf(ExpressionId),
}

/// What happens at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SiteKind {
    /// It is called.
    Call,
    /// A value of it is made.
    New,
    /// It decorates a definition.
    Decorator,
    /// It is drawn as an element.
    Jsx,
    /// A macro is called.
    Macro,
    /// It is imported.
    Import,
    /// A type derives from it.
    Base,
    /// It is named as a type.
    Type,
    /// It is named otherwise.
    Reference,
}

impl SiteKind {
    /// Whether control passes to what it names.
    #[must_use]
    pub fn is_call(self) -> bool {
        matches!(
            self,
            SiteKind::Call | SiteKind::New | SiteKind::Decorator | SiteKind::Jsx | SiteKind::Macro
        )
    }
}

/// A place where something is called or named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Line of the name, from 1.
    pub line: u32,
    /// Column of the name in bytes, from 0.
    pub column: u32,
    /// The last name: `c` of `a.b.c()`.
    pub name: Name,
    /// What happens to it.
    pub kind: SiteKind,
    /// How many arguments are given, where that tells overloads apart.
    pub arguments: u8,
    /// The scope it stands in.
    pub scope: ScopeId,
    /// What is called or named.
    pub callee: ExpressionId,
}

impl Facts {
    /// The text of a name.
    #[must_use]
    pub fn name(&self, name: Name) -> &str {
        self.names.get(name.index()).map_or("", String::as_str)
    }

    /// The name with all that it stands in, joined as the language does.
    #[must_use]
    pub fn qualified(&self, symbol: SymbolId) -> String {
        let mut parts = Vec::new();
        let mut next = Some(symbol);
        while let Some(symbol) = next.and_then(|id| self.symbols.get(id.index())) {
            parts.push(self.name(symbol.name));
            parts.extend(symbol.of.map(|of| self.name(of)));
            next = symbol.parent;
        }
        parts.reverse();
        parts.join(self.language.separator())
    }

    /// The symbol around a scope: the innermost function, or the innermost type where no function is.
    #[must_use]
    pub fn owner(&self, scope: ScopeId) -> Option<SymbolId> {
        let mut next = Some(scope);
        while let Some(scope) = next.and_then(|id| self.scopes.get(id.index())) {
            if scope.symbol.is_some() && scope.kind != ScopeKind::Module {
                return scope.symbol;
            }
            next = scope.parent;
        }
        None
    }
}
