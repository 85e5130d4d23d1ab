//! Whatever the bytes are: facts or a reason, never a panic, and the resolver takes whatever facts come of it.

use camille_code::{Language, Source, Trouble, extract, resolve, text_of};
use proptest::prelude::*;

const LANGUAGES: &[(&str, Language)] = &[
    ("a.py", Language::Python),
    ("a.ts", Language::TypeScript),
    ("a.tsx", Language::Tsx),
    ("a.js", Language::JavaScript),
    ("a.rs", Language::Rust),
    ("a.go", Language::Go),
    ("a.java", Language::Java),
    ("a.cpp", Language::Cpp),
];

/// Pieces that the languages are made of, so that random texts get somewhere.
const PIECES: &[&str] = &[
    "def f(x):\n",
    "class A(B):\n",
    "    ",
    "return ",
    "\n",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "=>",
    "import a from 'b'\n",
    "from a import *\n",
    "self.",
    "this.",
    "x",
    "f",
    "A",
    ".",
    ",",
    ":",
    ";",
    "=",
    "'",
    "\"",
    "`",
    "${",
    "<",
    ">",
    "/>",
    "await ",
    "async ",
    "function ",
    "const ",
    "interface I ",
    "export default ",
    "fn f() ",
    "impl A for B ",
    "use a::b;\n",
    "func (a *A) f() ",
    "package a\n",
    "public class A ",
    "#define X(y) y\n",
    "struct S ",
    "::",
    "->",
    "*",
    "&",
    "é",
    "\u{0}",
    "lambda x: x",
    "for x in y:\n",
    "if isinstance(x, A):\n",
    "match x ",
    "type A = B\n",
    "@d\n",
    "//",
    "/*",
    "#",
];

fn reads(bytes: &[u8]) {
    let text = text_of(bytes);
    for (path, language) in LANGUAGES {
        match extract(&text, *language) {
            Ok(facts) => {
                for index in 0..facts.symbols.len() {
                    let _ = facts.qualified(camille_code::facts::SymbolId(
                        u32::try_from(index).expect("few"),
                    ));
                }
                let files = [Source { path: (*path).to_owned(), facts }];
                let graph = resolve(&files, &[]);
                assert_eq!(graph.outcomes[0].len(), files[0].facts.sites.len());
            }
            Err(trouble) => assert_ne!(trouble, Trouble::Panicked, "{language:?}: {text:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        reads(&bytes);
    }

    #[test]
    fn random_pieces_never_panic(pieces in proptest::collection::vec(0..PIECES.len(), 0..120)) {
        let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        reads(text.as_bytes());
    }
}

#[test]
fn files_cut_anywhere_never_panic() {
    for text in [
        include_str!("../src/resolve/call.rs"),
        include_str!("python.rs"),
        include_str!("script.rs"),
    ] {
        for end in (0..text.len()).step_by(397) {
            reads(&text.as_bytes()[..end]);
        }
    }
}

#[test]
fn what_is_nested_without_end_costs_no_stack() {
    for piece in [
        "(",
        "[",
        "{",
        "((x)=>",
        "!",
        "- ",
        "a?",
        "a=>",
        "if(a)",
        "else if(a)",
        "`${",
        "<a>",
        "x = [",
        "f(",
        "not ",
        "lambda: ",
        "a.",
        "typeof ",
        "new ",
        "await ",
        "do ",
        "a:",
        "if(a,b)",
        "if({})",
        "class A extends ",
        "a=",
        "a**",
        "x:y=>",
    ] {
        for times in [500, 14_000] {
            reads(piece.repeat(times).as_bytes());
        }
    }
}
