"""The folder in which a student works: its copies of the lessons, kept up to date with the course."""

import copy
import hashlib
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
OPEN = "it is open in JupyterLab; shut its kernel down there, close it, and update again"
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
        """Where the versions lie that the copies were made from."""
        return self.folder / HIDDEN / "base"

    @property
    def before(self) -> Path:
        """Where the copies lie as they were before their last update."""
        return self.folder / HIDDEN / "before"


def find_work(folder: str | Path | None = None, course: Path = COURSE) -> Work:
    """Say where a student works: in the folder named, in COURSE_WORK, else in ``my-course``.

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
        "made", "fresh", "updated", "moved over", "left alone" or "gone".
    words : str
        What happened, or why nothing did.
    """

    file: str
    kind: str
    words: str


class Pair(NamedTuple):
    """A lesson and its copy, as far as they are there: three versions to be merged."""

    lesson: Lesson
    key: str
    base: NotebookNode
    mine: NotebookNode | None
    theirs: NotebookNode
    path: Path | None
    kind: str = "updated"


def update_copies(work: Work, open_now: Iterable[str] = ()) -> list[Change]:
    """Make the copies of all lessons, or bring them up to date.

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
    """
    masters = _read_masters(work.course)
    for folder in (work.bases, work.before):
        folder.mkdir(parents=True, exist_ok=True)
    _bring_files(work, masters.values())
    pairs, changes = [], []
    for lesson, raw in masters.items():
        try:
            pair = _pair(work, lesson, raw)
        except (OSError, ValueError) as problem:
            changes.append(Change(lesson.path.name, "left alone", str(problem)))
            continue
        if pair is not None and pair.path is not None and pair.path.name in open_now:
            words = (
                "it is open in JupyterLab; shut it down there (File → Close and Shut Down) and update again"
            )
            changes.append(Change(pair.path.name, "left alone", words))
        elif pair is not None:
            pairs.append(pair)
    travelling = _find_travelling(pairs)
    sources = {source.key for source, _ in travelling.values()}
    for pair in sorted(pairs, key=lambda pair: pair.key in sources):  # what leaves a copy has arrived before
        try:
            changes += _update(work, pair, _merge_pair(pair, travelling))
        except OSError as error:
            reason = error.strerror or str(error)
            changes.append(Change(pair.lesson.path.name, "left alone", f"it cannot be written ({reason})"))
            here = {cell.id for cell in pair.theirs.cells}
            travelling = {name: found for name, found in travelling.items() if name not in here}
    names = {name for lesson, raw in masters.items() for name in (lesson.name, *_former_names(raw))}
    return changes + _put_away(work, names)


def fresh_copy(work: Work, word: str, open_now: Iterable[str] = ()) -> Change:
    """Begin one lesson anew; the old copy stays beside it under another name.

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
    Change

    Raises
    ------
    ValueError
        If there is no such lesson.
    """
    lesson = find_lesson(word, work.course / "notebooks")
    old = _find_copies(work.folder).get(lesson.name)
    if old is not None and old.name in open_now:
        return Change(old.name, "left alone", OPEN)
    words = "a new copy"
    if old is not None:
        names = (f"{old.stem}-earlier{number or ''}.ipynb" for number in range(10**6))
        aside = next(old.with_name(name) for name in names if not old.with_name(name).exists())
        old.rename(aside)
        words = f"a new copy; your earlier one is {aside.name}"
    (work.bases / f"{lesson.name}.ipynb").unlink(missing_ok=True)
    [change] = [change for change in update_copies(work, open_now) if change.file == lesson.path.name]
    return Change(lesson.path.name, "fresh", words) if change.kind == "made" else change


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


def _former_names(raw: bytes) -> list[str]:
    """Return the names that a lesson bore before, from `"course": {"formerly": […]}` in its metadata."""
    return _parse(raw).metadata.get("course", {}).get("formerly", []) if b'"formerly"' in raw else []


def _bring_files(work: Work, masters: Iterable[bytes]) -> None:
    """Put style sheet and pictures of the lessons beside the copies, and an older record of progress."""
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
    with suppress(OSError):  # of who worked in the masters themselves, before there were copies
        if old.exists() and not own.exists():
            _write(own, old.read_bytes())


def _pictures(course: Path, names: Iterable[str]) -> list[Path]:
    return [path for name in sorted(names) if (path := course / "figures" / name).is_file()]


# The copies


def _find_copies(folder: Path) -> dict[str, Path]:
    """Return the notebooks of a folder by the names of their lessons."""
    return {read_name(path).name: path for path in sorted(folder.glob("*.ipynb"))}


