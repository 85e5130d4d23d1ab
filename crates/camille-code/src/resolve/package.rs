//! Packages: files whose names see each other without an import. Go's are folders, Java's are named, C has one.

use super::name::Imported;
use super::project::{Map, Resolver};
use super::types::{Bound, Module, Type, TypeId, Word};
use super::{Manifest, path};
use crate::builder::offset;
use crate::facts::{ScopeId, What};
use crate::language::Family;

/// The packages of a project.
#[derive(Default)]
pub(super) struct Packages {
    /// For each file, its package.
    pub(super) of: Vec<Option<u32>>,
    /// What a package has under a name.
    pub(super) names: Map<(u32, Word), Vec<Bound>>,
    /// Packages by what imports call them: Go's by folder, Java's by name.
    by_path: Map<String, u32>,
    /// Go: the path of a module and the folder that it lies in, the longest path first.
    go_modules: Vec<(String, String)>,
}

impl Resolver<'_> {
    pub(super) fn find_packages(&mut self, manifests: &[Manifest]) {
        let mut numbers: Map<String, u32> = Map::default();
        let mut of = Vec::with_capacity(self.files.len());
        for source in self.files {
            let folder = path::folder(&source.path);
            let package = source.facts.package.map_or("", |name| source.facts.name(name));
            let key = match source.facts.language.family() {
                Family::Go => format!("go {folder} {package}"),
                Family::Java => format!("java {package}"),
                Family::C => "c".to_owned(),
                _ => {
                    of.push(None);
                    continue;
                }
            };
            let next = offset(numbers.len());
            let number = *numbers.entry(key).or_insert(next);
            let called = match source.facts.language.family() {
                // Tests of a package from outside are another package, which nobody imports.
                Family::Go if package.ends_with("_test") => None,
                Family::Go => Some(format!("go {folder}")),
                Family::Java => Some(format!("java {package}")),
                _ => None,
            };
            if let Some(called) = called {
                self.modules.packages.by_path.entry(called).or_insert(number);
            }
            of.push(Some(number));
        }
        let mut names: Map<(u32, Word), Vec<Bound>> = Map::default();
        for (file, package) in (0..).zip(&of) {
            let Some(package) = package else { continue };
            for index in self.bindings_of(file, ScopeId::FILE) {
                let binding = &self.facts(file).bindings[index];
                if let What::Symbol(id) = binding.what {
                    let symbol = &self.facts(file).symbols[id.index()];
                    let is_c = self.facts(file).language.family() == Family::C;
                    let is_header = self.files[file as usize]
                        .path
                        .rsplit('.')
                        .next()
                        .is_some_and(|ending| ending.starts_with(['h', 'H']));
                    // What is static in a source is no other file's.
                    if is_c && symbol.traits.is_static && !is_header {
                        continue;
                    }
                    let word = self.word(file, binding.name);
                    let bound = Bound { file, binding: offset(index) };
                    names.entry((*package, word)).or_default().push(bound);
                }
            }
        }
        for bounds in names.values_mut() {
            self.prefer_bodies(bounds);
        }
        self.modules.packages.of = of;
        self.modules.packages.names = names;
        self.modules.packages.go_modules = go_modules(manifests);
    }

    /// C: where a function has a body, its prototypes are not what is meant.
    pub(super) fn prefer_bodies(&self, bounds: &mut Vec<Bound>) {
        let has_body = |bound: &Bound| match self.binding(*bound).what {
            What::Symbol(id) => {
                let symbol = &self.facts(bound.file).symbols[id.index()];
                !symbol.traits.is_declaration
            }
            _ => true,
        };
        if bounds.len() > 1 && bounds.iter().any(has_body) {
            bounds.retain(has_body);
        }
    }

    /// Go: a package by the path that an import writes.
    pub(super) fn go_import(&mut self, module: Word) -> Imported {
        let text = self.words.text(module);
        let packages = &self.modules.packages;
        for (name, folder) in &packages.go_modules {
            let Some(rest) = text.strip_prefix(name.as_str()) else { continue };
            if !rest.is_empty() && !rest.starts_with('/') {
                continue;
            }
            let Some(folder) = path::join(folder, rest) else { continue };
            if let Some(&package) = packages.by_path.get(&format!("go {folder}")) {
                return Imported::Module(Module::Package(package));
            }
        }
        Imported::External(module)
    }

    /// Java: a package by its name.
    pub(super) fn java_package(&self, name: &str) -> Option<Module> {
        let package = self.modules.packages.by_path.get(&format!("java {name}"));
        package.map(|package| Module::Package(*package))
    }

    /// Go: a name that the language gives.
    pub(super) fn go_builtin(&mut self, word: Word) -> TypeId {
        match self.words.text(word) {
            "string" | "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8"
            | "uint16" | "uint32" | "uint64" | "uintptr" | "byte" | "rune" | "float32"
            | "float64" | "complex64" | "complex128" | "bool" | "error" | "any" | "comparable" => {
                self.types.id(Type::KnownClass(word))
            }
            "append" | "cap" | "clear" | "close" | "complex" | "copy" | "delete" | "imag"
            | "len" | "make" | "max" | "min" | "new" | "panic" | "print" | "println" | "real"
            | "recover" => {
                let builtin = self.words.id("builtin");
                let path = self.join(builtin, word);
                self.types.id(Type::External(path))
            }
            _ => TypeId::UNKNOWN,
        }
    }
}

/// The modules that `go.mod` files declare.
fn go_modules(manifests: &[Manifest]) -> Vec<(String, String)> {
    let mut modules: Vec<(String, String)> = manifests
        .iter()
        .filter(|manifest| manifest.path == "go.mod" || manifest.path.ends_with("/go.mod"))
        .filter_map(|manifest| {
            let mut lines = manifest.text.lines();
            let name = lines.find_map(|line| line.trim().strip_prefix("module "))?;
            let name = name.trim().trim_matches('"').to_owned();
            Some((name, path::folder(&manifest.path).to_owned()))
        })
        .collect();
    modules.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    modules
}
