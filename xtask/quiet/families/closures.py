"""dill, cloudpickle and standard-library values."""
import argparse
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import ipaddress
import itertools
import operator
import pathlib
import random
import re
import types
import uuid


def scale(x, by=3):
    return x * by


class Point:
    kind = "point"

    def __init__(self, x):
        self.x = x

    @property
    def double(self):
        return self.x * 2

    @staticmethod
    def unit():
        return 1


class Colour(enum.Enum):
    RED = 1


class Slots:
    __slots__ = ("a", "b")

    def __init__(self):
        self.a, self.b = 1, 2


Pair = collections.namedtuple("Pair", "left right")


def closures():
    weight = 5

    def inner(x):
        return x + weight

    class Local:
        factor = 2

        def call(self, x):
            return x * self.factor

        @classmethod
        def make(cls):
            return cls()

    class Coded(enum.Enum):
        A = 1

    import numpy as np
    return dict(
        closure=inner, local_class=Local, local_instance=Local(), lambda_=lambda x: x + 1, local_enum=Coded.A,
        default=lambda x, y=2: x + y, numpy_function=lambda x: np.log1p(x), partial=functools.partial(inner, 3),
        method=Local().call, generator_maker=lambda: (i for i in range(3)), recursive=_recursive(),
        keyword_only=_keyword_only(), annotated=_annotated(), module=operator, nested=lambda x: (lambda y: x + y),
        property_=property(lambda self: 1), static=staticmethod(scale), range_=range(3), cell=inner.__closure__,
        logger=__import__("logging").getLogger("x"), type_=type(None), not_implemented=NotImplemented,
        mapping=types.MappingProxyType(dict(a=1)), ordered=collections.OrderedDict(a=inner))


def _recursive():
    def factorial(n):
        return 1 if n < 2 else n * factorial(n - 1)
    return factorial


def _keyword_only():
    def call(a, *, b=1, **rest):
        return a
    return call


def _annotated():
    def call(a: int, b: str = "") -> float:
        "A documented function."
        return 1.0
    call.note = "x"
    return call


def dill_family(quiet):
    import dill
    out = quiet("dill")
    values = dict(closures(), **standard_values())
    for recurse in (False, True):
        for name, value in values.items():
            out.save(f"{name}-recurse{int(recurse)}", lambda: value, dump=lambda v, p: dill.dumps(v, p, recurse=recurse)) if not callable(value) else \
                out.save(f"{name}-recurse{int(recurse)}", lambda: value, dump=lambda v, p: dill.dumps(v, p, recurse=recurse))
    out.save("by-value", lambda: Point(1), dump=lambda v, p: dill.dumps(v, p, byref=False))
    out.write("session", lambda path: dill.dump_module(path, module=types.ModuleType("empty")))


def cloudpickle_family(quiet):
    import cloudpickle
    out = quiet("cloudpickle")
    for name, value in dict(closures(), **standard_values()).items():
        out.save(name, lambda: value, dump=lambda v, p: cloudpickle.dumps(v, p))


def standard_values():
    return dict(
        date=datetime.date(2024, 1, 1), datetime=datetime.datetime(2024, 1, 1, 3, tzinfo=datetime.timezone.utc),
        time=datetime.time(3, 4), timedelta=datetime.timedelta(3), zone=datetime.timezone(datetime.timedelta(hours=2)),
        decimal=decimal.Decimal("1.5"), fraction=fractions.Fraction(1, 3), uuid=uuid.UUID(int=5), complex_=1 + 2j,
        path=pathlib.PurePosixPath("a/b"), posix_path=pathlib.Path("a/b"), namespace=argparse.Namespace(lr=.1), simple=types.SimpleNamespace(a=1),
        ordered_dict=collections.OrderedDict(a=1), default_dict=collections.defaultdict(list, a=[1]), counter=collections.Counter("abc"),
        deque=collections.deque([1], 3), chain_map=collections.ChainMap(dict(a=1)), user_dict=collections.UserDict(a=1), pattern=re.compile("a+", re.I),
        partial_len=functools.partial(len), item=operator.itemgetter(1), attribute=operator.attrgetter("x"), call=operator.methodcaller("lower"),
        add=operator.add, frozen=frozenset([1, 2]), set_={1, 2}, bytearray_=bytearray(b"ab"), bytes_=b"\xff\x00", slice_=slice(1, 2, 3), range_=range(3),
        address=ipaddress.ip_address("1.2.3.4"), network=ipaddress.ip_network("10.0.0.0/8"), rng=random.Random(3),
        exception=ValueError("x"), key_error=KeyError("x"), ellipsis_=Ellipsis, count=itertools.count(3), integer=10 ** 40, none=None, text="\u00e9\u4e2d\n\\",
        deep=[[[[1]]]], shared=[[1]] * 3, floats=[1.5, float("inf"), -0.0], numbers=[0, 1, 255, 65536, -1, 2 ** 31, -2 ** 63])


def standard_family(quiet):
    out = quiet("pickle", "standard")
    for name, value in standard_values().items():
        out.save(name, lambda: value)
    for name, value in dict(point=Point(1), colour=Colour.RED, slots=Slots(), pair=Pair(1, 2), function=scale, kind=Point).items():
        out.save(f"own-{name}", lambda: value)
