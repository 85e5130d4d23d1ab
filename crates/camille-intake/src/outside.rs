//! Which calls and results hold something of a place that is not their session's own project: what a call names there,
//! what came back, and what goes on from that in files, terminals and commands that run on. It says nothing of who may
//! see them.

mod carried;
mod copied;

use super::ignored::Ignored;
use crate::project::{Base, ProjectResolver};
use camille_bank::{Copied, Renewed, SessionUpdate};
use camille_ingest::place::{Doing, Mention, Reach};
use camille_ingest::transcript::{Part, PartRole, Touch};
use camille_proto::vocabulary::DocumentKind;
use carried::Carried;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::path::Path;

/// Calls that are remembered, whose results may still come.
const CALLS_MAX: usize = 32;
/// Files that were written by one of them.
const FILES_MAX: usize = 64;
/// Of those that a pattern matches.
const NAMES_MAX: usize = 16;
/// What else goes on: each is looked for in the text of every later call.
const WORDS_MAX: usize = 16;

/// What another agent says may be from anywhere.
const TOLD: &str = camille_bank::TOLD;

/// Something, and what places it holds something of.
type Holding = (String, Vec<String>);

/// What a part holds of other places.
#[derive(Debug, Default)]
pub(super) struct Holds {
    /// Those that it names, or goes on from.
    pub(super) places: Vec<String>,
    /// Those of which it says something word for word that is not in the bank.
    pub(super) quotes: Vec<String>,
    /// What it copied.
    copied: Vec<Copied>,
    /// What the call that it answers gave another content.
    renewed: Vec<Renewed>,
}

impl Holds {
    /// What is told of its session besides.
    pub(super) fn news(&mut self, part: &Part) -> Option<SessionUpdate> {
        if self.copied.is_empty() && self.renewed.is_empty() {
            return None;
        }
        Some(SessionUpdate {
            copied: std::mem::take(&mut self.copied),
            renewed: std::mem::take(&mut self.renewed),
            ..SessionUpdate::new(part.agent, part.session.clone())
        })
    }
}

/// What is remembered of one file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Outside {
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    calls: VecDeque<Holding>,
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    files: VecDeque<Holding>,
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    words: VecDeque<Holding>,
    #[serde(skip_serializing_if = "Carried::is_empty")]
    carried: Carried,
    /// Calls that take another content to paths, and whether nothing is left of these.
    #[serde(skip_serializing_if = "VecDeque::is_empty")]
    renews: VecDeque<(String, String, bool)>,
}

impl Outside {
    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
            && self.files.is_empty()
            && self.words.is_empty()
            && self.carried.is_empty()
            && self.renews.is_empty()
    }

    /// Whether a part holds something, although it names no other place.
    pub(super) fn begins(part: &Part) -> bool {
        part.told || copied::may(part)
    }

    /// Remembers what a record says that makes no part. `named`: the places that it names.
    pub(super) fn beside(&mut self, touch: &Touch, named: &[String]) {
        let mut places = named.to_vec();
        if touch.told {
            add_all(&mut places, [TOLD.to_owned()]);
        }
        self.unseen(&touch.text, &places);
    }

    /// Remembers a text that holds something of these places and does not come into the bank: of what does, the bank
    /// knows who quotes it.
    pub(super) fn unseen(&mut self, text: &str, places: &[String]) {
        if !text.is_empty() && !places.is_empty() {
            self.carried.keep(text, places);
        }
    }

    /// All places that a part holds something of. `named`: those that it names itself.
    pub(super) fn of_part(
        &mut self,
        part: &Part,
        named: Vec<String>,
        cwd: Option<&str>,
        (resolver, base): (&ProjectResolver, Base<'_>),
    ) -> Holds {
        let mut places = self.places_of(part, named, cwd, resolver);
        let renewed = self.renewed(part);
        let mut copied = Vec::new();
        if part.role == PartRole::Input && (!places.is_empty() || copied::may(part)) {
            for Renewed { path, removed, .. } in copied::renewed_by(part, &places, cwd, resolver) {
                self.renews.truncate(CALLS_MAX - 1);
                self.renews.push_front((part.native_key.clone(), path, removed));
            }
            copied = copied::of_call(part, &places, cwd, resolver, base);
        }
        let mut quotes = Vec::new();
        if part.kind != DocumentKind::Tool {
            quotes = self.carried.quoted(&part.text);
            if part.told && part.parent_session.is_none() {
                add_all(&mut places, [TOLD.to_owned()]);
            }
        }
        Holds { places, quotes, copied, renewed }
    }

    /// What a call gave another content, once a result answers it. Of what only removes, the result may be empty and make
    /// no part: it is done when the session goes on.
    fn renewed(&mut self, part: &Part) -> Vec<Renewed> {
        let is_result = matches!(part.role, PartRole::Output | PartRole::Error);
        let mut renewed = Vec::new();
        self.renews.retain(|(call, path, removed)| {
            let is_it = *call == part.native_key;
            let is_done = if is_result { is_it } else { !is_it && *removed };
            if is_done && part.role != PartRole::Error {
                let (path, removed) = (path.clone(), *removed);
                renewed.push(Renewed { path, removed, time: part.timestamp });
            }
            !is_done
        });
        renewed
    }

    /// The places that a call names, or goes on from.
    fn places_of(
        &mut self,
        part: &Part,
        named: Vec<String>,
        cwd: Option<&str>,
        resolver: &ProjectResolver,
    ) -> Vec<String> {
        let mut places = named;
        if part.kind != DocumentKind::Tool {
            return places;
        }
        if part.role == PartRole::Input {
            let real = |place: &Mention| {
                let real = resolver.real(&place.path, cwd);
                real.map_or(place.path.clone(), |real| real.to_string_lossy().into_owned())
            };
            if !self.files.is_empty() {
                let paths: Vec<String> = part.places.iter().map(real).collect();
                let is_of = |file: &str| paths.iter().any(|path| Path::new(path).starts_with(file));
                add(&mut places, self.files.iter().filter(|(file, _)| is_of(file)));
            }
            let is_asked = |word: &str| part.text.contains(word) && Ignored::asks(&part.text, word);
            add(&mut places, self.words.iter().filter(|(word, _)| is_asked(word)));
            if !places.is_empty() {
                let written = written(&part.places, cwd, resolver, &real);
                keep(&mut self.files, FILES_MAX, written, &places);
                keep(&mut self.words, WORDS_MAX, Ignored::carried_by_call(&part.text), &places);
                keep(&mut self.calls, CALLS_MAX, vec![part.native_key.clone()], &places);
            }
        } else {
            add(&mut places, self.calls.iter().filter(|(call, _)| *call == part.native_key));
            if !places.is_empty() {
                keep(&mut self.words, WORDS_MAX, Ignored::carried(&part.text), &places);
            }
        }
        places
    }
}

