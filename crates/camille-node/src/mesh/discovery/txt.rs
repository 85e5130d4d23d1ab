//! What a node says of itself in its TXT record (RFC 6763 §6), and what is taken of others'. Pure. A service
//! is a hint where somebody may be, never proof of who it is: the handshake proves that.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use camille_proto::id::PeerId;
use p256::elliptic_curve::sec1::{FromEncodedPoint, ToEncodedPoint};
use p256::{AffinePoint, EncodedPoint};

/// SubjectPublicKeyInfo of a P-256 key up to the uncompressed point (RFC 5480 §2).
const SPKI_HEAD: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// The most bytes of a record.
#[cfg(test)]
const RECORD_BYTES_MAX: usize = 200;
/// The longest label of a name (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;
/// What is taken of another one's words.
const WORD_CHARS_MAX: usize = 64;

/// What a service says of its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announced {
    /// Who it is, if it tells the truth.
    pub(crate) peer_id: PeerId,
    /// Its build.
    pub(crate) version: String,
    /// What it serves.
    pub(crate) capabilities: Vec<String>,
    /// Whether it relays.
    pub(crate) indirect: bool,
}

/// The properties of a node's own service. `spki`: its SubjectPublicKeyInfo, DER. `None`: it is no P-256
/// key.
pub(crate) fn properties(
    spki: &[u8],
    version: &str,
    capabilities: &[String],
    indirect: bool,
) -> Option<[(&'static str, String); 4]> {
    let point = EncodedPoint::from_bytes(spki.strip_prefix(&SPKI_HEAD[..])?).ok()?;
    let compressed = point.compress();
    Some([
        ("version", version.to_owned()),
        ("pubkey", URL_SAFE_NO_PAD.encode(compressed.as_bytes())),
        ("capabilities", capabilities.join(",")),
        ("indirect", u8::from(indirect).to_string()),
    ])
}

/// What another node's properties say. `None`: one of the first three is missing or malformed.
pub(crate) fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Option<Announced> {
    let word = |text: &str| -> String {
        text.chars().filter(|c| !c.is_control()).take(WORD_CHARS_MAX).collect()
    };
    let version = word(get("version")?);
    let key = URL_SAFE_NO_PAD.decode(get("pubkey")?).ok().filter(|key| key.len() == 33)?;
    let capabilities = get("capabilities")?;
    let point = EncodedPoint::from_bytes(&key).ok()?;
    // The compressed form is one of two points: this finds which.
    let point = Option::<AffinePoint>::from(AffinePoint::from_encoded_point(&point))?;
    let spki = [&SPKI_HEAD[..], point.to_encoded_point(false).as_bytes()].concat();
    if version.is_empty() {
        return None;
    }
    Some(Announced {
        peer_id: PeerId::of_spki(&spki),
        version,
        capabilities: capabilities
            .split(',')
            .filter(|c| !c.is_empty())
            .take(16)
            .map(word)
            .collect(),
        indirect: get("indirect") == Some("1"),
    })
}

/// The service's name: who and where, unless that is private.
pub(crate) fn instance(peer: &PeerId, machine: &str, user: &str, private: bool) -> String {
    if private {
        return format!("camille-{}", peer.short());
    }
    let name = format!("camille-{}-{}", label(machine), label(user));
    name[..name.floor_char_boundary(LABEL_BYTES_MAX)].to_owned()
}

/// The host that the service's addresses belong to. It is this node's alone, so that two nodes on one
/// machine, or two machines of one name, are not taken for one another.
pub(crate) fn host(peer: &PeerId, machine: &str, private: bool) -> String {
    let short = peer.short();
    if private {
        return format!("camille-{short}.local.");
    }
    let machine = label(machine);
    let machine = &machine[..machine.floor_char_boundary(LABEL_BYTES_MAX - 1 - short.len())];
    format!("{machine}-{short}.local.")
}

/// One label of a name: without dots, spaces and what no terminal should see.
fn label(text: &str) -> String {
    let first = text.split('.').next().unwrap_or(text);
    let plain = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    first.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Identity;
    use std::collections::HashMap;

    #[test]
    fn a_node_is_known_by_its_record() {
        let home = tempfile::tempdir().expect("a directory");
        for _ in 0..4 {
            let now = jiff::Timestamp::now();
            let dir = home.path().join(now.as_nanosecond().to_string());
            std::fs::create_dir(&dir).expect("made");
            let identity = Identity::load_or_create(&dir, "m", now).expect("made");
            let said =
                properties(identity.spki(), "0.1.0", &["search".into()], true).expect("P-256");
            let bytes: usize = said.iter().map(|(name, value)| 2 + name.len() + value.len()).sum();
            assert!(bytes <= RECORD_BYTES_MAX, "{bytes}");
            assert_eq!(said[1].1.len(), 44);
            let said: HashMap<_, _> = said.into_iter().collect();
            let read = read(|name| said.get(name).map(String::as_str)).expect("well formed");
            assert_eq!(read.peer_id, identity.peer_id());
            assert!(read.indirect && read.capabilities == ["search"]);
        }
    }

    #[test]
    fn what_is_missing_or_malformed_is_nobody() {
        let good = [
            ("version", "0.1.0"),
            ("pubkey", "A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKW"),
            ("capabilities", "search"),
        ];
        let of = |said: &[(&str, &'static str)]| {
            let said: HashMap<String, &'static str> =
                said.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
            read(|name| said.get(name).copied())
        };
        let found = of(&good).expect("well formed");
        assert!(!found.indirect, "missing means no");
        for missing in 0..3 {
            let mut said = good.to_vec();
            said.remove(missing);
            assert_eq!(of(&said), None);
        }
        for bad in ["", "AAAA", "A2sX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMK!", &"A".repeat(44)] {
            let mut said = good.to_vec();
            said[1].1 = Box::leak(bad.to_owned().into_boxed_str());
            assert_eq!(of(&said), None, "{bad}");
        }
    }

    #[test]
    fn names_fit_into_a_label() {
        let peer = PeerId::from_bytes([7; 32]);
        assert_eq!(instance(&peer, "ana's book.lan", "ana", false), "camille-ana-s-book-ana");
        assert!(!instance(&peer, "secret", "ana", true).contains("secret"));
        assert!(!host(&peer, "secret", true).contains("secret"));
        let long = "é".repeat(90);
        assert!(instance(&peer, &long, &long, false).len() <= 63);
        assert!(host(&peer, &long, false).trim_end_matches(".local.").len() <= 63);
    }
}
