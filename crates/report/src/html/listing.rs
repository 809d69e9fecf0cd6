//! Programs inside artifacts: the marked lines, what they need, and a graph of it. Lines are rows; a curve beside them leads from
//! the line that makes a value to the line that uses it, so that the order of the program stays visible.

use std::collections::{BTreeMap, BTreeSet};

use base::{
    finding::Finding,
    listing::{Listing, Mark, NamedListing},
};

use super::findings;
use crate::{
    markup::Markup,
    words::{counted, elide},
};

/// Lines shown of one listing, and around each that matters.
const LINES: usize = 2_000;
const AROUND: usize = 3;
/// Characters of a line, and of a line in the graph.
const LONGEST: usize = 2_000;
const LABEL: usize = 96;
/// Lines of a graph.
const NODES: usize = 80;
/// Height of a row of the graph, and the width of its gutter.
const ROW: usize = 24;
const GUTTER: usize = 150;

/// Whether the lines that lead to `finding` are in this listing.
pub(super) fn shows(listing: &NamedListing, finding: &Finding) -> bool {
    listing.artifact == finding.artifact && listing.marks.iter().any(|mark| *mark.fingerprint == *finding.fingerprint)
}

/// The id of what is said of the first line that a finding marks.
pub(super) fn anchor(finding: &Finding) -> String {
    format!("line-{}", finding.fingerprint)
}

/// Writes the listings.
pub(super) fn write(listings: &[NamedListing], html: &mut Markup) {
    if listings.iter().all(|listing| listing.marks.is_empty()) {
        return;
    }
    html.open("section", &[("id", "listings")]);
    html.element("h2", &[], "What would run");
    let mut anchors = BTreeSet::new();
    for listing in listings.iter().filter(|listing| !listing.marks.is_empty()) {
        html.open("article", &[("class", "listing")]);
        html.open("h3", &[]);
        findings::path(&listing.artifact, html);
        html.element("span", &[("class", "dim")], &format!(" {} as {}", listing.format, listing.listing.language));
        html.close();
        let needed = listing.listing.slice(listing.marks.iter().map(|mark| mark.line));
        code(listing, &needed, &mut anchors, html);
        graph(listing, &needed, html);
        html.close();
    }
    html.close();
}

/// The lines that matter with some around them; what is left out is counted.
fn code<'l>(listing: &'l NamedListing, needed: &BTreeSet<usize>, anchors: &mut BTreeSet<&'l str>, html: &mut Markup) {
    let mut marks: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
    for mark in &listing.marks {
        marks.entry(mark.line).or_default().push(mark);
    }
    let near = |line: &usize| line.saturating_sub(AROUND)..=line.saturating_add(AROUND);
    let lines = &listing.listing.lines;
    let shown: BTreeSet<usize> = needed.iter().flat_map(near).filter(|line| *line < lines.len()).collect();
    html.open("div", &[("class", "code"), ("tabindex", "0")]);
    let mut next = 0;
    for index in shown.iter().copied().take(LINES) {
        gap(index.saturating_sub(next), html);
        next = index.saturating_add(1);
        let Some(line) = lines.get(index) else { continue };
        let found = marks.get(&index).map(Vec::as_slice).unwrap_or_default();
        let class = match found.first() {
            Some(mark) => format!("line marked {}", mark.severity.id()),
            None if needed.contains(&index) => "line needed".into(),
            None => "line".into(),
        };
        html.open("div", &[("class", &class)]);
        html.element("span", &[("class", "number")], &next.to_string());
        html.element("code", &[], &elide(&line.text, LONGEST));
        html.close();
        for mark in found {
            // Links of findings lead to the first line that they mark.
            let first = anchors.insert(&mark.fingerprint);
            let id = if first { format!("line-{}", mark.fingerprint) } else { String::new() };
            let class = format!("note {}", mark.severity.id());
            html.element("div", &[("class", &class), ("id", &id)], &elide(&mark.note, LONGEST));
        }
    }
    let total = (lines.len() as u64).saturating_add(listing.listing.omitted);
    gap(usize::try_from(total).unwrap_or_default().saturating_sub(next), html);
    html.close();
    if let Some(stop) = &listing.listing.broken {
        html.element("p", &[("class", "hint")], &format!("The program ends before its end: {stop:?}"));
    }
}

