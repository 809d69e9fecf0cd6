//! The kit for other people's CI: every file is valid in its syntax, names what exists, and keeps foreign text out of shells.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a panic is how a test speaks"
)]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use saphyr_parser::{Event, Parser};
use serde_json::Value;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn read(file: &str) -> String {
    fs::read_to_string(top().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The documents of a YAML file, without anchors and tags.
fn yaml(file: &str) -> Vec<Value> {
    let text = read(file);
    let mut documents = Vec::new();
    // Open collections; of a mapping also the key that waits for its value.
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    for event in Parser::new_from_str(&text) {
        let (event, _) = event.unwrap_or_else(|error| panic!("{file}: {error}"));
        let done = match event {
            Event::Scalar(scalar, ..) => Value::String(scalar.into_owned()),
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(serde_json::Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().unwrap().0,
            Event::Alias(_) => panic!("{file}: an alias"),
            _ => continue,
        };
        match open.last_mut() {
            None => documents.push(done),
            Some((Value::Array(items), _)) => items.push(done),
            Some((Value::Object(map), key)) => match key.take() {
                None => *key = Some(done.as_str().unwrap_or_else(|| panic!("{file}: a key {done}")).to_owned()),
                Some(key) => assert!(map.insert(key.clone(), done).is_none(), "{file}: {key} twice"),
            },
            Some(_) => unreachable!(),
        }
    }
    documents
}

/// Whether a shell accepts the script, without running it.
fn shell_accepts(shell: &str, script: &str) {
    let mut child = Command::new(shell).args(["-n"]).stdin(Stdio::piped()).spawn().expect("a shell");
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{shell} refuses\n{script}");
}

#[test]
fn the_action_is_sound_and_no_input_becomes_text_of_a_script() {
    let action = &yaml("action.yml")[0];
    assert_eq!(action["runs"]["using"], "composite");
    let inputs = action["inputs"].as_object().unwrap();
    let text = read("action.yml");
    for input in inputs.keys() {
        assert!(text.contains(&format!("inputs.{input} }}}}")), "{input} is declared but never used");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        let script = step["run"].as_str().unwrap();
        assert_eq!(step["shell"], "bash");
        assert!(!script.contains("${{"), "an expression inside a script is an injection");
        shell_accepts("bash", script);
    }
}

#[test]
fn the_hooks_name_what_exists() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hooks = hooks[0].as_array().unwrap();
    let example = &yaml("examples/ci/pre-commit-config.yaml")[0];
    let ids: Vec<&str> = hooks.iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    for used in example["repos"][0]["hooks"].as_array().unwrap() {
        assert!(ids.contains(&used["id"].as_str().unwrap()), "{used}");
    }
    for hook in hooks {
        assert!(["system", "docker"].contains(&hook["language"].as_str().unwrap()));
        let files = regex::Regex::new(hook["files"].as_str().unwrap()).unwrap();
        assert!(files.is_match("models/a.pt") && !files.is_match("README.md"));
    }
}

#[test]
fn the_gitlab_template_takes_the_inputs_that_it_uses() {
    let [spec, jobs] = &yaml("ci/gitlab.yml")[..] else { panic!("two documents: the inputs and the jobs") };
    let declared = spec["spec"]["inputs"].as_object().unwrap();
    let text = read("ci/gitlab.yml");
    for used in text.split("$[[ inputs.").skip(1) {
        let name = used.split(' ').next().unwrap();
        assert!(declared.contains_key(name), "{name} is not declared");
    }
    for line in jobs["modelward"]["script"].as_array().unwrap() {
        shell_accepts("sh", line.as_str().unwrap());
    }
    let example = &yaml("examples/ci/gitlab-ci.yml")[0];
    assert_eq!(example["include"][0]["file"], "ci/gitlab.yml");
    for input in example["include"][0]["inputs"].as_object().unwrap().keys() {
        assert!(declared.contains_key(input), "{input}");
    }
}

#[test]
fn the_workflow_uses_the_action_with_inputs_that_it_has() {
    let action = &yaml("action.yml")[0];
    let workflow = &yaml("examples/ci/github-workflow.yml")[0];
    let steps = workflow["jobs"]["scan"]["steps"].as_array().unwrap();
    let used = steps.iter().find(|step| step["uses"].as_str().unwrap().starts_with("modelward/modelward@")).unwrap();
    for input in used["with"].as_object().unwrap().keys() {
        assert!(action["inputs"].get(input).is_some(), "{input}");
    }
}

#[test]
fn the_container_is_static_and_runs_without_rights() {
    const INSTRUCTIONS: [&str; 8] = ["FROM", "WORKDIR", "COPY", "ENV", "RUN", "USER", "ENTRYPOINT", "CMD"];
    let text = read("Dockerfile");
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(lines[0].starts_with("FROM "));
    for line in &lines {
        let (word, rest) = line.split_once(' ').unwrap();
        assert!(INSTRUCTIONS.contains(&word), "{line}");
        if word == "ENTRYPOINT" || word == "CMD" {
            serde_json::from_str::<Vec<String>>(rest).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
    let user = lines.iter().filter_map(|line| line.strip_prefix("USER ")).next_back().unwrap();
    assert!(user.split(':').all(|id| id.parse::<u32>().unwrap() > 0), "the last user is {user}");
    assert!(text.contains("target-feature=+crt-static"));
    // The build's own option, so that the container is built by the toolchain that the workspace asks for.
    let toolchain = toml::from_str::<toml::Table>(&read("Cargo.toml")).unwrap();
    let version = toolchain["workspace"]["package"]["rust-version"].as_str().unwrap().to_owned();
    assert!(lines[0].contains(&format!("rust:{version}-")), "{}", lines[0]);
}
