//! Bytecode of CPython: `.pyc` files and bare marshal streams of 2.7 and 3.6 to 3.14.
//!
//! The instructions are walked over a stack of what is known, with the names, calls and functions of the same machine
//! that walks source. A bare stream does not say its version: layouts and opcode tables that fit are found by trial.

mod arrange;
mod branch;
mod call;
mod code;
mod depth;
mod effect;
mod endless;
mod explain;
mod flow;
mod guess;
mod imports;
mod instruction;
mod lines;
mod load;
mod marshal;
mod mentions;
mod opcode;
mod operate;
mod stack;
mod step;
mod sweep;
mod version;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::{Flaw, Identity, Str},
    format::Head,
    location::{Place, Pointer, Unit},
    reason::Reason,
    sink::Sink,
    stop::Stop,
};
use foldhash::HashSet;
use ruff_text_size::TextRange;

pub use self::explain::{explain_marshal, explain_pyc};
pub(crate) use self::{code::Code, stack::Spare};
use self::{
    depth::{Depths, Wrong},
    instruction::Decoded,
    marshal::Stream,
    version::Version,
};
use crate::{
    function::Body,
    local::Local,
    machine::{Machine, When},
};

/// Stack for walking: functions within functions, classes within classes and what is dropped with them.
const STACK: usize = 64 << 20;
/// Code objects within code objects that are entered, by class bodies and functions evaluated for their value.
const MAX_ENTERED: u32 = 100;

/// What is walked: where facts are placed.
#[derive(Clone, Copy)]
pub(crate) struct Running<'t> {
    version: Version,
    codes: &'t [Code],
    code: &'t Code,
    entered: u32,
}

impl Running<'_> {
    /// The place of the instruction that spans `range`.
    pub(crate) fn place(&self, range: TextRange, context: Option<&Str>) -> Place {
        let at = range.start().to_u32();
        let (line, column) = self.code.line(self.version, at);
        let condition = context.filter(|text| text.starts_with("if ") || matches!(&***text, "except" | "else"));
        let pointer = Pointer::Instruction { of: self.code.qualname.clone(), at, condition: condition.cloned() };
        Place::bytes(self.code.code_at.saturating_add(u64::from(at)), u64::from(range.len().to_u32()))
            .line(line, column)
            .pointer(Unit::Instruction, pointer)
    }
}

/// The version of a `.pyc` and the length of its header, from the first bytes.
fn header(first: &[u8]) -> Option<(Version, u64)> {
    let [low, high, b'\r', b'\n', ..] = *first else { return None };
    Version::of_magic(u16::from_le_bytes([low, high]))
}

/// Whether a head is that of a `.pyc` of a version that is read: magic, header, a code object.
pub fn is_pyc(head: &Head<'_>) -> bool {
    let offset = header(head.first).and_then(|(_, length)| usize::try_from(length).ok());
    offset.is_some_and(|offset| matches!(head.first.get(offset), Some(b'c' | 0xe3)))
}

/// Whether a head may be a marshal stream with code: a code object, or a container of some.
pub fn may_be_marshal(head: &Head<'_>) -> bool {
    let Some(first) = head.first.first() else { return false };
    let small = |index: usize| {
        head.first.get(index.saturating_mul(4)..).is_some_and(|rest| matches!(rest, [_, _, _, 0 | 1, 0, ..]))
    };
    match first & 0x7f {
        // The numbers before the bytes of the code are small.
        b'c' => (0..4).all(small),
        b'(' | b')' | b'[' | b'{' => head.name.ends_with(".marshal"),
        _ => false,
    }
}

