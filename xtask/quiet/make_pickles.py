"""Pickles objects of the installed model libraries in every protocol: the quiet set that a scanner must not flag.

Usage: QUIET_ROOT=folder python make_pickles.py [family ...]

Each family runs by itself, skips what is not installed, and adds its rows to
`folder/manifest.json` (file, library, version, protocol, note). The files are not committed.
"""
import inspect
import json
import os
import pickle
import sys
import time
import traceback
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = os.environ.get("QUIET_ROOT", "quiet-set")
HERE = os.path.dirname(os.path.abspath(__file__))
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
ROWS = []
FAILED = []


def package_version(library):
    """The installed version; Python 3.7 has no importlib.metadata."""
    try:
        from importlib.metadata import version
        return version(library)
    except ImportError:
        pass
    except Exception:
        return "?"
    try:
        import pkg_resources
        return pkg_resources.get_distribution(library).version
    except Exception:
        return "?"


class Quiet:
    """Writes the objects of one library and records them."""

    def __init__(self, library, folder=None):
        self.library = library
        self.version = package_version(library)
        self.folder = f"{folder or library}-{self.version}"

    def path(self, name, protocol, suffix="pkl"):
        folder = os.path.join(ROOT, self.folder)
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{name}-p{protocol}.{suffix}")

    def record(self, path, protocol, note):
        ROWS.append(dict(file=os.path.relpath(path, ROOT), library=self.library, version=self.version,
                         protocol=protocol, python=sys.version.split()[0], note=note))

    def save(self, name, build, note="", dump=None, protocols=PROTOCOLS):
        """Builds the object and pickles it in each protocol; a failure is recorded and passed over."""
        try:
            value = build() if callable(build) and not inspect.isclass(build) else build
        except Exception as error:
            FAILED.append((self.library, name, "build", repr(error)[:200]))
            return
        for protocol in protocols:
            try:
                data = dump(value, protocol) if dump else pickle.dumps(value, protocol)
            except Exception as error:
                FAILED.append((self.library, name, f"protocol {protocol}", repr(error)[:200]))
                continue
            path = self.path(name, protocol)
            with open(path, "wb") as file:
                file.write(data)
            self.record(path, protocol, note or name)

    def write(self, name, writer, note="", suffix="pkl", protocol="own"):
        """Lets the library itself write the file: `writer(path)`."""
        path = self.path(name, protocol, suffix)
        try:
            writer(path)
        except Exception as error:
            FAILED.append((self.library, name, "write", repr(error)[:200]))
            return
        self.record(path, protocol, note or name)


def main():
    sys.path.insert(0, HERE)
    import families
    wanted = sys.argv[1:] or list(families.FAMILIES)
    for name in wanted:
        start = time.time()
        before = len(ROWS)
        try:
            families.FAMILIES[name](Quiet)
        except Exception as error:
            FAILED.append((name, "", "family", repr(error)[:200]))
            if os.environ.get("TRACE"):
                traceback.print_exc()
        print(f"{name}: {len(ROWS) - before} files, {time.time() - start:.0f} s", flush=True)
    os.makedirs(ROOT, exist_ok=True)
    manifest = os.path.join(ROOT, "manifest.json")
    old = json.load(open(manifest)) if os.path.exists(manifest) else []
    fresh = {row["file"] for row in ROWS}
    rows = [row for row in old if row["file"] not in fresh] + ROWS
    with open(manifest, "w") as file:
        json.dump(sorted(rows, key=lambda row: row["file"]), file, indent=1)
    for failure in FAILED:
        print("skip", *failure)


if __name__ == "__main__":
    main()
