//! One loop over the opcodes, as `load` of `_pickle.c` has it.

use base::stop::Stop;

use crate::{
    cursor::Cursor,
    machine::{Machine, Pause, Step, have},
    opcode as op,
    value::{Kind, Value},
};

impl Machine<'_, '_> {
    /// Executes opcodes until the window has no whole one left. The common opcodes stand here, the others by their kind in the other files.
    pub(crate) fn execute(&mut self, cursor: &mut Cursor<'_>) -> Result<Pause, Stop> {
        // A copy that is lent to nobody stays in registers; whoever else needs the cursor gets it brought up to date.
        let mut here = *cursor;
        macro_rules! stop {
            ($stop:expr) => {{
                *cursor = here;
                return Err($stop);
            }};
        }
        loop {
            self.at = here.offset();
            let Some(opcode) = here.byte() else {
                *cursor = here;
                return Ok(Pause::More(1));
            };
            self.opcodes = self.opcodes.wrapping_add(1);
            match opcode {
                op::NONE => self.stack.push(Value::NONE),
                op::NEWTRUE => self.stack.push(Value::TRUE),
                op::NEWFALSE => self.stack.push(Value::FALSE),
                op::BININT1 => match here.byte() {
                    Some(byte) => self.stack.push(Value::small(u32::from(byte))),
                    None => return Ok(self.back(cursor, 2)),
                },
                op::BININT2 => match here.array::<2>() {
                    Some(bytes) => self.stack.push(Value::small(u32::from(u16::from_le_bytes(bytes)))),
                    None => return Ok(self.back(cursor, 3)),
                },
                op::BININT => match here.array::<4>() {
                    Some(bytes) => {
                        let number = i64::from(i32::from_le_bytes(bytes));
                        self.stack.push(Value::new(Kind::Int, number.cast_unsigned()));
                    }
                    None => return Ok(self.back(cursor, 5)),
                },
                op::MARK => {
                    if !self.stack.mark() {
                        stop!(Stop::Limit(base::reason::Reason::Memory));
                    }
                }
                op::MEMOIZE => match self.stack.top() {
                    Some(top) => self.memo.memoize(top),
                    None => stop!(self.underflow()),
                },
                op::BINPUT => match (here.byte(), self.stack.top()) {
                    (Some(index), Some(top)) => self.memo.put(u64::from(index), top),
                    (None, _) => return Ok(self.back(cursor, 2)),
                    _ => stop!(self.underflow()),
                },
                op::BINGET => match here.byte() {
                    Some(index) => {
                        if let Err(missing) = self.get(i64::from(index)) {
                            stop!(missing);
                        }
                    }
                    None => return Ok(self.back(cursor, 2)),
                },
                op::LONG_BINGET => match here.array::<4>() {
                    Some(index) => {
                        if let Err(missing) = self.get(i64::from(u32::from_le_bytes(index))) {
                            stop!(missing);
                        }
                    }
                    None => return Ok(self.back(cursor, 5)),
                },
                op::POP => {
                    if !self.stack.discard() {
                        stop!(self.underflow());
                    }
                }
                op::TUPLE => {
                    let Some(start) = self.stack.unmark() else {
                        stop!(self.no_mark());
                    };
                    self.tuple(start);
                    self.memoize_next(&mut here);
                }
                op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                    let count = usize::from(opcode.wrapping_sub(op::TUPLE1)).wrapping_add(1);
                    let Some((start, _)) = self.stack.last(count) else {
                        stop!(self.underflow());
                    };
                    self.tuple(start);
                    self.memoize_next(&mut here);
                }
                op::STOP => {
                    *cursor = here;
                    return self.stop();
                }
                op::FLOAT
                | op::INT
                | op::BINFLOAT
                | op::LONG
                | op::LONG1
                | op::LONG4
                | op::STRING
                | op::BINSTRING
                | op::SHORT_BINSTRING
                | op::UNICODE
                | op::BINUNICODE
                | op::SHORT_BINUNICODE
                | op::BINUNICODE8
                | op::BINBYTES
                | op::SHORT_BINBYTES
                | op::BINBYTES8
                | op::BYTEARRAY8 => {
                    *cursor = here;
                    match self.constant(opcode, cursor) {
                        Ok(None) => here.at = cursor.at,
                        Ok(Some(pause)) => return Ok(pause),
                        Err(stop) => return Err(stop),
                    }
                }
                _ => {
                    *cursor = here;
                    match self.other(opcode, cursor) {
                        Ok(None) => here.at = cursor.at,
                        Ok(Some(pause)) => return Ok(pause),
                        Err(stop) => return Err(stop),
                    }
                }
            }
        }
    }

    /// The opcodes that are neither constants nor so common that the loop has them.
    #[inline]
    fn other(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        match opcode {
            op::EMPTY_TUPLE => self.stack.push(Value::EMPTY_TUPLE),
            op::EMPTY_LIST => self.push_container(Kind::List, cursor),
            op::EMPTY_DICT => self.push_container(Kind::Dict, cursor),
            op::EMPTY_SET => self.push_container(Kind::Set, cursor),
            op::APPEND => self.append()?,
            op::APPENDS => self.appends()?,
            op::SETITEM => self.set_item()?,
            op::SETITEMS => self.set_items()?,
            op::ADDITEMS => self.add_items()?,
            op::LIST => self.list()?,
            op::DICT => self.dict()?,
            op::FROZENSET => self.frozen_set()?,
            op::DUP => self.duplicate()?,
            op::POP_MARK => {
                let start = self.stack.unmark().ok_or_else(|| self.no_mark())?;
                self.stack.cut(start);
            }
            op::REDUCE => self.reduce()?,
            op::NEWOBJ => self.newobj(false)?,
            op::NEWOBJ_EX => self.newobj(true)?,
            op::OBJ => self.obj()?,
            op::BUILD => return self.build(),
            op::STACK_GLOBAL => self.stack_global()?,
            op::GLOBAL => return self.global(cursor),
            op::INST => return self.inst(cursor),
            op::BINPERSID => self.binpersid()?,
            op::PERSID => return self.persid(cursor),
            op::NEXT_BUFFER => self.next_buffer(),
            op::READONLY_BUFFER => {
                self.stack.top().ok_or_else(|| self.underflow())?;
            }
            _ => return self.rare(opcode, cursor),
        }
        Ok(None)
    }

    /// Opcodes with numbers behind them.
    fn rare(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        match opcode {
            op::LONG_BINPUT => {
                let index = u32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5));
                self.put(i64::from(index))?;
            }
            op::GET | op::PUT => return self.text_index(opcode, cursor),
            op::EXT1 => {
                let code = have!(self, cursor, cursor.byte(), 2);
                self.extension(i64::from(code))?;
            }
            op::EXT2 => {
                let code = u16::from_le_bytes(have!(self, cursor, cursor.array::<2>(), 3));
                self.extension(i64::from(code))?;
            }
            op::EXT4 => {
                let code = i32::from_le_bytes(have!(self, cursor, cursor.array::<4>(), 5));
                self.extension(i64::from(code))?;
            }
            op::PROTO => {
                let protocol = have!(self, cursor, cursor.byte(), 2);
                self.proto(protocol)?;
            }
            op::FRAME => {
                let length = u64::from_le_bytes(have!(self, cursor, cursor.array::<8>(), 9));
                self.frame(length, cursor.offset())?;
            }
            byte => return Err(self.fail("bad-opcode", format!("byte {byte:#04x} is no opcode"))),
        }
        Ok(None)
    }

    fn stop(&mut self) -> Result<Pause, Stop> {
        match self.stack.pop() {
            Some(result) => {
                self.result = result;
                Ok(Pause::Stop)
            }
            None => Err(self.underflow()),
        }
    }

    /// Steps back to the start of the opcode and asks for `count` bytes.
    #[cold]
    fn back(&mut self, cursor: &mut Cursor<'_>, count: usize) -> Pause {
        cursor.at = usize::try_from(self.at.wrapping_sub(cursor.base)).unwrap_or(cursor.at);
        self.opcodes = self.opcodes.wrapping_sub(1);
        Pause::More(count)
    }

    /// [`Machine::back`], as a step.
    #[cold]
    pub(crate) fn again(&mut self, cursor: &mut Cursor<'_>, count: usize) -> Step {
        Ok(Some(self.back(cursor, count)))
    }

    /// Makes a tuple of the values from `start` up.
    #[inline]
    fn tuple(&mut self, start: usize) {
        let value = self.arena.run(Kind::Tuple, self.stack.from(start));
        self.stack.cut(start);
        self.stack.push(value);
    }

    #[inline]
    fn push_container(&mut self, kind: Kind, cursor: &mut Cursor<'_>) {
        let value = self.arena.container(kind);
        self.stack.push(value);
        self.memoize_next(cursor);
    }

    /// Executes the MEMOIZE that picklers write behind whatever may be met again: one look-up of an opcode less.
    #[inline(always)]
    pub(crate) fn memoize_next(&mut self, cursor: &mut Cursor<'_>) {
        if cursor.ahead() == Some([op::MEMOIZE])
            && let Some(top) = self.stack.top()
        {
            cursor.at = cursor.at.wrapping_add(1);
            self.opcodes = self.opcodes.wrapping_add(1);
            self.memo.memoize(top);
        }
    }

    fn duplicate(&mut self) -> Result<(), Stop> {
        let top = self.stack.duplicate().ok_or_else(|| self.underflow())?;
        self.shared = self.shared.wrapping_add(u64::from(top.is_container()));
        Ok(())
    }

    #[inline]
    fn get(&mut self, index: i64) -> Result<(), Stop> {
        match u64::try_from(index).ok().and_then(|index| self.memo.at(index)) {
            Some(value) => {
                self.shared = self.shared.wrapping_add(u64::from(value.is_container()));
                self.stack.push(value);
                Ok(())
            }
            None => Err(self.fail("memo-missing", format!("nothing was put at index {index}"))),
        }
    }

    fn put(&mut self, index: i64) -> Result<(), Stop> {
        let top = self.stack.top().ok_or_else(|| self.underflow())?;
        let Ok(index) = u64::try_from(index) else {
            return Err(self.fail("memo-missing", format!("index {index} is negative")));
        };
        self.far_index(index)?;
        self.memo.put(index, top);
        Ok(())
    }

    fn text_index(&mut self, opcode: u8, cursor: &mut Cursor<'_>) -> Step {
        let crate::cursor::Line::Whole(line) = cursor.line() else {
            return self.unread_line(cursor);
        };
        let Some(index) = crate::literal::index(line) else {
            return Err(self.fail("bad-number", "an index of the memo is no number".to_owned()));
        };
        if opcode == op::GET {
            self.get(index)?
        } else {
            self.put(index)?
        }
        Ok(None)
    }

    /// A line that is not whole in the window: more is read, or the stream ends, or it is longer than any honest one.
    pub(crate) fn unread_line(&mut self, cursor: &mut Cursor<'_>) -> Step {
        if cursor.left() > crate::cursor::LONG_LINE {
            return Err(self.fail("bad-number", "a line of more than 60000 bytes".to_owned()));
        }
        self.again(cursor, 1 << 16)
    }
}
