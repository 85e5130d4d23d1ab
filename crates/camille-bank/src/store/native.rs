//! What an agent knows by one key, while a batch is taken in: its sightings, and the documents that follow
//! from them. It never decides anything from the order in which files were read.

use super::block::{Blocks, Packer, Place};
use super::claim::{self, About, Claim, Class, Stored, role_number};
use super::fact;
use super::fold::{Draft, Sighting, fold};
use super::redact::Redact;
use super::session::Directory;
use super::text;
use crate::batch::{POSITIONS_A_BYTE, Part, PartRole};
use crate::error::BankError;
use crate::secret::{Finding, Redaction};
use camille_proto::id::{ContentHash, DocumentId};
use camille_proto::vocabulary::Agent;
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

/// What one key names.
pub(super) struct Native<'b> {
    ord: i64,
    agent: Agent,
    key: String,
    claims: Vec<Claim<'b>>,
    documents: Vec<Stored>,
    /// Texts that may be used by nothing any more, with their lengths.
    replaced: Vec<(Place, i64)>,
}

/// What redacting a key's texts anew yields: for each change the number of its sighting.
#[derive(Default)]
pub(super) struct RedactedTexts {
    pub(super) changed: Vec<(usize, String)>,
    pub(super) fields: Vec<(usize, Field, String)>,
    /// The line, its session, and what was found in it.
    pub(super) found: Vec<((i64, i64), i64, Vec<Finding>)>,
}

/// A field beside the text.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Path,
    Tool,
}

/// What settling one key changed.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) added: u64,
    pub(super) changed: u64,
    pub(super) conflicts: u64,
}

