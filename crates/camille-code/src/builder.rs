//! Collects the facts of one file while an adapter walks its tree: interns names, keeps the current scope and symbol, makes
//! one symbol of several definitions of a function. The only place where tables of [`Facts`] grow.

use crate::facts::{
    Binding, Bytes, Expression, ExpressionId, Extension, Facts, Name, Parameter, Scope, ScopeId,
    ScopeKind, Site, SiteKind, Span, Symbol, SymbolId, SymbolKind, Traits, What,
};
use crate::{Family, Language};
use hashbrown::{HashMap, HashSet};

type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A definition that an adapter has met.
pub(crate) struct Definition {
    pub(crate) name: Name,
    pub(crate) kind: SymbolKind,
    pub(crate) span: Span,
    pub(crate) traits: Traits,
}

/// Facts in the making.
pub(crate) struct Builder<'t> {
    pub(crate) text: &'t str,
    interned: Map<&'t str, Name>,
    /// Names that do not stand in the text as they are.
    made: Map<String, Name>,
    facts: Facts,
    scope: ScopeId,
    /// Where the declaration that is being read ends: what it binds holds from there on.
    pub(crate) after: usize,
    functions: Map<(ScopeId, Name), SymbolId>,
    values: Map<(ScopeId, Name), SymbolId>,
    typed: Map<(ScopeId, Name), SymbolId>,
    /// Whether a name that is declared in a block ends with it.
    has_blocks: bool,
    declared: HashSet<(ScopeId, Name), foldhash::fast::RandomState>,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(language: Language, text: &'t str) -> Self {
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        let file = Scope { parent: None, kind: ScopeKind::Module, symbol: None };
        Builder {
            text,
            interned: Map::default(),
            made: Map::default(),
            facts: Facts {
                language,
                names: Vec::new(),
                symbols: Vec::new(),
                scopes: vec![file],
                bindings: Vec::new(),
                expressions: vec![Expression::Unknown],
                sites: Vec::new(),
                extensions: Vec::new(),
                errors: 0,
                package: None,
                lines: offset(lines),
            },
            scope: ScopeId::FILE,
            after: 0,
            functions: Map::default(),
            values: Map::default(),
            typed: Map::default(),
            has_blocks: language.family() != Family::Python,
            declared: HashSet::default(),
        }
    }

    /// The name's place in the table.
    pub(crate) fn name(&mut self, text: &'t str) -> Name {
        if let Some(&name) = self.interned.get(text).or_else(|| self.made.get(text)) {
            return name;
        }
        let name = Name(offset(self.facts.names.len()));
        self.facts.names.push(text.to_owned());
        self.interned.insert(text, name);
        name
    }

    /// As [`Self::name`], for a name that does not stand in the text as it is.
    pub(crate) fn made_name(&mut self, text: &str) -> Name {
        if let Some(&name) = self.interned.get(text).or_else(|| self.made.get(text)) {
            return name;
        }
        let name = Name(offset(self.facts.names.len()));
        self.facts.names.push(text.to_owned());
        self.made.insert(text.to_owned(), name);
        name
    }

    pub(crate) fn text_of(&self, name: Name) -> &str {
        self.facts.name(name)
    }

    pub(crate) fn expression(&mut self, expression: Expression) -> ExpressionId {
        if expression == Expression::Unknown {
            return ExpressionId::UNKNOWN;
        }
        let id = ExpressionId(offset(self.facts.expressions.len()));
        self.facts.expressions.push(expression);
        id
    }

    /// What a name stands for where the walk is.
    pub(crate) fn named(&mut self, name: Name, at: usize) -> ExpressionId {
        let scope = self.scope;
        self.expression(Expression::Name { name, scope, at: offset(at) })
    }

    pub(crate) fn member(&mut self, of: ExpressionId, name: Name) -> ExpressionId {
        self.expression(Expression::Member { of, name })
    }

    pub(crate) fn builtin(&mut self, name: &str, arguments: Vec<ExpressionId>) -> ExpressionId {
        let name = self.made_name(name);
        self.expression(Expression::Builtin { name, arguments: arguments.into() })
    }

    /// One of several; a single one is itself.
    pub(crate) fn union(&mut self, mut of: Vec<ExpressionId>) -> ExpressionId {
        of.retain(|one| *one != ExpressionId::UNKNOWN);
        match of.len() {
            0 => ExpressionId::UNKNOWN,
            1 => of[0],
            _ => self.expression(Expression::Union(of.into())),
        }
    }

    pub(crate) fn look(&self, id: ExpressionId) -> &Expression {
        self.facts.expressions.get(id.index()).unwrap_or(&Expression::Unknown)
    }

    pub(crate) fn scope(&self) -> ScopeId {
        self.scope
    }

    /// Whether the scope is one of a kind, not looking through blocks.
    pub(crate) fn scope_kind(&self, scope: ScopeId) -> ScopeKind {
        self.facts.scopes.get(scope.index()).map_or(ScopeKind::Module, |scope| scope.kind)
    }

    pub(crate) fn parent_of(&self, scope: ScopeId) -> Option<ScopeId> {
        self.facts.scopes.get(scope.index()).and_then(|scope| scope.parent)
    }

    /// The scope that owns what is declared here: in Python, blocks belong to the function, class or module around them.
    pub(crate) fn owning_scope(&self) -> ScopeId {
        if self.has_blocks { self.scope } else { self.function_scope() }
    }

    /// The innermost scope that is no block.
    pub(crate) fn function_scope(&self) -> ScopeId {
        let mut scope = self.scope;
        while self.scope_kind(scope) == ScopeKind::Block {
            match self.parent_of(scope) {
                Some(parent) => scope = parent,
                None => break,
            }
        }
        scope
    }

    /// The scope of the class around, if any.
    pub(crate) fn class_scope(&self) -> Option<ScopeId> {
        let mut next = Some(self.scope);
        while let Some(scope) = next {
            if self.scope_kind(scope) == ScopeKind::Class {
                return Some(scope);
            }
            next = self.parent_of(scope);
        }
        None
    }

    /// The function around, not looking out of lambdas.
    pub(crate) fn function(&self) -> Option<SymbolId> {
        let scope = self.function_scope();
        match self.facts.scopes.get(scope.index()) {
            Some(Scope { kind: ScopeKind::Function, symbol, .. }) => *symbol,
            _ => None,
        }
    }

    /// The symbol whose inside the walk is in, of any kind.
    pub(crate) fn around(&self) -> Option<SymbolId> {
        let mut next = Some(self.scope);
        while let Some(scope) = next.and_then(|id| self.facts.scopes.get(id.index())) {
            if scope.symbol.is_some() {
                return scope.symbol;
            }
            next = scope.parent;
        }
        None
    }

    /// Goes into a new scope; [`Self::leave`] with what it returns comes back.
    pub(crate) fn enter(&mut self, kind: ScopeKind, symbol: Option<SymbolId>) -> ScopeId {
        let before = self.scope;
        let scope = ScopeId(offset(self.facts.scopes.len()));
        self.facts.scopes.push(Scope { parent: Some(before), kind, symbol });
        if let Some(symbol) = symbol.and_then(|id| self.facts.symbols.get_mut(id.index())) {
            symbol.scope = Some(scope);
        }
        self.scope = scope;
        before
    }

    pub(crate) fn leave(&mut self, before: ScopeId) {
        self.scope = before;
    }

    /// Says that the current scope holds members of a type.
    pub(crate) fn extend(&mut self, of: ExpressionId, base: Option<ExpressionId>) {
        let scope = self.scope;
        self.facts.extensions.push(Extension { of, base, scope });
    }

    /// The type of that name that this file itself declares in a scope.
    pub(crate) fn declared_type(&self, scope: ScopeId, name: Name) -> Option<SymbolId> {
        self.typed.get(&(scope, name)).copied()
    }

    /// Goes on in a scope that was entered before: `impl T` after `struct T`.
    pub(crate) fn return_to(&mut self, scope: ScopeId) -> ScopeId {
        std::mem::replace(&mut self.scope, scope)
    }

    /// A definition in the current scope. A function of a name that the scope has already is the same symbol once more,
    /// unless `apart`: languages that tell overloads apart by what they take.
    pub(crate) fn define(&mut self, definition: Definition, apart: bool) -> SymbolId {
        let name = definition.name;
        self.define_as(definition, apart, name)
    }

    /// As [`Self::define`], found under another name than its own: where functions have names to themselves.
    pub(crate) fn define_as(
        &mut self,
        definition: Definition,
        apart: bool,
        found_as: Name,
    ) -> SymbolId {
        let scope = self.owning_scope();
        let callable = matches!(definition.kind, SymbolKind::Function | SymbolKind::Method);
        if callable
            && !apart
            && let Some(&known) = self.functions.get(&(scope, definition.name))
        {
            let symbol = &mut self.facts.symbols[known.index()];
            symbol.spans.push(definition.span);
            symbol.traits.is_property |= definition.traits.is_property;
            symbol.traits.is_abstract &= definition.traits.is_abstract;
            symbol.traits.is_declaration &= definition.traits.is_declaration;
            return known;
        }
        let id = SymbolId(offset(self.facts.symbols.len()));
        self.facts.symbols.push(Symbol {
            name: definition.name,
            kind: definition.kind,
            parent: self.around(),
            of: None,
            scope: None,
            spans: vec![definition.span],
            traits: definition.traits,
            bases: Vec::new(),
            parameters: Vec::new(),
            takes: Vec::new(),
            declared: None,
            results: Vec::new(),
        });
        if callable {
            self.functions.insert((scope, definition.name), id);
        }
        if definition.kind.is_type() {
            self.typed.entry((scope, definition.name)).or_insert(id);
        }
        self.bind(found_as, definition.span.header.start as usize, What::Symbol(id));
        id
    }

    /// A constant or field in the current scope; one that is given another value is the same.
    pub(crate) fn define_value(&mut self, definition: Definition) -> SymbolId {
        let key = (self.owning_scope(), definition.name);
        if let Some(&known) = self.values.get(&key) {
            return known;
        }
        let id = self.define(definition, true);
        self.values.insert(key, id);
        id
    }

    /// How many symbols there are so far.
    pub(crate) fn symbols(&self) -> usize {
        self.facts.symbols.len()
    }

    pub(crate) fn symbol(&mut self, id: SymbolId) -> &mut Symbol {
        &mut self.facts.symbols[id.index()]
    }

    /// Says what a function takes and declares; a second signature of the same function adds its result to the first's.
    pub(crate) fn sign(
        &mut self,
        id: SymbolId,
        takes: Vec<Parameter>,
        declared: Option<ExpressionId>,
    ) {
        let symbol = &mut self.facts.symbols[id.index()];
        if symbol.takes.is_empty() {
            symbol.takes = takes;
        }
        if symbol.spans.len() == 1 {
            symbol.declared = declared;
            return;
        }
        let before = symbol.declared.take();
        let mut results: Vec<ExpressionId> = Vec::new();
        for one in before.into_iter().chain(declared) {
            results.push(self.expression(Expression::Instance(one)));
        }
        self.facts.symbols[id.index()].results.extend(results);
    }

    /// Binds a name where the walk is.
    pub(crate) fn bind(&mut self, name: Name, at: usize, what: What) {
        let scope = self.owning_scope();
        self.bind_in(scope, name, at, what);
    }

    /// Binds a name in the innermost block.
    pub(crate) fn bind_in_block(&mut self, name: Name, at: usize, what: What) {
        let scope = self.scope;
        self.bind_in(scope, name, at, what);
    }

    pub(crate) fn bind_in(&mut self, scope: ScopeId, name: Name, at: usize, what: What) {
        let block = self.scope;
        if self.has_blocks {
            self.declared.insert((scope, name));
        }
        self.facts.bindings.push(Binding { scope, block, name, at: offset(at), what });
    }

    /// Another value for a variable that was declared in this scope or one around.
    pub(crate) fn assign(&mut self, name: Name, at: usize, value: ExpressionId) {
        let mut next = Some(self.scope);
        while let Some(scope) = next {
            if self.declared.contains(&(scope, name)) {
                let what = What::Value {
                    declared: None,
                    value: Some(value),
                    is_field: false,
                    is_narrowed: false,
                };
                self.bind_in(scope, name, at, what);
                return;
            }
            next = self.parent_of(scope);
        }
    }

    /// A variable.
    pub(crate) fn variable(
        &mut self,
        name: Name,
        at: usize,
        declared: Option<ExpressionId>,
        value: Option<ExpressionId>,
    ) {
        self.bind(name, at, What::Value { declared, value, is_field: false, is_narrowed: false });
    }

    pub(crate) fn site(
        &mut self,
        kind: SiteKind,
        name: Name,
        (line, column): (usize, usize),
        callee: ExpressionId,
        arguments: usize,
    ) {
        self.facts.sites.push(Site {
            line: offset(line + 1),
            column: offset(column),
            name,
            kind,
            arguments: u8::try_from(arguments).unwrap_or(u8::MAX),
            scope: self.scope,
            callee,
        });
    }

    pub(crate) fn error(&mut self) {
        self.facts.errors += 1;
    }

    pub(crate) fn package(&mut self, name: Name) {
        self.facts.package = Some(name);
    }

    /// The facts, with bindings ordered by scope and name and without references to a function's own variables.
    pub(crate) fn finish(mut self) -> Facts {
        let facts = &mut self.facts;
        facts.bindings.sort_by_key(|binding| (binding.scope, binding.name, binding.at));
        let Facts { bindings, expressions, scopes, sites, .. } = facts;
        sites.retain(|site| {
            !matches!(site.kind, SiteKind::Reference)
                || match expressions.get(site.callee.index()) {
                    Some(Expression::Name { name, scope, .. }) => {
                        !is_local(bindings, scopes, *scope, *name)
                    }
                    _ => true,
                }
        });
        self.facts
    }
}

/// Whether a name is a variable or parameter of a function around.
fn is_local(bindings: &[Binding], scopes: &[Scope], scope: ScopeId, name: Name) -> bool {
    let mut next = Some(scope);
    while let Some(id) = next {
        let Some(scope) = scopes.get(id.index()) else { return false };
        if matches!(scope.kind, ScopeKind::Function | ScopeKind::Block) {
            let first =
                bindings.partition_point(|binding| (binding.scope, binding.name) < (id, name));
            if let Some(binding) = bindings.get(first)
                && (binding.scope, binding.name) == (id, name)
            {
                return matches!(binding.what, What::Value { .. });
            }
        }
        next = scope.parent;
    }
    false
}

/// Files are smaller than 4 GiB by far: screening refuses larger ones.
pub(crate) fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// A range of bytes.
pub(crate) fn bytes(start: usize, end: usize) -> Bytes {
    Bytes { start: offset(start), end: offset(end.max(start)) }
}
