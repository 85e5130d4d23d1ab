//! How a person says that a session is theirs alone: [`PRIVATE`] as a word, however it is written. What only looks
//! like it, and stands where one writes such a thing (before or behind what is asked, or alone), was surely meant, too:
//! it holds the session until its person releases it. Neither is ever asked of what somebody else wrote.

use super::record::PRIVATE;
use crate::place::{Doing, Mention};
use camille_proto::local::LOOKS_PRIVATE;
use unicode_normalization::UnicodeNormalization;

/// How much of a prompt's first and last line is looked at for what looks like the mark.
const EDGE_CHARS: usize = 48;

/// A text of more than so many bytes that begins with a heading is a document.
const DOCUMENT_BYTES: usize = 600;

/// What is typed in the number sign's place by a neighbouring key, another layout, or for its looks.
const LIKE_SIGNS: &[char] = &['#', '♯', '⌗', '⋕', '£'];

/// The word in other languages, and other words that say just that, folded.
const WORDS: &[&str] = &[
    "prive",
    "privé",
    "privee",
    "privée",
    "privado",
    "privada",
    "privaat",
    "prywatne",
    "prywatny",
    "soukromé",
    "приватно",
    "личное",
    "私密",
    "非公開",
    "비공개",
    "noshare",
    "dontshare",
    "donotshare",
    "unshared",
    "confidential",
];

/// What stands beside the word in a mark that somebody makes up: `#keep-private`, `#private_session`.
const BESIDE: &[&str] = &[
    "keep",
    "make",
    "stay",
    "this",
    "it",
    "is",
    "be",
    "all",
    "only",
    "please",
    "pls",
    "stuff",
    "chat",
    "session",
    "sessions",
    "conversation",
    "convo",
    "talk",
    "thread",
    "prompt",
    "note",
    "mode",
    "share",
    "do",
    "not",
    "no",
    "dont",
];

/// The place that a session has touched whose person wrote what looks like the mark: nobody shares it, and it is in the
/// list of what holds the session.
pub(super) fn place() -> Mention {
    Mention { unknown: Some(String::new()), ..Mention::new(LOOKS_PRIVATE, Doing::Read) }
}

/// Whether a prompt holds [`PRIVATE`] as a word, however it is written: in any case, full-width, with
/// characters between that do not show.
pub(super) fn is_said(prompt: &str) -> bool {
    // Nearly every prompt has nothing that could be the mark's first two characters.
    let begins = |(at, sign): (usize, &str)| could_begin(&prompt[at + sign.len()..]);
    if !prompt.match_indices(SIGNS).any(begins) {
        return false;
    }
    holds_mark(&folded(prompt))
}

/// Whether a text in compatibility form holds [`PRIVATE`] as a word.
fn holds_mark(folded: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '#' | '.');
    folded.match_indices(PRIVATE).any(|(at, _)| {
        let after = &folded[at + PRIVATE.len()..];
        // A full stop may end the sentence.
        let after = after.trim_start_matches('.');
        !folded[..at].ends_with(is_letter) && !after.starts_with(is_letter)
    })
}

/// The characters that are a number sign in compatibility form.
const SIGNS: [char; 3] = ['#', '\u{ff03}', '\u{fe5f}'];

/// Whether what follows a number sign could go on as [`PRIVATE`] does: what shows first of it is its letter.
fn could_begin(after: &str) -> bool {
    let shown = after.chars().map(|c| folded(c.encode_utf8(&mut [0; 4]))).find(|c| !c.is_empty());
    shown.is_some_and(|first| first.as_bytes().first() == PRIVATE.as_bytes().get(1))
}

/// The text in compatibility form and lower case, without what does not show and without the dots that
/// Turkish letters lose or gain.
fn folded(text: &str) -> String {
    let is_hidden = |c: char| {
        matches!(
            c,
            '\u{ad}' | '\u{307}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{20e3}' | '\u{feff}'
        ) || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}')
            || matches!(c, '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
    };
    text.nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| !is_hidden(*c))
        .map(|c| if c == 'ı' { 'i' } else { c })
        .nfkc()
        .collect()
}

