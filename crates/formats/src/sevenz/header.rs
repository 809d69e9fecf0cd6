//! The header of a 7z archive (7zFormat.txt, "Property IDs"): packed streams, folders, and the files that lie in them.

use base::{budget::Meter, stop::Stop};

use super::numbers::Numbers;

/// Property ids.
mod id {
    pub(super) const END: u64 = 0x00;
    pub(super) const HEADER: u64 = 0x01;
    pub(super) const ARCHIVE_PROPERTIES: u64 = 0x02;
    pub(super) const ADDITIONAL_STREAMS: u64 = 0x03;
    pub(super) const MAIN_STREAMS: u64 = 0x04;
    pub(super) const FILES: u64 = 0x05;
    pub(super) const PACK_INFO: u64 = 0x06;
    pub(super) const UNPACK_INFO: u64 = 0x07;
    pub(super) const SUB_STREAMS: u64 = 0x08;
    pub(super) const SIZE: u64 = 0x09;
    pub(super) const CRC: u64 = 0x0a;
    pub(super) const FOLDER: u64 = 0x0b;
    pub(super) const UNPACK_SIZE: u64 = 0x0c;
    pub(super) const UNPACK_STREAMS: u64 = 0x0d;
    pub(super) const EMPTY_STREAM: u64 = 0x0e;
    pub(super) const EMPTY_FILE: u64 = 0x0f;
    pub(super) const ANTI: u64 = 0x10;
    pub(super) const NAMES: u64 = 0x11;
    pub(super) const ATTRIBUTES: u64 = 0x15;
    pub(super) const ENCODED_HEADER: u64 = 0x17;
    pub(super) const FILLING: u64 = 0x19;
}

/// Most coders of a folder, and most streams of one: as 7-Zip has it.
const CODERS: u64 = 32;
/// More kinds of properties than there are.
const KINDS: usize = 64;
/// What the tables of one folder or file hold in memory, about, in bytes.
const WEIGHT: u64 = 256;
/// What the numbers of one stream or coder hold.
const STREAM: u64 = 64;

/// What a header says.
pub(super) enum Header {
    /// The archive.
    Archive(Box<Archive>),
    /// The header is packed itself: it is what comes out of these streams.
    Encoded(Box<Streams>),
}

/// Packed streams and the folders that unpack them.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Where the first packed stream begins, counted from the end of the signature header.
    pub(super) position: u64,
    /// Sizes of the packed streams, which lie one behind the other.
    pub(super) packed: Vec<u64>,
    pub(super) folders: Vec<Coded>,
}

/// A folder as it is coded.
#[derive(Debug, Default)]
pub(super) struct Coded {
    pub(super) coders: Vec<Method>,
    /// Input streams that are fed by output streams.
    pub(super) binds: Vec<(u64, u64)>,
    /// Input streams that packed streams feed, in the order of these.
    pub(super) packed: Vec<u64>,
    /// Sizes of the output streams.
    pub(super) sizes: Vec<u64>,
    pub(super) crc: Option<u32>,
    /// Sizes and checksums of the files that lie in it.
    pub(super) files: Vec<(u64, Option<u32>)>,
}

/// A coder.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) id: u64,
    pub(super) inputs: u64,
    pub(super) outputs: u64,
    pub(super) properties: Box<[u8]>,
}

impl Coded {
    /// The output stream that feeds nothing: what the folder unpacks to.
    pub(super) fn main(&self) -> Option<usize> {
        (0..self.sizes.len()).find(|index| !self.binds.iter().any(|(_, output)| *output == *index as u64))
    }

    /// Bytes that it unpacks to.
    pub(super) fn size(&self) -> u64 {
        self.main().and_then(|main| self.sizes.get(main)).copied().unwrap_or_default()
    }
}

/// A file or folder of the archive.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) name: Vec<u8>,
    /// Whether it has content in a folder.
    pub(super) stream: bool,
    /// Whether it is a directory.
    pub(super) directory: bool,
    pub(super) attributes: u32,
}

/// All that a header lists.
#[derive(Debug, Default)]
pub(super) struct Archive {
    pub(super) streams: Streams,
    pub(super) files: Vec<Listed>,
}

/// Reads a header.
pub(super) fn read(bytes: &[u8], meter: &Meter) -> Result<Header, Stop> {
    let mut numbers = Numbers::new(bytes);
    match numbers.number()? {
        id::ENCODED_HEADER => Ok(Header::Encoded(Box::new(streams(&mut numbers, meter)?))),
        id::HEADER => archive(&mut numbers, meter).map(|archive| Header::Archive(Box::new(archive))),
        _ => Err(numbers.broken("the beginning of the header")),
    }
}

