//! The peers this node knows: what they are called and where they were reached.

use super::column::{Json, Millis, Peer as PeerColumn};
use super::error::{Fault, RegistryError};
use super::held::context;
use super::row::{COLUMNS, NewPeer, Peer, TABLES, find, is_taken, read_peer};
use super::{Registry, candidate, join, note, row, setting, text, volunteer};
use camille_proto::id::PeerId;
use camille_proto::key::KeyId;
use camille_proto::name::{self, Told};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// A contact sooner than this after the last one is not written down unless something changed.
const CONTACT_RECORDED_EVERY_S: i64 = 60;

/// The longest error kept of a peer, in characters.
const ERROR_CHARS_MAX: usize = 300;

/// A peer that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedPeer {
    /// Who it was.
    pub peer_id: PeerId,
    /// What it was called here.
    pub name: String,
    /// Its keys that were live until now.
    pub revoked: Vec<KeyId>,
}

/// How giving a peer another name went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenameOutcome {
    /// It is called so now.
    Renamed {
        /// The name.
        name: String,
    },
    /// Nobody is called as was said.
    Unknown,
    /// Somebody else is called so, or waits to be.
    Taken,
    /// Nothing of the name can be shown.
    Unusable,
}

impl Registry {
    /// Every peer, by name.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn peers(&self) -> Result<Vec<Peer>, RegistryError> {
        self.read("list the peers", |c| {
            let sql = format!("SELECT {COLUMNS} FROM {TABLES} ORDER BY peer.name");
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([], read_peer)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The peer with this whole id, or this name in any case.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn peer_by_name_or_id(&self, name_or_id: &str) -> Result<Option<Peer>, RegistryError> {
        self.read("find a peer", |c| Ok(find(c, name_or_id)?))
    }

    /// One peer.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn peer(&self, id: &PeerId) -> Result<Option<Peer>, RegistryError> {
        self.read("find a peer", |c| {
            let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE peer.id = ?1");
            Ok(c.prepare_cached(&sql)?.query_row([PeerColumn(*id)], read_peer).optional()?)
        })
    }

    /// Adds a peer, or brings what is known of it up to date. Returns what it is called here.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn put_peer(&self, new: &NewPeer<'_>, now: Timestamp) -> Result<String, RegistryError> {
        self.write("keep a peer", |tx| self.upsert_peer(tx, new, now))
    }

