//! Unix archives (`ar`, static libraries, Debian packages): System V and BSD names.

use std::ops::Range;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Entry, Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::names::{self, shown};

/// Unix archive.
pub const FORMAT: Format = Format {
    id: "ar",
    name: "Unix archive (ar)",
    extensions: &["a", "ar", "deb", "lib"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw],
    detect: |head| head.starts(MAGIC).then_some(Certainty::Certain),
    explain: None,
    parse,
};

const MAGIC: &[u8] = b"!<arch>\n";
/// The bytes of a member's header.
const HEADER: usize = 60;
/// Bytes of a table of long names that are kept.
const TABLE: u64 = 16 << 20;
/// Bytes of a name in BSD's form.
const NAME: u64 = 4096;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    reader.skip(MAGIC.len() as u64, "the magic")?;
    sink.claim(0..reader.offset(), Claim::Read);
    let mut table = Vec::new();
    while !reader.at_end()? {
        let at = reader.offset();
        let header: [u8; HEADER] = reader.array("a member's header")?;
        let field = |range: Range<usize>| header.get(range).unwrap_or_default().trim_ascii_end();
        let size = std::str::from_utf8(field(48..58)).ok().and_then(|digits| digits.parse::<u64>().ok());
        let (Some(size), b"`") = (size, field(58..60)) else {
            return Err(Stop::malformed(at, "a member's header"));
        };
        sink.claim(at..reader.offset(), Claim::Read);
        let body = Body { at, end: reader.offset().saturating_add(size), size };
        match field(0..16) {
            b"//" => {
                meter.hold(size.min(TABLE))?;
                table = reader.take(size.min(TABLE), "the table of names")?;
                sink.claim(body.start()..body.start().saturating_add(size.min(TABLE)), Claim::Read);
            }
            // Offsets of symbols: numbers and names without meaning to any loader of models.
            b"/" | b"/SYM64/" => sink.claim(body.start()..body.end, Claim::Read),
            name => member(&mut reader, sink, &body, name, &table)?,
        }
        reader.skip(body.end.saturating_sub(reader.offset()), "a member")?;
        if size & 1 != 0 && reader.peek(1)?.first().is_some_and(|byte| matches!(byte, b'\n' | 0)) {
            sink.claim(reader.offset()..reader.offset().saturating_add(1), Claim::Padding);
            reader.consume(1);
        }
    }
    Ok(())
}

/// Where a member lies.
struct Body {
    at: u64,
    end: u64,
    size: u64,
}

impl Body {
    fn start(&self) -> u64 {
        self.end.saturating_sub(self.size)
    }
}

fn member(reader: &mut Reader<'_>, sink: &mut Sink<'_>, body: &Body, name: &[u8], table: &[u8]) -> Result<(), Stop> {
    let mut start = body.start();
    let name = match name {
        // BSD: the name stands in front of the data and counts as part of them.
        [b'#', b'1', b'/', digits @ ..] => {
            let length = number(digits).unwrap_or_default().min(NAME).min(body.size);
            let name = reader.take(length, "a member's name")?;
            sink.claim(start..start.saturating_add(length), Claim::Read);
            start = start.saturating_add(length);
            name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()
        }
        [b'/', digits @ ..] => {
            let at = number(digits).and_then(|at| usize::try_from(at).ok());
            let rest = at.and_then(|at| table.get(at..)).unwrap_or_default();
            let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
            line.strip_suffix(b"/").unwrap_or(line).to_vec()
        }
        name => name.strip_suffix(b"/").unwrap_or(name).to_vec(),
    };
    let size = body.end.saturating_sub(start);
    let (place, method) = (Place::bytes(body.at, HEADER as u64), "stored".into());
    sink.fact(place.clone(), Entry { name: shown(&name), kind: "file".into(), size, packed: size, method })?;
    for id in names::flaws(&name) {
        sink.fact(place.clone(), Flaw { id: id.into(), detail: "".into(), part: shown(&name) })?;
    }
    sink.claim(start..body.end, Claim::Child);
    match reader.blob().slice(start..body.end) {
        Some(blob) => sink.child(Child::window(name, Place::bytes(start, size), blob)),
        None => Ok(()),
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// Whether the head is of a thin archive, whose members lie outside.
pub(crate) fn is_thin(head: &Head<'_>) -> bool {
    head.starts(b"!<thin>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading;

    fn header(name: &str, size: usize) -> Vec<u8> {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).into_bytes()
    }

    fn archive() -> Vec<u8> {
        let long = b"a_name_longer_than_sixteen.o/\n";
        [
            MAGIC.to_vec(),
            header("/", 4),
            vec![0; 4],
            header("//", long.len()),
            long.to_vec(),
            header("short.o/", 3),
            b"abc\n".to_vec(),
            header("/0", 2),
            b"xy".to_vec(),
            header("#1/8", 12),
            b"bsd.name".to_vec(),
            b"data".to_vec(),
        ]
        .concat()
    }

    #[test]
    fn members_come_back_under_all_forms_of_names() {
        let reading = reading::read(&FORMAT, "x.a", &archive()).unwrap();
        assert!(reading.complete(), "{:?}", reading.stop);
        let names: Vec<_> =
            reading.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
        assert_eq!(names, ["short.o", "a_name_longer_than_sixteen.o", "bsd.name"]);
        assert_eq!(reading::facts(&reading).len(), 3);
    }

    #[test]
    fn every_prefix_stops_politely() {
        let bytes = archive();
        // An archive may end behind any member: everywhere else a cut is seen.
        let mut ends = vec![MAGIC.len()];
        for size in [4_usize, 30, 4, 2, 12] {
            ends.push(ends[ends.len() - 1] + HEADER + size);
        }
        ends.push(ends[3] - 1); // the filling behind a member of odd size
        for cut in MAGIC.len()..bytes.len() {
            let reading = reading::parse(&FORMAT, "x.a", &bytes[..cut], false);
            assert_eq!(reading.stop.is_none(), ends.contains(&cut), "cut at {cut}");
        }
    }
}
