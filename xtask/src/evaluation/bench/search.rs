//! `bench search`: the corpus asked in every way, question by question in turn, so that noise hits all
//! alike.

use super::bare::{Bare, HITS};
use super::client::KeyClient;
use super::command::Camille;
use super::fts::Fts;
use super::ripgrep;
use super::timing::{Times, milliseconds};
use super::whole::Whole;
use crate::corpus::Corpus;
use crate::known;
use crate::report::{Report, Table};
use crate::stored;
use anyhow::{Context, Result, anyhow};
use camille_bank::{BankReader, LeafQuery, Visibility, analyzer};
use camille_proto::query::Query;
use camille_testkit::node::TestNode;
use std::time::Instant;

/// How often every question is timed.
const ROUNDS: usize = 3;
/// How many questions go to systems that are processes of their own.
const PROCESS_QUESTIONS: usize = 20;
/// The bars.
const SERVICE_OVER_WHOLE_MAX: f64 = 2.0;
const NETWORK_MS_MAX: f64 = 1.5;
const COLD_START_MS_MAX: f64 = 50.0;

/// The ways to ask, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Bare,
    Whole,
    Bank,
    Service,
    Api,
    Network,
    Fts,
}

impl Way {
    const ALL: [Self; 7] =
        [Self::Bare, Self::Whole, Self::Bank, Self::Service, Self::Api, Self::Network, Self::Fts];

    const fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare Tantivy, the same terms and index",
            Self::Whole => "bare Tantivy with its own texts and snippets",
            Self::Bank => "the bank",
            Self::Service => "the search service: all that an answer says",
            Self::Api => "the owner's API, in process",
            Self::Network => "the API with a key, kept-alive TLS",
            Self::Fts => "SQLite FTS5",
        }
    }
}

/// Everything that can be asked in this process.
struct Systems {
    node: TestNode,
    client: KeyClient,
    reader: BankReader,
    bare: Bare,
    whole: Whole,
    fts: Fts,
}

/// What the ways took, and how much they found.
#[derive(Debug, Default)]
struct Measured {
    times: [Times; Way::ALL.len()],
    hits: [usize; Way::ALL.len()],
    ripgrep: Times,
    cold: Times,
}

pub(super) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("Searching the corpus");
    let transcripts = corpus.transcripts();
    let node = TestNode::start("bench").await?;
    node.index(std::slice::from_ref(&transcripts)).await?;
    let bank = node.home().join("home/bank");
    let documents = stored::documents(&bank)?;
    let labelled = corpus.questions()?.into_iter().map(|labelled| labelled.query);
    let drawn = known::draw(&documents).into_iter().map(|known| known.question);
    let questions: Vec<String> = labelled.chain(drawn).collect();
    let mut fts = Fts::new()?;
    fts.add(documents.iter().map(|document| document.text.as_str()))?;
    report.fact("documents", documents.len());
    report.fact("questions", format!("{}, each {ROUNDS} times", questions.len()));
    let whole = Whole::make(&bank, &documents)?;
    drop(documents);

    let client = KeyClient::of(&node).await?;
    let reader = BankReader::open_read_only(&bank)?.context("there is a bank")?;
    let systems = Systems { node, client, reader, bare: Bare::open(&bank)?, whole, fts };
    let camille = Camille::prepare(&transcripts)?;
    let has_ripgrep = ripgrep::is_installed();
    let mut measured = Measured::default();
    systems.round(&questions, &mut Measured::default()).await?;
    for _ in 0..ROUNDS {
        systems.round(&questions, &mut measured).await?;
    }
    for (at, question) in questions.iter().take(PROCESS_QUESTIONS + 1).enumerate() {
        // The first one warms up.
        let keep = |times: &mut Times, ms| {
            if at > 0 {
                times.push(ms)
            }
        };
        if has_ripgrep {
            keep(&mut measured.ripgrep, ripgrep::ask(question, &transcripts)?);
        }
        if let Some(camille) = &camille {
            keep(&mut measured.cold, camille.ask(question)?);
        }
    }
    report.fact("segments of the index", systems.bare.segments());
    systems.node.stop().await;
    measured.tell(&mut report);
    if !has_ripgrep {
        report.fact("ripgrep", "skipped: there is no `rg` (Debian: apt-get install ripgrep)");
    }
    if camille.is_none() {
        let how = "skipped: cargo build --release builds the binary that it needs";
        report.fact("cold start", how);
    }
    Ok(report)
}

