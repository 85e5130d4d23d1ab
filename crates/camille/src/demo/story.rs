//! The story: who does what in which order, and which promise is checked where. What is seen is judged
//! in `check`, what is printed is up to `report`.

use super::acquaintance::{id_of, meet};
use super::check::{self, Leak, Masquerade, Overheard, Trespass};
use super::report::Report;
use super::secret;
use super::session::{QUESTION, SHARED_PROJECT, TELLTALE};
use super::stage::Stage;
use crate::output::count;
use crate::output::plain::one_line;
use anyhow::{Context, ensure};
use camille_client::NodeClient;
use camille_node::identity::Identity;
use camille_node::impostor::Impostor;
use camille_proto::answer::{Answer, PeerReport};
use camille_proto::hit::Hit;
use camille_proto::id::DocumentId;
use camille_proto::local::{AuditQuery, IndexReport, OwnerSearch};
use camille_proto::query::Query;
use jiff::Timestamp;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use std::path::Path;
use std::time::{Duration, Instant};

/// Where bruno works.
const OWN_PROJECT: &str = "github.com/acme/web";
/// What leads to the session with the planted secret.
const SECRET_QUESTION: &str = "which token is the release runner logged in with";
/// What bruno's own bank can answer.
const OWN_QUESTION: &str = "hydration failed because the server rendered other dates";
/// How many lines the answer's text gets.
const FIX_LINES: usize = 3;
/// How many hits the user's own words show.
const OWN_WORDS_HITS: usize = 3;
/// How long bruno waits for somebody who listens and never answers.
const SILENT_PEER_MS: u64 = 400;
/// How many audit entries are read.
const AUDIT_ENTRIES: u32 = 100;
/// How soon a peer that is back is seen to be.
const BACK_WITHIN: Duration = Duration::from_secs(15);

/// Plays it from the first question to the last breath. Returns whether every promise was kept.
///
/// # Errors
/// A step fails that is no promise itself, but that others need.
pub(super) async fn play(
    stage: &mut Stage,
    ask: Option<&str>,
    report: &mut Report<'_>,
) -> anyhow::Result<bool> {
    introduce(stage, report).await?;

    report.tell(&format!("bruno asks: {QUESTION}?"))?;
    report.verdict(&check::alone(&question(stage, QUESTION).await?))?;
    report.tell("ana shares acme/api and invites bruno, who joins and asks again")?;
    report.verdict(&check::joined(&meet(stage).await?))?;
    let answer = question(stage, QUESTION).await?;
    report.verdict(&check::found(&answer))?;
    let told = |hit: &Hit| check::is_from_ana(hit) && check::helps(hit);
    let at = answer.results.iter().position(told).unwrap_or_default();
    let best = answer.results.get(at).context("the question found nothing at all")?;
    report.hit(at + 1, best, FIX_LINES)?;
    if let Some(words) = ask {
        let answer = question(stage, words).await?;
        report.tell(&format!("and in your words: {}", one_line(words)))?;
        for (index, hit) in answer.results.iter().take(OWN_WORDS_HITS).enumerate() {
            report.hit(index + 1, hit, 1)?;
        }
        report.coverage(&answer)?;
    }

    report.tell("what bruno may not have")?;
    report.verdict(&check::private(&trespass(stage, best.id).await?))?;
    report.verdict(&check::redacted(&leak(stage).await?))?;
    report.verdict(&check::impostor(&masquerade(stage).await?))?;

    report.tell("what ana keeps in hand")?;
    let (ana, bruno) = (stage.ana.owner(), stage.bruno.status().await?.peer_id);
    let entries = ana
        .audit(&AuditQuery::newest(AUDIT_ENTRIES))
        .await
        .context("ana's audit cannot be read")?;
    report.verdict(&check::audited(&entries, bruno, &best.id))?;
    ana.remove_peer("bruno").await.context("ana cannot remove bruno")?;
    report.verdict(&check::removed(&question(stage, QUESTION).await?))?;
    stage.ana.kill();
    report.verdict(&check::away(&question(stage, OWN_QUESTION).await?, OWN_PROJECT))?;
    Ok(report.all_kept())
}

/// Says who is there and what they have.
async fn introduce(stage: &Stage, report: &mut Report<'_>) -> anyhow::Result<()> {
    report.tell("camille demo: two nodes on this machine, invented sessions, nothing of yours")?;
    for node in [&stage.ana, &stage.bruno] {
        let IndexReport { files, accounting, documents_total, .. } = node.index().await?;
        let status = node.status().await?;
        ensure!(
            accounting.unaccounted() == 0 && accounting.defective == 0 && accounting.pending == 0,
            "{}'s invented sessions were not understood: {accounting:?}",
            status.name
        );
        let projects = node.owner().projects().await?;
        let projects: Vec<_> =
            projects.iter().map(|project| project.id.trim_start_matches("github.com/")).collect();
        report.note(&format!(
            "  {:<5} pid {:<7} {}  {} in {}  {}",
            status.name,
            node.pid().unwrap_or_default(),
            node.address(),
            count(documents_total, "document"),
            count(files, "session"),
            projects.join(", ")
        ))?;
    }
    report.note("")
}

