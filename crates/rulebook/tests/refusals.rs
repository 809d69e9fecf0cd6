//! The loader accepts a good rule and refuses each kind of mistake with file, line and reason.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

use rulebook::{
    error::Error,
    load::load,
    rule::{Per, Rule, Test},
    taxonomy::Taxonomy,
    vocabulary::Vocabulary,
};

const FILE: &str = "code-execution/spawn.md";

const GOOD: &str = r#"+++
id = "spawn"
title = "Loading starts a process"
kind = "threat"
category = "code-execution"
severity = "critical"
confidence = "high"
message = "Loading calls {callee}{args}"
per = "subject"
cwe = [502]
[[when]]
fact = "call"
standing = "dangerous"
how = ["reduce", "inst"]
repeats = { at_least = 3 }
severity = "high"
not = { when = "called" }
+++
## What it means
A process starts.

## Why it is dangerous
It does.

## What to do
Do not
load it.

## Fires
```facts
call module=os name=system
```

## Quiet
```facts
call module=os name=getcwd
```
"#;

fn loaded(file: &str, text: &str) -> Result<Rule, Error> {
    let taxonomy = Taxonomy::parse(
        "taxonomy.toml",
        "[category.code-execution]\nname = 'x'\ncwe = [502]\nowasp_ml = []\nowasp_llm = []\natlas = []\n[cwe]\n502 = 'Deserialization'\n",
    );
    let taxonomy = taxonomy.unwrap();
    let vocabulary =
        Vocabulary { standings: &["safe/pure", "dangerous/process"], operators: &["odd"], taxonomy: &taxonomy };
    load(file, text, &vocabulary).map(|(rule, _)| rule)
}

#[test]
fn a_good_rule_is_read() {
    let rule = loaded(FILE, GOOD).unwrap();
    assert_eq!((&*rule.id, rule.per, &*rule.remedy), ("spawn", Per::Subject, "Do not load it."));
    let clause = &rule.when[0];
    assert_eq!(clause.all.len(), 4);
    assert_eq!(clause.all.iter().filter(|condition| condition.negated).count(), 1);
    let bounds = |test: &Test| matches!(test, Test::Between { least: 3, most: u64::MAX, .. });
    assert!(clause.all.iter().any(|condition| bounds(&condition.test)));
}

