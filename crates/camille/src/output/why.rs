//! Who wrote lines, for people: session by session (`why`) or line by line (`blame`).

use super::plain::one_line;
use super::snippet::snippet;
use super::{Terminal, count, moment};
use crate::failure::Failure;
use camille_proto::local::{
    Evidence, MightKnow, Passage, SessionName, WhyAnswer, WhySession, WhyStretch,
};
use std::collections::BTreeMap;

/// Lines that a prompt or a reason gets.
const PASSAGE_LINES: usize = 6;
/// Of a session's or a commit's id, what people need to tell it from others.
const ID_CHARS: usize = 8;
/// Columns of the numbers of lines.
const LINES: usize = 11;
/// Whose bank it is in, as hits say it.
const YOU: &str = "you";
/// What is said of lines that no session is known to have written.
const NOT_KNOWN: &str = "not known here";

/// Prints the sessions behind lines, the newest first, then what is not known.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn print(terminal: &mut Terminal, answer: &WhyAnswer) -> Result<(), Failure> {
    let (paint, width) = (terminal.paint, terminal.width);
    for (number, session) in answer.sessions.iter().enumerate() {
        let of = |stretch: &&WhyStretch| stretch.session.is_some_and(|at| at as usize == number);
        let stretches: Vec<&WhyStretch> = answer.stretches.iter().filter(of).collect();
        head(terminal, session)?;
        terminal.line(format!("{}: {}", evidence(session, &stretches), places(&stretches)))?;
        for (label, passage) in [("prompt", &session.prompt), ("said", &session.reason)] {
            let Some(Passage { text, .. }) = passage else { continue };
            terminal.line(paint.who(&format!("  {label}")))?;
            for line in snippet(text, &[], width.saturating_sub(4), PASSAGE_LINES, paint) {
                terminal.line(format!("    {line}"))?;
            }
        }
        if let Some(edit) = session.edit {
            terminal.line(paint.dim(&format!("  camille show {edit}")))?;
        }
        terminal.line("")?;
    }
    let unknown: Vec<&WhyStretch> =
        answer.stretches.iter().filter(|stretch| stretch.session.is_none()).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    terminal.line(format!("{}: {}", paint.strong(NOT_KNOWN), places(&unknown)))?;
    let mut commits: Vec<(&str, &str)> = unknown
        .iter()
        .filter_map(|stretch| Some((stretch.commit.as_deref()?, stretch.summary.as_deref()?)))
        .collect();
    commits.dedup();
    for (commit, summary) in commits.iter().take(PASSAGE_LINES) {
        terminal.line(paint.dim(&format!("  {} {}", cut(commit), one_line(summary))))?;
    }
    might_know(terminal, &answer.might_know)
}

fn might_know(terminal: &mut Terminal, sessions: &[MightKnow]) -> Result<(), Failure> {
    if sessions.is_empty() {
        return Ok(());
    }
    terminal.line("  may know more, since they edited it before:")?;
    for session in sessions {
        let when = session.time.map(moment::date_time).unwrap_or_default();
        let edits = count(session.edits.into(), "edit");
        let title = session.title.as_deref().map(one_line).unwrap_or_default();
        let about =
            [YOU.into(), one_line(&session.project), when, edits, short(&session.name), title];
        terminal.line(format!("    {}", joined(about)))?;
    }
    Ok(())
}

/// Prints one row for each run of lines.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn blame(terminal: &mut Terminal, answer: &WhyAnswer) -> Result<(), Failure> {
    let paint = terminal.paint;
    for stretch in &answer.stretches {
        let lines = range(stretch.line, stretch.end);
        let commit = stretch.commit.as_deref().map_or("-", cut);
        let session = stretch.session.and_then(|at| answer.sessions.get(at as usize));
        let who = match session {
            Some(session) => paint.who(&short(&session.name)),
            None => paint.dim(NOT_KNOWN),
        };
        terminal.line(format!("{lines:>LINES$}  {commit:<ID_CHARS$}  {who}"))?;
    }
    for session in &answer.sessions {
        terminal.line("")?;
        head(terminal, session)?;
    }
    Ok(())
}

/// What a session is, in the form in which hits say it: what an agent reads so is known again by it.
fn head(terminal: &mut Terminal, session: &WhySession) -> Result<(), Failure> {
    let paint = terminal.paint;
    terminal.line(paint.dim(&about(session)))?;
    match session.title.as_deref().map(one_line).filter(|title| !title.is_empty()) {
        Some(title) => terminal.line(paint.strong(&title)),
        None => Ok(()),
    }
}

fn about(session: &WhySession) -> String {
    let when = session.time.map(moment::date_time).unwrap_or_default();
    let agent = session.name.agent.to_string();
    joined([YOU.into(), one_line(&session.project), when, agent, short(&session.name)])
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

fn evidence(session: &WhySession, stretches: &[&WhyStretch]) -> String {
    let telling: u32 = stretches.iter().map(|stretch| stretch.telling).sum();
    let wrote = format!("wrote {} of {}", session.lines, count(telling.into(), "line"));
    match session.evidence {
        Evidence::Trailer if session.lines > 0 => format!("named by the commit, {wrote}"),
        Evidence::Trailer => "named by the commit".into(),
        Evidence::Wrote => wrote,
        Evidence::Replaced => "replaced what the commit removed".into(),
    }
}

/// Files with their lines, as far as a line holds them.
fn places(stretches: &[&WhyStretch]) -> String {
    const RANGES: usize = 8;
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for stretch in stretches {
        files.entry(&stretch.path).or_default().push(range(stretch.line, stretch.end));
    }
    let file = |(path, ranges): (&str, Vec<String>)| {
        let more = ranges.len().saturating_sub(RANGES);
        let mut shown = ranges[..ranges.len() - more].join(", ");
        if more > 0 {
            shown.push_str(&format!(" and {more} more"));
        }
        format!("{} {shown}", one_line(path))
    };
    files.into_iter().map(file).collect::<Vec<_>>().join("; ")
}

fn range(first: u32, last: u32) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

fn short(name: &SessionName) -> String {
    one_line(cut(&name.session))
}

fn cut(id: &str) -> &str {
    id.char_indices().nth(ID_CHARS).map_or(id, |(at, _)| &id[..at])
}
