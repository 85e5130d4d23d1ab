//! What may be one record, by its key or by the traces of its copies, while a batch is taken in: its sightings,
//! and the documents that follow from them. It never decides anything from the order in which files were read.

mod anew;

use super::block::{Blocks, Packer, Place};
use super::claim::{self, About, Claim, Class, Stored, role_number};
use super::edited;
use super::fact;
use super::fold::{Draft, Sighting, fold};
use super::marked;
use super::record_id::RecordId;
use super::session::Directory;
use super::text;
use crate::batch::{Part, PartRole, RecordOrigin};
use crate::error::BankError;
use camille_proto::id::{ContentHash, DocumentId};
use camille_proto::vocabulary::{Agent, Speaker};
use jiff::Timestamp;
use rusqlite::Connection;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Enters a document, unless there is one with its id.
const ENTER_DOCUMENT: &str =
    "INSERT OR IGNORE INTO document (id, native, session, position, kind, speaker, time, project,
     record_id, tool, path, content_hash, redaction, seq, born, deleted)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, 0)";
/// Takes the same values.
const CHANGE_DOCUMENT: &str =
    "UPDATE document SET native = ?2, session = ?3, position = ?4, kind = ?5,
     speaker = ?6, time = ?7, project = ?8, record_id = ?9, tool = ?10, path = ?11,
     content_hash = ?12, redaction = ?13, seq = ?14, deleted = 0 WHERE id = ?1";

/// What one key names, with what may be its copies.
pub(super) struct Native<'b> {
    ord: i64,
    agent: Agent,
    key: String,
    claims: Vec<Claim<'b>>,
    documents: Vec<Stored>,
    /// Texts that may be used by nothing any more, with their lengths.
    replaced: Vec<(Place, i64)>,
}

/// How a part is filed.
#[derive(Clone, Copy)]
pub(super) struct Named {
    /// Its place among the batch's.
    pub(super) at: usize,
    /// The row of its own key.
    pub(super) own: i64,
    /// Of its text.
    pub(super) hash: [u8; 16],
    /// The same, whole.
    pub(super) content: ContentHash,
}

/// The reading of a file that parts come from.
pub(super) struct Reading {
    /// The file's row.
    pub(super) file: i64,
    pub(super) path: Rc<str>,
    /// How often it was read from its beginning.
    pub(super) pass: i64,
    /// The redaction rules that its texts went through.
    pub(super) redaction: u32,
}

/// A record that does not say whether it is a copy.
const UNKNOWN: i64 = 1;

fn origin_number(origin: RecordOrigin) -> i64 {
    match origin {
        RecordOrigin::Own => 0,
        RecordOrigin::Unknown => UNKNOWN,
        RecordOrigin::Copied => 2,
    }
}

/// What settling one key changed.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) conflicts: u64,
}

impl<'b> Native<'b> {
    /// Nothing is known by this key yet.
    pub(super) fn of_new(ord: i64, agent: Agent, key: &str) -> Self {
        let mut new = Self::new(ord, agent, key.to_owned());
        // Most have one part: growing from nothing would make room for four.
        new.claims.reserve_exact(1);
        new
    }

    /// What is known by the key in this row.
    pub(super) fn load_row(connection: &Connection, ord: i64) -> Result<Self, BankError> {
        let (agent, key): (String, String) = connection
            .prepare_cached("SELECT agent, key FROM native WHERE ord = ?1")
            .and_then(|mut select| select.query_row([ord], |row| Ok((row.get(0)?, row.get(1)?))))
            .map_err(BankError::store("read a document"))?;
        let agent = agent.parse().map_err(|_| BankError::Corrupt { what: "agent" })?;
        Self::new(ord, agent, key).filled(connection)
    }

    fn new(ord: i64, agent: Agent, key: String) -> Self {
        Self { ord, agent, key, claims: Vec::new(), documents: Vec::new(), replaced: Vec::new() }
    }

    fn filled(mut self, connection: &Connection) -> Result<Self, BankError> {
        self.claims = claim::load_claims(connection, self.ord)?;
        self.documents = claim::load_documents(connection, self.ord)?;
        Ok(self)
    }

    /// Its row.
    pub(super) fn ord(&self) -> i64 {
        self.ord
    }

