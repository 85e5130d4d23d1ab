//! Types written in Java.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, SiteKind};
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
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Type, name, position(node), named, 0);
                named
            }
            Kind::ScopedType => {
                let parts = children(node);
                match (parts.first(), parts.last()) {
                    (Some(&outer), Some(&inner)) if parts.len() > 1 => {
                        let of = self.annotation(outer);
                        let name = self.name(inner);
                        let member = self.b.member(of, name);
                        self.b.site(SiteKind::Type, name, position(inner), member, 0);
                        member
                    }
                    _ => ExpressionId::UNKNOWN,
                }
            }
            Kind::GenericType => {
                let parts = children(node);
                let base =
                    parts.first().map_or(ExpressionId::UNKNOWN, |base| self.annotation(*base));
                let mut arguments = Vec::new();
                for list in parts.into_iter().filter(|part| kind(*part) == Kind::TypeArguments) {
                    arguments.extend(children(list).into_iter().map(|one| self.annotation(one)));
                }
                if arguments.is_empty() {
                    return base;
                }
                self.b.expression(Expression::Apply { base, arguments: arguments.into() })
            }
            Kind::ArrayType => {
                let of = field(node, GRAMMAR.element)
                    .map_or(ExpressionId::UNKNOWN, |element| self.annotation(element));
                self.b.builtin("slice", vec![of])
            }
            Kind::AnnotatedType | Kind::Wildcard | Kind::Superclass => {
                let last = children(node).into_iter().rfind(|one| {
                    !matches!(kind(*one), Kind::Annotation | Kind::MarkerAnnotation | Kind::Super)
                });
                last.map_or(ExpressionId::UNKNOWN, |inner| self.annotation(inner))
            }
            Kind::VoidType => self.b.builtin("None", Vec::new()),
            Kind::IntegralType | Kind::FloatingType | Kind::BooleanType => {
                let text = self.text(node);
                self.b.builtin(text, Vec::new())
            }
            _ => ExpressionId::UNKNOWN,
        }
    }
}
