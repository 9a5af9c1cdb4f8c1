"""Explorer: drag an item through a scene; attention and both networks' answers follow."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from IPython.display import Markdown
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image, ImageOps

from course_utils.data.fashion import CLASS_NAMES, fashion_mnist
from course_utils.data.scenes import ITEM_SIZE
from course_utils.explorers.base import (
    Choice,
    Explorer,
    Picture,
    Pointer,
    Refused,
    Slider,
    Told,
    Upload,
    UploadedPicture,
    new_figure,
    steps,
)
from course_utils.learning.kept import NotTrained, find_untrained
from course_utils.plots import PALETTE

if TYPE_CHECKING:  # who brings networks has torch already; the first lesson's explorer draws without it
    from course_utils.networks import Classifier

SIZE = 64  # pixels, the side of a scene; the scenes that the networks were trained on have the same
CROP = 12  # pixels, the side of a piece of clutter
HALF = ITEM_SIZE // 2
PER_CLASS = 100  # shipped test pictures of each class
OWN = "own"  # the choice of an uploaded picture
COLORS = ("blue", "pink", "green", "red", "black")
WHICH = Slider("number", f"Which of {PER_CLASS}", steps(1, PER_CLASS, 1), 1, whole=True, group="What to find")
CLUTTER = (
    Slider("clutter", "Pieces of clutter", steps(0, 16, 1), 6, whole=True, group="Clutter"),
    Slider("seed", "Arrangement", steps(1, 20, 1), 1, whole=True, group="Clutter"),
)
NEEDS_SCENES = (
    "This explorer moves an item of clothing through a scene, so it needs networks that were trained on the "
    "lesson's scenes. Yours were trained on other pictures: look at those in the figure of maps above."
)


def draw_clutter(sources: np.ndarray, n: int, seed: int) -> np.ndarray:
    """Draw square pieces of pictures over a black scene, as `course_utils.data.scenes` does.

    Parameters
    ----------
    sources : numpy.ndarray
        Pictures to cut from, uint8, shape (n_pictures, 28, 28).
    n : int
        How many pieces. Of one seed, the first pieces stay where they are when more are asked for.
    seed : int
        Decides which pieces, and where they lie.

    Returns
    -------
    numpy.ndarray
        The scene, uint8, shape (64, 64). Where pieces overlap, the brighter pixel is seen.

    Examples
    --------
    >>> sources = np.full((3, 28, 28), 200, dtype=np.uint8)
    >>> scene = draw_clutter(sources, n=1, seed=0)
    >>> scene.shape, int((scene == 200).sum())
    ((64, 64), 144)
    """
    rng = np.random.default_rng(seed)
    scene = np.zeros((SIZE, SIZE), dtype=np.uint8)
    for _ in range(n):
        source = sources[rng.integers(len(sources))]
        row, column = rng.integers(ITEM_SIZE - CROP + 1, size=2)
        top, left = rng.integers(SIZE - CROP + 1, size=2)
        paste(scene, source[row : row + CROP, column : column + CROP], top, left)
    return scene


def paste(scene: np.ndarray, patch: np.ndarray, top: int, left: int) -> None:
    """Draw a patch into a scene, in place; of two pixels the brighter one stays.

    Examples
    --------
    >>> scene = np.array([[1, 5, 1]])
    >>> paste(scene, np.array([[3, 3]]), top=0, left=1)
    >>> scene.tolist()
    [[1, 5, 3]]
    """
    height, width = patch.shape
    window = scene[top : top + height, left : left + width]
    np.maximum(window, patch, out=window)


def photo_item(data: bytes) -> np.ndarray:
    """Return a PNG or JPEG file as an item like those of Fashion-MNIST: 28 x 28, grey, on black.

    The whole picture is fitted in. Its ground, the median of the outermost pixels, becomes black; everything
    else is as bright as it differs from the ground, and the most different pixel becomes white.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    numpy.ndarray
        uint8, shape (28, 28).

    Raises
    ------
    Refused
        If the file is no PNG or JPEG, is damaged, or shows one even colour.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> Image.new("L", (10, 20), 255).save(buffer, "png")
    >>> photo_item(buffer.getvalue())
    Traceback (most recent call last):
        ...
    course_utils.explorers.base.Refused: Your picture has one even colour. Upload another, or choose an item.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as photo:
            picture = ImageOps.exif_transpose(photo).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Refused(
            "Your picture cannot be read as PNG or JPEG. Upload another, or choose an item."
        ) from error
    on_black = Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("L")
    pixels = np.asarray(on_black, dtype=float)
    ground = np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]))
    contrast = np.abs(pixels - ground)
    if contrast.max() == 0:
        raise Refused("Your picture has one even colour. Upload another, or choose an item.")
    item = Image.fromarray((255 * contrast / contrast.max()).round().astype(np.uint8))
    return np.asarray(ImageOps.pad(item, (ITEM_SIZE, ITEM_SIZE), method=Image.Resampling.BICUBIC))


