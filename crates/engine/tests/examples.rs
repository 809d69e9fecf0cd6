//! Examples of rules that are files rather than facts: pickles are assembled, sources are scanned as they stand.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

use std::sync::Arc;

use base::{
    artifact::{Artifact, Body},
    blob::Blob,
    budget::NoWatch,
    location::ArtifactPath,
};
use engine::{Scanner, Settings, Target};
use rulebook::{
    example::{Example, Language},
    page::Page,
};
use rules::Catalogue;

/// The bytes of an example and the name under which a loader would meet them; `None` for facts, which need no engine.
fn file(rule: &str, example: &Example) -> Option<(&'static str, Vec<u8>)> {
    let text = example.text.clone().into_bytes();
    match example.language {
        Language::Facts => None,
        Language::Pickle => {
            let pickle = testkit::pickle::assemble(&example.text);
            Some(("example.pkl", pickle.unwrap_or_else(|error| panic!("{rule}.md:{}: {error}", example.line))))
        }
        Language::Python => Some(("example.py", text)),
        Language::Jinja => Some(("example.jinja", text)),
        Language::Json => Some(("tokenizer_config.json", text)),
    }
}

#[test]
fn every_file_in_a_rule_fires_or_stays_quiet_as_its_page_says() {
    let scanner = Scanner::new(Catalogue::builtin(), Settings::default());
    let (mut wrong, mut run) = (Vec::new(), 0);
    for rule in scanner.catalogue().rules() {
        let page = Page::parse(&rule.id, scanner.catalogue().page(&rule.id).unwrap()).unwrap();
        for (examples, expected) in [(&page.fires, true), (&page.quiet, false)] {
            for (example, (name, bytes)) in
                examples.iter().filter_map(|example| Some((example, file(&rule.id, example)?)))
            {
                let artifact =
                    Artifact { path: ArtifactPath::root(name.as_bytes()), body: Body::Blob(Blob::from_bytes(bytes)) };
                let report = scanner.scan(vec![Target { name: name.into(), artifact }], Arc::new(NoWatch));
                run += 1;
                if report.findings.iter().any(|finding| *finding.rule == *rule.id) != expected {
                    let found: Vec<_> = report.findings.iter().map(|finding| &*finding.rule).collect();
                    let should = if expected { "fire" } else { "be quiet" };
                    wrong.push(format!("{}.md:{} should {should}; found {found:?}", rule.id, example.line));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run > 0, "no rule has a file as an example");
}
