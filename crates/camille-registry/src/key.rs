//! The keys this node issued: made, checked, bound, listed, revoked. Of a secret only its HMAC is kept.

use super::column::{Json, Millis, Peer, after};
use super::error::{Fault, RegistryError};
use super::kind::{Authenticated, KeyKind, LAPSE_S, Refusal};
use super::stored::{Stored, find};
use super::{Registry, replaced, row, setting, stored};
use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::{ApiKey, KeyId};
use camille_proto::local::KeyView;
use camille_proto::name;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, params};

/// Why nobody was authenticated.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The key is not accepted. The text does not say why; [`Refusal`] does, for the log.
    #[error("invalid API key")]
    Invalid(Refusal),
    /// It could not be checked.
    #[error("cannot check a key")]
    Failed(#[source] RegistryError),
}

impl From<RegistryError> for AuthError {
    fn from(error: RegistryError) -> Self {
        Self::Failed(error)
    }
}

impl Authenticated {
    /// Whether this is the key of an invite.
    #[must_use]
    pub fn is_invite(&self) -> bool {
        self.kind == KeyKind::Invite
    }
}

impl Registry {
    /// Makes a key. It is returned this once; only its HMAC is kept. `bound_to`: for a peer key whose
    /// holder is known; else the first node that uses it.
    ///
    /// # Errors
    /// When node.db cannot be written, or for [`KeyKind::Invite`], which
    /// [`Registry::create_invite`] makes.
    pub fn issue(
        &self,
        kind: KeyKind,
        name: &str,
        grant: &Grant,
        bound_to: Option<PeerId>,
        now: Timestamp,
    ) -> Result<ApiKey, RegistryError> {
        let expires = match kind {
            KeyKind::Invite => return Err(RegistryError::InviteKind),
            KeyKind::Tool => Some(after(now, LAPSE_S)),
            KeyKind::Peer => None,
        };
        let new = NewKey { kind, name, grant, bound_to, claim: None, expires, lineage: None };
        self.write("issue a key", |tx| self.insert_key(tx, &new, now))
    }

    /// Who holds this key. A peer key is bound to the first certificate that comes with it, and is
    /// worthless with another one or none. Records the use, at most once in five minutes.
    ///
    /// An invite's key is accepted even after its end or when it is used up: [`Registry::claim`] tells
    /// its holder what became of it.
    ///
    /// # Errors
    /// [`AuthError::Invalid`] for whatever is not a live key of this node.
    pub fn authenticate(
        &self,
        key: &str,
        certificate: Option<PeerId>,
        now: Timestamp,
    ) -> Result<Authenticated, AuthError> {
        let Ok(key) = key.parse::<ApiKey>() else {
            self.pepper.verify_nothing();
            return Err(AuthError::Invalid(Refusal::Malformed));
        };
        let id = key.id();
        // Only what the check needs is read first, so that time does not tell which ids exist.
        let mac = self.read("check a key", |c| Ok(stored::mac_to_check(c, &id)?))?;
        if !self.pepper.verify(&key, &mac) {
            return Err(AuthError::Invalid(Refusal::Unknown));
        }
        let stored = self.read("check a key", |c| Ok(find(c, &id)?))?;
        let stored = stored.ok_or(AuthError::Invalid(Refusal::Unknown))?;
        let mut holder = stored.admit(certificate, now).map_err(AuthError::Invalid)?;
        if holder.kind == KeyKind::Peer && holder.bound_to.is_none() {
            holder = self.bind(&id, certificate, now)??;
        }
        if stored.use_is_due(now) {
            self.record_use(&stored, now);
        }
        Ok(holder)
    }

