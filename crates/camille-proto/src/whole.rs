//! Whole numbers as JSON has them: `10.0` is one (JSON Schema, "integer"), and beyond 2^53 they are not exchanged
//! reliably (RFC 7493, 2.2).

use serde::Deserializer;
use serde::de::{Error, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The largest whole number that every reader of JSON takes for the same: 2^53 - 1.
const WHOLE_MAX: i64 = 9_007_199_254_740_991;

/// Reads a whole number.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(d: D) -> Result<T, D::Error> {
    d.deserialize_any(Whole(PhantomData))
}

struct Whole<T>(PhantomData<T>);

impl<T: TryFrom<i64>> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number in its bounds")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        let in_bounds = (-WHOLE_MAX..=WHOLE_MAX).contains(&number);
        let value = in_bounds.then(|| T::try_from(number).ok()).flatten();
        value.ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        #[expect(clippy::cast_precision_loss, reason = "it is exact up to 2^53")]
        let in_bounds = number.abs() <= WHOLE_MAX as f64;
        if number.fract() != 0.0 || !in_bounds {
            return Err(E::invalid_value(Unexpected::Float(number), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "its bounds were looked at")]
        self.visit_i64(number as i64)
    }
}

#[cfg(test)]
mod tests {
    #[derive(Debug, serde::Deserialize)]
    struct Holder {
        #[serde(deserialize_with = "super::whole")]
        n: u32,
    }

    #[test]
    fn whole_numbers_are_whole_however_they_are_written() {
        let read = |n: &str| serde_json::from_str::<Holder>(&format!("{{\"n\":{n}}}"));
        for (text, expected) in [("0", 0), ("142.0", 142), ("1e3", 1000), ("4294967295", u32::MAX)]
        {
            assert_eq!(read(text).expect("is whole").n, expected);
        }
        for text in ["1.5", "-1", "4294967296", "1e300", "18446744073709551615", "\"1\"", "null"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
