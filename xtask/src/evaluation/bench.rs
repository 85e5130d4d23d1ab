//! `bench`: speed, memory and size, each beside a baseline measured in the same run on the same machine,
//! since a figure alone says more about the machine. It must never be asserted in a test.

mod bare;
mod baseline;
mod child;
mod client;
mod command;
mod fts;
mod growth;
mod heavy;
mod index;
mod instructions;
mod invent;
mod live;
mod memory;
mod plot;
mod point;
pub(crate) mod process;
mod ripgrep;
mod search;
mod task;
mod timing;
mod whole;

use crate::corpus::Corpus;
use crate::report::Report;
use anyhow::Result;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Indexing the corpus, beside a typed parse and bare Tantivy with the same field values.
    Index,
    /// Searching the corpus, beside bare Tantivy, SQLite's FTS5, ripgrep and a cold start.
    Search,
    /// One bank that grows: how speed and size follow the number of documents.
    Growth(growth::Options),
    /// A running node: how soon news is found, what idling costs, what endless rewriting does.
    Live(live::Options),
    /// Peak memory: the corpus, one huge file of short lines, a file of huge lines, random words.
    Memory(memory::Options),
    /// Instructions of fixed small tasks, counted by valgrind, beside the committed counts.
    Instructions(instructions::Options),
    /// index, search, growth and instructions.
    All(instructions::Options),
    /// Internal: one run in a process of its own, for its time and memory.
    #[command(hide = true)]
    Child(child::Options),
    /// Internal: one fixed task in a process of its own, for its instructions.
    #[command(hide = true)]
    Task(task::Options),
}

/// Runs what a measurement starts as a process of its own; false: it is none of these.
pub(crate) fn run_part(options: &Options) -> Result<bool> {
    match &options.what {
        What::Child(child) => child::run_part(child)?,
        What::Task(task) => task::run_part(task)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Measures; `corpus`: the folder given, if any.
pub(crate) async fn measure(options: &Options, corpus: Option<PathBuf>) -> Result<Vec<Report>> {
    let open = || Corpus::open(corpus.clone());
    Ok(match &options.what {
        What::Index => vec![index::measure(&open()?).await?],
        What::Search => vec![search::measure(&open()?).await?],
        What::Growth(options) => vec![growth::measure(options).await?],
        What::Live(options) => vec![live::measure(options).await?],
        What::Memory(options) => vec![memory::measure(&open()?, options).await?],
        What::Instructions(options) => vec![instructions::measure(options).await?],
        What::All(options) => {
            let corpus = open()?;
            vec![
                index::measure(&corpus).await?,
                search::measure(&corpus).await?,
                growth::measure(&growth::Options::default()).await?,
                instructions::measure(options).await?,
            ]
        }
        What::Child(_) | What::Task(_) => anyhow::bail!("a part runs by itself"),
    })
}
