//! What no directory accounts for: entries that only a forward reader meets, and bytes that belong to nobody.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Entry,
    reader::Reader,
    sink::{Child, Sink},
    stop::Stop,
};
use memchr::memmem;

use super::{
    Archive, bytes,
    end::Directory,
    flaw,
    header::{self, CENTRAL, Central, LOCAL, LOCAL_SIZE, Local},
    method, place,
};
use crate::names::shown;

/// The directory that follows the members of an archive without an end record.
pub(super) fn forward_directory(archive: &Archive<'_, '_>) -> Result<Option<Directory>, Stop> {
    let mut walk = Walk { blob: archive.blob, sink: &*archive.sink, range: 0..archive.len };
    while let Some((_, data)) = walk.next()? {
        walk.range.start = data.resume;
    }
    let start = walk.range.start;
    let found = bytes(archive.blob, archive.sink, start, 4)? == CENTRAL;
    Ok(found.then_some(Directory { start, stated: start, limit: archive.len, promise: None }))
}

/// Explains each gap. `listed`: a directory was found, so that entries outside of it are hidden.
pub(super) fn explain(
    blob: &Blob,
    sink: &mut Sink<'_>,
    gaps: &[Range<u64>],
    len: u64,
    listed: bool,
) -> Result<(), Stop> {
    for gap in gaps {
        let mut at = gap.start;
        while at < gap.end {
            let (entry, junk_end) = first_entry(blob, sink, at..gap.end)?;
            junk(blob, sink, at..junk_end, len, listed)?;
            at = junk_end;
            if let Some((local, data)) = entry {
                give(blob, sink, &local, &data, listed)?;
                at = data.resume;
            }
        }
    }
    Ok(())
}

/// Reads on where local headers say that data end: an entry there that nobody lists is one that a forward reader meets.
pub(super) fn follow(
    blob: &Blob,
    sink: &mut Sink<'_>,
    starts: &[u64],
    central: &[Central],
    gaps: &[Range<u64>],
    len: u64,
) -> Result<(), Stop> {
    let mut seen: HashSet<u64> = central.iter().map(|member| member.local).collect();
    for start in starts {
        let mut at = *start;
        // What lies in a gap was found there.
        while seen.insert(at) && !gaps.iter().any(|gap| gap.contains(&at)) {
            let Some((local, data)) = (Walk { blob, sink, range: at..len }).next()? else {
                break;
            };
            state(blob, sink, &local, &data, true)?;
            at = data.resume;
        }
    }
    Ok(())
}

/// The first plausible local header in `range`, and where what lies before it ends.
fn first_entry(blob: &Blob, sink: &Sink<'_>, range: Range<u64>) -> Result<(Option<(Local, Data)>, u64), Stop> {
    let mut from = range.start;
    while let Some(at) = find(blob, sink, from..range.end, LOCAL)? {
        if let Some(found) = (Walk { blob, sink, range: at..range.end }).next()? {
            return Ok((Some(found), at));
        }
        from = at.saturating_add(4);
    }
    Ok((None, range.end))
}

/// Where `needle` (four bytes) first occurs in `range`.
fn find(blob: &Blob, sink: &Sink<'_>, range: Range<u64>, needle: &[u8; 4]) -> Result<Option<u64>, Stop> {
    let mut reader = Reader::at(blob, sink.meter(), range.start);
    let finder = memmem::Finder::new(needle);
    loop {
        let at = reader.offset();
        let left = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
        let seen = reader.peek(64 << 10)?;
        let seen = seen.get(..left).unwrap_or(seen);
        if let Some(found) = finder.find(seen) {
            return Ok(Some(at.saturating_add(found as u64)));
        }
        let step = seen.len().saturating_sub(3);
        if step == 0 {
            return Ok(None);
        }
        reader.consume(step);
    }
}

/// Steps from local header to local header.
struct Walk<'a, 's> {
    blob: &'a Blob,
    sink: &'a Sink<'s>,
    range: Range<u64>,
}

/// The data of an entry that is known by its local header alone.
struct Data {
    range: Range<u64>,
    /// Where to read on: behind the descriptor, if there is one.
    resume: u64,
}

impl Walk<'_, '_> {
    /// The entry at the start of the range, if a plausible local header lies there.
    fn next(&mut self) -> Result<Option<(Local, Data)>, Stop> {
        let at = self.range.start;
        let fixed = bytes(self.blob, self.sink, at, LOCAL_SIZE)?;
        let Some(needed) = header::local_length(&fixed) else {
            return Ok(None);
        };
        let local = header::local(&bytes(self.blob, self.sink, at, needed)?, at);
        let Some(local) = local.filter(|local| plausible(local) && local.range.end <= self.range.end) else {
            return Ok(None);
        };
        let data = self.data(&local)?;
        Ok(Some((local, data)))
    }