fn gap(left_out: usize, html: &mut Markup) {
    if left_out > 0 {
        html.element("div", &[("class", "gap")], &format!("⋯ {}", counted(left_out as u64, "line", "lines")));
    }
}

/// The slice as a graph, where there is more than one line in it.
fn graph(listing: &NamedListing, needed: &BTreeSet<usize>, html: &mut Markup) {
    if needed.len() < 2 {
        return;
    }
    // The last lines are nearest to what was found.
    let nodes: Vec<usize> = needed.iter().copied().skip(needed.len().saturating_sub(NODES)).collect();
    let rows: BTreeMap<usize, usize> = nodes.iter().enumerate().map(|(row, line)| (*line, row)).collect();
    // A short one is worth its room.
    let open = if nodes.len() <= 20 { "open" } else { "" };
    html.open("details", &[("class", "graph"), ("open", open)]);
    html.element("summary", &[], &format!("Data flow: {}", counted(nodes.len() as u64, "line", "lines")));
    let (wide, high) =
        (GUTTER.saturating_add(LABEL.saturating_mul(8)), nodes.len().saturating_mul(ROW).saturating_add(8));
    let view = format!("0 0 {wide} {high}");
    let (wide, high) = (wide.to_string(), high.to_string());
    html.open("svg", &[("viewBox", &view), ("width", &wide), ("height", &high), ("role", "img")]);
    html.element("title", &[], "Which lines give their values to which");
    edges(&listing.listing, &rows, html);
    for (line, row) in &rows {
        node(listing, *line, *row, html);
    }
    html.close();
    html.close();
}

fn middle(row: usize) -> usize {
    row.saturating_mul(ROW).saturating_add(ROW >> 1).saturating_add(4)
}

fn edges(listing: &Listing, rows: &BTreeMap<usize, usize>, html: &mut Markup) {
    for (line, row) in rows {
        let uses = listing.lines.get(*line).map(|line| line.uses.as_slice()).unwrap_or_default();
        let from = uses.iter().filter_map(|used| rows.get(&usize::try_from(*used).ok()?));
        for from in from.copied().collect::<BTreeSet<_>>() {
            let span = row.abs_diff(from).min(GUTTER.saturating_sub(40) / 12);
            let bend = GUTTER.saturating_sub(24).saturating_sub(span.saturating_mul(12));
            let edge = GUTTER.saturating_sub(14);
            let (top, bottom) = (middle(from), middle(*row));
            let path = format!("M {edge} {top} C {bend} {top}, {bend} {bottom}, {edge} {bottom}");
            html.void("path", &[("class", "edge"), ("d", &path)]);
            let head = format!("M {} {} l 7 4 l -7 4 z", edge.saturating_sub(1), bottom.saturating_sub(4));
            html.void("path", &[("class", "head"), ("d", &head)]);
        }
    }
}

fn node(listing: &NamedListing, line: usize, row: usize, html: &mut Markup) {
    let mark = listing.marks.iter().find(|mark| mark.line == line);
    let class = mark.map_or_else(|| "node".into(), |mark| format!("node marked {}", mark.severity.id()));
    html.open("g", &[("class", &class)]);
    let (x, y) = (GUTTER.saturating_sub(6).to_string(), middle(row).saturating_sub(10).to_string());
    let wide = LABEL.saturating_mul(8).to_string();
    html.void("rect", &[("x", &x), ("y", &y), ("width", &wide), ("height", "20"), ("rx", "4")]);
    let (x, y) = (GUTTER.to_string(), middle(row).saturating_add(4).to_string());
    let text = listing.listing.lines.get(line).map(|line| line.text.as_str()).unwrap_or_default();
    html.element("text", &[("x", &x), ("y", &y)], &format!("{} {}", line.saturating_add(1), elide(text, LABEL)));
    html.close();
}
