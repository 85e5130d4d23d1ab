//! Going through the places for which sessions are held: once for each place, not for each session.
//!
//! What is answered is kept where it is found again: a harmless place in `[sharing] harmless` of config.toml, a
//! private one as an `unshare`. Neither is asked about again.

use super::held::in_words;
use crate::ask::{is_answered, not_answered};
use crate::config::key::HARMLESS;
use crate::config::value::Value;
use crate::config::{self, Config, edit, key};
use crate::consent;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::{Terminal, count, json, plain, table};
use crate::session::{Session, expect_home};
use camille_intake::project::UNCLEAR;
use camille_proto::local::{HeldReason, HeldSession, LOOKS_PRIVATE, ShareRequest};
use camille_proto::vocabulary::Sharing;
use camille_registry::pattern;
use dialoguer::Select;
use dialoguer::theme::ColorfulTheme;
use std::collections::BTreeMap;

/// A place for which sessions are held, and nobody said yet what it is.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    place: &'a str,
    kind: Kind,
    /// Sessions that are held for it, among other things.
    sessions: usize,
    /// Those that are held for nothing else.
    alone: usize,
    example: &'a HeldReason,
}

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    /// A variable that nothing says the value of.
    Variable,
    /// A directory's signs disagree about what it is.
    Unclear,
    /// A directory that no project is known in.
    Directory,
}

/// What is answered, in the order in which it is offered.
const ANSWERS: [&str; 3] = [
    "ask me another time",
    "harmless: hold no session for it",
    "private: hold them, and do not ask again",
];

pub(super) async fn run(context: &mut Context, preview: bool, json: bool) -> Result<Exit, Failure> {
    let config = context.config()?;
    if !preview && !is_answered() {
        return Err(Failure::usage("a review asks, and there is nobody to answer")
            .hint("--preview shows what it would ask"));
    }
    expect_home(&config)?;
    let session = if preview {
        Session::look(&config).await?
    } else {
        consent::session(&config, &context.environment).await?
    };
    let outcome = async {
        let held = session.client().held_sessions().await?;
        let rules = session.client().rules().await?;
        let mut places = places(&held);
        // Said already: it is private.
        places.retain(|place| {
            !rules.iter().any(|rule| {
                rule.sharing == Sharing::Private && pattern::denies(&rule.pattern, place.place)
            })
        });
        if preview {
            return show(&mut context.terminal, &places, json);
        }
        ask(context, &session, &places).await
    };
    let outcome = outcome.await;
    session.close().await;
    outcome
}

/// The places, those first for which most sessions are held.
fn places(held: &[HeldSession]) -> Vec<Place<'_>> {
    let mut found: BTreeMap<&str, Place<'_>> = BTreeMap::new();
    for session in held.iter().filter(|session| !session.private && !session.denied) {
        let mut touched: Vec<&str> =
            session.reasons.iter().map(|reason| reason.project.as_str()).collect();
        touched.sort_unstable();
        touched.dedup();
        for place in &touched {
            let Some(kind) = kind(place) else { continue };
            let example = session.reasons.iter().find(|reason| reason.project == *place);
            let Some(example) = example else { continue };
            let entry =
                found.entry(place).or_insert(Place { place, kind, sessions: 0, alone: 0, example });
            entry.sessions += 1;
            entry.alone += usize::from(touched.len() == 1);
        }
    }
    let mut places: Vec<Place<'_>> = found.into_values().collect();
    places.sort_by(|a, b| (b.sessions, a.place).cmp(&(a.sessions, b.place)));
    places
}

/// What a place is. `None`: a project, which is shared or private as its owner says, or a prompt that looks like
/// #private, which is meant or not in each session by itself.
fn kind(place: &str) -> Option<Kind> {
    if place == LOOKS_PRIVATE {
        None
    } else if place.starts_with('$') {
        Some(Kind::Variable)
    } else if place.starts_with(UNCLEAR) {
        Some(Kind::Unclear)
    } else {
        place.starts_with(['/', '~']).then_some(Kind::Directory)
    }
}

/// A place in words, with an example of what was done there.
fn tell(terminal: &mut Terminal, place: &Place<'_>) -> Result<(), Failure> {
    let name = plain::one_line(place.place);
    let sessions = count(place.sessions as u64, "session");
    let alone = match place.alone {
        0 => String::new(),
        all if all == place.sessions => ", for nothing else".to_owned(),
        some => format!(", {some} for nothing else"),
    };
    let what = match place.kind {
        Kind::Variable => "nothing says what its value was",
        Kind::Unclear => "its signs disagree about which project it is",
        Kind::Directory => "a directory that you do not share",
    };
    table::text(terminal, &terminal.paint.strong(&name))?;
    table::text(terminal, &format!("  {what}; {sessions} held{alone}"))?;
    table::text(terminal, &format!("  one {}", in_words(place.example)))
}

