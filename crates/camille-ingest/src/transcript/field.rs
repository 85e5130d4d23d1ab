//! Members of records, read leniently: what has another shape than expected counts as absent.
//!
//! Nothing here builds a value that no reader asked for: unknown members and shapes are passed over in
//! place, so that a line costs little more memory than its own length.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A string, or nothing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

/// A boolean; anything else is false.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

/// A list of strings; what is none of them keeps its place.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Texts<'a>(pub(super) Vec<Text<'a>>);

/// Whether a member is there, whatever it holds, if not `null`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Present(pub(super) bool);

/// A kind: a string, or the member `kind` or `type` of an object.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Kind<'a>(pub(super) Text<'a>);

/// An object of which no member is looked at.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Opaque {}

/// An object of known members, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object<T>(pub(super) Option<T>);

/// The most blocks of one message that are kept; no real one has a hundredth of it, and empty ones take a
/// hundred times the room of their text.
const BLOCKS_MAX: usize = 16 * 1024;

/// A message's content: a string, or blocks.
#[derive(Debug, Default)]
pub(super) enum Content<'a> {
    /// Neither.
    #[default]
    Absent,
    /// A string.
    Text(Cow<'a, str>),
    /// Blocks.
    Blocks(Vec<Block<'a>>),
}

/// All text of a tool's result, which is a string, blocks, or one block; texts are joined by line ends.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Joined<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) has_image: bool,
}

/// A block of a message; which members it has depends on its type.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct BlockMembers<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Text<'a>,
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) name: Text<'a>,
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_use_id: Text<'a>,
    #[serde(borrow)]
    pub(super) content: Joined<'a>,
    pub(super) is_error: Flag,
}

/// A block: its members, or a bare string, which counts as a block of text.
#[derive(Debug, Default)]
pub(super) struct Block<'a>(pub(super) BlockMembers<'a>);

impl<'a> Text<'a> {
    /// The string, unless it is empty.
    pub(super) fn as_str(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl Content<'_> {
    /// All text in it; blocks are joined by line ends, other blocks than text left out.
    pub(super) fn joined(&self) -> Cow<'_, str> {
        match self {
            Self::Absent => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Blocks(blocks) => {
                let mut texts = blocks.iter().filter_map(|block| block.0.text.as_str());
                let first = texts.next().unwrap_or_default();
                let Some(second) = texts.next() else { return Cow::Borrowed(first) };
                let rest = std::iter::once(second).chain(texts);
                Cow::Owned(rest.fold(first.to_owned(), |joined, text| joined + "\n" + text))
            }
        }
    }
}

