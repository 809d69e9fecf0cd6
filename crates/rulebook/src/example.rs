//! The examples of a rule, which run as its tests.

/// A fenced block under *Fires* or *Quiet*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// How to read it.
    pub language: Language,
    /// What stands in the block.
    pub text: String,
    /// The line of its opening fence.
    pub line: usize,
}

/// How an example is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Facts, one a line (see [`crate::statement`]): judged without any format.
    Facts,
    /// The pickle assembler of the test kit.
    Pickle,
    /// Python source.
    Python,
    /// A Jinja template.
    Jinja,
    /// A JSON document.
    Json,
}

impl Language {
    /// The language of the word behind the fence.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "facts" => Some(Self::Facts),
            "pickle" => Some(Self::Pickle),
            "python" => Some(Self::Python),
            "jinja" => Some(Self::Jinja),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}
