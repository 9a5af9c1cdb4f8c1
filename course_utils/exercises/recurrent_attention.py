"""Exercises: attention in a recurrent network, in NumPy."""

from collections.abc import Callable

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of
from course_utils.exercises.recurrent_attention_slips import half_repairs, right_gru_step

HIDDEN, SHORT, LONG = 64, 20, 60
TEXT = "3rd of May 2021"


def _bottleneck() -> list[int]:
    return [HIDDEN, HIDDEN, SHORT * HIDDEN, LONG * HIDDEN]


bottleneck = Exercise(
    name="bottleneck",
    lesson="recurrent-attention",
    title="What passes from the encoder to the decoder",
    kind="prediction",
    prompt="""
An encoder has 64 numbers for each character that it reads, and its last state has 64 numbers too. How many numbers
does the decoder get of a text of 20 characters, and of 60: first without attention (the last state), then with
attention (the numbers of all characters, their *keys*)? Write a list of four numbers.
""",
    starter="bottleneck = [..., ..., ..., ...]  # without: 20, 60 characters; with: 20, 60 characters",
    reference=_bottleneck,
    misconceptions=(
        Misconception(
            "without-grows-too",
            lambda: [SHORT * HIDDEN, LONG * HIDDEN, SHORT * HIDDEN, LONG * HIDDEN],
            "You let the state grow with the text. A recurrent network overwrites one state again and again: how "
            "long is it after 60 characters?",
        ),
        Misconception(
            "one-state-in-all",
            lambda: [HIDDEN] * 4,
            "64 is right without attention. With attention, the decoder may go back to each character's key.",
        ),
        Misconception(
            "one-number-a-character",
            lambda: [HIDDEN, HIDDEN, SHORT, LONG],
            "20 and 60 count the weights of one step. Each weight multiplies a key, and a key has 64 numbers.",
        ),
        Misconception(
            "keys-and-values",
            lambda: [HIDDEN, HIDDEN, 2 * SHORT * HIDDEN, 2 * LONG * HIDDEN],
            "You counted keys and values apart. Here the keys are the values too.",
        ),
        *slips_of(
            {
                "order": (
                    lambda: [SHORT * HIDDEN, LONG * HIDDEN, HIDDEN, HIDDEN],
                    lambda: [HIDDEN, SHORT * HIDDEN, HIDDEN, LONG * HIDDEN],
                    "These are the right numbers in another order: first both texts without attention, then both with.",
                ),
                "both-directions": (
                    lambda: [2 * HIDDEN, 2 * HIDDEN, SHORT * HIDDEN, LONG * HIDDEN],
                    "You counted the last state twice. Here its 64 numbers are all that it has.",
                ),
                "ten-contexts": (
                    lambda: [HIDDEN, HIDDEN, 10 * HIDDEN, 10 * HIDDEN],
                    "These are ten contexts, one for each written character. Asked are the keys they are made from.",
                ),
                "state-too": (
                    lambda: [HIDDEN, HIDDEN, SHORT * HIDDEN + HIDDEN, LONG * HIDDEN + HIDDEN],
                    "You counted the last state beside the keys. Asked are the numbers of the keys alone.",
                ),
                "without-one-a-character": (
                    lambda: [SHORT, LONG, SHORT * HIDDEN, LONG * HIDDEN],
                    "With attention it is right. Without it, the decoder gets one state: how long is that?",
                ),
            }
        ),
    ),
    hints=(
        "Does the state of a recurrent network get longer while it reads?",
        "With attention there is one key for each character read. How many numbers has a key?",
        "20 keys of 64 numbers are 1,280 numbers.",
    ),
    solution_code="bottleneck = [64, 64, 20 * 64, 60 * 64]",
    why="The last state has 64 numbers whatever was read. The keys are one for each character, so what is at hand "
    "grows with the text.",
    notice="Attention does not make the state larger. It keeps what the encoder would overwrite.",
)


def _even_shares() -> list[float]:
    return [4 / len(TEXT), 3 / len(TEXT), 1 / len(TEXT)]