/// Whether a prompt that does not say [`PRIVATE`] has something at its beginning or its end that looks like it.
pub(super) fn is_nearly_said(prompt: &str) -> bool {
    if let Some(note) = memory(prompt) {
        return is_nearly_said(&format!("# {note}"));
    }
    let prompt = unwrapped(prompt.trim());
    let (first, last) = (prompt.lines().next(), prompt.lines().next_back());
    let (Some(first), Some(last)) = (first, last) else { return false };
    let is_alone = first.len() == prompt.len();
    begins(&edge(first, false), is_alone, is_document(prompt))
        || (ends(&edge(last, true)) && !is_member(last))
}

/// What stands in the tags of a harness in which the whole text stands.
fn unwrapped(mut text: &str) -> &str {
    while let Some((tag, rest)) = text.strip_prefix('<').and_then(|rest| rest.split_once('>'))
        && let Some(inner) = rest.strip_suffix(&format!("</{tag}>"))
    {
        text = inner.trim();
    }
    text
}

/// What a person told Claude Code to remember, by a number sign before it that is not kept.
fn memory(prompt: &str) -> Option<&str> {
    let (_, note) = prompt.split_once("<user-memory-input>")?;
    Some(note.split_once("</user-memory-input>").map_or(note, |(note, _)| note))
}

/// A line's beginning or end, folded. What does not hold anything that looks like a sign is empty.
fn edge(line: &str, last: bool) -> String {
    let at = if last {
        line.char_indices().rev().nth(EDGE_CHARS - 1).map_or(0, |(at, _)| at)
    } else {
        line.char_indices().nth(EDGE_CHARS).map_or(line.len(), |(at, _)| at)
    };
    let edge = if last { &line[at..] } else { &line[..at] };
    let is_sign = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let is_spoken = |edge: &str| edge.to_ascii_lowercase().contains("hash");
    if edge.contains(is_sign) || is_spoken(edge) { folded(edge) } else { String::new() }
}

/// Whether a text that begins with a heading is one that somebody pasted, not a prompt with a mark before it.
fn is_document(prompt: &str) -> bool {
    prompt.len() > DOCUMENT_BYTES || prompt.lines().skip(1).any(|line| line.starts_with('#'))
}

/// Whether a first line begins with what looks like the mark. `is_alone`: nothing follows the line.
fn begins(line: &str, is_alone: bool, is_document: bool) -> bool {
    let line = line.trim().trim_start_matches(['"', '\'', '“', '„', '«', '>', '`']).trim_start();
    if let Some(rest) = line.strip_prefix("hashtag").map(str::trim_start) {
        return is_word(split_word(rest).0, false);
    }
    let Some((gap, rest)) = signed(line) else {
        return is_wrapped(line, is_alone) || is_behind(line);
    };
    let (word, after) = split_word(rest);
    if !is_word(word, after.trim().is_empty()) {
        return false;
    }
    // `# Private API` is a heading, `#privat` is none, and `# private: …` goes on like a mark.
    let is_tight = !gap.contains(char::is_whitespace);
    let is_ended = after.trim_start().is_empty()
        || !after.trim_start().starts_with(|c: char| c.is_alphanumeric() || c == '`')
        || BESIDE.contains(&split_word(after.trim_start()).0);
    is_tight || (is_ended && !is_document)
}

/// Whether a last line ends with what looks like the mark.
fn ends(line: &str) -> bool {
    let line = line.trim_end_matches(|c: char| !c.is_alphanumeric() && !LIKE_SIGNS.contains(&c));
    let word = line.rsplit(|c: char| !is_of_word(c)).next().unwrap_or_default();
    let before = &line[..line.len() - word.len()];
    if before.trim_end().ends_with("hashtag") {
        return is_word(word, false);
    }
    let mut tokens = line.rsplit(char::is_whitespace);
    let (last, ahead) = (tokens.next().unwrap_or_default(), tokens.next().unwrap_or_default());
    let is_bare = |token: &str| is_behind(token.trim_start_matches(['(', '[', '"', '\'']));
    if is_bare(last) || (last.len() < 4 && is_bare(&format!("{ahead}{last}"))) {
        return true;
    }
    let Some(at) = before.rfind(LIKE_SIGNS) else { return false };
    let gap = before[at..].trim_start_matches(LIKE_SIGNS);
    let ahead = before[..at].trim_end_matches(LIKE_SIGNS);
    let glued = ahead.rsplit(char::is_whitespace).next().unwrap_or_default();
    let glued = glued.trim_start_matches(['(', '[', '"', '\'']);
    // `c# private` and `x.md#private` are what they are; `please#private` lacks a space.
    let is_apart = glued.is_empty()
        || (gap.is_empty() && glued.len() > 2 && glued.chars().all(char::is_lowercase));
    is_apart && gap.chars().count() <= 3 && is_word(word, ahead.trim().is_empty())
}

