//! NumPy `.npy` arrays, versions 1 to 3: the header is parsed as a literal, never evaluated (NEP 1, `numpy/lib/format.py`).

mod dtype;
mod literal;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Kind, Tensor},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use self::{
    dtype::Dtype,
    literal::{Literal, parse as parse_literal},
};

/// NumPy array.
pub const FORMAT: Format = Format {
    id: "npy",
    name: "NumPy array",
    extensions: &["npy"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Tensor, Kind::Flaw],
    detect,
    explain: None,
    parse,
};

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// NumPy itself refuses longer headers unless it is told to trust the file (`max_header_size`); a megabyte leaves room for honest records of many fields.
const MAX_HEADER: u64 = 1 << 20;

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let version = head.first.get(6..8)?;
    (head.starts(MAGIC) && matches!(version, [1..=3, 0])).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    reader.skip(6, "the magic number")?;
    let [major, _] = reader.array("the version")?;
    let stated = if major == 1 { u64::from(reader.u16_le("the header's length")?) } else { u64::from(reader.u32_le("the header's length")?) };
    if stated > MAX_HEADER {
        return Err(Stop::malformed(8, format!("a header of {stated} bytes")));
    }
    let at = reader.offset();
    let text = reader.take(stated, "the header")?;
    let start = reader.offset();
    sink.claim(0..start, Claim::Read);
    let header = header(&text, at)?;
    let tensor = Tensor {
        name: "".into(),
        dtype: header.dtype.name.clone().into(),
        shape: header.shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x").into(),
        bytes: header.bytes.unwrap_or(u64::MAX),
        stored: blob.len().map_or(0, |len| len.saturating_sub(start)),
    };
    sink.fact(Place::bytes(at, stated), tensor)?;
    if header.dtype.has_object {
        return object_array(blob, start, sink);
    }
    match header.bytes {
        Some(bytes) => elements(blob, start, bytes, reader, sink),
        None => Err(Stop::malformed(at, "the shape and the element type need more bytes than there are numbers")),
    }
}

/// An array of objects is a pickle: `numpy.load(allow_pickle=True)` loads it.
fn object_array(blob: &Blob, start: u64, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(body) = blob.from(start) else { return Ok(()) };
    let length = body.len().unwrap_or(0);
    sink.child(Child::window("object-array.pkl", Place::bytes(start, length), body))?;
    sink.claim(start..start.saturating_add(length), Claim::Child);
    Ok(())
}

/// Plain elements are numbers; what follows them belongs to nobody that NumPy knows.
fn elements(blob: &Blob, start: u64, bytes: u64, mut reader: Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let end = start.saturating_add(bytes);
    let skipped = reader.skip(bytes, "the elements of the array");
    let last = blob.len().map_or(end, |len| len.min(end));
    sink.claim(start..last, Claim::Opaque);
    skipped?;
    if reader.at_end()? {
        return Ok(());
    }
    let rest = blob.len().map_or(0, |len| len.saturating_sub(end));
    let detail = format!("{rest} bytes follow the last element");
    sink.fact(Place::bytes(end, rest), Flaw { id: "trailing-data".into(), detail: detail.into(), part: "".into() })?;
    if let Some(tail) = blob.from(end) {
        sink.child(Child::window("trailing", Place::bytes(end, rest), tail))?;
        sink.claim(end..end.saturating_add(rest), Claim::Child);
    }
    Ok(())
}

struct Header {
    dtype: Dtype,
    shape: Vec<u64>,
    /// Bytes of all elements; `None` when they do not fit a number.
    bytes: Option<u64>,
}

