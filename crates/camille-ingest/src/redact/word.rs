//! Tells words from letters that nobody would say.

/// For each letter the letters that follow it in words and in names of code, as bits: the pairs that make up more than
/// 1 in 2,500 of all pairs in transcripts. In random letters more than half of the pairs are others.
const FOLLOWERS: [u32; 26] = [
    0x17e_bd7f, 0x016_493f, 0x11e_4dbf, 0x016_497f, 0x1ff_b97f, 0x11a_493f, 0x016_69d1, 0x01a_4111,
    0x2ae_f87f, 0x004_0010, 0x004_0110, 0x13c_c919, 0x014_d913, 0x03e_ed7d, 0x07e_fd6f, 0x01e_c999,
    0x010_0000, 0x17e_fd7d, 0x15c_dd95, 0x15e_d9bd, 0x00e_b95f, 0x000_0111, 0x006_6191, 0x008_8114,
    0x004_b000, 0x000_0010,
];
/// Fewer letters tell nothing.
const LETTERS_MIN: usize = 12;

/// Whether letters, without their case, are random ones. One random run of 20 letters in a hundred passes for a word,
/// as does one word of a hundred the other way.
pub(super) fn is_random(letters: &str) -> bool {
    if letters.len() < LETTERS_MIN || !letters.bytes().all(|b| b.is_ascii_alphabetic()) {
        return false;
    }
    let of = |b: u8| usize::from(b.to_ascii_lowercase() - b'a');
    let pairs = letters.as_bytes().windows(2);
    let rare = pairs.filter(|pair| FOLLOWERS[of(pair[0])] >> of(pair[1]) & 1 == 0).count();
    rare * 4 > letters.len() - 1
}

/// Whether a text is made of words and numbers: `my-token-2024`, `getTokenOfUser`, `v1.2`.
pub(super) fn are_words(token: &str) -> bool {
    /// What random letters between signs do not reach on average.
    const WORD_LETTERS_MIN: usize = 3;
    let (mut words, mut letters_of_words) = (0, 0);
    let all_are = token.split(|c: char| !c.is_alphanumeric()).all(|segment| {
        let letters = segment.trim_matches(|c: char| c.is_ascii_digit());
        let digits = segment.len() - letters.len();
        words += usize::from(!letters.is_empty());
        letters_of_words += letters.chars().count();
        letters.is_empty()
            || (digits <= 6 && letters.chars().all(char::is_alphabetic) && is_camel(letters))
    });
    all_are && (words < 3 || letters_of_words >= WORD_LETTERS_MIN * words)
}

/// Whether letters are one word or several with capitals: none of them is shorter than three letters on
/// average.
fn is_camel(letters: &str) -> bool {
    let capitals = letters.chars().skip(1).filter(|c| c.is_uppercase()).count();
    capitals == 0
        || letters.chars().all(char::is_uppercase)
        || letters.chars().count() >= 4 * capitals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_letters_are_no_words() {
        for letters in ["xkqzvbnwpdjrtcfhlgms", "QZXWVKJTRPBNDCFGHLMS", "vxqkzjwpfbqtmhcx"] {
            assert!(is_random(letters), "{letters}");
        }
        for letters in
            ["authenticationprovider", "thequickbrownfoxjumps", "internationalization", "short"]
        {
            assert!(!is_random(letters), "{letters}");
        }
        assert!(
            are_words("my-token-2024") && are_words("getTokenOfUser") && !are_words("k3Qx7Lw9RtVb")
        );
    }
}
