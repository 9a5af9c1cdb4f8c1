"""Every explorer's cell in the real JupyterLab: moved by mouse and by keyboard, read, mistyped, reset.

A twin of each explorer lives in the test. It gets the values that a control was moved to, and the page has to
show the twin's words and alt text; that those are right is for tests/unit/test_explorers.py to say.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils import explorers
from course_utils.explorers.base import WIDGET_VIEW, Choice, Explorer, Number, Slider, Text, Upload
from tools.lab import Lab
from tools.lone_explorers import NEEDS, find_explorer, make_explorer, source_of

pytestmark = pytest.mark.slow
SLOW = 60_000  # milliseconds; a hang, not a slow machine
NOTE = "This picture stands still: run this cell to play."
WRONG = ["", "NaN", "1e999", "many"]
ALARM = "rgb(176, 0, 32)"
SILENT = "The kernel does not answer. If it has stopped, run this cell to play."
LOST_MODEL = "Error displaying widget: model not found"
PLACES = {460: "below", 600: "beside", 760: "beside", 1100: "beside"}  # the controls, by pixels of cell width
LAYOUT = """section => {
  const box = element => element.getBoundingClientRect();
  const controls = section.querySelector('.explorer-controls'), picture = section.querySelector('img');
  const pen = document.createElement('canvas').getContext('2d');
  const needed = element => {
    if (element.tagName !== 'SELECT') return element.scrollWidth;
    pen.font = getComputedStyle(element).font;
    const longest = Math.max(...[...element.options].map(option => pen.measureText(option.text).width));
    return longest + 12 + 18; // its padding and its arrow
  };
  const shown = [...section.querySelectorAll('label, legend, select, button, input:not([type=file])')];
  const cell = box(section.closest('.jp-Cell'));
  const below = box(controls).top >= box(picture).bottom, beside = box(controls).left >= box(picture).right;
  return {
    place: below ? 'below' : beside ? 'beside' : 'over it',
    follows: Boolean(picture.compareDocumentPosition(controls) & Node.DOCUMENT_POSITION_FOLLOWING),
    cut: shown.filter(element => needed(element) > element.clientWidth + 1)
      .map(element => element.labels?.[0]?.textContent || element.textContent),
    outside: [...section.querySelectorAll('*')].some(element => element.getClientRects().length
      && (box(element).left < cell.left - 1 || box(element).right > cell.right + 1)),
  };
}"""
CELL_WIDTH = "section => section.closest('.jp-Cell').getBoundingClientRect().width"
FORGET = """() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel
  .requestExecute({ code: '%reset -f' }).done"""


def write_notebook(path: Path, *cells: nbformat.NotebookNode) -> None:
    """Write a notebook of these cells, for a kernel of Python."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    nbformat.write(nbformat.v4.new_notebook(metadata=kernel, cells=list(cells)), path)


def new_cell(name: str, number: int = 0) -> nbformat.NotebookNode:
    """Make a cell that shows an explorer, not yet run."""
    return nbformat.v4.new_code_cell(source_of(name), id=f"explorer-{number}")


def cell_of_its_lesson(name: str) -> nbformat.NotebookNode:
    """Copy the cell that shows an explorer in its lesson; NEEDS stands for what other cells leave to it."""
    cell = find_explorer(name)[0][1]
    cell.id = name.replace("_", "-")
    if name in NEEDS:
        cell.source = source_of(name)
    return cell


