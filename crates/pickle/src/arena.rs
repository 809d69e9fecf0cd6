//! Where containers and objects live: cells for items, nodes for what can change, both bounded.

use eval::Value as Computed;

use crate::{
    store::Store,
    value::{Kind, MAX_INLINE, Value},
};

/// How the bytes of a long or escaped constant are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// UTF-8, lone surrogates allowed.
    Utf8,
    /// `raw-unicode-escape`, as UNICODE has it.
    RawUnicode,
    /// Backslash escapes between quotes, as STRING has it.
    Escaped,
    /// Text of Python 2 without escapes: the loader's choice of encoding.
    Python2,
    /// Bytes.
    Bytes,
    /// A `bytearray`.
    ByteArray,
}

/// The items of a list, set or dict (keys and values in turn): a run of cells and how many there really are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Items {
    /// Address of the first cell.
    pub(crate) start: u64,
    /// Cells in use.
    pub(crate) len: u32,
    /// Cells reserved.
    pub(crate) cap: u32,
    /// Items that were put in, kept or not.
    pub(crate) total: u64,
}

/// Something that a value refers to.
#[derive(Clone, Debug, Default)]
pub(crate) enum Node {
    /// Nothing.
    #[default]
    Empty,
    /// A list, set or dict.
    Items(Items),
    /// What a call gave.
    Object {
        /// What was called.
        callee: Value,
        /// The tuple of arguments.
        args: Value,
        /// The state that was set, or unknown.
        state: Value,
    },
    /// A constant in the stream.
    Span {
        /// Offset in the artifact.
        offset: u64,
        /// Length in bytes.
        len: u64,
        /// How to read it.
        coding: Coding,
    },
    /// A float of full precision.
    Float(f64),
    /// Something that was computed, or that is too big for a value.
    Known(Box<Computed>),
}

/// Items kept of one container.
pub(crate) const MAX_ITEMS: usize = MAX_INLINE;

const PERMANENT_CELLS: u32 = 1 << 20;
const RING_CELLS: u32 = 1 << 18;
const PERMANENT_NODES: u32 = 1 << 18;
const RING_NODES: u32 = 1 << 16;

/// Cells and nodes.
pub(crate) struct Arena {
    cells: Store<Value>,
    nodes: Store<Node>,
}

