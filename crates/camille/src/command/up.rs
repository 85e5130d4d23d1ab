//! `camille up`: runs the node until it is told to stop.

use super::Context;
use crate::config::{self, Config};
use crate::failure::{Exit, Failure};
use crate::journal;
use crate::output::board::{Board, Screen};
use crate::output::{Terminal, count, moment as when, plain};
use crate::session;
use camille_client::NodeClient;
use camille_node::{Mode, Node, Ready};
use camille_proto::local::{AuditEntry, AuditQuery, NodeStatus, PeerView};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often it is looked at how the node is.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How far back accesses are looked for: further than one look takes.
const LOOK_BACK: SignedDuration = SignedDuration::from_secs(60);
/// The most accesses that one look takes in.
const ACCESSES_MAX: u32 = 200;

/// Run your node: it keeps the bank fresh and answers your peers
///
/// Stays in the foreground until Ctrl-C. A node that never made an invite, a join or a key opens no port to
/// the network. On a terminal it shows how it is and what happens; elsewhere it prints a line for what happens, without
/// the words of questions. What it does stands in logs/camille.log.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The port to try first [default: node.port]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,

    /// Where to listen: address:port, or an address (may be repeated) [default: node.bind]
    #[arg(long, value_name = "ADDRESS")]
    bind: Vec<String>,
}

/// Runs the command.
pub(crate) async fn run(args: Args, context: &mut Context) -> Result<Exit, Failure> {
    if let Some(port) = args.port {
        context.flags.set.push(("node.port".into(), port.to_string()));
    }
    if !args.bind.is_empty() {
        context.flags.set.push(("node.bind".into(), args.bind.join(",")));
    }
    let config = context.config()?;
    check_socket(&config)?;
    if let Some(client) = session::running(&config).await {
        return Err(already(&client).await);
    }
    journal::to_file(&config, &context.environment)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "starting");
    let mut stop = Stop::listen()?;
    let node = Node::open(config.settings().clone(), Mode::Service).await?;
    let client = NodeClient::in_process(node.local_router());
    if context.terminal.rows.is_none() {
        print_bank(&mut context.terminal, &client).await?;
    }

    serve(node, client, &config, &mut context.terminal, &mut stop).await?;
    tracing::info!("stopped");
    // Whoever read it may have gone before.
    let _ = context.terminal.note("stopped");
    Ok(Exit::Done)
}

/// Serves until a signal or the owner's request ends it.
async fn serve(
    node: Node,
    client: NodeClient,
    config: &Config,
    terminal: &mut Terminal,
    stop: &mut Stop,
) -> Result<(), Failure> {
    let shutdown = CancellationToken::new();
    let (tell, told) = oneshot::channel();
    let ready = |ready: &Ready| {
        tracing::info!(addresses = ?ready.addresses, socket = %ready.socket.display(), "ready");
        // Nobody who listens has gone before the node.
        let _ = tell.send(ready.clone());
    };
    let mut serving = std::pin::pin!(node.serve(shutdown.clone(), ready));
    {
        let mut showing = std::pin::pin!(show(client, config, terminal, told));
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = stop.asked() => shutdown.cancel(),
            () = &mut showing => {}
        }
    }
    if !shutdown.is_cancelled() {
        // A terminal that has gone away is no reason for a node to stop.
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            () = stop.asked() => shutdown.cancel(),
        }
    }
    tokio::select! {
        ended = &mut serving => Ok(ended?),
        // Whoever asks twice does not want to wait. What was acknowledged is safe.
        () = stop.asked() => Ok(()),
    }
}

/// Shows how the node is, for as long as somebody can see it.
async fn show(
    client: NodeClient,
    config: &Config,
    terminal: &mut Terminal,
    ready: oneshot::Receiver<Ready>,
) {
    let Ok(ready) = ready.await else { return };
    let mut view = View::of(terminal, &ready);
    if view.screen.is_none() && print_ready(terminal, config, &ready).is_err() {
        return;
    }
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Timestamp::now();
    let mut last = None;
    loop {
        ticks.tick().await;
        // A node that is busy is looked at again; one that is gone ends this with the rest.
        if let Ok(seen) = look(&client, began, &mut last).await
            && view.take(terminal, config, seen).is_err()
        {
            return;
        }
    }
}

