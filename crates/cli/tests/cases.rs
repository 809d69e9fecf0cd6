//! Every file of `tests/cases`: a command, the files that it finds, what it prints and how it exits.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a panic is how a test speaks"
)]

mod stage;

use std::{collections::BTreeMap, fs, path::Path};

use stage::Stage;

/// Fragments that stand in a text, in this order.
fn in_order(text: &str, fragments: &[String], case: &str) {
    let mut rest = text;
    for fragment in fragments {
        let at = rest.find(fragment.as_str());
        let at = at.unwrap_or_else(|| panic!("{case}: {fragment:?} is missing, or stands too early, in\n{text}"));
        rest = &rest[at + fragment.len()..];
    }
}

fn words(case: &toml::Table, key: &str) -> Vec<String> {
    let list = case.get(key).map(|list| list.as_array().unwrap().as_slice()).unwrap_or_default();
    list.iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

/// The value at `a.b.0.c` of a JSON document, printed.
fn at_pointer(document: &serde_json::Value, path: &str) -> String {
    let value = path.split('.').fold(document, |value, step| match step.parse::<usize>() {
        Ok(index) => &value[index],
        Err(_) => &value[step],
    });
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn check(path: &Path) {
    const KEYS: [&str; 9] = ["about", "run", "exit", "stdout", "stderr", "absent", "json", "env", "files"];
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let case: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    assert!(case.keys().all(|key| KEYS.contains(&key.as_str())), "{name}: a key that is none of {KEYS:?}");
    let stage = Stage::new();
    for (file, recipe) in case.get("files").and_then(toml::Value::as_table).into_iter().flatten() {
        stage.make(file.as_bytes(), recipe.as_table().unwrap());
    }
    let variables = case.get("env").and_then(toml::Value::as_table).into_iter().flatten();
    let variables: BTreeMap<&str, &str> =
        variables.map(|(key, value)| (key.as_str(), value.as_str().unwrap())).collect();
    let result = stage.run(&words(&case, "run"), &variables);
    let (stdout, stderr) = (result.stdout(), result.stderr());
    let told = format!("{name}\n{stdout}\n{stderr}");
    assert_eq!(result.code, case["exit"].as_integer().map(|code| code as i32), "{told}");
    in_order(&stdout, &words(&case, "stdout"), &name);
    in_order(&stderr, &words(&case, "stderr"), &name);
    if !case.contains_key("stderr") {
        assert_eq!(stderr, "", "{name}");
    }
    for fragment in words(&case, "absent") {
        assert!(!stdout.contains(&fragment), "{fragment:?} {told}");
    }
    for (pointer, expected) in case.get("json").and_then(toml::Value::as_table).into_iter().flatten() {
        let document = stage::valid(&stdout);
        assert_eq!(at_pointer(&document, pointer), expected.as_str().unwrap(), "{pointer} {told}");
    }
}

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 20);
    // Every case is run, so that one run shows all that fail.
    let failed: Vec<_> = cases.iter().filter(|case| std::panic::catch_unwind(|| check(case)).is_err()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
