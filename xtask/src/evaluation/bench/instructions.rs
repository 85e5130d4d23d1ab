//! `bench instructions`: how many instructions fixed small tasks take, counted by valgrind, beside the
//! committed counts. A count hardly changes with the machine's load, so a few percent are a change.

use super::invent::Vocabulary;
use super::task::{Name, SESSIONS};
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What becomes of the counts.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Writes the counts down instead of comparing with those written down.
    #[arg(long)]
    update: bool,
    /// How far above the committed count is a regression, and how far below is worth committing. Processors
    /// of other kinds take other ways through the C library, which can come to some per cent.
    #[arg(long, default_value_t = 0.05)]
    tolerance: f64,
}

/// xtask/instructions.toml.
#[derive(Debug, Default, Deserialize)]
struct Committed {
    compiler: String,
    count: BTreeMap<String, u64>,
}

pub(super) async fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::new("Instructions of fixed tasks");
    if !is_installed() {
        let how = "valgrind is not installed (Debian: apt-get install valgrind)";
        if is_strict() {
            report.bar("valgrind", how, "installed", false);
        } else {
            report.fact("skipped", how);
        }
        return Ok(report);
    }
    let bank = prepare_bank().await?;
    let mut counts = BTreeMap::new();
    for name in Name::value_variants() {
        let of = |times| count(*name, times, &bank.bank_dir());
        counts.insert(told(*name), of(1)?.saturating_sub(of(0)?));
    }
    bank.close().await;
    let compiler = compiler()?;
    if options.update {
        write(&compiler, &counts)?;
        report.fact("written", "xtask/instructions.toml");
    }
    compare(&mut report, &compiler, &counts, options.tolerance)?;
    Ok(report)
}

fn compare(
    report: &mut Report,
    compiler: &str,
    counts: &BTreeMap<String, u64>,
    tolerance: f64,
) -> Result<()> {
    let committed = read()?;
    if committed.compiler != compiler {
        let (was, is) = (&committed.compiler, compiler);
        report.fact("compiler", format!("{is}; the committed counts are of {was}"));
    }
    let mut table = Table::new(&["task", "instructions", "committed", "change", "what it is"]);
    for name in Name::value_variants() {
        let key = told(*name);
        let count = counts[&key];
        let Some(before) = committed.count.get(&key) else {
            report.bar(format!("{key}: a committed count"), "none", "--update writes it", false);
            continue;
        };
        let change = count as f64 / *before as f64 - 1.0;
        table.row(vec![
            key.clone(),
            grouped(count),
            grouped(*before),
            format!("{:+.1} %", change * 100.0),
            name.about().into(),
        ]);
        report.bar(
            format!("{key}: instructions over the committed count"),
            format!("{:+.1} %", change * 100.0),
            format!("≤ +{:.0} %", tolerance * 100.0),
            change <= tolerance,
        );
        if change < -tolerance {
            report.fact(&key, "takes fewer than committed: keep it with --update");
        }
    }
    report.table(table);
    Ok(())
}

/// A node that holds the sessions which the task `search` asks.
async fn prepare_bank() -> Result<LoneNode> {
    let folder = tempfile::tempdir()?;
    let vocabulary = Vocabulary::new();
    for number in 0..SESSIONS {
        vocabulary.session(number).session.write_under(folder.path())?;
    }
    let (node, _) = LoneNode::with(folder.path()).await?;
    Ok(node)
}

fn count(name: Name, times: u32, bank: &Path) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let counts = folder.path().join("counts");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", counts.display()))
        .arg(std::env::current_exe()?)
        .args(["bench", "task", &told(name), "--times", &times.to_string(), "--bank"])
        .arg(bank)
        .stdin(Stdio::null())
        .output()
        .context("start valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {said}");
    let text = std::fs::read_to_string(&counts).context("read what valgrind counted")?;
    let all = text.lines().find_map(|line| line.strip_prefix("summary: "));
    Ok(all.context("valgrind counted nothing")?.trim().parse()?)
}

fn is_installed() -> bool {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Whether what is missing is a failure, as where changes are checked before they land.
#[expect(clippy::disallowed_methods, reason = "a task of development, not the product")]
fn is_strict() -> bool {
    std::env::var_os("CAMILLE_STRICT").is_some()
}

/// The compiler on the path: counts are its work too.
fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("start rustc")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn told(name: Name) -> String {
    name.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml")
}

fn read() -> Result<Committed> {
    match std::fs::read_to_string(path()) {
        Ok(text) => Ok(toml::from_str(&text)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Committed::default()),
        Err(error) => Err(error).context("read xtask/instructions.toml"),
    }
}

fn write(compiler: &str, counts: &BTreeMap<String, u64>) -> Result<()> {
    let mut text = format!(
        "# Instructions of fixed tasks, as valgrind's callgrind counts them on x86-64. Written by\n\
         # `cargo xtask bench instructions --update`; `cargo xtask bench instructions` compares.\n\
         compiler = \"{compiler}\"\n\n[count]\n"
    );
    for (name, count) in counts {
        writeln!(text, "{name} = {count}")?;
    }
    std::fs::write(path(), text).context("write xtask/instructions.toml")
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| std::str::from_utf8(group).unwrap_or_default())
        .collect();
    groups.join(",")
}
