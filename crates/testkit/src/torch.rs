//! Checkpoints as `torch.save` writes them: the zip archive of `caffe2/serialize/inline_container.cc` (through miniz) and
//! the older stream of five pickles (`torch/serialization.py`, `_legacy_save`).
//!
//! ```
//! use testkit::torch::{Checkpoint, Tensor};
//! let harmless = Checkpoint::new().tensor(Tensor::floats("weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]));
//! let poisoned = harmless.clone().first("GLOBAL posix system\nSHORT_BINSTRING \"echo\"\nTUPLE1\nREDUCE\nPOP");
//! let (zip, legacy) = (poisoned.zip(), poisoned.legacy());
//! # assert!(zip.starts_with(b"PK") && legacy.starts_with(b"\x80\x02\x8a\x0a"));
//! ```

use crate::{
    pickle,
    zip::{End, Member, Zip64End, ZipWriter},
};

/// One entry of the state dict, with a storage of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its key in the state dict.
    pub name: String,
    /// The storage's class in `torch`: `FloatStorage`, `HalfStorage`, `LongStorage` …
    pub storage: String,
    /// How many elements the pickle says that the storage has.
    pub elements: u64,
    /// The lengths of its dimensions; strides follow from them.
    pub shape: Vec<u64>,
    /// The storage's bytes.
    pub bytes: Vec<u8>,
}

impl Tensor {
    /// A contiguous tensor of 32-bit floats.
    #[must_use]
    pub fn floats(name: &str, shape: &[u64], values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self {
            name: name.into(),
            storage: "FloatStorage".into(),
            elements: values.len() as u64,
            shape: shape.to_vec(),
            bytes,
        }
    }
}

/// A state dict on its way to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The folder in which all records of the archive lie: the file's stem, or `archive`.
    pub folder: String,
    tensors: Vec<Tensor>,
    first: String,
    object: Option<Vec<u8>>,
}

impl Default for Checkpoint {
    fn default() -> Self {
        Self { folder: "archive".into(), tensors: Vec::new(), first: String::new(), object: None }
    }
}

impl Checkpoint {
    /// A state dict without tensors, in the folder `archive`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor.
    #[must_use]
    pub fn tensor(mut self, tensor: Tensor) -> Self {
        self.tensors.push(tensor);
        self
    }

    /// Assembler lines that run before the state dict is built; they must leave the stack as it was.
    #[must_use]
    pub fn first(mut self, lines: &str) -> Self {
        self.first = lines.into();
        self
    }

    /// Puts another pickle in the place of the state dict; the storages stay.
    #[must_use]
    pub fn object(mut self, pickle: Vec<u8>) -> Self {
        self.object = Some(pickle);
        self
    }

    /// The pickle of the state dict as the zip format holds it (`data.pkl`).
    ///
    /// # Panics
    /// When the lines given to `first` do not assemble.
    #[must_use]
    pub fn data_pkl(&self) -> Vec<u8> {
        self.pickled("")
    }

    /// The archive's records without an end: more members, honest or not, may follow before `finish`. The end that miniz
    /// writes, with its zip64 record, is set already.
    #[must_use]
    pub fn records(&self) -> ZipWriter {
        let mut writer = ZipWriter::new().end(End { zip64: Some(Zip64End::default()), ..End::default() });
        for (name, body) in self.bodies() {
            let member = record(writer.position(), &format!("{}/{name}", self.folder), &body);
            writer = writer.member(member);
        }
        writer
    }

    /// The file that `torch.save` writes since 1.6.
    #[must_use]
    pub fn zip(&self) -> Vec<u8> {
        self.records().finish()
    }

    /// The file that `torch.save` wrote before 1.6: magic number, protocol, system, object and storage keys, each a
    /// pickle, then each storage as its number of elements and its bytes.
    ///
    /// # Panics
    /// When the lines given to `first` do not assemble.
    #[must_use]
    pub fn legacy(&self) -> Vec<u8> {
        let mut bytes = pickle::assemble(LEGACY_HEAD).expect("a constant");
        bytes.extend(self.pickled("NONE\n"));
        let keys: String = (0..self.tensors.len()).map(|key| format!("BINUNICODE \"{key}\"\n")).collect();
        bytes.extend(pickle::assemble(&format!("PROTO 2\nEMPTY_LIST\nMARK\n{keys}APPENDS\nSTOP")).expect("made here"));
        for tensor in &self.tensors {
            bytes.extend(tensor.elements.to_le_bytes());
            bytes.extend(&tensor.bytes);
        }
        bytes
    }

