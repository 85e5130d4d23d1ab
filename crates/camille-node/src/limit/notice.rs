//! What is said once in a while, however often it happens: others must not be able to fill the log.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the same is not said again.
const SPAN: Duration = Duration::from_secs(600);

/// Of how many things it is known when they were said last, and so how many are said in any span.
const SUBJECTS_MAX: usize = 256;

/// When what was said last.
#[derive(Debug, Default)]
pub(crate) struct Notices {
    said: HashMap<(&'static str, String), Instant>,
}

impl Notices {
    /// Whether it is time to say this about this subject. Whoever asks says it.
    pub(crate) fn are_due(&mut self, what: &'static str, subject: &str, now: Instant) -> bool {
        let is_fresh = |said: &Instant| now.saturating_duration_since(*said) < SPAN;
        let key = (what, subject.to_owned());
        if self.said.get(&key).is_some_and(is_fresh) {
            return false;
        }
        if self.said.len() >= SUBJECTS_MAX {
            self.said.retain(|_, said| is_fresh(said));
        }
        if self.said.len() >= SUBJECTS_MAX {
            return false;
        }
        self.said.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_in_a_while_and_not_everything_of_many() {
        let (mut notices, start) = (Notices::default(), Instant::now());
        assert!(notices.are_due("twice", "ana", start));
        assert!(!notices.are_due("twice", "ana", start + SPAN / 2));
        assert!(notices.are_due("other", "ana", start) && notices.are_due("twice", "bo", start));
        assert!(notices.are_due("twice", "ana", start + SPAN));
        let later = start + SPAN * 2;
        let said = (0..10_000).filter(|n| notices.are_due("flood", &n.to_string(), later));
        assert!(said.count() <= SUBJECTS_MAX);
        assert!(notices.said.len() <= SUBJECTS_MAX);
        assert!(notices.are_due("twice", "ana", later + SPAN));
    }
}
