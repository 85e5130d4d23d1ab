//! How texts lie in the store: many in one block, which is compressed as a whole (zstd). Texts of one session
//! repeat each other, so a block takes a quarter less than its texts would one by one.
//!
//! A text that goes leaves zeros in its block, so that the places of the others stay what they are; a block
//! goes with its last text. It never cuts a text.

use crate::error::BankError;
use rusqlite::{Connection, OptionalExtension};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// A block is closed when it holds this much. Larger ones take less, but each text that is read costs its
/// block. Measured on real sessions: 8 KiB at level 3 takes more room and time than this.
const BLOCK_BYTES: usize = 16 * 1024;
/// A block holds at most one text beyond that; more than this is damage.
const BLOCK_BYTES_MAX: usize = 16 << 20;
/// Blocks that a reader keeps at hand: texts that are read together lie together.
const BLOCKS_KEPT: usize = 4;
const LEVEL: i32 = 1;

const RAW: i64 = 0;
const ZSTD: i64 = 1;

/// Where a text lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The row of its block.
    pub(crate) block: i64,
    /// The byte of the block at which it begins.
    pub(crate) start: i64,
}

/// Puts the texts of one batch into blocks. What it holds is in the store only after [`Packer::finish`].
pub(crate) struct Packer {
    block: i64,
    open: Vec<u8>,
    texts: i64,
}

impl Packer {
    /// Begins behind the last block.
    pub(crate) fn new(connection: &Connection) -> Result<Self, BankError> {
        let last: Option<i64> = connection
            .prepare_cached("SELECT max(ord) FROM block")
            .and_then(|mut select| select.query_row([], |row| row.get(0)))
            .map_err(BankError::store("keep a text"))?;
        Ok(Self { block: last.unwrap_or(0) + 1, open: Vec::new(), texts: 0 })
    }

    /// Takes a text in.
    pub(crate) fn add(&mut self, connection: &Connection, text: &str) -> Result<Place, BankError> {
        if self.open.len() >= BLOCK_BYTES {
            self.close(connection)?;
        }
        let start = i64::try_from(self.open.len()).unwrap_or(i64::MAX);
        self.open.extend_from_slice(text.as_bytes());
        self.texts += 1;
        Ok(Place { block: self.block, start })
    }

    /// Removes a text of `bytes` bytes, stored or not.
    pub(crate) fn remove(
        &mut self,
        connection: &Connection,
        place: Place,
        bytes: i64,
    ) -> Result<(), BankError> {
        if place.block != self.block {
            return remove(connection, place, bytes);
        }
        blank(&mut self.open, place, bytes)?;
        self.texts -= 1;
        if self.texts == 0 {
            self.open.clear();
        }
        Ok(())
    }

    /// Writes what is left.
    pub(crate) fn finish(mut self, connection: &Connection) -> Result<(), BankError> {
        self.close(connection)
    }

    fn close(&mut self, connection: &Connection) -> Result<(), BankError> {
        if self.texts > 0 {
            let (form, data) = encode(&self.open);
            connection
                .prepare_cached(
                    "INSERT INTO block (ord, form, bytes, texts, data) VALUES (?1, ?2, ?3, ?4, ?5)",
                )
                .and_then(|mut insert| {
                    insert.execute((self.block, form, self.open.len() as i64, self.texts, data))
                })
                .map_err(BankError::store("keep a text"))?;
            self.block += 1;
        }
        self.open.clear();
        self.texts = 0;
        Ok(())
    }
}

/// Removes a text of `bytes` bytes from the store.
fn remove(connection: &Connection, place: Place, bytes: i64) -> Result<(), BankError> {
    let failed = BankError::store;
    let texts: i64 = connection
        .prepare_cached("SELECT texts FROM block WHERE ord = ?1")
        .and_then(|mut select| select.query_row([place.block], |row| row.get(0)).optional())
        .map_err(failed("remove a text"))?
        .unwrap_or(0);
    if texts <= 1 {
        return connection
            .prepare_cached("DELETE FROM block WHERE ord = ?1")
            .and_then(|mut delete| delete.execute([place.block]))
            .map(|_| ())
            .map_err(failed("remove a text"));
    }
    // Of a damaged block nothing can be read any more: what goes with it is lost already.
    let whole = match load(connection, place.block) {
        Ok((_, mut whole)) => blank(&mut whole, place, bytes).map(|()| whole).unwrap_or_default(),
        Err(BankError::Corrupt { .. }) => Vec::new(),
        Err(error) => return Err(error),
    };
    let (form, data) = encode(&whole);
    connection
        .prepare_cached("UPDATE block SET form = ?2, data = ?3, texts = ?4 WHERE ord = ?1")
        .and_then(|mut update| update.execute((place.block, form, data, texts - 1)))
        .map(|_| ())
        .map_err(failed("remove a text"))
}

/// Reads texts, with the last blocks at hand. Lives no longer than the transaction it reads in.
#[derive(Default)]
pub(crate) struct Blocks {
    /// The last one used is the last.
    kept: Vec<(i64, Vec<u8>)>,
}

impl Blocks {
    /// The text of `bytes` bytes at a place.
    pub(crate) fn text(
        &mut self,
        connection: &Connection,
        place: Place,
        bytes: i64,
    ) -> Result<String, BankError> {
        match self.kept.iter().position(|(block, _)| *block == place.block) {
            Some(at) => self.kept[at..].rotate_left(1),
            None => {
                let (_, whole) = load(connection, place.block)?;
                if self.kept.len() >= BLOCKS_KEPT {
                    self.kept.remove(0);
                }
                self.kept.push((place.block, whole));
            }
        }
        let corrupt = || BankError::Corrupt { what: "text" };
        let (_, whole) = self.kept.last().ok_or_else(corrupt)?;
        let range = range(whole, place, bytes).ok_or_else(corrupt)?;
        std::str::from_utf8(&whole[range]).map(str::to_owned).map_err(|_| corrupt())
    }
}

