//! One evaluation: what it has found so far, what it may still spend, and why a step did not yield a value.

use std::{collections::BTreeMap, sync::Arc};

use base::{budget::Meter, stop::Stop};

use crate::value::{Exception, Keywords, Value, Why};

/// Bytes of one constant.
pub(crate) const MAX_BYTES: usize = 16 << 20;
/// Calls within calls.
const MAX_DEPTH: u16 = 40;
/// Invocations listed for one callee.
const LISTED: u32 = 16;
/// Invocations listed.
const MAX_INVOCATIONS: usize = 4096;
/// Bytes from which a decoded constant is given back.
const MIN_DECODED: usize = 4;

/// What a call does, as far as it can be known.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it evaluates to; [`Value::Call`] when that is not known.
    pub result: Value,
    /// The state in which it leaves its receiver (the object of a method, the first argument of `next` or of an
    /// unbound method), when it changes it.
    pub receiver: Option<Value>,
    /// The calls that it makes in turn and that did not fold away, in order.
    pub invocations: Vec<Invocation>,
    /// What its decoding steps yielded, in order.
    pub decoded: Vec<Decoded>,
    /// What could not be followed to the end.
    pub notes: Vec<Note>,
}

/// A call that a call makes in turn.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What is called.
    pub callee: Value,
    /// Positional arguments.
    pub args: Vec<Value>,
    /// Keyword arguments.
    pub kwargs: Keywords,
    /// When it runs.
    pub when: When,
}

/// When a call runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// While the outer call runs.
    Load,
    /// Later, by itself: a timer, an exit handler, a thread.
    Deferred,
    /// When the result is used in a certain way: iterated, called, asked for a missing key.
    Use,
}

/// Bytes, or text as UTF-8, that a decoding step yielded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// The callable that yielded them, dotted.
    pub by: Arc<str>,
}

/// What an evaluation could not follow to its end: an honest gap, which the caller states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A value would be larger, deeper or longer to compute than the caps allow.
    OverCap(&'static str),
    /// More calls are made than are listed.
    MoreInvocations,
}

/// Why a step yielded no value.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The budget ended.
    Stop(Stop),
    /// Python raises.
    Raises(Exception),
    /// Over a cap, in doing what.
    OverCap(&'static str),
    /// Not followed: unknown operands, or a callable that is not folded.
    Unfollowed,
}

/// What a step yields.
pub(crate) type Folded<T = Value> = Result<T, Fault>;

impl From<Stop> for Fault {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// A fault for `exception`.
pub(crate) fn raise<T>(exception: Exception) -> Folded<T> {
    Err(Fault::Raises(exception))
}

/// The state of one evaluation.
pub(crate) struct Evaluator<'m> {
    pub(crate) meter: &'m Meter,
    pub(crate) outcome: Outcome,
    depth: u16,
    seen: BTreeMap<String, u32>,
}

impl<'m> Evaluator<'m> {
    pub(crate) fn new(meter: &'m Meter) -> Self {
        let outcome = Outcome {
            result: Value::Unknown(Why::Unfollowed),
            receiver: None,
            invocations: Vec::new(),
            decoded: Vec::new(),
            notes: Vec::new(),
        };
        Self { meter, outcome, depth: 0, seen: BTreeMap::new() }
    }

    /// Pays for handling `size` bytes or items.
    pub(crate) fn pay(&self, size: usize) -> Folded<()> {
        let steps = u64::try_from(size).unwrap_or(u64::MAX).saturating_add(1);
        Ok(self.meter.steps(steps)?)
    }

    /// Pays for a constant of `size` bytes that is about to be made; refused over [`MAX_BYTES`].
    pub(crate) fn make(&self, size: usize) -> Folded<()> {
        if size > MAX_BYTES {
            return Err(Fault::OverCap("a constant of more than 16 MiB"));
        }
        self.pay(size)?;
        // Large constants stay on the account, so that all of one artifact stay within its memory.
        if size >= 1 << 16 {
            self.meter.hold(u64::try_from(size).unwrap_or(u64::MAX))?;
        }
        Ok(())
    }

    /// Runs `step` one level deeper.
    pub(crate) fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Folded<T>) -> Folded<T> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::OverCap("calls nested more than 40 deep"));
        }
        self.depth = self.depth.saturating_add(1);
        let result = step(self);
        self.depth = self.depth.saturating_sub(1);
        result
    }

    /// Lists an invocation; many of one callee are listed a few times.
    pub(crate) fn record(&mut self, callee: &Value, args: &[Value], kwargs: &[(Arc<str>, Value)], when: When) {
        let subject = callee.callee_name().map_or_else(String::new, |name| name.dotted());
        let count = self.seen.entry(subject).or_insert(0);
        *count = count.saturating_add(1);
        if *count > LISTED || self.outcome.invocations.len() >= MAX_INVOCATIONS {
            self.note(Note::MoreInvocations);
            return;
        }
        let invocation = Invocation { callee: callee.clone(), args: args.to_vec(), kwargs: kwargs.to_vec(), when };
        self.outcome.invocations.push(invocation);
    }

    /// States a note once.
    pub(crate) fn note(&mut self, note: Note) {
        if !self.outcome.notes.contains(&note) {
            self.outcome.notes.push(note);
        }
    }

    /// Gives back what the decoding step `by` yielded, and passes it on.
    pub(crate) fn decoded(&mut self, by: &str, value: Value) -> Value {
        let bytes = match &value {
            Value::Str(text) => Arc::from(text.as_bytes()),
            other => match other.as_bytes() {
                Some(bytes) => Arc::clone(bytes),
                None => return value,
            },
        };
        if bytes.len() >= MIN_DECODED && self.outcome.decoded.len() < MAX_INVOCATIONS {
            self.outcome.decoded.push(Decoded { bytes, by: by.into() });
        }
        value
    }
}
