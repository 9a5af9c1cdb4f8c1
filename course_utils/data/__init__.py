"""Real data for the lessons: Fashion-MNIST, cluttered scenes made from it, and folders of photos.

What reads photos is imported when it is asked for: it needs torch, pictures of clothes do not.
"""

from importlib import import_module
from typing import Any

from course_utils.data.fashion import FashionMNIST, fashion_mnist
from course_utils.data.scenes import Scenes, scenes

_OF_PHOTOS = {
    "ImageFolders": "folders",
    "LabelledImages": "folders",
    "image_folder": "folders",
    "near_duplicates": "photos",
    "read_photo": "photos",
}

__all__ = ["FashionMNIST", "Scenes", "fashion_mnist", "scenes", *_OF_PHOTOS]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _OF_PHOTOS:
        raise AttributeError(f"module {__name__!r} has no {name!r}; it has {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_OF_PHOTOS[name]}"), name)
