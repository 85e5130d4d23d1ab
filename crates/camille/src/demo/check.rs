//! What each promise means, as a judgement on what was seen. Pure: nothing here asks a node, and every
//! check can fail.

use super::acquaintance::Acquaintance;
use super::secret::Search;
use super::session::{QUESTION, SHARED_PROJECT};
use crate::output::hit::title;
use crate::output::moment::{self, took};
use crate::output::plain::one_line;
use crate::output::{count, grouped, size};
use camille_client::ClientError;
use camille_proto::answer::{Answer, Outcome, PeerReport};
use camille_proto::document::DocumentView;
use camille_proto::hit::Hit;
use camille_proto::id::{DocumentId, PeerId};
use camille_proto::local::{AuditEntry, PeerView};

/// What the session that solved the problem settled on. A hit without it does not help.
const FIX: &str = "lock_timeout";
/// What stands in place of a secret, up to the rule's name.
pub(super) const REDACTED: &str = "[redacted:";
/// How good a rank the answer must have.
const RANK_MAX: usize = 3;

/// A promise, and whether it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The promise in a few words.
    pub(super) promise: &'static str,
    /// Whether it was kept.
    pub(super) kept: bool,
    /// What was seen.
    pub(super) seen: String,
    /// What had to be seen.
    pub(super) expected: &'static str,
}

/// The asker's own bank cannot answer, so that what comes later comes from the peer.
pub(super) fn alone(answer: &Answer) -> Verdict {
    let promise = "alone, nothing helps";
    let nearest = answer.results.first().and_then(|hit| title(&hit.metadata));
    let nearest = nearest.map(|title| format!("; nearest: “{title}”")).unwrap_or_default();
    Verdict {
        promise,
        kept: answer.peers.is_empty() && !answer.results.iter().any(helps),
        seen: format!(
            "{} of his own ({}), none with the fix{nearest}",
            count(answer.results.len() as u64, "hit"),
            took(answer.took_ms)
        ),
        expected: "no peer asked, and no hit that names the fix, `lock_timeout`",
    }
}

/// Each ends with the other's pin and a key for the other's bank; one project is shared, no other.
pub(super) fn joined(seen: &Acquaintance) -> Verdict {
    let shared: Vec<_> = seen.invite.shared.iter().map(|project| project.id.as_str()).collect();
    let knows = |peers: &[PeerView], id: PeerId| {
        peers.len() == 1 && peers[0].peer_id == id && peers[0].we_can_search
    };
    let admits = |peers: &[PeerView]| peers.iter().any(|peer| peer.they_may_read.is_some());
    Verdict {
        promise: "invited, joined",
        kept: shared == [SHARED_PROJECT]
            && knows(&seen.of_bruno, seen.ana)
            && knows(&seen.of_ana, seen.bruno)
            && admits(&seen.of_ana)
            && admits(&seen.of_bruno),
        seen: format!(
            "shares {}; pins: ana {}…, bruno {}…",
            one_line(&shared.join(", ")),
            names(&seen.of_bruno),
            names(&seen.of_ana)
        ),
        expected: "only acme/api shared, and each with the other's pin and a key for the other's bank",
    }
}

/// The question finds the peer's answer, and both banks say how long they took.
pub(super) fn found(answer: &Answer) -> Verdict {
    let rank = answer.results.iter().position(|hit| helps(hit) && is_from_ana(hit));
    let ana = ana_in(answer);
    let from_ana = answer.results.iter().filter(|hit| is_from_ana(hit)).count();
    Verdict {
        promise: "together, it is found",
        kept: rank.is_some_and(|rank| {
            rank < RANK_MAX && answer.results[rank].metadata.project == SHARED_PROJECT
        }) && ana.is_some_and(|ana| ana.status == Outcome::Ok)
            && answer.coverage.answered == 1,
        seen: format!(
            "{}, {from_ana} from ana, the fix is {}; own bank {}, ana {}",
            count(answer.results.len() as u64, "hit"),
            rank.map_or("not among them".into(), |rank| format!("number {}", rank + 1)),
            took(answer.local_took_ms),
            ana.map_or("not asked".into(), |ana| took(ana.took_ms)),
        ),
        expected: "ana answers, and a hit from her acme/api among the first 3 names `lock_timeout`",
    }
}