even_shares = Exercise(
    name="even_shares",
    lesson="recurrent-attention",
    title="The alignment of a reader that does not look",
    kind="prediction",
    prompt="""
A reader spreads its attention evenly over the 15 characters of `3rd of May 2021`. While it writes the year, the
month and the day, what share lies on the characters that spell the year, the month and the day? Blanks count as
characters; `rd` does not spell the day. Write a list of three numbers from 0 to 1, with three decimals.
""",
    starter="even_shares = [..., ..., ...]  # year, month, day",
    reference=_even_shares,
    digits=3,
    misconceptions=(
        Misconception(
            "written-characters",
            lambda: [4 / 10, 2 / 10, 2 / 10],
            "You counted in the date that is written, 2021-05-03. Attention lies on the characters that are read.",
        ),
        Misconception(
            "a-third-each",
            lambda: [1 / 3] * 3,
            "You shared it among three fields. Even means even over all characters that are read.",
        ),
        Misconception(
            "fields-only",
            lambda: [4 / 8, 3 / 8, 1 / 8],
            "You left out `rd`, `of` and the blanks. Even attention lies on them as well.",
        ),
        Misconception(
            "without-blanks",
            lambda: [4 / 12, 3 / 12, 1 / 12],
            "You left out the three blanks. The reader reads them as characters, and attends to them too.",
        ),
        Misconception(
            "ordinal-counted",
            lambda: [4 / 15, 3 / 15, 3 / 15],
            "Year and month are right. Of `3rd`, only the 3 spells the day.",
        ),
        *slips_of(
            {
                "as-in-the-lesson": (
                    lambda: [0.15, 0.17, 0.07],
                    "These are the lesson's shares, over many texts. Here is one text of 15 characters: count.",
                ),
                "counts": (
                    lambda: [4, 3, 1],
                    "These are counts of characters. What share of the 15 is that?",
                ),
                "order": (
                    lambda: [1 / 15, 3 / 15, 4 / 15],
                    "These are the right shares in the order of the text. Asked are year, month and day.",
                ),
                "one-character": (
                    lambda: [1 / 15] * 3,
                    "That is the weight of one character. How many characters spell the year, and the month?",
                ),
                "digits-written": (
                    lambda: [4 / 15, 2 / 15, 2 / 15],
                    "The year is right. The month and the day are read here as `May` and `3`, not as two digits.",
                ),
                "without-blanks-but-ordinal": (
                    lambda: [4 / 12, 3 / 12, 3 / 12],
                    "Blanks are characters too, so there are 15. And of `3rd`, only the 3 spells the day.",
                ),
            }
        ),
    ),
    hints=(
        "How much weight does one of 15 characters get?",
        "How many of them spell the year?",
        "Four characters of 15 spell the year: 4/15.",
    ),
    solution_code="even_shares = [4 / 15, 3 / 15, 1 / 15]",
    why="Each character gets 1/15, so a field gets as many fifteenths as it has characters.",
    notice="A share of 0.27 on the year is no sign of looking. This is the control for every score of an alignment.",
)


def _leak() -> float:
    return 8 / 20


