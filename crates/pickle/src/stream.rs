//! A file of pickles: several in a row, padding, and what follows the last.

use std::collections::HashMap;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::Flaw,
    format::Head,
    location::Place,
    reader::Reader,
    sink::{Child, Sink},
    stop::Stop,
};

use crate::{
    imports::Extension,
    leftover::names_something,
    legacy::Legacy,
    listing::{self, Watcher},
    machine::Machine,
    names::Names,
    opcode,
};

/// Pickles in one file.
const MAX_PICKLES: u32 = 100_000;
/// Junk that is searched for a further pickle.
const SEARCHED: usize = 64 << 10;
/// `dbm.dumb`, and with it `shelve`, begins each value at a multiple of this; what a shorter value leaves of the one that it
/// replaced stays (`dbm/dumb.py`, `_addval` and `_setval`).
const BLOCK: u64 = BLOCK_BYTES as u64;
const BLOCK_BYTES: usize = 512;

/// Whether the content could be a pickle at all: its first byte is an opcode with which one can begin.
pub fn looks_like_pickle(head: &Head<'_>) -> bool {
    head.first.first().is_some_and(can_begin)
}

/// Whether a pickle can begin with this byte.
fn can_begin(first: &u8) -> bool {
    // A pickle that begins by taking something from the empty stack ends there.
    let takes = [
        opcode::STOP,
        opcode::POP,
        opcode::POP_MARK,
        opcode::DUP,
        opcode::REDUCE,
        opcode::APPEND,
        opcode::BUILD,
        opcode::DICT,
        opcode::APPENDS,
        opcode::GET,
        opcode::BINGET,
        opcode::INST,
        opcode::LONG_BINGET,
        opcode::LIST,
        opcode::OBJ,
        opcode::PUT,
        opcode::BINPUT,
        opcode::LONG_BINPUT,
        opcode::SETITEM,
        opcode::TUPLE,
        opcode::SETITEMS,
        opcode::NEWOBJ,
        opcode::TUPLE1,
        opcode::TUPLE2,
        opcode::TUPLE3,
        opcode::ADDITEMS,
        opcode::FROZENSET,
        opcode::NEWOBJ_EX,
        opcode::STACK_GLOBAL,
        opcode::MEMOIZE,
        opcode::READONLY_BUFFER,
        opcode::BINPERSID,
    ];
    opcode::argument(*first).is_some() && !takes.contains(first)
}

/// Reads a file of pickles: facts, children and claims go to `sink`.
///
/// # Errors
/// Where loading would end before STOP; what ran until then is stated.
pub fn read(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    read_watched(blob, sink, None)
}

/// [`read`], every opcode told to `watcher`.
pub(crate) fn watch(blob: &Blob, sink: &mut Sink<'_>, watcher: &mut dyn Watcher) -> Result<(), Stop> {
    read_watched(blob, sink, Some(watcher))
}

fn read_watched(blob: &Blob, sink: &mut Sink<'_>, mut watcher: Option<&mut (dyn Watcher + '_)>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    let mut pickles = 0_u32;
    let mut legacy = Legacy::new(sink.name());
    let mut process = Process::default();
    let mut blocks = true;
    loop {
        let start = reader.offset();
        let ran = run_one(&mut reader, sink, &mut legacy, &mut process, watcher.as_deref_mut())?;
        pickles = pickles.saturating_add(1);
        // PROTO, and one value at STOP: noise does not do that, whatever follows.
        if legacy.begun() || (ran.one && !ran.unmarked) {
            sink.milestone()?;
        }
        if ran.storages_follow {
            let start = reader.offset();
            legacy.storages(&mut reader, sink)?;
            if let Some(watcher) = &mut watcher {
                watcher.data(start, reader.offset(), "storages")?;
            }
        }
        let end = reader.offset();
        blocks &= start.checked_rem(BLOCK) == Some(0);
        if reader.at_end()? {
            // One value and nothing behind it: noise does not end like that.
            if ran.one {
                sink.milestone()?;
            }
            return process.end();
        }
        if pickles >= MAX_PICKLES {
            return Err(Stop::Limit(base::reason::Reason::Entries));
        }
        if !next_pickle(&mut reader, sink, end, &Before { unmarked: ran.unmarked, blocks, several: pickles > 1 })? {
            return process.end();
        }
    }
}

