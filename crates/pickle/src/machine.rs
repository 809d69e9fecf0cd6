//! The machine itself: one loop over the opcodes, as `load` of `_pickle.c` has it.

use std::{cell::Cell, collections::HashMap};

use base::{
    budget::Meter,
    location::{Place, Unit},
    reader::Reader,
    sink::Sink,
    stop::Stop,
};

use crate::{
    arena::Arena,
    cursor::Cursor,
    effects::Planted,
    imports::Extension,
    known::View,
    legacy::Storages,
    memo::Memo,
    names::Names,
    opcode as op,
    stack::Stack,
    stated::Stated,
    text::Texts,
    value::{Kind, Value},
};

/// Why the machine leaves the window.
pub(crate) enum Pause {
    /// STOP: the pickle is complete.
    Stop,
    /// So many bytes are needed at once.
    More(usize),
    /// So many bytes of data follow that nobody has to look at now.
    Skip(u64),
    /// A line too long for a window follows this opcode.
    LongLine(u8),
    /// joblib reads an array from the stream here.
    Array(crate::numpy_wrapper::Wrapped),
}

/// What a step inside the window gives: `None` goes on.
pub(crate) type Step = Result<Option<Pause>, Stop>;

/// The symbolic unpickler of one pickle.
pub(crate) struct Machine<'a, 's> {
    pub(crate) sink: &'a mut Sink<'s>,
    pub(crate) meter: Meter,
    pub(crate) arena: Arena,
    pub(crate) texts: Texts,
    pub(crate) stack: Stack,
    pub(crate) memo: Memo,
    pub(crate) names: Names,
    pub(crate) stated: Stated,
    pub(crate) planted: Planted,
    /// What the codes of `copyreg.add_extension` stand for.
    pub(crate) extensions: HashMap<i64, Extension>,
    /// Of methods that were fetched from an object: that object.
    pub(crate) receivers: HashMap<Value, Value>,
    /// Of buffers that calls made: what they were made of.
    pub(crate) origins: HashMap<Value, Value>,
    /// The last attribute that was stated to be written: by which opcode, of what, and its name.
    pub(crate) written: Option<(u64, String, String)>,
    /// Of the stream so far, 0 before PROTO.
    pub(crate) protocol: u8,
    /// How often PROTO was met.
    pub(crate) protocols: u32,
    /// Where the current frame ends.
    pub(crate) frame_end: u64,
    /// Offset of the current opcode.
    pub(crate) at: u64,
    /// Opcodes executed.
    pub(crate) opcodes: u64,
    /// Containers fetched again from the memo or duplicated: without these nothing is shared.
    pub(crate) shared: u64,
    /// What STOP gave.
    pub(crate) result: Value,
    /// Storages that persistent ids named.
    pub(crate) storages: Storages,
    /// Ranges that hold raw arrays.
    pub(crate) opaque: Vec<std::ops::Range<u64>>,
    /// Whether the loader knows nothing of arrays in the stream.
    pub(crate) plain: bool,
    /// Whether it reads what was perhaps not written as opcodes.
    pub(crate) astray: bool,
    /// Whether an array was read as opcodes as well: a plain unpickler goes on from the first.
    pub(crate) read_plainly: bool,
    /// Whether something was left out at a limit: the reading is not complete.
    pub(crate) limited: bool,
    /// Memory declared to the meter.
    pub(crate) held: u64,
    /// Flaws stated, each once.
    pub(crate) flaws: Vec<&'static str>,
}

/// Unwraps what the window has, or asks for `count` bytes from the start of the opcode.
macro_rules! have {
    ($self:ident, $cursor:ident, $found:expr, $count:expr) => {
        match $found {
            Some(found) => found,
            None => return $self.again($cursor, $count),
        }
    };
}
pub(crate) use have;

