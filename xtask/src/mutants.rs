//! Does the matrix of ways out notice when a rule is broken? Each mutant breaks one, in one line; the matrix has to
//! fail. Not part of any ordinary run: it changes sources for as long as it tries one.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A rule, the file that keeps it, and the line with what breaks it.
struct Mutant {
    rule: &'static str,
    file: &'static str,
    line: &'static str,
    broken: &'static str,
}

const fn mutant(
    rule: &'static str,
    file: &'static str,
    line: &'static str,
    broken: &'static str,
) -> Mutant {
    Mutant { rule, file, line, broken }
}

const HELD: &str = "crates/camille-bank/src/search/held.rs";
const PROJECT: &str = "crates/camille-node/src/project.rs";
const CONVERT: &str = "crates/camille-node/src/intake/convert.rs";

const MUTANTS: &[Mutant] = &[
    mutant("what touched a private place is held", HELD, "|| is_held(tree)", ""),
    mutant(
        "any touch holds, also one that only read",
        HELD,
        "if !open.contains(&touched.mark) {",
        "if !open.contains(&touched.mark) && touched.how != \"read\" {",
    ),
    mutant(
        "a release ends with another place",
        HELD,
        "any(|place| !of(tree).contains(&place.mark))",
        "any(|_| of(tree).is_empty())",
    ),
    mutant(
        "a title tells nothing of what was forgotten",
        HELD,
        "if touched.how == THERE && !is_seen {",
        "if touched.how == THERE && !is_seen && touched.project == \" \" {",
    ),
    mutant(
        "a title tells nothing of what is hidden",
        "crates/camille-bank/src/search/visibility.rs",
        ".is_some_and(|tree| !self.partial.contains(tree) && !is_elsewhere(tree))",
        ".is_some_and(|tree| !self.partial.contains(tree) || !is_elsewhere(tree))",
    ),
    mutant(
        "a conversation is held as one",
        "crates/camille-bank/src/search/tree.rs",
        "self.above[one.max(two)] = one.min(two);",
        "self.above[one] = one.max(two).min(one);",
    ),
    mutant(
        "a forgotten place holds on",
        "crates/camille-bank/src/store/fact.rs",
        "\"UPDATE touched SET project = '', path = '' WHERE mark = ?1\"",
        "\"DELETE FROM touched WHERE mark = ?1\"",
    ),
    mutant(
        "a fork of Codex is of one conversation with what it was forked from",
        "crates/camille-ingest/src/transcript/codex/mod.rs",
        "let kin = [meta.session_id.as_str(), meta.forked_from_id.as_str(), base];",
        "let kin = [meta.session_id.as_str(), base];",
    ),
    mutant(
        "what was denied after a release is not released",
        "crates/camille-node/src/sharing.rs",
        "rule.created >= at",
        "rule.created < at",
    ),
    mutant(
        "what a session may touch does not hang on who asks",
        "crates/camille-node/src/sharing.rs",
        "&Grant::teammate(), relayed)",
        "grant, relayed)",
    ),
    mutant(
        "a deny beats every share",
        "crates/camille-node/src/registry/rule.rs",
        "return Effective { sharing: Sharing::Private, rule: Some(deny.pattern), from: None };",
        "return Effective { sharing: Sharing::Shared, rule: Some(deny.pattern), from: None };",
    ),
    mutant(
        "only undoing takes a deny back",
        "crates/camille-node/src/registry/sharing.rs",
        "if all(tx)?.iter().any(|rule| is_deny_of(rule, &pattern)) {",
        "if all(tx)?.is_empty() {",
    ),
    mutant(
        "unsharing what does not exist yet holds",
        "crates/camille-node/src/registry/sharing.rs",
        "if !stands || is_released {",
        "if stands || is_released {",
    ),
    mutant(
        "another repository is another place",
        PROJECT,
        "(Some(here), _) => here.project.clone(),",
        "(Some(_), _) => own(),",
    ),
    mutant(
        "a directory outside of repositories is a place of its own",
        PROJECT,
        "None => Some(text(spot.directory())),",
        "None => None,",
    ),
    mutant(
        "links are followed",
        "crates/camille-node/src/project/disk.rs",
        "if let Ok(real) = path.canonicalize() {",
        "if let Ok(real) = path.canonicalize().map(|_| path.to_owned()) {",
    ),
    mutant(
        "a repository at the home holds what it tracks",
        "crates/camille-node/src/project/disk.rs",
        "(true, _) => around.tracks(&path) || around.had_worktree(&path),",
        "(true, _) => true,",
    ),
    mutant(
        "any version control's mark ends the search",
        "crates/camille-node/src/project/repository.rs",
        "MARKS.iter().find(",
        "MARKS.iter().skip(4).find(",
    ),
    mutant(
        "every path that a part names is a touch",
        CONVERT,
        "touched.push((project, how, &place.path));",
        "touched.push((home.project.clone(), how, &place.path));",
    ),
    mutant(
        "what is recorded elsewhere is a touch, also if it is kept out",
        CONVERT,
        "touched.push((project, bank::Touching::There, cwd));",
        "touched.push((home.project.clone(), bank::Touching::There, cwd));",
    ),
    mutant(
        "what follows a record that says nothing is of its conversation",
        "crates/camille-node/src/intake/file.rs",
        "batch.silent.push(Silent { agent, session, record, position });",
        "drop(Silent { agent, session, record, position });",
    ),
    mutant(
        "code that calls a shell is read as code",
        "crates/camille-ingest/src/place/input.rs",
        "if is_shell(tool) && (literals.is_empty() || !is_code(text)) {",
        "if is_shell(tool) {",
    ),
    mutant(
        "a path that only a result names is a touch",
        "crates/camille-ingest/src/place/output.rs",
        "let is_place = rest.starts_with(|c: char| c.is_ascii_digit());",
        "let is_place = rest.starts_with(|c: char| c == '?'); if !is_place { return None; }",
    ),
];

