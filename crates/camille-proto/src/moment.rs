//! How the moment of a record is sent: RFC 3339 with milliseconds, also where they are zero, as agents write it.
//! So the same moment is the same text everywhere, and texts sort like moments. It never rounds what it reads.

use jiff::Timestamp;
use serde::Serializer;

/// Writes a moment.
pub(crate) fn serialize<S: Serializer>(
    moment: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        Some(moment) => serializer.collect_str(&format_args!("{moment:.3}")),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_milliseconds_always() {
        let write = |text: &str| {
            let moment: Option<Timestamp> = text.parse().ok();
            serialize(&moment, serde_json::value::Serializer).expect("writes")
        };
        assert_eq!(write("2026-10-05T09:00:04Z"), "2026-10-05T09:00:04.000Z");
        assert_eq!(write("2026-10-05T11:00:04.05+02:00"), "2026-10-05T09:00:04.050Z");
        assert!(write("never").is_null());
    }
}
