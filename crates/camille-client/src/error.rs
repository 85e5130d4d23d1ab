//! What can go wrong when a node is asked, and what to do about it.
//!
//! Nothing here holds a key or a question. Texts in a [`Problem`] come from the other node and are
//! not to be trusted: whoever prints them strips control characters first.

use camille_proto::answer::Outcome;
use camille_proto::id::PeerId;
use camille_proto::problem::Problem;
use std::path::PathBuf;
use std::time::Duration;

/// Any error, for sources whose type is somebody else's business.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// One address that was tried, and why it was of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedAttempt {
    /// The address, as far as it was known: `host:port`.
    pub address: String,
    /// Why it failed, in words.
    pub reason: String,
}

/// Why a node could not be asked, or what it answered instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The node answered with an error.
    #[error("{}", problem_text(.0))]
    Problem(Box<Problem>),
    /// No node listens on the Unix socket.
    #[error("no node is running at {}", socket.display())]
    NoNode {
        /// The socket.
        socket: PathBuf,
        /// What connecting said.
        #[source]
        source: std::io::Error,
    },
    /// What listens on the Unix socket is another user's: nothing was said to it.
    #[error("the node at {} is another user's (uid {uid})", socket.display())]
    NotOwn {
        /// The socket.
        socket: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// No address of this peer is known.
    #[error("no address of peer {} is known", peer.short())]
    NoAddress {
        /// The peer.
        peer: PeerId,
    },
    /// None of the peer's addresses answered.
    #[error("could not reach peer {}: {}", peer.short(), attempts_text(attempts))]
    Unreachable {
        /// The peer.
        peer: PeerId,
        /// What was tried.
        attempts: Vec<FailedAttempt>,
    },
    /// Somebody with another key answered at the peer's address. Nothing was sent to it.
    #[error("{address} is not the expected node: expected {expected}, found {presented}")]
    PinMismatch {
        /// Who was expected.
        expected: PeerId,
        /// Who answered.
        presented: PeerId,
        /// Whether an authority that this node trusts says that the certificate is theirs.
        vouched: bool,
        /// Where.
        address: String,
    },
    /// Somebody showed the peer's certificate without holding its key. Nothing was sent to it.
    #[error("{address} showed the certificate of {peer} but does not hold its key")]
    NotProven {
        /// Whose certificate was shown.
        peer: PeerId,
        /// Where.
        address: String,
    },
    /// The peer's certificate cannot be used. Nothing was sent to it.
    #[error("the certificate of peer {} at {address} {reason}", peer.short())]
    Certificate {
        /// The peer.
        peer: PeerId,
        /// Where.
        address: String,
        /// What is wrong, in words.
        reason: String,
    },
    /// There was no whole answer in time.
    #[error("no answer within {} ms", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// The answer is larger than is accepted.
    #[error("the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not what this protocol says.
    #[error("not an answer of a camille node: {reason}")]
    Protocol {
        /// In what way.
        reason: String,
    },
    /// The connection broke before the answer was complete.
    #[error("the connection broke before the answer was complete")]
    Broken {
        /// What the connection said.
        #[source]
        source: BoxError,
    },
    /// This node's own certificate and key cannot be used.
    #[error("cannot use this node's own certificate and key")]
    Identity {
        /// What is wrong with them.
        #[source]
        source: rustls::Error,
    },
    /// The question cannot be put into a request.
    #[error("cannot build the request")]
    Request {
        /// What is wrong with it.
        #[source]
        source: BoxError,
    },
}

impl ClientError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Problem(problem) => return problem_hint(problem),
            Self::NoNode { .. } => "start it with `camille up`",
            Self::NotOwn { .. } => "use a home of your own (CAMILLE_HOME), or run it as that user",
            Self::NoAddress { .. } => {
                "ask your teammate for a new invite, or for the address of their machine"
            }
            Self::Unreachable { .. } => "is the other machine on, and in the same network?",
            Self::PinMismatch { .. } => {
                "another machine may have taken that address; if your teammate set camille up anew, \
                 ask for a new invite"
            }
            Self::NotProven { .. } => {
                "somebody may be posing as your teammate in this network; nothing was sent, tell them"
            }
            Self::Certificate { .. } => "check the date and time of both machines",
            Self::Timeout { .. } => "try again, or allow more time with `--timeout`",
            Self::TooLarge { .. } => "ask for fewer hits with `--limit`",
            Self::Protocol { .. } => "check that both sides run a current camille",
            Self::Broken { .. } => "try again",
            Self::Identity { .. } => "look at the files in certs/ of this node's home",
            Self::Request { .. } => return None,
        };
        Some(text.to_owned())
    }

    /// What this says about a peer in an answer's report.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Problem(problem) => match problem.status {
                401 | 403 => Outcome::Denied,
                429 => Outcome::RateLimited,
                _ => Outcome::Failed,
            },
            Self::Timeout { .. } => Outcome::TimedOut,
            _ => Outcome::Failed,
        }
    }

    /// Whether the peer was not reached at all, so that asking it again later makes sense.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::NoNode { .. }
                | Self::NoAddress { .. }
                | Self::Unreachable { .. }
                | Self::Timeout { .. }
                | Self::Broken { .. }
        )
    }
}

fn problem_text(problem: &Problem) -> String {
    match &problem.detail {
        Some(detail) if *detail != problem.error => format!("{}: {detail}", problem.error),
        _ => problem.error.clone(),
    }
}

fn problem_hint(problem: &Problem) -> Option<String> {
    problem
        .hint
        .clone()
        .or_else(|| problem.retry_after.map(|seconds| format!("try again in {seconds} s")))
}

fn attempts_text(attempts: &[FailedAttempt]) -> String {
    let each: Vec<_> = attempts.iter().map(|a| format!("{} {}", a.address, a.reason)).collect();
    each.join("; ")
}
