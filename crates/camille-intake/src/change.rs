//! What changed in the sources and waits to be looked at: a bounded set of paths, filled by the thread
//! that hears from the system and emptied by the task that reads.
//!
//! It never touches the disk, and it never answers to a read: reading is what follows from it.

use super::source::is_candidate;
use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, ModifyKind, RenameMode};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Changes are looked at when nothing more happened for this long.
const QUIET: Duration = Duration::from_millis(80);
/// And at the latest this long after the first of them.
const WAIT_MAX: Duration = Duration::from_millis(250);
/// Paths that are kept apart. With more, looking at everything costs less.
const PATHS_MAX: usize = 4096;

/// What there is to look at.
#[derive(Debug, PartialEq, Eq)]
pub enum Changed {
    /// Too much happened, or the system lost count.
    Everything,
    /// Only these: files, and directories with all that is below them.
    Paths(Vec<PathBuf>),
}

/// The part of the disk whose changes matter. All paths are canonical.
#[derive(Debug, Default)]
pub(super) struct Area {
    pub(super) directories: BTreeSet<PathBuf>,
    pub(super) files: BTreeSet<PathBuf>,
}

impl Area {
    /// A directory is watched for one file's sake too; its other files are nobody's business.
    fn holds(&self, path: &Path) -> bool {
        self.files.contains(path) || path.ancestors().any(|above| self.directories.contains(above))
    }
}

/// What waits.
#[derive(Debug, Default)]
pub struct Changes {
    waiting: Mutex<Waiting>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    area: Area,
    paths: BTreeSet<PathBuf>,
    everything: bool,
    /// When the first and the last of what waits happened.
    since: Option<(Instant, Instant)>,
}

impl Changes {
    /// Forgets what waits: everything is about to be looked at. From now on only this area matters.
    pub(super) fn begin(&self, area: Area) {
        *self.waiting() = Waiting { area, ..Waiting::default() };
    }

    /// Changes below this directory matter too.
    pub(super) fn widen(&self, directory: PathBuf) {
        self.waiting().area.directories.insert(directory);
    }

    /// Takes in what the system tells.
    pub(super) fn note(&self, told: notify::Result<notify::Event>, now: Instant) {
        let mut waiting = self.waiting();
        let was_empty = waiting.since.is_none();
        waiting.note(told, now);
        if was_empty && waiting.since.is_some() {
            self.bell.notify_one();
        }
    }

