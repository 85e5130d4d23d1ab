//! Sessions that the owner shares though they touched what is not shared: each for the places it had touched when
//! that was decided, by what stands for them.

use super::column::Millis;
use super::error::RegistryError;
use super::{Registry, setting};
use camille_proto::vocabulary::Agent;
use jiff::Timestamp;
use rusqlite::params;

impl Registry {
    /// Notes that sessions are not kept back any more for what they have touched.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn release(&self, releases: &[Release]) -> Result<(), RegistryError> {
        self.write("release sessions", |tx| {
            for Release { agent, session, touched, at } in releases {
                tx.execute(
                    "INSERT INTO release (agent, session, released, touched) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET released = excluded.released,
                     touched = excluded.touched",
                    params![agent.as_str(), session, Millis(*at), touched.concat()],
                )?;
            }
            Ok(setting::next_epoch(tx)?)
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
            setting::next_epoch(tx)?;
            Ok(held)
        })
    }

    /// The sessions that were released, by name.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn released(&self) -> Result<Vec<Release>, RegistryError> {
        let rows = self.read("read the released sessions", |c| {
            let mut select = c.prepare_cached(
                "SELECT agent, session, coalesce(touched, x''), released FROM release
                 ORDER BY agent, session",
            )?;
            let rows = select.query_map([], |row| {
                let (agent, session): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((agent, session, row.get::<_, Vec<u8>>(2)?, row.get::<_, Millis>(3)?.0))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        // An agent that this build does not know has no sessions here.
        let known = |(agent, session, touched, at): (String, String, Vec<u8>, Timestamp)| {
            let touched = touched.as_chunks().0.to_vec();
            Some(Release { agent: agent.parse().ok()?, session, touched, at })
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }
}

/// A session that is not kept back for what it had touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Whose it is.
    pub agent: Agent,
    /// As its agent names it.
    pub session: String,
    /// What stands for the places.
    pub touched: Vec<[u8; 16]>,
    /// When. What is denied later is not released.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};
    use super::*;

    #[test]
    fn a_release_holds_until_it_is_taken_back() {
        let f = fixture();
        let release = |agent, session: &str, touched: &[u8]| Release {
            at: day(0),
            agent,
            session: session.to_owned(),
            touched: touched.iter().map(|mark| [*mark; 16]).collect(),
        };
        let name = |release: &Release| (release.agent, release.session.clone());
        let one = release(Agent::ClaudeCode, "one", &[1]);
        let two = release(Agent::Codex, "two", &[]);
        let before = f.registry.epoch().expect("reads");
        f.registry.release(&[one.clone(), two.clone()]).expect("writes");
        let more = release(Agent::ClaudeCode, "one", &[1, 2]);
        f.registry.release(std::slice::from_ref(&more)).expect("writes");
        assert!(f.registry.epoch().expect("reads") > before);
        assert_eq!(open(f.home.path()).released().expect("reads"), [more, two.clone()]);
        assert_eq!(f.registry.hold(&[name(&one), name(&one)]).expect("writes"), 1);
        assert_eq!(f.registry.released().expect("reads"), [two]);
    }
}
