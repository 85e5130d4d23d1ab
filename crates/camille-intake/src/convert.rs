//! From what ingest reads to what the bank stores: directories become projects. Remembers, with a
//! file's checkpoint, which project each of its sessions belongs to.

use super::evidence::Paths;
use super::ignored::{At, Followed, Ignored};
use super::outside::{Holds, Outside};
use super::source::SourceFile;
use super::told::Told;
use super::waiting::{Held, Waiting};
use crate::project::{Base, ProjectResolver};
use camille_bank as bank;
use camille_ingest::echo::Trail;
use camille_ingest::edit;
use camille_ingest::place::{Doing, Mention};
use camille_ingest::transcript as ingest;
use camille_proto::vocabulary::{Agent, DocumentKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Sessions remembered for one file; a file with more forgets the first.
const SESSIONS_MAX: usize = 64;

/// What is remembered of a file between two runs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Memory {
    /// What the reader remembers.
    pub(super) cursor: ingest::Cursor,
    sessions: BTreeMap<String, Home>,
    /// Tool calls that are kept out, and what goes on from them.
    #[serde(flatten)]
    followed: Followed,
    /// What may go on from what was read in other places.
    #[serde(default, skip_serializing_if = "Outside::is_empty")]
    pub(super) outside: Outside,
    /// Where what is read may come from.
    #[serde(default, skip_serializing_if = "Paths::is_empty")]
    pub(super) paths: Paths,
    /// What peers wrote may go on from what was read.
    #[serde(default, skip_serializing_if = "Trail::is_empty")]
    pub(super) trail: Trail,
    /// Whether the file is read once more, to take back what was read of peers' words.
    #[serde(skip)]
    pub(super) again: bool,
    /// What was told of where sessions were.
    #[serde(skip)]
    told: HashMap<String, Told>,
    /// Calls whose results say whether what they touch was there.
    #[serde(skip)]
    waiting: Waiting,
    /// The folder of the agent's that the file lies in, once it was asked for.
    #[serde(skip)]
    folder: OnceCell<Option<String>>,
}

/// Where a session belongs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Home {
    cwd: Option<String>,
    project: String,
    /// Whether it was learned from a record that tells nothing of its session: what does may know better.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_guess: bool,
}

/// What a record named, with a part or without.
#[derive(Clone, Copy)]
pub(super) struct Named<'r> {
    agent: Agent,
    session: &'r str,
    timestamp: Option<Timestamp>,
    cwd: Option<&'r str>,
    places: &'r [Mention],
    shows: bool,
    /// Whether it is no call of a tool, nor what came of one.
    is_said: bool,
    /// The call that it is, whose result comes.
    call: Option<&'r ingest::Part>,
}

/// What a record touched.
pub(super) struct Touched {
    /// What its session had not touched before.
    pub(super) news: Option<bank::SessionUpdate>,
    /// All places besides the session's own project; of what was said also that.
    pub(super) places: Vec<String>,
}

impl<'r> Named<'r> {
    pub(super) fn of(touch: &'r ingest::Touch) -> Self {
        Self {
            agent: touch.agent,
            session: &touch.session,
            timestamp: touch.timestamp,
            cwd: touch.cwd.as_deref(),
            places: &touch.places,
            shows: false,
            is_said: true,
            call: None,
        }
    }

    pub(super) fn of_part(part: &'r ingest::Part) -> Self {
        Self {
            agent: part.agent,
            session: &part.session,
            timestamp: part.timestamp,
            cwd: part.cwd.as_deref(),
            places: &part.places,
            shows: true,
            is_said: part.kind != DocumentKind::Tool,
            call: Some(part).filter(|part| {
                part.kind == DocumentKind::Tool && part.role == ingest::PartRole::Input
            }),
        }
    }
}

impl Memory {
    pub(super) fn new(agent: Agent, path: &Path) -> Self {
        Self {
            cursor: ingest::Cursor::new(agent, path),
            sessions: BTreeMap::new(),
            followed: Followed::default(),
            outside: Outside::default(),
            paths: Paths::default(),
            trail: Trail::default(),
            again: false,
            told: HashMap::new(),
            waiting: Waiting::default(),
            folder: OnceCell::new(),
        }
    }