impl Arena {
    /// An empty arena.
    pub(crate) fn new() -> Self {
        Self { cells: Store::new(PERMANENT_CELLS, RING_CELLS), nodes: Store::new(PERMANENT_NODES, RING_NODES) }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> u64 {
        self.cells.bytes().saturating_add(self.nodes.bytes())
    }

    /// Nodes made so far.
    pub(crate) fn nodes(&self) -> u64 {
        self.nodes.next()
    }

    /// A tuple or frozen set of these items.
    #[inline]
    pub(crate) fn run(&mut self, kind: Kind, items: &[Value]) -> Value {
        let kept = items.get(..MAX_ITEMS).unwrap_or(items);
        let start = if kept.is_empty() { 0 } else { self.cells.push_run(kept, 0) };
        Value::run(kind, start, kept.len())
    }

    /// The items of a tuple or frozen set; `None` when they are too old.
    pub(crate) fn items_of_run(&self, value: Value) -> Option<&[Value]> {
        if value.is_empty() { Some(&[]) } else { self.cells.run(value.start(), value.len()) }
    }

    /// An empty list, dict or set.
    #[inline]
    pub(crate) fn container(&mut self, kind: Kind) -> Value {
        Value::new(kind, self.nodes.push(Node::Items(Items::default())))
    }

    /// A value of `kind` with this node.
    #[inline(always)]
    pub(crate) fn node(&mut self, kind: Kind, node: Node) -> Value {
        Value::new(kind, self.nodes.push(node))
    }

    /// An object of the class with index `class`.
    pub(crate) fn object(&mut self, class: u32, callee: Value, args: Value) -> Value {
        let serial = self.nodes.push(Node::Object { callee, args, state: Value::UNKNOWN });
        // The serial number wraps after four thousand million nodes; by then the old ones are long gone.
        Value::object(class, (serial & 0xffff_ffff) as u32)
    }

    /// Something computed.
    pub(crate) fn known(&mut self, value: Computed) -> Value {
        self.node(Kind::Known, Node::Known(Box::new(value)))
    }

    /// The node of a value, while it is alive.
    pub(crate) fn look(&self, value: Value) -> Option<&Node> {
        match value.kind() {
            Kind::Constant | Kind::List | Kind::Dict | Kind::Set | Kind::Object | Kind::Known => {
                self.nodes.get(value.serial())
            }
            _ => None,
        }
    }

    /// The items of a list, set or dict and how many there really are.
    pub(crate) fn items(&self, value: Value) -> Option<(&[Value], u64)> {
        match self.look(value)? {
            Node::Items(items) => {
                let len = usize::try_from(items.len).ok()?;
                let cells = if len == 0 { &[][..] } else { self.cells.run(items.start, len)? };
                Some((cells, items.total))
            }
            _ => None,
        }
    }

    /// Two numbers that change when items are added to a list, set or dict, or replaced.
    pub(crate) fn version(&self, container: Value) -> [u64; 2] {
        match self.look(container) {
            Some(Node::Items(items)) => [items.start, items.total],
            _ => [0, 0],
        }
    }

    /// Adds to a list, set or dict; beyond [`MAX_ITEMS`], or when it is too old, items are only counted.
    #[inline]
    pub(crate) fn extend(&mut self, container: Value, more: &[Value]) {
        let Some(Node::Items(items)) = self.nodes.get_mut(container.serial()) else {
            return;
        };
        items.total = items.total.wrapping_add(more.len() as u64);
        let len = items.len as usize;
        let more = more.get(..MAX_ITEMS.saturating_sub(len)).unwrap_or(more);
        let new_len = len.wrapping_add(more.len());
        let Ok(stored) = u32::try_from(new_len) else {
            return;
        };
        if more.is_empty() {
            return;
        }
        if len == 0 {
            items.start = self.cells.push_run(more, 0);
            (items.len, items.cap) = (stored, stored);
            return;
        }
        if new_len > items.cap as usize {
            let Some(old) = self.cells.run(items.start, len) else {
                return;
            };
            let spare = new_len.min(MAX_ITEMS.saturating_sub(new_len));
            let grown = [old, more].concat();
            items.start = self.cells.push_run(&grown, spare);
            items.cap = u32::try_from(new_len.saturating_add(spare)).unwrap_or(u32::MAX);
            items.len = stored;
        } else if let Some(cells) = self.cells.run_mut(items.start, new_len) {
            for (to, from) in cells.iter_mut().skip(len).zip(more) {
                *to = *from;
            }
            items.len = stored;
        }
    }

    /// Adds to `container` if it is a list, set or dict.
    pub(crate) fn extend_if_items(&mut self, container: Value, more: &[Value]) {
        if matches!(container.kind(), Kind::List | Kind::Dict | Kind::Set) {
            self.extend(container, more);
        }
    }

    /// What was computed is another value from now on.
    pub(crate) fn renew(&mut self, value: Value, new: Computed) {
        if value.kind() == Kind::Known
            && let Some(Node::Known(known)) = self.nodes.get_mut(value.serial())
        {
            **known = new;
        }
    }

    /// A list, dict or set has these items from now on.
    pub(crate) fn replace(&mut self, container: Value, items: &[Value]) {
        if let Some(Node::Items(old)) = self.nodes.get_mut(container.serial()) {
            *old = Items::default();
        }
        self.extend(container, items);
    }

    /// Sets the state of an object.
    pub(crate) fn set_state(&mut self, object: Value, new: Value) {
        if let Some(Node::Object { state, .. }) = self.nodes.get_mut(object.serial()) {
            *state = new;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_grow_and_stay_bounded() {
        let mut arena = Arena::new();
        let list = arena.container(Kind::List);
        let other = arena.container(Kind::List);
        for value in 0..70_000_u32 {
            arena.extend(list, &[Value::small(value)]);
            arena.extend(other, &[Value::NONE, Value::TRUE]);
        }
        let (items, total) = arena.items(list).unwrap();
        assert_eq!((items.len(), total), (MAX_ITEMS, 70_000));
        assert!(items.iter().enumerate().all(|(index, value)| value.as_int() == Some(index as i64)));
        assert!(((2 * MAX_ITEMS * 8) as u64..20 << 20).contains(&arena.bytes()));
    }

    #[test]
    fn what_is_old_forgets_its_items_but_not_its_kind() {
        let mut arena = Arena::new();
        let early = arena.container(Kind::List);
        arena.extend(early, &[Value::NONE]);
        assert_eq!(arena.nodes(), 1);
        for _ in 0..PERMANENT_NODES {
            arena.container(Kind::Dict);
        }
        let late = arena.container(Kind::List);
        for _ in 0..RING_NODES {
            arena.container(Kind::Dict);
        }
        assert_eq!(arena.items(early).map(|found| found.1), Some(1));
        assert_eq!((arena.items(late).is_none(), late.kind()), (true, Kind::List));
        arena.extend(late, &[Value::NONE]);
    }
}