    /// Takes in a part from a file.
    pub(super) fn take(
        &mut self,
        connection: &Connection,
        directory: &mut Directory<'_>,
        packer: &mut Packer,
        part: &'b Part,
        Named { own, hash, content, .. }: Named,
        reading: &Reading,
    ) -> Result<Class, BankError> {
        if !part.places.is_empty() || !part.quotes.is_empty() {
            marked::note(connection, self.ord, part)?;
        }
        edited::note(connection, self.ord, &part.edited)?;
        let (file, pass) = (reading.file, reading.pass);
        let part_key = self.part_key(part, own);
        let origin = part.trace.map_or(UNKNOWN, |trace| origin_number(trace.origin));
        let position = i64::try_from(part.position).unwrap_or(i64::MAX);
        let elsewhere = self
            .claims
            .iter()
            .any(|c| c.file != file && c.hash == hash && (c.part_key == part_key || c.own != own));
        let known = self.claims.iter().position(|c| c.file == file && c.part_key == part_key);
        let class = match known.map(|at| &self.claims[at]) {
            // The same line again: in another reading of the file, or after a crash.
            Some(c) if c.pass != pass || c.position == position => c.class,
            Some(c) if c.hash == hash => Class::Duplicate,
            Some(_) => Class::Merged,
            None if elsewhere => Class::Duplicate,
            None if self.claims.iter().all(|c| c.own != own) => Class::Documented,
            None => Class::Merged,
        };
        let about = About {
            time: part.timestamp.map(Timestamp::as_millisecond),
            kind: Cow::Borrowed(part.kind.as_str()),
            speaker: Cow::Borrowed(part.speaker.as_str()),
            project: directory.project(&part.own_project)?,
            record_id: part.record_id.as_deref().map(Cow::Borrowed),
            tool: part.tool.as_deref().map(Cow::Borrowed),
            path: part.path.as_deref().map(Cow::Borrowed),
        };
        let session = directory.session_of(part.agent, &part.session)?;
        let repeats =
            |old: &Claim<'_>| old.pass == pass && old.position != position && old.hash == hash;
        if known.is_some_and(|at| repeats(&self.claims[at])) {
            // A later line of the same file says the same again: the document began where it began.
            return Ok(class);
        }
        let text = match self.claims.iter().find(|c| c.hash == hash) {
            Some(same) => same.text,
            None => packer.add(connection, &part.text)?,
        };
        let claim = Claim {
            file,
            file_path: Rc::clone(&reading.path),
            part_key,
            own,
            origin,
            session,
            role: role_number(part.role),
            position,
            pass,
            // A line that replaces the text of an earlier one in its file leaves it its class.
            class: known.map_or(class, |at| self.claims[at].class),
            about,
            redaction: reading.redaction.into(),
            bytes: i64::try_from(part.text.len()).unwrap_or(i64::MAX),
            hash,
            text,
            came: Some((&part.text, content)),
            used: known.and_then(|at| self.claims[at].used),
            stored: known.is_some_and(|at| self.claims[at].stored),
            dirty: true,
        };
        match known {
            Some(at) => {
                let old = std::mem::replace(&mut self.claims[at], claim);
                let new = &mut self.claims[at];
                if old.pass == pass {
                    // The document keeps the place where it began.
                    new.position = old.position;
                }
                if old.text != text {
                    self.replaced.push((old.text, old.bytes));
                }
            }
            None => self.claims.push(claim),
        }
        Ok(class)
    }

    /// What the part is called among all that may be copies of its record.
    fn part_key(&self, part: &'b Part, own: i64) -> Cow<'b, str> {
        if own == self.ord {
            Cow::Borrowed(&part.part_key)
        } else {
            Cow::Owned(format!("{own}:{}", part.part_key))
        }
    }

    /// Drops the sighting of a part that an earlier build named otherwise, unless this very part is meant.
    pub(super) fn drop_former(
        &mut self,
        connection: &Connection,
        part_key: &str,
        reading: &Reading,
    ) -> Result<(), BankError> {
        let is_it = |c: &Claim<'_>| {
            c.file == reading.file && c.part_key == part_key && c.pass != reading.pass
        };
        if let Some(at) = self.claims.iter().position(is_it) {
            let gone = self.claims.remove(at);
            gone.remove(connection, self.ord)?;
            self.replaced.push((gone.text, gone.bytes));
        }
        Ok(())
    }

    /// How many documents it has.
    pub(super) fn documents(&self) -> u64 {
        self.documents.iter().filter(|document| !document.deleted).count() as u64
    }

