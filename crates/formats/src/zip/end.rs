//! The end of an archive and where it says the directory lies (APPNOTE 6.3.10, sections 4.3.14 to 4.3.16).

use std::ops::Range;

use base::{coverage::Claim, format::Head, stop::Stop};
use memchr::memrchr_iter;

use super::{Archive, header::CENTRAL};
use crate::fields::Fields;

pub(super) const END: &[u8; 4] = b"PK\x05\x06";
pub(super) const END_SIZE: u64 = 22;
const LOCATOR: &[u8; 4] = b"PK\x06\x07";
const LOCATOR_SIZE: u64 = 20;
const END64: &[u8; 4] = b"PK\x06\x06";
const END64_SIZE: u64 = 56;
/// How far from the end an end record can lie: its own size and the longest comment.
pub(super) const REACH: u64 = END_SIZE + u16::MAX as u64;

/// A central directory as one view sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directory {
    /// Where it begins.
    pub(super) start: u64,
    /// Where the archive says that it begins: local headers are moved by the difference.
    pub(super) stated: u64,
    /// Where it must end at the latest.
    pub(super) limit: u64,
    /// Stated number of entries and size in bytes; `None` where nothing states them.
    pub(super) promise: Option<(u64, u64)>,
}

/// The numbers of an end record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Numbers {
    entries: u64,
    size: u64,
    offset: u64,
}

/// A parsed end record.
struct End {
    disks: [u16; 2],
    entries_here: u16,
    numbers: Numbers,
    comment: u64,
}

fn end_record(bytes: &[u8]) -> Option<End> {
    let mut fields = Fields(bytes);
    if fields.take(4)? != END {
        return None;
    }
    let disks = [fields.u16_le()?, fields.u16_le()?];
    let entries_here = fields.u16_le()?;
    let entries = fields.u16_le()?.into();
    let (size, offset) = (fields.u32_le()?.into(), fields.u32_le()?.into());
    Some(End { disks, entries_here, numbers: Numbers { entries, size, offset }, comment: fields.u16_le()?.into() })
}

/// Where the signature of an end record stands, the last one first. Most files have none, so looking for one byte is quickest.
fn ends(bytes: &[u8]) -> impl Iterator<Item = usize> {
    memrchr_iter(b'P', bytes).filter(|at| bytes.get(*at..).is_some_and(|from| from.starts_with(END)))
}

/// Whether the last bytes of an artifact hold an end record that some loader would accept.
pub(super) fn fits(head: &Head<'_>) -> bool {
    let Some(len) = head.len else {
        return false;
    };
    let base = len.saturating_sub(head.last.len() as u64);
    let found = ends(head.last).filter_map(|at| Some((at, end_record(head.last.get(at..)?)?)));
    found.take(8).any(|(at, end)| {
        let (at, after) = (base.saturating_add(at as u64), len.saturating_sub(base.saturating_add(at as u64)));
        // A tar whose last member is a zip ends in zeros behind the zip: that zip is the member's, not the tar's.
        let exact = after == END_SIZE.saturating_add(end.comment);
        let wide = locator_before(head, at.saturating_sub(base));
        // An empty directory lies nowhere: behind other content only a record that ends the file is more than its bytes,
        // which every program that reads zip files holds (`stringEndArchive` of Python's zipfile).
        let placed = match end.numbers {
            Numbers { entries: 0, size: 0, offset } if exact || at == 0 => offset <= at,
            numbers => directory_before(head, base, at, numbers),
        };
        (exact || !crate::tar::is_header(head.first)) && (wide || placed)
    })
}

fn locator_before(head: &Head<'_>, at: u64) -> bool {
    let start = at.checked_sub(LOCATOR_SIZE).and_then(|start| usize::try_from(start).ok());
    start.and_then(|start| head.last.get(start..)).is_some_and(|bytes| bytes.starts_with(LOCATOR))
}

/// Whether the directory can lie before the end record at `at`: where it would begin there is its signature, as far as that can be seen.
fn directory_before(head: &Head<'_>, base: u64, at: u64, numbers: Numbers) -> bool {
    let Numbers { entries, size, offset } = numbers;
    let stated = central_at(head, base, offset);
    // Readers that trust the stated offset (Go) ask for no size.
    if size == 0 {
        return offset < at && stated == Some(true);
    }
    let Some(start) = at.checked_sub(size) else {
        return false;
    };
    match (central_at(head, base, start), stated) {
        (Some(true), _) | (_, Some(true)) => true,
        (Some(false), Some(false)) => false,
        _ => offset <= start && size >= entries.saturating_mul(46),
    }
}

