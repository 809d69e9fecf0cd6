//! A stream that is read once, standard input: kept in memory as far as that is allowed, then in a file without a name.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::{fd::AsFd, unix::fs::FileExt},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    location::ArtifactPath,
    reason::Reason,
    source::Source,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Bytes read at a time.
const BLOCK: usize = 64 << 10;
/// How long one wait for input may take before it is asked whether to go on.
const PATIENCE: Duration = Duration::from_millis(100);
/// Makes names of temporary files differ within a process.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// How much of a stream is taken.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// Bytes kept in memory.
    pub memory: u64,
    /// Bytes kept in a temporary file.
    pub disk: u64,
    /// Where that file is made.
    pub folder: &'a Path,
    /// Bytes wanted at all.
    pub most: Option<u64>,
}

/// Standard input as an artifact of this name. `ended` tells why reading must end now, if it must.
pub fn standard_input(name: &str, room: &Room<'_>, ended: &dyn Fn() -> Option<Reason>) -> Artifact {
    let stdin = io::stdin();
    let wait = || {
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(PATIENCE.subsec_nanos()) };
        // What cannot be polled is read straight away.
        poll(&mut polled, Some(&patience)).map_or(true, |ready| ready > 0)
    };
    let mut descriptor = match stdin.as_fd().try_clone_to_owned() {
        Ok(descriptor) => File::from(descriptor),
        Err(_) => return artifact(name, Body::Closed(Reason::Unreadable)),
    };
    artifact(name, taken(&mut descriptor, room, ended, &wait))
}

fn artifact(name: &str, body: Body) -> Artifact {
    Artifact { path: ArtifactPath::root(name.as_bytes()), body }
}

/// All of `from` that there is room for. What is left out is the reason why the artifact is incomplete.
fn taken(from: &mut dyn Read, room: &Room<'_>, ended: &dyn Fn() -> Option<Reason>, wait: &dyn Fn() -> bool) -> Body {
    let mut kept = Kept { memory: Vec::new(), file: None, len: 0, cut: None };
    let mut block = vec![0; BLOCK];
    loop {
        if let Some(reason) = ended() {
            kept.cut = Some(reason);
            break;
        }
        if !wait() {
            continue;
        }
        match from.read(&mut block) {
            Ok(0) => break,
            Ok(count) => {
                let bytes = block.get(..count).unwrap_or_default();
                if let Err(reason) = kept.add(bytes, room) {
                    kept.cut = Some(reason);
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
            Err(_) if kept.len == 0 => return Body::Closed(Reason::Unreadable),
            Err(_) => {
                kept.cut = Some(Reason::Unreadable);
                break;
            }
        }
    }
    Body::Blob(Blob::new(Arc::new(kept)))
}

/// What was taken of a stream.
struct Kept {
    memory: Vec<u8>,
    file: Option<File>,
    len: u64,
    cut: Option<Reason>,
}

impl Kept {
    /// Adds bytes as far as there is room.
    fn add(&mut self, bytes: &[u8], room: &Room<'_>) -> Result<(), Reason> {
        let all = room.memory.saturating_add(room.disk);
        let (most, reason) = match room.most {
            Some(most) if most < all => (most, Reason::Size),
            _ => (all, Reason::Memory),
        };
        let fits = usize::try_from(most.saturating_sub(self.len)).unwrap_or(usize::MAX).min(bytes.len());
        self.put(bytes.get(..fits).unwrap_or_default(), room).map_err(|_| Reason::Memory)?;
        if fits < bytes.len() { Err(reason) } else { Ok(()) }
    }

    fn put(&mut self, bytes: &[u8], room: &Room<'_>) -> io::Result<()> {
        let len = self.len.saturating_add(bytes.len() as u64);
        if self.file.is_none() && len > room.memory {
            let mut file = nameless(room.folder)?;
            file.write_all(&std::mem::take(&mut self.memory))?;
            self.file = Some(file);
        }
        match &mut self.file {
            Some(file) => file.write_all(bytes)?,
            None => self.memory.extend_from_slice(bytes),
        }
        self.len = len;
        Ok(())
    }
}

impl Source for Kept {
    fn len(&self) -> Option<u64> {
        Some(self.len)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        match &self.file {
            Some(file) => file.read_at(into, offset),
            None => self.memory.read_at(offset, into),
        }
    }

    fn cut_short(&self) -> Option<Reason> {
        self.cut
    }

    fn memory(&self) -> Option<&[u8]> {
        self.file.is_none().then_some(self.memory.as_slice())
    }
}

/// A temporary file that is gone when it is closed, whatever ends the process.
fn nameless(folder: &Path) -> io::Result<File> {
    let name = format!("modelward-in-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = folder.join(name);
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(from: &mut dyn Read, room: &Room<'_>) -> Blob {
        match taken(from, room, &|| None, &|| true) {
            Body::Blob(blob) => blob,
            _ => panic!("no bytes"),
        }
    }

    #[test]
    fn a_stream_is_kept_whole_in_memory_or_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for memory in [0, 3, 100_000, 300_000] {
            let bytes: Vec<u8> = (0..200_000_u32).map(|at| at as u8).collect();
            let room = Room { memory, disk: 1 << 20, folder: folder.path(), most: None };
            let blob = take(&mut bytes.as_slice(), &room);
            assert_eq!((blob.len(), blob.cut_short()), (Some(200_000), None));
            assert_eq!(blob.bytes_at(0, 300_000).unwrap(), bytes, "{memory}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_endless_stream_ends_at_the_limit_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let room = |most| Room { memory: 1000, disk: 1000, folder: folder.path(), most };
        let blob = take(&mut io::repeat(7), &room(None));
        assert_eq!((blob.len(), blob.cut_short()), (Some(2000), Some(Reason::Memory)));
        let blob = take(&mut io::repeat(7), &room(Some(500)));
        assert_eq!((blob.len(), blob.cut_short()), (Some(500), Some(Reason::Size)));
        let cancelled = taken(&mut io::repeat(7), &room(None), &|| Some(Reason::Cancelled), &|| false);
        assert!(matches!(cancelled, Body::Blob(blob) if blob.cut_short() == Some(Reason::Cancelled)));
    }
}
