//! How often a file that keeps being rewritten is read anew. It has no clock of its own, and it never
//! holds back a file that only grew: who reads asks it only before beginning again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// After being read anew, a file rests this long.
const REST: Duration = Duration::from_secs(1);
/// And at most this long, however often it was rewritten,
const REST_MAX: Duration = Duration::from_secs(5);
/// unless reading it takes long: then so many times as long as that, or it would take up a core.
const REST_PER_READ: u32 = 20;
/// But in no case longer than this.
const REST_LONG: Duration = Duration::from_secs(60);

/// The files that were rewritten lately.
#[derive(Debug, Default)]
pub(super) struct Rewrites {
    files: HashMap<PathBuf, Rewritten>,
}

/// One of them.
#[derive(Debug)]
struct Rewritten {
    /// From when on it may be read anew.
    rested: Instant,
    rest: Duration,
    /// Whether it changed meanwhile.
    put_off: bool,
}

impl Rewrites {
    /// Whether the file may be read from its beginning again.
    pub(super) fn may_read(&self, path: &Path, now: Instant) -> bool {
        self.files.get(path).is_none_or(|file| now >= file.rested)
    }

    /// The file was read from its beginning again, which took so long. If it is rewritten again soon, it
    /// rests longer.
    pub(super) fn note_read(&mut self, path: &Path, now: Instant, took: Duration) {
        self.files.retain(|_, file| file.put_off || now < file.rested + file.rest);
        let rest = self.files.get(path).map_or(REST, |file| (file.rest * 2).min(REST_MAX));
        let rest = rest.max((took * REST_PER_READ).min(REST_LONG));
        let rewritten = Rewritten { rested: now + rest, rest, put_off: false };
        self.files.insert(path.to_owned(), rewritten);
    }

    /// The file changed while it rests; it will be due later.
    pub(super) fn put_off(&mut self, path: &Path) {
        if let Some(file) = self.files.get_mut(path) {
            file.put_off = true;
        }
    }

    /// When the next file that was put off is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.files.values().filter(|file| file.put_off).map(|file| file.rested).min()
    }

    /// Takes the files that were put off and are due.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<PathBuf> {
        let mut due = Vec::new();
        for (path, file) in &mut self.files {
            if file.put_off && now >= file.rested {
                file.put_off = false;
                due.push(path.clone());
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(10);

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_file_rewritten_without_end_is_read_less_and_less() {
        let (start, path) = (Instant::now(), Path::new("/a.jsonl"));
        let mut rewrites = Rewrites::default();
        let mut read_at = Vec::new();
        for millis in (0..30_000).step_by(100) {
            let now = after(start, millis);
            if rewrites.may_read(path, now) {
                rewrites.note_read(path, now, QUICK);
                read_at.push(millis);
            }
        }
        assert_eq!(read_at, [0, 1000, 3000, 7000, 12_000, 17_000, 22_000, 27_000]);
    }

    #[test]
    fn a_file_rewritten_now_and_then_never_waits() {
        let (start, path) = (Instant::now(), Path::new("/a.jsonl"));
        let mut rewrites = Rewrites::default();
        for round in 0..10 {
            let now = after(start, round * 2500);
            assert!(rewrites.may_read(path, now));
            rewrites.note_read(path, now, QUICK);
        }
        assert_eq!(rewrites.files.len(), 1);
        rewrites.note_read(Path::new("/b.jsonl"), after(start, 60_000), QUICK);
        assert_eq!(rewrites.files.len(), 1, "the first one is forgotten");
    }

    #[test]
    fn what_takes_long_to_read_rests_longer() {
        let (start, path) = (Instant::now(), Path::new("/a.jsonl"));
        let rested = |took| {
            let mut rewrites = Rewrites::default();
            rewrites.note_read(path, start, Duration::from_millis(took));
            rewrites.put_off(path);
            rewrites.next_due().map(|due| (due - start).as_millis())
        };
        assert_eq!(rested(50), Some(1000));
        assert_eq!(rested(700), Some(14_000));
        assert_eq!(rested(700_000), Some(60_000));
    }

    #[test]
    fn what_was_put_off_is_due_once() {
        let (start, path) = (Instant::now(), Path::new("/a.jsonl"));
        let mut rewrites = Rewrites::default();
        rewrites.note_read(path, start, QUICK);
        assert_eq!(rewrites.next_due(), None, "nothing happened to it since");
        assert!(!rewrites.may_read(path, after(start, 500)));
        rewrites.put_off(path);
        assert_eq!(rewrites.next_due(), Some(after(start, 1000)));
        assert!(rewrites.take_due(after(start, 999)).is_empty());
        assert_eq!(rewrites.take_due(after(start, 1000)), [path]);
        assert!(rewrites.take_due(after(start, 1000)).is_empty());
        assert_eq!(rewrites.next_due(), None);
    }
}
