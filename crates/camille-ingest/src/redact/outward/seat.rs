//! The one list of places that make what stands in them a secret, each a pattern whose first group is the token.

use super::super::phrase::is_worded;
use super::super::rule::plain_classes;
use super::proof::{self, Proof};
use super::shape;
use aho_corasick::AhoCorasick;
use regex::{Regex, RegexSet, RegexSetBuilder};
use std::ops::Range;
use std::sync::LazyLock;

/// What a token is made of: `§` in the patterns. Nothing that ends an argument.
const TOKEN: &str = r#"([^\s"'`\\,;|()<>{}\[\]]{5,96})"#;
/// What quotes it: `~` in the patterns.
const QUOTES: &str = r#"(?:[\\"'`]|\\u00(?:22|27|60))*"#;

/// A word of a command.
const WORD: &str = r"\S{1,60}";

/// A place.
struct Place {
    pattern: Regex,
    proof: Proof,
    /// A word without a mark must stand in quotes, or end its line, or follow `=` at once.
    is_strict: bool,
}

/// One of these stands in every line that has such a place.
static SIGNS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    const SIGNS: &[&str] = &[
        "pass",
        "pwd",
        "psk",
        "secret",
        "token",
        "key",
        "auth",
        "login",
        "logon",
        "sign",
        "crypt",
        "cred",
        "cipher",
        "hmac",
        "bind",
        "connect",
        "user",
        "pin",
        "unlock",
        "unseal",
        "identify",
        "mask",
        "create",
        "begin",
        "ftp",
        "run(",
        "init(",
        "client(",
        "eap ",
        " -",
        " /p",
        "<<<",
        "@",
        "|",
        "plain",
        "new ",
        "hash",
        "load(",
        "jwt",
        "aes",
        "verify",
        "session",
        "cookie",
        " *",
        ":",
        "\" \"",
        "\" \\",
        "pw",
        "(\"",
        "('",
        "(b",
        "(\\",
        "=",
        "send",
        "> ",
        "码",
        "碼",
        "口令",
        "ワード",
        "번호",
        "암호",
        "khẩu",
        "sandi",
        "المرور",
        "السر",
        "parole",
        "pat ",
        "bearer",
        "access",
        "refresh",
        "stdin",
        "wlan",
        "wifi",
        "wi-fi",
        "ssid",
        "hotspot",
        "admin/",
        "root/",
        "xdotool",
    ];
    AhoCorasick::builder().ascii_case_insensitive(true).build(SIGNS).expect("constant patterns")
});

