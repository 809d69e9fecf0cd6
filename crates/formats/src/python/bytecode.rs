//! Python bytecode: `.pyc` files, and marshal streams that hold code.

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

/// Bytes of a header, and of the numbers behind it.
const HEADER: usize = 64;

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
    (::python::bytecode::is_pyc(head) || behind_header(head.first).is_some()).then_some(Certainty::Certain)
}

/// Where the code begins behind a header that says no version which is read: other magic numbers than CPython's, or none, as
/// tools leave that take programs apart.
fn behind_header(first: &[u8]) -> Option<u64> {
    let code = |offset: &usize| match first.get(*offset..) {
        // A code object, and numbers of arguments, locals and values that are all small.
        Some([b'c' | 0xe3, numbers @ ..]) => {
            let (numbers, _) = numbers.as_chunks::<4>();
            numbers.get(..3).is_some_and(|numbers| numbers.iter().all(|number| matches!(number, [_, 0 | 1, 0, 0])))
        }
        _ => false,
    };
    let cpython = matches!(first, [_, _, b'\r', b'\n', ..]);
    let headless = first.get(..16).is_some_and(|header| header.iter().all(|byte| *byte == 0));
    let found = [16_usize, 12, 8].into_iter().find(code).filter(|_| cpython || headless)?;
    u64::try_from(found).ok()
}

fn detect_marshal(head: &Head<'_>) -> Option<Certainty> {
    ::python::bytecode::may_be_marshal(head).then_some(Certainty::Possible)
}

fn parse_pyc(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let first = blob.bytes_at(0, HEADER)?;
    let known = ::python::bytecode::is_pyc(&Head { first: &first, last: &[], probes: &[], len: None, name: "" });
    if let (false, Some(start)) = (known, behind_header(&first)) {
        return of_unknown_version(blob, start, sink);
    }
    let end = ::python::bytecode::read_pyc(blob, sink)?;
    crate::inert::trailing(blob, sink, end)
}

fn parse_marshal(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let end = ::python::bytecode::read_marshal(blob, sink)?;
    // Without code it is data, which does nothing; all of it has to be, or it may be something else.
    if !sink.passed() && blob.len() == Some(end) {
        sink.milestone()?;
    }
    if sink.passed() {
        return crate::inert::trailing(blob, sink, end);
    }
    Err(Stop::malformed(0, "a marshalled code object"))
}

/// The code behind a header of an unknown version, given back: a bare stream is tried with every version.
fn of_unknown_version(blob: &Blob, start: u64, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let magic = blob.bytes_at(0, 2)?.first_chunk().map_or(0, |magic| u16::from_le_bytes(*magic));
    let value = format!("unknown (magic number {magic})").into();
    sink.fact(Place::bytes(0, start), Identity { key: "version".into(), value })?;
    sink.claim(0..start, Claim::Read);
    let end = blob.len().unwrap_or(start);
    let Some(code) = blob.slice(start..end) else { return Err(Stop::truncated(end, "the code of a module")) };
    sink.claim(start..end, Claim::Child);
    sink.child(Child::window("code.marshal", Place::bytes(start, end.saturating_sub(start)), code))
}

#[cfg(test)]
mod tests {
    use super::{BYTECODE, MARSHAL};
    use crate::reading;

    /// `marshal.dumps({'a': [1, 2, 3], 'b': ('x', None)})` of CPython 3.11: read to its end, and nothing less than that.
    #[test]
    fn a_stream_of_data_is_read_to_its_end() {
        let data = b"{\xda\x01a[\x03\0\0\0\xe9\x01\0\0\0\xe9\x02\0\0\0\xe9\x03\0\0\0\xda\x01b\xa9\x02\xda\x01xN0";
        let reading = reading::read(&MARSHAL, "table.marshal", data).unwrap();
        assert!(reading.complete() && reading.facts.is_empty() && reading.children.is_empty());
        for wrong in [&data[..data.len() - 1], &[&data[..], b"more"].concat()] {
            assert!(!reading::read(&MARSHAL, "table.marshal", wrong).is_some_and(|reading| reading.complete()));
        }
    }

    /// Whoever loads a list of code objects runs them: they state what they state as modules.
    #[test]
    fn code_in_data_runs_as_code_by_itself_does() {
        let code = &include_bytes!("../../testdata/python-bytecode/3.12.pyc")[16..];
        let stated = |bytes: &[u8]| {
            let reading = reading::read(&MARSHAL, "table.marshal", bytes).unwrap();
            let calls = reading.facts.iter().filter_map(|fact| match &fact.data {
                base::fact::Data::Call(call) => Some((call.module.clone(), call.name.clone(), call.when.clone())),
                _ => None,
            });
            calls.collect::<Vec<_>>()
        };
        let alone = stated(code);
        assert!(alone.iter().any(|(_, _, when)| &**when == "import"));
        assert_eq!(stated(&[b"[\x01\0\0\0", code].concat()), alone);
    }

    /// Other magic numbers, and zeros where a tool left the header out: the code is a child, whatever version it is of.
    #[test]
    fn code_behind_an_unknown_header_is_given_back() {
        let file = include_bytes!("../../testdata/python-bytecode/3.12.pyc");
        for magic in [b"\x8b\x0f\r\n".as_slice(), &[0; 4], b"xy\r\n"] {
            let bytes = [magic, &[0; 12], &file[16..]].concat();
            let reading = reading::read(&BYTECODE, "a", &bytes).unwrap();
            assert!(reading.complete(), "{:?}", reading.stop);
            assert_eq!((reading.children[0].name.as_slice(), reading.children[0].place.offset), (b"code.marshal".as_slice(), 16));
        }
        assert!(reading::detect(&BYTECODE, "a", &[&[0; 16][..], b"\xe3abcdefghijklmnop"].concat()).is_none());
        assert!(reading::detect(&BYTECODE, "a", &[0; 64]).is_none());
        for cut in testkit::prefixes(&[&[0; 16][..], &file[16..]].concat(), &[]) {
            let _ = reading::parse(&BYTECODE, "a", &[&[0; 16][..], &file[16..]].concat()[..cut], false);
        }
    }
}
