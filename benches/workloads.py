"""The workloads that the goals of speed and memory are about, made from nothing but the standard library; the code of
models alone is fetched, from the package index.

Each holds a planted problem, an inert call of `posix.system`, so that a scanner which skips the work is seen to have
skipped it. Nothing here is ever loaded. `scale` makes smaller ones; costs are linear, so goals scale with it.
"""

import array
import collections
import importlib.util
import io
import marshal
import os
import pickle
import random
import struct
import subprocess
import sys
import tempfile
import types
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Iterator

PLANTED = "echo perf-planted"
# STACK_GLOBAL posix.system, REDUCE: appended to a stream before its STOP.
CALL = b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x8c\x11" + PLANTED.encode() + b"\x85R"
CALL_OPCODES = 7
MIB = 1 << 20


@dataclass
class Run:
    """One row: how to scan a workload and what it may cost at full scale."""

    level: str
    seconds: float | None = None
    nanoseconds_per_opcode: float | None = None
    # How much a core reads in a second of its own time: such a row is scanned by one thread.
    megabytes_a_second: float | None = None
    megabytes: float = 64.0
    # Whether the goal shrinks with the workload.
    scales: bool = True


@dataclass
class Workload:
    """A file or folder and the rows that are measured on it."""

    name: str
    file: str
    make: Callable[[Path, float], int]
    runs: list[Run]
    # How many planted calls a report must show at full scale; 0 for what may only be stopped and never called clean.
    planted: int = 1
    kind: str = field(default="file")


class Planted:
    """Pickles as a call of a process."""

    def __reduce__(self):
        return os.system, (PLANTED,)


# Streams of bytes -------------------------------------------------------------------------------------------------


def floats() -> bytes:
    """4 MB of weights as they come out of an initialiser."""
    number = random.Random(1)
    return array.array("f", [number.gauss(0, 0.02) for _ in range(1_000_000)]).tobytes()


def integers() -> bytes:
    """4 MB of small integers."""
    number = random.Random(2)
    return array.array("i", [number.randrange(1000) for _ in range(1_000_000)]).tobytes()


@dataclass
class Packed:
    """A deflate stream whose middle is one block of bytes, compressed once and repeated."""

    begin: bytes
    block: bytes
    times: int
    end: bytes
    level: int = 6

    def parts(self) -> Iterator[bytes]:
        def flushed(data: bytes) -> bytes:
            packer = zlib.compressobj(self.level, zlib.DEFLATED, -15)
            return packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH)

        packer = zlib.compressobj(self.level, zlib.DEFLATED, -15)
        block = flushed(self.block)
        yield flushed(self.begin)
        yield from (block for _ in range(self.times))
        yield packer.compress(self.end) + packer.flush(zlib.Z_FINISH)

    def plain(self) -> Iterator[bytes]:
        yield self.begin
        yield from (self.block for _ in range(self.times))
        yield self.end

    def size(self) -> int:
        return len(self.begin) + len(self.block) * self.times + len(self.end)


def checksum(algorithm: Callable[[bytes, int], int], parts: Iterable[bytes], start: int) -> int:
    for part in parts:
        start = algorithm(part, start)
    return start


def write_zip(path: Path, members: list[tuple[str, bytes | Packed]]) -> None:
    """A zip of stored bytes and deflate streams; sizes beyond 4 GiB in the zip64 field (APPNOTE 4.5.3)."""
    directory = b""
    with open(path, "wb") as file:
        for name, body in members:
            offset, packed = file.tell(), isinstance(body, Packed)
            size = body.size() if packed else len(body)
            crc = checksum(zlib.crc32, body.plain() if packed else [body], 0)
            stored = sum(map(len, body.parts())) if packed else size
            extra, sizes = b"", (stored, size)
            if size >= 0xFFFFFFFF:
                extra, sizes = struct.pack("<HHQQ", 1, 16, size, stored), (0xFFFFFFFF, 0xFFFFFFFF)
            fields = struct.pack("<HHHHIIIHH", 0, 8 if packed else 0, 0, 0x5821, crc, *sizes, len(name), len(extra))
            file.write(b"PK\3\4" + struct.pack("<H", 45) + fields + name.encode() + extra)
            file.writelines(body.parts() if packed else [body])
            directory += b"PK\1\2" + struct.pack("<HH", 45, 45) + fields
            directory += struct.pack("<HHHII", 0, 0, 0, 0, offset) + name.encode() + extra
        start = file.tell()
        file.write(directory)
        file.write(b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), start, 0))


