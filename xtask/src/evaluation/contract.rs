//! `eval contract`: a running node keeps to its OpenAPI description. schemathesis makes requests from it, right and
//! wrong ones, with every check it has; and every operation but the socket is seen to succeed. Keys and client
//! certificates differ by route, so it runs once for each kind of caller.

use crate::crash::node::{RunningNode, binary, prepare};
use crate::fuzz;
use crate::report::{Report, Table};
use anyhow::{Context, Result, bail, ensure};
use camille_client::NodeClient;
use camille_node::identity::Identity;
use camille_proto::grant::Grant;
use camille_proto::invite::Invite;
use camille_proto::key::PinnedKey;
use camille_proto::local::{IndexRequest, InviteRequest, KeyRequest, ShareRequest};
use camille_proto::query::Query;
use camille_proto::vocabulary::Sharing;
use camille_testkit::session::Session;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORMATS: &str = include_str!("contract/formats.py");

/// What its node is told besides.
const CONFIG: &str = "[mesh]\nallow_indirect = true\n[limits]\nsearch_per_minute = 1000000\nstatus_per_minute = 1000000\ndocument_per_minute = 1000000\nforward_per_minute = 1000000\n";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Requests made up for each operation, besides those that follow from its bounds.
    #[arg(long, default_value_t = 100)]
    examples: u32,
    /// Which of them.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// One kind of caller, and what it may call.
struct Caller {
    name: &'static str,
    operations: &'static str,
    key: Option<String>,
    certificate: bool,
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    ensure!(
        Command::new("schemathesis").arg("--version").output().is_ok_and(|o| o.status.success()),
        "schemathesis is missing: pip install schemathesis"
    );
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::Builder::new().prefix("camille-contract-").tempdir()?;
    prepare(&folder.path().join("home"), CONFIG)?;
    let mut node = RunningNode::start(&binary, folder.path()).await?;
    let result = check(options, folder.path(), node.client()).await;
    node.kill().await?;
    result
}

async fn check(options: &Options, folder: &Path, owner: &NodeClient) -> Result<Report> {
    let mut report = Report::new("The API against its description");
    fill(folder, owner).await?;
    let callers = callers(owner).await?;
    let peer_folder = folder.join("peer");
    let peer = Identity::load_or_create(&peer_folder, "peer", jiff::Timestamp::now())?;
    let description = folder.join("openapi.json");
    std::fs::write(&description, described(owner, &peer).await?)?;
    std::fs::write(folder.join("formats.py"), FORMATS)?;
    let address = owner.node_status().await?.listening.first().cloned();
    let url = format!("https://{}", address.context("it listens nowhere")?);

    let mut table = Table::new(&["caller", "requests", "operations", "of them seen to succeed"]);
    let (mut failures, mut succeeded) = (0, BTreeSet::new());
    for caller in &callers {
        let events = folder.join(format!("{}.ndjson", caller.name));
        let mut run = Command::new("schemathesis");
        run.env("SCHEMATHESIS_HOOKS", "formats")
            .env("PYTHONPATH", folder)
            .current_dir(folder)
            .arg("run")
            .arg(&description)
            .args(["--url", &url, "--tls-verify", "false", "--checks", "all", "--no-color"])
            .args(["--include-path-regex", caller.operations, "--warnings", "off"])
            .args(["--report", "ndjson", "--report-ndjson-path"])
            .arg(&events)
            .args(["--max-examples", &options.examples.to_string()])
            .args(["--seed", &options.seed.to_string()]);
        if let Some(key) = &caller.key {
            run.arg("-H").arg(format!("X-API-Key: {key}"));
        }
        if caller.certificate {
            let certs = peer_folder.join("certs");
            run.arg("--request-cert").arg(certs.join("server.crt"));
            run.arg("--request-cert-key").arg(certs.join("server.key"));
        }
        let output = run.output().context("run schemathesis")?;
        let printed = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            failures += 1;
            let from = printed.find("= FAILURES =").or(printed.find("= ERRORS =")).unwrap_or(0);
            eprint(&format!("{}: {}", caller.name, &printed[from..]))?;
        }
        let seen = Seen::read(&events)?;
        table.row(vec![
            caller.name.into(),
            seen.requests.to_string(),
            seen.operations.len().to_string(),
            seen.succeeded.len().to_string(),
        ]);
        succeeded.extend(seen.succeeded);
    }
    report.table(table);
    report.bar("callers with a failed check", failures, 0, failures == 0);
    let missing: Vec<String> =
        operations()?.into_iter().filter(|name| !succeeded.contains(name)).collect();
    report.bar("operations never seen to succeed", missing.join(", "), "none", missing.is_empty());
    Ok(report)
}

