//! The text of one file as a layer of settings: unknown keys and broken values are refused with line and reason.

use std::collections::BTreeMap;

use base::{policy::Suppress, verdict::Severity};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    entries::{self, Allow},
    fault::Fault,
    merge::Given,
    nearest::hint,
    options::{LIMITS, OPTIONS, Row},
    value::{Origin, Value},
};

/// Bytes of the largest file that is read.
const LARGEST: usize = 4 << 20;

/// What one file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// As it was named.
    pub file: String,
    /// Options by key; those of limits begin with `limits.`.
    pub values: BTreeMap<String, Given>,
    /// What it says of rules, by id.
    pub rules: BTreeMap<String, RuleEntry>,
    /// Callables that are allowed.
    pub allow: Vec<Allow>,
    /// Findings that were accepted.
    pub suppress: Vec<Suppress>,
    /// Its profiles by name: options and rules.
    pub profiles: BTreeMap<String, Profile>,
}

/// What a profile of a file says: options and rules.
type Profile = (BTreeMap<String, Given>, BTreeMap<String, RuleEntry>);

/// What a file says of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleEntry {
    /// Another severity.
    pub severity: Severity,
    /// Why.
    pub reason: Option<String>,
    /// Where.
    pub origin: Origin,
}

/// A file that is being read.
pub(crate) struct Reader<'t> {
    pub file: &'t str,
    pub text: &'t str,
}

pub(crate) type Table<'t> = DeTable<'t>;

impl<'t> Reader<'t> {
    /// The line of a byte.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
    }

    pub(crate) fn fault(&self, at: usize, reason: impl Into<String>) -> Fault {
        Fault::new(self.file, self.line(at), reason)
    }

    /// The whole file as a table.
    pub(crate) fn table(&self) -> Result<Spanned<DeTable<'t>>, Fault> {
        if self.text.len() > LARGEST {
            return Err(Fault::new(self.file, 0, format!("is larger than {LARGEST} bytes")));
        }
        let broken = |error: toml::de::Error| {
            let at = error.span().map_or(0, |span| span.start);
            self.fault(at, error.message().replace('\n', ", "))
        };
        DeTable::parse(self.text).map_err(broken)
    }

    /// A value as a table.
    pub(crate) fn sub<'v>(&self, name: &str, value: &'v Spanned<DeValue<'t>>) -> Result<&'v DeTable<'t>, Fault> {
        let refuse = || self.fault(value.span().start, format!("{name} is a table, as [{name}]"));
        value.get_ref().as_table().ok_or_else(refuse)
    }

    /// The tables of a list.
    pub(crate) fn rows<'v>(
        &self,
        name: &str,
        value: &'v Spanned<DeValue<'t>>,
    ) -> Result<Vec<(usize, &'v DeTable<'t>)>, Fault> {
        let refuse = |at| self.fault(at, format!("{name} is a list of tables, as [[{name}]]"));
        let list = value.get_ref().as_array().ok_or_else(|| refuse(value.span().start))?;
        let row = |item: &'v Spanned<DeValue<'t>>| {
            let at = item.span().start;
            item.get_ref().as_table().map(|table| (at, table)).ok_or_else(|| refuse(at))
        };
        list.iter().map(row).collect()
    }

    /// A value without its TOML.
    pub(crate) fn plain(&self, value: &Spanned<DeValue<'t>>) -> Result<Value, Fault> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::String(text) => Ok(Value::Text(text.to_string())),
            DeValue::Boolean(flag) => Ok(Value::Flag(*flag)),
            DeValue::Integer(number) => {
                let parsed = u64::from_str_radix(number.as_str(), number.radix());
                parsed.map(Value::Number).map_err(|_| self.fault(at, "is not a number from 0 on that can be used"))
            }
            DeValue::Array(list) => {
                let text = |item: &Spanned<DeValue<'t>>| match item.get_ref() {
                    DeValue::String(text) => Ok(text.to_string()),
                    _ => Err(self.fault(item.span().start, "wants texts in the list")),
                };
                list.iter().map(text).collect::<Result<_, _>>().map(Value::List)
            }
            other => Err(self.fault(at, format!("a {} has no place here", other.type_str()))),
        }
    }

    /// A row of the table of options, held to its kind.
    fn option(&self, row: &Row, key: usize, value: &Spanned<DeValue<'t>>) -> Result<Given, Fault> {
        let plain =
            self.plain(value).map_err(|fault| Fault { reason: format!("{} {}", row.key, fault.reason), ..fault })?;
        let value = row.kind.check(plain).map_err(|why| self.fault(key, format!("{}: {why}", row.key)))?;
        Ok(Given { value, origin: Origin::File { file: self.file.to_owned(), line: self.line(key) } })
    }
}

