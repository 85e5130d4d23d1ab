//! The names of files in a text, by its shape alone: for directories with a `.camilleignore`, whose owner said what is to
//! stay out whatever showed it. It finds too much rather than too little; what is no file that is ignored says nothing.

use std::borrow::Cow;

/// Names that one text is asked for.
const NAMES_MAX: usize = 4096;
/// The longest name.
const NAME_BYTES_MAX: usize = 512;
/// Parts of a line between colons that may be its file: `HEAD:.env:3:…`.
const PARTS: usize = 3;
/// Tools that write a text, or hand it to somebody: what it speaks of is not read.
const WRITERS: &[&str] = &[
    "edit",
    "multiedit",
    "write",
    "notebookedit",
    "apply_patch",
    "str_replace",
    "todowrite",
    "update_plan",
    "websearch",
    "webfetch",
    "task",
    "taskcreate",
    "taskupdate",
    "agent",
    "askuserquestion",
    "exitplanmode",
];
/// What comes before a text that a command passes on or says.
const SAYS: &[&str] =
    &["-m ", "-am ", "--message ", "--message=", "--body ", "--title ", "echo ", "printf "];
/// Words before the name of the file that follows.
const HEADS: &[&str] = &[
    "File:",
    "file:",
    "Path:",
    "path:",
    "Index:",
    "Location:",
    "+++",
    "---",
    "==>",
    "diff",
    "#",
    "##",
    "###",
    "//",
    "Δ",
];
/// Commands that name things, list, make or remove them, and show nothing of what these hold.
const NAMERS: &[&str] = &[
    "ls", "rm", "test", "[", "[[", "touch", "chmod", "chown", "mkdir", "rmdir", "stat", "trash",
    "realpath", "du",
];
/// Those of git.
const GIT_NAMERS: &[&str] = &["rm", "check-ignore", "status", "add", "update-index", "ls-files"];
/// Commands whose last word is what they make.
const COPIERS: &[&str] = &["cp", "mv", "install", "ln"];
/// What lets a name that one command says be read by another.
const FEEDS: &[&str] = &["xargs", "parallel", "$(", "`", "while ", "for ", "<(", "-exec"];
/// What versions of a file stand under in a difference.
const SIDES: &[&str] = &["a/", "b/", "i/", "w/", "c/", "o/", "1/", "2/"];

/// Names that what a tool was called with may hold: words, texts in quotes, and such texts one behind the other.
pub(super) fn called(tool: Option<&str>, text: &str) -> impl Iterator<Item = Cow<'static, str>> {
    let is_writer =
        tool.is_some_and(|tool| WRITERS.iter().any(|writer| tool.eq_ignore_ascii_case(writer)));
    let text = if is_writer { String::new() } else { unsaid(text).replace('\\', "/") };
    let text = if feeds(&text) { text } else { without_namers(&text) };
    let mut names: Vec<String> = Vec::new();
    let is_between = |c: char| c.is_whitespace() || "\"'`()[]{}<>|;&,=@:?#".contains(c);
    names.extend(text.split(is_between).map(str::to_owned));
    names.extend(modules(&text));
    for quote in ['"', '\'', '`'] {
        let quoted: Vec<&str> = text.split(quote).skip(1).step_by(2).collect();
        names.extend(quoted.iter().map(|name| (*name).to_owned()));
        names.extend(quoted.iter().filter_map(|name| Some(name.split_once(':')?.1.to_owned())));
        names.extend(quoted.windows(2).map(|pair| format!("{}/{}", pair[0], pair[1])));
        names.extend(quoted.windows(2).map(|pair| format!("{}{}", pair[0], pair[1])));
    }
    bounded(names.into_iter().map(Cow::Owned))
}

