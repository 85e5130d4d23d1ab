//! Paths that a result gives as its own: what a search found and where, what a listing holds, what was made.

use super::word::is_relative;
use super::{Doing, Mentions, is_rooted, parent, patch};

/// A path from the directory at hand that a line begins with is no longer than this.
const PATH_BYTES: usize = 256;

/// What tools say before the path of a file that they wrote, and behind it. Much else begins so.
const SAYS: [(&str, &str); 5] = [
    ("File created successfully at: ", ""),
    ("File created at: ", ""),
    ("The file ", " has been "),
    ("Saved to ", ""),
    ("Created ", ""),
];

/// Every path that begins a line and is followed by nothing, by a place in the file, or by its text.
pub(crate) fn of_output(text: &str, into: &mut Mentions) {
    let mut last = "";
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line =
            if line.ends_with(|end: char| end.is_ascii_graphic()) { line } else { line.trim_end() };
        let Some(first) = line.bytes().next() else { continue };
        // `<stdout>==> a.log <==`
        let line = if first == b'<' { untagged(line) } else { line };
        let Some(first) = line.bytes().next() else { continue };
        // `src/x.rs` above `12:text`: the heading of a search.
        // So does `src/x.rs` above a rule.
        let is_heading = |next: &&str| is_numbered(next) || next.starts_with("---");
        if lines.peek().is_some_and(is_heading) && is_relative(line) {
            into.guess(line, Doing::Read);
        }
        if matches!(first, b'<' | b'`' | b'#')
            && let Some(path) = packed(line)
        {
            one(path, into);
            continue;
        }
        let found = match first {
            b'/' | b'~' | b'.' | b'A'..=b'Z' | b'a'..=b'z' if is_rooted(line) => beginning(line),
            b'F' | b'P' | b'm' | b'g' | b'n' | b'>' if names(line, into) => continue,
            b'F' | b'T' | b'S' | b'C' => match said(line) {
                Some(path) if is_rooted(path) => Some((path, Doing::Wrote)),
                Some(path) => {
                    into.guess(path, Doing::Wrote);
                    None
                }
                None => None,
            },
            b'-' if names(line, into) => continue,
            b'+' | b'-' => patch::header(line).map(|path| (path, Doing::Read)),
            b'{' | b'[' | b'"' => {
                members(line, into);
                continue;
            }
            b'd' if line.starts_with("diff -") && !line.starts_with("diff --git") => {
                for path in line.split(' ').skip(1).filter(|word| !word.starts_with('-')) {
                    one(path, into);
                }
                continue;
            }
            b'd' if line.starts_with("diff --git a/") => {
                changed(line).map(|path| (path, Doing::Read))
            }
            b' ' | b'\t' if is_member(line) => {
                members(line, into);
                continue;
            }
            b' ' | b'\t' | b'=' | b'O' | b'B' | b'r' | b'c' if names(line, into) => continue,
            _ => match within(line) {
                Some((path, true)) => Some((path, Doing::Read)),
                // `file:text` of a search looks like many another line.
                Some((path, false)) if path != last => {
                    last = path;
                    into.guess(path, Doing::Read);
                    None
                }
                _ => None,
            },
        };
        // A listing of all names has the directory above in it, and says nothing of it.
        let found = found.filter(|(path, _)| !matches!(*path, "." | ".." | "./" | "../"));
        let Some((path, doing)) = found else { continue };
        // A search gives many lines of one file, and a listing many files of one directory.
        let of = match parent(path) {
            Some(at) if is_rooted(path) => &path[..at],
            _ => path,
        };
        if of != last {
            last = of;
            into.foreign(path, doing);
        }
    }
}

/// A line without the tag that a harness puts before what a command gave.
fn untagged(line: &str) -> &str {
    const TAGS: &[&str] = &["<stdout>", "<stderr>", "<output>", "<bash-stdout>", "<result>"];
    TAGS.iter().find_map(|tag| line.strip_prefix(tag)).unwrap_or(line)
}

