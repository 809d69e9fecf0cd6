//! Constants as Python literals, exactly: lone surrogates, big numbers, what no terminal should see.

use std::fmt::Write as _;

use eval::BigInt;

use crate::{
    literal::{self, Number},
    opcode as op,
};

/// Digits from which a number is written in hexadecimal: Python reads no more than 4300 decimal ones.
const DECIMAL: usize = 1000;

/// The literal of the constant that an opcode with all of its bytes pushes.
pub(super) fn literal(raw: &[u8]) -> Option<String> {
    let (opcode, rest) = raw.split_first()?;
    let line = || memchr::memchr(b'\n', rest).map_or(rest, |end| rest.get(..end).unwrap_or_default());
    let fixed = || -> Option<i64> {
        let bytes = rest.iter().rev().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
        Some(bytes)
    };
    Some(match *opcode {
        op::NONE => "None".to_owned(),
        op::NEWTRUE => "True".to_owned(),
        op::NEWFALSE => "False".to_owned(),
        op::BININT1 | op::BININT2 => fixed()?.to_string(),
        op::BININT => i32::from_le_bytes(*rest.first_chunk()?).to_string(),
        op::INT => number(literal::int(line())?, line()),
        op::LONG => number(literal::long(line())?, line()),
        op::LONG1 => counted_long(rest.get(1..)?),
        op::LONG4 => counted_long(rest.get(4..)?),
        op::FLOAT => float(literal::float(line())?),
        op::BINFLOAT => float(f64::from_be_bytes(*rest.first_chunk()?)),
        op::STRING => text(&points(&literal::python2_text(&literal::escaped(literal::unquoted(line())?)?))),
        op::SHORT_BINSTRING => text(&points(&literal::python2_text(rest.get(1..)?))),
        op::BINSTRING => text(&points(&literal::python2_text(rest.get(4..)?))),
        op::UNICODE => text(&literal::raw_unicode_points(line())?),
        op::SHORT_BINUNICODE => text(&literal::surrogatepass_points(rest.get(1..)?)?),
        op::BINUNICODE => text(&literal::surrogatepass_points(rest.get(4..)?)?),
        op::BINUNICODE8 => text(&literal::surrogatepass_points(rest.get(8..)?)?),
        op::SHORT_BINBYTES => bytes(rest.get(1..)?),
        op::BINBYTES => bytes(rest.get(4..)?),
        op::BINBYTES8 => bytes(rest.get(8..)?),
        op::BYTEARRAY8 => format!("bytearray({})", bytes(rest.get(8..)?)),
        _ => return None,
    })
}

fn points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}

fn number(number: Number, line: &[u8]) -> String {
    match number {
        Number::Small(number) => number.to_string(),
        Number::Big(number) => big(&number),
        Number::Truth(true) => "True".to_owned(),
        Number::Truth(false) => "False".to_owned(),
        Number::Huge => format!("int({})", bytes(line.strip_suffix(b"L").unwrap_or(line))),
    }
}

fn counted_long(raw: &[u8]) -> String {
    match literal::counted_long(raw) {
        Number::Huge => format!("int.from_bytes({}, 'little', signed=True)", bytes(raw)),
        other => number(other, b""),
    }
}

fn big(number: &BigInt) -> String {
    let decimal = number.to_string();
    if decimal.len() > DECIMAL { format!("{number:#x}") } else { decimal }
}

/// A float as Python writes it.
fn float(float: f64) -> String {
    if float.is_nan() {
        "float('nan')".to_owned()
    } else if float.is_infinite() {
        if float > 0.0 { "float('inf')".to_owned() } else { "float('-inf')".to_owned() }
    } else {
        format!("{float:?}")
    }
}

/// A text of these code points as a literal; everything that could act on a terminal is escaped.
pub(super) fn text(points: &[u32]) -> String {
    let has = |letter: char| points.contains(&u32::from(letter));
    let quote = if has('\'') && !has('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(points.len().saturating_add(2));
    out.push(quote);
    for point in points {
        match char::from_u32(*point) {
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(letter) if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            Some(letter) if !base::escape::is_hostile(letter) => out.push(letter),
            _ => {
                let _ = match *point {
                    point @ ..0x100 => write!(out, "\\x{point:02x}"),
                    point @ ..0x1_0000 => write!(out, "\\u{point:04x}"),
                    point => write!(out, "\\U{point:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// A text as a literal.
pub(super) fn quoted(shown: &str) -> String {
    text(&points(shown))
}

/// Bytes as a literal.
pub(super) fn bytes(raw: &[u8]) -> String {
    let quote = if raw.contains(&b'\'') && !raw.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = String::with_capacity(raw.len().saturating_add(3));
    out.push('b');
    out.push(char::from(quote));
    for byte in raw {
        match *byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte if byte == quote => {
                out.push('\\');
                out.push(char::from(byte));
            }
            byte @ b' '..=b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(char::from(quote));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_exact_and_harmless() {
        assert_eq!(literal(b"V\\ud800a\\u202e\n").unwrap(), r"'\ud800a\u202e'");
        assert_eq!(literal(b"\x8c\x04\xed\xa0\x80'").unwrap(), r#""\ud800'""#);
        assert_eq!(literal(b"C\x03'\"\x1b").unwrap(), r#"b'\'"\x1b'"#);
        assert_eq!(literal(b"J\xff\xff\xff\xff").unwrap(), "-1");
        assert_eq!(literal(b"M\x01\x02").unwrap(), "513");
        assert_eq!(literal(b"Finf\n").unwrap(), "float('inf')");
        assert_eq!(literal(b"G\x7f\xf0\0\0\0\0\0\0").unwrap(), "float('inf')");
        assert_eq!(literal(b"I01\n").unwrap(), "True");
        assert!(literal(&[b"\x8a\xff".as_slice(), &[1; 255]].concat()).unwrap().len() < 620);
        assert!(literal(&[b"\x8b\0\x04\0\0".as_slice(), &[1; 1024]].concat()).unwrap().starts_with("0x"));
    }
}
