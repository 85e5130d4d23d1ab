//! The invented sessions, and the homes they are written into. They are files as Claude Code and Codex
//! leave them; nothing here parses them for the bank, which reads them as it reads anybody's.

use anyhow::Context;
use std::fs;
use std::path::{Path, PathBuf};

/// What bruno wants to know.
pub(super) const QUESTION: &str = "why does the deploy migration hang waiting for a lock";
/// What only ana's private sessions speak of.
pub(super) const TELLTALE: &str = "severance ladder Porto";
/// What ana shares.
pub(super) const SHARED_PROJECT: &str = "github.com/acme/api";

/// Someone on the stage: a name, the repositories they work in, and their sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    /// Their node's name.
    pub(super) name: &'static str,
    /// The repositories, as `https://github.com/acme/<name>` has them.
    pub(super) repositories: &'static [&'static str],
    /// Their transcripts, with placeholders.
    pub(super) sessions: &'static [&'static str],
}

/// She has solved it all before.
pub(super) const ANA: Person = Person {
    name: "ana",
    repositories: &["api", "payroll"],
    sessions: &[
        include_str!("sessions/ana-migration-lock.jsonl"),
        include_str!("sessions/ana-proxy-tls.jsonl"),
        include_str!("sessions/ana-cursor-pagination.jsonl"),
        include_str!("sessions/ana-slow-report.jsonl"),
        include_str!("sessions/ana-queue-race.jsonl"),
        include_str!("sessions/ana-release-token.jsonl"),
        include_str!("sessions/ana-docker-cache.jsonl"),
        include_str!("sessions/ana-severance.jsonl"),
        include_str!("sessions/ana-payslip-rounding.jsonl"),
    ],
};

/// He has the problem now.
pub(super) const BRUNO: Person = Person {
    name: "bruno",
    repositories: &["web"],
    sessions: &[
        include_str!("sessions/bruno-hydration.jsonl"),
        include_str!("sessions/bruno-flaky-toast.jsonl"),
        include_str!("sessions/bruno-lockfile.jsonl"),
        include_str!("sessions/bruno-samesite.jsonl"),
    ],
};

/// Files that the sessions read and write.
const FILES: &[&str] = &[
    ".dockerignore",
    ".github/workflows/release.yml",
    "Dockerfile",
    "docs/runbooks/deploy.md",
    "migrate/runner.py",
    "orders/list.py",
    "queue/claim.py",
    "tests/test_runner.py",
    "webhooks/client.go",
];

/// Stands in the sources where the path of the person's home goes.
const HOME_PLACEHOLDER: &str = "{{HOME}}";
/// Stands in the sources where the planted secret goes.
const TOKEN_PLACEHOLDER: &str = "{{TOKEN}}";

impl Person {
    /// Makes this person's home: repositories with a remote, and transcripts in their usual places.
    ///
    /// `token`: the secret to plant.
    pub(super) fn move_in(&self, home: &Path, token: &str) -> anyhow::Result<()> {
        for repository in self.repositories {
            let git = home.join("src").join(repository).join(".git");
            write(&git.join("HEAD"), "ref: refs/heads/main\n")?;
            let remote =
                format!("[remote \"origin\"]\n\turl = git@github.com:acme/{repository}.git\n");
            write(&git.join("config"), &remote)?;
            // What the sessions tell of is there: what is gone could have been anything, and would hold them.
            for file in FILES {
                write(&home.join("src").join(repository).join(file), "")?;
            }
        }
        for session in self.sessions {
            let text = fill_in(session, home, token)?;
            write(&home.join(place(&text)?), &text)?;
        }
        Ok(())
    }
}

/// The session's text with its placeholders replaced.
fn fill_in(session: &str, home: &Path, token: &str) -> anyhow::Result<String> {
    let home = home.to_str().context("the temporary directory's path is not UTF-8")?;
    // Inside a JSON string: a path may hold a backslash or a quotation mark.
    let quoted = serde_json::to_string(home)?;
    let home = &quoted[1..quoted.len() - 1];
    Ok(session.replace(HOME_PLACEHOLDER, home).replace(TOKEN_PLACEHOLDER, token))
}

