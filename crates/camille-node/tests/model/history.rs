//! Random histories of transcripts, forgetting and restarts, against a reference that is too simple to be
//! wrong: after every run the bank must hold what the reference holds, and a fresh index must answer alike.

use camille_client::NodeClient;
use camille_node::settings::Settings;
use camille_node::{Mode, Node};
use camille_proto::id::DocumentId;
use camille_proto::local::{ForgetRequest, Forgettable, IndexRequest, OwnerSearch};
use camille_proto::query::Query;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SEEDS: u64 = 10;
const STEPS: u64 = 36;
const WORDS: &[&str] = &["deploy", "lock", "retry", "index", "upload", "flaky", "cache", "token"];

/// The same numbers for the same seed (Knuth's MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        if all.is_empty() { None } else { all.get(self.roll(all.len() as u64) as usize) }
    }
}

/// A line of a transcript: something that a person said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    uuid: String,
    session: String,
    second: u64,
    text: String,
}

impl Line {
    fn json(&self) -> String {
        let project = project_of(&self.session);
        let second = self.second;
        json!({
            "type": "user",
            "uuid": self.uuid,
            "sessionId": self.session,
            "cwd": project,
            "timestamp": format!("2026-03-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60),
            "message": { "role": "user", "content": self.text },
        })
        .to_string()
    }
}

/// Sessions belong to one of three directories, by their names.
fn project_of(session: &str) -> String {
    let number = session.bytes().map(u64::from).sum::<u64>() % 3;
    format!("/nowhere/project{number}")
}

/// A document as both sides describe it: whose record, in which session, with what text.
type Documents = BTreeSet<(String, String, String)>;

/// What the bank must hold. It knows nothing of files that grow, checkpoints or order.
#[derive(Default)]
struct Reference {
    /// For each record and file what was last read there.
    seen: BTreeMap<String, BTreeMap<PathBuf, (String, String)>>,
    /// When each session was first heard of.
    first: BTreeMap<String, u64>,
    forgotten_records: BTreeSet<String>,
    forgotten_sessions: BTreeSet<String>,
    forgotten_projects: BTreeSet<String>,
}

impl Reference {
    fn read(&mut self, path: &Path, lines: &[Line]) {
        for line in lines {
            if self.forgotten_sessions.contains(&line.session)
                || self.forgotten_projects.contains(&project_of(&line.session))
            {
                continue;
            }
            let first = self.first.entry(line.session.clone()).or_insert(u64::MAX);
            *first = line.second.min(*first);
            if !self.forgotten_records.contains(&line.uuid) {
                self.seen
                    .entry(line.uuid.clone())
                    .or_default()
                    .insert(path.to_owned(), (line.session.clone(), line.text.clone()));
            }
        }
    }

    /// The versions of a record: its sessions in the order they began, the first of a project that has a text owns
    /// it there.
    fn versions(&self, uuid: &str) -> Vec<(String, String)> {
        let mut by_session: BTreeMap<(u64, &str), &str> = BTreeMap::new();
        let better = |text: &str| (text.len(), blake3_16(text));
        for (session, text) in self.seen.get(uuid).into_iter().flat_map(BTreeMap::values) {
            let key = (self.first.get(session).copied().unwrap_or(u64::MAX), session.as_str());
            let best = by_session.entry(key).or_insert(text);
            if better(text) > better(best) {
                *best = text;
            }
        }
        let mut versions: Vec<(String, String)> = Vec::new();
        for ((_, session), text) in by_session {
            let is_known = |(other, known): &(String, String)| {
                known == text && project_of(other) == project_of(session)
            };
            if !versions.iter().any(is_known) {
                versions.push((session.to_owned(), text.to_owned()));
            }
        }
        versions
    }

    fn documents(&self) -> Documents {
        let mut all = Documents::new();
        for uuid in self.seen.keys() {
            for (session, text) in self.versions(uuid) {
                all.insert((uuid.clone(), session, text));
            }
        }
        all
    }

