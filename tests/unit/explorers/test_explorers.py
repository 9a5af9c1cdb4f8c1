"""Explorers without a browser: their arithmetic, what they draw and say, and how they take wrong input."""

import base64
import inspect
import io
import subprocess
import sys
from importlib.resources import files
from itertools import combinations, pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.special
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from IPython.display import Markdown
from matplotlib.text import Text
from PIL import Image

from course_utils import explorers
from course_utils.data import fashion_mnist, scenes
from course_utils.data.fashion import CLASS_NAMES
from course_utils.explorers import (
    attention_table,
    base,
    classifier,
    descent,
    losses,
    scoring,
    shortcut,
    softmax,
)
from course_utils.networks import AveragePooling, Classifier
from tools.lone_explorers import make_explorer

WRONG = ["", "  ", "NaN", "1e999", "-1e999", "hello", "1,5", None, [1]]
ALL = explorers.__all__


def make_networks(seed=0):
    """Return the two networks of attention-classifier, untrained."""
    pooled = {"attention": {}, "average": {"pooling": AveragePooling}}
    return {name: Classifier(10, seed=seed, **kind).eval() for name, kind in pooled.items()}


@pytest.fixture(scope="module", params=ALL)
def make(request):
    """Return a function that makes an explorer, for every explorer."""
    return lambda: make_explorer(request.param)


@pytest.fixture(scope="module")
def made(make):
    return make()


@pytest.fixture
def explorer(made):
    """Give every explorer, as it was at first."""
    made.values = {control.name: control.value for control in made._parts}
    return made


