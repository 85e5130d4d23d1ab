//! Whom peers introduce. A candidate whom the owner accepted becomes a peer by a join without an invite, as soon as
//! its owner accepted this node too.

use super::column::{Json, Millis, Peer as PeerColumn};
use super::error::{Fault, RegistryError};
use super::join::NewJoin;
use super::key::NewKey;
use super::kind::KeyKind;
use super::row::NewPeer;
use super::{Registry, join, key, note, setting, stored};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, params};

/// One whom peers introduce, and who is not a peer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who it is.
    pub peer_id: PeerId,
    /// What it would be called here.
    pub name: String,
    /// Where it may be reached.
    pub addresses: Vec<String>,
    /// Who introduces it, by name.
    pub introduced_by: Vec<String>,
    /// What the owner said to it.
    pub standing: Standing,
}

/// What the owner said to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing yet.
    Offered,
    /// It may become a peer.
    Accepted,
    /// It may not: the owner parted with it.
    Refused,
}

/// What became of a join without an invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MeetOutcome {
    /// The other is a peer now.
    Joined {
        /// Its key for our bank, bound to it.
        key: ApiKey,
        /// What that key may do and read.
        grant: Grant,
    },
    /// The owner did not accept it yet.
    Waits,
    /// Nobody introduces it, or the owner parted with it.
    Refused,
}