/// The places, the surest first.
static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| {
    let net = r"(?:pre-shared|wpa|psk|ssid|wireless|wlan|wifi|sae|network|isakmp|ike|tacacs|radius|ipsec|vpn|jwt|hmac|crypt|signing|snmp|ospf|neighbor|encryption|radius-server|aaa)";
    let name = r"[A-Za-z0-9_.@+\\-]{1,40}";
    let config = format!(
        r"(?i)\b{net}\S*\b[^\n]{{0,60}}?\b(?:key|secret|psk|password|passphrase|auth)[\w-]*(?: (?:\d|local|remote|ascii-text|sha|md5|text))? ~§~\s*(?:address\b.*|;|\}})?$"
    );
    let after_auth = format!(
        r"(?i)(?:\s-u|\s--?[a-z-]*(?:user|auth|cred|login)[a-z-]*|\b(?:auth|proxyauth|digest|basic|creds?|credentials))\s*(?:=|:|->|→|\s)\s*~{name}~[:%]~§"
    );
    let near_auth = format!(r"(?:^|\s)(?:-[aAEU]|--cert)[ =]~{name}~[:%]~§");
    // `-su ana:X`, `-u"ana:X"`.
    let beside_short = format!(r"(?:^|\s)-[a-zA-Z]{{0,4}}u[ =]?~{name}~[:%]~§");
    let protocol = format!(
        r"^\W*[\w.@:\x7e+-]{{1,24}}(?: [\w:\x7e/.@-]{{1,24}})?> ?(?i:quote )?(?i:user|login|pass|auth|connect|open|identify|bind|username|enable|su)(?: {WORD}){{0,2}} ~§~;?\s*$"
    );
    let network_key = format!(
        r#"(?i){net}[^\n]{{0,40}}?\b[\w.\[\]-]*(?:key|secret|psk|content)~\s*(?:=|:|=>)\s*~§"#
    );
    let seat = |pattern: &str| (pattern.to_owned(), Proof::Seat, false);
    let strict = |pattern: &str| (pattern.to_owned(), Proof::Seat, true);
    let near = |pattern: &str| (pattern.to_owned(), Proof::Near, false);
    let sure = |pattern: &str| (pattern.to_owned(), Proof::Sure, false);
    let said = |pattern: &str| (pattern.to_owned(), Proof::Said, false);
    let named = |pattern: &str| (pattern.to_owned(), Proof::Named, false);
    let all = vec![
        // Names by the stem they end in.
        (r"(?i)[\w.-]*(?:pass|passwd|password|passphrase|pwd|pw|psk)~\s*(?:=>|:=|->|=|:)\s*~§".to_owned(), Proof::Sure, true),
        strict(r"(?i)[\w.-]*(?:secret|credential)~\s*(?:=>|:=|->|=|:)\s*~§"),
        // A line that is nothing but a setting and its value, or a label and what it is of.
        sure(r"(?i)^[+\s\x22]*[\w.-]*(?:pass|password|passwd|psk|passphrase|masterauth|pw)\s+(?:\d |\| )?§[\x22\s]*$"),
        sure(r"(?i)^\W*(?:[\w'-]+ ){0,4}(?:password|passphrase|passwort|kennwort|passwd)\s*:\s*§\s*$"),
        // What is called for a password says it: `--password-command 'echo X'`.
        sure(r"(?i)pass(?:word|phrase|wd)?[-_]?(?:command|cmd|eval)~[=\s]+~(?:echo|printf)(?: -\w)? ~§~"),
        // `echo -n 'ana:X' | base64`.
        sure(&format!(r"\b(?:echo|printf)(?: -\w+)* ~{name}:§~ *\| *base64\b(?: -(?:w ?0|i))?~?\s*(?:$|[|)>;&#])")),
        sure(&format!(r"\bprintf ~{name}:%s~ ~§~ *\| *base64")),
        seat(r"\b(?:xdotool|ydotool|wtype) type(?: --?\w+(?: \d+)?)* ~§~\s*(?:$|[#;&|])"),
        near(r"\bgitlab-runner\b[^\n|;]* -[rt] ~§"),
        // What sentences say besides.
        said(r"(?i)\b(?:passw\w*|pwd|passphrase|secret|token|api key|kennwort)\b[^\n]{0,40}? (?:from|von|de) ~§~,? (?:to|into|in|auf|nach|zu|a|à|for)\b"),
        said(&format!(r"(?i)\bbasic[ _-]?auth\w*(?: \w+){{0,2}}?~(?: is| with| as|:|=)? ~{name}~ ?[:/] ?~§")),
        // The lines of it one behind the other, as in a title.
        said(&format!(r"(?i)\b(?:credentials?|creds|zugangsdaten|log-?in)\b[^\n:]{{0,24}}: {name} §")),
        said(r"(?i)\b(?:wi-?fi|wlan|ssid|hotspot)\b[^\n]{0,40}?[\w-]{2,32}~(?:,| /|:) ~§"),
        said(r"(?i)\b(?:unlock\w*|decrypt\w*|entsperr\w*)\b [^\n]{0,40}?\b(?:with|mit|using) ~§"),
        said(r"(?i)\b(?:pw|pwd)\b(?: is| was| ist|:)? ~§"),
        said(r"(?i)(?:^|[+\s(\x22'])(?:admin|root|administrator|sa|guest|demo)/§(?:[\s,;.)?\x22']|$)"),
        (r"(?i)[\w.-]*(?:secret|token|key|pass|credential)s?\d{0,2}(?:[ _-]?id)?~\s*(?:=>|:=|->|=|:)\s*~§".to_owned(), Proof::Key, false),
        near(r"(?i)[\w.-]*(?:login|auth|creds?|credentials?|pin|license|pat|issecret=true\]|add-mask::?)~\s*(?:=>|:=|->|=|:|\])\s*~§"),
        near(r"(?i)issecret=true\]§"),
        // What signs, opens or bears, in whatever order the words of the name stand.
        (r"(?i)(?:\b|_)(?:signing|access|bearer|jwt|hmac)~\s*(?:=>|:=|->|=|:)\s*~§".to_owned(), Proof::Key, false),
        named(r"(?i)[\w.-]*(?:signing|access|bearer|jwt|hmac)[\w.-]{0,12}~\s*(?:=>|:=|->|=|:)\s*~§"),
        named(r"(?i)[\w.-]*(?:fernet|nextauth|webhook|hook|encryption|master|api|service|cookie|admin|root|internal|private|refresh|sig|oauth)s?~\s*(?:=>|:=|->|=|:)\s*~§"),
        named(r"(?i)authori[sz]ation~\s*[:=]\s*~(?:[a-z]+ )?§"),
        // A variable of the environment that no name of a digest is given to.
        named(r"\b[A-Z][A-Z0-9_]{3,40}~\s*[=:]\s*~§"),
        named(r"(?i)\b(?:key|secret|token|pat|signing|access|bearer|jwt)\b(?: \w+){0,3}? (?:is|was|are|=|→|->) ~§"),
        named(r"(?i)\b(?:bearer|signing|jwt|pat|access) ~§"),
        // The word for it in languages whose signs are others.
        seat(r#"(?i)(?:mật khẩu|kata sandi|كلمة المرور|كلمة السر|parole|гасло|שיסמה|סיסמה|รหัสผ่าน|पासवर्ड)~\s*[:=：]\s*~§"#),
        seat(r#"(?:密码|密碼|口令|パスワード|暗証番号|비밀번호|암호)~?\s*(?:是|为|為|は|：|:|=|은|는)\s*~([!#-&(-}]{5,96})"#),
        seat(r"(?i)(?:passw?d?|password|pwd|secret|pin)\w{0,4}\s+(?:/t\s+)?REG_\w+\s+(?:/d\s+)?~§"),
        seat(r"(?i)^\s*(?:pass|password|passwd|psk|secret)\s+§\s*$"),
        (r"(?i)(?:key|secret|password)[ _-](?:content|material|string|text)~\s*[:=]\s*~§".to_owned(), Proof::Sure, true),
        strict(&network_key),
        seat(r"(?i)^\s*option (?:key|password|secret|psk)\d? ['\x22]§"),
        seat(&config),
        sure(r"(?i)\bset [\w.]*(?:pass|pwd|secret)\w{0,4} ~§"),
        sure(r"(?i)\busername \S+ (?:privilege \d+ )?(?:secret|password)(?: \d)? §"),
        // A user stands beside it.
        seat(&format!(r#"(?:^|[\s"'`=(/\\>:]){name}:([^\s"'`\\,;|()<>{{}}\[\]@/:]{{5,64}})@(?:[A-Za-z\d\[$]|\()"#)),
        seat(&format!(r#"["'`]{name}:([^\s"'`\\,;|()<>{{}}\[\]@/:]{{5,64}})@/"#)),
        seat(r#"(?:^|\s)\w{1,30}/([^\s"'`\\,;|()<>{}\[\]@/:]{5,64})@[\w.-]+:\d+/"#),
        seat(&after_auth),
        seat(&near_auth),
        sure(&beside_short),
        seat(&protocol),
        seat(r"\bPASS ~§~\s*$"),
        seat(r#"(?i)\bconn(?:ect)? \w{1,30}/([^\s"'`\\,;|()<>{}\[\]@/:]{5,64})@"#),
        seat(r#"(?:^|[\s"'])\w{1,30}/([^\s"'`\\,;|()<>{}\[\]@/:]{5,64})@//[\w.-]"#),
        near(&format!(r"(?i)\b(?:creds?|credentials|login|logon|account|zugang\w*)\b[^\n]{{0,24}}?[\s:]{name} ?/ ?§")),
        seat(&format!(r"(?i)\b(?:creds?|credentials|login|logon|zugang\w*)~\s*[:=]\s*~{name}~? ?/ ?~§~\s*$")),
        seat(&format!(r"(?i)\blog ?(?:in|on) (?:with|as|using) ~{name} ?[:/] ?~§")),
        // What a program asks for, behind its question.
        seat(r"(?i)\b(?:pass(?:word|phrase|wd|code)?|pwd|pin|kennwort|passwort)\b(?:[^\n]{2,60}[:?>]|\?) ?§\s*$"),
        // What a script types.
        strict(r#"(?:^|[\s;:])(?:[\w.]+\.)?send(?:_?line)?(?: --)?[ (]+[\\"'`]+§(?:\\[rn])*(?:["'`]|$)"#),
        near(r"(?:\s-u|--user)[ =]~§:"),
        seat(r"(?i)\buser \S{1,40} (?:using|pass|password|identified by) ~§"),
        seat(r"(?i)^\W*(?:\w{1,6} )?LOGIN \S{1,40} ~§~\s*$"),
        seat(r"(?i)\bidentify (?:\S{1,40} )?§\s*$"),
        seat(r"(?i)\bmkpasswd(?: -\S+| sha-?\d+| yescrypt| bcrypt)* ~§~\s*(?:\)|$)"),
        seat(r"(?i)\b\w+passwd(?: -\S+)*(?: \S+){1,2} ~§~\s*$"),
        seat(r"(?i)\bbasic_?auth \S{1,40} ~§~\s*$"),
        seat(r"(?i)\bencrypt[\w-]* [\\]*['\x22]§"),
        seat(r"(?i)--encrypt ~§"),
        seat(r"(?i)--encrypt \S+ ~§"),
        near(r"(?i)\b(?:unseal|auth|login)[\w-]*(?: [\w=/.:-]+){0,2} ~§"),
        near(r"(?i)\b(?:key|secret|token) ~§"),
        // Columns of files of secrets.
        seat(r#"^\s*\\?"[\w.@-]{1,40}\\?"\s+\\?"§\\?"\s*$"#),
        seat(r#"^[+\s]*~[\w.@*-]{1,40}~\s+(?:\*|\w*ppp?\w*|l2tpd|pptpd)\s+~§~\s+(?:\*|[\d./]+)\s*$"#),
        seat(r":\s*(?:EAP|PSK|XAUTH|NTLM|PIN) ~§"),
        seat(r#"^\s*\[?[\w-]+(?:\.[\w-]+)+\]?(?::\d+)?\s+[\w.+-]+(?:@[\w.-]+)?:([^\s"'`\\:]{5,96})\s*$"#),
        seat(r#"(?i)\{(?:plain|clear|cleartext|plaintext|noop)\}([^\s"'`\\:]{5,96})"#),
        // What is written into a field of that name.
        (r#"(?i)(?:pass(?:word|wd|phrase|code|wort)?|pwd|pw|passwort|kennwort|contraseña|senha)\b[^\n]{0,80}?\b(?:text|value|with|fill\w*|type|send_?keys|enters?|types?|pressSequentially)\b[\\"'`:=(\s]*["'`]§(?:\{\w+\})*\\*["'`]"#.to_owned(), Proof::Sure, true),
        strict(r#"(?i)\b(?:types?|enters?|fills? in|inputs?|text) \\?["'`]?§\\?["'`]? (?:in|into|as|#)[^\n]{0,20}pass"#),
        (r#"["'`][^"'`\n]{0,24}(?i:pass|pwd|passwd|passphrase|password)[^"'`\n]{0,8}["'`]\s*[,)]+\s*\\?["'`]§(?:\{\w+\})*\\?["'`]"#.to_owned(), Proof::Sure, true),
        strict(r#"(?i)\bauth["'`]?\s*(?:=>|=|:)\s*[\[(]\s*\\?["'`][^"'`]{1,40}["'`]\s*,\s*\\?["'`]§"#),
        strict(r#"(?i)(?:pass|pwd|passwd|password)\w{0,8}\)*\s*,\s*\\?["'`]§"#),
        strict(r#"(?i)\bkeys\s*:\s*\[\s*\\?["'`]§"#),
        strict(r#"(?i)\bjwt\.\w+\s+\w+,\s*\\?["'`]§"#),
    ];
    let written = |pattern: &str| {
        let token = plain_classes(TOKEN);
        plain_classes(pattern).replace('~', &plain_classes(QUOTES)).replace('§', &token)
    };
    all.into_iter()
        .map(|(pattern, proof, is_strict)| Place {
            pattern: Regex::new(&written(&pattern)).expect("a constant pattern"),
            proof,
            is_strict,
        })
        .collect()
});

/// All places at once: most lines have none.
static ANY: LazyLock<RegexSet> = LazyLock::new(|| {
    const BYTES_MAX: usize = 64 << 20;
    RegexSetBuilder::new(PLACES.iter().map(|place| place.pattern.as_str()))
        .size_limit(BYTES_MAX)
        .dfa_size_limit(BYTES_MAX)
        .build()
        .expect("constant patterns")
});

/// Whether a line may have such a place.
pub(super) fn may_hold(line: &str) -> bool {
    has_candidate(line) && SIGNS.is_match(line)
}

/// Whether a line has a word that may be a secret at all: one with a digit and something else, or one that nobody knows.
/// Most lines have none, and all that follows takes longer.
fn has_candidate(line: &str) -> bool {
    const BYTES_MIN: usize = 4;
    let is_apart = |b: &u8| *b <= b' ' || *b >= 0x80 || b"\"'`\\,;|<>(){}[]=:/.@%&*".contains(b);
    let bytes = line.as_bytes();
    // Of `walrus.pepper.427` no part is one.
    let mut dots = memchr::memchr_iter(b'.', bytes);
    let is_numbered = dots.any(|at| {
        at > 0
            && bytes[at - 1].is_ascii_lowercase()
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    });
    is_numbered
        || bytes.split(is_apart).filter(|piece| piece.len() >= BYTES_MIN).any(|piece| {
            let digits = piece.iter().filter(|b| b.is_ascii_digit()).count();
            if digits > 0 {
                return digits < piece.len() || digits >= 32;
            }
            std::str::from_utf8(piece)
                .is_ok_and(|piece| proof::is_unknown_word(piece) || is_worded(piece))
        })
}

/// The tokens of a line that stand in such places.
pub(super) fn find(line: &str, keep: &mut dyn FnMut(Range<usize>)) {
    for place in ANY.matches(line).iter().map(|at| &PLACES[at]) {
        for captures in place.pattern.captures_iter(line) {
            let Some(group) = captures.get(1) else { continue };
            let token = group.as_str().trim_end_matches(['.', ':']);
            let range = group.start()..group.start() + token.len();
            if place.proof.holds(token)
                && !is_other(&line[..range.start])
                && (place.proof != Proof::Key || !is_cached(&line[..range.start]))
                && (place.proof != Proof::Named || !shape::names_digest(&line[..range.start]))
                // The name of a call.
                && !line[range.end..].starts_with('(')
                && (!place.is_strict || !is_loose(line, &range))
            {
                keep(range);
            }
        }
    }
}

/// Whether what stands before a token says that it is a package, a digest, an address.
fn is_other(before: &str) -> bool {
    const OTHERS: &[&str] = &[
        "npm:",
        "workspace:",
        "patch:",
        "jsr:",
        "file:",
        "link:",
        "portal:",
        "sha256:",
        "sha512:",
        "sha1:",
        "md5:",
        "git:",
        "github:",
        "docker:",
        "acct:",
        "mailto:",
        "sip:",
        "urn:",
        "http:",
        "https:",
        "ssh:",
        "xmpp:",
        "catalog:",
    ];
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let name = before.trim_end_matches([' ', ':', '=', '"', '\'', '`']);
    if ["public key", "public_key", "publicKey", "Public key", "Public Key"]
        .iter()
        .any(|public| name.ends_with(public))
    {
        return true;
    }
    OTHERS.iter().any(|other| before.ends_with(other)) || word.contains("arn:aws")
}

/// Whether the key is that of a cache or of a request that is sent again.
fn is_cached(before: &str) -> bool {
    const BYTES_MAX: usize = 24;
    let name = &before[before.floor_char_boundary(before.len().saturating_sub(BYTES_MAX))..];
    let name = name.to_ascii_lowercase();
    name.contains("cache") || name.contains("idempotency")
}

/// Whether a word may be a name of code: it has no quotes, something follows it, and blanks stand before it.
fn is_loose(line: &str, range: &Range<usize>) -> bool {
    let token = &line[range.clone()];
    if !token.bytes().all(|b| b.is_ascii_lowercase()) {
        return false;
    }
    let (before, behind) = (&line[..range.start], &line[range.end..]);
    let is_quoted = before.ends_with(['"', '\'', '`'])
        && behind.trim_start_matches('\\').starts_with(['"', '\'', '`']);
    let is_tight = before.ends_with('=') && !behind.starts_with([')', ',', '(', '.', '[']);
    let is_last =
        behind.trim().is_empty() && !before.contains(['(', ';', '{']) && !before.contains("let ");
    !is_quoted && !is_tight && !is_last
}
