//! How a text looks where a command prints it.

use super::super::guise::{cut, each, fold, percent};
use serde_json::json;

/// The text as this way prints it. `None`: the way is of where it stands.
pub(super) fn look(way: &str, theirs: &str) -> Option<String> {
    let lines: Vec<&str> = theirs.lines().collect();
    let words: Vec<&str> = theirs.split_whitespace().collect();
    let one_line = theirs.replace('\n', " ");
    let rows = |text: &str, row: &dyn Fn(usize, &str) -> String| {
        let lines: Vec<&str> = text.lines().collect();
        each(&lines, row)
    };
    let wrapped = |width: usize| fold(theirs, width).join("\n");
    Some(match way {
        "jq-raw" => format!("{theirs}\n"),
        "jq-tsv" => format!("1\t{}\t3.25", theirs.replace('\t', "\\t").replace('\n', "\\n")),
        "jq-sh" => format!("'{}'", theirs.replace('\'', "'\\''")),
        "repr" => format!("['{}', 'x']", theirs.replace('\'', "\\'").replace('\n', "\\n")),
        "pprint" => {
            let pieces = cut(&theirs.replace('\n', "\\n"), 60);
            let pieces: Vec<String> =
                pieces.iter().map(|piece| format!("             '{piece}'")).collect();
            format!("[{{'content': {},\n  'rank': 1}}]", pieces.join("\n").trim_start())
        }
        "yaml-block" => {
            format!("- rank: 1\n  content: |\n{}", rows(theirs, &|_, line| format!("    {line}")))
        }
        "yaml-quoted" => {
            let text = theirs.replace('"', "\\\"").replace('\n', "\\n");
            format!("content: \"{}\"", cut(&text, 70).join("\\\n    \\"))
        }
        "toml" => format!("[[hit]]\nrank = 1\ncontent = \"\"\"\n{theirs}\"\"\""),
        "ini" => rows(theirs, &|at, line| format!("line{at:02} = {line}")),
        "sqlite-box" => {
            let cells = cut(&one_line, 40).into_iter().enumerate();
            let cells = cells.map(|(at, cell)| {
                let who = if at == 0 { "ana" } else { "" };
                format!("│ {who:<4} │ {cell:<40} │")
            });
            format!("┌──────┬──────────┐\n{}", cells.collect::<Vec<_>>().join("\n"))
        }
        "sqlite-line" => format!("     id = 17\ncontent = {theirs}\n  score = 3.25"),
        "psql-expanded" => {
            let body = rows(theirs, &|at, line| match at {
                1 => format!("content | {line:<70}+"),
                _ => format!("        | {line:<70}+"),
            });
            format!("-[ RECORD 1 ]---\nid      | 17\n{body}")
        }
        "mysql-g" => format!("*** 1. row ***\n     id: 17\ncontent: {theirs}\n1 row in set"),
        "column-left-out" => rows(theirs, &|at, line| format!("{at:<6}{line}")),
        "pr-two" => {
            let rows = fold(&one_line, 34);
            let half = rows.len().div_ceil(2);
            let right = |at: usize| rows.get(half + at).map_or("", String::as_str);
            (0..half).map(|at| format!("{:<36}{}\n", rows[at], right(at))).collect()
        }
        "fmt-60" => wrapped(60),
        "nl-ba" => rows(theirs, &|at, line| format!("{at:>6}\t{line}")),
        "cat-A" => rows(theirs, &|_, line| format!("{}$", visible(line))),
        "sed-l" => rows(theirs, &|_, line| format!("{}$", cut(&octal(line), 68).join("\\\n"))),
        "sections" => {
            let (head, tail) = (lines[..2].join("\n"), lines[lines.len() - 2..].join("\n"));
            format!("==> found.txt <==\n{head}\n\n==> found.txt.1 <==\n{tail}")
        }
        "tac" => lines.iter().rev().copied().collect::<Vec<_>>().join("\n"),
        "cut-front" => rows(theirs, &|_, line| line.chars().take(60).collect()),
        "cut-back" => rows(theirs, &|_, line| line.chars().skip(19).collect()),
        "grep-o" => {
            let letters: Vec<char> = one_line.chars().collect();
            letters
                .chunks(50)
                .map(|piece| format!("{}\n", piece.iter().collect::<String>()))
                .collect()
        }
        "rg-heading" => {
            format!("notes/found.txt\n{}", rows(theirs, &|at, line| format!("{at}:{line}")))
        }
        "json-diff" => {
            format!(
                "@@ -3,7 +3,7 @@\n   \"rank\": 1,\n-  \"content\": \"\",\n+  \"content\": {},",
                json!(theirs)
            )
        }
        "blame" => rows(theirs, &|at, line| {
            format!("^3f2a91c (Bruno 2026-03-02 10:00:00 +0000 {at:>2}) {line}")
        }),
        "commit-72" => {
            let body = fold(theirs, 68).join("\n");
            format!(
                "Author: Bruno <b@example.org>\n\n{}",
                rows(&body, &|_, row| format!("    {row}"))
            )
        }
        "pr-view" => format!("title:\tNotes\nstate:\tOPEN\nauthor:\tbruno\n--\n{theirs}"),
        "curl-i" => format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}",
            json!({"results": [{"content": theirs, "score": 3.25}]})
        ),
        "curl-v" => format!(
            "*   Trying 127.0.0.1:7861...\n> GET /api/v1/search?q=x HTTP/1.1\n< HTTP/1.1 200 OK\n< server: x\n<\n{{ [8 bytes data]\n{}\n* Connection #0 left intact",
            json!({"results": [{"content": theirs}]})
        ),
        "sse" => {
            rows(theirs, &|at, line| format!("id: {at}\ndata: {}\n", json!({"content": line})))
        }
        "logfmt" => format!("level=info ts=2026-03-02T10:00:00Z msg={} rank=1", json!(theirs)),
        "compose" => rows(theirs, &|_, line| format!("web-1  | {line}")),
        "journal" => {
            rows(theirs, &|at, line| format!("Mar 02 10:00:{at:02} porto ask[4711]: {line}"))
        }
        "tmux" => {
            let panes = cut(theirs, 80);
            let panes = panes.chunks(4).map(|rows| {
                format!("{}\n[0] 0:bash*   \"porto\" 10:00 02-Mar-26\n", rows.join("\n"))
            });
            panes.collect()
        }
        "typescript" => format!(
            "Script started\r\n\u{1b}[?2004h\u{1b}]0;porto\u{7}$ cat found.txt\r\n\u{1b}[?2004l\r{}\r\n\u{1b}[?2004h$ exit",
            theirs.replace('\n', "\r\n")
        ),
        "asciinema" => {
            let events = cut(&theirs.replace('\n', "\r"), 20).into_iter().enumerate();
            events.map(|(at, piece)| format!("{}\n", json!([at, "o", piece]))).collect()
        }
        "notebook" => {
            let source: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
            let cell =
                json!({"cells": [{"cell_type": "markdown", "metadata": {}, "source": source}]});
            serde_json::to_string_pretty(&cell).expect("JSON")
        }
        "unittest" => {
            let body = rows(theirs, &|_, line| format!("- {line}\n?     ^^^\n"));
            format!("AssertionError: {} != 'nothing'\n{body}+ nothing", one_line_repr(theirs))
        }
        "pytest" => {
            let body = rows(theirs, &|_, line| format!("E         {line}"));
            format!(
                ">       assert found == \"\"\nE       AssertionError: assert '{}...' == ''\nE         \n{body}",
                lines[0].chars().take(30).collect::<String>()
            )
        }
        "rust-assert" => {
            format!("assertion `left == right` failed\n  left: {theirs:?}\n right: \"\"")
        }
        "rss-cdata" => {
            format!("<item><title>1</title><description><![CDATA[{theirs}]]></description></item>")
        }
        "footnotes" => {
            let some = words.chunks(6).enumerate();
            some.map(|(at, some)| format!("{}[^{at}] ", some.join(" "))).collect()
        }
        "numbered-table" => {
            format!(
                "| # | what |\n|---|---|\n{}",
                rows(theirs, &|at, line| format!("| {at} | {} |", line.replace('|', "\\|")))
            )
        }
        "latex" => rows(theirs, &|_, line| {
            format!(
                "\\item {}",
                line.replace('_', "\\_").replace('&', "\\&").replace('“', "``").replace('”', "''")
            )
        }),
        "mail" => format!(
            "On Mon, 2 Mar 2026, Ana wrote:\n{}",
            rows(&wrapped(60), &|_, row| format!("> {row}"))
        ),
        "subtitles" => {
            let cues = words.chunks(6).enumerate();
            cues.map(|(at, cue)| {
                format!("{at}\n00:00:{at:02}.000 --> 00:00:{at:02}.900\n{}\n\n", cue.join(" "))
            })
            .collect()
        }
        "c-string" => rows(theirs, &|_, line| format!("    \"{}\\n\"", line.replace('"', "\\\""))),
        "ansi-c" => format!("NOTE=$'{}'", theirs.replace('\'', "\\'").replace('\n', "\\n")),
        "mixed-escapes" => {
            let escaped = words.iter().enumerate().map(|(at, word)| match at % 3 {
                0 => word
                    .chars()
                    .map(|c| if c.is_ascii() { c.to_string() } else { format!("&#{};", c as u32) })
                    .collect(),
                1 => {
                    word.chars()
                        .map(|c| {
                            if c.is_ascii() {
                                c.to_string()
                            } else {
                                format!("\\u{:04x}", c as u32)
                            }
                        })
                        .collect()
                }
                _ => percent(word),
            });
            escaped.collect::<Vec<String>>().join(" ")
        }
        "quoted-printable" => {
            let bytes = one_line.bytes();
            let text: String = bytes
                .map(|byte| match byte {
                    b'=' | 0x80.. => format!("={byte:02X}"),
                    byte => char::from(byte).to_string(),
                })
                .collect();
            cut(&text, 75).join("=\n")
        }
        "checkboxes" => rows(theirs, &|_, line| format!("- [ ] {line}")),
        "pairs" => lines.chunks(2).map(|two| format!("{}\n", two.join(" / "))).collect(),
        _ => return None,
    })
}

fn one_line_repr(text: &str) -> String {
    format!("'{}'", text.replace('\'', "\\'").replace('\n', "\\n"))
}

/// Bytes outside ASCII as `cat -v` shows them.
fn visible(line: &str) -> String {
    let byte = |byte: u8| match byte {
        0xa0.. => format!("M-{}", char::from(byte - 0x80)),
        0x80.. => format!("M-^{}", char::from(byte - 0x80 + 0x40)),
        byte => char::from(byte).to_string(),
    };
    line.bytes().map(byte).collect()
}

/// Bytes outside ASCII by their numbers, as sed's `l` shows them.
fn octal(line: &str) -> String {
    let byte = |byte: u8| match byte {
        0x80.. => format!("\\{byte:o}"),
        byte => char::from(byte).to_string(),
    };
    line.bytes().map(byte).collect()
}