class Seen:
    """An explorer on the page beside its twin in the test."""

    def __init__(self, page: Page, twin: Explorer) -> None:
        self.page, self.twin = page, twin
        self.section = page.get_by_role("region", name=twin.title, exact=True)
        self.image = self.section.locator("img")
        self.alert = self.section.locator("[role=alert]")  # hidden while it is empty

    def slider(self, control: Slider) -> Locator:
        """Find the slider itself, by the name that a screen reader says."""
        unit = f" ({control.unit})" if control.unit else ""
        return self.section.get_by_role("slider", name=control.label + unit, exact=True)

    def box(self, control: Slider | Number) -> Locator:
        """Find the box to type in."""
        name = f"{control.label}, typed" if isinstance(control, Slider) else control.label
        return self.section.get_by_role("textbox", name=name, exact=True)

    def expect_values(self, **changes: Any) -> None:
        """Wait until the page shows what the twin says of the changed values."""
        self.twin.values = {**self.twin.values, **changes}
        assert self.twin.frame["problems"] == {}
        expect(self.image).to_have_attribute("alt", self.twin.frame["alt"], timeout=SLOW)
        expect(self.section.get_by_role("status")).to_have_text(self.twin.frame["words"], timeout=SLOW)
        expect(self.alert).to_be_empty(timeout=SLOW)

    def moving(self, act: Callable[[], object]) -> None:
        """Do something and wait until another picture stands on the page."""
        before = self.image.get_attribute("src")
        act()
        expect(self.image).not_to_have_attribute("src", before, timeout=SLOW)


@pytest.fixture(scope="module")
def stage(shared_tab: tuple[Page, list[str]], lab: Lab, open_lesson: Callable) -> Page:
    """Open a notebook that holds the explorers' cells as the lessons store them, in one kernel."""
    page, _ = shared_tab
    cells = map(cell_of_its_lesson, explorers.__all__)
    write_notebook(lab.folder / "notebooks" / "explorers.ipynb", *cells)
    open_lesson(page, "explorers.ipynb")
    return page


@pytest.fixture(params=explorers.__all__)
def seen(request, stage: Page, shared_tab: tuple[Page, list[str]], run_cell: Callable) -> Iterator[Seen]:
    """See the still picture of every explorer, and run its cell in a kernel that knows no names of others."""
    name, (_, problems) = request.param, shared_tab
    problems.clear()
    seen = Seen(stage, make_explorer(name))
    place = explorers.__all__.index(name)
    stage.evaluate(FORGET)
    stage.evaluate("place => window.jupyterapp.shell.currentWidget.content.scrollToItem(place)", place)
    expect(stage.get_by_role("img", name=seen.twin.frame["still"], exact=True)).to_be_visible()
    run_cell(stage, place)
    seen.section.scroll_into_view_if_needed()
    seen.expect_values()
    yield seen
    assert not problems, "\n".join(problems)


def test_explorer_in_its_lesson(seen: Seen):
    check_names(seen)
    for control in seen.twin._parts:
        if isinstance(control, Upload):
            check_upload(seen, control)
            continue
        if isinstance(control, Text):
            check_words(seen, control)
            continue
        move_by_mouse(seen, control)
        move_by_keyboard(seen, control)
    for number, pointer in enumerate(seen.twin.pointers):
        click_the_picture(seen, number, pointer)
    check_wrong_input(seen)
    check_quick_keys(seen)
    check_play(seen)
    seen.moving(seen.section.get_by_role("button", name="Reset").click)
    seen.expect_values(**{control.name: control.value for control in seen.twin._parts})
    check_rules(seen)
    assert find_misplaced(seen) == []


def check_names(seen: Seen) -> None:
    """Walk through the explorer by Tab: every control is met, once, and has a name."""
    wanted = seen.section.locator("input, select, button")
    wanted.first.focus()
    met = []
    for i in range(wanted.count()):
        if i:  # one more Tab would leave the explorer, and JupyterLab unloads what is far from the focus
            seen.page.keyboard.press("Tab")
        focused = seen.section.locator(":focus")
        met.append(focused.evaluate("e => e.id || e.textContent"))
        assert focused.evaluate("e => Boolean(e.ariaLabel || e.labels?.[0]?.textContent || e.textContent)")
    assert len(set(met)) == wanted.count(), f"Tab meets only {met}."


