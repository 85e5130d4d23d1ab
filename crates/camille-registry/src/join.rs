//! Joins of this node at others. What is needed to finish one is written down before anything is
//! dialled, so that a crash at any moment leaves a join that can be repeated; it never dials itself.

use super::column::{Json, Millis, Peer as PeerColumn};
use super::error::{Fault, RegistryError};
use super::key::NewKey;
use super::kind::KeyKind;
use super::row::NewPeer;
use super::{Registry, key, row, text};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::invite::Invite;
use camille_proto::join::JoinResponse;
use camille_proto::key::{ApiKey, KeyId};
use camille_proto::name;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

/// A join that the inviter has not answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingJoin {
    /// The inviter.
    pub peer_id: PeerId,
    /// What it will be called here.
    pub name: String,
    /// Where it may be reached.
    pub addresses: Vec<String>,
    /// The invite's key, which opens `/join` there; absent for a candidate, whom this node was introduced to.
    pub invite_key: Option<ApiKey>,
    /// The key for our bank that the inviter gets, bound to it already. The same at every attempt.
    pub key_for_inviter: ApiKey,
    /// When it was begun.
    pub created: Timestamp,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// How often the inviter refused.
    pub refusals: u32,
    /// Why the last attempt was in vain.
    pub last_error: Option<String>,
}

/// What became of an answer to a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FinishOutcome {
    /// The inviter is a peer now.
    Joined {
        /// What it is called here.
        name: String,
    },
    /// It was one already; the key it gave now is the one that is kept.
    AlreadyJoined {
        /// What it is called here.
        name: String,
    },
    /// Nothing waits for this answer: the join was cancelled, or the peer removed.
    Unknown,
}