    /// Takes over where a peer says it is. Its last good address stays first.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn set_addresses(&self, peer: &PeerId, given: &[String]) -> Result<(), RegistryError> {
        let addresses = text::addresses(given);
        // Said at each contact, and hardly ever new.
        let known = self.read("read a peer's addresses", |c| {
            let known: Option<Json<Vec<String>>> = c
                .prepare_cached("SELECT addresses FROM peer WHERE id = ?1")?
                .query_row([PeerColumn(*peer)], |row| row.get(0))
                .optional()?;
            Ok(known)
        })?;
        if known.is_none_or(|known| known.0 == addresses) {
            return Ok(());
        }
        self.update("keep a peer's addresses", |c| {
            c.prepare_cached("UPDATE peer SET addresses = ?2 WHERE id = ?1")?
                .execute(params![PeerColumn(*peer), Json(addresses)])
        })
    }

    /// It answered, at this address if that is known, after `took_ms`.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn record_contact(
        &self,
        peer: &PeerId,
        address: Option<&str>,
        now: Timestamp,
        took_ms: u64,
    ) -> Result<(), RegistryError> {
        let took_ms = i64::try_from(took_ms).unwrap_or(i64::MAX);
        // Each question is a contact with every peer; a write to disk for each would cost more.
        let due = self.read("read a peer's state", |c| {
            let due = c
                .prepare_cached(
                    "SELECT error IS NOT NULL OR last_seen IS NULL OR last_seen > ?2
                         OR last_seen <= ?2 - ?3 OR (?4 IS NOT NULL AND last_good IS NOT ?4)
                     FROM peer WHERE id = ?1",
                )?
                .query_row(
                    params![
                        PeerColumn(*peer),
                        Millis(now),
                        CONTACT_RECORDED_EVERY_S * 1000,
                        address
                    ],
                    |row| row.get(0),
                )
                .optional()?;
            Ok(due.unwrap_or(false))
        })?;
        if !due {
            return Ok(());
        }
        self.update("record a contact", |c| {
            c.prepare_cached(
                "UPDATE peer SET last_seen = ?2, round_trip_ms = ?3, error = NULL,
                     last_good = coalesce(?4, last_good) WHERE id = ?1",
            )?
            .execute(params![PeerColumn(*peer), Millis(now), took_ms, address])
        })
    }

    /// It did not answer, or not well.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn record_failure(&self, peer: &PeerId, error: &str) -> Result<(), RegistryError> {
        let error: String =
            error.chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX).collect();
        let known = self.read("read a peer's state", |c| {
            let known: Option<Option<String>> = c
                .prepare_cached("SELECT error FROM peer WHERE id = ?1")?
                .query_row([PeerColumn(*peer)], |row| row.get(0))
                .optional()?;
            Ok(known.flatten())
        })?;
        if known.as_ref() == Some(&error) {
            return Ok(());
        }
        self.update("record a failure", |c| {
            c.prepare_cached("UPDATE peer SET error = ?2 WHERE id = ?1")?
                .execute(params![PeerColumn(*peer), error])
        })
    }

    /// Writes down what the owner is called, and gives those another name who are called alike, or like somebody
    /// who was here before them. The owner is told.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn tell_apart(&self, owner: &str, now: Timestamp) -> Result<(), RegistryError> {
        let known: Option<String> =
            self.read("read the owner's name", |c| Ok(setting::text(c, setting::OWNER)?))?;
        if known.as_deref() == Some(owner) {
            return Ok(());
        }
        self.write("tell names apart", |tx| {
            setting::put(tx, setting::OWNER, owner)?;
            let mut statement = tx.prepare("SELECT id, name FROM peer ORDER BY added, id")?;
            let rows =
                statement.query_map([], |row| Ok((row.get::<_, PeerColumn>(0)?.0, row.get(1)?)))?;
            let peers: Vec<(PeerId, String)> = rows.collect::<Result<_, _>>()?;
            let mut told = Told::default();
            for (peer, old) in peers {
                if told.add(&old) && !name::are_alike(&old, owner) {
                    continue;
                }
                let base = name::clean(&old, "peer");
                let new = name::unique(&base, |name| is_taken(tx, name, &peer))?;
                if new == old {
                    continue;
                }
                told.add(&new);
                tx.execute(
                    "UPDATE peer SET name = ?2 WHERE id = ?1",
                    params![PeerColumn(peer), new],
                )?;
                let keys = "UPDATE key SET name = ?2 WHERE bound_to = ?1";
                tx.execute(keys, params![PeerColumn(peer), new])?;
                let short = peer.short();
                let news = format!(
                    "{old} ({short}) is called {new} now: the name looked like another one"
                );
                note::add_news(tx, &news, now)?;
            }
            Ok(())
        })
    }

    /// Gives a peer another name.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn rename_peer(
        &self,
        name_or_id: &str,
        wanted: &str,
    ) -> Result<RenameOutcome, RegistryError> {
        let name = name::clean(wanted, "");
        if name.is_empty() {
            return Ok(RenameOutcome::Unusable);
        }
        self.write("rename a peer", |tx| {
            let Some(peer) = find(tx, name_or_id)? else { return Ok(RenameOutcome::Unknown) };
            if is_taken(tx, &name, &peer.peer_id)? {
                return Ok(RenameOutcome::Taken);
            }
            tx.execute(
                "UPDATE peer SET name = ?2 WHERE id = ?1",
                params![PeerColumn(peer.peer_id), name],
            )?;
            Ok(RenameOutcome::Renamed { name })
        })
    }

    /// Forgets a peer: its keys are revoked, our key for it, its pin and addresses are gone, and a join
    /// that waits for it is over. Since its keys are revoked, no invite it ever used lets it back in; nor
    /// does an introduction. One who is only introduced is refused thereby. `None`: nobody is called so.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn remove_peer(
        &self,
        name_or_id: &str,
        now: Timestamp,
    ) -> Result<Option<RemovedPeer>, RegistryError> {
        self.write("remove a peer", |tx| {
            let found = match find(tx, name_or_id)? {
                Some(peer) => Some((peer.peer_id, peer.name)),
                None => match join::find(tx, name_or_id)? {
                    Some(join) => Some(join),
                    None => candidate::find(tx, name_or_id)?,
                },
            };
            let Some((peer_id, name)) = found else { return Ok(None) };
            let mut statement = tx.prepare(
                "UPDATE key SET revoked = ?1 WHERE bound_to = ?2 AND revoked IS NULL RETURNING id",
            )?;
            let rows = statement.query_map(params![Millis(now), PeerColumn(peer_id)], |row| {
                row.get(0).map(KeyId)
            })?;
            let revoked = rows.collect::<Result<_, _>>()?;
            tx.execute("DELETE FROM pending_join WHERE inviter = ?1", [PeerColumn(peer_id)])?;
            tx.execute("DELETE FROM peer WHERE id = ?1", [PeerColumn(peer_id)])?;
            volunteer::part(tx, &peer_id, now)?;
            candidate::refuse(tx, &peer_id, &name, now)?;
            candidate::forget_unoffered(tx, now)?;
            setting::next_epoch(tx)?;
            Ok(Some(RemovedPeer { peer_id, name, revoked }))
        })
    }

    /// Adds or updates a peer within a transaction. Returns what it is called here.
    pub(super) fn upsert_peer(
        &self,
        connection: &Connection,
        new: &NewPeer<'_>,
        now: Timestamp,
    ) -> Result<String, Fault> {
        let name = row::ensure(connection, &new.peer_id, new.name, now)?;
        let sealed = self.seal(new.key, &context(&new.peer_id))?;
        connection.execute(
            "UPDATE peer SET addresses = ?2, sealed_key = ?3, granted = ?4, key_since = ?5, error = NULL
             WHERE id = ?1",
            params![
                PeerColumn(new.peer_id),
                Json(text::addresses(new.addresses)),
                sealed,
                new.granted.map(Json),
                Millis(now)
            ],
        )?;
        candidate::forgive(connection, &new.peer_id)?;
        Ok(name)
    }

    fn update(
        &self,
        operation: &'static str,
        change: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
    ) -> Result<(), RegistryError> {
        self.write(operation, |tx| {
            change(tx)?;
            Ok(())
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::column::after;
    use super::super::kind::KeyKind;
    use super::super::tests::{day, fixture, peer};
    use super::*;
    use camille_proto::grant::Grant;
    use camille_proto::key::ApiKey;

    pub(in super::super) fn key(n: u8) -> ApiKey {
        ApiKey::from_entropy([n; 6], [n; 32])
    }

    pub(in super::super) fn put(registry: &Registry, id: &str, name: &str, n: u8) -> String {
        let new = NewPeer {
            peer_id: peer(id),
            name,
            addresses: &["192.0.2.1:7861".into(), "192.0.2.2:7861".into()],
            key: &key(n),
            granted: Some(&Grant::teammate()),
        };
        registry.put_peer(&new, day(0)).expect("writes")
    }

    #[test]
    fn a_peer_is_kept_with_a_name_of_its_own_and_its_key_sealed() {
        let f = fixture();
        assert_eq!(put(&f.registry, "1", "ana", 1), "ana");
        assert_eq!(put(&f.registry, "2", "Ana", 2), "Ana-2");
        assert_eq!(put(&f.registry, "1", "renamed", 3), "ana", "it keeps the name it has here");
        assert_eq!(f.registry.key_for(&peer("1")).expect("reads"), Some(key(3)));
        assert_eq!(f.registry.key_for(&peer("3")).expect("reads"), None);
        let bytes = std::fs::read(f.home.path().join("node.db-wal")).expect("reads");
        let secret = key(3).reveal().as_bytes()[13..].to_vec();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret));
        let found = f.registry.peer_by_name_or_id("ANA").expect("reads").expect("there");
        assert_eq!(found.peer_id, peer("1"));
        assert!(found.has_key && found.granted == Some(Grant::teammate()));
        let found = f.registry.peer_by_name_or_id(&peer("2").to_string()).expect("reads");
        assert_eq!(found.map(|p| p.name).as_deref(), Some("Ana-2"));
    }

    #[test]
    fn a_new_name_is_nobody_elses() {
        let f = fixture();
        put(&f.registry, "1", "ana", 1);
        put(&f.registry, "2", "bo", 2);
        let rename =
            |name: &str, wanted: &str| f.registry.rename_peer(name, wanted).expect("writes");
        let renamed = |name: &str| RenameOutcome::Renamed { name: name.into() };
        assert_eq!(rename("nobody", "cleo"), RenameOutcome::Unknown);
        assert_eq!(rename("ana", "BO"), RenameOutcome::Taken);
        assert_eq!(rename("ana", "\u{1b}\u{200B}"), RenameOutcome::Unusable);
        assert_eq!(rename("ana", "ANA"), renamed("ANA"), "its own name in another case");
        assert_eq!(rename("ana", "ana of the \u{1b}api"), renamed("ana of the api"));
        let found = f.registry.peer_by_name_or_id("ana of the API").expect("reads");
        assert_eq!(found.map(|peer| peer.peer_id), Some(peer("1")));
    }

    #[test]
    fn a_name_that_looks_like_an_id_misleads_nobody() {
        let f = fixture();
        put(&f.registry, "victim", "ana", 1);
        put(&f.registry, "eve", &peer("victim").to_string(), 2);
        let wanted = peer("victim").to_string();
        let found = f.registry.peer_by_name_or_id(&wanted).expect("reads").expect("there");
        assert_eq!(found.peer_id, peer("victim"));
        let called: Vec<_> = f.registry.peers().expect("reads");
        let called: Vec<_> = called.iter().filter(|p| p.is_called(&wanted)).collect();
        assert_eq!(called.len(), 1);
        assert_eq!(called[0].name, "ana");
    }

    #[test]
    fn the_last_good_address_comes_first_and_stays() {
        let f = fixture();
        put(&f.registry, "1", "ana", 1);
        let addresses =
            || f.registry.peer_by_name_or_id("ana").expect("reads").expect("there").addresses;
        let (id, later) = (peer("1"), after(day(0), 1));
        f.registry.record_contact(&id, None, day(0), 12).expect("writes");
        assert_eq!(addresses(), ["192.0.2.1:7861", "192.0.2.2:7861"]);
        f.registry.record_contact(&id, Some("192.0.2.2:7861"), later, 12).expect("writes");
        assert_eq!(addresses(), ["192.0.2.2:7861", "192.0.2.1:7861"]);
        f.registry.set_addresses(&id, &["198.51.100.9:1".into()]).expect("writes");
        assert_eq!(addresses(), ["192.0.2.2:7861", "198.51.100.9:1"]);
    }

    #[test]
    fn contacts_are_recorded_but_not_each_of_many() {
        let f = fixture();
        put(&f.registry, "1", "ana", 1);
        let state = || {
            let p = f.registry.peer_by_name_or_id("ana").expect("reads").expect("there");
            (p.last_seen, p.round_trip_ms, p.last_error)
        };
        let id = peer("1");
        f.registry.record_failure(&id, "no answer\u{1b} within 5 s").expect("writes");
        assert_eq!(state(), (None, None, Some("no answer within 5 s".into())));
        f.registry.record_contact(&id, None, day(0), 12).expect("writes");
        assert_eq!(state(), (Some(day(0)), Some(12), None));
        f.registry.record_contact(&id, None, after(day(0), 14), 9).expect("writes");
        assert_eq!(state(), (Some(day(0)), Some(12), None));
        f.registry.record_contact(&id, None, after(day(0), 60), 9).expect("writes");
        assert_eq!(state(), (Some(after(day(0), 60)), Some(9), None));
        f.registry.record_failure(&id, "away").expect("writes");
        f.registry.record_contact(&id, None, after(day(0), 16), 7).expect("writes");
        assert_eq!(state(), (Some(after(day(0), 16)), Some(7), None), "an error ends at once");
        f.registry.record_contact(&peer("nobody"), None, day(0), 1).expect("is harmless");
    }

    #[test]
    fn removing_a_peer_leaves_nothing_it_could_use() {
        let f = fixture();
        let (bruno, grant) = (peer("bruno"), Grant::teammate());
        put(&f.registry, "bruno", "bruno", 1);
        put(&f.registry, "cleo", "cleo", 2);
        let issue =
            |who| f.registry.issue(KeyKind::Peer, "k", &grant, Some(who), day(0)).expect("issues");
        let (his, hers) = (issue(bruno), issue(peer("cleo")));
        let known = f.registry.peer_by_name_or_id("bruno").expect("reads").expect("there");
        assert_eq!(known.their_key, Some(his.id()));
        let epoch = f.registry.epoch().expect("reads");
        let removed = f.registry.remove_peer("bruno", day(1)).expect("writes").expect("there");
        assert_eq!((removed.peer_id, removed.revoked), (bruno, vec![his.id()]));
        assert!(f.registry.epoch().expect("reads") > epoch);
        assert!(f.registry.authenticate(his.reveal(), Some(bruno), day(1)).is_err());
        assert_eq!(f.registry.key_for(&bruno).expect("reads"), None);
        assert_eq!(f.registry.remove_peer("bruno", day(1)).expect("writes"), None);
        f.registry
            .authenticate(hers.reveal(), Some(peer("cleo")), day(1))
            .expect("others are untouched");
    }

    #[test]
    fn nobody_is_called_like_the_owner_or_like_somebody_else() {
        let f = fixture();
        f.registry.tell_apart("hub", day(0)).expect("writes");
        let key = ApiKey::from_entropy([1; 6], [1; 32]);
        let join = |id: &str, name: &str| {
            let new = NewPeer { peer_id: peer(id), name, addresses: &[], key: &key, granted: None };
            f.registry.put_peer(&new, day(0)).expect("writes")
        };
        for (id, name, called) in [
            ("1", "you", "you-2"),
            ("2", "ｙou\u{200b}", "ｙou-3"),
            ("3", "HUB", "HUB-2"),
            ("4", "ana", "ana"),
            ("5", "аna", "аna-2"),
            ("6", "local · ana", "local-ana"),
        ] {
            assert_eq!(join(id, name), called, "{name:?}");
        }
        let taken = f.registry.rename_peer("ana", "Yоu").expect("reads");
        assert_eq!(taken, RenameOutcome::Taken);
        let renamed = f.registry.rename_peer("ana", "ANA").expect("writes");
        assert!(matches!(renamed, RenameOutcome::Renamed { .. }), "it may look like its own");
    }

    #[test]
    fn who_was_called_alike_before_gets_another_name_and_the_owner_is_told() {
        let f = fixture();
        for (at, (id, name)) in [("1", "ana"), ("2", "аna"), ("3", "you")].into_iter().enumerate()
        {
            let sql = "INSERT INTO peer (id, name, addresses, added) VALUES (?1, ?2, '[]', ?3)";
            let peer = PeerColumn(peer(id));
            let at = u32::try_from(at).expect("small");
            f.registry.update("add", |c| c.execute(sql, params![peer, name, at])).expect("writes");
        }
        f.registry.tell_apart("bruno", day(0)).expect("writes");
        let names = || -> Vec<String> {
            let peers = f.registry.peers().expect("reads");
            peers.into_iter().map(|peer| peer.name).collect()
        };
        assert_eq!(names(), ["ana", "you-2", "аna-2"]);
        assert_eq!(f.registry.take_news().expect("takes").len(), 2);
        f.registry.tell_apart("Ana", day(1)).expect("writes");
        assert_eq!(names(), ["ana-3", "you-2", "аna-2"], "the owner's own name counts too");
        assert_eq!(f.registry.take_news().expect("takes").len(), 1);
    }
}
