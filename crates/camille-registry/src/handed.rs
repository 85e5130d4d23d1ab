//! Fingerprints of what peers wrote and this node handed to its owner, so that it is known again when an agent
//! writes it down. Bounded: the oldest go. It holds no text.

use super::Registry;
use super::column::Millis;
use super::error::RegistryError;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// Bytes of a fingerprint: those of its 48 bits.
const PRINT_BYTES: usize = 6;

/// What a text takes besides its fingerprints, in bytes: its hash, its time and whose it is.
const ROW_BYTES: i64 = 48;

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
    /// Remembers texts before they are handed out, in so many bytes: the oldest go, and whether some did is
    /// told. What goes would be taken for the owner's own words. What is remembered now stays, however much it is.
    ///
    /// # Errors
    /// When node.db cannot be written: then they must not be handed out.
    pub fn remember_handed(&self, texts: &[Handed], bytes_max: u64) -> Result<bool, RegistryError> {
        let bytes_max = i64::try_from(bytes_max).unwrap_or(i64::MAX);
        self.write("remember what peers wrote", |tx| {
            for Handed { text, source, time, prints } in texts {
                let prints: Vec<u8> = prints
                    .iter()
                    .flat_map(|p| p.to_le_bytes().into_iter().take(PRINT_BYTES))
                    .collect();
                tx.prepare_cached("INSERT OR IGNORE INTO handed VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![text.as_slice(), source, Millis(*time), prints])?;
            }
            let (mut bytes, rows): (i64, i64) = tx.query_row(
                "SELECT coalesce(sum(length(prints)), 0), count(*) FROM handed",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            bytes += rows * ROW_BYTES;
            let newest = texts.iter().map(|handed| handed.time).max();
            let mut forgot = false;
            while bytes > bytes_max {
                let gone = tx
                    .query_row(
                        "DELETE FROM handed WHERE text =
                         (SELECT text FROM handed WHERE time < ?1 ORDER BY time, text LIMIT 1)
                         RETURNING length(prints)",
                        params![newest.map(Millis)],
                        |row| row.get::<_, i64>(0),
                    )
                    .optional()?;
                let Some(gone) = gone else { break };
                bytes -= gone + ROW_BYTES;
                forgot = true;
            }
            Ok(forgot)
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
                let print = |bytes: &[u8]| {
                    let mut print = [0; 8];
                    print[..PRINT_BYTES].copy_from_slice(bytes);
                    u64::from_le_bytes(print)
                };
                Ok(Handed {
                    text: row.get(0)?,
                    source: row.get(1)?,
                    time: row.get::<_, Millis>(2)?.0,
                    prints: prints.chunks_exact(PRINT_BYTES).map(print).collect(),
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
        f.registry
            .remember_handed(&[one.clone(), two.clone(), one.clone()], 1 << 20)
            .expect("writes");
        assert_eq!(open(f.home.path()).handed().expect("reads"), [one, two]);
    }

    #[test]
    fn the_oldest_go_when_there_is_too_much() {
        let f = fixture();
        let bytes_max = 3 * (ROW_BYTES as u64 + 600);
        for number in 1..=3 {
            assert!(
                !f.registry.remember_handed(&[handed(number, 100)], bytes_max).expect("writes")
            );
        }
        assert!(f.registry.remember_handed(&[handed(4, 100)], bytes_max).expect("writes"));
        let kept = || -> Vec<u8> {
            f.registry.handed().expect("reads").iter().map(|handed| handed.text[0]).collect()
        };
        assert_eq!(kept(), [2, 3, 4]);
        f.registry.remember_handed(&[handed(5, 1_000)], bytes_max).expect("writes");
        assert_eq!(kept(), [5], "what is handed out now is remembered, however much it is");
    }
}
