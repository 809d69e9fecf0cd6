"""Writes `by-hand-VERSION.txt`, programs that no compiler writes, a line of hexadecimal digits each: `python3 by_hand.py FOLDER` runs
`FOLDER/VERSION*/bin/python` for each version. Each program is run before, and hands `id` to `os.system`, which is replaced meanwhile."""
import glob
import subprocess
import sys

PROGRAMS = r"""
import dis, importlib.util, marshal, os, sys

NEW = sys.version_info >= (3, 12)
RETURN = [("RETURN_CONST", 0)] if NEW else [("LOAD_CONST", 0), ("RETURN_VALUE", 0)]
NULL = [("PUSH_NULL", 0)] if NEW else []
ATTRIBUTE = 2 if NEW else 1
SWAP = ("SWAP", 2) if NEW else ("ROT_TWO", 0)
COPY = ("COPY", 1) if NEW else ("DUP_TOP", 0)
CALL = [("LOAD_CONST", 2), ("CALL" if NEW else "CALL_FUNCTION", 1), ("POP_TOP", 0)] + RETURN
# Constants: None, 0, 'id', ('system',), 'os'. Names: os, system, x.
WHOLE = [("LOAD_CONST", 1), ("LOAD_CONST", 0), ("IMPORT_NAME", 0)]
FROM = [("LOAD_CONST", 1), ("LOAD_CONST", 3), ("IMPORT_NAME", 0)]
SYSTEM = ("LOAD_ATTR", ATTRIBUTE)
programs = [
    # What is imported is used where it lies.
    NULL + WHOLE + [SYSTEM] + CALL,
    NULL + WHOLE + [COPY, ("STORE_NAME", 2), SYSTEM] + CALL,
    NULL + WHOLE + [("NOP", 0), SYSTEM] + CALL,
    NULL + FROM + [("IMPORT_FROM", 1), SWAP, ("POP_TOP", 0)] + CALL,
    NULL + FROM + [("IMPORT_FROM", 1), ("POP_TOP", 0), SYSTEM] + CALL,
    NULL + FROM + [COPY, ("IMPORT_FROM", 1), ("STORE_NAME", 2), ("POP_TOP", 0), SYSTEM] + CALL,
    # What it is to import is not loaded just before.
    NULL + WHOLE[:1] + [("NOP", 0)] + WHOLE[1:] + [SYSTEM] + CALL,
    # Another name is taken of it than it is asked for.
    WHOLE + [("STORE_NAME", 2)] + NULL + [("LOAD_NAME", 2), ("IMPORT_FROM", 1), SWAP, ("POP_TOP", 0)] + CALL,
]
if NEW:
    # The names of the module, as those of a class.
    programs.append(WHOLE + [("STORE_NAME", 0), ("PUSH_NULL", 0), ("LOAD_LOCALS", 0), ("LOAD_CONST", 4), ("BINARY_SUBSCR", 0), SYSTEM] + CALL)

os.system = said = lambda command: found.append(command)
out = open("by-hand-%d.%d.txt" % sys.version_info[:2], "w")
for program in programs:
    code = b""
    for name, arg in program:
        code += bytes([dis.opmap[name], arg])
        if NEW:
            code += bytes(2 * dis._inline_cache_entries[dis.opmap[name]])
    made = compile("", "by_hand.py", "exec").replace(
        co_code=code, co_names=("os", "system", "x"), co_consts=(None, 0, "id", ("system",), "os"), co_stacksize=6)
    found = []
    exec(made, {})
    assert found == ["id"], program
    out.write((importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(made)).hex() + "\n")
"""
for version in ["3.8", "3.12"]:
    (python,) = glob.glob(f"{sys.argv[1]}/{version}.*/bin/python")
    subprocess.run([python, "-c", PROGRAMS], check=True)
