//! How a person says that a session is theirs alone: [`PRIVATE`] as a word, however it is written. What only looks
//! like it, and stands where one writes such a thing (before or behind what is asked, or alone), was surely meant, too:
//! it holds the session until its person releases it. Neither is ever asked of what somebody else wrote.

mod dress;
mod mention;
mod word;

use super::record::PRIVATE;
use crate::place::{Doing, Mention};
use camille_proto::local::LOOKS_PRIVATE;
use dress::At;
use mention::{fences, is_spoken_of};
use unicode_normalization::UnicodeNormalization;
use word::{BESIDE, LIKE_SIGNS, is_mark, is_of_word, is_word, split_word};

/// How much of a prompt's first and last line is looked at for what looks like the mark.
const EDGE_CHARS: usize = 48;

/// A text of more than so many bytes that begins with a heading is a document.
const DOCUMENT_BYTES: usize = 600;

/// The place that a session has touched whose person wrote what looks like the mark: nobody shares it, and it is in the
/// list of what holds the session.
pub(super) fn place() -> Mention {
    Mention { unknown: Some(String::new()), ..Mention::new(LOOKS_PRIVATE, Doing::Read) }
}

/// Whether a prompt says [`PRIVATE`] as a word, however it is written: in any case, full-width, with characters between
/// that do not show. Where it is spoken of, as in code, in quotes, or in a compiler's message, it is not said.
pub(super) fn is_said(prompt: &str) -> bool {
    says(prompt, &['\'', '"', '`'])
}

/// Whether a summary says it, which may put a person's words in quotes.
pub(super) fn is_repeated(summary: &str) -> bool {
    says(summary, &['\'', '`'])
}

fn says(prompt: &str, quotes: &[char]) -> bool {
    // Nearly every prompt has nothing that could be the mark's first two characters.
    let begins = |(at, sign): (usize, &str)| could_begin(&prompt[at + sign.len()..]);
    prompt.match_indices(SIGNS).any(begins) && holds_mark(&folded(prompt), quotes)
}

