//! `eval trust`: a node is killed at random moments of key, grant, peer and audit changes, and what it had
//! acknowledged is there after the restart; no secret of a key is in its files; and how long unknown and wrong
//! keys take. It must never take for acknowledged what the node did not say.

use crate::crash::node::{RunningNode, binary, prepare};
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use camille_client::{JoinAnswer, NodeClient, PeerPool, PoolSettings, SearchParams};
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::invite::Invite;
use camille_proto::join::JoinRequest;
use camille_proto::key::{ApiKey, KeyId};
use camille_proto::local::{AuditQuery, InviteRequest, KeyRequest, ShareRequest};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_registry::{KeyKind, Registry};
use clap::Args;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use xtask::eval::random::Random;

/// Within which time a node is killed.
const KILL_WITHIN_MS: usize = 250;
/// Ids that exist, and as many that do not.
const IDS: usize = 200;
/// Tries of each kind of wrong key.
const TRIES: usize = 10_000;

/// What its node is told besides.
const CONFIG: &str = "[limits]\nsearch_per_minute = 1000000\nstatus_per_minute = 1000000\n";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many kills.
    #[arg(long, default_value_t = 200)]
    times: u32,
    /// Which moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How much further apart wrong keys' times may be than wanted: on machines that do other work.
    #[arg(long, default_value_t = 1.0)]
    slack: f64,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let mut report = Report::new("Keys, grants, peers and the audit log");
    kills(options, &mut report).await?;
    timing(options.slack, &mut report)?;
    Ok(report)
}

/// What the node acknowledged.
#[derive(Default)]
struct Acknowledged {
    /// Keys, and whether they were revoked; `None`: the node was killed while it revoked it.
    keys: BTreeMap<String, Option<bool>>,
    /// Patterns with how they are shared; `None`: killed meanwhile.
    rules: BTreeMap<String, Option<Sharing>>,
    /// Peers, and whether they are there; `None`: killed meanwhile.
    peers: BTreeMap<PeerId, Option<bool>>,
    /// Answers to searches of the key that asks.
    answers: usize,
    /// Secret parts of keys.
    secrets: Vec<String>,
    done: [u64; 6],
}

/// One who asks over the network.
struct Caller {
    pool: PeerPool,
    node: PeerId,
    key: ApiKey,
    id: KeyId,
}

async fn kills(options: &Options, report: &mut Report) -> Result<()> {
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::Builder::new().prefix("camille-trust-").tempdir()?;
    let home = folder.path().join("home");
    prepare(&home, CONFIG)?;
    let mut random = Random::new(options.seed);
    let mut node = RunningNode::start(&binary, folder.path()).await?;
    let mut all = Acknowledged::default();
    let caller = caller(folder.path(), node.client(), &mut all).await?;
    let mut start_ms_max = 0;
    for number in 0..options.times {
        let delay = Duration::from_micros(random.below(KILL_WITHIN_MS * 1_000) as u64);
        let client = node.client().clone();
        let addresses = client.node_status().await?.listening;
        caller.pool.disconnect_all();
        caller.pool.set_addresses(caller.node, addresses);
        let worked = node.kill_during(delay, work(&client, &caller, &mut all, &mut random)).await?;
        if let Some(ended) = worked {
            ended.with_context(|| format!("before kill {number}"))?;
        }
        let started = Instant::now();
        node = RunningNode::start(&binary, folder.path()).await?;
        start_ms_max = start_ms_max.max(started.elapsed().as_millis());
        check(node.client(), &caller, &all)
            .await
            .with_context(|| format!("after kill {number}"))?;
    }
    node.kill().await?;
    let names = ["keys made", "keys revoked", "rules", "peers joined", "peers removed", "searches"];
    for (name, count) in names.iter().zip(all.done) {
        report.fact(format!("acknowledged: {name}"), count);
    }
    report.bar("kills, each with all that was acknowledged", options.times, options.times, true);
    let slowest = format!("{start_ms_max} ms");
    report.bar("slowest start", slowest, "≤ 2,000 ms", start_ms_max <= 2_000);
    let mut files = Vec::new();
    bytes(&home, &mut files)?;
    let text = String::from_utf8_lossy(&files);
    let plain = all.secrets.iter().filter(|secret| text.contains(secret.as_str())).count();
    report.fact("bytes of the home looked through", files.len());
    report.bar("plaintext keys in files and logs", plain, 0, plain == 0);
    Ok(())
}

