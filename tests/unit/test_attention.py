"""course_utils.attention agrees with PyTorch, SciPy and the ledger, and keeps the laws of attention."""

import numpy as np
import pytest
import scipy.special
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_utils.attention import (
    additive_scores,
    attention,
    causal_mask,
    dot_scores,
    general_scores,
    scaled_dot_scores,
    softmax,
    softmax_jacobian,
)

TOKENS = (np.array([[1], [2], [3]]), np.array([[4], [5], [6]]), np.array([[7], [8], [9]]))
ordinary = st.floats(-50, 50)
score_arrays = arrays(np.float64, array_shapes(min_dims=1, max_dims=3, max_side=5), elements=ordinary)
seeds = st.integers(0, 2**32 - 1)


def random_triple(seed, *, leading=(), n_queries=4, n_keys=5, d_k=3, d_v=2, dtype=np.float64):
    rng = np.random.default_rng(seed)
    shapes = [(n_queries, d_k), (n_keys, d_k), (n_keys, d_v)]
    return tuple(rng.normal(size=(*leading, *shape)).astype(dtype) for shape in shapes)


def torch_attention(queries, keys, values, **options):
    tensors = [torch.from_numpy(array) for array in (queries, keys, values)]
    return torch.nn.functional.scaled_dot_product_attention(*tensors, **options).numpy()


# Softmax


@given(score_arrays, st.integers(-3, 2))
def test_softmax_agrees_with_scipy_and_torch_along_any_axis(scores, axis):
    axis = axis % scores.ndim
    result = softmax(scores, axis=axis)
    np.testing.assert_allclose(result, scipy.special.softmax(scores, axis=axis), rtol=1e-12)
    np.testing.assert_allclose(result, torch.softmax(torch.from_numpy(scores), dim=axis), rtol=1e-12)


@given(score_arrays, st.floats(-1000, 1000))
def test_softmax_ignores_a_shift_and_its_rows_sum_to_one(scores, shift):
    weights = softmax(scores)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-12)
    assert np.all(weights > 0)
    np.testing.assert_allclose(softmax(scores + shift), weights, rtol=1e-9)


@given(score_arrays, st.floats(0.05, 50))
def test_temperature_divides_the_scores(scores, temperature):
    expected = scipy.special.softmax(scores / temperature, axis=-1)
    np.testing.assert_allclose(softmax(scores, temperature=temperature), expected, rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1e-300, 5e-324])
