//! Strings, bytes and long integers of a marshal stream.

use base::stop::Stop;
use eval::{BigInt, Value};

use super::{Object, Reader, Referred};
use crate::bytecode::version::Layout;

impl Reader<'_> {
    /// Text or bytes.
    pub(super) fn text(&mut self, code: u8) -> Result<Object, Stop> {
        let length = match code {
            b'z' | b'Z' => usize::from(self.u8()?),
            _ => usize::try_from(self.count()?).unwrap_or(usize::MAX),
        };
        self.bytes_at = self.at;
        let bytes = self.take(length)?;
        if code == b's' {
            return Ok(Object::Bytes(self.bytes_at..self.at));
        }
        // `surrogatepass`: what is no UTF-8 here is a lone surrogate.
        let text = || match std::str::from_utf8(bytes) {
            Ok(text) => Value::str(text),
            Err(_) => Value::str(String::from_utf8_lossy(bytes)),
        };
        if code != b't' || self.raw.layout != Layout::Two {
            return Ok(Object::Value(text()));
        }
        let object = Object::Value(self.raw.value(Object::Bytes(self.bytes_at..self.at)));
        self.interned.push(Referred { object: object.clone(), at: self.bytes_at });
        Ok(object)
    }

    /// A long integer: digits of 15 bits, the sign at their count.
    pub(super) fn long(&mut self) -> Result<Value, Stop> {
        let count = i32::from_le_bytes(self.array()?);
        let digits = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let bytes = self.take(digits.saturating_mul(2))?;
        // Bits in order, packed into bytes.
        let mut packed = Vec::with_capacity(bytes.len());
        let (mut bits, mut held) = (0_u32, 0_u32);
        for digit in bytes.chunks_exact(2) {
            let digit = u16::from_le_bytes(digit.first_chunk().copied().unwrap_or_default());
            bits |= u32::from(digit & 0x7fff) << held;
            held = held.saturating_add(15);
            while held >= 8 {
                packed.push(bits.to_le_bytes()[0]);
                bits >>= 8;
                held = held.saturating_sub(8);
            }
        }
        packed.push(bits.to_le_bytes()[0]);
        // One more byte of zeros keeps the highest bit from being a sign.
        packed.push(0);
        let magnitude = BigInt::from_signed_bytes_le(&packed);
        Ok(Value::integer(if count < 0 {
            magnitude.checked_mul(&BigInt::from(-1)).unwrap_or_default()
        } else {
            magnitude
        }))
    }
}
