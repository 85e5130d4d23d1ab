//! The format of API keys: `cml_<id>_<secret><checksum>`.
//!
//! 8 characters of id, 43 of secret (256 random bits) and 6 of CRC-32 over all before it, all Base62.
//! The checksum catches typing errors before anything is asked; it proves nothing.

use crate::id::PeerId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

const PREFIX: &str = "cml_";
const ID_CHARS: usize = 8;
const SECRET_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The public part of a key, which names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String)]
pub struct KeyId(pub String);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyId {
    /// The id in a key that was pasted, whole or cut, whatever stands around it. `None`: there is no key in it. Whoever
    /// was given more than an id tells only this of it.
    #[must_use]
    pub fn of_pasted(text: &str) -> Option<Self> {
        let of = |text: &str| -> Option<(Self, usize)> {
            let is_id = |c: char| c.is_ascii_alphanumeric();
            let id = &text[..text.find(|c| !is_id(c)).unwrap_or(text.len())];
            let tail = text[id.len()..].strip_prefix('_').unwrap_or_default();
            let secret = tail.find(|c| !is_id(c)).unwrap_or(tail.len());
            (id.len() == ID_CHARS).then(|| (Self(id.to_owned()), secret))
        };
        let text = text.trim();
        match text.to_ascii_lowercase().find(PREFIX) {
            Some(at) => of(&text[at + PREFIX.len()..]).map(|(id, _)| id),
            None => of(text).filter(|(_, secret)| *secret >= SECRET_CHARS).map(|(id, _)| id),
        }
    }
}

/// A whole API key. `Debug` hides the secret; [`ApiKey::reveal`] shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    text: String,
}

/// A text that is not a key. It does not say where it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a camille key: expected cml_, 8 characters, _, 49 characters, with a matching checksum"
)]
pub struct ParseKeyError;

impl ApiKey {
    /// The key made from 6 random bytes for its id and 32 for its secret.
    #[must_use]
    pub fn from_entropy(id: [u8; 6], secret: [u8; 32]) -> Self {
        Self::of(&KeyId(base62(&id, ID_CHARS)), secret)
    }

    /// The key with this id and this secret.
    #[must_use]
    pub fn of(id: &KeyId, secret: [u8; 32]) -> Self {
        let mut text = String::with_capacity(62);
        text.push_str(PREFIX);
        text.push_str(&id.0);
        text.push('_');
        text.push_str(&base62(&secret, SECRET_CHARS));
        let checksum = crc32fast::hash(text.as_bytes()).to_be_bytes();
        text.push_str(&base62(&checksum, CHECKSUM_CHARS));
        Self { text }
    }

    /// The part that names it.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId(self.text[PREFIX.len()..PREFIX.len() + ID_CHARS].to_owned())
    }

    /// The whole key, for a header or the one time it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl FromStr for ApiKey {
    type Err = ParseKeyError;
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let rest = text.strip_prefix(PREFIX).ok_or(ParseKeyError)?;
        let (id, tail) = rest.split_once('_').ok_or(ParseKeyError)?;
        let base62_only = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric());
        if id.len() != ID_CHARS
            || tail.len() != SECRET_CHARS + CHECKSUM_CHARS
            || !base62_only(id)
            || !base62_only(tail)
        {
            return Err(ParseKeyError);
        }
        let (head, checksum) = text.split_at(text.len() - CHECKSUM_CHARS);
        let expected = base62(&crc32fast::hash(head.as_bytes()).to_be_bytes(), CHECKSUM_CHARS);
        if expected != checksum {
            return Err(ParseKeyError);
        }
        Ok(Self { text: text.to_owned() })
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.id())
    }
}

impl Drop for ApiKey {
    fn drop(&mut self) {
        // Best effort: no zeroizing crate here, and the text was copied from a header anyway.
        self.text.clear();
    }
}

impl Serialize for ApiKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ApiKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A key together with the node it is for: `cml_…@<PeerId>`, so that the pin is known before anything
/// is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// The key.
    pub key: ApiKey,
    /// The node that issued it.
    pub peer_id: PeerId,
}

impl fmt::Display for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.key.reveal(), self.peer_id)
    }
}

impl FromStr for PinnedKey {
    type Err = ParseKeyError;
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let (key, peer) = text.split_once('@').ok_or(ParseKeyError)?;
        Ok(Self { key: key.parse()?, peer_id: peer.parse().map_err(|_| ParseKeyError)? })
    }
}

/// Big-endian Base62 of `bytes`, left-padded with `0` to `width` characters, the most significant
/// cut off where they do not fit.
fn base62(bytes: &[u8], width: usize) -> String {
    let mut number = bytes.to_vec();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(0);
            remainder = value % 62;
        }
        *digit = BASE62[remainder as usize];
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_pasted_key_only_its_id_is_taken() {
        let key = ApiKey::from_entropy([7; 6], [9; 32]);
        let (whole, id) = (key.reveal(), Some(key.id()));
        let peer = PinnedKey { key: key.clone(), peer_id: PeerId::of_spki(b"ana") }.to_string();
        for text in [
            whole,
            &whole[..12],
            &whole[..13],
            &whole[..40],
            &whole[4..],
            &peer,
            &format!(" {whole}\n"),
            &format!("'{whole}'"),
            &format!("Authorization: Bearer {whole}"),
        ] {
            assert_eq!(KeyId::of_pasted(text), id, "{text}");
        }
        for text in ["", "ci", "abcdefgh", "my_tool", "cml_", "cml_short", "release_bot", "é_ü"] {
            assert_eq!(KeyId::of_pasted(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_has_the_documented_form() {
        let key = ApiKey::from_entropy([7; 6], [200; 32]);
        let text = key.reveal();
        assert_eq!(text.len(), 4 + 8 + 1 + 43 + 6);
        assert!(text.starts_with("cml_"));
        assert_eq!(text.parse::<ApiKey>().as_ref(), Ok(&key));
        assert_eq!(key.id().0, &text[4..12]);
    }

    #[test]
    fn one_changed_character_is_noticed() {
        let key = ApiKey::from_entropy([1, 2, 3, 4, 5, 6], [9; 32]);
        let text = key.reveal();
        for at in (4..text.len()).filter(|at| *at != 12) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(changed.parse::<ApiKey>().is_err(), "position {at}");
        }
    }

    #[test]
    fn all_of_the_secret_counts() {
        let low = ApiKey::from_entropy([0; 6], [0; 32]);
        let mut secret = [0; 32];
        secret[0] = 0x80;
        assert_ne!(low, ApiKey::from_entropy([0; 6], secret));
    }

    #[test]
    fn debug_hides_the_secret() {
        let key = ApiKey::from_entropy([1; 6], [2; 32]);
        assert!(!format!("{key:?}").contains(&key.reveal()[13..]));
    }
}