/// What was tried to get at a private document.
pub(super) struct Trespass {
    /// What she finds herself.
    pub(super) own: Vec<Hit>,
    /// What he gets for the same words.
    pub(super) answer: Answer,
    /// What he gets for a private document's id.
    pub(super) by_id: Result<DocumentView, ClientError>,
    /// What he gets, in the same way, for a shared document's id.
    pub(super) shared_by_id: Result<DocumentView, ClientError>,
}

/// What is private is neither found nor handed out, although it is there and the way works.
pub(super) fn private(seen: &Trespass) -> Verdict {
    let is_private = |hit: &&Hit| hit.metadata.project != SHARED_PROJECT;
    let own = seen.own.iter().filter(is_private).count();
    let ana = ana_in(&seen.answer);
    let from_ana = seen.answer.results.iter().filter(|hit| is_from_ana(hit)).count();
    let candidates = ana.map_or(0, |ana| ana.hits);
    Verdict {
        promise: "private stays private",
        kept: own > 0
            && from_ana == 0
            && ana.is_some_and(|ana| ana.status == Outcome::Ok && ana.hits == 0)
            && status_of(&seen.by_id) == "404"
            && status_of(&seen.shared_by_id) == "200",
        seen: format!(
            "“{}”: she finds {own}, he gets {} from her; by its id: {} (a shared one: {})",
            super::session::TELLTALE,
            from_ana.max(usize::try_from(candidates).unwrap_or(usize::MAX)),
            status_of(&seen.by_id),
            status_of(&seen.shared_by_id)
        ),
        expected: "she finds it, he gets 0 hits for the same words and 404 for its id",
    }
}

/// Where the planted secret was looked for.
pub(super) struct Leak {
    /// The secret.
    pub(super) token: String,
    /// What he got for a question about it.
    pub(super) hits: Vec<Hit>,
    /// The whole document of the hit that shows the mark, as he gets it.
    pub(super) document: Option<DocumentView>,
    /// Her transcripts.
    pub(super) sources: Search,
    /// All files of both nodes.
    pub(super) kept: Search,
}

/// The secret is in the transcript, and nowhere after it.
pub(super) fn redacted(seen: &Leak) -> Verdict {
    let marked = seen.hits.iter().find(|hit| is_from_ana(hit) && hit.content.contains(REDACTED));
    let told = seen.hits.iter().any(|hit| hit.content.contains(&seen.token))
        || seen.document.as_ref().is_some_and(|document| document.content.contains(&seen.token));
    let line = marked.and_then(|hit| hit.content.lines().find(|line| line.contains(REDACTED)));
    let line = line.map_or_else(|| "not found".into(), |line| format!("“{}”", one_line(line)));
    Verdict {
        promise: "a planted key is redacted",
        kept: marked.is_some()
            && !told
            && seen.document.as_ref().is_some_and(|document| document.content.contains(REDACTED))
            && seen.sources.found_in == 1
            && seen.kept.found_in == 0
            && seen.kept.files > 0,
        seen: format!(
            "{line}; its bytes are in {}, and in {} of {} of the two nodes ({})",
            count(seen.sources.found_in, "transcript"),
            seen.kept.found_in,
            count(seen.kept.files, "file"),
            size(seen.kept.bytes)
        ),
        expected: "a `[redacted:…]` from ana; the bytes in 1 transcript and in none of the nodes' files",
    }
}

/// What somebody at a node's address got to hear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Overheard {
    /// Connections.
    pub(super) attempts: u64,
    /// Those who believed it.
    pub(super) handshakes: u64,
    /// Bytes that they said, keys and questions included.
    pub(super) bytes: u64,
}

