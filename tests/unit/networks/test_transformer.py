"""Tests of the Transformer's pieces: against PyTorch's own, and of what must hold for any of them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from course_utils.attention import attention
from course_utils.networks.transformer import (
    DecoderLayer,
    EncoderLayer,
    MultiHeadAttention,
    join_heads,
    positions,
    split_heads,
)

close = torch.testing.assert_close


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def shaken(module, seed=0):
    """Give a module in float64 whose parameters are all random, biases and norms too."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double().eval()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return module


def padded(lengths, longest):
    """Give the mask of what is no padding, (batch, longest)."""
    return torch.arange(longest) < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_multi_head_attention_agrees_with_pytorch(n_heads, causal):
    theirs = shaken(nn.MultiheadAttention(8, n_heads, batch_first=True))
    ours, tokens = MultiHeadAttention.from_torch(theirs), noise(3, 6, 8)
    later = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None  # True: barred
    expected = theirs(tokens, tokens, tokens, attn_mask=later, average_attn_weights=False)
    close(ours(tokens, causal=causal), expected)


@pytest.mark.parametrize("n_heads", [1, 4])
def test_attention_to_a_padded_memory_agrees_with_pytorch(n_heads):
    theirs = shaken(nn.MultiheadAttention(8, n_heads, batch_first=True))
    ours, tokens, memory = MultiHeadAttention.from_torch(theirs), noise(3, 4, 8), noise(3, 7, 8, seed=1)
    real = padded([7, 3, 1], 7)
    expected = theirs(tokens, memory, memory, key_padding_mask=~real, average_attn_weights=False)
    output, weights = ours(tokens, memory, mask=real[:, None, None])
    close((output, weights), expected)
    assert (weights.movedim(-1, 1)[~real] == 0).all()


def test_each_head_agrees_with_pytorchs_function_and_with_the_course_s():
    ours, tokens = shaken(MultiHeadAttention(8, 2)), noise(3, 5, 8)
    to_heads = (ours.to_queries, ours.to_keys, ours.to_values)
    queries, keys, values = (split_heads(layer(tokens), 2) for layer in to_heads)
    output, weights = ours(tokens)
    by_numpy = attention(*(part.detach().numpy() for part in (queries, keys, values)))
    close(weights, torch.from_numpy(by_numpy.weights))
    close(output, ours.to_output(join_heads(torch.from_numpy(by_numpy.output))))
    close(output, ours.to_output(join_heads(scaled_dot_product_attention(queries, keys, values))))


def test_a_mask_and_a_causal_mask_combine():
    ours, tokens, real = shaken(MultiHeadAttention(8, 2)), noise(2, 5, 8), padded([5, 2], 5)[:, None, None]
    both = real & torch.ones(5, 5, dtype=torch.bool).tril()
    close(ours(tokens, mask=real, causal=True), ours(tokens, mask=both))


def test_a_query_that_may_attend_to_nothing_gets_zeros_and_passes_no_nan_back():
    ours, tokens = shaken(MultiHeadAttention(8, 2)), noise(2, 5, 8).requires_grad_()
    output, weights = ours(tokens, mask=torch.zeros(5, 5, dtype=torch.bool))
    assert (weights == 0).all()
    close(output, ours.to_output.bias.expand(2, 5, 8))
    output.sum().backward()
    assert tokens.grad.isfinite().all()


@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("pre_norm", [False, True])
def test_encoder_layer_agrees_with_pytorch(pre_norm, activation):
    options = {"dropout": 0.0, "activation": activation, "norm_first": pre_norm, "batch_first": True}
    theirs = shaken(nn.TransformerEncoderLayer(8, 2, 16, **options))
    ours, tokens, real = EncoderLayer.from_torch(theirs), noise(3, 6, 8), padded([6, 4, 1], 6)
    close(ours(tokens)[0], theirs(tokens))
    output, _ = ours(tokens, mask=real[:, None, None])
    close(
        output[real], theirs(tokens, src_key_padding_mask=~real)[real]
    )  # padding itself: PyTorch may give 0
    later = torch.ones(6, 6, dtype=torch.bool).triu(1)
    close(ours(tokens, causal=True)[0], theirs(tokens, src_mask=later))


def test_decoder_layer_agrees_with_pytorch():
    theirs = shaken(nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, norm_first=True, batch_first=True))
    ours = DecoderLayer.from_torch(theirs)
    tokens, memory, real = noise(3, 5, 8), noise(3, 7, 8, seed=1), padded([7, 3, 1], 7)
    later = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected = theirs(tokens, memory, tgt_mask=later, memory_key_padding_mask=~real)
    close(ours(tokens, memory, mask=real[:, None, None])[0], expected)


