//! What came back from those a question was passed on to, one part for each node that was to be asked. An
//! answer speaks for the nodes that its sender was to ask and for no others.

use super::plan::Branch;
use camille_proto::answer::Outcome;
use camille_proto::forward::{BankAnswer, Candidate, ForwardAnswer};
use camille_proto::id::{PeerId, RequestId};
use camille_proto::statistics::Statistics;
use std::collections::HashMap;
use std::sync::Arc;

/// How much of somebody's words about themselves is told.
const REASON_CHARS_MAX: usize = 200;
/// The longest name of a node.
const NAME_CHARS_MAX: usize = 64;
/// How much of the word is kept by which a node says that its answer still holds.
const SEES_CHARS_MAX: usize = 64;

/// One node's part.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Whose.
    pub peer_id: PeerId,
    /// What it is called, as far as this node was told.
    pub name: String,
    /// The relay it was asked through; `None`: it was asked directly.
    pub via: Option<PeerId>,
    /// Relays between here and it.
    pub hops: u32,
    /// How it went.
    pub status: Outcome,
    /// Milliseconds it took, as its sender says.
    pub took_ms: u64,
    /// What its bank holds; empty unless it answered.
    pub statistics: Arc<Statistics>,
    /// Its candidates. Shared, because an answer that is kept or settled anew does not change them.
    pub candidates: Arc<Vec<Candidate>>,
    /// Why, when it did not go well.
    pub error: Option<String>,
    /// By which it says that its answer still holds; of one that was asked directly.
    pub sees: Option<String>,
}

/// How asking a node failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// In one word.
    pub status: Outcome,
    /// In more.
    pub reason: String,
}

/// What an answer must be about.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The question.
    pub request_id: RequestId,
    /// How its words were analysed.
    pub analyzer: &'a str,
    /// The most candidates of a bank.
    pub candidates: usize,
}

/// Takes an answer apart: the asked node's own part first, then each node's below it.
#[must_use]
pub fn heard(
    branch: &Branch,
    answer: Result<ForwardAnswer, Miss>,
    expected: &Expected<'_>,
    took_ms: u64,
) -> Vec<Heard> {
    let answer = answer.and_then(|answer| fitting(answer, expected));
    let mut parts = Vec::with_capacity(branch.size());
    match answer {
        Ok(answer) => {
            let mut banks = HashMap::with_capacity(answer.banks.len());
            for bank in answer.banks {
                banks.entry(bank.peer_id).or_insert(bank);
            }
            let duplicate = answer.status == Outcome::Duplicate;
            let partial = answer.status == Outcome::Partial;
            let mut own = match banks.remove(&branch.peer_id) {
                _ if duplicate => missing(branch, None, 0, Outcome::Duplicate, None),
                Some(bank) => part(branch, None, 0, bank, expected),
                None => {
                    let reason = "its own bank is missing from its answer".to_owned();
                    missing(branch, None, 0, Outcome::Failed, Some(reason))
                }
            };
            if partial && own.status == Outcome::Ok {
                // It answered for itself, and some of those it was to ask did not.
                own.status = Outcome::Partial;
            }
            let sees = answer.sees.map(|sees| short(&sees, SEES_CHARS_MAX));
            parts.push(Heard { took_ms, sees, ..own });
            below(branch, 1, &mut |child, hops| {
                parts.push(match banks.remove(&child.peer_id) {
                    Some(bank) => part(child, Some(branch.peer_id), hops, bank, expected),
                    None => {
                        let reason =
                            answer.error.as_deref().map_or("its relay did not ask it", |e| e);
                        let reason = format!("not asked: {}", short(reason, REASON_CHARS_MAX));
                        missing(child, Some(branch.peer_id), hops, Outcome::Skipped, Some(reason))
                    }
                });
            });
        }
        Err(miss) => {
            let own = missing(branch, None, 0, miss.status, Some(miss.reason.clone()));
            parts.push(Heard { took_ms, ..own });
            // Whether a relay that was too slow asked its own is not known.
            let (status, reason) = match miss.status {
                Outcome::TimedOut => (Outcome::TimedOut, "its relay did not answer in time"),
                _ => (Outcome::Skipped, "its relay could not be asked"),
            };
            below(branch, 1, &mut |child, hops| {
                parts.push(missing(child, Some(branch.peer_id), hops, status, Some(reason.into())));
            });
        }
    }
    parts
}

