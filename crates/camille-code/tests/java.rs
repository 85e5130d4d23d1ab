//! Java: what a call means.

mod graph;

use graph::calls;

#[test]
fn packages_imports_and_what_classes_inherit() {
    let files = [
        (
            "src/a/Main.java",
            "package a;\nimport b.Base;\nimport static b.Tools.help;\nimport java.util.List;\nclass Main extends Base {\n  void run(List<Item> all) {\n    shared();\n    help();\n    for (Item one : all) one.go().go();\n    all.get(0).go();\n    String item = item().toString();\n    new Item().go();\n    Runnable r = () -> shared();\n  }\n  Item item() { return null; }\n}\n",
        ),
        ("src/a/Item.java", "package a;\nclass Item { Item go() { return this; } }\n"),
        ("src/b/Base.java", "package b;\npublic class Base { protected void shared() {} }\n"),
        ("src/b/Tools.java", "package b;\npublic class Tools { public static void help() {} }\n"),
    ];
    assert_eq!(
        calls(&files),
        [
            "7 shared → src/b/Base.java:Base.shared (import)",
            "8 help → src/b/Tools.java:Tools.help (import)",
            "9 go → src/a/Item.java:Item.go (typed)",
            "9 go → src/a/Item.java:Item.go (typed)",
            "10 get → outside: list.get()",
            "10 go → src/a/Item.java:Item.go (typed)",
            "11 item → src/a/Main.java:Main.item (exact-scope)",
            "11 toString → ?",
            "12 Item → src/a/Item.java:Item (import)",
            "12 go → src/a/Item.java:Item.go (typed)",
            "13 shared → src/b/Base.java:Base.shared (import)",
        ]
    );
}

#[test]
fn interfaces_generics_and_lambdas_for_them() {
    let text = "\
interface Take<T> { void take(T one); }
class Box<T> {
  T held;
  T get() { return held; }
  void each(Take<T> take) {}
}
class Item { void go() {} }
class Main {
  void run(Box<Item> box, Take<Item> take) {
    box.get().go();
    box.each(one -> one.go());
    take.take(box.held);
    new Item() { void go() { super.go(); } };
  }
}
";
    let found: Vec<String> = calls(&[("A.java", text)])
        .into_iter()
        .filter(|call| call.contains(" go ") || call.contains(" take "))
        .collect();
    assert_eq!(
        found,
        [
            "10 go → A.java:Item.go (typed)",
            "11 go → A.java:Item.go (typed)",
            "12 take → A.java:Take.take (interface)",
            "13 go → A.java:Item.go (inherited)",
        ]
    );
}
