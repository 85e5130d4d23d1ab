//! Names and addresses as strangers send them, made harmless. It never fails: something usable remains.

/// The longest name kept, in characters.
const NAME_CHARS_MAX: usize = 64;

/// How many addresses of one peer are kept.
const ADDRESSES_MAX: usize = 16;

/// The longest address kept, in bytes: a DNS name of 253, brackets and a port.
const ADDRESS_BYTES_MAX: usize = 261;

/// A name without control characters, invisible or direction-changing ones, or runs of white space;
/// at most 64 characters; `fallback` where nothing remains.
pub(super) fn name(given: &str, fallback: &str) -> String {
    let visible: String =
        given.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(is_visible).collect();
    let words = visible.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    let cut: String = words.chars().take(NAME_CHARS_MAX).collect();
    let cut = cut.trim_end();
    if cut.is_empty() { fallback.to_owned() } else { cut.to_owned() }
}

/// `base` for the first, then `base-2`, `base-3` and so on, until `taken` says no.
pub(super) fn unique<E>(
    base: &str,
    mut taken: impl FnMut(&str) -> Result<bool, E>,
) -> Result<String, E> {
    let mut candidate = base.to_owned();
    let mut number = 1_u64;
    while taken(&candidate)? {
        number += 1;
        let suffix = format!("-{number}");
        let keep = NAME_CHARS_MAX.saturating_sub(suffix.len());
        candidate = base.chars().take(keep).chain(suffix.chars()).collect();
    }
    Ok(candidate)
}

/// The addresses that can be ones, each once, in order, at most 16.
pub(super) fn addresses(given: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for address in given {
        let address = address.trim();
        let plain = !address.is_empty()
            && address.len() <= ADDRESS_BYTES_MAX
            && address.bytes().all(|b| b.is_ascii_graphic());
        if plain && kept.len() < ADDRESSES_MAX && !kept.iter().any(|k| k == address) {
            kept.push(address.to_owned());
        }
    }
    kept
}

fn is_visible(c: &char) -> bool {
    !c.is_control()
        && !matches!(*c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_harmless() {
        for (given, kept) in [
            ("ana", "ana"),
            ("  ana\t b \n", "ana b"),
            ("\u{1b}[31mred", "[31mred"),
            ("a\u{202e}b\u{200b}", "ab"),
            ("", "peer"),
            ("\u{7}\u{0}", "peer"),
            ("Ána 日本", "Ána 日本"),
        ] {
            assert_eq!(name(given, "peer"), kept, "{given:?}");
        }
        assert_eq!(name(&"é".repeat(100), "peer").chars().count(), 64);
    }

    #[test]
    fn a_taken_name_gets_a_number_and_stays_short() {
        let taken = ["ana", "ana-2"];
        let free = unique("ana", |n| Ok::<_, ()>(taken.contains(&n)));
        assert_eq!(free.as_deref(), Ok("ana-3"));
        let long = "x".repeat(64);
        let free = unique(&long, |n| Ok::<_, ()>(n == long)).expect("no error");
        assert_eq!(free.chars().count(), 64);
        assert!(free.ends_with("x-2"));
    }

    #[test]
    fn addresses_are_bounded_plain_and_each_once() {
        let many: Vec<String> = (0..40).map(|n| format!("192.0.2.{n}:7861")).collect();
        assert_eq!(addresses(&many).len(), 16);
        let odd = ["a:1", "a:1", " b:2 ", "", "c\n:3", "d d:4"].map(String::from);
        assert_eq!(addresses(&odd), ["a:1", "b:2"]);
        assert!(addresses(&["x".repeat(300)]).is_empty());
    }
}
