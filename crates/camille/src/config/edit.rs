//! Changes `config.toml` without losing its comments and order.
//!
//! The file is replaced whole, by a rename, so that a crash leaves the old one or the new one.

use super::key::Key;
use super::value::Value;
use crate::failure::Failure;
use crate::private_file;
use std::path::Path;

/// Sets a key in the file, which need not exist yet.
///
/// # Errors
/// The file cannot be read or written, or what it holds besides is wrong.
pub(crate) fn store(file: &Path, key: &Key, value: &Value) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            return Err(Failure::not_set_up(format!("cannot read {}", file.display()))
                .because(error.to_string()));
        }
    };
    let changed = edited(&text, key, value).map_err(|cause| {
        Failure::usage(format!("{} is not valid TOML", file.display())).because(cause)
    })?;
    super::parse_file(&changed, file)?;
    private_file::replace(file, changed.as_bytes()).map_err(|error| {
        Failure::not_set_up(format!("cannot write {}", file.display())).because(error.to_string())
    })
}

/// The text with the key set; everything else as it was.
fn edited(text: &str, key: &Key, value: &Value) -> Result<String, String> {
    let mut document: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.to_string().trim().to_owned())?;
    let section = document
        .entry(key.section)
        .or_insert_with(toml_edit::table)
        .as_table_like_mut()
        .ok_or_else(|| format!("'{}' is a value there, not a table", key.section))?;
    let mut new = value.to_toml_edit();
    // What follows the old value on its line, a comment perhaps, stays.
    if let Some(old) = section.get(key.name).and_then(toml_edit::Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    section.insert(key.name, toml_edit::Item::Value(new));
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::key::key;
    use super::*;

    #[test]
    fn comments_and_order_survive() {
        let text = "# mine\n[mesh]\nttl = 2 # short\n\n[node]\nname = \"ana\"\n";
        let ttl = edited(text, key("mesh.ttl").unwrap(), &Value::Count(4)).unwrap();
        assert_eq!(ttl, text.replace("ttl = 2", "ttl = 4"));
        let port = edited(text, key("node.port").unwrap(), &Value::Count(80)).unwrap();
        assert_eq!(port, format!("{text}port = 80\n"));
    }

    #[test]
    fn a_missing_section_is_made() {
        let value = Value::Texts(vec!["a:1".into()]);
        let text = edited("", key("node.advertise").unwrap(), &value).unwrap();
        assert_eq!(text, "[node]\nadvertise = [\"a:1\"]\n");
    }
}
