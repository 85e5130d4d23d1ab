//! Marks on what came from a peer, wherever the output goes to no terminal: an agent that reads it writes it
//! into its transcript, and the reader of transcripts leaves out what stands between the marks.
//!
//! One mark on each hit, so that a part of the output still shows where a peer's text begins or ends. What is
//! the own bank's bears none, and what a person reads on a terminal bears none either.

use camille_proto::document::DocumentView;
use camille_proto::hit::Hit;
use camille_proto::id::DocumentId;

/// Ends what [`open`] began.
pub(crate) const CLOSE: &str = "</camille-recall>";

/// The name of a mark, and what a peer's text gets in its place: it must not end its own mark.
const NAME: [&str; 2] = ["camille-recall", "camille\u{2011}recall"];

/// Begins a peer's text.
pub(crate) fn open(id: &DocumentId) -> String {
    format!("<camille-recall id=\"{id}\">")
}

/// Whether a text of this source is a peer's.
pub(crate) fn is_due(source: &str) -> bool {
    source != "local"
}

/// A peer's text, on one or more lines of its own, between marks.
pub(crate) fn lines(id: &DocumentId, lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let inside = lines.into_iter().map(|line| line.replace(NAME[0], NAME[1]));
    [open(id)].into_iter().chain(inside).chain([CLOSE.to_owned()]).collect()
}

/// The hit with its text and title between marks, if it is a peer's. `content_hash` stays that of the text
/// without them.
pub(crate) fn hit(hit: &Hit) -> Hit {
    let mut hit = hit.clone();
    if is_due(&hit.source) {
        let shift = u32::try_from(open(&hit.id).chars().count()).unwrap_or(0);
        for [from, to] in &mut hit.highlights {
            *from += shift;
            *to += shift;
        }
        mark(&hit.id, &mut hit.content);
        hit.metadata.title.iter_mut().for_each(|title| mark(&hit.id, title));
    }
    hit
}

/// The same for a whole document of this source and for what stands around it.
pub(crate) fn document(view: &mut DocumentView, source: &str) {
    if !is_due(source) {
        return;
    }
    mark(&view.id, &mut view.content);
    view.metadata.title.iter_mut().for_each(|title| mark(&view.id, title));
    for neighbour in view.before.iter_mut().chain(&mut view.after) {
        mark(&neighbour.id, &mut neighbour.content);
    }
}

/// Puts a text between marks. Nothing in it is longer or shorter in characters afterwards.
fn mark(id: &DocumentId, text: &mut String) {
    *text = format!("{}{}{CLOSE}", open(id), text.replace(NAME[0], NAME[1]));
}

#[cfg(test)]
mod tests {
    use super::super::hit::tests::hit as made;
    use super::*;
    use camille_ingest::redact::Redactor;
    use camille_ingest::transcript::{Cursor, Record, read_line};
    use camille_proto::vocabulary::Agent;
    use std::path::Path;
    use std::sync::LazyLock;

    static REDACTOR: LazyLock<Redactor> = LazyLock::new(Redactor::default);

    /// What is kept of a tool's output, which neither the command nor a memory explains.
    fn kept(output: &str) -> String {
        let content = serde_json::json!([
            {"type": "tool_result", "tool_use_id": "t", "content": output}]);
        let line = serde_json::json!({
            "type": "user", "uuid": "u", "sessionId": "s", "timestamp": "2026-02-03T12:00:00Z",
            "cwd": "/home/bruno/web", "message": {"role": "user", "content": content}});
        let mut cursor = Cursor::new(Agent::ClaudeCode, Path::new("s.jsonl"));
        let mut kept = String::new();
        let line = line.to_string();
        read_line(&mut cursor, &REDACTOR, line.as_bytes(), 0, &mut |record| {
            if let Record::Part(part) = record {
                kept.push_str(&part.text);
            }
        });
        kept
    }

    /// Two hits of a peer's, whose words nobody else says, around one's own.
    fn hits() -> [Hit; 3] {
        let mut hits = [made("peer:ana"), made("local"), made("peer:ana")];
        hits[0].content = "narwhal first\nnarwhal second </camille-recall> narwhal third".into();
        hits[0].highlights = vec![[0, 7]];
        hits[0].metadata.title = Some("narwhal title".into());
        hits[1].content = "badger is mine".into();
        hits[1].highlights = vec![];
        hits[2].content = "narwhal end".into();
        hits[2].highlights = vec![];
        hits
    }

    #[test]
    fn a_peers_text_stands_between_marks_and_its_highlights_move_along() {
        let plain = made("peer:ana");
        let marked = hit(&plain);
        let begin = open(&plain.id);
        assert_eq!(marked.content, format!("{begin}{}{CLOSE}", plain.content));
        let words = |hit: &Hit| -> Vec<String> {
            let text: Vec<char> = hit.content.chars().collect();
            let word = |[from, to]: &[u32; 2]| text[*from as usize..*to as usize].iter().collect();
            hit.highlights.iter().map(word).collect()
        };
        assert!(!words(&plain).is_empty());
        assert_eq!(words(&marked), words(&plain));
        assert_eq!(marked.content_hash, plain.content_hash);
        assert_eq!(hit(&made("local")), made("local"), "what is one's own bears no mark");
    }

    #[test]
    fn the_reader_leaves_out_what_is_marked_also_where_half_of_it_is_cut() {
        let shown = hits();
        let shown: Vec<&Hit> = shown.iter().collect();
        let text = super::super::hit::marked_lines(&shown);
        let json: Vec<Hit> = shown.iter().copied().map(hit).collect();
        let pretty = serde_json::to_string_pretty(&json).expect("JSON");
        let escaped = serde_json::to_string(&pretty).expect("JSON");
        let all = kept(&text.join("\n"));
        assert!(all.contains("badger is mine") && !all.contains("narwhal"), "{all}");
        for whole in [&pretty, &escaped] {
            let all = kept(whole);
            assert!(all.contains("badger is mine") && !all.contains("narwhal"), "{all}");
        }
        // A part shows a mark, or it lies within one hit and shows none: such is known by fingerprints only.
        let pretty: Vec<String> = pretty.lines().map(str::to_owned).collect();
        for lines in [&text, &pretty] {
            for from in 0..lines.len() {
                for to in from + 1..=lines.len() {
                    let part = lines[from..to].join("\n");
                    if part.contains("camille-recall") {
                        let kept = kept(&part);
                        assert!(!kept.contains("narwhal"), "{part}\n=> {kept}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_whole_document_and_what_stands_around_it_are_marked() {
        let made = made("peer:ana");
        let near = |content: &str| camille_proto::document::Neighbour {
            id: made.id,
            speaker: made.metadata.speaker,
            kind: made.metadata.kind,
            timestamp: None,
            content: content.to_owned(),
        };
        let mut view = DocumentView {
            id: made.id,
            content_hash: made.content_hash,
            document_type: made.document_type,
            content: "narwhal".into(),
            metadata: made.metadata.clone(),
            peer_id: made.peer_id,
            before: vec![near("narwhal before")],
            after: vec![near("narwhal after")],
        };
        let own = view.clone();
        document(&mut view, "local");
        assert_eq!(view, own);
        document(&mut view, "peer:ana");
        let json = serde_json::to_string_pretty(&view).expect("JSON");
        assert_eq!(json.matches(CLOSE).count(), 4, "{json}");
        assert!(!kept(&json).contains("narwhal"));
    }
}
