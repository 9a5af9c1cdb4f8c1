"""A simulated clinical trial of a training: arms, blinding, raters and selection, in NumPy."""

import math
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

import numpy as np

from course_utils._arguments import as_generator, require_between, require_count

Arm = Literal["training", "sham", "waitlist"]
Measure = Literal["parent", "teacher", "objective"]
ARMS: tuple[Arm, ...] = ("training", "sham", "waitlist")
MEASURES: tuple[Measure, ...] = ("parent", "teacher", "objective")


@dataclass(frozen=True)
class TrialDesign:
    """How a trial is run and what is true in its world.

    There is one unit for all: the standard deviation of ratings among people whom nobody selected.

    Parameters
    ----------
    n_training, n_sham, n_waitlist : int
        People in each arm, at least 2.
    cutoff : float
        Enrol those whose baseline rating lies this far above the mean; -inf enrols all.
    reliability : float
        The part of the ratings' variance that is true severity, above 0, at most 1.
    specific : float
        What the training itself improves: 0 for a useless one.
    maturation : float
        What time alone improves, in all arms.
    placebo : float
        What believing in one's treatment improves.
    rater_bias : float
        By how much parents who believe rate too well.
    sham_belief : float
        The part of the sham arm that believes in its treatment, from 0 to 1: 1 when blinding is perfect. The
        training arm always believes, the waitlist never.
    practice : float
        What taking the objective test twice improves, in all arms.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    84 and 58 people are 3 to 2 of about the number analysed by the Neurofeedback Collaborative Group (2021),
    doi:10.1016/j.jaac.2020.07.906; that trial had no waitlist. The effects are illustrative.

    Examples
    --------
    >>> TrialDesign(specific=0.43).n_training
    84
    """

    n_training: int = 84
    n_sham: int = 58
    n_waitlist: int = 58
    cutoff: float = 1.0
    reliability: float = 0.75
    specific: float = 0.0
    maturation: float = 0.09
    placebo: float = 0.35
    rater_bias: float = 0.34
    sham_belief: float = 1.0
    practice: float = 0.17

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.startswith("n_"):
                require_count(field.name, value, minimum=2)
            elif field.name == "sham_belief":
                require_between(field.name, value, 0, 1)
            elif field.name == "reliability":
                require_between(field.name, value, 0.01, 1)
            elif field.name != "cutoff":
                require_between(field.name, value, -10, 10)
            elif value != -math.inf:
                require_between(field.name, value, -10, 3)  # beyond 3 hardly anyone would be found


SCENARIOS = {
    "A no specific effect, blind sham": TrialDesign(),
    "B as A, sham unblinded": TrialDesign(sham_belief=0.2),
    "C specific effect of 0.43": TrialDesign(specific=0.43),
    "D regression to the mean only": TrialDesign(maturation=0, placebo=0, rater_bias=0),
    "E as D, nobody selected": TrialDesign(maturation=0, placebo=0, rater_bias=0, cutoff=-math.inf),
    "F as A, smaller biases": TrialDesign(placebo=0.09, rater_bias=0.21),
}


class TrialOutcomes(NamedTuple):
    """What `simulate_trials` gives back.

    Attributes
    ----------
    improvements : dict of dict of numpy.ndarray, shape (n_trials, n_people_in_arm)
        `improvements[measure][arm]`: baseline minus end for ratings, end minus baseline for the test; above 0
        is better, in standard deviations of unselected ratings.
    n_screened : int
        How many people had to be rated to enrol all, over all trials.
    """

    improvements: dict[Measure, dict[Arm, np.ndarray]]
    n_screened: int


class Comparison(NamedTuple):
    """What `compare_arms` gives back, averaged over the trials.

    Attributes
    ----------
    effect_size : float
        The difference between the arms' mean improvements, in standard deviations of unselected ratings.
    significant : float
        The part of the trials with p < 0.05 in a two-sided t-test, from 0 to 1.
    """

    effect_size: float
    significant: float


class SummaryRow(NamedTuple):
    """One scenario's line in the table of `summarise`.

    Attributes
    ----------
    pre_post : dict of float
        `pre_post_effect` of the parents' ratings in each arm.
    comparisons : dict of Comparison
        Training against another arm, by (arm, measure).
    """

    pre_post: dict[Arm, float]
    comparisons: dict[tuple[Arm, Measure], Comparison]


