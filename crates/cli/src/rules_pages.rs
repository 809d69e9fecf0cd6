//! `modelward rules`: which rules there are, and the page of each.

use std::{fmt::Write, path::Path};

use base::escape;
use rules::Catalogue;

use crate::{arguments::RulesCommand, output, problem::Problem};

/// The rules that come with the program and those of `folder`.
///
/// # Errors
/// A rule of the folder that is refused: its file, line and reason.
pub(crate) fn catalogue(folder: Option<&Path>) -> Result<Catalogue, Problem> {
    let builtin = Catalogue::builtin();
    match folder {
        None => Ok(builtin),
        Some(folder) if !folder.is_dir() => {
            Err(Problem::new(format!("--rules: {} is not a folder of rules", folder.display())))
        }
        Some(folder) => builtin.with_rules_from(folder).map_err(|error| Problem::new(format!("--rules: {error}"))),
    }
}

/// Lists the rules or shows one.
pub(crate) fn run(command: Option<RulesCommand>, folder: Option<&Path>) -> Result<u8, Problem> {
    let catalogue = catalogue(folder)?;
    let text = match command.unwrap_or(RulesCommand::List) {
        RulesCommand::List => list(&catalogue),
        RulesCommand::Show { id } => page(&catalogue, &id)?,
    };
    output::print(text.as_bytes()).map(|()| 0)
}

/// Every rule in a line, worst first.
fn list(catalogue: &Catalogue) -> String {
    let mut rules: Vec<_> = catalogue.rules().iter().collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.severity), rule.id.clone()));
    let widest = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in rules {
        let (id, title) = (escape::line(&rule.id), escape::line(&rule.title));
        let _ = writeln!(text, "{:<8}  {id:<widest$}  {title}", rule.severity);
    }
    text
}

/// What a rule means, why it is dangerous, what to do, and its examples.
fn page(catalogue: &Catalogue, id: &str) -> Result<String, Problem> {
    let unknown = || Problem::new(format!("there is no rule {id:?}; `modelward rules` lists them all"));
    let (rule, page) = catalogue.rule(id).zip(catalogue.page(id)).ok_or_else(unknown)?;
    let body = page.splitn(3, "+++").nth(2).unwrap_or(page);
    let mut text = format!("# {}: {}\n\n", rule.id, rule.title);
    let _ =
        writeln!(text, "{} {}, severity {}, confidence {}", rule.category, rule.kind, rule.severity, rule.confidence);
    let cwe = rule.cwe.iter().map(|number| format!("CWE-{number}"));
    let others = [&rule.owasp_ml, &rule.owasp_llm, &rule.atlas].into_iter().flat_map(|list| list.iter());
    let standards: Vec<String> = cwe.chain(others.map(ToString::to_string)).collect();
    if !standards.is_empty() {
        let _ = writeln!(text, "{}", standards.join(", "));
    }
    text.push('\n');
    let body = body.trim().lines();
    let shown: Vec<_> = text.lines().chain(body).map(escape::line).collect();
    Ok(format!("{}\n", shown.join("\n")))
}
