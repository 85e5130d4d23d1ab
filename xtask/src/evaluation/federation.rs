//! `eval federation`: the corpus over several real nodes on loopback, joined by real invites, asked from
//! one of them; against one bank that holds everything.

use crate::corpus::Corpus;
use crate::dealt::{Dealt, SplitName};
use crate::known;
use crate::lie::LieName;
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use crate::stored;
use anyhow::{Context, Result, ensure};
use camille_node::settings::Settings;
use camille_proto::answer::Outcome;
use camille_proto::hit::Hit;
use camille_proto::id::ContentHash;
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_testkit::lie::Lie;
use camille_testkit::mesh::Mesh;
use camille_testkit::node::TestNode;
use clap::{Args, ValueEnum};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use xtask::eval::measure::{mean, overlap, quantile};

/// How the corpus is split, and who lies.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many nodes there are, the one that asks included.
    #[arg(long, default_value_t = 2)]
    nodes: usize,
    /// How sessions are dealt out.
    #[arg(long, value_enum, default_value_t = SplitName::Random)]
    split: SplitName,
    /// The share of the sessions that every node has.
    #[arg(long, default_value_t = 0.0)]
    common: f64,
    /// Who knows whom.
    #[arg(long, value_enum, default_value_t = ShapeName::Hub)]
    shape: ShapeName,
    /// What the last node lies about.
    #[arg(long, value_enum)]
    liar: Option<LieName>,
}

/// Who knows whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShapeName {
    /// The one who asks knows everybody, and nobody else knows anybody.
    Hub,
    /// Somebody else does: the one who asks knows only them.
    Leaf,
    /// Everybody knows everybody.
    Mesh,
    /// Everybody knows the next one.
    Chain,
}

/// How long nodes may take to learn of each other.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(300);

const DEPTH: usize = 10;
const OVERLAP_MIN: f64 = 0.99;
/// With sessions in common, statistics count them more than once.
const OVERLAP_MIN_COMMON: f64 = 0.95;

pub(crate) async fn measure(corpus: &Corpus, options: &Options) -> Result<Report> {
    let mut report = Report::new(format!(
        "{} nodes ({}), split {}, {:.0} % in common{}",
        options.nodes,
        format!("{:?}", options.shape).to_lowercase(),
        format!("{:?}", options.split).to_lowercase(),
        options.common * 100.0,
        options
            .liar
            .map(|lie| format!(", one lies about {lie:?}").to_lowercase())
            .unwrap_or_default(),
    ));
    let (whole, _) = LoneNode::with(&corpus.transcripts()).await?;
    let dealt = Dealt::out(corpus, options.nodes, options.split, options.common)?;
    let harmless = whole.unnamed_places().await?;
    let mesh = build(&dealt, options, &harmless, &mut report).await?;
    // What is left when the liar's part is left out, as it must be when the lie is noticed.
    let honest = LoneNode::open().await?;
    let shares: Vec<PathBuf> = (0..options.nodes - 1).map(|node| dealt.share(node)).collect();
    if options.liar.is_some() {
        honest.index(&shares).await?;
    }
    let banks = Banks { whole: &whole, honest: &honest };

    let labelled = corpus.questions()?.into_iter().map(|labelled| labelled.query).collect();
    let drawn = known::draw(&stored::documents(&whole.bank_dir())?);
    let drawn = drawn.into_iter().map(|known| known.question).collect();
    let mut table = Table::new(&["questions", "overlap@10", "same list", "p50 ms"]);
    let mut outcomes = Vec::new();
    for (name, questions) in [("labelled", labelled), ("known-item", drawn)] {
        let asked = ask_all(&banks, &mesh, questions, &mut outcomes).await?;
        let overlap = mean(asked.iter().map(|asked| asked.overlap));
        table.row(vec![
            format!("{name} ({})", asked.len()),
            format!("{overlap:.4}"),
            format!("{:.3}", mean(asked.iter().map(|a| f64::from(u8::from(a.same))))),
            format!(
                "{:.1}",
                quantile(asked.iter().map(|a| a.took.as_secs_f64() * 1e3).collect(), 0.5)
            ),
        ]);
        let wanted = if options.common > 0.0 { OVERLAP_MIN_COMMON } else { OVERLAP_MIN };
        report.bar(
            format!("overlap@10, {name}"),
            format!("{overlap:.4}"),
            format!("{wanted:.2}"),
            overlap >= wanted,
        );
    }
    report.table(table);
    let silent: Vec<&(Outcome, String)> =
        outcomes.iter().filter(|(status, _)| *status != Outcome::Ok).collect();
    report.fact("answers of peers", outcomes.len());
    report.fact("of these not ok", silent.len());
    if let Some((status, error)) = silent.first() {
        report.fact("the first of them", format!("{status:?}: {error}"));
    }
    report.bar("peers that were asked", !outcomes.is_empty(), true, !outcomes.is_empty());
    if options.liar.is_none() {
        report.bar("answers of peers that are not ok", silent.len(), 0, silent.is_empty());
    }
    mesh.stop().await;
    Ok(report)
}

