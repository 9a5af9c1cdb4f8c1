"""Exercises: ways to score keys against queries."""

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.attention_slips import scaled_dot, slips_of_scaled_scores, turned
from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of

QUERY, KEY = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])


def _scaled_score() -> float:
    return QUERY @ KEY / np.sqrt(len(KEY))


scaled_score = Exercise(
    name="scaled_score",
    lesson="scoring-functions",
    title="One scaled score",
    kind="prediction",
    prompt="""
A scaled dot-product score is the dot product divided by √d_k, where d_k is how many numbers a key has. What
is it for the query `[1, 2, 3]` and the key `[4, 5, 6]`? Work it out by hand; write one number, to two
decimals (√3 is about 1.732).
""",
    starter="scaled_score = ...",
    reference=_scaled_score,
    digits=2,
    misconceptions=(
        Misconception(
            "no-scale",
            lambda: QUERY @ KEY,
            "32 is the dot product. It is not scaled yet: divide by √d_k, where d_k is the number of components of a key.",
        ),
        Misconception(
            "divided-by-d_k",
            lambda: QUERY @ KEY / 3,
            "You divided by d_k = 3. Divide by its square root, so that the spread of the scores, and not their variance, is brought back.",
        ),
        Misconception(
            "divided-by-length",
            lambda: QUERY @ KEY / np.linalg.norm(QUERY) / np.linalg.norm(KEY),
            "You divided by the lengths of both vectors: that is the cosine of the angle between them. The scale of attention depends on d_k only.",
        ),
        Misconception(
            "multiplied",
            lambda: QUERY @ KEY * np.sqrt(3),
            "You multiplied by √3. The scale is there to make large scores smaller: divide.",
        ),
        Misconception(
            "not-summed",
            lambda: QUERY * KEY / np.sqrt(3),
            "These are the products of the components, as in the article. A dot product is their sum: one number.",
        ),
        *slips_of(
            {
                "one-length": (
                    lambda: 32 / np.linalg.norm(KEY),
                    lambda: 32 / np.linalg.norm(QUERY),
                    "You divided by the length of a vector. The scale depends only on how many numbers a key has.",
                ),
                "other-d_k": (
                    lambda: 32 / np.sqrt(6),
                    lambda: 32 / np.sqrt(2),
                    lambda: 32 / 6,
                    lambda: 32 / 9,
                    lambda: 32 / 2,
                    "32 is the dot product, and it is divided by another number than √d_k: how many numbers has a key?",
                ),
                "sums-multiplied": (
                    lambda: 90 / np.sqrt(3),
                    lambda: 90.0,
                    "This is what the sums of the two vectors give, multiplied. Multiply number by number, then add.",
                ),
                "all-added": (
                    lambda: 21 / np.sqrt(3),
                    lambda: 21.0,
                    "This is what all six numbers add up to. Multiply each pair, then add the products.",
                ),
                "products": (
                    lambda: QUERY * KEY,
                    "These are the three products. Add them up to one number, then divide by √d_k.",
                ),
                "root-of-all": (
                    lambda: np.sqrt(32),
                    lambda: np.sqrt(32 / 3),
                    "The root is taken of the dot product too. Only d_k stands under it.",
                ),
                "mean-and-scale": (
                    lambda: 32 / 3 / np.sqrt(3),
                    "You divided by 3 and by √3. The products are added; only then comes √d_k.",
                ),
                "softmax": (
                    lambda: 1.0,
                    "This is the weight that softmax makes of one score. The score itself is asked for.",
                ),
            }
        ),
    ),
    hints=(
        "What is a dot product: three numbers or one?",
        "1·4 + 2·5 + 3·6 is the dot product. How many components has the key?",
        "Divide that sum by `np.sqrt(3)`, about 1.732.",
    ),
    solution_code="scaled_score = 32 / np.sqrt(3)",
    why="The dot product is 4 + 10 + 18 = 32, and d_k = 3, so the score is 32/√3, about 18.48.",
    notice="One query and one key have one score. The article has three here, because it leaves out the sum.",
)


def _score_spread() -> float:
    return np.sqrt(64.0)


