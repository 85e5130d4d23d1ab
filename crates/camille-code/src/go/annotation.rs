//! Types written in Go. A pointer is what it points to: a method is found through both.

use super::{GRAMMAR, Kind, Walk, is_comment, kind};
use crate::builder::Definition;
use crate::facts::{
    Expression, ExpressionId, Name, ScopeKind, SiteKind, SymbolId, SymbolKind, Traits, What,
};
use crate::tree::{self, DEPTH_MAX, children, field, position};
use tree_sitter::Node;

impl Walk<'_> {
    /// The type that a node writes down.
    pub(super) fn annotation(&mut self, node: Node<'_>) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = self.annotation_of(node);
        self.depth -= 1;
        found
    }

    fn annotation_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::TypeIdentifier | Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Type, name, position(node), named, 0);
                named
            }
            Kind::Qualified => {
                let (Some(package), Some(name_node)) =
                    (field(node, GRAMMAR.package), field(node, GRAMMAR.name))
                else {
                    return ExpressionId::UNKNOWN;
                };
                let of = self.name(package);
                let of = self.b.named(of, package.start_byte());
                let name = self.name(name_node);
                let member = self.b.member(of, name);
                self.b.site(SiteKind::Type, name, position(name_node), member, 0);
                member
            }
            Kind::Generic => {
                let base = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |base| self.annotation(base));
                let arguments =
                    field(node, GRAMMAR.type_arguments).map(children).unwrap_or_default();
                let arguments = arguments.into_iter().map(|one| self.annotation(one)).collect();
                self.b.expression(Expression::Apply { base, arguments })
            }
            Kind::Slice | Kind::Array | Kind::ImplicitArray => {
                let of = field(node, GRAMMAR.element)
                    .map_or(ExpressionId::UNKNOWN, |element| self.annotation(element));
                self.b.builtin("slice", vec![of])
            }
            Kind::Map => {
                let key = field(node, GRAMMAR.key)
                    .map_or(ExpressionId::UNKNOWN, |key| self.annotation(key));
                let value = field(node, GRAMMAR.value)
                    .map_or(ExpressionId::UNKNOWN, |value| self.annotation(value));
                self.b.builtin("dict", vec![key, value])
            }
            Kind::Channel => {
                let of = field(node, GRAMMAR.value)
                    .map_or(ExpressionId::UNKNOWN, |value| self.annotation(value));
                self.b.builtin("chan", vec![of])
            }
            Kind::FunctionType => {
                let before = self.b.enter(ScopeKind::Block, None);
                let takes = field(node, GRAMMAR.parameters)
                    .map(|list| self.parameters(list))
                    .unwrap_or_default();
                let result = field(node, GRAMMAR.result)
                    .and_then(|result| self.result(result))
                    .unwrap_or(ExpressionId::UNKNOWN);
                self.b.leave(before);
                let takes = takes
                    .into_iter()
                    .map(|one| one.declared.unwrap_or(ExpressionId::UNKNOWN))
                    .collect();
                self.b.expression(Expression::Function { takes, result })
            }
            Kind::Struct | Kind::Interface => {
                let before = self.b.enter(ScopeKind::Class, None);
                let scope = self.b.scope();
                self.members(node, None);
                self.b.leave(before);
                self.b.expression(Expression::Object(scope))
            }
            Kind::Pointer
            | Kind::ParenthesizedType
            | Kind::TypeElem
            | Kind::TypeConstraint
            | Kind::Negated => match children(node)[..] {
                [inner] => self.annotation(inner),
                _ => {
                    let of = children(node).into_iter().map(|one| self.annotation(one)).collect();
                    self.b.union(of)
                }
            },
            _ => ExpressionId::UNKNOWN,
        }
    }

    /// Fields and methods of a struct or an interface; what is embedded is a base.
    pub(super) fn members(&mut self, node: Node<'_>, of: Option<SymbolId>) {
        for member in children(node) {
            match kind(member) {
                Kind::FieldList => self.members(member, of),
                Kind::FieldDeclaration => self.struct_field(member, of),
                Kind::MethodElem => self.interface_method(member),
                Kind::TypeElem => {
                    let base = self.annotation(member);
                    if let Some(of) = of {
                        self.b.symbol(of).bases.push(base);
                    }
                }
                _ => {}
            }
        }
    }

    fn struct_field(&mut self, node: Node<'_>, of: Option<SymbolId>) {
        let Some(type_node) = field(node, GRAMMAR.r#type) else { return };
        let declared = self.annotation(type_node);
        let names: Vec<Node<'_>> =
            children(node).into_iter().filter(|one| kind(*one) == Kind::FieldIdentifier).collect();
        if names.is_empty() {
            // Embedded: a field of the type's name whose members are the struct's own.
            if let Some(of) = of {
                self.b.symbol(of).bases.push(declared);
            }
            if let Some(last) = last_name(type_node) {
                let name = self.name(last);
                self.bind_field(name, last, node, declared);
            }
        }
        for name_node in names {
            let name = self.name(name_node);
            self.bind_field(name, name_node, node, declared);
        }
    }

    fn bind_field(
        &mut self,
        name: Name,
        name_node: Node<'_>,
        whole: Node<'_>,
        declared: ExpressionId,
    ) {
        let span = tree::span(whole, name_node, None, is_comment);
        let traits = self.traits(name_node);
        let id = self.b.define_value(Definition { name, kind: SymbolKind::Field, span, traits });
        self.b.symbol(id).declared = Some(declared);
    }

    fn interface_method(&mut self, node: Node<'_>) {
        let Some(name_node) = field(node, GRAMMAR.name) else { return };
        let name = self.name(name_node);
        let span = tree::span(node, name_node, None, is_comment);
        let traits = Traits { is_abstract: true, is_declaration: true, ..self.traits(name_node) };
        let id = self.b.define(Definition { name, kind: SymbolKind::Method, span, traits }, false);
        self.signed(node, id, None);
    }

    /// Binds type parameters and gives their names.
    pub(super) fn type_parameters(&mut self, node: Node<'_>) -> Vec<Name> {
        let mut names = Vec::new();
        let list = field(node, GRAMMAR.type_parameters).map(children).unwrap_or_default();
        for one in list {
            let bound = field(one, GRAMMAR.r#type).map(|bound| self.annotation(bound));
            for name_node in children(one).into_iter().filter(|one| kind(*one) == Kind::Identifier)
            {
                let name = self.name(name_node);
                self.b.bind(name, name_node.start_byte(), What::TypeParameter { bound });
                names.push(name);
            }
        }
        names
    }
}

/// The name that an embedded type gives its field.
fn last_name(node: Node<'_>) -> Option<Node<'_>> {
    match kind(node) {
        Kind::TypeIdentifier => Some(node),
        Kind::Qualified => field(node, GRAMMAR.name),
        Kind::Generic => field(node, GRAMMAR.r#type).and_then(last_name),
        Kind::Pointer => children(node).first().copied().and_then(last_name),
        _ => None,
    }
}
