"""Exercises: softmax and attention."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal

QUERY, KEY, VALUE = np.array([[1.0, 2.0, 3.0]]), np.array([[4.0, 5.0, 6.0]]), np.array([[7.0, 8.0, 9.0]])
PRODUCTS = np.array([4.0, 10.0, 18.0])  # what the article takes for scores
TOKENS = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([7.0, 8.0, 9.0])


def _one_key() -> np.ndarray:
    weights = softmax(QUERY @ KEY.T / np.sqrt(KEY.shape[-1]))
    return (weights @ VALUE)[0]


one_key = Exercise(
    name="one_key",
    lesson="softmax-attention",
    title="One query, one key",
    kind="prediction",
    prompt="""
There is one query `[1, 2, 3]`, one key `[4, 5, 6]` and one value `[7, 8, 9]`. What is the output of
scaled dot-product attention? Write a list of three numbers, before you compute anything.
""",
    starter="one_key = [..., ..., ...]",
    reference=_one_key,
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            "softmax-over-components",
            lambda: softmax(PRODUCTS / np.sqrt(3)) * VALUE[0],
            "You multiplied query and key number by number and gave each component a weight of its own. "
            "One query and one key have one score, the sum of those products. Weights are shared out "
            "among keys: how many keys are there?",
        ),
        Misconception(
            "article-weights",
            lambda: np.array([7 * 0.226, 8 * 0.545, 9 * 0.229]),
            "These are the article's weights times the values. The weights came from multiplying query "
            "and key number by number; but one query and one key have one score. How many weights does "
            "one key need?",
        ),
        Misconception(
            "score-as-weight",
            lambda: (QUERY @ KEY.T @ VALUE)[0],
            "You multiplied the value by the raw score 32. The softmax comes first: what does it make of "
            "a single score?",
        ),
        Misconception(
            "scaled-score-as-weight",
            lambda: (QUERY @ KEY.T @ VALUE)[0] / np.sqrt(3),
            "You multiplied the value by the scaled score 32/√3. The softmax comes next: what does it "
            "make of a single score?",
        ),
    ),
    hints=(
        "How many scores are there, if each query meets each key once?",
        "All weights of one query sum to 1. How large is the weight when there is only one?",
        "The output is that one weight times `[7, 8, 9]`.",
    ),
    solution_code="one_key = [7, 8, 9]",
    why="One score, and softmax over one score is 1 whatever the score is. The output is the value itself.",
    notice="With a single key there is nothing to choose: neither query nor key changes the output.",
)


largest_weight = Exercise(
    name="largest_weight",
    lesson="softmax-attention",
    title="Which weight wins, and what happens to the others?",
    kind="prediction",
    prompt="""
The scores are `[4, 10, 18]`, each divided by √3. Softmax takes `exp` of each and divides by the sum of the
three. What will the weights look like? Write one letter in quotes.
""",
    starter='largest_weight = "..."',
    options={
        "a": "the middle one is the largest, about 0.545, and the outer ones are about alike",
        "b": "the last is about 0.99, and the others are small but above 0",
        "c": "the last is 1, and the others are exactly 0: they are ignored",
        "d": "they share in proportion to the scores: 0.125, 0.3125 and 0.5625",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "order-lost",
            lambda: "a",
            "These are the weights that the article prints. Softmax keeps the order: a larger score "
            "always gets a larger weight, and 18 is the largest score.",
        ),
        Misconception(
            "ignored",
            lambda: "c",
            "The last one wins clearly, yes. But `exp` of any finite number is above 0, so every weight "
            "is: a key is attended to less, never ignored. Only a mask gives exactly 0.",
        ),
        Misconception(
            "no-exponential",
            lambda: "d",
            "You divided each score by the sum of the scores. Softmax takes `exp` of each first, so a "
            "difference between two scores becomes a ratio of their weights.",
        ),
    ),
    hints=(
        "If one score is larger than another, what do you know about their weights?",
        "The last two scores differ by 8/√3, about 4.6. The ratio of their weights is `exp` of that.",
        "Can `exp` of a number be 0? Compute `np.exp(4.6)`, and choose among the letters where the last "
        "one wins.",
    ),
    solution_code='largest_weight = "b"',
    why="exp(8/√3) is about 101, so the last weight is about 101 times the one before it, and no weight "
    "is 0.",
    notice="To attend less is not to ignore: every key keeps a little of the weight.",
)


scores_for_weights = Exercise(
    name="scores_for_weights",
    lesson="softmax-attention",
    title="Scores for given weights",
    kind="prediction",
    prompt="""
