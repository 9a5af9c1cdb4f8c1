"""Exercises: self-attention and the Transformer. PyTorch is loaded when an answer is checked."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal, slips_of

if TYPE_CHECKING:
    from torch import Tensor

N_TOKENS, D_MODEL, N_HEADS = 60, 64, 4


def _tensors(*arrays: object) -> list:
    """Turn the arrays of a case into tensors; they share memory, so that a changed input is noticed."""
    import torch

    return [torch.from_numpy(item) if isinstance(item, np.ndarray) else item for item in arrays]


def _given_tensors(answer: Callable, *case: object) -> object:
    """Call an answer with tensors; with arrays if it is written for these."""
    try:
        return answer(*_tensors(*case))
    except (TypeError, AttributeError):
        with suppress(Exception):
            return answer(*case)
        raise


shuffled_tokens = Exercise(
    name="shuffled_tokens",
    lesson="transformer",
    title="Shuffle the tokens",
    kind="prediction",
    prompt="""
Self-attention, without positions and without a mask, turns the tokens of "dog bites man" into three answers. Now
feed it "man bites dog". What happens to the answers? Write one letter in quotes.
""",
    starter='shuffled_tokens = "..."',
    options={
        "a": "each word keeps its answer; the three answers come in the new order",
        "b": "the three answers stay where they are: place 1 keeps the answer of place 1",
        "c": "all three answers change, because the sentence means something else",
        "d": 'only "bites" keeps its answer, because only it stands where it stood',
    },
    reference=lambda: "a",
    misconceptions=(
        Misconception(
            "stay-in-place",
            lambda: "b",
            "Then a place would have an answer of its own, whatever word stands there. But the query is made from "
            "the word: move the word, and its query moves along.",
        ),
        Misconception(
            "meaning",
            lambda: "c",
            "The sentence means something else to you. What in a score, or in a weighted sum, depends on the place "
            "where a key or value stands?",
        ),
        Misconception(
            "only-the-middle",
            lambda: "d",
            'Take the query of "dog": it meets the same three keys as before, in another order. Does a sum depend '
            "on the order of its terms?",
        ),
    ),
    hints=(
        'Which of query, keys and values changes for the word "dog"?',
        "Its query meets the same three keys as before, in another order. What happens to the three weights?",
        "A weighted sum of the same values with the same weights, in another order, is the same sum.",
    ),
    solution_code='shuffled_tokens = "a"',
    why="Each word makes the same query, meets the same keys and sums the same values, only listed in another "
    "order. So each word keeps its answer and takes it along.",
    notice="This is why positions have to be added: without them, both sentences are the same bag of words.",
)


def _table_entries() -> int:
    return N_HEADS * N_TOKENS**2


table_entries = Exercise(
    name="table_entries",
    lesson="transformer",
    title="How many weights?",
    kind="prediction",
    prompt="""
