//! Reads a saved JSON report back, and says in one line why something is none.

use std::fmt;

use base::report::{Report, SCHEMA_VERSION};
use serde::Deserialize;

/// Why bytes are no report that this program reads.
#[derive(Debug)]
pub enum Refusal {
    /// A report of another major version of the structure: its version.
    Version(String),
    /// Not JSON, or JSON that is no report: what is wrong, with line and column.
    Broken(serde_json::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(version) => {
                write!(f, "is a report of schema version {version}, and this program reads {}.x", major(SCHEMA_VERSION))
            }
            Self::Broken(error) => write!(f, "is no JSON report of a scan: {error}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// What every version has.
#[derive(Deserialize)]
struct Header {
    schema_version: String,
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

/// The report in `json`, as [`crate::Format::Json`] wrote it.
///
/// # Errors
/// What is no report, or one of another major version.
pub fn report(json: &[u8]) -> Result<Report, Refusal> {
    let header: Header = serde_json::from_slice(json).map_err(Refusal::Broken)?;
    if major(&header.schema_version) != major(SCHEMA_VERSION) {
        return Err(Refusal::Version(header.schema_version));
    }
    serde_json::from_slice(json).map_err(Refusal::Broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Page, sample};

    #[test]
    fn what_was_written_is_read() {
        for written in sample::all() {
            let mut json = Vec::new();
            Format::Json.write(&written, Page::default(), &mut json).unwrap();
            assert_eq!(report(&json).unwrap(), written);
        }
    }

    #[test]
    fn what_is_no_report_of_this_version_is_refused_with_its_place() {
        let why = |json: &str| report(json.as_bytes()).unwrap_err().to_string();
        assert_eq!(
            why("{\"schema_version\": \"2.0\"}"),
            "is a report of schema version 2.0, and this program reads 1.x"
        );
        assert_eq!(
            why("{\n  \"schema_version\": \"1.0\"\n}"),
            "is no JSON report of a scan: missing field `tool` at line 3 column 1"
        );
        assert!(why("{\n  what").ends_with("at line 2 column 3"), "{}", why("{\n  what"));
        assert!(why("\u{0}\u{1}").ends_with("at line 1 column 1"));
        assert!(why("").contains("EOF"));
        assert!(why(&"[".repeat(100_000)).contains("line 1"));
    }
}