/// The files that a call wrote, or may have: what it names that nothing shows to have been there. Where it wrote into a
/// directory that the session is in, not all of that is from elsewhere: only what is called like what it read.
fn written(
    mentions: &[Mention],
    cwd: Option<&str>,
    resolver: &ProjectResolver,
    real: &dyn Fn(&Mention) -> String,
) -> Vec<String> {
    let known = || mentions.iter().filter(|place| place.unknown.is_none());
    let mut written = Vec::new();
    for place in known() {
        let path = real(place);
        let is_written = matches!(place.doing, Doing::Wrote | Doing::Made);
        if !is_written {
            let may_be =
                place.doing != Doing::Ran && !matches!(place.reach, Reach::Matching { .. });
            if may_be && resolver.may_be_new(&path) {
                written.push(path);
            }
            continue;
        }
        if path == "/dev" || path.starts_with("/dev/") {
            continue;
        }
        let Some(cwd) = cwd.filter(|cwd| Path::new(cwd).starts_with(&path)) else {
            written.push(path);
            continue;
        };
        for read in known().filter(|place| matches!(place.doing, Doing::Read | Doing::Ran)) {
            let mut paths = resolver.matched(read, cwd);
            paths.push(read.path.clone().into());
            let names = paths.iter().filter_map(|path| path.file_name());
            let names = names.take(NAMES_MAX);
            written.extend(names.map(|name| Path::new(&path).join(name).to_string_lossy().into()));
        }
    }
    written
}

fn add_all(places: &mut Vec<String>, more: impl IntoIterator<Item = String>) {
    for place in more {
        if !places.contains(&place) {
            places.push(place);
        }
    }
}

fn add<'h>(places: &mut Vec<String>, holding: impl Iterator<Item = &'h Holding>) {
    for place in holding.flat_map(|(_, places)| places) {
        if !places.contains(place) {
            places.push(place.clone());
        }
    }
}