A text of 60 characters goes through one layer of self-attention with 4 heads; each character is a token of 64
components. How many attention weights does the layer compute? Write one number.
""",
    starter="table_entries = ...",
    reference=_table_entries,
    misconceptions=(
        Misconception(
            "one-head",
            lambda: N_TOKENS**2,
            "This is the table of one head. Each head has a table of its own.",
        ),
        Misconception(
            "linear",
            lambda: N_HEADS * N_TOKENS,
            "You counted one weight for each token and head. Each token asks, and each token is asked.",
        ),
        Misconception(
            "components",
            lambda: D_MODEL * N_TOKENS**2,
            "A weight belongs to a pair of tokens, not to each of their components: the components are summed up in "
            "the score.",
        ),
        Misconception(
            "heads-share-the-table",
            lambda: N_TOKENS**2 // N_HEADS,
            "The heads share out the components of the tokens, not the pairs: every head compares all tokens with "
            "all tokens.",
        ),
        Misconception(
            "causal",
            lambda: N_HEADS * N_TOKENS * (N_TOKENS + 1) // 2,
            "That would be a causal mask, where a token sees itself and earlier ones. Here nothing is masked.",
        ),
        Misconception(
            "parameters",
            lambda: 4 * D_MODEL * (D_MODEL + 1),
            "These are the layer's parameters. Attention weights are activations: one for each pair.",
        ),
        *slips_of(
            {
                "components-too": (
                    lambda: N_HEADS * D_MODEL * N_TOKENS**2,
                    lambda: N_HEADS * N_TOKENS * D_MODEL,
                    "You counted the components. A weight is one number for each pair of tokens and each head.",
                ),
                "not-itself": (
                    lambda: N_HEADS * N_TOKENS * (N_TOKENS - 1),
                    lambda: N_TOKENS * (N_TOKENS - 1),
                    "You left out the pairs of a token with itself. A token attends to itself too.",
                ),
                "pairs-once": (
                    lambda: N_HEADS * N_TOKENS**2 // 2,
                    lambda: N_HEADS * N_TOKENS * (N_TOKENS - 1) // 2,
                    "You counted each pair once. A asks B, and B asks A: two weights.",
                ),
                "one-token-and-components": (
                    lambda: N_TOKENS * D_MODEL,
                    lambda: N_HEADS * D_MODEL**2,
                    "You counted with the 64 components. A weight belongs to a pair of *tokens*, in each head.",
                ),
                "multiplications": (
                    lambda: 2 * N_TOKENS**2 * D_MODEL,
                    "These are the multiplications behind the table. How many *weights* stand in it?",
                ),
                "keys-and-values-too": (
                    lambda: 3 * N_HEADS * N_TOKENS**2,
                    lambda: 2 * N_HEADS * N_TOKENS**2,
                    "You counted more than one table for each head. Queries and keys together make one.",
                ),
                "heads-squared": (
                    lambda: (N_HEADS * N_TOKENS) ** 2,
                    "That is 16 tables of 60 by 60. There is one for each head, and components play no part.",
                ),
            }
        ),
    ),
    hints=(
        "How many keys does one query meet? How many queries are there?",
        "One head computes a table of 60 rows and 60 columns.",
        "There are 4 such tables.",
    ),
    solution_code="table_entries = 4 * 60 * 60",
    why="Every head scores every query against every key: 4 tables of 60 · 60.",
    notice="Twice the length, four times the weights. The components, 64 or 640, do not change this number.",
)


def _parameters() -> int:
    return 4 * (D_MODEL * D_MODEL + D_MODEL)


attention_parameters = Exercise(
    name="attention_parameters",
    lesson="transformer",
    title="More heads, more parameters?",
    kind="prediction",
    prompt="""