impl Registry {
    /// Those who are introduced and are not peers, by name.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn candidates(&self) -> Result<Vec<Candidate>, RegistryError> {
        self.read("list the candidates", |c| {
            let sql = format!("{CANDIDATES} AND {NOT_PEER} ORDER BY candidate.name");
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([], read_candidate)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Accepts one who is introduced, also one whom the owner parted with before; the join is written down.
    /// `None`: nobody of this name or id is introduced.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn accept(
        &self,
        name_or_id: &str,
        now: Timestamp,
    ) -> Result<Option<Candidate>, RegistryError> {
        self.write("accept a candidate", |tx| {
            let (condition, value): (&str, Box<dyn ToSql>) = match name_or_id.parse::<PeerId>() {
                Ok(id) => ("candidate.peer = ?1", Box::new(PeerColumn(id))),
                Err(_) => ("candidate.name = ?1 COLLATE NOCASE", Box::new(name_or_id.to_owned())),
            };
            // Whoever was refused comes last: somebody else may have got the name since.
            let sql = format!("{CANDIDATES} AND {condition} ORDER BY refused IS NOT NULL LIMIT 1");
            let found = tx.query_row(&sql, [value], read_candidate).optional()?;
            if let Some(candidate) = &found {
                self.accept_one(tx, candidate, now)?;
            }
            Ok(found)
        })
    }

    /// Accepts all who are introduced, and all who will be by those who introduce now. Not those whom the owner
    /// parted with. Returns those who are not peers yet.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn accept_all(&self, now: Timestamp) -> Result<Vec<Candidate>, RegistryError> {
        self.write("accept all candidates", |tx| {
            tx.execute("UPDATE introducer SET accepts_all = 1", [])?;
            let mut statement = tx.prepare("SELECT peer FROM introducer")?;
            let introducers: Vec<PeerId> = statement
                .query_map([], |row| row.get::<_, PeerColumn>(0).map(|peer| peer.0))?
                .collect::<Result<_, _>>()?;
            for introducer in &introducers {
                self.accept_offers(tx, introducer, now)?;
            }
            let sql = format!(
                "{CANDIDATES} AND {NOT_PEER} AND accepted IS NOT NULL ORDER BY candidate.name"
            );
            let mut statement = tx.prepare(&sql)?;
            let rows = statement.query_map([], read_candidate)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// How the owner stands to a node that wants to join without an invite; `None`: nobody introduces it.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn standing(&self, peer: &PeerId) -> Result<Option<Standing>, RegistryError> {
        self.read("look for a candidate", |c| {
            let sql = format!("{CANDIDATES} AND candidate.peer = ?1");
            let found = c.prepare_cached(&sql)?.query_row([PeerColumn(*peer)], read_candidate);
            Ok(found.optional()?.map(|candidate| candidate.standing))
        })
    }

    /// A join without an invite, of a node that has proved to be `new.peer_id`: if the owner accepted it, it
    /// becomes a peer. It may repeat that, because the answer may have been lost, until the owner takes back what
    /// it got: the key it gets then is another one, the same at every repetition, and the first stays good.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn meet(&self, new: &NewPeer<'_>, now: Timestamp) -> Result<MeetOutcome, RegistryError> {
        let peer_id = new.peer_id;
        self.write("meet a candidate", |tx| {
            let sql = format!("{CANDIDATES} AND candidate.peer = ?1");
            let found = tx.query_row(&sql, [PeerColumn(peer_id)], read_candidate).optional()?;
            let Some(candidate) = found else { return Ok(MeetOutcome::Refused) };
            match candidate.standing {
                Standing::Offered => return Ok(MeetOutcome::Waits),
                Standing::Refused => return Ok(MeetOutcome::Refused),
                Standing::Accepted => {}
            }
            if is_withdrawn(tx, &peer_id)? {
                return Ok(MeetOutcome::Refused);
            }
            let grant = Grant::teammate();
            let waited = self.take_issued(tx, &peer_id)?;
            let is_new = waited.is_some();
            let known = NewPeer { name: &candidate.name, ..*new };
            let name = self.upsert_peer(tx, &known, now)?;
            let key = match waited {
                Some(key) => key,
                None => self.issue_again(tx, new, &name, now)?,
            };
            setting::next_epoch(tx)?;
            if is_new {
                let by = candidate.introduced_by.join(", ");
                note::add_news(tx, &format!("{name} is a peer now, introduced by {by}"), now)?;
            }
            Ok(MeetOutcome::Joined { key, grant })
        })
    }

    /// Accepts what one introducer offers, but whom the owner parted with and who is a peer already.
    pub(super) fn accept_offers(
        &self,
        connection: &Connection,
        introducer: &PeerId,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let sql = format!(
            "{CANDIDATES} AND {NOT_PEER} AND accepted IS NULL AND refused IS NULL
             AND EXISTS (SELECT 1 FROM offer WHERE candidate = candidate.peer AND introducer = ?1)"
        );
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([PeerColumn(*introducer)], read_candidate)?;
        let offered: Vec<Candidate> = rows.collect::<Result<_, _>>()?;
        for candidate in &offered {
            self.accept_one(connection, candidate, now)?;
        }
        Ok(())
    }

    fn accept_one(
        &self,
        connection: &Connection,
        candidate: &Candidate,
        now: Timestamp,
    ) -> Result<(), Fault> {
        let new = NewJoin {
            peer_id: candidate.peer_id,
            name: &candidate.name,
            addresses: &candidate.addresses,
            sealed_invite: None,
        };
        let issued = self.insert_join(connection, &new, now)?;
        connection.execute(
            "UPDATE candidate SET accepted = ?2, refused = NULL, issued = ?3, former = NULL WHERE peer = ?1",
            params![PeerColumn(candidate.peer_id), Millis(now), issued.0],
        )?;
        Ok(())
    }

    /// Another key for one who met us before and did not hear of it.
    fn issue_again(
        &self,
        connection: &Connection,
        met: &NewPeer<'_>,
        name: &str,
        now: Timestamp,
    ) -> Result<ApiKey, Fault> {
        let (peer, grant) = (&met.peer_id, Grant::teammate());
        let new = NewKey {
            kind: KeyKind::Peer,
            name,
            grant: &grant,
            bound_to: Some(*peer),
            claim: None,
            lineage: None,
            expires: None,
        };
        let context = format!("candidate\0{peer}");
        let (key, is_known) = self.claimed_key(connection, &context, met.key, &new, now)?;
        if is_known {
            return Ok(key);
        }
        let former: Option<String> = connection.query_row(
            "SELECT former FROM candidate WHERE peer = ?1",
            [PeerColumn(*peer)],
            |row| row.get(0),
        )?;
        if let Some(former) = former {
            key::revoke(connection, &former, now)?;
        }
        connection.execute(
            "UPDATE candidate SET former = issued, issued = ?2 WHERE peer = ?1",
            params![PeerColumn(*peer), key.id().0],
        )?;
        Ok(key)
    }
}

/// The owner parts with somebody: no introduction brings them back, unless the owner accepts them by name.
pub(super) fn refuse(
    connection: &Connection,
    peer: &PeerId,
    name: &str,
    now: Timestamp,
) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO candidate (peer, name, addresses, refused) VALUES (?1, ?2, '[]', ?3)
         ON CONFLICT (peer) DO UPDATE
             SET refused = excluded.refused, accepted = NULL, issued = NULL, former = NULL",
        params![PeerColumn(*peer), name, Millis(now)],
    )?;
    Ok(())
}

