//! A zip writer that tells the truth until told to lie (APPNOTE 6.3.10, sections 4.3 to 4.5).
//!
//! A [`Member`] is made true and then its fields are changed: local header, central header, body and data descriptor are
//! separate, so that each may claim what it likes. Nothing is checked.
//!
//! ```
//! use testkit::zip::{Member, ZipWriter};
//! let mut lying = Member::stored("archive/data.pkl", b"payload");
//! lying.local.name = b"archive/readme".to_vec();
//! lying.central.flags = 1; // "encrypted"
//! let bytes = ZipWriter::new().stored("archive/version", b"3\n").member(lying).finish();
//! # assert!(bytes.starts_with(b"PK"));
//! ```

mod member;

pub use member::{Descriptor, Header, Member};
use member::{shared_fields, write_descriptor};

/// The end of the archive: what is `None` is written as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// This disk's number.
    pub disk: Option<u16>,
    /// The disk on which the central directory begins.
    pub central_disk: Option<u16>,
    /// Entries on this disk.
    pub entries_here: Option<u16>,
    /// Entries in all.
    pub entries: Option<u16>,
    /// The central directory's length, in bytes.
    pub size: Option<u32>,
    /// Where the central directory begins.
    pub offset: Option<u32>,
    /// The archive's comment: here a second end of central directory may hide.
    pub comment: Vec<u8>,
    /// The comment's stated length.
    pub comment_length: Option<u16>,
    /// Writes the zip64 record and locator before it.
    pub zip64: Option<Zip64End>,
}

/// The zip64 end of central directory: what is `None` is written as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zip64End {
    /// Entries in all.
    pub entries: Option<u64>,
    /// The central directory's length, in bytes.
    pub size: Option<u64>,
    /// Where the central directory begins.
    pub offset: Option<u64>,
    /// Where the locator says that the zip64 record begins.
    pub record: Option<u64>,
}

/// Writes members one after the other.
#[derive(Clone, Debug, Default)]
pub struct ZipWriter {
    bytes: Vec<u8>,
    /// Where offset 0 is: behind a prefix that the offsets do not count.
    base: usize,
    central: Vec<u8>,
    entries: u64,
    offsets: Vec<u64>,
    before_end: Vec<u8>,
    end: End,
}

impl ZipWriter {
    /// An archive that begins at the file's first byte.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An archive behind `prefix`; `counted` says whether the offsets count it.
    #[must_use]
    pub fn after(prefix: &[u8], counted: bool) -> Self {
        Self { bytes: prefix.to_vec(), base: if counted { 0 } else { prefix.len() }, ..Self::default() }
    }

    /// Where the next local header will stand, as the archive counts.
    #[must_use]
    pub fn position(&self) -> u64 {
        (self.bytes.len() - self.base) as u64
    }

    /// Adds a stored member.
    #[must_use]
    pub fn stored(self, name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        self.member(Member::stored(name, body))
    }

    /// Adds a deflated member.
    #[must_use]
    pub fn deflated(self, name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        self.member(Member::deflated(name, body))
    }

    /// Adds any member.
    #[must_use]
    pub fn member(mut self, member: Member) -> Self {
        let offset = match member.local_of {
            Some(number) => self.offsets[number],
            None => self.write_local(&member),
        };
        self.offsets.push(offset);
        if !member.hidden {
            self.list(&member, member.offset.unwrap_or(offset));
        }
        self
    }

    /// Bytes between the members and the central directory, or between members, that belong to nobody.
    #[must_use]
    pub fn gap(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self
    }

    /// Bytes between the central directory and its end record.
    #[must_use]
    pub fn before_end(mut self, bytes: &[u8]) -> Self {
        self.before_end.extend(bytes);
        self
    }

    /// Says how the archive ends.
    #[must_use]
    pub fn end(mut self, end: End) -> Self {
        self.end = end;
        self
    }

    /// The archive with a comment.
    #[must_use]
    pub fn comment(mut self, comment: &[u8]) -> Self {
        self.end.comment = comment.to_vec();
        self
    }

    /// Writes the central directory and its end, and gives the archive; bytes behind it are the caller's to append.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let offset = self.position();
        let size = self.central.len() as u64;
        self.bytes.append(&mut self.central);
        self.bytes.append(&mut self.before_end);
        let end = std::mem::take(&mut self.end);
        if let Some(zip64) = &end.zip64 {
            self.write_zip64_end(zip64, size, offset);
        }
        let count = narrow16(self.entries);
        let out = &mut self.bytes;
        out.extend(b"PK\x05\x06");
        for (stated, truth) in [(end.disk, 0), (end.central_disk, 0), (end.entries_here, count), (end.entries, count)] {
            out.extend(stated.unwrap_or(truth).to_le_bytes());
        }
        out.extend(end.size.unwrap_or(narrow32(size)).to_le_bytes());
        out.extend(end.offset.unwrap_or(narrow32(offset)).to_le_bytes());
        out.extend(end.comment_length.unwrap_or(end.comment.len() as u16).to_le_bytes());
        out.extend(end.comment);
        self.bytes
    }

    fn write_local(&mut self, member: &Member) -> u64 {
        self.bytes.extend(&member.gap);
        let offset = self.position();
        self.bytes.extend(b"PK\x03\x04");
        shared_fields(&mut self.bytes, &member.local, None);
        self.bytes.extend(&member.body);
        if let Some(descriptor) = &member.descriptor {
            write_descriptor(&mut self.bytes, descriptor);
        }
        offset
    }

    fn list(&mut self, member: &Member, offset: u64) {
        self.entries += 1;
        self.central.extend(b"PK\x01\x02");
        self.central.extend(member.made_by.to_le_bytes());
        shared_fields(&mut self.central, &member.central, Some((member, offset)));
        self.central.extend(&member.comment);
    }

    /// APPNOTE 4.3.14 and 4.3.15.
    fn write_zip64_end(&mut self, zip64: &Zip64End, size: u64, offset: u64) {
        let record = self.position();
        let entries = zip64.entries.unwrap_or(self.entries);
        let out = &mut self.bytes;
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([0x1e, 3, 45, 0]);
        out.extend([0; 8]);
        for number in [entries, entries, zip64.size.unwrap_or(size), zip64.offset.unwrap_or(offset)] {
            out.extend(number.to_le_bytes());
        }
        out.extend(b"PK\x06\x07\0\0\0\0");
        out.extend(zip64.record.unwrap_or(record).to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
}

/// A number that does not fit is written as all ones, as zip64 wants.
fn narrow32(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn narrow16(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
