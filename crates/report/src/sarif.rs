//! SARIF 2.1.0 within the limits of GitHub code scanning: results of the worst first, a region for each, paths relative to where
//! the scan was started, and a notification for everything that was not read.

mod artifacts;
mod flows;
mod model;
mod notices;
mod results;
mod rules;
mod taxonomies;

use std::io::{self, Write};

use base::{reason::Reason, report::Report};
use serde::Serialize;
use serde_json::{Map, Value};

use self::{
    artifacts::Artifacts,
    model::{AutomationDetails, Component, Invocation, Run, Tool},
    rules::Rules,
    taxonomies::Taxonomies,
};
use crate::{
    Page,
    groups::worst_first,
    json,
    whereabouts::{Whereabouts, uri},
};

/// Results that are written: GitHub keeps so many of a run, and not always the worst.
pub(crate) const MOST: usize = 5_000;

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [run(report)],
    };
    json::pretty(&log, out)
}

fn run(report: &Report) -> Run {
    let whereabouts = Whereabouts::of(report);
    let mut artifacts = Artifacts::new(report, &whereabouts);
    let taxonomies = Taxonomies::of(report);
    let mut findings = worst_first(report);
    let left_out = findings.len().saturating_sub(MOST);
    findings.truncate(MOST);
    let rules = Rules::of(report, &findings, &taxonomies);
    let results =
        findings.iter().map(|finding| results::result(finding, &rules, &report.excerpts, &mut artifacts)).collect();
    let invocation = Invocation {
        execution_successful: Some(!report.summary.reasons.contains_key(&Reason::Internal)),
        tool_execution_notifications: notices::all(report, left_out, &mut artifacts),
    };
    let category: Vec<String> = report.target.iter().map(|target| uri(target.trim_end_matches('/'))).collect();
    Run {
        tool: Some(Tool { driver: Some(driver(report, rules, &taxonomies)) }),
        // Without a name behind the last slash it is a category: each target keeps alerts of its own.
        automation_details: Some(AutomationDetails { id: Some(format!("modelward/{}/", category.join("+"))) }),
        invocations: vec![invocation],
        artifacts: artifacts.finish(),
        results: Some(results),
        taxonomies: taxonomies.components(),
        column_kind: Some("unicodeCodePoints"),
        properties: properties([
            ("verdict", report.verdict.id().into()),
            ("completeness", report.completeness.id().into()),
        ]),
    }
}

fn driver(report: &Report, rules: Rules, taxonomies: &Taxonomies) -> Component {
    Component {
        name: Some("Modelward"),
        version: Some(report.tool.version.clone()),
        semantic_version: Some(report.tool.version.clone()),
        information_uri: Some(env!("CARGO_PKG_REPOSITORY").into()),
        rules: rules.descriptors,
        notifications: notices::descriptors(report),
        supported_taxonomies: taxonomies.references(),
        properties: properties([
            ("catalogue", report.tool.catalogue.as_str().into()),
            ("scanLevel", report.tool.level.id().into()),
        ]),
        ..Component::default()
    }
}

/// A property bag.
fn properties<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.into(), value)).collect()
}

#[cfg(test)]
mod tests;
