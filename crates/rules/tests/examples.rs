//! Every rule proves itself: its `Fires` examples fire, its `Quiet` examples do not.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where something is wrong"
)]

use base::{fact::Fact, location::ArtifactPath};
use rulebook::{
    example::{Example, Language},
    page::Page,
    statement,
};
use rules::Catalogue;

/// Whether `rule` has a finding on these facts.
fn fires(catalogue: &Catalogue, rule: &str, facts: &[Fact]) -> bool {
    let mut judge = catalogue.judge(&ArtifactPath::root(b"example"));
    facts.iter().for_each(|fact| judge.observe(fact));
    judge.finish(true, &[]).findings.iter().any(|finding| &*finding.rule == rule)
}

fn facts(rule: &str, example: &Example) -> Vec<Fact> {
    let read = statement::facts(&example.text);
    read.unwrap_or_else(|(line, reason)| panic!("{rule}.md:{}: {reason}", example.line + line))
}

#[test]
fn every_rule_fires_and_stays_quiet_where_its_page_says_so() {
    let catalogue = Catalogue::builtin();
    let mut wrong = Vec::new();
    for rule in catalogue.rules() {
        let text = catalogue.page(&rule.id).unwrap();
        let page = Page::parse(&rule.id, text).unwrap();
        for (examples, expected) in [(&page.fires, true), (&page.quiet, false)] {
            let ours: Vec<_> = examples.iter().filter(|example| example.language == Language::Facts).collect();
            assert!(!ours.is_empty(), "{}: no facts example (fires: {expected})", rule.id);
            for example in ours {
                if fires(&catalogue, &rule.id, &facts(&rule.id, example)) != expected {
                    wrong.push(format!(
                        "{}.md:{} should {}",
                        rule.id,
                        example.line,
                        if expected { "fire" } else { "be quiet" }
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
