//! A bank is brought under newer redaction rules: what they find is in none of its files any more.

use crate::support::{ask, bank, everything, file, message, titled, tool};
use camille_bank::{
    Bank, FileBatch, Finding, Forget, Part, PartRole, Redaction, SessionUpdate, TitleRank,
    Visibility,
};
use camille_proto::id::DocumentId;

/// What the newer rules find.
const MARK: &str = "quetzalcoatlus";

fn redact(text: &str) -> Redaction {
    let found = vec![Finding { rule: "mark", replaced: true }; text.matches(MARK).count()];
    let text = (!found.is_empty()).then(|| text.replace(MARK, "[redacted:mark]"));
    Redaction { text, found }
}

/// Many sessions, with the mark in every field that can hold text.
fn files() -> Vec<FileBatch> {
    (0..40)
        .map(|n| {
            let name = format!("s{n}");
            let key = |at: i64| format!("{n}-{at}");
            let mut parts: Vec<Part> = (0..10)
                .map(|at| message(&name, &key(at), at, &format!("gardener number {n} {at} digs")))
                .collect();
            parts.push(message(&name, &key(10), 10, &format!("the key is {MARK}, do not tell")));
            let mut output =
                tool(&name, &key(11), 11, PartRole::Output, &format!("{MARK}\n{MARK}"));
            output.path = Some(format!("src/{MARK}.rs"));
            parts.push(output);
            let mut batch = file(&format!("{name}.jsonl"), &parts);
            batch.sessions = vec![SessionUpdate {
                branch: Some(format!("fix/{MARK}")),
                ..titled(&name, TitleRank::Summary, &format!("All about {MARK}"))
            }];
            batch.cursor = format!("{{\"queued\": \"{MARK}\"}}");
            batch
        })
        .collect()
}

fn assert_redacted(bank: Bank, dir: &std::path::Path) {
    let reader = bank.reader();
    assert!(ask(&reader, MARK).candidates.is_empty());
    assert_eq!(reader.status(&Visibility::Everything).unwrap().documents, 480);
    let id = DocumentId::of_native_key("claude-code", "3-10");
    let found = reader.document(&id, &Visibility::Everything).unwrap().unwrap();
    assert_eq!(found.document.text, "the key is [redacted:mark], do not tell");
    assert_eq!(found.document.title.as_deref(), Some("All about [redacted:mark]"));
    assert!(!ask(&reader, "gardener digs").candidates.is_empty());
    drop(reader);
    bank.close().unwrap();
    let all = everything(dir);
    assert!(all.contains("gardener"), "the dump sees texts");
    let at = all.find(MARK);
    let around = at.map(|at| String::from_utf8_lossy(&all.as_bytes()[at.saturating_sub(80)..at]));
    assert_eq!(around, None);
}

#[test]
fn what_newer_rules_find_is_in_no_file_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut bank = bank(dir.path(), &files());
    let before = bank.reader().generation();
    let redacted = bank.redact_anew(2, &mut redact, &mut |_, _| true).unwrap();
    // Two documents, a title, a branch and what a reader remembers, of each session.
    assert_eq!((redacted.changed, redacted.finished), (40 * 5, true));
    assert!(bank.reader().generation() > before);
    let secrets = bank.reader().secrets().unwrap();
    assert_eq!(secrets.len(), 80);
    let first = &secrets[0];
    assert_eq!((first.rule.as_str(), first.replaced, first.count), ("mark", true, 1));
    assert_eq!((first.file.as_str(), first.offset), ("s0.jsonl", 10));
    assert_eq!(first.session.as_ref().map(|session| session.1.as_str()), Some("s0"));
    assert_eq!(first.project.as_deref(), Some("github.com/acme/api"));
    assert_eq!(secrets[1].count, 3, "two in the output and one in the path");

    let again = bank.redact_anew(2, &mut |_| unreachable!(), &mut |_, _| true).unwrap();
    assert_eq!((again.changed, again.finished), (0, true));
    assert_redacted(bank, dir.path());
}

