//! Which sharing rule decides about a project. Pure: rules in, decision out; it never reads a store.
//!
//! A project that no rule matches is private. A deny beats every allow, by whichever of the project's names
//! it is denied. Among several allows the one that names the project most closely decides, among equally
//! close ones the newest.

use super::pattern;
use super::pattern::{Called, Deny};
use camille_proto::grant::Grant;
use camille_proto::vocabulary::Sharing;
use jiff::Timestamp;
use std::collections::HashMap;

/// The other names that projects have, by their ids: further remotes, directories.
pub type Names = HashMap<String, Vec<String>>;

/// A sharing rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Which projects it is about.
    pub pattern: String,
    /// What becomes of them; `private` is a deny.
    pub sharing: Sharing,
    /// Only documents from then on.
    pub from: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

/// How far a project may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// How far.
    pub sharing: Sharing,
    /// The pattern of the rule that says so; absent: no rule matches, and private is the default.
    pub rule: Option<String>,
    /// Only documents from then on.
    pub from: Option<Timestamp>,
}

/// What the rules say about one project. `also`: its other names.
#[must_use]
pub fn effective(rules: &[Rule], project: &str, also: &[String]) -> Effective {
    decided(rules, &denies(rules), project, also)
}

/// The denies among rules, in every form, so that many projects are compared with them.
fn denies(rules: &[Rule]) -> Vec<(&Rule, Deny)> {
    let denies = rules.iter().filter(|rule| rule.sharing == Sharing::Private);
    denies.map(|rule| (rule, Deny::of(&rule.pattern))).collect()
}

fn decided(rules: &[Rule], denies: &[(&Rule, Deny)], project: &str, also: &[String]) -> Effective {
    let closest = |rules: &mut dyn Iterator<Item = &Rule>| -> Option<Rule> {
        rules.max_by_key(|r| (pattern::closeness(&r.pattern, project), r.created)).cloned()
    };
    // Forms are made only where something may be denied.
    let names: Vec<Called> = match denies {
        [] => Vec::new(),
        _ => std::iter::once(project)
            .chain(also.iter().map(String::as_str))
            .map(Called::of)
            .collect(),
    };
    let denied = denies.iter().filter(|(_, deny)| names.iter().any(|name| deny.holds_for(name)));
    if let Some(deny) = closest(&mut denied.map(|(rule, _)| *rule)) {
        return Effective { sharing: Sharing::Private, rule: Some(deny.pattern), from: None };
    }
    let is_allowed =
        |rule: &&Rule| rule.sharing != Sharing::Private && pattern::matches(&rule.pattern, project);
    match closest(&mut rules.iter().filter(is_allowed)) {
        Some(allow) => {
            Effective { sharing: allow.sharing, rule: Some(allow.pattern), from: allow.from }
        }
        None => Effective { sharing: Sharing::Private, rule: None, from: None },
    }
}