fn show(terminal: &mut Terminal, places: &[Place<'_>], as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        json::print(terminal, &places)?;
        return Ok(Exit::Done);
    }
    if places.is_empty() {
        terminal.line("nothing to ask about: no session is held for an unknown place")?;
    }
    for place in places {
        tell(terminal, place)?;
    }
    Ok(Exit::Done)
}

async fn ask(
    context: &mut Context,
    session: &Session,
    places: &[Place<'_>],
) -> Result<Exit, Failure> {
    if places.is_empty() {
        return show(&mut context.terminal, places, false);
    }
    let mut harmless = false;
    for (at, place) in places.iter().enumerate() {
        let terminal = &mut context.terminal;
        tell(terminal, place)?;
        terminal.flush()?;
        let answer = Select::with_theme(&ColorfulTheme::default())
            .with_prompt(format!("{} of {}", at + 1, places.len()))
            .items(ANSWERS)
            .default(0)
            .interact()
            .map_err(not_answered)?;
        match answer {
            1 => {
                keep_harmless(context, place.place)?;
                harmless = true;
            }
            2 => {
                let pattern = place.place.to_owned();
                let request = ShareRequest { pattern, sharing: Sharing::Private, from: None };
                session.client().share(&request).await?;
            }
            _ => {}
        }
    }
    let terminal = &mut context.terminal;
    if harmless && session.running() {
        terminal.hint("note", "what is harmless counts once `camille up` is started again")?;
    }
    terminal.hint("left", "camille projects list --held")?;
    Ok(Exit::Done)
}

/// Adds a place to `[sharing] harmless`, beside what stands there.
fn keep_harmless(context: &Context, place: &str) -> Result<(), Failure> {
    let config: Config = context.config()?;
    let Some(key) = key::key(HARMLESS) else {
        return Err(Failure::new(Exit::Bug, "there is no key for harmless places"));
    };
    let value = with(config.in_file(HARMLESS), place);
    let home = config::home(&context.environment, &context.flags)?;
    edit::store(&config::file_path(&home), key, &value)
}

/// The list with one place more.
fn with(before: Option<&Value>, place: &str) -> Value {
    let mut places = match before {
        Some(Value::Texts(places)) => places.clone(),
        _ => Vec::new(),
    };
    if !places.iter().any(|known| known == place) {
        places.push(place.to_owned());
    }
    Value::Texts(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::local::SessionName;
    use camille_proto::vocabulary::Agent;

    fn held(session: &str, places: &[&str]) -> HeldSession {
        let reason = |place: &&str| HeldReason {
            project: (*place).to_owned(),
            how: "read".into(),
            path: format!("{place}/x"),
            time: None,
            own: true,
        };
        HeldSession {
            name: SessionName { agent: Agent::Codex, session: session.into() },
            title: None,
            project: "github.com/acme/api".into(),
            documents: 1,
            touched: Vec::new(),
            reasons: places.iter().map(reason).collect(),
            private: false,
            denied: false,
        }
    }

    #[test]
    fn each_unknown_place_is_asked_about_once_and_projects_are_not() {
        let mut private = held("e", &["$SECRET"]);
        private.private = true;
        let held = [
            held("a", &["$DATA", "$DATA", "github.com/acme/payroll"]),
            held("b", &["$DATA"]),
            held("c", &["/home/ana/scratch", "$DATA"]),
            held("d", &["unclear:/home/ana/x"]),
            private,
        ];
        let found = places(&held);
        let told: Vec<_> =
            found.iter().map(|one| (one.place, one.kind, one.sessions, one.alone)).collect();
        assert_eq!(
            told,
            [
                ("$DATA", Kind::Variable, 3, 1),
                ("/home/ana/scratch", Kind::Directory, 1, 0),
                ("unclear:/home/ana/x", Kind::Unclear, 1, 1),
            ]
        );
    }

    #[test]
    fn what_is_harmless_already_stays_so_and_stands_there_once() {
        let one = with(None, "$DATA");
        let two = with(Some(&one), "~/scratch");
        assert_eq!(with(Some(&two), "$DATA"), two);
        assert_eq!(two, Value::Texts(vec!["$DATA".into(), "~/scratch".into()]));
    }
}
