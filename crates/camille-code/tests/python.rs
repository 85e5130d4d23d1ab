//! Python: what a call means.

mod graph;

use graph::calls;

#[test]
fn names_are_looked_up_from_the_inside_out() {
    let text = "\
def f(): pass
class A:
    def f(self):
        f()
        self.f()
    def g(self):
        def f(): pass
        f()
";
    assert_eq!(
        calls(&[("a.py", text)]),
        ["4 f → a.py:f (exact-scope)", "5 f → a.py:A.f (self)", "8 f → a.py:A.g.f (exact-scope)"]
    );
}

#[test]
fn imports_lead_through_packages_to_the_definition() {
    let files = [
        (
            "app/main.py",
            "from pkg import f, sub\nfrom pkg.sub import *\nimport pkg.sub as s\nf()\nsub.g()\ng()\ns.g()\nimport os\nos.getcwd()\n",
        ),
        ("pkg/__init__.py", "from .sub import g as f\n"),
        ("pkg/sub.py", "def g(): pass\n"),
    ];
    assert_eq!(
        calls(&files),
        [
            "4 f → pkg/sub.py:g (import)",
            "5 g → pkg/sub.py:g (import)",
            "6 g → pkg/sub.py:g (import)",
            "7 g → pkg/sub.py:g (import)",
            "9 getcwd → outside: os.getcwd",
        ]
    );
}

#[test]
fn types_come_from_annotations_constructors_and_results() {
    let text = "\
from typing import Optional
class A:
    def make(self) -> 'B': ...
class B(A):
    def go(self): pass
def find() -> Optional[A]: ...
def take(b: B, bs: list[B]):
    b.go()
    b.make().go()
    for one in bs:
        one.go()
    x = A()
    x.make()
    find().make()
    unknown(b).go()
";
    assert_eq!(
        calls(&[("a.py", text)])[..],
        [
            "8 go → a.py:B.go (typed)",
            "9 make → a.py:A.make (inherited)",
            "9 go → a.py:B.go (typed)",
            "11 go → a.py:B.go (typed)",
            "12 A → a.py:A (exact-scope)",
            "13 make → a.py:A.make (typed)",
            "14 find → a.py:find (exact-scope)",
            "14 make → a.py:A.make (typed)",
            "15 unknown → ?",
            "15 go → a.py:B.go (unique-name)",
        ]
    );
}

#[test]
fn what_is_from_outside_never_falls_back_to_a_name_of_ours() {
    let text = "\
import json
class Parser:
    def loads(self): pass
    def append(self): pass
json.loads('x')
[].append(1)
class Own(json.JSONDecoder):
    def f(self):
        self.loads()
";
    assert_eq!(
        calls(&[("a.py", text)]),
        [
            "5 loads → outside: json.loads",
            "6 append → outside: list.append",
            "9 loads → outside: json.JSONDecoder.loads",
        ]
    );
}

#[test]
fn a_check_narrows_and_the_last_assignment_wins() {
    let text = "\
class A:
    def a(self): pass
class B:
    def a(self): pass
def f(x):
    if isinstance(x, A):
        x.a()
    if not isinstance(x, B):
        return
    x.a()
def g():
    y = A()
    y.a()
    y = B()
    y.a()
";
    let found: Vec<String> =
        calls(&[("a.py", text)]).into_iter().filter(|call| call.contains(" a ")).collect();
    assert_eq!(
        found,
        [
            "7 a → a.py:A.a (typed)",
            "10 a → a.py:B.a (typed)",
            "13 a → a.py:A.a (typed)",
            "15 a → a.py:B.a (typed)"
        ]
    );
}
