//! A session's messages as they go by, so that each is indexed with the two before and after it and no more
//! than five are ever held. Pure but for reading texts.

use super::content::Analysed;
use crate::error::BankError;
use std::collections::VecDeque;

/// How many messages on either side belong to a message's context.
pub(crate) const REACH: usize = 2;

/// A message that goes by.
struct Passing<E> {
    entry: E,
    /// Its text was analysed, because a message near it is indexed.
    analysed: Option<Analysed>,
}

/// The messages in sight.
pub(super) struct Window<E> {
    messages: VecDeque<Passing<E>>,
    /// The place in `messages` of the one whose turn is next.
    turn: usize,
}

/// A message whose turn it is, among those around it.
pub(super) struct Turn<'w, E> {
    around: &'w mut VecDeque<Passing<E>>,
    at: usize,
}

impl<E> Window<E> {
    pub(super) fn new() -> Self {
        Self { messages: VecDeque::with_capacity(2 * REACH + 1), turn: 0 }
    }

    /// The next message comes into sight. The turn is then of the one for which all after it are seen, if
    /// there is one.
    pub(super) fn push(&mut self, entry: E) -> Option<Turn<'_, E>> {
        self.messages.push_back(Passing { entry, analysed: None });
        (self.messages.len() > self.turn + REACH).then(|| self.next())
    }

    /// No more come: the turn of those that are left, one after the other.
    pub(super) fn finish(&mut self) -> Option<Turn<'_, E>> {
        (self.turn < self.messages.len()).then(|| self.next())
    }

    fn next(&mut self) -> Turn<'_, E> {
        let at = if self.turn > REACH {
            self.messages.pop_front();
            REACH
        } else {
            self.turn
        };
        self.turn = at + 1;
        Turn { around: &mut self.messages, at }
    }
}

impl<E> Turn<'_, E> {
    /// Those around it and itself, in order.
    pub(super) fn around(&self) -> impl Iterator<Item = &E> {
        self.around.iter().take(self.at + REACH + 1).map(|passing| &passing.entry)
    }

    /// The analysed texts of those around it and itself, in order.
    pub(super) fn analysed(
        &mut self,
        mut analyse: impl FnMut(&E) -> Result<Analysed, BankError>,
    ) -> Result<Vec<(&E, &Analysed)>, BankError> {
        for passing in self.around.iter_mut().take(self.at + REACH + 1) {
            if passing.analysed.is_none() {
                passing.analysed = Some(analyse(&passing.entry)?);
            }
        }
        Ok(self
            .around
            .iter()
            .take(self.at + REACH + 1)
            .filter_map(|passing| Some((&passing.entry, passing.analysed.as_ref()?)))
            .collect())
    }

    /// Where it stands among what [`Turn::around`] yields.
    pub(super) const fn at(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(count: usize) -> Vec<(usize, Vec<usize>)> {
        let mut window = Window::new();
        let mut all = Vec::new();
        let mut note = |turn: Turn<'_, usize>| {
            let around: Vec<usize> = turn.around().copied().collect();
            all.push((around[turn.at()], around));
        };
        for message in 0..count {
            if let Some(turn) = window.push(message) {
                note(turn);
            }
            assert!(window.messages.len() <= 2 * REACH + 1);
        }
        while let Some(turn) = window.finish() {
            note(turn);
        }
        all
    }

    #[test]
    fn each_message_is_seen_once_among_its_neighbours() {
        for count in 0..9_usize {
            let expected: Vec<(usize, Vec<usize>)> = (0..count)
                .map(|at| (at, (at.saturating_sub(REACH)..(at + REACH + 1).min(count)).collect()))
                .collect();
            assert_eq!(seen(count), expected, "{count} messages");
        }
    }

    #[test]
    fn a_text_is_analysed_once() {
        let mut window = Window::new();
        let mut analysed = Vec::new();
        let mut read = |turn: &mut Turn<'_, usize>| {
            let all = turn
                .analysed(|entry| {
                    analysed.push(*entry);
                    Ok(Analysed::default())
                })
                .unwrap();
            assert!(!all.is_empty());
        };
        for message in 0..6 {
            if let Some(mut turn) = window.push(message) {
                read(&mut turn);
            }
        }
        while let Some(mut turn) = window.finish() {
            read(&mut turn);
        }
        assert_eq!(analysed, [0, 1, 2, 3, 4, 5]);
    }
}
