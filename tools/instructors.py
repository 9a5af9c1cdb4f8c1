"""Write pages for instructors from lessons, speaker notes and exercises: ``python -m tools.instructors``."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import NamedTuple

from course_utils.exercises import Exercise
from course_utils.exercises.engine.progress import exercises_of
from course_utils.lessons import find_lessons, read_name
from tools.numbering import Facts, facts_of
from tools.slides import LESSONS, NOTES, ROOT, Slide, read, read_notes, read_yaml, slides_of, write_note

PLANS, ONE_DAY = "plans.yaml", "One day"
CLASS_MINUTES = (50, 90)
PLAN_FIELDS = ("leave_out", "exercises")
PAGES = ROOT / "instructors"  # made on demand, in no commit
SLIDE_MINUTES = 1  # a slide without a question
EXERCISE_MINUTES = {"prediction": 3, "code": 8, "repair": 6}
INTRODUCTION = """\
# For instructors

The answers are in these pages, one for each lesson:

{pages}

Made by `make instructors` from lessons, speaker_notes/ and exercises; change those.

Every lesson is also its own slides:

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

    facts: Facts
    cells: dict[str, str]
    slides: list[Slide]
    notes: dict[str, dict]
    classes: dict[int, dict]
    exercises: dict[str, Exercise]


def read_lesson(path: Path, notes: Path = NOTES) -> Lesson:
    """Read a lesson, its notes and its plans for a class.

    Raises
    ------
    ValueError
        If the lesson has no notes or no plan, a plan leaves out a slide, or sets an exercise, that it does
        not have, or the notebook does not say what a page tells.
    """
    notebook = read(path)
    slides, exercises = slides_of(notebook), {one.name: one for one in exercises_of(read_name(path).name)}
    file = notes / f"{read_name(path).name}.yaml"
    if not file.exists():
        raise ValueError(f"{path.name} has no speaker notes: write {file.parent.name}/{file.name}.")
    classes = read_yaml(file, "classes")["classes"]
    if tuple(classes) != CLASS_MINUTES:
        raise ValueError(f"{file.name}: `classes` needs {CLASS_MINUTES}; it has {tuple(classes)}.")
    for minutes, plan in classes.items():
        if not isinstance(plan, dict) or not all(isinstance(plan.get(one), list) for one in PLAN_FIELDS):
            raise ValueError(f"{file.name}: class of {minutes} needs {{leave_out: [], exercises: []}}.")
        for kind, named, known in [
            ("slide", plan["leave_out"], {slide.name for slide in slides}),
            ("exercise", plan["exercises"], set(exercises)),
        ]:
            unknown = [name for name in named if name not in known]
            if unknown:
                raise ValueError(f"{file.name}: class of {minutes}: there is no {kind} `{unknown[0]}`.")
    cells = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "markdown"}
    facts = facts_of(read_name(path), notebook)
    return Lesson(facts, cells, slides, read_notes(path, notes), classes, exercises)


def minutes_in_class(lesson: Lesson, minutes: int) -> int:
    """Add up the minutes of what a class of that length shows and does."""
    plan = lesson.classes[minutes]
    shown = [slide.name for slide in lesson.slides if slide.name not in plan["leave_out"]]
    talking = sum(lesson.notes[name]["minutes"] if name in lesson.notes else SLIDE_MINUTES for name in shown)
    return talking + sum(EXERCISE_MINUTES[lesson.exercises[name].kind] for name in plan["exercises"])


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
        f"### {exercise.title} ({exercise.kind})\n\n{exercise.prompt.strip()}\n\n"
        f"```python\n{exercise.solution_code.strip()}\n```\n\n{exercise.why} {exercise.notice}\n\n"
        f"<details>\n<summary>Recognised misconceptions: {len(exercise.misconceptions)}</summary>\n\n"
        f"{wrong}\n\n</details>"
    )


