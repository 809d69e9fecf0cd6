//! A compressed member as a source: decoded once, from the front, paid as it appears, kept as far as anyone may look back.

use std::{
    io::{self, Read},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{
    blob::Blob,
    limits::Limits,
    reason::Reason,
    sink::{Decode, Packed},
    source::{Access, Source},
    stop::Stop,
};
use sha2::{Digest, Sha256};

use crate::spool::Spool;

/// Bytes decoded at a time.
const BLOCK: usize = 128 << 10;
/// What stays readable behind the front of a stream that is read once.
const WINDOW: usize = 1 << 20;

/// Bytes that came out of compressed members of one root so far.
#[derive(Debug, Default)]
pub(crate) struct Inflated {
    bytes: AtomicU64,
    bombs: AtomicU64,
}

impl Inflated {
    /// Counts a member that states a bomb's size; an error once the root has had its share of them.
    fn bomb(&self, most: u64) -> Result<(), Stop> {
        let before = self.bombs.fetch_add(1, Ordering::Relaxed);
        if before >= most { Err(Stop::Limit(Reason::Ratio)) } else { Ok(()) }
    }

    fn pay(&self, count: u64, most: u64) -> Result<(), Stop> {
        let before = self.bytes.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) > most { Err(Stop::Limit(Reason::BytesOut)) } else { Ok(()) }
    }
}

/// What a stream turned out to be, once its end was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Bytes that came out.
    pub size: u64,
    /// Compressed bytes that were needed.
    pub consumed: u64,
    /// CRC-32 of what came out.
    pub crc32: u32,
    /// SHA-256 of what came out.
    pub sha256: String,
}

/// How much may come out of one member.
#[derive(Clone, Copy, Debug)]
struct Cap {
    /// Bytes.
    most: u64,
    /// Above `most`, whether only a ratio beyond the limit ends it.
    unless_ratio: bool,
}

impl Cap {
    /// A member whose stated size is a bomb's is only probed; one of unstated size may grow while its ratio is honest.
    fn of(packed: &Packed, limits: &Limits) -> Self {
        let from = packed.from.len().unwrap_or(u64::MAX).max(1);
        match packed.size {
            Some(size) if size > limits.bomb_probe && size.checked_div(from).unwrap_or(0) > limits.ratio => {
                Self { most: limits.bomb_probe, unless_ratio: false }
            }
            _ => Self { most: limits.unstated_out, unless_ratio: true },
        }
    }

    fn check(self, produced: u64, consumed: u64, ratio: u64) -> Result<(), Stop> {
        let over = produced > self.most;
        let bomb = !self.unless_ratio || produced.checked_div(consumed.max(1)).unwrap_or(0) > ratio;
        if over && bomb { Err(Stop::Limit(Reason::Ratio)) } else { Ok(()) }
    }
}

struct State {
    decoder: Box<dyn Decode>,
    /// The bytes from `start` to `produced`, unless they went to the spool.
    kept: Vec<u8>,
    start: u64,
    produced: u64,
    spool: Option<Spool>,
    /// Whether everything stays readable.
    retain: bool,
    ended: Option<Result<End, Stop>>,
    sha256: Sha256,
    crc32: crc32fast::Hasher,
}

/// A forward source over a decoder.
pub(crate) struct Forward {
    state: Mutex<State>,
    cap: Cap,
    limits: Arc<Limits>,
    temp: Option<PathBuf>,
    inflated: Arc<Inflated>,
    /// The most that may come out of the root at this depth of compression.
    most: u64,
}