Find three scores whose softmax is `[1/2, 1/4, 1/4]`. Write a list of three numbers; `np.log` may help,
and there is more than one right answer.
""",
    starter="scores_for_weights = [..., ..., ...]",
    reference=lambda: np.log([2.0, 1.0, 1.0]),
    measure=lambda scores: softmax(np.asarray(scores, dtype=float)),
    measure_name="softmax of your scores",
    tolerance=2e-3,
    misconceptions=(
        Misconception(
            "weights-as-scores",
            lambda: np.array([0.5, 0.25, 0.25]),
            "You gave the weights themselves. Softmax takes `exp` of each score first, so these come out "
            "almost alike. Which function undoes `exp`?",
        ),
        Misconception(
            "difference-one",
            lambda: np.array([2.0, 1.0, 1.0]),
            "Your first score is 1 larger than the others, so its weight is e, about 2.718, times theirs. "
            "It shall be 2 times theirs. Softmax uses `exp`, so which logarithm undoes it?",
        ),
        Misconception(
            "sign",
            lambda: -np.log([2.0, 1.0, 1.0]),
            "The size of the difference is right and its sign is not: your first score is the lowest, so "
            "its weight is the smallest.",
        ),
    ),
    hints=(
        "The first weight is twice the second. What must `exp` of the difference of their scores be?",
        "For which number x is `exp(x)` equal to 2?",
        "The logarithm of each weight works, `[np.log(1/2), ...]`, and so does that plus any one number.",
    ),
    solution_code="scores_for_weights = [np.log(2), 0, 0]",
    why="The difference of two scores is the logarithm of the ratio of their weights: ln 2, about 0.693.",
    notice="Add 100 to all three scores and check again: softmax sees differences only.",
)


def _softmax_rows(scores: np.ndarray, temperature: float) -> np.ndarray:
    scaled = scores / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _softmax_along(scores: np.ndarray, axis: int | None) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return exponentials / exponentials.sum(axis=axis, keepdims=True)


def _exponentials_over_sum(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def _one_shift_for_all(scores: np.ndarray) -> np.ndarray:
    return _exponentials_over_sum(scores - scores.max())


softmax_rows = Exercise(
    name="softmax_rows",
    lesson="softmax-attention",
    title="A softmax that does not overflow",
    kind="code",
    prompt="""
Write softmax over the last axis, with a temperature, for an array with any number of axes. Scores such as
1000 must not overflow. Build it from NumPy's `exp`, `max` and `sum`.
""",
    starter='''
def softmax_rows(scores, temperature):
    """Give weights of the same shape as scores, (..., n_keys); they sum to 1 along the last axis."""
    ...
''',
    reference=_softmax_rows,
    cases=(
        (np.array([[4.0, 5.0, 6.0], [8.0, 10.0, 12.0]]), 1.0),
        (normal(3, 4, seed=11), 2.0),
        (normal(2, 3, 5, seed=12), 0.5),
        (normal(4, seed=13), 1.5),
        (np.array([[1000.0, -1000.0, -999.0], [-1000.0, -1001.0, -999.5]]), 1.0),
    ),
    misconceptions=(
        Misconception(
            "first-axis",
            lambda scores, temperature: _softmax_along(scores / temperature, axis=0),
            "Your weights sum to 1 down the first axis. Each row belongs to one query and shares its "
            "attention among the keys, which lie along the last axis.",
        ),
        Misconception(
            "all-axes",
            lambda scores, temperature: _softmax_along(scores / temperature, axis=None),
            "Your weights sum to 1 over the whole array. Each row shall sum to 1 by itself: name the "
            "axis, and keep it with `keepdims=True`.",
        ),
        Misconception(
            "no-shift",
            lambda scores, temperature: _exponentials_over_sum(scores / temperature),
            "The formula is right, but `np.exp(1000)` overflows to infinity and the weight becomes NaN. "
            "Subtract the largest score of each row first: what does that change in the weights?",
        ),
        Misconception(
            "one-shift-for-all",
            lambda scores, temperature: _one_shift_for_all(scores / temperature),
            "You subtract the largest score of the whole array. A row whose scores are all far below it "
            "then has only zeros left, and 0/0 is NaN. Subtract the largest score of each row.",
        ),
        Misconception(
            "multiplied-by-temperature",
            lambda scores, temperature: _softmax_along(scores * temperature, axis=-1),
            "You multiplied by the temperature. A high temperature shall flatten the weights, so the "
            "scores are divided by it.",
        ),
        Misconception(
            "temperature-forgotten",
            lambda scores, temperature: _softmax_along(scores, axis=-1),
            "This is softmax at temperature 1, whatever the temperature is. Where should the scores be "
            "divided by it?",
        ),
        Misconception(
            "no-exponential",
            lambda scores, temperature: scores / scores.sum(axis=-1, keepdims=True),
            "You divided by the sum without taking `exp` first. With negative scores that gives negative "
            "weights.",
        ),
    ),
    hints=(
        "Along which axis do the keys lie, and what must the weights of one query sum to?",
        "If you subtract the same number from all scores of a row, what happens to the weights? Which "
        "number makes the largest exponent 0?",
        "Divide by the temperature first, and use `keepdims=True` in both `max` and `sum`, so that the "
        "shapes fit.",
        "The second line is `exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))`.",
    ),
    solution_code="""
