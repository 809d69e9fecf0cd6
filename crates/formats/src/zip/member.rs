//! One member in all its views: what the directory says, what its local header says, and where they disagree.

use std::{collections::BTreeSet, ops::Range};

use base::{
    coverage::Claim,
    fact::{Entry, Opaque, Reference},
    sink::{Child, ChildBody},
    stop::Stop,
};

use super::{
    Archive,
    header::{self, Central, LOCAL_SIZE, Local, Stated, flag},
    method, place,
};
use crate::names::{self, shown};

/// The longest target of a symbolic link that is looked at.
const LINK: u64 = 4096;

/// Gives every member of the directory back, in its order, and states what is wrong with each.
pub(super) fn give(archive: &mut Archive<'_, '_>, central: &[Central]) -> Result<(), Stop> {
    repeated_names(archive, central)?;
    let mut shared: Vec<usize> = (0..central.len()).collect();
    let key =
        |index: &usize| central.get(*index).map(|member| (member.local, member.stated.method, member.stated.packed));
    shared.sort_by_key(|index| (key(index), *index));
    let mut leaders = vec![true; central.len()];
    let mut followers = Vec::new();
    for group in shared.chunk_by(|one, two| key(one) == key(two)).filter(|group| group.len() > 1) {
        for index in group.iter().skip(1) {
            if let Some(leads) = leaders.get_mut(*index) {
                *leads = false;
            }
        }
        followers.push(group);
    }
    followers.sort_unstable();
    for (index, member) in central.iter().enumerate() {
        let group = followers.binary_search_by_key(&Some(&index), |group| group.first());
        let others =
            group.ok().and_then(|at| followers.get(at)).map_or(&[][..], |group| group.get(1..).unwrap_or_default());
        let also = others.iter().filter_map(|other| central.get(*other)).map(|other| other.stated.name.to_vec());
        let leads = leaders.get(index).copied().unwrap_or(true);
        give_one(archive, index, member, leads, also.collect())?;
    }
    Ok(())
}

/// Names that occur twice, as they are or without regard to case (miniz looks them up so).
fn repeated_names(archive: &mut Archive<'_, '_>, central: &[Central]) -> Result<(), Stop> {
    let lower = |member: &Central| member.stated.name.to_ascii_lowercase();
    let mut order: Vec<&Central> = central.iter().collect();
    order.sort_by_cached_key(|member| (lower(member), member.range.start));
    for pair in order.windows(2) {
        let [one, two] = pair else {
            continue;
        };
        if one.stated.name == two.stated.name {
            let detail = format!("also at {:#x}", one.range.start);
            archive.flaw(&two.range, "duplicate-name", &two.stated.name, detail)?;
        } else if one.stated.name.eq_ignore_ascii_case(&two.stated.name) {
            let detail = format!("equals {} but for case", shown(&one.stated.name));
            archive.flaw(&two.range, "case-collision", &two.stated.name, detail)?;
        }
    }
    Ok(())
}

/// One header of the directory. `leads`: the first that names these bytes; the others' names come as `also`.
fn give_one(
    archive: &mut Archive<'_, '_>,
    index: usize,
    member: &Central,
    leads: bool,
    mut also: Vec<Vec<u8>>,
) -> Result<(), Stop> {
    stated_flaws(archive, member)?;
    let Some(local) = read_local(archive, member.local)? else {
        let detail = format!("no local header at {:#x}", member.local);
        archive.flaw(&member.range, "missing-local", &member.stated.name, detail)?;
        let stop = Stop::malformed(member.local, "no local header where the directory says");
        return give_child(archive, member.range.clone(), &member.stated.name, also, ChildBody::Closed(stop));
    };
    compare(archive, member, &local)?;
    let data = data_range(archive, &local.range, &member.stated)?;
    let end = if local.streamed() { descriptor(archive, member, data.end)? } else { data.end };
    archive.extents.push((local.range.start, end, Some(index)));
    if !leads {
        return Ok(());
    }
    archive.headers(local.range.clone(), &local.stated.foreign, &member.stated.name)?;
    archive.pieces.add(data.end..end, Claim::Read);
    also.extend(other_names(&member.stated, &local.stated));
    also.retain(|name| **name != *member.stated.name);
    also.sort();
    also.dedup();
    link_target(archive, member, &data)?;
    give_data(archive, &data, &member.stated, also)?;
    second_view(archive, member, &local)
}

