//! What is known of the peers at this moment: who answers, and whom they pass questions on to. In memory
//! only: it is learned anew within seconds.

use camille_federation::breaker::Breaker;
use camille_federation::gather::short;
use camille_federation::plan::{Known, Neighbour};
use camille_proto::answer::Outcome;
use camille_proto::id::PeerId;
use camille_proto::is_understood;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How much of a protocol's name is told.
const PROTOCOL_CHARS_MAX: usize = 16;

/// What is known of all peers.
#[derive(Debug, Default)]
pub(crate) struct Health {
    peers: Mutex<HashMap<PeerId, State>>,
    /// Rung when a probe is due sooner than it was.
    sooner: Notify,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    /// Whether it answers relayed questions, as it said last.
    indirect: bool,
    beyond: Vec<Known>,
    /// What it said when it told of them.
    told: Option<String>,
    /// The protocol it speaks, if it is one that is not understood here.
    foreign: Option<String>,
    /// When the next probe is due; absent: now.
    probe: Option<Instant>,
    /// When it last answered one.
    answered: Option<Instant>,
    /// How many probes in a row it refused: it has parted with this node, or ended its key.
    refusals: u32,
}

impl State {
    /// It answered a question: what it refused before is over.
    fn welcome(&mut self, now: Instant) {
        if self.refusals > 0 {
            self.refusals = 0;
            self.probe = Some(now);
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.probe.is_none_or(|due| now >= due) && self.breaker.may_be_tried(now)
    }
}

/// A peer that was heard of is probed no sooner than this: by then it should have been heard of again.
const QUIET: Duration = Duration::from_secs(12);
/// Yet no later than this after it last answered: that it reaches this node does not mean that it is reached.
const UNASKED_MAX: Duration = Duration::from_secs(180);
/// One that refuses is asked again no sooner than this; each further refusal doubles that.
const REFUSED_MIN: Duration = Duration::from_secs(60);
/// And no later.
const REFUSED_MAX: Duration = Duration::from_secs(3600);

impl Health {
    /// Takes note of how asking a peer went.
    pub(crate) fn note(&self, peer: &PeerId, status: Outcome, now: Instant) {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        match status {
            Outcome::TimedOut | Outcome::Failed => state.breaker.failed(now),
            Outcome::Skipped => {}
            // A refusal comes from somebody who is there.
            Outcome::Denied => state.breaker.succeeded(),
            _ => {
                state.breaker.succeeded();
                state.welcome(now);
            }
        }
    }

    /// It refused a probe: it is not knocked at every few seconds. The owner's questions go on being sent, and a new
    /// key changes everything.
    pub(crate) fn refused(&self, peer: &PeerId, now: Instant) {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        let rest = REFUSED_MIN.saturating_mul(1 << state.refusals.min(6)).min(REFUSED_MAX);
        state.refusals = state.refusals.saturating_add(1);
        state.probe = Some(now + rest);
    }

    /// Whether the peer refuses this node: nothing is asked of it in the background.
    pub(crate) fn is_refused(&self, peer: &PeerId) -> bool {
        self.lock().get(peer).is_some_and(|state| state.refusals > 0)
    }

    /// Whether questions pass the peer by.
    pub(crate) fn is_away(&self, peer: &PeerId) -> bool {
        self.lock().get(peer).is_some_and(|state| state.breaker.is_open())
    }

    /// Takes note of the protocol a peer speaks.
    pub(crate) fn learn_protocol(&self, peer: &PeerId, protocol: &str) {
        let foreign = (!is_understood(protocol)).then(|| short(protocol, PROTOCOL_CHARS_MAX));
        self.lock().entry(*peer).or_default().foreign = foreign;
    }

    /// The protocol that a peer speaks, if it is one that is not understood here.
    pub(crate) fn foreign(&self, peer: &PeerId) -> Option<String> {
        self.lock().get(peer)?.foreign.clone()
    }

