"""The explorer of recurrent-attention: what it follows, what it says, what it refuses."""

import pytest
import torch

from course_utils.data.dates import STYLES
from course_utils.explorers.alignment import LONGEST, alignment_explorer, follow
from course_utils.networks.seq2seq import DateReader

READER = DateReader("additive")


def test_padding_takes_weight_only_without_a_mask():
    readings = {p: follow(READER, "3 May 2021", 1, False, 3, p) for p in ("none", "masked", "open")}
    assert readings["none"].on_padding == readings["masked"].on_padding == 0
    torch.testing.assert_close(readings["none"].weights, readings["masked"].weights)
    opened = readings["open"]
    assert opened.on_padding > 0.1
    assert opened.weights.sum(dim=1).mean().item() + opened.on_padding == pytest.approx(1, abs=1e-5)
    assert READER.masked


@pytest.mark.parametrize("style", STYLES)
def test_every_text_fits_the_picture(style):
    for sample in range(1, 21):
        reading = follow(READER, style, 3, True, sample, "none")
        assert reading.weights.shape == (10, len(reading.date.texts[0]))
        assert len(reading.date.texts[0]) <= LONGEST


def test_it_says_what_is_read_and_whether_that_is_right():
    explorer = alignment_explorer(READER)
    assert "(wrong: it is 2017-05-01)" in explorer.frame["words"]
    answer = torch.tensor([[2, 0, 1, 7, 10, 0, 5, 10, 0, 1]])
    right = DateReader("additive")
    right.read = lambda inputs: (answer, READER.read(inputs)[1])
    assert "is read as 2017-05-01 (right)" in alignment_explorer(right).frame["words"]


def test_a_reader_without_attention_is_refused():
    with pytest.raises(ValueError, match="reader has no attention"):
        alignment_explorer(DateReader(None))
