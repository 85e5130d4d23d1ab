//! A hit as people read it: number, who, project, when, agent, title; then who spoke, and a snippet.
//!
//! It decides nothing about which hits there are.

use super::plain::one_line;
use super::snippet::{shorten, snippet};
use super::{Paint, Terminal, mark, moment};
use crate::failure::Failure;
use camille_proto::hit::{Hit, Metadata};
use camille_proto::open::Open;
use camille_proto::vocabulary::{DocumentKind, Speaker};

/// Lines of snippet a hit gets.
const SNIPPET_LINES: usize = 3;
/// A title cut to fewer columns than this says too little: it gets a line of its own.
const TITLE_WIDTH_MIN: usize = 32;
/// Columns for who spoke.
const SPEAKER_WIDTH: usize = 7;

/// Prints hits with their numbers, the first one being `first`.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn print(terminal: &mut Terminal, hits: &[&Hit], first: usize) -> Result<(), Failure> {
    let marks = terminal.marks;
    for line in all_lines(hits, first, terminal.width, terminal.paint, marks) {
        terminal.line(line)?;
    }
    Ok(())
}

/// The lines of hits with their numbers, the first one being `first`, in so many columns.
pub(crate) fn lines(hits: &[&Hit], first: usize, width: usize, paint: Paint) -> Vec<String> {
    all_lines(hits, first, width, paint, false)
}

/// The same; with `marks`, each hit of a peer's between marks on lines of their own.
fn all_lines(hits: &[&Hit], first: usize, width: usize, paint: Paint, marks: bool) -> Vec<String> {
    let indent = (first + hits.len()).to_string().len() + 2;
    let width = width - indent;
    let mut lines = Vec::new();
    for (index, hit) in hits.iter().enumerate() {
        let mut own = Vec::new();
        let number = format!("{:>width$}  ", first + index, width = indent - 2);
        let number = paint.strong(&number);
        for (index, line) in head(hit, width, paint).iter().enumerate() {
            let before = if index == 0 { number.clone() } else { " ".repeat(indent) };
            own.push(format!("{before}{line}"));
        }
        own.extend(body(hit, width, paint).iter().map(|line| format!("{:indent$}{line}", "")));
        let marked = marks && mark::is_due(&hit.source);
        lines.extend(if marked { mark::lines(&hit.id, own) } else { own });
        lines.push(String::new());
    }
    lines
}

/// One line, or two where the title has no room beside the facts.
fn head(hit: &Hit, width: usize, paint: Paint) -> Vec<String> {
    let who = who(&hit.source, &hit.metadata, &hit.also_from);
    let mut facts = facts(&hit.metadata);
    // The end of a long project says most.
    if let Some(project) = facts.first_mut() {
        *project = shorten_left(project, 40.max(width / 3));
    }
    let used: usize =
        facts.iter().chain([&who]).map(|fact| console::measure_text_width(fact) + 3).sum();
    let room = width.saturating_sub(used);
    let mut line = [vec![paint.who(&who)], facts].concat().join(" · ");
    let Some(title) = title(&hit.metadata) else { return vec![line] };
    if room < TITLE_WIDTH_MIN && console::measure_text_width(&title) > room {
        return vec![line, paint.strong(&shorten(&title, width))];
    }
    line.push_str(" · ");
    line.push_str(&paint.strong(&shorten(&title, room)));
    vec![line]
}

fn body(hit: &Hit, width: usize, paint: Paint) -> Vec<String> {
    let speaker = shorten(&speaker(&hit.source, &hit.metadata), SPEAKER_WIDTH);
    let lines = snippet(
        &hit.content,
        &hit.highlights,
        width.saturating_sub(SPEAKER_WIDTH + 1),
        SNIPPET_LINES,
        paint,
    );
    let padding = (SPEAKER_WIDTH + 1).saturating_sub(console::measure_text_width(&speaker));
    let speaker = format!("{}{:padding$}", paint.dim(&speaker), "");
    let blank = " ".repeat(SPEAKER_WIDTH + 1);
    let label = |index| if index == 0 { &speaker } else { &blank };
    lines.iter().enumerate().map(|(index, line)| format!("{}{line}", label(index))).collect()
}

/// `you`, or what the peer is called; with the person if that is someone else, and who else has it.
pub(crate) fn who(source: &str, metadata: &Metadata, also_from: &[String]) -> String {
    let mut who = person(source);
    let author = metadata.author.as_deref().map(one_line).unwrap_or_default();
    if source != "local" && !author.is_empty() && !author.eq_ignore_ascii_case(&who) {
        who = format!("{who} ({author})");
    }
    for other in also_from {
        who.push_str(" + ");
        who.push_str(&person(other));
    }
    who
}

/// `you`, or what the peer is called.
pub(crate) fn person(source: &str) -> String {
    match source.strip_prefix("peer:") {
        Some(name) => one_line(name),
        None => "you".into(),
    }
}

/// Project, date and agent, as far as they are known.
pub(crate) fn facts(metadata: &Metadata) -> Vec<String> {
    let mut facts = vec![one_line(&metadata.project)];
    facts.extend(metadata.timestamp.map(moment::date));
    facts.extend(metadata.agent.map(|agent| agent.to_string()));
    facts.retain(|fact| !fact.is_empty());
    facts
}

