#!/usr/bin/env python3
"""Measures Modelward and the scanners beside it on the workloads that the goals name.

    python3 benches/compare.py DATA [--binary target/release/modelward] [--scale 0.1] [--only torch] [--rivals]

DATA is a folder for the workloads (2.6 GB at full scale), made once and kept. A row counts only if the report says that
every byte was read (at standard) and the planted problem was found; a bomb only if it was reported and never called
clean. CPU seconds are user + sys, of all threads, the best of --repeat runs; wall time on a shared machine is noise.
Peak memory cannot be told below 9 MB, and wall time has 20 ms of Python in it. Exits with 1 if a row is refused.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from workloads import MIB, PLANTED, WORKLOADS, Run, Workload

# How each rival scans a path; all of them exit with 1 when they found something.
RIVALS = {
    "picklescan": ["picklescan", "--path"],
    "fickling": ["fickling", "--check-safety"],
    "modelscan": ["modelscan", "--path"],
    "modelaudit": ["modelaudit", "scan"],
}
PATIENCE = 600
# Seconds in which the machine for which the goals were set reads (0.08) and hashes (0.57) a gigabyte, as any scan at
# standard has to: the physical floor of the goals.
GOAL_FLOOR = 0.65


@dataclass
class Cost:
    """What one run of a scanner took and said."""

    cpu: float
    wall: float
    megabytes: float
    code: int
    output: bytes


# Starts the command from a process that is small itself: a child's peak memory begins with that of its parent.
LAUNCHER = """
import os, sys
silent = [(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, used = os.wait4(child, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status), file=sys.stderr)
"""


def measure(command: list[str]) -> Cost:
    """Runs a command; its resources are those of the process and its threads."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-ISc", LAUNCHER, *command], capture_output=True, check=True)
    wall = time.perf_counter() - began
    cpu, peak, code = done.stderr.split()
    return Cost(float(cpu), wall, int(peak) / 1024, int(code), done.stdout)


def best(command: list[str], repeat: int) -> Cost:
    return min((measure(command) for _ in range(repeat)), key=lambda cost: cost.cpu)


def refusal(workload: Workload, run: Run, report: dict, scale: float) -> str:
    """Why a row of Modelward's does not count; empty if it does."""
    coverage, clean = report["coverage"], report["verdict"] == "clean"
    if workload.planted == 0:
        return "called clean" if clean else ""
    found = sum(PLANTED in (finding["evidence"] or "") for finding in report["findings"])
    planted = max(1, int(workload.planted * scale))
    if found < planted:
        return f"{found} of {planted} planted problems found"
    if report["completeness"] != "complete":
        return "coverage short: " + next(one["detail"] for one in report["artifacts"] if one["outcome"] != "complete")
    unread = not packed(workload) and coverage["read"] < coverage["bytes_total"]
    if run.level == "standard" and (coverage["skipped"] or unread):
        return f"coverage short: {coverage}"
    return ""


def packed(workload: Workload) -> bool:
    """Whether more bytes come out of a workload than it has: out of archives, and as code within code."""
    return workload.file.endswith((".npz", ".joblib")) or workload.file.endswith(("source", "bytecode"))


def judged(run: Run, cost: Cost, scale: float, opcodes: int, bytes_: int) -> tuple[str, bool]:
    """The goal in words, and whether it was met."""
    memory = cost.megabytes <= run.megabytes
    if run.megabytes_a_second:
        speed = bytes_ / 1e6 / max(cost.cpu, 1e-4)
        return f"{run.megabytes_a_second:g} MB/s, {run.megabytes:g} MB", memory and speed >= run.megabytes_a_second
    if run.nanoseconds_per_opcode:
        spent = cost.cpu * 1e9 / max(opcodes, 1)
        return f"{run.nanoseconds_per_opcode:g} ns, {run.megabytes:g} MB", memory and spent <= run.nanoseconds_per_opcode
    goal = run.seconds * (scale if run.scales else 1)
    return f"{goal:.3g} s, {run.megabytes:g} MB", memory and cost.cpu <= goal


