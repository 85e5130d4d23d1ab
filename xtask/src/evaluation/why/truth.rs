//! Which session made which commit, as commits themselves say: those of a repository that keeps checkpoints of sessions
//! carry `Entire-Checkpoint: ID`, and the branch `entire/checkpoints/v1` holds, for each ID, the session's id and its
//! transcript (<https://github.com/entireio/cli>). It knows nothing of how camille attributes.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A session's id at the end of what a checkpoint calls it: older ones put the date before it.
const ID_CHARS: usize = 36;

/// A repository without a work tree.
pub(super) struct Repository<'a> {
    /// Its git directory.
    pub(super) directory: &'a Path,
    /// The branch that is asked about.
    pub(super) head: &'a str,
    /// The branch of checkpoints.
    pub(super) branch: &'a str,
}

/// What the checkpoints say.
#[derive(Debug, Default)]
pub(super) struct Truth {
    /// The sessions of each commit that names some.
    pub(super) commits: BTreeMap<String, BTreeSet<String>>,
    /// The largest transcript of each session, as a path in the branch, with its size.
    pub(super) transcripts: BTreeMap<String, (u64, String)>,
    /// Files that those commits changed and that are still there.
    pub(super) files: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Metadata {
    checkpoint_id: String,
    session_id: Option<String>,
}

impl Repository<'_> {
    fn git(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let done =
            Command::new("git").arg("--git-dir").arg(self.directory).args(arguments).output()?;
        let reason = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "git {arguments:?}: {reason}");
        Ok(done.stdout)
    }

    fn lines(&self, arguments: &[&str]) -> Result<Vec<String>> {
        let printed = self.git(arguments)?;
        Ok(String::from_utf8_lossy(&printed).lines().map(str::to_owned).collect())
    }

    /// Reads what its checkpoints say.
    pub(super) fn truth(&self) -> Result<Truth> {
        let mut truth = Truth::default();
        let mut points: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let listed = self.lines(&["ls-tree", "-r", "-l", self.branch])?;
        let sizes: BTreeMap<&str, u64> = listed
            .iter()
            .filter_map(|line| {
                let (about, path) = line.split_once('\t')?;
                Some((path, about.split_whitespace().last()?.parse().ok()?))
            })
            .collect();
        for path in sizes.keys().filter(|path| path.ends_with("/metadata.json")) {
            let printed = self.git(&["show", &format!("{}:{path}", self.branch)])?;
            let Ok(metadata) = serde_json::from_slice::<Metadata>(&printed) else { continue };
            let Some(session) = metadata.session_id else { continue };
            let session = id(&session);
            points.entry(metadata.checkpoint_id).or_default().insert(session.clone());
            let folder = path.trim_end_matches("metadata.json");
            let transcript = format!("{folder}full.jsonl");
            let size = sizes.get(transcript.as_str()).copied().unwrap_or_default();
            let best = truth.transcripts.entry(session).or_default();
            *best = (size, transcript).max(best.clone());
        }
        truth.transcripts.retain(|_, (size, _)| *size > 0);
        let format = "--format=%H%x1f%(trailers:key=Entire-Checkpoint,valueonly,separator=%x2c)";
        for line in self.lines(&["log", self.head, format, "--"])? {
            let Some((commit, ids)) = line.split_once('\u{1f}') else { continue };
            let sessions: BTreeSet<String> =
                ids.split(',').filter_map(|id| points.get(id.trim())).flatten().cloned().collect();
            if sessions.is_empty() {
                continue;
            }
            truth.files.extend(self.lines(&["show", "--name-only", "--format=", commit, "--"])?);
            truth.commits.insert(commit.to_owned(), sessions);
        }
        let live: BTreeSet<String> =
            self.lines(&["ls-tree", "-r", "--name-only", self.head])?.into_iter().collect();
        truth.files.retain(|file| live.contains(file) && is_code(file));
        Ok(truth)
    }

    /// Writes a session's transcript to where an agent would keep it.
    pub(super) fn keep_transcript(
        &self,
        truth: &Truth,
        session: &str,
        folder: &Path,
    ) -> Result<()> {
        let (_, path) = truth.transcripts.get(session).context("the session has a transcript")?;
        let printed = self.git(&["show", &format!("{}:{path}", self.branch)])?;
        std::fs::create_dir_all(folder)?;
        Ok(std::fs::write(folder.join(format!("{session}.jsonl")), printed)?)
    }

    /// A work tree of the branch, without the branch of checkpoints: nothing but lines can say who wrote them.
    pub(super) fn work_tree(&self, folder: &Path) -> Result<PathBuf> {
        let tree = folder.join("tree");
        let done = Command::new("git")
            .args(["clone", "--quiet", "--shared", "--single-branch", "--branch", self.head])
            .arg(self.directory)
            .arg(&tree)
            .output()?;
        ensure!(done.status.success(), "git clone: {}", String::from_utf8_lossy(&done.stderr));
        Ok(tree)
    }
}

fn id(session: &str) -> String {
    let at = session.len().saturating_sub(ID_CHARS);
    session.get(at..).unwrap_or(session).to_owned()
}

fn is_code(path: &str) -> bool {
    const ENDINGS: [&str; 9] = ["go", "py", "ts", "tsx", "js", "rs", "java", "c", "h"];
    path.rsplit('.').next().is_some_and(|ending| ENDINGS.contains(&ending))
}