/// Names of tables beside the options.
const TABLES: [&str; 5] = ["limits", "rules", "allow", "suppress", "profile"];

impl Layer {
    /// Reads the text of `modelward.toml`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Fault> {
        let reader = Reader { file, text };
        Self::read(&reader, reader.table()?.get_ref())
    }

    /// Reads `[tool.modelward]` in the text of `pyproject.toml`; nothing where there is no such table.
    ///
    /// # Errors
    /// A text that is no TOML, or the first thing that is wrong in that table.
    pub fn parse_pyproject(file: &str, text: &str) -> Result<Option<Self>, Fault> {
        let reader = Reader { file, text };
        let table = reader.table()?;
        let tool = table.get_ref().get("tool").and_then(|tool| tool.get_ref().as_table());
        match tool.and_then(|tool| tool.get("modelward")) {
            None => Ok(None),
            Some(own) => Self::read(&reader, reader.sub("tool.modelward", own)?).map(Some),
        }
    }

    fn read<'t>(reader: &Reader<'t>, table: &Table<'t>) -> Result<Self, Fault> {
        let mut layer = Self { file: reader.file.to_owned(), ..Self::default() };
        for (key, value) in table {
            let at = key.span().start;
            match key.get_ref().as_ref() {
                "allow" => {
                    for (at, row) in reader.rows("allow", value)? {
                        layer.allow.push(entries::allow(reader, at, row)?);
                    }
                }
                "suppress" => {
                    for (at, row) in reader.rows("suppress", value)? {
                        layer.suppress.push(entries::suppress(reader, at, row)?);
                    }
                }
                "profile" => {
                    // `profile = "ci"` chooses one, `[profile.ci]` describes one.
                    let Some(profiles) = value.get_ref().as_table() else {
                        option(reader, "profile", at, value, &mut layer.values)?;
                        continue;
                    };
                    for (name, body) in profiles {
                        let profile = profile(reader, name.get_ref(), reader.sub("profile.NAME", body)?)?;
                        layer.profiles.insert(name.get_ref().to_string(), profile);
                    }
                }
                _ => common(reader, key, value, &mut layer.values, &mut layer.rules)?,
            }
        }
        Ok(layer)
    }
}

fn profile<'t>(reader: &Reader<'t>, name: &str, table: &Table<'t>) -> Result<Profile, Fault> {
    let (mut values, mut rules) = Profile::default();
    for (key, value) in table {
        let word = key.get_ref().as_ref();
        if ["allow", "suppress", "profile"].contains(&word) {
            let reason = format!("{word} has no place in the profile {name}; write it outside of profiles");
            return Err(reader.fault(key.span().start, reason));
        }
        common(reader, key, value, &mut values, &mut rules)?;
    }
    Ok((values, rules))
}

/// A key that files and profiles share.
fn common<'t>(
    reader: &Reader<'t>,
    key: &Spanned<std::borrow::Cow<'t, str>>,
    value: &Spanned<DeValue<'t>>,
    values: &mut BTreeMap<String, Given>,
    rules: &mut BTreeMap<String, RuleEntry>,
) -> Result<(), Fault> {
    let at = key.span().start;
    match key.get_ref().as_ref() {
        "limits" => {
            for (key, value) in reader.sub("limits", value)? {
                option(reader, &format!("limits.{}", key.get_ref()), key.span().start, value, values)?;
            }
            Ok(())
        }
        // `rules = "folder"` names a folder, `[rules.ID]` speaks of one rule.
        "rules" if value.get_ref().is_table() => {
            for (id, body) in reader.sub("rules", value)? {
                let at = id.span().start;
                rules.insert(id.get_ref().to_string(), entries::rule(reader, at, reader.sub("rules.ID", body)?)?);
            }
            Ok(())
        }
        key => option(reader, key, at, value, values),
    }
}