    /// What the holder of a key, checked before, may do now; `None` when the key has ended since.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn recheck(
        &self,
        holder: &Authenticated,
        now: Timestamp,
    ) -> Result<Option<Authenticated>, RegistryError> {
        let stored = self.read("check a key again", |c| Ok(find(c, &holder.key_id)?))?;
        Ok(stored.and_then(|stored| stored.admit(holder.bound_to, now).ok()))
    }

    /// The keys issued, newest first, but not those that ended or were revoked 90 days ago. The end of a
    /// peer key is when it lapses unless it is used.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn keys(&self, now: Timestamp) -> Result<Vec<KeyView>, RegistryError> {
        let past = |end: Option<Timestamp>| end.is_some_and(|end| after(end, LAPSE_S) <= now);
        self.read("list the keys", |c| {
            let mut views: Vec<KeyView> = stored::all(c)?.into_iter().map(Stored::view).collect();
            views.retain(|view| !past(view.revoked) && !past(view.expires));
            for view in views.iter_mut().filter(|view| view.kind == KeyKind::Invite.as_str()) {
                view.uses_left = Some(stored::uses_left(c, &view.id)?);
            }
            Ok(views)
        })
    }

    /// Revokes the key with this id, else all keys with this name; of a peer's key also those that it was renewed
    /// from or by. Returns those that were live until now; empty when there are none.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn revoke(&self, id_or_name: &str, now: Timestamp) -> Result<Vec<KeyId>, RegistryError> {
        self.write("revoke a key", |tx| {
            let by_id = find(tx, &KeyId(id_or_name.to_owned()))?.is_some();
            let column = if by_id { "id" } else { "name" };
            let sql = format!(
                "UPDATE key SET revoked = ?1 WHERE revoked IS NULL AND ({column} = ?2
                     OR lineage IN (SELECT lineage FROM key WHERE {column} = ?2)) RETURNING id"
            );
            let mut statement = tx.prepare(&sql)?;
            let rows = statement
                .query_map(params![Millis(now), id_or_name], |row| row.get(0).map(KeyId))?;
            let revoked: Vec<KeyId> = rows.collect::<Result<_, _>>()?;
            if !revoked.is_empty() {
                setting::next_epoch(tx)?;
            }
            Ok(revoked)
        })
    }

    /// Makes a key within a transaction.
    pub(super) fn insert_key(
        &self,
        connection: &Connection,
        new: &NewKey<'_>,
        now: Timestamp,
    ) -> Result<ApiKey, Fault> {
        loop {
            // An id of 47 bits can repeat; the secret cannot.
            let key = ApiKey::from_entropy(self.entropy()?, self.entropy()?);
            if self.insert_made_key(connection, &key, new, now)? {
                return Ok(key);
            }
        }
    }

    /// The key that belongs to a claim, within a transaction: the same one however often, and in whatever order, the
    /// claim comes. `context` names the claim, `claimant` is the secret that comes with it. It is made anew where
    /// the one that it was has ended by itself. Also says whether it was there already.
    pub(super) fn claimed_key(
        &self,
        connection: &Connection,
        context: &str,
        claimant: &ApiKey,
        new: &NewKey<'_>,
        now: Timestamp,
    ) -> Result<(ApiKey, bool), Fault> {
        let key = self.pepper.key_for(context, claimant);
        let is_there = find(connection, &key.id())?
            .is_some_and(|stored| stored.is_live(now) && stored.bound_to == new.bound_to);
        if is_there || self.insert_made_key(connection, &key, new, now)? {
            return Ok((key, is_there));
        }
        Ok((self.insert_key(connection, new, now)?, false))
    }

    /// Keeps a key that is made already; `false` where its id is taken.
    fn insert_made_key(
        &self,
        connection: &Connection,
        key: &ApiKey,
        new: &NewKey<'_>,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        let inserted = connection.execute(
            "INSERT INTO key (id, kind, name, mac, rights, bound_to, claim, created, expires, lineage)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                key.id().0,
                new.kind.as_str(),
                name::clean(new.name, new.kind.as_str()),
                self.pepper.mac(key),
                Json(new.grant),
                new.bound_to.map(Peer),
                new.claim.map(|id| &id.0),
                Millis(now),
                new.expires.map(Millis),
                new.lineage.map(|id| &id.0),
            ],
        );
        match inserted {
            Ok(_) => Ok(true),
            Err(rusqlite::Error::SqliteFailure(error, _))
                if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                    && error.code == ErrorCode::ConstraintViolation =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Binds a key to the first certificate, which thereby is a peer. Everything is looked at again,
    /// because another request may have come first.
    fn bind(
        &self,
        id: &KeyId,
        certificate: Option<PeerId>,
        now: Timestamp,
    ) -> Result<Result<Authenticated, AuthError>, RegistryError> {
        self.write("bind a key", |tx| {
            let Some(mut stored) = find(tx, id)? else {
                return Ok(Err(AuthError::Invalid(Refusal::Unknown)));
            };
            if let (None, Some(certificate)) = (stored.bound_to, certificate) {
                tx.execute(
                    "UPDATE key SET bound_to = ?1 WHERE id = ?2",
                    params![Peer(certificate), id.0],
                )?;
                stored.bound_to = Some(certificate);
                row::ensure(tx, &certificate, &stored.name, now)?;
                setting::next_epoch(tx)?;
            }
            Ok(stored.admit(certificate, now).map_err(AuthError::Invalid))
        })
    }

    /// A full disk must not lock teammates out, so a use that cannot be recorded is only logged.
    fn record_use(&self, stored: &Stored, now: Timestamp) {
        let id = &stored.id;
        let recorded = self.write("record a key's use", |tx| {
            tx.prepare_cached(
                "UPDATE key SET last_used = ?1
                 WHERE id = ?2 AND (last_used IS NULL OR last_used < ?1)",
            )?
            .execute(params![Millis(now), id.0])?;
            if stored.kind == KeyKind::Peer && stored.last_used.is_none() {
                replaced::end(tx, id, now)?;
            }
            Ok(())
        });
        if let Err(error) = recorded {
            tracing::warn!(key = %id, error = %error, "the use of a key was not recorded");
        }
    }
}

