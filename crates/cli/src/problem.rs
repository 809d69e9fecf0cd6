//! What went wrong, in one line that names the thing, the place and what to do.

use std::io::Write;

use base::escape;

/// One line for standard error.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    /// A problem in these words.
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// Its words.
    pub(crate) fn words(&self) -> &str {
        &self.0
    }

    /// Writes it to standard error, harmless to look at. A standard error that is closed changes nothing.
    pub(crate) fn print(&self) {
        let _ = writeln!(std::io::stderr(), "modelward: {}", escape::line(&self.0));
    }
}
