//! What forges call one repository: their further hosts, the forms that their URLs have for ssh and for the web, and
//! the pages of a repository. Pure text, over names as [`super::remote`] makes them (`host/path`).

/// Hosts that stand for another one: ports that strict networks let through, short names, downloads.
const ALIASES: &[(&str, &str)] = &[
    ("ssh.github.com", "github.com"),
    ("api.github.com", "github.com"),
    ("codeload.github.com", "github.com"),
    ("raw.githubusercontent.com", "github.com"),
    ("raw.github.com", "github.com"),
    ("github.dev", "github.com"),
    ("github1s.com", "github.com"),
    ("gist.githubusercontent.com", "gist.github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
    ("api.bitbucket.org", "bitbucket.org"),
    ("hf.co", "huggingface.co"),
];

/// Forges whose repositories are `owner/name`, whatever follows.
const OWNER_AND_NAME: &[&str] =
    &["github.com", "bitbucket.org", "codeberg.org", "gitea.com", "gitee.com"];

/// First parts of addresses at forges that are nobody's account.
const OWN_PAGES: &[&str] = &[
    "login",
    "settings",
    "notifications",
    "search",
    "explore",
    "topics",
    "trending",
    "marketplace",
    "features",
    "sessions",
    "signup",
    "join",
    "new",
];

/// What follows a repository's name in the address of a page, on forges of every kind. No project of GitLab may be
/// called like the first ones (its documentation, "Reserved project and group names").
const PAGES: &[&str] = &[
    "-",
    "tree",
    "blob",
    "blame",
    "raw",
    "commits",
    "edit",
    "refs",
    "wikis",
    "src",
    "commit",
    "pull",
    "pulls",
    "issues",
    "merge_requests",
    "pull-requests",
    "pipelines",
    "actions",
    "releases",
    "tags",
    "branches",
    "settings",
    "wiki",
    "browse",
    "compare",
    "log",
    "plain",
];

/// The host that this one stands for; itself, mostly.
pub fn host_of(host: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == host).map_or(host, |(_, host)| host)
}

/// The one name of a repository at `host`, its path in parts: what every form of its URL comes to that is surely of
/// the same repository.
pub fn name(host: &str, parts: &[&str]) -> String {
    if let Some(name) = azure(host, parts) {
        return name;
    }
    let parts = match parts {
        ["repos" | "repositories", rest @ ..] if rest.len() >= 2 && is_simple(host) => rest,
        ["orgs" | "users", rest @ ..] if !rest.is_empty() && host == "github.com" => &rest[..1],
        _ => parts,
    };
    let end = match host {
        _ if is_simple(host) => parts.len().min(2),
        // GitLab lets nobody call a project so.
        _ => parts.iter().position(|part| *part == "-").filter(|at| *at > 0).unwrap_or(parts.len()),
    };
    let path = parts[..end].join("/");
    format!("{host}/{}", path.trim_end_matches(".git"))
}

/// The repository of which a name may be a page: what stands before the page's own words.
pub fn of_page(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('/').collect();
    let is_end = |part: &str| PAGES.contains(&part) || part == "info";
    // A host, and an owner and a name before it.
    let end = (3..parts.len()).find(|at| is_end(parts[*at]) || parts[*at - 1].ends_with(".git"))?;
    Some(parts[..end].join("/").trim_end_matches(".git").to_owned())
}

/// What else a name may be called, as denies compare: forms of one forge that cannot be told from another's by their
/// text alone, so they never name a project, only keep it private. All in small letters.
pub fn also(name: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut next = vec![name.to_owned()];
    while let Some(name) = next.pop() {
        for form in forms(&name) {
            if form != name && !all.contains(&form) {
                all.push(form.clone());
                next.push(form);
            }
        }
    }
    all.retain(|form| form != name);
    all
}