class SceneView(NamedTuple):
    """What networks make of one scene.

    probabilities maps each network's name to an array (n_classes,); weights is the first network's map,
    (height, width), which sums to one; inside is the share of it that lies in the item's box.
    """

    probabilities: dict[str, np.ndarray]
    weights: np.ndarray
    inside: float


def look_at(networks: Mapping[str, Classifier], scene: np.ndarray, box: Sequence[int]) -> SceneView:
    """Show one scene to each network once.

    Parameters
    ----------
    networks : mapping of str to Classifier
        In evaluation mode and on the CPU.
    scene : numpy.ndarray
        uint8, shape (size, size).
    box : sequence of int
        The item's top, left, bottom and right, bottom and right being the first pixels outside.

    Returns
    -------
    SceneView
        Probabilities by network; the first network's weights, and their share inside the box.

    Raises
    ------
    ValueError
        If the networks cannot take such a scene, or the box is empty or leaves it.

    Examples
    --------
    >>> from course_utils.networks import Classifier
    >>> networks = {"attention": Classifier(n_classes=10).eval()}
    >>> view = look_at(networks, np.zeros((64, 64), dtype=np.uint8), box=(0, 0, 64, 64))
    >>> view.probabilities["attention"].shape, view.weights.shape, round(view.inside, 4)
    ((10,), (8, 8), 1.0)
    """
    import torch

    from course_utils.learning.evaluation import attention_in_box

    image = torch.from_numpy(scene)[None, None]
    with torch.inference_mode():
        found = {name: network.classify_with_attention(image) for name, network in networks.items()}
    probabilities = {name: logits[0].softmax(dim=0).numpy() for name, (logits, _) in found.items()}
    _, weights = next(iter(found.values()))
    inside = attention_in_box(weights, torch.tensor([list(box)]), image_size=len(scene)).mass
    return SceneView(probabilities, weights[0].numpy(), inside)


