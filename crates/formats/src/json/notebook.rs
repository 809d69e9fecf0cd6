//! Jupyter notebooks: the code of all cells as one Python program, their shell magics as scripts, scripts in outputs as facts.
//!
//! Cells share their names, so they become one child: `cells.py`, where `# %% cell N` begins each. What IPython does not run
//! as Python leaves an empty line there; commands become one child too, `cells.sh`, because one cell fetches what another
//! runs. Other languages are children of their own. Facts about their lines point to the cell and the line in it.

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    expr::Expr,
    fact::{Identity, Kind, Operator},
    format::{Certainty, Class, Depth, Format, Head},
    location::{Place, Unit},
    reader::Reader,
    reason::Reason,
    sink::{Child, Origin, Sink},
    source::Access,
    stop::Stop,
};

use super::lexer::Lexer;
use crate::text::encoding::Encoding;

mod magic;

/// A Jupyter notebook, told by its keys. The JSON reader reads the same bytes for what other loaders act on.
pub const FORMAT: Format = Format {
    id: "notebook",
    name: "Jupyter notebook",
    extensions: &["ipynb"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator],
    detect,
    explain: None,
    parse,
};

/// Nesting beyond which no notebook goes.
const DEPTH: usize = 128;
/// Bytes of one cell, and of all code together, that are kept.
const CODE: usize = 7 << 20;
/// Characters of a key, and of an output, that are looked at.
const KEY: usize = 64;
const SHOWN: usize = 512;

/// Certain by its name, worth a trial where the first bytes speak of cells.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let text = head.first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head.first).trim_ascii_start();
    if !text.starts_with(b"{") {
        return None;
    }
    if crate::identified::extension(head).eq_ignore_ascii_case("ipynb") {
        return Some(Certainty::Certain);
    }
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    (has(b"\"cell_type\"") || has(b"\"nbformat\"")).then_some(Certainty::Possible)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let (encoding, mark) = Encoding::guess(reader.peek(4)?);
    let mut lexer = Lexer::new(reader, encoding, mark);
    let mut notebook = Notebook::default();
    let outcome = document(&mut lexer, &mut notebook, sink).and_then(|()| lexer.space());
    let end = lexer.offset();
    // What came before a break is code all the same.
    let given = notebook.finish(sink);
    sink.claim(0..end, Claim::Read);
    outcome?;
    given?;
    sink.fact(Place::bytes(0, end), Identity { key: "cells".into(), value: notebook.cells.to_string().into() })?;
    crate::inert::trailing(blob, sink, end)
}

/// An open object, with the key whose value is being read, or an array, with the position of its item.
enum Level {
    Object(String),
    Array(u64),
}

/// Walks one JSON document and hands every text to the notebook.
fn document(lexer: &mut Lexer<'_>, notebook: &mut Notebook, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut levels: Vec<Level> = Vec::new();
    loop {
        lexer.space()?;
        match lexer.peek()? {
            Some(open @ ('{' | '[')) => {
                lexer.skip();
                if levels.len() >= DEPTH {
                    return Err(Stop::Limit(Reason::Depth));
                }
                levels.push(if open == '{' { Level::Object(String::new()) } else { Level::Array(0) });
                lexer.space()?;
                let close = if open == '{' { '}' } else { ']' };
                if lexer.peek()? != Some(close) {
                    key(lexer, &mut levels)?;
                    continue;
                }
            }
            Some('"') => {
                let at = lexer.offset();
                let limit = notebook.wants(&levels);
                let mut text = String::new();
                lexer.string(|letter| {
                    if text.len() < limit {
                        text.push(letter);
                    }
                })?;
                let place = Place::bytes(at, lexer.offset().saturating_sub(at));
                notebook.text(&levels, text, &place, sink)?;
            }
            _ => {
                lexer.word()?;
            }
        }
        if !next(lexer, &mut levels, notebook, sink)? {
            return Ok(());
        }
    }
}

