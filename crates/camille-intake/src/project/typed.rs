//! What people put around a name when they type or paste it: quotes, brackets, `git clone`, variables, the address of
//! another page. It is taken off where it is plain what is meant; where it is not, that is an error, because a rule of
//! such a text would match nothing. Text alone, except that a path which stands on the disk is taken as it is.

use super::meaningless::Meaningless;
use camille_proto::name::is_visible;
use std::path::Path;

/// What stands around names: an opening and its closing.
const AROUND: [(char, char); 14] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{b4}', '\u{b4}'),
    ('“', '”'),
    ('”', '”'),
    ('„', '“'),
    ('‘', '’'),
    ('«', '»'),
    ('»', '«'),
    ('‹', '›'),
    ('<', '>'),
    ('(', ')'),
    ('[', ']'),
];

/// Signs that end a sentence rather than a name.
const ENDS: [char; 6] = ['.', ',', ';', ':', '!', '…'];

/// Signs that stand in no name of a project, but in what shells and texts make of names.
const FOREIGN: &str = "`\"“”„‘«»‹›<>|;&\\^{}()\u{ff0f}\u{ff1a}\u{ff0e}\u{3002}\u{2215}\u{2044}";

/// Schemes of addresses that lead to repositories, or to pages of them.
const SCHEMES: [&str; 10] =
    ["https", "http", "ssh", "git", "git+ssh", "ssh+git", "git+https", "svn", "svn+ssh", "hg"];

/// Short names of forges, as package managers and people have them (`github:acme/api`, `pkg:github/acme/api`).
const SHORT: [(&str, &str); 14] = [
    ("github", "github.com"),
    ("gh", "github.com"),
    ("gitlab", "gitlab.com"),
    ("gl", "gitlab.com"),
    ("bitbucket", "bitbucket.org"),
    ("bb", "bitbucket.org"),
    ("codeberg", "codeberg.org"),
    ("sourcehut", "git.sr.ht"),
    ("srht", "git.sr.ht"),
    ("gist", "gist.github.com"),
    ("huggingface", "huggingface.co"),
    ("hf", "huggingface.co"),
    ("gitee", "gitee.com"),
    ("gitea", "gitea.com"),
];

/// The host that a short name of a forge stands for.
pub(super) fn forge(short: &str) -> Option<&'static str> {
    let short = short.to_ascii_lowercase();
    SHORT.iter().find(|(name, _)| *name == short).map(|(_, host)| *host)
}

/// The name in what was typed, without what stands around it.
///
/// # Errors
/// When it holds something that no name has, and nothing tells what is meant by it.
pub(super) fn bare(typed: &str) -> Result<String, Meaningless> {
    if stands(typed) {
        return Ok(typed.to_owned());
    }
    let is_kept = |c: &char| is_visible(c) || c.is_whitespace() || c.is_control();
    let seen: String = typed.trim().chars().filter(is_kept).collect();
    // `git remote -v` prints tabs.
    if let Some(control) = seen.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(Meaningless::Character(control));
    }
    let mut name = unwrapped(&seen);
    if name.is_empty() {
        return Err(Meaningless::Empty);
    }
    if let Some(address) = inner_address(&name) {
        name = address;
    }
    name = in_words(&name)?;
    name = of_home(&name);
    // What git and shells take for all that lies below.
    if let Some(all) = name.strip_suffix("/...") {
        name = format!("{all}/*");
    }
    let name = without_package(&name);
    if !stands(&name) {
        check(&name)?;
    }
    Ok(name)
}

/// Whether it is a path of something on this disk.
fn stands(name: &str) -> bool {
    name.starts_with('/') && Path::new(name).symlink_metadata().is_ok()
}