def test_a_tiny_temperature_gives_the_winner_everything(dtype, temperature):
    scores = np.array([[1.0, 3.0, 2.0], [5.0, 5.0, -np.inf]], dtype=dtype)
    np.testing.assert_array_equal(softmax(scores, temperature=temperature), [[0, 1, 0], [0.5, 0.5, 0]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_huge_temperature_gives_equal_weights(dtype):
    weights = softmax(np.array([-1000.0, 0.0, 1000.0, 7.0], dtype=dtype), temperature=1e300)
    np.testing.assert_array_equal(weights, [0.25] * 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_survives_large_scores_and_keeps_the_type(dtype):
    scores = np.array([[1000.0, 1000.0, -1000.0], [-1000.0, -1000.0, -1001.0]], dtype=dtype)
    weights = softmax(scores)
    assert weights.dtype == dtype
    np.testing.assert_allclose(weights, torch.softmax(torch.from_numpy(scores), -1), rtol=1e-6)
    assert not np.isnan(softmax([-1e308, 1e308])).any()


def test_pytorch_gives_a_query_with_nothing_to_attend_to_zero_or_nan_by_the_function():
    """What softmax-attention says: 0 by scaled_dot_product_attention, NaN by a layer that gives weights."""
    tokens, hidden = torch.randn(3, 4, dtype=torch.float64), torch.ones(3, 3, dtype=torch.bool)
    assert not torch.nn.functional.scaled_dot_product_attention(*[tokens] * 3, attn_mask=~hidden).any()
    layer = torch.nn.MultiheadAttention(4, 1, dtype=torch.float64)
    assert layer(*[tokens] * 3, attn_mask=hidden)[0].isnan().all()
    assert not layer(*[tokens] * 3, attn_mask=hidden, need_weights=False)[0].any()


def test_a_row_of_minus_infinity_gives_zeros_where_torch_gives_nan():
    scores = np.array([[-np.inf, -np.inf], [0.0, -np.inf]])
    np.testing.assert_array_equal(softmax(scores), [[0, 0], [1, 0]])
    assert torch.softmax(torch.from_numpy(scores), -1)[0].isnan().all()


def test_softmax_accepts_lists_whole_numbers_and_one_class():
    assert softmax([1, 2]).dtype == np.float64
    np.testing.assert_array_equal(softmax([[3], [-1000]]), [[1], [1]])
    assert softmax(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scores": [1.0, np.nan]}, r"scores of shape \(2,\) contains nan"),
        ({"scores": [1.0, np.inf]}, r"scores of shape \(2,\) contains inf"),
        ({"scores": np.zeros((2, 0))}, r"scores has shape \(2, 0\).*empty"),
        ({"scores": 3.0}, r"scores has shape \(\)"),
        ({"scores": ["a"]}, "scores .*real numbers"),
        ({"scores": [[1], [1, 2]]}, r"scores is no array \(.*\); expected real numbers"),
        ({"scores": [1 + 2j]}, "scores .*complex.*real numbers"),
        ({"scores": [1.0], "axis": 1}, r"axis is 1; expected a whole number from -1 to 0.*\(1,\)"),
        ({"scores": [1.0], "axis": (0,)}, "axis is .*expected a whole number"),
        ({"scores": [1.0], "temperature": 0}, "temperature is 0; expected"),
        ({"scores": [1.0], "temperature": -1.0}, "temperature is -1.0"),
        ({"scores": [1.0], "temperature": np.inf}, "temperature is inf"),
        ({"scores": [1.0], "temperature": np.nan}, "temperature is nan"),
        ({"scores": [1.0], "temperature": [1.0]}, r"temperature has shape \(1,\)"),
        ({"scores": [1.0], "temperature": "hot"}, "temperature .*real number"),
    ],
)
def test_softmax_refuses_what_makes_no_sense(arguments, message):
    with pytest.raises(ValueError, match=message):
        softmax(**arguments)


@given(arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(1, 5)), elements=st.floats(-5, 5)))
def test_jacobian_agrees_with_finite_differences(scores):
    step = 1e-6
    jacobian = softmax_jacobian(softmax(scores))
    for j, unit in enumerate(np.eye(scores.shape[-1])):
        difference = softmax(scores + step * unit) - softmax(scores - step * unit)
        np.testing.assert_allclose(jacobian[..., j], difference / (2 * step), atol=1e-8)


def test_jacobian_agrees_with_autograd_and_refuses_other_weights():
    scores = np.array([4.0, 10.0, 18.0])
    expected = torch.autograd.functional.jacobian(lambda s: torch.softmax(s, -1), torch.from_numpy(scores))
    np.testing.assert_allclose(softmax_jacobian(softmax(scores)), expected, rtol=1e-10, atol=1e-18)
    assert softmax_jacobian(np.array([0.25, 0.75], dtype=np.float32)).dtype == np.float32
    with pytest.raises(ValueError, match=r"weights of shape \(3,\) has a row that sums to 8.019"):
        softmax_jacobian([1.598, 4.36, 2.061])


# Scores


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
def test_scores_agree_with_loops_over_queries_and_keys(leading):
    queries, keys, _ = random_triple(1, leading=leading, d_k=3)
    rng = np.random.default_rng(2)
    weight, query_weight, key_weight = (rng.normal(size=shape) for shape in [(3, 3), (3, 6), (3, 6)])
    vector = rng.normal(size=6)
    computed = [
        dot_scores(queries, keys),
        scaled_dot_scores(queries, keys),
        general_scores(queries, keys, weight),
        additive_scores(queries, keys, query_weight, key_weight, vector),
    ]
    for index in np.ndindex(*leading, 4, 5):
        query, key = queries[index[:-1]], keys[(*index[:-2], index[-1])]
        expected = [
            np.dot(query, key),
            np.dot(query, key) / 3**0.5,
            np.dot(query, np.dot(weight, key)),
            np.dot(vector, np.tanh(np.dot(query_weight.T, query) + np.dot(key_weight.T, key))),
        ]
        np.testing.assert_allclose([scores[index] for scores in computed], expected, rtol=1e-10, atol=1e-12)


def test_general_scores_agree_with_torch_bilinear_and_need_not_share_a_size():
    rng = np.random.default_rng(3)
    queries, keys, weight = rng.normal(size=(4, 2)), rng.normal(size=(4, 3)), rng.normal(size=(2, 3))
    expected = torch.nn.functional.bilinear(*(torch.from_numpy(a) for a in (queries, keys, weight[None])))
    np.testing.assert_allclose(np.diag(general_scores(queries, keys, weight)), expected[:, 0], rtol=1e-12)
    np.testing.assert_allclose(general_scores(keys, keys, np.eye(3)), dot_scores(keys, keys), rtol=1e-12)