# Pickles ----------------------------------------------------------------------------------------------------------


def small(path: Path, _scale: float) -> int:
    stream = pickle.dumps({"a": list(range(300)), "s": "x" * 100}, 4)
    path.write_bytes(stream[:-1] + CALL + b"0.")
    return 0


def opcodes(path: Path, scale: float) -> int:
    """Lists of tuples of constants: MARK BININT1 BININT2 BININT1 NONE NEWTRUE TUPLE MEMOIZE is nothing but dispatch."""
    lists = int(10_000 * scale)
    tuples = bytearray(b"(K\0M\0\0N\x88t\x94" * 1000)
    with open(path, "wb") as file:
        file.write(b"\x80\4]\x94")
        for index in range(lists):
            tuples[2::10] = bytes(number & 255 for number in range(index, index + 1000))
            tuples[4::10] = bytes(number >> 3 & 255 for number in range(index, index + 1000))
            file.write(b"(" + tuples + b"e")
        file.write(CALL + b"0.")
    return 3 + lists * 7002 + CALL_OPCODES + 2


def objects(path: Path, scale: float) -> int:
    """Dictionaries of lists of everything that plain Python objects are made of."""
    number, chunks, per_chunk, total = random.Random(7), int(100 * scale), 33_000, 0

    def row(index: int) -> list:
        text = "val%x" % number.getrandbits(32)
        numbers = [index, index & 255, index * 7 & 65535, number.random(), number.getrandbits(40)]
        return [*numbers, text, None, True, (index & 15, "t%d" % index)]

    with open(path, "wb") as file:
        file.write(b"\x80\4]\x94(")
        for chunk in range(chunks):
            rows = range(chunk * per_chunk, (chunk + 1) * per_chunk)
            stream = pickle.dumps({"key_%08d" % index: row(index) for index in rows}, 4)
            # 20 opcodes a row, and SETITEMS, MARK and FRAME now and then.
            total += 20 * per_chunk
            file.write(stream[2:-1])
        file.write(b"e" + CALL + b"0.")
    return total


def pathological(path: Path, scale: float) -> int:
    """Eight million marks, tuples of tuples, twelve million memo entries, then random look-ups among them."""
    marks, copies, reads = int(8e6 * scale), int(12e6 * scale), int(1.6e6 * scale)
    number = random.Random(4)
    with open(path, "wb") as file:
        file.write(b"\x80\4" + b"(" * marks + b"t" * marks + b"0]" + b"2\x94" * copies)
        file.write(b"".join(b"j" + number.randrange(copies).to_bytes(4, "little") + b"0" for _ in range(reads)))
        file.write(CALL + b".")
    return 1 + 2 * marks + 2 + 2 * copies + 2 * reads + CALL_OPCODES + 1


def tree(path: Path, scale: float) -> int:
    """Small pickles in folders of a hundred; every hundredth is poisoned."""
    number = random.Random(11)
    for index in range(int(10_000 * scale)):
        folder = path / f"{index // 1000:02}" / f"{index // 100 % 10:03}"
        folder.mkdir(parents=True, exist_ok=True)
        value = {
            "id": index,
            "name": f"model-{index}",
            "tags": [f"t{number.randrange(99)}" for _ in range(number.randrange(5, 40))],
            "w": [number.gauss(0, 1) for _ in range(number.randrange(60, 300))],
            "cfg": {f"k{key}": key * index for key in range(number.randrange(5, 40))},
        }
        stream = pickle.dumps(value, 4)
        bad = index % 100 == 37
        (folder / f"m{index:05}.pkl").write_bytes(stream[:-1] + CALL + b"0." if bad else stream)
    return 0


# Code -------------------------------------------------------------------------------------------------------------


def modules() -> Iterator[tuple[str, str]]:
    """Modules of the standard library that runs this: what any Python has, written by many hands."""
    top = Path(os.__file__).parent
    for folder in [top, *(top / name for name in ("asyncio", "email", "http", "json", "multiprocessing", "unittest"))]:
        for path in sorted(folder.glob("*.py")):
            yield f"{path.parent.name}-{path.stem}", path.read_text("utf-8")


