//! Texts that come by while a file is read anew and are forgotten: as long as they are there, who quotes them is known.
//! They are kept in memory alone, and never longer than a run takes.

use super::fact::{self, Mark};
use crate::batch::Part;
use camille_proto::id::SessionKey;

/// Bytes of such texts that are held; of what comes beyond nobody knows quotes.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// One of them, which holds something of places.
#[derive(Debug, Clone)]
pub(crate) struct Passing {
    pub(crate) session: SessionKey,
    pub(crate) places: Vec<Mark>,
    pub(crate) time: Option<i64>,
    pub(crate) text: String,
}

/// All of a run.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    texts: Vec<Passing>,
    bytes: usize,
}

impl Passed {
    /// Takes in a part that does not come into the bank. Returns whether it holds something of another place.
    pub(super) fn take(&mut self, part: &Part) -> bool {
        if part.places.is_empty() {
            return false;
        }
        if self.bytes + part.text.len() <= BYTES_MAX {
            self.bytes += part.text.len();
            self.texts.push(Passing {
                session: SessionKey::of_name(part.agent.as_str(), &part.session),
                places: part.places.iter().map(|place| fact::mark(place)).collect(),
                time: part.timestamp.map(jiff::Timestamp::as_millisecond),
                text: part.text.clone(),
            });
        }
        true
    }

    pub(crate) fn texts(&self) -> &[Passing] {
        &self.texts
    }
}