def simulate_trials(design: TrialDesign, n_trials: int, seed: int | np.random.Generator) -> TrialOutcomes:
    """Run one trial many times over: screen, enrol, treat, rate.

    A rating is true severity plus an error, both normal; together their standard deviation is 1 in people
    whom nobody selected, which is the unit of everything here. One baseline rating decides who is enrolled,
    and parents and teachers are both measured from it; at the end each rates anew with an error of its own.
    Teachers do not know the arm. The objective test has errors of its own, and belief does not move it: an
    assumption, for experiments disagree on that (Foroughi and others 2016; Vodyanyk and others 2021).

    Parameters
    ----------
    design : TrialDesign
    n_trials : int
        At least 1.
    seed : int or numpy.random.Generator

    Returns
    -------
    TrialOutcomes

    Raises
    ------
    ValueError
        If an argument is not what was expected.

    References
    ----------
    The questions are those of Cortese, S. et al. (2016), doi:10.1016/j.jaac.2016.03.007, on who rates, and of
    the Neurofeedback Collaborative Group (2021), doi:10.1016/j.jaac.2020.07.906, on sham. Belief and tests:
    Foroughi, C. K. et al. (2016), doi:10.1073/pnas.1601243113; Vodyanyk, M. et al. (2021),
    doi:10.1007/s41465-021-00207-6.

    Examples
    --------
    >>> outcomes = simulate_trials(TrialDesign(), n_trials=100, seed=0)
    >>> outcomes.improvements["parent"]["sham"].shape
    (100, 58)
    """
    if not isinstance(design, TrialDesign):
        raise ValueError(f"design is {design!r}; expected a TrialDesign.")
    n_trials, rng = require_count("n_trials", n_trials), as_generator("seed", seed)
    true_sd, error_sd = math.sqrt(design.reliability), math.sqrt(1 - design.reliability)
    sizes = {"training": design.n_training, "sham": design.n_sham, "waitlist": design.n_waitlist}
    belief = {"training": 1.0, "sham": design.sham_belief, "waitlist": 0.0}

    improvements = {measure: {} for measure in MEASURES}
    n_screened = 0
    for arm in ARMS:
        shape = (n_trials, sizes[arm])
        severity, baseline, screened = _enrol(shape, design.cutoff, true_sd, error_sd, rng)
        n_screened += screened
        believes = rng.random(shape) < belief[arm]
        specific = design.specific if arm == "training" else 0.0
        after = severity - design.maturation - design.placebo * believes - specific
        parent = after - design.rater_bias * believes + error_sd * rng.standard_normal(shape)
        teacher = after + error_sd * rng.standard_normal(shape)
        test_errors = error_sd * rng.standard_normal((2, *shape))
        improvements["parent"][arm] = baseline - parent
        improvements["teacher"][arm] = baseline - teacher
        improvements["objective"][arm] = design.practice + specific + test_errors[1] - test_errors[0]
    return TrialOutcomes(improvements, n_screened)


def pre_post_effect(outcomes: TrialOutcomes, arm: Arm, measure: Measure = "parent") -> float:
    """Return how much an arm improved, in standard deviations of unselected ratings, as advertisements do.

    Parameters
    ----------
    outcomes : TrialOutcomes
    arm : {"training", "sham", "waitlist"}
    measure : {"parent", "teacher", "objective"}

    Returns
    -------
    float
        The mean over the trials.

    Raises
    ------
    ValueError
        If there is no such arm or measure.

    References
    ----------
    Cuijpers, P. et al. (2017). Pre-post effect sizes should be avoided in meta-analyses. Epidemiology and
    Psychiatric Sciences 26(4), 364-368, doi:10.1017/S2045796016000809.

    Examples
    --------
    >>> outcomes = simulate_trials(SCENARIOS["A no specific effect, blind sham"], 200, seed=0)
    >>> print(f"{pre_post_effect(outcomes, 'training'):.1f} with a useless training")
    1.2 with a useless training
    """
    return float(_improvement(outcomes, arm, measure).mean())


