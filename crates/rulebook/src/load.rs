//! From a file to a rule: every word is checked, and what is not known is refused.

use base::{
    fact::Kind,
    verdict::{Confidence, RuleKind, Severity},
};
use toml::de::DeTable;

use crate::{
    clause::clause,
    error::Error,
    front::{Front, Value},
    message,
    page::Page,
    rule::{Clause, List, Pattern, Per, Rule, Scope, Text},
    vocabulary::Vocabulary,
};

/// Fields that every rule has.
const REQUIRED: [&str; 7] = ["id", "title", "kind", "category", "severity", "confidence", "message"];
/// Fields that a rule may have.
const OPTIONAL: [&str; 12] = [
    "per",
    "yields_to",
    "cwe",
    "owasp_ml",
    "owasp_llm",
    "atlas",
    "scope",
    "when",
    "keywords",
    "regex",
    "validate",
    "entropy",
];

/// Loads the rule in `text`, the content of `file` (`<category>/<id>.md`).
///
/// # Errors
/// The first thing that is not as this module's tests say it must be.
pub fn load<'a>(file: &str, text: &'a str, vocabulary: &Vocabulary<'_>) -> Result<(Rule, Page<'a>), Error> {
    let page = Page::parse(file, text)?;
    let (matter, first) = page.front;
    let front = Front { file, text: matter, first };
    let table = front.table()?;
    for key in table.keys() {
        let name = key.get_ref().as_ref();
        if !REQUIRED.contains(&name) && !OPTIONAL.contains(&name) {
            return Err(front.refuse(key.span(), format!("unknown field {name:?}")));
        }
    }
    let rule = Loader { front, table, vocabulary }.rule(&page)?;
    Ok((rule, page))
}

struct Loader<'a, 'v> {
    front: Front<'a>,
    table: DeTable<'a>,
    vocabulary: &'v Vocabulary<'v>,
}

impl Loader<'_, '_> {
    fn rule(&self, page: &Page<'_>) -> Result<Rule, Error> {
        let when = self.clauses()?;
        let pattern = self.pattern()?;
        if when.is_empty() && pattern.is_none() {
            return Err(self.front.refuse(0..0, "a rule without [[when]] or regex never holds"));
        }
        let rule = Rule {
            id: self.id()?,
            title: self.text("title")?,
            kind: self.word("kind", RuleKind::parse)?,
            category: self.category()?,
            severity: self.front.severity(self.required("severity")?)?,
            confidence: self.front.confidence(self.required("confidence")?)?,
            message: self.message(&when, pattern.is_some())?,
            per: self.optional_word("per", |word| match word {
                "evidence" => Some(Per::Evidence),
                "subject" => Some(Per::Subject),
                _ => None,
            })?,
            yields_to: self.texts("yields_to")?,
            cwe: self.numbers("cwe")?,
            owasp_ml: self.texts("owasp_ml")?,
            owasp_llm: self.texts("owasp_llm")?,
            atlas: self.texts("atlas")?,
            scope: self.optional_word("scope", |word| match word {
                "artifact" => Some(Scope::Artifact),
                "tree" => Some(Scope::Tree),
                _ => None,
            })?,
            when,
            pattern,
            remedy: one_paragraph(page.section("What to do")).into(),
        };
        self.standards(&rule)?;
        self.hygiene(&rule)?;
        Ok(rule)
    }

