//! The node a command talks to: the running one, over its Unix socket, else one opened in this process
//! for as long as the command takes.
//!
//! Either way the command sees a [`NodeClient`], so nothing has two implementations.

use crate::config::{self, Config};
use crate::failure::{Exit, Failure, causes};
use crate::output::plain;
use camille_client::{ClientError, NodeClient};
use camille_node::identity::IdentityError;
use camille_node::{Mode, Node, NodeError};
use camille_proto::problem::Problem;
use std::time::Duration;

/// How long the own node may take to say who it is.
const NODE_ANSWERS_WITHIN: Duration = Duration::from_secs(3);

/// An open way to a node.
pub(crate) struct Session {
    client: NodeClient,
    node: Option<Node>,
}

impl Session {
    /// The same for a command that only looks at what is there, or asks: it begins no node.
    ///
    /// # Errors
    /// As [`expect_home`] and [`Session::open`].
    pub(crate) async fn look(config: &Config) -> Result<Self, Failure> {
        expect_home(config)?;
        Self::open(config).await
    }

    /// The running node, if one answers on the socket, else one in this process.
    ///
    /// # Errors
    /// The home cannot be used.
    pub(crate) async fn open(config: &Config) -> Result<Self, Failure> {
        if let Some(client) = running(config).await {
            // A node that hangs still lets one connect: ask it something easy before waiting for more.
            client.clone().with_deadline(NODE_ANSWERS_WITHIN).info().await?;
            return Ok(Self { client, node: None });
        }
        let node = Node::open(config.settings().clone(), Mode::Command).await?;
        Ok(Self { client: NodeClient::in_process(node.local_router()), node: Some(node) })
    }

    /// The node.
    pub(crate) const fn client(&self) -> &NodeClient {
        &self.client
    }

    /// Whether a long-running node answers.
    pub(crate) const fn running(&self) -> bool {
        self.node.is_none()
    }

    /// Ends what was opened for this command.
    pub(crate) async fn close(self) {
        if let Some(node) = self.node {
            node.close().await;
        }
    }
}

/// Whether a command that only looks, or asks, may open this home: one that somebody named and that is not there may
/// be misspelt, and a node made there would answer that nothing is known.
///
/// # Errors
/// The home was named and is not there.
pub(crate) fn expect_home(config: &Config) -> Result<(), Failure> {
    let Some(named_by) = config.home_named_by().filter(|_| !config.home.exists()) else {
        return Ok(());
    };
    let home = plain::one_line(&config.home.display().to_string());
    let because =
        format!("the directory that {named_by} names is not there, and this command makes none");
    Err(Failure::not_set_up(format!("there is no node at {home}"))
        .because(because)
        .hint(format!("look at its spelling; for a new node there: camille --home {home} up")))
}

/// The node that listens on this home's socket, if there is one.
pub(crate) async fn running(config: &Config) -> Option<NodeClient> {
    let socket = &config.settings().node.socket;
    if config::socket::too_long(socket) {
        return None;
    }
    // A socket file that nobody listens on is a leftover: connecting tells.
    tokio::net::UnixStream::connect(socket).await.ok()?;
    Some(NodeClient::unix(socket))
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let failure = match &error {
            ClientError::Problem(problem) => return of_problem(problem),
            ClientError::NoNode { .. }
            | ClientError::Timeout { .. }
            | ClientError::Broken { .. } => {
                Self::new(Exit::Busy, "the running node did not answer")
                    .hint("look into its log, logs/camille.log; or stop it and try again")
            }
            ClientError::NotOwn { .. } => {
                Self::not_set_up("somebody else listens on the socket of your node")
                    .hint("use a home of your own (CAMILLE_HOME), or run it as that user")
            }
            ClientError::Protocol { .. } => {
                Self::not_set_up("the running node is of another version than this command")
                    .hint("stop `camille up` and start it again")
            }
            ClientError::TooLarge { .. } => {
                Self::usage("the answer is too large").hint("ask for less with --limit")
            }
            _ => Self::new(Exit::Bug, "camille could not ask its own node"),
        };
        let cause = causes(&error).map_or(error.to_string(), |cause| format!("{error}: {cause}"));
        failure.because(cause)
    }
}

/// The failure that a node answered with.
fn of_problem(problem: &Problem) -> Failure {
    let exit = match problem.status {
        401 | 403 | 502 | 504 => Exit::NoAnswer,
        423 | 429 | 503 => Exit::Busy,
        424 | 507 => Exit::NotSetUp,
        400..=499 => Exit::Usage,
        _ => Exit::Bug,
    };
    let mut failure = Failure::new(exit, &problem.error);
    if let Some(detail) = problem.detail.as_ref().filter(|detail| **detail != problem.error) {
        failure = failure.because(detail);
    }
    match (&problem.hint, problem.retry_after) {
        (Some(hint), _) => failure.hint(hint),
        (None, Some(seconds)) => failure.hint(format!("again in {seconds} s")),
        (None, None) => failure,
    }
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        if let Some(problem) = error.problem() {
            return of_problem(&problem);
        }
        let message = error.to_string();
        let failure = match &error {
            NodeError::Running { pid: Some(pid), .. } => {
                Self::new(Exit::Busy, message).because(format!("process {pid} holds it"))
            }
            NodeError::Running { .. } => Self::new(Exit::Busy, message),
            _ => Self::not_set_up(message),
        };
        let failure = match causes(&error) {
            Some(cause) => failure.because(cause),
            None => failure,
        };
        let hint = match &error {
            NodeError::Identity(cause) => {
                cause.downcast_ref().and_then(|cause: &IdentityError| cause.hint())
            }
            _ => None,
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