/// Whether a central header begins at `start`; `None` where that part of the artifact is not seen.
fn central_at(head: &Head<'_>, base: u64, start: u64) -> Option<bool> {
    match usize::try_from(start.wrapping_sub(base)) {
        Ok(start) if start < head.last.len() => head.last.get(start..).map(|bytes| bytes.starts_with(CENTRAL)),
        _ => usize::try_from(start).ok().and_then(|start| head.at(start, 4)).map(|bytes| bytes == CENTRAL),
    }
}

/// The end record without comment at `at`: where it begins with its zip64 twin, and the directory's stated size and offset.
pub(super) fn plain(archive: &Archive<'_, '_>, at: u64) -> Result<Option<(u64, u64, u64)>, Stop> {
    let Some(end) = end_record(&archive.bytes(at, 22)?).filter(|end| end.comment == 0) else { return Ok(None) };
    let locator_at = at.checked_sub(LOCATOR_SIZE);
    let locator = locator_at.map(|at| archive.bytes(at, 4)).transpose()?;
    if locator.is_none_or(|bytes| bytes != LOCATOR) {
        return Ok(Some((at, end.numbers.size, end.numbers.offset)));
    }
    let Some(position) = locator_at.and_then(|at| at.checked_sub(END64_SIZE)) else { return Ok(None) };
    let wide = wide_record(&archive.bytes(position, 56)?);
    Ok(wide.map(|(_, numbers)| (position, numbers.size, numbers.offset)))
}

/// Finds the end records that some loader would use, states what is wrong with them, and gives the directories they name.
pub(super) fn locate(archive: &mut Archive<'_, '_>) -> Result<Vec<Directory>, Stop> {
    let base = archive.len.saturating_sub(REACH);
    let tail = archive.bytes(base, usize::try_from(REACH).unwrap_or(usize::MAX))?;
    let mut directories = Vec::new();
    let mut last = true;
    for at in ends(&tail) {
        let Some(end) = tail.get(at..).and_then(end_record) else {
            continue;
        };
        let at = base.saturating_add(at as u64);
        let reaches = at.saturating_add(END_SIZE).saturating_add(end.comment);
        // Most loaders take the last signature, others the one whose comment reaches the end of the file.
        if last || reaches == archive.len {
            if !last {
                let detail = format!("another end record at {at:#x} has a comment that reaches the end of the file");
                archive.flaw(&(at..reaches), "end-record-lie", b"", detail)?;
            }
            archive.ends.push(at);
            let comment = at.saturating_add(END_SIZE)..reaches.min(archive.len);
            archive.pieces.add(at..at.saturating_add(END_SIZE), Claim::Read);
            archive.extents.push((at, at.saturating_add(END_SIZE), None));
            archive.comment(comment)?;
            views(archive, at, &end, &mut directories)?;
        }
        last = false;
    }
    Ok(directories)
}

/// The directories that the end record at `at` names.
fn views(archive: &mut Archive<'_, '_>, at: u64, end: &End, into: &mut Vec<Directory>) -> Result<(), Stop> {
    let range = at..at.saturating_add(END_SIZE);
    let wide = wide_records(archive, at)?;
    let several = end.disks.iter().any(|disk| !matches!(*disk, 0 | u16::MAX))
        || (u64::from(end.entries_here) != end.numbers.entries && end.numbers.entries < u64::from(u16::MAX));
    if several || (end.disks.contains(&u16::MAX) && wide.is_empty()) {
        let detail = format!("disks {:?}, {} of {} entries here", end.disks, end.entries_here, end.numbers.entries);
        archive.flaw(&range, "multi-disk", b"", detail)?;
    }
    let narrow = end.numbers;
    let agrees = wide.iter().all(|(_, wide)| agree(narrow, *wide));
    if !agrees {
        let detail =
            format!("the end record says {narrow:?}, its zip64 twin {:?}", wide.first().map(|record| record.1));
        archive.flaw(&range, "zip64-lie", b"", detail)?;
    }
    let mut found = Vec::new();
    for (position, numbers) in &wide {
        found.extend(placed(archive, *position, *numbers)?);
    }
    if wide.is_empty() || !agrees {
        found.extend(placed(archive, at, narrow)?);
    }
    let mut starts: Vec<_> = found.iter().map(|directory| directory.start).collect();
    starts.dedup();
    let ahead = found.iter().any(|directory| directory.stated > directory.start);
    let empty = narrow == Numbers { entries: 0, size: 0, offset: narrow.offset } && narrow.offset <= at;
    if starts.len() > 1 || ahead || (starts.is_empty() && !(empty && wide.is_empty())) {
        let detail = format!("{narrow:?}: the directory begins at {starts:?}");
        archive.flaw(&range, "end-record-lie", b"", detail)?;
    }
    found.retain(|directory| !into.contains(directory));
    into.extend(found);
    Ok(())
}