    /// What an earlier run remembered; `None` when another version wrote it.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Takes in what a line says of a session.
    pub(super) fn session(
        &mut self,
        fact: ingest::SessionFact,
        resolver: &ProjectResolver,
        file: &SourceFile,
    ) -> bank::SessionUpdate {
        let unknown = self.sessions.get(&fact.session).is_none_or(|home| home.is_guess);
        if unknown || (fact.cwd.is_some() && self.sessions[&fact.session].cwd.is_none()) {
            let home = home(fact.cwd.as_deref(), fact.remote.as_deref(), resolver, file);
            self.keep(&fact.session, home);
        }
        let project = self.sessions.get(&fact.session).map(|home| home.project.clone());
        bank::SessionUpdate {
            parent: fact.parent,
            project,
            timestamp: fact.timestamp,
            remote: fact.remote,
            branch: fact.branch,
            title: fact.title.map(|(rank, title)| (title_rank(rank), title)),
            pull_request: fact.pull_request,
            private: fact.private,
            kin: fact.kin,
            follows: fact.follows,
            ..bank::SessionUpdate::new(fact.agent, fact.session)
        }
    }

    /// Takes in what a call copies, before anything is asked of the copy.
    pub(super) fn follows(
        &mut self,
        part: &ingest::Part,
        resolver: &ProjectResolver,
        ignored: &Ignored,
    ) {
        if part.kind == DocumentKind::Tool && part.role == ingest::PartRole::Input {
            let home = self.sessions.get(&part.session).and_then(|home| home.cwd.as_deref());
            let at = At { cwd: part.cwd.as_deref(), home, resolver, ignored };
            self.followed.copies_of(part, at);
        }
    }

    /// Whether a part is kept out: its session is, the directory it was made in, or the file it touched.
    pub(super) fn ignores(
        &mut self,
        part: &ingest::Part,
        resolver: &ProjectResolver,
        ignored: &Ignored,
    ) -> bool {
        let cwd = part.cwd.as_deref();
        if self.ignores_session(&part.session, ignored)
            || cwd.is_some_and(|cwd| ignored.session(cwd))
        {
            return true;
        }
        if part.kind != DocumentKind::Tool {
            return false;
        }
        let home = self.sessions.get(&part.session).and_then(|home| home.cwd.as_deref());
        self.followed.keeps_out(part, At { cwd, home, resolver, ignored })
    }

    /// Whether a session is kept out.
    pub(super) fn ignores_session(&self, session: &str, ignored: &Ignored) -> bool {
        let cwd = self.sessions.get(session).and_then(|home| home.cwd.as_deref());
        cwd.is_some_and(|cwd| ignored.session(cwd))
    }

    /// What a record says that its session touched. It counts also where the record is kept out.
    pub(super) fn touches(
        &mut self,
        record: Named<'_>,
        resolver: &ProjectResolver,
        file: &SourceFile,
    ) -> Touched {
        self.meet(record, resolver, file);
        let home = &self.sessions[record.session];
        let folder = self.folder.get_or_init(|| slug(file));
        let base = Base {
            cwd: home.cwd.as_deref().unwrap_or_default(),
            project: &home.project,
            folder: folder.as_deref(),
            id: Some(record.session),
        };
        let told = self.told.entry(record.session.to_owned()).or_default();
        told.begin();
        let mut places: Vec<String> = Vec::new();
        let mut waits: Vec<Held> = Vec::new();
        let mut hold = |place: &str| {
            if places.iter().all(|known| known != place) {
                places.push(place.to_owned());
            }
        };
        if let Some(cwd) = record.cwd.filter(|_| home.cwd.is_some())
            && told.moves(cwd)
        {
            let project = resolver.resolve_record(cwd, base);
            if project != home.project {
                told.touch(project, bank::Touching::There, cwd, record.timestamp);
            }
            let real = resolver.real(cwd, home.cwd.as_deref());
            let real = real.map(|real| real.to_string_lossy().into_owned());
            let twins = real.as_deref().map(|real| self.followed.twins(Path::new(real), resolver));
            let twins = twins.unwrap_or_default().into_iter();
            told.inside(
                real.into_iter().chain(twins.map(|twin| twin.to_string_lossy().into_owned())),
            );
        }
        for place in record.places {
            for touched in resolver.resolve_places(place, record.cwd, base) {
                let real = touched.paths.first().map(String::as_str).unwrap_or_default();
                let is_clone = place.doing == Doing::Wrote && place.directory;
                if is_clone || (place.doing == Doing::Made && touched.place.is_none()) {
                    told.made(real, is_clone);
                }
                let is_own = touched.gone && told.has_made(real);
                if record.is_said && touched.place.is_none() {
                    // A directory of the project may be denied by itself.
                    hold(&home.project);
                }
                let twins = touched
                    .paths
                    .iter()
                    .flat_map(|path| self.followed.twins(Path::new(path), resolver).into_iter());
                let twins: Vec<String> =
                    twins.map(|twin| twin.to_string_lossy().into_owned()).collect();
                let paths = touched.paths.into_iter().chain(twins);
                if let Some(project) = touched.place.filter(|_| !is_own) {
                    let how =
                        if touched.fetched { bank::Touching::Fetched } else { how(place.doing) };
                    hold(&project);
                    if record.call.is_some() {
                        let path = place.path.clone();
                        let touch = bank::Touch { project, how, path, time: record.timestamp };
                        let walked = touched.walked;
                        waits.push(Held { touch, paths: paths.collect(), walked });
                        continue;
                    }
                    told.touch(project, how, &place.path, record.timestamp);
                }
                let paths: Vec<String> = paths.collect();
                if touched.walked {
                    told.walked(paths.first());
                }
                told.inside(paths);
            }
        }
        if let Some(call) = record.call.filter(|_| !waits.is_empty()) {
            self.waiting.call(call, &home.project, waits);
        }
        let news = told.end().map(|new| bank::SessionUpdate {
            project: Some(home.project.clone()),
            touched: new.touched,
            inside: new.inside,
            walked: new.walked,
            at: record.timestamp,
            ..bank::SessionUpdate::new(record.agent, record.session.to_owned())
        });
        Touched { news, places }
    }

