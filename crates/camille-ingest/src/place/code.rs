//! Paths in what is no shell command: code of other languages, and commands that cannot be parsed. Only what can
//! be nothing but a path counts; what a route of a web server looks like, the disk tells.

use super::{Doing, Mentions, is_rooted};

/// Every path that stands in quotes, or begins a word.
pub(super) fn scan(text: &str, doing: Doing, into: &mut Mentions) {
    let is_end = |c: char| {
        c.is_whitespace()
            || matches!(c, '"' | '\'' | '`' | '<' | '>' | '|' | ';' | '(' | ')' | ',' | '{' | '}')
    };
    for word in text.split(is_end) {
        segments(word, |path| into.path(path, doing));
    }
}

/// The paths within a word: behind `=`, `:` and `@` as well, as in `--prefix=/srv`, `/srv:/data`, `@/srv/body`.
pub(super) fn segments(word: &str, mut found: impl FnMut(&str)) {
    if is_rooted(word) && (word.starts_with("file:///") || super::is_drive(word)) {
        return found(word);
    }
    // The path of an address is no path here.
    if word.contains("://") {
        return;
    }
    for segment in word.split(['=', ':', '@']) {
        if is_rooted(segment) && segment.len() > 1 {
            found(segment);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str) -> Vec<String> {
        let mut into = Mentions::default();
        scan(text, Doing::Read, &mut into);
        into.into_list().into_iter().map(|mention| mention.path).collect()
    }

    #[test]
    fn paths_in_code_are_found_and_addresses_are_not() {
        assert_eq!(scanned("open('/home/ana/x').read()"), ["/home/ana/x"]);
        assert_eq!(scanned("expanduser(\"~/diary/a.md\")"), ["~/diary/a.md"]);
        assert_eq!(scanned("a ../b --at=/c d:/e -v /f:/g"), ["../b", "/c", "d:/e", "/f", "/g"]);
        assert!(scanned("fetch('https://example.com/home/ana')").is_empty());
        assert!(scanned("a / b ~50 x/y n//m").is_empty());
    }
}
