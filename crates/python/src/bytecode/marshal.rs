//! Marshal streams (`Python/marshal.c`): objects with references, code objects in the layouts of all versions read.

mod build;
mod text;

use std::{ops::Range, rc::Rc, sync::Arc};

use base::{blob::Blob, budget::Meter, fact::Str, reason::Reason, stop::Stop};
use eval::Value;

use super::{
    code::{Code, Const},
    version::Layout,
};

/// What a stream holds.
pub(super) struct Stream {
    /// Code objects, inner ones before those around them.
    pub(super) codes: Vec<Code>,
    /// The code object that the stream is, where it is one.
    pub(super) top: Option<usize>,
    /// Where the stream ends.
    pub(super) end: usize,
    /// Why it ends before its end.
    pub(super) broken: Option<Stop>,
}

/// An object of the stream: a value, or something that holds code.
#[derive(Clone)]
enum Object {
    Value(Value),
    Code(usize),
    /// Bytes that lie there: most are parts of code, and never a value.
    Bytes(Range<usize>),
    /// A container with code in it.
    Items(Arc<[Const]>),
    /// The constants of the code object around them.
    Consts(Vec<Const>),
    /// Names of the code object around them.
    Names(Vec<Str>),
    /// The end of a dict.
    Null,
}

/// An object that can be referred to, and where its bytes are, for those that are bytes.
#[derive(Clone)]
struct Referred {
    object: Object,
    at: usize,
}

/// What is being read.
struct Frame {
    kind: Kind,
    /// Objects still to come; for a dict none is counted.
    left: u32,
    /// Where its objects begin on the stack.
    base: usize,
    /// The reference that it will be.
    slot: Option<usize>,
}

#[derive(Clone, Copy)]
enum Kind {
    Tuple,
    List,
    Set,
    FrozenSet,
    Dict,
    Slice,
    Code(Head),
}

/// What came of a first byte.
enum Begun {
    /// An object, now on the stack.
    Made,
    /// A container, whose parts follow.
    Opened,
    /// The end of a dict.
    End,
}

/// What a code object says of itself between its parts, and where the bytes of its code are.
#[derive(Clone, Copy, Default)]
struct Head {
    numbers: [u32; 6],
    line: u32,
    at: usize,
}

/// Bytes of one stream: CPython has no limit, no honest module comes near.
pub(super) const MAX_BYTES: u64 = 32 << 20;
/// Nesting that CPython allows (MAX_MARSHAL_STACK_DEPTH).
const MAX_DEPTH: usize = 2_000;
/// What a node takes in memory, its vector's growth included.
const NODE: u64 = 96;
/// Steps paid at a time.
const BLOCK: u64 = 64;
/// FLAG_REF: the object can be referred to.
const FLAG_REF: u8 = 0x80;

/// Reads one object and all in it from a blob that lies in memory; code objects that are complete are kept when the stream
/// breaks.
pub(super) fn read(blob: &Blob, start: usize, layout: Layout, meter: &Meter) -> Stream {
    let bytes = blob.memory().unwrap_or_default();
    let size = bytes.len();
    let mut reader = Reader {
        blob,
        raw: Raw { bytes, layout },
        at: start,
        bytes_at: start,
        meter,
        // About what compilers make of a kilobyte: one code object, eight objects that are referred to.
        codes: Vec::with_capacity(size / 1024),
        refs: Vec::with_capacity(size / 128),
        interned: Vec::new(),
        stack: Vec::new(),
        frames: Vec::new(),
        nodes: 0,
        held: 0,
    };
    let object = reader.object();
    meter.release(reader.held);
    let (top, broken) = match object {
        Ok(Object::Code(index)) => (Some(index), None),
        Ok(_) => (None, None),
        Err(stop) => (None, Some(stop)),
    };
    Stream { codes: reader.codes, top, end: reader.at, broken }
}

/// The stream, as its version takes bytes.
#[derive(Clone, Copy)]
struct Raw<'a> {
    bytes: &'a [u8],
    layout: Layout,
}

