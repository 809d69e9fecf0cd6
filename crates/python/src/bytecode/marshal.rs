//! Marshal streams (`Python/marshal.c`): objects with references, code objects in the layouts of all versions read.

mod build;
mod text;

use std::sync::Arc;

use base::{budget::Meter, reason::Reason, stop::Stop};
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
    /// A container with code in it.
    Items(Arc<[Object]>),
    /// The end of a dict.
    Null,
}

/// An object and where its bytes are, for those that are bytes.
#[derive(Clone)]
struct Node {
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

enum Kind {
    Tuple,
    List,
    Set,
    FrozenSet,
    Dict,
    Slice,
    Code { numbers: [u32; 6], line: u32 },
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

/// Reads one object and all in it; code objects that are complete are kept when the stream breaks.
pub(super) fn read(bytes: &[u8], start: usize, layout: Layout, meter: &Meter) -> Stream {
    let mut reader = Reader {
        bytes,
        at: start,
        layout,
        meter,
        codes: Vec::new(),
        refs: Vec::new(),
        interned: Vec::new(),
        stack: Vec::new(),
        frames: Vec::new(),
        nodes: 0,
    };
    let node = reader.object();
    meter.release(reader.nodes.saturating_mul(NODE));
    let (top, broken) = match node {
        Ok(Node { object: Object::Code(index), .. }) => (Some(index), None),
        Ok(_) => (None, None),
        Err(stop) => (None, Some(stop)),
    };
    Stream { codes: reader.codes, top, end: reader.at, broken }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    layout: Layout,
    meter: &'a Meter,
    codes: Vec<Code>,
    refs: Vec<Option<Node>>,
    /// Interned strings of Python 2.
    interned: Vec<Node>,
    stack: Vec<Node>,
    frames: Vec<Frame>,
    nodes: u64,
}

impl Reader<'_> {
    /// Reads until the first object is complete; containers wait in `frames`, never on the call stack.
    fn object(&mut self) -> Result<Node, Stop> {
        loop {
            self.pay()?;
            if let Some(mut node) = self.begin()? {
                loop {
                    let Some(frame) = self.frames.last_mut() else {
                        let ends = matches!(node.object, Object::Null);
                        return if ends { Err(self.malformed("an object")) } else { Ok(node) };
                    };
                    let ended = match (&frame.kind, &node.object) {
                        (Kind::Dict, Object::Null) => self.stack.len().saturating_sub(frame.base).is_multiple_of(2),
                        (Kind::Dict, _) => false,
                        (_, Object::Null) => return Err(self.malformed("an object")),
                        _ => {
                            frame.left = frame.left.saturating_sub(1);
                            frame.left == 0
                        }
                    };
                    if !matches!(node.object, Object::Null) {
                        self.stack.push(node);
                    }
                    if !ended {
                        break;
                    }
                    node = self.complete()?;
                }
                self.line_number()?;
            }
        }
    }

    fn pay(&mut self) -> Result<(), Stop> {
        if self.nodes.is_multiple_of(BLOCK) {
            self.meter.steps(BLOCK)?;
            self.meter.hold(BLOCK.saturating_mul(NODE))?;
        }
        self.nodes = self.nodes.saturating_add(1);
        Ok(())
    }

    fn malformed(&self, what: &str) -> Stop {
        Stop::malformed(self.at as u64, what)
    }

    /// Begins an object: gives it at once, or opens a frame for its parts.
    fn begin(&mut self) -> Result<Option<Node>, Stop> {
        let marked = self.u8()?;
        let slot = (marked & FLAG_REF != 0 && self.layout != Layout::Two).then(|| {
            self.refs.push(None);
            self.refs.len().saturating_sub(1)
        });
        let code = if self.layout == Layout::Two { marked } else { marked & !FLAG_REF };
        let frame = |kind: Kind, left: u32| Frame { kind, left, base: 0, slot };
        let opened = match code {
            b'(' => frame(Kind::Tuple, self.count()?),
            b')' => frame(Kind::Tuple, u32::from(self.u8()?)),
            b'[' => frame(Kind::List, self.count()?),
            b'<' => frame(Kind::Set, self.count()?),
            b'>' => frame(Kind::FrozenSet, self.count()?),
            b'{' => frame(Kind::Dict, u32::MAX),
            b':' => frame(Kind::Slice, 3),
            b'c' => self.code_frame(slot)?,
            simple => {
                let node = self.simple(simple)?;
                if let Some(place) = slot.and_then(|slot| self.refs.get_mut(slot)) {
                    *place = Some(node.clone());
                }
                return Ok(Some(node));
            }
        };
        if self.frames.len() >= MAX_DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        let empty = opened.left == 0;
        self.frames.push(Frame { base: self.stack.len(), ..opened });
        if empty { self.complete().map(Some) } else { Ok(None) }
    }

