//! Finds the part of an address that lets in whoever knows it: the random one in the path of a hook, a callback, an invitation.

use super::super::check::is_uuid;
use super::super::rule::plain_classes;
use super::proof::Proof;
use super::shape;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

static HOOK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)hook|^(?:services|callbacks?|triggers?|push|ping|notify|notifications?|integrations|workflows|incoming|inbound|ingest|catch|alerts?|bots?|cb)$"))
        .expect("a constant pattern")
});
/// Where nothing but a key lets in.
static DOOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(r"(?i)^(?:invit\w*|join|reset[\w-]*|password[\w-]*|magic[\w-]*|verify[\w-]*|confirm[\w-]*|activat\w*|unsubscribe|shared?|s|sso|login|token|access|download|public-link|private|ical|calendar|feeds?|deploy)$"))
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
    Regex::new(&plain_classes(r"(?i)^[\w.-]*(?:token|key|sig|sign|signature|auth|secret|api|pass|pwd|jwt|code|ticket|access|hook)=.+$|^(?:app_?id|[as]k|session|sess|sid)=.+$"))
        .expect("a constant pattern")
});

/// What names content by its hash, in public.
static CONTENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("^(?:d|commits?|blob|tree|raw|compare|tarball|archive|releases?|gist|sha256|objects?|blobs|pull|issues|runs?|jobs?|assets|static|img|images|avatars?|files?|embed|watch)$")
        .expect("a constant pattern")
});
/// An address that says no scheme: `x.test/hooks/…`.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&plain_classes(
        r#"(?:^|[\s"'(=])((?:[a-z\d-]+\.)+[a-z]{2,12}/[^\s"'`<>()\\,;|]{16,})"#,
    ))
    .expect("a constant pattern")
});

/// What lets in, of each address of a line.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'`<>()\\,;|".contains(c);
    for at in memchr::memmem::find_iter(line.as_bytes(), b"://") {
        let start = at + 3;
        let length = line[start..].find(is_end).unwrap_or(line.len() - start);
        find_in(line, start..start + length, keep);
    }
    for address in BARE.captures_iter(line).filter_map(|captures| captures.get(1)) {
        find_in(line, address.range(), keep);
    }
}

/// What of one address lets in.
fn find_in(line: &str, range: Range<usize>, keep: &mut dyn FnMut(Range<usize>)) {
    let start = range.start;
    // A file on the disk lets nobody in.
    if line[..start].ends_with("file://") {
        return;
    }
    let address = line[range.clone()].trim_end_matches(['.', ':', '*']);
    let around = || format!("{} {}", &line[..start], &line[range.end..]).to_ascii_lowercase();
    // Of hooks much is said; what stands beside it is one's address only if it looks like a key.
    let (mut is_hook, mut is_told) = (false, false);
    let (mut is_door, mut is_content) = (false, false);
    for (range, before) in parts(address) {
        let part = &address[range.clone()];
        if before.is_none() {
            let around = around();
            is_hook = HOST.is_match(part) || around.contains("webhook");
            is_told = around.contains("hook");
            continue;
        }
        let is_path = before == Some('/');
        let named = if is_path { None } else { part.split_once('=') };
        let value = named.map_or(part, |(_, value)| value);
        // Telegram writes `bot` before it.
        let value = value.strip_prefix("bot").filter(|rest| rest.len() >= 20).unwrap_or(value);
        // What a calendar or a feed is kept as.
        let value = [".ics", ".rss", ".xml"]
            .iter()
            .find_map(|end| value.strip_suffix(end))
            .unwrap_or(value);
        if !is_content
            && (lets_in(value, is_hook, is_door, named.is_some() && PARAMETER.is_match(part))
                || is_told && !is_uuid(value) && lets_in(value, true, is_door, false))
        {
            let end = start
                + range.start
                + (part.len() - part.trim_start_matches("bot").len()) * usize::from(is_path);
            let from =
                address[range.start..].find(value).map_or(end, |at| start + range.start + at);
            keep(from..from + value.len());
        }
        is_hook |= is_path && HOOK.is_match(part);
        is_door |= is_path && DOOR.is_match(part);
        is_content |= is_path && CONTENT.is_match(part);
    }
}

/// Whether a part of an address lets in whoever knows it. Random letters of both cases do anywhere; a hash and a UUID mostly
/// name something.
fn lets_in(value: &str, is_hook: bool, is_door: bool, is_named: bool) -> bool {
    if value.contains(['.', '@']) {
        return false;
    }
    // The title of a page is joined by more.
    let is_key = Proof::Near.holds(value) && value.matches('-').count() < 4;
    let is_run = is_key && shape::is_mixed_run(value) && value.len() >= 20;
    is_run
        || is_named && is_key
        || is_hook && (is_key || is_uuid(value))
        || is_door && (is_key || is_uuid(value))
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
            "x.test/hooks/@",
            "https://x.test/bot@/send",
            "https://x.test/feeds/private/@.rss",
        ] {
            assert_eq!(found(&text.replace('@', &key)), [&*key], "{text}");
        }
        for text in [
            "https://x.test/commit/3f9a1c7be2d04856af7190cb3e5d28647f10b9c2",
            "https://x.test/hooks/use-authentication-2",
            "https://x.test/webhooks/orders/v2/created",
            "https://x.test/assets/@.js",
            "https://x.test/d/7f10b9c2-ad83-4654-b09f-1d2c8a4e6353",
            "the hook ran for https://x.test/sessions/7f10b9c2-ad83-4654-b09f-1d2c8a4e6353/turns",
            "see file:///tmp/hooks/7f10b9c2-ad83-4654-b09f-1d2c8a4e6353/out.json",
            "file:///home/ana/private/7f10b9c2-ad83-4654-b09f-1d2c8a4e6353",
            "fix the hook: https://x.test/a/commit/3f9a1c7be2d04856af7190cb3e5d28647f10b9c2",
        ] {
            assert!(found(&text.replace('@', &key)).is_empty(), "{text}");
        }
    }
}
