//! Microsoft cabinets ([MS-CAB]): folders of data blocks, each a run of files; one of several files comes out as a tar archive.

use std::{collections::BTreeMap, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Entry, Flaw, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    sink::{Child, ChildBody, Packed, Sink},
    source::Access,
    stop::Stop,
};

use crate::{
    codec::{
        SEVENZ,
        sevenz::{CABINET, Coder, File, Folder},
    },
    names::{self, shown},
    pieces::Pieces,
    sevenz::{described::described, junk},
};

/// Microsoft cabinet.
pub const FORMAT: Format = Format {
    id: "cab",
    name: "Microsoft cabinet",
    extensions: &["cab"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// Bytes of a name, as section 2.4 has it, with room for what breaks the rule.
const NAME: usize = 1 << 10;
/// What a file costs in memory beside its name.
const FILE: u64 = 96;

/// Section 2.3: signature, a reserved zero and version 1.3.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let cabinet = head.starts(b"MSCF\0\0\0\0") && matches!(head.at(24, 2), Some([3, 1]));
    cabinet.then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("a cabinet of unknown length".into()));
    };
    let mut pieces = Pieces::default();
    let read = contents(blob, sink, &mut pieces);
    let gaps = pieces.claim(sink, len);
    read?;
    for gap in gaps {
        junk(blob, sink, gap, len)?;
    }
    Ok(())
}

/// What the header says.
struct Header {
    files_at: u64,
    folders: u16,
    files: u16,
    /// Bytes that each folder and each data block reserve for an application.
    reserved: (u64, u8),
}

/// A folder as listed.
struct Listed {
    start: u64,
    blocks: u16,
    method: u16,
}

/// A file as listed.
struct Member {
    name: Vec<u8>,
    size: u64,
    /// Where it begins in what its folder becomes.
    offset: u64,
    folder: u16,
    at: Range<u64>,
}

fn contents(blob: &Blob, sink: &mut Sink<'_>, pieces: &mut Pieces) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    let header = header(&mut reader)?;
    let mut folders = Vec::new();
    for _ in 0..header.folders {
        let start = reader.u32_le("a folder of a cabinet")?.into();
        let (blocks, method) = (reader.u16_le("a folder of a cabinet")?, reader.u16_le("a folder of a cabinet")?);
        reader.skip(header.reserved.0, "a folder of a cabinet")?;
        folders.push(Listed { start, blocks, method });
    }
    pieces.add(0..reader.offset(), Claim::Read);
    reader.seek(header.files_at);
    let mut members = Vec::new();
    for _ in 0..header.files {
        let member = member(&mut reader)?;
        meter.hold(FILE.saturating_add(member.name.len() as u64))?;
        members.push(member);
    }
    pieces.add(header.files_at..reader.offset(), Claim::Read);
    let mut owned: BTreeMap<usize, Vec<&Member>> = BTreeMap::new();
    for member in &members {
        owned.entry(member.folder.into()).or_default().push(member);
    }
    let mut left = blob.len().unwrap_or_default() >> 3;
    for (number, folder) in folders.iter().enumerate() {
        let (data, whole) = blocks(&mut reader, folder, header.reserved.1, &mut left);
        let mine = owned.remove(&number).unwrap_or_default();
        pieces.add(data.range.clone(), Claim::Child);
        give(blob, sink, number, folder, &data, mine)?;
        whole?;
    }
    owned.values().flatten().try_for_each(|member| elsewhere(sink, member))
}

