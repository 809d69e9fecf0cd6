//! SHA-256 of a blob, read once from the front; whoever reads the same file meanwhile may look at what passes.

use std::{
    io,
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base::{
    blob::Blob,
    budget::Meter,
    reason::Reason,
    source::{Access, Passing, Source},
    stop::Stop,
};
use sha2::{Digest, Sha256};

/// Bytes read at a time: what a core keeps near, and seldom enough that two threads need not meet too often.
const BLOCK: usize = 512 << 10;
/// Blocks that stay to be looked at.
const KEPT: usize = 3;
/// How far one reading may be ahead of the other and still wait for it; from farther away each had rather read itself.
const NEAR: u64 = (KEPT * BLOCK) as u64;
/// How long the hash waits for a slower reading, and how often in vain: it never depends on one that stopped.
const PATIENCE: Duration = Duration::from_millis(20);
const DISAPPOINTMENTS: u32 = 16;

/// SHA-256 of all bytes of `blob` in hexadecimal, and how many there were.
pub(crate) fn sha256(blob: &Blob, meter: &Meter) -> Result<(String, u64), Stop> {
    match blob.memory() {
        Some(bytes) => Ok((hexadecimal(&Sha256::digest(bytes)), bytes.len() as u64)),
        None => read(blob, meter, |_, _| {}),
    }
}

/// The hash of a blob, whose blocks `pass` sees before they are hashed. A block that nobody looks at any more is used again.
fn read(blob: &Blob, meter: &Meter, mut pass: impl FnMut(u64, &Arc<Vec<u8>>)) -> Result<(String, u64), Stop> {
    let mut hasher = Sha256::new();
    let size = blob.len().and_then(|len| usize::try_from(len).ok()).map_or(BLOCK, |len| len.clamp(1, BLOCK));
    // Beside those that stay there is one that is being read into and one that a slow reader still holds.
    let mut blocks: [Arc<Vec<u8>>; KEPT + 2] = Default::default();
    let mut offset = 0_u64;
    loop {
        blocks.rotate_left(1);
        let [.., block] = &mut blocks;
        let bytes = match Arc::get_mut(block) {
            Some(bytes) => bytes,
            None => {
                *block = Arc::default();
                Arc::make_mut(block)
            }
        };
        bytes.resize(size, 0);
        let count = blob.fill_at(offset, bytes)?;
        bytes.truncate(count);
        meter.poll()?;
        if count == 0 {
            return Ok((hexadecimal(&hasher.finalize()), offset));
        }
        pass(offset, block);
        hasher.update(block.as_slice());
        offset = offset.saturating_add(count as u64);
    }
}

/// A blob that one thread hashes while another reads it: what both need at the same time is fetched once.
pub(crate) struct Hashed {
    blob: Blob,
    state: Mutex<State>,
    moved: Condvar,
    /// [`PATIENCE`], but for tests.
    patience: Duration,
}

/// Where the hash is.
#[derive(Default)]
struct State {
    /// The latest blocks, each with its offset.
    blocks: [(u64, Arc<Vec<u8>>); KEPT],
    /// The first byte that no block had yet.
    next: u64,
    done: bool,
    /// The block that another reading looks at.
    shown: Range<u64>,
    /// Where a reading is that goes on from block to block.
    follower: Option<u64>,
    /// How often the hash waited for nothing.
    disappointments: u32,
    /// How far the follower must have come before the hash is told to go on: it sleeps through a few blocks at a time.
    enough: u64,
    /// Readings that wait for the hash.
    waiting: u32,
}

impl Hashed {
    pub(crate) fn new(blob: Blob) -> Arc<Self> {
        // A reading is about to begin at the front.
        let state = State { follower: Some(0), enough: u64::MAX, ..State::default() };
        Arc::new(Self { blob, state: Mutex::new(state), moved: Condvar::new(), patience: PATIENCE })
    }

    /// The hash, as `sha256` has it; its blocks are shown to other readings.
    pub(crate) fn sha256(&self, meter: &Meter) -> Result<(String, u64), Stop> {
        let _done = Done(self);
        read(&self.blob, meter, |offset, block| {
            let mut state = self.wait_for_follower(offset);
            state.blocks.rotate_left(1);
            if let Some(oldest) = state.blocks.last_mut() {
                *oldest = (offset, block.clone());
            }
            state.next = offset.saturating_add(block.len() as u64);
            if state.waiting > 0 {
                self.moved.notify_all();
            }
        })
    }

    /// Waits until a reading that follows has come so near that it will look at the block at `offset` as well.
    fn wait_for_follower(&self, offset: u64) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if state.follower.is_none_or(|at| at.saturating_add(NEAR) > offset) {
            return state;
        }
        state.enough = offset.saturating_sub(BLOCK as u64);
        while state.follower.is_some_and(|at| at < state.enough) {
            let (now, late) = self.moved.wait_timeout(state, self.patience).unwrap_or_else(PoisonError::into_inner);
            state = now;
            if late.timed_out() {
                state.follower = None;
                state.disappointments = state.disappointments.saturating_add(1);
            }
        }
        state.enough = u64::MAX;
        state
    }

    /// Tells the hash that nobody follows any more, or that the follower has come near enough.
    fn wake_hash(&self, state: &State) {
        if state.enough < u64::MAX && state.follower.is_none_or(|at| at >= state.enough) {
            self.moved.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells those who wait that nothing comes any more, however the hash ended.
struct Done<'h>(&'h Hashed);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.done = true;
        state.blocks = Default::default();
        self.0.moved.notify_all();
    }
}

