"""Exercises: softmax and attention."""

from collections.abc import Callable

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.attention_slips import (
    attend_by,
    scaled_dot,
    share_out,
    shifted,
    slips_of_scaled_scores,
    turned,
)
from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of

QUERY, KEY, VALUE = np.array([[1.0, 2.0, 3.0]]), np.array([[4.0, 5.0, 6.0]]), np.array([[7.0, 8.0, 9.0]])
PRODUCTS = np.array([4.0, 10.0, 18.0])  # what the article takes for scores
TOKENS = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]), np.array([7.0, 8.0, 9.0])


COMPONENT_WEIGHTS, PLAIN_WEIGHTS = softmax(PRODUCTS / np.sqrt(3)), softmax(PRODUCTS)
SCORE, MIXED = PRODUCTS.sum(), COMPONENT_WEIGHTS @ VALUE[0]
TABLE = np.outer(QUERY, KEY)


def _gives(*answers: object) -> list[Callable]:
    return [lambda answer=answer: answer for answer in answers]


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
    measure=np.ravel,  # PyTorch's own shape, (1, 3), is right too
    measure_name="result",
    digits=2,
    misconceptions=slips_of(
        {
            "softmax-over-components": (
                *_gives(COMPONENT_WEIGHTS * VALUE[0], PLAIN_WEIGHTS * VALUE[0], [0, 0, 9]),
                "You gave each component a weight of its own. One query and one key have one score, the sum of all the products. Weights are shared out among keys: how many keys are there?",
            ),
            "article-weights": (
                *_gives(np.array([0.226, 0.545, 0.229]) * VALUE[0], [1.598, 4.36, 2.061]),
                "These are the article's weights times the values. The weights came from multiplying query and key number by number; but one query and one key have one score. How many weights does one key need?",
            ),
            "weights-alone": (
                *_gives(COMPONENT_WEIGHTS, PLAIN_WEIGHTS, [0.226, 0.545, 0.229], [1, 1, 1], 1),
                "These look like weights. The output is what they are for: weight times value. And one key has one weight.",
            ),
            "mix-of-components": (
                *_gives(
                    MIXED,
                    [MIXED] * 3,
                    8.003,
                    [8, 8, 8],
                    8,
                    softmax(TABLE) @ VALUE[0],
                    softmax(TABLE / np.sqrt(3)) @ VALUE[0],
                ),
                "This mixes 7, 8 and 9 as if they were three values. Here they are the components of one value, which has one key: how much weight does a single key get?",
            ),
            "score-as-weight": (
                *_gives(SCORE * VALUE[0]),
                "You multiplied the value by the raw score 32. The softmax comes first: what does it make of a single score?",
            ),
            "scaled-score-as-weight": (
                *_gives(SCORE * VALUE[0] / np.sqrt(3), [129, 148, 166], SCORE * VALUE[0] / 3),
                "You multiplied the value by the scaled score. The softmax comes next: what does it make of a single score?",
            ),
            "score-alone": (
                *_gives(SCORE, SCORE / np.sqrt(3), [SCORE] * 3, [SCORE / np.sqrt(3)] * 3),
                "This is the score. Two steps are left: softmax makes it a weight, and the weight multiplies the value.",
            ),
            "number-by-number": (
                *_gives(
                    PRODUCTS, PRODUCTS / np.sqrt(3), PRODUCTS * VALUE[0], PRODUCTS * VALUE[0] / np.sqrt(3)
                ),
                "You multiplied number by number. A dot product is the sum of these products, one score; and a softmax stands between the score and the value.",
            ),
            "smaller-value": (
                *_gives(VALUE[0] / 3, VALUE[0] / np.sqrt(3)),
                "You made the value smaller. All weights of one query sum to 1: how large is the only one?",
            ),
            "not-the-value": (
                *_gives(QUERY[0], KEY[0]),
                "Query and key only make the weight. The output is made of values.",
            ),
            "components-added": (
                *_gives(24),
                "You added the components of the value. An output has as many components as a value.",
            ),
        }
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
            "These are the weights that the article prints. Softmax keeps the order: a larger score always gets a larger weight, and 18 is the largest score.",
        ),
        Misconception(
            "ignored",
            lambda: "c",
            "The last one wins clearly, yes. But `exp` of any finite number is above 0, so every weight is: a key is attended to less, never ignored. Only a mask gives exactly 0.",
        ),
        Misconception(
            "no-exponential",
            lambda: "d",
            "You divided each score by the sum of the scores. Softmax takes `exp` of each first, so a difference between two scores becomes a ratio of their weights.",
        ),
    ),
    hints=(
        "If one score is larger than another, what do you know about their weights?",
        "The last two scores differ by 8/√3, about 4.6. The ratio of their weights is `exp` of that.",
        "Can `exp` of a number be 0? Compute `np.exp(4.6)`, and choose among the letters where the last one wins.",
    ),
    solution_code='largest_weight = "b"',
    why="exp(8/√3) is about 101, so the last weight is about 101 times the one before it, and no weight is 0.",
    notice="To attend less is not to ignore: every key keeps a little of the weight.",
)


