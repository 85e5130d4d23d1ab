//! `--keep`: both nodes live on, know each other again, and can be asked with curl.

use super::acquaintance::meet;
use super::stage::Stage;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use camille_proto::grant::{Grant, Verb};
use camille_proto::id::PeerId;
use camille_proto::local::KeyRequest;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What is needed to go on from here.
pub(super) struct Keepsake {
    dir: PathBuf,
    pids: Vec<u32>,
    ana: PeerId,
    address: SocketAddr,
    key: String,
}

/// Brings ana back, has bruno join again, makes a key for curl, and lets go of both nodes.
pub(super) async fn keep(mut stage: Stage) -> anyhow::Result<Keepsake> {
    stage.ana.resume().await?;
    meet(&stage).await?;
    let request = KeyRequest {
        name: "curl".into(),
        grant: Grant { verbs: vec![Verb::Search, Verb::Read], projects: None },
        peer: false,
    };
    let key = stage.ana.owner().create_key(&request).await?.key;
    let pids = [&stage.ana, &stage.bruno].into_iter().filter_map(super::node::DemoNode::pid);
    Ok(Keepsake {
        pids: pids.collect(),
        ana: stage.ana.status().await?.peer_id,
        address: stage.ana.address(),
        key,
        dir: stage.keep(),
    })
}

impl Keepsake {
    /// The lines to print.
    pub(super) fn lines(&self) -> Vec<String> {
        let program = std::env::current_exe().unwrap_or_else(|_| "camille".into());
        let bruno = self.dir.join("bruno");
        let pids: Vec<_> = self.pids.iter().map(ToString::to_string).collect();
        // A PeerId is the SHA-256 of the public key, which is what curl pins.
        let pin = STANDARD.encode(self.ana.as_bytes());
        let curl = format!(
            "curl -sk --pinnedpubkey 'sha256//{pin}' -H 'X-API-Key: {}' 'https://{}/api/v1",
            self.key, self.address
        );
        vec![
            "ask ana's bank (-k: her pinned key says more than any authority could):".into(),
            format!("  {curl}/search?q=migration+lock&limit=3'"),
            "be bruno:".into(),
            format!(
                "  HOME={bruno} CAMILLE_HOME={bruno}/.camille {program} search migration lock",
                bruno = bruno.display(),
                program = program.display()
            ),
            "end it:".into(),
            format!("  kill -9 {} && rm -r {}", pids.join(" "), self.dir.display()),
        ]
    }
}
