//! Chunks of LuaJIT: `lj_bcread.c` of 2.0 and 2.1. Inner functions stand in front of those that hold them.

use base::{budget::Meter, expr::Expr, reader::Reader, stop::Stop};

use super::prototype::{Chunk, Dialect};
use crate::program;

const BIG: u8 = 1;
const STRIPPED: u8 = 2;
const TWO_SLOTS: u8 = 8;
/// Bytes of one function.
const FUNCTION: u64 = 16 << 20;

/// Reads a chunk from behind its magic and version; what was read comes with the reason why it ended early.
pub(super) fn read(reader: &mut Reader<'_>, meter: &Meter) -> Result<Chunk, (Chunk, Stop)> {
    let mut chunk = Chunk::default();
    match functions(reader, meter, &mut chunk) {
        Ok(()) => Ok(chunk),
        Err(stop) => Err((chunk, stop)),
    }
}

fn functions(reader: &mut Reader<'_>, meter: &Meter, chunk: &mut Chunk) -> Result<(), Stop> {
    // The version is the fourth byte of what was read as the magic.
    reader.seek(3);
    let version = reader.u8("the version")?;
    if !matches!(version, 1 | 2) {
        return Err(Stop::malformed(3, "a version of LuaJIT's dump from 1 to 2"));
    }
    let flags = reader.u8("flags")?;
    chunk.version = format!("LuaJIT 2.{}", version.saturating_sub(1));
    chunk.dialect = Dialect::Jit { newer: version == 2, two_slots: flags & TWO_SLOTS != 0 };
    let stripped = flags & STRIPPED != 0;
    if !stripped {
        let length = number(reader)?;
        reader.skip(length, "the chunk's name")?;
    }
    // Functions that no other has taken yet.
    let mut free: Vec<usize> = Vec::new();
    loop {
        let size = number(reader)?;
        if size == 0 {
            break;
        }
        if size > FUNCTION {
            return Err(Stop::malformed(reader.offset(), "a function of plausible size"));
        }
        let end = reader.offset().saturating_add(size);
        let index = chunk.begin(reader.offset())?;
        let mut function = Function { reader, meter, chunk, index, big: flags & BIG != 0 };
        function.read(stripped, &mut free)?;
        if reader.offset() > end {
            return Err(Stop::malformed(reader.offset(), "a function that ends inside its stated size"));
        }
        reader.skip(end.saturating_sub(reader.offset()), "a function")?;
        free.push(index);
    }
    chunk.main = free.pop().unwrap_or(0);
    Ok(())
}

/// A number of 7 bits a byte, the lowest first.
fn number(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    let at = reader.offset();
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = reader.u8("a number")?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Stop::malformed(at, "a number of at most 32 bits"))
}

struct Function<'f, 'b> {
    reader: &'f mut Reader<'b>,
    meter: &'f Meter,
    chunk: &'f mut Chunk,
    index: usize,
    big: bool,
}

