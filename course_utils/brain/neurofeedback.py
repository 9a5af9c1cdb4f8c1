"""Neurofeedback in NumPy: simulated EEG, theta/beta ratio, artefacts, the closed loop, re-identification."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from course_utils._arguments import (
    as_floats,
    as_generator,
    as_nonnegative,
    require_between,
    require_count,
    require_finite,
    require_positive,
)

SAMPLING_RATE = 128.0  # samples per second
N_SAMPLES = 256  # in one epoch, which lasts two seconds
THETA_BAND, BETA_BAND = (4.0, 8.0), (13.0, 21.0)  # in Hz
EXPLORATION = 0.15  # standard deviation of what a person tries out from epoch to epoch


class SessionResult(NamedTuple):
    """What `feedback_session` gives back.

    Attributes
    ----------
    signals : numpy.ndarray, shape (n_calibration + n_epochs, n_people, n_samples)
        The EEG in microvolts.
    ratios : numpy.ndarray, shape (n_calibration + n_epochs, n_people)
        Its theta/beta ratio.
    threshold : numpy.ndarray, shape (n_people,)
        The median ratio of the calibration; a ratio below it is rewarded.
    rewards : numpy.ndarray of bool, shape (n_epochs, n_people)
        Which epochs were rewarded.
    skill : numpy.ndarray, shape (n_people,)
        The skill at the end.
    """

    signals: np.ndarray
    ratios: np.ndarray
    threshold: np.ndarray
    rewards: np.ndarray
    skill: np.ndarray


class FeedbackResult(NamedTuple):
    """What `feedback_course` gives back.

    Attributes
    ----------
    ratios : numpy.ndarray, shape (n_sessions, n_people)
        The mean theta/beta ratio of each session.
    skills : numpy.ndarray, shape (n_sessions, n_people)
        The skill at the end of each session.
    """

    ratios: np.ndarray
    skills: np.ndarray


class People(NamedTuple):
    """What makes simulated people's EEG their own; each field has shape (n_people,).

    Attributes
    ----------
    theta, alpha, beta : numpy.ndarray
        How strong each rhythm is, in microvolts (root mean square).
    alpha_frequency : numpy.ndarray
        Where the alpha rhythm peaks, in Hz.
    exponent : numpy.ndarray
        How steeply the background falls with frequency.
    """

    theta: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    alpha_frequency: np.ndarray
    exponent: np.ndarray


class PrivacyResult(NamedTuple):
    """What `privacy_experiment` gives back.

    Attributes
    ----------
    identified : float
        The part of the people whose second recording was matched with their first, from 0 to 1.
    usefulness : float
        How well the released features still tell people's theta/beta ratio: a correlation with the truth.
    """

    identified: float
    usefulness: float


# Signals


def eeg_spectrum(
    frequencies: ArrayLike,
    *,
    theta: ArrayLike = 4.0,
    alpha: ArrayLike = 0.0,
    beta: ArrayLike = 1.8,
    alpha_frequency: ArrayLike = 10.0,
    background: ArrayLike = 30.0,
    exponent: ArrayLike = 1.5,
) -> np.ndarray:
    """Return the power of an EEG: a background that falls as 1/f to a power, with bumps for its rhythms.

    Parameters
    ----------
    frequencies : array_like, shape (n_frequencies,)
        In Hz, at least 0. At 0 there is no power.
    theta, alpha, beta : array_like
        Strength of the rhythms at 6 Hz (width 1), at `alpha_frequency` (width 1) and at 17 Hz (width 3), in
        microvolts (root mean square), at least 0.
    alpha_frequency : array_like
        In Hz, above 0.
    background : array_like
        Power of the background at 1 Hz, in microvolts squared per Hz, at least 0.
    exponent : array_like
        How steeply the background falls, at least 0. All but the frequencies broadcast to a shape (...).

    Returns
    -------
    numpy.ndarray, shape (..., n_frequencies)
        Power density in microvolts squared per Hz.

    Raises
    ------
    ValueError
        If a number is not finite or out of its range.

    References
    ----------
    Donoghue, T. et al. (2020). Parameterizing neural power spectra into periodic and aperiodic components.
    doi:10.1038/s41593-020-00744-x. The numbers are illustrative.

    Examples
    --------
    >>> eeg_spectrum([1, 6, 17]).round(2)
    array([30.  ,  8.42,  0.86])
    """
    frequencies = as_nonnegative("frequencies", frequencies)
    bumps = (
        (_column("theta", theta), 6.0, 1.0),
        (_column("alpha", alpha), _column("alpha_frequency", alpha_frequency), 1.0),
        (_column("beta", beta), 17.0, 3.0),
    )
    falling = np.where(frequencies > 0, frequencies, np.inf) ** -_column("exponent", exponent)
    power = _column("background", background) * np.where(frequencies > 0, falling, 0.0)
    for strength, centre, width in bumps:
        bell = np.exp(-0.5 * ((frequencies - centre) / width) ** 2) / (width * math.sqrt(2 * math.pi))
        power = power + np.where(frequencies > 0, strength**2 * bell, 0.0)
    return power


def simulate_eeg(
    n_epochs: int,
    seed: int | np.random.Generator,
    *,
    n_samples: int = N_SAMPLES,
    sampling_rate: float = SAMPLING_RATE,
    **spectrum: ArrayLike,
) -> np.ndarray:
    """Draw random signals whose mean power is `eeg_spectrum`; nothing else of a brain is in them.

    Parameters
    ----------
    n_epochs : int
        How many independent signals, at least 1.
    seed : int or numpy.random.Generator
        Decides the noise.
    n_samples : int
        The length of each, an even number, at least 2.
    sampling_rate : float
        Samples per second, above 0.
    **spectrum : array_like, one number or shape (n_epochs,)
        What `eeg_spectrum` takes, such as `theta`.

    Returns
    -------
    numpy.ndarray, shape (n_epochs, n_samples)
        In microvolts.

    Raises
    ------
    ValueError
        If a setting is out of its range or does not fit the number of epochs.

    Examples
    --------
    >>> signals = simulate_eeg(100, seed=0)
    >>> bool(simulate_eeg(100, seed=0, theta=2).var() < signals.var())
    True
    """
    n_epochs, n_samples = (
        require_count("n_epochs", n_epochs),
        require_count("n_samples", n_samples, minimum=2),
    )
    if n_samples % 2:
        raise ValueError(f"n_samples is {n_samples}; expected an even number.")
    sampling_rate = require_positive("sampling_rate", sampling_rate)
    rng = as_generator("seed", seed)

    frequencies = np.fft.rfftfreq(n_samples, 1 / sampling_rate)
    power = eeg_spectrum(frequencies, **spectrum) * sampling_rate / n_samples  # in each frequency, µV²
    if power.ndim > 2 or power.shape[:-1] not in ((), (1,), (n_epochs,)):
        raise ValueError(
            f"spectrum has settings of shape {power.shape[:-1]}; expected one number or shape ({n_epochs},)."
        )
    size = (n_epochs, len(frequencies))
    waves = rng.standard_normal(size) + 1j * rng.standard_normal(size)
    waves[:, -1] = waves[:, -1].real * math.sqrt(2)  # the highest frequency has no phase
    weight = np.where(frequencies == frequencies[-1], math.sqrt(0.5), 0.5)
    return np.fft.irfft(waves * np.sqrt(power) * weight * n_samples, n=n_samples)


def periodogram(
    signal: ArrayLike, sampling_rate: float = SAMPLING_RATE, window: str = "hann"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the power of a signal by frequency.

    The mean is taken away first. The Hann window fades both ends; without it ("box") a slow drift leaks into
    every frequency.

    Parameters
    ----------
    signal : array_like, shape (..., n_samples)
        In microvolts; at least 8 samples.
    sampling_rate : float
        Samples per second, above 0.
    window : {"hann", "box"}

    Returns
    -------
    frequencies : numpy.ndarray, shape (n_samples // 2 + 1,)
        In Hz.
    power : numpy.ndarray, shape (..., n_samples // 2 + 1)
        In microvolts squared per Hz.

    Raises
    ------
    ValueError
        If the signal is too short or not finite, or a setting is unknown.

    References
    ----------
    Harris, F. J. (1978). On the use of windows for harmonic analysis with the discrete Fourier transform.
    doi:10.1109/PROC.1978.10837

    Examples
    --------
    >>> time = np.arange(256) / 128
    >>> frequencies, power = periodogram(np.sin(2 * np.pi * 10 * time))
    >>> print(frequencies[power.argmax()])
    10.0
    """
    signal = _as_signal(signal)
    sampling_rate = require_positive("sampling_rate", sampling_rate)
    n = signal.shape[-1]
    if window == "hann":
        taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
    elif window == "box":
        taper = np.ones(n)
    else:
        raise ValueError(f"window is {window!r}; expected 'hann' or 'box'.")
    waves = np.fft.rfft((signal - signal.mean(axis=-1, keepdims=True)) * taper)
    power = np.abs(waves) ** 2 / (sampling_rate * np.sum(taper**2))
    power[..., 1 : (n + 1) // 2] *= 2  # negative frequencies hold as much
    return np.fft.rfftfreq(n, 1 / sampling_rate), power


def theta_beta_ratio(
    signal: ArrayLike, sampling_rate: float = SAMPLING_RATE, window: str = "hann"
) -> np.ndarray | np.floating:
    """Return the power from 4 up to 8 Hz divided by that from 13 up to 21 Hz.

    Parameters
    ----------
    signal : array_like, shape (..., n_samples)
        In any unit.
    sampling_rate : float
        Samples per second, at least 42, so that 21 Hz can be seen.
    window : {"hann", "box"}
        As in `periodogram`.

    Returns
    -------
    float or numpy.ndarray, shape (...)
        The ratio, without unit.

    Raises
    ------
    ValueError
        If the signal is too short for these bands, or has no power from 13 to 21 Hz.

    References
    ----------
    Arns, M., Conners, C. K. & Kraemer, H. C. (2013). A decade of EEG theta/beta ratio research in ADHD.
    doi:10.1177/1087054712460087

    Examples
    --------
    >>> time = np.arange(256) / 128
    >>> signal = 2 * np.sin(2 * np.pi * 6 * time) + np.sin(2 * np.pi * 17 * time)
    >>> print(f"{theta_beta_ratio(signal):.3f}")
    4.000
    """
    frequencies, power = periodogram(signal, require_between("sampling_rate", sampling_rate, 42), window)
    theta, beta = (
        power[..., (frequencies >= low) & (frequencies < high)].sum(axis=-1)
        for low, high in (THETA_BAND, BETA_BAND)
    )
    if frequencies[1] > 4 or not np.all(beta > 0):
        raise ValueError(
            f"signal of shape {np.shape(signal)} has no power from 13 to 21 Hz, or is too short to tell "
            "theta from beta; expected a signal that changes and lasts at least a quarter of a second."
        )
    return theta / beta


def add_blinks(
    signal: ArrayLike,
    times: ArrayLike,
    *,
    sampling_rate: float = SAMPLING_RATE,
    height: float = 100.0,
    width: float = 0.06,
) -> np.ndarray:
    """Return a signal with eye blinks: smooth bumps, far larger than the EEG, made by the eyes.

    Parameters
    ----------
    signal : array_like, shape (..., n_samples)
        In microvolts.
    times : array_like, shape (n_blinks,)
        When they peak, in seconds from the start.
    sampling_rate : float
        Samples per second, above 0.
    height : float
        Of each bump, in microvolts.
    width : float
        Standard deviation of each bump, in seconds, above 0.

    Returns
    -------
    numpy.ndarray, shape (..., n_samples)
        In microvolts; the signal given stays as it is.

    Raises
    ------
    ValueError
        If a shape is wrong or a number is not finite or out of its range.

    References
    ----------
    Croft, R. J. & Barry, R. J. (2000). Removal of ocular artifact from the EEG: a review.
    doi:10.1016/S0987-7053(00)00055-1

    Examples
    --------
    >>> add_blinks(np.zeros(256), times=[1.0]).max()
    np.float64(100.0)
    """
    signal, times = _as_signal(signal), as_floats("times", times)
    if times.ndim != 1:
        raise ValueError(f"times has shape {times.shape}; expected one row, (n_blinks,).")
    require_finite("times", times)
    height, width = require_between("height", height, -math.inf), require_positive("width", width)
    clock = np.arange(signal.shape[-1]) / require_positive("sampling_rate", sampling_rate)
    return signal + height * np.exp(-0.5 * ((clock - times[:, np.newaxis]) / width) ** 2).sum(axis=0)


def add_drift(signal: ArrayLike, slope: float, *, sampling_rate: float = SAMPLING_RATE) -> np.ndarray:
    """Return a signal with a steady drift, as of an electrode that sweat loosens.

    Without a Hann window it leaks as 1/f², which pulls everyone's theta/beta ratio to about 4.3.

    Parameters
    ----------
    signal : array_like, shape (..., n_samples)
        In microvolts.
    slope : float
        In microvolts per second.
    sampling_rate : float
        Samples per second, above 0.

    Returns
    -------
    numpy.ndarray, shape (..., n_samples)
        In microvolts; the signal given stays as it is.

    Raises
    ------
    ValueError
        If a shape is wrong or a number is not finite or out of its range.

    Examples
    --------
    >>> print(add_drift(np.zeros(256), slope=10)[-1].round(2))
    19.92
    """
    signal = _as_signal(signal)
    clock = np.arange(signal.shape[-1]) / require_positive("sampling_rate", sampling_rate)
    return signal + require_between("slope", slope, -math.inf) * clock


# The closed loop


def feedback_session(
    skill: ArrayLike,
    seed: int | np.random.Generator,
    *,
    sham: bool = False,
    n_epochs: int = 40,
    n_calibration: int = 20,
    theta: float = 4.0,
    learning_rate: float = 0.01,
    leak: float = 0.005,
) -> SessionResult:
    """Train people by rewards for a low theta/beta ratio, epoch by epoch.

    A person's theta is exp(-(skill + exploration)) times its usual strength. What was tried in a rewarded
    epoch is kept, what was not rewarded is avoided, and skill leaks away. Built in: that people can change
    theta at all and learn from reward. What emerges: a changed signal under true feedback, none under sham.

    Parameters
    ----------
    skill : array_like, shape (n_people,)
        What each person starts the session with; 0 for beginners.
    seed : int or numpy.random.Generator
        Decides the exploration, the EEG and sham rewards.
    sham : bool
        True gives rewards by tossing a coin, whatever the EEG does.
    n_epochs, n_calibration : int
        Epochs of two seconds with feedback, and before it to set the threshold; at least 1.
    theta : float
        Usual strength of the theta rhythm in microvolts, at least 0.
    learning_rate : float
        How much of what was tried is kept, above 0.
    leak : float
        The part of the skill lost in each epoch, at least 0 and at most 1.

    Returns
    -------
    SessionResult

    Raises
    ------
    ValueError
        If a shape is wrong or a number is out of its range.

    References
    ----------
    The protocol is that of theta/beta training as reviewed by Arns, M. et al. (2009).
    doi:10.1177/155005940904000311. The learner is an illustration of this course.

    Examples
    --------
    >>> session = feedback_session(np.zeros(3), seed=0)
    >>> session.ratios.shape, session.rewards.shape
    ((60, 3), (40, 3))
    """
    skill = as_floats("skill", skill)
    if skill.ndim != 1 or skill.size == 0:
        raise ValueError(f"skill has shape {skill.shape}; expected one number a person, (n_people,).")
    require_finite("skill", skill)
    rng = as_generator("seed", seed)
    n_epochs, n_calibration = (
        require_count("n_epochs", n_epochs),
        require_count("n_calibration", n_calibration),
    )
    theta = require_between("theta", theta, 0)
    learning_rate, leak = (
        require_positive("learning_rate", learning_rate),
        require_between("leak", leak, 0, 1),
    )

    signals, ratios, rewards = [], [], []
    for epoch in range(n_calibration + n_epochs):
        tried = rng.normal(0, EXPLORATION, size=skill.size)
        signals.append(simulate_eeg(skill.size, rng, theta=theta * np.exp(-(skill + tried))))
        ratios.append(theta_beta_ratio(signals[-1]))
        if epoch < n_calibration:
            continue
        threshold = np.median(ratios[:n_calibration], axis=0)
        rewards.append(rng.random(skill.size) < 0.5 if sham else ratios[-1] < threshold)
        skill = skill + learning_rate * (rewards[-1] - 0.5) * tried / EXPLORATION - leak * skill
    return SessionResult(np.stack(signals), np.stack(ratios), threshold, np.stack(rewards), skill)


def feedback_course(
    n_people: int,
    seed: int | np.random.Generator,
    *,
    sham: bool = False,
    n_sessions: int = 30,
    **session: float,
) -> FeedbackResult:
    """Train beginners for many sessions; a `feedback_session` each.

    Parameters
    ----------
    n_people, n_sessions : int
        How many, at least 1.
    seed : int or numpy.random.Generator
        Decides all that is random.
    sham : bool
        True gives rewards by tossing a coin.
    **session : float
        What `feedback_session` takes, such as `learning_rate`.

    Returns
    -------
    FeedbackResult
        The ratio falls under true feedback. Whether any symptom follows is another question.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> result = feedback_course(8, seed=0, n_sessions=15)
    >>> bool(result.ratios[-1].mean() < result.ratios[0].mean())
    True
    """
    rng = as_generator("seed", seed)
    skill = np.zeros(require_count("n_people", n_people))
    ratios, skills = [], []
    for _ in range(require_count("n_sessions", n_sessions)):
        result = feedback_session(skill, rng, sham=sham, **session)
        skill = result.skill
        ratios.append(result.ratios.mean(axis=0))
        skills.append(skill)
    return FeedbackResult(np.stack(ratios), np.stack(skills))


def auc_from_effect_size(effect_size: float) -> float:
    """Return how well a marker tells two groups apart: Φ(d / √2), the area under its ROC curve.

    It is the chance that a random member of one group scores higher than one of the other, if scores are
    normal with equal spread.

    Parameters
    ----------
    effect_size : float
        Cohen's d: the difference of the means, in standard deviations.

    Returns
    -------
    float
        0.5 for a coin, 1 for a perfect marker.

    Raises
    ------
    ValueError
        If the effect size is not one finite number.

    References
    ----------
    Ruscio, J. (2008). A probability-based measure of effect size. doi:10.1037/1082-989X.13.1.19

    Examples
    --------
    >>> print(f"{auc_from_effect_size(0.62):.6f}")  # the theta/beta ratio in ADHD, Arns et al. 2013
    0.669454
    """
    return 0.5 * (1 + math.erf(require_between("effect_size", effect_size, -math.inf) / 2))


# Who is it? Re-identification from spectra


def simulate_people(n_people: int, seed: int | np.random.Generator) -> People:
    """Draw people whose rhythms differ, so that each spectrum is a little like a fingerprint.

    Parameters
    ----------
    n_people : int
        How many, at least 1.
    seed : int or numpy.random.Generator

    Returns
    -------
    People

    Raises
    ------
    ValueError
        If `n_people` is not a whole number of at least 1.

    References
    ----------
    That EEG spectra identify people: Näpflin, M., Wildi, M. & Sarnthein, J. (2007). Test-retest reliability
    of resting EEG spectra validates a statistical signature of persons. doi:10.1016/j.clinph.2007.07.022. The
    spreads are illustrative.

    Examples
    --------
    >>> simulate_people(3, seed=0).alpha_frequency.shape
    (3,)
    """
    n, rng = require_count("n_people", n_people), as_generator("seed", seed)
    return People(
        theta=3.0 * np.exp(rng.normal(0, 0.3, n)),
        alpha=6.0 * np.exp(rng.normal(0, 0.4, n)),
        beta=2.0 * np.exp(rng.normal(0, 0.3, n)),
        alpha_frequency=rng.normal(10.0, 1.0, n).clip(7.5, 12.5),
        exponent=rng.normal(1.5, 0.15, n).clip(1, 2),
    )


def spectral_features(
    people: People, n_epochs: int, seed: int | np.random.Generator, *, bin_width: int = 1
) -> np.ndarray:
    """Return, from a recording of each person, the logarithm of the mean power in bins from 4 to 28 Hz.

    Parameters
    ----------
    people : People
    n_epochs : int
        How many epochs of two seconds are averaged, at least 1.
    seed : int or numpy.random.Generator
    bin_width : int
        Width of a bin in Hz, a divisor of 24. Wide bins aggregate.

    Returns
    -------
    numpy.ndarray, shape (n_people, 24 / bin_width)
        Natural logarithms of microvolts squared per Hz.

    Raises
    ------
    ValueError
        If a number is out of its range or does not divide 24.

    Examples
    --------
    >>> spectral_features(simulate_people(5, seed=0), 10, seed=1, bin_width=4).shape
    (5, 6)
    """
    n_epochs, rng = require_count("n_epochs", n_epochs), as_generator("seed", seed)
    if 24 % require_count("bin_width", bin_width):
        raise ValueError(f"bin_width is {bin_width}; expected a divisor of 24.")
    n_people = len(people.theta)
    settings = {name: np.repeat(values, n_epochs) for name, values in people._asdict().items()}
    frequencies, power = periodogram(simulate_eeg(n_people * n_epochs, rng, **settings))
    power = power[:, (frequencies >= 4) & (frequencies < 28)]
    return np.log(power.reshape(n_people, n_epochs, 24 // bin_width, -1).mean(axis=(1, 3)))


def reidentify(known: ArrayLike, unknown: ArrayLike) -> np.ndarray:
    """Return, for each unknown recording, the known person whose features are nearest.

    Parameters
    ----------
    known : array_like, shape (n_known, n_features)
    unknown : array_like, shape (n_unknown, n_features)

    Returns
    -------
    numpy.ndarray of int, shape (n_unknown,)
        Rows of `known`.

    Raises
    ------
    ValueError
        If the shapes do not fit or a number is not finite.

    References
    ----------
    Cover, T. & Hart, P. (1967). Nearest neighbor pattern classification. doi:10.1109/TIT.1967.1053964

    Examples
    --------
    >>> reidentify([[0, 0], [5, 5]], [[4, 4], [1, 0]])
    array([1, 0])
    """
    known, unknown = as_floats("known", known), as_floats("unknown", unknown)
    for name, array in (("known", known), ("unknown", unknown)):
        if array.ndim != 2 or array.size == 0 or array.shape[1] != known.shape[-1]:
            raise ValueError(
                f"{name} has shape {array.shape}; expected (n, n_features), not empty, with as many features "
                f"as known, which has shape {known.shape}."
            )
        require_finite(name, array)
    return np.linalg.norm(unknown[:, np.newaxis] - known, axis=-1).argmin(axis=1)


def privacy_experiment(
    n_people: int,
    seed: int | np.random.Generator,
    *,
    n_epochs: int = 30,
    bin_width: int = 1,
    noise: float = 0.0,
) -> PrivacyResult:
    """Run a release of people's EEG features: how many are re-identified, and what protection costs.

    An attacker holds one recording of each person with the name. Another one is released without names, after
    aggregation into wide bins or with noise added. One number must stay useful: the logarithm of the
    theta/beta ratio, from the bins within 4 to 8 and 13 to 21 Hz or, if none lies within, those that overlap.

    Parameters
    ----------
    n_people : int
        How many, at least 3.
    seed : int or numpy.random.Generator
    n_epochs : int
        Epochs of two seconds in each recording, at least 1.
    bin_width : int
        In Hz, a divisor of 24, below 24; wide bins aggregate.
    noise : float
        Standard deviation of the noise added to each released feature, from 0 to 10.

    Returns
    -------
    PrivacyResult

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> open_data = privacy_experiment(40, seed=0)
    >>> noisy = privacy_experiment(40, seed=0, noise=1.0)
    >>> noisy.identified < open_data.identified and noisy.usefulness < open_data.usefulness
    True
    """
    require_count("n_people", n_people, minimum=3)
    if require_count("bin_width", bin_width) > 12:
        raise ValueError(f"bin_width is {bin_width}; expected at most 12, to tell theta from beta.")
    noise, rng = require_between("noise", noise, 0, 10), as_generator("seed", seed)

    people = simulate_people(n_people, rng)
    named = spectral_features(people, n_epochs, rng, bin_width=bin_width)
    released = spectral_features(people, n_epochs, rng, bin_width=bin_width)
    released = released + noise * rng.standard_normal(released.shape)
    identified = np.mean(reidentify(named, released) == np.arange(n_people))

    frequencies = np.arange(4, 28, 0.5)
    truth = _log_ratio(np.log(eeg_spectrum(frequencies, **people._asdict())), frequencies)
    estimate = _log_ratio(released, np.arange(4.0, 28.0, bin_width), bin_width)
    return PrivacyResult(float(identified), float(np.corrcoef(truth, estimate)[0, 1]))


def _log_ratio(log_power: np.ndarray, starts: np.ndarray, width: float = 0.0) -> np.ndarray:
    """Return the logarithm of the theta/beta ratio from bins that start at these frequencies."""
    means = []
    for low, high in (THETA_BAND, BETA_BAND):
        chosen = (starts >= low) & (starts < high) & (starts + width <= high)
        if not chosen.any():
            chosen = (starts < high) & (starts + width > low)
        means.append(np.log(np.exp(log_power[:, chosen]).mean(axis=1)))
    return means[0] - means[1]


def _as_signal(signal: ArrayLike) -> np.ndarray:
    """Return finite floats with at least eight samples along the last axis."""
    signal = as_floats("signal", signal)
    if signal.ndim == 0 or signal.shape[-1] < 8:
        raise ValueError(f"signal has shape {signal.shape}; expected (..., n_samples), 8 or more samples.")
    require_finite("signal", signal)
    return signal


def _column(name: str, value: ArrayLike) -> np.ndarray:
    """Return a setting with an axis for the frequencies."""
    return as_nonnegative(name, value)[..., np.newaxis]
