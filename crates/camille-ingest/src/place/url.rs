//! Addresses that lead to files of this machine: `file:///p`, `file://localhost/p`, `file:/p`, and the like of tools.

/// A longer word is no scheme of these.
const SCHEME_BYTES_MAX: usize = 16;

/// The path that an address leads to on this machine; `None`: it is no such address.
pub(super) fn path(text: &str) -> Option<String> {
    let rest = after_scheme(text)?;
    // Behind two slashes stands a host. One that is not this machine is a share that may be mounted here.
    let path = match rest.strip_prefix("//") {
        Some(rest) => &rest[rest.find('/').filter(|at| *at > 0).unwrap_or(0)..],
        None => rest,
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = decoded(&path[..end]);
    // `file:///C:/x`
    let drive = path.strip_prefix('/').filter(|path| super::is_drive(path));
    Some(drive.unwrap_or(&path).to_owned())
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
        return rest.starts_with('/').then_some(rest);
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
        for other in ["/p", "https://h/p", "a:b", "file:x", "profile:/x", "file", "vscode://x/p"] {
            assert_eq!(path(other), None, "{other}");
        }
    }
}
