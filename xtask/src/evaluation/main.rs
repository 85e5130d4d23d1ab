//! `cargo xtask eval` and `cargo xtask bench`: measure the product on a corpus of real transcripts, through
//! its real parts: nodes with homes, banks on disk, questions over TLS. They must never count by their own
//! idea of ranking.

mod accounting;
mod bench;
mod contract;
mod corpus;
mod crash;
mod dealt;
mod federation;
mod fuzz;
mod held;
mod known;
mod lie;
mod load;
mod lone;
mod mesh;
mod network;
mod query;
mod redaction;
mod relay;
mod report;
mod scan;
mod stored;
mod trust;
mod why;

use anyhow::Result;
use clap::{Parser, Subcommand};
use corpus::Corpus;
use report::Report;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures camille on a corpus of real transcripts.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask eval", disable_version_flag = true)]
struct Options {
    #[command(subcommand)]
    what: What,
    /// The corpus: a folder with `transcripts/` and `queries.json` [default: $CAMILLE_CORPUS].
    #[arg(long, global = true)]
    corpus: Option<PathBuf>,
    /// Prints the figures as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Whether every line is accounted for, and only new bytes are read again.
    Corpus,
    /// The labelled questions of the corpus.
    Queries,
    /// 200 questions whose answers are known, drawn by a fixed script.
    KnownItem,
    /// Whether a mesh answers as one bank would that holds everything.
    Federation(federation::Options),
    /// Whether planted secrets leave a trace, what the corpus holds, and how fast the rules are.
    Redaction(redaction::Options),
    /// Which sessions touch what is not their own, beside labels made by hand.
    Held(held::Options),
    /// What asking ten peers costs, also when one or all of them hang.
    Mesh(mesh::Options),
    /// Whether a relay keeps its own hits when one behind it answers too late.
    Relay(relay::Options),
    /// Kills a node at random moments: what it acknowledged is there, what it forgot is not.
    Crash(crash::Options),
    /// Kills a node while keys, grants, peers and the audit log change; and looks what keys leave behind.
    Trust(trust::Options),
    /// Damages what comes from outside: nothing panics, nothing makes a 5xx.
    Fuzz(fuzz::Options),
    /// Whether a running node keeps to its OpenAPI description, whatever is sent (needs schemathesis).
    Contract(contract::Options),
    /// What a TLS scanner finds about a running node (needs sslyze).
    Scan(scan::Options),
    /// Whether who has a key is served as before while others hold connections and try wrong keys.
    Load(load::Options),
    /// Nodes on hosts of their own find each other, lose each other and find each other again.
    Network(network::Options),
    /// Whether lines are attributed to the sessions that wrote them, in a repository whose commits name theirs.
    Why(why::Options),
    /// Speed, memory and size, beside baselines measured in the same run (`cargo xtask bench`).
    Bench(bench::Options),
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    if let What::Bench(bench) = &options.what
        && bench::run_part(bench)?
    {
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let reports = runtime.block_on(measure(options.corpus, &options.what))?;
    let text = if options.json { report::to_json(&reports)? } else { report::to_text(&reports) };
    std::io::stdout().write_all(text.as_bytes())?;
    let holds = reports.iter().all(Report::holds);
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(corpus: Option<PathBuf>, what: &What) -> Result<Vec<Report>> {
    let open = || Corpus::open(corpus.clone());
    Ok(vec![match what {
        What::Corpus => accounting::measure(&open()?).await?,
        What::Queries => query::measure(&open()?).await?,
        What::KnownItem => known::measure(&open()?).await?,
        What::Redaction(options) => redaction::measure(&open()?, options).await?,
        What::Federation(options) => federation::measure(&open()?, options).await?,
        What::Held(options) => held::measure(&open()?, options)?,
        What::Mesh(options) => mesh::measure(&open()?, options).await?,
        What::Relay(options) => relay::measure(options).await?,
        What::Crash(options) => crash::measure(options).await?,
        What::Trust(options) => trust::measure(options).await?,
        What::Fuzz(options) => fuzz::measure(options).await?,
        What::Contract(options) => contract::measure(options).await?,
        What::Load(options) => return load::measure_all(options).await,
        What::Scan(options) => scan::measure(options).await?,
        What::Network(options) => network::measure(options).await?,
        What::Why(options) => why::measure(options).await?,
        What::Bench(options) => return bench::measure(options, corpus).await,
    }])
}
