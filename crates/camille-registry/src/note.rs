//! Small facts a node remembers: counters, what was said once, and news for the owner.

use super::Registry;
use super::column::Millis;
use super::error::{Fault, RegistryError};
use super::setting::{integer, put};
use jiff::Timestamp;
use rusqlite::{Connection, params};

const FIRST_MESH_SEARCH: &str = "first_mesh_search";
const PORT: &str = "port";

/// News that the owner did not look at are dropped beyond this many, oldest first.
const NEWS_MAX: u32 = 100;

impl Registry {
    /// True exactly once in the life of this node: for the first question that goes to peers.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn note_first_mesh_search(&self) -> Result<bool, RegistryError> {
        let asked = self.read("read a note", |c| Ok(integer(c, FIRST_MESH_SEARCH)?.is_some()))?;
        if asked {
            return Ok(false);
        }
        self.write("keep a note", |tx| {
            let first = integer(tx, FIRST_MESH_SEARCH)?.is_none();
            put(tx, FIRST_MESH_SEARCH, 1)?;
            Ok(first)
        })
    }

    /// The port this node last listened on.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn port(&self) -> Result<Option<u16>, RegistryError> {
        self.read("read the port", |c| {
            Ok(integer(c, PORT)?.and_then(|port| u16::try_from(port).ok()))
        })
    }

    /// Writes down the port this node listens on.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn set_port(&self, port: u16) -> Result<(), RegistryError> {
        if self.port()? == Some(port) {
            return Ok(());
        }
        self.write("write the port down", |tx| Ok(put(tx, PORT, port)?))
    }

    /// Something the owner should hear at the next command, as a sentence.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn add_news(&self, text: &str, now: Timestamp) -> Result<(), RegistryError> {
        self.write("keep news", |tx| add_news(tx, text, now))
    }

    /// What is new, oldest first, without taking it.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn news(&self) -> Result<Vec<String>, RegistryError> {
        self.read("read the news", |c| {
            let mut statement = c.prepare_cached("SELECT text FROM news ORDER BY id")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// What is new, oldest first; it is not new any more.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn take_news(&self) -> Result<Vec<String>, RegistryError> {
        if self.news()?.is_empty() {
            return Ok(Vec::new());
        }
        self.write("take the news", |tx| {
            let mut statement = tx.prepare_cached("DELETE FROM news RETURNING id, text")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let mut news: Vec<(i64, String)> = rows.collect::<Result<_, _>>()?;
            news.sort_unstable_by_key(|(id, _)| *id);
            Ok(news.into_iter().map(|(_, text)| text).collect())
        })
    }
}

pub(super) fn add_news(connection: &Connection, text: &str, now: Timestamp) -> Result<(), Fault> {
    connection
        .execute("INSERT INTO news (at, text) VALUES (?1, ?2)", params![Millis(now), text])?;
    connection
        .execute("DELETE FROM news WHERE id <= (SELECT max(id) FROM news) - ?1", [NEWS_MAX])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};

    #[test]
    fn the_first_mesh_search_is_said_once_and_for_all() {
        let f = fixture();
        assert!(f.registry.note_first_mesh_search().expect("writes"));
        assert!(!f.registry.note_first_mesh_search().expect("reads"));
        assert!(!open(f.home.path()).note_first_mesh_search().expect("reads"));
    }

    #[test]
    fn news_are_taken_once_in_order_and_are_bounded() {
        let f = fixture();
        for n in 0..150 {
            f.registry.add_news(&format!("news {n}"), day(0)).expect("writes");
        }
        assert_eq!(f.registry.news().expect("reads").len(), 100);
        let news = f.registry.take_news().expect("takes");
        assert_eq!(news.first().map(String::as_str), Some("news 50"));
        assert_eq!(news.last().map(String::as_str), Some("news 149"));
        assert!(f.registry.take_news().expect("takes").is_empty());
        f.registry.add_news("one more", day(1)).expect("writes");
        assert_eq!(f.registry.take_news().expect("takes"), ["one more"]);
    }

    #[test]
    fn the_port_is_remembered() {
        let f = fixture();
        assert_eq!(f.registry.port().expect("reads"), None);
        f.registry.set_port(7863).expect("writes");
        assert_eq!(open(f.home.path()).port().expect("reads"), Some(7863));
    }
}
