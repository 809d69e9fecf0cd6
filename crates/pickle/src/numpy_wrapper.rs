//! joblib's array wrapper: after its state is set, the loader reads the raw array from the stream right there (`joblib/numpy_pickle.py`).

use base::{
    coverage::Claim,
    fact::{Reference, Tensor},
    location::Place,
    reader::Reader,
    stop::Stop,
};
use eval::Value as Known;

use crate::{
    machine::Machine,
    value::{Kind, Value},
};

/// An array that stands in the stream.
pub(crate) struct Wrapped {
    /// Bytes of one element; `None` for Python objects, whose pickle stands there.
    item: Option<u64>,
    /// Elements.
    count: u64,
    /// Whether a byte with the length of the padding stands first.
    aligned: bool,
    dtype: String,
    shape: String,
}

impl Machine<'_, '_> {
    /// The array that the loader would read after this BUILD.
    pub(crate) fn array_wrapper(&self, object: Value, state: Value) -> Option<Wrapped> {
        let class = (object.kind() == Kind::Object).then(|| self.names.at(object.class()))??;
        let name = class.name()?;
        if self.plain || &*name.qualname != "NumpyArrayWrapper" {
            return None;
        }
        let Known::Dict(pairs) = self.view().known(state) else {
            return None;
        };
        let field = |name: &str| pairs.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value);
        let Some(Known::Tuple(shape)) = field("shape") else {
            return None;
        };
        let sizes: Option<Vec<u64>> = shape.iter().map(size).collect();
        let sizes = sizes?;
        let count = sizes.iter().try_fold(1_u64, |product, size| product.checked_mul(*size))?;
        let dtype = dtype(field("dtype")?)?;
        let item = item_size(&dtype)?;
        let aligned = field("numpy_array_alignment_bytes").is_some_and(|value| matches!(value, Known::Int(1..)));
        let shape = sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
        Some(Wrapped { item: (!dtype.contains('O')).then_some(item), count, aligned, dtype, shape })
    }

    /// joblib's old wrappers name a file beside this one that holds the array.
    pub(crate) fn file_wrapper(&mut self, object: Value, state: Value) -> Result<(), Stop> {
        let class = (object.kind() == Kind::Object).then(|| self.names.at(object.class())).flatten();
        let wraps = class.and_then(|class| class.name()).is_some_and(|name| {
            name.module.starts_with("joblib.") && matches!(&*name.qualname, "NDArrayWrapper" | "ZNDArrayWrapper")
        });
        if !wraps {
            return Ok(());
        }
        let Known::Dict(pairs) = self.view().known(state) else {
            return Ok(());
        };
        let Some(file) =
            pairs.iter().find(|(key, _)| key.as_str() == Some("filename")).and_then(|pair| pair.1.as_str())
        else {
            return Ok(());
        };
        let place = self.place();
        self.sink.fact(place, Reference { kind: "file".into(), target: file.into(), role: "external-data".into() })
    }

    /// Steps over the array; an array of objects is a pickle that is run in its place.
    pub(crate) fn array(&mut self, reader: &mut Reader<'_>, wrapped: Wrapped) -> Result<(), Stop> {
        let Some(item) = wrapped.item else {
            return self.nested(reader);
        };
        self.plain_reading(reader)?;
        if wrapped.aligned {
            let padding = reader.u8("the padding of an array")?;
            reader.skip(u64::from(padding), "the padding of an array")?;
        }
        let start = reader.offset();
        let bytes = item.saturating_mul(wrapped.count);
        reader.skip(bytes, "an array")?;
        self.opaque.push(start..reader.offset());
        let fact =
            Tensor { name: "".into(), dtype: wrapped.dtype.into(), shape: wrapped.shape.into(), bytes, stored: bytes };
        self.sink.fact(Place::bytes(start, bytes), fact)
    }

    /// Runs the pickle that stands here with a stack and memo of its own: a new unpickler reads it.
    fn nested(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        if self.depth >= 16 {
            return Err(Stop::Limit(base::reason::Reason::Depth));
        }
        let mut inner = Machine::new(reader, self.sink);
        inner.depth = self.depth.saturating_add(1);
        std::mem::swap(&mut inner.extensions, &mut self.extensions);
        let outcome = inner.run(reader);
        let (extensions, opaque) = (std::mem::take(&mut inner.extensions), std::mem::take(&mut inner.opaque));
        drop(inner);
        self.extensions = extensions;
        self.opaque.extend(opaque);
        outcome
    }

    /// The ranges that hold arrays, and what lies between them, claimed from `start` to `end`.
    pub(crate) fn claim(&mut self, start: u64, end: u64) {
        let mut at = start;
        for range in std::mem::take(&mut self.opaque) {
            self.sink.claim(at..range.start, Claim::Read);
            at = range.end;
            self.sink.claim(range, Claim::Opaque);
        }
        self.sink.claim(at..end, Claim::Read);
    }
}

fn size(value: &Known) -> Option<u64> {
    match value {
        Known::Int(size) => u64::try_from(*size).ok(),
        _ => None,
    }
}

/// The type string of a `numpy.dtype(text, align, copy)` call.
fn dtype(value: &Known) -> Option<String> {
    match value {
        Known::Call(call) | Known::Instance(call) => match call.args.first()? {
            Known::Str(text) => Some(text.to_string()),
            _ => None,
        },
        Known::Str(text) => Some(text.to_string()),
        Known::Global(name) => Some(name.qualname.rsplit('.').next().unwrap_or_default().to_owned()),
        _ => None,
    }
}

/// Bytes of one element of a type string such as `<f8`, `i4`, `U10`, `M8[ns]`, `V16`.
fn item_size(dtype: &str) -> Option<u64> {
    let plain = dtype.trim_start_matches(['<', '>', '=', '|']);
    let (letter, rest) = plain.split_at_checked(1)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let number = digits.parse::<u64>().ok();
    match letter {
        "O" => Some(8),
        "U" => number?.checked_mul(4),
        "?" => Some(1),
        _ => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_of_elements() {
        let sizes = ["f8", "<i4", "|b1", "U10", "M8[ns]", "V24", "O8", "?", "c16"].map(item_size);
        assert_eq!(sizes, [Some(8), Some(4), Some(1), Some(40), Some(8), Some(24), Some(8), Some(1), Some(16)]);
        assert_eq!(item_size("float"), None);
    }
}
