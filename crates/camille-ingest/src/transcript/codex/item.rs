//! The items of a Codex conversation: messages, and calls of tools with their results.

use super::record::Payload;
use crate::place::{self, Mentions};
use crate::transcript::cursor::Cursor;
use crate::transcript::field::{Content, Object, Text};
use crate::transcript::noise::{self, Author, Said};
use crate::transcript::record::PartRole;
use crate::transcript::session::{Mark, Origin};
use crate::transcript::sink::{OWN_OUTPUT, Sink};
use crate::transcript::tool_input::{self, Input};
use crate::transcript::{own_output, tool_output};
use camille_proto::vocabulary::{Agent, DocumentKind, Speaker};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads one item.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    match item.kind.as_str().unwrap_or_default() {
        "message" => message(cursor, sink, origin, item),
        // Some writers leave the type of messages out.
        "" if item.role.as_str().is_some() => message(cursor, sink, origin, item),
        "agent_message" => agent_message(cursor, sink, origin, item),
        kind @ ("function_call" | "tool_search_call") => {
            let name = item.name.as_str().unwrap_or(match kind {
                "tool_search_call" => "tool_search",
                _ => "",
            });
            let (input, places) = match argument(item.arguments) {
                Argument::Text(text) => (tool_input::read(name, &text), mentions(name, &text)),
                Argument::Object(json) => (tool_input::read(name, json), mentions(name, json)),
            };
            call(cursor, sink, origin, item, name, input, places);
        }
        "custom_tool_call" => {
            let name = item.name.as_str().unwrap_or_default();
            let (input, places) = match argument(item.input) {
                Argument::Text(text) => (tool_input::raw(&text), mentions(name, &text)),
                Argument::Object(json) => (tool_input::read(name, json), mentions(name, json)),
            };
            call(cursor, sink, origin, item, name, input, places);
        }
        "local_shell_call" => {
            let input = tool_input::read("shell", item.action.map_or("{}", |action| action.get()));
            let places = mentions("shell", item.action.map_or("{}", |action| action.get()));
            call(cursor, sink, origin, item, "shell", input, places);
        }
        "web_search_call" => {
            let mut input =
                tool_input::read("web_search", item.action.map_or("{}", |action| action.get()));
            input.path = None;
            call(cursor, sink, origin, item, "web_search", input, Mentions::default());
        }
        "function_call_output" | "custom_tool_call_output" | "tool_search_output" => {
            result(cursor, sink, origin, item);
        }
        "reasoning" => sink.skip("thinking"),
        "ghost_snapshot" => sink.skip("snapshot"),
        "compaction"
        | "compaction_summary"
        | "context_compaction"
        | "compaction_trigger"
        | "configuration_update"
        | "additional_tools" => sink.skip("state"),
        "image_generation_call" => sink.skip("image"),
        other => sink.defect(&format!("unknown item type '{other}'")),
    }
}

/// Hears what a person wrote among messages that are repeated, and takes nothing else from them.
pub(super) fn hear_history(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    history: &str,
) {
    if origin.user != Speaker::Person {
        return;
    }
    let items: Vec<Object<Payload<'_>>> = serde_json::from_str(history).unwrap_or_default();
    for item in items.iter().filter_map(|item| item.0.as_ref()) {
        if item.role.as_str() != Some("user") {
            continue;
        }
        let texts: Vec<(Author, &str)> = match &item.content {
            Content::Absent => continue,
            Content::Text(text) => vec![(author(item, 0), text)],
            Content::Blocks(blocks) => {
                let texts = blocks.iter().enumerate();
                texts.filter_map(|(at, b)| Some((author(item, at), b.0.text.as_str()?))).collect()
            }
        };
        for (author, text) in texts {
            match noise::classify(Agent::Codex, author, text) {
                Said::Noise("bash-input") => origin.hear(cursor, sink, text),
                Said::Noise(_) | Said::Agent(_) => {}
                Said::Summary(text) => origin.hear(cursor, sink, text),
                Said::Command(text) => origin.hear(cursor, sink, &text),
                Said::Prompt(text) => origin.hear(cursor, sink, &text),
            }
        }
    }
}

