"""brain.normalization: softmax in disguise, and the effects known of Reynolds & Heeger's model."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.attention import attention, scaled_dot_scores, softmax
from course_utils.brain.normalization import (
    DIRECTIONS,
    POSITIONS,
    attention_field,
    contrast_response,
    divisive_normalization,
    normalization_model,
    stimulus,
)

MIDDLE, PREFERRED, OPPOSITE = 60, 18, 0  # indices of position 0, direction 0 and direction -180
TOKENS = np.array([[1.0], [2.0], [3.0]]), np.array([[4.0], [5.0], [6.0]]), np.array([[7.0], [8.0], [9.0]])
score_arrays = arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 6)), elements=st.floats(-8, 8))
exponents = st.sampled_from([1, 1.5, 2, 3])


def response(scene, field=None, **options):
    return normalization_model(scene, field, **options).response[MIDDLE, PREFERRED]


# The identity with softmax


@given(score_arrays, exponents, st.integers(0, 1000))
def test_divisive_normalization_is_softmax_with_the_gain_as_a_bias(scores, exponent, seed):
    bias = np.random.default_rng(seed).normal(size=scores.shape)
    result = divisive_normalization(np.exp(scores / exponent), gains=np.exp(bias), exponent=exponent)
    np.testing.assert_allclose(result, scipy.special.softmax(scores + bias, axis=-1), rtol=0, atol=1e-12)
    np.testing.assert_allclose(result, softmax(scores + bias), rtol=0, atol=1e-12)


@pytest.mark.parametrize("exponent", [1, 2, 3])
def test_normalization_gives_the_courses_three_tokens_their_attention(exponent):
    queries, keys, values = TOKENS
    drives = np.exp(scaled_dot_scores(queries, keys) / exponent)
    weights = divisive_normalization(drives, exponent=exponent)
    expected = attention(queries, keys, values)
    np.testing.assert_allclose(weights, expected.weights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights @ values, expected.output, rtol=0, atol=1e-12)


@given(score_arrays, st.floats(0.1, 3))
def test_the_exponent_is_an_inverse_temperature(scores, exponent):
    result = divisive_normalization(np.exp(scores), exponent=exponent)
    np.testing.assert_allclose(result, softmax(scores, temperature=1 / exponent), rtol=0, atol=1e-12)


@given(score_arrays, exponents, st.floats(0.05, 5))
def test_sigma_is_a_key_without_value(scores, exponent, sigma):
    """Its logit is n log σ; the weights of the others then sum to less than 1."""
    result = divisive_normalization(np.exp(scores / exponent), exponent=exponent, semi_saturation=sigma)
    null = np.full((len(scores), 1), exponent * np.log(sigma))
    with_null = softmax(np.concatenate([scores, null], axis=1))
    np.testing.assert_allclose(result, with_null[:, :-1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.sum(axis=1), 1 - with_null[:, -1], rtol=0, atol=1e-12)


def test_doubling_one_of_four_equal_drives():
    np.testing.assert_allclose(divisive_normalization([3] * 4, gains=[2, 1, 1, 1]), [0.4, 0.2, 0.2, 0.2])


def test_the_analogy_stops_at_zero_drive():
    """A neuron without drive stays silent whatever its gain; softmax gives every key some weight."""
    assert divisive_normalization([0, 1], gains=[100, 1]).tolist() == [0, 1]


# The model of Reynolds & Heeger


def test_wide_field_gives_contrast_gain():
    away, attended = contrast_response(3), contrast_response(3, field_width=30)
    assert attended.r_max / away.r_max == pytest.approx(1.009, abs=0.001)
    assert attended.c50 / away.c50 == pytest.approx(0.504, abs=0.001)
    assert modulation(3, 30) == pytest.approx([0.992, 0.555, 0.021], abs=0.002)


def test_narrow_field_gives_response_gain():
    away, attended = contrast_response(5), contrast_response(5, field_width=3)
    assert attended.r_max / away.r_max == pytest.approx(1.418, abs=0.001)
    assert attended.c50 / away.c50 == pytest.approx(0.709, abs=0.001)
    assert modulation(5, 3) == pytest.approx([0.995, 0.717, 0.424], abs=0.002)


def modulation(stimulus_width, field_width):
    """Give how much attention adds, from whole runs of the model at three contrasts."""
    field = attention_field(position=0, position_width=field_width)
    scenes = [stimulus(contrast, width=stimulus_width) for contrast in (1e-4, 0.01, 1)]
    return [response(scene, field) / response(scene) - 1 for scene in scenes]


@given(st.floats(1e-5, 1), st.floats(1, 10), st.floats(2, 40))
def test_contrast_response_is_the_models_curve(contrast, stimulus_width, field_width):
    curve = contrast_response(stimulus_width, field_width)
    field = attention_field(position=0, position_width=field_width)
    expected = response(stimulus(contrast, width=stimulus_width), field)
    assert curve.r_max * contrast / (contrast + curve.c50) == pytest.approx(expected, rel=1e-9)


def test_limits_of_the_field_follow_from_the_formula():
    """A gain everywhere cancels at strong contrast and halves c50; it doubles the response to a weak one."""
    scene, everywhere = stimulus(1), 2 * np.ones((POSITIONS.size, DIRECTIONS.size))
    assert response(scene, everywhere, sigma=1e-12) / response(scene, sigma=1e-12) == pytest.approx(1)
    weak = stimulus(1e-9)
    assert response(weak, everywhere) / response(weak) == pytest.approx(2, rel=1e-4)
    away, attended = contrast_response(3), contrast_response(3, field_width=1e4)
    assert attended.c50 / away.c50 == pytest.approx(0.5, abs=1e-4)


def test_the_wider_the_field_the_less_the_response_gain():
    gains = [contrast_response(5, width).r_max / contrast_response(5).r_max for width in (3, 5, 10, 20, 40)]
    assert gains == sorted(gains, reverse=True)


def test_biased_competition():
    one, other = stimulus(1, direction=0), stimulus(1, direction=180)
    alone, opposite, pair = response(one), response(other), response(one + other)
    to_one = response(one + other, attention_field(direction=0))
    to_other = response(one + other, attention_field(direction=180))
    found = [alone, opposite, pair, to_one, to_other]
    np.testing.assert_allclose(found, [6.90, 0.08, 3.62, 5.07, 2.61], rtol=0.02)
    assert opposite < to_other < pair < to_one < alone


def test_spatial_attention_multiplies_the_whole_tuning_curve():
    scene = stimulus(1)
    attended = normalization_model(scene, attention_field(position=0)).response[MIDDLE]
    ratio = attended / normalization_model(scene).response[MIDDLE]
    np.testing.assert_allclose(ratio, 1.257, atol=0.001)


def test_feature_similarity_gain():
    """Attention helps a neuron that prefers the attended direction and hurts its opposite."""
    scene = stimulus(1)
    ratios = [response(scene, attention_field(direction=angle)) / response(scene) for angle in (0, -180)]
    assert ratios == pytest.approx([1.174, 0.888], abs=0.001)


def test_nothing_changes_when_the_scene_turns():
    """Directions go round, so that every direction is treated alike."""
    first = normalization_model(stimulus(0.3, direction=0), attention_field(direction=30)).response
    turned = normalization_model(stimulus(0.3, direction=150), attention_field(direction=180)).response
    np.testing.assert_allclose(np.roll(first, 15, axis=1), turned, rtol=1e-9)


def test_a_peak_of_one_is_no_attention():
    field = attention_field(position=10, direction=90, peak=1)
    np.testing.assert_array_equal(field, 1)


# Wrong input


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: divisive_normalization([1, -1]), r"drives of shape \(2,\) contains -1"),
        (lambda: divisive_normalization([]), r"drives has shape \(0,\)"),
        (lambda: divisive_normalization([1, 2], gains=[1, 2, 3]), r"gains has shape \(3,\)"),
        (lambda: divisive_normalization([1, 2], gains=np.ones((2, 2))), r"gains has shape \(2, 2\)"),
        (lambda: divisive_normalization([0, 0]), "sum to 0"),
        (lambda: divisive_normalization([1e200, 1], exponent=2), "largest number"),
        (lambda: divisive_normalization([1, 2], exponent=0), "exponent is 0"),
        (lambda: divisive_normalization([1, 2], semi_saturation=-1), "semi_saturation is -1"),
        (lambda: stimulus(2), "contrast is 2"),
        (lambda: stimulus(1, position=100), "position is 100"),
        (lambda: stimulus(1, width=0), "width is 0"),
        (lambda: attention_field(direction=500), "direction is 500"),
        (lambda: attention_field(position=0, position_width=-1), "position_width is -1"),
        (lambda: attention_field(peak=-1), "peak is -1"),
        (lambda: normalization_model(np.ones((3, 3))), r"scene has shape \(3, 3\)"),
        (lambda: normalization_model(stimulus(1), np.ones(3)), r"field has shape \(3,\)"),
        (lambda: normalization_model(-stimulus(1)), "scene of shape"),
        (lambda: normalization_model(stimulus(1), sigma=0), "sigma is 0"),
        (lambda: contrast_response(5, field_width=0), "position_width is 0"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