    fn forget_record(&mut self, uuid: &str) {
        self.seen.remove(uuid);
        self.forgotten_records.insert(uuid.to_owned());
    }

    fn forget_sessions(&mut self, sessions: &BTreeSet<String>) {
        let owned: Vec<String> = self
            .seen
            .keys()
            .filter(|uuid| self.versions(uuid).first().is_some_and(|v| sessions.contains(&v.0)))
            .cloned()
            .collect();
        for uuid in owned {
            self.forget_record(&uuid);
        }
        for files in self.seen.values_mut() {
            files.retain(|_, (session, _)| !sessions.contains(session));
        }
        self.seen.retain(|_, files| !files.is_empty());
        self.forgotten_sessions.extend(sessions.iter().cloned());
    }
}

/// What decides between texts of one length.
fn blake3_16(text: &str) -> Vec<u8> {
    blake3::hash(text.as_bytes()).as_bytes()[..16].to_vec()
}

/// The transcripts on disk and the bank that reads them.
struct World {
    dice: Dice,
    home: tempfile::TempDir,
    files: BTreeMap<PathBuf, Vec<Line>>,
    made: u64,
    reference: Reference,
    /// What happened, for whoever has to find out why.
    history: Vec<String>,
}

impl World {
    fn new(seed: u64) -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("sources")).unwrap();
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) + 1);
        Self {
            dice,
            home,
            files: BTreeMap::new(),
            made: 0,
            reference: Reference::default(),
            history: Vec::new(),
        }
    }

    fn fresh_path(&mut self) -> PathBuf {
        self.made += 1;
        self.home.path().join("sources").join(format!("{:04}.jsonl", self.made))
    }

    fn text(&mut self) -> String {
        let count = 2 + self.dice.roll(12);
        let words: Vec<&str> =
            (0..count).map(|_| WORDS[self.dice.roll(WORDS.len() as u64) as usize]).collect();
        format!("{} number {}", words.join(" "), self.dice.roll(1 << 20))
    }

    fn say(&mut self, session: &str) -> Line {
        self.made += 1;
        let text = self.text();
        Line {
            uuid: format!("uuid-{:06}", self.made),
            session: session.to_owned(),
            second: self.made,
            text,
        }
    }

    fn some_file(&mut self) -> Option<PathBuf> {
        let all: Vec<PathBuf> = self.files.keys().cloned().collect();
        self.dice.pick(&all).cloned()
    }

    /// Writes a file as it stands in `files`; `by_rename`: as editors do, beside and over.
    fn write(&self, path: &Path, by_rename: bool) {
        let text: String = self.files[path].iter().map(|line| line.json() + "\n").collect();
        if by_rename {
            let beside = path.with_extension("tmp");
            std::fs::write(&beside, text).unwrap();
            std::fs::rename(beside, path).unwrap();
        } else {
            std::fs::write(path, text).unwrap();
        }
    }

    fn begin_session(&mut self) {
        let path = self.fresh_path();
        let session = format!("session-{:04}", self.made);
        let count = 1 + self.dice.roll(6);
        let lines = (0..count).map(|_| self.say(&session)).collect();
        self.files.insert(path.clone(), lines);
        self.write(&path, false);
        self.note("begin", &path);
    }

    fn append(&mut self) {
        let Some(path) = self.some_file() else { return };
        let Some(session) = self.files[&path].last().map(|line| line.session.clone()) else {
            return;
        };
        let mut more = String::new();
        for _ in 0..=self.dice.roll(3) {
            let line = self.say(&session);
            more.push_str(&(line.json() + "\n"));
            self.files.get_mut(&path).unwrap().push(line);
        }
        let mut text = std::fs::read_to_string(&path).unwrap();
        // What was torn before is whole now.
        let whole: String = self.files[&path].iter().map(|line| line.json() + "\n").collect();
        text.push_str(&more);
        if text == whole {
            use std::io::Write;
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(more.as_bytes()).unwrap();
        } else {
            self.write(&path, false);
        }
        self.note("append", &path);
    }

    /// A new session repeats the beginning of another one, and goes on.
    fn replay(&mut self) {
        let Some(from) = self.some_file() else { return };
        let path = self.fresh_path();
        let session = format!("fork-{:04}", self.made);
        let keep = 1 + self.dice.roll(4) as usize;
        let mut lines: Vec<Line> = self.files[&from].iter().take(keep).cloned().collect();
        for line in &mut lines {
            line.session.clone_from(&session);
            self.made += 1;
            line.second = self.made;
        }
        if self.dice.roll(4) == 0
            && let Some(line) = lines.first_mut()
        {
            line.text = self.text();
        }
        lines.push(self.say(&session));
        self.files.insert(path.clone(), lines);
        self.write(&path, false);
        self.note("replay", &path);
    }

    fn rewrite(&mut self) {
        let Some(path) = self.some_file() else { return };
        let count = self.files[&path].len() as u64;
        if count == 0 {
            return;
        }
        let by_rename = self.dice.roll(2) == 0;
        // In place, what changes is the end: nobody could see a change far before it.
        let at = if by_rename { self.dice.roll(count) as usize } else { count as usize - 1 };
        let text = self.text();
        self.files.get_mut(&path).unwrap()[at].text = text;
        self.write(&path, by_rename);
        self.note(&format!("rewrite line {at}, by rename {by_rename}"), &path);
    }

    fn rename(&mut self) {
        let Some(old) = self.some_file() else { return };
        let new = self.fresh_path();
        std::fs::rename(&old, &new).unwrap();
        let lines = self.files.remove(&old).unwrap();
        self.files.insert(new.clone(), lines);
        self.note("rename", &new);
    }

    /// The file loses its end, perhaps within a line.
    fn truncate(&mut self) {
        let Some(path) = self.some_file() else { return };
        let keep = self.dice.roll(self.files[&path].len() as u64 + 1) as usize;
        let torn = self.files[&path].get(keep).map(Line::json);
        self.files.get_mut(&path).unwrap().truncate(keep);
        self.write(&path, false);
        if let Some(line) = torn.filter(|_| self.dice.roll(2) == 0) {
            use std::io::Write;
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
            file.write_all(&line.as_bytes()[..line.len() / 2]).unwrap();
        }
        self.note("truncate", &path);
    }

    fn delete(&mut self) {
        if let Some(path) = self.some_file() {
            std::fs::remove_file(&path).unwrap();
            self.files.remove(&path);
            self.note("delete", &path);
        }
    }

    async fn forget(&mut self) {
        let documents: Vec<_> = self.reference.documents().into_iter().collect();
        let Some((uuid, session, _)) = self.dice.pick(&documents).cloned() else { return };
        let what = match self.dice.roll(6) {
            0 => {
                let project = project_of(&session);
                let gone: BTreeSet<String> = self
                    .reference
                    .first
                    .keys()
                    .filter(|session| project_of(session) == project)
                    .cloned()
                    .collect();
                self.reference.forget_sessions(&gone);
                self.reference.forgotten_projects.insert(project.clone());
                Forgettable::Project { project }
            }
            1 | 2 => {
                self.reference.forget_sessions(&BTreeSet::from([session.clone()]));
                Forgettable::Session { session, agent: None }
            }
            _ => {
                self.reference.forget_record(&uuid);
                Forgettable::Document { id: DocumentId::of_native_key("claude-code", &uuid) }
            }
        };
        self.history.push(format!("forget {what:?}"));
        let bank = self.open().await;
        let request = ForgetRequest { what, preview: false };
        bank.client.forget(&request).await.unwrap();
        bank.node.close().await;
    }

    fn note(&mut self, what: &str, path: &Path) {
        let name = path.file_name().unwrap_or_default().display();
        let lines: Vec<&str> = self
            .files
            .get(path)
            .into_iter()
            .flatten()
            .map(|line| line.uuid.trim_start_matches("uuid-0000"))
            .collect();
        self.history.push(format!("{what} {name}: {}", lines.join(" ")));
    }

    async fn open(&self) -> Open {
        let mut settings = Settings::new(self.home.path().join("home"), "model".into());
        settings.sources.auto = false;
        let node = Node::open(settings, Mode::Command).await.unwrap();
        Open { client: NodeClient::in_process(node.local_router()), node }
    }

    /// Reads everything, and compares.
    async fn index(&mut self, step: u64) {
        self.history.push("index".into());
        for (path, lines) in &self.files {
            self.reference.read(path, lines);
        }
        let bank = self.open().await;
        let sources = self.home.path().join("sources").display().to_string();
        let request = IndexRequest { paths: vec![sources], ..IndexRequest::default() };
        let report = bank.client.index(&request, |_| {}).await.unwrap();
        assert_eq!(report.accounting.unaccounted(), 0, "step {step}");
        let expected = self.reference.documents();
        let found = self.documents(&bank.client).await;
        let history = self.history.join("\n");
        assert!(
            found == expected,
            "step {step}: missing {:?}, too much {:?}, after\n{history}",
            expected.difference(&found).collect::<Vec<_>>(),
            found.difference(&expected).collect::<Vec<_>>(),
        );
        let verified = bank.client.verify(|_| {}).await.unwrap();
        assert_eq!((verified.faults_count, verified.faults), (0, Vec::new()), "step {step}");
        assert_eq!(verified.indexed, expected.len() as u64, "step {step}");
        bank.node.close().await;
    }

    /// What the bank's store holds, each document read through the API.
    async fn documents(&self, client: &NodeClient) -> Documents {
        let store = rusqlite::Connection::open(self.home.path().join("home/bank/bank.db")).unwrap();
        let ids: Vec<[u8; 16]> = store
            .prepare("SELECT id FROM document WHERE deleted = 0")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let mut all = Documents::new();
        for id in ids {
            let view = client.local_document(&DocumentId::from_bytes(id), None).await.unwrap();
            let metadata = view.metadata;
            let is_new = all.insert((
                metadata.record_id.unwrap(),
                metadata.session_id.unwrap(),
                view.content,
            ));
            assert!(is_new, "the same document twice");
        }
        all
    }

    async fn answers(&self, client: &NodeClient) -> Vec<Vec<(DocumentId, u64)>> {
        let mut all = Vec::new();
        for words in WORDS.windows(2) {
            let mut query = Query::new(words.join(" "));
            query.limit = 30;
            let search = OwnerSearch { query, local: true, peers: Vec::new(), timeout_ms: None };
            let answer = client.owner_search(&search).await.unwrap().answer;
            all.push(answer.results.iter().map(|hit| (hit.id, hit.score.to_bits())).collect());
        }
        all
    }

    /// A fresh index answers like the one that grew.
    async fn rebuild(&self, step: u64) {
        let bank = self.open().await;
        let grown = self.answers(&bank.client).await;
        let request = IndexRequest {
            paths: vec![self.home.path().display().to_string()],
            rebuild: true,
            ..IndexRequest::default()
        };
        bank.client.index(&request, |_| {}).await.unwrap();
        assert_eq!(self.answers(&bank.client).await, grown, "step {step}");
        bank.node.close().await;
    }
}

struct Open {
    client: NodeClient,
    node: Node,
}

async fn history(seed: u64) {
    let mut world = World::new(seed);
    world.begin_session();
    for step in 0..STEPS {
        match world.dice.roll(20) {
            0..4 => world.begin_session(),
            4..9 => world.append(),
            9..11 => world.replay(),
            11..14 => world.rewrite(),
            14 => world.rename(),
            15 => world.truncate(),
            16 => world.delete(),
            17 => world.forget().await,
            _ => {}
        }
        if world.dice.roll(3) == 0 {
            world.index(step).await;
        }
    }
    world.index(STEPS).await;
    world.rebuild(STEPS).await;
    world.index(STEPS + 1).await;
}

#[tokio::test]
async fn the_bank_equals_a_simple_reference() {
    for seed in 0..SEEDS {
        history(seed).await;
    }
}
