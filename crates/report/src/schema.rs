//! The JSON schema (draft 2020-12) of the report: the contract that programs read by.

use base::{
    limits::Limits,
    reason::Reason,
    report::SCHEMA_VERSION,
    verdict::{Completeness, Confidence, RuleKind, Severity, Verdict},
};
use serde_json::{Map, Value, json};

/// The schema as indented JSON with a line break at its end.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// The schema of what [`crate::Format::Json`] writes.
pub fn schema() -> Value {
    let root = object(
        "The result of a scan by Modelward. The same bytes, rules and limits give the same report.",
        json!({
            "schema_version": {
                "description": "Version of this structure; the major part changes when a reader of the old one would misread the new one",
                "type": "string", "pattern": format!("^{}\\.[0-9]+$", SCHEMA_VERSION.split('.').next().unwrap_or_default()),
            },
            "tool": tool(),
            "target": described("What was scanned, as named", array(string())),
            "verdict": words("The worst that holds over the tree", Verdict::ALL.iter().rev().map(|word| word.id())),
            "completeness": words("Whether everything was read; stands beside the verdict", Completeness::ALL.iter().map(|word| word.id())),
            "artifacts": described("Every artifact that is incomplete or has a finding, and the first 10,000 others, in canonical order", array(reference("artifact"))),
            "coverage": coverage(),
            "findings": described("What was found, in the order of the artifacts", array(reference("finding"))),
            "checks": described("For each rule, the number of artifacts in which it failed, passed or was not run",
                json!({"type": "object", "additionalProperties": reference("check")})),
            "rules": described("What the rules of the findings say, by id",
                json!({"type": "object", "additionalProperties": reference("rule")})),
            "standards": described("Names of the standards' ids that findings carry, such as CWE-502",
                json!({"type": "object", "additionalProperties": string()})),
            "summary": summary(),
            "notices": described("About the scan itself: suppressions that expired or fit nothing, files left out on request", array(object(
                "",
                json!({"id": described("What kind", string()), "message": string()}),
                &[],
            ))),
            "excerpts": described("The parts of programs that findings are about, where they were asked for", array(reference("excerpt"))),
        }),
        &["rules", "standards", "notices", "excerpts"],
    );
    let mut document = Map::new();
    document.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    document.insert("title".into(), "Modelward report".into());
    document.extend(root.as_object().cloned().unwrap_or_default());
    document.insert(
        "$defs".into(),
        json!({
            "artifact": artifact(), "finding": finding(), "location": location(), "check": check(), "rule": rule(), "excerpt": excerpt(),
            "severity": words("How bad it is", Severity::ALL.iter().rev().map(|word| word.id())),
            "reason": words("Why an artifact is incomplete", Reason::ALL.iter().map(|word| word.id())),
        }),
    );
    Value::Object(document)
}

fn tool() -> Value {
    // The names come from the limits themselves: all are numbers but the time.
    let limits = serde_json::to_value(Limits::default()).unwrap_or_default();
    let names = limits.as_object().into_iter().flat_map(Map::keys);
    let mut limits: Map<String, Value> = names.map(|name| (name.clone(), count())).collect();
    let duration =
        json!({"type": "object", "properties": {"secs": count(), "nanos": count()}, "required": ["secs", "nanos"]});
    limits.insert(
        "timeout".into(),
        json!({"description": "Time for the whole run; null without a limit", "anyOf": [duration, {"type": "null"}]}),
    );
    object(
        "What made the report",
        json!({
            "name": string(),
            "version": string(),
            "catalogue": described("Digest of the rules and the knowledge in force", string()),
            "level": words("How thorough the scan was", ["quick", "standard", "thorough"]),
            "limits": object("The limits in force; hitting one makes the artifact incomplete", Value::Object(limits), &[]),
        }),
        &[],
    )
}

