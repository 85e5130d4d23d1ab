//! `eval queries`: the labelled questions. A hit counts if its session is right (or replays the right
//! one), or if it is the record or stands directly before or after it.

use crate::corpus::{Corpus, Labelled, Records};
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use anyhow::Result;
use camille_proto::hit::Hit;
use camille_proto::id::DocumentId;
use std::collections::BTreeSet;
use xtask::eval::measure::Ranks;

/// How far down right answers are looked for.
const DEPTH: u32 = 50;
const SESSION_WITHIN: usize = 5;
const RECORD_WITHIN: usize = 10;
/// The bars, for 19 questions of which 16 name a record.
const MRR_MIN: f64 = 0.90;
const RECORD_SHARE_MIN: f64 = 14.0 / 16.0;

pub(crate) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("Labelled questions");
    let records = corpus.records()?;
    let (node, _) = LoneNode::with(&corpus.transcripts()).await?;
    let mut table = Table::new(&["session", "record", "question"]);
    let (mut sessions, mut exact) = (Ranks::default(), Ranks::default());
    for labelled in corpus.questions()? {
        let hits = node.search(&labelled.query, DEPTH).await?;
        let session = session_rank(&records, &labelled, &hits);
        sessions.push(session);
        let named = labelled.relevant.iter().any(|relevant| relevant.uuid.is_some());
        let record = record_rank(&records, &labelled, &hits);
        if named {
            exact.push(record);
        }
        let shown = |rank: Option<usize>| rank.map_or("–".to_owned(), |rank| rank.to_string());
        let record = if named { shown(record) } else { String::new() };
        table.row(vec![shown(session), record, labelled.query]);
    }
    report.table(table);
    let within = sessions.within(SESSION_WITHIN);
    let all = sessions.len();
    report.bar("right session among the first 5", format!("{within} of {all}"), all, within == all);
    let mrr = sessions.mrr();
    report.bar(
        "MRR of the right session",
        format!("{mrr:.3}"),
        format!("{MRR_MIN:.2}"),
        mrr >= MRR_MIN,
    );
    let within = exact.within(RECORD_WITHIN);
    let share = exact.recall(RECORD_WITHIN);
    report.bar(
        "the record or a direct neighbour among the first 10",
        format!("{within} of {}", exact.len()),
        "14 of 16",
        share >= RECORD_SHARE_MIN,
    );
    Ok(report)
}

fn session_rank(records: &Records, labelled: &Labelled, hits: &[Hit]) -> Option<usize> {
    let right: BTreeSet<String> =
        labelled.relevant.iter().flat_map(|relevant| records.twins(&relevant.session_id)).collect();
    rank(hits, |hit| hit.metadata.session_id.as_ref().is_some_and(|id| right.contains(id)))
}

fn record_rank(records: &Records, labelled: &Labelled, hits: &[Hit]) -> Option<usize> {
    let uuids: Vec<&str> =
        labelled.relevant.iter().filter_map(|relevant| relevant.uuid.as_deref()).collect();
    let right: BTreeSet<DocumentId> =
        uuids.iter().flat_map(|uuid| records.documents(uuid)).collect();
    rank(hits, |hit| {
        let metadata = &hit.metadata;
        let named = metadata.record_id.as_deref().is_some_and(|id| uuids.contains(&id));
        let near = [Some(hit.id), metadata.before, metadata.after];
        named || near.iter().flatten().any(|id| right.contains(id))
    })
}

fn rank(hits: &[Hit], is_right: impl Fn(&Hit) -> bool) -> Option<usize> {
    hits.iter().position(is_right).map(|at| at + 1)
}
