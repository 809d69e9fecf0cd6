//! The machine itself: what it holds, and how it goes through a stream window by window.

use std::{cell::Cell, collections::HashMap};

use base::{
    budget::Meter,
    location::{Place, Unit},
    reader::Reader,
    sink::Sink,
    stop::Stop,
};

use crate::{
    arena::Arena, cursor::Cursor, effects::Planted, imports::Extension, known::View, legacy::Storages, memo::Memo,
    names::Names, stack::Stack, stated::Stated, text::Texts, value::Value,
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
