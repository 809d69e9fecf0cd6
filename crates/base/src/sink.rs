//! Where a parser puts what it finds: facts, children and claims, kept by the engine whatever happens next.

use std::{io::Read, ops::Range};

use crate::{
    blob::Blob,
    budget::Meter,
    coverage::{Claim, Ledger},
    fact::{Data, Fact, Str},
    limits::Limits,
    location::Place,
    stop::Stop,
};

/// A part of an artifact that is an artifact of its own. The parser gives it back; the engine opens and scans it.
pub struct Child {
    /// Its name inside the parent, as bytes: may be hostile.
    pub name: Vec<u8>,
    /// Where it lies in the parent.
    pub place: Place,
    /// Its bytes.
    pub body: ChildBody,
    /// Other names by which some loader reaches the same bytes (a local header that disagrees, another letter case): layouts match on any of them.
    pub also: Vec<Vec<u8>>,
    /// The parser knows that these are numbers of a tensor: opaque unless something else is found in them.
    pub tensor_data: bool,
    /// Where the parent wrote its lines, where those of a program were collected from several places.
    pub origins: Vec<Origin>,
    /// Names that it finds bound when it runs, as the parent has them.
    pub given: Vec<Given>,
}

/// A name that a program finds bound: to a module, or to what one has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The name.
    pub name: Str,
    /// The module, by its dotted name.
    pub module: Str,
    /// The dotted name of what the module has; empty for the module itself.
    pub member: Str,
}

/// Lines of a child that stand at one place of its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The first of the lines, from 1; they end where the next origin begins.
    pub line: u32,
    /// The place in the parent, as a JSON pointer to a list of lines: `/cells/3/source`.
    pub pointer: std::sync::Arc<str>,
    /// The position in that list which the first line has.
    pub first: u32,
}

impl Child {
    /// A child whose bytes lie in the parent as they are.
    pub fn window(name: impl Into<Vec<u8>>, place: Place, blob: Blob) -> Self {
        Self {
            name: name.into(),
            place,
            body: ChildBody::Window(blob),
            also: Vec::new(),
            tensor_data: false,
            origins: Vec::new(),
            given: Vec::new(),
        }
    }

    /// A child that has to be decoded.
    pub fn packed(name: impl Into<Vec<u8>>, place: Place, packed: Packed) -> Self {
        Self {
            name: name.into(),
            place,
            body: ChildBody::Packed(packed),
            also: Vec::new(),
            tensor_data: false,
            origins: Vec::new(),
            given: Vec::new(),
        }
    }
}

/// The bytes of a child.
pub enum ChildBody {
    /// As they lie in the parent, or made by the parser within its budget.
    Window(Blob),
    /// To be decoded by the engine, which pays for what comes out.
    Packed(Packed),
    /// Known to be there, but not readable: encrypted, or by a method without a decoder.
    Closed(Stop),
}

/// Compressed bytes.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The compressed bytes.
    pub from: Blob,
    /// How to decode them.
    pub codec: &'static Codec,
    /// Size that the container states for the decoded bytes.
    pub size: Option<u64>,
    /// CRC-32 that the container states for the decoded bytes.
    pub crc32: Option<u32>,
}

/// Opens a decoder over compressed bytes. It refuses dictionaries and windows beyond the limits.
pub type OpenDecoder = fn(Box<dyn Read + Send>, &Limits) -> Result<Box<dyn Decode>, Stop>;

/// A way to decode a stream: a constant in the explicit list `codecs!`.
pub struct Codec {
    /// Kebab-case id: `deflate`.
    pub id: &'static str,
    /// Opens a decoder.
    pub open: OpenDecoder,
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.id)
    }
}

/// A running decoder. Errors that are a [`Stop`] travel inside the `io::Error`.
pub trait Decode: Read + Send {
    /// Compressed bytes consumed so far; exact once the end was reached.
    fn consumed(&self) -> u64;
}

