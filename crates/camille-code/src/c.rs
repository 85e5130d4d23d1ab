//! C and C++: declarations and statements. Values are in [`value`]. Headers and sources see each other by name; what the
//! preprocessor makes is read as it is written.

mod value;

use crate::Language;
use crate::builder::{Builder, Definition};
use crate::extract::{self, Trouble};
use crate::facts::{
    Expression, ExpressionId, Facts, Name, Parameter, ScopeKind, SiteKind, SymbolId, SymbolKind,
    Traits, What,
};
use crate::nesting::Ends;
use crate::tree::{self, children, field, position};
use tree_sitter::Node;

tree::grammar! {
    // The grammar of C++ holds all of C's nodes by the same names.
    tree_sitter_cpp::LANGUAGE;
    kinds {
        Error = "ERROR", Comment = "comment", Function = "function_definition", Declaration = "declaration",
        TypeDefinition = "type_definition", Struct = "struct_specifier", Class = "class_specifier",
        Union = "union_specifier", Enum = "enum_specifier", EnumeratorList = "enumerator_list", Enumerator = "enumerator",
        FieldList = "field_declaration_list", Field = "field_declaration", FunctionDeclarator = "function_declarator",
        PointerDeclarator = "pointer_declarator", ReferenceDeclarator = "reference_declarator",
        ArrayDeclarator = "array_declarator", ParenthesizedDeclarator = "parenthesized_declarator",
        InitDeclarator = "init_declarator", AbstractPointer = "abstract_pointer_declarator", Parameters = "parameter_list",
        ParameterDeclaration = "parameter_declaration", OptionalParameter = "optional_parameter_declaration",
        Identifier = "identifier", FieldIdentifier = "field_identifier", TypeIdentifier = "type_identifier",
        QualifiedIdentifier = "qualified_identifier", NamespaceIdentifier = "namespace_identifier",
        DestructorName = "destructor_name", OperatorName = "operator_name", TemplateFunction = "template_function",
        TemplateType = "template_type", TemplateArguments = "template_argument_list", TypeDescriptor = "type_descriptor",
        PrimitiveType = "primitive_type", SizedType = "sized_type_specifier", Namespace = "namespace_definition",
        Template = "template_declaration", TemplateParameters = "template_parameter_list",
        TypeParameter = "type_parameter_declaration", BaseClause = "base_class_clause", Using = "using_declaration",
        AliasDeclaration = "alias_declaration", DeclarationList = "declaration_list", Linkage = "linkage_specification",
        PreprocFunction = "preproc_function_def", PreprocDefine = "preproc_def", Compound = "compound_statement",
        For = "for_statement", ForRange = "for_range_loop", Return = "return_statement", Call = "call_expression",
        FieldExpression = "field_expression", Subscript = "subscript_expression", Pointer = "pointer_expression",
        Unary = "unary_expression", Binary = "binary_expression", Assignment = "assignment_expression",
        Parenthesized = "parenthesized_expression", Conditional = "conditional_expression", Cast = "cast_expression",
        New = "new_expression", This = "this", Lambda = "lambda_expression", String = "string_literal",
        Number = "number_literal", Arguments = "argument_list", CompoundLiteral = "compound_literal_expression",
        Auto = "auto", Placeholder = "placeholder_type_specifier", FieldInitializers = "field_initializer_list",
        FieldInitializer = "field_initializer", Dependent = "dependent_type", DependentName = "dependent_name",
    }
    fields {
        declarator, body, r#type, name, parameters, value, function, arguments, argument, field, left, right, condition,
        consequence, alternative, scope,
    }
}

/// Reads C and C++.
pub(crate) struct C;

impl extract::Extractor for C {
    fn extract(&self, text: &str, language: Language) -> Result<Facts, Trouble> {
        let tree = tree::parse(&GRAMMAR.language, text, Ends::Comma)?;
        let mut walk = Walk { b: Builder::new(language, text), depth: 0 };
        walk.inside(tree.root_node());
        Ok(walk.b.finish())
    }

