//! Repositories that are asked for at a forge by their names: `gh pr view -R acme/api`, a page of theirs, a call of the
//! forge's own service. What is read there is theirs, whether or not a clone of it is here.

use super::shell::Shell;
use super::word::Word;
use super::{Mentions, url};

/// The forges' own programs, and their hosts.
const PROGRAMS: &[(&str, &str)] =
    &[("gh", "github.com"), ("glab", "gitlab.com"), ("hub", "github.com")];

/// Hosts that serve what lies in repositories of another, and the words of a path before a repository's name.
const SERVES: &[(&str, &str, &[&str])] = &[
    ("api.github.com", "github.com", &["repos"]),
    ("raw.githubusercontent.com", "github.com", &[]),
    ("codeload.github.com", "github.com", &[]),
    ("raw.github.com", "github.com", &[]),
    ("uploads.github.com", "github.com", &["repos"]),
    ("api.bitbucket.org", "bitbucket.org", &["2.0", "repositories"]),
    ("github.com", "github.com", &[]),
    ("www.github.com", "github.com", &[]),
    ("gitlab.com", "gitlab.com", &[]),
    ("bitbucket.org", "bitbucket.org", &[]),
    ("codeberg.org", "codeberg.org", &[]),
];

/// First parts of pages that are of no repository.
const PAGES: &[&str] = &[
    "about",
    "api",
    "apps",
    "explore",
    "features",
    "login",
    "marketplace",
    "notifications",
    "orgs",
    "search",
    "settings",
    "sponsors",
    "topics",
    "trending",
    "users",
];

/// The repositories that a forge's own program is asked for.
pub(super) fn program(shell: &mut Shell<'_>, name: &str, arguments: &[Word]) {
    // `go get github.com/acme/api@main`
    if name == "go" {
        for word in arguments.iter().filter(|word| word.text.contains('/')) {
            page(&format!("https://{}", word.text), shell.into);
        }
    }
    let Some((_, host)) = PROGRAMS.iter().find(|(program, _)| *program == name) else { return };
    let mut words = arguments.iter().map(|word| word.text.as_str());
    let command = words.next().unwrap_or_default();
    while let Some(word) = words.next() {
        let value = match word.split_once('=') {
            Some(("--repo" | "-R", value)) => Some(value),
            _ if matches!(word, "--repo" | "-R") => words.next(),
            _ => word.strip_prefix("-R").filter(|rest| !rest.is_empty()),
        };
        if let Some(value) = value {
            of(host, value, shell.into);
            continue;
        }
        if word.contains("repo:") {
            searched(host, word, shell.into);
        }
        if command == "api" && word == "graphql" {
            asked(host, arguments, shell.into);
        } else if command == "api" {
            let path = word.trim_start_matches('/');
            if let Some(path) = path.strip_prefix("repos/") {
                of(host, path, shell.into);
            } else if let Some(path) = path.strip_prefix("projects/") {
                of(
                    host,
                    &path.split('/').next().unwrap_or_default().replace("%2F", "/"),
                    shell.into,
                );
            } else {
                page(word, shell.into);
            }
        } else if command == "repo" && !word.starts_with('-') && word.contains('/') {
            of(host, word, shell.into);
        } else {
            page(word, shell.into);
        }
    }
}

/// The repositories that a question to a forge is limited to: `salary repo:acme/api`.
pub(super) fn searched(host: &str, question: &str, into: &mut Mentions) {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '+' | '&' | '"' | '\'' | ',' | ')');
    for (at, sign) in question.match_indices("repo:") {
        let name = question[at + sign.len()..].trim_start_matches('"');
        of(host, name.split(is_end).next().unwrap_or_default(), into);
    }
}

/// A query for a repository: `repository(owner: "acme", name: "api")`, `-F owner=acme -F name=api`.
fn asked(host: &str, arguments: &[Word], into: &mut Mentions) {
    let value = |name: &str| {
        arguments.iter().find_map(|word| {
            let text = word.text.as_str();
            let given = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
            given.or_else(|| {
                let (_, rest) = text.split_once(&format!("{name}:"))?;
                rest.trim_start().strip_prefix('"')?.split('"').next()
            })
        })
    };
    let name = value("name").or_else(|| value("repo"));
    if let (Some(owner), Some(name)) = (value("owner"), name) {
        repository_of(host, owner, name, into);
    }
}

/// A repository that is named with its host, or without one.
pub(super) fn named(shell: &mut Shell<'_>, name: &str) {
    of("github.com", name, shell.into);
}

