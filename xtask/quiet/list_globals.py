"""Lists every global that honest pickles name, with its role, without importing any of them.

Usage: python list_globals.py FOLDER... > globals.tsv

Columns: module, name, roles (called, built, instance, state, persistent, value; each with its count), an example.
The unpickler of `pickle.py` runs with stand-ins instead of classes, so nothing of the file is executed.
"""
import _compat_pickle
import bz2
import collections
import gzip
import io
import lzma
import os
import pickle
import sys
import zipfile
import zlib

try:
    import numpy
except ImportError:
    numpy = None


class Global:
    """A stand-in for the class or function that the stream names."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Value:
    """A stand-in for what a call gave; takes items, members and states without effect."""

    def __init__(self, made_by, arguments):
        self.made_by, self.arguments, self.state = made_by, arguments, None

    def append(self, _item):
        pass

    extend = add = append

    def __setitem__(self, _key, _item):
        pass


class Machine(pickle._Unpickler):
    """Reads a stream and tells `record(module, name, role)` what it does."""

    def __init__(self, stream, record):
        super().__init__(stream, encoding="latin-1")
        self.record, self.stream = record, stream

    def find_class(self, module, name):
        if self.proto < 3:
            if (module, name) in _compat_pickle.NAME_MAPPING:
                module, name = _compat_pickle.NAME_MAPPING[(module, name)]
            elif module in _compat_pickle.IMPORT_MAPPING:
                module = _compat_pickle.IMPORT_MAPPING[module]
        self.record(module, name, "value")
        return Global(module, name)

    def tell(self, callee, role, arguments=()):
        if isinstance(callee, Global):
            self.record(callee.module, callee.name, role)
            if callee.name == "getattr" and len(arguments) > 1 and isinstance(arguments[0], Global):
                self.record(arguments[0].module, f"{arguments[0].name}.{arguments[1]}", "attribute")
        elif isinstance(callee, Value) and isinstance(callee.made_by, Global):
            self.record(callee.made_by.module, callee.made_by.name + "()", role)

    def persistent_load(self, identity):
        for part in identity if isinstance(identity, tuple) else ():
            self.tell(part, "persistent")
        return Value(None, identity)

    dispatch = dict(pickle._Unpickler.dispatch)

    def load_reduce(self):
        arguments = self.stack.pop()
        self.tell(self.stack[-1], "called", arguments if isinstance(arguments, tuple) else ())
        self.stack[-1] = Value(self.stack[-1], arguments)
    dispatch[pickle.REDUCE[0]] = load_reduce

    def load_newobj(self):
        arguments = self.stack.pop()
        self.tell(self.stack[-1], "built")
        self.stack[-1] = Value(self.stack[-1], arguments)
    dispatch[pickle.NEWOBJ[0]] = load_newobj

    def load_newobj_ex(self):
        self.stack.pop()
        self.load_newobj()
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex

    def _instantiate(self, kind, arguments):
        self.tell(kind, "instance")
        self.append(Value(kind, arguments))

    def load_build(self):
        state = self.stack.pop()
        target = self.stack[-1]
        if isinstance(target, Value):
            made_by = target.made_by
            if isinstance(made_by, Global) and made_by.name in ("_reconstructor", "__newobj__", "__newobj_ex__"):
                made_by = target.arguments[0]
            self.tell(made_by, "state")
            target.state = state
            if isinstance(made_by, Global) and made_by.name in ("NumpyArrayWrapper",) and isinstance(state, dict):
                self.skip_array(state)
        else:
            self.tell(target, "attributes")
    dispatch[pickle.BUILD[0]] = load_build

    def skip_array(self, state):
        """joblib writes the array's bytes into the stream, right after its wrapper."""
        dtype = state["dtype"]
        kind = dtype.arguments[0] if isinstance(dtype, Value) else "O"
        if kind == "O" or kind.startswith("O"):
            Machine(self.stream, self.record).load()
            return
        if state.get("numpy_array_alignment_bytes"):
            padding = self.stream.read(1)
            self.stream.read(padding[0])
        count = 1
        for length in state["shape"]:
            count *= length if isinstance(length, int) else 1
        size = numpy.dtype(kind).itemsize if numpy else int(kind.lstrip("fiubcSUVM"))
        if kind.startswith("V") and isinstance(dtype.state, tuple):
            size = dtype.state[5]
        self.stream.read(count * size)


def streams(data, depth=0):
    """The pickle streams inside a file: as it stands, inflated, or as members of a zip."""
    if depth > 3:
        return
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                if member.endswith((".pkl", ".npy", ".pickle", ".bin", ".model")) and "/data/" not in member:
                    yield from streams(archive.read(member), depth + 1)
        return
    for head, inflate in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress), (b"]\x00", lzma.decompress), (b"x", zlib.decompress)):
        if data.startswith(head):
            try:
                yield from streams(inflate(data), depth + 1)
                return
            except Exception:
                continue
    if data[:6] == b"\x93NUMPY":
        data = data[data.index(b"\n") + 1:]
    yield data


def main():
    found = collections.defaultdict(collections.Counter)
    examples, broken = {}, []
    for root in sys.argv[1:]:
        for folder, _, files in sorted(os.walk(root)):
            for file in sorted(files):
                path = os.path.join(folder, file)
                if not file.endswith((".pkl", ".joblib", ".pt", ".pth", ".bin", ".pickle", ".npy", ".npz", ".ckpt", ".model", ".pkl.gz", ".tar", ".z", ".gz", ".kv", ".dict", ".metadata")):
                    continue

                def record(module, name, role):
                    found[(module, name)][role] += 1
                    examples.setdefault((module, name), os.path.relpath(path, root))
                with open(path, "rb") as handle:
                    data = handle.read()
                try:
                    for stream in streams(data):
                        read(stream, record)
                except Exception as error:
                    broken.append((path, repr(error)[:100]))
    for (module, name), roles in sorted(found.items()):
        print(module, name, ",".join(f"{role}:{count}" for role, count in sorted(roles.items())), examples[(module, name)], sep="\t")
    print(len(broken), "unread", *broken[:40], sep="\n", file=sys.stderr)


def read(data, record):
    """One stream after the other; bytes after the first that are no pickle end the reading."""
    stream, first = io.BytesIO(data), True
    while stream.tell() < len(data):
        try:
            Machine(stream, record).load()
        except Exception:
            if first:
                raise
            return
        first = False


if __name__ == "__main__":
    main()
