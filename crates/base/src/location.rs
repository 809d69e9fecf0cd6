//! Where something was found: through every container, down to the byte, the line or the node.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A place inside one artifact, as its parser sees it. All fields are optional but the offset, which is 0 where bytes make no sense.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Offset in the artifact's own bytes.
    pub offset: u64,
    /// Length in bytes; 0 when unknown.
    pub length: u64,
    /// Line, from 1; 0 when there are no lines.
    pub line: u32,
    /// Column in characters, from 1; 0 when there are no lines.
    pub column: u32,
    /// Where it is in the format's own words: `opcode 17`, `/config/layers/0`, `node 5`.
    pub pointer: Option<Pointer>,
    /// What the pointer counts.
    pub unit: Option<Unit>,
}

/// A place in the format's own words. Most are never read: a fact has to be found fault with first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pointer {
    /// As it is written.
    Text(Arc<str>),
    /// An instruction of a code object: `Model.forward+12`, `f+4 (except)`.
    Instruction {
        /// The name of the code object.
        of: Arc<str>,
        /// Where in it.
        at: u32,
        /// The condition under which it runs.
        condition: Option<Arc<str>>,
    },
}

impl Pointer {
    /// As it is written.
    pub fn text(&self) -> Arc<str> {
        match self {
            Self::Text(text) => text.clone(),
            Self::Instruction { .. } => self.to_string().into(),
        }
    }
}

impl std::fmt::Display for Pointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Instruction { of, at, condition: None } => write!(f, "{of}+{at}"),
            Self::Instruction { of, at, condition: Some(condition) } => write!(f, "{of}+{at} ({condition})"),
        }
    }
}

impl From<Arc<str>> for Pointer {
    fn from(text: Arc<str>) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Pointer {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for Pointer {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Place {
    /// The bytes `offset..offset + length`.
    pub fn bytes(offset: u64, length: u64) -> Self {
        Self { offset, length, ..Self::default() }
    }

    /// The same place with a pointer in the format's own words.
    #[must_use]
    pub fn pointer(mut self, unit: Unit, pointer: impl Into<Pointer>) -> Self {
        self.unit = Some(unit);
        self.pointer = Some(pointer.into());
        self
    }

    /// The same place with a line and a column, both from 1.
    #[must_use]
    pub fn line(mut self, line: u32, column: u32) -> Self {
        self.line = line;
        self.column = column;
        self
    }
}

/// What a pointer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// The n-th opcode of a pickle or instruction stream, from 0.
    Opcode,
    /// RFC 6901.
    JsonPointer,
    /// A node of a graph or a tree.
    Node,
    /// A symbol of native code.
    Symbol,
    /// An instruction of bytecode.
    Instruction,
    /// A named member or entry.
    Entry,
    /// A tensor, by name.
    Tensor,
}

/// The path of an artifact: relative to the target, `/`-separated, members joined by `!/`.
///
/// Literal `!` and `%` are written `%21` and `%25`, bytes that are not UTF-8 as `%XX`. The bytes as they are can be had from [`ArtifactPath::raw`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArtifactPath {
    shown: Arc<str>,
    /// The raw bytes, kept only where `shown` could not carry them as they are.
    raw: Option<Arc<[u8]>>,
}

impl ArtifactPath {
    /// The path of a root: its name relative to the target.
    pub fn root(name: &[u8]) -> Self {
        Self { shown: escape_name(name).into(), raw: std::str::from_utf8(name).is_err().then(|| name.into()) }
    }

    /// The path of the entry `name` of this folder.
    pub fn entry(&self, name: &[u8]) -> Self {
        self.join("/", name)
    }

    /// The path of the member `name` of this container.
    pub fn member(&self, name: &[u8]) -> Self {
        self.join("!/", name)
    }

    /// The path of a part without a name of its own, found at `offset` of this artifact: `data.pkl@0x15!/exec-argument.py`.
    pub fn part(&self, offset: u64, name: &[u8]) -> Self {
        self.join(&format!("@{offset:#x}!/"), name)
    }

    fn join(&self, separator: &str, name: &[u8]) -> Self {
        if self.shown.is_empty() {
            return Self::root(name);
        }
        let shown = format!("{}{separator}{}", self.shown, escape_name(name)).into();
        let odd = self.raw.is_some() || std::str::from_utf8(name).is_err();
        let raw = odd.then(|| {
            let own = self.raw.as_deref().unwrap_or(self.shown.as_bytes());
            [own, separator.as_bytes(), name].concat().into()
        });
        Self { shown, raw }
    }

    /// As reports show it.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Shared, as reports show it.
    pub fn shared(&self) -> Arc<str> {
        self.shown.clone()
    }

    /// Hexadecimal raw bytes where the name is not UTF-8.
    pub fn hex(&self) -> Option<String> {
        self.raw.as_ref().map(|raw| raw.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl std::fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

fn escape_name(name: &[u8]) -> String {
    let mut shown = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '!' => shown.push_str("%21"),
                '%' => shown.push_str("%25"),
                letter => shown.push(letter),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("%{byte:02X}"));
        }
    }
    shown
}

/// A place in a report: the artifact's path and where in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The artifact, through every container.
    pub path: Arc<str>,
    /// Raw bytes of the path in hexadecimal, where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Offset in the artifact's own bytes.
    pub offset: u64,
    /// Length in bytes; 0 when unknown.
    pub length: u64,
    /// Line, from 1; absent when there are no lines.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// In the format's own words.
    pub pointer: Option<Arc<str>>,
    /// What the pointer counts.
    pub unit: Option<Unit>,
}

impl Location {
    /// `place` in the artifact at `path`.
    pub fn new(path: &ArtifactPath, place: &Place) -> Self {
        Self {
            path: path.shared(),
            path_hex: path.hex(),
            offset: place.offset,
            length: place.length,
            line: (place.line > 0).then_some(place.line),
            column: (place.column > 0).then_some(place.column),
            pointer: place.pointer.as_ref().map(Pointer::text),
            unit: place.unit,
        }
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.path)?;
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, ":{line}:{column}"),
            (Some(line), None) => write!(f, ":{line}"),
            _ if self.offset > 0 || self.length > 0 => write!(f, "@{:#x}", self.offset),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_the_story_and_escape_their_separator() {
        let path = ArtifactPath::root(b"dir").entry(b"a!b%.tar").member(b"x/y.pkl");
        assert_eq!(path.as_str(), "dir/a%21b%25.tar!/x/y.pkl");
        assert_eq!(path.hex(), None);
        let at = |condition: Option<&str>| {
            let condition = condition.map(Arc::from);
            let pointer = Pointer::Instruction { of: "f".into(), at: 12, condition };
            Location::new(&path, &Place::bytes(4, 2).pointer(Unit::Instruction, pointer)).pointer
        };
        assert_eq!((at(None).as_deref(), at(Some("except")).as_deref()), (Some("f+12"), Some("f+12 (except)")));
        let odd = path.member(b"\xff");
        assert_eq!(odd.as_str(), "dir/a%21b%25.tar!/x/y.pkl!/%FF");
        assert!(odd.hex().unwrap().ends_with("ff"));
    }
}
