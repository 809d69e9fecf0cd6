//! The layouts are those of the real writer.

use super::{Checkpoint, Tensor, record};
use crate::python;

fn checkpoint() -> Checkpoint {
    Checkpoint::new().tensor(Tensor::floats("weight", &[3, 2], &[0.5; 6])).tensor(Tensor::floats(
        "bias",
        &[2],
        &[1.0, 2.0],
    ))
}

#[test]
fn records_begin_as_miniz_writes_them() {
    // The first 80 bytes of any file that torch 2 writes in a folder `archive`, up to the pickle itself.
    let zip = checkpoint().zip();
    assert_eq!(
        &zip[..66],
        b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x10\0\x12\0archive/data.pklFB\x0e\0ZZZZZZZZZZZZZZ\x80\x02"
    );
    let empty = record(64, "a/b", b"");
    assert_eq!((empty.local.flags, empty.descriptor), (0x800, None));
}

#[test]
fn python_finds_aligned_storages_and_one_pickle() {
    let script = "
import io, pickletools, struct, sys, zipfile
data = sys.stdin.buffer.read()
archive = zipfile.ZipFile(io.BytesIO(data))
for member in archive.infolist():
    name, extra = struct.unpack_from('<HH', data, member.header_offset + 26)
    print(member.filename, member.file_size, (member.header_offset + 30 + name + extra) % 64)
print(archive.testzip(), [a for o, a, _ in pickletools.genops(archive.read('archive/data.pkl')) if o.name == 'GLOBAL'][:2])
";
    let expected = "archive/data.pkl 254 0\narchive/.format_version 1 0\narchive/.storage_alignment 2 0\n\
        archive/byteorder 6 0\narchive/data/0 24 0\narchive/data/1 8 0\narchive/version 2 0\n\
        archive/.data/serialization_id 40 0\nNone ['posix system', 'collections OrderedDict']\n";
    let poisoned = checkpoint().first("GLOBAL posix system\nPOP");
    if let Some(listing) = python::answers(script, &poisoned.zip()) {
        let sizes: Vec<_> = listing.lines().skip(1).collect();
        assert_eq!(sizes, expected.lines().skip(1).collect::<Vec<_>>());
        assert!(listing.starts_with("archive/data.pkl ") && listing.lines().next().unwrap().ends_with(" 0"));
    }
}

#[test]
fn the_legacy_stream_loads_piece_by_piece() {
    let script = "
import io, pickle, sys
class Loader(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ('collections', 'OrderedDict'): return dict
        if name == '_rebuild_tensor_v2': return lambda *arguments: arguments[:5]
        return name
    def persistent_load(self, identifier): return identifier
stream = io.BytesIO(sys.stdin.buffer.read())
for _ in range(5): print(Loader(stream).load())
print(stream.read())
";
    let expected = r"119547037146038801333356
1001
{'protocol_version': 1001, 'little_endian': True, 'type_sizes': {'short': 2, 'int': 4, 'long': 4}}
{'weight': (('storage', 'FloatStorage', '0', 'cpu', 6, None), 0, (3, 2), (2, 1), False), 'bias': (('storage', 'FloatStorage', '1', 'cpu', 2, None), 0, (2,), (1,), False)}
['0', '1']
";
    let legacy = checkpoint().legacy();
    assert!(legacy.starts_with(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."));
    let tail: Vec<u8> = [
        [6_u64.to_le_bytes().to_vec(), 0.5_f32.to_le_bytes().repeat(6)].concat(),
        [2_u64.to_le_bytes().to_vec(), 1_f32.to_le_bytes().to_vec(), 2_f32.to_le_bytes().to_vec()].concat(),
    ]
    .concat();
    assert!(legacy.ends_with(&tail));
    if let Some(listing) = python::answers(script, &legacy) {
        let (objects, storages) = listing.split_at(listing.rfind("b'").unwrap());
        assert_eq!(objects, expected);
        assert!(storages.starts_with("b'\\x06\\x00"));
    }
}
