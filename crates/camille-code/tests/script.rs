//! TypeScript and JavaScript: what a call means.

mod graph;

use graph::{calls, calls_with};

#[test]
fn imports_follow_exports_aliases_and_stars() {
    let files = [
        (
            "src/main.ts",
            "import go, { f as g, h } from './lib.js'\nimport * as all from './lib'\ngo()\ng()\nh()\nall.f()\nfetch('x')\n",
        ),
        (
            "src/lib.ts",
            "export { inner as f } from './inner'\nexport * from './inner'\nexport default function go() {}\n",
        ),
        ("src/inner.ts", "export function inner() {}\nexport const h = () => 1\n"),
    ];
    assert_eq!(
        calls(&files),
        [
            "3 go → src/lib.ts:go (import)",
            "4 g → src/inner.ts:inner (import)",
            "5 h → src/inner.ts:h (import)",
            "6 f → src/inner.ts:inner (import)",
            "7 fetch → outside: globals.fetch",
        ]
    );
}

#[test]
fn manifests_tell_where_a_specifier_leads() {
    let files = [
        ("app/main.ts", "import { f } from '@/lib'\nimport { g } from '@own/pkg/sub'\nf()\ng()\n"),
        ("app/src/lib.ts", "export function f() {}\n"),
        ("packages/pkg/src/sub.ts", "export function g() {}\n"),
    ];
    let manifests = [
        (
            "app/tsconfig.json",
            "{ \"compilerOptions\": { \"paths\": { \"@/*\": [\"./src/*\"], }, } } // ours",
        ),
        (
            "packages/pkg/package.json",
            "{\"name\":\"@own/pkg\",\"exports\":{\"./*\":{\"import\":\"./dist/*.js\"}}}",
        ),
    ];
    assert_eq!(
        calls_with(&files, &manifests),
        ["3 f → app/src/lib.ts:f (import)", "4 g → packages/pkg/src/sub.ts:g (import)"]
    );
}

#[test]
fn types_of_fields_parameters_generics_and_callbacks() {
    let text = "\
interface Store<T> { get(key: string): T; all: T[] }
class Item { go(): this { return this } }
class Box extends Item {
  constructor(private store: Store<Item>) { super() }
  async run() {
    this.store.get('x').go().go()
    this.store.all.map((one) => one.go())
    for (const one of this.store.all) one.go()
    const later = await this.later()
    later.go()
    this.go()
  }
  async later() { return new Item() }
}
";
    let found: Vec<String> =
        calls(&[("a.ts", text)]).into_iter().filter(|call| call.contains(" go ")).collect();
    assert_eq!(
        found,
        [
            "6 go → a.ts:Item.go (typed)",
            "6 go → a.ts:Item.go (typed)",
            "7 go → a.ts:Item.go (typed)",
            "8 go → a.ts:Item.go (typed)",
            "10 go → a.ts:Item.go (typed)",
            "11 go → a.ts:Item.go (inherited)",
        ]
    );
}

#[test]
fn scripts_of_the_old_kind_hand_on_objects() {
    let files = [
        ("main.js", "const { f } = require('./lib')\nconst lib = require('./lib')\nf()\nlib.g()\n"),
        ("lib.js", "function f() {}\nmodule.exports = { f, g() {} }\n"),
    ];
    let found: Vec<String> =
        calls(&files).into_iter().filter(|call| !call.contains("require")).collect();
    assert_eq!(found, ["3 f → lib.js:f (typed)", "4 g → lib.js:g (typed)"]);
}
