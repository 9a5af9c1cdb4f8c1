"""Explorer: five words attend to each other, with or without positions and a causal mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from course_utils.attention import attention
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

WORDS = ("the", "dog", "bites", "the", "man")
ORDERS = {
    "written": (0, 1, 2, 3, 4),
    "swapped": (0, 4, 2, 3, 1),  # the man bites the dog
    "backwards": (4, 3, 2, 1, 0),
}
D_MODEL = 8
HEADS = (1, 2, 4)
WHITE_TO_BLUE = LinearSegmentedColormap.from_list("white to blue", ["white", PALETTE["blue"]])


class SelfAttention(NamedTuple):
    """What the words say to each other in one order.

    `weights`, (n_heads, 5, 5): each word's attention to each word. `output`, (5, 8): each word's answer.
    `moved`, (5,): the largest difference between a word's answer and the answer that the same word got in
    the written order. `entropy`, (n_heads,): the mean entropy of a head's rows, in bits.
    """

    weights: np.ndarray
    output: np.ndarray
    moved: np.ndarray
    entropy: np.ndarray


def sines_and_cosines(n: int, d_model: int) -> np.ndarray:
    """Return a vector for each position, as `course_utils.networks.transformer.positions` does.

    Parameters
    ----------
    n, d_model : int
        How many positions, and how many components (an even number) each has.

    Returns
    -------
    numpy.ndarray, shape (n, d_model)

    References
    ----------
    Vaswani et al. (2017), arXiv:1706.03762, section 3.5.

    Examples
    --------
    >>> sines_and_cosines(2, 4).round(4).tolist()
    [[0.0, 1.0, 0.0, 1.0], [0.8415, 0.5403, 0.01, 1.0]]
    """
    angles = np.arange(n)[:, None] / 10_000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(n, d_model)


@lru_cache(maxsize=256)
def self_attend(
    order: Sequence[int], n_heads: int, *, positions: bool, causal: bool, sample: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return how words attend to each other by multi-head attention with random matrices.

    Parameters
    ----------
    order : tuple of int
        Which word stands at each place: a permutation of 0 to 4.
    n_heads : int
        1, 2 or 4 heads, which share the 8 components out.
    positions : bool
        Whether a vector for its place is added to each word.
    causal : bool
        Whether a word sees only itself and the words before it.
    sample : int
        Which random words and matrices.

    Returns
    -------
    tuple of numpy.ndarray
        weights, (n_heads, 5, 5), and output, (5, 8).

    Examples
    --------
    >>> weights, output = self_attend((0, 1, 2, 3, 4), 2, positions=False, causal=False, sample=1)
    >>> weights.shape, output.shape, bool(np.allclose(output[0], output[3]))  # "the" twice: one answer
    ((2, 5, 5), (5, 8), True)
    """
    rng = np.random.default_rng(sample)
    vectors = {word: rng.standard_normal(D_MODEL) for word in dict.fromkeys(WORDS)}
    matrices = rng.standard_normal((4, D_MODEL, D_MODEL)) / np.sqrt(D_MODEL)
    tokens = np.stack([vectors[WORDS[i]] for i in order])  # (5, 8)
    if positions:
        tokens = tokens + sines_and_cosines(len(order), D_MODEL)
    queries, keys, values = (
        np.swapaxes((tokens @ matrix).reshape(len(order), n_heads, -1), 0, 1) for matrix in matrices[:3]
    )  # each (n_heads, 5, 8 / n_heads)
    result = attention(queries, 1.5 * keys, values, causal=causal)  # 1.5: clearer preferences
    return result.weights, np.swapaxes(result.output, 0, 1).reshape(len(order), D_MODEL) @ matrices[3]


def compare_orders(order: str, n_heads: int, *, positions: bool, causal: bool, sample: int) -> SelfAttention:
    """Return how each word's answer in one order differs from its answer in the written order.

    Parameters
    ----------
    order : str
        "written", "swapped" (dog and man change places) or "backwards".
    n_heads, positions, causal, sample
        As in `self_attend`.

    Returns
    -------
    SelfAttention

    Examples
    --------
    >>> plain = {"positions": False, "causal": False, "sample": 1}
    >>> bool(compare_orders("swapped", 2, **plain).moved.max() < 1e-12)
    True
    >>> bool(compare_orders("swapped", 2, **(plain | {"positions": True})).moved.max() > 0.1)
    True
    """
    settings = {"positions": positions, "causal": causal, "sample": sample}
    _, written = self_attend(ORDERS["written"], n_heads, **settings)
    weights, output = self_attend(ORDERS[order], n_heads, **settings)
    moved = np.abs(output - written[list(ORDERS[order])]).max(axis=1)
    logarithms = np.log2(weights, out=np.zeros_like(weights), where=weights > 0)
    return SelfAttention(weights, output, moved, -(weights * logarithms).sum(axis=-1).mean(axis=-1))


