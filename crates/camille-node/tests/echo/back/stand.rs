//! Where a text stands in a transcript, of either agent.

use super::super::guise::each;
use super::super::place::Transcript;

/// What the owner, the agent and the tools say themselves around what is quoted: it stays.
pub(super) const OWN: [&str; 8] = [
    "and what of all this holds for our own billing crate",
    "checked by the badger's own rule number",
    "The badger found the following, and I do not believe",
    "which our own badger cannot confirm at all",
    "the badger's opinion of row",
    "What shall the badger do with this one",
    "Please let the badger compare it with our billing crate",
    "The badger reports, point by point and in its own order",
];

/// A session in which it stands there.
pub(super) fn stand(way: &str, session: Transcript, theirs: &str) -> Transcript {
    let lines: Vec<&str> = theirs.lines().collect();
    let words: Vec<&str> = theirs.split_whitespace().collect();
    match way {
        "spilled-read" => {
            let (front, back) = lines.split_at(lines.len() / 2);
            let numbered = |lines: &[&str], from: usize| {
                each(lines, |at, line| format!("{:>6}→{line}", at + from))
            };
            let preview: String = theirs.chars().take(120).collect();
            session
                .ran(
                    "camille search charges",
                    &format!("Output too large (41.2KB). Full output saved to: /tmp/x/b1.txt\n\nPreview (first 2KB):\n{preview}"),
                )
                .ran("sed -n 1,9p /tmp/x/b1.txt", &numbered(front, 0))
                .ran("sed -n 9,99p /tmp/x/b1.txt", &numbered(back, front.len()))
        }
        "own-between" => {
            let output = each(&lines, |at, line| format!("{line}\n  {} {at}", OWN[1]));
            session.ran("make check", &output)
        }
        "own-quotes" => {
            let told = each(&lines, |_, line| format!("{}: “{line}”, {}.", OWN[2], OWN[3]));
            session.answers(&told)
        }
        "own-view" => {
            let table = each(&lines, |at, line| format!("| {at} | {line} | {} {at} |", OWN[4]));
            session.answers(&format!("| # | what | view |\n|---|---|---|\n{table}"))
        }
        "report" => {
            let report = each(&lines, |at, line| format!("{at}. {line}"));
            session.reported(&format!("{}:\n\n{report}", OWN[7]))
        }
        "todo" => session.planned(&lines),
        "multi-edit" => session.edited(&lines),
        "commit-message" => {
            let message = theirs.replace('"', "'").replace('\n', "\n\n");
            session.ran(&format!("git commit -q -m \"notes\n\n{message}\""), "")
        }
        "alias" => session.ran("ask charges", theirs),
        "background" => session
            .ran("ask charges &", "Command running in background with ID: b1")
            .background(theirs),
        "asked" => session.asked(OWN[5], &lines),
        "line-a-call" => {
            lines.iter().fold(session, |session, line| session.ran("sed -n 1p x", line))
        }
        "cell-a-call" => words
            .chunks(5)
            .enumerate()
            .fold(session, |session, (at, some)| session.put_cell(at, &some.join(" "))),
        "pasted" => session.asks(&format!("{theirs}\n\n{}?", OWN[0])),
        "handed-on" => session.handed_on(&format!("{}:\n\n{theirs}", OWN[6])),
        other => {
            panic!("no way is called {other}: say in look.rs how it looks or here where it stands")
        }
    }
}