/// `Account#private`, which is a method's name.
fn is_member(line: &str) -> bool {
    let last = line.rsplit(char::is_whitespace).next().unwrap_or_default();
    last.split_once('#').is_some_and(|(class, _)| class.contains(char::is_uppercase))
}

/// What stands behind one to three number signs at the beginning of a text, or what is taken for them: up to three
/// characters that are no letters, and the rest.
fn signed(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix(LIKE_SIGNS)?.trim_start_matches(LIKE_SIGNS);
    let word = rest.find(char::is_alphanumeric)?;
    (rest[..word].chars().count() <= 3).then(|| rest.split_at(word))
}

/// `[private]` before a prompt; and alone in its line the word behind any other sign, as in `/private`.
fn is_wrapped(line: &str, is_alone: bool) -> bool {
    for (open, close) in [('[', ']'), ('(', ')'), ('<', '>'), ('{', '}')] {
        let inner = line.strip_prefix(open).and_then(|inner| inner.split_once(close));
        if let Some((inner, _)) = inner {
            return inner.trim() == &PRIVATE[1..];
        }
    }
    let word = line.trim_start_matches([
        '/', '@', '!', '\\', '*', '$', '~', ':', '+', '=', '%', '&', '^', '-',
    ]);
    let is_signed = word.len() < line.len() && line.len() - word.len() <= 2;
    let (word, after) = split_word(word);
    let goes_on = line.starts_with(['/', '!']) && after.starts_with(' ');
    let is_over = !after.contains(|c: char| c.is_alphanumeric() || c == '/');
    is_signed && is_word(word, false) && (is_over && is_alone || goes_on)
}

/// `private#`: the sign on the wrong side.
fn is_behind(line: &str) -> bool {
    let (word, after) = split_word(line);
    let after = after.trim();
    word == &PRIVATE[1..] && !after.is_empty() && after.chars().all(|c| LIKE_SIGNS.contains(&c))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !is_of_word(c)).unwrap_or(text.len()))
}

/// Whether a word is the mark's, or nearly. `is_alone`: nothing else stands in its line.
fn is_word(word: &str, is_alone: bool) -> bool {
    let meant = &PRIVATE[1..];
    let is_it = |word: &str| word == meant || WORDS.contains(&word);
    let word = word.trim_matches(['_', '-']);
    if is_it(word) || is_one_edit_apart(word, meant) {
        return true;
    }
    let joined = word.replace(['_', '-'], "");
    if is_it(&joined) {
        return true;
    }
    if joined.len() < word.len() {
        let mut pieces = word.split(['_', '-']);
        let is_beside = |piece: &str| is_it(piece) || is_alone || BESIDE.contains(&piece);
        return pieces.clone().any(is_it) && pieces.all(is_beside);
    }
    let rest = word.strip_prefix(meant).or_else(|| word.strip_suffix(meant));
    rest.is_some_and(|rest| BESIDE.contains(&rest))
}

