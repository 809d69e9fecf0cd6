"""Lists the functions of the standard library that hand an argument of theirs on to something dangerous.

    python3 list_reaching.py TABLES [VERSION=FOLDER ...]

The tables of TABLES/stdlib name what is dangerous. Every source file is parsed, never imported: a function whose
parameter (or what was computed from it) reaches an argument of a dangerous callable is dangerous too, however many
calls lie between. The result, TABLES/stdlib/reaching.tsv, holds what no other table names.
"""

import ast
import os
import sys

from list_callables import mangled, parsed_trees

# A call whose category this is, is worth telling; the first wins where several are reached.
ORDER = ["process", "execution", "native", "import", "deserialise", "persistence", "file", "archive", "network",
         "debugger", "read", "deferred"]
JUDGED = {"judged/import": "import", "judged/deserialise": "deserialise", "judged/deferred": "deferred"}
# Reached by nearly everything, and harmless as a step in between.
IGNORED = {
    ("builtins", "print"), ("builtins", "input"), ("builtins", "help"),
    ("typing", "ForwardRef"), ("inspect", "signature"), ("inspect", "getfile"), ("os.path", "abspath"), ("os.path", "exists"),
    ("os.path", "isfile"), ("os.path", "isdir"), ("weakref", "ref"), ("weakref", "proxy"), ("ast", "parse"),
}
# Grave enough to be told only where a function reaches them itself.
DIRECT = {"read", "deferred", "debugger"}
DEEPEST = 12


