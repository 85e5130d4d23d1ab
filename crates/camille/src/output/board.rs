//! What a running node shows of itself: how the bank, the network and the peers are now, and what happened last.
//!
//! [`Board`] is pure: what the node said goes in, lines come out. On a terminal its lines are drawn in place of those
//! before when they differ; elsewhere only what happened is printed, a line each, without the words of questions.

use super::plain::one_line;
use super::{Paint, count, moment as when};
use camille_proto::local::{AuditEntry, NodeStatus, PeerView};
use console::Term;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// What happened that is kept to be shown.
const EVENTS_MAX: usize = 50;
/// Peers that are named one by one.
const PEERS_SHOWN: usize = 4;
/// What happens again and again is told once in so long, where lines stay.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    at: Timestamp,
    /// In words, without a question's.
    pub(crate) told: String,
    /// The question, for the owner's eyes.
    question: Option<String>,
}

/// How the node is, and what happened since it was started.
#[derive(Debug, Default)]
pub(crate) struct Board {
    status: Option<NodeStatus>,
    not_listening: Option<String>,
    /// Whether each peer answers, by name. `None`: nothing is known yet.
    peers: Option<BTreeMap<String, PeerState>>,
    searches: u64,
    documents: u64,
    refused: u64,
    events: VecDeque<Event>,
    /// How many documents the bank had when that was last told, and when.
    told_bank: Option<(u64, Timestamp)>,
    told_refused: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PeerState {
    is_here: bool,
    round_trip_ms: Option<u64>,
}

impl Board {
    /// Why the node does not listen although it should, as it said at its start.
    pub(crate) fn not_listening(&mut self, reason: Option<String>) {
        self.not_listening = reason;
    }

    /// Takes in what the node says now. Returns what happened since the last time.
    pub(crate) fn update(
        &mut self,
        now: Timestamp,
        status: NodeStatus,
        peers: &[PeerView],
        accesses: &[AuditEntry],
    ) -> Vec<Event> {
        let mut news = self.met(now, peers);
        news.extend(self.served(accesses));
        news.extend(self.refusals(now, accesses));
        news.extend(self.read(now, &status));
        if !status.listening.is_empty() {
            self.not_listening = None;
        }
        self.status = Some(status);
        self.events.extend(news.iter().cloned());
        while self.events.len() > EVENTS_MAX {
            self.events.pop_front();
        }
        news
    }

    /// Who came, went or is a peer no more.
    fn met(&mut self, now: Timestamp, peers: &[PeerView]) -> Vec<Event> {
        let state = |peer: &PeerView| PeerState {
            is_here: peer.status == "active",
            round_trip_ms: peer.round_trip_ms,
        };
        let found: BTreeMap<String, PeerState> =
            peers.iter().map(|peer| (one_line(&peer.name), state(peer))).collect();
        let Some(before) = self.peers.replace(found.clone()) else { return Vec::new() };
        let mut news = Vec::new();
        for (name, state) in &found {
            let told = match (before.get(name), state.is_here) {
                (None, _) => format!("{name} is a peer now"),
                (Some(before), true) if !before.is_here => format!("{name} is here"),
                (Some(before), false) if before.is_here => format!("{name} went away"),
                _ => continue,
            };
            news.push(Event { at: now, told, question: None });
        }
        for name in before.keys().filter(|name| !found.contains_key(*name)) {
            let told = format!("{name} is no peer any more");
            news.push(Event { at: now, told, question: None });
        }
        news
    }

    /// What was handed out.
    fn served(&mut self, accesses: &[AuditEntry]) -> Vec<Event> {
        let mut news = Vec::new();
        for entry in accesses.iter().filter(|entry| entry.status < 400) {
            let who = who(entry);
            if matches!(entry.event.as_str(), "search" | "forward") {
                self.searches += 1;
                let hits = count(entry.results.unwrap_or(0).into(), "hit");
                let question = entry.query.as_deref().map(one_line);
                let told = format!("{who} asked, {hits}");
                news.push(Event { at: entry.timestamp, told, question });
            } else if entry.route.contains("/documents/") {
                self.documents += 1;
                let told = format!("{who} read a document");
                news.push(Event { at: entry.timestamp, told, question: None });
            }
        }
        news
    }

