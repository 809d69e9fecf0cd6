//! The three ways in which R writes numbers and texts: big-endian (XDR), the writer's own order, and ASCII.

use base::{blob::Blob, budget::Meter, reader::Reader, stop::Stop};

/// Bytes of a text that is kept.
const KEPT: u64 = 64 << 10;
/// Letters of a number in ASCII.
const DIGITS: usize = 64;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Xdr,
    Native,
    Ascii,
}

pub(super) struct Stream<'b> {
    reader: Reader<'b>,
    form: Form,
}

impl<'b> Stream<'b> {
    /// A stream whose letter of form stands at `start`.
    pub(super) fn new(blob: &'b Blob, meter: &Meter, start: u64) -> Result<Self, Stop> {
        let mut reader = Reader::at(blob, meter, start);
        let form = match reader.array("the form of the stream")? {
            [b'X', b'\n'] => Form::Xdr,
            [b'B', b'\n'] => Form::Native,
            [b'A', b'\n'] => Form::Ascii,
            _ => return Err(Stop::malformed(start, "a form of the stream: X, A or B")),
        };
        Ok(Self { reader, form })
    }

    pub(super) fn offset(&self) -> u64 {
        self.reader.offset()
    }

    /// Reads the header and gives the version.
    pub(super) fn version(&mut self) -> Result<i32, Stop> {
        let at = self.offset();
        let version = self.int("the version")?;
        if !matches!(version, 2 | 3) {
            return Err(Stop::malformed(at, "version 2 or 3"));
        }
        self.int("the version of the writer")?;
        self.int("the oldest reader")?;
        if version == 3 {
            let length = self.count("the native encoding")?;
            self.text(length, "the native encoding")?;
        }
        Ok(version)
    }

    fn word(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        let mut word = Vec::new();
        loop {
            match self.reader.next_byte()? {
                Some(byte) if byte.is_ascii_whitespace() && word.is_empty() => {}
                Some(byte) if byte.is_ascii_whitespace() => return Ok(word),
                Some(byte) if word.len() < DIGITS => word.push(byte),
                Some(_) => return Err(Stop::malformed(self.offset(), what)),
                None if word.is_empty() => return Err(self.reader.truncated(what)),
                None => return Ok(word),
            }
        }
    }

    pub(super) fn int(&mut self, what: &str) -> Result<i32, Stop> {
        match self.form {
            Form::Xdr => Ok(self.reader.u32_be(what)?.cast_signed()),
            Form::Native => self.reader.i32_le(what),
            Form::Ascii => {
                let at = self.offset();
                let word = self.word(what)?;
                if word == b"NA" {
                    return Ok(i32::MIN);
                }
                let number = std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok());
                number.ok_or_else(|| Stop::malformed(at, what))
            }
        }
    }

    /// A length that is not negative.
    pub(super) fn count(&mut self, what: &str) -> Result<u64, Stop> {
        let at = self.offset();
        u64::try_from(self.int(what)?).map_err(|_| Stop::malformed(at, what))
    }

    /// The length of a vector: -1 says that two more words hold it.
    pub(super) fn length(&mut self) -> Result<u64, Stop> {
        let at = self.offset();
        let what = "the length of a vector";
        match self.int(what)? {
            -1 => {
                let (high, low) = (self.int(what)?.cast_unsigned(), self.int(what)?.cast_unsigned());
                Ok(u64::from(high) << 32 | u64::from(low))
            }
            length => u64::try_from(length).map_err(|_| Stop::malformed(at, what)),
        }
    }

    pub(super) fn double(&mut self, what: &str) -> Result<f64, Stop> {
        Ok(match self.form {
            Form::Xdr => f64::from_bits(self.reader.u64_be(what)?),
            Form::Native => f64::from_bits(self.reader.u64_le(what)?),
            Form::Ascii => {
                let word = self.word(what)?;
                std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok()).unwrap_or(f64::NAN)
            }
        })
    }

    /// Steps over `count` numbers of `width` bytes.
    pub(super) fn numbers(&mut self, count: u64, width: u64, meter: &Meter, what: &str) -> Result<(), Stop> {
        if self.form != Form::Ascii {
            return self.reader.skip(count.saturating_mul(width), what);
        }
        let words = if width == 16 { count.saturating_mul(2) } else { count };
        for _ in 0..words {
            meter.steps(1)?;
            self.word(what)?;
        }
        Ok(())
    }

    /// A text of `length` bytes; only a short one is kept.
    pub(super) fn text(&mut self, length: u64, what: &str) -> Result<Vec<u8>, Stop> {
        if self.form == Form::Ascii {
            return self.escaped(length, what);
        }
        if length > KEPT {
            self.reader.skip(length, what)?;
            return Ok(Vec::new());
        }
        self.reader.take(length, what)
    }

    /// In ASCII a text stands on a line of its own, with the escapes of C.
    fn escaped(&mut self, length: u64, what: &str) -> Result<Vec<u8>, Stop> {
        let mut text = Vec::new();
        let mut left = length;
        while self.reader.peek(1)?.first().is_some_and(u8::is_ascii_whitespace) {
            self.reader.consume(1);
        }
        while left > 0 {
            left = left.saturating_sub(1);
            let mut byte = self.reader.u8(what)?;
            if byte == b'\\' {
                byte = match self.reader.u8(what)? {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'v' => 0x0b,
                    b'b' => 8,
                    b'r' => b'\r',
                    b'f' => 0x0c,
                    b'a' => 7,
                    digit @ b'0'..=b'7' => self.octal(digit)?,
                    other => other,
                };
            }
            if (text.len() as u64) < KEPT {
                text.push(byte);
            }
        }
        // Its end belongs to the line, which may be the last one.
        if self.reader.peek(1)?.first() == Some(&b'\n') {
            self.reader.consume(1);
        }
        Ok(text)
    }

    fn octal(&mut self, first: u8) -> Result<u8, Stop> {
        let mut value = u32::from(first.saturating_sub(b'0'));
        for _ in 0..2 {
            match self.reader.peek(1)?.first() {
                Some(digit @ b'0'..=b'7') => {
                    value = value.saturating_mul(8).saturating_add(u32::from(digit.saturating_sub(b'0')));
                    self.reader.consume(1);
                }
                _ => break,
            }
        }
        Ok(u8::try_from(value & 0xff).unwrap_or(0))
    }
}
