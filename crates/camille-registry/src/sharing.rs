//! The sharing rules as they are kept. What they mean is decided in [`super::rule`].

use super::column::Millis;
use super::error::RegistryError;
use super::rule::Rule;
use super::{Registry, pattern, setting};
use camille_proto::vocabulary::Sharing;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};

/// What became of a wish to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The rule stands.
    Noted,
    /// A deny of that very pattern stands; only [`Registry::undo`] takes it back.
    Denied,
}

impl Registry {
    /// Makes the rule for this pattern, in place of an earlier one with the same pattern, unless that is a
    /// deny. `from`: only documents from then on.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn share(
        &self,
        pattern: &str,
        sharing: Sharing,
        from: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Shared, RegistryError> {
        let pattern = pattern::canonical(pattern);
        self.write("share projects", |tx| {
            if all(tx)?.iter().any(|rule| is_deny_of(rule, &pattern)) {
                return Ok(Shared::Denied);
            }
            put(tx, &Rule { pattern, sharing, from, created: now })?;
            Ok(Shared::Noted)
        })
    }

    /// Denies what this pattern matches, now and later, whatever is shared before or afterwards, until
    /// [`Registry::undo`]. Rules that share it stay: they come back with that.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn unshare(&self, pattern: &str, now: Timestamp) -> Result<(), RegistryError> {
        let pattern = pattern::canonical(pattern);
        self.write("unshare projects", |tx| {
            let rules = all(tx)?;
            let stands = rules
                .iter()
                .any(|rule| rule.sharing == Sharing::Private && rule.pattern == pattern);
            // Said again it holds also against what was released in between.
            let is_released: bool =
                tx.query_row("SELECT EXISTS (SELECT 1 FROM release)", [], |row| row.get(0))?;
            if !stands || is_released {
                let deny = Rule { pattern, sharing: Sharing::Private, from: None, created: now };
                put(tx, &deny)?;
            }
            Ok(())
        })
    }

    /// Takes a deny back. Returns whether there was one of this very pattern.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn undo(&self, pattern: &str) -> Result<bool, RegistryError> {
        let pattern = pattern::canonical(pattern);
        self.write("take a deny back", |tx| {
            let mut undone = false;
            for rule in all(tx)?.iter().filter(|rule| is_deny_of(rule, &pattern)) {
                tx.execute("DELETE FROM rule WHERE pattern = ?1 AND denies", [&rule.pattern])?;
                undone = true;
            }
            if undone {
                setting::next_epoch(tx)?;
            }
            Ok(undone)
        })
    }

    /// Takes the one deny of exactly this text away, when others say what it means.
    ///
    /// # Errors
    /// When node.db cannot be written.
    pub fn forget_rule(&self, pattern: &str) -> Result<(), RegistryError> {
        self.write("replace a rule", |tx| {
            tx.execute("DELETE FROM rule WHERE pattern = ?1 AND denies", [pattern])?;
            setting::next_epoch(tx)?;
            Ok(())
        })
    }

    /// All sharing rules, oldest first.
    ///
    /// # Errors
    /// When node.db cannot be read.
    pub fn rules(&self) -> Result<Vec<Rule>, RegistryError> {
        self.read("read the sharing rules", |c| Ok(all(c)?))
    }
}

/// Whether a rule denies this very pattern, however it is spelt.
fn is_deny_of(rule: &Rule, pattern: &str) -> bool {
    rule.sharing == Sharing::Private
        && pattern::denies(&rule.pattern, pattern)
        && pattern::denies(pattern, &rule.pattern)
}