/// Passes over what is no string.
macro_rules! pass_over {
    ($($name:ident: $type:ty),*) => {
        $(fn $name<E>(self, _: $type) -> Result<Self::Value, E> { Ok(Self::Value::default()) })*
    };
}
macro_rules! pass_over_compound {
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (unit) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Text<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'a>, E> {
                Ok(Text(Some(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Some(Cow::Owned(text.to_owned()))))
            }
            pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
            pass_over_compound!(seq);
            pass_over_compound!(map);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Flag;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }
            pass_over!(visit_str: &str, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
            pass_over_compound!(seq);
            pass_over_compound!(map);
        }
        deserializer.deserialize_any(Read)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Kind<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, serde::Deserialize)]
        #[serde(default)]
        struct Members<'a> {
            #[serde(borrow, alias = "type")]
            kind: Text<'a>,
        }
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Kind<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Kind<'a>, E> {
                Ok(Kind(Text(Some(Cow::Borrowed(text)))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Kind<'a>, E> {
                Ok(Kind(Text(Some(Cow::Owned(text.to_owned())))))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Kind<'a>, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map)).map(|found| Kind(found.kind))
            }
            pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
            pass_over_compound!(seq);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Texts<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts<'a>, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    if texts.len() < BLOCKS_MAX {
                        texts.push(text);
                    }
                }
                Ok(Texts(texts))
            }
            pass_over!(
                visit_str: &str, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64
            );
            pass_over_compound!(unit);
            pass_over_compound!(map);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Present {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<IgnoredAny>::deserialize(deserializer).map(|value| Self(value.is_some()))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Object<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
            }
            pass_over!(
                visit_str: &str, visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64
            );
            pass_over_compound!(unit);
            pass_over_compound!(seq);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Content<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Content<'a>, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Content<'a>, E> {
                Ok(Content::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Content<'a>, A::Error> {
                let mut blocks = Vec::new();
                while blocks.len() < BLOCKS_MAX {
                    match seq.next_element()? {
                        Some(block) => blocks.push(block),
                        None => return Ok(Content::Blocks(blocks)),
                    }
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Content::Blocks(blocks))
            }
            pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
            pass_over_compound!(map);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'a> Joined<'a> {
    /// Puts a further text behind.
    fn push(&mut self, text: Cow<'a, str>) {
        if self.text.is_empty() {
            self.text = text;
        } else if !text.is_empty() {
            let joined = self.text.to_mut();
            joined.push('\n');
            joined.push_str(&text);
        }
    }
}

/// A piece of a tool's result, or of a review. Which members it has depends on its type; what servers' tools
/// give back is nested some levels deep.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    title: Text<'a>,
    #[serde(borrow)]
    url: Text<'a>,
    #[serde(borrow)]
    stdout: Text<'a>,
    #[serde(borrow)]
    stderr: Text<'a>,
    #[serde(borrow)]
    error_code: Text<'a>,
    #[serde(borrow)]
    content: Joined<'a>,
    // A review's.
    #[serde(borrow)]
    overall_explanation: Text<'a>,
    #[serde(borrow)]
    findings: Joined<'a>,
    #[serde(borrow)]
    body: Text<'a>,
    #[serde(borrow)]
    absolute_file_path: Text<'a>,
    #[serde(borrow)]
    code_location: Joined<'a>,
}

impl<'a> From<Piece<'a>> for Joined<'a> {
    fn from(piece: Piece<'a>) -> Self {
        let is_image = matches!(piece.kind.as_str(), Some("image" | "input_image"));
        let mut joined =
            Joined { text: Cow::Borrowed(""), has_image: is_image || piece.content.has_image };
        let texts = [
            piece.overall_explanation,
            piece.title,
            piece.absolute_file_path,
            piece.url,
            piece.text,
            piece.stdout,
            piece.stderr,
            piece.error_code,
            piece.body,
        ];
        texts.into_iter().filter_map(|text| text.0).for_each(|text| joined.push(text));
        let nested = [piece.code_location, piece.content, piece.findings];
        nested.into_iter().for_each(|nested| joined.push(nested.text));
        joined
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Joined<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Joined<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Joined<'a>, E> {
                Ok(Joined { text: Cow::Borrowed(text), has_image: false })
            }
            fn visit_str<E>(self, text: &str) -> Result<Joined<'a>, E> {
                Ok(Joined { text: Cow::Owned(text.to_owned()), has_image: false })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Joined<'a>, A::Error> {
                let mut joined = Joined::default();
                while let Some(piece) = seq.next_element::<Joined<'a>>()? {
                    joined.has_image |= piece.has_image;
                    joined.push(piece.text);
                }
                Ok(joined)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Joined<'a>, A::Error> {
                Piece::deserialize(MapAccessDeserializer::new(map)).map(Joined::from)
            }
            pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Block<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Block<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Block<'a>, E> {
                Ok(bare(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Block<'a>, E> {
                Ok(bare(Cow::Owned(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Block<'a>, A::Error> {
                BlockMembers::deserialize(MapAccessDeserializer::new(map)).map(Block)
            }
            pass_over!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
            pass_over_compound!(unit);
            pass_over_compound!(seq);
        }
        deserializer.deserialize_any(Read(PhantomData))
    }
}

fn bare(text: Cow<'_, str>) -> Block<'_> {
    let kind = Text(Some(Cow::Borrowed("text")));
    Block(BlockMembers { kind, text: Text(Some(text)), ..BlockMembers::default() })
}
