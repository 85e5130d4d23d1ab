//! Takes what a reader finds in one line: redacts it, hands it on, and keeps count of what the line was.
//!
//! Everything that leaves a reader passes here, so nothing leaves it unredacted.

use super::clean::{clean, cut};
use super::record::{LineOutcome, LineResult, Part, Record, SessionFact, Touch};
use super::title;
use crate::TEXT_BYTES_MAX;
use crate::place::{Mention, Mentions, Reach};
use crate::redact::{Finding, Redactor, answer, is_uuid};
use camille_proto::vocabulary::Agent;

/// The longest id, path or name that is kept.
const FIELD_BYTES_MAX: usize = 4096;

/// The reason that a line which holds nothing but our own output is skipped for.
pub(super) const OWN_OUTPUT: &str = "own-output";

/// One line's findings.
pub(super) struct Sink<'s> {
    redactor: &'s Redactor,
    offset: u64,
    out: &'s mut dyn FnMut(Record),
    findings: Vec<Finding>,
    blocks: u64,
    parts: usize,
    facts: usize,
    skipped: Option<&'static str>,
    defect: Option<String>,
    silent: Option<(Agent, String, String)>,
    /// Places that no part tells.
    beside: Vec<Mention>,
    /// Texts that make no part.
    unshown: Unshown,
}

/// What a record says that makes no part, as it may be kept.
#[derive(Debug, Default)]
pub(super) struct Unshown {
    pub(super) text: String,
    /// Whether another agent says it.
    pub(super) told: bool,
}

impl<'s> Sink<'s> {
    pub(super) fn new(redactor: &'s Redactor, offset: u64, out: &'s mut dyn FnMut(Record)) -> Self {
        Self {
            redactor,
            offset,
            out,
            findings: Vec::new(),
            blocks: 0,
            parts: 0,
            facts: 0,
            skipped: None,
            defect: None,
            silent: None,
            beside: Vec::new(),
            unshown: Unshown::default(),
        }
    }

    /// Where the line begins in its file.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The number of the next block of the line.
    pub(super) fn next_block(&mut self) -> u64 {
        self.blocks += 1;
        self.blocks - 1
    }

    /// The place of a block in the file.
    pub(super) fn position(&self, block: u64) -> u64 {
        self.offset.saturating_mul(256).saturating_add(block.min(255))
    }

    /// A text as it may be kept.
    pub(super) fn text(&mut self, text: &str) -> String {
        clean(self.redactor, text, TEXT_BYTES_MAX, &mut self.findings)
    }

    /// The answer to a call that asked for a secret, as it may be kept.
    pub(super) fn answer(&mut self, text: &str) -> String {
        let kept = answer::without(text, &mut self.findings);
        clean(self.redactor, &kept, TEXT_BYTES_MAX, &mut self.findings)
    }

    /// A name, path or id as it may be kept.
    pub(super) fn field(&mut self, text: &str) -> String {
        // Most records have two or three of these, and nothing stands beside them.
        if is_uuid(text) {
            return text.to_owned();
        }
        clean(self.redactor, text, FIELD_BYTES_MAX, &mut self.findings)
    }

    /// Places as they may be kept: redacted, and without what was taken out of the text that they stand in.
    /// `raw`, `kept`: that text before and after. A name that is half a secret is none by itself.
    pub(super) fn places(&self, mentions: Mentions, raw: &str, kept: &str) -> Vec<Mention> {
        const GONE: &str = "[redacted]";
        let mut places = mentions.into_list();
        let is_kept = raw == kept;
        let was_redacted = !is_kept && kept.contains("[redacted:");
        for place in &mut places {
            let is_gone = |name: &&str| raw.contains(*name) && !kept.contains(*name);
            if let Reach::Matching { pattern, .. } = &mut place.reach
                && !is_kept
            {
                let names = pattern.split('/').map(|name| if is_gone(&name) { "*" } else { name });
                let names = names.collect::<Vec<_>>().join("/");
                *pattern = clean(self.redactor, &names, FIELD_BYTES_MAX, &mut Vec::new());
            }
            // What stands in it as it is was looked at with it.
            if is_kept && raw.contains(place.path.as_str()) {
                continue;
            }
            // What is found in them stands in the part's text as well, and counts once.
            let path = clean(self.redactor, &place.path, FIELD_BYTES_MAX, &mut Vec::new());
            let names = path.split('/').map(|name| if is_gone(&name) { GONE } else { name });
            place.path = if was_redacted { names.collect::<Vec<_>>().join("/") } else { path };
            if place.unknown.as_ref().is_some_and(|name| was_redacted && is_gone(&name.as_str())) {
                place.unknown = Some(GONE.to_owned());
            }
        }
        places
    }

    /// Takes places that stand in a text which makes no part.
    pub(super) fn beside(&mut self, mentions: Mentions, raw: &str) {
        if mentions.is_empty() {
            return;
        }
        let kept = clean(self.redactor, raw, TEXT_BYTES_MAX, &mut Vec::new());
        let places = self.places(mentions, raw, &kept);
        self.beside.extend(places);
        self.unshown.text.push_str(&kept);
    }