def _pair(work: Work, lesson: Lesson, raw: bytes) -> Pair | None:
    """Bring a lesson and its copy together; None if the copy was made from this very lesson.

    Raises
    ------
    ValueError
        If the copy is damaged, or is no copy of the lesson; its sentence says so.
    """
    key = f"{FORM}-{hashlib.sha256(raw).hexdigest()}"
    names = [lesson.name, *_former_names(raw)]
    copies = _find_copies(work.folder)
    path = work.folder / lesson.path.name
    if not path.exists():
        path = next((copies[name] for name in names if name in copies), None)
    base = next(filter(None, (_read_base(work, name) for name in names)), None)
    if base is not None and path == work.folder / lesson.path.name and base.metadata.get("made_from") == key:
        return None
    theirs = prepare(_parse(raw))
    if path is None:
        return _pair_from_master(lesson, key, theirs)
    try:
        mine = _parse(path.read_bytes())
    except Exception as error:  # whatever is wrong with it
        raise ValueError(
            f"it cannot be read as a notebook; `update --fresh {lesson.name}` puts it aside and begins anew"
        ) from error
    known = {cell.id for version in (base, theirs) if version is not None for cell in version.cells}
    if mine.cells and not any({cell.id, cell.metadata.get("name")} & known for cell in mine.cells):
        raise ValueError(
            f"it is a notebook of your own; rename it, or `update --fresh {lesson.name}` puts it aside"
        )
    return Pair(lesson, key, base or new_notebook(), mine, theirs, path)


def _pair_from_master(lesson: Lesson, key: str, theirs: NotebookNode) -> Pair:
    """Begin a copy; if somebody worked in the master itself, before there were copies, with that work."""
    try:
        worked_in = prepare(_parse(lesson.path.read_bytes()))
    except Exception:  # a damaged master is mended by the committed one
        worked_in = theirs
    ids = {cell.id: cell for cell in theirs.cells}
    answers = [cell for cell in worked_in.cells if cell.id not in ids or not same(cell, ids[cell.id])]
    if not answers:
        return Pair(lesson, key, theirs, None, theirs, None, "made")
    return Pair(lesson, key, theirs, worked_in, theirs, None, "moved over")


def _read_base(work: Work, name: str) -> NotebookNode | None:
    try:
        return _parse((work.bases / f"{name}.ipynb").read_bytes())
    except Exception:  # missing or damaged: then nothing counts as untouched
        return None


def _find_travelling(pairs: list[Pair]) -> dict[str, tuple[Pair, NotebookNode]]:
    """Return what the student wrote in cells that the course moved to another lesson as they were.

    Returns
    -------
    dict
        By the cell's id: the pair that it left, and the cell as the student has it there.
    """
    leaving = {}
    for pair in pairs:
        staying = {cell.id for cell in pair.theirs.cells}
        old = {cell.id: cell for cell in pair.base.cells if cell.id not in staying}
        for cell in [] if pair.mine is None else pair.mine.cells:
            if cell.id in old and not same(cell, old[cell.id]):
                leaving[cell.id] = (pair, cell, old[cell.id])
    travelling = {}
    for pair in pairs:
        before = {cell.id for cell in pair.base.cells}
        for cell in pair.theirs.cells:
            source, mine, old = leaving.get(cell.id, (None, None, None))
            if source is not None and cell.id not in before and same(cell, old):
                travelling[cell.id] = (source, mine)
    return travelling


def _merge_pair(pair: Pair, travelling: dict[str, tuple[Pair, NotebookNode]]) -> Merge:
    """Merge a lesson with its copy; a cell that left for another lesson goes as the student has it."""
    mine = copy.deepcopy(pair.theirs if pair.mine is None else pair.mine)
    mine.cells = [cell for cell in mine.cells if travelling.get(cell.id, (None,))[0] is not pair]
    done = merge(pair.base, mine, pair.theirs)
    for place, cell in enumerate(done.notebook.cells):
        if cell.id in done.new and cell.id in travelling:
            done.notebook.cells[place] = copy.deepcopy(travelling[cell.id][1])
    return done


def _update(work: Work, pair: Pair, done: Merge) -> Iterator[Change]:
    """Write one copy, and what it was made from; say what happened, if anything did."""
    target = work.folder / pair.lesson.path.name
    before = None if pair.path is None else pair.path.read_bytes()
    text = nbformat.writes(done.notebook).encode() + b"\n"
    if text != before:
        if before is not None:
            _write(work.before / pair.path.name, before)
        _sign_again(pair.mine, done.notebook)
        _write(target, text)
    if pair.path not in (None, target):
        pair.path.unlink()
    base = copy.deepcopy(pair.theirs)
    base.metadata.made_from = pair.key
    _write(work.bases / f"{pair.lesson.name}.ipynb", nbformat.writes(base).encode())
    for name in pair.theirs.metadata.get("course", {}).get("formerly", []):
        (work.bases / f"{name}.ipynb").unlink(missing_ok=True)
    if words := _words_of(done, pair, target):
        yield Change(target.name, pair.kind, words)


def _words_of(done: Merge, pair: Pair, target: Path) -> str:
    """Say in words what happened to a copy."""
    if pair.mine is None:
        return "a new copy"
    if pair.path is None:
        return "what you wrote in notebooks/ is in your copy now"
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


def _sign_again(old: NotebookNode | None, new: NotebookNode) -> None:
    """Let Jupyter trust a copy after its update if it trusted it before; what runs in it is the student's."""
    with suppress(OSError, sqlite3.Error):
        notary = NotebookNotary()
        if old is not None and notary.check_signature(old):
            notary.sign(new)


def _put_away(work: Work, names: set[str]) -> list[Change]:
    """Let copies of lessons that left the course go if nothing was written in them; say it either way."""
    changes = []
    copies = _find_copies(work.folder)
    for path in sorted(work.bases.glob("*.ipynb")):
        if path.stem in names:
            continue
        base, found = _read_base(work, path.stem), copies.get(path.stem)
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
    """Replace a file in one step, so that a full disk or a crash never leaves half of it."""
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
