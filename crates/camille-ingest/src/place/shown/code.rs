//! Questions in code that a name is put to and nothing of what it holds: whether it is there, how big it is.

use std::ops::Range;

/// Functions that ask for a path, remove or make it, and read nothing there.
const ASKS: &[&str] = &[
    "path.exists",
    "path.isfile",
    "path.isdir",
    "path.islink",
    "path.getsize",
    "path.getmtime",
    "path.abspath",
    "path.basename",
    "os.stat",
    "os.remove",
    "os.unlink",
    "os.listdir",
    "os.access",
    "os.chmod",
    "existsSync",
    "statSync",
    "lstatSync",
    "accessSync",
    "unlinkSync",
    "rmSync",
    "readdirSync",
    "File.exist?",
    "File.exists?",
    "File.file?",
    "File.size",
    "Dir.exist?",
    "file_exists",
    "is_file",
    "is_dir",
    "filesize",
    "os.Stat",
    "Deno.statSync",
    "glob.glob",
    "globSync",
    "Test-Path",
];

/// Methods that ask the same of the path before them.
const METHODS: &[&str] = &[
    "exists()",
    "is_file()",
    "is_dir()",
    "is_symlink()",
    "stat()",
    "unlink()",
    "iterdir()",
    "name",
    "suffix",
    "stem",
];

/// Calls by which code reads what a list gives it.
const READS: &[&str] = &[
    "open(",
    "read",
    "load",
    "cat ",
    "system",
    "subprocess",
    "exec",
    "getline",
    "require",
    "import(",
];

/// The names in a word of code that are only asked for.
pub(super) fn asked(word: &str) -> Vec<Range<usize>> {
    if word.len() < 16 || !word.contains(['(', '-', ' ']) {
        return Vec::new();
    }
    let mut asked = Vec::new();
    let reads = READS.iter().any(|read| word.contains(read));
    for name in ASKS {
        // What a list gives, something may read.
        if reads && ["listdir", "readdirSync", "glob"].iter().any(|list| name.contains(list)) {
            continue;
        }
        for (at, _) in word.match_indices(name) {
            let rest = &word[at + name.len()..];
            let Some(open) = rest.strip_prefix(['(', ' ']) else { continue };
            if let Some(literal) = literal(open) {
                let start = word.len() - open.len();
                asked.push(start + literal.start..start + literal.end);
            }
        }
    }
    for (at, _) in word.match_indices("Path(") {
        let rest = &word[at + 5..];
        let Some(literal) = literal(rest) else { continue };
        let behind = rest[literal.end..].trim_start_matches(['"', '\'', '\\', ')']);
        let method = behind.strip_prefix('.').unwrap_or_default();
        let is_listed = method.starts_with("iterdir") && reads;
        if METHODS.iter().any(|name| method.starts_with(name)) && !is_listed {
            asked.push(at + 5 + literal.start..at + 5 + literal.end);
        }
    }
    asked
}

/// What stands in quotes at the beginning of a text.
fn literal(text: &str) -> Option<Range<usize>> {
    let opened = text.trim_start_matches('\\');
    let quote = opened.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let start = text.len() - opened.len() + 1;
    let length = text[start..].find([quote, '\\'])?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::asked;

    #[test]
    fn a_question_for_a_file_is_no_reading() {
        for code in [
            "import os; print(os.path.exists('x/.env'))",
            "console.log(require('fs').existsSync('x/.env'))",
            "from pathlib import Path; print(Path('x/.env').exists())",
            "puts File.exist?(\\\"x/.env\\\")",
        ] {
            let found: Vec<&str> = asked(code).into_iter().map(|range| &code[range]).collect();
            assert_eq!(found, ["x/.env"], "{code}");
        }
        for code in [
            "print(open('x/.env').read())",
            "print(Path('x/.env').read_text())",
            "[open(f).read() for f in glob.glob('x/.env')]",
            "[print(open(f).read()) for f in os.listdir('x/.env')]",
        ] {
            assert!(asked(code).is_empty(), "{code}");
        }
    }
}
