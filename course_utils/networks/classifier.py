"""An image classifier: a small convolutional network, a pooling over positions, one linear layer."""

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn

from course_utils._arguments import require_count
from course_utils.networks._arguments import require_callable, require_counts, require_kind
from course_utils.networks.pooling import AttentionPooling

CHANNELS = (16, 32, 64, 96)
BRIGHTEST_STANDARDISED = 4.0  # what is standardised or scaled to -1..1 reaches this far; pictures reach 255


class Classifier(nn.Module):
    """Classify images by pooling a feature map over its positions.

    Four convolutions make a feature map whose height and width are an eighth of the image's; the pooling
    makes one vector of it; a linear layer makes one logit per class of that. With attention pooling, one
    channel and ten classes it has about 83,000 parameters.

    Parameters
    ----------
    n_classes : int
        How many classes.
    in_channels : int
        Channels of an image: 1 for grey, 3 for colour.
    pooling : callable
        Builds the pooling from the number of channels: `AttentionPooling`, `AveragePooling`, another of
        `course_utils.networks` or your own. One that returns more or fewer numbers than it was given
        channels says how many in its attribute `out_features`.
    seed : int
        Decides the first weights. Convolutions come first, so that networks which differ in their pooling
        or channel attention only begin with the same ones.
    channel_attention : callable, optional
        Builds a block from the number of channels, such as `SqueezeExcitation`. One is put between each
        batch normalisation and its ReLU: behind the ReLU all averages are positive, and the few hidden units
        of a small block can all begin dead.
    channels : tuple of int
        Channels of the four convolutions: more see more and take longer.

    Raises
    ------
    ValueError
        If `n_classes` is below 2 or `in_channels` below 1, there are not four channels of at least 1, or a
        block to be built is no callable.

    Examples
    --------
    >>> model = Classifier(n_classes=10, pooling=AttentionPooling)
    >>> images = torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    >>> logits, weights = model.classify_with_attention(images)
    >>> logits.shape, weights.shape
    (torch.Size([2, 10]), torch.Size([2, 8, 8]))
    """

    def __init__(
        self,
        n_classes: int,
        in_channels: int = 1,
        pooling: Callable[[int], nn.Module] = AttentionPooling,
        seed: int = 0,
        channel_attention: Callable[[int], nn.Module] | None = None,
        channels: tuple[int, int, int, int] = CHANNELS,
    ) -> None:
        super().__init__()
        require_count("n_classes", n_classes, minimum=2)
        require_counts(in_channels=in_channels, **{f"channels[{i}]": each for i, each in enumerate(channels)})
        if len(channels) != 4:
            raise ValueError(f"channels is {channels}; expected four numbers, each at least 1.")
        require_callable("pooling", pooling, "builds a block from the number of channels")
        if channel_attention is not None:
            require_callable(
                "channel_attention", channel_attention, "builds a block from the number of channels"
            )
        self.register_buffer("mean", torch.full((in_channels, 1, 1), 127.5))
        self.register_buffer("std", torch.full((in_channels, 1, 1), 127.5))
        with torch.random.fork_rng(devices=[]):  # leaves the caller's random numbers as they were
            torch.default_generator.manual_seed(seed)
            blocks = [
                _convolution(in_channels, channels[0], stride=2),
                _convolution(channels[0], channels[1], halve=True),
                _convolution(channels[1], channels[2], halve=True),
                _convolution(channels[2], channels[3]),
            ]
            if channel_attention is not None:
                for block, width in zip(blocks, channels, strict=True):
                    block.insert(-1, channel_attention(width))
            self.features = nn.Sequential(*chain.from_iterable(blocks))
            self.pooling = pooling(channels[-1])
            self.head = nn.Linear(getattr(self.pooling, "out_features", channels[-1]), n_classes)

    def standardise_with(self, images: Tensor) -> "Classifier":
        """Measure the mean and spread of each channel; from then on every input is standardised by them.

        They are buffers: saved with the model, never trained. Without this call bytes are mapped to -1..1.

        Parameters
        ----------
        images : torch.Tensor
            The training images, (n, in_channels, height, width), as for `classify_with_attention`.

        Returns
        -------
        Classifier
            This model.

        Raises
        ------
        ValueError
            If `images` does not have the model's channels, or is on another scale than 0 to 255.
        """
        std, mean = torch.std_mean(self._as_images(images).float(), dim=(0, 2, 3), keepdim=True)
        self.mean.copy_(mean[0])
        self.std.copy_(std[0].clamp(min=1.0))  # a channel without contrast must not divide by zero
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (n, n_classes) of images (n, in_channels, height, width)."""
        return self.classify_with_attention(images)[0]

    def classify_with_attention(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and the weight of each position.

        Parameters
        ----------
        images : torch.Tensor
            Shape (n, in_channels, height, width), 0 to 255, height and width at least 8: bytes, or floats as
            augmentation may give. What `ToTensor` gives, 0 to 1, has to be multiplied by 255. Floats are
            looked at, which on a GPU waits for it; bytes never are.

        Returns
        -------
        tuple of torch.Tensor
            logits, (n, n_classes), and the pooling's weights, (n, height of map, width of map), which sum to
            one in each image.

        Raises
        ------
        ValueError
            If `images` does not have the model's channels, is too small, or on another scale than 0 to 255.
        """
        standardised = (self._as_images(images).float() - self.mean) / self.std
        pooled, weights = self.pooling(self.features(standardised))
        return self.head(pooled), weights

    def _as_images(self, images: Tensor) -> Tensor:
        """Refuse images that this model cannot see."""
        require_kind("images", images, Tensor)
        channels = len(self.mean)
        if images.ndim != 4 or images.shape[1] != channels or min(images.shape[2:]) < 8:
            raise ValueError(
                f"images has shape {tuple(images.shape)}; expected (n, {channels}, height, width), "
                "height and width at least 8."
            )
        _require_brightness(images)
        return images


def _require_brightness(images: Tensor) -> None:
    """Refuse floats from 0 to 1, and standardised ones: to this network all such pictures look alike."""
    if images.is_complex() or images.dtype == torch.bool:
        raise ValueError(f"images has type {images.dtype}; expected bytes, or floats from 0 to 255.")
    if not images.is_floating_point() or not len(images):
        return
    low, high = (end.item() for end in images.detach().aminmax())  # a NaN passes: it ends up in the loss
    if (low, high) != (0, 0) and (high <= 1 or (low < 0 and high <= BRIGHTEST_STANDARDISED)):
        raise ValueError(
            f"images holds floats from {low:.3g} to {high:.3g}; expected 0 to 255. Multiply what is from 0 "
            "to 1 by 255, and leave standardising to the model (standardise_with)."
        )


def _convolution(
    in_channels: int, out_channels: int, *, stride: int = 1, halve: bool = False
) -> list[nn.Module]:
    """Return the layers of one 3x3 convolution; pooling comes first, so that the rest has less to do."""
    convolution = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
    pool = [nn.MaxPool2d(2)] if halve else []
    return [convolution, *pool, nn.BatchNorm2d(out_channels), nn.ReLU()]
