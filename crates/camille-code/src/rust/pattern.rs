//! Patterns of Rust: what they bind, and to which part of a value.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, SiteKind};
use crate::tree::{DEPTH_MAX, children, field, position};
use tree_sitter::Node;

impl Walk<'_> {
    /// Binds the names of a pattern to parts of a value.
    pub(super) fn pattern(&mut self, node: Node<'_>, value: ExpressionId) {
        if self.depth > DEPTH_MAX {
            return;
        }
        self.depth += 1;
        match kind(node) {
            Kind::Identifier | Kind::ShorthandField => {
                let name = self.name(node);
                // What begins with a capital is a constant or a variant, not a new name.
                if !self.text(node).starts_with(char::is_uppercase) {
                    let known = Some(value).filter(|value| *value != ExpressionId::UNKNOWN);
                    let at = node.start_byte().max(self.b.after);
                    self.b.variable(name, at, None, known);
                }
            }
            Kind::TupleStructPattern => self.tuple_struct(node, value),
            Kind::StructPattern => self.struct_pattern(node),
            Kind::TuplePattern => {
                for (index, part) in children(node).into_iter().enumerate() {
                    let nth = self.nth(value, index);
                    self.pattern(part, nth);
                }
            }
            Kind::SlicePattern => {
                let element = self.wrapped(value, Expression::Element);
                for part in children(node) {
                    self.pattern(part, element);
                }
            }
            Kind::CapturedPattern => {
                for part in children(node) {
                    self.pattern(part, value);
                }
            }
            Kind::MatchPattern => {
                let condition = field(node, GRAMMAR.condition);
                for part in children(node) {
                    if Some(part) == condition {
                        self.value(part);
                    } else {
                        self.pattern(part, value);
                    }
                }
            }
            Kind::ReferencePattern | Kind::RefPattern | Kind::MutPattern | Kind::OrPattern => {
                for part in children(node) {
                    self.pattern(part, value);
                }
            }
            Kind::Macro => {
                self.value(node);
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn wrapped(
        &mut self,
        value: ExpressionId,
        wrap: impl FnOnce(ExpressionId) -> Expression,
    ) -> ExpressionId {
        if value == ExpressionId::UNKNOWN { value } else { self.b.expression(wrap(value)) }
    }

    fn nth(&mut self, of: ExpressionId, index: usize) -> ExpressionId {
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        self.wrapped(of, |of| Expression::Nth { of, index })
    }

    fn tuple_struct(&mut self, node: Node<'_>, value: ExpressionId) {
        let Some(path) = field(node, GRAMMAR.r#type) else { return };
        let parts = children(node).into_iter().filter(|part| *part != path);
        match self.text(path) {
            "Some" | "Ok" => {
                let inner = self.wrapped(value, Expression::Unwrap);
                for part in parts {
                    self.pattern(part, inner);
                }
            }
            "Err" => {
                let inner = self.nth(value, 1);
                for part in parts {
                    self.pattern(part, inner);
                }
            }
            _ => {
                let class = self.pattern_path(path);
                let made = self.b.expression(Expression::New { class, arguments: Box::default() });
                for (index, part) in parts.enumerate() {
                    let name = self.b.made_name(&index.to_string());
                    let member = self.b.member(made, name);
                    self.pattern(part, member);
                }
            }
        }
    }

    fn struct_pattern(&mut self, node: Node<'_>) {
        let Some(path) = field(node, GRAMMAR.r#type) else { return };
        let class = self.pattern_path(path);
        let made = self.b.expression(Expression::New { class, arguments: Box::default() });
        for one in children(node) {
            if kind(one) != Kind::FieldPattern {
                continue;
            }
            let Some(name_node) = field(one, GRAMMAR.name) else { continue };
            let name = self.name(name_node);
            let member = self.b.member(made, name);
            self.pattern(field(one, GRAMMAR.pattern).unwrap_or(name_node), member);
        }
    }

    /// The type or variant that a pattern names. Matching calls nothing.
    fn pattern_path(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier | Kind::TypeIdentifier if self.text(node) == "Self" => {
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
}
