//! The one table of configuration keys: names, types, defaults and what they are for.
//!
//! Listing, environment names, the nearest-name hint and docs/configuration.md all come from here. This
//! file never reads anything.

/// What a key's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text that is not empty.
    Text,
    /// `true` or `false`.
    Truth,
    /// A whole number in these bounds, both included.
    Count(u32, u32),
    /// A list of texts.
    Texts,
    /// A list of `address:port`, or addresses that take `node.port`.
    Sockets,
    /// A list of whole peer ids.
    Peers,
    /// One of these words.
    Word(&'static [&'static str]),
}

/// What holds when nobody says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preset {
    /// This value, as one would type it.
    Value(&'static str),
    /// Nothing, or something found out when it is needed; described in words.
    Found(&'static str),
}

/// A configuration key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The table in `config.toml`.
    pub(crate) section: &'static str,
    /// The key in that table.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// Its default.
    pub(crate) preset: Preset,
    /// What it is for, in one or two sentences.
    pub(crate) doc: &'static str,
}

impl Key {
    /// `section.name`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable that sets it.
    pub(crate) fn variable(&self) -> String {
        format!("CAMILLE_{}_{}", self.section, self.name).to_uppercase()
    }

    /// What it takes, in words.
    pub(crate) fn takes(&self) -> String {
        match self.kind {
            Kind::Text => "text".into(),
            Kind::Truth => "true or false".into(),
            Kind::Count(min, max) => format!("a number from {min} to {max}"),
            Kind::Texts => "a list of texts".into(),
            Kind::Sockets => "a list of address:port".into(),
            Kind::Peers => "a list of whole peer ids".into(),
            Kind::Word(words) => words.join(", "),
        }
    }
}

/// The key of this path, `section.name`.
pub(crate) fn key(path: &str) -> Option<&'static Key> {
    let (section, name) = path.split_once('.')?;
    KEYS.iter().find(|key| key.section == section && key.name == name)
}

/// The known key whose path is closest to `path`, by the number of characters to change.
pub(crate) fn nearest(path: &str) -> &'static Key {
    let bare = !path.contains('.');
    let distance_to = |key: &Key| {
        if bare { distance(path, key.name) } else { distance(path, &key.path()) }
    };
    let first = &KEYS[0];
    KEYS.iter().min_by_key(|key| distance_to(key)).unwrap_or(first)
}

/// Levenshtein distance (Wagner and Fischer, 1974), one row at a time.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

const fn key_of(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    preset: Preset,
    doc: &'static str,
) -> Key {
    Key { section, name, kind, preset, doc }
}

use Kind::{Count, Peers, Sockets, Text, Texts, Truth, Word};
use Preset::{Found, Value};

/// A day in milliseconds: no timeout needs to be longer.
const DAY_MS: u32 = 86_400_000;

