#!/usr/bin/env python3
"""Compares what Modelward and the scanners beside it find on the same files, and writes the page that says so.

    python3 benches/compare_detection.py CORPUS [--binary target/release/modelward] [--page docs/comparison.md] [--saved FILE]

CORPUS is a folder with `evasion` and `benign_hard`, each with a manifest.json of {file, cls, expect}. Every scanner runs as its users
run it, a sample at a time, under a neutral name that keeps the extension. A malicious or suspicious sample counts as caught where the
scanner flags it at all; a benign one as a false alarm where it does. Rivals that are not installed (on PATH, or in --rivals) are left
out. --saved keeps what the rivals said, so that only Modelward runs again.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OWN = "Modelward"
# The command of each rival, how its version is asked, and the exit code with which it says that a file is bad.
RIVALS = {
    "picklescan": (["picklescan", "--path"], None, 1),
    "modelscan": (["modelscan", "-p"], ["modelscan", "--version"], 1),
    "fickling": (["fickling", "--check-safety"], ["fickling", "--version"], 1),
    "ModelAudit": (["modelaudit", "scan"], ["modelaudit", "--version"], 1),
}
PATIENCE = 120


def samples(folder: Path) -> list[dict]:
    """One row a sample: a file, or the top folder of its path."""
    seen, rows = set(), []
    for row in json.loads((folder / "manifest.json").read_text()):
        top = Path(row["file"]).parts[0]
        if top not in seen:
            seen.add(top)
            rows.append({"path": folder / top, "cls": row.get("cls") or "benign", "expect": row["expect"]})
    return rows


def neutral(path: Path, folder: str) -> str:
    """A copy whose name tells nothing but the extension."""
    if path.is_dir():
        return str(shutil.copytree(path, f"{folder}/model", symlinks=True))
    suffixes = path.suffixes[-2:] if path.suffixes[-2:-1] == [".tar"] else path.suffixes[-1:]
    return str(shutil.copyfile(path, f"{folder}/sample{''.join(suffixes)}"))


def flagged(command: list[str], bad: int, sample: dict) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = neutral(sample["path"], folder)
        environment = {**os.environ, "NO_COLOR": "1", "MODELWARD_NO_CACHE": "1", "PROMPTFOO_DISABLE_TELEMETRY": "1"}
        try:
            done = subprocess.run([*command, path], capture_output=True, timeout=PATIENCE, env=environment, stdin=subprocess.DEVNULL, cwd=folder)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == bad


def count(name: str, command: list[str], bad: int, rows: list[dict]) -> dict:
    """Caught samples by class, false alarms, and CPU seconds."""
    began = os.times()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        said = list(pool.map(lambda row: flagged(command, bad, row), rows))
    ended = os.times()
    caught, alarms = collections.Counter(), 0
    for row, flag in zip(rows, said):
        if row["expect"] == "benign":
            alarms += flag
        else:
            caught[row["cls"]] += flag
    seconds = ended.children_user + ended.children_system - began.children_user - began.children_system
    print(f"{name}: caught {sum(caught.values())}, false alarms {alarms}, {seconds:.0f} CPU s", flush=True)
    return {"caught": dict(caught), "alarms": alarms, "seconds": seconds}


def version(name: str, ask: list[str] | None, folder: Path | None) -> str:
    """The version that a rival says it has; of one that does not say, what its package says."""
    if ask:
        said = subprocess.run([*located(ask, folder)], capture_output=True, text=True).stdout
    else:
        python = str(folder / "python") if folder else sys.executable
        asking = f"from importlib.metadata import version; print(version({name.lower()!r}))"
        said = subprocess.run([python, "-c", asking], capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found.group() if found else "unknown version"


def located(command: list[str], folder: Path | None) -> list[str]:
    program = shutil.which(command[0], path=str(folder) if folder else None)
    return [program, *command[1:]] if program else []


def rivals(rows: list[dict], folder: Path | None, saved: Path | None) -> dict:
    if saved and saved.exists():
        return json.loads(saved.read_text())
    results = {}
    for name, (command, ask, bad) in RIVALS.items():
        if program := located(command, folder):
            results[f"{name} {version(name, ask, folder)}"] = count(name, program, bad, rows)
    if saved:
        saved.write_text(json.dumps(results, indent=1))
    return results


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def page(results: dict, rows: list[dict]) -> str:
    """The page, in Markdown."""
    totals = collections.Counter(row["cls"] for row in rows if row["expect"] != "benign")
    evil, honest = sum(totals.values()), sum(row["expect"] == "benign" for row in rows)
    lines = [
        "# Beside other scanners", "",
        "Made by `benches/compare_detection.py` on the project's corpora: files that would do harm in the loader they aim at (payloads inert),",
        "and honest files that naive scanners flag. Every scanner ran as its users run it, on the same files under neutral names.",
        "*Caught* means flagged at all; a file that Modelward calls *incomplete* is not counted as caught.", "",
        "| scanner | caught | honest files flagged | CPU seconds for all |", "|---|---|---|---|",
    ]
    for name, said in results.items():
        caught = sum(said["caught"].values())
        lines.append(f"| {name} | {caught} of {evil} ({percent(caught, evil)}) | {said['alarms']} of {honest} | {said['seconds']:.0f} |")
    lines += ["", "## By class of attack", "", "| class | samples | " + " | ".join(results) + " |", "|---|---|" + "---|" * len(results)]
    for cls in sorted(totals):
        cells = [str(said["caught"].get(cls, 0)) for said in results.values()]
        lines.append(f"| {cls} | {totals[cls]} | " + " | ".join(cells) + " |")
    lines += ["", "Speed on large files is another page's matter: `benches/compare.py --rivals` measures it.", ""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--binary", default="target/release/modelward")
    parser.add_argument("--rivals", type=Path, help="the folder of the rivals' programs")
    parser.add_argument("--saved", type=Path, help="where the rivals' results are kept")
    parser.add_argument("--page", type=Path, help="the page to write; standard output without it")
    arguments = parser.parse_args()
    rows = samples(arguments.corpus / "evasion") + samples(arguments.corpus / "benign_hard")
    own = [os.path.abspath(arguments.binary), "scan", "--quiet"]
    results = {OWN: count(OWN, own, 1, rows), **rivals(rows, arguments.rivals, arguments.saved)}
    text = page(results, rows)
    if arguments.page:
        arguments.page.write_text(text)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