    /// Takes in what a part says of the call that it answers. Gives what is told of that call.
    pub(super) fn answered(
        &mut self,
        part: &ingest::Part,
        resolver: &ProjectResolver,
    ) -> Vec<bank::SessionUpdate> {
        if self.waiting.is_full() {
            return self.unanswered();
        }
        let home = self.sessions.get(&part.session).and_then(|home| home.cwd.as_deref());
        let cwd = part.cwd.as_deref().or(home);
        let real =
            |path: &str| resolver.real(path, cwd).map(|real| real.to_string_lossy().into_owned());
        self.waiting.answered(part, &mut self.told, real).into_iter().collect()
    }

    /// What is told of calls whose results did not come.
    pub(super) fn unanswered(&mut self) -> Vec<bank::SessionUpdate> {
        self.waiting.end(&mut self.told)
    }

    /// All places besides its session's own project that a part holds something of. `named`: those that it names.
    pub(super) fn holds(
        &mut self,
        part: &ingest::Part,
        named: Vec<String>,
        resolver: &ProjectResolver,
    ) -> Holds {
        if named.is_empty() && self.outside.is_empty() && !Outside::begins(part) {
            return Holds::default();
        }
        let home = self.sessions.get(&part.session);
        let at = home.and_then(|home| home.cwd.as_deref());
        let base = Base {
            cwd: at.unwrap_or_default(),
            project: home.map_or("", |home| &home.project),
            folder: self.folder.get().and_then(Option::as_deref),
            id: Some(&part.session),
        };
        self.outside.of_part(part, named, part.cwd.as_deref().or(at), (resolver, base))
    }

    /// Remembers where the session of a record belongs, if nothing said so before.
    fn meet(&mut self, record: Named<'_>, resolver: &ProjectResolver, file: &SourceFile) {
        if !self.sessions.contains_key(record.session) {
            let home = home(record.cwd, None, resolver, file);
            self.keep(record.session, Home { is_guess: !record.shows, ..home });
        }
    }

