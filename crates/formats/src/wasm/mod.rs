//! WebAssembly modules: what they ask of the runtime around them, and what starts by itself.

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Import, Kind, Opaque},
    format::{Certainty, Class, Depth, Format, Head},
    location::{Place, Unit},
    reader::Reader,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use crate::told::{self, Style};

/// A module of version 1, or a component, which is recognised only.
pub const FORMAT: Format = Format {
    id: "wasm",
    name: "WebAssembly",
    extensions: &["wasm"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Opaque],
    detect: |head: &Head<'_>| {
        let version = matches!(head.at(4, 4), Some([1, 0, 0, 0] | [_, 0, 1, 0]));
        (head.starts(b"\0asm") && version).then_some(Certainty::Certain)
    },
    explain: Some(|blob, meter| told::list(blob, meter, parse, &STYLE)),
    parse,
};

/// How a module is listed: by what it asks of the runtime.
const STYLE: Style = Style { language: "wasm", comment: ";;", join: ".", new: "", import: "import " };

/// Bytes of a name.
const NAME: u64 = 64 << 10;
/// The code and the data of a module: numbers to everything but the runtime.
const CODE: u8 = 10;
const DATA: u8 = 11;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    reader.skip(4, "the magic")?;
    let version = reader.u32_le("the version")?;
    let detail = if version == 1 { "a WebAssembly module" } else { "a WebAssembly component" };
    sink.fact(Place::bytes(0, 8), Opaque { kind: "virtual-machine".into(), detail: detail.into() })?;
    if version != 1 {
        return Err(Stop::Unsupported("a component of several modules".into()));
    }
    sink.claim(0..8, Claim::Read);
    while !reader.at_end()? {
        meter.steps(1)?;
        let at = reader.offset();
        let id = reader.u8("a section")?;
        let size = u64::from(number(&mut reader)?);
        let start = reader.offset();
        let end = start.saturating_add(size);
        if id > 13 {
            return Err(Stop::malformed(at, format!("a section of a known kind, not {id}")));
        }
        match id {
            0 => {
                let name = name(&mut reader, "the name of a section")?;
                sink.fact(Place::bytes(at, 0), Identity { key: "section".into(), value: name.into() })?;
            }
            2 => imports(&mut reader, sink)?,
            7 => exports(&mut reader, sink)?,
            8 => {
                let function = number(&mut reader)?;
                let value = format!("function {function}").into();
                sink.fact(Place::bytes(at, 0), Identity { key: "start".into(), value })?;
            }
            _ => {}
        }
        if reader.offset() > end {
            return Err(Stop::malformed(at, "a section that ends inside its stated size"));
        }
        reader.skip(end.saturating_sub(reader.offset()), "a section")?;
        let claim = if matches!(id, CODE | DATA) { Claim::Opaque } else { Claim::Read };
        sink.claim(at..start, Claim::Read);
        sink.claim(start..end, claim);
    }
    Ok(())
}

/// LEB128 of at most 32 bits.
fn number(reader: &mut Reader<'_>) -> Result<u32, Stop> {
    let at = reader.offset();
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let byte = reader.u8("a number")?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value).map_err(|_| Stop::malformed(at, "a number of at most 32 bits"));
        }
    }
    Err(Stop::malformed(at, "a number of at most 32 bits"))
}

/// LEB128 of at most 64 bits: limits of memories and tables.
fn wide(reader: &mut Reader<'_>) -> Result<(), Stop> {
    let at = reader.offset();
    for _ in 0..10 {
        if reader.u8("a number")? & 0x80 == 0 {
            return Ok(());
        }
    }
    Err(Stop::malformed(at, "a number of at most 64 bits"))
}

fn name(reader: &mut Reader<'_>, what: &str) -> Result<String, Stop> {
    let at = reader.offset();
    let length = u64::from(number(reader)?);
    if length > NAME {
        return Err(Stop::malformed(at, format!("{what} of at most {NAME} bytes")));
    }
    Ok(String::from_utf8_lossy(&reader.take(length, what)?).into_owned())
}

fn imports(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    for _ in 0..number(reader)? {
        sink.meter().steps(1)?;
        let at = reader.offset();
        let (module, field) = (name(reader, "the module of an import")?, name(reader, "the name of an import")?);
        match reader.u8("the kind of an import")? {
            0 => {
                number(reader)?;
            }
            1 => {
                // The type of a table's elements may be a reference to a type.
                if matches!(reader.u8("the type of a table")?, 0x63 | 0x64) {
                    wide(reader)?;
                }
                limits(reader)?;
            }
            2 => limits(reader)?,
            3 => {
                if matches!(reader.u8("the type of a global")?, 0x63 | 0x64) {
                    wide(reader)?;
                }
                reader.u8("a global")?;
            }
            4 => {
                reader.u8("a tag")?;
                number(reader)?;
            }
            _ => return Err(Stop::malformed(reader.offset().saturating_sub(1), "the kind of an import")),
        }
        let import = Import {
            module: format!("wasm:{module}").into(),
            name: field.as_str().into(),
            written: "".into(),
            origin: "symbol".into(),
            when: "load".into(),
        };
        sink.fact(Place::bytes(at, 0).pointer(Unit::Symbol, field), import)?;
    }
    Ok(())
}

fn limits(reader: &mut Reader<'_>) -> Result<(), Stop> {
    let flags = reader.u8("limits")?;
    wide(reader)?;
    if flags & 1 != 0 { wide(reader) } else { Ok(()) }
}

/// Only the names by which runtimes begin are stated.
fn exports(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    for _ in 0..number(reader)? {
        sink.meter().steps(1)?;
        let at = reader.offset();
        let name = name(reader, "the name of an export")?;
        reader.u8("the kind of an export")?;
        number(reader)?;
        if matches!(name.as_str(), "_start" | "_initialize" | "__wasm_call_ctors" | "main") {
            sink.fact(Place::bytes(at, 0), Identity { key: "entry-point".into(), value: name.into() })?;
        }
    }
    Ok(())
}