score_spread = Exercise(
    name="score_spread",
    lesson="scoring-functions",
    title="How far dot products spread",
    kind="prediction",
    prompt="""
All components of a query and a key are independent random numbers with mean 0 and variance 1, and d_k is
64. What is the standard deviation of their dot product, before any scaling? Write one number.
""",
    starter="score_spread = ...",
    reference=_score_spread,
    digits=2,
    misconceptions=(
        Misconception(
            "variance",
            lambda: 64.0,
            "64 is the variance: each of the 64 products adds 1 to it. The standard deviation is the square root of the variance.",
        ),
        Misconception(
            "no-growth",
            lambda: 1.0,
            "That would be true after scaling. Before it, 64 independent products are added, and each adds its variance.",
        ),
        Misconception(
            "divided",
            lambda: 1 / 8,
            "You divided by √d_k. That is what scaling does afterwards, to bring this very number back to 1.",
        ),
        Misconception(
            "two-variances",
            lambda: np.sqrt(128.0),
            "You counted a variance of 2 for each product, as if query and key were added. For independent numbers with mean 0 the variances are multiplied: 1 · 1.",
        ),
        Misconception(
            "mean", lambda: 0.0, "0 is the mean of the dot product. How far do the values scatter about it?"
        ),
        *slips_of(
            {
                "squared-d_k": (
                    lambda: 64.0**2,
                    "This is 64 squared. Variances of independent numbers add up; which root do they need?",
                ),
                "twice": (
                    lambda: 16.0,
                    lambda: 32.0,
                    lambda: 128.0,
                    "Each product has variance 1 · 1, and there are 64 of them. What is the root of the sum of their variances?",
                ),
                "variance-times-spread": (
                    lambda: 64 * 8.0,
                    "The variance of one dot product is d_k, and its spread the root of that. Here both are multiplied.",
                ),
                "root-twice": (lambda: 8**0.5, "The root is taken twice. 64 is the variance."),
                "divided-by-d_k": (
                    lambda: 1 / 64,
                    "You divided by d_k. Adding products makes the spread larger, not smaller.",
                ),
            }
        ),
    ),
    hints=(
        "What is the variance of the product of two such components?",
        "Variances of independent numbers add. How many products are there?",
        "The standard deviation is `np.sqrt` of the variance, and the variance is d_k.",
    ),
    solution_code="score_spread = np.sqrt(64)",
    why="Each product has variance 1 · 1 = 1, the 64 variances add to d_k = 64, and the root of that is 8.",
    notice="The spread is √d_k, and this is exactly what the scaled score divides by.",
)


which_is_additive = Exercise(
    name="which_is_additive",
    lesson="scoring-functions",
    title="Which one is additive attention?",
    kind="prediction",
    prompt="""
Additive attention (Bahdanau, Cho & Bengio 2014) is named after the way in which it scores a key k against
a query q. W, W₁, W₂ and v are learned. Which score is it? Write one letter in quotes.
""",
    starter='which_is_additive = "..."',
    options={
        "a": "q · k / √d_k",
        "b": "v · tanh(W₁ q + W₂ k)",
        "c": "q · k, because the weighted values are added up afterwards",
        "d": "q W k",
    },
    reference=lambda: "b",
    misconceptions=(
        Misconception(
            "article-formula",
            lambda: "a",
            "The article calls this one additive. It is the scaled dot product, which multiplies query and key: Vaswani et al. (2017) set it against additive attention.",
        ),
        Misconception(
            "weighted-sum",
            lambda: "c",
            "Every kind of attention adds up weighted values at the end. The name tells how the score is made: where are query and key added to each other?",
        ),
        Misconception(
            "general",
            lambda: "d",
            "That is Luong's general score. It multiplies query and key through a matrix: where are they added to each other?",
        ),
    ),
    hints=(
        "In which formula does a plus sign stand between something made of the query and something made of the key?",
        "It is a small network with one hidden layer.",
        "Look for the tanh.",
    ),
    solution_code='which_is_additive = "b"',
    why="The projected query and the projected key are added, and a small network turns the sum into a score.",
    notice="Scaled dot product, plain dot product and general score all multiply: they are one family.",
)


def _scaled_scores(queries: np.ndarray, keys: np.ndarray) -> np.ndarray:
    d_k = keys.shape[-1]
    return queries @ np.swapaxes(keys, -1, -2) / np.sqrt(d_k)


