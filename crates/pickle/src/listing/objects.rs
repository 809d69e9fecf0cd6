//! Names, calls and what is done to objects.

use base::stop::Stop;
use eval::Value as Known;

use super::{
    Op,
    constant::quoted,
    expression::{Item, Kind, Node, Piece},
    name,
    write::Writer,
};
use crate::{
    machine::Machine,
    opcode as op,
    value::{Kind as Type, Value},
};

/// Letters of a computed value that are told beside the call that gives it.
const TOLD: usize = 160;

impl Writer<'_> {
    /// The opcodes that import, call, and ask the loader.
    pub(super) fn objects(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        match op.opcode {
            op::GLOBAL => {
                let (module, name) = two_lines(op);
                self.global(machine, &module, &name, op).and_then(|item| self.push(item))
            }
            op::STACK_GLOBAL => self.stack_global(machine, op),
            op::INST => {
                let (module, name) = two_lines(op);
                let items = self.pop_to_mark();
                let class = self.global(machine, &module, &name, op)?;
                let class = self.piece(&class)?;
                let args = self.list(items, op)?;
                self.call(machine, &class, &args, op)
            }
            op::OBJ => {
                let mut args = self.pop_to_mark();
                let class = if args.is_empty() { Item::Mark } else { args.remove(0) };
                let class = self.piece(&class)?;
                let args = self.list(args, op)?;
                self.call(machine, &class, &args, op)
            }
            op::REDUCE => {
                let args = self.pop();
                let callee = self.pop();
                let callee = self.piece(&callee)?;
                let args = self.arguments(&args)?;
                self.call(machine, &callee, &args, op)
            }
            op::NEWOBJ | op::NEWOBJ_EX => self.newobj(machine, op),
            op::BUILD => self.build(op),
            op::EXT1 | op::EXT2 | op::EXT4 => self.extension(machine, op),
            op::PERSID => {
                let id = quoted(&String::from_utf8_lossy(op.line().unwrap_or_default()));
                self.call(machine, &Piece::plain("persistent_load", u64::MAX), &Piece::plain(id, op.at), op)
            }
            op::BINPERSID => {
                let id = self.pop();
                let id = self.piece(&id)?;
                self.call(machine, &Piece::plain("persistent_load", u64::MAX), &id, op)
            }
            op::NEXT_BUFFER => {
                self.call(machine, &Piece::plain("next", u64::MAX), &Piece::plain("buffers", u64::MAX), op)
            }
            _ => {
                let buffer = self.pop();
                let mut buffer = self.piece(&buffer)?;
                buffer.text = format!("memoryview({}).toreadonly", buffer.text);
                self.call(machine, &buffer, &Piece::plain("", u64::MAX), op)
            }
        }
    }

    /// A name, with the line that imports its module where there was none.
    fn global(&mut self, machine: &Machine<'_, '_>, module: &str, qualname: &str, op: &Op<'_>) -> Result<Item, Stop> {
        let mapped = if machine.protocol < 3 { eval::python2(module, qualname) } else { None };
        let (module, qualname) = mapped.unwrap_or((module, qualname));
        let name::Imported { statement, expression } = name::imported(module, qualname, machine.protocol >= 4);
        let line = match self.imports.get(&statement) {
            Some(line) => *line,
            None => {
                let line = self.line(statement.clone(), op.at, op.end, Vec::new())?;
                self.imports.insert(statement, line);
                line
            }
        };
        let mut node = Node::new(Kind::Global, expression, op.at, op.end);
        node.need(&[line]);
        node.shared = self.is_shared(op.at);
        self.keep(node)
    }

    fn stack_global(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        let name = self.pop();
        let module = self.pop();
        let texts = (literal(&module), literal(&name));
        if let (Some(module), Some(name)) = texts {
            let item = self.global(machine, &module, &name, op)?;
            return self.push(item);
        }
        // The names are computed: so is the import.
        let import = self.global_module(op)?;
        let (module, name) = (self.piece(&module)?, self.piece(&name)?);
        let text = format!("getattr(importlib.import_module({}), {})", module.text, name.text);
        let mut node = Node::new(Kind::Plain, text, op.at.min(module.start).min(name.start), op.end);
        node.need(&[vec![import], module.uses, name.uses].concat());
        self.push_node(node, op.at)?;
        self.told(machine)
    }

    fn global_module(&mut self, op: &Op<'_>) -> Result<u32, Stop> {
        let statement = "import importlib".to_owned();
        if let Some(line) = self.imports.get(&statement) {
            return Ok(*line);
        }
        let line = self.line(statement.clone(), op.at, op.end, Vec::new())?;
        self.imports.insert(statement, line);
        Ok(line)
    }

    /// Names the top of the stack and says what it is known to be.
    fn told(&mut self, machine: &Machine<'_, '_>) -> Result<(), Stop> {
        let Some(item) = self.now.stack.last().cloned() else { return Ok(()) };
        let Item::Node(id) = self.name(&item)? else { return Ok(()) };
        let line = self.node(id).and_then(|node| node.uses.first().copied());
        if let (Some(line), Some(told)) = (line, machine.stack.top().and_then(|value| told(machine, value))) {
            self.remark(line, &format!("is {told}"));
        }
        Ok(())
    }

    /// `callee(args)` as a line of its own: calls happen in the order of the stream.
    fn call(&mut self, machine: &Machine<'_, '_>, callee: &Piece, args: &Piece, op: &Op<'_>) -> Result<(), Stop> {
        let text = format!("{}({})", callee.text, args.text);
        let mut node = Node::new(Kind::Plain, text, op.at.min(callee.start).min(args.start), op.end);
        node.need(&callee.uses);
        node.need(&args.uses);
        self.push_node(node, op.at)?;
        self.told(machine)
    }

    /// The items of a tuple as arguments.
    fn arguments(&mut self, item: &Item) -> Result<Piece, Stop> {
        if let Item::Short { text, at } = item
            && &**text == "()"
        {
            return Ok(Piece::plain("", *at));
        }
        let inner = match item {
            Item::Node(id) => {
                self.node(*id).filter(|node| node.kind == Kind::Tuple && node.variable.is_none() && !node.shared)
            }
            _ => None,
        };
        let inner = inner.map(|node| node.text.clone());
        let mut piece = self.piece(item)?;
        piece.text = match inner.filter(|_| piece.text.starts_with('(')) {
            Some(inner) => inner,
            None => format!("*{}", piece.text),
        };
        Ok(piece)
    }

    /// Items as arguments, as if they stood in a tuple.
    fn list(&mut self, items: Vec<Item>, op: &Op<'_>) -> Result<Piece, Stop> {
        self.fixed(Kind::Tuple, items, op)?;
        let item = self.pop();
        // What is fetched again is the result of the call, not this tuple.
        if let Item::Node(id) = &item
            && let Some(node) = self.node_mut(*id).filter(|node| node.variable.is_none())
        {
            node.shared = false;
        }
        self.arguments(&item)
    }

    fn newobj(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        let keywords = (op.opcode == op::NEWOBJ_EX).then(|| self.pop());
        let args = self.pop();
        let class = self.pop();
        let class = self.piece(&class)?;
        let mut args = self.arguments(&args)?;
        if let Some(keywords) = keywords {
            let keywords = self.piece(&keywords)?;
            if keywords.text != "{}" {
                let comma = if args.text.is_empty() { "" } else { ", " };
                args.text = format!("{}{comma}**{}", args.text, keywords.text);
                args.uses.extend(keywords.uses);
            }
        }
        let comma = if args.text.is_empty() { "" } else { ", " };
        args.text = format!("{}{comma}{}", class.text, args.text);
        let callee = Piece { text: format!("{}.__new__", class.text), ..class };
        self.call(machine, &callee, &args, op)
    }

    /// BUILD: an object takes its state; on a module, class or function that is written attribute by attribute.
    fn build(&mut self, op: &Op<'_>) -> Result<(), Stop> {
        let state = self.pop();
        let halves = match &state {
            Item::Node(id) => self.node(*id).filter(|node| node.kind == Kind::Tuple && node.count == 2).map(|node| {
                let (dict, slots) = node.text.split_at_checked(node.second).unwrap_or((&node.text, ""));
                (dict.strip_suffix(", ").unwrap_or(dict).to_owned(), slots.to_owned())
            }),
            _ => None,
        };
        let state = self.piece(&state)?;
        let Some(object) = self.now.stack.last().cloned() else { return Ok(()) };
        let Item::Node(id) = self.name(&object)? else { return Ok(()) };
        let target = self.target(id)?;
        let start = op.at.min(state.start);
        let uses = [state.uses, target.uses].concat();
        let name = target.text;
        if self.node(id).is_none_or(|node| node.kind != Kind::Global) {
            return self.change(id, format!("{name}.__setstate__({})", state.text), start, op.end, &uses);
        }
        let (dict, slots) = halves.unwrap_or((state.text, "None".to_owned()));
        if dict != "None" {
            self.change(id, format!("{name}.__dict__.update({dict})"), start, op.end, &uses)?;
        }
        if slots != "None" {
            let text = format!("for key, value in {slots}.items(): setattr({name}, key, value)");
            self.change(id, text, start, op.end, &uses)?;
        }
        Ok(())
    }

    /// A code of the registry: the name that the stream registered for it, or nobody knows.
    fn extension(&mut self, machine: &Machine<'_, '_>, op: &Op<'_>) -> Result<(), Stop> {
        let bytes = op.raw.get(1..).unwrap_or_default();
        let code = bytes.iter().rev().fold(0_i64, |sum, byte| sum << 8 | i64::from(*byte));
        if let Some(crate::imports::Extension::Name(module, name)) = machine.extensions.get(&code).cloned() {
            let item = self.global(machine, &module, &name, op)?;
            return self.push(item);
        }
        let code = Piece::plain(code.to_string(), op.at);
        self.call(machine, &Piece::plain("extension", u64::MAX), &code, op)
    }
}

