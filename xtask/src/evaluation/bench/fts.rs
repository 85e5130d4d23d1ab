//! SQLite's FTS5 over the same texts: what one would take if one took something off the shelf.

use super::bare::HITS;
use anyhow::Result;
use rusqlite::Connection;
use tempfile::TempDir;

/// A table of texts in a folder of its own.
pub(super) struct Fts {
    store: Connection,
    _folder: TempDir,
}

impl Fts {
    /// An empty table.
    pub(super) fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let store = Connection::open(folder.path().join("fts5.db"))?;
        store.execute_batch(
            "CREATE VIRTUAL TABLE texts USING fts5(text, tokenize='porter unicode61')",
        )?;
        Ok(Self { store, _folder: folder })
    }

    /// Adds texts in one transaction.
    pub(super) fn add<'a>(&mut self, texts: impl Iterator<Item = &'a str>) -> Result<()> {
        let transaction = self.store.transaction()?;
        let mut insert = transaction.prepare("INSERT INTO texts (text) VALUES (?1)")?;
        for text in texts {
            insert.execute([text])?;
        }
        drop(insert);
        Ok(transaction.commit()?)
    }

    /// How many hits any of these words have, at most [`HITS`], their texts read.
    pub(super) fn ask(&self, question: &str) -> Result<usize> {
        let mut select = self.store.prepare_cached(
            "SELECT rowid, text FROM texts WHERE texts MATCH ?1 ORDER BY bm25(texts) LIMIT ?2",
        )?;
        let words: Vec<String> = words(question).map(|word| format!("\"{word}\"")).collect();
        let mut rows = select.query((words.join(" OR "), i64::try_from(HITS)?))?;
        let mut hits = 0;
        while let Some(row) = rows.next()? {
            row.get::<_, String>(1)?;
            hits += 1;
        }
        Ok(hits)
    }
}

/// The words of a question, as a program without an analyzer sees them.
pub(super) fn words(question: &str) -> impl Iterator<Item = &str> {
    question.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}
