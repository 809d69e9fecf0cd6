//! The sweep for embedded files: only where data says nothing about itself, in gaps, opaque ranges and unknown artifacts.

use std::{ops::Range, sync::OnceLock};

use aho_corasick::AhoCorasick;
use base::{
    blob::Blob,
    budget::Meter,
    format::{Format, Head},
    location::Place,
    sink::Child,
    stop::Stop,
};
use formats::sweep::{HEADER, SWEPT};

/// Bytes searched at a time.
const WINDOW: usize = 1 << 20;
/// Embedded files given back from one artifact; more say nothing new.
const MOST: usize = 64;

/// The automaton of all magics, built when the first data is swept.
fn magics() -> Option<&'static AhoCorasick> {
    static MAGICS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
    MAGICS.get_or_init(|| AhoCorasick::new(SWEPT.iter().map(|swept| swept.magic)).ok()).as_ref()
}

/// Files embedded in `ranges` of `blob`, as windows to the end of their range.
pub(crate) fn embedded(blob: &Blob, ranges: &[Range<u64>], meter: &Meter) -> Result<Vec<Child>, Stop> {
    let mut found = Vec::new();
    let Some(magics) = magics() else { return Ok(found) };
    for range in ranges {
        let mut at = range.start;
        // The further members of an archive belong to its first hit.
        let mut archive = false;
        while at < range.end && found.len() < MOST {
            let room = usize::try_from(range.end.saturating_sub(at)).unwrap_or(WINDOW);
            let window = blob.bytes_at(at, room.min(WINDOW))?;
            meter.bytes(window.len() as u64)?;
            if window.is_empty() {
                break;
            }
            // Overlapping by a header, so that no magic at a border is missed; hits in the overlap belong to the next window.
            let step = if window.len() == WINDOW { WINDOW.saturating_sub(HEADER) } else { window.len() };
            for hit in magics.find_iter(&window).take_while(|hit| hit.start() < step) {
                let offset = at.saturating_add(hit.start() as u64);
                let magic = hit.pattern().as_usize();
                let is_archive = SWEPT.get(magic).is_some_and(|swept| swept.archive);
                if !(archive && is_archive) {
                    let child = confirmed(blob, offset, range.end, magic)?;
                    archive |= is_archive && child.is_some();
                    found.extend(child);
                }
            }
            found.truncate(MOST);
            at = at.saturating_add(step as u64);
        }
    }
    Ok(found)
}

/// The child at a hit whose header checks out.
fn confirmed(blob: &Blob, at: u64, end: u64, magic: usize) -> Result<Option<Child>, Stop> {
    let first = blob.bytes_at(at, HEADER)?;
    let len = end.saturating_sub(at);
    let head = Head { first: &first, last: &[], probes: &[], len: Some(len), name: "" };
    let format: Option<&Format> = SWEPT.get(magic).and_then(|swept| swept.confirm(&head));
    let window = blob.slice(at..end);
    Ok(format
        .zip(window)
        .map(|(format, window)| Child::window(format!("embedded.{}", format.id), Place::bytes(at, len), window)))
}

/// What was found, for people: the first line of a script, the kind of anything else.
pub(crate) fn describe(blob: &Blob, child: &Child) -> String {
    let first = blob.bytes_at(child.place.offset, 64).unwrap_or_default();
    let name = String::from_utf8_lossy(&child.name).into_owned();
    let kind = name.strip_prefix("embedded.").unwrap_or(&name).to_owned();
    match first.strip_prefix(b"#!").and_then(|rest| rest.split(|byte| *byte == b'\n').next()) {
        Some(line) => format!("a script that begins with #!{}", String::from_utf8_lossy(line)),
        None => format!("a file of format {kind}"),
    }
}
