//! JSON as Python's `json` reads it: any Unicode encoding, NaN and Infinity, one document or one a line.

mod export;
mod keras;
mod lambda;
mod lexer;
pub mod notebook;
mod opening;

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Flaw, Identity, Kind},
    format::{Class, Depth, Format},
    location::{Place, Unit},
    reader::Reader,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};

use self::{
    export::Export,
    keras::{Keras, Named},
    lexer::{Lexer, Word},
};
use crate::{
    structured::{Scalar, Statements, TEMPLATE, Templates, has_tags, is_template_key},
    text::encoding::Encoding,
};

/// JSON and JSON lines.
pub const FORMAT: Format = Format {
    id: "json",
    name: "JSON",
    extensions: &["json", "jsonl", "ndjson", "ipynb"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Text, Kind::Flaw, Kind::Operator, Kind::Call, Kind::Import],
    detect: opening::detect,
    explain: None,
    parse,
};

/// Nesting beyond which no honest document goes.
const DEPTH: usize = 512;
/// Memory that one remembered key takes.
const SEEN: u64 = 16;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let (encoding, mark) = Encoding::guess(reader.peek(4)?);
    let mut reading = Reading {
        lexer: Lexer::new(reader, encoding, mark),
        statements: Statements::default(),
        templates: Templates::default(),
        export: Export::default(),
        keras: Keras::default(),
        text: String::new(),
    };
    let outcome = reading.documents(sink).and_then(|documents| reading.export.give(sink).map(|()| documents));
    reading.statements.release(sink);
    let end = reading.lexer.offset();
    sink.claim(0..end, Claim::Read);
    let documents = outcome?;
    for (key, value) in [("encoding", encoding.name().to_owned()), ("documents", documents.to_string())] {
        sink.fact(Place::bytes(0, end), Identity { key: key.into(), value: value.into() })?;
    }
    crate::inert::trailing(blob, sink, end)
}

struct Reading<'a> {
    lexer: Lexer<'a>,
    statements: Statements,
    templates: Templates,
    export: Export,
    keras: Keras,
    /// The string being read, as far as it can be a template.
    text: String,
}

/// An open object or array.
enum Level {
    /// An object: hashes of the keys so far, and the key whose value is being read.
    Object {
        seen: HashSet<u64>,
        key: String,
        named: Option<Box<Named>>,
    },
    /// An array: how many items were begun before the one being read.
    Array(u64),
}

