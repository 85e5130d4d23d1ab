//! What a simulated node holds: three documents, one in each kind of project, and what it makes of a question
//! for those who may ask.

use super::network::{Member, peer};
use camille_bank::{analyzer, measure_message};
use camille_proto::answer::Outcome;
use camille_proto::forward::{BankAnswer, Candidate};
use camille_proto::grant::Grant;
use camille_proto::hit::{Hit, Metadata};
use camille_proto::id::{ContentHash, DocumentId};
use camille_proto::statistics::{Features, PerField, Statistics};
use camille_proto::vocabulary::{DocumentKind, Sharing, Speaker};
use camille_registry::rule::{Names, Rule, visible_projects};

/// Shared with nobody, with peers, and with peers of peers.
pub(crate) const PROJECTS: [&str; 3] = ["private", "shared", "open"];
pub(crate) const OPEN: &str = "open";

/// The question that everybody asks.
pub(crate) fn terms() -> Vec<String> {
    analyzer::question("lock").terms
}

/// The projects of a bank that a question sees. `None`: the owner's own.
pub(crate) fn visible(grant: Option<&Grant>, relayed: bool) -> Vec<&'static str> {
    let Some(grant) = grant else { return PROJECTS.to_vec() };
    let rule = |pattern: &str, sharing| Rule {
        pattern: pattern.to_owned(),
        sharing,
        from: None,
        created: jiff::Timestamp::UNIX_EPOCH,
    };
    let rules = [rule("shared", Sharing::Shared), rule(OPEN, Sharing::Indirect)];
    let seen = visible_projects(&rules, PROJECTS, &Names::new(), grant, relayed);
    PROJECTS.into_iter().filter(|project| seen.iter().any(|(id, _)| id == project)).collect()
}

/// What the bank of the node at `place` answers.
pub(crate) fn search(place: usize, grant: Option<&Grant>, relayed: bool) -> BankAnswer {
    let terms = terms();
    let hits: Vec<Candidate> =
        visible(grant, relayed).iter().map(|project| candidate(place, project, &terms)).collect();
    let documents = hits.len() as u64;
    let length = hits.iter().map(|hit| u64::from(hit.features.length.body)).sum();
    let df = vec![documents; terms.len()];
    BankAnswer {
        peer_id: peer(place),
        name: format!("node {place}"),
        status: Outcome::Ok,
        hops: 0,
        took_ms: 0,
        stats: Statistics {
            documents,
            sessions: documents,
            length: PerField { body: length, context: length, session: length, date: 0 },
            df: PerField {
                body: df.clone(),
                context: df.clone(),
                session: df,
                date: vec![0; terms.len()],
            },
            ..Statistics::default()
        },
        hits,
        error: None,
    }
}

/// Whose document a text is, and in which project it lies.
pub(crate) fn owner_and_project(content: &str) -> Option<(usize, &str)> {
    let rest = content.strip_prefix("a lock in the ")?;
    let (project, place) = rest.split_once(" project of node ")?;
    Some((place.parse().ok()?, project))
}

/// Whether the node's answer has to be there: it is honest and quick.
pub(crate) fn is_quick(member: &Member) -> bool {
    member.search.as_millis() < 1_000
}

fn candidate(place: usize, project: &str, terms: &[String]) -> Candidate {
    let content = format!("a lock in the {project} project of node {place}");
    let body = measure_message(Speaker::Person, &content, terms);
    Candidate {
        hit: Hit {
            id: DocumentId::of_native_key("claude-code", &content),
            content_hash: ContentHash::of(&content),
            score: 0.0,
            document_type: DocumentKind::Message.document_type().into(),
            truncated: false,
            highlights: Vec::new(),
            metadata: Metadata {
                project: project.to_owned(),
                session_id: None,
                record_id: None,
                agent: None,
                author: None,
                speaker: Speaker::Person.into(),
                kind: DocumentKind::Message.into(),
                machine: None,
                timestamp: None,
                title: None,
                tool: None,
                path: None,
                language: None,
                symbol: None,
                line: None,
                before: None,
                after: None,
            },
            source: String::new(),
            peer_id: peer(place),
            hops: 0,
            also_from: Vec::new(),
            content,
        },
        features: Features {
            kind: DocumentKind::Message.into(),
            tf: PerField {
                body: body.tf.clone(),
                context: body.tf.clone(),
                session: body.tf,
                date: vec![0; terms.len()],
            },
            length: PerField {
                body: body.length,
                context: body.length,
                session: body.length,
                date: 0,
            },
        },
    }
}
