//! A peer's text is known again in whatever guise it comes, and what one says oneself is not taken for it.

mod guise;
mod own;

use camille_ingest::echo::{Sifted, Voice, fingerprints, quotations, without};
use guise::{THEIRS, WAYS, WORDS};
use std::collections::HashSet;

fn known(texts: &[&str]) -> HashSet<u64> {
    texts.iter().flat_map(|text| fingerprints(text)).collect()
}

fn sifted(text: &str, voice: Voice, known: &HashSet<u64>) -> Sifted {
    without(text, &quotations(text, voice, |print| known.contains(&print)))
}

/// Letters only, so that a word is seen however it is written.
fn said(text: &str) -> String {
    text.to_lowercase().chars().filter(|letter| letter.is_alphabetic()).collect()
}

#[test]
fn there_are_more_than_sixty_ways_and_no_two_are_called_alike() {
    let ways: Vec<&str> =
        ["guise", "quote", "place", "time"].into_iter().flat_map(guise::ways).collect();
    let lines = WAYS.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(ways.len(), lines, "each is of a kind");
    assert_eq!(ways.iter().collect::<HashSet<_>>().len(), lines);
    assert!(lines >= 60);
}

#[test]
fn in_whatever_guise_it_comes_nothing_of_it_is_left() {
    let known = known(&THEIRS);
    for name in guise::ways("guise") {
        let text = guise::guise(name);
        match sifted(&text, Voice::Shown, &known) {
            Sifted::Nothing => {}
            Sifted::Own => panic!("{name} was not noticed:\n{text}"),
            Sifted::Cut(kept) => {
                let left = WORDS.iter().find(|word| said(&kept).contains(*word));
                assert_eq!(left, None, "{name} left\n{kept}\nof\n{text}");
            }
        }
    }
}

#[test]
fn what_is_quoted_goes_and_what_stands_around_it_stays() {
    let known = known(&THEIRS);
    for name in guise::ways("quote") {
        let (own, text) = guise::quote(name);
        for voice in [Voice::Said, Voice::Shown] {
            let Sifted::Cut(kept) = sifted(&text, voice, &known) else { panic!("{name}: not cut") };
            for own in &own {
                assert!(kept.contains(own), "{name}: '{own}' is lost in\n{kept}");
            }
            let left = WORDS.iter().find(|word| kept.contains(*word));
            assert_eq!(left, None, "{name}: {kept}");
        }
    }
}