    fn parse(&self, text: &str, _language: Language) -> Result<(), Trouble> {
        tree::parse(&GRAMMAR.language, text, Ends::Comma).map(drop)
    }
}

struct Walk<'t> {
    b: Builder<'t>,
    depth: usize,
}

fn is_comment(node: Node<'_>) -> bool {
    kind(node) == Kind::Comment
}

/// What a declarator declares: its name, and the function's own part if it is one.
struct Declared<'n> {
    name: Node<'n>,
    function: Option<Node<'n>>,
}

impl<'t> Walk<'t> {
    fn text(&self, node: Node<'_>) -> &'t str {
        tree::text(self.b.text, node)
    }

    fn name(&mut self, node: Node<'_>) -> Name {
        let text = self.text(node);
        self.b.name(text)
    }

    fn inside(&mut self, node: Node<'_>) {
        for child in children(node) {
            self.statement(child);
        }
    }

    fn block(&mut self, node: Node<'_>) {
        let before = self.b.enter(ScopeKind::Block, None);
        self.inside(node);
        self.b.leave(before);
    }

    fn statement(&mut self, node: Node<'_>) {
        if self.depth > tree::DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(node) {
            Kind::Function => self.function(node),
            Kind::Declaration | Kind::Field => self.declaration(node),
            Kind::TypeDefinition => self.type_definition(node),
            Kind::AliasDeclaration => self.alias(node),
            Kind::Struct | Kind::Class | Kind::Union | Kind::Enum => {
                self.structure(node);
            }
            Kind::Namespace => self.namespace(node),
            Kind::Template => {
                let before = self.b.scope();
                self.inside(node);
                self.b.return_to(before);
            }
            Kind::TemplateParameters => {
                for one in
                    children(node).into_iter().filter(|one| kind(*one) == Kind::TypeParameter)
                {
                    if let Some(name_node) = children(one).last().copied() {
                        let name = self.name(name_node);
                        self.b.bind(
                            name,
                            name_node.start_byte(),
                            What::TypeParameter { bound: None },
                        );
                    }
                }
            }
            Kind::PreprocFunction => {
                if let Some(name_node) = field(node, GRAMMAR.name) {
                    let name = self.name(name_node);
                    let span = tree::span(node, name_node, field(node, GRAMMAR.value), is_comment);
                    let traits = Traits::default();
                    let definition = Definition { name, kind: SymbolKind::Macro, span, traits };
                    self.b.define(definition, true);
                }
            }
            Kind::Compound | Kind::For => self.block(node),
            Kind::ForRange => {
                let from = self.in_field(node, GRAMMAR.right);
                let before = self.b.enter(ScopeKind::Block, None);
                let declared = self.written(node);
                let element = self.b.expression(Expression::Element(from));
                if let Some(declared_name) =
                    field(node, GRAMMAR.declarator).and_then(|one| self.declared(one))
                {
                    let name = self.name(declared_name.name);
                    self.b.variable(name, declared_name.name.start_byte(), declared, Some(element));
                }
                if let Some(body) = field(node, GRAMMAR.body) {
                    self.statement(body);
                }
                self.b.leave(before);
            }
            Kind::Return => {
                for child in children(node) {
                    let value = self.value(child);
                    if let Some(function) = self.b.function() {
                        self.b.symbol(function).results.push(value);
                    }
                }
            }
            Kind::Error => {
                self.b.error();
                self.inside(node);
            }
            Kind::Comment | Kind::PreprocDefine => {}
            _ => {
                self.value(node);
            }
        }
        self.depth -= 1;
    }

    /// The type that a declaration begins with; defines it where it is written out there.
    fn written(&mut self, node: Node<'_>) -> Option<ExpressionId> {
        let of = field(node, GRAMMAR.r#type)?;
        if self.text(of) == "auto" {
            return None;
        }
        Some(self.annotation(of)).filter(|of| *of != ExpressionId::UNKNOWN)
    }

    fn annotation(&mut self, node: Node<'_>) -> ExpressionId {
        if self.depth > tree::DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = match kind(node) {
            Kind::TypeIdentifier | Kind::NamespaceIdentifier | Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Type, name, position(node), named, 0);
                named
            }
            Kind::Struct | Kind::Class | Kind::Union | Kind::Enum => self.structure(node),
            Kind::QualifiedIdentifier => self.path(node, SiteKind::Type, 0),
            Kind::TemplateType => {
                let base = field(node, GRAMMAR.name)
                    .map_or(ExpressionId::UNKNOWN, |base| self.annotation(base));
                let list = field(node, GRAMMAR.arguments).map(children).unwrap_or_default();
                let arguments = list.into_iter().map(|one| self.annotation(one)).collect();
                self.b.expression(Expression::Apply { base, arguments })
            }
            Kind::TypeDescriptor => field(node, GRAMMAR.r#type)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::Dependent => children(node)
                .first()
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(*inner)),
            Kind::PrimitiveType | Kind::SizedType => {
                let text = self.text(node);
                self.b.builtin(if text == "void" { "None" } else { text }, Vec::new())
            }
            _ => ExpressionId::UNKNOWN,
        };
        self.depth -= 1;
        found
    }

