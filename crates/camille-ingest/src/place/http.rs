//! Programs that send requests: their words are addresses, and what they send is text unless a sign says that it is
//! read from a file.

use super::argument::argument;
use super::shell::Shell;
use super::word::{Open, Word};
use super::{Doing, forge, url};

/// What the value of an option is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    /// A file that is sent or used.
    File,
    /// A file of options, which may name others.
    Options,
    /// A file that is written.
    Written,
    /// Text, or behind `@` a file.
    Text,
    /// `name=@file`, `name=<file`.
    Form,
    /// Neither.
    Other,
}

/// A program with its options by letters and names.
struct Program {
    names: &'static [&'static str],
    letters: &'static [(&'static str, Value)],
    long: &'static [(&'static str, Value)],
}

const PROGRAMS: &[Program] = &[
    Program {
        names: &["curl", "curlie"],
        letters: &[
            ("K", Value::Options),
            ("TbE", Value::File),
            ("ocD", Value::Written),
            ("dHw", Value::Text),
            ("F", Value::Form),
            ("XAeumxYyzCrPQtU", Value::Other),
        ],
        long: &[
            (
                "upload-file cookie cert key cacert capath netrc-file proxy-cacert cert-type etag-compare",
                Value::File,
            ),
            ("config", Value::Options),
            (
                "output cookie-jar dump-header output-dir trace trace-ascii etag-save",
                Value::Written,
            ),
            (
                "data data-ascii data-binary data-urlencode json header write-out url-query variable \
                 proxy-header",
                Value::Text,
            ),
            ("form", Value::Form),
            (
                "data-raw request user-agent referer user proxy max-time retry resolve connect-timeout \
                 range limit-rate form-string",
                Value::Other,
            ),
        ],
    },
    Program {
        names: &["wget", "wget2"],
        letters: &[("i", Value::Options), ("OPoa", Value::Written), ("eUtTwQRAI", Value::Other)],
        long: &[
            (
                "input-file post-file body-file load-cookies config ca-certificate certificate \
                 private-key",
                Value::File,
            ),
            ("output-document directory-prefix output-file save-cookies", Value::Written),
        ],
    },
    Program {
        names: &["http", "https", "xh", "xhs"],
        letters: &[("o", Value::Written), ("aAs", Value::Other)],
        long: &[("session cert cert-key verify", Value::File), ("output", Value::Written)],
    },
];

fn of(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.names.contains(&name))
}

/// Goes through the words of one; `false`: the program is none.
pub(super) fn run(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) -> bool {
    let Some(program) = of(name) else { return false };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.text.as_str();
        if let Some(long) = text.strip_prefix("--") {
            let (long, value) = match long.split_once('=') {
                Some((long, value)) => (long, Some(part(word, value))),
                None => (long, None),
            };
            let Some(kind) = program.long(long) else {
                // An option that nobody knows may take a file.
                if let Some(value) = value {
                    super::argument::value_of(shell, &value, Doing::Read);
                }
                continue;
            };
            let value = value.or_else(|| words.next().cloned());
            value.into_iter().for_each(|value| given(shell, kind, &value));
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let found = letters
                .char_indices()
                .find_map(|(at, letter)| Some((at + letter.len_utf8(), program.letter(letter)?)));
            let Some((end, kind)) = found else { continue };
            let value = match &letters[end..] {
                "" if word.open.is_none() => words.next().cloned(),
                rest => Some(part(word, rest)),
            };
            value.into_iter().for_each(|value| given(shell, kind, &value));
        } else if url::is_file(text) {
            argument(shell, word, Doing::Read);
        } else if text.starts_with("http") {
            forge::page(text, shell.into);
        } else if !program.names.contains(&"curl") {
            // `file@/p/x`, `body=@/p/x`, `@/p/x`
            sent(shell, word, text.find('@').filter(|_| !text.contains("://")));
        }
    }
    true
}

