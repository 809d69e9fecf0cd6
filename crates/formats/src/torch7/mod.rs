//! Lua Torch's serialisation, binary and ASCII (`torch/File.lua`): tables, tensors, storages, classes, and functions, whose
//! bytecode is a child.

mod stream;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Identity, Kind, Tensor},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use self::stream::Stream;
use crate::told::{self, Style};

/// A file that `torch.load` of Lua reads.
pub const FORMAT: Format = Format {
    id: "torch7",
    name: "Torch7 object",
    extensions: &["t7", "th"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Tensor],
    detect,
    explain: Some(|blob, meter| told::list(blob, meter, parse, &STYLE)),
    parse,
};

/// How a file is listed: its classes, tensors and functions.
const STYLE: Style = Style { language: "lua", comment: "--", join: ".", new: "", import: "" };

/// Objects that one file holds.
const OBJECTS: usize = 1 << 22;
/// Bytes of a name, a version or a text.
const TEXT: u64 = 1 << 20;
/// Bytes of the bytecode of one function.
const FUNCTION: u64 = 16 << 20;
/// Dimensions of a tensor.
const DIMENSIONS: u64 = 64;

fn u32_at(head: &Head<'_>, offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*head.at(offset, 4)?.first_chunk()?))
}

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let object = u32_at(head, 0) == Some(4) && u32_at(head, 8) == Some(3) && head.at(12, 3) == Some(b"V 1");
    // Before versions there was only the name of the class.
    let older = u32_at(head, 0) == Some(4) && u32_at(head, 4) == Some(1) && class_name(head);
    let table = u32_at(head, 0) == Some(3)
        && u32_at(head, 4) == Some(1)
        && u32_at(head, 8).is_some_and(|count| (1..1 << 24).contains(&count))
        && match u32_at(head, 12) {
            Some(1 | 4) => true,
            Some(2) => text_key(head),
            Some(3 | 7 | 8) => u32_at(head, 16) == Some(2),
            Some(5) => u32_at(head, 16).is_some_and(|truth| truth < 2),
            Some(6) => code(head, 16),
            _ => false,
        };
    // A function by itself: its code stands behind its index, where it has one, and its size.
    let indexed = matches!(u32_at(head, 0), Some(7 | 8)) && u32_at(head, 4).is_some_and(|index| index < 1 << 24);
    let function = u32_at(head, 0) == Some(6) && code(head, 4) || indexed && code(head, 8);
    (object || older || table || function || ascii(head)).then_some(Certainty::Certain)
}

fn ascii(head: &Head<'_>) -> bool {
    let table = head.starts(b"3\n1\n") && head.first.get(4).is_some_and(u8::is_ascii_digit);
    let function = || {
        let lines: Vec<&[u8]> = head.first.splitn(4, |byte| *byte == b'\n').collect();
        let number = |line: Option<&&[u8]>| line.is_some_and(|line| !line.is_empty() && line.iter().all(u8::is_ascii_digit));
        let kind = lines.first().copied();
        let dump = |line: usize| lines.get(line).is_some_and(|line| line.starts_with(b"\x1bL") || line.contains(&b'('));
        number(lines.get(1)) && (kind == Some(b"6") && dump(2) || matches!(kind, Some(b"7" | b"8")) && dump(3))
    };
    head.starts(b"4\n1\n3\nV 1\n") || table || function()
}

/// Whether the size at `offset` is followed by code: bytecode, or text.
fn code(head: &Head<'_>, offset: usize) -> bool {
    let size = u32_at(head, offset).and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    let start = offset.saturating_add(4);
    let text = |code: &[u8]| code.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    let dump = |code: &[u8]| code.starts_with(b"\x1bL");
    (4..1 << 24).contains(&size) && head.at(start, size.min(64)).is_some_and(|code| dump(code) || text(code))
}