def published() -> Iterator[tuple[str, str]]:
    """Modules of libraries that models are made with, as their wheels have them: what lies in model repositories. Fetched by name."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
        subprocess.run([*command, "diffusers", "timm", "transformers", "ultralytics"], check=True)
        modules = []
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                names = sorted(name for name in archive.namelist() if name.endswith(".py"))
                modules += [(name.replace("/", "-")[:-3], archive.read(name).decode("utf-8")) for name in names]
    random.Random(5).shuffle(modules)
    yield from modules


def code(
    path: Path, scale: float, modules: Callable[[], Iterator[tuple[str, str]]], suffix: str, write: Callable[[str], bytes]
) -> int:
    """Twenty megabytes of modules, the same ones again until there are as many, and one that calls at import."""
    ready, left, turn = list(modules()), int(20 * MIB * scale), 0
    while left > 0:
        for number, (name, text) in enumerate(ready):
            if left <= 0 and modules is published:
                break
            folder = path / f"{turn:02}" / f"{number // 100:02}"
            folder.mkdir(parents=True, exist_ok=True)
            content = write(text)
            # Not the same bytes again: nothing is read once for all.
            (folder / (name + suffix)).write_bytes(content + (b"# %d\n" % turn if suffix == ".py" else b""))
            left -= len(content)
        turn += 1
    (path / ("planted" + suffix)).write_bytes(write(f"import posix\nposix.system({PLANTED!r})\n"))
    return 0


def compiled(text: str) -> bytes:
    return importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(text, "module.py", "exec"))


def source(path: Path, scale: float) -> int:
    return code(path, scale, modules, ".py", str.encode)


def bytecode(path: Path, scale: float) -> int:
    return code(path, scale, modules, ".pyc", compiled)


def modelling_source(path: Path, scale: float) -> int:
    return code(path, scale, published, ".py", str.encode)


def modelling_bytecode(path: Path, scale: float) -> int:
    return code(path, scale, published, ".pyc", compiled)


# Containers -------------------------------------------------------------------------------------------------------


def checkpoint(shapes: list[tuple[int, int]], planted: bool) -> bytes:
    """The `data.pkl` of a checkpoint, written by pickle itself over stand-ins for torch's names."""
    modules = {name: types.ModuleType(name) for name in ("torch", "torch._utils")}
    storage = type("FloatStorage", (), {"__module__": "torch"})

    def rebuild(): ...

    rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = "torch._utils", *["_rebuild_tensor_v2"] * 2
    modules["torch"].FloatStorage = storage
    modules["torch._utils"]._rebuild_tensor_v2 = rebuild
    sys.modules.update(modules)

    class Stored:
        def __init__(self, key: int, count: int):
            self.key, self.count = key, count

    class Tensor:
        def __init__(self, key: int, rows: int, columns: int):
            self.arguments = Stored(key, rows * columns), 0, (rows, columns), (columns, 1), False

        def __reduce__(self):
            return rebuild, (*self.arguments, collections.OrderedDict())

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return ("storage", storage, str(value.key), "cpu", value.count) if isinstance(value, Stored) else None

    state = collections.OrderedDict((f"layers.{key}.weight", Tensor(key, *shape)) for key, shape in enumerate(shapes))
    if planted:
        state["extra"] = Planted()
    stream = io.BytesIO()
    Pickler(stream, 2).dump(state)
    for name in modules:
        del sys.modules[name]
    return stream.getvalue()


def torch_zip(path: Path, scale: float) -> int:
    count = int(256 * scale)
    weights = floats()
    members: list[tuple[str, bytes | Packed]] = [("archive/data.pkl", checkpoint([(1000, 1000)] * count, True))]
    members += [(f"archive/data/{index}", weights) for index in range(count)]
    write_zip(path, [*members, ("archive/version", b"3\n")])
    return 0


def array_header(descriptor: str, count: int) -> bytes:
    """The header of a .npy file (NumPy enhancement proposal 1)."""
    text = f"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': ({count},), }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode()


def npz(path: Path, scale: float) -> int:
    times, members = max(1, int(25 * scale)), []
    for index in range(5):
        descriptor, block = ("<f4", floats()) if index < 3 else ("<i4", integers())
        header = array_header(descriptor, times * 1_000_000)
        members.append((f"arr_{index}.npy", Packed(header, block, times, b"")))
    stream = array_header("|O", 1) + b"\x80\4" + CALL + b"."
    write_zip(path, [*members, ("obj.npy", Packed(stream, b"", 0, b""))])
    return 0


