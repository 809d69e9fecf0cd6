//! Chunks of PUC Lua: `lundump.c` of 5.1, 5.2, 5.3 and 5.4.

use base::{budget::Meter, expr::Expr, reader::Reader, stop::Stop};

use super::prototype::{Chunk, Dialect};
use crate::program;

/// `LUAC_DATA` and `LUAC_TAIL`: what a transfer as text would damage.
const DATA: [u8; 6] = *b"\x19\x93\r\n\x1a\n";
/// Bytes of a constant text.
const TEXT: u64 = 16 << 20;

/// The widths that a chunk's header states.
struct Undump<'r, 'b> {
    reader: &'r mut Reader<'b>,
    meter: &'r Meter,
    dialect: Dialect,
    big: bool,
    int: u8,
    size: u8,
    number: u8,
    integer: u8,
    /// Numbers of this chunk are whole (5.1 and 5.2).
    integral: bool,
}

/// Reads a chunk from behind its magic; what was read comes with the reason why it ended early.
pub(super) fn read(reader: &mut Reader<'_>, meter: &Meter) -> Result<Chunk, (Chunk, Stop)> {
    let mut chunk = Chunk::default();
    let outcome = header(reader, meter).and_then(|mut undump| {
        chunk.dialect = undump.dialect;
        chunk.version = match undump.dialect {
            Dialect::Lua51 => "Lua 5.1",
            Dialect::Lua52 => "Lua 5.2",
            Dialect::Lua53 => "Lua 5.3",
            _ => "Lua 5.4",
        }
        .to_owned();
        undump.functions(&mut chunk)
    });
    match outcome {
        Ok(()) => Ok(chunk),
        Err(stop) => Err((chunk, stop)),
    }
}

fn header<'r, 'b>(reader: &'r mut Reader<'b>, meter: &'r Meter) -> Result<Undump<'r, 'b>, Stop> {
    let version = reader.u8("the version")?;
    let dialect = match version {
        0x51 => Dialect::Lua51,
        0x52 => Dialect::Lua52,
        0x53 => Dialect::Lua53,
        0x54 => Dialect::Lua54,
        _ => return Err(Stop::malformed(4, "a version of Lua from 5.1 to 5.4")),
    };
    let mut undump =
        Undump { reader, meter, dialect, big: false, int: 4, size: 8, number: 8, integer: 8, integral: false };
    undump.widths()?;
    let widths = [undump.int, undump.size, undump.number, undump.integer];
    if widths.iter().any(|width| !matches!(width, 4 | 8)) {
        return Err(Stop::malformed(undump.reader.offset(), "numbers of 4 or 8 bytes"));
    }
    Ok(undump)
}

impl Undump<'_, '_> {
    fn widths(&mut self) -> Result<(), Stop> {
        let format = self.reader.u8("the format")?;
        if format != 0 {
            return Err(Stop::malformed(5, "the official format 0"));
        }
        if matches!(self.dialect, Dialect::Lua51 | Dialect::Lua52) {
            let [order, int, size, instruction, number, integral] = self.reader.array("the header")?;
            (self.big, self.int, self.size, self.number, self.integral) = (order == 0, int, size, number, integral != 0);
            if instruction != 4 || order > 1 {
                return Err(Stop::malformed(6, "instructions of 4 bytes"));
            }
            if self.dialect == Dialect::Lua52 {
                self.tail()?;
            }
            return Ok(());
        }
        self.tail()?;
        if self.dialect == Dialect::Lua53 {
            let [int, size] = self.reader.array("the header")?;
            (self.int, self.size) = (int, size);
        }
        let [instruction, integer, number] = self.reader.array("the header")?;
        (self.integer, self.number) = (integer, number);
        if instruction != 4 || !matches!(integer, 4 | 8) {
            return Err(Stop::malformed(self.reader.offset(), "instructions of 4 bytes"));
        }
        // The number 0x5678 tells the byte order.
        self.big = self.reader.peek(1)?.first() == Some(&0);
        if self.unsigned(self.integer)? != 0x5678 {
            return Err(Stop::malformed(self.reader.offset(), "the number that tells the byte order"));
        }
        self.unsigned(self.number)?;
        self.reader.u8("a count of upvalues")?;
        Ok(())
    }

