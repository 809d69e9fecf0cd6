"""Makes small files with joblib in each of its compressions (joblib, numpy and lz4 must be installed)."""

import collections
import pathlib

import joblib
import numpy

HERE = pathlib.Path(__file__).parent

MODEL = collections.OrderedDict(
    weights=numpy.arange(24, dtype="float32").reshape(4, 6),
    fortran=numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    names=numpy.array(["a", "b", None], dtype=object),
    empty=numpy.zeros((0, 3)),
    scalar=numpy.float64(0.5),
    steps=[1, 2.5, "text", None, (True, b"bytes")],
)

joblib.dump(MODEL, HERE / "raw.joblib")
joblib.dump(MODEL, HERE / "protocol2.joblib", protocol=2)
joblib.dump([1, 2, 3], HERE / "list.joblib")
for method, suffix in (("zlib", "z"), ("gzip", "gz"), ("bz2", "bz2"), ("xz", "xz"), ("lzma", "lzma"), ("lz4", "lz4")):
    try:
        joblib.dump(MODEL, HERE / f"{method}.joblib.{suffix}", compress=(method, 3))
    except ValueError as error:
        print(f"{method}: {error}")
