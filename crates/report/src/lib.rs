//! The writers: one file a format of output, all reading the same report.
#![cfg_attr(test, allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::string_slice))]

mod csv;
mod github;
mod gitlab;
mod groups;
mod html;
mod json;
mod jsonl;
mod junit;
mod markdown;
mod markup;
pub mod read;
mod sarif;
pub mod schema;
mod text;
mod whereabouts;
mod words;

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod sample;

pub use json::pretty as write_json;

use std::io::{self, Write};

use base::report::Report;

macro_rules! writers {
    ($( $(#[doc = $doc:literal])+ $name:ident = $id:literal via $write:path ),+ $(,)?) => {
        /// The formats of output: one row and one file each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Format { $( $(#[doc = $doc])+ $name ),+ }

        impl Format {
            /// Every format, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word of the command line.
            pub const fn id(self) -> &'static str { match self { $(Self::$name => $id),+ } }

            /// One sentence for people.
            pub const fn describe(self) -> &'static str { match self { $(Self::$name => concat!($($doc),+)),+ } }

            /// Writes `report`; `page` matters only to what people read. Errors are those of `out`.
            pub fn write(self, report: &Report, page: Page, out: &mut dyn Write) -> io::Result<()> {
                match self { $(Self::$name => $write(report, page, out)),+ }
            }
        }
    };
}

writers! {
    /// For people.
    Text = "text" via text::write,
    /// The whole report as one JSON document.
    Json = "json" via json::write,
    /// The same as one JSON object a line: header, findings, artifacts, rules, summary.
    JsonLines = "jsonl" via jsonl::write,
    /// SARIF 2.1.0, for code scanning.
    Sarif = "sarif" via sarif::write,
    /// JUnit XML, for what shows test results.
    Junit = "junit" via junit::write,
    /// A SAST report for GitLab.
    Gitlab = "gitlab" via gitlab::write,
    /// Annotations of a GitHub workflow.
    Github = "github" via github::write,
    /// A table for spreadsheets, safe to open in one.
    Csv = "csv" via csv::write,
    /// Tables for a comment on a pull request.
    Markdown = "markdown" via markdown::write,
    /// One self-contained page for a browser.
    Html = "html" via html::write,
}

impl Format {
    /// The format with this word.
    pub fn parse(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.id() == id)
    }
}

/// What a report for people is written on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Page {
    /// Columns.
    pub width: usize,
    /// Whether ANSI colours are wanted.
    pub colour: bool,
    /// Whether the names of rules may be links (OSC 8).
    pub links: bool,
    /// Whether only the verdict is wanted.
    pub brief: bool,
}

impl Default for Page {
    fn default() -> Self {
        Self { width: 80, colour: false, links: false, brief: false }
    }
}
