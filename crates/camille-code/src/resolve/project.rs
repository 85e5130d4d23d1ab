//! The tables of a project: names and symbols numbered through all files, bindings found by scope and name.

use super::types::{Bound, Module, Sym, Type, TypeId, Types, Word};
use super::{Manifest, Source};
use crate::builder::offset;
use crate::facts::{
    Binding, ExpressionId, Extension, Facts, Name, Scope, ScopeId, Symbol, SymbolId, What,
};
use hashbrown::HashMap;

pub(super) type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// How deep one question may lead to others; beyond it nothing is known.
pub(super) const DEPTH_MAX: usize = 60;

/// How many steps one site may take, and how many of them a project may take for each site that it has: types that lead to
/// each other in circles cost a bound.
const STEPS_PER_SITE: u32 = 20_000;
const STEPS_PER_SITE_MEAN: u64 = 1_000;

/// What was found out about an expression so far.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Memo {
    Not,
    Under,
    Is(TypeId),
}

/// A project while it is resolved.
pub(super) struct Resolver<'p> {
    pub(super) files: &'p [Source],
    pub(super) words: Words,
    /// For each file, its names as words.
    word_of: Vec<Vec<Word>>,
    /// For each file, words that it has, in order, with the name that they are there.
    name_of: Vec<Vec<(Word, Name)>>,
    first_symbol: Vec<u32>,
    pub(super) types: Types,
    pub(super) values: Vec<Vec<Memo>>,
    pub(super) written: Map<(u32, ExpressionId), TypeId>,
    pub(super) results: Map<Sym, Memo>,
    pub(super) bound: Map<Bound, Memo>,
    depth: usize,
    steps: u32,
    steps_left: u64,
    /// What stars bring into a file under a word.
    pub(super) starred: Map<(u32, ScopeId, Word), Option<super::name::Imported>>,
    /// Modules by what the files' languages call them.
    pub(super) modules: Modules,
    /// For each file, its star imports among its bindings.
    pub(super) stars: Vec<Vec<u32>>,
    /// Where types are given members outside of themselves.
    pub(super) extended: Map<Sym, Vec<(u32, Extension)>>,
    /// The same by scope: the type, and as what it is written there.
    pub(super) extending: Map<(u32, ScopeId), (Sym, TypeId)>,
    /// Methods and functions by name, for the rule of the unique name.
    pub(super) bearers: Map<Word, (Sym, u32)>,
}

/// Where modules are.
#[derive(Default)]
pub(super) struct Modules {
    /// Files by path.
    pub(super) paths: Map<String, u32>,
    /// Folders that hold files, at any depth.
    pub(super) folders: Map<String, ()>,
    /// Folders that Python imports from, most used first.
    pub(super) python_roots: Vec<String>,
    pub(super) python: Map<(String, Word), Option<Module>>,
    pub(super) scripts: super::script::Scripts,
    pub(super) packages: super::package::Packages,
    pub(super) crates: super::rust::Crates,
}

/// Words of the project, each once.
#[derive(Default)]
pub(super) struct Words {
    all: Vec<String>,
    known: Map<String, Word>,
}

impl Words {
    pub(super) fn id(&mut self, text: &str) -> Word {
        if let Some(&word) = self.known.get(text) {
            return word;
        }
        let word = Word(offset(self.all.len()));
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), word);
        word
    }

    pub(super) fn text(&self, word: Word) -> &str {
        &self.all[word.0 as usize]
    }

    pub(super) fn find(&self, text: &str) -> Option<Word> {
        self.known.get(text).copied()
    }
}

