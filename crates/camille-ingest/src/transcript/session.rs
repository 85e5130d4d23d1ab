//! Tells of sessions once, and makes parts that bear their session's marks.

use super::cursor::Cursor;
use super::noise;
use super::private;
use super::record::{Part, PartRole, SessionFact, TitleRank, Touch};
use super::sink::Sink;
use super::trace::{RecordOrigin, Trace};
use crate::place::written::Scripts;
use crate::place::{self, Mention, Mentions};
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::Timestamp;

/// The record that a part comes from. Its members have passed [`Sink::field`].
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) agent: Agent,
    pub(super) session: String,
    pub(super) parent: Option<String>,
    /// The record's own id, which nothing else bears.
    pub(super) own_id: Option<String>,
    /// The id that it shows: its own, or what its source calls what it holds.
    pub(super) record_id: Option<String>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) cwd: Option<String>,
    /// Who speaks as the user: a person, or the agent that gave a sub-agent its task.
    pub(super) user: Speaker,
    /// Whether what is said as the user may name the session.
    pub(super) names: bool,
    /// Whether the record is a copy of another session's.
    pub(super) copied: RecordOrigin,
    /// The id of what it is a copy of.
    pub(super) copy_of: Option<String>,
}

/// A part's own marks.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) native_key: String,
    /// What builds before took for the document's name.
    pub(super) former_key: Option<String>,
    pub(super) trace: Option<Trace>,
    pub(super) part_key: String,
    pub(super) block: u64,
    pub(super) speaker: Speaker,
    pub(super) kind: DocumentKind,
    pub(super) role: PartRole,
    pub(super) tool: Option<String>,
    pub(super) path: Option<String>,
    /// The id that its source gives it, where the record has none.
    pub(super) record_id: Option<String>,
    pub(super) places: Vec<Mention>,
    /// Whether somebody else than the thread's person and its own agent says it.
    pub(super) told: bool,
}

impl Mark {
    /// Something said.
    pub(super) fn said(speaker: Speaker, native_key: String, part_key: String, block: u64) -> Self {
        Self {
            native_key,
            former_key: None,
            trace: None,
            part_key,
            block,
            speaker,
            kind: DocumentKind::Message,
            role: PartRole::Text,
            tool: None,
            path: None,
            record_id: None,
            places: Vec::new(),
            told: false,
        }
    }

    /// What an agent or a program said that is not the thread's own.
    pub(super) fn told(native_key: String, part_key: String, block: u64) -> Self {
        Self { told: true, ..Self::said(Speaker::Agent, native_key, part_key, block) }
    }

    /// A summary.
    pub(super) fn summary(native_key: String, part_key: String, block: u64) -> Self {
        let kind = DocumentKind::Summary;
        Self { kind, ..Self::said(Speaker::Agent, native_key, part_key, block) }
    }

    /// A side of a tool call.
    pub(super) fn call(key: String, role: PartRole, block: u64) -> Self {
        let part_key = if role == PartRole::Input { "input" } else { "output" };
        Self {
            kind: DocumentKind::Tool,
            role,
            ..Self::said(Speaker::Tool, key, part_key.to_owned(), block)
        }
    }
}

impl Origin {
    /// What names the record and nothing else.
    pub(super) fn key(&self, cursor: &Cursor, sink: &Sink<'_>) -> String {
        self.own_id.clone().unwrap_or_else(|| self.place_key(cursor, sink))
    }

    /// The key of what has no id of its own: where it stands.
    pub(super) fn place_key(&self, cursor: &Cursor, sink: &Sink<'_>) -> String {
        match cursor.segment() {
            None => format!("{}:{}", self.session, sink.offset()),
            Some(segment) => format!("{}:{segment}:{}", self.session, sink.offset()),
        }
    }

    /// How copies of what the record says are known, if its time tells: copies keep it. `message`: the id that
    /// the model's message has.
    pub(super) fn trace(&self, message: Option<&str>, role: PartRole) -> Option<Trace> {
        let kind = if role == PartRole::Text { "text" } else { "call" };
        self.timestamp.map(|time| Trace::of_moment(time, message, kind, self.copied))
    }

    /// The id that its source gives something, if the record has none of its own.
    pub(super) fn source_id(&self, sink: &mut Sink<'_>, id: Option<&str>) -> Option<String> {
        id.filter(|_| self.record_id.is_none()).map(|id| sink.field(id))
    }

