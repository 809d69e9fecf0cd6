#!/usr/bin/env python3
"""Fetch the published sources of libraries that models are made with, scan them, and say what was reported.

usage: sources.py BINARY [--folder FOLDER] [PACKAGE…]

Wheels come from the package index by `pip download --no-deps`; only their `.py` files are unpacked. What is printed, and the
exit code, are those of `scan.py`: 1 where any file is critical, one in a hundred or more is flagged, or one is incomplete.
Also 1 where there are fewer than 2,000 files, since that would prove little.
"""
import argparse, pathlib, subprocess, sys, tempfile, zipfile

PACKAGES = ["transformers", "diffusers", "ultralytics", "timm"]
ENOUGH = 2000


def unpack(wheel, folder):
    """Writes the sources of one wheel and returns how many there are."""
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            parts = pathlib.PurePosixPath(name).parts
            if name.endswith(".py") and ".." not in parts and not name.startswith("/"):
                target = folder / wheel.name.split("-")[0] / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(name))
                count += 1
    return count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    parser.add_argument("--folder", type=pathlib.Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or pathlib.Path(scratch)
        wheels, sources = folder / "wheels", folder / "sources"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(wheels)]
        subprocess.run(command + arguments.packages, check=True)
        count = sum(unpack(wheel, sources) for wheel in sorted(wheels.glob("*.whl")))
        scan = pathlib.Path(__file__).with_name("scan.py")
        code = subprocess.run([sys.executable, str(scan), arguments.binary, str(sources)]).returncode
        if count < ENOUGH:
            print(f"only {count} files: at least {ENOUGH} are wanted")
        return int(code != 0 or count < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
