//! Which files and directories the owner added as sources. Whether they exist is not asked here.

use super::Registry;
use super::column::Millis;
use super::error::RegistryError;
use jiff::Timestamp;
use rusqlite::params;

impl Registry {
    /// Remembers sources, each by its absolute path.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn add_sources(&self, paths: &[String], now: Timestamp) -> Result<(), RegistryError> {
        let known = self.sources()?;
        if paths.iter().all(|path| known.contains(path)) {
            return Ok(());
        }
        self.write("add sources", |tx| {
            for path in paths {
                tx.execute(
                    "INSERT INTO source (path, added) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    params![path, Millis(now)],
                )?;
            }
            Ok(())
        })
    }

    /// The sources that were added, oldest first.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn sources(&self) -> Result<Vec<String>, RegistryError> {
        self.read("list the sources", |c| {
            let mut statement = c.prepare_cached("SELECT path FROM source ORDER BY added, path")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};

    #[test]
    fn sources_are_remembered_once() {
        let f = fixture();
        f.registry.add_sources(&["/b".into(), "/a".into()], day(0)).expect("writes");
        f.registry.add_sources(&["/a".into(), "/c".into()], day(1)).expect("writes");
        assert_eq!(open(f.home.path()).sources().expect("reads"), ["/a", "/b", "/c"]);
    }
}
