//! A key as it is kept, and whether its holder comes in.

use super::column::{Json, Millis, Peer, after};
use super::kind::{Authenticated, KeyKind, LAPSE_S, Refusal};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use camille_proto::local::KeyView;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row};

/// How exactly the last use of a key is recorded.
const USE_RECORDED_EVERY_S: i64 = 300;

/// A key as it is kept.
pub(super) struct Stored {
    pub(super) id: KeyId,
    pub(super) kind: KeyKind,
    pub(super) name: String,
    pub(super) grant: Grant,
    pub(super) bound_to: Option<PeerId>,
    created: Timestamp,
    pub(super) expires: Option<Timestamp>,
    pub(super) last_used: Option<Timestamp>,
    pub(super) revoked: Option<Timestamp>,
    /// The first of the keys that followed each other, if any did.
    pub(super) lineage: Option<KeyId>,
}

const COLUMNS: &str =
    "id, kind, name, rights, bound_to, created, expires, last_used, revoked, lineage";

/// What is kept of a key's secret. Where there is no such key it is that of the next one, which this key does not
/// fit either: just as much is read, and whoever checks it need not tell the two apart.
pub(super) fn mac_to_check(connection: &Connection, id: &KeyId) -> rusqlite::Result<[u8; 32]> {
    connection
        .prepare_cached(
            "SELECT coalesce((SELECT mac FROM key WHERE id >= ?1 ORDER BY id LIMIT 1), zeroblob(32))",
        )?
        .query_row([&id.0], |row| row.get(0))
}

pub(super) fn find(connection: &Connection, id: &KeyId) -> rusqlite::Result<Option<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM key WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([&id.0], Stored::read).optional()
}

/// Every key there is, newest first.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<Vec<Stored>> {
    let sql = format!("SELECT {COLUMNS} FROM key ORDER BY created DESC, id");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([], Stored::read)?.collect()
}

/// How many more nodes can join with an invite.
pub(super) fn uses_left(connection: &Connection, invite: &KeyId) -> rusqlite::Result<u32> {
    let left: Option<i64> = connection
        .prepare_cached(
            "SELECT uses - (SELECT count(*) FROM claim WHERE invite = ?1) FROM invite WHERE key = ?1",
        )?
        .query_row([&invite.0], |row| row.get(0))
        .optional()?;
    Ok(left.map_or(0, |left| u32::try_from(left.max(0)).unwrap_or(u32::MAX)))
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let time = |column| row.get::<_, Option<Millis>>(column).map(|t| t.map(|t| t.0));
        Ok(Self {
            id: KeyId(row.get(0)?),
            kind: row.get(1)?,
            name: row.get(2)?,
            grant: row.get::<_, Json<Grant>>(3)?.0,
            bound_to: row.get::<_, Option<Peer>>(4)?.map(|p| p.0),
            created: row.get::<_, Millis>(5)?.0,
            expires: time(6)?,
            last_used: time(7)?,
            revoked: time(8)?,
            lineage: row.get::<_, Option<String>>(9)?.map(KeyId),
        })
    }

    /// When it ends unless it is used again.
    fn end(&self) -> Option<Timestamp> {
        let lapses = after(self.last_used.unwrap_or(self.created), LAPSE_S);
        match self.kind {
            KeyKind::Peer => Some(self.expires.map_or(lapses, |end| end.min(lapses))),
            KeyKind::Tool | KeyKind::Invite => self.expires,
        }
    }

    /// Whether it opens anything.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.end().is_none_or(|end| end > now)
    }

    /// Whether its holder comes in, given that the secret is right.
    pub(super) fn admit(
        &self,
        certificate: Option<PeerId>,
        now: Timestamp,
    ) -> Result<Authenticated, Refusal> {
        // First who asks: what became of a key is nobody else's business.
        if self.kind == KeyKind::Peer {
            let certificate = certificate.ok_or(Refusal::NoCertificate)?;
            if self.bound_to.is_some_and(|bound| bound != certificate) {
                return Err(Refusal::OtherCertificate);
            }
        }
        if let Some(revoked) = self.revoked {
            return Err(Refusal::Revoked(revoked));
        }
        if self.kind != KeyKind::Invite
            && let Some(end) = self.end()
            && end <= now
        {
            return Err(Refusal::Expired(end));
        }
        Ok(Authenticated {
            key_id: self.id.clone(),
            name: self.name.clone(),
            kind: self.kind,
            grant: self.grant.clone(),
            bound_to: self.bound_to,
        })
    }

    pub(super) fn use_is_due(&self, now: Timestamp) -> bool {
        self.last_used.is_none_or(|last| after(last, USE_RECORDED_EVERY_S) <= now)
    }

    pub(super) fn view(self) -> KeyView {
        KeyView {
            expires: self.end(),
            id: self.id,
            name: self.name,
            kind: self.kind.as_str().to_owned(),
            bound_to: self.bound_to,
            grant: self.grant,
            created: self.created,
            last_used: self.last_used,
            revoked: self.revoked,
            uses_left: None,
        }
    }
}
