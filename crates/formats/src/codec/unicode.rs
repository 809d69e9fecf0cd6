//! UTF-16 and UTF-32 behind a byte-order mark, decoded to UTF-8: what a text says is identified again.

use std::io::{self, Read};

use base::{
    limits::Limits,
    sink::{Codec, Decode},
    stop::Stop,
};

use super::input::Input;
use crate::text::encoding::Encoding;

/// Text behind a byte-order mark. As in every reader of text, lone surrogates come out as U+FFFD.
pub(crate) const UTF_16: Codec = Codec { id: "utf-16", open };

/// Characters decoded at a time.
const HELPING: usize = 4 << 10;

fn open(input: Box<dyn Read + Send>, _: &Limits) -> Result<Box<dyn Decode>, Stop> {
    let mut input = Input::new(input);
    let Some((encoding, mark)) = Encoding::marked(input.ahead(4)?).filter(|(encoding, _)| *encoding != Encoding::Utf8)
    else {
        return Err(Stop::malformed(0, "no byte-order mark of UTF-16 or UTF-32"));
    };
    input.skip(mark, "a byte-order mark")?;
    Ok(Box::new(Recoding { input, encoding, made: Vec::new(), given: 0 }))
}

struct Recoding {
    input: Input,
    encoding: Encoding,
    /// UTF-8 of the last helping, and how much of it was given out.
    made: Vec<u8>,
    given: usize,
}

impl Recoding {
    fn refill(&mut self) -> io::Result<()> {
        self.made.clear();
        self.given = 0;
        let mut utf8 = [0; 4];
        for _ in 0..HELPING {
            match self.letter() {
                Ok(Some(letter)) => self.made.extend(letter.encode_utf8(&mut utf8).bytes()),
                Ok(None) => break,
                // What came before is given out first; the next helping meets the error again.
                Err(_) if !self.made.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn letter(&mut self) -> io::Result<Option<char>> {
        let ahead = self.input.ahead(4)?;
        let (letter, width) = match (self.encoding, ahead) {
            (_, []) => return Ok(None),
            (Encoding::Utf32Le, [a, b, c, d, ..]) => (scalar(u32::from_le_bytes([*a, *b, *c, *d])), 4),
            (Encoding::Utf32Be, [a, b, c, d, ..]) => (scalar(u32::from_be_bytes([*a, *b, *c, *d])), 4),
            (Encoding::Utf16Le, [a, b, rest @ ..]) => {
                pair(u16::from_le_bytes([*a, *b]), rest.first_chunk().map(|low| u16::from_le_bytes(*low)))
            }
            (Encoding::Utf16Be, [a, b, rest @ ..]) => {
                pair(u16::from_be_bytes([*a, *b]), rest.first_chunk().map(|low| u16::from_be_bytes(*low)))
            }
            _ => return Err(self.input.truncated("a character")),
        };
        let letter = letter.ok_or_else(|| self.input.malformed("not UTF-32"))?;
        self.input.skip(width, "a character")?;
        Ok(Some(letter))
    }
}

fn scalar(unit: u32) -> Option<char> {
    let surrogate = (0xd800..=0xdfff).contains(&unit);
    char::from_u32(unit).or(surrogate.then_some(char::REPLACEMENT_CHARACTER))
}

/// The character of a unit and, where it is a high surrogate, the one behind it; and their bytes.
fn pair(unit: u16, low: Option<u16>) -> (Option<char>, u64) {
    let both = low.and_then(|low| char::decode_utf16([unit, low]).next()?.ok());
    match both.filter(|_| (0xd800..=0xdbff).contains(&unit)) {
        Some(letter) => (Some(letter), 4),
        None => (scalar(u32::from(unit)), 2),
    }
}

impl Read for Recoding {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given >= self.made.len() {
            self.refill()?;
        }
        let from = self.made.get(self.given..).unwrap_or_default();
        let count = from.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), from.get(..count)) {
            to.copy_from_slice(from);
        }
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}

impl Decode for Recoding {
    fn consumed(&self) -> u64 {
        self.input.consumed()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use base::{limits::Limits, sink::Decode};

    fn open(bytes: Vec<u8>) -> Box<dyn Decode> {
        (super::UTF_16.open)(Box::new(Cursor::new(bytes)), &Limits::default()).ok().unwrap()
    }

    #[test]
    fn every_form_comes_out_as_utf_8() {
        let text = "Grüße, 世界 🎉\n".repeat(2000);
        let marked: Vec<char> = std::iter::once('\u{feff}').chain(text.chars()).collect();
        let units: Vec<u16> = marked.iter().collect::<String>().encode_utf16().collect();
        for bytes in [
            units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<u8>>(),
            units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            marked.iter().flat_map(|letter| u32::from(*letter).to_le_bytes()).collect(),
            marked.iter().flat_map(|letter| u32::from(*letter).to_be_bytes()).collect(),
        ] {
            let length = bytes.len() as u64;
            let (mut decoder, mut out) = (open(bytes), String::new());
            decoder.read_to_string(&mut out).unwrap();
            assert!(out == text);
            assert_eq!(decoder.consumed(), length);
        }
    }

    #[test]
    fn what_breaks_is_told_after_what_came_before() {
        for (bytes, expected) in [
            (&b"\xff\xfea\0\0\xd8b\0"[..], ("a\u{fffd}b", true)),
            (b"\xff\xfea\0b", ("a", false)),
            (b"\xff\xfe\0\0a\0\0\0\0\0\x11\0", ("a", false)),
        ] {
            let (mut decoder, mut out) = (open(bytes.to_vec()), Vec::new());
            let ended = decoder.read_to_end(&mut out).is_ok();
            assert_eq!((String::from_utf8(out).unwrap().as_str(), ended), expected);
        }
        assert!((super::UTF_16.open)(Box::new(Cursor::new(b"plain")), &Limits::default()).is_err());
    }
}