/// Whether a text in compatibility form holds [`PRIVATE`] as a word that is said.
fn holds_mark(folded: &str, quotes: &[char]) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '#' | '.');
    let mut fenced = None;
    folded.match_indices(PRIVATE).any(|(at, _)| {
        let (before, after) = (&folded[..at], &folded[at + PRIVATE.len()..]);
        // A full stop may end the sentence, and a stroke an emphasis or nothing.
        let rest = after.trim_start_matches(['.', '_', '-']);
        let bare = before.trim_end_matches(['_', '-']);
        let is_word =
            (!bare.ends_with(is_letter) || bare.ends_with("..")) && !rest.starts_with(is_letter);
        let before = before.rsplit('\n').next().unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default();
        is_word
            && !is_spoken_of(before, after, quotes)
            && !fenced.get_or_insert_with(|| fences(folded)).iter().any(|fence| fence.contains(&at))
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
    let prompt = prompt.trim();
    let whole = unwrapped(prompt);
    if whole.len() < prompt.len() && prompt.starts_with("<private>") {
        return true;
    }
    let prompt = whole;
    let (first, last) = (prompt.lines().next(), prompt.lines().next_back());
    let (Some(first), Some(last)) = (first, last) else { return false };
    let is_alone = first.len() == prompt.len();
    let (head, tail) = (edge(first, false), edge(last, true));
    if begins(&head, is_alone, is_document(prompt)) || (ends(&tail) && !is_member(last)) {
        return true;
    }
    let [at_first, at_last] = if is_alone { [At::Alone; 2] } else { [At::First, At::Last] };
    let below = prompt.lines().nth(1).unwrap_or_default();
    let above = prompt.lines().rev().nth(1).unwrap_or_default();
    dress::begins(&head, at_first, below)
        || dress::ends(&tail, at_last, above)
        || (!is_alone && stands_alone(prompt))
}

/// Whether a line between the first and the last is nothing but what looks like the mark, and no code is beside it.
fn stands_alone(prompt: &str) -> bool {
    let (mut above, mut lines) = ("", prompt.lines().peekable());
    let mut is_fenced = false;
    while let Some(line) = lines.next() {
        let shown = line.trim();
        is_fenced ^= shown.starts_with("```") || shown.starts_with("~~~");
        let is_dress = |c: char| !c.is_alphanumeric();
        let could = shown.len() <= EDGE_CHARS
            && shown.starts_with(is_dress)
            && !shown.starts_with(['-', '`', '.', '/', '>'])
            && !is_fenced;
        let below = lines.peek().copied().unwrap_or_default();
        if could && !mention::is_code(above) && !mention::is_code(below) {
            let folded = folded(shown);
            let tight = folded.strip_prefix(LIKE_SIGNS).is_some_and(|word| {
                let (word, after) = split_word(word);
                is_mark(word) && !after.contains(char::is_alphanumeric)
            });
            if tight || dress::begins(&folded, At::Within, below) {
                return true;
            }
        }
        above = line;
    }
    false
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
    let is_short = line.len() <= PRIVATE.len() * 3;
    if is_short || edge.contains(is_sign) || is_spoken(edge) { folded(edge) } else { String::new() }
}

/// Whether a text that begins with a heading is one that somebody pasted, not a prompt with a mark before it.
fn is_document(prompt: &str) -> bool {
    prompt.len() > DOCUMENT_BYTES || prompt.lines().skip(1).any(|line| line.starts_with('#'))
}

/// Whether a first line begins with what looks like the mark. `is_alone`: nothing follows the line.
fn begins(line: &str, is_alone: bool, is_document: bool) -> bool {
    let is_dress = |c: char| "\"'“„«>`[({<*_~".contains(c);
    let line = line.trim().trim_start_matches(is_dress).trim_start();
    if let Some(rest) = line.strip_prefix("hashtag").map(str::trim_start) {
        return is_word(split_word(rest).0, false);
    }
    let Some((gap, rest)) = signed(line) else {
        return (is_alone && is_behind_sign(line)) || is_behind(line);
    };
    if gap.starts_with('!') {
        return false;
    }
    // `#no share`, `#don't-share`
    let phrase = rest.split(|c: char| !is_of_word(c) && !matches!(c, ' ' | '\'' | '’')).next();
    let token = rest.split(char::is_whitespace).next();
    if gap.is_empty() && (is_mark(phrase.unwrap_or_default()) || is_mark(token.unwrap_or_default()))
    {
        return !mention::goes_on(&rest[token.unwrap_or_default().len()..], false);
    }
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
    let glued = glued.trim_start_matches(|c: char| "([{<*_~\"'`“".contains(c));
    // The full stop of a sentence before it; `this.#private` is code.
    let sentence = glued.strip_suffix('.').filter(|_| ahead.trim().contains(' '));
    let glued = sentence.filter(|word| !matches!(*word, "this" | "self" | "that")).unwrap_or(glued);
    // `c# private` and `x.md#private` are what they are; `please#private` lacks a space.
    let is_apart = glued.is_empty()
        || (gap.is_empty() && glued.len() > 2 && glued.chars().all(char::is_lowercase));
    is_apart
        && !gap.starts_with('!')
        && gap.chars().count() <= 3
        && is_word(word, ahead.trim().is_empty())
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

/// Alone in its line the word behind any other sign, as in `--private`; and what goes on behind a stroke.
fn is_behind_sign(line: &str) -> bool {
    let word = line.trim_start_matches([
        '/', '@', '!', '\\', '*', '$', '~', ':', '+', '=', '%', '&', '^', '-',
    ]);
    let is_signed = word.len() < line.len() && line.len() - word.len() <= 2;
    let (word, after) = split_word(word);
    let is_over = !after.contains(|c: char| c.is_alphanumeric() || c == '/');
    is_signed && is_word(word, false) && is_over
}

/// `private#`: the sign on the wrong side.
fn is_behind(line: &str) -> bool {
    let (word, after) = split_word(line);
    let after = after.trim();
    word == &PRIVATE[1..] && !after.is_empty() && after.chars().all(|c| LIKE_SIGNS.contains(&c))
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
    fn what_speaks_of_the_mark_in_code_says_nothing() {
        for text in [
            "error TS2322: Property '#private' in type 'A' refers to a different member",
            "Cannot read private member #private from an object whose class did not declare it",
            "export declare class A {\n    #private;\n}\nwhat is that?",
            "why?\n```ts\nclass A {\n  #private = 1;\n}\n```\nthanks",
            "#private { display: none } does not apply",
            "get #private() returns nothing",
            "obj.#private = 1 is a syntax error?",
            "the link [keys](#private) is dead",
            "use `#private` instead of `_private`",
            "#!private",
            "#primate house",
        ] {
            assert!(!is_said(text) && !is_nearly_said(text), "{text:?}");
        }
        for text in
            ["\"#private\"", "salary talk.#private", "`#private` salary", "what is '#private'"]
        {
            assert!(!is_said(text) && is_nearly_said(text), "{text:?}");
        }
        assert!(is_repeated("All user messages: \"#private\", \"go on\""));
    }

    #[test]
    fn a_dressed_word_that_a_sentence_or_code_speaks_of_is_text() {
        for text in [
            "[global]\nworkgroup = X\n\n[private]\npath = /srv/x\nwhy?",
            "[private]\npath = /srv/private\n\nwhy does samba refuse it?",
            "[private] label is missing on the card",
            "(private) members are listed in the docs",
            "<private> element of a project file",
            "<private>false</private> is ignored",
            "**private** should be bold",
            "!private in the glob excludes too much",
            "@private is ignored by the docs",
            "private:\n  int b;\nwhy does it not compile?",
            "public:\n  int a;\nprivate:\n  int b;\nwhy?",
            "private: true is missing in package.json",
            "public\nprivate",
            "- public\n- private",
            "(private|public) does not match",
            "[private](docs/private.md) is dead",
            "[private, public].join()",
            "foo(private)",
            "x[private]",
            "arr = [private]",
            "the button says [private]",
            "| private | public |\n|---|---|",
            "/private/tmp/x is a link",
            "~private branch",
            "private!important in the style",
            "private::foo is not found",
            "private -> public",
            "_private is mangled",
            "no-share",
            "No share button on mobile",
            "do not share state between tests",
        ] {
            assert!(!is_said(text) && !is_nearly_said(text), "{text:?}");
        }
    }

    /// How the word is dressed.
    const DRESSES: &[(&str, &str)] = &[
        ("[", "]"),
        ("[ ", " ]"),
        ("[[", "]]"),
        ("[#", "]"),
        ("(", ")"),
        ("(#", ")"),
        ("(", "!)"),
        ("{", "}"),
        ("<", ">"),
        ("【", "】"),
        ("「", "」"),
        ("*", "*"),
        ("**", "**"),
        ("***", "***"),
        ("~~", "~~"),
        ("==", "=="),
        ("=== ", " ==="),
        ("🔒", "🔒"),
        ("🤫 ", " 🤫"),
        ("_#", "_"),
        ("**#", "**"),
    ];

    /// What is dressed.
    const CORES: &[&str] = &[
        "private",
        "PRIVATE",
        "Privat",
        "privado",
        "no-share",
        "noshare",
        "do not share",
        "don't share",
        "confidential",
        "keep private",
        "private chat",
        "vertraulich",
        "私有",
    ];

    proptest::proptest! {
        #[test]
        fn a_dressed_word_at_an_edge_or_in_its_own_line_was_meant(
            dress in proptest::sample::select(DRESSES), core in proptest::sample::select(CORES), place in 0..9_usize,
            talk in "(my |the )?(salary|contract|notice|review)( with [A-Z][a-z]{2,6})?",
        ) {
            let mark = format!("{}{core}{}", dress.0, dress.1);
            let prompt = match place {
                0 => mark,
                1 => format!("{mark} {talk}"),
                2 => format!("{mark}\n{talk}"),
                3 => format!("{mark}\n\n{talk}, please"),
                4 => format!("{talk} {mark}"),
                5 => format!("what of {talk}? {mark}."),
                6 => format!("{talk}\n{mark}"),
                7 => format!("{talk}\n\n{mark}\n"),
                _ => format!("{talk}\n\n{mark}\n\nwhat do you think?"),
            };
            proptest::prop_assert!(is_said(&prompt) || is_nearly_said(&prompt), "{:?}", prompt);
        }

        #[test]
        fn a_label_in_the_first_line_was_meant(
            core in proptest::sample::select(&["private", "PRIVATE", "Privat", "No-share", "Confidential"][..]),
            end in proptest::sample::select(&[":", "!", " —", "\n", ".\n", ":\n", "!\n\n"][..]),
            talk in "(my |the )?(salary|contract|notice|review)( with [A-Z][a-z]{2,6})?",
        ) {
            let prompt = format!("{core}{end} {talk}");
            proptest::prop_assert!(is_nearly_said(&prompt), "{:?}", prompt);
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
            proptest::prop_assume!(word != "primate");
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
            proptest::prop_assert_eq!(is_said(&prompt), holds_mark(&folded(&prompt), &['\'', '"', '`']));
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
