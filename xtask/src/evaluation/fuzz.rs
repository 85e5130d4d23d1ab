//! `eval fuzz`: what comes from outside, damaged at random: transcript lines, keys, invites, queries, chain
//! headers, bodies of forward and join, answers and frames. Nothing panics, and nothing sent to the API makes
//! a 5xx. Not guided by coverage: seeds and mutations only.

use crate::report::{Report, Table};
use anyhow::{Context, Result, ensure};
use axum::body::Body;
use camille_client::NodeClient;
use camille_ingest::redact::{Redactor, Tier};
use camille_ingest::transcript::{Cursor, Record, read_line};
use camille_node::identity::Identity;
use camille_node::listener::Caller;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::forward::{ForwardAnswer, ForwardRequest, Origin, RouteStep, signed_bytes};
use camille_proto::grant::Grant;
use camille_proto::id::{PeerId, RequestId};
use camille_proto::invite::Invite;
use camille_proto::key::{ApiKey, PinnedKey};
use camille_proto::local::{InviteRequest, KeyRequest};
use camille_proto::query::Query;
use camille_proto::vocabulary::Agent;
use clap::Args;
use http::{HeaderValue, Request};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::{Duration, Instant};
use tower::ServiceExt;
use xtask::eval::random::Random;

const LINES: &str = include_str!("../../seeds/line.txt");
const QUERIES: &str = include_str!("../../seeds/query.txt");
const CHAINS: &str = include_str!("../../seeds/chain.txt");
const JOINS: &str = include_str!("../../seeds/join.txt");
const ANSWERS: &str = include_str!("../../seeds/answer.txt");
const ANNOUNCEMENTS: &str = include_str!("../../seeds/announcement.txt");
const QUESTIONS: &str = include_str!("../../seeds/question.txt");
const FRAMES: &str = include_str!("../../seeds/frame.txt");

/// What parsers stumble over.
const TOKENS: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "-1",
    "1e999",
    "18446744073709551616",
    "\0",
    "\u{1b}[2J",
    "\\ud800",
    "\\u0000",
    "%00",
    "%ff",
    "%",
    "&",
    "=",
    "\u{202e}",
    "🙂",
    "é",
    "[[[[[[[[",
    "{\"a\":",
    "cml_",
    "camille://join/",
    "-----BEGIN PRIVATE KEY-----",
    "://a:b1c2d3@h",
    "#private",
    "\r\n",
];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Seconds for each target.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Which mutations.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only targets whose name has this in it.
    #[arg(long)]
    only: Option<String>,
}

impl Options {
    fn wants(&self, target: &str) -> bool {
        self.only.as_ref().is_none_or(|part| target.contains(part.as_str()))
    }
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::new("What comes from outside, damaged");
    let mut table = Table::new(&["target", "inputs"]);
    let span = Duration::from_secs(options.seconds);
    let wanted = |name: &str| options.wants(name);
    let mut add = |name: &str, count: u64| table.row(vec![name.to_owned(), count.to_string()]);
    let redactor = Redactor::default();
    let key = ApiKey::from_entropy([7; 6], [9; 32]);
    let peer_id = PeerId::of_spki(b"seed");
    let pinned = PinnedKey { key: key.clone(), peer_id }.to_string();
    let invite = Invite { peer_id, key, name: "ana".into(), addresses: vec!["[::1]:1".into()] };
    let agents = [("claude lines", Agent::ClaudeCode), ("codex lines", Agent::Codex)];
    for (name, agent) in agents.into_iter().filter(|(name, _)| wanted(name)) {
        let mut mutator = Mutator::new(LINES, options.seed);
        let count = run(span, || mutator.next(), |line| one_line(agent, &redactor, line))?;
        add(name, count);
    }
    let texts = [("keys", pinned), ("invites", invite.to_string())];
    for (name, seed) in texts.into_iter().filter(|(name, _)| wanted(name)) {
        let mut mutator = Mutator::new(&seed, options.seed);
        let parse = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let _ = (text.parse::<ApiKey>(), text.parse::<PinnedKey>(), text.parse::<Invite>());
            let _ = text.parse::<PeerId>();
            Ok(())
        };
        add(name, run(span, || mutator.next(), parse)?);
    }
    let mut mutator = Mutator::new(ANSWERS, options.seed);
    let parse = |bytes: &[u8]| {
        let _ = serde_json::from_slice::<ForwardAnswer>(bytes);
        Ok(())
    };
    if wanted("answers of peers") {
        add("answers of peers", run(span, || mutator.next(), parse)?);
    }
    let mut mutator = Mutator::new(FRAMES, options.seed);
    let parse = |bytes: &[u8]| {
        let _ = serde_json::from_slice::<camille_proto::stream::Message>(bytes);
        Ok(())
    };
    if wanted("frames of a socket") {
        add("frames of a socket", run(span, || mutator.next(), parse)?);
    }
    let mut mutator = Mutator::new(ANNOUNCEMENTS, options.seed);
    let read = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let pair = |entry: &str| entry.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()));
        let properties: Vec<_> = text.split(';').filter_map(pair).collect();
        let _ = camille_node::outside::announces(&properties);
        Ok(())
    };
    if wanted("announcements") {
        add("announcements", run(span, || mutator.next(), read)?);
    }
    let mut mutator = Mutator::new(QUESTIONS, options.seed);
    let parse = |bytes: &[u8]| {
        let _ = camille_node::outside::asks(&String::from_utf8_lossy(bytes));
        Ok(())
    };
    if wanted("questions on a socket") {
        add("questions on a socket", run(span, || mutator.next(), parse)?);
    }
    for (name, count) in api(span, options).await? {
        add(name, count);
    }
    report.table(table);
    report.bar("panics, 5xx, texts that redaction would change again", 0, 0, true);
    Ok(report)
}

