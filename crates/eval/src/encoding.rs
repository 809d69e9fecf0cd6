//! Text encodings: names, aliases, single-byte tables and the Unicode forms.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use crate::{
    compare,
    evaluator::{Evaluator, Fault, Folded, raise},
    value::{Exception, Value},
};

/// Made by `make_encodings.py`.
const TABLE: &str = include_str!("../tables/encodings.tsv");

/// What to do with what cannot be encoded or decoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    Strict,
    Ignore,
    Replace,
    /// A handler that matters only where there is an error, and is not followed then.
    Other,
}

impl Errors {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "strict" => Self::Strict,
            "ignore" => Self::Ignore,
            "replace" => Self::Replace,
            _ => Self::Other,
        }
    }

    /// What stands for something that cannot be decoded.
    fn undecodable(self, out: &mut String) -> Folded<()> {
        match self {
            Self::Strict => return raise(Exception::Value),
            Self::Ignore => {}
            Self::Replace => out.push('\u{fffd}'),
            Self::Other => return Err(Fault::Unfollowed),
        }
        Ok(())
    }

    /// What stands for something that cannot be encoded.
    fn unencodable(self, out: &mut Vec<u8>) -> Folded<()> {
        match self {
            Self::Strict => return raise(Exception::Value),
            Self::Ignore => {}
            Self::Replace => out.push(b'?'),
            Self::Other => return Err(Fault::Unfollowed),
        }
        Ok(())
    }
}

/// An encoding that the table names.
#[derive(Clone, Copy)]
pub(crate) struct Encoding {
    /// Its canonical name.
    pub(crate) name: &'static str,
    cells: &'static str,
}

/// `encodings.normalize_encoding`: lower case, runs of punctuation are one underscore.
fn normalized(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            out.push(letter.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// The encoding of this name or alias.
pub(crate) fn named(name: &str) -> Option<Encoding> {
    if name.len() > 64 {
        return None;
    }
    let wanted = normalized(name);
    NAMED.get(&*wanted).or_else(|| NAMED.get(&*wanted.replace('.', "_"))).copied()
}

/// The table by each name and alias.
static NAMED: LazyLock<HashMap<&str, Encoding>> = LazyLock::new(|| {
    let mut named = HashMap::new();
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split('\t');
        if let (Some(name), Some(aliases), Some(cells)) = (cells.next(), cells.next(), cells.next()) {
            for word in std::iter::once(name).chain(aliases.split(' ')) {
                named.entry(word).or_insert(Encoding { name, cells });
            }
        }
    }
    named
});

impl Encoding {
    /// The characters of the bytes, where it is one a byte; undefined ones are U+FFFD.
    fn characters(self) -> Option<Vec<char>> {
        if self.cells.is_empty() {
            return None;
        }
        let cell = |cell: &[u8]| {
            let code = std::str::from_utf8(cell).ok().and_then(|cell| u32::from_str_radix(cell, 16).ok());
            code.and_then(char::from_u32).unwrap_or('\u{fffd}')
        };
        let listed: Vec<char> = self.cells.as_bytes().chunks(4).map(cell).collect();
        let ascii = (0..0x80_u8).map(char::from).take(256_usize.saturating_sub(listed.len()));
        Some(ascii.chain(listed).collect())
    }
}

/// `bytes` as text; `None` when the encoding is none of text.
pub(crate) fn decode(
    evaluator: &Evaluator<'_>,
    bytes: &[u8],
    encoding: Encoding,
    errors: Errors,
) -> Option<Folded<String>> {
    if let Err(fault) = evaluator.make(bytes.len().saturating_mul(2)) {
        return Some(Err(fault));
    }
    Some(match encoding.name {
        "utf_8" => utf8(bytes, errors),
        "utf_8_sig" => utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes), errors),
        "ascii" => single(bytes, errors, |byte| Some(char::from(byte)).filter(char::is_ascii)),
        "latin_1" => single(bytes, errors, |byte| Some(char::from(byte))),
        "utf_16" | "utf_16_le" | "utf_16_be" => utf16(bytes, encoding.name, errors),
        "utf_32" | "utf_32_le" | "utf_32_be" => utf32(bytes, encoding.name, errors),
        "utf_7" => utf7(bytes, errors),
        "unicode_escape" => crate::escape::unicode(bytes, true),
        "raw_unicode_escape" => crate::escape::unicode(bytes, false),
        "punycode" => crate::puny::decode(evaluator, bytes),
        "idna" => crate::puny::host(evaluator, bytes),
        // Without a table `charmap` is Latin-1.
        "charmap" => single(bytes, errors, |byte| Some(char::from(byte))),
        "undefined" => raise(Exception::Value),
        _ => match encoding.characters() {
            Some(characters) => single(bytes, errors, |byte| {
                characters.get(usize::from(byte)).copied().filter(|letter| *letter != '\u{fffd}')
            }),
            None if is_text(encoding) => multibyte(bytes, encoding),
            None => return None,
        },
    })
}

