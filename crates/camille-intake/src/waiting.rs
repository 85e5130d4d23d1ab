//! What calls touched whose results did not come yet. A call that failed because what it asked for was not there read
//! nothing of it, whatever stands there by now. What a call touched is told with its result, and at the latest before
//! what was read is handed over.

use super::told::Told;
use camille_bank::{SessionUpdate, Touch};
use camille_ingest::place::{Absent, absent};
use camille_ingest::transcript::{Part, PartRole};
use camille_proto::vocabulary::{Agent, DocumentKind};
use std::collections::HashMap;
use std::path::Path;

/// Calls that wait; with one more all of them are told.
const CALLS_MAX: usize = 64;

/// Signs that a command may do more with a path than its error says: it moves it away before it asks for it, goes through
/// many, or keeps other errors to itself.
const MORE: &[&str] = &[
    "mv ",
    "rm ",
    "rename",
    "unlink",
    "trash",
    "remove",
    "move",
    "for ",
    "while ",
    "until ",
    "xargs",
    "parallel",
    "-exec",
    "eval",
    "/dev/null",
];

/// A place that a call touched.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) touch: Touch,
    /// The path as it is on the disk, by its text, and what belongs to the same place.
    pub(super) paths: Vec<String>,
    /// Whether it read all of the directory.
    pub(super) walked: bool,
}

/// A call and what it touched.
#[derive(Debug)]
struct Call {
    agent: Agent,
    session: String,
    project: String,
    key: String,
    text: String,
    held: Vec<Held>,
}

/// The calls that wait.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Call>);

impl Waiting {
    /// A call of a session in `project` touched places.
    pub(super) fn call(&mut self, part: &Part, project: &str, held: Vec<Held>) {
        self.0.push(Call {
            agent: part.agent,
            session: part.session.clone(),
            project: project.to_owned(),
            key: part.native_key.clone(),
            text: part.text.clone(),
            held,
        });
    }

    /// Whether so many wait that they are told now.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= CALLS_MAX
    }

    /// A result may have come: tells what its call touched. `real`: where a path leads.
    pub(super) fn answered(
        &mut self,
        part: &Part,
        told: &mut HashMap<String, Told>,
        real: impl Fn(&str) -> Option<String>,
    ) -> Option<SessionUpdate> {
        let is_result = part.kind == DocumentKind::Tool && part.role != PartRole::Input;
        if self.0.is_empty() || !is_result {
            return None;
        }
        let of_part = |call: &Call| call.key == part.native_key && call.session == part.session;
        let mut call = self.0.remove(self.0.iter().position(of_part)?);
        if let Some(absent) = absent(&part.text) {
            let Call { text, held, .. } = &mut call;
            held.retain(|held| !is_void(text, held, &absent, &real));
        }
        call.tell(told)
    }

    /// Nothing says what came of those that wait.
    pub(super) fn end(&mut self, told: &mut HashMap<String, Told>) -> Vec<SessionUpdate> {
        std::mem::take(&mut self.0).into_iter().filter_map(|call| call.tell(told)).collect()
    }
}

impl Call {
    fn tell(self, told: &mut HashMap<String, Told>) -> Option<SessionUpdate> {
        let told = told.entry(self.session.clone()).or_default();
        let at = self.held.iter().find_map(|held| held.touch.time);
        for held in self.held {
            let Touch { project, how, path, time } = held.touch;
            told.touch(project, how, &path, time);
            if held.walked {
                told.walked(held.paths.first());
            }
            told.inside(held.paths);
        }
        told.end().map(|new| SessionUpdate {
            project: Some(self.project),
            touched: new.touched,
            inside: new.inside,
            walked: new.walked,
            at,
            ..SessionUpdate::new(self.agent, self.session)
        })
    }
}

/// Whether a call did nothing with a place that it names, because that was not there.
fn is_void(
    call: &str,
    held: &Held,
    absent: &Absent,
    real: &dyn Fn(&str) -> Option<String>,
) -> bool {
    if MORE.iter().any(|sign| call.contains(sign)) {
        return false;
    }
    if absent.unnamed {
        // A tool that reads one file says so; a command may have named another one.
        return absent.paths.is_empty() && !call.contains([' ', '\n']);
    }
    absent.paths.iter().any(|path| {
        let says = absent.paths.iter().filter(|other| *other == path).count();
        let is_below = |of: &str, path: &str| Path::new(of).starts_with(path);
        let is_it = real(path).is_some_and(|real| held.paths.iter().any(|of| is_below(of, &real)));
        // Of one that is named more often than it failed, something may have been read.
        (is_it || is_below(&held.touch.path, path)) && call.matches(path.as_str()).count() <= says
    })
}

#[cfg(test)]
mod tests {
    use crate::convert::{Memory, Named};
    use crate::project::ProjectResolver;
    use crate::source::SourceFile;
    use camille_ingest::redact::{Redactor, Settings};
    use camille_ingest::transcript::{Record, read_line};
    use camille_proto::vocabulary::Agent;
    use serde_json::{Value, json};
    use std::fs;

