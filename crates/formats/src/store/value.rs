//! Values, and the space that a store has freed, as children.

use std::ops::Range;

use base::{
    blob::Blob,
    coverage::Claim,
    location::Place,
    sink::{Child, ChildBody, Sink},
    stop::Stop,
};

use super::spans::Spans;
use crate::{padding::is_zero, pieces::Pieces, sevenz::junk};

/// Freed space below this says nothing.
const SMALL: u64 = 16;

/// Gives a value back. `loose`: nothing says that it is more than data, so that it is opaque unless something is found in it.
pub(super) fn give(
    file: &Blob,
    sink: &mut Sink<'_>,
    pieces: &mut Pieces,
    name: String,
    spans: &Spans,
    loose: bool,
) -> Result<(), Stop> {
    let Some(first) = spans.parts().first() else {
        return Ok(());
    };
    sink.meter().hold((spans.parts().len() as u64).saturating_mul(16))?;
    for part in spans.parts() {
        pieces.give(part.clone(), file.len().unwrap_or_default())?;
    }
    let place = Place::bytes(first.start, first.end.saturating_sub(first.start));
    let body = ChildBody::Window(spans.blob(file));
    sink.child(Child { name: name.into_bytes(), place, body, also: Vec::new(), tensor_data: loose, origins: Vec::new(), given: Vec::new() })
}

/// Claims what was recognised of a file of pages. A gap in a page that was visited is space that the store has freed; what
/// lies in a page that nothing leads to belongs to nobody.
pub(super) fn finish(
    file: &Blob,
    sink: &mut Sink<'_>,
    pieces: Pieces,
    page: u64,
    visited: &dyn Fn(u64) -> bool,
) -> Result<(), Stop> {
    let len = file.len().unwrap_or_default();
    let page = page.max(1);
    let known = |at: u64| visited(at.checked_div(page).unwrap_or_default());
    let boundary = |at: u64| at.saturating_add(1).next_multiple_of(page);
    for gap in pieces.claim(sink, len) {
        let mut at = gap.start;
        while at < gap.end {
            let mut end = boundary(at);
            if known(at) {
                end = end.min(gap.end);
                freed(file, sink, at..end)?;
            } else {
                // Neighbours that nobody knows are one gap.
                while end < gap.end && !known(end) {
                    end = boundary(end);
                    sink.meter().steps(1)?;
                }
                end = end.min(gap.end);
                junk(file, sink, at..end, len)?;
            }
            at = end;
        }
    }
    Ok(())
}

/// Space that holds nothing any more: what it still shows is looked into, and is opaque where nothing is found.
fn freed(file: &Blob, sink: &mut Sink<'_>, range: Range<u64>) -> Result<(), Stop> {
    if is_zero(file, sink.meter(), range.clone())? {
        sink.claim(range, Claim::Padding);
        return Ok(());
    }
    let length = range.end.saturating_sub(range.start);
    let Some(window) = file.slice(range.clone()).filter(|_| length >= SMALL) else {
        sink.claim(range, Claim::Opaque);
        return Ok(());
    };
    sink.claim(range.clone(), Claim::Child);
    let child = Child::window(format!("freed-{:#x}", range.start), Place::bytes(range.start, length), window);
    sink.child(Child { tensor_data: true, ..child })
}

/// The beginning of a key, as the name of its value.
pub(super) fn shown_key(file: &Blob, at: u64, length: u64) -> Result<String, Stop> {
    const SHOWN: u64 = 64;
    let bytes = file.bytes_at(at, usize::try_from(length.min(SHOWN)).unwrap_or(0))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