/// Whether the encoding is one of text, as opposed to one of bytes to bytes.
pub(crate) fn is_text(encoding: Encoding) -> bool {
    !matches!(
        encoding.name,
        "base64_codec" | "bz2_codec" | "hex_codec" | "quopri_codec" | "rot_13" | "uu_codec" | "zlib_codec"
    )
}

/// East Asian encodings are followed as far as they are ASCII; so are the escapes by which some switch to it.
fn multibyte(bytes: &[u8], encoding: Encoding) -> Folded<String> {
    let mut text = std::str::from_utf8(bytes).ok().filter(|text| text.is_ascii()).ok_or(Fault::Unfollowed)?.to_owned();
    if encoding.name == "hz" {
        text = text.replace("~\n", "").replace("~~", "\0").replace("~}", "");
        if text.contains('~') {
            return Err(Fault::Unfollowed);
        }
        return Ok(text.replace('\0', "~"));
    }
    if encoding.name.starts_with("iso2022") {
        text = text.replace("\u{1b}(B", "").replace("\u{1b}$)C", "").replace('\u{f}', "");
        if text.contains(['\u{1b}', '\u{e}']) {
            return Err(Fault::Unfollowed);
        }
    }
    Ok(text)
}

fn single(bytes: &[u8], errors: Errors, character: impl Fn(u8) -> Option<char>) -> Folded<String> {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        match character(*byte) {
            Some(letter) => out.push(letter),
            None => errors.undecodable(&mut out)?,
        }
    }
    Ok(out)
}

fn utf8(bytes: &[u8], errors: Errors) -> Folded<String> {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            errors.undecodable(&mut out)?;
        }
    }
    Ok(out)
}

/// Whether the bytes are big-endian, and what follows a byte order mark.
fn byte_order<'b>(bytes: &'b [u8], name: &str, little: &[u8], big: &[u8]) -> (bool, &'b [u8]) {
    if name.ends_with("_le") || name.ends_with("_be") {
        return (name.ends_with("_be"), bytes);
    }
    match (bytes.strip_prefix(little), bytes.strip_prefix(big)) {
        (Some(rest), _) => (false, rest),
        (_, Some(rest)) => (true, rest),
        _ => (false, bytes),
    }
}

fn utf16(bytes: &[u8], name: &str, errors: Errors) -> Folded<String> {
    let (big, bytes) = byte_order(bytes, name, b"\xff\xfe", b"\xfe\xff");
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| if big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) });
    let mut out = String::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(letter) => out.push(letter),
            Err(_) => errors.undecodable(&mut out)?,
        }
    }
    if !rest.is_empty() {
        errors.undecodable(&mut out)?;
    }
    Ok(out)
}

fn utf32(bytes: &[u8], name: &str, errors: Errors) -> Folded<String> {
    let (big, bytes) = byte_order(bytes, name, b"\xff\xfe\0\0", b"\0\0\xfe\xff");
    let (words, rest) = bytes.as_chunks::<4>();
    let mut out = String::new();
    for word in words {
        let code = if big { u32::from_be_bytes(*word) } else { u32::from_le_bytes(*word) };
        match char::from_u32(code) {
            Some(letter) => out.push(letter),
            None => errors.undecodable(&mut out)?,
        }
    }
    if !rest.is_empty() {
        errors.undecodable(&mut out)?;
    }
    Ok(out)
}

/// UTF-7 (RFC 2152).
fn utf7(bytes: &[u8], errors: Errors) -> Folded<String> {
    let mut out = String::new();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => {
                let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'+' | b'/'));
                let (run, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, &[]));
                rest = after.strip_prefix(b"-").unwrap_or(after);
                if run.is_empty() {
                    if after.first() != Some(&b'-') {
                        return raise(Exception::Value);
                    }
                    out.push('+');
                    continue;
                }
                let mut padded = run.to_vec();
                padded.resize(run.len().next_multiple_of(4), b'A');
                let mut units = crate::base_n::base64(&padded)?;
                units.truncate((run.len().saturating_mul(6) >> 4) << 1);
                out.push_str(&utf16(&units, "utf_16_be", errors)?);
            }
            byte if byte.is_ascii() => out.push(char::from(*byte)),
            _ => errors.undecodable(&mut out)?,
        }
    }
    Ok(out)
}