fn header(text: &[u8], at: u64) -> Result<Header, Stop> {
    let wrong = |what: &str| Stop::malformed(at, format!("the header {what}"));
    let text = String::from_utf8_lossy(text);
    let literal = parse_literal(&text).ok_or_else(|| wrong("is not a Python literal"))?;
    let Literal::Dict(items) = literal else { return Err(wrong("is not a dict")) };
    let field = |name: &str| items.iter().rev().find(|(key, _)| matches!(key, Literal::Text(text) if text == name)).map(|(_, value)| value);
    let descr = field("descr").ok_or_else(|| wrong("has no `descr`"))?;
    let dtype = Dtype::of(descr).ok_or_else(|| wrong("states an element type that NumPy does not know"))?;
    let Some(Literal::Tuple(sizes)) = field("shape") else { return Err(wrong("has no tuple `shape`")) };
    let size = |size: &Literal| match size {
        Literal::Number(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let shape: Vec<u64> = sizes.iter().map(size).collect::<Option<_>>().ok_or_else(|| wrong("states a shape that is not of whole numbers"))?;
    let bytes = shape.iter().try_fold(dtype.size, |bytes, size| bytes.checked_mul(*size));
    Ok(Header { dtype, shape, bytes })
}

#[cfg(test)]
mod tests {
    use base::{budget::Meter, sink::Collected};
    use testkit::npy;

    use super::*;

    fn read(bytes: Vec<u8>) -> (Result<(), Stop>, Vec<String>, Vec<String>, u64) {
        let blob = Blob::from_bytes(bytes);
        let mut collected = Collected::default();
        let mut sink = Sink::new(&mut collected, Meter::unlimited(), false, "x.npy");
        let result = parse(&blob, &mut sink);
        let ledger = sink.into_ledger();
        assert_eq!(ledger.defects(), 0);
        let gaps = ledger.gaps(blob.len().unwrap()).iter().map(|gap| gap.end - gap.start).sum();
        let facts = collected.facts.iter().map(ToString::to_string).collect();
        let children = collected.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
        (result, facts, children, gaps)
    }

    #[test]
    fn numbers_are_opaque_and_objects_are_a_pickle() {
        for major in 1..=3 {
            let (result, facts, children, gaps) = read(npy::file(major, npy::header("'<f4'", &[2, 3]).as_bytes(), &[0; 24]));
            assert_eq!((result, children.len(), gaps), (Ok(()), 0, 0));
            assert!(facts[0].starts_with(r#"tensor dtype="<f4" shape="2x3" bytes=24 stored=24"#), "{}", facts[0]);
            for descr in ["'|O'", "[('a', '<i4'), ('b', '|O', (2,))]", "[('a', [('x', '<f8'), ('y', 'O')])]"] {
                let (result, _, children, gaps) = read(npy::file(major, npy::header(descr, &[1]).as_bytes(), b"\x80\x02N."));
                assert_eq!((result, children, gaps), (Ok(()), vec!["object-array.pkl".to_owned()], 0), "{descr}");
            }
        }
    }

    #[test]
    fn what_follows_is_given_back_and_what_lacks_is_named() {
        let header = npy::header("'<u2'", &[4]);
        let (result, facts, children, gaps) = read(npy::file(1, header.as_bytes(), b"12345678tail"));
        assert_eq!((result, children, gaps), (Ok(()), vec!["trailing".to_owned()], 0));
        assert!(facts[1].contains("trailing-data"), "{facts:?}");
        let (result, ..) = read(npy::file(1, header.as_bytes(), b"123"));
        assert!(matches!(result, Err(Stop::Truncated { .. })));
    }

    #[test]
    fn hostile_headers_are_refused() {
        let deep = format!("{{'descr': {}'<f4'{}, 'fortran_order': False, 'shape': ()}}", "[".repeat(5000), "]".repeat(5000));
        let texts = ["{}", "[]", "__import__('os').system('id')", "{'descr': '<f4', 'shape': (-1,)}", "{'descr': '<f4', 'shape': (4294967296, 4294967296, 4294967296)}", "{'descr': 'q9q', 'shape': ()}", &deep];
        for text in texts {
            let (result, ..) = read(npy::file(2, text.as_bytes(), &[]));
            assert!(matches!(result, Err(Stop::Malformed { .. })), "{text} {result:?}");
        }
        let (result, ..) = read(npy::with_length(2, u32::MAX, b"{", b""));
        assert!(matches!(result, Err(Stop::Malformed { .. })));
    }

    #[test]
    fn every_prefix_stops_politely() {
        let bytes = npy::file(1, npy::header("'<f4'", &[2]).as_bytes(), &[0; 8]);
        for cut in testkit::prefixes(&bytes, &[]) {
            if cut < bytes.len() {
                assert!(read(bytes[..cut].to_vec()).0.is_err());
            }
        }
    }
}
