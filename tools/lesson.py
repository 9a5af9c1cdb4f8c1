"""Begin a lesson with all that belongs to one: ``make lesson NAME=label-smoothing AFTER=loss-functions``.

It copies the files of `tools/template/` under the lesson's name, adds a row to the ledger, counts the lessons
anew and runs the new one. What comes out passes the tests as it stands, and is there to be written over.
"""

import argparse
import csv
import re
import subprocess
import sys
from pathlib import Path

from course_utils.lessons import Lesson, find_lesson, find_lessons
from tools.notebooks import refresh, shows_the_course
from tools.numbering import ROOT, count_anew, write_numbers

TEMPLATE = Path(__file__).with_name("template")
NEW_CLAIM = "C999"  # as the template calls it
FILES = {  # of the template, and where each goes; {module} is the name with underscores
    "exercises.py": "course_utils/exercises/{module}.py",
    "answers.py": "tests/lessons/answers/{module}.py",
    "notes.yaml": "speaker_notes/{name}.yaml",
    "test.py": "tests/lessons/test_versions_{module}.py",
}


def places_of(name: str, after: Lesson, root: Path) -> dict[Path, Path]:
    """Return each file of the template and where it goes; the notebook's number is still that of `after`.

    Raises
    ------
    ValueError
        If the name is no name, or something has it already.
    """
    if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name):
        raise ValueError(
            f"NAME is {name!r}; expected words in small letters, joined by `-`, as label-smoothing."
        )
    if not after.number:
        raise ValueError(
            f"AFTER is {after.name!r}, which stands behind them all; expected a numbered lesson."
        )
    module = name.replace("-", "_")
    places = {TEMPLATE / file: root / place.format(name=name, module=module) for file, place in FILES.items()}
    places[TEMPLATE / "lesson.ipynb"] = root / "notebooks" / f"{after.number}a-{name}.ipynb"
    taken = [place for place in places.values() if place.exists()]
    if taken or any(lesson.name == name for lesson in find_lessons(root / "notebooks")):
        there = ", ".join(str(place.relative_to(root)) for place in taken) or "a lesson of that name"
        raise ValueError(f"NAME is {name!r}, and there is {there}; expected a new name.")
    return places


def next_claim(ledger: Path) -> str:
    """Return the first id behind those of the ledger."""
    with ledger.open(encoding="utf-8", newline="") as file:
        last = max(row["id"] for row in csv.DictReader(file))
    return f"C{int(last[1:]) + 1:03}"


def filled(text: str, name: str, after: Lesson, claim: str) -> str:
    """Put a lesson's names into a text of the template."""
    title = name.replace("-", " ").capitalize()
    for old, new in (
        ("template-before", after.path.stem),
        ("template-name", name),
        ("template_name", name.replace("-", "_")),
        ("Template title", title),
        ("template title", title.lower()),
        (NEW_CLAIM, claim),
    ):
        text = text.replace(old, new)
    return text


def begin(name: str, after: Lesson, root: Path = ROOT) -> list[Path]:
    """Write all files of a new lesson and run it; return them. What was written goes if something fails.

    Raises
    ------
    ValueError
        If the name is no name, or something has it already.
    """
    places = places_of(name, after, root)
    ledger = root / "claims.csv"
    claims, claim = ledger.read_bytes(), next_claim(ledger)
    row = [claim, "The mean of some numbers tells you what they are", "ADDITION"]
    row += [
        "The mean of 1, 2 and 6 is 3, which is none of them.",
        name,
        "mean-by-hand",
        "computed",
        "mean 3.0",
        *("", "", "", ""),  # no line, quotation or translation: the claim is ours
    ]
    try:
        for source, place in places.items():
            place.write_text(filled(source.read_text(encoding="utf-8"), name, after, claim), encoding="utf-8")
        with ledger.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(row)
        count_anew(root / "notebooks")
        write_numbers(root)
        lesson = find_lesson(name, root / "notebooks")
        sort_imports([lesson.path, *places.values()], root)
        refresh(lesson.path)  # first, so that nothing else is run for a lesson that fails
        for one in find_lessons(root / "notebooks"):
            if one.name != name and shows_the_course(one):
                refresh(one.path)
    except BaseException:
        ledger.write_bytes(claims)
        begun = [lesson.path for lesson in find_lessons(root / "notebooks") if lesson.name == name]
        for place in [*places.values(), *begun]:
            place.unlink(missing_ok=True)
        count_anew(root / "notebooks")
        write_numbers(root)
        raise
    return [lesson.path, *(place for place in places.values() if place.suffix != ".ipynb"), ledger]


def sort_imports(paths: list[Path], root: Path) -> None:
    """Let ruff order the imports, for where the lesson's own stands depends on its name."""
    files = [str(path) for path in paths if path.exists() and path.suffix in (".py", ".ipynb")]
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--fix", "--quiet", "--select=I", *files]
    subprocess.run(ruff, cwd=root, check=True)


def main() -> None:
    """Read the command line and begin the lesson."""
    parser = argparse.ArgumentParser(description="Begin a lesson: make lesson NAME=… AFTER=…")
    parser.add_argument("name", help="words in small letters joined by `-`, as label-smoothing")
    parser.add_argument("after", help="the lesson that it follows, by name or number, as loss-functions")
    arguments = parser.parse_args()
    try:
        files = begin(arguments.name, find_lesson(arguments.after))
    except ValueError as error:
        sys.exit(f"No lesson was begun: {error}")
    print("The new lesson runs and passes the checks. Write over, in this order:")
    for path in files:
        print(f"  {path.relative_to(ROOT)}")
    print(f"Then `make notebooks ARGS={arguments.name}` and `make test`; CONTRIBUTING.md has the rules.")


if __name__ == "__main__":
    main()