/// The path of a file that a line says was written.
fn said(line: &str) -> Option<&str> {
    SAYS.iter().find_map(|(before, behind)| {
        let rest = line.strip_prefix(before)?;
        let path = if behind.is_empty() { rest } else { rest.split_once(behind)?.0 };
        let is_path = !path.contains(' ') && (is_rooted(path) || is_relative(path));
        is_path.then_some(path)
    })
}

/// The file of `diff --git a/… b/…`.
fn changed(line: &str) -> Option<&str> {
    let (_, path) = line.split_once(" b/")?;
    (!path.contains(' ')).then_some(path)
}

/// What stands before the path of a file whose text or fault follows, and what behind it.
const AROUND: &[(&str, &[&str])] = &[
    ("==> ", &[" <=="]),
    ("--> ", &[":"]),
    ("::: ", &[":"]),
    ("File \"", &["\""]),
    ("at ", &[":"]),
    ("rename from ", &[]),
    ("rename to ", &[]),
    ("copy from ", &[]),
    ("File: ", &[]),
    ("Found in ", &[":"]),
    ("FAIL ", &[]),
    ("PASS ", &[]),
    ("FAIL  ", &[]),
    ("PASS  ", &[]),
    ("make: Entering directory '", &["'"]),
    ("gmake: Entering directory '", &["'"]),
    ("ninja: Entering directory `", &["'"]),
];

/// The bytes that begin one of [`AROUND`]: few lines of a text that is shown do.
const BEGINS: [bool; 256] = {
    let mut begins = [false; 256];
    let mut at = 0;
    while at < AROUND.len() {
        begins[AROUND[at].0.as_bytes()[0] as usize] = true;
        at += 1;
    }
    begins
};

/// The file whose text follows in what packs many into one: `<file path="a">`, `## File: a`, `` `a`: ``.
fn packed(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(rest) = line.strip_prefix('<') {
        let (_, path) = rest.split_once("path=\"").or_else(|| rest.split_once("file=\""))?;
        return path.split('"').next();
    }
    if let Some(rest) = line.strip_prefix('`') {
        return rest.strip_suffix("`:").or_else(|| rest.strip_suffix('`'));
    }
    let rest = line.trim_start_matches('#');
    let title = rest.trim();
    let path =
        title.strip_prefix("File: ").or_else(|| title.strip_prefix("File:")).unwrap_or(title);
    (rest.len() < line.len()).then(|| path.trim().trim_matches('`'))
}

/// Whether a line is one of those by which tools say whose text follows; names what it says.
fn names(line: &str, into: &mut Mentions) -> bool {
    let line = line.trim_start();
    let Some(first) = line.bytes().next() else { return false };
    // `make[1]: Entering directory '/p'`; `> name@1.0.0 run /p`
    if memchr::memchr(b']', line.as_bytes()).is_some()
        && let Some((_, rest)) = line.split_once("]: Entering directory '")
    {
        one(rest.trim_end_matches('\''), into);
        return true;
    }
    if let Some(script) = line.strip_prefix("> ") {
        let place = script.rsplit(' ').next().filter(|_| script.contains('@'));
        place.filter(|place| is_rooted(place)).into_iter().for_each(|place| one(place, into));
        return true;
    }
    let around = if BEGINS[usize::from(first)] { AROUND } else { &[] };
    let found = around.iter().find_map(|(before, ends)| {
        let rest = line.strip_prefix(before)?;
        // `at f (/p/x.js:1:2)`
        let rest = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once('(')) {
            Some((_, inner)) if *before == "at " => inner,
            _ => rest,
        };
        let rest = rest.trim_start_matches("file://");
        let from = if super::is_drive(rest) { 2 } else { 0 };
        let end = ends.iter().find_map(|end| rest[from..].find(end)).map(|at| at + from);
        match (end, ends.is_empty()) {
            (None, false) => None,
            (end, _) => Some(&rest[..end.unwrap_or(rest.len())]),
        }
    });
    if let Some(path) = found {
        one(path, into);
        return true;
    }
    if let Some((directory, file)) =
        line.strip_prefix("Only in ").and_then(|rest| rest.split_once(": "))
    {
        one(&format!("{}/{file}", directory.trim_end_matches('/')), into);
        return true;
    }
    // `Binary file x matches`, `Binary files a/x and b/y differ`
    let binary = line.strip_prefix("Binary file ").or_else(|| line.strip_prefix("Binary files "));
    let Some(rest) = binary else { return false };
    let ends = [" matches", " differ", " (standard input) matches"];
    let Some(rest) = ends.iter().find_map(|end| rest.strip_suffix(end)) else { return false };
    for path in rest.split(" and ") {
        let side = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
        one(side.unwrap_or(path), into);
    }
    true
}

