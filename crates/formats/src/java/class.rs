//! A class file: the methods that its constants name are those that its code may call.

use std::collections::HashSet;

use base::{
    blob::Blob,
    coverage::Claim,
    fact::{Identity, Opaque},
    location::Place,
    reader::Reader,
    sink::Sink,
    stop::Stop,
};

/// A constant, as far as it leads to a name.
#[derive(Clone)]
enum Constant {
    Text(String),
    /// A class, by its name.
    Class(u16),
    /// A name with a type.
    Named(u16),
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
    let mut early = HashSet::new();
    let members = outcome.and_then(|()| members(&mut reader, &constants, &mut early));
    let stated = state(sink, &constants, &early, version);
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
            12 => {
                constants.push(Constant::Named(reader.u16_be("a name")?));
                2
            }
            kind => {
                constants.push(Constant::Other);
                match kind {
                    8 | 16 | 19 | 20 => 2,
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

/// States what the constants name. `early`: those that the code calls which runs when the class is loaded.
fn state(sink: &mut Sink<'_>, constants: &[Constant], early: &HashSet<usize>, version: u16) -> Result<(), Stop> {
    sink.fact(Place::bytes(0, 8), Identity { key: "version".into(), value: version.to_string().into() })?;
    let text = |index: u16| match constants.get(usize::from(index)) {
        Some(Constant::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let mut stated = HashSet::new();
    for (index, constant) in constants.iter().enumerate() {
        sink.meter().steps(1)?;
        let Constant::Method(class, name, at) = constant else { continue };
        let (Some(Constant::Class(class)), Some(Constant::Named(name))) =
            (constants.get(usize::from(*class)), constants.get(usize::from(*name)))
        else {
            continue;
        };
        let (Some(class), Some(name)) = (text(*class), text(*name)) else { continue };
        // Building an object is told by its class alone.
        let name = if name == "<init>" { "" } else { name };
        let how = if early.contains(&index) { "initialise" } else { "call" };
        super::state(sink, &mut stated, *at, class, name, how)?;
    }
    Ok(())
}

/// Sections 4.1 and 4.5 to 4.7: flags, interfaces, fields, methods and attributes. The code of `<clinit>`, which runs when
/// the class is loaded, is searched for calls.
fn members(reader: &mut Reader<'_>, constants: &[Constant], early: &mut HashSet<usize>) -> Result<(), Stop> {
    reader.skip(6, "the class and the one above it")?;
    let interfaces = reader.u16_be("the count of interfaces")?;
    reader.skip(u64::from(interfaces).saturating_mul(2), "the interfaces")?;
    for what in ["fields", "methods"] {
        for _ in 0..reader.u16_be(what)? {
            reader.skip(2, what)?;
            let name = reader.u16_be(what)?;
            reader.skip(2, what)?;
            let initialises = matches!(constants.get(usize::from(name)), Some(Constant::Text(name)) if name == "<clinit>");
            attributes(reader, initialises.then_some(&mut *early))?;
        }
    }
    attributes(reader, None)
}

fn attributes(reader: &mut Reader<'_>, mut early: Option<&mut HashSet<usize>>) -> Result<(), Stop> {
    for _ in 0..reader.u16_be("the count of attributes")? {
        reader.skip(2, "an attribute")?;
        let length = u64::from(reader.u32_be("the length of an attribute")?);
        match &mut early {
            Some(early) if length <= CODE => called(&reader.take(length, "an attribute")?, early),
            _ => reader.skip(length, "an attribute")?,
        }
    }
    Ok(())
}

/// Bytes of a method's code (4.7.3: less than 65536) and of what stands around it.
const CODE: u64 = 1 << 17;

/// Constants that follow an instruction which calls (6.5: invokevirtual, invokespecial, invokestatic, invokeinterface). What
/// looks like one inside another instruction names too much, never too little.
fn called(code: &[u8], early: &mut HashSet<usize>) {
    for window in code.windows(3) {
        if let [0xb6..=0xb9, high, low] = window {
            early.insert(usize::from(u16::from_be_bytes([*high, *low])));
        }
    }
}
