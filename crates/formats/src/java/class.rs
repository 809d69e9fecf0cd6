//! A class file: the methods that its constants name are those that its code may call.

use std::collections::HashSet;

use base::{
    blob::Blob,
    budget::Meter,
    coverage::Claim,
    expr::Expr,
    fact::{Identity, Opaque},
    location::{Place, Unit},
    reader::Reader,
    sink::Sink,
    stop::Stop,
};

use super::code::{self, Method};
use crate::native::strings;

/// A constant, as far as it leads to a name.
#[derive(Clone)]
enum Constant {
    Text(String),
    /// A class, by its name.
    Class(u16),
    /// A text, by its letters.
    Quoted(u16),
    /// A name with a type.
    Named(u16, u16),
    /// A method: its class and its name.
    Method(u16, u16, u64),
    Other,
}

pub(super) fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let mut reader = Reader::new(blob, &meter);
    reader.skip(6, "the magic")?;
    let version = reader.u16_be("the version")?;
    let mut held = 0;
    let mut constants = vec![Constant::Other];
    let outcome = pool(&mut reader, sink, &mut constants, &mut held);
    let mut class = Class { constants, own: 0, methods: Vec::new(), calls: 0, held: 0 };
    let members = outcome.and_then(|()| class.members(&mut reader, &meter));
    let stated = class.state(sink, version);
    held = held.saturating_add(class.held);
    let members = stated.and(members);
    let end = reader.offset();
    meter.release(held);
    let detail = format!("a Java class of version {version}").into();
    sink.fact(Place::bytes(0, end), Opaque { kind: "virtual-machine".into(), detail })?;
    members?;
    sink.claim(0..end, Claim::Read);
    Ok(())
}

/// Section 4.4: the constants, of which two kinds count twice.
fn pool(reader: &mut Reader<'_>, sink: &Sink<'_>, constants: &mut Vec<Constant>, held: &mut u64) -> Result<(), Stop> {
    let count = usize::from(reader.u16_be("the count of constants")?);
    while constants.len() < count {
        let at = reader.offset();
        let size = match reader.u8("a constant")? {
            1 => {
                let length = u64::from(reader.u16_be("a text")?);
                let text = String::from_utf8_lossy(&reader.take(length, "a text")?).into_owned();
                sink.meter().hold(length.saturating_add(48))?;
                *held = held.saturating_add(length).saturating_add(48);
                constants.push(Constant::Text(text));
                continue;
            }
            7 => {
                constants.push(Constant::Class(reader.u16_be("a class")?));
                continue;
            }
            10 | 11 => {
                let (class, name) = (reader.u16_be("a method")?, reader.u16_be("a method")?);
                constants.push(Constant::Method(class, name, at));
                continue;
            }
            8 => {
                constants.push(Constant::Quoted(reader.u16_be("a text")?));
                continue;
            }
            12 => {
                let (name, kind) = (reader.u16_be("a name")?, reader.u16_be("a type")?);
                constants.push(Constant::Named(name, kind));
                continue;
            }
            kind => {
                constants.push(Constant::Other);
                match kind {
                    16 | 19 | 20 => 2,
                    15 => 3,
                    3 | 4 | 9 | 17 | 18 => 4,
                    5 | 6 => {
                        constants.push(Constant::Other);
                        8
                    }
                    _ => return Err(Stop::malformed(at, format!("a kind of constant, not {kind}"))),
                }
            }
        };
        reader.skip(size, "a constant")?;
    }
    Ok(())
}

/// What is known of a class.
struct Class {
    constants: Vec<Constant>,
    /// The constant that names the class itself.
    own: u16,
    methods: Vec<Method>,
    calls: usize,
    held: u64,
}

impl Class {
    fn constant(&self, index: u16) -> Option<&Constant> {
        self.constants.get(usize::from(index))
    }