/// Bruno asks everyone he knows.
async fn question(stage: &Stage, words: &str) -> anyhow::Result<Answer> {
    ask(stage.bruno.owner(), &everyone(words)).await
}

async fn ask(node: &NodeClient, search: &OwnerSearch) -> anyhow::Result<Answer> {
    let answer = node.owner_search(search).await;
    Ok(answer.context("a node does not answer its owner's question")?.answer)
}

/// A question to the own bank and all peers.
fn everyone(words: &str) -> OwnerSearch {
    OwnerSearch { query: Query::new(words), local: false, peers: Vec::new(), timeout_ms: None }
}

/// Bruno tries to get at what ana did not share; `shared` is what he may have.
async fn trespass(stage: &Stage, shared: DocumentId) -> anyhow::Result<Trespass> {
    let own = OwnerSearch { local: true, ..everyone(TELLTALE) };
    let own = ask(stage.ana.owner(), &own).await?;
    let private = own.results.iter().find(|hit| hit.metadata.project != SHARED_PROJECT);
    let private = private.context("ana does not find her own private session")?.id;
    let ana = id_of(&stage.ana).await?;
    let bruno = stage.bruno.owner();
    Ok(Trespass {
        own: own.results,
        answer: question(stage, TELLTALE).await?,
        by_id: bruno.local_document(&private, Some(&ana)).await,
        shared_by_id: bruno.local_document(&shared, Some(&ana)).await,
    })
}

/// Bruno asks for the session in which a secret was planted; then its bytes are looked for everywhere.
async fn leak(stage: &Stage) -> anyhow::Result<Leak> {
    let hits = question(stage, SECRET_QUESTION).await?.results;
    let marked = hits.iter().find(|hit| hit.content.contains(check::REDACTED)).map(|hit| hit.id);
    let ana = id_of(&stage.ana).await?;
    let document = match marked {
        Some(id) => stage.bruno.owner().local_document(&id, Some(&ana)).await.ok(),
        None => None,
    };
    let search = |dir: std::path::PathBuf| secret::search(&dir, &stage.token);
    let hers = search(stage.ana.camille_home())?;
    let his = search(stage.bruno.camille_home())?;
    let kept = secret::Search {
        files: hers.files + his.files,
        bytes: hers.bytes + his.bytes,
        found_in: hers.found_in + his.found_in,
    };
    let sources = search(stage.ana.home().join(".claude"))?;
    Ok(Leak { token: stage.token.clone(), hits, document, sources, kept })
}

/// Somebody takes ana's place while she is out: with a copy of her certificate, then, to show that he
/// would hear something, with her key as well. Then she comes back.
async fn masquerade(stage: &mut Stage) -> anyhow::Result<Masquerade> {
    let copied = |home: &Path| PrivatePkcs8KeyDer::from_pem_file(home.join("certs/server.key"));
    let hers = copied(&stage.ana.camille_home()).context("ana's key cannot be copied")?;
    let home = stage.dir().join("impostor");
    Identity::load_or_create(&home, "", Timestamp::now())?;
    let another = copied(&home).context("the impostor's key cannot be read")?;

    stage.ana.stop().await?;
    let (without, report) = overhear(stage, another).await?;
    let (with, _) = overhear(stage, hers).await?;
    stage.ana.resume().await?;
    until_she_is_back(stage).await?;
    Ok(Masquerade { without, report, with })
}

/// Bruno's node passes by whom it knows to be away, until it has seen that she is back.
async fn until_she_is_back(stage: &Stage) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let answer = question(stage, QUESTION).await?;
        if check::ana_in(&answer).is_some_and(|ana| ana.status.answered()) {
            return Ok(());
        }
        ensure!(started.elapsed() < BACK_WITHIN, "bruno does not see that ana is back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What somebody at ana's address, with her certificate and this key, hears of bruno's question; and what
/// bruno says of ana then.
async fn overhear(
    stage: &Stage,
    key: PrivatePkcs8KeyDer<'static>,
) -> anyhow::Result<(Overheard, Option<PeerReport>)> {
    let certificate = stage.ana.camille_home().join("certs/server.crt");
    let certificate = CertificateDer::from_pem_file(certificate);
    let certificate = certificate.context("ana's certificate cannot be copied")?;
    let impostor = Impostor::listen_at(stage.ana.address(), certificate, key).await?;
    let search = OwnerSearch { timeout_ms: Some(SILENT_PEER_MS), ..everyone(QUESTION) };
    let answer = ask(stage.bruno.owner(), &search).await?;
    let overheard = Overheard {
        attempts: impostor.attempts(),
        handshakes: impostor.handshakes(),
        bytes: impostor.application_bytes(),
    };
    impostor.leave().await;
    Ok((overheard, check::ana_in(&answer).cloned()))
}
