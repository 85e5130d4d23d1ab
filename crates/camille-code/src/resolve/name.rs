//! What a name stands for: scopes from the inside out, then what stars bring in, then other modules through imports.

use super::project::{Memo, Resolver};
use super::types::{Bound, Module, Sym, Type, TypeId, Word};
use crate::builder::offset;
use crate::facts::{Name, ScopeId, ScopeKind, SymbolKind, What};
use crate::language::Family;

/// What an import brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Imported {
    Module(Module),
    Bounds(Vec<Bound>),
    External(Word),
    /// It should be in the project and is not.
    Missing,
}

impl Resolver<'_> {
    /// The bindings that a name may stand for at a place, innermost scope first; empty: this file binds no such name there.
    pub(super) fn find(&self, file: u32, name: Name, scope: ScopeId, at: u32) -> Vec<Bound> {
        let family = self.facts(file).language.family();
        let python = family == Family::Python;
        // Members are seen without their receiver in some languages only.
        let members = matches!(family, Family::Python | Family::Java | Family::C);
        let mut left_function = false;
        let mut next = Some(scope);
        while let Some(id) = next {
            let here = self.scope(file, id);
            let hidden = python && here.kind == ScopeKind::Class && left_function;
            if !hidden {
                let range = self.bindings(file, id, name);
                let only_types = !members && here.kind == ScopeKind::Class;
                let is_type = |index: usize| {
                    let what = &self.facts(file).bindings[index].what;
                    matches!(what, What::TypeParameter { .. })
                };
                if !range.is_empty() && (!only_types || range.clone().any(is_type)) {
                    let in_order = !left_function;
                    // A name declared later in a block is not seen yet: `let x = x.next()`.
                    let hides = matches!(here.kind, ScopeKind::Function | ScopeKind::Block)
                        && matches!(family, Family::Rust | Family::Go | Family::C | Family::Java)
                        && in_order;
                    let found = self.choose(file, range, (scope, at), in_order, hides);
                    if !found.is_empty() {
                        return found;
                    }
                }
            }
            left_function |= here.kind == ScopeKind::Function;
            next = here.parent;
        }
        Vec::new()
    }

    /// Of the bindings of one name in one scope, those that reach a use: from the last before it back to the one that must
    /// have happened. A use in another function may come at any time: all of them.
    fn choose(
        &self,
        file: u32,
        range: std::ops::Range<usize>,
        (scope, at): (ScopeId, u32),
        in_order: bool,
        hides: bool,
    ) -> Vec<Bound> {
        let all = &self.facts(file).bindings;
        let bound = |index: usize| Bound { file, binding: offset(index) };
        let usable = |index: &usize| {
            let later =
                hides && all[*index].at > at && matches!(all[*index].what, What::Value { .. });
            !later
                && !matches!(
                    all[*index].what,
                    What::Value { is_field: true, .. }
                        | What::Star { .. }
                        | What::Export(_)
                        | What::Import { only_exported: true, .. }
                )
        };
        if range.len() == 1 {
            let narrowed = matches!(all[range.start].what, What::Value { is_narrowed: true, .. });
            let early = narrowed && (all[range.start].at >= at || !in_order);
            return range.filter(usable).filter(|_| !early).map(bound).collect();
        }
        let mut found = Vec::new();
        if range.clone().all(|index| matches!(all[index].what, What::Symbol(_))) {
            // Variants of one definition: which of them is there, the build decides.
            return range.filter(usable).map(bound).collect();
        }
        if in_order {
            for index in range.clone().rev().filter(usable) {
                let binding = &all[index];
                if binding.at >= at {
                    continue;
                }
                found.push(bound(index));
                if self.is_around(file, binding.block, scope) {
                    return found;
                }
            }
        }
        if found.is_empty() {
            found.extend(
                range
                    .filter(usable)
                    .filter(|index| {
                        !matches!(all[*index].what, What::Value { is_narrowed: true, .. })
                    })
                    .map(bound),
            );
        }
        found
    }

    fn is_around(&self, file: u32, outer: ScopeId, scope: ScopeId) -> bool {
        let mut next = Some(scope);
        while let Some(id) = next {
            if id == outer {
                return true;
            }
            next = self.scope(file, id).parent;
        }
        false
    }

    /// Whether all of these are declarations of what is defined elsewhere.
    fn is_only_said(&self, bounds: &[Bound]) -> bool {
        bounds.iter().all(|bound| match self.binding(*bound).what {
            What::Symbol(id) => self.facts(bound.file).symbols[id.index()].traits.is_declaration,
            _ => false,
        })
    }

    /// As [`Self::find`], and what stars and the language's own packages bring in.
    pub(super) fn find_all(&mut self, file: u32, name: Name, scope: ScopeId, at: u32) -> Imported {
        let found = self.find(file, name, scope, at);
        if !found.is_empty() {
            if self.facts(file).language.family() == Family::C && self.is_only_said(&found) {
                // A prototype: the body may be in another file.
                let word = self.word(file, name);
                if let Some(Some(package)) = self.modules.packages.of.get(file as usize)
                    && let Imported::Bounds(bodies) =
                        self.module_member(Module::Package(*package), word, None)
                {
                    return Imported::Bounds(bodies);
                }
            }
            return Imported::Bounds(found);
        }
        let inherits = matches!(self.facts(file).language.family(), Family::Java | Family::C);
        let mut outside = None;
        if inherits {
            match self.find_inherited(file, name, scope) {
                Some(found @ Imported::External(_)) => outside = Some(found),
                Some(found) => return found,
                None => {}
            }
        }
        let word = self.word(file, name);
        if let Some(found) = self.through_stars(file, scope, word) {
            return found;
        }
        let found = match self.modules.packages.of.get(file as usize) {
            Some(Some(package)) => self.module_member(Module::Package(*package), word, None),
            _ => Imported::Missing,
        };
        match (found, outside) {
            (Imported::Missing, Some(outside)) if self.builtin(file, word) == TypeId::UNKNOWN => {
                outside
            }
            (found, _) => found,
        }
    }

    /// What a star of a file brings in under a name.
    fn through_stars(&mut self, file: u32, scope: ScopeId, word: Word) -> Option<Imported> {
        if self.stars[file as usize].is_empty() {
            return None;
        }
        // A star counts for the module that it stands in.
        let scope = match self.module_around(file, scope) {
            Module::Inline(sym) => self.symbol(sym).scope.unwrap_or(ScopeId::FILE),
            _ => ScopeId::FILE,
        };
        if let Some(found) = self.starred.get(&(file, scope, word)) {
            return found.clone();
        }
        if !self.deeper() {
            return None;
        }
        self.starred.insert((file, scope, word), None);
        let mut found = None;
        for index in self.stars[file as usize].clone() {
            let binding = &self.facts(file).bindings[index as usize];
            let What::Star { module, .. } = binding.what else { continue };
            let around = match self.module_around(file, binding.scope) {
                Module::Inline(sym) => self.symbol(sym).scope.unwrap_or(ScopeId::FILE),
                _ => ScopeId::FILE,
            };
            if around != scope {
                continue;
            }
            let module = self.word(file, module);
            let from = self.import_module(file, binding.scope, module);
            if matches!(from, Imported::External(_)) {
                continue;
            }
            match self.follow(from, word) {
                Imported::Missing => {}
                imported => {
                    found = Some(imported);
                    break;
                }
            }
        }
        self.starred.insert((file, scope, word), found.clone());
        self.shallower();
        found
    }

    /// The module of a name, as the language of the asking file finds it.
    pub(super) fn import_module(&mut self, file: u32, scope: ScopeId, module: Word) -> Imported {
        match self.facts(file).language.family() {
            Family::Python => self.python_import(file, module),
            Family::Script => self.script_import(file, module),
            Family::Go => self.go_import(module),
            Family::Rust => self.rust_import(file, scope, module),
            Family::Java => self.java_import(module),
            _ => Imported::Missing,
        }
    }

    /// A name that no file binds, as the language itself may.
    pub(super) fn builtin(&mut self, file: u32, word: Word) -> TypeId {
        match self.facts(file).language.family() {
            Family::Python => self.python_builtin(word),
            Family::Script => self.script_builtin(word),
            Family::Go => self.go_builtin(word),
            Family::Rust => self.rust_builtin(word),
            Family::Java => self.java_builtin(word),
            _ => TypeId::UNKNOWN,
        }
    }

    /// What an import binding brings in.
    pub(super) fn imported(&mut self, bound: Bound) -> Imported {
        let What::Import { module, item, .. } = self.binding(bound).what else {
            return Imported::Missing;
        };
        if !self.deeper() {
            return Imported::Missing;
        }
        let module = self.word(bound.file, module);
        let scope = self.binding(bound).scope;
        let found = match (self.import_module(bound.file, scope, module), item) {
            (Imported::Module(module), Some(item)) => {
                let item = self.word(bound.file, item);
                self.module_member(module, item, Some(bound))
            }
            (Imported::External(path), Some(item)) => {
                let item = self.word(bound.file, item);
                Imported::External(self.join(path, item))
            }
            (found @ Imported::Bounds(_), Some(item)) => {
                let item = self.word(bound.file, item);
                self.follow(found, item)
            }
            (found, _) => found,
        };
        self.shallower();
        found
    }

    /// What a module has under a name. `asking` is the import that asks: it is no answer to itself.
    pub(super) fn module_member(
        &mut self,
        module: Module,
        word: Word,
        asking: Option<Bound>,
    ) -> Imported {
        let (file, scope) = match module {
            Module::File(file) => (file, ScopeId::FILE),
            Module::Folder(folder) => return self.python_submodule(folder, word),
            Module::Package(package) => {
                let found = self.modules.packages.names.get(&(package, word));
                return found.map_or(Imported::Missing, |found| Imported::Bounds(found.clone()));
            }
            Module::Inline(sym) => {
                (self.place(sym).0, self.symbol(sym).scope.unwrap_or(ScopeId::FILE))
            }
        };
        if let Some(name) = self.name_in(file, word) {
            let range = self.bindings(file, scope, name);
            let exports = &self.facts(file).bindings;
            let is_export = |index: &usize| {
                matches!(
                    exports[*index].what,
                    What::Export(_) | What::Import { only_exported: true, .. }
                )
            };
            // What a file hands on under a name comes before what it calls so itself.
            let only_exports = range.clone().any(|index| is_export(&index));
            let found: Vec<Bound> = range
                .filter(|index| !only_exports || is_export(index))
                .map(|index| Bound { file, binding: offset(index) })
                .filter(|bound| Some(*bound) != asking)
                .filter(|bound| {
                    !matches!(
                        self.binding(*bound).what,
                        What::Star { .. } | What::Value { is_narrowed: true, .. }
                    )
                })
                .collect();
            if !found.is_empty() {
                return Imported::Bounds(found);
            }
        }
        if let Some(found) = self.through_stars(file, scope, word) {
            return found;
        }
        match self.files[file as usize].path.strip_suffix("/__init__.py") {
            Some(folder) => {
                let folder = self.words.id(folder);
                self.python_submodule(folder, word)
            }
            None => Imported::Missing,
        }
    }

    /// The type of what a name stands for.
    pub(super) fn name_value(&mut self, file: u32, name: Name, scope: ScopeId, at: u32) -> TypeId {
        match self.find_all(file, name, scope, at) {
            Imported::Missing => {
                let word = self.word(file, name);
                self.builtin(file, word)
            }
            found => self.imported_value(found),
        }
    }

    pub(super) fn imported_value(&mut self, imported: Imported) -> TypeId {
        match imported {
            Imported::Module(module) => self.types.id(Type::Module(module)),
            Imported::External(path) => self.types.id(Type::External(path)),
            Imported::Missing => TypeId::UNKNOWN,
            Imported::Bounds(bounds) => match bounds[..] {
                [one] => self.bound_value(one),
                _ => {
                    let of: Vec<TypeId> =
                        bounds.into_iter().map(|one| self.bound_value(one)).collect();
                    self.types.union(&of)
                }
            },
        }
    }

    /// The type of what is bound.
    pub(super) fn bound_value(&mut self, bound: Bound) -> TypeId {
        match self.bound.get(&bound) {
            Some(Memo::Is(found)) => return *found,
            Some(_) => return TypeId::UNKNOWN,
            None => {}
        }
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        self.bound.insert(bound, Memo::Under);
        let file = bound.file;
        let found = match self.binding(bound).what {
            What::Symbol(symbol) => self.symbol_value(self.sym(file, symbol)),
            What::Import { .. } => {
                let imported = self.imported(bound);
                self.imported_value(imported)
            }
            What::Star { .. } => TypeId::UNKNOWN,
            What::Export(of) => self.value(file, of),
            What::TypeParameter { .. } => self.types.id(Type::Variable(bound)),
            What::Value { declared, value, .. } => {
                self.declared_or(file, declared, value.as_slice())
            }
        };
        self.shallower();
        self.bound.insert(bound, Memo::Is(found));
        found
    }

    /// The declared type, or where it tells nothing what the values are.
    pub(super) fn declared_or(
        &mut self,
        file: u32,
        declared: Option<crate::facts::ExpressionId>,
        values: &[crate::facts::ExpressionId],
    ) -> TypeId {
        if let Some(declared) = declared {
            let declared = self.written(file, declared);
            if declared != TypeId::UNKNOWN {
                return declared;
            }
        }
        let of: Vec<TypeId> = values.iter().map(|value| self.value(file, *value)).collect();
        self.types.union(&of)
    }

    /// The type of a symbol as a value.
    pub(super) fn symbol_value(&mut self, sym: Sym) -> TypeId {
        let symbol = self.symbol(sym);
        match symbol.kind {
            SymbolKind::Function | SymbolKind::Method | SymbolKind::Macro => {
                self.types.id(Type::Function(sym, TypeId::UNKNOWN))
            }
            SymbolKind::Class | SymbolKind::Interface => {
                self.types.id(Type::Class(sym, Box::default()))
            }
            SymbolKind::Module => self.types.id(Type::Module(Module::Inline(sym))),
            SymbolKind::Alias => {
                let (file, _) = self.place(sym);
                match symbol.bases.first() {
                    Some(&base) => self.value(file, base),
                    None => TypeId::UNKNOWN,
                }
            }
            SymbolKind::Constant | SymbolKind::Field => self.result(sym),
        }
    }

    /// `path.name`, as long as that is a path that somebody would write.
    pub(super) fn join(&mut self, path: Word, name: Word) -> Word {
        let text = self.words.text(path);
        if text.len() > 100 {
            return path;
        }
        let joined = format!("{text}.{}", self.words.text(name));
        self.words.id(&joined)
    }
}