/// The session's title, or for code the symbol and its place.
pub(crate) fn title(metadata: &Metadata) -> Option<String> {
    let title = if metadata.kind.is(DocumentKind::Code) {
        let path = metadata.path.as_deref().unwrap_or_default();
        let line = metadata.line.map(|line| format!(":{line}")).unwrap_or_default();
        one_line(&format!("{} {path}{line}", metadata.symbol.as_deref().unwrap_or_default()))
    } else {
        one_line(metadata.title.as_deref().unwrap_or_default())
    };
    (!title.is_empty()).then_some(title)
}

/// Who spoke: a person's name, `agent`, `tool`, or `summary` for what a machine made of a conversation.
pub(crate) fn speaker(source: &str, metadata: &Metadata) -> String {
    match (metadata.kind, metadata.speaker) {
        (Open::Known(DocumentKind::Summary), _) => "summary".into(),
        (Open::Known(DocumentKind::Code), _) => "code".into(),
        (_, Open::Known(Speaker::Person)) => person(source),
        (_, speaker) => speaker.to_string(),
    }
}

/// The text without its beginning, with an ellipsis, if it has more columns than `width`.
fn shorten_left(text: &str, width: usize) -> String {
    if console::measure_text_width(text) <= width {
        return text.to_owned();
    }
    let turned: String = text.chars().rev().collect();
    shorten(&turned, width).chars().rev().collect()
}

/// What is printed where no terminal is.
#[cfg(test)]
pub(crate) fn marked_lines(hits: &[&Hit]) -> Vec<String> {
    all_lines(hits, 1, 100, Paint::OFF, true)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use camille_proto::id::{ContentHash, DocumentId, PeerId};
    use camille_proto::vocabulary::Agent;

    pub(crate) fn hit(source: &str) -> Hit {
        let content = "The retry loop swallowed the 429, so the webhook never saw it.";
        Hit {
            id: DocumentId::of_native_key("claude-code", "m1"),
            content_hash: ContentHash::of(content),
            score: 3.2,
            document_type: camille_proto::vocabulary::DocumentType::Transcript.into(),
            content: content.into(),
            truncated: false,
            highlights: vec![[4, 9], [41, 48]],
            metadata: Metadata {
                project: "github.com/acme/api".into(),
                session_id: Some("s1".into()),
                record_id: None,
                agent: Some(Agent::ClaudeCode.into()),
                author: Some("ana".into()),
                speaker: Speaker::Agent.into(),
                kind: DocumentKind::Message.into(),
                machine: None,
                timestamp: Some("2026-02-03T12:00:00Z".parse().unwrap()),
                title: Some("Fix the webhook\u{1b}[2J retries".into()),
                tool: None,
                path: None,
                language: None,
                symbol: None,
                line: None,
                before: None,
                after: None,
            },
            source: source.into(),
            peer_id: PeerId::of_spki(b"ana"),
            hops: 0,
            also_from: vec![],
        }
    }

    #[test]
    fn the_head_says_who_where_when_and_what() {
        let head = head(&hit("peer:ana"), 100, Paint::OFF);
        let line = "ana · github.com/acme/api · 2026-02-03 · claude-code · Fix the webhook retries";
        assert_eq!(head, [line]);
    }

    #[test]
    fn in_a_narrow_window_the_title_gets_its_own_line() {
        let lines = head(&hit("local"), 70, Paint::OFF);
        let facts = "you · github.com/acme/api · 2026-02-03 · claude-code";
        assert_eq!(lines, [facts, "Fix the webhook retries"]);
        let mut long = hit("local");
        long.metadata.title = Some("word ".repeat(40));
        for width in [60, 80, 100, 120] {
            for line in head(&long, width, Paint::OFF) {
                assert!(console::measure_text_width(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn the_body_names_the_speaker_and_marks_the_words() {
        let lines = body(&hit("local"), 100, Paint::ON);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains(&Paint::ON.found("retry")), "{lines:?}");
        assert!(lines[0].contains(&Paint::ON.found("webhook")), "{lines:?}");
        assert!(body(&hit("local"), 100, Paint::OFF)[0].starts_with("agent   The retry"));
    }

    #[test]
    fn who_names_everyone_that_holds_it() {
        let mut both = hit("peer:laptop");
        both.also_from = vec!["local".into(), "peer:bruno".into()];
        assert_eq!(
            who(&both.source, &both.metadata, &both.also_from),
            "laptop (ana) + you + bruno"
        );
    }

    #[test]
    fn where_no_terminal_is_each_hit_of_a_peers_stands_between_marks() {
        let (own, theirs) = (hit("local"), hit("peer:ana"));
        let marked = marked_lines(&[&theirs, &own, &theirs]);
        let tags: Vec<&str> =
            marked.iter().map(String::as_str).filter(|l| l.contains("camille-recall")).collect();
        let open = mark::open(&theirs.id);
        assert_eq!(tags, [open.as_str(), mark::CLOSE, open.as_str(), mark::CLOSE]);
        let plain = all_lines(&[&theirs, &own, &theirs], 1, 100, Paint::OFF, false);
        let kept: Vec<String> =
            marked.into_iter().filter(|line| !line.contains("camille-recall")).collect();
        assert_eq!(kept, plain, "and nothing else differs");
    }
}
