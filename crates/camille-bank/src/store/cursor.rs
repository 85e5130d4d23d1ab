//! How what a file's reader remembers lies in the store: short ones as they are, others compressed (zstd), since
//! most of it are paths that begin alike.

use rusqlite::types::{FromSqlError, Value, ValueRef};

/// A shorter one is kept as it is.
const PACKED_FROM_BYTES: usize = 256;
const LEVEL: i32 = 1;

/// The value that is stored.
pub(super) fn packed(cursor: &str) -> Value {
    if cursor.len() < PACKED_FROM_BYTES {
        return Value::Text(cursor.to_owned());
    }
    match zstd::bulk::compress(cursor.as_bytes(), LEVEL) {
        Ok(packed) if packed.len() < cursor.len() => Value::Blob(packed),
        _ => Value::Text(cursor.to_owned()),
    }
}

/// What was stored.
///
/// # Errors
/// The value is none of [`packed`].
pub(super) fn unpacked(value: ValueRef<'_>) -> Result<String, FromSqlError> {
    let ValueRef::Blob(packed) = value else { return value.as_str().map(str::to_owned) };
    let wrong = |error: std::io::Error| FromSqlError::Other(Box::new(error));
    let bytes = zstd::stream::decode_all(packed).map_err(wrong)?;
    String::from_utf8(bytes).map_err(|error| FromSqlError::Other(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_again() {
        for cursor in ["", "{}", &"\"/home/ana/src/api/lib.rs\",".repeat(200)] {
            let value = packed(cursor);
            assert_eq!(matches!(value, Value::Blob(_)), cursor.len() > 1000);
            assert_eq!(unpacked(ValueRef::from(&value)).expect("reads"), cursor);
        }
        assert!(unpacked(ValueRef::Blob(b"no frame")).is_err());
        assert!(unpacked(ValueRef::Integer(1)).is_err());
    }
}
