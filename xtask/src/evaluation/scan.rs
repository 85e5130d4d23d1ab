//! `eval scan`: what a TLS scanner that is not ours (sslyze) finds about a running node. It must speak TLS 1.3 only and
//! show no known weakness; that its certificate is self-signed and long-lived is meant, since peers pin its key.

use crate::crash::node::{RunningNode, binary, prepare};
use crate::report::Report;
use anyhow::{Context, Result, ensure};
use camille_proto::grant::Grant;
use camille_proto::local::KeyRequest;
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the scanner is to try, besides Mozilla's rules.
const SCANS: &[&str] = &[
    "--certinfo",
    "--sslv2",
    "--sslv3",
    "--tlsv1",
    "--tlsv1_1",
    "--tlsv1_2",
    "--tlsv1_3",
    "--compression",
    "--early_data",
    "--openssl_ccs",
    "--fallback",
    "--heartbleed",
    "--robot",
    "--reneg",
    "--resum",
    "--elliptic_curves",
    "--ems",
];

/// Members of its report that stand for a weakness, and what they must say.
const SOUND: &[(&str, &str, &str)] = &[
    ("tls_compression", "supports_compression", "false"),
    ("tls_1_3_early_data", "supports_early_data", "false"),
    ("openssl_ccs_injection", "is_vulnerable_to_ccs_injection", "false"),
    ("heartbleed", "is_vulnerable_to_heartbleed", "false"),
    ("robot", "robot_result", "\"NOT_VULNERABLE_RSA_NOT_SUPPORTED\""),
    ("session_renegotiation", "is_vulnerable_to_client_renegotiation_dos", "false"),
    ("session_resumption", "session_id_successful_resumptions_count", "0"),
    ("session_resumption", "tls_ticket_successful_resumptions_count", "0"),
    ("tls_fallback_scsv", "supports_fallback_scsv", "true"),
    ("tls_extended_master_secret", "supports_ems_extension", "true"),
];

/// What Mozilla's rules may be missing: peers pin the key, and no authority knows it.
const MEANT: &[&str] = &["certificate_path_validation", "maximum_certificate_lifespan"];

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The binary; absent: `target/release/camille`.
    #[arg(long)]
    binary: Option<PathBuf>,
}

pub(crate) async fn measure(options: &Options) -> Result<Report> {
    let binary = binary(options.binary.as_deref())?;
    let folder = tempfile::Builder::new().prefix("camille-scan-").tempdir()?;
    prepare(&folder.path().join("home"), "")?;
    let mut node = RunningNode::start(&binary, folder.path()).await?;
    let request = KeyRequest { name: "opens".into(), grant: Grant::teammate(), peer: false };
    node.client().create_key(&request).await?;
    let address = node.client().node_status().await?.listening.first().cloned();
    let scanned = scan(&address.context("it listens nowhere")?, folder.path());
    node.kill().await?;
    let (found, told) = scanned?;

    let mut report = Report::new("A TLS scanner's findings");
    for old in ["ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1", "tls_1_2"] {
        let suites = suites(&found, old)?;
        report.bar(format!("cipher suites of {old}"), suites.join(", "), "none", suites.is_empty());
    }
    let suites = suites(&found, "tls_1_3")?;
    report.bar("cipher suites of tls_1_3", suites.join(", "), "some", !suites.is_empty());
    for (scan, member, wanted) in SOUND {
        let said = found[scan]["result"][member].to_string();
        report.bar(format!("{scan}: {member}"), &said, *wanted, said == *wanted);
    }
    for finding in told {
        let (name, text) = finding.split_once(": ").unwrap_or((&finding, ""));
        report.bar(format!("finding: {name}"), text, "only what is meant", MEANT.contains(&name));
    }
    Ok(report)
}

/// The scanner's report, and what it says of Mozilla's "intermediate" rules.
fn scan(address: &str, folder: &Path) -> Result<(Value, Vec<String>)> {
    let path = folder.join("scan.json");
    let output = Command::new("sslyze")
        .args(SCANS)
        .args(["--mozilla_config", "intermediate", "--json_out"])
        .arg(&path)
        .arg(address)
        .output()
        .context("sslyze is missing: pip install sslyze")?;
    let text = std::fs::read_to_string(&path).context("the scanner wrote no report")?;
    let mut report: Value = serde_json::from_str(&text)?;
    let found = report["server_scan_results"][0]["scan_result"].take();
    ensure!(found.is_object(), "the scanner did not reach the node");
    let printed = String::from_utf8_lossy(&output.stdout);
    let told = printed.lines().filter_map(|line| line.strip_prefix("        * "));
    Ok((found, told.map(str::to_owned).collect()))
}

fn suites(found: &Value, version: &str) -> Result<Vec<String>> {
    let scan = &found[format!("{version}_cipher_suites")];
    let accepted = scan["result"]["accepted_cipher_suites"].as_array();
    let accepted = accepted.with_context(|| format!("{version} was not tried"))?;
    let name = |suite: &Value| suite["cipher_suite"]["name"].as_str().unwrap_or("?").to_owned();
    Ok(accepted.iter().map(name).collect())
}