/// The files that code means by the names of its modules: `require('./config/keys')`, `from config.keys import x`.
fn modules(text: &str) -> Vec<String> {
    const ENDS: &[&str] =
        &["", ".json", ".js", ".cjs", ".mjs", ".ts", ".py", ".rb", ".yml", ".yaml"];
    let mut modules: Vec<String> = Vec::new();
    for asks in ["require(", "import(", "from ", "import ", "require_relative ", "load("] {
        for (at, _) in text.match_indices(asks) {
            let rest = text[at + asks.len()..].trim_start_matches(['"', '\'', '\\']);
            let end = rest.find(|c: char| c.is_whitespace() || "\"'\\);,".contains(c));
            let name = &rest[..end.unwrap_or(rest.len())];
            if name.is_empty() || name.len() > NAME_BYTES_MAX {
                continue;
            }
            // Python divides by dots.
            let is_dotted = !name.contains('/') && !name.starts_with('.') && asks.ends_with(' ');
            let path = if is_dotted { name.replace('.', "/") } else { name.to_owned() };
            let inner = rest[name.len()..].strip_prefix(" import ").unwrap_or_default();
            let inner = inner.split(|c: char| !c.is_alphanumeric() && c != '_').next();
            let inner =
                inner.filter(|inner| !inner.is_empty()).map(|inner| format!("{path}/{inner}"));
            for module in inner.into_iter().chain([path]) {
                modules.extend(ENDS.iter().map(|end| format!("{module}{end}")));
            }
        }
    }
    modules
}

/// Names of files of which what a tool gave back shows something. A list of names shows nothing of them.
pub(super) fn shown(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let text: Cow<'_, str> =
        if text.contains('\u{1b}') { console_codes(text).into() } else { text.into() };
    let mut names: Vec<String> = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let is_data = text.trim_start().starts_with(['{', '[']);
    for (at, line) in lines.iter().enumerate() {
        if is_data || line.trim_start().starts_with(['{', '[', '<']) {
            names.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        }
        names.extend(before_content(line).map(str::to_owned));
        // Rules between are no content.
        let follows = lines[at + 1..].iter().find(|next| next.contains(char::is_alphanumeric));
        if follows.is_some_and(|next| is_content(next)) {
            names.extend(heading(line).map(str::to_owned));
        }
    }
    bounded(names.into_iter().map(Cow::Owned))
}

/// A call without the texts that its commands pass on or say.
fn unsaid(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let found = SAYS.iter().filter_map(|says| Some((rest.find(says)?, says.len()))).min();
        let Some((at, length)) = found else { break };
        let (before, behind) = rest.split_at(at + length);
        kept.push_str(before);
        rest = match behind.chars().next() {
            Some(quote @ ('"' | '\'')) => match behind[1..].split_once(quote) {
                Some((_, behind)) => behind,
                None => behind,
            },
            _ => behind,
        };
    }
    kept + rest
}

fn feeds(text: &str) -> bool {
    FEEDS.iter().any(|word| text.contains(word))
}

/// Whether commands write nothing of their own words, and none reads what another one names.
pub(super) fn only_names(text: &str) -> bool {
    let quiet = ["2>&1", "2>/dev/null", "2> /dev/null", "&>/dev/null", ">/dev/null", "> /dev/null"];
    let text = quiet.iter().fold(text.to_owned(), |text, sign| text.replace(sign, ""));
    !feeds(&text) && !["\n+", ">", "tee ", "patch"].iter().any(|sign| text.contains(sign))
}

/// A script without the commands that only name things, without what others make, and without what is said of it.
fn without_namers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        for command in line.split(['&', ';', '|']) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let is_given =
                |word: &&str| *word == "sudo" || (word.contains('=') && !word.contains('/'));
            let start = words.iter().take_while(|word| is_given(word)).count();
            let words = &words[start..];
            let name = words.first().copied().unwrap_or_default();
            let second = words.get(1).copied().unwrap_or_default();
            if NAMERS.contains(&name) || (name == "git" && GIT_NAMERS.contains(&second)) {
                continue;
            }
            let made = usize::from(COPIERS.contains(&name) && words.len() > 2);
            if made > 0 {
                kept.push_str(&words[..words.len() - made].join(" "));
            } else if matches!(name, "curl" | "http" | "wget") {
                let files: Vec<&str> =
                    words.iter().copied().filter(|word| !is_address(word)).collect();
                kept.push_str(&files.join(" "));
            } else {
                kept.push_str(command);
            }
            kept.push(' ');
        }
        kept.push('\n');
    }
    kept
}

/// `localhost:3000/secrets/`, `https://h/.env`; not `file:///p/.env`, `@.env`.
fn is_address(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let host = word.split('/').next().unwrap_or_default();
    !word.starts_with("file:")
        && (word.contains("://")
            || host.starts_with("localhost")
            || host
                .rsplit_once(':')
                .is_some_and(|(_, port)| port.bytes().all(|c| c.is_ascii_digit())))
}

