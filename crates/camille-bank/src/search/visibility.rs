//! What one grant sees of one committed state: which documents, and the counts that scoring needs. What is
//! not seen leaves no trace in any of them.

use super::bits::Bits;
use super::held::Held;
use super::sample::Sample;
use super::snapshot::{Segment, Snapshot};
use super::tree::Trees;
use crate::error::BankError;
use crate::index::schema::TIME_UNKNOWN;
use crate::query::Visibility;
use camille_proto::statistics::PerField;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{HashMap, HashSet};
use tantivy::DocId;

/// The projects a grant names, by their rows in the store.
#[derive(Debug, Clone)]
pub(crate) enum Sight {
    /// All of them.
    Everything,
    /// These, each from a moment on (milliseconds; [`TIME_UNKNOWN`]: always).
    Projects(HashMap<u64, i64>),
}

/// What a grant sees.
pub(crate) struct View {
    pub(crate) sight: Sight,
    /// The number of the store's last change that it knows of.
    pub(crate) seq: u64,
    pub(crate) segments: Vec<SegmentView>,
    /// Visible documents.
    pub(crate) documents: u64,
    /// Sessions that have one.
    pub(crate) sessions: u64,
    /// Projects that have one.
    pub(crate) projects: u64,
    /// The time of the newest one.
    pub(crate) newest: Option<i64>,
    /// Sums of the field lengths.
    pub(crate) length: PerField<u64>,
    /// For each session (by its row in the store) the sum of its visible bodies' lengths.
    pub(crate) session_length: Vec<u32>,
    /// Some of the sessions, which other banks sample too.
    pub(crate) sample: Sample,
    /// Sessions that are kept back whole; nothing: none is.
    held: Option<Held>,
    /// Conversations of which something is hidden: their sessions' titles may tell of it.
    partial: HashSet<usize>,
    /// The conversation of each session.
    trees: Vec<usize>,
}

/// What it sees of one segment.
pub(crate) struct SegmentView {
    /// Visible live documents.
    pub(crate) visible: Bits,
    /// Those whose context may be used: nothing of it is older than what the grant begins with.
    pub(crate) context: Bits,
}

impl Sight {
    /// Looks up what a grant names. Projects that the store does not know are nothing.
    pub(crate) fn of(connection: &Connection, visible: &Visibility) -> Result<Self, BankError> {
        let Visibility::Shared(shared) = visible else { return Ok(Self::Everything) };
        let mut projects = HashMap::new();
        for project in &shared.projects {
            let ord: Option<i64> = connection
                .prepare_cached("SELECT ord FROM project WHERE id = ?1")
                .and_then(|mut select| select.query_row([&project.id], |row| row.get(0)).optional())
                .map_err(BankError::store("read a project"))?;
            if let Some(ord) = ord {
                let from = project.from.map_or(TIME_UNKNOWN, jiff::Timestamp::as_millisecond);
                // A project that is named twice is seen from the later moment on.
                let known = projects.entry(ord.cast_unsigned()).or_insert(from);
                *known = from.max(*known);
            }
        }
        Ok(Self::Projects(projects))
    }

    /// From when on documents with these two projects are seen; `None`: never.
    fn from(&self, project: u64, own_project: u64) -> Option<i64> {
        match self {
            Self::Everything => Some(TIME_UNKNOWN),
            Self::Projects(projects) => {
                let (session, own) = (projects.get(&project)?, projects.get(&own_project)?);
                Some(*session.max(own))
            }
        }
    }

    /// Whether a document with these two projects and this time is seen.
    pub(crate) fn sees(&self, project: u64, own_project: u64, time: i64) -> bool {
        self.from(project, own_project).is_some_and(|from| time >= from)
    }
}

