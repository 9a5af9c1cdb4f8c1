"""Pooling: ways to turn a feature map into one vector, by attention, averaging, maximum or flattening.

Every pooling is built from the number of channels and called the same way:
``pooled, weights = pooling(features)``. The weights say how much each position counts and sum to one; only
`FlattenPooling` has none and returns weights that are not a number (NaN).
"""

import math

import torch
from torch import Tensor, nn

from course_utils.networks._arguments import require_counts, require_features


class AttentionPooling(nn.Module):
    """Average a feature map's positions with weights that the network computes from the map itself.

    A small network scores each position; a softmax over all positions turns scores into weights. This is
    additive attention (Bahdanau et al. 2015) with a learned query that is the same for every image, as in
    the attention pooling of Ilse et al. (2018).

    Parameters
    ----------
    channels : int
        Channels of the feature map.
    hidden : int
        Width of the hidden layer that scores a position.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), "Neural machine translation by jointly learning to align and translate",
    arXiv:1409.0473. Ilse, Tomczak and Welling (2018), "Attention-based deep multiple instance learning",
    arXiv:1802.04712.

    Examples
    --------
    >>> pooled, weights = AttentionPooling(channels=8)(torch.randn(2, 8, 5, 6))
    >>> pooled.shape, weights.shape
    (torch.Size([2, 8]), torch.Size([2, 5, 6]))
    >>> torch.allclose(weights.sum(dim=(1, 2)), torch.ones(2))
    True
    """

    def __init__(self, channels: int, hidden: int = 32) -> None:
        super().__init__()
        require_counts(channels=channels, hidden=hidden)
        self.channels = channels
        self.score = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1),
            nn.Tanh(),
            nn.Conv2d(hidden, 1, kernel_size=1, bias=False),  # softmax would cancel a bias
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (batch, channels, height, width) pooled to (batch, channels), and the weights.

        Parameters
        ----------
        features : torch.Tensor
            Shape (batch, channels, height, width).

        Returns
        -------
        tuple of torch.Tensor
            pooled, (batch, channels), and weights, (batch, height, width), which sum to one in each image.

        Raises
        ------
        ValueError
            If `features` does not have four axes, or another number of channels.
        """
        require_features(features, self.channels)
        scores = self.score(features)  # (batch, 1, height, width)
        weights = scores.flatten(1).softmax(dim=1).view(len(scores), *scores.shape[2:])
        return torch.einsum("bchw,bhw->bc", features, weights), weights


class DotProductPooling(nn.Module):
    """Average a feature map's positions with weights from scaled dot products with a learned query.

    Each head has one query, the same for every image, and scores its own part of the keys; the values are
    the features themselves, whose channels the heads share out. The layer that follows mixes the heads, as
    the output projection of multi-head attention does (Vaswani et al. 2017). Keys have no bias, since
    softmax would cancel it. It has ``hidden * (channels + 1)`` parameters, however many heads there are.

    Parameters
    ----------
    channels : int
        Channels of the feature map.
    n_heads : int
        How many queries; divides `channels` and `hidden`.
    hidden : int
        Length of all keys of a position together; each head's keys have the length hidden / n_heads.

    Raises
    ------
    ValueError
        If a number is below 1, or `n_heads` does not divide `channels` and `hidden`.

    References
    ----------
    Vaswani et al. (2017), "Attention is all you need", arXiv:1706.03762.

    Examples
    --------
    >>> pooled, weights = DotProductPooling(channels=8, n_heads=4)(torch.randn(2, 8, 5, 6))
    >>> pooled.shape, weights.shape
    (torch.Size([2, 8]), torch.Size([2, 5, 6]))
    """

    def __init__(self, channels: int, n_heads: int = 1, hidden: int = 32) -> None:
        super().__init__()
        require_counts(channels=channels, hidden=hidden)
        if n_heads not in range(1, hidden + 1) or channels % n_heads or hidden % n_heads:
            raise ValueError(
                f"n_heads is {n_heads}; expected at least 1, and a divisor of channels={channels} and "
                f"hidden={hidden}."
            )
        self.keys = nn.Conv2d(channels, hidden, kernel_size=1, bias=False)
        self.queries = nn.Parameter(torch.randn(n_heads, hidden // n_heads))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `AttentionPooling` does; the weights are the average over the heads."""
        require_features(features, self.keys.in_channels)
        batch, _, height, width = features.shape
        n_heads, d_k = self.queries.shape
        keys = self.keys(features).reshape(batch, n_heads, d_k, height * width)
        values = features.reshape(batch, n_heads, -1, height * width)
        scores = torch.einsum("hd,bhdp->bhp", self.queries, keys) / math.sqrt(d_k)
        weights = scores.softmax(dim=-1)  # (batch, n_heads, positions)
        pooled = torch.einsum("bhp,bhcp->bhc", weights, values)
        return pooled.flatten(1), weights.mean(dim=1).view(batch, height, width)


