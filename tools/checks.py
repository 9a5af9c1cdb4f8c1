"""What a lesson must be: each check yields one sentence for each thing that the author should mend.

Pictures, headings and links are read from the HTML that nbconvert writes, because that is what readers get.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import nbformat
from bs4 import BeautifulSoup, Tag
from IPython.core.displayhook import DisplayHook
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbval.plugin import get_sanitize_patterns

from course_utils.lessons import find_lesson

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
SANITIZE = ROOT / "tests" / "sanitize.cfg"

LONGEST_CELL = 12  # lines that are not blank
COMPARED_SHARE = 0.85  # of the cells with visible text output
SHORTEST_ALT = 10  # characters; a name such as "figure" describes nothing
IGNORED = "nbval-ignore-output"
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip")
BEGIN = "begin-here"
NOT_A_SLIDE = "## References"  # a section for readers, not for a room
NOT_COMPARED = ("image/png", "image/jpeg", "application/vnd.jupyter.widget-view+json")
NO_ALT = "No description has been provided for this image"  # what nbconvert writes when there is none
DOI = r"10\.\d{4,9}/[-._;()/:<>A-Za-z0-9]+"
CHINESE = r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"  # characters and their punctuation
ARXIV = r"\d{2}(0[1-9]|1[0-2])\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}(v\d+)?"


@dataclass(frozen=True)
class Lesson:
    """A notebook and its place, which its relative links start from."""

    path: Path
    notebook: NotebookNode

    @classmethod
    def read(cls, path: Path) -> "Lesson":
        """Read a notebook as it is, without mending its format.

        Raises
        ------
        ValueError
            If it is no notebook, or its cells have no ids.
        """
        notebook = read_notebook(path)
        if not all("id" in cell for cell in notebook.get("cells", [{}])):
            raise ValueError(
                f"{path.name} has cells without ids, as formats older than 4.5 do. Give each cell in its "
                f"metadata a `name` such as `worked-example`, and run `make notebooks`."
            )
        return cls(path, notebook)

    @classmethod
    def named(cls, name: str) -> "Lesson":
        """Read the lesson of this name."""
        return cls.read(find_lesson(name).path)

    def cells(self, kind: str) -> list[NotebookNode]:
        """Return the cells of one kind, "code" or "markdown", in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == kind]

    def source(self, name: str) -> str:
        """Return what a cell holds.

        Raises
        ------
        ValueError
            If there is no such cell, which a test reads.
        """
        for cell in self.notebook.cells:
            if cell.id == name:
                return cell.source
        raise ValueError(
            f"{self.path.name} has no cell `{name}`, which a test reads. Name it so, or change the test."
        )

    @cached_property
    def page(self) -> BeautifulSoup:
        """Return the page that nbconvert writes; that of the same notebook is written once."""
        return page_of(nbformat.writes(self.notebook))


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook in the format that it has.

    Raises
    ------
    ValueError
        If the file is no notebook.
    """
    try:
        return nbformat.read(path, as_version=nbformat.NO_CONVERT)
    except ValueError as error:
        raise ValueError(f"{path.name} is no notebook; undo the last change to it. {error}") from error


@lru_cache
def page_of(notebook: str) -> BeautifulSoup:
    """Return the page that nbconvert writes for the text of a notebook."""
    body, _ = HTMLExporter().from_notebook_node(nbformat.reads(notebook, nbformat.NO_CONVERT))
    return BeautifulSoup(body, "html.parser")


class Text(NamedTuple):
    """One text that a cell puts out: the output that holds it, its kind ("text" in a stream), the text."""

    output: NotebookNode
    kind: str
    text: Any


def texts(cell: NotebookNode) -> list[Text]:
    """Return every text among a cell's stored outputs that nbval compares."""
    found = []
    for output in cell.get("outputs", []):
        parts = output.get("data", {}) if output.output_type != "stream" else {"text": output.text}
        found += [Text(output, kind, text) for kind, text in parts.items() if kind not in NOT_COMPARED]
    return found


