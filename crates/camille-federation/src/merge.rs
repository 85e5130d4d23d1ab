//! One ranking out of everyone's candidates. Pure: no clock, no I/O, nothing a peer claims is believed
//! that can be recomputed here.
//!
//! The origin sums the statistics of all banks, each once, and scores every candidate itself
//! (`camille_bank::ranking`); scores that peers send are ignored. The texts of the finalists are
//! analysed anew: a peer whose features do not fit its texts is dropped and the rest is merged again.

use super::highlight::highlights;
use super::union::union;
use camille_bank::analyzer::{Measure, STOP_MARK};
use camille_bank::{is_plausible, ranking};
use camille_proto::HIT_CONTENT_BYTES_MAX;
use camille_proto::forward::Candidate;
use camille_proto::hit::Hit;
use camille_proto::id::{ContentHash, DocumentId, PeerId};
use camille_proto::invariant::Invariant;
use camille_proto::name;
use camille_proto::open::Open;
use camille_proto::statistics::{Features, Statistics};
use camille_proto::vocabulary::DocumentKind;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How much a hit is worth by the number of relays it passed: 0, 1, 2, 3 and more.
pub const DISTANCE: [f64; 4] = [1.0, 0.9, 0.8, 0.7];

/// How far below the limit a cut text can end, between characters.
const CUT_SLACK: usize = 8;

/// What one bank contributes.
#[derive(Debug, Clone)]
pub struct Contribution {
    /// Whose bank.
    pub peer_id: PeerId,
    /// `local` or `peer:<name>`.
    pub source: String,
    /// Relays between the origin and the bank.
    pub hops: u32,
    /// Its statistics.
    pub statistics: Arc<Statistics>,
    /// Its candidates.
    pub candidates: Arc<Vec<Candidate>>,
    /// Whether its features are recomputed from its texts: true for everyone but ourselves.
    pub verify: bool,
}

/// The merged list.
#[derive(Debug, Default)]
pub struct Merged {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// Peers whose part was left out, with the reason.
    pub dropped: Vec<(PeerId, String)>,
}

/// Merges the contributions into the `limit` best hits.
///
/// `terms`: the question's terms, in the order that statistics and features follow. `distance`: what a hit is
/// worth by the relays it passed, as [`DISTANCE`].
#[must_use]
pub fn merge(
    terms: &[String],
    contributions: Vec<Contribution>,
    limit: usize,
    distance: &[f64; 4],
) -> Merged {
    let lengths_count = !terms.iter().any(|term| term.starts_with(STOP_MARK));
    let mut dropped = Vec::new();
    let mut honest = Vec::with_capacity(contributions.len());
    for contribution in contributions {
        let features: Vec<&Features> =
            contribution.candidates.iter().map(|c| &c.features).collect();
        match contribution.statistics.check(terms.len(), lengths_count, &features) {
            Ok(()) => honest.push(contribution),
            Err(reason) => dropped.push((contribution.peer_id, reason.to_string())),
        }
    }
    // Each round drops at least one peer, so this ends.
    loop {
        let (hits, liars) = rank(terms, &honest, limit, distance);
        if liars.is_empty() {
            Invariant::HitsInOrder.check(are_in_order(&hits));
            return Merged { hits, dropped };
        }
        honest.retain(|c| !liars.contains_key(&c.peer_id));
        dropped.extend(liars);
    }
}

/// Whether each document's text stands there once, the best first.
fn are_in_order(hits: &[Hit]) -> bool {
    let mut seen = HashSet::new();
    hits.iter().all(|hit| seen.insert((hit.id, hit.content_hash)))
        && hits.is_sorted_by(|a, b| a.score >= b.score)
}

