//! What another tool says of a project: definitions, and what each use of a name means.

use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// A file and a line in it.
pub(crate) type Place = (String, u64);

/// Where a name is used: file, line, name.
pub(crate) type Site = (String, u64, String);

/// What the tool says of the uses of one name in one line.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    /// Where what is called is defined.
    pub(crate) places: HashSet<Place>,
    pub(crate) is_external: bool,
    /// It calls what a variable holds, or the tool does not say.
    pub(crate) is_undecided: bool,
    /// It is drawn as an element, or is a type argument: the script that reads the tool's index takes one for the other.
    pub(crate) is_element: bool,
    pub(crate) callee: String,
}

/// The truth.
#[derive(Debug)]
pub(crate) struct Truth {
    /// Functions, methods and types: place and name.
    pub(crate) definitions: Vec<(Place, String, String)>,
    pub(crate) calls: HashMap<Site, Meaning>,
}

const CALLABLE: &[&str] = &[
    "function",
    "method",
    "class",
    "constructor",
    "interface",
    "struct",
    "enum",
    "macro",
    "trait",
    "record",
    "type",
];
const CALLS: &[&str] = &["call", "new", "decorator", "jsx", "macro"];

impl Truth {
    pub(crate) fn read(path: &Path) -> Result<Truth> {
        let text = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
        let value: Value = serde_json::from_slice(&text).context("the truth is no JSON")?;
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let mut places: HashMap<String, (HashSet<Place>, bool)> = HashMap::new();
        let mut definitions = Vec::new();
        for one in list("definitions") {
            let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
            let place = (text("file"), one["line"].as_u64().unwrap_or(0));
            let is_callable = CALLABLE.contains(&text("kind").as_str())
                && !one["local"].as_bool().unwrap_or(false);
            if is_callable {
                let name = text("name");
                let name = if name == "<constructor>" { "constructor".to_owned() } else { name };
                definitions.push((place.clone(), name, text("kind")));
            }
            let known = places.entry(text("id")).or_default();
            known.0.insert(place);
            known.1 |= is_callable;
        }
        // A constructor that nobody wrote stands where its type does (javac: `a.B#B()`).
        let types: HashMap<String, Place> = places
            .iter()
            .filter_map(|(id, (places, _))| {
                let (_, name) = id.rsplit_once('#')?;
                Some((name.to_owned(), places.iter().next()?.clone()))
            })
            .collect();
        let unwritten = |callee: &str| {
            let (of, signature) = callee.rsplit_once('#')?;
            let name = of.rsplit('.').next()?;
            let place = types.get(of)?;
            signature.starts_with(&format!("{name}(")).then(|| place.clone())
        };
        let mut calls: HashMap<Site, Meaning> = HashMap::new();
        for one in list("uses") {
            let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
            if !CALLS.contains(&text("kind").as_str()) {
                continue;
            }
            let site = (text("file"), one["line"].as_u64().unwrap_or(0), text("name"));
            let meaning = calls.entry(site).or_default();
            let callee = text("callee");
            meaning.is_element |= text("kind") == "jsx";
            match (one["external"].as_bool(), places.get(&callee)) {
                _ if callee.contains(":local ") || callee.starts_with("<anonymous") => {
                    meaning.is_undecided = true
                }
                (_, None) if unwritten(&callee).is_some() => {
                    meaning.places.extend(unwritten(&callee))
                }
                (Some(true), _) => meaning.is_external = true,
                (_, Some((places, true))) => meaning.places.extend(places.iter().cloned()),
                _ => meaning.is_undecided = true,
            }
            meaning.callee = callee;
        }
        Ok(Truth { definitions, calls })
    }
}