/// The projects that a key with this grant may see, each with the time from which on.
///
/// `relayed`: the question came through a relay; then only what is shared indirectly counts. Whether
/// the key may search or read at all is not asked here.
#[must_use]
pub fn visible_projects<'a>(
    rules: &[Rule],
    projects: impl IntoIterator<Item = &'a str>,
    names: &Names,
    grant: &Grant,
    relayed: bool,
) -> Vec<(String, Option<Timestamp>)> {
    let granted = |project: &str| match &grant.projects {
        None => true,
        Some(patterns) => patterns.iter().any(|p| pattern::matches(p, project)),
    };
    let enough = |sharing| match sharing {
        Sharing::Private => false,
        Sharing::Shared => !relayed,
        Sharing::Indirect => true,
    };
    let denies = denies(rules);
    projects
        .into_iter()
        .filter(|project| granted(project))
        .filter_map(|project| {
            let also = names.get(project).map_or(&[][..], Vec::as_slice);
            let effective = decided(rules, &denies, project, also);
            enough(effective.sharing).then(|| (project.to_owned(), effective.from))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::day;
    use super::*;
    use Sharing::{Indirect, Private, Shared};

    fn rules(rules: &[(&str, Sharing)]) -> Vec<Rule> {
        rules
            .iter()
            .zip(0..)
            .map(|((pattern, sharing), n)| Rule {
                pattern: (*pattern).to_owned(),
                sharing: *sharing,
                from: None,
                created: day(n),
            })
            .collect()
    }

    #[test]
    fn the_rules_decide() {
        let api = "github.com/acme/api";
        for (given, expected, rule) in [
            (&[][..], Private, None),
            (&[("github.com/other/*", Shared)], Private, None),
            (&[("github.com/acme/*", Shared)], Shared, Some("github.com/acme/*")),
            (&[("github.com/acme/*", Shared), (api, Private)], Private, Some(api)),
            (&[(api, Private), ("github.com/acme/*", Shared)], Private, Some(api)),
            (&[("*", Private), (api, Indirect)], Private, Some("*")),
            (&[("github.com/acme/*", Shared), (api, Indirect)], Indirect, Some(api)),
            (&[(api, Shared), ("github.com/*", Indirect)], Shared, Some(api)),
            (&[("api", Shared)], Shared, Some("api")),
            (
                &[("github.com/acme/ap*", Shared), ("github.com/acme/*pi", Indirect)],
                Indirect,
                Some("github.com/acme/*pi"),
            ),
        ] {
            let found = effective(&rules(given), api, &[]);
            assert_eq!((found.sharing, found.rule.as_deref()), (expected, rule), "{given:?}");
        }
    }

    #[test]
    fn one_denied_name_of_a_project_denies_it() {
        let given = rules(&[("*", Shared), ("github.com/acme/secret", Private)]);
        let also = |name: &str| [name.to_owned()];
        for (project, name, expected) in [
            ("github.com/ana/fork", "github.com/Acme/Secret", Private),
            ("/home/ana/mirror", "github.com/acme/secret", Private),
            ("/home/ana/mirror", "github.com/acme/open", Shared),
        ] {
            assert_eq!(effective(&given, project, &also(name)).sharing, expected, "{name}");
        }
        // Only denies look at the other names: what may be seen is named by the one the owner was shown.
        let given = rules(&[("github.com/acme/open", Shared)]);
        let found = effective(&given, "/home/ana/mirror", &also("github.com/acme/open"));
        assert_eq!(found.sharing, Private);
    }

    #[test]
    fn the_time_is_that_of_the_rule_that_decides() {
        let mut given = rules(&[("acme/*", Shared), ("acme/api", Shared)]);
        given[0].from = Some(day(100));
        assert_eq!(effective(&given, "github.com/acme/web", &[]).from, Some(day(100)));
        assert_eq!(effective(&given, "github.com/acme/api", &[]).from, None);
        given[1].sharing = Private;
        given[1].from = Some(day(1));
        assert_eq!(effective(&given, "github.com/acme/api", &[]).from, None);
    }

    #[test]
    fn a_grant_narrows_and_a_relay_narrows_more() {
        let given = rules(&[("acme/api", Indirect), ("acme/web", Shared)]);
        let projects = ["api", "web", "payroll"].map(|p| format!("github.com/acme/{p}"));
        let names = |grant: &Grant, relayed| -> Vec<String> {
            visible_projects(
                &given,
                projects.iter().map(String::as_str),
                &Names::new(),
                grant,
                relayed,
            )
            .into_iter()
            .map(|(id, _)| id.rsplit('/').next().unwrap_or_default().to_owned())
            .collect()
        };
        let all = Grant::teammate();
        assert_eq!(names(&all, false), ["api", "web"]);
        assert_eq!(names(&all, true), ["api"]);
        let named = |p: &[&str]| Grant {
            projects: Some(p.iter().map(|p| (*p).to_owned()).collect()),
            ..Grant::teammate()
        };
        assert_eq!(names(&named(&["web"]), false), ["web"]);
        assert_eq!(names(&named(&["web"]), true), [""; 0]);
        assert_eq!(names(&named(&["payroll"]), false), [""; 0], "a grant shares nothing");
        assert_eq!(names(&named(&[]), false), [""; 0]);
    }
}
