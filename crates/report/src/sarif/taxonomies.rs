//! `run.taxonomies`: the standards whose ids the findings carry.

use std::collections::BTreeMap;

use base::report::Report;

use super::model::{Component, ComponentReference, Descriptor, DescriptorReference, Message};

/// A standard: its name, who keeps it, where, and where one of its ids is explained.
struct Standard {
    name: &'static str,
    organization: &'static str,
    home: &'static str,
    /// What ids begin with in a report, and what of them the standard itself writes.
    prefix: &'static str,
    bare: bool,
    page: fn(&str) -> String,
}

const STANDARDS: [Standard; 4] = [
    Standard {
        name: "CWE",
        organization: "MITRE",
        home: "https://cwe.mitre.org/",
        prefix: "CWE-",
        bare: true,
        page: |id| format!("https://cwe.mitre.org/data/definitions/{id}.html"),
    },
    Standard {
        name: "OWASP ML Top 10 2023",
        organization: "OWASP",
        home: "https://owasp.org/www-project-machine-learning-security-top-10/",
        prefix: "ML",
        bare: false,
        page: |_| "https://owasp.org/www-project-machine-learning-security-top-10/".into(),
    },
    Standard {
        name: "OWASP LLM Top 10 2025",
        organization: "OWASP",
        home: "https://genai.owasp.org/llm-top-10/",
        prefix: "LLM",
        bare: false,
        page: |_| "https://genai.owasp.org/llm-top-10/".into(),
    },
    Standard {
        name: "MITRE ATLAS",
        organization: "MITRE",
        home: "https://atlas.mitre.org/",
        prefix: "AML.",
        bare: false,
        page: |id| format!("https://atlas.mitre.org/techniques/{id}"),
    },
];

/// An id as its standard writes it, and its name.
type Taxon = (String, Option<String>);

/// The standards in use, each with the ids in use.
pub(super) struct Taxonomies {
    /// In the order of [`STANDARDS`].
    used: Vec<(&'static Standard, Vec<Taxon>)>,
    /// By the id of a finding: which of `used`, and which id of it.
    places: BTreeMap<String, (usize, usize)>,
}

impl Taxonomies {
    pub(super) fn of(report: &Report) -> Self {
        let mut taxonomies = Self { used: Vec::new(), places: BTreeMap::new() };
        for standard in &STANDARDS {
            let ids = report.findings.iter().flat_map(|finding| finding.standards());
            let ids: std::collections::BTreeSet<&str> =
                ids.map(|id| &**id).filter(|id| id.starts_with(standard.prefix)).collect();
            if ids.is_empty() {
                continue;
            }
            let at = taxonomies.used.len();
            let mut taxa = Vec::new();
            for id in ids {
                taxonomies.places.insert(id.into(), (at, taxa.len()));
                let own = if standard.bare { id.trim_start_matches(standard.prefix) } else { id };
                taxa.push((own.into(), report.standards.get(id).map(|name| name.to_string())));
            }
            taxonomies.used.push((standard, taxa));
        }
        taxonomies
    }

    /// What points to an id of a finding.
    pub(super) fn reference(&self, id: &str) -> Option<DescriptorReference> {
        let (at, index) = *self.places.get(id)?;
        let (standard, taxa) = self.used.get(at)?;
        let component = ComponentReference { name: Some(standard.name), index: Some(at) };
        let (own, _) = taxa.get(index)?;
        Some(DescriptorReference { id: Some(own.clone()), index: Some(index), tool_component: Some(component) })
    }

    /// What points to the standards.
    pub(super) fn references(&self) -> Vec<ComponentReference> {
        let reference = |(index, used): (usize, &(&'static Standard, _))| ComponentReference {
            name: Some(used.0.name),
            index: Some(index),
        };
        self.used.iter().enumerate().map(reference).collect()
    }

    /// The standards themselves.
    pub(super) fn components(self) -> Vec<Component> {
        self.used.into_iter().map(|(standard, taxa)| component(standard, taxa)).collect()
    }
}

fn component(standard: &Standard, taxa: Vec<Taxon>) -> Component {
    let taxon = |(id, name): Taxon| Descriptor {
        help_uri: Some((standard.page)(&id)),
        id: Some(id),
        short_description: name.map(Message::text),
        ..Descriptor::default()
    };
    Component {
        name: Some(standard.name),
        organization: Some(standard.organization),
        information_uri: Some(standard.home.into()),
        taxa: taxa.into_iter().map(taxon).collect(),
        is_comprehensive: Some(false),
        ..Component::default()
    }
}
