//! Addresses that lead to files of this machine: `file:///p`, `file://localhost/p`, `file:/p`, and the like of tools.

/// A longer word is no scheme of these.
const SCHEME_BYTES_MAX: usize = 16;

/// The path that an address leads to on this machine; `None`: it is no such address.
pub(super) fn path(text: &str) -> Option<String> {
    let rest = after_scheme(text)?;
    // Behind two slashes stands a host. One that is not this machine is a share that may be mounted here.
    let path = match rest.strip_prefix("//") {
        // `file://../x`, as some tools write it.
        Some(rest) if rest.starts_with(['.', '~']) => rest,
        Some(rest) => &rest[rest.find('/').filter(|at| *at > 0).unwrap_or(0)..],
        None => rest,
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = decoded(&path[..end]);
    // `file:///C:/x`
    let drive = path.strip_prefix('/').filter(|path| super::is_drive(path));
    // `file:///$HOME/x`
    let home = path.strip_prefix('/').filter(|path| path.starts_with("~/"));
    Some(drive.or(home).unwrap_or(&path).to_owned())
}

/// Schemes of databases that are one file each.
const DATABASES: &[&str] = &["sqlite", "sqlite3", "duckdb", "libsql", "file"];

/// The file that an address of a database names: `sqlite:///p/x.db`, `jdbc:sqlite:x.db`, `sqlite+aiosqlite:////p/x`.
/// Behind three slashes some take a path from the root and others one from the directory at hand: those are two.
pub(super) fn database(text: &str) -> Option<Vec<String>> {
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    let end = text.bytes().take(2 * SCHEME_BYTES_MAX).position(|byte| byte == b':')?;
    let (scheme, rest) = (&text[..end], &text[end + 1..]);
    let scheme = scheme.split('+').next().unwrap_or_default();
    if !DATABASES.iter().any(|name| scheme.eq_ignore_ascii_case(name)) {
        return None;
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let rest = decoded(&rest[..end]);
    let Some(path) = rest.strip_prefix("//") else {
        let is_file = !rest.is_empty() && !rest.starts_with(':');
        return is_file.then(|| vec![rest]);
    };
    let below = path.strip_prefix('/');
    match below {
        // `sqlite:////p/x`, `sqlite:///~/x`, `sqlite:///../x`
        Some(below) if below.starts_with(['/', '~', '.']) => Some(vec![below.to_owned()]),
        Some(below) if !below.is_empty() => Some(vec![path.to_owned(), below.to_owned()]),
        Some(_) => None,
        None => (!path.is_empty() && !path.starts_with(':')).then(|| vec![path.to_owned()]),
    }
}

/// Whether a text is such an address.
pub(super) fn is_file(text: &str) -> bool {
    after_scheme(text).is_some()
}

/// Whether a text is a repository's address on another machine: `https://h/a/b`, `ana@h:a/b.git`.
pub(super) fn is_remote(text: &str) -> bool {
    let has_scheme = text.split_once("://").is_some_and(|(scheme, rest)| {
        matches!(scheme, "https" | "http" | "ssh" | "git" | "git+ssh") && rest.contains('/')
    });
    let is_host = |host: &str| {
        let name = host.rsplit('@').next().unwrap_or_default();
        name.contains('.') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b))
    };
    has_scheme
        || text.split_once(':').is_some_and(|(host, path)| is_host(host) && path.contains('/'))
}

/// What follows `file:`, `files:`, `vscode://file`, `jar:file:` …, if that is a path from the root.
fn after_scheme(text: &str) -> Option<&str> {
    // Every word of every command asks: a scheme is short, or there is none.
    let end = text
        .bytes()
        .take(SCHEME_BYTES_MAX)
        .position(|byte| !byte.is_ascii_alphabetic() && byte != b'-')?;
    let (scheme, rest) = (&text[..end], text[end..].strip_prefix(':')?);
    let is_of = |name: &str| scheme.eq_ignore_ascii_case(name);
    if matches!(scheme, "jar" | "view-source" | "zip") {
        return after_scheme(rest);
    }
    if is_of("file") || is_of("files") || is_of("fs") {
        // SQLite and npm take one from the directory at hand, too.
        let is_path =
            rest.starts_with(['/', '~']) || rest.starts_with("../") || rest.starts_with("./");
        return is_path.then_some(rest);
    }
    let is_editor = ["vscode", "cursor", "vscode-insiders", "windsurf", "zed", "idea"];
    let rest = is_editor.iter().find(|name| is_of(name)).and(Some(rest))?;
    rest.strip_prefix("//file").filter(|rest| rest.starts_with('/'))
}

/// Without `%20` and the like.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(plain).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_are_paths_and_others_are_not() {
        for address in [
            "file:///p/x y",
            "file:///p/x%20y",
            "file:/p/x%20y",
            "FILE://localhost/p/x%20y",
            "file://nas/p/x y",
            "files:///p/x y",
            "vscode://file/p/x y",
            "jar:file:/p/x y",
            "file:///p/x%20y?line=3#L4",
        ] {
            assert_eq!(path(address).as_deref(), Some("/p/x y"), "{address}");
        }
        assert_eq!(path("file:///C:/x").as_deref(), Some("C:/x"));
        assert_eq!(path("file:../x.db?mode=ro").as_deref(), Some("../x.db"));
        assert_eq!(path("file://../x.db").as_deref(), Some("../x.db"));
        assert_eq!(path("file:///~/x.db").as_deref(), Some("~/x.db"));
        assert_eq!(path("file://~/x.db").as_deref(), Some("~/x.db"));
        assert_eq!(path("file:~/x.db?mode=ro").as_deref(), Some("~/x.db"));
        for other in ["/p", "https://h/p", "a:b", "file:x", "profile:/x", "file", "vscode://x/p"] {
            assert_eq!(path(other), None, "{other}");
        }
    }

    #[test]
    fn an_address_of_a_database_is_its_file() {
        let of = |text: &str| database(text).unwrap_or_default();
        for (text, paths) in [
            ("sqlite:////p/x.db", &["/p/x.db"][..]),
            ("sqlite:///~/x.db", &["~/x.db"]),
            ("sqlite:///../p/x.db", &["../p/x.db"]),
            ("sqlite:///p/x.db", &["/p/x.db", "p/x.db"]),
            ("sqlite://x.db", &["x.db"]),
            ("sqlite:x.db?mode=ro", &["x.db"]),
            ("sqlite+aiosqlite:////p/x.db", &["/p/x.db"]),
            ("jdbc:sqlite:/p/x.db", &["/p/x.db"]),
            ("duckdb:///~/a%20b.db", &["~/a b.db"]),
            ("file:x.db", &["x.db"]),
        ] {
            assert_eq!(of(text), paths, "{text}");
        }
        for other in
            ["sqlite::memory:", "sqlite://", "postgres://h/p", "https://h/p", "sqlite", "a:b"]
        {
            assert_eq!(of(other), [""; 0], "{other}");
        }
    }
}