def move_by_mouse(seen: Seen, control: Slider | Number | Choice) -> None:
    """Drag a slider, pick from a list, or type over what a box holds."""
    if isinstance(control, Slider):
        target = seen.slider(control)
        target.scroll_into_view_if_needed()
        area = target.bounding_box()
        y = area["y"] + area["height"] / 2
        start = float(target.input_value())
        place = 0.2 if start > (len(control.stops) - 1) / 2 else 0.8
        seen.page.mouse.move(area["x"] + area["width"] / 2, y)
        seen.page.mouse.down()
        seen.page.mouse.move(area["x"] + area["width"] * place, y, steps=4)
        seen.page.mouse.up()
        stop = int(target.input_value())
        assert stop != start, f"Dragging does not move {control.label}."
        seen.expect_values(**{control.name: control.stops[stop]})
    elif isinstance(control, Choice):
        value, text = next(option for option in control.options if option[0] != control.value)
        select = seen.section.get_by_role("combobox", name=control.label, exact=True)
        seen.moving(lambda: select.select_option(text))
        seen.expect_values(**{control.name: value})
    else:
        seen.box(control).click(click_count=3)
        seen.page.keyboard.type("2.5")
        seen.moving(lambda: seen.page.keyboard.press("Enter"))
        seen.expect_values(**{control.name: "2.5"})


def move_by_keyboard(seen: Seen, control: Slider | Number | Choice) -> None:
    """Press arrow keys, and type into the box where there is one."""
    if isinstance(control, Choice):
        select = seen.section.get_by_role("combobox", name=control.label, exact=True)
        select.focus()
        key = "Home" if select.input_value() != "0" else "ArrowDown"
        seen.moving(lambda: seen.page.keyboard.press(key))
        seen.expect_values(**{control.name: control.options[int(select.input_value())][0]})
        return
    box = seen.box(control)
    if isinstance(control, Slider):
        target = seen.slider(control)
        for key, stop in (("Home", 0), ("ArrowRight", 1), ("End", len(control.stops) - 1)):
            target.focus()
            seen.moving(lambda key=key: seen.page.keyboard.press(key))
            seen.expect_values(**{control.name: control.stops[stop]})
            expect(box).to_have_value(f"{control.stops[stop]}")
        box.focus()
        seen.moving(lambda: seen.page.keyboard.press("ArrowDown"))
        seen.expect_values(**{control.name: control.stops[-2]})
        typed = f"{control.stops[1]}"
    else:
        box.focus()
        seen.moving(lambda: seen.page.keyboard.press("ArrowUp"))
        seen.expect_values(**{control.name: 3.5})
        typed = "-1.25"
    before = seen.twin.frame["words"]
    box.fill(typed)  # and wait: what is typed counts without Enter too
    seen.expect_values(**{control.name: typed})
    if seen.twin.frame["words"] == before:  # it looks alike before it counts, so wait until it does
        seen.page.wait_for_timeout(700)


