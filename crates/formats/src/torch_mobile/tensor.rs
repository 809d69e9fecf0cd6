//! Tensors: what they claim of a storage, and the storages themselves.

use base::{fact::Tensor, location::Place, stop::Stop};

use super::{Module, slot};
use crate::flatbuffer::{Table, elements};

/// Tables inside tables: the scales of a quantised tensor are a tensor.
const DEPTH: u32 = 4;

/// Name and bits of the scalar type with this number (`torch/headeronly/core/ScalarType.h`).
fn scalar_type(number: u8) -> Option<(&'static str, u64)> {
    const TYPES: &[(&str, u64)] = &[
        ("uint8", 8),
        ("int8", 8),
        ("int16", 16),
        ("int32", 32),
        ("int64", 64),
        ("float16", 16),
        ("float32", 32),
        ("float64", 64),
        ("complex32", 32),
        ("complex64", 64),
        ("complex128", 128),
        ("bool", 8),
        ("qint8", 8),
        ("quint8", 8),
        ("qint32", 32),
        ("bfloat16", 16),
        ("quint4x2", 4),
        ("quint2x4", 2),
        ("bits1x8", 8),
        ("bits2x4", 8),
        ("bits4x2", 8),
        ("bits8", 8),
        ("bits16", 16),
        ("float8_e5m2", 8),
        ("float8_e4m3fn", 8),
        ("float8_e5m2fnuz", 8),
        ("float8_e4m3fnuz", 8),
        ("uint16", 16),
        ("uint32", 32),
        ("uint64", 64),
    ];
    TYPES.get(usize::from(number)).copied()
}

impl Module<'_, '_, '_> {
    /// The storages, whose bytes are numbers: tables of one vector each.
    pub(super) fn storages(&mut self, root: &Table) -> Result<(), Stop> {
        let vector = self.vector(root, slot::STORAGES, 4)?;
        let count = self.number(root, slot::STORAGE_COUNT)?;
        if u64::from(count) != vector.count {
            let what = format!("{count} storages, of which {} are there", vector.count);
            self.broken.get_or_insert(Stop::malformed(root.at, what));
        }
        let targets = self.buffer.targets(vector);
        for (number, target) in self.tolerate(targets)?.into_iter().enumerate() {
            let read = self.storage(number, target);
            let range = self.tolerate(read)?;
            self.storages.push(range);
        }
        Ok(())
    }

    fn storage(&mut self, number: usize, at: u64) -> Result<std::ops::Range<u64>, Stop> {
        let first = self.buffer.first_visit(at)?;
        let table = self.buffer.table(at)?;
        self.known(&table, 1);
        let data = self.buffer.vector_in(&table, 0, 1)?;
        let range = data.at..data.at.saturating_add(data.count);
        if first {
            self.give(format!("storage-{number}"), range.clone(), true)?;
        }
        Ok(range)
    }

    /// A tensor: a storage, a type, an offset, sizes, strides, and how it is quantised.
    pub(super) fn tensor(&mut self, name: &str, at: u64, depth: u32) -> Result<(), Stop> {
        let table = self.buffer.table(at)?;
        self.known(&table, 7);
        let storage = self.number(&table, 0)?;
        let number = table.field(1).map_or(Ok(0), |at| self.buffer.u8(at))?;
        let (dtype, bits) = scalar_type(number).ok_or_else(|| Stop::malformed(at, format!("scalar type {number}")))?;
        let offset = self.number(&table, 2)?;
        let (sizes, strides) = (self.signed(&table, 3)?, self.signed(&table, 4)?);
        if let Some(at) = table.field(5) {
            self.buffer.u8(at)?;
        }
        let stored = usize::try_from(storage).ok().and_then(|storage| self.storages.get(storage));
        let Some(stored) = stored.map(|range| range.end.saturating_sub(range.start)) else {
            return Err(Stop::malformed(at, format!("storage {storage} of {}", self.storages.len())));
        };
        let shape = sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join("x").into();
        let bytes = needed(offset, &sizes, &strides).saturating_mul(bits).div_ceil(8);
        self.sink.fact(Place::bytes(at, 4), Tensor { name: name.into(), dtype: dtype.into(), shape, bytes, stored })?;
        if let Some(quantised) = self.buffer.table_in(&table, 6)? {
            self.quantised(name, &quantised, depth)?;
        }
        match sizes.len() == strides.len() {
            true => Ok(()),
            false => Err(Stop::malformed(at, "a tensor with more sizes than strides, or fewer")),
        }
    }

    fn quantised(&mut self, name: &str, table: &Table, depth: u32) -> Result<(), Stop> {
        self.known(table, 6);
        for (slot, width) in [(0, 1_u8), (1, 8), (2, 4), (5, 4)] {
            match (table.field(slot), width) {
                (Some(at), 1) => self.buffer.u8(at).map(|_| ())?,
                (Some(at), 8) => self.buffer.u64(at).map(|_| ())?,
                (Some(at), _) => self.buffer.u32(at).map(|_| ())?,
                (None, _) => {}
            }
        }
        for (slot, part) in [(3, "scales"), (4, "zero-points")] {
            let Some(at) = table.field(slot) else { continue };
            let target = self.buffer.follow(at)?;
            match depth.checked_sub(1) {
                Some(depth) if self.buffer.first_visit(target)? => self.tensor(&format!("{name}.{part}"), target, depth)?,
                Some(_) => {}
                None => return Err(Stop::malformed(at, "quantised scales of quantised scales")),
            }
        }
        Ok(())
    }

    /// A tensor that is a value.
    pub(super) fn tensor_value(&mut self, number: usize, at: u64) -> Result<(), Stop> {
        self.tensor(&format!("value-{number}"), at, DEPTH)
    }

    /// A vector of `i32`, of at most 64 dimensions.
    fn signed(&mut self, table: &Table, slot: usize) -> Result<Vec<i32>, Stop> {
        let vector = self.buffer.vector_in(table, slot, 4)?;
        if vector.count > 64 {
            return Err(Stop::malformed(table.at, format!("a tensor of {} dimensions", vector.count)));
        }
        elements(vector, 4).map(|at| self.buffer.bytes(at).map(i32::from_le_bytes)).collect()
    }
}

/// How many elements a storage needs so that the last element of the tensor lies in it. What is negative is taken as the
/// huge number that it becomes in the loader.
fn needed(offset: u32, sizes: &[i32], strides: &[i32]) -> u64 {
    let wide = |number: i32| u64::try_from(number).unwrap_or(u64::MAX);
    if sizes.contains(&0) {
        return 0;
    }
    let reach = sizes.iter().zip(strides).fold(0_u64, |sum, (size, stride)| {
        sum.saturating_add(wide(*size).saturating_sub(1).saturating_mul(wide(*stride)))
    });
    reach.saturating_add(1).saturating_add(offset.into())
}