/// Reads the key of an object's next member.
fn key(lexer: &mut Lexer<'_>, levels: &mut [Level]) -> Result<(), Stop> {
    let Some(Level::Object(key)) = levels.last_mut() else { return Ok(()) };
    lexer.space()?;
    if lexer.peek()? != Some('"') {
        return Err(lexer.expected("a key"));
    }
    key.clear();
    lexer.string(|letter| {
        if key.len() < KEY {
            key.push(letter);
        }
    })?;
    lexer.space()?;
    if lexer.peek()? != Some(':') {
        return Err(lexer.expected("a colon"));
    }
    lexer.skip();
    Ok(())
}

/// Behind a value: closes what ends there; whether another value follows.
fn next(
    lexer: &mut Lexer<'_>,
    levels: &mut Vec<Level>,
    notebook: &mut Notebook,
    sink: &mut Sink<'_>,
) -> Result<bool, Stop> {
    while let Some(level) = levels.last_mut() {
        let close = if matches!(level, Level::Array(_)) { ']' } else { '}' };
        lexer.space()?;
        match lexer.peek()? {
            Some(',') => {
                lexer.skip();
                if let Level::Array(index) = level {
                    *index = index.saturating_add(1);
                }
                key(lexer, levels)?;
                return Ok(true);
            }
            Some(letter) if letter == close => {
                lexer.skip();
                levels.pop();
                if is_cell(levels) {
                    notebook.end_cell(sink)?;
                }
            }
            _ => return Err(lexer.expected("a comma or the end of an object or array")),
        }
    }
    Ok(false)
}

/// Whether the levels lead to an item of `cells`, at the top (version 4) or in a worksheet (version 3).
fn is_cell(levels: &[Level]) -> bool {
    matches!(levels, [.., Level::Object(key), Level::Array(_)] if key == "cells") && levels.len() <= 4
}

/// The keys and positions inside a cell.
fn in_cell(levels: &[Level]) -> Option<&[Level]> {
    let at = levels.windows(2).position(|pair| matches!(pair, [Level::Object(key), Level::Array(_)] if key == "cells"))?;
    levels.get(at.saturating_add(2)..)
}

/// What was read of a notebook.
#[derive(Default)]
struct Notebook {
    cells: u64,
    kind: String,
    language: String,
    source: String,
    place: Option<Place>,
    program: Collected,
    script: Collected,
    held: u64,
}

/// Lines of several cells as one program, with where each came from.
#[derive(Default)]
struct Collected {
    text: String,
    lines: u32,
    origins: Vec<Origin>,
}

impl Collected {
    /// Adds the text of a cell; line numbers behind its heading are those of the cell.
    fn add(&mut self, cell: u64, text: &str) {
        let heading = format!("# %% cell {cell}\n");
        let line = self.lines.saturating_add(2);
        self.origins.push(Origin { line, pointer: format!("/cells/{cell}/source").into(), first: 0 });
        for part in [heading.as_str(), text, if text.ends_with('\n') { "" } else { "\n" }] {
            self.text.push_str(part);
            let breaks = part.bytes().filter(|byte| *byte == b'\n').count();
            self.lines = self.lines.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        }
    }

    /// Gives the program back.
    fn give(&mut self, name: &str, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if self.text.is_empty() {
            return Ok(());
        }
        let Self { text, origins, .. } = std::mem::take(self);
        sink.child(Child { origins, ..Child::window(name, Place::default(), Blob::from_bytes(text)) })
    }
}

impl Notebook {
    /// How much of the text at `levels` matters.
    fn wants(&self, levels: &[Level]) -> usize {
        match in_cell(levels) {
            Some([Level::Object(key)] | [Level::Object(key), Level::Array(_)]) => match key.as_str() {
                "source" | "input" => CODE.saturating_sub(self.source.len()).saturating_add(1),
                "cell_type" | "language" => KEY,
                _ => 0,
            },
            Some([Level::Object(key), ..]) if key == "outputs" => SHOWN,
            _ => 0,
        }
    }

