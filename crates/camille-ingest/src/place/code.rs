//! Paths in what is no shell command: code of other languages, and commands that cannot be parsed. Only what can
//! be nothing but a path counts; what a route of a web server looks like, the disk tells.

use super::word::{Word, is_relative};
use super::{Doing, Mention, Mentions, Reach, is_rooted, said};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::LazyLock;

/// Every path that stands in quotes, or begins a word.
pub(super) fn scan(text: &str, doing: Doing, into: &mut Mentions) {
    words(text, |word| segments(word, |path| into.path(path, doing)));
}

/// Signs that code asks for the person's home.
const HOMES: &[&str] = &[
    "HOME",
    "homedir",
    "home()",
    "expanduser",
    "Dir.home",
    "USERPROFILE",
    "UserHomeDir",
    "home_dir",
    "user.home",
];

/// The longest text in quotes that is taken for a path.
const QUOTED_BYTES_MAX: usize = 256;

/// Every path in code that runs in a directory, and what in quotes may be one: from that directory, or from the home
/// where the code asks for it.
pub(super) fn read(code: &str, doing: Doing, directory: &Word, into: &mut Mentions) {
    let mut found = |path: &str, is_sure: bool| {
        let path = Word::known(path).within(directory);
        match is_sure {
            _ if path.open.is_some() => {}
            // It may be a route, or another machine's.
            true if path.text.starts_with('/') => into.foreign(&path.text, doing),
            true => into.path(&path.text, doing),
            false => into.guess(&path.text, doing),
        }
    };
    words(code, |word| {
        segments(word, |path| {
            if !said::is_only_said(code, word) && !said::is_substitution(path) {
                found(path, true);
            }
        });
    });
    let [from_home, from_above, walks] = signs(code);
    if walks && from_home && goes_through_home(code) {
        found("~", true);
    }
    let mut all = Vec::new();
    quoted(code, |text| {
        let may_lead = from_above || from_home || text.contains(['/', '.']);
        if may_lead && said::is_only_said(code, text) {
            return;
        }
        if from_above && is_relative(text.trim_start_matches('/')) {
            found(&format!("../{}", text.trim_start_matches('/')), false);
        }
        if walks {
            all.push(text);
        }
        // `${home}/diary/may.md`
        let text = text.rsplit_once('}').map_or(text, |(_, text)| text);
        if from_home {
            let below = text.trim_start_matches('/');
            // `join(home, '.config', 'api')`
            if CONTAINERS.contains(&below.trim_end_matches('/')) && !walks {
                if let Some(next) = next_quoted(code, text) {
                    found(&format!("~/{}/{next}", below.trim_end_matches('/')), false);
                }
            } else if is_relative(below) {
                found(&format!("~/{below}"), text.starts_with('/'));
            }
        }
        if text.contains(['/', '.']) && is_relative(text) {
            found(text, false);
        }
    });
    for text in all {
        let is_deep = text.contains("**") || code.contains("rglob(");
        through(text, (from_home, from_above, is_deep), directory, into);
    }
}

/// What code that goes through directories reads by a text in quotes: all below it, or what it matches.
fn through(
    text: &str,
    (from_home, from_above, is_deep): (bool, bool, bool),
    directory: &Word,
    into: &mut Mentions,
) {
    if text.len() > QUOTED_BYTES_MAX || text.contains(char::is_whitespace) {
        return;
    }
    let Some(star) = text.find(['*', '?']) else {
        if text == "~" {
            into.path("~", Doing::Read);
        } else if matches!(text, "." | "./") || (is_relative(text) && !text.contains('.')) {
            let path = Word::known(text).within(directory);
            if path.open.is_none() {
                let reach = Reach::Below { links: false, all: true };
                into.add(Mention { guess: true, reach, ..Mention::new(&path.text, Doing::Read) });
                let reach = Reach::Matching { pattern: "**".to_owned(), links: false };
                into.add(Mention { guess: true, reach, ..Mention::new(&path.text, Doing::Read) });
            }
        }
        return;
    };
    let at = text[..star].rfind('/').map_or(0, |at| at + 1);
    let (base, pattern) = text.split_at(at);
    let above = [(from_home, "~/"), (from_above, "../"), (true, "")];
    for (_, before) in above.into_iter().filter(|(is, _)| *is) {
        let base = format!("{before}{}", base.trim_start_matches("~/"));
        let base = match base.trim_end_matches('/') {
            "" if at == 0 => ".",
            "" => "/",
            base => base,
        };
        let path = Word::known(base).within(directory);
        if is_deep && path.open.is_none() {
            let reach = Reach::Below { links: false, all: true };
            into.add(Mention { guess: true, reach, ..Mention::new(&path.text, Doing::Read) });
        }
        // A name alone is looked for in every directory, as `rglob` does.
        for pattern in [pattern.to_owned(), format!("**/{pattern}")] {
            if path.open.is_none() {
                let reach = Reach::Matching { pattern, links: false };
                into.add(Mention { guess: true, reach, ..Mention::new(&path.text, Doing::Read) });
            }
        }
    }
}