fn artifact() -> Value {
    object(
        "One node of the tree of files, members and embedded parts",
        json!({
            "path": described("Relative to the target; members of containers follow !/", string()),
            "path_hex": described("The path's raw bytes, where it is not UTF-8", hexadecimal("+")),
            "format": described("What explains it first; or unknown, empty, folder, vcs, tensor-data", string()),
            "formats": described("Everything that it is at once", array(string())),
            "size": described("Bytes; null for folders and where it never became known", nullable(count())),
            "sha256": described("Null where not every byte was read", nullable(hexadecimal("{64}"))),
            "outcome": words("How its reading ended", ["complete", "unknown", "partial", "over-limit"]),
            "reason": {"description": "Why it is not complete", "anyOf": [reference("reason"), {"type": "null"}]},
            "detail": described("What exactly, for people", string()),
        }),
        &["path_hex", "detail"],
    )
}

fn finding() -> Value {
    object(
        "What a rule says of one subject in one artifact; equal ones are one with a count",
        json!({
            "rule": described("Id of the rule", string()),
            "kind": words("Only threats and exposures count for the verdict", RuleKind::ALL.iter().rev().map(|word| word.id())),
            "category": string(),
            "severity": reference("severity"),
            "confidence": words("How sure the scanner is", Confidence::ALL.iter().rev().map(|word| word.id())),
            "title": string(),
            "message": described("What would happen", string()),
            "remedy": described("What to do now", string()),
            "subject": described("What it is about, such as os.system", string()),
            "location": reference("location"),
            "artifact": described("Path of the artifact", string()),
            "evidence": described("What it was concluded from; bounded and redacted", string()),
            "count": {"description": "How often it was seen in this artifact", "type": "integer", "minimum": 1},
            "places": {"description": "Further places", "type": "array", "items": reference("location"), "maxItems": 7},
            "cwe": array(string()),
            "owasp_ml": array(string()),
            "owasp_llm": array(string()),
            "atlas": array(string()),
            "lowered": {
                "description": "How the severity came to differ from the rule's",
                "anyOf": [object("", json!({"from": reference("severity"), "reason": string()}), &[]), {"type": "null"}],
            },
            "fingerprint": described("Stable identity, without offsets and absolute paths", hexadecimal("{32}")),
            "status": words("Only active findings count", ["active", "suppressed", "baseline"]),
            "known": described("Whether the baseline has it; absent where it does not", json!({"type": "boolean"})),
            "suppression": object(
                "Why it does not count; absent where it does",
                json!({
                    "by": described("Where that was decided: a file and a line", string()),
                    "reason": string(),
                    "owner": described("Who stands for it", string()),
                    "expires": described("The last day on which it holds", string()),
                }),
                &["owner", "expires"],
            ),
        }),
        &["suppression", "known"],
    )
}

fn location() -> Value {
    object(
        "A place in an artifact",
        json!({
            "path": string(),
            "path_hex": hexadecimal("+"),
            "offset": described("In the artifact's own bytes", count()),
            "length": described("In bytes; 0 when unknown", count()),
            "line": described("From 1", nullable(count())),
            "column": described("In characters, from 1", nullable(count())),
            "pointer": described("In the format's own words", nullable(string())),
            "unit": {
                "description": "What the pointer counts",
                "enum": ["opcode", "json-pointer", "node", "symbol", "instruction", "entry", "tensor", null],
            },
        }),
        &["path_hex"],
    )
}

fn coverage() -> Value {
    object(
        "The ledger of the bytes of all leaves: bytes_total = analysed + opaque + skipped",
        json!({
            "bytes_total": count(),
            "analysed": described("Bytes that a reader understood", count()),
            "opaque": described("Bytes of tensors and the like", count()),
            "skipped": described("Bytes that nobody looked at", count()),
            "read": described("Bytes that passed hashing and the sweep", count()),
        }),
        &[],
    )
}

fn check() -> Value {
    object(
        "A rule's account, counted in artifacts",
        json!({"failed": count(), "passed": count(), "not_run": count()}),
        &[],
    )
}

fn rule() -> Value {
    object(
        "What a rule says, for people",
        json!({
            "title": string(),
            "kind": words("Only threats and exposures count for the verdict", RuleKind::ALL.iter().rev().map(|word| word.id())),
            "category": string(),
            "severity": described("Unless a clause of the rule or the policy says otherwise", reference("severity")),
            "confidence": words("Likewise", Confidence::ALL.iter().rev().map(|word| word.id())),
            "meaning": described("Markdown: what it means", string()),
            "danger": described("Markdown: why it is dangerous", string()),
            "remedy": described("Markdown: what to do", string()),
            "link": described("Its page; null where the rule does not come with the program", nullable(string())),
        }),
        &[],
    )
}

