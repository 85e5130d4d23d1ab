//! A whole join between two registries, with the claimant's process killed at the worst moments.

use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::invite::Invite;
use camille_proto::join::JoinResponse;
use camille_proto::key::ApiKey;
use camille_registry::{Claim, ClaimOutcome, FinishOutcome, PendingJoin, Registry, SecretBox};
use jiff::Timestamp;
use std::path::Path;
use std::sync::Arc;

/// Not encryption, but only the same owner and context open it.
struct Owned(&'static str);

impl SecretBox for Owned {
    fn seal(&self, plaintext: &[u8], context: &str) -> Option<Vec<u8>> {
        let mut sealed = format!("{}/{context}\0", self.0).into_bytes();
        sealed.extend(plaintext.iter().map(|byte| !byte));
        Some(sealed)
    }

    fn open(&self, sealed: &[u8], context: &str) -> Option<Vec<u8>> {
        let body = sealed.strip_prefix(format!("{}/{context}\0", self.0).as_bytes())?;
        Some(body.iter().map(|byte| !byte).collect())
    }
}

struct Side {
    home: tempfile::TempDir,
    name: &'static str,
}

impl Side {
    fn new(name: &'static str) -> Self {
        Self { home: tempfile::tempdir().expect("a directory"), name }
    }

    /// Opens anew each time, as a process does after it was killed.
    fn registry(&self) -> Registry {
        open(self.home.path(), self.name)
    }

    fn id(&self) -> PeerId {
        PeerId::of_spki(self.name.as_bytes())
    }
}

fn open(home: &Path, name: &'static str) -> Registry {
    Registry::open(home, Arc::new(Owned(name))).expect("opens")
}

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + 3600 * hours).expect("a time")
}

fn invite(ana: &Side) -> Invite {
    let key = ana.registry().create_invite(&Grant::teammate(), at(72), 1, at(0)).expect("writes");
    Invite { peer_id: ana.id(), key, name: "ana".into(), addresses: vec!["192.0.2.1:7861".into()] }
}

/// What the inviter's `/join` does with the claimant's request.
fn serve(ana: &Side, bruno: &Side, join: &PendingJoin, now: Timestamp) -> JoinResponse {
    let registry = ana.registry();
    let holder = registry
        .authenticate(join.invite_key.as_ref().expect("an invite").reveal(), Some(bruno.id()), now)
        .expect("the invite's key");
    assert!(holder.is_invite());
    let claim = Claim {
        invite: holder.key_id,
        peer_id: bruno.id(),
        name: "bruno".into(),
        addresses: vec!["192.0.2.2:7861".into()],
        key: join.key_for_inviter.clone(),
    };
    match registry.claim(&claim, now).expect("writes") {
        ClaimOutcome::Joined { key, grant, .. } => JoinResponse {
            peer_id: ana.id(),
            name: "ana".into(),
            key,
            grant,
            addresses: vec!["192.0.2.1:7861".into()],
        },
        other => panic!("refused: {other:?}"),
    }
}

/// Both hold a key that the other accepts from them, and from nobody else.
fn assert_keyed(ana: &Side, bruno: &Side, now: Timestamp) {
    for (holder, issuer) in [(ana, bruno), (bruno, ana)] {
        let key: ApiKey = holder
            .registry()
            .key_for(&issuer.id())
            .expect("reads")
            .unwrap_or_else(|| panic!("{} holds no key for {}", holder.name, issuer.name));
        let registry = issuer.registry();
        let known = registry.authenticate(key.reveal(), Some(holder.id()), now).expect("accepted");
        assert_eq!(known.bound_to, Some(holder.id()));
        let eve = PeerId::of_spki(b"eve");
        assert!(registry.authenticate(key.reveal(), Some(eve), now).is_err());
        assert_eq!(holder.registry().peers().expect("reads").len(), 1);
    }
    assert!(bruno.registry().pending_joins().expect("reads").is_empty());
}

