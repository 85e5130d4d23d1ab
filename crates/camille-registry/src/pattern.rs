//! Patterns of project ids. Pure: text in, yes or no out.
//!
//! `*` stands for any characters, `/` too, so that `github.com/acme/*` covers subgroups. Case counts. A
//! pattern also matches the last components of an id (`api` and `acme/api` match
//! `github.com/acme/api`), unless it begins at the very start itself: with `/` or with a host name.

use super::forge::{also as other_forms, of_wiki};
use super::remote::{host_name, normalise_remote};
use super::within;
use unicode_normalization::UnicodeNormalization;

/// Begins the id of a project whose signs disagree. No pattern but the id itself matches it.
pub const UNCLEAR: &str = "unclear:";

/// Whether `pattern` matches the project.
#[must_use]
pub fn matches(pattern: &str, project: &str) -> bool {
    // What its signs disagree about nothing shares but its own name.
    if project.starts_with(UNCLEAR) {
        return pattern == project;
    }
    fits(pattern, project)
}

fn fits(pattern: &str, project: &str) -> bool {
    if glob(pattern.as_bytes(), project.as_bytes()) {
        return true;
    }
    is_floating(pattern)
        && project
            .match_indices('/')
            .any(|(slash, _)| glob(pattern.as_bytes(), &project.as_bytes()[slash + 1..]))
}

/// Whether every project that `narrow` matches is surely matched by `wide` too.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    // A `*` of the narrow one, read as text, is matched by nothing but a `*` of the wide one.
    spellings(narrow).iter().all(|narrow| matches(wide, narrow))
}

/// The pattern as it is kept: a remote's URL becomes its project id, slashes at the end go. What only this machine
/// understands, such as aliases of hosts, was taken out before (by the node).
#[must_use]
pub fn canonical(pattern: &str) -> String {
    let pattern = pattern.trim();
    let is_url = pattern.contains("://") || pattern.starts_with("git@");
    if is_url && let Some(project) = normalise_remote(pattern) {
        return project;
    }
    let cut = pattern.trim_end_matches('/');
    if cut.is_empty() { pattern.to_owned() } else { cut.to_owned() }
}

/// Whether a deny of `pattern` holds for something that bears this name. It errs towards yes: case, percent
/// signs, `www.`, ports, a doubled `.git` and the forms that one forge has for one repository do not tell names
/// apart, and what lies below what is denied is denied, unless the pattern may begin anywhere.
#[must_use]
pub fn denies(pattern: &str, name: &str) -> bool {
    Deny::of(pattern).holds_for(&Called::of(name))
}

/// A pattern in every form in which a deny compares it.
#[derive(Debug)]
pub(crate) struct Deny {
    globs: Vec<String>,
}

impl Deny {
    pub(crate) fn of(pattern: &str) -> Self {
        let pattern = folded(pattern);
        let is_path = within::split(&pattern).is_some();
        let other = if is_path { Vec::new() } else { other_forms(&pattern) };
        // A form of all that a host has would be no form of what is meant.
        let other =
            other.into_iter().filter(|form| form.split_once('/').is_some_and(|(_, p)| p != "*"));
        let mut globs: Vec<String> = other.collect();
        globs.push(pattern);
        Self { globs }
    }

    pub(crate) fn holds_for(&self, name: &Called) -> bool {
        self.globs.iter().any(|pattern| name.forms.iter().any(|name| is_denied(pattern, name)))
    }
}

/// A name in every form in which a deny compares it.
#[derive(Debug)]
pub(crate) struct Called {
    forms: Vec<String>,
}

impl Called {
    pub(crate) fn of(name: &str) -> Self {
        if within::is_worktree(name) {
            return Self { forms: Vec::new() };
        }
        let name = folded(name);
        let mut forms = other_forms(&name);
        let wiki = of_wiki(&name).map(str::to_owned);
        forms.extend(wiki.into_iter().chain([name]));
        Self { forms }
    }
}

fn is_denied(pattern: &str, name: &str) -> bool {
    if fits(pattern, name) {
        return true;
    }
    let below = if pattern == "/" { "/*".to_owned() } else { format!("{pattern}/*") };
    // A host alone means all that it has.
    let may_be_host = !pattern.contains('/') && pattern.contains('.');
    (may_be_host || !is_floating(pattern)) && glob(below.as_bytes(), name.as_bytes())
}

/// Whether a pattern names one thing: no `*` in it.
#[must_use]
pub fn is_exact(pattern: &str) -> bool {
    !pattern.contains('*')
}

