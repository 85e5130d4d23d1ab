//! Why a command could not do its work: what happened, why, and what to do now.
//!
//! Its kind decides the exit code. It never holds a question, a key or a transcript's text.

use std::fmt;

/// How a command ended, as its exit code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Hits were found, or what was asked for is done.
    Done = 0,
    /// Nothing was found, or a check failed.
    NoHits = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// Peers were asked and none answered.
    NoAnswer = 3,
    /// Something has to be set up first.
    NotSetUp = 4,
    /// Someone else holds what is needed.
    Busy = 5,
    /// camille is at fault.
    Bug = 70,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }

    /// Every code with its meaning, for the manual.
    pub(crate) const MEANINGS: &[(Self, &str)] = &[
        (Self::Done, "hits were found, or it is done"),
        (Self::NoHits, "no hits; for `demo`: a check failed"),
        (Self::Usage, "the command line or the configuration is wrong"),
        (Self::NoAnswer, "peers were asked and none answered"),
        (Self::NotSetUp, "something has to be set up first: the error says what"),
        (Self::Busy, "another process holds the bank, or the node is busy"),
        (Self::Bug, "a bug in camille"),
    ];
}

/// A command's failure.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    cause: Option<String>,
    hint: Option<String>,
    /// Whoever read our output has gone: there is nobody to tell.
    quiet: bool,
}

impl Failure {
    /// A failure of this kind.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), cause: None, hint: None, quiet: false }
    }

    /// The command line or the configuration is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Something has to be set up first.
    pub(crate) fn not_set_up(message: impl Into<String>) -> Self {
        Self::new(Exit::NotSetUp, message)
    }

    /// Adds why.
    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds what to do now.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How the process is to end.
    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether nobody is left to read it.
    pub(crate) const fn quiet(&self) -> bool {
        self.quiet
    }

    /// The lines to print: a label and its text.
    pub(crate) fn lines(&self) -> Vec<(&'static str, &str)> {
        let mut lines = vec![("error", self.message.as_str())];
        lines.extend(self.cause.as_deref().map(|cause| ("because", cause)));
        lines.extend(self.hint.as_deref().map(|hint| ("try", hint)));
        lines
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (label, text)) in self.lines().into_iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{label}: {text}")?;
        }
        Ok(())
    }
}

/// Writing the answer failed. A closed pipe is no error: the reader has seen enough.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self {
                quiet: true,
                ..Self::new(Exit::Done, "nobody reads the output any more")
            };
        }
        Self::not_set_up("cannot write the answer").because(error.to_string())
    }
}

/// The causes of an error, joined: each says something that the one above does not.
pub(crate) fn causes(error: &dyn std::error::Error) -> Option<String> {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = cause.source();
    }
    (!texts.is_empty()).then(|| texts.join(": "))
}