    fn data(&self, local: &Local) -> Result<Data, Stop> {
        let start = local.range.end;
        if local.streamed() && local.stated.packed == 0 {
            return self.streamed(start);
        }
        let end = start.saturating_add(local.stated.packed).min(self.range.end);
        Ok(Data { range: start..end, resume: end })
    }

    /// A streamed entry ends at the descriptor whose packed size is the distance to it, else at the next header.
    fn streamed(&self, start: u64) -> Result<Data, Stop> {
        let mut from = start;
        while let Some(at) = find(self.blob, self.sink, from..self.range.end, b"PK\x07\x08")? {
            let descriptor = bytes(self.blob, self.sink, at, 24)?;
            let distance = at.saturating_sub(start).to_le_bytes();
            let wide = descriptor.get(8..16) == Some(&distance[..]);
            if wide || descriptor.get(8..12) == distance.get(..4) {
                let resume = at.saturating_add(if wide { 24 } else { 16 }).min(self.range.end);
                return Ok(Data { range: start..at, resume });
            }
            from = at.saturating_add(4);
        }
        let mut end = self.range.end;
        for signature in [LOCAL, CENTRAL] {
            end = find(self.blob, self.sink, start..end, signature)?.unwrap_or(end);
        }
        Ok(Data { range: start..end, resume: end })
    }
}

/// A signature alone is no header: it also stands in programs that know the format.
fn plausible(local: &Local) -> bool {
    let stated = &local.stated;
    let name = !stated.name.is_empty() && stated.name.len() <= 4096 && !stated.name.iter().any(|byte| *byte < 0x20);
    name && method::name(stated.method) != "unknown"
}

/// Gives an entry back that no directory lists.
fn give(blob: &Blob, sink: &mut Sink<'_>, local: &Local, data: &Data, listed: bool) -> Result<(), Stop> {
    sink.claim(local.range.clone(), Claim::Read);
    sink.claim(data.range.clone(), Claim::Child);
    sink.claim(data.range.end..data.resume, Claim::Read);
    state(blob, sink, local, data, listed)
}

fn state(blob: &Blob, sink: &mut Sink<'_>, local: &Local, data: &Data, listed: bool) -> Result<(), Stop> {
    let stated = &local.stated;
    let whole = local.range.start..data.resume;
    let kind = if listed { "hidden" } else { "file" };
    let entry = Entry {
        name: shown(&stated.name),
        kind: kind.into(),
        size: stated.size,
        packed: data.range.end.saturating_sub(data.range.start),
        method: method::name(stated.method).into(),
    };
    sink.fact(place(&whole), entry)?;
    if listed {
        flaw(sink, &whole, "hidden-entry", &stated.name, "in no directory".into())?;
    }
    for id in crate::names::flaws(&stated.name) {
        flaw(sink, &local.range, id, &stated.name, String::new())?;
    }
    match blob.slice(data.range.clone()) {
        Some(from) if !(from.is_empty() && stated.name.ends_with(b"/")) => {
            let body = method::forward_body(from, local);
            let place = place(&data.range);
            sink.child(Child { name: stated.name.to_vec(), place, body, also: Vec::new(), tensor_data: false })
        }
        _ => Ok(()),
    }
}

/// Bytes that belong to nobody: zeros are padding, anything else is a child.
fn junk(blob: &Blob, sink: &mut Sink<'_>, range: Range<u64>, len: u64, listed: bool) -> Result<(), Stop> {
    if range.start >= range.end {
        return Ok(());
    }
    if crate::padding::is_zero(blob, sink.meter(), range.clone())? {
        sink.claim(range, Claim::Padding);
        return Ok(());
    }
    let (id, name) = match (range.start == 0, range.end == len && listed) {
        (true, _) => ("prefix-data", "prefix".to_owned()),
        (_, true) => ("trailing-data", "trailing".to_owned()),
        _ => ("gap-data", format!("gap-{:#x}", range.start)),
    };
    flaw(sink, &range, id, name.as_bytes(), format!("{} bytes", range.end.saturating_sub(range.start)))?;
    sink.claim(range.clone(), Claim::Child);
    match blob.slice(range.clone()) {
        Some(window) => sink.child(Child::window(name, place(&range), window)),
        None => Ok(()),
    }
}
