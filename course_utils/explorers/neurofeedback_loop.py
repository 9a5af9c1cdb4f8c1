"""Explorer: a neurofeedback loop live, with sham rewards and with what is not the brain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from course_utils.brain.neurofeedback import (
    N_SAMPLES,
    SAMPLING_RATE,
    add_blinks,
    add_drift,
    feedback_session,
    theta_beta_ratio,
)
from course_utils.explorers.base import Choice, Explorer, Picture, Slider, Told, new_figure, steps
from course_utils.plots import PALETTE

N_CALIBRATION, N_EPOCHS = 20, 40
LEAK = 0.005  # of the skill, in each epoch, as in `feedback_session`
LONG_RUN_SKILL = 0.19  # what people reach on average after many sessions of true feedback; a test measures it
SESSIONS = (0, 1, 2, 5, 10, 20, 30)
ARTEFACTS = [("none", "none"), ("blinks", "eye blinks"), ("drift", "drifting electrode")]
MOST_RATIO = 16.0


class LoopView(NamedTuple):
    """What `loop_view` gives back.

    Attributes
    ----------
    signals : numpy.ndarray, shape (40, 256)
        The EEG of each epoch with feedback, in microvolts, as the device records it.
    ratios : numpy.ndarray, shape (40,)
        Its theta/beta ratio.
    threshold : float
        The median ratio of the calibration, which is free of artefacts.
    rewards : numpy.ndarray of bool, shape (40,)
        Which epochs were rewarded.
    """

    signals: np.ndarray
    ratios: np.ndarray
    threshold: float
    rewards: np.ndarray


def usual_skill(n_sessions: int, *, sham: bool) -> float:
    """Return which skill people have on average after so many sessions; sham teaches none.

    Examples
    --------
    >>> usual_skill(0, sham=False), usual_skill(30, sham=True)
    (0.0, 0.0)
    >>> print(f"{usual_skill(30, sham=False):.2f}")
    0.19
    """
    return 0.0 if sham else LONG_RUN_SKILL * (1 - (1 - LEAK) ** (n_sessions * N_EPOCHS))


@lru_cache(maxsize=64)
def loop_view(n_sessions: int, feedback: str, artefacts: str) -> LoopView:
    """Run the next session of one person, and add artefacts to what the device records of it.

    Parameters
    ----------
    n_sessions : int
        Sessions that this person has behind them.
    feedback : {"true", "sham"}
        Whether rewards follow the recorded ratio, or the toss of a coin.
    artefacts : {"none", "blinks", "drift"}
        What is added to the epochs with feedback: a blink in every second one on average, or a drift whose
        ends are not faded (no Hann window).

    Returns
    -------
    LoopView

    Examples
    --------
    >>> clean, blinks = loop_view(0, "true", "none"), loop_view(0, "true", "blinks")
    >>> bool(blinks.rewards.sum() < clean.rewards.sum())
    True
    """
    sham = feedback == "sham"
    session = feedback_session(np.array([usual_skill(n_sessions, sham=sham)]), seed=5, sham=sham)
    signals = session.signals[N_CALIBRATION:, 0]
    window = "hann"
    if artefacts == "blinks":
        rng = np.random.default_rng(100)
        times = rng.uniform(0.3, 1.7, N_EPOCHS)
        blinked = rng.random(N_EPOCHS) < 0.5
        pairs = zip(signals, times, blinked, strict=True)
        signals = np.stack([add_blinks(signal, [time] if blink else []) for signal, time, blink in pairs])
    elif artefacts == "drift":
        signals, window = add_drift(signals, slope=60), "box"
    ratios = theta_beta_ratio(signals, window=window)
    threshold = float(session.threshold[0])
    rewards = session.rewards[:, 0] if sham else ratios < threshold
    return LoopView(signals, ratios, threshold, rewards)


class LoopPicture(Picture):
    """The EEG of one epoch above, the ratio of all epochs so far with threshold and rewards below."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        trace, course = figure.subplots(2, 1, height_ratios=[2, 3])
        seconds = np.arange(N_SAMPLES) / SAMPLING_RATE
        trace.set(xlabel="time in this epoch (s)", ylabel="EEG (µV)", xlim=(0, 2), ylim=(-60, 130))
        course.set(xlabel="epoch of 2 s", ylabel="theta/beta", xlim=(0, N_EPOCHS + 1), ylim=(0, MOST_RATIO))
        self.trace = trace.plot(seconds, np.zeros(N_SAMPLES), color=PALETTE["blue"], linewidth=1.4)[0]
        self.said = trace.set_title("REWARD", loc="right", weight="bold")  # above what it judges
        self.line = course.plot([], [], color="#777777", linewidth=1)[0]
        self.missed = course.plot([], [], "o", color="#777777", markersize=5, label="no reward")[0]
        self.rewarded = course.plot([], [], "^", color=PALETTE["green"], markersize=8, label="reward")[0]
        self.threshold = course.axhline(0, color=PALETTE["red"], linestyle="--", label="threshold")
        course.legend(loc="lower left", bbox_to_anchor=(0, 0.98), ncols=3, fontsize=11)
        self.moving = [self.trace, self.said, self.line, self.missed, self.rewarded, self.threshold]

    def update(self, values: Mapping[str, Any]) -> Told:
        """Show the session up to the chosen epoch."""
        epoch = values["epoch"]
        view = loop_view(values["sessions"], values["feedback"], values["artefacts"])
        numbers, ratios, rewards = np.arange(1, epoch + 1), view.ratios[:epoch], view.rewards[:epoch]
        shown = np.minimum(ratios, MOST_RATIO - 0.3)  # higher ones lie at the upper edge
        self.trace.set_ydata(view.signals[epoch - 1])
        self.said.set_text("REWARD" if rewards[-1] else "no reward")
        self.line.set_data(numbers, shown)
        self.missed.set_data(numbers[~rewards], shown[~rewards])
        self.rewarded.set_data(numbers[rewards], shown[rewards])
        self.threshold.set_ydata([view.threshold, view.threshold])
        below = int(np.sum(ratios < view.threshold))
        now = (
            f"Epoch {epoch}: ratio {ratios[-1]:.1f}, threshold {view.threshold:.1f}, "
            f"{'reward' if rewards[-1] else 'no reward'}"
        )
        so_far = f"So far {int(rewards.sum())} rewards; {below} of {epoch} epochs lay below the threshold"
        artefact = dict(ARTEFACTS)[values["artefacts"]]
        return Told(
            alt=f"EEG of one epoch, and the theta/beta ratio of each epoch with its rewards. {now}. "
            f"{so_far}, "
            f"median ratio {np.median(ratios):.2f}. Feedback {values['feedback']}, artefacts: {artefact}, "
            f"sessions before: {values['sessions']}.",
            words=f"{now}.\n{so_far}; median ratio {np.median(ratios):.2f}.",
        )


def neurofeedback_explorer() -> Explorer:
    """Return an explorer: play a session of neurofeedback, with true or sham rewards, and add artefacts.

    Returns
    -------
    Explorer
        A widget; as the last line of a cell it is shown.

    Examples
    --------
    >>> neurofeedback_explorer().frame["words"].split(":")[0]
    'Epoch 40'
    """
    return Explorer(
        "Neurofeedback explorer",
        [
            Slider("epoch", "Epoch", steps(1, N_EPOCHS, 1), N_EPOCHS, whole=True, play=True),
            Slider("sessions", "Sessions before this one", SESSIONS, 0, whole=True),
            Choice("feedback", "Feedback", [("true", "true: the ratio"), ("sham", "sham: a coin")], "true"),
            Choice("artefacts", "Not from the brain", ARTEFACTS, "none"),
        ],
        LoopPicture(new_figure()),
        caption="Below the dashed line an epoch is rewarded, unless the feedback is sham.",
    )
