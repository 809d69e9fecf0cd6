//! The words that a rule may use beside the fact table: standings and operators, which the catalogue supplies.

use crate::taxonomy::Taxonomy;

/// What a loader needs to know to check a rule.
#[derive(Clone, Copy, Debug)]
pub struct Vocabulary<'a> {
    /// Ids of standings, `group/word` or a word that is a group of its own.
    pub standings: &'a [&'a str],
    /// Names of operators.
    pub operators: &'a [&'a str],
    /// The categories and the ids of the standards.
    pub taxonomy: &'a Taxonomy,
}

impl Vocabulary<'_> {
    /// Whether `word` is a standing or a group of them.
    pub fn is_standing(&self, word: &str) -> bool {
        self.standings.iter().any(|id| in_group(id, word))
    }
}

/// Whether the standing `id` is `word` or belongs to the group `word`.
pub fn in_group(id: &str, word: &str) -> bool {
    id.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
