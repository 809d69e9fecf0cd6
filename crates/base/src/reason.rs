//! Why an artifact was not read to its end: one closed list, the same in every output.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $id:literal ),+ $(,)?) => {
        /// Why an artifact is incomplete. Every cap, every gap and every failure has its word here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Reason { $( $(#[doc = $doc])+ #[serde(rename = $id)] $variant ),+ }

        impl Reason {
            /// Every reason, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that reports carry.
            pub const fn id(self) -> &'static str { match self { $(Self::$variant => $id),+ } }

            /// One sentence for people.
            pub fn describe(self) -> &'static str { match self { $(Self::$variant => concat!($($doc),+).trim_start()),+ } }
        }
    };
}

reasons! {
    /// the time of the run, or of this artifact, was used up
    Time = "time",
    /// more bytes would have come out of compressed members than the limit allows
    BytesOut = "bytes-out",
    /// a compressed member expands beyond the allowed ratio
    Ratio = "ratio",
    /// containers are nested deeper than the limit
    Depth = "depth",
    /// there are more files or members than the limit
    Entries = "entries",
    /// the file is larger than the user wants read
    Size = "size",
    /// reading on would need more memory or temporary space than the limit
    Memory = "memory",
    /// the file could not be opened or read
    Unreadable = "unreadable",
    /// not a regular file: a pipe, socket or device
    SpecialFile = "special-file",
    /// the file changed while it was being read
    Changed = "changed-during-scan",
    /// a member is encrypted or compressed by a method that is not supported
    UnsupportedMethod = "unsupported-method",
    /// another file is needed to read this one, and it is not there
    Dependency = "dependency",
    /// no known format fits the content
    UnknownFormat = "unknown-format",
    /// the format is known, but this version has no reader for it
    NoReader = "no-reader",
    /// the content breaks the rules of its format
    Malformed = "malformed",
    /// the content ends before its format allows
    Truncated = "truncated",
    /// some bytes were explained by no reader
    Unclaimed = "unclaimed",
    /// the scan was cancelled
    Cancelled = "cancelled",
    /// a link that leads out of the target or nowhere
    Link = "link",
    /// a defect in the scanner: please report it
    Internal = "internal",
    /// there was nothing at all to scan
    NothingToScan = "nothing-to-scan",
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id())
    }
}
