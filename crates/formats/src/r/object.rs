//! Objects of a stream, with a stack of those that are open (`src/main/serialize.c`, `ReadItem`).
//!
//! Calls are stated as they are read, with the time at which they would run: a promise that was not evaluated runs as soon as
//! its value is asked for (CVE-2024-27322); the body of a closure when it is called; a call kept as data when something
//! evaluates it, which is told as *called* too. A promise among the variables of an environment waits for its variable.

use base::{budget::Meter, expr::Expr, fact::Str, location::Place, stop::Stop};

use super::{stream::Stream, value};
use crate::program::{self, Program, small};

/// Bytes that an open object takes.
const FRAME: u64 = 256;
/// Items of a list or call that are kept.
const KEPT: usize = 64;
/// Symbols and environments that can be referred to.
const REFERENCES: usize = 1 << 22;

const NIL: u8 = 254;
const UNBOUND: u8 = 252;

/// When the calls in an object run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Kept as data, or in the body of a function.
    Later,
    /// In a promise that nothing has asked for.
    Load,
}

/// What an open object still waits for.
enum Open {
    /// A pair: attributes, tag, head and rest, as far as its flags have them.
    Pair(Pair),
    /// Elements of a list.
    Elements { left: u64, items: Vec<Expr>, attributes: bool },
    /// So many more objects whose values do not matter.
    Ignored(u8),
    /// So many more parts of an environment: the one around it, its variables, attributes.
    Environment(u8),
    /// The attributes of a value that is known.
    Attributes(Expr),
    /// The parts of bytecode: its code, then its constants.
    Code { left: u64, first: bool },
}

/// A pair of a list, a call, a closure or a promise.
struct Pair {
    kind: u8,
    part: Part,
    tagged: bool,
    /// A constant of bytecode: head and rest begin with a type of their own.
    coded: bool,
    items: Vec<Expr>,
    at: u64,
    unbound: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Attributes,
    Tag,
    Head,
    Rest,
}

struct Frame {
    open: Open,
    /// In force around the object, and again after it.
    mode: Mode,
    environment: bool,
}

impl Frame {
    /// Whether its next part is written as bytecode writes its constants.
    fn is_coded(&self) -> bool {
        match &self.open {
            Open::Pair(pair) => pair.coded && matches!(pair.part, Part::Head | Part::Rest),
            Open::Code { first, .. } => !first,
            _ => false,
        }
    }
}

pub(super) struct Objects<'o, 'b, 'p, 's> {
    stream: &'o mut Stream<'b>,
    meter: &'o Meter,
    program: Program<'p, 's>,
    stack: Vec<Frame>,
    references: Vec<Option<Str>>,
    mode: Mode,
    environment: bool,
    held: u64,
}

impl<'o, 'b, 'p, 's> Objects<'o, 'b, 'p, 's> {
    pub(super) fn new(stream: &'o mut Stream<'b>, meter: &'o Meter, program: Program<'p, 's>) -> Self {
        Self {
            stream,
            meter,
            program,
            stack: Vec::new(),
            references: Vec::new(),
            mode: Mode::Later,
            environment: false,
            held: 0,
        }
    }

    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Reads one object with all that it holds.
    pub(super) fn read(&mut self) -> Result<(), Stop> {
        let mut value = self.item()?;
        loop {
            self.meter.steps(1)?;
            value = match value {
                Some(done) => match self.stack.pop() {
                    Some(frame) => self.resume(frame, done)?,
                    None => return Ok(()),
                },
                // Something was opened: its first part comes next.
                None => match self.stack.last().is_some_and(Frame::is_coded) {
                    true => self.coded()?,
                    false => self.item()?,
                },
            };
        }
    }

    fn open(&mut self, open: Open) -> Result<Option<Expr>, Stop> {
        self.meter.hold(FRAME)?;
        self.held = self.held.saturating_add(FRAME);
        self.stack.push(Frame { open, mode: self.mode, environment: self.environment });
        Ok(None)
    }

    /// Puts an object back that waits for more.
    fn again(&mut self, frame: Frame) -> Option<Expr> {
        self.stack.push(frame);
        None
    }

    fn close(&mut self, frame: &Frame) {
        self.meter.release(FRAME);
        self.held = self.held.saturating_sub(FRAME);
        self.mode = frame.mode;
        self.environment = frame.environment;
    }