/// Signs that code goes to the directory above.
const ABOVE: &[&str] =
    &[".parent", "dirname(", "pardir", "'..'", "\"..\"", "Dir.pwd", "filepath.Dir(", ".parents["];

/// Signs that code goes through directories.
const WALKS: &[&str] = &[
    "glob(",
    "walk(",
    "readdir",
    "listdir(",
    "scandir(",
    "iterdir(",
    "globSync(",
    "Dir.glob",
    "Dir[",
    "Dir.children",
    "Dir.entries",
    "filepath.Walk",
    "WalkDir",
    "File::Find",
    "opendir",
    "readDir",
    "glob.iglob",
];

/// Whether code has any of [`HOMES`], of [`ABOVE`] and of [`WALKS`]: all code is looked at, once.
fn signs(code: &str) -> [bool; 3] {
    static SIGNS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let mut builder = AhoCorasick::builder();
        // Made for each process, and a short one needs little of it.
        builder.kind(Some(AhoCorasickKind::ContiguousNFA));
        builder.build(HOMES.iter().chain(ABOVE).chain(WALKS)).ok()
    });
    let mut has = [false; 3];
    let Some(searcher) = &*SIGNS else { return [true; 3] };
    for found in searcher.find_overlapping_iter(code) {
        let sign = found.pattern().as_usize();
        let group =
            usize::from(sign >= HOMES.len()) + usize::from(sign >= HOMES.len() + ABOVE.len());
        has[group] = true;
        if has == [true; 3] {
            break;
        }
    }
    has
}

/// Whether what it goes through is the home itself: both signs stand together with no text between.
fn goes_through_home(code: &str) -> bool {
    HOMES.iter().any(|home| {
        code.match_indices(home).any(|(at, _)| {
            let mut from = at.saturating_sub(HOME_WINDOW);
            while !code.is_char_boundary(from) {
                from += 1;
            }
            let before = &code[from..at];
            let after = &code[at + home.len()..];
            let after = after.trim_start_matches(['(', ')', '"', '\'', '~', ']']);
            let is_in = WALKS.iter().any(|walk| {
                before
                    .rfind(walk)
                    .is_some_and(|walk| !before[walk..].contains([';', '\n', '"', '\'']))
            });
            let is_before = [".rglob", ".glob", ".iterdir", ".walk"];
            let goes_on = after.trim_start().starts_with([',', '+', '/', '.']);
            (is_in && !goes_on) || is_before.iter().any(|walk| after.starts_with(walk))
        })
    })
}

/// How far before the home what goes through it stands.
const HOME_WINDOW: usize = 40;

/// Directories of a home in which every program has one of its own: who names one names none of these.
const CONTAINERS: &[&str] = &[
    ".config",
    ".local",
    ".local/share",
    ".local/state",
    ".cache",
    "Library",
    "Library/Application Support",
    "Library/Preferences",
    "AppData",
    "AppData/Local",
    "AppData/Roaming",
];

/// How far behind a part of a path the next one begins.
const NEXT_BYTES_MAX: usize = 16;

/// The text in quotes that goes on with a path: `'a', 'b'`, `'a' / 'b'`, `'a').join('b')`.
fn next_quoted<'c>(code: &'c str, text: &str) -> Option<&'c str> {
    let from = (text.as_ptr() as usize).checked_sub(code.as_ptr() as usize)? + text.len() + 1;
    let rest = code.get(from..)?;
    let at = rest.find(['"', '\'', '`']).filter(|at| *at <= NEXT_BYTES_MAX)?;
    let quote = rest[at..].chars().next()?;
    let inner = &rest[at + 1..];
    let next = &inner[..inner.find(quote)?];
    (!next.is_empty() && next.len() < QUOTED_BYTES_MAX && is_relative(next)).then_some(next)
}

/// Every text in quotes that stands on one line and is no longer than a path, also those within others.
pub(super) fn quoted<'c>(code: &'c str, mut found: impl FnMut(&'c str)) {
    let bytes = code.as_bytes();
    for at in memchr::memchr3_iter(b'"', b'\'', b'`', bytes) {
        let from = at + 1;
        let window = &bytes[from..bytes.len().min(from + QUOTED_BYTES_MAX)];
        let end = memchr::memchr2(bytes[at], b'\n', window);
        let Some(end) = end.filter(|end| *end > 0 && window[*end] == bytes[at]) else { continue };
        // Both ends stand at a quote: these are borders of characters.
        let text = code[from..from + end].trim_end_matches('\\');
        if !text.is_empty() {
            found(text);
        }
    }
}

/// What a byte is to a word of code.
mod class {
    /// It ends a word.
    pub(super) const END: u8 = 1;
    /// No path is without one of these, or two dots.
    pub(super) const SIGN: u8 = 2;
    pub(super) const DOT: u8 = 4;
    /// A part of a letter beyond ASCII, which may be a space.
    pub(super) const WIDE: u8 = 8;

