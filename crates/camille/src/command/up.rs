//! `camille up`: runs the node until it is told to stop.

use super::Context;
use crate::config::{self, Config};
use crate::failure::{Exit, Failure};
use crate::journal;
use crate::output::{Terminal, count, plain};
use crate::session;
use camille_client::NodeClient;
use camille_node::{Mode, Node, Ready};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Run your node: it keeps the bank fresh and answers your peers
///
/// Stays in the foreground until Ctrl-C. A node that never made an invite, a join or a key opens no port to
/// the network. What it does stands in logs/camille.log.
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
    print_bank(&mut context.terminal, &node).await?;

    serve(node, &config, &mut context.terminal, &mut stop).await?;
    tracing::info!("stopped");
    context.terminal.note("stopped")?;
    Ok(Exit::Done)
}

/// Serves until a signal or the owner's request ends it.
async fn serve(
    node: Node,
    config: &Config,
    terminal: &mut Terminal,
    stop: &mut Stop,
) -> Result<(), Failure> {
    let shutdown = CancellationToken::new();
    let ready = |ready: &Ready| {
        tracing::info!(addresses = ?ready.addresses, socket = %ready.socket.display(), "ready");
        // A terminal that has gone away is no reason for a node to stop.
        let _ = print_ready(terminal, config, ready);
    };
    let mut serving = std::pin::pin!(node.serve(shutdown.clone(), ready));
    tokio::select! {
        ended = &mut serving => return Ok(ended?),
        () = stop.asked() => shutdown.cancel(),
    }
    tokio::select! {
        ended = &mut serving => Ok(ended?),
        // Whoever asks twice does not want to wait. What was acknowledged is safe.
        () = stop.asked() => Ok(()),
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

async fn print_bank(terminal: &mut Terminal, node: &Node) -> Result<(), Failure> {
    let client = NodeClient::in_process(node.local_router());
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
        some => format!("{} of {}", some, count(bank.projects, "project")),
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
