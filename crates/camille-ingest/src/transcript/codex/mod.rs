//! Reads Codex's rollouts. A conversation stands in them twice, as items and as events: items are read, and of
//! events what stands nowhere else.

mod event;
mod item;
mod record;

use super::cursor::{Cursor, Thread, ThreadUser};
use super::own_output;
use super::session::{Mark, Origin};
use super::sink::Sink;
use super::trace::RecordOrigin;
use crate::redact::is_uuid;
use camille_proto::vocabulary::{Agent, Speaker};
use record::Payload;
pub(super) use record::Record;

/// Ids that the first record of a session names.
const IDS_MAX: usize = 32;

/// Reads one record, which stands as `text` in its line.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, record: &Record<'_>, text: &str) {
    let Some(payload) = &record.payload.0 else {
        return bare(cursor, sink, record, text);
    };
    let Some(kind) = record.kind.as_str() else {
        return sink.defect("a record without a type");
    };
    match kind {
        "session_meta" => session_meta(cursor, sink, record, payload, text),
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
            origin.touch(cursor, sink);
        }
        "compacted" => {
            // Its `replacement_history` repeats old messages, whose own records may be gone.
            let origin = origin(cursor, sink, record);
            origin.observe(cursor, None, None);
            let text = payload.message.as_str().unwrap_or_default();
            origin.hear_summary(cursor, sink, text);
            if let Some(history) = payload.replacement_history {
                item::hear_history(cursor, sink, &origin, history.get());
            }
            let text = sink.text(&own_output::without_spans(text));
            let key = origin.place_key(cursor, sink);
            let block = sink.next_block();
            let trace = cursor.thread.talk.message(None, origin.timestamp, &text);
            let mark = Mark { trace: Some(trace), ..Mark::summary(key, block.to_string(), block) };
            origin.part(cursor, sink, mark, text);
            origin.touch(cursor, sink);
        }
        "event_msg" => event::read(cursor, sink, record, payload),
        "world_state" | "retained_context" | "security_risk_score" | "token_usage_record" => {
            sink.skip("state");
        }
        "realtime_item" => sink.skip("realtime"),
        // What agents say to each other stands as items too.
        "inter_agent_communication" | "inter_agent_communication_metadata" => {
            sink.skip("inter-agent");
        }
        other => sink.defect(&format!("unknown record type '{other}'")),
    }
}

/// Reads a record of a rollout from before September 2025, whose records stand without an envelope. Such a
/// file begins with its session's own, which has no type.
fn bare(cursor: &mut Cursor, sink: &mut Sink<'_>, record: &Record<'_>, text: &str) {
    if record.record_type.0 {
        return sink.skip("state");
    }
    let is_enveloped = matches!(
        record.kind.as_str(),
        Some("response_item" | "event_msg" | "session_meta" | "turn_context" | "compacted")
    );
    let item = serde_json::from_str::<Payload<'_>>(text).ok().filter(|_| !is_enveloped);
    let Some(item) = item else {
        return sink.defect("a record without a payload");
    };
    if record.kind.as_str().is_none() {
        if item.id.as_str().is_some() && record.timestamp.as_str().is_some() {
            return session_meta(cursor, sink, record, &item, text);
        }
        return sink.defect("a record without a type");
    }
    let origin = origin(cursor, sink, record);
    origin.observe(cursor, None, None);
    item::read(cursor, sink, &origin, &item);
    origin.touch(cursor, sink);
}

fn origin(cursor: &Cursor, sink: &mut Sink<'_>, record: &Record<'_>) -> Origin {
    let thread = &cursor.thread;
    let time = record.timestamp.as_str().and_then(|time| time.parse().ok());
    Origin {
        agent: Agent::Codex,
        session: match &thread.id {
            Some(id) => id.clone(),
            None => sink.field(cursor.file_session()),
        },
        parent: thread.parent.clone(),
        own_id: None,
        record_id: None,
        timestamp: time.or(thread.began),
        cwd: thread.cwd.clone(),
        user: if thread.user == ThreadUser::Person { Speaker::Person } else { Speaker::Agent },
        // What Codex asks of itself is no title.
        names: thread.user != ThreadUser::Harness,
        copied: RecordOrigin::Unknown,
        copy_of: None,
    }
}

