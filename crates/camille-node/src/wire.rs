//! From what the bank found to what travels. The only place where inner types become wire types, and
//! where everything on its way out is redacted once more.

use crate::home::Home;
use camille_bank::{Document, DocumentWithNeighbours, Found, ProjectSummary, Visibility};
use camille_federation::merge::cut;
use camille_proto::HIT_CONTENT_BYTES_MAX;
use camille_proto::document::{DocumentView, Neighbour};
use camille_proto::forward::Candidate;
use camille_proto::hit::{Hit, Metadata};
use camille_proto::id::ContentHash;
use camille_proto::local::ProjectView;
use camille_proto::statistics::{PerField, Statistics};
use camille_registry::rule::{self, Rule};
use camille_registry::within;
use std::borrow::Cow;

/// The longest text of a neighbour, in characters.
const NEIGHBOUR_CHARS: usize = 2_000;

/// How much of a text is looked through for secrets before it is cut to what travels.
const REDACTED_BYTES: usize = 4 * HIT_CONTENT_BYTES_MAX;

/// A text as its reader may see it: the one function through which texts go out. What only may be a secret stays at
/// home: its owner sees it, nobody else does.
pub(crate) fn redacted<'t>(home: &Home, visible: &Visibility, text: &'t str) -> Cow<'t, str> {
    match visible {
        Visibility::Everything => home.redactor.redact(text).text,
        Visibility::Shared(_) => home.redactor.redact_for_others(text).text,
    }
}

/// A candidate for an origin.
pub(crate) fn candidate(home: &Home, visible: &Visibility, found: Found) -> Candidate {
    // It was redacted whole before it was stored. What may be found in the part that travels has its end well within
    // this.
    let text = &found.document.text;
    let text = &text[..text.floor_char_boundary(REDACTED_BYTES)];
    let redacted = redacted(home, visible, text);
    // What was taken out counts as cut: the text no longer is the one that was indexed.
    let changed = matches!(redacted, Cow::Owned(_));
    let content = redacted.into_owned();
    let kept = cut(&content);
    let hit = Hit {
        id: found.document.id,
        content_hash: ContentHash::of(kept),
        score: found.score,
        document_type: found.document.kind.document_type().into(),
        content: kept.to_owned(),
        truncated: changed || kept.len() < content.len() || text.len() < found.document.text.len(),
        highlights: Vec::new(),
        metadata: metadata(home, visible, &found.document),
        source: "local".into(),
        peer_id: home.identity.peer_id(),
        hops: 0,
        also_from: Vec::new(),
    };
    Candidate { hit, features: found.features }
}

/// A whole document with its neighbours.
pub(crate) fn document(
    home: &Home,
    visible: &Visibility,
    found: DocumentWithNeighbours,
) -> DocumentView {
    let content = redacted(home, visible, &found.document.text).into_owned();
    let neighbour = |document: Document| Neighbour {
        id: document.id,
        speaker: document.speaker.into(),
        kind: document.kind.into(),
        timestamp: document.timestamp,
        content: redacted(home, visible, &document.text).chars().take(NEIGHBOUR_CHARS).collect(),
    };
    DocumentView {
        id: found.document.id,
        content_hash: ContentHash::of(&content),
        document_type: found.document.kind.document_type().into(),
        content,
        metadata: metadata(home, visible, &found.document),
        peer_id: home.identity.peer_id(),
        before: found.before.into_iter().map(neighbour).collect(),
        after: found.after.into_iter().map(neighbour).collect(),
    }
}

fn metadata(home: &Home, visible: &Visibility, document: &Document) -> Metadata {
    let clean = |text: &str| redacted(home, visible, text).into_owned();
    Metadata {
        project: clean(&document.project),
        session_id: Some(clean(&document.session)),
        record_id: document.record_id.as_deref().map(clean),
        agent: Some(document.agent.into()),
        author: Some(home.settings.node.name.clone()),
        speaker: document.speaker.into(),
        kind: document.kind.into(),
        machine: Some(home.settings.node.machine.clone()),
        timestamp: document.timestamp,
        title: document.title.as_deref().map(clean),
        tool: document.tool.as_deref().map(clean),
        path: document.path.as_deref().map(clean),
        language: None,
        symbol: None,
        line: None,
        before: document.before,
        after: document.after,
    }
}

/// The statistics of a bank that holds nothing.
pub(crate) fn no_statistics(terms: usize) -> Statistics {
    let zeros = || vec![0; terms];
    Statistics {
        df: PerField { body: zeros(), context: zeros(), session: zeros(), date: zeros() },
        ..Statistics::default()
    }
}

/// A project as its owner sees it. `also`: its other names.
pub(crate) fn project(rules: &[Rule], summary: ProjectSummary, also: &[String]) -> ProjectView {
    let effective = rule::effective(rules, &summary.id, also);
    ProjectView {
        id: summary.id,
        sharing: effective.sharing,
        rule: effective.rule,
        from: effective.from,
        sessions: summary.sessions,
        documents: summary.documents,
        last_update: summary.last_update,
        also: also.iter().filter(|name| !within::is_worktree(name)).cloned().collect(),
    }
}