/// Names by which some reader knows the member beside the one in the directory.
fn other_names(central: &Stated, local: &Stated) -> BTreeSet<Vec<u8>> {
    let names = [Some(&local.name), central.unicode.as_ref(), local.unicode.as_ref()];
    let mut names: BTreeSet<Vec<u8>> = names.into_iter().flatten().map(|name| name.to_vec()).collect();
    // Python ends a name at its first NUL.
    if let Some(end) = central.name.iter().position(|byte| *byte == 0) {
        names.extend(central.name.get(..end).map(<[u8]>::to_vec));
    }
    names
}

/// What the directory's header alone shows.
fn stated_flaws(archive: &mut Archive<'_, '_>, member: &Central) -> Result<(), Stop> {
    let stated = &member.stated;
    let kind = match member.file_type() {
        0o120_000 => "symlink",
        0o020_000 | 0o060_000 => "device",
        0o010_000 => "fifo",
        _ if stated.name.ends_with(b"/") => "folder",
        _ => "file",
    };
    let entry = Entry {
        name: shown(&stated.name),
        kind: kind.into(),
        size: stated.size,
        packed: stated.packed,
        method: method::name(stated.method).into(),
    };
    archive.sink.fact(place(&member.range), entry)?;
    for id in names::flaws(&stated.name) {
        archive.flaw(&member.range, id, &stated.name, String::new())?;
    }
    if matches!(kind, "device" | "fifo") {
        archive.flaw(&member.range, "device", &stated.name, format!("mode {:o}", member.external >> 16))?;
    }
    if member.disk != 0 {
        archive.flaw(&member.range, "multi-disk", &stated.name, format!("begins on disk {}", member.disk))?;
    }
    if stated.odd_zip64 {
        archive.flaw(&member.range, "zip64-lie", &stated.name, "a zip64 field is missing, cut or doubled".into())?;
    }
    if stated.name.contains(&0) {
        archive.flaw(&member.range, "name-mismatch", &stated.name, "some readers end the name at its NUL".into())?;
    }
    if stated.unicode.is_some() && stated.name.is_ascii() {
        archive.flaw(&member.range, "name-mismatch", &stated.name, "the Unicode name is another one".into())?;
    }
    flag_flaws(archive, &member.range, stated)?;
    bomb(archive, &member.range, stated)
}

/// Bits that make some readers refuse what others read.
fn flag_flaws(archive: &mut Archive<'_, '_>, range: &Range<u64>, stated: &Stated) -> Result<(), Stop> {
    let closed = stated.method == 99 || stated.flags & (flag::STRONG | flag::MASKED) != 0;
    if closed || stated.flags & flag::ENCRYPTED != 0 {
        archive.flaw(range, "encrypted", &stated.name, format!("flags {:#06x}", stated.flags))?;
    }
    if closed {
        let detail = shown(&stated.name);
        archive.sink.fact(place(range), Opaque { kind: "encrypted".into(), detail })?;
    }
    if stated.flags & flag::PATCH != 0 {
        archive.flaw(range, "patch-flag", &stated.name, format!("flags {:#06x}", stated.flags))?;
    }
    Ok(())
}

fn bomb(archive: &mut Archive<'_, '_>, range: &Range<u64>, stated: &Stated) -> Result<(), Stop> {
    let (ratio, probe) = (archive.sink.meter().limits().ratio, archive.sink.meter().limits().bomb_probe);
    if stated.method != 0 && stated.size > probe && stated.size > stated.packed.saturating_mul(ratio) {
        let detail = format!("{} bytes are said to become {}", stated.packed, stated.size);
        archive.flaw(range, "bomb-ratio", &stated.name, detail)?;
    }
    Ok(())
}

