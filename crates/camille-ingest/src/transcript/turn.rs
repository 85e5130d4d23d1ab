//! What a reader remembers of the turn at hand: the reply that is being written, and the calls that wait for
//! their results. Ids that a model or a proxy hands out come again, in other turns, sessions and projects: they
//! join parts within one turn and are no names of anything.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Calls remembered. Results stand up to some hundred lines after, but few calls wait at a time.
const CALLS_MAX: usize = 256;

/// Calls remembered that were answered.
const ANSWERED_MAX: usize = 8;

/// Replies remembered. Those of one turn may be written in turns.
const REPLIES_MAX: usize = 16;

/// The longest id that is compared. A longer one joins nothing.
const ID_BYTES_MAX: usize = 256;

/// The turns at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Turns {
    #[serde(default)]
    calls: VecDeque<Call>,
    #[serde(default)]
    replies: VecDeque<Reply>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    session: String,
    id: String,
    /// The call's own key, which its result bears too.
    pub(super) key: String,
    /// Whether its result is our own output.
    pub(super) is_own: bool,
    /// Whether it asks for a secret, so that its result is one.
    #[serde(default)]
    pub(super) asks: bool,
    /// The line that it stands in.
    line: u64,
    /// How many turns of its session ended since.
    #[serde(default)]
    age: u32,
    /// What names the result that answered it: that may stand in the file again.
    #[serde(default)]
    answered: Option<String>,
}

/// A reply of which more may come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Reply {
    session: String,
    id: String,
    key: String,
}

impl Turns {
    /// A call in the line at `line` waits for its result. The same line read again changes nothing; the same
    /// record in a later line waits again.
    pub(super) fn call(&mut self, session: &str, id: &str, key: &str, line: u64, is_own: bool) {
        if id.len() > ID_BYTES_MAX {
            return;
        }
        let same = |call: &Call| call.key == key && call.session == session;
        if let Some(at) = self.calls.iter().position(same) {
            if self.calls[at].line == line {
                return;
            }
            self.calls.remove(at);
        }
        if self.calls.len() >= CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(Call {
            session: session.to_owned(),
            id: id.to_owned(),
            key: key.to_owned(),
            is_own,
            asks: false,
            line,
            age: 0,
            answered: None,
        });
    }

    /// The last call asks for a secret.
    pub(super) fn asks(&mut self, key: &str) {
        if let Some(call) = self.calls.back_mut().filter(|call| call.key == key) {
            call.asks = true;
        }
    }

    /// The call that a result answers: the one that `result` answered before, or else the nearest of this id in
    /// the session that waits. Of several in one turn the first waits longest.
    pub(super) fn answer(&mut self, session: &str, id: &str, result: &str) -> Option<Call> {
        let of_id = |call: &Call| call.session == session && call.id == id;
        let again = |call: &Call| call.answered.as_deref() == Some(result);
        let again = self.calls.iter().position(|call| of_id(call) && again(call));
        let at = again.or_else(|| {
            let waits = |call: &Call| of_id(call) && call.answered.is_none();
            let age = self.calls.iter().rfind(|call| waits(call))?.age;
            self.calls.iter().position(|call| waits(call) && call.age == age)
        })?;
        self.calls[at].answered = Some(result.to_owned());
        let call = self.calls[at].clone();
        let answered = |call: &Call| call.answered.is_some();
        if self.calls.iter().filter(|call| answered(call)).count() > ANSWERED_MAX
            && let Some(oldest) = self.calls.iter().position(answered)
        {
            self.calls.remove(oldest);
        }
        Some(call)
    }

    /// Whether a call of this id is known.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.calls.iter().any(|call| call.id == id)
    }

    /// The key of the reply that a part with this id belongs to: `key` if the part begins it.
    pub(super) fn reply(&mut self, session: &str, id: Option<&str>, key: &str) -> String {
        let Some(id) = id.filter(|id| id.len() <= ID_BYTES_MAX) else { return key.to_owned() };
        let known =
            self.replies.iter().position(|reply| reply.session == session && reply.id == id);
        let reply = known.and_then(|at| self.replies.remove(at)).unwrap_or_else(|| Reply {
            session: session.to_owned(),
            id: id.to_owned(),
            key: key.to_owned(),
        });
        let key = reply.key.clone();
        self.replies.truncate(REPLIES_MAX - 1);
        self.replies.push_front(reply);
        key
    }

    /// A prompt or a result came: what is said after it is another reply.
    pub(super) fn end_reply(&mut self, session: &str) {
        self.replies.retain(|reply| reply.session != session);
        for call in self.calls.iter_mut().filter(|call| call.session == session) {
            call.age = call.age.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_belongs_to_the_nearest_call_that_waits() {
        let mut turns = Turns::default();
        turns.call("s", "0", "a", 0, false);
        turns.call("t", "0", "other session", 0, false);
        let answer = |turns: &mut Turns, id: &str, result: &str| {
            turns.answer("s", id, result).map(|call| (call.key, call.is_own))
        };
        let call = |key: &str, is_own| Some((key.to_owned(), is_own));
        assert_eq!(answer(&mut turns, "0", "r1"), call("a", false));
        assert_eq!(answer(&mut turns, "0", "r1"), call("a", false), "the same again");
        turns.call("s", "0", "b", 2, true);
        assert_eq!(answer(&mut turns, "0", "r2"), call("b", true));
        assert_eq!(answer(&mut turns, "0", "r3"), None, "a second result has no call");
        assert_eq!(answer(&mut turns, "1", "r3"), None);
        turns.call("s", "0", "b", 20, true);
        assert_eq!(answer(&mut turns, "0", "r4"), call("b", true), "the same call again");
        // An older one that was never answered; then two in one turn.
        turns.call("s", "0", "c", 30, false);
        turns.end_reply("s");
        turns.call("s", "0", "d", 40, false);
        turns.call("s", "0", "e", 50, false);
        turns.end_reply("s");
        assert_eq!(answer(&mut turns, "0", "r5"), call("d", false));
        assert_eq!(answer(&mut turns, "0", "r6"), call("e", false));
        assert_eq!(answer(&mut turns, "0", "r7"), call("c", false));
    }

    #[test]
    fn a_reply_ends_with_its_turn() {
        let mut turns = Turns::default();
        assert_eq!(turns.reply("s", Some("m"), "a"), "a");
        assert_eq!(turns.reply("t", Some("m"), "x"), "x", "another session");
        assert_eq!(turns.reply("s", Some("m"), "b"), "a");
        turns.end_reply("s");
        assert_eq!(turns.reply("s", Some("m"), "c"), "c");
        assert_eq!(turns.reply("s", None, "d"), "d");
    }

    #[test]
    fn memory_is_bounded() {
        let mut turns = Turns::default();
        for n in 0..10_000 {
            turns.call("s", &n.to_string(), &n.to_string(), n, false);
            turns.reply(&n.to_string(), Some("m"), "k");
        }
        assert!((turns.calls.len(), turns.replies.len()) == (CALLS_MAX, REPLIES_MAX));
    }
}
