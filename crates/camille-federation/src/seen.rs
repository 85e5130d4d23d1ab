//! The memory of questions that were here. A question that comes again another way is not searched again;
//! one that the same sender repeats (its connection broke) gets the answer it would have had.
//!
//! Entered only after every other check has passed, so that nobody without a key can fill it.

use camille_proto::id::{PeerId, RequestId};
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// How long a question is remembered.
pub const REMEMBERED: Duration = Duration::from_secs(300);
/// How long its answer is kept for the sender that asks again.
pub const ANSWER_KEPT: Duration = Duration::from_secs(30);
/// The most questions that are remembered.
pub const QUESTIONS_MAX: usize = 10_000;

/// What is known of a question.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It was not here. Now it is remembered, with what was given for it.
    New,
    /// The same sender asked the same before: this was given for it then.
    Repeated(T),
    /// It was here, from someone else or too long ago.
    Duplicate,
}

/// Remembers questions; for each, for a while, where its answer is to be had.
#[derive(Debug)]
pub struct Memory<T> {
    entries: HashMap<(PeerId, RequestId), Entry<T>>,
    /// In the order in which they came, each once.
    order: VecDeque<(Instant, (PeerId, RequestId))>,
    /// Those of them whose answer may still be kept.
    answered: VecDeque<(Instant, (PeerId, RequestId))>,
}

#[derive(Debug)]
struct Entry<T> {
    sender: PeerId,
    body: [u8; 32],
    answer: Option<T>,
}

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), order: VecDeque::new(), answered: VecDeque::new() }
    }
}

impl<T: Clone> Memory<T> {
    /// Asks for a question and remembers it if it is new. `body`: a hash of all that was sent; `answer`:
    /// where the answer will be had.
    pub fn enter(
        &mut self,
        (origin, request): (PeerId, RequestId),
        sender: PeerId,
        body: [u8; 32],
        answer: T,
        now: Instant,
    ) -> Seen<T> {
        self.forget_old(now);
        let key = (origin, request);
        if let Some(known) = self.entries.get(&key) {
            let same = known.sender == sender && known.body == body;
            return match known.answer.clone() {
                Some(answer) if same => Seen::Repeated(answer),
                _ => Seen::Duplicate,
            };
        }
        if self.entries.len() >= QUESTIONS_MAX
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.order.push_back((now, key));
        self.answered.push_back((now, key));
        self.entries.insert(key, Entry { sender, body, answer: Some(answer) });
        Seen::New
    }

    /// How many questions are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((entered, key)) = self.order.front() {
            if now.saturating_duration_since(*entered) < REMEMBERED {
                break;
            }
            self.entries.remove(key);
            self.order.pop_front();
        }
        // Answers are large: those that nobody can ask for any more go.
        while let Some((entered, key)) = self.answered.front() {
            if now.saturating_duration_since(*entered) < ANSWER_KEPT {
                break;
            }
            if let Some(entry) = self.entries.get_mut(key) {
                entry.answer = None;
            }
            self.answered.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 32])
    }

    fn request(n: u128) -> RequestId {
        RequestId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn the_same_sender_joins_and_others_are_told() {
        let mut memory = Memory::default();
        let now = Instant::now();
        let question = (peer(1), request(7));
        assert_eq!(memory.enter(question, peer(2), [0; 32], "a", now), Seen::New);
        assert_eq!(memory.enter(question, peer(2), [0; 32], "b", now), Seen::Repeated("a"));
        assert_eq!(memory.enter(question, peer(3), [0; 32], "b", now), Seen::Duplicate);
        assert_eq!(memory.enter(question, peer(2), [9; 32], "b", now), Seen::Duplicate);
        assert_eq!(memory.enter((peer(9), request(7)), peer(2), [0; 32], "c", now), Seen::New);
    }

    #[test]
    fn answers_are_kept_for_a_while_and_questions_longer() {
        let mut memory = Memory::default();
        let start = Instant::now();
        let question = (peer(1), request(7));
        let enter = |memory: &mut Memory<&'static str>, after| {
            memory.enter(question, peer(2), [0; 32], "a", start + after)
        };
        assert_eq!(enter(&mut memory, Duration::ZERO), Seen::New);
        assert_eq!(enter(&mut memory, Duration::from_secs(29)), Seen::Repeated("a"));
        assert_eq!(enter(&mut memory, Duration::from_secs(31)), Seen::Duplicate);
        assert_eq!(enter(&mut memory, Duration::from_secs(299)), Seen::Duplicate);
        assert_eq!(enter(&mut memory, Duration::from_secs(301)), Seen::New);
    }

    #[test]
    fn it_is_bounded() {
        let mut memory = Memory::default();
        let now = Instant::now();
        for n in 0..QUESTIONS_MAX as u128 + 10 {
            memory.enter((peer(1), request(n)), peer(2), [0; 32], (), now);
        }
        assert_eq!(memory.len(), QUESTIONS_MAX);
        assert_eq!(memory.enter((peer(1), request(0)), peer(2), [0; 32], (), now), Seen::New);
    }
}
