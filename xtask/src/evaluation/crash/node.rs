//! A real node in a process of its own, which is killed without warning.

use anyhow::{Context, Result, bail, ensure};
use camille_client::NodeClient;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a node may take to answer before that counts as never.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// The binary to run: the given one, or what `cargo build --release` makes.
pub(crate) fn binary(given: Option<&Path>) -> Result<PathBuf> {
    let binary = given.map_or_else(|| "target/release/camille".into(), Path::to_owned);
    ensure!(binary.is_file(), "{} is missing: cargo build --release", binary.display());
    Ok(binary)
}

/// Makes the home of a node that listens on loopback only, at another port with each start: the last one may not be
/// free yet. `more`: what else it is told, TOML.
pub(crate) fn prepare(home: &Path, more: &str) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(home)?;
    let config = "[node]\nbind = [\"127.0.0.1:0\"]\n[discovery]\nenabled = false\n";
    std::fs::write(home.join("config.toml"), format!("{config}{more}"))?;
    Ok(())
}

/// A running node.
pub(crate) struct RunningNode {
    process: Child,
    client: NodeClient,
}

impl RunningNode {
    /// Starts the node of this folder and waits until it answers.
    pub(crate) async fn start(binary: &Path, folder: &Path) -> Result<Self> {
        let home = folder.join("home");
        let socket = home.join("run/camille.sock");
        let process = Command::new(binary)
            .arg("up")
            .env_clear()
            .env("HOME", folder)
            .env("CAMILLE_HOME", &home)
            .env("CLAUDE_CONFIG_DIR", folder.join("claude"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .context("start the node")?;
        let mut node = Self { process, client: NodeClient::unix(&socket) };
        let answers = async {
            while node.client.info().await.is_err() {
                if let Some(status) = node.process.try_wait()? {
                    bail!("the node ended by itself: {status}");
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            Ok(())
        };
        tokio::time::timeout(STARTS_WITHIN, answers).await.context("the node never answered")??;
        Ok(node)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id().unwrap_or_default()
    }

    pub(crate) const fn client(&self) -> &NodeClient {
        &self.client
    }

    /// Lets the work go on for `delay`, then kills the node. The work's result if it ended before.
    pub(crate) async fn kill_during<T>(
        &mut self,
        delay: Duration,
        work: impl Future<Output = T>,
    ) -> Result<Option<T>> {
        let ended = tokio::time::timeout(delay, work).await.ok();
        self.kill().await?;
        Ok(ended)
    }

    pub(crate) async fn kill(&mut self) -> Result<()> {
        // SIGKILL, and waits until the process is gone.
        self.process.kill().await.context("kill the node")
    }
}