struct Reader<'a> {
    blob: &'a Blob,
    raw: Raw<'a>,
    at: usize,
    /// Where the bytes of the last object are.
    bytes_at: usize,
    meter: &'a Meter,
    codes: Vec<Code>,
    refs: Vec<Option<Referred>>,
    /// Interned strings of Python 2.
    interned: Vec<Referred>,
    stack: Vec<Object>,
    frames: Vec<Frame>,
    nodes: u64,
    /// Bytes of memory that were paid for.
    held: u64,
}

impl<'a> Reader<'a> {
    /// Reads until the first object is complete; containers wait in `frames`, never on the call stack.
    fn object(&mut self) -> Result<Object, Stop> {
        loop {
            self.pay()?;
            let mut ends = match self.begin()? {
                Begun::Opened => continue,
                Begun::Made => false,
                Begun::End => true,
            };
            loop {
                let Some(frame) = self.frames.last_mut() else {
                    return self.stack.pop().filter(|_| !ends).ok_or_else(|| self.malformed("an object"));
                };
                if ends {
                    match frame.kind {
                        Kind::Dict if self.stack.len().saturating_sub(frame.base).is_multiple_of(2) => ends = false,
                        Kind::Dict => break,
                        _ => return Err(self.malformed("an object")),
                    }
                } else {
                    frame.left = frame.left.saturating_sub(1);
                    if frame.left > 0 {
                        if matches!(frame.kind, Kind::Code(_)) {
                            self.between_parts()?;
                        }
                        break;
                    }
                }
                self.complete()?;
            }
        }
    }

    fn pay(&mut self) -> Result<(), Stop> {
        if self.nodes.is_multiple_of(BLOCK) {
            self.meter.steps(BLOCK)?;
            self.hold(BLOCK.saturating_mul(NODE))?;
        }
        self.nodes = self.nodes.saturating_add(1);
        Ok(())
    }

    /// Pays for items of a tuple that more than one code object has.
    fn pay_copies(&mut self, count: usize) -> Result<(), Stop> {
        self.meter.steps(count as u64)?;
        self.hold((count as u64).saturating_mul(NODE))
    }

    fn hold(&mut self, bytes: u64) -> Result<(), Stop> {
        self.meter.hold(bytes)?;
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }

    /// Begins an object: puts it on the stack at once, or opens a frame for its parts.
    fn begin(&mut self) -> Result<Begun, Stop> {
        let marked = self.u8()?;
        let two = self.raw.layout == Layout::Two;
        let code = if two { marked } else { marked & !FLAG_REF };
        let slot = (code != marked).then_some(self.refs.len());
        if slot.is_some() {
            self.refs.push(None);
        }
        let (kind, left) = match code {
            b'(' => (Kind::Tuple, self.count()?),
            b')' => (Kind::Tuple, u32::from(self.u8()?)),
            b'[' => (Kind::List, self.count()?),
            b'<' => (Kind::Set, self.count()?),
            b'>' => (Kind::FrozenSet, self.count()?),
            b'{' => (Kind::Dict, u32::MAX),
            b':' => (Kind::Slice, 3),
            b'c' => (Kind::Code(self.head()?), self.raw.layout.parts()),
            simple => {
                let object = self.simple(simple)?;
                let begun = if matches!(object, Object::Null) { Begun::End } else { Begun::Made };
                if let Some(slot) = slot {
                    self.refer(slot, &object);
                }
                if matches!(begun, Begun::Made) {
                    self.stack.push(object);
                }
                return Ok(begun);
            }
        };
        if self.frames.len() >= MAX_DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        self.frames.push(Frame { kind, left, base: self.stack.len(), slot });
        if left > 0 {
            return Ok(Begun::Opened);
        }
        self.complete()?;
        Ok(Begun::Made)
    }

    /// Keeps an object for those that refer to it.
    fn refer(&mut self, slot: usize, object: &Object) {
        if let Some(place) = self.refs.get_mut(slot) {
            *place = Some(Referred { object: object.clone(), at: self.bytes_at });
        }
    }