def joblib(path: Path, scale: float) -> int:
    """A dictionary of one array as joblib writes it: the raw bytes of the array stand inside the stream."""
    times = max(1, int(50 * scale))

    def text(value: str) -> bytes:
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    shape = b"J" + struct.pack("<i", times * 1_000_000) + b"\x85"
    flags = b"(K\3" + text("<") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    dtype = b"cnumpy\ndtype\n" + text("f4") + b"\x89\x88\x87R" + flags
    wrapper = b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}("
    wrapper += text("subclass") + b"cnumpy\nndarray\n" + text("shape") + shape + text("order") + text("C")
    wrapper += text("dtype") + dtype + text("allow_mmap") + b"\x88ub"
    body = Packed(b"\x80\3}(" + text("model") + wrapper, floats(), times, text("x") + CALL + b"u.", 3)
    with open(path, "wb") as file:
        file.write(b"\x78\x5e")
        file.writelines(body.parts())
        file.write(struct.pack(">I", checksum(zlib.adler32, body.plain(), 1)))
    return 0


def bomb_storage(path: Path, _scale: float) -> int:
    """10 GiB of zeros where the checkpoint claims a tensor of 4 MB."""
    zeros = Packed(b"", bytes(64 * MIB), 160, bytes(64), 9)
    write_zip(path, [("archive/data.pkl", checkpoint([(1000, 1000)], False)), ("archive/data/0", zeros)])
    return 0


def bomb_pickle(path: Path, _scale: float) -> int:
    """10.7 billion opcodes before the call."""
    body = Packed(b"\x80\4", b"N0" * (32 * MIB), 160, CALL + b".", 9)
    write_zip(path, [("archive/version", b"3\n"), ("archive/data.pkl", body)])
    return 0


def bomb_gzip(path: Path, _scale: float) -> int:
    """10 GiB of zeros whose size is stated nowhere ahead."""
    body = Packed(b"", bytes(64 * MIB), 160, b"", 9)
    with open(path, "wb") as file:
        file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        file.writelines(body.parts())
        file.write(struct.pack("<II", checksum(zlib.crc32, body.plain(), 0), body.size() & 0xFFFFFFFF))
    return 0


# Figures: the table of goals, CPU seconds (user and system) on a two-core machine with SHA extensions.
WORKLOADS = [
    Workload("1 KB pickle", "small.pkl", small, [Run("standard", 0.004, megabytes=16, scales=False)]),
    Workload(
        "1 GB PyTorch zip",
        "torch.pt",
        torch_zip,
        [Run("quick", 0.006, scales=False), Run("standard", 0.92)],
    ),
    Workload(
        "70 M opcodes, 100 MB", "opcodes.pkl", opcodes, [Run("standard", nanoseconds_per_opcode=8, megabytes=128)]
    ),
    # 64 MB, and 8 bytes for each of its 16.5 million entries of the memo.
    Workload(
        "66 M opcodes with objects", "objects.pkl", objects, [Run("standard", nanoseconds_per_opcode=10, megabytes=196)]
    ),
    Workload(
        "pathological pickle",
        "pathological.pkl",
        pathological,
        [Run("standard", nanoseconds_per_opcode=15, megabytes=192)],
    ),
    Workload("10,000 small pickles", "tree", tree, [Run("standard", 0.30)], planted=100, kind="folder"),
    # The standard library, most of which opens files, starts processes or looks names up, and the code of models, most of which does not.
    Workload("20 MB of Python source", "source", source, [Run("standard", megabytes_a_second=20)], kind="folder"),
    Workload("20 MB of Python bytecode", "bytecode", bytecode, [Run("standard", megabytes_a_second=50)], kind="folder"),
    Workload(
        "20 MB of modelling source",
        "modelling-source",
        modelling_source,
        [Run("standard", megabytes_a_second=20)],
        kind="folder",
    ),
    Workload(
        "20 MB of modelling bytecode",
        "modelling-bytecode",
        modelling_bytecode,
        [Run("standard", megabytes_a_second=50)],
        kind="folder",
    ),
    Workload("186 MB zlib joblib", "model.joblib", joblib, [Run("standard", 0.87, megabytes=32)]),
    Workload(
        "500 MB deflated npz", "arrays.npz", npz, [Run("quick", 0.008, scales=False), Run("standard", 1.8)]
    ),
    Workload("bomb: 10 GiB storage", "bomb-storage.pt", bomb_storage, [Run("standard", 0.03, scales=False)], 0),
    # Zeros are judged by their stated size. Of opcodes the first 8 MiB are run, as the limits say, which at the goal of
    # 8 ns an opcode takes 0.067 s: this one is stopped, reported and never called clean.
    Workload("bomb: 10.7 G opcodes", "bomb-pickle.pt", bomb_pickle, [Run("standard", 1.0, scales=False)], 0),
    Workload("bomb: gzip, unstated", "bomb.gz", bomb_gzip, [Run("standard", 1.0, scales=False)], 0),
]
