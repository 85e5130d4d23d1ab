//! Trees of tree-sitter, as adapters read them: kinds and fields by number instead of by text, children in one go, and a
//! bound on how deep a walk goes, since the depth of a tree is the author's choice.

use crate::builder::{bytes, offset};
use crate::extract::Trouble;
use crate::facts::{Bytes, Span};
use crate::nesting::{Ends, nesting};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tree_sitter::{Language, Node, ParseOptions, ParseState, Parser, Range, Tree};

/// How deep adapters follow a tree. Beyond it nothing is found, and nothing overflows.
pub(crate) const DEPTH_MAX: usize = 250;

/// Declares the kinds of node that an adapter tells apart, and the fields that it asks for.
macro_rules! grammar {
    (
        $language:expr;
        kinds { $($kind:ident = $text:literal),* $(,)? }
        fields { $($field:ident),* $(,)? }
    ) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Kind { Other, $($kind),* }

        struct Grammar {
            language: tree_sitter::Language,
            kinds: Vec<Kind>,
            $($field: u16,)*
        }

        /// The grammar, prepared once.
        static GRAMMAR: std::sync::LazyLock<Grammar> = std::sync::LazyLock::new(|| {
            let language = tree_sitter::Language::new($language);
            let kinds = (0..language.node_kind_count())
                .map(|id| {
                    let id = u16::try_from(id).unwrap_or(u16::MAX);
                    if !language.node_kind_is_named(id) {
                        return Kind::Other;
                    }
                    match language.node_kind_for_id(id) {
                        $(Some($text) => Kind::$kind,)*
                        _ => Kind::Other,
                    }
                })
                .collect();
            Grammar {
                kinds,
                $($field: language
                    .field_id_for_name(stringify!($field).trim_start_matches("r#"))
                    .map_or(0, std::num::NonZeroU16::get),)*
                language,
            }
        });

        fn kind(node: tree_sitter::Node<'_>) -> Kind {
            GRAMMAR.kinds.get(usize::from(node.kind_id())).copied().unwrap_or(Kind::Other)
        }
    };
}
pub(crate) use grammar;

/// The named children, in order.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::with_capacity(node.named_child_count());
    let mut cursor = node.walk();
    if cursor.goto_first_child() {
        loop {
            let child = cursor.node();
            if child.is_named() {
                found.push(child);
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
    }
    found
}

/// The child in a field.
pub(crate) fn field(node: Node<'_>, id: u16) -> Option<Node<'_>> {
    if id == 0 { None } else { node.child_by_field_id(id) }
}

/// Line and column of a node's start, from 0.
pub(crate) fn position(node: Node<'_>) -> (usize, usize) {
    let point = node.start_position();
    (point.row, point.column)
}

/// The text of a node.
pub(crate) fn text<'t>(source: &'t str, node: Node<'_>) -> &'t str {
    source.get(node.byte_range()).unwrap_or("")
}

/// How long one file may take.
const PARSE_MAX: Duration = Duration::from_secs(2);

/// How deep a text may nest: a parser that is not sure what it sees needs memory by the square of it.
const NESTED_MAX: usize = 600;

/// Parses a text.
pub(crate) fn parse(language: &Language, text: &str, ends: Ends) -> Result<Tree, Trouble> {
    if nesting(text, ends) > NESTED_MAX {
        return Err(Trouble::TooDeep);
    }
    let mut parser = Parser::new();
    parser.set_language(language).map_err(|_| Trouble::Grammar)?;
    let until = Instant::now() + PARSE_MAX;
    let mut over = |_: &ParseState| {
        if Instant::now() > until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let source = text.as_bytes();
    parser
        .parse_with_options(
            &mut |at, _| source.get(at..).unwrap_or(&[]),
            None,
            Some(ParseOptions::new().progress_callback(&mut over)),
        )
        .ok_or(Trouble::TooSlow)
}

/// Parses a part of a text; positions are those of the whole.
pub(crate) fn parse_part(language: &Language, text: &str, range: Range) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    parser.set_included_ranges(&[range]).ok()?;
    let until = Instant::now() + PARSE_MAX;
    let mut over = |_: &ParseState| {
        if Instant::now() > until { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let source = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| source.get(at..).unwrap_or(&[]),
        None,
        Some(ParseOptions::new().progress_callback(&mut over)),
    )
}

/// Where a definition stands. `doc` is what documents it; by default the comments right before it.
pub(crate) fn span(
    node: Node<'_>,
    name: Node<'_>,
    body: Option<Node<'_>>,
    is_comment: impl Fn(Node<'_>) -> bool,
) -> Span {
    let (line, column) = position(name);
    Span {
        line: offset(line + 1),
        column: offset(column),
        first: offset(node.start_position().row + 1),
        last: offset(node.end_position().row + 1),
        header: bytes(node.start_byte(), body.map_or(node.end_byte(), |body| body.start_byte())),
        doc: doc_before(node, is_comment),
    }
}

/// The comments that end right above a node.
fn doc_before(node: Node<'_>, is_comment: impl Fn(Node<'_>) -> bool) -> Bytes {
    let mut doc: Option<(usize, usize)> = None;
    let mut row = node.start_position().row;
    let mut next = node.prev_sibling();
    while let Some(comment) = next.filter(|node| is_comment(*node)) {
        // A comment of a line may end where the next line begins.
        let end = comment.end_position();
        let last = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
        if last + 1 < row {
            break;
        }
        doc = Some((comment.start_byte(), doc.map_or(comment.end_byte(), |(_, end)| end)));
        row = comment.start_position().row;
        next = comment.prev_sibling();
    }
    doc.map_or(Bytes::default(), |(start, end)| bytes(start, end))
}
