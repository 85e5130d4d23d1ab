//! Words: of the sets that this build knows, and of others.

use std::fmt;
use std::str::FromStr;

/// A text that is none of the words it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{given}' is not one of: {allowed}")]
pub struct UnknownWord {
    /// What was given.
    pub given: String,
    /// The words there are, comma separated.
    pub allowed: &'static str,
}

/// A set of words that may grow.
pub trait Growing: Copy + FromStr<Err = UnknownWord> {
    /// What the set is called in descriptions.
    const NAME: &'static str;
    /// The words that this build knows.
    fn known() -> Vec<&'static str>;
    /// The word on the wire.
    fn word(self) -> &'static str;
}

/// The longest word, in bytes.
pub const WORD_BYTES_MAX: usize = 32;

/// What such a word looks like (a regular expression of ECMA 262).
pub const WORD_PATTERN: &str = "^[a-z0-9][a-z0-9._-]{0,31}$";

/// What a text is taken for that has nothing of a word.
const NAMELESS: &str = "unknown";

/// A word that this build does not know: lower-case letters, digits, `.`, `_` and `-`, at most 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word {
    bytes: [u8; WORD_BYTES_MAX],
    length: u8,
}

impl Word {
    /// What of a text may stand in a word, which is never nothing: whoever sent it, it is shown.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let fit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let mut word = Self { bytes: [0; WORD_BYTES_MAX], length: 0 };
        let bytes = text.bytes().filter(fit).skip_while(|byte| !byte.is_ascii_alphanumeric());
        for (place, byte) in word.bytes.iter_mut().zip(bytes) {
            *place = byte.to_ascii_lowercase();
            word.length += 1;
        }
        if word.length == 0 { Self::of(NAMELESS) } else { word }
    }

    /// As a text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or(NAMELESS)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
