//! A tar writer for every dialect, honest or not (POSIX 1003.1-2017 `pax`; GNU tar manual, "Basic Tar Format").
//!
//! ```
//! use testkit::tar::{Dialect, Entry, Number, TarWriter};
//! let bytes = TarWriter::new()
//!     .file("model/data.pkl", b"payload")
//!     .entry(Entry { link: b"/etc/passwd".to_vec(), ..Entry::new("link", b'2', b"") })
//!     .entry(Entry { size: Number::Base256(1 << 40), ..Entry::file("lies", b"abc") })
//!     .pax(&[("path", "very/long/name")])
//!     .entry(Entry { dialect: Dialect::V7, ..Entry::file("short", b"x") })
//!     .finish();
//! # assert_eq!(bytes.len() % 512, 0);
//! ```

/// The bytes of a header or data block.
pub const BLOCK: usize = 512;

/// Which magic a header carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// None: the fields behind the link name are zero.
    V7,
    /// `ustar\0` `00`.
    #[default]
    Ustar,
    /// `ustar  \0`.
    Gnu,
}

/// How a number stands in its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// Octal digits and a NUL; cut at the left where they do not fit.
    Octal(u64),
    /// GNU's binary form, which may be negative.
    Base256(i128),
    /// These bytes, cut or filled with NUL.
    Raw(Vec<u8>),
}

/// One header with what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which magic.
    pub dialect: Dialect,
    /// The name field: cut at 100 bytes.
    pub name: Vec<u8>,
    /// The prefix field of ustar: cut at 155 bytes.
    pub prefix: Vec<u8>,
    /// The link name: cut at 100 bytes.
    pub link: Vec<u8>,
    /// The type: `0` or NUL file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` folder, `6` pipe,
    /// `7` contiguous, `x` and `g` pax, `L` and `K` GNU long name and link, `S` sparse, `V` volume, `M` continued.
    pub kind: u8,
    /// Permissions.
    pub mode: Number,
    /// The stated size, in bytes.
    pub size: Number,
    /// Seconds since 1970.
    pub modified: Number,
    /// Device numbers, major and minor.
    pub device: (u32, u32),
    /// The stated checksum instead of the true one.
    pub checksum: Option<Number>,
    /// Bytes to lay over the header at an offset, before the checksum is made.
    pub overlay: Vec<(usize, Vec<u8>)>,
    /// What follows the header, filled with NUL to a whole block.
    pub body: Vec<u8>,
}

impl Entry {
    /// A regular file, all true.
    #[must_use]
    pub fn file(name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        Self::new(name, b'0', body)
    }

    /// An entry of any kind, all true.
    #[must_use]
    pub fn new(name: impl Into<Vec<u8>>, kind: u8, body: &[u8]) -> Self {
        Self {
            dialect: Dialect::default(),
            name: name.into(),
            prefix: Vec::new(),
            link: Vec::new(),
            kind,
            mode: Number::Octal(0o644),
            size: Number::Octal(body.len() as u64),
            modified: Number::Octal(0),
            device: (0, 0),
            checksum: None,
            overlay: Vec::new(),
            body: body.to_vec(),
        }
    }

    fn header(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        lay(&mut block[..100], &self.name);
        lay(&mut block[100..108], &field(&self.mode, 8));
        lay(&mut block[108..116], b"0000000");
        lay(&mut block[116..124], b"0000000");
        lay(&mut block[124..136], &field(&self.size, 12));
        lay(&mut block[136..148], &field(&self.modified, 12));
        block[156] = self.kind;
        lay(&mut block[157..257], &self.link);
        if self.dialect != Dialect::V7 {
            let magic: &[u8] = if self.dialect == Dialect::Gnu { b"ustar  \0" } else { b"ustar\x0000" };
            lay(&mut block[257..265], magic);
            lay(&mut block[329..337], &field(&Number::Octal(self.device.0.into()), 8));
            lay(&mut block[337..345], &field(&Number::Octal(self.device.1.into()), 8));
            lay(&mut block[345..500], &self.prefix);
        }
        for (at, bytes) in &self.overlay {
            lay(&mut block[*at..], bytes);
        }
        block[148..156].fill(b' ');
        let truth = Number::Octal(block.iter().map(|byte| u64::from(*byte)).sum());
        match &self.checksum {
            Some(stated) => lay(&mut block[148..156], &field(stated, 8)),
            None => lay(&mut block[148..155], &field(&truth, 7)),
        }
        block
    }
}

/// Writes entries one after the other.
#[derive(Clone, Debug, Default)]
pub struct TarWriter {
    bytes: Vec<u8>,
}

impl TarWriter {
    /// An archive without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a regular file.
    #[must_use]
    pub fn file(self, name: impl Into<Vec<u8>>, body: &[u8]) -> Self {
        self.entry(Entry::file(name, body))
    }

    /// Adds any entry.
    #[must_use]
    pub fn entry(mut self, entry: Entry) -> Self {
        self.bytes.extend(entry.header());
        self.raw(&entry.body)
    }

