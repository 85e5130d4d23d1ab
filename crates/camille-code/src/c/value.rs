//! Values of C and C++: what an expression is, as far as the file tells, with the sites inside it.

use super::{GRAMMAR, Kind, Walk, kind, last_name};
use crate::facts::{Expression, ExpressionId, ScopeKind, SiteKind};
use crate::tree::{DEPTH_MAX, children, field, position};
use tree_sitter::Node;

impl Walk<'_> {
    /// What an expression is; records every site in it.
    pub(super) fn value(&mut self, node: Node<'_>) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = self.value_of(node);
        self.depth -= 1;
        found
    }

    pub(super) fn in_field(&mut self, node: Node<'_>, id: u16) -> ExpressionId {
        field(node, id).map_or(ExpressionId::UNKNOWN, |inner| self.value(inner))
    }

    fn value_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier
            | Kind::QualifiedIdentifier
            | Kind::FieldExpression
            | Kind::TemplateFunction => self.callee(node, SiteKind::Reference, 0),
            Kind::This => {
                let scope = self.b.scope();
                self.b.expression(Expression::This { scope })
            }
            Kind::Call => {
                let list = field(node, GRAMMAR.arguments);
                let given = list.map_or(0, |list| list.named_child_count());
                let callee = field(node, GRAMMAR.function)
                    .map_or(ExpressionId::UNKNOWN, |function| {
                        self.callee(function, SiteKind::Call, given)
                    });
                let arguments: Vec<ExpressionId> = list
                    .map(children)
                    .unwrap_or_default()
                    .into_iter()
                    .map(|one| self.value(one))
                    .collect();
                self.b.expression(Expression::Call { callee, arguments: arguments.into() })
            }
            Kind::New => {
                let class = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |of| self.annotation(of));
                if let Some(of) = field(node, GRAMMAR.r#type) {
                    let last = last_name(of);
                    let name = self.name(last);
                    self.b.site(SiteKind::New, name, position(last), class, 0);
                }
                self.in_field(node, GRAMMAR.arguments);
                self.b.expression(Expression::New { class, arguments: Box::default() })
            }
            Kind::Pointer | Kind::Parenthesized | Kind::Unary => {
                let mut last = ExpressionId::UNKNOWN;
                for one in children(node) {
                    last = self.value(one);
                }
                last
            }
            Kind::Subscript => {
                let of = self.in_field(node, GRAMMAR.argument);
                for one in children(node).into_iter().skip(1) {
                    self.value(one);
                }
                // A pointer and an array of T are T here.
                of
            }
            Kind::Binary => {
                let mut left = node;
                let mut rights = Vec::new();
                while kind(left) == Kind::Binary {
                    rights.extend(field(left, GRAMMAR.right));
                    match field(left, GRAMMAR.left) {
                        Some(next) => left = next,
                        None => break,
                    }
                }
                let first = if kind(left) == Kind::Binary {
                    ExpressionId::UNKNOWN
                } else {
                    self.value(left)
                };
                for right in rights.into_iter().rev() {
                    self.value(right);
                }
                first
            }
            Kind::Assignment => {
                let value = self.in_field(node, GRAMMAR.right);
                self.in_field(node, GRAMMAR.left);
                value
            }
            Kind::Conditional => {
                self.in_field(node, GRAMMAR.condition);
                let then = self.in_field(node, GRAMMAR.consequence);
                let otherwise = self.in_field(node, GRAMMAR.alternative);
                self.b.union(vec![then, otherwise])
            }
            Kind::Cast | Kind::CompoundLiteral => {
                let of = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |of| self.annotation(of));
                self.in_field(node, GRAMMAR.value);
                self.b.expression(Expression::Instance(of))
            }
            Kind::Lambda => {
                let before = self.b.enter(ScopeKind::Function, None);
                if let Some(list) = field(node, GRAMMAR.declarator)
                    .and_then(|declarator| field(declarator, GRAMMAR.parameters))
                {
                    self.parameters(list);
                }
                if let Some(body) = field(node, GRAMMAR.body) {
                    self.statement(body);
                }
                self.b.leave(before);
                ExpressionId::UNKNOWN
            }
            Kind::String => self.b.builtin("char", Vec::new()),
            Kind::Number => self.b.builtin("int", Vec::new()),
            Kind::Comment => ExpressionId::UNKNOWN,
            Kind::TypeDescriptor | Kind::TypeIdentifier => self.annotation(node),
            _ => {
                for child in children(node) {
                    self.statement(child);
                }
                ExpressionId::UNKNOWN
            }
        }
    }

    /// A name, a path or a member, as a site of a kind.
    fn callee(&mut self, node: Node<'_>, site: SiteKind, given: usize) -> ExpressionId {
        match kind(node) {
            Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(site, name, position(node), named, given);
                named
            }
            Kind::QualifiedIdentifier => self.path(node, site, given),
            Kind::TemplateFunction => field(node, GRAMMAR.name)
                .map_or(ExpressionId::UNKNOWN, |inner| self.callee(inner, site, given)),
            Kind::FieldExpression => {
                let of = self.in_field(node, GRAMMAR.argument);
                let Some(last) = field(node, GRAMMAR.field) else { return of };
                let last = last_name(last);
                let name = self.name(last);
                let member = self.b.member(of, name);
                self.b.site(site, name, position(last), member, given);
                member
            }
            Kind::Parenthesized => {
                children(node).first().map_or(ExpressionId::UNKNOWN, |inner| self.value(*inner))
            }
            _ => self.value(node),
        }
    }

    /// `a::b::c`. What is in front is a type or a namespace; a namespace is passed over.
    pub(super) fn path(&mut self, node: Node<'_>, site: SiteKind, given: usize) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let inner = field(node, GRAMMAR.name);
        let found = match (field(node, GRAMMAR.scope), inner) {
            (_, Some(inner)) if kind(inner) == Kind::QualifiedIdentifier => {
                self.path(inner, site, given)
            }
            (Some(scope), Some(inner)) => {
                let of = self.annotation(scope);
                let last = last_name(inner);
                let name = self.name(last);
                let member = self.b.member(of, name);
                self.b.site(site, name, position(last), member, given);
                member
            }
            (None, Some(inner)) => self.callee(inner, site, given),
            _ => ExpressionId::UNKNOWN,
        };
        self.depth -= 1;
        found
    }
}