    /// Begins an object; a value where it is whole already.
    fn item(&mut self) -> Result<Option<Expr>, Stop> {
        let at = self.stream.offset();
        let flags = self.stream.int("an object")?.cast_unsigned();
        self.object(at, flags)
    }

    fn object(&mut self, at: u64, flags: u32) -> Result<Option<Expr>, Stop> {
        let kind = u8::try_from(flags & 0xff).unwrap_or(0);
        let attributes = flags & 0x200 != 0;
        match kind {
            NIL => Ok(Some(Expr::None)),
            UNBOUND => Ok(Some(Expr::External("unbound".into()))),
            // The global, base and empty environments, a missing argument, the base namespace.
            253 | 251 | 250 | 242 | 241 => Ok(Some(Expr::Unknown)),
            0 => Ok(Some(Expr::None)),
            255 => self.reference(at, flags).map(Some),
            // Namespaces, packages and names that a hook knows.
            247..=249 => {
                self.stream.int("names")?;
                for _ in 0..self.stream.count("names")? {
                    self.characters()?;
                }
                self.refer(None)?;
                Ok(Some(Expr::Unknown))
            }
            1 => self.symbol().map(Some),
            2 | 3 | 5 | 6 | 17 => self.pair(kind, at, attributes, flags & 0x400 != 0, false),
            239 | 240 => self.pair(if kind == 239 { 2 } else { 6 }, at, true, flags & 0x400 != 0, false),
            4 => {
                self.stream.int("an environment")?;
                self.refer(None)?;
                self.open(Open::Environment(4))?;
                (self.mode, self.environment) = (Mode::Later, true);
                Ok(None)
            }
            22 => {
                self.refer(None)?;
                self.open(Open::Ignored(if attributes { 3 } else { 2 }))
            }
            23 => {
                self.refer(None)?;
                if attributes { self.open(Open::Ignored(1)) } else { Ok(Some(Expr::Unknown)) }
            }
            // A vector by reference to its class: class, state, attributes.
            238 => self.open(Open::Ignored(3)),
            21 => {
                self.stream.int("bytecode")?;
                self.bytecode(attributes)
            }
            kind => self.vector(kind, at, attributes),
        }
    }

    fn reference(&mut self, at: u64, flags: u32) -> Result<Expr, Stop> {
        let index = match flags >> 8 {
            0 => self.stream.count("a reference")?,
            packed => u64::from(packed),
        };
        let known = index.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        match known.and_then(|index| self.references.get(index)) {
            Some(Some(name)) => Ok(value::global(name)),
            Some(None) => Ok(Expr::Unknown),
            None => Err(Stop::malformed(at, format!("a reference to one of {} objects", self.references.len()))),
        }
    }

    fn refer(&mut self, name: Option<Str>) -> Result<(), Stop> {
        let size = 48_u64.saturating_add(name.as_ref().map_or(0, |name| name.len() as u64));
        if self.references.len() >= REFERENCES {
            return Err(Stop::malformed(self.stream.offset(), "fewer symbols"));
        }
        self.meter.hold(size)?;
        self.held = self.held.saturating_add(size);
        self.references.push(name);
        Ok(())
    }

    fn symbol(&mut self) -> Result<Expr, Stop> {
        let name = self.characters()?;
        let name: Str = match &name {
            Expr::Str(name) => name.clone(),
            _ => "".into(),
        };
        self.refer(Some(name.clone()))?;
        Ok(value::global(&name))
    }

    /// A text of a vector or a symbol, with its flags.
    fn characters(&mut self) -> Result<Expr, Stop> {
        let at = self.stream.offset();
        let flags = self.stream.int("a text")?.cast_unsigned();
        if flags & 0xff != 9 || flags & 0x200 != 0 {
            return Err(Stop::malformed(at, "a text"));
        }
        self.text()
    }

    fn text(&mut self) -> Result<Expr, Stop> {
        self.meter.steps(1)?;
        let at = self.stream.offset();
        let length = self.stream.int("the length of a text")?;
        match u64::try_from(length) {
            Ok(length) => Ok(program::text(&self.stream.text(length, "a text")?)),
            Err(_) if length == -1 => Ok(Expr::None),
            Err(_) => Err(Stop::malformed(at, "the length of a text")),
        }
    }

