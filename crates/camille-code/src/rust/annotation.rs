//! Types written in Rust. A reference is what it refers to, a box what it holds: a member is found through both.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, Name, SiteKind, What};
use crate::tree::{DEPTH_MAX, children, field, position};
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
                if self.text(node) == "Self" {
                    let scope = self.b.scope();
                    return self.b.expression(Expression::This { scope });
                }
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Type, name, position(node), named, 0);
                named
            }
            Kind::ScopedType | Kind::Scoped => self.path(node, SiteKind::Type),
            Kind::GenericType | Kind::GenericTurbofish => {
                let base = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |base| self.annotation(base));
                let arguments =
                    field(node, GRAMMAR.type_arguments).map(children).unwrap_or_default();
                let arguments = arguments
                    .into_iter()
                    .filter(|one| !matches!(kind(*one), Kind::Lifetime | Kind::TypeBinding))
                    .map(|one| self.annotation(one))
                    .collect();
                self.b.expression(Expression::Apply { base, arguments })
            }
            Kind::ReferenceType | Kind::PointerType => field(node, GRAMMAR.r#type)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::DynamicType | Kind::AbstractType => field(node, GRAMMAR.r#trait)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::HigherRanked => field(node, GRAMMAR.r#type)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::BoundedType => {
                let of = children(node)
                    .into_iter()
                    .filter(|one| kind(*one) != Kind::Lifetime)
                    .map(|one| self.annotation(one))
                    .collect();
                self.b.union(of)
            }
            Kind::BracketedType => children(node)
                .first()
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(*inner)),
            // `<T as Trait>`: T, where it can be told.
            Kind::QualifiedType => field(node, GRAMMAR.r#type)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::TupleType => {
                let of = children(node).into_iter().map(|one| self.annotation(one)).collect();
                self.b.expression(Expression::Tuple(of))
            }
            Kind::ArrayType => {
                let of = field(node, GRAMMAR.element)
                    .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner));
                self.b.builtin("Vec", vec![of])
            }
            Kind::FunctionType => {
                let takes: Box<[ExpressionId]> = field(node, GRAMMAR.parameters)
                    .map(children)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|one| self.annotation(one))
                    .collect();
                let result = field(node, GRAMMAR.return_type)
                    .map_or(ExpressionId::UNKNOWN, |result| self.annotation(result));
                self.b.expression(Expression::Function { takes, result })
            }
            Kind::Parameter => field(node, GRAMMAR.r#type)
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner)),
            Kind::PrimitiveType => {
                let text = self.text(node);
                self.b.builtin(text, Vec::new())
            }
            Kind::UnitType => self.b.builtin("None", Vec::new()),
            _ => ExpressionId::UNKNOWN,
        }
    }

    /// A path: `a::b::c`. Its last name is a site of a kind.
    pub(super) fn path(&mut self, node: Node<'_>, site: SiteKind) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = match kind(node) {
            Kind::Crate | Kind::Super | Kind::SelfValue => {
                let text = self.text(node);
                let name = self.b.name(text);
                self.b.expression(Expression::Module(name))
            }
            Kind::Scoped | Kind::ScopedType => {
                let of = match field(node, GRAMMAR.path) {
                    Some(path) => self.path_head(path),
                    None => ExpressionId::UNKNOWN,
                };
                match field(node, GRAMMAR.name) {
                    Some(last) if kind(last) == Kind::Super => {
                        // `super::super`
                        let module = self.b.made_name("super::super");
                        self.b.expression(Expression::Module(module))
                    }
                    Some(last) => {
                        let name = self.name(last);
                        let member = self.b.member(of, name);
                        self.b.site(site, name, position(last), member, 0);
                        member
                    }
                    None => of,
                }
            }
            _ => self.annotation(node),
        };
        self.depth -= 1;
        found
    }

    fn path_head(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier if self.text(node) == "Self" => {
                let scope = self.b.scope();
                self.b.expression(Expression::ThisClass { scope })
            }
            Kind::Identifier | Kind::TypeIdentifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Reference, name, position(node), named, 0);
                named
            }
            _ => self.path(node, SiteKind::Reference),
        }
    }

    /// Binds type parameters, with what `where` says of them, and gives their names.
    pub(super) fn type_parameters(&mut self, node: Node<'_>) -> Vec<Name> {
        let mut names = Vec::new();
        let list = field(node, GRAMMAR.type_parameters).map(children).unwrap_or_default();
        let clause = children(node).into_iter().find(|one| kind(*one) == Kind::Where);
        let predicates = clause.map(children).unwrap_or_default();
        for one in list {
            if kind(one) != Kind::TypeParameter {
                continue;
            }
            let Some(name_node) = field(one, GRAMMAR.name) else { continue };
            let mut of = field(one, GRAMMAR.bounds).map(|of| self.bounds(of)).unwrap_or_default();
            for predicate in &predicates {
                if field(*predicate, GRAMMAR.left)
                    .is_some_and(|left| self.text(left) == self.text(name_node))
                    && let Some(bounds) = field(*predicate, GRAMMAR.bounds)
                {
                    of.extend(self.bounds(bounds));
                }
            }
            let bound = Some(self.b.union(of)).filter(|bound| *bound != ExpressionId::UNKNOWN);
            let name = self.name(name_node);
            self.b.bind(name, name_node.start_byte(), What::TypeParameter { bound });
            names.push(name);
        }
        names
    }

    pub(super) fn bounds(&mut self, node: Node<'_>) -> Vec<ExpressionId> {
        children(node)
            .into_iter()
            .filter(|one| kind(*one) != Kind::Lifetime)
            .map(|one| self.annotation(one))
            .collect()
    }
}
