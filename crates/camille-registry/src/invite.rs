//! Invites of this node, and how they are claimed. A claim is one transaction: of two claimants for the
//! last use exactly one wins, whatever process they reach.

use super::column::{Millis, Peer as PeerColumn, after};
use super::error::{Fault, RegistryError};
use super::key::NewKey;
use super::kind::KeyKind;
use super::row::NewPeer;
use super::{Registry, kind, note, row, setting, stored};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// How long the same node may repeat its claim, because the answer may have been lost.
const REPEAT_S: i64 = 24 * 3600;

/// What the holder of an invite's key says. The key itself must have been authenticated before, and
/// `peer_id` proven by its certificate.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The invite, by its key.
    pub invite: KeyId,
    /// Who claims it.
    pub peer_id: PeerId,
    /// What it calls itself.
    pub name: String,
    /// Where it can be reached, best first.
    pub addresses: Vec<String>,
    /// The key it gives us for its own bank.
    pub key: ApiKey,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimOutcome {
    /// The claimant is a peer now.
    Joined {
        /// Its key for our bank, bound to it. The same claim gets the same one, however often it comes.
        key: ApiKey,
        /// What that key may do and read.
        grant: Grant,
        /// What it is called here.
        name: String,
    },
    /// Another node was faster, or the same one came back too late.
    Used {
        /// When.
        at: Timestamp,
        /// What the other is called.
        by: String,
    },
    /// The invite has ended.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// Its owner took back what this claimant had by it, or the claimant joined again since.
    Withdrawn,
    /// No such invite, or it was revoked.
    Refused,
}

impl Registry {
    /// Makes an invite for `uses` nodes, open until `expires`. Returns its key this once.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn create_invite(
        &self,
        grant: &Grant,
        expires: Timestamp,
        uses: u32,
        now: Timestamp,
    ) -> Result<ApiKey, RegistryError> {
        let new = NewKey {
            kind: KeyKind::Invite,
            name: "invite",
            grant,
            bound_to: None,
            claim: None,
            lineage: None,
            expires: Some(expires),
        };
        self.write("create an invite", |tx| {
            let key = self.insert_key(tx, &new, now)?;
            tx.execute(
                "INSERT INTO invite (key, uses) VALUES (?1, ?2)",
                params![key.id().0, uses.max(1)],
            )?;
            Ok(key)
        })
    }

    /// Claims an invite: the claimant becomes a peer, with a key bound to it and its own key kept. The
    /// same node may repeat its claim within 24 hours, even when the invite has ended or is used up by
    /// then.
    ///
    /// Claims that are tried again may come in another order than they were sent, and nobody knows which answer
    /// was the one that was kept. So a claim ends no key that an earlier one gave: one with the same key for us
    /// gets the same key again, and of a claimant that began anew, or joins by another invite, the key before this
    /// one opens on until this one is used.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn claim(&self, claim: &Claim, now: Timestamp) -> Result<ClaimOutcome, RegistryError> {
        self.write("claim an invite", |tx| {
            let invite = stored::find(tx, &claim.invite)?
                .filter(|key| key.kind == KeyKind::Invite && key.revoked.is_none());
            let Some(invite) = invite else { return Ok(ClaimOutcome::Refused) };
            let ended = invite.expires.is_some_and(|end| end <= now);
            let exhausted = stored::uses_left(tx, &invite.id)? == 0;
            let former = former_claim(tx, &invite.id, &claim.peer_id)?;
            match &former {
                Some(former) => {
                    if former.is_withdrawn(tx)? || self.was_replaced(tx, claim)? {
                        return Ok(ClaimOutcome::Withdrawn);
                    }
                    let late = after(former.at, REPEAT_S) <= now;
                    if late && (ended || exhausted) {
                        return Ok(ClaimOutcome::Used { at: former.at, by: former.by.clone() });
                    }
                }
                None if exhausted => return Ok(used(tx, &invite.id)?),
                None => {
                    if let Some(at) = invite.expires.filter(|_| ended) {
                        return Ok(ClaimOutcome::Expired { at });
                    }
                }
            }
            self.admit(tx, claim, &invite.grant, former.as_ref(), now)
        })
    }

    /// Whether anything invites the network in: a peer, a live key or invite, or a join that waits.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn is_open(&self, now: Timestamp) -> Result<bool, RegistryError> {
        self.read("ask whether this node is open", |c| {
            let open = c
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM peer)
                         OR EXISTS (SELECT 1 FROM pending_join)
                         OR EXISTS (SELECT 1 FROM key WHERE revoked IS NULL AND CASE kind
                                WHEN 'peer' THEN coalesce(last_used, created) + ?2 > ?1
                                WHEN 'tool' THEN expires > ?1
                                ELSE expires > ?1 AND (SELECT count(*) FROM claim WHERE invite = id)
                                     < (SELECT uses FROM invite WHERE invite.key = id) END)",
                )?
                .query_row(params![Millis(now), kind::LAPSE_S * 1000], |row| row.get(0))?;
            Ok(open)
        })
    }

    /// Whether the key that this claim gave once was replaced since: it comes late, and would take back what came
    /// after it.
    fn was_replaced(&self, connection: &Connection, claim: &Claim) -> rusqlite::Result<bool> {
        let given = self.pepper.key_for(&context(claim), &claim.key);
        Ok(stored::find(connection, &given.id())?.is_some_and(|key| key.revoked.is_some()))
    }

    fn admit(
        &self,
        connection: &Connection,
        claim: &Claim,
        grant: &Grant,
        former: Option<&Former>,
        now: Timestamp,
    ) -> Result<ClaimOutcome, Fault> {
        let peer = NewPeer {
            peer_id: claim.peer_id,
            name: &claim.name,
            addresses: &claim.addresses,
            key: &claim.key,
            granted: None,
        };
        let name = row::ensure(connection, &claim.peer_id, &claim.name, now)?;
        let lineage = former.map(|former| former.lineage(connection)).transpose()?.flatten();
        let new = NewKey {
            kind: KeyKind::Peer,
            name: &name,
            grant,
            bound_to: Some(claim.peer_id),
            claim: Some(&claim.invite),
            // Who takes back one of them takes back all.
            lineage: lineage.as_ref(),
            expires: None,
        };
        let context = context(claim);
        let (key, is_known) = self.claimed_key(connection, &context, &claim.key, &new, now)?;
        if is_known {
            // The key it gives us may have been renewed since it was said here.
            row::tell_addresses(connection, &claim.peer_id, &claim.addresses)?;
        } else {
            self.upsert_peer(connection, &peer, now)?;
        }
        if let Some(former) = former {
            former.end_earlier(connection, claim, &key.id())?;
        }
        connection.execute(
            "INSERT INTO claim (invite, peer, name, claimed, key) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (invite, peer) DO UPDATE SET key = excluded.key",
            params![claim.invite.0, PeerColumn(claim.peer_id), name, Millis(now), key.id().0],
        )?;
        setting::next_epoch(connection)?;
        if former.is_none() {
            note::add_news(connection, &format!("{name} joined with your invite"), now)?;
        }
        Ok(ClaimOutcome::Joined { key, grant: grant.clone(), name })
    }
}

