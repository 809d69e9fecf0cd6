//! Python bytecode: `.pyc` files, and marshal streams that hold code.

use base::{
    blob::Blob,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    sink::Sink,
    source::Access,
    stop::Stop,
};

/// A compiled module of CPython 2.7 or 3.6 to 3.14.
pub const BYTECODE: Format = Format {
    id: "python-bytecode",
    name: "Python bytecode file",
    extensions: &["pyc", "pyo"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call, Kind::Attribute, Kind::Flaw],
    detect: detect_pyc,
    explain: Some(::python::bytecode::explain_pyc),
    parse: parse_pyc,
};

/// A marshal stream: what `marshal.loads` reads, which says no version.
pub const MARSHAL: Format = Format {
    id: "marshal",
    name: "Python marshalled code",
    extensions: &["marshal"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Import, Kind::Call, Kind::Attribute, Kind::Flaw],
    detect: detect_marshal,
    explain: Some(::python::bytecode::explain_marshal),
    parse: parse_marshal,
};

fn detect_pyc(head: &Head<'_>) -> Option<Certainty> {
    ::python::bytecode::is_pyc(head).then_some(Certainty::Certain)
}

fn detect_marshal(head: &Head<'_>) -> Option<Certainty> {
    ::python::bytecode::may_be_marshal(head).then_some(Certainty::Possible)
}

fn parse_pyc(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let end = ::python::bytecode::read_pyc(blob, sink)?;
    crate::inert::trailing(blob, sink, end)
}

fn parse_marshal(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let end = ::python::bytecode::read_marshal(blob, sink)?;
    if sink.passed() {
        return crate::inert::trailing(blob, sink, end);
    }
    Err(Stop::malformed(0, "a marshalled code object"))
}