fn message(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    let role = item.role.as_str().unwrap_or_default();
    if matches!(role, "developer" | "system") {
        return sink.skip("instructions");
    }
    cursor.turns.end_reply(&origin.session);
    let key = origin.place_key(cursor, sink);
    let record_id = origin.source_id(sink, item.id.as_str());
    let texts: Vec<(Author, &str)> = match &item.content {
        Content::Absent => return sink.defect("a message without content"),
        Content::Text(text) => vec![(author(item, 0), text)],
        Content::Blocks(blocks) => {
            let texts = blocks.iter().enumerate();
            texts.filter_map(|(at, b)| Some((author(item, at), b.0.text.as_str()?))).collect()
        }
    };
    if texts.is_empty() {
        let has_blocks = matches!(&item.content, Content::Blocks(blocks) if !blocks.is_empty());
        return sink.skip(if has_blocks { "image" } else { "empty" });
    }
    for (author, text) in texts {
        let kept = own_output::without_spans(text);
        if kept.trim().is_empty() {
            sink.skip(if text.trim().is_empty() { "empty" } else { OWN_OUTPUT });
            continue;
        }
        if cursor.thread.cwd.is_none()
            && let Some(cwd) = noise::codex_directory(text)
        {
            cursor.thread.cwd = Some(sink.field(cwd));
        }
        let block = sink.next_block();
        let mut mark = |speaker, text: &str| Mark {
            record_id: record_id.clone(),
            former_key: record_id.clone(),
            trace: Some(cursor.thread.talk.message(record_id.as_deref(), origin.timestamp, text)),
            ..Mark::said(speaker, key.clone(), block.to_string(), block)
        };
        if role == "assistant" {
            let text = sink.text(kept.trim());
            let mark = mark(Speaker::Agent, &text);
            origin.part(cursor, sink, mark, text);
            continue;
        }
        let there = noise::codex_directory(text).filter(|_| role == "user");
        context(sink, text, there.filter(|there| cursor.thread.cwd.as_deref() != Some(there)));
        match noise::classify(Agent::Codex, author, &kept) {
            Said::Noise(reason) => {
                // A command that a person typed for the shell.
                if reason == "bash-input" {
                    origin.hear(cursor, sink, text);
                }
                if noise::is_told(reason) {
                    sink.told(&kept);
                }
                sink.skip(reason);
            }
            Said::Agent(text) => {
                let text = sink.text(&text);
                let mark = Mark { told: true, ..mark(Speaker::Agent, &text) };
                origin.part(cursor, sink, mark, text);
            }
            Said::Summary(text) => {
                let text = sink.text(text);
                let mark = Mark { kind: DocumentKind::Summary, ..mark(Speaker::Agent, &text) };
                origin.part(cursor, sink, mark, text);
            }
            Said::Command(text) => {
                let text = sink.text(&text);
                let mark = mark(origin.user, &text);
                origin.prompt(cursor, sink, mark, text);
            }
            Said::Prompt(text) => {
                let text = sink.text(&text);
                let mark = mark(origin.user, &text);
                origin.prompt(cursor, sink, mark, text);
            }
        }
    }
}

/// Takes the places that a text names which Codex or an editor wrote, or in which that may stand. `there`: the
/// directory that it says the session is in, if that is another one.
fn context(sink: &mut Sink<'_>, text: &str, there: Option<&str>) {
    let mut places = Mentions::default();
    there.into_iter().for_each(|there| places.ran_in(there));
    if text.contains(['<', '[', '#']) {
        if text.contains("<user_shell_command>") {
            place::of_shell(text, &mut places);
        }
        place::of_context(text, &mut places);
    }
    sink.beside(places, text);
}

/// Whose the text at this place of a message is, by the mark that Codex puts on it since 0.150.
fn author(item: &Payload<'_>, at: usize) -> Author {
    let kinds = item.marks.0.as_ref().map(|marks| &marks.content_item_kinds.0);
    match kinds.and_then(|kinds| kinds.get(at)?.as_str()) {
        None | Some("unknown") => Author::Unmarked,
        Some(kind) if kind.starts_with("user.") => Author::Person,
        Some(kind) if kind.ends_with("environment_context") => Author::Harness("environment"),
        Some(kind) if kind.contains("instructions") => Author::Harness("instructions"),
        Some(kind) if kind.ends_with("notification") => Author::Harness("task-notification"),
        Some(_) => Author::Harness("injected"),
    }
}

/// What one agent said to another.
fn agent_message(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    let text = item.content.joined();
    let kept = own_output::without_spans(&text);
    if kept.trim().is_empty() {
        return sink.skip(if text.trim().is_empty() { "encrypted" } else { OWN_OUTPUT });
    }
    let text = sink.text(kept.trim());
    agent_says(cursor, sink, origin, item.id.as_str(), text, true);
}

/// Hands on what an agent said; `told`: one that is not the thread's own. `text` has passed [`Sink::text`].
pub(super) fn agent_says(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    id: Option<&str>,
    text: String,
    told: bool,
) {
    let key = origin.place_key(cursor, sink);
    let record_id = origin.source_id(sink, id);
    let block = sink.next_block();
    let mark = Mark {
        trace: Some(cursor.thread.talk.message(record_id.as_deref(), origin.timestamp, &text)),
        former_key: record_id.clone(),
        record_id,
        told,
        ..Mark::said(Speaker::Agent, key, block.to_string(), block)
    };
    origin.part(cursor, sink, mark, text);
}

