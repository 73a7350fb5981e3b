//! The first token of a text: one function per form, each after its rule in PostgreSQL's `scan.l`.

use super::Kind;

/// The kind and the length in bytes of a token; `closed` is false if a quote or comment is never closed.
pub(super) struct Scanned {
    pub(super) kind: Kind,
    pub(super) len: usize,
    pub(super) closed: bool,
}

impl Scanned {
    const fn new(kind: Kind, len: usize) -> Self {
        Self { kind, len, closed: true }
    }
}

/// The first token of `rest`, which is not empty. `escapes`: a backslash escapes if the token is a string.
pub(super) fn first(rest: &str, escapes: bool, placeholders: bool) -> Scanned {
    let Some(first) = rest.chars().next() else { return Scanned::new(Kind::Space, 0) };
    if let Some(scanned) = prefixed(rest, escapes) {
        return scanned;
    }
    match first {
        c if is_space(c) => Scanned::new(Kind::Space, span(rest, is_space)),
        '-' if rest.starts_with("--") => Scanned::new(Kind::LineComment, span(rest, |c| !matches!(c, '\n' | '\r'))),
        '/' if rest.starts_with("/*") => block_comment(rest),
        '\'' => quoted(rest, 1, Kind::String, escapes),
        '"' => quoted(rest, 1, Kind::QuotedName, false),
        '$' => dollar(rest),
        '0'..='9' => Scanned::new(Kind::Number, number(rest)),
        '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => Scanned::new(Kind::Number, number(rest)),
        '%' if placeholders => placeholder(rest).unwrap_or_else(|| operator(rest, true)),
        c if is_operator(c) => operator(rest, placeholders),
        c if is_name_start(c) => Scanned::new(Kind::Name, span(rest, is_name)),
        c => Scanned::new(Kind::Symbol, c.len_utf8()),
    }
}

/// A backslash escapes in the string that begins here: `E'…'`.
pub(super) fn has_escapes(rest: &str) -> bool {
    rest.starts_with("E'") || rest.starts_with("e'")
}

/// A character that may follow in a name without quotes. Everything that is not ASCII may, no-break spaces included.
pub(super) fn is_name(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == '$'
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn is_operator(c: char) -> bool {
    "~!@#^&|`?+-*/%<>=".contains(c)
}

/// The bytes of the longest beginning whose characters all fit.
fn span(rest: &str, fits: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !fits(c)).unwrap_or(rest.len())
}

/// Strings and names that begin with a letter: `E''`, `B''`, `X''`, `N''`, `U&''`, `U&""`.
fn prefixed(rest: &str, escapes: bool) -> Option<Scanned> {
    match rest.as_bytes() {
        [b'e' | b'E' | b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
            Some(quoted(rest, 2, Kind::String, escapes))
        }
        [b'u' | b'U', b'&', b'\'', ..] => Some(quoted(rest, 3, Kind::String, false)),
        [b'u' | b'U', b'&', b'"', ..] => Some(quoted(rest, 3, Kind::UnicodeName, false)),
        _ => None,
    }
}

/// From the opening quote, the last of `open` bytes, to the closing one. A doubled quote does not close.
fn quoted(rest: &str, open: usize, kind: Kind, escapes: bool) -> Scanned {
    let bytes = rest.as_bytes();
    let quote = bytes.get(open - 1).copied().unwrap_or(b'\'');
    let mut at = open;
    while let Some(&byte) = bytes.get(at) {
        let doubled = byte == quote && bytes.get(at + 1) == Some(&quote);
        if byte == quote && !doubled {
            return Scanned::new(kind, at + 1);
        }
        at += if doubled || (escapes && byte == b'\\') { 2 } else { 1 };
    }
    Scanned { kind, len: rest.len(), closed: false }
}

fn block_comment(rest: &str) -> Scanned {
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        match rest.as_bytes().get(at..) {
            Some([b'*', b'/', ..]) => (depth, at) = (depth - 1, at + 2),
            Some([b'/', b'*', ..]) => (depth, at) = (depth + 1, at + 2),
            Some([_, ..]) => at += 1,
            _ => return Scanned { kind: Kind::BlockComment, len: rest.len(), closed: false },
        }
    }
    Scanned::new(Kind::BlockComment, at)
}