/// The text of a constant that is one.
fn literal(item: &Item) -> Option<String> {
    let Item::Short { text, .. } = item else { return None };
    let inner = text.strip_prefix(['\'', '"'])?;
    let inner = inner.get(..inner.len().checked_sub(1)?)?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

/// What a value that a call gave is known to be.
fn told(machine: &Machine<'_, '_>, value: Value) -> Option<String> {
    let computed = matches!(
        value.kind(),
        Type::Known | Type::Constant | Type::Text | Type::Bytes | Type::Global | Type::Int | Type::Float | Type::Bool
    );
    let known = machine.view().known(value);
    let worth = !matches!(
        known,
        Known::External(_) | Known::Unknown(_) | Known::Call(_) | Known::Instance(_) | Known::Attribute(_)
    );
    if !computed || !worth {
        return None;
    }
    Some(base::expr::shorten(&known.to_expr().to_string(), TOLD).0.to_owned())
}

/// Module and name of GLOBAL and INST. At the end of the stream the unpickler chops the last byte, whatever it is.
fn two_lines(op: &Op<'_>) -> (String, String) {
    let rest = op.raw.get(1..).unwrap_or_default();
    let ended = rest.iter().filter(|byte| **byte == b'\n').count() >= 2;
    let rest = if ended { rest } else { rest.get(..rest.len().saturating_sub(1)).unwrap_or_default() };
    let mut lines = rest.split(|byte| *byte == b'\n');
    let mut next = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    (next(), next())
}
