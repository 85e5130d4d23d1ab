//! Which messages stand around which: the window a message's context is taken from. Pure.

use std::ops::Range;

/// How many messages on either side belong to a message's context.
pub(crate) const REACH: usize = 2;

/// The places of the window around the message at `at` among `count` messages.
pub(crate) fn window(at: usize, count: usize) -> Range<usize> {
    at.saturating_sub(REACH)..(at + REACH + 1).min(count)
}

/// Which messages must be indexed when some changed: those and the ones whose window holds them.
pub(crate) fn affected(changed: &[bool]) -> Vec<bool> {
    let mut affected = vec![false; changed.len()];
    for at in (0..changed.len()).filter(|at| changed[*at]) {
        affected[window(at, changed.len())].fill(true);
    }
    affected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_end_at_the_session() {
        assert_eq!(window(0, 10), 0..3);
        assert_eq!(window(5, 10), 3..8);
        assert_eq!(window(9, 10), 7..10);
        assert_eq!(window(0, 1), 0..1);
    }

    #[test]
    fn a_change_reaches_two_messages_each_way() {
        let mut changed = vec![false; 8];
        changed[4] = true;
        let affected: Vec<usize> =
            affected(&changed).iter().enumerate().filter(|(_, a)| **a).map(|(i, _)| i).collect();
        assert_eq!(affected, [2, 3, 4, 5, 6]);
    }
}
