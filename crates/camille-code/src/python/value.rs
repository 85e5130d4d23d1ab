//! Values of Python: what an expression is, as far as the file tells, with the sites inside it.

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

    fn value_of(&mut self, node: Node<'_>) -> ExpressionId {
        match kind(node) {
            Kind::Identifier | Kind::Attribute => self.callee(node, SiteKind::Reference, 0),
            Kind::Call => self.call(node),
            Kind::Await => {
                let of = self.inside(node);
                self.b.expression(Expression::Await(of))
            }
            Kind::Assignment => self.assignment(node),
            Kind::Augmented => {
                for child in children(node) {
                    self.value(child);
                }
                ExpressionId::UNKNOWN
            }
            Kind::Walrus => {
                let value =
                    field(node, GRAMMAR.value).map_or(ExpressionId::UNKNOWN, |one| self.value(one));
                if let Some(name) = field(node, GRAMMAR.name) {
                    self.assign(name, None, value);
                }
                value
            }
            Kind::Parenthesized => self.inside(node),
            Kind::Yield => {
                let value = self.inside(node);
                if let Some(function) = self.b.function() {
                    let symbol = self.b.symbol(function);
                    if !symbol.traits.is_generator {
                        symbol.traits.is_generator = true;
                        symbol.results.clear();
                    }
                    symbol.results.push(value);
                }
                ExpressionId::UNKNOWN
            }
            Kind::String | Kind::Strings => {
                for child in children(node) {
                    if matches!(kind(child), Kind::Interpolation | Kind::String) {
                        self.value(child);
                    }
                }
                let bytes = self.text(node).starts_with(['b', 'B']);
                self.b.builtin(if bytes { "bytes" } else { "str" }, Vec::new())
            }
            Kind::Integer => self.b.builtin("int", Vec::new()),
            Kind::Float => self.b.builtin("float", Vec::new()),
            Kind::True | Kind::False => self.b.builtin("bool", Vec::new()),
            Kind::None => self.b.builtin("None", Vec::new()),
            Kind::List | Kind::Set => {
                let of = self.each(node);
                let of = self.b.union(of);
                self.b.builtin(if kind(node) == Kind::List { "list" } else { "set" }, vec![of])
            }
            Kind::Tuple | Kind::ExpressionList => {
                let of = self.each(node);
                self.b.expression(Expression::Tuple(of.into()))
            }
            Kind::Dictionary => self.dictionary(node),
            Kind::ListComprehension => self.comprehension(node, "list"),
            Kind::SetComprehension => self.comprehension(node, "set"),
            Kind::Generator => self.comprehension(node, "Iterator"),
            Kind::DictComprehension => self.comprehension(node, "dict"),
            Kind::Boolean => {
                let of = self.each(node);
                let operator = field(node, GRAMMAR.operator).map(|operator| operator.kind());
                if operator == Some("and") {
                    of.last().copied().unwrap_or(ExpressionId::UNKNOWN)
                } else {
                    self.b.union(of)
                }
            }
            Kind::Comparison | Kind::Not => {
                self.each(node);
                self.b.builtin("bool", Vec::new())
            }
            Kind::Binary => {
                let of = self.each(node);
                of.first().copied().unwrap_or(ExpressionId::UNKNOWN)
            }
            Kind::Conditional => {
                let of = self.each(node);
                match of[..] {
                    [then, _, otherwise] => self.b.union(vec![then, otherwise]),
                    _ => ExpressionId::UNKNOWN,
                }
            }
            Kind::Subscript => {
                let of = self.each(node);
                let Some(&whole) = of.first() else { return ExpressionId::UNKNOWN };
                let key = field(node, GRAMMAR.subscript);
                match key.map(kind) {
                    Some(Kind::Slice) => whole,
                    Some(Kind::Integer) => {
                        let index =
                            key.and_then(|key| self.text(key).parse().ok()).unwrap_or(u8::MAX);
                        self.b.expression(Expression::Nth { of: whole, index })
                    }
                    _ => self.b.expression(Expression::Index(whole)),
                }
            }
            Kind::Lambda => self.lambda(node),
            Kind::Keyword => {
                if let Some(value) = field(node, GRAMMAR.value) {
                    self.value(value);
                }
                ExpressionId::UNKNOWN
            }
            Kind::Error => {
                self.b.error();
                for child in children(node) {
                    self.statement(child);
                }
                ExpressionId::UNKNOWN
            }
            // Statements stand among values only where the grammar lost its way.
            Kind::Function
            | Kind::Class
            | Kind::Decorated
            | Kind::Import
            | Kind::ImportFrom
            | Kind::If
            | Kind::For
            | Kind::With
            | Kind::Return
            | Kind::Block
            | Kind::ExpressionStatement => {
                self.statement(node);
                ExpressionId::UNKNOWN
            }
            Kind::Comment => ExpressionId::UNKNOWN,
            _ => {
                self.each(node);
                ExpressionId::UNKNOWN
            }
        }
    }

    /// The value of each child, in order, comments left out.
    fn each(&mut self, node: Node<'_>) -> Vec<ExpressionId> {
        children(node)
            .into_iter()
            .filter(|child| kind(*child) != Kind::Comment)
            .map(|child| self.value(child))
            .collect()
    }

    /// The value of the only child.
    fn inside(&mut self, node: Node<'_>) -> ExpressionId {
        self.each(node).first().copied().unwrap_or(ExpressionId::UNKNOWN)
    }

    /// A name or a member, as a site of a kind.
    pub(super) fn callee(
        &mut self,
        node: Node<'_>,
        site: SiteKind,
        arguments: usize,
    ) -> ExpressionId {
        match kind(node) {
            Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(site, name, position(node), named, arguments);
                named
            }
            Kind::Attribute => {
                let (Some(object), Some(attribute)) =
                    (field(node, GRAMMAR.object), field(node, GRAMMAR.attribute))
                else {
                    return ExpressionId::UNKNOWN;
                };
                let of = self.value(object);
                let name = self.name(attribute);
                if self.b.text_of(name) == "__class__" {
                    return self.b.expression(Expression::ClassOf(of));
                }
                let member = self.b.member(of, name);
                self.b.site(site, name, position(attribute), member, arguments);
                member
            }
            _ => self.value(node),
        }
    }

    fn call(&mut self, node: Node<'_>) -> ExpressionId {
        let Some(function) = field(node, GRAMMAR.function) else { return self.inside(node) };
        let list = field(node, GRAMMAR.arguments);
        let nodes = match list {
            Some(list) if kind(list) == Kind::Arguments => children(list),
            // `f(x for x in y)`: the generator is the only argument.
            Some(generator) => vec![generator],
            None => Vec::new(),
        };
        if kind(function) == Kind::Identifier && self.text(function) == "super" {
            for node in nodes {
                self.value(node);
            }
            let scope = self.b.scope();
            return self.b.expression(Expression::Super { scope });
        }
        let given = nodes.iter().filter(|node| kind(**node) != Kind::Comment).count();
        let callee = self.callee(function, SiteKind::Call, given);
        let mut arguments = Vec::new();
        let mut in_order = true;
        for (index, node) in nodes.into_iter().enumerate() {
            if kind(node) == Kind::Comment {
                continue;
            }
            let value = if kind(node) == Kind::Lambda {
                self.lambda_given(node, Some((callee, index)))
            } else {
                self.value(node)
            };
            in_order &=
                !matches!(kind(node), Kind::ListSplat | Kind::Keyword | Kind::DictionarySplat);
            if in_order {
                arguments.push(value);
            }
        }
        let last = match *self.b.look(callee) {
            Expression::Name { name, .. } => Some((name, true)),
            Expression::Member { name, .. } => Some((name, false)),
            _ => None,
        };
        if let Some((name, bare)) = last {
            match (self.b.text_of(name), &arguments[..]) {
                ("cast", &[written, _]) => {
                    return self.b.expression(Expression::Instance(written));
                }
                ("type", &[of]) if bare => return self.b.expression(Expression::ClassOf(of)),
                _ => {}
            }
        }
        self.b.expression(Expression::Call { callee, arguments: arguments.into() })
    }

    fn assignment(&mut self, node: Node<'_>) -> ExpressionId {
        let declared = field(node, GRAMMAR.r#type).map(|node| self.annotation(node));
        let value = match field(node, GRAMMAR.right) {
            Some(right) => self.value(right),
            None => ExpressionId::UNKNOWN,
        };
        if let Some(left) = field(node, GRAMMAR.left) {
            let before = std::mem::replace(&mut self.after, node.end_byte());
            self.assign(left, declared, value);
            self.after = before;
        }
        value
    }

    fn dictionary(&mut self, node: Node<'_>) -> ExpressionId {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for pair in children(node) {
            match &self.each(pair)[..] {
                [key, value] if kind(pair) == Kind::Pair => {
                    keys.push(*key);
                    values.push(*value);
                }
                _ => {}
            }
        }
        keys.truncate(1);
        let (keys, values) = (self.b.union(keys), self.b.union(values));
        self.b.builtin("dict", vec![keys, values])
    }

    fn comprehension(&mut self, node: Node<'_>, makes: &str) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Function, None);
        let parts = children(node);
        for &part in parts.iter().skip(1) {
            match kind(part) {
                Kind::ForIn => {
                    let from = field(part, GRAMMAR.right)
                        .map_or(ExpressionId::UNKNOWN, |right| self.value(right));
                    let element = self.b.expression(Expression::Element(from));
                    if let Some(left) = field(part, GRAMMAR.left) {
                        self.assign(left, None, element);
                    }
                }
                Kind::IfClause => {
                    for condition in children(part) {
                        self.value(condition);
                        self.narrow(condition);
                    }
                }
                _ => {}
            }
        }
        let made = match parts.first() {
            Some(&pair) if kind(pair) == Kind::Pair => self.each(pair),
            Some(&body) => vec![self.value(body)],
            None => Vec::new(),
        };
        self.b.leave(before);
        self.b.builtin(makes, made)
    }

    fn lambda(&mut self, node: Node<'_>) -> ExpressionId {
        self.lambda_given(node, None)
    }

    /// A lambda, and the call that it is an argument of.
    fn lambda_given(
        &mut self,
        node: Node<'_>,
        given: Option<(ExpressionId, usize)>,
    ) -> ExpressionId {
        let before = self.b.enter(ScopeKind::Function, None);
        let parameters = field(node, GRAMMAR.parameters).map(children).unwrap_or_default();
        for (index, parameter) in parameters.into_iter().enumerate() {
            if kind(parameter) == Kind::Identifier {
                let name = self.name(parameter);
                let value = given.map(|(callee, argument)| {
                    self.b.expression(Expression::Given {
                        callee,
                        argument: u8::try_from(argument).unwrap_or(u8::MAX),
                        parameter: u8::try_from(index).unwrap_or(u8::MAX),
                    })
                });
                let what =
                    What::Value { declared: None, value, is_field: false, is_narrowed: false };
                self.b.bind(name, parameter.start_byte(), what);
            } else if let (Some(name), value) =
                (field(parameter, GRAMMAR.name), field(parameter, GRAMMAR.value))
            {
                let value = value.map(|value| self.value(value));
                let at = name.start_byte();
                let name = self.name(name);
                self.b.variable(name, at, None, value);
            }
        }
        let result =
            field(node, GRAMMAR.body).map_or(ExpressionId::UNKNOWN, |body| self.value(body));
        self.b.leave(before);
        self.b.expression(Expression::Lambda { results: Box::new([result]), is_async: false })
    }
}
