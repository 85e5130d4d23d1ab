//! Reads Claude Code's transcripts.
//!
//! It never takes for a person's words what the harness wrote in their name.

mod author;
mod message;
mod queue;
mod record;

use super::cursor::{Cursor, FileKind};
use super::noise::{self, Author, Said};
use super::own_output;
use super::private;
use super::record::{PartRole, TitleRank};
use super::session::{Mark, Origin};
use super::sink::{OWN_OUTPUT, Sink};
use super::trace::RecordOrigin;
use crate::place::{self, Mentions};
use crate::redact::is_uuid;
use camille_proto::vocabulary::{Agent, Speaker};
pub(super) use record::Record;

/// Reads one record.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, record: &Record<'_>) {
    let Some(kind) = record.kind.as_str() else {
        return sink.defect("a record without a type");
    };
    if cursor.file == FileKind::CompactionHelper {
        return sink.skip("compaction-helper");
    }
    // The talk of a workflow's agents lies in files of their own beside its journal.
    let is_journal = matches!(kind, "started" | "result") && record.key.as_str().is_some();
    if cursor.file == FileKind::Journal || is_journal {
        return sink.skip("journal");
    }
    let uuid = record.uuid.as_str();
    if let Some(reason) = says_nothing(kind) {
        if let Some(uuid) = uuid {
            cursor.seen(uuid);
            let session = record.session_id.as_str().unwrap_or_else(|| cursor.file_session());
            let session = sink.field(session);
            sink.silent(Agent::ClaudeCode, &session, uuid);
        }
        if let Some(data) = record.data.filter(|_| kind == "progress") {
            record::goes_on(data, sink);
            if sink.has_beside() {
                origin(cursor, sink, record).touch(cursor, sink);
            }
        }
        // What it repeats may have been said in a file that is gone.
        if kind == "last-prompt" || kind == "tag" {
            let words = record.last_prompt.as_str().or(record.tag.as_str()).unwrap_or_default();
            let tagged = (kind == "tag").then(|| format!("#{words}"));
            let said = [Some(words), tagged.as_deref()];
            for words in said.into_iter().flatten() {
                if !private::is_said(words) && !private::is_nearly_said(words) {
                    continue;
                }
                let origin = origin(cursor, sink, record);
                if origin.user == Speaker::Person {
                    origin.hear(cursor, sink, words);
                    origin.touch(cursor, sink);
                }
            }
        }
        return sink.skip(reason);
    }
    let origin = origin(cursor, sink, record);
    relate(cursor, sink, &origin, record);
    uuid.into_iter().for_each(|uuid| cursor.seen(uuid));
    match kind {
        "user" | "assistant" | "system" | "attachment" => {
            let known = cursor.known(&origin.session).and_then(|known| known.branch.as_deref());
            let branch = record.git_branch.as_str().filter(|branch| *branch != "HEAD");
            let branch = branch.map(|branch| sink.field_like(branch, known));
            origin.observe(cursor, branch, None);
            if let Some(uuid) = record.uuid.as_str()
                && let Some(title) = cursor.take_summary(uuid)
            {
                origin.title(sink, TitleRank::Summary, Some(title));
            }
            match kind {
                "user" => message::user(cursor, sink, &origin, record),
                "assistant" => message::assistant(cursor, sink, &origin, record),
                "system" => system(cursor, sink, &origin, record),
                _ => attachment(cursor, sink, &origin, record),
            }
        }
        "custom-title" => {
            origin.hear(cursor, sink, record.custom_title.as_str().unwrap_or_default());
            title(sink, &origin, TitleRank::Custom, record.custom_title.as_str());
        }
        "ai-title" => title(sink, &origin, TitleRank::Ai, record.ai_title.as_str()),
        "agent-name" => title(sink, &origin, TitleRank::Ai, record.agent_name.as_str()),
        "summary" => summary(cursor, sink, &origin, record),
        "pr-link" => match record.pr_url.as_str() {
            Some(url) => {
                let url = sink.field(url);
                origin.pull_request(sink, url);
            }
            None => sink.skip("empty"),
        },
        "queue-operation" => queue::read(cursor, sink, &origin, record),
        "continued-in" => {
            origin.tell_if_known(cursor, sink);
            sink.skip("state");
        }
        other => sink.defect(&format!("unknown record type '{other}'")),
    }
    origin.touch(cursor, sink);
    uuid.into_iter().for_each(|uuid| sink.silent(origin.agent, &origin.session, uuid));
}

