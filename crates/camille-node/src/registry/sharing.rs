//! The sharing rules as they are kept. What they mean is decided in [`super::rule`].

use super::column::Millis;
use super::rule::{self, Effective, Rule};
use super::{Registry, RegistryError, note, pattern};
use camille_proto::vocabulary::Sharing;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

/// What taking a pattern's sharing back did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unshared {
    /// Rules that shared what this pattern matches, and nothing else, are gone.
    pub removed: bool,
    /// Other rules share some of the same projects, so a deny was added.
    pub denied: bool,
}

impl Registry {
    /// Makes the rule for this pattern, in place of an earlier one with the same pattern. `from`: only
    /// documents from then on.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn share(
        &self,
        pattern: &str,
        sharing: Sharing,
        from: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let pattern = pattern::canonical(pattern);
        self.write("share projects", |tx| {
            Ok(put(tx, &Rule { pattern, sharing, from, created: now })?)
        })
    }

    /// Takes back what is shared of what this pattern matches: rules that share nothing else go. Where
    /// other rules would still share a project, now or later, that this pattern matches, a deny is left:
    /// afterwards nothing it matches is shared.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn unshare(&self, pattern: &str, now: Timestamp) -> Result<Unshared, RegistryError> {
        let pattern = pattern::canonical(pattern);
        self.write("unshare projects", |tx| {
            let (mut removed, mut denied) = (false, false);
            for rule in all(tx)?.iter().filter(|rule| rule.sharing != Sharing::Private) {
                if pattern::covers(&pattern, &rule.pattern) {
                    tx.execute("DELETE FROM rule WHERE pattern = ?1", [&rule.pattern])?;
                    removed = true;
                } else if pattern::overlap(&pattern, &rule.pattern) {
                    denied = true;
                }
            }
            if denied {
                let deny = Rule { pattern, sharing: Sharing::Private, from: None, created: now };
                put(tx, &deny)?;
            } else if removed {
                note::next_epoch(tx)?;
            }
            Ok(Unshared { removed, denied })
        })
    }

    /// All sharing rules, oldest first.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn rules(&self) -> Result<Vec<Rule>, RegistryError> {
        self.read("read the sharing rules", |c| Ok(all(c)?))
    }

    /// How far one project may be seen, and why.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn effective(&self, project: &str) -> Result<Effective, RegistryError> {
        Ok(rule::effective(&self.rules()?, project))
    }
}

fn put(connection: &Connection, rule: &Rule) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO rule (pattern, sharing, since, created) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pattern) DO UPDATE
         SET sharing = excluded.sharing, since = excluded.since, created = excluded.created",
        params![rule.pattern, rule.sharing.as_str(), rule.from.map(Millis), Millis(rule.created)],
    )?;
    note::next_epoch(connection)
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<Rule>> {
    connection
        .prepare_cached(
            "SELECT pattern, sharing, since, created FROM rule ORDER BY created, pattern",
        )?
        .query_map([], read_rule)?
        .collect()
}

fn read_rule(row: &Row<'_>) -> rusqlite::Result<Rule> {
    let sharing: String = row.get(1)?;
    Ok(Rule {
        pattern: row.get(0)?,
        sharing: sharing
            .parse()
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, Box::new(e)))?,
        from: row.get::<_, Option<Millis>>(2)?.map(|m| m.0),
        created: row.get::<_, Millis>(3)?.0,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{day, fixture, open};
    use super::*;

    const API: &str = "github.com/acme/api";

    fn sharing(registry: &Registry, project: &str) -> Sharing {
        registry.effective(project).expect("reads").sharing
    }

    #[test]
    fn nothing_is_shared_until_its_owner_shares_it() {
        let f = fixture();
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        assert_eq!(sharing(&open(f.home.path()), API), Sharing::Shared);
        assert_eq!(sharing(&f.registry, "github.com/acme/later"), Sharing::Shared);
    }

    #[test]
    fn unshare_takes_its_own_rule_back_and_leaves_no_deny() {
        let f = fixture();
        f.registry.share(API, Sharing::Shared, None, day(0)).expect("writes");
        let done = f.registry.unshare(API, day(1)).expect("writes");
        assert_eq!(done, Unshared { removed: true, denied: false });
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(2)).expect("writes");
        assert_eq!(sharing(&f.registry, API), Sharing::Shared);
    }

    #[test]
    fn unshare_beats_the_other_rules_also_for_later_projects() {
        let f = fixture();
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        f.registry.share("api", Sharing::Indirect, None, day(0)).expect("writes");
        let done = f.registry.unshare("api", day(1)).expect("writes");
        assert_eq!(done, Unshared { removed: true, denied: true });
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        assert_eq!(sharing(&f.registry, "github.com/acme/sub/api"), Sharing::Private);
        assert_eq!(sharing(&f.registry, "github.com/acme/web"), Sharing::Shared);
        f.registry.share("api", Sharing::Shared, None, day(2)).expect("writes");
        assert_eq!(sharing(&f.registry, API), Sharing::Shared, "sharing again replaces the deny");
    }

    #[test]
    fn unsharing_everything_does_not_stand_in_the_way_later() {
        let f = fixture();
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        f.registry.share("api", Sharing::Indirect, None, day(0)).expect("writes");
        let done = f.registry.unshare("*", day(1)).expect("writes");
        assert_eq!(done, Unshared { removed: true, denied: false });
        assert!(f.registry.rules().expect("reads").is_empty());
        f.registry.share(API, Sharing::Shared, None, day(2)).expect("writes");
        assert_eq!(sharing(&f.registry, API), Sharing::Shared);
    }

    #[test]
    fn every_change_of_a_rule_is_a_new_epoch() {
        let f = fixture();
        let mut last = f.registry.epoch().expect("reads");
        let mut moved = |what: &str| {
            let epoch = f.registry.epoch().expect("reads");
            assert!(epoch > last, "{what}");
            last = epoch;
        };
        f.registry.share(API, Sharing::Shared, None, day(0)).expect("writes");
        moved("share");
        f.registry.share(API, Sharing::Shared, Some(day(0)), day(0)).expect("writes");
        moved("another time");
        f.registry.unshare(API, day(1)).expect("writes");
        moved("unshare");
        f.registry.unshare(API, day(1)).expect("writes");
        assert_eq!(f.registry.epoch().expect("reads"), last, "nothing changed");
    }
}
