//! What led to a document: the prompt before it, and what the agent said of it. It gives nothing that the asking view
//! does not see, and looks no further than the turn that the document is of.

use super::block::Blocks;
use super::read::{self, StoredDocument};
use crate::document::Led;
use crate::error::BankError;
use crate::search::visibility::View;
use camille_proto::id::DocumentId;
use rusqlite::{Connection, OptionalExtension};

/// The last thing that a person said before a place in a session.
const PROMPT: &str = "SELECT row FROM document WHERE session = ?1 AND deleted = 0 AND position < ?2
    AND kind = 'message' AND speaker = 'person' AND position > ?3 ORDER BY position DESC LIMIT 1";
/// The next one.
const NEXT_PROMPT: &str =
    "SELECT position FROM document WHERE session = ?1 AND deleted = 0 AND position > ?2
    AND kind = 'message' AND speaker = 'person' ORDER BY position LIMIT 1";
/// What the agent said last between two places, and first.
const SAID_BEFORE: &str = "SELECT row FROM document WHERE session = ?1 AND deleted = 0
    AND position < ?2 AND position > ?3 AND kind = 'message' AND speaker = 'agent'
    ORDER BY position DESC LIMIT 1";
const SAID_AFTER: &str = "SELECT row FROM document WHERE session = ?1 AND deleted = 0
    AND position > ?2 AND position < ?3 AND kind = 'message' AND speaker = 'agent'
    ORDER BY position LIMIT 1";

/// What led to the document of this id. `None`: there is none, or the view does not see it.
pub(crate) fn led_to(
    connection: &Connection,
    id: &DocumentId,
    view: &View,
) -> Result<Option<Led>, BankError> {
    let Some(document) = read::seen(connection, id, view)? else { return Ok(None) };
    let (session, position) = (document.session, document.position);
    let prompt = nearest(connection, PROMPT, (session, position, -1), view)?;
    let begin = prompt.as_ref().map_or(-1, |prompt| prompt.position);
    let mut said = nearest(connection, SAID_BEFORE, (session, position, begin), view)?;
    if said.is_none() {
        let end: Option<i64> = connection
            .prepare_cached(NEXT_PROMPT)
            .and_then(|mut select| {
                select.query_row((session, position), |row| row.get(0)).optional()
            })
            .map_err(BankError::store("find what led to a document"))?;
        let end = end.unwrap_or(i64::MAX);
        said = nearest(connection, SAID_AFTER, (session, position, end), view)?;
    }
    let shown = |stored: Option<StoredDocument>| {
        stored.map(|stored| stored.shown(connection, view)).transpose()
    };
    Ok(Some(Led { prompt: shown(prompt)?, said: shown(said)? }))
}

fn nearest(
    connection: &Connection,
    which: &str,
    place: (i64, i64, i64),
    view: &View,
) -> Result<Option<StoredDocument>, BankError> {
    let row: Option<i64> = connection
        .prepare_cached(which)
        .and_then(|mut select| select.query_row(place, |row| row.get(0)).optional())
        .map_err(BankError::store("find what led to a document"))?;
    let Some(row) = row else { return Ok(None) };
    match read::by_row(connection, &mut Blocks::default(), row) {
        Ok(stored) => Ok(stored.filter(|stored| stored.is_seen(view))),
        // What is damaged is shown to nobody.
        Err(BankError::Corrupt { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
