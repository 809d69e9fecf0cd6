//! Names of Python's own shape among the texts of a template, and those that an expression may come to without anybody being able to tell.

use std::borrow::Cow;

use base::{expr::Expr as Shown, reason::Reason, stop::Stop};
use eval::Value as Constant;

use super::{chain::fields, escape::GAP, syntax::Span, value::Value, walk::Walk};

/// Texts of one value that are looked at, and how deep inside it: what is written deeper is a value of its own.
const TEXTS: usize = 1024;
const LEVELS: usize = 3;
/// Names that are stated as texts.
const MENTIONS: usize = 1024;
/// Candidates that are remembered within one statement.
const CANDIDATES: usize = 4096;
/// Letters that a name must show to be told from what merely holds underscores.
const LETTERS: usize = 3;
/// How the attributes of frames, generators, coroutines, tracebacks, code, methods and functions begin (`inspect`, "Types and members").
const PREFIXES: &[&str] = &["f_", "gi_", "cr_", "ag_", "tb_", "co_", "im_", "func_"];

impl<'t> Walk<'t, '_, '_> {
    /// States the names that a value holds.
    pub(super) fn mentions(&mut self, value: &Value<'t>, span: &Span) -> Result<(), Stop> {
        for name in names(value) {
            self.mention(&name, span)?;
        }
        Ok(())
    }

    /// States one text, or an identifier that a macro can show as text, if it has the shape of such a name.
    pub(super) fn mention(&mut self, name: &str, span: &Span) -> Result<(), Stop> {
        if !is_shaped(name) || self.mentioned.contains(name) {
            return Ok(());
        }
        if self.mentioned.len() >= MENTIONS {
            // Names that are only held leave room for those that are reached.
            self.stop.get_or_insert(Stop::Limit(Reason::Entries));
            return Ok(());
        }
        self.mentioned.insert(name.to_owned());
        let written = self.written(span);
        self.operator(span, "text", written, vec![Shown::str(name)])
    }

    /// The value gets lost in what follows: any name that it holds may be what comes out.
    pub(super) fn lose(&mut self, value: &Value<'t>) {
        for name in names(value) {
            if self.candidates.len() < CANDIDATES {
                self.candidates.push(name);
            }
        }
    }

    /// What got lost since there were `mark` candidates.
    pub(super) fn lost_since(&self, mark: usize) -> Vec<String> {
        self.candidates.get(mark..).unwrap_or_default().to_vec()
    }

    /// An identifier as the Python that Jinja writes compares it: in NFKC (PEP 3131).
    pub(super) fn identifier<'n>(&self, name: &'n str) -> Result<Cow<'n, str>, Stop> {
        if name.is_ascii() {
            return Ok(Cow::Borrowed(name));
        }
        let args = [Constant::str("NFKC"), Constant::str(name)];
        let normal = self.called(&Constant::global("unicodedata", "normalize"), &args, &[])?;
        Ok(normal.as_text().map_or(Cow::Borrowed(name), |normal| Cow::Owned(normal.to_owned())))
    }
}

/// The names of that shape in a value: in its text, or in the texts that it holds.
fn names(value: &Value<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(constant) = value.constant() {
        collect(constant, LEVELS, &mut TEXTS.clone(), &mut found);
    }
    found
}

fn collect(constant: &Constant, levels: usize, left: &mut usize, found: &mut Vec<String>) {
    let Some(rest) = left.checked_sub(1) else { return };
    *left = rest;
    let Some(levels) = levels.checked_sub(1) else { return };
    match constant {
        Constant::Str(text) => parts(text, found),
        Constant::List(items) | Constant::Tuple(items) | Constant::Set(items) | Constant::Iterator(items) => {
            items.iter().take(TEXTS).for_each(|item| collect(item, levels, left, found));
        }
        Constant::Dict(pairs) => pairs.iter().take(TEXTS).for_each(|(key, value)| {
            collect(key, levels, left, found);
            collect(value, levels, left, found);
        }),
        _ => {}
    }
}

/// A text is a name, a path of names or a pattern with such paths; prose may say anything.
fn parts(text: &str, found: &mut Vec<String>) {
    if !text.contains('_') {
        return;
    }
    if text.contains(char::is_whitespace) {
        found.extend(fields(text).into_iter().flatten().filter(|part| is_shaped(part)));
        return;
    }
    let inner = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == GAP;
    found.extend(text.split(|letter| !inner(letter)).filter(|part| is_shaped(part)).map(str::to_owned));
}

/// Whether a word looks like one that Python reserves for itself.
fn is_shaped(word: &str) -> bool {
    let shaped = word.contains("__") || PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    shaped && word.chars().filter(|letter| letter.is_alphabetic()).count() >= LETTERS
}
