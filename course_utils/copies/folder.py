"""The folder in which a student works: its copies of the lessons, kept up to date with the course."""

import copy
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_notebook
from nbformat.validator import normalize

from course_utils.copies.merging import Merge, merge, same
from course_utils.copies.prepare import prepare
from course_utils.lessons import COURSE, Lesson, find_lesson, find_lessons, read_name

FORM = 1  # of what `prepare` makes; with another number every copy looks at its master again
OPEN = "it is open in JupyterLab; shut it down there (File → Close and Shut Down) and update again"
DAMAGED = "it cannot be read as a notebook; `update --fresh {}` puts it aside and begins anew"
WORDS = {
    "made": "a new copy",
    "moved over": "what you wrote in notebooks/ is in your copy now",
    "not moved over": "a new copy; notebooks/{} cannot be read, so what you wrote there is still there alone",
}
PROGRESS = ".progress.json"
HIDDEN = ".course"  # beside the copies: what each was made from, and what it was before its last update


class Work(NamedTuple):
    """Where the course lies, and where a student works.

    Attributes
    ----------
    course : pathlib.Path
        The folder that holds ``notebooks`` and ``figures``.
    folder : pathlib.Path
        The folder of the copies.
    """

    course: Path
    folder: Path

    @property
    def bases(self) -> Path:
        """Return where the versions lie that the copies were made from."""
        return self.folder / HIDDEN / "base"

    @property
    def before(self) -> Path:
        """Return where the copies lie as they were before their last update."""
        return self.folder / HIDDEN / "before"


def find_work(folder: str | Path | None = None, course: Path = COURSE) -> Work:
    """Return where a student works: in the folder named, in COURSE_WORK, else in ``my-course``.

    Parameters
    ----------
    folder : str or pathlib.Path, optional
        Where to work.
    course : pathlib.Path
        The course's folder, in which ``my-course`` lies. Where nobody may write to it, the work lies in the
        user's home.

    Returns
    -------
    Work

    Examples
    --------
    >>> find_work("elsewhere").folder.name
    'elsewhere'
    """
    named = folder or os.environ.get("COURSE_WORK")
    if named:
        return Work(course, Path(named).expanduser().absolute())
    beside = course / "my-course"
    writable = os.access(beside if beside.exists() else course, os.W_OK)
    return Work(course, beside if writable else Path.home() / "attention-on-trial")


class Change(NamedTuple):
    """What happened to one copy.

    Attributes
    ----------
    file : str
        The copy's file name.
    kind : str
        "made", "fresh", "updated", "moved over", "not moved over", "left alone" or "gone".
    words : str
        What happened, or why nothing did.
    """

    file: str
    kind: str
    words: str


class Pair(NamedTuple):
    """A lesson and its copy, as far as they are there: three versions to be merged."""

    lesson: Lesson
    names: list[str]  # today's and former ones
    key: str  # of the master
    base: NotebookNode
    mine: NotebookNode
    theirs: NotebookNode
    path: Path | None = None  # of the copy
    read: bytes | None = None  # what was read there
    kind: str = "updated"


class Journey(NamedTuple):
    """An answer that goes to another lesson, for the course moved its cell there as it was."""

    source: str
    target: str
    answer: NotebookNode
    starter: NotebookNode