    /// Takes in a part of a document. `holds`: what of besides its session's own project.
    pub(super) fn part(
        &mut self,
        part: ingest::Part,
        resolver: &ProjectResolver,
        file: &SourceFile,
        holds: Holds,
    ) -> bank::Part {
        self.meet(Named::of_part(&part), resolver, file);
        let home = &self.sessions[&part.session];
        let own_project = match (&part.cwd, &home.cwd) {
            (Some(cwd), Some(session_cwd)) => {
                let base =
                    Base { cwd: session_cwd, project: &home.project, folder: None, id: None };
                resolver.resolve_record(cwd, base)
            }
            _ => home.project.clone(),
        };
        let edited = edited(&part, home.cwd.as_deref());
        bank::Part {
            agent: part.agent,
            native_key: part.native_key,
            former_key: part.former_key,
            copy_of: part.copy_of,
            trace: part.trace.map(trace),
            part_key: part.part_key,
            session: part.session,
            parent_session: part.parent_session,
            project: home.project.clone(),
            own_project,
            directory: part.cwd,
            record_id: part.record_id,
            speaker: part.speaker,
            kind: part.kind,
            role: role(part.role),
            position: part.position,
            timestamp: part.timestamp,
            tool: part.tool,
            path: part.path,
            text: part.text,
            places: holds.places,
            quotes: holds.quotes,
            edited,
        }
    }

    fn keep(&mut self, session: &str, home: Home) {
        while self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_first();
        }
        self.sessions.insert(session.to_owned(), home);
        if let Some(told) = self.told.get_mut(session) {
            told.rehome();
        }
    }
}

fn home(
    cwd: Option<&str>,
    remote: Option<&str>,
    resolver: &ProjectResolver,
    file: &SourceFile,
) -> Home {
    let project = match cwd {
        Some(cwd) => resolver.resolve_session(cwd, remote, slug(file).as_deref()),
        // The first releases of Codex name no directory, but where the repository comes from.
        None => remote
            .and_then(|remote| resolver.resolve_remote(remote))
            .unwrap_or_else(|| nowhere(resolver, file)),
    };
    Home { cwd: cwd.map(str::to_owned), project, is_guess: false }
}

/// The folder of the agent's that a transcript lies in, if the agent names its folders after directories: the nearest
/// that is called so.
fn slug(file: &SourceFile) -> Option<String> {
    let names = file.path.parent()?.components().rev();
    let mut names = names.map(|part| part.as_os_str().to_string_lossy());
    names.find(|name| name.starts_with('-')).map(std::borrow::Cow::into_owned)
}

/// Where no record names a directory the folder's name stands for one, if it is called after one; what it was is not
/// known otherwise.
fn nowhere(resolver: &ProjectResolver, file: &SourceFile) -> String {
    resolver.resolve_folder(slug(file).as_deref(), &file.path)
}

/// The files that a call wrote to, below the directory that it was made in where they are named from there.
fn edited(part: &ingest::Part, home: Option<&str>) -> Vec<String> {
    if part.kind != DocumentKind::Tool || part.role != ingest::PartRole::Input {
        return Vec::new();
    }
    let edits = edit::of_call(part.tool.as_deref().unwrap_or_default(), &part.text);
    let directory = part.cwd.as_deref().or(home).unwrap_or_default();
    let whole = |edit: edit::Edit| edit::path_below(directory, &edit.path);
    edits.into_iter().map(whole).collect()
}

fn how(doing: Doing) -> bank::Touching {
    match doing {
        Doing::Named => bank::Touching::Named,
        Doing::Made | Doing::Wrote => bank::Touching::Wrote,
        Doing::Ran => bank::Touching::Ran,
        Doing::Read => bank::Touching::Read,
    }
}

fn trace(trace: ingest::Trace) -> bank::Trace {
    let origin = match trace.origin {
        ingest::RecordOrigin::Own => bank::RecordOrigin::Own,
        ingest::RecordOrigin::Unknown => bank::RecordOrigin::Unknown,
        ingest::RecordOrigin::Copied => bank::RecordOrigin::Copied,
    };
    bank::Trace { place: trace.place, origin }
}

fn role(role: ingest::PartRole) -> bank::PartRole {
    match role {
        ingest::PartRole::Text => bank::PartRole::Text,
        ingest::PartRole::Input => bank::PartRole::Input,
        ingest::PartRole::Output => bank::PartRole::Output,
        ingest::PartRole::Error => bank::PartRole::Error,
    }
}

fn title_rank(rank: ingest::TitleRank) -> bank::TitleRank {
    match rank {
        ingest::TitleRank::FirstPrompt => bank::TitleRank::FirstPrompt,
        ingest::TitleRank::Summary => bank::TitleRank::Summary,
        ingest::TitleRank::Ai => bank::TitleRank::Ai,
        ingest::TitleRank::Custom => bank::TitleRank::Custom,
    }
}
