//! Reads a corpus of real transcripts, named by `CAMILLE_CORPUS`: no line may panic, each has one outcome.

use camille_ingest::redact::{Redactor, Tier};
use camille_ingest::transcript::{Cursor, LineOutcome, Part, Record, detect, read_line};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[expect(clippy::disallowed_methods, reason = "the corpus lies outside of the project")]
fn corpus() -> Option<PathBuf> {
    std::env::var_os("CAMILLE_CORPUS").map(PathBuf::from)
}

#[test]
fn each_line_of_the_corpus_has_one_outcome() {
    let Some(corpus) = corpus() else {
        println!("CAMILLE_CORPUS is not set: nothing read");
        return;
    };
    let redactor = Redactor::default();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut redacted: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut lines, mut files, mut unknown) = (0_u64, 0_u64, 0_u64);
    for entry in walkdir::WalkDir::new(corpus.join("transcripts")).sort_by_file_name() {
        let entry = entry.expect("a readable corpus");
        if !entry.file_name().to_string_lossy().ends_with(".jsonl") {
            continue;
        }
        let bytes = std::fs::read(entry.path()).expect("a readable file");
        let Some(agent) = detect(entry.path(), &mut bytes.as_slice()).expect("read from memory")
        else {
            println!("no reader: {}", entry.path().display());
            unknown += 1;
            continue;
        };
        files += 1;
        let mut cursor = Cursor::new(agent, entry.path());
        let mut offset = 0;
        for (number, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let (mut parts, mut facts) = (0, 0);
            let result =
                read_line(&mut cursor, &redactor, line, offset, &mut |record| match record {
                    Record::Part(part) => {
                        parts += 1;
                        let kind = kinds.entry(name(&part)).or_default();
                        kind.0 += 1;
                        kind.1 += part.text.len() as u64;
                        let again = redactor.redact(&part.text);
                        assert!(again.found.iter().all(|f| f.tier == Tier::Candidate));
                    }
                    Record::Session(_) => facts += 1,
                    Record::Touch(_) => {}
                });
            offset += line.len() as u64 + 1;
            lines += 1;
            for rule in result.findings.iter().map(|finding| finding.rule) {
                *redacted.entry(rule).or_default() += 1;
            }
            let place = format!("{}:{}", entry.path().display(), number + 1);
            match &result.outcome {
                LineOutcome::Parts => assert!(parts > 0, "{place}"),
                LineOutcome::Metadata => assert!(parts == 0 && facts > 0, "{place}"),
                LineOutcome::Defective(reason) | LineOutcome::Unfinished(reason) => {
                    assert_eq!((parts, facts), (0, 0), "{place}");
                    println!("defect: {place}: {reason}");
                }
                LineOutcome::Skipped(_) | LineOutcome::Blank => {
                    assert_eq!((parts, facts), (0, 0), "{place}");
                }
            }
            *outcomes.entry(label(&result.outcome)).or_default() += 1;
        }
    }
    println!("{files} files, {lines} lines; {unknown} files without a reader");
    for (outcome, count) in &outcomes {
        println!("{count:>8}  {outcome}");
    }
    for (kind, (count, bytes)) in &kinds {
        println!("{count:>8}  {kind}, {bytes} bytes");
    }
    println!("redacted: {redacted:?}");
    assert_eq!(outcomes.values().sum::<u64>(), lines);
    assert_eq!(unknown, 0);
    let bad = outcomes.get("defective").copied().unwrap_or(0)
        + outcomes.get("unfinished").copied().unwrap_or(0);
    assert!(bad * 1_000 < lines, "{bad} of {lines} lines not understood");
}

fn name(part: &Part) -> String {
    format!("{} {} {} {:?}", part.agent, part.speaker, part.kind, part.role)
}

fn label(outcome: &LineOutcome) -> String {
    match outcome {
        LineOutcome::Parts => "parts".into(),
        LineOutcome::Metadata => "metadata".into(),
        LineOutcome::Skipped(reason) => format!("skipped: {reason}"),
        LineOutcome::Blank => "blank".into(),
        LineOutcome::Unfinished(_) => "unfinished".into(),
        LineOutcome::Defective(_) => "defective".into(),
    }
}