/// A key to be made.
pub(super) struct NewKey<'a> {
    pub(super) kind: KeyKind,
    pub(super) name: &'a str,
    pub(super) grant: &'a Grant,
    pub(super) bound_to: Option<PeerId>,
    /// The invite it is issued for.
    pub(super) claim: Option<&'a KeyId>,
    pub(super) expires: Option<Timestamp>,
    /// The first of the keys that it follows.
    pub(super) lineage: Option<&'a KeyId>,
}

/// Revokes within a transaction, with the keys that came before it and after it: a peer that renewed its key holds
/// two of them for a while.
pub(super) fn revoke(connection: &Connection, id: &str, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE key SET revoked = ?1 WHERE revoked IS NULL
             AND (id = ?2 OR lineage = (SELECT lineage FROM key WHERE id = ?2))",
        params![Millis(now), id],
    )?;
    setting::next_epoch(connection)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open, peer};
    use super::*;
    use camille_proto::grant::Verb;

    fn refusal(registry: &Registry, key: &str, who: Option<PeerId>, now: Timestamp) -> Refusal {
        match registry.authenticate(key, who, now) {
            Err(AuthError::Invalid(refusal)) => refusal,
            other => panic!("expected a refusal, got {other:?}"),
        }
    }

    #[test]
    fn a_key_opens_with_its_grant_also_after_a_restart() {
        let f = fixture();
        let grant = Grant { verbs: vec![Verb::Search], projects: Some(vec!["acme/*".into()]) };
        let key = f.registry.issue(KeyKind::Tool, "ci", &grant, None, day(0)).expect("issues");
        for registry in [&f.registry, &open(f.home.path())] {
            let who = registry.authenticate(key.reveal(), None, day(1)).expect("valid");
            assert_eq!((who.key_id, who.name, who.grant), (key.id(), "ci".into(), grant.clone()));
            assert_eq!((who.kind, who.bound_to), (KeyKind::Tool, None));
        }
    }

    #[test]
    fn the_secret_is_not_in_the_database() {
        let f = fixture();
        let key = f
            .registry
            .issue(KeyKind::Tool, "ci", &Grant::teammate(), None, day(0))
            .expect("issues");
        let secret = &key.reveal().as_bytes()[13..];
        for file in ["node.db", "node.db-wal"] {
            let bytes = std::fs::read(f.home.path().join(file)).expect("reads");
            assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{file}");
        }
    }

    #[test]
    fn wrong_keys_are_told_apart_only_inside() {
        let f = fixture();
        let key = f
            .registry
            .issue(KeyKind::Tool, "ci", &Grant::teammate(), None, day(0))
            .expect("issues");
        let text = key.reveal();
        let unknown = ApiKey::from_entropy([1; 6], [2; 32]);
        // The same id with another secret.
        let mut forged = format!("{}{}", &text[..13], "A".repeat(43));
        let sum = crc_of(&forged);
        forged.push_str(&sum);
        for (given, expected) in [
            ("", Refusal::Malformed),
            (&text[..text.len() - 1], Refusal::Malformed),
            ("cml_x", Refusal::Malformed),
            (unknown.reveal(), Refusal::Unknown),
            (forged.as_str(), Refusal::Unknown),
        ] {
            assert_eq!(refusal(&f.registry, given, None, day(0)), expected, "{given}");
            let error = f.registry.authenticate(given, None, day(0)).expect_err("refused");
            assert_eq!(error.to_string(), "invalid API key");
        }
    }

    /// The checksum a forger would compute, found by trying: the format's own parser is the judge.
    fn crc_of(head: &str) -> String {
        const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut crc = u32::MAX;
        for byte in head.bytes() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            }
        }
        let mut rest = !crc;
        let mut digits = [0_u8; 6];
        for digit in digits.iter_mut().rev() {
            *digit = BASE62[(rest % 62) as usize];
            rest /= 62;
        }
        String::from_utf8_lossy(&digits).into_owned()
    }

    #[test]
    fn a_peer_key_belongs_to_the_first_node_that_uses_it() {
        let f = fixture();
        let key = f
            .registry
            .issue(KeyKind::Peer, "bruno", &Grant::teammate(), None, day(0))
            .expect("issues");
        let (bruno, eve) = (peer("bruno"), peer("eve"));
        assert_eq!(refusal(&f.registry, key.reveal(), None, day(0)), Refusal::NoCertificate);
        let who = f.registry.authenticate(key.reveal(), Some(bruno), day(0)).expect("binds");
        assert_eq!(who.bound_to, Some(bruno));
        let refused = refusal(&f.registry, key.reveal(), Some(eve), day(0));
        assert_eq!(refused, Refusal::OtherCertificate);
        assert_eq!(refusal(&f.registry, key.reveal(), None, day(0)), Refusal::NoCertificate);
        f.registry.authenticate(key.reveal(), Some(bruno), day(1)).expect("still bruno's");
        let peers = f.registry.peers().expect("reads");
        assert_eq!(peers.len(), 1, "a node that holds a key is a peer");
        assert!(peers[0].peer_id == bruno && peers[0].name == "bruno" && !peers[0].has_key);
    }

    #[test]
    fn two_first_uses_bind_to_one_node() {
        let f = fixture();
        for round in 0..20 {
            let key = f
                .registry
                .issue(KeyKind::Peer, "k", &Grant::teammate(), None, day(0))
                .expect("issues");
            let other = open(f.home.path());
            let start = std::sync::Barrier::new(2);
            let wins = std::thread::scope(|scope| {
                let threads = [(&f.registry, "a"), (&other, "b")].map(|(registry, name)| {
                    let (key, start) = (&key, &start);
                    scope.spawn(move || {
                        start.wait();
                        registry.authenticate(key.reveal(), Some(peer(name)), day(0)).is_ok()
                    })
                });
                threads.map(|t| t.join().expect("no panic"))
            });
            assert_ne!(wins[0], wins[1], "round {round}");
        }
    }

    #[test]
    fn a_bound_key_lapses_without_use_and_a_tool_key_by_its_age() {
        let f = fixture();
        let issue = |kind, who| {
            f.registry.issue(kind, "k", &Grant::teammate(), who, day(0)).expect("issues")
        };
        let bruno = peer("bruno");
        let (used, unused) = (issue(KeyKind::Peer, Some(bruno)), issue(KeyKind::Peer, Some(bruno)));
        let tool = issue(KeyKind::Tool, None);
        f.registry.authenticate(used.reveal(), Some(bruno), day(89)).expect("in time");
        f.registry.authenticate(tool.reveal(), None, day(89)).expect("in time");
        f.registry.authenticate(used.reveal(), Some(bruno), day(178)).expect("use prolongs");
        assert_eq!(
            refusal(&f.registry, unused.reveal(), Some(bruno), day(90)),
            Refusal::Expired(day(90))
        );
        assert_eq!(refusal(&f.registry, tool.reveal(), None, day(90)), Refusal::Expired(day(90)));
        assert_eq!(
            refusal(&f.registry, used.reveal(), Some(bruno), day(268)),
            Refusal::Expired(day(268))
        );
    }

    #[test]
    fn the_last_use_is_recorded_once_a_minute() {
        let f = fixture();
        let key = f
            .registry
            .issue(KeyKind::Tool, "ci", &Grant::teammate(), None, day(0))
            .expect("issues");
        let last_used = || f.registry.keys(day(0)).expect("reads")[0].last_used;
        assert_eq!(last_used(), None);
        for (seconds, expected) in [(0, 0), (299, 0), (300, 300), (301, 300), (10, 300), (900, 900)]
        {
            let now = after(day(0), seconds);
            f.registry.authenticate(key.reveal(), None, now).expect("valid");
            assert_eq!(last_used(), Some(after(day(0), expected)), "at {seconds} s");
        }
    }

    #[test]
    fn revoking_works_by_id_and_by_name_and_at_once() {
        let f = fixture();
        let issue = |name: &str| {
            f.registry.issue(KeyKind::Tool, name, &Grant::teammate(), None, day(0)).expect("issues")
        };
        let (a, b, c) = (issue("ci"), issue("ci"), issue("laptop"));
        let epoch = f.registry.epoch().expect("reads");
        assert_eq!(f.registry.revoke(&c.id().0, day(1)).expect("writes"), [c.id()]);
        assert!(f.registry.epoch().expect("reads") > epoch);
        assert_eq!(refusal(&f.registry, c.reveal(), None, day(1)), Refusal::Revoked(day(1)));
        f.registry.authenticate(a.reveal(), None, day(1)).expect("the others live");
        assert_eq!(f.registry.revoke("ci", day(2)).expect("writes").len(), 2);
        assert_eq!(refusal(&f.registry, b.reveal(), None, day(2)), Refusal::Revoked(day(2)));
        assert!(f.registry.revoke("ci", day(3)).expect("writes").is_empty());
        assert!(f.registry.revoke("nobody", day(3)).expect("writes").is_empty());
        let keys = f.registry.keys(day(3)).expect("reads");
        assert!(keys.iter().all(|k| k.revoked.is_some()));
    }

    #[test]
    fn an_invite_key_cannot_be_issued_without_its_invite() {
        let f = fixture();
        let error = f
            .registry
            .issue(KeyKind::Invite, "x", &Grant::teammate(), None, day(0))
            .expect_err("refused");
        assert!(matches!(error, RegistryError::InviteKind));
    }
}