/// The candidate of this whole id, or this name in any case, whom the owner did not refuse. A peer is none: it may
/// have another name since.
pub(super) fn find(
    connection: &Connection,
    name_or_id: &str,
) -> rusqlite::Result<Option<(PeerId, String)>> {
    let (condition, value): (&str, Box<dyn ToSql>) = match name_or_id.parse::<PeerId>() {
        Ok(id) => ("peer = ?1", Box::new(PeerColumn(id))),
        Err(_) => ("name = ?1 COLLATE NOCASE", Box::new(name_or_id.to_owned())),
    };
    let sql = format!(
        "SELECT peer, name FROM candidate WHERE refused IS NULL AND {NOT_PEER} AND {condition}"
    );
    connection
        .query_row(&sql, [value], |row| Ok((row.get::<_, PeerColumn>(0)?.0, row.get(1)?)))
        .optional()
}

/// They are peers again by another way, which the owner chose: what was refused is forgotten.
pub(super) fn forgive(connection: &Connection, peer: &PeerId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE candidate SET refused = NULL WHERE peer = ?1 AND refused IS NOT NULL",
        )?
        .execute([PeerColumn(*peer)])?;
    Ok(())
}

/// Forgets candidates whom nobody introduces, with the joins to them that wait. Peers stay peers, and who was
/// refused stays so.
pub(super) fn forget_unoffered(connection: &Connection, now: Timestamp) -> Result<(), Fault> {
    let mut statement = connection.prepare(
        "DELETE FROM candidate WHERE refused IS NULL
             AND NOT EXISTS (SELECT 1 FROM offer WHERE candidate = candidate.peer)
             AND NOT EXISTS (SELECT 1 FROM peer WHERE id = candidate.peer AND sealed_key IS NOT NULL)
         RETURNING peer",
    )?;
    let gone: Vec<PeerId> = statement
        .query_map([], |row| row.get::<_, PeerColumn>(0).map(|peer| peer.0))?
        .collect::<Result<_, _>>()?;
    for peer in gone {
        join::cancel_introduced(connection, &peer, now)?;
    }
    Ok(())
}

/// Whether the owner took back what one got when it was accepted.
fn is_withdrawn(connection: &Connection, peer: &PeerId) -> rusqlite::Result<bool> {
    let issued: Option<String> = connection.query_row(
        "SELECT issued FROM candidate WHERE peer = ?1",
        [PeerColumn(*peer)],
        |row| row.get(0),
    )?;
    let Some(issued) = issued else { return Ok(false) };
    let key = stored::find(connection, &KeyId(issued))?;
    Ok(key.is_none_or(|key| key.revoked.is_some()))
}