/// Where the agent would have put this transcript, relative to the home.
fn place(text: &str) -> anyhow::Result<PathBuf> {
    let first = text.lines().next().context("an embedded session is empty")?;
    let first: serde_json::Value = serde_json::from_str(first)?;
    let word = |pointer: &str| first.pointer(pointer).and_then(serde_json::Value::as_str);
    if let (Some(cwd), Some(id)) = (word("/cwd"), word("/sessionId")) {
        let slug: String =
            cwd.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        return Ok(Path::new(".claude/projects").join(slug).join(format!("{id}.jsonl")));
    }
    let (Some(id), Some(time)) = (word("/payload/id"), word("/timestamp")) else {
        anyhow::bail!("an embedded session begins like no agent's");
    };
    let second = time.split('.').next().unwrap_or(time);
    let day = second.split('T').next().unwrap_or(second).replace('-', "/");
    let name = format!("rollout-{}-{id}.jsonl", second.replace(':', "-"));
    Ok(Path::new(".codex/sessions").join(day).join(name))
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(cannot)?;
    }
    fs::write(path, text).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn files(dir: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
        }
        found
    }

    #[test]
    fn everyone_has_the_sessions_the_story_tells_of() {
        let of = |person: Person, repository: &str| {
            let cwd = format!("{HOME_PLACEHOLDER}/src/{repository}\"");
            person.sessions.iter().filter(|s| s.contains(&cwd)).count()
        };
        assert_eq!((of(ANA, "api"), of(ANA, "payroll"), of(BRUNO, "web")), (7, 2, 4));
        assert_eq!((ANA.sessions.len(), BRUNO.sessions.len()), (9, 4));
        for session in ANA.sessions.iter().chain(BRUNO.sessions) {
            assert!((8..=25).contains(&session.lines().count()));
        }
    }

    #[test]
    fn no_record_stands_twice_and_every_line_is_json() {
        let mut ids = BTreeSet::new();
        for line in ANA.sessions.iter().chain(BRUNO.sessions).flat_map(|s| s.lines()) {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(id) = record["uuid"].as_str() {
                assert!(ids.insert(id.to_owned()), "{id} twice");
            }
        }
        assert!(ids.len() > 100);
    }

    #[test]
    fn a_home_holds_every_file_in_its_place_and_no_placeholder() {
        let home = tempfile::tempdir().unwrap();
        ANA.move_in(home.path(), "planted").unwrap();
        let transcripts: Vec<_> = files(home.path())
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
            .collect();
        assert_eq!(transcripts.len(), 9);
        let rollout = ".codex/sessions/2026/02/11/rollout-2026-02-11T08-14-02-";
        assert!(transcripts.iter().any(|path| {
            path.strip_prefix(home.path()).unwrap().to_string_lossy().starts_with(rollout)
        }));
        let texts: Vec<_> =
            transcripts.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(texts.iter().all(|text| !text.contains("{{")));
        assert_eq!(texts.iter().filter(|text| text.contains("Token: planted")).count(), 1);
    }

    #[test]
    fn the_telltale_words_stand_in_the_private_sessions_only() {
        // Words are found by their stems, so another word with the same beginning would tell too.
        for word in super::TELLTALE.to_lowercase().split(' ') {
            let begins = |text: &str| {
                let text = text.to_lowercase();
                let mut words = text.split(|c: char| !c.is_alphanumeric());
                words.any(|other| other.starts_with(&word[..5]))
            };
            let sessions = || ANA.sessions.iter().chain(BRUNO.sessions);
            assert!(sessions().any(|session| begins(session)), "{word}");
            for session in sessions().filter(|session| begins(session)) {
                assert!(session.contains("/src/payroll"), "{word}: {}", &session[..200]);
            }
        }
    }

    #[test]
    fn the_only_secret_is_the_planted_one() {
        let redactor = camille_ingest::redact::Redactor::default();
        let token = super::super::secret::draw();
        let mut found = Vec::new();
        for session in ANA.sessions.iter().chain(BRUNO.sessions) {
            let text = fill_in(session, Path::new("/home/ana"), &token).unwrap();
            let redacted = redactor.redact(&text);
            assert!(!redacted.text.contains(&token));
            found.extend(redacted.found.into_iter().map(|finding| finding.rule));
        }
        assert_eq!(found, ["github-token"]);
    }

    #[test]
    fn every_line_is_understood_by_the_real_reader() {
        use camille_ingest::transcript::{Cursor, LineOutcome, Record, detect, read_line};
        let redactor = camille_ingest::redact::Redactor::default();
        for session in ANA.sessions.iter().chain(BRUNO.sessions) {
            let text = fill_in(session, Path::new("/home/ana"), "x").unwrap();
            let path = Path::new("/home/ana").join(place(&text).unwrap());
            let agent = detect(&path, &mut text.as_bytes()).unwrap().expect("a transcript");
            let mut cursor = Cursor::new(agent, &path);
            let (mut parts, mut titled) = (0, false);
            for line in text.lines() {
                let mut out = |record| match record {
                    Record::Part(_) => parts += 1,
                    Record::Session(fact) => titled |= fact.title.is_some(),
                    Record::Touch(_) => {}
                };
                let result = read_line(&mut cursor, &redactor, line.as_bytes(), 0, &mut out);
                assert!(
                    !matches!(
                        result.outcome,
                        LineOutcome::Defective(_) | LineOutcome::Unfinished(_)
                    ),
                    "{line}"
                );
            }
            assert!(parts >= 8 && titled, "{}: {parts} parts", path.display());
        }
    }
}
