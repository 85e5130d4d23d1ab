//! What is a copy of something in another place: whoever reads it later reads something of that place. It follows from
//! facts alone, whichever session was read first: who copied what to where and when, who gave it another content, who was
//! at the path and when that session lived.

use super::{Mark, mark, record};
use crate::batch::{Copied, CopiedFrom, Renewed};
use crate::error::BankError;
use camille_proto::id::SessionKey;
use foldhash::{HashMap, HashSet};
use jiff::Timestamp;
use record::Small;
use rusqlite::Connection;

/// Directories nearest to the root, in which everybody's things lie: they are no copy of anything as a whole.
const DEPTH_MIN: usize = 3;

/// A moment that nobody knows: it was always so.
const UNKNOWN: i64 = i64::MIN;

/// When something at a path was a copy of something in a place: from the one moment until before the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    since: i64,
    until: i64,
}

/// Keeps that a session copied something. Returns whether that is new.
pub(super) fn note(
    connection: &Connection,
    session: SessionKey,
    copied: &Copied,
) -> Result<bool, BankError> {
    let is_new = write_copied(connection, session, copied)?;
    if is_new {
        // Whoever was there may have said what is in it: quotes are looked for once more.
        connection
            .prepare_cached("UPDATE sought SET members = 0 WHERE members <> 0")
            .and_then(|mut update| update.execute([]))
            .map_err(BankError::store("note what a session copied"))?;
    }
    Ok(is_new)
}

fn write_copied(
    connection: &Connection,
    session: SessionKey,
    copied: &Copied,
) -> Result<bool, BankError> {
    let path = record::directory(&copied.path);
    let time = copied.time.map_or(UNKNOWN, Timestamp::as_millisecond);
    let mut insert = connection
        .prepare_cached("INSERT OR IGNORE INTO copied VALUES (?1, ?2, ?3, ?4)")
        .map_err(BankError::store("note what a session copied"))?;
    let mut write = |origin: &[u8]| {
        insert
            .execute((path, origin, session.as_bytes(), time))
            .map(|rows| rows > 0)
            .map_err(BankError::store("note what a session copied"))
    };
    match &copied.from {
        CopiedFrom::Place(place) => write(&mark(place)),
        // What lies in a copied directory is a copy.
        CopiedFrom::Path(from) => {
            let mut is_new = false;
            let depth = |path: &str| path.bytes().filter(|byte| *byte == b'/').count();
            for above in record::above(from).filter(|above| depth(above) >= DEPTH_MIN) {
                is_new |= write(&record::directory(above))?;
            }
            Ok(is_new)
        }
    }
}

/// Keeps that a session gave something another content. Returns whether that is new.
pub(super) fn note_renewed(
    connection: &Connection,
    session: SessionKey,
    renewed: &Renewed,
) -> Result<bool, BankError> {
    // Without a moment nobody knows whether that was before the copying.
    let Some(time) = renewed.time else { return Ok(false) };
    let path = record::directory(&renewed.path);
    connection
        .prepare_cached("INSERT OR IGNORE INTO renewed VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut insert| {
            let time = time.as_millisecond();
            insert.execute((path, session.as_bytes(), time, renewed.removed))
        })
        .map(|rows| rows > 0)
        .map_err(BankError::store("note what a session wrote"))
}

/// Keeps that a session lived from the one moment to the other. Returns whether that says more than was known and
/// anything depends on it.
pub(super) fn note_lived(
    connection: &Connection,
    session: SessionKey,
    (first, last): (i64, i64),
) -> Result<bool, BankError> {
    let write = || -> rusqlite::Result<bool> {
        let is_new = connection
            .prepare_cached(
                "INSERT INTO lived VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE
                 SET first = min(first, excluded.first), last = max(last, excluded.last)
                 WHERE excluded.first < first OR excluded.last > last",
            )?
            .execute((session.as_bytes(), first, last))?
            > 0;
        let matters = || {
            connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM copied)")?
                .query_row([], |row| row.get(0))
        };
        Ok(is_new && matters()?)
    };
    write().map_err(BankError::store("note when a session was"))
}

/// Which sessions touched which places by what was copied from there.
pub(crate) fn touched(connection: &Connection) -> Result<Vec<(SessionKey, Mark)>, BankError> {
    let read = || -> rusqlite::Result<Vec<(SessionKey, Mark)>> {
        let spans = spans(connection)?;
        if spans.is_empty() {
            return Ok(Vec::new());
        }
        let lived: HashMap<SessionKey, (i64, i64)> = connection
            .prepare_cached("SELECT session, first, last FROM lived")?
            .query_map([], |row| {
                Ok((SessionKey::from_bytes(row.get(0)?), (row.get(1)?, row.get(2)?)))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let mut found = HashSet::default();
        let mut inside =
            connection.prepare_cached("SELECT session FROM inside WHERE directory = ?1")?;
        for ((path, place), spans) in spans {
            let mut rows = inside.query([path])?;
            while let Some(row) = rows.next()? {
                let session = SessionKey::from_bytes(row.get(0)?);
                let (first, last) = lived.get(&session).copied().unwrap_or((UNKNOWN, i64::MAX));
                let met = |span: &Span| last >= span.since && first < span.until;
                if spans.iter().any(met) {
                    found.insert((session, place));
                }
            }
        }
        Ok(found.into_iter().collect())
    };
    read().map_err(BankError::store("read what sessions copied"))
}

type Spans = HashMap<(Small, Mark), Vec<Span>>;

/// What was a copy of something in which place, and when; copies of copies included.
fn spans(connection: &Connection) -> rusqlite::Result<Spans> {
    let mut first: Vec<(Small, Mark, i64)> = Vec::new();
    let mut further: HashMap<Small, Vec<(Small, i64)>> = HashMap::default();
    let mut select = connection.prepare_cached("SELECT path, origin, time FROM copied")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (path, time) = (row.get(0)?, row.get(2)?);
        let origin = row.get_ref(1)?.as_blob()?;
        if let Ok(place) = Mark::try_from(origin) {
            first.push((path, place, time));
        } else if let Ok(from) = Small::try_from(origin) {
            further.entry(from).or_default().push((path, time));
        }
    }
    let mut spans = Spans::default();
    let mut next = first;
    while let Some((path, place, since)) = next.pop() {
        let span = Span { since, until: until(connection, path, &place, since)? };
        let known = spans.entry((path, place)).or_default();
        if known.contains(&span) {
            continue;
        }
        known.push(span);
        for (to, time) in further.get(&path).into_iter().flatten() {
            if *time == UNKNOWN || (*time >= span.since && *time < span.until) {
                next.push((*to, place, *time));
            }
        }
    }
    Ok(spans)
}

/// When a path that was a copy since then was none any more: it was removed, or written anew by a session that itself
/// touched nothing of the place.
fn until(connection: &Connection, path: Small, place: &Mark, since: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT coalesce(min(time), 9223372036854775807) FROM renewed
             WHERE path = ?1 AND time > ?3 AND (removed = 1 OR NOT EXISTS (
                 SELECT 1 FROM touched WHERE touched.session = renewed.session AND mark = ?2))",
        )?
        .query_row((path, place, since), |row| row.get(0))
}