/// How many texts a block holds, and all its bytes.
fn load(connection: &Connection, block: i64) -> Result<(i64, Vec<u8>), BankError> {
    connection
        .prepare_cached("SELECT texts, form, bytes, data FROM block WHERE ord = ?1")
        .and_then(|mut select| {
            select
                .query_row([block], |row| {
                    let data = row.get_ref(3)?.as_blob().unwrap_or_default();
                    Ok((row.get(0)?, decode(row.get(1)?, data, row.get(2)?)))
                })
                .optional()
        })
        .map_err(BankError::store("read a text"))?
        .and_then(|(texts, whole)| Some((texts, whole?)))
        .ok_or(BankError::Corrupt { what: "text" })
}

fn blank(whole: &mut [u8], place: Place, bytes: i64) -> Result<(), BankError> {
    let range = range(whole, place, bytes).ok_or(BankError::Corrupt { what: "text" })?;
    whole[range].fill(0);
    Ok(())
}

fn range(whole: &[u8], place: Place, bytes: i64) -> Option<std::ops::Range<usize>> {
    let start = usize::try_from(place.start).ok()?;
    let end = start.checked_add(usize::try_from(bytes).ok()?)?;
    (end <= whole.len()).then_some(start..end)
}

/// A context for each direction is large, and made once for each thread.
struct Codec {
    compressor: Option<Compressor<'static>>,
    decompressor: Option<Decompressor<'static>>,
}

thread_local! {
    static CODEC: RefCell<Codec> = RefCell::new(Codec {
        compressor: Compressor::new(LEVEL).ok(),
        decompressor: Decompressor::new().ok(),
    });
}

/// What does not become smaller is kept as it is.
fn encode(whole: &[u8]) -> (i64, Vec<u8>) {
    let compressed = CODEC.with_borrow_mut(|codec| codec.compressor.as_mut()?.compress(whole).ok());
    match compressed {
        Some(data) if data.len() < whole.len() => (ZSTD, data),
        _ => (RAW, whole.to_vec()),
    }
}

/// The bytes of a text or a block; `None`: it is damaged.
pub(crate) fn decode(form: i64, data: &[u8], bytes: i64) -> Option<Vec<u8>> {
    let capacity = usize::try_from(bytes).ok().filter(|bytes| *bytes <= BLOCK_BYTES_MAX)?;
    match form {
        RAW => Some(data.to_vec()),
        ZSTD => CODEC
            .with_borrow_mut(|codec| codec.decompressor.as_mut()?.decompress(data, capacity).ok()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE block (ord INTEGER PRIMARY KEY, form, bytes, texts, data)")
            .unwrap();
        connection
    }

    fn kept(connection: &Connection, texts: &[String]) -> Vec<(Place, i64)> {
        let mut packer = Packer::new(connection).unwrap();
        let places = texts
            .iter()
            .map(|text| (packer.add(connection, text).unwrap(), text.len() as i64))
            .collect();
        packer.finish(connection).unwrap();
        places
    }

    fn blocks(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM block", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn texts_come_back_as_they_were() {
        let connection = store();
        let texts =
            ["".into(), "short".into(), "long and dull ".repeat(5_000), "é".repeat(1 << 19)];
        let places = kept(&connection, &texts);
        let mut reader = Blocks::default();
        for ((place, bytes), text) in places.iter().zip(&texts) {
            assert_eq!(reader.text(&connection, *place, *bytes).unwrap(), *text);
        }
        let nowhere = Place { block: 99, start: 0 };
        assert!(reader.text(&connection, nowhere, 10).is_err());
        let (place, bytes) = places[3];
        assert!(reader.text(&connection, place, bytes + 1).is_err());
    }

    #[test]
    fn a_text_that_goes_leaves_the_others_and_no_trace() {
        let connection = store();
        let texts: Vec<String> = (0..3).map(|n| format!("text number {n}")).collect();
        let places = kept(&connection, &texts);
        remove(&connection, places[1].0, places[1].1).unwrap();
        let mut reader = Blocks::default();
        for at in [0, 2] {
            let (place, bytes) = places[at];
            assert_eq!(reader.text(&connection, place, bytes).unwrap(), texts[at]);
        }
        let (_, whole) = load(&connection, places[0].0.block).unwrap();
        assert!(!String::from_utf8(whole).unwrap().contains("number 1"));
        for at in [0, 2] {
            remove(&connection, places[at].0, places[at].1).unwrap();
        }
        assert_eq!(blocks(&connection), 0);
    }

    #[test]
    fn what_goes_before_it_was_written_is_never_written() {
        let connection = store();
        let mut packer = Packer::new(&connection).unwrap();
        let gone = packer.add(&connection, "gone").unwrap();
        let stays = packer.add(&connection, "stays").unwrap();
        packer.remove(&connection, gone, 4).unwrap();
        packer.finish(&connection).unwrap();
        assert_eq!(Blocks::default().text(&connection, stays, 5).unwrap(), "stays");
        let (texts, whole) = load(&connection, stays.block).unwrap();
        assert_eq!((texts, whole.as_slice()), (1, &b"\0\0\0\0stays"[..]));
    }
}
