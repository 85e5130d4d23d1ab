//! Places that hold nothing of anybody's: the system's, tools' caches, agents' own folders. A built-in list, by
//! text, of paths without links: what a link in one of these leads to lies elsewhere.

use super::spelling::below;
use super::store;

/// Directories of the system.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc",
    "/opt",
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/boot",
    "/nix",
    "/snap",
    "/System",
    "/Library",
    "/Applications",
    "/Developer",
    "/cores",
    "/private/etc",
    "/private/var/db",
    "/home/linuxbrew",
    "/var/log",
    "/var/lib",
    "/var/cache",
    "/var/run",
    "/var/db",
    "C:/Windows",
    "C:/Program Files",
    "C:/Program Files (x86)",
    "C:/ProgramData",
];

/// Directories for what is thrown away. A repository in one of them is somebody's all the same.
const TEMPORARY: &[&str] = &[
    "/tmp",
    "/var/tmp",
    "/var/folders",
    "/private/tmp",
    "/private/var/tmp",
    "/private/var/folders",
];

/// Below a home: what tools fetched or made, and agents' folders.
const TOOLS: &[&str] = &[
    ".cache",
    ".npm",
    ".npm-global",
    ".cargo",
    ".rustup",
    ".nvm",
    ".pyenv",
    ".rbenv",
    ".asdf",
    ".sdkman",
    ".m2",
    ".gradle",
    ".ivy2",
    ".sbt",
    ".bun",
    ".deno",
    ".volta",
    ".yarn",
    ".pnpm-store",
    ".nuget",
    ".dotnet",
    ".hex",
    ".mix",
    ".gem",
    ".bundle",
    ".cpan",
    ".stack",
    ".cabal",
    ".ghcup",
    ".opam",
    ".conda",
    "miniconda3",
    "anaconda3",
    "go/pkg",
    "go/bin",
    ".oh-my-zsh",
    ".linuxbrew",
    ".vscode",
    ".vscode-server",
    ".cursor-server",
    ".local/bin",
    ".local/lib",
    ".local/pipx",
    ".local/share/pnpm",
    ".local/share/uv",
    ".local/share/mise",
    ".local/share/fnm",
    ".local/share/virtualenvs",
    ".local/share/claude",
    ".local/state/claude",
    "Library/Caches",
    "Library/pnpm",
    "Library/Developer/Xcode",
    "AppData/Local/Temp",
    "AppData/Local/npm-cache",
    ".terraform.d",
];

/// Below a home: how people set their tools up, the same on all of their machines, and logs of programs. A repository in
/// one of these is somebody's like any other, and so is what a link leads to. What holds keys is none of them.
const SETTINGS: &[&str] = &[
    ".gitconfig",
    ".gitignore",
    ".gitignore_global",
    ".gitattributes",
    ".config/git",
    ".config/jj",
    ".tool-versions",
    ".asdfrc",
    ".config/mise",
    ".config/direnv",
    ".config/zed",
    ".config/nvim",
    ".config/helix",
    ".config/starship.toml",
    ".config/ghostty",
    ".config/alacritty",
    ".config/kitty",
    ".config/wezterm",
    ".config/tmux",
    ".config/bat",
    ".config/lazygit",
    ".config/delta",
    ".config/ripgrep",
    ".config/fd",
    ".config/rustfmt",
    ".config/nextest.toml",
    ".vimrc",
    ".vim",
    ".tmux.conf",
    ".wezterm.lua",
    ".inputrc",
    ".editorconfig",
    ".ripgreprc",
    ".rustfmt.toml",
    ".prettierrc",
    ".eslintrc",
    ".eslintrc.json",
    ".nvmrc",
    ".node-version",
    ".python-version",
    ".ruby-version",
    ".hushlogin",
    "Library/Logs",
    "Library/Application Support/Code/User/settings.json",
    "Library/Application Support/Code/User/keybindings.json",
    ".config/Code/User/settings.json",
    ".config/Code/User/keybindings.json",
];

/// Directories below a home in which each program has its own.
const PROGRAMS: &[&str] =
    &[".config", "Library/Logs", "Library/Application Support", "Library/Preferences"];

