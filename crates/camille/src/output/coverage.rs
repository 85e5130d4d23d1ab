//! The last line of a search: how long it took, who answered with how much, and who did not and why.

use super::plain::one_line;
use super::{Paint, count, hit, moment};
use camille_proto::answer::{Answer, Outcome, PeerReport};

/// `12 ms · you 3 hits · ana 5 hits (31 ms) · bruno away: timed out after 5 s`.
pub(crate) fn line(answer: &Answer, asked_self: bool, paint: Paint) -> String {
    let mut parts = vec![moment::took(answer.took_ms)];
    if asked_self {
        parts.push(format!("you {}", count(hits_of(answer, "local"), "hit")));
    }
    let (heard, silent): (Vec<_>, Vec<_>) =
        answer.peers.iter().partition(|report| report.status.answered());
    parts.extend(heard.iter().map(|report| told(report, answer)));
    let mut line = paint.dim(&parts.join(" · "));
    for report in silent {
        line.push_str(&paint.dim(" · "));
        line.push_str(&why(report));
    }
    line
}

/// Why a peer did not answer: `bruno away: timed out after 5 s`.
pub(crate) fn why(report: &PeerReport) -> String {
    let name = one_line(&report.name);
    let error = report.error.as_deref().map(one_line).filter(|error| !error.is_empty());
    let with = |otherwise: &str| error.clone().unwrap_or_else(|| otherwise.to_owned());
    match report.status {
        Outcome::TimedOut => {
            format!("{name} away: timed out after {}", moment::took(report.took_ms))
        }
        Outcome::Skipped => format!("{name} away: {}", with("not asked, it did not answer before")),
        Outcome::Failed => format!("{name} failed: {}", with("no reason given")),
        Outcome::Denied => format!("{name} refused: {}", with("your key is not valid there")),
        Outcome::RateLimited => format!("{name} busy: {}", with("too many questions for now")),
        Outcome::Ok | Outcome::Partial | Outcome::Duplicate => format!("{name} answered"),
    }
}

fn told(report: &PeerReport, answer: &Answer) -> String {
    let name = one_line(&report.name);
    let shown = hits_of(answer, &format!("peer:{}", report.name));
    let amount = if shown == 0 && report.hits > 0 {
        // It found something, but nothing as good as what is shown.
        "none among these".to_owned()
    } else {
        count(shown, "hit")
    };
    let partly = if report.status == Outcome::Partial { ", in part" } else { "" };
    // What it could not answer for want of a word.
    let unknown = report.error.as_deref().map(one_line).filter(|error| !error.is_empty());
    let unknown = unknown.map(|error| format!(", {error}")).unwrap_or_default();
    format!("{name} {amount} ({}{partly}{unknown})", moment::took(report.took_ms))
}

/// The hits shown that come from this source, or from there too.
fn hits_of(answer: &Answer, source: &str) -> u64 {
    let holds = |hit: &&camille_proto::hit::Hit| {
        hit.source == source || hit.also_from.iter().any(|other| other == source)
    };
    answer.results.iter().filter(holds).count() as u64
}

/// `ana and bruno`, for sentences.
pub(crate) fn names(reports: &[PeerReport]) -> String {
    let names: Vec<String> =
        reports.iter().map(|report| hit::person(&format!("peer:{}", report.name))).collect();
    match names.as_slice() {
        [] => "nobody".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::answer::Coverage;
    use camille_proto::id::{PeerId, RequestId};

    fn report(name: &str, status: Outcome, took_ms: u64) -> PeerReport {
        let peer_id = PeerId::of_spki(name.as_bytes());
        let name = name.to_owned();
        PeerReport { peer_id, name, via: None, hops: 0, status, took_ms, hits: 0, error: None }
    }

    fn answer(peers: Vec<PeerReport>) -> Answer {
        let hits = ["local", "peer:ana", "peer:ana"].map(hit::tests::hit);
        let coverage = Coverage::of(&peers);
        let request_id: RequestId =
            serde_json::from_str("\"0190a5a0-0000-7000-8000-000000000000\"").unwrap();
        let results = hits.to_vec();
        Answer {
            request_id,
            results,
            partial: true,
            coverage,
            peers,
            took_ms: 12,
            local_took_ms: 3,
        }
    }

    #[test]
    fn the_line_says_who_answered_and_who_did_not() {
        let mut bruno = report("bruno", Outcome::TimedOut, 5000);
        let mut cleo = report("cleo", Outcome::Ok, 40);
        cleo.hits = 7;
        let answer = answer(vec![report("ana", Outcome::Ok, 31), cleo, bruno.clone()]);
        assert_eq!(
            line(&answer, true, Paint::OFF),
            "12 ms · you 1 hit · ana 2 hits (31 ms) · cleo none among these (40 ms) · \
             bruno away: timed out after 5 s"
        );
        bruno.status = Outcome::Denied;
        assert_eq!(why(&bruno), "bruno refused: your key is not valid there");
    }

    #[test]
    fn a_peers_words_cannot_drive_the_terminal() {
        let mut eve = report("eve\u{1b}[2J", Outcome::Failed, 1);
        eve.error = Some("boom\n\u{1b}]0;x\u{7}bang".into());
        assert_eq!(why(&eve), "eve failed: boom bang");
    }

    #[test]
    fn names_read_as_a_sentence() {
        let reports = ["ana", "bruno", "cleo"].map(|name| report(name, Outcome::Ok, 1));
        assert_eq!(names(&reports), "ana, bruno and cleo");
        assert_eq!(names(&reports[..1]), "ana");
    }
}
