//! Which crate may know which: proto ← ingest, bank ← federation, registry, client ← node ← camille. Nothing depends on
//! testkit or xtask but tests and xtask itself.

use super::Finding;
use super::tree::{File, Tree};

/// One crate, which of ours it may build on, and what from outside would break its promise.
struct Place {
    name: &'static str,
    on: &'static [&'static str],
    never: &'static [&'static str],
    why: &'static str,
}

const NETWORK: &[&str] =
    &["tokio", "hyper", "hyper-util", "axum", "rustls", "tokio-rustls", "reqwest"];
const ALL_IO: &[&str] = &[
    "tokio",
    "hyper",
    "hyper-util",
    "axum",
    "rustls",
    "tokio-rustls",
    "reqwest",
    "rusqlite",
    "tantivy",
];

const PLACES: &[Place] = &[
    Place { name: "camille-proto", on: &[], never: ALL_IO, why: "it does no I/O" },
    Place {
        name: "camille-ingest",
        on: &["camille-proto"],
        never: ALL_IO,
        why: "it turns bytes into documents and does no I/O",
    },
    Place {
        name: "camille-code",
        on: &[],
        never: ALL_IO,
        why: "it turns bytes into facts and facts into edges, and does no I/O",
    },
    Place {
        name: "camille-bank",
        on: &["camille-proto"],
        never: NETWORK,
        why: "it is synchronous and has no network",
    },
    Place {
        name: "camille-federation",
        on: &["camille-proto", "camille-bank"],
        never: ALL_IO,
        why: "it only decides: moments, spans and answers are handed in",
    },
    Place {
        name: "camille-registry",
        on: &["camille-proto"],
        never: NETWORK,
        why: "it is a database and what follows from it",
    },
    Place {
        name: "camille-intake",
        on: &[
            "camille-proto",
            "camille-ingest",
            "camille-code",
            "camille-bank",
            "camille-registry",
        ],
        never: &["hyper", "hyper-util", "axum", "rustls", "tokio-rustls", "reqwest", "tantivy"],
        why: "it reads files into the bank and serves nobody",
    },
    Place {
        name: "camille-client",
        on: &["camille-proto"],
        never: &["rusqlite", "tantivy", "axum"],
        why: "it asks nodes and stores nothing",
    },
    Place {
        name: "camille-mcp",
        on: &["camille-proto", "camille-client"],
        never: &["rusqlite", "tantivy", "axum", "clap"],
        why: "agents get what another client of the API gets, and the binary starts it",
    },
    Place {
        name: "camille-web",
        on: &["camille-proto", "camille-client"],
        never: &["rusqlite", "tantivy", "clap"],
        why: "a page gets what another client of the API gets, and the binary mounts it",
    },
    Place {
        name: "camille-node",
        on: &[
            "camille-proto",
            "camille-ingest",
            "camille-bank",
            "camille-federation",
            "camille-intake",
            "camille-registry",
            "camille-client",
        ],
        never: &["clap", "indicatif", "console", "comfy-table", "anyhow"],
        why: "only the binary talks to a terminal, and libraries have typed errors",
    },
    Place {
        name: "camille",
        on: &[
            "camille-proto",
            "camille-ingest",
            "camille-bank",
            "camille-intake",
            "camille-registry",
            "camille-client",
            "camille-mcp",
            "camille-node",
            "camille-web",
        ],
        never: &["rusqlite", "tantivy", "axum"],
        why: "every command goes through the node's API",
    },
    Place {
        name: "camille-testkit",
        on: &["camille-proto", "camille-ingest", "camille-bank", "camille-client", "camille-node"],
        never: &[],
        why: "",
    },
    Place {
        name: "xtask",
        on: &[
            "camille-proto",
            "camille-ingest",
            "camille-bank",
            "camille-client",
            "camille-code",
            "camille-intake",
            "camille-node",
            "camille-registry",
            "camille-testkit",
        ],
        never: &[],
        why: "",
    },
];

