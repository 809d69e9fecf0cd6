//! What one artifact spends while it is read: counted per artifact, so that the report does not depend on the schedule.
//!
//! Totals of a root are committed by the engine in canonical order from the [`Spent`] of each artifact; only the
//! deadline, a cancellation and the source itself can make two runs differ, and the report names them.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use crate::{limits::Limits, reason::Reason, stop::Stop};

/// The face's view of a running scan: it owns the clock and the cancel flag.
pub trait Watch: Send + Sync {
    /// Time since the scan began. The default never advances: no clock, no deadline.
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    /// Whether the scan should end now with a partial report.
    fn cancelled(&self) -> bool {
        false
    }
    /// An artifact begins to be read.
    fn started(&self, _path: &str, _size: Option<u64>) {}
    /// A root with everything inside is done.
    fn finished(&self, _path: &str) {}
}

/// A watch that never ends anything.
#[derive(Debug, Default)]
pub struct NoWatch;
impl Watch for NoWatch {}

/// The shared part of every meter of a scan.
#[derive(Clone)]
pub struct Budget {
    limits: Arc<Limits>,
    watch: Arc<dyn Watch>,
}

impl Budget {
    /// A budget of these limits under this watch.
    pub fn new(limits: Limits, watch: Arc<dyn Watch>) -> Self {
        Self { limits: Arc::new(limits), watch }
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The watch.
    pub fn watch(&self) -> &Arc<dyn Watch> {
        &self.watch
    }

    /// Whether the run as a whole must end.
    pub fn ended(&self) -> Option<Reason> {
        if self.watch.cancelled() {
            return Some(Reason::Cancelled);
        }
        match self.limits.timeout {
            Some(timeout) if self.watch.elapsed() >= timeout => Some(Reason::Time),
            _ => None,
        }
    }

    /// The meter of one artifact of `size` bytes.
    pub fn meter(&self, size: Option<u64>) -> Meter {
        let end = self.watch.elapsed().saturating_add(self.limits.artifact_time(size.unwrap_or(0)));
        let inner =
            Inner { budget: self.clone(), end, credit: Cell::new(0), spent: Cell::default(), held: Cell::new(0) };
        Meter(Rc::new(inner))
    }
}

/// What an artifact has cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Opcodes, nodes and folded operations, drawn in blocks.
    pub steps: u64,
    /// Bytes read from the source.
    pub bytes_read: u64,
    /// Facts stated.
    pub facts: u64,
    /// The most memory held at once, as far as it was declared.
    pub memory: u64,
}

struct Inner {
    budget: Budget,
    end: Duration,
    credit: Cell<u64>,
    spent: Cell<Spent>,
    held: Cell<u64>,
}

/// The meter of one artifact: every read pays bytes, every opcode pays a step, every fact is counted.
///
/// Clones share one account. Not `Send`: an artifact is read by one thread.
#[derive(Clone)]
pub struct Meter(Rc<Inner>);

/// Steps drawn at a time: the clock and the flags are looked at once a block, not once an opcode.
const BLOCK: u64 = 1 << 16;

impl Meter {
    /// A meter without limits on time, for tests and tools.
    pub fn unlimited() -> Self {
        Budget::new(Limits::default(), Arc::new(NoWatch)).meter(None)
    }

    /// The limits in force.
    pub fn limits(&self) -> &Limits {
        self.0.budget.limits()
    }

    /// Pays `count` steps.
    #[inline]
    pub fn steps(&self, count: u64) -> Result<(), Stop> {
        match self.0.credit.get().checked_sub(count) {
            Some(left) => {
                self.0.credit.set(left);
                Ok(())
            }
            None => self.draw(count),
        }
    }

    #[cold]
    fn draw(&self, count: u64) -> Result<(), Stop> {
        let block = count.max(BLOCK);
        let mut spent = self.0.spent.get();
        spent.steps = spent.steps.saturating_add(block);
        if spent.steps > self.limits().steps.saturating_add(BLOCK) {
            return Err(Stop::Limit(Reason::Time));
        }
        self.poll()?;
        self.0.spent.set(spent);
        self.0.credit.set(self.0.credit.get().saturating_add(block).saturating_sub(count));
        Ok(())
    }

    /// Pays `count` bytes read and looks at the clock; callers read in blocks of 64 KiB to 1 MiB.
    pub fn bytes(&self, count: u64) -> Result<(), Stop> {
        let mut spent = self.0.spent.get();
        spent.bytes_read = spent.bytes_read.saturating_add(count);
        self.0.spent.set(spent);
        self.poll()
    }

    /// Counts one fact.
    pub fn fact(&self) -> Result<(), Stop> {
        let mut spent = self.0.spent.get();
        spent.facts = spent.facts.saturating_add(1);
        self.0.spent.set(spent);
        if spent.facts > self.limits().facts { Err(Stop::Limit(Reason::Entries)) } else { Ok(()) }
    }

    /// Declares that a reading holds `bytes` more; pair it with [`Meter::release`].
    pub fn hold(&self, bytes: u64) -> Result<(), Stop> {
        let held = self.0.held.get().saturating_add(bytes);
        if held > self.limits().memory {
            return Err(Stop::Limit(Reason::Memory));
        }
        self.0.held.set(held);
        let mut spent = self.0.spent.get();
        spent.memory = spent.memory.max(held);
        self.0.spent.set(spent);
        Ok(())
    }

    /// Declares that `bytes` are held no more.
    pub fn release(&self, bytes: u64) {
        self.0.held.set(self.0.held.get().saturating_sub(bytes));
    }

    /// Ends the reading when the run is over or this artifact's time is up.
    pub fn poll(&self) -> Result<(), Stop> {
        if let Some(reason) = self.0.budget.ended() {
            return Err(Stop::Limit(reason));
        }
        if self.0.budget.watch.elapsed() > self.0.end { Err(Stop::Limit(Reason::Time)) } else { Ok(()) }
    }

