//! The introducer's side: peers who want to meet our other peers. They are told of each other, and of whom we
//! parted with; of nobody who did not ask for it.

use super::Registry;
use super::column::{Millis, Peer as PeerColumn, after};
use super::error::{Fault, RegistryError};
use camille_proto::id::PeerId;
use camille_proto::introduction::{Introduced, Introductions};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;

/// How long others are told that we parted with somebody.
const PARTED_TOLD_S: i64 = 31 * 86_400;

impl Registry {
    /// A peer wants to meet others who want it too. Returns who they are.
    ///
    /// # Errors
    /// When node.db cannot be read or written.
    pub fn introduce(&self, peer: &PeerId, now: Timestamp) -> Result<Introductions, RegistryError> {
        let volunteers = self.volunteers(now)?;
        if !volunteers.present.contains(peer) {
            self.write("keep who wants to be introduced", |tx| {
                tx.execute(
                    "INSERT INTO volunteer (peer, since) VALUES (?1, ?2)
                     ON CONFLICT (peer) DO UPDATE SET since = excluded.since, parted = NULL",
                    params![PeerColumn(*peer), Millis(now)],
                )?;
                tx.execute(
                    "DELETE FROM volunteer WHERE parted <= ?1",
                    [Millis(after(now, -PARTED_TOLD_S))],
                )?;
                Ok(())
            })?;
        }
        let candidates = self
            .peers()?
            .into_iter()
            .filter(|other| other.peer_id != *peer && volunteers.present.contains(&other.peer_id))
            // One whose key was revoked is no company to recommend.
            .filter(|other| other.their_key.is_some())
            .map(|other| Introduced {
                peer_id: other.peer_id,
                name: other.name,
                addresses: other.addresses,
            })
            .collect();
        let parted = volunteers.parted.into_iter().filter(|parted| parted != peer).collect();
        Ok(Introductions { candidates, parted })
    }

    /// A peer wants to meet nobody any more. False when it did not before.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn withdraw(&self, peer: &PeerId) -> Result<bool, RegistryError> {
        self.write("forget who wants to be introduced", |tx| {
            let sql = "DELETE FROM volunteer WHERE peer = ?1 AND parted IS NULL";
            Ok(tx.execute(sql, [PeerColumn(*peer)])? > 0)
        })
    }

    fn volunteers(&self, now: Timestamp) -> Result<Volunteers, RegistryError> {
        self.read("read who wants to be introduced", |c| {
            let mut found = Volunteers::default();
            let mut statement = c.prepare_cached("SELECT peer, parted FROM volunteer")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get::<_, PeerColumn>(0)?.0, row.get::<_, Option<Millis>>(1)?))
            })?;
            for row in rows {
                match row? {
                    (peer, None) => {
                        found.present.insert(peer);
                    }
                    (peer, Some(parted)) if after(parted.0, PARTED_TOLD_S) > now => {
                        found.parted.push(peer);
                    }
                    _ => {}
                }
            }
            Ok(found)
        })
    }
}

#[derive(Default)]
struct Volunteers {
    present: HashSet<PeerId>,
    parted: Vec<PeerId>,
}

/// The owner parts with a peer: those who met it here are told, if it wanted to be met.
pub(super) fn part(connection: &Connection, peer: &PeerId, now: Timestamp) -> Result<(), Fault> {
    connection
        .query_row(
            "UPDATE volunteer SET parted = ?2 WHERE peer = ?1 AND parted IS NULL RETURNING 1",
            params![PeerColumn(*peer), Millis(now)],
            |_| Ok(()),
        )
        .optional()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Fixture, day, fixture, peer};
    use super::*;
    use crate::KeyKind;
    use camille_proto::grant::Grant;

    /// Peers who hold a key for this bank.
    fn with_peers(names: &[&str]) -> Fixture {
        let f = fixture();
        for name in names {
            let (grant, id) = (Grant::teammate(), peer(name));
            let key = f.registry.issue(KeyKind::Peer, name, &grant, None, day(0)).expect("writes");
            f.registry.authenticate(key.reveal(), Some(id), day(0)).expect("binds");
        }
        f
    }

    fn names(told: &Introductions) -> Vec<&str> {
        told.candidates.iter().map(|one| one.name.as_str()).collect()
    }

    #[test]
    fn those_who_want_it_are_told_of_each_other_and_nobody_of_the_rest() {
        let f = with_peers(&["ana", "bob", "cleo"]);
        let introduce = |who| f.registry.introduce(&peer(who), day(1)).expect("writes");
        assert!(names(&introduce("ana")).is_empty());
        assert_eq!(names(&introduce("bob")), ["ana"]);
        assert_eq!(names(&introduce("ana")), ["bob"]);
        assert!(f.registry.withdraw(&peer("bob")).expect("writes"));
        assert!(!f.registry.withdraw(&peer("bob")).expect("writes"));
        assert_eq!(introduce("ana"), Introductions::default());
        introduce("bob");
        f.registry.revoke("bob", day(1)).expect("writes");
        assert!(names(&introduce("ana")).is_empty(), "its key ended");
    }

    #[test]
    fn they_hear_for_a_while_whom_the_owner_parted_with() {
        let f = with_peers(&["ana", "bob", "cleo"]);
        let introduce = |day| f.registry.introduce(&peer("ana"), day).expect("writes");
        introduce(day(1));
        f.registry.introduce(&peer("bob"), day(1)).expect("writes");
        f.registry.remove_peer("bob", day(2)).expect("writes");
        f.registry.remove_peer("cleo", day(2)).expect("writes");
        // Cleo wanted to be known to nobody.
        assert_eq!(introduce(day(3)).parted, [peer("bob")]);
        assert!(names(&introduce(day(3))).is_empty());
        assert_eq!(introduce(day(40)), Introductions::default());
    }
}
