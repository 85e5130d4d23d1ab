//! A whole document with what stands before and after it, for `show`.
//!
//! The document's own lines are kept as they are, so that a command can be copied out of it.

use super::plain::{one_line, plain};
use super::snippet::snippet;
use super::{Paint, Terminal, hit, moment};
use crate::failure::Failure;
use camille_proto::document::{DocumentView, Neighbour};
use camille_proto::vocabulary::{DocumentKind, Speaker};

/// Lines that a neighbour gets.
const NEIGHBOUR_LINES: usize = 3;

/// Prints a document; `source` is `local` or `peer:<name>`.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn print(
    terminal: &mut Terminal,
    document: &DocumentView,
    source: &str,
) -> Result<(), Failure> {
    let paint = terminal.paint;
    let metadata = &document.metadata;
    let who = paint.who(&hit::who(source, metadata, &[]));
    let mut head = vec![who];
    head.extend(hit::facts(metadata));
    terminal.line(head.join(" · "))?;
    if let Some(title) = hit::title(metadata) {
        terminal.line(paint.strong(&title))?;
    }
    terminal.line("")?;

    for neighbour in &document.before {
        print_neighbour(terminal, neighbour, source)?;
    }
    let when = metadata.timestamp.map(moment::date_time).unwrap_or_default();
    let path = metadata.path.as_deref().map(one_line).unwrap_or_default();
    let about = [hit::speaker(source, metadata), when, path];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    terminal.line(paint.who(&format!("▌ {about}")))?;
    let text = plain(&document.content);
    let bar = bar(paint);
    for line in text.trim_matches('\n').lines() {
        terminal.line(format!("{bar}{line}").trim_end())?;
    }
    terminal.line("")?;
    for neighbour in &document.after {
        print_neighbour(terminal, neighbour, source)?;
    }
    let session = metadata.session_id.as_deref().map(one_line);
    let session = session.map(|session| format!(" · session {session}")).unwrap_or_default();
    terminal.line(paint.dim(&format!("document {}{session}", document.id)))
}

/// What marks the document's lines on a terminal. Elsewhere nothing does, for the sake of scripts.
fn bar(paint: Paint) -> String {
    let painted = paint.who("▌ ");
    if painted == "▌ " { String::new() } else { painted }
}

fn print_neighbour(
    terminal: &mut Terminal,
    neighbour: &Neighbour,
    source: &str,
) -> Result<(), Failure> {
    let speaker = match (neighbour.kind, neighbour.speaker) {
        (DocumentKind::Summary, _) => "summary".into(),
        (_, Speaker::Person) => hit::person(source),
        (_, speaker) => speaker.to_string(),
    };
    let when = neighbour.timestamp.map(|moment| format!(" · {}", moment::date_time(moment)));
    let paint = terminal.paint;
    terminal.line(paint.dim(&format!("  {speaker}{}", when.unwrap_or_default())))?;
    let width = terminal.width - 2;
    for line in snippet(&neighbour.content, &[], width, NEIGHBOUR_LINES, paint) {
        terminal.line(paint.dim(&format!("  {line}")))?;
    }
    terminal.line("")
}