    /// What was spent so far.
    pub fn spent(&self) -> Spent {
        let mut spent = self.0.spent.get();
        spent.steps = spent.steps.saturating_sub(self.0.credit.get());
        spent
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Meter").field(&self.spent()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;

    /// A clock that stands where it is put.
    #[derive(Default)]
    struct Clock(AtomicU64);
    impl Clock {
        fn put(&self, seconds: u64) {
            self.0.store(seconds, Ordering::Relaxed);
        }
    }
    impl Watch for Clock {
        fn elapsed(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    const LATE: Result<(), Stop> = Err(Stop::Limit(Reason::Time));

    #[test]
    fn the_run_ends_when_its_time_is_reached() {
        let clock = Arc::new(Clock::default());
        let limits = Limits { timeout: Some(Duration::from_secs(10)), ..Limits::default() };
        let budget = Budget::new(limits, clock.clone());
        let meter = budget.meter(None);
        clock.put(9);
        assert_eq!((budget.ended(), meter.poll(), meter.bytes(1)), (None, Ok(()), Ok(())));
        clock.put(10);
        assert_eq!((budget.ended(), meter.poll(), meter.bytes(1)), (Some(Reason::Time), LATE, LATE));
        assert_eq!(meter.spent().bytes_read, 2);
    }

    #[test]
    fn an_artifact_has_its_own_time_from_its_beginning() {
        let clock = Arc::new(Clock::default());
        let budget = Budget::new(Limits { artifact_seconds: 5, ..Limits::default() }, clock.clone());
        clock.put(100);
        let (small, large) = (budget.meter(None), budget.meter(Some(3 << 30)));
        clock.put(105);
        assert_eq!((small.poll(), large.poll()), (Ok(()), Ok(())));
        clock.put(106);
        assert_eq!((small.poll(), large.poll()), (LATE, Ok(())));
        clock.put(118);
        assert_eq!((small.steps(1), large.poll()), (LATE, LATE));
        // The run itself has no end.
        assert_eq!(budget.ended(), None);
    }

    #[test]
    fn facts_are_counted_up_to_their_limit() {
        let meter = Budget::new(Limits { facts: 2, ..Limits::default() }, Arc::new(NoWatch)).meter(None);
        assert_eq!((meter.fact(), meter.fact()), (Ok(()), Ok(())));
        assert_eq!(meter.fact(), Err(Stop::Limit(Reason::Entries)));
        assert_eq!(meter.spent().facts, 3);
    }

    #[test]
    fn clones_share_one_account() {
        let meter = Meter::unlimited();
        let other = meter.clone();
        for _ in 0..3 {
            meter.steps(BLOCK + 5).unwrap();
            other.steps(2).unwrap();
        }
        meter.bytes(7).unwrap();
        other.bytes(8).unwrap();
        let expected = Spent { steps: 3 * (BLOCK + 7), bytes_read: 15, facts: 0, memory: 0 };
        assert_eq!((meter.spent(), other.spent()), (expected, expected));
        assert_eq!(format!("{meter:?}"), format!("Meter({expected:?})"));
    }

    #[test]
    fn a_limit_of_steps_that_is_no_whole_block_is_kept_to_a_block() {
        let meter = Budget::new(Limits { steps: 10, ..Limits::default() }, Arc::new(NoWatch)).meter(None);
        assert_eq!(meter.steps(2 * BLOCK), LATE);
        assert_eq!(meter.spent().steps, 0);
        assert_eq!(meter.steps(BLOCK), Ok(()));
        assert_eq!(meter.steps(BLOCK), LATE);
        // A block more than the limit is still within it.
        let meter = Budget::new(Limits { steps: BLOCK, ..Limits::default() }, Arc::new(NoWatch)).meter(None);
        assert_eq!((meter.steps(BLOCK), meter.steps(BLOCK), meter.steps(1)), (Ok(()), Ok(()), LATE));
    }

    #[test]
    fn steps_are_drawn_in_blocks_and_end() {
        let limits = Limits { steps: 100_000, ..Limits::default() };
        let meter = Budget::new(limits, Arc::new(NoWatch)).meter(None);
        let mut paid = 0_u64;
        let stop = loop {
            if let Err(stop) = meter.steps(1) {
                break stop;
            }
            paid += 1;
        };
        assert_eq!(stop, Stop::Limit(Reason::Time));
        assert!((100_000..=100_000 + BLOCK).contains(&paid), "{paid}");
        assert_eq!(meter.spent().steps, paid);
    }

    #[test]
    fn a_cancelled_run_stops_within_a_block() {
        struct Flag(AtomicBool);
        impl Watch for Flag {
            fn cancelled(&self) -> bool {
                self.0.load(Ordering::Relaxed)
            }
        }
        let flag = Arc::new(Flag(AtomicBool::new(false)));
        let meter = Budget::new(Limits::default(), flag.clone()).meter(None);
        meter.steps(1).unwrap();
        flag.0.store(true, Ordering::Relaxed);
        let stop = (0..=BLOCK).find_map(|_| meter.steps(1).err()).unwrap();
        assert_eq!(stop, Stop::Limit(Reason::Cancelled));
    }

    #[test]
    fn memory_is_capped_and_released() {
        let meter = Budget::new(Limits { memory: 100, ..Limits::default() }, Arc::new(NoWatch)).meter(None);
        meter.hold(80).unwrap();
        assert_eq!(meter.hold(21), Err(Stop::Limit(Reason::Memory)));
        meter.release(80);
        meter.hold(100).unwrap();
        assert_eq!(meter.spent().memory, 100);
    }
}