impl Reading<'_> {
    /// Reads documents until something else or nothing follows; how many there were.
    fn documents(&mut self, sink: &mut Sink<'_>) -> Result<u64, Stop> {
        let mut documents = 0_u64;
        loop {
            // What follows a document need not be text at all.
            let begins = self.lexer.space().and_then(|()| self.lexer.peek());
            // Python's `json.load` refuses a second document; readers of JSON lines take it.
            match begins {
                Ok(Some('{' | '[')) => {}
                Ok(_) | Err(Stop::Malformed { .. }) if documents > 0 => return Ok(documents),
                Err(stop) => return Err(stop),
                Ok(_) => {}
            }
            self.document(sink)?;
            sink.milestone()?;
            documents = documents.saturating_add(1);
        }
    }

    fn document(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            // At a value.
            self.lexer.space()?;
            match self.lexer.peek()? {
                Some(open @ ('{' | '[')) => {
                    self.value_key(sink, &levels)?;
                    self.lexer.skip();
                    if levels.len() >= DEPTH {
                        return Err(Stop::Limit(Reason::Depth));
                    }
                    levels.push(if open == '{' {
                        Level::Object { seen: HashSet::new(), key: String::new(), named: None }
                    } else {
                        Level::Array(0)
                    });
                    if self.opened(sink, &mut levels)? {
                        continue;
                    }
                }
                _ => self.scalar(sink, &mut levels)?,
            }
            if !self.closed(sink, &mut levels)? {
                return Ok(());
            }
        }
    }

    /// Behind an opening bracket: whether a value follows.
    fn opened(&mut self, sink: &mut Sink<'_>, levels: &mut Vec<Level>) -> Result<bool, Stop> {
        self.lexer.space()?;
        let close = if matches!(levels.last(), Some(Level::Array(_))) { ']' } else { '}' };
        if self.lexer.peek()? == Some(close) {
            self.lexer.skip();
            self.leave(sink, levels)?;
            return Ok(false);
        }
        self.key(sink, levels)?;
        Ok(true)
    }

    /// Behind a value: closes what ends there; whether another value follows.
    fn closed(&mut self, sink: &mut Sink<'_>, levels: &mut Vec<Level>) -> Result<bool, Stop> {
        while let Some(level) = levels.last() {
            let close = if matches!(level, Level::Array(_)) { ']' } else { '}' };
            self.lexer.space()?;
            match self.lexer.peek()? {
                Some(',') => {
                    self.lexer.skip();
                    if let Some(Level::Array(index)) = levels.last_mut() {
                        *index = index.saturating_add(1);
                    }
                    self.key(sink, levels)?;
                    return Ok(true);
                }
                Some(letter) if letter == close => {
                    self.lexer.skip();
                    self.leave(sink, levels)?;
                }
                _ => return Err(self.lexer.expected("a comma or the end of an object or array")),
            }
        }
        Ok(false)
    }

    /// Reads the key and colon of an object's next member.
    fn key(&mut self, sink: &mut Sink<'_>, levels: &mut [Level]) -> Result<(), Stop> {
        let Some(Level::Object { seen, key, .. }) = levels.last_mut() else {
            return Ok(());
        };
        self.lexer.space()?;
        let at = self.lexer.offset();
        if self.lexer.peek()? != Some('"') {
            return Err(self.lexer.expected("a key"));
        }
        key.clear();
        let mut hasher = DefaultHasher::new();
        let mut count = 0_usize;
        self.lexer.string(|letter| {
            letter.hash(&mut hasher);
            if count <= crate::structured::KEY {
                key.push(letter);
            }
            count = count.saturating_add(1);
        })?;
        self.lexer.space()?;
        if self.lexer.peek()? != Some(':') {
            return Err(self.lexer.expected("a colon"));
        }
        self.lexer.skip();
        // A key and its colon: this is JSON, whatever follows.
        sink.milestone()?;
        let place = Place::bytes(at, self.lexer.offset().saturating_sub(at));
        if seen.insert(hasher.finish()) { sink.meter().hold(SEEN) } else { self.statements.duplicate(sink, place, key) }
    }

    /// States the key of the value that begins here.
    fn value_key(&mut self, sink: &mut Sink<'_>, levels: &[Level]) -> Result<(), Stop> {
        match levels.last() {
            Some(Level::Object { key, .. }) => self.statements.key(sink, Place::bytes(self.lexer.offset(), 0), key),
            _ => Ok(()),
        }
    }

    /// Reads a string, number or word.
    fn scalar(&mut self, sink: &mut Sink<'_>, levels: &mut [Level]) -> Result<(), Stop> {
        let at = self.lexer.offset();
        if self.lexer.peek()? != Some('"') {
            // Vocabularies map words to numbers: a word there is no loader's key, nor does any act on an absent value.
            return match self.lexer.word()? {
                Word::Number | Word::Null => Ok(()),
                Word::Truth => self.value_key(sink, levels),
            };
        }
        self.value_key(sink, levels)?;
        let mut value = Scalar::default();
        self.text.clear();
        let text = &mut self.text;
        let controls = self.lexer.string(|letter| {
            value.push(letter);
            // One byte beyond the limit says that there was more.
            if text.len() <= TEMPLATE {
                text.push(letter);
            }
        })?;
        let place = Place::bytes(at, self.lexer.offset().saturating_sub(at));
        if controls {
            let detail = "a string holds a control character as it is".into();
            sink.fact(place.clone(), Flaw { id: "control-character".into(), detail, part: "".into() })?;
        }
        if let Some(Level::Object { key, named, .. }) = levels.last_mut() {
            Named::note(named, key, &self.text, &place);
        }
        let levels: &[Level] = levels;
        if self.export.value(sink, &place, levels, &self.text)? {
            return Ok(());
        }
        let key = match levels.last() {
            Some(Level::Object { key, .. }) => Some(key.as_str()),
            _ => None,
        };
        // Braces in the cells of a notebook are Python's and LaTeX's; no loader renders them.
        if matches!(levels, [Level::Object { key, .. }, Level::Array(_), Level::Object { .. }, ..] if key == "cells") {
            return Ok(());
        }
        self.statements.value(sink, &place, key, &value)?;
        if lambda::is_code(levels) {
            let place = place.clone().pointer(Unit::JsonPointer, pointer(levels));
            if lambda::give(sink, place, &self.text)? {
                return Ok(());
            }
        }
        self.template(sink, place, levels)
    }

    /// Closes the last level and gives back what it held.
    fn leave(&mut self, sink: &mut Sink<'_>, levels: &mut Vec<Level>) -> Result<(), Stop> {
        let Some(Level::Object { seen, named, .. }) = levels.pop() else { return Ok(()) };
        sink.meter().release(SEEN.saturating_mul(seen.len() as u64));
        match named {
            Some(named) => self.keras.state(sink, &named, pointer(levels)),
            None => Ok(()),
        }
    }

    /// Gives a string back that some template engine may render.
    fn template(&mut self, sink: &mut Sink<'_>, place: Place, levels: &[Level]) -> Result<(), Stop> {
        let keys = levels.iter().filter_map(|level| match level {
            Level::Object { key, .. } => Some(key.as_str()),
            Level::Array(_) => None,
        });
        if self.text.is_empty() || !has_tags(&self.text) && !keys.clone().any(is_template_key) {
            return Ok(());
        }
        let place = place.pointer(Unit::JsonPointer, pointer(levels));
        self.templates.give(sink, place, keys, &self.text)
    }
}

/// The place of the value being read (RFC 6901); keys are cut as they are kept.
fn pointer(levels: &[Level]) -> String {
    let mut pointer = String::new();
    for level in levels {
        pointer.push('/');
        match level {
            Level::Object { key, .. } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Level::Array(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}


#[cfg(test)]
mod tests;