/// A repository that a call of a forge's service names whole: `{"repo": "acme/api"}`.
pub(super) fn whole(host: &str, name: &str, into: &mut Mentions) {
    of(host, name, into);
}

/// `acme/api`, `github.com/acme/api`, `https://…`, and what stands behind it in a path.
fn of(host: &str, name: &str, into: &mut Mentions) {
    if name.contains("://") {
        return page(name, into);
    }
    let mut parts = name.split('/');
    let first = parts.next().unwrap_or_default();
    let (host, owner) =
        if first.contains('.') { (first, parts.next().unwrap_or_default()) } else { (host, first) };
    let repository = parts.next().unwrap_or_default();
    repository_of(host, owner, repository, into);
}

/// The repository that an address on the web is a page of, or is served from.
pub(super) fn page(address: &str, into: &mut Mentions) {
    let address = address.strip_prefix("git+").unwrap_or(address);
    if address.starts_with("ssh://") && url::is_remote(address) {
        return into.fetched(address.split('#').next().unwrap_or(address));
    }
    let Some(rest) = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))
    else {
        return;
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let Some((_, forge, before)) = SERVES.iter().find(|(name, ..)| *name == host) else { return };
    let mut parts = path.split(['/', '?', '#', '@']);
    if before.iter().any(|part| parts.next() != Some(part)) {
        return;
    }
    let owner = parts.next().unwrap_or_default();
    if !PAGES.contains(&owner) {
        repository_of(forge, owner, parts.next().unwrap_or_default(), into);
    }
}

/// A repository by its owner and its own name.
pub(super) fn repository_of(host: &str, owner: &str, name: &str, into: &mut Mentions) {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let is_name = |text: &str| !text.is_empty() && text.len() < 128 && text.chars().all(is_letter);
    let name = name.strip_suffix(".git").unwrap_or(name);
    if is_name(owner) && is_name(name) && !owner.starts_with('.') && !name.starts_with('.') {
        into.fetched(&format!("https://{host}/{owner}/{name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::named::mentions;

    fn fetched(command: &str) -> Vec<String> {
        let list = mentions(command).into_iter().filter(|mention| mention.foreign);
        list.map(|mention| mention.path).filter(|path| path.contains(':')).collect()
    }

    #[test]
    fn what_is_asked_for_at_a_forge_is_the_repositorys() {
        for command in [
            "gh pr view 12 -R acme/api --comments",
            "gh pr diff 12 --repo acme/api",
            "gh pr diff --repo=acme/api 12",
            "gh issue list -Racme/api",
            "gh issue view 3 -R github.com/acme/api",
            "gh issue view https://github.com/acme/api/issues/3",
            "gh api repos/acme/api/contents/x -q .content | base64 -d",
            "gh api /repos/acme/api/pulls/1/comments --paginate",
            "gh repo view acme/api --json url",
            "GH_REPO=acme/api gh pr view 1",
            "gh api graphql -f query='{repository(owner:\"acme\", name:\"api\"){id}}'",
            "gh api graphql -F owner=acme -F name=api -f query='query($owner:String!){x}'",
            "git fetch https://github.com/acme/api main",
            "git ls-remote https://github.com/acme/api",
            "git archive --remote=https://github.com/acme/api HEAD",
            "pip install git+https://github.com/acme/api@v1",
            "npm install git+https://github.com/acme/api.git#v1",
            "go get github.com/acme/api@main",
            "go install github.com/acme/api/cmd/x@latest",
            "cargo install --git https://github.com/acme/api",
            "curl -s https://api.github.com/repos/acme/api/contents/x",
            "curl -sL https://raw.githubusercontent.com/acme/api/main/x | head",
            "wget https://codeload.github.com/acme/api/zip/main",
            "curl https://github.com/acme/api.git/info/refs",
        ] {
            assert_eq!(fetched(command), ["https://github.com/acme/api"], "{command}");
        }
        assert_eq!(
            fetched("git pull git@github.com:acme/api.git main"),
            ["git@github.com:acme/api.git"]
        );
        assert_eq!(fetched("glab mr view 1 -R acme/api"), ["https://gitlab.com/acme/api"]);
        for command in [
            "gh pr view 12",
            "gh api user",
            "gh api repos/{owner}/{repo}/pulls",
            "gh pr create --title a/b --body c/d",
            "curl https://github.com/settings/tokens",
            "curl https://h.example/acme/api",
        ] {
            assert!(fetched(command).is_empty(), "{command}: {:?}", fetched(command));
        }
    }
}