/// Whether two end records say the same, where the narrow one says anything.
fn agree(narrow: Numbers, wide: Numbers) -> bool {
    let same = |narrow: u64, wide: u64, none: u64| narrow == none || narrow == wide;
    same(narrow.entries, wide.entries, u16::MAX.into())
        && same(narrow.size, wide.size, u32::MAX.into())
        && same(narrow.offset, wide.offset, u32::MAX.into())
}

/// Where loaders look for a directory of these numbers whose end record begins at `position`: at the stated offset
/// (miniz, Java), or as far before the end record as it is long (Python).
fn placed(archive: &Archive<'_, '_>, position: u64, numbers: Numbers) -> Result<Vec<Directory>, Stop> {
    let Numbers { entries, size, offset } = numbers;
    let promise = Some((entries, size));
    let mut found = Vec::new();
    let counted = position.checked_sub(size).map(|start| Directory { start, stated: offset, limit: position, promise });
    let stated = Directory { start: offset, stated: offset, limit: position, promise };
    for directory in counted.into_iter().chain([stated]) {
        let signed = directory.start < position && archive.bytes(directory.start, 4)? == CENTRAL;
        if signed && !found.contains(&directory) {
            found.push(directory);
        }
    }
    Ok(found)
}

/// The zip64 end records of the end record at `at`: the one that the locator names and the one right before the locator.
fn wide_records(archive: &mut Archive<'_, '_>, at: u64) -> Result<Vec<(u64, Numbers)>, Stop> {
    let Some(locator_at) = at.checked_sub(LOCATOR_SIZE) else {
        return Ok(Vec::new());
    };
    let locator = archive.bytes(locator_at, 20)?;
    let mut fields = Fields(&locator);
    if fields.take(4).is_none_or(|signature| signature != LOCATOR) {
        return Ok(Vec::new());
    }
    let disk = fields.u32_le().unwrap_or_default();
    let (stated, disks) = (fields.u64_le().unwrap_or_default(), fields.u32_le().unwrap_or_default());
    let range = locator_at..at;
    archive.pieces.add(range.clone(), Claim::Read);
    let mut found: Vec<(u64, Numbers)> = Vec::new();
    for position in [locator_at.checked_sub(END64_SIZE), Some(stated)].into_iter().flatten() {
        if found.iter().any(|(other, _)| *other == position) {
            continue;
        }
        let bytes = archive.bytes(position, usize::try_from(END64_SIZE).unwrap_or(usize::MAX))?;
        if let Some((length, numbers)) = wide_record(&bytes) {
            let end = position.saturating_add(length.saturating_add(12)).min(locator_at);
            let fixed = position.saturating_add(END64_SIZE);
            archive.pieces.add(position..fixed, Claim::Read);
            claim_extension(archive, fixed..end)?;
            found.push((position, numbers));
        }
    }
    // Data put in front move every offset alike: the record then still is said to lie right behind the directory.
    let misplaced = found
        .iter()
        .any(|(position, numbers)| *position != stated && numbers.offset.checked_add(numbers.size) != Some(stated));
    if found.len() != 1 || misplaced || disk != 0 || disks > 1 {
        let detail = format!("the locator names {stated:#x} on disk {disk} of {disks}; {} records there", found.len());
        archive.flaw(&range, "zip64-lie", b"", detail)?;
    }
    Ok(found)
}

/// The extensible data sector of a zip64 end record: reserved, so whatever stands there is given back.
fn claim_extension(archive: &mut Archive<'_, '_>, range: Range<u64>) -> Result<(), Stop> {
    if range.start < range.end {
        archive.comment(range)?;
    }
    Ok(())
}

fn wide_record(bytes: &[u8]) -> Option<(u64, Numbers)> {
    let mut fields = Fields(bytes);
    if fields.take(4)? != END64 {
        return None;
    }
    let length = fields.u64_le()?;
    fields.take(20)?;
    let entries = fields.u64_le()?;
    Some((length, Numbers { entries, size: fields.u64_le()?, offset: fields.u64_le()? }))
}
