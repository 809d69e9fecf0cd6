//! YAML as events: keys, tags, directives, and what aliases would expand to. Nothing is composed, so an alias bomb stays small.

mod opening;
mod tree;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Kind},
    format::{Class, Depth, Format},
    location::Place,
    reader::Reader,
    reason::Reason,
    sink::Sink,
    source::Access,
    stop::Stop,
};
use saphyr_parser::{Event, Parser, Span};

use self::tree::Tree;
use crate::text::encoding::{Decoder, Encoding};

/// YAML.
pub const FORMAT: Format = Format {
    id: "yaml",
    name: "YAML",
    extensions: &["yaml", "yml", "dvc"],
    depth: Depth::Values,
    access: Access::Forward,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Text, Kind::Flaw],
    detect: opening::detect,
    explain: None,
    parse,
};

/// The text lies in memory while it is parsed.
const LENGTH: u64 = 64 << 20;

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let (text, encoding, end) = decode(blob, sink)?;
    let held = (text.len() as u64).saturating_mul(2);
    sink.meter().hold(held)?;
    let mut tree = Tree::default();
    let outcome = directives(&text, &mut tree, sink).and_then(|()| events(&text, &mut tree, sink));
    tree.release(sink);
    sink.meter().release(held);
    let documents = outcome?;
    sink.milestone()?;
    sink.claim(0..end, Claim::Read);
    for (key, value) in [("encoding", encoding.name().to_owned()), ("documents", documents.to_string())] {
        sink.fact(Place::bytes(0, end), Identity { key: key.into(), value: value.into() })?;
    }
    Ok(())
}

/// The whole text, its encoding, and the length in bytes.
fn decode(blob: &Blob, sink: &Sink<'_>) -> Result<(String, Encoding, u64), Stop> {
    let mut reader = Reader::new(blob, sink.meter());
    let (encoding, mark) = Encoding::marked(reader.peek(4)?).unwrap_or((Encoding::Utf8, 0));
    let mut letters = Decoder::new(reader, encoding, mark);
    let mut text = String::new();
    while let Some(letter) = letters.next()? {
        // YAML 1.2.2, section 5.1; the parser below takes a zero for the end of its input.
        if letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{85}') {
            return Err(Stop::malformed(letters.offset(), "a control character in YAML"));
        }
        text.push(letter);
        if text.len() as u64 > LENGTH {
            return Err(Stop::Limit(Reason::Memory));
        }
    }
    Ok((text, encoding, letters.offset()))
}

/// States `%TAG` directives, which rename what tags mean.
fn directives(text: &str, tree: &mut Tree, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut at = 0_u64;
    for line in text.split_inclusive('\n') {
        if line.starts_with("%TAG") {
            tree.marker(sink, Place::bytes(at, line.len() as u64), "%TAG")?;
        }
        at = at.saturating_add(line.len() as u64);
    }
    Ok(())
}

/// Feeds every event to the tree; how many documents there were.
fn events(text: &str, tree: &mut Tree, sink: &mut Sink<'_>) -> Result<u64, Stop> {
    let mut documents = 0_u64;
    for event in Parser::new_from_str(text) {
        sink.meter().steps(1)?;
        let (event, span) = event.map_err(|error| Stop::malformed(error.marker().index() as u64, error.info()))?;
        let place = place(span);
        match event {
            Event::DocumentStart(_) => {
                documents = documents.saturating_add(1);
                tree.document();
            }
            Event::Scalar(value, _, anchor, tag) => tree.scalar(sink, &place, &value, anchor, tag.as_deref())?,
            Event::SequenceStart(anchor, tag) => tree.open(sink, &place, false, anchor, tag.as_deref())?,
            Event::MappingStart(anchor, tag) => tree.open(sink, &place, true, anchor, tag.as_deref())?,
            Event::SequenceEnd | Event::MappingEnd => tree.close(sink, &place)?,
            Event::Alias(anchor) => tree.alias(anchor),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
    }
    Ok(documents)
}

fn place(span: Span) -> Place {
    let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Place::default().line(small(span.start.line()), small(span.start.col()).saturating_add(1))
}

#[cfg(test)]
mod tests;
