//! Finds passwords that are given to programs: as the options that `rules/program.toml` lists, or through a pipe.

use super::check::Check;
use super::given::is_told;
use super::letter;
use super::rule::Tier;
use regex::Regex;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The most arguments of a command that are looked at.
const ARGUMENTS_MAX: usize = 48;
/// How far before a pipe the command that fills it is looked for.
const PIPE_BYTES_MAX: usize = 240;

/// The programs, by name.
static PROGRAMS: LazyLock<HashMap<String, Vec<Program>>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("rules/program.toml")).expect("a test reads it");
    let mut programs: HashMap<String, Vec<Program>> = HashMap::new();
    for program in file.program {
        for name in &program.names {
            programs.entry(name.clone()).or_default().push(program.clone());
        }
    }
    programs
});

#[derive(Deserialize)]
struct File {
    program: Vec<Program>,
    #[serde(rename = "rule")]
    _rule: serde::de::IgnoredAny,
}

/// How a program takes a password.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    /// Its names.
    pub(super) names: Vec<String>,
    /// Arguments that must be there: `login`.
    #[serde(default)]
    words: Vec<String>,
    /// Where `@` stands, the password does: `-p@`, `-p @`, `-U *%@`, `pass:@`, `*=@`, or `2` for the second argument
    /// that is no option, behind the words.
    takes: Vec<String>,
}

/// An argument of a command.
struct Argument {
    /// Where it stands, without the quotes around all of it.
    range: Range<usize>,
}

/// What is given to the program whose name and a space the anchor is.
pub(super) fn find(text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
    let name = text[anchor.clone()].trim_end();
    let Some(programs) = PROGRAMS.get(name) else { return Vec::new() };
    let arguments = arguments(text, anchor.end);
    let mut found: Vec<(Range<usize>, Tier)> = Vec::new();
    for program in programs {
        let Some(from) = program.behind_words(text, &arguments) else { continue };
        for takes in &program.takes {
            for value in taken(text, &arguments, from, takes) {
                let is_new = found
                    .iter()
                    .all(|(other, _)| other.start >= value.end || value.start >= other.end);
                let judged = Check::Given.judge(&text[value.clone()]);
                let judged = if takes.ends_with('@') {
                    judged
                } else {
                    judged.and_then(|tier| placed(text, &anchor, &arguments, &value, tier))
                };
                if is_new && let Some(tier) = judged {
                    found.push((value, tier));
                }
            }
        }
    }
    found.sort_unstable_by_key(|(range, _)| range.start);
    found
}

/// How sure it is that what only its place makes a password is one: in a sentence a program's name is a word, too.
fn placed(
    text: &str,
    anchor: &Range<usize>,
    arguments: &[Argument],
    value: &Range<usize>,
    tier: Tier,
) -> Option<Tier> {
    const BEFORE_BYTES_MAX: usize = 24;
    let from = text.floor_char_boundary(anchor.start.saturating_sub(BEFORE_BYTES_MAX));
    let before = text[from..anchor.start].trim_end_matches([' ', '\t']);
    let is_command = before.is_empty()
        || before
            .ends_with(['\n', '$', '#', '>', '%', ';', '&', '|', '(', '`', '"', '\'', ':', '→'])
        || before.ends_with(r"\n")
        // A line that a change adds or takes away.
        || ["\n+", "\n-", "\\n+", "\\n-"].iter().any(|line| before.ends_with(line))
        || matches!(before, "+" | "-")
        || ["sudo", "npx", "exec", "time", "then", "do"].iter().any(|word| before.ends_with(word));
    let token = &text[value.clone()];
    if is_told(token) {
        return Some(tier);
    }
    let is_marked = token.bytes().any(|b| b.is_ascii_digit() || b"!@#$%^&*+=~?".contains(&b));
    let is_last = arguments
        .iter()
        .filter(|argument| argument.range.start >= value.end)
        .all(|argument| text[argument.range.clone()].starts_with(['-', '/', '>', '2']));
    match (is_command, is_marked, is_last) {
        (true, true, _) => Some(tier),
        (true, false, true) => Some(Tier::Candidate),
        _ => None,
    }
}

impl Program {
    /// The first argument behind the words; `None`: they are not there.
    fn behind_words(&self, text: &str, arguments: &[Argument]) -> Option<usize> {
        let mut at = 0;
        for word in &self.words {
            let is_it = |argument: &Argument| text[argument.range.clone()] == **word;
            at += arguments[at..].iter().position(is_it)? + 1;
        }
        Some(at)
    }
}

/// The values at the places that `takes` names.
fn taken(text: &str, arguments: &[Argument], from: usize, takes: &str) -> Vec<Range<usize>> {
    let inner = |range: Range<usize>| unquoted(text, range);
    if let Ok(number) = takes.parse::<usize>() {
        let is_option = |argument: &&Argument| {
            let argument = &text[argument.range.clone()];
            argument.starts_with('-')
                || argument.starts_with('/') && argument.contains(':')
                // `vault login role=dev`
                || argument.starts_with("role=")
        };
        let value =
            arguments[from..].iter().filter(|argument| !is_option(argument)).nth(number - 1);
        return value.map(|argument| inner(argument.range.clone())).into_iter().collect();
    }
    let (option, form) = takes.split_once(' ').unwrap_or(("", takes));
    let mut found = Vec::new();
    let mut at = if option.is_empty() { from } else { 0 };
    while at < arguments.len() {
        let range = arguments[at].range.clone();
        at += 1;
        let argument = &text[range.clone()];
        let value = if option.is_empty() {
            range
        } else if argument == option {
            let Some(next) =
                arguments.get(at).filter(|next| !text[next.range.clone()].starts_with('-'))
            else {
                continue;
            };
            next.range.clone()
        } else if argument.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')) {
            range.start + option.len() + 1..range.end
        } else {
            continue;
        };
        let value = inner(value);
        found.extend(
            fitting(&text[value.clone()], form)
                .map(|part| value.start + part..value.end)
                .map(inner),
        );
    }
    found
}

