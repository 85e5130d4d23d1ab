//! The ways in which a tool, an agent or a person touches something outside of the repository at hand.

use crate::disk::text;
use serde_json::{Value, json};
use std::path::Path;

/// How something was done in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    /// The record itself was made there.
    Cwd,
    /// A tool reads a file by its path.
    Read,
    /// A search in the directory.
    Search,
    /// A file is edited.
    Edit,
    /// A tool that nobody knows gets a list of paths.
    Many,
    /// A notebook.
    Notebook,
    /// A patch of several files.
    Patch,
    /// A command with the file's path.
    Cat,
    /// A command after a change of directory.
    Cd,
    /// `git -C`.
    Git,
    /// `tar -C`.
    Tar,
    /// A redirection.
    Redirect,
    /// A variable that the command itself sets.
    Variable,
    /// A path that only the result names.
    Found,
    /// A path that goes up first.
    Relative,
    /// A command with a directory of its own.
    Workdir,
    /// A person gives a file along.
    Prompt,
    /// The editor says what a person has selected.
    Selected,
}

pub(crate) const TOUCHES: [Touch; 18] = [
    Touch::Cwd,
    Touch::Read,
    Touch::Search,
    Touch::Edit,
    Touch::Many,
    Touch::Notebook,
    Touch::Patch,
    Touch::Cat,
    Touch::Cd,
    Touch::Git,
    Touch::Tar,
    Touch::Redirect,
    Touch::Variable,
    Touch::Found,
    Touch::Relative,
    Touch::Workdir,
    Touch::Prompt,
    Touch::Selected,
];

/// A call of a tool.
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    pub(crate) input: Value,
    /// The same as a command.
    pub(crate) command: String,
    /// Where the command runs, if it says so.
    pub(crate) workdir: Option<String>,
    pub(crate) output: String,
}

impl Touch {
    /// The call; `None` for what is none. `from`: the directory at hand.
    pub(crate) fn call(self, place: &Path, from: &Path, says: &str) -> Option<Call> {
        let p = text(place);
        let file = format!("{p}/plan.txt");
        let shell = |command: String| (("Bash", json!({ "command": command })), command);
        let tool = |name, input, command| ((name, input), command);
        let mut output = says.to_owned();
        let mut workdir = None;
        let ((tool, input), command) = match self {
            Self::Prompt | Self::Selected => return None,
            Self::Cwd => shell("cat plan.txt".into()),
            Self::Read => {
                tool("Read", json!({ "file_path": file }), format!("sed -n 1,80p {file}"))
            }
            Self::Search => tool(
                "Grep",
                json!({ "pattern": "plan", "path": p, "output_mode": "content" }),
                format!("rg -n plan {p}"),
            ),
            Self::Edit => tool(
                "MultiEdit",
                json!({ "file_path": file, "edits": [{ "old_string": "a", "new_string": "b" }] }),
                patch(&[&file]),
            ),
            Self::Many => tool(
                "mcp__fs__read_multiple_files",
                json!({ "paths": ["README.md", file] }),
                format!("head README.md {file}"),
            ),
            Self::Notebook => tool(
                "NotebookEdit",
                json!({ "notebook_path": format!("{p}/plan.ipynb"), "new_source": "1" }),
                format!("jq . {p}/plan.ipynb"),
            ),
            Self::Patch => {
                let patch = patch(&["README.md", &file]);
                tool("apply_patch", json!({ "input": patch }), patch)
            }
            Self::Cat => shell(format!("cat {file} | head -3")),
            Self::Cd => shell(format!("cd {p} && cat plan.txt")),
            Self::Git => shell(format!("git -C {p} show HEAD:plan.txt")),
            Self::Tar => shell(format!("tar -C {p} -cf - plan.txt")),
            Self::Redirect => shell(format!("sort -u < {file}")),
            Self::Variable => shell(format!("D={p}; for f in plan; do cat \"$D/$f.txt\"; done")),
            Self::Found => {
                output = format!("{file}:3:{says}");
                shell("./scripts/find-plan".into())
            }
            Self::Relative => shell(format!("cat {}/plan.txt", relative(place, from))),
            Self::Workdir => {
                workdir = Some(p.clone());
                let input = json!({ "command": "cat plan.txt", "workdir": p });
                (("mcp__shell__run", input), "cat plan.txt".to_owned())
            }
        };
        Some(Call { tool, input, command, workdir, output })
    }
}

impl Touch {
    /// What a person says, with what is put before it, of what is no call.
    pub(crate) fn prompt(self, place: &Path, is_claude: bool, says: &str) -> String {
        let file = format!("{}/plan.txt", text(place));
        match (self, is_claude) {
            (Self::Selected, true) => format!(
                "<ide_selection>The user selected the lines 1 to 2 from {file}:\nplan\n\nThis may be related.\n</ide_selection>\n{says}"
            ),
            (Self::Selected, false) => format!(
                "# Context from my IDE setup:\n\n## Active file: {file}\n\n## Active selection of the file:\nplan\n\n## My request for Codex:\n{says}"
            ),
            _ => format!("{says}: see @{file}"),
        }
    }
}

fn patch(files: &[&str]) -> String {
    let hunks: Vec<String> =
        files.iter().map(|file| format!("*** Update File: {file}\n@@\n-a\n+b\n")).collect();
    format!("*** Begin Patch\n{}*** End Patch", hunks.concat())
}

/// The way from one directory to another.
fn relative(place: &Path, from: &Path) -> String {
    let shared = place.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().count() - shared;
    let down: std::path::PathBuf = place.components().skip(shared).collect();
    format!("{}{}", "../".repeat(up), text(&down))
}
