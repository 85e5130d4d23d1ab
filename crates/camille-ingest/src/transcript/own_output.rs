//! Recognises what camille itself gave to an agent, so that a colleague's text is never indexed as one's
//! own, past their grant and its revocation.

use memchr::memmem;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The beginning or the end of a span: plain, escaped as JSON, as HTML, or as one within the other.
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:<|\\+u003[cC]|\\+x3[cC]|&(?:amp;)*(?:lt|#0*60|#[xX]0*3[cC]);)(?:(?P<close>\\*/camille-recall)\s*(?:>|\\+u003[eE]|\\+x3[eE]|&(?:amp;)*(?:gt|#0*62|#[xX]0*3[eE]);)?|camille-recall\s+id\s*=)",
    )
    .expect("a constant pattern")
});

/// A shell command that runs camille: its name where a command begins, or before one of its subcommands.
static COMMAND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        // At the start of a command, past assignments, wrappers with their options, and a path.
        r#"(?m)(?:^|[;&|(){}!]|\$\(|\b(?:do|then|else|if|while|until)\s)\s*"#,
        r#"(?:[A-Za-z_][A-Za-z0-9_]*=(?:"[^"]*"|'[^']*'|[^\s;&|]*)\s+)*"#,
        r"(?:(?:\S*/)?(?:sudo|doas|env|time|nohup|exec|command|nice|timeout|watch|xargs|stdbuf|script|unbuffer|setsid|builtin)\s+(?:[^\s;&|]+\s+){0,6}?)*",
        r#"["']?(?:[^\s;&|()'"`=]*/)?camille["']?(?:\s|$|[;&|)`'"<>])"#,
        r"|",
        // With a subcommand, wherever it stands: in the arguments of ssh, in quotes of a script.
        r#"\bcamille["',\s]+(?:-{1,2}[a-z][^\s]*\s+)*["']?(?:search|show|open|why|blame|graph|audit|mcp|memory|memory-hook|peers|demo)\b"#,
        r"|",
        // Built and run in one.
        r"\bcargo\s+(?:[^;&|\n]*\s)?run\s[^;&|\n]*\bcamille\b",
    ))
    .expect("a constant pattern")
});

/// What every mark holds, and every command that runs camille: looked for in each text.
static MARK: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new("camille-recall"));
static NAME: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new("camille"));

/// The text without the spans that camille marked. A span without its end goes to the end of the text, an
/// end without its beginning from the start of it.
pub(super) fn without_spans(text: &str) -> Cow<'_, str> {
    if MARK.find(text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::new();
    let mut from = 0;
    let mut depth = 0_u32;
    let mut removed = false;
    for captures in TAG.captures_iter(text) {
        let Some(tag) = captures.get(0) else { continue };
        removed = true;
        if captures.name("close").is_none() {
            if depth == 0 {
                kept.push_str(&text[from..tag.start()]);
            }
            depth += 1;
        } else if depth == 0 {
            kept.clear();
        } else {
            depth -= 1;
        }
        from = tag.end();
    }
    if depth == 0 {
        kept.push_str(&text[from..]);
    }
    if removed { Cow::Owned(kept) } else { Cow::Borrowed(text) }
}

/// Whether a tool is camille's, served over MCP: `mcp__camille__search`, or `search` in such a namespace.
pub(super) fn is_own_tool(name: &str, namespace: Option<&str>) -> bool {
    let is_ours = |server: &str| {
        server == "camille" || server.ends_with("_camille") || server.ends_with("-camille")
    };
    let server_of = |name: &str| {
        let name = name.strip_prefix("mcp__").unwrap_or(name);
        name.split_once("__").map(|(server, _)| is_ours(server))
    };
    let in_namespace = |namespace: &str| {
        let namespace = namespace.trim_end_matches('_');
        is_ours(namespace.strip_prefix("mcp__").unwrap_or(namespace))
    };
    server_of(name) == Some(true) || namespace.is_some_and(in_namespace)
}

/// Whether a shell command runs camille.
pub(super) fn runs_camille(command: &str) -> bool {
    NAME.find(command.as_bytes()).is_some() && COMMAND.is_match(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_go_in_every_escaping() {
        for (open, close) in [
            ("<camille-recall id=\"7\">", "</camille-recall>"),
            ("<camille-recall id=\\\"7\\\">", "<\\/camille-recall>"),
            ("\\u003ccamille-recall id=\\\"7\\\"\\u003e", "\\u003c/camille-recall\\u003e"),
            ("&lt;camille-recall id=&quot;7&quot;&gt;", "&lt;/camille-recall&gt;"),
            ("&amp;lt;camille-recall id=7&amp;gt;", "&amp;lt;/camille-recall&amp;gt;"),
        ] {
            let text = format!("before {open}theirs{close} after");
            assert_eq!(without_spans(&text), "before  after");
            assert_eq!(without_spans(&format!("before {open}theirs")), "before ");
            assert_eq!(without_spans(&format!("theirs{close} after")), " after");
            let nested = format!("a{open}x{open}y{close}z{close}b{open}c{close}");
            assert_eq!(without_spans(&nested), "ab");
        }
    }

    #[test]
    fn other_text_is_borrowed() {
        for text in ["nothing", "camille-recall is a tag", "a <camille-recall> tag without id"] {
            assert!(matches!(without_spans(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn own_tools_are_known_by_their_server() {
        assert!(is_own_tool("mcp__camille__search", None));
        assert!(is_own_tool("mcp__plugin_camille_camille__search", None));
        assert!(is_own_tool("camille__search", None));
        assert!(is_own_tool("search", Some("mcp__camille__")));
        assert!(is_own_tool("search", Some("camille")));
        assert!(!is_own_tool("mcp__linear__search", None));
        assert!(!is_own_tool("camille_search", Some("mcp__linear__")));
        assert!(!is_own_tool("Bash", None));
    }

    #[test]
    fn commands_that_run_camille_are_known() {
        for command in [
            "camille",
            "camille search token expiry",
            "cd /srv && ./target/debug/camille search x | head",
            "CAMILLE_HOME=/tmp/a camille status",
            "FOO='a b' /usr/local/bin/camille show 2",
            "sudo -u ada camille audit",
            "timeout 10 camille up &",
            "bash -lc \"camille search x\"",
            "ssh host camille show 1",
            "echo $(camille search x)",
            "for w in a b; do camille search $w; done",
            "python -c \"subprocess.run(['camille', 'search', 'x'])\"",
            "cargo run -q -p camille -- search x",
            "ls\ncamille peers list",
            "camille --json search x",
            "ssh host camille blame src/a.rs",
        ] {
            assert!(runs_camille(command), "{command}");
        }
        for command in [
            "ls crates/camille",
            "cd camille && cargo test",
            "cargo test -p camille-ingest",
            "git commit -m 'about camille'",
            "grep -rn camille .",
            "cat camille/search.rs",
            "cargo build -p camille",
        ] {
            assert!(!runs_camille(command), "{command}");
        }
    }
}
