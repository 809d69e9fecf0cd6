//! The operands of the assembler: numbers, bare words and Python-like quoted literals.

use std::{iter::Peekable, str::Chars};

/// One operand.
pub(super) enum Token {
    /// A word without quotes.
    Bare(String),
    /// `"text"`, as code points: lone surrogates are allowed.
    Text(Vec<u32>),
    /// `b"bytes"`.
    Bytes(Vec<u8>),
}

impl Token {
    /// The bytes that the operand stands for; text is UTF-8.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bare(word) => word.clone().into_bytes(),
            Self::Text(points) => utf8(points),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    /// As `bytes`, if it was quoted.
    pub(super) fn quoted(&self) -> Option<Vec<u8>> {
        (!matches!(self, Self::Bare(_))).then(|| self.bytes())
    }

    pub(super) fn number(&self) -> Result<i128, String> {
        match self {
            Self::Bare(word) => number(word),
            _ => Err("a number takes no quotes".into()),
        }
    }

    pub(super) fn float(&self) -> Result<f64, String> {
        match self {
            Self::Bare(word) => word.parse().map_err(|_| format!("`{word}` is not a number")),
            _ => Err("a number takes no quotes".into()),
        }
    }
}

/// Reads a decimal or `0x` number with an optional sign.
pub(super) fn number(word: &str) -> Result<i128, String> {
    let (sign, digits) = word.strip_prefix('-').map_or((1, word), |digits| (-1, digits));
    let magnitude = match digits.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    magnitude.map(|magnitude| sign * magnitude).map_err(|_| format!("`{word}` is not a number (decimal or 0x)"))
}

/// Reads pairs of hexadecimal digits.
pub(super) fn hexadecimal(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("`{digits}` is not pairs of hexadecimal digits; RAW takes those and b\"bytes\"");
    if !digits.is_ascii() || !digits.len().is_multiple_of(2) {
        return Err(wrong());
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong())).collect()
}

/// Splits a line into its operands, up to a comment.
pub(super) fn tokens(rest: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = rest.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (token, after) = token(rest)?;
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

fn token(rest: &str) -> Result<(Token, &str), String> {
    let (bytes, body) = match rest.strip_prefix('b') {
        Some(body) if body.starts_with(['"', '\'']) => (true, body),
        _ => (false, rest),
    };
    if !body.starts_with(['"', '\'']) {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        return Ok((Token::Bare(rest[..end].into()), &rest[end..]));
    }
    let mut chars = body.chars().peekable();
    let points = quoted(&mut chars, bytes)?;
    let after: String = chars.collect();
    let after = &body[body.len() - after.len()..];
    if after.starts_with(|next: char| !next.is_whitespace()) {
        return Err(format!("`{after}` follows the closing quote"));
    }
    let token =
        if bytes { Token::Bytes(points.into_iter().map(|point| point as u8).collect()) } else { Token::Text(points) };
    Ok((token, after))
}

fn quoted(chars: &mut Peekable<Chars<'_>>, bytes: bool) -> Result<Vec<u32>, String> {
    let quote = chars.next();
    let mut points = Vec::new();
    loop {
        match chars.next() {
            None => return Err("the quote is not closed".into()),
            next if next == quote => return Ok(points),
            Some('\\') => points.push(escape(chars, bytes)?),
            Some(other) if bytes && !other.is_ascii() => {
                return Err(format!("b\"...\" holds ASCII and escapes, not `{other}`"));
            }
            Some(other) => points.push(u32::from(other)),
        }
    }
}

fn escape(chars: &mut Peekable<Chars<'_>>, bytes: bool) -> Result<u32, String> {
    let letter = chars.next().ok_or("the line ends after a backslash")?;
    Ok(match letter {
        'n' => 10,
        'r' => 13,
        't' => 9,
        '0' => 0,
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'v' => 11,
        '\\' | '"' | '\'' => u32::from(letter),
        'x' => digits(chars, letter, 2)?,
        'u' if !bytes => digits(chars, letter, 4)?,
        'U' if !bytes => digits(chars, letter, 8)?,
        other => {
            return Err(format!("the escape \\{other} is unknown{}", if bytes { " in b\"...\"" } else { "" }));
        }
    })
}

fn digits(chars: &mut Peekable<Chars<'_>>, letter: char, count: usize) -> Result<u32, String> {
    let digits: String = std::iter::from_fn(|| chars.next_if(char::is_ascii_hexdigit)).take(count).collect();
    if digits.len() < count {
        return Err(format!("\\{letter} wants {count} hexadecimal digits, not `{digits}`"));
    }
    u32::from_str_radix(&digits, 16)
        .ok()
        .filter(|point| *point <= 0x10_ffff)
        .ok_or_else(|| format!("\\{letter}{digits} is beyond U+10FFFF"))
}

/// The text of an opcode that ends at a newline: bare text as it stands, a quoted one decoded unless the quotes belong
/// to it, or `None` where there is nothing.
pub(super) fn line(rest: &str, keeps_quotes: bool) -> Result<Option<Vec<u8>>, String> {
    let text = without_comment(rest);
    let is_literal =
        text.starts_with("b\"") || text.starts_with("b'") || (!keeps_quotes && text.starts_with(['"', '\'']));
    match tokens(if is_literal { text } else { "" })?.as_slice() {
        [only] => Ok(Some(only.bytes())),
        [] => Ok((!text.is_empty()).then(|| text.as_bytes().to_vec())),
        _ => Err("only one quoted text may stand here".into()),
    }
}

/// As `line`, for UNICODE: a quoted text is encoded in raw-unicode-escape as CPython's pickler does.
pub(super) fn unicode_line(rest: &str) -> Result<Option<Vec<u8>>, String> {
    if !rest.starts_with(['"', '\'']) {
        return line(rest, false);
    }
    let mut bytes = Vec::new();
    for token in tokens(rest)? {
        let Token::Text(points) = token else {
            return Err("only one quoted text may stand here".into());
        };
        for point in points {
            match point {
                0 | 10 | 13 | 26 | 0x5c | 0x100..=0xffff => bytes.extend(format!("\\u{point:04x}").bytes()),
                0x1_0000.. => bytes.extend(format!("\\U{point:08x}").bytes()),
                latin1 => bytes.push(latin1 as u8),
            }
        }
    }
    Ok(Some(bytes))
}

/// Cuts a comment off: `#` after a blank, outside of quotes.
fn without_comment(rest: &str) -> &str {
    let mut open = None;
    let mut escaped = false;
    let mut before = ' ';
    for (at, letter) in rest.char_indices() {
        match open {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(quote) if letter == quote => open = None,
            Some(_) => {}
            None if letter == '#' && before.is_whitespace() => return rest[..at].trim_end(),
            None if matches!(letter, '"' | '\'') => open = Some(letter),
            None => {}
        }
        before = letter;
    }
    rest.trim_end()
}

/// UTF-8, with lone surrogates as Python's `surrogatepass` writes them.
fn utf8(points: &[u32]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &point in points {
        match char::from_u32(point) {
            Some(letter) => bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
            None => bytes.extend([
                0xe0 | (point >> 12) as u8,
                0x80 | (point >> 6 & 0x3f) as u8,
                0x80 | (point & 0x3f) as u8,
            ]),
        }
    }
    bytes
}
