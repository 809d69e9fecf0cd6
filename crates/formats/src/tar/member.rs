//! One member: its header, what follows it, and what is wrong with both.

use std::ops::Range;

use base::{
    coverage::Claim,
    fact::{Entry, Reference},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::{Child, Sink},
    stop::Stop,
};

use super::{
    BLOCK, BLOCK_SIZE,
    extended::{self, Pending, Records},
    flaw, header, sparse,
};
use crate::names::{self, shown};

/// `bytes` filled to whole blocks.
pub(super) fn padded(bytes: u64) -> u64 {
    bytes.saturating_add(BLOCK_SIZE.saturating_sub(1)) & !BLOCK_SIZE.saturating_sub(1)
}

/// Reads what the header at `at` describes; the reader stands behind the header.
pub(super) fn read(
    reader: &mut Reader<'_>,
    sink: &mut Sink<'_>,
    at: u64,
    block: &[u8; BLOCK],
    pending: &mut Pending,
) -> Result<(), Stop> {
    let kind = block.get(156).copied().unwrap_or_default();
    let stated = header::number_at(block, 124, 12);
    if matches!(kind, b'L' | b'K' | b'x' | b'g' | b'X') {
        let body_at = reader.offset();
        let body = extended::body(reader, sink, at, stated.unwrap_or_default())?;
        let end = reader.offset();
        match kind {
            b'L' | b'K' => pending.gnu(kind, &body),
            _ if !pending.pax(kind, &body) => flaw(sink, body_at, 0, "long-name", b"", "odd pax records".into())?,
            _ => {}
        }
        sink.claim(body_at..end, Claim::Read);
        return padding(reader, sink, end);
    }
    let records = pending.take();
    let member = Member::new(at, kind, block, stated, records);
    member.state(sink, stated)?;
    if stated.is_some_and(|stated| stated > 0) {
        member.between(reader, sink, stated)?;
    }
    member.content(reader, sink, block)
}

/// A member with all that was said of it.
#[derive(Clone)]
struct Member {
    at: u64,
    kind: u8,
    name: Vec<u8>,
    /// The name in the header, where the extended one differs: readers without extensions see this.
    also: Option<Vec<u8>>,
    link: Vec<u8>,
    size: u64,
    records: Records,
}

impl Member {
    fn new(at: u64, kind: u8, block: &[u8; BLOCK], stated: Option<u64>, records: Records) -> Self {
        let plain = header::name(block);
        let name = records.sparse_name.clone().or_else(|| records.path.clone()).unwrap_or_else(|| plain.clone());
        let also = (plain != name && !name.starts_with(&plain)).then_some(plain);
        let link = records.link.clone().unwrap_or_else(|| header::text(block, 157, 100).to_vec());
        let size = records.size.or(stated).unwrap_or_default();
        Self { at, kind, name, also, link, size, records }
    }

