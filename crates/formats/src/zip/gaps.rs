//! What no directory accounts for: entries that only a forward reader meets, and bytes that belong to nobody.

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Entry,
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
use crate::{fields::Fields, names::shown};

/// Names of entries that no directory lists are not longer.
const LONGEST_NAME: usize = 4096;
/// The signature that most data descriptors have.
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";

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
    let mut search = Search::new(blob, sink, range.clone(), LOCAL);
    while let Some(at) = search.next()? {
        if let Some(found) = (Walk { blob, sink, range: at..range.end }).next()? {
            return Ok((Some(found), at));
        }
    }
    Ok((None, range.end))
}

/// Finds signatures, each byte read once: in small pieces at first, for most lie near.
struct Search<'a, 's> {
    blob: &'a Blob,
    sink: &'a Sink<'s>,
    signature: &'static [u8; 4],
    /// Offset of the buffer.
    base: u64,
    end: u64,
    buffer: Vec<u8>,
    position: usize,
    ask: usize,
}

impl<'a, 's> Search<'a, 's> {
    fn new(blob: &'a Blob, sink: &'a Sink<'s>, range: Range<u64>, signature: &'static [u8; 4]) -> Self {
        let (base, end) = (range.start, range.end);
        Self { blob, sink, signature, base, end, buffer: Vec::new(), position: 0, ask: 512 }
    }

    /// Where the signature occurs next.
    fn next(&mut self) -> Result<Option<u64>, Stop> {
        loop {
            let rest = self.buffer.get(self.position..).unwrap_or_default();
            if let Some(found) = memmem::find(rest, self.signature) {
                let at = self.position.saturating_add(found);
                self.position = at.saturating_add(self.signature.len());
                return Ok(Some(self.base.saturating_add(at as u64)));
            }
            // A signature may lie across two pieces.
            let read = self.buffer.len().saturating_sub(rest.len().min(3)) as u64;
            self.base = self.base.saturating_add(read);
            self.ask = self.ask.saturating_mul(2).min(256 << 10);
            let left = usize::try_from(self.end.saturating_sub(self.base)).unwrap_or(usize::MAX);
            self.buffer = bytes(self.blob, self.sink, self.base, self.ask.min(left))?;
            self.position = 0;
            if self.buffer.len() < self.signature.len() {
                return Ok(None);
            }
        }
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
        if !self.name_is_plausible(&fixed)? {
            return Ok(None);
        }
        let local = header::local(&bytes(self.blob, self.sink, at, needed)?, at);
        let Some(local) = local.filter(|local| local.range.end <= self.range.end) else {
            return Ok(None);
        };
        let data = self.data(&local)?;
        Ok(Some((local, data)))
    }

    /// Looks at method and name before anything longer is read: a signature alone is no header, it also stands in
    /// programs that know the format.
    fn name_is_plausible(&self, fixed: &[u8]) -> Result<bool, Stop> {
        let mut fields = Fields(fixed);
        let method = fields.take(8).and_then(|_| fields.u16_le());
        let length = fields.take(16).and_then(|_| fields.u16_le()).map(usize::from);
        let (Some(method), Some(length @ 1..=LONGEST_NAME)) = (method, length) else {
            return Ok(false);
        };
        if method::name(method) == "unknown" {
            return Ok(false);
        }
        let at = self.range.start.saturating_add(LOCAL_SIZE as u64);
        let name = bytes(self.blob, self.sink, at, length)?;
        Ok(name.iter().all(|byte| *byte >= 0x20))
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
        let mut search = Search::new(self.blob, self.sink, start..self.range.end, DESCRIPTOR);
        while let Some(at) = search.next()? {
            let descriptor = bytes(self.blob, self.sink, at, 24)?;
            let distance = at.saturating_sub(start).to_le_bytes();
            let wide = descriptor.get(8..16) == Some(&distance[..]);
            if wide || descriptor.get(8..12) == distance.get(..4) {
                let resume = at.saturating_add(if wide { 24 } else { 16 }).min(self.range.end);
                return Ok(Data { range: start..at, resume });
            }
        }
        let mut end = self.range.end;
        for signature in [LOCAL, CENTRAL] {
            end = Search::new(self.blob, self.sink, start..end, signature).next()?.unwrap_or(end);
        }
        Ok(Data { range: start..end, resume: end })
    }
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
            sink.child(Child { name: stated.name.to_vec(), place, body, also: Vec::new(), tensor_data: false, origins: Vec::new(), given: Vec::new() })
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
    // What holds nothing of an archive is this file, not a part of it: it stays unread.
    if range.start == 0 && range.end == len {
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