/// What the key of a claim is made from, beside the claimant's secret.
fn context(claim: &Claim) -> String {
    format!("{}\0{}", claim.invite, claim.peer_id)
}

/// An earlier claim of the same invite by the same node.
struct Former {
    at: Timestamp,
    by: String,
    key: KeyId,
}

impl Former {
    /// Whether the owner took back what this claim gave: removed the peer, or revoked its key.
    fn is_withdrawn(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let key = stored::find(connection, &self.key)?;
        Ok(key.is_none_or(|key| key.revoked.is_some()))
    }

    /// The first of the keys that its key follows, which it is itself where it follows none.
    fn lineage(&self, connection: &Connection) -> rusqlite::Result<Option<KeyId>> {
        connection
            .query_row(
                "UPDATE key SET lineage = coalesce(lineage, id) WHERE id = ?1 RETURNING lineage",
                [&self.key.0],
                |row| row.get(0).map(KeyId),
            )
            .optional()
    }

    /// Of the keys that its claims gave only this one and `latest` are kept, so that beginning anew all day does
    /// not fill the database.
    fn end_earlier(
        &self,
        connection: &Connection,
        claim: &Claim,
        latest: &KeyId,
    ) -> rusqlite::Result<()> {
        if self.key == *latest {
            return Ok(());
        }
        connection.execute(
            "DELETE FROM key WHERE claim = ?1 AND bound_to = ?2 AND id NOT IN (?3, ?4)",
            params![claim.invite.0, PeerColumn(claim.peer_id), self.key.0, latest.0],
        )?;
        Ok(())
    }
}

