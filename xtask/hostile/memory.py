#!/usr/bin/env python3
"""Scans every file of some folders inside a control group that has 256 MB, each in a process of its own.

    sudo python3 xtask/hostile/memory.py BINARY FOLDER… [--megabytes 256]

The kernel counts what the group holds (also what it maps and caches) and kills what asks for more. Exits with 1 if
any process was killed, crashed, or gave no report. Needs the memory controller (version 1 or 2) and the right to use it.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

TIMEOUT = 60


class Group:
    """A control group with a limit."""

    def __init__(self, limit: int):
        second = Path("/sys/fs/cgroup/cgroup.controllers").exists()
        top = Path("/sys/fs/cgroup") if second else Path("/sys/fs/cgroup/memory")
        self.path = top / f"modelward-{os.getpid()}"
        self.path.mkdir()
        self.highest = self.path / ("memory.peak" if second else "memory.max_usage_in_bytes")
        (self.path / ("memory.max" if second else "memory.limit_in_bytes")).write_text(str(limit))

    def enter(self) -> None:
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def peak(self) -> int:
        """The most that was held so far; cached pages of the files are among it, so the limit itself is often reached."""
        return int(self.highest.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--megabytes", type=int, default=256)
    arguments = parser.parse_args()
    files = sorted(path for folder in arguments.folders for path in folder.rglob("*") if path.is_file())
    group, failed, worst = Group(arguments.megabytes << 20), 0, 0.0
    try:
        for path in files:
            command = [arguments.binary.resolve(), "--no-cache", "--no-config", "--format", "json", path]
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=group.enter)
            timer_gone = False
            try:
                out, _ = child.communicate(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                timer_gone = True
                child.kill()
                out, _ = child.communicate()
            try:
                ok = not timer_gone and child.returncode >= 0 and "verdict" in json.loads(out)
            except ValueError:
                ok = False
            if not ok:
                failed += 1
                how = "too slow" if timer_gone else signal.Signals(-child.returncode).name if child.returncode < 0 else f"exit {child.returncode}"
                print(f"FAILED {path}: {how}", flush=True)
        worst = group.peak() / (1 << 20)
    finally:
        group.path.rmdir()
    print(f"{len(files)} files within {arguments.megabytes} MB (peak of the group, cached pages included: {worst:.0f} MB); {failed} failed")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