    /// An object without parts.
    fn simple(&mut self, code: u8) -> Result<Object, Stop> {
        self.bytes_at = self.at;
        Ok(Object::Value(match code {
            b'0' => return Ok(Object::Null),
            b'N' => Value::None,
            b'F' => Value::Bool(false),
            b'T' => Value::Bool(true),
            b'.' => Value::Ellipsis,
            b'S' => Value::Unknown(eval::Why::Unfollowed),
            b'i' => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            b'I' => Value::Int(i64::from_le_bytes(self.array()?)),
            b'l' => self.long()?,
            b'g' => Value::Float(f64::from_le_bytes(self.array()?)),
            b'f' => {
                let length = usize::from(self.u8()?);
                let digits = std::str::from_utf8(self.take(length)?).ok();
                let number = digits.and_then(|digits| digits.parse().ok());
                number.map_or(Value::Unknown(eval::Why::Unfollowed), Value::Float)
            }
            b'y' => self.take(16).map(|_| Value::Unknown(eval::Why::Unfollowed))?,
            b'x' => {
                for _ in 0..2 {
                    let length = usize::from(self.u8()?);
                    self.take(length)?;
                }
                Value::Unknown(eval::Why::Unfollowed)
            }
            b's' | b't' | b'u' | b'a' | b'A' | b'z' | b'Z' => return self.text(code),
            b'R' if self.raw.layout == Layout::Two => return self.interned(),
            b'r' if self.raw.layout != Layout::Two => return self.referred(),
            _ => return Err(Stop::malformed(self.at.saturating_sub(1) as u64, "a type of object")),
        }))
    }

    /// The object that a reference means.
    fn referred(&mut self) -> Result<Object, Stop> {
        let index = self.count()?;
        let found = usize::try_from(index).ok().and_then(|index| self.refs.get_mut(index));
        let Some(found) = found else { return Err(self.malformed("a reference")) };
        // What is still being read refers to itself: nothing that is followed does.
        let Some(known) = found else { return Ok(Object::Value(Value::Unknown(eval::Why::Unfollowed))) };
        self.bytes_at = known.at;
        // Bytes become a value once, however many refer to them.
        if matches!(known.object, Object::Bytes(_)) {
            let bytes = std::mem::replace(&mut known.object, Object::Null);
            known.object = Object::Value(self.raw.value(bytes));
        }
        Ok(known.object.clone())
    }

    /// The interned string of Python 2 that a reference means.
    fn interned(&mut self) -> Result<Object, Stop> {
        let index = self.count()?;
        let found = usize::try_from(index).ok().and_then(|index| self.interned.get(index));
        let Some(known) = found else { return Err(self.malformed("a reference to an interned string")) };
        self.bytes_at = known.at;
        Ok(known.object.clone())
    }

    /// The numbers before the first part of a code object.
    fn head(&mut self) -> Result<Head, Stop> {
        let mut head = Head::default();
        let count = match self.raw.layout {
            Layout::Two => 4,
            Layout::KeywordOnly | Layout::Merged => 5,
            Layout::PositionalOnly => 6,
        };
        for number in head.numbers.iter_mut().take(count) {
            *number = u32::from_le_bytes(self.array()?);
        }
        Ok(head)
    }

    /// Behind a part of a code object: the first says where the code is, and before the last ones stands the first line.
    fn between_parts(&mut self) -> Result<(), Stop> {
        let layout = self.raw.layout;
        let left = self.frames.last().map_or(0, |frame| frame.left);
        let line = match left == layout.parts_behind_line() {
            true => Some(u32::from_le_bytes(self.array()?)),
            false => None,
        };
        if let Some(Frame { kind: Kind::Code(head), .. }) = self.frames.last_mut() {
            head.line = line.unwrap_or(head.line);
            if left.saturating_add(1) == layout.parts() {
                head.at = self.bytes_at;
            }
        }
        Ok(())
    }

