//! Facts of all files of a project → what each site means. A pure function: the same files give the same graph, in whatever
//! order they changed. An edge names the rule that made it; what the rules cannot tell stays unresolved, and is said so.

mod call;
mod container;
mod evaluate;
mod java;
mod member;
mod name;
mod package;
mod path;
mod project;
mod python;
mod rust;
mod script;
mod site;
mod types;

use crate::facts::{Facts, SymbolId};
use project::Resolver;

/// One file of a project.
#[derive(Debug)]
pub struct Source {
    /// Its path in the project, with `/`.
    pub path: String,
    /// What it says.
    pub facts: Facts,
}

/// A file that says how names of modules become paths: `tsconfig.json`, `package.json`, `go.mod`, `Cargo.toml`.
#[derive(Debug)]
pub struct Manifest {
    /// Its path in the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A symbol of one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// The file's place in what was resolved.
    pub file: u32,
    /// The symbol in it.
    pub symbol: SymbolId,
}

/// How an edge was found. Each rule has a precision of its own, which is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The name is bound in a scope around.
    ExactScope,
    /// The name is imported.
    Import,
    /// A member of the class around, through its receiver.
    ItsOwn,
    /// A member of the type that the receiver has.
    Typed,
    /// As before, found in a base of that type.
    Inherited,
    /// A member that the type only declares: others implement it.
    Interface,
    /// The receiver is unknown, and one symbol only bears the name. A guess, shown only when asked for.
    UniqueName,
}

impl Rule {
    /// Its name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::ExactScope => "exact-scope",
            Rule::Import => "import",
            Rule::ItsOwn => "self",
            Rule::Typed => "typed",
            Rule::Inherited => "inherited",
            Rule::Interface => "interface",
            Rule::UniqueName => "unique-name",
        }
    }

    /// Whether it is a guess: left out of answers, counts and impact unless asked for.
    #[must_use]
    pub fn is_possible(self) -> bool {
        self == Rule::UniqueName
    }
}

/// What a site means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// These symbols of the project; several where the receiver may be of several types.
    Targets(Rule, Vec<Target>),
    /// Something from outside, with its package where that is known.
    External(String),
    /// It cannot be told.
    Unresolved,
}

/// What every site of a project means.
#[derive(Debug)]
pub struct Graph {
    /// For each file, one outcome a site, in the order of [`Facts::sites`].
    pub outcomes: Vec<Vec<Outcome>>,
}

/// Resolves a project. Files are given in the order of their paths, so that the answer depends on nothing else.
#[must_use]
pub fn resolve(files: &[Source], manifests: &[Manifest]) -> Graph {
    let mut resolver = Resolver::new(files, manifests);
    let outcomes = (0..files.len()).map(|file| resolver.file(file)).collect();
    Graph { outcomes }
}