fn archive(numbers: &mut Numbers<'_>, meter: &Meter) -> Result<Archive, Stop> {
    let mut archive = Archive::default();
    let mut seen = 0_u64;
    loop {
        let id = numbers.number()?;
        if id == id::END {
            return if numbers.is_empty() { Ok(archive) } else { Err(numbers.broken("bytes behind its end")) };
        }
        // Each part once and in this order, as 7-Zip reads them: what stands twice is read differently by others.
        if id <= seen {
            return Err(numbers.broken("the order of the header's parts"));
        }
        seen = id;
        match id {
            id::ARCHIVE_PROPERTIES => while numbers.property()?.is_some() {},
            id::ADDITIONAL_STREAMS => return Err(Stop::Unsupported("additional streams in a 7z header".into())),
            id::MAIN_STREAMS => archive.streams = streams(numbers, meter)?,
            id::FILES => archive.files = files(numbers, meter)?,
            _ => return Err(numbers.broken("a part of the header")),
        }
    }
}

fn streams(numbers: &mut Numbers<'_>, meter: &Meter) -> Result<Streams, Stop> {
    let mut streams = Streams::default();
    let mut seen = 0_u64;
    let mut divided = false;
    loop {
        let id = numbers.number()?;
        if id == id::END {
            break;
        }
        if id <= seen {
            return Err(numbers.broken("the order of the stream tables"));
        }
        seen = id;
        match id {
            id::PACK_INFO => pack_info(numbers, &mut streams, meter)?,
            id::UNPACK_INFO => streams.folders = unpack_info(numbers, meter)?,
            id::SUB_STREAMS => {
                sub_streams(numbers, &mut streams.folders, meter)?;
                divided = true;
            }
            _ => return Err(numbers.broken("a table of streams")),
        }
    }
    if !divided {
        for folder in &mut streams.folders {
            folder.files = vec![(folder.size(), folder.crc)];
        }
    }
    Ok(streams)
}

fn pack_info(numbers: &mut Numbers<'_>, streams: &mut Streams, meter: &Meter) -> Result<(), Stop> {
    streams.position = numbers.number()?;
    let count = numbers.count("packed streams")?;
    meter.hold(count.saturating_mul(STREAM))?;
    loop {
        match numbers.number()? {
            id::END => break,
            id::SIZE => streams.packed = numbers.list(count)?,
            // Checksums of packed bytes: what comes out has its own.
            id::CRC => drop(numbers.checksums(count)?),
            _ => return Err(numbers.broken("the table of packed streams")),
        }
    }
    if streams.packed.len() as u64 == count { Ok(()) } else { Err(numbers.broken("the sizes of packed streams")) }
}

fn unpack_info(numbers: &mut Numbers<'_>, meter: &Meter) -> Result<Vec<Coded>, Stop> {
    numbers.expect(id::FOLDER, "the table of folders")?;
    let count = numbers.count("folders")?;
    meter.hold(count.saturating_mul(WEIGHT))?;
    numbers.inside("folders that lie elsewhere")?;
    let mut folders = Vec::new();
    for _ in 0..count {
        meter.steps(1)?;
        folders.push(folder(numbers, meter)?);
    }
    numbers.expect(id::UNPACK_SIZE, "the unpacked sizes")?;
    for folder in &mut folders {
        let outputs = folder.coders.iter().fold(0_u64, |sum, coder| sum.saturating_add(coder.outputs));
        folder.sizes = numbers.list(outputs)?;
    }
    loop {
        match numbers.number()? {
            id::END => return Ok(folders),
            id::CRC => {
                for (folder, crc) in folders.iter_mut().zip(numbers.checksums(count)?) {
                    folder.crc = crc;
                }
            }
            _ => return Err(numbers.broken("the table of folders")),
        }
    }
}

fn folder(numbers: &mut Numbers<'_>, meter: &Meter) -> Result<Coded, Stop> {
    let mut folder = Coded::default();
    let count = numbers.at_most(CODERS, "coders")?;
    meter.hold(count.saturating_mul(STREAM))?;
    let (mut inputs, mut outputs) = (0_u64, 0_u64);
    for _ in 0..count {
        let coder = coder(numbers)?;
        inputs = inputs.saturating_add(coder.inputs);
        outputs = outputs.saturating_add(coder.outputs);
        folder.coders.push(coder);
    }
    if outputs == 0 || inputs.max(outputs) > CODERS {
        return Err(numbers.broken("the streams of a folder"));
    }
    for _ in 1..outputs {
        let bind = (numbers.number()?, numbers.number()?);
        let twice = folder.binds.iter().any(|(input, output)| *input == bind.0 || *output == bind.1);
        if bind.0 >= inputs || bind.1 >= outputs || twice {
            return Err(numbers.broken("how the coders of a folder are bound"));
        }
        folder.binds.push(bind);
    }
    let bound = folder.binds.len() as u64;
    folder.packed = match inputs.checked_sub(bound) {
        None | Some(0) => return Err(numbers.broken("a folder that no packed stream feeds")),
        Some(1) => (0..inputs).filter(|input| !folder.binds.iter().any(|bind| bind.0 == *input)).collect(),
        Some(count) => numbers.list(count)?,
    };
    Ok(folder)
}