/// Section 2.3, with the fields that its flags announce.
fn header(reader: &mut Reader<'_>) -> Result<Header, Stop> {
    const WHAT: &str = "the header of a cabinet";
    reader.skip(16, WHAT)?;
    let files_at = reader.u32_le(WHAT)?.into();
    reader.skip(6, WHAT)?;
    let (folders, files, flags) = (reader.u16_le(WHAT)?, reader.u16_le(WHAT)?, reader.u16_le(WHAT)?);
    reader.skip(4, WHAT)?;
    let mut reserved = (0, 0);
    if flags & 4 != 0 {
        let own = reader.u16_le(WHAT)?;
        reserved = (reader.u8(WHAT)?.into(), reader.u8(WHAT)?);
        reader.skip(own.into(), WHAT)?;
    }
    for flag in [1, 1, 2, 2] {
        if flags & flag != 0 {
            text(reader)?;
        }
    }
    Ok(Header { files_at, folders, files, reserved })
}

/// Section 2.4.
fn member(reader: &mut Reader<'_>) -> Result<Member, Stop> {
    const WHAT: &str = "a file of a cabinet";
    let start = reader.offset();
    let (size, offset) = (reader.u32_le(WHAT)?.into(), reader.u32_le(WHAT)?.into());
    let folder = reader.u16_le(WHAT)?;
    reader.skip(6, WHAT)?;
    let name = text(reader)?;
    Ok(Member { name, size, offset, folder, at: start..reader.offset() })
}

/// A text that ends with NUL.
fn text(reader: &mut Reader<'_>) -> Result<Vec<u8>, Stop> {
    let mut text = Vec::new();
    loop {
        match reader.u8("a name in a cabinet")? {
            0 => return Ok(text),
            _ if text.len() >= NAME => return Err(Stop::malformed(reader.offset(), "a name in a cabinet")),
            byte => text.push(byte),
        }
    }
}

/// The blocks of a folder.
struct Data {
    range: Range<u64>,
    /// Bytes that they become.
    size: u64,
    reserved: u8,
}

/// Where the blocks of a folder lie, and how many bytes they become (section 2.6), as far as they are there. `left`: blocks
/// for which the cabinet has room, of which folders that share their blocks take too many.
fn blocks(reader: &mut Reader<'_>, folder: &Listed, reserved: u8, left: &mut u64) -> (Data, Result<(), Stop>) {
    reader.seek(folder.start);
    let mut data = Data { range: folder.start..folder.start, size: 0, reserved };
    let whole = (0..folder.blocks).try_for_each(|_| {
        *left = left.checked_sub(1).ok_or_else(|| Stop::malformed(folder.start, "folders of a cabinet that overlap"))?;
        let read = block(reader, &mut data);
        // A block that is cut short is given as far as it is there.
        let end = if read.is_ok() { reader.offset() } else { reader.blob().len().unwrap_or_default() };
        data.range.end = end.max(folder.start);
        read
    });
    (data, whole)
}

/// Steps over a block.
fn block(reader: &mut Reader<'_>, data: &mut Data) -> Result<(), Stop> {
    const WHAT: &str = "a data block of a cabinet";
    reader.skip(4, WHAT)?;
    let packed = reader.u16_le(WHAT)?;
    data.size = data.size.saturating_add(reader.u16_le(WHAT)?.into());
    reader.skip(u64::from(packed).saturating_add(data.reserved.into()), WHAT)
}

