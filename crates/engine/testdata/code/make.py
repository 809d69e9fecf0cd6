"""Pickles that make a function out of the parts of its code, as each CPython takes them: `python3 make.py FOLDER` runs
`FOLDER/VERSION*/bin/python`. Nothing is called: they are read, never loaded."""
import glob
import pickle
import subprocess
import sys

PARTS = r"""
import os
def outer(word, *more, **named):
    held = word
    def inner(command=b'id'):
        '''Runs it.'''
        if (held, 0.5, 2 ** 40, None, True, Ellipsis, frozenset([3])) and command in ('id', 'ls'):
            os.system('echo ' + command)
        return lambda: held
    return inner
def parts(code):
    listed = [code.co_argcount]
    if hasattr(code, 'co_posonlyargcount'):
        listed.append(code.co_posonlyargcount)
    if hasattr(code, 'co_kwonlyargcount'):
        listed.append(code.co_kwonlyargcount)
    listed += [code.co_nlocals, code.co_stacksize, code.co_flags, raw(code.co_code)]
    listed += [tuple(('code', parts(one)) if type(one) is type(code) else one for one in code.co_consts)]
    listed += [code.co_names, code.co_varnames, 'f.py', code.co_name]
    if hasattr(code, 'co_qualname'):
        listed.append(code.co_qualname)
    listed += [code.co_firstlineno, raw(code.co_linetable if hasattr(code, 'co_linetable') else code.co_lnotab)]
    if hasattr(code, 'co_exceptiontable'):
        listed.append(raw(code.co_exceptiontable))
    return tuple(listed + [code.co_freevars, code.co_cellvars])
class raw(object):
    def __init__(self, content):
        self.content = content
    def __repr__(self):
        return 'b' + repr(self.content).lstrip('b')
print(repr(parts(outer.__code__)))
"""


class Called:
    def __init__(self, module, name, *args):
        self.name, self.args = f"c{module}\n{name}\n".encode(), args


class Pickler(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)

    def save_called(self, called):
        self.write(called.name)
        self.save(called.args)
        self.write(pickle.REDUCE)

    dispatch[Called] = save_called


def made(parts):
    whole = [tuple(made(c[1]) if isinstance(c, tuple) and c[:1] == ("code",) else c for c in part)
             if isinstance(part, tuple) else part for part in parts]
    return Called("types", "CodeType", *whole)


for version in ["2.7", "3.6", "3.8", "3.10", "3.11", "3.12", "3.13"]:
    (python,) = glob.glob(f"{sys.argv[1]}/{version}.*/bin/python")
    said = subprocess.run([python, "-c", PARTS], check=True, capture_output=True, text=True).stdout
    parts = eval(said.strip(), {"__builtins__": {}}, {"frozenset": frozenset, "Ellipsis": ...})
    with open(f"{version}.pkl", "wb") as file:
        Pickler(file, 4).dump(Called("types", "FunctionType", made(parts), {}))
