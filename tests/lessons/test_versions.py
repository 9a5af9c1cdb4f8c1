"""What lessons build in their cells agrees with `course_utils`, and the classifier takes photos."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils.attention import attention
from course_utils.networks import AttentionPooling
from tools.checks import Lesson

STAR = "# ★"  # the comment above the one line to change


@pytest.mark.parametrize(("n_queries", "n_keys", "d_k", "d_v"), [(3, 3, 1, 1), (1, 4, 2, 3), (5, 2, 8, 4)])
def test_attention_by_hand_in_softmax_attention(n_queries: int, n_keys: int, d_k: int, d_v: int):
    """The four cells of steps give, for any queries, keys and values, what the helper gives."""
    rng = np.random.default_rng(0)
    queries, keys, values = (rng.normal(size=s) for s in [(n_queries, d_k), (n_keys, d_k), (n_keys, d_v)])
    lesson = Lesson.named("softmax-attention")
    names = {"np": np, "queries": queries, "keys": keys, "values": values}
    for step in ("scores", "exponentials", "weights", "output"):
        exec(lesson.source(step), names)
    expected = attention(queries, keys, values)
    np.testing.assert_allclose(names["weights"], expected.weights, rtol=1e-12)
    np.testing.assert_allclose(names["output"], expected.output, rtol=1e-12)


@pytest.mark.parametrize("shape", [(2, 8, 5, 6), (1, 3, 1, 1), (4, 1, 7, 2)])
def test_attention_pooling_in_attention_classifier(shape: tuple[int, ...]):
    """The class of the lesson, given the same parameters, has the same outputs and gradients."""
    names = {"torch": torch, "nn": torch.nn}
    exec(Lesson.named("attention-classifier").source("pooling-class"), names)
    ours, course = names["AttentionPooling"](shape[1]), AttentionPooling(shape[1])
    course.load_state_dict(ours.state_dict())
    features = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    for model in (ours, course):
        pooled, _ = model(features)
        (pooled**2).sum().backward()
    torch.testing.assert_close(ours(features), course(features))
    for one, other in zip(ours.parameters(), course.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad)


def test_attention_classifier_takes_photos_by_changing_one_line(tmp_path, monkeypatch, capsys):
    """With the line below the star changed, all cells run on a folder of colour photos without boxes."""
    rng = np.random.default_rng(0)
    for split, n_photos in {"train": 6, "test": 3}.items():
        for name in ("cat", "dog", "fox"):
            folder = tmp_path / "my-photos" / split / name
            folder.mkdir(parents=True)
            for i in range(n_photos):
                photo = rng.integers(0, 256, size=(90, 120, 3), dtype=np.uint8)
                Image.fromarray(photo).save(folder / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    lesson = Lesson.named("attention-classifier")
    shown = lesson.source("data-scenes")
    changed, count = re.subn(rf"(?m)^({STAR}.*\n[^=\n]*= ).*", r'\1data.image_folder("my-photos")[:4]', shown)
    assert count == 1, (
        f"Cell `data-scenes` of {lesson.path.name} needs one line `{STAR}` above what to change."
    )
    names: dict = {}
    for cell in lesson.cells("code"):
        exec(changed if cell.source == shown else cell.source, names)
    out = capsys.readouterr().out
    report = json.loads(out.splitlines()[-1])
    assert names["train"].images.shape[1:] == (3, 64, 64)
    assert names["class_names"] == ("cat", "dog", "fox")
    assert report["attention_in_box"] is None
    assert 0 <= report["accuracy"] <= 1
    assert "no boxes" in out
