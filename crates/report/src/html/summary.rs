//! What frames the findings: the verdict, what was not read, the checks, and what made the report.

use std::collections::BTreeMap;

use base::{
    escape,
    reason::Reason,
    report::{ArtifactRecord, Report},
    verdict::Severity,
};

use crate::{
    markup::Markup,
    words::{self, advice, counted, hint, size},
};

/// Artifacts listed for one reason.
const UNREAD: usize = 200;

/// The verdict, what was scanned, and what one filters by.
pub(super) fn banner(report: &Report, html: &mut Markup) {
    html.open("header", &[("class", report.verdict.id())]);
    html.open("div", &[("class", "verdict")]);
    html.element("span", &[("class", "badge")], &report.verdict.id().to_uppercase());
    html.element("h1", &[], &words::target(report));
    html.close();
    html.element("p", &[("class", "advice")], advice(report));
    html.element("p", &[("class", "counts")], &format!("{} · {}", words::found(report), words::read(report)));
    bytes(report, html);
    html.close();
    html.open("form", &[("id", "filters"), ("class", "filters"), ("role", "search"), ("hidden", "hidden")]);
    html.void(
        "input",
        &[
            ("id", "search"),
            ("type", "search"),
            ("placeholder", "Search findings and artifacts"),
            ("aria-label", "Search findings and artifacts"),
            ("autocomplete", "off"),
        ],
    );
    for severity in Severity::ALL.iter().rev() {
        let count = report.findings.iter().filter(|finding| finding.severity == *severity).count();
        if count > 0 {
            html.open("label", &[("class", "chip"), ("data-chip", severity.id())]);
            html.void("input", &[("type", "checkbox"), ("checked", "checked"), ("value", severity.id())]);
            html.text(&format!("{severity} {count}"));
            html.close();
        }
    }
    html.open("select", &[("id", "rule"), ("aria-label", "Rule")]);
    html.open("option", &[]);
    html.text("every rule");
    html.close();
    for rule in report.findings.iter().map(|finding| &*finding.rule).collect::<std::collections::BTreeSet<_>>() {
        html.element("option", &[("value", rule)], rule);
    }
    html.close();
    html.element("button", &[("id", "everything"), ("type", "reset")], "Show all");
    html.element("button", &[("id", "theme"), ("type", "button")], "Dark or light");
    html.element("output", &[("id", "shown"), ("aria-live", "polite")], "");
    html.close();
}

/// The bytes as a bar, and in words.
fn bytes(report: &Report, html: &mut Markup) {
    let bytes = report.coverage;
    let parts = [
        ("understood", "analysed", bytes.analysed),
        ("tensor data", "opaque", bytes.opaque),
        ("not read", "skipped", bytes.skipped),
    ];
    html.open("figure", &[("class", "bytes")]);
    if bytes.bytes_total > 0 {
        html.open("svg", &[("viewBox", "0 0 1000 8"), ("preserveAspectRatio", "none"), ("aria-hidden", "true")]);
        let mut from = 0_u64;
        for (_, class, count) in parts {
            let thousandths = u128::from(count).saturating_mul(1000).checked_div(u128::from(bytes.bytes_total));
            // What there is at all can be seen.
            let width = u64::try_from(thousandths.unwrap_or_default())
                .unwrap_or_default()
                .max(u64::from(count > 0).saturating_mul(3));
            let (x, wide) = (from.to_string(), width.to_string());
            html.void("rect", &[("class", class), ("x", &x), ("y", "0"), ("width", &wide), ("height", "8")]);
            from = from.saturating_add(width);
        }
        html.close();
    }
    html.open("figcaption", &[]);
    html.text(&format!("{} in all: ", size(bytes.bytes_total)));
    for (index, (words, class, count)) in parts.into_iter().enumerate() {
        html.text(if index > 0 { ", " } else { "" });
        html.element("span", &[("class", &format!("key {class}"))], &format!("{} {words}", size(count)));
    }
    html.close();
    html.close();
}

/// What was not read, by reason.
pub(super) fn unread(report: &Report, html: &mut Markup) {
    let mut reasons: BTreeMap<Reason, Vec<&ArtifactRecord>> = BTreeMap::new();
    for record in report.artifacts.iter().filter(|record| !record.complete()) {
        reasons.entry(record.reason.unwrap_or(Reason::Unclaimed)).or_default().push(record);
    }
    if reasons.is_empty() {
        return;
    }
    html.open("section", &[("id", "unread")]);
    let count = counted(report.summary.incomplete, "artifact", "artifacts");
    html.element("h2", &[], &format!("Not fully read: {count}"));
    for (reason, records) in reasons {
        html.open("h3", &[]);
        html.element("code", &[], reason.id());
        html.text(&format!(" {}", reason.describe()));
        html.close();
        if let Some(hint) = hint(reason) {
            html.element("p", &[("class", "hint")], hint);
        }
        html.open("ul", &[("class", "unread")]);
        for record in records.iter().take(UNREAD) {
            html.open("li", &[("data-artifact", &record.path)]);
            super::findings::path(&record.path, html);
            let bytes = record.size.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
            html.element("span", &[("class", "dim")], &format!(" {}{bytes}", record.format));
            if let Some(detail) = record.detail.as_deref().filter(|detail| *detail != reason.describe()) {
                html.element("div", &[("class", "detail")], &escape::bounded(detail, 600));
            }
            html.close();
        }
        html.close();
        let left = records.len().saturating_sub(UNREAD) as u64;
        if left > 0 {
            html.element("p", &[("class", "dim")], &format!("… and {}", counted(left, "more", "more")));
        }
    }
    html.close();
}

/// What is told of the scan itself.
pub(super) fn notices(report: &Report, html: &mut Markup) {
    if report.notices.is_empty() {
        return;
    }
    html.open("section", &[("id", "notices")]);
    html.element("h2", &[], "About this scan");
    html.open("ul", &[]);
    for notice in report.notices.iter().take(UNREAD) {
        html.element("li", &[], &escape::bounded(&notice.message, 600));
    }
    html.close();
    html.close();
}

/// Every rule's account.
pub(super) fn checks(report: &Report, html: &mut Markup) {
    if report.checks.is_empty() {
        return;
    }
    html.open("details", &[("id", "checks")]);
    html.element("summary", &[], &words::checks(report));
    html.open("table", &[]);
    html.own("<thead><tr><th>rule</th><th>failed</th><th>passed</th><th>not run</th></tr></thead>");
    html.open("tbody", &[]);
    for (rule, check) in &report.checks {
        html.open("tr", if check.failed > 0 { &[("class", "failed")] } else { &[] });
        html.open("td", &[]);
        html.element("code", &[], rule);
        html.close();
        for count in [check.failed, check.passed, check.not_run] {
            html.element("td", &[("class", "number")], &count.to_string());
        }
        html.close();
    }
    html.close();
    html.close();
    html.element(
        "p",
        &[("class", "dim")],
        "Counted in artifacts; not run: nothing of the kind that the rule looks at, or not fully read.",
    );
    html.close();
}

/// What made the report.
pub(super) fn footer(report: &Report, html: &mut Markup) {
    let tool = &report.tool;
    let text = format!("{} {} · rules {} · level {}", tool.name, tool.version, tool.catalogue, tool.level.id());
    html.element("footer", &[], &text);
}
