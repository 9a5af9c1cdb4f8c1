"""Time every explorer beside plain `interact` and `plt.show()` with the same figure: `make bench-explorers`.

Two times, in one run because a time means something only beside another of the same machine and hour:
from a changed value to the encoded picture sent by the kernel, and from a key press to changed pixels.
What changes is the explorer's first control, whatever its kind, to a neighbouring value and back.
"""

import argparse
import inspect
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
from IPython.display import display
from jupyter_client import BlockingKernelClient, KernelManager
from playwright.sync_api import Page, sync_playwright

from course_utils.explorers import __all__ as EXPLORERS
from course_utils.explorers.base import Choice, Control, Number, Text
from tools.lab import IDLE, Lab, launch_chromium, running_lab
from tools.lone_explorers import make_explorer

ROOT = Path(__file__).parents[1]
REPEATS = 12
KEYS = 30
CONTROL = "section.explorer :is(input, select), .widget-slider [role=slider]"
PLAIN_KEYS = ("ArrowUp", "ArrowDown")

# Run in a kernel: `side` is "ours" or "plain".
CELL = """
import sys
sys.path.insert(0, {root!r})
from proofs.bench_explorers import ours, plain
model, states = {side}({name!r})
"""
FACTS = "import json; print(json.dumps({'model': model, 'states': states}))"

# Press a key on the focused element and measure, frame by frame, until another picture is on the page.
PRESSED = """() => new Promise((resolve, reject) => {
  const cell = document.activeElement.closest('.jp-Cell');
  const shown = () => [...cell.querySelectorAll('.jp-OutputArea-output img')].filter((i) => i.offsetHeight);
  const before = shown().map((i) => i.src).join();
  const look = () => {
    const images = shown();
    const now = images.map((i) => i.src).join();
    if (now && now !== before && images.every((i) => i.complete && i.naturalWidth)) {
      requestAnimationFrame(() => resolve(performance.now() - window.pressedAt));
    } else requestAnimationFrame(look);
  };
  document.addEventListener('keydown', () => { window.pressedAt = performance.now(); },
                            { capture: true, once: true });
  requestAnimationFrame(look);
  setTimeout(() => reject(new Error('No other picture came within 20 seconds.')), 20000);
})"""


class Move(NamedTuple):
    """A neighbour of a control's value, the key that leads there and the key that leads back."""

    value: Any
    keys: tuple[str, str]


def move_of(control: Control) -> Move:
    """Return how to move a control from where it stands at first.

    Raises
    ------
    ValueError
        If keys do not move it.
    """
    if isinstance(control, Text):
        return Move(control.value + "a", ("a", "Backspace"))
    if isinstance(control, Number):
        return Move(control.value + control.step, ("ArrowUp", "ArrowDown"))
    if control.kind not in ("slider", "choice"):
        raise ValueError(f"control is of kind {control.kind!r}; expected one that keys move.")
    is_choice = isinstance(control, Choice)
    stops = [value for value, _ in control.options] if is_choice else list(control.stops)
    place = stops.index(control.value)
    further = place + 1 < len(stops)
    keys = ("ArrowUp", "ArrowDown") if further != is_choice else ("ArrowDown", "ArrowUp")  # a list runs down
    return Move(stops[place + 1 if further else place - 1], keys)


def ours(name: str) -> tuple[str, list[dict]]:
    """Show an explorer; return the id of its model, and what to write to it in turn."""
    explorer = make_explorer(name)
    control = explorer._parts[0]
    display(explorer)
    values = (move_of(control).value, control.value)
    return explorer.model_id, [{"values": explorer.values | {control.name: value}} for value in values]


def plain(name: str) -> tuple[str, list[dict]]:
    """Show an explorer's picture by `plt.show()`, below a slider with two stops for the first control."""
    explorer = make_explorer(name)
    control, picture, start = explorer._parts[0], explorer._picture, dict(explorer.values)
    needed = list(inspect.signature(type(picture)).parameters)[1:]
    given = [getattr(picture, word) for word in needed]  # pictures keep what they need by its name

    def draw(**changed: Any) -> None:  # noqa: ANN401
        figure = plt.figure(figsize=(7.4, 4.0), layout="constrained")
        type(picture)(figure, *given).update(start | changed)
        plt.show()

    values = [control.value, move_of(control).value]
    slider = ipywidgets.SelectionSlider(options=values, description="plain")
    ipywidgets.interact(draw, **{control.name: slider})
    return slider.model_id, [{"index": 1}, {"index": 0}]


