//! Messages of users and of the model, and the tool calls in them.

use super::author;
use super::record::Record;
use crate::place::{self, Mentions};
use crate::transcript::cursor::Cursor;
use crate::transcript::field::{BlockMembers, Content};
use crate::transcript::noise::Author;
use crate::transcript::record::PartRole;
use crate::transcript::session::{Mark, Origin};
use crate::transcript::sink::{OWN_OUTPUT, Sink};
use crate::transcript::{noise, own_output, tool_input, tool_output};
use camille_proto::vocabulary::Speaker;

/// A user record: a prompt, or results of tools.
pub(super) fn user(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    let Some(message) = &record.message.0 else {
        return sink.defect("a user record without a message");
    };
    if record.is_meta.0 {
        let text = message.content.joined();
        let mut places = Mentions::default();
        place::of_context(&text, &mut places);
        sink.beside(places, &text);
        return sink.skip("meta");
    }
    cursor.turns.end_reply(&origin.session);
    let author = author::of_record(record);
    let key = origin.key(cursor, sink);
    if record.is_compact_summary.0 {
        let text = message.content.joined();
        origin.hear_summary(cursor, sink, &text);
        let text = sink.text(&own_output::without_spans(&text));
        let block = sink.next_block();
        let trace = origin.trace(None, PartRole::Text);
        let mark = Mark { trace, ..Mark::summary(key, block.to_string(), block) };
        return origin.part(cursor, sink, mark, text);
    }
    match &message.content {
        Content::Absent => sink.defect("a user record without content"),
        Content::Text(text) => super::said(cursor, sink, origin, author, &key, text),
        Content::Blocks(blocks) if blocks.is_empty() => sink.skip("empty"),
        Content::Blocks(blocks) => {
            // What stands beside the result of a call was put there for the model, unless its mark says whose it is.
            let is_beside = record.source_tool_assistant.as_str().is_some()
                && author == Author::Unmarked
                && blocks.iter().any(|block| block.0.kind.as_str() == Some("tool_result"));
            let author = if is_beside { Author::Harness("beside-result") } else { author };
            for block in blocks {
                let block = &block.0;
                match block.kind.as_str() {
                    Some("text") => {
                        let text = block.text.as_str().unwrap_or_default();
                        if text.is_empty() {
                            sink.skip("empty");
                        } else {
                            if is_beside {
                                origin.hear(cursor, sink, text);
                            }
                            super::said(cursor, sink, origin, author, &key, text);
                        }
                    }
                    Some("tool_result") => {
                        if let Some(given) = &record.tool_use_result.0 {
                            given.places(sink, &block.content.text);
                        }
                        result(cursor, sink, origin, &key, block);
                    }
                    Some("image" | "document") => sink.skip("image"),
                    other => unknown(sink, other),
                }
            }
        }
    }
}

/// A record of the model's.
struct Said {
    /// The message's id. Others can have the same.
    id: Option<String>,
    /// The record's own key.
    key: String,
}

/// A part of a message of the model's: text or tool calls.
pub(super) fn assistant(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    record: &Record<'_>,
) {
    let Some(message) = &record.message.0 else {
        return sink.defect("an assistant record without a message");
    };
    if record.is_api_error_message.0 {
        return sink.skip("api-error");
    }
    if message.model.as_str() == Some("<synthetic>") {
        return sink.skip("synthetic");
    }
    let said =
        Said { id: message.id.as_str().map(|id| sink.field(id)), key: origin.key(cursor, sink) };
    match &message.content {
        Content::Absent => sink.defect("an assistant record without content"),
        Content::Text(text) => reply(cursor, sink, origin, &said, text),
        Content::Blocks(blocks) if blocks.is_empty() => sink.skip("empty"),
        Content::Blocks(blocks) => {
            for block in blocks {
                let block = &block.0;
                match block.kind.as_str() {
                    Some("text") => {
                        let text = block.text.as_str().unwrap_or_default();
                        reply(cursor, sink, origin, &said, text);
                    }
                    Some("tool_use" | "server_tool_use" | "mcp_tool_use") => {
                        call(cursor, sink, origin, &said, block);
                    }
                    Some("thinking" | "redacted_thinking") => sink.skip("thinking"),
                    Some("image" | "document") => sink.skip("image"),
                    Some("fallback") => sink.skip("fallback"),
                    Some(kind) if kind.ends_with("tool_result") => {
                        result(cursor, sink, origin, &said.key, block);
                    }
                    other => unknown(sink, other),
                }
            }
        }
    }
}

fn unknown(sink: &mut Sink<'_>, kind: Option<&str>) {
    match kind {
        Some(kind) => sink.defect(&format!("unknown block type '{kind}'")),
        None => sink.defect("a block without a type"),
    }
}