fn eprint(text: &str) -> Result<()> {
    use std::io::Write;
    Ok(writeln!(std::io::stderr(), "{text}")?)
}

/// What a run of schemathesis wrote down.
#[derive(Default)]
struct Seen {
    requests: u64,
    operations: BTreeSet<String>,
    succeeded: BTreeSet<String>,
}

impl Seen {
    fn read(events: &Path) -> Result<Self> {
        let mut seen = Self::default();
        let text = std::fs::read_to_string(events).context("schemathesis wrote no events")?;
        for line in text.lines() {
            let event: Value = serde_json::from_str(line)?;
            let Some(finished) = event.get("ScenarioFinished") else { continue };
            let Some(recorder) = finished.get("recorder") else { continue };
            let Some(name) = recorder["label"].as_str() else { continue };
            seen.operations.insert(name.to_owned());
            let interactions = recorder["interactions"].as_object().into_iter().flatten();
            for (_, interaction) in interactions {
                seen.requests += 1;
                let status = interaction["response"]["status_code"].as_u64();
                if status.is_some_and(|status| (200..300).contains(&status)) {
                    seen.succeeded.insert(name.to_owned());
                }
            }
        }
        Ok(seen)
    }
}

/// Every operation but the socket, as schemathesis calls them.
fn operations() -> Result<Vec<String>> {
    let api = serde_json::to_value(camille_node::openapi())?;
    let mut names = Vec::new();
    for (path, item) in api["paths"].as_object().context("no paths")? {
        for method in item.as_object().into_iter().flat_map(|item| item.keys()) {
            if path != "/api/v1/stream" {
                names.push(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    Ok(names)
}

/// Something to find, shared with whoever may ask.
async fn fill(folder: &Path, owner: &NodeClient) -> Result<()> {
    let sources = folder.join("claude");
    Session::new("one").cwd("/srv/api").person("why is the lock stuck").write_under(&sources)?;
    let paths = vec![sources.to_string_lossy().into_owned()];
    owner.index(&IndexRequest { paths, ..IndexRequest::default() }, |_| {}).await?;
    let request = ShareRequest { pattern: "*".into(), sharing: Sharing::Indirect, from: None };
    owner.share(&request).await?;
    Ok(())
}

async fn callers(owner: &NodeClient) -> Result<Vec<Caller>> {
    let tool = KeyRequest { name: "tool".into(), grant: Grant::teammate(), peer: false };
    let tool = owner.create_key(&tool).await?.key;
    let peer = KeyRequest { name: "peer".into(), grant: Grant::teammate(), peer: true };
    let peer: PinnedKey = owner.create_key(&peer).await?.key.parse()?;
    let invite = InviteRequest { expires_s: 3_600, uses: 100, grant: Grant::teammate() };
    let invite: Invite = owner.create_invite(&invite).await?.line.parse()?;
    Ok(vec![
        Caller {
            name: "stranger",
            operations: "(status|info|docs|openapi.json)$",
            key: None,
            certificate: false,
        },
        Caller {
            name: "tool",
            operations: "(status|info|search|peers|documents/.*)$",
            key: Some(tool),
            certificate: false,
        },
        Caller {
            name: "peer",
            operations: "(info|search|peers|forward|introductions|keys/renew)$",
            key: Some(peer.key.reveal().to_owned()),
            certificate: true,
        },
        Caller {
            name: "guest",
            operations: "join$",
            key: Some(invite.key.reveal().to_owned()),
            certificate: true,
        },
    ])
}

/// The description, with what no schema can make up: the id of a document, and a question that its origin signed.
async fn described(owner: &NodeClient, peer: &Identity) -> Result<String> {
    let params = camille_client::SearchParams::new(Query::new("lock"));
    let found = owner.search(&params).await?;
    let id = found.results.first().context("nothing was found")?.id;
    let node = owner.info().await?.peer_id;
    let forward: Value = serde_json::from_str(&fuzz::forward(node, peer)?)?;
    let mut api = serde_json::to_value(camille_node::openapi())?;
    let parameters = api["paths"]["/api/v1/documents/{id}"]["get"]["parameters"].as_array_mut();
    let Some(parameter) = parameters.and_then(|all| all.first_mut()) else {
        bail!("a document has no id")
    };
    parameter["example"] = json!(id.to_string());
    let body = &mut api["paths"]["/api/v1/forward"]["post"]["requestBody"]["content"];
    body["application/json"]["example"] = forward;
    Ok(api.to_string())
}
