"""The timing of explorers: each is moved by its first control, of any kind, and draws another picture."""

import io

import matplotlib.pyplot as plt
import pytest

from course_utils.explorers.base import Choice, Number, Slider, Text, Upload
from proofs import bench_explorers as bench

TWO = (("a", "first"), ("b", "second"))


@pytest.mark.parametrize(
    ("control", "value", "keys"),
    [
        (Slider("s", "S", (1, 2, 5), 2), 5, ("ArrowUp", "ArrowDown")),
        (Slider("s", "S", (1, 2, 5), 5), 2, ("ArrowDown", "ArrowUp")),
        (Choice("c", "C", TWO, "a"), "b", ("ArrowDown", "ArrowUp")),
        (Choice("c", "C", TWO, "b"), "a", ("ArrowUp", "ArrowDown")),
        (Number("n", "N", 1, 0, 10, step=0.5), 1.5, ("ArrowUp", "ArrowDown")),
        (Text("t", "T", "word"), "worda", ("a", "Backspace")),
    ],
)
def test_a_control_of_any_kind_moves_away_and_back(control, value, keys):
    assert bench.move_of(control) == (value, keys)
    assert control.read(value) == value


def test_what_no_key_moves_is_told():
    with pytest.raises(ValueError, match="control is of kind 'upload'; expected one that keys move"):
        bench.move_of(Upload("u", "U"))


@pytest.mark.slow
@pytest.mark.parametrize("name", bench.EXPLORERS)
def test_both_sides_draw_two_pictures_of_every_explorer(name, monkeypatch):
    explorers, plain = [], []
    monkeypatch.setattr(bench, "display", explorers.append)
    _, states = bench.ours(name)
    frames = []
    for state in states:
        explorers[0].set_state(state)
        frames.append(explorers[0].frame)
    assert [frame["problems"] for frame in frames] == [{}, {}]
    assert frames[0]["png"] != frames[1]["png"]

    def show():
        picture = io.BytesIO()
        plt.savefig(picture)
        plt.close()
        plain.append(picture.getvalue())

    def interact(draw, **controls):
        [(control, slider)] = controls.items()
        for _, value in slider._options_full:
            draw(**{control: value})

    monkeypatch.setattr(plt, "show", show)
    monkeypatch.setattr(bench.ipywidgets, "interact", interact)
    bench.plain(name)
    assert len(set(plain)) == 2


@pytest.mark.slow
def test_a_kernel_is_timed_and_has_nothing_to_warn_of(monkeypatch, capfd):
    monkeypatch.setattr(bench, "REPEATS", 4)
    with bench.running_kernel() as client:
        for side in ("ours", "plain"):
            code = bench.CELL.format(root=str(bench.ROOT), name="loss_explorer", side=side)
            assert len(bench.kernel_times(client, code)) == 2
    assert capfd.readouterr() == ("", "")
