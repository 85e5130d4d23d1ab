//! The relayed questions that this node answered, each of which holds once. Kept over a restart, because a relay
//! that holds somebody's signature could else wait for one.
//!
//! Clocks may be wrong by half a day, so a signature's time alone says little: whoever is still in that span is
//! remembered, and nothing is ever forgotten whose signature would be taken again.

use super::column::Peer;
use super::error::RegistryError;
use super::{Registry, setting};
use camille_proto::id::{PeerId, RequestId};
use rusqlite::{Connection, OptionalExtension, params};

/// How far the clock of an origin may be from ours, either way: half a day, and five minutes on the way.
const SKEW_S: i64 = 12 * 3_600 + 300;

/// The most questions of one relay that are remembered: one every four seconds for a day. Beyond that it is told
/// to wait, since forgetting one would let it come again.
const QUESTIONS_MAX: u32 = 20_000;

/// Up to where signatures were forgotten: none that ends earlier is taken, whatever the clock says then.
const FLOOR: &str = "heard_floor";

/// What is known of a relayed question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hearing {
    /// It was not here, and is remembered now.
    New,
    /// It was here before.
    Again,
    /// By our clock the origin's is further off than half a day: by so many seconds, negative if it is behind.
    Skewed(i64),
    /// It ends before others that were forgotten; it may have been one of them.
    Forgotten,
    /// Too many of this relay's are remembered.
    TooMany,
}