impl<'b> Native<'b> {
    /// What is known by this key; made if it is new.
    pub(super) fn load(
        connection: &Connection,
        agent: Agent,
        key: &str,
    ) -> Result<Self, BankError> {
        let failed = BankError::store;
        let made = connection
            .prepare_cached("INSERT OR IGNORE INTO native (agent, key) VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((agent.as_str(), key)))
            .map_err(failed("enter a document"))?
            > 0;
        if made {
            let mut new = Self::new(connection.last_insert_rowid(), agent, key.to_owned());
            // Most have one part: growing from nothing would make room for four.
            new.claims.reserve_exact(1);
            return Ok(new);
        }
        let ord = connection
            .prepare_cached("SELECT ord FROM native WHERE agent = ?1 AND key = ?2")
            .and_then(|mut select| select.query_row((agent.as_str(), key), |row| row.get(0)))
            .map_err(failed("read a document"))?;
        Self::new(ord, agent, key.to_owned()).filled(connection)
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

    /// Takes in a part from a file. `pass`: how often that file was read from its beginning.
    pub(super) fn take(
        &mut self,
        connection: &Connection,
        directory: &mut Directory<'_>,
        packer: &mut Packer,
        part: &'b Part,
        (file, file_path, pass): (i64, &Rc<str>, i64),
        redaction: i64,
    ) -> Result<Class, BankError> {
        let mut hash = [0; 16];
        hash.copy_from_slice(&blake3::hash(part.text.as_bytes()).as_bytes()[..16]);
        let position = i64::try_from(part.position).unwrap_or(i64::MAX);
        let elsewhere = self
            .claims
            .iter()
            .any(|c| c.file != file && c.part_key == part.part_key && c.hash == hash);
        let known = self.claims.iter().position(|c| c.file == file && c.part_key == part.part_key);
        let class = match known.map(|at| &self.claims[at]) {
            // The same line again: in another reading of the file, or after a crash.
            Some(c) if c.pass != pass || c.position == position => c.class,
            Some(c) if c.hash == hash => Class::Duplicate,
            Some(_) => Class::Merged,
            None if elsewhere => Class::Duplicate,
            None if self.claims.is_empty() => Class::Documented,
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
        let text = match self.claims.iter().find(|c| c.part_key == part.part_key && c.hash == hash)
        {
            Some(same) => same.text,
            None => packer.add(connection, &part.text)?,
        };
        let claim = Claim {
            file,
            file_path: Rc::clone(file_path),
            part_key: Cow::Borrowed(&part.part_key),
            session,
            role: role_number(part.role),
            position,
            pass,
            // A line that replaces the text of an earlier one in its file leaves it its class.
            class: known.map_or(class, |at| self.claims[at].class),
            about,
            redaction,
            bytes: i64::try_from(part.text.len()).unwrap_or(i64::MAX),
            hash,
            text,
            came: Some(&part.text),
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

    /// How many documents it has.
    pub(super) fn documents(&self) -> u64 {
        self.documents.iter().filter(|document| !document.deleted).count() as u64
    }

    /// What redacting its texts anew yields.
    pub(super) fn redacted(
        &self,
        connection: &Connection,
        redact: Redact<'_>,
    ) -> Result<RedactedTexts, BankError> {
        let mut redacted = RedactedTexts::default();
        let mut blocks = Blocks::default();
        for (index, claim) in self.claims.iter().enumerate() {
            let text = blocks.text(connection, claim.text, claim.bytes)?;
            let Redaction { text, mut found } = redact(&text);
            redacted.changed.extend(text.map(|text| (index, text)));
            for (field, text) in
                [(Field::Path, &claim.about.path), (Field::Tool, &claim.about.tool)]
            {
                let Some(text) = text else { continue };
                let again = redact(text);
                found.extend(again.found);
                redacted.fields.extend(again.text.map(|text| (index, field, text)));
            }
            if !found.is_empty() {
                let offset = claim.position / POSITIONS_A_BYTE.cast_signed();
                redacted.found.push(((claim.file, offset), claim.session, found));
            }
        }
        Ok(redacted)
    }

    /// Notes that its texts are under these rules and did not change by that.
    pub(super) fn mark_redacted(
        &self,
        connection: &Connection,
        version: i64,
    ) -> Result<(), BankError> {
        for table in ["part", "document"] {
            connection
                .prepare_cached(&format!(
                    "UPDATE {table} SET redaction = ?2 WHERE native = ?1 AND redaction < ?2"
                ))
                .and_then(|mut update| update.execute((self.ord, version)))
                .map_err(BankError::store("redact"))?;
        }
        Ok(())
    }

    /// Takes these texts and fields in place of those that the sightings had.
    pub(super) fn replace(
        &mut self,
        connection: &Connection,
        packer: &mut Packer,
        texts: &'b [(usize, String)],
        fields: &'b [(usize, Field, String)],
        version: i64,
    ) -> Result<(), BankError> {
        for (index, text) in texts {
            let mut hash = [0; 16];
            hash.copy_from_slice(&blake3::hash(text.as_bytes()).as_bytes()[..16]);
            let part_key = &self.claims[*index].part_key;
            let same = self.claims.iter().find(|c| c.part_key == *part_key && c.hash == hash);
            let place = match same {
                Some(same) => same.text,
                None => packer.add(connection, text)?,
            };
            let claim = &mut self.claims[*index];
            let old = (claim.text, claim.bytes);
            if !self.replaced.contains(&old) {
                self.replaced.push(old);
            }
            claim.text = place;
            claim.bytes = i64::try_from(text.len()).unwrap_or(i64::MAX);
            claim.hash = hash;
            claim.came = Some(text);
        }
        for (index, field, text) in fields {
            let about = &mut self.claims[*index].about;
            match field {
                Field::Path => about.path = Some(Cow::Borrowed(text)),
                Field::Tool => about.tool = Some(Cow::Borrowed(text)),
            }
        }
        for claim in &mut self.claims {
            claim.redaction = claim.redaction.max(version);
            claim.dirty = true;
        }
        Ok(())
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
        for claim in &self.claims {
            let session = directory.session(claim.session)?;
            sessions.push((session.first_time, session.key.clone()));
        }
        let sightings: Vec<Sighting<'_>> = self
            .claims
            .iter()
            .zip(&sessions)
            .map(|(claim, (first_time, key))| Sighting {
                session: (*first_time, key),
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
        for (number, draft) in drafts.iter().enumerate() {
            let id = if number == 0 {
                DocumentId::of_native_key(self.agent.as_str(), &self.key)
            } else {
                let key = format!("{}@{}", self.key, sessions[draft.home].1);
                DocumentId::of_native_key(self.agent.as_str(), &key)
            };
            let row = self.write_document(connection, draft, id, next_seq, &mut outcome)?;
            let is_new = self.documents.iter().all(|d| d.row != row || d.deleted);
            if number > 0 && is_new {
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

    /// Keeps that sessions which hold the same record are one conversation. The key alone does not show it: names
    /// that a model hands out can collide.
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
            let same = |other: &&Claim<'_>| match (&claim.about.record_id, &other.about.record_id) {
                (Some(one), Some(two)) => one == two,
                _ => other.part_key == claim.part_key && other.hash == claim.hash,
            };
            let others = self.claims[..at].iter();
            let shared =
                others.enumerate().find(|(_, other)| other.session != claim.session && same(other));
            if let Some((other, _)) = shared {
                fact::note_shared(connection, self.agent, &sessions[at].1, &sessions[other].1)?;
            }
        }
        Ok(())
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
        let mut texts = Vec::with_capacity(draft.parts.len());
        let mut blocks = Blocks::default();
        for claim in parts() {
            texts.push(match claim.came {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(blocks.text(connection, claim.text, claim.bytes)?),
            });
        }
        let whole = text::join(texts.iter().map(AsRef::as_ref));
        let hash = ContentHash::of(&whole);
        let values = rusqlite::params![
            id.as_bytes(),
            self.ord,
            session,
            draft.position,
            about.kind,
            about.speaker,
            about.time,
            about.project,
            about.record_id,
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

    /// Whether the text of this claim took another one's place in this batch.
    fn replaced_text(&self, claim: &Claim<'_>) -> bool {
        claim.dirty && !self.replaced.is_empty()
    }
}
