//! Small projects, resolved: what each call means, in words.

use camille_code::facts::SiteKind;
use camille_code::{Language, Manifest, Outcome, Source, extract, resolve};

#[allow(dead_code, reason = "not every test needs it")]
/// `line name → path:symbol (rule)` for every call in the first file, in order; outcomes without a target say what they are.
pub(crate) fn calls(files: &[(&str, &str)]) -> Vec<String> {
    outcomes(files, &[], SiteKind::is_call)
}

/// As [`calls`], with manifests.
#[allow(dead_code, reason = "not every test needs it")]
pub(crate) fn calls_with(files: &[(&str, &str)], manifests: &[(&str, &str)]) -> Vec<String> {
    outcomes(files, manifests, SiteKind::is_call)
}

fn outcomes(
    files: &[(&str, &str)],
    manifests: &[(&str, &str)],
    counts: impl Fn(SiteKind) -> bool,
) -> Vec<String> {
    let asked = files[0].0;
    let mut sorted = files.to_vec();
    sorted.sort_unstable();
    let sources: Vec<Source> = sorted
        .iter()
        .map(|(path, text)| Source {
            path: (*path).to_owned(),
            facts: extract(text, Language::of(path).expect("a language")).expect("facts"),
        })
        .collect();
    let manifests: Vec<Manifest> = manifests
        .iter()
        .map(|(path, text)| Manifest { path: (*path).to_owned(), text: (*text).to_owned() })
        .collect();
    let graph = resolve(&sources, &manifests);
    let file = sources.iter().position(|source| source.path == asked).expect("the file");
    let facts = &sources[file].facts;
    let mut lines: Vec<(u32, u32, String)> = facts
        .sites
        .iter()
        .zip(&graph.outcomes[file])
        .filter(|(site, _)| counts(site.kind))
        .map(|(site, outcome)| {
            let meaning = match outcome {
                Outcome::Targets(rule, targets) => {
                    let names: Vec<String> = targets
                        .iter()
                        .map(|target| {
                            let source = &sources[target.file as usize];
                            format!("{}:{}", source.path, source.facts.qualified(target.symbol))
                        })
                        .collect();
                    format!("{} ({})", names.join(" | "), rule.as_str())
                }
                Outcome::External(package) => format!("outside: {package}"),
                Outcome::Unresolved => "?".to_owned(),
            };
            (site.line, site.column, format!("{} {} → {meaning}", site.line, facts.name(site.name)))
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(.., text)| text).collect()
}
