//! Taking ports and the socket's path. It never takes a port that the user did not mean: explicit
//! addresses are taken as they are or not at all.

use crate::settings::NodeSettings;
use socket2::{Domain, Protocol, Socket, Type};
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, UnixListener};

/// How many ports after the configured one are tried.
const PORTS_AHEAD: u16 = 20;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Ports that are ours.
#[derive(Debug)]
pub struct Bound {
    /// One for each address.
    pub listeners: Vec<TcpListener>,
    /// The port of the first.
    pub port: u16,
}

/// Why a port or a socket is not ours.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// An address that the user named is not to be had.
    #[error("cannot listen on {address}")]
    Address {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Neither the configured port nor one of those after it is to be had.
    #[error("cannot listen on any port from {first} to {last}")]
    Ports {
        /// The configured one.
        first: u16,
        /// The last that was tried.
        last: u16,
        /// Why not on the last.
        #[source]
        source: io::Error,
    },
    /// No address was named to listen on.
    #[error("no address to listen on")]
    Nothing,
    /// Another node has this socket.
    #[error("a node is already running at {}", path.display())]
    Running {
        /// The socket.
        path: PathBuf,
    },
    /// The socket cannot be made.
    #[error("cannot listen on {}", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BindError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Address { .. } | Self::Ports { .. } => {
                Some("set another `port` or `bind` in the [node] section of config.toml")
            }
            Self::Nothing => Some("remove `bind` from config.toml, or name an address"),
            Self::Running { .. } => Some("`camille status` shows it"),
            Self::Socket { .. } => Some("check who owns the directory; its path may be too long"),
        }
    }
}

/// Takes the node's ports: its `bind` addresses, else the configured port, or the next free one, on all
/// IPv4 and IPv6 addresses. A machine without IPv6, or without IPv4, does with the other.
///
/// Needs a tokio runtime with I/O.
///
/// # Errors
/// [`BindError`], with what was tried.
pub fn bind(settings: &NodeSettings) -> Result<Bound, BindError> {
    let listeners = match &settings.bind {
        Some(addresses) => bind_named(addresses)?,
        None => bind_everywhere(settings.port)?,
    };
    let port = listeners.first().and_then(|first| first.local_addr().ok()).map(|a| a.port());
    port.map(|port| Bound { listeners, port }).ok_or(BindError::Nothing)
}

fn bind_named(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, BindError> {
    // `::` alone means everything; beside an IPv4 address it means IPv6.
    let v6_only = addresses.iter().any(SocketAddr::is_ipv4);
    let each = addresses.iter().map(|&address| {
        listen(address, v6_only).map_err(|source| BindError::Address { address, source })
    });
    each.collect()
}

fn bind_everywhere(first: u16) -> Result<Vec<TcpListener>, BindError> {
    let mut last = first;
    loop {
        match bind_both(last) {
            Ok(listeners) => return Ok(listeners),
            Err(source) => {
                let more = last < first.saturating_add(PORTS_AHEAD);
                if source.kind() != ErrorKind::AddrInUse || !more || first == 0 {
                    return Err(BindError::Ports { first, last, source });
                }
                last += 1;
            }
        }
    }
}

/// The same port on all IPv4 and all IPv6 addresses; 0 is any port.
fn bind_both(port: u16) -> io::Result<Vec<TcpListener>> {
    let v4 = listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), true);
    let port = match &v4 {
        Ok(listener) => listener.local_addr()?.port(),
        Err(_) => port,
    };
    let v6 = listen(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), true);
    match (v4, v6) {
        (Ok(v4), Ok(v6)) => Ok(vec![v4, v6]),
        (Err(error), _) | (_, Err(error)) if error.kind() == ErrorKind::AddrInUse => Err(error),
        (Ok(one), Err(error)) | (Err(error), Ok(one)) => {
            tracing::debug!(%error, "listening on one version of IP only");
            Ok(vec![one])
        }
        (Err(error), Err(_)) => Err(error),
    }
}

fn listen(address: SocketAddr, v6_only: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(v6_only)?;
    }
    // A node that restarts takes its port back although old connections have not faded yet.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

/// Makes the owner's socket, mode 0600, and its directory if there is none. What a dead node left
/// behind is removed; a living one's stays.
///
/// # Errors
/// [`BindError::Running`] and [`BindError::Socket`].
pub fn bind_unix(path: &Path) -> Result<UnixListener, BindError> {
    let wrong = |source| BindError::Socket { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(wrong)?;
    }
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            if std::os::unix::net::UnixStream::connect(path).is_ok() {
                return Err(BindError::Running { path: path.to_owned() });
            }
            fs::remove_file(path).and_then(|()| UnixListener::bind(path))
        }
        outcome => outcome,
    };
    let listener = listener.map_err(wrong)?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(wrong)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn settings(port: u16, bind: Option<Vec<SocketAddr>>) -> NodeSettings {
        let mut node = Settings::new(PathBuf::from("/nowhere"), "ana".into()).node;
        node.port = port;
        node.bind = bind;
        node
    }

    #[tokio::test]
    async fn a_taken_port_is_passed_over() {
        let first = bind(&settings(0, None)).expect("a port");
        let second = bind(&settings(first.port, None)).expect("a port");
        assert!((first.port + 1..=first.port + PORTS_AHEAD).contains(&second.port));
        for listener in &second.listeners {
            assert_eq!(listener.local_addr().expect("address").port(), second.port);
        }
    }

    #[tokio::test]
    async fn a_port_taken_by_ipv4_alone_is_taken() {
        let other = TcpListener::bind("0.0.0.0:0").await.expect("a port");
        let port = other.local_addr().expect("address").port();
        let bound = bind(&settings(port, None)).expect("a port");
        assert_ne!(bound.port, port);
    }

    #[tokio::test]
    async fn named_addresses_are_taken_or_refused() {
        let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let bound = bind(&settings(1, Some(vec![any]))).expect("a port");
        assert_eq!(bound.listeners.len(), 1);
        let address = bound.listeners[0].local_addr().expect("address");
        assert_eq!(address.port(), bound.port);
        let error = bind(&settings(1, Some(vec![address]))).expect_err("taken");
        assert!(matches!(error, BindError::Address { .. }), "{error}");
        assert!(matches!(bind(&settings(1, Some(Vec::new()))), Err(BindError::Nothing)));
    }

    #[tokio::test]
    async fn a_dead_nodes_socket_is_replaced_and_a_living_ones_is_not() {
        let home = tempfile::tempdir().expect("tempdir");
        let path = home.path().join("run/camille.sock");
        let living = bind_unix(&path).expect("a socket");
        let mode = fs::metadata(&path).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(bind_unix(&path), Err(BindError::Running { .. })));
        drop(living);
        assert!(path.exists());
        bind_unix(&path).expect("replaced");
    }
}
