//! Makes a title of a text: one line, not longer than a list can show.

/// The longest title, in characters.
const CHARS_MAX: usize = 80;

/// The beginning of the text on one line, cut between words; `None` if it has none.
pub(super) fn title(text: &str) -> Option<String> {
    let mut title = String::new();
    let mut chars = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let space = usize::from(!title.is_empty());
        if chars + space + length > CHARS_MAX {
            if title.is_empty() {
                title.extend(word.chars().take(CHARS_MAX - 1));
            }
            title.push('…');
            break;
        }
        if space == 1 {
            title.push(' ');
        }
        title.push_str(word);
        chars += space + length;
    }
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title(" fix\n the  build ").as_deref(), Some("fix the build"));
        assert_eq!(title(" \n"), None);
        let long = title(&"word ".repeat(40)).expect("a title");
        assert!(long.chars().count() <= CHARS_MAX + 1 && long.ends_with("word…"), "{long}");
        assert_eq!(title(&"é".repeat(200)).expect("a title").chars().count(), CHARS_MAX);
    }
}