/// Every dependency that runs against the direction.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, file) in tree.packages() {
        match PLACES.iter().find(|place| place.name == name) {
            Some(place) => check_manifest(place, file, &mut findings),
            None => findings.push(Finding::new(
                &file.path,
                0,
                format!("'{name}' has no place in the layout: give it one in xtask/src/tidy/direction.rs, or make it a module of an existing crate"),
            )),
        }
    }
    findings
}

fn check_manifest(place: &Place, file: &File, findings: &mut Vec<Finding>) {
    let manifest: toml::Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => {
            findings.push(Finding::new(&file.path, 0, format!("is no TOML: {error}")));
            return;
        }
    };
    for (section, dev) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else {
            continue;
        };
        for dependency in dependencies.keys() {
            let line = line_of(&file.text, dependency);
            let ours = dependency == "xtask"
                || dependency == "camille"
                || dependency.starts_with("camille-");
            if ours
                && !(dev && (dependency == "camille-testkit" || is_beside(dependency, place)))
                && !place.on.contains(&dependency.as_str())
            {
                findings.push(Finding::new(&file.path, line, wrong_direction(place, dependency)));
            }
            if !dev && place.never.contains(&dependency.as_str()) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("{} must not use {dependency}: {}", place.name, place.why),
                ));
            }
        }
    }
}

/// Whether it knows nothing of a crate, whose tests may use it then.
fn is_beside(dependency: &str, place: &Place) -> bool {
    PLACES.iter().any(|other| other.name == dependency && !other.on.contains(&place.name))
}

fn wrong_direction(place: &Place, dependency: &str) -> String {
    if dependency == "camille-testkit" {
        return format!(
            "{} may use camille-testkit in tests only: move it to [dev-dependencies]",
            place.name
        );
    }
    let on = if place.on.is_empty() { "none of ours".into() } else { place.on.join(", ") };
    format!(
        "{} must not depend on {dependency} (it may on: {on}): pass the value in, move the type to camille-proto, or move the code up to the crate that knows both",
        place.name
    )
}

fn line_of(text: &str, dependency: &str) -> usize {
    text.lines()
        .position(|line| {
            line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        })
        .map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_flows_one_way() {
        let tree = Tree::of(&[
            (
                "crates/camille-bank/Cargo.toml",
                "[dependencies]\ncamille-proto.workspace = true\ncamille-ingest.workspace = true\n",
            ),
            ("crates/camille-proto/Cargo.toml", "[dependencies]\nserde.workspace = true\n"),
        ]);
        let findings = check(&tree);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].line, 3);
        assert!(findings[0].message.contains("camille-bank must not depend on camille-ingest"));
    }

    #[test]
    fn the_testkit_is_for_tests() {
        let text = "[dependencies]\ncamille-testkit.workspace = true\n";
        assert_eq!(check(&Tree::of(&[("crates/camille-node/Cargo.toml", text)])).len(), 1);
        let text = text.replace("[dep", "[dev-dep");
        assert_eq!(check(&Tree::of(&[("crates/camille-node/Cargo.toml", &text)])), []);
        assert_eq!(
            check(&Tree::of(&[(
                "xtask/Cargo.toml",
                "[dependencies]\ncamille-testkit.workspace = true\n"
            )])),
            []
        );
    }

    #[test]
    fn nobody_builds_on_the_binary_or_on_xtask() {
        for dependency in ["camille", "xtask"] {
            let text = format!("[dependencies]\n{dependency} = {{ path = \"x\" }}\n");
            assert_eq!(check(&Tree::of(&[("crates/camille-node/Cargo.toml", &text)])).len(), 1);
        }
    }

    #[test]
    fn promises_about_io_hold() {
        let text = "[dependencies]\ntokio.workspace = true\n";
        for name in ["camille-proto", "camille-ingest", "camille-bank"] {
            let path = format!("crates/{name}/Cargo.toml");
            assert_eq!(check(&Tree::of(&[(&path, text)])).len(), 1, "{name}");
        }
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert_eq!(check(&Tree::of(&[("crates/camille-extra/Cargo.toml", "")])).len(), 1);
    }
}
