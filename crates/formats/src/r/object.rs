//! Objects of a stream, with a stack of those that are open (`src/main/serialize.c`, `ReadItem`).
//!
//! Calls are stated as they are read, with the time at which they would run: a promise that was not evaluated runs as soon as
//! its value is asked for (CVE-2024-27322); the body of a closure when it is called; a call kept as data when something
//! evaluates it, which is told as *called* too. A promise among the variables of an environment waits for its variable.

mod begin;

use base::{budget::Meter, expr::Expr, fact::Str, location::Place, stop::Stop};

use super::stream::Stream;
use crate::program::{Program, small};

/// Bytes that an open object takes.
const FRAME: u64 = 256;
/// Items of a list or call that are kept.
const KEPT: usize = 64;
/// When the calls in an object run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Kept as data, or in the body of a function.
    Later,
    /// In a function that R calls by its name: when it starts, prints an object, frees one or reads a variable.
    Use,
    /// In a promise that nothing has asked for.
    Load,
}

/// Methods of an object, and names of its variables, that printing it or freeing it calls.
const METHODS: &[&str] = &["print", "show", "format", "toString", "finalize", "initialize", "summary"];
/// Functions that are called where an object of the class is printed or read.
const GENERICS: &[&str] = &["print.", "format.", "toString.", "show.", "$.", "[.", "[[.", "length."];
/// The bit of an object's levels that makes a variable call its function (`ACTIVE_BINDING_MASK`).
const ACTIVE: u32 = 1 << 15;

/// Whether R calls the function of this name by itself.
fn is_hook(name: &str) -> bool {
    super::HOOKS.contains(&name) || METHODS.contains(&name) || GENERICS.iter().any(|generic| name.starts_with(generic))
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
    /// What it holds is a function that R calls by itself.
    hook: bool,
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
            Part::Tag => {
                pair.hook |= matches!(&value, Expr::Global { name, .. } if pair.kind == 2 && is_hook(name));
                pair.part = Part::Head;
            }
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
            (2, Part::Head) if pair.hook && self.mode == Mode::Later => self.mode = Mode::Use,
            // A closure that stands in a promise may be what the promise calls.
            (5, Part::Rest) => self.mode = Mode::Later,
            _ => {}
        }
        Ok(self.again(frame))
    }

    fn when(&self) -> &'static str {
        match self.mode {
            Mode::Load => "load",
            Mode::Use => "use",
            Mode::Later => "called",
        }
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
