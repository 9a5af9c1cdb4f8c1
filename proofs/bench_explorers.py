"""Time every explorer beside plain `interact` and `plt.show()` drawing the same figure: `make bench`.

Two times, in one run because a time means something only beside another of the same machine and hour:
from a changed value to the encoded picture sent by the kernel, and from a key press to changed pixels.
"""

import json
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import Page, sync_playwright

from course_utils.explorers import __all__ as EXPLORERS
from tools.lab import IDLE, Lab, launch_chromium, running_lab

REPEATS = 12
KEYS = 30
CONTROL = "section.explorer input, .widget-slider [role=slider]"

# What an explorer needs of its lesson: set-up, arguments of the explorer, more arguments of its picture.
NETWORKS = """
from course_utils.data.fashion import CLASS_NAMES
from course_utils.networks import AveragePooling, Classifier
networks = {"attention": Classifier(10).eval(), "average": Classifier(10, pooling=AveragePooling).eval()}
"""
NEEDS = {
    "classifier_explorer": {"setup": NETWORKS, "arguments": "networks, CLASS_NAMES", "more": ", networks"},
    "alignment_explorer": {
        "setup": "from course_utils.networks.seq2seq import DateReader\nreader = DateReader('additive')\n",
        "arguments": "reader",
        "more": ", reader",
    },
    "shortcut_explorer": {
        "setup": NETWORKS + "import numpy as np\nstamp = np.eye(8, dtype=np.uint8)\n",
        "arguments": "networks, CLASS_NAMES, stamp",
        "more": ", networks, stamp",
    },
}

# Both cells leave behind `model`, the widget to write to, and `states`, what to write in turn.
OURS = """
from course_utils.explorers import {name}
{setup}
explorer = {name}({arguments})
control = explorer._parts[0]
model = explorer.model_id
stops = getattr(control, "stops", range(-4, 9))
states = [{{"values": explorer.values | {{control.name: stop}}}} for stop in stops[1:3]]
explorer
"""
PLAIN = """
import ipywidgets
import matplotlib.pyplot as plt
from course_utils.explorers import {name}
{setup}
explorer = {name}({arguments})
start, picture = dict(explorer.values), type(explorer._picture)
control = explorer._parts[0]
stops = getattr(control, "stops", range(-4, 9))
slider = ipywidgets.SelectionSlider(options=stops, value=control.value, description="plain")
def draw(**changed):
    picture(plt.figure(figsize=(7.4, 4.0), layout="constrained"){more}).update(start | changed)
    plt.show()
model = slider.model_id
states = [{{"index": 1}}, {{"index": 2}}]
ipywidgets.interact(draw, **{{control.name: slider}});
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


def kernel_times(code: str) -> list[float]:
    """Milliseconds from sending a changed value to the kernel until its picture is here."""
    manager, client = start_new_kernel(kernel_name="python3")
    try:
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
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def browser_times(page: Page, lab: Lab, code: str) -> tuple[list[float], float]:
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
        page.keyboard.press("ArrowUp" if turn % 2 else "ArrowDown")
        times.append(page.evaluate("() => window.took"))
        page.wait_for_timeout(150)
    for turn in range(KEYS):
        page.keyboard.press("ArrowUp" if turn % 2 else "ArrowDown")
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


def main() -> None:
    """Measure and print a table."""
    codes = {}
    for name in EXPLORERS:
        needs = NEEDS.get(name, {"setup": "", "arguments": "", "more": ""})
        codes[name] = (OURS.format(name=name, **needs), PLAIN.format(name=name, **needs))
    kernel = {name: [statistics.median(kernel_times(code)) for code in pair] for name, pair in codes.items()}
    seen = {}
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        (Path(scratch) / "course").mkdir()
        with running_lab(Path(scratch)) as lab, launch_chromium(playwright) as browser:
            for name, pair in codes.items():
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                seen[name] = [browser_times(page, lab, code) for code in pair]
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
