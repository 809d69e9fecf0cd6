//! The built-in profiles: settings to start from, weaker than anything that is written down.

use crate::value::Value;

/// A profile: its name, what it is for, and what it sets.
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Keys and values.
    pub values: fn() -> Vec<(&'static str, Value)>,
}

fn word(text: &str) -> Value {
    Value::Text(text.into())
}

/// Every built-in profile.
pub const PROFILES: &[Profile] = &[
    Profile { name: "default", about: "What holds where nothing is said", values: Vec::new },
    Profile {
        name: "strict",
        about: "Nothing is lowered, no rule is left out, and a finding of low severity fails the scan",
        values: || vec![("strict", Value::Flag(true)), ("fail-on", word("low"))],
    },
    Profile {
        name: "audit",
        about: "Everything is looked at and reported; findings alone fail nothing",
        values: || vec![("level", word("thorough")), ("strict", Value::Flag(true)), ("fail-on", word("never"))],
    },
    Profile {
        name: "ci",
        about: "A scan that ends: after thirty minutes with a partial report",
        values: || vec![("timeout", word("30m"))],
    },
];

/// The built-in profile of this name.
pub fn named(name: &str) -> Option<&'static Profile> {
    PROFILES.iter().find(|profile| profile.name == name)
}

/// The documentation of the profiles, in Markdown.
pub fn page() -> String {
    let rows = PROFILES.iter().map(|profile| {
        let values: Vec<String> = (profile.values)().iter().map(|(key, value)| format!("`{key} = {value}`")).collect();
        format!("| `{}` | {} | {} |\n", profile.name, profile.about, values.join(", "))
    });
    format!("## Profiles\n\n| name | what it is for | sets |\n|---|---|---|\n{}", rows.collect::<String>())
}