/// Parts of one reply bear one message's id and follow each other with no prompt and no result between.
fn reply(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, said: &Said, text: &str) {
    let kept = own_output::without_spans(text);
    if kept.trim().is_empty() && !text.trim().is_empty() {
        return sink.skip(OWN_OUTPUT);
    }
    let text = sink.text(kept.trim());
    let block = sink.next_block();
    let id = said.id.as_deref();
    let mark = Mark {
        former_key: said.id.clone(),
        trace: origin.trace(id, PartRole::Text),
        ..Mark::said(
            Speaker::Agent,
            cursor.turns.reply(&origin.session, id, &said.key),
            format!("{}:{block}", said.key),
            block,
        )
    };
    origin.part(cursor, sink, mark, text);
}

fn call(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    said: &Said,
    block: &BlockMembers<'_>,
) {
    let number = sink.next_block();
    let name = block.name.as_str().unwrap_or_default();
    let id = block.id.as_str().map(|id| sink.field(id));
    let key = format!("{}:{number}", said.key);
    if own_output::is_own_tool(name, None) {
        if let Some(id) = &id {
            cursor.turns.call(&origin.session, id, &key, sink.offset(), true);
        }
        return sink.skip(OWN_OUTPUT);
    }
    let input = tool_input::read(name, block.input.map_or("{}", |input| input.get()));
    let is_own = input.command.as_deref().is_some_and(own_output::runs_camille)
        || input.continues.as_deref().is_some_and(|shell| cursor.is_own(shell));
    if let Some(id) = &id {
        cursor.turns.call(&origin.session, id, &key, sink.offset(), is_own);
        if input.asks_for_secret() {
            cursor.turns.asks(&key);
        }
    }
    let kept = own_output::without_spans(&input.text);
    let mut text = sink.text(&kept);
    if text.trim().is_empty() {
        // A call without arguments is known by its name.
        text = sink.field(name);
    }
    let mut places = Mentions::default();
    place::of_input(name, block.input.map_or("{}", |input| input.get()), &mut places);
    if let Some(command) = input.command.as_deref().filter(|_| is_own) {
        place::recall::of_call(command, &mut places);
    }
    let scripts = places.take_scripts();
    let mut places = sink.places(places, &kept, &text);
    places.extend(origin.follow(cursor, scripts, |places| sink.places(places, &kept, &text)));
    let mark = Mark {
        places,
        tool: Some(sink.field(name)),
        path: input.path.map(|path| sink.field(&path)),
        record_id: origin.source_id(sink, block.id.as_str()),
        former_key: id,
        trace: origin.trace(said.id.as_deref(), PartRole::Input),
        ..Mark::call(key, PartRole::Input, number)
    };
    origin.part(cursor, sink, mark, text);
}

fn result(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    key: &str,
    block: &BlockMembers<'_>,
) {
    let number = sink.next_block();
    let text = &block.content.text;
    let id = block.tool_use_id.as_str().map(|id| sink.field(id));
    let own = format!("{key}:{number}");
    let call = id.as_deref().and_then(|id| cursor.turns.answer(&origin.session, id, &own));
    if call.as_ref().is_some_and(|call| call.is_own) {
        if let Some(shell) = tool_output::running_shell(text) {
            cursor.remember_own(shell);
        }
        let mut places = Mentions::default();
        place::recall::of_output(&own_output::without_spans(text), &mut places);
        sink.beside(places, "");
        return sink.skip(OWN_OUTPUT);
    }
    if let Some(words) = noise::answer(text) {
        origin.hear_answer(cursor, sink, words);
    }
    let kept = own_output::without_spans(text);
    if kept.trim().is_empty() {
        return sink.skip(match (text.trim().is_empty(), block.content.has_image) {
            (false, _) => OWN_OUTPUT,
            (true, true) => "image",
            (true, false) => "empty",
        });
    }
    let role = if block.is_error.0 { PartRole::Error } else { PartRole::Output };
    let reminded = kept.len();
    let all = kept;
    let kept = noise::without_reminder(&all);
    if kept.len() < reminded && all.ends_with("</system-reminder>") {
        let mut places = Mentions::default();
        place::of_context(&all[kept.len()..], &mut places);
        sink.beside(places, &all[kept.len()..]);
    }
    let kept = kept.strip_prefix("<tool_use_error>").unwrap_or(kept);
    let kept_text = kept.strip_suffix("</tool_use_error>").unwrap_or(kept);
    let asks = call.as_ref().is_some_and(|call| call.asks);
    let text = if asks { sink.answer(kept_text) } else { sink.text(kept_text) };
    let mut places = Mentions::default();
    place::of_output(kept, &mut places);
    let places = sink.places(places, kept, &text);
    let record_id = origin.source_id(sink, block.tool_use_id.as_str());
    let mark = match call {
        Some(call) => Mark::call(call.key, role, number),
        // Its call is not here: it stands alone.
        None => Mark { trace: origin.trace(None, role), ..Mark::call(own, role, number) },
    };
    origin.part(cursor, sink, Mark { record_id, former_key: id, places, ..mark }, text);
}
