//! Expressions → types. Each is worked out once; one that asks for itself is unknown.

use super::project::{Memo, Resolver};
use super::types::{Type, TypeId};
use crate::facts::{Expression, ExpressionId, SymbolKind, What};
use crate::resolve::name::Imported;

impl Resolver<'_> {
    /// The type of an expression as a value.
    pub(super) fn value(&mut self, file: u32, id: ExpressionId) -> TypeId {
        let memo = self.values[file as usize][id.index()];
        match memo {
            Memo::Is(found) => return found,
            Memo::Under => return TypeId::UNKNOWN,
            Memo::Not => {}
        }
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        self.values[file as usize][id.index()] = Memo::Under;
        let found = self.value_of(file, id);
        self.values[file as usize][id.index()] = Memo::Is(found);
        self.shallower();
        found
    }

    fn value_of(&mut self, file: u32, id: ExpressionId) -> TypeId {
        match &self.facts(file).expressions[id.index()] {
            Expression::Unknown => TypeId::UNKNOWN,
            Expression::Name { name, scope, at } => self.name_value(file, *name, *scope, *at),
            Expression::Member { of, name } => {
                let of = self.value(file, *of);
                let word = self.word(file, *name);
                self.member_value(of, word)
            }
            Expression::Call { callee, arguments } => {
                let callee = self.value(file, *callee);
                self.call(callee, file, arguments)
            }
            Expression::New { class, arguments } => {
                let class = self.value(file, *class);
                self.construct(class, file, arguments)
            }
            Expression::Instance(of) => self.written(file, *of),
            Expression::Apply { base, arguments } => self.apply(file, *base, arguments),
            Expression::Function { .. } => self.written(file, id),
            Expression::Lambda { results, is_async } => {
                let of: Vec<TypeId> = results.iter().map(|one| self.value(file, *one)).collect();
                let mut result = self.types.union(&of);
                if *is_async {
                    result = self.awaitable(result);
                }
                self.types.id(Type::Callable(Box::default(), result))
            }
            Expression::Given { callee, argument, parameter } => {
                let callee = self.value(file, *callee);
                self.given(callee, *argument, *parameter)
            }
            Expression::Element(of) => {
                let of = self.value(file, *of);
                self.element(of)
            }
            Expression::Index(of) => {
                let of = self.value(file, *of);
                self.index(of)
            }
            Expression::Nth { of, index } => {
                let of = self.value(file, *of);
                self.nth(of, *index)
            }
            Expression::Await(of) => {
                let of = self.value(file, *of);
                self.awaited(of)
            }
            Expression::Enter(of) => {
                let of = self.value(file, *of);
                self.entered(of)
            }
            Expression::Unwrap(of) => {
                let of = self.value(file, *of);
                self.unwrapped(of)
            }
            Expression::Deref(of) => self.value(file, *of),
            Expression::Union(of) => {
                let of: Vec<TypeId> = of.iter().map(|one| self.value(file, *one)).collect();
                self.types.union(&of)
            }
            Expression::Tuple(of) => {
                let of: Box<[TypeId]> = of.iter().map(|one| self.value(file, *one)).collect();
                self.known("tuple", of)
            }
            Expression::Builtin { name, arguments } => {
                let of = arguments.iter().map(|one| self.value(file, *one)).collect();
                self.literal(self.facts(file).name(*name), of)
            }
            Expression::Object(scope) => self.types.id(Type::Object(file, scope.0)),
            Expression::This { scope } => {
                let class = self.class_scope(file, *scope);
                match class.and_then(|class| self.extending.get(&(file, class))) {
                    Some((_, of)) => *of,
                    None => match self.class_around(file, *scope) {
                        Some(class) => self.this(class),
                        None => TypeId::UNKNOWN,
                    },
                }
            }
            Expression::ThisClass { scope } => match self.class_around(file, *scope) {
                Some(class) => self.types.id(Type::Class(class, Box::default())),
                None => TypeId::UNKNOWN,
            },
            Expression::Super { scope } => match self.class_around(file, *scope) {
                Some(class) => self.types.id(Type::Super(class, false)),
                None => TypeId::UNKNOWN,
            },
            Expression::Module(name) => {
                let word = self.word(file, *name);
                let module = self.import_module(file, crate::facts::ScopeId::FILE, word);
                self.imported_value(module)
            }
            Expression::ClassOf(of) => {
                let of = self.value(file, *of);
                self.class_of(of)
            }
            Expression::TypeOf(of) => self.value(file, *of),
        }
    }

    /// What an adapter says to be of the language itself.
    fn literal(&mut self, name: &str, of: Box<[TypeId]>) -> TypeId {
        match name {
            "None" => self.types.id(Type::None),
            "Self" => self.types.id(Type::ItsOwn),
            _ => self.known(name, of),
        }
    }

    /// A type of the language itself.
    pub(super) fn known(&mut self, name: &str, of: Box<[TypeId]>) -> TypeId {
        let word = self.words.id(name);
        self.types.id(Type::Known(word, of))
    }

    fn class_of(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Instance(sym, of) => self.types.id(Type::Class(sym, of)),
            Type::External(path) => self.types.id(Type::External(path)),
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.class_of(*one)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// `base[arguments]`: a generic applied, or a value indexed.
    fn apply(&mut self, file: u32, base: ExpressionId, arguments: &[ExpressionId]) -> TypeId {
        let base = self.value(file, base);
        match self.types.look(base).clone() {
            Type::Class(sym, _) => {
                let of = arguments.iter().map(|one| self.written(file, *one)).collect();
                self.types.id(Type::Class(sym, of))
            }
            Type::External(_) | Type::KnownClass(_) | Type::Function(..) => base,
            _ => self.index(base),
        }
    }

    /// The type that an expression writes down: a value of the class that it names.
    pub(super) fn written(&mut self, file: u32, id: ExpressionId) -> TypeId {
        if let Some(&found) = self.written.get(&(file, id)) {
            return found;
        }
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        self.written.insert((file, id), TypeId::UNKNOWN);
        let found = self.written_of(file, id);
        self.written.insert((file, id), found);
        self.shallower();
        found
    }

    fn written_of(&mut self, file: u32, id: ExpressionId) -> TypeId {
        match &self.facts(file).expressions[id.index()] {
            Expression::Name { name, scope, at } => {
                let found = self.find_all(file, *name, *scope, *at);
                if let Some(alias) = self.alias(&found) {
                    return alias;
                }
                let class = self.value(file, id);
                self.value_of_class(class)
            }
            Expression::Apply { base, arguments } => {
                let of: Vec<TypeId> =
                    arguments.iter().map(|one| self.written(file, *one)).collect();
                if let Some(alias) = self.alias_symbol(file, *base) {
                    let with: Vec<(TypeId, TypeId)> =
                        self.variables(alias).into_iter().zip(of).collect();
                    let (own, _) = self.place(alias);
                    let stands_for = self.symbol(alias).bases.first().copied();
                    let stands_for = stands_for.map_or(TypeId::UNKNOWN, |of| self.written(own, of));
                    return self.types.replace(stands_for, &with);
                }
                let base = self.value(file, *base);
                self.applied(base, of)
            }
            Expression::Union(of) => {
                let of: Vec<TypeId> = of.iter().map(|one| self.written(file, *one)).collect();
                self.types.union(&of)
            }
            Expression::Tuple(of) => {
                let of: Box<[TypeId]> = of.iter().map(|one| self.written(file, *one)).collect();
                self.known("tuple", of)
            }
            Expression::Builtin { name, arguments } => {
                let of = arguments.iter().map(|one| self.written(file, *one)).collect();
                self.literal(self.facts(file).name(*name), of)
            }
            Expression::TypeOf(of) => self.value(file, *of),
            Expression::Function { takes, result } => {
                let takes = takes.iter().map(|one| self.written(file, *one)).collect();
                let result = self.written(file, *result);
                self.types.id(Type::Callable(takes, result))
            }
            _ => {
                let class = self.value(file, id);
                self.value_of_class(class)
            }
        }
    }

    /// What an alias stands for, where a name is one: a constant that is given a type.
    fn alias(&mut self, found: &Imported) -> Option<TypeId> {
        let Imported::Bounds(bounds) = found else { return None };
        let mut bound = *bounds.first()?;
        for _ in 0..8 {
            match self.binding(bound).what {
                What::Symbol(id) => {
                    let symbol = &self.facts(bound.file).symbols[id.index()];
                    let of = match symbol.kind {
                        SymbolKind::Constant => symbol.results.first(),
                        SymbolKind::Alias => symbol.bases.first(),
                        _ => None,
                    };
                    return of.map(|of| self.written(bound.file, *of));
                }
                What::Import { .. } => match self.imported(bound) {
                    Imported::Bounds(next) => bound = *next.first()?,
                    _ => return None,
                },
                _ => return None,
            }
        }
        None
    }

    /// The alias that a name is, if it is one.
    fn alias_symbol(&mut self, file: u32, id: ExpressionId) -> Option<super::types::Sym> {
        let Expression::Name { name, scope, at } = &self.facts(file).expressions[id.index()] else {
            return None;
        };
        let Imported::Bounds(mut bounds) = self.find_all(file, *name, *scope, *at) else {
            return None;
        };
        for _ in 0..8 {
            let bound = *bounds.first()?;
            match self.binding(bound).what {
                What::Symbol(id) => {
                    let sym = self.sym(bound.file, id);
                    return (self.symbol(sym).kind == SymbolKind::Alias).then_some(sym);
                }
                What::Import { .. } => match self.imported(bound) {
                    Imported::Bounds(next) => bounds = next,
                    _ => return None,
                },
                _ => return None,
            }
        }
        None
    }

    /// A value of a class.
    pub(super) fn value_of_class(&mut self, class: TypeId) -> TypeId {
        match self.types.look(class).clone() {
            Type::Class(sym, of) => self.types.id(Type::Instance(sym, of)),
            Type::KnownClass(word) => self.types.id(Type::Known(word, Box::default())),
            Type::External(path) => self.special(path, &[]).unwrap_or(class),
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.value_of_class(*one)).collect();
                self.types.union(&of)
            }
            Type::Module(_) | Type::Function(..) => TypeId::UNKNOWN,
            _ => class,
        }
    }

    /// A generic type applied to others.
    fn applied(&mut self, base: TypeId, of: Vec<TypeId>) -> TypeId {
        match self.types.look(base).clone() {
            Type::Class(sym, _) => self.types.id(Type::Instance(sym, of.into())),
            Type::KnownClass(word) => {
                let name = self.words.text(word).to_owned();
                self.special_type(&name, &of)
                    .unwrap_or_else(|| self.types.id(Type::Known(word, of.into())))
            }
            Type::External(path) => self.special(path, &of).unwrap_or(base),
            // An alias of a class.
            Type::Instance(sym, _) => self.types.id(Type::Instance(sym, of.into())),
            _ => base,
        }
    }
}
