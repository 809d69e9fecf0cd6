//! A program inside an artifact, written for people: what `explain` shows, in whatever language the program is.
//!
//! A second, narrow waist beside the facts: pickle, source, bytecode and templates write a [`Listing`]; the faces mark the
//! lines that findings point to, follow what those lines need, and draw. A lister knows of no finding.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{blob::Blob, budget::Meter, finding::Finding, location::Place, stop::Stop, verdict::Severity};

/// Writes the program in a blob as a listing.
pub type Explain = fn(&Blob, &Meter) -> Result<Listing, Stop>;

/// Lines that a listing holds at most; what comes after them is counted.
pub const MAX_LINES: usize = 200_000;

/// A program, line by line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The language of the lines, as a word for highlighting: `python`, `jinja`, `shell`.
    pub language: &'static str,
    /// The lines, in the order of the program.
    pub lines: Vec<Line>,
    /// Lines left out at the end because of [`MAX_LINES`].
    pub omitted: u64,
    /// Why the program ends before its end; none where it is whole.
    pub broken: Option<Stop>,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The text, without a line end.
    pub text: String,
    /// The bytes that the line stands for.
    pub place: Place,
    /// Earlier lines whose values this one needs, by index.
    pub uses: Vec<u32>,
}

impl Listing {
    /// An empty listing in this language.
    pub const fn new(language: &'static str) -> Self {
        Self { language, lines: Vec::new(), omitted: 0, broken: None }
    }

    /// Adds a line and returns its index; beyond [`MAX_LINES`] it is only counted.
    pub fn push(&mut self, line: Line) -> Option<u32> {
        if self.lines.len() >= MAX_LINES {
            self.omitted = self.omitted.saturating_add(1);
            return None;
        }
        let index = u32::try_from(self.lines.len()).ok();
        self.lines.push(line);
        index
    }

    /// The lines that stand for bytes of `offset..offset + length`; where no line does, the last one that begins before.
    pub fn at(&self, offset: u64, length: u64) -> Vec<usize> {
        let end = offset.saturating_add(length.max(1));
        let covers = |line: &Line| {
            line.place.offset < end && offset < line.place.offset.saturating_add(line.place.length.max(1))
        };
        let hit: Vec<usize> =
            self.lines.iter().enumerate().filter(|(_, line)| covers(line)).map(|(index, _)| index).collect();
        if !hit.is_empty() {
            return hit;
        }
        let before = self.lines.iter().enumerate().filter(|(_, line)| line.place.offset <= offset);
        before.max_by_key(|(index, line)| (line.place.offset, *index)).map(|(index, _)| index).into_iter().collect()
    }

    /// The backward slice of `lines`: themselves and every line that they need, in order.
    pub fn slice(&self, lines: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        let mut open: Vec<usize> = lines.into_iter().collect();
        while let Some(index) = open.pop() {
            let Some(line) = self.lines.get(index) else { continue };
            if needed.insert(index) {
                open.extend(line.uses.iter().filter_map(|use_| usize::try_from(*use_).ok()));
            }
        }
        needed
    }
}

/// Where a finding points to in a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The line, by index.
    pub line: usize,
    /// What is said of it.
    pub note: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// The rule that says so.
    pub rule: Arc<str>,
    /// The finding's fingerprint.
    pub fingerprint: Arc<str>,
}

/// The listing of one artifact, with the lines that its findings point to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedListing {
    /// Path of the artifact, as in its record and its findings.
    pub artifact: Arc<str>,
    /// The format whose program it is: `pickle`.
    pub format: Arc<str>,
    /// The program.
    pub listing: Listing,
    /// In the order of the lines, the worst of a line first.
    pub marks: Vec<Mark>,
}

impl NamedListing {
    /// The listing with what `findings` of this artifact point to.
    pub fn new(artifact: &str, format: &str, listing: Listing, findings: &[Finding]) -> Self {
        let mut marks = Vec::new();
        for finding in findings.iter().filter(|finding| *finding.artifact == *artifact) {
            let places = std::iter::once(&finding.location).chain(&finding.places);
            // The whole artifact is no line of it.
            let exact = places.filter(|found| found.offset > 0 || found.length > 0 || found.line.is_some());
            let lines: BTreeSet<usize> =
                exact.filter_map(|found| listing.at(found.offset, found.length).into_iter().next()).collect();
            marks.extend(lines.into_iter().map(|line| Mark {
                line,
                note: finding.message.as_str().into(),
                severity: finding.severity,
                rule: finding.rule.clone(),
                fingerprint: finding.fingerprint.as_str().into(),
            }));
        }
        marks.sort_by(|a, b| (a.line, b.severity, &a.rule, &a.note).cmp(&(b.line, a.severity, &b.rule, &b.note)));
        Self { artifact: artifact.into(), format: format.into(), listing, marks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing() -> Listing {
        let mut listing = Listing::new("python");
        for (offset, uses) in [(0, vec![]), (10, vec![0]), (20, vec![]), (30, vec![1])] {
            listing.push(Line { text: String::new(), place: Place::bytes(offset, 5), uses });
        }
        listing
    }

    #[test]
    fn a_slice_is_what_the_lines_need() {
        assert_eq!(listing().slice([3]).into_iter().collect::<Vec<_>>(), [0, 1, 3]);
        assert_eq!(listing().slice([9]).len(), 0);
    }

    #[test]
    fn bytes_find_their_lines() {
        assert_eq!(listing().at(11, 1), [1]);
        assert_eq!(listing().at(12, 20), [1, 2, 3]);
        assert_eq!(listing().at(17, 1), [1]);
    }
}
