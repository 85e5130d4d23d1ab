//! One batch, one transaction: parts become documents, the file's checkpoint moves, every change takes the
//! next number. It never touches the index.

use super::alias::Natives;
use super::block::Packer;
use super::claim::Class;
use super::fact::{self, Facts};
use super::former::Former;
use super::native::Reading;
use super::passing::Passed;
use super::session::Directory;
use super::tombstone::Tombstones;
use super::{file, finding, seq};
use crate::batch::{BatchOutcome, FileBatch, Line, Part, SessionUpdate};
use crate::error::BankError;
use camille_proto::local::Accounting;
use rusqlite::{Connection, TransactionBehavior};
use std::borrow::Borrow;

/// Why a line is left out that would bring back what is forgotten.
const FORGOTTEN: &str = "forgotten";

/// Takes in all batches that `next` has, in one transaction; it is told each time what the last one changed.
/// When this returns, all of them are on disk; when it fails, none is. `passed`: takes in what is forgotten.
pub(crate) fn ingest<B: Borrow<FileBatch>>(
    connection: &mut Connection,
    passed: &mut Passed,
    next: &mut dyn FnMut(&BatchOutcome) -> Option<B>,
) -> Result<(), BankError> {
    let failed = BankError::store;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin a batch"))?;
    let mut outcome = BatchOutcome::default();
    while let Some(batch) = next(&outcome) {
        outcome = take_in(&transaction, passed, batch.borrow())?;
    }
    transaction.commit().map_err(failed("commit a batch"))
}

fn take_in(
    connection: &Connection,
    passed: &mut Passed,
    batch: &FileBatch,
) -> Result<BatchOutcome, BankError> {
    let failed = BankError::store;
    let open = file::begin(connection, batch)?;
    let tombstones = Tombstones::load(connection)?;
    let mut facts = Facts::new(connection);
    for (project, name) in &batch.names {
        if !tombstones.has_project(project) {
            fact::note_name(connection, project, name)?;
        }
    }
    let mut updates: Vec<&SessionUpdate> = Vec::with_capacity(batch.sessions.len());
    for update in &batch.sessions {
        let forgotten = tombstones.covers_update(update);
        facts.update(update, &tombstones, forgotten)?;
        if !forgotten && !update.is_facts() {
            updates.push(update);
        }
    }
    let mut lines = Vec::with_capacity(batch.lines.len());
    let mut forgotten_texts = Vec::new();
    let mut passes = false;
    for line in &batch.lines {
        let mut kept = Vec::with_capacity(line.parts.len());
        for part in &line.parts {
            facts.part(part, tombstones.covers_session_of(part))?;
            if let Some(repeated) = tombstones.covers(connection, part)? {
                if let Some(session) = repeated.session {
                    facts.repeats(part, session)?;
                }
                tombstones.extend(connection, part, repeated)?;
                forgotten_texts.push(part.text.as_str());
                passes |= passed.take(part);
            } else {
                kept.push(part);
            }
        }
        lines.push(kept);
    }
    for record in &batch.silent {
        facts.silent(record);
    }
    facts.finish()?;
    let parts: Vec<&Part> = lines.iter().flatten().copied().collect();
    let mut directory =
        Directory::of(connection, open.ord, &tombstones, &forgotten_texts, &updates, &parts)?;
    let mut outcome = BatchOutcome::default();
    let mut settled = batch.accounting.clone();
    let pending = std::mem::take(&mut settled.pending);
    let mut tail = Accounting { pending, ..Accounting::default() };

    let mut packer = Packer::new(connection)?;
    let mut natives = Natives::default();
    let former = Former::of(connection, open.ord)?;
    let reading = Reading {
        file: open.ord,
        path: batch.file.as_str().into(),
        pass: open.pass,
        redaction: batch.redaction_version,
    };
    if batch.fresh {
        finding::forget_file(connection, open.ord)?;
    }
    for (line, parts) in batch.lines.iter().zip(&lines) {
        if line.parts.is_empty() {
            finding::note(connection, line_place(open.ord, line), None, &line.found)?;
            continue;
        }
        let Some(first) = parts.first() else {
            *settled.skipped.entry(FORGOTTEN.to_owned()).or_default() += 1;
            continue;
        };
        if !line.found.is_empty() {
            let session = directory.session_of(first.agent, &first.session)?;
            finding::note(connection, line_place(open.ord, line), Some(session), &line.found)?;
        }
        let class =
            natives.take(connection, &mut directory, &mut packer, parts, &reading, &former)?;
        match class {
            Class::Documented => outcome.documented += 1,
            Class::Merged => outcome.merged += 1,
            Class::Duplicate => outcome.duplicate += 1,
        }
    }
    settled.documented += outcome.documented;
    settled.merged += outcome.merged;
    settled.duplicate += outcome.duplicate;
    if batch.tail {
        tail.add(&std::mem::take(&mut settled));
    }
    natives.add_rehomed(connection, &directory)?;

    let mut number = seq(connection)?.cast_signed();
    let mut next_seq = || {
        number += 1;
        number
    };
    for native in natives.all {
        let changes = native.settle(connection, &mut directory, &mut packer, &mut next_seq)?;
        outcome.added += changes.added;
        outcome.changed += changes.changed;
        outcome.conflicts += changes.conflicts;
    }
    packer.finish(connection)?;
    for session in std::mem::take(&mut directory.moved) {
        // Its documents are visible to others now.
        let changed = connection
            .prepare_cached("UPDATE document SET seq = ?2 WHERE session = ?1 AND deleted = 0")
            .and_then(|mut update| update.execute((session, next_seq())))
            .map_err(failed("move a session to another project"))?;
        outcome.changed += changed as u64;
    }
    for counts in [&mut settled, &mut tail] {
        counts.lines = 0;
        counts.lines = u64::try_from(-counts.unaccounted()).unwrap_or(0);
    }
    // What the reader remembers of a forgotten session must not stay, and what quotes something forgotten is known while
    // that comes by: the file is read anew when it grows.
    let scrubbed = passes || tombstones.covers_some_of(batch) || (open.is_scrubbed && !batch.fresh);
    let cursor = if scrubbed { "" } else { &batch.cursor };
    file::finish(connection, open, batch, cursor, &settled, &tail)?;
    connection
        .prepare_cached("UPDATE meta SET value = ?1 WHERE key = 'seq'")
        .and_then(|mut update| update.execute([number]))
        .map_err(failed("number the changes"))?;
    Ok(outcome)
}