def write_lesson(lesson: Lesson) -> str:
    """Write all about one lesson."""
    title, promise, *_ = [*lesson.cells["title"].removeprefix("# ").split("\n\n"), ""]
    goals = lesson.cells["title"].partition("You will be able to\n\n")[2]
    parts = [
        f"# {title}\n\n{promise}\n\n{goals}",
        f"{len(lesson.slides)} slides; alone, about {lesson.facts.minutes} minutes.",
        "\n".join(write_class(lesson, minutes) for minutes in lesson.classes),
        "## Slides that ask the room",
        *(
            f"**{slide.title}** (`{slide.name}`)\n\n{write_note(lesson.notes[slide.name])}"
            for slide in lesson.slides
            if slide.name in lesson.notes
        ),
    ]
    if lesson.exercises:
        parts += ["## Exercises", *map(write_exercise, lesson.exercises.values())]
    return "\n\n".join(parts)


def complete(plan: dict[str, list[str]], names: list[str]) -> dict[str, list[str]]:
    """Put each lesson that a plan does not name beside the one before it; what it does not hold is kept out.

    >>> complete({"Monday": ["a"], "Tuesday": ["c"]}, ["a", "b", "c"])
    {'Monday': ['a', 'b'], 'Tuesday': ['c']}
    """
    planned = {name: when for when, some in plan.items() for name in some}
    days: dict[str, list[str]] = {when: [] for when in plan}
    day = next(iter(plan))
    for name in names:
        day = planned.get(name, day)
        days[day].append(name)
    return days


def write_plan(name: str, plan: dict[str, list[str]], lessons: dict[str, Lesson]) -> str:
    """Write a plan for the whole course, with the minutes that each part needs in classes of 90 minutes."""
    rows = []
    for when, names in plan.items():
        minutes = sum(minutes_in_class(lessons[one], 90) for one in names)
        titles = ", ".join(lessons[one].slides[0].title for one in names)
        rows.append(f"| {when} | {titles} | {minutes} |")
    return "\n".join([f"### {name}", "", "| when | lessons | minutes |", "| --- | --- | --- |", *rows])


def read_plans(lessons: dict[str, Lesson], notes: Path = NOTES) -> dict[str, dict[str, list[str]]]:
    """Read the plans for the whole course; all but that of one day hold every numbered lesson.

    Raises
    ------
    ValueError
        If a plan is none, or names a lesson that there is not.
    """
    plans = read_yaml(notes / PLANS)
    numbered = [lesson.name for lesson in find_lessons(LESSONS) if lesson.number]
    for title, plan in plans.items():
        if (
            not plan
            or not isinstance(plan, dict)
            or not all(isinstance(some, list) for some in plan.values())
        ):
            raise ValueError(f"{PLANS}: '{title}' needs lists of lessons, as {{Monday: [start-here]}}.")
        unknown = [name for some in plan.values() for name in some if name not in lessons]
        if unknown:
            raise ValueError(f"{PLANS}: '{title}' names `{unknown[0]}`, which is no lesson.")
    return {title: plan if title == ONE_DAY else complete(plan, numbered) for title, plan in plans.items()}


def write_pages() -> dict[str, str]:
    """Write all pages, by file name: one for each lesson, and an index with the plans."""
    paths = [lesson.path for lesson in find_lessons(LESSONS)]
    lessons = {read_name(path).name: read_lesson(path) for path in paths}
    pages = {f"{path.stem}.md": write_lesson(lessons[read_name(path).name]) + "\n" for path in paths}
    kinds = ", ".join(f"{minutes} ({kind})" for kind, minutes in EXERCISE_MINUTES.items())
    links = "\n".join(
        f"- [{lessons[read_name(path).name].slides[0].title}]({path.stem}.md)" for path in paths
    )
    parts = [
        INTRODUCTION.format(slide=SLIDE_MINUTES, kinds=kinds, pages=links).rstrip(),
        "## Plans",
        *(write_plan(title, plan, lessons) for title, plan in read_plans(lessons).items()),
    ]
    return {"index.md": "\n\n".join(parts) + "\n"} | pages


def main() -> None:
    """Write the pages into a folder of their own."""
    parser = argparse.ArgumentParser(description="Write pages for instructors.")
    parser.add_argument("--folder", type=Path, default=PAGES, help="where to write; what is there goes")
    folder = parser.parse_args().folder
    pages = write_pages()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(pages)} pages: open {folder / 'index.md'}")


if __name__ == "__main__":
    main()