fn excerpt() -> Value {
    let line = object(
        "",
        json!({
            "number": described("In the program, from 1", count()),
            "text": string(),
            "offset": described("The bytes of the artifact that it stands for", count()),
            "length": count(),
            "uses": described("Earlier lines whose values it needs, as indices of lines", array(count())),
            "needed": described("Whether a marked line needs it, or is it", json!({"type": "boolean"})),
        }),
        &[],
    );
    let mark = object(
        "",
        json!({
            "line": described("Index of lines", count()),
            "note": string(), "severity": reference("severity"), "rule": string(), "fingerprint": string(),
        }),
        &[],
    );
    object(
        "The lines of a program that findings point to, what those need, and a few around",
        json!({
            "artifact": string(),
            "format": described("The format whose program it is", string()),
            "language": string(),
            "lines": array(line),
            "marks": described("What findings say of lines", array(mark)),
            "after": described("Lines behind the last one", count()),
            "broken": described("Why the program ends before its end; absent where it does not", string()),
        }),
        &["broken"],
    )
}

fn summary() -> Value {
    let severities: Map<String, Value> = Severity::ALL.iter().map(|word| (word.id().into(), count())).collect();
    object(
        "Counts",
        json!({
            "artifacts": count(),
            "incomplete": count(),
            "quiet": described("Artifacts that are complete and without findings", count()),
            "unlisted": described("Quiet artifacts beyond those listed", count()),
            "findings": object("Active findings by severity", Value::Object(severities), &[]),
            "suppressed": described("Findings that do not count", count()),
            "reasons": {
                "description": "Incomplete artifacts by reason",
                "type": "object", "propertyNames": reference("reason"), "additionalProperties": count(),
            },
        }),
        &[],
    )
}

/// A closed object: every property is required, except the `optional` ones.
fn object(description: &str, properties: Value, optional: &[&str]) -> Value {
    let names = properties.as_object().into_iter().flat_map(Map::keys);
    let required: Vec<&String> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    let required = json!(required);
    let object =
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    if description.is_empty() { object } else { described(description, object) }
}

fn described(description: &str, mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), description.into());
    }
    schema
}

fn words<'w>(description: &str, words: impl IntoIterator<Item = &'w str>) -> Value {
    json!({"description": description, "enum": words.into_iter().collect::<Vec<_>>()})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn array(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = json!([kind.clone(), "null"]);
    }
    schema
}

fn hexadecimal(times: &str) -> Value {
    json!({"type": "string", "pattern": format!("^[0-9a-f]{times}$")})
}

fn string() -> Value {
    json!({"type": "string"})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

#[cfg(test)]
mod tests {
    use base::report::Report;

    use super::*;
    use crate::{Format, Page, sample};

    fn value(report: &Report) -> Value {
        let mut out = Vec::new();
        Format::Json.write(report, Page::default(), &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn the_schema_is_a_schema_and_every_report_fits_it() {
        jsonschema::draft202012::meta::validate(&schema()).unwrap();
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        for report in sample::all() {
            let errors: Vec<String> = validator.iter_errors(&value(&report)).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_missing_unknown_or_misspelt_does_not_fit() {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let good = value(&sample::poisoned());
        let broken = |change: &dyn Fn(&mut Value)| {
            let mut bad = good.clone();
            change(&mut bad);
            assert_ne!(bad, good);
            !validator.is_valid(&bad)
        };
        assert!(validator.is_valid(&good));
        assert!(broken(&|report| drop(report.as_object_mut().unwrap().remove("verdict"))));
        assert!(broken(&|report| report["verdict"] = "fine".into()));
        assert!(broken(&|report| report["findings"][0]["extra"] = 1.into()));
        assert!(broken(&|report| report["findings"][0]["location"]["unit"] = "page".into()));
        assert!(broken(&|report| report["artifacts"][1]["reason"] = "tired".into()));
        assert!(broken(&|report| report["tool"]["limits"]["depth"] = (-1).into()));
    }
}
