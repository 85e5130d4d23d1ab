//! Replaces secrets by `[redacted:<rule>]`. It never logs or returns a secret's value.
//!
//! One Aho-Corasick automaton looks for the fixed beginnings of all rules at once; a rule's own matcher
//! runs only where its beginning occurs. The result is a fixed point: redacting it again changes nothing.

pub(crate) mod answer;
mod assignment;
mod block;
mod call;
mod check;
mod cookie;
mod fold;
mod given;
mod join;
mod letter;
mod member;
mod name;
mod outward;
mod pem;
mod phrase;
mod printed;
mod program;
mod reach;
mod rule;
mod seed;
mod table;
mod told;
mod url;
mod value;
mod word;

pub(crate) use check::is_uuid;
pub use rule::Tier;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind};
use rule::{Choice, RULES, Rule};
use std::borrow::Cow;
use std::ops::Range;

/// The rules' version, raised whenever a rule is added or changed: `the_version_is_that_of_the_rules` fails
/// otherwise.
const VERSION: u32 = 10;

/// Passes after which a text counts as redacted. One replacement can uncover another secret beside it; two
/// passes have always been enough.
const PASSES_MAX: usize = 8;

/// How deep strings within strings are read: JSON in JSON in JSON.
const DEPTH_MAX: usize = 3;

/// Finds and replaces secrets. Making one reads its rules: keep it.
#[derive(Debug)]
pub struct Redactor {
    anchors: DFA,
    /// For each anchor its rule.
    rule_of: Vec<usize>,
    settings: Settings,
}

/// What is redacted besides secrets.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// People's e-mail addresses.
    pub emails: bool,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted<'a> {
    /// The text; borrowed where nothing was found.
    pub text: Cow<'a, str>,
    /// What was replaced, and then what may be a secret and stays, in the order of the text.
    pub found: Vec<Finding>,
}

/// Something that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
    /// Whether it was replaced.
    pub tier: Tier,
}

/// Something that was found, and where.
#[derive(Debug, Clone)]
struct Secret {
    range: Range<usize>,
    tier: Tier,
    rule: &'static str,
    is_general: bool,
}

impl Default for Redactor {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Redactor {
    /// Makes one that follows all rules that the settings do not leave out.
    ///
    /// # Panics
    /// Never: the rules are part of the program, and a test reads them.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let (rule_of, anchors): (Vec<usize>, Vec<&str>) = RULES
            .iter()
            .enumerate()
            .filter(|(_, rule)| settings.has(rule.option))
            .flat_map(|(at, rule)| rule.anchors.iter().map(move |anchor| (at, anchor.as_str())))
            .unzip();
        let anchors = DFA::builder()
            .prefilter(false)
            .match_kind(MatchKind::Standard)
            .build(anchors)
            .expect("the rules' anchors");
        Self { anchors, rule_of, settings }
    }

    /// What these rules are as a number: texts stored under a lower one are redacted anew.
    #[must_use]
    pub fn version(&self) -> u32 {
        VERSION * 2 + u32::from(self.settings.emails)
    }