Multi-head attention with tokens of 64 components has four linear layers, 64 to 64 with bias: for queries, keys,
values and output. How many parameters does it have with **8** heads? Write one number.
""",
    starter="attention_parameters = ...",
    reference=_parameters,
    misconceptions=(
        Misconception(
            "times-heads",
            lambda: 8 * _parameters(),
            "You gave each head four full layers. The heads share one: each takes 8 of its 64 components.",
        ),
        Misconception(
            "without-bias",
            lambda: 4 * D_MODEL * D_MODEL,
            "These are the matrices. Each of the four layers has a bias too.",
        ),
        Misconception(
            "without-output",
            lambda: 3 * D_MODEL * (D_MODEL + 1),
            "Queries, keys and values: yes. What mixes the answers of the heads?",
        ),
        Misconception(
            "projections-times-heads",
            lambda: (8 * 3 + 1) * D_MODEL * (D_MODEL + 1),
            "You gave each head full layers for queries, keys and values. They share them: each head takes 8 of the "
            "64 components.",
        ),
        Misconception(
            "one-eighth",
            lambda: _parameters() // 8,
            "This is one head's share. Count all eight.",
        ),
        *slips_of(
            {
                "one-bias": (
                    lambda: 4 * D_MODEL * D_MODEL + D_MODEL,
                    lambda: 4 * D_MODEL * D_MODEL + 4,
                    "Each of the four layers has 64 biases: one for each number it gives.",
                ),
                "one-layer": (
                    lambda: D_MODEL * D_MODEL + D_MODEL,
                    "That is one layer. There are four: queries, keys, values and output.",
                ),
                "small-matrices": (
                    lambda: 8 * 4 * (8 * 8 + 8),
                    lambda: 8 * 3 * (8 * 8 + 8) + _parameters() // 4,
                    "Your heads see only 8 components each. Each makes its 8 from all 64.",
                ),
                "one-matrix": (
                    lambda: D_MODEL * D_MODEL,
                    "That is one matrix. There are four layers, and each has a bias too.",
                ),
                "heads-for-layers": (
                    lambda: 8 * (D_MODEL * D_MODEL + D_MODEL),
                    lambda: 8 * 3 * (D_MODEL * D_MODEL + D_MODEL),
                    lambda: 25 * D_MODEL * D_MODEL,
                    "You counted full layers for each head. The heads share four: each takes 8 of the 64 components.",
                ),
                "three-without-bias": (
                    lambda: 3 * D_MODEL * D_MODEL,
                    "These are three matrices. There is a fourth layer, for the output, and each has a bias.",
                ),
                "times-heads-without-bias": (
                    lambda: 8 * 4 * D_MODEL * D_MODEL,
                    "You gave each head full matrices, and no layer a bias. The heads share one matrix a layer.",
                ),
            }
        ),
    ),
    hints=(
        "How many numbers does one layer from 64 to 64 with a bias have?",
        "Does the number of heads appear anywhere in the shapes of the four layers?",
        "One layer has 64 · 64 + 64 numbers, and there are four.",
    ),
    solution_code="attention_parameters = 4 * (64 * 64 + 64)",
    why="Four layers of 64 · 64 weights and 64 biases: 16,640. The number of heads only says how the 64 components "
    "are shared out.",
    notice="One head or eight: the same parameters, and nearly the same arithmetic.",
)


def _to_heads(vectors: "Tensor", n_heads: int) -> "Tensor":
    import torch

    return torch.stack(vectors.chunk(n_heads, dim=-1), dim=1)


def _vectors(batch: int, n: int, d: int, seed: int) -> np.ndarray:
    return normal(batch, n, d, seed=seed).astype(np.float32)


def _stacked(parts: "tuple[Tensor, ...]") -> "Tensor":
    import torch

    return torch.stack(parts, dim=1)


_SPLITS = {
    "heads-first": (
        lambda vectors, n_heads: _to_heads(vectors, n_heads).transpose(0, 1),
        "The heads stand before the texts of the batch. They come second: (batch, n_heads, n, d_head).",
    ),
    "heads-last": (
        lambda vectors, n_heads: _to_heads(vectors, n_heads).permute(0, 2, 3, 1),
        "The heads stand last. They come before the tokens: (batch, n_heads, n, d_head).",
    ),
    "components-before-tokens": (
        lambda vectors, n_heads: _to_heads(vectors, n_heads).mT,
        "The last two axes have changed places: tokens first, then the components of a head.",
    ),
    "parts-of-n-heads": (
        lambda vectors, n_heads: vectors.reshape(*vectors.shape[:2], -1, n_heads).transpose(1, 2),
        "Your parts have n_heads components each. n_heads is the *number* of parts; each has d_model // n_heads.",
    ),
    "axes-swapped-first": (
        lambda vectors, n_heads: vectors.mT.reshape(
            len(vectors), n_heads, vectors.shape[1], vectors.shape[2] // n_heads
        ),
        "You swapped tokens and components before splitting. Split the last axis first, then swap.",
    ),
    "heads-before-batch-and-tokens": (
        lambda vectors, n_heads: vectors.reshape(*vectors.shape[:2], n_heads, -1).transpose(0, 1),
        "You swapped batch and tokens. Swap tokens and heads: (batch, n_heads, n, d_head).",
    ),
    "heads-and-batch-joined": (
        lambda vectors, n_heads: _to_heads(vectors, n_heads).flatten(0, 1),
        "Batch and heads have become one axis. Leave them apart: (batch, n_heads, n, d_head).",
    ),
    "components-swapped-with-tokens": (
        lambda vectors, n_heads: vectors.reshape(*vectors.shape[:2], n_heads, -1).transpose(1, 3),
        "You swapped tokens and components. Swap tokens and heads: (batch, n_heads, n, d_head).",
    ),
    "tokens-shared-out": (
        lambda vectors, n_heads: _stacked(vectors.chunk(n_heads, dim=1)),
        "You cut the tokens into parts. Each head gets all tokens, and a part of the *components*, the last axis.",
    ),
    "first-head": (
        lambda vectors, n_heads: _to_heads(vectors, n_heads)[:, 0],
        "Only the first head's components come back.",
    ),
}

to_heads = Exercise(
    name="to_heads",
    lesson="transformer",
    title="Share the components out",
    kind="code",
    prompt="""
