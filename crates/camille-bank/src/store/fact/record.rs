//! What stands for records and directories: hashes, kept tightly, since there is one for each record.

use crate::error::BankError;
use camille_proto::id::SessionKey;
use foldhash::HashSet;
use rusqlite::{Connection, OptionalExtension};

/// What stands for a record or a directory.
pub(super) type Small = [u8; 8];

/// How many bytes of a file share a row: a row is written anew whenever something is added to it.
const PIECE_BYTES: u64 = 1 << 20;

/// Records of one session in one piece of its file.
#[derive(Default)]
pub(super) struct Records {
    marks: Vec<Small>,
}

impl Records {
    pub(super) fn add(&mut self, record: &str) {
        let mark = mark(record);
        // The parts of one record follow each other.
        if self.marks.last() != Some(&mark) {
            self.marks.push(mark);
        }
    }

    /// Writes those that are not there yet, and returns them.
    pub(super) fn keep(
        self,
        connection: &Connection,
        session: SessionKey,
        piece: i64,
    ) -> Result<Vec<Small>, BankError> {
        let failed = BankError::store;
        let known: Option<Vec<u8>> = connection
            .prepare_cached("SELECT records FROM holding WHERE session = ?1 AND piece = ?2")
            .and_then(|mut select| {
                select.query_row((session.as_bytes(), piece), |row| row.get(0)).optional()
            })
            .map_err(failed("read a session's records"))?;
        let mut all = known.unwrap_or_default();
        let mut seen: HashSet<Small> = small(&all).collect();
        let new: Vec<Small> = self.marks.into_iter().filter(|mark| seen.insert(*mark)).collect();
        if new.is_empty() {
            return Ok(new);
        }
        all.extend(new.iter().flatten());
        connection
            .prepare_cached("INSERT OR REPLACE INTO holding VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute((session.as_bytes(), piece, all)))
            .map_err(failed("keep a session's records"))?;
        Ok(new)
    }
}

/// Which piece of a file a position lies in.
pub(super) fn piece(position: u64) -> i64 {
    let piece = position / crate::batch::POSITIONS_A_BYTE / PIECE_BYTES;
    i64::try_from(piece).unwrap_or(i64::MAX)
}

/// What stands for a record, by its id in its source.
pub(super) fn mark(record: &str) -> Small {
    first_8(blake3::Hasher::new_derive_key("camille 2026 record").update(record.as_bytes()))
}

/// How many records that are waited for are held at once; of more each is asked for.
const AWAITED_MAX: usize = 1024;

/// The records that sessions wait for, of which there mostly are few; `None`: too many.
pub(super) fn awaited(connection: &Connection) -> Result<Option<HashSet<Small>>, BankError> {
    let awaited: HashSet<Small> = connection
        .prepare_cached("SELECT DISTINCT record FROM follows LIMIT ?1")
        .and_then(|mut select| {
            let limit = i64::try_from(AWAITED_MAX + 1).unwrap_or(i64::MAX);
            select.query_map([limit], |row| row.get(0))?.collect()
        })
        .map_err(BankError::store("read what a session follows"))?;
    Ok((awaited.len() <= AWAITED_MAX).then_some(awaited))
}

/// Sessions that wait for a record.
pub(super) fn followers(
    connection: &Connection,
    record: Small,
) -> Result<Vec<SessionKey>, BankError> {
    connection
        .prepare_cached("SELECT session FROM follows WHERE record = ?1")
        .and_then(|mut select| {
            select
                .query_map([record], |row| Ok(SessionKey::from_bytes(row.get(0)?)))?
                .collect::<rusqlite::Result<_>>()
        })
        .map_err(BankError::store("read what a session follows"))
}

/// Sessions that hold a record. Goes through the records of all.
pub(super) fn holders(
    connection: &Connection,
    record: Small,
) -> Result<Vec<SessionKey>, BankError> {
    let failed = BankError::store;
    let mut select = connection
        .prepare_cached("SELECT session, records FROM holding")
        .map_err(failed("read the sessions' records"))?;
    let mut rows = select.query([]).map_err(failed("read the sessions' records"))?;
    let mut holders = Vec::new();
    while let Some(row) = rows.next().map_err(failed("read the sessions' records"))? {
        let holds = row
            .get_ref(1)
            .map(|records| {
                records.as_blob().is_ok_and(|records| small(records).any(|other| other == record))
            })
            .map_err(failed("read the sessions' records"))?;
        if holds {
            let session = row.get(0).map_err(failed("read the sessions' records"))?;
            holders.push(SessionKey::from_bytes(session));
        }
    }
    Ok(holders)
}

/// What stands for a path and for each directory above it, the path first; hashed one by one, since who asks
/// mostly knows the first already.
pub(super) fn directories(path: &str) -> impl Iterator<Item = Small> {
    above(path).filter(|above| *above != "/").map(directory)
}

/// A path and each directory above it, the path first.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_end_matches('/');
    let ends = path.rmatch_indices('/').map(|(at, _)| at.max(1));
    let whole = (!path.is_empty()).then_some(path);
    whole.into_iter().chain(ends.map(move |end| &path[..end]))
}

/// What stands for a directory, in whatever case it is written.
pub(super) fn directory(path: &str) -> Small {
    hashed("camille 2026 directory", path)
}

/// What stands for a directory of which all was read.
pub(super) fn walked(path: &str) -> Small {
    hashed("camille 2026 walk", path)
}

fn hashed(context: &'static str, path: &str) -> Small {
    let path = path.trim_end_matches('/').to_lowercase();
    first_8(blake3::Hasher::new_derive_key(context).update(path.as_bytes()))
}

pub(super) fn small(bytes: &[u8]) -> impl Iterator<Item = Small> {
    bytes.as_chunks::<8>().0.iter().copied()
}

fn first_8(hasher: &blake3::Hasher) -> Small {
    let mut small = [0; 8];
    small.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_inside_itself_and_all_above_it() {
        let inside: Vec<Small> = directories("/home/Ana/diary/").collect();
        for above in ["/home", "/home/ana", "/home/ana/diary", "/HOME/ana/"] {
            assert!(inside.contains(&directory(above)), "{above}");
        }
        for other in ["/home/ana/dia", "/home/ana/diary/2026", "/mnt"] {
            assert!(!inside.contains(&directory(other)), "{other}");
        }
        assert_eq!(inside.len(), 3);
        let above: Vec<&str> = above("/home/ana/").collect();
        assert_eq!(above, ["/home/ana", "/home", "/"]);
    }
}
