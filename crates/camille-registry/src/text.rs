//! Addresses as strangers send them, made harmless.

use camille_proto::place::is_place;

/// How many addresses of one peer are kept.
const ADDRESSES_MAX: usize = 16;

/// The addresses that can be ones, each once, in order, at most 16.
pub(super) fn addresses(given: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for address in given {
        let address = address.trim();
        if is_place(address) && kept.len() < ADDRESSES_MAX && !kept.iter().any(|k| k == address) {
            kept.push(address.to_owned());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_bounded_plain_and_each_once() {
        let many: Vec<String> = (0..40).map(|n| format!("192.0.2.{n}:7861")).collect();
        assert_eq!(addresses(&many).len(), 16);
        let odd = ["a:1", "a:1", " b:2 ", "", "c\n:3", "d d:4"].map(String::from);
        assert_eq!(addresses(&odd), ["a:1", "b:2"]);
        assert!(addresses(&["x".repeat(300)]).is_empty());
    }
}