/// Whether a text at 8 is the name of a class in a package.
fn class_name(head: &Head<'_>) -> bool {
    let length = u32_at(head, 8).and_then(|length| usize::try_from(length).ok()).filter(|length| *length < 128);
    let name = length.filter(|length| *length > 2).and_then(|length| head.at(12, length)).unwrap_or_default();
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    name.iter().skip(1).any(|byte| *byte == b'.') && name.iter().all(plain)
}

/// Whether the key of a table at 16 is printable text.
fn text_key(head: &Head<'_>) -> bool {
    let length = u32_at(head, 16).and_then(|length| usize::try_from(length).ok()).filter(|length| *length < 256);
    let key = length.filter(|length| *length > 0).and_then(|length| head.at(20, length));
    key.is_some_and(|key| key.iter().all(|byte| (b' '..=b'~').contains(byte)))
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Objects {
        stream: Stream::new(blob, &meter),
        meter: &meter,
        sink,
        seen: HashSet::new(),
        classes: HashSet::new(),
        held: 0,
        functions: 0,
        claimed: 0,
    };
    let outcome = reader.read();
    let (held, end) = (reader.held, reader.stream.offset());
    reader.claim(end, Claim::Read);
    meter.release(held);
    outcome
}

/// What is still to be read, the last first.
enum Next {
    Object,
    /// Keys and values left of a table.
    Pairs(u64),
    /// The storage of a tensor of this shape.
    Storage,
}

struct Objects<'r, 'b, 's> {
    stream: Stream<'b>,
    meter: &'r Meter,
    sink: &'r mut Sink<'s>,
    seen: HashSet<u64>,
    classes: HashSet<String>,
    held: u64,
    functions: usize,
    claimed: u64,
}