/// One round: scores, sorts, folds duplicates, and checks the finalists of others.
fn rank(
    terms: &[String],
    contributions: &[Contribution],
    limit: usize,
    distance: &[f64; 4],
) -> (Vec<Hit>, HashMap<PeerId, String>) {
    let mut summed = HashSet::new();
    let each: Vec<&Statistics> = contributions
        .iter()
        .filter(|contribution| summed.insert(contribution.peer_id))
        .map(|contribution| &*contribution.statistics)
        .collect();
    let total = union(&each);

    let mut scored: Vec<(f64, DocumentId, &Contribution, &Candidate)> = contributions
        .iter()
        .flat_map(|part| part.candidates.iter().map(move |candidate| (part, candidate)))
        .map(|(part, candidate)| {
            let distance = distance[(part.hops as usize).min(distance.len() - 1)];
            let score = ranking::score(&candidate.features, &total) * distance;
            (score, candidate.hit.id, part, candidate)
        })
        .filter(|(score, ..)| score.is_finite() && *score > 0.0)
        .collect();
    // Nearer first among equals, so that the one shown is the one that is easiest to open.
    scored.sort_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then(a.1.cmp(&b.1))
            .then(a.2.hops.cmp(&b.2.hops))
            .then(b.2.source.eq("local").cmp(&a.2.source.eq("local")))
            .then(a.2.peer_id.cmp(&b.2.peer_id))
    });

    let mut liars = HashMap::new();
    let mut places: HashMap<(DocumentId, ContentHash), usize> = HashMap::new();
    let mut hits: Vec<Hit> = Vec::with_capacity(limit.min(256));
    let mut shown: HashSet<DocumentId> = HashSet::new();
    for (score, id, part, candidate) in scored {
        // Once all places are taken only duplicates of those that made it matter.
        if hits.len() == limit && !shown.contains(&id) {
            continue;
        }
        let content = cut(&candidate.hit.content);
        // The own bank's was made of the same text a moment ago.
        let hash = if part.verify { ContentHash::of(content) } else { candidate.hit.content_hash };
        if let Some(&at) = places.get(&(id, hash)) {
            let first = &mut hits[at];
            if first.source != part.source && !first.also_from.contains(&part.source) {
                first.also_from.push(part.source.clone());
            }
            continue;
        }
        if hits.len() == limit {
            continue;
        }
        if part.verify
            && let Err(reason) = verify(terms, candidate)
        {
            liars.entry(part.peer_id).or_insert(reason);
            continue;
        }
        shown.insert(id);
        places.insert((id, hash), hits.len());
        hits.push(finish(terms, part, candidate, content, hash, score));
    }
    (hits, liars)
}

/// Whether what a peer claims of a candidate's body fits its text, as far as the text can tell.
fn verify(terms: &[String], candidate: &Candidate) -> Result<(), String> {
    let (hit, claimed) = (&candidate.hit, &candidate.features);
    if claimed.kind != hit.metadata.kind {
        return Err("a hit's kind is not the one it is scored as".into());
    }
    // A text that says it was cut, and is neither long nor redacted, was not.
    let long = hit.content.len() + CUT_SLACK >= HIT_CONTENT_BYTES_MAX;
    let truncated = long || hit.truncated && hit.content.contains("[redacted:");
    let body = Measure { tf: claimed.tf.body.clone(), length: claimed.length.body };
    let tool = hit.metadata.tool.as_deref();
    let (kind, speaker) = (hit.metadata.kind, hit.metadata.speaker);
    if !is_plausible(kind, speaker, tool, cut(&hit.content), truncated, terms, &body) {
        return Err("a hit's term frequencies do not fit its text".into());
    }
    if !is_consistent(terms, claimed) {
        return Err("a hit's fields do not fit each other".into());
    }
    Ok(())
}

/// Whether the fields that cannot be recomputed agree with the body that could: a context holds its own
/// message, a tool call is its own context, and a session holds all its bodies.
fn is_consistent(terms: &[String], claimed: &Features) -> bool {
    let (tf, length) = (&claimed.tf, &claimed.length);
    if length.session < length.body {
        return false;
    }
    (0..terms.len()).filter(|at| !terms[*at].starts_with(STOP_MARK)).all(|at| {
        let (body, context) = (tf.body[at], tf.context[at]);
        let context_fits = match claimed.kind {
            Open::Known(DocumentKind::Tool) => context == body && length.context == length.body,
            // A context that reaches back before what the key may see is left out altogether.
            _ => {
                length.context == 0 && context == 0
                    || length.context >= length.body && context >= body
            }
        };
        context_fits && tf.session[at] >= body
    })
}