/// The parts of a node that was not asked at all, and of those below it.
#[must_use]
pub fn skipped(branch: &Branch, reason: &str) -> Vec<Heard> {
    let own = missing(branch, None, 0, Outcome::Skipped, Some(reason.to_owned()));
    let mut parts = vec![own];
    below(branch, 1, &mut |child, hops| {
        let reason = "its relay was not asked".to_owned();
        parts.push(missing(child, Some(branch.peer_id), hops, Outcome::Skipped, Some(reason)));
    });
    parts
}

/// The parts as they are passed back: with one relay more between.
#[must_use]
pub fn passed_back(parts: Vec<Heard>) -> Vec<BankAnswer> {
    parts
        .into_iter()
        .map(|heard| BankAnswer {
            peer_id: heard.peer_id,
            name: heard.name,
            status: heard.status,
            hops: heard.hops.saturating_add(1),
            took_ms: heard.took_ms,
            stats: Arc::unwrap_or_clone(heard.statistics),
            hits: Arc::unwrap_or_clone(heard.candidates),
            error: heard.error,
        })
        .collect()
}

/// Leaves out candidates, the worst of each bank first, until what is sent has at most `bytes_max` bytes.
pub fn keep_within(banks: &mut [BankAnswer], bytes_max: usize) {
    let size = |candidate: &Candidate| {
        serde_json::to_vec(candidate).map_or(bytes_max, |json| json.len() + 1)
    };
    let sizes: Vec<Vec<usize>> =
        banks.iter().map(|bank| bank.hits.iter().map(size).collect()).collect();
    let mut kept = vec![0; banks.len()];
    let mut bytes = 0;
    // Rank by rank, so that no bank is left out for another one's sake.
    'ranks: for rank in 0..sizes.iter().map(Vec::len).max().unwrap_or(0) {
        for (bank, sizes) in sizes.iter().enumerate() {
            let Some(size) = sizes.get(rank) else { continue };
            bytes += size;
            if bytes > bytes_max {
                break 'ranks;
            }
            kept[bank] = rank + 1;
        }
    }
    for (bank, kept) in banks.iter_mut().zip(kept) {
        bank.hits.truncate(kept);
    }
}

