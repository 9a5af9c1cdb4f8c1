"""Attention over channels: a block inside a convolutional network that says which features count."""

import torch
from torch import Tensor, nn

from course_utils.networks._arguments import require_counts, require_features


class SqueezeExcitation(nn.Module):
    """Multiply each channel by a gain from 0 to 1 that the network computes from all channels' averages.

    The gains are the same at every position, so this attends to *what*, not to *where*. They are sigmoids
    and need not sum to one: channels do not compete.

    Parameters
    ----------
    channels : int
        Channels of the feature map.
    reduction : int
        The hidden layer has channels / reduction units, rounded down, but at least one. Hu et al. take 16
        in networks with far more channels.

    Raises
    ------
    ValueError
        If a number is below 1.

    References
    ----------
    Hu, Shen and Sun (2018), "Squeeze-and-excitation networks", arXiv:1709.01507.

    Examples
    --------
    >>> features = torch.rand(2, 16, 5, 6)
    >>> gains = SqueezeExcitation(channels=16)(features) / features
    >>> gains.shape, torch.allclose(gains, gains[:, :, :1, :1].expand_as(gains))
    (torch.Size([2, 16, 5, 6]), True)
    """

    def __init__(self, channels: int, reduction: int = 8) -> None:
        super().__init__()
        require_counts(channels=channels, reduction=reduction)
        hidden = max(1, channels // reduction)
        self.gains = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid()
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features (batch, channels, height, width) times the gains, in the same shape.

        Parameters
        ----------
        features : torch.Tensor
            Shape (batch, channels, height, width).

        Returns
        -------
        torch.Tensor
            Of the same shape.

        Raises
        ------
        ValueError
            If `features` does not have four axes, or another number of channels.
        """
        require_features(features, self.gains[0].in_features)
        gains = self.gains(features.mean(dim=(2, 3)))  # squeeze, then excite: (batch, channels)
        return torch.einsum("bchw,bc->bchw", features, gains)