impl Source for Hashed {
    fn len(&self) -> Option<u64> {
        self.blob.len()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.blob.read_at(offset, into)
    }

    fn access(&self) -> Access {
        self.blob.access()
    }

    fn unchanged(&self) -> bool {
        self.blob.unchanged()
    }

    fn cut_short(&self) -> Option<Reason> {
        self.blob.cut_short()
    }

    fn passing(&self, offset: u64) -> Option<Passing> {
        let mut state = self.lock();
        loop {
            let holds = |(start, block): &(u64, Arc<Vec<u8>>)| {
                let from = usize::try_from(offset.checked_sub(*start)?).ok()?;
                Passing::new(block.clone(), from)
            };
            if let Some(passing) = state.blocks.iter().find_map(holds) {
                let near = state.shown.start..=state.shown.end.saturating_add(BLOCK as u64);
                let follows = near.contains(&offset) && state.disappointments < DISAPPOINTMENTS;
                state.follower = follows.then_some(offset);
                state.shown = offset..offset.saturating_add(passing.len() as u64);
                self.wake_hash(&state);
                return Some(passing);
            }
            if state.done || offset < state.next || offset.saturating_sub(state.next) > NEAR {
                state.follower = None;
                self.wake_hash(&state);
                return None;
            }
            // The hash polls its own deadline, and tells when it ends; the time-out is for a thread that was killed.
            state.waiting = state.waiting.saturating_add(1);
            let (mut now, late) =
                self.moved.wait_timeout(state, Duration::from_secs(1)).unwrap_or_else(PoisonError::into_inner);
            now.waiting = now.waiting.saturating_sub(1);
            if late.timed_out() {
                return None;
            }
            state = now;
        }
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or('?');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{
        budget::{Budget, NoWatch},
        limits::Limits,
    };

    /// Bytes that are not in memory, as far as anyone can tell.
    struct Far(Vec<u8>);

    impl Source for Far {
        fn len(&self) -> Option<u64> {
            Some(self.0.len() as u64)
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(offset, into)
        }
    }

    fn bytes() -> Vec<u8> {
        (0..5 * BLOCK + 77).map(|index| (index / 1009) as u8).collect()
    }

    fn meter() -> Meter {
        Budget::new(Limits::default(), Arc::new(NoWatch)).meter(None)
    }

    #[test]
    fn what_passes_is_what_is_there() {
        let bytes = bytes();
        let hashed = Hashed::new(Blob::new(Arc::new(Far(bytes.clone()))));
        let whole = Blob::new(hashed.clone());
        // A window whose offsets are not those of the source.
        let blob = whole.from(13).unwrap();
        let sum = std::thread::scope(|scope| {
            let sum = scope.spawn(|| hashed.sha256(&meter()));
            let mut at = 0_u64;
            while at < blob.len().unwrap() {
                let rest = &bytes[13 + at as usize..];
                match blob.passing(at) {
                    Some(passing) => {
                        assert!(!passing.is_empty() && rest.starts_with(&passing));
                        at += passing.len() as u64;
                    }
                    None => at += 4096,
                }
            }
            sum.join().unwrap()
        });
        assert_eq!(sum.unwrap(), (hexadecimal(&Sha256::digest(&bytes)), bytes.len() as u64));
        assert!(whole.passing(0).is_none(), "a hash that ended lets nothing pass");
    }

    #[test]
    fn nobody_waits_for_what_is_far_away_or_past() {
        let hashed = Hashed::new(Blob::new(Arc::new(Far(bytes()))));
        assert!(hashed.passing(NEAR + 1).is_none());
        hashed.sha256(&meter()).unwrap();
        assert!(hashed.passing(5 * BLOCK as u64).is_none());
    }

    #[test]
    fn the_hash_waits_for_a_slow_reader_that_follows() {
        let bytes = bytes();
        let mut hashed = Hashed::new(Blob::new(Arc::new(Far(bytes.clone()))));
        Arc::get_mut(&mut hashed).unwrap().patience = Duration::from_secs(600);
        let seen = std::thread::scope(|scope| {
            scope.spawn(|| hashed.sha256(&meter()));
            let mut seen = 0_usize;
            while let Some(passing) = hashed.passing(seen as u64) {
                assert!(bytes[seen..].starts_with(&passing));
                seen += passing.len();
                std::thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        // The hash ends, and takes its last blocks with it, without waiting for those to be looked at.
        assert!(seen >= bytes.len() - KEPT * BLOCK, "{seen}");
    }

    #[test]
    fn the_hash_does_not_wait_for_a_reader_that_stopped() {
        let hashed = Hashed::new(Blob::new(Arc::new(Far(bytes()))));
        assert!(hashed.sha256(&meter()).is_ok());
    }
}