impl View {
    /// Goes through all documents once.
    ///
    /// `held`: which sessions are kept back.
    pub(crate) fn of(snapshot: &Snapshot, sight: Sight, trees: &Trees, held: Option<Held>) -> Self {
        let mut view = Self {
            sight,
            held,
            seq: snapshot.seq,
            segments: Vec::with_capacity(snapshot.segments.len()),
            documents: 0,
            sessions: 0,
            projects: 0,
            newest: None,
            length: PerField::default(),
            session_length: vec![0; snapshot.sessions],
            sample: Sample::default(),
            partial: HashSet::new(),
            trees: trees.sessions.iter().map(|session| session.tree).collect(),
        };
        let mut has_documents = vec![false; snapshot.sessions];
        let told = (0..snapshot.sessions).filter(|session| view.hides_title(*session));
        view.partial = told.map(|session| view.trees[session]).collect();
        let mut projects = HashSet::new();
        for segment in &snapshot.segments {
            let count = segment.reader.max_doc();
            let mut seen = SegmentView { visible: Bits::none(count), context: Bits::none(count) };
            for document in segment.reader.doc_ids_alive() {
                let session = segment.session(document);
                let project = segment.project.get_val(document);
                let own_project = segment.own_project.get_val(document);
                let time = segment.time.get_val(document);
                let from = view.sight.from(project, own_project);
                let hides = view.hides(session);
                let Some(from) = from.filter(|from| time >= *from && !hides) else {
                    view.partial.insert(view.trees[session]);
                    continue;
                };
                if view.hides_document(session, segment.row.get_val(document)) {
                    continue;
                }
                seen.visible.insert(document);
                view.documents += 1;
                has_documents[session] = true;
                projects.insert(project);
                if time != TIME_UNKNOWN {
                    view.newest = view.newest.max(Some(time));
                }
                let is_context_seen =
                    || segment.context_time.get_val(document) >= from && !view.hides_words(session);
                if segment.is_tool(document) || is_context_seen() {
                    seen.context.insert(document);
                }
                let body = segment.body_norms.fieldnorm(document);
                view.length.body += u64::from(body);
                view.length.context += u64::from(context_length(segment, &seen, document));
                view.length.date += u64::from(segment.date_norms.fieldnorm(document));
                view.length.session += u64::from(body);
                let length = &mut view.session_length[session];
                *length = length.saturating_add(body);
            }
            seen.visible.note_full(count);
            seen.context.note_full(count);
            view.segments.push(seen);
        }
        let visible = (0..snapshot.sessions).filter(|session| has_documents[*session]);
        view.sample = Sample::of(visible, &trees.sessions, snapshot.sessions);
        view.add_sampled(snapshot);
        view.sessions = has_documents.iter().filter(|has| **has).count() as u64;
        view.projects = projects.len() as u64;
        view
    }

    /// Sums up what the sampled sessions contribute.
    fn add_sampled(&mut self, snapshot: &Snapshot) {
        for (segment, seen) in snapshot.segments.iter().zip(&self.segments) {
            for document in segment.reader.doc_ids_alive() {
                if !seen.visible.contains(document) {
                    continue;
                }
                let Some(sampled) = self.sample.session_mut(segment.session(document)) else {
                    continue;
                };
                let body = u64::from(segment.body_norms.fieldnorm(document));
                sampled.documents += 1;
                sampled.length.body += body;
                sampled.length.session += body;
                sampled.length.context += u64::from(context_length(segment, seen, document));
                sampled.length.date += u64::from(segment.date_norms.fieldnorm(document));
            }
        }
    }

    /// Whether a session, by its row, is kept back.
    pub(crate) fn hides(&self, session: usize) -> bool {
        self.held.as_ref().is_some_and(|held| held.hides(session))
    }

    /// Whether a document, by its row, of a session that is not kept back is.
    pub(crate) fn hides_document(&self, session: usize, row: u64) -> bool {
        self.held.as_ref().is_some_and(|held| held.hides_document(session, row))
    }

    /// Whether anything of a session that is seen is kept back.
    fn hides_title(&self, session: usize) -> bool {
        self.held.as_ref().is_some_and(|held| held.hides_title(session))
    }

    /// Whether something that was said in a session is kept back.
    fn hides_words(&self, session: usize) -> bool {
        self.held.as_ref().is_some_and(|held| held.hides_words(session))
    }

    /// Whether a document is kept back because it came, or changed, after all that is known of its session.
    pub(crate) fn hides_news(&self, session: usize, seq: u64) -> bool {
        seq > self.seq && self.held.as_ref().is_some_and(|held| held.is_released(session))
    }

    /// Whether the grant sees the whole conversation of a session as it was indexed, so that the session's title
    /// tells nothing hidden: what it was made from can stand in another one.
    pub(crate) fn sees_all_of(&self, session: usize) -> bool {
        let is_elsewhere =
            |tree| self.held.as_ref().is_some_and(|held| held.elsewhere.contains(tree));
        self.trees
            .get(session)
            .is_some_and(|tree| !self.partial.contains(tree) && !is_elsewhere(tree))
    }

    /// Whether the grant sees everything, whatever was indexed.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.sight, Sight::Everything)
    }
}

/// The length of a document's context field, as far as it may be used.
pub(crate) fn context_length(segment: &Segment, seen: &SegmentView, document: DocId) -> u32 {
    if segment.is_tool(document) {
        segment.body_norms.fieldnorm(document)
    } else if seen.context.contains(document) {
        segment.context_norms.fieldnorm(document)
    } else {
        0
    }
}