/// Reads a `.pyc`; returns where its code ends.
///
/// # Errors
/// A [`Stop`] when the header or the stream is broken, or when the budget ends.
pub fn read_pyc(blob: &Blob, sink: &mut Sink<'_>) -> Result<u64, Stop> {
    let blob = whole(blob, sink.meter())?;
    let (first, size) = (blob.memory().unwrap_or_default(), blob.len().unwrap_or(0));
    let Some((version, length)) = header(first) else {
        return Err(Stop::malformed(0, "the magic number of a Python version that is read"));
    };
    if size <= length {
        return Err(Stop::truncated(size, "the header of a .pyc"));
    }
    let said = |key: &str, value: &str| Identity { key: key.into(), value: value.into() };
    sink.fact(Place::bytes(0, length), said("version", &format!("CPython {}", version.name())))?;
    sink.claim(0..length, Claim::Read);
    stacker::grow(STACK, || {
        let stream = marshal::read(&blob, usize::try_from(length).unwrap_or(0), version.layout(), sink.meter());
        sink.claim(length..stream.end as u64, Claim::Read);
        sink.milestone()?;
        judge(&stream, &Case { version, when: When::Import, at_load: false, doubtful: false, handed: false }, sink)?;
        match stream.broken {
            Some(stop) => Err(stop),
            None => Ok(stream.end as u64),
        }
    })
}

/// Reads a bare marshal stream; returns where it ends.
///
/// # Errors
/// A [`Stop`] when no version's layout reads it, or when the budget ends.
pub fn read_marshal(blob: &Blob, sink: &mut Sink<'_>) -> Result<u64, Stop> {
    let blob = whole(blob, sink.meter())?;
    stacker::grow(STACK, || {
        let found = guess::versions(&blob, sink.meter())?;
        let end = found.stream.end as u64;
        sink.claim(0..end, Claim::Read);
        let names: Vec<&str> = found.versions.iter().map(|version| version.name()).collect();
        if !found.stream.codes.is_empty() {
            sink.milestone()?;
            let value = format!("CPython {} (assumed)", names.join(" or "));
            sink.fact(Place::bytes(0, end), Identity { key: "version".into(), value: value.into() })?;
        }
        // Keras calls a Lambda layer while it builds the model.
        let at_load = sink.name() == "lambda.marshal";
        let when = if sink.name() == "code-argument.marshal" { When::Called } else { When::Import };
        let handed = sink.name().ends_with("-argument.marshal");
        let doubtful = found.faults > found.stream.codes.len() as u64;
        let mut stream = Some(found.stream);
        for version in found.distinct {
            // Each version caches what it decoded: the next one reads anew.
            let stream = match stream.take() {
                Some(stream) => stream,
                None => marshal::read(&blob, 0, version.layout(), sink.meter()),
            };
            judge(&stream, &Case { version, when, at_load, doubtful, handed }, sink)?;
        }
        if doubtful {
            return Err(Stop::Unsupported("opcodes that fit no version of CPython that is read".into()));
        }
        Ok(end)
    })
}

/// All of it, in memory.
fn whole(blob: &Blob, meter: &Meter) -> Result<Blob, Stop> {
    let held = match blob.memory() {
        Some(_) => blob.clone(),
        None => Blob::from_bytes(
            blob.bytes_at(0, usize::try_from(marshal::MAX_BYTES.saturating_add(1)).unwrap_or(usize::MAX))?,
        ),
    };
    let size = held.len().unwrap_or(0);
    if size > marshal::MAX_BYTES {
        return Err(Stop::Limit(Reason::Memory));
    }
    meter.bytes(size)?;
    Ok(held)
}

/// How a stream is run.
struct Case {
    /// What runs it.
    version: Version,
    /// When its code runs.
    when: When,
    /// Whether it runs while a model is loaded.
    at_load: bool,
    /// Whether it makes no sense in any version that is read.
    doubtful: bool,
    /// Whether something hands it to what runs it.
    handed: bool,
}

/// Bytes that an instruction takes in memory, with the depths of the stack before it.
const DECODED: u64 = 32;

/// Reads the code of a stream as `case` says, as far as there is room for it.
fn judge(stream: &Stream, case: &Case, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(last) = stream.codes.last() else { return Ok(()) };
    let (version, codes) = (case.version, &*stream.codes);
    let top = stream.top.and_then(|top| codes.get(top)).unwrap_or(last);
    // What is decoded is kept until the end.
    let bytes = codes.iter().map(|code| code.code.len() as u64).fold(0, u64::saturating_add);
    let decoded = if version.is_wordcode() { bytes / 2 } else { bytes };
    let held = decoded.saturating_mul(DECODED);
    sink.meter().hold(held)?;
    let result = follow(stream, case, top, sink);
    sink.meter().release(held);
    result
}