scaled_scores = Exercise(
    name="scaled_scores",
    lesson="scoring-functions",
    title="Scaled dot products",
    kind="code",
    prompt="""
Score every key against every query by the scaled dot product. There may be leading axes, such as a batch.
""",
    starter='''
def scaled_scores(queries, keys):
    """Shapes: queries (..., n_queries, d_k), keys (..., n_keys, d_k). Gives (..., n_queries, n_keys)."""
    ...
''',
    reference=_scaled_scores,
    cases=(
        (QUERY[np.newaxis], KEY[np.newaxis]),
        (normal(2, 4, seed=51), normal(3, 4, seed=52)),
        (normal(4, 4, seed=53), normal(4, 4, seed=54)),
        (normal(2, 3, 2, seed=55), normal(2, 5, 2, seed=56)),
    ),
    misconceptions=slips_of(
        {
            **slips_of_scaled_scores(),
            "with-every-example": (
                lambda q, k: np.dot(q, turned(k)) / np.sqrt(k.shape[-1]),
                "Right for two axes. With a batch `np.dot` and `np.tensordot` pair each example with every other; `@` keeps them apart.",
            ),
            "paired-only": (
                lambda q, k: (q * k).sum(axis=-1) / np.sqrt(k.shape[-1]),
                "The first query is scored with the first key, the second with the second, and so on. Every query must meet every key.",
            ),
            "paired-only-no-scale": (
                lambda q, k: (q * k).sum(axis=-1),
                "Two things: every query must meet every key, in a sum over d_k; and the scale is missing.",
            ),
            "rows-are-keys-no-scale": (
                lambda q, k: k @ turned(q),
                "Two things: there is one row for each key, where one for each query is asked for; and the scale is missing.",
            ),
            "softmax-too": (
                lambda q, k: softmax(scaled_dot(q, k)),
                lambda q, k: softmax(q @ turned(k)),
                lambda q, k: softmax(q @ k.T / np.sqrt(k.shape[-1])),
                "These are weights. The scores are asked for, before the softmax.",
            ),
            "one-number": (
                lambda q, k: (q * k).sum() / np.sqrt(k.shape[-1]),
                "All products are summed into one number. Each pair of query and key has a score.",
            ),
        }
    ),
    hints=(
        "Which shape should the result have when there are 2 queries and 3 keys?",
        "`keys` must be turned over before `@`: which two axes change places, also when there is a batch in front?",
        "`np.swapaxes(keys, -1, -2)` does it, and d_k is `keys.shape[-1]`.",
        "The whole body is one line: `return queries @ np.swapaxes(keys, -1, -2) / np.sqrt(keys.shape[-1])`.",
    ),
    solution_code="""
def scaled_scores(queries, keys):
    d_k = keys.shape[-1]
    return queries @ np.swapaxes(keys, -1, -2) / np.sqrt(d_k)
""",
    why="Entry i, j is the dot product of query i and key j; √d_k brings its spread back to 1 for components of variance 1.",
    notice="`keys.T` would have turned the batch over as well: name the two axes that you mean.",
)


def _added_scores(
    queries: np.ndarray,
    keys: np.ndarray,
    query_weight: np.ndarray,
    key_weight: np.ndarray,
    vector: np.ndarray,
) -> np.ndarray:
    from_queries = (queries @ query_weight)[..., :, np.newaxis, :]
    from_keys = (keys @ key_weight)[..., np.newaxis, :, :]
    return np.tanh(from_queries + from_keys) @ vector


def _hidden(
    queries: np.ndarray, keys: np.ndarray, query_weight: np.ndarray, key_weight: np.ndarray
) -> np.ndarray:
    return (queries @ query_weight)[..., :, np.newaxis, :] + (keys @ key_weight)[..., np.newaxis, :, :]