impl Registry {
    /// Writes down that this node joins the inviter, with a key for it. Beginning again continues: the
    /// key for the inviter stays, the invite and its addresses are the new ones. `name`: what to call
    /// the inviter; else what it calls itself.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn begin_join(
        &self,
        invite: &Invite,
        name: Option<&str>,
        now: Timestamp,
    ) -> Result<PendingJoin, RegistryError> {
        let inviter = invite.peer_id;
        self.write("begin a join", |tx| {
            let sealed_invite = self.seal(&invite.key, &context("invite", &inviter))?;
            let new = NewJoin {
                peer_id: inviter,
                name: name.unwrap_or(&invite.name),
                addresses: &invite.addresses,
                sealed_invite: Some(sealed_invite),
            };
            self.insert_join(tx, &new, now)?;
            let sql = format!("SELECT {COLUMNS} FROM pending_join WHERE inviter = ?1");
            let kept = tx.query_row(&sql, [PeerColumn(inviter)], Kept::read)?;
            Ok(self.open_join(kept)?)
        })
    }

    /// Writes a join down within a transaction. One that waits already keeps the key for the other side, which
    /// therefore never gets two. Returns that key's id.
    pub(super) fn insert_join(
        &self,
        connection: &Connection,
        new: &NewJoin<'_>,
        now: Timestamp,
    ) -> Result<KeyId, Fault> {
        let peer_id = PeerColumn(new.peer_id);
        let name = name::clean(new.name, "peer");
        let name = name::unique(&name, |name| row::is_taken(connection, name, &new.peer_id))?;
        let addresses = Json(text::addresses(new.addresses));
        let resumed: Option<String> = connection
            .query_row(
                "UPDATE pending_join SET name = ?2, addresses = ?3,
                     sealed_invite = coalesce(?4, sealed_invite)
                 WHERE inviter = ?1 RETURNING issued",
                params![peer_id, name, addresses, new.sealed_invite],
                |row| row.get(0),
            )
            .optional()?;
        if let Some(issued) = resumed {
            return Ok(KeyId(issued));
        }
        let grant = Grant::teammate();
        let key = NewKey {
            kind: KeyKind::Peer,
            name: &name,
            grant: &grant,
            bound_to: Some(new.peer_id),
            claim: None,
            lineage: None,
            expires: None,
        };
        let issued = self.insert_key(connection, &key, now)?;
        let sealed_issued = self.seal(&issued, &context("issued", &new.peer_id))?;
        connection.execute(
            "INSERT INTO pending_join
                 (inviter, name, addresses, sealed_invite, issued, sealed_issued, begun)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                peer_id,
                name,
                addresses,
                new.sealed_invite,
                issued.id().0,
                sealed_issued,
                Millis(now)
            ],
        )?;
        Ok(issued.id())
    }

    /// Ends a join that waits within a transaction. Returns the key for the other side, which it may have had.
    pub(super) fn take_issued(
        &self,
        connection: &Connection,
        peer: &PeerId,
    ) -> Result<Option<ApiKey>, Fault> {
        let sealed: Option<Vec<u8>> = connection
            .query_row(
                "DELETE FROM pending_join WHERE inviter = ?1 RETURNING sealed_issued",
                [PeerColumn(*peer)],
                |row| row.get(0),
            )
            .optional()?;
        let issued = sealed.map(|sealed| self.unseal(&sealed, &context("issued", peer), peer));
        Ok(issued.transpose()?)
    }

    /// The joins that wait, oldest first. One that this node's identity cannot unseal is left out.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn pending_joins(&self) -> Result<Vec<PendingJoin>, RegistryError> {
        let kept: Vec<Kept> = self.read("list the pending joins", |c| {
            let sql = format!("SELECT {COLUMNS} FROM pending_join ORDER BY begun, name");
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map([], Kept::read)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })?;
        let opened = kept.into_iter().filter_map(|kept| match self.open_join(kept) {
            Ok(join) => Some(join),
            Err(error) => {
                tracing::warn!(error = %error, "a pending join cannot be read");
                None
            }
        });
        Ok(opened.collect())
    }

    /// The inviter was not reached; the join goes on waiting.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn record_join_failure(&self, inviter: &PeerId, error: &str) -> Result<(), RegistryError> {
        self.record_attempt(inviter, error, 0)
    }

    /// The inviter refused; the join goes on waiting.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn record_join_refusal(&self, inviter: &PeerId, error: &str) -> Result<(), RegistryError> {
        self.record_attempt(inviter, error, 1)
    }

    fn record_attempt(
        &self,
        inviter: &PeerId,
        error: &str,
        refused: u32,
    ) -> Result<(), RegistryError> {
        let error: String = error.chars().filter(|c| !c.is_control()).take(300).collect();
        self.write("record a failed join", |tx| {
            tx.execute(
                "UPDATE pending_join SET attempts = attempts + 1, refusals = refusals + ?3,
                     error = ?2 WHERE inviter = ?1",
                params![PeerColumn(*inviter), error, refused],
            )?;
            Ok(())
        })
    }

    /// The inviter answered: it becomes a peer with the key it gave, and the join is over. Finishing
    /// twice is harmless.
    ///
    /// # Errors
    /// [`RegistryError::OtherInviter`] when the answer names somebody else; when node.db cannot be
    /// written.
    pub fn finish_join(
        &self,
        inviter: &PeerId,
        response: &JoinResponse,
        now: Timestamp,
    ) -> Result<FinishOutcome, RegistryError> {
        if response.peer_id != *inviter {
            return Err(RegistryError::OtherInviter {
                expected: *inviter,
                found: response.peer_id,
            });
        }
        self.write("finish a join", |tx| {
            let waiting: Option<(String, Json<Vec<String>>)> = tx
                .query_row(
                    "DELETE FROM pending_join WHERE inviter = ?1 RETURNING name, addresses",
                    [PeerColumn(*inviter)],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let is_peer = tx
                .query_row("SELECT 1 FROM peer WHERE id = ?1", [PeerColumn(*inviter)], |_| Ok(()))
                .optional()?
                .is_some();
            let mut addresses = response.addresses.clone();
            let waited = waiting.is_some();
            let called = match waiting {
                Some((name, invited_at)) => {
                    addresses.extend(invited_at.0);
                    name
                }
                None if is_peer => String::new(),
                None => return Ok(FinishOutcome::Unknown),
            };
            let new = NewPeer {
                peer_id: *inviter,
                name: &called,
                addresses: &addresses,
                key: &response.key,
                granted: Some(&response.grant),
            };
            let name = self.upsert_peer(tx, &new, now)?;
            Ok(if waited {
                FinishOutcome::Joined { name }
            } else {
                FinishOutcome::AlreadyJoined { name }
            })
        })
    }

    /// Gives a join up: the key for the inviter is revoked. False when none was waiting.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn cancel_join(&self, inviter: &PeerId, now: Timestamp) -> Result<bool, RegistryError> {
        self.write("cancel a join", |tx| cancel(tx, inviter, "", now))
    }

    fn open_join(&self, kept: Kept) -> Result<PendingJoin, RegistryError> {
        let inviter = kept.inviter;
        Ok(PendingJoin {
            peer_id: inviter,
            invite_key: kept
                .sealed_invite
                .map(|sealed| self.unseal(&sealed, &context("invite", &inviter), &inviter))
                .transpose()?,
            key_for_inviter: self.unseal(
                &kept.sealed_issued,
                &context("issued", &inviter),
                &inviter,
            )?,
            name: kept.name,
            addresses: kept.addresses,
            created: kept.begun,
            attempts: kept.attempts,
            refusals: kept.refusals,
            last_error: kept.error,
        })
    }
}