/// Whether one letter is wrong, missing or too much, or two are swapped.
fn is_one_edit_apart(a: &str, b: &str) -> bool {
    let (mut a, mut b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    while a.last().is_some_and(|last| b.last() == Some(last)) {
        a.pop();
        b.pop();
    }
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    (a.len() <= 1 && b.len() <= 1) || matches!((a, b), ([p, q], [r, s]) if p == s && q == r)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people write who mean the mark, alone.
    const MEANT: &[&str] = &[
        "# private",
        "#  private",
        "# Private",
        "#privat",
        "#Privat",
        "#prviate",
        "#privte",
        "#pirvate",
        "#privatee",
        "#privaet",
        "#prifate",
        "#orivate",
        "##private",
        "## private",
        "#-private",
        "#_private",
        "#.private",
        "#\"private\"",
        "#pri-vate",
        "#private_session",
        "#private-chat",
        "#keep-private",
        "#keepprivate",
        "#privateplease",
        "♯private",
        "£private",
        "#privé",
        "#privado",
        "#privato",
        "#Приватно",
        "#私密",
        "#no-share",
        "#noshare",
        "#do_not_share",
        "#confidential",
        "hashtag private",
        "Hashtag Private",
        "private#",
        "private #",
        "#️⃣ private",
        "# # private",
        "＃ private",
        "＃privat",
        "#privates",
        "#private2",
    ];

    /// Ways to put it beside what is asked.
    const AROUND: &[(&str, &str)] = &[
        ("", ""),
        ("", "."),
        (" ", "\n"),
        ("", "\n\nWhy does the login fail?"),
        ("Why does the login fail? ", ""),
        ("Why does the login fail?\n\n", ""),
        ("Why does the login fail, I ask you, and who would know of it? ", "!"),
        ("why does the login fail (", ")"),
        ("why does the login fail - ", " "),
    ];

    #[test]
    fn what_looks_like_the_mark_at_an_edge_was_meant() {
        for meant in MEANT {
            for (before, after) in AROUND {
                let prompt = format!("{before}{meant}{after}");
                assert!(is_said(&prompt) || is_nearly_said(&prompt), "{prompt:?}");
            }
        }
        for prompt in [
            "[private] why does it fail?",
            "[Private]",
            "(private)",
            "<private>",
            "{private}",
            "(private) why?",
            "/private",
            "/Private",
            "/privat",
            "/private please",
            "!private",
            "@private",
            "\\private",
            "*private*",
            "**private**",
            "$private",
            "$private ",
            "--private",
            "please#private",
            "why does it fail, please#private",
            "# private please",
            "# private, why does it fail?",
            "# private: why?",
            "# private - why?",
            "#privat why?",
            "<user-memory-input>private</user-memory-input>",
            "<user-memory-input> Private!</user-memory-input>",
            "# private\nwhy does it fail?",
            "> # private\nwhy?",
        ] {
            assert!(is_nearly_said(prompt), "{prompt:?}");
        }
    }

    #[test]
    fn ordinary_text_is_no_mark() {
        let long = format!("# Private\n\n{}", "The keys lie in a safe. ".repeat(40));
        for prompt in [
            "private",
            "Private.",
            "is it private?",
            "private: the key",
            "make the field private",
            "a private matter",
            "#privateer",
            "look at the #privateer",
            "#privacy",
            "#privately",
            "style #private-key",
            "#privilege",
            "#provide",
            "#pirates",
            "# Private API",
            "# Private API\n\nThese functions …",
            "# private fields begin with _",
            "## Private methods",
            "# Privacy",
            "#1 private repo",
            "# Private\n\nText.\n\n# Public\n\nText.",
            &long,
            "see Account#private",
            "see https://x.example/a.md#private",
            "docs/a.md#private",
            "gh repo create x --private",
            "ls /private",
            "ls /private/tmp",
            "/private/tmp/x.log",
            "mark it as @private",
            "Fix #12, private repo",
            "#12",
            "#",
            "# ",
            "##",
            "",
            " ",
            "hash private keys",
            "set visibility to (private)",
            "is this [private]?",
            "- private",
            "* private: no",
            "* private",
            "the private #1",
            "C# private",
            "use c# private fields",
            "#include <private>",
            "#define private public",
            "$private = 1",
            "@private x = 1",
            "#!/usr/bin/env private-tool",
            "<user-memory-input>private fields begin with _</user-memory-input>",
            "#primary",
            "#derivate",
            "#prime",
            "private/public",
            "\"private\"",
            "# privates Netz",
            "const x = '#privat' + y",
        ] {
            assert!(!is_said(prompt) && !is_nearly_said(prompt), "{prompt:?}");
        }
    }

    #[test]
    fn within_a_prompt_it_is_text() {
        for meant in MEANT {
            let prompt = format!("the docs say {meant} is a mark of camille's, is that right?");
            assert!(!is_nearly_said(&prompt), "{prompt:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_slip_of_the_finger_is_seen(at in 0..7_usize, slip in 0..4_u8, letter in "[a-z]", edge in 0..3_u8) {
            let mut word: Vec<char> = PRIVATE[1..].chars().collect();
            let letter = letter.chars().next().unwrap_or('x');
            match slip {
                0 => word[at] = letter,
                1 => drop(word.remove(at)),
                2 => word.insert(at, letter),
                _ if at > 0 => word.swap(at - 1, at),
                _ => {}
            }
            let word: String = word.into_iter().collect();
            let prompt = match edge {
                0 => format!("#{word}"),
                1 => format!("#{word} why does it fail?"),
                _ => format!("why does it fail? #{word}"),
            };
            proptest::prop_assert!(is_said(&prompt) || is_nearly_said(&prompt), "{}", prompt);
        }

        #[test]
        fn it_never_fails(prompt in "\\PC{0,80}", before in "[#♯ \\[(/]{0,3}", after in "\\PC{0,60}") {
            is_nearly_said(&format!("{before}{prompt}private{after}"));
        }
    }

    #[test]
    fn the_mark_is_heard_however_it_is_written() {
        for prompt in [
            "#private",
            "keep it #Private please",
            "#PRIVATE.",
            "(#pRiVaTe)",
            "＃private",
            "＃ＰＲＩＶＡＴＥ",
            "#ｐｒｉｖａｔｅ、",
            "#PRİVATE",
            "#prıvate",
            "#\u{fe0f}\u{20e3}private",
            "#pri\u{ad}vate",
            "\u{200b}#\u{200b}private\u{200b}",
            "﹟private",
            "#𝐩𝐫𝐢𝐯𝐚𝐭𝐞",
            "é #private",
        ] {
            assert!(is_said(prompt), "{prompt}");
        }
        for prompt in [
            "private",
            "# private",
            "#privately",
            "#private-key",
            "a#private",
            "##private",
            "#private.example",
            "#private_x",
            "＃privately",
            "#privateé",
            "é#private",
            "#PRIVATEER",
        ] {
            assert!(!is_said(prompt), "{prompt}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_case_and_width_is_heard(picks in proptest::collection::vec(0..4_u8, PRIVATE.len())) {
            let written: String = PRIVATE
                .chars()
                .zip(&picks)
                .map(|(c, pick)| {
                    let wide = |c: char| char::from_u32(c as u32 + 0xfee0).unwrap_or(c);
                    match pick {
                        0 => c,
                        1 => c.to_ascii_uppercase(),
                        2 => wide(c),
                        _ => wide(c.to_ascii_uppercase()),
                    }
                })
                .collect();
            let prompt = format!("look at this {written}, then stop");
            proptest::prop_assert!(is_said(&prompt));
        }

        #[test]
        fn what_is_not_looked_at_closely_holds_no_mark(
            pieces in proptest::collection::vec(proptest::sample::select(vec![
                "#", "＃", "﹟", "#p", "＃Ｐ", "#private", "private", "#prıvate", "\u{20e3}", "\u{fe0f}",
                "\u{307}", "\u{301}", "\u{338}", "\u{200b}", "é", "p\u{301}", "𝐩𝐫𝐢𝐯𝐚𝐭𝐞", " ", "a", "—",
            ]), 0..12),
        ) {
            let prompt = pieces.concat();
            proptest::prop_assert_eq!(is_said(&prompt), holds_mark(&folded(&prompt)));
        }
    }

    #[test]
    fn all_number_signs_are_known() {
        let is_sign = |c: &char| folded(&c.to_string()).contains('#');
        let mut signs: Vec<char> = ('\0'..=char::MAX).filter(is_sign).collect();
        signs.retain(|sign| !SIGNS.contains(sign));
        assert!(signs.is_empty(), "{signs:?}");
    }
}
