//! What stands on the stack while the listing is written: short constants, and nodes that grow until a line needs them.

use std::rc::Rc;

/// An expression on the stack or in the memo.
#[derive(Clone)]
pub(super) enum Item {
    /// A mark.
    Mark,
    /// A constant, or another expression that may be written anywhere and as often as wanted.
    Short {
        /// As Python.
        text: Rc<str>,
        /// Where it was made.
        at: u64,
    },
    /// A node.
    Node(usize),
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `[…]`
    List,
    /// `{…}`
    Set,
    /// `{… : …}`
    Dict,
    /// `(…)`
    Tuple,
    /// `frozenset({…})`
    FrozenSet,
    /// A name that was imported: it may be written anywhere.
    Global,
    /// Any other expression.
    Plain,
}

/// Something that is written when a line needs it.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// The items of a container, or the whole of any other expression.
    pub(super) text: String,
    /// Items so far.
    pub(super) count: usize,
    /// Brackets inside of brackets.
    pub(super) depth: u8,
    /// Where the second of two items begins.
    pub(super) second: usize,
    /// The variable that holds it.
    pub(super) variable: Option<u32>,
    /// Lines that the text needs; once there is a variable, the last line that made or changed it.
    pub(super) uses: Vec<u32>,
    /// The bytes that it stands for.
    pub(super) start: u64,
    pub(super) end: u64,
    /// Whether it is fetched again: then it must be a variable, since it is one object.
    pub(super) shared: bool,
}

impl Node {
    /// A node made by the opcode at `start..end`.
    pub(super) fn new(kind: Kind, text: String, start: u64, end: u64) -> Self {
        Self { kind, text, count: 0, depth: 0, second: 0, variable: None, uses: Vec::new(), start, end, shared: false }
    }

    /// As Python.
    pub(super) fn expression(&self) -> String {
        let text = &self.text;
        match (self.kind, self.count) {
            (Kind::List, _) => format!("[{text}]"),
            (Kind::Dict, _) => format!("{{{text}}}"),
            (Kind::Set, 0) => "set()".to_owned(),
            (Kind::Set, _) => format!("{{{text}}}"),
            (Kind::FrozenSet, 0) => "frozenset()".to_owned(),
            (Kind::FrozenSet, _) => format!("frozenset({{{text}}})"),
            (Kind::Tuple, 1) => format!("({text},)"),
            (Kind::Tuple, _) => format!("({text})"),
            (Kind::Global | Kind::Plain, _) => text.clone(),
        }
    }

    /// Adds an item.
    pub(super) fn add(&mut self, piece: &Piece) {
        if self.count > 0 {
            self.text.push_str(", ");
        }
        if self.count == 1 {
            self.second = self.text.len();
        }
        self.text.push_str(&piece.text);
        self.count = self.count.saturating_add(1);
        self.depth = self.depth.max(piece.depth.saturating_add(1));
        self.need(&piece.uses);
        self.start = self.start.min(piece.start);
    }

    /// Adds lines that it needs.
    pub(super) fn need(&mut self, lines: &[u32]) {
        for line in lines {
            if !self.uses.contains(line) {
                self.uses.push(*line);
            }
        }
    }
}

/// An expression that is being written into another.
#[derive(Clone)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) uses: Vec<u32>,
    pub(super) depth: u8,
    /// The first byte that it stands for; the largest number for a variable.
    pub(super) start: u64,
    /// Key and value, where it is both.
    pub(super) pair: Option<(String, String)>,
}

impl Piece {
    /// This text, which needs nothing.
    pub(super) fn plain(text: impl Into<String>, start: u64) -> Self {
        Self { text: text.into(), uses: Vec::new(), depth: 0, start, pair: None }
    }

    /// `key: value`.
    pub(super) fn pair(key: Self, value: Self) -> Self {
        let uses = [key.uses, value.uses].concat();
        let text = format!("{}: {}", key.text, value.text);
        Self {
            text,
            uses,
            depth: key.depth.max(value.depth),
            start: key.start.min(value.start),
            pair: Some((key.text, value.text)),
        }
    }
}
