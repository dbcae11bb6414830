#!/usr/bin/env python3
"""Runs every test of a build folder, one program after the other, and counts test cases.

Programs that end in _tests are Catch2 programs and count by test case; everything else that CMake registered is one
test. A test that cannot run here prints a line "SKIPPED: reason" and counts as skipped. The last line is
"N passed, N failed, N skipped".
Usage: tests/run.py BUILD_FOLDER [NAME_PART]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree


def registered(build):
    out = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, capture_output=True, text=True, check=True)
    for test in json.loads(out.stdout)["tests"]:
        if "command" in test:
            properties = {p["name"]: p["value"] for p in test.get("properties", [])}
            yield test["name"], test["command"], properties.get("WORKING_DIRECTORY", str(build))


def run_catch(command, folder):
    """Runs a Catch2 program: (passed, failed, skipped, output of failures)."""
    with tempfile.TemporaryDirectory() as scratch:
        report = pathlib.Path(scratch) / "report.xml"
        done = subprocess.run(command + ["-r", "junit", "-o", str(report)], cwd=folder,
                              capture_output=True, text=True, errors="replace")
        skips = re.findall(r"^SKIPPED: .*$", done.stderr + done.stdout, re.M)
        try:
            tree = ElementTree.parse(report)
        except (ElementTree.ParseError, FileNotFoundError):
            return 0, 1, 0, f"exit status {done.returncode}, no report\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    passed, failures = 0, {}
    cases = set()
    for case in tree.iter("testcase"):
        name = case.get("classname", "") + "/" + case.get("name", "")
        cases.add(name)
        problems = list(case.iter("failure")) + list(case.iter("error"))
        if problems:
            failures[name] = "\n".join((p.get("message") or "") + (p.text or "") for p in problems)
    passed = len(cases) - len(failures)
    if done.returncode != 0 and not failures:
        failures["exit"] = f"exit status {done.returncode}\n{done.stderr[-4000:]}"
    for skip in skips:
        print("  " + skip)
    text = "\n".join(f"{name}: {why}" for name, why in failures.items())
    return max(0, passed - len(skips)), len(failures), len(skips), text


def run_plain(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    output = done.stdout + done.stderr
    if done.returncode == 0:
        skips = re.findall(r"^SKIPPED: .*$", output, re.M)
        for skip in skips:
            print("  " + skip)
        return (0, 0, len(skips), "") if skips else (1, 0, 0, "")
    return 0, 1, 0, output[-8000:]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    totals = [0, 0, 0]
    for name, command, folder in registered(build):
        if part not in name:
            continue
        begun = time.monotonic()
        runner = run_catch if command[0].endswith("_tests") else run_plain
        passed, failed, skipped, problems = runner(command, folder)
        totals = [a + b for a, b in zip(totals, (passed, failed, skipped))]
        print(f"{name}: {passed} passed, {failed} failed, {skipped} skipped ({time.monotonic() - begun:.1f} s)",
              flush=True)
        if problems:
            print("    " + problems.replace("\n", "\n    "), flush=True)
    print(f"{totals[0]} passed, {totals[1]} failed, {totals[2]} skipped")
    return 1 if totals[1] or not totals[0] else 0


if __name__ == "__main__":
    sys.exit(main())
