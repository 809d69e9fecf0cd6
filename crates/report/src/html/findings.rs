//! The findings, worst first: what would happen, where through every container, why, what to do, and what standards call it.

use base::{escape, excerpt::Excerpt, finding::Finding, report::Report, verdict::Confidence};

use super::{listing, prose};
use crate::{
    groups::{self, Group},
    markup::Markup,
    whereabouts::Whereabouts,
    words::{self, LONGEST_NAME, counted, elide, point},
};

/// Bytes of the page after which findings are only counted.
const FULL: usize = 24 << 20;
/// Places shown of a cause.
const PLACES: usize = 50;
/// Characters shown of a message and of evidence.
const LONGEST: usize = 4_000;

/// Writes every finding, those that do not count last.
pub(super) fn write(report: &Report, whereabouts: &Whereabouts<'_>, excerpts: &[Excerpt], html: &mut Markup) {
    html.open("section", &[("id", "findings")]);
    html.element("h2", &[], "Findings");
    let (active, accepted): (Vec<_>, Vec<_>) =
        groups::worst_first(report).into_iter().partition(|finding| finding.counts());
    if report.findings.is_empty() {
        html.element("p", &[("class", "none")], "Nothing was found.");
    }
    let mut left = 0_u64;
    for group in groups::of(active).iter().chain(&groups::of(accepted)) {
        if html.len() > FULL {
            left = left.saturating_add(1);
        } else {
            self::group(group, report, whereabouts, excerpts, html);
        }
    }
    if left > 0 {
        let rules = counted(left, "more rule", "more rules");
        html.element("p", &[("class", "hint")], &format!("… and findings of {rules}: the JSON report lists them all."));
    }
    html.element("p", &[("id", "none"), ("class", "none"), ("hidden", "hidden")], "Nothing fits the filters.");
    html.close();
}

fn group(group: &Group<'_>, report: &Report, whereabouts: &Whereabouts<'_>, excerpts: &[Excerpt], html: &mut Markup) {
    let first = group.first;
    let counts = first.counts();
    let class = if counts { "finding" } else { "finding accepted" };
    html.open("article", &[("class", class), ("data-severity", first.severity.id()), ("data-rule", &first.rule)]);
    html.open("h3", &[]);
    html.element("span", &[("class", &format!("badge {}", first.severity.id()))], &first.severity.id().to_uppercase());
    html.text(" ");
    html.text(&first.title);
    if !counts {
        html.element("span", &[("class", "dim")], &format!(" does not count: {}", words::status(first)));
    }
    html.close();
    for cause in &group.causes {
        self::cause(cause, whereabouts, excerpts, html);
    }
    html.open("dl", &[]);
    term("do", html);
    prose::blocks(&first.remedy, html);
    html.close();
    html.close();
    explanation(first, report, html);
    html.close();
}

/// What would happen, where and why.
fn cause(findings: &[&Finding], whereabouts: &Whereabouts<'_>, excerpts: &[Excerpt], html: &mut Markup) {
    let Some(first) = findings.first() else { return };
    html.open("dl", &[("class", "cause"), ("data-count", &findings.len().to_string())]);
    term("what", html);
    html.element("p", &[("class", "what")], &escape::bounded(&first.message, LONGEST));
    html.close();
    term("where", html);
    for finding in findings.iter().take(PLACES) {
        place(finding, whereabouts, html);
    }
    let left = findings.len().saturating_sub(PLACES) as u64;
    if left > 0 {
        let more = counted(left, "more artifact", "more artifacts");
        html.element("p", &[("class", "dim")], &format!("… and in {more}"));
    }
    html.close();
    term("why", html);
    if !first.evidence.trim().is_empty() && !first.message.contains(first.evidence.trim()) {
        html.element("code", &[("class", "evidence")], &escape::bounded(&first.evidence, LONGEST));
    }
    html.element("p", &[("class", "dim")], sure(first.confidence));
    if let Some(lowered) = &first.lowered {
        html.element("p", &[], &format!("{} here; {}", first.severity, words::lowered(lowered)));
    }
    html.close();
    if excerpts.iter().any(|excerpt| listing::shows(excerpt, first)) {
        term("listing", html);
        html.element("a", &[("href", &format!("#{}", listing::anchor(first)))], "the lines that lead there");
        html.close();
    }
    html.close();
}

const fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high confidence: the bytes themselves show it",
        Confidence::Medium => "medium confidence: likely, but not certain",
        Confidence::Low => "low confidence: a hint",
    }
}

/// A label, and the beginning of what stands beside it.
fn term(label: &str, html: &mut Markup) {
    html.element("dt", &[], label);
    html.open("dd", &[]);
}

/// The way through every container, and where in the last one.
fn place(finding: &Finding, whereabouts: &Whereabouts<'_>, html: &mut Markup) {
    html.open("div", &[("class", "place"), ("data-artifact", &finding.artifact)]);
    path(&whereabouts.whole(&finding.location.path), html);
    let points = std::iter::once(&finding.location).chain(&finding.places).map(point);
    let mut words: Vec<String> = points.filter(|point| !point.is_empty()).collect();
    words.dedup();
    let left = finding.count.saturating_sub(words.len().max(1) as u64);
    if left > 0 {
        words.push(counted(left, "more place", "more places"));
    }
    html.element("span", &[("class", "point")], &words.join("; "));
    html.close();
}

/// A path as steps.
pub(super) fn path(path: &str, html: &mut Markup) {
    html.open("span", &[("class", "path")]);
    for (index, step) in path.split("!/").enumerate() {
        if index > 0 {
            html.own("<span class=\"arrow\"> → </span>");
        }
        html.element("span", &[("class", "step")], &elide(step, LONGEST_NAME));
    }
    html.close();
}

/// What the rule says, and what standards call it.
fn explanation(finding: &Finding, report: &Report, html: &mut Markup) {
    html.open("details", &[]);
    html.open("summary", &[]);
    html.element("code", &[], &finding.rule);
    html.text(&format!(" · {} · ", finding.category));
    html.text(&words::listed(finding.standards(), " · "));
    html.close();
    if let Some(rule) = report.rules.get(&finding.rule) {
        html.element("h4", &[], "What it means");
        prose::blocks(&rule.meaning, html);
        html.element("h4", &[], "Why it is dangerous");
        prose::blocks(&rule.danger, html);
    }
    html.open("ul", &[("class", "standards")]);
    for id in finding.standards() {
        html.open("li", &[]);
        html.element("code", &[], id);
        html.text(&report.standards.get(id).map(|name| format!(" {name}")).unwrap_or_default());
        html.close();
    }
    if let Some(link) = report.rules.get(&finding.rule).and_then(|rule| rule.link.as_deref()) {
        html.element("li", &[("class", "link")], link);
    }
    html.close();
    html.element("p", &[("class", "dim")], &format!("fingerprint {}", finding.fingerprint));
    html.close();
}
