//! The second run: expressions on the stack, lines in the listing.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use base::{
    blob::Blob,
    budget::Meter,
    listing::{Line, Listing},
    location::Place,
    stop::Stop,
};

use super::{
    Op, Watcher, constant,
    expression::{Item, Kind, Node, Piece},
};
use crate::{machine::Machine, opcode as op};

/// Letters of a constant that still stand inside of a line.
const INLINE: usize = 160;
/// Letters of a container that still stand inside of a line.
pub(super) const WIDE: usize = 100;
/// Letters of a tuple that still do: it cannot be filled line by line.
pub(super) const WIDEST: usize = 400;
/// Brackets inside of brackets that Python's parser and people still follow.
const DEEP: u8 = 20;
/// Bytes of a constant that are written out.
const WRITTEN: u64 = 4 << 20;
/// Bytes that are shown of a longer one.
const SHOWN: usize = 1 << 10;
/// Lines behind a line that are asked what changed since.
const NEAR: usize = 64;
/// Values left on the stack that are still shown where a pickle breaks.
const LEFT: usize = 64;

/// Stack and memo of one pickle.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) stack: Vec<Item>,
    memo: HashMap<u64, Item>,
}

/// Writes the listing.
pub(super) struct Writer<'b> {
    blob: &'b Blob,
    meter: Meter,
    shared: HashSet<u64>,
    listing: Listing,
    pub(super) now: Frame,
    outer: Vec<Frame>,
    pub(super) nodes: Vec<Option<Node>>,
    free: Vec<usize>,
    /// The last line that made or changed each variable.
    latest: Vec<u32>,
    /// The variable that each line makes or changes; the largest number for none.
    owners: Vec<u32>,
    /// Modules by the statement that imports them, and the line where it stands.
    pub(super) imports: HashMap<String, u32>,
    pickles: u64,
    held: u64,
}

impl<'b> Writer<'b> {
    pub(super) fn new(blob: &'b Blob, meter: &Meter, shared: HashSet<u64>) -> Self {
        Self {
            blob,
            meter: meter.clone(),
            shared,
            listing: Listing::new("python"),
            now: Frame::default(),
            outer: Vec::new(),
            nodes: Vec::new(),
            free: Vec::new(),
            latest: Vec::new(),
            owners: Vec::new(),
            imports: HashMap::new(),
            pickles: 0,
            held: 0,
        }
    }

    /// What was written, and how it ended.
    pub(super) fn finish(mut self, broken: Option<Stop>) -> Listing {
        if let Some(stop) = broken {
            self.rest();
            let at = match &stop {
                Stop::Malformed { at, .. } | Stop::Truncated { at, .. } => *at,
                _ => self.listing.lines.last().map_or(0, |line| line.place.offset.saturating_add(line.place.length)),
            };
            let text = format!("# broken here: {}", base::escape::line(&stop.to_string()));
            self.listing.push(Line { text, place: Place::bytes(at, 1), uses: Vec::new() });
            self.listing.broken = Some(stop);
        }
        self.meter.release(self.held);
        self.listing
    }

    /// What a broken pickle leaves on its stacks.
    fn rest(&mut self) {
        let frames: Vec<Frame> =
            std::mem::take(&mut self.outer).into_iter().chain([std::mem::take(&mut self.now)]).collect();
        let items = frames.into_iter().flat_map(|frame| frame.stack);
        let left: Vec<Item> = items.filter(|item| !matches!(item, Item::Mark)).take(LEFT).collect();
        for item in left {
            let written = match &item {
                Item::Node(id) => match self.node(*id) {
                    Some(node) => node.variable.is_none() && node.kind != Kind::Global,
                    None => false,
                },
                Item::Short { text, .. } => text.len() > 2,
                Item::Mark => false,
            };
            if written {
                // The pickle is over: a limit that is met now changes nothing any more.
                let _ = self.name(&item);
            }
        }
    }

    /// Adds a line; gives its index, or the largest number where there is no room.
    pub(super) fn line(&mut self, text: String, start: u64, end: u64, uses: Vec<u32>) -> Result<u32, Stop> {
        let bytes = (text.len() as u64).saturating_add(96).saturating_add((uses.len() as u64).saturating_mul(4));
        self.hold(bytes)?;
        let place = Place::bytes(start.min(end), end.saturating_sub(start));
        let mut uses: Vec<u32> = uses.into_iter().filter(|line| *line != u32::MAX).collect();
        self.changed_since(&mut uses);
        uses.sort_unstable();
        uses.dedup();
        let Some(line) = self.listing.push(Line { text, place, uses }) else { return Ok(u32::MAX) };
        self.owners.push(u32::MAX);
        Ok(line)
    }

