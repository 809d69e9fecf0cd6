//! What a report keeps of a [`Listing`](crate::listing::Listing): the lines that findings point to, what those need, and a few around.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    escape,
    listing::{Mark, NamedListing},
};

/// Lines of an excerpt, and around each line that matters.
const LINES: usize = 1_000;
const AROUND: usize = 3;
/// Characters of a line.
const LONGEST: usize = 2_000;

/// The part of a program that findings are about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Path of the artifact, as in its record and its findings.
    pub artifact: Arc<str>,
    /// The format whose program it is: `pickle`.
    pub format: Arc<str>,
    /// The language of the lines: `python`, `jinja`, `shell`.
    pub language: String,
    /// The lines that were kept, in order.
    pub lines: Vec<ExcerptLine>,
    /// What findings say; `line` is an index of `lines`. In the order of the lines, the worst of a line first.
    pub marks: Vec<Mark>,
    /// Lines of the program behind the last one that was kept.
    pub after: u64,
    /// Why the program ends before its end; absent where it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExcerptLine {
    /// Its number in the program, from 1.
    pub number: u64,
    /// Its text, without a line end.
    pub text: String,
    /// Where the bytes are that it stands for, in the artifact.
    pub offset: u64,
    /// How many; 0 when unknown.
    pub length: u64,
    /// Earlier lines whose values it needs, as indices of the excerpt's lines.
    pub uses: Vec<u64>,
    /// Whether a marked line needs it, or is it.
    pub needed: bool,
}

impl Excerpt {
    /// The excerpt of `named`: empty where nothing is marked.
    pub fn of(named: &NamedListing) -> Self {
        let listing = &named.listing;
        let needed = listing.slice(named.marks.iter().map(|mark| mark.line));
        let near = |line: &usize| line.saturating_sub(AROUND)..=line.saturating_add(AROUND);
        let around: BTreeSet<usize> = needed.iter().flat_map(near).filter(|line| *line < listing.lines.len()).collect();
        // The last lines are nearest to what was found.
        let kept: BTreeMap<usize, usize> =
            around.iter().skip(around.len().saturating_sub(LINES)).enumerate().map(|(to, from)| (*from, to)).collect();
        let lines: Vec<ExcerptLine> = kept
            .keys()
            .filter_map(|index| {
                let line = listing.lines.get(*index)?;
                let used = line.uses.iter().filter_map(|used| kept.get(&usize::try_from(*used).ok()?));
                Some(ExcerptLine {
                    number: (*index as u64).saturating_add(1),
                    text: escape::bounded(&line.text, LONGEST),
                    offset: line.place.offset,
                    length: line.place.length,
                    uses: used.map(|used| *used as u64).collect(),
                    needed: needed.contains(index),
                })
            })
            .collect();
        let marks = named.marks.iter().filter_map(|mark| Some(Mark { line: *kept.get(&mark.line)?, ..mark.clone() }));
        let total = (listing.lines.len() as u64).saturating_add(listing.omitted);
        let last = lines.last().map_or(0, |line| line.number);
        Self {
            artifact: named.artifact.clone(),
            format: named.format.clone(),
            language: listing.language.into(),
            marks: marks.collect(),
            after: total.saturating_sub(last),
            broken: listing.broken.as_ref().map(ToString::to_string),
            lines,
        }
    }

    /// The lines that those marked by the finding need, and they themselves, as indices in order.
    pub fn slice(&self, fingerprint: &str) -> BTreeSet<usize> {
        let marked = self.marks.iter().filter(|mark| *mark.fingerprint == *fingerprint);
        let mut open: Vec<usize> = marked.map(|mark| mark.line).collect();
        let mut found = BTreeSet::new();
        while let Some(index) = open.pop() {
            let Some(line) = self.lines.get(index) else { continue };
            if found.insert(index) {
                open.extend(line.uses.iter().filter_map(|used| usize::try_from(*used).ok()));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        listing::{Line, Listing},
        location::Place,
        verdict::Severity,
    };

    fn named(lines: u32, uses: impl Fn(u32) -> Vec<u32>, marked: usize) -> NamedListing {
        let mut listing = Listing::new("python");
        for index in 0..lines {
            let place = Place::bytes(u64::from(index), 1);
            listing.push(Line { text: format!("x{index}"), place, uses: uses(index) });
        }
        let mark = Mark {
            line: marked,
            note: "calls".into(),
            severity: Severity::High,
            rule: "r".into(),
            fingerprint: "f".into(),
        };
        NamedListing { listing, marks: vec![mark], ..NamedListing::default() }
    }

    #[test]
    fn what_a_marked_line_needs_is_kept_with_some_around() {
        let excerpt = Excerpt::of(&named(100, |index| if index == 90 { vec![10] } else { vec![] }, 90));
        let numbers: Vec<u64> = excerpt.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [8, 9, 10, 11, 12, 13, 14, 88, 89, 90, 91, 92, 93, 94]);
        assert_eq!((excerpt.after, excerpt.marks[0].line), (6, 10));
        let needed: Vec<u64> = excerpt.lines.iter().filter(|line| line.needed).map(|line| line.number).collect();
        assert_eq!(needed, [11, 91]);
        assert_eq!(excerpt.slice("f").into_iter().collect::<Vec<_>>(), [3, 10]);
        assert!(excerpt.slice("other").is_empty());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_nearest() {
        let excerpt = Excerpt::of(&named(5_000, |index| index.checked_sub(1).into_iter().collect(), 4_999));
        assert_eq!(excerpt.lines.len(), LINES);
        assert_eq!(excerpt.lines.last().map(|line| line.number), Some(5_000));
        assert!(excerpt.lines.iter().all(|line| line.uses.iter().all(|used| *used < LINES as u64)));
        assert_eq!(excerpt.marks.len(), 1);
    }
}
