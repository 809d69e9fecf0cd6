//! One JSON object a line, for streams and `grep`. `type` says what a line is: `header` (version, tool, target, verdict,
//! completeness), then each `finding`, each `artifact`, each `rule` (with its `id`), `excerpt` and
//! `notice`, and last the `summary` (summary, coverage, checks, standards). The fields are those of the JSON report.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
};

use base::{
    coverage::Coverage,
    report::{Check, Report, RuleRecord, Summary, Tool},
    verdict::{Completeness, Verdict},
};
use serde::Serialize;

use crate::{Page, json};

#[derive(Serialize)]
struct Line<T> {
    r#type: &'static str,
    #[serde(flatten)]
    body: T,
}

#[derive(Serialize)]
struct Header<'r> {
    schema_version: &'r str,
    tool: &'r Tool,
    target: &'r [String],
    verdict: Verdict,
    completeness: Completeness,
}

#[derive(Serialize)]
struct Rule<'r> {
    id: &'r str,
    #[serde(flatten)]
    record: &'r RuleRecord,
}

#[derive(Serialize)]
struct End<'r> {
    summary: &'r Summary,
    coverage: Coverage,
    checks: &'r BTreeMap<Arc<str>, Check>,
    standards: &'r BTreeMap<Arc<str>, Arc<str>>,
}

/// Writes `report`.
pub(crate) fn write(report: &Report, _page: Page, out: &mut dyn Write) -> io::Result<()> {
    let Report { schema_version, tool, target, verdict, completeness, .. } = report;
    line("header", Header { schema_version, tool, target, verdict: *verdict, completeness: *completeness }, out)?;
    report.findings.iter().try_for_each(|finding| line("finding", finding, out))?;
    report.artifacts.iter().try_for_each(|artifact| line("artifact", artifact, out))?;
    report.rules.iter().try_for_each(|(id, record)| line("rule", Rule { id, record }, out))?;
    report.excerpts.iter().try_for_each(|excerpt| line("excerpt", excerpt, out))?;
    report.notices.iter().try_for_each(|notice| line("notice", notice, out))?;
    let Report { summary, coverage, checks, standards, .. } = report;
    line("summary", End { summary, coverage: *coverage, checks, standards }, out)
}

fn line(r#type: &'static str, body: impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    json::line(&Line { r#type, body }, out)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sample;

    #[test]
    fn the_lines_hold_the_whole_report() {
        for report in sample::all() {
            let mut out = Vec::new();
            write(&report, Page::default(), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let mut whole =
                serde_json::json!({"findings": [], "artifacts": [], "rules": {}, "excerpts": [], "notices": []});
            for line in text.lines() {
                let mut value: Value = serde_json::from_str(line).unwrap();
                let fields = value.as_object_mut().unwrap();
                match fields.remove("type").unwrap().as_str().unwrap() {
                    "header" | "summary" => whole.as_object_mut().unwrap().append(fields),
                    "rule" => {
                        let id = fields.remove("id").unwrap();
                        whole["rules"][id.as_str().unwrap()] = value;
                    }
                    kind => whole[format!("{kind}s")].as_array_mut().unwrap().push(value),
                }
            }
            assert_eq!(serde_json::from_value::<Report>(whole).unwrap(), report);
        }
    }
}