    fn text(&self, index: u16) -> Option<&str> {
        match self.constant(index) {
            Some(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The class and the name of a method, and its type.
    fn method(&self, class: u16, name: u16) -> Option<(&str, &str, &str)> {
        let (Some(Constant::Class(class)), Some(Constant::Named(name, kind))) = (self.constant(class), self.constant(name)) else {
            return None;
        };
        Some((self.text(*class)?, self.text(*name)?, self.text(*kind)?))
    }

    /// The method of the class itself that a constant names.
    fn own(&self, constant: u16) -> Option<(String, String)> {
        let Some(Constant::Method(class, name, _)) = self.constant(constant) else { return None };
        let (class, name, kind) = self.method(*class, *name)?;
        let Some(Constant::Class(own)) = self.constant(self.own) else { return None };
        (self.text(*own) == Some(class)).then(|| (name.to_owned(), kind.to_owned()))
    }

    /// States what the code calls, each where it is called first, and then what only the constants name.
    fn state(&self, sink: &mut Sink<'_>, version: u16) -> Result<(), Stop> {
        sink.fact(Place::bytes(0, 8), Identity { key: "version".into(), value: version.to_string().into() })?;
        let running = code::running(&self.methods, |constant| self.own(constant));
        let mut stated = HashSet::new();
        // What runs by itself comes first: a call is stated once.
        for runs in [true, false] {
            for (_, method) in self.methods.iter().enumerate().filter(|(index, _)| running.contains(index) == runs) {
                for call in &method.calls {
                    sink.meter().steps(1)?;
                    let Some(Constant::Method(class, name, _)) = self.constant(call.constant) else { continue };
                    let Some((class, name, _)) = self.method(*class, *name) else { continue };
                    let texts = call.texts.iter().filter_map(|text| match self.constant(*text) {
                        Some(Constant::Quoted(text)) => self.text(*text),
                        _ => None,
                    });
                    let texts: Vec<&str> = texts.collect();
                    let place = Place::bytes(call.at, 3).pointer(Unit::Instruction, format!("{}+{}", method.name, call.offset));
                    // What a class beside this one is handed it may run; of Java's own classes it is known which do.
                    let beside = !class.starts_with("java/") && !class.starts_with("javax/");
                    for text in texts.iter().filter(|text| beside && strings::may_be_command(text)) {
                        if stated.insert((*text).to_owned()) {
                            sink.fact(place.clone(), strings::command(base::expr::shorten(text, TEXT).0))?;
                        }
                    }
                    let args: Vec<Expr> = texts.into_iter().map(|text| Expr::str(base::expr::shorten(text, TEXT).0)).collect();
                    let how = if runs { "initialise" } else { "call" };
                    super::state(sink, &mut stated, place, class, constructor(name), how, args)?;
                }
            }
        }
        for constant in &self.constants {
            sink.meter().steps(1)?;
            let Constant::Method(class, name, at) = constant else { continue };
            let Some((class, name, _)) = self.method(*class, *name) else { continue };
            super::state(sink, &mut stated, Place::bytes(*at, 0), class, constructor(name), "call", Vec::new())?;
        }
        Ok(())
    }

    /// Sections 4.1 and 4.5 to 4.7: flags, interfaces, fields, methods and attributes.
    fn members(&mut self, reader: &mut Reader<'_>, meter: &Meter) -> Result<(), Stop> {
        reader.skip(2, "the flags of the class")?;
        self.own = reader.u16_be("the class")?;
        reader.skip(2, "the class above it")?;
        let interfaces = reader.u16_be("the count of interfaces")?;
        reader.skip(u64::from(interfaces).saturating_mul(2), "the interfaces")?;
        for what in ["fields", "methods"] {
            for _ in 0..reader.u16_be(what)? {
                reader.skip(2, what)?;
                let (name, kind) = (reader.u16_be(what)?, reader.u16_be(what)?);
                let name = self.text(name).unwrap_or_default().to_owned();
                let kind = self.text(kind).unwrap_or_default().to_owned();
                let calls = self.attributes(reader, meter, what == "methods")?;
                if what == "methods" {
                    let size = (name.len().saturating_add(kind.len()) as u64).saturating_add(96).saturating_add((calls.len() as u64).saturating_mul(64));
                    meter.hold(size)?;
                    self.held = self.held.saturating_add(size);
                    self.methods.push(Method { name, kind, calls });
                }
            }
        }
        self.attributes(reader, meter, false).map(drop)
    }

    /// Attributes of a member; the calls of its code.
    fn attributes(&mut self, reader: &mut Reader<'_>, meter: &Meter, method: bool) -> Result<Vec<code::Call>, Stop> {
        let mut calls = Vec::new();
        for _ in 0..reader.u16_be("the count of attributes")? {
            let name = reader.u16_be("an attribute")?;
            let length = u64::from(reader.u32_be("the length of an attribute")?);
            let start = reader.offset();
            if !method || length > CODE || self.text(name) != Some("Code") {
                reader.skip(length, "an attribute")?;
                continue;
            }
            let bytes = reader.take(length, "the code of a method")?;
            meter.bytes(bytes.len() as u64)?;
            // 4.7.3: two sizes of two bytes, the length of the code and the code.
            let count = bytes.get(4..8).and_then(|count| count.first_chunk()).map_or(0, |count| u32::from_be_bytes(*count));
            let end = usize::try_from(count).unwrap_or(usize::MAX).saturating_add(8).min(bytes.len());
            calls = code::calls(bytes.get(8..end).unwrap_or_default(), start.saturating_add(8), &mut self.calls);
        }
        Ok(calls)
    }
}

/// Building an object is told by its class alone.
fn constructor(name: &str) -> &str {
    if name == "<init>" { "" } else { name }
}

/// Bytes of a method's code (4.7.3: less than 65536) and of what stands around it.
const CODE: u64 = 1 << 17;
/// Characters of a text that a call is shown with.
const TEXT: usize = 512;