def click_the_picture(seen: Seen, number: int, pointer: dict[str, Any]) -> None:
    """Click where the axes show a certain stop of their controls, and drag from there to another."""
    parts = {control.name: control for control in seen.twin._parts}
    left, bottom, width, height = pointer["box"]
    seen.image.scroll_into_view_if_needed()
    area = seen.image.bounding_box()

    def go_to(part: int) -> dict[str, Any]:
        """Move the mouse to where every control has the stop that lies a `part`-th of the way along."""
        shares, changes = [0.5, 0.5], {}
        for i, (name, limits) in enumerate(
            ((pointer["x"], pointer["x_limits"]), (pointer["y"], pointer["y_limits"]))
        ):
            if name:
                control = parts[name]
                slides = isinstance(control, Slider)
                stops = control.stops if slides else [value for value, _ in control.options]
                changes[name] = stops[len(stops) // part]
                shares[i] = (changes[name] - limits[0]) / (limits[1] - limits[0])
        x = area["x"] + area["width"] * (left + shares[0] * width)
        y = area["y"] + area["height"] * (1 - bottom - shares[1] * height)
        seen.page.mouse.move(x, y, steps=4)
        return changes

    changes = go_to(2 + number)
    seen.page.mouse.down()
    seen.expect_values(**changes)
    changes = go_to(5)
    seen.page.mouse.up()
    seen.expect_values(**changes)


def check_words(seen: Seen, control: Text) -> None:
    """Type words and press Enter, then others and wait; the box takes no more letters than it says."""
    box = seen.box(control)
    box.click()
    seen.page.keyboard.type("softmax")
    seen.moving(lambda: seen.page.keyboard.press("Enter"))
    seen.expect_values(**{control.name: "softmax"})
    box.fill("attention weights")
    seen.expect_values(**{control.name: "attention weights"})
    box.fill("")
    seen.page.keyboard.type((control.longest + 5) * "x")
    seen.expect_values(**{control.name: control.longest * "x"})
    box.fill("loss")  # and leave it, so that a reset has something to do
    seen.expect_values(**{control.name: "loss"})


def check_upload(seen: Seen, control: Upload) -> None:
    """Choose a picture by mouse and another by keyboard, then files that are none; a list still helps."""
    button = seen.section.get_by_label(control.label, exact=True)
    rng = np.random.default_rng(0)

    def choose(act: Callable[[], object], data: bytes) -> None:
        with seen.page.expect_file_chooser() as chooser:
            act()
        chooser.value.set_files({"name": "photo.png", "mimeType": "image/png", "buffer": data})

    for act in (button.click, lambda: button.press("Enter")):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (28, 28, 3), dtype=np.uint8)).save(buffer, "png")
        picture = buffer.getvalue()
        seen.moving(lambda act=act, picture=picture: choose(act, picture))
        sent = {"file": "photo.png", "data": base64.b64encode(picture).decode("ascii")}
        seen.expect_values(**{control.name: sent}, **control.sets)
    for damaged in (b"", b"hello", picture[:60]):
        choose(button.click, damaged)
        expect(seen.alert).to_contain_text("cannot be read", timeout=SLOW)
        expect(seen.image).to_have_attribute("alt", seen.twin.frame["alt"])
    for name, value in control.sets.items():
        (chosen,) = (other for other in seen.twin._parts if other.name == name)
        select = seen.section.get_by_role("combobox", name=chosen.label, exact=True)
        assert select.input_value() == str([option for option, _ in chosen.options].index(value))
        select.select_option(index=0)
        seen.expect_values(**{name: chosen.options[0][0]})


def check_wrong_input(seen: Seen) -> None:
    """Type what is no number: a sentence comes, the picture stays, and a right number mends it."""
    numbers = (control for control in seen.twin._parts if isinstance(control, Slider | Number))
    control = next(numbers, None)
    if control is None:
        return
    box = seen.box(control)
    for wrong in WRONG:
        box.fill(wrong)
        seen.page.keyboard.press("Enter")
        said = f"{control.label} is {f'“{wrong}”' if wrong else 'empty'}; expected a "
        expect(seen.alert).to_contain_text(said, ignore_case=True, timeout=SLOW)
        expect(box).to_have_attribute("aria-invalid", "true")
        expect(box).to_have_css("border-top-color", ALARM)
        expect(box).to_have_accessible_description(re.compile(re.escape(said), re.IGNORECASE))
        expect(seen.image).to_have_attribute("alt", seen.twin.frame["alt"])
    box.fill(f"{control.value}")
    seen.page.keyboard.press("Enter")
    seen.expect_values(**{control.name: control.value})
    assert box.get_attribute("aria-invalid") is None
    expect(box).not_to_have_css("border-top-color", ALARM)


def check_quick_keys(seen: Seen) -> None:
    """Press an arrow 30 times without waiting: the page ends where the last one led."""
    control = next((control for control in seen.twin._parts if isinstance(control, Slider)), None)
    if control is None:
        control = next((control for control in seen.twin._parts if isinstance(control, Number)), None)
        if control is None:
            return
        seen.box(control).focus()
    else:
        seen.slider(control).focus()
        seen.page.keyboard.press("Home")
    for _ in range(30):
        seen.page.keyboard.press("ArrowUp")
    if isinstance(control, Slider):
        last = control.stops[min(30, len(control.stops) - 1)]
    else:
        last = control.value + 30 * control.step
    seen.expect_values(**{control.name: last})


