//! Lua: chunks of bytecode (PUC 5.1 to 5.4, LuaJIT) and source, read to the calls that they make and the names that they use.

mod decode;
mod jit;
mod machine;
mod prototype;
mod puc;
mod value;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use crate::{
    identified::{extension, interpreted},
    program::{
        Program, listing,
        source::{self, Syntax},
    },
    told::{self, Style},
};

/// Bytes of one chunk or source file.
const LENGTH: u64 = 16 << 20;
const SIZE: usize = 16 << 20;

/// How a chunk is listed: as the calls that it makes.
const STYLE: Style = Style { language: "lua", comment: "--", join: ".", new: "", import: "local _ = " };

/// Bytecode, and what claims to be.
pub const BYTECODE: Format = Format {
    id: "lua-bytecode",
    name: "Lua bytecode",
    extensions: &["luac"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call, Kind::Flaw],
    detect: |head: &Head<'_>| (head.starts(b"\x1bLua") || head.starts(b"\x1bLJ")).then_some(Certainty::Certain),
    explain: Some(|blob, meter| told::list(blob, meter, bytecode, &STYLE)),
    parse: bytecode,
};

/// Source, by name or by its first line.
pub const SOURCE: Format = Format {
    id: "lua-source",
    name: "Lua source",
    extensions: &["lua"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call],
    detect: |head: &Head<'_>| {
        let named = extension(head).eq_ignore_ascii_case("lua") && !head.starts(b"\x1b");
        (named || interpreted(head, &["lua"])).then_some(Certainty::Certain)
    },
    explain: Some(|blob, meter| listing::list(blob, meter, SIZE, "lua", &SYNTAX)),
    parse: text,
};

/// How Lua is written.
const SYNTAX: Syntax = Syntax {
    line_comment: "--",
    long_brackets: true,
    operators: source::Operators { concat: "..", assign: &["="], namespace: &[], member: &[".", ":"] },
    dotted_names: false,
    blocks: source::Blocks::Words,
    hooks: &[],
};

fn bytecode(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    let magic: [u8; 4] = reader.array("the magic")?;
    let read = if magic.starts_with(b"\x1bLJ") { jit::read(&mut reader, &meter) } else { puc::read(&mut reader, &meter) };
    let end = reader.offset();
    let (chunk, stop) = match read {
        Ok(chunk) => (chunk, None),
        Err((chunk, stop)) => (chunk, Some(stop)),
    };
    sink.fact(Place::bytes(0, end), Identity { key: "version".into(), value: chunk.version.as_str().into() })?;
    machine::run(&chunk, &mut Program::new(&value::LUA, sink))?;
    meter.release(chunk.held);
    match stop {
        None => {
            sink.claim(0..end, Claim::Read);
            Ok(())
        }
        // No virtual machine runs a broken chunk, but what its text says is still told.
        Some(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. })) => {
            let flaw = Flaw { id: "broken-chunk".into(), detail: stop.to_string().into(), part: "".into() };
            sink.fact(Place::bytes(0, end), flaw)?;
            let bytes = whole(blob, sink)?;
            let rest = bytes.get(4..).unwrap_or_default();
            let plain = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
            for part in rest.split(|byte| !plain(byte)).filter(|part| part.len() >= 6) {
                let part = String::from_utf8_lossy(part);
                source::read(&part, &SYNTAX, &mut Program::new(&value::LUA, sink))?;
            }
            Err(stop)
        }
        Some(stop) => Err(stop),
    }
}

fn text(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let bytes = whole(blob, sink)?;
    let end = bytes.len() as u64;
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: "lua".into() })?;
    source::read(&String::from_utf8_lossy(&bytes), &SYNTAX, &mut Program::new(&value::LUA, sink))?;
    // What holds a NUL is no text: a binary behind a script is not claimed as one.
    let text = bytes.iter().position(|byte| *byte == 0).map_or(end, |at| at as u64);
    sink.claim(0..text, Claim::Read);
    Ok(())
}

/// The whole of a file that is small enough.
pub(crate) fn whole(blob: &Blob, sink: &Sink<'_>) -> Result<Vec<u8>, Stop> {
    let bytes = blob.bytes_at(0, usize::try_from(LENGTH).unwrap_or(usize::MAX).saturating_add(1))?;
    sink.meter().bytes(bytes.len() as u64)?;
    if bytes.len() as u64 > LENGTH { Err(Stop::Limit(Reason::Memory)) } else { Ok(bytes) }
}