fn former_claim(
    connection: &Connection,
    invite: &KeyId,
    peer: &PeerId,
) -> rusqlite::Result<Option<Former>> {
    connection
        .query_row(
            "SELECT claimed, name, key FROM claim
             WHERE invite = ?1 AND peer = ?2",
            params![invite.0, PeerColumn(*peer)],
            |row| {
                Ok(Former {
                    at: row.get::<_, Millis>(0)?.0,
                    by: row.get(1)?,
                    key: KeyId(row.get(2)?),
                })
            },
        )
        .optional()
}

/// The last one who used it.
fn used(connection: &Connection, invite: &KeyId) -> rusqlite::Result<ClaimOutcome> {
    connection.query_row(
        "SELECT claimed, name FROM claim WHERE invite = ?1 ORDER BY claimed DESC, rowid DESC LIMIT 1",
        [&invite.0],
        |row| Ok(ClaimOutcome::Used { at: row.get::<_, Millis>(0)?.0, by: row.get(1)? }),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, peer};
    use super::*;

    fn claim_of(invite: &ApiKey, who: &str) -> Claim {
        Claim {
            invite: invite.id(),
            peer_id: peer(who),
            name: who.to_owned(),
            addresses: vec!["192.0.2.9:7861".to_owned()],
            key: ApiKey::from_entropy([9; 6], [who.len() as u8; 32]),
        }
    }

    fn invite(registry: &Registry, uses: u32) -> ApiKey {
        registry.create_invite(&Grant::teammate(), day(3), uses, day(0)).expect("writes")
    }

    fn claim(registry: &Registry, invite: &ApiKey, who: &str, now: Timestamp) -> ClaimOutcome {
        registry.claim(&claim_of(invite, who), now).expect("writes")
    }

    fn joined(outcome: ClaimOutcome) -> ApiKey {
        match outcome {
            ClaimOutcome::Joined { key, .. } => key,
            other => panic!("expected to join, got {other:?}"),
        }
    }

    #[test]
    fn a_claim_makes_a_peer_with_a_bound_key_and_news() {
        let f = fixture();
        let line = invite(&f.registry, 1);
        let holder = f.registry.authenticate(line.reveal(), Some(peer("bruno")), day(0));
        assert!(holder.expect("an invite's key is known").is_invite());
        let key = joined(claim(&f.registry, &line, "bruno", day(1)));
        let who = f.registry.authenticate(key.reveal(), Some(peer("bruno")), day(1));
        assert_eq!(who.expect("valid").grant, Grant::teammate());
        assert!(f.registry.authenticate(key.reveal(), Some(peer("eve")), day(1)).is_err());
        let bruno = f.registry.peer_by_name_or_id("bruno").expect("reads").expect("there");
        assert_eq!((bruno.addresses, bruno.added), (vec!["192.0.2.9:7861".into()], day(1)));
        let held = f.registry.key_for(&peer("bruno")).expect("reads");
        assert_eq!(held, Some(claim_of(&line, "bruno").key));
        assert_eq!(f.registry.take_news().expect("takes"), ["bruno joined with your invite"]);
    }

    #[test]
    fn another_claimant_hears_when_and_by_whom() {
        let f = fixture();
        let line = invite(&f.registry, 1);
        joined(claim(&f.registry, &line, "bruno", day(1)));
        let used = ClaimOutcome::Used { at: day(1), by: "bruno".into() };
        assert_eq!(claim(&f.registry, &line, "eve", day(2)), used);
        assert_eq!(claim(&f.registry, &line, "eve", day(9)), used, "also when it has ended");
        assert_eq!(f.registry.peers().expect("reads").len(), 1);
    }

    #[test]
    fn an_invite_ends_and_an_unknown_one_is_none() {
        let f = fixture();
        let line = invite(&f.registry, 1);
        let ended = ClaimOutcome::Expired { at: day(3) };
        assert_eq!(claim(&f.registry, &line, "bruno", day(4)), ended);
        let unknown = ApiKey::from_entropy([1; 6], [2; 32]);
        assert_eq!(claim(&f.registry, &unknown, "bruno", day(0)), ClaimOutcome::Refused);
        let tool = f
            .registry
            .issue(KeyKind::Tool, "ci", &Grant::teammate(), None, day(0))
            .expect("issues");
        assert_eq!(claim(&f.registry, &tool, "bruno", day(0)), ClaimOutcome::Refused);
        let revoked = invite(&f.registry, 1);
        f.registry.revoke(&revoked.id().0, day(0)).expect("writes");
        assert_eq!(claim(&f.registry, &revoked, "bruno", day(0)), ClaimOutcome::Refused);
        assert!(f.registry.peers().expect("reads").is_empty());
    }

    #[test]
    fn the_same_node_may_repeat_its_claim_for_a_day() {
        let f = fixture();
        let line = f
            .registry
            .create_invite(&Grant::teammate(), after(day(0), 60), 1, day(0))
            .expect("writes");
        let bruno = Some(peer("bruno"));
        let first = joined(claim(&f.registry, &line, "bruno", day(0)));
        // Used up and over by now.
        let hours = |h: i64| after(day(0), h * 3600);
        for h in [1, 2, 23] {
            let next = joined(claim(&f.registry, &line, "bruno", hours(h)));
            assert_eq!(next, first, "whichever answer arrives, it holds this key");
            f.registry.authenticate(next.reveal(), bruno, hours(h)).expect("it opens");
        }
        assert!(matches!(
            claim(&f.registry, &line, "bruno", hours(24)),
            ClaimOutcome::Used { by, .. } if by == "bruno"
        ));
        f.registry.authenticate(first.reveal(), bruno, hours(25)).expect("its key lives on");
        assert_eq!(f.registry.news().expect("reads").len(), 1, "it joined once");
        let kept = f.registry.keys(hours(25)).expect("reads").len();
        assert_eq!(kept, 2, "the invite and the one key");
    }

    #[test]
    fn the_order_of_claims_never_ends_a_key_that_the_claimant_holds() {
        // What was asked and answered, in every order that a slow network can make of it, each claim up to twice:
        // the claimant keeps one of the answers, and nobody but it knows which.
        let orders: [&[u8]; 7] =
            [&[1], &[1, 1], &[1, 1, 1], &[1, 2], &[2, 1], &[1, 2, 1, 2], &[2, 2, 1, 1]];
        for order in orders {
            for kept in 0..order.len() {
                let f = fixture();
                let line = invite(&f.registry, 1);
                let bruno = Some(peer("bruno"));
                let answers: Vec<ApiKey> = (1..)
                    .zip(order)
                    .map(|(second, attempt)| {
                        let key = ApiKey::from_entropy([*attempt; 6], [*attempt; 32]);
                        let claim = Claim { key, ..claim_of(&line, "bruno") };
                        joined(f.registry.claim(&claim, after(day(0), second)).expect("writes"))
                    })
                    .collect();
                let held = &answers[kept];
                let who = f.registry.authenticate(held.reveal(), bruno, day(1));
                who.unwrap_or_else(|error| panic!("{order:?}: answer {kept}: {error}"));
                assert!(f.registry.authenticate(held.reveal(), Some(peer("eve")), day(1)).is_err());
                let live = f.registry.keys(day(1)).expect("reads").len() - 1;
                assert!(live <= 2, "{order:?} leaves {live} keys");
                // Whoever takes back one of them takes back all.
                f.registry.revoke(&answers[0].id().0, day(1)).expect("writes");
                for held in &answers {
                    let opened = f.registry.authenticate(held.reveal(), bruno, day(1));
                    assert!(opened.is_err(), "{order:?}");
                }
                assert_eq!(claim(&f.registry, &line, "bruno", day(1)), ClaimOutcome::Withdrawn);
            }
        }
    }

    #[test]
    fn joining_again_replaces_the_key_whatever_comes_late() {
        let f = fixture();
        let bruno = Some(peer("bruno"));
        let opens = |key: &ApiKey| f.registry.authenticate(key.reveal(), bruno, day(1)).is_ok();
        let first_line = invite(&f.registry, 1);
        let first = joined(claim(&f.registry, &first_line, "bruno", day(0)));
        assert!(opens(&first));
        let second_line = invite(&f.registry, 1);
        let own = ApiKey::from_entropy([7; 6], [7; 32]);
        let again = Claim { key: own.clone(), ..claim_of(&second_line, "bruno") };
        let second = joined(f.registry.claim(&again, day(1)).expect("writes"));
        assert!(opens(&first) && opens(&second), "the first was still good until the second came");
        assert!(!opens(&first));
        let is_live = |key: &&camille_proto::local::KeyView| {
            key.kind == KeyKind::Peer.as_str() && key.revoked.is_none()
        };
        let keys = f.registry.keys(day(1)).expect("reads");
        assert_eq!(
            keys.iter().filter(is_live).map(|key| &key.id).collect::<Vec<_>>(),
            [&second.id()]
        );
        // What was sent before, and arrives now, takes nothing back.
        let late = claim(&f.registry, &first_line, "bruno", day(0));
        assert_eq!(late, ClaimOutcome::Withdrawn);
        assert!(opens(&second));
        assert_eq!(f.registry.key_for(&peer("bruno")).expect("reads"), Some(own));
        let news = f.registry.take_news().expect("takes");
        assert!(news.iter().any(|news| news.contains("bruno joined again")), "{news:?}");
    }

    #[test]
    fn beginning_anew_all_day_leaves_two_keys() {
        let f = fixture();
        let line = invite(&f.registry, 1);
        for attempt in 1..50 {
            let key = ApiKey::from_entropy([attempt; 6], [attempt; 32]);
            let claim = Claim { key, ..claim_of(&line, "bruno") };
            joined(f.registry.claim(&claim, after(day(0), attempt.into())).expect("writes"));
        }
        assert_eq!(f.registry.keys(day(0)).expect("reads").len(), 3, "the invite and two keys");
    }

    #[test]
    fn a_claim_that_comes_late_takes_no_renewed_key_back() {
        let f = fixture();
        let line = invite(&f.registry, 1);
        let first = joined(claim(&f.registry, &line, "bruno", day(0)));
        let renewed = ApiKey::from_entropy([7; 6], [7; 32]);
        let new = NewPeer {
            peer_id: peer("bruno"),
            name: "bruno",
            addresses: &[],
            key: &renewed,
            granted: None,
        };
        f.registry.put_peer(&new, day(0)).expect("writes");
        assert_eq!(joined(claim(&f.registry, &line, "bruno", day(0))), first);
        assert_eq!(f.registry.key_for(&peer("bruno")).expect("reads"), Some(renewed));
        let bruno = f.registry.peer_by_name_or_id("bruno").expect("reads").expect("there");
        assert_eq!(bruno.addresses, ["192.0.2.9:7861"], "where it is it says anew");
    }

    #[test]
    fn an_invite_for_several_counts_nodes_not_claims() {
        let f = fixture();
        let line = invite(&f.registry, 2);
        joined(claim(&f.registry, &line, "ana", day(0)));
        joined(claim(&f.registry, &line, "ana", day(2)));
        joined(claim(&f.registry, &line, "bruno", day(2)));
        assert_eq!(
            claim(&f.registry, &line, "cleo", day(2)),
            ClaimOutcome::Used { at: day(2), by: "bruno".into() }
        );
    }

    #[test]
    fn who_was_removed_does_not_come_back_by_repeating() {
        let f = fixture();
        let line = invite(&f.registry, 2);
        joined(claim(&f.registry, &line, "bruno", day(0)));
        f.registry.remove_peer("bruno", day(0)).expect("writes");
        assert_eq!(claim(&f.registry, &line, "bruno", day(0)), ClaimOutcome::Withdrawn);
        let key = joined(claim(&f.registry, &line, "cleo", day(0)));
        f.registry.revoke(&key.id().0, day(0)).expect("writes");
        assert_eq!(claim(&f.registry, &line, "cleo", day(0)), ClaimOutcome::Withdrawn);
        let anew = invite(&f.registry, 1);
        joined(claim(&f.registry, &anew, "bruno", day(0)));
    }

    #[test]
    fn a_node_is_open_as_long_as_something_invites() {
        let f = fixture();
        let open = |now| f.registry.is_open(now).expect("reads");
        assert!(!open(day(0)), "a fresh node is local");
        let line = invite(&f.registry, 1);
        assert!(open(day(2)));
        assert!(!open(day(3)), "the invite has ended");
        joined(claim(&f.registry, &line, "bruno", day(1)));
        assert!(open(day(999)), "there is a peer");
        f.registry.remove_peer("bruno", day(2)).expect("writes");
        assert!(!open(day(2)), "the invite is used up");
        for (kind, id) in [(KeyKind::Tool, "ci"), (KeyKind::Peer, "cleo")] {
            f.registry.issue(kind, id, &Grant::teammate(), None, day(4)).expect("issues");
            assert!(open(day(4)));
            assert!(!open(day(94)), "{id} has lapsed");
            f.registry.revoke(id, day(5)).expect("writes");
            assert!(!open(day(5)));
        }
    }
}
