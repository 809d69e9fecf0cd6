//! What a format is: a constant with its name, how it is recognised and how it is read.

use crate::{blob::Blob, fact::Kind, listing::Explain, sink::Sink, source::Access, stop::Stop};

/// A file format and its reader. A `const` in an explicit list, never a trait object.
pub struct Format {
    /// Kebab-case id, as reports show it.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Usual extensions without the dot: documentation, never a reason to choose.
    pub extensions: &'static [&'static str],
    /// How deep the reader goes.
    pub depth: Depth,
    /// What the reader needs of its source.
    pub access: Access,
    /// What becomes of a reading that passes.
    pub class: Class,
    /// The kinds of fact that a reading can state.
    pub facts: &'static [Kind],
    /// Recognises the format by content.
    pub detect: fn(&Head<'_>) -> Option<Certainty>,
    /// Writes the program in it for people, where it is one.
    pub explain: Option<Explain>,
    /// Reads it.
    pub parse: fn(&Blob, &mut Sink<'_>) -> Result<(), Stop>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// How deep a reader goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Recognised only: always incomplete.
    Identified = 1,
    /// Its structure is read.
    Structure = 2,
    /// Its values and their bounds are read.
    Values = 3,
}

/// What kind of reading a format gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A loader gives the content meaning.
    Active,
    /// No known loader gives the content meaning: the first inert format that passes ends the search.
    Inert,
}

/// How sure detection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Worth a trial: counts only if the reading passes the milestone that the parser marks with [`Sink::milestone`].
    Possible,
    /// Certain: all certain formats are read.
    Certain,
}

/// What detection may look at.
pub struct Head<'a> {
    /// The first 64 KiB.
    pub first: &'a [u8],
    /// The last 66 KiB; empty for a forward source.
    pub last: &'a [u8],
    /// 16 bytes at each power of two from 512 (HDF5 user blocks): offset and bytes.
    pub probes: &'a [(u64, [u8; 16])],
    /// The length, where it is known.
    pub len: Option<u64>,
    /// The artifact's own name: a hint that may take inertness away, never give it.
    pub name: &'a str,
}

impl Head<'_> {
    /// Whether the content starts with `magic`.
    pub fn starts(&self, magic: &[u8]) -> bool {
        self.first.starts_with(magic)
    }

    /// The `count` bytes at `offset` of the first part.
    pub fn at(&self, offset: usize, count: usize) -> Option<&[u8]> {
        self.first.get(offset..offset.checked_add(count)?)
    }
}
