//! Invented sessions in which every document bears a token of its own, and what the node acknowledged of them.

use anyhow::{Context, Result, ensure};
use camille_client::NodeClient;
use camille_proto::local::OwnerSearch;
use camille_proto::query::Query;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use xtask::eval::random::Random;

/// Documents of each check that are asked for one by one, when not all are.
const ASKED: usize = 12;
/// How long a restarted node may take to read what it missed.
const SETTLES_WITHIN: Duration = Duration::from_secs(20);

/// Every session there ever was.
pub(crate) struct Sessions {
    claude: PathBuf,
    made: u64,
    /// For each live session the tokens that must be found.
    kept: BTreeMap<String, BTreeSet<String>>,
    /// Tokens of which nobody knows: written down when the node was killed.
    unknown: BTreeMap<String, BTreeSet<String>>,
    forgotten: BTreeSet<String>,
    /// Sessions that were being forgotten: all of it is there or nothing.
    perhaps_forgotten: Option<String>,
    /// The least that the bank must hold after the next start.
    documents_min: u64,
}

/// Appends to a session's file.
pub(crate) struct Writer {
    path: PathBuf,
    session: String,
    number: u64,
}

impl Sessions {
    pub(crate) fn new(claude: PathBuf) -> Self {
        Self {
            claude,
            made: 0,
            kept: BTreeMap::new(),
            unknown: BTreeMap::new(),
            forgotten: BTreeSet::new(),
            perhaps_forgotten: None,
            documents_min: 0,
        }
    }

    /// Documents that were acknowledged and are there.
    pub(crate) fn kept(&self) -> usize {
        self.kept.values().map(BTreeSet::len).sum()
    }

    /// Documents that were forgotten.
    pub(crate) fn gone(&self) -> usize {
        self.forgotten.len()
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("crash{:05}", self.made)
    }

    /// Writes new sessions into a folder that no source is yet. Returns it, with all tokens.
    pub(crate) fn write_aside(
        &mut self,
        sessions: u64,
        documents: u64,
    ) -> Result<(PathBuf, BTreeSet<String>)> {
        let folder = self.claude.with_file_name(format!("aside{}", self.made));
        std::fs::create_dir_all(&folder)?;
        let mut tokens = BTreeSet::new();
        for _ in 0..sessions {
            let session = self.name();
            let mut writer = Writer { path: folder.join(&session), session, number: 0 };
            writer.path.set_extension("jsonl");
            for _ in 0..documents {
                tokens.insert(writer.append()?);
            }
        }
        Ok((folder, tokens))
    }

    /// After the next start some of these are there, so many that the bank holds `at_least`.
    pub(crate) fn expect_some_of(&mut self, tokens: BTreeSet<String>, at_least: u64) {
        self.documents_min = at_least;
        for token in tokens {
            self.unknown.entry(session_of(&token)).or_default().insert(token);
        }
    }

    /// A new session where the node watches.
    pub(crate) fn begin(&mut self, random: &mut Random) -> Result<String> {
        let session = self.name();
        let mut writer = self.writer(&session);
        if let Some(folder) = writer.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        for _ in 0..=random.below(3) {
            let token = writer.append()?;
            self.unknown.entry(session.clone()).or_default().insert(token);
        }
        Ok(session)
    }

    pub(crate) fn writer(&self, session: &str) -> Writer {
        let path = self.claude.join("projects/-srv-crash").join(format!("{session}.jsonl"));
        let number = std::fs::read_to_string(&path).map_or(0, |text| text.lines().count() as u64);
        Writer { path, session: session.to_owned(), number }
    }

    /// These were found before the kill; what else stands in the file is found later.
    pub(crate) fn appended(&mut self, session: &str, found: Vec<String>) -> Result<()> {
        self.kept.entry(session.to_owned()).or_default().extend(found);
        let lines = self.writer(session).number;
        let all = (1..=lines).map(|number| token(session, number));
        // The file stays, so all of it must be found once the node has read it.
        self.kept.entry(session.to_owned()).or_default().extend(all);
        self.unknown.remove(session);
        Ok(())
    }

    /// A session to forget.
    pub(crate) fn any(&self, random: &mut Random) -> Option<String> {
        if self.kept.is_empty() {
            return None;
        }
        self.kept.keys().nth(random.below(self.kept.len())).cloned()
    }

    pub(crate) fn forgotten(&mut self, session: &str, acknowledged: bool) {
        if acknowledged {
            self.forgotten.extend(self.kept.remove(session).unwrap_or_default());
        } else {
            self.perhaps_forgotten = Some(session.to_owned());
        }
    }

