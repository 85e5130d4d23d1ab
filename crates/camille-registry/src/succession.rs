//! How a key gets a successor: a tool's by its owner's hand, a peer's by itself. The old one opens for a while
//! beside the new one, so that nobody stands outside if an answer is lost.

use super::column::{Millis, after};
use super::error::{Fault, RegistryError};
use super::key::NewKey;
use super::kind::{KeyKind, LAPSE_S};
use super::stored::{Stored, find};
use super::{Registry, setting};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// How long a peer's old key opens beside its successor.
const OVERLAP_S: i64 = 7 * 86_400;

/// What became of rotating a tool key.
#[derive(Debug)]
pub enum Rotation {
    /// There is a successor.
    Rotated {
        /// It, this once.
        key: ApiKey,
        /// When the old one ends.
        old_ends: Timestamp,
    },
    /// No live key has this id.
    Unknown,
    /// It is a peer's or an invite's: no person holds those.
    NotTool,
}

/// What became of a peer's wish for another key.
#[derive(Debug)]
pub enum Renewal {
    /// There is a successor with the same rights.
    Renewed {
        /// It, this once.
        key: ApiKey,
        /// What it may do and read here.
        grant: Grant,
        /// When the old one ends.
        old_ends: Timestamp,
    },
    /// The successor was used: it arrived, and is not handed over twice.
    Done,
    /// No live key of this peer has this id.
    Unknown,
}

impl Registry {
    /// Makes a successor of the live tool key with this id: the same name and grant, a life of its own. The old
    /// key opens until `overlap_s` seconds from now, or its own end if that comes first.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn rotate(
        &self,
        id: &KeyId,
        overlap_s: i64,
        now: Timestamp,
    ) -> Result<Rotation, RegistryError> {
        self.write("rotate a key", |tx| {
            let live = find(tx, id)?.filter(|stored| stored.is_live(now));
            let Some(old) = live else { return Ok(Rotation::Unknown) };
            if old.kind != KeyKind::Tool {
                return Ok(Rotation::NotTool);
            }
            let (key, old_ends) = self.succeed(tx, &old, overlap_s, now)?;
            Ok(Rotation::Rotated { key, old_ends })
        })
    }

    /// Makes a successor of a key that is bound to `holder`. One that was handed over before and never used got
    /// lost on its way: it ends, and another one takes its place.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn renew(
        &self,
        id: &KeyId,
        holder: &PeerId,
        now: Timestamp,
    ) -> Result<Renewal, RegistryError> {
        self.write("renew a key", |tx| {
            let live = find(tx, id)?.filter(|stored| {
                stored.kind == KeyKind::Peer
                    && stored.bound_to == Some(*holder)
                    && stored.is_live(now)
            });
            let Some(old) = live else { return Ok(Renewal::Unknown) };
            if let Some(later) = successor(tx, &old)? {
                if later.last_used.is_some() {
                    return Ok(Renewal::Done);
                }
                tx.execute("DELETE FROM key WHERE id = ?1", [&later.id.0])?;
            }
            let (key, old_ends) = self.succeed(tx, &old, OVERLAP_S, now)?;
            Ok(Renewal::Renewed { key, grant: old.grant, old_ends })
        })
    }

    /// Makes the successor, and sets the end of the old key, which never moves away again.
    fn succeed(
        &self,
        connection: &Connection,
        old: &Stored,
        overlap_s: i64,
        now: Timestamp,
    ) -> Result<(ApiKey, Timestamp), Fault> {
        let end = after(now, overlap_s);
        let old_ends = old.expires.map_or(end, |expires| expires.min(end));
        let is_tool = old.kind == KeyKind::Tool;
        // A rotated tool key may be revoked for itself: somebody else may hold it. A peer's keys are one peer's.
        let lineage = (!is_tool).then(|| old.lineage.as_ref().unwrap_or(&old.id));
        let new = NewKey {
            kind: old.kind,
            name: &old.name,
            grant: &old.grant,
            bound_to: old.bound_to,
            claim: None,
            expires: is_tool.then(|| after(now, LAPSE_S)),
            lineage,
        };
        let key = self.insert_key(connection, &new, now)?;
        connection.execute(
            "UPDATE key SET expires = ?1, lineage = ?2 WHERE id = ?3",
            params![Millis(old_ends), lineage.map(|id| &id.0), old.id.0],
        )?;
        setting::next_epoch(connection)?;
        Ok((key, old_ends))
    }
}

