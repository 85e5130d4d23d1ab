//! Sessions that the owner shares though they touched what is not shared.

use super::column::Millis;
use super::{Registry, RegistryError, note};
use camille_proto::vocabulary::Agent;
use jiff::Timestamp;
use rusqlite::params;

impl Registry {
    /// Notes that a session is not kept back any more.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn release(
        &self,
        sessions: &[(Agent, String)],
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.write("release sessions", |tx| {
            for (agent, session) in sessions {
                tx.execute(
                    "INSERT INTO release (agent, session, released) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO NOTHING",
                    params![agent.as_str(), session, Millis(now)],
                )?;
            }
            Ok(note::next_epoch(tx)?)
        })
    }

    /// Takes that back. Returns how many of them had been released.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn hold(&self, sessions: &[(Agent, String)]) -> Result<usize, RegistryError> {
        self.write("hold sessions", |tx| {
            let mut held = 0;
            for (agent, session) in sessions {
                held += tx.execute(
                    "DELETE FROM release WHERE agent = ?1 AND session = ?2",
                    params![agent.as_str(), session],
                )?;
            }
            note::next_epoch(tx)?;
            Ok(held)
        })
    }

    /// The sessions that were released, by name.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn released(&self) -> Result<Vec<(Agent, String)>, RegistryError> {
        let rows = self.read("read the released sessions", |c| {
            let mut select =
                c.prepare_cached("SELECT agent, session FROM release ORDER BY agent, session")?;
            let rows = select
                .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        // An agent that this build does not know has no sessions here.
        let known = |(agent, session): (String, String)| Some((agent.parse().ok()?, session));
        Ok(rows.into_iter().filter_map(known).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};
    use super::*;

    #[test]
    fn a_release_holds_until_it_is_taken_back() {
        let f = fixture();
        let one = (Agent::ClaudeCode, "one".to_owned());
        let two = (Agent::Codex, "two".to_owned());
        let before = f.registry.epoch().expect("reads");
        f.registry.release(&[one.clone(), two.clone()], day(0)).expect("writes");
        f.registry.release(std::slice::from_ref(&one), day(1)).expect("writes");
        assert!(f.registry.epoch().expect("reads") > before);
        assert_eq!(open(f.home.path()).released().expect("reads"), [one.clone(), two.clone()]);
        assert_eq!(f.registry.hold(&[one.clone(), one]).expect("writes"), 1);
        assert_eq!(f.registry.released().expect("reads"), [two]);
    }
}