fn keep(list: &mut VecDeque<Holding>, max: usize, things: Vec<String>, places: &[String]) {
    for thing in things {
        match list.iter_mut().find(|(known, _)| *known == thing) {
            Some((_, known)) => add(known, std::iter::once(&(String::new(), places.to_vec()))),
            None => {
                list.truncate(max - 1);
                list.push_front((thing, places.to_vec()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::{Memory, Named};
    use crate::source::SourceFile;
    use camille_ingest::redact::{Redactor, Settings};
    use camille_ingest::transcript::{Record, read_line};
    use camille_proto::vocabulary::Agent;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;
    use std::fs;

    fn bash(command: &str) -> (&'static str, Value) {
        ("Bash", json!({ "command": command }))
    }

    /// The repository `api`, beside `payroll`.
    fn repositories() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for repository in ["api", "payroll"] {
            fs::create_dir_all(root.path().join(repository).join(".git")).unwrap();
            fs::write(root.path().join(repository).join(".git/HEAD"), "ref: refs/heads/main\n")
                .unwrap();
            fs::write(root.path().join(repository).join("plan.txt"), "plan").unwrap();
        }
        root
    }

    fn record(id: &str, role: &str, content: Value) -> Value {
        json!({
            "type": role, "uuid": id, "sessionId": "s", "timestamp": "2026-03-02T10:00:00Z",
            "message": { "role": role, "content": content },
        })
    }

    /// Of each part of these records, in order, its document and whether it holds something of another place.
    fn read(cwd: &Path, records: &[Value]) -> Vec<(String, bool)> {
        let path = cwd.join("claude/projects/p/s.jsonl");
        let name = path.to_string_lossy().into_owned();
        let file = SourceFile { path, name, size: 0, compressed: false };
        let (resolver, redactor) = (ProjectResolver::default(), Redactor::new(Settings::default()));
        let mut memory = Memory::new(Agent::ClaudeCode, &file.path);
        let (mut offset, mut found) = (0, Vec::new());
        for record in records {
            let mut record = record.clone();
            record["cwd"] = json!(cwd);
            let line = record.to_string();
            let mut records = Vec::new();
            let each = &mut |record| records.push(record);
            read_line(&mut memory.cursor, &redactor, line.as_bytes(), offset, each);
            offset += line.len() as u64;
            for record in records {
                if let Record::Touch(touch) = &record {
                    let touched = memory.touches(Named::of(touch), &resolver, &file);
                    memory.outside.beside(touch, &touched.places);
                }
                let Record::Part(part) = record else { continue };
                let touched = memory.touches(Named::of_part(&part), &resolver, &file);
                let holds = memory.holds(&part, touched.places, &resolver);
                found.push((part.native_key, !holds.places.is_empty()));
            }
            // As between two runs.
            memory = Memory::from_text(&memory.to_text()).unwrap();
        }
        found
    }

    /// Of each call, in order, whether it or its result holds something of another place. In the repository `api`,
    /// beside `payroll`.
    fn held(calls: &[((&str, Value), &str)]) -> Vec<bool> {
        let root = repositories();
        let cwd = root.path().join("api");
        let mut lines = Vec::new();
        for (number, ((tool, input), output)) in calls.iter().enumerate() {
            let used = json!([{ "type": "tool_use", "id": format!("t{number}"), "name": tool, "input": input }]);
            let gave = json!([{ "type": "tool_result", "tool_use_id": format!("t{number}"), "content": output }]);
            for (role, content) in [("assistant", used), ("user", gave)] {
                lines.push(record(&format!("{number}-{role}"), role, content));
            }
        }
        let mut found: BTreeMap<String, bool> = BTreeMap::new();
        for (key, is_held) in read(&cwd, &lines) {
            *found.entry(key).or_default() |= is_held;
        }
        assert_eq!(found.len(), calls.len(), "{found:?}");
        found.into_values().collect()
    }

    #[test]
    fn what_goes_on_from_another_place_is_of_it() {
        let saved = "<persisted-output>\nOutput too large. Full output saved to: /h/.claude/projects/p/s/tool-results/b7.txt\n";
        let runs = "Command running in background with ID: b9x2";
        for (first, gave, then) in [
            (bash("cat ../payroll/plan.txt > notes.txt"), "", bash("head notes.txt")),
            (bash("cp -r ../payroll backup"), "", bash("cat backup/plan.txt")),
            (bash("cp ../payroll/*.txt ."), "", bash("cat plan.txt")),
            (bash("tar czf /tmp/p.tgz -C ../payroll ."), "", bash("tar xzOf /tmp/p.tgz")),
            (bash("dd if=../payroll/plan.txt of=d.out"), "", bash("strings d.out")),
            (bash("cp ../payroll/plan.txt ."), "", ("Read", json!({ "file_path": "plan.txt" }))),
            (bash("cp ../payroll/plan.txt /tmp/x.txt"), "", bash("grep a /tmp/x.txt")),
            (
                bash("cat ../payroll/*"),
                saved,
                ("Read", json!({ "file_path": "/h/.claude/projects/p/s/tool-results/b7.txt" })),
            ),
            (
                ("Bash", json!({ "command": "tail -f ../payroll/log", "run_in_background": true })),
                runs,
                ("BashOutput", json!({ "bash_id": "b9x2" })),
            ),
        ] {
            let own = (bash("cat README.md"), "api");
            let calls = [(first.clone(), gave), own.clone(), (then.clone(), "salary"), own];
            assert_eq!(held(&calls), [true, false, true, false], "{first:?} {then:?}");
        }
    }

    #[test]
    fn what_only_looks_alike_is_not() {
        for calls in [
            [bash("cat notes.txt"), bash("head notes.txt")],
            [bash("cp notes.txt /tmp/x.txt"), bash("cat /tmp/x.txt")],
            [bash("sleep 9 & echo ID: b9x2"), ("BashOutput", json!({ "bash_id": "b9x2" }))],
        ] {
            let [first, then] = calls;
            assert_eq!(held(&[(first, "ID: b9x2"), (then, "x")]), [false, false]);
        }
        // What was written elsewhere in the repository is of the repository.
        let calls =
            [bash("cp ../payroll/plan.txt ."), bash("cat README.md"), bash("cat plan.txt.bak")];
        assert_eq!(held(&calls.map(|call| (call, ""))), [true, false, false]);
    }
}
