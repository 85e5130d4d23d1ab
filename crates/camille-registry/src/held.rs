//! The keys this node holds for its peers' banks. They are sealed before they are written.

use super::Registry;
use super::column::{Json, Millis, Peer as PeerColumn};
use super::error::RegistryError;
use super::row::{COLUMNS, Peer, TABLES, read_peer};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

impl Registry {
    /// The key this node holds for a peer's bank.
    ///
    /// # Errors
    /// [`RegistryError::Unseal`] when this node's identity is not the one that sealed it.
    pub fn key_for(&self, peer: &PeerId) -> Result<Option<ApiKey>, RegistryError> {
        let sealed: Option<Vec<u8>> = self.read("read a peer's key", |c| {
            let sealed = c
                .prepare_cached("SELECT sealed_key FROM peer WHERE id = ?1")?
                .query_row([PeerColumn(*peer)], |row| row.get(0))
                .optional()?;
            Ok(sealed.flatten())
        })?;
        sealed.map(|sealed| self.unseal(&sealed, &context(peer), peer)).transpose()
    }

    /// The peers whose key we have held since `then` or longer.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn peers_with_key_before(&self, then: Timestamp) -> Result<Vec<Peer>, RegistryError> {
        self.read("list the peers with an old key", |c| {
            let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE peer.key_since <= ?1");
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([Millis(then)], read_peer)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Takes over the successor of the key `old` for a peer's bank, unless it is not the one that is held any more.
    ///
    /// # Errors
    /// When node.db cannot be written, or [`RegistryError::Unseal`].
    pub fn take_renewed_key(
        &self,
        peer: &PeerId,
        old: &KeyId,
        new: &ApiKey,
        granted: &Grant,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.write("keep a renewed key", |tx| {
            let sealed: Option<Vec<u8>> = tx
                .query_row(
                    "SELECT sealed_key FROM peer WHERE id = ?1",
                    [PeerColumn(*peer)],
                    |row| row.get(0),
                )
                .optional()?
                .flatten();
            let Some(sealed) = sealed else { return Ok(false) };
            if self.unseal(&sealed, &context(peer), peer)?.id() != *old {
                return Ok(false);
            }
            tx.execute(
                "UPDATE peer SET sealed_key = ?2, granted = ?3, key_since = ?4 WHERE id = ?1",
                params![
                    PeerColumn(*peer),
                    self.seal(new, &context(peer))?,
                    Json(granted),
                    Millis(now)
                ],
            )?;
            Ok(true)
        })
    }

    pub(super) fn seal(&self, key: &ApiKey, context: &str) -> Result<Vec<u8>, RegistryError> {
        self.secrets.seal(key.reveal().as_bytes(), context).ok_or(RegistryError::Random)
    }

    pub(super) fn unseal(
        &self,
        sealed: &[u8],
        context: &str,
        peer: &PeerId,
    ) -> Result<ApiKey, RegistryError> {
        self.secrets
            .open(sealed, context)
            .and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok())
            .ok_or(RegistryError::Unseal { peer: *peer })
    }
}

/// What a peer's key is sealed for: it opens as this peer's key only.
pub(super) fn context(peer: &PeerId) -> String {
    format!("camille-peer-key-v1:{peer}")
}

#[cfg(test)]
mod tests {
    use super::super::column::after;
    use super::super::peer::tests::{key, put};
    use super::super::tests::{day, fixture, peer};
    use super::*;

    #[test]
    fn a_renewed_key_takes_the_place_of_the_one_it_follows() {
        let f = fixture();
        put(&f.registry, "1", "ana", 1);
        let take = |old: u8, new: u8| {
            let (old, new) = (key(old).id(), key(new));
            let taken =
                f.registry.take_renewed_key(&peer("1"), &old, &new, &Grant::teammate(), day(30));
            taken.expect("writes")
        };
        let held = || f.registry.key_for(&peer("1")).expect("reads");
        let is_old = |now| !f.registry.peers_with_key_before(now).expect("reads").is_empty();
        assert!(is_old(day(0)) && !is_old(after(day(0), -1)));
        assert!(!take(2, 3), "another key is held");
        assert!(is_old(day(0)) && held() == Some(key(1)));
        assert!(take(1, 2));
        assert!(is_old(day(30)) && !is_old(day(29)) && held() == Some(key(2)));
        let teammate = Grant::teammate();
        let nobody =
            f.registry.take_renewed_key(&peer("9"), &key(1).id(), &key(2), &teammate, day(0));
        assert!(!nobody.expect("is harmless"));
    }

    #[test]
    fn a_key_sealed_for_another_peer_or_identity_does_not_open() {
        let f = fixture();
        put(&f.registry, "1", "ana", 1);
        put(&f.registry, "2", "bo", 2);
        let db = rusqlite::Connection::open(f.home.path().join("node.db")).expect("opens");
        db.execute(
            "UPDATE peer SET sealed_key = (SELECT sealed_key FROM peer WHERE name = 'bo')
             WHERE name = 'ana'",
            [],
        )
        .expect("writes");
        let error = f.registry.key_for(&peer("1")).expect_err("refused");
        assert!(matches!(error, RegistryError::Unseal { peer: p } if p == peer("1")));
    }
}
