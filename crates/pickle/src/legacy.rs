//! PyTorch's format before zip: five pickles, then the storages in the order of the last one's keys (`torch/serialization.py`, `_legacy_save`).

use std::collections::HashMap;

use base::{coverage::Claim, fact::Tensor, location::Place, reader::Reader, sink::Sink, stop::Stop};
use eval::{BigInt, Value as Known};

use crate::{
    legacy_tar::Member,
    machine::Machine,
    value::{Kind, Value},
};

/// What the first pickle holds.
const MAGIC: u128 = 0x1950_a86a_20f9_469c_fc6c;
/// The pickle with the list of keys.
const KEYS: u32 = 5;
/// Storages kept in mind.
const MAX_STORAGES: usize = 1 << 17;

/// Storages that persistent ids named: the class of their elements by key, and each by the value that stands for it.
#[derive(Default)]
pub(crate) struct Storages {
    classes: HashMap<String, String>,
    named: HashMap<Value, Storage>,
}

/// A storage as a persistent id has it.
pub(crate) struct Storage {
    pub(crate) key: String,
    pub(crate) class: String,
    pub(crate) elements: i64,
}

impl Storages {
    /// Remembers the class of a storage.
    pub(crate) fn add(&mut self, key: &str, class: &str) {
        if self.classes.len() < MAX_STORAGES {
            self.classes.insert(key.to_owned(), class.to_owned());
        }
    }

    /// Remembers which storage a value stands for; `false`: there are too many.
    pub(crate) fn name(&mut self, value: Value, storage: Storage) -> bool {
        let room = self.named.len() < MAX_STORAGES;
        if room {
            self.named.insert(value, storage);
        }
        room
    }

    /// Bytes held, about.
    pub(crate) fn bytes(&self) -> u64 {
        (self.named.len() as u64).saturating_mul(160)
    }

    /// The storage that a value stands for.
    pub(crate) fn of(&self, value: Value) -> Option<&Storage> {
        self.named.get(&value)
    }
}

/// How far a file has shown itself to be a legacy checkpoint.
#[derive(Default)]
pub(crate) struct Legacy {
    /// Pickles read since the magic number; 0 without one.
    stage: u32,
    storages: Storages,
    keys: Vec<String>,
    /// The format before this one.
    member: Member,
}

impl Legacy {
    /// A file of this name.
    pub(crate) fn new(name: &str) -> Self {
        Self { member: Member::new(name), ..Self::default() }
    }

    /// Looks at a pickle that was read; tells whether the storages follow now.
    pub(crate) fn after(&mut self, machine: &mut Machine<'_, '_>) -> bool {
        let result = machine.result;
        if self.stage == 0 {
            if self.member.after(machine) {
                return true;
            }
            // Only what may be a number is looked at: a whole model would be unfolded for nothing.
            let number = matches!(result.kind(), Kind::Constant | Kind::Known | Kind::Int);
            let magic = number
                && matches!(machine.view().known(result), Known::BigInt(number) if *number == BigInt::from(MAGIC));
            self.stage = u32::from(magic);
            return false;
        }
        self.stage = self.stage.saturating_add(1);
        self.storages.classes.extend(std::mem::take(&mut machine.storages.classes));
        if self.stage != KEYS {
            return false;
        }
        if let Some(keys) = machine.view().arguments(result) {
            self.keys = keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect();
        }
        true
    }

    /// Whether the magic number was read, or an entry of a member of the format before.
    pub(crate) fn begun(&self) -> bool {
        self.stage > 0 || self.member.follows()
    }

    /// Claims the storages.
    pub(crate) fn storages(&self, reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), Stop> {
        if self.member.follows() {
            return self.member.claim(reader, sink);
        }
        for key in &self.keys {
            let Some(class) = self.storages.classes.get(key) else {
                return Ok(());
            };
            let Some(element) = element_size(class) else {
                return Ok(());
            };
            claim_storage(reader, sink, key, class, element)?;
        }
        Ok(())
    }
}

/// Claims a storage: a count of elements and the raw elements.
pub(crate) fn claim_storage(
    reader: &mut Reader<'_>,
    sink: &mut Sink<'_>,
    key: &str,
    class: &str,
    element: u64,
) -> Result<(), Stop> {
    let start = reader.offset();
    let count = reader.u64_le("the size of a storage")?;
    let bytes = count.saturating_mul(element);
    sink.claim(start..reader.offset(), Claim::Read);
    let data = reader.offset();
    reader.skip(bytes, "a storage")?;
    sink.claim(data..reader.offset(), Claim::Opaque);
    let shape = count.to_string().into();
    let fact = Tensor { name: key.into(), dtype: class.into(), shape, bytes, stored: bytes };
    sink.fact(Place::bytes(data, bytes), fact)
}

/// Bytes of an element of a PyTorch storage class, by its last name (`torch/storage.py`); `None` for a class without a fixed size.
pub fn element_size(class: &str) -> Option<u64> {
    Some(match class.rsplit('.').next()? {
        "ComplexDoubleStorage" => 16,
        "DoubleStorage" | "LongStorage" | "ComplexFloatStorage" => 8,
        "FloatStorage" | "IntStorage" | "QInt32Storage" => 4,
        "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
        "CharStorage" | "ByteStorage" | "BoolStorage" | "UntypedStorage" | "QInt8Storage" | "QUInt8Storage"
        | "QUInt4x2Storage" | "QUInt2x4Storage" => 1,
        _ => return None,
    })
}
