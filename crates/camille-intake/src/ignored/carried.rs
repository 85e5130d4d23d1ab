//! What goes on from a tool call that is kept out: files in which its output was put, and commands that it left running.

/// What is in the name of a file that a harness put output in. None is of two words.
const MARKS: [&str; 3] = ["/tool-results/", "/tasks/", ".output"];

/// Words that a command or its result is asked by later: names of files, ids. Each is told of in the words of a harness.
pub(super) fn of_result(text: &str) -> Vec<String> {
    // Mostly there are none, and then the words are not looked at one by one.
    let may_be = MARKS.iter().any(|mark| text.contains(mark));
    let mut carried: Vec<String> = may_be
        .then(|| words(text))
        .into_iter()
        .flatten()
        .filter(|word| MARKS.iter().any(|mark| word.contains(mark)))
        .filter_map(|word| word.rsplit('/').next())
        .map(str::to_owned)
        .collect();
    // `Command running in background with ID: b9`, `Process running with session ID 77`.
    for (at, says) in text.match_indices("ID") {
        let behind = text[at + says.len()..].trim_start_matches([':', ' ']);
        let id: String =
            behind.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !id.is_empty() && behind.len() < text[at + says.len()..].len() {
            carried.push(id);
        }
    }
    carried.retain(|word| !word.is_empty());
    carried
}

/// The id of the terminal that a call types into: `session_id: 77`.
pub(super) fn of_call(call: &str) -> Vec<String> {
    let ids = call.match_indices("session_id").filter_map(|(at, name)| {
        let behind = call[at + name.len()..].trim_start_matches(['"', ':', ' ', '=']);
        let id: String = behind.chars().take_while(char::is_ascii_alphanumeric).collect();
        (!id.is_empty()).then_some(id)
    });
    ids.collect()
}

/// Whether a call asks for what was carried over.
pub(super) fn asks(call: &str, carried: &str) -> bool {
    // A number is one of many: it must stand for a session.
    let is_number = carried.bytes().all(|byte| byte.is_ascii_digit());
    let may_be = !is_number || call.contains("session_id");
    may_be && words(call).any(|word| word == carried || word.rsplit('/').next() == Some(carried))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| c.is_whitespace() || "\"'`()[]{}<>|;&,=:".contains(c);
    text.split(is_between).map(|word| word.trim_end_matches('.')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{asks, of_call, of_result};

    #[test]
    fn what_goes_on_from_a_call_is_known_by_what_its_result_says() {
        for (result, call) in [
            (
                "<persisted-output>\nOutput too large. Full output saved to: /h/.claude/projects/p/s/tool-results/b7.txt\n",
                r#"{"file_path":"/h/.claude/projects/p/s/tool-results/b7.txt"}"#,
            ),
            (
                "Command running in background with ID: b9x2. Output is being written to: /tmp/claude/tasks/b9x2.output",
                r#"{"bash_id":"b9x2"}"#,
            ),
            (
                "Command running in background with ID: b9x2. Output is being written to: /tmp/claude/tasks/b9x2.output",
                "tail -5 /tmp/claude/tasks/b9x2.output",
            ),
            ("Process running with session ID 77", r#"{"session_id":77,"chars":""}"#),
        ] {
            let carried = of_result(result);
            assert!(carried.iter().any(|word| asks(call, word)), "{result} {carried:?}");
        }
        let carried = of_result("Process running with session ID 77");
        assert!(!carried.iter().any(|word| asks("head -77 a.txt", word)));
        assert!(of_result("total 77\nIDLE").is_empty());
        assert_eq!(of_call("session_id: 77\nchars: cd keys"), ["77"]);
    }
}
