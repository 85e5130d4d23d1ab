//! The one table of configuration keys: names, types, defaults and what they are for.
//!
//! Listing, environment names, the nearest-name hint and docs/configuration.md all come from here. This
//! file never reads anything.

use super::kind::Kind;
use super::value::Value as Setting;
use crate::nearest::distance;

/// Which change of a key lets others read, reach or hear more than before, or lets the owner see less of what they
/// read. Such a change needs a person: see [`crate::consent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Widens {
    /// None.
    No,
    /// Every change, or which one cannot be told from the value.
    Always,
    /// Setting it to this.
    At(&'static str),
    /// A greater number than before.
    Above,
    /// A smaller number than before.
    Below,
}

impl Widens {
    /// Whether setting `value` needs a person. `before`: what config.toml or the default says; absent: not known.
    pub(crate) fn by(self, value: &Setting, before: Option<&Setting>) -> bool {
        let number = |value: &Setting| match value {
            Setting::Count(number) => Some(*number),
            _ => None,
        };
        let (new, old) = (number(value), before.and_then(number));
        match self {
            Self::No => false,
            Self::Always => true,
            Self::At(text) => value.to_string() == text,
            // Where one of them is unknown it may be more.
            Self::Above => new.zip(old).is_none_or(|(new, old)| new > old),
            Self::Below => new.zip(old).is_none_or(|(new, old)| new < old),
        }
    }
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
    /// Which change of it lets others read or hear more.
    pub(crate) widens: Widens,
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

const fn key_of(
    section: &'static str,
    name: &'static str,
    widens: Widens,
    kind: Kind,
    preset: Preset,
    doc: &'static str,
) -> Key {
    Key { section, name, widens, kind, preset, doc }
}

use Kind::{Count, Name, Peers, Sockets, Text, Texts, Truth, Word};
/// Places for which nothing is kept back.
pub(crate) const HARMLESS: &str = "sharing.harmless";

use Preset::{Found, Value};
use Widens::{Above, Always, At, Below, No};

/// A day in milliseconds: no timeout needs to be longer.
const DAY_MS: u32 = 86_400_000;

/// Every key there is, in the order in which it is listed.
pub(crate) const KEYS: &[Key] = &[
    key_of(
        "node",
        "name",
        No,
        Name,
        Found("your login name, else the host name"),
        "What peers call this node: it stands beside your hits and in their audit logs.",
    ),
    key_of(
        "node",
        "user",
        No,
        Text,
        Found("your login name"),
        "Your login name; `search --by` finds you by it as well.",
    ),
    key_of("node", "contact", Always, Text, Found("nothing"), "How to reach you. Peers see it."),
    key_of(
        "node",
        "bind",
        Always,
        Sockets,
        Found("every address, once there is someone to listen for"),
        "Where to listen. Unset, a node that never made an invite, a join or a key opens no port; afterwards it listens on `::` and `0.0.0.0`.",
    ),
    key_of(
        "node",
        "port",
        No,
        Count(0, 65_535),
        Value("7861"),
        "The port to try first; taken: the next free one. 0: any free one.",
    ),
    key_of(
        "node",
        "advertise",
        Always,
        Texts,
        Value("[]"),
        "Addresses to tell peers besides those of your network interfaces: `host` or `host:port`.",
    ),
    key_of(
        "sources",
        "auto",
        At("true"),
        Truth,
        Value("true"),
        "Read the transcripts of every agent from their usual places. `false`: only what `camille index PATH` added.",
    ),
    key_of(
        "sources",
        "watch",
        No,
        Truth,
        Value("true"),
        "Hear of changes to transcripts from the system, and read them at once.",
    ),
    key_of(
        "sources",
        "rescan_s",
        No,
        Count(1, 86_400),
        Value("300"),
        "How often a running node looks through all sources besides, in seconds.",
    ),
    key_of(
        "discovery",
        "enabled",
        At("true"),
        Truth,
        Value("true"),
        "Find other nodes on the same network, and be found by them, once this node is open to peers.",
    ),
    key_of(
        "discovery",
        "private",
        At("false"),
        Truth,
        Value("false"),
        "Announce neither your name nor your machine's.",
    ),
    key_of(
        "discovery",
        "timeout_ms",
        No,
        Count(100, 60_000),
        Value("5000"),
        "How long `camille peers discover` looks around.",
    ),
    key_of(
        "mesh",
        "allow_indirect",
        At("true"),
        Truth,
        Value("false"),
        "Pass questions on between peers, and answer questions that peers pass on.",
    ),
    key_of(
        "mesh",
        "origins",
        Always,
        Peers,
        Found("everyone that a peer passes questions on for"),
        "Whose questions are answered when a peer passes them on.",
    ),
    key_of(
        "mesh",
        "ttl",
        Above,
        Count(1, 5),
        Value("3"),
        "How many nodes may stand on a question's path, yours included.",
    ),
    key_of(
        "mesh",
        "peer_timeout_ms",
        No,
        Count(1, DAY_MS),
        Value("5000"),
        "How long a peer may take to answer.",
    ),
    key_of(
        "mesh",
        "connect_timeout_ms",
        No,
        Count(1, DAY_MS),
        Value("3000"),
        "How long a connection to a peer may take to be made.",
    ),
    key_of(
        "mesh",
        "idle_timeout_s",
        No,
        Count(1, 86_400),
        Value("30"),
        "How long an idle connection to a peer is kept.",
    ),
    key_of("mesh", "connections_max", No, Count(1, 64), Value("5"), "Connections to one peer."),
    key_of(
        "mesh",
        "cache_ttl_s",
        No,
        Count(0, 3_600),
        Value("60"),
        "How long what peers answered is kept for the case that you ask the same again, in seconds; 0: not at all.",
    ),
    key_of(
        "mesh",
        "candidates",
        No,
        Count(1, camille_proto::CANDIDATES_MAX),
        Value("50"),
        "Candidates asked of each bank before the best of all are chosen.",
    ),
    key_of(
        "sharing",
        "scripts",
        Always,
        Truth,
        Value("false"),
        "Whether commands that let others read more (`projects share`, `invite`, `join`, `keys create` and such) work \
         where nobody is at a terminal. Counts only in `config.toml`. A node that listens on loopback addresses only \
         does not need it.",
    ),
    key_of(
        "sharing",
        "harmless",
        Always,
        Texts,
        Value("[]"),
        "Places that hold nothing of anybody's: a session that touched one is not held for that. Directories \
         (`~/scratch`, with what lies below), projects (`github.com/acme/fixtures`) and variables (`$DATA`); \
         `camille projects list --held` says what sessions touched. Built in are the system's, tools' caches, and \
         settings that hold no keys (`~/.gitconfig`, `~/.config/mise`, `~/Library/Logs` and the like). What you \
         unshare stays private. Counts only in `config.toml`.",
    ),
    key_of(
        "limits",
        "search_per_minute",
        Above,
        Count(1, 1_000_000),
        Value("60"),
        "Searches that one key may ask in any 60 seconds.",
    ),
    key_of(
        "limits",
        "document_per_minute",
        Above,
        Count(1, 1_000_000),
        Value("120"),
        "Documents that one key may read in any 60 seconds.",
    ),
    key_of(
        "limits",
        "status_per_minute",
        No,
        Count(1, 1_000_000),
        Value("300"),
        "Status and info requests of one key in any 60 seconds.",
    ),
    key_of(
        "limits",
        "forward_per_minute",
        Above,
        Count(1, 1_000_000),
        Value("60"),
        "Questions that one peer may pass on for one origin in any 60 seconds.",
    ),
    key_of(
        "limits",
        "connections_max",
        No,
        Count(1, 65_535),
        Value("256"),
        "Connections that have shown no key, in all.",
    ),
    key_of(
        "limits",
        "handshake_timeout_ms",
        No,
        Count(1, DAY_MS),
        Value("10000"),
        "How long a TLS handshake may take.",
    ),
    key_of(
        "limits",
        "header_timeout_ms",
        No,
        Count(1, DAY_MS),
        Value("10000"),
        "How long the head of a request may take.",
    ),
    key_of(
        "limits",
        "body_timeout_ms",
        No,
        Count(1, DAY_MS),
        Value("15000"),
        "How long the body of a request may take.",
    ),
    key_of(
        "redaction",
        "emails",
        At("false"),
        Truth,
        Value("false"),
        "Whether people's e-mail addresses are taken out of texts like secrets. Switching it off brings back \
         none that were taken out.",
    ),
    key_of(
        "audit",
        "query",
        Always,
        Word(&["text", "hash", "off"]),
        Value("text"),
        "How the questions of others stand in your audit log: as asked, as a hash, or not at all.",
    ),
    key_of(
        "audit",
        "keep_days",
        Below,
        Count(1, 36_500),
        Value("90"),
        "How many days to keep the audit log.",
    ),
    key_of(
        "tls",
        "cert_file",
        Always,
        Text,
        Found("a certificate that the node signs itself"),
        "A certificate for this node's key, PEM, followed by those that lead to its authority; `camille csr` makes \
         the request. Read again when it changes.",
    ),
    key_of(
        "tls",
        "key_file",
        Always,
        Text,
        Found("`certs/server.key`, made when missing"),
        "The node's private key, ECDSA P-256 in PKCS#8 PEM. Another key is another node.",
    ),
    key_of(
        "tls",
        "ca_file",
        Always,
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
    fn what_a_change_widens_is_judged_by_its_direction() {
        let count = |number| Some(Setting::Count(number));
        let (five, texts) = (Setting::Count(5), Setting::Texts(Vec::new()));
        for (widens, value, before, expected) in [
            (No, &five, None, false),
            (Always, &five, count(5), true),
            (Always, &texts, None, true),
            (At("true"), &Setting::Truth(true), None, true),
            (At("true"), &Setting::Truth(false), None, false),
            (Above, &five, count(4), true),
            (Above, &five, count(5), false),
            (Above, &five, count(6), false),
            (Above, &five, None, true),
            (Below, &five, count(6), true),
            (Below, &five, count(4), false),
            (Below, &texts, count(4), true),
        ] {
            assert_eq!(
                widens.by(value, before.as_ref()),
                expected,
                "{widens:?} {value:?} {before:?}"
            );
        }
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
