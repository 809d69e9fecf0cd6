//! The categories of findings and the names of the standards' ids: `taxonomy.toml`.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::error::Error;

/// The taxonomy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taxonomy {
    /// The categories by id.
    pub categories: BTreeMap<String, Category>,
    /// Names of CWE entries by number.
    pub cwe: BTreeMap<u32, String>,
    /// Names of the OWASP Machine Learning Security Top Ten (2023).
    pub owasp_ml: BTreeMap<String, String>,
    /// Names of the OWASP Top 10 for LLM Applications (2025).
    pub owasp_llm: BTreeMap<String, String>,
    /// Names of MITRE ATLAS techniques.
    pub atlas: BTreeMap<String, String>,
}

/// A category: a kind of threat, never a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// For people.
    pub name: String,
    /// Its CWE numbers; empty where it is a matter of policy.
    pub cwe: Vec<u32>,
    /// Its OWASP ML ids.
    pub owasp_ml: Vec<String>,
    /// Its OWASP LLM ids.
    pub owasp_llm: Vec<String>,
    /// Its ATLAS ids.
    pub atlas: Vec<String>,
}

impl Taxonomy {
    /// Reads `text`, the content of `file`.
    ///
    /// # Errors
    /// Anything that is not a table of names or a category with its four lists, and a category whose id of a standard has no name.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let refuse = |reason: String| Error::new(file, 1, reason);
        let table: Table = text.parse().map_err(|error: toml::de::Error| refuse(error.to_string()))?;
        let mut taxonomy = Self::default();
        for (key, value) in &table {
            let value = value.as_table().ok_or_else(|| refuse(format!("{key} is no table")))?;
            match key.as_str() {
                "cwe" => {
                    for (number, name) in names(value).map_err(&refuse)? {
                        let number = number.parse().map_err(|_| refuse(format!("CWE {number:?} is no number")))?;
                        taxonomy.cwe.insert(number, name);
                    }
                }
                "owasp-ml" => taxonomy.owasp_ml = names(value).map_err(&refuse)?,
                "owasp-llm" => taxonomy.owasp_llm = names(value).map_err(&refuse)?,
                "atlas" => taxonomy.atlas = names(value).map_err(&refuse)?,
                "category" => taxonomy.categories = categories(value).map_err(&refuse)?,
                other => return Err(refuse(format!("unknown table {other:?}"))),
            }
        }
        match taxonomy.nameless() {
            Some(reason) => Err(refuse(reason)),
            None => Ok(taxonomy),
        }
    }

    /// The first id of a category that has no name.
    fn nameless(&self) -> Option<String> {
        let mut all = self.categories.iter();
        all.find_map(|(id, category)| {
            self.unknown(&category.cwe, &category.owasp_ml, &category.owasp_llm, &category.atlas)
                .map(|unknown| format!("category {id}: {unknown} has no name"))
        })
    }

    /// The name of an id as findings carry it: `CWE-502`, `ML06`, `LLM03`, `AML.T0011.000`.
    pub fn name(&self, id: &str) -> Option<&str> {
        let number = id.strip_prefix("CWE-").and_then(|number| number.parse().ok());
        let cwe = number.and_then(|number: u32| self.cwe.get(&number));
        let others = [&self.owasp_ml, &self.owasp_llm, &self.atlas];
        cwe.or_else(|| others.into_iter().find_map(|names| names.get(id))).map(String::as_str)
    }

    /// The first of these ids that has no name here.
    pub fn unknown(&self, cwe: &[u32], owasp_ml: &[String], owasp_llm: &[String], atlas: &[String]) -> Option<String> {
        let missing = |known: &BTreeMap<String, String>, ids: &[String]| {
            ids.iter().find(|id| !known.contains_key(id.as_str())).cloned()
        };
        let number = cwe.iter().find(|number| !self.cwe.contains_key(number)).map(|number| format!("CWE-{number}"));
        number
            .or_else(|| missing(&self.owasp_ml, owasp_ml))
            .or_else(|| missing(&self.owasp_llm, owasp_llm))
            .or_else(|| missing(&self.atlas, atlas))
    }
}

fn names(table: &Table) -> Result<BTreeMap<String, String>, String> {
    let entry = |(id, name): (&String, &Value)| {
        let name = name.as_str().filter(|name| !name.is_empty()).ok_or_else(|| format!("{id} has no name"))?;
        Ok((id.clone(), name.to_owned()))
    };
    table.iter().map(entry).collect()
}

fn categories(table: &Table) -> Result<BTreeMap<String, Category>, String> {
    let entry = |(id, value): (&String, &Value)| {
        let row = value.as_table().ok_or_else(|| format!("category {id} is no table"))?;
        let known = ["name", "cwe", "owasp_ml", "owasp_llm", "atlas"];
        if let Some(key) = row.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("category {id}: unknown field {key:?}"));
        }
        let list = |key: &str| {
            let items =
                row.get(key).and_then(Value::as_array).ok_or_else(|| format!("category {id}: no list {key}"))?;
            Ok::<_, String>(items.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
        };
        let numbers = row.get("cwe").and_then(Value::as_array).ok_or_else(|| format!("category {id}: no list cwe"))?;
        let cwe =
            numbers.iter().filter_map(Value::as_integer).filter_map(|number| u32::try_from(number).ok()).collect();
        let name = row.get("name").and_then(Value::as_str).ok_or_else(|| format!("category {id}: no name"))?.to_owned();
        Ok((
            id.clone(),
            Category { name, cwe, owasp_ml: list("owasp_ml")?, owasp_llm: list("owasp_llm")?, atlas: list("atlas")? },
        ))
    };
    table.iter().map(entry).collect()
}
