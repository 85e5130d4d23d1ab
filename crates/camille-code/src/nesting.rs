//! How deep a text may nest, judged before it is parsed: parsers pay for nesting with their stack (oxc) or, where the grammar
//! is not sure what it sees, with memory that grows as its square (tree-sitter). Both belong to whoever wrote the text.

/// What ends whatever nests without a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// A semicolon only: may be too much, never too little.
    Semicolon,
    /// Also a comma: tables of numbers are long, but not deep.
    Comma,
    /// Also a line that is complete: the language ends statements so.
    Line,
}

/// Words after which a statement or an expression goes on inside another.
const NESTING: &[&str] = &[
    "async", "await", "case", "catch", "delete", "do", "else", "extends", "finally", "for", "if",
    "in", "infer", "keyof", "new", "of", "readonly", "return", "throw", "try", "typeof", "unique",
    "void", "while", "with", "yield",
];

/// How deep a text may nest at most: open brackets, and what nests without one since the last statement ended. Brackets and
/// words in strings count as well, so that it may be too much.
pub(crate) fn nesting(text: &str, ends: Ends) -> usize {
    let bytes = text.as_bytes();
    // For each open bracket what nests in it; all of it together.
    let mut levels = vec![0_usize];
    let (mut sum, mut most) = (0, 0);
    let mut in_word = false;
    let mut last = b' ';
    let (mut begins, mut is_comment) = (true, false);
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == b'\n' {
            begins = true;
            is_comment = false;
        } else if begins && !byte.is_ascii_whitespace() {
            begins = false;
            // A line of a comment, or of the preprocessor. Where the stack is at stake it counts all the same.
            is_comment = ends != Ends::Semicolon
                && (matches!(byte, b'#' | b'*')
                    || bytes[at..].starts_with(b"//")
                    || bytes[at..].starts_with(b"/*"));
        }
        if is_comment {
            continue;
        }
        let is_word = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80;
        let starts = is_word && !in_word;
        in_word = is_word;
        let level = levels.len() - 1;
        match byte {
            b'(' | b'[' | b'{' => {
                levels.push(1);
                sum += 1;
            }
            b')' | b']' | b'}' if level > 0 => sum -= levels.pop().unwrap_or(0),
            b';' => sum -= std::mem::take(&mut levels[level]),
            b',' if ends != Ends::Semicolon => sum -= std::mem::take(&mut levels[level]),
            b'\n' if ends == Ends::Line && completes(last) => {
                sum -= std::mem::take(&mut levels[level]);
            }
            // A run of one sign is an operator, or a rule in a comment.
            _ if byte == last && ends != Ends::Semicolon && byte.is_ascii_punctuation() => {}
            b'!' | b'~' | b'+' | b'-' | b'?' | b'=' | b'<' | b'*' | b':' | b'`' => {
                levels[level] += 1;
                sum += 1;
            }
            b'a'..=b'z' if starts && nests(&bytes[at..]) => {
                levels[level] += 1;
                sum += 1;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        most = most.max(sum);
    }
    most
}

/// Whether a line that ends so is complete.
fn completes(last: u8) -> bool {
    last.is_ascii_alphanumeric()
        || matches!(last, b')' | b']' | b'}' | b'"' | b'\'' | b'`' | b'_' | b':')
}

fn nests(rest: &[u8]) -> bool {
    NESTING.iter().any(|word| {
        rest.starts_with(word.as_bytes())
            && !rest
                .get(word.len())
                .is_some_and(|next| next.is_ascii_alphanumeric() || *next == b'_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_open_and_forgets_what_ended() {
        assert_eq!(nesting("((a)) (b)", Ends::Semicolon), 2);
        assert_eq!(nesting("a=>b=>c; d=>e", Ends::Semicolon), 2);
        assert_eq!(nesting("[-1, -2, -3]", Ends::Comma), 2);
        assert_eq!(nesting("a = 1\nb = 2\n", Ends::Line), 1);
        assert_eq!(nesting("typeof typeof x", Ends::Comma), 2);
    }
}
