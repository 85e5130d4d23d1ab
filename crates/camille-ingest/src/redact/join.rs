//! The one list of ways in which a name and its value stand together. Whether the value is a secret [`super::given`]
//! says; how quotes, colons and spaces may be written says [`super::letter`].

use super::letter::{self, NOTHING};
use super::name::{Kind, Name};
use super::value::{self, Ends, Quoted, Style, Value};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How far a member that holds the value may stand from the one that holds the name.
const MEMBER_BYTES_MAX: usize = 240;
/// Quotes around a name, as [`letter`] knows them.
const QUOTES: &str = r#"(?:["'\\]|&(?:amp;)*(?:quot|#34|#39);|u0022|x22)*"#;
/// The most words between a name and its value in a sentence.
const WORDS_MAX: usize = 8;
/// The most rows of a table that are looked at.
const ROWS_MAX: usize = 64;

type Way = fn(&str, &Name) -> Option<Value>;

/// The ways, the surest first.
const WAYS: &[Way] =
    &[argument, operator, element, member, member_before, listed, cell, beside, sentence];

/// The values that may belong to a name, the surest first: one of each way.
pub(super) fn values<'t>(text: &'t str, name: &'t Name) -> impl Iterator<Item = Value> + 't {
    WAYS.iter().filter_map(move |way| way(text, name))
}

/// `--password X`, `-storepass X`, also on the next line of the command.
fn argument(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    if !is_option(text, name) {
        return None;
    }
    let at = letter::skip(bytes, name.end, 2, |sign| sign == b'"' || sign == b'\'');
    let mut start = letter::skip(bytes, at, 40, letter::is_blank);
    // A line that goes on in the next one, in JSON.
    if letter::at(bytes, start).is_some_and(|next| next.sign == b'\n' && next.len >= 4) {
        start = letter::skip(bytes, start, 40, letter::is_space);
    }
    if start == at || bytes.get(start) == Some(&b'-') {
        return None;
    }
    let (range, _) = value::read(text, start, Ends::Word)?;
    Some(Value { range, style: Style::Argument })
}

fn is_option(text: &str, name: &Name) -> bool {
    let whole = &text[name.start..name.end];
    whole.starts_with('-') && !whole.starts_with("---") && whole.trim_start_matches('-').len() > 1
}

/// `NAME=X`, `"name": "X"`, `name := X`, `name => X`, `name: string = X`, a block of YAML, a change of Terraform.
fn operator(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut at = behind(bytes, name.end);
    at = letter::skip(bytes, at, 24, letter::is_blank);
    if letter::at(bytes, at).is_some_and(|next| matches!(next.sign, b'?' | b'+' | b'-')) {
        at += 1;
    }
    let from = at;
    let (mut sign, mut count) = (0, 0);
    while let Some(next) = letter::at(bytes, at).filter(|n| matches!(n.sign, b':' | b'=' | b'>')) {
        if count > 0 && next.sign == b'=' && sign == b'=' || count > 2 {
            return None;
        }
        sign = next.sign;
        count += 1;
        at += next.len;
    }
    if from == at || bytes[from] == b'>' && count == 1 {
        return None;
    }
    at = letter::skip(bytes, at, 24, |sign| letter::is_blank(sign) || sign == b'*');
    if sign == b':' {
        at = behind_type(text, at);
    }
    let starts_line = starts_line(text, name.start);
    if let Some(block) = block(text, at) {
        let (range, _) = value::read(text, block, Ends::Line)?;
        return Some(Value { range, style: Style::Line });
    }
    for scheme in ["Bearer ", "bearer ", "Basic ", "token ", "Token ", "base64:"] {
        if text[at..].starts_with(scheme) {
            at += scheme.len();
        }
    }
    // The new one of a change.
    for old in [
        "(sensitive value) -> ",
        "[redacted:assigned-secret] -> ",
        "\"[redacted:assigned-secret]\" -> ",
    ] {
        if text[at..].starts_with(old) {
            at += old.len();
        }
    }
    let is_property = text[name.start..name.end].matches('.').count() > 1;
    let is_line = starts_line || (name.is_upper || is_property) && sign == b'=';
    let (range, is_quoted) = value::read(text, at, if is_line { Ends::Line } else { Ends::Word })?;
    let style = match (is_quoted, is_line) {
        (true, _) => Style::Quoted,
        _ if is_option(text, name) => Style::Argument,
        (false, true)
            if name.is_upper || sign == b'=' && text[name.start..name.end].contains('.') =>
        {
            Style::Line
        }
        _ => Style::Bare,
    };
    Some(Value { range, style })
}

