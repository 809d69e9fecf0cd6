//! Where a report goes and how it looks: options that several commands share.

use std::path::PathBuf;

use clap::{
    ValueEnum,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};
use report::Format;

/// When to use colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal that has them
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Reads the word of a report's format.
pub(super) fn formats() -> impl TypedValueParser<Value = Format> {
    let words = Format::ALL.iter().map(|format| PossibleValue::new(format.id()).help(format.describe().trim()));
    PossibleValuesParser::new(words).map(|word| Format::parse(&word).unwrap_or(Format::Text))
}

/// A report's format and file; no file is standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// Its format.
    pub format: Format,
    /// Its file.
    pub file: Option<PathBuf>,
}

impl Destination {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let known = || Format::ALL.iter().map(|format| format.id()).collect::<Vec<_>>().join(", ");
        let (format, file) = text.split_once('=').ok_or("write FORMAT=FILE, as in json=report.json")?;
        let format = Format::parse(format).ok_or_else(|| format!("{format:?} is none of the formats {}", known()))?;
        match file {
            "" => Err("the file's name is missing".into()),
            "-" => Ok(Self { format, file: None }),
            file => Ok(Self { format, file: Some(file.into()) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_a_format_and_a_file() {
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(Destination::parse("json=a=b"), Ok(Destination { format: Format::Json, file: file("a=b") }));
        assert_eq!(Destination::parse("text=-"), Ok(Destination { format: Format::Text, file: None }));
        for wrong in ["json", "json=", "xml=a", "=a"] {
            assert!(Destination::parse(wrong).is_err(), "{wrong}");
        }
    }
}
