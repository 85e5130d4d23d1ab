//! Agents' own folders. What an agent is set up with is nobody's; what it keeps of sessions was said in any project of
//! the person's, also in private ones: whoever reads that reads those, unless it is the session's own.

use super::Base;
use super::folder::folder_of;
use super::spelling::below;

/// Agents' folders, below a home.
pub(super) const AGENTS: &[&str] = &[
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

/// What agents are set up with, and programs that they keep. Everything else may be what was said.
const SETUP: &[&str] = &[
    ".credentials.json",
    "agents",
    "agents.md",
    "argv.json",
    "auth.json",
    "bin",
    "cache",
    "claude.md",
    "commands",
    "config",
    "config.json",
    "config.toml",
    "config.yaml",
    "downloads",
    "extensions",
    "gemini.md",
    "hooks",
    "ide",
    "installation_id",
    "keybindings.json",
    "local",
    "mcp",
    "mcp.json",
    "models_cache.json",
    "node_modules",
    "output-styles",
    "package-lock.json",
    "package.json",
    "packages",
    "plans",
    "plugins",
    "prompts",
    "qwen.md",
    "readme.md",
    "rules",
    "scripts",
    "session-env",
    "settings.json",
    "settings.local.json",
    "shell-snapshots",
    "skill",
    "skills",
    "statsig",
    "statusline",
    "telemetry",
    "themes",
    "tools",
    "version.json",
    "versions",
];

/// Where what was said lies for sure, whatever is called how below.
const SAID: &[&str] = &[
    "archived_sessions",
    "bank",
    "chats",
    "file-history",
    "history",
    "projects",
    "sessions",
    "tmp",
];

/// What lies at a path in an agent's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The folder itself, with all that is in it.
    Folder,
    /// What the agent is set up with.
    Setup,
    /// What was said in the session's own project.
    Own,
    /// What was said. The folder's name stands for the directory that it was said in, if there is one.
    Said(Option<String>),
}

/// What of a path lies in an agent's folder in a home. `rest`: the path below that.
pub(super) fn inside(rest: Option<&str>) -> Option<&str> {
    rest.and_then(|rest| {
        AGENTS.iter().find_map(|folder| match below(rest, folder)? {
            // This one is a file, and keeps what was said.
            "" if folder.ends_with(".json") => Some(*folder),
            inside => Some(inside),
        })
    })
}

/// What lies at a path in an agent's folder.
pub(super) fn kept(inside: &str, session: Base<'_>) -> Kept {
    if inside.is_empty() {
        return Kept::Folder;
    }
    let parts: Vec<&str> = inside.split('/').collect();
    let first = parts[0].to_ascii_lowercase();
    let is_skill = || {
        !SAID.contains(&first.as_str())
            && parts.iter().any(|part| part.to_ascii_lowercase().contains("skill"))
    };
    let is_setup = SETUP.contains(&first.as_str()) || first.starts_with("statusline") || is_skill();
    if is_setup {
        // One of the plans is the session's own; all of them are not.
        return if inside == "plans" { Kept::Folder } else { Kept::Setup };
    }
    let own = folder_of(session.cwd);
    let is_own = |part: &&&str| {
        session.folder == Some(**part)
            || **part == own
            || format!("-{part}") == own
            || session.id.is_some_and(|id| id.len() > 8 && part.contains(id))
    };
    if parts.iter().any(|part| is_own(&part)) {
        return Kept::Own;
    }
    let folder = parts.iter().zip(parts.iter().skip(1)).find(|(above, _)| **above == "projects");
    Kept::Said(folder.map(|(_, folder)| (*folder).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_elsewhere_is_told_from_what_an_agent_is_set_up_with() {
        let session = Base {
            cwd: "/home/ana/api",
            project: "P",
            folder: Some("-home-ana-api"),
            id: Some("5f3c9d2e-session"),
        };
        let of = |path: &str| {
            inside(path.strip_prefix("/home/ana/")).map(|inside| kept(inside, session))
        };
        let said = |folder: Option<&str>| Some(Kept::Said(folder.map(str::to_owned)));
        for (path, expected) in [
            ("/home/ana/.claude", Some(Kept::Folder)),
            ("/home/ana/.claude/CLAUDE.md", Some(Kept::Setup)),
            ("/home/ana/.claude/plugins/x/y", Some(Kept::Setup)),
            ("/home/ana/.claude/plans/a.md", Some(Kept::Setup)),
            ("/home/ana/.codex/superpowers/skills/x/SKILL.md", Some(Kept::Setup)),
            ("/home/ana/.codex/sessions/skills.jsonl", said(None)),
            ("/home/ana/.claude/plans", Some(Kept::Folder)),
            ("/home/ana/.claude/projects/-home-ana-api/a.jsonl", Some(Kept::Own)),
            ("/home/ana/.claude/todos/5f3c9d2e-session.json", Some(Kept::Own)),
            ("/home/ana/.codex/sessions/2026/a-5f3c9d2e-session.jsonl", Some(Kept::Own)),
            ("/home/ana/.cursor/projects/home-ana-api/x", Some(Kept::Own)),
            ("/home/ana/.claude/projects/-home-ana-pay/a.jsonl", said(Some("-home-ana-pay"))),
            ("/home/ana/.claude/projects", said(None)),
            ("/home/ana/.claude/history.jsonl", said(None)),
            ("/home/ana/.claude/file-history/0/x", said(None)),
            ("/home/ana/.claude.json", said(None)),
            ("/home/ana/.codex/sessions/2026/a.jsonl", said(None)),
            ("/home/ana/.gemini/tmp/0/logs.json", said(None)),
            ("/home/ana/.camille/bank/bank.db", said(None)),
            ("/home/ana/notes/a.md", None),
        ] {
            assert_eq!(of(path), expected, "{path}");
        }
    }
}