    /// Adds bytes, filled to a whole block.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend(bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// Gives the next entry a long name, GNU's way.
    #[must_use]
    pub fn gnu_long_name(self, name: &[u8]) -> Self {
        self.gnu_long(b'L', name)
    }

    /// Gives the next entry a long link name, GNU's way.
    #[must_use]
    pub fn gnu_long_link(self, name: &[u8]) -> Self {
        self.gnu_long(b'K', name)
    }

    fn gnu_long(self, kind: u8, name: &[u8]) -> Self {
        let body = [name, b"\0"].concat();
        self.entry(Entry { dialect: Dialect::Gnu, ..Entry::new("././@LongLink", kind, &body) })
    }

    /// Writes pax records for the next entry.
    #[must_use]
    pub fn pax(self, records: &[(&str, &str)]) -> Self {
        self.entry(Entry::new("PaxHeaders/next", b'x', &pax_records(records)))
    }

    /// Writes pax records for all entries that follow.
    #[must_use]
    pub fn pax_global(self, records: &[(&str, &str)]) -> Self {
        self.entry(Entry::new("PaxHeaders/global", b'g', &pax_records(records)))
    }

    /// Adds a sparse file in GNU's old form: `segments` are offsets and data, `size` is that of the whole file.
    #[must_use]
    pub fn gnu_sparse(mut self, name: &str, segments: &[(u64, &[u8])], size: u64) -> Self {
        let map = |segments: &[(u64, &[u8])]| -> Vec<u8> {
            let pair = |(offset, data): &(u64, &[u8])| [twelve(*offset), twelve(data.len() as u64)].concat();
            segments.iter().flat_map(pair).collect()
        };
        let (first, rest) = segments.split_at(segments.len().min(4));
        let data: Vec<u8> = segments.iter().flat_map(|(_, data)| data.iter().copied()).collect();
        let more = u8::from(!rest.is_empty());
        let overlay = vec![(345, vec![0; 155]), (386, map(first)), (482, vec![more]), (483, twelve(size))];
        let header = Entry { dialect: Dialect::Gnu, overlay, ..Entry::new(name, b'S', &data) }.header();
        self.bytes.extend(header);
        let blocks: Vec<_> = rest.chunks(21).collect();
        for (number, chunk) in blocks.iter().enumerate() {
            let mut block = map(chunk);
            block.resize(BLOCK, 0);
            block[504] = u8::from(number + 1 < blocks.len());
            self.bytes.extend(block);
        }
        self.raw(&data)
    }

    /// Adds a sparse file in the pax form 1.0: the map stands in front of the data.
    #[must_use]
    pub fn pax_sparse(self, name: &str, segments: &[(u64, &[u8])], size: u64) -> Self {
        let mut body = format!("{}\n", segments.len());
        for (offset, data) in segments {
            body += &format!("{offset}\n{}\n", data.len());
        }
        let mut body = body.into_bytes();
        body.resize(body.len().next_multiple_of(BLOCK), 0);
        body.extend(segments.iter().flat_map(|(_, data)| data.iter()));
        let size = size.to_string();
        self.pax(&[
            ("GNU.sparse.major", "1"),
            ("GNU.sparse.minor", "0"),
            ("GNU.sparse.name", name),
            ("GNU.sparse.realsize", &size),
        ])
        .entry(Entry::file("GNUSparseFile/next", &body))
    }

    /// The archive with its two empty blocks.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend([0; 2 * BLOCK]);
        self.bytes
    }

    /// The archive without an end.
    #[must_use]
    pub fn unfinished(self) -> Vec<u8> {
        self.bytes
    }
}

/// The body of a pax header: each record states its own length, which counts itself.
#[must_use]
pub fn pax_records(records: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest;
        while rest + length.to_string().len() != length {
            length = rest + length.to_string().len();
        }
        bytes.extend(format!("{length} {key}={value}\n").bytes());
    }
    bytes
}

fn twelve(number: u64) -> Vec<u8> {
    field(&Number::Octal(number), 12)
}

fn field(number: &Number, width: usize) -> Vec<u8> {
    match number {
        Number::Octal(value) => {
            let digits = format!("{value:0>width$o}", width = width - 1);
            let mut bytes = digits.as_bytes()[digits.len() - (width - 1)..].to_vec();
            bytes.push(0);
            bytes
        }
        Number::Base256(value) => {
            let wide = [if *value < 0 { [0xff; 16] } else { [0; 16] }, value.to_be_bytes()].concat();
            let mut bytes = wide[wide.len() - width..].to_vec();
            bytes[0] = if *value < 0 { 0xff } else { 0x80 };
            bytes
        }
        Number::Raw(bytes) => bytes.clone(),
    }
}

/// Copies as much of `bytes` as the field holds.
fn lay(field: &mut [u8], bytes: &[u8]) {
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

#[cfg(test)]
mod tests;
