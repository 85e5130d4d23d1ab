//! Moments and spans as people type them: `2026-02-03`, `2026-02-03T10:00:00Z`, `today`, `7d`.
//!
//! Pure, except that the machine's time zone is looked up: a date is a local one.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

/// Which end of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// Its beginning, for "since".
    Begin,
    /// Its end, for "until": the day is meant whole.
    End,
}

/// The moment that `typed` means, seen from `now`.
///
/// # Errors
/// What could have been typed.
pub(crate) fn parse(typed: &str, edge: Edge, now: Timestamp) -> Result<Timestamp, String> {
    parse_in(typed.trim(), edge, now, &TimeZone::system()).ok_or_else(|| {
        format!("'{typed}' is no moment: try today, 2026-02-03, 12h, 7d or an RFC 3339 time")
    })
}

fn parse_in(typed: &str, edge: Edge, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(zone.clone()).date();
    let day = match typed {
        "today" => Some(today),
        "yesterday" => today.checked_sub(1.day()).ok(),
        _ if typed.len() == 10 => typed.parse::<Date>().ok(),
        _ => None,
    };
    if let Some(day) = day {
        let day = if edge == Edge::End { day.checked_add(1.day()).ok()? } else { day };
        return Some(day.to_zoned(zone.clone()).ok()?.timestamp());
    }
    if let Ok(moment) = typed.parse() {
        return Some(moment);
    }
    let seconds = i64::try_from(parse_seconds(typed)?).ok()?;
    now.checked_sub(Span::new().try_seconds(seconds).ok()?).ok()
}

/// The span that `typed` means, in seconds: `30m`, `12h`, `7d`, `2w`.
///
/// # Errors
/// What could have been typed.
pub(crate) fn parse_span(typed: &str) -> Result<u64, String> {
    parse_seconds(typed.trim()).filter(|seconds| *seconds > 0).ok_or_else(|| {
        format!("'{typed}' is no span of time: a number with m, h, d or w, such as 3d")
    })
}

/// The span that `typed` means, in milliseconds: `800ms`, `5s`, `1m`; a bare number is seconds.
///
/// # Errors
/// What could have been typed.
pub(crate) fn parse_timeout_ms(typed: &str) -> Result<u64, String> {
    let typed = typed.trim();
    let ms = match typed.strip_suffix("ms") {
        Some(number) => number.trim().parse().ok(),
        None => {
            let seconds = typed.strip_suffix('s').unwrap_or(typed).trim();
            let whole = seconds.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
            whole
                .map(|seconds| std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default())
                .and_then(|span| u64::try_from(span.as_millis()).ok())
                .or_else(|| parse_seconds(typed)?.checked_mul(1000))
        }
    };
    ms.filter(|ms| (1..=86_400_000).contains(ms))
        .ok_or_else(|| format!("'{typed}' is no timeout: seconds, or a number with ms, s or m"))
}

fn parse_seconds(typed: &str) -> Option<u64> {
    let unit = typed.chars().last()?;
    let number: u64 = typed[..typed.len() - unit.len_utf8()].trim().parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds).filter(|seconds| *seconds <= 100 * 366 * 86_400)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_local_and_until_means_the_whole_day() {
        let now: Timestamp = "2026-02-03T23:30:00Z".parse().unwrap();
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        let at = |typed, edge| parse_in(typed, edge, now, &zone).map(|moment| moment.to_string());
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(at("2026-02-03", Edge::Begin), some("2026-02-02T22:00:00Z"));
        assert_eq!(at("2026-02-03", Edge::End), some("2026-02-03T22:00:00Z"));
        // It is the 4th there already.
        assert_eq!(at("today", Edge::Begin), some("2026-02-03T22:00:00Z"));
        assert_eq!(at("yesterday", Edge::Begin), some("2026-02-02T22:00:00Z"));
        assert_eq!(at("2026-02-03T10:00:00+01:00", Edge::End), some("2026-02-03T09:00:00Z"));
        assert_eq!(at("12h", Edge::Begin), some("2026-02-03T11:30:00Z"));
        assert_eq!(at("2w", Edge::Begin), some("2026-01-20T23:30:00Z"));
        for wrong in ["", "d", "7", "7x", "2026-13-01", "-7d", "99999999999w", "tomorrow", "é"] {
            assert_eq!(at(wrong, Edge::Begin), None, "{wrong}");
        }
    }

    #[test]
    fn spans_and_timeouts_know_their_units() {
        assert_eq!(parse_span("3d"), Ok(259_200));
        assert!(parse_span("0d").is_err() && parse_span("3").is_err() && parse_span("").is_err());
        assert_eq!(parse_timeout_ms("5"), Ok(5000));
        assert_eq!(parse_timeout_ms("0.25s"), Ok(250));
        assert_eq!(parse_timeout_ms("800ms"), Ok(800));
        assert_eq!(parse_timeout_ms("1m"), Ok(60_000));
        for wrong in ["0", "-1", "inf", "NaN", "1e300", "x", "2d"] {
            assert!(parse_timeout_ms(wrong).is_err(), "{wrong}");
        }
    }
}