    fn tail(&mut self) -> Result<(), Stop> {
        let at = self.reader.offset();
        let data: [u8; 6] = self.reader.array("the header")?;
        if data == DATA { Ok(()) } else { Err(Stop::malformed(at, "the bytes that a transfer as text would damage")) }
    }

    /// A number of 4 or 8 bytes in the chunk's byte order.
    fn unsigned(&mut self, width: u8) -> Result<u64, Stop> {
        Ok(match (width, self.big) {
            (4, false) => u64::from(self.reader.u32_le("a number")?),
            (4, true) => u64::from(self.reader.u32_be("a number")?),
            (_, false) => self.reader.u64_le("a number")?,
            (_, true) => self.reader.u64_be("a number")?,
        })
    }

    /// A count or a line.
    fn int(&mut self) -> Result<u64, Stop> {
        if self.dialect != Dialect::Lua54 {
            return self.unsigned(self.int);
        }
        let at = self.reader.offset();
        let mut value = 0_u64;
        loop {
            let byte = self.reader.u8("a number")?;
            if value >> 57 != 0 {
                return Err(Stop::malformed(at, "a number of at most 64 bits"));
            }
            value = value << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                return Ok(value);
            }
        }
    }

    /// A text; its stated size counts a terminator.
    fn text(&mut self, what: &str) -> Result<Option<Vec<u8>>, Stop> {
        let at = self.reader.offset();
        let size = match self.dialect {
            Dialect::Lua53 => match self.reader.u8(what)? {
                0xff => self.unsigned(self.size)?,
                size => u64::from(size),
            },
            Dialect::Lua54 => self.int()?,
            _ => self.unsigned(self.size)?,
        };
        let Some(length) = size.checked_sub(1) else { return Ok(None) };
        if length > TEXT {
            return Err(Stop::truncated(at, what));
        }
        let text = self.reader.take(length, what)?;
        if matches!(self.dialect, Dialect::Lua51 | Dialect::Lua52) {
            self.reader.u8(what)?;
        }
        Ok(Some(text))
    }

    /// All functions, each in front of those inside it.
    fn functions(&mut self, chunk: &mut Chunk) -> Result<(), Stop> {
        // Functions whose inner ones are not all read: index and how many are left.
        let mut open: Vec<(usize, u64)> = Vec::new();
        self.function(chunk, &mut open)?;
        while let Some((index, left)) = open.pop() {
            self.meter.steps(1)?;
            match left.checked_sub(1) {
                None => self.debug(chunk, index)?,
                Some(left) => {
                    open.push((index, left));
                    let child = chunk.prototypes.len();
                    self.function(chunk, &mut open)?;
                    if let Some(parent) = chunk.prototypes.get_mut(index) {
                        parent.children.push(child);
                    }
                }
            }
        }
        Ok(())
    }

    /// A function as far as the count of those inside it.
    fn function(&mut self, chunk: &mut Chunk, open: &mut Vec<(usize, u64)>) -> Result<(), Stop> {
        if self.dialect != Dialect::Lua52 {
            self.text("a source name")?;
        }
        self.int()?;
        self.int()?;
        if self.dialect == Dialect::Lua51 {
            let [upvalues, _, _, _] = self.reader.array("a function")?;
            let index = chunk.begin(self.reader.offset())?;
            self.code(chunk, index)?;
            self.constants(chunk, index)?;
            if let Some(function) = chunk.prototypes.get_mut(index) {
                function.upvalue_count = upvalues;
            }
            open.push((index, self.int()?));
            return Ok(());
        }
        let [_, _, _] = self.reader.array("a function")?;
        let index = chunk.begin(self.reader.offset())?;
        self.code(chunk, index)?;
        self.constants(chunk, index)?;
        let inner = if self.dialect == Dialect::Lua52 { Some(self.int()?) } else { None };
        // 5.2 keeps the upvalues behind the inner functions: they are read with the debug data.
        match inner {
            Some(inner) => open.push((index, inner)),
            None => {
                self.upvalues(chunk, index)?;
                open.push((index, self.int()?));
            }
        }
        Ok(())
    }

    fn code(&mut self, chunk: &mut Chunk, index: usize) -> Result<(), Stop> {
        let count = self.int()?;
        let at = self.reader.offset();
        let bytes = self.reader.take(count.saturating_mul(4), "code")?;
        chunk.hold(self.meter, bytes.len() as u64)?;
        self.meter.steps(count)?;
        let word = |four: &[u8; 4]| if self.big { u32::from_be_bytes(*four) } else { u32::from_le_bytes(*four) };
        let (words, _) = bytes.as_chunks::<4>();
        if let Some(function) = chunk.prototypes.get_mut(index) {
            function.at = at;
            function.code = words.iter().map(word).collect();
        }
        Ok(())
    }

    fn constants(&mut self, chunk: &mut Chunk, index: usize) -> Result<(), Stop> {
        let count = self.int()?;
        for _ in 0..count {
            let at = self.reader.offset();
            let kind = self.reader.u8("a constant")?;
            let value = self.constant(kind, at)?;
            let length = match &value {
                Expr::Str(text) => text.len(),
                Expr::Bytes(bytes) => bytes.len(),
                _ => 0,
            };
            chunk.hold(self.meter, (length as u64).saturating_add(48))?;
            self.meter.steps(1)?;
            if let Some(function) = chunk.prototypes.get_mut(index) {
                function.constants.push(value);
            }
        }
        Ok(())
    }

    fn constant(&mut self, kind: u8, at: u64) -> Result<Expr, Stop> {
        let newest = self.dialect == Dialect::Lua54;
        Ok(match kind {
            0 => Expr::None,
            1 if newest => Expr::Bool(false),
            0x11 if newest => Expr::Bool(true),
            1 => Expr::Bool(self.reader.u8("a constant")? != 0),
            3 if newest => self.integer()?,
            0x13 if newest => self.float()?,
            0x13 if self.dialect == Dialect::Lua53 => self.integer()?,
            3 if self.integral => {
                let width = self.number;
                self.unsigned(width).map(|number| Expr::Int(number.cast_signed()))?
            }
            3 => self.float()?,
            4 | 0x14 => program::text(&self.text("a constant text")?.unwrap_or_default()),
            _ => return Err(Stop::malformed(at, "a kind of constant")),
        })
    }

    fn integer(&mut self) -> Result<Expr, Stop> {
        let width = self.integer;
        Ok(Expr::Int(self.unsigned(width)?.cast_signed()))
    }

    fn float(&mut self) -> Result<Expr, Stop> {
        let width = self.number;
        let bits = self.unsigned(width)?;
        Ok(match width {
            4 => program::number(f64::from(f32::from_bits(u32::try_from(bits).unwrap_or(0)))),
            _ => program::number(f64::from_bits(bits)),
        })
    }

    fn upvalues(&mut self, chunk: &mut Chunk, index: usize) -> Result<(), Stop> {
        for _ in 0..self.int()? {
            let [in_stack, position] = self.reader.array("an upvalue")?;
            if self.dialect == Dialect::Lua54 {
                self.reader.u8("an upvalue")?;
            }
            self.meter.steps(1)?;
            let function = chunk.prototypes.get_mut(index);
            if let Some(function) = function.filter(|function| function.upvalues.len() < 256) {
                function.upvalues.push((in_stack != 0, u16::from(position)));
            }
        }
        Ok(())
    }

    /// Lines, names of locals and of upvalues; nothing runs of them.
    fn debug(&mut self, chunk: &mut Chunk, index: usize) -> Result<(), Stop> {
        if self.dialect == Dialect::Lua52 {
            self.upvalues(chunk, index)?;
            self.text("a source name")?;
        }
        let lines = self.int()?;
        let width = if self.dialect == Dialect::Lua54 { 1 } else { u64::from(self.int) };
        self.reader.skip(lines.saturating_mul(width), "line numbers")?;
        if self.dialect == Dialect::Lua54 {
            for _ in 0..self.int()? {
                self.int()?;
                self.int()?;
            }
        }
        for _ in 0..self.int()? {
            self.text("the name of a local")?;
            self.int()?;
            self.int()?;
            self.meter.steps(1)?;
        }
        for _ in 0..self.int()? {
            self.text("the name of an upvalue")?;
            self.meter.steps(1)?;
        }
        Ok(())
    }
}
