//! How copies of a record are known: forks, continuations and forked sub-agents repeat what was said before,
//! some under new ids and with new times. It says what a copy has in common with its original; who compares
//! is the bank.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a copy of a part has in common with it, besides its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Trace {
    /// Where in the conversation it stands.
    pub place: [u8; 16],
    /// What its record says of itself.
    pub origin: RecordOrigin,
}

/// Whether a record is a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordOrigin {
    /// It was made here.
    Own,
    /// It does not say.
    Unknown,
    /// It was copied from another session.
    Copied,
}

/// Copied lines are stamped when they are written, one right after the other. After such a pause the fork itself
/// goes on.
const PAUSE_MS: i64 = 1_000;

impl Trace {
    /// Of a record with the time when it was first written, which copies keep, and a message's id.
    pub(super) fn of_moment(
        time: Timestamp,
        message: Option<&str>,
        kind: &str,
        origin: RecordOrigin,
    ) -> Self {
        let time = time.as_millisecond().to_string();
        Self { place: hash(&["moment", &time, message.unwrap_or_default(), kind]), origin }
    }
}

/// A Codex thread, as far as copies are concerned: its lines have no times that copies keep, and mostly no ids.
/// What is said is known by all that was said before it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Talk {
    /// The thread that the conversation began in.
    root: Option<String>,
    /// Whether copied lines may still come.
    head: bool,
    /// When the fork's file was begun, or the last copied line was written, in milliseconds.
    copied: Option<i64>,
    /// All messages so far.
    said: Said,
    /// The line at hand, and what was said before it: a file's last line may be read again.
    line: Option<(u64, Said)>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    chain: String,
    /// Calls since the last message.
    calls: u64,
}

impl Talk {
    /// A thread begins, forked from another or not.
    pub(super) fn begin(
        &mut self,
        thread: &str,
        forked_from: Option<&str>,
        time: Option<Timestamp>,
    ) {
        *self = Self {
            root: Some(forked_from.unwrap_or(thread).to_owned()),
            head: forked_from.is_some(),
            copied: time.map(Timestamp::as_millisecond),
            ..Self::default()
        };
    }

    /// The head of a fork names the thread that it was copied from, and that one its own.
    pub(super) fn copied_from(&mut self, thread: &str) {
        if !self.has_begun() {
            self.root = Some(thread.to_owned());
            self.head = true;
        }
    }

    /// Whether anything was said.
    pub(super) fn has_begun(&self) -> bool {
        !self.said.chain.is_empty() || self.said.calls > 0
    }

    /// The line at this offset is read.
    pub(super) fn at_line(&mut self, offset: u64) {
        match &self.line {
            Some((at, said)) if *at == offset => self.said.clone_from(said),
            _ => self.line = Some((offset, self.said.clone())),
        }
    }

    /// The trace of a message, which what follows depends on. `text` is redacted.
    pub(super) fn message(
        &mut self,
        id: Option<&str>,
        time: Option<Timestamp>,
        text: &str,
    ) -> Trace {
        let trace = self.trace(id, time, "message");
        let said = hash(&[&self.said.chain, text]);
        self.said =
            Said { chain: blake3::Hash::from_bytes(widen(said)).to_hex()[..32].into(), calls: 0 };
        trace
    }

    /// The trace of a call.
    pub(super) fn call(&mut self, id: Option<&str>, time: Option<Timestamp>) -> Trace {
        let number = self.said.calls.to_string();
        self.said.calls += 1;
        self.trace(id, time, &number)
    }

    fn trace(&mut self, id: Option<&str>, time: Option<Timestamp>, kind: &str) -> Trace {
        if let (true, Some(before), Some(time)) = (self.head, self.copied, time) {
            let time = time.as_millisecond();
            self.head = time < before + PAUSE_MS;
            self.copied = Some(before.max(time));
        }
        let root = self.root.as_deref().unwrap_or_default();
        let place = match id {
            Some(id) => hash(&["item", root, id]),
            None => hash(&["talk", root, &self.said.chain, kind]),
        };
        let origin = if self.head { RecordOrigin::Copied } else { RecordOrigin::Own };
        Trace { place, origin }
    }
}

fn widen(hash: [u8; 16]) -> [u8; 32] {
    let mut wide = [0; 32];
    wide[..16].copy_from_slice(&hash);
    wide
}

fn hash(members: &[&str]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for member in members {
        hasher.update(&(member.len() as u64).to_le_bytes());
        hasher.update(member.as_bytes());
    }
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Option<Timestamp> {
        Timestamp::from_millisecond(ms).ok()
    }

    #[test]
    fn a_fork_has_the_traces_of_its_parent_until_it_goes_its_own_way() {
        let mut parent = Talk::default();
        parent.begin("p", None, at(0));
        let mut fork = Talk::default();
        fork.begin("f", Some("p"), at(60_000));
        let (a, b) = (parent.message(None, at(10), "q"), fork.message(None, at(60_000), "q"));
        assert_eq!(a.place, b.place);
        assert_eq!((a.origin, b.origin), (RecordOrigin::Own, RecordOrigin::Copied));
        assert_eq!(parent.call(None, at(20)).place, fork.call(None, at(60_001)).place);
        let (a, b) = (parent.message(None, at(30), "a"), fork.message(None, at(90_000), "b"));
        assert_eq!(b.origin, RecordOrigin::Own);
        assert_eq!(a.place, b.place, "only the text tells them apart");
        assert_ne!(parent.call(None, at(40)).place, fork.call(None, at(90_001)).place);
    }

    #[test]
    fn a_fork_of_a_fork_has_the_traces_of_the_first_thread() {
        let mut first = Talk::default();
        first.begin("p", None, at(0));
        let mut fork = Talk::default();
        fork.begin("g", Some("f"), at(60_000));
        fork.copied_from("f");
        fork.copied_from("p");
        assert_eq!(
            first.message(None, at(1), "q").place,
            fork.message(None, at(60_000), "q").place
        );
        fork.copied_from("x");
        assert_eq!(first.call(None, None).place, fork.call(None, None).place, "not later");
    }

    #[test]
    fn a_line_read_again_says_the_same() {
        let mut talk = Talk::default();
        talk.begin("p", None, None);
        talk.at_line(0);
        let first = talk.message(None, None, "q");
        talk.at_line(0);
        assert_eq!(talk.message(None, None, "q"), first);
        talk.at_line(9);
        assert_ne!(talk.message(None, None, "q"), first, "the same words later");
    }
}
