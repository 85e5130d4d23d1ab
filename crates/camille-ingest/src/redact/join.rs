//! The one list of ways in which a name and its value stand together. Whether the value is a secret [`super::given`]
//! says; how quotes, colons and spaces may be written says [`super::letter`].

use super::letter;
use super::name::Name;
use super::value::{self, Ends, Style, Value};
use super::{member, printed, reach, told};
use std::ops::Range;

type Way = fn(&str, &Name) -> Option<Value>;

/// The ways, the surest first.
const WAYS: &[Way] = &[
    argument,
    expansion,
    operator,
    element,
    member::named,
    member::named_behind,
    reach::literal,
    cell,
    beside,
    printed::written,
    printed::shown,
    printed::part,
    told::sentence,
    told::taken_as,
];

/// The values that may belong to a name, the surest first: one of each way.
pub(super) fn values<'t>(text: &'t str, name: &'t Name) -> impl Iterator<Item = Value> + 't {
    WAYS.iter().filter_map(move |way| way(text, name))
}

/// `--password X`, `-storepass X`, also on the next line of the command.
fn argument(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    if !is_option(text, name) {
        return None;
    }
    let at = letter::skip(bytes, name.end, 2, |sign| sign == b'"' || sign == b'\'');
    let mut start = letter::skip(bytes, at, 40, letter::is_blank);
    // A line that goes on in the next one, in JSON.
    if letter::at(bytes, start).is_some_and(|next| next.sign == b'\n' && next.len >= 4) {
        start = letter::skip(bytes, start, 40, letter::is_space);
    }
    if start == at || bytes.get(start) == Some(&b'-') {
        return None;
    }
    let (range, _) = value::read(text, start, Ends::Word)?;
    Some(Value { range, style: Style::Argument })
}

fn is_option(text: &str, name: &Name) -> bool {
    let whole = &text[name.start..name.end];
    whole.starts_with('-') && !whole.starts_with("---") && whole.trim_start_matches('-').len() > 1
}

/// `NAME=X`, `"name": "X"`, `name := X`, `name => X`, `name: string = X`, a block of YAML, a change of Terraform.
fn operator(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut at = behind(bytes, name.end);
    at = letter::skip(bytes, at, 24, letter::is_blank);
    let mut is_arrow = false;
    if let Some(next) = letter::at(bytes, at).filter(|next| matches!(next.sign, b'?' | b'+' | b'-'))
    {
        is_arrow = next.sign == b'-';
        at += 1;
    }
    let from = at;
    let (mut sign, mut count) = (0, 0);
    while let Some(next) = letter::at(bytes, at).filter(|n| matches!(n.sign, b':' | b'=' | b'>')) {
        if count > 0 && next.sign == b'=' && sign == b'=' || count > 2 {
            return None;
        }
        sign = next.sign;
        count += 1;
        at += next.len;
    }
    if from == at || bytes[from] == b'>' && count == 1 && !is_arrow {
        return None;
    }
    at = letter::skip(bytes, at, 24, |sign| letter::is_blank(sign) || sign == b'*');
    if sign == b':' {
        at = behind_type(text, at);
    }
    at = behind_tag(text, at);
    let starts_line = starts_line(text, name.start);
    if let Some(block) = block(text, at) {
        let (range, _) = value::read(text, block, Ends::Line)?;
        return Some(Value { range, style: Style::Line });
    }
    for scheme in ["Bearer ", "bearer ", "Basic ", "token ", "Token ", "base64:"] {
        if text[at..].starts_with(scheme) {
            at += scheme.len();
        }
    }
    // The new one of a change.
    for old in [
        "(sensitive value) -> ",
        "[redacted:assigned-secret] -> ",
        "\"[redacted:assigned-secret]\" -> ",
    ] {
        if text[at..].starts_with(old) {
            at += old.len();
        }
    }
    let is_property = text[name.start..name.end].matches('.').count() > 1;
    let is_line = starts_line || (name.is_upper || is_property) && sign == b'=';
    let (range, is_quoted) = match sigil(text, at).or_else(|| in_quotes(text, name, sign, at)) {
        Some(range) => (range, true),
        None => value::read(text, at, if is_line { Ends::Line } else { Ends::Word })?,
    };
    let style = match (is_quoted, is_line) {
        (true, _) => Style::Quoted,
        _ if is_option(text, name) => Style::Argument,
        (false, true)
            if name.is_upper || sign == b'=' && text[name.start..name.end].contains('.') =>
        {
            Style::Line
        }
        _ if stands_alone(text, starts_line, sign, at, range.end) => Style::Entry,
        _ => Style::Bare,
    };
    Some(Value { range, style })
}

