//! `modelward config`: what holds and where each value came from; the schema.

use std::fmt::Write;

use base::escape;
use clap::ArgMatches;
use config::Value;
use serde_json::{Map, json};

use crate::{
    arguments::{ConfigCommand, Style},
    output,
    problem::Problem,
    settings::Setup,
};

/// Tells what was asked.
pub(crate) fn run(command: ConfigCommand, matches: &ArgMatches) -> Result<u8, Problem> {
    let text = match command {
        ConfigCommand::Schema => config::schema::text(),
        ConfigCommand::Show(arguments) => {
            let setup = Setup::of(&arguments.settings, matches, &[])?;
            setup.catalogue()?;
            match arguments.format {
                Style::Text => shown(&setup),
                Style::Json => format!("{:#}\n", document(&setup)),
            }
        }
    };
    output::print(text.as_bytes()).map(|()| 0)
}

/// One value a line, those that somebody set before the defaults of the limits.
fn shown(setup: &Setup) -> String {
    let merged = &setup.merged;
    let widest = merged.values.keys().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    let mut row = |key: &str, value: &str, origin: &str| {
        let _ = writeln!(text, "{}", escape::line(&format!("{key:<widest$}  {value:<24}  {origin}")));
    };
    for (key, given) in &merged.values {
        row(key, &given.value.to_string(), &given.origin.to_string());
    }
    for (rule, entry) in &merged.rules {
        row(&format!("rules.{rule}"), &format!("severity {}", entry.severity), &entry.origin.to_string());
    }
    for allow in &merged.allow {
        row("allow", &allow.import, &format!("{}: {}", allow.decision.at, allow.decision.reason));
    }
    for entry in &merged.suppress {
        row("suppress", &names(entry), &format!("{}: {}", entry.decision.at, entry.decision.reason));
    }
    text
}

/// What an entry names.
fn names(entry: &base::policy::Suppress) -> String {
    let path = entry.path.as_ref().map(|glob| glob.text().to_owned());
    let all = [entry.rule.clone(), path, entry.sha256.clone(), entry.fingerprint.clone(), entry.import.clone()];
    all.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn document(setup: &Setup) -> serde_json::Value {
    let merged = &setup.merged;
    let values = merged.values.iter().map(|(key, given)| {
        let value = match &given.value {
            Value::Flag(flag) => json!(flag),
            Value::Number(number) => json!(number),
            Value::Text(text) => json!(text),
            Value::List(list) => json!(list),
        };
        (key.clone(), json!({"value": value, "origin": given.origin.to_string()}))
    });
    let rules = merged.rules.iter().map(|(rule, entry)| {
        let told = json!({"severity": entry.severity.id(), "reason": entry.reason, "origin": entry.origin.to_string()});
        (rule.clone(), told)
    });
    let allow = merged.allow.iter().map(|allow| {
        json!({"import": allow.import, "reason": allow.decision.reason, "owner": allow.decision.owner, "origin": allow.decision.at})
    });
    let suppress = merged.suppress.iter().map(|entry| {
        json!({
            "rule": entry.rule, "path": entry.path.as_ref().map(|glob| glob.text()), "sha256": entry.sha256,
            "fingerprint": entry.fingerprint, "import": entry.import,
            "expires": entry.expires.map(|date| date.to_string()),
            "reason": entry.decision.reason, "owner": entry.decision.owner, "origin": entry.decision.at,
        })
    });
    json!({
        "values": values.collect::<Map<_, _>>(),
        "rules": rules.collect::<Map<_, _>>(),
        "allow": allow.collect::<Vec<_>>(),
        "suppress": suppress.collect::<Vec<_>>(),
    })
}
