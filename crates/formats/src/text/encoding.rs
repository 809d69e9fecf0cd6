//! Text as a stream of characters, from UTF-8, UTF-16 or UTF-32 in either byte order.

use base::{reader::Reader, stop::Stop};

/// A Unicode encoding form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// UTF-32, little-endian.
    Utf32Le,
    /// UTF-32, big-endian.
    Utf32Be,
    /// ISO 8859-1: every byte is the character of its number.
    Latin1,
}

impl Encoding {
    /// The encoding that a byte-order mark states, and the length of the mark. UTF-32 comes before UTF-16, whose mark it begins with.
    pub(crate) fn marked(bytes: &[u8]) -> Option<(Self, u64)> {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] => Some((Self::Utf32Le, 4)),
            [0, 0, 0xfe, 0xff, ..] => Some((Self::Utf32Be, 4)),
            [0xff, 0xfe, ..] => Some((Self::Utf16Le, 2)),
            [0xfe, 0xff, ..] => Some((Self::Utf16Be, 2)),
            [0xef, 0xbb, 0xbf, ..] => Some((Self::Utf8, 3)),
            _ => None,
        }
    }

    /// The encoding of text whose first characters are ASCII, with or without a mark (RFC 4627, section 3, as Python's `json.detect_encoding` reads it).
    pub(crate) fn guess(bytes: &[u8]) -> (Self, u64) {
        if let Some(marked) = Self::marked(bytes) {
            return marked;
        }
        let encoding = match bytes {
            [0, 0, 0, _, ..] => Self::Utf32Be,
            [0, 1..=255, ..] => Self::Utf16Be,
            [1..=255, 0, 0, 0, ..] => Self::Utf32Le,
            [1..=255, 0, ..] => Self::Utf16Le,
            _ => Self::Utf8,
        };
        (encoding, 0)
    }

    /// As reports name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16-le",
            Self::Utf16Be => "utf-16-be",
            Self::Utf32Le => "utf-32-le",
            Self::Utf32Be => "utf-32-be",
            Self::Latin1 => "iso-8859-1",
        }
    }
}

/// Characters from a reader. Lone surrogates, which Python lets pass in JSON, come out as U+FFFD.
pub(crate) struct Decoder<'a> {
    reader: Reader<'a>,
    encoding: Encoding,
    /// A unit that was read to look for a low surrogate and is none.
    kept: Option<u16>,
}

impl<'a> Decoder<'a> {
    /// A decoder behind a mark of `mark` bytes.
    pub(crate) fn new(mut reader: Reader<'a>, encoding: Encoding, mark: u64) -> Self {
        reader.seek(reader.offset().saturating_add(mark));
        Self { reader, encoding, kept: None }
    }

    /// Where the next character comes from.
    pub(crate) fn offset(&self) -> u64 {
        self.reader.offset().saturating_sub(if self.kept.is_some() { 2 } else { 0 })
    }

    /// The next character, or `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<char>, Stop> {
        match self.encoding {
            Encoding::Utf8 => match self.reader.next_byte()? {
                Some(byte) if byte < 0x80 => Ok(Some(char::from(byte))),
                Some(byte) => self.utf8(byte).map(Some),
                None => Ok(None),
            },
            Encoding::Latin1 => Ok(self.reader.next_byte()?.map(char::from)),
            Encoding::Utf16Le | Encoding::Utf16Be => self.utf16(),
            Encoding::Utf32Le | Encoding::Utf32Be => self.utf32(),
        }
    }

    /// The rest of a sequence of two to four bytes.
    fn utf8(&mut self, lead: u8) -> Result<char, Stop> {
        let at = self.reader.offset().saturating_sub(1);
        let length = match lead {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return Err(Stop::malformed(at, "not UTF-8")),
        };
        let mut bytes = [lead, 0, 0, 0];
        for slot in bytes.iter_mut().take(length).skip(1) {
            *slot = self.reader.u8("a character")?;
        }
        if let [0xed, 0xa0..=0xbf, 0x80..=0xbf, _] = bytes {
            return Ok(char::REPLACEMENT_CHARACTER);
        }
        let text = bytes.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
        text.and_then(|text| text.chars().next()).ok_or_else(|| Stop::malformed(at, "not UTF-8"))
    }

    fn unit(&mut self) -> Result<Option<u16>, Stop> {
        if let Some(unit) = self.kept.take() {
            return Ok(Some(unit));
        }
        if self.reader.at_end()? {
            return Ok(None);
        }
        let unit = match self.encoding {
            Encoding::Utf16Be => self.reader.u16_be("a character"),
            _ => self.reader.u16_le("a character"),
        };
        unit.map(Some)
    }

    fn utf16(&mut self) -> Result<Option<char>, Stop> {
        let Some(unit) = self.unit()? else {
            return Ok(None);
        };
        if !(0xd800..=0xdbff).contains(&unit) {
            return Ok(Some(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
        let low = self.unit()?;
        let pair = low.and_then(|low| char::decode_utf16([unit, low]).next()?.ok());
        if pair.is_none() {
            self.kept = low;
        }
        Ok(Some(pair.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }

    fn utf32(&mut self) -> Result<Option<char>, Stop> {
        if self.reader.at_end()? {
            return Ok(None);
        }
        let at = self.reader.offset();
        let unit = match self.encoding {
            Encoding::Utf32Be => self.reader.u32_be("a character"),
            _ => self.reader.u32_le("a character"),
        }?;
        match char::from_u32(unit) {
            Some(letter) => Ok(Some(letter)),
            None if (0xd800..=0xdfff).contains(&unit) => Ok(Some(char::REPLACEMENT_CHARACTER)),
            None => Err(Stop::malformed(at, "not UTF-32")),
        }
    }
}