added_scores = Exercise(
    name="added_scores",
    lesson="scoring-functions",
    title="Additive scores",
    kind="code",
    prompt="""
Score every key against every query by additive attention: v · tanh(q W₁ + k W₂). Every projected query is
added to every projected key.
""",
    starter='''
def added_scores(queries, keys, query_weight, key_weight, vector):
    """Shapes: queries (n_queries, d_q), keys (n_keys, d_k), query_weight (d_q, d_hidden),
    key_weight (d_k, d_hidden), vector (d_hidden,). Gives (n_queries, n_keys).
    """
    ...
''',
    reference=_added_scores,
    cases=(
        (
            np.array([[1.0], [2.0], [3.0]]),
            np.array([[4.0], [5.0], [6.0]]),
            np.array([[0.1]]),
            np.array([[0.1]]),
            np.array([1.0]),
        ),
        tuple(
            normal(*shape, seed=61 + number, scale=0.6)
            for number, shape in enumerate([(2, 3), (4, 5), (3, 6), (5, 6), (6,)])
        ),
        tuple(
            normal(*shape, seed=71 + number, scale=0.6)
            for number, shape in enumerate([(3, 3), (3, 3), (3, 3), (3, 3), (3,)])
        ),
    ),
    misconceptions=(
        Misconception(
            "no-tanh",
            lambda queries, keys, query_weight, key_weight, vector: (
                _hidden(queries, keys, query_weight, key_weight) @ vector
            ),
            "The tanh is missing. Without it the query only shifts all scores of its row, and softmax does not see a shift: every query would attend alike.",
        ),
        Misconception(
            "tanh-last",
            lambda queries, keys, query_weight, key_weight, vector: np.tanh(
                _hidden(queries, keys, query_weight, key_weight) @ vector
            ),
            "You applied tanh after the product with v. It belongs inside, on the hidden numbers: v · tanh(…).",
        ),
        Misconception(
            "multiplied",
            lambda queries, keys, query_weight, key_weight, vector: (
                np.tanh((queries @ query_weight)[:, np.newaxis] * (keys @ key_weight)[np.newaxis]) @ vector
            ),
            "You multiplied the projected query and the projected key. Additive attention adds them.",
        ),
        Misconception(
            "paired-only",
            lambda queries, keys, query_weight, key_weight, vector: (
                np.tanh(queries @ query_weight + keys @ key_weight) @ vector
            ),
            "You added the first query to the first key, the second to the second, and so on. Every query must meet every key: give the two arrays an extra axis each.",
        ),
        Misconception(
            "rows-are-keys",
            lambda queries, keys, query_weight, key_weight, vector: (
                (np.tanh(_hidden(queries, keys, query_weight, key_weight)) @ vector).T
            ),
            "Your scores have one row for each key. They need one row for each query.",
        ),
        Misconception(
            "vector-forgotten",
            lambda queries, keys, query_weight, key_weight, vector: np.tanh(
                _hidden(queries, keys, query_weight, key_weight)
            ).sum(axis=-1),
            "You summed the hidden numbers as they are. The vector v says how much each of them counts.",
        ),
        *slips_of(
            {
                "tanh-of-each": (
                    lambda q, k, w, u, v: (np.tanh(q @ w)[:, np.newaxis] + np.tanh(k @ u)[np.newaxis]) @ v,
                    "tanh is taken of the query's and the key's part one by one. It is taken of their sum: otherwise the query only shifts all scores of its row.",
                ),
                "not-summed": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u)) * v,
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u)),
                    "Each pair still has all its hidden numbers. v · tanh(…) is a sum over them: one number for each pair.",
                ),
                "no-tanh-no-vector": (
                    lambda q, k, w, u, v: _hidden(q, k, w, u).sum(axis=-1),
                    "Two things are missing: the tanh, and v.",
                ),
                "tanh-last-no-vector": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u).sum(axis=-1)),
                    "Two things: tanh belongs inside, on the hidden numbers, and v says how much each counts.",
                ),
                "mean-for-sum": (
                    lambda q, k, w, u, v: (np.tanh(_hidden(q, k, w, u)) * v).mean(axis=-1),
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u)).mean(axis=-1),
                    "You took a mean over the hidden numbers. v · tanh(…) is a sum, each number times its part of v.",
                ),
                "other-curve": (
                    lambda q, k, w, u, v: (1 / (1 + np.exp(-_hidden(q, k, w, u)))) @ v,
                    lambda q, k, w, u, v: np.maximum(_hidden(q, k, w, u), 0) @ v,
                    "The hidden numbers go through another curve than tanh.",
                ),
                "scaled": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u)) @ v / np.sqrt(len(v)),
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u)) @ v / np.sqrt(k.shape[-1]),
                    "The scores are right, and then divided by a root. Additive attention has no scale.",
                ),
                "softmax-too": (
                    lambda q, k, w, u, v: softmax(np.tanh(_hidden(q, k, w, u)) @ v),
                    "These are the weights. The scores are asked for, before the softmax.",
                ),
                "paired-no-tanh": (
                    lambda q, k, w, u, v: (q @ w + k @ u) @ v,
                    "Two things: every query must meet every key, and the tanh is missing.",
                ),
                "paired-tanh-last": (
                    lambda q, k, w, u, v: np.tanh((q @ w + k @ u) @ v),
                    "Two things: every query must meet every key, and tanh belongs inside, before v.",
                ),
                "one-hidden-unit": (
                    lambda q, k, w, u, v: np.tanh(q @ w + (k @ u).T) * v,
                    lambda q, k, w, u, v: np.tanh(q @ w + (k @ u).T) @ v,
                    "`.T` pairs queries with keys only while there is one hidden unit, as in the lesson's example. With several, each array needs an extra axis.",
                ),
                "one-part-outside": (
                    lambda q, k, w, u, v: ((q @ w)[:, np.newaxis] + np.tanh(k @ u)) @ v,
                    lambda q, k, w, u, v: (np.tanh(q @ w)[:, np.newaxis] + k @ u) @ v,
                    "tanh is taken of one part only. It is taken of the sum of query and key.",
                ),
                "vector-inside": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, u) * v).sum(axis=-1),
                    "v stands inside the tanh. It weighs the hidden numbers afterwards: v · tanh(…).",
                ),
                "one-number": (
                    lambda q, k, w, u, v: (np.tanh(_hidden(q, k, w, u)) @ v).sum(),
                    "Everything is added up to one number. Each pair of query and key has a score.",
                ),
                "another-axis": (
                    lambda q, k, w, u, v: (np.tanh(_hidden(q, k, w, u)) * v).sum(axis=0),
                    lambda q, k, w, u, v: (np.tanh(_hidden(q, k, w, u)) * v).sum(axis=1),
                    "The sum runs over queries or keys. It runs over the hidden numbers, the last axis.",
                ),
                "weights-transposed": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w.T, u.T)) @ v,
                    "The matrices are turned over. q W₁ multiplies as it stands: (n_queries, d_q) by (d_q, d_hidden).",
                ),
                "difference": (
                    lambda q, k, w, u, v: np.tanh((q @ w)[:, np.newaxis] - (k @ u)[np.newaxis]) @ v,
                    "The key's part is taken off. Additive attention adds it.",
                ),
                "no-weights": (
                    lambda q, k, w, u, v: np.tanh(q[:, np.newaxis] + k[np.newaxis]) @ v,
                    "Queries and keys are added as they are. Each is projected first, by a matrix of its own.",
                ),
                "weights-swapped": (
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, u, w)) @ v,
                    lambda q, k, w, u, v: np.tanh(_hidden(q, k, w, w)) @ v,
                    "A matrix stands where the other belongs. W₁ is for the queries, W₂ for the keys.",
                ),
                "dot-products": (
                    lambda q, k, w, u, v: (q @ w) @ (k @ u).T,
                    lambda q, k, w, u, v: np.tanh((q @ w) @ (k @ u).T),
                    "These are made of dot products. Additive attention adds the two projections; v makes a number of the sum.",
                ),
            }
        ),
    ),
    hints=(
        "How many sums q W₁ + k W₂ are there for 2 queries and 4 keys, and what is the shape of all of them together?",
        "An extra axis makes NumPy pair everything with everything: `a[:, np.newaxis, :] + b[np.newaxis, "
        ":, :]`.",
        "Apply `np.tanh` to that sum of shape (n_queries, n_keys, d_hidden), and only then `@ vector`.",
    ),
    solution_code="""
def added_scores(queries, keys, query_weight, key_weight, vector):
    from_queries = (queries @ query_weight)[:, np.newaxis, :]  # (n_queries, 1, d_hidden)
    from_keys = (keys @ key_weight)[np.newaxis, :, :]  # (1, n_keys, d_hidden)
    return np.tanh(from_queries + from_keys) @ vector
""",
    why="Two extra axes pair every query with every key; tanh makes the hidden numbers depend on both together; v weighs them.",
    notice="Queries and keys may have different sizes here: each has a matrix of its own.",
)


