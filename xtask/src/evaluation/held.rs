//! `eval held`: which sessions touch what is not their own, beside labels that a person made. Labels are read from
//! a file and never kept: `[{"file": …, "must": true|false}]`, files relative to the corpus.

use crate::corpus::Corpus;
use crate::report::{Report, Table};
use anyhow::{Context, Result};
use camille_ingest::place::Mention;
use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{Cursor, Record, detect, read_line};
use camille_intake::project::{Base, ProjectResolver};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The labels.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Names each session that is held or should be, with what it touched.
    #[arg(long)]
    list: bool,
}

#[derive(Debug, Deserialize)]
struct Label {
    file: PathBuf,
    must: bool,
}

/// Why a session is held, by what was done and where.
type Reasons = BTreeMap<(String, String), String>;

pub(crate) fn measure(corpus: &Corpus, options: &Options) -> Result<Report> {
    let mut report = Report::new("Sessions that are held, if only their own project is shared");
    let redactor = Redactor::default();
    let (mut sessions, mut held) = (0_usize, 0_usize);
    let mut by_reason: BTreeMap<String, usize> = BTreeMap::new();
    for file in &corpus.files {
        let Some(reasons) = touched(file, &redactor)? else { continue };
        sessions += 1;
        held += usize::from(!reasons.is_empty());
        let kinds: BTreeSet<&String> = reasons.keys().map(|(how, _)| how).collect();
        for kind in kinds {
            *by_reason.entry(kind.clone()).or_default() += 1;
        }
    }
    report.fact("sessions held of the corpus", format!("{held} of {sessions}"));
    let mut table = Table::new(&["what was done elsewhere", "sessions"]);
    for (how, count) in by_reason {
        table.row(vec![how, count.to_string()]);
    }
    report.table(table);
    let Some(labels) = &options.labels else { return Ok(report) };
    let labels = std::fs::read(labels).context("the labels")?;
    let labels: Vec<Label> = serde_json::from_slice(&labels)?;
    let (mut missed, mut wrong, mut must) = (0, 0, 0);
    for label in &labels {
        let file = corpus.folder().join(&label.file);
        let reasons = touched(&file, &redactor)?.unwrap_or_default();
        let is_held = !reasons.is_empty();
        must += usize::from(label.must);
        missed += usize::from(label.must && !is_held);
        wrong += usize::from(!label.must && is_held);
        if options.list && (is_held || label.must) {
            let why: Vec<String> = reasons
                .iter()
                .take(5)
                .map(|((how, at), path)| format!("{how} {at} ({path})"))
                .collect();
            report.fact(format!("{} must={}", label.file.display(), label.must), why.join("; "));
        }
    }
    let others = labels.len() - must;
    report.fact("labelled sessions", format!("{} of which {must} must be held", labels.len()));
    report.bar("must be held and are not", missed, 0, missed == 0);
    report.bar(
        "need not be held and are",
        format!("{wrong} of {others}"),
        "at most 5 %",
        wrong * 20 <= others,
    );
    Ok(report)
}

/// What the sessions of a file touched that is not their own; `None`: it is no transcript.
fn touched(file: &Path, redactor: &Redactor) -> Result<Option<Reasons>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let Some(agent) = detect(file, &mut bytes.as_slice())? else { return Ok(None) };
    let resolver = ProjectResolver::new(None);
    let folder = file
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .skip_while(|name| name != "projects")
        .nth(1)
        .filter(|name| name.starts_with('-'));
    let mut cursor = Cursor::new(agent, file);
    let mut homes: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut reasons = Reasons::new();
    let mut offset = 0;
    for line in bytes.split(|byte| *byte == b'\n') {
        let mut records = Vec::new();
        read_line(&mut cursor, redactor, line, offset, &mut |record| records.push(record));
        offset += line.len() as u64 + 1;
        for record in records {
            let (session, cwd, places) = match &record {
                Record::Session(fact) => (&fact.session, &fact.cwd, None),
                Record::Part(part) => (&part.session, &part.cwd, Some(&part.places)),
                Record::Touch(touch) => (&touch.session, &touch.cwd, Some(&touch.places)),
            };
            let at = cwd.as_deref();
            if let (false, Some(cwd)) = (homes.contains_key(session), cwd) {
                let project = resolver.resolve_session(cwd, None, folder.as_deref());
                homes.insert(session.clone(), (cwd.clone(), project));
            }
            if let (Some(places), Some((cwd, project))) = (places, homes.get(session)) {
                let (folder, id) = (folder.as_deref(), Some(session.as_str()));
                let base = Base { cwd, project, folder, id };
                note(at, places, &resolver, base, &mut reasons);
            }
        }
    }
    Ok(Some(reasons))
}

fn note(
    cwd: Option<&str>,
    places: &[Mention],
    resolver: &ProjectResolver,
    base: Base<'_>,
    reasons: &mut Reasons,
) {
    if let Some(cwd) = cwd {
        let place = resolver.resolve_record(cwd, base);
        if place != base.project {
            reasons.entry(("ran in".to_owned(), place)).or_insert_with(|| cwd.to_owned());
        }
    }
    for mention in places {
        for touched in resolver.resolve_places(mention, cwd, base) {
            // What was only fetched is nobody's as long as nobody works there.
            let (Some(place), false) = (touched.place, touched.fetched) else { continue };
            let how = match &mention.unknown {
                Some(_) => "read by a variable".to_owned(),
                None => format!("{:?}", mention.doing).to_lowercase(),
            };
            reasons.entry((how, place)).or_insert_with(|| mention.path.clone());
        }
    }
}