    /// Waits until something changed and settled, and takes it. Nothing is lost when this is dropped.
    pub async fn settled(&self) -> Changed {
        loop {
            let settles = self.waiting().settles();
            match settles {
                None => self.bell.notified().await,
                Some(at) if at > Instant::now() => tokio::time::sleep_until(at.into()).await,
                Some(_) => return self.waiting().take(),
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn note(&mut self, told: notify::Result<notify::Event>, now: Instant) {
        match told {
            Err(_) => self.note_everything(now),
            Ok(event) if event.need_rescan() => self.note_everything(now),
            Ok(event) => {
                for path in event.paths {
                    if is_end(&event.kind) && self.area.directories.contains(&path) {
                        // Watching it went with it. Whether it is back already is seen then.
                        self.note_everything(now);
                    } else if matters(&event.kind, &path) && self.area.holds(&path) {
                        self.note_path(path, now);
                    }
                }
            }
        }
    }

    fn note_path(&mut self, path: PathBuf, now: Instant) {
        self.touch(now);
        if !self.everything {
            self.paths.insert(path);
            if self.paths.len() > PATHS_MAX {
                self.note_everything(now);
            }
        }
    }

    fn note_everything(&mut self, now: Instant) {
        self.touch(now);
        self.everything = true;
        self.paths.clear();
    }

    fn touch(&mut self, now: Instant) {
        let first = self.since.map_or(now, |(first, _)| first);
        self.since = Some((first, now));
    }

    fn settles(&self) -> Option<Instant> {
        self.since.map(|(first, last)| (last + QUIET).min(first + WAIT_MAX))
    }

    fn take(&mut self) -> Changed {
        self.since = None;
        let paths = std::mem::take(&mut self.paths);
        if std::mem::take(&mut self.everything) {
            return Changed::Everything;
        }
        Changed::Paths(paths.into_iter().collect())
    }
}

/// Whether this can mean that a transcript has something new. Of what has another name only directories
/// matter: they come by being made or renamed.
fn matters(kind: &EventKind, path: &Path) -> bool {
    match kind {
        // Not every way of writing tells of each write, but all tell of the end.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => is_candidate(path),
        EventKind::Access(_) => false,
        EventKind::Create(CreateKind::File)
        | EventKind::Modify(
            ModifyKind::Data(_)
            | ModifyKind::Metadata(_)
            | ModifyKind::Name(RenameMode::From | RenameMode::Both),
        )
        | EventKind::Remove(_) => is_candidate(path),
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Any | EventKind::Other => true,
    }
}

/// Whether what stood at the path is no longer there.
fn is_end(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Remove(_)
            | EventKind::Modify(ModifyKind::Name(RenameMode::From | RenameMode::Any))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::Event;
    use notify::event::{DataChange, Flag, MetadataKind, RemoveKind};

    const WRITTEN: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));

    fn waiting() -> Waiting {
        let area = Area {
            directories: [PathBuf::from("/home/ana/projects")].into(),
            files: [PathBuf::from("/home/ana/one.jsonl")].into(),
        };
        Waiting { area, ..Waiting::default() }
    }

    fn seen(kind: EventKind, path: &str) -> bool {
        let mut waiting = waiting();
        waiting.note(Ok(Event::new(kind).add_path(path.into())), Instant::now());
        waiting.since.is_some()
    }

    #[test]
    fn only_what_may_be_a_transcript_is_looked_at() {
        let renamed = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let transcript = "/home/ana/projects/api/a.jsonl";
        for kind in [
            WRITTEN,
            EventKind::Create(CreateKind::File),
            EventKind::Access(AccessKind::Close(AccessMode::Write)),
            EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
            EventKind::Remove(RemoveKind::File),
            renamed(RenameMode::To),
            renamed(RenameMode::Any),
        ] {
            assert!(seen(kind, transcript), "{kind:?}");
            assert!(seen(kind, "/home/ana/projects/a.jsonl.zst"), "{kind:?}");
        }
        for kind in [
            WRITTEN,
            EventKind::Create(CreateKind::File),
            EventKind::Remove(RemoveKind::File),
            renamed(RenameMode::From),
            renamed(RenameMode::Both),
        ] {
            assert!(!seen(kind, "/home/ana/projects/api/a.jsonl.tmp"), "{kind:?}");
        }
        for kind in [EventKind::Create(CreateKind::Folder), renamed(RenameMode::To), EventKind::Any]
        {
            assert!(seen(kind, "/home/ana/projects/new"), "{kind:?}");
        }
    }

    #[test]
    fn reading_is_no_change() {
        for kind in [
            AccessKind::Any,
            AccessKind::Read,
            AccessKind::Open(AccessMode::Any),
            AccessKind::Close(AccessMode::Read),
            AccessKind::Other,
        ] {
            assert!(!seen(EventKind::Access(kind), "/home/ana/projects/a.jsonl"), "{kind:?}");
        }
    }

    #[test]
    fn what_lies_beside_a_named_file_is_left_alone() {
        assert!(seen(WRITTEN, "/home/ana/one.jsonl"));
        assert!(!seen(WRITTEN, "/home/ana/two.jsonl"));
        assert!(!seen(EventKind::Create(CreateKind::Folder), "/home/ana/new"));
        assert!(!seen(WRITTEN, "/home/ana/projects-of-others/a.jsonl"));
    }

    #[test]
    fn a_root_that_goes_means_everything() {
        let root = PathBuf::from("/home/ana/projects");
        for kind in [
            EventKind::Remove(RemoveKind::Folder),
            EventKind::Modify(ModifyKind::Name(RenameMode::From)),
        ] {
            let mut waiting = waiting();
            waiting.note(Ok(Event::new(kind).add_path(root.clone())), Instant::now());
            assert_eq!(waiting.take(), Changed::Everything);
        }
    }

    #[test]
    fn too_much_or_lost_count_means_everything() {
        let now = Instant::now();
        let mut waiting = waiting();
        for number in 0..PATHS_MAX {
            let path = format!("/home/ana/projects/{number}.jsonl");
            waiting.note(Ok(Event::new(WRITTEN).add_path(path.into())), now);
        }
        assert!(!waiting.everything);
        let one_more = Event::new(WRITTEN).add_path("/home/ana/projects/more.jsonl".into());
        waiting.note(Ok(one_more.clone()), now);
        assert!(waiting.everything && waiting.paths.is_empty());
        assert_eq!(waiting.take(), Changed::Everything);

        waiting.note(Ok(one_more.clone()), now);
        assert_eq!(waiting.take(), Changed::Paths(one_more.paths), "it begins anew");
        waiting.note(Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)), now);
        assert_eq!(waiting.take(), Changed::Everything);
        waiting.note(Err(notify::Error::generic("lost")), now);
        assert_eq!(waiting.take(), Changed::Everything);
        assert_eq!(waiting.settles(), None);
    }

    #[test]
    fn changes_settle_when_it_is_quiet_or_after_a_while() {
        let start = Instant::now();
        let mut waiting = waiting();
        let mut write_at = |millis| {
            let path = "/home/ana/projects/a.jsonl".into();
            let now = start + Duration::from_millis(millis);
            waiting.note(Ok(Event::new(WRITTEN).add_path(path)), now);
            waiting.settles().map(|at| (at - start).as_millis())
        };
        assert_eq!(write_at(0), Some(80));
        assert_eq!(write_at(70), Some(150));
        assert_eq!(write_at(140), Some(220));
        assert_eq!(write_at(210), Some(250));
    }

    #[tokio::test]
    async fn what_settled_is_taken_once() {
        let changes = Changes::default();
        changes.begin(waiting().area);
        let path = PathBuf::from("/home/ana/projects/a.jsonl");
        changes.note(Ok(Event::new(WRITTEN).add_path(path.clone())), Instant::now());
        assert_eq!(changes.settled().await, Changed::Paths(vec![path]));
        let again = tokio::time::timeout(Duration::from_millis(150), changes.settled()).await;
        assert!(again.is_err(), "nothing waits");
    }
}
