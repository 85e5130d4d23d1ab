//! Replaces secrets by `[redacted:<rule>]`. It never logs or returns a secret's value.
//!
//! One Aho-Corasick automaton looks for the fixed beginnings of all rules at once; a rule's own matcher
//! runs only where its beginning occurs. The result is a fixed point: redacting it again changes nothing.

mod cloud;
mod forge;
mod model;
mod pem;
mod placeholder;
mod rule;
mod service;
mod url;
mod web;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use rule::{Boundary, Matcher, Rule};
use std::borrow::Cow;
use std::ops::Range;

/// Passes after which a text counts as redacted. One replacement can uncover another secret beside it; two
/// passes have always been enough.
const PASSES_MAX: usize = 8;

/// Finds and replaces secrets. Making one compiles its rules: keep it.
#[derive(Debug)]
pub struct Redactor {
    anchors: AhoCorasick,
    /// For each anchor its rule.
    rule_of: Vec<usize>,
    rules: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    rule: &'static Rule,
    pattern: Option<Regex>,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text; borrowed where nothing was found.
    pub text: Cow<'a, str>,
    /// What was replaced, in the order of the text.
    pub found: Vec<Finding>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new()
    }
}

impl Redactor {
    /// Compiles the rules.
    ///
    /// # Panics
    /// Never: the rules are part of the program, and a test compiles them.
    #[must_use]
    pub fn new() -> Self {
        let rules: Vec<Compiled> = all_rules()
            .map(|rule| Compiled {
                rule,
                pattern: match rule.matcher {
                    Matcher::Pattern(pattern) => {
                        Some(Regex::new(&format!(r"\A(?:{pattern})")).expect("a rule's pattern"))
                    }
                    Matcher::Scan(_) => None,
                },
            })
            .collect();
        let (rule_of, anchors): (Vec<usize>, Vec<&str>) = rules
            .iter()
            .enumerate()
            .flat_map(|(i, c)| c.rule.anchors.iter().map(move |anchor| (i, *anchor)))
            .unzip();
        let anchors = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(anchors)
            .expect("the rules' anchors");
        Self { anchors, rule_of, rules }
    }

    /// The names of all rules.
    pub fn rule_names(&self) -> impl Iterator<Item = &'static str> {
        self.rules.iter().map(|c| c.rule.name)
    }

    /// The text with each secret replaced.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        let mut redacted = Redacted { text: Cow::Borrowed(text), found: Vec::new() };
        for _ in 0..PASSES_MAX {
            let secrets = self.secrets(&redacted.text);
            if secrets.is_empty() {
                break;
            }
            let replaced = replace(&redacted.text, &secrets);
            redacted.found.extend(secrets.iter().map(|(_, rule)| Finding { rule }));
            redacted.text = Cow::Owned(replaced);
        }
        redacted
    }

    /// Where the secrets are, in order and without overlap.
    fn secrets(&self, text: &str) -> Vec<(Range<usize>, &'static str)> {
        let mut secrets: Vec<(Range<usize>, &'static str)> = Vec::new();
        let mut end = 0;
        // For each rule the end of the last match it rejected: what lies within is the same token, and
        // looking at it again from each anchor inside would take quadratic time.
        let mut rejected: Vec<usize> = Vec::new();
        for anchor in self.anchors.find_overlapping_iter(text) {
            let index = self.rule_of[anchor.pattern().as_usize()];
            let compiled = &self.rules[index];
            let start = anchor.start();
            if start < end
                || rejected.get(index).is_some_and(|until| start < *until)
                || !compiled.rule.boundary.holds(&text.as_bytes()[..start])
            {
                continue;
            }
            let Some((whole, secret)) = compiled.find(&text[start..]) else { continue };
            let (whole_end, secret) = (start + whole, start + secret.start..start + secret.end);
            if (compiled.rule.is_secret)(&text[secret.clone()]) {
                end = whole_end.max(secret.end);
                secrets.push((secret, compiled.rule.name));
            } else {
                rejected.resize(self.rules.len(), 0);
                rejected[index] = whole_end;
            }
        }
        secrets
    }
}

impl Compiled {
    /// Where the match that begins `text` ends, and what in it is secret.
    fn find(&self, text: &str) -> Option<(usize, Range<usize>)> {
        match (&self.pattern, &self.rule.matcher) {
            (Some(pattern), _) => {
                let captures = pattern.captures(text)?;
                let whole = captures.get(0)?;
                let secret = captures.get(1).unwrap_or(whole);
                Some((whole.end(), secret.range()))
            }
            (None, Matcher::Scan(scan)) => scan(text).map(|secret| (secret.end, secret)),
            (None, Matcher::Pattern(_)) => None,
        }
    }
}

fn all_rules() -> impl Iterator<Item = &'static Rule> {
    [cloud::RULES, forge::RULES, model::RULES, service::RULES, web::RULES].into_iter().flatten()
}