/// How the node is now, and what was asked of it since the last time.
async fn look(
    client: &NodeClient,
    began: Timestamp,
    last: &mut Option<u64>,
) -> Result<(NodeStatus, Vec<PeerView>, Vec<AuditEntry>), Failure> {
    let status = client.glance().await?;
    let peers = client.peers().await?;
    // Of a long log only the end is read.
    let since = Timestamp::now().checked_sub(LOOK_BACK).unwrap_or(began).max(began);
    let wanted =
        AuditQuery { since: Some(since), after: *last, ..AuditQuery::newest(ACCESSES_MAX) };
    let mut accesses = client.audit(&wanted).await?;
    accesses.sort_by_key(|entry| entry.seq);
    *last = accesses.last().map(|entry| entry.seq).or(*last);
    Ok((status, peers, accesses))
}

/// What is shown, and where.
struct View {
    board: Board,
    /// Absent: lines only.
    screen: Option<Screen>,
}

impl View {
    fn of(terminal: &Terminal, ready: &Ready) -> Self {
        let mut board = Board::default();
        board.not_listening(ready.not_listening.clone());
        Self { board, screen: terminal.rows.map(|_| Screen::new()) }
    }

    fn take(
        &mut self,
        terminal: &mut Terminal,
        config: &Config,
        (status, peers, accesses): (NodeStatus, Vec<PeerView>, Vec<AuditEntry>),
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let news = self.board.update(now, status, &peers, &accesses);
        let Some(screen) = &mut self.screen else {
            for event in news {
                terminal.line(format!("{}  {}", when::date_time(now), event.told))?;
            }
            return terminal.flush();
        };
        let (width, rows) = screen.size();
        let log = config.log_file().display().to_string();
        screen.draw(self.board.lines(&log, width.max(1), rows.max(1), terminal.paint))?;
        Ok(())
    }
}

/// The signals that ask a process to end.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

fn check_socket(config: &Config) -> Result<(), Failure> {
    let socket = &config.settings().node.socket;
    if config::socket::too_long(socket) {
        return Err(Failure::not_set_up("the path of camille's home is too long for a socket")
            .because(format!(
                "{}, and XDG_RUNTIME_DIR is not set or no directory that only you can write to",
                socket.display()
            ))
            .hint("a shorter CAMILLE_HOME, or set XDG_RUNTIME_DIR"));
    }
    Ok(())
}

async fn already(client: &NodeClient) -> Failure {
    let failure = Failure::new(Exit::Busy, "a node already runs on this home");
    match client.node_status().await.ok().and_then(|status| status.pid) {
        Some(pid) => failure.because(format!("it is process {pid}")).hint("camille status"),
        None => failure.hint("camille status"),
    }
}

async fn print_bank(terminal: &mut Terminal, client: &NodeClient) -> Result<(), Failure> {
    let status = client.node_status().await?;
    let bank = &status.bank;
    terminal.line(format!("{} · {}", plain::one_line(&status.name), status.peer_id.short()))?;
    terminal.line(match bank.documents {
        0 => "  bank    empty; reading your transcripts now".into(),
        all => {
            format!("  bank    {} in {}", count(all, "document"), count(bank.sessions, "session"))
        }
    })?;
    let shared = match status.shared_projects {
        0 => "nothing (`camille projects share PATTERN`)".into(),
        some => count(some.into(), "project"),
    };
    terminal.line(format!("  shared  {shared}"))
}

fn print_ready(terminal: &mut Terminal, config: &Config, ready: &Ready) -> Result<(), Failure> {
    if let Some(reason) = &ready.not_listening {
        terminal.line(format!("  network NOT listening for peers: {}", plain::one_line(reason)))?;
        terminal
            .line("          free that address or set another `node.port`; it is tried again")?;
    } else if ready.addresses.is_empty() {
        terminal.line("  network local only until you invite someone (`camille invite`)")?;
    } else {
        let addresses: Vec<String> = ready.addresses.iter().map(ToString::to_string).collect();
        terminal.line(format!("  network listens on {}", addresses.join(", ")))?;
    }
    terminal.line(format!("  log     {}", config.log_file().display()))?;
    terminal.line("running; Ctrl-C stops it")?;
    terminal.flush()
}
