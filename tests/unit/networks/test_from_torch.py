"""PyTorch's own layers, copied: the same answers for whatever was set in them, or a sentence why not."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import gelu, relu

from course_utils.networks.transformer import DecoderLayer, EncoderLayer, MultiHeadAttention

close = torch.testing.assert_close
later = torch.ones(5, 5, dtype=torch.bool).triu(1)  # True: barred
ACTIVATIONS = ["relu", "gelu", relu, gelu, torch.relu, nn.ReLU(), nn.GELU()]


def noise(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def shaken(module, seed=0):
    """Give a module whose parameters are all random, biases and norms too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype) / 2)
    return module


def tolerance(dtype):
    return {"rtol": 1e-9, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-4}


OPTIONS = st.fixed_dictionaries(
    {
        "norm_first": st.booleans(),
        "activation": st.sampled_from(ACTIVATIONS),
        "layer_norm_eps": st.sampled_from([1e-5, 0.1, 2.0]),
        "bias": st.booleans(),
        "dtype": st.sampled_from([torch.float64, torch.float32]),
        "dropout": st.sampled_from([0.0, 0.5]),
        "seed": st.integers(0, 99),
    }
)


@settings(max_examples=40)
@given(
    n_heads=st.sampled_from([1, 2, 4]),
    bias=st.booleans(),
    dropout=st.sampled_from([0.0, 0.5]),
    dtype=st.sampled_from([torch.float64, torch.float32]),
    seed=st.integers(0, 99),
)
def test_attention_answers_as_pytorchs(n_heads, bias, dropout, dtype, seed):
    options = {"bias": bias, "dropout": dropout, "batch_first": True, "dtype": dtype}
    theirs = shaken(nn.MultiheadAttention(8, n_heads, **options), seed).eval()
    ours = MultiHeadAttention.from_torch(theirs)
    tokens, memory = noise(2, 5, 8, seed=seed, dtype=dtype), noise(2, 3, 8, seed=seed + 1, dtype=dtype)
    expected = theirs(tokens, memory, memory, average_attn_weights=False)
    close(ours(tokens, memory), expected, **tolerance(dtype))
    assert count(ours) == count(theirs)


@settings(max_examples=60)
@given(n_heads=st.sampled_from([1, 2, 4]), options=OPTIONS)
def test_an_encoder_layer_answers_as_pytorchs(n_heads, options):
    seed = options.pop("seed")
    theirs = shaken(nn.TransformerEncoderLayer(8, n_heads, 12, batch_first=True, **options), seed).eval()
    ours, tokens = EncoderLayer.from_torch(theirs), noise(2, 5, 8, seed=seed, dtype=options["dtype"])
    close(ours(tokens)[0], theirs(tokens), **tolerance(options["dtype"]))
    close(ours(tokens, causal=True)[0], theirs(tokens, src_mask=later), **tolerance(options["dtype"]))
    assert count(ours) == count(theirs)


@settings(max_examples=30)
@given(n_heads=st.sampled_from([1, 2, 4]), options=OPTIONS)
def test_a_decoder_layer_answers_as_pytorchs(n_heads, options):
    seed, options = options["seed"], options | {"norm_first": True, "activation": relu}
    del options["seed"]
    theirs = shaken(nn.TransformerDecoderLayer(8, n_heads, 12, batch_first=True, **options), seed).eval()
    ours, dtype = DecoderLayer.from_torch(theirs), options["dtype"]
    tokens, memory = noise(2, 5, 8, seed=seed, dtype=dtype), noise(2, 3, 8, seed=seed + 1, dtype=dtype)
    close(ours(tokens, memory)[0], theirs(tokens, memory, tgt_mask=later), **tolerance(dtype))
    assert count(ours) == count(theirs)


def test_the_copy_learns_as_pytorchs_does():
    theirs = shaken(nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, bias=False, batch_first=True).double())
    ours, tokens = EncoderLayer.from_torch(theirs), noise(2, 5, 8)
    for layer in (theirs, ours):
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            output = layer(tokens)
            (output if layer is theirs else output[0]).square().mean().backward()
            optimizer.step()
    close(ours(tokens)[0], theirs(tokens))


