//! The rules that the build script wrote.

use std::borrow::Cow;

use base::{
    fact::Kind,
    verdict::{Confidence, RuleKind, Severity},
};
use rulebook::rule::{Clause, Condition, Per, Rule, Scope, Test, Text};

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// The built-in rules, by id.
pub(crate) fn rules() -> &'static [Rule] {
    &RULES
}

/// Their files, in the same order.
pub(crate) fn pages() -> &'static [&'static str] {
    &PAGES
}

/// BLAKE3 of their files and the taxonomy, in hexadecimal.
pub(crate) const fn digest() -> &'static str {
    DIGEST
}

/// The taxonomy, as text.
pub(crate) const TAXONOMY: &str = include_str!("../catalogue/taxonomy.toml");
