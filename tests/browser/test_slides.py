"""Every slide fits, offline in its deck and live in JupyterLab; bad decks show that each check can fail."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.sign import NotebookNotary
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from playwright.sync_api import Browser, Page, expect

from course_utils.lessons import find_lesson, read_name
from tools import slides as tool

pytestmark = pytest.mark.slow
LESSONS = sorted(tool.LESSONS.glob("*.ipynb"))
ALWAYS_LIVE = ("softmax-attention", "attention-classifier")
INSPECT = Path(__file__).with_name("inspect_slide.js").read_text(encoding="utf-8")

# Looks at a slide until nothing is wrong any more, for pictures and formulas take their places late.
PATIENCE = 10_000  # milliseconds for a slide that should fit
SETTLED = f"""async (slide, patience) => {{
  {INSPECT}
  const start = performance.now();
  for (;;) {{
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)));
    const problems = inspectSlide(slide);
    if (!problems.length || performance.now() - start > patience) return problems;
  }}
}}"""

# Goes to each slide of a deck, shows its fragments, and looks at it.
WALK = f"""async patience => {{
  const settled = {SETTLED};
  const found = [];
  for (const slide of Reveal.getSlides()) {{
    const {{h, v}} = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    slide.querySelectorAll('.fragment').forEach(fragment => fragment.classList.add('visible'));
    const name = slide.querySelector('[id^="cell-id="]').id.replace('cell-id=', '');
    found.push(...(await settled(slide, patience)).map(problem => `${{name}}: ${{problem}}`));
  }}
  return found;
}}"""

SHOW = """id => {
  const {h, v} = Reveal.getIndices(document.getElementById(id).closest('section'));
  Reveal.slide(h, v);
}"""
LOOK = f"patience => ({SETTLED})(document.querySelector('.jp-Deck .jp-Notebook'), patience)"
GO = "i => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = i; }"
NOTEBOOK = "() => window.jupyterapp.shell.currentWidget.content.model.toJSON()"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
COMMAND = "name => window.jupyterapp.commands.execute(name)"


# Offline: the decks


@pytest.fixture(scope="session")
def show_deck(deck_of: Callable[[Path], Path], vendor: Path) -> Callable[[Page, Path], None]:
    """Return `show_deck(page, lesson)`: open a lesson's deck, with all that it needs beside it."""

    def show_deck(page: Page, lesson: Path) -> None:
        deck = deck_of(lesson)
        for part in (vendor, *tool.STYLE.parent.iterdir()):
            with suppress(FileExistsError):  # never written twice: another worker may be reading it
                (deck.parent / part.name).symlink_to(part)
        open_deck(page, deck)

    return show_deck


def open_deck(page: Page, path: Path) -> None:
    page.goto(path.as_uri())
    page.wait_for_selector(".reveal.ready")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_every_slide_of_a_deck_fits(page: Page, show_deck: Callable, lesson: Path):
    show_deck(page, lesson)
    slides = tool.slides_of(nbformat.read(lesson, as_version=4))
    assert page.evaluate("Reveal.getTotalSlides()") == len(slides)
    problems = page.evaluate(WALK, PATIENCE)
    assert not problems, "\n".join(problems)


def test_the_contents_lead_to_every_deck(page: Page, vendor: Path, tmp_path: Path):
    (tmp_path / "vendor").symlink_to(vendor)
    tool.make_all(LESSONS[:2], tmp_path)
    page.goto((tmp_path / "index.html").as_uri())
    links = page.locator("a")
    assert [Path(link.get_attribute("href")).stem for link in links.all()] == [p.stem for p in LESSONS[:2]]
    links.first.click()
    page.wait_for_selector(".reveal.ready")


def test_the_speaker_sees_the_notes(page: Page, show_deck: Callable):
    lesson = find_lesson("softmax-attention").path
    show_deck(page, lesson)
    name, note = next(iter(tool.read_notes(lesson).items()))
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    speaker = popup.value
    speaker.wait_for_function("frames.length == 2")  # connected: it shows this slide and the next
    for frame in speaker.frames[1:]:
        frame.wait_for_function("window.Reveal && Reveal.isReady()")
    page.evaluate(SHOW, f"cell-id={name}")
    expect(speaker.locator(".speaker-controls-notes .value")).to_contain_text(note["misconception"].strip())
    expect(page.get_by_text(note["misconception"].strip())).to_be_hidden()


