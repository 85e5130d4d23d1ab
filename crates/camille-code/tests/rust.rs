//! Rust: what a call means.

mod graph;

use graph::calls_with;

const MANIFESTS: &[(&str, &str)] = &[
    ("one/Cargo.toml", "[package]\nname = \"one\"\n"),
    ("two/Cargo.toml", "[package]\nname = \"two-crate\"\n"),
];

#[test]
fn paths_follow_modules_crates_and_reexports() {
    let files = [
        (
            "one/src/lib.rs",
            "mod inner;\nuse two_crate::{deep, go as start};\nuse inner::*;\nfn f() {\n    deep::down();\n    start();\n    shown();\n    crate::inner::shown();\n    std::mem::drop(1);\n}\nmod tests {\n    use super::*;\n    fn t() { f(); }\n}\n",
        ),
        ("one/src/inner.rs", "pub fn shown() { super::f() }\n"),
        ("two/src/lib.rs", "pub mod deep;\npub use deep::down as go;\n"),
        ("two/src/deep/mod.rs", "pub fn down() {}\n"),
    ];
    assert_eq!(
        calls_with(&files, MANIFESTS),
        [
            "5 down → two/src/deep/mod.rs:down (import)",
            "6 start → two/src/deep/mod.rs:down (import)",
            "7 shown → one/src/inner.rs:shown (import)",
            "8 shown → one/src/inner.rs:shown (import)",
            "9 drop → outside: std.mem.drop",
            "13 f → one/src/lib.rs:f (exact-scope)",
        ]
    );
}

#[test]
fn types_of_fields_generics_results_patterns_and_closures() {
    let text = "\
use std::sync::Arc;
struct Item;
impl Item { fn go(&self) -> Option<Item> { None } }
trait Named { fn name(&self) -> Item; fn twice(&self) { self.name().go(); } }
impl Named for Item { fn name(&self) -> Item { Item } }
struct Store<T> { all: Vec<Arc<T>>, one: Result<T, String> }
impl<T: Named> Store<T> {
    fn get(&self) -> &T { &self.all[0] }
    fn run(&self) { self.get().name().go(); }
}
enum Event { Came(Item), Went { item: Item } }
fn f(store: Store<Item>, event: Event) -> Option<()> {
    store.get().go()?.go();
    store.all.iter().map(|one| one.go()).next();
    if let Ok(item) = &store.one { item.go(); }
    match event {
        Event::Came(item) => item.go(),
        Event::Went { item } => item.go(),
    };
    let store = store.get();
    store.go();
    assert!(store.go().is_some(), \"{}\", 1);
    None
}
";
    let found: Vec<String> = calls_with(&[("src/lib.rs", text)], &[]);
    let found: Vec<&String> =
        found.iter().filter(|call| call.contains(" go ") || call.contains(" name ")).collect();
    assert_eq!(
        found,
        [
            "4 name → src/lib.rs:Named.name (self)",
            "4 go → src/lib.rs:Item::go (typed)",
            "9 name → src/lib.rs:Named.name (interface)",
            "9 go → src/lib.rs:Item::go (typed)",
            "13 go → src/lib.rs:Item::go (typed)",
            "13 go → src/lib.rs:Item::go (typed)",
            "14 go → src/lib.rs:Item::go (typed)",
            "15 go → src/lib.rs:Item::go (typed)",
            "17 go → src/lib.rs:Item::go (typed)",
            "18 go → src/lib.rs:Item::go (typed)",
            "21 go → src/lib.rs:Item::go (typed)",
            "22 go → src/lib.rs:Item::go (typed)",
        ]
        .map(|line| line.replace("Named.", "Named::"))
        .iter()
        .collect::<Vec<_>>()
    );
}

#[test]
fn macros_that_take_code_are_read_as_code() {
    let text = "\
struct Dir;
impl Dir { fn create(&self) {} }
rgtest!(name, |dir: Dir, other: u8| {
    let copy = dir;
    copy.create();
});
";
    let found = calls_with(&[("src/lib.rs", text)], &[]);
    assert!(found.contains(&"5 create → src/lib.rs:Dir::create (typed)".to_owned()), "{found:?}");
}