/// Whether a line begins with a number and a sign, as those below a heading do.
fn is_numbered(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && line[digits..].starts_with([':', '-'])
}

/// Members of objects whose values are paths of files.
const MEMBERS: &[&str] = &[
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "filePath",
    "file_path",
    "filepath",
    "uri",
    "location",
    "absolute_path",
    "absolutePath",
    "source",
    "text",
];

/// Whether a line is a member of an object that is printed over several.
fn is_member(line: &str) -> bool {
    line.trim_start().starts_with(['"', '{', '['])
}

/// A longer line is looked through up to here.
const MEMBERS_BYTES_MAX: usize = 64 * 1024;

/// The paths that members of an object have: `"path": "/p/x"`, `"path":{"text":"x"}`.
fn members(line: &str, into: &mut Mentions) {
    let mut end = line.len().min(MEMBERS_BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let line = &line[..end];
    let mut key = "";
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'"', rest.as_bytes()) {
        let inner = &rest[at + 1..];
        let Some(end) = memchr::memchr(b'"', inner.as_bytes()) else { return };
        let (text, behind) = (&inner[..end], &inner[end + 1..]);
        if let Some(value) = behind.trim_start().strip_prefix(':') {
            // `{"path":{"text":…`
            if !(key == "path" && text == "text") {
                key = text;
            }
            rest = value;
            continue;
        }
        if MEMBERS.contains(&key) && key != "text" {
            one(text, into);
        }
        rest = behind;
    }
}

/// A path that a result names: one from the directory at hand may be another's name for its own.
fn one(path: &str, into: &mut Mentions) {
    if is_rooted(path) {
        into.foreign(path, Doing::Read);
    } else if is_relative(path) && path.contains(['/', '.']) {
        into.guess(path, Doing::Read);
    }
}