    /// An object without parts.
    fn simple(&mut self, code: u8) -> Result<Node, Stop> {
        let at = self.at;
        let value = match code {
            b'0' => return Ok(Node { object: Object::Null, at }),
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
            b'R' if self.layout == Layout::Two => {
                let index = self.count()?;
                let found = usize::try_from(index).ok().and_then(|index| self.interned.get(index));
                return found.cloned().ok_or_else(|| self.malformed("a reference to an interned string"));
            }
            b'r' if self.layout != Layout::Two => {
                let index = self.count()?;
                let found = usize::try_from(index).ok().and_then(|index| self.refs.get(index));
                let node = found.ok_or_else(|| self.malformed("a reference"))?;
                // What is still being read refers to itself: nothing that is followed does.
                let unknown = || Node { object: Object::Value(Value::Unknown(eval::Why::Unfollowed)), at };
                return Ok(node.clone().unwrap_or_else(unknown));
            }
            _ => return Err(Stop::malformed(at.saturating_sub(1) as u64, "a type of object")),
        };
        Ok(Node { object: Object::Value(value), at })
    }

    /// The numbers before the first part of a code object.
    fn code_frame(&mut self, slot: Option<usize>) -> Result<Frame, Stop> {
        let mut numbers = [0; 6];
        let (count, parts) = match self.layout {
            Layout::Two => (4, 9),
            Layout::KeywordOnly => (5, 9),
            Layout::PositionalOnly => (6, 9),
            Layout::Merged => (5, 10),
        };
        for number in numbers.iter_mut().take(count) {
            *number = u32::from_le_bytes(self.array()?);
        }
        Ok(Frame { kind: Kind::Code { numbers, line: 0 }, left: parts, base: 0, slot })
    }

    /// Between the parts of a code object stands a number: its first line.
    fn line_number(&mut self) -> Result<(), Stop> {
        let Some(Frame { kind: Kind::Code { .. }, left, .. }) = self.frames.last() else { return Ok(()) };
        let behind = if self.layout == Layout::Merged { 2 } else { 1 };
        if *left != behind {
            return Ok(());
        }
        let read = u32::from_le_bytes(self.array()?);
        if let Some(Frame { kind: Kind::Code { line, .. }, .. }) = self.frames.last_mut() {
            *line = read;
        }
        Ok(())
    }

    /// Makes the innermost container of its parts.
    fn complete(&mut self) -> Result<Node, Stop> {
        let Some(frame) = self.frames.pop() else { return Err(self.malformed("an object")) };
        let parts = self.stack.split_off(frame.base.min(self.stack.len()));
        let object = match frame.kind {
            Kind::Code { numbers, line } => self.code(numbers, line, &parts),
            kind => container(&kind, parts),
        };
        let node = Node { object, at: self.at };
        if let Some(place) = frame.slot.and_then(|slot| self.refs.get_mut(slot)) {
            *place = Some(node.clone());
        }
        Ok(node)
    }

    fn u8(&mut self) -> Result<u8, Stop> {
        let byte = self.bytes.get(self.at).copied();
        let byte = byte.ok_or_else(|| Stop::truncated(self.bytes.len() as u64, "a marshalled object"))?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Stop> {
        let end = self.at.saturating_add(count);
        let taken = self.bytes.get(self.at..end);
        let taken = taken.ok_or_else(|| Stop::truncated(self.bytes.len() as u64, "a marshalled object"))?;
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
}

/// A container of these; one that holds code keeps it.
fn container(kind: &Kind, parts: Vec<Node>) -> Object {
    if parts.iter().any(|node| !matches!(node.object, Object::Value(_))) {
        return Object::Items(parts.into_iter().map(|node| node.object).collect());
    }
    let value = |node: Node| match node.object {
        Object::Value(value) => Some(value),
        _ => None,
    };
    let values: Vec<Value> = parts.into_iter().filter_map(value).collect();
    Object::Value(match kind {
        Kind::List => Value::list(values),
        Kind::Set => Value::set(values),
        Kind::FrozenSet => Value::frozen_set(values),
        Kind::Dict => {
            let pairs = values.chunks_exact(2).filter_map(|pair| match pair {
                [key, value] => Some((key.clone(), value.clone())),
                _ => None,
            });
            Value::dict(pairs.collect::<Vec<_>>())
        }
        Kind::Slice => {
            let mut bounds = [None; 3];
            for (bound, value) in bounds.iter_mut().zip(&values) {
                match value {
                    Value::Int(number) => *bound = Some(*number),
                    Value::None => {}
                    _ => return Object::Value(Value::Unknown(eval::Why::Unfollowed)),
                }
            }
            let [start, stop, step] = bounds;
            Value::slice(eval::Span { start, stop, step })
        }
        Kind::Tuple | Kind::Code { .. } => Value::tuple(values),
    })
}

impl Object {
    /// The items of a tuple.
    fn consts(&self) -> Option<Vec<Const>> {
        match self {
            Self::Value(Value::Tuple(items)) => Some(items.iter().cloned().map(Const::Value).collect()),
            Self::Items(items) => Some(
                items
                    .iter()
                    .map(|item| match item {
                        Self::Value(value) => Const::Value(value.clone()),
                        Self::Code(index) => Const::Code(*index),
                        Self::Items(_) | Self::Null => Const::Value(Value::Unknown(eval::Why::Unfollowed)),
                    })
                    .collect(),
            ),
            _ => None,
        }
    }
}
