//! How long each node on a question's way may take. Spans, never moments: nodes' clocks differ.

use std::time::Duration;

/// What a relay keeps of its own time at least, so that its answer arrives before its sender gives up.
const KEPT_MIN: Duration = Duration::from_millis(100);
/// And as a part of the whole.
const KEPT_PART: u32 = 10;

/// How long a relay that has `remaining` left may wait for those it passes a question on to: never more
/// than one peer may take, and so much less than its own time that it can still answer with what it has.
/// Nothing is left for children of a node that has next to no time.
#[must_use]
pub fn for_children(remaining: Duration, peer_timeout: Duration) -> Duration {
    let kept = KEPT_MIN.max(remaining / KEPT_PART);
    remaining.saturating_sub(kept).min(peer_timeout)
}

#[cfg(test)]
mod tests {
    use super::for_children;
    use std::time::Duration;

    #[test]
    fn it_shrinks_along_the_way_and_ends() {
        let ms = Duration::from_millis;
        let most = ms(5_000);
        assert_eq!(for_children(ms(5_000), most), ms(4_500));
        assert_eq!(for_children(ms(4_500), most), ms(4_050));
        assert_eq!(for_children(ms(500), most), ms(400));
        assert_eq!(for_children(ms(60_000), most), most);
        assert_eq!(for_children(ms(90), most), ms(0));
    }
}
