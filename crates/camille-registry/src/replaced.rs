//! What becomes of a peer's keys when it joined again: the new one takes the place of those from before.

use super::column::Millis;
use super::error::Fault;
use super::kind::LAPSE_S;
use super::{note, setting};
use camille_proto::key::KeyId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

/// Ends what a peer's key takes the place of, now that it was used for the first time. A node holds one key for a
/// bank, so when one that it got by joining again arrived, those that it had before are nobody's; until then nobody
/// knows whether the answer was lost. A renewed key leaves alone what it was renewed from, which has its end already.
pub(super) fn end(connection: &Connection, used: &KeyId, now: Timestamp) -> Result<(), Fault> {
    let mut statement = connection.prepare_cached(
        "UPDATE key SET revoked = ?2 WHERE kind = 'peer' AND revoked IS NULL
             AND bound_to = (SELECT bound_to FROM key WHERE id = ?1)
             AND rowid < (SELECT rowid FROM key WHERE id = ?1)
             AND min(coalesce(expires, ?2 + 1), coalesce(last_used, created) + ?3) > ?2
             AND NOT EXISTS (SELECT 1 FROM key AS used WHERE used.id = ?1 AND used.claim IS NULL
                             AND used.lineage <> used.id AND used.lineage = key.lineage)
         RETURNING id",
    )?;
    let ended: Vec<String> = statement
        .query_map(params![used.0, Millis(now), LAPSE_S * 1000], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    if ended.is_empty() {
        return Ok(());
    }
    setting::next_epoch(connection)?;
    let name: Option<String> = connection
        .query_row(
            "SELECT peer.name FROM peer JOIN key ON key.bound_to = peer.id WHERE key.id = ?1",
            [&used.0],
            |row| row.get(0),
        )
        .optional()?;
    let name = name.unwrap_or_else(|| "a peer".to_owned());
    let news = format!("you and {name} joined again: the key that {name} had before has ended");
    note::add_news(connection, &news, now)
}
