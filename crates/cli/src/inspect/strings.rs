//! Texts in the bytes of an artifact: runs of printable ASCII, outside of what belongs to children.

use base::{
    blob::Blob,
    budget::Meter,
    coverage::{Claim, Ledger},
};

use super::model::{Few, Text};

/// Bytes looked at in one artifact.
const LOOKED_AT: u64 = 256 << 20;
/// Bytes at a time.
const BLOCK: usize = 64 << 10;
/// Letters kept of one text.
const LONGEST: usize = 400;

/// The first texts of at least `shortest` letters.
pub(super) fn of(blob: &Blob, ledger: &Ledger, shortest: usize, few: usize, meter: &Meter) -> Few<Text> {
    let mut found = Few::default();
    let children: Vec<_> =
        ledger.claims().filter(|(_, claim)| *claim == Claim::Child).map(|(range, _)| range).collect();
    let mut run = Run::default();
    let mut at = 0_u64;
    while at < LOOKED_AT {
        if let Some(child) = children.iter().find(|child| child.contains(&at)) {
            run.end(&mut found, shortest, few);
            at = child.end;
            continue;
        }
        let next = children.iter().map(|child| child.start).filter(|start| *start > at).min().unwrap_or(u64::MAX);
        let room = usize::try_from(next.saturating_sub(at)).unwrap_or(BLOCK).min(BLOCK);
        let Ok(bytes) = blob.bytes_at(at, room) else { break };
        if bytes.is_empty() || meter.bytes(bytes.len() as u64).is_err() {
            break;
        }
        for byte in &bytes {
            if matches!(byte, b' '..=b'~') {
                run.add(at, *byte);
            } else {
                run.end(&mut found, shortest, few);
            }
            at = at.saturating_add(1);
        }
    }
    run.end(&mut found, shortest, few);
    found
}

/// Printable bytes in a row.
#[derive(Default)]
struct Run {
    start: u64,
    len: usize,
    text: String,
}

impl Run {
    fn add(&mut self, at: u64, byte: u8) {
        if self.len == 0 {
            self.start = at;
        }
        self.len = self.len.saturating_add(1);
        if self.text.len() < LONGEST {
            self.text.push(char::from(byte));
        }
    }

    fn end(&mut self, found: &mut Few<Text>, shortest: usize, few: usize) {
        if self.len >= shortest {
            found.add(Text { offset: self.start, text: self.text.clone() }, few);
        }
        self.len = 0;
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_outside_of_children() {
        let blob = Blob::from_bytes(*b"\0hello\x01hi\0in a child\0the end");
        let mut ledger = Ledger::default();
        ledger.claim(10..21, Claim::Child);
        let found = of(&blob, &ledger, 3, 10, &Meter::unlimited());
        let texts: Vec<_> = found.items.iter().map(|text| (text.offset, text.text.as_str())).collect();
        assert_eq!(texts, [(1, "hello"), (21, "the end")]);
        assert_eq!(of(&blob, &ledger, 3, 1, &Meter::unlimited()).omitted, 1);
    }
}
