//! What stands in front of a member and changes it: GNU's long names and pax records, for one member or for all that follow.

use base::{reader::Reader, sink::Sink, stop::Stop};

use super::{BLOCK_SIZE, flaw};

/// Bytes of an extended header that are looked at: paths are at most a few thousand bytes long.
const LIMIT: u64 = 1 << 20;

/// Records that a header may bring.
#[derive(Clone, Debug, Default)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// `GNU.sparse.major` 1: the map stands in front of the data.
    pub(super) sparse_map: bool,
    /// `GNU.sparse.*` at all: stated and real size differ.
    pub(super) sparse: bool,
    pub(super) sparse_name: Option<Vec<u8>>,
    pub(super) real_size: Option<u64>,
}

/// What was said about the next member, and about all.
#[derive(Debug, Default)]
pub(super) struct Pending {
    next: Records,
    any: bool,
    global: Records,
}

impl Pending {
    /// Takes a GNU long name (`L`) or link name (`K`) whose text is `body`.
    pub(super) fn gnu(&mut self, kind: u8, body: &[u8]) {
        let text = body.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        let field = if kind == b'L' { &mut self.next.path } else { &mut self.next.link };
        *field = Some(text);
        self.any = true;
    }

    /// Takes pax records: for the next member (`x`), or for all (`g`). Whether they are well-formed.
    pub(super) fn pax(&mut self, kind: u8, body: &[u8]) -> bool {
        let global = kind == b'g';
        self.any |= !global;
        let records = if global { &mut self.global } else { &mut self.next };
        let mut rest = body;
        while let Some((key, value, after)) = record(rest) {
            rest = after;
            records.set(key, value);
        }
        rest.iter().all(|byte| *byte == 0)
    }

    /// The records that hold for the member at hand.
    pub(super) fn take(&mut self) -> Records {
        self.any = false;
        let (next, global) = (std::mem::take(&mut self.next), self.global.clone());
        Records {
            path: next.path.or(global.path),
            link: next.link.or(global.link),
            size: next.size.or(global.size),
            sparse_map: next.sparse_map || global.sparse_map,
            sparse: next.sparse || global.sparse,
            sparse_name: next.sparse_name.or(global.sparse_name),
            real_size: next.real_size.or(global.real_size),
        }
    }

    /// Says so where a name has no member.
    pub(super) fn unused(&self, sink: &mut Sink<'_>, at: u64) -> Result<(), Stop> {
        match self.any {
            true => flaw(sink, at, 0, "long-name", b"", "an extended header without a member".into()),
            false => Ok(()),
        }
    }
}

impl Records {
    fn set(&mut self, key: &[u8], value: &[u8]) {
        let number = || std::str::from_utf8(value).ok()?.parse().ok();
        self.sparse |= key.starts_with(b"GNU.sparse.");
        match key {
            b"path" => self.path = Some(value.to_vec()),
            b"linkpath" => self.link = Some(value.to_vec()),
            b"size" => self.size = number(),
            b"GNU.sparse.name" => self.sparse_name = Some(value.to_vec()),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.real_size = number(),
            b"GNU.sparse.major" => self.sparse_map = value == b"1",
            _ => {}
        }
    }
}

/// The first record, `length key=value\n`, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let blank = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
    let body = bytes.get(blank.checked_add(1)?..length.checked_sub(1)?)?;
    if bytes.get(length.checked_sub(1)?) != Some(&b'\n') {
        return None;
    }
    let equals = body.iter().position(|byte| *byte == b'=')?;
    Some((body.get(..equals)?, body.get(equals.checked_add(1)?..)?, bytes.get(length..)?))
}

/// The body of an extended header of `size` bytes: as much of it as counts; a longer one is a flaw, and its rest is stepped over.
pub(super) fn body(reader: &mut Reader<'_>, sink: &mut Sink<'_>, at: u64, size: u64) -> Result<Vec<u8>, Stop> {
    if size > LIMIT {
        flaw(sink, at, BLOCK_SIZE, "long-name", b"", format!("an extended header of {size} bytes"))?;
    }
    let bytes = reader.take(size.min(LIMIT), "an extended tar header")?;
    reader.skip(size.saturating_sub(LIMIT), "an extended tar header")?;
    Ok(bytes)
}
