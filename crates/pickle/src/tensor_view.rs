//! Tensors over storages (`torch/_utils.py`, `_rebuild_tensor_v2`): what part of the storage each one claims.

use base::{fact::Tensor, stop::Stop};
use eval::Value as Known;

use crate::{legacy::element_size, machine::Machine, value::Value};

/// Calls that take a storage, an offset, sizes and strides, all in elements.
const REBUILDS: [&str; 4] = ["_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_qtensor"];
/// Where the third version names the type, whose storage counts bytes.
const DTYPE: usize = 6;

impl Machine<'_, '_> {
    /// States the tensor that a call makes over a storage that a persistent id named.
    pub(crate) fn tensor_view(&mut self, callee: &Known, given: &[Known], args: Value) -> Result<(), Stop> {
        let Some(name) = callee.as_name().filter(|name| &*name.module == "torch._utils") else { return Ok(()) };
        let storage = self.arena.items_of_run(args).and_then(|args| args.first());
        let Some(storage) = storage.and_then(|value| self.storages.of(*value)) else { return Ok(()) };
        let [_, Known::Int(offset), Known::Tuple(size), Known::Tuple(stride), ..] = given else { return Ok(()) };
        if !REBUILDS.contains(&&*name.qualname) {
            return Ok(());
        }
        let (Some(size), Some(stride)) = (numbers(size), numbers(stride)) else { return Ok(()) };
        let (dtype, width) = match given.get(DTYPE).filter(|_| &*name.qualname == "_rebuild_tensor_v3") {
            Some(dtype) => match dtype.as_name() {
                Some(dtype) => (dtype.qualname.to_string(), dtype_size(&dtype.qualname)),
                None => return Ok(()),
            },
            None => (storage.class.clone(), element_size(&storage.class)),
        };
        let (Some(width), Some(unit)) = (width, element_size(&storage.class)) else { return Ok(()) };
        let shape = size.iter().map(i64::to_string).collect::<Vec<_>>().join("x");
        let elements = u64::try_from(storage.elements).unwrap_or_default();
        let (key, stored) = (storage.key.clone(), elements.saturating_mul(unit));
        let Some(elements) = reach(*offset, &size, &stride) else {
            let detail = format!("storage {key}: offset {offset}, size {size:?}, stride {stride:?}");
            return self.flaw("tensor-metadata", detail);
        };
        let fact = Tensor {
            name: format!("storage {key}").into(),
            dtype: dtype.into(),
            shape: shape.into(),
            bytes: elements.saturating_mul(width),
            stored,
        };
        let place = self.place();
        self.sink.fact(place, fact)
    }
}

fn numbers(of: &[Known]) -> Option<Vec<i64>> {
    of.iter().map(|number| if let Known::Int(number) = number { Some(*number) } else { None }).collect()
}

/// Elements from the beginning of the storage to the last one of the tensor; `None` where a number is negative or there
/// are not as many strides as sizes, which PyTorch refuses.
fn reach(offset: i64, size: &[i64], stride: &[i64]) -> Option<u64> {
    let mut last = u64::try_from(offset).ok()?;
    let mut empty = false;
    if size.len() != stride.len() {
        return None;
    }
    for (size, stride) in size.iter().zip(stride) {
        let (size, stride) = (u64::try_from(*size).ok()?, u64::try_from(*stride).ok()?);
        empty |= size == 0;
        last = last.saturating_add(size.saturating_sub(1).saturating_mul(stride));
    }
    Some(if empty { 0 } else { last.saturating_add(1) })
}

/// Bytes of an element of a type that has no storage class of its own (`c10/core/ScalarType.h`).
fn dtype_size(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "uint16" => 2,
        "uint32" | "complex32" => 4,
        "uint64" => 8,
        _ if dtype.starts_with("float8_") => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::reach;

    #[test]
    fn a_tensor_reaches_to_its_last_element() {
        assert_eq!(reach(0, &[], &[]), Some(1));
        assert_eq!(reach(3, &[2, 4], &[4, 1]), Some(11));
        assert_eq!(reach(3, &[2, 0], &[4, 1]), Some(0));
        assert_eq!(reach(0, &[1000, 4], &[0, 1]), Some(4));
        assert_eq!(reach(0, &[i64::MAX, 4], &[i64::MAX, 1]), Some(u64::MAX));
        assert_eq!((reach(-1, &[1], &[1]), reach(0, &[2], &[-1]), reach(0, &[2], &[])), (None, None, None));
    }
}
