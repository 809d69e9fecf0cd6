//! The opcodes that push numbers, text and bytes.

use base::{reader::Reader, stop::Stop};
use eval::Value as Known;

use crate::{
    arena::{Coding, Node},
    cursor::{Cursor, Line},
    literal::{self, Number},
    machine::{Machine, Pause, Step, have},
    opcode as op,
    value::{HOOKS, Kind, MAX_INLINE, Value},
};

/// Constants up to this length are looked at where they stand; longer ones are stepped over.
const IN_WINDOW: u64 = 60_000;

impl Machine<'_, '_> {
    /// Pushes a constant.
    #[inline]
    pub(crate) fn constant(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        match opcode {
            op::SHORT_BINUNICODE => {
                let len = u64::from(have!(self, cursor, cursor.byte(), 2));
                self.counted(cursor, len, 2, Coding::Utf8)
            }
            op::BINUNICODE => {
                let len = u64::from(u32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5)));
                self.counted(cursor, len, 5, Coding::Utf8)
            }
            op::BINFLOAT => {
                let bits = u64::from_be_bytes(have!(self, cursor, cursor.array::<8>(), 9));
                self.push_float(f64::from_bits(bits));
                Ok(None)
            }
            op::SHORT_BINBYTES => {
                let len = u64::from(have!(self, cursor, cursor.byte(), 2));
                self.counted(cursor, len, 2, Coding::Bytes)
            }
            op::LONG1 => {
                let len = u64::from(have!(self, cursor, cursor.byte(), 2));
                self.counted_long(cursor, len, 2)
            }
            _ => self.rare_constant(opcode, cursor),
        }
    }

    fn rare_constant(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        match opcode {
            op::BINUNICODE8 | op::BINBYTES8 | op::BYTEARRAY8 => {
                let len = u64::from_le_bytes(have!(self, cursor, cursor.array::<8>(), 9));
                let coding = match opcode {
                    op::BINUNICODE8 => Coding::Utf8,
                    op::BINBYTES8 => Coding::Bytes,
                    _ => Coding::ByteArray,
                };
                self.counted(cursor, len, 9, coding)
            }
            op::BINBYTES => {
                let len = u64::from(u32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5)));
                self.counted(cursor, len, 5, Coding::Bytes)
            }
            op::SHORT_BINSTRING => {
                let len = u64::from(have!(self, cursor, cursor.byte(), 2));
                self.counted(cursor, len, 2, Coding::Python2)
            }
            op::BINSTRING => {
                let len = u64::from(u32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5)));
                self.counted(cursor, len, 5, Coding::Python2)
            }
            op::LONG4 => {
                let len = i32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5));
                match u64::try_from(len) {
                    Ok(len) => self.counted_long(cursor, len, 5),
                    Err(_) => Err(self.fail("bad-number", "LONG4 has a negative length".to_owned())),
                }
            }
            opcode => self.text_constant(opcode, cursor),
        }
    }

    /// Text or bytes of `len` bytes behind a header of `header`.
    #[inline]
    fn counted(&mut self, cursor: &mut Cursor<'_>, len: u64, header: usize, coding: Coding) -> Step {
        let offset = cursor.offset();
        if len > IN_WINDOW {
            self.long_constant(offset, len, coding)?;
            return Ok(Some(Pause::Skip(len)));
        }
        let count = usize::try_from(len).unwrap_or(usize::MAX);
        let bytes = have!(self, cursor, cursor.take(count), header.saturating_add(count));
        self.push_span(offset, bytes, coding)?;
        self.memoize_next(cursor);
        Ok(None)
    }

    /// Pushes a constant that lies in the window.
    #[inline]
    pub(crate) fn push_span(&mut self, offset: u64, bytes: &[u8], coding: Coding) -> Result<(), Stop> {
        self.texts.met(offset, bytes);
        let value = match coding {
            Coding::Utf8 | Coding::Python2 => {
                if let Some(hook) = hook(bytes) {
                    hook
                } else if literal::is_text(bytes) && bytes.len() <= MAX_INLINE {
                    Value::run(Kind::Text, offset, bytes.len())
                } else if coding == Coding::Python2 || literal::is_text(bytes) {
                    self.span(offset, bytes.len() as u64, coding)
                } else {
                    return Err(self.fail("bad-text", "text that is not UTF-8".to_owned()));
                }
            }
            Coding::Bytes => Value::run(Kind::Bytes, offset, bytes.len()),
            _ => self.span(offset, bytes.len() as u64, coding),
        };
        self.stack.push(value);
        Ok(())
    }

    fn span(&mut self, offset: u64, len: u64, coding: Coding) -> Value {
        self.arena.node(Kind::Constant, Node::Span { offset, len, coding })
    }

    /// A constant that is stepped over. The C unpickler makes room for the stated length of bytes before it reads them.
    fn long_constant(&mut self, offset: u64, len: u64, coding: Coding) -> Result<(), Stop> {
        if len > i64::MAX.cast_unsigned() {
            return Err(self.fail("huge-allocation", format!("a constant states {len} bytes")));
        }
        let early = matches!(coding, Coding::Bytes | Coding::ByteArray);
        if early && len > crate::flaw::HUGE && self.beyond_the_end(offset.saturating_add(len)) {
            self.flaw("huge-allocation", format!("{len} bytes are reserved for a constant that is not there"))?;
        }
        let value = self.span(offset, len, coding);
        self.stack.push(value);
        Ok(())
    }

    #[inline]
    fn counted_long(&mut self, cursor: &mut Cursor<'_>, len: u64, header: usize) -> Step {
        let count = usize::try_from(len).unwrap_or(usize::MAX);
        if let Some(value) = cursor.ahead().and_then(|bytes| literal::short_long(bytes, len)).and_then(Value::int) {
            cursor.at = cursor.at.wrapping_add(count);
            self.stack.push(value);
            return Ok(None);
        }
        if len > IN_WINDOW {
            self.stack.push(Value::UNKNOWN);
            return Ok(Some(Pause::Skip(len)));
        }
        let bytes = have!(self, cursor, cursor.take(count), header.saturating_add(count));
        self.push_number(literal::counted_long(bytes));
        Ok(None)
    }

    fn push_number(&mut self, number: Number) {
        let value = match number {
            Number::Small(number) => Value::int(number).unwrap_or_else(|| self.arena.known(Known::Int(number))),
            Number::Big(number) => self.arena.known(Known::integer(number)),
            Number::Truth(truth) => {
                if truth {
                    Value::TRUE
                } else {
                    Value::FALSE
                }
            }
            Number::Huge => Value::UNKNOWN,
        };
        self.stack.push(value);
    }

    #[inline]
    fn push_float(&mut self, float: f64) {
        let value = Value::float(float).unwrap_or_else(|| self.arena.node(Kind::Constant, Node::Float(float)));
        self.stack.push(value);
    }

    /// INT, LONG, FLOAT, STRING and UNICODE.
    fn text_constant(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        let offset = cursor.offset();
        let line = match cursor.line() {
            Line::Whole(line) => line,
            Line::More => return self.again(cursor, 1 << 16),
            Line::Long => return Ok(Some(Pause::LongLine(opcode))),
        };
        match opcode {
            op::INT | op::LONG => {
                let number = if opcode == op::INT { literal::int(line) } else { literal::long(line) };
                match number {
                    Some(number) => self.push_number(number),
                    None => return Err(self.fail("bad-number", "a line that is no whole number".to_owned())),
                }
            }
            op::FLOAT => match literal::float(line) {
                Some(float) => self.push_float(float),
                None => return Err(self.fail("bad-number", "a line that is no number".to_owned())),
            },
            op::STRING => self.string(offset, line)?,
            _ => self.unicode(offset, line)?,
        }
        Ok(None)
    }

    fn string(&mut self, offset: u64, line: &[u8]) -> Result<(), Stop> {
        let Some(inner) = literal::unquoted(line) else {
            return Err(self.fail("bad-text", "a STRING without quotes".to_owned()));
        };
        let inside = offset.saturating_add(1);
        if !inner.contains(&b'\\') {
            return self.push_span(inside, inner, Coding::Python2);
        }
        let Some(bytes) = literal::escaped(inner) else {
            return Err(self.fail("bad-text", "a STRING with a broken escape".to_owned()));
        };
        self.escaped(inside, inner, Coding::Escaped, &literal::python2_text(&bytes));
        Ok(())
    }

    fn unicode(&mut self, offset: u64, line: &[u8]) -> Result<(), Stop> {
        if line.is_ascii() && !line.contains(&b'\\') {
            return self.push_span(offset, line, Coding::Utf8);
        }
        let Some(text) = literal::raw_unicode(line) else {
            return Err(self.fail("bad-text", "a UNICODE with a broken escape".to_owned()));
        };
        self.escaped(offset, line, Coding::RawUnicode, &text);
        Ok(())
    }

    fn escaped(&mut self, offset: u64, raw: &[u8], coding: Coding, text: &str) {
        self.texts.met(offset, raw);
        let value = hook(text.as_bytes()).unwrap_or_else(|| self.span(offset, raw.len() as u64, coding));
        self.stack.push(value);
    }

    /// A line that is longer than a window: found by its newline, kept by its place.
    pub(crate) fn long_line(&mut self, reader: &mut Reader<'_>, opcode: u8) -> Result<(), Stop> {
        let start = reader.offset();
        let mut len = 0_u64;
        loop {
            let seen = reader.peek(1)?;
            if seen.is_empty() {
                return self.ran_out(reader);
            }
            let end = memchr::memchr(b'\n', seen);
            let count = end.unwrap_or(seen.len());
            reader.consume(count.saturating_add(usize::from(end.is_some())));
            len = len.saturating_add(count as u64);
            if end.is_some() {
                break;
            }
        }
        let value = match opcode {
            op::STRING => self.span(start.saturating_add(1), len.saturating_sub(2), Coding::Escaped),
            op::UNICODE => self.span(start, len, Coding::RawUnicode),
            _ => Value::UNKNOWN,
        };
        self.stack.push(value);
        Ok(())
    }
}

/// The value of a text that names a hook.
#[inline]
fn hook(bytes: &[u8]) -> Option<Value> {
    let first = *bytes.first()?;
    if !matches!(first, b'_' | b'a' | b'e' | b'f' | b'p') || bytes.len() > 16 || bytes.len() < 3 {
        return None;
    }
    let index = HOOKS.iter().position(|hook| hook.as_bytes() == bytes)?;
    Some(Value::new(Kind::Hook, index as u64))
}

/// Lengths that fit into a value fit into a window.
const _: () = assert!(IN_WINDOW <= MAX_INLINE as u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_a_hook_is_told_from_other_text() {
        for (index, name) in HOOKS.iter().enumerate() {
            assert_eq!(hook(name.as_bytes()), Some(Value::new(Kind::Hook, index as u64)), "{name}");
            assert_eq!(hook(&name.as_bytes()[1..]), None, "{name}");
        }
        assert!([&b""[..], b"a", b"_", b"extends", b"__getattributes__"].into_iter().all(|text| hook(text).is_none()));
    }
}
