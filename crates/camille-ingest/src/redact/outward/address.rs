//! Finds the part of an address that lets in whoever knows it: the random one in the path of a hook, a callback, an invitation.

use super::super::check::{is_hash, is_uuid};
use super::super::rule::plain_classes;
use super::proof::Proof;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

static HOOK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)hook|^(?:services|callbacks?|triggers?|push|ping|notify|notifications?|integrations|workflows|incoming|inbound|ingest|catch|alerts?|bots?|cb)$"))
        .expect("a constant pattern")
});
/// Where nothing but a key lets in; elsewhere a hash names content and a UUID an object.
static DOOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)^(?:invit\w*|join|reset[\w-]*|password[\w-]*|magic[\w-]*|verify[\w-]*|confirm[\w-]*|activat\w*|unsubscribe|shared?|s|sso|login|token|access|download|public-link)$"))
        .expect("a constant pattern")
});
/// Hosts all of whose addresses are hooks.
static HOST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r"(?i)^(?:web)?hooks?[.-]|^ntfy\.|^hc-ping\.|^ping\.|^push\.|^notify\.",
    ))
    .expect("a constant pattern")
});
/// A parameter that is named like a key.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)^[\w.-]*(?:token|key|sig|sign|signature|auth|secret|api|pass|pwd|jwt|code|ticket|access)=(.+)$"))
        .expect("a constant pattern")
});

/// What lets in, of each address of a line.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    for at in memchr::memmem::find_iter(line.as_bytes(), b"://") {
        let start = at + 3;
        let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>()\\,;|".contains(c);
        let length = line[start..].find(is_end).unwrap_or(line.len() - start);
        let address = line[start..start + length].trim_end_matches(['.', ':', '*']);
        let mut is_hook = false;
        let mut is_door = false;
        for (range, before) in parts(address) {
            let part = &address[range.clone()];
            if before.is_none() {
                is_hook = HOST.is_match(part);
                continue;
            }
            let value = match PARAMETER.captures(part).and_then(|captures| captures.get(1)) {
                Some(value) if before != Some('/') => Some((value.as_str(), true)),
                _ if before == Some('/') => Some((part, false)),
                _ => None,
            };
            let Some((value, is_named)) = value else { continue };
            let is_random = !part.contains('.') && Proof::Near.holds(value);
            let lets_in = is_named && is_random
                || is_hook && (is_random || is_uuid(value))
                || is_door && is_random && (value.len() >= 32 || !is_hash(value));
            if lets_in {
                let end = start + range.end;
                keep(end - value.len()..end);
            }
            is_hook |= before == Some('/') && HOOK.is_match(part);
            is_door = is_door || before == Some('/') && DOOR.is_match(part);
        }
    }
}

/// The host, the parts of the path and the parameters, each with the sign before it.
fn parts(address: &str) -> Vec<(Range<usize>, Option<char>)> {
    let mut parts = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, sign) in address.char_indices().filter(|(_, sign)| "/?&#".contains(*sign)) {
        parts.push((start..at, before));
        (start, before) = (at + 1, Some(sign));
    }
    parts.push((start..address.len(), before));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_in_is_found_and_what_names_is_not() {
        let key = ["k3Qx7Lw9RtVb", "2HyJcN5sGfE8"].concat();
        let found = |text: &str| {
            let mut found = Vec::new();
            find(text, &mut |range| found.push(text[range].to_owned()));
            found
        };
        for text in [
            "https://hooks.x.test/services/T02/B77/@",
            "url: \"https://x.test/api/webhooks/1122/@\",",
            "https://x.test/notify/@/send",
            "https://x.test/reset-password/@",
            "https://x.test/a?b=1&api=@",
        ] {
            assert_eq!(found(&text.replace('@', &key)), [&*key], "{text}");
        }
        for text in [
            "https://x.test/commit/3f9a1c7be2d04856af7190cb3e5d28647f10b9c2",
            "https://x.test/hooks/use-authentication-2",
            "https://x.test/webhooks/orders/v2/created",
            "https://x.test/assets/@.js",
            "https://x.test/d/7f10b9c2-ad83-4654-b09f-1d2c8a4e6353",
        ] {
            assert!(found(&text.replace('@', &key)).is_empty(), "{text}");
        }
    }
}
