"""numpy, scipy and pandas values."""
import numpy as np


def numpy_family(quiet):
    out = quiet("numpy")
    for name in ("int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 longdouble complex64 "
                 "complex128 clongdouble bool_ object_ str_ bytes_").split():
        scalar = getattr(np, name)
        out.save(f"array-{name}", lambda: np.zeros((3, 2), scalar))
        if name != "object_":
            out.save(f"scalar-{name}", lambda: scalar(1))
        out.save(f"type-{name}", scalar)
        out.save(f"dtype-{name}", lambda: np.dtype(scalar))
    out.save("array-strings", np.array(["ab", "c"]))
    out.save("array-bytes", np.array([b"ab", b"c"]))
    out.save("array-objects", np.array([1, "a", None, [1]], object))
    out.save("array-fortran", np.asfortranarray(np.ones((3, 4))))
    out.save("array-view", np.arange(20).reshape(4, 5)[::2, 1:])
    out.save("array-big-endian", np.arange(4, dtype=">i4"))
    out.save("array-datetime", np.array(["2024-01-01"], "M8[ns]"))
    out.save("array-timedelta", np.array([1, 2], "m8[s]"))
    out.save("scalar-datetime", np.datetime64("2024-01-01", "D"))
    out.save("scalar-timedelta", np.timedelta64(3, "h"))
    out.save("array-structured", np.array([(1, 2.0, "x")], [("a", "i4"), ("b", "f8"), ("c", "U4")]))
    out.save("array-nested-structure", np.zeros(2, [("p", [("x", "f4"), ("y", "f4", (2,))])]))
    out.save("scalar-void", np.array([(1, 2.0)], [("a", "i4"), ("b", "f8")])[0])
    out.save("recarray", np.rec.array([(1, "a")], names="n,s"))
    out.save("record-scalar", lambda: np.rec.array([(1, "a")], names="n,s")[0])
    out.save("masked-array", np.ma.array([1, 2, 3], mask=[0, 1, 0]))
    out.save("masked-records", lambda: np.ma.array([(1, 2.0)], mask=[(1, 0)], dtype=[("a", int), ("b", float)]))
    out.save("masked-constant", np.ma.masked)
    out.save("matrix", np.matrix([[1, 2]]))
    out.save("chararray", lambda: np.char.array(["a", "b"]))
    out.save("memmap-copy", lambda: np.array(np.arange(3)))
    out.save("empty", np.empty((0, 3)))
    out.save("zero-dimensional", np.array(3.5))
    out.save("dtype-datetime", np.dtype("M8[us]"))
    out.save("dtype-sub-array", np.dtype((np.int32, (2, 2))))
    out.save("dtype-aligned", np.dtype([("a", "i1"), ("b", "f8")], align=True))
    for name in ("add multiply exp log sqrt maximum minimum tanh log1p expm1 sin abs square logical_and isnan "
                 "subtract divide power less equal arctan2").split():
        out.save(f"ufunc-{name}", lambda: getattr(np, name))
    for name in "mean std median sum max min argmax nanmean percentile concatenate clip".split():
        out.save(f"function-{name}", lambda: getattr(np, name))
    random = np.random
    for name in "PCG64 MT19937 Philox SFC64 PCG64DXSM".split():
        out.save(f"generator-{name}", lambda: random.Generator(getattr(random, name)(0)))
        out.save(f"bits-{name}", lambda: getattr(random, name)(0))
    out.save("random-state", lambda: random.RandomState(0))
    out.save("random-state-tuple", lambda: random.get_state())
    out.save("default-rng", lambda: random.default_rng(1))
    out.save("seed-sequence", lambda: random.SeedSequence(3))
    out.save("polynomial", lambda: np.poly1d([1, 2]))
    for name in "Polynomial Chebyshev Legendre Hermite HermiteE Laguerre".split():
        out.save(f"polynomial-{name}", lambda: getattr(np.polynomial, name)([1, 2, 3]))
    out.save("vectorize", lambda: np.vectorize(len))
    out.save("finfo", lambda: np.finfo(np.float32))
    out.save("iinfo", lambda: np.iinfo(np.int32))
    out.save("newaxis-and-slices", (np.newaxis, slice(1, 2), Ellipsis))
    out.save("error-states", lambda: np.geterr())
    out.save("string-dtype", lambda: np.array(["a", "bb"], np.dtypes.StringDType()))
    out.save("dtype-classes", lambda: [np.dtypes.Float64DType, np.dtypes.Int32DType])
    out.save("exceptions", lambda: [np.linalg.LinAlgError("singular")])
    out.write("object-npy", lambda path: np.save(open(path, "wb"), np.array([1, "a", {}], object), allow_pickle=True), suffix="npy")


