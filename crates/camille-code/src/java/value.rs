//! Values of Java: what an expression is, as far as the file tells, with the sites inside it.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, ScopeKind, SiteKind, What};
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

    fn in_field(&mut self, node: Node<'_>, id: u16) -> ExpressionId {
        field(node, id).map_or(ExpressionId::UNKNOWN, |inner| self.value(inner))
    }

    fn value_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Reference, name, position(node), named, 0);
                named
            }
            Kind::This => {
                let scope = self.b.scope();
                self.b.expression(Expression::This { scope })
            }
            Kind::Super => {
                let scope = self.b.scope();
                self.b.expression(Expression::Super { scope })
            }
            Kind::FieldAccess => {
                let of = self.in_field(node, GRAMMAR.object);
                let Some(last) = field(node, GRAMMAR.field) else { return of };
                if kind(last) == Kind::This {
                    // `Outer.this`
                    return self
                        .b
                        .expression(Expression::New { class: of, arguments: Box::default() });
                }
                let name = self.name(last);
                let member = self.b.member(of, name);
                self.b.site(SiteKind::Reference, name, position(last), member, 0);
                member
            }
            Kind::Invocation => self.invocation(node),
            Kind::Creation => self.creation(node),
            Kind::ArrayCreation => {
                let of = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |of| self.annotation(of));
                self.in_field(node, GRAMMAR.value);
                let of = self.b.expression(Expression::Instance(of));
                self.b.builtin("slice", vec![of])
            }
            Kind::ArrayInitializer => {
                let mut of: Vec<ExpressionId> =
                    children(node).into_iter().map(|one| self.value(one)).collect();
                of.truncate(8);
                let of = self.b.union(of);
                self.b.builtin("slice", vec![of])
            }
            Kind::ArrayAccess => {
                let of = self.in_field(node, GRAMMAR.array);
                self.in_field(node, GRAMMAR.index);
                self.b.expression(Expression::Index(of))
            }
            Kind::Cast => {
                self.in_field(node, GRAMMAR.value);
                let of = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |of| self.annotation(of));
                self.b.expression(Expression::Instance(of))
            }
            Kind::Ternary => {
                self.in_field(node, GRAMMAR.condition);
                let then = self.in_field(node, GRAMMAR.consequence);
                let otherwise = self.in_field(node, GRAMMAR.alternative);
                self.b.union(vec![then, otherwise])
            }
            Kind::Assignment => {
                let value = self.in_field(node, GRAMMAR.right);
                self.in_field(node, GRAMMAR.left);
                value
            }
            Kind::Binary => {
                // A chain of operators leans to the left: no level of depth for each.
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
            Kind::InstanceOf => {
                self.in_field(node, GRAMMAR.left);
                let declared = field(node, GRAMMAR.right).map(|of| self.annotation(of));
                if let Some(name_node) = field(node, GRAMMAR.name) {
                    let name = self.name(name_node);
                    self.b.variable(name, name_node.start_byte(), declared, None);
                }
                self.b.builtin("boolean", Vec::new())
            }
            Kind::TypePattern => {
                let parts = children(node);
                if let (Some(&of), Some(&name_node)) = (parts.first(), parts.last()) {
                    let declared = Some(self.annotation(of));
                    let name = self.name(name_node);
                    self.b.variable(name, name_node.start_byte(), declared, None);
                }
                ExpressionId::UNKNOWN
            }
            Kind::Lambda => self.lambda(node, None),
            Kind::MethodReference => {
                let parts = children(node);
                let Some(&object) = parts.first() else { return ExpressionId::UNKNOWN };
                let of = match kind(object) {
                    Kind::TypeIdentifier
                    | Kind::GenericType
                    | Kind::ScopedType
                    | Kind::ArrayType => self.annotation(object),
                    _ => self.value(object),
                };
                match parts.last() {
                    Some(&last) if parts.len() > 1 && kind(last) == Kind::Identifier => {
                        let called = self.called(last);
                        let name = self.name(last);
                        let member = self.b.member(of, called);
                        self.b.site(SiteKind::Reference, name, position(last), member, 0);
                        member
                    }
                    _ => of,
                }
            }
            Kind::ClassLiteral => {
                let of =
                    children(node).first().map_or(ExpressionId::UNKNOWN, |of| self.annotation(*of));
                self.b.builtin("Class", vec![of])
            }
            Kind::String => self.b.builtin("String", Vec::new()),
            Kind::Integer => self.b.builtin("int", Vec::new()),
            Kind::Null => self.b.builtin("None", Vec::new()),
            Kind::True | Kind::False => self.b.builtin("boolean", Vec::new()),
            Kind::Parenthesized | Kind::ExpressionStatement => {
                let mut last = ExpressionId::UNKNOWN;
                for one in children(node) {
                    last = self.value(one);
                }
                last
            }
            Kind::Switch => {
                for one in children(node) {
                    self.statement(one);
                }
                ExpressionId::UNKNOWN
            }
            Kind::LineComment | Kind::BlockComment => ExpressionId::UNKNOWN,
            Kind::TypeIdentifier | Kind::GenericType | Kind::ScopedType => self.annotation(node),
            Kind::Class
            | Kind::Interface
            | Kind::Enum
            | Kind::Record
            | Kind::Method
            | Kind::Field
            | Kind::LocalVariable
            | Kind::If
            | Kind::For
            | Kind::EnhancedFor
            | Kind::Try
            | Kind::TryResources
            | Kind::Catch
            | Kind::Return
            | Kind::Block
            | Kind::Error
            | Kind::Resource
            | Kind::SwitchGroup
            | Kind::SwitchRule
            | Kind::Modifiers
            | Kind::Constructor
            | Kind::ConstructorBody => {
                self.statement(node);
                ExpressionId::UNKNOWN
            }
            _ => {
                for child in children(node) {
                    self.statement(child);
                }
                ExpressionId::UNKNOWN
            }
        }
    }

    fn invocation(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(name_node) = field(node, GRAMMAR.name) else { return ExpressionId::UNKNOWN };
        let list = field(node, GRAMMAR.arguments);
        let given = list.map_or(0, |list| list.named_child_count());
        let callee = match field(node, GRAMMAR.object) {
            Some(object) => {
                let of = self.value(object);
                let called = self.called(name_node);
                self.b.member(of, called)
            }
            None => {
                let called = self.called(name_node);
                self.b.named(called, name_node.start_byte())
            }
        };
        let name = self.name(name_node);
        self.b.site(SiteKind::Call, name, position(name_node), callee, given);
        let arguments = list.map(|list| self.arguments(list, callee)).unwrap_or_default();
        self.b.expression(Expression::Call { callee, arguments: arguments.into() })
    }

    pub(super) fn arguments(&mut self, list: Node<'_>, callee: ExpressionId) -> Vec<ExpressionId> {
        let mut arguments = Vec::new();
        for (index, one) in children(list).into_iter().enumerate() {
            arguments.push(if kind(one) == Kind::Lambda {
                self.lambda(one, Some((callee, index)))
            } else {
                self.value(one)
            });
        }
        arguments
    }

    fn creation(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(type_node) = field(node, GRAMMAR.r#type) else { return ExpressionId::UNKNOWN };
        // `outer.new Inner()`
        let outer = children(node)
            .first()
            .filter(|first| **first != type_node)
            .map_or(ExpressionId::UNKNOWN, |outer| self.value(*outer));
        let list = field(node, GRAMMAR.arguments);
        let class = if outer == ExpressionId::UNKNOWN {
            self.annotation(type_node)
        } else {
            let name = self.name(last_name(type_node));
            self.b.member(outer, name)
        };
        let named = last_name(type_node);
        let base = match self.b.look(class) {
            Expression::Apply { base, .. } => *base,
            _ => class,
        };
        let name = self.name(named);
        let given = list.map_or(0, |list| list.named_child_count());
        self.b.site(SiteKind::New, name, position(named), base, given);
        let arguments = list.map(|list| self.arguments(list, base)).unwrap_or_default();
        if let Some(body) = children(node).into_iter().find(|one| kind(*one) == Kind::ClassBody) {
            self.anonymous(body, class);
        }
        self.b.expression(Expression::New { class, arguments: arguments.into() })
    }

    fn lambda(&mut self, node: Node<'_>, given: Option<(ExpressionId, usize)>) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Function, None);
        if let Some(list) = field(node, GRAMMAR.parameters) {
            let names = match kind(list) {
                Kind::Identifier => vec![list],
                Kind::InferredParameters => children(list),
                _ => {
                    self.parameters(list);
                    Vec::new()
                }
            };
            for (index, name_node) in names.into_iter().enumerate() {
                let name = self.name(name_node);
                let value = given.map(|(callee, argument)| {
                    self.b.expression(Expression::Given {
                        callee,
                        argument: u8::try_from(argument).unwrap_or(u8::MAX),
                        parameter: u8::try_from(index).unwrap_or(u8::MAX),
                    })
                });
                let what =
                    What::Value { declared: None, value, is_field: false, is_narrowed: false };
                self.b.bind(name, name_node.start_byte(), what);
            }
        }
        let result = match field(node, GRAMMAR.body) {
            Some(body) if kind(body) == Kind::Block => {
                self.statement(body);
                ExpressionId::UNKNOWN
            }
            Some(body) => self.value(body),
            None => ExpressionId::UNKNOWN,
        };
        self.b.leave(before);
        self.b.expression(Expression::Lambda { results: Box::new([result]), is_async: false })
    }
}

/// The name that a type ends with.
fn last_name(node: Node<'_>) -> Node<'_> {
    let inner = match kind(node) {
        Kind::GenericType => children(node).first().copied(),
        Kind::ScopedType => children(node).last().copied(),
        Kind::AnnotatedType => children(node).last().copied(),
        _ => None,
    };
    inner.map_or(node, last_name)
}
