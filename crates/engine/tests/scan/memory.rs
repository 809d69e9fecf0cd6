//! A tree in memory to scan.

use std::{collections::BTreeMap, sync::Arc};

use base::{
    artifact::{Artifact, Body, Entry, EntryKind, Folder},
    blob::Blob,
    budget::NoWatch,
    location::ArtifactPath,
    reason::Reason,
    report::Report,
};
use engine::{Scanner, Settings, Target};
use rules::Catalogue;

/// A file or a folder.
#[derive(Clone)]
pub(crate) enum Item {
    File(Vec<u8>),
    Folder(Tree),
}

/// A folder in memory.
#[derive(Clone, Default)]
pub(crate) struct Tree(pub BTreeMap<Vec<u8>, Item>);

impl Tree {
    /// Adds a file; `/` in the name makes folders.
    pub(crate) fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        match path.split_once('/') {
            None => {
                self.0.insert(path.into(), Item::File(bytes.into()));
            }
            Some((folder, rest)) => {
                let inner = match self.0.remove(folder.as_bytes()) {
                    Some(Item::Folder(tree)) => tree,
                    _ => Tree::default(),
                };
                self.0.insert(folder.into(), Item::Folder(inner.file(rest, bytes)));
            }
        }
        self
    }
}

impl Folder for Tree {
    fn list(&self) -> Result<Vec<Entry>, Reason> {
        let entry = |(name, item): (&Vec<u8>, &Item)| Entry {
            name: name.clone(),
            kind: if matches!(item, Item::File(_)) { EntryKind::File } else { EntryKind::Folder },
            size: None,
        };
        Ok(self.0.iter().map(entry).collect())
    }

    fn open(&self, name: &[u8]) -> Body {
        match self.0.get(name) {
            Some(Item::File(bytes)) => Body::Blob(Blob::from_bytes(bytes.clone())),
            Some(Item::Folder(tree)) => Body::Folder(Box::new(tree.clone())),
            None => Body::Closed(Reason::Unreadable),
        }
    }
}

/// A target in memory.
pub(crate) fn target(name: &str, item: Item) -> Target {
    let body = match item {
        Item::File(bytes) => Body::Blob(Blob::from_bytes(bytes)),
        Item::Folder(tree) => Body::Folder(Box::new(tree)),
    };
    Target { name: name.into(), artifact: Artifact { path: ArtifactPath::root(name.as_bytes()), body } }
}

/// Scans one file with default settings.
pub(crate) fn scan_file(name: &str, bytes: impl Into<Vec<u8>>) -> Report {
    scan(vec![target(name, Item::File(bytes.into()))], Settings::default())
}

/// Scans targets.
pub(crate) fn scan(targets: Vec<Target>, settings: Settings) -> Report {
    let temp_dir = Some(std::env::temp_dir());
    Scanner::new(Catalogue::builtin(), Settings { temp_dir, ..settings }).scan(targets, Arc::new(NoWatch))
}
