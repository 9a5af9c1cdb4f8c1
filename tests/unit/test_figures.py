"""The figures: drawn again they are the same, their words can be read, and their alt text is told right."""

import ast
import json
import re
import runpy
import subprocess
import sys
from importlib.metadata import version
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image, ImageSequence

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "figures"
MOVING = FIGURES / "moving.py"
SCRIPTS = sorted(script for script in FIGURES.glob("*.py") if script.stem not in ("drawing", MOVING.stem))
EMBEDDED = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?:\.\./)?figures/(?P<name>\w+)\.(?:png|gif)\)")
LARGEST_GIF = 1_000_000  # bytes
FLASH = 0.1  # of the range of brightness: what changes by more, in many pixels at once, flashes (WCAG 2.3.1)
each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
every_script = pytest.mark.parametrize("script", [*SCRIPTS, MOVING], ids=lambda script: script.stem)


def alt_of(script):
    """Read the constant ALT without running the script."""
    for node in ast.parse(script.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "ALT":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{script.name} must hold the figure's alt text in a constant ALT.")


def under_the_lock():
    """Say whether what draws the pictures has the versions of requirements.lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return all(f"{name}=={version(name)}" in lock for name in ("matplotlib", "pillow", "torch"))


def words_in(picture):
    with Image.open(picture) as opened:
        return opened.text["Description"]


def texts_of(figure):
    figure.canvas.draw()
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def pages():
    """Read every text that a reader sees: README and the notebooks' text cells."""
    yield "README.md", (ROOT / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield (
            path.name,
            "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"),
        )


def test_every_picture_has_a_script_and_every_script_a_picture():
    assert SCRIPTS
    assert [picture.stem for picture in sorted(FIGURES.glob("*.png"))] == [script.stem for script in SCRIPTS]


@each_script
def test_drawn_again_the_picture_is_the_same(script, tmp_path):
    """Other versions of the libraries shift pixels, but the words and numbers that are drawn stay."""
    subprocess.run([sys.executable, script, tmp_path], check=True, cwd=tmp_path, timeout=120)
    again, stored = tmp_path / f"{script.stem}.png", script.with_suffix(".png")
    out_of_date = f"{stored.name} is out of date: run make figures."
    assert words_in(again).count("\n") >= 5
    assert words_in(again) == words_in(stored), out_of_date
    if sys.platform == "linux" and under_the_lock():
        assert again.read_bytes() == stored.read_bytes(), out_of_date


@each_script
def test_words_are_large_whole_and_apart(script, monkeypatch):
    monkeypatch.syspath_prepend(str(FIGURES))
    figure = runpy.run_path(str(script))["draw"]()
    assert (figure.get_size_inches() * figure.dpi).tolist() == [1280, 720]
    boxes = []
    for text in texts_of(figure):
        pixels = text.get_fontsize() * figure.dpi / 72
        assert pixels >= 20, f"{text.get_text()!r} is {pixels:.0f} pixels large; slides need 20."
        area = text.get_window_extent()
        assert 0 <= area.x0 < area.x1 <= 1280, f"{text.get_text()!r} is cut off at a side."
        assert 0 <= area.y0 < area.y1 <= 720, f"{text.get_text()!r} is cut off above or below."
        boxes.append((text.get_text(), area))
    for (one, first), (other, second) in combinations(boxes, 2):
        width = min(first.x1, second.x1) - max(first.x0, second.x0)
        height = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert width <= 0 or height <= 3, f"{one!r} and {other!r} overlap."


def frames_of(picture):
    """Return the frames of a moving picture, in grey from 0 to 1: (n, height, width)."""
    with Image.open(picture) as opened:
        frames = [frame.convert("L") for frame in ImageSequence.Iterator(opened)]
    return np.stack([np.asarray(frame) / 255 for frame in frames])


def largest_flash(frames):
    """Return the largest share of the picture that changes its brightness at once; the frames go round."""
    changed = np.abs(np.roll(frames, -1, axis=0) - frames) > FLASH
    return changed.mean(axis=(1, 2)).max()


def test_moving_picture_is_small_and_does_not_flash():
    stored = MOVING.with_suffix(".gif")
    frames = frames_of(stored)
    assert stored.stat().st_size < LARGEST_GIF
    assert 20 <= len(frames) <= 60
    assert 0.001 < largest_flash(frames) < 0.1, "A tenth of the picture must not change at once."
    blinking = np.stack([frames[0], 1 - frames[0]])
    assert largest_flash(blinking) > 0.5, "A picture that blinks must be found out."


def test_moving_picture_drawn_again_is_the_same(tmp_path):
    subprocess.run([sys.executable, MOVING, tmp_path], check=True, cwd=tmp_path, timeout=120)
    again, stored = frames_of(tmp_path / "moving.gif"), frames_of(MOVING.with_suffix(".gif"))
    assert again.shape == stored.shape
    assert np.abs(again - stored).mean() < 0.01, "moving.gif is out of date: run make figures."


@every_script
def test_alt_text_speaks(script):
    alt = alt_of(script)
    assert alt.endswith(".")
    assert len(alt.split()) >= 30
    assert not set(alt) & set('[]"<>|\n'), "These signs would break the alt text in Markdown or HTML."


def test_embedded_figures_carry_the_alt_text_of_their_script():
    seen = []
    for page, text in pages():
        embedded = list(EMBEDDED.finditer(text))
        assert len(embedded) == len(re.findall(r"figures/\w+\.(?:png|gif)", text)), (
            f"{page} must embed figures as ![alt](figures/name.png), notebooks with ../figures/name.png."
        )
        for picture in embedded:
            expected = alt_of(FIGURES / f"{picture['name']}.py")
            assert picture["alt"] == expected, (
                f"{page}: the alt text of {picture['name']} must be: {expected}"
            )
        seen += [(page, picture["name"]) for picture in embedded]
    assert {("README.md", "course"), ("README.md", "moving")} <= set(seen)
