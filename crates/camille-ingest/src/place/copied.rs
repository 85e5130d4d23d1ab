//! Programs that put what they read elsewhere as it is: what is read there later was read where it came from.

use super::command::plain;
use super::made::copied;
use super::shell::Shell;
use super::word::Word;

/// Names from where to where a program copies, packs, unpacks or turns something into another form.
pub(super) fn of(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) {
    // Seldom does anybody ask.
    if !shell.into.scripts.takes_all_copies {
        return;
    }
    match name {
        "rsync" | "scp" | "ditto" | "robocopy" | "rclone" => last(shell, arguments),
        "docker" | "podman" | "kubectl" | "oc" | "aws" | "gsutil" | "gcloud" => {
            if let Some(at) = arguments.iter().position(|word| word.text == "cp") {
                last(shell, &arguments[at + 1..]);
            }
        }
        "tar" | "gtar" | "bsdtar" => archive(shell, arguments),
        "zip" => {
            let mut words = plain(arguments);
            if let Some(to) = words.next() {
                words.for_each(|from| copied(shell, from, to));
            }
        }
        "unzip" => out_of(shell, arguments, plain(arguments).next(), "-d"),
        "7z" | "7za" => {
            let mut words = plain(arguments).skip(1);
            if let Some(archive) = words.next() {
                words.for_each(|from| copied(shell, from, archive));
            }
        }
        "gzip" | "bzip2" | "xz" | "zstd" | "gunzip" | "bunzip2" | "unxz" | "unzstd" => {
            for from in plain(arguments) {
                let known = [".gz", ".bz2", ".xz", ".zst"];
                match known.iter().find_map(|end| from.text.strip_suffix(end)) {
                    Some(plain) => copied(shell, from, &Word::known(plain)),
                    None => {
                        for end in known {
                            copied(shell, from, &Word::known(&format!("{}{end}", from.text)));
                        }
                    }
                }
            }
        }
        "split" | "csplit" => {
            let words: Vec<&Word> =
                plain(arguments).filter(|word| !is_number(&word.text)).collect();
            if let Some((from, rest)) = words.split_first() {
                let prefix = rest
                    .last()
                    .map_or(if name == "split" { "x" } else { "xx" }, |word| word.text.as_str());
                copied(shell, from, &Word::known(&format!("{prefix}*")));
            }
        }
        "dd" => {
            let value = |name: &str| arguments.iter().find_map(|word| word.text.strip_prefix(name));
            if let (Some(from), Some(to)) = (value("if="), value("of=")) {
                copied(shell, &Word::known(from), &Word::known(to));
            }
        }
        "sqlite3" => database(shell, arguments),
        "python" | "python3" | "node" | "ruby" | "bun" | "deno" | "perl" | "php" => {
            arguments.iter().for_each(|word| by_code(shell, &word.text));
        }
        _ => written(shell, arguments),
    }
}

/// What stands last is what is made of the others. A host before a path is no part of it.
fn last(shell: &mut Shell<'_>, arguments: &[Word]) {
    let local = |word: &Word| {
        let path = match word.text.split_once(':') {
            Some((host, path)) if !host.contains('/') => path,
            _ => &word.text,
        };
        Word { text: path.trim_end_matches('/').to_owned(), open: word.open.clone() }
    };
    let words: Vec<&Word> = plain(arguments).collect();
    let Some((to, from)) = words.split_last() else { return };
    for from in from {
        copied(shell, &local(from), &local(to));
    }
}

/// `tar czf a.tgz x y`, `tar xzf a.tgz -C there`
fn archive(shell: &mut Shell<'_>, arguments: &[Word]) {
    let first = arguments.first().map_or("", |word| word.text.as_str());
    let letters = first.trim_start_matches('-');
    let is_one = !first.starts_with("--") && letters.contains(['c', 'x', 'r', 'u', 't']);
    let letters = if is_one { letters } else { "" };
    let has = |letter: char, long: &str| {
        letters.contains(letter) || arguments.iter().any(|word| word.text == long)
    };
    let mut from = Vec::new();
    let (mut file, mut there) = (None, None);
    let mut words = arguments.iter();
    let mut is_first = true;
    while let Some(word) = words.next() {
        let is_letters = std::mem::take(&mut is_first) && !letters.is_empty();
        let text = word.text.as_str();
        match text {
            _ if is_letters => {
                if letters.ends_with('f') {
                    file = words.next().cloned();
                }
            }
            "-f" | "--file" => file = words.next().cloned(),
            "-C" | "--directory" => there = words.next().cloned(),
            _ => match (text.strip_prefix("--file="), text.strip_prefix("--directory=")) {
                (Some(name), _) => file = Some(Word::known(name)),
                (_, Some(name)) => there = Some(Word::known(name)),
                _ if text.starts_with('-') => {
                    if text.ends_with('f') && !text.starts_with("--") {
                        file = words.next().cloned();
                    }
                }
                _ => from.push(word),
            },
        }
    }
    let Some(file) = file else { return };
    if has('O', "--to-stdout") {
        return;
    }
    if has('x', "--extract") {
        let there = there.unwrap_or_else(|| Word::known("."));
        return copied(shell, &file, &there);
    }
    let there = there.unwrap_or_default();
    for from in from {
        copied(shell, &from.within(&there), &file);
    }
}

