//! Containers: literals while nobody else holds them, and calls of their methods from then on.

use base::stop::Stop;

use super::{
    Op,
    expression::{Item, Kind, Node, Piece},
    write::{WIDE, WIDEST, Writer},
};
use crate::opcode as op;

impl Writer<'_> {
    /// The opcodes that make and fill containers.
    pub(super) fn items(&mut self, op: &Op<'_>) -> Result<(), Stop> {
        match op.opcode {
            op::EMPTY_LIST => self.push_node(Node::new(Kind::List, String::new(), op.at, op.end), op.at),
            op::EMPTY_DICT => self.push_node(Node::new(Kind::Dict, String::new(), op.at, op.end), op.at),
            op::EMPTY_SET => self.push_node(Node::new(Kind::Set, String::new(), op.at, op.end), op.at),
            op::TUPLE => {
                let items = self.pop_to_mark();
                self.fixed(Kind::Tuple, items, op)
            }
            op::TUPLE1 | op::TUPLE2 | op::TUPLE3 => {
                let count = usize::from(op.opcode.wrapping_sub(op::TUPLE1)).wrapping_add(1);
                let mut items: Vec<Item> = (0..count).map(|_| self.pop()).collect();
                items.reverse();
                self.fixed(Kind::Tuple, items, op)
            }
            op::FROZENSET => {
                let items = self.pop_to_mark();
                self.fixed(Kind::FrozenSet, items, op)
            }
            op::LIST | op::DICT => {
                let items = self.pop_to_mark();
                let kind = if op.opcode == op::LIST { Kind::List } else { Kind::Dict };
                self.push_node(Node::new(kind, String::new(), op.at, op.end), op.at)?;
                self.fill(&items, op)
            }
            op::APPEND => {
                let items = [self.pop()];
                self.fill(&items, op)
            }
            op::SETITEM => {
                let value = self.pop();
                let items = [self.pop(), value];
                self.fill(&items, op)
            }
            _ => {
                let items = self.pop_to_mark();
                self.fill(&items, op)
            }
        }
    }

    /// A tuple or frozen set: too wide for a line, it is made of a list that is filled first.
    pub(super) fn fixed(&mut self, kind: Kind, items: Vec<Item>, op: &Op<'_>) -> Result<(), Stop> {
        let mut node = Node::new(kind, String::new(), op.at, op.end);
        for (index, item) in items.iter().enumerate() {
            let piece = self.piece(item)?;
            node.add(&piece);
            if node.text.len() > WIDEST {
                return self.wide(node, items.get(index.saturating_add(1)..).unwrap_or_default(), op);
            }
        }
        self.push_node(node, op.at)
    }

    fn wide(&mut self, begun: Node, items: &[Item], op: &Op<'_>) -> Result<(), Stop> {
        let kind = begun.kind;
        let item = self.keep(Node { kind: Kind::List, ..begun })?;
        let Item::Node(id) = self.name(&item)? else { return Ok(()) };
        self.grow(id, items, op)?;
        let list = self.piece(&Item::Node(id))?;
        let word = if kind == Kind::Tuple { "tuple" } else { "frozenset" };
        let mut node = Node::new(Kind::Plain, format!("{word}({})", list.text), op.at, op.end);
        node.need(&list.uses);
        self.push_node(node, op.at)?;
        match self.now.stack.last().cloned() {
            Some(top) => self.name(&top).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Puts items into what is on top of the stack.
    fn fill(&mut self, items: &[Item], op: &Op<'_>) -> Result<(), Stop> {
        if items.is_empty() {
            return Ok(());
        }
        let Some(target) = self.now.stack.last().cloned() else { return Ok(()) };
        match target {
            Item::Node(id) => self.grow(id, items, op),
            // Something that was not made in this pickle: the loader will say.
            other => {
                let Item::Node(id) = self.name(&other)? else { return Ok(()) };
                self.grow(id, items, op)
            }
        }
    }

    fn grow(&mut self, id: usize, items: &[Item], op: &Op<'_>) -> Result<(), Stop> {
        let pairs = matches!(op.opcode, op::DICT | op::SETITEM | op::SETITEMS);
        let mut chunk = Chunk::default();
        for group in items.chunks(if pairs { 2 } else { 1 }) {
            let piece = match group {
                [key, value] => {
                    let (key, value) = (self.piece(key)?, self.piece(value)?);
                    if self.is_object(id) {
                        self.set_one(id, &key, &value, op)?;
                        continue;
                    }
                    Piece::pair(key, value)
                }
                [item] => self.piece(item)?,
                _ => continue,
            };
            if self.inline(id, &piece, op) {
                continue;
            }
            self.name(&Item::Node(id))?;
            chunk.add(piece);
            if chunk.text.len() > WIDE {
                self.flush(id, &mut chunk, op)?;
            }
        }
        self.flush(id, &mut chunk, op)
    }

    /// Adds to a literal, as long as it is one and narrow.
    fn inline(&mut self, id: usize, piece: &Piece, op: &Op<'_>) -> bool {
        let fits = |node: &&mut Node| {
            let container = matches!(node.kind, Kind::List | Kind::Dict | Kind::Set);
            let narrow = node.count == 0 || node.text.len().saturating_add(piece.text.len()) <= WIDE;
            container && node.variable.is_none() && narrow
        };
        let Some(node) = self.node_mut(id).filter(fits) else { return false };
        node.add(piece);
        node.end = op.end;
        true
    }

    /// Whether this is no container that the pickle made.
    fn is_object(&self, id: usize) -> bool {
        self.node(id).is_some_and(|node| matches!(node.kind, Kind::Global | Kind::Plain))
    }

    fn set_one(&mut self, id: usize, key: &Piece, value: &Piece, op: &Op<'_>) -> Result<(), Stop> {
        let target = self.target(id)?;
        let uses = [key.uses.clone(), value.uses.clone(), target.uses].concat();
        let start = op.at.min(key.start).min(value.start);
        self.change(id, format!("{}[{}] = {}", target.text, key.text, value.text), start, op.end, &uses)
    }

    /// The variable or name of an object.
    pub(super) fn target(&mut self, id: usize) -> Result<Piece, Stop> {
        self.name(&Item::Node(id))?;
        let none = Piece::plain("None", u64::MAX);
        let Some(node) = self.node(id) else { return Ok(none) };
        let text = node.variable.map_or_else(|| node.text.clone(), |number| format!("x{number}"));
        Ok(Piece { text, uses: node.uses.clone(), ..none })
    }

    /// Writes the line that adds a chunk.
    fn flush(&mut self, id: usize, chunk: &mut Chunk, op: &Op<'_>) -> Result<(), Stop> {
        let chunk = std::mem::take(chunk);
        if chunk.count == 0 {
            return Ok(());
        }
        let target = self.target(id)?;
        let (name, items) = (&target.text, &chunk.text);
        let kind = self.node(id).map_or(Kind::Plain, |node| node.kind);
        let text = match (kind, chunk.count) {
            (Kind::List, 1) => format!("{name}.append({items})"),
            (Kind::Dict, 1) => match chunk.pair {
                Some((key, value)) => format!("{name}[{key}] = {value}"),
                None => format!("{name}.update({{{items}}})"),
            },
            (Kind::Set, 1) => format!("{name}.add({items})"),
            (Kind::Dict | Kind::Set, _) => format!("{name}.update({{{items}}})"),
            _ if op.opcode == op::ADDITEMS => format!("for value in [{items}]: {name}.add(value)"),
            // `do_append` looks for `extend` first.
            _ => format!("{name}.extend([{items}])"),
        };
        self.change(id, text, chunk.start.unwrap_or(op.at).min(op.at), op.end, &chunk.uses)
    }
}

/// Items that are added in one line.
#[derive(Default)]
struct Chunk {
    text: String,
    count: usize,
    uses: Vec<u32>,
    start: Option<u64>,
    /// The only pair.
    pair: Option<(String, String)>,
}

impl Chunk {
    fn add(&mut self, piece: Piece) {
        if self.count > 0 {
            self.text.push_str(", ");
        }
        self.text.push_str(&piece.text);
        self.count = self.count.saturating_add(1);
        self.uses.extend(piece.uses);
        self.start = Some(self.start.unwrap_or(u64::MAX).min(piece.start));
        self.pair = piece.pair.filter(|_| self.count == 1);
    }
}
