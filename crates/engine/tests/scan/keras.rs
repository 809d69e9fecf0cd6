//! Functions of Lambda layers as each CPython marshals them, in the configurations of old and new versions of Keras.

use std::path::Path;

use base::verdict::Severity;

use crate::memory::scan_file;

/// The layers of a version: their names and their code in Base64.
fn layers(version: &str) -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/keras/{version}.txt"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, code)| (name.to_owned(), code.to_owned()))
        .collect()
}

/// The configuration of Keras 3, and that of the versions before it.
fn configurations(code: &str) -> [String; 2] {
    let new = format!(
        r#"{{"module":"keras.layers","class_name":"Lambda","config":{{"name":"l","function":{{"class_name":"__lambda__","config":{{"code":"{code}\n","defaults":null,"closure":null}}}}}}}}"#
    );
    let old = format!(
        r#"{{"class_name":"Sequential","config":[{{"class_name":"Lambda","config":{{"name":"l","function":["{code}\n",null,null],"function_type":"lambda"}}}}]}}"#
    );
    [new, old]
}

#[test]
fn functions_of_lambda_layers_are_judged_by_what_they_do() {
    for version in ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"] {
        let layers = layers(version);
        assert!(layers.len() >= 6, "{version}");
        for (name, code) in layers {
            for configuration in configurations(&code) {
                let report = scan_file("config.json", configuration.into_bytes());
                let found = |rule: &str| report.findings.iter().find(|finding| &*finding.rule == rule);
                assert!(found("lambda-layer-carries-code").is_some(), "{version} {name}");
                let others: Vec<_> =
                    report.findings.iter().filter(|finding| &*finding.rule != "lambda-layer-carries-code").collect();
                let worst = others.iter().map(|finding| finding.severity).max();
                if name.starts_with("quiet") {
                    assert!(worst.is_none(), "{version} {name}: {others:#?}");
                } else {
                    assert_eq!(worst, Some(Severity::Critical), "{version} {name}: {others:#?}");
                }
                assert_eq!(found("shell-download").is_some(), name == "downloads", "{version} {name}");
                // Findings point to the instruction of the code inside of the configuration.
                let called = others.iter().find(|finding| finding.severity == Severity::Critical);
                let at = called
                    .map(|finding| format!("{} {:?}", finding.location.path, finding.location.pointer))
                    .unwrap_or_default();
                assert!(name.starts_with("quiet") || at.contains("lambda.marshal"), "{version} {name}: {at}");
            }
        }
    }
}
