//! Marks that keep a session to its person, and words that only speak of them.

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
    for text in ["\"#private\"", "salary talk.#private", "`#private` salary", "what is '#private'"]
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
