//! Tells of sessions once, and makes parts that bear their session's marks.

use super::cursor::Cursor;
use super::record::{PRIVATE, Part, PartRole, SessionFact, TitleRank};
use super::sink::Sink;
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use jiff::Timestamp;

/// The record that a part comes from. Its members have passed [`Sink::field`].
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) agent: Agent,
    pub(super) session: String,
    pub(super) parent: Option<String>,
    /// The record's own id.
    pub(super) record_id: Option<String>,
    pub(super) timestamp: Option<Timestamp>,
    pub(super) cwd: Option<String>,
    /// Who speaks as the user: a person, or the agent that gave a sub-agent its task.
    pub(super) user: Speaker,
}

/// A part's own marks.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub(super) native_key: String,
    pub(super) part_key: String,
    pub(super) block: u64,
    pub(super) speaker: Speaker,
    pub(super) kind: DocumentKind,
    pub(super) role: PartRole,
    pub(super) tool: Option<String>,
    pub(super) path: Option<String>,
}

impl Mark {
    /// Something said.
    pub(super) fn said(speaker: Speaker, native_key: String, part_key: String, block: u64) -> Self {
        Self {
            native_key,
            part_key,
            block,
            speaker,
            kind: DocumentKind::Message,
            role: PartRole::Text,
            tool: None,
            path: None,
        }
    }

    /// A summary.
    pub(super) fn summary(native_key: String, part_key: String, block: u64) -> Self {
        let kind = DocumentKind::Summary;
        Self { kind, ..Self::said(Speaker::Agent, native_key, part_key, block) }
    }

    /// A side of a tool call.
    pub(super) fn call(id: String, role: PartRole, block: u64) -> Self {
        let part_key = if role == PartRole::Input { "input" } else { "output" };
        Self {
            kind: DocumentKind::Tool,
            role,
            ..Self::said(Speaker::Tool, id, part_key.to_owned(), block)
        }
    }
}

impl Origin {
    /// The key of what has no id of its own: where it stands.
    pub(super) fn place_key(&self, sink: &Sink<'_>) -> String {
        format!("{}:{}", self.session, sink.offset())
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

    /// Hands a part on, after what is new of its session. `text` has passed [`Sink::text`].
    pub(super) fn part(&self, cursor: &mut Cursor, sink: &mut Sink<'_>, mark: Mark, text: String) {
        if text.trim().is_empty() {
            return sink.skip("empty");
        }
        self.tell(cursor, sink);
        let path = mark.path.map(|path| within(path, cursor.session_cwd(&self.session)));
        sink.part(Part {
            agent: self.agent,
            native_key: mark.native_key,
            part_key: mark.part_key,
            session: self.session.clone(),
            parent_session: self.parent.clone(),
            record_id: self.record_id.clone(),
            speaker: mark.speaker,
            kind: mark.kind,
            role: mark.role,
            position: sink.position(mark.block),
            timestamp: self.timestamp,
            cwd: self.cwd.clone(),
            tool: mark.tool,
            path,
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
        let names = is_about && (self.user == Speaker::Person || self.parent.is_some());
        if names && !known.prompted && !text.trim().is_empty() {
            known.prompted = true;
            let title = sink.title(&text);
            self.tell(cursor, sink);
            self.title(sink, TitleRank::FirstPrompt, title);
        }
        if self.user == Speaker::Person && says_private(&text) {
            self.tell(cursor, sink);
            sink.fact(SessionFact { private: true, ..self.nothing_new() });
        }
        self.part(cursor, sink, mark, text);
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
            sink.fact(SessionFact {
                parent: known.parent.clone(),
                timestamp: known.timestamp,
                cwd: known.cwd.clone(),
                remote: known.remote.clone(),
                branch: known.branch.clone(),
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

/// Whether a prompt holds [`PRIVATE`] as a word.
fn says_private(prompt: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '#' | '.');
    prompt.match_indices(PRIVATE).any(|(at, _)| {
        let after = &prompt[at + PRIVATE.len()..];
        // A full stop may end the sentence.
        let after = after.trim_start_matches('.');
        !prompt[..at].ends_with(is_letter) && !after.starts_with(is_letter)
    })
}

/// The path relative to the session's directory, if it lies within.
fn within(path: String, cwd: Option<&str>) -> String {
    let relative = cwd
        .map(|cwd| cwd.trim_end_matches('/'))
        .filter(|cwd| !cwd.is_empty())
        .and_then(|cwd| path.strip_prefix(cwd)?.strip_prefix('/'));
    relative.map_or_else(|| path.clone(), str::to_owned)
}