    fn pair(&mut self, kind: u8, at: u64, attributes: bool, tagged: bool, coded: bool) -> Result<Option<Expr>, Stop> {
        let part = match (attributes, tagged || coded) {
            (true, _) => Part::Attributes,
            (_, true) => Part::Tag,
            _ => Part::Head,
        };
        let pair = Pair { kind, part, tagged: tagged || coded, coded, items: Vec::new(), at, unbound: false };
        self.open(Open::Pair(pair))
    }

    fn vector(&mut self, kind: u8, at: u64, attributes: bool) -> Result<Option<Expr>, Stop> {
        let value = match kind {
            7 | 8 => {
                let length = self.stream.count("the name of a primitive")?;
                match program::text(&self.stream.text(length, "the name of a primitive")?) {
                    Expr::Str(name) => value::global(&name),
                    _ => Expr::Unknown,
                }
            }
            9 => self.text()?,
            10 | 13 => match self.stream.length()? {
                1 => Expr::Int(i64::from(self.stream.int("a number")?)),
                count => self.numbers(count, 4)?,
            },
            14 => match self.stream.length()? {
                1 => program::number(self.stream.double("a number")?),
                count => self.numbers(count, 8)?,
            },
            15 => {
                let count = self.stream.length()?;
                self.numbers(count, 16)?
            }
            24 => {
                let count = self.stream.length()?;
                self.numbers(count, 1)?
            }
            16 => self.texts()?,
            19 | 20 => {
                let left = self.stream.length()?;
                let open = Open::Elements { left, items: Vec::new(), attributes };
                if left > 0 {
                    return self.open(open);
                }
                Expr::List(Vec::new())
            }
            25 => Expr::Unknown,
            kind => return Err(Stop::malformed(at, format!("a type of object, not {kind}"))),
        };
        if attributes { self.open(Open::Attributes(small(value))) } else { Ok(Some(value)) }
    }

    fn numbers(&mut self, count: u64, width: u64) -> Result<Expr, Stop> {
        self.stream.numbers(count, width, self.meter, "the numbers of a vector")?;
        Ok(Expr::Unknown)
    }

    fn texts(&mut self) -> Result<Expr, Stop> {
        let count = self.stream.length()?;
        let mut items = Vec::new();
        for _ in 0..count {
            let text = self.characters()?;
            if items.len() < KEPT {
                items.push(text);
            }
        }
        Ok(match (items.pop(), items.is_empty()) {
            (Some(only), true) => only,
            (last, _) => {
                items.extend(last);
                Expr::List(items)
            }
        })
    }

    /// Bytecode behind its count of shared parts: the code, then the constants.
    fn bytecode(&mut self, attributes: bool) -> Result<Option<Expr>, Stop> {
        if attributes {
            // The code itself comes first.
            self.open(Open::Ignored(2))?;
        }
        self.open(Open::Code { left: 0, first: true })
    }

    /// A constant of bytecode: its type comes first, and pairs may be shared.
    fn coded(&mut self) -> Result<Option<Expr>, Stop> {
        let at = self.stream.offset();
        let kind = self.stream.int("the type of a constant")?;
        match kind {
            // A definition that is shared: its number, then its own type.
            244 => {
                self.stream.int("a shared part")?;
                let at = self.stream.offset();
                match self.stream.int("the type of a constant")? {
                    2 => self.pair(2, at, false, false, true),
                    6 => self.pair(6, at, false, false, true),
                    239 => self.pair(2, at, true, false, true),
                    240 => self.pair(6, at, true, false, true),
                    _ => Err(Stop::malformed(at, "a shared pair")),
                }
            }
            243 => {
                self.stream.int("a shared part")?;
                Ok(Some(Expr::Unknown))
            }
            2 => self.pair(2, at, false, false, true),
            6 => self.pair(6, at, false, false, true),
            239 => self.pair(2, at, true, false, true),
            240 => self.pair(6, at, true, false, true),
            21 if self.stack.last().is_some_and(|frame| matches!(frame.open, Open::Code { .. })) => self.open(Open::Code { left: 0, first: true }),
            _ => self.item(),
        }
    }

