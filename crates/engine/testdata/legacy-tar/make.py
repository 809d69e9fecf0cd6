"""Makes a checkpoint of PyTorch's first format, a tar, as `legacy_load` reads it (`torch/serialization.py`), and lets PyTorch read it.

No released version writes it any more; needs torch (2.15 read it).
"""

import io
import pathlib
import pickle
import struct
import tarfile

import torch

HERE = pathlib.Path(__file__).parent


class Tensor:
    def __init__(self, key):
        self.key = key


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.key if isinstance(value, Tensor) else None


storages = pickle.dumps(2, 2)
for key, kind, values, form in ((11, torch.FloatStorage, [1.0, 2.0, 3.0, 4.0], "f"), (12, torch.LongStorage, [7, 8], "q")):
    storages += pickle.dumps((key, "cpu", kind), 2) + struct.pack("<q", len(values)) + struct.pack(f"<{len(values)}{form}", *values)
storages += pickle.dumps([], 2)
tensors = pickle.dumps(2, 2)
for key, storage, kind, sizes, strides in ((21, 11, torch.FloatTensor, (2, 2), (2, 1)), (22, 12, torch.LongTensor, (2,), (1,))):
    tensors += pickle.dumps((key, storage, kind), 2) + struct.pack("<i4x", len(sizes)) + struct.pack(f"<{2 * len(sizes) + 1}q", *sizes, *strides, 0)
model = io.BytesIO()
Pickler(model, 2).dump({"weight": Tensor(21), "steps": Tensor(22)})
info = {"protocol_version": 1000, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}

with tarfile.open(HERE / "model.tar", "w", format=tarfile.PAX_FORMAT) as archive:
    for name, data in (("sys_info", pickle.dumps(info, 2)), ("pickle", model.getvalue()), ("tensors", tensors), ("storages", storages)):
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))

loaded = torch.load(HERE / "model.tar", weights_only=False)
assert loaded["weight"].tolist() == [[1.0, 2.0], [3.0, 4.0]] and loaded["steps"].tolist() == [7, 8]