/// Without quotes, brackets and ends of sentences around it.
fn unwrapped(typed: &str) -> String {
    let mut name = typed.trim();
    loop {
        let before = name;
        for (open, close) in AROUND {
            if let Some(inner) = name.strip_prefix(open).and_then(|name| name.strip_suffix(close))
                // `[2001:db8::1]` is a host, and `[a](b)` holds an address.
                && !inner.contains(close)
                && !(open == '[' && inner.contains(':') && !inner.contains('/'))
            {
                name = inner.trim();
            }
        }
        let is_dots = |part: &str| part.chars().all(|c| c == '.');
        let last = name.rsplit('/').next().unwrap_or_default();
        if name.ends_with(ENDS) && !is_dots(last) && !stands(name) {
            name = name.trim_end_matches(ENDS).trim_end();
        }
        if name == before {
            return name.to_owned();
        }
    }
}

/// The address of a repository that stands in another text or address: `vscode://…?url=https://…`, `[name](https://…)`.
fn inner_address(name: &str) -> Option<String> {
    let schemes: Vec<usize> = name.match_indices("://").map(|(at, _)| at).collect();
    let begin = |at: usize| {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
        name[..at]
            .rfind(|c: char| !is_scheme(c))
            .map_or(0, |before| before + name[before..].chars().next().map_or(1, char::len_utf8))
    };
    let is_known = |at: usize| SCHEMES.contains(&name[begin(at)..at].to_ascii_lowercase().as_str());
    let first = *schemes.first()?;
    let outer_end = name.find(['?', '#']).unwrap_or(name.len());
    let is_bare = name[first + 3..outer_end].split('/').filter(|part| !part.is_empty()).count() < 2;
    let inner = schemes.iter().copied().filter(|at| begin(*at) > 0).find(|at| {
        // A helper of git: `gcrypt::ssh://…`.
        let is_helper = name[..begin(*at)].ends_with("::");
        is_known(*at)
            && !is_helper
            && (!is_known(first) || *at == first || *at < outer_end || is_bare)
    });
    if let Some(at) = inner {
        let rest = &name[begin(at)..];
        let end = rest.find(|c: char| c.is_whitespace() || ")>]\"'`”’»".contains(c));
        return Some(unwrapped(&rest[..end.unwrap_or(rest.len())]));
    }
    // Percent signs hide it.
    let hidden = name.contains("%3A%2F%2F") || name.contains("%3a%2f%2f");
    if hidden && (!is_known(first) || is_bare) {
        let decoded = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
        return inner_address(&decoded);
    }
    None
}

/// The name among the words of a command, or of a line that git prints of a remote.
fn in_words(name: &str) -> Result<String, Meaningless> {
    let words: Vec<&str> = name.split_whitespace().collect();
    if words.len() < 2 || name.starts_with(['/', '~']) {
        return Ok(name.to_owned());
    }
    let is_name =
        |word: &&str| !word.starts_with('-') && (word.contains(':') || word.contains('/'));
    let is_option_of_remotes = |word: &str| matches!(word, "(fetch)" | "(push)");
    let program = words[0].rsplit('/').next().unwrap_or_default();
    let is_command = matches!(program, "$" | "git" | "gh" | "glab" | "hg" | "jj" | "sl" | "svn");
    if is_command || words.last().is_some_and(|word| is_option_of_remotes(word)) {
        return match words[1..].iter().find(|word| is_name(word)) {
            Some(found) => Ok(unwrapped(found)),
            None => Err(Meaningless::Words(name.to_owned())),
        };
    }
    // Blanks stand in names of directories and of projects of some forges, not in addresses.
    let is_one = !words.iter().skip(1).any(|word| word.contains(':') || looks_whole(word));
    if is_one { Ok(name.to_owned()) } else { Err(Meaningless::Words(name.to_owned())) }
}

/// Whether a word is a name by itself: it begins with a host, or at the root.
fn looks_whole(word: &str) -> bool {
    let first = word.split('/').next().unwrap_or_default();
    word.starts_with(['/', '~', '.']) || (word.contains('/') && first.contains('.'))
}