def scipy_family(quiet):
    import scipy.interpolate as interpolate
    import scipy.sparse as sparse
    import scipy.spatial as spatial
    import scipy.stats as stats
    out = quiet("scipy")
    for kind in "csr csc coo lil dok dia bsr".split():
        for shape in ("matrix", "array"):
            build = getattr(sparse, f"{kind}_{shape}", None)
            if build:
                out.save(f"{kind}-{shape}", lambda: build(np.eye(3)))
    out.save("kd-tree", lambda: spatial.KDTree(np.eye(3)))
    out.save("ckd-tree", lambda: spatial.cKDTree(np.eye(3)))
    out.save("rotation", lambda: spatial.transform.Rotation.from_euler("z", 1.0))
    out.save("distance-functions", lambda: [spatial.distance.cosine, spatial.distance.euclidean])
    for name in "norm expon gamma beta uniform t chi2 lognorm poisson binom randint loguniform reciprocal bernoulli".split():
        distribution = getattr(stats, name)
        out.save(f"distribution-{name}", lambda: distribution)
        shapes = dict(gamma=(1,), beta=(1, 2), t=(3,), chi2=(2,), lognorm=(1,), poisson=(2,), binom=(3, .5),
                      randint=(0, 5), loguniform=(1, 2), reciprocal=(1, 2), bernoulli=(.5,)).get(name, ())
        out.save(f"frozen-{name}", lambda: distribution(*shapes))
    out.save("kde", lambda: stats.gaussian_kde(np.random.rand(10)))
    out.save("multivariate-normal", lambda: stats.multivariate_normal(np.zeros(2), np.eye(2)))
    out.save("test-result", lambda: stats.ttest_ind(np.arange(5.), np.arange(5.) + 1))
    out.save("linregress", lambda: stats.linregress([1, 2, 3], [2, 4, 6.1]))
    x = np.linspace(0, 1, 8)
    out.save("interp1d", lambda: interpolate.interp1d(x, x))
    out.save("cubic-spline", lambda: interpolate.CubicSpline(x, x))
    out.save("b-spline", lambda: interpolate.make_interp_spline(x, x))
    out.save("univariate-spline", lambda: interpolate.UnivariateSpline(x, x))
    out.save("pchip", lambda: interpolate.PchipInterpolator(x, x))
    out.save("akima", lambda: interpolate.Akima1DInterpolator(x, x))
    out.save("rbf", lambda: interpolate.RBFInterpolator(x[:, None], x))
    out.save("regular-grid", lambda: interpolate.RegularGridInterpolator((x, x), np.ones((8, 8))))
    out.save("nearest", lambda: interpolate.NearestNDInterpolator(np.random.rand(6, 2), np.arange(6)))
    out.save("linear-nd", lambda: interpolate.LinearNDInterpolator(np.random.rand(6, 2), np.arange(6)))
    out.save("delaunay", lambda: spatial.Delaunay(np.random.rand(6, 2)))
    out.save("convex-hull", lambda: spatial.ConvexHull(np.random.rand(6, 2)))

    def optimum():
        from scipy.optimize import minimize
        return minimize(lambda v: (v ** 2).sum(), np.ones(2))
    out.save("optimize-result", optimum)
    out.save("optimize-bounds", lambda: __import__("scipy.optimize").optimize.Bounds([0], [1]))
    out.save("filter", lambda: __import__("scipy.signal").signal.butter(2, .3, output="sos"))
    out.save("lti", lambda: __import__("scipy.signal").signal.lti([1], [1, 1]))
    out.save("special-functions", lambda: [__import__("scipy.special").special.expit, __import__("scipy.special").special.logit])
    out.save("linear-operator", lambda: __import__("scipy.sparse.linalg").sparse.linalg.aslinearoperator(np.eye(2)))
    out.save("hierarchy", lambda: __import__("scipy.cluster.hierarchy").cluster.hierarchy.to_tree(
        __import__("scipy.cluster.hierarchy").cluster.hierarchy.linkage(np.random.rand(5, 2))))


