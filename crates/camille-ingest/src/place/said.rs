//! What only speaks of places: texts that code compares, looks for or asserts something of, comments, lists of what a
//! tool leaves out, and tools that say something and do nothing. Nothing is read by any of them.

use std::borrow::Cow;

/// Tools that ask, plan, remember or answer.
const SAYERS: &[&str] = &[
    "AskUserQuestion",
    "ask_user",
    "request_user_input",
    "EnterPlanMode",
    "ExitPlanMode",
    "exit_plan_mode",
    "update_plan",
    "TodoWrite",
    "TodoRead",
    "TaskCreate",
    "TaskUpdate",
    "TaskList",
    "TaskGet",
    "SendMessage",
    "StructuredOutput",
];

/// Tools of servers that keep thoughts, and what the servers are called.
const MEMORIES: &[(&str, &[&str])] = &[
    (
        "memory",
        &[
            "create_entities",
            "create_relations",
            "add_observations",
            "delete_entities",
            "delete_relations",
            "delete_observations",
            "search_nodes",
            "open_nodes",
            "read_graph",
        ],
    ),
    ("thinking", &["sequentialthinking", "sequential_thinking"]),
];

/// Whether a tool only says something.
pub(super) fn is_sayer(tool: &str) -> bool {
    let Some(of_server) = tool.strip_prefix("mcp__") else { return SAYERS.contains(&tool) };
    let Some((server, name)) = of_server.split_once("__") else { return false };
    MEMORIES.iter().any(|(memory, tools)| server.contains(memory) && tools.contains(&name))
}

/// What somebody is asked to do with a file that reads it.
const ASKS: &[&str] = &[
    "read",
    "open",
    "look",
    "analyze",
    "analyse",
    "review",
    "summarize",
    "summarise",
    "inspect",
    "study",
    "examine",
    "explore",
    "load",
    "parse",
    "cat",
    "print",
    "show",
    "quote",
    "scan",
];

/// What takes it back, or asks for something else.
const NOT: &[&str] =
    &["not", "don't", "never", "without", "avoid", "except", "instead", "cannot", "can't", "nor"];

/// How many words may stand between what is asked and the file.
const BETWEEN_MAX: usize = 6;

/// The files out of the directory at hand that somebody is told to read: `Read ~/x and say what it holds`.
pub(super) fn told<'t>(text: &'t str, mut found: impl FnMut(&'t str)) {
    // Most of what is asked names no such file.
    if !text.contains('/') {
        return;
    }
    for sentence in text.split(['\n', '!', '?']).flat_map(|line| line.split(". ")) {
        let mut since = None;
        for word in sentence.split_whitespace() {
            let path =
                word.trim_matches(['"', '\'', '`', ',', '(', ')', ';', ':', '*', '<', '>', '@']);
            let path = path.trim_end_matches('.');
            if super::is_rooted(path) && path.len() > 2 {
                if since.is_some_and(|since| since <= BETWEEN_MAX) {
                    found(path);
                    since = Some(0);
                }
                continue;
            }
            let lower = path.to_ascii_lowercase();
            if NOT.contains(&lower.as_str()) {
                break;
            }
            since =
                if ASKS.contains(&lower.as_str()) { Some(0) } else { since.map(|since| since + 1) };
        }
    }
}

/// Calls whose first argument is looked for in something else.
const LOOKS_FOR: &[&str] = &[
    ".replace",
    ".replaceAll",
    ".replacen",
    ".split",
    ".rsplit",
    ".split_once",
    ".partition",
    ".rpartition",
    ".startswith",
    ".endswith",
    ".startsWith",
    ".endsWith",
    ".starts_with",
    ".ends_with",
    ".start_with?",
    ".end_with?",
    ".hasPrefix",
    ".hasSuffix",
    ".includes",
    ".include?",
    ".contains",
    ".indexOf",
    ".lastIndexOf",
    ".index",
    ".rindex",
    ".find",
    ".rfind",
    ".count",
    ".removeprefix",
    ".removesuffix",
    ".strip_prefix",
    ".strip_suffix",
    ".trim_start_matches",
    ".match",
    ".search",
    ".test",
    ".toBe",
    ".toEqual",
    ".toContain",
    ".toMatch",
    ".gsub",
    ".sub",
    "gsub",
    "re.sub",
    "re.subn",
    "re.search",
    "re.match",
    "re.fullmatch",
    "re.findall",
    "re.split",
];

/// Calls that end like one of these and give or go through the path that they are given.
const READS: &[&str] = &["path.split", "Find.find", "find.find", "glob.sub"];

/// What a line begins with that asserts something.
const ASSERTS: &[&str] = &[
    "assert",
    "self.assert",
    "expect(",
    "t.equal",
    "t.is(",
    "t.deepEqual",
    "require.Equal",
    "EXPECT_",
    "ASSERT_",
    "XCTAssert",
    "debug_assert",
];