fn put(connection: &Connection, rule: &Rule) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO rule (pattern, denies, sharing, since, created) VALUES (?1, ?2 = 'private', ?2, ?3, ?4)
         ON CONFLICT (pattern, denies) DO UPDATE
         SET sharing = excluded.sharing, since = excluded.since, created = excluded.created",
        params![rule.pattern, rule.sharing.as_str(), rule.from.map(Millis), Millis(rule.created)],
    )?;
    setting::next_epoch(connection)
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<Rule>> {
    connection
        .prepare_cached(
            "SELECT pattern, sharing, since, created FROM rule ORDER BY created, pattern, denies",
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
    use super::super::rule;
    use super::super::tests::{day, fixture, open};
    use super::*;

    const API: &str = "github.com/acme/api";

    fn sharing(registry: &Registry, project: &str) -> Sharing {
        rule::effective(&registry.rules().expect("reads"), project, &[]).sharing
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
    fn an_unshared_project_stays_private_whatever_is_shared_before_or_afterwards() {
        const PAY: &str = "github.com/acme/payroll";
        let wide = ["*", "github.com/acme/*", "acme/*", "github.com/*", "payroll", PAY];
        let denies = [PAY, "github.com/Acme/Payroll", "payroll", "*pay*", "acme/payroll", "*"];
        for deny in denies {
            for share in wide {
                // Each order of: share, unshare, share again; what is not done is left out.
                for order in ["u", "us", "su", "sus", "uss", "ssu", "usu", "suus"] {
                    let f = fixture();
                    for (step, at) in order.chars().zip(0..) {
                        match step {
                            's' => {
                                f.registry
                                    .share(share, Sharing::Indirect, None, day(at))
                                    .expect("writes");
                            }
                            _ => f.registry.unshare(deny, day(at)).expect("writes"),
                        }
                    }
                    let told = format!("{order}: share {share}, unshare {deny}");
                    assert_eq!(sharing(&f.registry, PAY), Sharing::Private, "{told}");
                    assert!(f.registry.undo(deny).expect("writes"), "{told}");
                    f.registry.share(PAY, Sharing::Shared, None, day(9)).expect("writes");
                    assert_eq!(sharing(&f.registry, PAY), Sharing::Shared, "{told}, undone");
                }
            }
        }
    }

    #[test]
    fn unshare_beats_the_other_rules_also_for_later_projects() {
        let f = fixture();
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        f.registry.share("api", Sharing::Indirect, None, day(0)).expect("writes");
        f.registry.unshare("api", day(1)).expect("writes");
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        assert_eq!(sharing(&f.registry, "github.com/acme/sub/api"), Sharing::Private);
        assert_eq!(sharing(&f.registry, "github.com/acme/web"), Sharing::Shared);
    }

    #[test]
    fn only_undoing_takes_a_deny_back() {
        let f = fixture();
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        f.registry.unshare("api", day(1)).expect("writes");
        for spelling in ["api", "API"] {
            let done = f.registry.share(spelling, Sharing::Shared, None, day(2)).expect("writes");
            assert_eq!(done, Shared::Denied, "{spelling}");
        }
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        assert!(!f.registry.undo("web").expect("writes"), "nothing to undo");
        assert!(f.registry.undo("api").expect("writes"));
        assert_eq!(sharing(&f.registry, API), Sharing::Shared, "the wide rule still stands");
    }

    #[test]
    fn unsharing_everything_holds_until_it_is_undone() {
        let f = fixture();
        f.registry.share("github.com/acme/*", Sharing::Shared, None, day(0)).expect("writes");
        f.registry.unshare("*", day(1)).expect("writes");
        f.registry.share(API, Sharing::Shared, None, day(2)).expect("writes");
        assert_eq!(sharing(&f.registry, API), Sharing::Private);
        assert!(f.registry.undo("*").expect("writes"));
        assert_eq!(sharing(&f.registry, API), Sharing::Shared);
        assert_eq!(sharing(&f.registry, "github.com/acme/web"), Sharing::Shared, "comes back");
    }

    #[test]
    fn what_a_deny_suspends_comes_back_as_it_was() {
        let shares = ["*", "github.com/acme/*", "api", API];
        for share in shares {
            for deny in ["*", "github.com/*", "API", "api", API] {
                let f = fixture();
                f.registry.share(share, Sharing::Indirect, Some(day(3)), day(0)).expect("writes");
                let before = f.registry.rules().expect("reads");
                f.registry.unshare(deny, day(1)).expect("writes");
                f.registry.unshare(deny, day(2)).expect("writes");
                assert_eq!(sharing(&f.registry, API), Sharing::Private, "{share}, {deny}");
                assert!(f.registry.undo(deny).expect("writes"));
                assert_eq!(f.registry.rules().expect("reads"), before, "{share}, {deny}");
            }
        }
    }

    #[test]
    fn a_deny_that_is_said_again_is_newer_than_what_was_released() {
        let f = fixture();
        let created =
            |f: &super::super::tests::Fixture| f.registry.rules().expect("reads")[0].created;
        f.registry.unshare("/diary", day(0)).expect("writes");
        f.registry.unshare("/diary", day(1)).expect("writes");
        assert_eq!(created(&f), day(0));
        let agent = camille_proto::vocabulary::Agent::Codex;
        let release = super::super::Release {
            agent,
            session: "s".to_owned(),
            touched: Vec::new(),
            at: day(2),
        };
        f.registry.release(&[release]).expect("writes");
        f.registry.unshare("/diary", day(3)).expect("writes");
        assert_eq!(created(&f), day(3));
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
