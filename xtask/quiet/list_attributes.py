"""Writes which attributes of third-party modules are modules that lead to harm, such as `torch.serialization.os`.

Usage: python list_attributes.py OUTPUT.tsv SITE-PACKAGES... ; the sources are parsed, nothing is imported.
"""
import ast
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import effects
from list_constructors import LIBRARIES

TARGETS = set("""
os sys subprocess shutil socket importlib importlib.util importlib.machinery importlib.metadata importlib.resources builtins io pickle ctypes
ctypes.util tempfile runpy pty code codeop types marshal multiprocessing multiprocessing.connection multiprocessing.pool threading _thread urllib
urllib.request urllib.parse urllib.error inspect pdb bdb platform webbrowser zipfile tarfile http http.client http.server ssl glob pathlib operator functools
codecs linecache traceback copyreg gc weakref atexit signal asyncio concurrent.futures timeit cProfile profile site sysconfig distutils imp pkgutil
zipimport shelve logging.config posix nt fileinput gzip bz2 lzma mmap resource fcntl pwd getpass smtplib ftplib telnetlib imaplib poplib xmlrpc.client
xml.etree.ElementTree sqlite3 dbm doctest unittest unittest.mock dis ast symtable trace tracemalloc faulthandler readline curses tkinter
contextlib queue sched socketserver selectors venv ensurepip pydoc cgi wsgiref commands cPickle StringIO __builtin__ urllib2 urlparse
""".split())
SKIPPED = ("pip._vendor", "setuptools._vendor", "torch.testing._internal", "torch.onnx._internal", "sympy", "tensorflow.include")


def attributes(path, module):
    """The top-level names of one file that an import binds to one of the targets."""
    with open(path, encoding="utf-8", errors="replace") as file:
        try:
            body = ast.parse(file.read()).body
        except (SyntaxError, ValueError, RecursionError):
            return
    while body:
        node = body.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                target = alias.name if alias.asname else alias.name.split(".")[0]
                yield alias.asname or target, target
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            body += node.body + getattr(node, "orelse", []) + getattr(node, "finalbody", [])
            for handler in getattr(node, "handlers", []):
                body += handler.body


def main():
    output, rows = sys.argv[1], {}
    for site in sys.argv[2:]:
        for library in LIBRARIES:
            for path, module in effects.sources(os.path.join(site, library), library, SKIPPED):
                for name, target in attributes(path, module):
                    if target in TARGETS and name != "*":
                        rows.setdefault((module, name), target)
    with open(output, "w", encoding="utf-8") as file:
        file.write("# Written by xtask/quiet/list_attributes.py.\n# module\tattribute\tmodule\n")
        for (module, name), target in sorted(rows.items()):
            file.write(f"{module}\t{name}\t{target}\n")
    print(len(rows))


if __name__ == "__main__":
    main()