    /// Takes note of what a peer says of itself. Whether it would tell of other neighbours than it did:
    /// `neighbours` is another word each time.
    pub(crate) fn learn(&self, peer: &PeerId, indirect: bool, neighbours: Option<&str>) -> bool {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        state.indirect = indirect;
        if neighbours.is_none() {
            state.beyond.clear();
            state.told = None;
            return false;
        }
        state.told.as_deref() != neighbours
    }

    /// Takes note of whom a peer passes questions on to.
    pub(crate) fn learn_beyond(&self, peer: &PeerId, beyond: Vec<Known>, told: Option<String>) {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        state.beyond = beyond;
        state.told = told;
    }

    /// The peer as the plan of a question needs it. `has_key`: whether it can be asked at all.
    pub(crate) fn neighbour(&self, peer: &PeerId, has_key: bool) -> Neighbour {
        let peers = self.lock();
        let state = peers.get(peer);
        Neighbour {
            peer_id: *peer,
            reachable: has_key && !state.is_some_and(|state| state.breaker.is_open()),
            beyond: state.map(|state| state.beyond.clone()).unwrap_or_default(),
        }
    }

    /// Whether the peer is there and answers relayed questions, and whom it passes them on to.
    pub(crate) fn relayed(&self, peer: &PeerId) -> Option<Vec<Known>> {
        let peers = self.lock();
        let state = peers.get(peer)?;
        (state.indirect && !state.breaker.is_open()).then(|| state.beyond.clone())
    }

    /// The peer was here, and said what it would have been asked: a probe can wait, unless it would now tell
    /// of other neighbours than it did.
    pub(crate) fn heard_from(&self, peer: &PeerId, neighbours: Option<&str>, now: Instant) {
        let mut peers = self.lock();
        let Some(state) = peers.get_mut(peer) else { return };
        let Some(answered) = state.answered.filter(|_| !state.breaker.is_doubtful()) else {
            return;
        };
        if state.told.as_deref() == neighbours {
            state.probe = state.probe.map(|due| due.max((now + QUIET).min(answered + UNASKED_MAX)));
        } else {
            state.probe = None;
            self.sooner.notify_one();
        }
    }

    /// A peer that was away was here. It is probed soon; questions pass it by until it answers.
    pub(crate) fn try_soon(&self, peer: &PeerId, now: Instant) {
        if let Some(state) = self.lock().get_mut(peer)
            && state.breaker.is_open()
        {
            state.breaker.rest_no_longer(now);
            state.probe = None;
            self.sooner.notify_one();
        }
    }

    /// It answered a probe.
    pub(crate) fn answered(&self, peer: &PeerId, now: Instant) {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        state.breaker.succeeded();
        state.answered = Some(now);
        state.refusals = 0;
    }

    /// When the next probe of some peer is due; `None`: nobody is known.
    pub(crate) fn next_probe(&self, now: Instant) -> Option<Instant> {
        let due = |state: &State| {
            let due = state.probe.unwrap_or(now);
            state.breaker.rests_until().map_or(due, |until| until.max(due))
        };
        self.lock().values().map(due).min()
    }

    /// Whose probe is due.
    pub(crate) fn due(&self, now: Instant) -> Vec<PeerId> {
        let peers = self.lock();
        let due = peers.iter().filter(|(_, state)| state.is_due(now));
        due.map(|(peer, _)| *peer).collect()
    }

    /// Waits until a probe is due sooner than it was.
    pub(crate) async fn sooner(&self) {
        self.sooner.notified().await;
    }

    /// A peer is new: it is probed at once.
    pub(crate) fn expect(&self, peer: &PeerId) {
        self.lock().insert(*peer, State::default());
        self.sooner.notify_one();
    }

    /// Whether a probe of the peer is due. If so, the next one is due at `next`.
    pub(crate) fn take_probe(&self, peer: &PeerId, now: Instant, next: Instant) -> bool {
        let mut peers = self.lock();
        let state = peers.entry(*peer).or_default();
        let due = state.is_due(now);
        if due {
            state.probe = Some(next);
        }
        due
    }

