//! What only Rust has: the tree of modules, and what the types of the standard library hold.

use super::name::Imported;
use super::project::{Map, Resolver};
use super::types::{Module, Type, TypeId, Word};
use super::{Manifest, path};
use crate::facts::{ExpressionId, ScopeId, ScopeKind, SymbolKind, What};
use crate::language::Family;

/// The modules of a project's crates.
#[derive(Default)]
pub(super) struct Crates {
    /// The module in which a file is declared.
    parents: Map<u32, Module>,
    /// The file of a crate's library by its name.
    libraries: Map<String, u32>,
}

/// Types that are what they hold.
const TRANSPARENT: &[&str] = &[
    "Box",
    "Rc",
    "Arc",
    "Cow",
    "Pin",
    "Ref",
    "RefMut",
    "MutexGuard",
    "ManuallyDrop",
    "Saturating",
];
/// Types that are asked for what they hold.
const CELLS: &[&str] = &[
    "RefCell",
    "Mutex",
    "RwLock",
    "Cell",
    "OnceCell",
    "OnceLock",
    "LazyLock",
    "LazyCell",
    "UnsafeCell",
];
const LISTS: &[&str] =
    &["Vec", "VecDeque", "HashSet", "BTreeSet", "BinaryHeap", "IndexSet", "SmallVec", "LinkedList"];
const MAPS: &[&str] = &["HashMap", "BTreeMap", "IndexMap", "FxHashMap"];
const OTHERS: &[&str] = &["Option", "Result", "String"];