impl Objects<'_, '_, '_> {
    /// Claims everything up to `end`.
    fn claim(&mut self, end: u64, claim: Claim) {
        self.sink.claim(self.claimed..end.max(self.claimed), claim);
        self.claimed = self.claimed.max(end);
    }

    fn read(&mut self) -> Result<(), Stop> {
        let mut stack = vec![Next::Object];
        while let Some(next) = stack.pop() {
            self.meter.steps(1)?;
            match next {
                Next::Pairs(left) => {
                    if let Some(left) = left.checked_sub(1) {
                        stack.push(Next::Pairs(left));
                        stack.push(Next::Object);
                    }
                }
                Next::Object | Next::Storage => self.object(&mut stack)?,
            }
        }
        // Several objects may follow one another in a file.
        Ok(())
    }

    /// Whether the object with this index comes for the first time; a later time is a reference.
    fn first(&mut self, index: u64) -> Result<bool, Stop> {
        if self.seen.len() >= OBJECTS {
            return Err(Stop::malformed(self.stream.offset(), "fewer objects"));
        }
        self.meter.hold(24)?;
        self.held = self.held.saturating_add(24);
        Ok(self.seen.insert(index))
    }

    fn object(&mut self, stack: &mut Vec<Next>) -> Result<(), Stop> {
        let at = self.stream.offset();
        match self.stream.int("the type of an object")? {
            0 => Ok(()),
            1 => self.stream.double("a number"),
            2 => self.stream.text(TEXT, "a text").map(drop),
            3 => {
                let index = self.stream.int("the index of a table")?;
                if self.first(index)? {
                    let pairs = self.stream.int("the size of a table")?;
                    stack.push(Next::Pairs(pairs.saturating_mul(2)));
                }
                Ok(())
            }
            4 => {
                let index = self.stream.int("the index of an object")?;
                if self.first(index)? { self.class(stack) } else { Ok(()) }
            }
            5 => self.stream.int("a truth value").map(drop),
            6 => self.function(stack),
            7 | 8 => {
                let index = self.stream.int("the index of a function")?;
                if self.first(index)? { self.function(stack) } else { Ok(()) }
            }
            kind => Err(Stop::malformed(at, format!("a type of object from 0 to 8, not {kind}"))),
        }
    }

    /// The bytecode of a function, and then its upvalues.
    fn function(&mut self, stack: &mut Vec<Next>) -> Result<(), Stop> {
        let length = self.stream.int("the size of a function")?;
        let start = self.stream.offset();
        self.claim(start, Claim::Read);
        let body = self.stream.bytes(length.min(FUNCTION), "the bytecode of a function");
        // What there is of a function that is cut short is looked at all the same.
        let end = match &body {
            Ok(()) => start.saturating_add(length),
            Err(_) => self.stream.blob().len().unwrap_or(start),
        };
        self.functions = self.functions.saturating_add(1);
        // `loadstring` takes source as well as bytecode.
        let bytecode = self.stream.blob().bytes_at(start, 1)? == b"\x1b";
        let name = format!("function-{}.{}", self.functions, if bytecode { "luac" } else { "lua" });
        if let Some(blob) = self.stream.blob().slice(start..end) {
            let place = Place::bytes(start, end.saturating_sub(start));
            self.sink.child(Child::window(name, place, blob))?;
        }
        self.claim(end, Claim::Child);
        body?;
        self.stream.end_of_bytes()?;
        stack.push(Next::Object);
        Ok(())
    }

    fn class(&mut self, stack: &mut Vec<Next>) -> Result<(), Stop> {
        let at = self.stream.offset();
        let version = self.stream.text(TEXT, "a version")?;
        // Without a version the text is the name of the class itself.
        let name = if version.starts_with(b"V ") { self.stream.text(TEXT, "the name of a class")? } else { version };
        let name = String::from_utf8_lossy(&name).into_owned();
        if self.classes.len() < 1024 && self.classes.insert(name.clone()) {
            let identity = Identity { key: "class".into(), value: name.as_str().into() };
            self.sink.fact(Place::bytes(at, 0), identity)?;
        }
        match name.strip_prefix("torch.") {
            Some(kind) if kind.ends_with("Tensor") => self.tensor(at, kind, stack),
            Some(kind) if kind.ends_with("Storage") => self.storage(kind),
            Some("Generator" | "Timer") => Ok(()),
            // `torch.Object.read`: every other class is a table of its fields.
            _ => {
                stack.push(Next::Object);
                Ok(())
            }
        }
    }

    fn tensor(&mut self, at: u64, kind: &str, stack: &mut Vec<Next>) -> Result<(), Stop> {
        let dimensions = self.stream.int("the dimensions of a tensor")?;
        if dimensions > DIMENSIONS {
            return Err(Stop::malformed(at, "a tensor of fewer dimensions"));
        }
        let mut shape = Vec::new();
        let mut count = u64::from(dimensions > 0);
        for _ in 0..dimensions {
            let size = self.stream.long("a size")?;
            count = count.saturating_mul(size);
            shape.push(size.to_string());
        }
        for _ in 0..dimensions {
            self.stream.long("a stride")?;
        }
        self.stream.long("an offset")?;
        let (dtype, width) = element(kind.trim_end_matches("Tensor"));
        let bytes = count.saturating_mul(width);
        let shape = shape.join("x");
        let tensor = Tensor { name: "".into(), dtype: dtype.into(), shape: shape.into(), bytes, stored: bytes };
        self.sink.fact(Place::bytes(at, 0), tensor)?;
        stack.push(Next::Storage);
        Ok(())
    }

    fn storage(&mut self, kind: &str) -> Result<(), Stop> {
        let count = self.stream.long("the size of a storage")?;
        let start = self.stream.offset();
        let (_, width) = element(kind.trim_end_matches("Storage"));
        self.stream.elements(count, width, self.meter)?;
        self.claim(start, Claim::Read);
        let end = self.stream.offset();
        self.claim(end, Claim::Opaque);
        Ok(())
    }
}

/// The element type of a tensor's or storage's class, and its bytes.
fn element(kind: &str) -> (&'static str, u64) {
    match kind.strip_prefix("Cuda").unwrap_or(kind) {
        "Byte" => ("uint8", 1),
        "Char" => ("int8", 1),
        "Short" => ("int16", 2),
        "Int" => ("int32", 4),
        "Long" => ("int64", 8),
        "Double" => ("float64", 8),
        "Half" => ("float16", 2),
        _ => ("float32", 4),
    }
}
