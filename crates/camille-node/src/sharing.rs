//! What of the bank is shared with whom: sharing rules, a key's grant and the owner's releases put together.
//! Pure; it reads no store.

use crate::settings::Settings;
use camille_bank::{Released, SessionName, Shared, VisibleProject, place_mark};
use camille_proto::grant::Grant;
use camille_proto::vocabulary::Sharing;
use camille_registry::Release;
use camille_registry::denied;
use camille_registry::pattern;
use camille_registry::rule::{self, Names, Rule};
use std::collections::HashSet;
use std::path::Path;

/// What a bank holds, as far as sharing asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bank<'a> {
    /// All projects and places.
    pub(crate) projects: &'a [String],
    /// Their other names.
    pub(crate) names: &'a Names,
    /// Places that hold nothing of anybody's.
    pub(crate) harmless: &'a Harmless,
}

/// The places of which their owner says that nothing of anybody's is there.
#[derive(Debug, Default)]
pub(crate) struct Harmless {
    patterns: Vec<String>,
}

impl Harmless {
    pub(crate) fn of(settings: &Settings) -> Self {
        let home = settings.sources.person_home.as_deref().and_then(Path::to_str);
        let patterns = settings.sharing.harmless.iter().filter_map(|place| {
            let place = place.trim().trim_end_matches("**").trim_end_matches("/*");
            let place = match (place.strip_prefix("~/"), home) {
                (Some(below), Some(home)) => format!("{home}/{below}"),
                _ => place.to_owned(),
            };
            let place = place.trim_end_matches('/').to_owned();
            // Who wants everything open shares everything.
            let says_which = place.starts_with('$') || !pattern::is_floating(&place);
            (says_which && !place.is_empty()).then_some(place)
        });
        Self { patterns: patterns.collect() }
    }

