"""Exercises: template title. Each is data, and `check` judges by behaviour."""

import numpy as np

from course_utils.exercises.engine import Exercise, Misconception, normal

template_name_mean = Exercise(
    name="template_name_mean",
    lesson="template-name",
    title="A mean",
    kind="prediction",
    prompt="""
What is the mean of 1, 2 and 6? Write a number, before you compute anything.
""",
    starter="template_name_mean = ...",
    reference=lambda: 3.0,
    misconceptions=(
        Misconception(
            "median",
            lambda: 2.0,
            "That is the number in the middle, the median. The mean is the sum divided by the count.",
        ),
        Misconception("sum", lambda: 9.0, "That is the sum. How many numbers share it?"),
    ),
    hints=(
        "What is the sum of the three numbers?",
        "How many numbers are there?",
        "Divide the sum by the count.",
    ),
    solution_code="template_name_mean = 3",
    why="The sum is 9, and three numbers share it.",
    notice="The mean need not be one of the numbers.",
)


template_name_outlier = Exercise(
    name="template_name_outlier",
    lesson="template-name",
    title="One large number",
    kind="prediction",
    prompt="""
In 1, 2, 6 the last number becomes 600. What happens? Write one letter in quotes.
""",
    starter='template_name_outlier = "..."',
    options={
        "a": "the mean moves far, the median stays",
        "b": "mean and median move far",
        "c": "the median moves far, the mean stays",
    },
    reference=lambda: "a",
    misconceptions=(
        Misconception("both", lambda: "b", "The middle number of 1, 2, 600 is still 2."),
        Misconception("median", lambda: "c", "Which of the two uses the size of every number?"),
    ),
    hints=(
        "Which number stands in the middle now?",
        "The median uses the order alone.",
        "The mean uses every size.",
    ),
    solution_code='template_name_outlier = "a"',
    why="The sum grows by 594, so the mean by 198; the order is the same.",
    notice="A mean can be moved by one number.",
)


def _centre(numbers: np.ndarray) -> np.ndarray:
    return numbers - numbers.mean(axis=-1, keepdims=True)


template_name_centre = Exercise(
    name="template_name_centre",
    lesson="template-name",
    title="Centre each row",
    kind="code",
    prompt="""
Subtract from each number the mean of its row, the last axis. There may be more axes in front.
""",
    starter='''
def template_name_centre(numbers):
    """Shapes: numbers (..., n). Gives an array of the same shape whose rows have the mean 0."""
    ...
''',
    reference=_centre,
    misconceptions=(
        Misconception(
            "mean-of-all",
            lambda numbers: numbers - numbers.mean(),
            "You subtracted the mean of all numbers. Each row has a mean of its own: `axis=-1`.",
        ),
        Misconception(
            "mean-alone",
            lambda numbers: numbers.mean(axis=-1, keepdims=True) + 0 * numbers,
            "These are the means. Subtract them from the numbers.",
        ),
    ),
    hints=(
        "Along which axis does a row run?",
        "`keepdims=True` keeps the axis, so that the shapes fit.",
        "`numbers - numbers.mean(axis=-1, keepdims=True)`",
    ),
    solution_code="""
def template_name_centre(numbers):
    return numbers - numbers.mean(axis=-1, keepdims=True)
""",
    why="Each row gets its own mean, and broadcasting subtracts it from every number in the row.",
    notice="What is left sums to 0 in every row.",
    cases=((normal(2, 3, seed=0),), (normal(4, 2, seed=1),), (normal(2, 2, 5, seed=2),)),
)


def _share(numbers: np.ndarray) -> np.ndarray:
    return numbers / numbers.sum(axis=-1, keepdims=True)


template_name_share = Exercise(
    name="template_name_share",
    lesson="template-name",
    title="Repair a share",
    kind="repair",
    prompt="""
This function should give each number's share of its row, so that a row sums to 1. Repair it.
""",
    starter='''
def template_name_share(numbers):
    """Shapes: numbers (..., n), all above 0. Gives shares of the same shape."""
    return numbers / numbers.max(axis=-1, keepdims=True)
''',
    reference=_share,
    misconceptions=(
        Misconception(
            "sum-of-all",
            lambda numbers: numbers / numbers.sum(),
            "You divided by the sum of all numbers, so all rows together sum to 1. Each row should.",
        ),
        Misconception(
            "count",
            lambda numbers: numbers / numbers.shape[-1],
            "You divided by how many numbers a row has. By what do shares of a whole divide?",
        ),
    ),
    hints=(
        "What does a row of the result sum to now?",
        "Shares of a whole are parts divided by the whole.",
        "`sum` in place of `max`.",
    ),
    solution_code="""
def template_name_share(numbers):
    return numbers / numbers.sum(axis=-1, keepdims=True)
""",
    why="A part divided by the whole is its share, and the shares of a row sum to 1.",
    notice="Softmax ends in the same step.",
    cases=(
        (np.exp(normal(2, 3, seed=3)),),
        (np.exp(normal(4, 2, seed=4)),),
        (np.exp(normal(2, 2, 5, seed=5)),),
    ),
)
