//! A real node that watches: how soon an appended message is found, what idling costs, and whether a file that
//! is rewritten without end makes the store grow.

use super::process::{folder_bytes, processor_s_of};
use super::timing::milliseconds;
use crate::crash::node::RunningNode;
use crate::crash::sessions::{Sessions, Writer, is_found};
use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use xtask::eval::measure::quantile;
use xtask::eval::random::Random;

/// How much is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Files that are watched.
    #[arg(long, default_value_t = 5_000)]
    files: u64,
    /// Messages that are appended and asked for.
    #[arg(long, default_value_t = 200)]
    messages: u32,
    /// Seconds of doing nothing, and of rewriting.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub(super) async fn measure(options: &Options) -> Result<Report> {
    let binary = options.binary.clone().unwrap_or_else(|| "target/release/camille".into());
    ensure!(binary.is_file(), "{} is missing: cargo build --release", binary.display());
    let folder = tempfile::Builder::new().prefix("camille-live-").tempdir()?;
    let mut sessions = Sessions::new(folder.path().join("claude"));
    let mut random = Random::new(7);
    let mut writers = Vec::new();
    for _ in 0..options.files {
        let session = sessions.begin(&mut random)?;
        writers.push(sessions.writer(&session));
    }
    let node = RunningNode::start(&binary, folder.path()).await?;
    let last = writers.last().context("there are files")?.last_token();
    while !is_found(node.client(), &last).await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // What the first run leaves to be merged is no part of idling.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut report = Report::new(format!("A running node that watches {} files", options.files));
    idle(&node, options, &mut report).await?;
    appended(&node, options, &mut writers, &mut random, &mut report).await?;
    rewritten(&node, options, &folder.path().join("home/bank"), &mut writers, &mut report).await?;
    let mut node = node;
    node.kill().await?;
    Ok(report)
}

async fn idle(node: &RunningNode, options: &Options, report: &mut Report) -> Result<()> {
    let before = processor_s_of(node.id())?;
    tokio::time::sleep(Duration::from_secs(options.seconds)).await;
    let share = (processor_s_of(node.id())? - before) / options.seconds as f64 * 100.0;
    report.bar("idle, % of a core", format!("{share:.2}"), "≤ 0.5", share <= 0.5);
    Ok(())
}

/// Appends to one file after the other, each time waiting until the message is found.
async fn appended(
    node: &RunningNode,
    options: &Options,
    writers: &mut [Writer],
    random: &mut Random,
    report: &mut Report,
) -> Result<()> {
    let mut times = Vec::new();
    for _ in 0..options.messages {
        let at = random.below(writers.len());
        let token = writers[at].append()?;
        let started = Instant::now();
        while !is_found(node.client(), &token).await? {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        times.push(milliseconds(started));
    }
    let mut table = Table::new(&["appended until found", "p50 ms", "p95 ms", "most ms"]);
    let of = |q| format!("{:.0}", quantile(times.clone(), q));
    table.row(vec![options.messages.to_string(), of(0.5), of(0.95), of(1.0)]);
    report.table(table);
    let p95 = quantile(times.clone(), 0.95);
    report.bar("appended until found, p95 ms", format!("{p95:.0}"), "≤ 1000", p95 <= 1_000.0);
    Ok(())
}

/// Rewrites one file ten times a second, each time with other texts under the same keys.
async fn rewritten(
    node: &RunningNode,
    options: &Options,
    bank: &Path,
    writers: &mut [Writer],
    report: &mut Report,
) -> Result<()> {
    let writer = writers.first_mut().context("there are files")?;
    for _ in 0..2_000 {
        writer.append()?;
    }
    while !is_found(node.client(), &writer.last_token()).await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    let (before, processor) = (folder_bytes(bank)?, processor_s_of(node.id())?);
    let started = Instant::now();
    let mut round = 0_u32;
    while started.elapsed() < Duration::from_secs(options.seconds) {
        round += 1;
        writer.rewrite(round)?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let share = (processor_s_of(node.id())? - processor) / options.seconds as f64 * 100.0;
    tokio::time::sleep(Duration::from_secs(20)).await;
    let after = folder_bytes(bank)?;
    let grown = after as f64 / before as f64 - 1.0;
    report.fact("rewritten, times", round);
    report.fact("while rewritten, % of a core", format!("{share:.1}"));
    report.bar(
        "the bank after a minute of rewriting a file",
        format!("{:+.1} %", grown * 100.0),
        "≤ +10 %",
        grown <= 0.1,
    );
    Ok(())
}
