"""Dates as people write them, the same dates in ISO form, and which characters spell year, month and day."""

import datetime
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils._arguments import as_generator, require_count, require_fraction

PARTS = ("train", "validation", "test")
FIELDS = ("year", "month", "day")
INPUT_CHARACTERS = " abcdefghijklmnopqrstuvwxyz0123456789',./-"  # the id is the place plus 1; 0 is padding
OUTPUT_CHARACTERS = "0123456789-"  # the id is the place
PADDING = 0  # the input id of "no character"
START = len(OUTPUT_CHARACTERS)  # what a decoder is given in place of a previous character; never a target
OUTPUT_LENGTH = 10  # characters of an ISO date, such as 2021-05-03
FIELD_STEPS = {"year": (0, 1, 2, 3), "month": (5, 6), "day": (8, 9)}  # places of each field in an ISO date

FIRST_DAY = datetime.date(1970, 1, 1)
N_DAYS = (datetime.date(2070, 1, 1) - FIRST_DAY).days  # one century, so two digits name one year
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FILLER = tuple(
    word
    for line in (
        "please pay our last bill before we meet again in the small room near your office",
        "and bring all papers with you or send them back to us by post as soon as possible",
    )
    for word in line.split()
)

Piece = tuple[str, str | None]  # some characters, and the field that they spell, if any


def _year(day: datetime.date) -> Piece:
    return (f"{day.year}", "year")


def _month(day: datetime.date) -> Piece:
    return (MONTHS[day.month - 1], "month")


def _day(day: datetime.date) -> Piece:
    return (f"{day.day}", "day")


def _ordinal(day: datetime.date) -> str:
    """Return the two letters behind the day's number: 1st, 2nd, 3rd, 11th."""
    if 11 <= day.day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")


# Each style turns a day into pieces; their texts, joined, are the date as somebody would write it.
_WRITERS: dict[str, Callable[[datetime.date], list[Piece]]] = {
    "3 May 2021": lambda d: [_day(d), (" ", None), _month(d), (" ", None), _year(d)],
    "May 3, 2021": lambda d: [_month(d), (" ", None), _day(d), (", ", None), _year(d)],
    "3rd of May 2021": lambda d: [
        _day(d), (f"{_ordinal(d)} of ", None), _month(d), (" ", None), _year(d),
    ],
    "May 3, '21": lambda d: [
        _month(d), (" ", None), _day(d), (", '", None), (f"{d.year % 100:02}", "year"),
    ],
    "3.5.2021": lambda d: [_day(d), (".", None), (f"{d.month}", "month"), (".", None), _year(d)],
    "2021/05/03": lambda d: [
        _year(d), ("/", None), (f"{d.month:02}", "month"), ("/", None), (f"{d.day:02}", "day"),
    ],
    "Monday, 3 May 2021": lambda d: [
        (f"{WEEKDAYS[d.weekday()]}, ", None), _day(d), (" ", None), _month(d), (" ", None), _year(d),
    ],
    "May the 3rd in the year 2021": lambda d: [
        _month(d), (" the ", None), _day(d), (f"{_ordinal(d)} in the year ", None), _year(d),
    ],
}  # fmt: skip
STYLES = tuple(_WRITERS)


class Dates(NamedTuple):
    """Dates as written and as ISO, as text and as character ids, with the true alignment.

    `texts` and `iso` are lists of n strings. `inputs`, int64, (n, longest), holds the ids of the written
    characters and 0 behind the end of a text. `targets`, int64, (n, 10), holds the ids of the ISO date.
    `alignment`, bool, (n, 3, longest), says which written characters spell the year, the month and the day.
    """

    texts: list[str]
    iso: list[str]
    inputs: Tensor
    targets: Tensor
    alignment: Tensor