/// Somebody's words, as far as they are told: no control characters, and not long.
#[must_use]
pub fn short(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

fn fitting(answer: ForwardAnswer, expected: &Expected<'_>) -> Result<ForwardAnswer, Miss> {
    let failed = |reason: String| Miss { status: Outcome::Failed, reason };
    if answer.request_id != expected.request_id {
        return Err(failed("it answered another question".into()));
    }
    if answer.analyzer != expected.analyzer {
        let (theirs, ours) = (short(&answer.analyzer, 20), expected.analyzer);
        return Err(failed(format!(
            "it analyses words as {theirs}, we as {ours}; update the older camille"
        )));
    }
    Ok(answer)
}

fn part(
    branch: &Branch,
    via: Option<PeerId>,
    hops: u32,
    bank: BankAnswer,
    expected: &Expected<'_>,
) -> Heard {
    let answered = bank.status.answered();
    let mut candidates = if answered { bank.hits } else { Vec::new() };
    candidates.truncate(expected.candidates);
    Heard {
        peer_id: branch.peer_id,
        name: name(branch, &bank.name),
        via,
        hops,
        status: bank.status,
        took_ms: bank.took_ms,
        statistics: Arc::new(if answered { bank.stats } else { Statistics::default() }),
        candidates: Arc::new(candidates),
        error: bank.error.map(|error| short(&error, REASON_CHARS_MAX)),
        sees: None,
    }
}

fn missing(
    branch: &Branch,
    via: Option<PeerId>,
    hops: u32,
    status: Outcome,
    error: Option<String>,
) -> Heard {
    Heard {
        peer_id: branch.peer_id,
        name: name(branch, ""),
        via,
        hops,
        status,
        took_ms: 0,
        statistics: Arc::default(),
        candidates: Arc::default(),
        error,
        sees: None,
    }
}

/// What the one who told of it called it, else what it calls itself.
fn name(branch: &Branch, own: &str) -> String {
    let told = if branch.name.is_empty() { own } else { &branch.name };
    short(told, NAME_CHARS_MAX)
}

fn below(branch: &Branch, hops: u32, each: &mut dyn FnMut(&Branch, u32)) {
    for child in &branch.children {
        each(child, hops);
        below(child, hops + 1, each);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> PeerId {
        PeerId::from_bytes([n; 32])
    }

    fn id() -> RequestId {
        RequestId(uuid::Uuid::from_u128(5))
    }

    const ANALYZER: &str = "x-1";

    fn expected() -> Expected<'static> {
        Expected { request_id: id(), analyzer: ANALYZER, candidates: 3 }
    }

    /// 1, which asks 2, which asks 3; and 4.
    fn branch() -> Branch {
        let mut two = Branch::leaf(peer(2));
        two.children.push(Branch::leaf(peer(3)));
        Branch { children: vec![two, Branch::leaf(peer(4))], ..Branch::leaf(peer(1)) }
    }

    fn bank(n: u8) -> BankAnswer {
        BankAnswer {
            peer_id: peer(n),
            name: format!("n{n}"),
            status: Outcome::Ok,
            hops: 77,
            took_ms: 5,
            stats: Statistics { documents: u64::from(n), ..Statistics::default() },
            hits: Vec::new(),
            error: None,
        }
    }

    fn answer(banks: &[u8]) -> ForwardAnswer {
        ForwardAnswer {
            request_id: id(),
            status: Outcome::Ok,
            analyzer: ANALYZER.into(),
            banks: banks.iter().map(|n| bank(*n)).collect(),
            error: None,
            sees: None,
        }
    }

    fn statuses(parts: &[Heard]) -> Vec<(u8, u32, Outcome)> {
        parts.iter().map(|p| (p.peer_id.as_bytes()[0], p.hops, p.status)).collect()
    }

    #[test]
    fn each_node_that_was_to_be_asked_has_one_part() {
        use Outcome::{Failed, Ok as Fine, Skipped, TimedOut};
        let parts = heard(&branch(), Ok(answer(&[1, 2, 3, 4])), &expected(), 9);
        assert_eq!(statuses(&parts), [(1, 0, Fine), (2, 1, Fine), (3, 2, Fine), (4, 1, Fine)]);
        assert_eq!(parts[0].took_ms, 9, "measured here");
        let parts = heard(&branch(), Ok(answer(&[1, 4])), &expected(), 9);
        assert_eq!(
            statuses(&parts),
            [(1, 0, Fine), (2, 1, Skipped), (3, 2, Skipped), (4, 1, Fine)]
        );
        let parts = heard(&branch(), Ok(answer(&[2])), &expected(), 9);
        assert_eq!(parts[0].status, Failed, "an answer begins with its sender's own bank");
        for (status, below) in [(TimedOut, TimedOut), (Failed, Skipped), (Outcome::Denied, Skipped)]
        {
            let miss = Miss { status, reason: "so".into() };
            let parts = heard(&branch(), Err(miss), &expected(), 9);
            assert_eq!(
                statuses(&parts),
                [(1, 0, status), (2, 1, below), (3, 2, below), (4, 1, below)]
            );
        }
    }

    #[test]
    fn nobody_speaks_for_others_or_twice() {
        let mut lying = answer(&[1, 2, 9, 2]);
        lying.banks[3].stats.documents = 1_000;
        let parts = heard(&branch(), Ok(lying), &expected(), 9);
        assert_eq!(parts.len(), 4);
        assert!(parts.iter().all(|part| part.peer_id != peer(9)));
        assert_eq!(parts[1].statistics.documents, 2, "the first word counts");
    }

    #[test]
    fn an_answer_to_something_else_is_none() {
        let mut other = answer(&[1]);
        other.request_id = RequestId(uuid::Uuid::nil());
        assert_eq!(heard(&branch(), Ok(other), &expected(), 9)[0].status, Outcome::Failed);
        let mut other = answer(&[1]);
        other.analyzer = "x-2".into();
        let parts = heard(&branch(), Ok(other), &expected(), 9);
        assert!(parts[0].error.as_ref().is_some_and(|error| error.contains("x-2")));
        let mut circle = answer(&[]);
        circle.status = Outcome::Duplicate;
        assert_eq!(heard(&branch(), Ok(circle), &expected(), 9)[0].status, Outcome::Duplicate);
    }

    #[test]
    fn what_is_passed_back_counts_this_node() {
        let back = passed_back(heard(&branch(), Ok(answer(&[1, 2, 3, 4])), &expected(), 9));
        let hops: Vec<u32> = back.iter().map(|bank| bank.hops).collect();
        assert_eq!(hops, [1, 2, 3, 2]);
    }
}
