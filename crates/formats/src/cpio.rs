//! cpio archives (`newc`, `crc` and `odc`): headers in digits, each followed by a name and the data.

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Entry, Flaw, Kind, Reference},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::names::{self, shown};

/// cpio.
pub const FORMAT: Format = Format {
    id: "cpio",
    name: "cpio archive",
    extensions: &["cpio"],
    depth: Depth::Structure,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

/// Longest name and longest link target that are read.
const NAME: u64 = 4096;
const END: &[u8] = b"TRAILER!!!";

fn detect(head: &Head<'_>) -> Option<Certainty> {
    let digits = |range: std::ops::Range<usize>| {
        head.first.get(range).is_some_and(|text| text.iter().all(u8::is_ascii_hexdigit))
    };
    let newc = (head.starts(b"070701") || head.starts(b"070702")) && digits(6..110);
    let odc = head.starts(b"070707") && digits(6..76);
    (newc || odc).then_some(Certainty::Certain)
}

/// What a header says.
struct Header {
    mode: u64,
    size: u64,
    name: u64,
    /// Names and data are filled to this many bytes.
    align: u64,
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    loop {
        let at = reader.offset();
        let header = header(&mut reader)?;
        if header.name > NAME {
            return Err(Stop::malformed(at, "a cpio name that is too long"));
        }
        let name = reader.take(header.name, "a cpio name")?;
        let name = name.strip_suffix(b"\0").unwrap_or(&name).to_vec();
        sink.claim(at..reader.offset(), Claim::Read);
        padding(&mut reader, sink, header.align)?;
        if name == END && header.size == 0 {
            return end(&mut reader, sink);
        }
        member(&mut reader, sink, at, &header, name)?;
        padding(&mut reader, sink, header.align)?;
    }
}

fn header(reader: &mut Reader<'_>) -> Result<Header, Stop> {
    const WHAT: &str = "a cpio header";
    let at = reader.offset();
    let magic: [u8; 6] = reader.array(WHAT)?;
    let number = |digits: &[u8], radix| {
        let text = std::str::from_utf8(digits).ok();
        text.and_then(|text| u64::from_str_radix(text, radix).ok()).ok_or_else(|| Stop::malformed(at, WHAT))
    };
    if magic == *b"070707" {
        let fields: [u8; 70] = reader.array(WHAT)?;
        let octal = |start: usize, end: usize| number(fields.get(start..end).unwrap_or_default(), 8);
        return Ok(Header { mode: octal(12, 18)?, name: octal(53, 59)?, size: octal(59, 70)?, align: 1 });
    }
    if magic != *b"070701" && magic != *b"070702" {
        return Err(Stop::malformed(at, WHAT));
    }
    let fields: [u8; 104] = reader.array(WHAT)?;
    let hexadecimal = |start: usize| number(fields.get(start..start.saturating_add(8)).unwrap_or_default(), 16);
    Ok(Header { mode: hexadecimal(8)?, size: hexadecimal(48)?, name: hexadecimal(88)?, align: 4 })
}

fn member(reader: &mut Reader<'_>, sink: &mut Sink<'_>, at: u64, header: &Header, name: Vec<u8>) -> Result<(), Stop> {
    let kind = match header.mode & 0o170_000 {
        0o040_000 => "folder",
        0o120_000 => "symlink",
        0o020_000 | 0o060_000 => "device",
        0o010_000 => "fifo",
        _ => "file",
    };
    let place = Place::bytes(at, reader.offset().saturating_sub(at));
    let (size, packed, method) = (header.size, header.size, "stored".into());
    sink.fact(place.clone(), Entry { name: shown(&name), kind: kind.into(), size, packed, method })?;
    let mut flaws: Vec<&str> = names::flaws(&name).filter(|id| *id != "backslash-path").collect();
    if matches!(kind, "device" | "fifo") {
        flaws.push("device");
    }
    let start = reader.offset();
    if kind == "symlink" && size <= NAME {
        let target = reader.take(size, "a link's target")?;
        let reference = Reference { kind: "link".into(), target: shown(&target), role: "link-target".into() };
        sink.fact(place.clone(), reference)?;
        if names::link_escapes(&name, &target) {
            flaws.push("link-escape");
        }
        sink.claim(start..reader.offset(), Claim::Read);
    } else if size > 0 || kind == "file" {
        let range = start..start.saturating_add(size);
        sink.claim(range.clone(), Claim::Child);
        if let Some(blob) = reader.blob().slice(range) {
            sink.child(Child::window(name.clone(), Place::bytes(start, size), blob))?;
        }
        reader.skip(size, "a member of a cpio archive")?;
    }
    for id in flaws {
        sink.fact(place.clone(), Flaw { id: id.into(), detail: "".into(), part: shown(&name) })?;
    }
    Ok(())
}

fn padding(reader: &mut Reader<'_>, sink: &mut Sink<'_>, align: u64) -> Result<(), Stop> {
    let at = reader.offset();
    while reader.offset().checked_rem(align).is_some_and(|rest| rest != 0) && reader.peek(1)?.first() == Some(&0) {
        reader.consume(1);
    }
    sink.claim(at..reader.offset(), Claim::Padding);
    Ok(())
}

/// Behind the trailer: zeros, or something that is given back.
fn end(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let from = reader.offset();
    loop {
        let seen = reader.peek(1)?;
        let (zeros, all) = (seen.iter().take_while(|byte| **byte == 0).count(), seen.len());
        reader.consume(zeros);
        if zeros < all || all == 0 {
            break;
        }
    }
    let at = reader.offset();
    sink.claim(from..at, Claim::Padding);
    if reader.at_end()? {
        return Ok(());
    }
    let Some(blob) = reader.blob().from(at) else {
        return Ok(());
    };
    let end = blob.len().map_or(u64::MAX, |len| at.saturating_add(len));
    let place = Place::bytes(at, end.saturating_sub(at));
    let detail = "bytes behind the trailer".into();
    sink.fact(place.clone(), Flaw { id: "data-after-end".into(), detail, part: "after-end".into() })?;
    sink.claim(at..end, Claim::Child);
    sink.child(Child::window("after-end", place, blob))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading;

    fn newc(name: &str, mode: u32, body: &[u8]) -> Vec<u8> {
        let mut fields = [0_u32; 13];
        (fields[1], fields[6], fields[11]) = (mode, body.len() as u32, name.len() as u32 + 1);
        let digits: String = fields.iter().map(|field| format!("{field:08X}")).collect();
        let mut bytes = format!("070701{digits}{name}\0").into_bytes();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn odc(name: &str, body: &[u8]) -> Vec<u8> {
        let (length, size) = (name.len() + 1, body.len());
        let head = format!("070707{:012o}{:06o}{:024o}{:011o}{length:06o}{size:011o}{name}\0", 0, 0o100_644, 0, 0);
        [head.into_bytes(), body.to_vec()].concat()
    }

    fn told(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
        let reading = reading::read(&FORMAT, "x.cpio", bytes).unwrap();
        assert!(reading.complete(), "{:?}", reading.stop);
        let names = reading.children.iter().map(|child| String::from_utf8_lossy(&child.name).into_owned()).collect();
        let flaws = reading::facts(&reading).into_iter().filter(|fact| fact.starts_with("flaw")).collect();
        (names, flaws)
    }

    #[test]
    fn both_forms_are_read() {
        let bytes = [newc("d", 0o040_755, b""), newc("d/data.pkl", 0o100_644, b"abcde"), newc("TRAILER!!!", 0, b"")];
        assert_eq!(told(&[&bytes.concat()[..], &[0; 100]].concat()), (vec!["d/data.pkl".into()], vec![]));
        let bytes = [odc("data.pkl", b"abcde"), odc("TRAILER!!!", b"")].concat();
        assert_eq!(told(&bytes), (vec!["data.pkl".into()], vec![]));
    }

    #[test]
    fn lies_are_told() {
        let bytes = [newc("../x", 0o100_644, b"a"), newc("l", 0o120_777, b"/etc"), newc("TRAILER!!!", 0, b"")].concat();
        let (_, flaws) = told(&[&bytes[..], b"payload"].concat());
        let ids = ["traversal", "link-escape", "data-after-end"];
        assert!(flaws.len() == 3 && ids.iter().zip(&flaws).all(|(id, flaw)| flaw.contains(id)), "{flaws:?}");
    }

    #[test]
    fn every_prefix_stops_politely() {
        let bytes = [newc("d/data.pkl", 0o100_644, b"abcde"), newc("TRAILER!!!", 0, b"")].concat();
        let end = bytes.windows(END.len()).position(|window| window == END).unwrap() + END.len() + 1;
        for cut in 0..bytes.len() {
            let stopped = reading::parse(&FORMAT, "x", &bytes[..cut], false).stop.is_some();
            assert_eq!(stopped, cut < end, "cut at {cut}");
        }
    }
}
