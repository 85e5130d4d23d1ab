//! Words of sets that grow: a node that is newer than this one says some that this one does not know. They are shown
//! as they came, can be asked for by text, and are never an error.

use crate::vocabulary::{Agent, DocumentKind, DocumentType, Speaker};
use crate::word::{Growing, WORD_BYTES_MAX, WORD_PATTERN, Word};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A word of a set: one that this build knows, or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Open<T> {
    /// It is known.
    Known(T),
    /// A newer build says it.
    Other(Word),
}

/// The agent of a hit or of a question.
pub type AnyAgent = Open<Agent>;
/// Who said what a hit holds.
pub type AnySpeaker = Open<Speaker>;
/// What a hit is.
pub type AnyKind = Open<DocumentKind>;
/// The family that a hit is of, or that a question asks for.
pub type AnyType = Open<DocumentType>;

impl<T: Copy> Open<T> {
    /// The word, if this build knows it.
    #[must_use]
    pub const fn known(self) -> Option<T> {
        match self {
            Self::Known(word) => Some(word),
            Self::Other(_) => None,
        }
    }

    /// Whether it is this one.
    #[must_use]
    pub fn is(self, word: T) -> bool
    where
        T: PartialEq,
    {
        self.known() == Some(word)
    }
}

impl Open<DocumentKind> {
    /// The family of a kind, if the kind is known.
    #[must_use]
    pub fn document_type(self) -> Option<DocumentType> {
        self.known().map(DocumentKind::document_type)
    }
}

impl<T: Growing> Open<T> {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(word) => word.word(),
            Self::Other(word) => word.as_str(),
        }
    }

    /// What anybody sent.
    fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Other(Word::of(text)), Self::Known)
    }
}

impl<T> From<T> for Open<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

impl<T: Growing> fmt::Display for Open<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What somebody types or asks for: it must be a word, whether or not it is known here.
impl<T: Growing> FromStr for Open<T> {
    type Err = NoWord;
    fn from_str(text: &str) -> Result<Self, NoWord> {
        match Self::of(text) {
            Self::Other(word) if word.as_str() != text => Err(NoWord(text.to_owned())),
            word => Ok(word),
        }
    }
}

/// A text that can be no word of any set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no word: up to {WORD_BYTES_MAX} of a-z, 0-9, '.', '_' and '-'")]
pub struct NoWord(String);

impl<T: Growing> Serialize for Open<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, T: Growing> Deserialize<'de> for Open<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<T>(PhantomData<T>);
        impl<T: Growing> Visitor<'_> for Text<T> {
            type Value = Open<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Open<T>, E> {
                Ok(Open::of(text))
            }
        }
        deserializer.deserialize_str(Text(PhantomData))
    }
}

impl<T: Growing> PartialSchema for Open<T> {
    fn schema() -> RefOr<Schema> {
        let word = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(WORD_PATTERN))
            .description(Some(format!("{}, or what a newer node says", T::known().join(", "))))
            .examples(T::known());
        RefOr::T(Schema::Object(word.build()))
    }
}

impl<T: Growing> ToSchema for Open<T> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed(T::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_node_says_is_kept_as_it_came() {
        let read = |json: &str| serde_json::from_str::<Open<Agent>>(json).expect("is a word");
        assert_eq!(read("\"codex\""), Open::Known(Agent::Codex));
        let other = read("\"gemini-cli\"");
        assert_eq!((other.known(), other.to_string()), (None, "gemini-cli".to_owned()));
        assert_eq!(serde_json::to_string(&other).expect("serialises"), "\"gemini-cli\"");
        assert_eq!("gemini-cli".parse::<Open<Agent>>(), Ok(other));
    }

    #[test]
    fn nothing_that_is_sent_is_an_error_and_nothing_of_it_does_harm() {
        let long = format!("\"{}\"", "x".repeat(10_000));
        for (sent, shown) in [
            ("\"\"", "unknown"),
            ("\"\\u001b[31mClaude Code\\u0007\"", "31mclaudecode"),
            ("\"\u{202e}evil\"", "evil"),
            ("\"--- \"", "unknown"),
            (long.as_str(), &"x".repeat(32)),
        ] {
            let read: Open<Agent> = serde_json::from_str(sent).expect("is taken");
            assert_eq!(read.to_string(), shown);
        }
        assert!("Claude Code".parse::<Open<Agent>>().is_err(), "typed, it is a slip");
    }
}