/// What outlives one pickle in the process that loads them.
#[derive(Default)]
struct Process {
    names: Names,
    extensions: HashMap<i64, Extension>,
    /// Whether something was left out at a limit.
    limited: bool,
}

impl Process {
    /// Swaps what the machine begins or ends with.
    fn swap(&mut self, machine: &mut Machine<'_, '_>) {
        std::mem::swap(&mut self.extensions, &mut machine.extensions);
    }

    /// A reading that left something out is not complete.
    fn end(&self) -> Result<(), Stop> {
        if self.limited { Err(Stop::Limit(base::reason::Reason::Memory)) } else { Ok(()) }
    }
}

/// What one pickle left.
struct Ran {
    /// Whether there was exactly one value.
    one: bool,
    /// Whether it had no PROTO: the next may have none either.
    unmarked: bool,
    /// Whether the storages of a legacy checkpoint follow.
    storages_follow: bool,
}

/// Runs the pickle at the reader's place and claims its bytes.
fn run_one(
    reader: &mut Reader<'_>,
    sink: &mut Sink<'_>,
    legacy: &mut Legacy,
    process: &mut Process,
    watcher: Option<&mut (dyn Watcher + '_)>,
) -> Result<Ran, Stop> {
    let start = reader.offset();
    let mut machine = Machine::new(reader, sink);
    process.swap(&mut machine);
    machine.names.inherit(&mut process.names);
    let outcome = match watcher {
        None => machine.run(reader),
        Some(watcher) => {
            watcher.begins();
            listing::run(&mut machine, reader, watcher)
        }
    };
    let one = machine.stack.len() == 0;
    let storages_follow = outcome.is_ok() && legacy.after(&mut machine);
    if outcome.is_ok() {
        machine.lite_operators()?;
    }
    let unmarked = machine.protocols == 0;
    machine.claim(start, reader.offset());
    process.swap(&mut machine);
    process.names.inherit(&mut machine.names);
    process.limited |= machine.limited;
    outcome.map(|()| Ran { one, unmarked, storages_follow })
}

/// What is known of the pickles before.
struct Before {
    /// Whether the last one had no PROTO.
    unmarked: bool,
    /// Whether each began a block.
    blocks: bool,
    /// Whether there were more than one.
    several: bool,
}

/// Bytes of an old value's rest that are looked into.
const LEFTOVER: usize = 1 << 20;
/// Where the next pickle of a shelf begins behind what old values left: at a block. At most this many bytes are searched.
const SHELF: u64 = 64 << 20;

/// Looks for the next value of a shelf at the beginnings of blocks; the reader stays where it is.
fn next_value(reader: &mut Reader<'_>) -> Result<Option<u64>, Stop> {
    let (from, end) = (reader.offset(), reader.offset().saturating_add(SHELF));
    let mut at = from.next_multiple_of(BLOCK);
    let mut found = None;
    while found.is_none() && at < end {
        reader.seek(at);
        let ahead = reader.peek(SEARCHED)?;
        if ahead.is_empty() {
            break;
        }
        let starts = ahead.chunks(BLOCK_BYTES).position(begins);
        found = starts.map(|block| at.saturating_add((block as u64).saturating_mul(BLOCK)));
        at = at.saturating_add(SEARCHED as u64);
    }
    reader.seek(from);
    Ok(found.map(|found| found.saturating_sub(from)))
}

/// Goes to the next pickle behind `end`; `false` when there is none. What lies between is padding or junk.
fn next_pickle(reader: &mut Reader<'_>, sink: &mut Sink<'_>, end: u64, before: &Before) -> Result<bool, Stop> {
    if zeros(reader)? {
        sink.claim(end..reader.offset(), Claim::Padding);
        return Ok(false);
    }
    let after_zeros = reader.offset();
    sink.claim(end..after_zeros, Claim::Padding);
    let ahead = reader.peek(SEARCHED)?;
    let ahead = ahead.get(..SEARCHED.min(ahead.len())).unwrap_or_default();
    let at_once = before.unmarked && after_zeros == end && ahead.first().is_some_and(can_begin);
    let mut found = if at_once { Some(0) } else { plausible_start(ahead).map(|at| at as u64) };
    if found.is_none() && before.blocks {
        found = next_value(reader)?;
    }
    let junk = found.unwrap_or(0);
    let place = Place::bytes(end, 0);
    let value = before.blocks && found.is_some() && after_zeros.saturating_add(junk).checked_rem(BLOCK) == Some(0);
    let shelf = value || before.blocks && before.several && found.is_none();
    if (found != Some(0) || after_zeros > end) && !shelf {
        let detail = match found {
            Some(_) => {
                format!("{} bytes stand between two pickles", after_zeros.saturating_sub(end).saturating_add(junk))
            }
            None => format!("bytes follow the last pickle at {after_zeros:#x}"),
        };
        let flaw = Flaw { id: "trailing-data".into(), detail: detail.into(), part: "".into() };
        sink.fact(place, flaw)?;
    }
    if found != Some(0)
        && let Some(rest) = (match found {
            Some(_) => reader.blob().slice(after_zeros..after_zeros.saturating_add(junk)),
            None => reader.blob().from(after_zeros),
        })
    {
        let len = rest.len().unwrap_or(0);
        // What an old value left in a shelf is numbers and texts, where no offset into it would call anything.
        let left = shelf && len <= LEFTOVER as u64 && !names_something(&rest.bytes_at(0, LEFTOVER)?);
        sink.meter().bytes(if shelf { len.min(LEFTOVER as u64) } else { 0 })?;
        if left {
            sink.claim(after_zeros..after_zeros.saturating_add(len), Claim::Child);
        }
        let child = Child::window("trailing", Place::bytes(after_zeros, len), rest);
        sink.child(Child { tensor_data: left, ..child })?;
    }
    match found {
        Some(_) => {
            reader.skip(junk, "junk")?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// Steps over zeros; tells whether the end was reached.
fn zeros(reader: &mut Reader<'_>) -> Result<bool, Stop> {
    loop {
        let seen = reader.peek(1)?;
        if seen.is_empty() {
            return Ok(true);
        }
        let count = seen.iter().take_while(|byte| **byte == 0).count();
        let all = count == seen.len();
        reader.consume(count);
        if !all {
            return Ok(false);
        }
    }
}

/// Where a pickle plausibly begins: PROTO with a protocol, a GLOBAL line, or any opcode right away.
fn plausible_start(bytes: &[u8]) -> Option<usize> {
    let at_once = bytes.first().is_some_and(|byte| b"\x80c(]}".contains(byte));
    if at_once && begins(bytes) {
        return Some(0);
    }
    (0..bytes.len()).find(|at| bytes.get(*at..).is_some_and(begins))
}

fn begins(bytes: &[u8]) -> bool {
    match bytes {
        [opcode::PROTO, 2..=5, next, ..] => opcode::argument(*next).is_some(),
        [b'c', rest @ ..] | [b'(', b'c', rest @ ..] => {
            let mut lines = rest.splitn(3, |byte| *byte == b'\n');
            let name = |line: Option<&[u8]>| {
                line.is_some_and(|line| {
                    !line.is_empty()
                        && line.len() < 200
                        && line.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(byte))
                })
            };
            name(lines.next()) && name(lines.next()) && lines.next().is_some()
        }
        _ => false,
    }
}