leak = Exercise(
    name="leak",
    lesson="recurrent-attention",
    title="What padding takes",
    kind="prediction",
    prompt="""
A text of 12 characters stands in a batch whose longest text has 20. All scores are 0, those of the padding too, and
the mask was forgotten. What share of the attention lies on padding? Write one number from 0 to 1, with two decimals.
""",
    starter="leak = ...",
    reference=_leak,
    digits=2,
    misconceptions=(
        Misconception(
            "nothing",
            lambda: 0.0,
            "A score of 0 is not a weight of 0: exp(0) is 1. Without a mask, padding is a key like any other.",
        ),
        Misconception(
            "against-the-text",
            lambda: 8 / 12,
            "You compared padding with text. A share is a part of the whole: how many places are there in all?",
        ),
        Misconception(
            "the-text",
            lambda: 12 / 20,
            "This is the share that is left for the text.",
        ),
        Misconception(
            "one-place",
            lambda: 1 / 20,
            "This is the weight of one place. How many places are padding?",
        ),
        Misconception(
            "half",
            lambda: 0.5,
            "Text and padding do not share half and half: each *place* takes its part.",
        ),
        *slips_of(
            {
                "count": (lambda: 8.0, "8 places are padding. What share of all places is that?"),
                "one-of-the-text": (
                    lambda: 1 / 12,
                    lambda: 1 / 8,
                    "That is what one place would get if only a part of the 20 took part. All 20 have the score 0.",
                ),
                "all": (
                    lambda: 1.0,
                    "Not all: the text's places have the score 0 as well, and get their part.",
                ),
                "upside-down": (
                    lambda: 20 / 8,
                    lambda: 12 / 8,
                    "A share is at most 1: divide the places of padding by all places.",
                ),
            }
        ),
    ),
    hints=(
        "What does softmax make of 20 equal scores?",
        "How many of the 20 places are padding?",
        "Each place gets 1/20, and 8 of them are padding.",
    ),
    solution_code="leak = 8 / 20",
    why="Twenty equal scores get 1/20 each, and eight of the places are padding.",
    notice="Beside a text of 60 characters the same text would lose 48/60: the answer would depend on its company.",
)


def _decoder_context(
    query: np.ndarray, keys: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray
) -> np.ndarray:
    scores = np.tanh(query @ W + keys @ U) @ v
    return softmax(scores) @ keys


def _case(n_keys: int, d_query: int, d_key: int, hidden: int, seed: int) -> tuple:
    return (
        normal(d_query, seed=seed),
        normal(n_keys, d_key, seed=seed + 1),
        normal(d_query, hidden, seed=seed + 2),
        normal(d_key, hidden, seed=seed + 3),
        normal(hidden, seed=seed + 4),
    )


def _attend_with(score: Callable) -> Callable:
    """Build a wrong step from how it scores, given query W and keys U, and v."""

    def step(query: np.ndarray, keys: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray) -> np.ndarray:
        return softmax(score(query @ W, keys @ U, v)) @ keys

    return step


def _context_by(use: Callable) -> Callable:
    """Build a wrong step from what it does with the scores and the keys."""

    def step(query: np.ndarray, keys: np.ndarray, W: np.ndarray, U: np.ndarray, v: np.ndarray) -> np.ndarray:
        return use(np.tanh(query @ W + keys @ U) @ v, keys)

    return step


