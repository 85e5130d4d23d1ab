//! Percent-encoding for paths and query strings (RFC 3986, 2.1). It knows no routes.

use std::fmt::Write;

/// A path with a query string that is being written.
pub(crate) struct QueryString {
    text: String,
    separator: char,
}

impl QueryString {
    pub(crate) fn new(path: &str) -> Self {
        Self { text: path.to_owned(), separator: '?' }
    }

    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.text.push(self.separator);
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(&encode(value));
        self.separator = '&';
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// `text` with everything but unreserved characters (RFC 3986, 2.3) encoded, so that it fits a path
/// segment as well as a query string.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing into a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
