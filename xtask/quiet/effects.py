"""Reads the source of installed packages and says what each function and class does when a pickle calls it.

No package is imported: the files are parsed. A function *acts* when it reaches, by itself or through at most three calls
inside the same package, something that runs code, starts processes, imports by name, opens files, connects, loads native
code or unpickles, with one of its own parameters (or a member of `self`) flowing in.
"""
import ast
import os

EXACT = {
    "exec": "execution", "eval": "execution", "compile": "execution", "runpy.run_path": "execution", "runpy.run_module": "execution",
    "code.interact": "execution", "types.FunctionType": "execution", "FunctionType": "execution", "types.CodeType": "execution",
    "__import__": "import", "importlib.import_module": "import", "importlib.reload": "import", "importlib.util.spec_from_file_location": "import",
    "pkgutil.resolve_name": "import", "pydoc.locate": "import", "imp.load_source": "import", "imp.load_module": "import",
    "os.system": "process", "os.popen": "process", "os.kill": "process", "os.fork": "process", "pty.spawn": "process",
    "open": "open", "io.open": "open", "codecs.open": "open", "gzip.open": "open", "bz2.open": "open", "lzma.open": "open", "bz2.BZ2File": "open",
    "gzip.GzipFile": "open", "os.open": "open", "os.fdopen": "open",
    "os.remove": "file", "os.unlink": "file", "os.rename": "file", "os.replace": "file", "os.rmdir": "file", "os.removedirs": "file",
    "os.makedirs": "file", "os.mkdir": "file", "os.chmod": "file", "os.symlink": "file", "os.link": "file", "os.truncate": "file", "os.utime": "file",
    "os.listdir": "read", "os.walk": "read", "os.scandir": "read", "glob.glob": "read", "linecache.getlines": "read",
    "os.chdir": "environment", "os.putenv": "environment", "os.setuid": "environment", "site.addsitedir": "import",
    "pickle.load": "deserialise", "pickle.loads": "deserialise", "pickle.Unpickler": "deserialise", "marshal.loads": "execution", "marshal.load": "execution",
    "shelve.open": "deserialise", "joblib.load": "deserialise", "dill.load": "deserialise", "dill.loads": "deserialise", "cloudpickle.load": "deserialise",
    "cloudpickle.loads": "deserialise", "torch.load": "deserialise", "numpy.load": "deserialise", "pandas.read_pickle": "deserialise", "yaml.load": "deserialise",
    "yaml.unsafe_load": "deserialise", "yaml.full_load": "deserialise", "jsonpickle.decode": "deserialise", "torch.jit.load": "deserialise",
    "urllib.request.urlopen": "network", "urllib.request.urlretrieve": "network", "urllib.request.Request": "network", "socket.socket": "network",
    "socket.create_connection": "network", "socket.gethostbyname": "network", "socket.getaddrinfo": "network", "smtplib.SMTP": "network", "ftplib.FTP": "network",
    "ctypes.CDLL": "native", "ctypes.cdll.LoadLibrary": "native", "ctypes.PyDLL": "native", "ctypes.WinDLL": "native", "ctypes.util.find_library": "native",
    "ctypes.pythonapi": "native", "ctypes.memmove": "native", "ctypes.memset": "native", "ctypes.string_at": "native", "ctypes.cast": "native", "ctypes.CFUNCTYPE": "native",
    "cffi.FFI": "native", "ctypes.util.find_msvcrt": "native", "torch.ops.load_library": "native", "torch.classes.load_library": "native",
    "tarfile.open": "archive", "zipfile.ZipFile": "archive", "shutil.unpack_archive": "archive", "shutil.make_archive": "archive",
    "atexit.register": "deferred", "threading.Timer": "deferred", "threading.Thread": "deferred", "multiprocessing.Process": "deferred", "weakref.finalize": "deferred",
    "os._exit": "resource", "sys.exit": "resource", "time.sleep": "resource", "input": "resource", "breakpoint": "debugger", "pdb.set_trace": "debugger",
    "webbrowser.open": "gui", "linecache.updatecache": "read",
    "numpy.savetxt": "file", "numpy.save": "file", "numpy.savez": "file", "numpy.loadtxt": "read", "numpy.genfromtxt": "read", "numpy.fromfile": "read", "numpy.memmap": "file",
    "torch.save": "file", "pandas.read_csv": "network", "torch.hub.load": "execution", "torch.hub.load_state_dict_from_url": "network",
}
PREFIX = {"subprocess.": "process", "os.exec": "process", "os.spawn": "process", "os.posix_spawn": "process", "shutil.": "file", "tempfile.": "file", "requests.": "network",
          "httpx.": "network", "aiohttp.": "network", "urllib3.": "network", "http.client.": "network", "runpy.": "execution",
          "multiprocessing.": "deferred"}
