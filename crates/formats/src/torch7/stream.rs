//! The two ways in which numbers and texts are written: little-endian bytes, or decimal digits between blanks.

use base::{blob::Blob, budget::Meter, reader::Reader, stop::Stop};

/// Digits of a number in ASCII.
const DIGITS: usize = 64;

pub(super) struct Stream<'b> {
    reader: Reader<'b>,
    ascii: bool,
}

impl<'b> Stream<'b> {
    pub(super) fn new(blob: &'b Blob, meter: &Meter) -> Self {
        let mut reader = Reader::new(blob, meter);
        // The first byte of a type is a digit in ASCII and a small number in binary.
        let ascii = reader.peek(1).is_ok_and(|bytes| bytes.first().is_some_and(u8::is_ascii_digit));
        Self { reader, ascii }
    }

    pub(super) fn offset(&self) -> u64 {
        self.reader.offset()
    }

    pub(super) fn blob(&self) -> &'b Blob {
        self.reader.blob()
    }

    /// A number in digits; what follows it, one byte, is stepped over.
    fn digits(&mut self, what: &str) -> Result<Vec<u8>, Stop> {
        let mut digits = Vec::new();
        loop {
            match self.reader.next_byte()? {
                Some(byte) if byte.is_ascii_whitespace() && digits.is_empty() => {}
                Some(byte) if byte.is_ascii_whitespace() => return Ok(digits),
                Some(byte) if digits.len() < DIGITS && (byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')) => {
                    digits.push(byte);
                }
                Some(_) => return Err(Stop::malformed(self.reader.offset().saturating_sub(1), what)),
                None if digits.is_empty() => return Err(self.reader.truncated(what)),
                None => return Ok(digits),
            }
        }
    }

    fn decimal(&mut self, what: &str) -> Result<u64, Stop> {
        let at = self.reader.offset();
        let digits = self.digits(what)?;
        let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<i64>().ok());
        number.and_then(|number| u64::try_from(number).ok()).ok_or_else(|| Stop::malformed(at, what))
    }

    /// A C `int` that is not negative.
    pub(super) fn int(&mut self, what: &str) -> Result<u64, Stop> {
        if self.ascii {
            return self.decimal(what);
        }
        let at = self.reader.offset();
        u64::try_from(self.reader.i32_le(what)?).map_err(|_| Stop::malformed(at, what))
    }

    /// A C `long` of 64 bits; strides may be negative.
    pub(super) fn long(&mut self, what: &str) -> Result<u64, Stop> {
        if self.ascii { self.decimal(what) } else { self.reader.u64_le(what) }
    }

    pub(super) fn double(&mut self, what: &str) -> Result<(), Stop> {
        if self.ascii { self.digits(what).map(drop) } else { self.reader.skip(8, what) }
    }

    /// A text behind its length.
    pub(super) fn text(&mut self, limit: u64, what: &str) -> Result<Vec<u8>, Stop> {
        let at = self.reader.offset();
        let length = self.int(what)?;
        if length > limit {
            return Err(Stop::malformed(at, format!("{what} of at most {limit} bytes")));
        }
        let text = self.reader.take(length, what)?;
        self.end_of_bytes()?;
        Ok(text)
    }

    /// Steps over bytes.
    pub(super) fn bytes(&mut self, length: u64, what: &str) -> Result<(), Stop> {
        self.reader.skip(length, what)
    }

    /// In ASCII a line end follows bytes.
    pub(super) fn end_of_bytes(&mut self) -> Result<(), Stop> {
        if self.ascii && self.reader.peek(1)?.first() == Some(&b'\n') {
            self.reader.consume(1);
        }
        Ok(())
    }

    /// Steps over the elements of a storage.
    pub(super) fn elements(&mut self, count: u64, width: u64, meter: &Meter) -> Result<(), Stop> {
        let what = "the elements of a storage";
        if !self.ascii {
            return self.reader.skip(count.saturating_mul(width), what);
        }
        if width == 1 {
            // Bytes are written as they are.
            self.reader.skip(count, what)?;
            return self.end_of_bytes();
        }
        for _ in 0..count {
            meter.steps(1)?;
            self.digits(what)?;
        }
        Ok(())
    }
}
