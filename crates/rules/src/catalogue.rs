//! The rules in force.

use std::{
    borrow::Cow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use base::{location::ArtifactPath, report::RuleRecord};
use rulebook::{error::Error, folder::load_folder, page::Page, rule::Rule, taxonomy::Taxonomy, vocabulary::Vocabulary};

use crate::{
    compiled,
    index::Index,
    judge::Judge,
    words::{OPERATORS, STANDINGS},
};

/// The rules in force, ready to judge. Immutable and shared between threads.
#[derive(Debug)]
pub struct Catalogue {
    rules: Cow<'static, [Rule]>,
    pages: Vec<Cow<'static, str>>,
    index: Index,
    digest: String,
    /// No two of a process have the same.
    number: u64,
}

/// How many catalogues were made.
static MADE: AtomicU64 = AtomicU64::new(0);

impl Catalogue {
    /// The rules that come with the program.
    pub fn builtin() -> Self {
        let pages = compiled::pages().iter().map(|page| Cow::Borrowed(*page)).collect();
        Self::new(Cow::Borrowed(compiled::rules()), pages, compiled::digest().to_owned())
    }

    fn new(rules: Cow<'static, [Rule]>, pages: Vec<Cow<'static, str>>, digest: String) -> Self {
        let index = Index::new(&rules);
        let number = MADE.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        Self { rules, pages, index, digest, number }
    }

    /// A number that no other catalogue of the process has; never 0.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// These rules and those of the folder `dir`, whose subfolders are categories. A rule with the id of another replaces it.
    ///
    /// # Errors
    /// The first rule that is refused.
    pub fn with_rules_from(self, dir: &Path) -> Result<Self, Error> {
        let taxonomy = Self::taxonomy()?;
        let vocabulary = Vocabulary { standings: STANDINGS, operators: OPERATORS, taxonomy: &taxonomy };
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.digest.as_bytes());
        let mut rules = self.rules.into_owned();
        let mut pages = self.pages;
        for loaded in load_folder(dir, &vocabulary)? {
            hasher.update(loaded.text.as_bytes());
            let (rule, page) = (loaded.rule, Cow::Owned(loaded.text));
            match rules.binary_search_by(|known| known.id.cmp(&rule.id)) {
                Ok(at) => {
                    rules.splice(at..=at, [rule]);
                    pages.splice(at..=at, [page]);
                }
                Err(at) => {
                    rules.insert(at, rule);
                    pages.insert(at, page);
                }
            }
        }
        Ok(Self::new(Cow::Owned(rules), pages, hasher.finalize().to_hex().to_string()))
    }

    /// The categories and the names of the standards' ids.
    ///
    /// # Errors
    /// Never for the built-in taxonomy: a test reads it.
    pub fn taxonomy() -> Result<Taxonomy, Error> {
        Taxonomy::parse("taxonomy.toml", compiled::TAXONOMY)
    }

    /// Digest of the rules and of what is known of callables: BLAKE3 in hexadecimal, 32 digits.
    pub fn id(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.digest.as_bytes());
        hasher.update(knowledge::DIGEST.as_bytes());
        hasher.finalize().to_hex().chars().take(32).collect()
    }

    /// The rules, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.get(self.position(id)?)
    }

    /// The id of the rule at `index` of [`Catalogue::rules`], shared.
    pub fn rule_id(&self, index: usize) -> Option<Arc<str>> {
        self.index.labels(index).map(|labels| labels.id.clone())
    }

    /// The whole file of a rule: what it means, why it is dangerous, what to do, examples.
    pub fn page(&self, id: &str) -> Option<&str> {
        self.pages.get(self.position(id)?).map(|page| &**page)
    }

    /// What reports carry of a rule that found something.
    pub fn record(&self, id: &str) -> Option<RuleRecord> {
        let at = self.position(id)?;
        let (rule, text) = (self.rules.get(at)?, self.pages.get(at)?);
        let page = Page::parse(id, text).ok()?;
        // Only what comes with the program has a public page.
        let public = matches!(text, Cow::Borrowed(_));
        let link = || format!("{}/blob/main/docs/rules/{id}.md", env!("CARGO_PKG_REPOSITORY")).into();
        let [meaning, danger, remedy] = ["What it means", "Why it is dangerous", "What to do"];
        Some(RuleRecord {
            title: (*rule.title).into(),
            kind: rule.kind,
            category: (*rule.category).into(),
            severity: rule.severity,
            confidence: rule.confidence,
            meaning: page.section(meaning).into(),
            danger: page.section(danger).into(),
            remedy: page.section(remedy).into(),
            link: public.then(link),
        })
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()
    }

    /// A judge for the artifact at `path`.
    pub fn judge(&self, path: &ArtifactPath) -> Judge<'_> {
        Judge::new(self, path.clone())
    }

    pub(crate) fn index(&self) -> &Index {
        &self.index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_record_that_explains_it() {
        let catalogue = Catalogue::builtin();
        for rule in catalogue.rules() {
            let record = catalogue.record(&rule.id).unwrap();
            assert_eq!(*record.title, *rule.title);
            assert!([&record.meaning, &record.danger, &record.remedy].iter().all(|text| text.len() > 20), "{record:?}");
            assert!(record.link.unwrap().ends_with(&format!("/docs/rules/{}.md", rule.id)));
        }
        assert_eq!(catalogue.record("no-such-rule"), None);
    }
}
