//! `result.codeFlows`: how data leads to what was found, from the listing where there is one, else the places in their order.

use base::{
    finding::Finding,
    listing::NamedListing,
    location::{Location as Place, Unit},
};

use super::{
    artifacts::Artifacts,
    model::{CodeFlow, Message, ThreadFlow, ThreadFlowLocation},
};
use crate::{Page, words::elide};

/// Steps of a flow: GitHub shows a thousand.
const MOST: usize = 1_000;
/// Characters of a line.
const LONGEST: usize = 400;

/// The flow that leads to `finding`.
pub(super) fn of(finding: &Finding, page: Page<'_>, artifacts: &mut Artifacts<'_>) -> Vec<CodeFlow> {
    let listing = page.listings.iter().find(|listing| listing.artifact == finding.artifact);
    let steps = listing.map(|listing| sliced(finding, listing, artifacts)).filter(|steps| steps.len() > 1);
    let steps = steps.unwrap_or_else(|| in_order(finding, artifacts));
    if steps.len() < 2 {
        return Vec::new();
    }
    vec![CodeFlow { thread_flows: vec![ThreadFlow { locations: steps }] }]
}

/// The lines that the marked ones need, and they themselves.
fn sliced(finding: &Finding, listing: &NamedListing, artifacts: &mut Artifacts<'_>) -> Vec<ThreadFlowLocation> {
    let marked = listing.marks.iter().filter(|mark| *mark.fingerprint == *finding.fingerprint).map(|mark| mark.line);
    let marked: Vec<usize> = marked.collect();
    let slice = listing.listing.slice(marked.iter().copied());
    let lines = slice.into_iter().filter_map(|index| Some((index, listing.listing.lines.get(index)?)));
    let step = |(index, line): (usize, &base::listing::Line)| {
        let at = Place { offset: line.place.offset, length: line.place.length, ..finding.location.clone() };
        let mut location = artifacts.exact(&at, None);
        location.message = Some(Message::text(elide(&line.text, LONGEST).replace("](", "] (")));
        let importance = if marked.contains(&index) { "essential" } else { "important" };
        ThreadFlowLocation { location: Some(location), importance: Some(importance) }
    };
    lines.take(MOST).map(step).collect()
}

/// The places of a program in the order in which it comes to them.
fn in_order(finding: &Finding, artifacts: &mut Artifacts<'_>) -> Vec<ThreadFlowLocation> {
    let mut places: Vec<&Place> = std::iter::once(&finding.location).chain(&finding.places).collect();
    if !places.iter().all(|at| matches!(at.unit, Some(Unit::Opcode | Unit::Instruction))) {
        return Vec::new();
    }
    places.sort_by_key(|at| at.offset);
    let step = |at: &Place| ThreadFlowLocation { location: Some(artifacts.exact(at, None)), importance: None };
    places.into_iter().map(step).collect()
}
