//! Baselines: the findings of a scan, so that a later one can tell what is new. Sorted, so that versions compare well.

use std::collections::BTreeMap;

use base::{finding::Finding, policy::Baseline, report::Report};
use serde_json::{Value, json};

use crate::fault::Fault;

/// The version of the file.
const VERSION: u64 = 1;

/// A baseline as a file holds it: by fingerprint what a person needs to know each finding by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(BTreeMap<String, Row>);

/// What is written beside a fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    artifact: String,
    rule: String,
    subject: String,
    severity: String,
}

impl Known {
    /// The findings of a report that count, or that a baseline knows.
    pub fn of(report: &Report) -> Self {
        let row = |finding: &Finding| Row {
            artifact: finding.artifact.to_string(),
            rule: finding.rule.to_string(),
            subject: finding.subject.clone(),
            severity: finding.severity.id().to_owned(),
        };
        let told = report.findings.iter().filter(|finding| finding.status != base::finding::Status::Suppressed);
        Self(told.map(|finding| (finding.fingerprint.clone(), row(finding))).collect())
    }

    /// Reads a file.
    ///
    /// # Errors
    /// A text that is no baseline, and why.
    pub fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        let fault = |reason: &str| Fault::new(file, 0, format!("is not a baseline: {reason}"));
        let document: Value = serde_json::from_str(text)
            .map_err(|error| Fault::new(file, error.line(), format!("is not a baseline: {error}")))?;
        match document.get("modelward-baseline").and_then(Value::as_u64) {
            Some(VERSION) => {}
            Some(_) => return Err(fault("it is of a version that this program does not know")),
            None => return Err(fault("it does not say so")),
        }
        let list = document.get("findings").and_then(Value::as_array).ok_or_else(|| fault("findings are missing"))?;
        let read = |item: &Value| {
            let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            let row = Row {
                artifact: text("artifact").unwrap_or_default(),
                rule: text("rule").unwrap_or_default(),
                subject: text("subject").unwrap_or_default(),
                severity: text("severity").unwrap_or_default(),
            };
            text("fingerprint").map(|fingerprint| (fingerprint, row))
        };
        let rows: Option<BTreeMap<String, Row>> = list.iter().map(read).collect();
        rows.map(Self).ok_or_else(|| fault("a finding has no fingerprint"))
    }

    /// The text of the file: one finding a line, by artifact.
    pub fn text(&self) -> String {
        let mut rows: Vec<(&Row, &String)> = self.0.iter().map(|(fingerprint, row)| (row, fingerprint)).collect();
        rows.sort();
        let lines: Vec<String> = rows
            .into_iter()
            .map(|(row, fingerprint)| {
                let row = json!({
                    "fingerprint": fingerprint, "artifact": row.artifact, "rule": row.rule,
                    "subject": row.subject, "severity": row.severity,
                });
                format!("    {row}")
            })
            .collect();
        let list = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
        format!("{{\n  \"modelward-baseline\": {VERSION},\n  \"findings\": [{list}]\n}}\n")
    }

    /// How many findings it knows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what another knows; returns how many were new.
    pub fn add(&mut self, other: Self) -> usize {
        let before = self.0.len();
        self.0.extend(other.0);
        self.0.len().saturating_sub(before)
    }

    /// Drops what `seen` does not know; returns how many those were.
    pub fn prune(&mut self, seen: &Self) -> usize {
        let before = self.0.len();
        self.0.retain(|fingerprint, _| seen.0.contains_key(fingerprint));
        before.saturating_sub(self.0.len())
    }

    /// As a policy wants it.
    pub fn policy(self, file: &str) -> Baseline {
        Baseline { fingerprints: self.0.into_keys().collect(), at: file.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(rows: &[(String, String)]) -> Known {
        let row = |artifact: &String| Row { artifact: artifact.clone(), rule: "r".into(), ..Row::default() };
        Known(rows.iter().map(|(fingerprint, artifact)| (fingerprint.clone(), row(artifact))).collect())
    }

    proptest! {
        #[test]
        fn a_file_reads_back_and_its_text_is_stable(rows in prop::collection::vec(("[0-9a-f]{4}", ".*"), 0..8)) {
            let known = known(&rows);
            let text = known.text();
            prop_assert_eq!(&Known::parse("b.json", &text).unwrap(), &known);
            prop_assert_eq!(Known::parse("b.json", &text).unwrap().text(), text);
        }
    }

    #[test]
    fn updating_adds_and_pruning_drops() {
        let pair = |name: &str| (name.to_owned(), "a".to_owned());
        let mut base = known(&[pair("1"), pair("2")]);
        assert_eq!(base.add(known(&[pair("2"), pair("3")])), 1);
        assert_eq!(base.prune(&known(&[pair("3"), pair("4")])), 2);
        assert_eq!(base, known(&[pair("3")]));
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"modelward-baseline\": 2}",
            "{\"modelward-baseline\": 1}",
            "{\"modelward-baseline\": 1, \"findings\": [{}]}",
        ] {
            assert!(Known::parse("b.json", text).is_err(), "{text}");
        }
    }
}
