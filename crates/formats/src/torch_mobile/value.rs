//! Values: what `IValue` may be (`union IValueUnion`), each read once, and objects of which loading runs `__setstate__`.

use base::{fact::Operator, location::Place, stop::Stop};

use super::{Module, NAME};
use crate::flatbuffer::{Table, Vector};

/// Members of the union.
mod kind {
    pub(super) const NONE: u8 = 0;
    pub(super) const INT: u8 = 1;
    pub(super) const BOOL: u8 = 2;
    pub(super) const DOUBLE: u8 = 3;
    pub(super) const COMPLEX: u8 = 4;
    pub(super) const TENSOR: u8 = 5;
    pub(super) const STRING: u8 = 6;
    pub(super) const LIST: u8 = 7;
    pub(super) const TUPLE: u8 = 8;
    pub(super) const DICT: u8 = 9;
    pub(super) const OBJECT: u8 = 10;
    pub(super) const INTS: u8 = 11;
    pub(super) const DOUBLES: u8 = 12;
    pub(super) const BOOLS: u8 = 13;
    pub(super) const DEVICE: u8 = 14;
    pub(super) const ENUM: u8 = 15;
    pub(super) const FUNCTION: u8 = 16;
}

/// What a class may be (`enum TypeType`).
const CUSTOM_CLASS: u8 = 2;
const CLASS_WITH_SETSTATE: u8 = 3;
/// Text that is no text is looked at from this many bytes on.
const BINARY: u64 = 16;
/// What a value costs in memory.
const VALUE: u64 = 16;

/// A value: which member of the union, and where it lies.
#[derive(Clone, Copy)]
struct Value {
    kind: u8,
    at: u64,
}

/// How many slots the table of a kind has.
fn slots(kind: u8) -> Option<usize> {
    Some(match kind {
        kind::STRING | kind::DEVICE | kind::TUPLE | kind::INTS | kind::DOUBLES | kind::BOOLS => 1,
        kind::LIST | kind::ENUM => 2,
        kind::DICT => 3,
        kind::OBJECT => 4,
        _ => return None,
    })
}

impl Module<'_, '_, '_> {
    /// All values: objects first, because they say which functions loading runs.
    pub(super) fn values(&mut self, vector: Vector) -> Result<(), Stop> {
        let targets = self.buffer.targets(vector);
        let mut values = Vec::new();
        for target in self.tolerate(targets)? {
            self.sink.meter().hold(VALUE)?;
            let read = self.value(target);
            values.push(self.tolerate(read.map(Some))?.unwrap_or(Value { kind: kind::NONE, at: 0 }));
        }
        for objects in [true, false] {
            for (number, value) in values.iter().enumerate() {
                if (value.kind == kind::OBJECT) == objects && value.kind != kind::NONE && self.buffer.first_visit(value.at)? {
                    let read = self.content(number, *value, &values);
                    self.tolerate(read)?;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, at: u64) -> Result<Value, Stop> {
        let table = self.buffer.table(at)?;
        self.known(&table, 2);
        let kind = table.field(0).map_or(Ok(kind::NONE), |at| self.buffer.u8(at))?;
        let at = match table.field(1) {
            Some(at) if kind != kind::NONE => self.buffer.follow(at)?,
            // None is written as a union of nothing.
            Some(at) => self.buffer.u32(at).map(u64::from)?,
            None => 0,
        };
        Ok(Value { kind: if at == 0 { kind::NONE } else { kind }, at })
    }

    fn content(&mut self, number: usize, value: Value, all: &[Value]) -> Result<(), Stop> {
        let at = value.at;
        match value.kind {
            kind::INT | kind::DOUBLE => self.buffer.u64(at).map(|_| ()),
            kind::BOOL => self.buffer.u8(at).map(|_| ()),
            kind::COMPLEX => self.buffer.u64(at).and(self.buffer.u64(at.saturating_add(8))).map(|_| ()),
            kind::TENSOR => self.tensor_value(number, at),
            kind::FUNCTION => {
                let loaded = u32::try_from(number).is_ok_and(|number| self.run.contains(&number));
                let texts = |index: u32| {
                    let value = usize::try_from(index).ok().and_then(|index| all.get(index));
                    value.filter(|value| value.kind == kind::STRING).map(|value| value.at)
                };
                self.function(at, loaded, &texts)
            }
            _ => {
                let table = self.buffer.table(at)?;
                self.members(number, value.kind, &table)
            }
        }
    }

    /// A value that is a table of texts, numbers and indices of other values.
    fn members(&mut self, number: usize, kind: u8, table: &Table) -> Result<(), Stop> {
        match slots(kind) {
            Some(slots) => self.known(table, slots),
            None => return Err(Stop::Unsupported(format!("a value of kind {kind}"))),
        }
        match kind {
            kind::STRING => self.text(number, table)?,
            kind::DEVICE => {
                self.buffer.text_range(table, 0)?;
            }
            kind::LIST => {
                self.indices(table, 0)?;
                self.buffer.text_range(table, 1)?;
            }
            kind::TUPLE => drop(self.indices(table, 0)?),
            kind::DICT => {
                self.indices(table, 0)?;
                self.indices(table, 1)?;
                self.buffer.text_range(table, 2)?;
            }
            kind::INTS | kind::DOUBLES => {
                self.buffer.vector_in(table, 0, 8)?;
            }
            kind::BOOLS => {
                self.buffer.vector_in(table, 0, 1)?;
            }
            kind::ENUM => {
                self.buffer.text_range(table, 0)?;
                self.index(table, 1)?;
            }
            _ => self.object(table)?,
        }
        Ok(())
    }

    /// A text. What is none, although the format has it for one, is looked at by itself.
    fn text(&mut self, number: usize, table: &Table) -> Result<(), Stop> {
        let Some(range) = self.buffer.text_range(table, 0)? else {
            return Ok(());
        };
        let length = range.end.saturating_sub(range.start);
        let start = self.buffer.take(range.start, usize::try_from(length.min(NAME)).unwrap_or(0))?;
        let plain = |byte: &u8| !byte.is_ascii_control() || byte.is_ascii_whitespace();
        // A character that is cut is no error.
        let valid = std::str::from_utf8(&start).map_or_else(|error| error.error_len().is_none(), |_| true);
        if length < BINARY || valid && start.iter().all(plain) {
            return Ok(());
        }
        self.give(format!("text-{number}"), range, false)
    }

    /// An object: `type_index`, `state`, `attrs`, `setstate_func`.
    fn object(&mut self, table: &Table) -> Result<(), Stop> {
        let index = self.number(table, 0)?;
        self.index(table, 1)?;
        self.indices(table, 2)?;
        let function = self.index(table, 3)?;
        let class = usize::try_from(index).ok().and_then(|index| self.types.get(index));
        let Some(class) = class else {
            return Err(Stop::malformed(table.at, format!("class {index} of {}", self.types.len())));
        };
        match class.kind {
            CLASS_WITH_SETSTATE => {
                self.run.insert(function);
                Ok(())
            }
            // A class of a library in C++, which gets its state when the module is loaded.
            CUSTOM_CLASS => {
                let name = class.name.strip_prefix("__torch__.").unwrap_or(&class.name);
                let (domain, name) = name.rsplit_once('.').unwrap_or(("", name));
                let (domain, name, node, when) = (domain.into(), name.into(), "__setstate__".into(), "load".into());
                self.sink.fact(Place::bytes(table.at, 4), Operator { domain, name, node, when, ..Operator::default() })
            }
            _ => Ok(()),
        }
    }
}