/// The hit as it is shown, with everything recomputed that can be.
fn finish(
    terms: &[String],
    part: &Contribution,
    candidate: &Candidate,
    content: &str,
    content_hash: ContentHash,
    score: f64,
) -> Hit {
    let mut metadata = candidate.hit.metadata.clone();
    if part.verify {
        // A claim: it stands beside the peer's name and must not read like the owner.
        metadata.author = metadata.author.map(|author| name::clean(&author, ""));
        metadata.author = metadata.author.filter(|author| !name::is_reserved(author));
    }
    Hit {
        content_hash,
        score,
        content: content.to_owned(),
        truncated: candidate.hit.truncated || content.len() < candidate.hit.content.len(),
        highlights: highlights(content, terms),
        // By its kind, where that is known; else it is what it says.
        document_type: metadata
            .kind
            .document_type()
            .map_or(candidate.hit.document_type, Into::into),
        source: part.source.clone(),
        peer_id: part.peer_id,
        hops: part.hops,
        also_from: Vec::new(),
        id: candidate.hit.id,
        metadata,
    }
}

/// At most [`HIT_CONTENT_BYTES_MAX`] bytes of `text`, cut between characters.
pub fn cut(text: &str) -> &str {
    let end = text.floor_char_boundary(HIT_CONTENT_BYTES_MAX);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_bank::{analyzer, measure_message};
    use camille_proto::hit::Metadata;
    use camille_proto::statistics::PerField;
    use camille_proto::vocabulary::Speaker;

    fn peer(name: &str) -> PeerId {
        PeerId::of_spki(name.as_bytes())
    }

    fn terms(question: &str) -> Vec<String> {
        analyzer::question(question).terms
    }

    /// An honest candidate with this text.
    fn candidate(key: &str, text: &str, terms: &[String]) -> Candidate {
        let body = measure_message(Speaker::Person, text, terms);
        Candidate {
            hit: Hit {
                id: DocumentId::of_native_key("claude-code", key),
                content_hash: ContentHash::of(text),
                score: 0.0,
                document_type: DocumentKind::Message.document_type().into(),
                content: text.to_owned(),
                truncated: false,
                highlights: Vec::new(),
                metadata: Metadata {
                    project: "p".into(),
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
                peer_id: peer("whoever"),
                hops: 0,
                also_from: Vec::new(),
            },
            features: Features {
                kind: DocumentKind::Message.into(),
                tf: PerField {
                    body: body.tf.clone(),
                    context: body.tf.clone(),
                    session: body.tf.clone(),
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

    fn contribution(name: &str, texts: &[&str], terms: &[String]) -> Contribution {
        let candidates: Vec<Candidate> =
            texts.iter().map(|text| candidate(text, text, terms)).collect();
        let df: Vec<u64> = (0..terms.len())
            .map(|t| candidates.iter().filter(|c| c.features.tf.body[t] > 0).count() as u64)
            .collect();
        let length: u64 = candidates.iter().map(|c| u64::from(c.features.length.body)).sum();
        let documents = candidates.len() as u64;
        Contribution {
            peer_id: peer(name),
            source: if name == "own" { "local".into() } else { format!("peer:{name}") },
            hops: 0,
            statistics: Arc::new(Statistics {
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
            }),
            candidates: Arc::new(candidates),
            verify: name != "own",
        }
    }

    fn order(merged: &Merged) -> Vec<&str> {
        merged.hits.iter().map(|hit| hit.content.as_str()).collect()
    }

    const A: &[&str] = &["the migration waits for a lock", "unrelated words about breakfast"];
    const B: &[&str] =
        &["migration lock timeout fixed by ordering", "a lock on the door", "more breakfast talk"];

    #[test]
    fn the_order_is_that_of_one_bank_with_everything() {
        let terms = terms("migration lock timeout");
        let apart = merge(
            &terms,
            vec![contribution("own", A, &terms), contribution("ana", B, &terms)],
            10,
            &DISTANCE,
        );
        let together =
            merge(&terms, vec![contribution("own", &[A, B].concat(), &terms)], 10, &DISTANCE);
        assert_eq!(order(&apart), order(&together));
        assert_eq!(apart.hits.len(), 3);
        let scores = |merged: &Merged| merged.hits.iter().map(|h| h.score).collect::<Vec<_>>();
        assert_eq!(scores(&apart), scores(&together));
    }

    #[test]
    fn what_a_peer_says_of_its_scores_changes_nothing() {
        let terms = terms("migration lock timeout");
        let own = contribution("own", A, &terms);
        let honest = contribution("ana", B, &terms);
        let mut boast = honest.clone();
        for candidate in Arc::make_mut(&mut boast.candidates) {
            candidate.hit.score = 1e9;
            candidate.hit.source = "local".into();
            candidate.hit.peer_id = peer("own");
            candidate.hit.hops = 0;
        }
        let expected = merge(&terms, vec![own.clone(), honest], 10, &DISTANCE);
        let found = merge(&terms, vec![own, boast], 10, &DISTANCE);
        assert_eq!(expected.hits, found.hits);
    }

    #[test]
    fn a_peer_whose_features_do_not_fit_its_texts_is_dropped() {
        let terms = terms("migration lock timeout");
        let own = contribution("own", A, &terms);
        for lie in 0..3 {
            let mut liar = contribution("mallory", B, &terms);
            let features = &mut Arc::make_mut(&mut liar.candidates)[1].features;
            match lie {
                0 => features.tf.body[0] += 1,
                1 => features.length.body = 1,
                _ => features.kind = DocumentKind::Summary.into(),
            }
            let statistics = Arc::make_mut(&mut liar.statistics);
            statistics.documents = 1_000;
            statistics.df = PerField {
                body: vec![3; terms.len()],
                context: vec![3; terms.len()],
                session: vec![3; terms.len()],
                date: vec![0; terms.len()],
            };
            let merged = merge(&terms, vec![own.clone(), liar], 10, &DISTANCE);
            assert_eq!(order(&merged), [A[0]], "lie {lie}");
            assert_eq!(merged.dropped.len(), 1);
            assert_eq!(merged.dropped[0].0, peer("mallory"));
        }
    }

    #[test]
    fn a_newer_peers_words_are_shown_and_gain_nothing() {
        let terms = terms("migration lock timeout");
        let known = contribution("ana", B, &terms);
        let mut newer = known.clone();
        for candidate in Arc::make_mut(&mut newer.candidates) {
            candidate.hit.metadata.kind = "thought".parse().expect("a word");
            candidate.hit.metadata.speaker = "critic".parse().expect("a word");
            candidate.hit.metadata.agent = Some("gemini-cli".parse().expect("a word"));
            candidate.hit.document_type = "mind".parse().expect("a word");
            candidate.features.kind = candidate.hit.metadata.kind;
        }
        let merged = merge(&terms, vec![newer.clone()], 10, &DISTANCE);
        assert!(merged.dropped.is_empty(), "{:?}", merged.dropped);
        let hit = &merged.hits[0];
        assert_eq!(hit.metadata.kind.to_string(), "thought");
        assert_eq!(hit.document_type.to_string(), "mind", "by what it says itself");
        let best = merge(&terms, vec![known], 10, &DISTANCE).hits[0].score;
        assert!(hit.score <= best);
        Arc::make_mut(&mut newer.candidates)[1].features.tf.body[0] += 3;
        assert_eq!(
            merge(&terms, vec![newer], 10, &DISTANCE).dropped.len(),
            1,
            "its text says less"
        );
    }

    #[test]
    fn the_same_document_from_several_is_one_hit() {
        let terms = terms("lock");
        let own = contribution("own", A, &terms);
        let same = contribution("ana", A, &terms);
        let mut other = contribution("bruno", &["a lock of another kind"], &terms);
        Arc::make_mut(&mut other.candidates)[0].hit.id = own.candidates[0].hit.id;
        let merged = merge(&terms, vec![same, own, other], 10, &DISTANCE);
        assert_eq!(merged.hits.len(), 2, "equal id with other content stays apart");
        let first = merged.hits.iter().find(|hit| hit.content == A[0]).expect("found");
        assert_eq!(
            (first.source.as_str(), first.also_from.as_slice()),
            ("local", &["peer:ana".to_owned()][..])
        );
    }

    #[test]
    fn distance_counts() {
        let terms = terms("lock");
        let near = contribution("ana", &["iron lock"], &terms);
        let mut far = contribution("bruno", &["wood lock"], &terms);
        far.hops = 2;
        let merged = merge(&terms, vec![far, near], 10, &DISTANCE);
        let ratio = merged.hits[1].score / merged.hits[0].score;
        assert_eq!(order(&merged), ["iron lock", "wood lock"]);
        assert!((ratio - 0.8).abs() < 1e-9, "{ratio}");
    }
}
