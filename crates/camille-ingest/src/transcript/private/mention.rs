//! Where the mark is spoken of and not said: in code, in a compiler's message, in an anchor. Such a text makes nothing
//! private for ever; at an edge of a prompt it still looks like the mark.

/// What names a thing of code, before the mark or behind it.
const THINGS: &[&str] = &[
    "member",
    "members",
    "field",
    "fields",
    "method",
    "methods",
    "function",
    "functions",
    "property",
    "properties",
    "identifier",
    "selector",
    "anchor",
    "element",
    "tag",
    "label",
    "badge",
    "keyword",
    "modifier",
    "attribute",
    "directive",
    "parameter",
    "section",
    "heading",
    "prefix",
    "suffix",
    "flag",
    "static",
    "readonly",
];

/// What is said of such a thing: `is missing`, `should be`.
const SAID_OF: (&[&str], &[&str]) = (
    &["is", "are", "isn", "was", "should", "must", "can", "cannot", "does", "doesn", "do", "has"],
    &[
        "not",
        "be",
        "missing",
        "undefined",
        "ignored",
        "listed",
        "shown",
        "wrong",
        "broken",
        "deprecated",
        "t",
    ],
);

/// What ties a thing to what follows: `!private in the glob`.
const TIES: &[&str] = &["in", "on", "from", "at", "for", "vs", "versus", "and", "or", "oder"];

/// Whether a mark that has these texts of its line before it and behind it is spoken of. `quotes`: those that make it
/// so.
pub(super) fn is_spoken_of(before: &str, after: &str, quotes: &[char]) -> bool {
    let is_quoted = before.chars().next_back().is_some_and(|c| quotes.contains(&c))
        && after.chars().next() == before.chars().next_back();
    let next = after.trim_start();
    let is_code = next.starts_with('{')
        || after.starts_with("()")
        || (next.len() < after.len() && next.starts_with('=') && !next.starts_with("=>"))
        || before.ends_with("](");
    let is_statement = after.trim_end() == ";" && before.trim().trim_start_matches('+').is_empty();
    let is_indented = before.trim_start_matches('+').starts_with([' ', '\t']);
    let thing = before.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
    is_quoted || is_code || (is_statement && is_indented) || THINGS.contains(&thing)
}

/// Whether what follows goes on as a sentence does that speaks of a thing of this name, or as code.
pub(super) fn goes_on(after: &str, with_ties: bool) -> bool {
    let after = after.trim_start();
    if after.starts_with(['=', '{', '(', '|']) {
        return true;
    }
    if !after.starts_with(char::is_alphanumeric) {
        return false;
    }
    let mut words = after.split(|c: char| !c.is_alphanumeric());
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_predicate = SAID_OF.0.contains(&first) && SAID_OF.1.contains(&second);
    let is_assigned = after[first.len()..].trim_start().starts_with('=');
    THINGS.contains(&first)
        || THINGS.contains(&second)
        || is_predicate
        || is_assigned
        || (with_ties && TIES.contains(&first))
        || matches!(first, "true" | "false" | "null" | "none" | "yes" | "no" | "0" | "1")
            && !after[first.len()..].starts_with(',')
}

/// Whether a line is code or a setting, so that what stands right above or below it is, too.
pub(super) fn is_code(line: &str) -> bool {
    let line = line.trim();
    let key = line.split('=').next().unwrap_or_default().trim_end();
    let is_setting = key.len() < line.len()
        && !key.is_empty()
        && key.split_whitespace().count() <= 3
        && key.chars().all(|c| c.is_alphanumeric() || "_-. $@".contains(c));
    let is_section = line.starts_with('[') && line.ends_with(']') && !line.contains(' ');
    is_setting
        || is_section
        || line.ends_with([';', '{', '}'])
        || line.starts_with(['}', '@', '|'])
        || line.starts_with("def ")
        || line.starts_with("class ")
}

/// The bytes of a text that stand in fenced blocks which begin behind other words or have words behind them.
pub(super) fn fences(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut fences = Vec::new();
    if !text.contains("```") && !text.contains("~~~") {
        return fences;
    }
    let mut open: Option<(usize, char)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let shown = line.trim_start();
        let fence = [("```", '`'), ("~~~", '~')].into_iter().find(|(f, _)| shown.starts_with(f));
        match (open, fence) {
            // Code between fences of one line, as in "```x``` is".
            (None, Some((mark, _))) if shown[mark.len()..].contains(mark) => {}
            (None, Some((_, sign))) => open = Some((at, sign)),
            (Some((from, sign)), Some((_, closing))) if sign == closing => {
                fences.push(from..at + line.len());
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    fences.retain(|fence| text[fence.clone()].lines().count() > 3);
    fences
}