def compare_arms(outcomes: TrialOutcomes, arm: Arm, control: Arm, measure: Measure = "parent") -> Comparison:
    """Return how the improvements of two arms compare: effect size and how often a t-test finds it.

    The effect is in the unit of `pre_post_effect`, so that both can stand in one table. The t-test needs the
    spread of the changes as well. Over that spread, which is smaller here, the same difference is a larger
    number; and published differences have other denominators again, mostly the spread of scores among the
    trial's own people.

    Parameters
    ----------
    outcomes : TrialOutcomes
    arm, control : {"training", "sham", "waitlist"}
    measure : {"parent", "teacher", "objective"}

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If there is no such arm or measure.

    References
    ----------
    Student (1908). The probable error of a mean. doi:10.2307/2331554

    Examples
    --------
    >>> outcomes = simulate_trials(SCENARIOS["A no specific effect, blind sham"], 200, seed=0)
    >>> beside_waitlist = compare_arms(outcomes, "training", "waitlist")
    >>> beside_sham = compare_arms(outcomes, "training", "sham")
    >>> print(f"{beside_waitlist.effect_size:.1f}, but {abs(beside_sham.effect_size):.1f} beside sham")
    0.7, but 0.0 beside sham
    """
    first, second = _improvement(outcomes, arm, measure), _improvement(outcomes, control, measure)
    n_first, n_second = first.shape[1], second.shape[1]
    freedom = n_first + n_second - 2
    squares = first.var(axis=1, ddof=1) * (n_first - 1) + second.var(axis=1, ddof=1) * (n_second - 1)
    effects = first.mean(axis=1) - second.mean(axis=1)
    t = effects / np.sqrt(squares / freedom * (1 / n_first + 1 / n_second))
    return Comparison(float(effects.mean()), float(np.mean(np.abs(t) > critical_t(freedom))))


def critical_t(freedom: int, significance: float = 0.05) -> float:
    """Return the value that |t| exceeds by chance with this probability (Student's distribution, two-sided).

    Parameters
    ----------
    freedom : int
        Degrees of freedom, at least 2.
    significance : float
        From 0.001 to 0.5.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Student (1908). The probable error of a mean. doi:10.2307/2331554

    Examples
    --------
    >>> print(f"{critical_t(140):.3f}")
    1.977
    """
    freedom = require_count("freedom", freedom, minimum=2)
    significance = require_between("significance", significance, 0.001, 0.5)
    angles = np.linspace(0, math.pi / 2, 200_001)  # t = √freedom · tan(angle) makes the whole range finite
    density = np.cos(angles) ** (freedom - 1)
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
    angle = np.interp(1 - significance, below / below[-1], angles)
    return math.sqrt(freedom) * math.tan(angle)


def summarise(
    n_trials: int, seed: int | np.random.Generator, scenarios: dict[str, TrialDesign] = SCENARIOS
) -> dict[str, SummaryRow]:
    """Run every scenario and put what a reader of the trial would see into one table.

    Parameters
    ----------
    n_trials : int
        How often each trial is run, at least 1.
    seed : int or numpy.random.Generator
    scenarios : dict of TrialDesign
        The designs by name.

    Returns
    -------
    dict of SummaryRow
        By the name of the scenario.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> table = summarise(50, seed=0)
    >>> row = table["D regression to the mean only"]
    >>> print(f"{row.pre_post['waitlist']:.1f}")  # nobody was treated, all seem to improve
    0.4
    """
    rng = as_generator("seed", seed)
    table = {}
    for name, design in scenarios.items():
        outcomes = simulate_trials(design, n_trials, rng)
        table[name] = SummaryRow(
            {arm: pre_post_effect(outcomes, arm) for arm in ARMS},
            {
                (control, measure): compare_arms(outcomes, "training", control, measure)
                for control in ("waitlist", "sham")
                for measure in MEASURES
            },
        )
    return table


def _enrol(
    shape: tuple[int, int], cutoff: float, true_sd: float, error_sd: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int]:
    """Draw people until enough pass the cutoff; return severity, baseline ratings and how many were rated."""
    wanted = math.prod(shape)
    severities, ratings, n_screened = np.empty(0), np.empty(0), 0
    while len(ratings) < wanted:
        severity = true_sd * rng.standard_normal(wanted)
        rating = severity + error_sd * rng.standard_normal(wanted)
        passes = rating > cutoff
        severities = np.concatenate([severities, severity[passes]])
        ratings = np.concatenate([ratings, rating[passes]])
        n_screened += wanted
    return severities[:wanted].reshape(shape), ratings[:wanted].reshape(shape), n_screened


def _improvement(outcomes: TrialOutcomes, arm: Arm, measure: Measure) -> np.ndarray:
    """Return improvements, or refuse a measure or arm that there is not."""
    if measure not in MEASURES:
        raise ValueError(f"measure is {measure!r}; expected one of {', '.join(MEASURES)}.")
    if arm not in ARMS:
        raise ValueError(f"arm is {arm!r}; expected one of {', '.join(ARMS)}.")
    return outcomes.improvements[measure][arm]
