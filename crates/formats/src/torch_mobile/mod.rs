//! PyTorch's mobile flatbuffer (`torch/csrc/jit/serialization/mobile_bytecode.fbs`): functions with their operators, classes,
//! constants, and storages as tensor data; sources and extra files are children.

mod function;
mod tensor;
#[cfg(test)]
mod tests;
mod value;

use std::{collections::HashSet, ops::Range};

use base::{
    blob::Blob,
    fact::{Identity, Kind},
    format::{Certainty, Class, Depth, Format, Head},
    location::Place,
    sink::{Child, Sink},
    source::Access,
    stop::Stop,
};

use crate::{
    flatbuffer::{Flatbuffer, Table, Vector},
    sevenz::junk,
};

/// A module for the lite interpreter.
pub const FORMAT: Format = Format {
    id: "torch-mobile",
    name: "PyTorch mobile flatbuffer",
    extensions: &["ff", "ptl"],
    depth: Depth::Values,
    access: Access::Random,
    class: Class::Active,
    facts: &[Kind::Identity, Kind::Operator, Kind::Tensor, Kind::Flaw],
    detect,
    explain: None,
    parse,
};

/// Bytes of a name that are read.
const NAME: u64 = 1 << 10;

/// The file identifier behind the offset of the root, which lies behind both.
fn detect(head: &Head<'_>) -> Option<Certainty> {
    let root = head.at(0, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))?;
    let inside = root >= 8 && head.len.is_none_or(|len| u64::from(root) < len);
    (head.at(4, 4) == Some(b"PTMF") && inside).then_some(Certainty::Certain)
}

fn parse(blob: &Blob, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let meter = sink.meter().clone();
    let (Some(len), Some(buffer)) = (blob.len(), Flatbuffer::new(blob, &meter)) else {
        return Err(Stop::Unsupported("a flatbuffer of unknown length".into()));
    };
    let mut module = Module { blob, buffer, sink, values: 0, storages: Vec::new(), types: Vec::new(), run: HashSet::new(), given: HashSet::new(), broken: None };
    let read = module.read();
    let broken = module.broken.take();
    let pieces = std::mem::take(&mut module.buffer.pieces);
    for gap in pieces.claim(sink, len) {
        junk(blob, sink, gap, len)?;
    }
    read.and(broken.map_or(Ok(()), Err))
}

/// What a class is, as far as it matters here.
struct Type {
    name: String,
    kind: u8,
}

/// A module that is being read.
struct Module<'b, 's, 'k> {
    blob: &'b Blob,
    buffer: Flatbuffer<'b>,
    sink: &'s mut Sink<'k>,
    /// How many values there are: what an index may be.
    values: u64,
    /// Where the bytes of the storages lie.
    storages: Vec<Range<u64>>,
    types: Vec<Type>,
    /// The functions that loading runs: `__setstate__`.
    run: HashSet<u32>,
    /// Where children begin: bytes that several tables share are given once.
    given: HashSet<u64>,
    /// The first thing that is broken. What stands beside it is read nevertheless.
    broken: Option<Stop>,
}

/// Slots of the table `Module`.
mod slot {
    pub(super) const VERSION: usize = 0;
    pub(super) const EXTRA_FILES: usize = 1;
    pub(super) const METHODS: usize = 2;
    pub(super) const STATE: usize = 3;
    pub(super) const VALUES: usize = 4;
    pub(super) const STORAGE_COUNT: usize = 5;
    pub(super) const STORAGES: usize = 6;
    pub(super) const TYPES: usize = 7;
    pub(super) const SOURCES: usize = 8;
    pub(super) const CONSTANTS: usize = 9;
    pub(super) const OPERATOR_VERSION: usize = 10;
    pub(super) const MOBILE_VALUES: usize = 11;
    pub(super) const COUNT: usize = 12;
}