def run_cell(client: BlockingKernelClient, code: str) -> str:
    """Run code in the kernel and return what it printed."""
    printed: list[str] = []

    def note(message: dict) -> None:
        if message["msg_type"] == "error":
            raise RuntimeError("\n".join(message["content"]["traceback"]))
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    client.execute_interactive(code, output_hook=note, timeout=120)
    return "".join(printed)


def is_picture(message: dict) -> bool:
    """Whether a message from the kernel carries a picture, ours (a frame) or plain (an output)."""
    content = message["content"]
    if message["msg_type"] == "display_data":
        return "image/png" in content["data"]
    data = content.get("data") or {}
    return message["msg_type"] == "comm_msg" and data.get("method") == "update" and "frame" in data["state"]


@contextmanager
def running_kernel() -> Iterator[BlockingKernelClient]:
    """Start a kernel that is reached through files of this machine: through a port, it warns of listeners."""
    manager = KernelManager(kernel_name="python3", transport="ipc")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def kernel_times(client: BlockingKernelClient, code: str) -> list[float]:
    """Milliseconds from sending a changed value to the kernel until its picture is here."""
    run_cell(client, code)
    facts = json.loads(run_cell(client, FACTS))
    times = []
    for turn in range(REPEATS):
        data = {"method": "update", "state": facts["states"][turn % 2], "buffer_paths": []}
        message = client.session.msg("comm_msg", {"comm_id": facts["model"], "data": data})
        start = time.perf_counter()
        client.shell_channel.send(message)
        while not is_picture(client.get_iopub_msg(timeout=60)):
            pass
        times.append(1000 * (time.perf_counter() - start))
        time.sleep(0.1)
    return times[2:]  # the first of each value may still import


def browser_times(page: Page, lab: Lab, code: str, keys: tuple[str, str]) -> tuple[list[float], float]:
    """Milliseconds from a key press to a changed picture, and seconds until the last of 30 is drawn."""
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    notebook = nbformat.v4.new_notebook(metadata=kernel, cells=[nbformat.v4.new_code_cell(code)])
    nbformat.write(notebook, lab.folder / "bench.ipynb")
    page.goto(lab.address_of("bench.ipynb"))
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(IDLE)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_selector(CONTROL)
    page.wait_for_function(IDLE)
    page.wait_for_timeout(1000)
    page.locator(CONTROL).first.focus()
    page.wait_for_timeout(1500)
    times = []
    for turn in range(REPEATS):
        page.evaluate(f"() => {{ window.took = ({PRESSED})(); }}")
        page.keyboard.press(keys[turn % 2])
        times.append(page.evaluate("() => window.took"))
        page.wait_for_timeout(150)
    for turn in range(KEYS):
        page.keyboard.press(keys[turn % 2])
    pressed = time.perf_counter()
    return times[2:], settle(page) - pressed


def settle(page: Page) -> float:
    """Return the moment at which the picture last changed, once it has stood still for a second."""
    read = "() => [...document.querySelectorAll('.jp-OutputArea-output img')].map((i) => i.src).join()"
    moment, shown = time.perf_counter(), page.evaluate(read)
    while time.perf_counter() - moment < 1:
        page.wait_for_timeout(10)
        now = page.evaluate(read)
        if now != shown:
            moment, shown = time.perf_counter(), now
    return moment


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m proofs.bench_explorers", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--only", nargs="+", default=EXPLORERS, choices=EXPLORERS, metavar="EXPLORER")
    names = parser.parse_args(argv).only
    cells = {
        name: [CELL.format(root=str(ROOT), name=name, side=side) for side in ("ours", "plain")]
        for name in names
    }
    kernel, seen = {}, {}
    for name, pair in cells.items():
        with running_kernel() as client:
            kernel[name] = [statistics.median(kernel_times(client, code)) for code in pair]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        (Path(scratch) / "course").mkdir()
        with running_lab(Path(scratch)) as lab, launch_chromium(playwright) as browser:
            for name, pair in cells.items():
                keys = [move_of(make_explorer(name)._parts[0]).keys, PLAIN_KEYS]
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                seen[name] = [browser_times(page, lab, *both) for both in zip(pair, keys, strict=True)]
                page.close()
    print("median milliseconds            kernel  plain  share   browser  plain   after 30 quick keys")
    for name, [kernel_ours, kernel_plain] in kernel.items():
        (ours, last), (plain, _) = seen[name]
        print(
            f"{name:28} {kernel_ours:8.0f} {kernel_plain:6.0f} {kernel_ours / kernel_plain:6.2f}"
            f" {statistics.median(ours):9.0f} {statistics.median(plain):6.0f} {1000 * last:9.0f}"
        )


if __name__ == "__main__":
    main()
