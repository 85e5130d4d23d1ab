//! Identifiers: fixed-size values that print as lower-case base32 without padding.
//!
//! They are compared whole, never by their printed prefix.

use data_encoding::{Encoding, Specification};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Lower-case RFC 4648 base32 without padding.
static BASE32: LazyLock<Encoding> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    spec.encoding().unwrap_or(data_encoding::BASE32_NOPAD)
});

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: expected {length} characters of a-z and 2-7")]
pub struct ParseIdError {
    /// What was expected, such as `peer id`.
    pub kind: &'static str,
    /// How many characters one has.
    pub length: usize,
}

macro_rules! base32_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $chars:literal, $kind:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, ToSchema)]
        #[schema(value_type = String, pattern = $pattern)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The identifier with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&BASE32.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let wrong = ParseIdError { kind: $kind, length: $chars };
                if text.len() != $chars {
                    return Err(wrong);
                }
                let bytes = BASE32.decode(text.as_bytes()).map_err(|_| wrong.clone())?;
                Ok(Self(bytes.try_into().map_err(|_| wrong)?))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

base32_id!(
    /// Who a node is: SHA-256 over the DER SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) of its P-256 key.
    /// 52 characters; the first 8 ([`PeerId::short`]) are for display only.
    PeerId, 32, 52, "peer id", "^[a-z2-7]{51}[aq]$"
);
base32_id!(
    /// Which document: the first 16 bytes of BLAKE3 over the agent and the document's native key, 26
    /// characters. It does not depend on the text, because documents grow.
    DocumentId, 16, 26, "document id", "^[a-z2-7]{25}[aeimquy4]$"
);
base32_id!(
    /// Which session, alike in every bank that holds it: the first 8 bytes of BLAKE3 over the agent and
    /// the session's own name, 13 characters. Ordered, so that banks can sample the same sessions.
    SessionKey, 8, 13, "session key", "^[a-z2-7]{12}[acegikmoqsuwy246]$"
);
base32_id!(
    /// BLAKE3 of a text, 52 characters.
    ContentHash, 32, 52, "content hash", "^[a-z2-7]{51}[aq]$"
);

impl PeerId {
    /// The identity of the holder of this public key.
    ///
    /// `spki`: the DER SubjectPublicKeyInfo.
    #[must_use]
    pub fn of_spki(spki: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(spki).into())
    }

    /// The first 8 characters, for people's eyes. Never compare these.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl DocumentId {
    /// The id of the document that `agent` knows by `native_key`.
    ///
    /// BLAKE3 over the length of the agent's name (one byte), the name, and the key.
    #[must_use]
    pub fn of_native_key(agent: &str, native_key: &str) -> Self {
        Self(named_by(agent, native_key))
    }
}

impl SessionKey {
    /// The key of the session that `agent` knows by `name`, made as a [`DocumentId`] is.
    #[must_use]
    pub fn of_name(agent: &str, name: &str) -> Self {
        Self(named_by(agent, name))
    }
}

/// The beginning of BLAKE3 over the length of the agent's name (one byte), the name, and what it names.
fn named_by<const N: usize>(agent: &str, name: &str) -> [u8; N] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[u8::try_from(agent.len()).unwrap_or(u8::MAX)]);
    hasher.update(agent.as_bytes());
    hasher.update(name.as_bytes());
    let mut bytes = [0; N];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..N]);
    bytes
}

impl ContentHash {
    /// The hash of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(*blake3::hash(text.as_bytes()).as_bytes())
    }
}

/// Names one question on its way through the mesh: a UUID of version 7 (RFC 9562) in its usual form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct RequestId(pub uuid::Uuid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_print_and_parse() {
        let peer = PeerId::of_spki(b"some key");
        assert_eq!(peer.to_string().len(), 52);
        assert_eq!(peer.to_string().parse::<PeerId>(), Ok(peer));
        let document = DocumentId::of_native_key("claude-code", "msg_1");
        assert_eq!(document.to_string().len(), 26);
        assert_eq!(document.to_string().parse::<DocumentId>(), Ok(document));
    }

    #[test]
    fn an_id_has_one_spelling() {
        let text = PeerId::of_spki(b"k").to_string();
        assert!(text.to_uppercase().parse::<PeerId>().is_err());
        assert!(text[..51].parse::<PeerId>().is_err());
        assert!(format!("{}=", &text[..51]).parse::<PeerId>().is_err());
    }

    #[test]
    fn agent_and_key_do_not_run_together() {
        assert_ne!(DocumentId::of_native_key("ab", "c"), DocumentId::of_native_key("a", "bc"));
    }
}
