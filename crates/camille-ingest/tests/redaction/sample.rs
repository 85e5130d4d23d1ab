//! Samples of secrets, made up from the patterns in `kinds.toml`. The evaluation uses this file, too.

use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

const KINDS: &str = include_str!("kinds.toml");
/// Samples of each kind.
const SAMPLES: usize = 20;

#[derive(serde::Deserialize)]
struct File {
    kind: Vec<Kind>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kind {
    pub(crate) name: String,
    pub(crate) from: String,
    pattern: String,
    #[serde(default, rename = "in")]
    around: Option<String>,
}

/// A secret and the text it is known by.
pub(crate) struct Sample {
    pub(crate) secret: String,
    pub(crate) text: String,
}

/// All kinds.
pub(crate) fn kinds() -> Vec<Kind> {
    toml::from_str::<File>(KINDS).expect("a list of kinds").kind
}

impl Kind {
    /// The same at every run.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let strategy = string_regex(&self.pattern).expect("a pattern");
        let mut runner = TestRunner::deterministic();
        (0..SAMPLES)
            .map(|_| {
                let secret = strategy.new_tree(&mut runner).expect("a sample").current();
                let around = self.around.as_deref().unwrap_or("{}");
                let text = around.replace("{}", &secret);
                Sample { secret, text }
            })
            .collect()
    }
}

/// Whether more of a secret than its first and last letters is left in a text, with real line ends or escaped
/// ones: no eight letters in a row of its middle.
pub(crate) fn is_left(secret: &str, text: &str) -> bool {
    let middle: Vec<char> = secret.chars().filter(|c| !c.is_whitespace()).skip(6).collect();
    middle.windows(8).any(|part| {
        let part: String = part.iter().collect();
        !part.contains("PRIVATE") && text.contains(&part)
    })
}

/// The ways a text is hidden in another.
pub(crate) fn hidings(text: &str) -> Vec<(&'static str, String)> {
    let in_json = serde_json::to_string(text).expect("a string");
    let in_json = &in_json[1..in_json.len() - 1];
    let twice = serde_json::to_string(in_json).expect("a string");
    let numbered: String = text
        .lines()
        .enumerate()
        .map(|(at, line)| format!("{:>6}\u{2192}{line}\n", at + 1))
        .collect();
    vec![
        ("alone", text.to_owned()),
        ("prose", format!("Please use {text} for the deployment, it works.")),
        ("end of a sentence", format!("Use this: {text}")),
        ("json", format!(r#"{{"command": "{in_json}", "timeout": 3}}"#)),
        ("json within json", format!(r#"{{"body": "{{\"x\": {}}}"}}"#, &twice[1..twice.len() - 1])),
        ("a file with line numbers", numbered),
        ("a diff", text.lines().map(|line| format!("+{line}\n")).collect()),
        ("windows line ends", format!("first\r\n{}\r\nlast\r\n", text.replace('\n', "\r\n"))),
        ("escaped windows line ends", format!(r"first\r\n{}\r\nlast", text.replace('\n', r"\r\n"))),
        ("backticks", format!("`{text}`")),
        ("a shell command", format!("echo '{text}' | pbcopy && true")),
        ("markdown", format!("- **{text}**\n")),
        ("two in a row", format!("{text} {text}")),
        ("unicode beside it", format!("\u{201e}{text}\u{201c} \u{e9}")),
    ]
}
