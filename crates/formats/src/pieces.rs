//! The parts of an archive that can be read at any offset: sorted at the end, each byte claimed once, the rest given as gaps.

use std::ops::Range;

use base::{coverage::Claim, sink::Sink};

/// What was recognised so far, in any order.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    parts: Vec<(u64, u64, Claim)>,
}

impl Pieces {
    /// Notes a part. Parts may overlap: the one that begins first has the bytes.
    pub(crate) fn add(&mut self, range: Range<u64>, claim: Claim) {
        if range.start < range.end {
            self.parts.push((range.start, range.end, claim));
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