/// The rest of the quotes that a name and its value stand in together: `"NAME=X Y"`.
fn in_quotes(text: &str, name: &Name, sign: u8, at: usize) -> Option<Range<usize>> {
    let quote = text[..name.start].bytes().last().filter(|b| matches!(b, b'"' | b'\''))?;
    if !name.is_upper || sign != b'=' {
        return None;
    }
    let line = text[at..].split('\n').next()?;
    let length = line.find(char::from(quote))?;
    let value = line[..length].trim_end_matches('\\');
    let is_word =
        |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"!?_".contains(&b));
    let is_capital = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase());
    let words = || value.split(' ');
    let are_one = words().all(is_word) && words().skip(1).any(is_capital);
    (value.len() <= 64 && are_one).then(|| at..at + value.len())
}

/// Whether a value without quotes is all that is given: the rest of its line, or one of several words `name=X`.
fn stands_alone(text: &str, starts_line: bool, sign: u8, at: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let rest = letter::skip(bytes, end, 8, letter::is_blank);
    let next = letter::at(bytes, rest).map(|next| next.sign);
    if starts_line && matches!(next, None | Some(b'\n' | b'\r' | b'#' | b'*' | b'`' | b'"')) {
        return true;
    }
    // In a list of words nothing stands around the sign.
    let is_tight = sign == b'=' && bytes.get(at.wrapping_sub(1)) == Some(&b'=');
    let is_word =
        rest > end || matches!(next, None | Some(b'\n' | b'\r' | b'&' | b';' | b'"' | b'\''));
    (is_tight || text[..at].ends_with("%3D") || sign == b':')
        && is_word
        && next != Some(b'(')
        && (sign != b':' || matches!(next, Some(b'}' | b'A'..=b'Z')))
}

/// Behind an anchor or a tag of YAML that only says that text follows: `&name X`, `!!str X`, `!unsafe X`.
fn behind_tag(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    // How it is kept: `{noop}X`.
    if let Some(kept) =
        ["{noop}", "{plain}", "{cipher}", "{PLAIN}"].iter().find(|kept| rest.starts_with(**kept))
    {
        return at + kept.len();
    }
    let is_tag = rest.starts_with("!!")
        || rest.starts_with("!unsafe ")
        || rest.starts_with("!str ")
        || rest.starts_with('&') && rest[1..].starts_with(|c: char| c.is_ascii_alphabetic());
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"!&_-".contains(b);
    let length = rest.bytes().take(48).take_while(|b| is_name(b)).count();
    if is_tag && rest[length..].starts_with(' ') { at + length + 1 } else { at }
}

/// The text in the quotes that some languages have besides: `~s(X)`, `%q(X)`, `q{X}`, `<![CDATA[X]]>`.
fn sigil(text: &str, at: usize) -> Option<Range<usize>> {
    const SIGILS: &[(&str, char)] = &[
        ("~s(", ')'),
        ("~S(", ')'),
        ("~s|", '|'),
        ("%q(", ')'),
        ("%Q(", ')'),
        ("%q{", '}'),
        ("q(", ')'),
        ("qq(", ')'),
        ("q{", '}'),
        ("qq{", '}'),
        ("<![CDATA[", ']'),
    ];
    let (open, close) = SIGILS.iter().find(|(open, _)| text[at..].starts_with(open))?;
    let start = at + open.len();
    let length = text[start..].find([*close, '\n'])?;
    (length > 0).then_some(start..start + length)
}

