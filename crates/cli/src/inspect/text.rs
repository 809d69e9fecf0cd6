//! The inspection for people: the tree, and under each artifact what is in it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use base::escape;

use super::model::{Artifact, Few, Import, Inspection};

/// Cells of the bar that shows the coverage.
const BAR: u64 = 40;
/// Letters of a value.
const VALUE: usize = 100;

/// Where the text goes.
struct Page {
    out: String,
    colour: bool,
    indent: usize,
}

impl Page {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.indent);
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A heading with its items, and how many more there are.
    fn list<T>(&mut self, heading: &str, few: &Few<T>, show: impl Fn(&Self, &T) -> String) {
        if few.is_empty() {
            return;
        }
        let count = (few.items.len() as u64).saturating_add(few.omitted);
        let title = self.paint(Style::new().bold(), heading);
        self.line(&format!("  {title} ({count})"));
        for item in &few.items {
            let text = show(self, item);
            self.line(&format!("    {text}"));
        }
        if few.omitted > 0 {
            self.line(&format!("    … {} more (--all lists them)", few.omitted));
        }
    }
}

/// The whole inspection.
pub(super) fn write(inspection: &Inspection, colour: bool) -> String {
    let mut page = Page { out: String::new(), colour, indent: 0 };
    for artifact in &inspection.artifacts {
        page.indent = artifact.depth.min(16).saturating_mul(2);
        write_artifact(&mut page, artifact);
    }
    page.indent = 0;
    if inspection.artifacts_omitted > 0 {
        page.line(&format!("… {} more artifacts", inspection.artifacts_omitted));
    }
    let sums = inspection.coverage;
    page.line(&format!(
        "{} bytes: {} understood, {} tensor data, {} not read",
        sums.bytes_total, sums.analysed, sums.opaque, sums.skipped
    ));
    page.out
}

fn write_artifact(page: &mut Page, artifact: &Artifact) {
    let name = page.paint(Style::new().bold(), &escape::line(own_name(&artifact.path)));
    let formats = if artifact.formats.is_empty() {
        escape::line(&artifact.format).into_owned()
    } else {
        artifact.formats.iter().map(|format| escape::line(format)).collect::<Vec<_>>().join(" + ")
    };
    let size = artifact.size.map_or_else(|| "size unknown".to_owned(), |size| format!("{size} bytes"));
    let found = match artifact.findings {
        0 => String::new(),
        1 => ", 1 finding".to_owned(),
        count => format!(", {count} findings"),
    };
    let unread = if artifact.complete { "" } else { ", not fully read" };
    page.line(&format!("{name}  {formats}, {size}{found}{unread}"));
    if let Some(detail) = &artifact.detail {
        page.line(&format!("  not read: {}", escape::bounded(detail, VALUE.saturating_mul(2))));
    }
    if let Some(sum) = &artifact.sha256 {
        page.line(&format!("  sha256 {}", escape::line(sum)));
    }
    page.list("metadata", &artifact.metadata, |_, item| pair(&item.key, &item.value));
    page.list("imports", &artifact.imports, import);
    page.list("tensors", &artifact.tensors, |_, tensor| {
        let name = if tensor.name.is_empty() { "(unnamed)".into() } else { escape::bounded(&tensor.name, VALUE) };
        let shape = if tensor.shape.is_empty() { "scalar".into() } else { escape::bounded(&tensor.shape, VALUE) };
        format!("{name}  {} {shape}, {} bytes", escape::bounded(&tensor.dtype, VALUE), tensor.bytes)
    });
    page.list("references", &artifact.references, |_, item| pair(&item.key, &item.value));
    page.list("entries", &artifact.entries, |_, entry| {
        let name = escape::bounded(&entry.name, VALUE);
        let (kind, method) = (escape::line(&entry.kind), escape::line(&entry.method));
        format!("{name}  {kind}, {} bytes, {method} {}", entry.size, entry.packed)
    });
    page.list("strings", &artifact.strings, |_, text| {
        format!("{:#x}  {}", text.offset, escape::bounded(&text.text, VALUE))
    });
    coverage(page, artifact);
}

fn pair(key: &str, value: &str) -> String {
    format!("{}: {}", escape::bounded(key, VALUE), escape::bounded(value, VALUE))
}

/// A name with its judgement.
fn import(page: &Page, import: &Import) -> String {
    let colour = match import.standing {
        _ if import.dangerous => AnsiColor::Red,
        standing if standing.starts_with("safe/") => AnsiColor::Green,
        _ => AnsiColor::Yellow,
    };
    let word = page.paint(Style::new().fg_color(Some(colour.into())), import.standing);
    let reason = if import.reason.is_empty() { String::new() } else { format!(": {}", import.reason) };
    let written = if import.written.is_empty() {
        String::new()
    } else {
        format!(" (written {})", escape::bounded(&import.written, VALUE))
    };
    let when = if &*import.when == "load" { String::new() } else { format!(", when {}", escape::line(&import.when)) };
    format!("{}{written}  {word}{when}{}", escape::bounded(&import.name, VALUE), escape::line(&reason))
}

/// A bar over the bytes, and the ranges.
fn coverage(page: &mut Page, artifact: &Artifact) {
    let size = artifact.size.unwrap_or(0);
    // Of what was read as one piece, or not at all, the line above says everything.
    if size == 0 || artifact.map.items.len() < 2 {
        return;
    }
    let bar: String = (0..BAR).map(|cell| sign(artifact, size, cell)).collect();
    page.line(&format!("  [{bar}] # read, = tensor data, + child, . padding, ? not read"));
    page.list("ranges", &artifact.map, |_, range| {
        format!("{:#x}..{:#x} {}, {} bytes", range.start, range.end, range.claim, range.end.saturating_sub(range.start))
    });
}

/// What most of the bytes of a cell are; anything that was not read shows.
fn sign(artifact: &Artifact, size: u64, cell: u64) -> char {
    let edge = |cell: u64| {
        let bytes = u128::from(size).saturating_mul(u128::from(cell)).checked_div(u128::from(BAR)).unwrap_or_default();
        u64::try_from(bytes).unwrap_or(size)
    };
    let (start, end) = (edge(cell), edge(cell.saturating_add(1)).max(edge(cell).saturating_add(1)));
    let overlap = |range: &super::model::Range| range.end.min(end).saturating_sub(range.start.max(start));
    let covering = artifact.map.items.iter().filter(|range| overlap(range) > 0);
    let most = covering.max_by_key(|range| (range.claim == "skipped", overlap(range)));
    match most.map(|range| range.claim) {
        Some("read") => '#',
        Some("opaque") => '=',
        Some("child") => '+',
        Some("padding") => '.',
        Some(_) => '?',
        None => ' ',
    }
}

/// The last part of a path through containers.
fn own_name(path: &str) -> &str {
    path.rsplit_once("!/").map_or(path, |(_, last)| last)
}
