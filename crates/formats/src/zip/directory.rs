//! The walk over a central directory: every header that lies there, whatever the end record counts.

use std::ops::Range;

use base::{coverage::Claim, reader::Reader, reason::Reason, stop::Stop};

use super::{
    Archive,
    end::Directory,
    header::{self, CENTRAL, CENTRAL_SIZE, Central},
};

/// Digital signature of the directory (APPNOTE 4.3.13).
const SIGNATURE: &[u8; 4] = b"PK\x05\x05";
/// What a member costs in memory beside its name.
const MEMBER: u64 = 288;

/// Reads every directory; a header that two views share is read once. What was read before a stop is given all the same.
pub(super) fn read(archive: &mut Archive<'_, '_>, directories: &[Directory]) -> (Vec<Central>, Result<(), Stop>) {
    let mut members = Vec::new();
    let walked = directories.iter().try_for_each(|directory| walk(archive, directory, &mut members));
    if directories.len() > 1 {
        members.sort_by_key(|member| (member.range.start, member.local));
        members.dedup_by_key(|member| (member.range.start, member.local));
    }
    (members, walked)
}

fn walk(archive: &mut Archive<'_, '_>, directory: &Directory, members: &mut Vec<Central>) -> Result<(), Stop> {
    let meter = archive.sink.meter().clone();
    let blob = archive.blob;
    let mut reader = Reader::at(blob, &meter, directory.start);
    let before = members.len();
    let mut end = directory.start;
    while end < directory.limit && reader.peek(CENTRAL_SIZE)?.starts_with(CENTRAL) {
        let Some(mut member) = one(&mut reader)? else {
            break;
        };
        meter.hold(MEMBER.saturating_add(member.stated.name.len() as u64))?;
        end = member.range.end;
        member.local = member.local.wrapping_add(directory.start).wrapping_sub(directory.stated);
        claim(archive, &member)?;
        members.push(member);
        if members.len() as u64 > meter.limits().entries {
            return Err(Stop::Limit(Reason::Entries));
        }
    }
    archive.extents.push((directory.start, end, None));
    let count = members.len().saturating_sub(before) as u64;
    if let Some(promise) = directory.promise {
        let signature = directory_signature(&mut reader)?;
        archive.pieces.add(end..end.saturating_add(signature), Claim::Read);
        check(archive, directory.start..end.saturating_add(signature), promise, count)?;
    }
    Ok(())
}

/// The next header, or `None` where the archive ends inside it.
fn one(reader: &mut Reader<'_>) -> Result<Option<Central>, Stop> {
    let at = reader.offset();
    let Some(fixed) = reader.peek(CENTRAL_SIZE)?.first_chunk::<CENTRAL_SIZE>().copied() else {
        return Ok(None);
    };
    let lengths = header::central_lengths(&fixed).unwrap_or_default();
    let tail_len = lengths.iter().fold(0_u64, |sum, len| sum.saturating_add(*len as u64));
    reader.consume(CENTRAL_SIZE);
    match reader.take(tail_len, "a central header") {
        Ok(tail) => Ok(header::central(&fixed, &tail, at)),
        Err(Stop::Truncated { .. }) => Ok(None),
        Err(stop) => Err(stop),
    }
}

fn claim(archive: &mut Archive<'_, '_>, member: &Central) -> Result<(), Stop> {
    let range = member.range.start..member.comment.start;
    archive.headers(range, &member.stated.foreign, &member.stated.name)?;
    archive.comment(member.comment.clone())
}

/// The length of a digital signature behind the directory; 0 without one.
fn directory_signature(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    let seen = reader.peek(6)?;
    match (seen.starts_with(SIGNATURE), seen.get(4..6)) {
        (true, Some([low, high])) => Ok(u64::from(u16::from_le_bytes([*low, *high])).saturating_add(6)),
        _ => Ok(0),
    }
}

/// Whether the end record told the truth. Old writers count entries modulo 65,536.
fn check(archive: &mut Archive<'_, '_>, range: Range<u64>, promise: (u64, u64), count: u64) -> Result<(), Stop> {
    let (entries, size) = promise;
    let walked = range.end.saturating_sub(range.start);
    if (entries != count && entries != count & 0xffff) || size != walked {
        let detail = format!("the end record counts {entries} entries in {size} bytes; there are {count} in {walked}");
        archive.flaw(&range, "end-record-lie", b"", detail)?;
    }
    Ok(())
}