/// The local header at `at`, if there is one.
pub(super) fn read_local(archive: &Archive<'_, '_>, at: u64) -> Result<Option<Local>, Stop> {
    if at >= archive.len {
        return Ok(None);
    }
    // Most headers with their names and alignment fit the first read.
    let mut bytes = archive.bytes(at, LOCAL_SIZE.saturating_add(226))?;
    match header::local_length(&bytes) {
        Some(needed) if needed > bytes.len() => bytes = archive.bytes(at, needed)?,
        Some(_) => {}
        None => return Ok(None),
    }
    Ok(header::local(&bytes, at))
}

/// Where the two headers disagree. A streamed member may leave CRC and sizes to its descriptor.
fn compare(archive: &mut Archive<'_, '_>, member: &Central, local: &Local) -> Result<(), Stop> {
    let (ours, theirs) = (&member.stated, &local.stated);
    let range = &local.range;
    let name = &ours.name;
    if ours.name != theirs.name {
        archive.flaw(range, "name-mismatch", name, format!("the local header says {}", shown(&theirs.name)))?;
        for id in names::flaws(&theirs.name).filter(|id| !names::flaws(name).any(|other| other == *id)) {
            archive.flaw(range, id, &theirs.name, "in the local header".into())?;
        }
    }
    if ours.method != theirs.method {
        let detail = format!("{} in the directory, {} in the local header", ours.method, theirs.method);
        archive.flaw(range, "method-mismatch", name, detail)?;
    }
    if (ours.flags ^ theirs.flags) & flag::DECISIVE != 0 {
        let detail = format!("{:#06x} in the directory, {:#06x} in the local header", ours.flags, theirs.flags);
        archive.flaw(range, "flag-mismatch", name, detail)?;
        flag_flaws(archive, range, &Stated { flags: theirs.flags & !ours.flags, ..theirs.clone() })?;
    }
    let differs = |ours: u64, theirs: u64| ours != theirs && !(local.streamed() && theirs == 0);
    if differs(ours.packed, theirs.packed) || differs(ours.size, theirs.size) {
        let (packed, size) = (theirs.packed, theirs.size);
        let detail = format!("{}/{} in the directory, {packed}/{size} in the local header", ours.packed, ours.size);
        archive.flaw(range, "size-mismatch", name, detail)?;
    }
    if differs(ours.crc.into(), theirs.crc.into()) {
        let detail = format!("{:08x} in the directory, {:08x} in the local header", ours.crc, theirs.crc);
        archive.flaw(range, "crc-mismatch", name, detail)?;
    }
    if theirs.odd_zip64 {
        archive.flaw(range, "zip64-lie", name, "in the local header".into())?;
    }
    if ours.method == 0 && ours.packed != ours.size && ours.flags & flag::ENCRYPTED == 0 {
        let detail = format!("stored in {} bytes, but said to have {}", ours.packed, ours.size);
        archive.flaw(range, "size-mismatch", name, detail)?;
    }
    Ok(())
}

/// Where the data lie that begin behind `header`; cut at the end of the archive.
fn data_range(archive: &mut Archive<'_, '_>, header: &Range<u64>, stated: &Stated) -> Result<Range<u64>, Stop> {
    let end = header.end.saturating_add(stated.packed);
    if end > archive.len {
        let detail = format!("{} bytes at {:#x} end behind the archive", stated.packed, header.end);
        archive.flaw(header, "size-mismatch", &stated.name, detail)?;
    }
    Ok(header.end..end.min(archive.len))
}

