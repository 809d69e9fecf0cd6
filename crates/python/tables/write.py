"""Writes the opcode table of the CPython that runs this: `python3.12 write.py > 3.12.txt`.

One line an opcode: number, name, the opcode that it behaves as (specialised and instrumented ones), inline cache entries.
3.14.txt was written by CPython 3.14.2 as Pyodide (npm `pyodide` 314.0.7) builds it.
"""
from __future__ import print_function

import dis
import opcode
import sys


def caches(name):
    table = getattr(opcode, "_inline_cache_entries", None)
    if table is None:
        return 0
    if isinstance(table, dict):
        return table.get(name, 0)
    number = opcode.opmap.get(name)
    return table[number] if number is not None and number < len(table) else 0


def opcodes():
    numbers = dict(getattr(dis, "_all_opmap", None) or opcode.opmap)
    numbers.update(getattr(opcode, "_specialized_opmap", {}))
    base = {}
    for name, variants in getattr(opcode, "_specializations", {}).items():
        for variant in variants:
            base[variant] = name
    for name in numbers:
        plain = name[len("INSTRUMENTED_"):]
        if name.startswith("INSTRUMENTED_") and plain in numbers:
            base[name] = plain
    # Variants that older versions do not list by their opcode.
    for name in numbers:
        if name not in base and name not in opcode.opmap:
            owner = [known for known in opcode.opmap if name.startswith(known + "_")]
            if owner:
                base[name] = max(owner, key=len)
    rows = []
    for name, number in numbers.items():
        if number < 256:
            acts = base.get(name, name)
            rows.append((number, name.replace("+", "_"), acts.replace("+", "_"), caches(acts)))
    return sorted(rows)


def main():
    print("# CPython %d.%d: opcode, name, behaves as, cache entries" % sys.version_info[:2])
    print("argument-from %d" % opcode.HAVE_ARGUMENT)
    for number, name, acts, entries in opcodes():
        print("%3d %s %s %d" % (number, name, acts, entries))


if __name__ == "__main__":
    main()