    fn required(&self, field: &str) -> Result<&Value<'_>, Error> {
        self.table.get(field).ok_or_else(|| self.front.refuse(0..0, format!("the field {field:?} is missing")))
    }

    fn text(&self, field: &str) -> Result<Text, Error> {
        let value = self.required(field)?;
        let text = self.front.text(value)?;
        if text.trim().is_empty() {
            Err(self.front.refuse(value.span(), format!("{field:?} is empty")))
        } else {
            Ok(text)
        }
    }

    fn texts(&self, field: &str) -> Result<List<Text>, Error> {
        self.table.get(field).map_or(Ok(List::default()), |value| self.front.texts(value))
    }

    fn numbers(&self, field: &str) -> Result<List<u32>, Error> {
        let Some(value) = self.table.get(field) else { return Ok(List::default()) };
        let number = |item: &Value<'_>| {
            let number = self.front.number(item)?;
            u32::try_from(number).map_err(|_| self.front.refuse(item.span(), "the number is too large"))
        };
        self.front.list(value)?.map(number).collect()
    }

    fn word<T>(&self, field: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        let value = self.required(field)?;
        let word = self.front.text(value)?;
        parse(&word).ok_or_else(|| self.front.refuse(value.span(), format!("unknown {field} {word:?}")))
    }

    fn optional_word<T: Default>(&self, field: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Error> {
        if self.table.contains_key(field) { self.word(field, parse) } else { Ok(T::default()) }
    }

    /// The id, which the file's name repeats.
    fn id(&self) -> Result<Text, Error> {
        let id = self.text("id")?;
        let span = self.required("id")?.span();
        let kebab = id
            .split('-')
            .all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if !kebab {
            return Err(self.front.refuse(span, format!("the id {id:?} is not kebab-case")));
        }
        let (_, name) = self.front.file.rsplit_once('/').unwrap_or(("", self.front.file));
        if name.strip_suffix(".md") != Some(&*id) {
            return Err(self.front.refuse(span, format!("the id {id:?} is not the file's name")));
        }
        Ok(id)
    }

    /// The category, which the folder's name repeats and the taxonomy knows.
    fn category(&self) -> Result<Text, Error> {
        let category = self.text("category")?;
        let span = self.required("category")?.span();
        let (folder, _) = self.front.file.rsplit_once('/').unwrap_or_default();
        let (_, folder) = folder.rsplit_once('/').unwrap_or(("", folder));
        if folder != category {
            return Err(self.front.refuse(span, format!("the category {category:?} is not the folder's name")));
        }
        if !self.vocabulary.taxonomy.categories.contains_key(&*category) {
            return Err(self.front.refuse(span, format!("the taxonomy has no category {category:?}")));
        }
        Ok(category)
    }

    fn clauses(&self) -> Result<List<Clause>, Error> {
        let Some(value) = self.table.get("when") else { return Ok(List::default()) };
        self.front.list(value)?.map(|item| clause(&self.front, item, self.vocabulary)).collect()
    }

    /// The message, whose placeholders every clause that has none of its own must fill.
    fn message(&self, when: &[Clause], pattern: bool) -> Result<Text, Error> {
        let message = self.text("message")?;
        let kinds = when.iter().filter(|clause| clause.message.is_none()).map(|clause| clause.fact);
        for kind in kinds.chain(pattern.then_some(Kind::Match)) {
            if let Some(name) = message::unfilled(&message, kind) {
                let reason = format!("a fact of kind {} cannot fill {{{name}}}", kind.id());
                return Err(self.front.refuse(self.required("message")?.span(), reason));
            }
        }
        Ok(message)
    }

    fn pattern(&self) -> Result<Option<Pattern>, Error> {
        let Some(regex) = self.table.get("regex") else {
            let stray = ["keywords", "validate", "entropy"].iter().find(|field| self.table.contains_key(**field));
            return match stray {
                Some(field) => Err(self.front.refuse(self.required(field)?.span(), format!("{field} without a regex"))),
                None => Ok(None),
            };
        };
        let keywords = self.table.get("keywords").map(|value| self.front.one_or_more(value));
        let keywords = keywords.unwrap_or_else(|| Err(self.front.refuse(regex.span(), "a regex without keywords")))?;
        let validate = self.table.get("validate").map(|value| self.front.text(value)).transpose()?;
        let entropy = match self.table.get("entropy") {
            Some(value) => {
                let bits = value.get_ref().as_float().and_then(|bits| bits.as_str().parse::<f64>().ok());
                let bits = bits.filter(|bits| (0.0..=8.0).contains(bits));
                Some(bits.ok_or_else(|| self.front.refuse(value.span(), "entropy is a number from 0.0 to 8.0"))?)
            }
            None => None,
        };
        Ok(Some(Pattern { keywords, regex: self.front.text(regex)?, validate, entropy }))
    }

    /// Every id of a standard has a name, and there is at least one CWE unless the category is a matter of policy.
    fn standards(&self, rule: &Rule) -> Result<(), Error> {
        let owned = |ids: &[Text]| ids.iter().map(|id| id.clone().into_owned()).collect::<Vec<_>>();
        let taxonomy = self.vocabulary.taxonomy;
        let unknown = taxonomy.unknown(&rule.cwe, &owned(&rule.owasp_ml), &owned(&rule.owasp_llm), &owned(&rule.atlas));
        if let Some(id) = unknown {
            return Err(self.front.refuse(0..0, format!("the taxonomy has no name for {id}")));
        }
        let policy = taxonomy.categories.get(&*rule.category).is_some_and(|category| category.cwe.is_empty());
        if rule.cwe.is_empty() && !policy {
            return Err(self.front.refuse(0..0, "a rule names at least one CWE"));
        }
        Ok(())
    }

    /// Hygiene never counts for the verdict.
    fn hygiene(&self, rule: &Rule) -> Result<(), Error> {
        let worst = rule.when.iter().filter_map(|clause| clause.severity).chain([rule.severity]).max();
        if rule.kind == RuleKind::Hygiene && worst > Some(Severity::Low) {
            return Err(self.front.refuse(self.required("severity")?.span(), "hygiene is low at most"));
        }
        if worst == Some(Severity::Critical) && rule.confidence == Confidence::Low {
            return Err(self
                .front
                .refuse(self.required("confidence")?.span(), "critical needs more than low confidence"));
        }
        Ok(())
    }
}

/// A section as one paragraph: lines joined, list dashes kept.
fn one_paragraph(section: &str) -> String {
    section.split_whitespace().collect::<Vec<_>>().join(" ")
}