/// Where the engine receives what a parser states.
pub trait Receiver {
    /// A fact, in order.
    fn fact(&mut self, fact: Fact);
    /// A child, in order.
    fn child(&mut self, child: Child) -> Result<(), Stop>;
    /// Whether anything may be asked of facts such as this one, whatever the fields hold that are empty in it. Who answers
    /// no never wants to see one.
    fn asks(&self, _sketch: &Data) -> bool {
        true
    }
    /// A number of whoever asks: one that was seen before answers as it did then. 0: nobody says so.
    fn asker(&self) -> u64 {
        0
    }
    /// Names that the artifact finds bound when it runs.
    fn given(&self) -> &[Given] {
        &[]
    }
}

/// Facts and children held before the milestone of a trial.
const HELD: usize = 1024;

/// A parser's way out: facts, children, claims and the meter.
pub struct Sink<'a> {
    receiver: &'a mut dyn Receiver,
    meter: Meter,
    ledger: Ledger,
    /// `Some` while a trial has not passed its milestone: what would be lost with it.
    held: Option<Vec<Item>>,
    name: &'a str,
}

enum Item {
    Fact(Fact),
    Child(Child),
}

impl<'a> Sink<'a> {
    /// A sink for a certain reading (`trial` false) or a trial, whose facts count only once it passes its milestone.
    pub fn new(receiver: &'a mut dyn Receiver, meter: Meter, trial: bool, name: &'a str) -> Self {
        Self { receiver, meter, ledger: Ledger::default(), held: trial.then(Vec::new), name }
    }

    /// The artifact's own name: a hint, never a reason to skip.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The meter to pay to.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// States a fact.
    pub fn fact(&mut self, at: Place, data: impl Into<Data>) -> Result<(), Stop> {
        self.meter.fact()?;
        let fact = Fact::new(at, data);
        match &mut self.held {
            // A trial that states this much without passing is not what it was tried as: the rest is dropped with it.
            Some(held) if held.len() >= HELD => {}
            Some(held) => held.push(Item::Fact(fact)),
            None => self.receiver.fact(fact),
        }
        Ok(())
    }

    /// Whether anything may be asked of facts such as this one, whatever the fields hold that are empty in it: a parser need
    /// not look for what nobody asks about.
    pub fn asks(&self, sketch: &Data) -> bool {
        self.receiver.asks(sketch)
    }

    /// A number of whoever asks: one that was seen before answers as it did then. 0: nobody says so.
    pub fn asker(&self) -> u64 {
        self.receiver.asker()
    }

    /// Names that the artifact finds bound when it runs.
    pub fn given(&self) -> &[Given] {
        self.receiver.given()
    }

    /// Gives a child back.
    pub fn child(&mut self, child: Child) -> Result<(), Stop> {
        match &mut self.held {
            Some(held) if held.len() >= HELD => Ok(()),
            Some(held) => {
                held.push(Item::Child(child));
                Ok(())
            }
            None => self.receiver.child(child),
        }
    }

    /// Claims a range of the artifact's own bytes. Each byte once: a second claim is a defect of the parser.
    pub fn claim(&mut self, range: Range<u64>, claim: Claim) {
        self.ledger.claim(range, claim);
    }

    /// The trial has shown that the artifact is what it was tried as. Does nothing in a certain reading.
    pub fn milestone(&mut self) -> Result<(), Stop> {
        for item in self.held.take().unwrap_or_default() {
            match item {
                Item::Fact(fact) => self.receiver.fact(fact),
                Item::Child(child) => self.receiver.child(child)?,
            }
        }
        Ok(())
    }

    /// Whether facts count: a certain reading, or a trial past its milestone.
    pub fn passed(&self) -> bool {
        self.held.is_none()
    }

    /// What was claimed.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }

    /// What was claimed so far.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// A receiver that keeps everything: for tests, goldens and tools.
#[derive(Default)]
pub struct Collected {
    /// The facts, in order.
    pub facts: Vec<Fact>,
    /// The children, in order.
    pub children: Vec<Child>,
}

impl Receiver for Collected {
    fn fact(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
    fn child(&mut self, child: Child) -> Result<(), Stop> {
        self.children.push(child);
        Ok(())
    }
}
