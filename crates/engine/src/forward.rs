//! A compressed member as a source: decoded once, from the front, paid as it appears, kept as far as anyone may look back.

use std::{
    io::{self, Read},
    ops::Range,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::spool::Spool;
use base::{
    blob::Blob,
    limits::Limits,
    reason::Reason,
    sink::{Decode, Packed},
    source::{Access, Source},
    stop::Stop,
};

/// Bytes decoded at a time.
const BLOCK: usize = 64 << 10;
/// What stays readable behind the front of a stream that is read once, and how much of it is dropped at a time.
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
    /// CRC-32 of what came out, where its container states one.
    pub crc32: Option<u32>,
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
    /// Begins with the bytes from `start` to `produced`, unless they went to the spool; behind them lies room for more.
    kept: Vec<u8>,
    start: u64,
    produced: u64,
    spool: Option<Spool>,
    /// Whether everything stays readable.
    retain: bool,
    ended: Option<Result<End, Stop>>,
    crc32: Option<crc32fast::Hasher>,
}

impl State {
    /// How many bytes are kept.
    fn filled(&self) -> usize {
        usize::try_from(self.produced.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.kept.len())
    }

    /// Room for a block behind what is kept.
    fn room(&mut self) -> Range<usize> {
        let filled = if self.spool.is_some() { 0 } else { self.filled() };
        let end = filled.saturating_add(BLOCK);
        if self.kept.len() < end {
            self.kept.resize(end, 0);
        }
        filled..end
    }

    /// Drops what is kept but for the window before the front.
    fn drop_behind(&mut self) {
        let filled = self.filled();
        let drop = filled.saturating_sub(WINDOW);
        self.kept.copy_within(drop..filled, 0);
        self.kept.truncate(WINDOW.saturating_mul(2).saturating_add(BLOCK));
        self.kept.shrink_to_fit();
        self.start = self.start.saturating_add(drop as u64);
    }
}

/// A forward source over a decoder.
pub(crate) struct Forward {
    state: Mutex<State>,
    cap: Cap,
    /// The stated size, where it is believed instead of decoding to the end.
    believed: Option<u64>,
    limits: Arc<Limits>,
    temp: Option<PathBuf>,
    inflated: Arc<Inflated>,
    /// The most that may come out of the root at this depth of compression.
    most: u64,
}

impl Forward {
    /// Opens the decoder of `packed`. `nested` says that its compressed bytes came out of a decoder themselves. Where `hasty`,
    /// a size that the container states is believed: loaders read no further, and data that only ends there is not decoded.
    pub(crate) fn open(
        packed: &Packed,
        hasty: bool,
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
            crc32: packed.crc32.map(|_| crc32fast::Hasher::new()),
        };
        let most = if nested { limits.nested_bytes_out } else { limits.bytes_out };
        Ok(Arc::new(Self {
            state: Mutex::new(state),
            cap,
            believed: packed.size.filter(|_| hasty),
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

    /// What broke the stream, if it was met so far.
    pub(crate) fn failure(&self) -> Option<Stop> {
        self.lock().ended.as_ref().and_then(|ended| ended.as_ref().err()).cloned()
    }

    /// Bytes that came out so far.
    pub(crate) fn produced(&self) -> u64 {
        self.lock().produced
    }

    /// Decodes one block, right behind what is kept.
    fn advance(&self, state: &mut State) {
        let room = state.room();
        let block = state.kept.get_mut(room.clone()).unwrap_or_default();
        let ended = match state.decoder.read(block) {
            Ok(0) => Some(Ok(End {
                size: state.produced,
                consumed: state.decoder.consumed(),
                crc32: state.crc32.clone().map(crc32fast::Hasher::finalize),
            })),
            Ok(count) => self.accept(state, room.start..room.start.saturating_add(count)).err().map(Err),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
            Err(error) => Some(Err(decoding(error, state.produced))),
        };
        if ended.is_some() {
            state.ended = ended;
        }
    }

    /// Pays for a block that was decoded into `kept` and sees to what stays readable.
    fn accept(&self, state: &mut State, made: Range<usize>) -> Result<(), Stop> {
        self.inflated.pay(made.len() as u64, self.most)?;
        state.produced = state.produced.saturating_add(made.len() as u64);
        let block = state.kept.get(made).unwrap_or_default();
        if let Some(crc32) = &mut state.crc32 {
            crc32.update(block);
        }
        if let Some(spool) = &mut state.spool {
            spool.append(block)?;
        } else if state.retain && state.filled() as u64 > self.limits.spool_memory {
            let mut spool = Spool::create(self.temp.as_deref(), self.limits.spool_disk)?;
            spool.append(state.kept.get(..state.filled()).unwrap_or_default())?;
            state.kept = Vec::new();
            state.spool = Some(spool);
        } else if !state.retain && self.is_full(state) {
            state.drop_behind();
        }
        self.cap.check(state.produced, state.decoder.consumed(), self.limits.ratio)
    }

    /// Whether more is kept than may be: a short stream stays whole, a long one leaves a window.
    fn is_full(&self, state: &State) -> bool {
        let most = if state.start == 0 { self.limits.spool_memory } else { WINDOW.saturating_mul(2) as u64 };
        state.filled() as u64 > most
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
        state.ended.is_some().then_some(state.produced).or(self.believed)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        if self.believed.is_some_and(|size| offset >= size) {
            return Ok(0);
        }
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
        let rest = state.kept.get(start..state.filled()).unwrap_or_default();
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
