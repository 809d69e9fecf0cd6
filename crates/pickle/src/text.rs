//! Constants stay in the stream: they are read again when their content is asked for.

use std::collections::HashMap;

use base::{blob::Blob, source::Access};
use eval::Value as Known;

use crate::{
    arena::{Arena, Coding, Node},
    literal,
    value::{HOOKS, Kind, Value},
};

/// Bytes of copied constants.
const COPIED: usize = 16 << 20;
/// A constant that is copied when the source does not like to go back.
const COPY: usize = 1 << 10;
/// Bytes of a constant that is looked into.
pub(crate) const MAX_CONSTANT: u64 = 16 << 20;

/// Reads constants by where they lie.
pub(crate) struct Texts {
    blob: Blob,
    /// Copies of short constants, where going back means keeping the whole stream.
    copies: Option<HashMap<u64, Box<[u8]>>>,
    copied: usize,
}

impl Texts {
    /// The constants of `blob`.
    pub(crate) fn new(blob: &Blob) -> Self {
        let forward = blob.access() == Access::Forward && blob.memory().is_none();
        Self { blob: blob.clone(), copies: forward.then(HashMap::new), copied: 0 }
    }

    /// The length of the stream, where it is known.
    pub(crate) fn len(&self) -> Option<u64> {
        self.blob.len()
    }

    /// A window on the stream.
    pub(crate) fn window(&self, offset: u64, len: u64) -> Option<Blob> {
        self.blob.slice(offset..offset.checked_add(len)?)
    }

    /// Bytes held.
    pub(crate) fn bytes_held(&self) -> u64 {
        (self.copied as u64)
            .saturating_add(self.copies.as_ref().map_or(0, |copies| (copies.len() as u64).saturating_mul(48)))
    }

    /// Called for each short constant when it is met.
    #[inline]
    pub(crate) fn met(&mut self, offset: u64, bytes: &[u8]) {
        if self.copies.is_some() {
            self.copy(offset, bytes);
        }
    }

    #[cold]
    fn copy(&mut self, offset: u64, bytes: &[u8]) {
        if let Some(copies) = self.copies.as_mut()
            && bytes.len() <= COPY
            && self.copied < COPIED
        {
            self.copied = self.copied.saturating_add(bytes.len()).saturating_add(48);
            copies.insert(offset, bytes.into());
        }
    }

    /// The bytes of the stream at `offset`; `None` when they are too many or cannot be read.
    pub(crate) fn read(&self, offset: u64, len: u64) -> Option<Vec<u8>> {
        if len > MAX_CONSTANT {
            return None;
        }
        let count = usize::try_from(len).ok()?;
        if let Some(copy) = self.copies.as_ref().and_then(|copies| copies.get(&offset)) {
            return copy.get(..count).map(<[u8]>::to_vec);
        }
        let bytes = self.blob.bytes_at(offset, count).ok()?;
        (bytes.len() == count).then_some(bytes)
    }

    /// The text that `value` is known to be.
    pub(crate) fn text(&self, arena: &Arena, value: Value) -> Option<String> {
        match value.kind() {
            Kind::Text => literal::surrogatepass(&self.read(value.start(), value.len() as u64)?),
            Kind::Hook => HOOKS.get(usize::try_from(value.payload()).ok()?).map(|name| (*name).to_owned()),
            Kind::Constant => match self.constant(arena, value)? {
                Known::Str(text) => Some(text.to_string()),
                _ => None,
            },
            Kind::Known => match arena.look(value)? {
                Node::Known(known) => known.as_str().map(str::to_owned),
                _ => None,
            },
            _ => None,
        }
    }

    /// Bytes that are read when the content of `value` is asked for.
    pub(crate) fn size(&self, arena: &Arena, value: Value) -> u64 {
        match value.kind() {
            Kind::Text | Kind::Bytes => value.len() as u64,
            Kind::Constant => match arena.look(value) {
                Some(Node::Span { len, .. }) if *len <= MAX_CONSTANT => *len,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The content of a constant node.
    pub(crate) fn constant(&self, arena: &Arena, value: Value) -> Option<Known> {
        match *arena.look(value)? {
            Node::Float(float) => Some(Known::Float(float)),
            Node::Span { offset, len, coding } => {
                let bytes = self.read(offset, len)?;
                Some(match coding {
                    Coding::Utf8 => Known::str(literal::surrogatepass(&bytes)?),
                    Coding::RawUnicode => Known::str(literal::raw_unicode(&bytes)?),
                    Coding::Escaped => Known::str(literal::python2_text(&literal::escaped(&bytes)?)),
                    Coding::Python2 => Known::str(literal::python2_text(&bytes)),
                    Coding::Bytes => Known::bytes(bytes),
                    Coding::ByteArray => Known::ByteArray(bytes.into()),
                })
            }
            _ => None,
        }
    }

    /// Where the bytes of a constant lie as they are: offset and length.
    pub(crate) fn place(arena: &Arena, value: Value) -> Option<(u64, u64)> {
        match value.kind() {
            Kind::Text | Kind::Bytes => Some((value.start(), value.len() as u64)),
            Kind::Constant => match *arena.look(value)? {
                Node::Span {
                    offset,
                    len,
                    coding: Coding::Utf8 | Coding::Bytes | Coding::ByteArray | Coding::Python2,
                } => Some((offset, len)),
                _ => None,
            },
            _ => None,
        }
    }
}