/// Signs that a line reads something.
const IO: &[&str] = &[
    "open", "read", "Read", "load", "Load", "include_", "require(", "import", "File", "fs.",
    "exec", "spawn", "run", "cat ", "glob", "walk", "copy", "listdir", "fetch", "connect", "from_",
    "slurp", "parse(", "parse_", "_csv", "_json", "main(", "call(", "system", "Popen",
];

/// A longer line says nothing of a text in it.
const LINE_BYTES_MAX: usize = 400;

/// Whether a text in code, which is a part of it, is only compared, looked for in another, or part of what is asserted.
pub(super) fn is_only_said(code: &str, text: &str) -> bool {
    let Some(from) = (text.as_ptr() as usize).checked_sub(code.as_ptr() as usize) else {
        return false;
    };
    let (Some(before), Some(after)) = (code.get(..from), code.get(from + text.len()..)) else {
        return false;
    };
    // `s{../x}{y}`, `m{../x}`
    let is_pattern = ["s{", "m{", "qr{", "tr{", "y{", "s|", "m|"].iter().any(|sign| {
        before.strip_suffix(sign).is_some_and(|rest| {
            !rest.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '$'))
        })
    });
    if is_pattern && after.starts_with(['}', '|']) {
        return true;
    }
    let quote = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
    let Some(quote) = quote.filter(|quote| after.starts_with(*quote)) else {
        return is_asserted(before, after);
    };
    let before = &before[..before.len() - 1];
    let after = after[quote.len_utf8()..].trim_start();
    // `r'…'`, `b"…"`
    let before = before
        .strip_suffix(['r', 'b', 'u', 'R'])
        .filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .unwrap_or(before);
    let before = before.trim_end();
    // A template has something put into it.
    if text.contains(['{', '$']) && quote == '`' {
        return false;
    }
    let is_compared = before.ends_with("==")
        || before.ends_with("!=")
        || after.starts_with("==")
        || after.starts_with("!=");
    let is_in = after.starts_with("in ") || after.starts_with("not in ");
    is_compared
        || (is_in && !before.ends_with("for"))
        || is_looked_for(before)
        || is_put_in(before)
        || is_asserted(before, after)
}

