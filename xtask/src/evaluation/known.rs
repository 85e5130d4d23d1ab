//! `eval known-item`: questions drawn from the documents themselves by a script that was fixed before
//! any ranking existed.

use crate::corpus::Corpus;
use crate::lone::LoneNode;
use crate::report::{Report, Table};
use crate::stored::{self, Stored};
use anyhow::Result;
use camille_proto::id::ContentHash;
use camille_proto::vocabulary::DocumentKind;
use std::collections::HashMap;
use xtask::eval::known_item::{self, Item, KnownItem};
use xtask::eval::measure::Ranks;

const DEPTH: u32 = 50;

pub(crate) async fn measure(corpus: &Corpus) -> Result<Report> {
    let mut report = Report::new("Known items");
    let (node, _) = LoneNode::with(&corpus.transcripts()).await?;
    let documents = stored::documents(&node.bank_dir())?;
    let by_id: HashMap<&str, &Stored> =
        documents.iter().map(|document| (document.id.as_str(), document)).collect();
    let mut groups: [(&str, Ranks); 3] =
        ["all", "messages", "tool calls"].map(|name| (name, Ranks::default()));
    for known in draw(&documents) {
        let right = by_id[known.id.as_str()];
        let hash = ContentHash::of(&right.text);
        let hits = node.search(&known.question, DEPTH).await?;
        let rank = hits
            .iter()
            .position(|hit| hit.id.to_string() == known.id || hit.content_hash == hash)
            .map(|at| at + 1);
        let group = if right.kind == DocumentKind::Tool { 2 } else { 1 };
        for at in [0, group] {
            groups[at].1.push(rank);
        }
    }
    let mut table = Table::new(&["documents", "questions", "MRR", "R@1", "R@10"]);
    for (name, ranks) in &groups {
        table.row(vec![
            (*name).to_owned(),
            ranks.len().to_string(),
            format!("{:.3}", ranks.mrr()),
            format!("{:.3}", ranks.recall(1)),
            format!("{:.3}", ranks.recall(10)),
        ]);
    }
    report.table(table);
    let asked = groups[0].1.len();
    report.bar("questions asked", asked, known_item::QUESTIONS, asked == known_item::QUESTIONS);
    Ok(report)
}

/// The questions that these documents give: messages and tool calls only.
pub(crate) fn draw(documents: &[Stored]) -> Vec<KnownItem> {
    let items: Vec<Item<'_>> = documents
        .iter()
        .filter(|document| matches!(document.kind, DocumentKind::Message | DocumentKind::Tool))
        .map(|document| Item { id: &document.id, text: &document.text })
        .collect();
    known_item::draw(&items)
}
