"""Explorer: follow three tokens through scores, weights and output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_utils.attention import AttentionResult, attention, dot_scores
from course_utils.explorers.base import (
    Choice,
    Explorer,
    Number,
    Picture,
    Pointer,
    Told,
    format_weight,
    new_figure,
)
from course_utils.plots import PALETTE

HEADINGS = {"query": "Queries", "key": "Keys", "value": "Values"}
START = {"query": (1, 2, 3), "key": (4, 5, 6), "value": (7, 8, 9)}
LIMIT = 100


def follow(
    queries: Sequence[float], keys: Sequence[float], values: Sequence[float], *, causal: bool = False
) -> tuple[np.ndarray, AttentionResult]:
    """Return scores, weights and output for tokens of one number each (d_k = d_v = 1).

    Parameters
    ----------
    queries, keys, values : sequence of float, length n
        One number per token.
    causal : bool, default False
        Whether a token sees only itself and the tokens before it.

    Returns
    -------
    scores : numpy.ndarray, shape (n, n)
        Score of each query (row) with each key (column).
    result : AttentionResult
        Output of shape ``(n, 1)`` and weights of shape ``(n, n)``.

    Raises
    ------
    ValueError
        If the lengths differ or a number is not finite.

    Examples
    --------
    >>> scores, result = follow([1, 2, 3], [4, 5, 6], [7, 8, 9])
    >>> scores.tolist()[0], result.output.round(5).ravel().tolist()
    ([4.0, 5.0, 6.0], [8.57521, 8.85094, 8.94797])
    """
    columns = [np.array(numbers, dtype=float)[:, None] for numbers in (queries, keys, values)]
    return dot_scores(columns[0], columns[1]), attention(*columns, causal=causal)


def describe_sum(weights: Sequence[float], values: Sequence[float], output: float) -> str:
    """Write a weighted sum out in full.

    Examples
    --------
    >>> describe_sum([0.25, 0.75], [7, 8], 7.75)
    '0.250·7 + 0.750·8 = 7.750'
    """
    terms = (f"{format_weight(weight)}·{value:g}" for weight, value in zip(weights, values, strict=True))
    return f"{' + '.join(terms)} = {output:.3f}"


class TablePicture(Picture):
    """Tables of scores, weights and output, with the followed query's row and weight framed."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        n = len(START["query"])
        scores, weights, output = figure.subplots(1, 3, width_ratios=(n, n, 1.2))
        self.score_texts = _table(scores, "scores: query × key", n, n)
        self.weight_texts = _table(weights, "weights: softmax of a row", n, n)
        self.output_texts = _table(output, "output", n, 1)
        edges = np.arange(n + 1) - 0.5
        self.shades = weights.pcolormesh(edges, edges, np.zeros((n, n)), cmap="Blues", vmin=0, vmax=1.5)
        self.score_frame = _frame(scores, 1, PALETTE["red"])
        self.weight_frame = _frame(weights, 1, PALETTE["red"])
        self.row_frame = _frame(weights, n, PALETTE["black"])
        self.output_frame = _frame(output, 1, PALETTE["black"])
        texts = [*self.score_texts.flat, *self.weight_texts.flat, *self.output_texts.flat]
        frames = [self.row_frame, self.output_frame, self.score_frame, self.weight_frame]
        self.moving = [self.shades, *texts, *frames]
        self.pointers = [Pointer(axes, x="follow_key", y="follow_query") for axes in (scores, weights)]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show every number, and say the sum of the row that is followed."""
        n = len(self.output_texts)
        tokens = {kind: [values[f"{kind}_{i}"] for i in range(n)] for kind in START}
        scores, (output, weights) = follow(
            tokens["query"], tokens["key"], tokens["value"], causal=values["causal"]
        )
        shown = [[format_weight(weight) for weight in row] for row in weights]
        for text, number in zip(self.score_texts.flat, scores.flat, strict=True):
            text.set_text(f"{number:.4g}")
        for text, number in zip(self.weight_texts.flat, np.ravel(shown), strict=True):
            text.set_text(number)
        for text, number in zip(self.output_texts.flat, output.flat, strict=True):
            text.set_text(f"{number:.3f}")
        self.shades.set_array(weights)
        row, column = values["follow_query"], values["follow_key"]
        self.score_frame.set_xy((column - 0.47, row - 0.47))
        self.weight_frame.set_xy((column - 0.47, row - 0.47))
        self.row_frame.set_xy((-0.47, row - 0.47))
        self.output_frame.set_xy((-0.47, row - 0.47))
        sums = describe_sum(weights[row], tokens["value"], output[row, 0])
        rows = "; ".join(", ".join(row) for row in shown)
        return Told(
            alt=f"Three tables. Weights, one row a query: {rows}. "
            f"Outputs: {', '.join(f'{number:.3f}' for number in output.flat)}. "
            f"Framed: query {row + 1} with key {column + 1}.",
            words=f"Query {row + 1} with key {column + 1}: score {tokens['query'][row]:g} × "
            f"{tokens['key'][column]:g} = {scores[row, column]:.6g}, weight {shown[row][column]}"
            f"{' (masked)' if values['causal'] and column > row else ''}.\n"
            f"Output {row + 1} is the sum of weight·value: {sums}.",
        )


def _table(axes: Axes, title: str, n_rows: int, n_columns: int) -> np.ndarray:
    """Draw an empty table and return its texts, shape ``(n_rows, n_columns)``."""
    axes.set(title=title, xlim=(-0.5, n_columns - 0.5), ylim=(n_rows - 0.5, -0.5))
    axes.set_xticks(range(n_columns), [f"key {j + 1}" for j in range(n_columns)] if n_columns > 1 else [""])
    axes.set_yticks(
        range(n_rows), [f"query {i + 1}" for i in range(n_rows)] if title[0] == "s" else [""] * n_rows
    )
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for edge in np.arange(n_rows + 1) - 0.5:
        axes.axhline(edge, color="#999999", linewidth=1)
    for edge in np.arange(n_columns + 1) - 0.5:
        axes.axvline(edge, color="#999999", linewidth=1)
    texts = [[axes.text(j, i, "", ha="center", va="center") for j in range(n_columns)] for i in range(n_rows)]
    return np.array(texts, dtype=object)


def _frame(axes: Axes, width: int, color: str) -> Rectangle:
    """Draw a frame around `width` cells, to be moved."""
    frame = Rectangle((0, 0), width - 0.06, 0.94, fill=False, edgecolor=color, linewidth=3, clip_on=False)
    return axes.add_patch(frame)


def attention_table_explorer() -> Explorer:
    """Return an explorer: edit a query, key or value and follow it to the output.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> print(attention_table_explorer().frame["words"])
    Query 1 with key 3: score 1 × 6 = 6, weight 0.665.
    Output 1 is the sum of weight·value: 0.090·7 + 0.245·8 + 0.665·9 = 8.575.
    """
    numbers = [
        Number(f"{kind}_{i}", f"{kind} {i + 1}", number, minimum=-LIMIT, maximum=LIMIT, group=HEADINGS[kind])
        for kind, row in START.items()
        for i, number in enumerate(row)
    ]
    places = range(len(START["query"]))
    follow_query = Choice("follow_query", "Query", [(i, f"query {i + 1}") for i in places], 0, group="Follow")
    follow_key = Choice("follow_key", "Key", [(i, f"key {i + 1}") for i in places], 2, group="Follow")
    causal = Choice("causal", "A query may see", [(False, "every key"), (True, "no later key")], False)
    return Explorer(
        "Queries, keys and values explorer",
        [*numbers, follow_query, follow_key, causal],
        TablePicture(new_figure()),
        caption="Scores become weights row by row; each output is a weighted sum of the values.",
    )
