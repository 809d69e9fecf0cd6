//! The parts of an archive that can be read at any offset: sorted at the end, each byte claimed once, the rest given as gaps.

use std::ops::Range;

use base::{coverage::Claim, sink::Sink, stop::Stop};

/// What was recognised so far, in any order.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    parts: Vec<(u64, u64, Claim)>,
    /// Bytes that children have in all.
    given: u64,
}

impl Pieces {
    /// Notes a part. Parts may overlap: the one that begins first has the bytes.
    pub(crate) fn add(&mut self, range: Range<u64>, claim: Claim) {
        match self.parts.last_mut() {
            _ if range.start >= range.end => {}
            // Readers mostly go on where they were.
            Some(last) if last.1 == range.start && last.2 == claim => last.1 = range.end,
            Some(last) if last.0 == range.end && last.2 == claim => last.0 = range.start,
            _ => self.parts.push((range.start, range.end, claim)),
        }
    }

    /// Notes a part that a child has. Members that share bytes are few: where children have several times as many bytes as
    /// there are, their number is what would be paid for.
    pub(crate) fn give(&mut self, range: Range<u64>, len: u64) -> Result<(), Stop> {
        const SHARED: u64 = 4;
        self.given = self.given.saturating_add(range.end.saturating_sub(range.start));
        if self.given > len.saturating_mul(SHARED) {
            return Err(Stop::malformed(range.start, "members that share their bytes"));
        }
        self.add(range, Claim::Child);
        Ok(())
    }

    /// Takes `range` out of a part noted just before, which something else is to have.
    pub(crate) fn carve(&mut self, range: Range<u64>) {
        const BEFORE: usize = 8;
        let from = self.parts.len().saturating_sub(BEFORE);
        let recent = self.parts.get(from..).unwrap_or_default();
        let around = recent.iter().rposition(|part| part.0 <= range.start && range.end <= part.1);
        if let Some(part) = around.map(|index| self.parts.remove(from.saturating_add(index))) {
            self.add(part.0..range.start, part.2);
            self.add(range.end..part.1, part.2);
        }
    }

    /// Claims every part as far as it lies in front of `len`, each byte once, and gives what lies between.
    pub(crate) fn claim(mut self, sink: &mut Sink<'_>, len: u64) -> Vec<Range<u64>> {
        self.parts.sort_unstable();
        let mut gaps = Vec::new();
        let mut at = 0_u64;
        for (start, end, claim) in self.parts {
            let (start, end) = (start.min(len), end.min(len));
            if at < start {
                gaps.push(at..start);
            }
            sink.claim(start.max(at)..end, claim);
            at = at.max(end);
        }
        if at < len {
            gaps.push(at..len);
        }
        gaps
    }
}