    /// The names of all rules it follows, also of those that no list holds.
    pub fn rule_names(&self) -> impl Iterator<Item = &'static str> {
        let listed = RULES.iter().filter(|rule| self.settings.has(rule.option));
        let others = [answer::RULE, seed::RULE, outward::BY_SHAPE, outward::BY_PLACE];
        listed.map(|rule| rule.name.as_str()).chain(others)
    }

    /// The text with each secret replaced.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Redacted<'a> {
        self.redact_tiers(text, Tier::Definite)
    }

    /// The text as others may see it: what only may be a secret is replaced, too.
    #[must_use]
    pub fn redact_for_others<'a>(&self, text: &'a str) -> Redacted<'a> {
        self.redact_tiers(text, Tier::Candidate)
    }

    /// The text with what is at least as sure as `least` replaced.
    fn redact_tiers<'a>(&self, text: &'a str, least: Tier) -> Redacted<'a> {
        let mut redacted = Redacted { text: Cow::Borrowed(text), found: Vec::new() };
        let mut kept = Vec::new();
        for _ in 0..PASSES_MAX {
            let (replaced, candidates): (Vec<Secret>, Vec<Secret>) = self
                .secrets(&redacted.text, least)
                .into_iter()
                .partition(|secret| secret.tier <= least);
            kept = candidates;
            if replaced.is_empty() {
                break;
            }
            redacted.found.extend(replaced.iter().map(Secret::finding));
            redacted.text = Cow::Owned(replace(&redacted.text, &replaced));
        }
        redacted.found.extend(kept.iter().map(Secret::finding));
        redacted
    }

    /// Where the secrets are, in order and without overlap, also those that a terminal broke. Of what may be one, that
    /// which only its place or its shape shows is looked for where it is to be replaced.
    fn secrets(&self, text: &str, least: Tier) -> Vec<Secret> {
        let mut secrets = self.secrets_of_lines(text);
        for part in fold::parts(text) {
            let found = self.secrets_of_lines(&part.text).into_iter();
            secrets.extend(found.filter_map(|secret| {
                part.folded(&secret.range).map(|range| Secret { range, ..secret })
            }));
        }
        let seeds = seed::lines(text).into_iter();
        secrets.extend(seeds.map(|range| Secret {
            range,
            tier: Tier::Definite,
            rule: seed::RULE,
            is_general: true,
        }));
        if least == Tier::Candidate {
            if let Some(spelled) = outward::within::spelled(text) {
                let found = self.secrets_of_lines(&spelled.text).into_iter();
                secrets.extend(found.map(|secret| Secret {
                    range: spelled.range_in_whole(&secret.range),
                    ..secret
                }));
            }
            self.secrets_outward(text, 0, &mut secrets);
        }
        without_overlap(secrets)
    }

    /// Where secrets are that only their place or their shape shows, also in the strings that the text holds, `depth` deep.
    fn secrets_outward(&self, text: &str, depth: usize, secrets: &mut Vec<Secret>) {
        secrets.extend(outward::secrets(text).into_iter().map(|(range, rule)| Secret {
            range,
            tier: Tier::Candidate,
            rule,
            is_general: true,
        }));
        if depth == DEPTH_MAX {
            return;
        }
        for inner in outward::within::texts(text) {
            let mut found = self.secrets_of_lines(&inner.text);
            self.secrets_outward(&inner.text, depth + 1, &mut found);
            secrets.extend(
                found
                    .into_iter()
                    .map(|secret| Secret { range: inner.range_in_whole(&secret.range), ..secret }),
            );
        }
    }

    /// Where secrets are in a text whose lines are whole; they may overlap.
    fn secrets_of_lines(&self, text: &str) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = Vec::new();
        let mut end = 0;
        // For each rule the end of the last match that was no secret: what lies within is the same token,
        // and looking at it again from each anchor inside would take quadratic time.
        let mut passed: Vec<usize> = Vec::new();
        self.anchors_in(text, |index, anchor| {
            let start = anchor.start;
            if start < end || passed.get(index).is_some_and(|until| start < *until) {
                return;
            }
            let rule: &'static Rule = &RULES[index];
            let Some(found) = rule.find(text, anchor.clone()) else { return };
            // A name that has no secret says nothing of another one that begins in it.
            if found.secrets.is_empty() && found.end == anchor.end {
                return;
            }
            let is_sure = found.secrets.iter().any(|(_, tier)| *tier == Tier::Definite);
            secrets.extend(found.secrets.into_iter().map(|(range, tier)| Secret {
                range,
                tier,
                rule: &rule.name,
                is_general: rule.general,
            }));
            if is_sure && !rule.general {
                end = end.max(found.end);
                return;
            }
            passed.resize(RULES.len(), 0);
            passed[index] = found.end;
        });
        secrets
    }

    /// Every anchor with its rule, also those that overlap, by their ends.
    fn anchors_in(&self, text: &str, mut found: impl FnMut(usize, Range<usize>)) {
        let anchors = &self.anchors;
        let Ok(mut state) = anchors.start_state(Anchored::No) else { return };
        let mut at = 0;
        while let Some(end) = self.next_anchor(text.as_bytes(), at, &mut state) {
            for index in 0..anchors.match_len(state) {
                let pattern = anchors.match_pattern(state, index);
                let start = end - anchors.pattern_len(pattern);
                found(self.rule_of[pattern.as_usize()], start..end);
            }
            at = end;
        }
    }

    /// The next end of an anchor. This loop goes over every byte that is ever kept, and must hold nothing else: the
    /// library's iterator and a loop with more in it take twice to three times as long.
    #[inline(never)]
    fn next_anchor(&self, bytes: &[u8], from: usize, state: &mut StateID) -> Option<usize> {
        let anchors = &self.anchors;
        let mut current = *state;
        for (ahead, byte) in bytes.get(from..)?.iter().enumerate() {
            current = anchors.next_state(Anchored::No, current, *byte);
            if anchors.is_special(current) && anchors.is_match(current) {
                *state = current;
                return Some(from + ahead + 1);
            }
        }
        None
    }
}

