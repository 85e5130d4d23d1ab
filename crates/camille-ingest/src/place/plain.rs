//! Reads what most commands are, words, quotes, pipes and plain redirections, without the parser, for a small part
//! of its work. Whatever has a sign beyond these is left to the parser whole, so that there is one meaning.

use super::Doing;
use super::word::Word;

/// Words that begin something else than a command where they stand first.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac",
    "in", "select", "function", "coproc", "{", "}", "!", "[", "[[", "]]", "export", "declare",
    "typeset", "local", "readonly", "unset", "unsetenv",
];

/// A command with what stands before and behind it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Variables that it is given.
    pub(super) variables: Vec<(String, Word)>,
    /// Its name and arguments.
    pub(super) words: Vec<Word>,
    /// Files that it is connected with.
    pub(super) files: Vec<(Word, Doing)>,
    /// Whether it stands behind a pipe.
    pub(super) is_fed: bool,
    /// The command that stands behind a pipe after it.
    pub(super) feeds: Option<String>,
}

/// The commands of a script that has nothing but plain ones; `None`: it has something else.
pub(super) fn commands(script: &str) -> Option<Vec<Command>> {
    let mut reader = Reader { script, at: 0 };
    let mut commands = Vec::new();
    let mut command = Command::default();
    loop {
        match reader.token()? {
            Token::Word(word) => command.push(word)?,
            Token::File(doing) => match reader.token()? {
                Token::Word(word) => command.files.push((Word::known(&word.text), doing)),
                Token::File(_) | Token::End | Token::Pipe | Token::Last => return None,
            },
            Token::End => commands.push(std::mem::take(&mut command)),
            Token::Pipe => {
                let fed = Command { is_fed: true, ..Command::default() };
                commands.push(std::mem::replace(&mut command, fed));
            }
            Token::Last => break,
        }
    }
    commands.push(command);
    for at in 1..commands.len() {
        if commands[at].is_fed {
            commands[at - 1].feeds = commands[at].words.first().map(|word| word.text.clone());
        }
    }
    Some(commands)
}

impl Command {
    fn push(&mut self, word: Bare) -> Option<()> {
        if self.words.is_empty() {
            let bare = &word.text[..word.bare];
            if RESERVED.contains(&bare) && bare.len() == word.text.len() {
                return None;
            }
            if let Some((name, value)) = assignment(&word.text, bare) {
                self.variables.push((name.to_owned(), Word::known(value)));
                return Some(());
            }
        }
        self.words.push(Word { text: word.text, open: None });
        Some(())
    }
}

/// `name=value`, whose name stands in no quotes.
fn assignment<'t>(text: &'t str, bare: &str) -> Option<(&'t str, &'t str)> {
    let end = bare.find('=')?;
    let name = text[..end].trim_end_matches('+');
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.starts_with(|c: char| !c.is_ascii_digit());
    is_name.then_some((name, &text[end + 1..]))
}

/// A word without its quotes.
struct Bare {
    text: String,
    /// How much of it stands before the first quote.
    bare: usize,
}

enum Token {
    Word(Bare),
    /// The next word is a file.
    File(Doing),
    /// A command ends.
    End,
    /// A command ends, and feeds the next one.
    Pipe,
    /// The script ends.
    Last,
}

struct Reader<'t> {
    script: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.script.as_bytes().get(self.at + ahead).copied()
    }

    /// The next token; `None`: it is no plain one.
    fn token(&mut self) -> Option<Token> {
        while matches!(self.peek(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let Some(byte) = self.peek(0) else { return Some(Token::Last) };
        match (byte, self.peek(1)) {
            (b'#', _) => {
                let rest = &self.script.as_bytes()[self.at..];
                self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                Some(Token::End)
            }
            (b';', Some(b';' | b'&')) => None,
            (b'&', Some(b'>')) => {
                self.at += 1;
                self.file()
            }
            (b'&', Some(b'&')) | (b'|', Some(b'|')) => {
                self.at += 2;
                Some(Token::End)
            }
            (b'|', next) => {
                self.at += if next == Some(b'&') { 2 } else { 1 };
                Some(Token::Pipe)
            }
            (b'\n' | b';' | b'&', _) => {
                self.at += 1;
                Some(Token::End)
            }
            (b'<' | b'>', _) => self.file(),
            _ => self.word(),
        }
    }

    /// `<`, `>`, `>>`, `>|`; `>&1`, after which the next token is read.
    fn file(&mut self) -> Option<Token> {
        let doing = if self.peek(0) == Some(b'<') { Doing::Read } else { Doing::Made };
        self.at += 1;
        match (doing, self.peek(0)) {
            (Doing::Made, Some(b'>' | b'|')) => self.at += 1,
            (Doing::Made, Some(b'&')) => {
                self.at += 1;
                let from = self.at;
                while self.peek(0).is_some_and(|byte| byte.is_ascii_digit() || byte == b'-') {
                    self.at += 1;
                }
                let ends = self.peek(0).is_none_or(|byte| b" \t\n;&|<>".contains(&byte));
                return if ends && self.at > from { self.token() } else { None };
            }
            (_, Some(b'<' | b'>' | b'(' | b'&')) => return None,
            _ => {}
        }
        if self.peek(0).is_some_and(|byte| b"(&>".contains(&byte)) {
            return None;
        }
        Some(Token::File(doing))
    }

    fn word(&mut self) -> Option<Token> {
        let mut text = String::new();
        let mut bare = None;
        loop {
            let rest = &self.script[self.at..];
            let end = rest.bytes().position(is_sign).unwrap_or(rest.len());
            text.push_str(&rest[..end]);
            self.at += end;
            match self.peek(0) {
                None | Some(b' ' | b'\t' | b'\n' | b';' | b'&' | b'|') => break,
                Some(b'<' | b'>') => {
                    // `2>` says which of its files is meant.
                    let is_number =
                        bare.is_none() && text.bytes().all(|byte| byte.is_ascii_digit());
                    if is_number {
                        return self.file();
                    }
                    break;
                }
                Some(quote @ (b'\'' | b'"')) => {
                    bare.get_or_insert(text.len());
                    let inner = &self.script[self.at + 1..];
                    let end = memchr::memchr(quote, inner.as_bytes())?;
                    let inner = &inner[..end];
                    if quote == b'"' && inner.contains(['$', '`', '\\']) {
                        return None;
                    }
                    text.push_str(inner);
                    self.at += end + 2;
                }
                Some(_) => return None,
            }
        }
        let bare = bare.unwrap_or(text.len());
        Some(Token::Word(Bare { text, bare }))
    }
}

/// What ends a word, begins a quote, or is left to the parser.
fn is_sign(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b';'
            | b'&'
            | b'|'
            | b'<'
            | b'>'
            | b'\''
            | b'"'
            | b'\\'
            | b'$'
            | b'`'
            | b'('
            | b')'
            | 0
    )
}

