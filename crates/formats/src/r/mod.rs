//! R: serialised objects (`.rds`, `.rda`), whose promises run when they are touched, and source.

mod object;
mod stream;
mod value;

#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::{object::Objects, stream::Stream};
use crate::{
    identified::{extension, interpreted},
    lua::whole,
    program::{
        Program, listing,
        source::{self, Blocks, Operators, Syntax},
    },
    told::{self, Style},
};

/// R Internals, section 1.8: one object, or the variables of a workspace.
pub const DATA: Format = Format {
    id: "r-data",
    name: "R serialised data",
    extensions: &["rds", "rda", "rdata"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call],
    detect,
    explain: Some(|blob, meter| told::list(blob, meter, data, &STYLE)),
    parse: data,
};

/// Source, by name or by its first line.
pub const SOURCE: Format = Format {
    id: "r-source",
    name: "R source",
    extensions: &["r"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call],
    detect: |head: &Head<'_>| {
        let named = ["r", "rprofile"].iter().any(|known| extension(head).eq_ignore_ascii_case(known));
        (named || interpreted(head, &["Rscript"])).then_some(Certainty::Certain)
    },
    explain: Some(|blob, meter| listing::list(blob, meter, 16 << 20, "r", &SYNTAX)),
    parse: text,
};

/// How serialised objects are listed: as the calls that are in them.
const STYLE: Style = Style { language: "r", comment: "#", join: "::", new: "", import: "" };

/// Functions that R calls by their names: when it starts, or loads or attaches a package.
const HOOKS: &[&str] = &[".First", ".First.lib", ".First.sys", ".Last", ".Last.lib", ".onAttach", ".onLoad", ".onUnload"];

/// How R is written.
const SYNTAX: Syntax = Syntax {
    line_comment: "#",
    long_brackets: false,
    operators: Operators { concat: "", assign: &["<-", "<<-", "="], namespace: &["::", ":::"], member: &["$", "@"] },
    dotted_names: true,
    blocks: Blocks::Braces,
    hooks: HOOKS,
};

/// Bytes of the header of a workspace: `RDX3\n`.
const WORKSPACE: usize = 5;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let workspace = [b"RDX", b"RDA", b"RDB"].iter().any(|magic| head.starts(*magic))
        && matches!(head.at(3, 2), Some(b"2\n" | b"3\n"));
    let binary =
        matches!(head.at(0, 6), Some(b"X\n\0\0\0\x02" | b"X\n\0\0\0\x03" | b"B\n\x02\0\0\0" | b"B\n\x03\0\0\0"));
    let ascii = (head.starts(b"A\n2\n") || head.starts(b"A\n3\n")) && head.first.get(4).is_some_and(u8::is_ascii_digit);
    (workspace || binary || ascii).then_some(Certainty::Certain)
}

fn data(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let start = if blob.bytes_at(0, 1)? == b"R" { WORKSPACE as u64 } else { 0 };
    let mut stream = Stream::new(blob, &meter, start)?;
    let version = stream.version()?;
    let value = format!("serialisation {version} of R").into();
    sink.fact(Place::bytes(0, stream.offset()), Identity { key: "version".into(), value })?;
    let mut objects = Objects::new(&mut stream, &meter, Program::new(&value::R, sink));
    let outcome = objects.read();
    meter.release(objects.held());
    let end = stream.offset();
    sink.claim(0..end, Claim::Read);
    outcome
}

fn text(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let bytes = whole(blob, sink)?;
    let end = bytes.len() as u64;
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: "r".into() })?;
    source::read(&String::from_utf8_lossy(&bytes), &SYNTAX, &mut Program::new(&value::R, sink))?;
    // What holds a NUL is no text: a binary behind a script is not claimed as one.
    let text = bytes.iter().position(|byte| *byte == 0).map_or(end, |at| at as u64);
    sink.claim(0..text, Claim::Read);
    Ok(())
}
