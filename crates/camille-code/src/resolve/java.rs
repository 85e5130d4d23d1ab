//! What only Java has: names that a class inherits, packages and static imports, what its containers hold.

use super::name::Imported;
use super::project::Resolver;
use super::types::{Type, TypeId, Word};
use crate::facts::{ExpressionId, Name, ScopeId, ScopeKind};

const LANG: &[&str] = &[
    "Object",
    "String",
    "Integer",
    "Long",
    "Double",
    "Float",
    "Boolean",
    "Byte",
    "Short",
    "Character",
    "Number",
    "Math",
    "System",
    "Thread",
    "Runnable",
    "Class",
    "ClassLoader",
    "Enum",
    "Record",
    "Iterable",
    "Comparable",
    "CharSequence",
    "StringBuilder",
    "StringBuffer",
    "Override",
    "Deprecated",
    "SuppressWarnings",
    "FunctionalInterface",
    "SafeVarargs",
    "AutoCloseable",
    "Cloneable",
    "Throwable",
    "Void",
    "Process",
    "Runtime",
    "ThreadLocal",
    "StackTraceElement",
    "InheritableThreadLocal",
    "Appendable",
    "Readable",
    "Module",
    "Package",
    "StrictMath",
];
const LISTS: &[&str] = &[
    "List",
    "ArrayList",
    "LinkedList",
    "Set",
    "HashSet",
    "LinkedHashSet",
    "TreeSet",
    "SortedSet",
    "NavigableSet",
    "Collection",
    "Iterable",
    "Iterator",
    "ListIterator",
    "Queue",
    "Deque",
    "ArrayDeque",
    "PriorityQueue",
    "Stream",
    "Vector",
    "Stack",
    "EnumSet",
    "CopyOnWriteArrayList",
    "Optional",
    "BlockingQueue",
    "ConcurrentLinkedQueue",
    "AtomicReference",
    "ThreadLocal",
    "Supplier",
    "Callable",
    "Future",
    "CompletableFuture",
    "WeakReference",
    "SoftReference",
    "Reference",
    "Spliterator",
];
const MAPS: &[&str] = &[
    "Map",
    "HashMap",
    "LinkedHashMap",
    "TreeMap",
    "SortedMap",
    "NavigableMap",
    "ConcurrentMap",
    "ConcurrentHashMap",
    "EnumMap",
    "WeakHashMap",
    "IdentityHashMap",
    "Hashtable",
    "Entry",
    "SimpleEntry",
];

impl Resolver<'_> {
    /// What a name stands for where classes hand their members on: at each class around, its own and what it inherits.
    pub(super) fn find_inherited(
        &mut self,
        file: u32,
        name: Name,
        scope: ScopeId,
    ) -> Option<Imported> {
        let word = self.word(file, name);
        let mut external = None;
        let mut next = Some(scope);
        while let Some(id) = next {
            let here = self.scope(file, id);
            if here.kind == ScopeKind::Class
                && let Some(class) = self.class_around(file, id)
            {
                let this = self.instance(class);
                let hits = self.member(this, word);
                if !hits.found.is_empty() {
                    return Some(Imported::Bounds(
                        hits.found.into_iter().map(|hit| hit.bound).collect(),
                    ));
                }
                external = external.or(hits.external);
            }
            next = here.parent;
        }
        external.map(Imported::External)
    }

    /// A package, or a type whose members are imported.
    pub(super) fn java_import(&mut self, module: Word) -> Imported {
        let text = self.words.text(module).to_owned();
        if let Some(package) = self.java_package(&text) {
            return Imported::Module(package);
        }
        let mut rest = text.as_str();
        let mut inner = Vec::new();
        while let Some((outer, last)) = rest.rsplit_once('.') {
            inner.push(last);
            if let Some(package) = self.java_package(outer) {
                let mut found = Imported::Module(package);
                for part in inner.iter().rev() {
                    let word = self.words.id(part);
                    found = self.follow(found, word);
                }
                return found;
            }
            rest = outer;
        }
        Imported::External(module)
    }

    /// A name of `java.lang`.
    pub(super) fn java_builtin(&mut self, word: Word) -> TypeId {
        let text = self.words.text(word);
        let is_throwable = text.ends_with("Exception") || text.ends_with("Error");
        if LANG.contains(&text) || is_throwable {
            let lang = self.words.id("java.lang");
            let path = self.join(lang, word);
            return self.types.id(Type::External(path));
        }
        TypeId::UNKNOWN
    }

    /// What a type of Java's library is, applied to types.
    pub(super) fn java_special(&mut self, name: &str, of: &[TypeId]) -> Option<TypeId> {
        let first = of.first().copied().unwrap_or(TypeId::UNKNOWN);
        if LISTS.contains(&name) {
            return Some(self.known("list", Box::new([first])));
        }
        if MAPS.contains(&name) {
            return Some(self.known("dict", of.into()));
        }
        match name {
            "Class" => Some(self.known("Class", Box::new([first]))),
            "String" => Some(self.known("String", Box::default())),
            _ => None,
        }
    }

    /// What a method of Java's library gives.
    pub(super) fn call_java(
        &mut self,
        (of, method): (&str, &str),
        receiver: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> TypeId {
        let Type::Known(_, held) = self.types.look(receiver).clone() else {
            return TypeId::UNKNOWN;
        };
        let inner = |index: usize| held.get(index).copied().unwrap_or(TypeId::UNKNOWN);
        match (of, method.trim_end_matches("()")) {
            (
                "dict",
                "get" | "put" | "remove" | "getOrDefault" | "putIfAbsent" | "computeIfAbsent"
                | "getValue" | "merge",
            ) => inner(1),
            ("dict", "getKey" | "firstKey" | "lastKey") => inner(0),
            ("dict", "values") => self.known("list", Box::new([inner(1)])),
            ("dict", "keySet" | "navigableKeySet") => self.known("list", Box::new([inner(0)])),
            ("dict", "entrySet") => self.known("list", Box::new([receiver])),
            ("dict", "firstEntry" | "lastEntry") => receiver,
            ("list", "map" | "flatMap") => {
                let result = match arguments.first() {
                    Some(&function) => {
                        let function = self.value(file, function);
                        self.call(function, file, &[])
                    }
                    None => TypeId::UNKNOWN,
                };
                self.known("list", Box::new([result]))
            }
            (
                "list",
                "iterator" | "listIterator" | "stream" | "filter" | "sorted" | "distinct" | "limit"
                | "skip" | "subList" | "collect" | "toList" | "parallelStream" | "peek"
                | "findFirst" | "findAny" | "descendingIterator",
            ) => receiver,
            (
                "list",
                "get" | "next" | "remove" | "getFirst" | "getLast" | "poll" | "pop" | "element"
                | "first" | "last" | "orElse" | "orElseThrow" | "orElseGet" | "call" | "previous"
                | "set" | "removeFirst" | "removeLast" | "peekFirst" | "peekLast" | "pollFirst"
                | "pollLast" | "join" | "take",
            ) => inner(0),
            ("Class", "cast" | "newInstance") => inner(0),
            ("String", _) => receiver,
            _ => TypeId::UNKNOWN,
        }
    }
}