def check_play(seen: Seen) -> None:
    """Play to the end, and pause with the keyboard on the way."""
    for control in (control for control in seen.twin._parts if getattr(control, "play", False)):
        slider, box = seen.slider(control), seen.box(control)
        play = seen.section.get_by_role("button", name=re.compile("Play|Pause"))
        slider.focus()
        seen.page.keyboard.press("Home")
        seen.expect_values(**{control.name: control.stops[0]})
        play.click()
        expect(box).not_to_have_value(f"{control.stops[0]}", timeout=SLOW)  # it moves, at its own pace
        play.press("Space")
        expect(play).to_have_text("▶ Play")
        stop = control.stops[int(slider.input_value())]
        seen.expect_values(**{control.name: stop})
        seen.page.wait_for_timeout(1000)
        assert control.stops[int(slider.input_value())] == stop != control.stops[-1], (
            "Pause does not stop it."
        )
        box.fill(f"{control.stops[-3]}")
        seen.expect_values(**{control.name: f"{control.stops[-3]}"})
        play.press("Enter")
        expect(box).to_have_value(f"{control.stops[-1]}", timeout=SLOW)
        expect(play).to_have_text("▶ Play", timeout=SLOW)
        seen.expect_values(**{control.name: control.stops[-1]})


def check_rules(seen: Seen) -> None:
    """Axe-core finds nothing serious inside the explorer."""
    section = f"section[aria-label={json.dumps(seen.twin.title)}]"
    found = Axe().run(seen.page, context=section).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert not serious, json.dumps(serious, indent=1)


def find_misplaced(seen: Seen) -> list[str]:
    """Make the cell narrow and wide; say where controls stand wrong, words are cut, something sticks out."""
    page, size, found = seen.page, seen.page.viewport_size, []
    for width, place in PLACES.items():
        for _ in range(2):  # the page's margins may change with its width
            missing = width - seen.section.evaluate(CELL_WIDTH)
            page.set_viewport_size({**size, "width": round(page.viewport_size["width"] + missing)})
            page.wait_for_timeout(200)  # JupyterLab follows after a moment
        assert seen.section.evaluate(CELL_WIDTH) == pytest.approx(width, abs=1)
        layout = seen.section.evaluate(LAYOUT)
        if layout["place"] != place:
            found.append(f"{width} pixels: the controls stand {layout['place']}, not {place}.")
        if not layout["follows"]:
            found.append(f"{width} pixels: the controls are read before the picture.")
        found += [f"{width} pixels: “{words}” is cut." for words in layout["cut"]]
        if layout["outside"]:
            found.append(f"{width} pixels: something sticks out of the cell.")
    page.set_viewport_size(size)
    return found


@pytest.mark.parametrize(
    ("style", "says"),
    [
        (
            ".explorer .explorer-layout { display: block }",
            "600 pixels: the controls stand below, not beside.",
        ),
        (
            ".explorer .explorer-layout { grid-template-columns: 1fr 1fr }",
            "460 pixels: the controls stand",
        ),
        (".explorer .explorer-choice { width: 110px }", "600 pixels: “Not from the brain” is cut."),
        (".explorer .explorer-view { width: 900px }", "760 pixels: something sticks out of the cell."),
    ],
)
def test_a_misplaced_explorer_is_named(stage: Page, run_cell: Callable, style: str, says: str):
    run_cell(stage, explorers.__all__.index("neurofeedback_explorer"))
    seen = Seen(stage, make_explorer("neurofeedback_explorer"))
    bad = stage.add_style_tag(content=style)
    try:
        assert says in "\n".join(find_misplaced(seen))
    finally:
        bad.evaluate("element => element.remove()")


