//! Makes readable text of what a tool was called with. It never builds a generic JSON value.

use crate::redact::answer;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// The most members of an input that are kept.
const MEMBERS_MAX: usize = 1024;

/// The members that say what was done to a file, in the order in which they are shown.
const EDIT: [(&str, &str); 5] = [
    ("old_string", "--- old\n"),
    ("new_string", "+++ new\n"),
    ("new_source", "+++ new\n"),
    ("edits", ""),
    ("content", ""),
];

/// What a tool was called with.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Input {
    /// The text to keep: a command, a file with what was changed in it, or lines of `key: value`.
    pub(super) text: String,
    /// The shell command, if it is one.
    pub(super) command: Option<String>,
    /// The file it is about.
    pub(super) path: Option<String>,
    /// The running shell or task whose output it asks for.
    pub(super) continues: Option<String>,
}

impl Input {
    /// Whether it asks for nothing but a secret.
    pub(super) fn asks_for_secret(&self) -> bool {
        match (&self.command, &self.path) {
            (Some(command), _) => answer::is_asked(command),
            (None, Some(path)) => answer::is_asked_of(path),
            (None, None) => false,
        }
    }
}

/// Reads the members of an input object. An input that is no object is kept as it stands.
pub(super) fn read(tool: &str, json: &str) -> Input {
    let Ok(Members(members)) = serde_json::from_str(json) else {
        return raw(json);
    };
    let member = |names: &[&str]| {
        names.iter().find_map(|name| {
            members
                .iter()
                .find(|(key, value)| key == name && !value.is_empty())
                .map(|(_, v)| v.as_str())
        })
    };
    let command = member(&["command", "cmd"]).map(str::to_owned);
    let searches = matches!(tool, "Grep" | "Glob" | "LS" | "grep_files" | "list_dir");
    let path = member(&["file_path", "notebook_path", "path", "filePath"])
        .filter(|_| !searches)
        .map(str::to_owned);
    let continues = member(&["bash_id", "task_id", "shell_id", "session_id", "cell_id"]);
    let mut text = String::new();
    if let Some(command) = &command {
        push(&mut text, command);
        if let Some(why) = member(&["description", "justification"]) {
            push(&mut text, &format!("# {why}"));
        }
    } else if let Some(file) = member(&["file_path", "notebook_path"]) {
        push(&mut text, file);
        for (name, mark) in EDIT {
            if let Some(value) = member(&[name]) {
                push(&mut text, &format!("{mark}{value}"));
            }
        }
    } else {
        for (key, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
            let break_or_space = if value.contains('\n') { '\n' } else { ' ' };
            push(&mut text, &format!("{key}:{break_or_space}{value}"));
        }
    }
    Input { text, command, path, continues: continues.map(str::to_owned) }
}

/// An input that is plain text, such as a patch.
pub(super) fn raw(text: &str) -> Input {
    let path = ["*** Update File: ", "*** Add File: ", "*** Delete File: "]
        .iter()
        .filter_map(|mark| text.find(mark).map(|at| (at, at + mark.len())))
        .min()
        .and_then(|(_, at)| text[at..].lines().next())
        .map(|path| path.trim().to_owned());
    Input { text: text.trim().to_owned(), path, ..Input::default() }
}

fn push(text: &mut String, line: &str) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

/// The members of an object, each value as text.
struct Members<'a>(Vec<(Cow<'a, str>, String)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Vec<(Cow<'de, str>, String)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    let mut text = String::new();
                    map.next_value_seed(Flatten { into: &mut text, is_command: is_command(&key) })?;
                    if members.len() < MEMBERS_MAX {
                        members.push((key, text));
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Read).map(Members)
    }
}

fn is_command(key: &str) -> bool {
    matches!(key, "command" | "cmd")
}

/// Appends a value as text: strings as they are, lists and objects line by line, no booleans.
struct Flatten<'t> {
    into: &'t mut String,
    /// Whether a list is a command's words.
    is_command: bool,
}

impl<'de> DeserializeSeed<'de> for Flatten<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flatten<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.into.push_str(text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.into.push_str(&number.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.into.push_str(&number.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        self.into.push_str(&number.to_string());
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let between = if self.is_command { " " } else { "\n" };
        let mut item = String::new();
        let mut words = 0;
        while seq.next_element_seed(Flatten { into: &mut item, is_command: false })?.is_some() {
            // `["bash", "-lc", "…"]` is its last word.
            if self.is_command && words == 2 && is_shell(self.into) {
                self.into.clear();
            }
            if !self.into.is_empty() && !item.is_empty() {
                self.into.push_str(between);
            }
            self.into.push_str(&item);
            item.clear();
            words += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut value = String::new();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            map.next_value_seed(Flatten { into: &mut value, is_command: is_command(&key) })?;
            if !value.is_empty() {
                push(self.into, &format!("{key}: {value}"));
            }
            value.clear();
        }
        Ok(())
    }
}

fn is_shell(words: &str) -> bool {
    words.split_once(' ').is_some_and(|(shell, flag)| {
        matches!(shell.rsplit('/').next(), Some("bash" | "sh" | "zsh"))
            && matches!(flag, "-c" | "-lc" | "-ic" | "-lic")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_with_their_reason() {
        let input = read("Bash", r#"{"command":"ls -l","description":"List","timeout":5}"#);
        assert_eq!(input.text, "ls -l\n# List");
        assert_eq!(input.command.as_deref(), Some("ls -l"));
        let input = read("shell", r#"{"command":["/bin/bash","-lc","ls | wc"],"workdir":"/srv"}"#);
        assert_eq!(input.text, "ls | wc");
        let input = read("shell", r#"{"command":["git","log","-1"]}"#);
        assert_eq!(input.text, "git log -1");
    }

    #[test]
    fn edits_are_shown_as_file_old_and_new() {
        let json =
            r#"{"replace_all":false,"file_path":"/srv/a.rs","old_string":"x","new_string":"y"}"#;
        let input = read("Edit", json);
        assert_eq!(input.text, "/srv/a.rs\n--- old\nx\n+++ new\ny");
        assert_eq!(input.path.as_deref(), Some("/srv/a.rs"));
        let json =
            r#"{"file_path":"a","edits":[{"old_string":"x","new_string":"y"},{"old_string":"z"}]}"#;
        assert_eq!(read("MultiEdit", json).text, "a\nold_string: x\nnew_string: y\nold_string: z");
        assert_eq!(read("Write", r#"{"file_path":"a","content":"b"}"#).text, "a\nb");
    }

    #[test]
    fn other_inputs_are_lines() {
        let json = r#"{"pattern":"fn main","path":"src","-n":true,"head_limit":5,"none":null}"#;
        let input = read("Grep", json);
        assert_eq!(input.text, "pattern: fn main\npath: src\nhead_limit: 5");
        assert_eq!(input.path, None);
        let json = r#"{"todos":[{"content":"a","status":"done"},"b"]}"#;
        assert_eq!(read("TodoWrite", json).text, "todos:\ncontent: a\nstatus: done\nb");
        assert_eq!(read("BashOutput", r#"{"bash_id":"b1"}"#).continues.as_deref(), Some("b1"));
    }

    #[test]
    fn patches_name_their_file() {
        let input = raw("*** Begin Patch\n*** Add File: b.rs\n+x\n*** Update File: a.rs\n");
        assert_eq!(input.path.as_deref(), Some("b.rs"));
        assert_eq!(read("x", "[1, 2]").text, "[1, 2]");
    }
}
