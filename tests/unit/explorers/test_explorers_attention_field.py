"""The attention field explorer's arithmetic against whole runs of the model, and what its readout says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.brain.normalization import attention_field, normalization_model, stimulus
from course_utils.explorers import attention_field as explorer

MIDDLE, PREFERRED = 60, 18  # indices of position 0 and direction 0
sizes, gains = st.floats(1, 30), st.floats(1.05, 4)


@settings(max_examples=40)
@given(sizes, sizes, gains, st.sampled_from(explorer.SHOWN_CONTRASTS))
def test_curves_are_those_of_the_model(size, width, peak, contrast):
    gain = explorer.attention_gain(size, width, peak)
    fields = {"away": None, "attended": attention_field(position=0, position_width=width, peak=peak)}
    for name, field in fields.items():
        expected = normalization_model(stimulus(contrast, width=size), field).response[MIDDLE, PREFERRED]
        assert explorer.respond(getattr(gain, name), contrast) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=40)
@given(sizes, sizes, gains)
def test_sizes_only_split_the_gain(size, width, peak):
    """A faint stimulus always gains the whole factor, so the two ratios divide to it."""
    gain = explorer.attention_gain(size, width, peak)
    assert gain.r_max_ratio / gain.c50_ratio == pytest.approx(peak, rel=1e-9)
    assert 1 - 1e-9 <= gain.r_max_ratio <= peak
    faint = explorer.respond(gain.attended, 1e-12) / explorer.respond(gain.away, 1e-12)
    assert faint == pytest.approx(peak, rel=1e-6)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ((3, 30, 2), "nearer contrast gain"),
        ((30, 1, 2), "nearer response gain"),
        ((5, 3, 2), "half and half"),
        ((5, 3, 1), "no attention"),
    ],
)
def test_gain_is_named(values, name):
    assert explorer.name_gain(explorer.attention_gain(*values)) == name


def test_a_wider_field_turns_response_gain_into_contrast_gain():
    ratios = [explorer.attention_gain(10, width, 2) for width in explorer.FIELD_WIDTHS]
    assert np.all(np.diff([gain.r_max_ratio for gain in ratios]) < 0)
    assert np.all(np.diff([gain.c50_ratio for gain in ratios]) < 0)


def test_readout_tells_the_published_case():
    words = explorer.attention_field_explorer().frame["words"]
    assert "× 1.009" in words
    assert "× 0.504" in words
    assert "Nearer contrast gain" in words


def test_every_curve_fits_the_picture():
    highest = max(
        explorer.attention_gain(size, width, explorer.GAINS[-1]).r_max_ratio
        for size in explorer.STIMULUS_WIDTHS
        for width in explorer.FIELD_WIDTHS
    )
    _, right = explorer.attention_field_explorer()._picture.figure.axes
    assert highest < right.get_ylim()[1]