    /// Takes what another agent reports that makes no part: who quotes it gives along what that one read.
    pub(super) fn told(&mut self, raw: &str) {
        let kept = clean(self.redactor, raw, TEXT_BYTES_MAX, &mut Vec::new());
        self.unshown.text.push_str(&kept);
        self.unshown.told = true;
    }

    /// Whether there are places that no part tells.
    pub(super) fn has_beside(&self) -> bool {
        !self.beside.is_empty()
    }

    /// Takes a place that no text names.
    pub(super) fn beside_it(&mut self, place: Mention) {
        if !self.beside.contains(&place) {
            self.beside.push(place);
        }
    }

    /// Hands on what the record touched beside its parts. `moved`: whether it was made in another directory than its
    /// session, which its parts tell if it has any.
    pub(super) fn touch(
        &mut self,
        moved: bool,
        touch: impl FnOnce(Vec<Mention>, Unshown) -> Touch,
    ) {
        let places = std::mem::take(&mut self.beside);
        let unshown = std::mem::take(&mut self.unshown);
        if !places.is_empty() || unshown.told || (moved && self.parts == 0) {
            (self.out)(Record::Touch(touch(places, unshown)));
        }
    }

    /// A name, path or id as it may be kept. One that is the same as a `kept` one has been looked at before.
    pub(super) fn field_like(&mut self, text: &str, kept: Option<&str>) -> String {
        if kept == Some(text) { text.to_owned() } else { self.field(text) }
    }

    /// A title as it may be kept; `None` if the text has none.
    pub(super) fn title(&mut self, text: &str) -> Option<String> {
        let mut found = Vec::new();
        let whole = clean(self.redactor, text, TEXT_BYTES_MAX, &mut found);
        let title = title::title(&whole)?;
        Some(clean(self.redactor, &title, FIELD_BYTES_MAX, &mut found))
    }

    /// Hands a part on. Its text and fields have passed [`Sink::text`] and [`Sink::field`]. A part without
    /// text says nothing and is left out.
    pub(super) fn part(&mut self, part: Part) {
        if part.text.trim().is_empty() {
            return self.skip("empty");
        }
        self.parts += 1;
        (self.out)(Record::Part(part));
    }

    /// Hands a fact on. Its members have passed [`Sink::field`] and [`Sink::title`].
    pub(super) fn fact(&mut self, fact: SessionFact) {
        self.facts += 1;
        (self.out)(Record::Session(fact));
    }

    /// Keeps the id of a record of this session, unless it gave a part: a part tells it.
    pub(super) fn silent(&mut self, agent: Agent, session: &str, record: &str) {
        if self.parts == 0 {
            let record = self.field(record);
            self.silent = Some((agent, session.to_owned(), record));
        }
    }

    /// Leaves something out. The first reason counts, but our own output before all.
    pub(super) fn skip(&mut self, reason: &'static str) {
        if self.skipped.is_none() || reason == OWN_OUTPUT {
            self.skipped = Some(reason);
        }
    }

    /// Reports something that is no record we know.
    pub(super) fn defect(&mut self, reason: &str) {
        if self.defect.is_none() {
            self.defect = Some(self.reason(reason));
        }
    }

    /// What the line was: the most significant of what was found in it.
    pub(super) fn finish(mut self, error: Option<String>) -> LineResult {
        let mut torn = error.map(|error| self.reason(&error));
        let outcome = if self.parts > 0 {
            LineOutcome::Parts
        } else if self.facts > 0 {
            LineOutcome::Metadata
        } else if let Some(error) = torn.take() {
            LineOutcome::Unfinished(error)
        } else if let Some(reason) = self.defect.take() {
            LineOutcome::Defective(reason)
        } else if let Some(reason) = self.skipped {
            LineOutcome::Skipped(reason)
        } else {
            LineOutcome::Blank
        };
        LineResult { outcome, torn, findings: self.findings, silent: self.silent }
    }

    fn reason(&mut self, reason: &str) -> String {
        const REASON_BYTES_MAX: usize = 200;
        let reason = self.field(reason);
        let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        cut(&reason, REASON_BYTES_MAX).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_as_it_is_passes_unseen() {
        let secret = concat!("/srv/gh", "p_16C7e42F292c6912E7710c838347Ae178B4a");
        let redactor = Redactor::default();
        let mut out = |_| {};
        let mut sink = Sink::new(&redactor, 0, &mut out);
        let kept = sink.field(secret);
        assert!(kept.contains("[redacted:"));
        for known in [None, Some("/srv/app"), Some(kept.as_str())] {
            assert_eq!(sink.field_like(secret, known), kept);
        }
        assert_eq!(sink.field_like("/srv/app", Some("/srv/app")), "/srv/app");
    }
}
