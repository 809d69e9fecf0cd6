#!/usr/bin/env python3
# Every kind of statement, harmless: the prefixes of this file are read in tests.
from __future__ import annotations
import base64, os.path as path
from .near import *
X: int = 0x1F_FF
def decorated(f, *args, k: str = "a" "b", **kw) -> None:
    """Text."""
    global X
    try:
        with open(path.join("a", f"{k!r:>{X}}")) as file, file:
            for line in file:
                if line[::-1] == 'x' and not X: continue
                elif (y := len(line)) > 3: break
                else: yield {**kw, 'k': [i for i in args if i], 1: {1, 2}}
    except (OSError, ValueError) as error:
        raise RuntimeError from error
    finally:
        del file
    while X: X -= 1; return lambda *a: a[1:2, ...]
@decorated
class Model(object, metaclass=type):
    value = base64.b64decode(b'aGVsbG8=').decode() % ()
    async def forward(self, x):
        match x:
            case [1, *rest] | {'a': rest}: assert await self.value
            case _: self.value[0] += 1j