class SelfAttentionPicture(Picture):
    """The weights of one head on the left; how far each word's answer moved on the right."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        n = len(WORDS)
        figure.set_layout_engine("none")
        table = figure.add_axes((0.13, 0.16, 0.42, 0.7))
        bars = figure.add_axes((0.71, 0.16, 0.27, 0.7))
        table.set(xticks=[], yticks=[], xlabel="attends to")
        table.set_title("weights of one head")
        self.image = table.imshow(np.zeros((n, n)), cmap=WHITE_TO_BLUE, vmin=0, vmax=1, aspect="auto")
        self.cells = [[table.text(j, i, "", ha="center", va="center") for j in range(n)] for i in range(n)]
        self.rows = [table.text(-0.6, i, "", ha="right", va="center") for i in range(n)]
        self.columns = [table.text(j, n - 0.42, "", ha="center", va="top", fontsize=11) for j in range(n)]
        table.xaxis.labelpad = 20
        bars.set(xlim=(0, 4.5), yticks=[], ylim=(n - 0.5, -0.5), xlabel="largest change")
        bars.set_title("its answer moved by")
        self.bars = bars.barh(range(n), np.zeros(n), color=PALETTE["orange"])
        self.names = [bars.text(-0.12, i, "", ha="right", va="center") for i in range(n)]
        self.amounts = [bars.text(0, i, "", va="center") for i in range(n)]
        cells = [cell for row in self.cells for cell in row]
        self.moving = [self.image, *cells, *self.rows, *self.columns, *self.bars, *self.names, *self.amounts]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show one order of the words under the chosen settings."""
        order, n_heads = values["order"], values["heads"]
        switches = {"positions": values["positions"] == "on", "causal": values["causal"] == "on"}
        result = compare_orders(order, n_heads, **switches, sample=values["sample"])
        head = min(values["head"], n_heads)
        words = [WORDS[i] for i in ORDERS[order]]
        self._draw(result.weights[head - 1], words, result.moved)
        largest = result.moved.max()
        rows = "; ".join(
            f"{word} {' '.join(f'{w:.2f}' for w in row)}"
            for word, row in zip(words, result.weights[head - 1], strict=True)
        )
        entropies = ", ".join(f"{entropy:.2f}" for entropy in result.entropy)
        verdict = "The answers move with their words." if largest < 1e-6 else "The order changes the answers."
        asked = f" (there is no head {values['head']})" if head < values["head"] else ""
        return Told(
            alt=f"Table of weights, head {head} of {n_heads}, one row a word: {rows}. Bars: the words' "
            f"answers differ from those in the written order by at most {largest:.3f}.",
            words=f"{' '.join(words)}: head {head} of {n_heads}{asked}. Largest change of an answer against "
            f"the written order: {largest:.6f}. {verdict}\n"
            f"Mean entropy of a row, by head: {entropies} bits (five equal weights: {np.log2(5):.2f}).",
        )

    def _draw(self, weights: np.ndarray, words: Sequence[str], moved: np.ndarray) -> None:
        self.image.set_data(weights)
        for cells, row in zip(self.cells, weights, strict=True):
            for cell, weight in zip(cells, row, strict=True):
                cell.set_text(f"{weight:.2f}")
                cell.set_color("white" if weight > 0.6 else "black")
        for labels in (self.rows, self.columns, self.names):
            for label, word in zip(labels, words, strict=True):
                label.set_text(word)
        for bar, amount, length in zip(self.bars, self.amounts, moved, strict=True):
            bar.set_width(min(length, 4.5))
            amount.set_text(f"{length:.2f}")
            amount.set_x(min(length, 3.5) + 0.08)


def self_attention_explorer() -> Explorer:
    """Return an explorer: change the order of five words and see whether self-attention notices.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> self_attention_explorer().frame["words"].splitlines()[0][:36]
    'the man bites the dog: head 1 of 4. '
    """
    switch = [("off", "off"), ("on", "on")]
    return Explorer(
        "Self-attention explorer",
        [
            Choice(
                "order",
                "Order of the words",
                [
                    ("written", "the dog bites the man"),
                    ("swapped", "the man bites the dog"),
                    ("backwards", "man the bites dog the"),
                ],
                "swapped",
            ),
            Choice("positions", "Positions added", switch, "off"),
            Choice("causal", "Causal mask", switch, "off"),
            Choice("heads", "Number of heads", [(n, str(n)) for n in HEADS], 4),
            Slider("head", "Head shown", steps(1, 4, 1), 1, whole=True),
            Slider("sample", "Random words and matrices", steps(1, 20, 1), 1, whole=True),
        ],
        SelfAttentionPicture(new_figure()),
        caption="Orange: how far each word's answer lies from the one it had in the written order.",
    )
