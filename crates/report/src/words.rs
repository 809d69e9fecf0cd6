//! Numbers, names and places in words.

use std::sync::Arc;

use base::{finding::Status, location::Location, report::Report, verdict::Severity};

/// `1 artifact`, `2 artifacts`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number of bytes with at most one digit after the point: `999 B`, `1.2 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut shift = 10_u32;
    let mut name = "KiB";
    for unit in UNITS {
        name = unit;
        if bytes.checked_shr(shift).unwrap_or_default() < 1024 {
            break;
        }
        shift = shift.saturating_add(10);
    }
    let tenths = u128::from(bytes).saturating_mul(10).checked_shr(shift).unwrap_or_default();
    match (tenths.checked_div(10), tenths.checked_rem(10)) {
        (Some(whole), Some(tenth)) => format!("{whole}.{tenth} {name}"),
        _ => format!("{bytes} B"),
    }
}

/// `text` with its middle left out where it is longer than `limit` characters: of a path, both ends matter.
pub(crate) fn elide(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.into();
    }
    let half = limit.saturating_sub(1) >> 1;
    let start = text.chars().take(half);
    let end = text.chars().skip(count.saturating_sub(half));
    start.chain(['…']).chain(end).collect()
}

/// Where in its artifact a location points: `line 3, column 7`, `byte 0x28 (opcode 11)`; nothing where it points at the whole.
pub(crate) fn point(at: &Location) -> String {
    let place = match (at.line, at.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}"),
        (Some(line), None) => format!("line {line}"),
        _ if at.offset > 0 || at.length > 0 => format!("byte {:#x}", at.offset),
        _ => String::new(),
    };
    match (&at.pointer, place.is_empty()) {
        (None, _) => place,
        (Some(pointer), true) => elide(pointer, 120),
        (Some(pointer), false) => format!("{place} ({})", elide(pointer, 120)),
    }
}

/// Findings by severity: `2 critical, 1 low`, or `no findings`.
pub(crate) fn found(report: &Report) -> String {
    let words = Severity::ALL.iter().rev().filter_map(|severity| {
        let count = report.summary.findings.get(severity).copied().filter(|count| *count > 0)?;
        Some(format!("{count} {severity}"))
    });
    let words: Vec<String> = words.collect();
    if words.is_empty() { "no findings".into() } else { words.join(", ") }
}

/// Artifacts, and whether all were read: `3 artifacts, 2 not fully read`.
pub(crate) fn read(report: &Report) -> String {
    let artifacts = counted(report.summary.artifacts, "artifact", "artifacts");
    match report.summary.incomplete {
        0 => format!("{artifacts}, all read"),
        some if some == report.summary.artifacts => format!("{artifacts}, not fully read"),
        some => format!("{artifacts}, {some} not fully read"),
    }
}

/// What was scanned, in a line.
pub(crate) fn target(report: &Report) -> String {
    match report.target.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first} and {}", counted(rest.len() as u64, "more target", "more targets")),
    }
}

/// Texts with something between them.
pub(crate) fn listed<'t>(texts: impl Iterator<Item = &'t Arc<str>>, between: &str) -> String {
    texts.map(|text| &**text).collect::<Vec<_>>().join(between)
}

/// How a finding stands.
pub(crate) const fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suppressed => "suppressed",
        Status::Baseline => "baseline",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_never_rounded_up() {
        let sizes = [0, 1023, 1024, 1288, (1 << 20) - 1, 1 << 20, 100 << 30, u64::MAX];
        let words = sizes.map(size);
        assert_eq!(words, ["0 B", "1023 B", "1.0 KiB", "1.2 KiB", "1023.9 KiB", "1.0 MiB", "100.0 GiB", "15.9 EiB"]);
    }

    #[test]
    fn both_ends_of_a_long_name_stay() {
        assert_eq!(elide("abcdefghij", 10), "abcdefghij");
        assert_eq!(elide("abcdefghijk", 7), "abc…ijk");
    }
}