QUIET = {"shutil.which", "shutil.get_terminal_size", "tempfile.gettempdir", "shutil.disk_usage", "subprocess.list2cmdline"}
METHODS = {"write_text": "file", "write_bytes": "file", "unlink": "file", "rmdir": "file", "mkdir": "file", "touch": "file", "symlink_to": "file",
           "read_text": "read", "read_bytes": "read", "tofile": "file", "extractall": "archive", "to_pickle": "file", "to_csv": "file", "exec_module": "execution", "load_module": "execution", "urlopen": "network", "urlretrieve": "network", "LoadLibrary": "native",
           "check_output": "process", "Popen": "process"}
ORDER = ["execution", "process", "import", "deserialise", "native", "network", "archive", "file", "read", "deferred", "debugger", "environment", "resource", "gui", "apply", "attribute", "write"]
LOADED = ("__new__", "__init__", "__post_init__", "__setstate__", "__del__", "append", "extend", "add", "__setitem__", "__attrs_post_init__")


class Function:
    """One function or method: its direct effects and the names that it calls."""

    def __init__(self, module, name, node):
        self.module, self.name, self.node = module, name, node
        self.effects, self.calls = {}, []


class Class:
    def __init__(self, module, name, bases, methods, decorators):
        self.module, self.name, self.bases, self.methods, self.decorators = module, name, bases, methods, decorators