    pub(super) const OF: [u8; 256] = {
        let mut of = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            of[byte] = match byte as u8 {
                b'\t'..=b'\r' | b' ' => END,
                b'"' | b'\'' | b'`' | b'<' | b'>' | b'|' | b';' | b'(' | b')' | b',' | b'{'
                | b'}' => END,
                b'/' | b'\\' | b'~' => SIGN,
                b'.' => DOT,
                0x80.. => WIDE,
                _ => 0,
            };
            byte += 1;
        }
        of
    };
}

/// The words of code that may hold a path. Much code is looked at and few words do, so it goes by bytes.
fn words<'c>(code: &'c str, mut found: impl FnMut(&'c str)) {
    let (mut from, mut seen) = (0, 0);
    for (at, byte) in code.bytes().chain([b' ']).enumerate() {
        let class = class::OF[usize::from(byte)];
        if class != class::END {
            seen |= class;
            continue;
        }
        let word = &code[from..at];
        if seen & class::SIGN != 0 || (seen & class::DOT != 0 && word.contains("..")) {
            if seen & class::WIDE == 0 {
                found(word);
            } else {
                word.split(char::is_whitespace).for_each(&mut found);
            }
        }
        (from, seen) = (at + 1, 0);
    }
}

/// The paths within a word: behind `=`, `:` and `@` as well, as in `--prefix=/srv`, `/srv:/data`, `@/srv/body`.
pub(super) fn segments(word: &str, mut found: impl FnMut(&str)) {
    if super::url::is_file(word) || super::is_drive(word) {
        return found(word);
    }
    // The path of an address is no path here.
    if word.contains("://") {
        return;
    }
    for segment in word.split(['=', ':', '@']) {
        // `volumes: [../a:/b]`
        let segment = segment.trim_start_matches('[');
        let is_list = !segment.contains('[');
        let segment = if is_list { segment.trim_end_matches(']') } else { segment };
        if (is_rooted(segment) || segment.contains("../")) && segment.len() > 1 {
            found(segment);
        }
    }
}

/// A text in quotes, and what it is called by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// The member that it is the value of: `cmd` of `{"cmd": "ls"}` or `{cmd: 'ls'}`. Empty: none is named.
    pub(super) key: String,
    /// With its escapes undone.
    pub(super) text: String,
}

/// All texts in quotes, as most languages write them.
pub(super) fn literals(code: &str) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    let mut key = String::new();
    let mut word = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' | '`' => {
                let text = literal(&mut chars, c);
                word.clone_from(&text);
                literals.push(Literal { key: std::mem::take(&mut key), text });
            }
            // What stood before it, in quotes or not, is a name.
            ':' | '=' => key = std::mem::take(&mut word),
            c if c.is_whitespace() => {}
            c if c.is_alphanumeric() || c == '_' => word.push(c),
            // A list has the name of its first.
            '[' | '(' => {}
            _ => {
                word.clear();
                key.clear();
            }
        }
    }
    literals
}

/// A text up to its closing quote.
fn literal(chars: &mut std::str::Chars<'_>, quote: char) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => break,
            '\\' => match chars.next() {
                Some('n' | 'r') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('u') => {
                    let digits: String = chars.as_str().chars().take(4).collect();
                    if let Some(c) = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
                    {
                        text.push(c);
                        chars.by_ref().take(4).for_each(drop);
                    }
                }
                Some(other) => text.push(other),
                None => break,
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::named::paths;
    use super::*;

    fn scanned(text: &str) -> Vec<String> {
        paths(|into| scan(text, Doing::Read, into))
    }

    #[test]
    fn what_code_says_in_quotes_is_read_with_its_name() {
        let read: Vec<(String, String)> = literals(
            r#"f({"cmd": "a \"b\"\n\u0041", workdir: '/p', n: 1, x: ["y", z]}, `q`, "open"#,
        )
        .into_iter()
        .map(|literal| (literal.key, literal.text))
        .collect();
        let expected = [
            ("", "cmd"),
            ("cmd", "a \"b\"\nA"),
            ("workdir", "/p"),
            ("x", "y"),
            ("", "q"),
            ("", "open"),
        ];
        let expected = expected.map(|(key, text)| (key.to_owned(), text.to_owned()));
        assert_eq!(read, expected);
    }

    #[test]
    fn words_that_may_hold_a_path_are_those_between_what_ends_one() {
        fn is_end(c: char) -> bool {
            c.is_whitespace() || "\"'`<>|;(),{}".contains(c)
        }
        proptest::proptest!(|(code in "[a-z/.~\\\\\"'`<|;(,} \t\n\u{b}é\u{a0}\u{3000}]{0,40}")| {
            let is_one = |word: &&str| word.contains(['/', '\\', '~']) || word.contains("..");
            let slowly: Vec<&str> = code.split(is_end).filter(is_one).collect();
            let mut quickly = Vec::new();
            words(&code, |word| quickly.push(word));
            quickly.retain(is_one);
            proptest::prop_assert_eq!(quickly, slowly);
        });
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