def update_copies(work: Work, open_now: Iterable[str] = ()) -> list[Change]:
    """Write the copies of all lessons, or bring them up to date.

    Parameters
    ----------
    work : Work
        Where the course lies, and where the copies lie or will lie.
    open_now : iterable of str
        File names of copies that JupyterLab has open: they wait for another time.

    Returns
    -------
    list of Change
        One for each lesson that changed or that could not be changed. A file that cannot be written stays as
        it was.

    Raises
    ------
    FileNotFoundError
        If the course has no lessons.
    OSError
        If the folder of the copies cannot be made.
    ValueError
        If the copies would lie among the masters.
    """
    if work.folder.resolve() == (work.course / "notebooks").resolve():
        raise ValueError(f"folder is {work.folder}; expected a folder of your own.")
    masters = _read_masters(work.course)
    for folder in (work.bases, work.before):
        folder.mkdir(parents=True, exist_ok=True)
    _bring_files(work, masters.values())
    pairs, changes = {}, []
    for lesson in masters:
        try:
            if pair := _pair(work, masters, lesson):
                pairs[lesson.name] = pair
        except (OSError, ValueError) as problem:
            changes.append(_left_alone(lesson.path.name, problem))
    journeys = _find_journeys(pairs.values())
    waiting = {}
    for pair in _targets_first(pairs, journeys):
        try:
            if pair.path is not None and pair.path.name in open_now:
                raise ValueError(OPEN)
            if stays := [j.target for j in journeys if j.source == pair.lesson.name and j.target in waiting]:
                raise ValueError(f"an answer in it moves to {waiting[stays[0]]}, which has to come first")
            changes += _update(work, pair, _merge_pair(work, pair, journeys))
        except (OSError, ValueError) as problem:
            waiting[pair.lesson.name] = pair.lesson.path.name
            changes.append(_left_alone((pair.path or pair.lesson.path).name, problem))
    names = {name for lesson in masters for name in _names(masters, lesson)}
    return changes + _put_away(work, names, open_now)


def _left_alone(file: str, problem: OSError | ValueError) -> Change:
    reason = getattr(problem, "strerror", None)
    words = f"it cannot be read and written ({reason})" if reason else str(problem)
    return Change(file, "left alone", words)


def fresh_copy(work: Work, word: str, open_now: Iterable[str] = ()) -> list[Change]:
    """Write a new copy of one lesson, beside which the old one stays; and update the others.

    Parameters
    ----------
    work : Work
        Where the course lies, and where the copies lie.
    word : str
        The lesson's name, number or file.
    open_now : iterable of str
        File names of copies that JupyterLab has open.

    Returns
    -------
    list of Change

    Raises
    ------
    ValueError
        If there is no such lesson.
    """
    lesson = find_lesson(word, work.course / "notebooks")
    old = _find_copy(work, lesson, _names(_read_masters(work.course), lesson))
    if old is not None and old.name in open_now:
        changes = [change for change in update_copies(work, open_now) if change.file != old.name]
        return [Change(old.name, "left alone", OPEN), *changes]
    words = WORDS["made"]
    if old is not None:
        names = (f"earlier{number or ''}-{old.name}" for number in range(10**6))
        aside = next(old.with_name(name) for name in names if not old.with_name(name).exists())
        old.rename(aside)
        words = f"a new copy; your earlier one is {aside.name}, and your progress stays"
    begun = Change(lesson.path.name, "fresh", words)
    changes = update_copies(work, open_now)
    return [begun if change[:2] == (begun.file, "made") else change for change in changes]


# The masters


def _read_masters(course: Path) -> dict[Lesson, bytes]:
    """Read every lesson as it was last committed, or as its file says where no git watches over it.

    Who worked in the masters themselves, before there were copies, has answers in these files.
    """
    lessons = find_lessons(course / "notebooks")
    if not lessons:
        raise FileNotFoundError(f"{course / 'notebooks'} holds no lesson; get the course anew.")
    changed = set(_git(course, "diff", "--name-only", "-z", "HEAD", "--", "notebooks").split(b"\0"))
    masters = {}
    for lesson in lessons:
        path = f"notebooks/{lesson.path.name}"
        committed = _git(course, "show", f"HEAD:./{path}") if path.encode() in changed else b""
        masters[lesson] = committed or lesson.path.read_bytes()
    return masters


