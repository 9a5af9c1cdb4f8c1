"""The twelve questions of the quiz: each is a function of its numbers, so that it can be asked twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np

from course_utils.attention import softmax
from course_utils.exercises.engine.task import chosen_letter

LETTERS = "abcdef"


class Wrong(NamedTuple):
    """A wrong option: the misconception's name in the exercise, its text, and the sentence that helps."""

    misconception: str
    text: str
    sentence: str


class Verdict(NamedTuple):
    """What a letter is: an outcome as `Exercise.check` has it, a sentence, a misconception's name or None."""

    outcome: str
    sentence: str
    misconception: str | None = None


@dataclass(frozen=True)
class Question:
    """One question of the quiz.

    Attributes
    ----------
    name : str
        The concept, such as "largest-score".
    exercise : str
        The exercise whose misconceptions the wrong options are, such as "softmax-attention.largest_weight".
    prompt : str
        The question, in Markdown.
    right : str
        The right option.
    notice : str
        Why it is right.
    wrong : tuple of Wrong
        The other options.
    """

    name: str
    exercise: str
    prompt: str
    right: str
    notice: str
    wrong: tuple[Wrong, ...]

    @property
    def title(self) -> str:
        """The concept's name as words."""
        return self.name.replace("-", " ").capitalize()

    @property
    def options(self) -> dict[str, str]:
        """The options by letter, in an order that is always the same and gives nothing away."""
        texts = [self.right, *(option.text for option in self.wrong)]
        shuffled = sorted(texts, key=lambda text: crc32(f"{self.prompt} {text}".encode()))
        return dict(zip(LETTERS, shuffled, strict=False))

    def judge(self, answer: object) -> Verdict:
        """Say what an answer is.

        Parameters
        ----------
        answer : object
            A letter, in any of the forms "b", " B ", "(b)"; a placeholder counts as not attempted.

        Returns
        -------
        Verdict
            Its outcome is "wrong" only if the answer is none of the letters.

        Examples
        --------
        >>> question = descent_step(parameter=5.0, gradient=2.0, learning_rate=0.1)
        >>> question.options
        {'a': '3', 'b': '4.8', 'c': '-0.2', 'd': '5.2'}
        >>> question.judge("d").misconception
        'ascent'
        """
        if answer in (None, ...) or (isinstance(answer, str) and answer.strip(" .()") == ""):
            return Verdict("not attempted", "Not answered.")
        text = self.options.get(chosen_letter(answer, self.options))
        if text is None:
            return Verdict("wrong", f"not noted; choose one of the letters {', '.join(self.options)}.")
        if text == self.right:
            return Verdict("correct", self.notice)
        option = next(option for option in self.wrong if option.text == text)
        return Verdict("misconception", option.sentence, option.misconception)


def _write(values: float | Sequence[float] | np.ndarray) -> str:
    """Write numbers with at most three decimals."""
    return ", ".join(f"{round(float(value), 3) + 0.0:g}" for value in np.ravel(values))


def largest_score(scores: Sequence[float]) -> Question:
    """Ask what softmax makes of scores."""
    weights = softmax(np.array(scores))
    winner = np.zeros(len(scores))
    winner[np.argmax(scores)] = 1.0
    return Question(
        name="largest-score",
        exercise="softmax-attention.largest_weight",
        prompt=f"Softmax turns the scores {_write(scores)} into weights. Which?",
        right=_write(weights),
        notice="The order stays, a difference of scores becomes a ratio of weights, and no weight is 0.",
        wrong=(
            Wrong(
                "order-lost",
                _write(np.roll(weights, 1)),
                "Softmax keeps the order: the largest score gets the largest weight.",
            ),
            Wrong(
                "ignored",
                _write(winner),
                "The largest score wins, but `exp` is never 0: the others are attended to less, not ignored.",
            ),
            Wrong(
                "no-exponential",
                _write(np.array(scores) / np.sum(scores)),
                "You divided each score by the sum of the scores. Softmax takes `exp` of each first.",
            ),
        ),
    )


