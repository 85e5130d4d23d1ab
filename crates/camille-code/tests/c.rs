//! C and C++: what a call means.

mod graph;

use graph::calls;

#[test]
fn prototypes_statics_and_headers() {
    let files = [
        (
            "a.c",
            "#include \"lib.h\"\nstatic int own(void) { return 1; }\nint main(void) {\n  own();\n  shared(1);\n  printf(\"x\");\n  inlined();\n}\n",
        ),
        ("lib.h", "int shared(int x);\nstatic inline int inlined(void) { return 2; }\n"),
        ("lib.c", "int shared(int x) { return x; }\n"),
        ("other.c", "static int own(void) { return 3; }\n"),
    ];
    assert_eq!(
        calls(&files),
        [
            "4 own → a.c:own (exact-scope)",
            "5 shared → lib.c:shared (import)",
            "6 printf → ?",
            "7 inlined → lib.h:inlined (import)",
        ]
    );
}

#[test]
fn members_of_classes_written_inside_and_outside() {
    let text = "\
struct Base { void shared(); };
class Item : public Base {
 public:
  void go();
  Item* next;
};
void Item::go() { shared(); next->go(); }
void f(Item* item) {
  item->go();
  item->next->shared();
  auto other = new Item();
  other->go();
}
";
    let found: Vec<String> =
        calls(&[("a.cpp", text)]).into_iter().filter(|call| !call.contains(" Item →")).collect();
    assert_eq!(
        found,
        [
            "7 shared → a.cpp:Base::shared (exact-scope)",
            "7 go → a.cpp:Item::go (typed)",
            "9 go → a.cpp:Item::go (typed)",
            "10 shared → a.cpp:Base::shared (inherited)",
            "12 go → a.cpp:Item::go (typed)",
        ]
        .map(str::to_owned)
    );
}
