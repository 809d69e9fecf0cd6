//! The entries with a reason: severities of rules, allowed imports, suppressions.

use std::collections::BTreeMap;

use base::{
    date::Date,
    glob::Glob,
    policy::{Decision, Suppress},
    verdict::Severity,
};
use toml::{Spanned, de::DeValue};

use crate::{
    fault::Fault,
    file::{Reader, RuleEntry, Table},
    nearest::hint,
    value::{Origin, Value},
};

/// A callable that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allow {
    /// Its exact name.
    pub import: String,
    /// Why, who and where.
    pub decision: Decision,
}

/// The suppressions of a file that holds nothing else.
///
/// # Errors
/// The first thing that is wrong, with its line.
pub fn suppressions(file: &str, text: &str) -> Result<Vec<Suppress>, Fault> {
    let reader = Reader { file, text };
    let mut entries = Vec::new();
    for (key, value) in reader.table()?.get_ref() {
        if key.get_ref() != "suppress" {
            let reason =
                format!("{:?} has no place in a file of suppressions, which holds [[suppress]] only", key.get_ref());
            return Err(reader.fault(key.span().start, reason));
        }
        for (at, row) in reader.rows("suppress", value)? {
            entries.push(suppress(&reader, at, row)?);
        }
    }
    Ok(entries)
}

/// The texts of an entry by key, each with its place.
struct Texts(BTreeMap<String, (usize, String)>);

impl Texts {
    fn read<'t>(reader: &Reader<'t>, what: &str, table: &Table<'t>, keys: &[&str]) -> Result<Self, Fault> {
        let mut texts = BTreeMap::new();
        for (key, value) in table {
            let (at, word) = (key.span().start, key.get_ref().as_ref());
            if !keys.contains(&word) {
                let near = hint(word, keys.iter().copied());
                return Err(reader.fault(at, format!("{what} has no key {word:?}{near}")));
            }
            texts.insert(word.to_owned(), (at, text(reader, what, word, value)?));
        }
        Ok(Self(texts))
    }

    fn take(&mut self, key: &str) -> Option<String> {
        self.0.remove(key).map(|(_, text)| text)
    }

    /// A text that must be there.
    fn require(&mut self, reader: &Reader<'_>, what: &str, at: usize, key: &str) -> Result<String, Fault> {
        self.take(key).ok_or_else(|| reader.fault(at, format!("{what} needs {key}")))
    }

    /// A text that is read further.
    fn convert<T>(
        &mut self,
        reader: &Reader<'_>,
        key: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Fault> {
        let Some((at, text)) = self.0.remove(key) else { return Ok(None) };
        read(&text).map(Some).map_err(|why| reader.fault(at, format!("{key}: {why}")))
    }

    fn decision(&mut self, reader: &Reader<'_>, what: &str, at: usize) -> Result<Decision, Fault> {
        let reason = self.require(reader, what, at, "reason")?;
        Ok(Decision { reason, owner: self.take("owner"), at: format!("{}:{}", reader.file, reader.line(at)) })
    }
}

/// A text that says something; a date is taken as it is written.
fn text<'t>(reader: &Reader<'t>, what: &str, key: &str, value: &Spanned<DeValue<'t>>) -> Result<String, Fault> {
    let text = match value.get_ref() {
        DeValue::Datetime(date) => Ok(date.to_string()),
        _ => reader.plain(value).map(|plain| match plain {
            Value::Text(text) => text,
            _ => String::new(),
        }),
    }?;
    if text.trim().is_empty() {
        return Err(reader.fault(value.span().start, format!("{key} of {what} wants a text that is not empty")));
    }
    Ok(text)
}

/// `[rules.ID]`.
pub(crate) fn rule<'t>(reader: &Reader<'t>, at: usize, table: &Table<'t>) -> Result<RuleEntry, Fault> {
    let what = "[rules.ID]";
    let mut texts = Texts::read(reader, what, table, &["severity", "reason"])?;
    let read = |text: &str| {
        let words = || Severity::ALL.iter().rev().map(|severity| severity.id());
        let refuse = || {
            let all: Vec<&str> = words().collect();
            format!("{text:?} is none of {}{}", all.join(", "), hint(text, words()))
        };
        Severity::parse(text).ok_or_else(refuse)
    };
    let severity = texts.convert(reader, "severity", read)?;
    let severity = severity.ok_or_else(|| reader.fault(at, format!("{what} needs severity")))?;
    let origin = Origin::File { file: reader.file.to_owned(), line: reader.line(at) };
    Ok(RuleEntry { severity, reason: texts.take("reason"), origin })
}

/// `[[allow]]`.
pub(crate) fn allow<'t>(reader: &Reader<'t>, at: usize, table: &Table<'t>) -> Result<Allow, Fault> {
    let what = "[[allow]]";
    let mut texts = Texts::read(reader, what, table, &["import", "reason", "owner"])?;
    let import = texts.convert(reader, "import", callable)?;
    let import = import.ok_or_else(|| reader.fault(at, format!("{what} needs import")))?;
    Ok(Allow { import, decision: texts.decision(reader, what, at)? })
}

