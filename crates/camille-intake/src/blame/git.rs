//! Asks git, as its person would, and never lets it run what a repository names.

use super::{BlameError, CHECKPOINT, CHECKPOINTS, Commit};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long git may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// The most that is read of an answer.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Settings by which a repository would have other programs run.
const SETTINGS: [&str; 3] =
    ["core.fsmonitor=false", "log.showSignature=false", "core.quotePath=false"];

/// Between the fields and behind each record of what git prints of commits.
const FIELD: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// A repository.
pub(super) struct Git {
    /// Where it is worked in.
    root: PathBuf,
}

impl Git {
    /// The repository that a place is in.
    pub(super) fn around(place: &Path) -> Result<Self, BlameError> {
        let directory = if place.is_dir() { place } else { place.parent().unwrap_or(place) };
        let outside = || BlameError::Outside { path: place.to_owned() };
        if !directory.is_dir() {
            return Err(outside());
        }
        let git = Self { root: directory.to_owned() };
        match git.run("rev-parse", &["rev-parse", "--show-toplevel"]) {
            Ok(root) => Ok(Self { root: PathBuf::from(String::from_utf8_lossy(&root).trim_end()) }),
            Err(BlameError::Refused { reason, .. }) if !reason.contains("not a git repository") => {
                Err(BlameError::Refused { action: "rev-parse", reason })
            }
            Err(BlameError::Refused { .. }) => Err(outside()),
            Err(error) => Err(error),
        }
    }

    /// A path within it, as git calls it.
    pub(super) fn relative(&self, path: &Path) -> String {
        let real = path.canonicalize();
        let real = real.as_deref().unwrap_or(path);
        real.strip_prefix(&self.root).unwrap_or(real).to_string_lossy().into_owned()
    }

    /// Whether a file is tracked.
    pub(super) fn knows(&self, path: &str) -> Result<bool, BlameError> {
        let listed = self.run("ls-files", &["ls-files", "--", path])?;
        Ok(!listed.is_empty())
    }

    /// The names of directories in which a file of this name is tracked, the top apart.
    pub(super) fn directories_with(&self, name: &str) -> Result<Vec<String>, BlameError> {
        let below = format!(":(glob)**/*/{name}");
        let listed = self.run("ls-files", &["ls-files", "--", &below])?;
        let directory = |path: &str| path.rsplit('/').nth(1).map(str::to_owned);
        let mut names: Vec<String> =
            String::from_utf8_lossy(&listed).lines().filter_map(directory).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// What a commit changed, without what stands around it; of one file, or of all.
    pub(super) fn show(&self, commit: &str, path: Option<&str>) -> Result<Vec<u8>, BlameError> {
        let mut arguments =
            vec!["show", "-U0", "-w", "-M", "--format=", "--no-color", "--no-ext-diff"];
        arguments.extend(["--no-textconv", "--first-parent", "-m", commit, "--"]);
        let only = path.map(|path| format!(":(top,literal){path}"));
        arguments.extend(only.as_deref());
        self.run("show", &arguments)
    }

    /// What is known of commits.
    pub(super) fn commits(&self, ids: &[String]) -> Result<BTreeMap<String, Commit>, BlameError> {
        let mut known = BTreeMap::new();
        for some in ids.chunks(500) {
            let format = "--format=%H%x1f%at%x1f%s%x1f%(trailers:only,unfold)%x1e";
            let mut arguments = vec!["log", "--no-walk=unsorted", "--no-color", format];
            arguments.extend(some.iter().map(String::as_str));
            arguments.push("--");
            let printed = self.run("log", &arguments)?;
            for record in String::from_utf8_lossy(&printed).split(RECORD) {
                let fields: Vec<&str> = record.trim_start().split(FIELD).collect();
                let [id, time, summary, trailers] = fields[..] else { continue };
                let time = time.parse().ok().and_then(|time| Timestamp::from_second(time).ok());
                let sessions = self.sessions(trailers)?;
                known.insert(id.to_owned(), Commit { time, summary: summary.to_owned(), sessions });
            }
        }
        Ok(known)
    }

    /// The sessions that trailers may name.
    fn sessions(&self, trailers: &str) -> Result<Vec<String>, BlameError> {
        let mut sessions = Vec::new();
        for (key, value) in trailers.lines().filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if key.trim().eq_ignore_ascii_case(CHECKPOINT) {
                sessions.extend(self.checkpoint(value)?);
            } else if !value.is_empty() {
                // A session's id may be the end of an address.
                sessions.push(value.rsplit(['/', ' ']).next().unwrap_or(value).to_owned());
            }
        }
        Ok(sessions)
    }

    /// The sessions of a checkpoint, if its branch is here.
    fn checkpoint(&self, id: &str) -> Result<Vec<String>, BlameError> {
        let Some((shelf, rest)) = id.split_at_checked(2) else { return Ok(Vec::new()) };
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(Vec::new());
        }
        for branch in [CHECKPOINTS.to_owned(), format!("origin/{CHECKPOINTS}")] {
            let directory = format!("{branch}:{shelf}/{rest}");
            let Ok(listed) = self.run("ls-tree", &["ls-tree", "-r", "--name-only", &directory])
            else {
                continue;
            };
            let mut sessions = Vec::new();
            let listed = String::from_utf8_lossy(&listed).into_owned();
            for name in listed.lines().filter(|name| name.ends_with("metadata.json")) {
                let printed = self.run("show", &["show", &format!("{directory}/{name}")])?;
                let metadata: serde_json::Value =
                    serde_json::from_slice(&printed).unwrap_or_default();
                sessions.extend(metadata["session_id"].as_str().map(str::to_owned));
            }
            return Ok(sessions);
        }
        Ok(Vec::new())
    }

    /// What git prints. `action` is for people.
    pub(super) fn run(
        &self,
        action: &'static str,
        arguments: &[&str],
    ) -> Result<Vec<u8>, BlameError> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root).arg("--no-pager").arg("--no-optional-locks");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        // Blame would have files converted by a program that the repository names, without this behind its name.
        let (name, rest) = arguments.split_first().unwrap_or((&"version", &[]));
        command.arg(name).args((*name == "blame").then_some("--no-textconv")).args(rest);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Within a hook these name the repository that it is of.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1");
        let mut child = command.spawn().map_err(BlameError::Start)?;
        let (sender, printed) = sync_channel(1);
        let mut told = child.stderr.take();
        if let Some(mut out) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut text = Vec::new();
                let read = out.by_ref().take(ANSWER_BYTES_MAX).read_to_end(&mut text);
                // Nobody waits for it any more, if it comes too late.
                let _ = sender.send(read.map(|_| text));
            });
        }
        let Ok(printed) = printed.recv_timeout(ANSWER_MAX) else {
            // It may have ended by itself just now.
            let _ = child.kill();
            let _ = child.wait();
            return Err(BlameError::Slow { seconds: ANSWER_MAX.as_secs() });
        };
        let mut reason = String::new();
        if let Some(told) = &mut told {
            // What it says is for people only: what cannot be read of it is left out.
            let _ = told.take(4096).read_to_string(&mut reason);
        }
        let status = child.wait().map_err(BlameError::Start)?;
        match printed {
            Ok(printed) if status.success() => Ok(printed),
            Ok(_) => {
                let reason = reason.lines().next().unwrap_or("it does not say why").to_owned();
                Err(BlameError::Refused { action, reason })
            }
            Err(source) => Err(BlameError::Start(source)),
        }
    }
}
