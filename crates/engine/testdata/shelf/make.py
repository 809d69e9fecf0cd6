"""Makes shelves as Python's own modules write them: `plain` was written once, in `updated` values were replaced by shorter and by longer ones.

Needs only the standard library; `dbm.dumb` writes the same bytes on every system.
"""

import dbm.dumb
import pathlib
import shelve

HERE = pathlib.Path(__file__).parent
VALUES = {"weights": [1.5, 2.5] * 9, "steps": list(range(400)), "note": "x" * 700, "name": "model"}

for name in ["plain", "updated"]:
    for old in HERE.glob(name + ".*"):
        old.unlink()
    with shelve.Shelf(dbm.dumb.open(str(HERE / name), "n")) as shelf:
        shelf.update(VALUES)
        if name == "updated":
            shelf["steps"] = [1]
            shelf["name"] = list(range(500))
