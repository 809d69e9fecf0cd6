//! The ledger of the bytes: *clean* is built from it and never a default.
//!
//! A reading claims ranges explicitly. Within one reading a second claim of a byte is a defect; an artifact's ledger is
//! the union over its counted readings, and what no claim covers is unclaimed: the artifact is then incomplete.

use std::{collections::BTreeMap, ops::Range};

use serde::{Deserialize, Serialize};

/// What happened to a range of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Claim {
    /// A reader looked at every byte and knows what it means.
    Read,
    /// Data without meaning to any loader beyond numbers: tensors.
    Opaque,
    /// Belongs to a child, whose own ledger accounts for it.
    Child,
    /// Zero-filled space between parts.
    Padding,
}

/// The claims on one artifact: disjoint ranges in ascending order, neighbours of one kind joined.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// End and kind by start: an archive may state a million members in any order.
    spans: BTreeMap<u64, (u64, Claim)>,
    defects: u64,
}

impl Ledger {
    /// Claims `range`. What was claimed before keeps its first claim; the overlap counts as a defect of this reading. Returns whether there was none.
    pub fn claim(&mut self, range: Range<u64>, claim: Claim) -> bool {
        if range.start >= range.end {
            return true;
        }
        // Most readers claim from front to back: extending the last span is the common case.
        let Some(mut last) = self.spans.last_entry() else {
            self.spans.insert(range.start, (range.end, claim));
            return true;
        };
        let (end, kind) = last.get_mut();
        if *end == range.start && *kind == claim {
            *end = range.end;
            return true;
        }
        if *end <= range.start {
            self.spans.insert(range.start, (range.end, claim));
            return true;
        }
        let free = self.free(&range);
        let clean = free.first() == Some(&range);
        free.into_iter().for_each(|part| self.insert(part, claim));
        self.defects = self.defects.saturating_add(u64::from(!clean));
        clean
    }

    /// The parts of `range` that nothing claims.
    fn free(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let before = self.spans.range(..=range.start).next_back().map_or(0, |(_, (end, _))| *end);
        let mut free = Vec::new();
        let mut at = before.max(range.start);
        for (start, (end, _)) in self.spans.range(range.clone()) {
            if at < *start {
                free.push(at..*start);
            }
            at = at.max(*end);
        }
        if at < range.end {
            free.push(at..range.end);
        }
        free
    }

    /// Claims what is free, joined to what touches it.
    fn insert(&mut self, Range { mut start, mut end }: Range<u64>, claim: Claim) {
        if let Some((before, _)) = self.spans.range(..start).next_back().filter(|(_, span)| **span == (start, claim)) {
            start = *before;
        }
        if let Some((behind, _)) = self.spans.get(&end).filter(|(_, kind)| *kind == claim) {
            let joined = *behind;
            self.spans.remove(&end);
            end = joined;
        }
        self.spans.insert(start, (end, claim));
    }

    /// Adds the claims of another counted reading of the same artifact. Where both claim, delegation to a child wins, then reading, then the rest: bytes are counted where most is known of them.
    pub fn union(&mut self, other: &Self) {
        let rank = |claim: Claim| match claim {
            Claim::Child => 0,
            Claim::Read => 1,
            Claim::Padding => 2,
            Claim::Opaque => 3,
        };
        if self.spans.is_empty() {
            self.spans.clone_from(&other.spans);
        }
        let defects = self.defects.saturating_add(other.defects);
        if self.spans != other.spans {
            let mut claims: Vec<_> = self.claims().chain(other.claims()).collect();
            claims.sort_by_key(|(range, claim)| (rank(*claim), range.start));
            self.spans.clear();
            for (range, claim) in claims {
                self.claim(range, claim);
            }
        }
        self.defects = defects;
    }

    /// How often a byte was claimed twice within one reading: each is a defect of a parser.
    pub fn defects(&self) -> u64 {
        self.defects
    }

    /// The claims, ascending.
    pub fn claims(&self) -> impl Iterator<Item = (Range<u64>, Claim)> + '_ {
        self.spans.iter().map(|(start, (end, claim))| (*start..*end, *claim))
    }

    /// What no claim covers of an artifact of `len` bytes.
    pub fn gaps(&self, len: u64) -> Vec<Range<u64>> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for (start, (end, _)) in &self.spans {
            if at < *start && at < len {
                gaps.push(at..(*start).min(len));
            }
            at = at.max(*end);
        }
        if at < len {
            gaps.push(at..len);
        }
        gaps
    }

    /// The sums for an artifact of `len` bytes, delegated ranges left to the children.
    pub fn coverage(&self, len: u64) -> Coverage {
        let mut sums = Coverage::default();
        let mut claimed = 0_u64;
        for (start, (end, claim)) in &self.spans {
            let count = (*end).min(len).saturating_sub(*start);
            claimed = claimed.saturating_add(count);
            match claim {
                Claim::Read | Claim::Padding => sums.analysed = sums.analysed.saturating_add(count),
                Claim::Opaque => sums.opaque = sums.opaque.saturating_add(count),
                Claim::Child => {}
            }
        }
        sums.skipped = len.saturating_sub(claimed);
        sums.bytes_total = sums.analysed.saturating_add(sums.opaque).saturating_add(sums.skipped);
        sums
    }
}

