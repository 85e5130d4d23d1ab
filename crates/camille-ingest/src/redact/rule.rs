//! What a rule is, and how the rules are read. The rules themselves are data: the files in `rules/`.

use super::check::Check;
use super::{assignment, block, call, cookie, pem, printed, program, url};
use regex::Regex;
use serde::Deserialize;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// The rules' files.
pub(super) const FILES: &[(&str, &str)] = &[
    ("assignment.toml", include_str!("rules/assignment.toml")),
    ("call.toml", include_str!("rules/call.toml")),
    ("cloud.toml", include_str!("rules/cloud.toml")),
    ("forge.toml", include_str!("rules/forge.toml")),
    ("issuer.toml", include_str!("rules/issuer.toml")),
    ("model.toml", include_str!("rules/model.toml")),
    ("keyfile.toml", include_str!("rules/keyfile.toml")),
    ("program.toml", include_str!("rules/program.toml")),
    ("service.toml", include_str!("rules/service.toml")),
    ("shown.toml", include_str!("rules/shown.toml")),
    ("web.toml", include_str!("rules/web.toml")),
];

/// The longest run of letters looked at before an anchor that stands within a secret.
const LEAD_BYTES_MAX: usize = 96;

/// Marks a place within an example of a secret, so that scanners of this repository do not take it for a
/// leak. It is taken out before the example is used.
#[cfg(test)]
pub(super) const CUT: char = '¦';

/// All rules, in the order of their files.
pub(super) static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| FILES.iter().flat_map(|(name, text)| read(name, text)).collect());

/// A kind of secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Rule {
    /// Stands in the place of the secret, as `[redacted:<name>]`.
    pub(super) name: String,
    /// Every match holds one of these; begins with it, unless `lead`.
    pub(super) anchors: Vec<String>,
    /// Whether what it finds is replaced or only reported.
    #[serde(default)]
    pub(super) tier: Tier,
    /// Whether it takes a setting to switch it on.
    #[serde(default)]
    pub(super) option: Option<Choice>,
    /// Whether another rule that finds the same knows better what it is.
    #[serde(default)]
    pub(super) general: bool,
    /// What may stand before the anchor.
    #[serde(default)]
    boundary: Boundary,
    /// What letters stand before the anchor and belong to the secret all the same.
    #[serde(default)]
    lead: Option<Lead>,
    /// A regular expression for what begins at the anchor; its first group, if it has one, is the secret.
    /// Repetitions of a token's letters have no upper bound, so that a match never ends within a token.
    #[serde(default)]
    pattern: Option<String>,
    /// What finds the secret, instead of a pattern.
    #[serde(default)]
    scan: Option<Scan>,
    /// The only length a secret of this kind has.
    #[serde(default)]
    length: Option<usize>,
    /// What tells a secret from what only looks like one.
    #[serde(default)]
    check: Check,
    /// Texts with exactly one such secret, made up.
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests of the rules read it"))]
    pub(super) secret: Vec<String>,
    /// Texts that look alike and stay as they are.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "the tests of the rules read it"))]
    pub(super) harmless: Vec<String>,
    #[serde(skip)]
    compiled: OnceLock<Regex>,
}

/// How sure a finding is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// A secret: it is replaced.
    #[default]
    Definite,
    /// It may be one: it stays, and its owner is told.
    Candidate,
}

/// A setting that switches rules on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Choice {
    /// `redaction.emails`.
    Emails,
}

/// What may stand before a match.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Boundary {
    /// Anything.
    None,
    /// No letter and no digit.
    #[default]
    Word,
    /// No letter, no digit, no `-` and no `_`.
    Token,
}

/// What letters may stand before an anchor within a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Lead {
    /// Those of a token.
    Token,
    /// Those of the name in an e-mail address.
    Email,
}

/// What finds secrets that no regular expression describes well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Scan {
    Assignment,
    ShortName,
    Call,
    Shown,
    Program,
    Piped,
    Cookie,
    KubernetesSecret,
    WebKey,
    ConnectionString,
    Pem,
    PemRest,
    UrlPassword,
    UrlToken,
}

