//! What a node is told, resolved: plain values, no files, no environment.
//!
//! The binary fills this from defaults, `config.toml`, the environment and flags. Nothing here is
//! optional because it is unknown; an `Option` means that absence has a meaning of its own.

use camille_federation::merge::DISTANCE;
pub use camille_intake::SourceSettings;
use camille_proto::id::PeerId;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything a node is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The node's own directory, `~/.camille` by default, created with mode 0700.
    pub home: PathBuf,
    /// `[node]`.
    pub node: NodeSettings,
    /// `[sources]`.
    pub sources: SourceSettings,
    /// `[discovery]`.
    pub discovery: DiscoverySettings,
    /// `[mesh]`.
    pub mesh: MeshSettings,
    /// `[limits]`.
    pub limits: LimitSettings,
    /// `[redaction]`.
    pub redaction: RedactionSettings,
    /// `[sharing]`.
    pub sharing: SharingSettings,
    /// `[audit]`.
    pub audit: AuditSettings,
    /// `[tls]`.
    pub tls: TlsSettings,
}

/// `[node]`: what it is called and where it listens.
#[derive(Debug, Clone)]
pub struct NodeSettings {
    /// What peers call it; never empty.
    pub name: String,
    /// The user's login name, if known.
    pub user: Option<String>,
    /// How to reach the person, shown to peers.
    pub contact: Option<String>,
    /// The machine's name.
    pub machine: String,
    /// Where to listen. Absent: `::` and `0.0.0.0`, once there is someone to listen for.
    pub bind: Option<Vec<SocketAddr>>,
    /// The port to try first.
    pub port: u16,
    /// Addresses to tell peers besides the interfaces' own: `host:port` or `host`.
    pub advertise: Vec<String>,
    /// The Unix socket.
    pub socket: PathBuf,
}

/// `[discovery]`: finding others on the same network.
#[derive(Debug, Clone)]
pub struct DiscoverySettings {
    /// Whether this node announces itself and listens to others' announcements.
    pub enabled: bool,
    /// Whether it announces neither its person's nor its machine's name.
    pub private: bool,
    /// How long a command looks around.
    pub timeout: Duration,
}

/// `[mesh]`: how peers are asked.
#[derive(Debug, Clone)]
pub struct MeshSettings {
    /// Whether this node relays.
    pub allow_indirect: bool,
    /// For whom alone relayed questions are answered; absent: for everyone that a peer relays for.
    pub origins: Option<Vec<PeerId>>,
    /// How many nodes may stand on a path, the origin included.
    pub ttl: u32,
    /// How long a peer may take.
    pub peer_timeout: Duration,
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
    /// Connections to one peer.
    pub connections_max: usize,
    /// How long answers of peers are kept for the owner who asks again; no time: not at all.
    pub cache_ttl: Duration,
    /// Candidates asked of each bank.
    pub candidates: u32,
    /// What a hit is worth by the relays it passed: 0, 1, 2, 3 and more. Not for the owner to choose.
    pub distance: [f64; 4],
}

/// `[limits]`: what one key or address may ask.
#[derive(Debug, Clone)]
pub struct LimitSettings {
    /// Searches a key may ask in any 60 s.
    pub search_per_minute: u32,
    /// Documents a key may read in any 60 s.
    pub document_per_minute: u32,
    /// Status and info requests in any 60 s.
    pub status_per_minute: u32,
    /// Forwarded questions of one relay for one origin in any 60 s.
    pub forward_per_minute: u32,
    /// Connections that have shown no key, in all.
    pub connections_max: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long a request's head may take.
    pub header_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
}

/// `[redaction]`: what is taken out of texts besides secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct RedactionSettings {
    /// People's e-mail addresses.
    pub emails: bool,
}

/// `[sharing]`: what its owner says of places.
#[derive(Debug, Clone, Default)]
pub struct SharingSettings {
    /// Places that hold nothing of anybody's: a session that touched one is not held for that. Directories with
    /// what lies below them, projects, and variables (`$NAME`).
    pub harmless: Vec<String>,
}

/// How questions stand in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditQuery {
    /// As asked.
    Text,
    /// As a hash.
    Hash,
    /// Not at all.
    Off,
}

/// `[audit]`.
#[derive(Debug, Clone)]
pub struct AuditSettings {
    /// How questions are written down.
    pub query: AuditQuery,
    /// Days to keep.
    pub keep_days: u32,
}

/// `[tls]`: a certificate that somebody else signed.
#[derive(Debug, Clone)]
pub struct TlsSettings {
    /// The certificate for this node's key, PEM, followed by those that lead to its authority. Absent: the node
    /// signs its own.
    pub cert_file: Option<PathBuf>,
    /// The node's private key, PKCS#8 PEM. Absent: `certs/server.key` in the node's home, made when missing.
    pub key_file: Option<PathBuf>,
    /// Certificates of authorities, PEM: a node that they vouch for is added without comparing fingerprints.
    pub ca_file: Option<PathBuf>,
    /// How often a running node looks whether its certificate was renewed. Not for the owner to choose.
    pub reload: Duration,
}

impl Default for TlsSettings {
    fn default() -> Self {
        let reload = Duration::from_secs(30);
        Self { cert_file: None, key_file: None, ca_file: None, reload }
    }
}

impl Settings {
    /// The defaults for a node with this home and this name. Reads nothing.
    #[must_use]
    pub fn new(home: PathBuf, name: String) -> Self {
        Self {
            node: NodeSettings {
                name,
                user: None,
                contact: None,
                machine: "localhost".into(),
                bind: None,
                port: camille_proto::PORT_DEFAULT,
                advertise: Vec::new(),
                socket: home.join("run/camille.sock"),
            },
            home,
            sources: SourceSettings {
                auto: true,
                person_home: None,
                claude_dir: None,
                codex_dir: None,
                watch: true,
                rescan: Duration::from_secs(300),
            },
            discovery: DiscoverySettings {
                enabled: true,
                private: false,
                timeout: Duration::from_millis(5_000),
            },
            mesh: MeshSettings {
                allow_indirect: false,
                origins: None,
                ttl: 3,
                peer_timeout: Duration::from_secs(5),
                connect_timeout: Duration::from_secs(3),
                idle_timeout: Duration::from_secs(30),
                connections_max: 5,
                cache_ttl: Duration::from_secs(60),
                candidates: camille_proto::CANDIDATES_DEFAULT,
                distance: DISTANCE,
            },
            limits: LimitSettings {
                search_per_minute: 60,
                document_per_minute: 120,
                status_per_minute: 300,
                forward_per_minute: 60,
                connections_max: 256,
                handshake_timeout: Duration::from_secs(10),
                header_timeout: Duration::from_secs(10),
                body_timeout: Duration::from_secs(15),
            },
            redaction: RedactionSettings::default(),
            sharing: SharingSettings::default(),
            audit: AuditSettings { query: AuditQuery::Text, keep_days: 90 },
            tls: TlsSettings::default(),
        }
    }
}
