//! What Python source imports and calls, found without running it.
//!
//! [`read`] parses a file with an error-tolerant parser and walks it as an interpreter would: imports, assignments and
//! calls are followed through names, attributes and pure functions (crate `eval`), and each fact says when it would run.
//! A file that no Python version accepts still yields what could be parsed.

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::unwrap_used
    )
)]

mod builtins;
pub mod bytecode;
mod call;
mod children;
mod chosen;
mod class;
mod comprehension;
mod digest;
mod endless;
mod expression;
mod function;
mod handed;
mod import;
mod listing;
mod literal;
mod local;
mod lost;
mod machine;
mod made;
mod memo;
mod mentions;
mod namespace;
mod nesting;
mod pattern;
mod place;
mod reach;
mod repair;
mod scope;
mod script;
mod statement;
mod target;
mod text;

#[cfg(test)]
mod picky;
#[cfg(test)]
mod tests;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Identity},
    location::Place,
    reason::Reason,
    sink::Sink,
    stop::Stop,
};
use ruff_python_ast::ModModule;
use ruff_python_parser::{Mode, ParseOptions, Parsed};

use crate::machine::Machine;
pub use crate::{listing::list, text::looks_like_python};

/// Bytes of one source file: CPython itself has no limit, no honest module comes near.
const MAX_BYTES: u64 = 8 << 20;
/// Bytes that are read of one that is larger.
const MAX_WINDOW: usize = 8 << 20;
/// The source of a module that PyTorch traced, as the reader of pickles gives it back: loading runs it, and calls what it defines.
const TRACED: &str = "traced-graph.py";
/// Stack for parsing, walking and dropping trees of at most [`nesting::MAX_DEPTH`]; only what is touched is used.
const STACK: usize = 64 << 20;

/// Reads Python source: imports, calls with their arguments, code handed to an interpreter as children.
///
/// # Errors
/// A [`Stop`] when the text is over [`MAX_BYTES`], behind what of it is read, when it is nested beyond any program, holds NUL, or when the budget ends.
pub fn read(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let len = blob.len().unwrap_or(u64::MAX);
    let bytes = blob.look_at(0, usize::try_from(MAX_BYTES.saturating_add(1)).unwrap_or(usize::MAX))?;
    // Of what is larger the lines that begin it are read: they run whatever follows.
    let whole = bytes.len() as u64 <= MAX_BYTES && (len == u64::MAX || len <= MAX_BYTES);
    let end =
        if whole { None } else { bytes.get(..MAX_WINDOW).unwrap_or(&bytes).iter().rposition(|byte| *byte == b'\n') };
    let bytes = match end {
        Some(end) => bytes.get(..=end).unwrap_or_default(),
        None => &*bytes,
    };
    let size = bytes.len() as u64;
    // The bytes, their text, and its repair; what is parsed holds more.
    let held = size.saturating_mul(3);
    sink.meter().hold(held)?;
    sink.meter().bytes(size)?;
    let traced = sink.name() == TRACED;
    if traced {
        sink.fact(Place::default(), Identity { key: "loader".into(), value: "torch.fx".into() })?;
    }
    if sink.name() == script::NAME {
        sink.fact(Place::default(), Identity { key: "loader".into(), value: "torch.jit.load".into() })?;
    }
    let source = text::decode(bytes, traced, sink.meter())?;
    if let Some(encoding) = &source.encoding {
        let detail = format!("the source is written in {encoding}, which hides what it says").into();
        sink.fact(Place::default(), Flaw { id: "source-encoding".into(), detail, part: "".into() })?;
    }
    let result = stacker::grow(STACK, || walk(&source.text, source.offset, sink));
    sink.meter().release(held);
    result?;
    if !whole {
        return Err(Stop::Limit(Reason::Memory));
    }
    sink.claim(0..size, Claim::Read);
    Ok(())
}

fn walk(text: &str, offset: u64, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let most = meter.limits().memory;
    let mut head = text;
    // What is too much to hold is read as far as it goes: its first statements run whatever follows.
    let held = loop {
        match nesting::check(head, most, &meter)? {
            Some(held) if meter.hold(held).is_ok() => break held,
            _ if head.is_empty() => return Err(Stop::Limit(Reason::Memory)),
            _ => head = nesting::half(head),
        }
    };
    let result = follow(head, offset, sink);
    meter.release(held);
    result?;
    if head.len() < text.len() { Err(Stop::Limit(Reason::Memory)) } else { Ok(()) }
}

/// Parses `text`, as Python 2 if it reads better so, and walks its tree.
fn follow(text: &str, offset: u64, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let (parsed, repaired) = parse_either(text, sink)?;
    // The repair keeps every byte where it is, so that places stay what they are.
    let text = repaired.as_deref().unwrap_or(text);
    if let (Some(parsed), Some(error)) = (&parsed, parsed.as_ref().and_then(|parsed| parsed.errors().first())) {
        if !sink.passed() {
            return Err(Stop::malformed(0, "a Python program"));
        }
        let lines = place::Lines::new(text, offset);
        let count = parsed.errors().len();
        let detail = format!(
            "{}{}",
            error.error,
            if count > 1 { format!(" and {} more", count.saturating_sub(1)) } else { String::new() }
        );
        sink.fact(
            lines.place(error.location),
            Flaw { id: "syntax-error".into(), detail: detail.into(), part: "".into() },
        )?;
    }
    let Some(parsed) = parsed else {
        sink.fact(
            Place::default(),
            Flaw { id: "syntax-error".into(), detail: "no statement could be read".into(), part: "".into() },
        )?;
        return Err(Stop::malformed(0, "a Python program"));
    };
    if sink.name() == script::NAME {
        script::operators(parsed.suite(), &place::Lines::new(text, offset), sink)?;
    }
    let traced = sink.name() == TRACED;
    let mut machine = Machine::new(text, offset, sink);
    (machine.at_load, machine.traced) = (traced, traced);
    machine.executed = children::is_executed(machine.sink.name());
    machine.bind_given();
    // What could be parsed only in part may mention more than its tree.
    if parsed.errors().is_empty() && machine.may_be_left() {
        let mentions = machine.mentioned_in_source(parsed.suite())?;
        if machine.nobody_asks(&mentions) {
            return Ok(());
        }
    }
    machine.run(parsed.suite())
}

/// The tree of `text`, and the rewritten text that it is of where that has fewer errors. One tree is held at a time.
fn parse_either(text: &str, sink: &Sink<'_>) -> Result<(Option<Parsed<ModModule>>, Option<String>), Stop> {
    let errors =
        |parsed: &Option<Parsed<ModModule>>| parsed.as_ref().map_or(usize::MAX, |parsed| parsed.errors().len());
    let parsed = parse(text);
    if let Some(parsed) = &parsed {
        nesting::refuse(parsed.tokens(), sink.meter())?;
    }
    let found = errors(&parsed);
    let repaired = match parsed.as_ref().filter(|_| found > 0) {
        Some(parsed) => repair::python2(text, parsed, sink.meter())?,
        None => None,
    };
    let Some(repaired) = repaired else { return Ok((parsed, None)) };
    drop(parsed);
    let again = parse(&repaired);
    if errors(&again) < found {
        return Ok((again, Some(repaired)));
    }
    drop(again);
    Ok((parse(text), None))
}

fn parse(text: &str) -> Option<Parsed<ModModule>> {
    ruff_python_parser::parse_unchecked(text, ParseOptions::from(Mode::Module)).try_into_module()
}