fn replace(text: &str, secrets: &[(Range<usize>, &'static str)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for (secret, rule) in secrets {
        replaced.push_str(&text[from..secret.start]);
        replaced.push_str("[redacted:");
        replaced.push_str(rule);
        replaced.push(']');
        from = secret.end;
    }
    replaced.push_str(&text[from..]);
    replaced
}

impl Boundary {
    /// Whether a token may begin after these bytes.
    fn holds(self, before: &[u8]) -> bool {
        let Some(&last) = before.last() else { return true };
        let joins = match self {
            Self::None => return true,
            Self::Word => last.is_ascii_alphanumeric(),
            Self::Token => last.is_ascii_alphanumeric() || last == b'_' || last == b'-',
        };
        !joins || ends_in_escape(before)
    }
}

/// Whether these bytes end in an escape sequence, whose last letter is no letter of the text:
/// `\n`, `\u003d`, `%3D`, a terminal's colour.
fn ends_in_escape(before: &[u8]) -> bool {
    let tail = &before[before.len().saturating_sub(16)..];
    match tail {
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0'] => true,
        [.., b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => true,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => true,
        [.., b'\\', b'x', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [head @ .., b'm'] => {
            let digits =
                head.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
            head[..head.len() - digits].ends_with(b"[")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redact(text: &str) -> String {
        Redactor::new().redact(text).text.into_owned()
    }

    #[test]
    fn every_rule_finds_its_examples_and_leaves_its_counterexamples() {
        let redactor = Redactor::new();
        let mut wrong = Vec::new();
        for rule in all_rules() {
            assert!(!rule.secret.is_empty(), "{} has no example", rule.name);
            for example in rule.secret {
                let redacted = redactor.redact(example);
                let names: Vec<_> = redacted.found.iter().map(|f| f.rule).collect();
                if names != [rule.name] {
                    wrong.push(format!("{} in {example:?}: {names:?}", rule.name));
                }
            }
            for example in rule.harmless {
                let redacted = redactor.redact(example);
                if redacted.text != *example {
                    wrong.push(format!("{} harmless {example:?}: {:?}", rule.name, redacted.text));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn names_are_unique_and_contain_no_anchor() {
        let redactor = Redactor::new();
        let mut names: Vec<_> = redactor.rule_names().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in names {
            assert!(redactor.redact(&format!("[redacted:{name}]")).found.is_empty());
            assert!(!name.contains(char::is_whitespace));
        }
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let token = concat!("gh", "p_16C7e42F292c6912E7710c838347Ae178B4a");
        for (text, expected) in [
            (format!("x {token} y"), "x [redacted:github-token] y"),
            (format!("\"{token}\""), "\"[redacted:github-token]\""),
            (format!("T={token}"), "T=[redacted:github-token]"),
            (format!("a\\n{token}\\nb"), "a\\n[redacted:github-token]\\nb"),
            (format!("\\u003d{token}"), "\\u003d[redacted:github-token]"),
            (format!("t%3D{token}&"), "t%3D[redacted:github-token]&"),
            (format!("\u{1b}[32m{token}\u{1b}[0m"), "\u{1b}[32m[redacted:github-token]\u{1b}[0m"),
            (format!("é{token}é"), "é[redacted:github-token]é"),
            (format!("{token},{token}"), "[redacted:github-token],[redacted:github-token]"),
        ] {
            assert_eq!(redact(&text), expected);
        }
    }

    #[test]
    fn clean_text_is_borrowed() {
        let redactor = Redactor::new();
        let text = "see https://example.com/a?b=c, task-based, AKIA, Bearer of news, asia";
        assert!(matches!(redactor.redact(text).text, Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_runs_take_linear_time() {
        let redactor = Redactor::new();
        for unit in
            ["eyJ", "eyJ-", "://a:", "sk-ant-", "-----BEGIN PRIVATE KEY-----", "ghp_x", "xoxb-"]
        {
            let text = unit.repeat(400_000 / unit.len());
            let once = redactor.redact(&text).text.into_owned();
            assert_eq!(redactor.redact(&once).text, once);
        }
    }

    proptest! {
        #[test]
        fn redacting_again_changes_nothing(pieces in prop::collection::vec(piece(), 0..12)) {
            let redactor = Redactor::new_shared();
            let text = pieces.concat();
            let once = redactor.redact(&text).text.into_owned();
            let twice = redactor.redact(&once).text;
            prop_assert_eq!(twice.as_ref(), once.as_str());
        }
    }

    impl Redactor {
        fn new_shared() -> &'static Self {
            static SHARED: std::sync::OnceLock<Redactor> = std::sync::OnceLock::new();
            SHARED.get_or_init(Self::new)
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let examples: Vec<&'static str> =
            all_rules().flat_map(|r| r.secret.iter().chain(r.harmless).copied()).collect();
        let cut = examples.clone();
        prop_oneof![
            prop::sample::select(examples).prop_map(str::to_owned),
            (prop::sample::select(cut), any::<prop::sample::Index>()).prop_map(|(text, at)| {
                let mut cut = at.index(text.len() + 1);
                while !text.is_char_boundary(cut) {
                    cut -= 1;
                }
                text[..cut].to_owned()
            }),
            "[ -~]{0,6}",
            Just("@".to_owned()),
            Just("\\n".to_owned()),
            Just("\n".to_owned()),
        ]
    }
}
