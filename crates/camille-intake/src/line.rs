//! Cutting a stream into lines with one reused buffer, bounded whatever the input.

use std::io::{self, BufRead};

/// The longest line that is read; longer ones are passed over.
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A line with its newline; the buffer holds it without.
    Line,
    /// The end of the file without a newline; the buffer holds what is there.
    Tail,
    /// A line of more than [`LINE_BYTES_MAX`]; the buffer holds its beginning.
    TooLong,
    /// Nothing more.
    End,
}

/// Reads the next line into `buffer`.
///
/// Returns what it is and how many bytes of the input it took, newline included.
pub(super) fn next(
    input: &mut impl BufRead,
    buffer: &mut Vec<u8>,
    bytes_max: usize,
) -> io::Result<(Found, u64)> {
    buffer.clear();
    let mut taken = 0_u64;
    loop {
        let available = match input.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if available.is_empty() {
            let found = match (taken, buffer.len() as u64 == taken) {
                (0, _) => Found::End,
                (_, true) => Found::Tail,
                (_, false) => Found::TooLong,
            };
            return Ok((found, taken));
        }
        let newline = memchr::memchr(b'\n', available);
        let part = newline.map_or(available, |at| &available[..at]);
        let room = bytes_max - buffer.len();
        buffer.extend_from_slice(&part[..part.len().min(room)]);
        let consumed = newline.map_or(available.len(), |at| at + 1);
        taken += consumed as u64;
        input.consume(consumed);
        if newline.is_some() {
            let whole = buffer.len() as u64 == taken - 1;
            return Ok((if whole { Found::Line } else { Found::TooLong }, taken));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], chunk: usize, bytes_max: usize) -> Vec<(Found, Vec<u8>, u64)> {
        let mut input = io::BufReader::with_capacity(chunk, input);
        let (mut buffer, mut all) = (Vec::new(), Vec::new());
        loop {
            let (found, taken) = next(&mut input, &mut buffer, bytes_max).expect("reads");
            if found == Found::End {
                return all;
            }
            all.push((found, buffer.clone(), taken));
        }
    }

    #[test]
    fn every_byte_is_accounted_for() {
        let input = b"one\n\ntwo\r\nthree";
        for chunk in 1..20 {
            let all = lines(input, chunk, 100);
            let texts: Vec<&[u8]> = all.iter().map(|(_, text, _)| text.as_slice()).collect();
            assert_eq!(texts, [&b"one"[..], b"", b"two\r", b"three"]);
            assert_eq!(all.iter().map(|(.., taken)| taken).sum::<u64>(), input.len() as u64);
            assert_eq!(all[3].0, Found::Tail);
        }
    }

    #[test]
    fn a_line_that_is_too_long_costs_no_memory_and_hides_nothing_after_it() {
        let input = b"0123456789abcdef\nnext\n0123456789abc";
        let all = lines(input, 3, 8);
        assert_eq!(all[0], (Found::TooLong, b"01234567".to_vec(), 17));
        assert_eq!(all[1], (Found::Line, b"next".to_vec(), 5));
        assert_eq!(all[2].0, Found::TooLong);
        assert_eq!(lines(b"01234567\n", 3, 8)[0].0, Found::Line);
        assert_eq!(lines(b"01234567", 3, 8)[0].0, Found::Tail);
    }
}
