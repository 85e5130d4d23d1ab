//! The words by which a question can name a day, a month or a year. UTC, whatever the machine's zone.

use crate::analyzer;
use jiff::Timestamp;
use jiff::tz::TimeZone;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The analysed date tokens of a moment: year, year and month, the day, and the month's name.
pub(crate) fn tokens(time_ms: i64) -> Option<String> {
    let time = Timestamp::from_millisecond(time_ms).ok()?;
    let date = time.to_zoned(TimeZone::UTC).date();
    let (year, month, day) = (date.year(), date.month(), date.day());
    let name = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month))?;
    let name = analyzer::analyze(name).join(" ");
    Some(format!("{year:04} {year:04}-{month:02} {year:04}-{month:02}-{day:02} {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_by_the_words_for_it() {
        let time: Timestamp = "2026-02-03T23:59:59Z".parse().unwrap();
        let tokens = tokens(time.as_millisecond()).unwrap();
        assert_eq!(tokens, "2026 2026-02 2026-02-03 februari");
        for q in ["february", "2026", "2026-02", "what happened on 2026-02-03"] {
            let terms = analyzer::question(q).terms;
            assert!(terms.iter().any(|t| tokens.split(' ').any(|token| token == t)), "{q}");
        }
    }
}
