//! The settings that hold: built-in values, then files, then profiles of files, then the environment, then options.

use std::{collections::BTreeMap, time::Duration};

use base::{
    glob::Glob,
    limits::{Level, Limits},
    policy::Suppress,
};

use crate::{
    duration,
    entries::Allow,
    fault::Fault,
    file::{Layer, RuleEntry},
    nearest::hint,
    options::{LIMITS, OPTIONS, Row},
    profiles::{self, PROFILES},
    value::{Origin, Value},
};

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub value: Value,
    /// Its origin.
    pub origin: Origin,
}

/// A value of the environment or the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Over {
    /// The option's key.
    pub key: &'static str,
    /// Its value.
    pub value: Value,
    /// Its origin.
    pub origin: Origin,
}

/// What holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// Options by key; those for which nothing holds are missing.
    pub values: BTreeMap<String, Given>,
    /// What is said of rules.
    pub rules: BTreeMap<String, RuleEntry>,
    /// Allowed callables, of all files.
    pub allow: Vec<Allow>,
    /// Suppressions, of all files.
    pub suppress: Vec<Suppress>,
    /// The files that were read, weakest first.
    pub files: Vec<String>,
}

/// Merges `layers`, weakest first, and what stands `over` them.
///
/// # Errors
/// A profile that nobody describes; a value of the environment or the command line that its option does not take.
pub fn merge(layers: Vec<Layer>, over: Vec<Over>) -> Result<Merged, Fault> {
    let over = over.into_iter().map(checked).collect::<Result<Vec<Over>, Fault>>()?;
    let mut merged = Merged::default();
    for row in OPTIONS.iter().filter(|row| !row.default.is_empty()) {
        merged.values.insert(row.key.to_owned(), Given { value: default(row), origin: Origin::Default });
    }
    for row in LIMITS {
        let given = Given { value: Value::Number(default_limit(row.key)), origin: Origin::Default };
        merged.values.insert(format!("limits.{}", row.key), given);
    }
    let profile = profile(&layers, &over)?;
    for (key, value) in profiles::named(&profile.0).map(|profile| (profile.values)()).unwrap_or_default() {
        merged.values.insert(key.to_owned(), Given { value, origin: Origin::Profile(profile.0.clone()) });
    }
    let described: Vec<_> = layers.iter().filter_map(|layer| layer.profiles.get(&profile.0).cloned()).collect();
    for layer in layers {
        merged.values.extend(layer.values);
        merged.rules.extend(layer.rules);
        merged.allow.extend(layer.allow);
        merged.suppress.extend(layer.suppress);
        merged.files.push(layer.file);
    }
    for (values, rules) in described {
        // A profile cannot choose another.
        merged.values.extend(values.into_iter().filter(|(key, _)| key != "profile"));
        merged.rules.extend(rules);
    }
    for Over { key, value, origin } in over {
        merged.values.insert(key.to_owned(), Given { value, origin });
    }
    merged.values.insert("profile".into(), Given { value: Value::Text(profile.0), origin: profile.1 });
    Ok(merged)
}

fn checked(over: Over) -> Result<Over, Fault> {
    let refuse = |why: String| Fault::new(&over.origin.to_string(), 0, why);
    let row = Row::find(over.key).ok_or_else(|| refuse(format!("there is no option {:?}", over.key)))?;
    let value = row.kind.check(over.value.clone()).map_err(refuse)?;
    Ok(Over { value, ..over })
}

/// The profile in force and who chose it.
fn profile(layers: &[Layer], over: &[Over]) -> Result<(String, Origin), Fault> {
    let chosen = over.iter().rev().find(|over| over.key == "profile").map(|over| (&over.value, &over.origin));
    let written = layers.iter().rev().find_map(|layer| layer.values.get("profile"));
    let (name, origin) = match chosen.or(written.map(|given| (&given.value, &given.origin))) {
        Some((Value::Text(name), origin)) => (name.clone(), origin.clone()),
        _ => ("default".to_owned(), Origin::Default),
    };
    let described = layers.iter().flat_map(|layer| layer.profiles.keys().map(String::as_str));
    let known: Vec<&str> = PROFILES.iter().map(|profile| profile.name).chain(described).collect();
    if known.contains(&&*name) {
        return Ok((name, origin));
    }
    let reason = format!("there is no profile {name:?}{}", hint(&name, known));
    Err(match origin {
        Origin::File { file, line } => Fault { file, line, reason },
        other => Fault::new(&other.to_string(), 0, reason),
    })
}

/// The value of a row's `default`.
fn default(row: &Row) -> Value {
    match row.default {
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        text => Value::Text(text.trim_matches('"').to_owned()),
    }
}

/// The default of a limit.
pub(crate) fn default_limit(key: &str) -> u64 {
    let limits = serde_json::to_value(Limits::default()).unwrap_or_default();
    limits.get(key.replace('-', "_")).and_then(serde_json::Value::as_u64).unwrap_or_default()
}

