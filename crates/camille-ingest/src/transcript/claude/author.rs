//! Whose a user record is, by the marks that Claude Code puts on it. Releases before 2.1 put none.

use super::record::{Attachment, Record};
use crate::transcript::field::Kind;
use crate::transcript::noise::Author;

/// Whose words a record holds.
///
/// Where marks disagree, it is not the person's. `sdk` is whatever ran the agent without a terminal, which a
/// person does too: how the text begins decides.
pub(super) fn of_record(record: &Record<'_>) -> Author {
    // A skill's text is put beside the call that asked for it.
    if record.is_meta.0 || record.source_tool_use_id.as_str().is_some() {
        return Author::Harness("meta");
    }
    // An agent made the plan, and the person only agreed.
    if record.plan_content.0.is_some() {
        return Author::Agent;
    }
    if record.is_visible_in_transcript_only.0 && !record.is_compact_summary.0 {
        return Author::Harness("transcript-only");
    }
    let marks = [
        origin(&record.origin),
        turn_origin(&record.turn_origin),
        prompt_source(record.prompt_source.as_str()),
    ];
    strictest(marks)
}

/// Whose words an attachment holds, that came while the agent was at work.
pub(super) fn of_attachment(record: &Record<'_>, attachment: &Attachment<'_>) -> Author {
    let meta = if attachment.is_meta.0 { Author::Harness("meta") } else { Author::Unmarked };
    strictest([of_record(record), origin(&attachment.origin), meta])
}

fn strictest<const N: usize>(marks: [Author; N]) -> Author {
    let find = |wanted: fn(&Author) -> bool| marks.iter().copied().find(wanted);
    find(|mark| matches!(mark, Author::Harness(_)))
        .or_else(|| find(|mark| *mark == Author::Agent))
        .or_else(|| find(|mark| *mark == Author::Person))
        .unwrap_or(Author::Unmarked)
}

fn origin(origin: &Kind<'_>) -> Author {
    match origin.0.as_str() {
        None => Author::Unmarked,
        Some("human" | "user") => Author::Person,
        Some("task-notification" | "task_notification") => Author::Harness("task-notification"),
        Some("cron" | "loop" | "hook" | "system" | "auto-continuation" | "scheduled-task") => {
            Author::Harness("injected")
        }
        // A peer, a teammate, a channel, and what is not known yet: somebody else's.
        Some(_) => Author::Agent,
    }
}

fn turn_origin(turn: &Kind<'_>) -> Author {
    match turn.0.as_str() {
        // `sdk` says how a turn came, not who wrote it.
        Some("sdk") => Author::Unmarked,
        _ => origin(turn),
    }
}

fn prompt_source(source: Option<&str>) -> Author {
    match source {
        Some("typed") => Author::Person,
        Some("system") => Author::Harness("injected"),
        // What waited in the queue can be anybody's.
        _ => Author::Unmarked,
    }
}