/// Where the password begins in an argument of this form: `*:@`, `pass:@`, `-p@`, `*=@`, `@`.
fn fitting(argument: &str, form: &str) -> Option<usize> {
    let before = form.strip_suffix('@')?;
    match before.strip_prefix('*') {
        Some(sign) => {
            let at = argument.find(sign)?;
            let is_name = argument[..at]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.@+-\\/".contains(&b));
            (at > 0 && is_name).then_some(at + sign.len())
        }
        None => argument.starts_with(before).then_some(before.len()),
    }
}

/// Without the quotes around it.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let is_quote = |sign: u8| matches!(sign, b'"' | b'\'');
    let Some(open) =
        letter::at(&bytes[..range.end], range.start).filter(|letter| is_quote(letter.sign))
    else {
        return range;
    };
    let spelled = &text[range.start..range.start + open.len];
    let inner = range.start + open.len..range.end;
    let end = if text[inner.clone()].ends_with(spelled) { inner.end - open.len } else { inner.end };
    inner.start..end.max(inner.start)
}

/// The arguments from here to the end of the command.
fn arguments(text: &str, from: usize) -> Vec<Argument> {
    let bytes = text.as_bytes();
    let mut arguments = Vec::new();
    let mut at = from;
    while arguments.len() < ARGUMENTS_MAX {
        let start = letter::skip(bytes, at, 200, letter::is_blank);
        let mut end = start;
        // `\\\\nas\\x` begins no new line.
        if bytes[start..].starts_with(br"\\") {
            end += bytes[start..].iter().take_while(|b| !b.is_ascii_whitespace()).count();
        }
        let mut is_over = false;
        let mut open: Option<&[u8]> = None;
        while let Some(letter) = letter::at(bytes, end) {
            let written = &bytes[end..end + letter.len];
            match open {
                Some(quote) => {
                    if written == quote {
                        open = None;
                    } else if letter.sign == b'\n' && letter.len == 1 || end - start > 600 {
                        is_over = true;
                        break;
                    }
                }
                None if matches!(letter.sign, b'"' | b'\'') => {
                    // A quote that opens nothing is the one around the command.
                    let opens = end == start
                        || b"=:%@".contains(&bytes[end - 1])
                        || is_joined(&text[start..end]);
                    let closes =
                        memchr::memmem::find(&bytes[end + letter.len..], written).is_some();
                    if !opens || !closes {
                        is_over = true;
                        break;
                    }
                    open = Some(written);
                }
                None if letter::is_blank(letter.sign) => break,
                None if matches!(letter.sign, b'|' | b';' | b'\n' | b'\r' | b'`')
                    || letter.sign == b'&' && letter.len == 1 =>
                {
                    is_over = true;
                    break;
                }
                None => {}
            }
            end += letter.len;
        }
        if end == start {
            break;
        }
        arguments.push(Argument { range: start..end });
        at = end;
        if is_over {
            break;
        }
    }
    arguments
}

/// Whether an option may have its value without a space: `-p'…'`.
fn is_joined(option: &str) -> bool {
    option.len() == 2 && option.starts_with('-')
}

/// What is written into the pipe, or the here string, of the program that the anchor names.
pub(super) fn find_piped(text: &str, anchor: Range<usize>) -> Option<Range<usize>> {
    static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r#"(?:echo|printf|print|Write-Output)(?: -[neE]+)*(?: +[\\"']*%s(?:\\+n)?[\\"']*)?\s+(?:\\*'([^'\n]+)'|\\*"([^"\n]+)"|([^\s|"']+))\s*\|[^|\n]*\z"#,
        )
        .expect("a constant pattern")
    });
    static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\A[^|;\n]{0,80}?<<<\s*(?:\\*'([^'\n]+)'|\\*"([^"\n]+)"|([^\s|"']+))"#)
            .expect("a constant pattern")
    });
    let from = text.floor_char_boundary(anchor.start.saturating_sub(PIPE_BYTES_MAX));
    let before = &text[from..anchor.start];
    let to = text.floor_char_boundary((anchor.end + PIPE_BYTES_MAX).min(text.len()));
    let (captures, base) = match BEFORE.captures(before) {
        Some(captures) => (captures, from),
        None => (BEHIND.captures(&text[anchor.end..to])?, anchor.end),
    };
    let value = captures.iter().skip(1).flatten().next()?.range();
    let value = base + value.start..base + value.end;
    // Quotes that JSON writes by their numbers.
    let value = match text[value.clone()].strip_prefix(r"\u00") {
        Some(inner) if inner.starts_with("22") || inner.starts_with("27") => {
            let start = value.start + r"\u0022".len();
            start..text[start..value.end].find(r"\u00").map_or(value.end, |at| start + at)
        }
        _ => value,
    };
    let inner = text[value.clone()].trim_end_matches('\\').trim_end_matches(r"\n").len();
    // `user:password` for `chpasswd`.
    let value = value.start..value.start + inner;
    let name = if text[anchor].contains("chpasswd") {
        text[value.clone()].find(':').map_or(0, |at| at + 1)
    } else {
        0
    };
    Some(value.start + name..value.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_program_says_where_its_password_stands() {
        for program in PROGRAMS.values().flatten() {
            assert!(!program.takes.is_empty(), "{:?}", program.names);
            for takes in &program.takes {
                assert!(
                    takes.ends_with('@') || takes.parse::<usize>().is_ok_and(|n| n > 0),
                    "{takes}"
                );
            }
        }
    }
}
