//! A name that decides, beside values that look like names themselves (`decided.toml`), and what stands beside such a name
//! and is no value of it (`decided-alike.toml`).

use super::situation::{Lookalikes, PLACE, Seats, secret};
use camille_ingest::redact::Redactor;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// The kinds of values: as a keychain makes them, words with a number, words alone, letters and digits mixed, as people
/// make them up, digits alone.
const MADE: &str = "[bdgkmnpt][aeiou][bdgkmnpt][aeiou][a-z]{2}-[0-9][a-z]{5}-[a-z][A-Z][a-z]{4}";
const NUMBERED: &str = "(walrus|kestrel|marmot|tulpe|nebel)(-|_|\\.)(pepper|umbrella|kessel|zimt|fuchs)(-|_|\\.)[1-9][0-9]{2}";
const WORDS: &str = "(walrus|kestrel|marmot|badger)-(pepper|umbrella|lantern)-(walnut|saddle|velvet)-(drift|orbit|meadow)";
const MIXED: &str = "b[a-z][0-9][a-z]{3}[A-Z]{4}[0-9]{2}[A-Z]{2}";
const CHOSEN: &str = "[B-DF-H][a-z]{5}(kessel|zimt|fuchs)[0-9]{2}[!?#]";
const DIGITS: &str = "[1-9]7[0-9]8[0-9]2[0-9]5";

fn of_class(class: &str) -> &'static [&'static str] {
    match class {
        "all" => &[MADE, NUMBERED, NUMBERED, NUMBERED, WORDS, MIXED, CHOSEN],
        "said" => &[MADE, NUMBERED, NUMBERED, NUMBERED, MIXED, CHOSEN],
        "made" => &[MADE, MIXED, CHOSEN],
        "digits" => &[DIGITS],
        other => panic!("{other} is no class of values"),
    }
}

/// The whole of it, whatever line it stands on: parts of words are words.
fn shows(text: &str, secret: &str) -> bool {
    text.contains(secret)
}

#[test]
fn a_name_that_decides_does_so_whatever_its_value_is_made_of() {
    let file: Seats = toml::from_str(include_str!("decided.toml")).expect("a list of situations");
    let redactor = Redactor::default();
    let mut runner = TestRunner::deterministic();
    let mut left: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut count, mut all) = (0, 0);
    for group in &file.group {
        for text in &group.texts {
            all += 1;
            for pattern in of_class(&group.values) {
                let secret = secret(pattern, &mut runner);
                let filled = text.replace("@@@", &format!("{secret}@")).replace(PLACE, &secret);
                let in_json = serde_json::Value::from(filled.clone()).to_string();
                // As a change shows it; lines that have their numbers before them are none of one.
                let has_numbers = filled.trim_start().starts_with(|c: char| c.is_ascii_digit());
                let mark = if has_numbers { "" } else { "+" };
                let added: String =
                    filled.split('\n').map(|line| format!("{mark}{line}\n")).collect();
                for text in [filled.clone(), format!("see:\n{filled}\n\nand go on"), in_json, added]
                {
                    count += 1;
                    let stored = redactor.redact(&text).text;
                    let shown = redactor.redact_for_others(&stored).text;
                    if shows(&shown, &secret) {
                        left.entry(group.name.clone()).or_default().push(shown.into_owned());
                    }
                }
            }
        }
    }
    assert!(all >= 250 && count >= 5_000, "{all} situations, {count} texts");
    let out: usize = left.values().map(Vec::len).sum();
    assert!(out == 0, "{out} of {count}:\n{left:#?}");
}

#[test]
fn what_stands_beside_a_name_that_decides_and_is_no_value_stays_for_peers_as_well() {
    let file: Lookalikes =
        toml::from_str(include_str!("decided-alike.toml")).expect("a list of look-alikes");
    let redactor = Redactor::default();
    let (mut changed, mut count) = (Vec::new(), 0);
    for text in file.group.into_iter().flat_map(|group| group.texts) {
        count += 1;
        let in_json = serde_json::Value::from(text.clone()).to_string();
        for text in [&text, &in_json, &text.replace('\n', "\r\n")] {
            let redacted = redactor.redact_for_others(text).text;
            if redacted != *text {
                changed.push(format!("{text:?} became {redacted:?}"));
                break;
            }
        }
    }
    assert!(count >= 220, "{count} look-alikes");
    assert!(changed.is_empty(), "{} of {count}:\n{}", changed.len(), changed.join("\n"));
}