def test_a_copy_is_a_copy():
    theirs = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True)
    ours = EncoderLayer.from_torch(theirs)
    before = ours.norm_attention.weight.clone()
    shaken(theirs)
    close(ours.norm_attention.weight, before)


def test_parts_of_another_type_or_on_another_device_stay_so():
    theirs = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, batch_first=True)
    theirs.norm1.double()
    theirs.norm2.to("meta")
    ours = EncoderLayer.from_torch(theirs)
    assert ours.norm_attention.weight.dtype == torch.float64
    assert ours.norm_network.weight.device.type == "meta"
    assert ours.widen.weight.dtype == torch.float32


def test_encoder_layers_and_a_norm_make_pytorchs_encoder():
    norm = nn.LayerNorm(8, eps=0.1).double()
    layer = nn.TransformerEncoderLayer(
        8, 2, 12, norm_first=True, layer_norm_eps=0.1, batch_first=True
    ).double()
    theirs = shaken(nn.TransformerEncoder(layer, 3, norm=norm, enable_nested_tensor=False)).eval()
    tokens = expected = noise(2, 5, 8)
    for each in theirs.layers:
        tokens, _ = EncoderLayer.from_torch(each)(tokens)
    close(theirs.norm(tokens), theirs(expected))
    for one, other in pairwise(theirs.layers):
        assert not one.linear1.weight.equal(other.linear1.weight)


def count(module):
    return sum(parameter.numel() for parameter in module.parameters())


def attention(**options):
    return lambda: MultiHeadAttention.from_torch(
        nn.MultiheadAttention(8, 2, **({"batch_first": True} | options))
    )


def encoder(**options):
    options = {"batch_first": True, "dropout": 0.0} | options
    return lambda: EncoderLayer.from_torch(nn.TransformerEncoderLayer(8, 2, 16, **options))


def decoder(**options):
    options = {"batch_first": True, "dropout": 0.0, "norm_first": True} | options
    return lambda: DecoderLayer.from_torch(nn.TransformerDecoderLayer(8, 2, 16, **options))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (attention(batch_first=False), "theirs has batch_first=False; expected batch_first=True"),
        (attention(add_bias_kv=True), "theirs has add_bias_kv=True; expected"),
        (attention(add_zero_attn=True), "theirs has add_zero_attn=True; expected"),
        (attention(kdim=4), "theirs has kdim=4 and vdim=8; expected both to be embed_dim, 8"),
        (attention(vdim=6), "theirs has kdim=8 and vdim=6; expected both"),
        (attention(dropout=0.1), r"theirs is in training mode with dropout; expected .*eval\(\)"),
        (encoder(dropout=0.1), r"theirs is in training mode with dropout; expected .*eval\(\)"),
        (encoder(batch_first=False), "theirs has batch_first=False"),
        (encoder(activation=torch.tanh), "activation is .*tanh.*expected one of relu, gelu"),
        (encoder(activation=nn.GELU(approximate="tanh")), "activation is .*GELU.*expected one of relu, gelu"),
        (decoder(norm_first=False), "theirs has norm_first=False; expected norm_first=True"),
        (decoder(activation="gelu"), "activation is .*gelu.*; expected relu"),
        (decoder(dropout=0.1), "theirs is in training mode with dropout"),
        (decoder(batch_first=False), "theirs has batch_first=False"),
        (
            lambda: MultiHeadAttention.from_torch(nn.Linear(8, 8)),
            "theirs is a Linear; expected .*MultiheadAttention",
        ),
        (
            lambda: EncoderLayer.from_torch(
                nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 1, None, False)
            ),
            "theirs is a TransformerEncoder; expected PyTorch's TransformerEncoderLayer",
        ),
        (
            lambda: EncoderLayer.from_torch(nn.TransformerDecoderLayer(8, 2)),
            "theirs is a TransformerDecoderLayer",
        ),
        (
            lambda: DecoderLayer.from_torch(nn.TransformerEncoderLayer(8, 2)),
            "theirs is a TransformerEncoderLayer",
        ),
    ],
)
def test_what_cannot_be_taken_over_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
