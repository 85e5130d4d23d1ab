//! A configuration value: from TOML or from typed text, checked against what its kind allows.
//!
//! Pure: it reads no file and no environment.

use super::kind::Kind;
use camille_proto::id::PeerId;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// A value that its key's kind allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Truth(bool),
    Count(u32),
    Texts(Vec<String>),
}

impl Value {
    /// The value that someone typed in the environment or as a flag. Lists are separated by commas.
    ///
    /// # Errors
    /// What the key takes instead, as a sentence's end: `must be …`.
    pub(crate) fn parse(kind: Kind, typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        let value = match kind {
            Kind::Text | Kind::Name | Kind::Word(_) => Some(Self::Text(typed.to_owned())),
            Kind::Truth => typed.parse().ok().map(Self::Truth),
            Kind::Count(..) => typed.parse().ok().map(Self::Count),
            Kind::Texts | Kind::Sockets | Kind::Peers => {
                let inner = typed.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
                let parts = inner.unwrap_or(typed).split(',');
                let parts = parts.map(|part| part.trim().trim_matches('"').to_owned());
                // `[::1]:7861` has brackets of its own: only a list of all parts is unwrapped.
                let whole = inner.is_some_and(|inner| inner.contains('[') || !typed.contains("::"));
                if inner.is_some() && !whole {
                    Some(Self::Texts(vec![typed.to_owned()]))
                } else {
                    Some(Self::Texts(parts.filter(|part| !part.is_empty()).collect()))
                }
            }
        };
        value.ok_or_else(|| must_be(kind)).and_then(|value| value.checked(kind))
    }

    /// The value that stands in `config.toml`.
    ///
    /// # Errors
    /// As [`Value::parse`].
    pub(crate) fn of_toml(kind: Kind, value: &toml::Value) -> Result<Self, String> {
        let value = match (kind, value) {
            (Kind::Text | Kind::Name | Kind::Word(_), toml::Value::String(text)) => {
                Some(Self::Text(text.clone()))
            }
            (Kind::Truth, toml::Value::Boolean(truth)) => Some(Self::Truth(*truth)),
            (Kind::Count(..), toml::Value::Integer(count)) => {
                u32::try_from(*count).ok().map(Self::Count)
            }
            (Kind::Texts | Kind::Sockets | Kind::Peers, toml::Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Self::Texts),
            _ => None,
        };
        value.ok_or_else(|| must_be(kind)).and_then(|value| value.checked(kind))
    }

    /// The same of what somebody sets now: a name must not mean its owner, everybody or nobody.
    pub(crate) fn parse_new(kind: Kind, typed: &str) -> Result<Self, String> {
        let value = Self::parse(kind, typed)?;
        match kind {
            Kind::Name if !camille_proto::name::is_fit(typed) => Err(must_be(kind)),
            // With none a node does not start.
            Kind::Sockets if matches!(&value, Self::Texts(texts) if texts.is_empty()) => {
                Err("must name an address; at 127.0.0.1 only this machine is heard".into())
            }
            _ => Ok(value),
        }
    }

    fn checked(self, kind: Kind) -> Result<Self, String> {
        let fits = match (&self, kind) {
            // A name that an earlier build took still is one; others see it told apart.
            (Self::Text(text), Kind::Text | Kind::Name) => {
                !text.trim().is_empty() && !text.chars().any(char::is_control)
            }
            (Self::Text(text), Kind::Word(words)) => words.contains(&text.as_str()),
            (Self::Truth(_), Kind::Truth) | (Self::Texts(_), Kind::Texts) => true,
            (Self::Count(count), Kind::Count(min, max)) => (min..=max).contains(count),
            (Self::Texts(texts), Kind::Peers) => {
                texts.iter().all(|text| text.parse::<PeerId>().is_ok())
            }
            (Self::Texts(texts), Kind::Sockets) => texts.iter().all(|t| socket(t, 0).is_some()),
            _ => false,
        };
        if fits { Ok(self) } else { Err(must_be(kind)) }
    }