    fn bodies(&self) -> Vec<(String, Vec<u8>)> {
        let text = |name: &str, body: &str| (name.to_owned(), body.as_bytes().to_vec());
        let mut bodies = vec![
            ("data.pkl".to_owned(), self.data_pkl()),
            text(".format_version", "1"),
            text(".storage_alignment", "64"),
            text("byteorder", "little"),
        ];
        bodies
            .extend(self.tensors.iter().enumerate().map(|(key, tensor)| (format!("data/{key}"), tensor.bytes.clone())));
        bodies.push(text("version", "3\n"));
        bodies.push(text(".data/serialization_id", "0123456789012345678901234567890123456789"));
        bodies
    }

    /// `view` is what the legacy format has behind the number of elements: the view's metadata.
    fn pickled(&self, view: &str) -> Vec<u8> {
        if let Some(object) = &self.object {
            return object.clone();
        }
        let mut text = format!("PROTO 2\n{}\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nMARK\n", self.first);
        for (key, tensor) in self.tensors.iter().enumerate() {
            let Tensor { name, storage, elements, shape, .. } = tensor;
            let strides: Vec<u64> = (1..=shape.len()).map(|from| shape[from..].iter().product()).collect();
            text += &format!(
                "BINUNICODE {name:?}\nGLOBAL torch._utils _rebuild_tensor_v2\nMARK\nMARK\nBINUNICODE \"storage\"\n\
                 GLOBAL torch {storage}\nBINUNICODE \"{key}\"\nBINUNICODE \"cpu\"\n{}{view}TUPLE\nBINPERSID\nBININT1 0\n{}{}\
                 NEWFALSE\nGLOBAL collections OrderedDict\nEMPTY_TUPLE\nREDUCE\nTUPLE\nREDUCE\n",
                number(*elements),
                tuple(shape),
                tuple(&strides),
            );
        }
        pickle::assemble(&(text + "SETITEMS\nSTOP")).expect("the lines given to `first` assemble")
    }
}

/// One stored record at `position` of the archive: all zeros where miniz has no clock, sizes in a descriptor, and an
/// extra field `FB` that brings the body to a multiple of 64 bytes.
#[must_use]
pub fn record(position: u64, name: &str, body: &[u8]) -> Member {
    let mut member = Member::stored(name, body).both(|header| {
        header.needs = 0;
        header.date = 0;
        header.flags = 1 << 11;
    });
    (member.made_by, member.external) = (0, 0);
    let start = position + 30 + name.len() as u64 + 4;
    let padding = start.next_multiple_of(64) - start;
    member.local.extra = [b"FB".as_slice(), &(padding as u16).to_le_bytes(), &vec![b'Z'; padding as usize]].concat();
    if body.is_empty() { member } else { member.with_descriptor() }
}

const LEGACY_HEAD: &str = r#"
    PROTO 2
    LONG1 0x1950a86a20f9469cfc6c
    STOP
    PROTO 2
    BININT2 1001
    STOP
    PROTO 2
    EMPTY_DICT
    MARK
    BINUNICODE "protocol_version"
    BININT2 1001
    BINUNICODE "little_endian"
    NEWTRUE
    BINUNICODE "type_sizes"
    EMPTY_DICT
    MARK
    BINUNICODE "short"
    BININT1 2
    BINUNICODE "int"
    BININT1 4
    BINUNICODE "long"
    BININT1 4
    SETITEMS
    SETITEMS
    STOP
"#;

fn tuple(numbers: &[u64]) -> String {
    let items: String = numbers.iter().map(|value| number(*value)).collect();
    format!("MARK\n{items}TUPLE\n")
}

fn number(value: u64) -> String {
    match value {
        0..=0xff => format!("BININT1 {value}\n"),
        0x100..=0xffff => format!("BININT2 {value}\n"),
        0x1_0000..=0x7fff_ffff => format!("BININT {value}\n"),
        _ => format!("LONG1 {value}\n"),
    }
}

#[cfg(test)]
mod tests;