def one_key(query: Sequence[float], key: Sequence[float], value: Sequence[float]) -> Question:
    """Ask for the output of attention to a single key."""
    score, scaled_products = np.dot(query, key), np.multiply(query, key) / np.sqrt(len(key))
    return Question(
        name="one-key",
        exercise="softmax-attention.one_key",
        prompt=f"There is one query ({_write(query)}), one key ({_write(key)}) and one value "
        f"({_write(value)}). What is the output of scaled dot-product attention?",
        right=_write(value),
        notice="One score, so the one weight is 1, and the output is the value itself.",
        wrong=(
            Wrong(
                "softmax-over-components",
                _write(softmax(scaled_products) * np.array(value)),
                "You gave each component a weight. Weights are shared out among keys, and there is one key.",
            ),
            Wrong(
                "score-as-weight",
                _write(score * np.array(value)),
                "You multiplied the value by the raw score. What does softmax make of a single score?",
            ),
            Wrong(
                "scaled-score-as-weight",
                _write(score / np.sqrt(len(key)) * np.array(value)),
                "You multiplied the value by the scaled score. What does softmax make of a single score?",
            ),
        ),
    )


def weights_and_output(scores: Sequence[float], values: Sequence[float]) -> Question:
    """Ask for the output, given scores and values."""
    weights = softmax(np.array(scores))
    return Question(
        name="weights-and-output",
        exercise="softmax-attention.attend",
        prompt=f"A query's scores for two keys are {_write(scores)}. Softmax turns them into the weights "
        f"{_write(weights)}. The two values are {_write(values)}. What is the output of attention?",
        right=_write(weights @ values),
        notice="The output is the sum of the values, each times its weight: an average that leans.",
        wrong=(
            Wrong(
                "weights-for-output",
                _write(weights),
                "These are the weights. The output is what they are for: the weighted sum of the values.",
            ),
            Wrong(
                "not-summed",
                _write(weights * values),
                "These are the weighted values. The output is their sum.",
            ),
            Wrong(
                "no-softmax",
                _write(np.dot(scores, values)),
                "You weighted the values by the raw scores. The weights are what softmax makes of them.",
            ),
        ),
    )


def mask(scores: Sequence[float], hidden: int) -> Question:
    """Ask for the weights when one key is hidden."""
    all_scores, may_see = np.array(scores), np.arange(len(scores)) != hidden
    place = ("first", "second", "third")[hidden]
    return Question(
        name="mask",
        exercise="softmax-attention.masked_weights",
        prompt=f"The scores for three keys are {_write(scores)}, and a mask hides the {place} key. What are "
        "the attention weights?",
        right=_write(softmax(np.where(may_see, all_scores, -np.inf))),
        notice="The hidden key's score becomes minus infinity before the softmax, and the others share.",
        wrong=(
            Wrong(
                "mask-after-softmax",
                _write(softmax(all_scores) * may_see),
                "These do not sum to 1: the hidden key's weight was thrown away. Mask before the softmax.",
            ),
            Wrong(
                "score-zero",
                _write(softmax(np.where(may_see, all_scores, 0.0))),
                "You gave the hidden key the score 0, and exp(0) is 1. Minus infinity gives weight 0.",
            ),
            Wrong(
                "mask-inverted",
                _write(softmax(np.where(may_see, -np.inf, all_scores))),
                "Here all attention goes to the hidden key. It should get none.",
            ),
        ),
    )