_CONTEXTS = {
    "matrices-exchanged": (
        lambda query, keys, W, U, v: _decoder_context(query, keys, U, W, v),
        "W and U have changed places: W is for the query, U for the keys.",
    ),
    "summed-over-components": (
        _context_by(lambda scores, keys: keys @ softmax(scores)),
        _context_by(lambda scores, keys: (softmax(scores)[:, None] * keys).sum(axis=1)),
        "Your sum runs over the d_k components of the keys. Each weight belongs to one *key*: sum over the keys.",
    ),
    "divided-by-n": (
        _context_by(lambda scores, keys: softmax(scores) @ keys / len(keys)),
        "Your result is the weighted sum divided by the number of keys. The weights sum to 1 already.",
    ),
    "all-weights-one": (
        _context_by(lambda scores, keys: keys.sum(axis=0)),
        "Your result is the plain sum of all keys, as if each weight were 1. Along which axis does the softmax run?",
    ),
    "matrix-on-the-left": (
        lambda query, keys, W, U, v: softmax(np.tanh(W @ query + keys @ U) @ v) @ keys,
        lambda query, keys, W, U, v: softmax(v @ np.tanh((W @ query)[:, None] + U @ keys.T)) @ keys,
        lambda query, keys, W, U, v: softmax(np.tanh(W @ query + U @ keys.T) @ v) @ keys,
        "A product is turned round: `query @ W` is not `W @ query`. Write query and keys to the left of their matrix.",
    ),
    "tanh-last": (
        _attend_with(lambda q, k, v: np.tanh((q + k) @ v)),
        "Your result is that of a tanh around the finished score. It belongs around the sum, before v.",
    ),
    "no-v": (
        _attend_with(lambda q, k, v: np.tanh(q + k).sum(axis=-1)),
        _attend_with(lambda q, k, v: np.tanh(q + k).mean(axis=-1)),
        "Your result takes every hidden number alike. v says how much each one counts.",
    ),
    "multiplied": (
        _attend_with(lambda q, k, v: np.tanh(q * k) @ v),
        _attend_with(lambda q, k, v: (q * k) @ v),
        "Query and keys are multiplied here. Additive attention adds them.",
    ),
    "scaled": (
        _attend_with(lambda q, k, v: np.tanh(q + k) @ v / np.sqrt(len(v))),
        _attend_with(lambda q, k, v: np.tanh(q + k) @ v / np.sqrt(len(k))),
        _context_by(lambda scores, keys: softmax(scores / np.sqrt(keys.shape[1])) @ keys),
        "Your result is that of scores divided by a square root. That belongs to dot products; here nothing is divided.",
    ),
    "softmax-over-hidden": (
        lambda query, keys, W, U, v: softmax(np.tanh(query @ W + keys @ U)) @ v @ keys,
        "The softmax runs over the hidden numbers here. Compute one score a key first; it shares out among keys.",
    ),
    "sum-forgotten": (
        _context_by(lambda scores, keys: softmax(scores)[:, None] * keys),
        "Each key is multiplied by its weight. Now add them up: one vector of d_k numbers.",
    ),
    "divided-by-sum": (
        _context_by(lambda scores, keys: scores / scores.sum() @ keys),
        "You divided the scores by their sum. Softmax takes the exponential first.",
    ),
    "exponential-alone": (
        _context_by(lambda scores, keys: np.exp(scores) @ keys),
        "The exponentials still have to be divided by their sum.",
    ),
    "best-key": (
        _context_by(lambda scores, keys: keys[scores.argmax()]),
        "You gave the key with the largest score. Attention mixes: every key counts with its weight.",
    ),
    "weights-too": (
        _context_by(lambda scores, keys: (softmax(scores) @ keys, softmax(scores))),
        _context_by(lambda scores, keys: (softmax(scores), softmax(scores) @ keys)),
        "You gave the weights beside the context. Asked is the context alone.",
    ),
}


decoder_context = Exercise(
    name="decoder_context",
    lesson="recurrent-attention",
    title="One step of additive attention",
    kind="code",
    prompt="""
Write one step of the decoder's attention: score each key against the query by v · tanh(query W + key U), take the
softmax of the scores, and give the weighted sum of the keys. Use `softmax` or write your own.
""",
    starter='''
def decoder_context(query, keys, W, U, v):
    """Shapes: query (d_q,), keys (n, d_k), W (d_q, hidden), U (d_k, hidden), v (hidden,). Gives (d_k,)."""
    ...
''',
    reference=_decoder_context,
    cases=(_case(3, 3, 3, 3, 631), _case(4, 3, 2, 5, 601), _case(3, 2, 4, 3, 611), _case(6, 4, 3, 2, 621)),
    misconceptions=(
        Misconception(
            "no-softmax",
            lambda query, keys, W, U, v: np.tanh(query @ W + keys @ U) @ v @ keys,
            "You summed the keys by their raw scores. Softmax turns scores into weights that sum to 1.",
        ),
        Misconception(
            "no-tanh",
            lambda query, keys, W, U, v: softmax((query @ W + keys @ U) @ v) @ keys,
            "You left out the tanh. Without it the query adds the same number to every score, and softmax "
            "cancels it: the step would look at the same place whatever the state is.",
        ),
        Misconception(
            "no-query",
            lambda query, keys, W, U, v: softmax(np.tanh(keys @ U) @ v) @ keys,
            "Your result does not depend on the query. Is it in the scores? And inside the tanh, added to the keys' "
            "part? What is the same for every key, softmax cancels.",
        ),
        Misconception(
            "scores-for-output",
            lambda query, keys, W, U, v: np.tanh(query @ W + keys @ U) @ v,
            "These are the scores. Softmax and the weighted sum of the keys are still to come.",
        ),
        Misconception(
            "weights-for-output",
            lambda query, keys, W, U, v: softmax(np.tanh(query @ W + keys @ U) @ v),
            "These are the weights. The context is what they are for: the weighted sum of the keys.",
        ),
        Misconception(
            "average",
            lambda query, keys, W, U, v: keys.mean(axis=0),
            "Your result averages all keys alike. The scores decide how much each one counts.",
        ),
        Misconception(
            "projected-keys",
            lambda query, keys, W, U, v: softmax(np.tanh(query @ W + keys @ U) @ v) @ (keys @ U),
            "The weights are right. But they weigh the keys themselves; U serves the scores alone.",
        ),
        *slips_of(_CONTEXTS),
    ),
    hints=(
        "What shape has `query @ W`, and what shape has `keys @ U`? NumPy adds the first to each row of the second.",
        "`np.tanh(...) @ v` gives one score for each key.",
        "Weights times keys, summed over the keys, is `weights @ keys`.",
    ),
    solution_code="""
def decoder_context(query, keys, W, U, v):
    scores = np.tanh(query @ W + keys @ U) @ v
    weights = softmax(scores)
    return weights @ keys
""",
    why="(n, hidden) @ (hidden,) is one score for each key; softmax shares one attention among them; "
    "(n,) @ (n, d_k) is the weighted sum.",
    notice="The tanh is what lets the query change the order of the keys.",
)