/// Walks the code of a stream, unless nobody asks about anything in it, and says what is wrong with it as such.
fn follow(stream: &Stream, case: &Case, top: &Code, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let (version, codes) = (case.version, &*stream.codes);
    let mut machine = Machine::new("", 0, sink);
    machine.at_load = case.at_load;
    machine.bind_given();
    machine.running = Some(Running { version, codes, code: top, entered: 0 });
    let left = !case.handed && machine.may_be_left() && {
        let mentions = machine.mentioned_in_code(codes, version)?;
        machine.nobody_asks(&mentions)
    };
    if !left {
        machine.program(stream, case.when)?;
    }
    let mut depths = Depths::default();
    for code in codes {
        let decoded = code.decoded(version);
        sink.meter().steps(decoded.instructions.len() as u64)?;
        let wrong = if case.doubtful { Wrong::default() } else { depths.check(code, decoded, version) };
        flaws(code, decoded, wrong, sink)?;
    }
    Ok(())
}

/// States what is wrong with a code object as such.
fn flaws(code: &Code, decoded: &Decoded, wrong: Wrong, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let place = |at: u32| {
        let pointer = Pointer::Instruction { of: code.qualname.clone(), at, condition: None };
        Place::bytes(code.code_at.saturating_add(u64::from(at)), 1).pointer(Unit::Instruction, pointer)
    };
    let found = [
        (decoded.unknown, "unknown-opcode", "an opcode that the version does not have"),
        (decoded.stray, "jump-out-of-code", "a jump leads out of the code"),
        (decoded.overlap, "jump-into-instruction", "a jump leads into the middle of an instruction"),
        (code.odd.then_some(0), "odd-code-object", "a part of a code object is of another type than CPython makes"),
        (wrong.end, "jump-out-of-code", "the code ends and does not say where it goes on"),
        (wrong.underflow, "code-underflow", "takes values from an empty stack"),
        (wrong.overflow, "code-overflow", "puts more values on its stack than it declares"),
        (wrong.outside, "code-index", "loads what lies behind its constants, names or variables"),
    ];
    for (at, id, detail) in found {
        if let Some(at) = at {
            sink.fact(place(at), Flaw { id: id.into(), detail: detail.into(), part: code.qualname.clone() })?;
        }
    }
    Ok(())
}

impl<'t> Machine<'t, '_, '_> {
    /// Walks the code that a stream is, then its functions, then code that nothing in it makes a function of.
    fn program(&mut self, stream: &'t Stream, when: When) -> Result<(), Stop> {
        match stream.top.and_then(|top| stream.codes.get(top)) {
            Some(code) => {
                self.begin(code, when)?;
                self.module_hooks()?;
            }
            None => {
                // Data that hold code: whoever loads them runs each piece, but for what is a part of another.
                let inner: HashSet<usize> = stream.codes.iter().flat_map(Code::inner).collect();
                for (index, code) in stream.codes.iter().enumerate() {
                    if !inner.contains(&index) {
                        self.begin(code, when)?;
                        self.run_functions()?;
                    }
                }
            }
        }
        self.run_functions()?;
        for code in stream.codes.iter().rev() {
            if !code.walked.get() {
                self.function(&code.qualname, None, Body::Code(code));
                self.run_functions()?;
            }
        }
        Ok(())
    }

    /// Walks code that whoever loads the stream runs.
    fn begin(&mut self, code: &'t Code, when: When) -> Result<(), Stop> {
        if !code.is_function() {
            return self.walk_code(code);
        }
        let known = self.function(&code.qualname, None, Body::Code(code));
        if let (Some(Local::Function(index)), When::Import) = (self.local(&known), when) {
            self.called(index, &[], &[]);
        }
        Ok(())
    }
}
