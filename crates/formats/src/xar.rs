//! xar archives: a header, a table of contents in deflated XML, and a heap in which each file is a stream of its own
//! (<https://github.com/mackyle/xar/wiki/xarformat>).

use std::{io::Read, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Kind,
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::{Child, ChildBody, Codec, Packed, Sink},
    source::Access,
    stop::Stop,
};
use quick_xml::events::Event;

use crate::{
    codec,
    listed::Listed,
    pieces::Pieces,
    sevenz::junk,
};

/// An archive of xar, as installers of macOS are.
pub const FORMAT: Format = Format {
    id: "xar",
    name: "xar archive",
    extensions: &["xar", "pkg"],
    depth: Depth::Structure,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Entry, Kind::Flaw, Kind::Reference],
    detect,
    explain: None,
    parse,
};

/// Bytes of the table of contents, packed and not.
const TABLE: u64 = 64 << 20;
/// Elements inside each other.
const DEPTH: usize = 512;
/// What a file costs in memory beside its name.
const FILE: u64 = 256;
/// Bytes of a path.
const PATH: usize = 4096;

/// Magic, a header of at least 28 bytes, version 1.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let size = u16::from_be_bytes(*head.at(4, 2)?.first_chunk()?);
    (head.starts(b"xar!") && size >= 28 && head.at(6, 2)? == [0, 1]).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let Some(len) = blob.len() else {
        return Err(Stop::Unsupported("an archive of unknown length".into()));
    };
    let mut pieces = Pieces::default();
    let read = contents(blob, sink, &mut pieces, len);
    for gap in pieces.claim(sink, len) {
        junk(blob, sink, gap, len)?;
    }
    read
}

fn contents(blob: &Blob, sink: &mut Sink<'_>, pieces: &mut Pieces, len: u64) -> Result<(), Stop> {
    const WHAT: &str = "the header of an archive";
    let meter = sink.meter().clone();
    let mut reader = Reader::at(blob, &meter, 4);
    let header = u64::from(u16::from_be_bytes(reader.array(WHAT)?));
    reader.skip(2, WHAT)?;
    let (packed, size) = (reader.u64_be(WHAT)?, reader.u64_be(WHAT)?);
    let heap = header.checked_add(packed).filter(|heap| *heap <= len).ok_or_else(|| Stop::truncated(len, "a table of contents"))?;
    if size > TABLE || packed > TABLE {
        return Err(Stop::Limit(Reason::Memory));
    }
    pieces.add(0..heap, Claim::Read);
    meter.hold(packed.saturating_add(size))?;
    let table = table(blob, header..heap, size, sink)?;
    let mut archive = Archive { blob, sink, pieces, heap, len, end: 0, checksum: 0, broken: None };
    archive.files(&table)?;
    archive.surplus(header)?;
    archive.broken.map_or(Ok(()), Err)
}

/// The table of contents as text.
fn table(blob: &Blob, range: Range<u64>, size: u64, sink: &Sink<'_>) -> Result<Vec<u8>, Stop> {
    let packed = blob.bytes_at(range.start, usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0))?;
    let decoder = (codec::ZLIB.open)(Box::new(std::io::Cursor::new(packed)), sink.meter().limits())?;
    let mut table = Vec::new();
    decoder.take(size.saturating_add(1)).read_to_end(&mut table)?;
    sink.meter().bytes(table.len() as u64)?;
    match table.len() as u64 == size {
        true => Ok(table),
        false => Err(Stop::malformed(range.start, "a table of contents of another size than stated")),
    }
}

/// A file, as far as its element was read.
#[derive(Default)]
struct File {
    name: Vec<u8>,
    kind: String,
    target: String,
    data: Stream,
    /// Extended attributes: streams of their own.
    attributes: Vec<Stream>,
}

/// Where a stream lies in the heap, and how it is packed.
#[derive(Default)]
struct Stream {
    offset: u64,
    length: u64,
    size: u64,
    encoding: String,
}

struct Archive<'a, 'k> {
    blob: &'a Blob,
    sink: &'a mut Sink<'k>,
    pieces: &'a mut Pieces,
    heap: u64,
    len: u64,
    /// Where the last stream ends.
    end: u64,
    /// Bytes of the checksum of the table.
    checksum: u64,
    broken: Option<Stop>,
}