    /// Who was turned away; of many at once, how many.
    fn refusals(&mut self, now: Timestamp, accesses: &[AuditEntry]) -> Option<Event> {
        let refused: Vec<&AuditEntry> = accesses
            .iter()
            .filter(|entry| matches!(entry.status, 401 | 403 | 409 | 410 | 429))
            .collect();
        let last = refused.last()?;
        self.refused += refused.len() as u64;
        if self.told_refused.is_some_and(|told| now.duration_since(told) < AGAIN) {
            return None;
        }
        self.told_refused = Some(now);
        let what = if last.route.contains("/join") { "a join" } else { "a request" };
        let why = last.error.as_deref().map(one_line).unwrap_or_else(|| last.status.to_string());
        let more = match refused.len() - 1 {
            0 => String::new(),
            more => format!(", and {}", count(more as u64, "more request")),
        };
        let told = format!("refused {what} of {}: {why}{more}", who(last));
        Some(Event { at: last.timestamp, told, question: None })
    }

    /// That the bank grew, when reading has come to an end.
    fn read(&mut self, now: Timestamp, status: &NodeStatus) -> Option<Event> {
        let documents = status.bank.documents;
        let Some((told, at)) = self.told_bank else {
            self.told_bank = Some((documents, now.checked_sub(AGAIN).unwrap_or(now)));
            return None;
        };
        let is_soon = told > 0 && now.duration_since(at) < AGAIN;
        if status.indexing.is_some() || documents == told || is_soon {
            return None;
        }
        self.told_bank = Some((documents, now));
        let sessions = count(status.bank.sessions, "session");
        let told = format!("read your transcripts: {} in {sessions}", count(documents, "document"));
        Some(Event { at: now, told, question: None })
    }

    /// At most so many lines of at most so many columns. `log`: where the log is.
    pub(crate) fn lines(&self, log: &str, width: usize, rows: usize, paint: Paint) -> Vec<String> {
        let Some(status) = &self.status else { return Vec::new() };
        let mut lines = vec![format!("{} · {}", one_line(&status.name), status.peer_id.short())];
        for (label, text) in [
            ("bank", bank(status)),
            ("shared", shared(status)),
            ("network", network(status, self.not_listening.as_deref())),
            ("peers", self.here()),
            ("served", self.sums()),
            ("log", one_line(log)),
        ] {
            lines.push(format!("  {}{text}", paint.dim(&format!("{label:<9}"))));
        }
        let room = rows.saturating_sub(lines.len() + 1);
        for event in self.events.iter().rev().take(room).rev() {
            let question = event.question.as_ref().map(|asked| format!(": “{asked}”"));
            let time = paint.dim(&format!("{:<9}", when::time(event.at)));
            lines.push(format!("  {time}{}{}", event.told, question.unwrap_or_default()));
        }
        lines.truncate(rows.saturating_sub(1));
        lines.push(paint.dim("running; Ctrl-C stops it"));
        // A line that wraps would count as one and take up two.
        lines.iter().map(|line| console::truncate_str(line, width, "…").into_owned()).collect()
    }

    fn here(&self) -> String {
        let Some(peers) = self.peers.as_ref().filter(|peers| !peers.is_empty()) else {
            return "none yet (`camille invite`)".into();
        };
        // Those who are here first.
        let mut all: Vec<_> = peers.iter().collect();
        all.sort_by_key(|(name, state)| (!state.is_here, *name));
        let told =
            |(name, state): &(&String, &PeerState)| match (state.is_here, state.round_trip_ms) {
                (true, Some(ms)) => format!("{name} here ({})", when::took(ms)),
                (true, None) => format!("{name} here"),
                (false, _) => format!("{name} away"),
            };
        let mut text = all.iter().take(PEERS_SHOWN).map(told).collect::<Vec<_>>().join(", ");
        if let Some(more) = all.len().checked_sub(PEERS_SHOWN).filter(|more| *more > 0) {
            text.push_str(&format!(" and {more} more"));
        }
        text
    }

