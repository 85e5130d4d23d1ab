//! What people are called here. A name is chosen by whoever bears it, so it proves nothing; what it must not do
//! is look like somebody else's, like the owner's, or like the words that outputs mark own hits with.
//!
//! One notion for all of them: two names are *alike* if a reader could take one for the other (Unicode UTS #39,
//! whatever the case, the normal form, or what cannot be seen), and no two that stand beside each other are.

use crate::id::PeerId;
use std::collections::HashSet;
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// The longest name kept, in characters.
const NAME_CHARS_MAX: usize = 64;

/// What outputs call those who speak in a session: nobody who speaks is called so.
const SPEAKERS: &[&str] = &["agent", "tool", "summary"];

/// What outputs and people call the owner, their machine and bank, and all or none of the others.
const OWNERS: &[&str] = &[
    "you",
    "yourself",
    "me",
    "myself",
    "self",
    "local",
    "localhost",
    "owner",
    "this machine",
    "this node",
    "my machine",
    "my node",
    "nobody",
    "none",
    "everyone",
    "everybody",
    "anyone",
    "anybody",
    "all",
];

/// A name as it may be shown: without control characters, invisible or direction-changing ones, without what
/// separates names from other things in outputs, and without runs of white space; at most 64 characters, and with
/// no word standing alone in it that means the owner. `fallback` where nothing remains that can be a name: a number
/// names a hit, an id names who bears it, a dash begins a flag.
pub fn clean(given: &str, fallback: &str) -> String {
    let visible: String = given.nfc().filter_map(shown).collect();
    let visible = visible.trim_start_matches(['-', ' ']);
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    let means_owner = |word: &&str| is_reserved(word);
    let between = if words.len() > 1 && words.iter().any(means_owner) { "-" } else { " " };
    let cut: String = words.join(between).chars().take(NAME_CHARS_MAX).collect();
    let cut = cut.trim_end();
    let is_name = cut.chars().any(char::is_alphabetic) && cut.parse::<PeerId>().is_err();
    if is_name { cut.to_owned() } else { fallback.to_owned() }
}

/// Whether an owner may give this name to something: it can be shown and means neither them nor everybody.
#[must_use]
pub fn is_fit(name: &str) -> bool {
    let cleaned = clean(name, "");
    !cleaned.is_empty() && !is_among(&cleaned, OWNERS)
}

/// `base` for the first, then `base-2`, `base-3` and so on, until `taken` says no.
pub fn unique<E>(base: &str, mut taken: impl FnMut(&str) -> Result<bool, E>) -> Result<String, E> {
    let mut candidate = base.to_owned();
    let mut number = 1_u64;
    while taken(&candidate)? {
        number += 1;
        let suffix = format!("-{number}");
        let keep = NAME_CHARS_MAX.saturating_sub(suffix.len());
        candidate = base.chars().take(keep).chain(suffix.chars()).collect();
    }
    Ok(candidate)
}

/// Whether the name looks like one of the words that mean the owner or a speaker.
pub fn is_reserved(name: &str) -> bool {
    is_among(name, OWNERS) || is_among(name, SPEAKERS)
}

fn is_among(name: &str, words: &[&str]) -> bool {
    let looks = Looks::of(name);
    words.iter().any(|word| looks.is_like(&Looks::of(word)))
}

/// Whether a reader could take one name for the other.
pub fn are_alike(a: &str, b: &str) -> bool {
    Looks::of(a).is_like(&Looks::of(b))
}

/// Names that stand beside each other, each told apart from all before it.
#[derive(Debug, Default)]
pub struct Told(HashSet<String>);

impl Told {
    /// Takes a name in. False, if it is like one that was taken in or means the owner.
    pub fn add(&mut self, name: &str) -> bool {
        let looks = Looks::of(name);
        let free = !is_reserved(name) && looks.0.iter().all(|look| !self.0.contains(look));
        self.0.extend(looks.0);
        free
    }
}

/// How a name looks: as it stands and in small letters, since what looks alike differs between the two.
struct Looks([String; 2]);

impl Looks {
    fn of(name: &str) -> Self {
        let plain: String =
            name.nfkc().filter_map(shown).filter(|c| !matches!(c, ' ' | '-' | '_' | '.')).collect();
        Self([look(&plain), look(&plain.to_lowercase())])
    }

    fn is_like(&self, other: &Self) -> bool {
        self.0.iter().any(|look| other.0.contains(look))
    }
}

fn look(text: &str) -> String {
    // Small letters at last: a skeleton may hold capitals. Twice, because those look like others in turn.
    let once: String = skeleton(text).collect::<String>().to_lowercase();
    let twice: String = skeleton(&once).collect::<String>().to_lowercase();
    twice.nfd().filter(|c| !('\u{300}'..='\u{36F}').contains(c)).collect()
}

/// The character as it may stand in a name.
fn shown(c: char) -> Option<char> {
    match c {
        _ if c.is_whitespace() => Some(' '),
        '*' | '·' | '•' | '∙' | '⋅' | '・' | '|' | '(' | ')' | '+' | ',' | '“' | '”' | '"' => {
            Some(' ')
        }
        _ => Some(c).filter(is_visible),
    }
}

