//! The pages of docs/ that follow from the code: the commands and the configuration.
//!
//! Pure: text in, text out. A test compares them with what is checked in.

use crate::config::VARIABLES;
use crate::config::key::{KEYS, Preset};
use crate::failure::Exit;
use std::fmt::Write;

/// Lines of help have this many columns at most.
const WIDTH: usize = 100;

/// The file names and texts.
pub(crate) fn pages(cli: clap::Command) -> [(&'static str, String); 2] {
    [("cli.md", commands(cli)), ("configuration.md", configuration())]
}

const NOTE: &str = "<!-- Made by `cargo run -- generate-docs docs`. Change the code instead. -->\n";

fn commands(cli: clap::Command) -> String {
    let mut cli = cli.term_width(WIDTH).disable_help_subcommand(true);
    cli.build();
    let mut text = format!("{NOTE}\n# Commands\n\n");
    text.push_str("Answers go to standard output, everything else to standard error.\n\n");
    text.push_str("| exit code | meaning |\n|---|---|\n");
    for (exit, meaning) in Exit::MEANINGS {
        let _ = writeln!(text, "| {} | {meaning} |", exit.code());
    }
    section(&mut text, &mut cli, 2);
    text
}

fn section(text: &mut String, command: &mut clap::Command, depth: usize) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.trim().lines().map(str::trim_end).collect();
    let _ = write!(text, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(depth), lines.join("\n"));
    for inner in command.get_subcommands_mut() {
        if !inner.is_hide_set() && inner.get_name() != "help" {
            section(text, inner, (depth + 1).min(4));
        }
    }
}

fn configuration() -> String {
    let mut text = format!("{NOTE}\n# Configuration\n\n");
    text.push_str(
        "Defaults come first, then `config.toml` in camille's home, then the environment, then flags\n\
         (`--set mesh.ttl=2` works with every command). `camille config` shows each key with its value and where\n\
         it comes from; `camille config set KEY VALUE` changes the file and keeps its comments. An unknown key is\n\
         an error that names the nearest known one.\n",
    );
    let mut section = "";
    for key in KEYS {
        if key.section != section {
            section = key.section;
            let _ = write!(
                text,
                "\n## [{section}]\n\n| key | takes | default | |\n|---|---|---|---|\n"
            );
        }
        let preset = match key.preset {
            Preset::Value(typed) => format!("`{typed}`"),
            Preset::Found(words) => words.into(),
        };
        let _ = writeln!(text, "| `{}` | {} | {preset} | {} |", key.name, key.takes(), key.doc);
    }
    text.push_str(
        "\n## Environment\n\nEvery key above is also `CAMILLE_<SECTION>_<KEY>`, such as `CAMILLE_MESH_TTL`; lists are\n\
         separated by commas. Besides:\n\n| variable | |\n|---|---|\n",
    );
    for (name, what) in VARIABLES {
        let _ = writeln!(text, "| `{name}` | {what} |");
    }
    text
}
