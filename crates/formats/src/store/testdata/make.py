"""Makes the stores beside this script, as the libraries themselves write them: `python make.py` does what the interpreter can.

`sqlite` needs Python 3.13 (made with SQLite 3.40), `gdbm` Debian's python3-gdbm (gdbm 1.23), `ndbm` a Python whose `dbm.ndbm` is Berkeley DB
(5.3), `tables.sqlite` any. Values are written, replaced by shorter and longer ones, and deleted; `poisoned` ones hold one call beside.
"""

import importlib
import pathlib
import pickle
import shelve
import sqlite3

HERE = pathlib.Path(__file__).parent
VALUES = {"weights": [1.5, 2.5] * 9, "steps": list(range(400)), "note": "x" * 9000, "name": "model"}
POISON = b"\x80\x02cposix\nsystem\nX\x07\x00\x00\x00echo hi\x85R."


def write(database, poisoned):
    with shelve.Shelf(database) as shelf:
        shelf.update(VALUES)
        shelf["steps"] = [1]
        shelf["name"] = list(range(3000))
        shelf["more"] = {"a": 1}
        if poisoned:
            shelf.dict[b"poison"] = POISON
        for number in range(40):
            shelf[f"key {number}"] = [number] * number
        for number in range(0, 40, 3):
            del shelf[f"key {number}"]


def tables(path):
    database = sqlite3.connect(path)
    database.executescript(
        "PRAGMA page_size=512; PRAGMA auto_vacuum=INCREMENTAL; CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT, score REAL, state BLOB);"
        "CREATE INDEX by_name ON runs(name); CREATE VIEW best AS SELECT name FROM runs WHERE score > 1; CREATE TABLE small(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    )
    for number in range(60):
        state = pickle.dumps(list(range(number * 20)), 4) if number % 5 == 0 else None
        database.execute("INSERT INTO runs VALUES(?,?,?,?)", (number, f"run {number}", number / 3, state))
        database.execute("INSERT INTO small VALUES(?,?)", (number % 7, "a text of several words " * (number % 9)))if number < 50 and number % 9 else None
    database.execute("DELETE FROM runs WHERE id % 4 = 1")
    database.commit()
    database.close()


for module, suffix in [("dbm.sqlite3", "sqlite"), ("dbm.gnu", "gdbm"), ("dbm.ndbm", "ndbm")]:
    try:
        library = importlib.import_module(module)
    except ImportError:
        continue
    for name, poisoned in [("plain", False), ("poisoned", True)]:
        path = HERE / f"{name}.{suffix}"
        path.unlink(missing_ok=True)
        write(library.open(str(path), "n"), poisoned)
        if suffix == "ndbm":
            (HERE / f"{name}.ndbm.db").rename(path)
(HERE / "tables.sqlite").unlink(missing_ok=True)
tables(HERE / "tables.sqlite")