def test_scores_broadcast_over_leading_axes():
    queries, keys, _ = random_triple(4)
    stacked = np.stack([keys, 2 * keys])
    np.testing.assert_allclose(dot_scores(queries, stacked)[1], 2 * dot_scores(queries, keys), rtol=1e-12)
    ones = np.ones((3, 1))
    assert additive_scores(queries, stacked, ones, ones, [1.0]).shape == (2, 4, 5)


def test_scaling_keeps_the_variance_near_one():
    rng = np.random.default_rng(0)
    queries, keys = rng.normal(size=(2, 4000, 1, 256))
    assert 240 < dot_scores(queries, keys).var() < 272
    assert 0.94 < scaled_dot_scores(queries, keys).var() < 1.06


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_and_attention_keep_the_type(dtype):
    queries, keys, values = random_triple(5, dtype=dtype)
    weight, vector = np.ones((3, 3), dtype), np.ones(3, dtype)
    mask = np.where(causal_mask(4, 5), 0.0, -np.inf)  # float64
    results = [
        dot_scores(queries, keys),
        scaled_dot_scores(queries, keys),
        general_scores(queries, keys, weight),
        additive_scores(queries, keys, weight, weight, vector),
        *attention(queries, keys, values, mask=mask, scale=np.float64(0.5)),
        *attention(queries, keys, values, causal=True),
    ]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


# Known answers


def test_article_read_as_three_scalar_tokens():
    result = attention(*TOKENS)
    expected = [
        [0.0900306, 0.244728, 0.665241],
        [0.0158762, 0.117310, 0.866813],
        [0.00235563, 0.0473142, 0.950330],
    ]
    np.testing.assert_allclose(result.weights, expected, rtol=5e-6)
    np.testing.assert_allclose(result.output.ravel(), [8.57521, 8.85094, 8.94797], rtol=1e-6)
    np.testing.assert_allclose(result.output, torch_attention(*(token.astype(float) for token in TOKENS)))
    wrongly_scaled = attention(*TOKENS, scale=3**-0.5)
    np.testing.assert_allclose(wrongly_scaled.output.ravel(), [8.36495, 8.63676, 8.80176], rtol=1e-6)


def test_article_read_as_one_query_and_one_key():
    queries, keys, values = (token.T for token in TOKENS)
    assert dot_scores(queries, keys).item() == 32
    assert scaled_dot_scores(queries, keys).item() == pytest.approx(18.4752, rel=1e-5)
    result = attention(queries, keys, values)
    np.testing.assert_array_equal(result.weights, [[1]])
    np.testing.assert_array_equal(result.output, [[7, 8, 9]])


def test_article_read_as_given_scores():
    scaled, unscaled = softmax(np.array([4, 10, 18]) / 3**0.5), softmax([4, 10, 18])
    np.testing.assert_allclose(scaled, [3.05663e-4, 9.76526e-3, 0.989929], rtol=2e-6)
    np.testing.assert_allclose(unscaled, [8.31249e-7, 3.35350e-4, 0.999664], rtol=2e-6)
    np.testing.assert_allclose([scaled @ [7, 8, 9], unscaled @ [7, 8, 9]], [8.98962, 8.99966], rtol=1e-6)
    norms = [np.linalg.norm(softmax_jacobian(weights)) for weights in (scaled, unscaled)]
    np.testing.assert_allclose(norms, [0.0194955, 6.70892e-4], rtol=1e-5)


def test_article_with_genuine_additive_and_general_scores():
    queries, keys, values = TOKENS
    additive = softmax(additive_scores(queries, keys, [[0.1]], [[0.1]], [1]))
    general = softmax(general_scores(queries, keys, [[0.1]]))
    np.testing.assert_allclose(additive[0], [0.309533, 0.333618, 0.356850], rtol=3e-6)
    np.testing.assert_allclose((additive @ values).ravel(), [8.04732, 8.04225, 8.03724], rtol=1e-6)
    np.testing.assert_allclose(general[2], [0.239694, 0.323554, 0.436752], rtol=3e-6)
    np.testing.assert_allclose((general @ values).ravel(), [8.06656, 8.13245, 8.19706], rtol=1e-6)


# Attention