/// `${NAME:-X}`, `${NAME:=X}`, `${NAME-X}` of a shell, `${NAME:X}` of Spring.
fn expansion(text: &str, name: &Name) -> Option<Value> {
    let before = text[..name.start].trim_end_matches(['?', '!']);
    if !before.ends_with("${") && !before.ends_with("#{") {
        return None;
    }
    let rest = &text[name.end..];
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let signs = rest.strip_prefix(['-', '=']).unwrap_or(rest);
    if signs.len() == text.len() - name.end || signs.starts_with(['?', '+', '$', '}', '%']) {
        return None;
    }
    let start = text.len() - signs.len();
    let length = signs.find(['}', '\n', '$'])?;
    let whole = signs[..length].trim_matches(['"', '\'', '\\', ' ']);
    let from = start + signs.find(whole)?;
    (signs[length..].starts_with('}') && !whole.is_empty()).then(|| Value {
        range: from..from + whole.len(),
        style: if whole.contains(' ') { Style::Quoted } else { Style::Line },
    })
}

/// Behind the quotes and brackets that a name stands in.
pub(super) fn behind(bytes: &[u8], at: usize) -> usize {
    letter::skip(bytes, at, 8, |sign| matches!(sign, b'"' | b'\'' | b'`' | b']' | b')' | b'*'))
}

/// Behind the type of a variable that is also given a value: `: Option<&'static str> = `.
fn behind_type(text: &str, at: usize) -> usize {
    let in_type = |b: &u8| b.is_ascii_alphanumeric() || b"_.&'<>?![]:".contains(b);
    let rest = &text.as_bytes()[at..];
    let first = rest.iter().take(48).take_while(|b| in_type(b)).count();
    // `&'static str` has a space.
    let second = match &rest[first..] {
        [b' ', b'=', ..] => 0,
        [b' ', more @ ..] if rest.first() == Some(&b'&') => {
            1 + more.iter().take(24).take_while(|b| in_type(b)).count()
        }
        _ => 0,
    };
    let length = first + second;
    let is_given = length > 0 && rest[length..].starts_with(b" = ");
    if is_given { at + length + b" = ".len() } else { at }
}

/// Where the text of a block of YAML begins: behind `>-` or `|` and the indentation of its first line.
fn block(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let head = letter::at(bytes, at).filter(|letter| matches!(letter.sign, b'|' | b'>'))?;
    let signs =
        letter::skip(bytes, at + head.len, 3, |sign| matches!(sign, b'-' | b'+' | b'1'..=b'9'));
    let line = letter::at(bytes, signs).filter(|letter| letter::is_space(letter.sign))?;
    Some(letter::skip(bytes, signs + line.len, 40, letter::is_space))
}

/// Whether nothing but what marks or numbers a line, exports or sets, stands before a name in its line.
fn starts_line(text: &str, name: usize) -> bool {
    const BEFORE: &[&str] = &[
        "export", "set", "setx", "ENV", "ARG", "declare", "readonly", "-x", "-gx", "-", "+", "#",
        ";", "//", ">",
    ];
    let mut from = name.saturating_sub(40);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let before = &text[from..name];
    let line_at = before.rfind('\n').map(|at| at + 1);
    let escaped_at = before.rfind(r"\n").map(|at| at + 2);
    let Some(line) =
        line_at.max(escaped_at).map(|at| &before[at..]).or((from == 0).then_some(before))
    else {
        return false;
    };
    let is_mark = |word: &str| {
        BEFORE.contains(&word) || word.chars().all(|c| c.is_ascii_digit() || "→|:+-│".contains(c))
    };
    line.split_whitespace().all(is_mark)
}

/// `<password>X</password>`, `<property name="password">X</property>`, `<key>password</key><string>X</string>`.
fn element(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let next = letter::at(bytes, behind(bytes, name.end))?;
    if !matches!(next.sign, b'>' | b' ' | b'<' | b'/') && !letter::is_space(next.sign) {
        return None;
    }
    let mut at = match tag_before(text, name.start)? {
        Tag::Open => name.end,
        // The next element holds the value.
        Tag::Closed if next.sign == b'<' => {
            let close = to_sign(bytes, name.end, b'>')?;
            // A change marks every line.
            let gap = letter::skip(bytes, close, 40, |sign| letter::is_space(sign) || sign == b'+');
            letter::at(bytes, gap).filter(|letter| letter.sign == b'<')?;
            gap + 1
        }
        Tag::Closed => return None,
    };
    at = to_sign(bytes, at, b'>')?;
    if let Some(range) = sigil(text, at) {
        return Some(Value { range, style: Style::Cell });
    }
    // The value may be an element of its own.
    let inner = letter::skip(bytes, at, 40, letter::is_space);
    if letter::at(bytes, inner).is_some_and(|next| next.sign == b'<')
        && letter::at(bytes, inner + 1).is_some_and(|next| next.sign.is_ascii_alphabetic())
    {
        at = to_sign(bytes, inner + 1, b'>')?;
    }
    let (range, _) = value::read(text, at, Ends::Element)?;
    let closing = letter::at(bytes, range.end).filter(|letter| letter.sign == b'<');
    closing.map(|_| Value { range, style: Style::Cell })
}