/// A name as denies compare it.
fn folded(name: &str) -> String {
    let mut name: String = match name.is_ascii() {
        true => percent_decoded(name).to_lowercase(),
        false => percent_decoded(name).nfc().collect::<String>().to_lowercase(),
    };
    while let Some(cut) = name.strip_suffix(".git").or_else(|| name.strip_suffix('/')) {
        if cut.is_empty() {
            break;
        }
        name.truncate(cut.len());
    }
    if let Some(rest) = name.strip_prefix("www.") {
        name = rest.to_owned();
    }
    // A host has a name in ASCII as well.
    let (first, rest) = name.split_once('/').unwrap_or((&name, ""));
    if first.contains('.') && (!first.is_ascii() || first.contains("xn--")) {
        let (host, port) = first.split_once(':').unwrap_or((first, ""));
        let colon = if port.is_empty() { "" } else { ":" };
        let slash = if rest.is_empty() { "" } else { "/" };
        return format!("{}{colon}{port}{slash}{rest}", host_name(host));
    }
    name
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// How closely a pattern that matches `project` names it: greater is closer.
#[must_use]
pub fn closeness(pattern: &str, project: &str) -> (bool, usize) {
    (pattern == project, pattern.chars().filter(|c| *c != '*').count())
}

/// The globs over whole ids that together match what the pattern matches.
fn spellings(pattern: &str) -> Vec<String> {
    let mut globs = vec![pattern.to_owned()];
    if is_floating(pattern) {
        globs.push(format!("*/{pattern}"));
    }
    globs
}

/// Whether the pattern may begin at any component of an id rather than only at its start: it names no host
/// and no root, and will match whatever is called so, wherever that comes from.
#[must_use]
pub fn is_floating(pattern: &str) -> bool {
    match pattern.split_once('/') {
        None => true,
        Some((first, _)) => !first.is_empty() && !first.contains(['.', ':', '*']),
    }
}

/// Matching with one remembered `*`, which suffices because the last `*` can take over from those
/// before it.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((star_p, star_t)) = star {
            star = Some((star_p, star_t + 1));
            p = star_p + 1;
            t = star_t + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_users_expect() {
        for (pattern, project, expected) in [
            ("github.com/acme/api", "github.com/acme/api", true),
            ("github.com/acme/api", "github.com/acme/api2", false),
            ("github.com/acme/*", "github.com/acme/api", true),
            ("github.com/acme/*", "github.com/acme/group/api", true),
            ("github.com/acme/*", "github.com/acmeleon/api", false),
            ("github.com/acme/*", "github.com/Acme/api", false),
            ("api", "github.com/acme/api", true),
            ("api", "github.com/acme/my-api", false),
            ("api", "github.com/api/web", false),
            ("acme/api", "github.com/acme/api", true),
            ("acme/api", "github.com/notacme/api", false),
            ("acme/*", "github.com/acme/api", true),
            ("api*", "github.com/acme/api-server", true),
            ("*", "/home/ana/notes", true),
            ("*/api", "github.com/acme/api", true),
            ("/home/ana/notes", "/home/ana/notes", true),
            ("/home/ana/notes", "/mnt/home/ana/notes", false),
            ("github.com/acme/api", "/home/ana/src/github.com/acme/api", false),
            ("notes", "/home/ana/notes", true),
            ("", "github.com/acme/api", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbX", false),
        ] {
            assert_eq!(matches(pattern, project), expected, "{pattern} on {project}");
        }
    }

    #[test]
    fn a_deny_holds_for_every_spelling_and_for_what_lies_below() {
        let secret = "github.com/acme/secret";
        for (pattern, name, expected) in [
            (secret, "github.com/Acme/Secret", true),
            ("GitHub.com/ACME/secret", secret, true),
            (secret, "github.com/acme/%73ecret", true),
            ("github.com/acme/%53ecret", secret, true),
            (secret, "www.github.com/acme/secret", true),
            (secret, "github.com/acme/secret.git", true),
            (secret, "github.com/acme/secret.git.git", true),
            (secret, "github.com/acme/secret/", true),
            (secret, "github.com/acme/secrets", false),
            (secret, "github.com/acme/open", false),
            (secret, "evil.com/github.com/acme/secret", false),
            ("github.com/acme", secret, true),
            ("github.com/ac", secret, false),
            ("*Pay*", "github.com/acme/payroll", true),
            ("Payroll", "github.com/acme/payroll", true),
            ("acme", "github.com/acme/payroll", false),
            ("/home/ana/diary", "/home/ana/diary", true),
            ("/home/ana/diary", "/home/ana/diary/2026/may", true),
            ("/home/ana/diary", "/home/ana/Diary", true),
            ("/home/ana/diary", "/home/ana/diary2", false),
            ("/home/*/diary", "/home/ana/diary/2026", true),
            ("/", "/home/ana/diary", true),
            ("/", "github.com/acme/secret", false),
            ("*", secret, true),
            ("%", secret, false),
            ("100%", "/home/ana/100%", true),
        ] {
            assert_eq!(denies(pattern, name), expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn covering_agrees_with_matching() {
        // Every short text over two letters and the separator.
        let mut texts = vec![String::new()];
        for _ in 0..5 {
            let longer: Vec<String> =
                texts.iter().flat_map(|t| ["a", "b", "/"].map(|c| format!("{t}{c}"))).collect();
            texts.extend(longer);
            texts.sort_unstable();
            texts.dedup();
        }
        let patterns = ["a", "b", "*", "a*", "*b", "a*b", "/a", "a/*", "*/b", "ab", "b*a", "a/b"];
        for a in patterns {
            for b in patterns {
                let exception = texts.iter().find(|t| matches(b, t) && !matches(a, t));
                assert!(!covers(a, b) || exception.is_none(), "{a} covers {b}: {exception:?}");
            }
        }
    }

    #[test]
    fn a_wide_pattern_covers_a_narrow_one() {
        for (wide, narrow, expected) in [
            ("*", "github.com/acme/*", true),
            ("*", "api", true),
            ("github.com/acme/*", "github.com/acme/api", true),
            ("github.com/acme/*", "github.com/acme/a*", true),
            ("github.com/acme/*", "github.com/acme/*", true),
            ("github.com/acme/api", "github.com/acme/*", false),
            ("github.com/acme/*", "api", false),
            ("api", "github.com/acme/api", true),
            ("api", "acme/api", true),
            ("acme/api", "api", false),
        ] {
            assert_eq!(covers(wide, narrow), expected, "{wide} over {narrow}");
        }
    }

    #[test]
    fn a_pattern_is_kept_in_one_spelling() {
        for (given, kept) in [
            (" github.com/acme/ ", "github.com/acme"),
            ("https://GitHub.com/acme/api.git", "github.com/acme/api"),
            ("git@github.com:acme/*", "github.com/acme/*"),
            ("api", "api"),
            ("/", "/"),
        ] {
            assert_eq!(canonical(given), kept);
        }
    }
}
