//! Our graph beside the truth: precision and recall of call sites, each rule's own precision, definitions found.

use crate::truth::{Site, Truth};
use anyhow::Result;
use camille_code::facts::{SiteKind, SymbolKind};
use camille_code::{Graph, Language, Outcome, Rule, Source, Target};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;

/// What is counted and shown.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Only files below.
    pub(crate) under: String,
    pub(crate) without_tests: bool,
    /// How many missed sites are shown.
    pub(crate) misses: usize,
    /// How many wrong edges are shown.
    pub(crate) wrong: usize,
}

impl Options {
    fn counts(&self, path: &str) -> bool {
        path.starts_with(&self.under) && !(self.without_tests && is_test(path))
    }
}

fn is_test(path: &str) -> bool {
    path.contains(".test.")
        || path.contains(".spec.")
        || path.contains(".bench.")
        || path.split('/').any(|part| {
            matches!(
                part,
                "test"
                    | "tests"
                    | "testing"
                    | "__tests__"
                    | "spec"
                    | "runtime-tests"
                    | "benchmarks"
            )
        })
}

#[derive(Default)]
struct Counts {
    right: usize,
    wrong: usize,
}

impl Counts {
    fn add(&mut self, is_right: bool) {
        if is_right {
            self.right += 1;
        } else {
            self.wrong += 1;
        }
    }

    fn share(&self) -> f64 {
        self.right as f64 / ((self.right + self.wrong) as f64).max(1.0)
    }
}

pub(crate) fn report(
    out: &mut impl Write,
    texts: &Texts,
    sources: &[Source],
    graph: &Graph,
    truth: &Truth,
    options: &Options,
) -> Result<()> {
    definitions(out, texts, sources, truth, options)?;
    let mut ours: HashMap<Site, Vec<(&Outcome, u32)>> = HashMap::new();
    for (source, outcomes) in sources.iter().zip(&graph.outcomes) {
        for (site, outcome) in source.facts.sites.iter().zip(outcomes) {
            if site.kind.is_call() {
                let key = (
                    source.path.clone(),
                    u64::from(site.line),
                    source.facts.name(site.name).to_owned(),
                );
                ours.entry(key).or_default().push((outcome, site.column));
            }
        }
    }
    let types: HashSet<Site> = sources
        .iter()
        .flat_map(|source| {
            let sites = source.facts.sites.iter();
            // What is a pattern in Rust (`Error::Partial(x)`) looks like a call to the script that reads the index.
            let is_rust = source.facts.language == Language::Rust;
            let other = move |kind: SiteKind| {
                kind == SiteKind::Type || is_rust && kind == SiteKind::Reference
            };
            sites.filter(move |site| other(site.kind)).map(|site| {
                let name = source.facts.name(site.name).to_owned();
                (source.path.clone(), u64::from(site.line), name)
            })
        })
        .collect();
    let read: HashSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let (mut sure, mut possible) = (Counts::default(), Counts::default());
    let mut rules: BTreeMap<Rule, Counts> = BTreeMap::new();
    let (mut positives, mut found, mut found_possible, mut undecided, mut external) =
        (0, 0, 0, 0, 0);
    let mut as_external = 0;
    let (mut missed, mut wrongs) = (Vec::new(), Vec::new());
    let mut sites: Vec<(&Site, &crate::truth::Meaning)> = truth.calls.iter().collect();
    sites.sort_by_key(|(site, _)| *site);
    for (site, meaning) in sites {
        if !options.counts(&site.0) || !read.contains(site.0.as_str()) {
            continue;
        }
        if (meaning.is_element || site.0.ends_with(".rs"))
            && !ours.contains_key(site)
            && types.contains(site)
        {
            continue;
        }
        if meaning.is_undecided {
            undecided += 1;
            continue;
        }
        let outcomes = ours.get(site).map(Vec::as_slice).unwrap_or_default();
        let (mut hit, mut hit_possible) = (false, false);
        for (outcome, _) in outcomes {
            let Outcome::Targets(rule, targets) = outcome else { continue };
            // Variants of one name (overloads, platforms) count as one.
            let mut variants: BTreeMap<String, Vec<Target>> = BTreeMap::new();
            for target in targets {
                let name = sources[target.file as usize].facts.qualified(target.symbol);
                variants.entry(name).or_default().push(*target);
            }
            for targets in variants.values() {
                let right = targets.iter().find(|target| is_at(sources, **target, meaning));
                let is_right = right.is_some();
                let target = right.unwrap_or(&targets[0]);
                rules.entry(*rule).or_default().add(is_right);
                if rule.is_possible() {
                    possible.add(is_right);
                    hit_possible |= is_right;
                } else {
                    sure.add(is_right);
                    hit |= is_right;
                    if !is_right {
                        wrongs.push((site, *rule, *target, meaning));
                    }
                }
            }
        }
        if meaning.places.is_empty() {
            external += 1;
            as_external += usize::from(
                outcomes.iter().any(|(outcome, _)| matches!(outcome, Outcome::External(_))),
            );
            continue;
        }
        positives += 1;
        found += usize::from(hit);
        found_possible += usize::from(hit || hit_possible);
        if !hit {
            missed.push((site, meaning, outcomes));
        }
    }
    writeln!(
        out,
        "call sites: precision {:.4} ({} of {}), recall {:.4} ({found} of {positives}); with possible: precision {:.4}, recall {:.4}; external {as_external} of {external} said so; undecided {undecided}",
        sure.share(),
        sure.right,
        sure.right + sure.wrong,
        f64::from(found as u32) / f64::from(positives.max(1) as u32),
        (sure.right + possible.right) as f64
            / ((sure.right + sure.wrong + possible.right + possible.wrong) as f64).max(1.0),
        found_possible as f64 / f64::from(positives.max(1) as u32),
    )?;
    for (rule, counts) in &rules {
        writeln!(
            out,
            "  {:<12} {:.4} of {}",
            rule.as_str(),
            counts.share(),
            counts.right + counts.wrong
        )?;
    }
    for (site, meaning, outcomes) in spread(&missed, options.misses) {
        writeln!(
            out,
            "missed {}:{} {} → {} {:?}",
            site.0,
            site.1,
            site.2,
            meaning.callee,
            outcomes.first().map(|one| one.0)
        )?;
    }
    for (site, rule, target, meaning) in spread(&wrongs, options.wrong) {
        let source = &sources[target.file as usize];
        writeln!(
            out,
            "wrong {}:{} {} → {}:{} {} ({}); truth: {}",
            site.0,
            site.1,
            site.2,
            source.path,
            source.facts.symbols[target.symbol.index()].spans[0].line,
            source.facts.qualified(target.symbol),
            rule.as_str(),
            meaning.callee
        )?;
    }
    Ok(())
}