/// What an answer is compared with.
struct Banks<'a> {
    /// One bank with everything.
    whole: &'a LoneNode,
    /// One bank with everything but the liar's.
    honest: &'a LoneNode,
}

struct Asked {
    overlap: f64,
    same: bool,
    took: Duration,
}

/// Asks the mesh, and one bank that holds what those whose part counts hold.
async fn ask_all(
    banks: &Banks<'_>,
    mesh: &Mesh,
    questions: Vec<String>,
    outcomes: &mut Vec<(Outcome, String)>,
) -> Result<Vec<Asked>> {
    let limit = u32::try_from(DEPTH)?;
    let mut asked = Vec::new();
    for question in questions {
        let started = Instant::now();
        let query = Query { limit, ..Query::new(question.clone()) };
        let answer = mesh.origin.ask(query, false).await?.answer;
        let took = started.elapsed();
        let caught = answer.peers.iter().any(|peer| peer.status == Outcome::Failed);
        let bank = if caught { banks.honest } else { banks.whole };
        let wanted = named(bank.search(&question, limit).await?);
        let given = named(answer.results);
        outcomes.extend(
            answer.peers.into_iter().map(|peer| (peer.status, peer.error.unwrap_or_default())),
        );
        let same = wanted == given;
        asked.push(Asked { overlap: overlap(&wanted, &given, DEPTH), same, took });
    }
    Ok(asked)
}

/// What names a hit whatever its peer says: a peer may lie about the id, the hash is made here.
fn named(hits: Vec<Hit>) -> Vec<ContentHash> {
    hits.into_iter().map(|hit| hit.content_hash).collect()
}

/// Starts a node over each share, and lets them know each other.
///
/// `harmless`: places for which no session is held. A session that is released shows its talk alone, and could not be
/// compared with one bank that holds all of it.
async fn build(
    dealt: &Dealt,
    options: &Options,
    harmless: &BTreeSet<String>,
    report: &mut Report,
) -> Result<Mesh> {
    let mut table = Table::new(&["node", "sessions", "documents"]);
    let mut nodes = Vec::new();
    for at in 0..options.nodes {
        let name = format!("node{at}");
        let lie = options.liar.filter(|_| at + 1 == options.nodes).map(Lie::from);
        let change = |settings: &mut Settings| {
            near_and_far_alike(settings);
            settings.sharing.harmless = harmless.iter().cloned().collect();
        };
        let node = match lie {
            Some(lie) => TestNode::start_lying(&name, lie, change).await?,
            None => TestNode::start_with(&name, change).await?,
        };
        let indexed = node.index(&[dealt.share(at)]).await?;
        let documents = indexed.documents_total.to_string();
        table.row(vec![name, dealt.sessions(at).to_string(), documents]);
        nodes.push(node);
    }
    report.table(table);
    let pairs = pairs(options.shape, options.nodes);
    let mut nodes = nodes.into_iter();
    let origin = nodes.next().context("a mesh has at least one node")?;
    let mesh = Mesh::knit(origin, nodes.collect(), &pairs, Sharing::Indirect).await?;
    all_answer(&mesh).await?;
    Ok(mesh)
}

/// One bank knows no distance, so none is counted where a mesh is compared with it.
fn near_and_far_alike(settings: &mut Settings) {
    settings.mesh.distance = [1.0; 4];
    settings.mesh.allow_indirect = true;
}

/// Who invites whom; 0 is the one who asks.
fn pairs(shape: ShapeName, nodes: usize) -> Vec<(usize, usize)> {
    match shape {
        ShapeName::Hub => (1..nodes).map(|other| (0, other)).collect(),
        ShapeName::Leaf => (0..nodes).filter(|n| *n != 1).map(|other| (1, other)).collect(),
        ShapeName::Mesh => {
            (0..nodes).flat_map(|one| (one + 1..nodes).map(move |other| (one, other))).collect()
        }
        ShapeName::Chain => (1..nodes).map(|next| (next - 1, next)).collect(),
    }
}

/// Waits until the origin knows of everybody: nodes learn of each other in the background.
async fn all_answer(mesh: &Mesh) -> Result<()> {
    let begun = Instant::now();
    loop {
        let answer = mesh.origin.search("anything").await?.answer;
        // A liar's answer fails, and came all the same.
        let came = |status| matches!(status, Outcome::Ok | Outcome::Partial | Outcome::Failed);
        if answer.peers.iter().filter(|peer| came(peer.status)).count() == mesh.peers.len() {
            return Ok(());
        }
        let coverage = answer.coverage;
        ensure!(begun.elapsed() < PATIENCE, "the origin reaches {coverage:?} only");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

impl From<LieName> for Lie {
    fn from(name: LieName) -> Self {
        match name {
            LieName::Scores => Self::Scores,
            LieName::Lengths => Self::Lengths,
            LieName::Tf => Self::Frequencies,
            LieName::Ids => Self::Ids,
        }
    }
}