    /// Whether a session in `api` has touched `payroll` beside it, by calls of tools and their results. No result: none
    /// came. `there`: whether `payroll` is there by now.
    fn touches(calls: &[(&str, Value, Option<&str>)], there: bool) -> bool {
        let root = tempfile::tempdir().unwrap();
        for repository in ["api", "payroll"].into_iter().take(1 + usize::from(there)) {
            fs::create_dir_all(root.path().join(repository).join(".git")).unwrap();
            fs::write(root.path().join(repository).join(".git/HEAD"), "ref: refs/heads/main\n")
                .unwrap();
            fs::write(root.path().join(repository).join("plan.txt"), "plan").unwrap();
        }
        let cwd = root.path().join("api").to_string_lossy().into_owned();
        let whole = |text: &str| text.replace("$ROOT", &root.path().to_string_lossy());
        let path = root.path().join("claude/projects/p/s.jsonl");
        let name = path.to_string_lossy().into_owned();
        let file = SourceFile { path, name, size: 0, compressed: false };
        let (resolver, redactor) = (ProjectResolver::default(), Redactor::new(Settings::default()));
        let mut memory = Memory::new(Agent::ClaudeCode, &file.path);
        let mut updates = Vec::new();
        let mut offset = 0;
        for (number, (tool, input, output)) in calls.iter().enumerate() {
            let id = format!("t{number}");
            let input: Value = serde_json::from_str(&whole(&input.to_string())).unwrap();
            let used = json!([{ "type": "tool_use", "id": id, "name": tool, "input": input }]);
            let gave = output.map(|output| {
                json!([{ "type": "tool_result", "tool_use_id": id, "content": whole(output) }])
            });
            for (role, content) in [("assistant", Some(used)), ("user", gave)] {
                let Some(content) = content else { continue };
                let line = json!({
                    "type": role, "uuid": format!("{number}-{role}"), "sessionId": "s", "cwd": cwd,
                    "timestamp": "2026-03-02T10:00:00Z", "message": { "role": role, "content": content },
                });
                let line = line.to_string();
                let mut records = Vec::new();
                let each = &mut |record| records.push(record);
                read_line(&mut memory.cursor, &redactor, line.as_bytes(), offset, each);
                offset += line.len() as u64;
                for record in records {
                    let Record::Part(part) = record else { continue };
                    updates.extend(memory.answered(&part, &resolver));
                    updates.extend(memory.touches(Named::of_part(&part), &resolver, &file).news);
                }
            }
        }
        updates.extend(memory.unanswered());
        updates.iter().any(|update| !update.touched.is_empty())
    }

    fn bash(command: &str) -> (&'static str, Value) {
        ("Bash", json!({ "command": command, "description": "looks" }))
    }

    fn read(path: &str) -> (&'static str, Value) {
        ("Read", json!({ "file_path": path }))
    }

    #[test]
    fn a_call_that_failed_by_absence_read_nothing() {
        let not_there = "No such file or directory";
        for ((tool, input), result) in [
            (read("$ROOT/payroll/gone.csv"), "File does not exist."),
            (
                read("../payroll/gone.csv"),
                "File does not exist. Note: your current working directory is $ROOT/api.",
            ),
            (
                ("Read", json!({ "file_path": "../payroll/gone.csv", "offset": 1, "limit": 9 })),
                "File does not exist.",
            ),
            (
                bash("cat ../payroll/gone.csv"),
                &format!("Exit code 1\ncat: ../payroll/gone.csv: {not_there}"),
            ),
            (
                bash("cat $ROOT/payroll/gone.csv"),
                &format!("cat: $ROOT/payroll/gone.csv: {not_there}"),
            ),
            (
                bash("ls -la ../payroll/old"),
                &format!("ls: cannot access '../payroll/old': {not_there}"),
            ),
            (
                bash("cd ../payroll/old && cat x"),
                &format!("bash: line 1: cd: ../payroll/old: {not_there}"),
            ),
            (
                bash("git -C ../payroll/old log"),
                &format!("fatal: cannot change to '../payroll/old': {not_there}"),
            ),
            (
                bash("head ../payroll/a ../payroll/b"),
                &format!(
                    "head: cannot open '../payroll/a' for reading: {not_there}\nhead: cannot open '../payroll/b' for reading: {not_there}"
                ),
            ),
            (
                ("Grep", json!({ "pattern": "x", "path": "../payroll/old" })),
                "Path does not exist: ../payroll/old",
            ),
        ] {
            for there in [true, false] {
                let calls = [(tool, input.clone(), Some(result))];
                assert!(!touches(&calls, there), "{tool} {input} {result} {there}");
                // It does when it is asked for once more, and something comes.
                let again =
                    [(tool, input.clone(), Some(result)), (tool, input.clone(), Some("ana,1"))];
                assert!(touches(&again, there), "{tool} {input}");
                assert!(touches(&[(tool, input.clone(), None)], there), "{tool} {input}");
            }
        }
    }

    #[test]
    fn a_call_that_may_have_read_something_did() {
        for (command, result) in [
            (
                "cat ../payroll/a ../payroll/b",
                "ana,1\ncat: ../payroll/b: No such file or directory",
            ),
            ("cat ../payroll/a; cat ../payroll/b", "cat: ../payroll/b: No such file or directory"),
            ("cp ../payroll/a .; ls ../payroll/b", "ls: ../payroll/b: No such file or directory"),
            ("mv ../payroll/a .; ls ../payroll/a", "ls: ../payroll/a: No such file or directory"),
            ("cp ../payroll/a b; ls ../payroll/a", "ls: ../payroll/a: No such file or directory"),
            ("cat ../payroll/a 2>/dev/null; cat x", "cat: x: No such file or directory"),
            ("cd ../payroll && cat x", "cat: x: No such file or directory"),
            ("cat ../payroll/a", "File does not exist."),
            ("cat ../payroll/a", ""),
            (
                "for f in ../payroll/a; do cat $f b; done",
                "cat: ../payroll/a: No such file or directory",
            ),
        ] {
            let (tool, input) = bash(command);
            assert!(touches(&[(tool, input, Some(result))], true), "{command}");
        }
        // What another call asked for beside it.
        let (absent, gave) = (read("../payroll/gone.csv"), read("../payroll/plan.txt"));
        let calls =
            [(absent.0, absent.1, Some("File does not exist.")), (gave.0, gave.1, Some("1\tplan"))];
        assert!(touches(&calls, true));
    }
}