/// What somebody at ana's address heard, once without and once with her key.
pub(super) struct Masquerade {
    /// What was heard with her certificate and another key.
    pub(super) without: Overheard,
    /// How he reports her then.
    pub(super) report: Option<PeerReport>,
    /// What was heard with her certificate and her key: the proof that anything can be heard at all.
    pub(super) with: Overheard,
}

/// A copied certificate is worth nothing without its key.
pub(super) fn impostor(seen: &Masquerade) -> Verdict {
    let Masquerade { without, report, with } = seen;
    let failed = report.as_ref().is_some_and(|ana| ana.status == Outcome::Failed);
    Verdict {
        promise: "an impostor hears nothing",
        kept: without.attempts > 0
            && without.handshakes == 0
            && without.bytes == 0
            && failed
            && with.bytes > 0,
        seen: format!(
            "her address and certificate, another key: dialled {}, {} bytes heard (with her own key: {})",
            count(without.attempts, "time"),
            without.bytes,
            grouped(with.bytes)
        ),
        expected: "bruno dials, says nothing and reports ana as failed; with her key he would ask",
    }
}

/// The owner can read who asked what.
pub(super) fn audited(entries: &[AuditEntry], bruno: PeerId, delivered: &DocumentId) -> Verdict {
    let entry = entries.iter().find(|entry| {
        entry.event == "forward"
            && entry.query.as_deref() == Some(QUESTION)
            && entry.peer_id == Some(bruno)
            && entry.documents.contains(delivered)
    });
    let seen = entry.map_or_else(
        || format!("{}, none of them this question", count(entries.len() as u64, "line")),
        |entry| {
            format!(
                "{} · {} · “{}” · {} handed over · {}",
                moment::date_time(entry.timestamp),
                one_line(entry.key_name.as_deref().unwrap_or("bruno")),
                one_line(entry.query.as_deref().unwrap_or_default()),
                count(entry.documents.len() as u64, "document"),
                took(entry.duration_ms)
            )
        },
    );
    Verdict {
        promise: "ana's audit shows it",
        kept: entry.is_some(),
        seen,
        expected: "a `forward` by bruno with the question's words and the document he was shown",
    }
}

/// Who was removed is refused at once.
pub(super) fn removed(answer: &Answer) -> Verdict {
    let ana = ana_in(answer);
    let from_ana = answer.results.iter().filter(|hit| is_from_ana(hit)).count();
    Verdict {
        promise: "bruno removed: refused",
        kept: from_ana == 0 && ana.is_some_and(|ana| ana.status == Outcome::Denied),
        seen: format!("{from_ana} hits from ana at once; {}", told(ana)),
        expected: "0 hits from ana, who is reported as denied",
    }
}

/// A dead peer costs nobody their own hits, and is named.
pub(super) fn away(answer: &Answer, own_project: &str) -> Verdict {
    let ana = ana_in(answer);
    let own = answer
        .results
        .iter()
        .filter(|hit| hit.source == "local" && hit.metadata.project == own_project)
        .count();
    let is_away = |ana: &PeerReport| {
        matches!(ana.status, Outcome::Failed | Outcome::Skipped | Outcome::TimedOut)
    };
    Verdict {
        promise: "ana killed (-9): he goes on",
        kept: own > 0 && ana.is_some_and(is_away) && answer.coverage.answered == 0,
        seen: format!(
            "{} of his own in {}; {}",
            count(own as u64, "hit"),
            took(answer.took_ms),
            told(ana)
        ),
        expected: "his own hits, and ana named as away",
    }
}

/// Whether this hit tells how to solve the problem.
pub(super) fn helps(hit: &Hit) -> bool {
    hit.content.contains(FIX)
}

/// Whether it comes from her bank.
pub(super) fn is_from_ana(hit: &Hit) -> bool {
    hit.source == "peer:ana"
}

/// How asking her went.
pub(super) fn ana_in(answer: &Answer) -> Option<&PeerReport> {
    answer.peers.iter().find(|report| report.name == "ana")
}

fn told(ana: Option<&PeerReport>) -> String {
    ana.map_or_else(|| "ana is not named".into(), crate::output::coverage::why)
}

