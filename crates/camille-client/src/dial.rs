//! Finding a peer among its addresses: each address is tried as one unit of TCP, TLS and pin, they
//! race, and the first that ends at the right peer wins.
//!
//! An address that answers but is somebody else's loses the race and costs nothing but its own try.

use crate::error::{ClientError, FailedAttempt};
use crate::tls::{Refusal, server_name};
use camille_proto::PORT_DEFAULT;
use camille_proto::id::PeerId;
use camille_proto::place;
use futures_util::stream::{FuturesUnordered, StreamExt};
use rustls_pki_types::ServerName;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The most addresses that are tried for one connection. Peers send each other addresses; more than
/// this would make us somebody's port scanner.
const ADDRESSES_MAX: usize = 16;

/// A connection that has proved to end at the peer, and where it ends.
pub(crate) struct Dialled {
    pub(crate) stream: TlsStream<TcpStream>,
    pub(crate) address: SocketAddr,
}

/// Why there is no connection. It is cloned out of hyper's error.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DialError {
    /// All connections that this peer may have are in use.
    #[error("all connections to this peer are in use")]
    Busy,
    /// There was nothing to try.
    #[error("no address is known")]
    NoAddress,
    /// Every address failed.
    #[error("no address led to the peer")]
    Failed(Vec<(String, Refusal)>),
}

impl DialError {
    /// The same as an error about this peer. Somebody else's key at an address says most, so it is
    /// told first.
    pub(crate) fn about(self, peer: PeerId) -> ClientError {
        let attempts = match self {
            Self::Busy => {
                let reason = "all connections are in use".to_owned();
                let attempts = vec![FailedAttempt { address: server_name(&peer), reason }];
                return ClientError::Unreachable { peer, attempts };
            }
            Self::NoAddress => return ClientError::NoAddress { peer },
            Self::Failed(attempts) => attempts,
        };
        for (address, refusal) in &attempts {
            if *refusal == Refusal::NotProven {
                return ClientError::NotProven { peer, address: address.clone() };
            }
        }
        for (address, refusal) in &attempts {
            let address = address.clone();
            match refusal {
                Refusal::OtherKey { presented, vouched } => {
                    return ClientError::PinMismatch {
                        expected: peer,
                        presented: *presented,
                        vouched: *vouched,
                        address,
                    };
                }
                Refusal::Certificate(reason) => {
                    return ClientError::Certificate { peer, address, reason: reason.clone() };
                }
                Refusal::NotProven | Refusal::Failed(_) => {}
            }
        }
        let attempts = attempts
            .into_iter()
            .map(|(address, refusal)| FailedAttempt { address, reason: refusal.to_string() })
            .collect();
        ClientError::Unreachable { peer, attempts }
    }
}

/// Tries the addresses in their order, `stagger` apart or as soon as the one before has failed, until
/// one leads to the peer or `deadline` is over. Names are resolved beside the race.
pub(crate) async fn dial(
    tls: &Arc<rustls::ClientConfig>,
    peer: &PeerId,
    addresses: Vec<String>,
    stagger: Duration,
    deadline: Instant,
) -> Result<Dialled, DialError> {
    let mut race = Race::new(addresses);
    let mut tries = FuturesUnordered::new();
    let mut lookups: FuturesUnordered<_> = race.names.drain(..).map(look_up).collect();
    let mut next_at = Instant::now();
    if race.waiting.is_empty() && lookups.is_empty() {
        return Err(DialError::NoAddress);
    }
    loop {
        if race.waiting.is_empty() && tries.is_empty() && lookups.is_empty() {
            return Err(DialError::Failed(race.failed));
        }
        tokio::select! {
            biased;
            Some((address, outcome)) = tries.next() => match outcome {
                Ok(stream) => return Ok(Dialled { stream, address }),
                Err(refusal) => {
                    race.fail(address.to_string(), refusal);
                    race.running.retain(|running| *running != address);
                    next_at = Instant::now();
                }
            },
            Some((name, found)) = lookups.next() => race.resolved(name, found),
            () = tokio::time::sleep_until(next_at), if !race.waiting.is_empty() => {
                if let Some(address) = race.start() {
                    tries.push(attempt(Arc::clone(tls), *peer, address));
                    next_at = Instant::now() + stagger;
                }
            }
            () = tokio::time::sleep_until(deadline) => {
                for address in std::mem::take(&mut race.running) {
                    race.fail(address.to_string(), Refusal::Failed("did not answer in time".into()));
                }
                return Err(DialError::Failed(race.failed));
            }
        }
    }
}

/// What is still to be tried, what runs, and what was of no use.
struct Race {
    waiting: VecDeque<SocketAddr>,
    names: Vec<String>,
    running: Vec<SocketAddr>,
    started: usize,
    failed: Vec<(String, Refusal)>,
}

impl Race {
    fn new(addresses: Vec<String>) -> Self {
        let mut race = Self {
            waiting: VecDeque::new(),
            names: Vec::new(),
            running: Vec::new(),
            started: 0,
            failed: Vec::new(),
        };
        for text in addresses.into_iter().take(ADDRESSES_MAX) {
            match literal(&text) {
                Some(address) if race.waiting.contains(&address) => {}
                Some(address) => race.waiting.push_back(address),
                None => race.names.push(with_port(text)),
            }
        }
        race
    }

