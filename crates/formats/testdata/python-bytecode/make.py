"""Compiles `make_mixed.py` with the CPython that runs this: `python3.12 make.py` writes `3.12.pyc` and `../marshal/3.12.marshal`."""
import marshal
import struct
import sys

NAME = "%d.%d" % sys.version_info[:2]
with open("make_mixed.py") as file:
    code = compile(file.read(), "mixed.py", "exec", dont_inherit=True)
try:
    from importlib.util import MAGIC_NUMBER
except ImportError:
    from imp import get_magic

    MAGIC_NUMBER = get_magic()
words = 1 if sys.version_info[0] == 2 else 2 if sys.version_info < (3, 7) else 3
with open(NAME + ".pyc", "wb") as file:
    file.write(MAGIC_NUMBER + struct.pack("<%dI" % words, *[0] * words) + marshal.dumps(code))
# A function alone, as a Lambda layer of Keras keeps it.
function = eval("lambda x: (__import__('os').system('echo ' + x), x)[1]")
with open("../marshal/" + NAME + ".marshal", "wb") as file:
    file.write(marshal.dumps(function.__code__))
# What the file's own objects do by themselves, and detours to a callable: sources for tests of what calls them.
for name in ["hooks", "detours"] + (["detours_3"] if sys.version_info >= (3, 10) else []):
    with open("make_%s.py" % name) as file:
        code = compile(file.read(), "%s.py" % name, "exec", dont_inherit=True)
    with open("%s-%s.pyc" % (NAME, name), "wb") as file:
        file.write(MAGIC_NUMBER + struct.pack("<%dI" % words, *[0] * words) + marshal.dumps(code))