def softmax_rows(scores, temperature):
    scaled = scores / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
""",
    why="Subtracting a row's largest score divides its exponentials and their sum by the same number: the "
    "weights stay the same, and the largest exponent is 0, so nothing overflows.",
    notice="Two rows 2000 apart in score have ordinary weights: only differences within a row matter.",
)


def _attend(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    scores = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(queries.shape[-1])
    return softmax(scores, axis=-1) @ values


def _scaled(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return queries @ np.swapaxes(keys, -1, -2) / np.sqrt(keys.shape[-1])


attend = Exercise(
    name="attend",
    lesson="softmax-attention",
    title="Attention in three lines",
    kind="code",
    prompt="""
Write scaled dot-product attention: score each key against each query, divide by √d_k, take the softmax
over the keys, and sum the values by their weights. Use `softmax` for the third step. There may be leading
axes.
""",
    starter='''
def attend(queries, keys, values):
    """Shapes: queries (..., n_queries, d_k), keys (..., n_keys, d_k), values (..., n_keys, d_v).

    Gives the output, shape (..., n_queries, d_v).
    """
    ...
''',
    reference=_attend,
    cases=(
        tuple(tokens[:, np.newaxis] for tokens in TOKENS),
        (normal(2, 4, seed=21), normal(3, 4, seed=22), normal(3, 5, seed=23)),
        (normal(4, 4, seed=24), normal(4, 4, seed=25), normal(4, 4, seed=26)),
        (normal(2, 3, 2, seed=27), normal(2, 5, 2, seed=28), normal(2, 5, 3, seed=29)),
    ),
    misconceptions=(
        Misconception(
            "weights-for-output",
            lambda queries, keys, values: softmax(_scaled(queries, keys)),
            "You gave back the weights. The output is what they are for: for each query the sum of the "
            "values, each times its weight.",
        ),
        Misconception(
            "not-summed",
            lambda queries, keys, values: (
                softmax(_scaled(queries, keys))[..., np.newaxis] * values[..., np.newaxis, :, :]
            ),
            "You multiplied each value by its weight and stopped, as the article does. The output of a "
            "query is the sum of these over the keys; `@` multiplies and sums at once.",
        ),
        Misconception(
            "softmax-over-queries",
            lambda queries, keys, values: softmax(_scaled(queries, keys), axis=-2) @ values,
            "You took the softmax over the queries. Each query shares its attention among the keys, which "
            "lie along the last axis of the scores.",
        ),
        Misconception(
            "no-softmax",
            lambda queries, keys, values: _scaled(queries, keys) @ values,
            "You summed the values by the raw scores. Scores may be negative and do not sum to 1: the "
            "softmax turns them into weights.",
        ),
        Misconception(
            "no-scale",
            lambda queries, keys, values: softmax(_scaled(queries, keys) * np.sqrt(keys.shape[-1])) @ values,
            "The division by √d_k is missing. With d_k = 1 it makes no difference, with d_k = 4 it does.",
        ),
        Misconception(
            "divided-by-d_k",
            lambda queries, keys, values: softmax(_scaled(queries, keys) / np.sqrt(keys.shape[-1])) @ values,
            "You divided by d_k. Divide by its square root.",
        ),
        Misconception(
            "missing-transpose",
            lambda queries, keys, values: softmax(queries @ keys / np.sqrt(keys.shape[-1])) @ values,
            "You multiplied queries and keys without turning the keys over: QK in place of QKᵀ. It runs "
            "only where the shapes happen to fit, and then each score mixes numbers of several keys.",
        ),
    ),
    hints=(
        "Which shape must the scores have, so that there is one for each pair of query and key?",
        "`queries @ keys` does not fit: which two axes of the keys must change places?",
        "`np.swapaxes(keys, -1, -2)` also works with leading axes; d_k is `keys.shape[-1]`.",
        "The last line is `return softmax(scores, axis=-1) @ values`.",
    ),
    solution_code="""
