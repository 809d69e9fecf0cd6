//! The artifacts as a tree: folders, files, members, each with the worst that was found in it and below.

use std::collections::BTreeMap;

use base::{
    report::{ArtifactRecord, Report},
    verdict::Severity,
};

use crate::{
    markup::Markup,
    whereabouts::Whereabouts,
    words::{counted, elide},
};

/// Rows shown; what has no finding and was read is left out first.
const ROWS: usize = 2_000;
/// Steps that rows are indented by.
const DEEPEST: usize = 12;

/// A row of the tree.
struct Row<'r> {
    depth: usize,
    name: &'r str,
    path: &'r str,
    record: Option<&'r ArtifactRecord>,
}

/// Writes the tree.
pub(super) fn write(report: &Report, whereabouts: &Whereabouts<'_>, html: &mut Markup) {
    let mut worst: BTreeMap<&str, (Severity, u64)> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| finding.counts()) {
        // Whatever holds an artifact holds its findings.
        let mut path = Some(&*finding.artifact);
        while let Some(at) = path {
            let entry = worst.entry(at).or_insert((finding.severity, 0));
            *entry = (entry.0.max(finding.severity), entry.1.saturating_add(1));
            path = above(at, whereabouts).map(|(above, _)| above);
        }
    }
    let notable = |record: &ArtifactRecord| !record.complete() || worst.contains_key(&*record.path);
    let mut room = ROWS.saturating_sub(report.artifacts.iter().filter(|record| notable(record)).count());
    let mut kept = Vec::new();
    for record in &report.artifacts {
        let quiet = !notable(record);
        if kept.len() < ROWS && (!quiet || room > 0) {
            room = room.saturating_sub(usize::from(quiet));
            kept.push(record);
        }
    }
    let left = report.summary.artifacts.saturating_sub(kept.len() as u64);
    html.open("nav", &[("aria-label", "Artifacts")]);
    html.element("h2", &[], "Artifacts");
    html.open("ul", &[("class", "tree")]);
    for row in rows(&kept, whereabouts) {
        self::row(&row, worst.get(row.path).copied(), html);
    }
    html.close();
    if left > 0 {
        let more = counted(left, "more artifact", "more artifacts");
        html.element("p", &[("class", "dim")], &format!("… and {more}, read and without findings"));
    }
    html.close();
}

/// What an artifact or folder lies in, and its name there.
fn above<'p>(path: &'p str, whereabouts: &Whereabouts<'_>) -> Option<(&'p str, &'p str)> {
    match whereabouts.container(path) {
        Some((container, member, _)) => Some((container, member)),
        None => path.rsplit_once('/'),
    }
}

/// A row for each record, and one for each folder and container on the way to it that has none of its own.
fn rows<'r>(records: &[&'r ArtifactRecord], whereabouts: &Whereabouts<'_>) -> Vec<Row<'r>> {
    let own: BTreeMap<&str, &ArtifactRecord> = records.iter().map(|record| (&*record.path, *record)).collect();
    let mut rows = Vec::new();
    let mut placed: BTreeMap<&str, usize> = BTreeMap::new();
    // Containers are closed after their members: in the order of paths they come before them.
    for path in own.keys() {
        let mut chain = vec![*path];
        while let Some((above, _)) = chain.last().and_then(|at| above(at, whereabouts)) {
            chain.push(above);
        }
        let mut depth = 0_usize;
        for at in chain.into_iter().rev() {
            match placed.get(at) {
                Some(known) => depth = *known,
                None => {
                    placed.insert(at, depth);
                    let name = above(at, whereabouts).map_or(at, |(_, name)| name);
                    rows.push(Row { depth, name, path: at, record: own.get(at).copied() });
                }
            }
            depth = depth.saturating_add(1);
        }
    }
    rows
}

fn row(row: &Row<'_>, worst: Option<(Severity, u64)>, html: &mut Markup) {
    let depth = format!("d{}", row.depth.min(DEEPEST));
    html.open("li", &[("class", &depth)]);
    html.open("button", &[("type", "button"), ("data-path", row.path), ("title", &elide(row.path, 600))]);
    html.element("span", &[("class", "name")], &elide(row.name, 200));
    let format = row.record.map_or("", |record| &*record.format);
    html.element("span", &[("class", "format")], &elide(format, 40));
    if let Some((severity, count)) = worst {
        html.element("span", &[("class", &format!("count {}", severity.id()))], &count.to_string());
    }
    if let Some(reason) = row.record.and_then(|record| record.reason) {
        html.element("span", &[("class", "count incomplete"), ("title", reason.describe())], reason.id());
    }
    html.close();
    html.close();
}
