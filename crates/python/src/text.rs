//! The text of a source file, as CPython decodes it (PEP 263, PEP 3120).

use base::stop::Stop;

/// Decoded source.
pub(crate) struct Source {
    /// The text.
    pub(crate) text: String,
    /// Bytes before it: a byte order mark.
    pub(crate) offset: u64,
}

/// Decodes `bytes`: UTF-8, or one byte a character where a coding line or the bytes themselves say so.
pub(crate) fn decode(bytes: &[u8]) -> Result<Source, Stop> {
    let (bytes, offset) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, 3),
        None => (bytes, 0),
    };
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        // CPython refuses source with NUL: "source code cannot contain null bytes".
        return Err(Stop::malformed(at as u64, "Python source without NUL"));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    Ok(Source { text, offset })
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
