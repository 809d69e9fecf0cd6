//! The listings as one JSON document, version 1: what `explain --format json` prints.

use base::listing::NamedListing;
use engine::Explained;
use serde::Serialize;

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    /// Version of this structure; its major part changes when a reader of the old one would misread it.
    schema_version: &'static str,
    /// One for each target, in the order given.
    targets: Vec<TargetPart<'a>>,
}

/// A target.
#[derive(Serialize)]
struct TargetPart<'a> {
    /// As named.
    target: &'a str,
    /// The verdict of the scan.
    verdict: &'static str,
    /// The programs.
    listings: Vec<ListingPart<'a>>,
    /// Listings left out because there were too many.
    omitted: u64,
    /// What has findings and no listing.
    unexplained: Vec<Unexplained<'a>>,
}

/// An artifact without a listing.
#[derive(Serialize)]
struct Unexplained<'a> {
    artifact: &'a str,
    reason: &'a str,
}

/// A listing.
#[derive(Serialize)]
struct ListingPart<'a> {
    /// The artifact's path, as reports write it.
    artifact: &'a str,
    /// The format whose program it is.
    format: &'a str,
    /// The language of the lines.
    language: &'a str,
    /// Why the program ends before its end.
    broken: Option<String>,
    /// Lines left out at the end.
    omitted: u64,
    lines: Vec<LinePart<'a>>,
    marks: Vec<MarkPart<'a>>,
}

/// A line; numbers of lines are from 1.
#[derive(Serialize)]
struct LinePart<'a> {
    line: usize,
    text: &'a str,
    /// The bytes of the artifact that it stands for.
    offset: u64,
    length: u64,
    /// Earlier lines whose values it needs.
    uses: Vec<u64>,
    /// Whether a mark's value comes from here.
    leads: bool,
}

/// What a finding says of a line.
#[derive(Serialize)]
struct MarkPart<'a> {
    line: usize,
    severity: &'static str,
    rule: &'a str,
    fingerprint: &'a str,
    message: &'a str,
}

/// The document for these targets.
pub(super) fn json(all: &[Explained]) -> String {
    let document = Document { schema_version: "1.0", targets: all.iter().map(target).collect() };
    output(&document)
}

/// `value` as JSON that is safe to print.
pub(crate) fn output(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail, and these structures have only text for keys.
    let _ = report::write_json(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

fn target(explained: &Explained) -> TargetPart<'_> {
    TargetPart {
        target: explained.report.target.first().map_or("", String::as_str),
        verdict: explained.report.verdict.id(),
        listings: explained.listings.iter().map(listing).collect(),
        omitted: explained.omitted,
        unexplained: explained.mute.iter().map(|(artifact, reason)| Unexplained { artifact, reason }).collect(),
    }
}

fn listing(named: &NamedListing) -> ListingPart<'_> {
    let leads = named.listing.slice(named.marks.iter().map(|mark| mark.line));

    let lines = named.listing.lines.iter().enumerate().map(|(index, one)| {
        let (number, offset, length) = (index.saturating_add(1), one.place.offset, one.place.length);
        let uses = one.uses.iter().map(|line| u64::from(*line).saturating_add(1)).collect();
        LinePart { line: number, text: &one.text, offset, length, uses, leads: leads.contains(&index) }
    });
    let marks = named.marks.iter().map(|mark| MarkPart {
        line: mark.line.saturating_add(1),
        severity: mark.severity.id(),
        rule: &mark.rule,
        fingerprint: &mark.fingerprint,
        message: &mark.note,
    });
    ListingPart {
        artifact: &named.artifact,
        format: &named.format,
        language: named.listing.language,
        broken: named.listing.broken.as_ref().map(ToString::to_string),
        omitted: named.listing.omitted,
        lines: lines.collect(),
        marks: marks.collect(),
    }
}