impl Archive<'_, '_> {
    /// Reads the elements; a file is given back where its data are known, so that folders come before what is in them.
    fn files(&mut self, table: &[u8]) -> Result<(), Stop> {
        let mut reader = quick_xml::Reader::from_reader(table);
        let mut open: Vec<String> = Vec::new();
        let mut files: Vec<File> = Vec::new();
        let mut own = Stream::default();
        let mut text = String::new();
        loop {
            self.sink.meter().steps(1)?;
            let event = reader.read_event().map_err(|error| Stop::malformed(0, format!("a table of contents: {error}")))?;
            match event {
                Event::Start(tag) => {
                    if open.len() >= DEPTH {
                        return Err(Stop::Limit(Reason::Depth));
                    }
                    text.clear();
                    open.push(tag.name().into_inner().to_owned());
                    if open.last().is_some_and(|name| name == "file") {
                        self.sink.meter().hold(FILE)?;
                        files.push(File::default());
                    }
                    if open.last().is_some_and(|name| name == "ea")
                        && let Some(file) = files.last_mut()
                    {
                        file.attributes.push(Stream::default());
                    }
                }
                Event::Empty(tag) if tag.name().into_inner() == "encoding" => {
                    let style = tag.attributes().flatten().find(|attribute| attribute.key.into_inner() == "style");
                    let style = style.map(|style| style.value.to_string()).unwrap_or_default();
                    if let Some(stream) = stream(&open, &mut files) {
                        stream.encoding = style;
                    }
                }
                Event::Text(part) => text.push_str(part.as_ref()),
                Event::End(_) => {
                    let Some(name) = open.pop() else { continue };
                    field(&name, &open, &text, &mut files, &mut own);
                    text.clear();
                    if name == "file" {
                        self.file(&files)?;
                        files.pop();
                    } else if matches!(&*name, "checksum" | "signature" | "x-signature") && files.is_empty() {
                        let range = self.range(&own);
                        self.checksum = if name == "checksum" { own.length } else { self.checksum };
                        self.end = self.end.max(range.end);
                        self.pieces.add(range, Claim::Read);
                        own = Stream::default();
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        match open.is_empty() {
            true => Ok(()),
            false => Err(Stop::malformed(0, "a table of contents that ends inside an element")),
        }
    }

    /// libarchive writes as many bytes too many as the checksum has: the first ones of the table once more.
    fn surplus(&mut self, table: u64) -> Result<(), Stop> {
        let count = usize::try_from(self.checksum.min(64)).unwrap_or(0);
        let (rest, first) = (self.blob.bytes_at(self.end, count)?, self.blob.bytes_at(table, count)?);
        if count > 0 && rest == first {
            self.pieces.add(self.end..self.end.saturating_add(self.checksum), Claim::Read);
        }
        Ok(())
    }

    fn range(&self, stream: &Stream) -> Range<u64> {
        let start = self.heap.saturating_add(stream.offset);
        start.min(self.len)..start.saturating_add(stream.length).min(self.len)
    }

    /// States a file and gives it back, and its attributes.
    fn file(&mut self, files: &[File]) -> Result<(), Stop> {
        let Some(file) = files.last() else { return Ok(()) };
        let path = files.iter().map(|file| &*file.name).collect::<Vec<_>>().join(&b'/');
        if path.len() > PATH {
            return Err(Stop::malformed(0, "a path of an archive that is too long"));
        }
        let kind = match &*file.kind {
            "directory" => "folder",
            "symlink" => "symlink",
            "hardlink" => "hardlink",
            "character special" | "block special" | "device" => "device",
            "fifo" | "socket" => "fifo",
            _ => "file",
        };
        let range = self.range(&file.data);
        let place = Place::bytes(range.start, range.end.saturating_sub(range.start));
        let (method, codec) = method(&file.data.encoding);
        let (size, packed) = (file.data.size, file.data.length);
        let target = Some(file.target.as_bytes()).filter(|target| !target.is_empty() && kind == "symlink");
        Listed { path: &path, kind, size, packed, method, target }.state(self.sink, &place)?;
        self.give(path.clone(), &file.data, codec)?;
        for (number, attribute) in file.attributes.iter().enumerate() {
            let name = [&path[..], format!(".attribute-{number}").as_bytes()].concat();
            self.give(name, attribute, self::method(&attribute.encoding).1)?;
        }
        Ok(())
    }

    fn give(&mut self, name: Vec<u8>, stream: &Stream, codec: Option<Option<&'static Codec>>) -> Result<(), Stop> {
        let range = self.range(stream);
        if stream.length == 0 {
            return Ok(());
        }
        if self.heap.saturating_add(stream.offset).saturating_add(stream.length) > self.len {
            self.broken.get_or_insert(Stop::truncated(self.len, "a file of an archive"));
        }
        let Some(from) = self.blob.slice(range.clone()) else { return Ok(()) };
        self.end = self.end.max(range.end);
        self.pieces.give(range.clone(), self.len)?;
        let body = match codec {
            Some(None) => ChildBody::Window(from),
            Some(Some(codec)) => ChildBody::Packed(Packed { from, codec, size: Some(stream.size), crc32: None }),
            None => ChildBody::Closed(Stop::Unsupported(format!("the encoding {:?} of xar", stream.encoding))),
        };
        let place = Place::bytes(range.start, range.end.saturating_sub(range.start));
        self.sink.child(Child { name, place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
    }
}

/// How a stream is packed: a word for it, and its codec, where it is known and packed at all.
fn method(encoding: &str) -> (&'static str, Option<Option<&'static Codec>>) {
    match encoding {
        "" | "application/octet-stream" => ("stored", Some(None)),
        // The name says gzip, the data are zlib's.
        "application/x-gzip" | "application/zlib" => ("zlib", Some(Some(&codec::ZLIB))),
        "application/x-bzip2" => ("bzip2", Some(Some(&codec::BZIP2))),
        "application/x-lzma" => ("lzma", Some(Some(&codec::LZMA))),
        "application/x-xz" => ("xz", Some(Some(&codec::XZ))),
        _ => ("unknown", None),
    }
}

/// The stream whose element is open.
fn stream<'f>(open: &[String], files: &'f mut [File]) -> Option<&'f mut Stream> {
    let file = files.last_mut()?;
    match open.last().map(String::as_str) {
        Some("data") => Some(&mut file.data),
        Some("ea") => file.attributes.last_mut(),
        _ => None,
    }
}

/// A field that ended: of a file, of a stream, or of the archive's own checksum and signatures.
fn field(name: &str, open: &[String], text: &str, files: &mut [File], own: &mut Stream) {
    let plain = text.trim().to_owned();
    if let (Some("file"), Some(file)) = (open.last().map(String::as_str), files.last_mut()) {
        match name {
            "name" => file.name = plain.into_bytes(),
            "type" => file.kind = plain,
            "link" => file.target = plain,
            _ => {}
        }
        return;
    }
    let stream = if files.is_empty() { Some(own) } else { stream(open, files) };
    if let (Some(stream), Ok(number)) = (stream, plain.parse()) {
        match name {
            "offset" => stream.offset = number,
            "length" => stream.length = number,
            "size" => {
                stream.size = number;
                // A checksum has a size alone.
                if stream.length == 0 && matches!(open.last().map(String::as_str), Some("checksum" | "signature" | "x-signature")) {
                    stream.length = number;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading;

    /// bsdtar 3.6: `bsdtar --format xar -cf model.xar folder link`.
    const ARCHIVE: &[u8] = include_bytes!("../testdata/xar/model.xar");

    #[test]
    fn files_come_back_and_every_byte_is_explained() {
        let reading = reading::read(&FORMAT, "x.xar", ARCHIVE).unwrap();
        assert!(reading.complete(), "{:?} {:?}", reading.stop, reading.ledger.gaps(ARCHIVE.len() as u64));
        let [child] = &*reading.children else { panic!("{:?}", reading.children.len()) };
        let ChildBody::Packed(packed) = &child.body else { panic!("not packed") };
        assert_eq!((&*child.name, packed.codec.id, packed.size), (&b"folder/model.pkl"[..], "zlib", Some(5)));
        let facts = reading::facts(&reading);
        assert!(facts.iter().any(|fact| fact.contains("link-escape")), "{facts:#?}");
    }

    #[test]
    fn what_is_cut_or_changed_stops_politely() {
        // Behind the last stream there is nothing that belongs to the archive.
        for cut in 8..ARCHIVE.len() - 20 {
            assert!(reading::parse(&FORMAT, "x", &ARCHIVE[..cut], false).stop.is_some(), "cut at {cut}");
        }
        reading::change(&FORMAT, "x", ARCHIVE);
    }
}