    fn sums(&self) -> String {
        if self.searches + self.documents + self.refused == 0 {
            return "nothing yet".into();
        }
        let searches = match self.searches {
            1 => "1 search".into(),
            all => format!("{} searches", super::grouped(all)),
        };
        let refused = match self.refused {
            0 => String::new(),
            some => format!(" · {} refused", super::grouped(some)),
        };
        format!("{searches}, {}{refused}", count(self.documents, "document"))
    }
}

fn bank(status: &NodeStatus) -> String {
    let bank = &status.bank;
    let held = match bank.documents {
        0 => "empty".to_owned(),
        all => format!("{} in {}", count(all, "document"), count(bank.sessions, "session")),
    };
    match &status.indexing {
        Some(line) => format!("{held} · reading: {}", one_line(line)),
        // Only a run that has ended knows that there is nothing.
        None if bank.documents == 0 && bank.last_index.is_some() => {
            "empty: no transcripts were found (`camille index PATH`)".into()
        }
        None => held,
    }
}

fn shared(status: &NodeStatus) -> String {
    match status.shared_projects {
        0 => "nothing (`camille projects share PATTERN`)".into(),
        // Without how many there are: at a glance those are counted, too, that hold nothing.
        some => count(some.into(), "project"),
    }
}

fn network(status: &NodeStatus, not_listening: Option<&str>) -> String {
    match (not_listening, status.listening.as_slice()) {
        (Some(reason), _) => format!("NOT listening for peers: {}", one_line(reason)),
        (None, []) if status.open => {
            "open to your peers, but listening nowhere: see the log".into()
        }
        (None, []) => "local only until you invite someone (`camille invite`)".into(),
        (None, at) => format!("listens on {}", one_line(&at.join(", "))),
    }
}

fn who(entry: &AuditEntry) -> String {
    match (&entry.key_name, &entry.peer_id) {
        (Some(name), _) => one_line(name),
        (None, Some(peer)) => peer.short(),
        (None, None) => "somebody without a key".into(),
    }
}

/// A part of the terminal in which a board is drawn.
pub(crate) struct Screen {
    term: Term,
    drawn: Vec<String>,
}

impl Screen {
    /// Nothing is drawn yet.
    pub(crate) fn new() -> Self {
        Self { term: Term::buffered_stdout(), drawn: Vec::new() }
    }

    /// Columns and rows there are now.
    pub(crate) fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.term.size();
        (usize::from(columns), usize::from(rows))
    }