Split vectors among heads: head 0 takes the first d_head components of every token, head 1 the next, and so on.
Mind the order of the axes: the heads come before the tokens.
""",
    starter='''
def to_heads(vectors, n_heads):
    """Shapes: vectors (batch, n, d_model), n_heads divides d_model. Gives (batch, n_heads, n, d_head)."""
    ...
''',
    reference=_to_heads,
    measure=_given_tensors,
    cases=(
        (_vectors(2, 3, 8, seed=301), 2),
        (_vectors(1, 4, 6, seed=302), 3),
        (_vectors(3, 4, 8, seed=303), 4),
        (_vectors(2, 5, 4, seed=304), 1),
    ),
    misconceptions=(
        Misconception(
            "reshape-only",
            lambda vectors, n_heads: vectors.reshape(
                len(vectors), n_heads, vectors.shape[1], vectors.shape[2] // n_heads
            ),
            "The shape is right and the numbers are in the wrong places: `reshape` reads straight on, so tokens end "
            "up in other heads. First split the last axis in two, then swap axes.",
        ),
        Misconception(
            "not-swapped",
            lambda vectors, n_heads: vectors.reshape(*vectors.shape[:2], n_heads, -1),
            "You split the last axis; now the tokens stand before the heads. Swap these two axes, so that every "
            "head has a table of tokens to itself.",
        ),
        Misconception(
            "interleaved",
            lambda vectors, n_heads: vectors.reshape(*vectors.shape[:2], -1, n_heads).permute(0, 3, 1, 2),
            "Your heads take every n_heads-th component. Head 0 shall take the first ones, side by side: the heads' "
            "axis comes before that of their components.",
        ),
        Misconception(
            "copied",
            lambda vectors, n_heads: vectors[:, None].expand(-1, n_heads, -1, -1),
            "You gave every head the whole vectors. The heads share the components out.",
        ),
        *slips_of(_SPLITS),
    ),
    hints=(
        "Which axis has to become two?",
        "`vectors.reshape(batch, n, n_heads, d_head)` splits the last axis.",
        "Then `.transpose(1, 2)` puts the heads before the tokens.",
    ),
    solution_code="""