/// Gives back what a folder holds: its only file, or a tar archive of its files.
fn give(
    blob: &Blob,
    sink: &mut Sink<'_>,
    number: usize,
    folder: &Listed,
    data: &Data,
    mut members: Vec<&Member>,
) -> Result<(), Stop> {
    members.sort_by_key(|member| member.offset);
    let (range, size) = (&data.range, data.size);
    let files = files(sink, &members, size, number)?;
    let solid = files.len() > 1;
    let method = match folder.method & 15 {
        0 => "stored",
        1 => "mszip",
        2 => "quantum",
        3 => "lzx",
        _ => "unknown",
    };
    let known = folder.method & 15 < 2;
    // The tar archive that several files come out as states them itself.
    if !solid || !known {
        for member in &members {
            state(sink, member, range.end.saturating_sub(range.start), method)?;
        }
    }
    let name = match &*files {
        [file] => file.name.clone(),
        _ => format!("folder-{number}").into_bytes(),
    };
    let body = match blob.slice(range.clone()) {
        Some(packed) if known => {
            let [low, high] = folder.blocks.to_le_bytes();
            let properties = Box::new([low, high, data.reserved, u8::from(folder.method & 15 == 1)]);
            let coders = vec![Coder { method: CABINET, properties, size }];
            let folder = Folder { coders, solid, files };
            sink.meter().hold(folder.weight())?;
            let from = described(folder.write(), packed);
            ChildBody::Packed(Packed { from, codec: &SEVENZ, size: folder.unpacked(), crc32: None })
        }
        _ => ChildBody::Closed(Stop::Unsupported(format!("the method {method} of cabinets"))),
    };
    sink.child(Child { name, place: place(range), body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
}

/// The files of a folder one behind the other. What lies between them belongs to nobody and is a file of its own; where they
/// overlap, the folder is one file.
fn files(sink: &mut Sink<'_>, members: &[&Member], size: u64, number: usize) -> Result<Vec<File>, Stop> {
    let (mut files, mut at) = (Vec::new(), 0_u64);
    for member in members {
        let start = member.offset.min(size);
        let Some(gap) = start.checked_sub(at) else {
            flaw(sink, &member.at, "overlap", &member.name, "shares bytes with the file before it")?;
            return Ok(vec![File { name: format!("folder-{number}").into_bytes(), size, crc: None }]);
        };
        if member.offset.saturating_add(member.size) > size {
            flaw(sink, &member.at, "size-mismatch", &member.name, "ends behind the data of its folder")?;
        }
        if gap > 0 {
            files.push(unowned(sink, &member.at, at, gap)?);
        }
        let taken = member.size.min(size.saturating_sub(start));
        files.push(File { name: member.name.clone(), size: taken, crc: None });
        at = start.saturating_add(taken);
    }
    if at < size || files.is_empty() {
        files.push(unowned(sink, &(0..0), at, size.saturating_sub(at))?);
    }
    Ok(files)
}

/// Bytes of a folder that no file has.
fn unowned(sink: &mut Sink<'_>, at: &Range<u64>, start: u64, size: u64) -> Result<File, Stop> {
    let name = format!("gap-{start:#x}").into_bytes();
    flaw(sink, at, "gap-data", &name, "bytes of a folder that no file has")?;
    Ok(File { name, size, crc: None })
}

/// A file that lies in another cabinet, or in a folder that is not there.
fn elsewhere(sink: &mut Sink<'_>, member: &Member) -> Result<(), Stop> {
    state(sink, member, 0, "unknown")?;
    flaw(sink, &member.at, "multi-disk", &member.name, "begins or ends in another cabinet")?;
    let body = ChildBody::Closed(Stop::Unsupported("a file that lies in several cabinets".into()));
    let (name, place) = (member.name.clone(), place(&member.at));
    sink.child(Child { name, place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
}

fn state(sink: &mut Sink<'_>, member: &Member, packed: u64, method: &str) -> Result<(), Stop> {
    let (name, kind, size) = (shown(&member.name), "file".into(), member.size);
    sink.fact(place(&member.at), Entry { name, kind, size, packed, method: method.into() })?;
    // Cabinets are made with backslashes.
    for id in names::flaws(&member.name).filter(|id| *id != "backslash-path") {
        flaw(sink, &member.at, id, &member.name, "")?;
    }
    Ok(())
}

fn flaw(sink: &mut Sink<'_>, at: &Range<u64>, id: &str, part: &[u8], detail: &str) -> Result<(), Stop> {
    sink.fact(place(at), Flaw { id: id.into(), detail: detail.into(), part: shown(part) })
}

fn place(range: &Range<u64>) -> Place {
    Place::bytes(range.start, range.end.saturating_sub(range.start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading;

    /// One folder of stored blocks and its files: name, size, offset.
    fn cabinet(files: &[(&str, u32, u32)], blocks: &[&[u8]], method: u16) -> Vec<u8> {
        let list: Vec<u8> = files
            .iter()
            .flat_map(|(name, size, offset)| {
                [&size.to_le_bytes()[..], &offset.to_le_bytes(), &[0; 8], name.as_bytes(), &[0]].concat()
            })
            .collect();
        let data: Vec<u8> = blocks
            .iter()
            .flat_map(|block| {
                let size = (block.len() as u16).to_le_bytes();
                [&[0; 4][..], &size, &size, block].concat()
            })
            .collect();
        let (files_at, data_at) = (44_u32, 44 + list.len() as u32);
        let total = data_at + data.len() as u32;
        let head = [
            &b"MSCF\0\0\0\0"[..],
            &total.to_le_bytes(),
            &[0; 4],
            &files_at.to_le_bytes(),
            &[0; 4],
            &[3, 1, 1, 0],
            &(files.len() as u16).to_le_bytes(),
            &[0; 6],
            &data_at.to_le_bytes(),
            &(blocks.len() as u16).to_le_bytes(),
            &method.to_le_bytes(),
        ];
        [head.concat(), list, data].concat()
    }

    fn content(bytes: &[u8]) -> Vec<u8> {
        let reading = reading::read(&FORMAT, "x.cab", bytes).unwrap();
        assert!(reading.complete(), "{:?}", reading.stop);
        let ChildBody::Packed(packed) = &reading.children[0].body else { panic!("not packed") };
        let from = packed.from.bytes_at(0, 1 << 20).unwrap();
        let mut decoder = (packed.codec.open)(Box::new(std::io::Cursor::new(from)), &Default::default()).unwrap();
        let mut content = Vec::new();
        std::io::Read::read_to_end(&mut decoder, &mut content).unwrap();
        assert_eq!(Some(content.len() as u64), packed.size);
        content
    }

    #[test]
    fn one_file_comes_out_as_itself_and_several_as_a_tar() {
        assert_eq!(content(&cabinet(&[("a", 6, 0)], &[b"abc", b"def"], 0)), b"abcdef");
        let tar = content(&cabinet(&[("b", 3, 3), ("a", 3, 0)], &[b"abcdef"], 0));
        assert!(tar.starts_with(b"a\0") && tar[512..].starts_with(b"abc") && tar[1536..].starts_with(b"def"));
    }

    #[test]
    fn what_no_file_has_is_given_back_and_overlaps_are_told() {
        let ids = |files: &[(&str, u32, u32)]| -> Vec<String> {
            let reading = reading::read(&FORMAT, "x.cab", &cabinet(files, &[b"abcdef"], 0)).unwrap();
            let flaw = |fact: &base::fact::Fact| match &fact.data {
                base::fact::Data::Flaw(flaw) => Some(flaw.id.to_string()),
                _ => None,
            };
            reading.facts.iter().filter_map(flaw).collect()
        };
        assert_eq!(ids(&[("a", 6, 0)]), [""; 0]);
        assert_eq!(ids(&[("a", 2, 1)]), ["gap-data", "gap-data"]);
        assert_eq!(ids(&[("a", 4, 0), ("b", 4, 2)]), ["overlap"]);
        assert_eq!(ids(&[("a", 9, 0)]), ["size-mismatch"]);
    }

    #[test]
    fn other_methods_are_named() {
        let reading = reading::read(&FORMAT, "x.cab", &cabinet(&[("a", 3, 0)], &[b"abc"], 0x1503)).unwrap();
        assert!(matches!(&reading.children[0].body, ChildBody::Closed(Stop::Unsupported(what)) if what.contains("lzx")));
    }

    #[test]
    fn every_prefix_stops_politely() {
        let bytes = cabinet(&[("a", 3, 0), ("b", 3, 3)], &[b"abc", b"def"], 0);
        for cut in 26..bytes.len() {
            assert!(reading::read(&FORMAT, "x.cab", &bytes[..cut]).unwrap().stop.is_some(), "cut at {cut}");
        }
    }
}
