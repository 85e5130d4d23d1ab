//! Finds the passwords in calls that log in, sign or hash: the arguments that `rules/call.toml` names.

use super::given::given;
use super::name::{Kind, Name};
use super::rule::Tier;
use super::table;
use super::value::Style;
use serde::Deserialize;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// The calls, by what they begin with.
static CALLS: LazyLock<HashMap<String, Vec<usize>>> = LazyLock::new(|| {
    let file: File = toml::from_str(include_str!("rules/call.toml")).expect("a test reads it");
    let calls = file.call.into_iter();
    calls
        .flat_map(|call| call.names.into_iter().map(move |name| (name, call.takes.clone())))
        .collect()
});

#[derive(Deserialize)]
struct File {
    call: Vec<Call>,
    #[serde(rename = "rule")]
    _rule: serde::de::IgnoredAny,
}

/// A call that takes a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    /// What it begins with, with its bracket.
    names: Vec<String>,
    /// Which of its arguments may be one; the first is 1.
    takes: Vec<usize>,
}

/// The passwords in the call that the anchor begins.
pub(super) fn find(text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
    let name = Name {
        start: anchor.start,
        end: anchor.end,
        kind: Kind::Password,
        decides: true,
        is_upper: false,
    };
    let takes = CALLS.get(&text[anchor.clone()]).into_iter().flatten();
    let found = takes.filter_map(|number| {
        let (range, _) = table::nth(text, anchor.end, number - 1)?;
        let range = range?;
        let tier = given(&text[range.clone()], &name, Style::Quoted)?;
        Some((range, tier))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_an_anchor_and_takes_an_argument() {
        let rules = super::super::rule::RULES.iter();
        let anchors: Vec<&String> = rules
            .filter(|rule| rule.name == "login-argument")
            .flat_map(|rule| &rule.anchors)
            .collect();
        for (name, takes) in CALLS.iter() {
            assert!(anchors.contains(&name), "{name} is no anchor");
            assert!(takes.iter().all(|number| *number > 0) && !takes.is_empty(), "{name}");
        }
        assert_eq!(anchors.len(), CALLS.len());
    }
}