fn out_of(shell: &mut Shell<'_>, arguments: &[Word], archive: Option<&Word>, option: &str) {
    let at = arguments.iter().position(|word| word.text == option);
    let there = at.and_then(|at| arguments.get(at + 1)).cloned();
    if let Some(archive) = archive {
        copied(shell, archive, &there.unwrap_or_else(|| Word::known(".")));
    }
}

/// `sqlite3 a.db '.backup b.db'`, `"vacuum into 'b.db'"`, `.clone b.db`
fn database(shell: &mut Shell<'_>, arguments: &[Word]) {
    let mut words = plain(arguments);
    let Some(from) = words.next() else { return };
    for script in words {
        let lower = script.text.to_ascii_lowercase();
        let copies = [".backup", ".clone", ".save", "vacuum into", ".output", ".once"];
        if copies.iter().any(|word| lower.contains(word)) {
            let last = script.text.trim_end_matches([';', ' ']).rsplit(char::is_whitespace).next();
            let last = last.unwrap_or_default().trim_matches(['"', '\'']);
            copied(shell, from, &Word::known(last));
        }
    }
}

/// `shutil.copy('a', 'b')`, `fs.renameSync("a", "b")`
fn by_code(shell: &mut Shell<'_>, code: &str) {
    const COPIES: &[&str] = &[
        "copy", "copyfile", "copy2", "copytree", "move", "rename", "replace", "cpSync", "cp", "mv",
    ];
    for (at, _) in code.match_indices('(') {
        let name = code[..at].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let name = name.trim_end_matches("Sync").trim_end_matches("File");
        if !COPIES.contains(&name) {
            continue;
        }
        let call = code[at + 1..].split(')').next().unwrap_or_default();
        let mut names = call.split(['"', '\'']).skip(1).step_by(2);
        if let (Some(from), Some(to)) = (names.next(), names.next()) {
            copied(shell, &Word::known(from), &Word::known(to));
        }
    }
}

/// What any program reads and writes: `-in a -out b`, `-o b a`.
fn written(shell: &mut Shell<'_>, arguments: &[Word]) {
    const OUT: &[&str] = &["-out", "-o", "--output", "--out", "--outfile"];
    let at = arguments.iter().position(|word| OUT.contains(&word.text.as_str()));
    let Some((at, to)) = at.and_then(|at| Some((at, arguments.get(at + 1)?))) else { return };
    let names = |word: &&Word| word.text.contains(['/', '.']);
    for from in arguments[..at].iter().chain(&arguments[at + 2..]).filter(names) {
        copied(shell, from, to);
    }
}

fn is_number(word: &str) -> bool {
    word.trim_end_matches(['k', 'K', 'm', 'M']).bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::copies;

    #[test]
    fn what_lies_elsewhere_as_it_is_was_copied() {
        for (script, from, to) in [
            ("cp -r keys backup", "keys", "backup"),
            ("mv keys old", "keys", "old"),
            ("cd config && cp keys.json /t/k", "config/keys.json", "/t/k"),
            ("cp a b keys/c there/", "keys/c", "there/"),
            ("install -m600 keys/c /t/k", "keys/c", "/t/k"),
            ("rsync -a keys/ copy/", "keys", "copy"),
            ("scp h:/app/.env e", "/app/.env", "e"),
            ("docker cp app:/app/.env e", "/app/.env", "e"),
            ("tar czf /t/a.tgz keys", "keys", "/t/a.tgz"),
            ("mkdir u && tar xzf a.tgz -C u", "a.tgz", "u"),
            ("tar -C config -cf a.tar keys.json", "config/keys.json", "a.tar"),
            ("zip -r a.zip keys", "keys", "a.zip"),
            ("unzip -q a.zip -d u", "a.zip", "u"),
            ("gzip -k keys/c", "keys/c", "keys/c.gz"),
            ("gunzip a.gz", "a.gz", "a"),
            ("split -l 1 .env part_", ".env", "part_*"),
            ("dd if=.env of=e", ".env", "e"),
            ("sqlite3 x.db '.backup b.db'", "x.db", "b.db"),
            ("sqlite3 x.db \"vacuum into 'b.db'\"", "x.db", "b.db"),
            ("openssl pkey -in keys/c.pem -out k", "keys/c.pem", "k"),
            ("git clone -q . /t/x", ".", "/t/x"),
            ("git clone git@h.example:acme/api.git /t/x", "git@h.example:acme/api.git", "/t/x"),
            ("python3 -c \"import shutil; shutil.copy('.env', 'e')\"", ".env", "e"),
            ("node -e 'fs.copyFileSync(\".env\", \"e\")'", ".env", "e"),
            ("git worktree add ../w", ":/", "../w"),
            ("git worktree add -b fix ../w main", ":/", "../w"),
        ] {
            let found = copies(script, None);
            let is_it = |copy: &(String, String)| copy.0 == from && copy.1 == to;
            assert!(found.iter().any(is_it), "{script}: {found:?}");
        }
        for script in ["cat .env", "ls keys", "tar tf a.tgz", "grep -o x keys", "rm a b"] {
            assert!(copies(script, None).is_empty(), "{script}");
        }
    }
}
