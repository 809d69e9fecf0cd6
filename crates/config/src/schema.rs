//! The JSON schema (draft 2020-12) of the configuration, for editors: made from the table of options.

use base::verdict::Severity;
use serde_json::{Map, Value, json};

use crate::options::{Kind, LIMITS, OPTIONS, Row};

/// The schema as indented JSON with a line break at its end.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// The schema of `modelward.toml` and of `[tool.modelward]`.
pub fn schema() -> Value {
    let shared = shared();
    let mut properties = shared.clone();
    let profiles = json!({
        "type": "object",
        "additionalProperties": object(shared.into_iter().filter(|(key, _)| key != "profile").collect(), &[]),
    });
    let chosen = properties.remove("profile").unwrap_or_default();
    properties.insert(
        "profile".into(),
        json!({"description": "The profile in force, or a table of profiles", "anyOf": [chosen, profiles]}),
    );
    properties.insert("allow".into(), json!({"type": "array", "items": reference("allow")}));
    properties.insert("suppress".into(), json!({"type": "array", "items": reference("suppress")}));
    let mut document = Map::new();
    document.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    document.insert("title".into(), "Modelward configuration".into());
    document.extend(object(properties, &[]).as_object().cloned().unwrap_or_default());
    document.insert("$defs".into(), json!({"allow": allow(), "suppress": suppress(), "rule": rule()}));
    Value::Object(document)
}

/// What files and profiles share.
fn shared() -> Map<String, Value> {
    let mut properties = rows(OPTIONS);
    properties.insert("limits".into(), object(rows(LIMITS), &[]));
    let folder = properties.remove("rules").unwrap_or_default();
    let rules = json!({"type": "object", "additionalProperties": reference("rule")});
    properties.insert(
        "rules".into(),
        json!({"description": "A folder of rules, or what is said of single rules", "anyOf": [folder, rules]}),
    );
    properties
}

fn rows(rows: &[Row]) -> Map<String, Value> {
    rows.iter().map(|row| (row.key.to_owned(), option(row))).collect()
}

fn option(row: &Row) -> Value {
    let mut schema = match row.kind {
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Number { least, most: u64::MAX } => json!({"type": "integer", "minimum": least}),
        Kind::Number { least, most } => json!({"type": "integer", "minimum": least, "maximum": most}),
        Kind::Size | Kind::Duration => json!({"type": ["integer", "string"], "minimum": 0}),
        Kind::Word(words) => json!({"enum": words}),
        Kind::Text => json!({"type": "string", "minLength": 1}),
        Kind::Texts | Kind::Globs => json!({"type": "array", "items": {"type": "string", "minLength": 1}}),
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), row.about.into());
    }
    schema
}

fn rule() -> Value {
    let severities: Vec<&str> = Severity::ALL.iter().rev().map(|severity| severity.id()).collect();
    let properties = json!({"severity": {"enum": severities}, "reason": string("Why")});
    object(properties.as_object().cloned().unwrap_or_default(), &["severity"])
}

fn allow() -> Value {
    let properties = json!({
        "import": {"description": "The exact name of a callable, module.name", "type": "string", "pattern": "^[^*?\\s.]+(\\.[^*?\\s.]+)+$"},
        "reason": string("Why"),
        "owner": string("Who stands for it"),
    });
    object(properties.as_object().cloned().unwrap_or_default(), &["import", "reason"])
}

fn suppress() -> Value {
    let properties = json!({
        "rule": string("Id of the rule"),
        "path": string("A pattern over the artifact's path or that of a container of it"),
        "sha256": {"description": "Of the artifact or the file that it lies in", "type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
        "fingerprint": {"description": "Of the finding", "type": "string", "pattern": "^[0-9a-fA-F]{32}$"},
        "import": string("The exact callable that the finding is about"),
        "reason": string("Why"),
        "owner": string("Who stands for it"),
        "expires": string("The last day on which it holds, as 2026-12-31"),
    });
    let mut schema = object(properties.as_object().cloned().unwrap_or_default(), &["reason"]);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("minProperties".into(), 2.into());
    }
    schema
}

fn string(about: &str) -> Value {
    json!({"description": about, "type": "string", "minLength": 1})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn object(properties: Map<String, Value>, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> usize {
        let table: toml::Table = text.parse().unwrap();
        let document = serde_json::to_value(table).unwrap();
        jsonschema::draft202012::new(&schema()).unwrap().iter_errors(&document).count()
    }

    #[test]
    fn the_schema_takes_what_the_program_takes() {
        let good = "level = \"quick\"\nprofile = \"ci\"\njobs = 2\nmax-size = \"1GiB\"\nexclude = [\"a\"]\n[limits]\ndepth = 3\n[rules.x]\nseverity = \"low\"\n[[allow]]\nimport = \"a.b\"\nreason = \"r\"\n[[suppress]]\nrule = \"x\"\nreason = \"r\"\n";
        let other = "rules = \"folder\"\n[profile.x]\nlevel = \"quick\"\n[profile.x.limits]\ndepth = 1\n";
        for text in [good, other] {
            assert_eq!(errors(text), 0, "{text}");
            crate::Layer::parse("m.toml", text).unwrap();
        }
        for text in [
            "levle = \"quick\"",
            "level = \"x\"",
            "jobs = 0",
            "[limits]\nx = 1",
            "[[allow]]\nimport = \"a.*\"\nreason = \"r\"",
            "[[suppress]]\nreason = \"r\"",
            "[profile.x]\nallow = []",
        ] {
            assert!(errors(text) > 0, "{text}");
            assert!(crate::Layer::parse("m.toml", text).is_err(), "{text}");
        }
    }
}