/// Whether a reader sees it, or sees by it what stands there: no control, no invisible or direction-changing character.
pub fn is_visible(c: &char) -> bool {
    !c.is_control()
        && !matches!(*c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (given, kept) in [
            ("ana", "ana"),
            ("  ana\t b \n", "ana b"),
            ("\u{1b}[31mred", "[31mred"),
            ("a\u{202e}b\u{200b}", "ab"),
            ("", "peer"),
            ("\u{7}\u{0}", "peer"),
            ("Ána 日本", "Ána 日本"),
            ("A\u{301}na", "Ána"),
            ("ana · you", "ana-you"),
            ("ana (you)", "ana-you"),
            ("ana, this machine", "ana this machine"),
            ("this machine", "this machine"),
            ("--all", "all"),
            ("-", "peer"),
            ("*", "peer"),
            ("ana*", "ana"),
            ("2", "peer"),
            ("2 3", "peer"),
            ("!?", "peer"),
            ("r2d2", "r2d2"),
            ("2.0-ana", "2.0-ana"),
            ("you (ana) + bruno", "you-ana-bruno"),
            ("Y\u{200b}ou 3 hits", "You-3-hits"),
        ] {
            assert_eq!(clean(given, "peer"), kept, "{given:?}");
        }
        // Whose id it is, it names.
        assert_eq!(clean(&PeerId::of_spki(b"ana").to_string(), "peer"), "peer");
        assert_eq!(clean(&"é".repeat(100), "peer").chars().count(), 64);
    }

    #[test]
    fn a_taken_name_gets_a_number_and_stays_short() {
        let taken = ["ana", "ana-2"];
        let free = unique("ana", |n| Ok::<_, ()>(taken.contains(&n)));
        assert_eq!(free.as_deref(), Ok("ana-3"));
        let long = "x".repeat(64);
        let free = unique(&long, |n| Ok::<_, ()>(n == long)).expect("no error");
        assert_eq!(free.chars().count(), 64);
        assert!(free.ends_with("x-2"));
    }

    #[test]
    fn what_means_the_owner_is_reserved_however_it_is_written() {
        for name in [
            "you",
            "YOU",
            "You",
            "yоu",
            "ｙｏｕ",
            "𝐲𝐨𝐮",
            "y\u{200d}o\u{ad}u",
            "y o u",
            "yóu",
            "y0u",
            "уоυ",
            "local",
            "Ioca1",
            "LOCAL",
            "ǀocal",
            "locaⅼ",
            "ⓛⓞⓒⓐⓛ",
            "аgеnt",
            "t00l",
            "me",
            "Me",
            "ME",
            "myself",
            "seIf",
            "ѕеlf",
            "this machine",
            "This-machine",
            "thismachine",
            "all",
            "аll",
        ] {
            assert!(is_reserved(name), "{name:?}");
        }
        for name in ["ana", "youssef", "lo", "yuo", "locally", "Ágnes", "you-2", "日本", "工具"]
        {
            assert!(!is_reserved(name), "{name:?}");
        }
    }

    /// Every way of writing a name otherwise that a reader would not see is told apart from it, and other names
    /// are not.
    #[test]
    fn disguises_are_alike_and_other_names_are_not() {
        const TWINS: &[(char, &str)] = &[
            ('a', "аａ𝐚𝖺ɑá"),
            ('e', "еｅ𝐞é"),
            ('o', "оοｏ0ö"),
            ('p', "рｐ"),
            ('c', "сｃ"),
            ('x', "хｘ"),
            ('i', "іｉíⅰ"),
            ('l', "1Iǀⅼ"),
            ('s', "ѕｓ"),
            ('u', "υｕü"),
            ('b', "ｂ𝐛"),
            ('r', "ｒ𝐫"),
            ('n', "ｎñ"),
        ];
        const NAMES: &[&str] = &["ana", "bruno", "cleo", "paula lopez", "nils", "xenia"];
        let mut disguises = 0;
        for name in NAMES {
            for (at, c) in name.char_indices() {
                let rest = (&name[..at], &name[at + c.len_utf8()..]);
                let twins = TWINS.iter().find(|(of, _)| *of == c).map_or("", |(_, twins)| *twins);
                let upper = c.to_uppercase().to_string();
                let hidden =
                    ["\u{200b}", "\u{2066}", "\u{fe0f}", "\u{e0061}", "\u{34f}", "\u{301}"];
                let each = twins.chars().map(String::from);
                let each = each.chain(hidden.map(|mark| format!("{c}{mark}"))).chain([upper]);
                for other in each {
                    // I and l are alike as they stand, and so are their small letters in turn.
                    let disguise = format!("{}{other}{}", rest.0, rest.1);
                    assert!(are_alike(name, &disguise), "{name:?} {disguise:?}");
                    let other_names = NAMES.iter().filter(|other| *other != name);
                    for other in other_names {
                        assert!(!are_alike(other, &disguise), "{other:?} {disguise:?}");
                    }
                    disguises += 1;
                }
            }
        }
        assert!(disguises > 200, "{disguises}");
        for (a, b) in [("ana", "anna"), ("ana-2", "ana"), ("bruno", "brunо-2"), ("李", "季")] {
            assert!(!are_alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn those_who_stand_beside_each_other_are_told_apart() {
        let mut told = Told::default();
        assert!(told.add("ana"));
        assert!(!told.add("АNА"));
        assert!(told.add("bruno"));
        assert!(!told.add("YOU"));
    }
}
