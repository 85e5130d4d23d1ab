//! What iterating, indexing, awaiting and entering a value gives, in every language: by what its type is known to hold, else by
//! the methods that have this meaning.

use super::project::Resolver;
use super::types::{Type, TypeId};

impl Resolver<'_> {
    /// What iterating a value gives.
    pub(super) fn element(&mut self, of: TypeId) -> TypeId {
        if !self.deeper() {
            return TypeId::UNKNOWN;
        }
        let found = self.element_of(of);
        self.shallower();
        found
    }

    fn element_of(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(word, inner) => match self.words.text(word) {
                "tuple" => self.types.union(&inner),
                "str" | "string" => of,
                "Map" | "HashMap" => self.known("tuple", inner),
                "bytes" => self.known("int", Box::default()),
                _ => inner.first().copied().unwrap_or(TypeId::UNKNOWN),
            },
            Type::Instance(..) => {
                let iterator = self.special_call(of, "__iter__");
                let iterator = match iterator {
                    TypeId::UNKNOWN => self.special_call(of, "__aiter__"),
                    found => found,
                };
                let outside = matches!(self.types.look(iterator), Type::External(_));
                if iterator != of && iterator != TypeId::UNKNOWN && !outside {
                    return self.element(iterator);
                }
                let found = match self.special_call(of, "__next__") {
                    found if found == TypeId::UNKNOWN || self.is_external(found) => {
                        // Rust's iterators; Go's types of containers.
                        let iterator = self.special_call(of, "iterator()");
                        if iterator != TypeId::UNKNOWN
                            && iterator != of
                            && !self.is_external(iterator)
                        {
                            return self.element(iterator);
                        }
                        let next = match self.special_call(of, "next()") {
                            TypeId::UNKNOWN => self.special_call(of, "next"),
                            found => found,
                        };
                        if next == TypeId::UNKNOWN {
                            self.underlying(of)
                        } else {
                            self.unwrapped(next)
                        }
                    }
                    found => found,
                };
                if found == TypeId::UNKNOWN && outside { iterator } else { found }
            }
            // Iterating an enumeration.
            Type::Class(sym, _) => self.instance(sym),
            Type::External(_) => of,
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.element(*one)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    fn is_external(&self, of: TypeId) -> bool {
        matches!(self.types.look(of), Type::External(_))
    }

    /// Go: what an element of a type is that is declared as a container.
    fn underlying(&mut self, of: TypeId) -> TypeId {
        let Some(word) = self.words.find("(underlying)") else { return TypeId::UNKNOWN };
        let container = self.member_value(of, word);
        match self.types.look(container) {
            Type::Known(..) => self.index(container),
            _ => TypeId::UNKNOWN,
        }
    }

    /// What `of[…]` gives.
    pub(super) fn index(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(word, inner) => match self.words.text(word) {
                "dict" | "HashMap" => inner.get(1).copied().unwrap_or(TypeId::UNKNOWN),
                _ => self.element(of),
            },
            Type::Instance(..) => match self.special_call(of, "__getitem__") {
                TypeId::UNKNOWN => self.underlying(of),
                found => found,
            },
            Type::Class(..) | Type::External(_) => of,
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.index(*one)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// The n-th part of a tuple.
    pub(super) fn nth(&mut self, of: TypeId, index: u8) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(word, inner) if matches!(self.words.text(word), "tuple" | "Result") => {
                inner.get(usize::from(index)).copied().unwrap_or(TypeId::UNKNOWN)
            }
            Type::Known(..) | Type::Instance(..) => self.index(of),
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.nth(*one, index)).collect();
                self.types.union(&of)
            }
            Type::External(_) => of,
            _ => TypeId::UNKNOWN,
        }
    }

    /// What awaiting a value gives.
    pub(super) fn awaited(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(_, inner) => inner.first().copied().unwrap_or(TypeId::UNKNOWN),
            Type::External(_) | Type::Instance(..) | Type::Module(_) | Type::Object(..) => of,
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.awaited(*one)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// What `with of as x` binds.
    pub(super) fn entered(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Known(word, inner) if self.words.text(word) == "ContextManager" => {
                inner.first().copied().unwrap_or(TypeId::UNKNOWN)
            }
            Type::Instance(..) => {
                for method in ["__enter__", "__aenter__"] {
                    let entered = self.special_call(of, method);
                    let entered =
                        if method == "__aenter__" { self.awaited(entered) } else { entered };
                    match self.types.look(entered) {
                        Type::Unknown | Type::None | Type::External(_) => {}
                        _ => return entered,
                    }
                }
                of
            }
            Type::External(_) => of,
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.entered(*one)).collect();
                self.types.union(&of)
            }
            _ => TypeId::UNKNOWN,
        }
    }

    /// What a method with a meaning of its own gives.
    fn special_call(&mut self, of: TypeId, method: &str) -> TypeId {
        let Some(method) = self.words.find(method) else { return TypeId::UNKNOWN };
        let method = self.member_value(of, method);
        self.call(method, 0, &[])
    }
}
