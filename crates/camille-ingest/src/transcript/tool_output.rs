//! Reads what harnesses wrap around the output of a tool.

use super::field::Text;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The name of a shell or task that goes on in the background.
static RUNNING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:ID|session_id|task_id)[: ]+([A-Za-z0-9_-]{1,64})")
        .expect("a constant pattern")
});

/// Output as Codex stores it, without its wrapping.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Output<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) is_error: bool,
}

/// The shell or task that the output says is still running; its later output belongs to the same call.
pub(super) fn running_shell(output: &str) -> Option<&str> {
    Some(RUNNING.captures(output)?.get(1)?.as_str())
}

/// Unwraps `{"output": …, "metadata": {"exit_code": …}}`, and the lines that Codex puts before `Output:`.
pub(super) fn unwrap(output: &str) -> Output<'_> {
    #[derive(serde::Deserialize)]
    struct Wrapped<'a> {
        #[serde(borrow)]
        output: Text<'a>,
        #[serde(default)]
        metadata: Metadata,
    }
    #[derive(Default, serde::Deserialize)]
    struct Metadata {
        #[serde(default)]
        exit_code: i64,
    }
    if output.starts_with('{')
        && let Ok(Wrapped { output: Text(Some(text)), metadata }) = serde_json::from_str(output)
    {
        return Output { text, is_error: metadata.exit_code != 0 };
    }
    let head_end = output
        .match_indices("Output:\n")
        .map(|(at, _)| at)
        .find(|at| *at == 0 || output.as_bytes()[at - 1] == b'\n');
    if let Some(at) = head_end
        && let (head, text) = (&output[..at], &output[at + "Output:\n".len()..])
        && (head.contains("Wall time:") || head.contains("Exit code:"))
    {
        let failed = |mark: &str| {
            head.lines().any(|l| l.strip_prefix(mark).is_some_and(|code| code.trim() != "0"))
        };
        let is_error = failed("Process exited with code ") || failed("Exit code: ");
        return Output { text: Cow::Borrowed(text), is_error };
    }
    Output { text: Cow::Borrowed(output), is_error: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_goes() {
        for (output, text, is_error) in [
            ("plain", "plain", false),
            (r#"{"output":"a\nb","metadata":{"exit_code":2}}"#, "a\nb", true),
            (r#"{"output":"a"}"#, "a", false),
            (r#"{"a":1}"#, r#"{"a":1}"#, false),
            (
                "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 0\nOutput:\nx\n",
                "x\n",
                false,
            ),
            ("Exit code: 101\nWall time: 1 seconds\nOutput:\nerror[E0308]", "error[E0308]", true),
            ("The Output:\nis", "The Output:\nis", false),
        ] {
            assert_eq!(unwrap(output), Output { text: text.into(), is_error }, "{output}");
        }
    }

    #[test]
    fn shells_in_the_background_are_named() {
        assert_eq!(
            running_shell("Command running in background with ID: b0be39e. O"),
            Some("b0be39e")
        );
        assert_eq!(running_shell("Process running with session ID 4711\nOutput:"), Some("4711"));
        assert_eq!(running_shell("done"), None);
    }
}
