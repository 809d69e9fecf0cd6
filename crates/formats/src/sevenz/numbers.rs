//! The primitive values of a 7z header: each missing byte and each count that cannot be is an error, before anything is held.

use base::stop::Stop;

use crate::fields::Fields;

/// What is left of a header.
pub(super) struct Numbers<'a> {
    fields: Fields<'a>,
    length: usize,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { fields: Fields(bytes), length: bytes.len() }
    }

    /// The error of a header that breaks its rules here.
    pub(super) fn broken(&self, what: &str) -> Stop {
        let at = self.length.saturating_sub(self.fields.0.len());
        Stop::malformed(at as u64, format!("in the 7z header: {what}"))
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.0.is_empty()
    }

    fn cut(&self) -> Stop {
        self.broken("it ends too early")
    }

    pub(super) fn byte(&mut self) -> Result<u8, Stop> {
        self.fields.u8().ok_or_else(|| self.cut())
    }

    pub(super) fn u32(&mut self) -> Result<u32, Stop> {
        self.fields.u32_le().ok_or_else(|| self.cut())
    }

    /// A number of one to nine bytes: the leading ones of the first byte say how many little-endian bytes follow, its
    /// other bits are the highest of the number.
    pub(super) fn number(&mut self) -> Result<u64, Stop> {
        let first = self.byte()?;
        let mut value = 0_u64;
        for index in 0..8_u32 {
            let mask = 0x80_u8 >> index;
            let shift = index.saturating_mul(8);
            if first & mask == 0 {
                let high = u64::from(first & mask.wrapping_sub(1));
                return Ok(value | high << shift);
            }
            value |= u64::from(self.byte()?) << shift;
        }
        Ok(value)
    }

    /// A number of things that take a byte each at least.
    pub(super) fn count(&mut self, what: &str) -> Result<u64, Stop> {
        let left = self.fields.0.len() as u64;
        self.at_most(left, what)
    }

    /// A number up to `limit`.
    pub(super) fn at_most(&mut self, limit: u64, what: &str) -> Result<u64, Stop> {
        let count = self.number()?;
        if count <= limit { Ok(count) } else { Err(self.broken(&format!("{count} {what}"))) }
    }

    /// A property id that must stand here.
    pub(super) fn expect(&mut self, id: u64, what: &str) -> Result<(), Stop> {
        if self.number()? == id { Ok(()) } else { Err(self.broken(what)) }
    }

    /// A byte that says whether the values that follow lie in another stream.
    pub(super) fn inside(&mut self, what: &str) -> Result<(), Stop> {
        if self.byte()? == 0 { Ok(()) } else { Err(Stop::Unsupported(format!("{what} in a 7z header"))) }
    }

    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], Stop> {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.fields.take(count).ok_or_else(|| self.cut())
    }

    /// A property with its own length; `None` at the end of the properties.
    pub(super) fn property(&mut self) -> Result<Option<(u64, Numbers<'a>)>, Stop> {
        let id = self.number()?;
        if id == 0 {
            return Ok(None);
        }
        let length = self.number()?;
        Ok(Some((id, Self::new(self.take(length)?))))
    }

    /// `count` numbers.
    pub(super) fn list(&mut self, count: u64) -> Result<Vec<u64>, Stop> {
        (0..count).map(|_| self.number()).collect()
    }

    /// `count` bits, the highest of each byte first.
    pub(super) fn bits(&mut self, count: u64) -> Result<Vec<bool>, Stop> {
        let bytes = self.take(count.div_ceil(8))?;
        let bits = bytes.iter().flat_map(|byte| (0..8).map(move |index| byte & (0x80 >> index) != 0));
        Ok(bits.take(usize::try_from(count).unwrap_or_default()).collect())
    }

    /// Which of `count` values are there: all, or as many bits say.
    pub(super) fn defined(&mut self, count: u64) -> Result<Vec<bool>, Stop> {
        match self.byte()? {
            0 => self.bits(count),
            // `count` was held to the bytes of the header by who read it.
            _ => Ok(vec![true; usize::try_from(count).unwrap_or_default()]),
        }
    }

    /// `count` checksums, each where it is there.
    pub(super) fn checksums(&mut self, count: u64) -> Result<Vec<Option<u32>>, Stop> {
        let defined = self.defined(count)?;
        defined.into_iter().map(|defined| if defined { self.u32().map(Some) } else { Ok(None) }).collect()
    }

    /// A name in UTF-16 up to its NUL, as UTF-8; what is no UTF-16 becomes replacement characters.
    pub(super) fn name(&mut self) -> Result<Vec<u8>, Stop> {
        let mut units = Vec::new();
        loop {
            match self.fields.u16_le() {
                Some(0) => break,
                Some(unit) => units.push(unit),
                None => return Err(self.cut()),
            }
        }
        let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        Ok(text.into_bytes())
    }
}
