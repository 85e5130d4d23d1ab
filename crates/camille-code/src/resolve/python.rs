//! What only Python has: how modules are found, what its built-in functions and containers give, and what the names of
//! `typing` mean.

use super::name::Imported;
use super::project::{Map, Resolver};
use super::types::{Module, Type, TypeId, Word};
use crate::facts::ExpressionId;
use crate::language::Family;

const CLASSES: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "memoryview",
    "object",
    "range",
    "set",
    "slice",
    "str",
    "tuple",
    "type",
    "property",
    "staticmethod",
    "classmethod",
];

const FUNCTIONS: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "breakpoint",
    "callable",
    "chr",
    "compile",
    "delattr",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "filter",
    "format",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "locals",
    "map",
    "max",
    "min",
    "next",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "repr",
    "reversed",
    "round",
    "setattr",
    "sorted",
    "sum",
    "super",
    "vars",
    "zip",
    "__import__",
    "NotImplemented",
    "Ellipsis",
    "exit",
    "quit",
];

/// Containers by the names that annotations use.
const CONTAINERS: &[&str] = &[
    "List",
    "Set",
    "FrozenSet",
    "Sequence",
    "MutableSequence",
    "Iterable",
    "Iterator",
    "Collection",
    "AbstractSet",
    "MutableSet",
    "Deque",
    "deque",
    "KeysView",
    "ValuesView",
    "Generator",
    "AsyncIterator",
    "AsyncIterable",
    "AsyncGenerator",
    "Reversible",
    "Container",
    "list",
    "set",
    "frozenset",
];

const MAPPINGS: &[&str] = &[
    "Dict",
    "Mapping",
    "MutableMapping",
    "DefaultDict",
    "defaultdict",
    "OrderedDict",
    "dict",
    "ChainMap",
    "Counter",
    "WeakKeyDictionary",
    "WeakValueDictionary",
];