fn is_looked_for(before: &str) -> bool {
    let Some(call) = before.strip_suffix('(') else { return false };
    let is_one = |name: &str| {
        call.strip_suffix(name).is_some_and(|rest| {
            name.starts_with('.') || !rest.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    };
    LOOKS_FOR.iter().any(|name| is_one(name)) && !READS.iter().any(|name| call.ends_with(name))
}

/// Calls whose second argument is put into a text.
const PUTS: &[&str] = &[
    ".replace",
    ".replaceAll",
    ".replacen",
    ".gsub",
    ".sub",
    "gsub",
    "re.sub",
    "re.subn",
    "sub!",
    ".gsub!",
];

/// Calls that read the file that they are given.
const OPENS: &[&str] = &[
    "open(",
    "Path(",
    "readFile(",
    "readFileSync(",
    "require(",
    "listdir(",
    "import(",
    "read_csv(",
    "exec(",
    "execSync(",
    "system(",
    "run(",
    "fetch(",
    "load(",
    "copy(",
    "copyfile(",
    "cat ",
];

/// Whether a text is what another one is replaced by, in something that is no path: `s.replace('a', '../x')`.
fn is_put_in(before: &str) -> bool {
    let Some(before) = before.strip_suffix(',').map(str::trim_end) else { return false };
    let Some(quote) = before.chars().next_back().filter(|c| matches!(c, '"' | '\'' | '/')) else {
        return false;
    };
    let inner = &before[..before.len() - 1];
    let Some(at) = inner.rfind(quote).filter(|at| !inner[*at..].contains('\n')) else {
        return false;
    };
    let call = inner[..at].strip_suffix(['r', 'b', 'u']).unwrap_or(&inner[..at]);
    let Some(call) = call.trim_end().strip_suffix('(') else { return false };
    let puts = PUTS.iter().any(|name| call.ends_with(name));
    let start = call.rfind(['\n', ';']).map_or(0, |at| at + 1);
    let head = &call[start..];
    let is_opened = OPENS.iter().any(|open| {
        head.rfind(open).is_some_and(|at| {
            let inside = &head[at + open.len()..];
            inside.matches(')').count() <= inside.matches('(').count()
        })
    });
    puts && !is_opened
}

/// Whether the line around asserts something, and reads nothing.
fn is_asserted(before: &str, after: &str) -> bool {
    let start = before.rfind(['\n', ';']).map_or(0, |at| at + 1);
    let head = before[start..].trim_start();
    // `it('…', () => { expect(…)`
    let head = head.rfind("expect(").map_or(head, |at| &head[at..]);
    if !ASSERTS.iter().any(|sign| head.starts_with(sign)) || head.len() > LINE_BYTES_MAX {
        return false;
    }
    let end = after.find(['\n', ';']).unwrap_or(after.len());
    let tail = &after[..end];
    tail.len() <= LINE_BYTES_MAX
        && !IO.iter().any(|sign| head.contains(sign) || tail.contains(sign))
}

/// Whether a pattern of perl's or sed's stands alone as a word: `s#../x#y#g`.
pub(super) fn is_substitution(word: &str) -> bool {
    let rest =
        word.strip_prefix(['s', 'm']).or_else(|| word.strip_prefix("qr")).unwrap_or_default();
    let Some(sign) = rest.chars().next().filter(|c| matches!(c, '#' | '!' | '|' | ',' | '%' | '~'))
    else {
        return false;
    };
    rest.matches(sign).count() >= if word.starts_with('s') { 3 } else { 2 }
}

/// Lists of what a tool leaves out.
pub(super) fn is_ignore_list(name: &str) -> bool {
    (name.starts_with('.') && name.ends_with("ignore"))
        || matches!(name, ".gitattributes" | "CODEOWNERS" | "LICENSE")
}

/// Endings of files whose comments begin with `#`, with `//`, and with `--`.
const HASH: &[&str] = &[
    "py", "rb", "yml", "yaml", "toml", "sh", "bash", "zsh", "pl", "r", "tf", "ini", "cfg", "conf",
    "env", "mk", "nix", "ex", "exs", "jl", "fish", "graphql", "",
];
const SLASHES: &[&str] = &[
    "js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "rs", "go", "java", "kt", "kts", "swift",
    "c", "h", "cc", "cpp", "hpp", "cs", "scala", "dart", "php", "jsonc", "gradle", "groovy", "vue",
    "svelte", "zig", "proto", "mod",
];
const DASHES: &[&str] = &["sql", "lua", "hs", "elm"];

/// A text of a file without its comments, but those that tell a tool something.
pub(super) fn without_comments<'t>(text: &'t str, extension: &str) -> Cow<'t, str> {
    let sign = match extension {
        it if HASH.contains(&it) => "#",
        it if SLASHES.contains(&it) => "//",
        it if DASHES.contains(&it) => "--",
        _ => return Cow::Borrowed(text),
    };
    let is_there = text.contains(sign) || (sign == "//" && text.contains("/*"));
    if !is_there
        || !(text.contains("../")
            || text.contains("~/")
            || text.contains("/home")
            || text.contains("/Users"))
    {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        let code = match line.trim_start() {
            comment if is_comment(comment, sign) => "",
            _ => before_comment(line, sign),
        };
        plain.push_str(code);
        plain.push('\n');
    }
    Cow::Owned(plain)
}

/// Whether a line is a comment, and tells no tool anything: `//go:embed x`, `/// <reference path="x" />`, `# syntax=x`.
fn is_comment(line: &str, sign: &str) -> bool {
    let is_block = sign == "//" && ["/*", "* ", "*/"].iter().any(|sign| line.starts_with(sign));
    let tells = line.starts_with("//go:")
        || line.starts_with("//#")
        || line.starts_with("#!")
        || line.contains("<reference")
        || line.contains('@')
        || (sign == "#" && line.contains('='))
        || line.contains("include");
    (line.starts_with(sign) || is_block) && !tells
}