fn line_place(file: i64, line: &Line) -> (i64, i64) {
    (file, i64::try_from(line.offset).unwrap_or(i64::MAX))
}

impl<'b> Natives<'b> {
    /// Takes in a line's parts. The line is what the most important of them is.
    fn take(
        &mut self,
        connection: &Connection,
        directory: &mut Directory<'_>,
        packer: &mut Packer,
        parts: &[&'b Part],
        reading: &Reading,
        former: &Former,
    ) -> Result<Class, BankError> {
        let mut class = Class::Duplicate;
        for part in parts {
            let named = self.name(connection, part)?;
            let one =
                self.all[named.at].take(connection, directory, packer, part, named, reading)?;
            class = class.max(one);
            if let Some((row, part_key)) =
                former.replaced_by(connection, part, &named.hash, reading.redaction)?
            {
                let at = self.row(connection, row)?;
                self.all[at].drop_former(connection, &part_key, reading)?;
            }
        }
        Ok(class)
    }

    /// Adds what may have another home or another project now, because a session turned out to begin earlier or
    /// to belong elsewhere.
    fn add_rehomed(
        &mut self,
        connection: &Connection,
        directory: &Directory<'_>,
    ) -> Result<(), BankError> {
        let failed = BankError::store;
        for session in directory.earlier.iter().chain(&directory.moved) {
            let mut select = connection
                .prepare_cached(
                    "SELECT DISTINCT native FROM part AS here WHERE session = ?1 AND EXISTS (
                         SELECT 1 FROM part AS there WHERE there.native = here.native
                         AND there.session <> here.session)",
                )
                .map_err(failed("find replayed documents"))?;
            let rows: Vec<i64> = select
                .query_map([session], |row| row.get(0))
                .and_then(Iterator::collect)
                .map_err(failed("find replayed documents"))?;
            for row in rows {
                self.row(connection, row)?;
            }
        }
        Ok(())
    }
}
