"""Pooling: ways to turn a feature map into one vector, by attention or by averaging.

Every pooling is built from the number of channels and called the same way:
``pooled, weights = pooling(features)``. The weights say how much each position counts and sum to one.
"""

import torch
from torch import Tensor, nn


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
        self.score = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size=1),
            nn.Tanh(),
            nn.Conv2d(hidden, 1, kernel_size=1, bias=False),  # softmax would cancel a bias
        )

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Pool features (batch, channels, height, width) to (batch, channels); also return the weights.

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
            If `features` does not have four axes.
        """
        scores = self.score(_checked(features))  # (batch, 1, height, width)
        weights = scores.flatten(1).softmax(dim=1).view(len(scores), *scores.shape[2:])
        return torch.einsum("bchw,bhw->bc", features, weights), weights


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
        """Pool features as `AttentionPooling` does, with each weight 1 / (height * width)."""
        batch, _, height, width = _checked(features).shape
        weights = features.new_full((batch, height, width), 1 / (height * width))
        return features.mean(dim=(2, 3)), weights


def _checked(features: Tensor) -> Tensor:
    """Refuse a feature map that is none."""
    if features.ndim != 4 or features.shape[2] * features.shape[3] == 0:
        raise ValueError(
            "features must have the shape (batch, channels, height, width) with at least one position, "
            f"but it has the shape {tuple(features.shape)}."
        )
    return features