    /// Drops what these sessions say.
    pub(super) fn leave_sessions(
        &mut self,
        connection: &Connection,
        sessions: &BTreeSet<i64>,
    ) -> Result<(), BankError> {
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.claims)
            .into_iter()
            .partition(|claim| sessions.contains(&claim.session));
        self.claims = kept;
        for claim in gone {
            claim.remove(connection, self.ord)?;
            if !self.replaced.contains(&(claim.text, claim.bytes)) {
                self.replaced.push((claim.text, claim.bytes));
            }
        }
        Ok(())
    }

    /// Brings the documents in line with the sightings and writes both. `next_seq` numbers the changes.
    pub(super) fn settle(
        mut self,
        connection: &Connection,
        directory: &mut Directory<'_>,
        packer: &mut Packer,
        next_seq: &mut dyn FnMut() -> i64,
    ) -> Result<Settled, BankError> {
        let mut sessions = Vec::with_capacity(self.claims.len());
        let mut borders = Vec::with_capacity(self.claims.len());
        for claim in &self.claims {
            let session = directory.session(claim.session)?;
            sessions.push((session.first_time, session.key.clone()));
            borders.push((session.project.unwrap_or(-1), claim.about.project));
        }
        let sightings: Vec<Sighting<'_>> = self
            .claims
            .iter()
            .zip(sessions.iter().zip(&borders))
            .map(|(claim, ((first_time, key), border))| Sighting {
                session: (*first_time, key),
                border: *border,
                own: claim.own,
                origin: claim.origin,
                person: claim.about.speaker == Speaker::Person.as_str(),
                file: &claim.file_path,
                part_key: &claim.part_key,
                output: claim.role >= role_number(PartRole::Output),
                position: claim.position,
                redaction: claim.redaction,
                bytes: claim.bytes,
                hash: claim.hash,
            })
            .collect();
        let drafts = fold(&sightings);
        drop(sightings);
        self.note_shared(connection, &sessions)?;

        let mut outcome = Settled::default();
        let mut used: Vec<Option<(i64, i64)>> = vec![None; self.claims.len()];
        let mut kept = Vec::with_capacity(drafts.len());
        let mut ids = Vec::with_capacity(drafts.len());
        for draft in &drafts {
            let id = self.id(connection, directory, draft, &sessions[draft.home].1, &ids)?;
            ids.push(id);
        }
        for (number, draft) in drafts.iter().enumerate() {
            let id = ids[number].0;
            let row = self.write_document(connection, draft, id, next_seq, &mut outcome)?;
            let is_new = self.documents.iter().all(|d| d.row != row || d.deleted);
            if ids[number].1 && is_new {
                outcome.conflicts += 1;
            }
            for (place, index) in draft.parts.iter().enumerate() {
                used[*index] = Some((row, i64::try_from(place).unwrap_or(i64::MAX)));
            }
            kept.push(row);
        }
        for gone in self.documents.iter().filter(|d| !d.deleted && !kept.contains(&d.row)) {
            gone.remove(connection, next_seq)?;
            outcome.changed += 1;
        }
        for (claim, used) in self.claims.iter_mut().zip(used) {
            if claim.dirty || claim.used != used {
                claim.used = used;
                claim.write(connection, self.ord)?;
            }
        }
        for (text, bytes) in self.replaced {
            if self.claims.iter().all(|claim| claim.text != text) {
                packer.remove(connection, text, bytes)?;
            }
        }
        Ok(outcome)
    }

    /// Keeps that sessions which hold the same record, or a copy of it, are one conversation: also over the border
    /// of a project, where the two stay two documents.
    fn note_shared(
        &self,
        connection: &Connection,
        sessions: &[(i64, String)],
    ) -> Result<(), BankError> {
        let Some(first) = self.claims.first().map(|claim| claim.session) else { return Ok(()) };
        if self.claims.iter().all(|claim| claim.session == first) {
            return Ok(());
        }
        for (at, claim) in self.claims.iter().enumerate() {
            let is_shared = |other: &Claim<'_>| {
                other.session != claim.session
                    && (other.own == claim.own || other.hash == claim.hash)
            };
            if let Some(other) = self.claims[..at].iter().position(is_shared) {
                fact::note_shared(connection, self.agent, &sessions[at].1, &sessions[other].1)?;
            }
        }
        Ok(())
    }

    /// The id of a document: by the key of its first record, unless another one of that record has it; and
    /// whether another one has.
    fn id(
        &self,
        connection: &Connection,
        directory: &mut Directory<'_>,
        draft: &Draft,
        session: &str,
        taken: &[(DocumentId, bool)],
    ) -> Result<(DocumentId, bool), BankError> {
        let claim = &self.claims[draft.home];
        let own: Cow<'_, str> = if claim.own == self.ord {
            Cow::Borrowed(&self.key)
        } else {
            let key: String = connection
                .prepare_cached("SELECT key FROM native WHERE ord = ?1")
                .and_then(|mut select| select.query_row([claim.own], |row| row.get(0)))
                .map_err(BankError::store("read a document"))?;
            Cow::Owned(key)
        };
        let id = |key: &str| DocumentId::of_native_key(self.agent.as_str(), key);
        let is_taken = |id: &DocumentId| taken.iter().any(|(other, _)| other == id);
        let plain = id(&own);
        if !is_taken(&plain) {
            return Ok((plain, false));
        }
        let in_session = id(&format!("{own}@{session}"));
        if !is_taken(&in_session) {
            return Ok((in_session, true));
        }
        // Parts of one record that were made in several projects.
        let project = directory.project_id(claim.about.project)?;
        Ok((id(&format!("{own}@{session}@{project}")), true))
    }

    /// Writes the document that a draft describes, if it differs from what is stored. Returns its row.
    fn write_document(
        &self,
        connection: &Connection,
        draft: &Draft,
        id: DocumentId,
        next_seq: &mut dyn FnMut() -> i64,
        outcome: &mut Settled,
    ) -> Result<i64, BankError> {
        let failed = BankError::store;
        let parts = || draft.parts.iter().map(|index| &self.claims[*index]);
        let session = self.claims[draft.home].session;
        let Some(first) = parts().next() else {
            return Err(BankError::Corrupt { what: "document without parts" });
        };
        let about = About {
            time: first.about.time,
            tool: parts().find_map(|c| c.about.tool.clone()),
            path: parts().find_map(|c| c.about.path.clone()),
            ..first.about.clone()
        };
        // The weakest part decides how far the whole is redacted.
        let redaction = parts().map(|c| c.redaction).min().unwrap_or(0);
        let stored = self.documents.iter().find(|d| d.id == id.as_bytes());
        if let Some(old) = stored {
            let same_parts = || {
                let before = self.claims.iter().filter(|c| c.used.is_some_and(|u| u.0 == old.row));
                before.count() == draft.parts.len()
                    && parts().enumerate().all(|(place, claim)| {
                        // A claim whose text was replaced is dirty but keeps its old place.
                        claim.used == i64::try_from(place).ok().map(|place| (old.row, place))
                            && !self.replaced_text(claim)
                    })
            };
            if !old.deleted
                && old.session == session
                && old.position == draft.position
                && old.about == about
                && old.redaction == redaction
                && same_parts()
            {
                return Ok(old.row);
            }
            let moves = old.session != session
                || old.position != draft.position
                || old.about.kind != about.kind
                || old.about.project != about.project;
            if !old.deleted && moves {
                old.leave(connection, next_seq)?;
            }
        }
        let hash = self.content(connection, draft)?;
        let values = rusqlite::params![
            id.as_bytes(),
            self.ord,
            session,
            draft.position,
            about.kind,
            about.speaker,
            about.time,
            about.project,
            about.record_id.as_deref().map(|id| RecordId(id.into())),
            about.tool,
            about.path,
            hash.as_bytes(),
            redaction,
            next_seq(),
        ];
        let write = |statement| {
            connection
                .prepare_cached(statement)
                .and_then(|mut write| write.execute(values))
                .map_err(failed("keep a document"))
        };
        if let Some(old) = stored {
            write(CHANGE_DOCUMENT)?;
            if old.deleted {
                outcome.added += 1;
            } else {
                outcome.changed += 1;
            }
            return Ok(old.row);
        }
        outcome.added += 1;
        if write(ENTER_DOCUMENT)? > 0 {
            return Ok(connection.last_insert_rowid());
        }
        // Another key yields the same id. That takes a key that was made for it.
        write(CHANGE_DOCUMENT)?;
        connection
            .prepare_cached("SELECT row FROM document WHERE id = ?1")
            .and_then(|mut select| select.query_row([id.as_bytes()], |row| row.get(0)))
            .map_err(failed("keep a document"))
    }

    /// The hash of the text that a draft's parts make.
    fn content(&self, connection: &Connection, draft: &Draft) -> Result<ContentHash, BankError> {
        // Nearly every document has one part, and that is hashed already.
        if let [only] = draft.parts[..]
            && let Some((text, hash)) = self.claims[only].came
            && text.len() <= text::DOCUMENT_BYTES_MAX
        {
            return Ok(hash);
        }
        let mut texts = Vec::with_capacity(draft.parts.len());
        let mut blocks = Blocks::default();
        for claim in draft.parts.iter().map(|index| &self.claims[*index]) {
            texts.push(match claim.came {
                Some((text, _)) => Cow::Borrowed(text),
                None => Cow::Owned(blocks.text(connection, claim.text, claim.bytes)?),
            });
        }
        Ok(ContentHash::of(&text::join(texts.iter().map(AsRef::as_ref))))
    }

    /// Whether the text of this claim took another one's place in this batch.
    fn replaced_text(&self, claim: &Claim<'_>) -> bool {
        claim.dirty && !self.replaced.is_empty()
    }
}
