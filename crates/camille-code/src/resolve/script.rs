//! What only TypeScript and JavaScript have: how a specifier becomes a file, and what the built-in containers give.

use super::name::Imported;
use super::project::{Map, Resolver};
use super::types::{Module, Type, TypeId, Word};
use super::{Manifest, path};
use crate::facts::ExpressionId;
use serde_json::Value;

/// Patterns of specifiers, each with the paths that it may lead to.
type Patterns = Vec<(String, Vec<String>)>;

/// What manifests say of specifiers.
#[derive(Default)]
pub(super) struct Scripts {
    /// For a folder with a `tsconfig`: patterns and where they lead, most particular first.
    paths: Vec<(String, Patterns)>,
    /// Folders that bare specifiers start from (`baseUrl`), by the folder of their `tsconfig`.
    bases: Vec<(String, String)>,
    /// Packages of the project by name: their folder, and what their `package.json` says.
    packages: Map<String, (String, Value)>,
    found: Map<(String, Word), Option<u32>>,
}

const ENDINGS: &[&str] =
    &[".ts", ".tsx", ".d.ts", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.mts", ".d.cts"];

impl Scripts {
    pub(super) fn read(&mut self, manifests: &[Manifest]) {
        let mut tsconfigs: Vec<(&Manifest, Value)> = Vec::new();
        for manifest in manifests {
            let name = manifest.path.rsplit('/').next().unwrap_or(&manifest.path);
            let folder = path::folder(&manifest.path).to_owned();
            if name == "package.json" {
                if let Ok(value) = serde_json::from_str::<Value>(&manifest.text)
                    && let Some(name) = value["name"].as_str()
                {
                    self.packages.insert(name.to_owned(), (folder, value));
                }
            } else if (name.starts_with("tsconfig") || name.starts_with("jsconfig"))
                && let Ok(value) = serde_json::from_str::<Value>(&without_comments(&manifest.text))
            {
                tsconfigs.push((manifest, value));
            }
        }
        for (manifest, value) in &tsconfigs {
            let folder = path::folder(&manifest.path).to_owned();
            let options = &value["compilerOptions"];
            let base = options["baseUrl"].as_str().and_then(|base| path::join(&folder, base));
            if let Some(base) = &base {
                self.bases.push((folder.clone(), base.clone()));
            }
            let Some(patterns) = options["paths"].as_object() else { continue };
            let from = base.unwrap_or_else(|| folder.clone());
            let mut read: Patterns = patterns
                .iter()
                .map(|(pattern, to)| {
                    let to = to.as_array().into_iter().flatten().filter_map(Value::as_str);
                    (pattern.clone(), to.filter_map(|to| path::join(&from, to)).collect())
                })
                .collect();
            read.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.len()));
            self.paths.push((folder, read));
        }
        self.paths.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
        self.bases.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then(a.cmp(b)));
    }
}

