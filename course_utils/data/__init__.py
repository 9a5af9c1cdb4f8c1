"""Real data for the lessons: Fashion-MNIST, cluttered scenes made from it, and folders of photos."""

from course_utils.data.fashion import FashionMNIST, fashion_mnist
from course_utils.data.folders import ImageFolders, LabelledImages, image_folder
from course_utils.data.photos import near_duplicates, read_photo
from course_utils.data.scenes import Scenes, scenes

__all__ = [
    "FashionMNIST",
    "ImageFolders",
    "LabelledImages",
    "Scenes",
    "fashion_mnist",
    "image_folder",
    "near_duplicates",
    "read_photo",
    "scenes",
]
