//! Every option and every command that a help text shows is used by some case or test.
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

/// What the help of a command shows.
struct Help {
    options: Vec<String>,
    commands: Vec<String>,
}

fn help(words: &[String]) -> Help {
    let mut words = words.to_vec();
    words.push("--help".into());
    let ran = Stage::new().run(&words, &BTreeMap::new());
    assert_eq!(ran.code, Some(0), "{words:?}");
    let text = ran.stdout();
    let option = |line: &str| {
        let line = line.trim_start();
        let at = line.find("--").filter(|_| line.starts_with('-'))?;
        let rest = &line[at..];
        let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-').unwrap_or(rest.len());
        Some(rest[..end].to_owned())
    };
    let listed = text.split_once("\nCommands:\n").map(|(_, rest)| rest.split("\n\n").next().unwrap()).unwrap_or("");
    let commands = listed.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    Help { options: text.lines().filter_map(option).collect(), commands: commands.collect() }
}

/// What a file runs: the words of cases, the texts of tests.
fn words_of_tests() -> Vec<String> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut words = Vec::new();
    for entry in fs::read_dir(tests.join("cases")).unwrap() {
        let case: toml::Table = fs::read_to_string(entry.unwrap().path()).unwrap().parse().unwrap();
        words.extend(case["run"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()));
    }
    for entry in fs::read_dir(&tests).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_file() && !entry.ends_with("flags.rs") {
            let text = fs::read_to_string(entry).unwrap();
            words.extend(text.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

#[test]
fn nothing_in_the_help_is_without_a_test() {
    let used = words_of_tests();
    let is_used = |word: &str| used.iter().any(|one| one == word || one.starts_with(&format!("{word}=")));
    let mut missing = Vec::new();
    let mut queue = vec![Vec::<String>::new()];
    let mut options = 0;
    while let Some(words) = queue.pop() {
        let help = help(&words);
        options += help.options.len();
        missing.extend(
            help.options.into_iter().filter(|option| !is_used(option)).map(|option| format!("{words:?} {option}")),
        );
        for command in help.commands {
            if !is_used(&command) {
                missing.push(format!("{words:?} {command}"));
            }
            queue.push(words.iter().cloned().chain([command]).collect());
        }
    }
    missing.sort();
    assert!(options > 40, "the help was not understood: {options} options");
    assert!(missing.is_empty(), "in --help, and in no test: {missing:#?}");
}
