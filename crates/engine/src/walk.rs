//! The files of a target in canonical order: depth first, entries in byte order, each opened only when its turn comes.

use std::sync::Arc;

use base::{
    artifact::{Entry, EntryKind, Folder},
    limits::Limits,
    location::ArtifactPath,
    reason::Reason,
};

use crate::selection::Selection;

/// Folders of version control: listed as one artifact, not examined.
const VCS: [&[u8]; 3] = [b".git", b".hg", b".svn"];

/// Folders within folders; a deeper tree is incomplete.
const DEPTH: usize = 1024;

/// What the walk comes upon.
pub(crate) enum Found {
    /// A file to be opened and read.
    File {
        /// Its folder.
        folder: Arc<dyn Folder>,
        /// Its name there.
        name: Vec<u8>,
        /// Its path in the report.
        path: ArtifactPath,
    },
    /// A folder of version control.
    Vcs(ArtifactPath),
    /// Something that is not read, and why.
    Closed(ArtifactPath, Reason),
}

impl Found {
    /// Its path in the report.
    pub(crate) fn path(&self) -> &ArtifactPath {
        match self {
            Self::File { path, .. } | Self::Vcs(path) | Self::Closed(path, _) => path,
        }
    }
}

struct Level {
    folder: Arc<dyn Folder>,
    path: ArtifactPath,
    entries: std::vec::IntoIter<Entry>,
}

/// Walks a folder. Yields what it finds in canonical order.
pub(crate) struct Walk<'s> {
    selection: &'s Selection,
    /// Files and folders that the selection leaves out.
    pub left_out: u64,
    stack: Vec<Level>,
    failed: Option<Found>,
    files: u64,
    most: u64,
}

impl<'s> Walk<'s> {
    /// A walk over `folder`, whose entries' paths begin with `path`.
    pub(crate) fn new(folder: Box<dyn Folder>, path: ArtifactPath, limits: &Limits, selection: &'s Selection) -> Self {
        let mut walk = Self { selection, left_out: 0, stack: Vec::new(), failed: None, files: 0, most: limits.files };
        walk.enter(folder.into(), path);
        walk
    }

    fn enter(&mut self, folder: Arc<dyn Folder>, path: ArtifactPath) {
        match folder.list() {
            Ok(entries) => self.stack.push(Level { folder, path, entries: entries.into_iter() }),
            Err(reason) => self.failed = Some(Found::Closed(path, reason)),
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(failed) = self.failed.take() {
                return Some(failed);
            }
            let depth = self.stack.len();
            let level = self.stack.last_mut()?;
            let Some(entry) = level.entries.next() else {
                self.stack.pop();
                continue;
            };
            let path = level.path.entry(&entry.name);
            self.files = self.files.saturating_add(1);
            if self.files > self.most {
                self.stack.clear();
                return Some(Found::Closed(path, Reason::Entries));
            }
            if self.selection.leaves_out(path.as_str(), entry.kind == EntryKind::Folder) {
                self.left_out = self.left_out.saturating_add(1);
                continue;
            }
            match entry.kind {
                EntryKind::File => return Some(Found::File { folder: level.folder.clone(), name: entry.name, path }),
                EntryKind::Special => return Some(Found::Closed(path, Reason::SpecialFile)),
                EntryKind::Link => return Some(Found::Closed(path, Reason::Link)),
                EntryKind::Folder if depth == 1 && VCS.contains(&entry.name.as_slice()) => {
                    return Some(Found::Vcs(path));
                }
                EntryKind::Folder if depth >= DEPTH => return Some(Found::Closed(path, Reason::Depth)),
                EntryKind::Folder => match level.folder.open(&entry.name) {
                    base::artifact::Body::Folder(folder) => self.enter(folder.into(), path),
                    base::artifact::Body::Closed(reason) => return Some(Found::Closed(path, reason)),
                    base::artifact::Body::Blob(_) => return Some(Found::Closed(path, Reason::Changed)),
                },
            }
        }
    }
}