class ClassifierPicture(Picture):
    """The scene under the first network's attention on the left, every class's probability on the right.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        An empty figure.
    networks : mapping of str to Classifier
        In evaluation mode and on the CPU.
    """

    about = "A scene with the attention laid over it, and bars for the probability of each class."

    def __init__(self, figure: Figure, networks: Mapping[str, Classifier]) -> None:
        super().__init__(figure)
        self.networks = networks
        self.sources, self.labels, _ = fashion_mnist("test")
        scene, classes = figure.subplots(1, 2, width_ratios=(1, 0.7))
        pixels = (-0.5, SIZE - 0.5, SIZE - 0.5, -0.5)  # left, right, bottom, top
        scene.set_title(f"drag the item · blue: {next(iter(networks))}", fontsize=12)
        scene.set(xticks=[], yticks=[])
        scene.grid(visible=False)
        blank = np.zeros((SIZE, SIZE))
        self.scene = scene.imshow(blank, cmap="gray", vmin=0, vmax=255, extent=pixels)
        self.blue = scene.imshow(np.zeros((1, 1, 4)), extent=pixels, interpolation="nearest")
        self.frame = Rectangle((0, 0), ITEM_SIZE, ITEM_SIZE, fill=False, color=PALETTE["orange"], linewidth=2)
        scene.add_patch(self.frame)
        places, height = np.arange(len(CLASS_NAMES)), 0.8 / len(networks)
        style = {"color": PALETTE["orange"], "alpha": 0.35, "linewidth": 0, "label": "true class"}
        self.truth = classes.axhspan(-0.5, 0.5, **style)
        self.bars, self.numbers = {}, {}
        for i, (name, color) in enumerate(zip(networks, COLORS, strict=False)):
            middles = places + (i - (len(networks) - 1) / 2) * height
            style = {"color": PALETTE[color], "label": name}
            self.bars[name] = classes.barh(middles, np.zeros(len(places)), height, **style)
            self.numbers[name] = classes.text(0, 0, "", va="center", fontsize=8)
        classes.set(xlim=(0, 1.2), ylim=(len(places) - 0.5, -0.5), xticks=(0, 0.5, 1), xlabel="probability")
        classes.set_yticks(places, CLASS_NAMES, fontsize=11)
        classes.grid(visible=False)
        handles = [*self.bars.values(), self.truth]
        style = {"fontsize": 10, "handlelength": 1, "columnspacing": 1, "borderaxespad": 0.2}
        classes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=3, **style)
        bars = [bar for container in self.bars.values() for bar in container]
        self.moving = [self.scene, self.blue, self.frame, self.truth, *bars, *self.numbers.values()]
        self.pointers = [Pointer(scene, x="column", y="row")]

    def item(self, choice: int | str, number: int, upload: UploadedPicture | None) -> tuple[np.ndarray, str]:
        """Return the chosen item's pixels and its name, or raise Refused."""
        if choice != OWN:
            return self.sources[self.labels == choice][number - 1], f"{CLASS_NAMES[choice]} {number}"
        if upload is None:
            raise Refused("There is no picture of yours yet. Upload a PNG or JPEG, or choose an item.")
        return photo_item(upload.data), f"Your picture {upload.file}"

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the item in the scene, and what the networks make of it."""
        item, name = self.item(values["item"], values["number"], values["upload"])
        row, column, n_clutter = values["row"], values["column"], values["clutter"]
        top, left = row - HALF, column - HALF
        scene = draw_clutter(self.sources, n_clutter, values["seed"])
        paste(scene, item, top, left)
        view = self.look_at(scene, (top, left, top + ITEM_SIZE, left + ITEM_SIZE))
        self.show_scene(scene, view.weights)
        self.frame.set_xy((left - 0.5, top - 0.5))
        self.truth.set_visible(values["item"] != OWN)
        if values["item"] != OWN:
            self.truth.set_y(values["item"] - 0.5)
        answers = [self.show_answer(*answer) for answer in view.probabilities.items()]
        place = f"its middle in row {row} and column {column} of {SIZE}, {n_clutter} pieces of clutter"
        answer = "; ".join(answers)
        share = f"{view.inside:.2f} of the attention lies in the item's box"
        area = ITEM_SIZE**2 / SIZE**2
        return Told(
            alt=f"{self.about} {name}, {place}. {answer}. {share}.",
            words=f"{name}: {answer}.\n{share}, which is {area:.2f} of the scene.",
            still=f"{self.about} {name}, {place}.",
        )

    def look_at(self, scene: np.ndarray, box: Sequence[int]) -> SceneView:
        """Show a scene to the networks."""
        return look_at(self.networks, scene, box)

    def show_scene(self, scene: np.ndarray, weights: np.ndarray) -> None:
        """Show a scene, and a map over it in blue, the stronger the larger the weight."""
        self.scene.set_data(scene)
        strength = 0.8 * weights / weights.max()
        sky = np.broadcast_to(to_rgb(PALETTE["sky"]), (*strength.shape, 3))
        self.blue.set_data(np.dstack([sky, strength]))

    def show_answer(self, name: str, probabilities: np.ndarray) -> str:
        """Draw one network's bars, and return its answer in words."""
        for bar, probability in zip(self.bars[name], probabilities, strict=True):
            bar.set_width(probability)
        best = int(np.argmax(probabilities))
        bar = self.bars[name][best]
        written = f"{probabilities[best]:.2f}"
        self.numbers[name].set(text=written, x=bar.get_width() + 0.02, y=bar.get_y() + bar.get_height() / 2)
        return f"{name} says {CLASS_NAMES[best]} ({written})"


