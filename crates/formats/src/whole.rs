//! Texts that are read whole before anything is said of them.

use std::collections::HashMap;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    fact::Identity,
    listing::{Line, Listing},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::{Child, Sink},
    stop::Stop,
};

/// All bytes of `blob`, which may be a stream; over `limit` it is refused. The caller pays for holding them.
pub(crate) fn read(blob: &Blob, meter: &Meter, limit: usize) -> Result<Vec<u8>, Stop> {
    let mut reader = Reader::new(blob, meter);
    let mut bytes = Vec::new();
    loop {
        let seen = reader.peek(64 << 10)?;
        if seen.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(seen);
        let count = seen.len();
        reader.consume(count);
        if bytes.len() > limit {
            return Err(Stop::Limit(Reason::Memory));
        }
    }
}

/// Takes note of the lines that are kept in a text of as many lines: what is left out leaves an empty one, so that
/// line numbers of the kept text are those of the whole.
#[derive(Default)]
pub(crate) struct Kept {
    text: String,
    lines: usize,
    any: bool,
}

impl Kept {
    /// Keeps `text`, which begins at `line`, from 0; what would overlap what is there already begins behind it.
    pub(crate) fn keep(&mut self, line: usize, text: &str) {
        while self.lines < line {
            self.text.push('\n');
            self.lines = self.lines.saturating_add(1);
        }
        self.text.push_str(text);
        self.text.push('\n');
        self.lines = self.lines.saturating_add(text.matches('\n').count()).saturating_add(1);
        self.any = true;
    }

    /// The text, if any line was kept.
    pub(crate) fn text(self) -> Option<String> {
        self.any.then_some(self.text)
    }
}

/// Reads a text of which some lines are a program in another language: that becomes the child `name`, with its lines where
/// they were. `collect` keeps them.
pub(crate) fn embedded(
    blob: &Blob,
    sink: &mut Sink<'_>,
    limit: usize,
    language: &str,
    name: &str,
    collect: impl FnOnce(&str, &mut Kept),
) -> Result<(), Stop> {
    let bytes = read(blob, sink.meter(), limit)?;
    let end = bytes.len() as u64;
    sink.meter().hold(end.saturating_mul(3))?;
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)).into_owned();
    let mut kept = Kept::default();
    collect(&text, &mut kept);
    if let Some(program) = kept.text() {
        sink.child(Child::window(name, Place::bytes(0, end), Blob::from_bytes(program)))?;
    }
    sink.claim(0..end, Claim::Read);
    sink.fact(Place::bytes(0, end), Identity { key: "language".into(), value: language.into() })
}

/// Names that a line defines, and names that it may use.
pub(crate) type Names = (Vec<String>, Vec<String>);

/// A text as a listing: its lines, each with the last ones that define what it uses.
pub(crate) fn list(
    blob: &Blob,
    meter: &Meter,
    limit: usize,
    language: &'static str,
    names: impl Fn(&str) -> Names,
) -> Result<Listing, Stop> {
    let bytes = read(blob, meter, limit)?;
    let size = (bytes.len() as u64).saturating_mul(4);
    meter.hold(size)?;
    let text = String::from_utf8_lossy(&bytes);
    let mut listing = Listing::new(language);
    let mut defined: HashMap<String, u32> = HashMap::new();
    let mut at = 0_u64;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        meter.steps(1)?;
        let index = u32::try_from(number).unwrap_or(u32::MAX);
        let place = Place::bytes(at, line.len() as u64).line(index.saturating_add(1), 1);
        at = at.saturating_add(line.len() as u64);
        let (defines, used) = names(line);
        let mut uses: Vec<u32> = used.iter().filter_map(|name| defined.get(name).copied()).collect();
        uses.sort_unstable();
        uses.dedup();
        listing.push(Line { text: line.trim_end_matches(['\n', '\r']).to_owned(), place, uses });
        defined.extend(defines.into_iter().map(|name| (name, index)));
    }
    meter.release(size);
    Ok(listing)
}

/// The words of a text: letters, digits and underscores, not beginning with a digit.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    pieces.filter(|word| word.starts_with(|letter: char| letter.is_alphabetic() || letter == '_'))
}