def rows(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#") and line.strip():
                yield line.rstrip("\n").split("\t")


def read_tables(tables):
    """The dangerous callables with their category, every named pair, and the aliases of modules."""
    dangerous, named = {}, set()
    folder = os.path.join(tables, "stdlib")
    for file in sorted(os.listdir(folder)):
        if file == "reaching.tsv":
            continue
        for module, name, _, standing, *_ in rows(os.path.join(folder, file)):
            named.add((module, name))
            group, _, word = standing.partition("/")
            category = word if group == "dangerous" else JUDGED.get(standing)
            if category in ORDER and (module, name) not in IGNORED:
                dangerous[module, name] = category
    aliases = {module: target for module, name, target, _ in rows(os.path.join(tables, "aliases", "modules.tsv")) if not name}
    return dangerous, named, aliases


class Module:
    """What a source file imports and defines."""

    def __init__(self, name, tree, package):
        self.name = name
        self.package = name if package else name.rpartition(".")[0]
        self.imports = {}
        self.stars = []
        self.functions = {}
        self.bases = {}
        self.collect(tree.body, "", self.imports)

    def collect(self, body, prefix, imports):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions[prefix + node.name] = node
            elif isinstance(node, ast.ClassDef):
                self.bases[prefix + node.name] = [ast.unparse(base) for base in node.bases]
                self.collect(node.body, f"{prefix}{node.name}.", imports)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                self.add_import(node, imports)
            else:
                for field in ("body", "orelse", "finalbody", "handlers"):
                    self.collect(getattr(node, field, ()), prefix, imports)

    def add_import(self, node, imports):
        """Maps each name that an import binds to (module, attribute or None), and notes `from module import *`."""
        if isinstance(node, ast.Import):
            for name in node.names:
                top = name.name if name.asname else name.name.partition(".")[0]
                imports[name.asname or top] = (top, None)
            return
        base = node.module or ""
        if node.level:
            parts = self.package.split(".")
            parts = parts[: len(parts) - node.level + 1]
            base = ".".join([*parts, base] if base else parts)
        for name in node.names:
            if name.name == "*":
                self.stars.append(base)
            else:
                imports[name.asname or name.name] = (base, name.name)


class Function:
    """One function: its parameters, and the calls that its parameters reach."""

    def __init__(self, module, name, node, library):
        self.module, self.name, self.node, self.library = module, name, node, library
        self.imports = dict(module.imports)
        for inner in ast.walk(node):
            if isinstance(inner, (ast.Import, ast.ImportFrom)):
                module.add_import(inner, self.imports)
        arguments = node.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        self.parameters = [argument.arg for argument in every if argument]
        self.tainted = self.taint()

    def taint(self):
        """The parameter that each local name comes from."""
        origin = {parameter: parameter for parameter in self.parameters}
        changed = True
        while changed:
            changed = False
            for node in ast.walk(self.node):
                for target, value in bindings(node):
                    source = self.origin(value, origin)
                    if source is None:
                        continue
                    for name in names_of(target):
                        if name not in origin:
                            origin[name] = source
                            changed = True
        return origin

    def origin(self, node, origin=None):
        origin = self.tainted if origin is None else origin
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in origin:
                return origin[inner.id]
        return None

    def calls(self):
        """Yields (module, name, parameter) of each call that a parameter reaches."""
        for node in ast.walk(self.node):
            if not isinstance(node, ast.Call):
                continue
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                parameter = self.origin(argument)
                if parameter:
                    break
            else:
                parameter = self.origin(node.func) if isinstance(node.func, ast.Attribute) else None
            if parameter:
                for target in self.targets(node.func):
                    yield *target, parameter

    def targets(self, callee):
        """What a call's callee may be, as (module, name)."""
        if isinstance(callee, ast.Name):
            if callee.id in self.tainted:
                return
            if callee.id in self.imports:
                module, attribute = self.imports[callee.id]
                if attribute:
                    yield module, attribute
                return
            if callee.id in self.module.functions or callee.id in self.module.bases:
                yield self.module.name, callee.id
            else:
                yield "builtins", callee.id
            return
        chain = ast.unparse(callee).split(".") if isinstance(callee, ast.Attribute) else []
        if not chain or not all(part.isidentifier() for part in chain):
            return
        owner = self.name.rpartition(".")[0]
        if owner and self.parameters and chain[0] == self.parameters[0] and len(chain) == 2:
            yield from self.library.method(self.module, owner, chain[1])
        elif chain[0] in self.imports:
            module, attribute = self.imports[chain[0]]
            path = [*([attribute] if attribute else []), *chain[1:]]
            for length in range(len(path)):
                yield ".".join([module, *path[:length]]), ".".join(path[length:])
        elif chain[0] in self.module.bases:
            yield self.module.name, ".".join(chain)


def bindings(node):
    """Yields (target, value) of what binds names."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, (ast.AugAssign, ast.NamedExpr)) or isinstance(node, ast.AnnAssign) and node.value:
        yield node.target, node.value
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        yield node.target, node.iter
    elif isinstance(node, ast.withitem) and node.optional_vars:
        yield node.optional_vars, node.context_expr


def names_of(target):
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


class Library:
    """All modules of one version."""

    def __init__(self, folder, aliases):
        self.aliases = aliases
        self.modules = {name: Module(name, tree, package) for name, tree, package in parsed_trees(folder)}
        self.functions = [
            Function(module, name, node, self) for module in self.modules.values() for name, node in module.functions.items()
        ]

    def method(self, module, owner, name, depth=0):
        """Where a method called on an instance of `owner` is defined, in its module or a base there."""
        if f"{owner}.{name}" in module.functions:
            yield module.name, f"{owner}.{name}"
        elif depth < DEEPEST:
            for base in module.bases.get(owner, ()):
                if base in module.bases:
                    yield from self.method(module, base, name, depth + 1)
                elif base.partition(".")[0] in module.imports:
                    home, attribute = module.imports[base.partition(".")[0]]
                    path = ".".join(filter(None, [attribute, *base.split(".")[1:]]))
                    yield home, f"{path}.{name}"
                    if home in self.modules:
                        yield from self.method(self.modules[home], path, name, depth + 1)

    def canonical(self, module, name):
        return self.aliases.get(module, module), name


def reach(library, dangerous, named):
    """Adds to `dangerous` and returns what reaches it: (module, name) to (category, parameter, target)."""
    found = {}
    calls = {}
    for function in library.functions:
        key = library.canonical(function.module.name, function.name)
        calls[key] = [(library.canonical(module, name), parameter) for module, name, parameter in function.calls()]
    for _ in range(DEEPEST):
        added = {}
        for key, targets in calls.items():
            if key in found or key in named:
                continue
            hits = []
            for target, parameter in targets:
                for name in (target, (target[0], target[1] + ".__init__")):
                    category = dangerous.get(name) or found.get(name, (None,))[0]
                    if category in DIRECT and name not in dangerous:
                        continue
                    if category and name != key:
                        hits.append((ORDER.index(category), category, parameter, name))
            if hits:
                added[key] = min(hits)[1:]
        if not added:
            break
        found.update(added)
    return found


def main():
    tables, *folders = sys.argv[1:]
    dangerous, named, aliases = read_tables(tables)
    folders = [os.path.dirname(os.__file__), *(folder.partition("=")[2] for folder in folders)]
    found = {}
    for folder in folders:
        for (module, name), value in reach(Library(folder, aliases), dangerous, named).items():
            if (module, mangled(name)) not in named:
                found.setdefault((module, mangled(name)), value)
    with open(os.path.join(tables, "stdlib", "reaching.tsv"), "w", encoding="utf-8") as file:
        file.write("# What hands an argument on to something dangerous, written by xtask/src/knowledge/list_reaching.py.\n")
        file.write("# module\tname\tkind\tstanding\treason\tsource\n")
        for (module, name), (category, parameter, (target, function)) in sorted(found.items()):
            kind = "method" if "." in name else "function"
            file.write(f"{module}\t{name}\t{kind}\tdangerous/{category}\thands `{parameter}` on to {target}.{function}\t\n")


if __name__ == "__main__":
    main()