fn names(peers: &[PeerView]) -> String {
    peers.iter().map(|peer| peer.peer_id.short()).collect::<Vec<_>>().join(" ")
}

/// The HTTP status behind an answer.
fn status_of(result: &Result<DocumentView, ClientError>) -> String {
    match result {
        Ok(_) => "200".into(),
        Err(ClientError::Problem(problem)) => problem.status.to_string(),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::hit::tests::hit as example;
    use camille_proto::answer::Coverage;
    use camille_proto::grant::Grant;
    use camille_proto::id::RequestId;
    use camille_proto::local::InviteCreated;
    use camille_proto::local::ProjectView;
    use camille_proto::problem::Problem;
    use camille_proto::vocabulary::{DocumentType, Sharing};

    fn ana() -> PeerId {
        PeerId::of_spki(b"ana")
    }

    fn bruno() -> PeerId {
        PeerId::of_spki(b"bruno")
    }

    fn hit(source: &str, project: &str, content: &str) -> Hit {
        let mut hit = example(source);
        hit.metadata.project = project.into();
        hit.content = content.into();
        hit
    }

    fn report(status: Outcome, hits: u32) -> PeerReport {
        let (peer_id, name) = (ana(), "ana".to_owned());
        PeerReport { peer_id, name, via: None, hops: 0, status, took_ms: 7, hits, error: None }
    }

    fn answer(results: Vec<Hit>, peers: Vec<PeerReport>) -> Answer {
        Answer {
            request_id: serde_json::from_str::<RequestId>(
                "\"019dad77-8919-7173-a0d5-61b781415e5a\"",
            )
            .unwrap(),
            results,
            partial: false,
            coverage: Coverage::of(&peers),
            peers,
            took_ms: 9,
            local_took_ms: 2,
        }
    }

    fn own() -> Hit {
        hit("local", "github.com/acme/web", "pnpm-lock.yaml is out of date")
    }

    fn fix() -> Hit {
        hit("peer:ana", SHARED_PROJECT, "SET lock_timeout = '2s' before each statement")
    }

    fn document(content: &str) -> DocumentView {
        let hit = fix();
        DocumentView {
            id: hit.id,
            content_hash: hit.content_hash,
            document_type: DocumentType::Transcript.into(),
            content: content.into(),
            metadata: hit.metadata,
            peer_id: ana(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    fn refused(status: u16) -> Result<DocumentView, ClientError> {
        Err(ClientError::Problem(Box::new(Problem::new(status, "no"))))
    }

    #[test]
    fn alone_fails_once_the_fix_is_his_own_or_a_peer_was_asked() {
        assert!(alone(&answer(vec![own()], vec![])).kept);
        assert!(alone(&answer(vec![], vec![])).kept);
        assert!(!alone(&answer(vec![own(), fix()], vec![])).kept);
        assert!(!alone(&answer(vec![own()], vec![report(Outcome::Ok, 0)])).kept);
    }

    #[test]
    fn found_needs_anas_fix_near_the_top_of_the_shared_project() {
        let told = || vec![report(Outcome::Ok, 5)];
        assert!(found(&answer(vec![own(), fix()], told())).kept);
        assert!(!found(&answer(vec![own()], told())).kept);
        assert!(!found(&answer(vec![own(), own(), own(), fix()], told())).kept);
        assert!(!found(&answer(vec![fix()], vec![report(Outcome::Partial, 5)])).kept);
        assert!(!found(&answer(vec![fix()], vec![])).kept);
        let private = hit("peer:ana", "github.com/acme/payroll", "lock_timeout");
        assert!(!found(&answer(vec![private], told())).kept);
        let his = hit("local", SHARED_PROJECT, "lock_timeout");
        assert!(!found(&answer(vec![his], told())).kept);
        assert!(found(&answer(vec![fix()], told())).seen.contains("own bank 2 ms, ana 7 ms"));
    }

    fn acquaintance() -> Acquaintance {
        let moment = "2026-02-03T12:00:00Z".parse().unwrap();
        let peer = |name: &str, peer_id| PeerView {
            name: name.into(),
            peer_id,
            status: "active".into(),
            addresses: vec![],
            last_seen: None,
            round_trip_ms: None,
            we_can_search: true,
            they_may_read: Some(Grant::teammate()),
            they_last_used: None,
            they_end: None,
            added: moment,
            error: None,
        };
        let project = ProjectView {
            id: SHARED_PROJECT.into(),
            sharing: Sharing::Shared,
            rule: None,
            from: None,
            sessions: 7,
            documents: 70,
            last_update: None,
            also: Vec::new(),
        };
        Acquaintance {
            invite: InviteCreated {
                line: String::new(),
                expires: moment,
                uses: 1,
                shared: vec![project],
                addresses: vec![],
                listening: true,
            },
            ana: ana(),
            bruno: bruno(),
            of_ana: vec![peer("bruno", bruno())],
            of_bruno: vec![peer("ana", ana())],
        }
    }

    #[test]
    fn joined_needs_both_pins_both_keys_and_one_shared_project() {
        assert!(joined(&acquaintance()).kept);
        let broken = |change: fn(&mut Acquaintance)| {
            let mut seen = acquaintance();
            change(&mut seen);
            !joined(&seen).kept
        };
        assert!(broken(|seen| seen.of_bruno[0].peer_id = bruno()));
        assert!(broken(|seen| seen.of_ana.clear()));
        assert!(broken(|seen| seen.of_ana[0].they_may_read = None));
        assert!(broken(|seen| seen.of_bruno[0].we_can_search = false));
        assert!(broken(|seen| seen.invite.shared.clear()));
        assert!(broken(|seen| {
            let mut payroll = seen.invite.shared[0].clone();
            payroll.id = "github.com/acme/payroll".into();
            seen.invite.shared.push(payroll);
        }));
    }

    fn trespass() -> Trespass {
        Trespass {
            own: vec![hit("local", "github.com/acme/payroll", "severance")],
            answer: answer(vec![own()], vec![report(Outcome::Ok, 0)]),
            by_id: refused(404),
            shared_by_id: Ok(document("shared")),
        }
    }

    #[test]
    fn private_fails_at_the_first_hit_or_byte_and_when_it_proves_nothing() {
        assert!(private(&trespass()).kept);
        let broken = |change: fn(&mut Trespass)| {
            let mut seen = trespass();
            change(&mut seen);
            !private(&seen).kept
        };
        assert!(broken(|seen| seen.answer.results.push(fix())));
        assert!(broken(|seen| seen.answer.peers[0].hits = 1));
        assert!(broken(|seen| seen.by_id = Ok(document("severance"))));
        assert!(broken(|seen| seen.by_id = refused(403)), "403 tells that it is there");
        assert!(broken(|seen| seen.own.clear()), "nothing to be kept private");
        assert!(broken(|seen| seen.answer.peers.clear()), "ana was not asked");
        assert!(broken(|seen| seen.answer.peers[0].status = Outcome::Failed));
        assert!(broken(|seen| seen.shared_by_id = refused(404)), "every id gives 404");
    }

    fn leak() -> Leak {
        let content = "Account acme\nToken: [redacted:github-token]\nScopes: repo";
        Leak {
            token: "planted".into(),
            hits: vec![own(), hit("peer:ana", SHARED_PROJECT, content)],
            document: Some(document(content)),
            sources: Search { files: 8, bytes: 1000, found_in: 1 },
            kept: Search { files: 20, bytes: 9000, found_in: 0 },
        }
    }

    #[test]
    fn redacted_fails_where_the_secret_shows_and_where_nothing_was_planted() {
        let verdict = redacted(&leak());
        assert!(verdict.kept);
        assert!(verdict.seen.contains("“Token: [redacted:github-token]”"), "{}", verdict.seen);
        let broken = |change: fn(&mut Leak)| {
            let mut seen = leak();
            change(&mut seen);
            !redacted(&seen).kept
        };
        assert!(broken(|seen| seen.kept.found_in = 1));
        assert!(broken(|seen| seen.sources.found_in = 0), "nothing was planted");
        assert!(broken(|seen| seen.kept.files = 0), "nothing was looked at");
        assert!(broken(|seen| seen.hits[0].content.push_str("planted")));
        assert!(broken(|seen| seen.document = Some(document("[redacted:x] planted"))));
        assert!(broken(|seen| seen.document = None));
        assert!(broken(|seen| seen.hits.truncate(1)));
    }

    #[test]
    fn impostor_fails_at_the_first_byte_and_when_nothing_could_be_heard() {
        let seen = |attempts, handshakes, bytes, status, with| Masquerade {
            without: Overheard { attempts, handshakes, bytes },
            report: Some(report(status, 0)),
            with: Overheard { attempts: 1, handshakes: 1, bytes: with },
        };
        assert!(impostor(&seen(1, 0, 0, Outcome::Failed, 800)).kept);
        assert!(!impostor(&seen(1, 0, 1, Outcome::Failed, 800)).kept);
        assert!(!impostor(&seen(1, 1, 0, Outcome::Failed, 800)).kept);
        assert!(!impostor(&seen(0, 0, 0, Outcome::Failed, 800)).kept, "never dialled");
        assert!(!impostor(&seen(1, 0, 0, Outcome::Ok, 800)).kept);
        assert!(!impostor(&seen(1, 0, 0, Outcome::Failed, 0)).kept, "deaf");
        let unnamed = Masquerade { report: None, ..seen(1, 0, 0, Outcome::Failed, 800) };
        assert!(!impostor(&unnamed).kept);
    }

    fn entry() -> AuditEntry {
        AuditEntry {
            seq: 4,
            timestamp: "2026-02-03T12:00:00Z".parse().unwrap(),
            event: "forward".into(),
            route: "POST /api/v1/forward".into(),
            status: 200,
            key_id: None,
            key_name: Some("bruno".into()),
            peer_id: Some(bruno()),
            origin: None,
            query: Some(QUESTION.into()),
            results: Some(1),
            documents: vec![fix().id],
            duration_ms: 3,
            error: None,
        }
    }

    #[test]
    fn audited_needs_the_words_the_asker_and_the_document() {
        let delivered = fix().id;
        assert!(audited(&[entry()], bruno(), &delivered).kept);
        assert!(!audited(&[], bruno(), &delivered).kept);
        let broken = |change: fn(&mut AuditEntry)| {
            let mut entry = entry();
            change(&mut entry);
            !audited(&[entry], bruno(), &delivered).kept
        };
        assert!(broken(|entry| entry.query = Some("something else".into())));
        assert!(broken(|entry| entry.peer_id = Some(ana())));
        assert!(broken(|entry| entry.documents.clear()));
        assert!(broken(|entry| entry.event = "access".into()));
    }

    #[test]
    fn removed_needs_a_refusal_and_no_hits() {
        assert!(removed(&answer(vec![own()], vec![report(Outcome::Denied, 0)])).kept);
        assert!(!removed(&answer(vec![fix()], vec![report(Outcome::Denied, 0)])).kept);
        assert!(!removed(&answer(vec![own()], vec![report(Outcome::Ok, 0)])).kept);
        assert!(!removed(&answer(vec![own()], vec![report(Outcome::Failed, 0)])).kept);
        assert!(!removed(&answer(vec![own()], vec![])).kept);
    }

    #[test]
    fn away_needs_own_hits_and_her_name() {
        let web = "github.com/acme/web";
        for status in [Outcome::Failed, Outcome::Skipped, Outcome::TimedOut] {
            assert!(away(&answer(vec![own()], vec![report(status, 0)]), web).kept);
        }
        assert!(!away(&answer(vec![], vec![report(Outcome::Failed, 0)]), web).kept);
        assert!(!away(&answer(vec![fix()], vec![report(Outcome::Failed, 0)]), web).kept);
        assert!(!away(&answer(vec![own()], vec![]), web).kept);
        for status in [Outcome::Ok, Outcome::Denied] {
            assert!(!away(&answer(vec![own()], vec![report(status, 0)]), web).kept);
        }
    }
}