# Bad decks


@pytest.fixture
def found_in(browser: Browser, vendor: Path, tmp_path: Path) -> Iterator[Callable[..., list[str]]]:
    """Return `found_in(*cells)`: make a deck of these cells and say all that walk and page find at once."""
    context = browser.new_context(viewport={"width": tool.WIDTH, "height": tool.HEIGHT})
    page = context.new_page()
    problems = []
    page.on("console", lambda message: problems.append(f"console {message.type}: {message.text}"))
    page.on("request", lambda request: problems.append(f"request: {request.url}"))

    def found_in(*cells: NotebookNode, patience: int = 0) -> list[str]:
        lesson = tmp_path / "notebooks" / "99-bad.ipynb"
        lesson.parent.mkdir()
        nbformat.write(new_notebook(cells=list(cells)), lesson)
        (tmp_path / "vendor").symlink_to(vendor)
        for part in tool.STYLE.parent.iterdir():
            (tmp_path / part.name).symlink_to(part)
        tool.make_deck(lesson, tmp_path, {})
        open_deck(page, tmp_path / "99-bad.html")
        walked = page.evaluate(WALK, patience)
        return walked + [problem for problem in problems if "file://" not in problem]

    yield found_in
    context.close()


def text(source: str, kind: str = "slide") -> NotebookNode:
    return new_markdown_cell(source, id=f"{kind}-cell", metadata={"slideshow": {"slide_type": kind}})


def printing(line: str) -> NotebookNode:
    return new_code_cell(f"print('{line}')", id="code", outputs=[new_output("stream", text=f"{line}\n")])


def html(source: str) -> NotebookNode:
    return new_code_cell("show()", id="html", outputs=[new_output("display_data", {"text/html": source})])


CORNER = "position: fixed; right: 100px; bottom: 8px; margin: 0"
LONG_LIST = "\n".join(f"- point {i}" for i in range(24))
GOOD = [text("# Good\n\n$x^2$ and [a link](#a)\n\n| a | b |\n| - | - |\n| 1 | $y$ |"), printing("short")]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([text(f"# Too high\n\n{LONG_LIST}")], "pixels of height"),
        ([text("# A fragment too many"), text(LONG_LIST, "fragment")], "pixels of height"),
        ([text("# Too wide\n\n" + "wide" * 60)], "pixels of width"),
        ([text("# Clipped"), printing("x" * 200)], "cut off at the right"),
        ([text("# Picture\n\n![It is not there](nowhere.png)")], "broken picture: It is not there"),
        ([text("# Formula\n\n$\\frac{1}{$")], "formula"),
        ([text("# Formula\n\n$\\nosuchmacro$")], "formula with an error"),
        ([text("# Formula"), html("<p>\\(x\\)</p>")], "formula that was not rendered"),
        ([text("# Small"), html("<p style='font-size: 14px'>print</p>")], "text of 14 pixels"),
        ([text("# Small"), html("<pre style='font-size: 12px'>code</pre>")], "code of 12 pixels"),
        ([text("# Over"), html(f"<p style='{CORNER}'>words</p>")], "under the slide number"),
        ([text("# Pale"), html("<p style='color: #999999'>grey</p>")], "contrast of 2.85"),
        ([text("# Error"), html("<script>console.error('broken')</script>")], "console error: broken"),
        (
            [text("# Far"), html("<img src='http://192.0.2.1/x.png' alt='far'>")],
            "request: http://192.0.2.1/x",
        ),
    ],
)
def test_a_bad_deck_is_named(found_in: Callable, cells: list[NotebookNode], says: str):
    assert says in "\n".join(found_in(*cells))


def test_a_good_deck_passes(found_in: Callable):
    assert found_in(*GOOD, patience=PATIENCE) == []


