"""Lists every callable of the standard library: functions, classes and methods, public and private.

    python3 list_callables.py OUTPUT [VERSION=FOLDER ...]

Python files are parsed, never imported; a folder may hold stubs (.pyi) too. The running interpreter's own library
comes first, and its modules written in C, which have no source, are looked at by introspection. Further folders
(`3.13=/somewhere/Lib`) add what other versions have. Rows: module, versions, kind, names.
"""

import ast
import importlib
import os
import sys
import sysconfig
from collections import defaultdict

FOREIGN = {"site-packages", "__pycache__", "lib-dynload", "pyodide", "_pyodide", "_typeshed"}
NO_LIBRARY = {"__main__", "typing_extensions"}
TESTS = {"test", "tests", "idle_test"}
BODIES = ("body", "orelse", "finalbody", "handlers")


def members(body, prefix=""):
    """Yields (kind, qualified name) of what a module's or class's body defines, conditions included."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ("method" if prefix else "function"), prefix + node.name
        elif isinstance(node, ast.ClassDef):
            yield "class", prefix + node.name
            yield from members(node.body, f"{prefix}{node.name}.")
        else:
            for field in BODIES:
                yield from members(getattr(node, field, ()), prefix)


def mangled(name):
    """The qualified name under which Python keeps it: `Class.__name` is `Class._Class__name`."""
    parts = name.split(".")
    for index, part in enumerate(parts[1:], 1):
        if part.startswith("__") and not part.endswith("__"):
            parts[index] = f"_{name.split('.')[index - 1].lstrip('_')}{part}"
    return ".".join(parts)


def sources(folder):
    """Yields (module, path) of every source file below `folder`, other than tests of the library itself."""
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in FOREIGN and name.isidentifier())
        package = [] if root == folder else os.path.relpath(root, folder).split(os.sep)
        if package[:1] == ["test"] and package[1:2] != ["support"]:
            folders[:] = ["support"] if package == ["test"] else []
            continue
        for file in sorted(files):
            name, extension = os.path.splitext(file)
            if extension in (".py", ".pyi") and name.isidentifier():
                module = package if name == "__init__" else [*package, name]
                if module and module[0] not in NO_LIBRARY and not TESTS & set(module[1:]):
                    yield ".".join(module), os.path.join(root, file)


def parsed_trees(folder):
    """Yields (module, syntax tree, whether it is a package) of a library's sources."""
    for module, path in sources(folder):
        with open(path, "rb") as file:
            try:
                yield module, ast.parse(file.read()), os.path.basename(path).startswith("__init__.")
            except SyntaxError:
                continue


def parsed(folder):
    """Yields (module, kind, name) of a library's sources."""
    for module, tree, _ in parsed_trees(folder):
        for kind, name in members(tree.body):
            yield module, kind, mangled(name)


def native_modules():
    """The modules of the running interpreter that are written in C."""
    names = set(sys.builtin_module_names)
    folder = sysconfig.get_config_var("DESTSHARED")
    if folder and os.path.isdir(folder):
        names.update(file.split(".")[0] for file in os.listdir(folder) if file.endswith(".so"))
    return sorted(names)


def introspected():
    """Yields (module, kind, name) of the C modules."""
    for name in native_modules():
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        for attribute, value in vars(module).items():
            if isinstance(value, type):
                yield name, "class", attribute
                for member, method in vars(value).items():
                    if callable(method) or isinstance(method, (classmethod, staticmethod)):
                        yield name, "method", f"{attribute}.{member}"
            elif callable(value):
                yield name, "function", attribute


def main():
    output, *folders = sys.argv[1:]
    own = "%d.%d" % sys.version_info[:2]
    libraries = [(own, os.path.dirname(os.__file__))]
    libraries += [tuple(folder.split("=", 1)) for folder in folders]
    versions = defaultdict(set)
    for version, folder in libraries:
        for row in parsed(folder):
            versions[row].add(version)
    for row in introspected():
        versions[row].add(own)
    groups = defaultdict(set)
    for (module, kind, name), seen in versions.items():
        groups[module, " ".join(sorted(seen, key=lambda v: int(v.split(".")[1]))), kind].add(name)
    with open(output, "w", encoding="utf-8") as file:
        file.write("# Every callable of the standard library, written by xtask/src/knowledge/list_callables.py.\n")
        file.write("# module\tversions\tkind\tnames\n")
        for key in sorted(groups):
            file.write("\t".join([*key, " ".join(sorted(groups[key]))]) + "\n")


if __name__ == "__main__":
    main()