    /// Goes on with an object whose part is known now.
    fn resume(&mut self, mut frame: Frame, value: Expr) -> Result<Option<Expr>, Stop> {
        self.mode = frame.mode;
        self.environment = frame.environment;
        match &mut frame.open {
            Open::Attributes(own) => {
                let own = std::mem::replace(own, Expr::None);
                self.close(&frame);
                Ok(Some(own))
            }
            Open::Ignored(left) => match left.checked_sub(1) {
                None | Some(0) => {
                    self.close(&frame);
                    Ok(Some(Expr::Unknown))
                }
                Some(rest) => {
                    *left = rest;
                    Ok(self.again(frame))
                }
            },
            Open::Environment(left) => match left.checked_sub(1) {
                None | Some(0) => {
                    self.close(&frame);
                    Ok(Some(Expr::Unknown))
                }
                Some(rest) => {
                    *left = rest;
                    (self.mode, self.environment) = (Mode::Later, true);
                    Ok(self.again(frame))
                }
            },
            Open::Elements { left, items, attributes } => {
                if items.len() < KEPT {
                    items.push(small(value));
                }
                *left = left.saturating_sub(1);
                if *left > 0 {
                    return Ok(self.again(frame));
                }
                let (items, attributes) = (std::mem::take(items), *attributes);
                self.close(&frame);
                let value = Expr::List(items);
                if attributes { self.open(Open::Attributes(small(value))) } else { Ok(Some(value)) }
            }
            Open::Code { left, first } => {
                let constant = !std::mem::replace(first, false);
                *left = if constant { left.saturating_sub(1) } else { self.stream.count("the constants of bytecode")? };
                // Instructions call a symbol among the constants, with or without the source beside them.
                if let Expr::Global { module, name } = &value
                    && constant
                {
                    let place = Place::bytes(self.stream.offset(), 0);
                    self.program.refer(&place, module, name, self.when())?;
                }
                if *left == 0 {
                    self.close(&frame);
                    return Ok(Some(Expr::Unknown));
                }
                Ok(self.again(frame))
            }
            Open::Pair(_) => self.part(frame, value),
        }
    }

    /// A part of a pair is known; when the last one is, a call is stated and a list handed on.
    fn part(&mut self, mut frame: Frame, value: Expr) -> Result<Option<Expr>, Stop> {
        let Open::Pair(pair) = &mut frame.open else { return Ok(Some(value)) };
        match pair.part {
            Part::Attributes => pair.part = if pair.tagged { Part::Tag } else { Part::Head },
            Part::Tag => pair.part = Part::Head,
            Part::Head => {
                pair.part = Part::Rest;
                pair.unbound = matches!(value, Expr::External(_));
                pair.items.push(small(value));
            }
            Part::Rest => {
                let (kind, at) = (pair.kind, pair.at);
                let mut items = std::mem::take(&mut pair.items);
                if let Expr::List(rest) = value {
                    items.extend(rest.into_iter().take(KEPT));
                }
                self.close(&frame);
                return self.finish(kind, at, items).map(Some);
            }
        }
        match (pair.kind, pair.part) {
            // A promise with a value was evaluated before it was saved.
            (5, Part::Rest) if pair.unbound && !self.environment => self.mode = Mode::Load,
            // A closure that stands in a promise may be what the promise calls.
            (5, Part::Rest) => self.mode = Mode::Later,
            _ => {}
        }
        Ok(self.again(frame))
    }

    fn when(&self) -> &'static str {
        if self.mode == Mode::Load { "load" } else { "called" }
    }

    fn finish(&mut self, kind: u8, at: u64, items: Vec<Expr>) -> Result<Expr, Stop> {
        if kind != 6 {
            return Ok(if matches!(kind, 2 | 17) { Expr::List(items) } else { Expr::Unknown });
        }
        let when = self.when();
        let length = self.stream.offset().saturating_sub(at);
        let place = Place::bytes(at, length);
        let mut items = items.into_iter();
        let callee = items.next().unwrap_or(Expr::Unknown);
        let args: Vec<Expr> = items.collect();
        // A function that gets another name may be called by it.
        if let (Expr::Global { name: assign, .. }, [_, Expr::Global { module, name }]) = (&callee, args.as_slice())
            && matches!(&**assign, "<-" | "<<-" | "=")
        {
            self.program.refer(&place, module, name, when)?;
        }
        self.program.call(&place, &callee, args, when)
    }
}
