//! What reading a file takes, and what of it waits to be handed over.

use super::ignored::Ignored;
use super::source::SourceFile;
use crate::echo::Echo;
use crate::project::ProjectResolver;
use camille_bank::{BankReader, Line, Silent};
use camille_ingest::redact::Redactor;
use camille_proto::local::Accounting;
use tokio_util::sync::CancellationToken;

/// Why a line is skipped of which nothing is left when peers' words are taken out.
const OWN_OUTPUT: &str = "own-output";

/// What reading a file takes.
pub(super) struct Reading<'a> {
    pub(super) file: &'a SourceFile,
    pub(super) resolver: &'a ProjectResolver,
    pub(super) ignored: &'a Ignored,
    pub(super) redactor: &'a Redactor,
    pub(super) echo: &'a Echo,
    /// What the bank holds, once there is one.
    pub(super) bank: Option<&'a BankReader>,
    pub(super) cancel: &'a CancellationToken,
    /// Whether the file is left alone if it was rewritten. What only grew is read in any case.
    pub(super) may_rest: bool,
}

/// What waits to be handed over.
pub(super) struct Pending {
    /// Where its first line begins.
    pub(super) from: u64,
    pub(super) fresh: bool,
    pub(super) tail: bool,
    pub(super) last: bool,
    pub(super) lines: Vec<Line>,
    pub(super) sessions: Vec<camille_bank::SessionUpdate>,
    pub(super) silent: Vec<Silent>,
    pub(super) accounting: Accounting,
    /// Lines read, torn records counted as lines of their own.
    pub(super) read: u64,
    pub(super) bytes: usize,
}

impl Pending {
    pub(super) fn new(fresh: bool, from: u64) -> Self {
        Self {
            from,
            fresh,
            tail: false,
            last: false,
            lines: Vec::new(),
            sessions: Vec::new(),
            silent: Vec::new(),
            accounting: Accounting::default(),
            read: 0,
            bytes: 0,
        }
    }

    /// Counts a line of which nothing is left without a peer's words.
    pub(super) fn count_echo(&mut self, who: Option<&str>) {
        let reason = match who {
            Some(who) => format!("{OWN_OUTPUT} ({who})"),
            None => OWN_OUTPUT.to_owned(),
        };
        *self.accounting.skipped.entry(reason).or_default() += 1;
        self.accounting.lines += 1;
    }
}
