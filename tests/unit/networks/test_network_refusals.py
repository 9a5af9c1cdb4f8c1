"""What a person can give wrongly to networks: each is refused in a sentence that names the argument."""

import numpy as np
import pytest
import torch

from course_utils.networks import (
    AttentionPooling,
    AveragePooling,
    Classifier,
    DotProductPooling,
    FlattenPooling,
    SqueezeExcitation,
)
from course_utils.networks.seq2seq import AdditiveScore, DateReader, GeneralScore, masked_softmax
from course_utils.networks.transformer import (
    EncoderLayer,
    MultiHeadAttention,
    TransformerReader,
    join_heads,
    positions,
    split_heads,
)

BYTES = torch.randint(256, (4, 1, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
TEXTS, ISO = torch.tensor([[5, 6, 7], [8, 9, 0]]), torch.zeros(2, 10, dtype=torch.int64)
READERS = {"GRU": DateReader("additive", hidden=8), "Transformer": TransformerReader(8, 2, 8, n_layers=1)}


@pytest.mark.parametrize(
    "images",
    [
        BYTES / 255,
        BYTES.double() / 255,
        (BYTES / 255).half(),
        BYTES / 127.5 - 1,
        (BYTES / 255 - 0.485) / 0.229,
    ],
    ids=["ToTensor", "double", "half", "-1 to 1", "standardised"],
)
@pytest.mark.parametrize("training", [True, False])
def test_floats_on_another_scale_are_refused(images, training):
    """To the network such pictures were all alike: logits of 50 differed by 4e-6."""
    with pytest.raises(ValueError, match=r"images holds floats from .*; expected 0 to 255\. Multiply"):
        Classifier(10).train(training)(images)
    with pytest.raises(ValueError, match="images holds floats"):
        Classifier(10).standardise_with(images)


def test_floats_from_0_to_255_are_what_bytes_are():
    model = Classifier(10).standardise_with(BYTES).eval()
    torch.testing.assert_close(model(BYTES.float()), model(BYTES))
    torch.testing.assert_close(model(BYTES.long()), model(BYTES))
    model(BYTES + torch.randn(BYTES.shape))  # augmentation may leave the scale a little
    model(torch.zeros(2, 1, 16, 16))  # black is black on every scale
    model(BYTES // 255)  # bytes are bytes, however dark
    assert model(BYTES * torch.nan).isnan().all()  # `fit` tells of it: the loss is NaN


def test_gradients_reach_pictures_of_floats():
    images = BYTES.float().requires_grad_()
    Classifier(10).eval()(images).sum().backward()
    assert images.grad.abs().sum() > 0


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        (torch.zeros(0, 3, dtype=torch.int64), r"inputs has shape \(0, 3\).*; expected .* at least one text"),
        (torch.zeros(2, 0, dtype=torch.int64), r"inputs has shape \(2, 0\)"),
        (torch.tensor([[5, 0, 7]]), "padding inside a text"),
        (torch.tensor([[0, 5, 7]]), "padding inside a text"),
        (torch.tensor([[0, 0, 0]]), "has an empty text"),
        (torch.tensor([[5, 99]]), "inputs contains 99; expected whole numbers from 0 to 42"),
        (torch.tensor([[5, -1]]), "inputs contains -1"),
        (torch.tensor([[5.0, 6.0]]), "type torch.float32; expected character ids"),
        (torch.tensor([[True]]), "type torch.bool"),
        (np.array([[5, 6]]), "inputs is a ndarray; expected PyTorch's Tensor"),
        (["May 3"], "inputs is a list"),
    ],
)
def test_what_is_no_batch_of_texts_is_refused(reader, inputs, sentence):
    with pytest.raises(ValueError, match=sentence):
        reader.read(inputs)
    if isinstance(inputs, torch.Tensor):
        with pytest.raises(ValueError, match=sentence):
            reader(inputs, torch.zeros(len(inputs), 10, dtype=torch.int64))


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        (ISO[:, :9], r"targets has shape \(2, 9\).*; expected \(2, 10\)"),
        (ISO.float(), "targets has .* type torch.float32"),
        (ISO + 11, "targets contains 11; expected whole numbers from 0 to 10"),
        (["2021-05-03"] * 2, "targets is a list"),
    ],
)
def test_what_are_no_dates_is_refused(reader, targets, sentence):
    with pytest.raises(ValueError, match=sentence):
        reader(TEXTS, targets)


MAP = torch.zeros(2, 8, 3, 3)
EIGHT = r"features has shape .*; expected \(batch, 8, height, width\)"


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Classifier(2.5), "n_classes is 2.5; expected a whole number of at least 2"),
        (lambda: Classifier(10, channels=(8, 8, 0, 8)), r"channels\[2\] is 0"),
        (lambda: Classifier(10, pooling="attention"), "pooling is 'attention'; expected a callable"),
        (lambda: Classifier(10, channel_attention=8), "channel_attention is 8; expected a callable"),
        (lambda: Classifier(10)(BYTES.numpy()), "images is a ndarray; expected PyTorch's Tensor"),
        (lambda: Classifier(10)(BYTES > 99), "images has type torch.bool"),
        (lambda: AttentionPooling(0), "channels is 0"),
        (lambda: AttentionPooling(8, hidden=0), "hidden is 0"),
        (lambda: AttentionPooling(8)(MAP[:, :7]), EIGHT),
        (lambda: DotProductPooling(8)(MAP[:, :7]), EIGHT),
        (lambda: FlattenPooling(8, kept=0), "kept is 0"),
        (lambda: FlattenPooling(8, 3, 3)(MAP[:, :7]), EIGHT),
        (lambda: AveragePooling(8)(MAP.long()), "features has .* type torch.int64; expected .* of floats"),
        (lambda: SqueezeExcitation(8, reduction=0), "reduction is 0"),
        (lambda: SqueezeExcitation(8)(MAP[..., :0]), "features has shape .* at least one position"),
        (lambda: AdditiveScore(3, 3, hidden=0), "hidden is 0"),
        (lambda: GeneralScore(0, 3), "d_query is 0"),
        (lambda: GeneralScore(3, 3)(TEXTS, torch.zeros(2, 5, 3)), "query has type torch.int64"),
        (lambda: masked_softmax(torch.zeros(3), torch.ones(2, 3) > 0), r"mask has shape \(2, 3\); expected"),
        (lambda: masked_softmax(torch.zeros(2, 3), torch.ones(2) > 0), r"mask has shape \(2,\); expected"),
        (lambda: masked_softmax(torch.zeros(3), torch.ones(3)), "mask has .* expected booleans"),
        (lambda: DateReader(["additive"]), r"attention is \['additive'\]; expected None or one of"),
        (lambda: DateReader(embedding=0), "embedding is 0"),
        (lambda: MultiHeadAttention(0, 1), "d_model is 0"),
        (lambda: MultiHeadAttention(8, 2.0), "n_heads is 2.0; expected a whole number"),
        (lambda: MultiHeadAttention(8, 2)(torch.ones(1, 5, 8).long()), "tokens has .* of floats"),
        (lambda: MultiHeadAttention(3, 1)(MAP[0], MAP[0, :1]), r"memory has .* expected \(8, n"),
        (lambda: EncoderLayer(8, 2, 0), "d_hidden is 0"),
        (lambda: EncoderLayer(8, 2, 8, activation=["relu"]), r"activation is \['relu'\]"),
        (lambda: positions(2.5, 4), "n is 2.5"),
        (lambda: split_heads([[1, 2]], 2), "vectors is a list"),
        (lambda: join_heads(None), "heads is a NoneType"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