def _bilinear_scores(queries: np.ndarray, keys: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return queries @ weight @ keys.T


bilinear_scores = Exercise(
    name="bilinear_scores",
    lesson="scoring-functions",
    title="Repair the general score",
    kind="repair",
    prompt="""
Luong's general score is q W kᵀ with a learned matrix W of shape (d_q, d_k). With d_q = d_k this
function runs without an error, but its scores are wrong. Repair it.
""",
    starter='''
def bilinear_scores(queries, keys, weight):
    """Shapes: queries (n_queries, d_q), keys (n_keys, d_k), weight (d_q, d_k). Gives (n_queries, n_keys)."""
    projected = queries @ weight.T
    return projected @ keys.T
''',
    reference=_bilinear_scores,
    cases=(
        (normal(3, 3, seed=81), normal(3, 3, seed=82), normal(3, 3, seed=83)),
        (normal(2, 3, seed=84), normal(4, 3, seed=85), normal(3, 3, seed=86)),
        (normal(2, 3, seed=87), normal(5, 4, seed=88), normal(3, 4, seed=89)),
    ),
    misconceptions=(
        Misconception(
            "weight-transposed",
            lambda queries, keys, weight: queries @ (keys @ weight).T,
            "The matrix is still turned over: you compute q Wᵀ kᵀ. With d_q = d_k no shape complains. Which axis of W belongs to the queries?",
        ),
        Misconception(
            "weight-ignored",
            lambda queries, keys, weight: queries @ keys.T,
            "These are plain dot products: W has no part in them.",
        ),
        Misconception(
            "weight-on-both",
            lambda queries, keys, weight: (queries @ weight) @ (keys @ weight).T,
            "You projected queries and keys both. The general score has one matrix between them: q W kᵀ.",
        ),
        Misconception(
            "rows-are-keys",
            lambda queries, keys, weight: keys @ weight.T @ queries.T,
            "Your scores have one row for each key. They need one row for each query.",
        ),
        Misconception(
            "scaled",
            lambda queries, keys, weight: queries @ weight @ keys.T / np.sqrt(keys.shape[-1]),
            "The matrix is right now. But Luong's general score is not divided by a root: W can learn the scale.",
            (lambda queries, keys, weight: queries @ weight @ keys.T / np.sqrt(queries.shape[-1]),),
        ),
        *slips_of(
            {
                "keys-not-turned": (
                    lambda q, k, w: q @ w @ k,
                    lambda q, k, w: q @ w.T @ k,
                    "The keys are no longer turned over. They were right: look at the matrix.",
                ),
                "transposed-and-scaled": (
                    lambda q, k, w: q @ w.T @ k.T / np.sqrt(k.shape[-1]),
                    "The matrix is still turned over, and a scale has come in, which Luong's general score does not have.",
                ),
                "dot-and-scaled": (
                    lambda q, k, w: q @ k.T / np.sqrt(k.shape[-1]),
                    "These are scaled dot products: W has no part in them, and the general score has no scale.",
                ),
                "both-sides-turned": (
                    lambda q, k, w: q @ w.T @ (k @ w).T,
                    "The matrix stands there twice. The general score has one matrix between query and key: q W kᵀ.",
                ),
                "matrix-first": (
                    lambda q, k, w: w @ q.T @ k,
                    lambda q, k, w: w @ q @ k.T,
                    lambda q, k, w: w @ k.T @ q,
                    lambda q, k, w: q @ k.T @ w,
                    "The matrix is not between query and key. Read q W kᵀ from left to right.",
                ),
                "matrix-number-by-number": (
                    lambda q, k, w: q * w @ k.T,
                    "`*` multiplies number by number. q W is a product of matrices.",
                ),
                "only-square-turned": (
                    lambda q, k, w: q @ (w.T if w.shape[0] == w.shape[1] else w) @ k.T,
                    "The matrix is turned over only where its shape allows. It should never be: q W kᵀ.",
                ),
                "keys-left-out": (
                    lambda q, k, w: q @ w,
                    "These are the projected queries. Each must still meet every key.",
                ),
                "rows-are-keys-turned": (
                    lambda q, k, w: k @ w @ q.T,
                    "Two things: there is one row for each key, where one for each query is asked for; and the matrix is still turned over.",
                ),
                "keys-projected": (
                    lambda q, k, w: q @ (k @ w),
                    lambda q, k, w: q @ w @ (k @ w.T).T,
                    "The matrix stands more than once, or the keys are not turned over. Which product is q W kᵀ, from left to right?",
                ),
                "element-wise": (
                    lambda q, k, w: (q @ w) * k,
                    lambda q, k, w: ((q @ w) * k).sum(axis=-1),
                    "`*` pairs the first query with the first key only. Every query must meet every key: `@` was right there.",
                ),
                "softmax-too": (
                    lambda q, k, w: softmax(q @ w @ k.T),
                    "The matrix is right now. But these are the weights: the scores are asked for.",
                ),
                "tanh": (
                    lambda q, k, w: np.tanh(q @ w) @ k.T,
                    lambda q, k, w: np.tanh(q @ w @ k.T),
                    "The matrix is right now. But the general score has no tanh.",
                ),
            }
        ),
    ),
    hints=(
        "`queries` has d_q columns. Which axis of W must stand next to it in the product?",
        "Try it with d_q = 3 and d_k = 4: where does the code stop?",
        "Look at `weight.T` in the first line.",
    ),
    solution_code="""
def bilinear_scores(queries, keys, weight):
    projected = queries @ weight
    return projected @ keys.T
""",
    why="(n_queries, d_q) @ (d_q, d_k) @ (d_k, n_keys): each shape fits the next, also when d_q and d_k differ.",
    notice="Square examples hide a wrong transpose. Test with sizes that all differ.",
)


def _dot_attention(queries: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    return softmax(queries @ keys.T, axis=-1) @ values


dot_attention = Exercise(
    name="dot_attention",
    lesson="scoring-functions",
    title="Repair the article's multiplicative attention",
    kind="repair",
    prompt="""
The article writes multiplicative attention as softmax(QK)V, and this is its formula in code. Repair it,
without adding a scale: it is Luong's dot score.
""",
    starter='''
def dot_attention(queries, keys, values):
    """Shapes: queries (n_queries, d_k), keys (n_keys, d_k), values (n_keys, d_v). Gives (n_queries, d_v)."""
    scores = queries @ keys
    weights = softmax(scores, axis=-1)
    return weights @ values
''',
    reference=_dot_attention,
    cases=(
        (normal(3, 3, seed=91), normal(3, 3, seed=92), normal(3, 3, seed=93)),
        (normal(2, 4, seed=94), normal(3, 4, seed=95), normal(3, 5, seed=96)),
        (normal(4, 2, seed=97), normal(4, 2, seed=98), normal(4, 3, seed=99)),
    ),
    misconceptions=(
        Misconception(
            "missing-transpose",
            lambda queries, keys, values: softmax(queries @ keys) @ values,
            "It is still QK. A score is a row of Q times a row of K, so K must be turned over. Square arrays hide the fault.",
        ),
        Misconception(
            "queries-transposed",
            lambda queries, keys, values: softmax(queries.T @ keys) @ values,
            "You turned the queries over in place of the keys: that sums over the queries. A score sums over d_k.",
        ),
        Misconception(
            "rows-are-keys",
            lambda queries, keys, values: softmax(keys @ queries.T) @ values,
            "Your scores have one row for each key. They need one row for each query, because the softmax runs along the row.",
        ),
        Misconception(
            "element-wise",
            lambda queries, keys, values: softmax(queries * keys) @ values,
            "`*` multiplies number by number. A score sums over d_k, and every query meets every key.",
        ),
        Misconception(
            "scaled",
            lambda queries, keys, values: softmax(queries @ keys.T / np.sqrt(keys.shape[-1])) @ values,
            "The transpose is right now. You also divide by √d_k: that is the scaled dot product, and this one was to stay unscaled.",
        ),
        Misconception(
            "softmax-over-queries",
            lambda queries, keys, values: softmax(queries @ keys.T, axis=0) @ values,
            "The softmax runs over the queries. Each query shares its attention among the keys, along the last axis.",
        ),
        *slips_of(
            {
                "scaled-not-turned": (
                    lambda q, k, v: softmax(q @ k / np.sqrt(k.shape[-1])) @ v,
                    "The keys are still not turned over; and a scale has come in, which this score does not have.",
                ),
                "scaled-otherwise": (
                    lambda q, k, v: softmax(q @ k.T / np.sqrt(len(k))) @ v,
                    lambda q, k, v: softmax(q @ k.T / k.shape[-1]) @ v,
                    lambda q, k, v: softmax(q @ k.T / np.sqrt(len(q))) @ v,
                    lambda q, k, v: softmax(q @ k.T * np.sqrt(k.shape[-1])) @ v,
                    "The transpose is right now. But the scores are scaled by something: this score has no scale.",
                ),
                "weights-for-output": (
                    lambda q, k, v: softmax(q @ k.T),
                    "The weights are right now. The output is what they are for: the sum of the values, each times its weight.",
                ),
                "product-turned": (
                    lambda q, k, v: softmax((q @ k).T) @ v,
                    "The product is turned over, too late: the keys must be, before the multiplication.",
                ),
                "scores-for-output": (
                    lambda q, k, v: q @ k.T,
                    "These are the scores, and they are right. Softmax and the sum of the values are left.",
                ),
                "output-and-weights": (
                    lambda q, k, v: (softmax(q @ k.T) @ v, softmax(q @ k.T)),
                    "The output is right. Give it back alone, without the weights.",
                ),
                "keys-for-values": (
                    lambda q, k, v: softmax(q @ k.T) @ k,
                    "The weights are right now. But you summed the keys: the output is made of values.",
                ),
                "weights-turned": (
                    lambda q, k, v: softmax(q @ k.T).T @ v,
                    lambda q, k, v: softmax(k @ q.T / np.sqrt(k.shape[-1])) @ v,
                    "Your weights have one row for each key. They need one row for each query.",
                ),
                "rows-are-keys-not-turned": (
                    lambda q, k, v: softmax(k @ q) @ v,
                    "Queries and keys have changed places, and neither is turned over. A score is a row of Q times a row of K.",
                ),
                "only-square-not-turned": (
                    lambda q, k, v: softmax(q @ k if q.shape[1] == len(k) else q @ k.T) @ v,
                    "The keys are turned over only where the shapes complain. QK is wrong for square arrays too.",
                ),
                "not-shared-out": (
                    lambda q, k, v: np.exp(q @ k.T) @ v,
                    "The scores are right now. But a softmax also divides each row by its sum.",
                ),
                "no-softmax": (
                    lambda q, k, v: q @ k.T @ v,
                    "The scores are right now, but the softmax is lost.",
                ),
                "paired-only": (
                    lambda q, k, v: softmax((q * k).sum(axis=-1)) @ v,
                    lambda q, k, v: softmax((q * k).sum(axis=-1, keepdims=True)) * v,
                    "The first query meets the first key only. Every query must meet every key.",
                ),
                "values-turned": (
                    lambda q, k, v: softmax(q @ k.T) @ v.T,
                    "The keys are right now. The values are not turned over: each row is one value.",
                ),
                "both-turned": (
                    lambda q, k, v: softmax(q.T @ k.T) @ v,
                    "Both are turned over now. Only one of them was wrong.",
                ),
                "softmax-over-queries-scaled": (
                    lambda q, k, v: softmax(q @ k.T / np.sqrt(k.shape[-1]), axis=0) @ v,
                    "The transpose is right now. But the softmax runs over the queries, and a scale has come in: neither was asked for.",
                ),
                "softmax-over-queries-not-turned": (
                    lambda q, k, v: softmax(q @ k, axis=0) @ v,
                    "The keys are still not turned over; and the softmax runs over the queries now. Its axis was right.",
                ),
                "element-wise-values": (
                    lambda q, k, v: softmax(q @ k.T) * v,
                    "The weights are right now. `*` multiplies number by number: the values of a query are to be summed, as `@` does.",
                ),
            }
        ),
    ),
    hints=(
        "For 2 queries and 3 keys the scores have shape (2, 3). Which shape has `queries @ keys`?",
        "A score is the dot product of a row of Q and a row of K. What does `@` do with the rows of its second array?",
        "Look at the first line: something is missing after `keys`.",
    ),
    solution_code="""
def dot_attention(queries, keys, values):
    scores = queries @ keys.T
    weights = softmax(scores, axis=-1)
    return weights @ values
""",
    why="`@` multiplies rows by columns, so the keys must become columns: QKᵀ has one score for each query and key.",
    notice="The article's two formulas differ only by √d_k once the transpose is there: one family, not two.",
)
