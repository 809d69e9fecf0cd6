//! Severity, confidence and the verdict lattice: malicious > suspicious > incomplete > clean.

use serde::{Deserialize, Serialize};

macro_rules! scale {
    ($(#[doc = $doc:literal])+ $name:ident { $( $(#[doc = $item_doc:literal])+ $item:ident = $id:literal ),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $( $(#[doc = $item_doc])+ #[serde(rename = $id)] $item ),+ }
        impl $name {
            /// Every value, lowest first.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];
            /// The word in rules, configuration and reports.
            pub const fn id(self) -> &'static str { match self { $(Self::$item => $id),+ } }
            /// The value with this word.
            pub fn parse(id: &str) -> Option<Self> { match id { $($id => Some(Self::$item),)+ _ => None } }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.id()) }
        }
    };
}

scale! {
    /// What would happen: how bad it is.
    Severity {
        /// Worth knowing.
        Info = "info",
        /// A weakness without a path to harm of its own.
        Low = "low",
        /// Suspicious: a person should look.
        Medium = "medium",
        /// Dangerous in a way that depends on circumstances.
        High = "high",
        /// Loading or using the model does harm.
        Critical = "critical",
    }
}
scale! {
    /// How sure the scanner is.
    Confidence {
        /// A hint.
        Low = "low",
        /// Likely.
        Medium = "medium",
        /// Shown by the bytes themselves.
        High = "high",
    }
}
scale! {
    /// What a rule is about, and whether it counts for the verdict.
    RuleKind {
        /// A weakness of care: licence, provenance, weak hash. Never changes the verdict unless a policy raises it.
        Hygiene = "hygiene",
        /// Something that should not be public: a live secret, personal data.
        Exposure = "exposure",
        /// Something that does harm.
        Threat = "threat",
    }
}
scale! {
    /// The verdict over a tree: the worst that holds.
    Verdict {
        /// Nothing found, and everything was read.
        Clean = "clean",
        /// Nothing found so far, but something was not read.
        Incomplete = "incomplete",
        /// A person should look.
        Suspicious = "suspicious",
        /// Do not load.
        Malicious = "malicious",
    }
}
scale! {
    /// Whether everything was read.
    Completeness {
        /// Every byte is accounted for.
        Complete = "complete",
        /// Something was not read; the artifacts say what and why.
        Incomplete = "incomplete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_holds_is_the_greatest() {
        assert!(Verdict::Malicious > Verdict::Suspicious);
        assert!(Verdict::Suspicious > Verdict::Incomplete);
        assert!(Verdict::Incomplete > Verdict::Clean);
        assert!(RuleKind::Threat > RuleKind::Exposure && RuleKind::Exposure > RuleKind::Hygiene);
        assert!(Severity::ALL.is_sorted() && Confidence::ALL.is_sorted() && Verdict::ALL.is_sorted());
    }

    #[test]
    fn every_value_has_one_word_everywhere() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.id()), Some(*severity));
            assert_eq!(serde_json::to_value(severity).unwrap(), severity.id());
            assert_eq!(format!("{severity:>9}"), format!("{:>9}", severity.id()));
        }
        for verdict in Verdict::ALL {
            assert_eq!(Verdict::parse(verdict.id()), Some(*verdict));
        }
        assert_eq!(Verdict::parse("Malicious"), None);
        assert_eq!(Severity::parse(""), None);
    }
}
