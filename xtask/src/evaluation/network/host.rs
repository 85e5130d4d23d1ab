//! A host with a real node on it. The node's Unix socket is reached from outside, whatever its network is.

use super::lan::Lan;
use anyhow::{Context, Result, bail};
use camille_client::NodeClient;
use camille_proto::id::PeerId;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a node may take to answer before that counts as never.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

pub(crate) struct Host {
    name: String,
    command: Box<dyn Fn() -> Command>,
    socket: PathBuf,
    node: Option<Child>,
    peer_id: Option<PeerId>,
    client: NodeClient,
}

impl Host {
    pub(crate) fn new(lan: &Lan, place: usize, binary: &Path, folder: &Path) -> Result<Self> {
        let home = folder.join(place.to_string());
        std::fs::create_dir_all(home.join("user"))?;
        let socket = home.join("camille/run/camille.sock");
        // What `ip netns exec` is told, to be said again at each start.
        let template = lan.command(place, binary);
        let arguments: Vec<_> = template.as_std().get_args().map(ToOwned::to_owned).collect();
        let name = format!("n{place}");
        let own = name.clone();
        let command = move || {
            let mut command = Command::new("ip");
            command
                .args(&arguments)
                .arg("up")
                .env_clear()
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
                .env("HOME", home.join("user"))
                .env("CAMILLE_HOME", home.join("camille"))
                .env("CAMILLE_NODE_NAME", &own)
                .env("CAMILLE_NODE_USER", &own)
                .env("CAMILLE_LIMITS_FORWARD_PER_MINUTE", "10000")
                // What was answered before says nothing of who is there now.
                .env("CAMILLE_MESH_CACHE_TTL_S", "0")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true);
            command
        };
        let client = NodeClient::unix(&socket);
        Ok(Self { name, command: Box::new(command), socket, node: None, peer_id: None, client })
    }

    /// The process of its node.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.node.as_ref().and_then(Child::id)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn peer_id(&self) -> PeerId {
        self.peer_id.unwrap_or(PeerId::from_bytes([0; 32]))
    }

    pub(crate) const fn client(&self) -> &NodeClient {
        &self.client
    }

    /// Starts the node and waits until it answers.
    pub(crate) async fn start(&mut self) -> Result<()> {
        let mut node = (self.command)().spawn().context("start a node")?;
        let client = self.client.clone();
        let answers = async {
            loop {
                if let Ok(info) = client.info().await {
                    return Ok(info.peer_id);
                }
                if let Some(status) = node.try_wait()? {
                    bail!("the node ended by itself: {status}");
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let peer_id = tokio::time::timeout(STARTS_WITHIN, answers).await??;
        self.peer_id = Some(peer_id);
        self.node = Some(node);
        Ok(())
    }

    /// Stops it as its owner would.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.client.shutdown().await?;
        if let Some(mut node) = self.node.take() {
            node.wait().await?;
        }
        Ok(())
    }

    /// Kills it without warning.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        if let Some(mut node) = self.node.take() {
            // `ip netns exec` becomes the node, so this is its process.
            node.kill().await?;
        }
        let _ = std::fs::remove_file(&self.socket);
        Ok(())
    }

    /// Whether it has found the node that is called so.
    pub(crate) async fn sees(&self, name: &str) -> Result<bool> {
        let wanted = format!("-{name}");
        let found = self.client.discover(Some(Duration::from_millis(1))).await?;
        Ok(found.peers.iter().any(|peer| peer.name.ends_with(&wanted)))
    }
}
