//! Tells secrets from the placeholders that stand for them in documentation.

/// Whether a token is a secret: it is no placeholder.
pub(super) fn is_real(token: &str) -> bool {
    !is_placeholder(token)
}

/// Whether a token is a secret and looks random, with digits and letters: for rules whose form occurs
/// in ordinary words too.
pub(super) fn is_random(token: &str) -> bool {
    let letters = token.bytes().filter(u8::is_ascii_alphabetic).count();
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    letters > 2 && digits > 1 && is_real(token)
}

/// Whether a token only stands for a secret: `xxxx…`, `YOUR_TOKEN`, AWS's documented `…EXAMPLE`.
pub(super) fn is_placeholder(token: &str) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "placeholder",
        "redacted",
        "changeme",
        "change-me",
        "change_me",
        "your-",
        "your_",
        "yourtoken",
        "yourkey",
        "xxxxx",
        "*****",
        ".....",
        "-here",
        "_here",
        "dummy-",
        "dummy_",
    ];
    let lower = token.to_ascii_lowercase();
    // Few different letters at the end, where the secret is: `ghp_0000…`, `sk-ant-api03-aaaa…`.
    let tail = &lower.as_bytes()[lower.len().saturating_sub(16)..];
    let mut seen = [false; 256];
    for byte in tail {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|s| **s).count();
    (tail.len() >= 8 && distinct <= 3) || WORDS.iter().any(|word| lower.contains(word))
}

/// Whether a password only stands for one: `password`, `<secret>`, `${DB_PASSWORD}`, `%s`, `***`.
pub(super) fn is_password(password: &str) -> bool {
    const WORDS: &[&str] = &[
        "pass",
        "passwd",
        "password",
        "pw",
        "pwd",
        "secret",
        "token",
        "mypassword",
        "my-password",
        "your-password",
        "your_password",
        "yourpassword",
        "passphrase",
        "changeme",
        "redacted",
        "example",
        "placeholder",
    ];
    let lower = password.to_ascii_lowercase();
    let enclosed = |open: char, close: char| lower.starts_with(open) && lower.ends_with(close);
    let variable = password.strip_prefix('$').is_some_and(|name| {
        name.len() > 1
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    });
    let repeated = lower.bytes().all(|b| matches!(b, b'x' | b'*' | b'.' | b'-' | b'_'))
        || lower.chars().all(|c| c == '…' || c == '•');
    let stands_for = WORDS.contains(&lower.as_str())
        || enclosed('<', '>')
        || enclosed('[', ']')
        || enclosed('{', '}')
        || enclosed('%', '%')
        || (lower.starts_with("${") && lower.ends_with('}'))
        || (lower.starts_with("$(") && lower.ends_with(')'))
        || matches!(lower.as_str(), "%s" | "%v" | "%d" | "%q")
        || variable
        || repeated
        || is_placeholder(password);
    !stands_for
}