#[cfg(test)]
mod tests {
    use super::super::shell;
    use super::super::{Mention, Mentions, named::mentioned};
    use super::*;
    use proptest::prelude::*;

    fn mentions(of: fn(&str, &mut Mentions), script: &str) -> Vec<(String, Doing, Option<String>)> {
        let told = |mention: Mention| (mention.path, mention.doing, mention.unknown);
        let mut list: Vec<_> = mentioned(|into| of(script, into)).into_iter().map(told).collect();
        list.sort();
        list
    }

    fn assert_as_parsed(script: &str) {
        let plain = mentions(|script, into| shell::of_command(script, None, into), script);
        let parsed = mentions(shell::of_parsed, script);
        assert_eq!(plain, parsed, "{script}");
    }

    #[test]
    fn plain_commands_are_told_from_others() {
        for plain in [
            "cat /p/x",
            "cd a && cargo test 2>&1 | tail -5",
            "A=b env C=d make -C x > out 2>/dev/null; ls",
            "grep -rn 'a|b $x' \"c d\" &> log &\n# a comment 'of it\necho done",
            "find . -name '*.rs' -exec wc -l {} +",
        ] {
            assert!(commands(plain).is_some(), "{plain}");
            assert_as_parsed(plain);
        }
        for other in [
            "cat $X",
            "cat `x`",
            "(cd a)",
            "cat <<E\nE",
            "cat <(x)",
            "a\\ b",
            "\"a\\\"b\"",
            "if x; then y; fi",
            "export A=b",
            "[ -f a ]",
            "f() { x; }",
            "case x in esac",
            "a;;",
            "'unclosed",
            "x >& y",
            "! x",
        ] {
            assert_eq!(commands(other), None, "{other}");
        }
    }

    /// A command: a name, its arguments, and its files, behind which the parser takes every word for one more.
    fn command() -> impl Strategy<Value = String> {
        let one_of = |pieces: &[&'static str]| proptest::sample::select(pieces.to_vec());
        let name = one_of(&[
            "cat",
            "cd",
            "git -C /g",
            "cp",
            "echo",
            "bash -c",
            "sudo -n cat",
            "env A=b ls",
            "grep -n",
            "find",
            "x=/p make",
            "sort",
            "./run",
            "python3",
            "tee",
        ]);
        let argument = one_of(&[
            "/p/x", "~/y", "../z", "src/a.rs", "'/q r'", "\"/s t\"", "a'b'c", "-n", "--at=/u",
            "{}", "*.md", "a=b", "'cat /v'", "-C", "-e", "+", "host:/w", "@/m",
        ]);
        let file = one_of(&["2>&1", "> /o", ">> out", "< /in", "2> /e", "&> all", "2>/dev/null"]);
        let arguments = proptest::collection::vec(argument, 0..5);
        let files = proptest::collection::vec(file, 0..3);
        (name, arguments, files).prop_map(|(name, arguments, files)| {
            format!("{name} {} {}", arguments.join(" "), files.join(" "))
        })
    }

    proptest! {
        #[test]
        fn a_plain_command_means_what_the_parser_says(
            commands in proptest::collection::vec(command(), 1..4),
            join in proptest::sample::select(vec![" && ", " || ", " | ", "; ", "\n"]),
        ) {
            assert_as_parsed(commands.join(join).trim());
        }
    }
}