/// What of a line stands before a comment behind it.
fn before_comment<'l>(line: &'l str, sign: &str) -> &'l str {
    let mut from = 0;
    while let Some(at) = line[from..].find(sign) {
        let at = from + at;
        let has_blanks =
            line[..at].ends_with([' ', '\t']) && line[at + sign.len()..].starts_with(' ');
        if has_blanks && !line[at..].contains(['"', '\'', '`']) {
            return &line[..at];
        }
        from = at + sign.len();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::named::mentioned;
    use super::super::{of_input, shell::of_command};
    use super::*;

    #[test]
    fn who_is_told_to_read_a_file_reads_it() {
        let told = |text: &str| {
            let mut paths = Vec::new();
            super::told(text, |path| paths.push(path.to_owned()));
            paths
        };
        for text in [
            "Read ~/p/x and say what it holds",
            "Please read the file ~/p/x.",
            "1. Look at `~/p/x`, then stop",
            "summarize ~/p/x",
            "Explore the code. Open ~/p/x: it says more",
        ] {
            assert_eq!(told(text), ["~/p/x"], "{text}");
        }
        assert_eq!(told("Read ~/p/x and ~/p/y"), ["~/p/x", "~/p/y"]);
        for text in
            ["Do not read ~/p/x", "the app writes to ~/p/x", "Read src/a.rs", "never open ~/p/x"]
        {
            assert_eq!(told(text), Vec::<String>::new(), "{text}");
        }
    }

    /// Every way to speak of a path in code, each with one that reads it and is the same up to what makes the difference.
    #[test]
    fn what_code_only_speaks_of_it_does_not_read() {
        for (said, reads) in [
            ("print('../x' in s)", "print('../x' + s)"),
            ("print('../x' not in s)", "for p in ['../x']: open(p)"),
            ("s.replace('../x', 'y')", "open('y'.replace('y', '../x'))"),
            ("s.replace(r'../x', 'y')", "load(r'../x')"),
            ("re.sub('../x', 'y', s)", "re.sub('y', open('../x').read(), s)"),
            ("s.startswith('../x')", "start('../x')"),
            ("s.split('../x')[0]", "os.path.split('../x')[0]"),
            ("s.find('../x')", "Find.find('../x')"),
            ("s.includes(\"../x\")", "include(\"../x\")"),
            ("s.indexOf(`../x`) > 0", "s.concat(`../x`)"),
            ("if (s === '../x') y()", "s = '../x'"),
            ("if ('../x' !== s) y()", "y('../x', s)"),
            ("s.gsub('../x', 'y')", "File.read('../x')"),
            ("gsub('../x', 'y')", "mygsub('../x')"),
            ("assert norm('../x') == 'y'", "assert open('../x').read() == 'y'"),
            ("expect(norm('../x')).toBe('y')", "expect(readFileSync('../x')).toBe('y')"),
            (
                "assert_eq!(norm(\"../x\"), \"y\")",
                "assert_eq!(norm(include_str!(\"../x\")), \"y\")",
            ),
        ] {
            let found = mentioned(|into| {
                super::super::code::read(said, super::super::Doing::Read, &Default::default(), into)
            });
            assert!(!found.iter().any(|m| m.path == "../x"), "{said}: {found:?}");
            let found = mentioned(|into| {
                super::super::code::read(
                    reads,
                    super::super::Doing::Read,
                    &Default::default(),
                    into,
                )
            });
            assert!(found.iter().any(|m| m.path == "../x"), "{reads}: {found:?}");
        }
        for (said, reads) in [
            ("perl -pe 's{../x}{y}g' a.md", "perl -pe 's{a}{y}g' ../x"),
            ("perl -pe 's|../x|y|' a.md", "cat ../x | perl -pe 's|a|b|'"),
            ("perl -pe 's#../x#y#g' a.md", "perl -pe 's#a#`cat ../x`#e' a.md"),
            ("perl -ne 'print if m{../x}' a.md", "perl -ne 'print' ../x"),
        ] {
            let found = mentioned(|into| of_command(said, None, into));
            assert!(!found.iter().any(|m| m.path.contains("../x")), "{said}: {found:?}");
            let found = mentioned(|into| of_command(reads, None, into));
            assert!(found.iter().any(|m| m.path == "../x"), "{reads}: {found:?}");
        }
    }

    #[test]
    fn who_asks_plans_or_remembers_reads_nothing() {
        let json = r#"{"a":[{"label":"../x","path":"/p/x","file":"~/y"}],"thought":"/p/x is it"}"#;
        for tool in [
            "AskUserQuestion",
            "TodoWrite",
            "TaskCreate",
            "StructuredOutput",
            "update_plan",
            "mcp__memory__add_observations",
            "mcp__sequential-thinking__sequentialthinking",
        ] {
            assert!(mentioned(|into| of_input(tool, json, into)).is_empty(), "{tool}");
        }
        for tool in ["mcp__memory__import", "mcp__x__open_nodes", "Skill", "Read", "mcp__fs__read"]
        {
            assert!(!mentioned(|into| of_input(tool, json, into)).is_empty(), "{tool}");
        }
    }

    #[test]
    fn comments_go_and_what_tells_a_tool_something_stays() {
        for (text, extension, plain) in [
            ("a\n// see ../x\nb('../y') // like ../z\n", "ts", "a\n\nb('../y') \n"),
            ("/**\n * Like ../x\n */\nb('../y')\n", "ts", "\n\n\nb('../y')\n"),
            ("a = 1 # ../x\n# ../x\nb('../y#1')\n", "py", "a = 1 \n\nb('../y#1')\n"),
            ("-- ../x\nselect '../y'\n", "sql", "\nselect '../y'\n"),
        ] {
            assert_eq!(without_comments(text, extension), plain);
        }
        for text in [
            "/// <reference path=\"../x\" />\n",
            "//go:embed ../x\n",
            "//# sourceMappingURL=../x\n",
            "u = 'https://h/../x'\n",
            "/** @jest-environment ../x */\n",
        ] {
            assert_eq!(without_comments(text, "ts"), text);
        }
        assert_eq!(without_comments("#include \"../x\"\n", "c"), "#include \"../x\"\n");
    }
}
