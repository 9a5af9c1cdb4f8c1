"""Networks that the lessons train: an image classifier, ways to pool its map, and channel attention."""

from course_utils.networks.channel_attention import SqueezeExcitation
from course_utils.networks.classifier import Classifier
from course_utils.networks.pooling import (
    AttentionPooling,
    AveragePooling,
    DotProductPooling,
    FlattenPooling,
    MaxPooling,
)

__all__ = [
    "AttentionPooling",
    "AveragePooling",
    "Classifier",
    "DotProductPooling",
    "FlattenPooling",
    "MaxPooling",
    "SqueezeExcitation",
]