impl Module<'_, '_, '_> {
    fn read(&mut self) -> Result<(), Stop> {
        let root = self.buffer.root(true)?;
        self.known(&root, slot::COUNT);
        let version = self.number(&root, slot::VERSION)?;
        self.identity(&root, "version", version.to_string())?;
        for number in [slot::OPERATOR_VERSION, slot::MOBILE_VALUES] {
            self.number(&root, number)?;
        }
        let values = self.vector(&root, slot::VALUES, 4)?;
        self.values = values.count;
        self.storages(&root)?;
        self.types(&root)?;
        self.files(&root, slot::SOURCES, true)?;
        self.files(&root, slot::EXTRA_FILES, false)?;
        for indices in [slot::METHODS, slot::CONSTANTS] {
            self.indices(&root, indices)?;
        }
        self.index(&root, slot::STATE)?;
        self.values(values)
    }

    /// Keeps the first thing that was broken, and goes on with what stands beside it; limits end the reading.
    fn tolerate<T: Default>(&mut self, read: Result<T, Stop>) -> Result<T, Stop> {
        match read {
            Err(stop @ (Stop::Malformed { .. } | Stop::Truncated { .. } | Stop::Unsupported(_))) => {
                self.broken.get_or_insert(stop);
                Ok(T::default())
            }
            read => read,
        }
    }

    /// A field that this schema does not know makes the module one that is not understood.
    fn known(&mut self, table: &Table, slots: usize) {
        if table.exceeds(slots) {
            let what = format!("a field of a later schema in the table at {:#x}", table.at);
            self.broken.get_or_insert(Stop::Unsupported(what));
        }
    }

    fn vector(&mut self, table: &Table, slot: usize, width: u64) -> Result<Vector, Stop> {
        let vector = self.buffer.vector_in(table, slot, width);
        self.tolerate(vector)
    }

    /// A number of four bytes; its default is 0.
    fn number(&mut self, table: &Table, slot: usize) -> Result<u32, Stop> {
        table.field(slot).map_or(Ok(0), |at| self.buffer.u32(at))
    }

    /// The number of a value, which must be there.
    fn index(&mut self, table: &Table, slot: usize) -> Result<u32, Stop> {
        let index = self.number(table, slot)?;
        self.within(table.at, index);
        Ok(index)
    }

    fn within(&mut self, at: u64, index: u32) {
        if u64::from(index) >= self.values && index != 0 {
            self.broken.get_or_insert(Stop::malformed(at, format!("value {index} of {}", self.values)));
        }
    }

    /// The numbers of values.
    fn indices(&mut self, table: &Table, slot: usize) -> Result<Vec<u32>, Stop> {
        let vector = self.vector(table, slot, 4)?;
        let indices = self.buffer.numbers(vector)?;
        self.sink.meter().release(vector.count.saturating_mul(4));
        for index in &indices {
            self.within(table.at, *index);
        }
        Ok(indices)
    }

    fn identity(&mut self, table: &Table, key: &str, value: String) -> Result<(), Stop> {
        self.sink.fact(Place::bytes(table.at, 4), Identity { key: key.into(), value: value.into() })
    }

    /// The classes: `type_name`, `type`, `attr_names`.
    fn types(&mut self, root: &Table) -> Result<(), Stop> {
        let vector = self.vector(root, slot::TYPES, 4)?;
        let targets = self.buffer.targets(vector);
        for target in self.tolerate(targets)? {
            let read = self.class(target);
            let class = self.tolerate(read.map(Some))?;
            self.types.push(class.unwrap_or(Type { name: String::new(), kind: 0 }));
        }
        Ok(())
    }

    fn class(&mut self, at: u64) -> Result<Type, Stop> {
        let first = self.buffer.first_visit(at)?;
        let table = self.buffer.table(at)?;
        self.known(&table, 3);
        let name = self.buffer.text(&table, 0, NAME)?;
        let kind = table.field(1).map_or(Ok(0), |at| self.buffer.u8(at))?;
        self.sink.meter().hold(name.len() as u64)?;
        if first {
            self.identity(&table, "class", name.clone())?;
            let names = self.buffer.vector_in(&table, 2, 4)?;
            for name in self.buffer.targets(names)? {
                self.buffer.text_at(name)?;
            }
        }
        Ok(Type { name, kind })
    }

    /// Named texts: sources of the classes, and files of the author's.
    fn files(&mut self, root: &Table, slot: usize, sources: bool) -> Result<(), Stop> {
        let vector = self.vector(root, slot, 4)?;
        let targets = self.buffer.targets(vector);
        for target in self.tolerate(targets)? {
            if self.buffer.first_visit(target)? {
                let read = self.file(target, sources);
                self.tolerate(read)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, at: u64, source: bool) -> Result<(), Stop> {
        let table = self.buffer.table(at)?;
        self.known(&table, 2);
        let name = self.buffer.text(&table, 0, NAME)?;
        let Some(content) = self.buffer.text_range(&table, 1)? else {
            return Ok(());
        };
        // TorchScript archives have them under these names.
        let name = if source { format!("code/{name}.py") } else { format!("extra/{name}") };
        self.give(name, content, false)
    }

    /// Gives a range back as a child.
    fn give(&mut self, name: String, range: Range<u64>, tensor_data: bool) -> Result<(), Stop> {
        let Some(blob) = self.blob.slice(range.clone()).filter(|_| range.start < range.end) else {
            return Ok(());
        };
        if !self.given.insert(range.start) {
            return Ok(());
        }
        self.buffer.pieces.carve(range.clone());
        self.buffer.pieces.give(range.clone(), self.blob.len().unwrap_or_default())?;
        let place = Place::bytes(range.start, range.end.saturating_sub(range.start));
        self.sink.child(Child { tensor_data, ..Child::window(name, place, blob) })
    }
}