    /// Remembers what the record says of its session. It is told with the session's first part, so that a
    /// session without words does not show.
    pub(super) fn observe(
        &self,
        cursor: &mut Cursor,
        branch: Option<String>,
        remote: Option<String>,
    ) {
        let known = cursor.session(&self.session);
        let mut changed = false;
        let mut first = |member: &mut Option<String>, value: &Option<String>| {
            if member.is_none() && value.is_some() {
                member.clone_from(value);
                changed = true;
            }
        };
        first(&mut known.parent, &self.parent);
        first(&mut known.cwd, &self.cwd);
        first(&mut known.remote, &remote);
        if known.timestamp.is_none() && self.timestamp.is_some() {
            known.timestamp = self.timestamp;
            changed = true;
        }
        if branch.is_some() && known.branch != branch {
            known.branch = branch;
            changed = true;
        }
        known.told &= !changed;
    }

    /// Remembers another session of the same conversation. It is told as [`Origin::observe`] says.
    pub(super) fn kin(&self, cursor: &mut Cursor, session: &str) {
        let known = cursor.session(&self.session);
        known.told &= !known.add_kin(session);
    }

    /// Remembers a record that this one follows and that the file does not hold.
    pub(super) fn follows(&self, cursor: &mut Cursor, record: &str) {
        let known = cursor.session(&self.session);
        known.told &= !known.add_follows(record);
    }

    /// Tells what is new of a session that showed itself already: no further part may come.
    pub(super) fn tell_if_known(&self, cursor: &mut Cursor, sink: &mut Sink<'_>) {
        if cursor.session(&self.session).showed {
            self.tell(cursor, sink);
        }
    }

    /// Hands a part on, after what is new of its session. `text` has passed [`Sink::text`].
    pub(super) fn part(&self, cursor: &mut Cursor, sink: &mut Sink<'_>, mark: Mark, text: String) {
        if text.trim().is_empty() {
            return sink.skip("empty");
        }
        self.tell(cursor, sink);
        let path = mark.path.map(|path| within(path, cursor.session_cwd(&self.session)));
        // What the record names is named in the same way in the one that it is a copy of.
        let copied = self.copy_of.as_deref().zip(self.own_id.as_deref());
        let copy_of = copied.and_then(|(copied, own)| {
            Some(format!("{copied}{}", mark.native_key.strip_prefix(own)?))
        });
        sink.part(Part {
            agent: self.agent,
            native_key: mark.native_key,
            former_key: mark.former_key,
            copy_of,
            trace: mark.trace,
            part_key: mark.part_key,
            session: self.session.clone(),
            parent_session: self.parent.clone(),
            record_id: self.record_id.clone().or(mark.record_id),
            speaker: mark.speaker,
            kind: mark.kind,
            role: mark.role,
            position: sink.position(mark.block),
            timestamp: self.timestamp,
            cwd: self.cwd.clone(),
            tool: mark.tool,
            path,
            places: mark.places,
            // A thread without a person is another's errand.
            told: mark.told || (mark.kind == DocumentKind::Message && self.user != Speaker::Person),
            text,
        });
    }

    /// Hands a person's or a parent agent's words on; the first ones name the session.
    pub(super) fn prompt(
        &self,
        cursor: &mut Cursor,
        sink: &mut Sink<'_>,
        mark: Mark,
        text: String,
    ) {
        let known = cursor.session(&self.session);
        // A bare command says nothing of what the session is about, nor does a task that the agent gave to
        // a sub-agent without a session of its own.
        let is_about = text.contains(char::is_whitespace) || !text.starts_with('/');
        let names =
            is_about && self.names && (self.user == Speaker::Person || self.parent.is_some());
        if names && !known.prompted && !text.trim().is_empty() {
            known.prompted = true;
            let title = sink.title(&text);
            self.tell(cursor, sink);
            self.title(sink, TitleRank::FirstPrompt, title);
        }
        if self.user == Speaker::Person {
            self.hear(cursor, sink, &text);
        }
        let mark = Mark { places: place::of_prompt(&text), ..mark };
        self.part(cursor, sink, mark, text);
    }

    /// The places that are named by what a call ran, which was written before. `keep`: places as they may be kept.
    pub(super) fn follow(
        &self,
        cursor: &mut Cursor,
        scripts: Scripts,
        keep: impl FnMut(Mentions) -> Vec<Mention>,
    ) -> Vec<Mention> {
        if scripts.is_empty() {
            return Vec::new();
        }
        let cwd = self.cwd.clone().or_else(|| cursor.session_cwd(&self.session).map(str::to_owned));
        cursor.writings.follow(scripts, cwd.as_deref(), keep)
    }