def _git(course: Path, *arguments: str) -> bytes:
    """Return what git says in the course's folder; nothing without git."""
    command = ["git", "-C", str(course), "-c", "core.quotepath=off", *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return b""


def _parse(raw: bytes) -> NotebookNode:
    """Read a notebook of whatever age; each cell has an id of its own then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing and doubled ids are mended here
        notebook = nbformat.reads(raw.decode("utf-8-sig"), as_version=4)
        notebook = nbformat.v4.upgrade(notebook, notebook.nbformat, notebook.nbformat_minor)
        _, notebook = normalize(notebook, version=4)
        nbformat.validate(notebook)
    return notebook


def _names(masters: dict[Lesson, bytes], lesson: Lesson) -> list[str]:
    """Return a lesson's name, and those it bore before and no lesson bears today.

    They stand in its metadata: `"course": {"formerly": ["an-old-name"]}`.
    """
    former = []
    if b'"formerly"' in masters[lesson]:
        with suppress(ValueError, KeyError, TypeError):
            former = json.loads(masters[lesson])["metadata"]["course"]["formerly"]
    today = {other.name for other in masters}
    return [lesson.name, *(name for name in former if name not in today)]


def _bring_files(work: Work, masters: Iterable[bytes]) -> None:
    """Write style sheet, pictures and an older record of progress beside the copies."""
    pictures = {name.decode() for raw in masters for name in re.findall(rb"\.\./figures/([\w.-]+)", raw)}
    sources = [*sorted((work.course / "notebooks" / "files").glob("*")), *_pictures(work.course, pictures)]
    target = work.folder / "files"
    target.mkdir(exist_ok=True)
    for source in sources:
        brought = target / source.name
        with suppress(OSError):  # a lesson without its picture still works
            if not brought.exists() or brought.read_bytes() != source.read_bytes():
                _write(brought, source.read_bytes())
    old, own = work.course / "notebooks" / PROGRESS, work.folder / PROGRESS
    begins = not any(work.bases.iterdir())
    with suppress(OSError):  # of who worked in the masters themselves, before there were copies
        if begins and old.exists() and not own.exists():
            _write(own, old.read_bytes())


def _pictures(course: Path, names: Iterable[str]) -> list[Path]:
    return [path for name in sorted(names) if (path := course / "figures" / name).is_file()]


# The copies


def _find_copies(folder: Path) -> dict[str, Path]:
    """Return the notebooks of a folder by the names of their lessons."""
    return {read_name(path).name: path for path in sorted(folder.glob("*.ipynb"))}


def _find_copy(work: Work, lesson: Lesson, names: list[str]) -> Path | None:
    """Return a lesson's copy, though it may still bear an older number or name."""
    path = work.folder / lesson.path.name
    copies = _find_copies(work.folder)
    return path if path.exists() else next((copies[name] for name in names if name in copies), None)


def _pair(work: Work, masters: dict[Lesson, bytes], lesson: Lesson) -> Pair | None:
    """Return a lesson with its copy; None if the copy was made from this very lesson.

    Raises
    ------
    ValueError
        If one of them is damaged, or the copy is no copy of the lesson; its sentence says so.
    """
    raw, names = masters[lesson], _names(masters, lesson)
    key = f"{FORM}-{hashlib.sha256(raw).hexdigest()}"
    path = _find_copy(work, lesson, names)
    read = None if path is None else path.read_bytes()
    if path == work.folder / lesson.path.name and _made_from(work, lesson.name) == key:
        if _holds_cells(read):
            return None
        raise ValueError(DAMAGED.format(lesson.name))
    theirs = _prepare(raw, lesson)
    bases = [name for name in names if (work.bases / f"{name}.ipynb").exists()]
    if path is None:
        mine, kind = (None, "made") if bases else _work_in_master(lesson, theirs)
        nothing = new_notebook()
        return Pair(lesson, names, key, theirs if mine else nothing, mine or nothing, theirs, kind=kind)
    try:
        mine = _parse(read)
    except Exception as error:  # whatever is wrong with it
        raise ValueError(DAMAGED.format(lesson.name)) from error
    base = next(filter(None, (_read_base(work, name) for name in bases)), new_notebook())
    known = {cell.id for cell in [*base.cells, *theirs.cells]}
    if mine.cells and not any({cell.id, str(cell.metadata.get("name"))} & known for cell in mine.cells):
        raise ValueError(
            f"it is a notebook of your own; rename it, or `update --fresh {lesson.name}` puts it aside"
        )
    return Pair(lesson, names, key, base, mine, theirs, path, read)


def _prepare(raw: bytes, lesson: Lesson) -> NotebookNode:
    """Return what the course gives to a student, or raise a ValueError with a sentence."""
    try:
        return prepare(_parse(raw))
    except Exception as error:  # whatever is wrong with it
        words = f"notebooks/{lesson.path.name} cannot be read as a notebook; get the course anew"
        raise ValueError(words) from error


def _work_in_master(lesson: Lesson, theirs: NotebookNode) -> tuple[NotebookNode | None, str]:
    """Return what somebody wrote in a master itself, before there were copies; and what that makes of it."""
    try:
        mine = _prepare(lesson.path.read_bytes(), lesson)
    except (OSError, ValueError):  # the committed one is sound; what is in this one stays there
        return None, "not moved over"
    ids = {cell.id: cell for cell in theirs.cells}
    written = any(cell.id not in ids or not same(cell, ids[cell.id]) for cell in mine.cells)
    return (mine, "moved over") if written else (None, "made")


def _holds_cells(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content.decode("utf-8-sig"))["cells"], list)
    except (ValueError, KeyError, TypeError):
        return False