/// Gives the join to a candidate up within a transaction.
pub(super) fn cancel_introduced(
    connection: &Connection,
    peer: &PeerId,
    now: Timestamp,
) -> Result<bool, Fault> {
    cancel(connection, peer, "AND sealed_invite IS NULL", now)
}

fn cancel(
    connection: &Connection,
    inviter: &PeerId,
    condition: &str,
    now: Timestamp,
) -> Result<bool, Fault> {
    let sql = format!("DELETE FROM pending_join WHERE inviter = ?1 {condition} RETURNING issued");
    let issued: Option<String> =
        connection.query_row(&sql, [PeerColumn(*inviter)], |row| row.get(0)).optional()?;
    if let Some(issued) = &issued {
        key::revoke(connection, issued, now)?;
    }
    Ok(issued.is_some())
}

/// A join to be written down.
pub(super) struct NewJoin<'a> {
    pub(super) peer_id: PeerId,
    pub(super) name: &'a str,
    pub(super) addresses: &'a [String],
    /// Absent when the peer was introduced.
    pub(super) sealed_invite: Option<Vec<u8>>,
}

/// The join that is waiting for this inviter, by whole id or name in any case.
pub(super) fn find(
    connection: &Connection,
    name_or_id: &str,
) -> rusqlite::Result<Option<(PeerId, String)>> {
    let (condition, value): (&str, Box<dyn ToSql>) = match name_or_id.parse::<PeerId>() {
        Ok(id) => ("inviter = ?1", Box::new(PeerColumn(id))),
        Err(_) => ("name = ?1 COLLATE NOCASE", Box::new(name_or_id.to_owned())),
    };
    let sql = format!("SELECT inviter, name FROM pending_join WHERE {condition}");
    connection
        .query_row(&sql, [value], |row| Ok((row.get::<_, PeerColumn>(0)?.0, row.get(1)?)))
        .optional()
}

/// What a key of a join is sealed for.
fn context(role: &str, inviter: &PeerId) -> String {
    format!("camille-join-{role}-v1:{inviter}")
}

const COLUMNS: &str =
    "inviter, name, addresses, sealed_invite, sealed_issued, begun, attempts, error, refusals";

/// A join as it is kept, its keys sealed.
struct Kept {
    inviter: PeerId,
    name: String,
    addresses: Vec<String>,
    sealed_invite: Option<Vec<u8>>,
    sealed_issued: Vec<u8>,
    begun: Timestamp,
    attempts: u32,
    error: Option<String>,
    refusals: u32,
}