def pandas_family(quiet):
    import pandas as pd
    out = quiet("pandas")
    frame = pd.DataFrame(dict(a=[1, 2, 3], b=[.5, 1.5, 2.5], c=list("xyz"), d=[True, False, True]))
    out.save("frame", frame)
    out.save("series", frame["a"])
    out.save("series-of-strings", frame["c"])
    out.save("frame-with-dates", frame.assign(t=pd.date_range("2024", periods=3), z=pd.date_range("2024", periods=3, tz="UTC")))
    out.save("frame-with-zone", lambda: pd.DataFrame(dict(t=pd.date_range("2024", periods=3, tz="Europe/Paris"))))
    out.save("frame-categorical", frame.assign(c=frame["c"].astype("category")))
    out.save("frame-multi-index", frame.set_index(["a", "c"]))
    out.save("frame-multi-columns", lambda: pd.concat(dict(k=frame, l=frame), axis=1))
    out.save("frame-empty", pd.DataFrame())
    out.save("frame-sparse", lambda: pd.DataFrame(dict(a=pd.arrays.SparseArray([0, 0, 1]))))
    for kind in "Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 boolean string".split():
        out.save(f"series-{kind}", lambda: pd.Series([1, 0, None] if kind not in ("boolean", "string") else [None, None, None], dtype=kind))
        out.save(f"dtype-{kind}", lambda: pd.api.types.pandas_dtype(kind))
    out.save("series-period", lambda: pd.Series(pd.period_range("2024-01", periods=3, freq="M")))
    out.save("series-interval", lambda: pd.Series(pd.interval_range(0, 3)))
    out.save("series-timedelta", lambda: pd.Series(pd.to_timedelta([1, 2], "D")))
    out.save("series-arrow", lambda: pd.Series(["a", "b"], dtype="string[pyarrow]"))
    out.save("series-arrow-int", lambda: pd.Series([1, 2], dtype="int64[pyarrow]"))
    out.save("cut", lambda: pd.cut(frame["b"], 2))
    out.save("group-by", lambda: frame.groupby("c"))
    out.save("rolling", lambda: frame["a"].rolling(2))
    index = dict(
        index=lambda: pd.Index(list("ab")), integers=lambda: pd.Index([1, 2]), floats=lambda: pd.Index([1., 2.]),
        range=lambda: pd.RangeIndex(5), multi=lambda: pd.MultiIndex.from_product([[1, 2], list("ab")]),
        categorical=lambda: pd.CategoricalIndex(list("aab")), interval=lambda: pd.interval_range(0, 3),
        dates=lambda: pd.date_range("2024", periods=3), period=lambda: pd.period_range("2024", periods=2, freq="D"),
        timedelta=lambda: pd.timedelta_range("1D", periods=2), booleans=lambda: pd.Index([True, False]))
    for name, build in index.items():
        out.save(f"index-{name}", build)
    scalars = dict(
        timestamp=lambda: pd.Timestamp("2024-01-01"), timestamp_zone=lambda: pd.Timestamp("2024-01-01", tz="UTC"),
        timedelta=lambda: pd.Timedelta("1D"), period=lambda: pd.Period("2024-01", "M"), nat=lambda: pd.NaT,
        interval=lambda: pd.Interval(0, 1), missing=lambda: pd.NA, flags=lambda: pd.Flags(frame, allows_duplicate_labels=True))
    for name, build in scalars.items():
        out.save(f"scalar-{name}", build)
    for name in ("CategoricalDtype:ab", "DatetimeTZDtype", "PeriodDtype:M", "IntervalDtype:int64", "SparseDtype:int"):
        kind, _, argument = name.partition(":")
        out.save(f"dtype-{kind}", lambda: getattr(pd, kind)(*([list(argument)] if kind[0] == "C" else ["ns", "UTC"] if kind[0] == "D" else [argument])))
    for name in sorted(dir(pd.offsets)):
        offset = getattr(pd.offsets, name)
        if isinstance(offset, type):
            out.save(f"offset-{name}", lambda: offset())
    out.save("grouper", lambda: pd.Grouper(key="a"))
    out.save("named-aggregation", lambda: pd.NamedAgg("a", "sum"))
    for name in "isna to_datetime get_dummies concat".split():
        out.save(f"function-{name}", lambda: getattr(pd, name))
    out.write("to-pickle", lambda path: frame.to_pickle(path))
    out.write("to-pickle-gzip", lambda path: frame.to_pickle(path, compression="gzip"), suffix="pkl.gz")