/// Those who are introduced by somebody.
const CANDIDATES: &str =
    "SELECT candidate.peer, candidate.name, candidate.addresses, accepted, refused,
        (SELECT json_group_array(peer.name) FROM offer JOIN peer ON peer.id = offer.introducer
         WHERE offer.candidate = candidate.peer) AS introduced_by
    FROM candidate WHERE EXISTS (SELECT 1 FROM offer WHERE candidate = candidate.peer)";

/// The candidate is not a peer that can be asked.
const NOT_PEER: &str =
    "NOT EXISTS (SELECT 1 FROM peer WHERE peer.id = candidate.peer AND sealed_key IS NOT NULL)";

fn read_candidate(row: &rusqlite::Row<'_>) -> rusqlite::Result<Candidate> {
    let time = |column| row.get::<_, Option<Millis>>(column);
    Ok(Candidate {
        peer_id: row.get::<_, PeerColumn>(0)?.0,
        name: row.get(1)?,
        addresses: row.get::<_, Json<Vec<String>>>(2)?.0,
        standing: match (time(3)?, time(4)?) {
            (_, Some(_)) => Standing::Refused,
            (Some(_), None) => Standing::Accepted,
            (None, None) => Standing::Offered,
        },
        introduced_by: row.get::<_, Json<Vec<String>>>(5)?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Fixture, day, fixture, peer};
    use super::*;
    use camille_proto::introduction::{Introduced, Introductions};

    /// The key of somebody else's bank, which nobody here looks at.
    fn key(n: u8) -> ApiKey {
        ApiKey::from_entropy([n; 6], [n; 32])
    }

    fn befriend(registry: &Registry, who: &str) {
        let new = NewPeer {
            peer_id: peer(who),
            name: who,
            addresses: &["192.0.2.1:7861".to_owned()],
            key: &key(1),
            granted: None,
        };
        registry.put_peer(&new, day(0)).expect("writes");
    }

    /// Knows ana, who introduces.
    fn introduced() -> Fixture {
        let f = fixture();
        befriend(&f.registry, "ana");
        f.registry.set_introducer("ana", true, day(0)).expect("writes").expect("is known");
        f
    }

    fn told(of: &[&str], parted: &[&str]) -> Introductions {
        let one = |name: &&str| Introduced {
            peer_id: peer(name),
            name: (*name).to_owned(),
            addresses: vec!["192.0.2.7:7861".to_owned()],
        };
        Introductions {
            candidates: of.iter().map(one).collect(),
            parted: parted.iter().map(|name| peer(name)).collect(),
        }
    }

    fn take(f: &Fixture, by: &str, told: &Introductions) {
        f.registry.take_introductions(&peer(by), &peer("me"), told, day(1)).expect("writes");
    }

    fn seen(f: &Fixture) -> Vec<(String, Standing)> {
        let found = f.registry.candidates().expect("reads");
        found.into_iter().map(|one| (one.name, one.standing)).collect()
    }

    fn meet(f: &Fixture, who: &str) -> MeetOutcome {
        let new = NewPeer {
            peer_id: peer(who),
            name: "boss",
            addresses: &["192.0.2.8:7861".to_owned()],
            key: &key(2),
            granted: None,
        };
        f.registry.meet(&new, day(2)).expect("writes")
    }

    fn opens(f: &Fixture, key: &ApiKey, who: &str) -> bool {
        f.registry.authenticate(key.reveal(), Some(peer(who)), day(3)).is_ok()
    }

    #[test]
    fn nobody_is_introduced_by_one_who_was_not_chosen() {
        let f = fixture();
        befriend(&f.registry, "ana");
        take(&f, "ana", &told(&["bob"], &[]));
        assert!(seen(&f).is_empty());
        assert_eq!(f.registry.standing(&peer("bob")).expect("reads"), None);
        assert_eq!(meet(&f, "bob"), MeetOutcome::Refused);
    }

    #[test]
    fn one_who_is_introduced_waits_for_the_owners_word() {
        let f = introduced();
        take(&f, "ana", &told(&["bob", "me", "ana"], &[]));
        assert_eq!(seen(&f), [("bob".to_owned(), Standing::Offered)]);
        assert_eq!(meet(&f, "bob"), MeetOutcome::Waits);
        assert!(f.registry.pending_joins().expect("reads").is_empty());
        let news = f.registry.take_news().expect("reads");
        assert!(news.len() == 1 && news[0].contains("ana introduces bob"), "{news:?}");

        let accepted = f.registry.accept("BOB", day(1)).expect("writes").expect("is introduced");
        assert_eq!((accepted.peer_id, accepted.introduced_by), (peer("bob"), vec!["ana".into()]));
        let pending = f.registry.pending_joins().expect("reads");
        assert_eq!((pending[0].peer_id, &pending[0].invite_key), (peer("bob"), &None));

        let MeetOutcome::Joined { key: theirs, .. } = meet(&f, "bob") else { panic!("joins") };
        // Whichever side is first, it is the same key.
        assert_eq!(theirs, pending[0].key_for_inviter);
        assert!(opens(&f, &theirs, "bob") && !opens(&f, &theirs, "eve"));
        let peers = f.registry.peers().expect("reads");
        let bob = peers.iter().find(|one| one.name == "bob").expect("is called as introduced");
        assert_eq!(bob.addresses, ["192.0.2.8:7861"]);
        assert_eq!(f.registry.key_for(&peer("bob")).expect("reads"), Some(key(2)));
        assert!(seen(&f).is_empty() && f.registry.pending_joins().expect("reads").is_empty());
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_until_the_owner_takes_it_back() {
        let f = introduced();
        take(&f, "ana", &told(&["bob"], &[]));
        f.registry.accept("bob", day(1)).expect("writes");
        let mut keys = Vec::new();
        for _ in 0..3 {
            let MeetOutcome::Joined { key, .. } = meet(&f, "bob") else { panic!("joins") };
            keys.push(key);
        }
        let open: Vec<bool> = keys.iter().map(|key| opens(&f, key, "bob")).collect();
        assert_eq!(open, [true, true, true], "whichever answer arrived");
        assert_eq!(keys[1], keys[2], "asking again all day leaves two keys");
        f.registry.revoke(&keys[2].id().0, day(2)).expect("writes");
        assert_eq!(meet(&f, "bob"), MeetOutcome::Refused);
    }

    #[test]
    fn who_was_removed_is_not_brought_back() {
        let f = introduced();
        f.registry.accept_all(day(1)).expect("writes");
        take(&f, "ana", &told(&["bob", "cleo"], &[]));
        let both =
            [("bob".to_owned(), Standing::Accepted), ("cleo".to_owned(), Standing::Accepted)];
        assert_eq!(seen(&f), both);
        let MeetOutcome::Joined { key: theirs, .. } = meet(&f, "bob") else { panic!("joins") };

        f.registry.remove_peer("bob", day(2)).expect("writes").expect("is there");
        f.registry.remove_peer("cleo", day(2)).expect("writes").expect("waits");
        assert!(
            !opens(&f, &theirs, "bob") && f.registry.pending_joins().expect("reads").is_empty()
        );
        take(&f, "ana", &told(&["bob", "cleo"], &[]));
        f.registry.accept_all(day(3)).expect("writes");
        let refused =
            [("bob".to_owned(), Standing::Refused), ("cleo".to_owned(), Standing::Refused)];
        assert_eq!(seen(&f), refused);
        assert_eq!(meet(&f, "bob"), MeetOutcome::Refused);
        // By name the owner may change their mind.
        f.registry.accept("bob", day(3)).expect("writes").expect("is introduced");
        assert!(matches!(meet(&f, "bob"), MeetOutcome::Joined { .. }));
    }

    #[test]
    fn nobody_is_removed_by_the_name_they_were_introduced_with() {
        let f = introduced();
        take(&f, "ana", &told(&["bob"], &[]));
        f.registry.accept("bob", day(1)).expect("writes");
        assert!(matches!(meet(&f, "bob"), MeetOutcome::Joined { .. }));
        f.registry.rename_peer("bob", "robert").expect("writes");
        assert_eq!(f.registry.remove_peer("bob", day(2)).expect("writes"), None);
        assert!(f.registry.remove_peer("robert", day(2)).expect("writes").is_some());
    }

    #[test]
    fn also_who_was_a_peer_by_an_invite_stays_removed() {
        let f = introduced();
        befriend(&f.registry, "dan");
        f.registry.remove_peer("dan", day(1)).expect("writes").expect("is there");
        f.registry.accept_all(day(1)).expect("writes");
        take(&f, "ana", &told(&["dan"], &[]));
        assert_eq!(seen(&f), [("dan".to_owned(), Standing::Refused)]);
        // Until the owner makes them a peer another way.
        befriend(&f.registry, "dan");
        assert_eq!(f.registry.standing(&peer("dan")).expect("reads"), Some(Standing::Offered));
    }

    #[test]
    fn that_the_introducer_parted_is_news_and_no_more() {
        let f = introduced();
        f.registry.accept_all(day(1)).expect("writes");
        take(&f, "ana", &told(&["bob", "cleo"], &[]));
        let MeetOutcome::Joined { key: theirs, .. } = meet(&f, "bob") else { panic!("joins") };
        f.registry.take_news().expect("reads");

        for _ in 0..2 {
            take(&f, "ana", &told(&[], &["bob", "cleo"]));
        }
        let news = f.registry.take_news().expect("reads");
        assert!(news.len() == 1 && news[0].contains("camille peers remove bob"), "{news:?}");
        assert!(opens(&f, &theirs, "bob"));
        // Who was no peer yet does not become one.
        assert!(seen(&f).is_empty() && f.registry.pending_joins().expect("reads").is_empty());
        assert_eq!(meet(&f, "cleo"), MeetOutcome::Refused);
    }

    #[test]
    fn nothing_is_left_of_an_introducer_who_is_not_one_any_more() {
        let f = introduced();
        befriend(&f.registry, "zoe");
        f.registry.set_introducer("zoe", true, day(0)).expect("writes").expect("is known");
        f.registry.accept_all(day(1)).expect("writes");
        take(&f, "ana", &told(&["bob", "cleo"], &[]));
        take(&f, "zoe", &told(&["cleo"], &[]));
        f.registry.set_introducer("ana", false, day(1)).expect("writes").expect("is known");
        assert_eq!(seen(&f), [("cleo".to_owned(), Standing::Accepted)]);
        f.registry.remove_peer("zoe", day(1)).expect("writes").expect("is known");
        assert!(seen(&f).is_empty() && f.registry.introducers().expect("reads").is_empty());
        assert!(f.registry.pending_joins().expect("reads").is_empty());
        assert_eq!(f.registry.accept("cleo", day(2)).expect("writes"), None);
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let f = introduced();
        take(&f, "ana", &told(&["Ana\u{202e}"], &[]));
        assert_eq!(seen(&f), [("Ana-2".to_owned(), Standing::Offered)]);
    }

    #[test]
    fn where_a_peer_is_that_is_not_reached_others_may_know() {
        let f = introduced();
        befriend(&f.registry, "bob");
        let addresses = || {
            let bob = f.registry.peer_by_name_or_id("bob").expect("reads").expect("is there");
            bob.addresses
        };
        take(&f, "ana", &told(&["bob"], &[]));
        assert_eq!(addresses(), ["192.0.2.1:7861"]);
        f.registry.record_failure(&peer("bob"), "away").expect("writes");
        take(&f, "ana", &told(&["bob"], &[]));
        assert_eq!(addresses(), ["192.0.2.1:7861", "192.0.2.7:7861"]);
        assert!(seen(&f).is_empty(), "a peer is no candidate");
    }
}
