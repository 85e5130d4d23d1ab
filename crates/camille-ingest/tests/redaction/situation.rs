//! Situations in which secrets stand, from `situations.toml`, and what only looks alike, from `lookalikes.toml`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

const SITUATIONS: &str = include_str!("situations.toml");
const LOOKALIKES: &str = include_str!("lookalikes.toml");
const WAYS: &str = include_str!("ways.toml");
const ALIKE: &str = include_str!("alike.toml");
const SEATS: &str = include_str!("seats.toml");
const SEATS_ALIKE: &str = include_str!("seats-alike.toml");
/// Where the name stands in a way's text.
const NAME: &str = "{N}";
/// Values tried in each situation.
const SAMPLES: usize = 5;
/// Where the value stands in a situation's text.
pub(crate) const PLACE: &str = "@@";
/// The width of the terminal that wraps.
const COLUMNS: usize = 80;

#[derive(serde::Deserialize)]
struct Situations {
    values: BTreeMap<String, String>,
    group: Vec<Group>,
}

#[derive(serde::Deserialize)]
struct Group {
    name: String,
    /// Name, value and text.
    situations: Vec<(String, String, String)>,
}

#[derive(serde::Deserialize)]
struct Ways {
    values: BTreeMap<String, String>,
    /// Which values stand where.
    classes: BTreeMap<String, Vec<String>>,
    names: BTreeMap<String, Vec<String>>,
    group: Vec<WaysOfNames>,
}

#[derive(serde::Deserialize)]
struct WaysOfNames {
    name: String,
    names: String,
    values: String,
    texts: Vec<String>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Seats {
    pub(crate) group: Vec<SeatsOfValues>,
}

#[derive(serde::Deserialize)]
pub(crate) struct SeatsOfValues {
    pub(crate) name: String,
    pub(crate) values: String,
    pub(crate) texts: Vec<String>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Lookalikes {
    pub(crate) group: Vec<Texts>,
}

#[derive(serde::Deserialize)]
pub(crate) struct Texts {
    pub(crate) texts: Vec<String>,
}

/// A secret in a situation.
pub(crate) struct Situation {
    pub(crate) name: String,
    /// The secret and the text with it.
    pub(crate) samples: Vec<(String, String)>,
}

/// All situations, the same at every run.
pub(crate) fn situations() -> Vec<Situation> {
    let file: Situations = toml::from_str(SITUATIONS).expect("a list of situations");
    let mut runner = TestRunner::deterministic();
    let mut situations = Vec::new();
    for group in &file.group {
        for (name, value, text) in &group.situations {
            let pattern = &file.values[value];
            let samples = (0..SAMPLES)
                .map(|_| {
                    let secret = secret(pattern, &mut runner);
                    let filled = text.replace(PLACE, &secret);
                    let is_wrapped = name.starts_with("wrapped");
                    (secret, if is_wrapped { wrapped(&filled) } else { filled })
                })
                .collect();
            situations.push(Situation { name: format!("{}: {name}", group.name), samples });
        }
    }
    situations
}

/// Every way with every name and every kind of value that it goes with: the way, the secret and the text.
pub(crate) fn ways() -> Vec<(String, String, String)> {
    let file: Ways = toml::from_str(WAYS).expect("a list of ways");
    let mut runner = TestRunner::deterministic();
    let mut ways = Vec::new();
    for group in &file.group {
        for text in &group.texts {
            for name in &file.names[&group.names] {
                for value in &file.classes[&group.values] {
                    let secret = secret(&file.values[value], &mut runner);
                    let filled = text.replace(NAME, name).replace(PLACE, &secret);
                    ways.push((format!("{}: {text}", group.name), secret, filled));
                }
            }
        }
    }
    ways
}

/// What stands in the seats of `seats.toml`: the situation, the secret and the text.
pub(crate) fn seats() -> Vec<(String, String, String)> {
    const WORD: &str = "([bdfghklmnprstw][aeiou][lnrst]){4}";
    const PASSWORD: &str = "[B-DF-H][a-z]{5}[0-9]{4}![a-d]";
    const LETTERS: &str = "[b-n][A-Z][0-9][A-Za-z0-9]{21}";
    let file: Seats = toml::from_str(SEATS).expect("a list of situations");
    let mut runner = TestRunner::deterministic();
    let mut seats = Vec::new();
    for group in &file.group {
        let values: &[&str] = match group.values.as_str() {
            "p" => &[WORD, PASSWORD, LETTERS],
            "s" => &[PASSWORD, "[b-n][A-Z][0-9][A-Za-z0-9]{17}"],
            "t" => &["[b-n][A-Z][0-9][A-Za-z0-9]{29}", "[a-f0-9]{40}"],
            "u" => &["[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-a[a-f0-9]{3}-[a-f0-9]{12}"],
            "x" => &["[a-f0-9]{32}"],
            "h" => &[
                "[a-f][0-9][a-f0-9]{28}[0-9][a-f]",
                "[a-f][0-9][a-f0-9]{36}[0-9][a-f]",
                "[a-f][0-9][a-f0-9]{60}[0-9][a-f]",
            ],
            "o" => &["[A-Z][2-7][A-Z2-7]{13}[A-Z]", "[A-Z][2-7][A-Z2-7]{29}[A-Z]"],
            other => panic!("{other} is no class of values"),
        };
        for (text, value) in
            group.texts.iter().flat_map(|text| values.iter().map(move |value| (text, value)))
        {
            let secret = secret(value, &mut runner);
            // A place that an address goes on behind.
            let filled = text.replace("@@@", &format!("{secret}@")).replace(PLACE, &secret);
            seats.push((format!("{}: {text}", group.name), secret, filled));
        }
    }
    seats
}

/// What neither its owner nor a peer sees changed though it stands or looks like a secret.
pub(crate) fn seats_alike() -> Vec<String> {
    let file: Lookalikes = toml::from_str(SEATS_ALIKE).expect("a list of look-alikes");
    file.group.into_iter().flat_map(|group| group.texts).collect()
}

/// What neither its owner nor a peer sees changed.
pub(crate) fn alike() -> Vec<String> {
    let file: Lookalikes = toml::from_str(ALIKE).expect("a list of look-alikes");
    file.group.into_iter().flat_map(|group| group.texts).collect()
}

/// All look-alikes.
pub(crate) fn lookalikes() -> Vec<String> {
    let file: Lookalikes = toml::from_str(LOOKALIKES).expect("a list of look-alikes");
    file.group.into_iter().flat_map(|group| group.texts).collect()
}

pub(crate) fn secret(pattern: &str, runner: &mut TestRunner) -> String {
    let (encoded, pattern) = match pattern.strip_prefix("base64:") {
        Some(pattern) => (true, pattern),
        None => (false, pattern),
    };
    let strategy = string_regex(pattern).expect("a pattern");
    let plain = strategy.new_tree(runner).expect("a value").current();
    if encoded { BASE64_STANDARD.encode(plain) } else { plain }
}

/// As a terminal shows it.
fn wrapped(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let lines: Vec<String> = letters.chunks(COLUMNS).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

/// Whether a text still shows more of a secret than a few letters.
pub(crate) fn shows(text: &str, secret: &str) -> bool {
    const LETTERS: usize = 7;
    let letters: Vec<char> = secret.chars().collect();
    let text: String = text.chars().filter(|c| *c != '\n').collect();
    letters.windows(LETTERS.min(letters.len())).any(|part| {
        let part: String = part.iter().collect();
        text.contains(&part)
    })
}
