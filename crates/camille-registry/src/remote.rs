//! A git remote's URL as a project id: `host/path`. Pure text; what names no host says where else it leads.

use super::forge;

/// Hosts that take no notice of letter case in paths, and of `www.` and ports in addresses.
const CASELESS: &[&str] = &[
    "github.com",
    "gist.github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "gitea.com",
    "dev.azure.com",
    "huggingface.co",
];

/// What the URL of a remote leads to, as far as its text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remote {
    /// A repository on a host: the project's id.
    Named(String),
    /// A directory or file of this disk.
    Local(String),
    /// Nobody here knows. What it may be all the same: a deny of that is heard.
    Unclear(Option<String>),
}

/// The project that a remote's URL names: `host/path`, the host in lower case, without scheme, user,
/// password, usual port, `.git` and slashes at the end, percent signs decoded. `None` for paths on a disk and
/// for what is no URL that git knows (git-fetch(1), GIT URLS).
#[must_use]
pub fn normalise_remote(url: &str) -> Option<String> {
    match read(url) {
        Remote::Named(name) => Some(name),
        Remote::Local(_) | Remote::Unclear(_) => None,
    }
}

/// Reads the URL of a remote.
pub fn read(url: &str) -> Remote {
    let url = url.trim();
    if url.is_empty() || url.chars().any(char::is_control) {
        return Remote::Unclear(None);
    }
    if let Some((helper, address)) = split_helper(url) {
        return through(helper, address);
    }
    let Some((scheme, rest)) = url.split_once("://") else {
        return match split_scp(url) {
            // People write ports there, where git takes none.
            Some((authority, path)) => match path.split_once('/') {
                Some((port, rest))
                    if port.parse::<u16>().is_ok()
                        && rest.contains('/')
                        && forge::is_simple(&host(authority, 22).unwrap_or_default()) =>
                {
                    named(authority, rest, 22)
                }
                _ => named(authority, path, 22),
            },
            None if url.contains("::") => Remote::Unclear(None),
            None => Remote::Local(url.to_owned()),
        };
    };
    let scheme = scheme.to_ascii_lowercase();
    let scheme = scheme.strip_prefix("persistent-").unwrap_or(&scheme);
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    match scheme {
        "file" | "git+file" if authority.is_empty() || authority == "localhost" => {
            Remote::Local(decoded(&format!("/{path}")))
        }
        // The profile stands where users do.
        "codecommit" => code_commit(None, rest),
        _ => match usual_port(scheme) {
            Some(port) => named(authority, path, port),
            None => match named(authority, path, 0) {
                Remote::Named(name) => Remote::Unclear(Some(name)),
                _ => Remote::Unclear(None),
            },
        },
    }
}

/// A host as names spell it: in small letters, as ASCII (RFC 5891), without a dot at its end.
pub fn host_name(host: &str) -> String {
    let host = host.trim_end_matches('.').to_lowercase();
    if host.is_ascii() && !host.contains("xn--") {
        return host;
    }
    idna::domain_to_ascii(&host).unwrap_or(host)
}

fn usual_port(scheme: &str) -> Option<u16> {
    match scheme {
        "https" | "git+https" => Some(443),
        "http" | "git+http" => Some(80),
        "ssh" | "git+ssh" | "ssh+git" | "svn+ssh" => Some(22),
        "git" => Some(9418),
        "svn" => Some(3690),
        "ftp" => Some(21),
        "ftps" => Some(990),
        _ => None,
    }
}

/// `helper::address` (gitremote-helpers(7)).
fn split_helper(url: &str) -> Option<(&str, &str)> {
    let (helper, address) = url.split_once("::")?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_');
    (!helper.is_empty() && helper.chars().all(is_word)).then_some((helper, address))
}

/// What a helper program is handed: mostly the URL that it goes on to.
fn through(helper: &str, address: &str) -> Remote {
    match helper {
        "ext" => program(address),
        "fd" => Remote::Unclear(None),
        "codecommit" => match address.split_once("://") {
            Some((region, rest)) => code_commit(Some(region), rest),
            None => Remote::Unclear(None),
        },
        _ => match read(address) {
            Remote::Local(path) if !path.starts_with(['/', '.']) => Remote::Unclear(None),
            other => other,
        },
    }
}