impl<'p> Resolver<'p> {
    pub(super) fn new(files: &'p [Source], manifests: &'p [Manifest]) -> Self {
        let mut words = Words::default();
        let mut word_of = Vec::with_capacity(files.len());
        let mut name_of = Vec::with_capacity(files.len());
        let mut first_symbol = Vec::with_capacity(files.len() + 1);
        let mut symbols = 0;
        for file in files {
            let of: Vec<Word> = file.facts.names.iter().map(|name| words.id(name)).collect();
            let mut names: Vec<(Word, Name)> =
                (0..).map(Name).zip(&of).map(|(name, word)| (*word, name)).collect();
            names.sort_unstable();
            word_of.push(of);
            name_of.push(names);
            first_symbol.push(symbols);
            symbols += offset(file.facts.symbols.len());
        }
        first_symbol.push(symbols);
        let values =
            files.iter().map(|file| vec![Memo::Not; file.facts.expressions.len()]).collect();
        let stars = files
            .iter()
            .map(|file| {
                let bindings = (0..).zip(&file.facts.bindings);
                bindings
                    .filter(|(_, binding)| matches!(binding.what, What::Star { .. }))
                    .map(|(index, _)| index)
                    .collect()
            })
            .collect();
        let mut resolver = Resolver {
            files,
            words,
            word_of,
            name_of,
            first_symbol,
            types: Types::new(),
            values,
            written: Map::default(),
            results: Map::default(),
            bound: Map::default(),
            depth: 0,
            steps: 0,
            steps_left: 100_000
                + STEPS_PER_SITE_MEAN
                    * files.iter().map(|file| file.facts.sites.len() as u64).sum::<u64>(),
            starred: Map::default(),
            modules: Modules::default(),
            stars,
            extended: Map::default(),
            extending: Map::default(),
            bearers: Map::default(),
        };
        resolver.find_modules(manifests);
        resolver.find_bearers();
        resolver.find_extensions();
        resolver
    }

    /// Goes one question deeper, unless that is too deep or this site has cost too much. Who got a yes says
    /// [`Self::shallower`] at the end.
    pub(super) fn deeper(&mut self) -> bool {
        if self.depth > DEPTH_MAX || self.steps > STEPS_PER_SITE || self.steps_left == 0 {
            return false;
        }
        self.depth += 1;
        self.steps += 1;
        self.steps_left -= 1;
        true
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    /// Begins with another site.
    pub(super) fn begin(&mut self) {
        self.depth = 0;
        self.steps = 0;
    }

    fn find_modules(&mut self, manifests: &[Manifest]) {
        for (index, file) in self.files.iter().enumerate() {
            self.modules.paths.insert(file.path.clone(), offset(index));
            let mut folder = file.path.as_str();
            while let Some((parent, _)) = folder.rsplit_once('/') {
                if self.modules.folders.insert(parent.to_owned(), ()).is_some() {
                    break;
                }
                folder = parent;
            }
        }
        self.find_python_roots();
        self.find_packages(manifests);
        self.find_crates(manifests);
        self.modules.scripts.read(manifests);
    }

    fn find_extensions(&mut self) {
        for (file, source) in self.files.iter().enumerate() {
            let file = offset(file);
            for extension in &source.facts.extensions {
                self.begin();
                let of = self.written(file, extension.of);
                if let Type::Instance(sym, _) = *self.types.look(of) {
                    self.extended.entry(sym).or_default().push((file, *extension));
                    self.extending.insert((file, extension.scope), (sym, of));
                }
            }
        }
    }

    fn find_bearers(&mut self) {
        for (file, source) in self.files.iter().enumerate() {
            for (index, symbol) in source.facts.symbols.iter().enumerate() {
                if symbol.kind.is_callable() {
                    let word = self.word_of[file][symbol.name.index()];
                    let sym = Sym(self.first_symbol[file] + offset(index));
                    self.bearers.entry(word).or_insert((sym, 0)).1 += 1;
                }
            }
        }
    }

    pub(super) fn facts(&self, file: u32) -> &'p Facts {
        &self.files[file as usize].facts
    }

    pub(super) fn word(&self, file: u32, name: Name) -> Word {
        self.word_of[file as usize][name.index()]
    }

    /// What a word is called in a file, if the file has it at all.
    pub(super) fn name_in(&self, file: u32, word: Word) -> Option<Name> {
        let names = &self.name_of[file as usize];
        let first = names.partition_point(|(one, _)| *one < word);
        names.get(first).filter(|(one, _)| *one == word).map(|(_, name)| *name)
    }

    pub(super) fn sym(&self, file: u32, symbol: SymbolId) -> Sym {
        Sym(self.first_symbol[file as usize] + symbol.0)
    }