/// `src/a.rs:12:text`, from the directory at hand, and whether it is one for sure: `.env:text` may be anything. The
/// colon tells at once what is none.
fn within(line: &str) -> Option<(&str, bool)> {
    let end = line.bytes().take(PATH_BYTES).position(|byte| byte == b':')?;
    let (path, rest) = (&line[..end], &line[end + 1..]);
    let mut is_path = false;
    for byte in path.bytes() {
        match byte {
            b' ' | b'\t' | b'"' | b'\'' | b'(' | b'<' => return None,
            b'.' | b'/' => is_path = true,
            _ => {}
        }
    }
    if !is_path {
        return None;
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_place = digits > 0 && rest[digits..].starts_with(':');
    let is_text = !rest.starts_with([' ', '/']) && is_relative(path);
    (is_place || is_text).then_some((path, is_place))
}

/// What is said behind a path of which nothing was read.
const FAILS: &[&str] = &[
    "No such file",
    "no such file",
    "Permission denied",
    "Is a directory",
    "Not a directory",
    "not found",
    "cannot ",
    "command not found",
];

/// `path:12:text`, `path-12-text`, or a path alone.
fn beginning(line: &str) -> Option<(&str, Doing)> {
    let after_drive = if super::is_drive(line) { 2 } else { 0 };
    let end = line[after_drive..].find(':').map(|at| at + after_drive);
    if let Some(end) = end {
        let rest = &line[end + 1..];
        let is_place = rest.starts_with(|c: char| c.is_ascii_digit());
        let path = &line[..end];
        if FAILS.iter().any(|fails| rest.trim_start().starts_with(fails)) {
            return None;
        }
        // `ls` says whose files follow.
        if rest.is_empty() {
            return (!path.contains(' ')).then_some((path, Doing::Named));
        }
        return (is_place || !path.contains(' ')).then_some((path, Doing::Read));
    }
    let is_path = line.len() > 1 && !line.contains([' ', '\t', '(', '<', '*', '?', '|', '"', '\'']);
    is_path.then_some((line, Doing::Named))
}

#[cfg(test)]
mod tests {
    use super::super::named::mentioned;
    use super::*;

    #[test]
    fn what_a_result_gives_as_its_own_is_named() {
        let named = |text: &str| {
            mentioned(|into| of_output(text, into))
                .into_iter()
                .map(|m| (m.path, m.doing))
                .collect::<Vec<_>>()
        };
        let one = |path: &str, doing| vec![(path.to_owned(), doing)];
        assert_eq!(named("/a/b/c.rs:12:fn main"), one("/a/b/c.rs", Doing::Read));
        assert_eq!(named("/a/b/c.csv:name,sum"), one("/a/b/c.csv", Doing::Read));
        assert_eq!(named("../b/c.rs:12:fn"), one("../b/c.rs", Doing::Read));
        assert_eq!(named("/a/b\n/a/c\n"), one("/a/b", Doing::Named));
        assert_eq!(named("/a/b:\nx\ny"), one("/a/b", Doing::Named));
        assert_eq!(named("File created successfully at: /a/b"), one("/a/b", Doing::Wrote));
        assert_eq!(named("The file /a/b has been updated."), one("/a/b", Doing::Wrote));
        // Sentences begin so, too.
        for line in [
            "Created autostash: 11a2220",
            "Created pull request #5",
            "Created tag v1",
            "Created 3 files",
            "Created shadow branch",
            "Saved to disk",
            "The file looks like this:",
            "The file includes:",
            "The file is up to date",
        ] {
            assert!(
                mentioned(|into| of_output(line, into)).iter().all(|mention| mention.guess),
                "{line}"
            );
        }
        assert_eq!(named("+++ /a/b.rs\t2026"), one("/a/b.rs", Doing::Read));
        assert_eq!(named("C:\\Users\\ana\\a.txt:3:x"), one("C:\\Users\\ana\\a.txt", Doing::Read));
        assert_eq!(named("src/a.rs:1:x\nsrc/a.rs:2:y"), one("src/a.rs", Doing::Read));
        assert_eq!(named("diff --git a/src/a.rs b/src/a.rs"), one("src/a.rs", Doing::Read));
        for (line, path) in [
            ("==> /a/b.rs <==", "/a/b.rs"),
            ("==> ../a/b.rs <==", "../a/b.rs"),
            ("  File \"/a/b.py\", line 3, in f", "/a/b.py"),
            ("   --> /a/b.rs:3:4", "/a/b.rs"),
            ("  --> ../a/b.rs:3:4", "../a/b.rs"),
            ("    at f (/a/b.js:3:4)", "/a/b.js"),
            ("    at file:///a/b.js:3:4", "/a/b.js"),
            ("Only in /a: b.rs", "/a/b.rs"),
            ("Only in ../a/: b.rs", "../a/b.rs"),
            ("Binary file /a/b matches", "/a/b"),
            ("rename from a/b.rs", "a/b.rs"),
            (".env:KEY=x", ".env"),
            ("keys/a.json:{", "keys/a.json"),
        ] {
            assert_eq!(named(line), one(path, Doing::Read), "{line}");
        }
        assert!(named("note.txt: yes\nhttp://h/p:x\nat last: /a\n  at 12:30").is_empty());
        assert!(named(".\n..\na.txt").is_empty());
        assert!(named("// a comment\n/* another */\nerror: x\n12:30:00 x\n  /indented").is_empty());
    }
}