def dates(
    n: int,
    *,
    seed: int | np.random.Generator,
    part: str = "train",
    noise: float = 0.0,
    styles: Sequence[str] = STYLES,
    filler: int | tuple[int, int] = 0,
) -> Dates:
    """Write n random days of 1970 to 2069 in random styles, and say what each of them is in ISO form.

    One reading is right for each text. Years with two digits have one century to be in: 70 to 99 are
    1970 to 1999, 00 to 69 are 2000 to 2069. Numbers parted by points are day.month.year, numbers parted by
    slashes are year/month/day. Typing noise changes only letters behind the third of a word, so a month
    keeps the three letters that tell it from the others; digits are never touched. No filler word is the
    name of a month, and none holds a digit.

    Parameters
    ----------
    n : int
        How many dates.
    seed : int or numpy.random.Generator
        Decides every random choice.
    part : str
        "train" (80 % of all days), "validation" or "test" (10 % each). No day is in two parts.
    noise : float
        The probability that a word of more than three letters gets one typing error: a letter left out,
        doubled, exchanged with the next, or replaced. At least 0 and below 1.
    styles : sequence of str
        The styles to draw from, each named by the way it writes 3 May 2021: some of `STYLES`.
    filler : int or tuple of int
        How many words stand around the date, or the fewest and the most of them. Each is before or behind
        the date at random.

    Returns
    -------
    Dates
        texts, iso, inputs, targets and alignment. `longest` is the length of the longest text.

    Raises
    ------
    ValueError
        If an argument is out of the range stated above.

    Examples
    --------
    >>> few = dates(3, seed=0, filler=2)
    >>> few.texts[0], few.iso[0], few.inputs.shape
    ('23rd of January 2055 the pay', '2055-01-23', torch.Size([3, 28]))
    >>> "".join(character for character, used in zip(few.texts[0], few.alignment[0, 0]) if used)
    '2055'
    """
    n, noise = require_count("n", n), require_fraction("noise", noise)
    fewest, most = _as_filler(filler)
    if not styles or isinstance(styles, str) or not set(styles) <= set(STYLES):
        raise ValueError(f"styles is {styles!r}; expected a list of one or more of {STYLES}.")
    rng = as_generator("seed", seed)
    days = days_of(part)
    written, iso = [], []
    for day in rng.choice(days, size=n):
        date = FIRST_DAY + datetime.timedelta(days=int(day))
        pieces = _WRITERS[styles[rng.integers(len(styles))]](date)
        pieces = _surrounded(pieces, int(rng.integers(fewest, most + 1)), rng)
        written.append([(_mistyped(text, noise, rng), field) for text, field in pieces])
        iso.append(date.isoformat())
    texts = ["".join(text for text, _ in pieces) for pieces in written]
    longest = max(map(len, texts))
    inputs = torch.stack([encode(text, longest) for text in texts])
    targets = torch.tensor([[OUTPUT_CHARACTERS.index(character) for character in text] for text in iso])
    alignment = torch.stack([_alignment(pieces, longest) for pieces in written])
    return Dates(texts, iso, inputs, targets, alignment)


def days_of(part: str) -> np.ndarray:
    """Return the days of one part, counted from 1 January 1970.

    A day's number times a large odd number, modulo 2**32, decides its part; so the days of each part are
    scattered evenly over the century.

    Parameters
    ----------
    part : str
        "train", "validation" or "test".

    Returns
    -------
    numpy.ndarray
        int64, one number from 0 to 36,524 for each day.

    Raises
    ------
    ValueError
        If `part` is none of the three.

    Examples
    --------
    >>> [len(days_of(part)) for part in PARTS]
    [29220, 3653, 3652]
    """
    if part not in PARTS:
        raise ValueError(f"part is {part!r}; expected one of {PARTS}.")
    days = np.arange(N_DAYS)
    share = days * 2654435761 % 2**32 / 2**32  # Knuth's multiplicative hash
    low, high = {"train": (0.0, 0.8), "validation": (0.8, 0.9), "test": (0.9, 1.0)}[part]
    return days[(low <= share) & (share < high)]


