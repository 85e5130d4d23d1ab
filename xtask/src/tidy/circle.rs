//! Files that import each other in a circle can only be understood, built and changed together. It follows what files
//! say (`use`, and paths that begin at a module), never what the compiler infers.

use super::Finding;
use super::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::Visit;
use syn::{Item, UseTree, Visibility};

/// Every circle of files.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let house = House::of(tree);
    let arrows = house.arrows();
    let mut findings = Vec::new();
    for circle in circles(&arrows) {
        let Some(first) = circle.first() else { continue };
        let ties: Vec<String> = circle
            .iter()
            .flat_map(|from| {
                arrows.get(from).into_iter().flatten().map(move |(to, by)| (from, to, by))
            })
            .filter(|(_, to, _)| circle.contains(*to))
            .map(|(from, to, by)| {
                let names: Vec<&str> = by.iter().map(String::as_str).collect();
                format!("\n    {from} takes {} from {to}", names.join(", "))
            })
            .collect();
        let message = format!(
            "{} files import each other in a circle: move what two of them share into a file of its own, or hand it in{}",
            circle.len(),
            ties.concat()
        );
        let folders: BTreeSet<&str> =
            circle.iter().filter_map(|file| Some(file.rsplit_once('/')?.0)).collect();
        // Within a folder, which is one idea, it is worth a thought; between two it ties them into one.
        let finding = if folders.len() > 1 { Finding::new } else { Finding::warning };
        findings.push(finding(first, 0, message));
    }
    findings
}

/// The files that a file takes names from, with the names.
type Arrows<'t> = BTreeMap<&'t str, BTreeMap<&'t str, BTreeSet<String>>>;

/// A module by its path: the folder of its crate's root, and the names from there.
type Module = (String, Vec<String>);

/// Every source file with what it says.
#[derive(Default)]
struct House<'t> {
    files: BTreeMap<Module, &'t str>,
    said: BTreeMap<&'t str, (Module, Said)>,
}

/// What a file says about others.
#[derive(Default)]
struct Said {
    /// Modules that it declares.
    modules: BTreeSet<String>,
    /// Paths that it imports or writes out.
    taken: Vec<Vec<String>>,
    /// What it passes on under its own name, by that name.
    passed_on: BTreeMap<String, Vec<String>>,
}

impl<'t> House<'t> {
    fn of(tree: &'t Tree) -> Self {
        let is_root = |path: &str| path.ends_with("/lib.rs") || path.ends_with("/main.rs");
        let roots: BTreeSet<&str> = tree
            .ending(".rs")
            .filter(|file| is_root(&file.path) && file.path.contains("/src/"))
            .filter_map(|file| file.path.rsplit_once('/'))
            .map(|(folder, _)| folder)
            .collect();
        let mut house = Self::default();
        for file in tree.ending(".rs") {
            // The nearest root above: a binary may have a folder of its own.
            let above = |root: &&&str| {
                file.path.strip_prefix(**root).is_some_and(|rest| rest.starts_with('/'))
            };
            let Some(root) = roots.iter().filter(above).max_by_key(|root| root.len()) else {
                continue;
            };
            let rest = &file.path[root.len() + 1..file.path.len() - ".rs".len()];
            let mut names: Vec<String> = rest.split('/').map(str::to_owned).collect();
            let last = names.last().map(String::as_str);
            if last == Some("mod") || (names.len() == 1 && matches!(last, Some("lib" | "main"))) {
                names.pop();
            }
            let Ok(syntax) = syn::parse_file(&file.text) else { continue };
            let mut said = Said::default();
            said.visit_file(&syntax);
            let module = ((*root).to_owned(), names);
            house.files.insert(module.clone(), &file.path);
            house.said.insert(&file.path, (module, said));
        }
        house
    }

    fn arrows(&self) -> Arrows<'t> {
        let mut arrows = Arrows::new();
        for (file, (module, said)) in &self.said {
            for path in &said.taken {
                let Some((to, name)) = self.target(module, said, path, 0) else { continue };
                let is_family =
                    self.said.get(to).is_none_or(|(other, _)| are_family(module, other));
                if !is_family {
                    arrows.entry(file).or_default().entry(to).or_default().insert(name);
                }
            }
        }
        arrows
    }

    /// The file that a path leads to from a module, and the name that it takes there.
    fn target(
        &self,
        (root, at): &Module,
        said: &Said,
        path: &[String],
        depth: usize,
    ) -> Option<(&'t str, String)> {
        let first = path.first()?;
        let (mut names, rest) = match first.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (at.clone(), &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|name| *name == "super").count();
                (at[..at.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            name if said.modules.contains(name) => (at.clone(), path),
            _ => return None,
        };
        let mut left = rest;
        while let Some((next, further)) = left.split_first() {
            let mut deeper = names.clone();
            deeper.push(next.clone());
            if !self.files.contains_key(&(root.clone(), deeper.clone())) {
                break;
            }
            (names, left) = (deeper, further);
        }
        let module = (root.clone(), names);
        let file = *self.files.get(&module)?;
        let Some(name) = left.first() else { return Some((file, "itself".to_owned())) };
        // A door is not the room that it leads to.
        let (_, there) = self.said.get(file)?;
        if let Some(passed) = there.passed_on.get(name).filter(|_| depth < 4)
            && let Some(found) = self.target(&module, there, passed, depth + 1)
        {
            return Some(found);
        }
        Some((file, name.clone()))
    }
}

/// Whether one is the other or stands in its folder: a folder's own file says what all in it share, and opens it.
fn are_family((root, one): &Module, (other_root, other): &Module) -> bool {
    root == other_root
        && (one.starts_with(other) || other.starts_with(one))
        && (one == other || !one.is_empty() && !other.is_empty())
}

