#!/usr/bin/env python3
"""Scan a folder of files that honest libraries wrote and say what was reported of them.

usage: scan.py BINARY FOLDER [--report FILE] [--examples N]

Prints the findings of medium severity or more by rule, subject and library (the first folder of a path), with the number of
files and an example of each, and the files that were not read to their end. `--report` reads a report that was written before,
and scans nothing. Ends with 1 where any file is critical, one in a hundred or more is flagged, or one is incomplete.
"""
import argparse, collections, json, pathlib, subprocess, sys

SEVERITIES = ["info", "low", "medium", "high", "critical"]


def report_of(binary, folder):
    """The report of one scan of the whole folder."""
    command = [binary, "scan", "--format", "json", str(folder)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout)


def file_of(path):
    """The file on the disk to which a path through containers belongs."""
    return path.split("!/")[0].split("@0x")[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--report", type=pathlib.Path)
    parser.add_argument("--examples", type=int, default=1)
    arguments = parser.parse_args()
    report = json.loads(arguments.report.read_text()) if arguments.report else report_of(arguments.binary, arguments.folder)
    artifacts = {file_of(artifact["path"]) for artifact in report["artifacts"]}
    files = sorted(str(path.relative_to(arguments.folder)) for path in arguments.folder.rglob("*")
                   if path.is_file() and path.name != "manifest.json")

    worst = {}
    rows = collections.defaultdict(lambda: (set(), set(), []))
    for finding in report["findings"]:
        if finding["status"] != "active" or finding["kind"] == "hygiene":
            continue
        severity, file = SEVERITIES.index(finding["severity"]), file_of(finding["location"]["path"])
        worst[file] = max(worst.get(file, 0), severity)
        if severity >= SEVERITIES.index("medium"):
            seen, libraries, examples = rows[severity, finding["rule"], finding.get("subject", "")]
            seen.add(file)
            libraries.add(file.split("/")[0])
            examples.append(f"{finding['location']['path']}: {finding['message'][:200]}")
    incomplete = collections.defaultdict(list)
    for artifact in report["artifacts"]:
        if artifact["outcome"] != "complete" or artifact["reason"]:
            file = file_of(artifact["path"])
            incomplete[artifact["outcome"], str(artifact["reason"]), file.split("/")[0]].append(artifact["path"])

    for (severity, rule, subject), (seen, libraries, examples) in sorted(rows.items(), key=lambda row: (-row[0][0], -len(row[1][0]))):
        print(f"{len(seen):6}  {SEVERITIES[severity]:8}  {rule}  {subject[:90]}  [{', '.join(sorted(libraries)[:6])}]")
        for example in examples[:arguments.examples]:
            print(f"        {example}")
    for (outcome, reason, library), paths in sorted(incomplete.items(), key=lambda row: -len(row[1])):
        print(f"{len(paths):6}  {outcome} {reason}  [{library}]  {paths[0]}")

    counted = collections.Counter(SEVERITIES[severity] for severity in worst.values())
    flagged = counted["medium"] + counted["high"] + counted["critical"]
    unread = {file_of(path) for paths in incomplete.values() for path in paths}
    print(f"{len(files)} files ({len(artifacts)} with an artifact listed): {counted['critical']} critical, {counted['high']} high, "
          f"{counted['medium']} medium, {flagged} flagged, {len(unread)} incomplete")
    sys.exit(1 if counted["critical"] or flagged * 100 >= len(files) or unread else 0)


if __name__ == "__main__":
    main()
