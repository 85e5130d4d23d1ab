//! What was said word for word of what a conversation read in another place. It is looked for once the conversation is
//! released, and again when that grows: until then nobody but its owner sees any of it. The bank knows texts by their
//! rows only; who knows them again is handed in.

use crate::document::SessionName;
use crate::error::BankError;
use crate::search::tree::Trees;
use crate::store;
use crate::store::block::Blocks;
use crate::store::fact::{self, Mark};
use crate::store::passing::Passing;
use crate::store::sought::{self, Heard};
use camille_proto::id::SessionKey;
use foldhash::HashMap;
use rusqlite::{Connection, TransactionBehavior};
use std::collections::{BTreeMap, BTreeSet};

/// What stands for all places that another agent may have read in: it reports what it read, and nothing tells from where.
pub const TOLD: &str = "unclear:told by another agent";

/// Knows texts again.
pub trait KnowAgain {
    /// Another conversation comes: what was given before is forgotten.
    fn begin(&mut self);

    /// Takes in a text that holds something of places, by their numbers.
    fn remember(&mut self, text: &str, places: &[i64]);

    /// The places of those texts so far of which something stands word for word in what is said.
    fn quoted(&mut self, said: &str) -> Vec<i64>;
}

/// Something that is dealt with in the order of time; of one moment what is read before what is said.
struct Event {
    time: i64,
    is_said: bool,
    what: What,
}

enum What {
    Heard(usize),
    Passing(usize),
}

/// Marks what of the conversations of these sessions quotes what they read elsewhere, as far as they grew since that was
/// done. `passing`: what is not in the bank; its conversations are dealt with in any case. Returns how many documents have
/// a new mark.
pub(crate) fn find(
    connection: &mut Connection,
    sessions: &[SessionKey],
    passing: &[Passing],
    again: &mut dyn KnowAgain,
) -> Result<u64, BankError> {
    if sessions.is_empty() && passing.is_empty() {
        return Ok(0);
    }
    let trees = Trees::of(connection, sought::sessions(connection)?)?;
    let seq = store::seq(connection)?;
    let of = |keys: &mut dyn Iterator<Item = SessionKey>| -> BTreeSet<usize> {
        keys.filter_map(|key| trees.tree(key)).collect()
    };
    let wanted = of(&mut sessions.iter().copied());
    let passed = of(&mut passing.iter().map(|text| text.session));
    let mut members: BTreeMap<usize, Vec<(i64, SessionKey)>> = BTreeMap::new();
    for (ord, session) in trees.sessions.iter().enumerate() {
        if wanted.contains(&session.tree) || passed.contains(&session.tree) {
            let ord = i64::try_from(ord).unwrap_or(i64::MAX);
            members.entry(session.tree).or_default().push((ord, session.key));
        }
    }
    let known = sought::known(connection)?;
    let mut by_copy: HashMap<SessionKey, Vec<Mark>> = HashMap::default();
    for (session, place) in fact::copied::touched(connection)? {
        by_copy.entry(session).or_default().push(place);
    }
    let each = || members.values().flatten();
    let since = each().filter_map(|(_, key)| known.get(key)).map(|sought| sought.seq).min();
    let grown = match since {
        Some(since) => sought::grown(connection, since)?,
        None => HashMap::default(),
    };
    let mut marked = 0;
    let mut settled = Vec::new();
    for (tree, members) in members {
        let count = i64::try_from(members.len()).unwrap_or(i64::MAX);
        let is_done = |(ord, key): &(i64, SessionKey)| {
            known.get(key).is_some_and(|known| {
                known.members == count && grown.get(ord).is_none_or(|last| *last <= known.seq)
            })
        };
        if !passed.contains(&tree) && members.iter().all(is_done) {
            settled.extend(members.into_iter().map(|(_, key)| key));
            continue;
        }
        let passing = passing.iter().filter(|text| trees.tree(text.session) == Some(tree));
        marked += mark(connection, &members, (&passing.collect::<Vec<_>>(), &by_copy), seq, again)?;
    }
    sought::note_settled(connection, &settled, seq)?;
    Ok(marked)
}

/// Marks what one conversation quotes.
fn mark(
    connection: &mut Connection,
    members: &[(i64, SessionKey)],
    (passing, by_copy): (&[&Passing], &HashMap<SessionKey, Vec<Mark>>),
    seq: u64,
    again: &mut dyn KnowAgain,
) -> Result<u64, BankError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(BankError::store("look for quotes"))?;
    let told = fact::mark(TOLD);
    let mut heard: Vec<Heard> = Vec::new();
    for (ord, key) in members {
        heard.extend(sought::heard(
            &transaction,
            *ord,
            *key,
            &told,
            by_copy.get(key).map_or(&[], Vec::as_slice),
        )?);
    }
    let mut events = Vec::with_capacity(heard.len() + passing.len());
    for (at, one) in heard.iter().enumerate() {
        if !one.places.is_empty() {
            events.push(Event { time: one.first, is_said: false, what: What::Heard(at) });
        }
        if one.is_said {
            events.push(Event { time: one.last, is_said: true, what: What::Heard(at) });
        }
    }
    for (at, text) in passing.iter().enumerate() {
        let time = text.time.unwrap_or(i64::MIN);
        events.push(Event { time, is_said: false, what: What::Passing(at) });
    }
    let mut marked = 0;
    if events.iter().any(|event| !event.is_said) {
        events.sort_by_key(|event| (event.time, event.is_said));
        again.begin();
        let mut places: HashMap<Mark, i64> = HashMap::default();
        let mut blocks = Blocks::default();
        for event in events {
            let heard = match event.what {
                What::Heard(at) => &heard[at],
                What::Passing(at) => {
                    let of = passing[at].places.iter();
                    let of: Result<Vec<i64>, _> =
                        of.map(|mark| sought::place(&transaction, &mut places, mark)).collect();
                    again.remember(&passing[at].text, &of?);
                    continue;
                }
            };
            let text = match sought::text(&transaction, &mut blocks, heard) {
                Ok(text) => text,
                // What is damaged is shown to nobody.
                Err(BankError::Corrupt { .. }) => continue,
                Err(error) => return Err(error),
            };
            if event.is_said {
                let quoted = again.quoted(&text);
                if !quoted.is_empty() && sought::note_quotes(&transaction, heard, &quoted)? {
                    marked += 1;
                }
            } else {
                again.remember(&text, &heard.places);
            }
        }
    }
    sought::note(&transaction, members, seq)?;
    // Who saw the conversation so far may see less or more now.
    fact::count(&transaction)?;
    transaction.commit().map_err(BankError::store("look for quotes"))?;
    Ok(marked)
}

/// The keys of sessions by their names.
pub(crate) fn keys(sessions: &[SessionName]) -> Vec<SessionKey> {
    let key = |name: &SessionName| SessionKey::of_name(name.agent.as_str(), &name.session);
    sessions.iter().map(key).collect()
}