def take_scenes(networks: Mapping[str, Classifier], class_names: Sequence[str]) -> bool:
    """Return whether networks can look at scenes, or raise ValueError if they do not fit the names.

    Examples
    --------
    >>> from course_utils.networks import Classifier
    >>> take_scenes({"attention": Classifier(n_classes=10)}, CLASS_NAMES)
    True
    >>> take_scenes({"photos": Classifier(n_classes=2, in_channels=3)}, ["cat", "dog"])
    False
    """
    outputs = {name: network.head.out_features for name, network in networks.items()}
    if not 1 <= len(networks) <= len(COLORS) or set(outputs.values()) != {len(class_names)}:
        raise ValueError(
            f"networks has the outputs {outputs}; expected one to five networks with an output for each of "
            f"the {len(class_names)} class_names."
        )
    return tuple(class_names) == CLASS_NAMES and all(len(network.mean) == 1 for network in networks.values())


def copies_of(networks: Mapping[str, Classifier]) -> dict[str, Classifier]:
    """Return copies of networks on the CPU, in evaluation mode; the lesson's own stay as they are.

    Examples
    --------
    >>> from course_utils.networks import Classifier
    >>> copies_of({"attention": Classifier(n_classes=10)})["attention"].training
    False
    """
    return {name: copy.deepcopy(network).cpu().eval() for name, network in networks.items()}


def classifier_explorer(
    networks: Mapping[str, Classifier], class_names: Sequence[str]
) -> Explorer | Markdown | NotTrained:
    """Return an explorer: drag an item through a scene; see where attention lies and what networks answer.

    Parameters
    ----------
    networks : mapping of str to Classifier
        One to five, trained on `course_utils.data.scenes`, such as ``{"attention": ..., "average": ...}``.
        The map is that of the first. They are copied to the CPU and stay as they are.
    class_names : sequence of str
        Names of the classes.

    Returns
    -------
    Explorer, IPython.display.Markdown or NotTrained
        A widget; as the last line of a cell it is shown. For networks that were trained on other pictures
        than scenes, or are not trained yet, a sentence that says so.

    Raises
    ------
    ValueError
        If there is no network, or more than five, or one has not as many outputs as there are names.

    Examples
    --------
    >>> from course_utils.networks import Classifier
    >>> explorer = classifier_explorer({"attention": Classifier(n_classes=10)}, CLASS_NAMES)
    >>> explorer.frame["words"].split(" says ")[0]
    'Ankle boot 1: attention'
    """
    if (stand_in := find_untrained(networks)) is not None:
        return stand_in
    if not take_scenes(networks, class_names):
        return Markdown(NEEDS_SCENES)
    copies = copies_of(networks)
    items = [*enumerate(CLASS_NAMES), (OWN, "your own picture")]
    middles = steps(HALF, SIZE - HALF, 1)
    return Explorer(
        "Classifier's attention explorer",
        [
            Slider("row", "Row of its middle", middles, 24, unit="pixels", whole=True, group="Place"),
            Slider("column", "Column of its middle", middles, 40, unit="pixels", whole=True, group="Place"),
            Choice("item", "Item", items, 9, group="What to find"),
            WHICH,
            Upload("upload", "Your own (PNG, JPEG)", sets={"item": OWN}, group="What to find"),
            *CLUTTER,
        ],
        ClassifierPicture(new_figure(), copies),
        caption="Do the weights follow the item? Averaging weighs every place alike.",
    )
