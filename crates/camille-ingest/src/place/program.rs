//! The programs that commands run, by what they do with their words.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a program does with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs the command behind it.
    Wrapper,
    /// Its words are no paths.
    Sayer,
    /// Names, lists, makes or removes things and reads nothing of what they hold.
    Namer,
    /// Reads the files it is given, whatever these are called.
    Reader,
    /// Has options whose value is somebody's text.
    Writer,
    /// Runs scripts of a shell.
    Shell,
    /// Runs scripts of another language.
    Interpreter,
    /// Lists what lies in places that it was given, or tells of a tool's own places.
    Lister,
}

/// All kinds that a program is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    /// Those of a program; none, if nobody knows it.
    pub(super) fn of(program: &str) -> Self {
        KINDS.get(program).copied().unwrap_or_default()
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }
}

/// Asked for every word that may be a command's name.
static KINDS: LazyLock<HashMap<&'static str, Kinds>> = LazyLock::new(|| {
    let mut kinds: HashMap<&str, Kinds> = HashMap::new();
    for (kind, programs) in PROGRAMS {
        for program in programs.split_whitespace() {
            kinds.entry(program).or_default().0 |= 1 << *kind as u16;
        }
    }
    kinds
});

const PROGRAMS: &[(Kind, &str)] = &[
    (
        Kind::Wrapper,
        "sudo doas env time nohup exec command builtin nice timeout gtimeout watch xargs stdbuf unbuffer \
         setsid caffeinate then do rtk",
    ),
    (
        Kind::Sayer,
        "echo printf true false : kill pkill killall sleep set unset exit return wait shift trap date seq \
         df say logger espeak notify-send terminal-notifier figlet toilet cowsay expr let alias unalias hash type which brew apt apt-get systemctl launchctl pgrep ps lsof",
    ),
    (
        Kind::Namer,
        "ls tree stat du mkdir rmdir rm touch chmod chown test [ [[ realpath readlink dirname \
         basename exa eza pwd trash",
    ),
    (
        Kind::Reader,
        "cat head tail less more bat nl tac wc sort uniq cut diff cmp comm paste strings xxd od hexdump \
         base64 cp mv rsync scp tar zip unzip gzip gunzip zcat dd install ln source . md5sum sha256sum file \
         open code vim vi nano grep egrep fgrep zgrep rgrep ugrep git-grep rg ag ack sed gsed awk gawk jq yq column fold iconv pbcopy \
         pandoc sqlite3 7z xsv csvcut",
    ),
    (Kind::Writer, "git gh glab hg jj svn cz bd curl http wget linear"),
    (Kind::Shell, "bash sh zsh dash ksh fish"),
    (
        Kind::Interpreter,
        "python python3 python2 node ruby perl deno bun php osascript lua Rscript uv npx tsx elixir mix go \
         swift",
    ),
    (
        Kind::Lister,
        "find ls git rg grep fd which command type date wc seq go npm yarn pnpm brew rustc cargo xcrun \
         xcode-select mix bundle gem pip pgrep ps lsof uname nproc hostname whoami id mkdir printf echo cat \
         curl gh openssl head uuidgen kubectl docker jj hg stat tput sw_vers",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_can_be_of_several_kinds() {
        let grep = Kinds::of("grep");
        assert!(grep.has(Kind::Reader) && grep.has(Kind::Lister));
        assert!(!grep.has(Kind::Sayer));
        assert_eq!(Kinds::of("unheard-of"), Kinds::default());
    }
}