def encode(text: str, length: int | None = None) -> Tensor:
    """Return the character ids of a text, padded with 0 to a length; capitals count as small letters.

    Parameters
    ----------
    text : str
        At least one character, all of them in `INPUT_CHARACTERS` once in small letters.
    length : int, optional
        How many ids to give; left out, as many as there are characters.

    Returns
    -------
    torch.Tensor
        int64, shape (length,).

    Raises
    ------
    ValueError
        If a character is unknown, or the text is empty or longer than `length`.

    Examples
    --------
    >>> encode("May 3", 7)
    tensor([14,  2, 26,  1, 31,  0,  0])
    """
    length = len(text) if length is None else length
    unknown = sorted(set(text.lower()) - set(INPUT_CHARACTERS))
    if unknown:
        raise ValueError(f"text holds {unknown}; expected only the characters {INPUT_CHARACTERS!r}.")
    if not 0 < len(text) <= length:
        raise ValueError(f"text has {len(text)} characters; expected 1 to {length}.")
    ids = [INPUT_CHARACTERS.index(character) + 1 for character in text.lower()]
    return torch.tensor(ids + [PADDING] * (length - len(text)))


def decode(ids: Tensor) -> list[str]:
    """Return the texts of output ids, such as a network's answers or `Dates.targets`.

    Parameters
    ----------
    ids : torch.Tensor
        Whole numbers from 0 to 10, shape (n, length).

    Returns
    -------
    list of str
        One text for each row.

    Raises
    ------
    ValueError
        If `ids` has another number of axes, or holds something else.

    Examples
    --------
    >>> decode(torch.tensor([[2, 0, 2, 1, 10, 0, 5, 10, 0, 3]]))
    ['2021-05-03']
    """
    if ids.ndim != 2 or ids.is_floating_point() or (ids.numel() and not 0 <= ids.min() <= ids.max() < START):
        raise ValueError(
            f"ids has shape {tuple(ids.shape)} and type {ids.dtype}; "
            f"expected (n, length) whole numbers from 0 to {START - 1}."
        )
    return ["".join(OUTPUT_CHARACTERS[i] for i in row) for row in ids.tolist()]


def _surrounded(pieces: list[Piece], n_words: int, rng: np.random.Generator) -> list[Piece]:
    """Return a date with words before and behind it, and blanks between."""
    words: list[Piece] = [(word, None) for word in rng.choice(FILLER, size=n_words)]
    n_before = int(rng.integers(n_words + 1))
    before = [piece for word in words[:n_before] for piece in (word, (" ", None))]
    behind = [piece for word in words[n_before:] for piece in ((" ", None), word)]
    return [*before, *pieces, *behind]


def _mistyped(text: str, noise: float, rng: np.random.Generator) -> str:
    """Return a piece with perhaps one typing error behind its third letter; only words get any."""
    letters = len(text) - len(text.lstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    if letters < 4 or rng.random() >= noise:
        return text
    place = int(rng.integers(3, letters))
    kind = rng.choice(["leave out", "double", "exchange", "replace"])
    start, letter, rest = text[:place], text[place], text[place + 1 :]
    if kind == "leave out":
        return start + rest
    if kind == "double":
        return start + 2 * letter + rest
    if kind == "exchange" and place + 1 < letters:
        return start + rest[0] + letter + rest[1:]
    return start + str(rng.choice(list("abcdefghijklmnopqrstuvwxyz"))) + rest


def _alignment(pieces: list[Piece], longest: int) -> Tensor:
    """Return which characters spell year, month and day: bool, (3, longest)."""
    fields = [field for text, field in pieces for _ in text]
    fields += [None] * (longest - len(fields))
    return torch.tensor([[field == wanted for field in fields] for wanted in FIELDS])


def _as_filler(filler: int | tuple[int, int]) -> tuple[int, int]:
    """Return the fewest and the most words around a date."""
    if isinstance(filler, tuple):
        if len(filler) != 2 or not 0 <= filler[0] <= filler[1]:
            raise ValueError(f"filler is {filler}; expected (fewest, most) with 0 <= fewest <= most.")
        return filler
    return (require_count("filler", filler, minimum=0),) * 2
