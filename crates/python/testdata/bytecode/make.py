"""Compiles `operators.py` and `newer.py` with the CPythons named `python2.7`, `python3.8` and so on: `python3 make.py FOLDER` takes each
from `FOLDER/VERSION*/bin/python`. `.said` is what CPython hands to `os.system`, which is replaced while the programs run. The programs
of `../lost.txt`, `../left.txt` and `../given.txt` are compiled each for itself, a line of hexadecimal digits each in `lost-VERSION.txt` and so on."""
import glob
import subprocess
import sys

VERSIONS = {"operators": ["2.7", "3.6", "3.8", "3.11", "3.13"], "newer": ["3.8", "3.10", "3.12", "3.13"]}
COMPILE = """
import marshal, sys
code = compile(open(sys.argv[1] + '.py').read(), sys.argv[1] + '.py', 'exec', dont_inherit=True)
try:
    from importlib.util import MAGIC_NUMBER as magic
except ImportError:
    import imp
    magic = imp.get_magic()
words = 1 if sys.version_info[0] == 2 else 2 if sys.version_info < (3, 7) else 3
open(sys.argv[1] + '-%d.%d.pyc' % sys.version_info[:2], 'wb').write(magic + b'\\0' * 4 * words + marshal.dumps(code))
"""
RUN = """
import os, sys
os.system = lambda command: print(command)
exec(open(sys.argv[1] + '.py').read(), {'__name__': 'program'})
"""
for name, versions in VERSIONS.items():
    for version in versions:
        (python,) = glob.glob(f"{sys.argv[1]}/{version}.*/bin/python")
        subprocess.run([python, "-c", COMPILE, name], check=True)
    said = subprocess.run([sys.executable, "-c", RUN, name], check=True, capture_output=True)
    open(name + ".said", "wb").write(said.stdout)
EACH = """
import io, marshal, sys
from importlib.util import MAGIC_NUMBER as magic
name = sys.argv[1]
programs = io.open('../%s.txt' % name, encoding='utf-8').read().split('\\n### ')[1:]
with open(name + '-%d.%d.txt' % sys.version_info[:2], 'w') as out:
    for program in programs:
        code = compile(program.split('\\n', 1)[1], name + '.py', 'exec', dont_inherit=True)
        out.write((magic + bytes(8 if sys.version_info < (3, 7) else 12) + marshal.dumps(code)).hex() + '\\n')
"""
for name, versions in {"lost": ["3.8", "3.13"], "left": ["3.6", "3.11", "3.13"], "given": ["3.6", "3.8", "3.11", "3.13"]}.items():
    for version in versions:
        (python,) = glob.glob(f"{sys.argv[1]}/{version}.*/bin/python")
        subprocess.run([python, "-c", EACH, name], check=True)