impl Merged {
    fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(key).map(|given| &given.value)
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a flag is up.
    pub fn flag(&self, key: &str) -> bool {
        self.value(key) == Some(&Value::Flag(true))
    }

    /// A number or a size.
    pub fn number(&self, key: &str) -> Option<u64> {
        match self.value(key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A list; empty where nothing is said.
    pub fn list(&self, key: &str) -> &[String] {
        match self.value(key) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    /// Patterns.
    pub fn globs(&self, key: &str) -> Vec<Glob> {
        self.list(key).iter().filter_map(|text| Glob::parse(text).ok()).collect()
    }

    /// Where a value came from.
    pub fn origin(&self, key: &str) -> Origin {
        self.values.get(key).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// How thorough.
    pub fn level(&self) -> Level {
        match self.text("level") {
            Some("quick") => Level::Quick,
            Some("thorough") => Level::Thorough,
            _ => Level::Standard,
        }
    }

    /// The time for the whole run.
    pub fn timeout(&self) -> Option<Duration> {
        self.text("timeout").and_then(|text| duration::parse(text).ok())
    }

    /// The limits.
    pub fn limits(&self) -> Limits {
        let mut limits = serde_json::to_value(Limits::default()).unwrap_or_default();
        for row in LIMITS {
            let number = self.number(&format!("limits.{}", row.key));
            if let Some((place, number)) = limits.get_mut(row.key.replace('-', "_")).zip(number) {
                *place = number.into();
            }
        }
        let limits = serde_json::from_value(limits).unwrap_or_default();
        Limits { timeout: self.timeout(), ..limits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(file: &str, text: &str) -> Layer {
        Layer::parse(file, text).unwrap()
    }

    fn over(key: &'static str, text: &str, origin: Origin) -> Over {
        Over { key, value: Value::Text(text.into()), origin }
    }

    #[test]
    fn the_stronger_wins_and_each_value_knows_its_origin() {
        let user = layer("user.toml", "level = \"quick\"\nfail-on = \"low\"\nmax-size = 5\njobs = 2");
        let text =
            "fail-on = \"high\"\ntimeout = \"2m\"\njobs = 3\n[limits]\ndepth = 3\n[profile.x]\njobs = 4\nstrict = true";
        let project = layer("m.toml", text);
        let flag = || Origin::Option("--level".into());
        let overs = vec![
            over("profile", "x", Origin::Environment("MODELWARD_PROFILE".into())),
            over("level", "thorough", flag()),
        ];
        let merged = merge(vec![user, project], overs).unwrap();
        let told = |key: &str| format!("{} {}", merged.values[key].value, merged.values[key].origin);
        let keys = ["level", "fail-on", "max-size", "jobs", "strict", "profile", "allow-incomplete", "limits.depth"];
        let expected = [
            "\"thorough\" --level",
            "\"high\" m.toml:1",
            "5 user.toml:3",
            "4 m.toml:7",
            "true m.toml:8",
            "\"x\" MODELWARD_PROFILE",
            "false default",
            "3 m.toml:5",
        ];
        assert_eq!(keys.map(told), expected);
        let limits = merged.limits();
        assert_eq!((limits.depth, limits.timeout), (3, Some(Duration::from_secs(120))));
        assert_eq!(limits.memory, Limits::default().memory);
        assert_eq!(merged.level(), Level::Thorough);
    }

    #[test]
    fn built_in_profiles_yield_to_what_is_written() {
        let merged = merge(vec![layer("m.toml", "profile = \"strict\"\nfail-on = \"high\"")], Vec::new()).unwrap();
        assert_eq!((merged.flag("strict"), merged.text("fail-on")), (true, Some("high")));
        assert_eq!(merged.origin("strict").to_string(), "profile strict");
        for profile in PROFILES {
            let overs = (profile.values)().into_iter().map(|(key, value)| Over { key, value, origin: Origin::Default });
            assert!(merge(Vec::new(), overs.collect()).is_ok(), "{}", profile.name);
        }
    }

    #[test]
    fn unknown_profiles_and_wrong_values_are_refused() {
        let fault = merge(vec![layer("m.toml", "\nprofile = \"strct\"")], Vec::new()).unwrap_err();
        assert_eq!(fault.to_string(), "m.toml:2: there is no profile \"strct\"; did you mean \"strict\"?");
        let wrong = over("level", "quik", Origin::Environment("MODELWARD_LEVEL".into()));
        let fault = merge(Vec::new(), vec![wrong]).unwrap_err().to_string();
        assert!(fault.starts_with("MODELWARD_LEVEL: \"quik\" is none of"), "{fault}");
    }

    #[test]
    fn defaults_are_those_of_the_table() {
        let merged = merge(Vec::new(), Vec::new()).unwrap();
        assert_eq!(merged.limits(), Limits::default());
        assert_eq!(
            (merged.text("fail-on"), merged.flag("cache"), merged.flag("strict")),
            (Some("medium"), true, false)
        );
    }
}