impl Forward {
    /// Opens the decoder of `packed`. `nested` says that its compressed bytes came out of a decoder themselves.
    pub(crate) fn open(
        packed: &Packed,
        limits: &Arc<Limits>,
        temp: Option<PathBuf>,
        inflated: &Arc<Inflated>,
        nested: bool,
    ) -> Result<Arc<Self>, Stop> {
        let cap = Cap::of(packed, limits);
        if !cap.unless_ratio {
            inflated.bomb(limits.bombs)?;
        }
        let from: Box<dyn Read + Send> = Box::new(BlobRead { blob: packed.from.clone(), offset: 0 });
        let state = State {
            decoder: (packed.codec.open)(from, limits)?,
            kept: Vec::new(),
            start: 0,
            produced: 0,
            spool: None,
            retain: false,
            ended: None,
            sha256: Sha256::new(),
            crc32: crc32fast::Hasher::new(),
        };
        let most = if nested { limits.nested_bytes_out } else { limits.bytes_out };
        Ok(Arc::new(Self {
            state: Mutex::new(state),
            cap,
            limits: limits.clone(),
            temp,
            inflated: inflated.clone(),
            most,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside a decoder leaves the state as it was before the block: reading on is safe.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on everything stays readable, in memory or in a temporary file.
    pub(crate) fn retain(&self) {
        self.lock().retain = true;
    }

    /// Decodes to the end, or to what stops it.
    pub(crate) fn drain(&self) -> Result<End, Stop> {
        loop {
            let mut state = self.lock();
            if let Some(ended) = &state.ended {
                return ended.clone();
            }
            self.advance(&mut state);
        }
    }

    /// The end, if it was reached; an error that ended it counts as none.
    pub(crate) fn end(&self) -> Option<End> {
        self.lock().ended.as_ref().and_then(|ended| ended.as_ref().ok()).cloned()
    }

    /// Bytes that came out so far.
    pub(crate) fn produced(&self) -> u64 {
        self.lock().produced
    }

    /// Decodes one block.
    fn advance(&self, state: &mut State) {
        let mut block = vec![0; BLOCK];
        let ended = match state.decoder.read(&mut block) {
            Ok(0) => Some(Ok(End {
                size: state.produced,
                consumed: state.decoder.consumed(),
                crc32: state.crc32.clone().finalize(),
                sha256: crate::hash::hexadecimal(&state.sha256.clone().finalize()),
            })),
            Ok(count) => self.accept(state, block.get(..count).unwrap_or_default()).err().map(Err),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            Err(error) => Some(Err(decoding(error, state.produced))),
        };
        if ended.is_some() {
            state.ended = ended;
        }
    }

    /// Pays for a block and keeps it.
    fn accept(&self, state: &mut State, block: &[u8]) -> Result<(), Stop> {
        self.inflated.pay(block.len() as u64, self.most)?;
        state.produced = state.produced.saturating_add(block.len() as u64);
        state.sha256.update(block);
        state.crc32.update(block);
        match &mut state.spool {
            Some(spool) => spool.append(block)?,
            None => state.kept.extend_from_slice(block),
        }
        if state.spool.is_none() && state.kept.len() as u64 > self.limits.spool_memory {
            if state.retain {
                let mut spool = Spool::create(self.temp.as_deref(), self.limits.spool_disk)?;
                spool.append(&std::mem::take(&mut state.kept))?;
                state.spool = Some(spool);
            } else {
                let drop = state.kept.len().saturating_sub(WINDOW);
                state.kept.drain(..drop);
                state.start = state.start.saturating_add(drop as u64);
            }
        }
        self.cap.check(state.produced, state.decoder.consumed(), self.limits.ratio)
    }
}

/// A decoder's error: its own stop, an end that came too early, or broken data.
fn decoding(error: io::Error, at: u64) -> Stop {
    match error.downcast::<Stop>() {
        Ok(stop) => stop,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Stop::truncated(at, "the compressed data of this member")
        }
        Err(error) => Stop::malformed(at, format!("the compressed data is broken: {error}")),
    }
}

impl Source for Forward {
    fn len(&self) -> Option<u64> {
        let state = self.lock();
        state.ended.is_some().then_some(state.produced)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let mut state = self.lock();
        while offset >= state.produced {
            match &state.ended {
                Some(Ok(_)) => return Ok(0),
                Some(Err(stop)) => return Err(stop.clone().into()),
                None => self.advance(&mut state),
            }
        }
        if let Some(spool) = &state.spool {
            return spool.read_at(offset, into);
        }
        let Some(start) = offset.checked_sub(state.start).and_then(|start| usize::try_from(start).ok()) else {
            return Err(io::Error::other("a stream that was not kept was read backwards"));
        };
        let rest = state.kept.get(start..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok(count)
    }

    fn access(&self) -> Access {
        let state = self.lock();
        if state.retain || state.ended.is_some() && state.start == 0 { Access::Random } else { Access::Forward }
    }
}

/// A blob as a sequential reader.
struct BlobRead {
    blob: Blob,
    offset: u64,
}

impl Read for BlobRead {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.blob.read_at(self.offset, into)?;
        self.offset = self.offset.saturating_add(count as u64);
        Ok(count)
    }
}
