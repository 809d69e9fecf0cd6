"""Prints pickles of objects of the standard library: protocol, bytes, and the names that loading looks up.

The names are those that `Unpickler.find_class` is asked for; those read off the opcodes by `pickletools` must be the same.
`python3 imports.py > imports.txt` writes the table anew.
"""

import argparse
import array
import collections
import datetime
import decimal
import fractions
import functools
import io
import ipaddress
import operator
import pathlib
import pickle
import pickletools
import random
import re
import types
import uuid

objects = [
    datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), datetime.timedelta(1), decimal.Decimal('1.5'),
    collections.OrderedDict(a=1), collections.defaultdict(list, a=[1]), collections.deque([1, 2], 5), collections.Counter('abc'),
    fractions.Fraction(1, 3), pathlib.PurePosixPath('a/b'), uuid.UUID(int=5), re.compile('a+'), functools.partial(int, base=2),
    operator.attrgetter('a.b'), operator.itemgetter(1), re.IGNORECASE, array.array('d', [1.0]), random.Random(1),
    ipaddress.ip_address('127.0.0.1'), argparse.Namespace(a=1, b=[2]), ValueError('x'), range(3), slice(1, 2, 3), complex(1, 2),
    {1: {frozenset([1])}, 'x': bytearray(b'y')}, types.SimpleNamespace(a=1), iter([1, 2]), Ellipsis, NotImplemented, print, len, dict.fromkeys,
]


def by_opcodes(stream):
    """The names that `pickletools` shows, with the operands of STACK_GLOBAL followed through the memo."""
    memo, pushed, names = {}, [], set()
    for opcode, argument, _ in pickletools.genops(stream):
        if opcode.name in ("GLOBAL", "INST"):
            names.add(argument.replace(" ", ".", 1))
            pushed.append(None)
        elif "UNICODE" in opcode.name:
            pushed.append(argument)
        elif opcode.name in ("GET", "BINGET", "LONG_BINGET"):
            pushed.append(memo.get(argument))
        elif opcode.name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[argument] = pushed[-1]
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = pushed[-1]
        elif opcode.name == "STACK_GLOBAL":
            names.add(f"{pushed[-2]}.{pushed[-1]}")
            pushed.append(None)
        elif opcode.name not in ("PROTO", "FRAME"):
            pushed.append(None)
    return names


for o in objects:
    for p in range(pickle.HIGHEST_PROTOCOL + 1):
        try: b = pickle.dumps(o, p)
        except Exception: continue
        names = set()
        class U(pickle.Unpickler):
            def find_class(self, module, name):
                names.add(module + '.' + name); return super().find_class(module, name)
        U(io.BytesIO(b)).load()
        assert names == by_opcodes(b), (o, p, names, by_opcodes(b))
        print(p, b.hex(), ','.join(sorted(names)))