/// The first one in a file is its session's own; later ones repeat it, or come from the history of the
/// session that it was forked from.
fn session_meta(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    record: &Record<'_>,
    meta: &Payload<'_>,
    text: &str,
) {
    let id = meta.id.as_str().or_else(|| meta.session_id.as_str()).map(|id| sink.field(id));
    let forked_from = meta.forked_from_id.as_str().map(|id| sink.field(id));
    if cursor.thread.id.is_some() && cursor.thread.id != id {
        // A fork of this thread that was written to the same file is a thread of its own.
        if forked_from != cursor.thread.id || !cursor.thread.talk.has_begun() {
            if let Some(other) = id {
                cursor.thread.talk.copied_from(&other);
                origin(cursor, sink, record).kin(cursor, &other);
            }
            return sink.skip("foreign-session");
        }
        cursor.thread = Thread::default();
    }
    if cursor.thread.id.is_none() {
        let time = record.timestamp.as_str().and_then(|time| time.parse().ok());
        let thread = id.as_deref().unwrap_or_else(|| cursor.file_session()).to_owned();
        cursor.thread.talk.begin(&thread, forked_from.as_deref(), time);
    }
    let parent = meta.source.spawned_by.as_str().or_else(|| meta.parent_thread_id.as_str());
    let parent = parent.map(|parent| sink.field(parent));
    let cwd = meta.cwd.as_str().map(|cwd| sink.field(cwd));
    let thread = &mut cursor.thread;
    thread.id = id;
    thread.user = user(meta);
    thread.parent = parent.or(thread.parent.take());
    thread.cwd = cwd.or(thread.cwd.take());
    let time = meta.timestamp.as_str().or_else(|| record.timestamp.as_str());
    thread.began = time.and_then(|time| time.parse().ok()).or(thread.began);
    let git = meta.git.0.as_ref();
    let branch = git.and_then(|git| git.branch.as_str()).map(|branch| sink.field(branch));
    let remote = git.and_then(|git| git.repository_url.as_str()).map(|url| sink.field(url));
    let origin = origin(cursor, sink, record);
    origin.observe(cursor, branch, remote);
    let base = meta.history_base.0.as_ref().and_then(|base| base.thread_id.as_str());
    let kin = [meta.session_id.as_str(), meta.forked_from_id.as_str(), base];
    // Whatever a build calls the thread that this one goes on from, it names it by its id. An id of something else is
    // no session's, and says nothing.
    for kin in kin.into_iter().flatten().chain(ids(text)) {
        let kin = sink.field(kin);
        origin.kin(cursor, &kin);
    }
    sink.skip("session-meta");
}

/// The ids in a text (RFC 9562 §4), also within a path.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    const LENGTH: usize = 36;
    let ends = text.match_indices('-').filter_map(|(at, _)| Some((at.checked_sub(8)?, at)));
    let ids = ends.filter_map(|(from, _)| text.get(from..from + LENGTH));
    ids.filter(|id| is_uuid(id)).take(IDS_MAX)
}

/// Who speaks as the user in a thread: a person only where every sign says so.
fn user(meta: &Payload<'_>) -> ThreadUser {
    let by_agent = meta.source.spawned_by.as_str().is_some();
    let is_persons = match meta.thread_source.0.as_str() {
        Some(source) => source == "user",
        None => meta.parent_thread_id.as_str().is_none(),
    };
    match is_persons && !meta.source.is_internal {
        true => ThreadUser::Person,
        false if by_agent => ThreadUser::Agent,
        false => ThreadUser::Harness,
    }
}
