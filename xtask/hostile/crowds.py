#!/usr/bin/env python3
"""Crowds of files: a million small ones in a tree, and a hundred thousand in one folder.

    python3 xtask/hostile/crowds.py BINARY [--files 1000000] [--folder 100000]

Every file must be counted, the one poisoned file found, and memory stay below 256 MB. Files are hard links to a few
(65,000 links are what a file system gives one), so that a million of them cost little room. Exits with 1 otherwise.
"""

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LINKS = 30_000
PLANTED = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x07echo hi\x85R."


def crowd(top: Path, count: int, each: int) -> None:
    """`count` files in folders of `each`, the last one poisoned."""
    first = None
    for index in range(count):
        folder = top / f"{index // each:05}"
        if index % each == 0:
            folder.mkdir(parents=True)
        path = folder / f"{index:07}.pkl"
        if index % LINKS == 0:
            first = path
            path.write_bytes(pickle.dumps({"index": index, "values": list(range(20))}, 4))
        else:
            os.link(first, path)
    path.unlink()
    path.write_bytes(PLANTED)


def peak(command: list) -> tuple[dict, int, float, float, float]:
    """What the program reported, its exit code, wall and CPU seconds, and its peak memory in MB."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        report = json.load(out)
    return report, child.returncode, time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--folder", type=int, default=100_000)
    arguments = parser.parse_args()
    failed = False
    for count, each in [(arguments.files, 1000), (arguments.folder, arguments.folder)]:
        with tempfile.TemporaryDirectory() as temporary:
            top = Path(temporary)
            crowd(top, count, each)
            command = [arguments.binary.resolve(), "--no-cache", "--no-config", "--format", "json", top]
            report, code, wall, cpu, megabytes = peak(command)
            summary = report["summary"]
            seen = summary["artifacts"]
            good = seen == count and code == 1 and report["verdict"] == "malicious" and megabytes <= 256
            good = good and report["completeness"] == "complete"
            failed |= not good
            print(f"{'ok' if good else 'FAILED'}: {count} files, {each} a folder: {seen} seen, exit {code}, {wall:.1f} s"
                  f" (CPU {cpu:.1f} s), {megabytes:.0f} MB, {report['completeness']} {summary['reasons']}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
