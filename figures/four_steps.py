"""Draw the four steps of attention, computed on the course's three tokens."""

from matplotlib.figure import Figure

from course_utils.attention import dot_scores, softmax
from drawing import PALETTE, arrow, page, save, table, write

ALT = (
    "The four steps of attention on three tokens with queries 1, 2, 3, keys 4, 5, 6 and values 7, 8, 9. "
    "Step 1, scores: each query times each key gives rows 4 5 6, 8 10 12 and 12 15 18. "
    "Step 2, scale by one over the square root of d_k, here 1, so nothing changes; a mask may bar some keys. "
    "Step 3, softmax over the keys: each row of weights sums to one, and the first is 0.090, 0.245, 0.665. "
    "Step 4, the weighted sum of the values gives the outputs 8.58, 8.85 and 8.95."
)

QUERIES, KEYS, VALUES = [[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]


def draw() -> Figure:
    """Draw queries, keys and values above, and below them the four steps from left to right."""
    fig, ax = page("Attention in four steps")
    scores = dot_scores(QUERIES, KEYS)
    weights = softmax(scores / len(KEYS[0]) ** 0.5)
    output = weights @ VALUES
    blue, orange, green = PALETTE["blue"], PALETTE["orange"], PALETTE["green"]
    inputs = [
        (80, "queries  Q", r"$(n_q, d_k)$", QUERIES, blue),
        (250, "keys  K", r"$(n_k, d_k)$", KEYS, blue),
        (1120, "values  V", r"$(n_k, d_v)$", VALUES, green),
    ]
    for x, name, shape, numbers, color in inputs:
        table(ax, x - 36, 450, numbers, color=color, cell=(72, 44))
        write(ax, x, 628, name, weight="bold")
        write(ax, x, 600, shape)
    steps = [
        (165, "1  scores", r"$QK^\top$", r"$(n_q, n_k)$", scores, "{:g}", blue),
        (470, "2  scale (mask)", r"$QK^\top / \sqrt{d_k}$", r"$(n_q, n_k)$", scores, "{:g}", blue),
        (780, "3  softmax over keys", "rows sum to one", r"$(n_q, n_k)$", weights, "{:.3f}", orange),
        (1120, "4  weighted sum", "weights times V", r"$(n_q, d_v)$", output, "{:.2f}", green),
    ]
    for x, name, formula, shape, numbers, text, color in steps:
        width = 72 * len(numbers[0])
        table(ax, x - width / 2, 130, numbers, text, color=color)
        write(ax, x, 354, name, weight="bold")
        write(ax, x, 318, formula)
        write(ax, x, 100, shape)
    for start, end in [(281, 354), (586, 664), (896, 1075)]:
        arrow(ax, (start, 208), (end, 208))
    arrow(ax, (80, 444), (115, 376))
    arrow(ax, (250, 444), (215, 376))
    arrow(ax, (1120, 444), (1120, 376))
    note = "Each row belongs to one query. Here a token is one number ($d_k = 1$) and no mask bars a key."
    write(ax, 640, 46, note)
    return fig


if __name__ == "__main__":
    save(draw(), __file__)