/// Of secrets that overlap, the surest; of those the one whose rule knows better what it is, unless it is only a small
/// part of the other; and then the first.
fn without_overlap(mut secrets: Vec<Secret>) -> Vec<Secret> {
    if secrets.len() < 2 {
        return secrets;
    }
    secrets.sort_by_key(|secret| (secret.range.start, secret.range.end));
    let mut kept: Vec<Secret> = Vec::with_capacity(secrets.len());
    for secret in secrets {
        match kept.last_mut() {
            Some(last) if secret.range.start < last.range.end => {
                if secret.outdoes(last) {
                    *last = secret;
                }
            }
            _ => kept.push(secret),
        }
    }
    kept
}

impl Secret {
    fn outdoes(&self, other: &Self) -> bool {
        match self.tier.cmp(&other.tier) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => match (self.is_general, other.is_general) {
                (false, true) => self.range.len() * 2 >= other.range.len(),
                (true, false) => self.range.len() > other.range.len() * 2,
                _ => self.range.len() > other.range.len(),
            },
        }
    }

    fn finding(&self) -> Finding {
        Finding { rule: self.rule, tier: self.tier }
    }
}

impl Settings {
    fn has(self, option: Option<Choice>) -> bool {
        match option {
            None => true,
            Some(Choice::Emails) => self.emails,
        }
    }
}