    /// The same value for `config.toml`.
    pub(crate) fn to_toml_edit(&self) -> toml_edit::Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Truth(truth) => (*truth).into(),
            Self::Count(count) => i64::from(*count).into(),
            Self::Texts(texts) => texts.iter().collect::<toml_edit::Array>().into(),
        }
    }

    /// The same value for `--json`.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Truth(truth) => (*truth).into(),
            Self::Count(count) => (*count).into(),
            Self::Texts(texts) => texts.clone().into(),
        }
    }
}

/// As one would type it after `camille config set KEY`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Truth(truth) => truth.fmt(f),
            Self::Count(count) => count.fmt(f),
            Self::Texts(texts) if texts.is_empty() => f.write_str("[]"),
            Self::Texts(texts) => f.write_str(&texts.join(",")),
        }
    }
}

/// `address:port`, or an address that takes `port`.
pub(crate) fn socket(text: &str, port: u16) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| {
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        bare.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, port))
    })
}

fn must_be(kind: Kind) -> String {
    format!(
        "must be {}{}",
        if matches!(kind, Kind::Word(_)) { "one of: " } else { "" },
        kind.takes()
    )
}

#[cfg(test)]
mod tests {
    use super::super::key::{KEYS, Preset, key};
    use super::*;

    fn parse(path: &str, typed: &str) -> Result<Value, String> {
        Value::parse(key(path).unwrap().kind, typed)
    }

    #[test]
    fn a_node_that_listens_nowhere_is_not_set() {
        let new = |typed| Value::parse_new(key("node.bind").unwrap().kind, typed);
        for typed in ["[]", "", "[ ]", ","] {
            assert!(new(typed).unwrap_err().contains("127.0.0.1"), "{typed}");
        }
        assert!(new("127.0.0.1:0").is_ok() && parse("node.bind", "[]").is_ok());
    }

    #[test]
    fn every_default_is_a_value_of_its_key() {
        for key in KEYS {
            if let Preset::Value(typed) = key.preset {
                assert!(Value::parse(key.kind, typed).is_ok(), "{}", key.path());
            }
        }
    }

    #[test]
    fn lists_are_commas_or_toml_and_know_ipv6() {
        let texts =
            |list: &[&str]| Ok(Value::Texts(list.iter().map(|t| (*t).to_owned()).collect()));
        assert_eq!(parse("node.advertise", ""), texts(&[]));
        assert_eq!(parse("node.advertise", "[]"), texts(&[]));
        assert_eq!(parse("node.advertise", "a, b"), texts(&["a", "b"]));
        assert_eq!(parse("node.advertise", r#"["a", "b"]"#), texts(&["a", "b"]));
        assert_eq!(parse("node.bind", "[::1]:7861"), texts(&["[::1]:7861"]));
        assert_eq!(parse("node.bind", "[::1]"), texts(&["[::1]"]));
        assert_eq!(parse("node.bind", "127.0.0.1,[::1]:80"), texts(&["127.0.0.1", "[::1]:80"]));
        assert!(parse("node.bind", "localhost:1").is_err());
    }

    #[test]
    fn bounds_and_words_are_kept() {
        assert!(parse("mesh.ttl", "5").is_ok());
        assert_eq!(parse("mesh.ttl", "6").unwrap_err(), "must be a number from 1 to 5");
        assert!(parse("mesh.ttl", "-1").is_err());
        assert!(parse("node.name", "  ").is_err());
        assert!(parse("node.name", "a\u{1b}[31m").is_err());
        assert_eq!(parse("audit.query", "hsh").unwrap_err(), "must be one of: text, hash, off");
        let toml: toml::Value = toml::Value::String("3".into());
        assert!(Value::of_toml(key("mesh.ttl").unwrap().kind, &toml).is_err());
    }
}