class Package:
    """Every function and class of one package's source, by (module, dotted name)."""

    def __init__(self, folder, name, skip=()):
        self.functions, self.classes, self.imports, self.aliases, self.modules = {}, {}, {}, {}, {}
        for path, module in sources(folder, name, skip):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    tree = ast.parse(file.read())
            except (SyntaxError, ValueError, RecursionError):
                continue
            self.modules[module] = path
            self.imports[module] = imported(tree, module, path.endswith("__init__.py"))
            self.collect(tree.body, module, "")
        for function in self.functions.values():
            Reader(self, function).read()

    def collect(self, body, module, prefix):
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions.setdefault((module, prefix + node.name), Function(module, prefix + node.name, node))
            elif isinstance(node, ast.ClassDef):
                methods = [item.name for item in node.body if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))]
                methods += [target.id for item in node.body if isinstance(item, ast.Assign) for target in item.targets if isinstance(target, ast.Name)]
                self.classes.setdefault((module, prefix + node.name), Class(module, prefix + node.name, [dotted(base) for base in node.bases], methods, [dotted(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list]))
                self.collect(node.body, module, prefix + node.name + ".")
            elif isinstance(node, (ast.If, ast.Try, ast.With)):
                self.collect(node.body, module, prefix)
                self.collect(getattr(node, "orelse", []), module, prefix)
                for handler in getattr(node, "handlers", []):
                    self.collect(handler.body, module, prefix)

    def resolve(self, module, name):
        """The dotted name with the module's imports put in."""
        if not name:
            return name
        head, _, rest = name.partition(".")
        target = self.imports.get(module, {}).get(head)
        if target:
            return target + ("." + rest if rest else "")
        return name

    def find(self, module, name, table, hops=4):
        """The function or class that a resolved name means, looking through re-exports."""
        if (module, name) in table:
            return table[(module, name)]
        full = self.resolve(module, name)
        parts = full.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            owner, rest = ".".join(parts[:cut]), ".".join(parts[cut:])
            if (owner, rest) in table:
                return table[(owner, rest)]
            if owner in self.imports and hops and rest.split(".")[0] in self.imports[owner]:
                return self.find(owner, rest, table, hops - 1)
        return None

    def method(self, kind, name, seen=None):
        """The method of a class or of its bases in this package."""
        seen = seen if seen is not None else set()
        if kind is None or (kind.module, kind.name) in seen:
            return None
        seen.add((kind.module, kind.name))
        own = self.functions.get((kind.module, f"{kind.name}.{name}"))
        if own:
            return own
        for base in kind.bases:
            found = self.method(self.find(kind.module, base, self.classes), name, seen) if base else None
            if found:
                return found
        return None

    def has_member(self, kind, name, seen=None):
        seen = seen if seen is not None else set()
        if kind is None or (kind.module, kind.name) in seen:
            return kind is None
        seen.add((kind.module, kind.name))
        return name in kind.methods or any(self.has_member(self.find(kind.module, base, self.classes), name, seen) for base in kind.bases)

    def effects(self, function, hops=3, seen=None):
        """Effects of a function and of what it calls: category -> what is reached."""
        seen = seen if seen is not None else set()
        if (function.module, function.name) in seen:
            return {}
        seen.add((function.module, function.name))
        found = dict(function.effects)
        if hops:
            for callee, tainted in function.calls:
                target = self.target(function, callee)
                if target is not None and tainted:
                    for effect, reason in self.effects(target, hops - 1, seen).items():
                        if effect not in ("apply", "attribute", "write"):
                            found.setdefault(effect, f"{target.name}: {reason}" if len(reason) < 60 else reason)
        return found

    def target(self, function, callee):
        owner = function.name.rpartition(".")[0]
        if callee.startswith("self.") or callee.startswith("cls.") or callee.startswith("super."):
            kind = self.classes.get((function.module, owner))
            name = callee.split(".", 1)[1]
            if callee.startswith("super.") and kind:
                for base in kind.bases:
                    found = self.method(self.find(kind.module, base, self.classes), name) if base else None
                    if found:
                        return found
                return None
            return self.method(kind, name)
        found = self.find(function.module, callee, self.functions)
        if found:
            return found
        kind = self.find(function.module, callee, self.classes)
        return self.method(kind, "__init__") if kind else None

    def loading(self, kind):
        """Effects of building, calling and restoring an instance."""
        found = {}
        for name in LOADED:
            method = self.method(kind, name)
            if method:
                for effect, reason in self.effects(method).items():
                    found.setdefault(effect, f"{name}: {reason}")
        return found


class Reader(ast.NodeVisitor):
    """Finds the effects of one function with a simple flow of its parameters through names."""

    def __init__(self, package, function):
        self.package, self.function = package, function
        arguments = function.node.args
        self.tainted = {a.arg for a in arguments.posonlyargs + arguments.args + arguments.kwonlyargs}
        for extra in (arguments.vararg, arguments.kwarg):
            if extra:
                self.tainted.add(extra.arg)
        self.parameters = self.tainted - {"self", "cls"}

    def read(self):
        for _ in range(2):
            for node in ast.walk(self.function.node):
                value = getattr(node, "value", None)
                if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.NamedExpr)) and value is not None and self.flows(value):
                    for target in getattr(node, "targets", None) or [node.target]:
                        self.tainted |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                elif isinstance(node, (ast.For, ast.comprehension)) and self.flows(node.iter):
                    self.tainted |= {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
                elif isinstance(node, ast.withitem) and node.optional_vars is not None and self.flows(node.context_expr):
                    self.tainted |= {n.id for n in ast.walk(node.optional_vars) if isinstance(n, ast.Name)}
        for node in ast.walk(self.function.node):
            if isinstance(node, ast.Call):
                self.call(node)

    def flows(self, node):
        return any(isinstance(n, ast.Name) and n.id in self.tainted for n in ast.walk(node))

    def call(self, node):
        name = dotted(node.func)
        tainted = any(self.flows(argument) for argument in node.args) or any(self.flows(k.value) for k in node.keywords)
        receiver = isinstance(node.func, ast.Attribute) and self.flows(node.func.value)
        if name is None:
            if isinstance(node.func, ast.Attribute):
                self.method_call(node, tainted or receiver)
                if isinstance(node.func.value, ast.Call) and dotted(node.func.value.func) == "super":
                    self.function.calls.append(("super." + node.func.attr, tainted))
            return
        full = self.package.resolve(self.function.module, name)
        short = full[9:] if full.startswith("builtins.") else full
        effect = EXACT.get(short) or next((e for p, e in PREFIX.items() if short.startswith(p) and short not in QUIET), None)
        if effect == "compile" or (short == "compile" and len(node.args) < 3 and not node.keywords):
            effect = None
        if effect == "open":
            effect = open_effect(node)
        if effect and (tainted or receiver):
            self.function.effects.setdefault(effect, short)
        elif name in self.parameters:
            self.function.effects.setdefault("apply", f"calls its argument {name}")
        elif short == "getattr" and len(node.args) > 1 and self.flows(node.args[1]) and not is_self(node.args[0]):
            self.function.effects.setdefault("attribute", "getattr by a name given")
        elif short == "setattr" and len(node.args) > 1 and self.flows(node.args[1]) and not is_self(node.args[0]):
            self.function.effects.setdefault("write", "setattr by a name given")
        else:
            self.method_call(node, tainted or receiver)
        self.function.calls.append((name, tainted or name.startswith("self.")))

    def method_call(self, node, tainted):
        effect = METHODS.get(node.func.attr) if isinstance(node.func, ast.Attribute) else None
        if effect and tainted:
            self.function.effects.setdefault(effect, "." + node.func.attr)


def is_self(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls", "obj", "instance", "inst")


def open_effect(node):
    mode = node.args[1] if len(node.args) > 1 else next((k.value for k in node.keywords if k.arg == "mode"), None)
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+"):
        return "read"
    return "read" if mode is None else "file"


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Subscript) and not parts:
        return dotted(node.value)
    if isinstance(node, ast.Name):
        return ".".join([node.id] + parts[::-1])
    return None


def imported(tree, module, is_package):
    """Local name -> full dotted name, for every import anywhere in the file."""
    names = {}
    parent = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.split(".")[0]] = alias.name if alias.asname else alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parent[:len(parent) - node.level + 1] + ([node.module] if node.module else [])) if node.level else node.module or ""
            for alias in node.names:
                names[alias.asname or alias.name] = f"{base}.{alias.name}"
    full = {"np": "numpy", "pd": "pandas"}
    return {local: full.get(name, name) for local, name in names.items()}


def sources(folder, name, skip):
    if os.path.isfile(folder + ".py"):
        yield folder + ".py", name
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in ("tests", "test", "__pycache__", "node_modules") and f.isidentifier())
        relative = os.path.relpath(base, folder)
        prefix = name if relative == "." else name + "." + relative.replace(os.sep, ".")
        if any(prefix == s or prefix.startswith(s + ".") for s in skip):
            folders[:] = []
            continue
        for file in sorted(files):
            if file.endswith(".py") and not file.startswith("test_") and file != "conftest.py":
                yield os.path.join(base, file), prefix if file == "__init__.py" else prefix + "." + file[:-3]


def worst(effects):
    """The gravest category of several."""
    return min(effects, key=ORDER.index) if effects else None