@pytest.mark.parametrize("leading", [(), (2,), (2, 3)])
@pytest.mark.parametrize(("n_queries", "n_keys"), [(4, 4), (2, 5), (5, 2), (1, 1)])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_attention_agrees_with_torch(leading, n_queries, n_keys, dtype, rtol):
    triple = random_triple(6, leading=leading, n_queries=n_queries, n_keys=n_keys, dtype=dtype)
    rng = np.random.default_rng(7)
    allowed = rng.random((n_queries, n_keys)) < 0.7
    allowed[:, 0] = True
    bias = np.where(allowed, rng.normal(size=allowed.shape), -np.inf).astype(dtype)
    for ours, theirs in [
        ({}, {}),
        ({"scale": 0.3}, {"scale": 0.3}),
        ({"causal": True}, {"is_causal": True}),
        ({"mask": allowed}, {"attn_mask": torch.from_numpy(allowed)}),
        ({"mask": bias}, {"attn_mask": torch.from_numpy(bias)}),
    ]:
        result = attention(*triple, **ours)
        np.testing.assert_allclose(result.output, torch_attention(*triple, **theirs), rtol=rtol, atol=rtol)
        np.testing.assert_allclose(result.weights.sum(axis=-1), 1, rtol=1e-6)


def test_mask_and_causal_combine():
    triple = random_triple(8, n_queries=4, n_keys=4)
    mask = np.ones((4, 4), dtype=bool)
    mask[3, 1] = False
    combined = torch.from_numpy(mask & np.tril(np.ones((4, 4), dtype=bool)))
    expected = torch_attention(*triple, attn_mask=combined)
    np.testing.assert_allclose(attention(*triple, mask=mask, causal=True).output, expected, rtol=1e-12)


