//! JSON for scripts: indented, and safe to look at on a terminal.

use super::Terminal;
use super::plain::unprintable;
use crate::failure::{Exit, Failure};
use serde::Serialize;

/// Prints a value as one line of JSON.
///
/// # Errors
/// The answer cannot be written.
pub(crate) fn line(terminal: &mut Terminal, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(not_written)?;
    terminal.line(escaped(&text))
}

/// Prints a value as JSON.
///
/// # Errors
/// It cannot be written.
pub(crate) fn print(terminal: &mut Terminal, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(not_written)?;
    terminal.line(escaped(&text))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err takes")]
fn not_written(error: serde_json::Error) -> Failure {
    Failure::new(Exit::Bug, "cannot write the answer as JSON").because(error.to_string())
}

/// The same JSON with characters escaped that could drive a terminal. They occur only inside strings.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for char in json.chars() {
        if unprintable(char) && char != '\n' {
            for unit in char.encode_utf16(&mut [0; 2]) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            text.push(char);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_and_nothing_drives_the_terminal() {
        let value = "\u{9b}31m \u{202e} \u{1b} \u{e0041} é\n";
        let json = escaped(&serde_json::to_string_pretty(&[value]).unwrap());
        assert!(!json.chars().any(|c| unprintable(c) && c != '\n'), "{json}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&json).unwrap(), [value]);
    }
}
