//! What happens in a story, one line a step: `ana writes s1`, `bruno shares p0`, `ana restarts`.

use proptest::prelude::*;
use std::fmt;
use std::str::FromStr;

/// Sessions of each node; session n works in project n modulo [`PROJECTS`].
pub(crate) const SESSIONS: usize = 5;
/// Projects of each node.
pub(crate) const PROJECTS: usize = 3;

/// Whose step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Ana,
    Bruno,
}

impl Who {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Ana => Self::Bruno,
            Self::Bruno => Self::Ana,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ana => "ana",
            Self::Bruno => "bruno",
        }
    }
}

/// What they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A session goes on by a question and an answer, and is indexed.
    Writes(usize),
    /// Its transcript is deleted, as agents do after 30 days.
    Loses(usize),
    /// It is forgotten.
    Forgets(usize),
    Shares(usize),
    Unshares(usize),
    /// The deny of a project is taken back.
    Undoes(usize),
    /// The other is removed, so that neither can ask.
    Parts,
    /// The other is invited, and joins.
    Invites,
    Restarts,
    /// Asks for something that was written in some session, by either.
    Asks(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) who: Who,
    pub(crate) deed: Deed,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.who.name();
        match self.deed {
            Deed::Writes(n) => write!(f, "{name} writes s{n}"),
            Deed::Loses(n) => write!(f, "{name} loses s{n}"),
            Deed::Forgets(n) => write!(f, "{name} forgets s{n}"),
            Deed::Shares(n) => write!(f, "{name} shares p{n}"),
            Deed::Unshares(n) => write!(f, "{name} unshares p{n}"),
            Deed::Undoes(n) => write!(f, "{name} undoes p{n}"),
            Deed::Parts => write!(f, "{name} parts"),
            Deed::Invites => write!(f, "{name} invites"),
            Deed::Restarts => write!(f, "{name} restarts"),
            Deed::Asks(n) => write!(f, "{name} asks m{n}"),
        }
    }
}

impl FromStr for Step {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let wrong = || format!("'{line}' is no step");
        let mut words = line.split_whitespace();
        let who = match words.next() {
            Some("ana") => Who::Ana,
            Some("bruno") => Who::Bruno,
            _ => return Err(wrong()),
        };
        let deed = words.next().ok_or_else(wrong)?;
        let number = words.next().and_then(|word| word.get(1..)?.parse().ok());
        let n = || number.ok_or_else(wrong);
        let deed = match deed {
            "writes" => Deed::Writes(n()?),
            "loses" => Deed::Loses(n()?),
            "forgets" => Deed::Forgets(n()?),
            "shares" => Deed::Shares(n()?),
            "unshares" => Deed::Unshares(n()?),
            "undoes" => Deed::Undoes(n()?),
            "parts" => Deed::Parts,
            "invites" => Deed::Invites,
            "restarts" => Deed::Restarts,
            "asks" => Deed::Asks(n()?),
            _ => return Err(wrong()),
        };
        Ok(Self { who, deed })
    }
}

/// Random stories of at most so many steps, which shrink to fewer.
pub(crate) fn stories(steps: usize) -> impl Strategy<Value = Vec<Step>> {
    let deed = prop_oneof![
        6 => (0..SESSIONS).prop_map(Deed::Writes),
        1 => (0..SESSIONS).prop_map(Deed::Loses),
        1 => (0..SESSIONS).prop_map(Deed::Forgets),
        4 => (0..PROJECTS).prop_map(Deed::Shares),
        2 => (0..PROJECTS).prop_map(Deed::Unshares),
        1 => (0..PROJECTS).prop_map(Deed::Undoes),
        1 => Just(Deed::Parts),
        2 => Just(Deed::Invites),
        1 => Just(Deed::Restarts),
        6 => (0..64_usize).prop_map(Deed::Asks),
    ];
    let who = prop_oneof![Just(Who::Ana), Just(Who::Bruno)];
    let step = (who, deed).prop_map(|(who, deed)| Step { who, deed });
    prop::collection::vec(step, 1..=steps)
}

/// A story as lines, which [`told`] reads.
pub(crate) fn lines(story: &[Step]) -> String {
    story.iter().map(|step| format!("{step}\n")).collect()
}

/// The story that these lines tell; empty ones and those that begin with `#` are nothing.
pub(crate) fn told(lines: &str) -> Result<Vec<Step>, String> {
    let lines = lines.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::parse).collect()
}
