//! Files and folders of this machine: opened once, regular files only, no link followed out of the target.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::{ffi::OsStrExt, fs::MetadataExt},
    },
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base::{
    artifact::{Artifact, Body, Entry, EntryKind, Folder},
    location::ArtifactPath,
    reason::Reason,
};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, ResolveFlags};

use crate::file::{self, Identity};

/// The file or folder that a user named. A target that is a link is followed.
pub fn open(path: &Path) -> Artifact {
    let body = open_target(path).unwrap_or_else(Body::Closed);
    Artifact { path: ArtifactPath::root(last_component(path).as_bytes()), body }
}

/// The last component of the path as named; of `.` and `..` that of the folder meant.
fn last_component(path: &Path) -> OsString {
    let named = path.components().next_back();
    if let Some(Component::Normal(name)) = named {
        return name.to_owned();
    }
    let real = path.canonicalize().unwrap_or_default();
    real.file_name().unwrap_or(OsStr::new("root")).to_owned()
}

fn open_target(path: &Path) -> Result<Body, Reason> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let kind = fs::stat(path).map(|stat| FileType::from_raw_mode(stat.st_mode)).map_err(|_| Reason::Unreadable)?;
    match kind {
        FileType::RegularFile => {
            let file = fs::open(path, flags, Mode::empty()).map_err(|_| Reason::Unreadable)?;
            file::body(File::from(file)).map(|(body, _)| body)
        }
        FileType::Directory => LocalFolder::target(path).map(|folder| Body::Folder(Box::new(folder))),
        _ => Err(Reason::SpecialFile),
    }
}

/// The folder that links may not lead out of: the target, or the cache entry of a hub that the target lies in.
struct Boundary {
    root: OwnedFd,
    /// Whether the kernel keeps look-ups inside by itself (`openat2`, Linux 5.6).
    beneath: bool,
}

/// A folder below a boundary.
struct LocalFolder {
    boundary: Arc<Boundary>,
    /// Path below the boundary.
    path: PathBuf,
    /// Device and inode of this folder and those above: a link back to one of them is a circle.
    line: Vec<(u64, u64)>,
    /// What the files were when they were opened.
    opened: Mutex<HashMap<Vec<u8>, Identity>>,
}

impl LocalFolder {
    fn target(path: &Path) -> Result<Self, Reason> {
        let real = path.canonicalize().map_err(|_| Reason::Unreadable)?;
        let edge = hub_entry(&real).unwrap_or(&real);
        let below = real.strip_prefix(edge).map_err(|_| Reason::Unreadable)?.to_owned();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = fs::open(edge, flags, Mode::empty()).map_err(|_| Reason::Unreadable)?;
        let probe = fs::openat2(root.as_fd(), ".", flags, Mode::empty(), ResolveFlags::BENEATH);
        let boundary = Arc::new(Boundary { root, beneath: probe.is_ok() });
        let mut folder = Self { boundary, path: below, line: Vec::new(), opened: Mutex::default() };
        let metadata = File::from(folder.open_at(&folder.path, OFlags::DIRECTORY)?).metadata();
        let metadata = metadata.map_err(|_| Reason::Unreadable)?;
        folder.line.push((metadata.dev(), metadata.ino()));
        Ok(folder)
    }

    /// Opens a path below the boundary.
    fn open_at(&self, path: &Path, extra: OFlags) -> Result<OwnedFd, Reason> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        // openat2 refuses O_PATH beside flags that only an opened file has.
        let reading = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = OFlags::CLOEXEC | extra | if extra.contains(OFlags::PATH) { OFlags::empty() } else { reading };
        let root = self.boundary.root.as_fd();
        let opened = if self.boundary.beneath {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
            fs::openat2(root, path, flags, Mode::empty(), resolve)
        } else {
            // Without openat2 no link is followed at all.
            fs::openat(root, path, flags | OFlags::NOFOLLOW, Mode::empty())
        };
        opened.map_err(|error| match io::Error::from(error).raw_os_error() {
            Some(18 | 40) => Reason::Link, // EXDEV: leads out; ELOOP: a circle, or a link where none is followed
            _ => Reason::Unreadable,
        })
    }

    /// What an entry is, links followed as far as they may be.
    fn entry(&self, name: &[u8], kind: FileType) -> (EntryKind, Option<u64>) {
        match kind {
            FileType::Directory => (EntryKind::Folder, None),
            FileType::RegularFile => (EntryKind::File, None),
            FileType::Symlink => self.follow(name),
            _ => (EntryKind::Special, None),
        }
    }

    fn follow(&self, name: &[u8]) -> (EntryKind, Option<u64>) {
        let path = self.path.join(OsStr::from_bytes(name));
        // O_PATH opens nothing, so a pipe or device behind the link stays untouched.
        let Ok(opened) = self.open_at(&path, OFlags::PATH) else { return (EntryKind::Link, None) };
        let Ok(stat) = fs::fstat(&opened) else { return (EntryKind::Link, None) };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if self.line.contains(&(stat.st_dev, stat.st_ino)) => (EntryKind::Link, None),
            FileType::Directory => (EntryKind::Folder, None),
            FileType::RegularFile => (EntryKind::File, None),
            _ => (EntryKind::Special, None),
        }
    }

    fn kind_of(&self, folder: &OwnedFd, name: &OsStr, stated: FileType) -> FileType {
        if stated != FileType::Unknown {
            return stated;
        }
        let stat = fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
        stat.map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode))
    }
}