def sanitized(text: str) -> str:
    """Return a text without what `tests/sanitize.cfg` takes out of the comparison."""
    for pattern, _ in get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8")):
        text = re.sub(pattern, "", text)
    return text


def has_visible_text(cell: NotebookNode) -> bool:
    """Say whether a cell puts out a letter or a digit that nbval could compare."""
    return any(re.search(r"\w", sanitized(str(text.text))) for text in texts(cell))


def tags(cell: NotebookNode) -> list[str]:
    """Return a cell's tags."""
    return cell.metadata.get("tags", [])


def prose(cell: NotebookNode) -> str:
    """Return a text cell's source without code and formulas."""
    return re.sub(r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$", " ", cell.source, flags=re.DOTALL)


# Format and order


def is_valid(lesson: Lesson) -> Iterator[str]:
    """Store a valid notebook."""
    try:
        nbformat.validate(lesson.notebook)
    except nbformat.ValidationError as error:
        yield f"The file is not a valid notebook: {error}. Run `make notebooks` to write it again."


def ran_from_top_to_bottom(lesson: Lesson) -> Iterator[str]:
    """Run the code cells once each, in order, in a fresh kernel."""
    for number, cell in enumerate(lesson.cells("code"), start=1):
        if not cell.source.strip():
            yield f"Cell `{cell.id}` is empty; delete it."
        elif cell.execution_count != number:
            count = f"number {cell.execution_count}" if cell.execution_count else "no run"
            yield f"Cell `{cell.id}` should be number {number} to run but stores {count}: `make notebooks`."


def raised_nothing(lesson: Lesson) -> Iterator[str]:
    """Store no error."""
    for cell in lesson.cells("code"):
        for output in cell.outputs:
            if output.output_type == "error":
                yield f"Cell `{cell.id}` stores {output.ename}. Catch an error you mean to show."


def has_no_trailing_semicolon(lesson: Lesson) -> Iterator[str]:
    """Hide no value with `;`, which nbval does not understand."""
    for cell in lesson.cells("code"):
        if DisplayHook.semicolon_at_end_of_expression(cell.source):
            yield f"Cell `{cell.id}` ends with `;`. Assign the value to `_` instead."


def skips_nothing(lesson: Lesson) -> Iterator[str]:
    """Keep no cell from running, and allow none to fail."""
    for cell in lesson.cells("code"):
        for tag in tags(cell):
            if tag == "raises-exception" or (tag.startswith("nbval-") and tag != IGNORED):
                yield f"Cell `{cell.id}` has the tag `{tag}`; only `{IGNORED}` with a reason may be used."
        if re.search(r"^\s*#\s*(NBVAL_|PYTEST_VALIDATE)", cell.source, re.MULTILINE):
            yield f"Cell `{cell.id}` steers nbval by a comment. Use the tag `{IGNORED}` with a reason."


def is_compared(lesson: Lesson) -> Iterator[str]:
    """Let nbval compare 85 % of the cells with visible text output, and say why not the others."""
    speaking = [cell for cell in lesson.cells("code") if has_visible_text(cell)]
    compared = [cell for cell in speaking if IGNORED not in tags(cell)]
    if not speaking:
        yield "No cell puts out any text, so nothing is checked. Print the numbers that the lesson is about."
    elif len(compared) < COMPARED_SHARE * len(speaking):
        yield (
            f"Only {len(compared)} of {len(speaking)} cells with text output are compared, and "
            f"{COMPARED_SHARE:.0%} should be. Print what is the same everywhere in cells without `{IGNORED}`."
        )
    for cell in lesson.notebook.cells:
        if (IGNORED in tags(cell)) != bool(str(cell.metadata.get("reason", "")).strip()):
            yield (
                f"Cell `{cell.id}` needs both or neither: the tag `{IGNORED}`, and in its metadata a "
                f"`reason` that says why its output differs between machines."
            )


def keeps_no_widget_state(lesson: Lesson) -> Iterator[str]:
    """Store no state of widgets."""
    if "widgets" in lesson.notebook.metadata:
        yield "The notebook stores the state of widgets. Run `make notebooks`, which leaves it out."


def shows_no_private_path(lesson: Lesson) -> Iterator[str]:
    """Show no folder of the machine that the outputs were made on."""
    private = rf"({re.escape(str(ROOT))}|/home/|/Users/|/root/|/tmp/|[A-Z]:\\Users\\)\S*"
    for cell in lesson.cells("code"):
        for text in texts(cell):
            if found := re.search(private, sanitized(str(text.text))):
                yield f"Cell `{cell.id}` shows `{found[0]}`, a path of one machine. Print only a name."


# Names and shape


def has_readable_ids(lesson: Lesson) -> Iterator[str]:
    """Give cells unique, readable ids, because the ledger, slides and translations point to them."""
    ids = [cell.get("id", "") for cell in lesson.notebook.cells]
    for name in ids:
        noise = re.fullmatch(r"(?=.*\d)[0-9a-f-]{8,}|(cell|code|markdown|text|untitled)-?\d+", name)
        if noise or not re.fullmatch(r"[a-z][a-z0-9-]{2,}", name):
            yield (
                f"The cell id `{name}` is not a readable name such as `worked-example`. Put one into the "
                f"cell's metadata as `name` and run `make notebooks`."
            )
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"The cell id `{name}` is used {ids.count(name)} times. Give each cell its own."
    for cell in lesson.notebook.cells:
        if cell.metadata.get("name", cell.id) != cell.id:
            yield f"Cell `{cell.id}` still has the name `{cell.metadata.name}` to take. Run `make notebooks`."


def has_short_cells(lesson: Lesson) -> Iterator[str]:
    """Keep code cells to 12 lines that are not blank, or say in a cell's metadata why it is `long`."""
    for cell in lesson.cells("code"):
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if lines > LONGEST_CELL and not str(cell.metadata.get("long", "")).strip():
            yield (
                f"Cell `{cell.id}` has {lines} lines; {LONGEST_CELL} fit a slide. Split it, or say in its "
                f'metadata why it must be: "long": "a reason".'
            )


def has_headings_in_order(lesson: Lesson) -> Iterator[str]:
    """Begin the page with its one title, and let no heading skip a level."""
    found = lesson.page.find_all(re.compile(r"^h[1-6]$"))
    headings = [(int(tag.name[1]), tag.get_text().rstrip("¶")) for tag in found]
    titles = [text for level, text in headings if level == 1]
    if len(titles) != 1:
        yield f"The lesson needs one title (`# ...`) but has {len(titles)}: {titles}."
    elif headings[0][0] != 1:
        yield f"The heading '{headings[0][1]}' comes before the title '{titles[0]}'."
    for (before, _), (level, text) in pairwise(headings):
        if level > before + 1:
            yield f"The heading '{text}' jumps from level {before} to level {level}; use level {before + 1}."


def has_sane_slides(lesson: Lesson) -> Iterator[str]:
    """Open a slide with every section, and use the slide types that every presenter knows."""
    for cell in lesson.notebook.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type")
        if "slideshow" in cell.metadata and kind not in SLIDE_TYPES:
            yield (
                f"Cell `{cell.id}` has the slide type '{kind}'; use one of {', '.join(SLIDE_TYPES)}. A cell "
                f"that continues its slide has no slideshow metadata at all ('-' hides it)."
            )
        heading = re.search(r"^##? .*", prose(cell), re.MULTILINE) if cell.cell_type == "markdown" else None
        if heading and not re.match(r"##? ", cell.source):
            yield f"The section '{heading[0]}' begins inside cell `{cell.id}`. Begin a cell with it."
        elif heading and kind not in ("slide", "subslide") and heading[0] != NOT_A_SLIDE:
            yield f"The section '{heading[0]}' opens no slide. Give cell `{cell.id}` the slide type 'slide'."


# Questions


def asks_before_it_answers(lesson: Lesson) -> Iterator[str]:
    """Tag what asks for a prediction `question`, and what gives it away `answer`, which copies fold."""
    cells = lesson.notebook.cells
    for place, cell in enumerate(cells):
        asks = "question" in tags(cell)
        says_so = cell.cell_type == "markdown" and re.search(r"\bPredict\b", prose(cell))
        if says_so and not asks and "not-a-question" not in tags(cell):
            yield f"Cell `{cell.id}` says 'Predict'. Give it the tag 'question', or 'not-a-question'."
        if asks and "answer" in tags(cell):
            yield f"Cell `{cell.id}` asks and answers. Divide it."
        elif asks and "answer" in [tag for later in cells[place + 1 : place + 2] for tag in tags(later)]:
            yield f"Cell `{cell.id}` is answered in the very next cell. Put what is to be run between them."
        elif asks and not any("answer" in tags(later) or is_exercise(later) for later in cells[place + 1 :]):
            yield f"Cell `{cell.id}` asks what no later cell with the tag 'answer' and no exercise answers."


def is_exercise(cell: NotebookNode) -> bool:
    """Tell whether a cell checks an exercise."""
    return cell.cell_type == "code" and bool(re.match(r"ex\.\w+\.check\(", cell.source))


def shows_an_explorer(cell: NotebookNode) -> bool:
    """Tell whether a cell shows something to play with."""
    return cell.cell_type == "code" and bool(re.search(r"^\w+_explorer\(", cell.source, re.MULTILINE))


def has_a_place_to_begin(lesson: Lesson) -> Iterator[str]:
    """Let a student who comes back run one cell, `begin-here`, before any exercise or explorer."""
    cells = lesson.cells("code")
    names = [cell.id for cell in cells]
    needs = [cell.id for cell in cells if is_exercise(cell)]
    if needs and BEGIN not in names:
        yield f"The lesson needs a code cell `{BEGIN}` that imports what its exercises and explorers use."
    elif needs and names.index(BEGIN) > names.index(needs[0]):
        yield f"Cell `{BEGIN}` stands behind `{needs[0]}`, which needs it. Put it after `before-you-start`."
    elif needs and not lesson.source(BEGIN).startswith("# Begin here"):
        yield f"Cell `{BEGIN}` does not say what it is for. Let its first line be '# Begin here: …'."


# Pictures and links


def has_alt_text(lesson: Lesson) -> Iterator[str]:
    """Describe every picture in text and output."""
    for picture in lesson.page.find_all("img"):
        alt, cell = picture.get("alt", "").strip(), cell_of(picture)
        if not alt or alt == NO_ALT:
            yield f"A picture in cell `{cell}` has no alt text. Figures get theirs from `plots.show`."
        elif len(alt) < SHORTEST_ALT or re.fullmatch(r"\S+\.(png|jpe?g|gif|svg)", alt):
            yield f"The alt text '{alt}' in cell `{cell}` does not say what the picture shows."
    for cell in lesson.cells("code"):
        if any("image/svg+xml" in output.get("data", {}) for output in cell.outputs):
            yield f"Cell `{cell.id}` puts out SVG, whose bytes differ between machines. Use `plots.show`."
    for cell in lesson.cells("markdown"):
        for diagram in re.findall(r"```mermaid(.*?)```", cell.source, re.DOTALL):
            if not re.search(r"accDescr\s*[:{]\s*\S", diagram):
                yield f"The Mermaid diagram in cell `{cell.id}` needs a line `accDescr: what it shows`."


def cell_of(tag: Tag) -> str:
    """Return the id of the cell that a tag of the page belongs to."""
    cell = tag.find_parent(id=re.compile("^cell-id="))
    return cell["id"].removeprefix("cell-id=") if cell else "unknown"


def has_working_links(lesson: Lesson) -> Iterator[str]:
    """Link to files and headings that exist, and to well-formed addresses."""
    for tag in lesson.page.find_all(["a", "img"]):
        target = tag.get("href" if tag.name == "a" else "src", "")
        fault = fault_of(target, lesson)
        if fault:
            yield f"The link `{target[:100]}` in cell `{cell_of(tag)}` {fault}."


def fault_of(target: str, lesson: Lesson) -> str | None:
    """Say what is wrong with a link, or return None."""
    if target.startswith(("data:image/", "mailto:")):
        return None
    address = urlsplit(target)
    if address.scheme in ("http", "https"):
        well_formed = re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}(:\d+)?", address.netloc) and " " not in target
        return None if well_formed else "is not a well-formed address"
    if address.scheme or not target or target.startswith("/"):
        return "should be relative, or begin with https://"
    file = lesson.path.parent / unquote(address.path) if address.path else lesson.path
    if not file.exists():
        return f"leads to no file: there is no {unquote(address.path)} beside the lesson"
    if not address.fragment or file.suffix != ".ipynb":
        return None
    anchors = anchors_of(file, file.stat().st_mtime_ns) if address.path else set(ids_on(lesson.page))
    wanted = unquote(address.fragment)
    return None if wanted in anchors else f"leads to no heading: {file.name} has no '#{wanted}'"


