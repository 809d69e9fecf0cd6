//! A stream of objects: the grammar of section 6.4 with a stack of what is still to be read.
//!
//! A class whose own `writeObject` writes other things than its fields cannot be told from one that does not; where the grammar
//! breaks, the rest is searched for class descriptors, so that every class is named.

mod class;

use std::collections::HashSet;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::Flaw,
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    stop::Stop,
};

/// Classes and handles of a stream.
const CLASSES: usize = 1 << 16;
/// Classes above a class.
const PARENTS: usize = 64;
/// Bytes that a task or a handle takes.
const TASK: u64 = 24;
/// Bytes of the rest of a broken stream that are searched.
const SEARCHED: usize = 16 << 20;

const WRITES: u8 = 1;
const SERIALIZABLE: u8 = 2;
const EXTERNALIZABLE: u8 = 4;
const BLOCKS: u8 = 8;

/// What is still to be read, the last first.
enum Task {
    /// An object of any kind.
    Object,
    /// Objects and blocks up to the code that ends them.
    Annotation,
    Class,
    /// What was read as the class above this one.
    Parent(usize),
    /// This class is the one that was asked for.
    Known(usize),
    /// The body of an object, an array or an enumeration constant of the class that was read last.
    Body,
    Array,
    Constant,
    Handle,
    /// Values of the fields of a class from this one on.
    Values(usize, usize),
    /// What a class wrote by itself.
    Data(usize),
    /// Elements that are objects.
    Elements(u64),
}

/// A class descriptor.
struct ClassInfo {
    name: String,
    flags: u8,
    fields: Vec<u8>,
    parent: Option<usize>,
}

pub(super) fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    reader.skip(4, "the magic")?;
    let mut stream = Stream {
        reader,
        meter: &meter,
        sink,
        tasks: Vec::new(),
        classes: Vec::new(),
        handles: Vec::new(),
        class: None,
        stated: HashSet::new(),
        held: 0,
        claimed: 0,
        arrays: 0,
    };
    let outcome = stream.read();
    let end = stream.reader.offset().min(blob.len().unwrap_or(u64::MAX));
    stream.claim(end, Claim::Read);
    meter.release(stream.held);
    if let Err(Stop::Malformed { at, .. } | Stop::Truncated { at, .. }) = &outcome {
        stream.search(*at)?;
    }
    outcome
}

struct Stream<'r, 'b, 's> {
    reader: Reader<'b>,
    meter: &'r Meter,
    sink: &'r mut Sink<'s>,
    tasks: Vec<Task>,
    classes: Vec<ClassInfo>,
    /// What handles stand for, where it is a class.
    handles: Vec<Option<usize>>,
    class: Option<usize>,
    stated: HashSet<String>,
    held: u64,
    claimed: u64,
    arrays: usize,
}

