//! The items of a Codex conversation: messages, and calls of tools with their results.

use super::record::Payload;
use crate::transcript::cursor::Cursor;
use crate::transcript::field::Content;
use crate::transcript::noise::{self, Said};
use crate::transcript::record::PartRole;
use crate::transcript::session::{Mark, Origin};
use crate::transcript::sink::{OWN_OUTPUT, Sink};
use crate::transcript::tool_input::{self, Input};
use crate::transcript::{own_output, tool_output};
use camille_proto::vocabulary::Speaker;

/// Reads one item.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    match item.kind.as_str().unwrap_or_default() {
        "message" => message(cursor, sink, origin, item),
        "function_call" | "tool_search_call" => {
            let name = item.name.as_str().unwrap_or_default();
            let input = tool_input::read(name, item.arguments.as_str().unwrap_or("{}"));
            call(cursor, sink, origin, item, name, input);
        }
        "custom_tool_call" => {
            let name = item.name.as_str().unwrap_or_default();
            let input = tool_input::raw(item.input.as_str().unwrap_or_default());
            call(cursor, sink, origin, item, name, input);
        }
        "local_shell_call" => {
            let input = tool_input::read("shell", item.action.map_or("{}", |action| action.get()));
            call(cursor, sink, origin, item, "shell", input);
        }
        "web_search_call" => {
            let mut input =
                tool_input::read("web_search", item.action.map_or("{}", |action| action.get()));
            input.path = None;
            call(cursor, sink, origin, item, "web_search", input);
        }
        "function_call_output" | "custom_tool_call_output" | "tool_search_output" => {
            result(cursor, sink, origin, item);
        }
        "reasoning" => sink.skip("thinking"),
        "ghost_snapshot" => sink.skip("snapshot"),
        "compaction" | "compaction_summary" | "context_compaction" => sink.skip("state"),
        "image_generation_call" => sink.skip("image"),
        other => sink.defect(&format!("unknown item type '{other}'")),
    }
}

fn message(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    let role = item.role.as_str().unwrap_or_default();
    if matches!(role, "developer" | "system") {
        return sink.skip("instructions");
    }
    let key = key(sink, origin, item);
    let texts: Vec<&str> = match &item.content {
        Content::Absent => return sink.defect("a message without content"),
        Content::Text(text) => vec![text],
        Content::Blocks(blocks) => blocks.iter().filter_map(|b| b.0.text.as_str()).collect(),
    };
    if texts.is_empty() {
        let has_blocks = matches!(&item.content, Content::Blocks(blocks) if !blocks.is_empty());
        return sink.skip(if has_blocks { "image" } else { "empty" });
    }
    for text in texts {
        let kept = own_output::without_spans(text);
        if kept.trim().is_empty() {
            sink.skip(if text.trim().is_empty() { "empty" } else { OWN_OUTPUT });
            continue;
        }
        let block = sink.next_block();
        let mark = |speaker| Mark::said(speaker, key.clone(), block.to_string(), block);
        if role == "assistant" {
            let text = sink.text(kept.trim());
            origin.part(cursor, sink, mark(Speaker::Agent), text);
            continue;
        }
        match noise::classify(&kept) {
            Said::Noise(reason) => sink.skip(reason),
            Said::Summary(text) => {
                let text = sink.text(text);
                let mark = Mark::summary(key.clone(), block.to_string(), block);
                origin.part(cursor, sink, mark, text);
            }
            Said::Command(text) => {
                let text = sink.text(&text);
                origin.prompt(cursor, sink, mark(origin.user), text);
            }
            Said::Prompt(text) => {
                let text = sink.text(&text);
                origin.prompt(cursor, sink, mark(origin.user), text);
            }
        }
    }
}

/// Items seldom have an id; where there is none, the place stands for it.
fn key(sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) -> String {
    match item.id.as_str() {
        Some(id) => sink.field(id),
        None => origin.place_key(sink),
    }
}

fn call(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    item: &Payload<'_>,
    name: &str,
    input: Input,
) {
    let block = sink.next_block();
    let id = match item.call_id.as_str() {
        Some(id) => sink.field(id),
        None => key(sink, origin, item),
    };
    if own_output::is_own_tool(name, item.namespace.as_str()) {
        cursor.remember_own(&id);
        return sink.skip(OWN_OUTPUT);
    }
    let is_own = input.command.as_deref().is_some_and(own_output::runs_camille)
        || input.continues.as_deref().is_some_and(|shell| cursor.is_own(shell));
    if is_own {
        cursor.remember_own(&id);
    }
    let mut text = sink.text(&own_output::without_spans(&input.text));
    if text.trim().is_empty() {
        // A call without arguments is known by its name.
        text = sink.field(name);
    }
    let mark = Mark {
        tool: Some(sink.field(name)),
        path: input.path.map(|path| sink.field(&path)),
        ..Mark::call(id, PartRole::Input, block)
    };
    origin.part(cursor, sink, mark, text);
}

fn result(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, item: &Payload<'_>) {
    let block = sink.next_block();
    let Some(id) = item.call_id.as_str().map(|id| sink.field(id)) else {
        return sink.defect("an output without a call");
    };
    let output = &item.output.text;
    if cursor.is_own(&id) {
        if let Some(shell) = tool_output::running_shell(output) {
            cursor.remember_own(shell);
        }
        return sink.skip(OWN_OUTPUT);
    }
    let unwrapped = tool_output::unwrap(output);
    let kept = own_output::without_spans(&unwrapped.text);
    if kept.trim().is_empty() {
        let was_own = !unwrapped.text.trim().is_empty();
        return sink.skip(if was_own { OWN_OUTPUT } else { "empty" });
    }
    let role = if unwrapped.is_error { PartRole::Error } else { PartRole::Output };
    let text = sink.text(kept.trim_end());
    origin.part(cursor, sink, Mark::call(id, role, block), text);
}
