"""Test the course with the lowest versions that pyproject.toml allows: `make floors`.

They go into an environment of their own, under a temporary folder: a download of 3 GB, most of it PyTorch's
libraries for CUDA. It is removed at the end. The unit tests run there, and lessons as they are stored; what
came of it goes to results/floors.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_utils.lessons import find_lesson

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "pyproject.toml"
OUT = ROOT / "results" / "floors.json"
LESSONS = ("softmax-attention", "recurrent-attention")  # one in NumPy, one that trains with PyTorch
RESOLVE = ("pip", "compile", "--quiet", "--resolution", "lowest-direct", "--all-extras")


def main(argv: list[str] | None = None) -> int:
    """Install, test and write what came of it; return 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m proofs.floors", description=__doc__.splitlines()[0])
    parser.add_argument("--lessons", nargs="+", default=LESSONS, metavar="NAME", help="lessons to run")
    parser.add_argument("--out", type=Path, default=OUT, help="file of the outcome")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="floors-") as folder:
        python = install(Path(folder))
        installed = [file.lstat().st_size for file in python.parents[1].rglob("*")]
        pins = (Path(folder) / "pins.txt").read_text(encoding="utf-8")
        outcome = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": "python -m proofs.floors --lessons " + " ".join(arguments.lessons),
            "python": sys.version.split()[0],
            "versions": direct_versions(pins, PROJECT.read_text(encoding="utf-8")),
            "megabytes": round(sum(installed) / 1e6),
            "unit_tests": run_tests(python, "-m", "not slow", "tests/unit"),
            "lessons": {name: run_tests(python, str(find_lesson(name).path)) for name in arguments.lessons},
        }
    arguments.out.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")
    print(sentence(outcome))
    return int(any(part["failed"] for part in parts(outcome)))


def install(folder: Path) -> Path:
    """Resolve the lowest versions, install them and the course below `folder`; return the Python there."""
    places = {"UV_CACHE_DIR": str(folder / "cache")} | os.environ

    def uv(*words: str | Path) -> None:
        subprocess.run([sys.executable, "-m", "uv", *words], cwd=ROOT, env=places, check=True)

    python = folder / "environment" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = folder / "pins.txt"
    uv("venv", "--quiet", "--seed", "--python", sys.executable, folder / "environment")
    uv(*RESOLVE, "--no-header", "--no-annotate", "--python", python, "-o", pins, PROJECT)
    uv("pip", "install", "--quiet", "--python", python, "-r", pins)
    uv("pip", "install", "--quiet", "--python", python, "--no-deps", "--editable", ROOT)
    return python


def direct_versions(pins: str, project: str) -> dict[str, str]:
    """Return the version of each package that the project names itself."""
    versions = dict(line.split("==") for line in pins.splitlines() if "==" in line)
    return {name: versions[name] for name in sorted(floors_of(project))}


def floors_of(project: str) -> dict[str, str]:
    """Return the lowest version that pyproject.toml allows of each package that it names."""
    named = tomllib.loads(project)["project"]
    groups = [named["dependencies"], *named["optional-dependencies"].values()]
    requirements = [Requirement(line) for group in groups for line in group]
    return {canonicalize_name(one.name): str(one.specifier).removeprefix(">=") for one in requirements}


def run_tests(python: Path, *words: str) -> dict[str, object]:
    """Run pytest with that Python; return how many tests passed, and the names of those that failed."""
    report = python.parents[2] / "report.xml"
    report.unlink(missing_ok=True)
    pytest = [python, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", f"--junitxml={report}"]
    subprocess.run([*pytest, *words], cwd=ROOT, check=False)
    if not report.exists():
        raise RuntimeError(f"pytest did not start with the lowest versions; it was asked for {words}.")
    return counted(report.read_text(encoding="utf-8"))


def counted(report: str) -> dict[str, object]:
    """Count the tests of pytest's report in XML, and name those that failed or could not be collected."""
    found: dict[str, list[str]] = {"passed": [], "failed": [], "skipped": []}
    for case in ElementTree.fromstring(report).iter("testcase"):
        marks = {child.tag for child in case}
        kind = "failed" if marks & {"failure", "error"} else "skipped" if "skipped" in marks else "passed"
        found[kind].append(f"{case.get('classname')}::{case.get('name')}")
    failed = list(dict.fromkeys(found["failed"]))  # a test may fail, and then its cleaning up
    return {"passed": len(found["passed"]), "skipped": len(found["skipped"]), "failed": failed}


def parts(outcome: dict) -> Iterator[dict]:
    """Give the counts of the unit tests and of each lesson."""
    yield outcome["unit_tests"]
    yield from outcome["lessons"].values()


def sentence(outcome: dict) -> str:
    """Say what passed, and name what failed."""
    tests = outcome["unit_tests"]
    failed = [name for part in parts(outcome) for name in part["failed"]]
    cells = sum(part["passed"] for part in outcome["lessons"].values())
    words = f"With the lowest versions, {tests['passed']} unit tests pass and {cells} cells of "
    words += f"{' and '.join(outcome['lessons'])}; {len(failed)} fail{'s' if len(failed) == 1 else ''}."
    return "\n".join([words, *failed])


if __name__ == "__main__":
    sys.exit(main())