/// Programs that keep keys where others keep settings.
const KEEPERS: &[&str] = &[
    "gh",
    "hub",
    "glab",
    "gcloud",
    "op",
    "doctl",
    "heroku",
    "flyctl",
    "fly",
    "rclone",
    "sops",
    "age",
    "aws",
    "azure",
    "configstore",
    "containers",
    "pulumi",
    "git",
    "user",
    "users",
    "google-chrome",
    "chromium",
    "code",
];

/// What the name of a file says that holds keys.
const KEYS: &[&str] = &[
    "credential",
    "token",
    "secret",
    "auth",
    "hosts.yml",
    "password",
    "passwd",
    "cookie",
    ".pem",
    ".key",
    "session",
    ".env",
];

/// Directories below a home that programs are installed in, each in those of its kind.
const PREFIXES: &[&str] = &[".local", ".local/opt", "opt", "bin"];

/// What of the directories above is somebody's all the same: what is plugged in or mounted there, other systems'
/// roots, what editors remember.
const SOMEBODYS: &[&str] = &[
    "/run/media",
    "/run/mount",
    "/run/host",
    "/run/secrets",
    ".vscode/data/User",
    ".vscode-server/data/User",
    ".cursor-server/data/User",
    ".config/git/credentials",
];

/// Directories of which nobody denies a part: every session touches them, and nothing is noted of it.
const PLAIN: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib64", "/dev", "/proc", "/sys", "/nix/store"];

/// What is known of a path by its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Nobody's.
    Harmless,
    /// Nobody's, unless it is in a repository.
    Temporary,
    /// How somebody's tools are set up: nobody's, unless it is in a repository.
    Settings,
    /// Somebody's home, or something in it.
    Home,
    /// Anything.
    Other,
}

/// What a path is, and which directory makes it harmless. `homes`: directories that are homes whatever they are called.
pub(super) fn ground<'p>(path: &'p str, homes: &[&str]) -> (Ground, &'p str) {
    let within = |rest: &str, directories: &[&str]| {
        let root = directories.iter().find(|directory| below(rest, directory).is_some())?;
        Some(&path[..path.len() - rest.len() + root.len()])
    };
    if let Some(rest) = below_home(path, homes) {
        return match within(rest, TOOLS).or_else(|| within(rest, store::AGENTS)) {
            _ if is_in(rest, SOMEBODYS) => (Ground::Home, ""),
            Some(root) => (Ground::Harmless, root),
            None if is_in(rest, SETTINGS) => (Ground::Settings, ""),
            None => (Ground::Home, ""),
        };
    }
    if is_in(path, TEMPORARY) {
        return (Ground::Temporary, "");
    }
    let is_mounted = is_in(path, SOMEBODYS)
        || (path.starts_with("/run/user/") && (path.contains("/gvfs") || path.contains("/doc")));
    match within(path, SYSTEM) {
        Some(root) if !is_mounted => (Ground::Harmless, root),
        None if path == "/" => (Ground::Harmless, path),
        None if path.contains("/site-packages/") => {
            let at = path.find("/site-packages/").unwrap_or_default();
            (Ground::Harmless, &path[..at + "/site-packages".len()])
        }
        _ => (Ground::Other, ""),
    }
}

/// Whether a path below a home is where a program of this name is set up that is worked on: its own settings, and no
/// keys. `project` and `directory`: what the program may be called like.
pub(super) fn sets_up(rest: &str, project: &str, directory: &str) -> bool {
    let within = PROGRAMS.iter().find_map(|programs| below(rest, programs));
    let Some((program, file)) = within.map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    else {
        return false;
    };
    let last = |name: &str| {
        name.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase()
    };
    let program = program.to_lowercase();
    let is_its = program == last(project) || program == last(directory);
    let file = file.to_lowercase();
    is_its
        && program.len() > 2
        && !KEEPERS.contains(&program.as_str())
        && !KEYS.iter().any(|key| file.contains(key))
}

/// Whether programs are installed in a directory below a home, which is not gone through for that.
pub(super) fn is_prefix(rest: &str) -> bool {
    PREFIXES.contains(&rest.trim_end_matches('/'))
}

/// Whether nothing is noted of touching it.
pub(super) fn is_plain(path: &str) -> bool {
    path == "/" || is_in(path, PLAIN)
}

