//! What lies in a 7z archive, given back: a folder of one file as that file, a solid one as a tar archive of its files.

use std::{ops::Range, slice};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Entry,
    location::Place,
    sink::{Child, ChildBody, Packed, Sink},
    stop::Stop,
};

use super::{
    described::described,
    flaw,
    header::{Archive, Coded, Listed},
};
use crate::{
    codec::{
        SEVENZ,
        sevenz::{Coder, File, Folder, is_encryption, supported},
    },
    names::{self, shown},
    pieces::Pieces,
};

/// Gives back what every folder holds and states what the archive lists. `base`: where packed streams are counted from.
pub(super) fn give(
    blob: &Blob,
    sink: &mut Sink<'_>,
    archive: &Archive,
    base: u64,
    pieces: &mut Pieces,
) -> Result<(), Stop> {
    let mut packed =
        PackedStreams { at: base.saturating_add(archive.streams.position), sizes: &archive.streams.packed };
    let mut listed = archive.files.iter();
    let mut number = 0_usize;
    for folder in &archive.streams.folders {
        sink.meter().steps(1)?;
        let ranges = packed.take(folder.packed.len())?;
        for range in &ranges {
            pieces.add(range.clone(), Claim::Child);
        }
        let names = names(sink, &mut listed, folder.files.len(), number, &ranges)?;
        give_folder(blob, sink, folder, names, number, &ranges)?;
        number = number.saturating_add(1);
    }
    for file in listed {
        if file.stream {
            return Err(Stop::malformed(base, "a file of a 7z archive that lies in no folder"));
        }
        without_content(sink, file, base)?;
    }
    Ok(())
}

/// The packed streams that no folder has taken yet.
struct PackedStreams<'a> {
    at: u64,
    sizes: &'a [u64],
}

impl PackedStreams<'_> {
    fn take(&mut self, count: usize) -> Result<Vec<Range<u64>>, Stop> {
        let at = self.at;
        let broken = || Stop::malformed(at, "a folder of a 7z archive without packed streams");
        let (taken, rest) = self.sizes.split_at_checked(count).ok_or_else(broken)?;
        let mut ranges = Vec::new();
        for size in taken {
            let end = self.at.checked_add(*size).ok_or_else(broken)?;
            ranges.push(self.at..end);
            self.at = end;
        }
        self.sizes = rest;
        Ok(ranges)
    }
}

/// The next `count` files with content; whatever has none on the way is stated. A stream without a file gets a name.
fn names<'a>(
    sink: &mut Sink<'_>,
    listed: &mut slice::Iter<'a, Listed>,
    count: usize,
    folder: usize,
    ranges: &[Range<u64>],
) -> Result<Vec<Listed>, Stop> {
    let at = ranges.first().map_or(0, |range| range.start);
    let mut names = Vec::new();
    while names.len() < count {
        match listed.next() {
            Some(file) if file.stream => names.push(file.clone()),
            Some(file) => without_content(sink, file, at)?,
            None => {
                let name = format!("folder-{folder}-stream-{}", names.len()).into_bytes();
                flaw(sink, &place(ranges), "hidden-entry", &name, "content that no file has".into())?;
                names.push(Listed { name, stream: true, ..Listed::default() });
            }
        }
    }
    Ok(names)
}

/// A directory or an empty file.
fn without_content(sink: &mut Sink<'_>, file: &Listed, at: u64) -> Result<(), Stop> {
    state(sink, &Place::bytes(at, 0), file, 0, 0, "stored")
}

fn state(sink: &mut Sink<'_>, place: &Place, file: &Listed, size: u64, packed: u64, method: &str) -> Result<(), Stop> {
    let (name, kind) = (shown(&file.name), kind(file).into());
    sink.fact(place.clone(), Entry { name, kind, size, packed, method: method.into() })?;
    for id in names::flaws(&file.name) {
        flaw(sink, place, id, &file.name, String::new())?;
    }
    Ok(())
}

/// What a file is: 7-Zip keeps Unix' mode in the upper half of Windows' attributes where bit 15 says so.
fn kind(file: &Listed) -> &'static str {
    const UNIX: u32 = 1 << 15;
    const REPARSE_POINT: u32 = 1 << 10;
    match file.attributes >> 16 & 0o170_000 {
        _ if file.directory => "folder",
        0o120_000 if file.attributes & UNIX != 0 => "symlink",
        0o020_000 | 0o060_000 if file.attributes & UNIX != 0 => "device",
        0o010_000 if file.attributes & UNIX != 0 => "fifo",
        _ if file.attributes & (UNIX | REPARSE_POINT) == REPARSE_POINT => "symlink",
        _ => "file",
    }
}