@lru_cache
def anchors_of(file: Path, changed: int) -> set[str]:
    """Return what a link may point to in another lesson; `changed` is the time of the file."""
    return set(ids_on(Lesson.read(file).page))


def ids_on(page: BeautifulSoup) -> Iterator[str]:
    """Yield the ids on a page: of its headings, and of its cells, as `cell-id=worked-example`."""
    return (unquote(tag["id"]) for tag in page.find_all(id=True))


def links_to_the_lessons_it_names(lesson: Lesson) -> Iterator[str]:
    """Name another lesson by a link to its file, from which `make renumber` writes the number."""
    for cell in lesson.cells("markdown"):
        unlinked = re.sub(r"\[[^\][]*\]\([^)]*\)", " ", prose(cell))
        for words in re.findall(r"\b[Ll]essons? \d\d\b", unlinked):
            yield (
                f"Cell `{cell.id}` says '{words}' by hand. Write a link to the lesson's name, as "
                f"`[lesson 00](softmax-attention.ipynb)`; `make renumber` puts the number in."
            )


def has_well_formed_identifiers(lesson: Lesson) -> Iterator[str]:
    """Write DOIs and arXiv numbers that could be one."""
    for cell in lesson.cells("markdown"):
        for fault in faulty_identifiers(cell.source):
            yield f"Cell `{cell.id}`: {fault}"


