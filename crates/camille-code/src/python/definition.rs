//! Functions, classes and variables of Python.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::builder::{Definition, bytes, offset};
use crate::facts::{
    Bytes, Expression, ExpressionId, Name, Parameter, ScopeKind, SiteKind, Span, SymbolKind,
    Traits, What,
};
use crate::tree::{children, field, position};
use tree_sitter::Node;

impl<'t> Walk<'t> {
    pub(super) fn decorated(&mut self, node: Node<'_>) {
        let mut decorators = Vec::new();
        for child in children(node) {
            match kind(child) {
                Kind::Decorator => {
                    for one in children(child) {
                        self.decorator(one);
                        decorators.push(one);
                    }
                }
                Kind::Function => self.function(child, &decorators),
                Kind::Class => self.class(child, &decorators),
                _ => {}
            }
        }
    }

    fn decorator(&mut self, node: Node<'_>) {
        if matches!(kind(node), Kind::Identifier | Kind::Attribute) {
            self.callee(node, SiteKind::Decorator, 0);
        } else {
            self.value(node);
        }
    }

    pub(super) fn function(&mut self, node: Node<'_>, decorators: &[Node<'_>]) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let name = self.name(name_node);
        let in_class = self.b.scope_kind(self.b.owning_scope()) == ScopeKind::Class;
        let mut traits = self.traits(decorators);
        traits.is_async = self.text(node).starts_with("async");
        traits.is_exported = !self.text(name_node).starts_with('_');
        let text = self.text(name_node);
        traits.is_static |= in_class && text == "__new__";
        traits.is_class_method |=
            in_class && matches!(text, "__init_subclass__" | "__class_getitem__");
        let body = field(node, GRAMMAR.body);
        let span = self.span(node, name_node, body, decorators.first().copied());
        let kind = if in_class { SymbolKind::Method } else { SymbolKind::Function };
        let parameters = field(node, GRAMMAR.parameters).map(children).unwrap_or_default();
        // Defaults and annotations belong to the scope around.
        let read: Vec<Read> = parameters.iter().map(|one| self.parameter(*one)).collect();
        let id = self.b.define(Definition { name, kind, span, traits }, false);
        let before = self.b.enter(ScopeKind::Function, Some(id));
        self.type_parameters(node, id);
        let declared = field(node, GRAMMAR.return_type).map(|node| self.annotation(node));
        let receiver = in_class && (!traits.is_static || text == "__new__");
        let mut takes = Vec::new();
        for (index, (read, at)) in read.into_iter().zip(&parameters).enumerate() {
            let Some(name) = read.name else { continue };
            let at = at.start_byte();
            if index == 0 && receiver {
                let scope = self.b.scope();
                let class = traits.is_class_method || text == "__new__";
                let this = if class {
                    Expression::ThisClass { scope }
                } else {
                    Expression::This { scope }
                };
                let this = self.b.expression(this);
                self.b.variable(name, at, None, Some(this));
                continue;
            }
            self.b.variable(name, at, read.declared, read.value);
            takes.push(Parameter { name: Some(name), declared: read.declared });
        }
        self.b.sign(id, takes, declared);
        if let Some(body) = body {
            self.suite(body);
        }
        self.b.leave(before);
    }

    fn parameter(&mut self, node: Node<'_>) -> Read {
        let declared = field(node, GRAMMAR.r#type).map(|node| self.annotation(node));
        let value = field(node, GRAMMAR.value)
            .map(|node| self.value(node))
            .filter(|value| *value != ExpressionId::UNKNOWN);
        let mut name = field(node, GRAMMAR.name);
        let mut next = Some(node);
        let mut many = None;
        while let (None, Some(node)) = (name, next) {
            match kind(node) {
                Kind::Identifier => name = Some(node),
                Kind::SplatPattern => many = Some("tuple"),
                Kind::DictionarySplatPattern => many = Some("dict"),
                _ => {}
            }
            next = children(node).first().copied();
        }
        let name = name.map(|node| self.name(node));
        let declared = match (many, declared) {
            (Some("dict"), Some(of)) => {
                let key = self.b.builtin("str", Vec::new());
                Some(self.b.builtin("dict", vec![key, of]))
            }
            (Some(many), Some(of)) => Some(self.b.builtin(many, vec![of])),
            (Some(many), None) => Some(self.b.builtin(many, Vec::new())),
            (None, declared) => declared,
        };
        Read { name, declared, value }
    }

    pub(super) fn class(&mut self, node: Node<'_>, decorators: &[Node<'_>]) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let name = self.name(name_node);
        let body = field(node, GRAMMAR.body);
        let span = self.span(node, name_node, body, decorators.first().copied());
        let is_exported = !self.text(name_node).starts_with('_');
        let traits = Traits { is_exported, ..Traits::default() };
        let mut bases = Vec::new();
        let mut parameters = Vec::new();
        for base in field(node, GRAMMAR.superclasses).map(children).unwrap_or_default() {
            match kind(base) {
                Kind::Keyword | Kind::Comment => {
                    if let Some(value) = field(base, GRAMMAR.value) {
                        self.value(value);
                    }
                }
                Kind::Identifier | Kind::Attribute => {
                    bases.push(self.callee(base, SiteKind::Base, 0));
                }
                Kind::Subscript => {
                    let applied = self.annotation(base);
                    if let Expression::Apply { arguments, .. } = self.b.look(applied).clone() {
                        for one in arguments {
                            if let Expression::Name { name, .. } = self.b.look(one) {
                                parameters.push(*name);
                            }
                        }
                    }
                    bases.push(applied);
                }
                _ => bases.push(self.value(base)),
            }
        }
        let id = self.b.define(Definition { name, kind: SymbolKind::Class, span, traits }, false);
        let before = self.b.enter(ScopeKind::Class, Some(id));
        self.b.symbol(id).bases = bases;
        self.b.symbol(id).parameters = parameters;
        self.type_parameters(node, id);
        if let Some(body) = body {
            self.suite(body);
        }
        self.b.leave(before);
    }

    fn type_parameters(&mut self, node: Node<'_>, id: crate::facts::SymbolId) {
        let Some(list) = field(node, GRAMMAR.type_parameters) else { return };
        for one in children(list) {
            let Some(name_node) = first_identifier(one) else { continue };
            let name = self.name(name_node);
            let what = What::TypeParameter { bound: None };
            self.b.bind_in_block(name, name_node.start_byte(), what);
            self.b.symbol(id).parameters.push(name);
        }
    }

    pub(super) fn type_alias(&mut self, node: Node<'_>) {
        let (Some(left), Some(right)) = (field(node, GRAMMAR.left), field(node, GRAMMAR.right))
        else {
            return;
        };
        let Some(name_node) = first_identifier(left) else { return };
        let name = self.name(name_node);
        let span = self.span(node, name_node, None, None);
        let base = self.annotation(right);
        let traits = Traits { is_exported: true, ..Traits::default() };
        let id = self.b.define(Definition { name, kind: SymbolKind::Alias, span, traits }, false);
        self.b.symbol(id).bases.push(base);
    }

    /// A name that is given a value: a constant of the module, a field of the class, or a variable.
    pub(super) fn assign_name(
        &mut self,
        node: Node<'_>,
        declared: Option<ExpressionId>,
        value: ExpressionId,
    ) {
        let name = self.name(node);
        let at = node.start_byte().max(self.after);
        let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
        let scope = self.b.owning_scope();
        if self.globals.contains(&(scope, name)) {
            let what = What::Value { declared, value: known, is_field: false, is_narrowed: false };
            self.b.bind_in(crate::facts::ScopeId::FILE, name, at, what);
            return;
        }
        let kind = match self.b.scope_kind(scope) {
            ScopeKind::Module => SymbolKind::Constant,
            ScopeKind::Class => SymbolKind::Field,
            ScopeKind::Function | ScopeKind::Block => {
                self.b.variable(name, at, declared, known);
                return;
            }
        };
        if kind == SymbolKind::Constant && self.type_variable(name, at, value) {
            return;
        }
        let statement = node.parent().unwrap_or(node);
        let span = self.span(statement, node, None, None);
        let is_exported = !self.text(node).starts_with('_');
        let traits = Traits { is_exported, ..Traits::default() };
        let id = self.b.define_value(Definition { name, kind, span, traits });
        let symbol = self.b.symbol(id);
        symbol.declared = symbol.declared.or(declared);
        symbol.results.extend(known);
    }

    /// `T = TypeVar("T")`: a type that others are generic over.
    fn type_variable(&mut self, name: Name, at: usize, value: ExpressionId) -> bool {
        let Expression::Call { callee, .. } = *self.b.look(value) else { return false };
        let last = match *self.b.look(callee) {
            Expression::Name { name, .. } | Expression::Member { name, .. } => name,
            _ => return false,
        };
        if self.b.text_of(last) != "TypeVar" {
            return false;
        }
        self.b.bind(name, at, What::TypeParameter { bound: None });
        true
    }

    /// What the decorators say of a function, by their names.
    fn traits(&self, decorators: &[Node<'_>]) -> Traits {
        let mut traits = Traits::default();
        for one in decorators {
            let text = self.text(*one);
            let name = text.split('(').next().unwrap_or(text);
            match name.rsplit('.').next().unwrap_or(name).trim() {
                "property" | "cached_property" | "setter" | "getter" | "deleter"
                | "abstractproperty" | "classproperty" => traits.is_property = true,
                "staticmethod" => traits.is_static = true,
                "classmethod" => traits.is_class_method = true,
                "abstractmethod" => traits.is_abstract = true,
                "overload" => traits.is_declaration = true,
                "contextmanager" | "asynccontextmanager" => traits.is_context = true,
                _ => {}
            }
        }
        traits
    }

    fn span(
        &self,
        node: Node<'_>,
        name: Node<'_>,
        body: Option<Node<'_>>,
        decorator: Option<Node<'_>>,
    ) -> Span {
        let (line, column) = position(name);
        let first = decorator.unwrap_or(node).start_position().row;
        let end = body.map_or(node.end_byte(), |body| body.start_byte());
        Span {
            line: offset(line + 1),
            column: offset(column),
            first: offset(first + 1),
            last: offset(node.end_position().row + 1),
            header: bytes(node.start_byte(), end),
            doc: body.map_or(Bytes::default(), doc),
        }
    }
}

struct Read {
    name: Option<Name>,
    declared: Option<ExpressionId>,
    value: Option<ExpressionId>,
}

/// The string that a body begins with.
fn doc(body: Node<'_>) -> Bytes {
    let first = children(body).into_iter().find(|child| kind(*child) != Kind::Comment);
    first
        .filter(|first| kind(*first) == Kind::ExpressionStatement)
        .and_then(|first| children(first).first().copied())
        .filter(|string| matches!(kind(*string), Kind::String | Kind::Strings))
        .map_or(Bytes::default(), |string| bytes(string.start_byte(), string.end_byte()))
}

fn first_identifier(node: Node<'_>) -> Option<Node<'_>> {
    let mut next = Some(node);
    while let Some(node) = next {
        if kind(node) == Kind::Identifier {
            return Some(node);
        }
        next = children(node).first().copied();
    }
    None
}
