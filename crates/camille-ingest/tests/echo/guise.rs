//! Makes the guises that `ways.txt` lists out of two hits of a peer's.

/// Two texts of a peer's, as they were handed out. Each line bears a word that nobody else says.
pub(crate) const THEIRS: [&str; 2] = [
    "The deploy hung because the narwhal migration waited for an exclusive lock behind the idle \
     transaction of the export.\n\
     After that every ocelot read waited behind the migration as well, until somebody killed the export \
     by hand.\n\
     Restart the walrus daemon twice.\n\
     Since then each wombat statement runs with a lock timeout of two seconds and is tried again, so \
     that nobody à la carte notices “it”.\n\
     We drop the pangolin index first & build it <concurrently> afterwards, in a session of its own.",
    "Invoices were rounded twice: the quokka column is numeric(12,4), but the tapir service adds them up \
     as floating point and rounds each line.\n\
     Now the axolotl total is computed by the database from exact values, and only the sum is rounded.\n\
     A nightly numbat job compares 250 totals of yesterday with what the bank booked, and tells the team \
     about each cent of difference.",
];

/// Words that only the peer says.
pub(crate) const WORDS: [&str; 9] =
    ["narwhal", "ocelot", "walrus", "wombat", "pangolin", "quokka", "tapir", "axolotl", "numbat"];

/// The list.
pub(crate) const WAYS: &str = include_str!("ways.txt");

/// The names of one kind of ways.
pub(crate) fn ways(kind: &str) -> impl Iterator<Item = &'static str> {
    let lines = WAYS.lines().filter(|line| !line.starts_with('#'));
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    fields.filter(move |fields| fields[0] == kind).map(|fields| fields[1])
}

