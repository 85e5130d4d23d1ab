//! What calling something gives: declared results first, else what the body returns, with type variables filled from the
//! receiver and the arguments.

use super::project::{Memo, Resolver};
use super::types::{Sym, Type, TypeId};
use crate::facts::{ExpressionId, SymbolKind};

impl Resolver<'_> {
    /// The result of a function, or the value of a constant or field; open in its type variables.
    pub(super) fn result(&mut self, sym: Sym) -> TypeId {
        match self.results.get(&sym) {
            Some(Memo::Is(found)) => return *found,
            Some(_) => return TypeId::UNKNOWN,
            None => {}
        }
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        self.results.insert(sym, Memo::Under);
        let (file, _) = self.place(sym);
        let symbol = self.symbol(sym);
        let declared =
            symbol.declared.map_or(TypeId::UNKNOWN, |declared| self.written(file, declared));
        let mut found = if declared == TypeId::UNKNOWN {
            let inferred = self.declared_or(file, None, &symbol.results);
            if symbol.traits.is_generator {
                self.known("Iterator", Box::new([inferred]))
            } else {
                inferred
            }
        } else {
            declared
        };
        if symbol.traits.is_context {
            let entered = self.element(found);
            found = self.known("ContextManager", Box::new([entered]));
        } else if symbol.traits.is_async
            && !symbol.traits.is_generator
            // Scripts write the promise that a function gives, others what comes of it.
            && (declared == TypeId::UNKNOWN
                || self.facts(file).language.family() != crate::Family::Script)
        {
            found = self.awaitable(found);
        }
        self.shallower();
        self.results.insert(sym, Memo::Is(found));
        found
    }

    /// A value that is awaited.
    pub(super) fn awaitable(&mut self, of: TypeId) -> TypeId {
        self.known("Awaitable", Box::new([of]))
    }

    /// What a call gives.
    pub(super) fn call(&mut self, callee: TypeId, file: u32, arguments: &[ExpressionId]) -> TypeId {
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        let found = self.call_of(callee, file, arguments);
        self.shallower();
        found
    }

    fn call_of(&mut self, callee: TypeId, file: u32, arguments: &[ExpressionId]) -> TypeId {
        match self.types.look(callee).clone() {
            Type::Function(sym, receiver) => self.call_function(sym, receiver, file, arguments),
            Type::Class(..) | Type::KnownClass(_) => self.construct(callee, file, arguments),
            Type::Instance(..) => match self.call_member(callee) {
                Some(call) => self.call(call, file, arguments),
                None => TypeId::UNKNOWN,
            },
            Type::External(path) => self.call_external(path, file, arguments),
            Type::KnownMethod(name, receiver) => self.call_known(name, receiver, file, arguments),
            Type::Callable(_, result) => result,
            Type::Union(parts) => {
                let of: Vec<TypeId> =
                    parts.iter().map(|one| self.call(*one, file, arguments)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// The member that calling a value calls.
    fn call_member(&mut self, of: TypeId) -> Option<TypeId> {
        for name in ["__call__", "()"] {
            let Some(word) = self.words.find(name) else { continue };
            let call = self.member_value(of, word);
            if call != of
                && call != TypeId::UNKNOWN
                && !matches!(self.types.look(call), Type::External(_))
            {
                return Some(call);
            }
        }
        None
    }

    /// What a function of a written type takes at a place.
    fn taken(&mut self, function: TypeId, parameter: u8) -> TypeId {
        for part in self.types.parts(function) {
            match self.types.look(part).clone() {
                Type::Callable(takes, _) => {
                    return takes.get(usize::from(parameter)).copied().unwrap_or(TypeId::UNKNOWN);
                }
                Type::Instance(sym, _) => {
                    if let Some(found) = self.single_method(sym, part, parameter) {
                        return found;
                    }
                    if let Some(call) = self.call_member(part)
                        && let Type::Function(sym, _) = *self.types.look(call)
                    {
                        let (file, _) = self.place(sym);
                        let declared = self
                            .symbol(sym)
                            .takes
                            .get(usize::from(parameter))
                            .and_then(|takes| takes.declared);
                        return declared.map_or(TypeId::UNKNOWN, |of| self.written(file, of));
                    }
                }
                _ => {}
            }
        }
        TypeId::UNKNOWN
    }

    /// What the only abstract method of an interface takes at a place: what a lambda for it is given.
    fn single_method(&mut self, sym: Sym, instance: TypeId, parameter: u8) -> Option<TypeId> {
        let symbol = self.symbol(sym);
        if symbol.kind != SymbolKind::Interface {
            return None;
        }
        let (file, _) = self.place(sym);
        let facts = self.facts(file);
        let mut methods = self.bindings_of(file, symbol.scope?).filter_map(|index| {
            match facts.bindings[index].what {
                crate::facts::What::Symbol(id) if facts.symbols[id.index()].traits.is_abstract => {
                    Some(&facts.symbols[id.index()])
                }
                _ => None,
            }
        });
        let only = methods.next().filter(|_| methods.next().is_none())?;
        let declared = only.takes.get(usize::from(parameter))?.declared?;
        let declared = self.written(file, declared);
        let with = self.filled(sym, instance);
        Some(self.types.replace(declared, &with))
    }

    fn call_function(
        &mut self,
        sym: Sym,
        receiver: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> TypeId {
        let mut result = self.result(sym);
        if !self.types.is_open(result) {
            return result;
        }
        let symbol = self.symbol(sym);
        let (own_file, _) = self.place(sym);
        let with = self.filled_by(sym, receiver);
        result = self.types.replace(result, &with);
        result = self.as_own(result, receiver);
        if self.types.is_open(result) {
            let mut with = Vec::new();
            for (parameter, &argument) in symbol.takes.iter().zip(arguments) {
                let Some(declared) = parameter.declared else { continue };
                let pattern = self.written(own_file, declared);
                if self.types.is_open(pattern) {
                    let given = self.value(file, argument);
                    self.fit(pattern, given, &mut with);
                }
            }
            result = self.types.replace(result, &with);
        }
        result
    }

    /// What the variables around a member are, as its receiver tells.
    fn filled_by(&mut self, member: Sym, receiver: TypeId) -> Vec<(TypeId, TypeId)> {
        let mut with = Vec::new();
        if let Some((owner, pattern)) = self.owner(member)
            && let Some(seen) = self.seen_as(receiver, owner)
        {
            self.fit_all(pattern, seen, &mut with);
        }
        with
    }

    /// As [`Self::fit`] for what two types are applied to, whether they are values or classes.
    pub(super) fn fit_all(&self, pattern: TypeId, given: TypeId, with: &mut Vec<(TypeId, TypeId)>) {
        if let (
            Type::Instance(_, of) | Type::Class(_, of),
            Type::Instance(_, from) | Type::Class(_, from),
        ) = (self.types.look(pattern), self.types.look(given))
        {
            for (one, other) in of.iter().zip(from) {
                if one != other {
                    self.fit(*one, *other, with);
                }
            }
        }
    }

    /// Finds what variables must be for a pattern to be a type.
    pub(super) fn fit(&self, pattern: TypeId, given: TypeId, with: &mut Vec<(TypeId, TypeId)>) {
        if given == TypeId::UNKNOWN {
            return;
        }
        match (self.types.look(pattern), self.types.look(given)) {
            (Type::Variable(_), _) if !with.iter().any(|(from, _)| *from == pattern) => {
                with.push((pattern, given));
            }
            (Type::Instance(a, of), Type::Instance(b, from)) if a == b => {
                for (one, other) in of.iter().zip(from) {
                    self.fit(*one, *other, with);
                }
            }
            (Type::Known(_, of), Type::Known(_, from)) => {
                for (one, other) in of.iter().zip(from) {
                    self.fit(*one, *other, with);
                }
            }
            (Type::Class(_, of), Type::Class(_, from)) => {
                for (one, other) in of.iter().zip(from) {
                    self.fit(*one, *other, with);
                }
            }
            (Type::Callable(_, result), Type::Callable(_, from)) => self.fit(*result, *from, with),
            (Type::Callable(_, result), Type::Function(sym, _)) => {
                if let Some(Memo::Is(from)) = self.results.get(sym) {
                    self.fit(*result, *from, with);
                }
            }
            // `type[T]` given a class: the variable stands for its values.
            (Type::Union(parts), _) => {
                for part in parts.iter().filter(|part| self.types.is_open(**part)) {
                    self.fit(*part, given, with);
                }
            }
            _ => {}
        }
    }

    /// A value of a class, made with arguments.
    pub(super) fn construct(
        &mut self,
        class: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> TypeId {
        match self.types.look(class).clone() {
            Type::Class(sym, of) => {
                if self.symbol(sym).kind == SymbolKind::Interface && of.is_empty() {
                    return self.instance(sym);
                }
                self.types.id(Type::Instance(sym, of))
            }
            Type::KnownClass(word) => {
                let name = self.words.text(word).to_owned();
                let of: Vec<TypeId> = match arguments.first() {
                    Some(&first) => {
                        let first = self.value(file, first);
                        vec![self.element(first)]
                    }
                    None => Vec::new(),
                };
                self.known(&name, of.into())
            }
            Type::External(path) => self.call_external(path, file, arguments),
            Type::Union(parts) => {
                let of: Vec<TypeId> =
                    parts.iter().map(|one| self.construct(*one, file, arguments)).collect();
                self.types.union(&of)
            }
            Type::Function(..) => self.call(class, file, arguments),
            _ => TypeId::UNKNOWN,
        }
    }

    /// What a lambda's parameter is given by the function that the lambda is handed to.
    pub(super) fn given(&mut self, callee: TypeId, argument: u8, parameter: u8) -> TypeId {
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        let found = self.given_of(callee, argument, parameter);
        self.shallower();
        found
    }

    fn given_of(&mut self, callee: TypeId, argument: u8, parameter: u8) -> TypeId {
        match self.types.look(callee).clone() {
            Type::Function(sym, receiver) => {
                let symbol = self.symbol(sym);
                let (file, _) = self.place(sym);
                let Some(declared) =
                    symbol.takes.get(usize::from(argument)).and_then(|takes| takes.declared)
                else {
                    return TypeId::UNKNOWN;
                };
                let mut declared = self.written(file, declared);
                let with = self.filled_by(sym, receiver);
                declared = self.types.replace(declared, &with);
                declared = self.as_own(declared, receiver);
                self.taken(declared, parameter)
            }
            Type::KnownMethod(method, receiver) => self.given_by(method, receiver, parameter),
            Type::Callable(takes, _) => {
                let Some(taken) = takes.get(usize::from(argument)) else { return TypeId::UNKNOWN };
                self.taken(*taken, parameter)
            }
            Type::Instance(..) => match self.call_member(callee) {
                Some(call) => self.given(call, argument, parameter),
                None => TypeId::UNKNOWN,
            },
            _ => TypeId::UNKNOWN,
        }
    }
}
