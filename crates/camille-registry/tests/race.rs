//! Two claimants for one invite, through two handles on one node.db, a thousand times: exactly one wins.

use camille_proto::grant::Grant;
use camille_proto::id::PeerId;
use camille_proto::key::ApiKey;
use camille_registry::{Claim, ClaimOutcome, Registry, SecretBox};
use jiff::Timestamp;
use std::sync::{Arc, Barrier};

const RACES: usize = 1_000;

/// Seals nothing: what is sealed is not looked at here.
struct Clear;

impl SecretBox for Clear {
    fn seal(&self, plaintext: &[u8], _context: &str) -> Option<Vec<u8>> {
        Some(plaintext.to_vec())
    }

    fn open(&self, sealed: &[u8], _context: &str) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

#[test]
fn of_two_claimants_exactly_one_wins() {
    let home = tempfile::tempdir().expect("a directory");
    let open = || Registry::open(home.path(), Arc::new(Clear)).expect("opens");
    let handles = [open(), open()];
    let invites: Vec<ApiKey> = (0..RACES)
        .map(|_| handles[0].create_invite(&Grant::teammate(), at(3600), 1, at(0)).expect("writes"))
        .collect();
    let start = Barrier::new(2);
    let outcomes = std::thread::scope(|scope| {
        let threads = [0_u8, 1].map(|side| {
            let (registry, invites, start) = (&handles[usize::from(side)], &invites, &start);
            scope.spawn(move || {
                let name = ["ana", "bruno"][usize::from(side)];
                let claims = invites.iter().map(|invite| {
                    let claim = Claim {
                        invite: invite.id(),
                        peer_id: PeerId::of_spki(name.as_bytes()),
                        name: name.to_owned(),
                        addresses: Vec::new(),
                        key: ApiKey::from_entropy([side; 6], [side; 32]),
                    };
                    start.wait();
                    // Not unwrapped here: the other thread would wait for ever.
                    registry.claim(&claim, at(1))
                });
                claims.collect::<Vec<_>>()
            })
        });
        threads.map(|thread| thread.join().expect("no panic"))
    });
    let [ana, bruno] = outcomes;
    let mut won = [0, 0];
    for (race, pair) in ana.into_iter().zip(bruno).enumerate() {
        match (pair.0.expect("writes"), pair.1.expect("writes")) {
            (ClaimOutcome::Joined { .. }, ClaimOutcome::Used { by, .. }) if by == "ana" => {
                won[0] += 1;
            }
            (ClaimOutcome::Used { by, .. }, ClaimOutcome::Joined { .. }) if by == "bruno" => {
                won[1] += 1;
            }
            other => panic!("race {race}: {other:?}"),
        }
    }
    assert_eq!(won[0] + won[1], RACES);
    let keys = handles[1].keys(at(2)).expect("reads");
    assert_eq!(keys.iter().filter(|key| key.kind == "peer").count(), RACES, "one key a race");
    println!("ana won {}, bruno {}", won[0], won[1]);
}