/// The peer's text as that guise has it.
pub(crate) fn guise(name: &str) -> String {
    let theirs = THEIRS[0];
    let lines: Vec<&str> = theirs.lines().collect();
    let words: Vec<&str> = theirs.split_whitespace().collect();
    let json = serde_json::json!({"results": [
        {"id": "0d1f", "score": 3.25, "content": theirs, "metadata": {"project": "github.com/acme/api"}},
        {"id": "77ab", "score": 2.5, "content": THEIRS[1], "metadata": {"project": "github.com/acme/api"}}]});
    match name {
        "saved" => THEIRS.join("\n\n"),
        "numbered" => each(&lines, |at, line| format!("{at:>6}→{line}")),
        "cat-n" => each(&lines, |at, line| format!("{at:>6}\t{line}")),
        "middle" => lines[1..4].join("\n"),
        "head" => lines[..2].join("\n"),
        "tail" => lines[3..].join("\n"),
        "grepped" => each(&lines, |at, line| format!("notes/found.txt:{at}:{line}")),
        "context" => each(&lines, |at, line| format!("notes/found.txt-{at}-{line}")),
        "spilled" => format!(
            "<persisted-output>\nOutput too large (41.2KB). Full output saved to: /home/bruno/.claude/x.txt\n\n\
             Preview (first 2KB):\n{theirs}\n...\n</persisted-output>"
        ),
        "background" => format!(
            "<status>completed</status>\n\n<exit_code>0</exit_code>\n\n<stdout>\n{theirs}\n</stdout>\n\n\
             <timestamp>2026-03-02T10:00:00.000Z</timestamp>"
        ),
        "columns-80" => cut(theirs, 80).join("\n"),
        "folded" => fold(theirs, 80).join("\n"),
        "columns-40" => cut(theirs, 40).join("\n"),
        "hyphenated" => cut(&theirs.replace('\n', " "), 60).join("-\n"),
        "json" => json.to_string(),
        "json-pretty" => serde_json::to_string_pretty(&json).expect("JSON"),
        "json-twice" => serde_json::json!({"log": json.to_string(), "level": "info"}).to_string(),
        "json-unicode" => ascii(&json.to_string()),
        "csv" => {
            format!("rank,text\n1,\"{}\"\n2,\"{}\"", THEIRS[0].replace('"', "\"\""), THEIRS[1])
        }
        "tsv" => format!("1\t{}\t3.25", theirs.replace('\n', "\\n")),
        "html" => format!("<p>{}</p>", html(theirs)),
        "html-twice" => html(&html(theirs)),
        "html-tags" => each(&lines, |_, line| {
            let bold = html(line)
                .replace(" waited ", " <b>waited</b> ")
                .replace(" the ", " <em>the</em> ");
            format!("<li class=\"hit\">{bold}</li>")
        }),
        "url" => format!("https://example.org/?q={}", percent(theirs)),
        "url-plus" => percent(theirs).replace("%20", "+"),
        "coloured" => words.join(" \u{1b}[1;31m"),
        "coloured-caret" => words.join("^[[0m ^[[1m"),
        "quoted" => each(&lines, |_, line| format!("> {line}")),
        "quoted-twice" => each(&lines, |_, line| format!("> > {line}")),
        "listed" => each(&lines, |_, line| format!("- {line}")),
        "table" => format!("| rank | text |\n|---|---|\n| 1 | {} |", theirs.replace('\n', "<br>")),
        "boxed" => {
            let rows = fold(&theirs.replace('\n', " "), 60);
            let rows = rows.iter().map(|row| format!("│ ana  │ {row:<60} │"));
            rows.collect::<Vec<_>>().join("\n")
        }
        "diff" => format!("@@ -0,0 +1,5 @@\n{}", each(&lines, |_, line| format!("+{line}"))),
        "diff-word" => {
            each(&lines, |_, line| format!("-{line}\n+{}", line.replacen(" the ", " some ", 1)))
        }
        "commented" => each(&lines, |_, line| format!("    // {line}")),
        "concatenated" => each(&lines, |_, line| format!("    {line:?} +")),
        "indented" => format!("commit 3f2a\n\n{}", each(&lines, |_, line| format!("    {line}"))),
        "uppercase" => theirs.to_uppercase(),
        "bare" => theirs.to_lowercase().replace(|c: char| !c.is_alphanumeric() && c != '\n', " "),
        "smart" => theirs.replace('“', "«").replace('”', "»").replace(',', " —").replace('.', "…"),
        "emphasised" => theirs
            .replace(" lock ", " **lock** ")
            .replace(" the ", " _the_ ")
            .replace(" of ", " `of` "),
        "spaced" => words.join("\t   "),
        "nbsp" => theirs.replace(' ', "\u{a0}"),
        "one-word-lines" => words.join("\n"),
        "invisible" => theirs.replace("a", "a\u{ad}").replace(' ', "\u{200b} "),
        "decomposed" => theirs.replace('à', "a\u{300}"),
        "wide" => theirs.chars().map(wide).collect(),
        "cut-end" => format!("{}…", theirs.chars().take(300).collect::<String>()),
        "cut-middle" => format!("{}\n\n... [2 lines truncated] ...\n\n{}", lines[0], lines[4]),
        "first-half" => theirs.chars().take(theirs.chars().count() / 2).collect(),
        "second-half" => theirs.chars().skip(theirs.chars().count() / 2).collect(),
        "one-line" => lines[1].to_owned(),
        "short-line" => lines[2].to_owned(),
        "mixed" => {
            let both = lines.iter().zip(THEIRS[1].lines());
            both.map(|(one, two)| format!("{one}\n{two}\n")).collect()
        }
        "beside" => {
            let (left, right) = (fold(THEIRS[0], 70), fold(THEIRS[1], 70));
            let rows =
                left.iter().zip(right.iter().map(String::as_str).chain(std::iter::repeat("")));
            rows.map(|(left, right)| format!("{left:<70}   {right}\n")).collect()
        }
        "reordered" => {
            let mut sorted = lines.clone();
            sorted.sort_unstable();
            sorted.join("\n")
        }
        "with-answer" => {
            let shown = |at: usize, text: &str| {
                let rows = fold(text, 88);
                let body = rows.iter().take(3).map(|row| format!("           {row}\n"));
                let head = "ana · github.com/acme/api · 2026-03-02 · claude-code";
                format!("{at:>2}  {head}\n{}\n", body.collect::<String>())
            };
            format!(
                "{}{}2 hits, 2 from ana · own bank 0 ms, ana 4 ms",
                shown(1, theirs),
                shown(2, THEIRS[1])
            )
        }
        "timestamps" => each(&lines, |at, line| format!("2026-03-02T10:00:0{at}Z INFO {line}")),
        "docker-24" => {
            let rows = fold(&theirs.replace('\n', " "), 24);
            each(&rows.iter().map(String::as_str).collect::<Vec<_>>(), |_, row| {
                format!("web_1 backend  | {row}")
            })
        }
        "docker-two" => {
            let rows = fold(&theirs.replace('\n', " "), 24);
            each(&rows.iter().map(String::as_str).collect::<Vec<_>>(), |at, row| {
                format!("web_1 backend  | {row}\ndb_1  postgres | checkpoint {at} complete")
            })
        }
        "tokens-lines" => each(&words, |_, word| format!("INFO token: {word}")),
        "tokens-stream" => each(&words, |_, word| {
            format!("data: {}", serde_json::json!({"type": "delta", "text": format!("{word} ")}))
        }),
        "word-diff" => words.iter().map(|word| format!("{{+{word}+}} ")).collect(),
        "word-diff-both" => {
            let pairs = words.chunks(2).map(|two| match two {
                [one, two] => format!("{one} [-the-]{{+{two}+}} "),
                rest => rest.concat(),
            });
            pairs.collect()
        }
        "narrow-columns" => {
            let rows = fold(&theirs.replace('\n', " "), 20);
            let third = rows.len().div_ceil(3);
            let column =
                |of: usize, at: usize| rows.get(of * third + at).map_or("", String::as_str);
            let row = |at| format!("{:<24}{:<24}{}\n", column(0, at), column(1, at), column(2, at));
            (0..third).map(row).collect()
        }
        "xxd" | "hexdump" => {
            let row = |(at, bytes): (usize, &[u8])| {
                let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let plain =
                    |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
                let shown: String = bytes.iter().map(plain).collect();
                match name {
                    "xxd" => {
                        let pairs: Vec<String> = hex.chunks(2).map(|two| two.concat()).collect();
                        format!("{:08x}: {:<39}  {shown}\n", at * 16, pairs.join(" "))
                    }
                    _ => format!("{:08x}  {:<48}  |{shown}|\n", at * 16, hex.join(" ")),
                }
            };
            theirs.as_bytes().chunks(16).enumerate().map(row).collect()
        }
        "table-cells" => {
            let row = |(at, line): (usize, &&str)| {
                let rows = fold(line, 40);
                let rest = rows[1..].iter().map(|row| format!("{:<24}{row}\n", ""));
                format!(
                    "10:0{at}  {:<16}“{:<40}  {at} hits\n{}",
                    "cleo",
                    rows[0],
                    rest.collect::<String>()
                )
            };
            format!(
                "when   who             asked\n{}",
                lines.iter().enumerate().map(row).collect::<String>()
            )
        }
        "checked" => each(&words, |_, word| format!("{word} ok, {word} checked")),
        "rot-numbers" => THEIRS[1].replace("250", "two hundred and fifty").replace("12,4", "10,2"),
        other => panic!("no guise is called {other}: say in guise.rs how it looks"),
    }
}