#[test]
fn a_join_in_one_go() {
    let (ana, bruno) = (Side::new("ana"), Side::new("bruno"));
    let begun = bruno.registry().begin_join(&invite(&ana), None, at(1)).expect("writes");
    let response = serve(&ana, &bruno, &begun, at(1));
    let done = bruno.registry().finish_join(&ana.id(), &response, at(1)).expect("writes");
    assert_eq!(done, FinishOutcome::Joined { name: "ana".into() });
    assert_keyed(&ana, &bruno, at(1));
    let done = bruno.registry().finish_join(&ana.id(), &response, at(1)).expect("writes");
    assert_eq!(done, FinishOutcome::AlreadyJoined { name: "ana".into() });
    assert_keyed(&ana, &bruno, at(1));
    assert_eq!(ana.registry().take_news().expect("takes").len(), 1);
}

#[test]
fn killed_between_claim_and_answer_the_claimant_finishes_by_itself() {
    let (ana, bruno) = (Side::new("ana"), Side::new("bruno"));
    bruno.registry().begin_join(&invite(&ana), None, at(1)).expect("writes");
    // Two answers are lost; each time the process starts anew from what is on the disk.
    let mut lost = Vec::new();
    for now in [at(1), at(2)] {
        let waiting = bruno.registry().pending_joins().expect("reads");
        lost.push(serve(&ana, &bruno, &waiting[0], now));
    }
    let waiting = bruno.registry().pending_joins().expect("reads");
    // By now the invite is used up, and a day has not passed.
    let response = serve(&ana, &bruno, &waiting[0], at(24));
    bruno.registry().finish_join(&ana.id(), &response, at(24)).expect("writes");
    assert_keyed(&ana, &bruno, at(24));
    for lost in lost {
        assert_eq!(lost.key, response.key, "an answer that comes late takes nothing back");
    }
    assert_eq!(ana.registry().peers().expect("reads").len(), 1);
}

#[test]
fn both_may_invite_each_other_at_once() {
    let (ana, bruno) = (Side::new("ana"), Side::new("bruno"));
    let (from_ana, from_bruno) = (invite(&ana), invite(&bruno));
    let to_ana = bruno.registry().begin_join(&from_ana, None, at(1)).expect("writes");
    let to_bruno = ana.registry().begin_join(&from_bruno, None, at(1)).expect("writes");
    let from_ana = serve(&ana, &bruno, &to_ana, at(1));
    let from_bruno = serve(&bruno, &ana, &to_bruno, at(1));
    bruno.registry().finish_join(&ana.id(), &from_ana, at(1)).expect("writes");
    ana.registry().finish_join(&bruno.id(), &from_bruno, at(1)).expect("writes");
    assert_keyed(&ana, &bruno, at(1));
    assert!(ana.registry().pending_joins().expect("reads").is_empty());
}

#[test]
fn a_removed_peer_is_out_on_both_ways() {
    let (ana, bruno) = (Side::new("ana"), Side::new("bruno"));
    let begun = bruno.registry().begin_join(&invite(&ana), None, at(1)).expect("writes");
    let response = serve(&ana, &bruno, &begun, at(1));
    bruno.registry().finish_join(&ana.id(), &response, at(1)).expect("writes");
    ana.registry().remove_peer("bruno", at(2)).expect("writes").expect("there");
    let registry = ana.registry();
    assert!(registry.authenticate(response.key.reveal(), Some(bruno.id()), at(2)).is_err());
    assert_eq!(registry.key_for(&bruno.id()).expect("reads"), None);
    assert!(!registry.is_open(at(2)).expect("reads"));
    let again = Claim {
        invite: begun.invite_key.as_ref().expect("an invite").id(),
        peer_id: bruno.id(),
        name: "bruno".into(),
        addresses: Vec::new(),
        key: begun.key_for_inviter,
    };
    assert_eq!(registry.claim(&again, at(2)).expect("writes"), ClaimOutcome::Withdrawn);
}