def faulty_identifiers(text: str) -> Iterator[str]:
    """Say which DOIs and arXiv numbers in a text cannot be any."""
    forms = (
        ("DOI", r"(?i:doi\.org/|\bdoi:\s*)([^\s\"'|\]]+)", DOI),
        ("arXiv number", r"(?i:arxiv\.org/(?:abs|pdf)/|\barxiv:\s*)([^\s\"'|\])]+)", ARXIV),
    )
    for name, place, form in forms:
        for found in re.findall(place, text):
            identifier = found.rstrip(".,;:*_`>").removesuffix(".pdf")
            if identifier.count(")") > identifier.count("("):
                identifier = identifier[: identifier.rindex(")")]
            if not re.fullmatch(form, identifier):
                yield f"`{identifier}` is not a well-formed {name}."


def marks_chinese(lesson: Lesson) -> Iterator[str]:
    """Say of each Chinese word in the text that it is Chinese, for screen readers and for its font."""
    for cell in lesson.page.select(".jp-MarkdownCell"):
        for words in cell.find_all(string=re.compile(CHINESE)):
            if not words.find_parent(lang="zh"):
                found = "".join(re.findall(CHINESE, words))
                yield f'Write `<span lang="zh">{found}</span>` in cell `{cell_of(words)}`.'


CHECKS: tuple[Callable[[Lesson], Iterator[str]], ...] = (
    is_valid,
    ran_from_top_to_bottom,
    raised_nothing,
    has_no_trailing_semicolon,
    skips_nothing,
    is_compared,
    keeps_no_widget_state,
    shows_no_private_path,
    has_readable_ids,
    has_short_cells,
    has_headings_in_order,
    has_sane_slides,
    asks_before_it_answers,
    has_a_place_to_begin,
    has_alt_text,
    has_working_links,
    links_to_the_lessons_it_names,
    has_well_formed_identifiers,
    marks_chinese,
)