    /// Draws these lines in place of those before, if they differ, all at once.
    ///
    /// # Errors
    /// The terminal has gone.
    pub(crate) fn draw(&mut self, lines: Vec<String>) -> std::io::Result<()> {
        if lines == self.drawn {
            return Ok(());
        }
        if !self.drawn.is_empty() {
            self.term.move_cursor_up(self.drawn.len())?;
        }
        // Each line over the one before: nothing is empty in between, so nothing flickers.
        for line in &lines {
            self.term.write_str(&format!("\r{line}\x1b[K\n"))?;
        }
        self.term.write_str("\x1b[J")?;
        self.drawn = lines;
        self.term.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use camille_proto::id::PeerId;
    use camille_proto::local::BankStatus;

    fn status(documents: u64, indexing: Option<&str>) -> NodeStatus {
        serde_json::from_value(serde_json::json!({
            "name": "ana", "peerId": PeerId::of_spki(b"ana"), "version": "1", "running": true, "pid": 1,
            "uptimeS": 1, "open": true, "listening": ["192.0.2.1:7861"], "advertised": [],
            "certificate": { "authority": null, "ends": "2027-01-01T00:00:00Z", "problem": null },
            "auditProblem": null,
            "bank": serde_json::to_value(BankStatus { documents, sessions: 2, ..BankStatus::default() }).unwrap(),
            "peers": 0, "sharedProjects": 0, "pendingJoins": [], "news": [], "indexing": indexing
        }))
        .unwrap()
    }

    fn peer(name: &str, is_here: bool) -> PeerView {
        serde_json::from_value(serde_json::json!({
            "name": name, "peerId": PeerId::of_spki(name.as_bytes()),
            "status": if is_here { "active" } else { "inactive" }, "addresses": [], "lastSeen": null,
            "roundTripMs": 4, "weCanSearch": true, "theyMayRead": null, "theyLastUsed": null,
            "added": "2026-01-01T00:00:00Z", "error": null
        }))
        .unwrap()
    }

    fn access(seq: u64, event: &str, status: u16) -> AuditEntry {
        serde_json::from_value(serde_json::json!({
            "seq": seq, "timestamp": "2026-03-02T10:00:00Z", "event": event, "route": "POST /api/v1/search",
            "status": status, "keyName": if status < 400 { Some("bruno") } else { None },
            "query": "why does it \u{1b}[31mhang", "results": 3, "durationMs": 4,
            "error": if status < 400 { None } else { Some("no key") }
        }))
        .unwrap()
    }

    fn told(events: &[Event]) -> Vec<&str> {
        events.iter().map(|event| event.told.as_str()).collect()
    }

    #[test]
    fn it_tells_who_comes_and_goes_what_is_served_and_who_is_refused() {
        let mut board = Board::default();
        let at = |second: i64| {
            Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(second)).unwrap()
        };
        let first =
            board.update(at(0), status(0, Some("1 of 9 files")), &[peer("cleo", true)], &[]);
        assert_eq!(told(&first), [""; 0], "how it is at first is no news");
        let shown = board.lines("x.log", 80, 24, Paint::OFF).join("\n");
        assert!(
            shown.contains("reading: 1 of 9 files") && shown.contains("cleo here (4 ms)"),
            "{shown}"
        );

        let mut ended = status(0, None);
        assert_eq!(bank(&ended), "empty", "nothing was read yet");
        ended.bank.last_index = Some(at(0));
        assert!(bank(&ended).contains("no transcripts were found"));

        let both = [peer("cleo", false), peer("bruno", true)];
        let served = [access(1, "search", 200), access(2, "search", 200)];
        let news = board.update(at(1), status(40, None), &both, &served);
        let expected = [
            "bruno is a peer now",
            "cleo went away",
            "bruno asked, 3 hits",
            "bruno asked, 3 hits",
            "read your transcripts: 40 documents in 2 sessions",
        ];
        assert_eq!(told(&news), expected);
        let flood: Vec<AuditEntry> = (0..50).map(|n| access(3 + n, "access", 401)).collect();
        let news = board.update(at(2), status(40, None), &both, &flood);
        assert_eq!(
            told(&news),
            ["refused a request of somebody without a key: no key, and 49 more requests"]
        );
        let news = board.update(at(3), status(41, None), &[peer("bruno", true)], &flood);
        assert_eq!(told(&news), ["cleo is no peer any more"], "a flood is told once in a while");

        let shown = board.lines("x.log", 80, 24, Paint::OFF).join("\n");
        for text in
            ["2 searches", "100 refused", "“why does it hang”", "41 documents", "bruno here"]
        {
            assert!(shown.contains(text), "{text}: {shown}");
        }
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn it_fits_every_window() {
        let mut board = Board::default();
        let long = "x".repeat(200);
        for second in 0..60 {
            let now = Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(second)).unwrap();
            let peers = [peer(&long, second % 2 == 0), peer("日本".repeat(40).as_str(), true)];
            board.update(now, status(9, Some(&long)), &peers, &[access(1, "search", 200)]);
        }
        for (width, rows) in [(80, 24), (40, 10), (120, 50), (20, 5), (80, 1)] {
            let lines = board.lines(&long, width, rows, Paint::OFF);
            assert!(lines.len() <= rows, "{rows}: {}", lines.len());
            for line in &lines {
                assert!(console::measure_text_width(line) <= width, "{width}: {line}");
            }
            assert!(lines.last().is_some_and(|line| line.starts_with("running")));
        }
    }
}