/// Own words around what is quoted, and the whole. Own words stay.
pub(crate) fn quote(name: &str) -> (Vec<&'static str>, String) {
    let theirs = THEIRS[0];
    let line = theirs.lines().next().expect("a line");
    match name {
        "in-prompt" => {
            let own = vec![
                "Look what she had to say about the badger in our pipeline",
                "what of it holds for us",
            ];
            let text = format!("{}:\n\n{theirs}\n\nSo {}?", own[0], own[1]);
            (own, text)
        }
        "in-answer" => {
            let own = vec![
                "It is the migration of the badger then",
                "I shall set a timeout in our role as she did",
            ];
            let quoted = each(&theirs.lines().collect::<Vec<_>>(), |_, line| format!("> {line}"));
            let text = format!("{}.\n\n{quoted}\n\n{}.", own[0], own[1]);
            (own, text)
        }
        "in-sentence" => {
            let own =
                vec!["My badger does something like it", "and I do not believe a word of that"];
            let text = format!("{}: {}; {}.", own[0], line.trim_end_matches('.'), own[1]);
            (own, text)
        }
        "in-list" => {
            let own =
                vec!["- feed the badger before lunch", "- ask for the second key of the archive"];
            let text = format!("{}\n- {line}\n{}", own[0], own[1]);
            (own, text)
        }
        "in-output" => {
            let own =
                vec!["running 3 tests of the badger crate", "test result: ok. 3 passed; 0 failed"];
            let text = format!("{}\n{theirs}\n{}", own[0], own[1]);
            (own, text)
        }
        other => panic!("no quote is called {other}: say in guise.rs how it looks"),
    }
}

pub(crate) fn each(lines: &[&str], line: impl Fn(usize, &str) -> String) -> String {
    let lines = lines.iter().enumerate().map(|(at, text)| line(at + 1, text));
    lines.collect::<Vec<_>>().join("\n")
}

/// Cuts lines hard.
pub(crate) fn cut(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
    letters.iter().flat_map(|line| line.chunks(width)).map(|row| row.iter().collect()).collect()
}

/// Breaks lines at words.
pub(crate) fn fold(text: &str, width: usize) -> Vec<String> {
    let mut rows = Vec::new();
    for line in text.lines() {
        let mut row = String::new();
        for word in line.split(' ') {
            if !row.is_empty() && row.chars().count() + 1 + word.chars().count() > width {
                rows.push(std::mem::take(&mut row));
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        rows.push(row);
    }
    rows
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('“', "&#8220;")
}

/// JSON in ASCII, as Python and Go write it.
fn ascii(json: &str) -> String {
    let escaped = |letter: char| match letter {
        '<' | '>' | '&' => format!("\\u{:04x}", letter as u32),
        letter if letter.is_ascii() => letter.to_string(),
        letter => format!("\\u{:04x}", letter as u32),
    };
    json.chars().map(escaped).collect()
}

pub(crate) fn percent(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn wide(letter: char) -> char {
    match letter {
        '!'..='~' => char::from_u32(letter as u32 + 0xfee0).unwrap_or(letter),
        letter => letter,
    }
}