impl Resolver<'_> {
    /// Folders that hold packages: where imports start.
    pub(super) fn find_python_roots(&mut self) {
        let mut count: Map<&str, usize> = Map::default();
        for file in self.files {
            if file.facts.language.family() == Family::Python {
                *count.entry(root_of(&file.path, &self.modules.paths)).or_default() += 1;
            }
        }
        let mut roots: Vec<(&str, usize)> = count.into_iter().collect();
        roots.sort_by(|(a, count), (b, other)| other.cmp(count).then(a.cmp(b)));
        self.modules.python_roots = roots.into_iter().map(|(root, _)| root.to_owned()).collect();
    }

    pub(super) fn python_import(&mut self, file: u32, module: Word) -> Imported {
        let path = &self.files[file as usize].path;
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let text = self.words.text(module).to_owned();
        let key = (folder.clone(), module);
        let found = match self.modules.python.get(&key) {
            Some(found) => *found,
            None => {
                let found = self.find_python(path, &folder, &text);
                self.modules.python.insert(key, found);
                found
            }
        };
        match found {
            Some(module) => Imported::Module(module),
            None if text.starts_with('.') => Imported::Missing,
            None => Imported::External(module),
        }
    }

    fn find_python(&mut self, path: &str, folder: &str, module: &str) -> Option<Module> {
        let module: String = module.chars().filter(|c| !c.is_whitespace()).collect();
        let dots = module.chars().take_while(|c| *c == '.').count();
        let inner = module[dots..].replace('.', "/");
        if dots > 0 {
            let mut base = folder;
            for _ in 1..dots {
                base = base.rsplit_once('/').map_or("", |(parent, _)| parent);
            }
            return self.python_at(base, &inner);
        }
        let own = root_of(path, &self.modules.paths).to_owned();
        let mut roots = vec![own, folder.to_owned()];
        roots.extend(self.modules.python_roots.iter().cloned());
        let mut namespace = None;
        for root in roots {
            match self.python_at(&root, &inner) {
                Some(Module::Folder(found)) => {
                    namespace = namespace.or(Some(Module::Folder(found)));
                }
                Some(found) => return Some(found),
                None => {}
            }
        }
        namespace
    }

    fn python_at(&mut self, root: &str, inner: &str) -> Option<Module> {
        let path = match (root, inner) {
            (root, "") => root.to_owned(),
            ("", inner) => inner.to_owned(),
            _ => format!("{root}/{inner}"),
        };
        for ending in [".py", "/__init__.py", ".pyi", "/__init__.pyi"] {
            if let Some(&file) = self.modules.paths.get(&format!("{path}{ending}")) {
                return Some(Module::File(file));
            }
        }
        self.modules.folders.contains_key(&path).then(|| Module::Folder(self.words.id(&path)))
    }

    /// A module inside a package.
    pub(super) fn python_submodule(&mut self, folder: Word, word: Word) -> Imported {
        let (folder, word) = (self.words.text(folder).to_owned(), self.words.text(word).to_owned());
        match self.python_at(&folder, &word) {
            Some(module) => Imported::Module(module),
            None => Imported::Missing,
        }
    }

    /// A name that Python itself gives.
    pub(super) fn python_builtin(&mut self, word: Word) -> TypeId {
        let text = self.words.text(word);
        if CLASSES.contains(&text) {
            return self.types.id(Type::KnownClass(word));
        }
        let is_exception = ["Error", "Exception", "Warning", "Exit", "Interrupt", "Iteration"]
            .iter()
            .any(|ending| text.ends_with(ending));
        if FUNCTIONS.contains(&text) || is_exception && text.starts_with(char::is_uppercase) {
            let builtins = self.words.id("builtins");
            let path = self.join(builtins, word);
            return self.types.id(Type::External(path));
        }
        TypeId::UNKNOWN
    }

    /// What a name of `typing` and its like means, applied to types.
    pub(super) fn special(&mut self, path: Word, of: &[TypeId]) -> Option<TypeId> {
        let text = self.words.text(path);
        let (package, name) = text.rsplit_once('.')?;
        if package.starts_with("java.") {
            let name = name.to_owned();
            return self.java_special(&name, of);
        }
        if name == "Result" && !of.is_empty() || package == "std" || package.starts_with("std.") {
            let name = name.to_owned();
            return self.rust_special(&name, of);
        }
        if package == "globals" {
            let name = name.to_owned();
            return self.script_special(&name, of);
        }
        let known = [
            "typing",
            "typing_extensions",
            "collections",
            "collections.abc",
            "builtins",
            "weakref",
            "contextlib",
        ];
        if !known.contains(&package) {
            return None;
        }
        let name = name.to_owned();
        self.special_type(&name, of)
    }

    pub(super) fn special_type(&mut self, name: &str, of: &[TypeId]) -> Option<TypeId> {
        if let Some(found) =
            self.script_special(name, of).filter(|_| name != "Iterable" && name != "Generator")
        {
            return Some(found);
        }
        if let Some(found) = self.rust_special(name, of) {
            return Some(found);
        }
        let first = of.first().copied().unwrap_or(TypeId::UNKNOWN);
        Some(match name {
            "Optional" | "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired"
            | "ReadOnly" => first,
            "Union" => self.types.union(of),
            "Self" => self.types.id(Type::ItsOwn),
            "Type" | "type" if !of.is_empty() => self.classes(first),
            "Callable" => {
                let result = of.get(1).copied().unwrap_or(TypeId::UNKNOWN);
                let takes = match self.types.look(first).clone() {
                    Type::Known(_, takes) => takes,
                    _ => Box::default(),
                };
                self.types.id(Type::Callable(takes, result))
            }
            "Tuple" | "tuple" => {
                // `tuple[T, ...]` is a list as far as its elements go.
                if of.len() == 2 && of[1] == TypeId::UNKNOWN {
                    self.known("list", Box::new([first]))
                } else {
                    self.known("tuple", of.into())
                }
            }
            "Awaitable" => self.known("Awaitable", Box::new([first])),
            "Coroutine" => {
                let result = of.get(2).copied().unwrap_or(TypeId::UNKNOWN);
                self.known("Awaitable", Box::new([result]))
            }
            "ContextManager" | "AbstractContextManager" | "AsyncContextManager" => {
                self.known("ContextManager", Box::new([first]))
            }
            "Counter" => {
                let count = self.known("int", Box::default());
                self.known("dict", Box::new([first, count]))
            }
            "Any" | "Literal" | "LiteralString" | "Generic" | "Protocol" => return None,
            _ if CONTAINERS.contains(&name) => self.known("list", Box::new([first])),
            _ if MAPPINGS.contains(&name) => self.known("dict", of.into()),
            _ => return None,
        })
    }

    /// The classes of values.
    fn classes(&mut self, of: TypeId) -> TypeId {
        match self.types.look(of).clone() {
            Type::Instance(sym, of) => self.types.id(Type::Class(sym, of)),
            Type::Known(word, _) => self.types.id(Type::KnownClass(word)),
            Type::Union(parts) => {
                let of: Vec<TypeId> = parts.iter().map(|one| self.classes(*one)).collect();
                self.types.union(&of)
            }
            _ => of,
        }
    }

    /// What a function from outside gives; by default something from the same place.
    pub(super) fn call_external(
        &mut self,
        path: Word,
        file: u32,
        arguments: &[ExpressionId],
    ) -> TypeId {
        let text = self.words.text(path).to_owned();
        let first = |this: &mut Self| {
            arguments.first().map_or(TypeId::UNKNOWN, |first| this.value(file, *first))
        };

        match text.as_str() {
            "builtins.iter" | "builtins.sorted" | "builtins.reversed" | "builtins.aiter" => {
                let first = first(self);
                let element = self.element(first);
                self.known("list", Box::new([element]))
            }
            "builtins.next" | "builtins.anext" | "builtins.max" | "builtins.min" => {
                let first = first(self);
                self.element(first)
            }
            "builtins.filter" | "builtins.map" => {
                let of = match (text.as_str(), arguments) {
                    ("builtins.filter", [_, from, ..]) => {
                        let from = self.value(file, *from);
                        self.element(from)
                    }
                    (_, [function, ..]) => {
                        let function = self.value(file, *function);
                        self.call(function, file, &[])
                    }
                    _ => TypeId::UNKNOWN,
                };
                self.known("list", Box::new([of]))
            }
            "builtins.enumerate" => {
                let first = first(self);
                let element = self.element(first);
                let index = self.known("int", Box::default());
                let pair = self.known("tuple", Box::new([index, element]));
                self.known("list", Box::new([pair]))
            }
            "builtins.zip" => {
                let of: Box<[TypeId]> = arguments
                    .iter()
                    .map(|one| {
                        let one = self.value(file, *one);
                        self.element(one)
                    })
                    .collect();
                let tuple = self.known("tuple", of);
                self.known("list", Box::new([tuple]))
            }
            "copy.copy" | "copy.deepcopy" | "dataclasses.replace" | "attr.evolve" => first(self),
            "collections.deque" => {
                let first = first(self);
                let element = self.element(first);
                self.known("list", Box::new([element]))
            }
            "collections.OrderedDict" | "collections.defaultdict" | "collections.Counter" => {
                self.known("dict", Box::default())
            }
            "functools.partial" | "Box.new" | "Rc.new" | "Arc.new" | "Rc.clone" | "Arc.clone"
            | "Pin.new" | "Box.pin" | "Cow.Borrowed" | "Cow.Owned" | "std.mem.replace"
            | "std.mem.take" => first(self),
            "std.Some" | "std.Ok" | "std.Err" => {
                let first = first(self);
                match text.as_str() {
                    "std.Some" => self.known("Option", Box::new([first])),
                    "std.Ok" => self.known("Result", Box::new([first])),
                    _ => self.known("Result", Box::new([TypeId::UNKNOWN, first])),
                }
            }
            "RefCell.new" | "Mutex.new" | "RwLock.new" | "Cell.new" => {
                let first = first(self);
                self.known("RefCell", Box::new([first]))
            }
            "builtins.getattr" | "builtins.eval" | "builtins.vars" => TypeId::UNKNOWN,
            _ => {
                let package = text.split('.').next().unwrap_or(&text).to_owned();
                let package = self.words.id(&package);
                self.types.id(Type::External(package))
            }
        }
    }

    /// What a method of a built-in type gives.
    pub(super) fn call_known(
        &mut self,
        method: Word,
        receiver: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> TypeId {
        let (of, inner) = match self.types.look(receiver).clone() {
            Type::Known(of, inner) => (of, inner),
            _ => (self.words.id("object"), Box::default()),
        };
        let inner = |index: usize| inner.get(index).copied().unwrap_or(TypeId::UNKNOWN);
        let method = self.words.text(method).to_owned();
        let of_text = self.words.text(of).to_owned();
        if self.facts(file).language.family() == Family::Java {
            return self.call_java((&of_text, &method), receiver, file, arguments);
        }
        if self.facts(file).language.family() == Family::Rust {
            let found = self.call_rust((&of_text, &method), receiver, file, arguments);
            return found.unwrap_or(TypeId::UNKNOWN);
        }
        if let Some(found) = self.call_script((&of_text, &method), receiver, file, arguments) {
            return found;
        }
        match (of_text.as_str(), method.as_str()) {
            ("dict", "values") => self.known("list", Box::new([inner(1)])),
            ("dict", "keys") => self.known("list", Box::new([inner(0)])),
            ("dict", "items") => {
                let pair = self.known("tuple", Box::new([inner(0), inner(1)]));
                self.known("list", Box::new([pair]))
            }
            ("dict", "get" | "pop" | "setdefault") => {
                if inner(1) == TypeId::UNKNOWN {
                    return match arguments.get(1) {
                        Some(&default) => self.value(file, default),
                        None => TypeId::UNKNOWN,
                    };
                }
                inner(1)
            }
            ("list" | "set" | "frozenset" | "Iterator", "pop" | "popleft") => inner(0),
            (_, "copy" | "union" | "difference" | "intersection") => receiver,
            ("str", "split" | "splitlines" | "rsplit" | "partition" | "rpartition") => {
                self.known("list", Box::new([receiver]))
            }
            ("str", "encode") => self.known("bytes", Box::default()),
            ("bytes", "decode") => self.known("str", Box::default()),
            ("str" | "bytes", _) => receiver,
            _ => TypeId::UNKNOWN,
        }
    }
}

/// The folder that a file's package lies in.
fn root_of<'a>(path: &'a str, paths: &Map<String, u32>) -> &'a str {
    let mut folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    while !folder.is_empty()
        && ["py", "pyi"]
            .iter()
            .any(|ending| paths.contains_key(&format!("{folder}/__init__.{ending}")))
    {
        folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    folder
}
