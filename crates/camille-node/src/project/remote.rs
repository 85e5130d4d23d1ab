//! A git remote's URL as a project id: `host/path`. Pure text; what is no remote is `None`.

/// Hosts that stand for another one, for those whose network lets only port 443 out.
const ALIASES: &[(&str, &str)] = &[
    ("ssh.github.com", "github.com"),
    ("altssh.gitlab.com", "gitlab.com"),
    ("altssh.bitbucket.org", "bitbucket.org"),
];

/// Hosts that take no notice of letter case in paths, and of `www.` and ports in addresses.
const CASELESS: &[&str] =
    &["github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitea.com", "dev.azure.com"];

/// The project that a remote's URL names: `host/path`, the host in lower case, without scheme, user,
/// password, usual port, `.git` and slashes at the end, percent signs decoded. `None` for paths on a disk and
/// for what is no URL that git knows (git-fetch(1), GIT URLS).
#[must_use]
pub fn normalise_remote(url: &str) -> Option<String> {
    let url = url.trim();
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    let (authority, path, usual_port) = match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            (authority, path, usual_port(scheme)?)
        }
        None => {
            let (authority, path) = split_scp(url)?;
            (authority, path, 22)
        }
    };
    let mut host = host(authority, usual_port)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.into_owned();
    let name = host.split(':').next().unwrap_or_default();
    let name = name.strip_prefix("www.").unwrap_or(name);
    if CASELESS.contains(&name) {
        host = name.to_owned();
        path = path.to_lowercase();
    }
    let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    if parts.contains(&"..") || path.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return None;
    }
    while let Some(last) = parts.last_mut()
        && let Some(cut) = last.strip_suffix(".git")
    {
        *last = cut;
        if cut.is_empty() {
            parts.pop();
        }
    }
    if parts.is_empty() { None } else { Some(format!("{host}/{}", parts.join("/"))) }
}

/// The name without its port, if it has one: a deny of the one is meant for the other as well.
pub(super) fn without_port(project: &str) -> Option<String> {
    let (host, path) = project.split_once('/')?;
    let (name, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| format!("{name}/{path}"))
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme.to_ascii_lowercase().as_str() {
        "https" | "git+https" => Some(443),
        "http" | "git+http" => Some(80),
        "ssh" | "git+ssh" | "ssh+git" => Some(22),
        "git" => Some(9418),
        "ftp" => Some(21),
        "ftps" => Some(990),
        _ => None,
    }
}

/// `[user@]host:path`. A slash before the colon makes it a path, one letter before it a drive, and
/// `::` after it the name of a helper program.
fn split_scp(url: &str) -> Option<(&str, &str)> {
    let after_user =
        url.find('@').filter(|at| !url[..*at].contains(['/', ':'])).map_or(0, |at| at + 1);
    let colon = if url[after_user..].starts_with('[') {
        after_user + url[after_user..].find("]:")? + 1
    } else {
        after_user + url[after_user..].find(':')?
    };
    let (authority, path) = (&url[..colon], &url[colon + 1..]);
    let is_drive = after_user == 0 && authority.len() == 1;
    let is_path = authority.contains(['/', '\\']);
    (!is_drive && !is_path && !path.starts_with(':')).then_some((authority, path))
}

/// The host of `[user[:password]@]host[:port]`, with its port if that is not the usual one.
fn host(authority: &str, usual_port: u16) -> Option<String> {
    let place = authority.rsplit('@').next().unwrap_or(authority);
    let (name, port) = match place.rsplit_once(':') {
        Some((name, port)) if !place.ends_with(']') => (name, port),
        _ => (place, ""),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.is_empty() {
        return None;
    }
    if let Some((_, host)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return Some((*host).to_owned());
    }
    if port.is_empty() {
        return Some(name);
    }
    let port: u16 = port.parse().ok()?;
    Some(if port == usual_port { name } else { format!("{name}:{port}") })
}

#[cfg(test)]
mod tests {
    use super::normalise_remote;

    #[test]
    fn one_repository_has_one_name() {
        let name = Some("github.com/acme/api".to_owned());
        for url in [
            "https://github.com/Acme/api",
            "https://github.com/Acme/api.git",
            "https://github.com/Acme/api.git/",
            "https://github.com//Acme/api/",
            "https://GitHub.com/Acme/api",
            "https://github.com:443/Acme/api.git",
            "https://ghp_token@github.com/Acme/api.git",
            "https://user:pa:ss@github.com/Acme/api.git",
            "https://user:[redacted:url-password]@github.com/Acme/api.git",
            "https://me@acme.com:x@github.com/Acme/api",
            "http://github.com:80/Acme/api",
            "git://github.com/Acme/api.git",
            "ssh://git@github.com/Acme/api.git",
            "ssh://git@github.com:22/Acme/api.git",
            "git+ssh://git@github.com/Acme/api",
            "ssh://git@ssh.github.com:443/Acme/api.git",
            "git@github.com:Acme/api.git",
            "git@github.com:/Acme/api",
            "github.com:Acme/api.git",
            "  git@github.com:Acme/api.git\n",
            "https://github.com/Acme/api.git?x=1#main",
            "https://www.github.com/acme/api",
            "ssh://git@github.com:2222/acme/api",
            "https://github.com/acme/%61pi",
            "https://github.com/acme%2Fapi.git.git",
            "git@github.com:acme/api.git/.git",
        ] {
            assert_eq!(normalise_remote(url), name, "{url}");
        }
    }

    #[test]
    fn ports_and_odd_hosts_stay() {
        for (url, name) in [
            ("https://git.acme.com:8443/api.git", "git.acme.com:8443/api"),
            ("ssh://git@git.acme.com:2222/a/b/c.git", "git.acme.com:2222/a/b/c"),
            ("ssh://git@[2001:DB8::1]:2222/a/b", "[2001:db8::1]:2222/a/b"),
            ("https://[2001:db8::1]/a", "[2001:db8::1]/a"),
            ("git@[2001:db8::1]:a/b.git", "[2001:db8::1]/a/b"),
            ("work:acme/api", "work/acme/api"),
            ("git@ssh.dev.azure.com:v3/o/p/r", "ssh.dev.azure.com/v3/o/p/r"),
            ("git@host:~me/api.git", "host/~me/api"),
        ] {
            assert_eq!(normalise_remote(url).as_deref(), Some(name), "{url}");
        }
    }

    #[test]
    fn what_is_no_remote_is_none() {
        for url in [
            "",
            "/srv/git/api.git",
            "../api",
            "./a:b",
            "api",
            "file:///srv/git/api.git",
            r"C:\git\api",
            "C:/git/api",
            "ext::sh -c foo",
            "codecommit::eu-west-1://api",
            "https://github.com",
            "https://github.com/",
            "https://github.com/.git",
            "https:///acme/api",
            "https://host:99999/a",
            "https://host/a/../b",
            "git@github.com:",
            "a b@host:c",
        ] {
            assert_eq!(normalise_remote(url), None, "{url}");
        }
    }

    #[test]
    fn no_part_of_a_credential_is_left() {
        for url in
            ["https://u:s3cret@h.example/a", "ssh://s3cret@h.example/a", "s3cret@h.example:a"]
        {
            let name = normalise_remote(url).expect("a remote");
            assert!(!name.contains("s3cret"), "{url} gave {name}");
        }
    }
}
