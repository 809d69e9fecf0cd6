//! The pickle as Python: a second run of the machine, watched, whose stack holds expressions.
//!
//! What is fetched again from the memo must be a variable, since it is one object in several places; which constants and
//! containers those are is known only at the end. So there are two runs: the first finds what is [`sharing`], the second
//! writes.

mod constant;
mod expression;
mod items;
mod name;
mod objects;
mod sharing;
mod watch;
mod write;

use base::{
    blob::Blob,
    budget::Meter,
    fact::Fact,
    listing::Listing,
    sink::{Child, Receiver, Sink},
    stop::Stop,
};

pub(crate) use watch::{Op, Watcher, run};

/// Facts and children of a watched run: stated before, when the pickle was read.
struct Nobody;

impl Receiver for Nobody {
    fn fact(&mut self, _: Fact) {}
    fn child(&mut self, _: Child) -> Result<(), Stop> {
        Ok(())
    }
}

/// The pickles in `blob` as Python. What stands before a break is there, and the break is stated.
///
/// # Errors
/// Limits of the first run, before anything was written.
pub fn explain(blob: &Blob, meter: &Meter) -> Result<Listing, Stop> {
    let mut shared = sharing::Sharing::default();
    // How it ends is told by the second run.
    let _ = crate::stream::watch(blob, &mut Sink::new(&mut Nobody, meter.clone(), false, ""), &mut shared);
    let mut writer = write::Writer::new(blob, meter, shared.found());
    let ended = crate::stream::watch(blob, &mut Sink::new(&mut Nobody, meter.clone(), false, ""), &mut writer);
    Ok(writer.finish(ended.err()))
}

#[cfg(test)]
mod tests;