#[test]
fn every_mistake_is_refused_with_its_line() {
    let cases: &[(&str, &str, usize, &str)] = &[
        ("id = \"spawn\"", "id = \"spawn2\"", 2, "is not the file's name"),
        ("id = \"spawn\"", "id = \"Spawn\"", 2, "not kebab-case"),
        ("title = \"Loading starts a process\"\n", "", 2, "\"title\" is missing"),
        ("title = \"Loading starts a process\"", "title = \" \"", 3, "\"title\" is empty"),
        ("title =", "titel =", 3, "unknown field \"titel\""),
        ("kind = \"threat\"", "kind = \"danger\"", 4, "unknown kind \"danger\""),
        ("category = \"code-execution\"", "category = \"other\"", 5, "is not the folder's name"),
        ("severity = \"critical\"", "severity = \"severe\"", 6, "unknown severity \"severe\""),
        ("confidence = \"high\"", "confidence = 3", 7, "text is expected"),
        ("confidence = \"high\"", "confidence = \"low\"", 7, "critical needs more than low confidence"),
        ("{callee}{args}", "{calee}", 8, "cannot fill {calee}"),
        ("per = \"subject\"", "per = \"object\"", 9, "unknown per \"object\""),
        ("cwe = [502]", "cwe = [1]", 2, "no name for CWE-1"),
        ("cwe = [502]", "cwe = []", 2, "at least one CWE"),
        ("cwe = [502]", "keywords = [\"a\"]", 10, "keywords without a regex"),
        ("fact = \"call\"", "fact = \"cal\"", 12, "unknown kind of fact \"cal\""),
        ("fact = \"call\"\n", "", 11, "names no fact"),
        ("standing = \"dangerous\"", "standing = \"danger\"", 13, "unknown standing \"danger\""),
        ("how = [\"reduce\", \"inst\"]", "hwo = \"reduce\"", 14, "has no field \"hwo\""),
        ("how = [\"reduce\", \"inst\"]", "how = []", 14, "the list is empty"),
        ("at_least", "more_than", 15, "unknown comparison"),
        ("{ at_least = 3 }", "{ at_least = 3, at_most = 2 }", 15, "the same answer"),
        ("{ at_least = 3 }", "-3", 15, "whole number"),
        ("severity = \"high\"\n", "severity = \"higher\"\n", 16, "unknown severity"),
        ("severity = \"high\"\n", "message = \"{detail}\"\n", 16, "cannot fill {detail}"),
        ("not = { when = \"called\" }", "not = { operator = \"even\" }", 17, "unknown operator \"even\""),
        ("not = { when = \"called\" }", "not = true", 17, "must be a table"),
        ("+++\nid", "+++\nid = \"a\"\nid", 3, "duplicate"),
        ("+++\nid", "id", 1, "first line is not +++"),
        ("+++\n## What", "## What", 1, "no closing +++"),
        ("## What it means\n", "", 19, "text before the first heading"),
        ("## What to do\n", "", 28, "stands where ## What to do is expected"),
        ("## What to do\nDo not\nload it.\n", "## What to do\n", 25, "\"What to do\" is empty"),
        ("## Quiet\n```facts\ncall module=os name=getcwd\n```\n", "", 33, "## Quiet is missing"),
        (
            "## Quiet\n```facts\ncall module=os name=getcwd\n```\n",
            "## Quiet\nNothing.\n",
            34,
            "\"Quiet\" has no example",
        ),
        ("It does.", "```facts\n```", 23, "an example block under"),
        ("## Fires\n```facts", "## Fires\n```fact", 30, "unknown language of an example"),
        ("name=getcwd\n```\n", "name=getcwd\n", 35, "without end"),
    ];
    let mut wrong = Vec::new();
    for (from, to, line, reason) in cases {
        assert!(GOOD.contains(from), "{from}");
        match loaded(FILE, &GOOD.replacen(from, to, 1)) {
            Err(error) if error.reason.contains(reason) && error.line == *line && error.file == FILE => {}
            other => wrong.push(format!("{from:?} -> {to:?}: line {line}, {reason}, but {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn hygiene_is_low_at_most_and_folders_are_categories() {
    let hygiene = GOOD.replace("kind = \"threat\"", "kind = \"hygiene\"");
    let error = loaded(FILE, &hygiene).unwrap_err();
    assert_eq!((error.line, error.reason.as_str()), (6, "hygiene is low at most"));
    let low = hygiene.replace("\"critical\"", "\"low\"").replace("severity = \"high\"", "severity = \"low\"");
    assert!(loaded(FILE, &low).is_ok());
    let elsewhere = GOOD.replace("category = \"code-execution\"", "category = \"elsewhere\"");
    let error = loaded("elsewhere/spawn.md", &elsewhere).unwrap_err();
    assert!(error.reason.contains("taxonomy has no category"), "{error}");
}

#[test]
fn pattern_rules_and_tree_rules_are_read() {
    let fields = "scope = \"tree\"\nkeywords = \"AKIA\"\nregex = \"AKIA.{16}\"\nentropy = 3.5";
    let pattern = GOOD.replace("per = \"subject\"", fields).replace("{callee}{args}", "it");
    let rule = loaded(FILE, &pattern).unwrap();
    assert_eq!(rule.pattern.unwrap().entropy, Some(3.5));
    let error = loaded(FILE, &pattern.replace("entropy = 3.5", "entropy = 9.5")).unwrap_err();
    assert!(error.reason.contains("0.0 to 8.0"), "{error}");
    let error = loaded(FILE, &pattern.replace("keywords = \"AKIA\"\n", "")).unwrap_err();
    assert!(error.reason.contains("without keywords"), "{error}");
}
