//! One node of the tree: bytes or a folder, with its name through the containers.

use crate::{blob::Blob, location::ArtifactPath, reason::Reason};

/// What an artifact is made of.
pub enum Body {
    /// Bytes.
    Blob(Blob),
    /// A folder whose entries are opened one by one.
    Folder(Box<dyn Folder>),
    /// Something that cannot be read, and why.
    Closed(Reason),
}

/// A named body.
pub struct Artifact {
    /// Its path in reports.
    pub path: ArtifactPath,
    /// What it is made of.
    pub body: Body,
}

/// The name of an entry and what kind of thing it is, known without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name as the file system has it.
    pub name: Vec<u8>,
    /// File, folder or something else.
    pub kind: EntryKind,
    /// Size in bytes where it is known.
    pub size: Option<u64>,
}

/// What an entry of a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A pipe, socket or device: never opened.
    Special,
    /// A link that is not followed: it leads out of the target, in a circle, or nowhere.
    Link,
}

/// A folder of files. Entries open when their turn comes, once, and close when their subtree is committed.
pub trait Folder: Send + Sync {
    /// The entries in byte order of their names.
    fn list(&self) -> Result<Vec<Entry>, Reason>;
    /// Opens the entry of this name.
    fn open(&self, name: &[u8]) -> Body;
    /// Whether the body opened from `name` is still what it was: checked after it was read.
    fn unchanged(&self, _name: &[u8], _body: &Blob) -> bool {
        true
    }
}