def floor(folder: Path) -> float:
    """Seconds in which a gigabyte is read and hashed here, by OpenSSL: the best of five."""
    path, megabytes = folder / "floor", 128
    path.write_bytes(os.urandom(MIB) * megabytes)

    def once() -> float:
        began = time.process_time()
        with open(path, "rb") as file:
            hashlib.file_digest(file, "sha256")
        return (time.process_time() - began) * 1e9 / (megabytes * MIB)

    best_time = min(once() for _ in range(5))
    path.unlink()
    return best_time


def machine(seconds: float) -> str:
    """What this machine does of what the goals assume."""
    processor = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    extensions = "with" if "sha_ni" in processor else "without"
    return (
        f"this machine, {extensions} SHA extensions, reads and hashes a GB in {seconds:.2f} s; where the goals were set it took "
        f"{GOAL_FLOOR} s. What meets its goal but for that is marked 'there', with what it would take there"
    )


def size(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def made(workload: Workload, folder: Path, scale: float) -> tuple[Path, int]:
    """The workload on disk and its count of opcodes; made in a process of its own, whose memory is not ours."""
    path, note = folder / workload.file, folder / (workload.file + ".opcodes")
    if not note.exists():
        if workload.kind == "folder":
            path.mkdir(exist_ok=True)
        with multiprocessing.get_context("fork").Pool(1) as pool:
            note.write_text(str(pool.apply(workload.make, (path, scale))))
    return path, int(note.read_text())


def line(*cells: object) -> None:
    widths = (26, 11, 9, 9, 8, 8, 8, 8, 20, 7)
    texts = (f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells)
    print("  ".join(text.ljust(width) for text, width in zip(texts, (*widths, 0))).rstrip(), flush=True)


def row(name: str, scanner: str, level: str, cost: Cost, bytes_: int, opcodes: int, goal: str, met: str, note: str) -> None:
    per_opcode = f"{cost.cpu * 1e9 / opcodes:.1f}" if opcodes else "-"
    speed = f"{bytes_ / 1e6 / max(cost.cpu, 1e-4):.0f}"
    line(name, scanner, level, cost.cpu, cost.wall, per_opcode, speed, f"{cost.megabytes:.0f}", goal, met, note)


def main() -> int:
    # A remembered result would be measured instead of a scan.
    os.environ["MODELWARD_NO_CACHE"] = "1"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--binary", default="target/release/modelward")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="", help="part of a workload's name")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rivals", action="store_true", help="also run the rivals that are installed")
    arguments = parser.parse_args()
    folder = arguments.data / f"scale-{arguments.scale:g}"
    folder.mkdir(parents=True, exist_ok=True)
    refused = 0
    here = floor(folder)
    print(machine(here))
    line("workload", "scanner", "level", "CPU s", "wall s", "ns/op", "MB/s", "peak MB", "goal", "met", "note")
    for workload in WORKLOADS:
        if arguments.only not in workload.name:
            continue
        path, opcodes = made(workload, folder, arguments.scale)
        for run in workload.runs:
            command = [arguments.binary, "scan", "--format", "json", "--quiet", "--level", run.level, str(path)]
            command += ["--jobs", "1"] if run.megabytes_a_second else []
            cost = best(command, arguments.repeat)
            why = f"no report, exit {cost.code}"
            if cost.output:
                why = refusal(workload, run, json.loads(cost.output), arguments.scale)
            goal, met = judged(run, cost, arguments.scale, opcodes, size(path))
            hashed = size(path) if run.level == "standard" else 0
            there = replace(cost, cpu=cost.cpu - hashed / 1e9 * (here - GOAL_FLOOR))
            met_there = here > GOAL_FLOOR and judged(run, there, arguments.scale, opcodes, size(path))[1]
            verdict = "refused" if why else "met" if met else "there" if met_there else "NOT MET"
            note = why
            if verdict == "there":
                each = f", {there.cpu * 1e9 / opcodes:.1f} ns/op" if opcodes else ""
                note = f"{there.cpu:.3f} s{each} there"
            refused += bool(why)
            row(workload.name, "modelward", run.level, cost, size(path), opcodes, goal, verdict, note)
        for rival, command in RIVALS.items() if arguments.rivals else ():
            if shutil.which(rival):
                cost = measure(["timeout", str(PATIENCE), *command, str(path)])
                note = "" if cost.code == 1 else f"refused: planted problem not found, exit {cost.code}"
                row(workload.name, rival, "-", cost, size(path), opcodes, "-", "-", note)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
