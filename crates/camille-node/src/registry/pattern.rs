//! Patterns of project ids. Pure: text in, yes or no out.
//!
//! `*` stands for any characters, `/` too, so that `github.com/acme/*` covers subgroups. Case counts. A
//! pattern also matches the last components of an id (`api` and `acme/api` match
//! `github.com/acme/api`), unless it begins at the very start itself: with `/` or with a host name.

/// Whether `pattern` matches the project.
#[must_use]
pub fn matches(pattern: &str, project: &str) -> bool {
    // What its signs disagree about nothing shares but its own name.
    if project.starts_with(crate::project::UNCLEAR) {
        return pattern == project;
    }
    if glob(pattern.as_bytes(), project.as_bytes()) {
        return true;
    }
    is_floating(pattern)
        && project
            .match_indices('/')
            .any(|(slash, _)| glob(pattern.as_bytes(), &project.as_bytes()[slash + 1..]))
}

/// Whether some project, known or to come, matches both patterns.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    spellings(a).iter().any(|a| spellings(b).iter().any(|b| globs_meet(a.as_bytes(), b.as_bytes())))
}

/// Whether every project that `narrow` matches is surely matched by `wide` too.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    // A `*` of the narrow one, read as text, is matched by nothing but a `*` of the wide one.
    spellings(narrow).iter().all(|narrow| matches(wide, narrow))
}

/// The pattern as it is kept: a remote's URL becomes its project id, slashes at the end go.
#[must_use]
pub fn canonical(pattern: &str) -> String {
    let pattern = pattern.trim();
    let is_url = pattern.contains("://") || pattern.starts_with("git@");
    if is_url && let Some(project) = crate::project::normalise_remote(pattern) {
        return project;
    }
    let cut = pattern.trim_end_matches('/');
    if cut.is_empty() { pattern.to_owned() } else { cut.to_owned() }
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

/// Whether the pattern may begin at any component of an id rather than only at its start.
fn is_floating(pattern: &str) -> bool {
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

/// Whether some text matches both globs: reachability over pairs of positions.
fn globs_meet(a: &[u8], b: &[u8]) -> bool {
    let width = b.len() + 1;
    let mut reachable = vec![false; (a.len() + 1) * width];
    reachable[0] = true;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if !reachable[i * width + j] {
                continue;
            }
            let (x, y) = (a.get(i).copied(), b.get(j).copied());
            // A `*` may end here, or take in whatever the other side has next.
            if x == Some(b'*') {
                reachable[(i + 1) * width + j] = true;
                if y.is_some() {
                    reachable[i * width + j + 1] = true;
                }
            }
            if y == Some(b'*') {
                reachable[i * width + j + 1] = true;
                if x.is_some() {
                    reachable[(i + 1) * width + j] = true;
                }
            }
            if x.is_some() && x == y {
                reachable[(i + 1) * width + j + 1] = true;
            }
        }
    }
    reachable[a.len() * width + b.len()]
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
    fn patterns_overlap_when_a_project_could_match_both() {
        for (a, b, expected) in [
            ("github.com/acme/*", "github.com/acme/api", true),
            ("github.com/acme/*", "github.com/other/*", false),
            ("github.com/*", "api", true),
            ("github.com/acme/web", "api", false),
            ("github.com/acme/api", "api", true),
            ("*a", "a*", true),
            ("a*b", "b*a", false),
            ("*x*", "*y*", true),
            ("*", "/home/ana", true),
            ("/home/*", "github.com/*", false),
            ("github.com/*/api", "github.com/acme/*", true),
            ("github.com/*/api", "*/web", false),
        ] {
            assert_eq!(overlap(a, b), expected, "{a} and {b}");
            assert_eq!(overlap(b, a), expected, "{b} and {a}");
        }
    }

    #[test]
    fn overlap_and_cover_agree_with_matching() {
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
                let witness = texts.iter().any(|t| matches(a, t) && matches(b, t));
                assert_eq!(overlap(a, b), witness, "{a} and {b}");
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
