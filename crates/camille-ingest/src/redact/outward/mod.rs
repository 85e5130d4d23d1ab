//! Finds what no name says and no known form shows: secrets by the seat they stand in, beside a user, in what feeds a
//! login, in the arguments of what authenticates, in the columns of a file of secrets; and by nothing but their shape.
//!
//! It looks at every word, so it looks only at what goes out, which is little. What it finds may be a secret: its owner
//! keeps it.

mod address;
mod asked;
mod below;
mod callee;
mod column;
mod feed;
mod here;
mod keyed;
mod lexicon;
mod option;
mod otp;
mod proof;
mod seat;
mod shape;
mod stranger;
mod typed;
pub(super) mod within;

use std::borrow::Cow;
use std::ops::Range;

/// The rule of what only its shape shows.
pub(super) const BY_SHAPE: &str = "secret-by-shape";
/// The rule of what only its place shows.
pub(super) const BY_PLACE: &str = "secret-by-place";

/// A longer line is data or minified code: only shapes are looked for.
const LINE_BYTES_MAX: usize = 8 * 1024;
/// The shortest line with a secret and something beside it.
const LINE_BYTES_MIN: usize = 8;

/// Where the text may hold secrets, each with its rule; they may overlap.
pub(super) fn secrets(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let all = lines(text);
    let lines: Vec<Range<usize>> =
        all.iter().filter(|line| line.len() >= LINE_BYTES_MIN / 2).cloned().collect();
    let mut found = Vec::new();
    for line in &lines {
        let written = &*with_blanks(&text[line.clone()]);
        let mut keep = |range: Range<usize>, rule| {
            found.push((line.start + range.start..line.start + range.end, rule));
        };
        shape::find(written, &mut |range| keep(range, BY_SHAPE));
        if (LINE_BYTES_MIN..LINE_BYTES_MAX).contains(&line.len()) && seat::may_hold(written) {
            let mut by_place = |range| keep(range, BY_PLACE);
            seat::find(written, &mut by_place);
            option::find(written, &mut by_place);
            feed::find(written, &mut by_place);
            callee::find(written, &mut by_place);
            stranger::find(written, &mut by_place);
            address::find(written, &mut by_place);
        }
    }
    let mut by_place = |range| found.push((range, BY_PLACE));
    asked::find(text, &lines, &mut by_place);
    below::find(text, &all, &mut by_place);
    here::find(text, &mut by_place);
    column::find(text, &lines, &mut by_place);
    keyed::find(text, &lines, &mut by_place);
    otp::find(text, &lines, &mut by_place);
    typed::find(text, &mut by_place);
    feed::find_in_whole_lines(text, &mut by_place);
    found
}

/// Whether a token is a secret where nothing but one is expected.
pub(super) fn is_answer(token: &str) -> bool {
    proof::Proof::Key.holds(token) || proof::Proof::Sure.holds(token)
}

/// The line with blanks where `cat -A` shows tabs as `^I`: they join what stands beside them to no word. It is as long.
fn with_blanks(line: &str) -> Cow<'_, str> {
    let mut tabs = memchr::memmem::find_iter(line.as_bytes(), b"^I");
    let is_shown = tabs.next().is_some() && (line.ends_with('$') || tabs.next().is_some());
    if is_shown { Cow::Owned(line.replace("^I", "  ")) } else { Cow::Borrowed(line) }
}

/// The lines of a text, also those whose ends are escaped.
fn lines(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut lines = Vec::new();
    let (mut start, mut done) = (0, 0);
    for at in memchr::memchr3_iter(b'\n', b'\r', b'\\', bytes) {
        if at < done {
            continue;
        }
        let next = if bytes[at] == b'\\' {
            let slashes = bytes[at..].iter().take_while(|b| **b == b'\\').count();
            done = at + slashes;
            // The format of `printf` goes on.
            let is_format = bytes[..at].ends_with(b"%s");
            match bytes.get(at + slashes) {
                Some(b'n' | b'r') if !is_format => at + slashes + 1,
                _ => continue,
            }
        } else {
            at + 1
        };
        lines.push(start..at);
        start = next;
        done = next;
        // What indents the next line.
        while bytes[start..].starts_with(br"\t") {
            start += 2;
            done = start;
        }
    }
    lines.push(start..text.len());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_that_are_shown_join_no_words() {
        let shown = |text: &str| -> Vec<String> {
            secrets(text).into_iter().map(|(range, _)| text[range].to_owned()).collect()
        };
        for line in [
            "Name42^I^IOrders7$",
            "\tuser2024^IBerlin^I^Ioffice3$",
            "build:^I^Icargo2021 test^I# Rust1$",
            "^I^IlastSeen2026^I^IfirstSeen2025$",
            "a^Ib",
        ] {
            assert_eq!(shown(line), [""; 0], "{line}");
        }
        // What stands between them is seen for itself.
        let made_up = ["Tulpe", "2026!", "x"].concat();
        assert_eq!(shown(&format!("ana42^I^I{made_up}^Iadmin$")), [made_up.as_str()]);
        let caret = ["Tulpe^", "2026x"].concat();
        assert_eq!(shown(&format!("I took {caret} then")), [caret.as_str()]);
    }

    #[test]
    fn lines_end_also_where_their_ends_are_escaped() {
        let text = "a\nb\\nc\\\\r\\\\nd printf '%s\\n' e";
        let shown: Vec<&str> = lines(text).into_iter().map(|line| &text[line]).collect();
        assert_eq!(shown, ["a", "b", "c", "", "d printf '%s\\n' e"]);
    }
}