impl<'ast> Visit<'ast> for Said {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => return syn::visit::visit_item(self, item),
        };
        let is_test = attributes.iter().any(|attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|ident| ident == "test")
        });
        if is_test {
            return;
        }
        match item {
            Item::Mod(item) if item.content.is_none() => {
                self.modules.insert(item.ident.to_string());
            }
            Item::Use(item) => {
                let passes_on = !matches!(item.vis, Visibility::Inherited);
                self.take(&item.tree, &mut Vec::new(), passes_on);
            }
            _ => syn::visit::visit_item(self, item),
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.taken.push(path.segments.iter().map(|part| part.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }
}

impl Said {
    fn take(&mut self, tree: &UseTree, path: &mut Vec<String>, passes_on: bool) {
        let mut end = |name: &str, path: &[String], last: Option<String>| {
            let whole: Vec<String> = path.iter().cloned().chain(last).collect();
            if passes_on {
                self.passed_on.insert(name.to_owned(), whole);
            } else {
                self.taken.push(whole);
            }
        };
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                self.take(&inner.tree, path, passes_on);
                path.pop();
            }
            UseTree::Name(name) if name.ident == "self" => end("self", path, None),
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                end(&name, path, Some(name.clone()));
            }
            UseTree::Rename(name) => {
                end(&name.rename.to_string(), path, Some(name.ident.to_string()));
            }
            UseTree::Glob(_) => end("*", path, Some("*".to_owned())),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take(tree, path, passes_on);
                }
            }
        }
    }
}

/// The files that reach each other, each group once.
fn circles<'t>(arrows: &Arrows<'t>) -> Vec<BTreeSet<&'t str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|from| (*from, reach(arrows, from))).collect();
    let mut found: Vec<BTreeSet<&str>> = Vec::new();
    for (from, to) in &reached {
        let back = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(from));
        let circle: BTreeSet<&str> = to.iter().filter(back).copied().collect();
        if !circle.is_empty() && !found.contains(&circle) {
            found.push(circle);
        }
    }
    found
}

fn reach<'t>(arrows: &Arrows<'t>, from: &'t str) -> BTreeSet<&'t str> {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for to in arrows.get(at).into_iter().flat_map(BTreeMap::keys) {
            if seen.insert(*to) {
                open.push(to);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, &str)> =
            files.iter().map(|(path, text)| (format!("crates/a/src/{path}"), *text)).collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        check(&Tree::of(&files)).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn files_that_take_from_each_other_are_a_circle() {
        let lib = ("lib.rs", "mod b; mod c; mod d;");
        let d = ("d.rs", "pub struct D;");
        let messages = found(&[
            lib,
            ("b.rs", "use crate::{c::{C, E as F}, d::D}; pub struct B;"),
            ("c.rs", "fn f() { super::b::B; } pub struct C; pub struct E;"),
            d,
        ]);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains("b.rs takes C, E from crates/a/src/c.rs"), "{messages:?}");
        assert!(messages[0].contains("c.rs takes B from crates/a/src/b.rs"), "{messages:?}");
        assert!(!messages[0].contains("d.rs"), "{messages:?}");
        let none = [
            lib,
            ("b.rs", "use crate::c::C; use super::d;"),
            ("c.rs", "use crate::d::D; pub struct C;"),
            d,
        ];
        assert_eq!(found(&none), [""; 0]);
    }

    #[test]
    fn a_door_is_not_the_room_and_tests_do_not_count() {
        let parent = "mod one; mod two; pub(crate) use one::One;";
        let two = "use super::One; use crate::p; #[cfg(test)] mod tests { use crate::q::Q; }";
        assert_eq!(
            found(&[
                ("lib.rs", "mod p; mod q;"),
                ("p.rs", parent),
                ("p/one.rs", "pub struct One;"),
                ("p/two.rs", two),
                ("q.rs", "use crate::p::two;"),
            ]),
            [""; 0]
        );
        let made = "mod one; mod two; fn f() { one::One; two::g() }";
        let messages = found(&[
            ("lib.rs", "mod p;"),
            ("p.rs", made),
            ("p/one.rs", "use super::two::g; pub struct One;"),
            ("p/two.rs", "use super::one; pub fn g() {}"),
        ]);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(messages[0].contains("2 files"), "{messages:?}");
    }

    #[test]
    fn a_circle_between_folders_breaks_the_house() {
        let broken = |files: &[(&str, &str)]| {
            let files: Vec<(String, &str)> =
                files.iter().map(|(path, text)| (format!("crates/a/src/{path}"), *text)).collect();
            let files: Vec<(&str, &str)> =
                files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            check(&Tree::of(&files)).iter().map(Finding::fails).collect::<Vec<_>>()
        };
        let lib = ("lib.rs", "mod p; mod q;");
        let one = ("p/one.rs", "use crate::q::two::B; pub struct A;");
        let two = ("q/two.rs", "use crate::p::one::A; pub struct B;");
        let doors = [("p.rs", "pub mod one;"), ("q.rs", "pub mod two;")];
        assert_eq!(broken(&[lib, doors[0], doors[1], one, two]), [true]);
        let beside = ("p/two.rs", "use super::one::A; pub struct B;");
        let one = ("p/one.rs", "use super::two::B; pub struct A;");
        let door = ("p.rs", "pub mod one; pub mod two;");
        assert_eq!(broken(&[("lib.rs", "mod p;"), door, one, beside]), [false]);
    }
}