/// What of an element stands before a name.
enum Tag {
    /// The name stands within the tag.
    Open,
    /// The name is the element's text.
    Closed,
}

fn tag_before(text: &str, name: usize) -> Option<Tag> {
    let mut from = name.saturating_sub(80);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    let bytes = text.as_bytes();
    let (mut at, mut tag) = (from, None);
    while at < name {
        let letter = letter::at(bytes, at)?;
        at += letter.len;
        match letter.sign {
            b'<' if letter::at(bytes, at).is_some_and(|next| next.sign != b'/') => {
                tag = Some(Tag::Open)
            }
            b'<' => tag = None,
            b'>' => tag = Some(Tag::Closed),
            b'\n' | b'"' | b' ' => {}
            _ if matches!(tag, Some(Tag::Closed)) => tag = None,
            _ => {}
        }
    }
    tag
}

/// Behind the next such sign, if no other element begins before it.
fn to_sign(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let mut at = from;
    // A closing tag may come first.
    for count in 0..160 {
        let letter = letter::at(bytes, at)?;
        at += letter.len;
        if letter.sign == wanted {
            return Some(at);
        }
        if count > 8 && letter.sign == b'<' {
            break;
        }
    }
    None
}

/// `| password | X |`, `password │ X`.
fn cell(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let at = letter::skip(bytes, behind(bytes, name.end), 80, letter::is_blank);
    let line = letter::at(bytes, at).filter(|letter| letter.sign == b'|')?;
    let start = at + line.len;
    let at = letter::skip(bytes, start, 80, |sign| letter::is_blank(sign) || sign == b'`');
    // `A|B` is a choice, not a row, and so is `'A' | 'B'`.
    let is_quote =
        |at: usize| letter::at(bytes, at).is_some_and(|next| matches!(next.sign, b'"' | b'\''));
    if at == start || is_quote(name.end) && is_quote(at) {
        return None;
    }
    let (range, _) = value::read(text, at, Ends::Cell)?;
    Some(Value { range: without_ticks(text, range), style: Style::Cell })
}

fn without_ticks(text: &str, range: Range<usize>) -> Range<usize> {
    let value = &text[range.clone()];
    range.start..range.start + value.trim_end_matches(['`', ' ']).len()
}

/// `PASSWORD 'X'`, `#define PASSWORD "X"`, `ENV PASSWORD X`, `password    X`, `IDENTIFIED BY X`, `password 0 X`.
fn beside(text: &str, name: &Name) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut at = letter::skip(bytes, name.end, 1, |sign| sign == b'(');
    if at == name.end {
        at = letter::skip(bytes, name.end, 80, letter::is_blank);
    }
    if at == name.end {
        return None;
    }
    // What Cisco calls the type of a password.
    if let [b'0' | b'5' | b'7' | b'8' | b'9', b' ', ..] = bytes[at..] {
        at += 2;
    }
    // `ACL SETUSER ana on >X`.
    let (range, is_quoted) = value::read(text, at, Ends::Word)?;
    if !is_quoted && bytes[name.end] == b'(' {
        return None;
    }
    let style = match (is_quoted, name.is_upper) {
        (true, true) => Style::Quoted,
        (true, false) => Style::Cell,
        // A table without lines, or what a program's own language sets.
        (false, _) if starts_line(text, name.start) && at > name.end + 1 => Style::Cell,
        (false, _) => Style::Prose,
    };
    Some(Value { range, style })
}