impl Registry {
    /// Asks for a relayed question, and remembers it if it is new. `signed`: when it was signed by the origin's
    /// clock, and `now` by ours, both in seconds since 1970.
    ///
    /// # Errors
    /// When node.db cannot be written: then it must not be answered.
    pub fn hear(
        &self,
        relay: &PeerId,
        (origin, request): (PeerId, RequestId),
        signed: i64,
        now: i64,
    ) -> Result<Hearing, RegistryError> {
        let skew = signed.saturating_sub(now);
        if skew.saturating_abs() > SKEW_S {
            return Ok(Hearing::Skewed(skew));
        }
        let (relay, origin) = (Peer(*relay), Peer(origin));
        self.write("remember a question", |tx| {
            forget_before(tx, now.saturating_sub(SKEW_S))?;
            if setting::integer(tx, FLOOR)?.is_some_and(|floor| signed <= floor) {
                return Ok(Hearing::Forgotten);
            }
            let request = request.0.as_bytes().as_slice();
            let known = tx
                .prepare_cached("SELECT 1 FROM heard WHERE origin = ?1 AND request = ?2")?
                .query_row(params![origin, request], |_| Ok(()))
                .optional()?;
            if known.is_some() {
                return Ok(Hearing::Again);
            }
            let count: u32 = tx
                .prepare_cached(
                    "SELECT count(*) FROM (SELECT 1 FROM heard WHERE relay = ?1 LIMIT ?2)",
                )?
                .query_row(params![relay, QUESTIONS_MAX], |row| row.get(0))?;
            if count >= QUESTIONS_MAX {
                return Ok(Hearing::TooMany);
            }
            tx.prepare_cached(
                "INSERT INTO heard (origin, request, relay, signed) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![origin, request, relay, signed])?;
            Ok(Hearing::New)
        })
    }
}

/// Forgets what was signed before that second. The floor goes up with it and never down, so that a clock which
/// jumps ahead and back lets nothing in twice.
fn forget_before(connection: &Connection, second: i64) -> rusqlite::Result<()> {
    let newest: Option<i64> = connection
        .prepare_cached("SELECT max(signed) FROM heard WHERE signed < ?1")?
        .query_row([second], |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(()) };
    connection.prepare_cached("DELETE FROM heard WHERE signed < ?1")?.execute([second])?;
    let floor = setting::integer(connection, FLOOR)?.map_or(newest, |floor| floor.max(newest));
    setting::put(connection, FLOOR, floor)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{fixture, open, peer};
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn request(n: u128) -> RequestId {
        RequestId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn a_relayed_question_holds_once_also_over_a_restart() {
        let f = fixture();
        let question = (peer("ana"), request(1));
        let hear = |registry: &Registry, relay: &str, now| {
            registry.hear(&peer(relay), question, NOW, now).expect("writes")
        };
        assert_eq!(hear(&f.registry, "relay", NOW), Hearing::New);
        assert_eq!(hear(&f.registry, "relay", NOW + 600), Hearing::Again);
        assert_eq!(hear(&f.registry, "other", NOW - SKEW_S), Hearing::Again);
        assert_eq!(hear(&open(f.home.path()), "relay", NOW + SKEW_S), Hearing::Again);
        let other = (peer("bruno"), request(1));
        let heard = f.registry.hear(&peer("relay"), other, NOW, NOW).expect("writes");
        assert_eq!(heard, Hearing::New, "the id is the origin's own");
    }

    #[test]
    fn half_a_day_either_way_is_taken_and_no_more() {
        let f = fixture();
        let mut n = 0;
        for (skew, expected) in [
            (12 * 3_600, Hearing::New),
            (-12 * 3_600, Hearing::New),
            (13 * 3_600, Hearing::Skewed(13 * 3_600)),
            (-13 * 3_600, Hearing::Skewed(-13 * 3_600)),
            (i64::MAX - NOW, Hearing::Skewed(i64::MAX - NOW)),
        ] {
            n += 1;
            let question = (peer("ana"), request(n));
            let heard = f.registry.hear(&peer("relay"), question, NOW + skew, NOW);
            assert_eq!(heard.expect("writes"), expected, "{skew}");
        }
        let least = f.registry.hear(&peer("relay"), (peer("ana"), request(9)), i64::MIN, NOW);
        assert!(matches!(least.expect("reads"), Hearing::Skewed(_)));
    }

    /// Whatever our clock does between, and however often the node starts, no question is new twice.
    #[test]
    fn no_clock_lets_a_question_in_twice() {
        let mut new = 0;
        for seed in 1..40_u64 {
            let mut random = seed;
            let mut next = |end: u64| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                i64::try_from(random % end).expect("small")
            };
            let f = fixture();
            let mut registry = open(f.home.path());
            let mut asked: Vec<(RequestId, i64)> = Vec::new();
            let mut taken = std::collections::HashSet::new();
            let mut clock = NOW;
            for step in 0..150_u128 {
                // It runs, and now and then it jumps, by days too.
                clock += next(7_200);
                if next(8) == 0 {
                    clock += next(6 * 86_400) - 3 * 86_400;
                }
                if next(20) == 0 {
                    registry = open(f.home.path());
                }
                let again = !asked.is_empty() && next(2) == 0;
                let (id, signed) = if again {
                    asked[usize::try_from(next(asked.len() as u64)).expect("small")]
                } else {
                    let new = (request(step), clock + next(86_400) - 43_200);
                    asked.push(new);
                    new
                };
                let heard = registry.hear(&peer("relay"), (peer("ana"), id), signed, clock);
                if heard.expect("writes") == Hearing::New {
                    assert!(taken.insert(id), "seed {seed}: {id:?} was new twice");
                }
            }
            new += taken.len();
        }
        assert!(new > 1_000, "most of those that are new are taken: {new}");
    }

    #[test]
    fn a_relay_that_floods_waits_and_others_do_not() {
        let f = fixture();
        let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
             INSERT INTO heard SELECT randomblob(32), randomblob(16), ?2, ?3 FROM n";
        f.registry
            .write("fill", |tx| {
                Ok(tx.execute(sql, params![QUESTIONS_MAX, Peer(peer("flood")), NOW])?)
            })
            .expect("writes");
        let hear = |relay: &str, n, now: i64| {
            f.registry.hear(&peer(relay), (peer("ana"), request(n)), now, now).expect("writes")
        };
        assert_eq!(hear("flood", 1, NOW), Hearing::TooMany);
        assert_eq!(hear("other", 2, NOW), Hearing::New);
        assert_eq!(hear("flood", 3, NOW + SKEW_S + 1), Hearing::New, "after half a day");
    }
}