def test_an_activation_that_pytorch_has_and_we_have_not_is_refused():
    with pytest.raises(ValueError, match=r"activation is .*tanh.*expected one of relu, gelu"):
        EncoderLayer.from_torch(nn.TransformerEncoderLayer(8, 2, 16, activation=torch.tanh))


@pytest.mark.parametrize("pre_norm", [False, True])
def test_gradients_agree_with_finite_differences(pre_norm):
    layer = shaken(EncoderLayer(4, 2, 3, pre_norm=pre_norm, activation="gelu"))
    names, parameters = zip(*layer.named_parameters(), strict=True)

    def forward(tokens, *values):
        return torch.func.functional_call(
            layer, dict(zip(names, values, strict=True)), tokens, {"causal": True}
        )

    inputs = (noise(1, 3, 4).requires_grad_(), *(p.detach().requires_grad_() for p in parameters))
    assert torch.autograd.gradcheck(forward, inputs)


@settings(max_examples=25)
@given(order=st.permutations(range(6)), pre_norm=st.booleans(), seed=st.integers(0, 99))
def test_without_positions_the_order_of_the_tokens_changes_only_the_order_of_the_answers(
    order, pre_norm, seed
):
    layer, tokens = shaken(EncoderLayer(8, 2, 16, pre_norm=pre_norm), seed), noise(2, 6, 8, seed=seed)
    output, weights = layer(tokens)
    shuffled_output, shuffled_weights = layer(tokens[:, order])
    close(shuffled_output, output[:, order])
    close(shuffled_weights, weights[:, :, order][..., order])


def test_with_positions_the_order_matters():
    layer, tokens = shaken(EncoderLayer(8, 2, 16)), noise(2, 6, 8)
    order, where = [1, 0, 2, 3, 4, 5], positions(6, 8).double()
    difference = layer(tokens[:, order] + where)[0] - layer(tokens + where)[0][:, order]
    assert difference.abs().max() > 0.1


@given(changed=st.integers(1, 5), seed=st.integers(0, 99))
@settings(max_examples=15)
def test_behind_a_causal_mask_nothing_depends_on_what_comes_later(changed, seed):
    layer, tokens = shaken(EncoderLayer(8, 2, 16), seed), noise(1, 6, 8, seed=seed)
    other = tokens.clone()
    other[:, changed:] = noise(1, 6 - changed, 8, seed=seed + 100)
    before, after = layer(tokens, causal=True)[0], layer(other, causal=True)[0]
    assert before[:, :changed].equal(after[:, :changed])
    assert not before[:, changed:].allclose(after[:, changed:])
    assert not layer(tokens)[0][:, :changed].allclose(layer(other)[0][:, :changed])


def test_positions_are_the_formula_and_a_shift_is_a_rotation():
    table = positions(50, 6)
    for position, component in [(0, 0), (7, 0), (7, 1), (49, 4), (49, 5)]:
        angle = torch.tensor(position / 10_000 ** (2 * (component // 2) / 6), dtype=torch.float64)
        expected = angle.cos() if component % 2 else angle.sin()
        close(table[position, component].double(), expected, atol=1e-6, rtol=0)
    products = table @ table.T  # a dot product depends on the distance alone
    close(products[:-10, :-10], products[10:, 10:], atol=1e-4, rtol=0)
    close(table.square().sum(dim=1), torch.full((50,), 3.0))


def test_splitting_heads_is_undone_by_joining_them():
    vectors = noise(2, 5, 12)
    heads = split_heads(vectors, 3)
    assert heads.shape == (2, 3, 5, 4)
    close(heads[:, 1], vectors[:, :, 4:8])
    close(join_heads(heads), vectors)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: MultiHeadAttention(8, 3), "n_heads is 3; expected at least 1 and a divisor of d_model, 8"),
        (lambda: MultiHeadAttention(8, 0), "n_heads is 0"),
        (lambda: MultiHeadAttention(8, 2)(torch.ones(5, 8)), r"tokens has shape \(5, 8\)"),
        (lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 6)), "d_model 8"),
        (lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 8), torch.ones(1, 0, 8)), "memory has shape"),
        (lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 8), mask=torch.ones(5, 5)), "expected booleans"),
        (
            lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 8), mask=torch.ones(4, 5) > 0),
            r"mask has shape \(4, 5\)",
        ),
        (
            lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 8), mask=torch.ones(3, 2, 5, 5) > 0),
            r"here \(1, 2, 5, 5\)",
        ),
        (lambda: EncoderLayer(8, 2, 16, activation="tanh"), "activation is 'tanh'"),
        (lambda: positions(0, 4), "n is 0"),
        (lambda: positions(3, 5), "d_model is 5; expected an even number"),
        (lambda: split_heads(torch.ones(4), 2), r"vectors has shape \(4,\)"),
        (lambda: join_heads(torch.ones(4, 2)), r"heads has shape \(4, 2\)"),
    ],
)
def test_wrong_input_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