/// Behind the quotes and brackets that a name stands in.
fn behind(bytes: &[u8], at: usize) -> usize {
    letter::skip(bytes, at, 8, |sign| matches!(sign, b'"' | b'\'' | b'`' | b']' | b')' | b'*'))
}

/// Behind the type of a variable that is also given a value: `: Option<&'static str> = `.
fn behind_type(text: &str, at: usize) -> usize {
    let in_type = |b: &u8| b.is_ascii_alphanumeric() || b"_.&'<>?![]:".contains(b);
    let rest = &text.as_bytes()[at..];
    let first = rest.iter().take(48).take_while(|b| in_type(b)).count();
    // `&'static str` has a space.
    let second = match &rest[first..] {
        [b' ', b'=', ..] => 0,
        [b' ', more @ ..] if rest.first() == Some(&b'&') => {
            1 + more.iter().take(24).take_while(|b| in_type(b)).count()
        }
        _ => 0,
    };
    let length = first + second;
    let is_given = length > 0 && rest[length..].starts_with(b" = ");
    if is_given { at + length + b" = ".len() } else { at }
}

/// Where the text of a block of YAML begins: behind `>-` or `|` and the indentation of its first line.
fn block(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let head = letter::at(bytes, at).filter(|letter| matches!(letter.sign, b'|' | b'>'))?;
    let signs =
        letter::skip(bytes, at + head.len, 3, |sign| matches!(sign, b'-' | b'+' | b'1'..=b'9'));
    let line = letter::at(bytes, signs).filter(|letter| letter::is_space(letter.sign))?;
    Some(letter::skip(bytes, signs + line.len, 40, letter::is_space))
}

/// Whether nothing but what marks or numbers a line, exports or sets, stands before a name in its line.
fn starts_line(text: &str, name: usize) -> bool {
    const BEFORE: &[&str] = &[
        "export", "set", "setx", "ENV", "ARG", "declare", "readonly", "-x", "-gx", "-", "+", "#",
        ";", "//", ">",
    ];
    let mut from = name.saturating_sub(40);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..name];
    let line_at = before.rfind('\n').map(|at| at + 1);
    let escaped_at = before.rfind(r"\n").map(|at| at + 2);
    let Some(line) =
        line_at.max(escaped_at).map(|at| &before[at..]).or((from == 0).then_some(before))
    else {
        return false;
    };
    let is_mark = |word: &str| {
        BEFORE.contains(&word) || word.chars().all(|c| c.is_ascii_digit() || "→|:+-│".contains(c))
    };
    line.split_whitespace().all(is_mark)
}

/// `<password>X</password>`, `<property name="password">X</property>`, `<key>password</key><string>X</string>`.
fn element(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let next = letter::at(bytes, behind(bytes, name.end))?;
    if !matches!(next.sign, b'>' | b' ' | b'<' | b'/') && !letter::is_space(next.sign) {
        return None;
    }
    let mut at = match tag_before(text, name.start)? {
        Tag::Open => name.end,
        // The next element holds the value.
        Tag::Closed if next.sign == b'<' => {
            let close = to_sign(bytes, name.end, b'>')?;
            let gap = letter::skip(bytes, close, 40, letter::is_space);
            letter::at(bytes, gap).filter(|letter| letter.sign == b'<')?;
            gap + 1
        }
        Tag::Closed => return None,
    };
    at = to_sign(bytes, at, b'>')?;
    let (range, _) = value::read(text, at, Ends::Element)?;
    let closing = letter::at(bytes, range.end).filter(|letter| letter.sign == b'<');
    closing.map(|_| Value { range, style: Style::Cell })
}