    /// Whether a place is one of them, or lies below one.
    fn holds(&self, place: &str) -> bool {
        self.patterns.iter().any(|pattern| {
            pattern::matches(pattern, place)
                || place.strip_prefix(pattern.as_str()).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// What one with this grant gets of a bank.
///
/// `relayed`: the question came through a relay; then only what is shared indirectly counts.
pub(crate) fn shared(
    rules: &[Rule],
    bank: Bank<'_>,
    released: Vec<Release>,
    grant: &Grant,
    relayed: bool,
) -> Shared {
    let Bank { projects, names, harmless } = bank;
    let ids = || projects.iter().map(String::as_str);
    let visible = rule::visible_projects(rules, ids(), names, grant, relayed);
    // What a session may have touched is not narrowed by the grant: it is shared all the same, with others.
    let open = rule::visible_projects(rules, ids(), names, &Grant::teammate(), relayed);
    // It is nobody's, but what its owner denies is private.
    let is_denied = |id: &String| {
        let also = names.get(id).map_or(&[][..], Vec::as_slice);
        let by = rule::effective(rules, id, also);
        by.sharing == Sharing::Private && by.rule.is_some()
    };
    let nobodys = projects.iter().filter(|id| harmless.holds(id) && !is_denied(id)).cloned();
    let released =
        released.into_iter().map(|release| still_released(release, rules, projects, names));
    let refused: Vec<String> =
        projects.iter().filter(|id| is_refused(rules, id, names)).cloned().collect();
    let below = refused.iter().flat_map(|id| {
        let also = names.get(id).into_iter().flatten();
        std::iter::once(id).chain(also).filter(|name| name.starts_with('/')).cloned()
    });
    let below = below.collect();
    Shared {
        projects: visible.into_iter().map(|(id, from)| VisibleProject { id, from }).collect(),
        open: open.into_iter().map(|(id, _)| id).chain(nobodys).collect(),
        released: released.collect(),
        denied: denied::directories(rules, projects, names),
        refused,
        below,
    }
}

/// Whether a rule denies a project, and not just everything.
fn is_refused(rules: &[Rule], id: &str, names: &Names) -> bool {
    let also = names.get(id).map_or(&[][..], Vec::as_slice);
    let by = rule::effective(rules, id, also);
    by.sharing == Sharing::Private
        && by.rule.is_some_and(|pattern| pattern.bytes().any(|byte| !matches!(byte, b'*' | b'/')))
}

/// What a release still covers: what its owner denied afterwards is private again.
fn still_released(
    release: Release,
    rules: &[Rule],
    projects: &[String],
    names: &Names,
) -> Released {
    let Release { agent, session, mut touched, at } = release;
    let is_later = |rule: &&Rule| rule.sharing == Sharing::Private && rule.created >= at;
    let later: Vec<Rule> = rules.iter().filter(is_later).cloned().collect();
    if !later.is_empty() {
        let also = |project: &String| names.get(project).map_or(&[][..], Vec::as_slice);
        // A place that is forgotten is known by nothing but its name in the rule.
        let denied: HashSet<[u8; 16]> = projects
            .iter()
            .filter(|project| rule::effective(&later, project, also(project)).rule.is_some())
            .chain(later.iter().map(|rule| &rule.pattern))
            .chain(&denied::directories(&later, projects, names))
            .map(|place| place_mark(place))
            .collect();
        touched.retain(|mark| !denied.contains(mark));
    }
    Released { name: SessionName { agent, session }, touched }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::vocabulary::Agent;
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn what_is_nobodys_is_open_unless_it_is_denied() {
        let projects = [
            "/home/ana/scratch",
            "/home/ana/scratch/a",
            "/home/ana/scratchy",
            "/data/sets",
            "github.com/other/tool",
            "$DATA",
            "github.com/acme/api",
        ]
        .map(str::to_owned);
        let open = |listed: &[&str], rules: &[Rule]| {
            let mut settings = Settings::new("/nowhere".into(), "ana".into());
            settings.sources.person_home = Some("/home/ana".into());
            settings.sharing.harmless = listed.iter().map(|place| (*place).to_owned()).collect();
            let harmless = Harmless::of(&settings);
            let bank = Bank { projects: &projects, names: &Names::new(), harmless: &harmless };
            let shared = shared(rules, bank, Vec::new(), &Grant::teammate(), false);
            assert!(shared.projects.is_empty(), "nothing is shared by that");
            let mut open = shared.open;
            open.sort();
            open
        };
        assert_eq!(open(&["~/scratch/**"], &[]), ["/home/ana/scratch", "/home/ana/scratch/a"]);
        assert_eq!(open(&["~/scratch"], &[]), ["/home/ana/scratch", "/home/ana/scratch/a"]);
        assert_eq!(
            open(&["/data/sets/", "github.com/other/*", "$DATA"], &[]),
            ["$DATA", "/data/sets", "github.com/other/tool"]
        );
        for everything in ["*", "**", "/", "", "api", "scratch"] {
            assert!(open(&[everything], &[]).is_empty(), "{everything}");
        }
        let deny = Rule {
            pattern: "/home/ana/scratch/a".to_owned(),
            sharing: Sharing::Private,
            from: None,
            created: Timestamp::UNIX_EPOCH,
        };
        assert_eq!(open(&["~/scratch"], &[deny]), ["/home/ana/scratch"]);
    }

    #[test]
    fn what_is_denied_later_is_not_released() {
        let at = |day: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day);
        let deny = |pattern: &str, day| Rule {
            pattern: pattern.to_owned(),
            sharing: Sharing::Private,
            from: None,
            created: at(day),
        };
        let projects = ["h.example/a".to_owned(), "h.example/b".to_owned()];
        let names = Names::from([(projects[1].clone(), vec!["h.example/other".to_owned()])]);
        let places = ["h.example/a", "h.example/b", "/diary"];
        for (pattern, day, kept) in [
            ("h.example/a", 1, vec![0, 1, 2]),
            ("h.example/A", 3, vec![1, 2]),
            ("h.example/*", 3, vec![2]),
            ("h.example/other", 3, vec![0, 2]),
            // It is known by nothing but its name: a directory, or what is forgotten.
            ("/diary", 3, vec![0, 1]),
            ("/diary", 1, vec![0, 1, 2]),
        ] {
            let release = Release {
                agent: Agent::Codex,
                session: "s".to_owned(),
                touched: places.map(place_mark).to_vec(),
                at: at(2),
            };
            let rules = [deny(pattern, day)];
            let released = still_released(release, &rules, &projects, &names);
            let expected: Vec<[u8; 16]> = kept.iter().map(|at| place_mark(places[*at])).collect();
            assert_eq!(released.touched, expected, "{pattern} on day {day}");
        }
    }
}
