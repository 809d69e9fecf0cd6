//! Front matter with its lines: typed access to spanned TOML.

use std::ops::Range;

use base::verdict::{Confidence, Severity};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    error::Error,
    rule::{List, Text},
};

/// A value with its place.
pub(crate) type Value<'a> = Spanned<DeValue<'a>>;

/// The front matter of a file.
pub(crate) struct Front<'a> {
    /// The file, for errors.
    pub file: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The line on which it begins.
    pub first: usize,
}

impl<'a> Front<'a> {
    /// Parses it.
    pub(crate) fn table(&self) -> Result<DeTable<'a>, Error> {
        let parsed = DeTable::parse(self.text);
        let table = parsed.map_err(|error| self.refuse(error.span().unwrap_or(0..0), error.message().to_owned()))?;
        Ok(table.into_inner())
    }

    /// A refusal at a place of the front matter.
    pub(crate) fn refuse(&self, span: Range<usize>, reason: impl Into<String>) -> Error {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Error::new(self.file, self.first.saturating_add(before.matches('\n').count()), reason)
    }

    pub(crate) fn text(&self, value: &Value<'_>) -> Result<Text, Error> {
        let text = value.get_ref().as_str().ok_or_else(|| self.refuse(value.span(), "text is expected"))?;
        Ok(Text::Owned(text.to_owned()))
    }

    /// A list of texts.
    pub(crate) fn texts(&self, value: &Value<'_>) -> Result<List<Text>, Error> {
        self.list(value)?.map(|item| self.text(item)).collect()
    }

    /// One text or a list of them.
    pub(crate) fn one_or_more(&self, value: &Value<'_>) -> Result<List<Text>, Error> {
        let texts = if value.get_ref().is_str() { List::Owned(vec![self.text(value)?]) } else { self.texts(value)? };
        if texts.is_empty() { Err(self.refuse(value.span(), "the list is empty")) } else { Ok(texts) }
    }

    pub(crate) fn list<'v>(&self, value: &'v Value<'a>) -> Result<impl Iterator<Item = &'v Value<'a>>, Error> {
        let list = value.get_ref().as_array().ok_or_else(|| self.refuse(value.span(), "a list is expected"))?;
        Ok(list.iter())
    }

    pub(crate) fn number(&self, value: &Value<'_>) -> Result<u64, Error> {
        let number = value.get_ref().as_integer();
        let number = number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        number.ok_or_else(|| self.refuse(value.span(), "a whole number from 0 is expected"))
    }

    pub(crate) fn severity(&self, value: &Value<'_>) -> Result<Severity, Error> {
        let word = self.text(value)?;
        Severity::parse(&word).ok_or_else(|| self.refuse(value.span(), format!("unknown severity {word:?}")))
    }

    pub(crate) fn confidence(&self, value: &Value<'_>) -> Result<Confidence, Error> {
        let word = self.text(value)?;
        Confidence::parse(&word).ok_or_else(|| self.refuse(value.span(), format!("unknown confidence {word:?}")))
    }
}