def stops(control: base.Control) -> list:
    """Return some values that a control can take, its ends among them."""
    if isinstance(control, base.Number):
        return [control.minimum, 0.25, control.maximum]
    if isinstance(control, base.Choice):
        return [value for value, _ in control.options if value != classifier.OWN]  # that needs an upload
    if isinstance(control, base.Text):
        return ["", "softmax", "no such words"]
    if isinstance(control, base.Upload):
        return [None, uploaded(encoded(np.eye(20)))]
    return [control.stops[0], control.stops[len(control.stops) // 2], control.stops[-1]]


def changes(control: base.Control, value: object) -> dict:
    """Return the values that the page sends when a control takes a value."""
    return {control.name: value, **(control.sets if value and isinstance(control, base.Upload) else {})}


def all_at(explorer: base.Explorer, end: int) -> dict:
    """Return the values with every control at its first (0) or last (-1) stop."""
    ends = [changes(control, stops(control)[end]) for control in explorer._parts]
    return {name: value for change in ends for name, value in change.items()}


def encoded(pixels: np.ndarray, kind: str = "png", **options) -> bytes:
    """Return grey pixels, 0 to 1, as the bytes of a file."""
    buffer = io.BytesIO()
    Image.fromarray((255 * np.asarray(pixels)).round().astype(np.uint8)).save(buffer, kind, **options)
    return buffer.getvalue()


def uploaded(data: bytes) -> dict:
    """Return the value of an upload as the page sends it."""
    return {"file": "photo.png", "data": base64.b64encode(data).decode("ascii")}


# The arithmetic


@pytest.mark.parametrize("temperature", [0.1, 1, 7.5, 100])
def test_softmax_view_agrees_with_scipy(temperature):
    scores = np.array([-20, 3.5, 20.0])
    view = softmax.softmax_view(scores, temperature)
    expected = scipy.special.softmax(scores / temperature)
    np.testing.assert_allclose(view.weights, expected)
    assert view.entropy == pytest.approx(scipy.stats.entropy(expected))
    assert view.largest == 2


@pytest.mark.parametrize("causal", [False, True])
def test_table_agrees_with_pytorch(causal):
    queries, keys, values = [1.0, -2.0, 0.5], [4.0, 0.1, -6.0], [7.0, 8.0, 9.0]
    scores, result = attention_table.follow(queries, keys, values, causal=causal)
    tensors = [torch.tensor(numbers, dtype=torch.float64)[:, None] for numbers in (queries, keys, values)]
    expected = torch.nn.functional.scaled_dot_product_attention(*tensors, is_causal=causal)
    np.testing.assert_allclose(scores, np.outer(queries, keys))
    np.testing.assert_allclose(result.output, expected.numpy())


def test_the_written_sum_is_the_output():
    text = attention_table.describe_sum([0.2, 0.3, 0.5], [1, -2, 4], 1.6)
    terms, total = text.split(" = ")
    products = [np.prod([float(part) for part in term.split("·")]) for term in terms.split(" + ")]
    assert sum(products) == pytest.approx(float(total))


@pytest.mark.parametrize("probability", [0.01, 0.3, 0.6, 0.99])
def test_losses_and_slopes_agree_with_pytorch(probability):
    view = losses.loss_view(probability)
    logits = torch.log(torch.tensor(view.probabilities)).requires_grad_()
    entropy = torch.nn.functional.cross_entropy(logits, torch.tensor(1))
    target = torch.tensor(losses.TARGETS)
    squared = torch.nn.functional.mse_loss(torch.softmax(logits, 0), target)
    (entropy_slope,) = torch.autograd.grad(entropy, logits)
    (squared_slope,) = torch.autograd.grad(squared, logits)
    expected = [entropy.item(), squared.item(), entropy_slope[1].item(), squared_slope[1].item()]
    assert list(view[1:]) == pytest.approx(expected)


def test_the_cliff_at_zero():
    view = losses.loss_view(0.0)
    assert view.cross_entropy == np.inf
    assert view.cross_entropy_slope == pytest.approx(-1)  # cross-entropy still pulls with full strength
    assert view.squared_error_slope == pytest.approx(0)  # squared error does not pull at all


@pytest.mark.parametrize("d_k", [16, 512])
def test_variance_of_the_scores_grows_as_theory_says(d_k):
    samples = [scoring.compare_scoring(d_k, seed) for seed in range(1, 21)]
    variance = {name: np.mean([sample[name].variance for sample in samples]) for name in samples[0]}
    assert variance["dot"] == pytest.approx(d_k, rel=0.2)
    assert variance["general"] == pytest.approx(d_k, rel=0.25)
    assert variance["scaled dot"] == pytest.approx(1, rel=0.2)
    assert variance["additive"] < 1


def test_unscaled_scores_saturate_the_softmax():
    sample = scoring.compare_scoring(512, seed=3)
    assert sample["dot"].largest > 0.9
    assert sample["dot"].gradient < sample["scaled dot"].gradient / 3


@pytest.mark.parametrize(("momentum", "learning_rate"), [(0, 0.3), (0.9, 0.05)])
def test_full_batch_descent_agrees_with_pytorch(momentum, learning_rate):
    path = descent.descend((4.0, -3.0), learning_rate, momentum, descent.N_POINTS)
    x, y = map(torch.tensor, descent.line_points())
    line = torch.tensor([4.0, -3.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([line], lr=learning_rate, momentum=momentum)
    for position in path:
        np.testing.assert_allclose(position, line.detach().numpy(), atol=1e-12)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(line[0] * x + line[1], y).backward()
        optimizer.step()


def test_descent_turns_unstable_at_the_rate_the_readout_names():
    def last_loss(rate):
        return descent.line_loss(*descent.descend((4.0, 3.0), rate, 0.0, descent.N_POINTS)[-1])

    first = descent.line_loss(4.0, 3.0)
    limit = descent.largest_stable_rate()
    assert last_loss(0.98 * limit) < first < last_loss(1.02 * limit)


def test_small_batches_leave_the_valley_floor_restless():
    full, single = (descent.descend((4.0, 3.0), 0.2, 0.0, size)[-20:] for size in (descent.N_POINTS, 1))
    assert np.std(descent.line_loss(*single.T)) > 10 * np.std(descent.line_loss(*full.T))


# The classifier's attention: its scenes, its maps and the student's own picture


def test_its_scenes_have_the_size_of_those_in_training():
    defaults = {name: parameter.default for name, parameter in inspect.signature(scenes).parameters.items()}
    assert (defaults["size"], defaults["crop"]) == (classifier.SIZE, classifier.CROP)


def test_an_item_is_put_where_scenes_puts_it():
    explorer = make_explorer("classifier_explorer")
    generator = torch.Generator().manual_seed(3)
    images, labels, boxes, _ = scenes("test", 5, generator=generator, clutter=(0, 0))
    pictures, picture_labels, _ = fashion_mnist("test")
    for image, label, (top, left, *_) in zip(
        images[:, 0].numpy(), labels.tolist(), boxes.tolist(), strict=True
    ):
        item = image[top : top + 28, left : left + 28]
        (number,) = np.flatnonzero((pictures[picture_labels == label] == item).all(axis=(1, 2)))
        place = {"row": top + 14, "column": left + 14}
        explorer.values = explorer.values | {"item": label, "number": int(number) + 1, "clutter": 0, **place}
        np.testing.assert_array_equal(explorer._picture.scene.get_array(), image)


@pytest.mark.parametrize("seed", range(5))
def test_clutter_is_made_of_pieces_of_pictures(seed):
    sources = np.random.default_rng(0).integers(1, 256, (20, 28, 28), dtype=np.uint8)
    scene = classifier.draw_clutter(sources, 1, seed)
    rows, columns = np.nonzero(scene)
    piece = scene[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    crops = np.lib.stride_tricks.sliding_window_view(sources, piece.shape, axis=(1, 2))
    assert piece.shape == (classifier.CROP, classifier.CROP)
    assert (crops == piece).all(axis=(3, 4)).sum() == 1


def test_more_clutter_leaves_the_first_pieces_in_place():
    sources, _, _ = fashion_mnist("test")
    counts = [classifier.draw_clutter(sources, n, seed=7) for n in range(17)]
    assert not counts[0].any()
    assert np.count_nonzero(counts[16]) > 5 * classifier.CROP**2
    for fewer, more in pairwise(counts):
        assert (fewer <= more).all()
        assert np.count_nonzero(fewer != more) <= classifier.CROP**2


def test_probabilities_map_and_share_agree_with_pytorch_and_scipy():
    networks = make_networks(seed=2)
    scene = classifier.draw_clutter(fashion_mnist("test").images, 9, seed=4)
    box = (5, 17, 33, 45)
    view = classifier.look_at(networks, scene, box)
    for name, network in networks.items():
        with torch.no_grad():
            logits, weights = network.classify_with_attention(torch.tensor(scene).view(1, 1, 64, 64))
        np.testing.assert_allclose(
            view.probabilities[name], scipy.special.softmax(logits[0].numpy()), rtol=1e-5
        )
        if name == "attention":
            np.testing.assert_allclose(view.weights, weights[0].numpy(), rtol=1e-6)
            by_pixel = np.kron(weights[0].numpy(), np.full((8, 8), 1 / 64))
            assert view.inside == pytest.approx(by_pixel[5:33, 17:45].sum(), rel=1e-5)


def test_the_lessons_networks_stay_as_they_are():
    networks = {name: network.train() for name, network in make_networks().items()}
    before = {name: copy_of(network) for name, network in networks.items()}
    explorer = classifier.classifier_explorer(networks, CLASS_NAMES)
    explorer.values = explorer.values | {"row": 30}
    for name, network in networks.items():
        assert network.training
        assert all(torch.equal(new, before[name][key]) for key, new in network.state_dict().items())


def copy_of(network: torch.nn.Module) -> dict:
    return {key: value.clone() for key, value in network.state_dict().items()}


def test_what_is_stored_does_not_depend_on_training():
    one, other = (classifier.classifier_explorer(make_networks(seed), CLASS_NAMES).frame for seed in (0, 1))
    assert one["alt"] != other["alt"]
    assert one["still"] == other["still"]
    assert "Ankle boot 1, its middle in row 24 and column 40" in one["still"]


@pytest.mark.parametrize("ground", ["black", "white"])
def test_an_uploaded_picture_becomes_an_item(ground):
    picture = fashion_mnist("test").images[0]
    shown = picture if ground == "black" else 255 - picture
    item = classifier.photo_item(encoded(shown / 255))
    np.testing.assert_allclose(item, 255.0 * picture / picture.max(), atol=0.51)


def test_an_uploaded_photo_is_fitted_in_whole():
    photo = np.ones((400, 200))
    photo[20:380, 60:140] = 0.1  # dark and tall on a light ground
    item = classifier.photo_item(encoded(photo, "jpeg", quality=95))
    rows, columns = np.nonzero(item > 128)
    assert rows.max() - rows.min() + 1 == pytest.approx(28 * 0.9, abs=1.5)
    assert columns.max() - columns.min() + 1 == pytest.approx(28 * 0.2, abs=1.5)
    assert np.mean(columns) == pytest.approx(13.5, abs=0.5)
    assert item[:, :5].max() < 10


def test_a_transparent_ground_is_black():
    pixels = np.zeros((28, 28, 4), dtype=np.uint8)
    pixels[8:20, 8:20] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(buffer, "png")
    item = classifier.photo_item(buffer.getvalue())
    np.testing.assert_array_equal(item, pixels[..., 0])


PICTURE = encoded(np.random.default_rng(0).random((28, 28)))
DAMAGED = [b"", b"hello", PICTURE[:60], PICTURE[:-400], encoded(np.eye(9), "gif"), encoded(np.ones((9, 9)))]


@pytest.mark.parametrize("data", DAMAGED, ids=["empty", "text", "head", "cut off", "gif", "even"])
def test_a_damaged_upload_gives_a_sentence_and_leaves_the_explorer_usable(data):
    explorer = make_explorer("classifier_explorer")
    first = explorer.frame
    explorer.values = explorer.values | {"upload": uploaded(data), "item": classifier.OWN}
    (sentence,) = explorer.frame["problems"].values()
    assert sentence.startswith("Your picture ")
    assert sentence.endswith("Upload another, or choose an item.")
    assert explorer.frame["png"] == first["png"]
    explorer.values = explorer.values | {"item": 3}
    assert explorer.frame["problems"] == {}
    assert explorer.frame["words"].startswith("Dress 1:")
    explorer.values = explorer.values | {"upload": uploaded(PICTURE), "item": classifier.OWN}
    assert explorer.frame["words"].startswith("Your picture photo.png:")


def test_ones_own_picture_is_asked_for():
    explorer = make_explorer("classifier_explorer")
    explorer.values = explorer.values | {"item": classifier.OWN}
    assert explorer.frame["problems"] == {
        "together": "There is no picture of yours yet. Upload a PNG or JPEG, or choose an item."
    }


# The mark


def test_the_mark_replaces_what_was_there_and_leaves_the_rest():
    scene = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    before, stamp = scene.copy(), np.arange(64, dtype=np.uint8).reshape(8, 8)
    marked = shortcut.put_mark(scene, stamp, top=56, left=3)
    np.testing.assert_array_equal(scene, before)
    np.testing.assert_array_equal(marked[56:, 3:11], stamp)
    elsewhere = np.ones((64, 64), dtype=bool)
    elsewhere[56:, 3:11] = False
    np.testing.assert_array_equal(marked[elsewhere], scene[elsewhere])


def test_the_shortcut_explorer_shows_what_the_networks_make_of_the_marked_scene():
    networks = make_networks(seed=2)
    stamp = np.random.default_rng(1).integers(0, 256, (8, 8), dtype=np.uint8)
    explorer = shortcut.shortcut_explorer(networks, CLASS_NAMES, stamp)
    explorer.values = explorer.values | {"row": 60, "column": 4, "clutter": 3, "item": 2, "number": 5}
    scene = np.array(explorer._picture.scene.get_array())
    np.testing.assert_array_equal(scene[56:64, 0:8], stamp)
    images, labels, _ = fashion_mnist("test")
    np.testing.assert_array_equal(np.maximum(scene, 0)[18:46, 18:46] >= images[labels == 2][4], True)
    with torch.no_grad():
        logits, weights = networks["attention"].classify_with_attention(
            torch.tensor(scene).view(1, 1, 64, 64)
        )
    best = int(logits.argmax())
    said = f"attention says {CLASS_NAMES[best]} ({logits.softmax(1)[0, best]:.2f})"
    in_mark = weights[0, 7, 0].item()  # the mark covers one square of the map: rows 56-63, columns 0-7
    assert said in explorer.frame["words"]
    assert f"(0.19 of the scene) and {in_mark:.2f} in the mark's (0.02)" in explorer.frame["words"]
    explorer.values = explorer.values | {"mark": shortcut.OFF}
    assert not np.array_equal(np.array(explorer._picture.scene.get_array())[56:64, 0:8], stamp)
    assert "without the mark" in explorer.frame["words"]
    explorer.values = explorer.values | {"map": "average"}
    assert "0.19 of the attention of average lies in the item's box" in explorer.frame["words"]


@pytest.mark.parametrize("stamp", [np.eye(8), np.zeros((8, 6), np.uint8), np.zeros((30, 30), np.uint8)])
def test_a_stamp_that_is_none_is_refused(stamp):
    with pytest.raises(ValueError, match=r"stamp has shape .* and type .*; expected uint8"):
        shortcut.shortcut_explorer(make_networks(), CLASS_NAMES, stamp)


@pytest.mark.parametrize("wrong", ["", 3, {}, {"file": "a.png"}, {"file": "a.png", "data": "%"}, ["a"]])
def test_an_upload_that_is_none_gives_a_sentence(wrong):
    upload = base.Upload("photo", "Photo")
    with pytest.raises(ValueError, match=r"^Photo is no picture; expected one\. Choose a file again\.$"):
        upload.read(wrong)
    assert upload.read({"file": "a.png", "data": "AAEC"}) == ("a.png", b"\x00\x01\x02")


@pytest.mark.parametrize(("n_classes", "channels"), [(2, 1), (10, 3)])
def test_networks_that_never_saw_scenes_get_a_sentence(n_classes, channels):
    names = CLASS_NAMES if n_classes == 10 else ("cat", "dog")
    shown = classifier.classifier_explorer({"attention": Classifier(n_classes, channels)}, names)
    assert isinstance(shown, Markdown)
    assert "needs networks that were trained on the lesson's scenes" in shown.data


@pytest.mark.parametrize(
    "networks", [{}, {"attention": Classifier(9)}, dict.fromkeys("abcdef", Classifier(10))]
)
def test_networks_that_do_not_fit_are_refused(networks):
    with pytest.raises(ValueError, match="expected one to five networks with an output for each of the 10"):
        classifier.classifier_explorer(networks, CLASS_NAMES)


# What is typed


@given(st.text() | st.floats() | st.integers() | st.none())
def test_read_number_gives_an_allowed_number_or_a_sentence(raw):
    try:
        number = base.read_number("Temperature", raw, 0.1, 10)
    except ValueError as problem:
        sentence = str(problem)
        assert sentence.startswith("Temperature is ")
        assert sentence.endswith("; expected a number from 0.1 to 10.")
        assert len(sentence) < 100
    else:
        assert 0.1 <= number <= 10


def test_whole_numbers_are_asked_for():
    assert base.read_number("Step", "7", 0, 10, whole=True) == 7
    with pytest.raises(ValueError, match=r"Step is “7\.5”; expected a whole number from 0 to 10\."):
        base.read_number("Step", "7.5", 0, 10, whole=True)


def test_a_choice_that_is_not_offered_is_refused():
    control = base.Choice("mask", "Mask", [(False, "none"), (True, "causal")], False)
    with pytest.raises(ValueError, match=r"Mask is .*; expected one of"):
        control.read("sideways")


def test_wrong_input_gives_a_sentence_and_keeps_the_picture(explorer):
    first = explorer.frame
    control = next(control for control in explorer._parts if not isinstance(control, base.Choice))
    for wrong in [None, [1], 100 * "x"] if isinstance(control, base.Text) else WRONG:
        explorer.values = {**explorer.values, control.name: wrong}
        (sentence,) = explorer.frame["problems"].values()
        assert sentence.endswith(".")
        assert explorer.frame["png"] == first["png"]
        explorer.values = {**explorer.values, control.name: control.value}
        assert explorer.frame["problems"] == {}
        assert explorer.frame["words"] == first["words"]


def test_a_missing_value_gives_a_sentence(explorer):
    explorer.values = {}
    needed = {control.name for control in explorer._parts if not isinstance(control, base.Text)}
    assert set(explorer.frame["problems"]) == needed


# What is drawn and said


def test_every_control_changes_the_picture_and_what_is_said(explorer):
    for control in explorer._parts:
        told = set()
        for value in stops(control):
            explorer.values = {**explorer.values, **changes(control, value)}
            assert explorer.frame["problems"] == {}
            told.add((explorer.frame["alt"], explorer.frame["png"]))
        assert len(told) == len(stops(control)), f"{control.label} changes nothing."
        explorer.values = {other.name: other.value for other in explorer._parts}


def test_the_picture_depends_on_the_values_alone(explorer):
    """Artists that are moved show the same as artists that are new."""
    first = explorer.frame["png"]
    changed = all_at(explorer, -1)
    explorer.values = changed
    _, *needed = inspect.signature(type(explorer._picture)).parameters  # the first is the figure
    given = [vars(explorer._picture)[name] for name in needed]
    fresh = type(explorer._picture)(base.new_figure(), *given)
    fresh.update(base.read_values(explorer._parts, changed)[0])
    assert explorer.frame["png"] == fresh.png() != first
    explorer.values = {control.name: control.value for control in explorer._parts}
    assert explorer.frame["png"] == first


def test_no_words_are_cut_off(explorer):
    """Every title, label and moving text lies inside the picture, at both ends of every control."""
    figure = explorer._picture.figure
    frame = figure.bbox.padded(1)
    ticks = {label for axes in figure.axes for label in axes.get_xticklabels() + axes.get_yticklabels()}
    for end in (0, -1):
        explorer.values = all_at(explorer, end)
        for text in set(figure.findobj(Text)) - ticks:
            box = text.get_window_extent()
            inside = frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1)
            assert inside or not text.get_text(), f"“{text.get_text()}” is cut off."


def find_crossed(explorer: base.Explorer, states: list[dict]) -> set[str]:
    """Return what is printed over lines, bars or other words; grid lines are pale enough to read on."""
    picture, found = explorer._picture, set()
    axes = [axis for axes in picture.figure.axes for axis in (axes.xaxis, axes.yaxis)]
    texts = set(picture.figure.findobj(Text)).difference(*(axis.findobj(Text) for axis in axes))
    hide(texts, picture)
    for state in states:
        explorer.values = state
        pixels = np.array(Image.open(io.BytesIO(picture.png())))
        shown = [(text.get_text(), text.get_window_extent().padded(-1)) for text in texts]
        shown = [(words, box) for words, box in shown if words.strip()]
        for words, box in shown:
            left, top, right, bottom = box.x0, len(pixels) - box.y1, box.x1, len(pixels) - box.y0
            ground = pixels[round(top) : round(bottom), round(left) : round(right)]
            if np.ptp(ground, axis=(0, 1)).max() > 60:
                found.add(words)
        found |= {
            f"{words} | {others}" for (words, a), (others, b) in combinations(shown, 2) if a.overlaps(b)
        }
    hide(texts, picture, alpha=None)
    return found


def hide(texts: set[Text], picture: base.Picture, alpha: float | None = 0) -> None:
    """Draw texts no more, so that their ground is seen; without alpha draw them again."""
    for text in texts:
        text.set_alpha(alpha)
    picture._background = None


def test_no_words_are_printed_over_anything(explorer):
    first = dict(explorer.values)
    some = [changes(control, stop) for control in explorer._parts for stop in stops(control)[1:3]]
    states = [first | change for change in (all_at(explorer, 0), all_at(explorer, -1), *some)]
    assert find_crossed(explorer, states) == set()


class Crossed(base.Picture):
    """Words over a line, words over words, and words that nothing meets."""

    def __init__(self, figure):
        super().__init__(figure)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color="black")
        for x, y, words in (
            (0.4, 0.5, "over the line"),
            (0.7, 0.2, "words"),
            (0.72, 0.2, "words"),
            (0, 0.9, "free"),
        ):
            axes.text(x, y, words)

    def update(self, values):
        """Move nothing."""
        return base.Told("", "")


def test_words_that_are_printed_over_something_are_named():
    explorer = base.Explorer("Crossed", [], Crossed(base.new_figure()), caption="")
    assert find_crossed(explorer, [{}]) == {"over the line", "words | words"}


def test_nothing_touches_pyplot(explorer):
    backend, figures = matplotlib.get_backend(), plt.get_fignums()
    explorer.values = all_at(explorer, -1)
    assert plt.get_fignums() == figures
    assert matplotlib.get_backend() == backend


def test_the_page_gets_a_still_picture_and_a_widget(explorer, monkeypatch):
    shown = []
    monkeypatch.setattr(base, "display", lambda bundle, raw: shown.append(bundle))
    explorer._ipython_display_()
    still, view = shown
    assert set(still) == {"text/html", "image/png", "text/plain"}
    assert still["text/plain"] == explorer.frame["still"]
    assert "run this cell to play" in still["text/html"]
    assert 'alt="' in still["text/html"]
    assert list(view) == [base.WIDGET_VIEW]
    assert view[base.WIDGET_VIEW]["model_id"] == explorer.model_id
    assert Image.open(io.BytesIO(explorer.frame["png"])).size == (740, 400)


def test_the_first_picture_and_words_are_the_same_every_time(make):
    assert make().frame == make().frame


# The package


def test_an_unknown_explorer_is_named():
    with pytest.raises(AttributeError, match="has no explorer 'sotfmax_explorer'; it has softmax_explorer"):
        _ = explorers.sotfmax_explorer


def test_importing_one_explorer_imports_neither_torch_nor_the_others():
    code = (
        "import sys; from course_utils.explorers import softmax_explorer; softmax_explorer(); "
        "print('torch' in sys.modules, 'course_utils.explorers.descent' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert found.split() == ["False", "False"]


@pytest.mark.parametrize("name", ["explorer.js", "explorer.css"])
def test_the_page_files_ship_and_ask_for_nothing_outside(name):
    text = (files("course_utils.explorers") / name).read_text(encoding="utf-8")
    assert len(text) > 1000
    assert "//" not in text.replace("// ", "")
    assert "http" not in text