/// What an anchor led to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// Where it ends: further anchors before that belong to it.
    pub(super) end: usize,
    /// What is secret, and how sure that is; none: it only looks like one.
    pub(super) secrets: Vec<(Range<usize>, Tier)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
    /// What [`program`] reads.
    #[serde(default, rename = "program")]
    _program: serde::de::IgnoredAny,
    /// What [`call`] reads.
    #[serde(default, rename = "call")]
    _call: serde::de::IgnoredAny,
}

/// # Panics
/// When a file is no list of rules: a test reads them.
fn read(name: &str, text: &str) -> Vec<Rule> {
    match toml::from_str::<File>(text) {
        Ok(file) => file.rule,
        Err(error) => panic!("{name}: {error}"),
    }
}

impl Rule {
    /// The match that the anchor at these bytes of `text` belongs to.
    pub(super) fn find(&self, text: &str, anchor: Range<usize>) -> Option<Match> {
        let before = &text.as_bytes()[..anchor.start];
        let start = match self.lead {
            Some(lead) => lead.start(before),
            None => self.boundary.holds(before).then_some(anchor.start)?,
        };
        if let Some(scan) = self.scan {
            let mut secrets = scan.find(text, anchor.clone());
            if !scan.judges() {
                secrets.retain_mut(|(secret, tier)| match self.judge(&text[secret.clone()]) {
                    Some(judged) => {
                        *tier = judged;
                        true
                    }
                    None => false,
                });
            }
            let end = secrets.iter().map(|(secret, _)| secret.end).max().unwrap_or(anchor.end);
            return Some(Match { end: end.max(anchor.end), secrets });
        }
        let captures = self.regex()?.captures(&text[start..])?;
        let whole = captures.get(0)?;
        // The first group that took part, where there are several.
        let secret = captures.iter().skip(1).flatten().next().unwrap_or(whole).range();
        let secret = start + secret.start..start + secret.end;
        let tier = self.judge(&text[secret.clone()]);
        let end = (start + whole.end()).max(secret.end);
        Some(Match { end, secrets: tier.map(|tier| (secret, tier)).into_iter().collect() })
    }

    /// How sure it is that this is a secret.
    fn judge(&self, token: &str) -> Option<Tier> {
        let has_length = self.length.is_none_or(|length| token.len() == length);
        self.check.judge(token).filter(|_| has_length).map(|tier| tier.max(self.tier))
    }

    /// Compiled when its anchor first occurs: few of the rules ever are.
    fn regex(&self) -> Option<&Regex> {
        let pattern = self.pattern.as_deref()?;
        Some(self.compiled.get_or_init(|| {
            let plain = plain_classes(pattern);
            Regex::new(&format!(r"\A(?:{plain})")).expect("a test compiles all patterns")
        }))
    }
}

/// The pattern with classes that hold ASCII only: those of Unicode take most of a pattern's time to compile, and no secret
/// has other digits or letters.
pub(super) fn plain_classes(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len() * 2);
    let mut letters = pattern.chars();
    let mut in_class = false;
    while let Some(letter) = letters.next() {
        match letter {
            '[' if !in_class => in_class = true,
            ']' if in_class => in_class = false,
            '\\' => {
                let escaped = letters.next().unwrap_or('\\');
                match (escaped, in_class) {
                    ('d', true) => plain.push_str("0-9"),
                    ('d', false) => plain.push_str("[0-9]"),
                    ('w', true) => plain.push_str("A-Za-z0-9_"),
                    ('w', false) => plain.push_str("[A-Za-z0-9_]"),
                    ('s', true) => plain.push_str(r" \t\r\n"),
                    ('s', false) => plain.push_str(r"[ \t\r\n]"),
                    ('S', false) => plain.push_str(r"[^ \t\r\n]"),
                    ('b', false) => plain.push_str(r"(?-u:\b)"),
                    _ => plain.extend(['\\', escaped]),
                }
                continue;
            }
            _ => {}
        }
        plain.push(letter);
    }
    plain
}