def _made_from(work: Work, name: str) -> str | None:
    """Return the key of the master that a copy was made from, if that is known."""
    try:
        return json.loads((work.bases / f"{name}.ipynb").read_bytes())["metadata"]["made_from"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _read_base(work: Work, name: str) -> NotebookNode | None:
    try:
        return _parse((work.bases / f"{name}.ipynb").read_bytes())
    except Exception:  # missing or damaged: then nothing counts as untouched
        return None


def _find_journeys(pairs: Iterable[Pair]) -> list[Journey]:
    """Return what the student wrote in cells that the course moved to another lesson as they were."""
    arriving = {
        cell.id: (pair, cell)
        for pair in pairs
        for cell in pair.theirs.cells
        if cell.id not in _ids(pair.base)
    }
    journeys = []
    for pair in pairs:
        starters = {cell.id: cell for cell in pair.base.cells if cell.id not in _ids(pair.theirs)}
        for cell in pair.mine.cells:
            target, new = arriving.get(cell.id, (None, None))
            old = starters.get(cell.id)
            if target is not None and old is not None and same(old, new) and not same(cell, old):
                journeys.append(Journey(pair.lesson.name, target.lesson.name, cell, old))
    return journeys


def _ids(notebook: NotebookNode) -> set[str]:
    return {cell.id for cell in notebook.cells}


def _targets_first(pairs: dict[str, Pair], journeys: list[Journey]) -> Iterator[Pair]:
    """Yield the pairs, each after those to which an answer of it goes, unless they exchange answers."""
    left = dict(pairs)
    while left:
        held = {journey.source for journey in journeys if journey.target in left}
        yield left.pop(next((name for name in left if name not in held), next(iter(left))))


def _merge_pair(work: Work, pair: Pair, journeys: list[Journey]) -> Merge:
    """Return a copy merged with its lesson; an answer whose cell moved to another lesson goes along."""
    mine, base = copy.deepcopy(pair.mine), copy.deepcopy(pair.base)
    mine.cells = [cell for cell in mine.cells if not _has_arrived(work, pair, cell)]
    here = {journey.answer.id: journey for journey in journeys if journey.target == pair.lesson.name}
    arrived = _ids(mine) & set(here)  # by an update that was interrupted
    base.cells += [here[name].starter for name in arrived]
    done = merge(base, mine, pair.theirs)
    for place, cell in enumerate(done.notebook.cells):
        if cell.id in done.new and cell.id in here:
            done.notebook.cells[place] = copy.deepcopy(here[cell.id].answer)
    return done


def _has_arrived(work: Work, pair: Pair, cell: NotebookNode) -> bool:
    """Return whether an answer whose cell left this lesson stands in the copy of another one."""
    starters = {old.id: old for old in pair.base.cells}
    if cell.id in _ids(pair.theirs) or cell.id not in starters or same(cell, starters[cell.id]):
        return False
    for name, path in _find_copies(work.folder).items():
        base = None if name in pair.names else _read_base(work, name)
        if base is not None and any(c.id == cell.id and same(c, starters[cell.id]) for c in base.cells):
            with suppress(Exception):  # a damaged copy holds no answer
                return any(c.id == cell.id and same(c, cell) for c in _parse(path.read_bytes()).cells)
    return False


def _update(work: Work, pair: Pair, done: Merge) -> list[Change]:
    """Write one copy, and what it was made from; say what happened, if anything did."""
    target = work.folder / pair.lesson.path.name
    text = nbformat.writes(done.notebook).encode() + b"\n"
    if pair.path is not None:
        if pair.path.read_bytes() != pair.read:
            raise ValueError("it was saved just now; update again")
        if pair.path != target or text != pair.read:
            _write(work.before / pair.path.name, pair.read)
        pair.path.replace(target)
    if text != pair.read:
        _sign_again(pair.mine, done.notebook)
        _write(target, text)
    base = copy.deepcopy(pair.theirs)
    base.metadata.made_from = pair.key
    _write(work.bases / f"{pair.lesson.name}.ipynb", nbformat.writes(base).encode())
    for name in pair.names[1:]:
        (work.bases / f"{name}.ipynb").unlink(missing_ok=True)
    words = _words_of(done, pair, target)
    return [Change(target.name, pair.kind, words)] if words else []


def _words_of(done: Merge, pair: Pair, target: Path) -> str:
    """Return in words what happened to a copy."""
    if pair.path is None:
        return WORDS[pair.kind].format(target.name)
    parts = [f"it was {pair.path.name}"] * (pair.path != target)
    counts = [(done.new, "new"), (done.changed, "changed"), (done.gone, "gone")]
    parts += [f"{len(names)} {_cells(names)} {what}" for names, what in counts if names]
    if done.both:
        parts.append(
            f"{len(done.both)} that you changed kept, the course's new version below: {', '.join(done.both)}"
        )
    return "; ".join(parts)


def _cells(names: list[str]) -> str:
    return "cell" if len(names) == 1 else "cells"


def _sign_again(old: NotebookNode, new: NotebookNode) -> None:
    """Restore Jupyter's trust in a copy that it trusted before; what runs in it is the student's."""
    with suppress(OSError, sqlite3.Error):
        notary = NotebookNotary()
        if notary.check_signature(old):
            notary.sign(new)


def _put_away(work: Work, names: set[str], open_now: Iterable[str]) -> list[Change]:
    """Find the copies of lessons that left the course; put aside those in which nothing was written."""
    changes = []
    copies = _find_copies(work.folder)
    for path in sorted(work.bases.glob("*.ipynb")):
        if path.stem in names:
            continue
        base, found = _read_base(work, path.stem), copies.get(path.stem)
        if found is not None and found.name in open_now:
            continue
        with suppress(OSError):
            if found is not None:
                touched = base is None or _is_touched(found, base)
                if not touched:
                    found.replace(work.before / found.name)
                words = (
                    "your copy stays, for you wrote in it" if touched else f"its copy lies in {HIDDEN}/before"
                )
                changes.append(Change(found.name, "gone", f"the lesson left the course; {words}"))
            path.unlink()
    return changes


def _is_touched(path: Path, base: NotebookNode) -> bool:
    try:
        mine = _parse(path.read_bytes())
    except Exception:  # damaged: whatever is in it stays
        return True
    old = {cell.id: cell for cell in base.cells}
    return any(cell.id not in old or not same(cell, old[cell.id]) for cell in mine.cells)


def _write(path: Path, content: bytes) -> None:
    """Write a file in one step, so that a full disk or a crash never leaves half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with open(handle, "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, name)
        else:
            os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