fn give_folder(
    blob: &Blob,
    sink: &mut Sink<'_>,
    coded: &Coded,
    mut names: Vec<Listed>,
    number: usize,
    ranges: &[Range<u64>],
) -> Result<(), Stop> {
    let place = place(ranges);
    let mut files = coded.files.clone();
    if files.is_empty() {
        let name = format!("folder-{number}").into_bytes();
        flaw(sink, &place, "hidden-entry", &name, "a folder without files".into())?;
        names.push(Listed { name, stream: true, ..Listed::default() });
        files.push((coded.size(), coded.crc));
    }
    let coders = chain(coded);
    if coded.coders.iter().any(|coder| is_encryption(coder.id)) {
        let part = names.first().map(|file| file.name.clone()).unwrap_or_default();
        flaw(sink, &place, "encrypted", &part, "a folder of a 7z archive is encrypted".into())?;
    }
    let solid = names.len() > 1;
    let method = coded.coders.first().and_then(|coder| supported(coder.id)).unwrap_or("unknown");
    let share = if solid { 0 } else { place.length };
    // The tar archive that a solid folder comes out as states its members itself.
    if !solid || coders.is_err() {
        for (file, (size, _)) in names.iter().zip(&files) {
            state(sink, &place, file, *size, share, method)?;
        }
    }
    let name = match &*names {
        [file] => file.name.clone(),
        _ => format!("solid-{number}").into_bytes(),
    };
    let files = names.into_iter().zip(files).map(|(file, (size, crc))| File { name: file.name, size, crc }).collect();
    let body = match coders {
        Ok(coders) => body(blob, sink, Folder { coders, solid, files }, ranges)?,
        Err(stop) => ChildBody::Closed(stop),
    };
    sink.child(Child { name, place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
}

fn body(blob: &Blob, sink: &Sink<'_>, folder: Folder, ranges: &[Range<u64>]) -> Result<ChildBody, Stop> {
    let packed = ranges.first().and_then(|range| blob.slice(range.clone()));
    let Some(packed) = packed else {
        return Ok(ChildBody::Closed(Stop::truncated(blob.len().unwrap_or(0), "a packed stream of a 7z archive")));
    };
    if let ([coder], [file]) = (&*folder.coders, &*folder.files)
        && coder.method == 0
        && packed.len() == Some(file.size)
    {
        return Ok(ChildBody::Window(packed));
    }
    let Some(size) = folder.unpacked() else {
        return Ok(ChildBody::Closed(Stop::malformed(0, "the sizes of a 7z folder")));
    };
    sink.meter().hold(folder.weight())?;
    // A solid folder's files have checksums of their own, which the codec compares.
    let crc32 = folder.files.first().and_then(|file| file.crc).filter(|_| !folder.solid);
    let from = described(folder.write(), packed);
    Ok(ChildBody::Packed(Packed { from, codec: &SEVENZ, size: Some(size), crc32 }))
}

/// The coders in decoding order, where they are a chain of known ones behind one packed stream.
pub(super) fn chain(folder: &Coded) -> Result<Vec<Coder>, Stop> {
    for coder in &folder.coders {
        if is_encryption(coder.id) {
            return Err(Stop::Unsupported("encryption".into()));
        }
        if supported(coder.id).is_none() {
            return Err(Stop::Unsupported(format!("7z method {:x}", coder.id)));
        }
    }
    let simple = folder.coders.iter().all(|coder| coder.inputs == 1 && coder.outputs == 1);
    let ([first], true) = (&*folder.packed, simple) else {
        return Err(Stop::Unsupported("a 7z folder of several packed streams".into()));
    };
    let mut coders = Vec::new();
    let mut next = Some(*first);
    while let Some(index) = next.filter(|_| coders.len() < folder.coders.len()) {
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(coder), Some(size)) = (folder.coders.get(at), folder.sizes.get(at)) else { break };
        coders.push(Coder { method: coder.id, properties: coder.properties.clone(), size: *size });
        next = folder.binds.iter().find(|(_, output)| *output == index).map(|(input, _)| *input);
    }
    if next.is_some() || coders.len() != folder.coders.len() {
        return Err(Stop::Unsupported("coders of a 7z folder that form no chain".into()));
    }
    Ok(coders)
}

/// Where packed streams lie: they follow each other.
fn place(ranges: &[Range<u64>]) -> Place {
    let start = ranges.first().map_or(0, |range| range.start);
    let end = ranges.last().map_or(start, |range| range.end);
    Place::bytes(start, end.saturating_sub(start))
}
