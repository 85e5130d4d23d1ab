//! A whole document with what stands before and after it, for `show`.
//!
//! The document's own lines are kept as they are, so that a command can be copied out of it.

use super::plain::{one_line, plain};
use super::snippet::snippet;
use super::{Paint, Terminal, hit, mark, moment};
use crate::failure::Failure;
use camille_proto::document::{DocumentView, Neighbour};
use camille_proto::open::Open;
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
    let (paint, width) = (terminal.paint, terminal.width);
    let marks = terminal.marks && mark::is_due(source);
    let around = |near: &Neighbour| (near.id, neighbour(near, source, width, paint));
    let mut parts = vec![(document.id, head(document, source, paint))];
    parts.extend(document.before.iter().map(around));
    parts.push((document.id, body(document, source, paint)));
    parts.extend(document.after.iter().map(around));
    for (id, lines) in parts {
        // Each on its own, so that a part of a long answer still shows a mark.
        let lines = if marks { mark::lines(&id, lines) } else { lines };
        for line in lines {
            terminal.line(line)?;
        }
        terminal.line("")?;
    }
    let session = document.metadata.session_id.as_deref().map(one_line);
    let session = session.map(|session| format!(" · session {session}")).unwrap_or_default();
    let about = format!("document {}{session}", document.id);
    let about = if terminal.holds(&about) { about } else { about.replace(" · ", "\n") };
    about.lines().try_for_each(|line| terminal.line(paint.dim(line)))
}

fn head(document: &DocumentView, source: &str, paint: Paint) -> Vec<String> {
    let metadata = &document.metadata;
    let who = paint.who(&hit::who(source, metadata, &[]));
    let mut head = vec![who];
    head.extend(hit::facts(metadata));
    let title = hit::title(metadata).map(|title| paint.strong(&title));
    [head.join(" · ")].into_iter().chain(title).collect()
}

fn body(document: &DocumentView, source: &str, paint: Paint) -> Vec<String> {
    let metadata = &document.metadata;
    let when = metadata.timestamp.map(moment::date_time).unwrap_or_default();
    let path = metadata.path.as_deref().map(one_line).unwrap_or_default();
    let about = [hit::speaker(source, metadata), when, path];
    let about = about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let mut lines = vec![paint.who(&format!("▌ {about}"))];
    let text = plain(&document.content);
    let bar = bar(paint);
    let own = text.trim_matches('\n').lines();
    lines.extend(own.map(|line| format!("{bar}{line}").trim_end().to_owned()));
    lines
}

/// What marks the document's lines on a terminal. Elsewhere nothing does, for the sake of scripts.
fn bar(paint: Paint) -> String {
    let painted = paint.who("▌ ");
    if painted == "▌ " { String::new() } else { painted }
}

fn neighbour(neighbour: &Neighbour, source: &str, width: usize, paint: Paint) -> Vec<String> {
    let speaker = match (neighbour.kind, neighbour.speaker) {
        (Open::Known(DocumentKind::Summary), _) => "summary".into(),
        (_, Open::Known(Speaker::Person)) => hit::person(source),
        (_, speaker) => speaker.to_string(),
    };
    let when = neighbour.timestamp.map(|moment| format!(" · {}", moment::date_time(moment)));
    let mut lines = vec![paint.dim(&format!("  {speaker}{}", when.unwrap_or_default()))];
    let snippet = snippet(&neighbour.content, &[], width - 2, NEIGHBOUR_LINES, paint);
    lines.extend(snippet.iter().map(|line| paint.dim(&format!("  {line}"))));
    lines
}