def attend(queries, keys, values):
    scores = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(keys.shape[-1])
    weights = softmax(scores, axis=-1)
    return weights @ values
""",
    why="The first product gives one score for each pair, the softmax shares each query's attention among "
    "the keys, and the second product multiplies and sums the values.",
    notice="Every output lies between the smallest and the largest value: it is an average, with weights.",
)


def _three_tokens(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    scores = np.outer(queries, keys)
    return softmax(scores, axis=-1) @ values


three_tokens = Exercise(
    name="three_tokens",
    lesson="softmax-attention",
    title="Repair the article's example",
    kind="repair",
    prompt="""
This is how the article computes attention. Read its numbers as tokens with one number each: `queries`
holds n_queries tokens, `keys` and `values` hold n_keys tokens, and d_k is 1. Repair the function so that
it gives one output for each query. It has more than one fault.
""",
    starter='''
def three_tokens(queries, keys, values):
    """Shapes: queries (n_queries,), keys (n_keys,), values (n_keys,). Gives the output, (n_queries,)."""
    scores = queries * keys
    weights = softmax(scores / np.sqrt(len(keys)), axis=-1)
    return weights * values
''',
    reference=_three_tokens,
    cases=(
        TOKENS,
        (normal(3, seed=31), normal(3, seed=32), normal(3, seed=33)),
        (normal(2, seed=34), normal(4, seed=35), normal(4, seed=36)),
        (normal(5, seed=37), normal(3, seed=38), normal(3, seed=39)),
    ),
    misconceptions=(
        Misconception(
            "as-printed",
            lambda queries, keys, values: softmax(queries * keys / np.sqrt(len(keys))) * values,
            "This still computes what the article does. `queries * keys` pairs each query with one key "
            "only, and the weighted values are not summed. How many scores do three queries and three "
            "keys have?",
        ),
        Misconception(
            "element-wise-scores",
            lambda queries, keys, values: softmax(queries * keys) * values,
            "You mended the scale, and d_k is 1 indeed. But `queries * keys` still pairs the first query "
            "with the first key only: each query must meet every key.",
        ),
        Misconception(
            "summed-only",
            lambda queries, keys, values: np.sum(softmax(queries * keys / np.sqrt(len(keys))) * values),
            "Now the values are summed, and there is one output in all. Each query must meet every key: "
            "there should be n_queries outputs, from n_queries × n_keys scores.",
        ),
        Misconception(
            "scaled-by-number-of-keys",
            lambda queries, keys, values: softmax(np.outer(queries, keys) / np.sqrt(len(keys))) @ values,
            "Scores and sum are right now. But the scale is √d_k, the size of one key, and each key here "
            "is a single number; how many keys there are plays no part.",
        ),
        Misconception(
            "not-summed",
            lambda queries, keys, values: softmax(np.outer(queries, keys)) * values,
            "The weights are right now. But each row still holds weighted values side by side: sum them, "
            "so that there is one output for each query.",
        ),
        Misconception(
            "softmax-over-queries",
            lambda queries, keys, values: softmax(np.outer(queries, keys), axis=0) @ values,
            "The softmax runs over the queries. Each query shares its attention among the keys, along the "
            "last axis.",
        ),
        Misconception(
            "transposed-scores",
            lambda queries, keys, values: softmax(np.outer(keys, queries)) @ values,
            "Your scores have one row for each key. They need one row for each query.",
        ),
    ),
    hints=(
        "How many scores are there when three queries meet three keys? How many does `queries * keys` give?",
        "`np.outer(a, b)` holds the product of each number of a with each of b.",
        "What is d_k when a key is one number? And what turns weighted values into one output?",
        "Look at the first line (`*`), at what stands under the root, and at the `*` in the last line.",
    ),
    solution_code="""