def _first_is_higher(difference: float) -> Callable:
    """Return scores of which the first lies so far above the others, which are equal."""
    return lambda: [difference, 0, 0]


scores_for_weights = Exercise(
    name="scores_for_weights",
    lesson="softmax-attention",
    title="Scores for given weights",
    kind="prediction",
    prompt="""
Find three scores whose softmax is `[1/2, 1/4, 1/4]`. Write a list of three numbers, to two decimals or with
`np.log`; there is more than one right answer.
""",
    starter="scores_for_weights = [..., ..., ...]",
    reference=lambda: np.log([2.0, 1.0, 1.0]),
    measure=lambda scores: softmax(np.asarray(scores, dtype=float)),
    measure_name="softmax of your scores",
    tolerance=2e-3,
    misconceptions=slips_of(
        {
            "weights-as-scores": (
                _first_is_higher(0.25),
                "You gave the weights themselves, or scores as far apart as they. Softmax takes `exp` of each score first, so these come out almost alike. Which function undoes `exp`?",
            ),
            "difference-one": (
                _first_is_higher(1.0),
                "Your first score is 1 larger than the others, so its weight is e, about 2.718, times theirs. It shall be 2 times theirs. Softmax uses `exp`, so which logarithm undoes it?",
            ),
            "other-difference": (
                *map(
                    _first_is_higher,
                    (0.5, 2.0, 3.0, 25.0, np.log(3), np.log(4), np.log10(2), np.sqrt(2) - 1, np.e - 1),
                ),
                _first_is_higher(np.exp(0.5) - np.exp(0.25)),
                _first_is_higher(np.ptp(softmax([0.5, 0.25, 0.25]))),
                lambda: [np.log(2), -np.log(4), -np.log(4)],
                "Where one score lies d above another, its weight is exp(d) times as large. Your first weight is not 2 times the others: which d has exp(d) = 2?",
            ),
            "sign": (
                _first_is_higher(-np.log(2)),
                "The size of the difference is right and its sign is not: your first score is the lowest, so its weight is the smallest.",
            ),
            "first-is-lowest": (
                *map(_first_is_higher, (-0.25, -0.5, -1.0, -2.0, np.log(2) - 1)),
                "Your first score is the lowest, so its weight is the smallest. It shall be the largest, 2 times the others.",
            ),
            "all-alike": (
                _first_is_higher(0.0),
                "Equal scores get equal weights, 1/3 each. How much higher must the first score be?",
            ),
            "another-place": (
                lambda: [0, np.log(2), 0],
                lambda: [0, 0, np.log(2)],
                "The three weights are right, and in another order than asked: the first shall be the largest.",
            ),
        }
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
    return share_out(np.exp(shifted(scores, axis)), axis)


def _scaled_first(weigh: Callable) -> Callable:
    """Return a function of scores and temperature that weighs the scores divided by the temperature."""
    return lambda scores, temperature: weigh(scores / temperature)


def _without_keepdims(scaled: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scaled - scaled.max(axis=-1))
    return exponentials / exponentials.sum(axis=-1)


def _row_by_row(scaled: np.ndarray) -> np.ndarray:
    return np.array([_softmax_along(row, None) for row in scaled])


softmax_rows = Exercise(
    name="softmax_rows",
    lesson="softmax-attention",
    title="A softmax that does not overflow",
    kind="code",
    prompt="""
Write softmax over the last axis, with a temperature, for an array with any number of axes. Scores such as
1000 or -1000 must give weights, not `nan`, at any temperature. Build it from NumPy's `exp`, `max` and `sum`.
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
        (np.array([[1000.0, 999.0, 0.0], [-1000.0, -1001.0, -998.0]]), 0.5),
    ),
    misconceptions=slips_of(
        {
            "first-axis": (
                _scaled_first(lambda scaled: _softmax_along(scaled, 0)),
                _scaled_first(lambda scaled: share_out(np.exp(scaled), 0)),
                _scaled_first(lambda scaled: share_out(np.exp(shifted(scaled)), 0)),
                "Your weights sum to 1 down the first axis. Each row belongs to one query and shares its attention among the keys, "
                "which lie along the last axis.",
            ),
            "axis-one": (
                _scaled_first(lambda scaled: _softmax_along(scaled, 1)),
                _scaled_first(lambda scaled: share_out(np.exp(scaled), 1)),
                "Axis 1 is the last one of a table only. One row alone has no axis 1, and in a batch it is another one. How is the last axis called, whatever their number?",
            ),
            "all-axes": (
                _scaled_first(lambda scaled: _softmax_along(scaled, None)),
                _scaled_first(lambda scaled: share_out(np.exp(scaled), None)),
                _scaled_first(lambda scaled: share_out(np.exp(shifted(scaled)), None)),
                "Your weights sum to 1 over the whole array. Each row shall sum to 1 by itself: name the axis, and keep it with `keepdims=True`.",
            ),
            "rows-of-a-table": (
                _scaled_first(_row_by_row),
                "This is right for a table, whose rows you take one after another. With three axes, or one, the things along the first axis are no rows: name the last axis instead of a loop.",
            ),
            "no-keepdims": (
                _scaled_first(_without_keepdims),
                "For one row alone this works. In a table the maximum and the sum of each row must stay a column, to be paired with its row: what does `keepdims=True` do?",
            ),
            "no-shift": (
                _scaled_first(lambda scaled: share_out(np.exp(scaled))),
                _scaled_first(lambda scaled: np.nan_to_num(share_out(np.exp(scaled)))),
                _scaled_first(
                    lambda scaled: np.exp(scaled) / (np.exp(scaled).sum(axis=-1, keepdims=True) + 1e-8)
                ),
                "The formula is right, but `np.exp(1000)` overflows to infinity and `np.exp(-1000)` is 0, so some weights are lost. Subtract the largest score of each row first: what does that change in the weights?",
            ),
            "one-shift-for-all": (
                _scaled_first(lambda scaled: share_out(np.exp(scaled - scaled.max()))),
                "You subtract the largest of all scores. In a row that lies far below it, every `exp` becomes 0, and 0/0 is NaN: subtract each row's own maximum.",
            ),
            "too-small-a-shift": (
                _scaled_first(lambda scaled: share_out(np.exp(scaled - scaled.min(axis=-1, keepdims=True)))),
                _scaled_first(lambda scaled: share_out(np.exp(scaled - scaled.mean(axis=-1, keepdims=True)))),
                "Something is subtracted, but some exponents are still far above 0, and their `exp` overflows. Which number of the row must go, so that no exponent is above 0?",
            ),
            "shift-not-divided": (
                lambda scores, temperature: share_out(
                    np.exp(scores / temperature - scores.max(axis=-1, keepdims=True))
                ),
                "The formula is right, but the largest score is taken before the division by the temperature, so an exponent can still be large, or all of them very low. Divide first; then take the maximum.",
            ),
            "shift-down-the-columns": (
                _scaled_first(lambda scaled: share_out(np.exp(shifted(scaled, 0)))),
                "The maximum is that of each column, so you subtract different numbers within a row, and that changes its weights. Subtract one number from a whole row: its own maximum.",
            ),
            "temperature-forgotten": (
                lambda scores, temperature: softmax(scores),
                lambda scores, temperature: share_out(np.exp(scores)),
                "This is softmax at temperature 1, whatever the temperature is. Where should the scores be divided by it?",
            ),
            "temperature-multiplied": (
                lambda scores, temperature: softmax(scores * temperature),
                lambda scores, temperature: share_out(np.exp(scores * temperature)),
                "You multiplied the scores by the temperature. A high temperature brings the weights closer together: which operation does that?",
            ),
            "other-temperature": (
                lambda scores, temperature: softmax(scores / np.sqrt(temperature)),
                lambda scores, temperature: softmax(scores / temperature**2),
                "The temperature has another strength here than asked: divide the scores by the temperature itself, once.",
            ),
            "rows-not-one": (
                lambda scores, temperature: softmax(scores) / temperature,
                lambda scores, temperature: softmax(scores) ** temperature,
                lambda scores, temperature: softmax(scores) ** (1 / temperature),
                _scaled_first(np.exp),
                _scaled_first(lambda scaled: np.exp(shifted(scaled))),
                _scaled_first(
                    lambda scaled: np.exp(shifted(scaled)) / np.exp(scaled).sum(axis=-1, keepdims=True)
                ),
                _scaled_first(
                    lambda scaled: np.exp(scaled) / np.exp(shifted(scaled)).sum(axis=-1, keepdims=True)
                ),
                lambda scores, temperature: (
                    np.exp(shifted(scores / temperature))
                    / np.exp(shifted(scores)).sum(axis=-1, keepdims=True)
                ),
                "Your rows do not sum to 1. Make the exponentials once, temperature and shift included, and divide each row of them by their own sum.",
            ),
            "no-exponential": (
                _scaled_first(lambda scaled: scaled / scaled.sum(axis=-1, keepdims=True)),
                _scaled_first(lambda scaled: share_out(shifted(scaled))),
                "You divided by the sum without taking `exp` first. Then weights can be negative, or larger for lower scores.",
            ),
            "turned-round": (
                _scaled_first(lambda scaled: softmax(-scaled)),
                "The lowest score gets the largest weight here: a sign is turned round.",
            ),
        }
    ),
    hints=(
        "Along which axis do the keys lie, and what must the weights of one query sum to?",
        "If you subtract the same number from all scores of a row, what happens to the weights? Which number makes the largest exponent 0?",
        "Divide by the temperature first, and use `keepdims=True` in both `max` and `sum`, so that the shapes fit.",
        "The second line is `exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))`.",
    ),
    solution_code="""
def softmax_rows(scores, temperature):
    scaled = scores / temperature
    exponentials = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)
""",
    why="Subtracting a row's largest score divides its exponentials and their sum by the same number: the weights stay the same, and the largest exponent is 0, so nothing overflows.",
    notice="Two rows 2000 apart in score have ordinary weights: only differences within a row matter.",
)


def _attend(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    scores = queries @ np.swapaxes(keys, -1, -2) / np.sqrt(queries.shape[-1])
    return softmax(scores, axis=-1) @ values


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
    misconceptions=slips_of(
        {
            "weights-for-output": (
                lambda queries, keys, values: softmax(scaled_dot(queries, keys)),
                lambda queries, keys, values: scaled_dot(queries, keys),
                "You stopped before the last step. The output is what weights are for: for each query the sum of the values, each times its weight.",
            ),
            "weights-too": (
                lambda queries, keys, values: (
                    softmax(scaled_dot(queries, keys)) @ values,
                    softmax(scaled_dot(queries, keys)),
                ),
                "The output is right. Give it back alone, without the weights.",
            ),
            "not-summed": (
                lambda queries, keys, values: (
                    softmax(scaled_dot(queries, keys))[..., None] * values[..., None, :, :]
                ),
                lambda queries, keys, values: softmax(scaled_dot(queries, keys)) * values,
                lambda queries, keys, values: softmax(queries * keys / np.sqrt(keys.shape[-1])) * values,
                "You multiplied weights and values by `*` and stopped, as the article does. The output of a query is the sum of its weighted values; `@` multiplies and sums at once.",
            ),
            "softmax-over-queries": (
                attend_by(scaled_dot, axis=-2),
                attend_by(scaled_dot, axis=0),
                attend_by(lambda queries, keys: queries @ keys.T / np.sqrt(keys.shape[-1]), axis=0),
                attend_by(lambda queries, keys: queries @ turned(keys), axis=0),
                "The softmax runs along the wrong axis. Each query shares its attention among the keys, which lie along the last axis of the scores.",
            ),
            "axis-one": (
                attend_by(scaled_dot, axis=1),
                "Axis 1 is that of the keys in a table only; in a batch it is that of the queries. The keys always lie along the last axis.",
            ),
            "no-softmax": (
                lambda queries, keys, values: scaled_dot(queries, keys) @ values,
                lambda queries, keys, values: queries @ turned(keys) @ values,
                "You summed the values by the raw scores. Scores may be negative and do not sum to 1: the softmax turns them into weights.",
            ),
            "not-shared-out": (
                lambda queries, keys, values: np.exp(scaled_dot(queries, keys)) @ values,
                lambda queries, keys, values: share_out(np.exp(scaled_dot(queries, keys)), None) @ values,
                lambda queries, keys, values: share_out(scaled_dot(queries, keys)) @ values,
                "Your weights are no softmax along a row: each is `exp` of a score, divided by the sum of its row.",
            ),
            "scaled-afterwards": (
                lambda queries, keys, values: (
                    softmax(queries @ turned(keys)) @ values / np.sqrt(keys.shape[-1])
                ),
                "You divided by √d_k after the softmax. It belongs to the scores, before the softmax.",
            ),
            "weights-turned": (
                lambda queries, keys, values: turned(softmax(scaled_dot(queries, keys))) @ values,
                "Your weights are turned over. They need one row for each query, with its weights for all keys.",
            ),
            "divided-by-size-of-values": (
                lambda queries, keys, values: (
                    softmax(queries @ turned(keys) / np.sqrt(values.shape[-1])) @ values
                ),
                "You divided by the root of d_v. The scores are made of queries and keys: which size do these two share?",
            ),
            **slips_of_scaled_scores(attend_by),
            "values-first": (
                lambda queries, keys, values: values @ softmax(scaled_dot(queries, keys)),
                "You multiplied values by weights. Each row of weights must meet the values: which of them stands on the left?",
            ),
            "keys-for-values": (
                lambda queries, keys, values: softmax(scaled_dot(queries, keys)) @ keys,
                "You summed the keys. They only make the weights; the output is made of values.",
            ),
        }
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
    why="The first product gives one score for each pair, the softmax shares each query's attention among the keys, and the second product multiplies and sums the values.",
    notice="Every output lies between the smallest and the largest value: it is an average, with weights.",
)


def _three_tokens(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    scores = np.outer(queries, keys)
    return softmax(scores, axis=-1) @ values


def _weighed(score: Callable, finish: Callable) -> Callable:
    return lambda queries, keys, values: finish(softmax(score(queries, keys)), values)


def _rooted(score: Callable) -> Callable:
    return lambda queries, keys: score(queries, keys) / np.sqrt(len(keys))


def _by_queries(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.sum(weights * values, axis=0)


def _added_up(weights: np.ndarray, values: np.ndarray) -> float:
    return np.sum(weights * values)


def _as_column(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return weights @ values[:, np.newaxis]


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
    misconceptions=slips_of(
        {
            "element-wise-scores": (
                _weighed(np.multiply, np.multiply),
                "You mended the scale, and d_k is 1 indeed. But `queries * keys` still pairs the first query with the first key only: each query must meet every key. And the weighted values are not summed.",
            ),
            "summed-only": (
                _weighed(_rooted(np.multiply), np.matmul),
                "Now the values are summed, and there is one output in all. Each query must meet every key: there should be n_queries outputs, from n_queries × n_keys scores. Then look at the scale.",
            ),
            "table-missing": (
                _weighed(np.multiply, np.matmul),
                "Scale and sum are right now. But there is one output in all: `queries * keys` pairs each query with one key only. How many scores do three queries and three keys have?",
            ),
            "table-alone": (
                _weighed(_rooted(np.outer), np.multiply),
                "Every query meets every key now. Two faults are left: what is d_k, when a key is one number? And each row holds weighted values side by side: what makes one output of them?",
            ),
            "scaled-by-number-of-tokens": (
                _weighed(_rooted(np.outer), np.matmul),
                _weighed(_rooted(_rooted(np.outer)), np.matmul),
                _weighed(lambda queries, keys: np.outer(queries, keys) / np.sqrt(len(queries)), np.matmul),
                _weighed(lambda queries, keys: np.outer(queries, keys) / np.sqrt(3), np.matmul),
                _weighed(lambda queries, keys: np.outer(queries, keys) * np.sqrt(len(keys)), np.matmul),
                "Scores and sum are right now. But the scale is √d_k, from the size of one key, and each key here is a single number; how many there are plays no part.",
            ),
            "not-summed": (
                _weighed(np.outer, np.multiply),
                "The weights are right now. But each row still holds weighted values side by side: sum them, so that there is one output for each query.",
            ),
            "one-total": (
                _weighed(np.outer, _added_up),
                _weighed(_rooted(np.outer), _added_up),
                "Everything is added up to one number. There should be one output for each query: sum along each row.",
            ),
            "summed-down": (
                _weighed(np.outer, _by_queries),
                _weighed(_rooted(np.outer), _by_queries),
                _weighed(np.outer, lambda weights, values: weights.T @ values),
                "You summed over the queries. The output of a query sums over the keys, along its own row.",
            ),
            "mean": (
                _weighed(np.outer, lambda weights, values: np.mean(weights * values, axis=-1)),
                "You took the mean of the weighted values. The weights of a row sum to 1 already: add.",
            ),
            "softmax-over-queries": (
                lambda queries, keys, values: softmax(np.outer(queries, keys), axis=0) @ values,
                lambda queries, keys, values: softmax(_rooted(np.outer)(queries, keys), axis=0) @ values,
                "The softmax runs over the queries. Each query shares its attention among the keys, along the last axis.",
            ),
            "transposed-scores": (
                _weighed(lambda queries, keys: np.outer(keys, queries), np.matmul),
                _weighed(lambda queries, keys: _rooted(np.outer)(keys, queries), np.matmul),
                "Your scores have one row for each key. They need one row for each query.",
            ),
            "left-as-a-column": (
                _weighed(np.outer, _as_column),
                "The numbers are right, as a column, (n_queries, 1). The output has one axis, (n_queries,).",
            ),
            "column-and-scale": (
                _weighed(_rooted(np.outer), _as_column),
                "Two things: the output has one axis, and you give back a column; and what is d_k, when a key is one number?",
            ),
            "weights-alone": (
                _weighed(np.outer, lambda weights, values: weights),
                "These are the weights, and they are right. The output sums the values, each times its weight.",
            ),
            "no-softmax": (
                lambda queries, keys, values: np.outer(queries, keys) @ values,
                "These are the values summed by raw scores. Which step turns scores into weights that sum to 1?",
            ),
        }
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
    why="Every query meets every key, so the scores form a table; d_k = 1, so there is nothing to divide by; and `@` sums the weighted values of each row.",
    notice="Queries 1, 2, 3 give 8.575, 8.851, 8.948: a larger query leans more to the largest key.",
)


def _masked_weights(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return softmax(np.where(mask, scores, -np.inf), axis=-1)


def _shared_out_again(axis: int | None, keepdims: bool = True) -> Callable:
    """Return a function that zeroes hidden weights and divides the rest by their sum along an axis."""

    def weigh(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
        kept = softmax(scores) * mask
        return kept / kept.sum(axis=axis, keepdims=keepdims)

    return weigh


def _hidden_score(low: Callable) -> Callable:
    """Return a softmax in which hidden keys have a score that the scores give."""
    return lambda scores, mask: softmax(np.where(mask, scores, low(scores)))


def _hidden_inverted(low: float) -> Callable:
    """Return a softmax that hides the keys that may be attended to."""
    return lambda scores, mask: softmax(np.where(mask, low, scores))


masked_weights = Exercise(
    name="masked_weights",
    lesson="softmax-attention",
    title="Repair a mask that loses weight",
    kind="repair",
    prompt="""
The mask is True where a query may attend to a key. This function hides the other keys, but its rows no
longer sum to 1. Repair it: hidden keys get weight exactly 0, also in rows whose scores lie near -1000,
and each row sums to 1. Every query may attend to at least one key.
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
        (
            np.array([[-1000.0, -1001.0, -999.5], [0.0, 2.0, -1.0], [-1000.0, -908.0, -1002.0]]),
            np.array([[True, True, False], [True, False, True], [True, False, True]]),
        ),
    ),
    misconceptions=slips_of(
        {
            "mask-after-softmax": (
                lambda scores, mask: softmax(scores) * mask,
                lambda scores, mask: np.where(mask, softmax(scores), -np.inf),
                "The mask still comes after the softmax, so the rows do not sum to 1: the weight of hidden keys is lost. Hide the keys before the weights are shared out, or share them out again.",
            ),
            "score-zero": (
                _hidden_score(lambda scores: 0.0),
                "A score of 0 is a score like any other: `exp(0)` is 1, so hidden keys still get weight. Which score has an `exp` of 0?",
            ),
            "score-zero-and-after": (
                lambda scores, mask: softmax(scores * mask) * mask,
                "Hidden keys have weight 0 now, but they still take part in the sum below, with a score of 0, so rows do not sum to 1.",
            ),
            "finite-low-score": (
                *(
                    _hidden_score(lambda scores, low=low: low)
                    for low in (-1.0, -5.0, -10.0, -20.0, -999.0, -1000.0)
                ),
                *(lambda scores, mask, low=low: softmax(scores - low * ~mask) for low in (1, 10, 100)),
                *(_hidden_score(lambda scores, less=less: scores.min() - less) for less in (1, 10)),
                "Hidden keys have a low score now, but a finite one: their weight is small, not 0, and where all scores are low they win. Which score has an `exp` of exactly 0?",
            ),
            "mask-inverted": (
                _hidden_inverted(-np.inf),
                _hidden_inverted(-1e9),
                _hidden_inverted(0.0),
                lambda scores, mask: share_out(softmax(scores) * ~mask),
                "The mask is turned round: you hid the keys that may be attended to. True means: may be attended to.",
            ),
            "shared-over-queries": (
                _shared_out_again(axis=-2),
                _shared_out_again(axis=0),
                "You share the weights out again, but along another axis than that of the keys. Each row, along the last axis, must sum to 1.",
            ),
            "axis-one": (
                _shared_out_again(axis=1),
                lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=1),
                "For a table this is right. In a batch axis 1 is that of the queries: the keys always lie along the last axis.",
            ),
            "shared-over-all": (
                _shared_out_again(axis=None),
                "All rows together sum to 1 now. Each row must: name the axis, and keep it with `keepdims=True`.",
            ),
            "no-keepdims": (
                _shared_out_again(axis=-1, keepdims=False),
                "You share the weights out again. But the sum of each row must stay a column, to divide its own row: `keepdims=True`.",
            ),
            "softmax-over-queries": (
                lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=-2),
                lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=0),
                "The softmax runs along another axis than that of the keys. Each row, along the last axis, must sum to 1.",
            ),
            "softmax-twice": (
                lambda scores, mask: softmax(np.where(mask, softmax(scores), -np.inf)),
                lambda scores, mask: softmax(np.where(mask, softmax(scores), 0.0)),
                "The softmax is taken twice: the second time weights go in, as if they were scores, and come out nearly alike. Hide scores, not weights.",
            ),
            "infinity-times-score": (
                lambda scores, mask: softmax(scores * np.where(mask, 1.0, -np.inf)),
                "You multiply hidden scores by minus infinity: a negative one becomes plus infinity. Put -inf in its place.",
            ),
            "zeros-hidden": (
                lambda scores, mask: softmax(np.where(scores * mask == 0, -np.inf, scores)),
                "Every score of 0 is hidden here, those that may be attended to as well. Ask the mask, not the product.",
            ),
            "underflow": (
                lambda scores, mask: share_out(np.exp(scores) * mask),
                "Right, but for low scores: in a row near -1000 the exponentials of all keys that count are 0 here, and 0/0 is `nan`. Hide the scores before the softmax.",
            ),
            "no-mask": (
                lambda scores, mask: softmax(scores),
                "Nothing is hidden now.",
            ),
            "not-shared-out": (
                lambda scores, mask: np.exp(np.where(mask, scores, -np.inf)),
                "These are exponentials. Divide each row by its sum, or let `softmax` do both.",
            ),
        }
    ),
    hints=(
        "Where does the weight of a hidden key go? Where should it go?",
        "Which score gets weight 0 from softmax? Or: what would make a row sum to 1 again?",
        "Look at the order of the two lines: put the mask before the softmax, with `-np.inf` in place of `0.0`.",
    ),
    solution_code="""
def masked_weights(scores, mask):
    allowed = np.where(mask, scores, -np.inf)
    return softmax(allowed, axis=-1)
""",
    why="exp(-inf) is 0, so a hidden key gets no weight and takes no part in the sum. Dividing the masked weights by their row's sum gives the same numbers.",
    notice="In the first row of a causal mask one key is left, and it has weight 1 whatever its score.",
)
