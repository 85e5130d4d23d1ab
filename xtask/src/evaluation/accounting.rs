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
    Ok(report)
}

/// A copy of the largest file gets one more line.
async fn append(corpus: &Corpus, report: &mut Report) -> Result<()> {
    let mut largest = (0, None);
    for file in &corpus.files {
        let size = std::fs::metadata(file)?.len();
        if size > largest.0 && file.extension().is_some_and(|name| name == "jsonl") {
            largest = (size, Some(file));
        }
    }
    let source = largest.1.context("the corpus has no transcript")?;
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
