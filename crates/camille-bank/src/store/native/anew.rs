//! Redacting anew what is filed under one key.

use super::Native;
use crate::batch::POSITIONS_A_BYTE;
use crate::error::BankError;
use crate::secret::{Finding, Redaction};
use crate::store::block::{Blocks, Packer};
use crate::store::redact::Redact;
use crate::store::trace::short;
use camille_proto::id::ContentHash;
use rusqlite::Connection;
use std::borrow::Cow;

/// What redacting a key's texts anew yields: for each change the number of its sighting.
#[derive(Default)]
pub(in crate::store) struct RedactedTexts {
    pub(in crate::store) changed: Vec<(usize, String)>,
    pub(in crate::store) fields: Vec<(usize, Field, String)>,
    /// The line, its session, and what was found in it.
    pub(in crate::store) found: Vec<((i64, i64), i64, Vec<Finding>)>,
}

/// A field beside the text.
#[derive(Clone, Copy)]
pub(in crate::store) enum Field {
    Path,
    Tool,
}

impl<'b> Native<'b> {
    /// What redacting its texts anew yields.
    pub(in crate::store) fn redacted(
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
    pub(in crate::store) fn mark_redacted(
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
    pub(in crate::store) fn replace(
        &mut self,
        connection: &Connection,
        packer: &mut Packer,
        texts: &'b [(usize, String)],
        fields: &'b [(usize, Field, String)],
        version: i64,
    ) -> Result<(), BankError> {
        for (index, text) in texts {
            let content = ContentHash::of(text);
            let hash = short(content);
            let same = self.claims.iter().find(|c| c.hash == hash);
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
            claim.came = Some((text, content));
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
}
