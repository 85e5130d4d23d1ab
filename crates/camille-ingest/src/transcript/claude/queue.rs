//! Prompts typed while the agent is at work. Some come as records of their own later, some as attachments,
//! and some (versions around 2.1.30) stand in the queue's operations only: none may be lost or doubled.

use super::author;
use super::record::Record;
use crate::transcript::cursor::Cursor;
use crate::transcript::field::Content;
use crate::transcript::noise::{self, Author, Said};
use crate::transcript::own_output;
use crate::transcript::record::PartRole;
use crate::transcript::session::{Mark, Origin};
use crate::transcript::sink::{OWN_OUTPUT, Sink};
use camille_proto::vocabulary::Agent;

/// An operation on the queue. `dequeue` is followed by the prompt as a user record; `remove` hands the prompt
/// to the agent at once; `popAll` gives all back to the person.
pub(super) fn read(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, record: &Record<'_>) {
    match record.operation.as_str() {
        Some("enqueue") => {
            let author = author::of_record(record);
            let content = record.content.joined();
            // Also what is taken back before it was sent.
            if prompt(author, &content).is_ok() {
                origin.hear(cursor, sink, &content);
            }
            let text = prompt(author, &content).ok().map(|text| sink.text(&text));
            cursor.enqueue(sink.offset(), text);
        }
        Some("dequeue") => cursor.dequeue(),
        Some("remove") => {
            if let Some(text) = cursor.take_queued().and_then(|queued| queued.text) {
                let key = origin.place_key(cursor, sink);
                cursor.hand_over(&text, &key);
                return emit(cursor, sink, origin, key, text);
            }
        }
        Some("popAll") => cursor.clear_queue(),
        _ => {}
    }
    sink.skip("queue");
}

/// A prompt that comes as an attachment.
pub(super) fn attached(
    cursor: &mut Cursor,
    sink: &mut Sink<'_>,
    origin: &Origin,
    author: Author,
    content: &Content<'_>,
) {
    let content = content.joined();
    if let Said::Agent(text) = classify(author, &own_output::without_spans(&content)) {
        let text = sink.text(&text);
        let (key, block) = (origin.key(cursor, sink), sink.next_block());
        let trace = origin.trace(None, PartRole::Text);
        let mark = Mark { trace, ..Mark::told(key, "queued".to_owned(), block) };
        return origin.part(cursor, sink, mark, text);
    }
    match prompt(author, &content) {
        Ok(text) => {
            let text = sink.text(&text);
            cursor.delivered(&text);
            let key = match cursor.handed_over(&text, sink.offset()) {
                Some(key) => key,
                None => origin.key(cursor, sink),
            };
            emit(cursor, sink, origin, key, text);
        }
        Err(reason) => sink.skip(reason),
    }
}

/// What a person typed, or why it is no prompt.
fn prompt(author: Author, content: &str) -> Result<String, &'static str> {
    let text = own_output::without_spans(content);
    match classify(author, &text) {
        _ if text.trim().is_empty() && !content.trim().is_empty() => Err(OWN_OUTPUT),
        Said::Prompt(text) if text.starts_with('/') && !text.contains(char::is_whitespace) => {
            Err("queue")
        }
        Said::Prompt(text) => Ok(text.into_owned()),
        Said::Command(text) => Ok(text),
        Said::Summary(_) | Said::Agent(_) => Err("queue"),
        Said::Noise(reason) => Err(reason),
    }
}

/// The operation and the attachment have no id in common: where a version writes both, the attachment bears the
/// operation's key.
fn emit(cursor: &mut Cursor, sink: &mut Sink<'_>, origin: &Origin, key: String, text: String) {
    cursor.turns.end_reply(&origin.session);
    let hash = blake3::hash(text.as_bytes()).to_hex();
    let block = sink.next_block();
    let mark = Mark {
        former_key: Some(format!("{}:queued:{}", origin.session, &hash[..32])),
        trace: origin.trace(None, PartRole::Text),
        ..Mark::said(origin.user, key, "queued".to_owned(), block)
    };
    origin.prompt(cursor, sink, mark, text);
}

fn classify(author: Author, text: &str) -> Said<'_> {
    noise::classify(Agent::ClaudeCode, author, text)
}
