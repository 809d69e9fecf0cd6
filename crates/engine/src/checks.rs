//! What became of the rules, added up: an archive has a million members and a catalogue a hundred rules.

use base::report::Check;

/// The sums by the rules' positions in the catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checks(Vec<Check>);

impl Checks {
    /// Adds what became of one rule.
    pub(crate) fn add(&mut self, rule: usize, check: Check) {
        if self.0.len() <= rule {
            self.0.resize(rule.saturating_add(1), Check::default());
        }
        if let Some(sum) = self.0.get_mut(rule) {
            sum.failed = sum.failed.saturating_add(check.failed);
            sum.passed = sum.passed.saturating_add(check.passed);
            sum.not_run = sum.not_run.saturating_add(check.not_run);
        }
    }

    /// Adds all of another's.
    pub(crate) fn merge(&mut self, other: &Self) {
        other.iter().for_each(|(rule, check)| self.add(rule, check));
    }

    /// The rules that had an artifact to judge, with their sums.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, Check)> + '_ {
        let all = self.0.iter().copied().enumerate();
        all.filter(|(_, check)| *check != Check::default())
    }
}

impl FromIterator<(usize, Check)> for Checks {
    fn from_iter<I: IntoIterator<Item = (usize, Check)>>(all: I) -> Self {
        let mut sums = Self::default();
        all.into_iter().for_each(|(rule, check)| sums.add(rule, check));
        sums
    }
}