/// The live key that followed this one.
fn successor(connection: &Connection, old: &Stored) -> rusqlite::Result<Option<Stored>> {
    let id: Option<String> = connection
        .query_row(
            "SELECT id FROM key WHERE lineage = ?1 AND revoked IS NULL
                 AND rowid > (SELECT rowid FROM key WHERE id = ?2) ORDER BY rowid LIMIT 1",
            params![old.lineage.as_ref().map(|id| &id.0), old.id.0],
            |row| row.get(0),
        )
        .optional()?;
    match id {
        Some(id) => find(connection, &KeyId(id)),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Fixture, day, fixture, peer};
    use super::super::{AuthError, Refusal};
    use super::*;
    use camille_proto::grant::Verb;

    fn grant() -> Grant {
        Grant { verbs: vec![Verb::Search], projects: Some(vec!["acme/*".into()]) }
    }

    #[test]
    fn a_rotated_key_and_its_successor_overlap() {
        let f = fixture();
        let grant = grant();
        let old = f.registry.issue(KeyKind::Tool, "ci", &grant, None, day(0)).expect("issues");
        let rotate = |id: &KeyId, now| f.registry.rotate(id, 7 * 86_400, now).expect("writes");
        let Rotation::Rotated { key: new, old_ends } = rotate(&old.id(), day(10)) else {
            panic!("not rotated");
        };
        assert_eq!(old_ends, day(17));
        let opens = |key: &ApiKey, now| f.registry.authenticate(key.reveal(), None, now);
        for key in [&old, &new] {
            let who = opens(key, day(16)).expect("both open");
            assert_eq!((who.name, who.grant), ("ci".into(), grant.clone()));
        }
        assert!(opens(&old, day(17)).is_err(), "its time is over");
        assert!(opens(&new, day(99)).is_ok() && opens(&new, day(101)).is_err());
        assert!(matches!(rotate(&old.id(), day(18)), Rotation::Unknown), "it has ended");
        // An end that comes first stays.
        let Rotation::Rotated { key: newest, old_ends } = rotate(&new.id(), day(98)) else {
            panic!("not rotated");
        };
        assert_eq!(old_ends, day(100));
        f.registry.revoke(&new.id().0, day(98)).expect("writes");
        assert!(opens(&newest, day(98)).is_ok(), "the leaked one ends, the new one stays");
        let peer = f.registry.issue(KeyKind::Peer, "p", &grant, None, day(0)).expect("issues");
        assert!(matches!(rotate(&peer.id(), day(1)), Rotation::NotTool));
        assert!(matches!(rotate(&KeyId("nosuchid".into()), day(1)), Rotation::Unknown));
    }

    fn bruno_with_a_key() -> (Fixture, ApiKey) {
        let f = fixture();
        let bruno = Some(peer("bruno"));
        let key = f.registry.issue(KeyKind::Peer, "bruno", &grant(), bruno, day(0));
        (f, key.expect("issues"))
    }

    fn renew(f: &Fixture, key: &ApiKey, now: Timestamp) -> Option<(ApiKey, Timestamp)> {
        match f.registry.renew(&key.id(), &peer("bruno"), now).expect("writes") {
            Renewal::Renewed { key, grant: given, old_ends } => {
                assert_eq!(given, grant());
                Some((key, old_ends))
            }
            Renewal::Done => None,
            Renewal::Unknown => panic!("unknown"),
        }
    }

    fn opens(f: &Fixture, key: &ApiKey, now: Timestamp) -> Result<(), Refusal> {
        match f.registry.authenticate(key.reveal(), Some(peer("bruno")), now) {
            Ok(who) => {
                assert_eq!((who.grant, who.bound_to), (grant(), Some(peer("bruno"))));
                Ok(())
            }
            Err(AuthError::Invalid(refusal)) => Err(refusal),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_renewed_key_opens_for_a_week_beside_its_successor() {
        let (f, old) = bruno_with_a_key();
        let (new, ends) = renew(&f, &old, day(30)).expect("renewed");
        assert_eq!(ends, day(37));
        assert_eq!((opens(&f, &old, day(36)), opens(&f, &new, day(36))), (Ok(()), Ok(())));
        assert_eq!(opens(&f, &old, day(37)), Err(Refusal::Expired(day(37))));
        assert_eq!(opens(&f, &new, day(37)), Ok(()));
        let eve = f.registry.authenticate(new.reveal(), Some(peer("eve")), day(37));
        assert!(matches!(eve, Err(AuthError::Invalid(Refusal::OtherCertificate))));
        // And so on: the third one's end is its own.
        let (third, ends) = renew(&f, &new, day(60)).expect("renewed");
        assert_eq!((ends, opens(&f, &third, day(140))), (day(67), Ok(())));
    }

    #[test]
    fn a_successor_is_handed_over_once_unless_it_got_lost() {
        let (f, old) = bruno_with_a_key();
        let (lost, _) = renew(&f, &old, day(30)).expect("renewed");
        let (new, ends) = renew(&f, &old, day(33)).expect("the first never arrived");
        assert_eq!(ends, day(37), "the old key's end does not move");
        assert_eq!(opens(&f, &lost, day(33)), Err(Refusal::Unknown));
        assert_eq!(opens(&f, &new, day(33)), Ok(()));
        assert!(renew(&f, &old, day(34)).is_none(), "it arrived");
        assert_eq!(opens(&f, &new, day(34)), Ok(()));
    }

    #[test]
    fn only_the_peer_it_is_bound_to_renews_a_live_key() {
        let (f, key) = bruno_with_a_key();
        let ask = |id: &KeyId, who: &str, now| f.registry.renew(id, &peer(who), now);
        for (id, who, now) in [
            (key.id(), "eve", day(1)),
            (KeyId("nosuchid".into()), "bruno", day(1)),
            (key.id(), "bruno", day(90)),
        ] {
            assert!(matches!(ask(&id, who, now), Ok(Renewal::Unknown)), "{who}");
        }
        let tool = f.registry.issue(KeyKind::Tool, "ci", &grant(), None, day(0)).expect("issues");
        assert!(matches!(ask(&tool.id(), "bruno", day(1)), Ok(Renewal::Unknown)));
    }

    #[test]
    fn who_joins_again_has_one_key_once_the_new_one_was_used() {
        let (f, first) = bruno_with_a_key();
        opens(&f, &first, day(1)).expect("is used");
        let issue = |who: &str, now| {
            let issued = f.registry.issue(KeyKind::Peer, who, &grant(), Some(peer(who)), now);
            issued.expect("issues")
        };
        let (cleo, second) = (issue("cleo", day(1)), issue("bruno", day(2)));
        assert_eq!(opens(&f, &first, day(2)), Ok(()), "the answer may have been lost");
        assert_eq!(opens(&f, &second, day(3)), Ok(()));
        assert_eq!(opens(&f, &first, day(3)), Err(Refusal::Revoked(day(3))));
        let live = f.registry.keys(day(3)).expect("reads");
        let live: Vec<&KeyId> =
            live.iter().filter(|key| key.revoked.is_none()).map(|key| &key.id).collect();
        assert_eq!(live, [&second.id(), &cleo.id()], "nobody else's key ends");
        let news = f.registry.take_news().expect("takes");
        assert!(news.len() == 1 && news[0].contains("joined again"), "{news:?}");
        // One that came late and was never held ends nothing; nor does a renewal what it follows.
        let late = issue("bruno", day(4));
        let (renewed, _) = renew(&f, &second, day(30)).expect("renewed");
        assert_eq!(opens(&f, &renewed, day(31)), Ok(()));
        assert_eq!(opens(&f, &second, day(31)), Ok(()), "for a week");
        assert!(opens(&f, &late, day(31)).is_err(), "who uses a later one does not need it");
    }

    #[test]
    fn who_revokes_one_of_a_peers_keys_revokes_the_line() {
        for which in 0..3 {
            let (f, first) = bruno_with_a_key();
            let (second, _) = renew(&f, &first, day(30)).expect("renewed");
            opens(&f, &second, day(30)).expect("is used");
            let (third, _) = renew(&f, &second, day(31)).expect("renewed");
            let other =
                f.registry.issue(KeyKind::Peer, "b2", &grant(), Some(peer("bruno")), day(0));
            let line = [&first, &second, &third];
            let revoked = f.registry.revoke(&line[which].id().0, day(32)).expect("writes");
            assert_eq!(revoked.len(), 3);
            for key in line {
                assert_eq!(opens(&f, key, day(32)), Err(Refusal::Revoked(day(32))));
            }
            assert_eq!(opens(&f, &other.expect("issues"), day(32)), Ok(()), "another key");
        }
    }
}