    /// Follows a declarator to the name in it.
    fn declared<'n>(&self, node: Node<'n>) -> Option<Declared<'n>> {
        let mut function = None;
        let mut next = node;
        for _ in 0..32 {
            match kind(next) {
                Kind::Identifier
                | Kind::FieldIdentifier
                | Kind::TypeIdentifier
                | Kind::QualifiedIdentifier
                | Kind::DestructorName
                | Kind::OperatorName => {
                    return Some(Declared { name: next, function });
                }
                Kind::FunctionDeclarator => {
                    // The innermost is the function itself; outer ones belong to what it gives.
                    function = Some(next);
                    next = field(next, GRAMMAR.declarator)?;
                }
                Kind::ParenthesizedDeclarator => {
                    // `(*f)(int)`: a pointer to a function, which is a variable.
                    let inner = *children(next).first()?;
                    if matches!(kind(inner), Kind::PointerDeclarator) {
                        function = None;
                    }
                    next = inner;
                }
                _ => {
                    next = field(next, GRAMMAR.declarator)
                        .or_else(|| children(next).last().copied())?;
                }
            }
        }
        None
    }

    fn function(&mut self, node: Node<'_>) {
        let declared = self.written(node);
        let body = field(node, GRAMMAR.body);
        let Some(found) = field(node, GRAMMAR.declarator).and_then(|one| self.declared(one)) else {
            // Not understood: what stands in it counts all the same.
            self.inside(node);
            return;
        };
        let before = self.enter_owner(found.name);
        let id = self.define_function(node, &found, body);
        self.signed(id, found.function, declared, node);
        self.leave_owner(before);
    }

    /// Goes to where a function belongs: `T::f` is a member of T.
    fn enter_owner(&mut self, name: Node<'_>) -> Option<crate::facts::ScopeId> {
        if kind(name) != Kind::QualifiedIdentifier {
            return None;
        }
        let scope = field(name, GRAMMAR.scope)?;
        let before = self.b.enter(ScopeKind::Class, None);
        let of = self.annotation(scope);
        self.b.extend(of, None);
        Some(before)
    }

    fn leave_owner(&mut self, before: Option<crate::facts::ScopeId>) {
        if let Some(before) = before {
            self.b.leave(before);
        }
    }

    fn define_function(
        &mut self,
        node: Node<'_>,
        found: &Declared<'_>,
        body: Option<Node<'_>>,
    ) -> SymbolId {
        let last = last_name(found.name);
        let name = self.name(last);
        let in_class = self.b.scope_kind(self.b.scope()) == ScopeKind::Class;
        let span = tree::span(node, last, body, is_comment);
        let head = self.b.text.get(node.start_byte()..last.start_byte()).unwrap_or("");
        let is_static = head.split_whitespace().any(|word| word == "static");
        let traits = Traits {
            is_static,
            is_exported: !is_static,
            is_declaration: body.is_none(),
            is_abstract: body.is_none() && in_class && self.text(node).contains("= 0"),
            ..Traits::default()
        };
        let kind = if in_class { SymbolKind::Method } else { SymbolKind::Function };
        let id = self.b.define(Definition { name, kind, span, traits }, false);
        if self::kind(found.name) == Kind::QualifiedIdentifier
            && let Some(scope) = field(found.name, GRAMMAR.scope)
        {
            let of = self.name(last_name(scope));
            self.b.symbol(id).of = Some(of);
        }
        id
    }

    fn signed(
        &mut self,
        id: SymbolId,
        function: Option<Node<'_>>,
        declared: Option<ExpressionId>,
        node: Node<'_>,
    ) {
        let before = self.b.enter(ScopeKind::Function, Some(id));
        let list = function.and_then(|function| field(function, GRAMMAR.parameters));
        let takes = list.map(|list| self.parameters(list)).unwrap_or_default();
        self.b.sign(id, takes, declared);
        for part in children(node) {
            if kind(part) == Kind::FieldInitializers {
                self.value(part);
            }
        }
        if let Some(body) = field(node, GRAMMAR.body) {
            self.inside(body);
        }
        self.b.leave(before);
    }

    fn parameters(&mut self, list: Node<'_>) -> Vec<Parameter> {
        let mut takes = Vec::new();
        for one in children(list) {
            if !matches!(kind(one), Kind::ParameterDeclaration | Kind::OptionalParameter) {
                continue;
            }
            let declared = self.written(one);
            let found = field(one, GRAMMAR.declarator).and_then(|one| self.declared(one));
            let name = found.map(|found| {
                let name = self.name(found.name);
                self.b.variable(name, found.name.start_byte(), declared, None);
                name
            });
            takes.push(Parameter { name, declared });
        }
        takes
    }

    /// Variables, fields and prototypes.
    fn declaration(&mut self, node: Node<'_>) {
        let declared = self.written(node);
        for one in children(node) {
            let declarator = match kind(one) {
                Kind::InitDeclarator => field(one, GRAMMAR.declarator),
                Kind::FunctionDeclarator
                | Kind::PointerDeclarator
                | Kind::ReferenceDeclarator
                | Kind::ArrayDeclarator
                | Kind::Identifier
                | Kind::FieldIdentifier
                | Kind::ParenthesizedDeclarator
                | Kind::QualifiedIdentifier => Some(one),
                _ => None,
            };
            let Some(found) = declarator.and_then(|one| self.declared(one)) else { continue };
            if found.function.is_some() && self.b.function().is_none() {
                let before = self.enter_owner(found.name);
                let id = self.define_function(node, &found, None);
                let inner = self.b.enter(ScopeKind::Block, None);
                let list = found.function.and_then(|function| field(function, GRAMMAR.parameters));
                let takes = list.map(|list| self.parameters(list)).unwrap_or_default();
                self.b.leave(inner);
                self.b.sign(id, takes, declared);
                self.leave_owner(before);
                continue;
            }
            let value = match kind(one) {
                Kind::InitDeclarator => self.in_field(one, GRAMMAR.value),
                _ => ExpressionId::UNKNOWN,
            };
            let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
            let name_node = last_name(found.name);
            let name = self.name(name_node);
            let symbol_kind = match self.b.scope_kind(self.b.scope()) {
                ScopeKind::Module => SymbolKind::Constant,
                ScopeKind::Class => SymbolKind::Field,
                _ => {
                    self.b.variable(name, name_node.start_byte(), declared, known);
                    continue;
                }
            };
            let span = tree::span(node, name_node, None, is_comment);
            let definition =
                Definition { name, kind: symbol_kind, span, traits: Traits::default() };
            let id = self.b.define_value(definition);
            let symbol = self.b.symbol(id);
            symbol.declared = symbol.declared.or(declared);
            symbol.results.extend(known);
        }
    }

    /// A struct, class, union or enum: defined here, or only named.
    fn structure(&mut self, node: Node<'_>) -> ExpressionId {
        let name_node = field(node, GRAMMAR.name);
        let body = field(node, GRAMMAR.body);
        let Some(body) = body else {
            let Some(name_node) = name_node else { return ExpressionId::UNKNOWN };
            let name = self.name(last_name(name_node));
            return self.b.named(name, name_node.start_byte());
        };
        let Some(name_node) = name_node else {
            let before = self.b.enter(ScopeKind::Class, None);
            let scope = self.b.scope();
            self.members(body);
            self.b.leave(before);
            return self.b.expression(Expression::Object(scope));
        };
        let last = last_name(name_node);
        let name = self.name(last);
        let span = tree::span(node, last, Some(body), is_comment);
        let traits = Traits { is_exported: true, ..Traits::default() };
        let id = self.b.define(Definition { name, kind: SymbolKind::Class, span, traits }, false);
        let named = self.b.named(name, node.end_byte());
        let mut bases = Vec::new();
        for clause in children(node).into_iter().filter(|one| kind(*one) == Kind::BaseClause) {
            bases.extend(children(clause).into_iter().map(|one| self.annotation(one)));
        }
        bases.retain(|base| *base != ExpressionId::UNKNOWN);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        self.b.symbol(id).bases = bases;
        self.members(body);
        self.b.leave(before);
        named
    }

    fn members(&mut self, body: Node<'_>) {
        for one in children(body) {
            if kind(one) != Kind::Enumerator {
                self.statement(one);
                continue;
            }
            self.in_field(one, GRAMMAR.value);
        }
    }

    fn type_definition(&mut self, node: Node<'_>) {
        if self.named_by_definition(node) {
            return;
        }
        let Some(declared) = self.written(node) else { return };
        for one in children(node) {
            let Some(found) =
                self.declared(one).filter(|_| Some(one) != field(node, GRAMMAR.r#type))
            else {
                continue;
            };
            let name = self.name(found.name);
            // `typedef struct T {…} T`: one name.
            if matches!(*self.b.look(declared), Expression::Name { name: own, .. } if own == name) {
                continue;
            }
            let span = tree::span(node, found.name, None, is_comment);
            let traits = Traits { is_exported: true, ..Traits::default() };
            let id =
                self.b.define(Definition { name, kind: SymbolKind::Alias, span, traits }, false);
            let base = match found.function {
                Some(_) => self
                    .b
                    .expression(Expression::Function { takes: Box::default(), result: declared }),
                None => declared,
            };
            self.b.symbol(id).bases.push(base);
        }
    }

    /// `typedef struct {…} T`: a struct that has its name from the definition.
    fn named_by_definition(&mut self, node: Node<'_>) -> bool {
        let Some(of) = field(node, GRAMMAR.r#type) else { return false };
        let body = field(of, GRAMMAR.body).filter(|_| field(of, GRAMMAR.name).is_none());
        let name = field(node, GRAMMAR.declarator).filter(|one| kind(*one) == Kind::TypeIdentifier);
        let (Some(body), Some(name_node)) = (body, name) else { return false };
        let name = self.name(name_node);
        let span = tree::span(node, of, Some(body), is_comment);
        let traits = Traits { is_exported: true, ..Traits::default() };
        let id = self.b.define(Definition { name, kind: SymbolKind::Class, span, traits }, false);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        self.members(body);
        self.b.leave(before);
        true
    }

    fn alias(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let base = self.written(node);
        let name = self.name(name_node);
        let span = tree::span(node, name_node, None, is_comment);
        let traits = Traits { is_exported: true, ..Traits::default() };
        let id = self.b.define(Definition { name, kind: SymbolKind::Alias, span, traits }, false);
        self.b.symbol(id).bases.extend(base);
    }

    /// A namespace: its names are found as if it were not there, which is right unless two of them share a name.
    fn namespace(&mut self, node: Node<'_>) {
        if let Some(body) = field(node, GRAMMAR.body) {
            self.inside(body);
        }
    }
}

/// The last name of a path.
fn last_name(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    for _ in 0..32 {
        let inner = match kind(node) {
            Kind::QualifiedIdentifier | Kind::TemplateFunction | Kind::TemplateType => {
                field(node, GRAMMAR.name)
            }
            Kind::Dependent | Kind::DependentName => children(node).first().copied(),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}