impl Scan {
    /// What may be secret, of which the rule's check still has its say unless the scan `judges`.
    fn find(self, text: &str, anchor: Range<usize>) -> Vec<(Range<usize>, Tier)> {
        let from = anchor.start;
        let within = |found: Range<usize>| from + found.start..from + found.end;
        let one = match self {
            Self::Assignment => return assignment::find(text, anchor, false),
            Self::ShortName => return assignment::find(text, anchor, true),
            Self::Call => return call::find(text, anchor),
            Self::Shown => return printed::find(text, anchor).into_iter().collect(),
            Self::Program => return program::find(text, anchor),
            Self::Cookie => return cookie::find(text, anchor),
            Self::KubernetesSecret => return block::find_kubernetes(text, anchor),
            Self::WebKey => return block::find_web_key(text, anchor),
            Self::Piped => program::find_piped(text, anchor),
            Self::ConnectionString => assignment::find_in_connection_string(text, anchor),
            Self::Pem => pem::find(&text[from..]).map(within),
            Self::PemRest => pem::find_rest(text, from),
            Self::UrlPassword => url::find_password(&text[from..]).map(within),
            Self::UrlToken => url::find_token(&text[from..]).map(within),
        };
        one.map(|secret| (secret, Tier::Definite)).into_iter().collect()
    }

    /// Whether it says itself how sure it is.
    fn judges(self) -> bool {
        matches!(
            self,
            Self::Assignment
                | Self::ShortName
                | Self::Call
                | Self::Shown
                | Self::Program
                | Self::Cookie
                | Self::KubernetesSecret
        )
    }
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

impl Lead {
    /// Where the run of such letters begins that these bytes end in.
    fn start(self, before: &[u8]) -> usize {
        let is_letter = |b: &u8| match self {
            Self::Token => b.is_ascii_alphanumeric() || b"._~-".contains(b),
            Self::Email => b.is_ascii_alphanumeric() || b"._~+-".contains(b),
        };
        let run = before.iter().rev().take(LEAD_BYTES_MAX).take_while(|b| is_letter(b)).count();
        let start = before.len() - run;
        // The run may begin with the last letters of an escape.
        let longest = "u003d".len().min(run);
        let after_escape = (1..=longest).rev().map(|n| start + n);
        after_escape.into_iter().find(|at| ends_in_escape(&before[..*at])).unwrap_or(start)
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
impl Rule {
    /// The examples without their marks.
    pub(super) fn secrets(&self) -> impl Iterator<Item = String> {
        self.secret.iter().map(|example| example.replace(CUT, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_rule_is_whole() {
        let mut names = BTreeSet::new();
        for rule in RULES.iter() {
            let name = &rule.name;
            assert!(names.insert(name), "{name} stands twice");
            assert!(!rule.secret.is_empty(), "{name} has no example");
            assert!(!rule.anchors.is_empty(), "{name} has no anchor");
            assert!(rule.pattern.is_some() != rule.scan.is_some(), "{name}: pattern or scan");
            assert_eq!(rule.regex().is_some(), rule.pattern.is_some());
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
            );
            for example in &rule.secret {
                assert!(example.contains(CUT), "{name}: {example:?} looks like a leak");
            }
        }
    }

    #[test]
    fn classes_hold_ascii_wherever_they_stand() {
        assert_eq!(
            plain_classes(r"\d+[^\s\]\d]\S\bx\\w"),
            r"[0-9]+[^ \t\r\n\]0-9][^ \t\r\n](?-u:\b)x\\w"
        );
    }

    #[test]
    fn a_lead_ends_at_what_is_no_letter_and_at_an_escape() {
        for (text, lead_of) in [
            ("x abc", 2),
            ("abc", 0),
            (r"\nabc", 2),
            (r"\u003dabc", 6),
            ("%3Dabc", 3),
            ("\u{1b}[1;32mabc", 7),
        ] {
            assert_eq!(Lead::Token.start(text.as_bytes()), lead_of, "{text}");
        }
    }
}