@given(seeds, st.permutations(range(5)))
def test_permuting_keys_with_their_values_changes_nothing(seed, order):
    queries, keys, values = random_triple(seed)
    before = attention(queries, keys, values)
    after = attention(queries, keys[order], values[order])
    np.testing.assert_allclose(after.output, before.output, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(after.weights, before.weights[:, order], rtol=1e-9)


@given(seeds, st.integers(1, 4), st.floats(-1e6, 1e6))
def test_masked_keys_do_not_matter(seed, n_seen, anything):
    queries, keys, values = random_triple(seed)
    seen = np.arange(5) < n_seen
    changed_keys, changed_values = keys.copy(), values.copy()
    changed_keys[~seen] = changed_values[~seen] = anything
    short = attention(queries, keys[seen], values[seen]).output
    for mask in (seen, np.where(seen, 0.0, -np.inf)):
        result = attention(queries, changed_keys, changed_values, mask=mask)
        np.testing.assert_allclose(result.output, short, rtol=1e-9, atol=1e-12)
        assert np.all(result.weights[:, ~seen] == 0)


@given(seeds, st.integers(0, 3))
def test_causal_attention_does_not_see_the_future(seed, present):
    queries, keys, values = random_triple(seed)
    before = attention(queries, keys, values, causal=True).output
    keys[present + 1 :] += 3.0
    values[present + 1 :] -= 7.0
    after = attention(queries, keys, values, causal=True).output
    np.testing.assert_array_equal(after[: present + 1], before[: present + 1])
    assert not np.allclose(attention(queries, keys, values).output[: present + 1], before[: present + 1])


@given(seeds)
def test_output_lies_between_the_smallest_and_the_largest_value(seed):
    queries, keys, values = random_triple(seed)
    output = attention(queries, keys, values).output
    assert np.all(output >= values.min(axis=0) - 1e-12)
    assert np.all(output <= values.max(axis=0) + 1e-12)


def test_a_query_that_may_attend_to_nothing_gets_zeros():
    triple = random_triple(9)
    mask = np.ones((4, 5), dtype=bool)
    mask[2] = False
    for form in (mask, np.where(mask, 0.0, -np.inf)):
        result = attention(*triple, mask=form)
        np.testing.assert_array_equal(result.output[2], [0, 0])
        np.testing.assert_array_equal(result.weights[2], np.zeros(5))
        np.testing.assert_allclose(np.delete(result.output, 2, 0), np.delete(attention(*triple).output, 2, 0))


def test_leading_axes_of_all_arguments_broadcast():
    queries, keys, values = random_triple(10)
    masks = np.stack([np.ones((4, 5), dtype=bool), causal_mask(4, 5)])
    result = attention(queries, keys, np.stack([values, values])[:, np.newaxis], mask=masks)
    assert result.output.shape == (2, 2, 4, 2)
    np.testing.assert_allclose(result.output[0, 0], attention(queries, keys, values).output)
    np.testing.assert_allclose(result.output[1, 1], attention(queries, keys, values, causal=True).output)


def test_inputs_stay_as_they_were_and_results_are_new():
    triple = random_triple(11, n_queries=5)
    mask = np.where(causal_mask(5, 5), 0.0, -np.inf)
    copies = [array.copy() for array in (*triple, mask)]
    result = attention(*triple, mask=mask, causal=True)
    scores = np.array([[1.0]])
    assert not np.shares_memory(softmax(scores), scores)
    for array, copy in zip((*triple, mask), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
        assert not any(np.shares_memory(array, part) for part in result)


def test_causal_mask_is_lower_triangular_from_the_first_key():
    for n_queries, n_keys in [(3, 3), (2, 4), (4, 2), (1, 1)]:
        expected = torch.ones(n_queries, n_keys, dtype=torch.bool).tril()
        np.testing.assert_array_equal(causal_mask(n_queries, n_keys), expected)
    with pytest.raises(ValueError, match="n_keys is 0; expected a whole number of at least 1"):
        causal_mask(3, 0)
    with pytest.raises(ValueError, match=r"n_queries is 2\.5"):
        causal_mask(2.5, 3)


Q, K, V = np.zeros((4, 3)), np.zeros((5, 3)), np.zeros((5, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keys": np.zeros((5, 2))}, r"keys has shape \(5, 2\); expected axis -1 to have size 3, the d_k"),
        (
            {"values": np.zeros((6, 2))},
            r"values has shape \(6, 2\); expected axis -2 to have size 5, the n_keys",
        ),
        ({"queries": np.zeros(3)}, r"queries has shape \(3,\); expected at least two axes"),
        ({"keys": 1.0}, r"keys has shape \(\); expected at least two axes"),
        ({"values": np.zeros(5)}, r"values has shape \(5,\); expected at least two axes"),
        ({"keys": np.zeros((0, 3))}, r"keys has shape \(0, 3\); expected"),
        ({"queries": Q + np.nan}, r"queries of shape \(4, 3\) contains nan"),
        ({"values": V + np.inf}, r"values of shape \(5, 2\) contains inf"),
        (
            {"queries": np.zeros((2, 4, 3)), "keys": np.zeros((3, 5, 3))},
            r"queries has shape \(2, 4, 3\) and keys",
        ),
        ({"queries": np.zeros((2, 4, 3)), "values": np.zeros((3, 5, 2))}, r"values has shape \(3, 5, 2\)"),
        ({"mask": np.ones((4, 4), dtype=bool)}, r"mask has shape \(4, 4\); expected a shape that broadcasts"),
        ({"queries": Q[:1], "mask": np.ones((4, 5), dtype=bool)}, r"mask has shape \(4, 5\)"),
        ({"mask": np.ones((4, 5), dtype=int)}, r"mask has shape \(4, 5\) and type int64; expected booleans"),
        ({"mask": np.full((4, 5), np.nan)}, r"mask of shape \(4, 5\) contains nan"),
        ({"mask": np.full((4, 5), np.inf)}, r"mask of shape \(4, 5\) contains inf"),
        ({"scale": 0}, "scale is 0; expected a finite number above 0"),
        ({"scale": np.nan}, "scale is nan"),
    ],
)
def test_attention_refuses_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        attention(**{"queries": Q, "keys": K, "values": V, **arguments})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: general_scores(Q, K, np.eye(2)),
            r"weight has shape \(2, 2\); expected \(d_q, d_k\).*\(3, 3\)",
        ),
        (lambda: general_scores(Q, K, np.full((3, 3), np.nan)), "weight of shape .* contains nan"),
        (lambda: additive_scores(Q, K, np.eye(2), np.eye(3), np.ones(3)), r"query_weight has shape \(2, 2\)"),
        (lambda: additive_scores(Q, K, np.eye(3), np.eye(2), np.ones(3)), r"key_weight has shape \(2, 2\)"),
        (lambda: additive_scores(Q, K, np.eye(3), np.eye(3), np.ones((3, 1))), r"vector has shape \(3, 1\)"),
        (lambda: additive_scores(Q, K, np.eye(3), np.eye(3), []), r"vector has shape \(0,\)"),
    ],
)
def test_scores_refuse_parameters_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()
