//! Types written in Python: annotations, also those in quotes.

use super::{GRAMMAR, Kind, Walk, kind};
use crate::facts::{Expression, ExpressionId, Name, SiteKind};
use crate::tree::{DEPTH_MAX, children, field, position};
use tree_sitter::Node;

impl<'t> Walk<'t> {
    /// The type that a node writes down.
    pub(super) fn annotation(&mut self, node: Node<'_>) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = match kind(node) {
            Kind::Type | Kind::Parenthesized => children(node)
                .first()
                .map_or(ExpressionId::UNKNOWN, |inner| self.annotation(*inner)),
            Kind::Identifier => {
                let name = self.name(node);
                let named = self.b.named(name, node.start_byte());
                self.b.site(SiteKind::Type, name, position(node), named, 0);
                named
            }
            Kind::Attribute | Kind::MemberType => {
                let parts = children(node);
                match (parts.first(), parts.last()) {
                    (Some(&object), Some(&name)) if parts.len() > 1 => {
                        let of = self.quietly(object);
                        let at = position(name);
                        let name = self.name(name);
                        let member = self.b.member(of, name);
                        self.b.site(SiteKind::Type, name, at, member, 0);
                        member
                    }
                    _ => ExpressionId::UNKNOWN,
                }
            }
            Kind::GenericType | Kind::Subscript => {
                let parts = children(node);
                let base =
                    parts.first().map_or(ExpressionId::UNKNOWN, |base| self.annotation(*base));
                let mut arguments = Vec::new();
                for &part in parts.iter().skip(1) {
                    if kind(part) == Kind::TypeParameters {
                        for one in children(part) {
                            arguments.push(self.annotation(one));
                        }
                    } else {
                        arguments.push(self.annotation(part));
                    }
                }
                self.b.expression(Expression::Apply { base, arguments: arguments.into() })
            }
            Kind::Binary | Kind::UnionType => {
                let of = children(node).into_iter().map(|one| self.annotation(one)).collect();
                self.b.union(of)
            }
            Kind::List | Kind::Tuple | Kind::ExpressionList => {
                let of = children(node).into_iter().map(|one| self.annotation(one)).collect();
                self.b.expression(Expression::Tuple(of))
            }
            Kind::None => self.b.builtin("None", Vec::new()),
            Kind::String => self.quoted(node),
            _ => ExpressionId::UNKNOWN,
        };
        self.depth -= 1;
        found
    }

    /// A type in quotes: names, dots, brackets, bars. Anything else is not known.
    fn quoted(&mut self, node: Node<'_>) -> ExpressionId {
        let whole = self.text(node);
        let start = whole.find(['"', '\'']).unwrap_or(0);
        let inner = whole.get(start..).unwrap_or("").trim_matches(['"', '\'']);
        let mut quoted = Quoted { rest: inner, at: node.start_byte() };
        self.quoted_union(&mut quoted, 0)
    }

    fn quoted_union(&mut self, quoted: &mut Quoted<'t>, depth: usize) -> ExpressionId {
        let mut of = vec![self.quoted_type(quoted, depth)];
        while quoted.eat('|') {
            of.push(self.quoted_type(quoted, depth));
        }
        self.b.union(of)
    }

    fn quoted_type(&mut self, quoted: &mut Quoted<'t>, depth: usize) -> ExpressionId {
        if depth > 20 {
            return ExpressionId::UNKNOWN;
        }
        let mut of = if quoted.eat('[') {
            let list = self.quoted_list(quoted, depth);
            self.b.expression(Expression::Tuple(list.into()))
        } else {
            match quoted.word() {
                None => return ExpressionId::UNKNOWN,
                Some("None") => self.b.builtin("None", Vec::new()),
                Some(word) => {
                    let name = self.b.name(word);
                    self.b.named(name, quoted.at)
                }
            }
        };
        while quoted.eat('.') {
            let Some(word) = quoted.word() else { return ExpressionId::UNKNOWN };
            let name: Name = self.b.name(word);
            of = self.b.member(of, name);
        }
        if quoted.eat('[') {
            let arguments = self.quoted_list(quoted, depth).into();
            of = self.b.expression(Expression::Apply { base: of, arguments });
        }
        of
    }

    fn quoted_list(&mut self, quoted: &mut Quoted<'t>, depth: usize) -> Vec<ExpressionId> {
        let mut list = Vec::new();
        while !quoted.eat(']') {
            list.push(self.quoted_union(quoted, depth + 1));
            if !quoted.eat(',') && !quoted.rest.starts_with(']') {
                break;
            }
        }
        list
    }
}

/// What is left of a type in quotes.
struct Quoted<'t> {
    rest: &'t str,
    at: usize,
}

impl<'t> Quoted<'t> {
    fn eat(&mut self, what: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        let end =
            self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word).filter(|word| !word.is_empty())
    }
}

impl Walk<'_> {
    /// The expression of names and members only, without sites: it is read elsewhere as well.
    pub(super) fn quietly(&mut self, node: Node<'_>) -> ExpressionId {
        if self.depth > DEPTH_MAX {
            return ExpressionId::UNKNOWN;
        }
        self.depth += 1;
        let found = match kind(node) {
            Kind::Identifier => {
                let name = self.name(node);
                self.b.named(name, node.start_byte())
            }
            Kind::Attribute => {
                match (field(node, GRAMMAR.object), field(node, GRAMMAR.attribute)) {
                    (Some(object), Some(attribute)) => {
                        let of = self.quietly(object);
                        let name = self.name(attribute);
                        self.b.member(of, name)
                    }
                    _ => ExpressionId::UNKNOWN,
                }
            }
            Kind::Tuple | Kind::Binary | Kind::Parenthesized => {
                let of = children(node).into_iter().map(|one| self.quietly(one)).collect();
                self.b.union(of)
            }
            _ => ExpressionId::UNKNOWN,
        };
        self.depth -= 1;
        found
    }
}
