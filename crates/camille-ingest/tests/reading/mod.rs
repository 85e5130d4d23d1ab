//! Reads made-up lines for the tests beside it.

use camille_ingest::redact::Redactor;
use camille_ingest::transcript::{
    Cursor, LineOutcome, Part, PartRole, Record, SessionFact, TitleRank, read_line,
};
use camille_proto::vocabulary::Agent;
use std::path::Path;

/// A file that is read line by line.
pub(crate) struct Reading {
    pub(crate) cursor: Cursor,
    redactor: Redactor,
    offset: u64,
    pub(crate) parts: Vec<Part>,
    pub(crate) facts: Vec<SessionFact>,
    pub(crate) outcomes: Vec<LineOutcome>,
    pub(crate) torn: Vec<String>,
    pub(crate) redacted: Vec<&'static str>,
}

impl Reading {
    pub(crate) fn new(agent: Agent, path: &str) -> Self {
        Self {
            cursor: Cursor::new(agent, Path::new(path)),
            redactor: Redactor::default(),
            offset: 0,
            parts: Vec::new(),
            facts: Vec::new(),
            outcomes: Vec::new(),
            torn: Vec::new(),
            redacted: Vec::new(),
        }
    }

    /// Reads one line and gives its outcome. The cursor goes through its stored form before each, as after a
    /// restart.
    pub(crate) fn line(&mut self, line: impl AsRef<[u8]>) -> LineOutcome {
        let stored = serde_json::to_string(&self.cursor).expect("a cursor is stored");
        self.cursor = serde_json::from_str(&stored).expect("a cursor is read back");
        let line = line.as_ref();
        let (parts, facts) = (&mut self.parts, &mut self.facts);
        let result =
            read_line(&mut self.cursor, &self.redactor, line, self.offset, &mut |r| match r {
                Record::Part(part) => parts.push(part),
                Record::Session(fact) => facts.push(fact),
                Record::Touch(_) => {}
            });
        self.offset += line.len() as u64 + 1;
        self.outcomes.push(result.outcome.clone());
        self.torn.extend(result.torn);
        self.redacted.extend(result.findings.iter().map(|finding| finding.rule));
        result.outcome
    }

    /// `speaker kind role: text` of each part.
    pub(crate) fn shown(&self) -> Vec<String> {
        let role = |role| match role {
            PartRole::Text => "text",
            PartRole::Input => "input",
            PartRole::Output => "output",
            PartRole::Error => "error",
        };
        self.parts
            .iter()
            .map(|p| format!("{} {} {}: {}", p.speaker, p.kind, role(p.role), p.text))
            .collect()
    }

    pub(crate) fn titles(&self) -> Vec<(TitleRank, &str)> {
        self.facts.iter().filter_map(|f| f.title.as_ref().map(|(r, t)| (*r, t.as_str()))).collect()
    }
}