/// At most `count`, from all over the list.
fn spread<T>(list: &[T], count: usize) -> impl Iterator<Item = &T> {
    let step = (list.len() / count.max(1)).max(1);
    list.iter().step_by(step).take(count)
}

/// Whether a target is what the truth means: one of its spans begins there, or it is the type whose constructor is there.
fn is_at(sources: &[Source], target: Target, meaning: &crate::truth::Meaning) -> bool {
    let source = &sources[target.file as usize];
    let symbol = &source.facts.symbols[target.symbol.index()];
    // `Type#Type(…)`: javac's name of a constructor.
    let named = format!("{}(", source.facts.name(symbol.name));
    let constructs = symbol.kind == SymbolKind::Class
        && (meaning.callee.contains("constructor")
            || meaning.callee.rsplit('#').next().is_some_and(|last| last.starts_with(&named)));
    symbol.spans.iter().any(|span| {
        meaning.places.contains(&(source.path.clone(), u64::from(span.line)))
            || constructs
                && meaning.places.iter().any(|(file, line)| {
                    *file == source.path
                        && (u64::from(span.first)..=u64::from(span.last)).contains(line)
                })
    })
}

/// The lines of the project's files.
pub(crate) struct Texts(pub(crate) HashMap<String, Vec<String>>);

impl Texts {
    fn is_definition(&self, (file, line): &(String, u64), kind: &str) -> bool {
        let line = usize::try_from(*line).unwrap_or(0).saturating_sub(1);
        let text = self.0.get(file).and_then(|lines| lines.get(line)).map_or("", String::as_str);
        matches!(kind, "class" | "struct" | "enum") || text.contains("fn ")
    }
}

fn definitions(
    out: &mut impl Write,
    texts: &Texts,
    sources: &[Source],
    truth: &Truth,
    options: &Options,
) -> Result<()> {
    let mut ours: HashSet<(&str, u64, &str)> = HashSet::new();
    for source in sources {
        for symbol in &source.facts.symbols {
            for span in &symbol.spans {
                ours.insert((&source.path, u64::from(span.line), source.facts.name(symbol.name)));
            }
        }
    }
    let read: HashSet<&str> = sources.iter().map(|source| source.path.as_str()).collect();
    let mut counts = Counts::default();
    let mut lost = Vec::new();
    for (place, name, kind) in &truth.definitions {
        // Definitions that a macro makes stand at the macro's line, which defines nothing by itself.
        let is_made = place.0.ends_with(".rs") && !texts.is_definition(place, kind);
        if options.counts(&place.0) && read.contains(place.0.as_str()) && !is_made {
            let here = |name: &str| ours.contains(&(place.0.as_str(), place.1, name));
            let is_found = here(name) || kind == "constructor" && here("<init>");
            counts.add(is_found);
            if !is_found {
                lost.push((place, name, kind));
            }
        }
    }
    writeln!(out, "definitions: {:.4} found of {}", counts.share(), counts.right + counts.wrong)?;
    for (place, name, kind) in spread(&lost, options.misses / 4) {
        writeln!(out, "lost {}:{} {kind} {name}", place.0, place.1)?;
    }
    Ok(())
}
