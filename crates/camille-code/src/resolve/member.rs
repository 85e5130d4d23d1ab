//! Members of types: what the type itself has, then its bases.

use super::name::Imported;
use super::project::Resolver;
use super::types::{Bound, Sym, Type, TypeId, Word};
use crate::builder::offset;
use crate::facts::What;

/// One thing that a member may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hit {
    pub(super) value: TypeId,
    pub(super) bound: Bound,
    /// Found in a base.
    pub(super) inherited: bool,
}

/// What a member may be.
#[derive(Debug, Default)]
pub(super) struct Hits {
    pub(super) found: Vec<Hit>,
    /// It may come from outside.
    pub(super) external: Option<Word>,
    /// Modules among what it may be.
    pub(super) modules: Vec<TypeId>,
}

impl Resolver<'_> {
    /// The type of a member.
    pub(super) fn member_value(&mut self, of: TypeId, word: Word) -> TypeId {
        let hits = self.member(of, word);
        let mut values: Vec<TypeId> = hits.found.iter().map(|hit| hit.value).collect();
        values.extend(&hits.modules);
        let copies = ["clone", "to_owned", "as_ref", "as_mut", "by_ref"];
        if values.is_empty()
            && copies.contains(&self.words.text(word))
            && matches!(self.types.look(of), Type::Instance(..) | Type::Variable(_))
        {
            // What every value has, where it is no member of its own: it gives what it is called on.
            return self.types.id(Type::KnownMethod(word, of));
        }
        if values.is_empty() {
            return match hits.external {
                Some(path) => match self.types.look(of).clone() {
                    Type::Known(..) => self.types.id(Type::KnownMethod(word, of)),
                    Type::External(_) => self.types.id(Type::External(path)),
                    _ => self.types.id(Type::External(path)),
                },
                None => TypeId::UNKNOWN,
            };
        }
        self.types.union(&values)
    }

    /// What a member of a type may be.
    pub(super) fn member(&mut self, of: TypeId, word: Word) -> Hits {
        let mut hits = Hits::default();
        if self.deeper() {
            self.gather(of, word, &mut hits);
            self.shallower();
        }
        hits
    }

    fn gather(&mut self, of: TypeId, word: Word, hits: &mut Hits) {
        match self.types.look(of).clone() {
            Type::Instance(sym, _) => self.search(sym, of, of, word, false, &mut Vec::new(), hits),
            Type::Class(sym, arguments) => {
                let instance = self.types.id(Type::Instance(sym, arguments));
                self.search(sym, instance, of, word, false, &mut Vec::new(), hits);
            }
            Type::Super(sym, is_class) => {
                let receiver = self.this(sym);
                let receiver = if is_class { TypeId::UNKNOWN } else { receiver };
                self.search_bases(sym, receiver, receiver, word, &mut vec![sym], hits);
            }
            Type::External(path) => hits.external = Some(self.join(path, word)),
            Type::Known(name, inner) if self.words.text(word) == "(key)" => {
                // Go: what `range` counts by.
                let key = match self.words.text(name) {
                    "dict" | "chan" => inner.first().copied(),
                    _ => None,
                };
                hits.modules.extend(key);
            }
            Type::Known(name, _) | Type::KnownClass(name) => {
                hits.external = Some(self.join(name, word));
            }
            Type::Module(module) => match self.module_member(module, word, None) {
                Imported::Bounds(bounds) => {
                    for bound in bounds {
                        let value = self.bound_value(bound);
                        hits.found.push(Hit { value, bound, inherited: false });
                    }
                }
                Imported::External(path) => hits.external = Some(path),
                Imported::Module(module) => {
                    let module = self.types.id(Type::Module(module));
                    hits.modules.push(module);
                }
                Imported::Missing => {
                    // What a script of the old kind hands on as a whole.
                    let whole = self.words.find("export=").filter(|whole| *whole != word);
                    if let Some(whole) = whole
                        && let Imported::Bounds(bounds) = self.module_member(module, whole, None)
                    {
                        for bound in bounds {
                            let whole = self.bound_value(bound);
                            self.gather(whole, word, hits);
                        }
                    }
                }
            },
            Type::Union(parts) => {
                for &part in &parts {
                    self.gather(part, word, hits);
                }
            }
            Type::Variable(bound) => {
                if let What::TypeParameter { bound: Some(limit) } = self.binding(bound).what {
                    let limit = self.written(bound.file, limit);
                    if limit != of {
                        self.gather(limit, word, hits);
                    }
                }
            }
            Type::Function(..) | Type::Callable(..) | Type::KnownMethod(..) => {
                let function = self.words.id("function");
                hits.external = Some(self.join(function, word));
            }
            Type::Object(file, scope) => {
                let Some(name) = self.name_in(file, word) else { return };
                for index in self.bindings(file, crate::facts::ScopeId(scope), name) {
                    let bound = Bound { file, binding: offset(index) };
                    let value = self.bound_value(bound);
                    hits.found.push(Hit { value, bound, inherited: false });
                }
            }
            Type::Unknown | Type::None | Type::ItsOwn => {}
        }
    }

    /// Looks for a member in a type and then in its bases. `as_this` is the type as the search sees it (a base with what it is
    /// applied to), `receiver` what the member is asked of.
    #[expect(clippy::too_many_arguments, reason = "one search, with what it carries along")]
    fn search(
        &mut self,
        sym: Sym,
        as_this: TypeId,
        receiver: TypeId,
        word: Word,
        inherited: bool,
        seen: &mut Vec<Sym>,
        hits: &mut Hits,
    ) {
        if seen.contains(&sym) || seen.len() > 40 {
            return;
        }
        seen.push(sym);
        let (file, _) = self.place(sym);
        let before = hits.found.len();
        let own = self.symbol(sym).scope.map(|scope| (file, scope));
        let extended = self.extended.get(&sym);
        let scopes: Vec<(u32, crate::facts::ScopeId)> = own
            .into_iter()
            .chain(extended.into_iter().flatten().map(|(file, one)| (*file, one.scope)))
            .collect();
        for (file, scope) in scopes {
            let Some(name) = self.name_in(file, word) else { continue };
            for index in self.bindings(file, scope, name) {
                let bound = Bound { file, binding: offset(index) };
                if matches!(self.binding(bound).what, What::TypeParameter { .. }) {
                    continue;
                }
                let value = self.member_of(bound, sym, as_this, receiver);
                hits.found.push(Hit { value, bound, inherited });
            }
        }
        if self.facts(file).language.family() == crate::Family::C && hits.found.len() > before + 1 {
            // A member that is said in the class and written outside of it.
            let mut bounds: Vec<Bound> = hits.found[before..].iter().map(|hit| hit.bound).collect();
            self.prefer_bodies(&mut bounds);
            let mut index = 0;
            hits.found.retain(|hit| {
                index += 1;
                index <= before || bounds.contains(&hit.bound)
            });
        }
        // A declaration says more than what happens to be assigned.
        if hits.found.len() > before + 1 {
            self.prefer_declared(before, hits);
        }
        if hits.found.len() == before {
            self.search_bases(sym, as_this, receiver, word, seen, hits);
        }
    }

    fn prefer_declared(&self, before: usize, hits: &mut Hits) {
        let is_declared = |hit: &Hit| match self.binding(hit.bound).what {
            What::Value { declared, .. } => declared.is_some(),
            What::Symbol(id) => {
                let symbol = &self.facts(hit.bound.file).symbols[id.index()];
                symbol.declared.is_some() || symbol.kind.is_callable()
            }
            _ => false,
        };
        if hits.found[before..].iter().any(is_declared) {
            let mut index = 0;
            hits.found.retain(|hit| {
                index += 1;
                index <= before || is_declared(hit)
            });
        }
    }

    fn search_bases(
        &mut self,
        sym: Sym,
        as_this: TypeId,
        receiver: TypeId,
        word: Word,
        seen: &mut Vec<Sym>,
        hits: &mut Hits,
    ) {
        let (file, _) = self.place(sym);
        let before = hits.found.len();
        let own = self.symbol(sym).bases.iter().map(|base| (file, *base));
        let extended = self.extended.get(&sym).into_iter().flatten();
        let bases: Vec<(u32, crate::facts::ExpressionId)> =
            own.chain(extended.filter_map(|(file, one)| Some((*file, one.base?)))).collect();
        for (file, base) in bases {
            let base = self.base(file, base, sym, as_this);
            for part in self.types.parts(base) {
                match self.types.look(part).clone() {
                    Type::Instance(base, _) => {
                        self.search(base, part, receiver, word, true, seen, hits);
                    }
                    Type::External(path) | Type::Known(path, _) if hits.external.is_none() => {
                        hits.external = Some(self.join(path, word));
                    }
                    _ => {}
                }
            }
            if hits.found.len() > before {
                return;
            }
        }
    }

    /// A base of a type, applied to what the type is applied to.
    fn base(
        &mut self,
        file: u32,
        base: crate::facts::ExpressionId,
        sym: Sym,
        as_this: TypeId,
    ) -> TypeId {
        let base = self.written(file, base);
        if !self.types.is_open(base) {
            return base;
        }
        let with = self.filled(sym, as_this);
        self.types.replace(base, &with)
    }

    /// What the variables of a type are in one use of it.
    pub(super) fn filled(&mut self, sym: Sym, instance: TypeId) -> Vec<(TypeId, TypeId)> {
        let (Type::Instance(_, arguments) | Type::Class(_, arguments)) =
            self.types.look(instance).clone()
        else {
            return Vec::new();
        };
        let variables = self.variables(sym);
        variables
            .into_iter()
            .zip(arguments)
            .filter(|(from, to)| from != to && *from != TypeId::UNKNOWN)
            .collect()
    }

    /// The value of a member that was found in a type, as the receiver sees it.
    fn member_of(&mut self, bound: Bound, owner: Sym, as_this: TypeId, receiver: TypeId) -> TypeId {
        if let What::Symbol(id) = self.binding(bound).what {
            let symbol = &self.facts(bound.file).symbols[id.index()];
            let sym = self.sym(bound.file, id);
            if symbol.kind.is_callable() && !symbol.kind.is_type() {
                let method = self.types.id(Type::Function(sym, receiver));
                if !symbol.traits.is_property {
                    return method;
                }
                let with = self.filled(owner, as_this);
                let result = self.result(sym);
                let result = self.types.replace(result, &with);
                return self.as_own(result, receiver);
            }
            if symbol.kind == crate::facts::SymbolKind::Field && self.is_enumeration(owner) {
                return self.instance(owner);
            }
        }
        let value = self.bound_value(bound);
        if !self.types.is_open(value) {
            return value;
        }
        let with = self.filled(owner, as_this);
        self.types.replace(value, &with)
    }

    /// Python: whether a class is an `Enum`, whose fields are its values.
    fn is_enumeration(&mut self, sym: Sym) -> bool {
        let (file, _) = self.place(sym);
        self.symbol(sym).bases.iter().any(|base| {
            let base = self.value(file, *base);
            match self.types.look(base) {
                Type::External(path) => self.words.text(*path).starts_with("enum."),
                _ => false,
            }
        })
    }

    /// `Self` as the receiver sees it.
    pub(super) fn as_own(&mut self, of: TypeId, receiver: TypeId) -> TypeId {
        if receiver == TypeId::UNKNOWN || !self.types.is_open(of) {
            return of;
        }
        let receiver = match self.types.look(receiver).clone() {
            Type::Class(sym, of) => self.types.id(Type::Instance(sym, of)),
            _ => receiver,
        };
        let own = self.types.id(Type::ItsOwn);
        self.types.replace(of, &[(own, receiver)])
    }

    /// What a base of a receiver is applied to: the receiver itself where it is of that type.
    pub(super) fn seen_as(&mut self, receiver: TypeId, owner: Sym) -> Option<TypeId> {
        self.seen_as_from(receiver, owner, &mut Vec::new())
    }

    fn seen_as_from(&mut self, of: TypeId, owner: Sym, seen: &mut Vec<Sym>) -> Option<TypeId> {
        let (Type::Instance(sym, _) | Type::Class(sym, _)) = self.types.look(of).clone() else {
            return None;
        };
        if sym == owner {
            return Some(of);
        }
        if seen.contains(&sym) || seen.len() > 40 {
            return None;
        }
        seen.push(sym);
        let (file, _) = self.place(sym);
        let own = self.symbol(sym).bases.iter().map(|base| (file, *base));
        let extended = self.extended.get(&sym).into_iter().flatten();
        let bases: Vec<(u32, crate::facts::ExpressionId)> =
            own.chain(extended.filter_map(|(file, one)| Some((*file, one.base?)))).collect();
        for (file, base) in bases {
            let base = self.base(file, base, sym, of);
            for part in self.types.parts(base) {
                if let Some(found) = self.seen_as_from(part, owner, seen) {
                    return Some(found);
                }
            }
        }
        None
    }
}