/// One step of [`also`]. Each is shorter or nearer to the usual one, so that steps end.
fn forms(name: &str) -> Vec<String> {
    let Some((host, path)) = name.split_once('/') else { return Vec::new() };
    if host.is_empty() || !(host.contains(['.', ':']) || host == "codecommit") {
        return Vec::new();
    }
    let parts: Vec<&str> = path.split('/').collect();
    let mut forms: Vec<String> = without_port(name).into_iter().collect();
    forms.extend(azure(host, &parts));
    let bare = ["www.", "ssh.", "altssh."].iter().find_map(|start| host.strip_prefix(start));
    if let Some(bare) = bare.filter(|bare| bare.contains('.')) {
        forms.push(format!("{bare}/{path}"));
    }
    if host_of(host) != host {
        forms.push(self::name(host_of(host), &parts));
    }
    let region =
        host.strip_prefix("git-codecommit.").is_some_and(|rest| rest.contains("amazonaws"));
    match parts.as_slice() {
        // Bitbucket Server, on the web, in its own pages and by ssh; it may lie below a path.
        [before @ .., "scm", owner, repository] if before.len() < 2 => {
            forms.push(format!("{host}/{owner}/{repository}"));
        }
        // The console of AWS; a repository's name is its account's own.
        ["codesuite", "codecommit", "repositories", repository, ..]
            if host.ends_with("console.aws.amazon.com") =>
        {
            forms.push(format!("codecommit/{repository}"));
        }
        ["v1", "repos", repository] if region => forms.push(format!("codecommit/{repository}")),
        // Gerrit, where one is logged in.
        ["a", rest @ ..] if !rest.is_empty() => forms.push(format!("{host}/{}", rest.join("/"))),
        // A port in the place of a path: `git@host:22/owner/name`.
        [port, rest @ ..] if !rest.is_empty() && port.parse::<u16>().is_ok() => {
            forms.push(format!("{host}/{}", rest.join("/")));
        }
        _ => {}
    }
    if let Some([kind, owner, _, repository]) = parts.windows(4).take(2).find_map(|four| {
        let four: [&str; 4] = four.try_into().ok()?;
        (four[2] == "repos" && ["projects", "users"].contains(&four[0])).then_some(four)
    }) {
        let person = if kind == "users" { "~" } else { "" };
        forms.push(format!("{host}/{person}{owner}/{repository}"));
    }
    if let Some(cut) = parts.iter().position(|part| part.ends_with(".git") && *part != ".git")
        && cut + 1 < parts.len()
    {
        let path = parts[..=cut].join("/");
        forms.push(format!("{host}/{}", path.trim_end_matches(".git")));
    }
    forms
}

/// A repository's wiki is another repository, and as private.
pub fn of_wiki(name: &str) -> Option<&str> {
    name.strip_suffix(".wiki").filter(|name| name.contains('/'))
}

/// Whether the repositories of a host are all `owner/name`.
pub fn is_simple(host: &str) -> bool {
    OWNER_AND_NAME.contains(&host)
}

/// Whether the first part of a path there is a page of the forge rather than an account.
pub fn is_own_page(host: &str, first: &str) -> bool {
    host == "github.com" && OWN_PAGES.contains(&first)
}

/// Azure DevOps, whose one repository has four names: by ssh and on the web, at its old hosts and its new one. A
/// repository that is called like its project leaves the project out.
fn azure(host: &str, parts: &[&str]) -> Option<String> {
    let (host, _) = host.split_once(':').unwrap_or((host, ""));
    let of_old = host.strip_suffix(".visualstudio.com").filter(|org| *org != "vs-ssh");
    let (org, rest) = match (host, of_old, parts) {
        ("ssh.dev.azure.com" | "vs-ssh.visualstudio.com", _, ["v3", org, project, repository]) => {
            return Some(azure_name(org, project, repository));
        }
        ("dev.azure.com", _, [org, rest @ ..]) => (*org, rest),
        (_, Some(org), ["defaultcollection" | "DefaultCollection", rest @ ..]) => (org, rest),
        (_, Some(org), rest) => (org, rest),
        _ => return None,
    };
    match rest {
        ["_git" | "_ssh", "_full" | "_optimized", repository, ..] => {
            Some(azure_name(org, repository, repository))
        }
        ["_git" | "_ssh", repository, ..] => Some(azure_name(org, repository, repository)),
        [project, "_git" | "_ssh", "_full" | "_optimized", repository, ..]
        | [project, "_git" | "_ssh", repository, ..] => Some(azure_name(org, project, repository)),
        _ => None,
    }
}

fn azure_name(org: &str, project: &str, repository: &str) -> String {
    format!("dev.azure.com/{org}/{project}/_git/{repository}").to_lowercase()
}
/// The name without its port, if it has one: a deny of the one is meant for the other as well.
pub fn without_port(project: &str) -> Option<String> {
    let (host, path) = project.split_once('/')?;
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("{name}/{path}"))
}