fn one_line(agent: Agent, redactor: &Redactor, line: &[u8]) -> Result<()> {
    let mut cursor = Cursor::new(agent, Path::new("fuzz.jsonl"));
    let mut left = None;
    read_line(&mut cursor, redactor, line, 0, &mut |record| {
        if let Record::Part(part) = record {
            let again = redactor.redact(&part.text);
            if again.found.iter().any(|found| found.tier == Tier::Definite) {
                left = Some(part.text);
            }
        }
    });
    ensure!(left.is_none(), "a secret was left");
    Ok(())
}

/// Gives inputs to a target until its time is over. The one that breaks it ends the run with an error.
fn run(
    span: Duration,
    mut next: impl FnMut() -> Vec<u8>,
    target: impl Fn(&[u8]) -> Result<()>,
) -> Result<u64> {
    let started = Instant::now();
    let mut count = 0;
    while started.elapsed() < span {
        let input = next();
        let shown = || format!("{:?}", String::from_utf8_lossy(&input));
        match std::panic::catch_unwind(AssertUnwindSafe(|| target(&input))) {
            Ok(outcome) => outcome.with_context(shown)?,
            Err(_) => anyhow::bail!("a panic for {}", shown()),
        }
        count += 1;
    }
    Ok(count)
}

/// The network's routes of a real node, in process.
async fn api(span: Duration, options: &Options) -> Result<Vec<(&'static str, u64)>> {
    let folder = tempfile::tempdir()?;
    let mut settings = Settings::new(folder.path().join("home"), "fuzzed".into());
    settings.sources.auto = false;
    settings.mesh.allow_indirect = true;
    settings.audit.query = camille_node::settings::AuditQuery::Off;
    for limit in [
        &mut settings.limits.search_per_minute,
        &mut settings.limits.status_per_minute,
        &mut settings.limits.forward_per_minute,
    ] {
        *limit = u32::MAX;
    }
    let node = Node::open(settings, Mode::Command).await?;
    let owner = NodeClient::in_process(node.local_router());
    let sender =
        Identity::load_or_create(&folder.path().join("sender"), "s", jiff::Timestamp::now())?;
    let request = KeyRequest { name: "fuzz".into(), grant: Grant::teammate(), peer: true };
    let key: PinnedKey = owner.create_key(&request).await?.key.parse()?;
    let invite = InviteRequest { expires_s: 86_400, uses: 100, grant: Grant::teammate() };
    let invite: Invite = owner.create_invite(&invite).await?.line.parse()?;
    let forward = forward(node.peer_id(), &sender)?;
    let mut counts = Vec::new();
    let targets = [
        ("queries", QUERIES),
        ("chain headers", CHAINS),
        ("forward bodies", forward.as_str()),
        ("join bodies", JOINS),
    ];
    for (name, seeds) in targets.into_iter().filter(|(name, _)| options.wants(name)) {
        let mut mutator = Mutator::new(seeds, options.seed);
        let started = Instant::now();
        let mut count = 0;
        while started.elapsed() < span {
            let input = mutator.next();
            let Some(mut request) = request_of(name, &input) else { continue };
            let key = if name == "join bodies" { &invite.key } else { &key.key };
            let value = HeaderValue::from_str(key.reveal())?;
            request.headers_mut().insert("x-api-key", value);
            let caller = Caller { remote: None, certificate: Some(sender.peer_id()) };
            request.extensions_mut().insert(caller);
            let shown = || format!("{name}: {:?}", String::from_utf8_lossy(&input));
            let answered = {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a panic must be told from an answer"
                )]
                tokio::spawn(node.public_router().oneshot(request)).await
            };
            let status =
                answered.map_err(|_| anyhow::anyhow!("a panic for {}", shown()))??.status();
            ensure!(!status.is_server_error(), "{status} for {}", shown());
            count += 1;
        }
        counts.push((name, count));
    }
    drop(owner);
    node.close().await;
    Ok(counts)
}

