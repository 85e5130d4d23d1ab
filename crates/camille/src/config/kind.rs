//! What a setting's value may be.

/// What a key's value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text that is not empty.
    Text,
    /// What somebody can be called.
    Name,
    /// `true` or `false`.
    Truth,
    /// A whole number in these bounds, both included.
    Count(u32, u32),
    /// A list of texts.
    Texts,
    /// A list of `address:port`, or addresses that take `node.port`.
    Sockets,
    /// A list of whole peer ids.
    Peers,
    /// One of these words.
    Word(&'static [&'static str]),
}

impl Kind {
    /// What it takes, in words.
    pub(crate) fn takes(self) -> String {
        match self {
            Self::Text => "text, not empty".into(),
            Self::Name => {
                "a name with a letter in it that does not mean you (me, you, local)".into()
            }
            Self::Truth => "true or false".into(),
            Self::Count(min, max) => format!("a number from {min} to {max}"),
            Self::Texts => "a list of texts".into(),
            Self::Sockets => "a list of address:port".into(),
            Self::Peers => "a list of whole peer ids".into(),
            Self::Word(words) => words.join(", "),
        }
    }
}