/// Swaps what unpicklers of one process share: what lies in memory, what was imported, registered and written over.
macro_rules! lend {
    ($one:ident, $other:ident) => {
        std::mem::swap(&mut $one.arena, &mut $other.arena);
        std::mem::swap(&mut $one.texts, &mut $other.texts);
        std::mem::swap(&mut $one.names, &mut $other.names);
        std::mem::swap(&mut $one.planted, &mut $other.planted);
        std::mem::swap(&mut $one.extensions, &mut $other.extensions);
        std::mem::swap(&mut $one.receivers, &mut $other.receivers);
        std::mem::swap(&mut $one.origins, &mut $other.origins);
        std::mem::swap(&mut $one.held, &mut $other.held);
    };
}
pub(crate) use lend;

impl<'a, 's> Machine<'a, 's> {
    /// A fresh unpickler for a pickle in the blob of `reader`.
    pub(crate) fn new(reader: &Reader<'_>, sink: &'a mut Sink<'s>) -> Self {
        let meter = sink.meter().clone();
        Self {
            sink,
            meter,
            arena: Arena::new(),
            texts: Texts::new(reader.blob()),
            stack: Stack::default(),
            memo: Memo::default(),
            names: Names::default(),
            stated: Stated::default(),
            planted: Planted::default(),
            extensions: HashMap::new(),
            receivers: HashMap::new(),
            origins: HashMap::new(),
            written: None,
            protocol: 0,
            protocols: 0,
            frame_end: 0,
            at: reader.offset(),
            opcodes: 0,
            shared: 0,
            result: Value::UNKNOWN,
            storages: Storages::default(),
            opaque: Vec::new(),
            plain: false,
            astray: false,
            read_plainly: false,
            limited: false,
            held: 0,
            flaws: Vec::new(),
        }
    }

    /// Runs to STOP. What was stated before an error stays stated.
    pub(crate) fn run(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        let mut want = 1;
        loop {
            let base = reader.offset();
            let window = reader.peek(want)?;
            let ended = window.len() < want;
            let mut cursor = Cursor::new(window, base, ended);
            let before = self.opcodes;
            let outcome = self.execute(&mut cursor);
            let consumed = cursor.at;
            reader.consume(consumed);
            self.meter.steps(self.opcodes.saturating_sub(before))?;
            self.account()?;
            want = 1;
            match outcome? {
                Pause::Stop => return self.finish(reader),
                Pause::More(_) if ended => return self.ran_out(reader),
                Pause::More(count) => want = count,
                Pause::Skip(count) => self.skip(reader, count)?,
                Pause::LongLine(opcode) => self.long_line(reader, opcode)?,
                Pause::Array(wrapped) => self.array(reader, wrapped)?,
            }
        }
    }

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
                    if let Some(pause) = self.constant(opcode, cursor)? {
                        return Ok(pause);
                    }
                    here = *cursor;
                }
                _ => {
                    *cursor = here;
                    if let Some(pause) = self.other(opcode, cursor)? {
                        return Ok(pause);
                    }
                    here = *cursor;
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

    /// What is needed to know a value.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            arena: &self.arena,
            texts: &self.texts,
            names: &self.names,
            cut: Cell::new(false),
            looked_at: Cell::new(0),
        }
    }

    /// Where the current opcode stands.
    pub(crate) fn place(&self) -> Place {
        Place::bytes(self.at, 1).pointer(Unit::Opcode, format!("opcode {}", self.opcodes.saturating_sub(1)))
    }

    /// Declares the memory that is held now.
    pub(crate) fn account(&mut self) -> Result<(), Stop> {
        // Objects are told apart by 32 bits.
        if self.stack.overflowed() || self.arena.nodes() > u64::from(u32::MAX) {
            return Err(Stop::Limit(base::reason::Reason::Memory));
        }
        let now = [
            self.stack.bytes(),
            self.memo.bytes(),
            self.arena.bytes(),
            self.names.bytes(),
            self.texts.bytes_held(),
            self.stated.bytes(),
            self.planted.bytes(),
            self.storages.bytes(),
            (self.receivers.len().saturating_add(self.origins.len()) as u64).saturating_mul(32),
        ];
        let now = now.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
        match now.checked_sub(self.held) {
            Some(more) => self.meter.hold(more)?,
            None => self.meter.release(self.held.saturating_sub(now)),
        }
        self.held = now;
        Ok(())
    }
}

impl Drop for Machine<'_, '_> {
    fn drop(&mut self) {
        self.meter.release(self.held);
    }
}
