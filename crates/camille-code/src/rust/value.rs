//! Values of Rust: what an expression is, as far as the file tells, with the sites inside it.

use super::{GRAMMAR, Kind, Walk, kind};
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

    fn in_field(&mut self, node: Node<'_>, id: u16) -> ExpressionId {
        field(node, id).map_or(ExpressionId::UNKNOWN, |inner| self.value(inner))
    }

    fn value_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier | Kind::Scoped | Kind::FieldExpression | Kind::GenericFunction => {
                self.callee(node, SiteKind::Reference, 0)
            }
            Kind::SelfValue => {
                let name = self.b.name("self");
                self.b.named(name, node.start_byte())
            }
            Kind::Call => self.call(node),
            Kind::Macro => self.macro_call(node),
            Kind::Block | Kind::Unsafe | Kind::Const2 => self.block(node),
            Kind::Async => {
                let of = self.block(node);
                self.b.builtin("Awaitable", vec![of])
            }
            Kind::ExpressionStatement => {
                self.last(node);
                ExpressionId::UNKNOWN
            }
            Kind::Let => {
                self.let_declaration(node);
                ExpressionId::UNKNOWN
            }
            Kind::If => {
                let before = self.b.enter(ScopeKind::Block, None);
                self.in_field(node, GRAMMAR.condition);
                let then = self.in_field(node, GRAMMAR.consequence);
                self.b.leave(before);
                let otherwise = match field(node, GRAMMAR.alternative) {
                    Some(clause) => self.last(clause),
                    None => ExpressionId::UNKNOWN,
                };
                self.b.union(vec![then, otherwise])
            }
            Kind::LetCondition => {
                let value = self.in_field(node, GRAMMAR.value);
                if let Some(pattern) = field(node, GRAMMAR.pattern) {
                    self.pattern(pattern, value);
                }
                ExpressionId::UNKNOWN
            }
            Kind::Match => {
                let value = self.in_field(node, GRAMMAR.value);
                let mut of = Vec::new();
                for arm in field(node, GRAMMAR.body).map(children).unwrap_or_default() {
                    if kind(arm) != Kind::Arm {
                        continue;
                    }
                    let before = self.b.enter(ScopeKind::Block, None);
                    if let Some(pattern) = field(arm, GRAMMAR.pattern) {
                        self.pattern(pattern, value);
                    }
                    of.push(self.in_field(arm, GRAMMAR.value));
                    self.b.leave(before);
                }
                of.truncate(8);
                self.b.union(of)
            }
            Kind::For => {
                let from = self.in_field(node, GRAMMAR.value);
                let before = self.b.enter(ScopeKind::Block, None);
                let element = self.b.expression(Expression::Element(from));
                if let Some(pattern) = field(node, GRAMMAR.pattern) {
                    self.pattern(pattern, element);
                }
                self.in_field(node, GRAMMAR.body);
                self.b.leave(before);
                ExpressionId::UNKNOWN
            }
            Kind::While => {
                let before = self.b.enter(ScopeKind::Block, None);
                self.in_field(node, GRAMMAR.condition);
                self.in_field(node, GRAMMAR.body);
                self.b.leave(before);
                ExpressionId::UNKNOWN
            }
            Kind::Loop => {
                self.in_field(node, GRAMMAR.body);
                ExpressionId::UNKNOWN
            }
            Kind::Return => {
                self.last(node);
                ExpressionId::UNKNOWN
            }
            Kind::Closure => self.closure(node, None),
            Kind::StructExpression => self.struct_expression(node),
            Kind::Try => {
                let of = self.last(node);
                self.b.expression(Expression::Unwrap(of))
            }
            Kind::Await => {
                let of = self.last(node);
                self.b.expression(Expression::Await(of))
            }
            Kind::Reference => self.in_field(node, GRAMMAR.value),
            Kind::Unary => {
                let of = self.last(node);
                let not = self.text(node).starts_with('!');
                if not { self.b.builtin("bool", Vec::new()) } else { of }
            }
            Kind::Binary => {
                let left = self.in_field(node, GRAMMAR.left);
                self.in_field(node, GRAMMAR.right);
                match field(node, GRAMMAR.operator).map(|operator| operator.kind()) {
                    Some("==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||") => {
                        self.b.builtin("bool", Vec::new())
                    }
                    _ => left,
                }
            }
            Kind::Assignment => {
                let value = self.in_field(node, GRAMMAR.right);
                match field(node, GRAMMAR.left) {
                    Some(left) if kind(left) == Kind::Identifier => {
                        let name = self.name(left);
                        if value != ExpressionId::UNKNOWN {
                            self.b.assign(name, node.end_byte(), value);
                        }
                    }
                    Some(left) => {
                        self.value(left);
                    }
                    None => {}
                }
                ExpressionId::UNKNOWN
            }
            Kind::Cast => {
                self.in_field(node, GRAMMAR.value);
                let of = field(node, GRAMMAR.r#type)
                    .map_or(ExpressionId::UNKNOWN, |of| self.annotation(of));
                self.b.expression(Expression::Instance(of))
            }
            Kind::Index => {
                let parts = children(node);
                let mut all = Vec::new();
                for part in &parts {
                    all.push(self.value(*part));
                }
                let Some(&of) = all.first() else { return ExpressionId::UNKNOWN };
                // `a[1..]` is what a is.
                if parts.get(1).is_some_and(|index| kind(*index) == Kind::Range) {
                    return of;
                }
                self.b.expression(Expression::Index(of))
            }
            Kind::Tuple => {
                let of = children(node).into_iter().map(|one| self.value(one)).collect();
                self.b.expression(Expression::Tuple(of))
            }
            Kind::Array => {
                let mut of: Vec<ExpressionId> =
                    children(node).into_iter().map(|one| self.value(one)).collect();
                of.truncate(8);
                let of = self.b.union(of);
                self.b.builtin("Vec", vec![of])
            }
            Kind::String | Kind::RawString => self.b.builtin("str", Vec::new()),
            Kind::Char => self.b.builtin("char", Vec::new()),
            Kind::Integer => self.b.builtin("i32", Vec::new()),
            Kind::Float => self.b.builtin("f64", Vec::new()),
            Kind::Boolean => self.b.builtin("bool", Vec::new()),
            Kind::LineComment
            | Kind::BlockComment
            | Kind::Attribute
            | Kind::Lifetime
            | Kind::MutableSpecifier => ExpressionId::UNKNOWN,
            Kind::Function
            | Kind::Struct
            | Kind::Enum
            | Kind::Union
            | Kind::Impl
            | Kind::Trait
            | Kind::Module
            | Kind::Use
            | Kind::Const
            | Kind::Static
            | Kind::TypeItem
            | Kind::MacroDefinition
            | Kind::Error
            | Kind::Signature => {
                self.item(node);
                ExpressionId::UNKNOWN
            }
            _ => self.last(node),
        }
    }

    /// Reads every child; the value is that of the last.
    fn last(&mut self, node: Node<'_>) -> ExpressionId {
        let mut last = ExpressionId::UNKNOWN;
        for child in children(node) {
            if !matches!(
                kind(child),
                Kind::LineComment | Kind::BlockComment | Kind::MutableSpecifier
            ) {
                last = self.value(child);
            }
        }
        last
    }

    fn block(&mut self, node: Node<'_>) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Block, None);
        let last = self.last(node);
        self.b.leave(before);
        last
    }

    fn let_declaration(&mut self, node: Node<'_>) {
        let declared = field(node, GRAMMAR.r#type).map(|of| self.annotation(of));
        let mut value = self.in_field(node, GRAMMAR.value);
        if let Some(otherwise) = field(node, GRAMMAR.alternative) {
            self.value(otherwise);
        }
        if let Some(declared) = declared {
            let written = self.b.expression(Expression::Instance(declared));
            value = match self.b.look(declared) {
                // `let x: Vec<_> = …` leaves to the value what it is made of.
                Expression::Unknown => value,
                _ => written,
            };
        }
        if let Some(pattern) = field(node, GRAMMAR.pattern) {
            // What is bound holds from the next statement on.
            let before = std::mem::replace(&mut self.b.after, node.end_byte());
            self.pattern(pattern, value);
            self.b.after = before;
        }
    }

    pub(super) fn closure(
        &mut self,
        node: Node<'_>,
        given: Option<(ExpressionId, usize)>,
    ) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Function, None);
        let outer = std::mem::take(&mut self.b.after);
        let list = field(node, GRAMMAR.parameters).map(children).unwrap_or_default();
        for (index, one) in list.into_iter().enumerate() {
            if kind(one) == Kind::Parameter {
                let declared = field(one, GRAMMAR.r#type).map(|of| self.annotation(of));
                let value = declared.map_or(ExpressionId::UNKNOWN, |declared| {
                    self.b.expression(Expression::Instance(declared))
                });
                if let Some(pattern) = field(one, GRAMMAR.pattern) {
                    self.pattern(pattern, value);
                }
                continue;
            }
            let value = match given {
                Some((callee, argument)) => self.b.expression(Expression::Given {
                    callee,
                    argument: u8::try_from(argument).unwrap_or(u8::MAX),
                    parameter: u8::try_from(index).unwrap_or(u8::MAX),
                }),
                None => ExpressionId::UNKNOWN,
            };
            self.pattern(one, value);
        }
        let declared = field(node, GRAMMAR.return_type).map(|of| self.annotation(of));
        let mut result = self.in_field(node, GRAMMAR.body);
        if let Some(declared) = declared {
            result = self.b.expression(Expression::Instance(declared));
        }
        self.b.after = outer;
        self.b.leave(before);
        self.b.expression(Expression::Lambda { results: Box::new([result]), is_async: false })
    }

    /// A path or a member, as a site of a kind.
    pub(super) fn callee(&mut self, node: Node<'_>, site: SiteKind, given: usize) -> ExpressionId {
        match kind(node) {
            Kind::Identifier => {
                if self.text(node) == "Self" {
                    let scope = self.b.scope();
                    return self.b.expression(Expression::ThisClass { scope });
                }
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(site, name, position(node), named, given);
                named
            }
            Kind::Scoped => self.path(node, site),
            Kind::FieldExpression => {
                let of = self.in_field(node, GRAMMAR.value);
                let Some(last) = field(node, GRAMMAR.field) else { return of };
                let name = self.name(last);
                let member = self.b.member(of, name);
                self.b.site(site, name, position(last), member, given);
                member
            }
            Kind::GenericFunction => {
                let of = field(node, GRAMMAR.function)
                    .map_or(ExpressionId::UNKNOWN, |inner| self.callee(inner, site, given));
                let arguments =
                    field(node, GRAMMAR.type_arguments).map(children).unwrap_or_default();
                let arguments = arguments.into_iter().map(|one| self.annotation(one)).collect();
                self.b.expression(Expression::Apply { base: of, arguments })
            }
            Kind::Parenthesized => {
                children(node).first().map_or(ExpressionId::UNKNOWN, |inner| self.value(*inner))
            }
            _ => self.value(node),
        }
    }

    fn call(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(function) = field(node, GRAMMAR.function) else { return ExpressionId::UNKNOWN };
        let nodes: Vec<Node<'_>> = field(node, GRAMMAR.arguments)
            .map(children)
            .unwrap_or_default()
            .into_iter()
            .filter(|one| {
                !matches!(kind(*one), Kind::LineComment | Kind::BlockComment | Kind::Attribute)
            })
            .collect();
        let callee = self.callee(function, SiteKind::Call, nodes.len());
        let mut arguments = Vec::new();
        for (index, one) in nodes.into_iter().enumerate() {
            arguments.push(if kind(one) == Kind::Closure {
                self.closure(one, Some((callee, index)))
            } else {
                self.value(one)
            });
        }
        self.b.expression(Expression::Call { callee, arguments: arguments.into() })
    }

    fn struct_expression(&mut self, node: Node<'_>) -> ExpressionId {
        let class = match field(node, GRAMMAR.name) {
            Some(name) if self.text(name) == "Self" => {
                let scope = self.b.scope();
                self.b.expression(Expression::ThisClass { scope })
            }
            Some(name) => self.annotation(name),
            None => ExpressionId::UNKNOWN,
        };
        for one in field(node, GRAMMAR.body).map(children).unwrap_or_default() {
            match kind(one) {
                Kind::FieldInitializer => {
                    self.in_field(one, GRAMMAR.value);
                }
                _ => {
                    self.last(one);
                }
            }
        }
        self.b.expression(Expression::New { class, arguments: Box::default() })
    }

    fn macro_call(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(name_node) = field(node, GRAMMAR.r#macro) else { return ExpressionId::UNKNOWN };
        let last = field(name_node, GRAMMAR.name).unwrap_or(name_node);
        let name = self.name(last);
        let named = self.b.named(name, name_node.start_byte());
        self.b.site(SiteKind::Macro, name, position(last), named, 0);
        let mut values = Vec::new();
        for tree in children(node) {
            if kind(tree) == Kind::TokenTree {
                values = self.macro_arguments(tree);
            }
        }
        match self.text(last) {
            "vec" => {
                values.truncate(8);
                let of = self.b.union(values);
                self.b.builtin("Vec", vec![of])
            }
            "format" => self.b.builtin("String", Vec::new()),
            "dbg" => values.first().copied().unwrap_or(ExpressionId::UNKNOWN),
            _ => ExpressionId::UNKNOWN,
        }
    }
}
