//! Command lines among the data of a program: what it may give to a shell, stated as such.

use base::{blob::Blob, budget::Meter, expr::Expr, fact::Operator, location::Place, sink::Sink, stop::Stop};
use memchr::memmem::Finder;

/// Bytes of an image that are searched, and how many at a time.
const SEARCHED: u64 = 32 << 20;
const BLOCK: u64 = 1 << 20;
/// Bytes of a text in front of what was found in it, and behind.
const BEFORE: usize = 512;
const BEHIND: usize = 1536;
/// Texts that are stated.
const STATED: usize = 64;

/// Words that command lines hold which fetch something or open a connection.
const WORDS: [&[u8]; 5] = [b"curl ", b"wget ", b"/dev/tcp/", b"powershell", b"bash -i"];

/// Whether a text holds such a word.
pub(crate) fn may_be_command(text: &str) -> bool {
    text.len() > 12 && WORDS.iter().any(|word| memchr::memmem::find(text.as_bytes(), word).is_some())
}

/// A command line as the fact by which rules judge it.
pub(crate) fn command(text: &str) -> Operator {
    Operator {
        domain: "shell".into(),
        name: "list".into(),
        node: text.into(),
        args: vec![Expr::str(text)],
        ..Operator::default()
    }
}

/// States the texts of an image that hold such words.
pub(super) fn state(blob: &Blob, len: u64, meter: &Meter, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let finders = WORDS.map(Finder::new);
    let (mut start, mut stated, mut reached) = (0_u64, 0_usize, 0_u64);
    let end = len.min(SEARCHED);
    while start < end {
        let overlap = (BEFORE as u64).saturating_add(BEHIND as u64);
        let size = BLOCK.saturating_add(overlap).min(len.saturating_sub(start));
        meter.hold(size)?;
        let bytes = blob.bytes_at(start, usize::try_from(size).unwrap_or(0))?;
        meter.bytes(size)?;
        let mut found: Vec<usize> = finders.iter().flat_map(|finder| finder.find_iter(&bytes).take(STATED)).collect();
        found.sort_unstable();
        for at in found {
            let (from, text) = around(&bytes, at);
            let place = start.saturating_add(from as u64);
            // A text is stated once, and one that a block cuts with the block that holds it whole.
            if place < reached || text.len() <= 12 || stated >= STATED {
                continue;
            }
            (stated, reached) = (stated.saturating_add(1), place.saturating_add(text.len() as u64));
            sink.fact(Place::bytes(place, text.len() as u64), command(&text))?;
        }
        meter.release(size);
        start = start.saturating_add(BLOCK);
    }
    Ok(())
}

/// The text around a place, and where it begins.
fn around(bytes: &[u8], at: usize) -> (usize, String) {
    let readable = |byte: &&u8| matches!(**byte, b' '..=b'~' | b'\t');
    let before = bytes.get(..at).unwrap_or_default().iter().rev().take(BEFORE).take_while(readable).count();
    let from = at.saturating_sub(before);
    let text: Vec<u8> = bytes.get(from..).unwrap_or_default().iter().take(before.saturating_add(BEHIND)).take_while(readable).copied().collect();
    (from, String::from_utf8_lossy(&text).into_owned())
}