/// What of an element stands before a name.
enum Tag {
    /// The name stands within the tag.
    Open,
    /// The name is the element's text.
    Closed,
}

fn tag_before(text: &str, name: usize) -> Option<Tag> {
    let mut from = name.saturating_sub(80);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let bytes = text.as_bytes();
    let (mut at, mut tag) = (from, None);
    while at < name {
        let letter = letter::at(bytes, at)?;
        at += letter.len;
        match letter.sign {
            b'<' if letter::at(bytes, at).is_some_and(|next| next.sign != b'/') => {
                tag = Some(Tag::Open)
            }
            b'<' => tag = None,
            b'>' => tag = Some(Tag::Closed),
            b'\n' | b'"' | b' ' => {}
            _ if matches!(tag, Some(Tag::Closed)) => tag = None,
            _ => {}
        }
    }
    tag
}

/// Behind the next such sign, if no other element begins before it.
fn to_sign(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let mut at = from;
    // A closing tag may come first.
    for count in 0..160 {
        let letter = letter::at(bytes, at)?;
        at += letter.len;
        if letter.sign == wanted {
            return Some(at);
        }
        if count > 8 && letter.sign == b'<' {
            break;
        }
    }
    None
}

/// `- name: PASSWORD⏎ value: X`, `"ParameterKey": …, "ParameterValue": "X"`, `<add key="…" value="X"/>`,
/// `variable "password" { default = "X" }`, `"password": { …, "value": "X" }`.
fn member(text: &str, name: &Name) -> Option<Value> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        let names = "name|key|parameterkey|variable|output|property|id";
        pattern(&format!(r#"(?i)(?:\b|u0022|x22)(?:{names}){QUOTES}\s*[:=]?\s*{QUOTES}\z"#))
    });
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        let names = "[Vv]alue|VALUE|ParameterValue|default|[Dd]efaultValue";
        pattern(&format!(r#"\A{QUOTES}([^<>]*?)(?:\b|u0022|x22)(?:{names}){QUOTES}\s*[:=]\s*"#))
    });
    let window = &text[name.end..ceiling(text, name.end + MEMBER_BYTES_MAX)];
    if !window.contains("alue") && !window.contains("efault") && !window.contains("VALUE") {
        return None;
    }
    let before = &text[floor(text, name.start.saturating_sub(32))..name.start];
    let opens = window.trim_start_matches(['"', '\'', '\\', ':', '=', ' ']).starts_with('{');
    if !opens && !NAMED.is_match(before) {
        return None;
    }
    let found = VALUE.captures(window)?;
    let between = found.get(1)?.as_str().to_ascii_lowercase();
    if ["name", "key\"", "key:", "}", "]"].iter().any(|other| between.contains(other)) {
        return None;
    }
    let at = name.end + found.get(0)?.end();
    let (range, is_quoted) = value::read(text, at, Ends::Word)?;
    let style = if is_quoted { Style::Quoted } else { Style::Line };
    Some(Value { range, style })
}

/// `"value": "X", "name": "PASSWORD"`.
fn member_before(text: &str, name: &Name) -> Option<Value> {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"\b(?:[Vv]alue|ParameterValue)["'\\]*\s*[:=]\s*["'\\]*([^"'\\\n,]{4,200})["'\\]*\s*,?\s*["'\\]*(?:[Nn]ame|[Kk]ey|ParameterKey)["'\\]*\s*[:=]\s*["'\\]*\z"#,
        )
    });
    let before = &text[floor(text, name.start.saturating_sub(MEMBER_BYTES_MAX))..name.start];
    let near = &before.as_bytes()[before.len().saturating_sub(14)..];
    if !near.windows(2).any(|two| two == b"me" || two == b"ey") || !before.contains("alue") {
        return None;
    }
    let found = VALUE.captures(before)?.get(1)?.range();
    let from = name.start - before.len();
    Some(Value { range: from + found.start..from + found.end, style: Style::Cell })
}