/// An option by its key.
fn option<'t>(
    reader: &Reader<'t>,
    key: &str,
    at: usize,
    value: &Spanned<DeValue<'t>>,
    values: &mut BTreeMap<String, Given>,
) -> Result<(), Fault> {
    let Some(row) = Row::find(key) else {
        let (word, words): (&str, Vec<&str>) = match key.strip_prefix("limits.") {
            Some(word) => (word, LIMITS.iter().map(|row| row.key).collect()),
            None => (key, OPTIONS.iter().map(|row| row.key).chain(TABLES).collect()),
        };
        return Err(reader.fault(at, format!("there is no option {word:?}{}", hint(word, words))));
    };
    values.insert(key.to_owned(), reader.option(row, at, value)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"
level = "quick"
exclude = ["tests/**"]
max-size = "2GiB"
profile = "nightly"
rules = "extra-rules"

[limits]
depth = 4
memory = "64MiB"

[[allow]]
import = "mylib.Model"
reason = "ours"

[[suppress]]
rule = "process-spawn"
path = "models/*.pkl"
reason = "known"
expires = 2026-12-31
"#;

    #[test]
    fn a_file_says_where_each_value_stands() {
        let layer = Layer::parse("m.toml", ALL).unwrap();
        let told = |key: &str| format!("{} {}", layer.values[key].value, layer.values[key].origin);
        assert_eq!(told("level"), "\"quick\" m.toml:2");
        assert_eq!(told("max-size"), "2147483648 m.toml:4");
        assert_eq!(told("limits.memory"), "67108864 m.toml:10");
        assert_eq!((layer.allow.len(), layer.suppress.len()), (1, 1));
        assert_eq!(layer.suppress[0].decision.at, "m.toml:16");
    }

    #[test]
    fn profiles_and_severities_are_read() {
        let text = "[rules.file-read]\nseverity = \"low\"\nreason = \"ours\"\n[profile.x]\nlevel = \"quick\"\n[profile.x.limits]\ndepth = 2\n";
        let layer = Layer::parse("m.toml", text).unwrap();
        assert_eq!(layer.rules["file-read"].severity, Severity::Low);
        assert_eq!(layer.profiles["x"].0.keys().collect::<Vec<_>>(), ["level", "limits.depth"]);
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_reason() {
        for (text, expected) in [
            ("\nlevle = \"quick\"", "m.toml:2: there is no option \"levle\"; did you mean \"level\"?"),
            (
                "level = \"quik\"",
                "m.toml:1: level: \"quik\" is none of quick, standard, thorough; did you mean \"quick\"?",
            ),
            ("level = 1", "m.toml:1: level: wants one of quick, standard, thorough"),
            ("max-size = \"2 parsecs\"", "m.toml:1: max-size: \"2 parsecs\" is not a size"),
            ("timeout = \"soon\"", "m.toml:1: timeout: \"soon\" is not a duration"),
            ("jobs = -1", "m.toml:1: jobs is not a number"),
            ("jobs = 0", "m.toml:1: jobs: 0 is not between 1 and 1024"),
            ("exclude = [\"/x\"]", "m.toml:1: exclude: \"/x\": paths are relative"),
            ("exclude = [1]", "m.toml:1: exclude wants texts"),
            ("[limits]\ndeph = 1", "m.toml:2: there is no option \"deph\"; did you mean \"depth\"?"),
            ("level = ", "m.toml:1: "),
            ("\n\nlevel = \"quick\"\nlevel = \"quick\"", "m.toml:4: "),
            ("strict = 2026-01-01", "m.toml:1: strict a datetime has no place here"),
            ("[profile.x]\nsuppress = []", "m.toml:2: suppress has no place in the profile x"),
            ("allow = 1", "m.toml:1: allow is a list of tables, as [[allow]]"),
            ("limits = 1", "m.toml:1: limits is a table, as [limits]"),
        ] {
            let fault = Layer::parse("m.toml", text).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{text:?}: {fault}");
        }
    }

    #[test]
    fn a_project_has_a_table_of_its_own() {
        let parse = |text| Layer::parse_pyproject("pyproject.toml", text);
        assert_eq!(parse("[project]\nname = \"x\"").unwrap(), None);
        let layer = parse("[tool.modelward]\nlevel = \"quick\"\n[tool.ruff]\nx = 1").unwrap().unwrap();
        assert_eq!(layer.values["level"].origin.to_string(), "pyproject.toml:2");
        assert!(parse("[tool.modelward]\nlevl = 1").is_err());
    }
}
