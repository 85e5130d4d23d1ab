//! Go: what a call means.

mod graph;

use graph::calls_with;

#[test]
fn a_package_is_its_folder_and_imports_follow_go_mod() {
    let files = [
        (
            "main.go",
            "package main\nimport (\n\t\"fmt\"\n\tx \"example.com/app/lib\"\n)\nfunc main() {\n\tfmt.Println(helper())\n\ts := x.New()\n\ts.Go().Name()\n\tfor _, one := range s.All {\n\t\tone.Name()\n\t}\n}\n",
        ),
        ("helper.go", "package main\nfunc helper() string { return \"\" }\n"),
        (
            "lib/a.go",
            "package lib\ntype Store struct { Base; All []*Item }\ntype Named interface { Name() string }\ntype Base struct{}\nfunc New() *Store { return &Store{} }\n",
        ),
        (
            "lib/b.go",
            "package lib\ntype Item struct{}\nfunc (s *Base) Go() Named { return nil }\nfunc (i *Item) Name() string { return \"\" }\n",
        ),
    ];
    assert_eq!(
        calls_with(&files, &[("go.mod", "module example.com/app\n")]),
        [
            "7 Println → outside: fmt.Println",
            "7 helper → helper.go:helper (import)",
            "8 New → lib/a.go:New (import)",
            "9 Go → lib/b.go:Base.Go (inherited)",
            "9 Name → lib/a.go:Named.Name (interface)",
            "11 Name → lib/b.go:Item.Name (typed)",
        ]
    );
}

#[test]
fn types_of_generics_switches_and_several_results() {
    let text = "\
package a
type List[T any] struct { items []T }
func (l *List[T]) First() (T, bool) { return l.items[0], true }
type A struct{}
func (a A) Go() A { return a }
func take(x any, l *List[A]) {
	one, ok := l.First()
	one.Go().Go()
	_ = ok
	switch v := x.(type) {
	case A:
		v.Go()
	}
	go func(a A) { a.Go() }(one)
}
";
    let found: Vec<String> = calls_with(&[("a.go", text)], &[]);
    let found: Vec<&String> = found.iter().filter(|call| call.contains(" Go ")).collect();
    assert_eq!(
        found,
        [
            "8 Go → a.go:A.Go (typed)",
            "8 Go → a.go:A.Go (typed)",
            "12 Go → a.go:A.Go (typed)",
            "14 Go → a.go:A.Go (typed)"
        ]
    );
}

#[test]
fn variants_of_one_name_are_all_meant() {
    let files = [
        ("a.go", "package a\nfunc f() { open() }\n"),
        ("b_unix.go", "package a\nfunc open() {}\n"),
        ("b_windows.go", "package a\nfunc open() {}\n"),
    ];
    assert_eq!(calls_with(&files, &[]), ["2 open → b_unix.go:open | b_windows.go:open (import)"]);
}
