//! The text of a source file, as CPython decodes it (PEP 263, PEP 3120).

use std::borrow::Cow;

use base::{budget::Meter, stop::Stop};
use eval::Value;

/// Decoded source.
pub(crate) struct Source<'b> {
    /// The text.
    pub(crate) text: Cow<'b, str>,
    /// Bytes before it: a byte order mark.
    pub(crate) offset: u64,
    /// The encoding that the coding line names, where it hides the text from readers.
    pub(crate) encoding: Option<String>,
}

/// Decodes `bytes`: UTF-8, or one byte a character where a coding line or the bytes themselves say so.
/// `text`: they were text before, and CPython looks for no coding line in text.
pub(crate) fn decode<'b>(bytes: &'b [u8], text: bool, meter: &Meter) -> Result<Source<'b>, Stop> {
    let (bytes, offset) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    if let Some(at) = memchr::memchr(0, bytes) {
        // CPython refuses source with NUL: "source code cannot contain null bytes".
        return Err(Stop::malformed(at as u64, "Python source without NUL"));
    }
    if let Some(encoding) = coding(bytes).filter(|name| !text && HIDING.contains(&name.as_str())) {
        let given = if encoding.starts_with("rot") {
            Value::str(String::from_utf8_lossy(bytes).into_owned())
        } else {
            Value::bytes(bytes)
        };
        let decode = Value::global("codecs", "decode");
        let outcome = eval::call(&decode, &[given, Value::str(encoding.as_str())], &[], meter)?;
        if let Some(text) = outcome.result.as_str().filter(|text| !text.contains('\0')) {
            return Ok(Source { text: text.to_owned().into(), offset, encoding: Some(encoding) });
        }
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Ok(Source { text, offset, encoding: None })
}

/// Encodings that a coding line may name and whose text is not what the bytes show.
const HIDING: &[&str] = &["raw_unicode_escape", "rot13", "rot_13", "u7", "unicode_escape", "utf7", "utf_7"];

/// The encoding that a comment in one of the first two lines names (PEP 263).
fn coding(bytes: &[u8]) -> Option<String> {
    let lines = bytes.split(|byte| *byte == b'\n').take(2).map(|line| line.get(..256).unwrap_or(line));
    let mut comments = lines.filter(|line| line.trim_ascii_start().starts_with(b"#"));
    comments.find_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        let (_, rest) = line.split_once("coding:").or_else(|| line.split_once("coding="))?;
        let name = rest
            .trim_start()
            .split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter))
            .next()?;
        Some(name.to_ascii_lowercase().replace('-', "_"))
    })
}

/// Words of which a program that does anything has one.
const WORDS: &[&str] = &["import ", "exec(", "eval(", "__import__(", "getattr(", "open(", "exec "];

/// Whether the head is text that may be Python: a trial is worth it.
pub fn looks_like_python(head: &base::format::Head<'_>) -> bool {
    let text = match std::str::from_utf8(head.first) {
        Ok(text) => text,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => {
            head.first.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    let control = |letter: char| letter.is_control() && !letter.is_whitespace();
    WORDS.iter().any(|word| text.contains(word)) && !text.contains(control)
}
