#!/usr/bin/env python3
"""Holds the scanner to its deadline in the middle of every reader, decoder and evaluator.

    python3 xtask/hostile/deadlines.py BINARY [--only NAME] [--keep FOLDER]

Each case is one input that takes its reader longer than the timeout. The program must end within half a second after
it, with exit code 3 or 1 and a report that names `time`. A case that ended before its time proves nothing: it is shown
as `early`, and says how long it took. Exits with 1 if a deadline was missed.
"""

import argparse
import bz2
import gzip
import io
import json
import lzma
import marshal
import os
import pickle
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib
from pathlib import Path
from typing import Callable

TIMEOUT, GRACE = 1.0, 0.5
MB = 1 << 20
CASES: dict[str, Callable[[Path], None]] = {}


def case(name: str):
    """Registers a writer of an input called `name`."""

    def keep(make):
        CASES[name] = make
        return make

    return keep


def repeated(name: str, before: bytes, unit: bytes, after: bytes, size: int) -> None:
    """A case of one unit again and again."""

    def make(path: Path) -> None:
        block = unit * max(1, MB // len(unit))
        with path.open("wb") as out:
            out.write(before)
            for _ in range(max(1, size // len(block))):
                out.write(block)
            out.write(after)

    CASES[name] = make


def words(size: int) -> bytes:
    """Text that compresses no better than an honest file."""
    number = random.Random(7)
    lines = [("%x %d line of text\n" % (number.getrandbits(200), index)).encode() for index in range(20_000)]
    block = b"".join(lines)
    return block * max(1, size // len(block))


# Pickle ---------------------------------------------------------------------------------------------------------------

repeated("opcodes.pkl", b"\x80\x04", b"K\x010", b"N.", 500 * MB)
repeated("lists.pkl", b"\x80\x04", b"]\x94", b".", 300 * MB)
repeated("globals.pkl", b"\x80\x02", b"cbuiltins\nint\n0", b"N.", 300 * MB)
repeated("calls.pkl", b"\x80\x02", b"cbuiltins\nint\n(K\x01tR0", b"N.", 300 * MB)
repeated("decodes.pkl", b"\x80\x02", b"c_codecs\nencode\n(X\x08\x00\x00\x00aGVsbG8=X\x06\x00\x00\x00latin1tR0", b"N.", 300 * MB)
repeated("many.pkl", b"", pickle.dumps(list(range(50)), 2), b"", 300 * MB)
repeated("decimal.pkl", b"I", b"9", b"\n.", 200 * MB)
repeated("text.pkl", b"V", b"\\u0041b", b"\n.", 300 * MB)

# Code -----------------------------------------------------------------------------------------------------------------

repeated("statements.py", b"import os\n", b"x = os.path.join('a', 'b') + str(len([i for i in range(3)]))\n", b"", 100 * MB)
repeated("classes.py", b"", b"class A(object):\n    def f(self, x):\n        return self.g(x)[0]\n", b"", 100 * MB)
repeated("one_list.py", b"x = [", b"1, ", b"]\n", 100 * MB)
repeated("one_string.py", b"x = '", b"abc def ", b"'\n", 300 * MB)
repeated("joined.py", b"x = (", b"'a' 'b' ", b")\n", 60 * MB)
repeated("added.py", b"x = 'a'", b" + 'b'", b"\n", 60 * MB)
repeated("parentheses.py", b"", b"(", b"", 60 * MB)
repeated("broken.py", b"", b"def ( = 'x\n", b"", 60 * MB)
repeated("shell.sh", b"#!/bin/sh\n", b"if [ -f \"$x\" ]; then echo \"$(cat $x | sort)\" > y; fi\n", b"", 100 * MB)
repeated("substitutions.sh", b"#!/bin/sh\n", b"a=$(", b"", 20 * MB)
repeated("quotes.sh", b"#!/bin/sh\n", b"\"a\" 'b' `c` ", b"", 60 * MB)
repeated("template.jinja", b"", b"{% for m in messages %}{{ m['role'] ~ ': ' ~ m.content | trim }}{% endfor %}\n", b"", 60 * MB)
repeated("blocks.jinja", b"", b"{% if a %}", b"", 40 * MB)
repeated("Dockerfile", b"FROM x\n", b"RUN apt-get update && apt-get install -y curl\n", b"", 100 * MB)
repeated("source.lua", b"", b"local x = require('a').b(1, 'c') .. tostring(2)\n", b"", 100 * MB)


@case("cells.ipynb")
def notebook(path: Path) -> None:
    source = ["x = [i for i in range(3)]\n"] * 400_000
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [], "source": source}
    path.write_text(json.dumps({"cells": [cell] * 4, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))


@case("nested.pyc")
def bytecode(path: Path) -> None:
    source = "import os\n" + "def f(a, b):\n    return os.path.join(str(a), b.strip())\n" * 2_000
    code = compile(source, "x", "exec")
    code = code.replace(co_consts=(code,) * 60)
    import importlib.util

    path.write_bytes(importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code, 2))


# Structured text and data ---------------------------------------------------------------------------------------------

repeated("numbers.json", b"[1", b", 2.5", b"]", 400 * MB)
repeated("arrays.json", b"", b"[", b"", 300 * MB)
repeated("objects.json", b"[{}", b', {"key": "value", "list": [1, 2, {"a": null}]}', b"]", 300 * MB)
repeated("string.json", b'["', b"\\u00e9abc", b'"]', 400 * MB)
repeated("lines.jsonl", b"", b'{"text": "a line", "label": 1}\n', b"", 400 * MB)
repeated("rows.csv", b"a,b,c\n", b"1,2,three\n", b"", 600 * MB)
repeated("text.txt", b"", b"all sorts of words in a row\n", b"", 900 * MB)
repeated("keys.yaml", b"", b"- key: value\n  list: [1, 2, three]\n", b"", 100 * MB)
repeated("flow.yaml", b"", b"[", b"", 60 * MB)
repeated("keys.toml", b"", b"[[table]]\nkey = 'value'\n", b"", 100 * MB)
repeated("keys.ini", b"", b"[section]\nkey = value\n", b"", 300 * MB)
repeated("tree.xml", b"<a>", b"<b c='d'>text</b>", b"</a>", 300 * MB)
repeated("deep.xml", b"", b"<b>", b"", 200 * MB)


@case("header.npy")
def npy(path: Path) -> None:
    header = b"{'descr': [" + b"('a', '<f4'), " * 6_000_000 + b"], 'fortran_order': False, 'shape': (1,)}\n"
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header)


@case("pairs.rds")
def r_object(path: Path) -> None:
    # A list of strings, XDR version 2.
    one = struct.pack(">IIII", 0x10, 1, 0x00040009, 3) + b"abc"
    count = 12_000_000
    path.write_bytes(b"X\n" + struct.pack(">III", 2, 0x030602, 0x020300) + struct.pack(">II", 0x13, count) + one * count)


@case("objects.ser")
def java(path: Path) -> None:
    path.write_bytes(b"\xac\xed\x00\x05" + (b"\x74\x00\x03abc" + b"\x77\x02hi") * 20_000_000)


# Containers -----------------------------------------------------------------------------------------------------------


def members(path: Path, count: int) -> None:
    """A zip of many small members; written by hand, because the library takes a minute for it."""
    body = b"a text that says nothing"
    crc, central, offset = zlib.crc32(body), [], 0
    with path.open("wb") as out:
        for index in range(count):
            name = b"folder/%d.txt" % index
            sizes = (crc, len(body), len(body), len(name), 0)
            local = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 33, *sizes) + name + body
            out.write(local)
            listed = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 33, *sizes, 0, 0, 0, 0, offset)
            central.append(listed + name)
            offset += len(local)
        size = sum(map(len, central))
        out.writelines(central)
        out.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset))
        out.write(struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1))
        out.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0))