/// Text in `encoding`; `None` when the encoding is none of text.
pub(crate) fn encode(
    evaluator: &Evaluator<'_>,
    text: &str,
    encoding: Encoding,
    errors: Errors,
) -> Option<Folded<Vec<u8>>> {
    if let Err(fault) = evaluator.make(text.len().saturating_mul(4)) {
        return Some(Err(fault));
    }
    let below =
        |end: u32| move |letter: char| u8::try_from(u32::from(letter)).ok().filter(|code| u32::from(*code) < end);
    Some(match encoding.name {
        "utf_8" => Ok(text.as_bytes().to_vec()),
        "utf_8_sig" => Ok([b"\xef\xbb\xbf", text.as_bytes()].concat()),
        "ascii" => one_a_letter(text, errors, below(0x80)),
        "latin_1" => one_a_letter(text, errors, below(0x100)),
        "utf_16" => Ok([0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()),
        "utf_16_le" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "utf_16_be" => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        "utf_32" => Ok([0xfeff].into_iter().chain(text.chars().map(u32::from)).flat_map(u32::to_le_bytes).collect()),
        "utf_32_le" => Ok(text.chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect()),
        "utf_32_be" => Ok(text.chars().flat_map(|letter| u32::from(letter).to_be_bytes()).collect()),
        "unicode_escape" => Ok(crate::escape::escaped_unicode(text, true)),
        "raw_unicode_escape" => Ok(crate::escape::escaped_unicode(text, false)),
        "punycode" => crate::puny::encode(text, false),
        "idna" => crate::puny::encode(text, true),
        "charmap" => one_a_letter(text, errors, below(0x100)),
        "undefined" => raise(Exception::Value),
        "utf_7" => Err(Fault::Unfollowed),
        _ => match encoding.characters() {
            Some(characters) => one_a_letter(text, errors, |letter| {
                let place = characters.iter().position(|known| *known == letter && letter != '\u{fffd}');
                place.and_then(|place| u8::try_from(place).ok())
            }),
            None if is_text(encoding) => multibyte(text.as_bytes(), encoding).map(String::into_bytes),
            None => return None,
        },
    })
}

fn one_a_letter(text: &str, errors: Errors, byte: impl Fn(char) -> Option<u8>) -> Folded<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for letter in text.chars() {
        match byte(letter) {
            Some(byte) => out.push(byte),
            None => errors.unencodable(&mut out)?,
        }
    }
    Ok(out)
}

/// `codecs.charmap_decode(bytes, errors, mapping)`: a text of which each byte is an index, or a dict of letters or their codes.
pub(crate) fn mapped(
    evaluator: &Evaluator<'_>,
    content: &[u8],
    errors: Errors,
    mapping: Option<&Value>,
) -> Folded<String> {
    let table: Vec<char> = match mapping {
        Some(Value::Str(table)) => table.chars().take(256).collect(),
        _ => Vec::new(),
    };
    let looked_at = if let Some(Value::Dict(pairs)) = mapping { pairs.len() } else { 1 };
    evaluator.make(content.len().saturating_mul(looked_at.saturating_add(4)))?;
    let mut out = String::new();
    for byte in content {
        let found = match mapping {
            None => Some(char::from(*byte).to_string()),
            Some(Value::Str(_)) => {
                table.get(usize::from(*byte)).filter(|letter| **letter != '\u{fffe}').copied().map(String::from)
            }
            Some(Value::Dict(pairs)) => match compare::lookup(pairs, &Value::Int((*byte).into())).flatten() {
                Some(Value::Str(text)) => Some(text.to_string()),
                Some(Value::Int(code)) => u32::try_from(*code).ok().and_then(char::from_u32).map(String::from),
                _ => None,
            },
            Some(_) => return Err(Fault::Unfollowed),
        };
        match found {
            Some(text) => out.push_str(&text),
            None => errors.undecodable(&mut out)?,
        }
        if out.len() > crate::evaluator::MAX_BYTES {
            return Err(Fault::OverCap("a constant of more than 16 MiB"));
        }
    }
    Ok(out)
}

/// `codecs.charmap_encode(text, errors, mapping)` with a dict of codes to codes or bytes.
pub(crate) fn mapped_back(evaluator: &Evaluator<'_>, text: &str, mapping: Option<&Value>) -> Folded<Vec<u8>> {
    let Some(Value::Dict(pairs)) = mapping else { return Err(Fault::Unfollowed) };
    evaluator.make(text.len().saturating_mul(pairs.len().saturating_add(1)))?;
    let mut out = Vec::new();
    for letter in text.chars() {
        match compare::lookup(pairs, &Value::Int(u32::from(letter).into())).flatten() {
            Some(Value::Int(code)) => out.push(u8::try_from(*code).map_err(|_| Fault::Raises(Exception::Type))?),
            Some(Value::Bytes(bytes)) if bytes.len() == 1 => out.extend_from_slice(bytes),
            _ => return raise(Exception::Value),
        }
    }
    Ok(out)
}
