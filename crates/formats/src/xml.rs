//! XML as a stream of events: element and attribute names, and what a parser may fetch or expand. Nothing is resolved.

mod source;

use std::io::BufReader;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};
use quick_xml::events::{BytesStart, Event};

use self::source::{Letters, declared};
use crate::structured::Statements;

/// XML, SVG, PMML, OpenVINO.
pub const FORMAT: Format = Format {
    id: "xml",
    name: "XML",
    extensions: &["xml", "pmml", "svg", "xsl", "plist"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Text],
    detect,
    explain: None,
    parse,
};

/// Nesting beyond which no honest document goes.
const DEPTH: usize = 512;

/// Names that are read as XML whatever they hold.
const NAMES: &[&str] = &[".xml", ".pmml", ".svg", ".xsl", ".xslt", ".xsd", ".plist", ".rdf"];

/// Certain by name, with a declaration or a document type; worth a trial when it opens with a tag.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let name = crate::identified::file_name(head).to_ascii_lowercase();
    if NAMES.iter().any(|extension| name.ends_with(extension)) {
        return Some(Certainty::Certain);
    }
    let glance = head.first.get(..head.first.len().min(1024)).unwrap_or_default();
    // UTF-16 and UTF-32 show their ASCII characters between zeros and behind a mark.
    let letters = glance.iter().copied().filter(|byte| !matches!(byte, 0 | 0xff | 0xfe | 0xef | 0xbb | 0xbf));
    if letters.clone().find(|letter| !letter.is_ascii_whitespace()) != Some(b'<') {
        return None;
    }
    let plain: Vec<u8> = letters.collect();
    let text = plain.trim_ascii_start();
    if [&b"<?xml"[..], b"<!DOCTYPE", b"<!ENTITY"].iter().any(|start| text.starts_with(start)) {
        return Some(Certainty::Certain);
    }
    match text {
        [b'<', first, ..] if first.is_ascii_alphabetic() || matches!(first, b'_' | b'!' | b'?') => {
            Some(Certainty::Possible)
        }
        _ => None,
    }
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let letters = Letters::new(Reader::new(blob, sink.meter()))?;
    let (progress, encoding) = (letters.progress(), letters.encoding());
    let mut reading = Reading { statements: Statements::default(), open: 0, elements: 0, declared: false };
    let mut reader = quick_xml::Reader::from_reader(BufReader::with_capacity(source::BLOCK, letters));
    reader.config_mut().allow_unmatched_ends = false;
    let outcome = reading.events(&mut reader, &progress, sink);
    reading.statements.release(sink);
    let end = progress.offset();
    outcome?;
    sink.milestone()?;
    sink.claim(0..end, Claim::Read);
    let name = if reading.declared { "declared" } else { encoding.name() };
    sink.fact(Place::bytes(0, end), Identity { key: "encoding".into(), value: name.into() })
}

struct Reading {
    statements: Statements,
    open: usize,
    elements: u64,
    /// Whether the text names its own encoding.
    declared: bool,
}

impl Reading {
    fn events(
        &mut self,
        reader: &mut quick_xml::Reader<BufReader<Letters<'_>>>,
        progress: &source::Progress,
        sink: &mut Sink<'_>,
    ) -> Result<(), Stop> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            progress.event();
            sink.meter().steps(1)?;
            let event = reader.read_event_into(&mut buffer);
            let event = event.map_err(|error| stop(error, reader.error_position(), progress))?;
            let place = Place::bytes(reader.buffer_position(), 0);
            match event {
                Event::Start(tag) => {
                    self.open = self.open.saturating_add(1);
                    if self.open > DEPTH {
                        return Err(Stop::Limit(Reason::Depth));
                    }
                    self.element(&tag, place, sink)?;
                }
                Event::Empty(tag) => self.element(&tag, place, sink)?,
                Event::End(_) => self.open = self.open.saturating_sub(1),
                Event::DocType(text) => self.document_type(&text, &place, sink)?,
                Event::PI(text) => self.instruction(&text, place, sink)?,
                Event::Decl(text) => {
                    self.declared = true;
                    declared(&text)?;
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if self.open > 0 {
            return Err(Stop::truncated(progress.offset(), "an element"));
        }
        if self.elements == 0 {
            return Err(Stop::malformed(0, "expected an element"));
        }
        Ok(())
    }

    /// States the names of an element and its attributes.
    fn element(&mut self, tag: &BytesStart<'_>, at: Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.elements = self.elements.saturating_add(1);
        self.statements.key(sink, at.clone(), tag.name().into_inner())?;
        self.statements.key(sink, at.clone(), tag.local_name().into_inner())?;
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| Stop::malformed(at.offset, error.to_string()))?;
            let name = attribute.key.into_inner();
            self.statements.key(sink, at.clone(), name)?;
            let handler = name.rsplit(':').next().is_some_and(|local| local.to_ascii_lowercase().starts_with("on"));
            if handler && name.len() > 4 {
                self.statements.marker(sink, at.clone(), "on*")?;
            }
            // Browsers skip white space and control characters in a scheme; entities may stand for its letters.
            let value: Vec<u8> = attribute.value.bytes().filter(|byte| *byte > b' ').take(64).collect();
            let value = value.to_ascii_lowercase();
            if value.starts_with(b"javascript:") || value.starts_with(b"&#") || value.starts_with(b"data:text/html") {
                self.statements.marker(sink, at.clone(), "javascript:")?;
            }
        }
        Ok(())
    }

    /// States that a document type is declared, and whether it declares entities.
    fn document_type(&mut self, text: &str, at: &Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
        self.statements.marker(sink, at.clone(), "<!DOCTYPE")?;
        if text.to_ascii_uppercase().contains("<!ENTITY") {
            self.statements.marker(sink, at.clone(), "<!ENTITY")?;
        }
        Ok(())
    }

    /// States processing instructions that some processor runs.
    fn instruction(&mut self, text: &str, at: Place, sink: &mut Sink<'_>) -> Result<(), Stop> {
        for (target, marker) in [("xml-stylesheet", "<?xml-stylesheet"), ("php", "<?php")] {
            if text.to_ascii_lowercase().starts_with(target) {
                self.statements.marker(sink, at.clone(), marker)?;
            }
        }
        Ok(())
    }
}

/// What an error of the parser means here. A stop of the text below travels inside.
fn stop(error: quick_xml::Error, at: u64, progress: &source::Progress) -> Stop {
    match error {
        quick_xml::Error::Io(_) => progress.stop().unwrap_or_else(|| Stop::Io("the text could not be read".into())),
        error => Stop::malformed(at, error.to_string()),
    }
}

#[cfg(test)]
mod tests;
