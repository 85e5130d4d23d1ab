//! One line of the audit log: JSON in which nothing drives a terminal or hides. Whoever asks chooses the words of a
//! question, and the owner may look at the file with any tool.

use super::AuditError;
use camille_proto::local::AuditEntry;
use camille_proto::name::is_visible;
use std::fmt::Write;

/// The entry as it is written, its newline included.
pub(super) fn encode(entry: &AuditEntry) -> Result<Vec<u8>, AuditError> {
    let json = serde_json::to_string(entry).map_err(AuditError::Encode)?;
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        // Outside of its strings JSON is plain ASCII, so this is an escape wherever it stands.
        if is_visible(&c) {
            line.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
    }
    line.push('\n');
    Ok(line.into_bytes())
}