async fn caller(folder: &Path, client: &NodeClient, all: &mut Acknowledged) -> Result<Caller> {
    let identity = Identity::load_or_create(&folder.join("caller"), "caller", Timestamp::now())?;
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default())?;
    let request = KeyRequest { name: "asks".into(), grant: Grant::teammate(), peer: false };
    let created = client.create_key(&request).await?;
    all.secrets.push(created.key[13..40].to_owned());
    let node = client.info().await?.peer_id;
    Ok(Caller { pool, node, key: created.key.parse()?, id: created.view.id })
}

/// Works until it is killed. Each change is noted as under way, and as done when the node says so.
async fn work(
    client: &NodeClient,
    caller: &Caller,
    all: &mut Acknowledged,
    random: &mut Random,
) -> Result<()> {
    loop {
        let draw = random.below(6);
        let ended = match draw {
            0 => make_key(client, all).await,
            1 => revoke_key(client, all, random).await,
            2 => change_rule(client, all, random).await,
            3 => join(client, caller, all).await,
            4 => part(client, all, random).await,
            _ => ask(caller, all).await,
        };
        match ended {
            Ok(done) => all.done[draw] += u64::from(done),
            // The node went meanwhile.
            Err(error) if error.downcast_ref::<camille_client::ClientError>().is_some() => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn make_key(client: &NodeClient, all: &mut Acknowledged) -> Result<bool> {
    let peer = all.keys.len().is_multiple_of(2);
    let request = KeyRequest { name: "made".into(), grant: Grant::teammate(), peer };
    let created = client.create_key(&request).await?;
    all.secrets.push(created.key[13..40].to_owned());
    all.keys.insert(created.view.id.0, Some(false));
    Ok(true)
}

async fn revoke_key(
    client: &NodeClient,
    all: &mut Acknowledged,
    random: &mut Random,
) -> Result<bool> {
    let live: Vec<String> =
        all.keys.iter().filter(|key| *key.1 == Some(false)).map(|key| key.0.clone()).collect();
    if live.is_empty() {
        return Ok(false);
    }
    let id = live[random.below(live.len())].clone();
    all.keys.insert(id.clone(), None);
    client.revoke_key(&KeyId(id.clone())).await?;
    all.keys.insert(id, Some(true));
    Ok(true)
}

async fn change_rule(
    client: &NodeClient,
    all: &mut Acknowledged,
    random: &mut Random,
) -> Result<bool> {
    let pattern = format!("git.test/acme/{}", random.below(40));
    let sharing = [Sharing::Shared, Sharing::Indirect, Sharing::Private][random.below(3)];
    all.rules.insert(pattern.clone(), None);
    let request = ShareRequest { pattern: pattern.clone(), sharing, from: None };
    client.share(&request).await?;
    all.rules.insert(pattern, Some(sharing));
    Ok(true)
}

async fn join(client: &NodeClient, caller: &Caller, all: &mut Acknowledged) -> Result<bool> {
    let request = InviteRequest { expires_s: 3_600, uses: 1, grant: Grant::teammate() };
    let invite: Invite = client.create_invite(&request).await?.line.parse()?;
    all.secrets.push(invite.key.reveal()[13..40].to_owned());
    let folder = tempfile::tempdir()?;
    let identity = Identity::load_or_create(folder.path(), "guest", Timestamp::now())?;
    let pool = PeerPool::new(identity.own_certificate(), PoolSettings::default())?;
    let address = caller.pool.last_address(&caller.node).map(|address| address.to_string());
    let addresses = match address {
        Some(address) => vec![address],
        None => client.node_status().await?.listening,
    };
    pool.set_addresses(caller.node, addresses);
    let guest = identity.peer_id();
    let mut secret = [0; 32];
    secret.copy_from_slice(&guest.to_string().as_bytes()[..32]);
    let mut id = [0; 6];
    id.copy_from_slice(&secret[..6]);
    let theirs = ApiKey::from_entropy(id, secret);
    all.secrets.push(theirs.reveal()[13..40].to_owned());
    all.peers.insert(guest, None);
    let request =
        JoinRequest { name: "guest".into(), addresses: vec!["127.0.0.1:9".into()], key: theirs };
    let answer = NodeClient::peer(&pool, caller.node, Some(invite.key)).join(&request).await?;
    let JoinAnswer::Joined(joined) = answer else { return Ok(false) };
    all.secrets.push(joined.key.reveal()[13..40].to_owned());
    all.peers.insert(guest, Some(true));
    Ok(true)
}

async fn part(client: &NodeClient, all: &mut Acknowledged, random: &mut Random) -> Result<bool> {
    let there: Vec<PeerId> =
        all.peers.iter().filter(|peer| *peer.1 == Some(true)).map(|peer| *peer.0).collect();
    if there.is_empty() {
        return Ok(false);
    }
    let peer = there[random.below(there.len())];
    all.peers.insert(peer, None);
    client.remove_peer(&peer.to_string()).await?;
    all.peers.insert(peer, Some(false));
    Ok(true)
}

async fn ask(caller: &Caller, all: &mut Acknowledged) -> Result<bool> {
    let client = NodeClient::peer(&caller.pool, caller.node, Some(caller.key.clone()));
    client.search(&SearchParams::new(Query::new("anything"))).await?;
    all.answers += 1;
    Ok(true)
}

/// Everything acknowledged is there.
async fn check(client: &NodeClient, caller: &Caller, all: &Acknowledged) -> Result<()> {
    let keys = client.keys().await?;
    for (id, revoked) in &all.keys {
        let key = keys.iter().find(|key| key.id.0 == *id).with_context(|| format!("key {id}"))?;
        let as_said = revoked.is_none_or(|revoked| key.revoked.is_some() == revoked);
        ensure!(as_said, "key {id} should be revoked: {revoked:?}");
    }
    let projects = client.projects().await?;
    for (pattern, sharing) in &all.rules {
        let Some(sharing) = sharing else { continue };
        // A share and a deny of one name may both stand: the deny decides.
        let rules = || projects.iter().filter(|project| project.id == *pattern);
        let is_denied = rules().any(|rule| rule.sharing == Sharing::Private);
        let shares = rules().next().filter(|_| !is_denied);
        let stands = shares.map_or(Sharing::Private, |rule| rule.sharing);
        ensure!(stands == *sharing, "{pattern} is {stands:?} and not {sharing:?}");
    }
    let peers = client.peers().await?;
    for (peer, there) in &all.peers {
        let Some(there) = there else { continue };
        let found = peers.iter().any(|known| known.peer_id == *peer);
        ensure!(found == *there, "peer {} is there: {found}, and not {there}", peer.short());
    }
    let wanted = AuditQuery { key: Some(caller.id.0.clone()), ..AuditQuery::newest(10_000) };
    let entries = client.audit(&wanted).await?;
    let searches = entries.iter().filter(|entry| entry.event == "search").count();
    let enough = searches >= all.answers.min(10_000);
    ensure!(enough, "{searches} searches stand in the log, {} were answered", all.answers);
    Ok(())
}

/// Unknown and wrong keys, one after the other, in process.
fn timing(slack: f64, report: &mut Report) -> Result<()> {
    let home = tempfile::tempdir()?;
    let now = Timestamp::now();
    let identity = Identity::load_or_create(home.path(), "timed", now)?;
    let registry = Registry::open(home.path(), std::sync::Arc::new(identity))?;
    let mut random = Random::new(7);
    let mut entropy = || {
        let mut secret = [0; 32];
        secret.fill_with(|| random.below(256) as u8);
        secret
    };
    let head = |secret: &[u8; 32]| secret.first_chunk::<6>().copied().unwrap_or_default();
    // As many ids that exist as do not, each tried as often: what is tried again is read sooner.
    let mut ids = [Vec::with_capacity(IDS), Vec::with_capacity(IDS)];
    for _ in 0..IDS {
        let stranger = entropy();
        ids[0].push(ApiKey::from_entropy(head(&stranger), stranger).id());
        ids[1].push(registry.issue(KeyKind::Tool, "timed", &Grant::teammate(), None, now)?.id());
    }
    let mut took = [Vec::with_capacity(TRIES), Vec::with_capacity(TRIES)];
    for number in 0..2 * TRIES {
        let kind = number % 2;
        let text = ApiKey::of(&ids[kind][number / 2 % IDS], entropy());
        let started = Instant::now();
        let refused = registry.authenticate(text.reveal(), None, now).is_err();
        took[kind].push(started.elapsed());
        ensure!(refused, "a wrong key was accepted");
    }
    let [unknown, wrong] = took.map(|mut took| {
        took.sort_unstable();
        took[took.len() / 2].as_secs_f64() * 1e6
    });
    report.fact(
        "median µs of an unknown key and of a wrong one",
        format!("{unknown:.2}, {wrong:.2}"),
    );
    let apart = (unknown / wrong).max(wrong / unknown) - 1.0;
    let shown = format!("{:.1} %", apart * 100.0);
    let wanted = 0.05 * slack;
    report.bar("medians apart", shown, format!("≤ {:.0} %", wanted * 100.0), apart <= wanted);
    Ok(())
}

fn bytes(folder: &Path, all: &mut Vec<u8>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            bytes(&entry.path(), all)?;
        } else if kind.is_file() {
            all.extend(std::fs::read(entry.path())?);
        }
    }
    Ok(())
}
