//! Archives one behind the other, each whole by itself: PyTorch's distributed checkpoints hold one for each tensor
//! (`torch/distributed/checkpoint/filesystem.py`, whose `.metadata` has offset and length of each).

use std::ops::Range;

use base::{
    coverage::Claim,
    fact::Entry,
    reason::Reason,
    sink::{Child, Sink},
    stop::Stop,
};
use memchr::memmem;

use super::{
    Archive, bytes,
    end::{self, END, END_SIZE, REACH},
    flaw,
    header::{CENTRAL, LOCAL},
    place,
};

/// Archives in one file.
const MAX_ARCHIVES: usize = 1 << 16;

/// An archive that is whole by itself.
struct Whole {
    range: Range<u64>,
    /// Where its directory is, and where it says so.
    directory: u64,
    stated: u64,
}

/// The archives of which the file consists, if it is several and nothing else, and no loader sees anything but one of them.
pub(super) fn archives(archive: &Archive<'_, '_>) -> Result<Vec<Range<u64>>, Stop> {
    let mut found: Vec<Whole> = Vec::new();
    let mut end = archive.len;
    while end > 0 {
        let Some(whole) = ending_at(archive, end)? else { return Ok(Vec::new()) };
        end = whole.range.start;
        found.push(whole);
        if found.len() > MAX_ARCHIVES {
            return Err(Stop::Limit(Reason::Entries));
        }
    }
    let (Some(last), Some(first)) = (found.first(), found.last()) else { return Ok(Vec::new()) };
    // Loaders that trust the stated offset (miniz, Java) look there from the start of the file.
    let astray = last.stated != first.directory && bytes(archive.blob, archive.sink, last.stated, 4)? == CENTRAL;
    if found.len() < 2 || astray || !ends_are_theirs(archive, &found)? {
        return Ok(Vec::new());
    }
    Ok(found.into_iter().rev().map(|whole| whole.range).collect())
}

/// Gives the archives back.
pub(super) fn give(archive: &mut Archive<'_, '_>, ranges: &[Range<u64>]) -> Result<(), Stop> {
    let detail =
        format!("{} whole archives lie one behind the other, and a loader of zip files sees one", ranges.len());
    flaw(archive.sink, &(0..archive.len), "stacked-archives", b"", detail)?;
    for range in ranges {
        let Some(blob) = archive.blob.slice(range.clone()) else { continue };
        let (name, size) = (format!("archive-{:#x}", range.start), range.end.saturating_sub(range.start));
        let entry =
            Entry { name: name.as_str().into(), kind: "file".into(), size, packed: size, method: "stored".into() };
        let sink: &mut Sink<'_> = archive.sink;
        sink.fact(place(range), entry)?;
        sink.claim(range.clone(), Claim::Child);
        sink.child(Child::window(name, place(range), blob))?;
    }
    Ok(())
}

/// The archive without comment that ends at `end`.
fn ending_at(archive: &Archive<'_, '_>, end: u64) -> Result<Option<Whole>, Stop> {
    let Some(at) = end.checked_sub(END_SIZE) else { return Ok(None) };
    let Some((position, size, stated)) = end::plain(archive, at)? else { return Ok(None) };
    let place = position.checked_sub(size).and_then(|directory| Some((directory, directory.checked_sub(stated)?)));
    let Some((directory, start)) = place else { return Ok(None) };
    let signed = bytes(archive.blob, archive.sink, directory, 4)? == CENTRAL
        && bytes(archive.blob, archive.sink, start, 4)? == LOCAL;
    Ok(signed.then_some(Whole { range: start..end, directory, stated }))
}

/// Whether every end record that a loader could find is that of one of the archives.
fn ends_are_theirs(archive: &Archive<'_, '_>, found: &[Whole]) -> Result<bool, Stop> {
    let base = archive.len.saturating_sub(REACH);
    let tail = archive.bytes(base, usize::try_from(REACH).unwrap_or(usize::MAX))?;
    Ok(memmem::find_iter(&tail, END).all(|at| {
        let end = base.saturating_add(at as u64).saturating_add(END_SIZE);
        // The archives are sorted from the last to the first.
        found.binary_search_by(|whole| end.cmp(&whole.range.end)).is_ok()
    }))
}
