//! Programs inside artifacts: the marked lines, what they need, and a graph of it. Lines are rows; a curve beside them leads from
//! the line that makes a value to the line that uses it, so that the order of the program stays visible.

use std::collections::{BTreeMap, BTreeSet};

use base::{excerpt::Excerpt, finding::Finding, listing::Mark};

use super::findings;
use crate::{
    markup::Markup,
    words::{counted, elide},
};

/// Characters of a line, and of a line in the graph.
const LONGEST: usize = 2_000;
const LABEL: usize = 96;
/// Lines of a graph.
const NODES: usize = 80;
/// Height of a row of the graph, and the width of its gutter.
const ROW: usize = 24;
const GUTTER: usize = 150;

/// Whether the lines that lead to `finding` are in this listing.
pub(super) fn shows(excerpt: &Excerpt, finding: &Finding) -> bool {
    excerpt.artifact == finding.artifact && excerpt.marks.iter().any(|mark| *mark.fingerprint == *finding.fingerprint)
}

/// The id of what is said of the first line that a finding marks.
pub(super) fn anchor(finding: &Finding) -> String {
    format!("line-{}", finding.fingerprint)
}

/// Writes the excerpts.
pub(super) fn write(excerpts: &[Excerpt], html: &mut Markup) {
    if excerpts.iter().all(|excerpt| excerpt.marks.is_empty()) {
        return;
    }
    html.open("section", &[("id", "listings")]);
    html.element("h2", &[], "What would run");
    let mut anchors = BTreeSet::new();
    for excerpt in excerpts.iter().filter(|excerpt| !excerpt.marks.is_empty()) {
        html.open("article", &[("class", "listing")]);
        html.open("h3", &[]);
        findings::path(&excerpt.artifact, html);
        html.element("span", &[("class", "dim")], &format!(" {} as {}", excerpt.format, excerpt.language));
        html.close();
        code(excerpt, &mut anchors, html);
        graph(excerpt, html);
        html.close();
    }
    html.close();
}

/// The lines; what is left out between them is counted.
fn code<'l>(excerpt: &'l Excerpt, anchors: &mut BTreeSet<&'l str>, html: &mut Markup) {
    let mut marks: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
    for mark in &excerpt.marks {
        marks.entry(mark.line).or_default().push(mark);
    }
    html.open("div", &[("class", "code"), ("tabindex", "0")]);
    let mut before = 0;
    for (index, line) in excerpt.lines.iter().enumerate() {
        gap(line.number.saturating_sub(before).saturating_sub(1), html);
        before = line.number;
        let found = marks.get(&index).map(Vec::as_slice).unwrap_or_default();
        let class = match found.first() {
            Some(mark) => format!("line marked {}", mark.severity.id()),
            None if line.needed => "line needed".into(),
            None => "line".into(),
        };
        html.open("div", &[("class", &class)]);
        html.element("span", &[("class", "number")], &line.number.to_string());
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
    gap(excerpt.after, html);
    html.close();
    if let Some(why) = &excerpt.broken {
        html.element("p", &[("class", "hint")], &format!("The program ends before its end: {}", elide(why, LONGEST)));
    }
}

fn gap(left_out: u64, html: &mut Markup) {
    if left_out > 0 {
        html.element("div", &[("class", "gap")], &format!("⋯ {}", counted(left_out, "line", "lines")));
    }
}

/// The slice as a graph, where there is more than one line in it.
fn graph(excerpt: &Excerpt, html: &mut Markup) {
    let needed = excerpt.lines.iter().enumerate().filter(|(_, line)| line.needed);
    let needed: Vec<usize> = needed.map(|(index, _)| index).collect();
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
    edges(excerpt, &rows, html);
    for (line, row) in &rows {
        node(excerpt, *line, *row, html);
    }
    html.close();
    html.close();
}

fn middle(row: usize) -> usize {
    row.saturating_mul(ROW).saturating_add(ROW >> 1).saturating_add(4)
}

fn edges(excerpt: &Excerpt, rows: &BTreeMap<usize, usize>, html: &mut Markup) {
    for (line, row) in rows {
        let uses = excerpt.lines.get(*line).map(|line| line.uses.as_slice()).unwrap_or_default();
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

fn node(excerpt: &Excerpt, index: usize, row: usize, html: &mut Markup) {
    let Some(line) = excerpt.lines.get(index) else { return };
    let mark = excerpt.marks.iter().find(|mark| mark.line == index);
    let class = mark.map_or_else(|| "node".into(), |mark| format!("node marked {}", mark.severity.id()));
    html.open("g", &[("class", &class)]);
    let (x, y) = (GUTTER.saturating_sub(6).to_string(), middle(row).saturating_sub(10).to_string());
    let wide = LABEL.saturating_mul(8).to_string();
    html.void("rect", &[("x", &x), ("y", &y), ("width", &wide), ("height", "20"), ("rx", "4")]);
    let (x, y) = (GUTTER.to_string(), middle(row).saturating_add(4).to_string());
    html.element("text", &[("x", &x), ("y", &y)], &format!("{} {}", line.number, elide(&line.text, LABEL)));
    html.close();
}
