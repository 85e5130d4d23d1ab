//! Types as light as they can be: which symbol a value is of, what a generic is applied to, and that something comes from
//! outside. Each type is kept once and compared by number.

use hashbrown::HashMap;

/// A name of the whole project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Word(pub(super) u32);

/// A symbol of the whole project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sym(pub(super) u32);

/// A type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TypeId(pub(super) u32);

impl TypeId {
    /// Nothing is known.
    pub(super) const UNKNOWN: TypeId = TypeId(0);
}

/// What names live in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Module {
    /// A file, or a package's file.
    File(u32),
    /// A folder that is a package.
    Folder(Word),
    /// A module inside a file.
    Inline(Sym),
    /// Files that see each other's names without an import: a package, by its number.
    Package(u32),
}

/// A binding of the whole project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Bound {
    pub(super) file: u32,
    pub(super) binding: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Type {
    Unknown,
    /// No value; left out of unions.
    None,
    /// Something from outside, by its path (`os.path`).
    External(Word),
    Module(Module),
    /// A function, with the receiver that it is bound to.
    Function(Sym, TypeId),
    /// A type itself.
    Class(Sym, Box<[TypeId]>),
    /// A value of a type.
    Instance(Sym, Box<[TypeId]>),
    /// The receiver seen as one of its bases; true: the class itself.
    Super(Sym, bool),
    /// A type of the language itself.
    KnownClass(Word),
    /// A value of a type of the language itself.
    Known(Word, Box<[TypeId]>),
    /// A method of such a value.
    KnownMethod(Word, TypeId),
    /// Some function value: what it takes, what it results in.
    Callable(Box<[TypeId]>, TypeId),
    /// A type that something is generic over.
    Variable(Bound),
    /// The type of the receiver, whatever it will be.
    ItsOwn,
    /// An object written as a value: its scope in a file.
    Object(u32, u32),
    Union(Box<[TypeId]>),
}

/// All types that were met.
pub(super) struct Types {
    all: Vec<Type>,
    known: HashMap<Type, TypeId, foldhash::fast::RandomState>,
}

impl Types {
    pub(super) fn new() -> Self {
        let mut types = Types { all: Vec::new(), known: HashMap::default() };
        types.id(Type::Unknown);
        types
    }

    pub(super) fn id(&mut self, of: Type) -> TypeId {
        if let Some(&id) = self.known.get(&of) {
            return id;
        }
        let id = TypeId(crate::builder::offset(self.all.len()));
        self.all.push(of.clone());
        self.known.insert(of, id);
        id
    }

    pub(super) fn look(&self, id: TypeId) -> &Type {
        &self.all[id.0 as usize]
    }

    /// One of these. What is unknown says nothing and is left out, as is no value at all.
    pub(super) fn union(&mut self, of: &[TypeId]) -> TypeId {
        let mut flat: Vec<TypeId> = Vec::new();
        let mut none = None;
        for &one in of {
            match self.look(one) {
                Type::Unknown => {}
                Type::None => none = Some(one),
                Type::Union(parts) => {
                    for &part in parts {
                        if !flat.contains(&part) {
                            flat.push(part);
                        }
                    }
                }
                _ => {
                    if !flat.contains(&one) {
                        flat.push(one);
                    }
                }
            }
            // A union of everything tells nothing.
            if flat.len() > 8 {
                return TypeId::UNKNOWN;
            }
        }
        match flat.len() {
            0 => none.unwrap_or(TypeId::UNKNOWN),
            1 => flat[0],
            _ => {
                flat.sort_unstable();
                self.id(Type::Union(flat.into()))
            }
        }
    }

    /// The parts of a union; a single type is its own part.
    pub(super) fn parts(&self, id: TypeId) -> Vec<TypeId> {
        match self.look(id) {
            Type::Union(parts) => parts.to_vec(),
            _ => vec![id],
        }
    }

    /// Whether a type depends on a variable or on the receiver.
    pub(super) fn is_open(&self, id: TypeId) -> bool {
        match self.look(id) {
            Type::Variable(_) | Type::ItsOwn => true,
            Type::Class(_, of) | Type::Instance(_, of) | Type::Known(_, of) | Type::Union(of) => {
                of.iter().any(|one| self.is_open(*one))
            }
            Type::Callable(takes, result) => {
                self.is_open(*result) || takes.iter().any(|one| self.is_open(*one))
            }
            _ => false,
        }
    }

    /// The type with variables replaced.
    pub(super) fn replace(&mut self, id: TypeId, with: &[(TypeId, TypeId)]) -> TypeId {
        if with.is_empty() || !self.is_open(id) {
            return id;
        }
        if let Some((_, to)) = with.iter().find(|(from, _)| *from == id) {
            return *to;
        }
        match self.look(id).clone() {
            Type::Class(symbol, of) => {
                let of = self.replace_all(&of, with);
                self.id(Type::Class(symbol, of))
            }
            Type::Instance(symbol, of) => {
                let of = self.replace_all(&of, with);
                self.id(Type::Instance(symbol, of))
            }
            Type::Known(word, of) => {
                let of = self.replace_all(&of, with);
                self.id(Type::Known(word, of))
            }
            Type::Union(of) => {
                let of = self.replace_all(&of, with);
                self.union(&of)
            }
            Type::Callable(takes, result) => {
                let takes = self.replace_all(&takes, with);
                let result = self.replace(result, with);
                self.id(Type::Callable(takes, result))
            }
            _ => id,
        }
    }

    fn replace_all(&mut self, of: &[TypeId], with: &[(TypeId, TypeId)]) -> Box<[TypeId]> {
        of.iter().map(|one| self.replace(*one, with)).collect()
    }
}
