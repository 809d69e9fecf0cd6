//! Backslash, HTML and percent escapes.

use crate::{
    evaluator::{Fault, Folded, raise},
    value::Exception,
};

/// `count` hexadecimal digits at the start of `rest`.
fn hexadecimal(rest: &[u8], count: usize) -> Folded<u32> {
    let digits = rest.get(..count).and_then(|digits| std::str::from_utf8(digits).ok());
    let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(Fault::Raises(Exception::Value))
}

/// Decodes `unicode_escape`, or `raw_unicode_escape` where only `\u` and `\U` count.
pub(crate) fn unicode(bytes: &[u8], every: bool) -> Folded<String> {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let Some((kind, after)) = after.split_first().filter(|_| *first == b'\\') else {
            if *first == b'\\' && every {
                return raise(Exception::Value);
            }
            out.push(char::from(*first));
            continue;
        };
        let width = match kind {
            b'x' if every => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if *kind == b'N' && every {
            let named = after.strip_prefix(b"{").and_then(|rest| rest.split(|byte| *byte == b'}').next());
            let name = named.and_then(|name| std::str::from_utf8(name).ok()).filter(|name| name.len() <= 128);
            let letter = name.and_then(unicode_names2::character).ok_or(Fault::Unfollowed)?;
            out.push(letter);
            rest = after.get(name.map_or(0, |name| name.len().saturating_add(2))..).unwrap_or_default();
        } else if width > 0 {
            let code = hexadecimal(after, width)?;
            if code > 0x10_ffff {
                return raise(Exception::Value);
            }
            // A lone surrogate is text that this crate does not hold.
            out.push(char::from_u32(code).ok_or(Fault::Unfollowed)?);
            rest = after.get(width..).unwrap_or_default();
        } else if every {
            rest = simple(*kind, after, &mut out)?;
        } else {
            out.push('\\');
            if *kind == b'\\' {
                out.push('\\');
                rest = after;
            }
        }
    }
    Ok(out)
}

/// The escapes of one letter and of octal digits; returns what follows.
fn simple<'b>(kind: u8, after: &'b [u8], out: &mut String) -> Folded<&'b [u8]> {
    let letter = match kind {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        b'\\' | b'\'' | b'"' => char::from(kind),
        b'\n' => return Ok(after),
        b'N' => return Err(Fault::Unfollowed),
        b'0'..=b'7' => {
            let more = after.iter().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let (digits, rest) = after.split_at_checked(more).unwrap_or((after, &[]));
            let code = [kind].iter().chain(digits).fold(0_u32, |code, digit| (code << 3) | u32::from(digit & 7));
            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            return Ok(rest);
        }
        other => {
            out.push('\\');
            char::from(other)
        }
    };
    out.push(letter);
    Ok(after)
}

/// Encodes `unicode_escape`, or `raw_unicode_escape`.
pub(crate) fn escaped_unicode(text: &str, every: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for letter in text.chars() {
        let code = u32::from(letter);
        match (letter, u8::try_from(code)) {
            ('\\', _) if every => out.extend(b"\\\\"),
            ('\n', _) if every => out.extend(b"\\n"),
            ('\r', _) if every => out.extend(b"\\r"),
            ('\t', _) if every => out.extend(b"\\t"),
            (_, Ok(byte @ 0x20..=0x7e)) => out.push(byte),
            (_, Ok(byte)) if !every => out.push(byte),
            _ => out.extend(crate::repr::escaped(letter).into_bytes()),
        }
    }
    out
}

/// `urllib.parse.unquote` and `unquote_to_bytes`: what is no escape stays.
pub(crate) fn unquoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match hexadecimal(after, 2) {
            Ok(code) if *first == b'%' => {
                out.push(u8::try_from(code).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
            }
            _ => out.push(*first),
        }
    }
    out
}

/// `html.unescape`: numeric references and the five basic names; `None` where another name stands.
pub(crate) fn html(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let known = [("lt;", '<'), ("gt;", '>'), ("amp;", '&'), ("quot;", '"'), ("apos;", '\'')];
        if let Some((name, letter)) = known.into_iter().find(|(name, _)| part.starts_with(name)) {
            out.push(letter);
            out.push_str(part.strip_prefix(name).unwrap_or_default());
            continue;
        }
        let Some(number) = part.strip_prefix('#') else {
            if part.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                return None;
            }
            out.push('&');
            out.push_str(part);
            continue;
        };
        let (radix, digits) = number.strip_prefix(['x', 'X']).map_or((10, number), |digits| (16, digits));
        let end = digits.find(|letter: char| !letter.is_digit(radix)).unwrap_or(digits.len());
        let (code, rest) = digits.split_at_checked(end)?;
        let code = u32::from_str_radix(code, radix).ok().and_then(char::from_u32);
        // C1 controls and zero are replaced by a table of their own.
        out.push(code.filter(|letter| *letter >= ' ' && !('\u{7f}'..='\u{9f}').contains(letter))?);
        out.push_str(rest.strip_prefix(';').unwrap_or(rest));
    }
    Some(out)
}