/// A command that speaks git's protocol: where ssh is told to go, and the last word that it is told there.
fn program(command: &str) -> Remote {
    let words: Vec<&str> = command.split_whitespace().filter(|word| *word != "%S").collect();
    let plain = |word: &&&str| !word.starts_with(['-', '%']);
    let is_ssh = words.first().is_some_and(|word| word.rsplit('/').next() == Some("ssh"));
    let (host, path) = (words.iter().skip(1).find(plain), words.iter().skip(2).rfind(plain));
    match (is_ssh, host, path) {
        (true, Some(host), Some(path)) => match named(host, path.trim_matches(['\'', '"']), 22) {
            // Its options may lead elsewhere.
            Remote::Named(name) if words.iter().any(|word| word.starts_with('-')) => {
                Remote::Unclear(Some(name))
            }
            other => other,
        },
        _ => Remote::Unclear(None),
    }
}

/// A repository of AWS CodeCommit as its own helper spells it: `[profile@]name`.
fn code_commit(region: Option<&str>, rest: &str) -> Remote {
    let name = rest.rsplit('@').next().unwrap_or(rest);
    match region {
        Some(region) => {
            let host = format!("git-codecommit.{region}.amazonaws.com");
            named(&host, &format!("v1/repos/{name}"), 443)
        }
        None => named("codecommit", name, 443),
    }
}

fn named(authority: &str, path: &str, usual_port: u16) -> Remote {
    name(authority, path, usual_port).map_or(Remote::Unclear(None), Remote::Named)
}

fn name(authority: &str, path: &str, usual_port: u16) -> Option<String> {
    let mut host = host(authority, usual_port)?;
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let mut path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.into_owned();
    if path.chars().any(char::is_control) {
        return None;
    }
    let bare = host.split(':').next().unwrap_or_default();
    let bare = bare.strip_prefix("www.").unwrap_or(bare);
    let known = forge::host_of(bare);
    if known != bare || CASELESS.contains(&known) {
        host = known.to_owned();
        path = path.to_lowercase();
    }
    // As a browser and curl take them out (RFC 3986, 5.2.4).
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    while let Some(last) = parts.last_mut()
        && let Some(cut) = last.strip_suffix(".git")
    {
        *last = cut;
        if cut.is_empty() {
            parts.pop();
        }
    }
    if parts.is_empty() { None } else { Some(forge::name(&host, &parts)) }
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
    let name = host_name(&decoded(name));
    let is_odd = |c: char| c.is_whitespace() || c.is_control();
    if name.is_empty() || name.contains('/') || authority.contains(is_odd) {
        return None;
    }
    if port.is_empty() {
        return Some(name);
    }
    let port: u16 = port.parse().ok()?;
    Some(if port == usual_port { name } else { format!("{name}:{port}") })
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
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
            "git@github.com:22/acme/api.git",
            "org-123@github.com:acme/api.git",
            "gcrypt::git@github.com:acme/api.git",
            "persistent-https://github.com/acme/api",
            "ext::ssh git@github.com %S acme/api.git",
            "https://github.com/acme/open/../api",
            "https://api.github.com/repos/acme/api",
            "https://github.com/acme/api/tree/main",
            "https://github.com/acme/api.git/info/refs",
            "https://GITHUB.com./acme/api",
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
            ("git@ssh.dev.azure.com:v3/o/p/r", "dev.azure.com/o/p/_git/r"),
            ("https://dev.azure.com/o/My%20Team/_git/r", "dev.azure.com/o/my team/_git/r"),
            ("https://host/a/../b", "host/b"),
            (
                "codecommit::eu-west-1://me@api",
                "git-codecommit.eu-west-1.amazonaws.com/v1/repos/api",
            ),
            ("https://b\u{fc}cher.example/a", "xn--bcher-kva.example/a"),
            ("https://XN--BCHER-KVA.example/a", "xn--bcher-kva.example/a"),
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
            "https://github.com",
            "https://github.com/",
            "https://github.com/.git",
            "https:///acme/api",
            "https://host:99999/a",
            "https://host/a/..",
            "rclone://host/a",
            "fd::17",
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
