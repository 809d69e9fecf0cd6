//! The sweep for embedded files: only where data says nothing about itself, in gaps, opaque ranges and unknown artifacts.

use std::{ops::Range, sync::OnceLock};

use aho_corasick::{AhoCorasick, Match, packed};
use base::{
    blob::Blob,
    budget::Meter,
    format::{Format, Head},
    location::Place,
    sink::Child,
    stop::Stop,
};
use formats::sweep::{HEADER, SWEPT};

/// Bytes searched at a time: what a core keeps near.
const WINDOW: usize = 256 << 10;
/// Bytes that are searched at least, where there are so many: a border and the headers on both sides of it.
const LEAST: usize = 2 * HEADER;
/// Embedded files given back from one artifact; more say nothing new.
const MOST: usize = 64;

/// The search for all magics at once.
enum Magics {
    /// Sixteen or more bytes at a time, at the speed of memory: weights are gigabytes.
    Packed(packed::Searcher),
    /// For processors without such instructions.
    Automaton(AhoCorasick),
}

impl Magics {
    fn hits<'a>(&'a self, bytes: &'a [u8]) -> Box<dyn Iterator<Item = Match> + 'a> {
        match self {
            Self::Packed(searcher) => Box::new(searcher.find_iter(bytes)),
            Self::Automaton(automaton) => Box::new(automaton.find_iter(bytes)),
        }
    }
}

/// The magics, made ready when the first data is swept.
fn magics() -> Option<&'static Magics> {
    static MAGICS: OnceLock<Option<Magics>> = OnceLock::new();
    let magics = || SWEPT.iter().map(|swept| swept.magic);
    let automaton = || AhoCorasick::new(magics()).ok().map(Magics::Automaton);
    MAGICS.get_or_init(|| packed::Searcher::new(magics()).map(Magics::Packed).or_else(automaton)).as_ref()
}

/// Files embedded in `ranges` of `blob`, as windows to the end of their range.
pub(crate) fn embedded(blob: &Blob, ranges: &[Range<u64>], meter: &Meter) -> Result<Vec<Child>, Stop> {
    let mut found = Vec::new();
    let mut window = Vec::new();
    let Some(magics) = magics() else { return Ok(found) };
    for range in ranges {
        let mut at = range.start;
        // The further members of an archive belong to its first hit.
        let mut archive = false;
        while at < range.end && found.len() < MOST {
            let room = usize::try_from(range.end.saturating_sub(at)).unwrap_or(usize::MAX);
            let passing = blob.passing(at);
            let bytes = match &passing {
                Some(passing) if passing.len() > LEAST => passing,
                // Of a block that passes the end is left: only the border needs to be fetched again.
                _ => fetched(blob, at, room.min(if passing.is_some() { LEAST } else { WINDOW }), &mut window)?,
            };
            let bytes = bytes.get(..room).unwrap_or(bytes);
            meter.bytes(bytes.len() as u64)?;
            if bytes.is_empty() {
                break;
            }
            // Overlapping by a header, so that no magic at a border is missed; hits in the overlap belong to the next window.
            let step = if bytes.len() < room { bytes.len().saturating_sub(HEADER).max(1) } else { bytes.len() };
            for hit in magics.hits(bytes).take_while(|hit| hit.start() < step) {
                let magic = hit.pattern().as_usize();
                let is_archive = SWEPT.get(magic).is_some_and(|swept| swept.archive);
                if !(archive && is_archive) {
                    let offset = at.saturating_add(hit.start() as u64);
                    let first = bytes.get(hit.start()..).unwrap_or_default();
                    let child = confirmed(blob, offset..range.end, first, magic);
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

/// Up to `most` bytes at `at`, read now.
fn fetched<'w>(blob: &Blob, at: u64, most: usize, window: &'w mut Vec<u8>) -> Result<&'w [u8], Stop> {
    window.resize(most, 0);
    let count = blob.fill_at(at, window)?;
    Ok(window.get(..count).unwrap_or_default())
}

/// The child at a hit whose header checks out. `first` begins at the hit and holds a header, or all that is left.
fn confirmed(blob: &Blob, range: Range<u64>, first: &[u8], magic: usize) -> Option<Child> {
    let first = first.get(..first.len().min(HEADER)).unwrap_or_default();
    let len = range.end.saturating_sub(range.start);
    let head = Head { first, last: &[], probes: &[], len: Some(len), name: "" };
    let format: &Format = SWEPT.get(magic).and_then(|swept| swept.confirm(&head))?;
    let at = range.start;
    let window = blob.slice(range)?;
    Some(Child::window(format!("embedded.{}", format.id), Place::bytes(at, len), window))
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
