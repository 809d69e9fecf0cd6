//! Members of PyTorch's first format, a tar: pickles with raw numbers between them (`torch/serialization.py`, `legacy_load`).

use base::{coverage::Claim, reader::Reader, sink::Sink, stop::Stop};
use eval::Value as Known;

use crate::{
    legacy::{claim_storage, element_size},
    machine::Machine,
};

/// Which member it is: its loader extracts both by these names.
#[derive(Clone, Copy)]
enum Holds {
    /// Behind each pickle `(key, location, class)`: a count of elements and the elements.
    Storages,
    /// Behind each pickle `(key, storage, class)`: dimensions, sizes, strides and an offset.
    Tensors,
}

/// What follows a pickle.
enum Raw {
    Storage { key: String, class: String, element: u64 },
    Geometry,
}

/// How far a file has shown itself to be the member `storages` or `tensors`.
#[derive(Default)]
pub(crate) struct Member {
    /// `None` for any other file, and once the content is not such a member's.
    holds: Option<Holds>,
    /// Entries to come; `None` before the first pickle, which counts them.
    left: Option<i64>,
    raw: Option<Raw>,
}

impl Member {
    /// A file of this name. The name alone decides nothing: each pickle must be what the member has at its place.
    pub(crate) fn new(name: &str) -> Self {
        let holds = match name.rsplit('/').next() {
            Some("storages") => Some(Holds::Storages),
            Some("tensors") => Some(Holds::Tensors),
            _ => None,
        };
        Self { holds, ..Self::default() }
    }

    /// Looks at a pickle that was read; tells whether raw numbers follow now.
    pub(crate) fn after(&mut self, machine: &Machine<'_, '_>) -> bool {
        self.raw = None;
        let Some(holds) = self.holds else {
            return false;
        };
        let result = machine.view().known(machine.result);
        match (self.left, &result) {
            (None, Known::Int(count)) if *count > 0 => {
                self.left = Some(*count);
                return false;
            }
            (Some(left), Known::Tuple(parts)) if left > 0 => {
                self.left = left.checked_sub(1);
                self.raw = raw(holds, parts);
            }
            _ => {}
        }
        if self.raw.is_none() {
            self.holds = None;
        }
        self.raw.is_some()
    }

    /// Whether raw numbers follow now.
    pub(crate) fn follows(&self) -> bool {
        self.raw.is_some()
    }

    /// Claims the raw numbers.
    pub(crate) fn claim(&self, reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        let Some(raw) = &self.raw else {
            return Ok(());
        };
        plain_reading(reader, sink)?;
        match raw {
            Raw::Storage { key, class, element } => claim_storage(reader, sink, key, class, *element),
            Raw::Geometry => claim_geometry(reader, sink),
        }
    }
}

/// What follows a pickle with this content, if the member has such a pickle.
fn raw(holds: Holds, parts: &[Known]) -> Option<Raw> {
    let [Known::Int(key), second, class] = parts else {
        return None;
    };
    let class = class.as_name()?.dotted();
    let ours = class.starts_with("torch.");
    match (holds, second) {
        (Holds::Storages, Known::Str(_)) if ours => {
            let element = element_size(&class)?;
            Some(Raw::Storage { key: key.to_string(), class, element })
        }
        (Holds::Tensors, Known::Int(_)) if ours && class.ends_with("Tensor") => Some(Raw::Geometry),
        _ => None,
    }
}

/// An unpickler that takes one pickle after the other knows nothing of numbers between them.
fn plain_reading(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let mut machine = Machine::new(reader, sink);
    machine.plain_reading(reader)?;
    if machine.limited { Err(Stop::Limit(base::reason::Reason::Memory)) } else { Ok(()) }
}

/// Dimensions as 32 bits and 32 unused ones, as many sizes and strides of 64 bits, and an offset.
fn claim_geometry(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
    let start = reader.offset();
    let dimensions = i32::from_le_bytes(reader.array("the dimensions of a tensor")?);
    let Ok(dimensions) = u64::try_from(dimensions) else {
        return Err(Stop::malformed(start, format!("a tensor of {dimensions} dimensions")));
    };
    let rest = dimensions.saturating_mul(16).saturating_add(12);
    reader.skip(rest, "the sizes and strides of a tensor")?;
    sink.claim(start..reader.offset(), Claim::Read);
    Ok(())
}
