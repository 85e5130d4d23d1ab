//! Tools whose results are lists of names, and commands that run where paths are others than here.

/// Tools that list, whatever they are asked.
const LISTERS: &[&str] = &[
    "glob",
    "ls",
    "list_dir",
    "list_directory",
    "list_files",
    "list_directory_with_sizes",
    "directory_tree",
    "find_files",
    "find_file",
    "file_search",
    "search_files",
    "get_file_info",
    "list_allowed_directories",
];
/// Programs that run others in containers and on other machines.
const ELSEWHERE: &[&str] = &[
    "docker ",
    "podman ",
    "nerdctl ",
    "kubectl ",
    "oc exec",
    "compose ",
    "ssh ",
    "vagrant ",
    "multipass ",
    "limactl ",
    "devcontainer ",
    "heroku ",
    "fly ",
    "flyctl ",
    "gcloud ",
    "az ",
    "wsl ",
    "chroot ",
    "lxc ",
    "incus ",
    "scp ",
    "sftp ",
];

/// Whether a call gives a list of names and nothing of what they hold.
pub(super) fn names(tool: Option<&str>, text: &str) -> bool {
    let Some(tool) = tool else { return false };
    let name = tool.rsplit("__").next().unwrap_or(tool).to_ascii_lowercase();
    let mode = || text.lines().find_map(|line| line.strip_prefix("output_mode:"));
    LISTERS.contains(&name.as_str())
        || (tool == "Grep"
            && mode().is_some_and(|mode| matches!(mode.trim(), "count" | "files_with_matches")))
}

/// Whether a call runs something where paths are others than here.
pub(super) fn is_elsewhere(tool: Option<&str>, text: &str) -> bool {
    super::Ignored::is_shell(tool) && ELSEWHERE.iter().any(|program| text.contains(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_that_list_are_known_by_name_and_by_what_they_are_asked() {
        assert!(names(Some("Glob"), "pattern: **/*.pem") && names(Some("LS"), "path: secrets"));
        assert!(names(Some("mcp__filesystem__directory_tree"), "path: ."));
        assert!(names(Some("Grep"), "pattern: KEY\noutput_mode: count"));
        assert!(!names(Some("Grep"), "pattern: KEY\noutput_mode: content"));
        assert!(
            !names(Some("Grep"), "pattern: output_mode: count") && !names(Some("Read"), "/p/.env")
        );
        assert!(is_elsewhere(Some("Bash"), "docker exec app cat /app/.env"));
        assert!(
            !is_elsewhere(Some("Bash"), "cat /app/.env") && !is_elsewhere(Some("Read"), "ssh h")
        );
    }
}