/// The end of the data descriptor at `at` (APPNOTE 4.3.9), with or without signature, narrow or wide.
fn descriptor(archive: &mut Archive<'_, '_>, member: &Central, at: u64) -> Result<u64, Stop> {
    let bytes = archive.bytes(at, 24)?;
    let stated = &member.stated;
    let signed = bytes.starts_with(b"PK\x07\x08");
    let body = if signed { bytes.get(4..).unwrap_or_default() } else { &bytes };
    let (crc, packed, size) = (stated.crc.to_le_bytes(), stated.packed.to_le_bytes(), stated.size.to_le_bytes());
    let narrow = |wide: [u8; 8]| wide.first_chunk::<4>().copied().unwrap_or_default();
    let forms = [[&crc[..], &packed, &size].concat(), [crc, narrow(packed), narrow(size)].concat()];
    if let Some(form) = forms.iter().find(|form| body.starts_with(form)) {
        return Ok(at.saturating_add(if signed { 4 } else { 0 }).saturating_add(form.len() as u64));
    }
    if signed && body.len() >= 12 {
        let end = at.saturating_add(16);
        let id = if body.starts_with(&crc) { "size-mismatch" } else { "crc-mismatch" };
        archive.flaw(&(at..end), id, &stated.name, "the data descriptor disagrees with the directory".into())?;
        return Ok(end);
    }
    Ok(at)
}

/// Gives the data of a member back. Folders without content have none: `03 00` is the empty deflate stream of Java's jars.
fn give_data(
    archive: &mut Archive<'_, '_>,
    data: &Range<u64>,
    stated: &Stated,
    also: Vec<Vec<u8>>,
) -> Result<(), Stop> {
    let packed = data.end.saturating_sub(data.start);
    if stated.name.ends_with(b"/") && stated.size == 0 {
        let empty = packed == 0 || (packed == 2 && archive.bytes(data.start, 2)? == [3, 0]);
        if empty {
            archive.pieces.add(data.clone(), Claim::Read);
            return Ok(());
        }
    }
    let Some(from) = archive.blob.slice(data.clone()) else {
        return Ok(());
    };
    archive.pieces.add(data.clone(), Claim::Child);
    give_child(archive, data.clone(), &stated.name, also, method::body(from, stated))
}

fn give_child(
    archive: &mut Archive<'_, '_>,
    range: Range<u64>,
    name: &[u8],
    also: Vec<Vec<u8>>,
    body: ChildBody,
) -> Result<(), Stop> {
    archive.sink.child(Child { name: name.into(), place: place(&range), body, also, tensor_data: false, origins: Vec::new(), given: Vec::new() })
}

/// What a reader that believes the local header finds, where that is not the same.
fn second_view(archive: &mut Archive<'_, '_>, member: &Central, local: &Local) -> Result<(), Stop> {
    let mut stated = local.stated.clone();
    if local.streamed() && stated.packed == 0 {
        (stated.packed, stated.size, stated.crc) = (member.stated.packed, member.stated.size, member.stated.crc);
    }
    let same = (stated.packed, stated.method) == (member.stated.packed, member.stated.method);
    // Strong encryption that only the directory claims closes the member to nobody who reads forward.
    if same && (method::is_closed(&stated) || !method::is_closed(&member.stated)) {
        return Ok(());
    }
    let data = local.range.end..local.range.end.saturating_add(stated.packed).min(archive.len);
    let Some(from) = archive.blob.slice(data.clone()).filter(|from| !from.is_empty()) else {
        return Ok(());
    };
    archive.local_ends.push(data.end);
    archive.pieces.add(data.clone(), Claim::Child);
    give_child(archive, data, &stated.name, vec![member.stated.name.to_vec()], method::body(from, &stated))
}

/// States where a symbolic link leads. Its target is its content, at most a path long.
fn link_target(archive: &mut Archive<'_, '_>, member: &Central, data: &Range<u64>) -> Result<(), Stop> {
    if member.file_type() != 0o120_000 {
        return Ok(());
    }
    let Some(from) = archive.blob.slice(data.clone()).filter(|_| member.stated.size <= LINK) else {
        return Ok(());
    };
    let limits = archive.sink.meter().limits().clone();
    let Some(target) = method::small(&from, &member.stated, LINK, &limits) else {
        return Ok(());
    };
    let reference = Reference { kind: "link".into(), target: shown(&target), role: "link-target".into() };
    archive.sink.fact(place(data), reference)?;
    if names::link_escapes(&member.stated.name, &target) {
        let detail = format!("leads to {}", shown(&target));
        archive.flaw(data, "symlink-escape", &member.stated.name, detail)?;
    }
    Ok(())
}
