"""Networks that the lessons train: an image classifier, and ways to pool its feature map."""

from course_utils.networks.classifier import Classifier
from course_utils.networks.pooling import AttentionPooling, AveragePooling

__all__ = ["AttentionPooling", "AveragePooling", "Classifier"]
