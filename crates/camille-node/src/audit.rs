//! The audit log: one JSON line for each access of somebody else, appended and not rewritten, but
//! that forgetting takes out the words of questions.
//!
//! Lines are written before the call returns, and a failure is returned, never swallowed. What is older
//! than the owner wants to keep is dropped in whole files; reading goes backwards in bounded memory.

mod backward;
mod file;
mod line;
mod who;
mod withhold;

use crate::settings::{AuditQuery, AuditSettings};
use backward::Backward;
use camille_proto::id::{ContentHash, DocumentId};
use camille_proto::local::AuditEntry;
use file::Appender;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
pub use who::Who;

/// A file that has grown to this size is set aside.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// All files together: the oldest go first.
const TOTAL_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Clocks are set back now and then, so lines are not quite in order of their times: this far beyond
/// `since` is read before it is taken for granted that nothing later is missing.
const DISORDER: SignedDuration = SignedDuration::from_hours(24);

/// The audit log of a node.
#[derive(Debug)]
pub struct AuditLog {
    query: AuditQuery,
    keep: SignedDuration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    appender: Appender,
    next_seq: u64,
    first: Option<Timestamp>,
    /// Why the last entry was not written.
    problem: Option<String>,
}

/// Which entries are wanted; absent members want all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only those of all of these, as the one that asked or the origin.
    pub who: Vec<Who>,
    /// Only these events: `search`, `forward` or `access`.
    pub event: Option<String>,
    /// Only those in which one of these documents was delivered.
    pub documents: Option<HashSet<DocumentId>>,
    /// Only those after this one.
    pub after: Option<u64>,
}