/// Why records of this type are skipped, if they are. Nearly half of all lines are such.
fn says_nothing(kind: &str) -> Option<&'static str> {
    match kind {
        "progress" => Some("progress"),
        "file-history-snapshot" | "file-history-delta" => Some("snapshot"),
        "last-prompt"
        | "mode"
        | "permission-mode"
        | "frame-link"
        | "tag"
        | "agent-color"
        | "agent-setting"
        | "worktree-state"
        | "content-replacement"
        | "bridge-session"
        | "attribution-snapshot"
        | "atis-latch"
        | "tools-used"
        | "cost-state"
        | "relocated"
        | "speculation-accept"
        | "task-summary" => Some("state"),
        // They repeat prompts and results, and hold the system's prompt.
        kind if kind.starts_with("api-request") => Some("request"),
        kind if kind.starts_with("artifact-") => Some("state"),
        _ => None,
    }
}

fn origin(cursor: &Cursor, sink: &mut Sink<'_>, record: &Record<'_>) -> Origin {
    let is_sub_agent = cursor.file == FileKind::SubAgent;
    let own = record.session_id.as_str();
    let agent = record.agent_id.as_str().filter(|_| is_sub_agent || record.is_sidechain.0);
    let agent = agent.or_else(|| is_sub_agent.then(|| cursor.file_session()));
    let session = agent.or(own).unwrap_or_else(|| cursor.file_session());
    let parent = agent.and(own).filter(|parent| *parent != session);
    // Most records repeat what the one before said of its session.
    let known = cursor.known(session);
    let (known_parent, known_cwd) =
        known.map_or((None, None), |known| (known.parent.as_deref(), known.cwd.as_deref()));
    let fork = record.forked_from.0.as_ref();
    let fork = fork.filter(|fork| fork.session_id.as_str() != Some(session));
    let own_id = record.uuid.as_str().map(|id| sink.field(id));
    Origin {
        agent: Agent::ClaudeCode,
        session: sink.field_like(session, known.map(|known| known.id.as_str())),
        parent: parent.map(|parent| sink.field_like(parent, known_parent)),
        record_id: own_id.clone().or_else(|| message_id(record).map(|id| sink.field(id))),
        own_id,
        timestamp: record.timestamp.as_str().and_then(|time| time.parse().ok()),
        cwd: record.cwd.as_str().map(|cwd| sink.field_like(cwd, known_cwd)),
        copied: if fork.is_some() { RecordOrigin::Copied } else { RecordOrigin::Unknown },
        copy_of: fork.and_then(|fork| fork.message_uuid.as_str()).map(|id| sink.field(id)),
        user: if agent.is_some() || record.is_sidechain.0 {
            Speaker::Agent
        } else {
            Speaker::Person
        },
        names: true,
    }
}

/// What the model calls a record's message.
fn message_id<'r>(record: &'r Record<'_>) -> Option<&'r str> {
    record.message.0.as_ref()?.id.as_str()
}

/// Remembers which other sessions a record names, and what it follows that stands in no line before.
fn relate(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    let fork = record.forked_from.0.as_ref();
    let kin =
        [record.successor_session_id.as_str(), fork.and_then(|fork| fork.session_id.as_str())];
    for kin in kin.into_iter().flatten() {
        let kin = sink.field(kin);
        origin.kin(cursor, &kin);
    }
    // A file that took up an older session can still name that one. What somebody else called a file, an export or
    // a copy, names no session: all of one name would be one conversation.
    let named = cursor.file_session();
    if cursor.file == FileKind::Session && origin.session != named && is_uuid(named) {
        let named = cursor.file_session().to_owned();
        origin.kin(cursor, &sink.field(&named));
    }
    let follows = [
        record.parent_uuid.as_str(),
        record.logical_parent_uuid.as_str(),
        record.leaf_uuid.as_str(),
        record.source_tool_assistant.as_str(),
        fork.and_then(|fork| fork.message_uuid.as_str()),
    ];
    for record in follows.into_iter().flatten() {
        if !cursor.has_seen(record) {
            let record = sink.field(record);
            origin.follows(cursor, &record);
        }
    }
}

fn title(sink: &mut Sink<'_>, origin: &Origin, rank: TitleRank, text: Option<&str>) {
    let title = text.and_then(|text| sink.title(text));
    origin.title(sink, rank, title);
}