def scaling(query: Sequence[float], key: Sequence[float]) -> Question:
    """Ask for a scaled dot product."""
    score, d_k = np.dot(query, key), len(key)
    return Question(
        name="scaling",
        exercise="scoring-functions.scaled_score",
        prompt=f"A query is ({_write(query)}), a key ({_write(key)}). What is their scaled dot product?",
        right=_write(score / np.sqrt(d_k)),
        notice="The dot product is one number, divided by the square root of the key's length d_k.",
        wrong=(
            Wrong("no-scale", _write(score), "This is the dot product. Divide it by √d_k."),
            Wrong("divided-by-d_k", _write(score / d_k), "You divided by d_k. Divide by its square root."),
            Wrong(
                "not-summed",
                _write(np.multiply(query, key) / np.sqrt(d_k)),
                "A dot product is the sum of these: one number for one query and one key.",
            ),
        ),
    )


def additive_score(query: float, key: float, vector: float) -> Question:
    """Ask for an additive score with numbers in place of vectors and weights of 1."""
    return Question(
        name="additive-score",
        exercise="scoring-functions.added_scores",
        prompt=f"What is the additive score of the query {_write(query)} and the key {_write(key)}? All "
        f"vectors have one component, both weight matrices are 1, and v is {_write(vector)}.",
        right=_write(vector * np.tanh(query + key)),
        notice="Query and key are added, tanh bends the sum, and v weighs what comes out.",
        wrong=(
            Wrong(
                "no-tanh",
                _write(vector * (query + key)),
                "The tanh is missing. Without it the query could not change where the attention goes.",
            ),
            Wrong(
                "tanh-last",
                _write(np.tanh(vector * (query + key))),
                "The tanh comes before v, on the sum of query and key.",
            ),
            Wrong(
                "multiplied",
                _write(vector * np.tanh(query * key)),
                "You multiplied query and key. Additive attention adds them.",
            ),
        ),
    )


def cross_entropy(probabilities: Sequence[float], true_class: int) -> Question:
    """Ask for the loss of one example."""
    p, place = probabilities[true_class], ("first", "second", "third")[true_class]
    return Question(
        name="cross-entropy",
        exercise="loss-functions.cross_entropy_value",
        prompt=f"A classifier gives three classes the probabilities {_write(probabilities)}; the {place} is "
        "the true one. What is the cross-entropy, in nats?",
        right=_write(-np.log(p)),
        notice="It is minus the natural logarithm of the true class's probability; the others play no part.",
        wrong=(
            Wrong(
                "sign", _write(np.log(p)), "This is the logarithm. The loss is minus that, and never below 0."
            ),
            Wrong("bits", _write(-np.log2(p)), "This is in bits. Nats use the natural logarithm."),
            Wrong(
                "no-logarithm",
                _write(1 - p),
                "This is the missing probability. The loss is minus a logarithm.",
            ),
        ),
    )


def gradient(probabilities: Sequence[float], true_class: int) -> Question:
    """Ask for the gradient of the loss with respect to the logits."""
    p, label = np.array(probabilities), np.eye(len(probabilities))[true_class]
    place = ("first", "second", "third")[true_class]
    return Question(
        name="gradient",
        exercise="loss-functions.logits_gradient",
        prompt=f"Softmax gives one example the probabilities {_write(p)}; the {place} class is the true one. "
        "What is the gradient of the cross-entropy with respect to the logits?",
        right=_write(p - label),
        notice="Probabilities minus label: only the true class has a negative gradient, and all sum to 0.",
        wrong=(
            Wrong(
                "sign",
                _write(label - p),
                "This is where the loss falls. The gradient points to where it rises.",
            ),
            Wrong("label-forgotten", _write(p), "These are the probabilities. Where is the label?"),
            Wrong(
                "one-from-all",
                _write(p - 1),
                "You took 1 from every class. The label is 1 for the true one only.",
            ),
        ),
    )