impl Program {
    fn long(&self, name: &str) -> Option<Value> {
        let is_its = |(names, _): &&(&str, Value)| names.split(' ').any(|known| known == name);
        self.long.iter().find(is_its).map(|(_, kind)| *kind)
    }

    fn letter(&self, letter: char) -> Option<Value> {
        let is_its = |(letters, _): &&(&str, Value)| letters.contains(letter);
        self.letters.iter().find(is_its).map(|(_, kind)| *kind)
    }
}

/// What of a word stands at its end.
fn part(word: &Word, text: &str) -> Word {
    Word { text: text.to_owned(), open: word.open.clone() }
}

fn given(shell: &mut Shell<'_>, kind: Value, value: &Word) {
    let text = value.text.as_str();
    match kind {
        // `-b name=value` is no file.
        Value::File if text.contains('=') && !text.contains('/') => {}
        Value::File => argument(shell, value, Doing::Read),
        Value::Options => {
            let before = std::mem::replace(&mut shell.runs, true);
            argument(shell, value, Doing::Read);
            shell.runs = before;
        }
        Value::Written => argument(shell, value, Doing::Made),
        Value::Text => {
            // `name@/p/x` is sent from a file, too; a name has no blanks.
            let at = text.find('@').filter(|at| {
                text[..*at].chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '='))
            });
            sent(shell, value, at);
        }
        Value::Form => {
            sent(shell, value, text.find("=@").or_else(|| text.find("=<")).map(|at| at + 1))
        }
        Value::Other => {}
    }
}

/// The files behind the sign at `at`.
fn sent(shell: &mut Shell<'_>, value: &Word, at: Option<usize>) {
    let Some(at) = at else { return };
    let files = value.text[at + 1..].split(';').next().unwrap_or_default();
    if files.is_empty() {
        if let Some(Open::Variable(variable)) = &value.open {
            shell.into.unknown(variable, Doing::Read);
        }
        return;
    }
    for file in files.split(',').filter(|file| !file.is_empty()) {
        argument(shell, &part(value, file), Doing::Read);
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::named;

    #[test]
    fn what_is_sent_from_a_file_is_read() {
        for command in [
            "curl -d @/p/x h",
            "curl -sSd@/p/x h",
            "curl -XPOST --data-binary @/p/x h",
            "curl --data-urlencode a@/p/x h",
            "curl -H @/p/x h",
            "curl -w @/p/x h",
            "curl --json @/p/x h",
            "curl -F 'a=@/p/x;type=text/plain' h",
            "curl -Fa=</p/x h",
            "curl -F a=@/q,/p/x h",
            "curl -T /p/x h",
            "curl -T/p/x h",
            "curl -K /p/x",
            "curl -b /p/x h",
            "curl --cert /p/x h",
            "curl -o /p/x h",
            "curl file:///p/x",
            "wget --post-file=/p/x h",
            "wget -i /p/x",
            "http POST h a@/p/x",
            "http POST h body=@/p/x",
            "xh h @/p/x",
        ] {
            assert!(named(command).contains(&"/p/x".to_owned()), "{command}: {:?}", named(command));
        }
    }

    #[test]
    fn what_is_sent_as_text_names_nothing() {
        for command in [
            "curl -X POST -d '{\"path\":\"/p/x\",\"to\":\"~/y\"}' http://localhost/a",
            "curl -s http://localhost:3000/x -d root=/p/x",
            "curl --data-raw '@/p/x' -H 'X-Path: /p/x' h",
            "curl localhost:3000/users/../p/x",
            "curl -u ana:/p/x -A /p/x -x /p/x h",
            "curl -d 'see ana@/p/x' h",
            "http POST h path=/p/x",
            "wget https://h.example/p/x",
        ] {
            let found: Vec<_> = named(command)
                .into_iter()
                .filter(|path| path.contains("p/x") || path.contains('~'))
                .collect();
            assert!(found.is_empty(), "{command}: {found:?}");
        }
    }
}
