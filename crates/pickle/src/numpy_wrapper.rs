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
    dtype::Layout,
    machine::{Machine, lend},
    value::{Kind, Value},
};

/// An array that stands in the stream.
pub(crate) struct Wrapped {
    /// How one element lies there; with Python objects, the pickle of the whole array stands in its place.
    layout: Layout,
    /// Elements.
    count: u64,
    /// Whether a byte with the length of the padding stands first.
    aligned: bool,
    shape: String,
}

impl Wrapped {
    /// Whether a pickle of its own stands in its place.
    pub(crate) fn holds_objects(&self) -> bool {
        self.layout.objects
    }

    /// Type and shape.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.layout.shown, self.shape)
    }
}

impl Machine<'_, '_> {
    /// The array that the loader would read after this BUILD.
    pub(crate) fn array_wrapper(&self, object: Value, state: Value) -> Result<Option<Wrapped>, Stop> {
        let class = (object.kind() == Kind::Object).then(|| self.names.at(object.class())).flatten();
        let wraps = class.and_then(|class| class.name()).is_some_and(|name| &*name.qualname == "NumpyArrayWrapper");
        if self.plain || !wraps {
            return Ok(None);
        }
        let unknown = || Stop::Unsupported("a joblib array whose shape or type is not known".to_owned());
        self.wrapped(state).map(Some).ok_or_else(unknown)
    }

    fn wrapped(&self, state: Value) -> Option<Wrapped> {
        let view = self.view();
        let Known::Tuple(shape) = view.known(self.field(state, "shape")?) else {
            return None;
        };
        let sizes: Option<Vec<u64>> = shape.iter().map(size).collect();
        let sizes = sizes?;
        let count = sizes.iter().try_fold(1_u64, |product, size| product.checked_mul(*size))?;
        let layout = view.layout(self.field(state, "dtype")?)?;
        let aligned = self.field(state, "numpy_array_alignment_bytes").is_some_and(|value| value != Value::NONE);
        let shape = sizes.iter().map(u64::to_string).collect::<Vec<_>>().join("x");
        Some(Wrapped { layout, count, aligned, shape })
    }

    /// What stands under `name` in a state: the last one counts.
    fn field(&self, state: Value, name: &str) -> Option<Value> {
        let (items, total) = self.arena.items(state)?;
        if total != items.len() as u64 {
            return None;
        }
        items.chunks_exact(2).rev().find_map(|pair| match pair {
            [key, value] if self.texts.text(&self.arena, *key).as_deref() == Some(name) => Some(*value),
            _ => None,
        })
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
        if self.frame_end > reader.offset() && !self.beyond_the_end(self.frame_end) {
            // The loader takes opcodes from the frame first and the array from behind it.
            self.flaw("frame-lie", "an array is read in the middle of a frame".to_owned())?;
            self.limit("an array in the middle of a frame")?;
        }
        if wrapped.layout.objects {
            let start = reader.offset();
            self.nested(reader)?;
            let mut again = Reader::at(reader.blob(), &self.meter, start);
            return self.plain_reading(&mut again);
        }
        self.plain_reading(reader)?;
        if wrapped.aligned {
            let padding = reader.u8("the padding of an array")?;
            reader.skip(u64::from(padding), "the padding of an array")?;
        }
        let start = reader.offset();
        let bytes = wrapped.layout.size.saturating_mul(wrapped.count);
        reader.skip(bytes, "an array")?;
        self.opaque.push(start..reader.offset());
        let (dtype, shape) = (wrapped.layout.shown, wrapped.shape);
        let fact = Tensor { name: "".into(), dtype: dtype.into(), shape: shape.into(), bytes, stored: bytes };
        self.sink.fact(Place::bytes(start, bytes), fact)
    }

    /// Runs the pickle that stands here with a stack and memo of its own: joblib hands it to `pickle.load`, which knows of no arrays.
    fn nested(&mut self, reader: &mut Reader<'_>) -> Result<(), Stop> {
        self.nested_with(reader, |inner, reader| inner.run(reader))
    }

    /// [`Machine::nested`], run by `run`.
    pub(crate) fn nested_with(
        &mut self,
        reader: &mut Reader<'_>,
        run: impl FnOnce(&mut Machine<'_, '_>, &mut Reader<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mine = self.stack.bytes().saturating_add(self.memo.bytes());
        self.meter.hold(mine)?;
        let mut inner = Machine::new(reader, self.sink);
        inner.plain = true;
        lend!(self, inner);
        std::mem::swap(&mut self.stated, &mut inner.stated);
        let outcome = run(&mut inner, reader);
        std::mem::swap(&mut self.stated, &mut inner.stated);
        lend!(self, inner);
        let limited = inner.limited;
        drop(inner);
        self.limited |= limited;
        self.meter.release(mine);
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
