//! Arguments of macros: the grammar leaves them as tokens, but most are expressions. Names, paths, members and calls are read
//! from the tokens one after the other; what is something else is passed over.

use super::{Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, SiteKind};
use crate::tree::{self, DEPTH_MAX, children, position};
use tree_sitter::{Node, Range};

/// How deep macros in macros are parsed anew; deeper ones are read token by token.
const PARSED_MAX: usize = 4;

impl Walk<'_> {
    /// The values of a macro's arguments. One that holds a block is parsed as Rust: most such macros take code.
    pub(super) fn macro_arguments(&mut self, tree: Node<'_>) -> Vec<ExpressionId> {
        let is_code = self.text(tree).starts_with('{') || has_block(tree);
        if !is_code || self.parsed >= PARSED_MAX {
            return self.tokens(tree);
        }
        self.parsed += 1;
        let mut cursor = tree.walk();
        let all: Vec<Node<'_>> = tree.children(&mut cursor).collect();
        let inner = &all[1.min(all.len())..all.len().saturating_sub(1)];
        let mut values = Vec::new();
        // A list of parameters between bars has commas of its own.
        let mut in_bars = false;
        for argument in inner.split(|token| {
            in_bars ^= token.kind() == "|";
            token.kind() == "," && !in_bars
        }) {
            let (Some(first), Some(last)) = (argument.first(), argument.last()) else { continue };
            let range = Range {
                start_byte: first.start_byte(),
                end_byte: last.end_byte(),
                start_point: first.start_position(),
                end_point: last.end_position(),
            };
            if let Some(parsed) = tree::parse_part(&super::GRAMMAR.language, self.b.text, range) {
                let mut value = ExpressionId::UNKNOWN;
                for node in children(parsed.root_node()) {
                    if kind(node) == Kind::ExpressionStatement {
                        for inner in children(node) {
                            value = self.value(inner);
                        }
                    } else if matches!(kind(node), Kind::Error) {
                        // It is no code after all: names in it are still worth something.
                        for inner in children(node) {
                            self.value(inner);
                        }
                    } else {
                        value = self.value(node);
                    }
                }
                values.push(value);
            }
        }
        self.parsed -= 1;
        values
    }

    /// The values that a tree of tokens holds, parted by commas.
    pub(super) fn tokens(&mut self, tree: Node<'_>) -> Vec<ExpressionId> {
        if self.depth > DEPTH_MAX {
            return Vec::new();
        }
        self.depth += 1;
        let mut cursor = tree.walk();
        let all: Vec<Node<'_>> = tree.children(&mut cursor).collect();
        let mut values = Vec::new();
        let mut value = ExpressionId::UNKNOWN;
        let mut next = 1.min(all.len());
        while next < all.len() {
            let token = all[next];
            if token.kind() == "," || token.kind() == ";" {
                values.push(value);
                value = ExpressionId::UNKNOWN;
                next += 1;
                continue;
            }
            let (found, after) = self.primary(&all, next);
            if found != ExpressionId::UNKNOWN {
                value = found;
            }
            next = after.max(next + 1);
        }
        values.push(value);
        self.depth -= 1;
        values
    }

    /// One value that begins at a token, with all that follows from it, and the token after it.
    fn primary(&mut self, all: &[Node<'_>], start: usize) -> (ExpressionId, usize) {
        let token = all[start];
        let text = self.text(token);
        let mut next = start + 1;
        let mut value = match kind(token) {
            Kind::TokenTree => {
                let values = self.tokens(token);
                match text.as_bytes().first() {
                    Some(b'(') if values.len() == 1 => values[0],
                    Some(b'[') => self.b.builtin("Vec", values.into_iter().take(1).collect()),
                    _ => ExpressionId::UNKNOWN,
                }
            }
            Kind::String | Kind::RawString => self.b.builtin("str", Vec::new()),
            Kind::SelfValue if !is(all, next, "::") => {
                let name = self.b.name("self");
                self.b.named(name, token.start_byte())
            }
            Kind::Crate | Kind::Super | Kind::SelfValue => {
                let name = self.b.name(text);
                self.b.expression(Expression::Module(name))
            }
            Kind::Identifier | Kind::TypeIdentifier => {
                if is(all, next, "!")
                    && all.get(next + 1).is_some_and(|one| kind(*one) == Kind::TokenTree)
                {
                    let name = self.name(token);
                    let named = self.b.named(name, token.start_byte());
                    self.b.site(SiteKind::Macro, name, position(token), named, 0);
                    self.tokens(all[next + 1]);
                    return (ExpressionId::UNKNOWN, next + 2);
                }
                // `name = value` of a format, a field of a literal.
                if is(all, next, ":") {
                    return (ExpressionId::UNKNOWN, next);
                }
                if text == "Self" {
                    let scope = self.b.scope();
                    self.b.expression(Expression::ThisClass { scope })
                } else {
                    let name = self.name(token);
                    let named = self.b.named(name, token.start_byte());
                    let kind = self.kind_at(all, next);
                    self.b.site(kind, name, position(token), named, 0);
                    named
                }
            }
            _ => return (ExpressionId::UNKNOWN, next),
        };
        while let Some(token) = all.get(next) {
            match token.kind() {
                "::" | "." => {
                    let Some(member) = all.get(next + 1) else { break };
                    if !matches!(
                        kind(*member),
                        Kind::Identifier | Kind::TypeIdentifier | Kind::FieldIdentifier
                    ) {
                        if self.text(*member) == "await" {
                            value = self.b.expression(Expression::Await(value));
                            next += 2;
                            continue;
                        }
                        // `.0`, `::<T>`: passed over.
                        next += 2;
                        value = ExpressionId::UNKNOWN;
                        continue;
                    }
                    if self.text(*member) == "await" {
                        value = self.b.expression(Expression::Await(value));
                        next += 2;
                        continue;
                    }
                    let name = self.name(*member);
                    let of = self.b.member(value, name);
                    let kind = self.kind_at(all, next + 2);
                    self.b.site(kind, name, position(*member), of, 0);
                    value = of;
                    next += 2;
                }
                "?" => {
                    value = self.b.expression(Expression::Unwrap(value));
                    next += 1;
                }
                _ if kind(*token) == Kind::TokenTree => {
                    let arguments = self.tokens(*token);
                    match self.text(*token).as_bytes().first() {
                        Some(b'(') => {
                            value = self.b.expression(Expression::Call {
                                callee: value,
                                arguments: arguments.into(),
                            });
                        }
                        Some(b'[') => value = self.b.expression(Expression::Index(value)),
                        _ => {
                            value = self.b.expression(Expression::New {
                                class: value,
                                arguments: Box::default(),
                            });
                        }
                    }
                    next += 1;
                }
                _ => break,
            }
        }
        (value, next)
    }

    /// Whether a name that ends before a token is called.
    fn kind_at(&self, all: &[Node<'_>], next: usize) -> SiteKind {
        let called = all.get(next).is_some_and(|token| {
            kind(*token) == Kind::TokenTree && self.text(*token).starts_with('(')
        });
        if called { SiteKind::Call } else { SiteKind::Reference }
    }
}

fn has_block(tree: Node<'_>) -> bool {
    let mut cursor = tree.walk();
    let all: Vec<Node<'_>> = tree.children(&mut cursor).collect();
    let braces = |node: Node<'_>| {
        kind(node) == Kind::TokenTree && node.child(0).is_some_and(|first| first.kind() == "{")
    };
    all.iter().any(|node| braces(*node) || node.kind() == "|")
}

fn is(all: &[Node<'_>], at: usize, token: &str) -> bool {
    all.get(at).is_some_and(|one| one.kind() == token)
}
