//! Writes rules as Rust constants, for the build script of a catalogue.
//!
//! Lists become statics of their own, because the types that they hold own heap memory in their other form.

use std::fmt::{self, Write};

use crate::{
    folder::Loaded,
    rule::{Clause, Condition, Pattern, Rule, Test, Text},
};

/// The source of `static RULES: [Rule; N]` and `static PAGES: [&str; N]`, in the order given.
pub fn constants(loaded: &[Loaded]) -> String {
    let mut emitter = Emitter::default();
    let rules: Vec<String> = loaded.iter().map(|loaded| emitter.rule(&loaded.rule)).collect();
    let pages: Vec<String> = loaded.iter().map(|loaded| format!("{:?}", loaded.text)).collect();
    let mut source = emitter.statics;
    source.push_str(&array("RULES", "Rule", &rules));
    source.push_str(&array("PAGES", "&str", &pages));
    source
}

fn array(name: &str, of: &str, items: &[String]) -> String {
    format!("static {name}: [{of}; {}] = [\n{}\n];\n", items.len(), items.join(",\n"))
}

#[derive(Default)]
struct Emitter {
    statics: String,
    count: usize,
}

impl Emitter {
    /// A list as a static of its own; returns the expression that borrows it.
    fn list(&mut self, of: &str, items: &[String]) -> String {
        if items.is_empty() {
            return "Cow::Borrowed(&[])".into();
        }
        let name = format!("LIST_{}", self.count);
        self.count = self.count.saturating_add(1);
        self.statics.push_str(&array(&name, of, items));
        format!("Cow::Borrowed(&{name})")
    }

    fn texts(&mut self, texts: &[Text]) -> String {
        let items: Vec<String> = texts.iter().map(text).collect();
        self.list("Text", &items)
    }

    fn rule(&mut self, rule: &Rule) -> String {
        let clauses: Vec<String> = rule.when.iter().map(|clause| self.clause(clause)).collect();
        let when = self.list("Clause", &clauses);
        let cwe: Vec<String> = rule.cwe.iter().map(u32::to_string).collect();
        let pattern = rule.pattern.as_ref().map(|pattern| self.pattern(pattern));
        let mut source = String::from("Rule { ");
        let fields = [
            ("id", text(&rule.id)),
            ("title", text(&rule.title)),
            ("kind", format!("RuleKind::{:?}", rule.kind)),
            ("category", text(&rule.category)),
            ("severity", format!("Severity::{:?}", rule.severity)),
            ("confidence", format!("Confidence::{:?}", rule.confidence)),
            ("message", text(&rule.message)),
            ("per", format!("Per::{:?}", rule.per)),
            ("yields_to", self.texts(&rule.yields_to)),
            ("cwe", self.list("u32", &cwe)),
            ("owasp_ml", self.texts(&rule.owasp_ml)),
            ("owasp_llm", self.texts(&rule.owasp_llm)),
            ("atlas", self.texts(&rule.atlas)),
            ("scope", format!("Scope::{:?}", rule.scope)),
            ("when", when),
            ("pattern", option(pattern)),
            ("remedy", text(&rule.remedy)),
        ];
        fill(&mut source, &fields);
        source
    }

    fn clause(&mut self, clause: &Clause) -> String {
        let all: Vec<String> = clause.all.iter().map(|condition| self.condition(condition)).collect();
        let mut source = String::from("Clause { ");
        let fields = [
            ("fact", format!("Kind::{:?}", clause.fact)),
            ("all", self.list("Condition", &all)),
            ("severity", option(clause.severity.map(|severity| format!("Severity::{severity:?}")))),
            ("confidence", option(clause.confidence.map(|confidence| format!("Confidence::{confidence:?}")))),
            ("message", option(clause.message.as_ref().map(text))),
        ];
        fill(&mut source, &fields);
        source
    }

    fn condition(&mut self, condition: &Condition) -> String {
        let test = match &condition.test {
            Test::OneOf { field, texts } => {
                format!("Test::OneOf {{ field: {}, texts: {} }}", text(field), self.texts(texts))
            }
            Test::Between { field, least, most } => {
                format!("Test::Between {{ field: {}, least: {least}, most: {most} }}", text(field))
            }
            Test::Flag { field, value } => format!("Test::Flag {{ field: {}, value: {value} }}", text(field)),
            Test::Standing(words) => format!("Test::Standing({})", self.texts(words)),
            Test::Operator(name) => format!("Test::Operator({})", text(name)),
        };
        format!("Condition {{ test: {test}, negated: {} }}", condition.negated)
    }

    fn pattern(&mut self, pattern: &Pattern) -> String {
        let mut source = String::from("rulebook::rule::Pattern { ");
        let fields = [
            ("keywords", self.texts(&pattern.keywords)),
            ("regex", text(&pattern.regex)),
            ("validate", option(pattern.validate.as_ref().map(text))),
            ("entropy", option(pattern.entropy.map(|entropy| format!("{entropy:?}")))),
        ];
        fill(&mut source, &fields);
        source
    }
}

fn fill(source: &mut String, fields: &[(&str, String)]) {
    for (name, value) in fields {
        let _: fmt::Result = write!(source, "{name}: {value}, ");
    }
    source.push('}');
}

fn text(text: &Text) -> String {
    format!("Cow::Borrowed({text:?})")
}

fn option(inner: Option<String>) -> String {
    inner.map_or("None".into(), |inner| format!("Some({inner})"))
}