impl Resolver<'_> {
    pub(super) fn script_import(&mut self, file: u32, module: Word) -> Imported {
        let folder = path::folder(&self.files[file as usize].path).to_owned();
        let key = (folder.clone(), module);
        let text = self.words.text(module).to_owned();
        let found = match self.modules.scripts.found.get(&key) {
            Some(found) => *found,
            None => {
                let found = self.find_script(&folder, &text);
                self.modules.scripts.found.insert(key, found);
                found
            }
        };
        match found {
            Some(file) => Imported::Module(Module::File(file)),
            None if text.starts_with('.') => Imported::Missing,
            None => Imported::External(module),
        }
    }

    fn find_script(&self, folder: &str, specifier: &str) -> Option<u32> {
        if specifier.starts_with('.') {
            return self.script_at(&path::join(folder, specifier)?);
        }
        let scripts = &self.modules.scripts;
        for (of, patterns) in &scripts.paths {
            if !path::is_under(folder, of) {
                continue;
            }
            for (pattern, to) in patterns {
                let Some(rest) = matched(pattern, specifier) else { continue };
                for to in to {
                    if let Some(found) = self.script_at(&to.replacen('*', rest, 1)) {
                        return Some(found);
                    }
                }
            }
        }
        if let Some(found) = self.find_package(specifier) {
            return Some(found);
        }
        for (of, base) in &scripts.bases {
            if path::is_under(folder, of)
                && let Some(found) =
                    path::join(base, specifier).and_then(|path| self.script_at(&path))
            {
                return Some(found);
            }
        }
        None
    }

    /// A package of the project itself: what its `exports` say, else the file of that name in it.
    fn find_package(&self, specifier: &str) -> Option<u32> {
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
        let (name, inner) = specifier.split_at(end);
        let (folder, manifest) = self.modules.scripts.packages.get(name)?;
        let inner = inner.trim_start_matches('/');
        let key = if inner.is_empty() { ".".to_owned() } else { format!("./{inner}") };
        let mut candidates = Vec::new();
        let exports = &manifest["exports"];
        match exports {
            Value::Object(all) => {
                if let Some(of) = all.get(&key) {
                    conditions(of, &mut candidates);
                } else {
                    for (pattern, of) in all {
                        if let Some(rest) = matched(pattern, &key).filter(|_| pattern.contains('*'))
                        {
                            let mut found = Vec::new();
                            conditions(of, &mut found);
                            candidates
                                .extend(found.into_iter().map(|to| to.replacen('*', rest, 1)));
                        }
                    }
                    if key == "." && !all.keys().any(|key| key.starts_with('.')) {
                        conditions(exports, &mut candidates);
                    }
                }
            }
            Value::String(of) if key == "." => candidates.push(of.clone()),
            _ => {}
        }
        if key == "." {
            for field in ["source", "types", "typings", "module", "main"] {
                candidates.extend(manifest[field].as_str().map(str::to_owned));
            }
        }
        for candidate in candidates {
            let Some(path) = path::join(folder, &candidate) else { continue };
            for path in sources(&path, folder) {
                if let Some(found) = self.script_at(&path) {
                    return Some(found);
                }
            }
        }
        let inner = if inner.is_empty() { "index" } else { inner };
        [format!("src/{inner}"), inner.to_owned(), format!("lib/{inner}")]
            .iter()
            .find_map(|inner| self.script_at(&path::join(folder, inner)?))
    }

    /// The file that a path without its ending, with another, or of a folder means.
    fn script_at(&self, path: &str) -> Option<u32> {
        let paths = &self.modules.paths;
        let is_script = |path: &str| ENDINGS.iter().any(|ending| path.ends_with(ending));
        for (made, source) in [
            (".js", ".ts"),
            (".js", ".tsx"),
            (".jsx", ".tsx"),
            (".mjs", ".mts"),
            (".cjs", ".cts"),
            (".js", ".d.ts"),
        ] {
            if let Some(&found) =
                path.strip_suffix(made).and_then(|stem| paths.get(&format!("{stem}{source}")))
            {
                return Some(found);
            }
        }
        if let Some(&found) = paths.get(path).filter(|_| is_script(path)) {
            return Some(found);
        }
        for inner in ["", "/index"] {
            for ending in ENDINGS {
                if let Some(&found) = paths.get(&format!("{path}{inner}{ending}")) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// A name that no file declares: the language's or the platform's own.
    pub(super) fn script_builtin(&mut self, word: Word) -> TypeId {
        let text = self.words.text(word);
        if [
            "Array",
            "ReadonlyArray",
            "Map",
            "Set",
            "WeakMap",
            "Promise",
            "String",
            "Number",
            "Boolean",
        ]
        .contains(&text)
        {
            return self.types.id(Type::KnownClass(word));
        }
        let globals = self.words.id("globals");
        let path = self.join(globals, word);
        self.types.id(Type::External(path))
    }

    /// What a built-in generic means, applied to types.
    pub(super) fn script_special(&mut self, name: &str, of: &[TypeId]) -> Option<TypeId> {
        let first = of.first().copied().unwrap_or(TypeId::UNKNOWN);
        Some(match name {
            "Array" | "ReadonlyArray" | "ArrayLike" | "IterableIterator" | "Iterable"
            | "AsyncIterable" | "Generator" | "AsyncGenerator" | "Set" | "ReadonlySet"
            | "IteratorObject" => self.known("Array", Box::new([first])),
            "Map" | "ReadonlyMap" | "WeakMap" => self.known("Map", of.into()),
            "Record" => self.known("dict", of.into()),
            "Promise" | "PromiseLike" => self.known("Promise", Box::new([first])),
            "Partial" | "Required" | "Readonly" | "NonNullable" | "Awaited" | "Pick" | "Omit"
            | "Extract" | "Exclude" | "NoInfer" => first,
            "InstanceType" => self.value_of_class(first),
            _ => return None,
        })
    }

    /// What a method of a built-in container gives; none: it is no container of scripts.
    pub(super) fn call_script(
        &mut self,
        (of, method): (&str, &str),
        receiver: TypeId,
        file: u32,
        arguments: &[ExpressionId],
    ) -> Option<TypeId> {
        let Type::Known(_, inner) = self.types.look(receiver).clone() else { return None };
        let inner = |index: usize| inner.get(index).copied().unwrap_or(TypeId::UNKNOWN);
        let callback = |this: &mut Self| match arguments.first() {
            Some(&function) => {
                let function = this.value(file, function);
                this.call(function, file, &[])
            }
            None => TypeId::UNKNOWN,
        };
        Some(match (of, method) {
            ("Array" | "tuple", "map") => {
                let result = callback(self);
                self.known("Array", Box::new([result]))
            }
            ("Array" | "tuple", "flatMap") => {
                let result = callback(self);
                let element = self.element(result);
                self.known("Array", Box::new([element]))
            }
            ("Array", "find" | "findLast" | "at" | "pop" | "shift") => inner(0),
            ("tuple", "find" | "findLast" | "at" | "pop" | "shift") => self.element(receiver),
            ("Array" | "tuple", "reduce" | "reduceRight") => match arguments.get(1) {
                Some(&from) => self.value(file, from),
                None => self.element(receiver),
            },
            ("Array" | "tuple", "entries") => {
                let element = self.element(receiver);
                let index = self.known("number", Box::default());
                let pair = self.known("tuple", Box::new([index, element]));
                self.known("Array", Box::new([pair]))
            }
            ("Array" | "tuple", "join") => self.known("string", Box::default()),
            (
                "Array" | "tuple",
                "filter" | "slice" | "concat" | "reverse" | "sort" | "values" | "flat" | "toSorted"
                | "splice",
            ) => {
                let element = self.element(receiver);
                self.known("Array", Box::new([element]))
            }
            ("Map", "get") => inner(1),
            ("Map", "values") => self.known("Array", Box::new([inner(1)])),
            ("Map", "keys") => self.known("Array", Box::new([inner(0)])),
            ("Map", "entries") => {
                let pair = self.known("tuple", Box::new([inner(0), inner(1)]));
                self.known("Array", Box::new([pair]))
            }
            ("Map", "set") => receiver,
            ("Promise", "then") => {
                let result = callback(self);
                let result = self.awaited(result);
                self.known("Promise", Box::new([result]))
            }
            ("Promise", "catch" | "finally") => receiver,
            ("string", "split" | "match") => self.known("Array", Box::new([receiver])),
            ("string", _) => receiver,
            _ => return None,
        })
    }

    /// What a built-in method hands to a function.
    pub(super) fn given_by(&mut self, method: Word, receiver: TypeId, parameter: u8) -> TypeId {
        let Type::Known(of, inner) = self.types.look(receiver).clone() else {
            return TypeId::UNKNOWN;
        };
        let inner = |index: usize| inner.get(index).copied().unwrap_or(TypeId::UNKNOWN);
        let (of, method) = (self.words.text(of), self.words.text(method));
        match (of, method, parameter) {
            ("Promise" | "Awaitable", "then", 0) => inner(0),
            ("Map", "forEach", 0) => inner(1),
            ("Map", "forEach", 1) => inner(0),
            (_, "reduce" | "reduceRight" | "fold", 1) => self.element(receiver),
            (_, "reduce" | "reduceRight" | "fold", _) => TypeId::UNKNOWN,
            (_, "sort" | "toSorted", _) => self.element(receiver),
            (_, _, 0) => self.element(receiver),
            _ => TypeId::UNKNOWN,
        }
    }
}

/// What the star of a pattern stands for.
fn matched<'s>(pattern: &str, text: &'s str) -> Option<&'s str> {
    match pattern.split_once('*') {
        Some((before, after)) => text.strip_prefix(before)?.strip_suffix(after),
        None => (pattern == text).then_some(""),
    }
}

