//! `result.codeFlows`: how data leads to what was found, from the excerpt of the program where there is one, else the places in their order.

use base::{
    excerpt::{Excerpt, ExcerptLine},
    finding::Finding,
    location::{Location as Place, Unit},
};

use super::{
    artifacts::Artifacts,
    model::{CodeFlow, Message, ThreadFlow, ThreadFlowLocation},
};
use crate::words::elide;

/// Steps of a flow: GitHub shows a thousand.
const MOST: usize = 1_000;
/// Characters of a line.
const LONGEST: usize = 400;

/// The flow that leads to `finding`.
pub(super) fn of(finding: &Finding, excerpts: &[Excerpt], artifacts: &mut Artifacts<'_>) -> Vec<CodeFlow> {
    let excerpt = excerpts.iter().find(|excerpt| excerpt.artifact == finding.artifact);
    let steps = excerpt.map(|excerpt| sliced(finding, excerpt, artifacts)).filter(|steps| steps.len() > 1);
    let steps = steps.unwrap_or_else(|| in_order(finding, artifacts));
    if steps.len() < 2 {
        return Vec::new();
    }
    vec![CodeFlow { thread_flows: vec![ThreadFlow { locations: steps }] }]
}

/// The lines that the marked ones need, and they themselves.
fn sliced(finding: &Finding, excerpt: &Excerpt, artifacts: &mut Artifacts<'_>) -> Vec<ThreadFlowLocation> {
    let marked =
        |index: usize| excerpt.marks.iter().any(|mark| mark.line == index && *mark.fingerprint == *finding.fingerprint);
    let slice = excerpt.slice(&finding.fingerprint);
    let lines = slice.into_iter().filter_map(|index| Some((index, excerpt.lines.get(index)?)));
    let step = |(index, line): (usize, &ExcerptLine)| {
        let at = Place { offset: line.offset, length: line.length, ..finding.location.clone() };
        let mut location = artifacts.exact(&at, None);
        location.message = Some(Message::text(elide(&line.text, LONGEST).replace("](", "] (")));
        let importance = if marked(index) { "essential" } else { "important" };
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
