//! A peer's text is known again in whatever guise it comes, and what one says oneself is not taken for it.

mod between;
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

/// What a number says stands in no letters: it goes with the sentence that it stands in, and is known by itself.
#[test]
fn numbers_go_with_what_they_stand_in_and_are_known_by_themselves() {
    let sentence =
        "The vault on the third floor of the Porto office is opened with the number 471193-2207";
    let after_the_flood =
        format!("After the flood in the basement we moved all of it, and {sentence}");
    let rows = "4917 3300 8812 0045 7719; 3381 2204 9917 4410 0093; 8871 2200 1193 5567 2048";
    let known = known(&[sentence, after_the_flood.as_str(), rows, "471193-2207"]);
    let own = [
        "I asked about the badger on monday morning",
        "so I shall go there on the 14th with two others",
    ];
    for theirs in [sentence, &after_the_flood, &format!("{sentence}."), rows] {
        for text in [
            format!("{}: {theirs}. {}", own[0], own[1]),
            format!("{}: {theirs}", own[0]),
            format!("{}\n{theirs}\n{}", own[0], own[1]),
            format!("{}:\n\n> {theirs}\n\n{}", own[0], own[1]),
            format!("{}\n- {theirs}\n- {}", own[0], own[1]),
        ] {
            for voice in [Voice::Said, Voice::Shown] {
                let Sifted::Cut(kept) = sifted(&text, voice, &known) else {
                    panic!("{voice:?} {text}")
                };
                assert!(!kept.contains("2207") && !kept.contains("0045"), "{kept}");
                assert!(
                    kept.contains(own[0]) && (!text.contains(own[1]) || kept.contains(own[1])),
                    "{kept}"
                );
            }
        }
        assert_eq!(sifted(theirs, Voice::Shown, &known), Sifted::Nothing);
    }
    assert_eq!(sifted(rows, Voice::Said, &known), Sifted::Nothing);
    assert_eq!(sifted("0045 7719; 3381 2204 9917 4410\n", Voice::Shown, &known), Sifted::Nothing);
    assert_eq!(
        sifted("it was 471193 2207 when I asked her", Voice::Said, &known),
        Sifted::Cut("it was … when I asked her".to_owned())
    );
    for own in [
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
        "2026-03-02 10:00:00.123 471 ms",
        "port 4711, 3300 rows",
    ] {
        assert_eq!(sifted(own, Voice::Shown, &known), Sifted::Own, "{own}");
    }
}

/// A sentence of 40 letters is nobody else's, wherever it stands.
#[test]
fn one_line_among_many_own_ones_goes() {
    let line = "The vault of the Porto office opens with the lynx";
    let known = known(&[line]);
    let own = [
        "running the checks of the badger crate in all of its three profiles on both machines",
        "all passed",
    ];
    for text in
        [format!("{}\n{line}\n{}", own[0], own[1]), format!("{}. {line}. {}", own[0], own[1])]
    {
        for voice in [Voice::Said, Voice::Shown] {
            let Sifted::Cut(kept) = sifted(&text, voice, &known) else { panic!("{text}") };
            assert!(own.iter().all(|own| kept.contains(own)) && !kept.contains("lynx"), "{kept}");
        }
    }
}