#[test]
fn what_was_stopped_goes_on_and_does_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let mut stopped = bank(dir.path(), &files());
    let mut steps = 0;
    let redacted = stopped
        .redact_anew(2, &mut redact, &mut |_, _| {
            steps += 1;
            steps < 2
        })
        .unwrap();
    assert!(!redacted.finished && redacted.changed > 0);
    drop(stopped);
    let mut bank = Bank::open(dir.path()).unwrap();
    let mut told = Vec::new();
    let rest = bank
        .redact_anew(2, &mut redact, &mut |done, total| {
            told.push((done, total));
            true
        })
        .unwrap();
    assert!(rest.finished);
    assert_eq!(redacted.changed + rest.changed, 40 * 5);
    let (done, total) = told.last().copied().unwrap();
    assert_eq!(done, total);
    assert!(total < 480, "what was done is not done again");
    assert_redacted(bank, dir.path());
}

#[test]
fn texts_that_are_clean_are_not_indexed_again() {
    let dir = tempfile::tempdir().unwrap();
    let parts = [message("s", "a", 1, "nothing to see")];
    let mut bank = bank(dir.path(), &[file("s.jsonl", &parts)]);
    let before = bank.reader().generation();
    let redacted = bank.redact_anew(9, &mut redact, &mut |_, _| true).unwrap();
    assert_eq!((redacted.changed, redacted.finished), (0, true));
    bank.commit().unwrap();
    assert_eq!(bank.reader().generation(), before);
}

#[test]
fn a_damaged_text_does_not_keep_the_others_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let other = format!("the key is {MARK}");
    let files = [
        file("a.jsonl", &[message("a", "a1", 1, &"long and dull ".repeat(2_000))]),
        file("b.jsonl", &[message("b", "b1", 2, &other)]),
    ];
    bank(dir.path(), &files).close().unwrap();
    let store = rusqlite::Connection::open(dir.path().join("bank.db")).unwrap();
    let damaged = "UPDATE block SET data = x'00' WHERE ord = (SELECT min(ord) FROM block)";
    assert_eq!(store.execute(damaged, []).unwrap(), 1);
    drop(store);
    let mut bank = Bank::open(dir.path()).unwrap();
    let redacted = bank.redact_anew(2, &mut redact, &mut |_, _| true).unwrap();
    assert_eq!((redacted.changed, redacted.finished), (1, true));
}

#[test]
fn where_secrets_were_found_goes_with_what_held_them() {
    let dir = tempfile::tempdir().unwrap();
    let candidate = Finding { rule: "assigned-secret", replaced: false };
    let with_findings = |name: &str| {
        let parts = [
            message(name, &format!("{name}1"), 1, "one"),
            message(name, &format!("{name}2"), 2, "two"),
        ];
        let mut batch = file(&format!("{name}.jsonl"), &parts);
        batch.lines[0].found = vec![Finding { rule: "jwt", replaced: true }; 2];
        batch.lines[1].found = vec![candidate];
        batch
    };
    let mut bank = bank(dir.path(), &[with_findings("a"), with_findings("b"), with_findings("c")]);
    let listed = |bank: &Bank| -> Vec<(String, String, u64)> {
        let secrets = bank.reader().secrets().unwrap();
        secrets.into_iter().map(|secret| (secret.rule, secret.file, secret.count)).collect()
    };
    let of = |rule: &str, file: &str, count| (rule.to_owned(), format!("{file}.jsonl"), count);
    assert_eq!(listed(&bank).len(), 6);
    // Read anew, without one of them.
    let mut again = with_findings("a");
    again.lines[1].found.clear();
    bank.ingest(&again).unwrap();
    assert_eq!(listed(&bank).len(), 5);
    bank.forget(&Forget::Session { agent: None, session: "b".into() }).unwrap();
    bank.forget(&Forget::Document(DocumentId::of_native_key("claude-code", "c1"))).unwrap();
    assert_eq!(listed(&bank), [of("jwt", "a", 2), of("assigned-secret", "c", 1)]);
    // What is forgotten is not noted again.
    bank.ingest(&with_findings("b")).unwrap();
    assert_eq!(listed(&bank).len(), 2);
}