fn bounded<'t>(names: impl Iterator<Item = Cow<'t, str>>) -> impl Iterator<Item = Cow<'t, str>> {
    let is_name = |name: &Cow<'_, str>| {
        let name = name.trim();
        !name.is_empty() && name.len() <= NAME_BYTES_MAX && name != "." && name != "/"
    };
    names.filter(is_name).take(NAMES_MAX)
}

/// `src/a.rs:3:…`, `HEAD:src/a.rs:…`, a name and what is in it apart by a zero byte.
fn before_content(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    let mut parts = std::iter::from_fn(move || {
        let text = rest?;
        let end = text.find([':', '\0'])?;
        rest = text.get(end + 1..);
        rest.is_some_and(|rest| !rest.trim().is_empty()).then(|| &text[..end])
    });
    let parts: Vec<&str> = parts.by_ref().take(PARTS).collect();
    parts.into_iter().chain(beside_match(line)).flat_map(|part| {
        // `[error] src/a.rs: …`, `Location: src/a.rs:3`
        // `<output>src/a.rs:3:…`
        let is_between = |c: char| c.is_whitespace() || c == '>';
        let word = part.rsplit(is_between).next().filter(|word| word.len() < part.len());
        [Some(part.trim()), word].into_iter().flatten()
    })
}