impl Function<'_, '_> {
    fn read(&mut self, stripped: bool, free: &mut Vec<usize>) -> Result<(), Stop> {
        let [_, _, _, upvalues] = self.reader.array("a function")?;
        let (objects, numbers, instructions) = (number(self.reader)?, number(self.reader)?, number(self.reader)?);
        let debug = if stripped { 0 } else { number(self.reader)? };
        if debug > 0 {
            number(self.reader)?;
            number(self.reader)?;
        }
        let at = self.reader.offset();
        let code = self.reader.take(instructions.saturating_mul(4), "code")?;
        self.chunk.hold(self.meter, code.len() as u64)?;
        self.meter.steps(instructions)?;
        let big = self.big;
        let word = |four: &[u8; 4]| if big { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
        let (words, _) = code.as_chunks::<4>();
        let mut bindings = Vec::new();
        for _ in 0..upvalues {
            let upvalue = if big { self.reader.u16_be("an upvalue") } else { self.reader.u16_le("an upvalue") }?;
            bindings.push((upvalue & 0x8000 != 0, upvalue & 0xff));
        }
        if let Some(function) = self.chunk.prototypes.get_mut(self.index) {
            function.at = at;
            function.code = words.iter().map(word).collect();
            function.upvalues = bindings;
        }
        self.objects(objects, free)?;
        self.numbers(numbers)
    }

    /// Texts, tables and inner functions, the last one first as instructions count them.
    fn objects(&mut self, count: u64, free: &mut Vec<usize>) -> Result<(), Stop> {
        for _ in 0..count {
            let value = match number(self.reader)? {
                0 => {
                    let inner = free.pop().ok_or_else(|| Stop::malformed(self.reader.offset(), "an inner function"))?;
                    if let Some(function) = self.chunk.prototypes.get_mut(self.index) {
                        function.children.push(inner);
                    }
                    // Stands for the inner function, whose index it carries.
                    Expr::Int(i64::try_from(inner).unwrap_or(i64::MAX))
                }
                1 => {
                    let (array, hash) = (number(self.reader)?, number(self.reader)?);
                    let mut items = Vec::new();
                    for index in 0..array.saturating_add(hash.saturating_mul(2)) {
                        let item = self.item()?;
                        // The first item of an array has the key 0, which is seldom used.
                        if index > 0 && index < array && items.len() < 64 {
                            items.push(item);
                        }
                    }
                    Expr::List(items)
                }
                kind @ (2..=4) => {
                    for _ in 0..if kind == 4 { 4 } else { 2 } {
                        number(self.reader)?;
                    }
                    Expr::Unknown
                }
                length => self.text(length)?,
            };
            self.keep(value)?;
        }
        if let Some(function) = self.chunk.prototypes.get_mut(self.index) {
            function.constants.reverse();
        }
        Ok(())
    }

    fn keep(&mut self, value: Expr) -> Result<(), Stop> {
        self.chunk.hold(self.meter, 48)?;
        self.meter.steps(1)?;
        if let Some(function) = self.chunk.prototypes.get_mut(self.index) {
            function.constants.push(value);
        }
        Ok(())
    }

    /// A text; its length counts from 5.
    fn text(&mut self, length: u64) -> Result<Expr, Stop> {
        let bytes = self.reader.take(length.saturating_sub(5), "a constant text")?;
        self.chunk.hold(self.meter, bytes.len() as u64)?;
        Ok(program::text(&bytes))
    }

    /// An item of a table.
    fn item(&mut self) -> Result<Expr, Stop> {
        self.meter.steps(1)?;
        Ok(match number(self.reader)? {
            0 => Expr::None,
            kind @ (1 | 2) => Expr::Bool(kind == 2),
            3 => Expr::Int(i64::from(u32::try_from(number(self.reader)?).unwrap_or(0).cast_signed())),
            4 => {
                let (low, high) = (number(self.reader)?, number(self.reader)?);
                program::number(f64::from_bits(high << 32 | low & 0xffff_ffff))
            }
            length => self.text(length)?,
        })
    }

    /// Numbers: the lowest bit says whether a second half follows.
    fn numbers(&mut self, count: u64) -> Result<(), Stop> {
        for _ in 0..count {
            let first = self.reader.u8("a number")?;
            let mut low = u64::from(first >> 1 & 0x3f);
            if first & 0x80 != 0 {
                let rest = number(self.reader)?;
                low |= rest << 6;
            }
            let value = if first & 1 == 0 {
                Expr::Int(i64::from(u32::try_from(low & 0xffff_ffff).unwrap_or(0).cast_signed()))
            } else {
                let high = number(self.reader)?;
                program::number(f64::from_bits(high << 32 | low & 0xffff_ffff))
            };
            self.chunk.hold(self.meter, 48)?;
            self.meter.steps(1)?;
            if let Some(function) = self.chunk.prototypes.get_mut(self.index) {
                function.numbers.push(value);
            }
        }
        Ok(())
    }
}