    /// Hands on what the record touched beside its parts.
    pub(super) fn touch(&self, cursor: &Cursor, sink: &mut Sink<'_>) {
        let moved = self.cwd.is_some() && cursor.session_cwd(&self.session) != self.cwd.as_deref();
        sink.touch(moved, |places, unshown| Touch {
            agent: self.agent,
            session: self.session.clone(),
            timestamp: self.timestamp,
            cwd: self.cwd.clone(),
            places,
            told: unshown.told,
            text: unshown.text,
        });
    }

    /// Hears what a person wrote, whatever record carries it: a prompt, one that waits, the reason of a refusal, the
    /// answer to a question, a command. With [`PRIVATE`](super::PRIVATE) in it the session is theirs alone; with
    /// what looks like it the session is held until they release it.
    pub(super) fn hear(&self, cursor: &mut Cursor, sink: &mut Sink<'_>, words: &str) {
        if private::is_said(words) {
            self.keep_private(cursor, sink);
        } else if private::is_nearly_said(words) {
            sink.beside_it(private::place());
        }
    }

    /// Hears a result in which a person's words stand behind those of the harness.
    pub(super) fn hear_answer(&self, cursor: &mut Cursor, sink: &mut Sink<'_>, result: &str) {
        self.hear(cursor, sink, result);
        for words in noise::answers(result) {
            self.hear(cursor, sink, words);
        }
    }

    /// Hears a summary, which may quote what a person wrote in a file that is gone by now.
    pub(super) fn hear_summary(&self, cursor: &mut Cursor, sink: &mut Sink<'_>, summary: &str) {
        if self.user != Speaker::Person {
            return;
        }
        if private::is_repeated(summary) {
            self.keep_private(cursor, sink);
        } else {
            self.hear(cursor, sink, summary);
            let quoted = summary.split('"').skip(1).step_by(2);
            quoted.for_each(|words| self.hear(cursor, sink, words));
        }
    }

    /// The session is its person's alone.
    pub(super) fn keep_private(&self, cursor: &mut Cursor, sink: &mut Sink<'_>) {
        self.tell(cursor, sink);
        sink.fact(SessionFact { private: true, ..self.nothing_new() });
    }

    /// Gives the session a title that has passed [`Sink::title`].
    pub(super) fn title(&self, sink: &mut Sink<'_>, rank: TitleRank, title: Option<String>) {
        match title {
            Some(title) => {
                sink.fact(SessionFact { title: Some((rank, title)), ..self.nothing_new() });
            }
            None => sink.skip("empty"),
        }
    }

    /// Tells of a pull request; its URL has passed [`Sink::field`].
    pub(super) fn pull_request(&self, sink: &mut Sink<'_>, url: String) {
        sink.fact(SessionFact { pull_request: Some(url), ..self.nothing_new() });
    }

    fn tell(&self, cursor: &mut Cursor, sink: &mut Sink<'_>) {
        let known = cursor.session(&self.session);
        if !known.told {
            known.told = true;
            known.showed = true;
            sink.fact(SessionFact {
                parent: known.parent.clone(),
                timestamp: known.timestamp,
                cwd: known.cwd.clone(),
                remote: known.remote.clone(),
                branch: known.branch.clone(),
                kin: known.kin.iter().cloned().collect(),
                follows: known.follows.iter().cloned().collect(),
                ..self.nothing_new()
            });
        }
    }

    fn nothing_new(&self) -> SessionFact {
        SessionFact {
            agent: self.agent,
            session: self.session.clone(),
            parent: None,
            timestamp: None,
            cwd: None,
            remote: None,
            branch: None,
            title: None,
            pull_request: None,
            private: false,
            kin: Vec::new(),
            follows: Vec::new(),
        }
    }
}

/// The path relative to the session's directory, if it lies within.
fn within(path: String, cwd: Option<&str>) -> String {
    let relative = cwd
        .map(|cwd| cwd.trim_end_matches('/'))
        .filter(|cwd| !cwd.is_empty())
        .and_then(|cwd| path.strip_prefix(cwd)?.strip_prefix('/'));
    relative.map_or_else(|| path.clone(), str::to_owned)
}