/// What a tool was called with: mostly a string that holds JSON.
enum Argument<'a> {
    Text(Cow<'a, str>),
    Object(&'a str),
}

fn argument(value: Option<&RawValue>) -> Argument<'_> {
    let json = value.map_or("{}", RawValue::get);
    match json.starts_with('"').then(|| serde_json::from_str::<Text<'_>>(json)) {
        Some(Ok(Text(Some(text)))) => Argument::Text(text),
        _ if json == "null" => Argument::Object("{}"),
        _ => Argument::Object(json),
    }
}

/// All places that a call names.
fn mentions(tool: &str, input: &str) -> Mentions {
    let mut places = Mentions::default();
    place::of_input(tool, input, &mut places);
    places
}

fn call(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    item: &Payload<'_>,
    name: &str,
    input: Input,
    mut places: Mentions,
) {
    let block = sink.next_block();
    let id = item.call_id.as_str().map(|id| sink.field(id));
    let item_id = item.id.as_str().map(|id| sink.field(id));
    let key = format!("{}:{block}", origin.place_key(cursor, sink));
    let trace = cursor.thread.talk.call(item_id.as_deref(), origin.timestamp);
    if own_output::is_own_tool(name, item.namespace.as_str()) {
        if let Some(id) = &id {
            cursor.turns.call(&origin.session, id, &key, sink.offset(), true);
        }
        return sink.skip(OWN_OUTPUT);
    }
    let is_own = input.command.as_deref().is_some_and(own_output::runs_camille)
        || input.continues.as_deref().is_some_and(|shell| cursor.is_own(shell));
    if let Some(id) = &id {
        cursor.turns.call(&origin.session, id, &key, sink.offset(), is_own);
        if input.asks_for_secret() {
            cursor.turns.asks(&key);
        }
    }
    if let Some(command) = input.command.as_deref().filter(|_| is_own) {
        place::recall::of_call(command, &mut places);
    }
    let raw = own_output::without_spans(&input.text);
    let mut text = sink.text(&raw);
    if text.trim().is_empty() {
        // A call without arguments is known by its name.
        text = sink.field(name);
    }
    let scripts = places.take_scripts();
    let mut places = sink.places(places, &raw, &text);
    places.extend(origin.follow(cursor, scripts, |places| sink.places(places, &raw, &text)));
    let mark = Mark {
        places,
        tool: Some(sink.field(name)),
        path: input.path.map(|path| sink.field(&path)),
        record_id: id.clone().or_else(|| item_id.clone()),
        former_key: id.or(item_id),
        trace: Some(trace),
        ..Mark::call(key, PartRole::Input, block)
    };
    origin.part(cursor, sink, mark, text);
}

fn result(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    cursor.turns.end_reply(&origin.session);
    let block = sink.next_block();
    let Some(id) = item.call_id.as_str().map(|id| sink.field(id)) else {
        return sink.skip("orphan-output");
    };
    let output = &item.output.text;
    let own = format!("{}:{block}", origin.place_key(cursor, sink));
    let call = cursor.turns.answer(&origin.session, &id, &own);
    if call.as_ref().is_some_and(|call| call.is_own) {
        if let Some(shell) = tool_output::running_shell(output) {
            cursor.remember_own(shell);
        }
        let mut places = Mentions::default();
        place::recall::of_output(&own_output::without_spans(output), &mut places);
        sink.beside(places, "");
        return sink.skip(OWN_OUTPUT);
    }
    let unwrapped = tool_output::unwrap(output);
    if let Some(words) = noise::answer(&unwrapped.text) {
        origin.hear_answer(cursor, sink, words);
    }
    let kept = own_output::without_spans(&unwrapped.text);
    if kept.trim().is_empty() {
        let was_own = !unwrapped.text.trim().is_empty();
        return sink.skip(if was_own { OWN_OUTPUT } else { "empty" });
    }
    let role = if unwrapped.is_error { PartRole::Error } else { PartRole::Output };
    let asks = call.as_ref().is_some_and(|call| call.asks);
    let text = if asks { sink.answer(kept.trim_end()) } else { sink.text(kept.trim_end()) };
    let mut places = Mentions::default();
    place::of_output(&kept, &mut places);
    let places = sink.places(places, &kept, &text);
    let mark = match call {
        Some(call) => Mark::call(call.key, role, block),
        // Its call is not here: it stands alone.
        None => {
            let trace = Some(cursor.thread.talk.call(None, origin.timestamp));
            Mark { trace, ..Mark::call(own, role, block) }
        }
    };
    let mark = Mark { record_id: Some(id.clone()), former_key: Some(id), places, ..mark };
    origin.part(cursor, sink, mark, text);
}