# Live: JupyterLab's presenting mode


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Walk two lessons live; all with --all-lessons (make slides-live)."""
    if "live_lesson" in metafunc.fixturenames:
        every = metafunc.config.getoption("--all-lessons")
        chosen = [path for path in LESSONS if every or read_name(path).name in ALWAYS_LIVE]
        metafunc.parametrize("live_lesson", chosen, ids=[path.stem for path in chosen])


def move_explorer(page: Page) -> None:
    """Move the first control of the explorer on the slide and wait for the kernel's new picture."""
    explorer = page.locator(".jp-deck-mod-visible .explorer")
    picture = explorer.locator("img")
    before = picture.get_attribute("src")
    explorer.locator("input, select").first.press("ArrowDown")  # some stand at their upper end
    expect(picture).not_to_have_attribute("src", before, timeout=60_000)


def present(page: Page, notebook: NotebookNode, wait_idle: Callable, patience: int = PATIENCE) -> list[str]:
    """Present the open notebook, slide by slide; move its explorers; say what does not fit or has changed.

    Only explorers that need nothing from other cells are run; all other outputs are those that are stored.
    """
    place = {cell.id: i for i, cell in enumerate(notebook.cells)}
    slides = tool.slides_of(notebook)
    explorers = [cell.id for slide in slides for cell in slide.cells if "explorer()" in cell.source]
    for name in explorers:
        page.evaluate(GO, place[name])
        page.evaluate(COMMAND, "notebook:run-cell")
        wait_idle(page)
    before = page.evaluate(NOTEBOOK)
    switch(page, "deck:start")
    try:
        problems = []
        for slide in slides:
            page.evaluate(GO, place[slide.name])
            page.locator(f'.jp-deck-mod-visible[data-jpf-cell-id="{slide.name}"]').wait_for()
            page.wait_for_timeout(100)  # the cells of the slide follow its first
            problems += [f"{slide.name}: {problem}" for problem in page.evaluate(LOOK, patience)]
            if any(cell.id in explorers for cell in slide.cells):
                move_explorer(page)
    finally:
        switch(page, "deck:stop")
    page.locator(".jp-Deck").wait_for(state="detached")
    return problems if page.evaluate(NOTEBOOK) == before else [*problems, "Presenting changed the notebook."]


def switch(page: Page, command: str) -> None:
    """Start or stop presenting, and wait until JupyterLab has kept that: the next page would begin so."""
    with page.expect_response(
        lambda answer: "/api/settings/" in answer.url and answer.request.method == "PUT"
    ):
        page.evaluate(COMMAND, command)


def test_every_live_slide_fits(
    page: Page, lab, open_lesson: Callable, wait_idle: Callable, live_lesson: Path
):
    notebook = nbformat.read(live_lesson, as_version=4)
    NotebookNotary().sign(notebook)  # or JupyterLab would not show its stored pictures
    name = f"live-{live_lesson.name}"  # of its own: other tests write into the lessons of this server
    shutil.copy(live_lesson, lab.folder / "notebooks" / name)
    open_lesson(page, name)
    problems = present(page, notebook, wait_idle)
    assert not problems, "\n".join(problems)


def test_an_explorer_moves_on_its_slide(page: Page, lab, open_lesson: Callable, wait_idle: Callable):
    source = "from course_utils.explorers import softmax_explorer\n\nsoftmax_explorer()"
    cells = [text("## Play\n\nMove the temperature."), new_code_cell(source, id="explorer")]
    metadata = {**KERNEL, "@deathbeds/jupyterlab-fonts": {"styles": {"@import": "url('./files/course.css')"}}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), lab.folder / "notebooks" / "98-play.ipynb")
    open_lesson(page, "98-play.ipynb")
    assert present(page, new_notebook(cells=cells), wait_idle) == []


def test_a_live_slide_that_does_not_fit_is_named(page: Page, lab, open_lesson: Callable, wait_idle: Callable):
    cells = [text(f"# Too high\n\n{LONG_LIST}\n{LONG_LIST}"), printing("x" * 200)]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), lab.folder / "notebooks" / "99-bad.ipynb")
    open_lesson(page, "99-bad.ipynb")
    told = "\n".join(present(page, new_notebook(cells=cells), wait_idle, patience=1000))
    assert "pixels of height" in told
    assert "pixels of width" in told
    assert "text of 14 pixels" in told  # it does not import course.css
