//! Values of Go: what an expression is, as far as the file tells, with the sites inside it.

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

    fn value_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier | Kind::Selector => self.callee(node, SiteKind::Reference, 0),
            Kind::Call => self.call(node),
            Kind::Parenthesized => self.only(node),
            Kind::Composite => self.composite(node),
            Kind::FuncLiteral => {
                let before = self.b.enter(ScopeKind::Function, None);
                if let Some(list) = field(node, GRAMMAR.parameters) {
                    self.parameters(list);
                }
                let result = field(node, GRAMMAR.result).and_then(|result| self.result(result));
                if let Some(body) = field(node, GRAMMAR.body) {
                    self.statement(body);
                }
                self.b.leave(before);
                let results = result.map(|result| self.b.expression(Expression::Instance(result)));
                let results = results.into_iter().collect();
                self.b.expression(Expression::Lambda { results, is_async: false })
            }
            Kind::Index => {
                let parts: Vec<Node<'_>> = children(node);
                let Some(&operand) = parts.first() else { return ExpressionId::UNKNOWN };
                let of = self.value(operand);
                let mut index = ExpressionId::UNKNOWN;
                for &one in &parts[1..] {
                    index = self.value(one);
                }
                // `f[T]` looks the same as `a[i]`.
                self.b.expression(Expression::Apply { base: of, arguments: Box::new([index]) })
            }
            Kind::SliceExpression => {
                let all: Vec<ExpressionId> =
                    children(node).into_iter().map(|one| self.value(one)).collect();
                all.first().copied().unwrap_or(ExpressionId::UNKNOWN)
            }
            Kind::Unary => {
                let of = field(node, GRAMMAR.operand)
                    .map_or(ExpressionId::UNKNOWN, |operand| self.value(operand));
                match field(node, GRAMMAR.operator).map(|operator| operator.kind()) {
                    Some("<-") => self.b.expression(Expression::Element(of)),
                    Some("!") => self.b.builtin("bool", Vec::new()),
                    _ => of,
                }
            }
            Kind::Binary => {
                let left = field(node, GRAMMAR.left)
                    .map_or(ExpressionId::UNKNOWN, |left| self.value(left));
                if let Some(right) = field(node, GRAMMAR.right) {
                    self.value(right);
                }
                match field(node, GRAMMAR.operator).map(|operator| operator.kind()) {
                    Some("==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||") => {
                        self.b.builtin("bool", Vec::new())
                    }
                    _ => left,
                }
            }
            Kind::Assertion => {
                if let Some(operand) = field(node, GRAMMAR.operand) {
                    self.value(operand);
                }
                self.written(field(node, GRAMMAR.r#type))
            }
            Kind::Conversion => {
                if let Some(operand) = field(node, GRAMMAR.operand) {
                    self.value(operand);
                }
                self.written(field(node, GRAMMAR.r#type))
            }
            Kind::Instantiation => {
                let parts = children(node);
                let base =
                    parts.first().map_or(ExpressionId::UNKNOWN, |base| self.annotation(*base));
                let arguments = parts.iter().skip(1).map(|one| self.annotation(*one)).collect();
                self.b.expression(Expression::Apply { base, arguments })
            }
            Kind::String | Kind::RawString => self.b.builtin("string", Vec::new()),
            Kind::Int | Kind::Rune => self.b.builtin("int", Vec::new()),
            Kind::Float => self.b.builtin("float64", Vec::new()),
            Kind::True | Kind::False => self.b.builtin("bool", Vec::new()),
            Kind::Nil => self.b.builtin("None", Vec::new()),
            Kind::Slice
            | Kind::Map
            | Kind::Channel
            | Kind::Array
            | Kind::Pointer
            | Kind::Qualified
            | Kind::Generic
            | Kind::FunctionType
            | Kind::Struct
            | Kind::Interface
            | Kind::TypeIdentifier => self.annotation(node),
            Kind::Block
            | Kind::StatementList
            | Kind::Error
            | Kind::ShortVar
            | Kind::Assignment
            | Kind::If
            | Kind::For
            | Kind::Return
            | Kind::Function
            | Kind::Method => {
                self.statement(node);
                ExpressionId::UNKNOWN
            }
            Kind::Comment => ExpressionId::UNKNOWN,
            _ => {
                let mut last = ExpressionId::UNKNOWN;
                for child in children(node) {
                    last = self.value(child);
                }
                last
            }
        }
    }

    fn only(&mut self, node: Node<'_>) -> ExpressionId {
        children(node).first().map_or(ExpressionId::UNKNOWN, |inner| self.value(*inner))
    }

    fn written(&mut self, node: Option<Node<'_>>) -> ExpressionId {
        let of = node.map_or(ExpressionId::UNKNOWN, |node| self.annotation(node));
        self.b.expression(Expression::Instance(of))
    }

    /// A name or a member, as a site of a kind.
    fn callee(&mut self, node: Node<'_>, site: SiteKind, given: usize) -> ExpressionId {
        match kind(node) {
            Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(site, name, position(node), named, given);
                named
            }
            Kind::Selector => {
                let (Some(operand), Some(field)) =
                    (field(node, GRAMMAR.operand), field(node, GRAMMAR.field))
                else {
                    return ExpressionId::UNKNOWN;
                };
                let of = self.value(operand);
                let name = self.name(field);
                let member = self.b.member(of, name);
                self.b.site(site, name, position(field), member, given);
                member
            }
            Kind::Parenthesized => match children(node).first() {
                Some(&inner) => self.callee(inner, site, given),
                None => ExpressionId::UNKNOWN,
            },
            // `f[T](…)`: what is called is f.
            Kind::Index => {
                let parts = children(node);
                let Some(&operand) = parts.first() else { return ExpressionId::UNKNOWN };
                let of = self.callee(operand, site, given);
                let arguments = parts[1..].iter().map(|one| self.value(*one)).collect();
                self.b.expression(Expression::Apply { base: of, arguments })
            }
            _ => self.value(node),
        }
    }

    fn call(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(function) = field(node, GRAMMAR.function) else { return ExpressionId::UNKNOWN };
        let nodes = field(node, GRAMMAR.arguments).map(children).unwrap_or_default();
        let named = if kind(function) == Kind::Identifier { self.text(function) } else { "" };
        let callee = self.callee(function, SiteKind::Call, nodes.len());
        if let ("make" | "new", Some(&first)) = (named, nodes.first()) {
            let of = self.annotation(first);
            for &one in &nodes[1..] {
                self.value(one);
            }
            return self.b.expression(Expression::Instance(of));
        }
        let mut arguments: Vec<ExpressionId> = nodes.iter().map(|one| self.value(*one)).collect();
        if let ("append", Some(&first)) = (named, arguments.first()) {
            return first;
        }
        if let Some(types) = field(node, GRAMMAR.type_arguments) {
            let types = children(types).into_iter().map(|one| self.annotation(one)).collect();
            let callee = self.b.expression(Expression::Apply { base: callee, arguments: types });
            return self.b.expression(Expression::Call { callee, arguments: arguments.into() });
        }
        arguments.truncate(8);
        self.b.expression(Expression::Call { callee, arguments: arguments.into() })
    }

    fn composite(&mut self, node: Node<'_>) -> ExpressionId {
        let type_node = field(node, GRAMMAR.r#type);
        let of = type_node.map_or(ExpressionId::UNKNOWN, |node| self.annotation(node));
        if let Some(body) = field(node, GRAMMAR.body) {
            self.literal(body);
        }
        self.b.expression(Expression::Instance(of))
    }

    /// What stands in a literal; the names of its fields are no values.
    fn literal(&mut self, node: Node<'_>) {
        if self.depth > DEPTH_MAX {
            return;
        }
        self.depth += 1;
        for element in children(node) {
            match kind(element) {
                Kind::Keyed => {
                    if let Some(key) = field(element, GRAMMAR.key) {
                        let inner = children(key);
                        if !matches!(inner[..], [one] if kind(one) == Kind::Identifier) {
                            self.literal(key);
                        }
                    }
                    if let Some(value) = field(element, GRAMMAR.value) {
                        self.literal(value);
                    }
                }
                Kind::LiteralElement | Kind::LiteralValue => self.literal(element),
                Kind::Comment => {}
                _ => {
                    self.value(element);
                }
            }
        }
        self.depth -= 1;
    }
}
