//! Finds the answer to a command that asks for a secret or shows a file of them: the lines behind it that are one word.

use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// How many lines the answer may have.
const LINES_MAX: usize = 4;

static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)(?:(?:^|[$#%>] ?)(?:sudo )?(?:cat|head|tail|bat|more|type) \S*(?:auth|cred|login|passw?d?|secret|token|userlist)[\w.-]*|printenv \w*(?:pass|pwd|pw|secret|token|key)\w*|(?:[$#%>] ?)(?:rbw|gopass|lpass|bw|op|pass|pulumi config|heroku config:)\s?(?:get|show|read)\b.*|(?:[$#%>] ?)awk .*\.env|(?:^|[$#%>] ?)(?:keyring get|docker swarm join-token|aws .*--with-decryption)\b.*)[\\"']*$"#,
    ))
    .expect("a constant pattern")
});
/// A command that prints a key.
static PRINTS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?i)^(?:[$#%>] ?)?(?:[A-Z_]\w*=\S* |sudo |env |time |timeout \S+ |nice |(?:ba|z)?sh -l?c ["']|ssh \S+ ["']|\w+="?\$\()*[a-z][\w./-]* (?:\S+ ){0,5}[^\s;|&]*(?:token|pass(?:w\w*)?\b|secret|api[-_]?key|credential)s?[^\s;|&]*(?: \S*\.(?:env|json|ya?ml|toml|ini|conf|cfg|properties)\w*)?(?: *(?:[;|]|&&|2>).*)?$"#,
    ))
    .expect("a constant pattern")
});
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\.(?:rs|ts|tsx|js|jsx|mjs|py|go|java|rb|php|c|h|cpp|cs|md|html|css|vue|sh|sql|toml|lock|swift|kt)\b").expect("a constant pattern")
});
static PART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&plain_classes(r"^V \d+$")).expect("a constant pattern"));

static MADE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"random_(?:password|string|bytes|id)[\s\S]{0,400}?\bresult[\\"']*\s*[:=]\s*[\\"']+([^\s"'\\]{6,96})"#,
    ))
    .expect("a constant pattern")
});

/// The words of the answers.
pub(super) fn find(text: &str, lines: &[Range<usize>], keep: &mut dyn FnMut(Range<usize>)) {
    for captures in MADE.captures_iter(text) {
        if let Some(value) = captures.get(1).filter(|value| Proof::Seat.holds(value.as_str())) {
            keep(value.range());
        }
    }
    for (at, line) in lines.iter().enumerate() {
        let written = text[line.clone()].trim();
        // What the agent says that a command is for stands between it and its answer.
        let is_why = |line: &&Range<usize>| {
            let line = text[line.start..line.end].trim();
            line.is_empty() || line.starts_with("# ")
        };
        let after = &lines[at + 1..];
        let after = &after[after.iter().take_while(is_why).count()..];
        // What Subversion keeps: the length, then the value.
        if written == "password"
            && lines.get(at + 1).is_some_and(|next| PART.is_match(&text[next.clone()]))
        {
            answer(text, lines.get(at + 2), Proof::Seat, keep);
        }
        if written.len() < 200 && ASKS.is_match(written) && !CODE.is_match(written) {
            for line in after.iter().take(LINES_MAX) {
                answer(text, Some(line), Proof::Seat, keep);
            }
        } else if written.len() < 200 && is_asked(written) {
            for line in after.iter().take(LINES_MAX) {
                if text[line.clone()].trim_start().starts_with(['$', '#', '%', '>']) {
                    break;
                }
                answer(text, Some(line), Proof::Seat, keep);
            }
        } else if written.len() < 200 && PRINTS.is_match(written) {
            // What stands right behind it is what it names; a warning may stand before that.
            answer(text, after.first(), Proof::Seat, keep);
            answer(text, after.get(1), Proof::Near, keep);
        }
    }
}

/// Whether a command behind a prompt asks for nothing but a secret.
fn is_asked(line: &str) -> bool {
    let prompt = ["$ ", "# ", "% ", "> ", "❯ "]
        .iter()
        .find_map(|sign| line.find(sign).map(|at| at + sign.len()));
    prompt.is_some_and(|at| at < 40 && super::super::answer::is_asked(&line[at..]))
}

fn answer(
    text: &str,
    line: Option<&Range<usize>>,
    proof: Proof,
    keep: &mut dyn FnMut(Range<usize>),
) {
    let Some(line) = line else { return };
    let word = text[line.clone()].trim_matches(|c: char| c.is_whitespace() || "\"'\\".contains(c));
    if word.contains([' ', '\t']) {
        return;
    }
    // Several fields, one beside the other.
    for word in word.split(',').filter(|word| proof.holds(word)) {
        let start = line.start + text[line.clone()].find(word).unwrap_or(0);
        keep(start..start + word.len());
    }
}