    /// Adds the lines that changed what the values of `uses` hold since they were made: `x1 = [x0]` and then `x0.append(…)`.
    fn changed_since(&self, uses: &mut Vec<u32>) {
        let mut open = uses.clone();
        let mut seen = HashSet::new();
        while let Some(line) = open.pop() {
            let Ok(index) = usize::try_from(line) else { continue };
            if seen.len() >= NEAR || !seen.insert(line) {
                continue;
            }
            let owner = self.owners.get(index).and_then(|variable| usize::try_from(*variable).ok());
            let latest = owner.and_then(|variable| self.latest.get(variable)).copied().unwrap_or(line);
            if latest > line && latest != u32::MAX && !uses.contains(&latest) {
                uses.push(latest);
                open.push(latest);
            }
            open.extend(self.listing.lines.get(index).into_iter().flat_map(|line| &line.uses));
        }
    }

    /// Notes that this line makes or changes the variable.
    fn owns(&mut self, line: u32, variable: u32) {
        let slot = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        if let (Some(latest), Some(owner)) = (self.latest.get_mut(slot(variable)), self.owners.get_mut(slot(line))) {
            (*latest, *owner) = (line, variable);
        }
    }

    /// Adds what is known of the value of the last line.
    pub(super) fn remark(&mut self, line: u32, remark: &str) {
        let line = usize::try_from(line).ok().and_then(|line| self.listing.lines.get_mut(line));
        if let Some(line) = line {
            line.text.push_str("  # ");
            line.text.push_str(&base::escape::bounded(remark, 200));
        }
    }

    fn hold(&mut self, bytes: u64) -> Result<(), Stop> {
        self.meter.hold(bytes)?;
        self.held = self.held.saturating_add(bytes);
        Ok(())
    }

    fn release(&mut self, bytes: u64) {
        self.meter.release(bytes);
        self.held = self.held.saturating_sub(bytes);
    }

