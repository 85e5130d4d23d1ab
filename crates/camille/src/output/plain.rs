//! Takes out of a text what could drive a terminal or mislead the eye: escape sequences, control
//! characters, characters that change the writing direction, and invisible ones.
//!
//! Pure. What is printed from a bank or a peer has gone through here; what is stored has not.

/// The text as it may be printed: line ends and tabs stay.
pub(crate) fn plain(text: &str) -> String {
    cells(text.chars().map(|char| (char, ()))).map(|(char, ())| char).collect()
}

/// The text on one line, runs of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Characters that travel with a mark each, without those that may not be printed.
///
/// Escape sequences are ECMA-48's: CSI up to its final byte, and the strings OSC, DCS, SOS, PM and APC up to
/// BEL or ST. A string that never ends takes no more than its line.
pub(crate) fn cells<M>(cells: impl Iterator<Item = (char, M)>) -> impl Iterator<Item = (char, M)> {
    let mut state = State::Text;
    cells.filter_map(move |(char, mark)| state.step(char).map(|char| (char, mark)))
}

enum State {
    Text,
    /// After ESC.
    Escape,
    /// Inside ESC and intermediate bytes: one final byte follows.
    Intermediate,
    /// Inside a control sequence.
    Csi,
    /// Inside a string.
    String,
    /// Inside a string, after ESC.
    StringEscape,
}

impl State {
    /// What is printed for this character, if anything.
    fn step(&mut self, char: char) -> Option<char> {
        // A line's end closes whatever was open: a peer cannot swallow the rest of the screen.
        if char == '\n' {
            *self = Self::Text;
            return Some('\n');
        }
        match self {
            Self::Text => match char {
                '\u{1b}' => *self = Self::Escape,
                '\u{9b}' => *self = Self::Csi,
                '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => *self = Self::String,
                '\t' => return Some('\t'),
                '\u{2028}' | '\u{2029}' => return Some(' '),
                _ if unprintable(char) => {}
                _ => return Some(char),
            },
            Self::Escape => {
                *self = match char {
                    '[' => Self::Csi,
                    'P' | 'X' | ']' | '^' | '_' => Self::String,
                    '\u{20}'..='\u{2f}' => Self::Intermediate,
                    '\u{1b}' => Self::Escape,
                    _ => Self::Text,
                };
            }
            Self::Intermediate => {
                if !('\u{20}'..='\u{2f}').contains(&char) {
                    *self = Self::Text;
                }
            }
            Self::Csi => {
                if !('\u{20}'..='\u{3f}').contains(&char) {
                    *self = if char == '\u{1b}' { Self::Escape } else { Self::Text };
                    // No final byte: this was not a sequence's part.
                    if !('\u{40}'..='\u{7e}').contains(&char) && !unprintable(char) {
                        return Some(char);
                    }
                }
            }
            Self::String => match char {
                '\u{7}' | '\u{9c}' => *self = Self::Text,
                '\u{1b}' => *self = Self::StringEscape,
                _ => {}
            },
            Self::StringEscape => {
                *self = if char == '\u{1b}' {
                    Self::StringEscape
                } else if char == '\\' {
                    Self::Text
                } else {
                    Self::String
                };
            }
        }
        None
    }
}

/// Control characters, characters that change the writing direction (Unicode's UAX 9), and invisible
/// ones that can hide a message: zero-width spaces, byte-order marks, tags. Joiners stay, scripts need them.
pub(crate) fn unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_is_left() {
        for (given, printed) in [
            ("a\u{1b}[31mred\u{1b}[0m b", "ared b"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{9b}2Jcleared", "cleared"),
            ("\u{1b}P1$r\u{1b}\\dcs", "dcs"),
            ("\u{1b}(Bcharset", "charset"),
            ("\u{1b}cfull reset", "full reset"),
            ("never ending \u{1b}]0;abc\nnext line", "never ending \nnext line"),
            ("over\rwrite\u{8}\u{7f}", "overwrite"),
            ("tab\tstop", "tab\tstop"),
            ("line\u{2028}end", "line end"),
            ("user\u{202e}txt.exe", "usertxt.exe"),
            ("a\u{2066}b\u{2069}c\u{200f}d\u{61c}e", "abcde"),
            ("hid\u{200b}den\u{e0041}", "hidden"),
            ("naïve 日本 👩\u{200d}💻", "naïve 日本 👩\u{200d}💻"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
        ] {
            assert_eq!(plain(given), printed, "{given:?}");
        }
    }

    #[test]
    fn whatever_comes_no_escape_goes_out() {
        let nasty =
            ['\u{1b}', '[', ']', '\u{9b}', '\u{9d}', '3', 'm', '\\', '\u{7}', '\n', '\r', 'é'];
        // All texts of five of these characters.
        for mut number in 0..nasty.len().pow(5) {
            let mut text = String::new();
            for _ in 0..5 {
                text.push(nasty[number % nasty.len()]);
                number /= nasty.len();
            }
            assert!(!plain(&text).chars().any(|c| unprintable(c) && c != '\n'), "{text:?}");
        }
    }

    #[test]
    fn marks_stay_with_their_characters() {
        let marked = [('\u{1b}', 0), ('[', 1), ('m', 2), ('a', 3), ('\u{7}', 4), ('b', 5)];
        assert_eq!(cells(marked.into_iter()).collect::<Vec<_>>(), [('a', 3), ('b', 5)]);
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line("  a\n\tb \r\n c"), "a b c");
    }
}