impl Kept {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            inviter: row.get::<_, PeerColumn>(0)?.0,
            name: row.get(1)?,
            addresses: row.get::<_, Json<Vec<String>>>(2)?.0,
            sealed_invite: row.get(3)?,
            sealed_issued: row.get(4)?,
            begun: row.get::<_, Millis>(5)?.0,
            attempts: row.get(6)?,
            error: row.get(7)?,
            refusals: row.get(8)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open, peer};
    use super::*;

    fn invite(n: u8) -> Invite {
        Invite {
            peer_id: peer("ana"),
            key: ApiKey::from_entropy([n; 6], [n; 32]),
            name: "ana".into(),
            addresses: vec!["192.0.2.1:7861".into()],
        }
    }

    fn response(n: u8) -> JoinResponse {
        JoinResponse {
            peer_id: peer("ana"),
            name: "Ana's laptop".into(),
            key: ApiKey::from_entropy([n; 6], [n; 32]),
            grant: Grant::teammate(),
            addresses: vec!["198.51.100.1:7861".into()],
        }
    }

    #[test]
    fn what_is_needed_to_finish_survives_a_restart() {
        let f = fixture();
        let begun = f.registry.begin_join(&invite(1), None, day(0)).expect("writes");
        f.registry.record_join_failure(&peer("ana"), "away").expect("writes");
        let again = open(f.home.path());
        let waiting = again.pending_joins().expect("reads");
        let expected =
            PendingJoin { attempts: 1, last_error: Some("away".into()), ..begun.clone() };
        assert_eq!(waiting, [expected]);
        let who = again.authenticate(begun.key_for_inviter.reveal(), Some(peer("ana")), day(0));
        assert_eq!(who.expect("the inviter may come at once").bound_to, Some(peer("ana")));
        assert!(
            again.authenticate(begun.key_for_inviter.reveal(), Some(peer("eve")), day(0)).is_err()
        );
    }

    #[test]
    fn beginning_again_keeps_the_key_and_takes_the_new_invite() {
        let f = fixture();
        let first = f.registry.begin_join(&invite(1), None, day(0)).expect("writes");
        let second = f.registry.begin_join(&invite(2), Some("boss"), day(1)).expect("writes");
        assert_eq!(second.key_for_inviter, first.key_for_inviter);
        assert_eq!((second.invite_key, second.name.as_str()), (Some(invite(2).key), "boss"));
        assert_eq!(f.registry.pending_joins().expect("reads").len(), 1);
        assert_eq!(f.registry.keys(day(1)).expect("reads").len(), 1);
    }

    #[test]
    fn finishing_makes_the_peer_and_finishing_twice_is_harmless() {
        let f = fixture();
        f.registry.begin_join(&invite(1), Some("boss"), day(0)).expect("writes");
        let finish = |n| f.registry.finish_join(&peer("ana"), &response(n), day(0));
        let name = "boss".to_owned();
        assert_eq!(finish(5).expect("writes"), FinishOutcome::Joined { name: name.clone() });
        assert_eq!(finish(5).expect("writes"), FinishOutcome::AlreadyJoined { name: name.clone() });
        assert_eq!(finish(6).expect("writes"), FinishOutcome::AlreadyJoined { name });
        assert!(f.registry.pending_joins().expect("reads").is_empty());
        assert_eq!(f.registry.key_for(&peer("ana")).expect("reads"), Some(response(6).key));
        let peers = f.registry.peers().expect("reads");
        assert_eq!(peers.len(), 1);
        assert_eq!(peers[0].granted, Some(Grant::teammate()));
        assert_eq!(peers[0].addresses[0], "198.51.100.1:7861");
    }

    #[test]
    fn an_answer_from_somebody_else_changes_nothing() {
        let f = fixture();
        f.registry.begin_join(&invite(1), None, day(0)).expect("writes");
        let other = JoinResponse { peer_id: peer("eve"), ..response(5) };
        let error = f.registry.finish_join(&peer("ana"), &other, day(0)).expect_err("refused");
        assert!(matches!(error, RegistryError::OtherInviter { .. }));
        assert_eq!(f.registry.pending_joins().expect("reads").len(), 1);
        assert!(f.registry.peers().expect("reads").is_empty());
    }

    #[test]
    fn a_cancelled_join_cannot_be_finished_and_its_key_is_dead() {
        let f = fixture();
        let begun = f.registry.begin_join(&invite(1), None, day(0)).expect("writes");
        assert!(f.registry.cancel_join(&peer("ana"), day(0)).expect("writes"));
        assert!(!f.registry.cancel_join(&peer("ana"), day(0)).expect("writes"));
        let late = f.registry.finish_join(&peer("ana"), &response(5), day(0)).expect("writes");
        assert_eq!(late, FinishOutcome::Unknown);
        assert!(f.registry.peers().expect("reads").is_empty());
        let key = begun.key_for_inviter.reveal();
        assert!(f.registry.authenticate(key, Some(peer("ana")), day(0)).is_err());
    }

    #[test]
    fn removing_by_name_also_ends_a_join_that_waits() {
        let f = fixture();
        let begun = f.registry.begin_join(&invite(1), None, day(0)).expect("writes");
        let removed = f.registry.remove_peer("ANA", day(0)).expect("writes").expect("there");
        assert_eq!(removed.revoked, [begun.key_for_inviter.id()]);
        assert!(f.registry.pending_joins().expect("reads").is_empty());
    }
}
