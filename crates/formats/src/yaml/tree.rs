//! Where in the document an event stands: enough to know keys from values and to weigh what aliases repeat.

use std::collections::HashSet;

use base::{fact::Flaw, location::Place, reason::Reason, sink::Sink, stop::Stop};
use saphyr_parser::Tag;

use crate::structured::{Scalar, Statements, Templates, has_tags, is_template_key};

/// Nesting beyond which no honest document goes.
const DEPTH: usize = 512;
/// Nodes that a document may have when its aliases are followed.
const NODES: u64 = 10_000_000;
/// Memory that one remembered key takes beside its text.
const SEEN: u64 = 48;
/// Tags of YAML 1.1 and 1.2 that every safe loader knows.
const SAFE: &[&str] = &[
    "str",
    "int",
    "float",
    "bool",
    "null",
    "map",
    "seq",
    "set",
    "omap",
    "pairs",
    "binary",
    "timestamp",
    "merge",
    "value",
];

/// The open collections and what was stated.
#[derive(Default)]
pub(super) struct Tree {
    statements: Statements,
    templates: Templates,
    levels: Vec<Level>,
    /// Size of each anchored node, by the parser's number for it.
    anchors: Vec<u64>,
    bomb: bool,
    held: u64,
}

/// An open sequence or mapping.
struct Level {
    anchor: usize,
    /// Nodes in it so far, aliases followed.
    nodes: u64,
    mapping: Option<Mapping>,
}

#[derive(Default)]
struct Mapping {
    /// Whether a key was read whose value comes next.
    value_next: bool,
    key: String,
    seen: HashSet<Box<str>>,
}

impl Tree {
    /// A new document: anchors do not reach over.
    pub(super) fn document(&mut self) {
        self.levels.clear();
        self.anchors.clear();
    }

    /// States a marker.
    pub(super) fn marker(&mut self, sink: &mut Sink<'_>, at: Place, marker: &str) -> Result<(), Stop> {
        self.statements.marker(sink, at, marker)
    }

    /// Gives back the memory that was held.
    pub(super) fn release(&self, sink: &Sink<'_>) {
        self.statements.release(sink);
        sink.meter().release(self.held);
    }

    /// A scalar: a key or a value.
    pub(super) fn scalar(
        &mut self,
        sink: &mut Sink<'_>,
        at: &Place,
        text: &str,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), Stop> {
        self.tag(sink, at, tag)?;
        self.anchored(anchor, 1);
        let mut key = None;
        if let Some(Level { mapping: Some(mapping), .. }) = self.levels.last_mut() {
            if mapping.value_next {
                key = Some(mapping.key.clone());
            } else {
                mapping.key.clear();
                mapping.key.push_str(text.get(..text.len().min(256)).unwrap_or_default());
                if text != "<<" && !mapping.seen.insert(text.into()) {
                    self.statements.duplicate(sink, at.clone(), text)?;
                }
                let size = SEEN.saturating_add(text.len() as u64);
                sink.meter().hold(size)?;
                self.held = self.held.saturating_add(size);
                self.statements.key(sink, at.clone(), text)?;
            }
        }
        self.statements.value(sink, at, key.as_deref(), &Scalar::of(text))?;
        self.template(sink, at, text)?;
        self.node(1);
        Ok(())
    }

    /// Gives a value back that some template engine may render.
    fn template(&mut self, sink: &mut Sink<'_>, at: &Place, text: &str) -> Result<(), Stop> {
        let keys = self.levels.iter().filter_map(|level| level.mapping.as_ref()).filter(|mapping| mapping.value_next);
        let keys = keys.map(|mapping| mapping.key.as_str());
        let value = !matches!(self.levels.last(), Some(Level { mapping: Some(mapping), .. }) if !mapping.value_next);
        if text.is_empty() || !value || !has_tags(text) && !keys.clone().any(is_template_key) {
            return Ok(());
        }
        self.templates.give(sink, at.clone(), keys, text)
    }

    /// An alias: as many nodes as the anchored one. A node that holds itself counts once.
    pub(super) fn alias(&mut self, anchor: usize) {
        let nodes = self.anchors.get(anchor).copied().unwrap_or(1);
        self.node(nodes.max(1));
    }

    /// A sequence or mapping begins.
    pub(super) fn open(
        &mut self,
        sink: &mut Sink<'_>,
        at: &Place,
        mapping: bool,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), Stop> {
        self.tag(sink, at, tag)?;
        if self.levels.len() >= DEPTH {
            return Err(Stop::Limit(Reason::Depth));
        }
        self.levels.push(Level { anchor, nodes: 1, mapping: mapping.then(Mapping::default) });
        Ok(())
    }

    /// The innermost collection ends.
    pub(super) fn close(&mut self, sink: &mut Sink<'_>, at: &Place) -> Result<(), Stop> {
        let Some(level) = self.levels.pop() else {
            return Ok(());
        };
        self.anchored(level.anchor, level.nodes);
        self.node(level.nodes);
        if level.nodes > NODES && !self.bomb {
            self.bomb = true;
            let detail = format!("aliases expand to more than {NODES} nodes").into();
            sink.fact(at.clone(), Flaw { id: "alias-bomb".into(), detail, part: "".into() })?;
        }
        Ok(())
    }

    /// Remembers the size of an anchored node. The parser numbers anchors from 1 in order.
    fn anchored(&mut self, anchor: usize, nodes: u64) {
        if anchor == 0 {
            return;
        }
        // Numbers grow by one an anchor, so that the list is as long as the text has anchors.
        if self.anchors.len() <= anchor && anchor < self.anchors.len().saturating_add(1 << 20) {
            self.anchors.resize(anchor.saturating_add(1), 0);
        }
        if let Some(slot) = self.anchors.get_mut(anchor) {
            *slot = nodes;
        }
    }

    /// Counts nodes into the innermost collection and moves between key and value.
    fn node(&mut self, nodes: u64) {
        if let Some(level) = self.levels.last_mut() {
            level.nodes = level.nodes.saturating_add(nodes);
            if let Some(mapping) = &mut level.mapping {
                mapping.value_next = !mapping.value_next;
            }
        }
    }

    /// States what a tag would make a loader do: nothing for the safe ones.
    fn tag(&mut self, sink: &mut Sink<'_>, at: &Place, tag: Option<&Tag>) -> Result<(), Stop> {
        let Some(tag) = tag else {
            return Ok(());
        };
        let full = percent_decoded(&format!("{}{}", tag.handle, tag.suffix));
        let name = full.strip_prefix("tag:yaml.org,2002:").or_else(|| full.strip_prefix("!!"));
        match name {
            Some(name) if SAFE.contains(&name) => Ok(()),
            Some(name) if name.starts_with("python") => self.marker(sink, at.clone(), "!!python"),
            None if full == "!" => Ok(()),
            _ => self.marker(sink, at.clone(), "!"),
        }
    }
}

/// `%70` becomes `p`: loaders decode tags before they look them up.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        match (first, after) {
            (b'%', [high, low, tail @ ..]) if digit(high).is_some() && digit(low).is_some() => {
                bytes.push(digit(high).unwrap_or(0) << 4 | digit(low).unwrap_or(0));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
