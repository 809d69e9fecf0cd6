"""Makes the fixtures of compressed streams with Python's modules and the tools xz, zstd and lz4."""

import bz2
import gzip
import lzma
import pathlib
import subprocess
import zlib

HERE = pathlib.Path(__file__).parent
TEXT = b"the content of a compressed file, said a few times\n" * 20


def tool(*command):
    return subprocess.run(command, input=TEXT, check=True, stdout=subprocess.PIPE).stdout


for name, data in {
    "python-gz.gz": gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0),
    "python-bz2.bz2": bz2.compress(TEXT),
    "python-xz.xz": lzma.compress(TEXT),
    "python-lzma.lzma": lzma.compress(TEXT, format=lzma.FORMAT_ALONE),
    "python-zlib.zlib": zlib.compress(TEXT),
    "joblib-old.pkl.z": b"ZF" + hex(len(TEXT)).encode().ljust(19) + zlib.compress(TEXT),
    "tool-xz.xz": tool("xz", "--check=sha256", "--block-size=256"),
    "tool-zst.zst": tool("zstd", "-q", "-19", "--check"),
    "tool-lz4.lz4": tool("lz4", "-q"),
    "tool-lz4-legacy.lz4": tool("lz4", "-q", "-l"),
}.items():
    (HERE / name).write_bytes(data)
