//! Reads Codex's rollouts. A conversation stands in them twice, as items and as events: only items are read.

mod item;
mod record;

use super::cursor::Cursor;
use super::own_output;
use super::record::TitleRank;
use super::session::{Mark, Origin};
use super::sink::Sink;
use camille_proto::vocabulary::{Agent, Speaker};
use record::Payload;
pub(super) use record::Record;

/// Reads one record.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, record: &Record<'_>) {
    let Some(kind) = record.kind.as_str() else {
        return sink.defect("a record without a type");
    };
    let Some(payload) = &record.payload.0 else {
        return sink.defect("a record without a payload");
    };
    match kind {
        "session_meta" => session_meta(cursor, sink, record, payload),
        "turn_context" => {
            if let Some(cwd) = payload.cwd.as_str() {
                cursor.thread.cwd = Some(sink.field(cwd));
            }
            sink.skip("turn-context");
        }
        "response_item" => {
            let origin = origin(cursor, sink, record);
            origin.observe(cursor, None, None);
            item::read(cursor, sink, &origin, payload);
        }
        "compacted" => {
            // Its `replacement_history` repeats old messages.
            let origin = origin(cursor, sink, record);
            origin.observe(cursor, None, None);
            let text = payload.message.as_str().unwrap_or_default();
            let text = sink.text(&own_output::without_spans(text));
            let key = origin.place_key(sink);
            let block = sink.next_block();
            origin.part(cursor, sink, Mark::summary(key, block.to_string(), block), text);
        }
        "event_msg" => event(cursor, sink, record, payload),
        "world_state" => sink.skip("state"),
        "inter_agent_communication" => sink.skip("inter-agent"),
        other => sink.defect(&format!("unknown record type '{other}'")),
    }
}

fn origin(cursor: &Cursor, sink: &mut Sink<'_>, record: &Record<'_>) -> Origin {
    let thread = &cursor.thread;
    Origin {
        agent: Agent::Codex,
        session: match &thread.id {
            Some(id) => id.clone(),
            None => sink.field(cursor.file_session()),
        },
        parent: thread.parent.clone(),
        record_id: None,
        timestamp: record.timestamp.as_str().and_then(|time| time.parse().ok()),
        cwd: thread.cwd.clone(),
        user: if thread.parent.is_some() { Speaker::Agent } else { Speaker::Person },
    }
}

/// The first one in a file is its session's own; later ones repeat it, or come from the history of the
/// session that it was forked from.
fn session_meta(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    record: &Record<'_>,
    payload: &Payload<'_>,
) {
    let id = payload.id.as_str().map(|id| sink.field(id));
    if cursor.thread.id.is_some() && cursor.thread.id != id {
        return sink.skip("foreign-session");
    }
    let spawn = payload.source.0.as_ref().and_then(|source| source.subagent.0.as_ref());
    let spawn = spawn.and_then(|agent| agent.thread_spawn.0.as_ref());
    let parent = spawn.and_then(|spawn| spawn.parent_thread_id.as_str());
    let parent = parent.map(|parent| sink.field(parent));
    let cwd = payload.cwd.as_str().map(|cwd| sink.field(cwd));
    cursor.thread.id = id;
    cursor.thread.parent = parent.or(cursor.thread.parent.take());
    cursor.thread.cwd = cwd.or(cursor.thread.cwd.take());
    let git = payload.git.0.as_ref();
    let branch = git.and_then(|git| git.branch.as_str()).map(|branch| sink.field(branch));
    let remote = git.and_then(|git| git.repository_url.as_str()).map(|url| sink.field(url));
    origin(cursor, sink, record).observe(cursor, branch, remote);
    sink.skip("session-meta");
}

fn event(cursor: &Cursor, sink: &mut Sink<'_>, record: &Record<'_>, payload: &Payload<'_>) {
    match payload.kind.as_str().unwrap_or_default() {
        "thread_name_updated" => {
            let title = payload.thread_name.as_str().and_then(|name| sink.title(name));
            origin(cursor, sink, record).title(sink, TitleRank::Custom, title);
        }
        "user_message"
        | "agent_message"
        | "agent_reasoning"
        | "agent_reasoning_raw_content"
        | "exec_command_end"
        | "patch_apply_end"
        | "web_search_end"
        | "mcp_tool_call_end"
        | "image_generation_end"
        | "view_image_tool_call" => sink.skip("repeated-event"),
        _ => sink.skip("event"),
    }
}
