//! How an object begins: its flags say its kind, and most kinds are whole at once (`ReadItem` and `ReadBCConsts`).

use base::{expr::Expr, fact::Str, stop::Stop};

use super::{ACTIVE, Frame, KEPT, Mode, Objects, Open, Pair, Part};
use crate::{
    program::{self, small},
    r::value,
};

/// Symbols and environments that can be referred to.
const REFERENCES: usize = 1 << 22;

const NIL: u8 = 254;
const UNBOUND: u8 = 252;

impl Objects<'_, '_, '_, '_> {
    /// Begins an object; a value where it is whole already.
    pub(super) fn item(&mut self) -> Result<Option<Expr>, Stop> {
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
            2 | 3 | 5 | 6 | 17 => {
                let opened = self.pair(kind, at, attributes, flags & 0x400 != 0, false)?;
                if let Some(Frame { open: Open::Pair(pair), .. }) = self.stack.last_mut() {
                    pair.hook = kind == 2 && flags >> 12 & ACTIVE != 0;
                }
                Ok(opened)
            }
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
        let pair = Pair { kind, part, tagged: tagged || coded, coded, items: Vec::new(), at, unbound: false, hook: false };
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
    pub(super) fn coded(&mut self) -> Result<Option<Expr>, Stop> {
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
}
