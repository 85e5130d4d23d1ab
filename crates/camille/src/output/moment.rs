//! Moments as people read them: local dates, and how long ago.
//!
//! Pure, except that the machine's time zone is looked up.

use jiff::{Timestamp, tz::TimeZone};

/// The local date, `2026-02-03`.
pub(crate) fn date(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%d").to_string()
}

/// The local date and time, `2026-02-03 17:04`.
pub(crate) fn date_time(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The local time of day, `17:04`.
pub(crate) fn time(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::system()).strftime("%H:%M").to_string()
}

/// How long before `now`: `just now`, `5 min ago`, `3 h ago`, `2 days ago`, else the date.
pub(crate) fn ago(moment: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - moment.as_second();
    match seconds {
        ..60 => "just now".into(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..172_800 => "yesterday".into(),
        172_800..1_209_600 => format!("{} days ago", seconds / 86_400),
        _ => format!("on {}", date(moment)),
    }
}

/// How long until `moment`: `in 3 days`.
pub(crate) fn ahead(moment: Timestamp, now: Timestamp) -> String {
    let seconds = moment.as_second() - now.as_second();
    match seconds {
        ..=0 => "now".into(),
        1..=5_400 => format!("in {} min", (seconds + 59) / 60),
        5_401..=129_600 => format!("in {} h", (seconds + 1_800) / 3_600),
        _ => format!("in {} days", (seconds + 43_200) / 86_400),
    }
}

/// Whether something ends within two weeks.
pub(crate) fn is_soon(end: Timestamp, now: Timestamp) -> bool {
    (1..=14 * 86_400).contains(&(end.as_second() - now.as_second()))
}

/// A duration: `12 ms`, `3.4 s`, `5 s`.
pub(crate) fn took(ms: u64) -> String {
    match ms {
        ..1000 => format!("{ms} ms"),
        _ if ms % 1000 < 50 => format!("{} s", ms / 1000),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

/// How long a node has been up.
pub(crate) fn uptime(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_read_as_people_say_them() {
        let now: Timestamp = "2026-02-03T12:00:00Z".parse().unwrap();
        let at = |text: &str| ago(text.parse().unwrap(), now);
        assert_eq!(at("2026-02-03T11:59:30Z"), "just now");
        assert_eq!(at("2026-02-03T11:15:00Z"), "45 min ago");
        assert_eq!(at("2026-02-03T03:00:00Z"), "9 h ago");
        assert_eq!(at("2026-02-01T03:00:00Z"), "2 days ago");
        assert_eq!(at("2026-02-04T12:00:00Z"), "just now");
    }

    #[test]
    fn ends_are_rounded_to_what_was_asked() {
        let now: Timestamp = "2026-02-03T12:00:00Z".parse().unwrap();
        let at = |text: &str| ahead(text.parse().unwrap(), now);
        assert_eq!(at("2026-02-06T11:59:59Z"), "in 3 days");
        assert_eq!(at("2026-02-04T12:00:00Z"), "in 24 h");
        assert_eq!(at("2026-02-03T12:30:00Z"), "in 30 min");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(took(31), "31 ms");
        assert_eq!(took(5000), "5 s");
        assert_eq!(took(3_450), "3.4 s");
        assert_eq!(took(125_100), "2 min 5 s");
    }
}
