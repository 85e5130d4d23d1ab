//! What a route asks of its callers. Each rule stands beside its handler; the gate follows it.

use crate::limit::LimitClass;

/// What a route asks of its callers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// What its requests count as.
    pub(super) class: LimitClass,
    /// Which key it wants.
    pub(super) key: KeyNeed,
    /// What it is called in the audit log.
    pub(super) event: &'static str,
    /// Whether it is written down only when it is refused: peers ask every few seconds whether this node
    /// is there and whom it knows, and see nothing of the bank.
    pub(super) quiet: bool,
}

/// Which key a route wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyNeed {
    /// It is for everybody, and looks at no key.
    None,
    /// It says more to who has one.
    Welcome,
    /// None but holders of a key.
    Required,
    /// The key of an invite, or a node that was introduced.
    Invite,
}

impl Rule {
    /// Reading something, with a key; what does not exist asks for one, too.
    pub(super) const READING: Self = Self::new(LimitClass::Document, KeyNeed::Required);

    pub(super) const fn new(class: LimitClass, key: KeyNeed) -> Self {
        Self { class, key, event: "access", quiet: false }
    }

    pub(super) const fn event(self, event: &'static str) -> Self {
        Self { event, ..self }
    }

    pub(super) const fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }
}