    /// The next probe is due at `next`, if the peer failed and is not yet known to be away.
    pub(crate) fn probe_again(&self, peer: &PeerId, next: Instant) {
        if let Some(state) = self.lock().get_mut(peer)
            && state.breaker.is_doubtful()
            && !state.breaker.is_open()
        {
            state.probe = Some(next);
            self.sooner.notify_one();
        }
    }

    /// The peer may be back, or somewhere else: it is tried at once, unless it refuses wherever it is.
    pub(crate) fn doubt(&self, peer: &PeerId) {
        if let Some(state) = self.lock().get_mut(peer).filter(|state| state.refusals == 0) {
            state.breaker.reset();
            state.probe = None;
            self.sooner.notify_one();
        }
    }

    /// Nothing holds any more: another network, or a machine that slept.
    pub(crate) fn doubt_all(&self) {
        for state in self.lock().values_mut() {
            state.breaker.reset();
            state.probe = None;
        }
        self.sooner.notify_one();
    }

    /// Forgets a peer.
    pub(crate) fn forget(&self, peer: &PeerId) {
        self.lock().remove(peer);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PeerId, State>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerId = PeerId::from_bytes([7; 32]);
    const SECOND: Duration = Duration::from_secs(1);

    fn is_due(health: &Health, now: Instant) -> bool {
        health.next_probe(now).is_some_and(|due| due <= now)
    }

    fn probed_at(now: Instant) -> Health {
        let health = Health::default();
        assert!(health.take_probe(&PEER, now, now + 8 * SECOND));
        health.answered(&PEER, now);
        health
    }

    #[test]
    fn who_asks_need_not_be_asked_but_once_in_a_while() {
        let begun = Instant::now();
        let health = probed_at(begun);
        let mut now = begun;
        while now < begun + UNASKED_MAX {
            health.heard_from(&PEER, None, now);
            let due = (now + QUIET).min(begun + UNASKED_MAX);
            assert!(!is_due(&health, due.checked_sub(SECOND).unwrap_or(due)));
            assert!(is_due(&health, due), "and is if it falls silent");
            now += 10 * SECOND;
        }
        assert!(is_due(&health, begun + UNASKED_MAX));
    }

    #[test]
    fn who_would_tell_of_others_is_asked_at_once() {
        let now = Instant::now();
        let health = probed_at(now);
        health.heard_from(&PEER, Some("other"), now);
        assert!(is_due(&health, now));
    }

    #[test]
    fn who_asks_but_does_not_answer_stays_away_and_is_tried_again() {
        let now = Instant::now();
        let health = probed_at(now);
        for _ in 0..3 {
            health.note(&PEER, Outcome::Failed, now);
        }
        health.heard_from(&PEER, None, now);
        assert!(health.is_away(&PEER) && !is_due(&health, now + SECOND));
        health.try_soon(&PEER, now);
        assert!(health.is_away(&PEER), "questions pass it by until it answers");
        assert!(health.take_probe(&PEER, now, now + 8 * SECOND));
        health.answered(&PEER, now);
        assert!(!health.is_away(&PEER));
    }

    #[test]
    fn who_refuses_is_asked_less_and_less_often_until_he_answers() {
        let mut now = Instant::now();
        let health = probed_at(now);
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            health.refused(&PEER, now);
            health.note(&PEER, Outcome::Denied, now);
            // That he is announced changes nothing, nor does an answer that is a refusal.
            health.doubt(&PEER);
            now += minutes * 60 * SECOND - SECOND;
            assert!(!is_due(&health, now), "{minutes}");
            assert!(health.is_refused(&PEER) && !health.is_away(&PEER));
            now += SECOND;
            assert!(is_due(&health, now), "{minutes}");
        }
        health.refused(&PEER, now);
        health.note(&PEER, Outcome::Ok, now);
        assert!(is_due(&health, now) && !health.is_refused(&PEER));
        health.refused(&PEER, now);
        health.expect(&PEER);
        assert!(is_due(&health, now) && !health.is_refused(&PEER), "a new key");
    }
}
