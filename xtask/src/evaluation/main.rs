//! `cargo xtask eval`: measures the product on a corpus of real transcripts, through its real parts:
//! nodes with homes, banks on disk, questions over TLS. It must never count by its own idea of ranking.

mod accounting;
mod corpus;
mod federation;
mod figure;
mod known;
mod lone;
mod query;
mod report;
mod stored;

use anyhow::Result;
use clap::{Parser, Subcommand, ValueEnum};
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
    /// Speed, memory and size, as ratios to something measured in the same run.
    Figures,
    /// Internal: one run in a process of its own, for its memory.
    #[command(hide = true)]
    Child(figure::ChildOptions),
}

/// What a peer lies about.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LieName {
    Scores,
    Lengths,
    Tf,
    Ids,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let What::Child(child) = &options.what {
        return runtime.block_on(figure::run_child(child));
    }
    let corpus = Corpus::open(options.corpus)?;
    let report = runtime.block_on(measure(&corpus, &options.what))?;
    let text = if options.json { report.to_json()? } else { report.to_string() };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(corpus: &Corpus, what: &What) -> Result<Report> {
    match what {
        What::Corpus => accounting::measure(corpus).await,
        What::Queries => query::measure(corpus).await,
        What::KnownItem => known::measure(corpus).await,
        What::Federation(options) => federation::measure(corpus, options).await,
        What::Figures => figure::measure(corpus).await,
        What::Child(_) => anyhow::bail!("a child measures by itself"),
    }
}