    /// What was acknowledged is there, once; what was forgotten is not. `all`: every token is asked for.
    pub(crate) async fn check(&mut self, client: &NodeClient, all: bool) -> Result<()> {
        let least = std::mem::take(&mut self.documents_min);
        // Checking waits until the index holds all that is stored.
        let verified = client.verify(|_| {}).await?;
        ensure!(verified.faults_count == 0, "the bank is not whole: {:?}", verified.faults);
        ensure!(
            verified.documents >= least,
            "{least} documents were acknowledged and {} are there",
            verified.documents
        );
        self.sort_out_unknown(client).await?;
        self.sort_out_forgotten(client).await?;
        for (number, token) in self.kept.values().flatten().rev().enumerate() {
            if !all && number >= ASKED {
                break;
            }
            let deadline = Instant::now() + SETTLES_WITHIN;
            loop {
                match count(client, token).await? {
                    1 => break,
                    0 if Instant::now() < deadline => {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                    found => anyhow::bail!("{token} is there {found} times"),
                }
            }
        }
        let gone = self.forgotten.iter().rev().take(if all { usize::MAX } else { ASKED });
        for token in gone {
            ensure!(count(client, token).await? == 0, "{token} was forgotten and came back");
        }
        if all {
            let verified = client.verify(|_| {}).await?;
            let kept = self.kept() as u64;
            ensure!(
                verified.documents == kept && verified.indexed == kept,
                "{} documents stored, {} indexed, {kept} expected",
                verified.documents,
                verified.indexed
            );
        }
        Ok(())
    }

    /// Finds out which of the files that are gone by now were stored.
    async fn sort_out_unknown(&mut self, client: &NodeClient) -> Result<()> {
        for (session, tokens) in std::mem::take(&mut self.unknown) {
            for token in tokens {
                match count(client, &token).await? {
                    0 => {}
                    1 => {
                        self.kept.entry(session.clone()).or_default().insert(token);
                    }
                    found => anyhow::bail!("{token} is there {found} times"),
                }
            }
        }
        Ok(())
    }

    /// All of a session that was being forgotten is there, or nothing.
    async fn sort_out_forgotten(&mut self, client: &NodeClient) -> Result<()> {
        let Some(session) = self.perhaps_forgotten.take() else { return Ok(()) };
        let tokens = self.kept.remove(&session).unwrap_or_default();
        let mut found = 0;
        for token in &tokens {
            found += count(client, token).await?;
        }
        ensure!(
            found == 0 || found == tokens.len(),
            "{found} of {} documents of a half forgotten session are there",
            tokens.len()
        );
        if found == 0 {
            self.forgotten.extend(tokens);
        } else {
            self.kept.insert(session, tokens);
        }
        Ok(())
    }
}

impl Writer {
    /// Appends a message. Returns its token.
    pub(crate) fn append(&mut self) -> Result<String> {
        self.number += 1;
        let line = self.line(self.number, 0);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .with_context(|| format!("open {}", self.path.display()))?;
        writeln!(file, "{line}")?;
        Ok(self.last_token())
    }

    /// The token of the last message.
    pub(crate) fn last_token(&self) -> String {
        token(&self.session, self.number)
    }

    /// Writes the whole file anew, beside and over, with other words under the same keys.
    pub(crate) fn rewrite(&self, round: u32) -> Result<()> {
        let beside = self.path.with_extension("tmp");
        let lines: String =
            (1..=self.number).map(|number| format!("{}\n", self.line(number, round))).collect();
        std::fs::write(&beside, lines)?;
        Ok(std::fs::rename(&beside, &self.path)?)
    }

    fn line(&self, number: u64, round: u32) -> serde_json::Value {
        let token = token(&self.session, number);
        let (minute, second) = (number / 60 % 60, number % 60);
        let words = "and some words about a deploy that waits for a lock";
        json!({
            "type": "user",
            "uuid": token,
            "sessionId": self.session,
            "cwd": "/srv/crash",
            "timestamp": format!("2026-03-01T08:{minute:02}:{second:02}Z"),
            "message": { "role": "user", "content": format!("{token} {words}, round {round}") },
        })
    }
}

fn token(session: &str, number: u64) -> String {
    format!("{session}x{number:05}")
}

fn session_of(token: &str) -> String {
    token.split('x').next().unwrap_or_default().to_owned()
}

/// How many documents bear the token.
async fn count(client: &NodeClient, token: &str) -> Result<usize> {
    let query = Query { limit: 5, ..Query::new(format!("\"{token}\"")) };
    let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
    let answer = client.owner_search(&search).await?;
    Ok(answer.answer.results.len())
}

/// Whether the document with this token is found.
pub(crate) async fn is_found(client: &NodeClient, token: &str) -> Result<bool> {
    Ok(count(client, token).await? > 0)
}
