//! The sets of words that every part of camille shares. Where they cross the wire they may be others: `open`.

use crate::word::{Growing, UnknownWord};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? } $all:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        // Derived it would show the names of the variants: it does not see a word that a macro gives.
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = ObjectBuilder::new().schema_type(Type::String);
                let words = words.enum_values(Some([$($word),+]));
                RefOr::T(Schema::Object(words.build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }

        impl Growing for $name {
            const NAME: &'static str = stringify!($name);
            fn known() -> Vec<&'static str> {
                vec![$($word),+]
            }
            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok($name::$variant),)+
                    _ => Err(UnknownWord { given: text.into(), allowed: $all }),
                }
            }
        }
    };
}

words! {
    /// The coding agent whose transcript a document comes from.
    Agent {
        /// Anthropic's Claude Code.
        ClaudeCode = "claude-code",
        /// OpenAI's Codex CLI.
        Codex = "codex",
    } "claude-code, codex"
}

words! {
    /// Who said what a document holds.
    Speaker {
        /// The human.
        Person = "person",
        /// The model.
        Agent = "agent",
        /// A tool that the agent called.
        Tool = "tool",
    } "person, agent, tool"
}

words! {
    /// What a document is, as far as ranking cares.
    DocumentKind {
        /// Something a person or an agent said.
        Message = "message",
        /// A machine-made summary of a conversation.
        Summary = "summary",
        /// A tool call with its result.
        Tool = "tool",
        /// A symbol of a program's source.
        Code = "code",
    } "message, summary, tool, code"
}

words! {
    /// The two families of documents a question can ask for.
    DocumentType {
        /// From an agent's transcript.
        Transcript = "transcript",
        /// From source code.
        Code = "code",
    } "transcript, code"
}

words! {
    /// How far a project may be seen.
    Sharing {
        /// By its owner only.
        Private = "private",
        /// By peers that the owner gave a key.
        Shared = "shared",
        /// By peers of those peers too, through a relay.
        Indirect = "indirect",
    } "private, shared, indirect"
}

impl DocumentKind {
    /// The family this kind belongs to.
    #[must_use]
    pub const fn document_type(self) -> DocumentType {
        match self {
            Self::Message | Self::Summary | Self::Tool => DocumentType::Transcript,
            Self::Code => DocumentType::Code,
        }
    }
}
