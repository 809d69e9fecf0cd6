//! Numbers, names and places in words.

use std::sync::Arc;

use base::{
    escape,
    finding::{Finding, Lowered, Status, Suppression},
    location::Location,
    reason::Reason,
    report::Report,
    verdict::{Completeness, Severity, Verdict},
};

/// Characters shown of one name of a path.
pub(crate) const LONGEST_NAME: usize = 160;
/// Characters of why a finding does not count.
const LONGEST_STATUS: usize = 600;

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

/// Findings by severity: `2 critical, 1 low`, `no findings`, or `no findings but 3 accepted`.
pub(crate) fn found(report: &Report) -> String {
    let words = Severity::ALL.iter().rev().filter_map(|severity| {
        let count = report.summary.findings.get(severity).copied().filter(|count| *count > 0)?;
        Some(format!("{count} {severity}"))
    });
    let words: Vec<String> = words.collect();
    match (words.is_empty(), report.summary.suppressed) {
        (false, _) => words.join(", "),
        (true, 0) => "no findings".into(),
        (true, hidden) => format!("no findings but {hidden} accepted"),
    }
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
    let first = report.target.first().map(|first| elide(first, LONGEST_NAME)).unwrap_or_default();
    match (report.target.len() as u64).saturating_sub(1) {
        0 => first,
        rest => format!("{first} and {}", counted(rest, "more target", "more targets")),
    }
}

/// What to make of a verdict.
pub(crate) fn advice(report: &Report) -> &'static str {
    let complete = report.completeness == Completeness::Complete;
    match report.verdict {
        Verdict::Malicious if complete => "Do not load it.",
        Verdict::Malicious => "Do not load it. Parts of it were not read: there may be more.",
        Verdict::Suspicious if complete => "Look at what was found before you load it.",
        Verdict::Suspicious => "Look at what was found before you load it. Parts of it were not read.",
        Verdict::Incomplete if report.summary.reasons.keys().eq([&Reason::NothingToScan]) => {
            "There was nothing to scan here. Is it the right place?"
        }
        Verdict::Incomplete => "Nothing was found in what could be read. That is not an all-clear: see what was not.",
        Verdict::Clean if report.findings.is_empty() => "Nothing was found, and every byte is accounted for.",
        Verdict::Clean => "Nothing was found that counts, and every byte is accounted for.",
    }
}

/// The rules by how they came out: `83 rules: 2 failed, 73 passed, 8 not run`.
pub(crate) fn checks(report: &Report) -> String {
    let (mut failed, mut passed, mut not_run) = (0_u64, 0_u64, 0_u64);
    for check in report.checks.values() {
        let count = match (check.failed, check.passed) {
            (0, 0) => &mut not_run,
            (0, _) => &mut passed,
            _ => &mut failed,
        };
        *count = count.saturating_add(1);
    }
    let rules = counted(report.checks.len() as u64, "rule", "rules");
    format!("{rules}: {failed} failed, {passed} passed, {not_run} not run")
}

/// What a person can do about it.
pub(crate) const fn hint(reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::Time => Some("Scan it alone, or with a longer --timeout."),
        Reason::Memory => Some("A --temp-dir with more room may help."),
        Reason::Unreadable => Some("Check that it exists and that you may read it, then scan again."),
        Reason::Changed => Some("Scan again once nothing writes to it."),
        Reason::Truncated => Some("Fetch it again: the download may have been cut short."),
        Reason::Link => Some("Name the link's destination as a target of its own."),
        Reason::UnsupportedMethod => Some("Unpack it by another tool and scan what comes out."),
        Reason::Cancelled => Some("Scan again to read the rest."),
        _ => None,
    }
}

/// Paragraphs of Markdown, each in a line, items of lists as they stand.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in text.lines().map(str::trim) {
        let item = line.starts_with("- ") || line.starts_with("* ");
        match paragraphs.last_mut().filter(|last| !item && !last.is_empty() && !line.is_empty()) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None => paragraphs.push(line.into()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

/// Texts with something between them.
pub(crate) fn listed<'t>(texts: impl Iterator<Item = &'t Arc<str>>, between: &str) -> String {
    texts.map(|text| &**text).collect::<Vec<_>>().join(between)
}

/// How a severity came about.
pub(crate) fn lowered(lowered: &Lowered) -> String {
    format!("the rule says {}: {}", lowered.from, lowered.reason)
}

/// How a finding stands, in a word.
pub(crate) const fn status_word(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Suppressed => "suppressed",
        Status::Baseline => "baseline",
    }
}

/// How a finding stands, and why it does not count.
pub(crate) fn status(finding: &Finding) -> String {
    let word = match finding.status {
        Status::Active => return "active".into(),
        Status::Suppressed => "suppressed",
        Status::Baseline => "known before, in the baseline",
    };
    let Some(Suppression { by, reason, owner, expires }) = &finding.suppression else { return word.into() };
    let owner = owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
    let expires = expires.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
    escape::bounded(&format!("{word} by {by}: {reason}{owner}{expires}"), LONGEST_STATUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_accepted_is_not_nothing() {
        let mut report = crate::sample::clean();
        assert_eq!((found(&report), advice(&report).contains("that counts")), ("no findings".into(), false));
        let mut hidden = crate::sample::poisoned().findings.remove(0);
        hidden.status = Status::Suppressed;
        report.add_finding(hidden);
        assert_eq!(report.verdict, Verdict::Clean);
        assert_eq!(
            (found(&report), advice(&report).contains("that counts")),
            ("no findings but 1 accepted".into(), true)
        );
    }

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