/// Totals over leaves: `bytes_total = analysed + opaque + skipped`, a delegated range counting in its child.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// All bytes of all leaves.
    pub bytes_total: u64,
    /// Bytes that a reader understood.
    pub analysed: u64,
    /// Bytes of tensors and the like.
    pub opaque: u64,
    /// Bytes that nobody looked at.
    pub skipped: u64,
    /// Bytes of roots that passed hashing and the sweep for patterns and embedded files; 0 at level quick.
    pub read: u64,
}

impl Coverage {
    /// The sums of two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            bytes_total: self.bytes_total.saturating_add(other.bytes_total),
            analysed: self.analysed.saturating_add(other.analysed),
            opaque: self.opaque.saturating_add(other.opaque),
            skipped: self.skipped.saturating_add(other.skipped),
            read: self.read.saturating_add(other.read),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claims() -> impl Strategy<Value = Vec<(u64, u64, Claim)>> {
        let claim = prop_oneof![Just(Claim::Read), Just(Claim::Opaque), Just(Claim::Child), Just(Claim::Padding)];
        prop::collection::vec((0_u64..60, 0_u64..20, claim), 0..12)
    }

    fn ledger(claims: &[(u64, u64, Claim)]) -> Ledger {
        let mut ledger = Ledger::default();
        for (start, len, claim) in claims {
            ledger.claim(*start..start + len, *claim);
        }
        ledger
    }

    /// The oracle: one cell a byte, the first claim wins.
    fn cells(claims: &[(u64, u64, Claim)]) -> (Vec<Option<Claim>>, u64) {
        let mut cells = vec![None; 100];
        let mut defects = 0;
        for (start, len, claim) in claims {
            let mut twice = false;
            for cell in &mut cells[*start as usize..(start + len) as usize] {
                twice |= cell.is_some();
                cell.get_or_insert(*claim);
            }
            defects += u64::from(twice);
        }
        (cells, defects)
    }

    proptest! {
        #[test]
        fn the_ledger_equals_an_array_of_bytes(claims in claims(), len in 0_u64..90) {
            let ledger = ledger(&claims);
            let (cells, defects) = cells(&claims);
            prop_assert_eq!(ledger.defects(), defects);
            let mut seen = vec![None; 100];
            for (range, claim) in ledger.claims() {
                for cell in &mut seen[range.start as usize..range.end as usize] {
                    prop_assert!(cell.is_none(), "claimed twice");
                    *cell = Some(claim);
                }
            }
            prop_assert_eq!(&seen, &cells);
            let joined = ledger.claims().zip(ledger.claims().skip(1)).all(|(one, next)| one.0.end != next.0.start || one.1 != next.1);
            prop_assert!(joined, "{ledger:?}");
            let gaps = ledger.gaps(len);
            prop_assert!(gaps.iter().all(|gap| gap.start < gap.end) && gaps.windows(2).all(|two| two[0].end < two[1].start));
            let unclaimed: Vec<u64> = (0..len).filter(|at| cells[*at as usize].is_none()).collect();
            prop_assert_eq!(gaps.into_iter().flatten().collect::<Vec<_>>(), unclaimed);
            prop_assert_eq!(ledger.coverage(len), sums(&cells[..len as usize]));
        }

        #[test]
        fn a_claim_tells_whether_it_was_the_first(claims in claims()) {
            let mut ledger = Ledger::default();
            for (start, len, claim) in claims {
                let before = ledger.defects();
                let clean = ledger.claim(start..start + len, claim);
                prop_assert_eq!(ledger.defects() - before, u64::from(!clean));
            }
        }

        #[test]
        fn a_union_covers_what_either_covers(a in claims(), b in claims()) {
            let (left, right) = (ledger(&a), ledger(&b));
            let mut both = left.clone();
            both.union(&right);
            let ((one, defects), (two, more)) = (cells(&a), cells(&b));
            // The children of either are children of both; then what was read; tensors come last.
            let order = [Claim::Child, Claim::Read, Claim::Padding, Claim::Opaque];
            let best = |(one, two): (&Option<Claim>, &Option<Claim>)| {
                order.into_iter().find(|claim| *one == Some(*claim) || *two == Some(*claim))
            };
            let expected: Vec<Option<Claim>> = one.iter().zip(&two).map(best).collect();
            let mut seen = vec![None; 100];
            for (range, claim) in both.claims() {
                seen[range.start as usize..range.end as usize].fill(Some(claim));
            }
            prop_assert_eq!(seen, expected);
            // Two readings may claim the same byte: only what each did twice is a defect.
            prop_assert_eq!(both.defects(), defects + more);
        }
    }

    /// What an artifact of these bytes sums up to.
    fn sums(cells: &[Option<Claim>]) -> Coverage {
        let count = |of: &[Option<Claim>]| cells.iter().filter(|cell| of.contains(cell)).count() as u64;
        let analysed = count(&[Some(Claim::Read), Some(Claim::Padding)]);
        let (opaque, skipped) = (count(&[Some(Claim::Opaque)]), count(&[None]));
        Coverage { bytes_total: analysed + opaque + skipped, analysed, opaque, skipped, read: 0 }
    }

    #[test]
    fn totals_add_up() {
        let one = Coverage { bytes_total: 6, analysed: 1, opaque: 2, skipped: 3, read: 5 };
        let two = Coverage { bytes_total: 60, analysed: 10, opaque: 20, skipped: 30, read: 50 };
        let both = Coverage { bytes_total: 66, analysed: 11, opaque: 22, skipped: 33, read: 55 };
        assert_eq!(one.plus(two), both);
    }
}
