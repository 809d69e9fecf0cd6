//! `tool.driver.rules`: what the rules of the results say, with what GitHub sorts and filters by.

use std::collections::BTreeMap;

use base::{finding::Finding, report::Report, verdict::Severity};

use super::{
    model::{Configuration, Descriptor, DescriptorReference, Message, Relationship},
    properties,
    results::level,
    taxonomies::Taxonomies,
};

/// Tags of a rule: GitHub takes twenty.
const TAGS: usize = 20;

/// The rules of the results.
pub(super) struct Rules {
    pub(super) descriptors: Vec<Descriptor>,
    indices: BTreeMap<String, usize>,
}

impl Rules {
    /// Those of `findings`, the worst first of each deciding how severe its rule is shown.
    pub(super) fn of(report: &Report, findings: &[&Finding], taxonomies: &Taxonomies) -> Self {
        let mut rules = Self { descriptors: Vec::new(), indices: BTreeMap::new() };
        for finding in findings {
            if !rules.indices.contains_key(&*finding.rule) {
                rules.indices.insert(finding.rule.to_string(), rules.descriptors.len());
                rules.descriptors.push(descriptor(report, finding, taxonomies));
            }
        }
        rules
    }

    pub(super) fn index(&self, rule: &str) -> Option<usize> {
        self.indices.get(rule).copied()
    }
}

fn descriptor(report: &Report, worst: &Finding, taxonomies: &Taxonomies) -> Descriptor {
    let record = report.rules.get(&worst.rule);
    let relationship = |target: DescriptorReference| Relationship { target: Some(target), kinds: vec!["relevant"] };
    let mut tags = vec!["security".to_owned(), worst.category.to_string()];
    tags.extend(worst.cwe.iter().map(|id| format!("external/cwe/{}", id.to_lowercase())));
    let others = [("owasp-ml", &worst.owasp_ml), ("owasp-llm", &worst.owasp_llm), ("atlas", &worst.atlas)];
    tags.extend(others.iter().flat_map(|(name, ids)| ids.iter().map(move |id| format!("{name}/{id}"))));
    tags.truncate(TAGS);
    Descriptor {
        id: Some(worst.rule.to_string()),
        name: Some(pascal_case(&worst.rule)),
        short_description: Some(Message::text(&*worst.title)),
        full_description: Some(Message::text(record.map_or(&*worst.title, |record| &record.meaning))),
        help: Some(help(report, worst)),
        help_uri: record.and_then(|record| record.link.as_deref()).map(Into::into),
        default_configuration: Some(Configuration { level: Some(level(worst.severity)) }),
        relationships: worst.standards().filter_map(|id| taxonomies.reference(id)).map(relationship).collect(),
        properties: properties([
            ("tags", tags.into()),
            ("precision", worst.confidence.id().into()),
            ("problem.severity", problem_severity(worst.severity).into()),
            ("security-severity", security_severity(worst.severity).into()),
        ]),
    }
}

/// GitHub's bounds: from 9 critical, from 7 high, from 4 medium, below low.
const fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.5",
        Severity::Info => "0.1",
    }
}

/// GitHub's words for quality: how it is shown where security-severity is not.
const fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "recommendation",
    }
}

/// The page of the rule, as Markdown and as the text that it is.
fn help(report: &Report, finding: &Finding) -> Message {
    let Some(record) = report.rules.get(&finding.rule) else { return Message::text(&*finding.remedy) };
    let sections =
        [("What it means", &record.meaning), ("Why it is dangerous", &record.danger), ("What to do", &record.remedy)];
    let markdown = sections.map(|(title, text)| format!("## {title}\n\n{text}\n")).join("\n");
    let text = sections.map(|(title, text)| format!("{title}: {text}")).join("\n\n");
    Message { text: Some(text), markdown: Some(markdown) }
}

/// `process-spawn` as `ProcessSpawn`: what 3.49.7 asks of a name.
fn pascal_case(id: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(word).collect()
}