impl Stream<'_, '_, '_> {
    fn claim(&mut self, end: u64, claim: Claim) {
        self.sink.claim(self.claimed..end.max(self.claimed), claim);
        self.claimed = self.claimed.max(end);
    }

    fn push(&mut self, task: Task) -> Result<(), Stop> {
        self.meter.hold(TASK)?;
        self.tasks.push(task);
        Ok(())
    }

    fn read(&mut self) -> Result<(), Stop> {
        while !self.reader.at_end()? {
            self.content()?;
            while let Some(task) = self.tasks.pop() {
                self.meter.release(TASK);
                self.meter.steps(1)?;
                self.task(task)?;
            }
        }
        Ok(())
    }

    fn task(&mut self, task: Task) -> Result<(), Stop> {
        match task {
            Task::Object => self.content(),
            Task::Annotation => {
                if self.reader.peek(1)?.first() == Some(&0x78) {
                    self.reader.consume(1);
                    return Ok(());
                }
                self.push(Task::Annotation)?;
                self.content()
            }
            Task::Class => self.class_descriptor(),
            Task::Parent(index) => {
                let parent = self.class;
                if let Some(class) = self.classes.get_mut(index) {
                    class.parent = parent;
                }
                Ok(())
            }
            Task::Known(index) => {
                self.class = Some(index);
                Ok(())
            }
            Task::Body => self.body(),
            Task::Array => self.array(),
            Task::Constant => {
                self.handle(None)?;
                self.push(Task::Object)
            }
            Task::Handle => self.handle(None),
            Task::Values(class, from) => self.values(class, from),
            Task::Data(class) => self.data(class),
            Task::Elements(left) => match left.checked_sub(1) {
                None => Ok(()),
                Some(left) => {
                    self.push(Task::Elements(left))?;
                    self.push(Task::Object)
                }
            },
        }
    }

    fn handle(&mut self, class: Option<usize>) -> Result<(), Stop> {
        self.meter.hold(TASK)?;
        self.held = self.held.saturating_add(TASK);
        self.handles.push(class);
        Ok(())
    }

    /// A text behind a length of two bytes.
    fn text(&mut self, what: &str) -> Result<String, Stop> {
        let length = self.reader.u16_be(what)?;
        Ok(String::from_utf8_lossy(&self.reader.take(u64::from(length), what)?).into_owned())
    }

    fn content(&mut self) -> Result<(), Stop> {
        let at = self.reader.offset();
        match self.reader.u8("the type of an object")? {
            // Nothing, and the end of a block that nobody opened.
            0x70 => Ok(()),
            0x71 => self.reader.skip(4, "a handle"),
            0x72 | 0x7d => {
                self.reader.seek(at);
                self.class_descriptor()
            }
            0x73 => self.of_class(Task::Body),
            0x74 => {
                self.handle(None)?;
                let length = self.reader.u16_be("the length of a text")?;
                self.reader.skip(u64::from(length), "a text")
            }
            0x75 => self.of_class(Task::Array),
            0x76 => self.of_class(Task::Handle),
            0x77 => {
                let length = self.reader.u8("the length of a block")?;
                self.reader.skip(u64::from(length), "a block")
            }
            0x79 => {
                self.handles.clear();
                Ok(())
            }
            0x7a => {
                let length = self.reader.u32_be("the length of a block")?;
                self.reader.skip(u64::from(length), "a block")
            }
            0x7b => {
                self.handles.clear();
                self.push(Task::Object)
            }
            0x7c => {
                self.handle(None)?;
                let length = self.reader.u64_be("the length of a text")?;
                self.reader.skip(length, "a text")
            }
            0x7e => self.of_class(Task::Constant),
            code => Err(Stop::malformed(at, format!("a type of object, not {code:#x}"))),
        }
    }

    /// A class, and then what it is the class of.
    fn of_class(&mut self, task: Task) -> Result<(), Stop> {
        self.push(task)?;
        self.push(Task::Class)
    }

    fn body(&mut self) -> Result<(), Stop> {
        self.handle(None)?;
        let mut next = self.class;
        // The topmost class comes first: it is pushed last.
        for _ in 0..PARENTS {
            let Some(index) = next else { return Ok(()) };
            self.push(Task::Data(index))?;
            next = self.classes.get(index).and_then(|class| class.parent);
        }
        Err(Stop::malformed(self.reader.offset(), "fewer classes above a class"))
    }

    fn data(&mut self, index: usize) -> Result<(), Stop> {
        let flags = self.classes.get(index).map_or(0, |class| class.flags);
        if flags & SERIALIZABLE != 0 {
            if flags & WRITES != 0 {
                self.push(Task::Annotation)?;
            }
            return self.push(Task::Values(index, 0));
        }
        if flags & EXTERNALIZABLE != 0 && flags & BLOCKS == 0 {
            return Err(Stop::Unsupported("an object that only its own class can read".into()));
        }
        if flags & EXTERNALIZABLE != 0 { self.push(Task::Annotation) } else { Ok(()) }
    }

    fn values(&mut self, index: usize, from: usize) -> Result<(), Stop> {
        let mut at = from;
        loop {
            let code = self.classes.get(index).and_then(|class| class.fields.get(at)).copied();
            let Some(code) = code else { return Ok(()) };
            at = at.saturating_add(1);
            match width(code) {
                Some(width) => self.reader.skip(width, "a value")?,
                None => {
                    self.push(Task::Values(index, at))?;
                    return self.push(Task::Object);
                }
            }
        }
    }

    fn array(&mut self) -> Result<(), Stop> {
        self.handle(None)?;
        let count = u64::from(self.reader.u32_be("the length of an array")?);
        let name = self.class.and_then(|index| self.classes.get(index)).map_or("", |class| class.name.as_str());
        let code = name.as_bytes().get(1).copied().unwrap_or(b'L');
        let Some(width) = width(code) else { return self.push(Task::Elements(count)) };
        let start = self.reader.offset();
        let bytes = self.reader.peek(4)?;
        // Bytecode, or another stream, in an array of bytes.
        let inner = code == b'B' && (bytes.starts_with(&[0xca, 0xfe, 0xba, 0xbe]) || bytes.starts_with(&[0xac, 0xed, 0, 5]));
        self.reader.skip(count.saturating_mul(width), "the elements of an array")?;
        let end = self.reader.offset();
        if let Some(blob) = self.reader.blob().slice(start..end).filter(|_| inner) {
            self.claim(start, Claim::Read);
            self.claim(end, Claim::Child);
            self.arrays = self.arrays.saturating_add(1);
            let name = format!("bytes-{}", self.arrays);
            self.sink.child(Child::window(name, Place::bytes(start, end.saturating_sub(start)), blob))?;
        }
        Ok(())
    }

    /// Names every class that is described behind the place where the grammar broke.
    fn search(&mut self, from: u64) -> Result<(), Stop> {
        let flaw = Flaw { id: "broken-object-stream".into(), detail: "the rest is searched for classes".into(), part: "".into() };
        self.sink.fact(Place::bytes(from, 0), flaw)?;
        let bytes = self.reader.blob().bytes_at(from, SEARCHED)?;
        self.meter.bytes(bytes.len() as u64)?;
        for at in memchr::memchr_iter(0x72, &bytes) {
            let rest = bytes.get(at.saturating_add(1)..).unwrap_or_default();
            let [high, low, rest @ ..] = rest else { break };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(name) = rest.get(..length).filter(|_| (2..256).contains(&length)) else { continue };
            let name = std::str::from_utf8(name).unwrap_or_default();
            let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '$');
            if name.contains('.') && name.chars().all(plain) {
                super::state(self.sink, &mut self.stated, Place::bytes(from.saturating_add(at as u64), 0), name, "", "build", Vec::new())?;
            }
        }
        Ok(())
    }
}

/// Bytes of a primitive type; none of an object.
fn width(code: u8) -> Option<u64> {
    match code {
        b'B' | b'Z' => Some(1),
        b'C' | b'S' => Some(2),
        b'F' | b'I' => Some(4),
        b'D' | b'J' => Some(8),
        _ => None,
    }
}
