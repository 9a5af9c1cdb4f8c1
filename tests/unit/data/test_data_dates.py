"""Dates as people write them: one right reading, the true alignment, no day in two parts."""

import datetime
import re

import numpy as np
import pytest
import torch

from course_utils.data import dates as module
from course_utils.data.dates import (
    FIELDS,
    INPUT_CHARACTERS,
    N_DAYS,
    PARTS,
    STYLES,
    dates,
    days_of,
    decode,
    encode,
)

FORMATS = {  # how the standard library reads each style, once suffixes and weekdays are taken out
    "3 May 2021": "%d %B %Y",
    "May 3, 2021": "%B %d, %Y",
    "3rd of May 2021": "%d of %B %Y",
    "May 3, '21": "%B %d, '%y",
    "3.5.2021": "%d.%m.%Y",
    "2021/05/03": "%Y/%m/%d",
    "Monday, 3 May 2021": "%A, %d %B %Y",
    "May the 3rd in the year 2021": "%B the %d in the year %Y",
}


def read_by_the_standard_library(text: str, style: str) -> datetime.date:
    """Read a date without noise or filler; the library's two digits mean 1969 to 2068, ours 1970 to 2069."""
    date = datetime.datetime.strptime(re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text), FORMATS[style]).date()
    return date.replace(year=2069) if date.year == 1969 else date


def read_in_noise(text: str) -> datetime.date:
    """Read any text by its digits and by the first three letters of a month, as a careful person would."""
    text = text.lower()
    if found := re.search(r"(\d{4})/(\d\d)/(\d\d)", text):
        year, month, day = map(int, found.groups())
    elif found := re.search(r"(\d+)\.(\d+)\.(\d{4})", text):
        day, month, year = map(int, found.groups())
    else:
        starts = [name[:3].lower() for name in module.MONTHS]
        [month] = [starts.index(word[:3]) + 1 for word in re.findall("[a-z]+", text) if word[:3] in starts]
        *_, year = numbers = [int(number) for number in re.findall(r"\d+", text)]
        day = numbers[0]
        if "'" in text:
            year += 1900 if year >= 70 else 2000
    return datetime.date(year, month, day)


@pytest.mark.parametrize("style", STYLES)
def test_each_style_has_one_reading(style):
    data = dates(300, seed=1, styles=[style])
    for text, iso in zip(data.texts, data.iso, strict=True):
        assert read_by_the_standard_library(text, style).isoformat() == iso


@pytest.mark.parametrize("style", STYLES)
def test_noise_and_filler_leave_one_reading(style):
    data = dates(300, seed=2, styles=[style], noise=0.99, filler=(0, 8))
    for text, iso in zip(data.texts, data.iso, strict=True):
        assert read_in_noise(text).isoformat() == iso


def test_no_day_is_in_two_parts_and_all_are_in_one():
    days = np.concatenate([days_of(part) for part in PARTS])
    assert len(days) == N_DAYS == 36525
    assert len(set(days.tolist())) == N_DAYS
    train, test = (set(dates(2000, seed=0, part=part).iso) for part in ("train", "test"))
    assert not train & test


def test_the_alignment_names_the_characters_of_each_field():
    data = dates(400, seed=3, filler=(0, 4))
    for text, iso, truth in zip(data.texts, data.iso, data.alignment, strict=True):
        spelled = {
            field: "".join(c for c, used in zip(text, row, strict=False) if used)
            for field, row in zip(FIELDS, truth, strict=True)
        }
        year, month, day = iso.split("-")
        assert spelled["year"] in (year, year[2:])
        assert int(spelled["day"]) == int(day)
        in_letters = module.MONTHS[int(month) - 1]
        assert spelled["month"] == in_letters or int(spelled["month"]) == int(month)
        assert truth.sum(dim=0).max() == 1  # no character spells two fields


def test_ids_texts_and_padding_agree():
    data = dates(200, seed=4, noise=0.5, filler=(0, 6))
    assert decode(data.targets) == data.iso
    for text, ids in zip(data.texts, data.inputs, strict=True):
        back = "".join(INPUT_CHARACTERS[i - 1] for i in ids[ids > 0].tolist())
        assert back == text.lower()
        assert (ids[len(text) :] == 0).all()
    assert not data.alignment[(data.inputs == 0)[:, None].expand_as(data.alignment)].any()


def test_a_seed_decides_everything():
    one, same, other = (dates(20, seed=seed, noise=0.5, filler=3) for seed in (0, 0, 1))
    assert one.texts == same.texts != other.texts
    assert torch.equal(one.alignment, same.alignment)


def test_noise_changes_words_and_no_digit():
    clean, noisy = (dates(300, seed=5, styles=["3 May 2021"], noise=noise) for noise in (0.0, 0.9))
    assert (
        sum(
            module.MONTHS[int(iso[5:7]) - 1] in text for text, iso in zip(clean.texts, clean.iso, strict=True)
        )
        == 300
    )
    for text, iso in zip(noisy.texts, noisy.iso, strict=True):
        assert re.findall(r"\d+", text) == [str(int(iso[8:])), iso[:4]]
    changed = [
        module.MONTHS[int(iso[5:7]) - 1] not in text for text, iso in zip(noisy.texts, noisy.iso, strict=True)
    ]
    assert 0.4 < np.mean(changed) < 0.95


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"n": 0}, "n is 0"),
        ({"noise": 1.0}, "noise is 1.0"),
        ({"part": "all"}, "part is 'all'"),
        ({"styles": []}, "styles is"),
        ({"styles": ["May"]}, "styles is"),
        ({"filler": -1}, "filler is -1"),
        ({"filler": (3, 2)}, "filler is"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_wrong_arguments_are_named(change, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        dates(**({"n": 5, "seed": 0} | change))


def test_wrong_texts_and_ids_are_named():
    with pytest.raises(ValueError, match="text holds"):
        encode("3 Maí")
    with pytest.raises(ValueError, match="text has 5 characters; expected 1 to 3"):
        encode("3 May", 3)
    with pytest.raises(ValueError, match="expected 1 to 0"):
        encode("")
    with pytest.raises(ValueError, match=r"ids has shape \(3,\)"):
        decode(torch.zeros(3, dtype=torch.long))
    with pytest.raises(ValueError, match="whole numbers from 0 to 10"):
        decode(torch.full((1, 2), 11))