impl Folder for LocalFolder {
    fn list(&self) -> Result<Vec<Entry>, Reason> {
        let folder = self.open_at(&self.path, OFlags::DIRECTORY)?;
        let mut entries = Vec::new();
        for item in fs::Dir::read_from(&folder).map_err(|_| Reason::Unreadable)? {
            let item = item.map_err(|_| Reason::Unreadable)?;
            let name = item.file_name().to_bytes().to_vec();
            if name == b"." || name == b".." {
                continue;
            }
            let stated = self.kind_of(&folder, OsStr::from_bytes(&name), item.file_type());
            let (kind, size) = self.entry(&name, stated);
            entries.push(Entry { name, kind, size });
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn open(&self, name: &[u8]) -> Body {
        self.open_entry(name).unwrap_or_else(Body::Closed)
    }

    fn unchanged(&self, name: &[u8], _body: &base::blob::Blob) -> bool {
        let before = self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        let path = self.path.join(OsStr::from_bytes(name));
        // Asked by name: a file that was swapped under its name no longer is what was read.
        let now = self.open_at(&path, OFlags::PATH).ok().and_then(|opened| File::from(opened).metadata().ok());
        before.is_some() && before == now.as_ref().map(Identity::of)
    }
}

impl LocalFolder {
    fn open_entry(&self, name: &[u8]) -> Result<Body, Reason> {
        let path = self.path.join(OsStr::from_bytes(name));
        let file = File::from(self.open_at(&path, OFlags::empty())?);
        let metadata = file.metadata().map_err(|_| Reason::Unreadable)?;
        if metadata.is_dir() {
            let mut line = self.line.clone();
            line.push((metadata.dev(), metadata.ino()));
            let boundary = self.boundary.clone();
            return Ok(Body::Folder(Box::new(Self { boundary, path, line, opened: Mutex::default() })));
        }
        let (body, identity) = file::body(file)?;
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_vec(), identity);
        Ok(body)
    }
}

/// The cache entry of a hub that `path` lies in: `models--owner--name` and its like, whose snapshots are links to its blobs.
fn hub_entry(path: &Path) -> Option<&Path> {
    let is_entry = |name: &OsStr| {
        let name = name.as_bytes();
        [&b"models--"[..], b"datasets--", b"spaces--"].iter().any(|start| name.starts_with(start))
    };
    path.ancestors().find(|folder| folder.file_name().is_some_and(is_entry))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder(path: &Path) -> Box<dyn Folder> {
        match open(path).body {
            Body::Folder(folder) => folder,
            _ => panic!("not a folder"),
        }
    }

    fn kinds(path: &Path) -> Vec<(String, EntryKind)> {
        let entries = folder(path).list().unwrap();
        entries.into_iter().map(|entry| (String::from_utf8(entry.name).unwrap(), entry.kind)).collect()
    }

    #[test]
    fn links_are_followed_inside_the_target_only() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = tempfile::tempdir().unwrap();
        let at = |name: &str| inside.path().join(name);
        std::fs::create_dir(at("sub")).unwrap();
        std::fs::write(at("sub/file"), "hello").unwrap();
        symlink("sub/file", at("a-file")).unwrap();
        symlink("..", at("sub/circle")).unwrap();
        symlink(outside.path().join("secret"), at("b-out")).unwrap();
        symlink("nowhere", at("c-nowhere")).unwrap();
        use EntryKind::{File, Folder, Link};
        let expected = [("a-file", File), ("b-out", Link), ("c-nowhere", Link), ("sub", Folder)];
        assert_eq!(kinds(inside.path()), expected.map(|(name, kind)| (name.to_owned(), kind)));
        let Body::Folder(sub) = folder(inside.path()).open(b"sub") else { panic!("not a folder") };
        assert_eq!(sub.list().unwrap().first().unwrap().kind, Link);
        assert!(matches!(folder(inside.path()).open(b"b-out"), Body::Closed(Reason::Link)));
    }

    #[test]
    fn snapshots_of_a_hub_lead_to_their_blobs() {
        let cache = tempfile::tempdir().unwrap();
        let entry = cache.path().join("models--o--m");
        std::fs::create_dir_all(entry.join("blobs")).unwrap();
        std::fs::create_dir_all(entry.join("snapshots/r")).unwrap();
        std::fs::write(entry.join("blobs/0a"), "w").unwrap();
        symlink("../../blobs/0a", entry.join("snapshots/r/model.bin")).unwrap();
        assert_eq!(kinds(&entry.join("snapshots/r")), [("model.bin".to_owned(), EntryKind::File)]);
    }

    #[test]
    fn a_pipe_is_never_opened_and_a_swapped_file_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let pipe = place.path().join("pipe");
        fs::mknodat(fs::CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert!(matches!(open(&pipe).body, Body::Closed(Reason::SpecialFile)));
        std::fs::write(place.path().join("a"), "one").unwrap();
        let folder = folder(place.path());
        let Body::Blob(blob) = folder.open(b"a") else { panic!("not a file") };
        assert!(folder.unchanged(b"a", &blob));
        let Body::Blob(blob) = folder.open(b"a") else { panic!("not a file") };
        std::fs::write(place.path().join("b"), "two").unwrap();
        std::fs::rename(place.path().join("b"), place.path().join("a")).unwrap();
        assert!(!folder.unchanged(b"a", &blob));
        assert_eq!(blob.bytes_at(0, 9).unwrap(), b"one");
    }
}
