//! `eval corpus`: whether every line is accounted for, nothing is read twice, and each record stands
//! once.

use crate::corpus::Corpus;
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use crate::stored;
use anyhow::{Context, Result};
use camille_proto::local::Accounting;
use camille_testkit::session::Session;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

pub(crate) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("Every line of the corpus");
    let records = corpus.records()?;
    let (node, first) = LoneNode::with(&corpus.transcripts()).await?;
    report.table(table(&first.accounting));
    report.fact("files read", first.files);
    report.fact("documents", first.documents_total);
    report.fact("bytes", records.bytes);
    report.fact("secrets replaced", format!("{:?}", first.redacted));
    report.bar("files not readable", first.unreadable.len(), 0, first.unreadable.is_empty());
    let unaccounted = first.accounting.unaccounted();
    report.bar("lines unaccounted for", unaccounted, 0, unaccounted == 0);
    let lines = first.accounting.lines;
    report.bar("lines, counted by the bank", lines, records.lines, lines == records.lines);
    report.bar("bytes read", first.bytes_read, records.bytes, first.bytes_read == records.bytes);
    for defect in &first.defects {
        report.fact("defect", format!("{}:{} {}", defect.file, defect.line, defect.reason));
    }

    let again = node.index(&[]).await?;
    let changed = again.documents_added + again.documents_changed;
    report.bar("second run: documents added or changed", changed, 0, changed == 0);
    report.bar("second run: bytes read", again.bytes_read, 0, again.bytes_read == 0);
    let same = again.accounting == first.accounting;
    report.bar("second run: the same accounting", same, true, same);

    let (all, replayed) = records.replayed();
    report.fact("records that stand in more than one session", format!("{replayed} of {all}"));
    let documents = stored::documents(&node.bank_dir())?;
    let mut seen = HashSet::new();
    let doubled = documents
        .iter()
        .filter(|document| {
            let record = document.record.as_deref();
            record.is_some_and(|record| !seen.insert((record, document.text.as_str())))
        })
        .count();
    report.bar("records that stand twice", doubled, 0, doubled == 0);

    append(corpus, &mut report).await?;
    replay(corpus, &mut report).await?;
    Ok(report)
}

/// A fork of a session replays its records with the same ids and another session's, as `--resume` and
/// `/fork` of Claude Code do. Nothing may stand twice.
async fn replay(corpus: &Corpus, report: &mut Report) -> Result<()> {
    let source = largest(corpus)?;
    let name = source.file_stem().and_then(|name| name.to_str()).context("a session's id")?;
    let text = std::fs::read_to_string(source)?;
    let (before, lines) = (text.matches(name).count(), text.lines().count());
    // Of two sessions that begin at the same moment the lower id is the home.
    let fork = "ffffffff-ffff-4fff-bfff-ffffffffffff";
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(format!("{name}.jsonl")), &text)?;
    let (node, first) = LoneNode::with(folder.path()).await?;
    let more = "a question that only the fork has, about the quokka";
    let more = Session::new("fork").person(more).jsonl();
    std::fs::write(
        folder.path().join(format!("{fork}.jsonl")),
        format!("{}\n{more}", text.trim_end().replace(name, fork)),
    )?;
    let second = node.index(&[]).await?;
    report.fact(
        "the session replayed",
        format!("{lines} lines, {} documents", first.documents_total),
    );
    report.bar("replay: the session's id stands in it", before > 0, true, before > 0);
    let added = second.documents_added;
    report.bar("replay with one line more: documents added", added, 1, added == 1);
    let changed = second.documents_changed;
    report.bar("replay: documents changed", changed, 0, changed == 0);
    let lost = second.accounting.unaccounted();
    report.bar("replay: lines unaccounted for", lost, 0, lost == 0);
    let duplicate = second.accounting.duplicate - first.accounting.duplicate;
    let said = first.accounting.documented + first.accounting.merged + first.accounting.duplicate;
    report.bar("replay: lines counted as duplicate", duplicate, said, duplicate == said);
    Ok(())
}

fn largest(corpus: &Corpus) -> Result<&Path> {
    let mut largest: (u64, Option<&Path>) = (0, None);
    for file in &corpus.files {
        let size = std::fs::metadata(file)?.len();
        if size > largest.0 && file.extension().is_some_and(|name| name == "jsonl") {
            largest = (size, Some(file));
        }
    }
    largest.1.context("the corpus has no transcript")
}

/// A copy of the largest file gets one more line.
async fn append(corpus: &Corpus, report: &mut Report) -> Result<()> {
    let source = largest(corpus)?;
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join(source.file_name().context("a file has a name")?);
    let mut bytes = std::fs::read(source)?;
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    std::fs::write(&copy, &bytes)?;
    let (node, _) = LoneNode::with(folder.path()).await?;
    let line = Session::new("appended").person("one more question about the zyzzyva").jsonl();
    std::fs::OpenOptions::new().append(true).open(&copy)?.write_all(line.as_bytes())?;
    let grown = node.index(&[]).await?;
    report.fact("the file that grew", format!("{} bytes", bytes.len()));
    let wanted = line.len() as u64;
    report.bar("one line more: bytes read", grown.bytes_read, wanted, grown.bytes_read == wanted);
    let added = grown.documents_added;
    report.bar("one line more: documents added", added, 1, added == 1);
    let found = node.search("zyzzyva", 10).await?.len();
    report.bar("one line more: found", found, 1, found == 1);
    Ok(())
}

fn table(accounting: &Accounting) -> Table {
    let mut table = Table::new(&["class", "lines"]);
    let mut row = |class: &str, count: u64| table.row(vec![class.into(), count.to_string()]);
    row("documented", accounting.documented);
    row("merged", accounting.merged);
    row("metadata", accounting.metadata);
    row("duplicate", accounting.duplicate);
    for (reason, count) in &accounting.skipped {
        row(&format!("skipped: {reason}"), *count);
    }
    row("blank", accounting.blank);
    row("pending", accounting.pending);
    row("defective", accounting.defective);
    row("all", accounting.lines);
    table
}