def three_tokens(queries, keys, values):
    scores = np.outer(queries, keys)
    weights = softmax(scores, axis=-1)
    return weights @ values
""",
    why="Every query meets every key, so the scores form a table; d_k = 1, so there is nothing to divide "
    "by; and `@` sums the weighted values of each row.",
    notice="Queries 1, 2, 3 give 8.575, 8.851, 8.948: a larger query leans more to the largest key.",
)


def _masked_weights(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return softmax(np.where(mask, scores, -np.inf), axis=-1)


def _shared_out_again(weights: np.ndarray, mask: np.ndarray, axis: int) -> np.ndarray:
    kept = np.where(mask, weights, 0.0)
    return kept / kept.sum(axis=axis, keepdims=True)


masked_weights = Exercise(
    name="masked_weights",
    lesson="softmax-attention",
    title="Repair a mask that loses weight",
    kind="repair",
    prompt="""
The mask is True where a query may attend to a key. This function hides the other keys, but its rows no
longer sum to 1. Repair it: hidden keys get weight 0, and each row sums to 1. Every query may attend to at
least one key.
""",
    starter='''
def masked_weights(scores, mask):
    """Shapes: scores and mask (..., n_queries, n_keys). Gives weights of the same shape."""
    weights = softmax(scores, axis=-1)
    return np.where(mask, weights, 0.0)
''',
    reference=_masked_weights,
    cases=(
        (np.array([[4.0, 5.0, 6.0], [8.0, 10.0, 12.0], [12.0, 15.0, 18.0]]), np.tri(3, dtype=bool)),
        (normal(2, 4, seed=41), np.array([[True, False, True, True], [False, True, True, False]])),
        (normal(2, 3, 4, seed=42), normal(2, 3, 4, seed=43) < 0.6),
    ),
    misconceptions=(
        Misconception(
            "mask-after-softmax",
            lambda scores, mask: softmax(scores) * mask,
            "The mask still comes after the softmax: the weight of hidden keys is thrown away, so the "
            "rows sum to less than 1. Hide the keys before the weights are shared out, or share them out "
            "again.",
        ),
        Misconception(
            "score-zero",
            lambda scores, mask: softmax(np.where(mask, scores, 0.0)),
            "A score of 0 is a score like any other: `exp(0)` is 1, so hidden keys still get weight. "
            "Which score has an `exp` of 0?",
        ),
        Misconception(
            "mask-inverted",
            lambda scores, mask: softmax(np.where(mask, -np.inf, scores)),
            "The mask is turned round: you hid the keys that may be attended to. True means: may be "
            "attended to.",
        ),
        Misconception(
            "shared-over-queries",
            lambda scores, mask: _shared_out_again(softmax(scores), mask, axis=-2),
            "You share the weights out again, but over the queries. Each row, along the last axis, must "
            "sum to 1.",
        ),
    ),
    hints=(
        "Where does the weight of a hidden key go? Where should it go?",
        "Which score gets weight 0 from softmax? Or: what would make a row sum to 1 again?",
        "Look at the order of the two lines: put the mask before the softmax, with `-np.inf` in place of "
        "`0.0`.",
    ),
    solution_code="""
def masked_weights(scores, mask):
    allowed = np.where(mask, scores, -np.inf)
    return softmax(allowed, axis=-1)
""",
    why="exp(-inf) is 0, so a hidden key gets no weight and takes no part in the sum. Dividing the masked "
    "weights by their row's sum gives the same numbers.",
    notice="In the first row of a causal mask one key is left, and it has weight 1 whatever its score.",
)