    fn start(&mut self) -> Option<SocketAddr> {
        let address = self.waiting.pop_front()?;
        if self.started == ADDRESSES_MAX {
            self.waiting.clear();
            return None;
        }
        self.started += 1;
        self.running.push(address);
        Some(address)
    }

    fn resolved(&mut self, name: String, found: std::io::Result<Vec<SocketAddr>>) {
        match found {
            Ok(addresses) => {
                // Whoever owns a name says where it leads, and may say: to this machine, or to its cloud's metadata.
                let host = name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host);
                let is_own = place::is_localhost(host);
                let usable = |at: &SocketAddr| is_own || place::is_elsewhere(at.ip());
                let (addresses, others): (Vec<_>, Vec<_>) = addresses.into_iter().partition(usable);
                if let Some(at) = others.first() {
                    let reason = format!("leads to {}, where no other machine is", at.ip());
                    self.fail(name, Refusal::Failed(reason));
                }
                for address in addresses {
                    if !self.waiting.contains(&address) && !self.running.contains(&address) {
                        self.waiting.push_back(address);
                    }
                }
            }
            Err(error) => self.fail(name, Refusal::Failed(format!("has no address: {error}"))),
        }
    }

    fn fail(&mut self, address: String, refusal: Refusal) {
        tracing::debug!(%address, %refusal, "address of a peer failed");
        self.failed.push((address, refusal));
    }
}

async fn look_up(name: String) -> (String, std::io::Result<Vec<SocketAddr>>) {
    let found = tokio::net::lookup_host(&name).await.map(Iterator::collect);
    (name, found)
}

/// TCP, TLS and pin at one address. The stream that comes back has proved to end at `peer`.
async fn attempt(
    tls: Arc<rustls::ClientConfig>,
    peer: PeerId,
    address: SocketAddr,
) -> (SocketAddr, Result<TlsStream<TcpStream>, Refusal>) {
    let outcome = async {
        let tcp = TcpStream::connect(address).await.map_err(|e| Refusal::of_io(&e))?;
        tcp.set_nodelay(true).map_err(|e| Refusal::of_io(&e))?;
        let name =
            ServerName::try_from(server_name(&peer)).map_err(|e| Refusal::Failed(e.to_string()))?;
        TlsConnector::from(tls).connect(name, tcp).await.map_err(|e| Refusal::of_io(&e))
    };
    (address, outcome.await)
}

/// The address in `text`, if it is an IP address with or without a port.
fn literal(text: &str) -> Option<SocketAddr> {
    let bare = || {
        let ip: IpAddr = text.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        Some(SocketAddr::new(ip, PORT_DEFAULT))
    };
    text.parse().ok().or_else(bare)
}

fn with_port(name: String) -> String {
    let has_port = name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { name } else { format!("{name}:{PORT_DEFAULT}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_lack_their_port() {
        let of = |text: &str| literal(text).map(|a| a.to_string());
        assert_eq!(of("192.0.2.7:9"), Some("192.0.2.7:9".into()));
        assert_eq!(of("192.0.2.7"), Some("192.0.2.7:7861".into()));
        assert_eq!(of("2001:db8::7"), Some("[2001:db8::7]:7861".into()));
        assert_eq!(of("[2001:db8::7]"), Some("[2001:db8::7]:7861".into()));
        assert_eq!(of("[2001:db8::7]:9"), Some("[2001:db8::7]:9".into()));
        assert_eq!(of("[fe80::1%3]:9"), Some("[fe80::1%3]:9".into()));
        assert_eq!(of("ana.local"), None);
        assert_eq!(with_port("ana.local".into()), "ana.local:7861");
        assert_eq!(with_port("ana.local:9".into()), "ana.local:9");
    }

    #[test]
    fn a_name_leads_to_no_place_that_nobody_else_is_at() {
        let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let own = ["127.0.0.1:9", "[::1]:9", "169.254.169.254:9", "0.0.0.0:9", "224.0.0.1:9"];
        for address in own.map(at) {
            let mut race = Race::new(Vec::new());
            race.resolved("ana.example:9".into(), Ok(vec![address, at("192.0.2.7:9")]));
            assert_eq!(race.waiting, [at("192.0.2.7:9")]);
            assert_eq!(race.failed.len(), 1, "and it is told: {:?}", race.failed);
        }
        let mut race = Race::new(Vec::new());
        race.resolved("localhost:9".into(), Ok(vec![at("127.0.0.1:9")]));
        assert_eq!(race.waiting, [at("127.0.0.1:9")], "the name says itself where it leads");
    }

    #[test]
    fn a_copied_certificate_is_told_before_anything_else() {
        let peer = PeerId::of_spki(b"ana");
        let presented = PeerId::of_spki(b"eve");
        let failed = |address: &str, refusal| (address.to_owned(), refusal);
        let broken = failed("a", Refusal::Failed("refused".into()));
        let other = failed("b", Refusal::OtherKey { presented, vouched: false });
        let copied = failed("c", Refusal::NotProven);
        let told = |attempts: Vec<_>| DialError::Failed(attempts).about(peer);
        assert!(matches!(told(vec![broken.clone()]), ClientError::Unreachable { .. }));
        assert!(matches!(
            told(vec![broken.clone(), other.clone()]),
            ClientError::PinMismatch { presented: p, .. } if p == presented
        ));
        assert!(matches!(told(vec![broken, other, copied]), ClientError::NotProven { .. }));
    }
}