/// `$1`, `$tag$ … $tag$`, or a dollar alone.
fn dollar(rest: &str) -> Scanned {
    let digits = span(&rest[1..], |c| c.is_ascii_digit());
    if digits > 0 {
        return Scanned::new(Kind::Param, 1 + digits);
    }
    let tag = span(&rest[1..], |c| is_name(c) && c != '$');
    let Some(delimiter) = rest.get(..tag + 2).filter(|delimiter| delimiter.ends_with('$')) else {
        return Scanned::new(Kind::Symbol, 1);
    };
    match rest[delimiter.len()..].find(delimiter) {
        Some(body) => Scanned::new(Kind::DollarString, body + 2 * delimiter.len()),
        None => Scanned { kind: Kind::DollarString, len: rest.len(), closed: false },
    }
}

/// `12`, `1_000`, `0x1F`, `1.5`, `.5`, `1.5e-3`. Of `1..2` only the `1`.
fn number(rest: &str) -> usize {
    if matches!(rest.as_bytes(), [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..]) {
        return 2 + span(&rest[2..], |c| c.is_ascii_alphanumeric() || c == '_');
    }
    let digits = |from: usize| from + span(&rest[from..], |c| c.is_ascii_digit() || c == '_');
    let mut end = digits(0);
    if rest[end..].starts_with('.') && !rest[end..].starts_with("..") {
        end = digits(end + 1);
    }
    match rest.as_bytes().get(end..) {
        Some([b'e' | b'E', b'0'..=b'9', ..]) => digits(end + 1),
        Some([b'e' | b'E', b'+' | b'-', b'0'..=b'9', ..]) => digits(end + 2),
        _ => end,
    }
}

/// `%s`, `%b`, `%t`, `%(name)s`.
pub(super) fn placeholder(rest: &str) -> Option<Scanned> {
    match rest.as_bytes() {
        [b'%', b's' | b'b' | b't', ..] => Some(Scanned::new(Kind::Placeholder, 2)),
        [b'%', b'(', name @ ..] => {
            let close = name.iter().take(LONGEST_NAME).position(|&byte| byte == b')')?;
            let format = matches!(name.get(close + 1), Some(b's' | b'b' | b't'));
            let ends = !rest.get(close + 4..).is_some_and(|after| after.starts_with(is_name));
            (format && ends).then(|| Scanned::new(Kind::NamedPlaceholder, close + 4))
        }
        _ => None,
    }
}

/// In `%(name)s`, in bytes. Names of PostgreSQL have at most 63.
const LONGEST_NAME: usize = 128;

/// In bytes. PostgreSQL refuses operators of more than 63; looking further would make the tokens of `+-+-…` slow.
const LONGEST_OPERATOR: usize = 64;

/// The longest operator. A comment ends it, a placeholder too, and a last `+` or `-` belongs to it only beside a
/// character that no operator of the SQL standard has.
fn operator(rest: &str, placeholders: bool) -> Scanned {
    let mut end = 0;
    // The end without a last `+` or `-`, and whether that may stay.
    let (mut trimmed, mut keeps) = (1, false);
    while let Some(byte) = rest.as_bytes().get(end).copied().filter(|&byte| is_operator(char::from(byte))) {
        let here = &rest[end..];
        let comment = here.starts_with("--") || here.starts_with("/*");
        if end > 0 && (comment || end >= LONGEST_OPERATOR || (placeholders && placeholder(here).is_some())) {
            break;
        }
        end += if placeholders && here.starts_with("%%") { 2 } else { 1 };
        if !matches!(byte, b'+' | b'-') {
            trimmed = end;
        }
        keeps |= matches!(byte, b'~' | b'!' | b'@' | b'#' | b'^' | b'&' | b'|' | b'`' | b'?' | b'%');
    }
    Scanned::new(Kind::Operator, if keeps { end } else { trimmed })
}
