//! What a program makes of what another one says before it is a word or a script: nothing says what that is, so it may
//! name any place.

use super::Doing;
use super::program::{Kind, Kinds};
use super::shell::Shell;
use super::word::{Open, Word};

/// Programs that make another text of one, by which nobody would know it.
const DECODERS: &[&str] =
    &["base64", "gbase64", "base32", "basenc", "xxd", "rev", "uudecode", "openssl", "rot13"];

/// Programs that change some of a text.
const CHANGERS: &[&str] =
    &["sed", "gsed", "awk", "gawk", "perl", "cut", "tr", "python", "python3", "ruby", "node"];

/// What is left to be known of a word that other commands work on before it is one.
pub(super) fn behind(stages: &[&str], given: Word) -> Word {
    for stage in stages {
        let mut words = stage.split_whitespace();
        let name = words.next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
        if DECODERS.contains(&name) {
            return Word::unknown(&format!("$({name})"));
        }
        // `tr -d '\n'`
        let only_ends = name == "tr" && words.next() == Some("-d");
        if CHANGERS.contains(&name) && !only_ends && given.open.is_none() && is_place(&given.text) {
            return Word::unknown(&format!("$({name})"));
        }
    }
    given
}

fn is_place(text: &str) -> bool {
    super::is_rooted(text) || text == "." || text.starts_with("./")
}

/// A decoder gives a shell what it runs, or `xargs` what is read: names whatever that is.
pub(super) fn feeds(shell: &mut Shell<'_>, name: &str) {
    if !DECODERS.contains(&name) {
        return;
    }
    let next = shell.next.as_deref().unwrap_or_default();
    let next = next.rsplit('/').next().unwrap_or_default();
    if Kinds::of(next).has(Kind::Shell) || matches!(next, "xargs" | "parallel" | "sudo" | "source")
    {
        shell.into.unknown(&format!("$({name})"), Doing::Read);
    }
}

/// A script that a decoder gave runs.
pub(super) fn runs(shell: &mut Shell<'_>, script: &Word) {
    if let Some(Open::Variable(variable)) = &script.open
        && let Some(name) = variable.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'))
        && DECODERS.contains(&name)
    {
        let variable = variable.clone();
        shell.into.unknown(&variable, Doing::Read);
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::mentions;

    fn unknown(command: &str) -> bool {
        mentions(command).iter().any(|mention| mention.unknown.is_some())
    }

    #[test]
    fn what_a_program_makes_of_a_text_may_name_any_place() {
        for command in [
            "cat $(echo $PWD | sed s/api/payroll/)/x",
            "cat $(pwd | sed 's/api/payroll/')/x",
            "cat \"$(pwd | awk -F/ '{print $1}')/x\"",
            "cd $(echo \"$PWD\" | sed 's/api$/payroll/') && cat x",
            "echo Y2F0IHg= | base64 -d | sh",
            "base64 -d <<< Y2F0IHg= | bash",
            "sh -c \"$(echo Y2F0IHg= | base64 --decode)\"",
            "eval \"$(echo Y2F0IHg= | base64 -d)\"",
            "echo 63 | xxd -r -p | sh",
            "rev <<< x/.. | xargs cat",
            "cat \"$(rev <<< x/..)\"",
            "cat ${PWD%api}payroll/x",
        ] {
            assert!(unknown(command), "{command}");
        }
        for command in [
            "T=$(echo $X | base64 -d); curl -H \"A: $T\" https://h.example",
            "kubectl get secret x -o jsonpath={.data.a} | base64 -d",
            "echo x | base64 -d | jq .",
            "echo $(pwd | sed 's#.*/##')",
            "git ls-files | tr '\\n' '\\0' | xargs -0 cat",
            "cat notes-$(echo feature/x | tr / -).md",
            "cat \"$(dirname \"$PWD\" | tr -d '\\n')/x\"",
            "x=a.md; cat ${x%.md}.txt",
            "cat ${PWD##*/}.md",
        ] {
            assert!(!unknown(command), "{command}");
        }
    }

    #[test]
    fn a_home_is_one_whatever_is_cut_off_it() {
        for command in [
            "cat ${HOME%/}/x",
            "cat \"${HOME%%/}/x\"",
            "cat ${HOME#}/x",
            "cat \"${HOME}/x\"",
            "d=~/y/; cat ${d%y/}x",
        ] {
            let list = mentions(command);
            assert!(list.iter().any(|mention| mention.path == "~/x"), "{command}: {list:?}");
        }
    }
}
