//! The events of a Codex session. Nearly all repeat what items say; a plan, what a review found and a
//! session's name stand nowhere else.

use super::item;
use super::record::{Payload, Record};
use crate::place::{self, Doing, Mentions};
use crate::transcript::cursor::Cursor;
use crate::transcript::field::{Joined, Text};
use crate::transcript::own_output;
use crate::transcript::record::TitleRank;
use crate::transcript::sink::{OWN_OUTPUT, Sink};
use camille_proto::vocabulary::Speaker;
use serde_json::Value;

/// Reads one event.
pub(super) fn read(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    record: &Record<'_>,
    event: &Payload<'_>,
) {
    match event.kind.as_str().unwrap_or_default() {
        "thread_name_updated" => {
            let title = event.thread_name.as_str().and_then(|name| sink.title(name));
            super::origin(cursor, sink, record).title(sink, TitleRank::Custom, title);
        }
        "item_completed" => {
            let Some(item) = &event.item.0 else { return sink.skip("event") };
            // A review is a thread of its own, and hands on what it found.
            let (text, told) = match item.kind.as_str().unwrap_or_default() {
                "Plan" | "plan" => (&item.text, false),
                "ExitedReviewMode" | "exitedReviewMode" | "exited_review_mode" => {
                    (either(&item.review_output, &item.review), true)
                }
                _ => return sink.skip("repeated-event"),
            };
            said(cursor, sink, record, item.id.as_str(), text, told);
        }
        "exited_review_mode" => said(cursor, sink, record, None, &event.review_output, true),
        "user_message" => {
            // It repeats a prompt, unless that was taken back before it was sent.
            let origin = super::origin(cursor, sink, record);
            if origin.user == Speaker::Person
                && let Some(words) = event.message.as_str()
            {
                origin.hear(cursor, sink, words);
            }
            let mut places = Mentions::default();
            for image in event.local_images.0.iter().filter_map(Text::as_str) {
                places.path(image, Doing::Read);
            }
            sink.beside(places, "");
            origin.touch(cursor, sink);
            sink.skip("repeated-event");
        }
        "exec_command_end" | "patch_apply_end" | "mcp_tool_call_end" | "view_image_tool_call" => {
            // What a person ran beside the conversation is no item, and the item of a call may be lost.
            let is_item = event.call_id.as_str().is_some_and(|id| cursor.turns.knows(id));
            if !is_item {
                let origin = super::origin(cursor, sink, record);
                sink.beside(places(event, cursor.thread.cwd.as_deref()), "");
                origin.touch(cursor, sink);
            }
            sink.skip("repeated-event");
        }
        "agent_message"
        | "agent_reasoning"
        | "agent_reasoning_raw_content"
        | "web_search_end"
        | "image_generation_end" => sink.skip("repeated-event"),
        _ => sink.skip("event"),
    }
}

/// The places that an event names which tells of a call. `here`: the directory at hand.
fn places(event: &Payload<'_>, here: Option<&str>) -> Mentions {
    let mut places = Mentions::default();
    if let Some(command) = event.command {
        let there = event.cwd.as_str().filter(|cwd| Some(*cwd) != here);
        let json = match there.and_then(|there| serde_json::to_string(there).ok()) {
            Some(there) => format!("{{\"command\":{},\"workdir\":{there}}}", command.get()),
            None => format!("{{\"command\":{}}}", command.get()),
        };
        place::of_input("shell", &json, &mut places);
    }
    let changes = event.changes.map(|changes| serde_json::from_str(changes.get()));
    if let Some(Ok(Value::Object(changes))) = changes {
        changes.keys().for_each(|path| places.path(path, Doing::Wrote));
    }
    let invocation = event.invocation.map(|call| serde_json::from_str::<Value>(call.get()));
    if let Some(Ok(call)) = invocation {
        let of = |name: &str| call.get(name).and_then(Value::as_str).unwrap_or_default();
        let tool = format!("mcp__{}__{}", of("server"), of("tool"));
        let arguments = call.get("arguments").map(Value::to_string).unwrap_or_default();
        place::of_input(&tool, &arguments, &mut places);
    }
    event.path.as_str().into_iter().for_each(|path| places.path(path, Doing::Read));
    places
}

fn either<'t, 'a>(first: &'t Joined<'a>, second: &'t Joined<'a>) -> &'t Joined<'a> {
    if first.text.is_empty() { second } else { first }
}

/// Hands on what the agent said in an event.
fn said(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    record: &Record<'_>,
    id: Option<&str>,
    text: &Joined<'_>,
    told: bool,
) {
    let origin = super::origin(cursor, sink, record);
    origin.observe(cursor, None, None);
    let kept = own_output::without_spans(&text.text);
    if kept.trim().is_empty() && !text.text.trim().is_empty() {
        return sink.skip(OWN_OUTPUT);
    }
    let text = sink.text(kept.trim());
    item::agent_says(cursor, sink, &origin, id, text, told);
}