/// The exact name of a callable.
fn callable(text: &str) -> Result<String, String> {
    if text.contains(['*', '?']) {
        return Err(format!("{text:?} has a wildcard; only exact names, module.name, are allowed one by one"));
    }
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|letter: char| letter.is_ascii_digit())
            && part.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    if !text.contains('.') || !text.split('.').all(part) {
        return Err(format!("{text:?} is not the name of a callable, as module.name"));
    }
    Ok(text.to_owned())
}

/// `[[suppress]]`.
pub(crate) fn suppress<'t>(reader: &Reader<'t>, at: usize, table: &Table<'t>) -> Result<Suppress, Fault> {
    const KEYS: [&str; 8] = ["rule", "path", "sha256", "fingerprint", "import", "reason", "owner", "expires"];
    let what = "[[suppress]]";
    let mut texts = Texts::read(reader, what, table, &KEYS)?;
    let named = ["rule", "path", "sha256", "fingerprint", "import"].iter().any(|key| texts.0.contains_key(*key));
    if !named {
        let reason = format!("{what} needs one of rule, path, sha256, fingerprint, import, or it would fit everything");
        return Err(reader.fault(at, reason));
    }
    let digits = |text: &str, count: usize| {
        let lower = text.to_ascii_lowercase();
        let right = lower.len() == count && lower.bytes().all(|byte| byte.is_ascii_hexdigit());
        right.then_some(lower).ok_or_else(|| format!("{text:?} is not {count} hexadecimal digits"))
    };
    let day = |text: &str| Date::parse(text).ok_or_else(|| format!("{text:?} is not a day, as 2026-12-31"));
    Ok(Suppress {
        path: texts.convert(reader, "path", Glob::parse)?,
        sha256: texts.convert(reader, "sha256", |text| digits(text, 64))?,
        fingerprint: texts.convert(reader, "fingerprint", |text| digits(text, 32))?,
        import: texts.convert(reader, "import", callable)?,
        expires: texts.convert(reader, "expires", day)?,
        rule: texts.take("rule"),
        decision: texts.decision(reader, what, at)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Layer;

    #[test]
    fn a_suppression_needs_a_reason_and_something_to_fit() {
        let digest = "a".repeat(64);
        let good =
            format!("[[suppress]]\nsha256 = \"{digest}\"\nreason = \"r\"\nowner = \"ann\"\nexpires = \"2026-12-31\"\n");
        let entries = suppressions("s.toml", &good).unwrap();
        assert_eq!(
            entries[0].decision,
            Decision { reason: "r".into(), owner: Some("ann".into()), at: "s.toml:1".into() }
        );
        for (text, expected) in [
            ("[[suppress]]\nrule = \"x\"", "s.toml:1: [[suppress]] needs reason"),
            ("[[suppress]]\nreason = \"r\"", "s.toml:1: [[suppress]] needs one of"),
            ("[[suppress]]\nrule = \"x\"\nreason = \" \"", "s.toml:3: reason of [[suppress]] wants a text"),
            (
                "[[suppress]]\nrule = \"x\"\nreson = \"r\"",
                "s.toml:3: [[suppress]] has no key \"reson\"; did you mean \"reason\"?",
            ),
            (
                "[[suppress]]\nrule = \"x\"\nreason = \"r\"\nexpires = \"soon\"",
                "s.toml:4: expires: \"soon\" is not a day",
            ),
            ("[[suppress]]\nsha256 = \"ab\"\nreason = \"r\"", "s.toml:2: sha256: \"ab\" is not 64 hexadecimal digits"),
            ("[[suppress]]\nimport = \"os.*\"\nreason = \"r\"", "s.toml:2: import: \"os.*\" has a wildcard"),
            ("level = \"quick\"", "s.toml:1: \"level\" has no place in a file of suppressions"),
        ] {
            let fault = suppressions("s.toml", text).unwrap_err().to_string();
            assert!(fault.starts_with(expected), "{text:?}: {fault}");
        }
    }

    #[test]
    fn only_exact_names_are_allowed() {
        let parse = |import: &str| {
            Layer::parse("m.toml", &format!("[[allow]]\nimport = {import:?}\nreason = \"r\"")).map(|layer| layer.allow)
        };
        assert_eq!(parse("my.lib.Model").unwrap()[0].import, "my.lib.Model");
        for wrong in ["*", "os.*", "os.sys?em", "os", "os.", ".system", "os..x", "os.1", "os system.x", "a-b.c"] {
            assert!(parse(wrong).unwrap_err().reason.starts_with("import: "), "{wrong}");
        }
        let fault = Layer::parse("m.toml", "[[allow]]\nimport = \"a.b\"").unwrap_err().to_string();
        assert_eq!(fault, "m.toml:1: [[allow]] needs reason");
    }

    #[test]
    fn a_severity_is_a_word_of_the_scale() {
        let parse = |text: &str| Layer::parse("m.toml", text).unwrap_err().to_string();
        let expected = "m.toml:2: severity: \"lo\" is none of critical, high, medium, low, info; did you mean \"low\"?";
        assert_eq!(parse("[rules.x]\nseverity = \"lo\""), expected);
        assert_eq!(parse("[rules.x]\nreason = \"r\""), "m.toml:1: [rules.ID] needs severity");
    }
}