    /// What the entry is, in the words of facts.
    fn what(&self) -> &'static str {
        match self.kind {
            b'1' => "hardlink",
            b'2' => "symlink",
            b'3' | b'4' => "device",
            b'6' => "fifo",
            b'5' | b'D' => "folder",
            // Only v7 has no type for folders.
            0 if self.name.ends_with(b"/") => "folder",
            _ => "file",
        }
    }

    fn flaw(&self, sink: &mut Sink<'_>, id: &str, detail: String) -> Result<(), Stop> {
        flaw(sink, self.at, BLOCK_SIZE, id, &self.name, detail)
    }

    fn state(&self, sink: &mut Sink<'_>, stated: Option<u64>) -> Result<(), Stop> {
        let kind = self.what();
        let size = self.records.real_size.unwrap_or(self.size);
        let (name, method) = (shown(&self.name), "stored".into());
        let entry = Entry { name, kind: kind.into(), size, packed: self.size, method };
        sink.fact(Place::bytes(self.at, BLOCK_SIZE), entry)?;
        for id in names::flaws(&self.name).filter(|id| *id != "backslash-path") {
            self.flaw(sink, id, String::new())?;
        }
        match kind {
            "device" | "fifo" => self.flaw(sink, "device", format!("of type {:?}", char::from(self.kind)))?,
            "symlink" | "hardlink" => self.leads(sink, kind == "symlink")?,
            _ => {}
        }
        if stated.is_none() && self.records.size.is_none() {
            self.flaw(sink, "size-lie", "the size is not a number that fits".into())?;
        }
        if self.records.size.zip(stated).is_some_and(|(pax, stated)| pax != stated && stated != 0 && stated < 1 << 33) {
            let detail = format!("{} in the header, {} in its pax record", stated.unwrap_or_default(), self.size);
            self.flaw(sink, "size-lie", detail)?;
        }
        Ok(())
    }

    /// What a reader without pax meets inside of a member that pax made longer.
    fn between(&self, reader: &Reader<'_>, sink: &mut Sink<'_>, stated: Option<u64>) -> Result<(), Stop> {
        let start = reader.offset();
        let plain = start.saturating_add(padded(stated.unwrap_or_default()));
        let end = start.saturating_add(self.size);
        let blob = if self.records.size.is_some() { reader.blob().slice(plain..end) } else { None };
        match blob.filter(|blob| plain < end && !blob.is_empty()) {
            Some(blob) => {
                let name = [&*self.name, b"#without-pax"].concat();
                sink.child(Child::window(name, place(&(plain..end)), blob))
            }
            None => Ok(()),
        }
    }

    fn leads(&self, sink: &mut Sink<'_>, symbolic: bool) -> Result<(), Stop> {
        let reference = Reference { kind: "link".into(), target: shown(&self.link), role: "link-target".into() };
        sink.fact(Place::bytes(self.at, BLOCK_SIZE), reference)?;
        let escapes =
            if symbolic { names::link_escapes(&self.name, &self.link) } else { names::hardlink_escapes(&self.link) };
        if escapes {
            self.flaw(sink, "link-escape", format!("leads to {}", shown(&self.link)))?;
        }
        Ok(())
    }

    /// Gives the content back and steps over it. Every kind may have content: readers differ on those that should not.
    fn content(&self, reader: &mut Reader<'_>, sink: &mut Sink<'_>, block: &[u8; BLOCK]) -> Result<(), Stop> {
        if matches!(self.what(), "folder" | "symlink" | "hardlink" | "device" | "fifo") && self.size > 0 {
            // Python, GNU and libarchive disagree on whether these have data: both readings are looked at.
            return self.doubtful(reader, sink);
        }
        let mut real = self.records.real_size;
        if self.kind == b'S' {
            real = sparse::old_gnu(reader, sink, block)?;
        }
        let limits = (sink.meter().limits().ratio, sink.meter().limits().bomb_probe);
        if let Some(real) = real.filter(|real| *real > limits.1 && *real > self.size.saturating_mul(limits.0)) {
            self.flaw(sink, "sparse-bomb", format!("{} bytes are said to become {real}", self.size))?;
        }
        let start = reader.offset();
        let end = start.saturating_add(self.size);
        let mut from = start;
        if self.records.sparse_map {
            // The map is filled to a whole block, which a file that was cut short need not hold.
            let there = reader.blob().len().unwrap_or(end);
            from = start.saturating_add(sparse::map_length(reader, self.size)?).min(end).min(there);
            sink.claim(start..from, Claim::Read);
            reader.seek(from);
        }
        self.give(reader, sink, from..end)
    }

    fn give(&self, reader: &mut Reader<'_>, sink: &mut Sink<'_>, range: Range<u64>) -> Result<(), Stop> {
        let entries = sink.meter().limits().entries;
        if sink.meter().spent().facts > entries.saturating_mul(4) {
            return Err(Stop::Limit(Reason::Entries));
        }
        let mut child = match reader.blob().slice(range.clone()) {
            Some(blob) if self.what() == "file" => Some(Child::window(self.name.clone(), place(&range), blob)),
            _ => None,
        };
        if let Some(child) = &mut child {
            child.also.extend(self.also.clone());
        }
        let known = reader.blob().len();
        if known.is_some_and(|len| range.end > len) {
            let left = known.unwrap_or_default().saturating_sub(range.start);
            let size = range.end.saturating_sub(range.start);
            self.flaw(sink, "size-lie", format!("{size} bytes are stated, {left} are there"))?;
        }
        sink.claim(range.clone(), Claim::Child);
        if let Some(child) = child {
            sink.child(child)?;
        }
        reader.skip(range.end.saturating_sub(range.start), "a member of a tar archive")?;
        padding(reader, sink, range.end)
    }

    /// A member that should have no content but states some. If a header follows at once, there is none.
    fn doubtful(&self, reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let next = reader.peek(BLOCK)?;
        let follows = super::is_header(next) || next.iter().take(BLOCK).all(|byte| *byte == 0);
        // GNU tar writes the size of a hard link's target and no data: nothing is wrong with that.
        if !(follows && self.kind == b'1') {
            self.flaw(sink, "size-lie", format!("a {} of {} bytes", self.what(), self.size))?;
        }
        if follows {
            return Ok(());
        }
        let start = reader.offset();
        let file = Self { kind: b'0', name: [&*self.name, b"#content"].concat(), ..self.clone() };
        file.give(reader, sink, start..start.saturating_add(self.size))
    }
}

fn place(range: &Range<u64>) -> Place {
    Place::bytes(range.start, range.end.saturating_sub(range.start))
}

/// Steps over what fills the last block of content that ends at `end`.
fn padding(reader: &mut Reader<'_>, sink: &mut Sink<'_>, end: u64) -> Result<(), Stop> {
    let fill = padded(end).saturating_sub(end);
    let seen = reader.peek(usize::try_from(fill).unwrap_or(BLOCK))?;
    let seen = seen.get(..usize::try_from(fill).unwrap_or(BLOCK)).unwrap_or(seen);
    let (there, zero) = (seen.len() as u64, seen.iter().all(|byte| *byte == 0));
    let range = end..end.saturating_add(there);
    if zero {
        sink.claim(range, Claim::Padding);
    } else if let Some(blob) = reader.blob().slice(range.clone()) {
        let name = format!("gap-{end:#x}");
        flaw(sink, end, there, "gap-data", name.as_bytes(), "bytes where zeros fill a block".into())?;
        sink.claim(range.clone(), Claim::Child);
        sink.child(Child::window(name, place(&range), blob))?;
    }
    if there < fill {
        // The last block of an archive is often cut where its data end.
        reader.consume(usize::try_from(there).unwrap_or(BLOCK));
        return Ok(());
    }
    reader.skip(fill, "the filling of a tar block")
}