/// The home as shells and Windows name it, as `~`.
fn of_home(name: &str) -> String {
    for home in ["$HOME", "${HOME}", "$env:HOME", "$env:USERPROFILE", "%USERPROFILE%", "%HOME%"] {
        if let Some(rest) = name.strip_prefix(home)
            && (rest.is_empty() || rest.starts_with(['/', '\\']))
        {
            return format!("~{}", rest.replace('\\', "/"));
        }
    }
    match name.strip_prefix("~\\") {
        Some(rest) => format!("~/{}", rest.replace('\\', "/")),
        None => name.to_owned(),
    }
}

/// `pkg:github/acme/api@1` as `github:acme/api`.
fn without_package(name: &str) -> String {
    let Some(rest) = name.strip_prefix("pkg:") else { return name.to_owned() };
    let rest = rest.split(['@', '?', '#']).next().unwrap_or_default();
    rest.replacen('/', ":", 1)
}

/// Whether the text, as it is, can be a name.
fn check(name: &str) -> Result<(), Meaningless> {
    if let (Some(open), Some(close)) = (name.find('{'), name.find('}'))
        && open < close
        && !name[..open].ends_with('$')
    {
        let alternatives = name[open + 1..close].split(',');
        let all = alternatives.map(|part| format!("{}{part}{}", &name[..open], &name[close + 1..]));
        return Err(Meaningless::Several(all.collect()));
    }
    if name.contains(',') && name.split(',').all(|part| part.trim().contains('/')) {
        let all = name.split(',').map(|part| part.trim().to_owned());
        return Err(Meaningless::Several(all.collect()));
    }
    if let Some(at) = name.find('$').filter(|at| *at == 0 || name[..*at].ends_with('/')) {
        let end = name[at..].find('/').map_or(name.len(), |end| at + end);
        return Err(Meaningless::Variable(name[at..end].to_owned()));
    }
    if name.ends_with("/.*") || name.contains(".*/") || name.ends_with('$') || name.starts_with('!')
    {
        let plain = name.replace(".*", "*");
        let plain = plain.trim_matches(['^', '$', '!']).replace("\\.", ".");
        return Err(Meaningless::Wildcard { plain });
    }
    let is_address = name.contains("://");
    let is_query = name.split_once('?').is_some_and(|(_, query)| query.contains('='));
    let is_host = name.starts_with('[') || name.contains("@[") || name.contains("://[");
    let wildcard = |c: char| (c == '?' && !is_address && !is_query) || (c == '[' && !is_host);
    if let Some(at) = name.find(wildcard) {
        let (before, rest) = name.split_at(at);
        let rest = match rest.starts_with('[') {
            true => rest.split_once(']').map_or("", |(_, rest)| rest),
            false => &rest[1..],
        };
        return Err(Meaningless::Wildcard { plain: format!("{before}*{rest}") });
    }
    // Paths of Windows have their own separators.
    let is_drive = name.as_bytes().get(1) == Some(&b':') || name.starts_with('~');
    let is_path = name.starts_with('/') || is_drive;
    let is_foreign = |c: &char| {
        FOREIGN.contains(*c) && !(*c == '\\' && is_drive) && !(is_path && "&;()^{}".contains(*c))
    };
    match name.chars().find(is_foreign) {
        Some(c) => Err(Meaningless::Character(c)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_name_is_taken_off() {
        let name = "github.com/acme/api";
        let url = "https://github.com/acme/api";
        for (typed, expected) in [
            (name, name),
            (" `github.com/acme/api` ", name),
            ("“github.com/acme/api”", name),
            ("„github.com/acme/api“", name),
            ("'\"github.com/acme/api\"'", name),
            ("<https://github.com/acme/api>", url),
            ("(https://github.com/acme/api).", url),
            ("github.com/acme/api.", name),
            ("github.com/acme/api,", name),
            ("\u{feff}github.com/acme/\u{200b}api", name),
            ("[acme/api](https://github.com/acme/api)", url),
            ("[https://github.com/acme/api](https://github.com/acme/api)", url),
            ("see https://github.com/acme/api for more", url),
            ("vscode://vscode.git/clone?url=https://github.com/acme/api", url),
            ("vscode://vscode.git/clone?url=https%3A%2F%2Fgithub.com%2Facme%2Fapi", url),
            ("x-github-client://openRepo/https://github.com/acme/api", url),
            ("https://gitpod.io/#https://github.com/acme/api", url),
            ("https://web.archive.org/web/2026/https://github.com/acme/api", url),
            (
                "https://github.com/acme/api?x=https://h.example/a/b",
                "https://github.com/acme/api?x=https://h.example/a/b",
            ),
            ("gcrypt::ssh://git@h.example/a", "gcrypt::ssh://git@h.example/a"),
            (
                "git clone --depth 1 git@github.com:acme/api.git there",
                "git@github.com:acme/api.git",
            ),
            ("$ git clone git@github.com:acme/api.git", "git@github.com:acme/api.git"),
            ("gh repo clone acme/api", "acme/api"),
            ("git remote add origin git@github.com:acme/api", "git@github.com:acme/api"),
            ("origin\tgit@github.com:acme/api.git (fetch)", "git@github.com:acme/api.git"),
            ("$HOME/diary", "~/diary"),
            ("${HOME}", "~"),
            ("%USERPROFILE%\\diary", "~/diary"),
            ("github.com/acme/...", "github.com/acme/*"),
            ("pkg:github/acme/api@1.2", "github:acme/api"),
            ("dev.azure.com/o/my team/_git/r", "dev.azure.com/o/my team/_git/r"),
            ("my notes", "my notes"),
            ("..", ".."),
            ("[2001:db8::1]/a", "[2001:db8::1]/a"),
            ("git@[2001:db8::1]:a/b", "git@[2001:db8::1]:a/b"),
            ("/srv/gone (old)/a", "/srv/gone (old)/a"),
            ("C:\\git\\api", "C:\\git\\api"),
            ("*", "*"),
        ] {
            assert_eq!(bare(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_no_name_has_is_an_error_that_says_what_would_be_right() {
        let plain = |name: &str| Meaningless::Wildcard { plain: name.to_owned() };
        let several = |names: &[&str]| {
            Meaningless::Several(names.iter().map(|name| (*name).to_owned()).collect())
        };
        for (typed, expected) in [
            ("  ", Meaningless::Empty),
            ("``", Meaningless::Empty),
            ("github.com/acme/{api,web}", several(&["github.com/acme/api", "github.com/acme/web"])),
            ("acme/api, acme/web", several(&["acme/api", "acme/web"])),
            ("github.com/acme/a?i", plain("github.com/acme/a*i")),
            ("github.com/acme/[ab]pi", plain("github.com/acme/*pi")),
            ("github.com/acme/.*", plain("github.com/acme/*")),
            ("!github.com/acme/api", plain("github.com/acme/api")),
            ("$PROJECTS/api", Meaningless::Variable("$PROJECTS".to_owned())),
            ("/srv/$TEAM/api", Meaningless::Variable("$TEAM".to_owned())),
            ("github.com/acme/`api", Meaningless::Character('`')),
            ("github.com／acme／api", Meaningless::Character('／')),
            ("a\u{7}b", Meaningless::Character('\u{7}')),
            ("acme\\api", Meaningless::Character('\\')),
        ] {
            assert_eq!(bare(typed), Err(expected), "{typed}");
        }
        for typed in ["github.com/acme/api github.com/acme/web", "git push", "git status"] {
            assert!(matches!(bare(typed), Err(Meaningless::Words(_))), "{typed}");
        }
    }

    #[test]
    fn what_stands_on_the_disk_is_taken_as_it_is() {
        let home = tempfile::tempdir().expect("a directory");
        for name in ["a.", "[id]", "a?", "{a,b}", "$x", "`b`", "two words"] {
            let path = home.path().join(name);
            std::fs::create_dir(&path).expect("creates");
            let path = path.to_str().expect("text");
            assert_eq!(bare(path).as_deref(), Ok(path));
        }
    }
}
