//! `cargo xtask`: the tasks of development that are no part of the product. It must never be needed
//! to build or to use camille.

use anyhow::{Context, Result, bail};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use xtask::{mutants, tidy};

const USAGE: &str = "\
usage: cargo xtask <task>

  tidy            check the house rules (layout, names, sizes, documents, links)
  eval <what>     measure the product on a corpus; `cargo xtask eval help` lists what
  mutants [N…]    break rules one by one: the matrix of ways out has to notice each
  bench <what>    speed, memory and size beside baselines; `cargo xtask bench help` lists what
";

fn main() -> Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask stands in a workspace")?;
    match arguments.next().as_deref() {
        Some("tidy") => check_house(root),
        Some("mutants") => mutants::run(root, arguments),
        Some("eval") => evaluate(root, arguments),
        Some("bench") => evaluate(root, std::iter::once("bench".to_owned()).chain(arguments)),
        Some("help" | "--help" | "-h") => {
            std::io::stdout().write_all(USAGE.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => bail!("there is no task '{other}'\n\n{USAGE}"),
        None => bail!("which task?\n\n{USAGE}"),
    }
}

fn check_house(root: &Path) -> Result<ExitCode> {
    let findings = tidy::run(root)?;
    let mut out = std::io::stdout().lock();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let broken = findings.iter().filter(|f| f.fails()).count();
    writeln!(out, "tidy: {broken} broken, {} to think about", findings.len() - broken)?;
    Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measuring needs optimised code and the whole product, so it is a binary of its own. It is built beside
/// the product: with other features than the product's own, every crate would be compiled once more.
fn evaluate(root: &Path, arguments: impl Iterator<Item = String>) -> Result<ExitCode> {
    let mut build = Command::new(env!("CARGO"));
    // What cargo tells xtask of xtask would tell build scripts that something changed: ring's compiles anew then, and
    // all that stands on it.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_MANIFEST_LINKS"] {
        build.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_")) {
            build.env_remove(name);
        }
    }
    let built = build
        .args(["build", "--quiet", "--release", "--package", "camille", "--package", "xtask"])
        .args(["--features", "xtask/evaluation", "--bins"])
        .current_dir(root)
        .status()
        .context("start cargo for the evaluation")?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let own = std::env::current_exe().context("find the target directory")?;
    let target = own.parent().and_then(Path::parent).context("find the target directory")?;
    let status = Command::new(target.join("release").join("evaluation"))
        .args(arguments)
        .current_dir(root)
        .status()
        .context("start the evaluation")?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}