CASES["members.zip"] = lambda path: members(path, 250_000)
CASES["million.zip"] = lambda path: members(path, 1_000_000)


@case("deflated.zip")
def deflated(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a.txt", words(600 * MB))


@case("entries.tar")
def tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        for index in range(200_000):
            info = tarfile.TarInfo(f"folder/{index}.txt")
            info.size = 5
            archive.addfile(info, io.BytesIO(b"hello"))


@case("words.gz")
def gz(path: Path) -> None:
    path.write_bytes(gzip.compress(words(900 * MB), 1))


@case("words.bz2")
def bzip2(path: Path) -> None:
    path.write_bytes(bz2.compress(words(100 * MB), 1))


@case("words.xz")
def xz(path: Path) -> None:
    path.write_bytes(lzma.compress(words(200 * MB), preset=0))


@case("words.lzma")
def alone(path: Path) -> None:
    path.write_bytes(lzma.compress(words(200 * MB), format=lzma.FORMAT_ALONE, preset=0))


@case("words.joblib")
def joblib(path: Path) -> None:
    path.write_bytes(zlib.compress(b"\x80\x04" + b"K\x010" * (150 * MB) + b"N.", 1))


@case("noise.bin")
def noise(path: Path) -> None:
    block = os.urandom(16 * MB)
    with path.open("wb") as out:
        for _ in range(160):
            out.write(block)


@case("nothing.bin")
def sparse(path: Path) -> None:
    with path.open("wb") as out:
        out.truncate(64 << 30)


def run(binary: Path, path: Path) -> tuple[float, int, dict]:
    command = [binary, "--no-cache", "--no-config", "--format", "json", "--timeout", f"{TIMEOUT:g}s", path]
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return time.monotonic() - began, done.returncode, json.loads(done.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--keep", type=Path, help="a folder for the inputs, so that they are made once")
    arguments = parser.parse_args()
    binary, missed = arguments.binary.resolve(), 0
    with tempfile.TemporaryDirectory() as temporary:
        for name, make in CASES.items():
            if arguments.only not in name:
                continue
            path = (arguments.keep or Path(temporary)) / name
            if not path.exists():
                make(path)
            took, code, report = run(binary, path)
            timely = "time" in report["summary"]["reasons"]
            late = took > TIMEOUT + GRACE or (timely and code not in (1, 3))
            missed += late
            word = "MISSED" if late else "ok" if timely else "early"
            print(f"{word:7} {name:18} {took:5.2f} s  exit {code}  {report['verdict']} {list(report['summary']['reasons'])}", flush=True)
            if not arguments.keep:
                path.unlink()
    print(f"{missed} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