/// Why the audit log could not be used.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file cannot be opened, or set aside.
    #[error("cannot open the audit log {path}")]
    Open {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An entry was not written.
    #[error("cannot write to the audit log {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An entry cannot be put into words.
    #[error("cannot encode an entry of the audit log")]
    Encode(#[source] serde_json::Error),
    /// The entries cannot be read.
    #[error("cannot read the audit log {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl AuditLog {
    /// Opens `<directory>/peer_access.log`, making both where they are missing, and goes on counting
    /// where the last entry left off. Files that are past their time are dropped.
    ///
    /// # Errors
    /// When the directory or a file cannot be used.
    pub fn open(
        directory: &Path,
        settings: &AuditSettings,
        now: Timestamp,
    ) -> Result<Self, AuditError> {
        let appender = Appender::open(directory)?;
        let (mut last_seq, mut first) = (0, None);
        for (path, file) in appender.files()? {
            if let Some(entry) = newest(&path, file)? {
                last_seq = entry.seq;
                first = file::first_timestamp(appender.path());
                break;
            }
        }
        let state = State { appender, next_seq: last_seq + 1, first, problem: None };
        let keep = SignedDuration::from_hours(24 * i64::from(settings.keep_days));
        let log = Self { query: settings.query, keep, state: Mutex::new(state) };
        log.drop_old(&mut log.state(), now);
        Ok(log)
    }

    /// Writes an entry down and returns its place in the log; the entry's own `seq` does not count. The
    /// question is kept as the owner chose; it must be free of secrets already.
    ///
    /// # Errors
    /// When it could not be written. The log stays usable: the next entry begins on a line of its own.
    pub fn append(&self, mut entry: AuditEntry) -> Result<u64, AuditError> {
        entry.query = match self.query {
            AuditQuery::Text => entry.query,
            AuditQuery::Hash => entry.query.map(|q| format!("blake3:{}", ContentHash::of(&q))),
            AuditQuery::Off => None,
        };
        let mut state = self.state();
        let now = entry.timestamp;
        let seq = state.next_seq;
        entry.seq = seq;
        let line = line::encode(&entry)?;
        self.set_aside_when_due(&mut state, line.len() as u64, now);
        if let Err(error) = state.appender.append(&line) {
            state.problem = Some(crate::error::chain(&error));
            return Err(error);
        }
        state.problem = None;
        state.next_seq = seq + 1;
        state.first.get_or_insert(now);
        Ok(seq)
    }

    /// Why nothing can be written down at the moment, if that is so: the last entry failed.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    /// The newest entries, oldest of them first: at most `limit`, not before `since`, as the filter
    /// wants them. Lines that are no entries, such as one torn by a crash, are passed over.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub fn tail(
        &self,
        since: Option<Timestamp>,
        limit: usize,
        filter: &Filter,
    ) -> Result<Vec<AuditEntry>, AuditError> {
        // Opened together, so that setting a file aside meanwhile neither hides nor doubles lines.
        let files = self.state().appender.files()?;
        let enough = since.map(|since| since.saturating_sub(DISORDER).unwrap_or(Timestamp::MIN));
        let mut found = Vec::new();
        'files: for (path, file) in files {
            for line in Backward::new(file, &path)? {
                if found.len() >= limit {
                    break 'files;
                }
                let Ok(entry) = serde_json::from_slice::<AuditEntry>(&line?) else { continue };
                if enough.is_some_and(|enough| entry.timestamp < enough) {
                    break 'files;
                }
                if since.is_none_or(|since| entry.timestamp >= since) && filter.wants(&entry) {
                    found.push(entry);
                }
            }
        }
        found.reverse();
        Ok(found)
    }

    /// Sets the file aside when it is full, or when its oldest entry has a third of its time behind it,
    /// so that a quiet node does not keep one file, and what is in it, for ever.
    fn set_aside_when_due(&self, state: &mut State, more: u64, now: Timestamp) {
        let full = state.appender.size().saturating_add(more) > FILE_BYTES_MAX;
        let third = self.keep.checked_div(3).unwrap_or(self.keep);
        let old = state.first.is_some_and(|first| now.duration_since(first) > third);
        if state.appender.size() == 0 || !(full || old) {
            return;
        }
        // A log that cannot be set aside is still a log: the entry goes into the file there is.
        match state.appender.set_aside() {
            Ok(()) => state.first = None,
            Err(error) => {
                tracing::warn!(error = %error, "the audit log could not be set aside");
            }
        }
        self.drop_old(state, now);
    }

    /// Drops the files whose newest entry is past its time.
    fn drop_old(&self, state: &mut State, now: Timestamp) {
        // Files come newest first: beyond the total the older ones go, whatever their age.
        let mut bytes = 0_u64;
        let dropped = state.appender.drop_aside(|path, file| {
            bytes = bytes.saturating_add(file.metadata().map_or(0, |metadata| metadata.len()));
            if bytes > TOTAL_BYTES_MAX {
                return Ok(true);
            }
            let newest = newest(path, file)?;
            Ok(newest.is_some_and(|entry| now.duration_since(entry.timestamp) > self.keep))
        });
        if let Err(error) = dropped {
            tracing::warn!(error = %error, "an old audit log could not be dropped");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Filter {
    fn wants(&self, entry: &AuditEntry) -> bool {
        self.who.iter().all(|who| who.asked(entry))
            && self.event.as_ref().is_none_or(|event| entry.event == *event)
            && self.after.is_none_or(|after| entry.seq > after)
            && self.documents.as_ref().is_none_or(|wanted| {
                entry.documents.iter().any(|document| wanted.contains(document))
            })
    }
}

/// The newest entry of a file.
fn newest(path: &Path, file: std::fs::File) -> Result<Option<AuditEntry>, AuditError> {
    for line in Backward::new(file, path)? {
        if let Ok(entry) = serde_json::from_slice(&line?) {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::id::PeerId;
    use std::fs;
    use std::io::Write;

    struct Fixture {
        directory: tempfile::TempDir,
        settings: AuditSettings,
    }

    impl Fixture {
        fn new() -> Self {
            Self {
                directory: tempfile::tempdir().expect("a directory"),
                settings: AuditSettings { query: AuditQuery::Text, keep_days: 90 },
            }
        }

        fn logs(&self) -> PathBuf {
            self.directory.path().join("logs")
        }

        fn open(&self, now: Timestamp) -> AuditLog {
            AuditLog::open(&self.logs(), &self.settings, now).expect("opens")
        }

        fn files(&self) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(self.logs())
                .expect("lists")
                .map(|f| f.expect("lists").file_name().to_string_lossy().into_owned())
                .collect();
            names.sort();
            names
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    const DAY: i64 = 86_400;

    fn entry(now: Timestamp, query: &str) -> AuditEntry {
        AuditEntry {
            seq: 0,
            timestamp: now,
            event: "search".into(),
            route: "GET /api/v1/search".into(),
            status: 200,
            key_id: Some(camille_proto::key::KeyId("abcdefgh".into())),
            key_name: Some("bruno".into()),
            peer_id: None,
            origin: None,
            query: Some(query.to_owned()),
            results: Some(1),
            documents: Vec::new(),
            duration_ms: 3,
            error: None,
        }
    }

    fn queries(log: &AuditLog, since: Option<Timestamp>, limit: usize) -> Vec<String> {
        let found = log.tail(since, limit, &Filter::default()).expect("reads");
        found.into_iter().filter_map(|e| e.query).collect()
    }

    #[test]
    fn nothing_in_the_file_drives_a_terminal_or_hides() {
        let f = Fixture::new();
        let log = f.open(at(0));
        let asked =
            "a\u{9b}31m\u{202e}b\u{7f}\u{200b}c\u{e0041}d\u{1b}]0;x\u{7}\u{85}\u{2028}é日🦀 \"q\\";
        log.append(entry(at(1), asked)).expect("writes");
        let written = fs::read_to_string(f.logs().join("peer_access.log")).expect("UTF-8");
        let odd: Vec<char> =
            written.trim_end().chars().filter(|c| !camille_proto::name::is_visible(c)).collect();
        assert!(odd.is_empty(), "{odd:?} in {written}");
        assert!(written.contains("é日🦀"), "what can be read is not escaped: {written}");
        assert_eq!(queries(&log, None, 9), [asked], "and it is what was asked");
    }

    #[test]
    fn questions_are_withheld_in_every_file_and_the_rest_stays() {
        let f = Fixture::new();
        let log = f.open(at(0));
        log.append(entry(at(0), "who is Quixotil")).expect("writes");
        log.append(entry(at(40 * DAY), "another one")).expect("writes");
        log.append(entry(at(40 * DAY), "quixotil again")).expect("writes");
        assert_eq!(f.files().len(), 2, "one is set aside");
        let named = |entry: &AuditEntry| {
            entry.query.as_ref().is_some_and(|q| q.to_lowercase().contains("quixotil"))
        };
        assert_eq!(log.withhold(named).expect("writes"), 2);
        assert_eq!(log.withhold(named).expect("writes"), 0);
        log.append(entry(at(41 * DAY), "after")).expect("writes");
        let asked = queries(&log, None, 9);
        assert_eq!(asked, ["[forgotten]", "another one", "[forgotten]", "after"]);
        for name in f.files() {
            let written = fs::read_to_string(f.logs().join(&name)).expect("reads");
            assert!(!written.to_lowercase().contains("quixotil"), "{name}: {written}");
        }
        assert_eq!(f.files().len(), 2, "nothing is left beside them");
        drop(log);
        let seq = f.open(at(41 * DAY)).append(entry(at(41 * DAY), "x")).expect("writes");
        assert_eq!(seq, 5, "counted on");
    }

    #[test]
    fn entries_are_kept_in_order_and_counted_on_after_a_restart() {
        let f = Fixture::new();
        let log = f.open(at(0));
        assert_eq!(log.append(entry(at(1), "one")).expect("writes"), 1);
        assert_eq!(log.append(entry(at(2), "two")).expect("writes"), 2);
        drop(log);
        let log = f.open(at(3));
        assert_eq!(log.append(entry(at(4), "three")).expect("writes"), 3);
        assert_eq!(queries(&log, None, 10), ["one", "two", "three"]);
        assert_eq!(queries(&log, None, 2), ["two", "three"]);
        assert_eq!(queries(&log, Some(at(2)), 10), ["two", "three"]);
        assert_eq!(queries(&log, None, 0), [""; 0]);
        let text = fs::read_to_string(f.logs().join("peer_access.log")).expect("reads");
        assert_eq!(text.lines().count(), 3);
        assert!(text.starts_with(r#"{"seq":1,"timestamp":"#));
    }

    #[test]
    fn the_log_is_for_the_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let f = Fixture::new();
        let log = f.open(at(0));
        log.append(entry(at(0), "x")).expect("writes");
        let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode() & 0o777;
        assert_eq!(mode(&f.logs()), 0o700);
        assert_eq!(mode(&f.logs().join("peer_access.log")), 0o600);
    }

    #[test]
    fn a_torn_last_line_costs_only_itself() {
        let f = Fixture::new();
        let log = f.open(at(0));
        log.append(entry(at(1), "whole")).expect("writes");
        drop(log);
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(f.logs().join("peer_access.log"))
            .expect("opens");
        file.write_all(br#"{"seq":2,"timestamp":"20"#).expect("writes");
        drop(file);
        let log = f.open(at(2));
        log.append(entry(at(3), "after")).expect("writes");
        let found = log.tail(None, 10, &Filter::default()).expect("reads");
        let found: Vec<_> = found.iter().map(|e| (e.seq, e.query.as_deref())).collect();
        assert_eq!(found, [(1, Some("whole")), (2, Some("after"))]);
    }

    #[test]
    fn a_whole_last_line_without_its_newline_is_an_entry() {
        let f = Fixture::new();
        let log = f.open(at(0));
        log.append(entry(at(1), "one")).expect("writes");
        drop(log);
        let path = f.logs().join("peer_access.log");
        let text = fs::read_to_string(&path).expect("reads");
        fs::write(&path, text.trim_end()).expect("writes");
        let log = f.open(at(2));
        assert_eq!(log.append(entry(at(3), "two")).expect("writes"), 2);
        assert_eq!(queries(&log, None, 10), ["one", "two"]);
    }

    #[test]
    fn the_question_stands_there_as_the_owner_chose() {
        for (query, expected) in [
            (AuditQuery::Text, Some("why".to_owned())),
            (AuditQuery::Hash, Some(format!("blake3:{}", ContentHash::of("why")))),
            (AuditQuery::Off, None),
        ] {
            let mut f = Fixture::new();
            f.settings.query = query;
            let log = f.open(at(0));
            log.append(entry(at(1), "why")).expect("writes");
            let found = log.tail(None, 1, &Filter::default()).expect("reads");
            assert_eq!(found[0].query, expected);
        }
    }

    #[test]
    fn a_filter_narrows() {
        let f = Fixture::new();
        let log = f.open(at(0));
        let bruno = PeerId::of_spki(b"bruno");
        log.append(AuditEntry { peer_id: Some(bruno), ..entry(at(1), "asked") }).expect("writes");
        log.append(AuditEntry {
            origin: Some(bruno),
            event: "forward".into(),
            ..entry(at(2), "through")
        })
        .expect("writes");
        log.append(AuditEntry { key_id: None, ..entry(at(3), "keyless") }).expect("writes");
        let found = |filter: Filter| -> Vec<String> {
            let found = log.tail(None, 10, &filter).expect("reads");
            found.into_iter().filter_map(|e| e.query).collect()
        };
        let any = Filter::default;
        let named = |typed: &str, known: Option<PeerId>| -> Vec<String> {
            let who =
                log.who(typed, known).expect("reads").unwrap_or_else(|names| panic!("{names:?}"));
            found(Filter { who: vec![who], ..any() })
        };
        // Those of a name include what went through others under its node's id alone.
        let relayed = AuditEntry {
            key_name: Some("relay".into()),
            origin: Some(bruno),
            key_id: None,
            ..entry(at(4), "relayed")
        };
        log.append(relayed).expect("writes");
        for typed in ["bruno", " BRUNO"] {
            let expected = ["asked", "through", "keyless", "relayed"];
            assert_eq!(named(typed, None), expected, "{typed}");
        }
        assert_eq!(named("relay", None), ["relayed"]);
        let id = bruno.to_string();
        for typed in [&id[..], &id[..8], &id[..20]] {
            assert_eq!(named(typed, None), ["asked", "through", "relayed"], "{typed}");
        }
        assert_eq!(named("whoever he is now", Some(bruno)), ["asked", "through", "relayed"]);
        for typed in ["brun", &id[..7], "", "ABCDEFGH"] {
            let names = vec!["bruno".to_owned(), "relay".to_owned()];
            assert_eq!(log.who(typed, None).expect("reads"), Err(names), "{typed}");
        }
        assert_eq!(found(Filter { event: Some("forward".into()), ..any() }), ["through"]);
        let who = vec![Who::of_key("abcdefgh")];
        assert_eq!(found(Filter { who, ..any() }), ["asked", "through"]);
        assert_eq!(found(Filter { after: Some(1), ..any() }), ["through", "keyless", "relayed"]);
        let nowhere = HashSet::from([DocumentId::of_native_key("x", "y")]);
        assert_eq!(found(Filter { documents: Some(nowhere), ..any() }), [""; 0]);
    }

    #[test]
    fn a_full_file_is_set_aside_and_still_read() {
        let f = Fixture::new();
        let log = f.open(at(0));
        // 17 MiB of it, so that one file is not enough.
        let long = "x".repeat(1024 * 1024 - 1000);
        for n in 0..17 {
            log.append(entry(at(n), &format!("{n} {long}"))).expect("writes");
        }
        assert_eq!(f.files(), ["peer_access.log", "peer_access.log.1"]);
        let found = log.tail(None, 100, &Filter::default()).expect("reads");
        let seqs: Vec<u64> = found.iter().map(|e| e.seq).collect();
        assert_eq!(seqs, (1..=17).collect::<Vec<_>>());
        drop(log);
        assert_eq!(f.open(at(20)).append(entry(at(20), "on")).expect("writes"), 18);
    }

    #[test]
    fn the_count_goes_on_when_the_file_was_just_set_aside() {
        let f = Fixture::new();
        let log = f.open(at(0));
        log.append(entry(at(0), "one")).expect("writes");
        drop(log);
        fs::rename(f.logs().join("peer_access.log"), f.logs().join("peer_access.log.1"))
            .expect("renames");
        let log = f.open(at(1));
        assert_eq!(log.append(entry(at(1), "two")).expect("writes"), 2);
        assert_eq!(queries(&log, None, 10), ["one", "two"]);
    }

    #[test]
    fn what_is_past_its_time_is_dropped() {
        let f = Fixture::new();
        let log = f.open(at(0));
        for day in 0..200 {
            log.append(entry(at(day * DAY), &format!("day {day}"))).expect("writes");
            let kept = queries(&log, None, 1000);
            let kept_days = kept.len();
            assert!(kept_days > 90.min(day as usize), "day {day}: only {kept_days} are kept");
            assert!(kept_days <= 124, "day {day}: {kept_days} are kept");
        }
        let before = f.files().len();
        assert!(before > 2);
        drop(log);
        let log = f.open(at(400 * DAY));
        log.append(entry(at(400 * DAY), "much later")).expect("writes");
        let log = {
            drop(log);
            f.open(at(400 * DAY))
        };
        assert_eq!(queries(&log, None, 1000), ["much later"]);
        assert_eq!(f.files(), ["peer_access.log"]);
    }

    #[test]
    fn several_threads_lose_nothing() {
        let f = Fixture::new();
        let log = f.open(at(0));
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let log = &log;
                scope.spawn(move || {
                    for n in 0..100 {
                        log.append(entry(at(n), &format!("{thread}-{n}"))).expect("writes");
                    }
                });
            }
        });
        let found = log.tail(None, 1000, &Filter::default()).expect("reads");
        let seqs: Vec<u64> = found.iter().map(|e| e.seq).collect();
        assert_eq!(seqs, (1..=400).collect::<Vec<_>>());
    }
}