/// `src/a.rs-3-…`, a line beside one that matches.
fn beside_match(line: &str) -> Option<&str> {
    line.match_indices('-').find_map(|(at, _)| {
        let behind = line[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number = behind.len() < line.len() - at - 1 && behind.starts_with('-');
        (is_number && at > 0).then(|| &line[..at])
    })
}

/// What stands alone on its line, or behind a word or a mark or two: `==> a <==`, `File: a`, `diff --git a/x b/x`.
fn heading(line: &str) -> impl Iterator<Item = &str> {
    // `Modified regular file src/a.rs:`
    let is_above = line.trim_end().ends_with(':');
    let line = line.trim_matches(|c: char| c.is_whitespace() || "─│┬┼=<>:`*".contains(c));
    let line = line.split('\t').next().unwrap_or_default().trim_end();
    let behind = |count: usize| {
        let mut rest = line;
        for _ in 0..count {
            rest = rest.split_once(char::is_whitespace)?.1.trim_start();
        }
        Some(rest.trim_matches('"'))
    };
    let first = line.split(char::is_whitespace).next().unwrap_or_default();
    let has_head = HEADS.contains(&first) || is_above;
    let last = line.rsplit(char::is_whitespace).next().map(|word| word.trim_matches('"'));
    let side = |name: &'_ str| SIDES.iter().any(|side| name.starts_with(side));
    let headed = [behind(1), behind(2), last].into_iter().filter(move |_| has_head);
    let names = std::iter::once(behind(0)).chain(headed).flatten();
    names.flat_map(move |name| {
        let of_side = side(name).then(|| &name[2..]);
        // `a/my notes/x b/my notes/x`
        let half = name.find(" b/").map(|at| &name[at + 3..]);
        [Some(name), of_side, half].into_iter().flatten()
    })
}

/// Whether a line is more than a name in a list.
fn is_content(line: &str) -> bool {
    line.trim().contains(|c: char| c.is_whitespace() || ":=(){}\"'│+@`".contains(c))
}

/// The text without what colours it.
fn console_codes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let end = behind.find(|c: char| c.is_ascii_alphabetic()).map_or(behind.len(), |at| at + 1);
        rest = behind.get(end..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::{called, only_names, shown};

    #[test]
    fn whatever_shows_something_of_a_file_names_it() {
        for text in [
            "my keys/a.txt:KEY=x",
            "my keys/a.txt:3:KEY=x",
            "HEAD:my keys/a.txt:KEY=x",
            "0a1b2c3d:my keys/a.txt:3:KEY=x",
            "my keys/a.txt\u{0}KEY=x",
            "my keys/a.txt\n3:KEY=x",
            "my keys/a.txt\nKEY=x",
            "==> my keys/a.txt <==\nKEY=x",
            "       │ File: my keys/a.txt\n───────┼──\n   1   │ KEY=x",
            "diff --git a/my keys/a.txt b/my keys/a.txt\nindex 1..2\n+KEY=x",
            "diff --cc my keys/a.txt\nindex 1,2..3\n++KEY=x",
            "\u{1b}[1m--- i/my keys/a.txt\u{1b}[m\n\u{1b}[32m+KEY=x\u{1b}[m",
            r#"[{"path": "my keys/a.txt", "content": "KEY=x"}]"#,
            r#"{"my keys/a.txt": ["1:KEY=x"]}"#,
            "Finding: KEY=x\nFile:        my keys/a.txt\nLine: 3",
            "<file path=\"my keys/a.txt\">\nKEY=x\n</file>",
            "## my keys/a.txt\n\nKEY=x",
            "## File: my keys/a.txt\n````yaml\nKEY=x\n````",
            "`my keys/a.txt`:\n\n```yaml\nKEY=x\n```",
            "my keys/a.txt\n---\nKEY=x\n---",
            "my keys/a.txt-3-KEY=x",
        ] {
            assert!(shown(text).any(|name| name == "my keys/a.txt"), "{text:?}");
        }
        for text in [
            "[error] a/.env: SyntaxError",
            "Location:    a/.env:3\nSecret: x",
            "<output>a/.env:1:KEY=x</output>",
        ] {
            assert!(shown(text).any(|name| name == "a/.env"), "{text:?}");
        }
    }

    #[test]
    fn a_list_of_names_shows_nothing_of_them() {
        for text in [".env\nMakefile\nsrc/main.rs", ".env", "Makefile\n.env\n", "include .env\nall"]
        {
            assert!(shown(text).all(|name| name != ".env"), "{text:?}");
        }
    }

    #[test]
    fn a_call_names_its_files_however_they_are_written() {
        for (text, name) in [
            ("cat 'my keys/a.txt'", "my keys/a.txt"),
            ("git show 'HEAD:my keys/a.txt'", "my keys/a.txt"),
            ("bash <<< 'cat .env'", ".env"),
            ("xargs -a .env echo", ".env"),
            ("open(os.path.join('config', 'keys.json'))", "config/keys.json"),
            ("Path(\"config\") / \"keys.json\"", "config/keys.json"),
            (r"gc .\config\keys.json", "./config/keys.json"),
            (r#"{"args": ["my keys/a.txt"]}"#, "my keys/a.txt"),
            ("mytool file://config/keys.json", "//config/keys.json"),
        ] {
            assert!(called(Some("Bash"), text).any(|found| found == name), "{text}");
        }
    }

    #[test]
    fn what_is_only_named_listed_or_made_is_not_read() {
        for text in [
            "ls -la .env",
            "test -f .env && echo yes",
            "[ -f .env ] || cp .env.example .env",
            "git check-ignore .env; git status --short .env",
            "rm -f .env && git rm --cached .env",
            "sudo chmod 600 .env",
            "npm run dev\n# Starts it with .env",
            "curl -s localhost:3000/.env https://h.example/.env",
        ] {
            assert!(called(Some("Bash"), text).all(|name| name != ".env"), "{text}");
            assert!(only_names(text), "{text}");
        }
        for text in [
            "ls .env | xargs cat",
            "cat $(ls .env)",
            "cp .env /tmp/x",
            "test -f .env && cat .env",
            "curl -d @.env localhost:3000/x",
            "rm a; source .env",
        ] {
            assert!(called(Some("Bash"), text).any(|name| name == ".env"), "{text}");
        }
        assert!(!only_names("echo KEY=x > .env") && !only_names("tee .env <<E\nKEY=x\nE"));
    }

    #[test]
    fn what_is_only_spoken_of_is_not_read() {
        for (tool, text) in [
            ("Edit", "README.md: copy .env first"),
            ("TodoWrite", "ignore .env"),
            ("Bash", "git commit -m 'keep .env out'"),
            ("Bash", "echo \"see .env\" >> README.md"),
        ] {
            assert!(called(Some(tool), text).all(|name| name != ".env"), "{text}");
        }
        for text in [
            "\tmodified:   .env\n\tmodified:   src/a.rs",
            "-rw-r--r-- 1 ana ana 12 Nov 30 10:00 .env\n-rw-r--r-- 1 ana ana 12 Nov 30 10:00 a",
            " M .env\n?? b.txt",
        ] {
            assert!(shown(text).all(|name| name != ".env"), "{text}");
        }
    }
}
