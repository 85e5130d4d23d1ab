//! A word of a command after expansion, as far as that can be said.

use super::is_rooted;

/// A word. What cannot be said ends its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    /// What is known of it, from its beginning.
    pub(super) text: String,
    /// Why it is not known further.
    pub(super) open: Option<Open>,
}

/// Why a word's end is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Open {
    /// A variable that nothing says the value of.
    Variable(String),
    /// What another command gave, whose own words are looked at where they stand.
    Derived,
}

impl Word {
    pub(super) fn known(text: &str) -> Self {
        Self { text: text.to_owned(), open: None }
    }

    pub(super) fn unknown(variable: &str) -> Self {
        Self { text: String::new(), open: Some(Open::Variable(variable.to_owned())) }
    }

    pub(super) fn derived() -> Self {
        Self { text: String::new(), open: Some(Open::Derived) }
    }

    /// The word, or the directory at hand where it is empty.
    pub(super) fn or_here(&self) -> Self {
        if self.text.is_empty() && self.open.is_none() { Self::known(".") } else { self.clone() }
    }

    /// What is left of the word when something is cut off its beginning or end: `%/*`, `%.md`, `##*/`.
    pub(super) fn cut(&self, change: &str) -> Self {
        if self.open.is_some() {
            return self.clone();
        }
        match change {
            "%/*" => Self::known(&format!("{}/..", self.text)),
            _ => {
                let end = self.text.rfind('/').map_or(0, |at| at + 1);
                Self { text: self.text[..end].to_owned(), open: Some(Open::Derived) }
            }
        }
    }

    /// The word with another behind it. Behind what is not known nothing is.
    pub(super) fn then(mut self, next: &Self) -> Self {
        if self.open.is_none() {
            self.text.push_str(&next.text);
            self.open.clone_from(&next.open);
        }
        self
    }

    /// The path that this word means in a directory.
    pub(super) fn within(&self, directory: &Self) -> Self {
        let is_own = (is_rooted(&self.text) && !self.text.starts_with(".."))
            || (self.text.is_empty() && self.open.is_some());
        if is_own || directory.text.is_empty() && directory.open.is_none() {
            return self.clone();
        }
        if directory.open.is_some() {
            return directory.clone();
        }
        let base = directory.text.trim_end_matches('/');
        Self { text: format!("{base}/{}", self.text), open: self.open.clone() }
    }
}