def test_two_explorers_on_a_page_keep_apart(page: Page, lab, open_lesson, run_all):
    """Each label names a control of its own explorer, and each answers for itself."""
    write_notebook(lab.folder / "notebooks" / "two.ipynb", *(new_cell("loss_explorer", i) for i in range(2)))
    open_lesson(page, "two.ipynb")
    run_all(page)
    sections = page.locator("section.explorer")
    expect(sections).to_have_count(2)
    ids = page.locator("section.explorer [id]").evaluate_all("elements => elements.map((e) => e.id)")
    assert len(set(ids)) == len(ids)
    twin = explorers.loss_explorer()
    first, second = (section.get_by_role("slider").first for section in sections.all())
    second.press("Home")
    twin.values = {**twin.values, twin._parts[0].name: twin._parts[0].stops[0]}
    expect(sections.nth(1).get_by_role("status")).to_have_text(twin.frame["words"], timeout=SLOW)
    assert first.input_value() != second.input_value()


# Where no kernel runs


def expect_still(page: Page, alt: str) -> None:
    """Expect to see the still picture and its note, and no broken widget."""
    expect(page.get_by_role("img", name=alt, exact=True)).to_be_visible()
    expect(page.get_by_text(NOTE)).to_be_visible()
    expect(page.get_by_text(LOST_MODEL)).not_to_be_visible()
    expect(page.locator("section.explorer")).to_have_count(0)


def test_still_picture_after_save_and_reopen(browser: Browser, page: Page, lab, open_lesson, run_all):
    """Trusted and untrusted. ipywidgets logs that the model is gone, so reopening has tabs of its own."""
    folder, alt = lab.folder / "notebooks", explorers.softmax_explorer().frame["alt"]
    write_notebook(folder / "saved.ipynb", new_cell("softmax_explorer"))
    open_lesson(page, "saved.ipynb")
    run_all(page)
    expect(page.locator("section.explorer")).to_be_visible()
    expect(page.get_by_text(NOTE)).not_to_be_visible()  # the widget took its place
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")

    saved = json.loads((folder / "saved.ipynb").read_text(encoding="utf-8"))
    still, view = (output["data"] for output in saved["cells"][0]["outputs"])
    assert set(still) == {"text/html", "image/png", "text/plain"}
    assert list(view) == [WIDGET_VIEW]
    saved["cells"][0]["id"] = "changed"  # a notebook that this Jupyter has not signed
    saved["cells"][0]["source"] += "  # changed"
    (folder / "untrusted.ipynb").write_text(json.dumps(saved), encoding="utf-8")

    context = browser.new_context(viewport={"width": 1280, "height": 720})
    for name, trusted in (("saved.ipynb", True), ("untrusted.ipynb", False)):
        tab = context.new_page()
        tab.set_default_timeout(SLOW)
        open_lesson(tab, name)
        assert tab.locator(".jp-OutputArea-output.jp-mod-trusted").count() == trusted
        expect_still(tab, alt)
    context.close()


def test_a_stopped_kernel_is_told(browser: Browser, lab, open_lesson, run_all):
    """A restart forgets the explorer. ipywidgets logs that it cannot send, so this has a tab of its own."""
    write_notebook(lab.folder / "notebooks" / "stopped.ipynb", new_cell("softmax_explorer"))
    tab = browser.new_page(viewport={"width": 1280, "height": 720})
    open_lesson(tab, "stopped.ipynb")
    run_all(tab)
    tab.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    temperature = tab.get_by_role("slider", name="Temperature")
    temperature.press("ArrowRight")
    expect(tab.get_by_role("alert")).to_have_text(SILENT, timeout=SLOW)
    run_all(tab)
    expect(tab.get_by_text(SILENT)).to_have_count(0)
    temperature.press("ArrowRight")
    expect(tab.get_by_role("status").filter(has_text="at temperature 2")).to_be_visible(timeout=SLOW)
    tab.close()