/// `("password", "X")`, `.env("API_KEY", "X")`, `define('PASSWORD', 'X')`.
fn listed(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let is_quote = |sign| sign == b'"' || sign == b'\'';
    let quote = letter::at(bytes, name.end).filter(|letter| is_quote(letter.sign))?;
    let at = letter::skip(bytes, name.end + quote.len, 8, letter::is_space);
    let comma = letter::at(bytes, at).filter(|letter| letter.sign == b',')?;
    let at = letter::skip(bytes, at + comma.len, 24, letter::is_space);
    match value::quoted(text, at) {
        Quoted::Closed(range) => Some(Value { range, style: Style::Cell }),
        _ => None,
    }
}

/// `| password | X |`, `password │ X`.
fn cell(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let at = letter::skip(bytes, behind(bytes, name.end), 80, letter::is_blank);
    let line = letter::at(bytes, at).filter(|letter| letter.sign == b'|')?;
    let start = at + line.len;
    let at = letter::skip(bytes, start, 80, |sign| letter::is_blank(sign) || sign == b'`');
    // `A|B` is a choice, not a row.
    if at == start {
        return None;
    }
    let (range, _) = value::read(text, at, Ends::Cell)?;
    Some(Value { range: without_ticks(text, range), style: Style::Cell })
}

fn without_ticks(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    range.start..range.start + value.trim_end_matches(['`', ' ']).len()
}

/// `PASSWORD 'X'`, `#define PASSWORD "X"`, `ENV PASSWORD X`, `password    X`, `IDENTIFIED BY X`, `password 0 X`.
fn beside(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut at = letter::skip(bytes, name.end, 1, |sign| sign == b'(');
    if at == name.end {
        at = letter::skip(bytes, name.end, 80, letter::is_blank);
    }
    if at == name.end {
        return None;
    }
    // What Cisco calls the type of a password.
    if let [b'0' | b'5' | b'7' | b'8' | b'9', b' ', ..] = bytes[at..] {
        at += 2;
    }
    // `ACL SETUSER ana on >X`.
    let (range, is_quoted) = value::read(text, at, Ends::Word)?;
    if !is_quoted && bytes[name.end] == b'(' {
        return None;
    }
    let style = match (is_quoted, name.is_upper) {
        (true, true) => Style::Quoted,
        (true, false) => Style::Cell,
        // A table without lines, or what a program's own language sets.
        (false, _) if starts_line(text, name.start) && at > name.end + 1 => Style::Cell,
        (false, _) => Style::Prose,
    };
    Some(Value { range, style })
}

/// `the password is X`, `password for ana: X`, `a temporary password is generated for root: X`.
fn sentence(text: &str, name: &Name) -> Option<Value> {
    const VERBS: &[&str] = &[
        "is", "are", "was", "now", "to", "as", "set", "changed", "reset", "lautet", "ist", "be",
        "est", "es", "=",
    ];
    let bytes = text.as_bytes();
    let mut at = behind(bytes, name.end);
    // What stands in the same line behind an operator is no sentence.
    if letter::at(bytes, at).is_some_and(|next| matches!(next.sign, b':' | b'='))
        && name.kind != Kind::Phrase
    {
        let after = letter::skip(bytes, at + 1, 8, |sign| letter::is_blank(sign) || sign == b'*');
        letter::at(bytes, after).filter(|next| matches!(next.sign, b'\n' | b'\r'))?;
    }
    let (mut is_told, mut has_colon) = (false, false);
    for _ in 0..WORDS_MAX {
        at = letter::skip(bytes, at, 4, letter::is_blank);
        // On a line of its own, behind a colon.
        if has_colon {
            at = letter::skip(bytes, at, 8, letter::is_space);
        }
        let at_word = letter::skip(bytes, at, 2, |sign| sign == b'*');
        let end = word(bytes, at_word);
        let said = text.get(at_word..end)?;
        if is_told && (end == at_word || !is_said(said) || name.kind == Kind::Phrase && has_colon) {
            let ends = if name.kind == Kind::Phrase { Ends::Sentence } else { Ends::Word };
            let (range, is_quoted) = value::read(text, at_word, ends)?;
            let range = if is_quoted { range } else { without_stop(text, range) };
            return Some(Value { range, style: Style::Prose });
        }
        if end == at_word || said.ends_with(['.', ';', ',', '{', '(']) {
            return None;
        }
        has_colon = said.ends_with(':');
        let verb = said.trim_end_matches(':').to_ascii_lowercase();
        is_told = is_told || has_colon || VERBS.contains(&verb.as_str());
        at = end;
    }
    None
}