/// A summary names the conversation that ends in its leaf. At a file's beginning that is mostly another
/// session's, so such a summary waits until the leaf comes, which it may never do.
fn summary(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    let title = record.summary.as_str().and_then(|text| sink.title(text));
    match (title, record.leaf_uuid.as_str()) {
        (Some(title), Some(leaf)) if !cursor.has_sessions() => {
            cursor.remember_summary(leaf, title);
            sink.skip("foreign-summary");
        }
        (title, _) => origin.title(sink, TitleRank::Summary, title),
    }
}

fn system(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    /// What Claude Code adds to each recap.
    const HINT: &str = "(disable recaps in /config)";
    let key = origin.key(cursor, sink);
    let content = record.content.joined();
    match record.subtype.as_str() {
        Some("local_command") => {
            said(cursor, sink, origin, author::of_record(record), &key, &content);
        }
        Some("away_summary") => {
            let text = own_output::without_spans(&content);
            let text = sink.text(text.trim().trim_end_matches(HINT).trim_end());
            let block = sink.next_block();
            let trace = origin.trace(None, PartRole::Text);
            let mark = Mark { trace, ..Mark::summary(key, block.to_string(), block) };
            origin.part(cursor, sink, mark, text);
        }
        Some("api_error") => sink.skip("api-error"),
        _ => sink.skip("system"),
    }
}

fn attachment(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    let attachment = record.attachment.0.as_ref();
    let kind = attachment.and_then(|attachment| attachment.kind.as_str()).unwrap_or_default();
    if let Some(attachment) = attachment {
        attachment.places(sink);
    }
    match (kind, attachment) {
        ("queued_command", Some(attachment)) => {
            if matches!(attachment.command_mode.as_str(), None | Some("prompt")) {
                let author = author::of_attachment(record, attachment);
                queue::attached(cursor, sink, origin, author, &attachment.prompt);
            } else {
                if attachment.command_mode.as_str() == Some("bash") {
                    let command = attachment.prompt.joined();
                    let mut places = Mentions::default();
                    place::of_ran(&command, &mut places);
                    sink.beside(places, &command);
                }
                sink.skip("task-notification");
            }
        }
        (
            "skill_listing"
            | "deferred_tools_delta"
            | "mcp_instructions_delta"
            | "agent_listing_delta",
            _,
        ) => {
            sink.skip("listing");
        }
        (kind, _) if kind.starts_with("hook_") || kind == "async_hook_response" => {
            sink.skip("hook-output");
        }
        _ => sink.skip("attachment"),
    }
}

/// Takes the places that a text names which the harness wrote, or in which it may stand: such begins with a tag or a
/// bracket, or has tags in it.
fn context(sink: &mut Sink<'_>, text: &str) {
    let mut places = Mentions::default();
    if text.contains(['<', '[']) {
        place::of_shell(text, &mut places);
        place::of_context(text, &mut places);
    }
    sink.beside(places, text);
}

/// Something in a user's name: a prompt, a command, a summary, another agent's words, or noise.
fn said(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    author: Author,
    key: &str,
    text: &str,
) {
    let text = own_output::without_spans(text);
    if text.trim().is_empty() {
        return sink.skip(OWN_OUTPUT);
    }
    let block = sink.next_block();
    let part_key = format!("{key}:{block}");
    let trace = origin.trace(None, PartRole::Text);
    context(sink, &text);
    match noise::classify(Agent::ClaudeCode, author, &text) {
        Said::Noise(reason) => {
            // A command that a person typed for the shell.
            if reason == "bash-input" {
                origin.hear(cursor, sink, &text);
            }
            if noise::is_told(reason) {
                sink.told(&text);
            }
            sink.skip(reason);
        }
        Said::Agent(text) => {
            let text = sink.text(&text);
            let mark = Mark { trace, ..Mark::told(key.to_owned(), part_key, block) };
            origin.part(cursor, sink, mark, text);
        }
        Said::Summary(text) => {
            let text = sink.text(text);
            let mark = Mark { trace, ..Mark::summary(key.to_owned(), part_key, block) };
            origin.part(cursor, sink, mark, text);
        }
        Said::Command(text) => {
            let text = sink.text(&text);
            let mark = Mark { trace, ..Mark::said(origin.user, key.to_owned(), part_key, block) };
            origin.prompt(cursor, sink, mark, text);
        }
        Said::Prompt(text) => {
            let text = sink.text(&text);
            cursor.delivered(&text);
            let mark = Mark { trace, ..Mark::said(origin.user, key.to_owned(), part_key, block) };
            origin.prompt(cursor, sink, mark, text);
        }
    }
}