class AveragePooling(nn.Module):
    """Average a feature map's positions with equal weights; it learns nothing.

    Parameters
    ----------
    channels : int
        Not needed here; taken so that every pooling is built the same way.

    Examples
    --------
    >>> pooled, weights = AveragePooling(channels=8)(torch.ones(2, 8, 5, 5))
    >>> weights.unique(), torch.allclose(pooled, torch.ones(2, 8))
    (tensor([0.0400]), True)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `AttentionPooling` does, with each weight 1 / (height * width)."""
        require_features(features, "channels")
        batch, _, height, width = features.shape
        weights = features.new_full((batch, height, width), 1 / (height * width))
        return features.mean(dim=(2, 3)), weights


class MaxPooling(nn.Module):
    """Keep each channel's largest value, wherever it is; it learns nothing.

    This is hard attention, one choice per channel. The weight of a position is the share of channels whose
    maximum lies there; positions that tie for it share it equally, as they do the gradient.

    Parameters
    ----------
    channels : int
        Not needed here; taken so that every pooling is built the same way.

    Examples
    --------
    >>> pooled, weights = MaxPooling(channels=2)(torch.tensor([[[[5.0, 1.0]], [[2.0, 2.0]]]]))
    >>> pooled, weights
    (tensor([[5., 2.]]), tensor([[[0.7500, 0.2500]]]))
    """

    def __init__(self, channels: int) -> None:
        super().__init__()

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what `AttentionPooling` does, but the weights carry no gradient."""
        require_features(features, "channels")
        pooled = features.amax(dim=(2, 3))
        is_largest = (features == pooled[:, :, None, None]).to(features.dtype)
        weights = (is_largest / is_largest.sum(dim=(2, 3), keepdim=True)).mean(dim=1)
        return pooled, weights


class FlattenPooling(nn.Module):
    """Keep every position apart: squeeze the map to a few channels, then lay it out as one long vector.

    So each place has weights of its own in the layer that follows, for one size of map only. The squeezing,
    a 1x1 convolution, is there for a fair comparison: with the defaults, a `Classifier` of 64x64 grey images
    and ten classes has 82,586 parameters, 0.5 % fewer than with `AttentionPooling`. Without it, it would
    have 140,346.

    Parameters
    ----------
    channels : int
        Channels of the feature map.
    height, width : int
        Height and width of the feature map.
    kept : int
        How many channels are left after squeezing.

    Attributes
    ----------
    out_features : int
        Length of the vector, kept * height * width.

    Examples
    --------
    >>> pooled, weights = FlattenPooling(channels=16, height=5, width=6)(torch.randn(2, 16, 5, 6))
    >>> pooled.shape, weights.shape, weights.isnan().all()
    (torch.Size([2, 150]), torch.Size([2, 5, 6]), tensor(True))
    """

    def __init__(self, channels: int, height: int = 8, width: int = 8, kept: int = 5) -> None:
        super().__init__()
        require_counts(channels=channels, height=height, width=width, kept=kept)
        self.map_shape = (height, width)
        self.squeeze = nn.Conv2d(channels, kept, kernel_size=1, bias=False)
        self.out_features = kept * height * width

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return features (batch, channels, height, width) as (batch, out_features).

        The weights (batch, height, width) are not a number (NaN): no single number says what a position
        counts here.

        Raises
        ------
        ValueError
            If the map is not `height` x `width`.
        """
        require_features(features, self.squeeze.in_channels)
        if features.shape[2:] != self.map_shape:
            raise ValueError(
                f"features has shape {tuple(features.shape)}; expected the height and width that "
                f"FlattenPooling was built for, {self.map_shape}."
            )
        no_weights = features.new_full((len(features), *self.map_shape), math.nan)
        return self.squeeze(features).flatten(1), no_weights
