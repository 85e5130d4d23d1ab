//! Places that hold nothing of anybody's: the system's, tools' caches, agents' own folders. A built-in list, by
//! text: whoever touches these touched nothing.

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
    ".claude",
    ".claude.json",
    ".codex",
    ".gemini",
    ".cursor",
    ".agents",
    ".opencode",
    ".config/opencode",
    ".config/claude",
    ".qwen",
    ".copilot",
    ".factory",
    ".kiro",
    ".continue",
    ".windsurf",
    ".codeium",
    ".iflow",
    ".pi",
    ".entire",
    ".camille",
];

/// Of an agent's folder what is other people's words: the transcripts of other projects.
const TRANSCRIPTS: &[&str] = &[".claude/projects", ".codex/sessions", ".codex/archived_sessions"];

/// What is known of a path by its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Nobody's.
    Harmless,
    /// Nobody's, unless it is in a repository.
    Temporary,
    /// Somebody's home, or something in it.
    Home,
    /// Anything.
    Other,
}

/// What a path is. `homes`: directories that are homes whatever they are called. `folder`: the one that the
/// session's transcript lies in.
pub(super) fn ground(path: &str, homes: &[&str], folder: Option<&str>) -> Ground {
    if let Some(rest) = below_home(path, homes) {
        if let Some(other) = TRANSCRIPTS.iter().find_map(|place| below(rest, place)) {
            let of = other.split('/').next().unwrap_or_default();
            let is_own = of.is_empty() || folder == Some(of) || !other.starts_with('-');
            return if is_own { Ground::Harmless } else { Ground::Home };
        }
        let is_tool = TOOLS.iter().any(|tool| below(rest, tool).is_some());
        return if is_tool { Ground::Harmless } else { Ground::Home };
    }
    if is_in(path, TEMPORARY) {
        return Ground::Temporary;
    }
    if is_in(path, SYSTEM) || path == "/" || path.contains("/site-packages/") {
        return Ground::Harmless;
    }
    Ground::Other
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

/// What of a path lies below a directory; empty for the directory itself.
pub(super) fn below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

fn is_in(path: &str, directories: &[&str]) -> bool {
    directories.iter().any(|directory| below(path, directory).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nobodys_is_harmless() {
        let of = |path: &str| ground(path, &["/data/ana"], Some("-home-ana-api"));
        for path in [
            "/usr/include/x.h",
            "/dev/null",
            "/home/ana/.cargo/registry/x",
            "/Users/a/go/pkg/mod/x",
            "/data/ana/.npm/x",
            "/home/ana/.claude/plans/a.md",
            "/root/.codex/config.toml",
            "C:/Users/a/AppData/Local/Temp/x",
            "/home/ana/.claude/projects/-home-ana-api/a.jsonl",
            "/home/linuxbrew/.linuxbrew/bin",
        ] {
            assert_eq!(of(path), Ground::Harmless, "{path}");
        }
        for path in [
            "/home/ana/diary/a.md",
            "/Users/a/.ssh/id",
            "/home/ana/.gitconfig",
            "/home/ana",
            "/data/ana/x",
            "/home/ana/.cargoes",
            "C:/Users/a/Documents",
            "/home/ana/.claude/projects/-home-ana-secret/a.jsonl",
        ] {
            assert_eq!(of(path), Ground::Home, "{path}");
        }
        assert_eq!(of("/tmp/x"), Ground::Temporary);
        for path in ["/srv/x", "/api/v1/users", "/usrs", "/homework"] {
            assert_eq!(of(path), Ground::Other, "{path}");
        }
        assert!(are_beside("/tmp/a/b", "/tmp/a/c/d") && !are_beside("/tmp/a", "/tmp/b"));
    }
}
