"""Write INSTRUCTORS.md from lessons, speaker notes and exercises: ``python tools/instructors.py``."""

from __future__ import annotations

import importlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import nbformat
import yaml

from course_utils.exercises import Exercise
from slides import LESSONS, NOTES, ROOT, Slide, read_notes, slides_of, write_note

PAGE = ROOT / "INSTRUCTORS.md"
SLIDE_MINUTES = 1  # a slide without a question
EXERCISE_MINUTES = {"prediction": 3, "code": 8, "repair": 6}
INTRODUCTION = """\
<!-- Made by `make instructors` from lessons, speaker_notes/ and exercises. Change those, not this page. -->

# For instructors

The answers are in this page. Every lesson is also its own slides:

- **Live**: `make lab`, open a lesson, run all cells, and press **Start Deck** in the notebook's toolbar.
  Cells run and explorers move on the slide. **Stop Deck** returns to the notebook.
- **Offline**: `make slides` writes `slides/index.html` and a deck for each lesson, which need no network.
  **S** opens the speaker's view with the notes below.

`python -m course_utils report FOLDER` reads a folder of submitted notebooks and says which misconceptions the
class has.

Minutes below count {slide} for a slide, what its note says for a slide that asks the room, and for an
exercise {kinds}. A class of 50 or 90 minutes leaves out what is named here; students find it in the
lesson, which they read and run afterwards, together with the other exercises.
"""


class Lesson(NamedTuple):
    """All that an instructor is told about one lesson."""

    name: str
    cells: dict[str, str]
    slides: list[Slide]
    notes: dict[str, dict]
    classes: dict[int, dict]
    exercises: dict[str, Exercise]


def exercises_of(number: str) -> dict[str, Exercise]:
    """Return a lesson's exercises by name, in order; none if it has no module."""
    module = f"course_utils.exercises.lesson_{number}"
    members = vars(importlib.import_module(module)).values() if find_spec(module) else ()
    return {member.name: member for member in members if isinstance(member, Exercise)}


def read_lesson(path: Path, notes: Path = NOTES) -> Lesson:
    """Read a lesson, its notes and its plans for a class.

    Raises
    ------
    ValueError
        If a plan leaves out a slide, or sets an exercise, that the lesson does not have.
    """
    notebook = nbformat.read(path, as_version=4)
    slides, exercises = slides_of(notebook), exercises_of(path.name[:2])
    classes = yaml.safe_load((notes / f"{path.stem}.yaml").read_text(encoding="utf-8"))["classes"]
    for minutes, plan in classes.items():
        for kind, named, known in [
            ("slide", plan["leave_out"], {slide.name for slide in slides}),
            ("exercise", plan["exercises"], set(exercises)),
        ]:
            unknown = [name for name in named if name not in known]
            if unknown:
                raise ValueError(f"{path.stem}.yaml: class of {minutes}: there is no {kind} `{unknown[0]}`.")
    cells = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    return Lesson(path.stem, cells, slides, read_notes(path, notes), classes, exercises)


def minutes_in_class(lesson: Lesson, minutes: int) -> int:
    """Add up the minutes of what a class of that length shows and does."""
    plan = lesson.classes[minutes]
    shown = [slide.name for slide in lesson.slides if slide.name not in plan["leave_out"]]
    talking = sum(lesson.notes[name]["minutes"] if name in lesson.notes else SLIDE_MINUTES for name in shown)
    return talking + sum(EXERCISE_MINUTES[lesson.exercises[name].kind] for name in plan["exercises"])


def self_study_minutes(lesson: Lesson) -> int:
    """Return the minutes that the lesson names for reading it alone."""
    return int(re.search(r"\*\*Time:\*\* about (\d+) minutes", lesson.cells["before-you-start"])[1])


def write_class(lesson: Lesson, minutes: int) -> str:
    """Say what a class of 50 or 90 minutes leaves out, and which exercises it does."""
    plan = lesson.classes[minutes]
    titles = {slide.name: slide.title for slide in lesson.slides}
    skipped = ", ".join(f"“{titles[name]}” (`{name}`)" for name in plan["leave_out"]) or "nothing"
    done = ", ".join(f"“{lesson.exercises[name].title}”" for name in plan["exercises"]) or "none"
    needed = minutes_in_class(lesson, minutes)
    return f"- **{minutes} minutes** (needs {needed}): leave out {skipped}; exercises in class: {done}."


def write_exercise(exercise: Exercise) -> str:
    """Write an exercise's solution and what students get wrong."""
    wrong = "\n".join(f"- *{wrong.name}*: {wrong.sentence}" for wrong in exercise.misconceptions)
    return (
        f"#### {exercise.title} ({exercise.kind})\n\n{exercise.prompt.strip()}\n\n"
        f"```python\n{exercise.solution_code.strip()}\n```\n\n{exercise.why} {exercise.notice}\n\n"
        f"Recognised misconceptions:\n\n{wrong}"
    )


def write_lesson(lesson: Lesson) -> str:
    """Write all about one lesson."""
    title, promise, *_ = lesson.cells["title"].removeprefix("# ").split("\n\n")
    goals = lesson.cells["title"].partition("You will be able to\n\n")[2]
    parts = [
        f"## {title}\n\n{promise}\n\n{goals}",
        f"{len(lesson.slides)} slides; alone, about {self_study_minutes(lesson)} minutes.",
        "\n".join(write_class(lesson, minutes) for minutes in lesson.classes),
        "### Slides that ask the room",
        *(
            f"**{slide.title}** (`{slide.name}`)\n\n{write_note(lesson.notes[slide.name])}"
            for slide in lesson.slides
            if slide.name in lesson.notes
        ),
    ]
    if lesson.exercises:
        parts += ["### Exercises", *map(write_exercise, lesson.exercises.values())]
    return "\n\n".join(parts)


def write_plan(name: str, plan: dict[str, list[str]], lessons: dict[str, Lesson]) -> str:
    """Write a plan for the whole course, with the minutes that each part needs in classes of 90 minutes."""
    rows = []
    for when, numbers in plan.items():
        minutes = sum(minutes_in_class(lessons[number], 90) for number in numbers)
        titles = ", ".join(lessons[number].slides[0].title for number in numbers)
        rows.append(f"| {when} | {titles} | {minutes} |")
    return "\n".join([f"### {name}", "", "| when | lessons | minutes |", "| --- | --- | --- |", *rows])


def write_page() -> str:
    """Write the whole page."""
    paths = sorted(LESSONS.glob("*.ipynb"))
    lessons = {path.name[:2]: read_lesson(path) for path in paths}
    plans = yaml.safe_load((NOTES / "plans.yaml").read_text(encoding="utf-8"))
    kinds = ", ".join(f"{minutes} ({kind})" for kind, minutes in EXERCISE_MINUTES.items())
    parts = [
        INTRODUCTION.format(slide=SLIDE_MINUTES, kinds=kinds).rstrip(),
        "## Plans",
        *(write_plan(name, plan, lessons) for name, plan in plans.items()),
        *map(write_lesson, lessons.values()),
    ]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write INSTRUCTORS.md."""
    PAGE.write_text(write_page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")


if __name__ == "__main__":
    main()