impl Resolver<'_> {
    pub(super) fn find_crates(&mut self, manifests: &[Manifest]) {
        for manifest in manifests {
            let folder = path::folder(&manifest.path);
            if !manifest.path.ends_with("Cargo.toml") {
                continue;
            }
            let (name, library) = library_of(&manifest.text);
            let library = library.unwrap_or_else(|| "src/lib.rs".to_owned());
            let Some(name) = name else { continue };
            if let Some(&file) =
                path::join(folder, &library).and_then(|path| self.modules.paths.get(&path))
            {
                self.modules.crates.libraries.insert(name.replace('-', "_"), file);
            }
        }
        for (file, source) in (0_u32..).zip(self.files) {
            if source.facts.language.family() != Family::Rust {
                continue;
            }
            for binding in &source.facts.bindings {
                let What::Import { module, item: None, .. } = binding.what else { continue };
                let Some(name) = source.facts.name(module).strip_prefix("mod ") else { continue };
                if let Some(inner) = self.module_file(file, name) {
                    let module = self.module_around(file, binding.scope);
                    self.modules.crates.parents.entry(inner).or_insert(module);
                }
            }
        }
    }

    /// The file of `mod name;`.
    fn module_file(&self, file: u32, name: &str) -> Option<u32> {
        let path = &self.files[file as usize].path;
        let folder = path::folder(path);
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".rs");
        let own = if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") };
        let folders = if matches!(stem, "mod" | "lib" | "main") {
            [folder, &own]
        } else {
            [own.as_str(), folder]
        };
        folders.iter().find_map(|folder| {
            ["", "/mod"].iter().find_map(|inner| {
                let path = path::join(folder, &format!("{name}{inner}.rs"))?;
                self.modules.paths.get(&path).copied().filter(|found| *found != file)
            })
        })
    }

    /// The module that a scope is in.
    pub(super) fn module_around(&self, file: u32, scope: ScopeId) -> Module {
        let mut next = Some(scope);
        while let Some(id) = next {
            let scope = self.scope(file, id);
            if let (ScopeKind::Module, Some(symbol)) = (scope.kind, scope.symbol) {
                return Module::Inline(self.sym(file, symbol));
            }
            next = scope.parent;
        }
        Module::File(file)
    }

    fn outer_module(&self, module: Module) -> Option<Module> {
        match module {
            Module::File(file) => self.modules.crates.parents.get(&file).copied(),
            Module::Inline(sym) => {
                let (file, id) = self.place(sym);
                let parent = self.facts(file).symbols[id.index()].parent;
                match parent {
                    Some(parent)
                        if self.facts(file).symbols[parent.index()].kind == SymbolKind::Module =>
                    {
                        Some(Module::Inline(self.sym(file, parent)))
                    }
                    _ => Some(Module::File(file)),
                }
            }
            _ => None,
        }
    }

    /// What a path of modules leads to, from where it is written.
    pub(super) fn rust_import(&mut self, file: u32, scope: ScopeId, module: Word) -> Imported {
        let text = self.words.text(module).to_owned();
        if let Some(name) = text.strip_prefix("mod ") {
            return match self.module_file(file, name) {
                Some(found) => Imported::Module(Module::File(found)),
                None => Imported::Missing,
            };
        }
        let mut here = self.module_around(file, scope);
        let mut parts = text.split("::").filter(|part| !part.is_empty()).peekable();
        let mut found = None;
        while let Some(&part) = parts.peek() {
            match part {
                "crate" => {
                    for _ in 0..64 {
                        match self.outer_module(here) {
                            Some(outer) => here = outer,
                            None => break,
                        }
                    }
                }
                "self" => {}
                "super" => match self.outer_module(here) {
                    Some(outer) => here = outer,
                    None => return Imported::Missing,
                },
                _ => break,
            }
            found = Some(Imported::Module(here));
            parts.next();
        }
        let mut found = match (found, parts.next()) {
            (Some(found), Some(part)) => {
                let word = self.words.id(part);
                self.follow(found, word)
            }
            (Some(found), None) => return found,
            (None, Some(first)) => {
                let word = self.words.id(first);
                // A module beside comes before a crate of that name.
                match self.module_member(here, word, None) {
                    Imported::Module(module) => Imported::Module(module),
                    Imported::Bounds(bounds) if self.is_place(&bounds) => Imported::Bounds(bounds),
                    _ => match self.modules.crates.libraries.get(first) {
                        Some(&library) => Imported::Module(Module::File(library)),
                        None => Imported::External(word),
                    },
                }
            }
            (None, None) => return Imported::Missing,
        };
        for part in parts {
            let word = self.words.id(part);
            found = self.follow(found, word);
        }
        found
    }

    /// Whether bindings are modules or types: something that a path may go through.
    fn is_place(&self, bounds: &[super::types::Bound]) -> bool {
        bounds.iter().any(|bound| match self.binding(*bound).what {
            What::Symbol(id) => {
                let kind = self.facts(bound.file).symbols[id.index()].kind;
                kind == SymbolKind::Module || kind.is_type()
            }
            What::Import { module, item, .. } => {
                item.is_some() || self.facts(bound.file).name(module).starts_with("mod ")
            }
            _ => false,
        })
    }

    /// One name further.
    pub(super) fn follow(&mut self, from: Imported, word: Word) -> Imported {
        match from {
            Imported::Module(module) => self.module_member(module, word, None),
            Imported::External(path) => Imported::External(self.join(path, word)),
            Imported::Missing => Imported::Missing,
            Imported::Bounds(_) => {
                let value = self.imported_value(from);
                if let Type::Module(module) = *self.types.look(value) {
                    return self.module_member(module, word, None);
                }
                let hits = self.member(value, word);
                if hits.found.is_empty() {
                    return hits.external.map_or(Imported::Missing, Imported::External);
                }
                Imported::Bounds(hits.found.into_iter().map(|hit| hit.bound).collect())
            }
        }
    }

    /// A name that Rust itself gives, or a crate of the project.
    pub(super) fn rust_builtin(&mut self, word: Word) -> TypeId {
        let text = self.words.text(word).to_owned();
        let all = [TRANSPARENT, CELLS, LISTS, MAPS, OTHERS];
        if all.iter().any(|names| names.contains(&text.as_str())) {
            return self.types.id(Type::KnownClass(word));
        }
        if let Some(&library) = self.modules.crates.libraries.get(&text) {
            return self.types.id(Type::Module(Module::File(library)));
        }
        if matches!(text.as_str(), "std" | "core" | "alloc") {
            let std = self.words.id("std");
            return self.types.id(Type::External(std));
        }
        let known = [
            "Some",
            "Ok",
            "Err",
            "None",
            "drop",
            "Default",
            "Iterator",
            "Clone",
            "Into",
            "From",
            "ToString",
            "ToOwned",
            "AsRef",
            "Drop",
            "Fn",
            "FnMut",
            "FnOnce",
            "Send",
            "Sync",
            "Copy",
            "Eq",
            "PartialEq",
            "Ord",
            "PartialOrd",
            "IntoIterator",
            "Extend",
            "ExactSizeIterator",
            "DoubleEndedIterator",
            "TryFrom",
            "TryInto",
            "Sized",
            "println",
            "print",
            "eprintln",
            "eprint",
            "format",
            "vec",
            "assert",
            "assert_eq",
            "assert_ne",
            "debug_assert",
            "debug_assert_eq",
            "panic",
            "unreachable",
            "todo",
            "unimplemented",
            "write",
            "writeln",
            "matches",
            "concat",
            "env",
            "include_str",
            "include_bytes",
            "cfg",
            "line",
            "file",
            "stringify",
            "dbg",
            "compile_error",
            "thread_local",
        ];
        if known.contains(&text.as_str()) {
            let std = self.words.id("std");
            let path = self.join(std, word);
            return self.types.id(Type::External(path));
        }
        TypeId::UNKNOWN
    }

    /// What a type of the standard library is, applied to types.
    pub(super) fn rust_special(&mut self, name: &str, of: &[TypeId]) -> Option<TypeId> {
        let first = of.first().copied().unwrap_or(TypeId::UNKNOWN);
        Some(match name {
            _ if TRANSPARENT.contains(&name) && !of.is_empty() => {
                of.last().copied().unwrap_or(first)
            }
            _ if CELLS.contains(&name) => self.known("RefCell", Box::new([first])),
            _ if LISTS.contains(&name) => self.known("Vec", Box::new([first])),
            _ if MAPS.contains(&name) => self.known("HashMap", of.into()),
            "Option" | "Result" => self.known(name, of.into()),
            _ => return None,
        })
    }

    /// What a method of a standard type gives; none: it is not known.
    pub(super) fn call_rust(
        &mut self,
        (of, method): (&str, &str),
        receiver: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> Option<TypeId> {
        let held: Box<[TypeId]> = match self.types.look(receiver).clone() {
            Type::Known(_, held) => held,
            _ => Box::default(),
        };
        let inner = |index: usize| held.get(index).copied().unwrap_or(TypeId::UNKNOWN);
        let callback = |this: &mut Self, index: usize| match arguments.get(index) {
            Some(&function) => {
                let function = this.value(file, function);
                this.call(function, file, &[])
            }
            None => TypeId::UNKNOWN,
        };
        Some(match (of, method) {
            (
                _,
                "clone" | "to_owned" | "as_ref" | "as_mut" | "borrow" | "borrow_mut" | "by_ref"
                | "as_deref" | "as_deref_mut" | "cloned" | "copied" | "take" | "replace" | "to_vec"
                | "as_slice" | "as_mut_slice" | "into_boxed_slice" | "into" | "deref",
            ) if of != "RefCell" || method == "clone" => receiver,
            (
                "Option" | "Result",
                "unwrap" | "expect" | "unwrap_or_default" | "unwrap_or" | "unwrap_or_else"
                | "get_or_insert_with" | "insert" | "get_or_insert" | "unwrap_unchecked",
            ) => inner(0),
            ("Result", "unwrap_err" | "expect_err") => inner(1),
            ("Result", "ok") => self.known("Option", Box::new([inner(0)])),
            ("Result", "err") => self.known("Option", Box::new([inner(1)])),
            ("Option", "ok_or" | "ok_or_else") => {
                let error = match method {
                    "ok_or" => {
                        arguments.first().map_or(TypeId::UNKNOWN, |one| self.value(file, *one))
                    }
                    _ => callback(self, 0),
                };
                self.known("Result", Box::new([inner(0), error]))
            }
            ("Option" | "Result", "map") => {
                let result = callback(self, 0);
                self.known(of, Box::new([result, inner(1)]))
            }
            ("Result", "map_err") => {
                let result = callback(self, 0);
                self.known("Result", Box::new([inner(0), result]))
            }
            ("Option" | "Result", "and_then") => callback(self, 0),
            ("Option", "map_or" | "map_or_else") => callback(self, 1),
            (
                "Option" | "Result",
                "or_else" | "or" | "filter" | "inspect" | "inspect_err" | "context"
                | "with_context",
            ) => receiver,
            ("Option" | "Result", "iter" | "into_iter" | "iter_mut") => {
                self.known("Vec", Box::new([inner(0)]))
            }
            ("RefCell", "lock" | "read" | "write" | "into_inner" | "try_lock" | "get_mut") => {
                self.known("Result", Box::new([inner(0)]))
            }
            ("RefCell", "borrow" | "borrow_mut" | "get" | "get_or_init" | "force") => inner(0),
            ("HashMap", "get" | "get_mut" | "remove" | "insert" | "pop_first" | "pop_last") => {
                self.known("Option", Box::new([inner(1)]))
            }
            ("HashMap", "entry") => receiver,
            ("HashMap", "or_default" | "or_insert" | "or_insert_with") => inner(1),
            ("HashMap", "values" | "values_mut" | "into_values") => {
                self.known("Vec", Box::new([inner(1)]))
            }
            ("HashMap", "keys" | "into_keys") => self.known("Vec", Box::new([inner(0)])),
            ("HashMap", "iter" | "iter_mut" | "into_iter" | "drain" | "range") => {
                let pair = self.known("tuple", held.clone());
                self.known("Vec", Box::new([pair]))
            }
            ("Vec" | "str" | "String", "chars" | "char_indices") => {
                let char = self.known("char", Box::default());
                self.known("Vec", Box::new([char]))
            }
            ("str" | "String", "lines" | "split" | "split_whitespace" | "rsplit" | "splitn") => {
                let text = self.known("str", Box::default());
                self.known("Vec", Box::new([text]))
            }
            (
                "Vec",
                "next" | "get" | "get_mut" | "first" | "last" | "pop" | "peek" | "first_mut"
                | "last_mut" | "pop_front" | "pop_back" | "front" | "back" | "nth" | "min" | "max"
                | "find" | "min_by_key" | "max_by_key" | "min_by" | "max_by" | "next_back"
                | "peek_mut" | "reduce",
            ) => self.known("Option", Box::new([inner(0)])),
            ("Vec", "remove" | "swap_remove") => inner(0),
            ("Vec", "enumerate") => {
                let index = self.known("usize", Box::default());
                let pair = self.known("tuple", Box::new([index, inner(0)]));
                self.known("Vec", Box::new([pair]))
            }
            ("Vec", "zip") => {
                let other = arguments.first().map_or(TypeId::UNKNOWN, |one| self.value(file, *one));
                let other = self.element(other);
                let pair = self.known("tuple", Box::new([inner(0), other]));
                self.known("Vec", Box::new([pair]))
            }
            ("Vec", "map") => {
                let result = callback(self, 0);
                self.known("Vec", Box::new([result]))
            }
            ("Vec", "filter_map" | "flat_map" | "flatten" | "map_while") => {
                let result = if method == "flatten" { inner(0) } else { callback(self, 0) };
                let element = self.element(result);
                self.known("Vec", Box::new([element]))
            }
            ("Vec", "fold") => {
                arguments.first().map_or(TypeId::UNKNOWN, |one| self.value(file, *one))
            }
            ("Vec", "find_map") => callback(self, 0),
            ("Vec", "windows" | "chunks" | "chunks_exact") => {
                self.known("Vec", Box::new([receiver]))
            }
            (
                "Vec",
                "iter" | "iter_mut" | "into_iter" | "drain" | "rev" | "skip" | "step_by" | "chain"
                | "peekable" | "filter" | "take_while" | "skip_while" | "collect" | "inspect"
                | "cycle" | "fuse" | "split_off" | "values" | "sorted" | "as_bytes",
            ) => receiver,
            _ => return None,
        })
    }

    /// What is left of a value when nothing is wrong.
    pub(super) fn unwrapped(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(word, held)
                if matches!(
                    self.words.text(word),
                    "Option" | "Result" | "RefCell" | "Awaitable"
                ) =>
            {
                held.first().copied().unwrap_or(TypeId::UNKNOWN)
            }
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.unwrapped(*one)).collect();
                self.types.union(&of)
            }
            _ => of,
        }
    }
}

/// The name of a package, and the path of its library where the manifest says one. Read line by line: a manifest that is not
/// quite TOML tells as much.
fn library_of(text: &str) -> (Option<String>, Option<String>) {
    let (mut package, mut name, mut library) = (None, None, None);
    let mut section = "";
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim().trim_matches('"').to_owned();
        match (section, key.trim()) {
            ("[package]", "name") => package = Some(value),
            ("[lib]", "name") => name = Some(value),
            ("[lib]", "path") => library = Some(value),
            _ => {}
        }
    }
    (name.or(package), library)
}
