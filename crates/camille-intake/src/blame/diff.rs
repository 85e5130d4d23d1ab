//! Reads what `git show -U0` prints: the lines that came and those that went, file by file.

/// What was changed in one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// What it is called from then on; what it was called, if it is gone.
    pub(super) path: String,
    /// Runs of lines that came, with the number of the first.
    pub(super) added: Vec<(u32, Vec<String>)>,
    /// Lines that went.
    pub(super) removed: Vec<String>,
}

/// Every file that was changed.
pub(super) fn read(printed: &[u8]) -> Vec<Changed> {
    let printed = String::from_utf8_lossy(printed);
    let mut files: Vec<Changed> = Vec::new();
    // Lines that a hunk still has: what looks like a header may be one of them.
    let (mut goes, mut comes) = (0_u32, 0_u32);
    for line in printed.lines() {
        if goes > 0
            && let Some(text) = line.strip_prefix('-')
        {
            goes -= 1;
            if let Some(file) = files.last_mut() {
                file.removed.push(text.to_owned());
            }
        } else if comes > 0
            && let Some(text) = line.strip_prefix('+')
        {
            comes -= 1;
            if let Some((_, lines)) = files.last_mut().and_then(|file| file.added.last_mut()) {
                lines.push(text.to_owned());
            }
        } else if line.starts_with("diff --git ") {
            files.push(Changed::default());
        } else if let Some(path) = line.strip_prefix("+++ ").or_else(|| line.strip_prefix("--- ")) {
            // Behind a name with a space stands a tab.
            let path = path.trim_end_matches('\t').trim_matches('"');
            let path = path.strip_prefix("b/").or_else(|| path.strip_prefix("a/"));
            if let (Some(file), Some(path)) = (files.last_mut(), path) {
                path.clone_into(&mut file.path);
            }
        } else if let Some(((_, old), (first, new))) = hunk(line) {
            (goes, comes) = (old, new);
            if let Some(file) = files.last_mut().filter(|_| new > 0) {
                file.added.push((first, Vec::new()));
            }
        }
    }
    files
}

/// First line and number of lines, before and after.
fn hunk(line: &str) -> Option<((u32, u32), (u32, u32))> {
    let ranges = line.strip_prefix("@@ -")?;
    let (old, rest) = ranges.split_once(" +")?;
    let (new, _) = rest.split_once(" @@")?;
    let range = |text: &str| {
        let (first, count) = text.split_once(',').unwrap_or((text, "1"));
        Some((first.parse().ok()?, count.parse().ok()?))
    };
    Some((range(old)?, range(new)?))
}
