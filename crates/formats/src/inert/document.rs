//! PDF from its header to its last end mark. A viewer may run scripts in it; no model loader does.

use base::{
    format::{Certainty, Head},
    reader::Reader,
    stop::Stop,
};

use super::certain;

/// ISO 32000-1, section 7.5.2.
pub(super) fn is_pdf(head: &Head<'_>) -> Option<Certainty> {
    certain(
        head.starts(b"%PDF-") && head.at(5, 2).is_some_and(|version| version.first().is_some_and(u8::is_ascii_digit)),
    )
}

/// Up to the last `%%EOF` and the end of its line.
pub(super) fn pdf(reader: &mut Reader<'_>) -> Result<u64, Stop> {
    const MARK: &[u8] = b"%%EOF";
    let mut end = None;
    loop {
        let at = reader.offset();
        let seen = reader.peek(64 << 10)?;
        for found in memchr::memmem::find_iter(seen, MARK) {
            let line = seen.get(found.saturating_add(MARK.len())..).unwrap_or_default();
            let newline = if line.starts_with(b"\r\n") {
                2
            } else {
                u64::from(line.starts_with(b"\n") || line.starts_with(b"\r"))
            };
            end = Some(at.saturating_add(found as u64).saturating_add(MARK.len() as u64).saturating_add(newline));
        }
        // A mark may lie across two windows.
        let count = seen.len();
        if count <= MARK.len().saturating_add(2) {
            break;
        }
        let step = count.saturating_sub(MARK.len().saturating_add(1));
        reader.consume(if count < 64 << 10 { count } else { step });
    }
    end.ok_or_else(|| reader.truncated("the document"))
}