def descent_step(parameter: float, gradient: float, learning_rate: float) -> Question:
    """Ask for one step of gradient descent."""
    step = learning_rate * gradient
    return Question(
        name="descent-step",
        exercise="gradient-descent.one_step",
        prompt=f"A parameter is {_write(parameter)}, its gradient {_write(gradient)}, the learning rate "
        f"{_write(learning_rate)}. What is the parameter after one step of gradient descent?",
        right=_write(parameter - step),
        notice="Descent subtracts learning rate times gradient.",
        wrong=(
            Wrong(
                "ascent",
                _write(parameter + step),
                "You added the step. The gradient points uphill; subtract.",
            ),
            Wrong(
                "learning-rate-forgotten",
                _write(parameter - gradient),
                "You subtracted the whole gradient. The learning rate says how much of it.",
            ),
            Wrong("change-only", _write(-step), "This is the change. Add it to the parameter."),
        ),
    )


def backward(parameter: float, gradient: float, learning_rate: float) -> Question:
    """Ask what `backward()` has changed before `step()` is called."""
    before, after = _write(parameter), _write(parameter - learning_rate * gradient)
    filled, empty = f"`w.grad` is {_write(gradient)}", "`w.grad` is empty"
    return Question(
        name="backward",
        exercise="gradient-descent.backward_or_step",
        prompt=f"In PyTorch `w` is {before}, `w.grad` is empty, the learning rate {_write(learning_rate)}. "
        f"`loss.backward()` finds the gradient {_write(gradient)}. What holds then, before `step()`?",
        right=f"`w` is {before}, {filled}",
        notice="Backpropagation computes gradients; the optimiser's step changes parameters.",
        wrong=(
            Wrong(
                "backward-updates",
                f"`w` is {after}, {empty}",
                "`backward()` knows no learning rate and updates nothing. It writes down gradients.",
            ),
            Wrong(
                "both",
                f"`w` is {after}, {filled}",
                "The gradient is there. But moving the parameter is left for `optimizer.step()`.",
            ),
            Wrong(
                "nothing", f"`w` is {before}, {empty}", "It has computed the gradient. Where does it put it?"
            ),
        ),
    )


def one_score(scores: Sequence[float]) -> Question:
    """Ask for softmax over axis 1, where each picture has one score."""
    column = np.array(scores)
    return Question(
        name="one-score",
        exercise="attention-classifier.one_score_each",
        prompt=f"The scores of {len(scores)} pictures are {_write(scores)}, in the shape ({len(scores)}, 1). "
        "What does `nn.Softmax(1)`, softmax along axis 1, make of them?",
        right=_write(softmax(column[:, np.newaxis], axis=1)),
        notice="Each picture has one score along that axis, so its weight is 1, and nothing is chosen.",
        wrong=(
            Wrong(
                "softmax-over-batch",
                _write(softmax(column)),
                "Here the pictures share one attention. Axis 1 lies inside each picture.",
            ),
            Wrong(
                "sigmoid",
                _write(1 / (1 + np.exp(-column))),
                "This is a sigmoid of each score. Softmax divides by a sum, here of one number.",
            ),
            Wrong(
                "equal-share",
                _write(np.full(len(column), 1 / len(column))),
                "Equal shares need equal scores in one row. Each row holds a single score.",
            ),
        ),
    )


def even_attention(height: int, width: int, side: int = 64, n_positions: int = 64) -> Question:
    """Ask for the share of evenly spread attention inside a box."""
    share = height * width / side**2
    return Question(
        name="even-attention",
        exercise="attention-classifier.even_mass",
        prompt=f"An attention map of {n_positions} equal weights covers a picture of {side} × {side} pixels. "
        f"An item's box is {height} pixels high and {width} wide. What share of the attention lies in it?",
        right=_write(share),
        notice="Evenly spread attention gives each region its share of area; a trained map has to beat it.",
        wrong=(
            Wrong(
                "one-weight",
                _write(1 / n_positions),
                "This is one weight. The box covers several: add them up.",
            ),
            Wrong(
                "positions-counted",
                _write(share * n_positions),
                "So many positions lie in the box, and each has only its small share of the attention.",
            ),
            Wrong(
                "all-inside",
                _write(1.0),
                "All of it lies on the picture. Equal weights know nothing of the box.",
            ),
        ),
    )
