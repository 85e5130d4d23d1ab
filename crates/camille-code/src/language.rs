//! Which language a file is in: by its name, and for `.h` by what lies in the project beside it.

use serde::{Deserialize, Serialize};

/// A language that is read into facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Language {
    /// Python, stubs included.
    Python,
    /// TypeScript.
    TypeScript,
    /// TypeScript with elements.
    Tsx,
    /// JavaScript, with or without elements.
    JavaScript,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C.
    C,
    /// C++.
    Cpp,
}

/// Languages of one world: they call each other and are resolved together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Python.
    Python,
    /// TypeScript and JavaScript.
    Script,
    /// Rust.
    Rust,
    /// Go.
    Go,
    /// Java.
    Java,
    /// C and C++.
    C,
}

impl Language {
    /// The language of a path, by its ending; none: there is no grammar for it. A header counts as C until the project
    /// says otherwise ([`headers_are_cpp`]).
    #[must_use]
    pub fn of(path: &str) -> Option<Language> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        let (stem, ending) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        Some(match ending {
            "py" | "pyi" | "pyw" => Language::Python,
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "js" | "jsx" | "mjs" | "cjs" => Language::JavaScript,
            "rs" => Language::Rust,
            "go" => Language::Go,
            "java" => Language::Java,
            "c" | "h" => Language::C,
            "cc" | "cpp" | "cxx" | "c++" | "hh" | "hpp" | "hxx" | "h++" | "inl" | "C" | "H" => {
                Language::Cpp
            }
            _ => return None,
        })
    }

    /// The world it belongs to.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Language::Python => Family::Python,
            Language::TypeScript | Language::Tsx | Language::JavaScript => Family::Script,
            Language::Rust => Family::Rust,
            Language::Go => Family::Go,
            Language::Java => Family::Java,
            Language::C | Language::Cpp => Family::C,
        }
    }

    /// Its name, as a filter and in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::TypeScript => "typescript",
            Language::Tsx => "tsx",
            Language::JavaScript => "javascript",
            Language::Rust => "rust",
            Language::Go => "go",
            Language::Java => "java",
            Language::C => "c",
            Language::Cpp => "c++",
        }
    }

    /// What stands between the parts of a qualified name.
    pub(crate) fn separator(self) -> &'static str {
        match self {
            Language::Rust | Language::Cpp => "::",
            _ => ".",
        }
    }
}

/// Whether `.h` means C++ in a project of these paths: some file of it is C++ by name.
pub fn headers_are_cpp<'a>(paths: impl IntoIterator<Item = &'a str>) -> bool {
    paths.into_iter().any(|path| Language::of(path) == Some(Language::Cpp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_the_language() {
        for (path, language) in [
            ("a/b.py", Some(Language::Python)),
            ("x.d.ts", Some(Language::TypeScript)),
            ("a.mjs", Some(Language::JavaScript)),
            ("Makefile", None),
            (".py", None),
            ("notes.md", None),
        ] {
            assert_eq!(Language::of(path), language, "{path}");
        }
    }

    #[test]
    fn a_header_is_cpp_beside_cpp() {
        assert!(!headers_are_cpp(["a.c", "a.h"]));
        assert!(headers_are_cpp(["a.cc", "a.h"]));
    }
}