    /// The file of a symbol, and its number there.
    pub(super) fn place(&self, sym: Sym) -> (u32, SymbolId) {
        let file = self.first_symbol.partition_point(|first| *first <= sym.0) - 1;
        (offset(file), SymbolId(sym.0 - self.first_symbol[file]))
    }

    pub(super) fn symbol(&self, sym: Sym) -> &'p Symbol {
        let (file, id) = self.place(sym);
        &self.facts(file).symbols[id.index()]
    }

    pub(super) fn scope(&self, file: u32, scope: ScopeId) -> Scope {
        self.facts(file).scopes[scope.index()]
    }

    /// All bindings of a scope: a range of [`Facts::bindings`].
    pub(super) fn bindings_of(&self, file: u32, scope: ScopeId) -> std::ops::Range<usize> {
        let all = &self.facts(file).bindings;
        all.partition_point(|one| one.scope < scope)..all.partition_point(|one| one.scope <= scope)
    }

    /// The bindings of a name in a scope, in the order of the text: a range of [`Facts::bindings`].
    pub(super) fn bindings(&self, file: u32, scope: ScopeId, name: Name) -> std::ops::Range<usize> {
        let all = &self.facts(file).bindings;
        let first = all.partition_point(|one| (one.scope, one.name) < (scope, name));
        let count =
            all[first..].iter().take_while(|one| (one.scope, one.name) == (scope, name)).count();
        first..first + count
    }

    pub(super) fn binding(&self, bound: Bound) -> &'p Binding {
        &self.facts(bound.file).bindings[bound.binding as usize]
    }

    /// The class around a scope.
    pub(super) fn class_around(&self, file: u32, scope: ScopeId) -> Option<Sym> {
        let mut next = Some(scope);
        while let Some(id) = next {
            let scope = self.scope(file, id);
            if let Some((sym, _)) = self.extending.get(&(file, id)) {
                return Some(*sym);
            }
            if scope.kind == crate::facts::ScopeKind::Class {
                return scope.symbol.map(|symbol| self.sym(file, symbol));
            }
            next = scope.parent;
        }
        None
    }

    /// A type made of a symbol, applied to nothing.
    pub(super) fn instance(&mut self, sym: Sym) -> TypeId {
        self.types.id(Type::Instance(sym, Box::default()))
    }

    /// The scope of a class around, from inside.
    pub(super) fn class_scope(&self, file: u32, scope: ScopeId) -> Option<ScopeId> {
        let mut next = Some(scope);
        while let Some(id) = next {
            let scope = self.scope(file, id);
            if scope.kind == crate::facts::ScopeKind::Class {
                return Some(id);
            }
            next = scope.parent;
        }
        None
    }

    /// The type that a member belongs to, and what it is called where the member stands: generic over the variables there.
    pub(super) fn owner(&mut self, member: Sym) -> Option<(Sym, TypeId)> {
        let (file, _) = self.place(member);
        let symbol = self.symbol(member);
        if let Some(scope) = symbol.scope.and_then(|scope| self.scope(file, scope).parent)
            && let Some(&found) = self.extending.get(&(file, scope))
        {
            return Some(found);
        }
        let parent = self.sym(file, symbol.parent?);
        if !self.symbol(parent).kind.is_type() {
            return None;
        }
        let this = self.this(parent);
        Some((parent, this))
    }

    /// A value of the class around, generic over what the class is generic over.
    pub(super) fn this(&mut self, sym: Sym) -> TypeId {
        let parameters = self.variables(sym);
        self.types.id(Type::Instance(sym, parameters.into()))
    }

    /// The variables that a symbol is generic over.
    pub(super) fn variables(&mut self, sym: Sym) -> Vec<TypeId> {
        let (file, _) = self.place(sym);
        let symbol = self.symbol(sym);
        let scope = symbol.scope.unwrap_or(ScopeId::FILE);
        let mut variables = Vec::new();
        for &name in &symbol.parameters {
            let found = self.find(file, name, scope, u32::MAX);
            let variable = match found.first() {
                Some(&bound) => self.bound_value(bound),
                None => TypeId::UNKNOWN,
            };
            variables.push(variable);
        }
        variables
    }
}
