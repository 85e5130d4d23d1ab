//! Facts survive being kept; damaged bytes are an error, and never harm the resolver.

use camille_code::{Language, Source, Unreadable, decode, encode, extract, resolve};
use proptest::prelude::*;

fn samples() -> Vec<(&'static str, &'static str, Language)> {
    vec![
        ("a.py", include_str!("python.rs"), Language::Python),
        ("a.rs", include_str!("rust.rs"), Language::Rust),
        ("a.go", "package a\nfunc (s *S) f() { s.f(); g() }\ntype S struct{ T }\n", Language::Go),
        (
            "a.ts",
            "export class A<T> { m(x: T) { return x } }\nnew A<string>().m('x')\n",
            Language::TypeScript,
        ),
    ]
}

#[test]
fn what_is_kept_is_what_was_found() {
    for (_, text, language) in samples() {
        let facts = extract(text, language).expect("facts");
        assert_eq!(decode(&encode(&facts)), Ok(facts));
    }
}

#[test]
fn another_version_is_made_anew() {
    let facts = extract("x = 1\n", Language::Python).expect("facts");
    let mut bytes = encode(&facts);
    bytes[0] ^= 0xff;
    assert_eq!(decode(&bytes), Err(Unreadable::Version));
    assert_eq!(decode(&[]), Err(Unreadable::Damaged));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_noticed_or_harmless(which in 0..4_usize, at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let (path, text, language) = samples()[which];
        let mut bytes = encode(&extract(text, language).expect("facts"));
        let at = 2 + at.index(bytes.len() - 2);
        bytes[at] ^= flip;
        if let Ok(facts) = decode(&bytes) {
            let sites = facts.sites.len();
            let graph = resolve(&[Source { path: path.to_owned(), facts }], &[]);
            prop_assert_eq!(graph.outcomes[0].len(), sites);
        }
    }
}