impl Systems {
    /// Asks every question in every way; who begins changes with each question.
    async fn round(&self, questions: &[String], measured: &mut Measured) -> Result<()> {
        for (at, question) in questions.iter().enumerate() {
            let terms = analyzer::question(question).terms;
            for turn in 0..Way::ALL.len() {
                let place = (at + turn) % Way::ALL.len();
                let started = Instant::now();
                let hits = self.ask(Way::ALL[place], question, &terms).await?;
                measured.times[place].push(milliseconds(started));
                measured.hits[place] += hits;
            }
        }
        Ok(())
    }

    async fn ask(&self, way: Way, question: &str, terms: &[String]) -> Result<usize> {
        let limit = u32::try_from(HITS)?;
        Ok(match way {
            Way::Bare => self.bare.ask(terms)?,
            Way::Whole => self.whole.ask(question, terms)?,
            Way::Bank => ask_bank(&self.reader, question)?,
            Way::Service => {
                let query = Query { limit, ..Query::new(question) };
                let answer = self.node.service().search(query).await;
                answer
                    .map_err(|problem| anyhow!("the search service refused: {problem:?}"))?
                    .results
                    .len()
            }
            Way::Api => {
                let query = Query { limit, ..Query::new(question) };
                self.node.ask(query, true).await?.answer.results.len()
            }
            Way::Network => self.client.search(question, limit).await?.len(),
            Way::Fts => self.fts.ask(question)?,
        })
    }
}

/// Asks the bank itself for as many candidates as others are asked for hits.
pub(super) fn ask_bank(reader: &BankReader, question: &str) -> Result<usize> {
    let asked = analyzer::question(question);
    let query = LeafQuery {
        terms: asked.terms,
        phrases: asked.phrases,
        candidates: HITS,
        ..LeafQuery::default()
    };
    Ok(reader.search(&query, &Visibility::Everything)?.candidates.len())
}

impl Measured {
    fn p50(&self, way: Way) -> f64 {
        self.times[way as usize].p50()
    }

    fn tell(&self, report: &mut Report) {
        let bare = self.p50(Way::Bare);
        let mut table = Table::new(&["search", "p50 ms", "p95 ms", "p50 over bare", "hits"]);
        let mut row = |name: &str, times: &Times, hits: String| {
            table.row(vec![
                name.into(),
                format!("{:.2}", times.p50()),
                format!("{:.2}", times.p95()),
                format!("{:.2}", times.p50() / bare),
                hits,
            ]);
        };
        for way in Way::ALL {
            row(way.name(), &self.times[way as usize], self.hits[way as usize].to_string());
        }
        if self.ripgrep.len() > 0 {
            row("ripgrep, the raw files", &self.ripgrep, String::new());
        }
        if self.cold.len() > 0 {
            row("`camille search --local`, cold start", &self.cold, String::new());
        }
        report.table(table);
        self.hold(report);
    }

    fn hold(&self, report: &mut Report) {
        let service = self.p50(Way::Service);
        // The same work: texts and snippets, not addresses.
        let over = service / self.p50(Way::Whole);
        report.bar(
            "p50 of the search service over bare Tantivy with texts and snippets",
            format!("{over:.2}"),
            format!("≤ {SERVICE_OVER_WHOLE_MAX}"),
            over <= SERVICE_OVER_WHOLE_MAX,
        );
        let network = self.p50(Way::Network) - service;
        report.bar(
            "what HTTP, TLS, key and audit add to p50",
            format!("{network:.2} ms"),
            format!("≤ {NETWORK_MS_MAX} ms"),
            network <= NETWORK_MS_MAX,
        );
        let mut faster = |name: &str, other: f64| {
            let value = format!("{:.1} × as fast", other / service);
            report.bar(
                format!("the search service beside {name}"),
                value,
                "faster",
                service < other,
            );
        };
        faster("SQLite FTS5", self.p50(Way::Fts));
        if self.ripgrep.len() > 0 {
            faster("ripgrep", self.ripgrep.p50());
        }
        if self.cold.len() > 0 {
            let cold = self.cold.p50();
            report.bar(
                "cold start, whole process",
                format!("{cold:.1} ms"),
                format!("≤ {COLD_START_MS_MAX} ms"),
                cold <= COLD_START_MS_MAX,
            );
        }
    }
}