    /// Makes the innermost container of its parts, and puts it in their place.
    fn complete(&mut self) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Err(self.malformed("an object")) };
        let object = match frame.kind {
            Kind::Code(head) => self.code(&head)?,
            kind => self.container(kind, &frame),
        };
        self.bytes_at = self.at;
        if let Some(slot) = frame.slot {
            self.refer(slot, &object);
        }
        self.stack.push(object);
        Ok(())
    }

    /// A container of the objects from the frame's base on; one that holds code keeps it.
    fn container(&mut self, kind: Kind, frame: &Frame) -> Object {
        let role = match (kind, frame.slot) {
            (Kind::Tuple, None) => self.role(),
            _ => Role::Value,
        };
        let raw = self.raw;
        let parts = self.stack.drain(frame.base.min(self.stack.len())..);
        let holds_code = parts.as_slice().iter().any(|part| matches!(part, Object::Code(_) | Object::Items(_)));
        match role {
            Role::Consts => return Object::Consts(parts.map(|part| raw.constant(part)).collect()),
            Role::Names if !holds_code => return Object::Names(parts.map(|part| name(raw.value(part))).collect()),
            _ if holds_code => return Object::Items(parts.map(|part| raw.constant(part)).collect()),
            _ => {}
        }
        let values: Rc<[Value]> = parts.map(|part| raw.value(part)).collect();
        Object::Value(match kind {
            Kind::List => Value::list(values),
            Kind::Set => Value::set(values),
            Kind::FrozenSet => Value::frozen_set(values),
            Kind::Dict => {
                let (pairs, _) = values.as_chunks::<2>();
                Value::dict(pairs.iter().cloned().map(|[key, value]| (key, value)).collect::<Vec<_>>())
            }
            Kind::Slice => return Object::Value(slice(&values)),
            Kind::Tuple | Kind::Code(_) => Value::tuple(values),
        })
    }

    /// What a tuple is to the code object that it is a part of, where it is one and nothing else refers to it.
    fn role(&self) -> Role {
        let Some(Frame { kind: Kind::Code(_), left, .. }) = self.frames.last() else { return Role::Value };
        match self.raw.layout.parts().saturating_sub(*left) {
            1 => Role::Consts,
            2 | 3 => Role::Names,
            4 | 5 if self.raw.layout != Layout::Merged => Role::Names,
            _ => Role::Value,
        }
    }

    fn u8(&mut self) -> Result<u8, Stop> {
        let Some(byte) = self.raw.bytes.get(self.at).copied() else { return Err(self.truncated()) };
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let end = self.at.saturating_add(count);
        let Some(taken) = self.raw.bytes.get(self.at..end) else { return Err(self.truncated()) };
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Stop> {
        let taken = self.take(N)?;
        Ok(taken.first_chunk().copied().unwrap_or([0; N]))
    }

    /// A count or length: not negative, and no more than the bytes that are left could hold.
    fn count(&mut self) -> Result<u32, Stop> {
        let at = self.at as u64;
        let count = i32::from_le_bytes(self.array()?);
        u32::try_from(count).map_err(|_| Stop::malformed(at, "a size that is not negative"))
    }

    #[cold]
    fn truncated(&self) -> Stop {
        Stop::truncated(self.raw.bytes.len() as u64, "a marshalled object")
    }

    #[cold]
    fn malformed(&self, what: &str) -> Stop {
        Stop::malformed(self.at as u64, what)
    }
}

/// What a tuple is made into.
enum Role {
    Value,
    Consts,
    Names,
}

/// A slice of constants.
fn slice(values: &[Value]) -> Value {
    let mut bounds = [None; 3];
    for (bound, value) in bounds.iter_mut().zip(values) {
        match value {
            Value::Int(number) => *bound = Some(*number),
            Value::None => {}
            _ => return Value::Unknown(eval::Why::Unfollowed),
        }
    }
    let [start, stop, step] = bounds;
    Value::slice(eval::Span { start, stop, step })
}

/// A name; what is no text is none.
fn name(value: Value) -> Str {
    match value {
        Value::Str(text) => text,
        _ => "?".into(),
    }
}

impl Raw<'_> {
    /// The value of an object; one that holds code is none that is followed.
    fn value(self, object: Object) -> Value {
        match object {
            Object::Value(value) => value,
            Object::Bytes(range) => {
                let bytes = self.bytes.get(range).unwrap_or_default();
                // Python 2 keeps text as bytes.
                match std::str::from_utf8(bytes) {
                    Ok(text) if self.layout == Layout::Two && !text.contains('\0') => Value::str(text),
                    _ => Value::bytes(bytes),
                }
            }
            _ => Value::Unknown(eval::Why::Unfollowed),
        }
    }

    /// The constant that an object is.
    fn constant(self, object: Object) -> Const {
        match object {
            Object::Code(index) => Const::Code(index),
            other => Const::Value(self.value(other)),
        }
    }
}
