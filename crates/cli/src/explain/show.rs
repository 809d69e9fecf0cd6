//! Listings for people: the lines that lead to what was found, marked, with what is said of them.

use std::{collections::BTreeSet, fmt::Write as _};

use anstyle::{AnsiColor, Style};
use base::{
    escape,
    listing::{Mark, NamedListing},
    verdict::Severity,
};
use engine::Explained;

use crate::{arguments::ExplainArguments, output};

/// Letters of a line that are shown unless all are asked for.
const LONG: usize = 180;
/// Lines of a listing that are shown unless all are asked for.
const MANY: usize = 1_000;
/// Lines of a listing without marks that are.
const UNMARKED: usize = 60;

/// How to show.
pub(super) struct Look {
    all: bool,
    full: bool,
    colour: bool,
}

impl Look {
    /// As the arguments say.
    pub(super) fn of(arguments: &ExplainArguments) -> Self {
        Self { all: arguments.all, full: arguments.full, colour: output::colours(arguments.color) }
    }

    /// `text` in this style, where there are colours.
    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// The colour of a severity.
fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Critical => AnsiColor::Red,
        Severity::High => AnsiColor::Magenta,
        Severity::Medium => AnsiColor::Yellow,
        _ => AnsiColor::Cyan,
    };
    Style::new().fg_color(Some(colour.into())).bold()
}

/// Everything, for people.
pub(super) fn text(all: &[Explained], arguments: &ExplainArguments) -> String {
    let look = Look::of(arguments);
    let mut out = String::new();
    for explained in all {
        for named in &explained.listings {
            listing(&mut out, named, &look);
        }
        after(&mut out, explained);
    }
    out
}

/// What was not listed, and why.
fn after(out: &mut String, explained: &Explained) {
    if explained.omitted > 0 {
        let _ = writeln!(out, "{} more artifacts with findings are left out; name one of them\n", explained.omitted);
    }
    for (path, why) in &explained.mute {
        let _ = writeln!(out, "{}: no listing: {}", escape::line(path), escape::line(why));
    }
    if explained.listings.is_empty() && explained.mute.is_empty() {
        let target = explained.report.target.first().map_or("", String::as_str);
        let unread = explained.report.artifacts.iter().find_map(|record| record.detail.as_deref());
        let why = unread.map_or_else(
            || "there is no program in it that could be listed".to_owned(),
            |detail| format!("nothing could be listed: {}", escape::line(detail)),
        );
        let _ = writeln!(out, "{}: {why}", escape::line(target));
    }
}

/// One listing.
pub(super) fn listing(out: &mut String, named: &NamedListing, look: &Look) {
    let lines = named.listing.lines.len();
    let marked = named.marks.iter().map(|mark| mark.line).collect::<BTreeSet<_>>().len();
    let shown = shown(named, look.all);
    let counts = match (marked, shown.len() == lines) {
        (0, _) => format!("{lines} lines, none marked"),
        (_, true) => format!("{lines} lines, {marked} marked"),
        (_, false) => format!("{lines} lines, {marked} marked; shown: what leads there ({})", shown.len()),
    };
    let bold = Style::new().bold();
    let _ = writeln!(
        out,
        "{}\n{} in {}, {counts}\n",
        look.paint(bold, &escape::line(&named.artifact)),
        escape::line(&named.format),
        escape::line(named.listing.language),
    );
    let width = lines.to_string().len();
    let mut next = 0;
    for index in shown {
        gap(out, next, index, width, look);
        next = index.saturating_add(1);
        if let Some(line) = named.listing.lines.get(index) {
            let marks: Vec<&Mark> = named.marks.iter().filter(|mark| mark.line == index).collect();
            one(out, index, &line.text, &marks, width, look);
        }
    }
    gap(out, next, lines, width, look);
    if named.listing.omitted > 0 {
        let _ = writeln!(out, "      {} further lines were not kept", named.listing.omitted);
    }
    out.push('\n');
}

/// The lines to be shown: all, or the slice that leads to the marks.
fn shown(named: &NamedListing, all: bool) -> BTreeSet<usize> {
    let count = named.listing.lines.len();
    if all {
        return (0..count).collect();
    }
    if named.marks.is_empty() {
        let end = if named.listing.broken.is_some() { count.saturating_sub(1) } else { count };
        return (0..UNMARKED.min(count)).chain(end..count).collect();
    }
    let slice = named.listing.slice(named.marks.iter().map(|mark| mark.line));
    let marks = named.marks.iter().map(|mark| mark.line);
    let room = MANY.saturating_sub(named.marks.len().min(MANY));
    let mut shown: BTreeSet<usize> = slice.into_iter().rev().take(room).chain(marks.take(MANY)).collect();
    // Where a program breaks is worth knowing whatever leads there.
    if named.listing.broken.is_some() {
        shown.extend(count.checked_sub(1));
    }
    shown
}

fn gap(out: &mut String, next: usize, index: usize, width: usize, look: &Look) {
    let missing = index.saturating_sub(next);
    if missing > 0 {
        let lines = if missing == 1 { "line" } else { "lines" };
        let text = format!("{:>width$}  … {missing} {lines}", "");
        let _ = writeln!(out, "      {}", look.paint(Style::new().dimmed(), &text));
    }
}

/// A line with what is said of it.
fn one(out: &mut String, index: usize, text: &str, marks: &[&Mark], width: usize, look: &Look) {
    let number = index.saturating_add(1);
    let shown = if look.full { escape::line(text).into_owned() } else { escape::bounded(text, LONG) };
    let worst = marks.iter().map(|mark| mark.severity).max();
    let sign = match worst {
        Some(severity) if severity >= Severity::Medium => look.paint(style(severity), ">>>"),
        Some(severity) => look.paint(style(severity), "  >"),
        None => "   ".to_owned(),
    };
    let shown = match worst.filter(|severity| *severity >= Severity::Medium) {
        Some(_) => look.paint(Style::new().bold(), &shown),
        None => shown,
    };
    let _ = writeln!(out, "{sign} {number:>width$}  {shown}");
    for mark in marks {
        let word = look.paint(style(mark.severity), &mark.severity.id().to_uppercase());
        let (note, rule) = (escape::line(&mark.note), escape::line(&mark.rule));
        let _ = writeln!(out, "    {:>width$}  ^ {word} {note} ({rule})", "");
    }
}

/// Nothing but Python: every listing in that language, whole.
pub(super) fn python(all: &[Explained]) -> String {
    let mut out = String::new();
    for named in all.iter().flat_map(|explained| &explained.listings) {
        let path = escape::line(&named.artifact);
        if named.listing.language != "python" {
            let _ = writeln!(out, "# {path}: {} is not Python", escape::line(named.listing.language));
            continue;
        }
        let _ = writeln!(out, "# {path}");
        for line in &named.listing.lines {
            let _ = writeln!(out, "{}", escape::line(&line.text));
        }
        if named.listing.omitted > 0 {
            let _ = writeln!(out, "# {} further lines were not kept", named.listing.omitted);
        }
    }
    out
}