    fn text(&mut self, levels: &[Level], text: String, place: &Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let Some(inside) = in_cell(levels) else { return Ok(()) };
        let [Level::Object(key), rest @ ..] = inside else { return Ok(()) };
        match (key.as_str(), rest) {
            ("cell_type", []) => {
                self.kind = text;
                // A cell with a type: this is a notebook, whatever follows.
                sink.milestone()?;
            }
            ("language", []) => self.language = text,
            ("source" | "input", [] | [Level::Array(_)]) => {
                if self.source.len().saturating_add(text.len()) > CODE {
                    return Err(Stop::Limit(Reason::Memory));
                }
                self.hold(sink.meter(), text.len())?;
                self.source.push_str(&text);
                self.place.get_or_insert_with(|| place.clone());
            }
            ("outputs", rest) => return self.output(rest, &text, place, sink),
            _ => {}
        }
        Ok(())
    }

    /// States that an output brings a script that a browser runs.
    fn output(&self, path: &[Level], text: &str, place: &Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let kinds = path.iter().filter_map(|level| match level {
            Level::Object(key) => Some(key.as_str()),
            Level::Array(_) => None,
        });
        let kind = kinds.rev().find(|key| key.contains("html") || key.contains("javascript") || key.contains("svg"));
        let lower = text.to_ascii_lowercase();
        let runs = |kind: &str| kind.contains("javascript") || lower.contains("<script") || lower.contains("<iframe");
        let Some(kind) = kind.filter(|kind| runs(kind) && !text.trim().is_empty()) else { return Ok(()) };
        let place = place.clone().pointer(Unit::JsonPointer, format!("/cells/{}/outputs", self.cells));
        let args = vec![Expr::str(base::expr::shorten(text, 200).0)];
        sink.fact(place, Operator { domain: "notebook".into(), name: "output-script".into(), node: kind.into(), args, ..Operator::default() })
    }

    fn hold(&mut self, meter: &Meter, bytes: usize) -> Result<(), Stop> {
        // A cell is held as text, in the program and, until it is read, as a child.
        let bytes = (bytes as u64).saturating_mul(3);
        self.held = self.held.saturating_add(bytes);
        meter.hold(bytes)
    }

    /// Adds a cell that was read to the program and gives its scripts back.
    fn end_cell(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let number = self.cells;
        self.cells = self.cells.saturating_add(1);
        let (kind, source) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.source));
        let language = std::mem::take(&mut self.language);
        let place = self.place.take().unwrap_or_default();
        if kind != "code" || source.is_empty() {
            return Ok(());
        }
        let python = language.is_empty() || language.to_ascii_lowercase().contains("python");
        let cell = magic::cell(&source);
        if python && !cell.python.is_empty() {
            self.program.add(number, &cell.python);
        }
        if !cell.shell.is_empty() {
            self.script.add(number, &cell.shell);
        }
        let place = place.pointer(Unit::JsonPointer, format!("/cells/{number}/source"));
        for (extension, text) in cell.others {
            let name = match extension.split_once('/') {
                Some((_, name)) => name.to_owned(),
                None => format!("cell-{number}.{extension}"),
            };
            sink.meter().hold(text.len() as u64)?;
            let origin = Origin { line: 1, pointer: format!("/cells/{number}/source").into(), first: cell.first };
            let child = Child::window(name, place.clone(), Blob::from_bytes(text));
            sink.child(Child { origins: vec![origin], ..child })?;
        }
        Ok(())
    }

    /// Gives the program back.
    fn finish(&mut self, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if !self.source.is_empty() {
            self.end_cell(sink)?;
        }
        self.script.give("cells.sh", sink)?;
        self.program.give("cells.py", sink)
    }
}

#[cfg(test)]
mod tests;
