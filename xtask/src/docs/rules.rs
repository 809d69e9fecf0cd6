//! The index of the rules: by severity, by category, by the ids of the standards.

use std::{collections::BTreeMap, fmt::Write};

use rulebook::{rule::Rule, taxonomy::Taxonomy};
use rules::Catalogue;

use super::MARK;

/// The page.
pub(super) fn index(catalogue: &Catalogue) -> Result<String, String> {
    let taxonomy = Catalogue::taxonomy().map_err(|error| error.to_string())?;
    let mut text =
        format!("{MARK}# Rules\n\nBy severity; below, the same by [category](#by-category), [CWE](#by-cwe), ");
    text.push_str("[OWASP](#by-owasp) and [MITRE ATLAS](#by-mitre-atlas).\n\n");
    text.push_str("| rule | what it says | category | severity | kind |\n|---|---|---|---|---|\n");
    let mut rows: Vec<&Rule> = catalogue.rules().iter().collect();
    rows.sort_by_key(|rule| (std::cmp::Reverse(rule.severity), rule.id.clone()));
    for rule in &rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            link(rule),
            rule.title,
            rule.category,
            rule.severity,
            rule.kind
        );
    }
    for (heading, groups) in groups(&rows, &taxonomy) {
        let _ = writeln!(text, "\n## {heading}\n\n| id | rules |\n|---|---|");
        for (id, links) in groups {
            let _ = writeln!(text, "| {id} | {} |", links.join(", "));
        }
    }
    Ok(text)
}

fn link(rule: &Rule) -> String {
    format!("[{0}](rules/{0}.md)", rule.id)
}

type Groups = BTreeMap<String, Vec<String>>;

/// The rules under each id of each standard.
fn groups(rows: &[&Rule], taxonomy: &Taxonomy) -> [(&'static str, Groups); 4] {
    let (mut categories, mut cwe, mut owasp, mut atlas) = (Groups::new(), Groups::new(), Groups::new(), Groups::new());
    let named = |id: &str, names: &BTreeMap<String, String>| match names.get(id) {
        Some(name) => format!("{id} {name}"),
        None => id.to_owned(),
    };
    for rule in rows {
        let name = taxonomy.categories.get(&*rule.category).map_or("", |category| &category.name);
        categories.entry(format!("`{}` {name}", rule.category)).or_default().push(link(rule));
        for id in rule.cwe.iter() {
            let name = taxonomy.cwe.get(id).map_or("", String::as_str);
            cwe.entry(format!("CWE-{id} {name}")).or_default().push(link(rule));
        }
        for id in rule.owasp_ml.iter() {
            owasp.entry(named(id, &taxonomy.owasp_ml)).or_default().push(link(rule));
        }
        for id in rule.owasp_llm.iter() {
            owasp.entry(named(id, &taxonomy.owasp_llm)).or_default().push(link(rule));
        }
        for id in rule.atlas.iter() {
            atlas.entry(named(id, &taxonomy.atlas)).or_default().push(link(rule));
        }
    }
    [("By category", categories), ("By CWE", cwe), ("By OWASP", owasp), ("By MITRE ATLAS", atlas)]
}