def to_heads(vectors, n_heads):
    batch, n, d_model = vectors.shape
    return vectors.reshape(batch, n, n_heads, d_model // n_heads).transpose(1, 2)
""",
    why="The last axis becomes two, heads and components; swapping heads and tokens gives each head a batch of "
    "its own, which matrix products understand.",
    notice="`reshape` alone gives the same shape and other numbers: no error will tell you.",
)


def _causal_weights(scores: "Tensor") -> "Tensor":
    import torch

    earlier = torch.ones_like(scores, dtype=torch.bool).tril()
    return scores.masked_fill(~earlier, -torch.inf).softmax(dim=-1)


def _lower(diagonal: int = 0) -> Callable:
    def weights(scores: "Tensor") -> "Tensor":
        import torch

        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril(diagonal)
        return scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)

    return weights


def _scores(*shape: int, seed: int) -> np.ndarray:
    return normal(*shape, seed=seed, scale=1.5).astype(np.float32)


def _behind(mask: Callable, hide: float = -np.inf, dim: int = -1) -> Callable:
    """Build a wrong answer from its mask (True: may be seen), the score of what is hidden, and the axis."""
    return lambda scores: scores.masked_fill(~mask(scores.isfinite()), hide).softmax(dim=dim)


_LEAKS = {
    "as-printed": (
        lambda scores: _causal_weights(scores.flip(-1, -2)).flip(-1, -2),
        _behind(lambda all_: all_.triu(1)),
        lambda scores: scores.triu().softmax(dim=-1),
        "It still leaks: `triu` keeps what lies above the diagonal, the later keys. Row i is a query: which "
        "columns may it see?",
    ),
    "not-itself": (
        lambda scores: _lower(-1)(scores).nan_to_num(0.0),
        _lower(-1),
        "No token sees itself any more, and the first sees nothing at all: 0/0. A token may attend to itself: "
        "what it predicts comes after it.",
    ),
    "finite-low-score": (
        *(_behind(lambda all_: all_.tril(), hide=low) for low in (-1.0, -5.0, -10.0, -100.0, -1000.0)),
        "Later tokens have a low score now, but a finite one: where all scores are low they win. Which score has an "
        "exponential of exactly 0?",
    ),
    "zeroed-twice": (
        lambda scores: scores.tril().softmax(dim=-1).tril(),
        "Later tokens have weight 0 now, but they still take part in the sum below, so rows do not sum to 1.",
    ),
    "fixed-axis": (
        _behind(lambda all_: all_.tril(), dim=1),
        _behind(lambda all_: all_.tril(), dim=0),
        "The mask is right. But the softmax runs over a fixed axis, and scores may have more axes: the keys are the "
        "last, `dim=-1`.",
    ),
    "square-of-the-first-axis": (
        lambda scores: scores.masked_fill(
            ~scores.new_ones(len(scores), len(scores)).bool().tril(), -np.inf
        ).softmax(dim=-1),
        "Your mask is as large as the first axis. Scores may have more axes: n is `scores.shape[-1]`.",
    ),
    "over-queries-too": (
        _behind(lambda all_: all_.triu(), dim=-2),
        "It still leaks: the mask keeps the later keys. And your softmax runs over the queries: let each row sum to 1.",
    ),
    "nothing-but-nan": (
        lambda scores: scores * np.nan,
        "Every weight is NaN: 0 times infinity is no number. `masked_fill` and `torch.where` choose without multiplying.",
    ),
    "infinite-score": (
        lambda scores: scores.masked_fill(scores.isfinite().triu(1), np.inf).softmax(dim=-1),
        "Rows with later tokens are NaN: their score is +infinity. Which infinity has the exponential 0?",
    ),
    "farther-back-alone": (
        _behind(lambda all_: all_.triu(-1)),
        "Your mask hides what lies far *before* a token, and lets it see all later ones. Hide what comes after it.",
    ),
    "shared-over-queries": (
        lambda scores: (w := scores.softmax(dim=-1).tril()) / w.sum(dim=-2, keepdim=True),
        "Later tokens have weight 0. But you share out again over the queries: each *row* sums to 1.",
    ),
    "even": (
        lambda scores: (
            scores.isfinite().tril().float() / (scores.isfinite().tril().sum(dim=-1, keepdim=True))
        ),
        "Later tokens get 0 and rows sum to 1, but the scores play no part any more.",
    ),
    "not-softened": (
        lambda scores: scores.masked_fill(~scores.isfinite().tril(), -np.inf),
        "These are the masked scores. The softmax is still to come.",
    ),
}

causal_weights = Exercise(
    name="causal_weights",
    lesson="transformer",
    title="Repair a leak",
    kind="repair",
    prompt="""
A network that writes character by character must not see later ones while it learns. This function shall give
weights behind a causal mask: token i attends to tokens 0 to i, later ones get exactly 0, also in rows whose
scores lie near -1000, and each row sums to 1. It runs, and it leaks. Repair it.
""",
    starter='''
def causal_weights(scores):
    """Shapes: scores (..., n, n), one row for each query. Gives weights of the same shape."""
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).triu()
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
''',
    reference=_causal_weights,
    measure=_given_tensors,
    cases=(
        (_scores(4, 4, seed=311),),
        (_scores(2, 3, 5, 5, seed=312),),
        (_scores(3, 1, 1, seed=313),),
        (np.array([[-1000.0, -940.0], [1.0, 2.0]], dtype=np.float32),),
    ),
    misconceptions=(
        Misconception(
            "one-ahead",
            _lower(1),
            "Each token sees one token too many: the next one, which it is to predict.",
        ),
        Misconception(
            "zeroed-scores",
            lambda scores: scores.tril().softmax(dim=-1),
            "You set the scores of later tokens to 0. A score of 0 still gets a weight, since e⁰ is 1. Which score "
            "gets none?",
        ),
        Misconception(
            "zeroed-weights",
            lambda scores: scores.softmax(dim=-1).tril(),
            "Later tokens have weight 0 now, but the rows no longer sum to 1. Mask the scores, before the softmax.",
        ),
        Misconception(
            "wrong-axis",
            lambda scores: scores.masked_fill(scores.isfinite().triu(1), -np.inf).softmax(dim=-2),
            "The mask is right now. But your softmax runs over the queries: let each row sum to 1.",
        ),
        Misconception(
            "no-mask",
            lambda scores: scores.softmax(dim=-1),
            "Nothing is masked any more, and every token sees all the others.",
        ),
        *slips_of(_LEAKS),
    ),
    hints=(
        "Print `allowed` for n = 3. What does row 0 say?",
        "Row i must be True in columns 0 to i: the triangle below the diagonal, and the diagonal itself.",
        "`triu` keeps the upper triangle; its sister `tril` keeps the lower one.",
    ),
    solution_code="""
def causal_weights(scores):
    allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
""",
    why="`tril` keeps the diagonal and what is below it: the keys up to the query itself. The others get the score "
    "−∞ and so the weight 0, and softmax shares 1 among the rest.",
    notice="A leak makes the training loss better, not worse. Change a later token, and see whether an answer moves.",
)


def _moments(tokens: "Tensor") -> tuple["Tensor", "Tensor"]:
    mean = tokens.mean(dim=-1, keepdim=True)
    return mean, ((tokens - mean) ** 2).mean(dim=-1, keepdim=True)


def _layer_norm(tokens: "Tensor") -> "Tensor":
    mean, variance = _moments(tokens)
    return (tokens - mean) / (variance + 1e-5).sqrt()


def _pre_norm(tokens: "Tensor", part: Callable) -> "Tensor":
    return tokens + part(_layer_norm(tokens))


def _stand_in(tokens: "Tensor") -> "Tensor":
    """Stand in for attention or the small network: squares, so that scale and order of the steps matter."""
    return 0.5 * tokens**2 + tokens[..., [-1, *range(tokens.shape[-2] - 1)], :]


def _with_part(answer: Callable, tokens: np.ndarray) -> object:
    return _given_tensors(answer, tokens, _stand_in)


def _normalised_by(mean: Callable, spread: Callable) -> Callable:
    """Build a wrong half of a layer from how it takes mean and spread of the tokens."""
    return lambda tokens, part: tokens + part((tokens - mean(tokens)) / spread(tokens))


def _mean(tokens: "Tensor") -> "Tensor":
    return _moments(tokens)[0]


def _variance(tokens: "Tensor") -> "Tensor":
    return _moments(tokens)[1]


def _spread(tokens: "Tensor") -> "Tensor":
    return (_variance(tokens) + 1e-5).sqrt()


_HALVES = {
    "normalised-after-part": (
        lambda tokens, part: tokens + _layer_norm(part(tokens)),
        "You normalised what `part` gave. Normalise what goes into it.",
    ),
    "epsilon-outside-root": (
        _normalised_by(_mean, lambda tokens: _variance(tokens).sqrt() + 1e-5),
        "1e-5 stands outside the root. It belongs under it, to the variance.",
    ),
    "no-epsilon": (
        _normalised_by(_mean, lambda tokens: _variance(tokens).sqrt()),
        "1e-5 is missing: it is added to the variance, under the root.",
    ),
    "sample-deviation": (
        _normalised_by(_mean, lambda tokens: tokens.std(dim=-1, keepdim=True) + 1e-5),
        _normalised_by(_mean, lambda tokens: tokens.std(dim=-1, keepdim=True)),
        "`std` divides by d_model − 1 unless told otherwise, and 1e-5 belongs to the variance, under the root. Layer "
        "normalisation takes the mean of the squares.",
    ),
    "over-everything": (
        _normalised_by(lambda tokens: tokens.mean(), lambda tokens: (tokens.var(correction=0) + 1e-5).sqrt()),
        "One mean and one spread for all tokens. Each token is normalised by itself, over its components.",
    ),
    "over-batch": (
        _normalised_by(
            lambda tokens: tokens.mean(dim=0, keepdim=True),
            lambda tokens: (tokens.var(dim=0, keepdim=True, correction=0) + 1e-5).sqrt(),
        ),
        "You normalised over the batch, axis 0. Each token is normalised by itself, over its components: the last axis.",
    ),
    "mean-only": (
        _normalised_by(_mean, lambda tokens: 1.0),
        "You subtracted the mean. Now divide by the square root of variance plus 1e-5.",
    ),
    "no-keepdim": (
        lambda tokens, part: (
            tokens + part((tokens - tokens.mean(dim=-1)) / (tokens.var(dim=-1, correction=0) + 1e-5).sqrt())
        ),
        "Mean and variance have lost the last axis, so they meet the wrong numbers. `keepdim=True` keeps it, with length 1.",
    ),
    "brackets": (
        lambda tokens, part: tokens + part(tokens - _mean(tokens) / _spread(tokens)),
        "Division came before subtraction: put the difference from the mean in brackets.",
    ),
    "normalised-in-both-places": (
        lambda tokens, part: part(tokens) + _layer_norm(tokens),
        "What goes into `part` is not normalised, and what passes beside it is. It should be the other way round.",
    ),
    "over-tokens-and-components": (
        _normalised_by(
            lambda tokens: tokens.mean(dim=(1, 2), keepdim=True),
            lambda tokens: (tokens.var(dim=(1, 2), keepdim=True, correction=0) + 1e-5).sqrt(),
        ),
        "One mean and one spread for all tokens of a text. Each token is normalised by itself, over its components.",
    ),
    "root-mean-square": (
        _normalised_by(
            lambda tokens: 0.0, lambda tokens: ((tokens**2).mean(dim=-1, keepdim=True) + 1e-5).sqrt()
        ),
        "You divided by the root of the mean square and did not subtract the mean. Layer normalisation does both.",
    ),
    "part-forgotten": (
        lambda tokens, part: _layer_norm(tokens),
        lambda tokens, part: tokens + _layer_norm(tokens),
        "The tokens are normalised, but `part` is never called.",
    ),
    "post-norm-without-part-norm": (
        lambda tokens, part: _layer_norm(part(tokens)),
        "You normalised what `part` gave, and added nothing. Normalise what goes in, and add the tokens.",
    ),
    "normalised-twice": (
        lambda tokens, part: _layer_norm(tokens + part(_layer_norm(tokens))),
        "What goes into `part` is right. But the sum is normalised too: leave it alone.",
    ),
}


pre_norm = Exercise(
    name="pre_norm",
    lesson="transformer",
    title="One part of a pre-norm layer",
    kind="code",
    prompt="""
Write one half of a pre-norm layer: normalise the tokens, send them through `part` (attention, say), and add the
result to what came in. Normalise each token by itself: subtract the mean of its components and divide by the
square root of their variance plus 1e-5. No learned scale or shift here.
""",
    starter='''
def pre_norm(tokens, part):
    """Shapes: tokens (batch, n, d_model); part keeps the shape. Gives (batch, n, d_model)."""
    ...
''',
    reference=_pre_norm,
    measure=_with_part,
    tolerance=1e-4,
    cases=(
        (_scores(2, 3, 6, seed=321),),
        (_scores(1, 4, 5, seed=322) + 1,),
        (0.01 * _scores(2, 2, 8, seed=323),),
        (_scores(3, 3, 3, seed=324),),
    ),
    misconceptions=(
        Misconception(
            "post-norm",
            lambda tokens, part: _layer_norm(tokens + part(tokens)),
            "This is post-norm, as first published: it normalises the sum. Here normalise what goes into `part`, "
            "and leave the sum alone.",
        ),
        Misconception(
            "no-residual",
            lambda tokens, part: part(_layer_norm(tokens)),
            "You gave back what `part` says. Add it to the tokens that came in.",
        ),
        Misconception(
            "normalised-residual",
            lambda tokens, part: _layer_norm(tokens) + part(_layer_norm(tokens)),
            "You added it to the normalised tokens. The path around the part stays free of any normalisation: add to "
            "the tokens as they came in.",
        ),
        Misconception(
            "no-norm",
            lambda tokens, part: tokens + part(tokens),
            "The sum is right, but nothing is normalised before `part`.",
        ),
        Misconception(
            "over-tokens",
            lambda tokens, part: (
                tokens
                + part(
                    (tokens - tokens.mean(dim=1, keepdim=True))
                    / (tokens.var(dim=1, keepdim=True, correction=0) + 1e-5).sqrt()
                )
            ),
            "You normalised over the tokens. Each token is normalised by itself, over its components: the last axis.",
        ),
        Misconception(
            "sample-variance",
            lambda tokens, part: (
                tokens
                + part((tokens - _moments(tokens)[0]) / (tokens.var(dim=-1, keepdim=True) + 1e-5).sqrt())
            ),
            "You divided the squares by d_model − 1, as `var` does unless told otherwise. Layer normalisation "
            "takes their mean.",
        ),
        Misconception(
            "variance-for-deviation",
            lambda tokens, part: tokens + part((tokens - _moments(tokens)[0]) / (_moments(tokens)[1] + 1e-5)),
            "You divided by the variance. Divide by its square root.",
        ),
        Misconception(
            "mean-not-taken",
            lambda tokens, part: tokens + part(tokens / (_moments(tokens)[1] + 1e-5).sqrt()),
            "You divided by the spread and did not subtract the mean.",
        ),
        *slips_of(_HALVES),
    ),
    hints=(
        "Three steps: normalise, `part`, add. What is added to what?",
        "`torch.nn.functional.layer_norm(tokens, tokens.shape[-1:])` normalises the last axis, with 1e-5.",
        "`tokens + part(normalised)`: the first `tokens` is what came in.",
    ),
    solution_code="""
def pre_norm(tokens, part):
    normalised = torch.nn.functional.layer_norm(tokens, tokens.shape[-1:])
    return tokens + part(normalised)
""",
    why="The part sees tokens of one scale, whatever the layers before did; and what came in passes by unchanged, "
    "so that its gradient does too.",
    notice="Put layers on top of each other, and one path of plain additions runs through all of them.",
)