fn replace(text: &str, secrets: &[Secret]) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut from = 0;
    for secret in secrets {
        replaced.push_str(&text[from..secret.range.start]);
        replaced.push_str("[redacted:");
        replaced.push_str(secret.rule);
        replaced.push(']');
        from = secret.range.end;
    }
    replaced.push_str(&text[from..]);
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redact(text: &str) -> String {
        Redactor::default().redact(text).text.into_owned()
    }

    /// With every option on.
    fn all() -> Redactor {
        Redactor::new(Settings { emails: true })
    }

    #[test]
    fn every_rule_finds_its_examples_and_leaves_its_counterexamples() {
        let redactor = all();
        let mut wrong = Vec::new();
        for rule in RULES.iter() {
            for example in rule.secrets() {
                let redacted = redactor.redact(&example);
                let names: Vec<_> = redacted.found.iter().map(|f| f.rule).collect();
                if names != [rule.name.as_str()] || redacted.found[0].tier != rule.tier {
                    wrong.push(format!("{} in {example:?}: {names:?}", rule.name));
                }
            }
            for example in &rule.harmless {
                let redacted = redactor.redact(example);
                if redacted.text != *example {
                    wrong.push(format!("{} harmless {example:?}: {:?}", rule.name, redacted.text));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn both_parts_of_a_key_that_was_cut_are_taken_out() {
        let body = "k3Qx7Lw9RtVb2HyJcN5sGfE8dZpA4uTo1iYk6mXq0BvWz2CnRg4JtLs8FhUe3Pa7";
        for end in ["\n", "\r\n", r"\n", r"\\n"] {
            let mut lines = vec!["-----BEGIN RSA PRIVATE KEY-----"];
            lines.extend([body; 6]);
            lines.extend(["aXq0Bv==", "-----END RSA PRIVATE KEY-----"]);
            for cut in 1..lines.len() {
                let head = format!("see {}", lines[..cut].join(end));
                let rest = format!("{} and so on", lines[cut..].join(end));
                for part in [head, rest] {
                    let left = redact(&part);
                    let kept = left.matches(&body[..32]).count();
                    assert!(kept == 0, "cut at {cut}: {left}");
                }
            }
        }
    }

    #[test]
    fn what_may_be_a_secret_stays_and_is_reported() {
        let redactor = Redactor::default();
        for text in [
            r#""secret": "3f9a1c7be2d04856af7190cb3e5d2864""#,
            "token: 7f10b9c2-ad83-4654-b09f-1d2c8a4e6353",
            r#"password: "sunshine""#,
        ] {
            let redacted = redactor.redact(text);
            assert!(matches!(redacted.text, Cow::Borrowed(_)), "{}", redacted.text);
            let finding = Finding { rule: "assigned-secret", tier: Tier::Candidate };
            assert_eq!(redacted.found, [finding], "{text}");
            let for_others = redactor.redact_for_others(text);
            assert!(for_others.text.contains("[redacted:assigned-secret]"), "{}", for_others.text);
            assert_eq!(for_others.found, [finding], "{text}");
        }
    }

    #[test]
    fn whatever_is_found_has_the_name_of_a_rule() {
        let redactor = Redactor::default();
        let names: Vec<&str> = redactor.rule_names().collect();
        let seed = "acid badge cabin dune eager fabric gadget hazard icon jungle kiwi ladder";
        let shaped = "see k3Qx7Lw9RtVb2HyJcN5sGf, and admin/walrus-pepper-427 there";
        let mut found = redactor.redact_for_others(seed).found;
        found.extend(redactor.redact_for_others(shaped).found);
        drop(answer::without("walrus-pepper-427", &mut found));
        assert!(found.len() >= 3, "{found:?}");
        for finding in found {
            assert!(names.contains(&finding.rule), "{}", finding.rule);
        }
    }

    #[test]
    fn addresses_go_only_where_their_owner_wants_that() {
        let text = "ana.k@acme.dev";
        assert_eq!(redact(text), text);
        assert_eq!(all().redact(text).text, "[redacted:email]");
        assert!(all().version() > Redactor::default().version());
    }

    #[test]
    fn the_version_is_that_of_the_rules() {
        let mut hasher = blake3::Hasher::new();
        for (_, text) in rule::FILES {
            hasher.update(text.as_bytes());
        }
        for code in [
            include_str!("answer.rs"),
            include_str!("assignment.rs"),
            include_str!("block.rs"),
            include_str!("call.rs"),
            include_str!("check.rs"),
            include_str!("cookie.rs"),
            include_str!("fold.rs"),
            include_str!("given.rs"),
            include_str!("join.rs"),
            include_str!("letter.rs"),
            include_str!("member.rs"),
            include_str!("name.rs"),
            include_str!("outward/asked.rs"),
            include_str!("outward/below.rs"),
            include_str!("outward/callee.rs"),
            include_str!("outward/feed.rs"),
            include_str!("outward/keyed.rs"),
            include_str!("outward/lexicon.rs"),
            include_str!("outward/mod.rs"),
            include_str!("outward/option.rs"),
            include_str!("outward/otp.rs"),
            include_str!("outward/proof.rs"),
            include_str!("outward/seat.rs"),
            include_str!("outward/shape.rs"),
            include_str!("outward/stranger.rs"),
            include_str!("outward/typed.rs"),
            include_str!("phrase.rs"),
            include_str!("printed.rs"),
            include_str!("program.rs"),
            include_str!("reach.rs"),
            include_str!("rules/no-value.txt"),
            include_str!("rules/words.txt"),
            include_str!("seed.rs"),
            include_str!("table.rs"),
            include_str!("told.rs"),
            include_str!("value.rs"),
            include_str!("word.rs"),
        ] {
            hasher.update(code.as_bytes());
        }
        let now = hasher.finalize().to_hex();
        assert_eq!(
            (VERSION, &now[..16]),
            (10, "d746e29cfe399a01"),
            "the rules changed since their version was last raised: raise it if it was released, and \
             note the new hash here"
        );
    }

    #[test]
    fn no_placeholder_is_redacted_in_turn() {
        let redactor = all();
        for rule in RULES.iter() {
            assert!(redactor.redact(&format!("[redacted:{}]", rule.name)).found.is_empty());
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
        let redactor = Redactor::default();
        let text = "see https://example.com/a?b=c, task-based, AKIA, Bearer of news, asia";
        assert!(matches!(redactor.redact(text).text, Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_runs_take_linear_time() {
        let redactor = Redactor::default();
        for unit in
            ["eyJ", "eyJ-", "://a:", "sk-ant-", "-----BEGIN PRIVATE KEY-----", "ghp_x", "xoxb-"]
        {
            let text = unit.repeat(400_000 / unit.len());
            let once = redactor.redact(&text).text.into_owned();
            assert_eq!(redactor.redact(&once).text, once);
        }
    }

    #[test]
    fn hostile_runs_take_linear_time_on_the_way_out() {
        let redactor = Redactor::default();
        for unit in
            ["<<", "<<A ", "<<A\n", r#"{"a":"\n"#, r#"":""#, "://a/", r#"\""#, "='(", "passwd  \n"]
        {
            let text = unit.repeat(120_000 / unit.len());
            let once = redactor.redact_for_others(&text).text.into_owned();
            assert_eq!(redactor.redact_for_others(&once).text, once);
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
            SHARED.get_or_init(all)
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let examples: Vec<String> =
            RULES.iter().flat_map(|r| r.secrets().chain(r.harmless.iter().cloned())).collect();
        let cut = examples.clone();
        prop_oneof![
            prop::sample::select(examples),
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
