//! SARIF as its schema and GitHub want it.

use serde_json::Value;

use super::*;
use crate::sample;

fn written(report: &Report, page: Page) -> Value {
    let mut out = Vec::new();
    write(report, page, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

#[test]
fn every_report_fits_the_official_schema() {
    // The schema of OASIS without its descriptions.
    let schema: Value = serde_json::from_str(include_str!("../../testdata/sarif-2.1.0.schema.json")).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let page = Page::default();
    for mut report in sample::all() {
        report.excerpts.push(sample::excerpt());
        let log = written(&report, page);
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{} {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut bad = written(&sample::poisoned(), page);
    bad["runs"][0]["results"][0]["level"] = "fatal".into();
    assert!(!validator.is_valid(&bad));
}

#[test]
fn github_finds_what_it_asks_for() {
    let log = written(&sample::poisoned(), Page::default());
    let run = &log["runs"][0];
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["properties"]["security-severity"], "9.5");
    assert!(rule["properties"]["tags"].as_array().unwrap().contains(&"external/cwe/cwe-502".into()), "{rule}");
    assert!(rule["help"]["markdown"].as_str().unwrap().contains("## What to do"), "{rule}");
    assert!(rule["helpUri"].as_str().unwrap().ends_with("process-spawn.md"), "{rule}");
    assert_eq!(run["automationDetails"]["id"], "modelward/models/poisoned/");
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4);
    for result in results {
        let location = &result["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], "models/poisoned/model.tar");
        assert_eq!(location["region"], serde_json::json!({"startLine": 1}));
        let exact = &result["relatedLocations"][0]["physicalLocation"];
        assert_eq!((&exact["region"]["byteOffset"], &exact["region"]["byteLength"]), (&40.into(), &1.into()));
        assert!(result["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().ends_with(":1"));
        let index = exact["artifactLocation"]["index"].as_u64().unwrap() as usize;
        assert_eq!(run["artifacts"][index]["location"]["uri"], "archive/data.pkl");
    }
    // Suppressed, and so the last although it is high.
    assert_eq!(results[3]["suppressions"][0]["kind"], "external");
    let notices = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let reasons: Vec<&str> = notices.iter().map(|notice| notice["descriptor"]["id"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["truncated", "no-reader"]);
    let taxa: Vec<&Value> = run["taxonomies"].as_array().unwrap().iter().map(|taxonomy| &taxonomy["name"]).collect();
    assert_eq!(taxa, ["CWE", "OWASP ML Top 10 2023", "OWASP LLM Top 10 2025", "MITRE ATLAS"]);
}

#[test]
fn an_excerpt_gives_a_flow() {
    let log = written(&sample::explained(), Page::default());
    let flow = &log["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let lines: Vec<&str> =
        flow.as_array().unwrap().iter().map(|step| step["location"]["message"]["text"].as_str().unwrap()).collect();
    assert_eq!(lines, ["from posix import system", "_0 = 'echo this would have run on load'", "_1 = system(_0)"]);
}

#[test]
fn too_many_results_are_cut_with_a_notice() {
    let mut report = sample::poisoned();
    let low = report.findings[2].clone();
    for _ in 0..MOST {
        report.add_finding(low.clone());
    }
    let log = written(&report, Page::default());
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), &results[0]["level"]), (MOST, &"error".into()));
    let notices = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notices.last().unwrap()["descriptor"]["id"], "results-left-out");
    assert!(notices.last().unwrap()["message"]["text"].as_str().unwrap().starts_with("4 more findings"));
}