fn request_of(name: &str, input: &[u8]) -> Option<Request<Body>> {
    let post = |path: &str| {
        Request::post(path)
            .header("content-type", "application/json")
            .body(Body::from(input.to_vec()))
            .ok()
    };
    match name {
        "queries" => {
            let query = String::from_utf8_lossy(input);
            Request::get(format!("/api/v1/search?{query}")).body(Body::empty()).ok()
        }
        "chain headers" => {
            let value = HeaderValue::from_bytes(input).ok()?;
            let request = Request::get("/api/v1/search?q=x").header("x-request-chain", value);
            request.body(Body::empty()).ok()
        }
        "forward bodies" => post("/api/v1/forward"),
        _ => post("/api/v1/join"),
    }
}

/// A question that the node would answer.
pub(crate) fn forward(node: PeerId, sender: &Identity) -> Result<String> {
    use base64::Engine;
    let base64 = base64::engine::general_purpose::STANDARD;
    let query = Query::new("why");
    let request_id = RequestId(uuid::Uuid::from_u128(7));
    let not_after = jiff::Timestamp::now().as_second() + 100;
    let bytes = signed_bytes(request_id, &node, false, &query, not_after);
    let sig = base64.encode(sender.sign(&bytes)?);
    let own = sender.peer_id();
    Ok(serde_json::to_string(&ForwardRequest {
        original_query: query,
        terms: vec!["why".into()],
        analyzer: camille_bank::analyzer::ANALYZER.into(),
        candidates: 50,
        request_chain: vec![own],
        ttl: 2,
        request_id,
        budget_ms: 1_000,
        origin: Origin { peer_id: own, spki: base64.encode(sender.spki()) },
        delegated: false,
        route: vec![RouteStep { peer_id: node, sig, not_after, children: Vec::new() }],
    })?)
}

/// Makes damaged inputs from seeds.
struct Mutator {
    seeds: Vec<Vec<u8>>,
    random: Random,
}

impl Mutator {
    fn new(seeds: &str, seed: u64) -> Self {
        let seeds = seeds.lines().map(|line| line.as_bytes().to_vec()).collect();
        Self { seeds, random: Random::new(seed) }
    }

    fn next(&mut self) -> Vec<u8> {
        let mut input = self.seeds[self.random.below(self.seeds.len())].clone();
        for _ in 0..self.random.below(6) {
            let at = self.random.below(input.len() + 1);
            match self.random.below(7) {
                0 if at < input.len() => input[at] ^= 1 << self.random.below(8),
                1 => input.truncate(at),
                2 => {
                    let token = TOKENS[self.random.below(TOKENS.len())];
                    input.splice(at..at, token.bytes());
                }
                3 => {
                    let end = at + self.random.below(input.len() - at + 1);
                    input.drain(at..end);
                }
                4 => {
                    let end = at + self.random.below((input.len() - at).min(40) + 1);
                    let piece = input[at..end].repeat(1 + self.random.below(40));
                    input.splice(at..at, piece);
                }
                5 => {
                    let other = &self.seeds[self.random.below(self.seeds.len())];
                    let from = self.random.below(other.len() + 1);
                    input.splice(at.., other[from..].iter().copied());
                }
                _ => {
                    let byte = self.random.below(256) as u8;
                    input.insert(at, byte);
                }
            }
        }
        input
    }
}