gru_step = Exercise(
    name="gru_step",
    lesson="recurrent-attention",
    title="Repair a GRU that forgets",
    kind="repair",
    prompt="""
One step of a GRU as PyTorch computes it, without biases. `W` and `U` hold three matrices each: for reset, update
and candidate. The function has two faults: one gate is used the wrong way round, and one in the wrong place.
`sigmoid` is the function of the lesson.
""",
    starter='''
def gru_step(x, h, W, U):
    """Shapes: x (d_in,), h (d,), W (3, d_in, d), U (3, d, d). Gives the new state, (d,)."""
    r = sigmoid(x @ W[0] + h @ U[0])
    z = sigmoid(x @ W[1] + h @ U[1])
    n = np.tanh(x @ W[2] + h @ U[2])
    return z * n + (1 - z) * r * h
''',
    reference=right_gru_step,
    cases=(
        (normal(3, seed=631), normal(2, seed=632), normal(3, 3, 2, seed=633), normal(3, 2, 2, seed=634)),
        (normal(2, seed=635), normal(4, seed=636), normal(3, 2, 4, seed=637), normal(3, 4, 4, seed=638)),
        (normal(1, seed=639), normal(3, seed=640), normal(3, 1, 3, seed=641), normal(3, 3, 3, seed=642)),
    ),
    misconceptions=tuple(half_repairs()),
    hints=(
        "Which line computes r, and which line uses it?",
        "With z near 1 the unit should keep its state. What does the last line do then?",
        "In the third line, r multiplies `h @ U[2]`; in the last line, z multiplies h.",
    ),
    solution_code="""
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gru_step(x, h, W, U):
    r = sigmoid(x @ W[0] + h @ U[0])
    z = sigmoid(x @ W[1] + h @ U[1])
    n = np.tanh(x @ W[2] + r * (h @ U[2]))
    return (1 - z) * n + z * h
""",
    why="The candidate sees the old state through r; the new state keeps a share z of the old and takes 1 - z of the "
    "candidate.",
    notice="With z near 1 a state lasts for many steps: that is how a GRU remembers.",
)


