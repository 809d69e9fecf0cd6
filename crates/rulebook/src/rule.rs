//! What a rule is once it is loaded.

use std::borrow::Cow;

use base::{
    fact::Kind,
    verdict::{Confidence, RuleKind, Severity},
};

/// Text of a rule: borrowed in the compiled tables, owned when a rule is read at run time.
pub type Text = Cow<'static, str>;
/// A list of a rule, likewise.
pub type List<T> = Cow<'static, [T]>;

/// A rule of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its id, which is its file's name.
    pub id: Text,
    /// What a person reads first.
    pub title: Text,
    /// Threat, exposure or hygiene.
    pub kind: RuleKind,
    /// The row of the taxonomy, which is its folder.
    pub category: Text,
    /// How bad it is, unless the clause that holds says otherwise.
    pub severity: Severity,
    /// How sure it is, unless the clause that holds says otherwise.
    pub confidence: Confidence,
    /// The sentence of a finding, with placeholders (see [`crate::message`]).
    pub message: Text,
    /// What makes two findings one.
    pub per: Per,
    /// Rules whose finding on the same artifact and subject makes this one superfluous.
    pub yields_to: List<Text>,
    /// CWE numbers.
    pub cwe: List<u32>,
    /// OWASP Machine Learning Security Top Ten (2023) ids.
    pub owasp_ml: List<Text>,
    /// OWASP Top 10 for LLM Applications (2025) ids.
    pub owasp_llm: List<Text>,
    /// MITRE ATLAS technique ids.
    pub atlas: List<Text>,
    /// Which facts it sees.
    pub scope: Scope,
    /// It holds where any of these holds.
    pub when: List<Clause>,
    /// What a pattern rule looks for in the bytes.
    pub pattern: Option<Pattern>,
    /// The section *What to do* as one paragraph.
    pub remedy: Text,
}

/// What makes two findings of a rule in one artifact one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Per {
    /// The subject and the evidence: two calls with other arguments are two.
    #[default]
    Evidence,
    /// The subject alone: a class built a thousand times is one finding.
    Subject,
}

/// Which facts a rule sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those of one artifact, one by one as they are stated.
    #[default]
    Artifact,
    /// Those of a whole tree, once, at its end.
    Tree,
}

/// One way for a rule to hold: a kind of fact, and conditions that must all hold of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The kind of fact.
    pub fact: Kind,
    /// All must hold.
    pub all: List<Condition>,
    /// Instead of the rule's severity.
    pub severity: Option<Severity>,
    /// Instead of the rule's confidence.
    pub confidence: Option<Confidence>,
    /// Instead of the rule's message.
    pub message: Option<Text>,
}

/// One condition of a clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// What is asked.
    pub test: Test,
    /// Whether the answer must be no.
    pub negated: bool,
}

/// What a condition asks of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// A text field is one of these.
    OneOf {
        /// The field.
        field: Text,
        /// The texts.
        texts: List<Text>,
    },
    /// A number, or the length of a list, lies between these, both included.
    Between {
        /// The field.
        field: Text,
        /// At least.
        least: u64,
        /// At most.
        most: u64,
    },
    /// A truth value is this.
    Flag {
        /// The field.
        field: Text,
        /// The value.
        value: bool,
    },
    /// What is known of the fact's module and name is one of these: `dangerous/process`, or a whole group, `dangerous`.
    Standing(List<Text>),
    /// The operator of this name holds.
    Operator(Text),
}

/// What a pattern rule looks for: a regular expression that runs only where one of its keywords was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Words, at least one of which is near every match.
    pub keywords: List<Text>,
    /// The regular expression.
    pub regex: Text,
    /// The operator that checks a match: a checksum, a structure.
    pub validate: Option<Text>,
    /// The least Shannon entropy of a match, in bits a byte.
    pub entropy: Option<f64>,
}

impl Rule {
    /// The kinds of fact on which the rule depends, in the order of its clauses, each once.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = self.when.iter().map(|clause| clause.fact).collect();
        if self.pattern.is_some() {
            kinds.push(Kind::Match);
        }
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }
}