fn coder(numbers: &mut Numbers<'_>) -> Result<Method, Stop> {
    const COMPLEX: u8 = 1 << 4;
    const PROPERTIES: u8 = 1 << 5;
    const RESERVED: u8 = 3 << 6;
    let flags = numbers.byte()?;
    if flags & RESERVED != 0 {
        return Err(Stop::Unsupported("alternative coders of 7z".into()));
    }
    let id = numbers.take(u64::from(flags & 0xf))?;
    let id = id.iter().try_fold(0_u64, |id, byte| (id >> 56 == 0).then(|| id << 8 | u64::from(*byte)));
    let id = id.ok_or_else(|| numbers.broken("the id of a coder"))?;
    let (mut inputs, mut outputs) = (1, 1);
    if flags & COMPLEX != 0 {
        inputs = numbers.at_most(CODERS, "streams of a coder")?;
        outputs = numbers.at_most(CODERS, "streams of a coder")?;
    }
    let length = if flags & PROPERTIES == 0 { 0 } else { numbers.number()? };
    Ok(Method { id, inputs, outputs, properties: numbers.take(length)?.into() })
}

/// How the folders are divided into files.
fn sub_streams(numbers: &mut Numbers<'_>, folders: &mut [Coded], meter: &Meter) -> Result<(), Stop> {
    let mut id = numbers.number()?;
    let mut counts = vec![1_u64; folders.len()];
    if id == id::UNPACK_STREAMS {
        for count in &mut counts {
            *count = numbers.number()?;
        }
        id = numbers.number()?;
    }
    let sized = id == id::SIZE;
    for (folder, count) in folders.iter_mut().zip(&counts) {
        let mut left = folder.size();
        // The last size is what remains; every other one takes a byte at least, so that the count cannot run away.
        for _ in 1..*count {
            meter.steps(1)?;
            meter.hold(STREAM)?;
            let size = if sized { numbers.number()? } else { return Err(numbers.broken("the sizes of files")) };
            left = left.checked_sub(size).ok_or_else(|| numbers.broken("files larger than their folder"))?;
            folder.files.push((size, None));
        }
        if *count > 0 {
            folder.files.push((left, None));
        }
    }
    if sized {
        id = numbers.number()?;
    }
    checksums(numbers, folders, id)
}

/// The checksums of files, where their folder's does not already say it.
fn checksums(numbers: &mut Numbers<'_>, folders: &mut [Coded], mut id: u64) -> Result<(), Stop> {
    for folder in folders.iter_mut() {
        if let [file] = &mut *folder.files {
            file.1 = folder.crc;
        }
    }
    while id != id::END {
        if id != id::CRC {
            return Err(numbers.broken("the table of files in folders"));
        }
        let known = |folder: &Coded| folder.files.len() == 1 && folder.crc.is_some();
        let open = folders.iter_mut().filter(|folder| !known(folder)).flat_map(|folder| &mut folder.files);
        let mut open: Vec<_> = open.collect();
        let sums = numbers.checksums(open.len() as u64)?;
        for (file, crc) in open.iter_mut().zip(sums) {
            file.1 = crc;
        }
        id = numbers.number()?;
    }
    Ok(())
}

fn files(numbers: &mut Numbers<'_>, meter: &Meter) -> Result<Vec<Listed>, Stop> {
    let count = numbers.count("files")?;
    meter.hold(count.saturating_mul(WEIGHT))?;
    let mut files = vec![Listed { stream: true, ..Listed::default() }; usize::try_from(count).unwrap_or_default()];
    let mut without = 0_u64;
    let mut seen = Vec::new();
    while let Some((id, mut property)) = numbers.property()? {
        if id != id::FILLING {
            if seen.contains(&id) || seen.len() > KINDS {
                return Err(numbers.broken("a property of files that stands twice"));
            }
            seen.push(id);
        }
        match id {
            id::EMPTY_STREAM => {
                let empty = property.bits(count)?;
                without = empty.iter().fold(0, |sum, empty| sum.saturating_add(u64::from(*empty)));
                for (file, empty) in files.iter_mut().zip(empty) {
                    (file.stream, file.directory) = (!empty, empty);
                }
            }
            id::EMPTY_FILE => {
                let empty = property.bits(without)?;
                for (file, empty) in files.iter_mut().filter(|file| !file.stream).zip(empty) {
                    file.directory = !empty;
                }
            }
            id::NAMES => {
                property.inside("names that lie elsewhere")?;
                for file in &mut files {
                    meter.steps(1)?;
                    file.name = property.name()?;
                }
            }
            id::ATTRIBUTES => attributes(&mut property, &mut files)?,
            // An anti-item deletes when it is unpacked: the file is named, and has no content.
            id::ANTI => drop(property.bits(without)?),
            // Times, positions, comments, filling.
            _ => {}
        }
    }
    Ok(files)
}

fn attributes(property: &mut Numbers<'_>, files: &mut [Listed]) -> Result<(), Stop> {
    let defined = property.defined(files.len() as u64)?;
    property.inside("attributes that lie elsewhere")?;
    for (file, defined) in files.iter_mut().zip(defined) {
        if defined {
            file.attributes = property.u32()?;
        }
    }
    Ok(())
}