/// Every key there is, in the order in which it is listed.
pub(crate) const KEYS: &[Key] = &[
    key_of(
        "node",
        "name",
        Text,
        Found("your login name, else the host name"),
        "What peers call this node: it stands beside your hits and in their audit logs.",
    ),
    key_of(
        "node",
        "user",
        Text,
        Found("your login name"),
        "Your login name; `search --by` finds you by it as well.",
    ),
    key_of("node", "contact", Text, Found("nothing"), "How to reach you. Peers see it."),
    key_of(
        "node",
        "bind",
        Sockets,
        Found("every address, once there is someone to listen for"),
        "Where to listen. Unset, a node that never made an invite, a join or a key opens no port; afterwards it listens on `::` and `0.0.0.0`.",
    ),
    key_of(
        "node",
        "port",
        Count(0, 65_535),
        Value("7861"),
        "The port to try first; taken: the next free one. 0: any free one.",
    ),
    key_of(
        "node",
        "advertise",
        Texts,
        Value("[]"),
        "Addresses to tell peers besides those of your network interfaces: `host` or `host:port`.",
    ),
    key_of(
        "sources",
        "auto",
        Truth,
        Value("true"),
        "Read the transcripts of every agent from their usual places. `false`: only what `camille index PATH` added.",
    ),
    key_of(
        "sources",
        "watch",
        Truth,
        Value("true"),
        "Hear of changes to transcripts from the system, and read them at once.",
    ),
    key_of(
        "sources",
        "rescan_s",
        Count(1, 86_400),
        Value("300"),
        "How often a running node looks through all sources besides, in seconds.",
    ),
    key_of(
        "discovery",
        "enabled",
        Truth,
        Value("true"),
        "Find other nodes on the same network, and be found by them, once this node is open to peers.",
    ),
    key_of(
        "discovery",
        "private",
        Truth,
        Value("false"),
        "Announce neither your name nor your machine's.",
    ),
    key_of(
        "discovery",
        "timeout_ms",
        Count(100, 60_000),
        Value("5000"),
        "How long `camille peers discover` looks around.",
    ),
    key_of(
        "mesh",
        "allow_indirect",
        Truth,
        Value("false"),
        "Pass questions on between peers, and answer questions that peers pass on.",
    ),
    key_of(
        "mesh",
        "origins",
        Peers,
        Found("everyone that a peer passes questions on for"),
        "Whose questions are answered when a peer passes them on.",
    ),
    key_of(
        "mesh",
        "ttl",
        Count(1, 5),
        Value("3"),
        "How many nodes may stand on a question's path, yours included.",
    ),
    key_of(
        "mesh",
        "peer_timeout_ms",
        Count(1, DAY_MS),
        Value("5000"),
        "How long a peer may take to answer.",
    ),
    key_of(
        "mesh",
        "connect_timeout_ms",
        Count(1, DAY_MS),
        Value("3000"),
        "How long a connection to a peer may take to be made.",
    ),
    key_of(
        "mesh",
        "idle_timeout_s",
        Count(1, 86_400),
        Value("30"),
        "How long an idle connection to a peer is kept.",
    ),
    key_of("mesh", "connections_max", Count(1, 64), Value("5"), "Connections to one peer."),
    key_of(
        "mesh",
        "cache_ttl_s",
        Count(0, 3_600),
        Value("60"),
        "How long what peers answered is kept for the case that you ask the same again, in seconds; 0: not at all.",
    ),
    key_of(
        "mesh",
        "candidates",
        Count(1, camille_proto::CANDIDATES_MAX),
        Value("50"),
        "Candidates asked of each bank before the best of all are chosen.",
    ),
    key_of(
        "sharing",
        "scripts",
        Truth,
        Value("false"),
        "Whether commands that let others read more (`projects share`, `invite`, `join`, `keys create` and such) work \
         where nobody is at a terminal. Counts only in `config.toml`. A node that listens on loopback addresses only \
         does not need it.",
    ),
    key_of(
        "sharing",
        "harmless",
        Texts,
        Value("[]"),
        "Places that hold nothing of anybody's: a session that touched one is not held for that. Directories \
         (`~/scratch`, with what lies below), projects (`github.com/acme/fixtures`) and variables (`$DATA`); \
         `camille projects list --held` says what sessions touched. What you unshare stays private. Counts only in \
         `config.toml`.",
    ),
    key_of(
        "limits",
        "search_per_minute",
        Count(1, 1_000_000),
        Value("60"),
        "Searches that one key may ask in any 60 seconds.",
    ),
    key_of(
        "limits",
        "document_per_minute",
        Count(1, 1_000_000),
        Value("120"),
        "Documents that one key may read in any 60 seconds.",
    ),
    key_of(
        "limits",
        "status_per_minute",
        Count(1, 1_000_000),
        Value("300"),
        "Status and info requests of one key in any 60 seconds.",
    ),
    key_of(
        "limits",
        "forward_per_minute",
        Count(1, 1_000_000),
        Value("60"),
        "Questions that one peer may pass on for one origin in any 60 seconds.",
    ),
    key_of(
        "limits",
        "connections_max",
        Count(1, 65_535),
        Value("256"),
        "Connections that have shown no key, in all.",
    ),
    key_of(
        "limits",
        "handshake_timeout_ms",
        Count(1, DAY_MS),
        Value("10000"),
        "How long a TLS handshake may take.",
    ),
    key_of(
        "limits",
        "header_timeout_ms",
        Count(1, DAY_MS),
        Value("10000"),
        "How long the head of a request may take.",
    ),
    key_of(
        "limits",
        "body_timeout_ms",
        Count(1, DAY_MS),
        Value("15000"),
        "How long the body of a request may take.",
    ),
    key_of(
        "redaction",
        "emails",
        Truth,
        Value("false"),
        "Whether people's e-mail addresses are taken out of texts like secrets. Switching it off brings back \
         none that were taken out.",
    ),
    key_of(
        "audit",
        "query",
        Word(&["text", "hash", "off"]),
        Value("text"),
        "How the questions of others stand in your audit log: as asked, as a hash, or not at all.",
    ),
    key_of(
        "audit",
        "keep_days",
        Count(1, 36_500),
        Value("90"),
        "How many days to keep the audit log.",
    ),
    key_of(
        "tls",
        "cert_file",
        Text,
        Found("a certificate that the node signs itself"),
        "A certificate for this node's key, PEM, followed by those that lead to its authority; `camille csr` makes \
         the request. Read again when it changes.",
    ),
    key_of(
        "tls",
        "key_file",
        Text,
        Found("`certs/server.key`, made when missing"),
        "The node's private key, ECDSA P-256 in PKCS#8 PEM. Another key is another node.",
    ),
    key_of(
        "tls",
        "ca_file",
        Text,
        Found("nobody"),
        "Certificates of authorities, PEM. A node whose certificate they signed, and which names \
         `camille:<fingerprint>`, is added without comparing fingerprints. It is pinned besides.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_key_that_was_meant() {
        for (typed, meant) in [
            ("mesh.tll", "mesh.ttl"),
            ("mesh.peer_timeout", "mesh.peer_timeout_ms"),
            ("node.nmae", "node.name"),
            ("audit.keepdays", "audit.keep_days"),
            ("rescan", "sources.rescan_s"),
            ("limit.search_per_minute", "limits.search_per_minute"),
        ] {
            assert_eq!(nearest(typed).path(), meant, "{typed}");
        }
    }

    #[test]
    fn distance_counts_changed_characters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn paths_and_variables_are_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for key in KEYS {
            assert!(seen.insert(key.variable()), "{}", key.path());
            assert_eq!(super::key(&key.path()), Some(key));
        }
    }
}