/// Tries the mutants of these numbers, or all.
pub fn run(root: &Path, numbers: impl Iterator<Item = String>) -> Result<ExitCode> {
    let numbers: Vec<usize> =
        numbers.map(|n| n.parse().context("which mutant?")).collect::<Result<_>>()?;
    let mut out = std::io::stdout().lock();
    let mut missed = 0;
    for (number, mutant) in (1..).zip(MUTANTS) {
        if !numbers.is_empty() && !numbers.contains(&number) {
            continue;
        }
        let is_caught = try_one(root, mutant)?;
        missed += usize::from(!is_caught);
        let verdict = if is_caught { "caught" } else { "MISSED" };
        writeln!(out, "{verdict}  {number:>2}  {}", mutant.rule)?;
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn try_one(root: &Path, mutant: &Mutant) -> Result<bool> {
    let _changed = Changed::make(root, mutant)?;
    let matrix = |arguments: &[&str]| {
        Command::new(env!("CARGO"))
            .args(["test", "--quiet", "-p", "camille-node", "--test", "ways_out"])
            .args(arguments)
            .current_dir(root)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("start cargo")
    };
    if !matrix(&["--no-run"])?.success() {
        bail!("{}: what breaks it does not build", mutant.rule);
    }
    for part in 1..=4 {
        let part = format!("nothing_private_gets_out_by_any_way_{part}");
        if !matrix(&["--", &part])?.success() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A file that is another for a while.
struct Changed {
    path: PathBuf,
    was: String,
}

impl Changed {
    fn make(root: &Path, mutant: &Mutant) -> Result<Self> {
        let path = root.join(mutant.file);
        let was = std::fs::read_to_string(&path).with_context(|| mutant.file.to_owned())?;
        if was.matches(mutant.line).count() != 1 {
            bail!("{}: its line does not stand once in {}", mutant.rule, mutant.file);
        }
        std::fs::write(&path, was.replace(mutant.line, mutant.broken))?;
        Ok(Self { path, was })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        // If this fails, git knows what was there.
        let _ = std::fs::write(&self.path, &self.was);
    }
}