/// Whether a word is only part of the sentence.
fn is_said(word: &str) -> bool {
    let plain = word.trim_end_matches([':', '.', ',']);
    plain.chars().all(|c| c.is_alphabetic() || "@-'[]".contains(c))
        && !super::word::is_random(plain)
}

/// Where a word ends.
fn word(bytes: &[u8], at: usize) -> usize {
    letter::skip(bytes, at, 40, |sign| sign != NOTHING && !letter::is_space(sign) && sign != b'"')
}

/// Without what ends a sentence.
fn without_stop(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    range.start..range.start + value.trim_end_matches(['.', ',', ':', '*']).len()
}

/// The cells below a name that heads a column, of a table with lines or of CSV.
pub(super) fn columns(text: &str, name: &Name) -> Vec<Value> {
    let bytes = text.as_bytes();
    let next = letter::skip(bytes, name.end, 40, letter::is_blank);
    let ends_cell = letter::at(bytes, next)
        .is_none_or(|letter| matches!(letter.sign, b'|' | b',' | b'\n' | b'\r'));
    if !ends_cell || name.is_upper {
        return Vec::new();
    }
    // The line end of the text, which may be an escaped one.
    let ahead = &text[name.end..ceiling(text, name.end + 400)];
    let real = ahead.find('\n').map(|at| (at, "\n"));
    let escaped = ahead.find(r"\n").map(|at| (at, r"\n"));
    let Some((at, line_end)) = real.into_iter().chain(escaped).min() else { return Vec::new() };
    let head_from = floor(text, name.start.saturating_sub(400));
    let head_start = text[head_from..name.start]
        .rfind(line_end)
        .map_or(head_from, |at| head_from + at + line_end.len());
    let head_end = name.end + at;
    let head = &text[head_start..head_end];
    let mut row_start = head_end + line_end.len();
    let rule = text[row_start..].split(line_end).next().unwrap_or_default();
    let is_rule = rule.len() > 2
        && rule.trim_end().bytes().all(|b| b"-+|: ".contains(&b))
        && rule.contains('-');
    let separator = match (is_rule, head.contains('|')) {
        (true, true) => '|',
        (false, false) if is_list(head) => ',',
        _ => return Vec::new(),
    };
    let head_start = match separator {
        ',' => head_end - head.rsplit([' ', '"']).next().unwrap_or_default().len(),
        _ => head_start,
    };
    if head_start > name.start {
        return Vec::new();
    }
    let head = &text[head_start..head_end];
    if is_rule {
        row_start += rule.len() + line_end.len();
    }
    let column = text[head_start..name.start].matches(separator).count();
    let columns = head.matches(separator).count();
    let mut found = Vec::new();
    for row in text.get(row_start..).unwrap_or_default().split(line_end).take(ROWS_MAX) {
        if row.matches(separator).count() != columns {
            break;
        }
        let start =
            row_start + row.split(separator).take(column).map(|cell| cell.len() + 1).sum::<usize>();
        let cell = row.split(separator).nth(column).unwrap_or_default();
        let left = cell.len() - cell.trim_start().len();
        let value = cell.trim().trim_end_matches('\\').trim_end_matches('"');
        if !value.is_empty() {
            let start = start + left;
            found.push(Value { range: start..start + value.len(), style: Style::Cell });
        }
        row_start += row.len() + line_end.len();
    }
    found
}

/// Whether a line is names and commas.
fn is_list(head: &str) -> bool {
    let head = head.rsplit([' ', '"']).next().unwrap_or_default().trim_end();
    // In code a list ends in a comma.
    !head.split(',').any(str::is_empty)
        && head.contains(',')
        && head.bytes().all(|b| b.is_ascii_alphanumeric() || b",_-".contains(&b))
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

fn ceiling(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}
