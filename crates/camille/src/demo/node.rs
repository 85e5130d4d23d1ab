//! A node of the demo: a process of this very program, with a home of its own and no environment. It is
//! killed when dropped, whatever happens.

use anyhow::{Context, bail};
use camille_client::NodeClient;
use camille_proto::local::{IndexReport, IndexRequest, NodeStatus};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a node may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(10);
/// How much of what a failed node said is shown, in lines.
const COMPLAINT_LINES: usize = 4;

/// One of the two nodes.
pub(super) struct DemoNode {
    name: &'static str,
    home: PathBuf,
    address: SocketAddr,
    client: NodeClient,
    child: Option<Child>,
}

impl DemoNode {
    /// Starts a node called `name` for the person whose home this is, and waits until it answers.
    pub(super) async fn start(name: &'static str, home: PathBuf) -> anyhow::Result<Self> {
        let client = NodeClient::unix(home.join(".camille/run/camille.sock"));
        let mut node = Self { name, home, address: free_address()?, client, child: None };
        node.resume().await?;
        Ok(node)
    }

    /// Starts the process, for the first time or again, at the same address.
    pub(super) async fn resume(&mut self) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let said = std::fs::File::create(self.said())
            .with_context(|| format!("cannot write {}", self.said().display()))?;
        let address = self.address.to_string();
        let child = Command::new(program)
            .arg("up")
            .env_clear()
            .env("HOME", &self.home)
            .env("CAMILLE_HOME", self.camille_home())
            .env("CAMILLE_NODE_NAME", self.name)
            .env("CAMILLE_NODE_USER", self.name)
            .env("CAMILLE_NODE_BIND", &address)
            // The demo asks the same again to see what has changed.
            .env("CAMILLE_MESH_CACHE_TTL_S", "0")
            .env("CAMILLE_NODE_ADVERTISE", &address)
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            // Ctrl-C is for the demo, which then stops its nodes itself.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}'s node", self.name))?;
        self.child = Some(child);
        self.wait_until_it_answers().await
    }

    async fn wait_until_it_answers(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        loop {
            let Err(error) = self.client.node_status().await else { return Ok(()) };
            if let Some(status) = self.ended()? {
                bail!("{}'s node ended at once ({status}): {}", self.name, self.complaint());
            }
            if started.elapsed() > PATIENCE {
                bail!("{}'s node does not answer: {error}; {}", self.name, self.complaint());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Asks the node to end, and waits until it has.
    pub(super) async fn stop(&mut self) -> anyhow::Result<()> {
        self.client
            .shutdown()
            .await
            .with_context(|| format!("cannot stop {}'s node", self.name))?;
        let started = Instant::now();
        while self.ended()?.is_none() {
            if started.elapsed() > PATIENCE {
                bail!("{}'s node does not end", self.name);
            }
            tokio::time::sleep(GLANCE).await;
        }
        self.child = None;
        Ok(())
    }

    /// `kill -9`.
    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It fails only when the process has ended already, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Reads all transcripts in this home, to the end.
    pub(super) async fn index(&self) -> anyhow::Result<IndexReport> {
        let everything = IndexRequest { defaults: true, ..IndexRequest::default() };
        let report = self.client.index(&everything, |_| {}).await;
        report.with_context(|| format!("{}'s sessions cannot be indexed", self.name))
    }

    /// How the node is.
    pub(super) async fn status(&self) -> anyhow::Result<NodeStatus> {
        let status = self.client.node_status().await;
        status.with_context(|| format!("{}'s node does not say how it is", self.name))
    }

    /// The way to ask it, as its owner.
    pub(super) fn owner(&self) -> &NodeClient {
        &self.client
    }

    /// The person's home.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// The node's own directory.
    pub(super) fn camille_home(&self) -> PathBuf {
        self.home.join(".camille")
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Lets the process live on without the demo.
    pub(super) fn release(&mut self) {
        self.child = None;
    }

    fn ended(&mut self) -> anyhow::Result<Option<std::process::ExitStatus>> {
        let Some(child) = &mut self.child else { return Ok(None) };
        child.try_wait().with_context(|| format!("cannot look after {}'s node", self.name))
    }

    fn said(&self) -> PathBuf {
        self.home.join("node.stderr")
    }

    /// The last it said.
    fn complaint(&self) -> String {
        let said = std::fs::read_to_string(self.said()).unwrap_or_default();
        let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return "it said nothing".into();
        }
        lines[lines.len().saturating_sub(COMPLAINT_LINES)..].join(" / ")
    }
}

impl Drop for DemoNode {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port of 127.0.0.1 that nobody uses. Somebody may take it before the node does: then the node says so.
fn free_address() -> anyhow::Result<SocketAddr> {
    let cannot = "no free port on 127.0.0.1";
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context(cannot)?;
    listener.local_addr().context(cannot)
}
