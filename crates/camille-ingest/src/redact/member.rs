//! Finds the value of one member that another member names: `- name: PASSWORD⏎ value: X`, `"value": "X", "name": "PASSWORD"`,
//! `"password": { …, "value": "X" }`, `UPDATE … SET value = 'X' WHERE name = 'password'`.

use super::name::Name;
use super::value::{self, Ends, Style, Value};
use regex::Regex;
use std::sync::LazyLock;

/// How far a member that holds the value may stand from the one that holds the name.
const MEMBER_BYTES_MAX: usize = 240;
/// Quotes around a name, as [`super::letter`] knows them.
const QUOTES: &str = r#"(?:["'\\]|&(?:amp;)*(?:quot|#34|#39);|u0022|x22)*"#;

/// `- name: PASSWORD⏎ value: X`, `"ParameterKey": …, "ParameterValue": "X"`, `<add key="…" value="X"/>`,
/// `variable "password" { default = "X" }`, `"password": { …, "value": "X" }`.
pub(super) fn named(text: &str, name: &Name) -> Option<Value> {
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        let names = "name|key|parameterkey|variable|output|property|id";
        pattern(&format!(
            r#"(?i)(?:\b|u0022|x22)(?:{names}){QUOTES}\s*[:=]?\s*{QUOTES}(?:[\w.:@-]*/)*\z"#
        ))
    });
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        let names = "[Vv]alue|VALUE|val|ParameterValue|default|[Dd]efaultValue";
        pattern(&format!(r#"\A{QUOTES}([^<>]*?)(?:\b|u0022|x22)(?:{names}){QUOTES}\s*[:=]\s*"#))
    });
    let window = &text[name.end..ceiling(text, name.end + MEMBER_BYTES_MAX)];
    if !window.contains("val")
        && !window.contains("alue")
        && !window.contains("efault")
        && !window.contains("VALUE")
    {
        return None;
    }
    let before = &text[floor(text, name.start.saturating_sub(96))..name.start];
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
pub(super) fn named_behind(text: &str, name: &Name) -> Option<Value> {
    static VALUE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"\b(?:[Vv]alue|VALUE|ParameterValue)["'`\\]*\s*[:=]\s*["'\\]*([^"'\\\n,]{4,200})["'\\]*\s*,?\s*(?:(?i:where|and)\s+)?["'`\\]*(?:[Nn]ame|NAME|[Kk]ey|ParameterKey)["'`\\]*\s*[:=]\s*["'\\]*(?:[\w.:@-]*/)*\z"#,
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

fn pattern(pattern: &str) -> Regex {
    Regex::new(&super::rule::plain_classes(pattern)).expect("a constant pattern")
}

fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at)
}

fn ceiling(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}
