//! Fingerprints of what peers wrote and this node handed to its owner, so that it is known again when an agent
//! writes it down. Bounded: the oldest go. It holds no text.

use super::column::Millis;
use super::{Registry, RegistryError};
use jiff::Timestamp;
use rusqlite::params;

/// The most kept, in bytes of fingerprints. What goes then would be taken for the owner's own words, so it is
/// generous: some 5,000 pages of text.
const BYTES_MAX: i64 = 8 * 1024 * 1024;

/// A text of a peer's that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// What it is: a hash, so that the same text is kept once.
    pub text: [u8; 16],
    /// By whom.
    pub source: String,
    /// When it was first handed out.
    pub time: Timestamp,
    /// By what it is known again.
    pub prints: Vec<u64>,
}

impl Registry {
    /// Remembers texts before they are handed out.
    ///
    /// # Errors
    /// When node.db cannot be written: then they must not be handed out.
    pub fn remember_handed(&self, texts: &[Handed]) -> Result<(), RegistryError> {
        self.write("remember what peers wrote", |tx| {
            for Handed { text, source, time, prints } in texts {
                let prints: Vec<u8> = prints.iter().flat_map(|print| print.to_le_bytes()).collect();
                tx.prepare_cached("INSERT OR IGNORE INTO handed VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![text.as_slice(), source, Millis(*time), prints])?;
            }
            let mut bytes: i64 =
                tx.query_row("SELECT coalesce(sum(length(prints)), 0) FROM handed", [], |row| {
                    row.get(0)
                })?;
            while bytes > BYTES_MAX {
                bytes -= tx.query_row(
                    "DELETE FROM handed WHERE text =
                     (SELECT text FROM handed ORDER BY time, text LIMIT 1)
                     RETURNING length(prints)",
                    [],
                    |row| row.get::<_, i64>(0),
                )?;
            }
            Ok(())
        })
    }

    /// Everything that is remembered.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn handed(&self) -> Result<Vec<Handed>, RegistryError> {
        self.read("read what peers wrote", |connection| {
            let mut select = connection
                .prepare_cached("SELECT text, source, time, prints FROM handed ORDER BY time")?;
            let rows = select.query_map([], |row| {
                let prints: Vec<u8> = row.get(3)?;
                let prints = prints.chunks_exact(8).filter_map(|b| b.try_into().ok());
                Ok(Handed {
                    text: row.get(0)?,
                    source: row.get(1)?,
                    time: row.get::<_, Millis>(2)?.0,
                    prints: prints.map(u64::from_le_bytes).collect(),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};
    use super::*;

    fn handed(number: u8, prints: usize) -> Handed {
        Handed {
            text: [number; 16],
            source: "ana".to_owned(),
            time: day(number.into()),
            prints: (0..prints as u64).map(|print| print << 8 | u64::from(number)).collect(),
        }
    }

    #[test]
    fn what_was_handed_out_is_known_after_a_restart() {
        let f = fixture();
        let (one, two) = (handed(1, 3), handed(2, 5));
        f.registry.remember_handed(&[one.clone(), two.clone(), one.clone()]).expect("writes");
        assert_eq!(open(f.home.path()).handed().expect("reads"), [one, two]);
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let f = fixture();
        let many = usize::try_from(BYTES_MAX / 8 / 3).expect("fits");
        for number in 1..=4 {
            f.registry.remember_handed(&[handed(number, many)]).expect("writes");
        }
        let kept: Vec<u8> =
            f.registry.handed().expect("reads").iter().map(|handed| handed.text[0]).collect();
        assert_eq!(kept, [2, 3, 4]);
    }
}