    /// The next variable.
    fn variable(&mut self) -> u32 {
        self.latest.push(u32::MAX);
        u32::try_from(self.latest.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    pub(super) fn node(&self, id: usize) -> Option<&Node> {
        self.nodes.get(id).and_then(Option::as_ref)
    }

    pub(super) fn node_mut(&mut self, id: usize) -> Option<&mut Node> {
        self.nodes.get_mut(id).and_then(Option::as_mut)
    }

    /// Keeps a node.
    pub(super) fn keep(&mut self, node: Node) -> Result<Item, Stop> {
        self.hold(weight(&node))?;
        Ok(match self.free.pop() {
            Some(id) => {
                if let Some(slot) = self.nodes.get_mut(id) {
                    *slot = Some(node);
                }
                Item::Node(id)
            }
            None => {
                self.nodes.push(Some(node));
                Item::Node(self.nodes.len().saturating_sub(1))
            }
        })
    }

    /// Whether what was made at this offset is fetched again.
    pub(super) fn is_shared(&self, at: u64) -> bool {
        self.shared.contains(&at)
    }

    /// Keeps a node and puts it on the stack. `at` is the opcode that made it.
    pub(super) fn push_node(&mut self, mut node: Node, at: u64) -> Result<(), Stop> {
        node.shared = self.is_shared(at);
        let item = self.keep(node)?;
        self.push(item)
    }

    pub(super) fn push(&mut self, item: Item) -> Result<(), Stop> {
        self.hold(cost(&item))?;
        self.now.stack.push(item);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Item {
        let item = self.now.stack.pop().unwrap_or(Item::Mark);
        self.release(cost(&item));
        item
    }

    /// The items above the last mark, which goes too.
    pub(super) fn pop_to_mark(&mut self) -> Vec<Item> {
        let mark = self.now.stack.iter().rposition(|item| matches!(item, Item::Mark)).unwrap_or(0);
        let items = self.now.stack.split_off(mark);
        items.iter().for_each(|item| self.release(cost(item)));
        items.into_iter().skip(1).collect()
    }

    /// Forgets a node that nothing fetches again.
    pub(super) fn drop_item(&mut self, item: &Item) {
        let Item::Node(id) = item else { return };
        let Some(slot) = self.nodes.get_mut(*id) else { return };
        if let Some(node) = slot.take_if(|node| !node.shared) {
            self.free.push(*id);
            self.release(weight(&node));
        }
    }

    /// Makes sure that an item is a variable or a name, and gives the node.
    pub(super) fn name(&mut self, item: &Item) -> Result<Item, Stop> {
        let id = match item {
            Item::Node(id) => *id,
            Item::Short { text, at } => {
                let mut node = Node::new(Kind::Plain, text.to_string(), *at, at.saturating_add(1));
                node.shared = true;
                match self.keep(node)? {
                    Item::Node(id) => id,
                    other => return Ok(other),
                }
            }
            Item::Mark => return Ok(Item::Mark),
        };
        let Some(node) = self.node_mut(id).filter(|node| node.variable.is_none() && node.kind != Kind::Global) else {
            return Ok(Item::Node(id));
        };
        let (text, before) = (node.expression(), weight(node));
        let (start, end, uses) = (node.start, node.end, std::mem::take(&mut node.uses));
        node.text = String::new();
        self.release(before);
        let number = self.variable();
        let line = self.line(format!("x{number} = {text}"), start, end, uses)?;
        self.owns(line, number);
        if let Some(node) = self.node_mut(id) {
            (node.variable, node.uses) = (Some(number), vec![line]);
            let now = weight(node);
            self.hold(now)?;
        }
        Ok(Item::Node(id))
    }

    /// An item written into another expression: as itself where it is short and nobody else holds it.
    pub(super) fn piece(&mut self, item: &Item) -> Result<Piece, Stop> {
        let id = match item {
            Item::Mark => return Ok(Piece::plain("None", u64::MAX)),
            Item::Short { text, at } => {
                return Ok(Piece::plain(&**text, *at));
            }
            Item::Node(id) => *id,
        };
        let wide = |node: &Node| match node.kind {
            Kind::Global => false,
            Kind::Tuple => node.shared || node.text.len() > WIDEST || node.depth >= DEEP,
            Kind::Plain => node.shared || node.text.len() > INLINE,
            _ => node.shared || node.text.len() > WIDE || node.depth >= DEEP,
        };
        if self.node(id).is_some_and(wide) {
            self.name(item)?;
        }
        let Some(node) = self.node(id) else {
            return Ok(Piece::plain("None", u64::MAX));
        };
        let piece = match node.variable {
            Some(number) => Piece { uses: node.uses.clone(), ..Piece::plain(format!("x{number}"), u64::MAX) },
            None => Piece {
                text: node.expression(),
                uses: node.uses.clone(),
                depth: node.depth,
                start: if node.kind == Kind::Global { u64::MAX } else { node.start },
                pair: None,
            },
        };
        self.drop_item(item);
        Ok(piece)
    }

    /// Adds a line that changes the object `id`, from bytes `start..end`.
    pub(super) fn change(&mut self, id: usize, text: String, start: u64, end: u64, uses: &[u32]) -> Result<(), Stop> {
        let before = self.node(id).map(|node| node.uses.clone()).unwrap_or_default();
        let line = self.line(text, start, end, [before, uses.to_vec()].concat())?;
        let node = self.node_mut(id).filter(|node| node.kind != Kind::Global);
        let variable = node.and_then(|node| {
            node.uses = vec![line];
            node.variable
        });
        if let Some(variable) = variable {
            self.owns(line, variable);
        }
        Ok(())
    }

    fn constant(&mut self, op: &Op<'_>) -> Result<(), Stop> {
        let length = op.end.saturating_sub(op.at);
        let (text, cut) = if op.whole() {
            (constant::literal(op.raw), false)
        } else if length <= WRITTEN {
            let count = usize::try_from(length).unwrap_or(usize::MAX);
            (constant::literal(&self.blob.bytes_at(op.at, count)?), false)
        } else {
            (Some(constant::bytes(&self.blob.bytes_at(op.at, SHOWN)?)), true)
        };
        let text = text.unwrap_or_else(|| "None".to_owned());
        if !cut && text.len() <= INLINE && op.opcode != op::BYTEARRAY8 {
            return self.push(Item::Short { text: text.into(), at: op.at });
        }
        let item = Node::new(Kind::Plain, text, op.at, op.end);
        self.push_node(item, op.at)?;
        if cut && let Some(item) = self.now.stack.last().cloned() {
            self.name(&item)?;
            let line = u32::try_from(self.listing.lines.len().saturating_sub(1)).unwrap_or(u32::MAX);
            self.remark(line, &format!("a constant of {length} bytes, of which the first are shown as they stand"));
        }
        Ok(())
    }

    fn fetched(&mut self, item: Option<Item>) -> Result<(), Stop> {
        let Some(item) = item else { return self.push(Item::Short { text: "None".into(), at: 0 }) };
        // It is one object from now on, in two places.
        if let Item::Node(_) = &item {
            self.name(&item)?;
        }
        self.push(item)
    }

    fn remember(&mut self, op: &Op<'_>) -> Result<(), Stop> {
        let (Some(index), Some(item)) = (op.index(), self.now.stack.last().cloned()) else { return Ok(()) };
        let wanted = match &item {
            Item::Short { at, .. } => self.shared.contains(at),
            Item::Node(id) => self.node(*id).is_some_and(|node| node.shared),
            Item::Mark => false,
        };
        if wanted {
            self.hold(cost(&item).saturating_add(48))?;
            self.now.memo.insert(index, item);
        } else {
            // What stood there is not fetched from here any more.
            self.now.memo.remove(&index);
        }
        Ok(())
    }

    fn stopped(&mut self, op: &Op<'_>) -> Result<(), Stop> {
        let item = self.pop();
        let piece = self.piece(&item)?;
        self.pickles = self.pickles.saturating_add(1);
        let name = if self.pickles == 1 { "result".to_owned() } else { format!("result_{}", self.pickles) };
        self.line(format!("{name} = {}", piece.text), op.at.min(piece.start), op.end, piece.uses)?;
        if !self.outer.is_empty() {
            return Ok(());
        }
        self.now = Frame::default();
        Ok(())
    }
}

/// Memory that a node needs.
fn weight(node: &Node) -> u64 {
    (node.text.len() as u64).saturating_add(128)
}

/// Memory that an item needs where it stands.
fn cost(item: &Item) -> u64 {
    match item {
        Item::Short { text, .. } => (text.len() as u64).saturating_add(48),
        _ => 24,
    }
}

impl Watcher for Writer<'_> {
    fn executed(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        match op.opcode {
            op::PROTO | op::FRAME => {}
            op::MARK => self.push(Item::Mark)?,
            op::POP => {
                let item = self.pop();
                self.drop_item(&item);
            }
            op::POP_MARK => self.pop_to_mark().iter().for_each(|item| self.drop_item(item)),
            op::PUT | op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.remember(op)?,
            op::GET | op::BINGET | op::LONG_BINGET => {
                let item = op.index().and_then(|index| self.now.memo.get(&index).cloned());
                self.fetched(item)?;
            }
            op::DUP => {
                let item = self.now.stack.last().cloned();
                self.fetched(item)?;
            }
            op::STOP => self.stopped(op)?,
            op::EMPTY_TUPLE => self.push(Item::Short { text: Rc::from("()"), at: op.at })?,
            op::EMPTY_LIST
            | op::EMPTY_DICT
            | op::EMPTY_SET
            | op::TUPLE
            | op::TUPLE1
            | op::TUPLE2
            | op::TUPLE3
            | op::LIST
            | op::DICT
            | op::FROZENSET
            | op::APPEND
            | op::APPENDS
            | op::SETITEM
            | op::SETITEMS
            | op::ADDITEMS => self.items(op)?,
            op::GLOBAL
            | op::STACK_GLOBAL
            | op::INST
            | op::OBJ
            | op::REDUCE
            | op::NEWOBJ
            | op::NEWOBJ_EX
            | op::BUILD
            | op::EXT1
            | op::EXT2
            | op::EXT4
            | op::PERSID
            | op::BINPERSID
            | op::NEXT_BUFFER
            | op::READONLY_BUFFER => {
                self.objects(machine, op)?;
            }
            _ => self.constant(op)?,
        }
        Ok(())
    }

    fn nested(&mut self, begins: bool, at: u64) -> Result<(), Stop> {
        let says = if begins {
            self.outer.push(std::mem::take(&mut self.now));
            "# the array of objects is a pickle of its own, which stands here in the stream"
        } else {
            self.now = self.outer.pop().unwrap_or_default();
            "# the array of objects ends here"
        };
        self.line(says.to_owned(), at, at.saturating_add(1), Vec::new()).map(|_| ())
    }

    fn data(&mut self, at: u64, end: u64, what: &str) -> Result<(), Stop> {
        if at == end {
            return Ok(());
        }
        let says = format!("# {} bytes of data: {}", end.saturating_sub(at), base::escape::bounded(what, 200));
        self.line(says, at, end, Vec::new()).map(|_| ())
    }

    fn begins(&mut self) {
        // What an earlier pickle left is out of reach; a limit ends the run elsewhere.
        self.now = Frame::default();
    }
}
