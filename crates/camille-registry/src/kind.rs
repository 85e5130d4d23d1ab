//! What a key is for, and what becomes of who shows one.

use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};

/// A peer key ends after this time without use, a tool key this long after it was made.
pub(super) const LAPSE_S: i64 = 90 * 86_400;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// For another node: bound to the first that uses it.
    Peer,
    /// For curl, CI and the like: not bound.
    Tool,
    /// For `/join` and nothing else.
    Invite,
}

/// The holder of a valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The key's public part.
    pub key_id: KeyId,
    /// What it is for.
    pub name: String,
    /// Its kind. An invite's key opens `/join` and nothing else: whoever asks must check.
    pub kind: KeyKind,
    /// What it may do and read.
    pub grant: Grant,
    /// The node it is bound to: always there for a peer key.
    pub bound_to: Option<PeerId>,
}

/// Why a key is not accepted. The answer to the caller is the same for all but the last holder of a key that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not a key at all, or cut, or mistyped.
    Malformed,
    /// No key is this one: its id or its secret is another. Which of the two is not even known here.
    Unknown,
    /// It was revoked at this time. Only one who holds the whole key, and the certificate it is bound to, can get
    /// this far.
    Revoked(Timestamp),
    /// It has lapsed or was followed by another, at this time. As with [`Refusal::Revoked`].
    Expired(Timestamp),
    /// A peer key came without a client certificate.
    NoCertificate,
    /// A peer key came from another node than the one it is bound to.
    OtherCertificate,
}

impl KeyKind {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Peer => "peer",
            Self::Tool => "tool",
            Self::Invite => "invite",
        }
    }
}

impl FromSql for KeyKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "peer" => Ok(Self::Peer),
            "tool" => Ok(Self::Tool),
            "invite" => Ok(Self::Invite),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