def _padded_weights(scores: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    mask = np.arange(scores.shape[1]) < lengths[:, None]
    return softmax(np.where(mask, scores, -np.inf))


def _with_mask(weigh: Callable) -> Callable:
    """Build a wrong answer from how it uses scores and mask."""
    return lambda scores, lengths: weigh(scores, np.arange(scores.shape[1]) < lengths[:, None])


def _unguarded(scores: np.ndarray) -> np.ndarray:
    """Take a softmax that gives NaN where all scores are -inf, as SciPy's and PyTorch's do."""
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


_MASKS = {
    "nothing-but-nan": (
        _with_mask(lambda scores, mask: scores * np.nan),
        "Every weight is NaN: 0 times infinity is no number. `np.where` chooses between two scores without multiplying.",
    ),
    "infinite-score": (
        _with_mask(lambda scores, mask: softmax(np.where(mask, scores, np.inf))),
        "It stops where a text has padding, since its scores hold +infinity or NaN there. Which infinity has the "
        "exponential 0?",
    ),
    "exponentials-vanish": (
        _with_mask(
            lambda scores, mask: np.exp(scores) * mask / (np.exp(scores) * mask).sum(1, keepdims=True)
        ),
        "Where a text's scores lie near -1000, your row is 0/0: its exponentials are too small for the computer, as "
        "they are or beside padding with a score of 0. Hide the padding first, then use `softmax`.",
    ),
    "shared-otherwise": (
        _with_mask(lambda scores, mask: softmax(scores) * mask / (softmax(scores) * mask).sum()),
        _with_mask(lambda scores, mask: softmax(scores) * mask / (softmax(scores) * mask).sum(axis=0)),
        "Padding has weight 0. But you divide by another sum than that of the row: each row sums to 1.",
    ),
    "scores-for-weights": (
        _with_mask(lambda scores, mask: np.where(mask, scores, -np.inf)),
        "These are the masked scores. The softmax is still to come.",
    ),
    "mask-turned-over": (
        _with_mask(
            lambda scores, mask: softmax(np.where(mask.all(axis=1, keepdims=True) | ~mask, scores, -np.inf))
        ),
        _with_mask(lambda scores, mask: softmax(np.where(mask, -np.inf, scores))),
        _with_mask(lambda scores, mask: softmax(np.where(mask, -1e9, scores))),
        _with_mask(lambda scores, mask: _unguarded(np.where(mask, -np.inf, scores))),
        "You hid the text and kept the padding. The mask is True for text.",
    ),
    "finite-low-score": (
        *(
            _with_mask(lambda scores, mask, low=low: softmax(np.where(mask, scores, low)))
            for low in (-5.0, -10.0, -20.0, -999.0, -1000.0, 1e-9)
        ),
        _with_mask(lambda scores, mask: softmax(scores - 100 * ~mask)),
        _with_mask(lambda scores, mask: softmax(np.where(mask, scores, scores.min() - 10))),
        _with_mask(lambda scores, mask: softmax(np.where(mask, scores, scores.min()))),
        "Padding has a finite score: its weight is not 0, and where all scores of a text are low it even wins. Which score has an exponential of exactly 0?",
    ),
    "zeros-hidden": (
        _with_mask(lambda scores, mask: softmax(np.where(scores * mask == 0, -np.inf, scores))),
        "Every score of 0 is hidden here, a text's own 0 too. Ask the mask, not the product.",
    ),
    "over-texts": (
        _with_mask(lambda scores, mask: softmax(np.where(mask, scores, -np.inf), axis=0)),
        "Your weights are shared out down the columns, among texts. Each row is a text of its own.",
    ),
    "one-too-few": (
        lambda scores, lengths: softmax(
            np.where(np.arange(1, scores.shape[1] + 1) < lengths[:, None], scores, -np.inf)
        ),
        "The last character of each text is hidden too. Places count from 0: the last of 3 characters is at 2.",
    ),
    "zeroed-and-masked-after": (
        _with_mask(lambda scores, mask: softmax(scores * mask) * mask),
        "Padding has weight 0 now, but it still takes part in the sum below, so rows with padding do not sum to 1.",
    ),
}

padded_weights = Exercise(
    name="padded_weights",
    lesson="recurrent-attention",
    title="Repair a mask that does not mask",
    kind="repair",
    prompt="""
Each row holds the scores of one text; places from `lengths[i]` on are padding. This function tries to hide the
padding by setting its scores to 0. Repair it: padding gets weight exactly 0, also in rows whose scores lie
near -1000, and each row sums to 1.
""",
    starter='''
def padded_weights(scores, lengths):
    """Shapes: scores (n, longest), lengths (n,), each at least 1. Gives weights, (n, longest)."""
    mask = np.arange(scores.shape[1]) < lengths[:, None]  # True for text
    return softmax(scores * mask)
''',
    reference=_padded_weights,
    cases=(
        (normal(2, 5, seed=651), np.array([3, 5])),
        (normal(3, 4, seed=652), np.array([1, 4, 2])),
        (normal(2, 6, seed=653, scale=3.0), np.array([6, 4])),
        (np.array([[0.0, 2.0, 1.5, 5.0], [-1000.0, -1001.0, -905.0, -1000.0]]), np.array([3, 2])),
        (normal(2, 3, seed=654), np.array([3, 3])),
    ),
    misconceptions=(
        Misconception(
            "masked-after",
            _with_mask(lambda scores, mask: softmax(scores) * mask),
            "Padding has weight 0 now, but rows with padding no longer sum to 1: the mask comes before the softmax.",
        ),
        Misconception(
            "one-too-many",
            lambda scores, lengths: softmax(
                np.where(np.arange(scores.shape[1]) <= lengths[:, None], scores, -np.inf)
            ),
            "One place of padding is left in each row. Places count from 0: the last of 3 characters is at 2.",
        ),
        Misconception(
            "minus-one",
            _with_mask(lambda scores, mask: softmax(np.where(mask, scores, -1.0))),
            "-1 is a score like any other, and exp(-1) is not 0. Which number has an exponential of exactly 0?",
        ),
        Misconception(
            "no-mask",
            lambda scores, lengths: softmax(scores),
            "No padding is hidden at all now.",
        ),
        Misconception(
            "even",
            _with_mask(lambda scores, mask: mask / mask.sum(axis=1, keepdims=True)),
            "Padding gets 0 and rows sum to 1, but the scores play no part any more.",
        ),
        *slips_of(_MASKS),
    ),
    hints=(
        "What weight does softmax give to a score of 0?",
        "Which score gets exactly weight 0, whatever the others are?",
        "`np.where(mask, scores, -np.inf)` gives the scores that softmax needs.",
    ),
    solution_code="""
def padded_weights(scores, lengths):
    mask = np.arange(scores.shape[1]) < lengths[:, None]
    return softmax(np.where(mask, scores, -np.inf))
""",
    why="exp(-inf) is 0, so padding gets nothing and the text shares one whole.",
    notice="A score of 0 can be the largest of all: then each place of padding got more weight than any character.",
)


def _step(previous: int, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take a decoder's step: 4 characters and a start symbol, which is 4; a state of 3 numbers."""
    table, matrix, spell = normal(5, 3, seed=661), normal(3, 3, seed=662), normal(3, 4, seed=663, scale=2.0)
    state = np.tanh(state @ matrix + 2 * table[int(previous)])
    return state @ spell, state


def _read_freely(step: Callable, state: np.ndarray, start: int, n_steps: int) -> list[int]:
    previous, written = start, []
    for _ in range(n_steps):
        logits, state = step(previous, state)
        previous = np.argmax(logits)
        written.append(previous)
    return written


def _loop(
    note: Callable, keep_state: bool = True, keep_previous: bool = True, choose: Callable = np.argmax
) -> Callable:
    """Build a wrong loop from what it notes of the logits, and what it hands on."""

    def read(step: Callable, state: np.ndarray, start: int, n_steps: int) -> list:
        previous, noted = start, []
        for _ in range(n_steps):
            logits, new = step(previous, state)
            state = new if keep_state else state
            noted.append(note(logits))
            previous = choose(logits) if keep_previous else previous
        return noted

    return read


def _swapped(step: Callable, state: np.ndarray, start: int, n_steps: int) -> list:
    return _read_freely(lambda *given: step(*given)[::-1], state, start, n_steps)


_LOOPS = {
    "logits-noted": (
        _loop(np.copy),
        "You noted the logits themselves. Asked is which character has the largest.",
    ),
    "logits-handed-on": (
        _loop(np.argmax, choose=np.copy),
        "The logits are handed on as the previous character. Hand on the number of the one with the largest.",
    ),
    "results-of-step-swapped": (
        _swapped,
        "`step` gives first the logits, then the state. You took them the other way round.",
    ),
    "last-alone": (
        lambda *given: _read_freely(*given)[-1],
        lambda *given: _read_freely(*given)[-1:],
        "Only the last character comes back. Put each one into the list.",
    ),
    "same-call": (
        _loop(np.argmax, keep_state=False, keep_previous=False),
        "Every step of yours is the first: same previous character, same state. Hand both on.",
    ),
    "largest-logit-itself": (
        _loop(np.max),
        _loop(np.max, choose=np.max),
        "You noted the largest logit. Asked is *which* character has it.",
    ),
    "start-kept": (
        lambda step, state, start, n_steps: [start, *_read_freely(step, state, start, n_steps)],
        "Your list holds the start symbol too. It is given to the first step, and never written.",
    ),
    "return-in-loop": (
        lambda step, state, start, n_steps: _read_freely(step, state, start, 1),
        lambda step, state, start, n_steps: _read_freely(step, state, start, 1)[0],
        "Only the first character comes back: does `return` stand inside the loop?",
    ),
    "one-too-many": (
        lambda step, state, start, n_steps: _read_freely(step, state, start, n_steps + 1),
        "There is one character too many: take n_steps steps.",
    ),
    "state-too": (
        lambda step, state, start, n_steps: (_read_freely(step, state, start, n_steps), state),
        "You give a state beside the list. Asked is the list alone.",
    ),
}


read_freely = Exercise(
    name="read_freely",
    lesson="recurrent-attention",
    title="Let the decoder run freely",
    kind="code",
    prompt="""
Write the loop of a decoder that runs freely. `step(previous, state)` gives the logits of the next character and the
new state. Begin with `start` as the previous character; at each step take the character with the largest logit,
note it, and give it to the next step.
""",
    starter='''
def read_freely(step, state, start, n_steps):
    """Give the list of the n_steps characters (whole numbers) that the decoder writes."""
    ...
''',
    reference=_read_freely,
    cases=(
        (_step, normal(3, seed=671), 4, 6),
        (_step, normal(3, seed=672, scale=2.0), 4, 9),
        (_step, normal(3, seed=673), 2, 7),
        (_step, normal(3, seed=674), 1, 1),
    ),
    misconceptions=(
        Misconception(
            "always-start",
            _loop(np.argmax, keep_previous=False),
            "Every step of yours is given the start symbol. Give it the character that was written before.",
        ),
        Misconception(
            "old-state",
            _loop(np.argmax, keep_state=False),
            "Every step of yours begins from the first state. Keep the state that `step` gives back.",
        ),
        Misconception(
            "start-counted",
            lambda step, state, start, n_steps: [start, *_read_freely(step, state, start, n_steps - 1)],
            "Your list begins with the start symbol. It is given to the first step, and never written.",
        ),
        Misconception(
            "one-short",
            lambda step, state, start, n_steps: _read_freely(step, state, start, n_steps - 1),
            "One character is missing: take n_steps steps.",
        ),
        Misconception(
            "smallest-logit",
            _loop(np.argmin, choose=np.argmin),
            "You took the smallest logit. The likeliest character has the largest.",
        ),
        *slips_of(_LOOPS),
    ),
    hints=(
        "What does a step need, and which of it changes from step to step?",
        "`logits, state = step(previous, state)` moves the state on.",
        "`previous = np.argmax(logits)`, then put it into the list.",
    ),
    solution_code="""
def read_freely(step, state, start, n_steps):
    previous, written = start, []
    for _ in range(n_steps):
        logits, state = step(previous, state)
        previous = np.argmax(logits)
        written.append(previous)
    return written
""",
    why="Each step gets the state and the character that the step before gave.",
    notice="With teacher forcing one line differs: `previous` would be the true character.",
)