/// The paths that an entry of `exports` names, the sources first.
fn conditions(of: &Value, found: &mut Vec<String>) {
    match of {
        Value::String(path) => found.push(path.clone()),
        Value::Object(all) => {
            for key in
                ["source", "types", "import", "module", "default", "require", "node", "browser"]
            {
                if let Some(inner) = all.get(key) {
                    conditions(inner, found);
                }
            }
        }
        Value::Array(all) => all.iter().for_each(|one| conditions(one, found)),
        _ => {}
    }
}

/// Where the source of something built may lie.
fn sources(path: &str, folder: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    let inner = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
    let stem = ENDINGS
        .iter()
        .filter_map(|ending| inner.strip_suffix(ending))
        .min_by_key(|stem| stem.len())
        .unwrap_or(inner);
    // `dist/esm/x.d.ts` may be `src/x.ts`.
    let parts: Vec<&str> = stem.split('/').collect();
    for skip in 1..parts.len() {
        let rest = parts[skip..].join("/");
        all.extend(
            [format!("src/{rest}"), rest].iter().filter_map(|inner| path::join(folder, inner)),
        );
    }
    all
}

/// JSON as `tsconfig` writes it, without comments and without commas before a closing bracket.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => {
                out.push(c);
                out.extend(rest.next());
            }
            '/' if !in_string && rest.peek() == Some(&'/') => {
                while rest.peek().is_some_and(|c| *c != '\n') {
                    rest.next();
                }
            }
            '/' if !in_string && rest.peek() == Some(&'*') => {
                let mut last = ' ';
                for c in rest.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            ']' | '}' if !in_string => {
                let kept = out.trim_end().len();
                if out[..kept].ends_with(',') {
                    out.truncate(kept - 1);
                }
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tsconfig_may_have_comments_and_commas() {
        let text = "{ // one\n \"a\": [\"//x\", /* two */ \"b\",], }";
        let value: Value = serde_json::from_str(&without_comments(text)).unwrap();
        assert_eq!(value["a"][0], "//x");
        assert_eq!(value["a"][1], "b");
    }

    #[test]
    fn a_star_matches_what_is_between() {
        assert_eq!(matched("@/*", "@/a/b"), Some("a/b"));
        assert_eq!(matched("./*.js", "./x.js"), Some("x"));
        assert_eq!(matched("a", "b"), None);
    }
}