/// Whether both lie in the same directory of those for what is thrown away: then what one is to the other does
/// not follow from lying there.
pub(super) fn are_beside(path: &str, other: &str) -> bool {
    TEMPORARY.iter().any(|place| match (below(path, place), below(other, place)) {
        (Some(a), Some(b)) => !a.is_empty() && a.split('/').next() == b.split('/').next(),
        _ => false,
    })
}

/// What follows the home that a path lies in.
pub(super) fn below_home<'p>(path: &'p str, homes: &[&str]) -> Option<&'p str> {
    if let Some(rest) = homes.iter().find_map(|home| below(path, home)) {
        return Some(rest);
    }
    let slashes = path.get(1..2) == Some(":");
    let rest = if slashes { path.get(2..)? } else { path };
    for homes in ["/home/", "/Users/", "/export/home/"] {
        if let Some(rest) = rest.strip_prefix(homes) {
            let (user, below) = rest.split_once('/').unwrap_or((rest, ""));
            let is_nobody = user.is_empty() || matches!(user, "linuxbrew" | "Shared" | "Public");
            return (!is_nobody).then_some(below);
        }
    }
    below(path, "/root")
}

fn is_in(path: &str, directories: &[&str]) -> bool {
    directories.iter().any(|directory| below(path, directory).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nobodys_is_harmless() {
        let of = |path: &str| ground(path, &["/data/ana"]).0;
        for path in [
            "/usr/include/x.h",
            "/dev/null",
            "/home/ana/.cargo/registry/x",
            "/Users/a/go/pkg/mod/x",
            "/data/ana/.npm/x",
            "/home/ana/.claude/plans/a.md",
            "/root/.codex/config.toml",
            "C:/Users/a/AppData/Local/Temp/x",
            "/home/linuxbrew/.linuxbrew/bin",
        ] {
            assert_eq!(of(path), Ground::Harmless, "{path}");
        }
        for path in [
            "/home/ana/diary/a.md",
            "/Users/a/.ssh/id",
            "/home/ana/.config/git/credentials",
            "/home/ana/.config/gh/hosts.yml",
            "/home/ana/.aws/credentials",
            "/home/ana/.netrc",
            "/home/ana/.zshrc",
            "/home/ana/.config",
            "/home/ana",
            "/data/ana/x",
            "/home/ana/.cargoes",
            "C:/Users/a/Documents",
            "/home/ana/.vscode-server/data/User/History/1/a.md",
        ] {
            assert_eq!(of(path), Ground::Home, "{path}");
        }
        for path in [
            "/home/ana/.gitconfig",
            "/data/ana/.config/mise/config.toml",
            "/Users/a/Library/Logs/App/a.log",
        ] {
            assert_eq!(of(path), Ground::Settings, "{path}");
        }
        assert_eq!(of("/tmp/x"), Ground::Temporary);
        for path in [
            "/srv/x",
            "/api/v1/users",
            "/usrs",
            "/homework",
            "/run/media/ana/stick/a.md",
            "/run/user/1000/gvfs/smb-share/a.md",
        ] {
            assert_eq!(of(path), Ground::Other, "{path}");
        }
        let root = |path| ground(path, &["/data/ana"]).1;
        assert_eq!(root("/data/ana/.cargo/git/checkouts/x"), "/data/ana/.cargo");
        assert_eq!(root("/opt/homebrew/x"), "/opt");
        let project = "github.com/acme/Api";
        for own in [".config/api", ".config/api/config.json", "Library/Logs/Api/a.log"] {
            assert!(sets_up(own, project, "/w/x"), "{own}");
        }
        assert!(sets_up(".config/tool/a", "/w/tool", "/w/x"));
        for other in [
            ".config",
            ".config/other/a",
            ".config/api/credentials.json",
            ".config/api/auth.json",
            ".local/share/api/a",
            "api",
            ".api",
        ] {
            assert!(!sets_up(other, project, "/w/x"), "{other}");
        }
        assert!(!sets_up(".config/gh/config.yml", "github.com/cli/gh", "/w/gh"));
        assert!(are_beside("/tmp/a/b", "/tmp/a/c/d") && !are_beside("/tmp/a", "/tmp/b"));
    }
}
