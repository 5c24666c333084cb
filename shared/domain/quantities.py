"""Numbers as people write them, for comparing what an answer says with what a passage says.

"1,000", "1.000", "1 000" and "1'000" are the same number; "1.000" may also be one with three decimals, so that a
number has readings. "31.12.2024" is three numbers, "$10.2 billion" is 10.2 and 10,200,000,000.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?!\d)")
# Not the 2 of km2 or Q2, which belongs to a word; but the year of FY2023.
_NUMBER = re.compile(r"(?:(?<![A-Za-z\u00c0-\u024f])|(?=\d{4}))(?<!\d)\d+(?:[.,]\d+)*")
_MAGNITUDES = {
    1e3: "thousand tausend tsd k mil mille mila",
    1e6: "million millions mio mill millionen mn m millones milioni",
    1e9: "billion billions bn mrd milliarde milliarden md milliards",
    1e12: "trillion trillions billionen tn",
}
_SCALES = {word: scale for scale, words in _MAGNITUDES.items() for word in words.split()}
_SCALE = re.compile(rf"[\s\u00a0-]?({'|'.join(sorted(_SCALES, key=len, reverse=True))})\b\.?", re.IGNORECASE)
# Tables say "in thousands" or "in millions" once, above.
_TABLE_SCALES = (1.0, 1e3, 1e6)


@dataclass(frozen=True, slots=True)
class Reading:
    """`unit` is the worth of the last digit written."""

    value: float
    unit: float


@dataclass(frozen=True, slots=True)
class Quantity:
    """`readings` are what the digits may say; `scale` is the worth of a word such as million behind them, else 1."""

    readings: tuple[Reading, ...]
    scale: float


def quantities(text: str) -> list[Quantity]:
    plain = _GROUPED.sub(lambda match: re.sub(r"\D", "", match.group()), text)
    found: list[Quantity] = []
    for match in _NUMBER.finditer(plain):
        scaled = _SCALE.match(plain, match.end())
        scale = _SCALES[scaled[1].lower()] if scaled else 1.0
        found.extend(Quantity(readings, scale) for readings in _read(match.group()))
    return found


def _read(written: str) -> Iterable[tuple[Reading, ...]]:
    groups = re.split(r"[.,]", written)
    marks = set(re.findall(r"[.,]", written))
    whole = Reading(float("".join(groups)), 1.0)
    decimal = _decimal("".join(groups[:-1]), groups[-1])
    thousands = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    if len(groups) == 1:
        yield (whole,)
    elif len(marks) == 2:
        yield (decimal,)
    elif len(groups) == 2:
        yield (whole, decimal) if thousands else (decimal,)
    elif thousands:
        yield (whole,)
    else:  # a date, a version, a section
        yield from ((Reading(float(group), 1.0),) for group in groups)


def _decimal(whole: str, fraction: str) -> Reading:
    return Reading(float(f"{whole or 0}.{fraction}"), 10.0 ** -len(fraction))


class Numbers:
    """The numbers of some evidence."""

    def __init__(self, text: str) -> None:
        found = [(reading.value, quantity.scale) for quantity in quantities(text) for reading in quantity.readings]
        words = {*_in_words(text), *_months(text)}
        self._written = {value for value, _ in found} | words
        self._unscaled = {value for value, scale in found if scale == 1} | words
        self._worth = {value * scale for value, scale in found} | words

    def support(self, said: Quantity) -> bool:
        """Whether one of them is the number said, or becomes it by rounding to its last digit."""
        return any(self._has(reading, said.scale) for reading in said.readings)

    def _has(self, reading: Reading, scale: float) -> bool:
        worth = reading.value * scale
        margin = reading.unit * scale / 2 * (1 + 1e-9)
        if scale == 1:
            decimals = (value for value in self._written if value != int(value))
            return worth in self._written or any(abs(worth - value) <= margin for value in decimals)
        in_tables = (value * table for value in self._unscaled for table in _TABLE_SCALES)
        return any(abs(worth - value) <= margin for value in (*self._worth, *in_tables))


@cache
def _words() -> dict[str, float]:
    """1 to 99, English and German; "one" and "ein" say too little."""
    english = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    german = "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
    known = {word: number for number, word in enumerate((english + " eighteen nineteen").split(), 2)}
    known |= {word: number for number, word in enumerate((german + " achtzehn neunzehn").split(), 2)}
    english_tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    german_tens = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
    english_ones = ["", *("one " + english).split()[:9]]
    german_ones = ["", *("ein " + german).split()[:9]]
    for tens, (en, de) in enumerate(zip(english_tens, german_tens, strict=True), 2):
        for one in range(10):
            known[f"{en}-{english_ones[one]}" if one else en] = 10 * tens + one
            known[f"{german_ones[one]}und{de}" if one else de] = 10 * tens + one
    return {word: float(number) for word, number in known.items()}


def _in_words(text: str) -> Iterable[float]:
    known = _words()
    return (known[word] for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)?", text.casefold()) if word in known)


_MONTHS = (
    "january januar enero janvier gennaio jan",
    "february februar febrero février febbraio feb",
    "march märz marzo mars mar",
    "april abril avril aprile apr",
    "may mai mayo maggio",
    "june juni junio juin giugno jun",
    "july juli julio juillet luglio jul",
    "august agosto août aug",
    "september septiembre septembre settembre sep sept",
    "october oktober octubre octobre ottobre oct okt",
    "november noviembre novembre nov",
    "december dezember diciembre décembre dicembre dec dez",
)
_MONTH_NUMBERS = {name: float(number) for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_MONTH = rf"({'|'.join(sorted(_MONTH_NUMBERS, key=len, reverse=True))})"
# "may" and "march" are months beside a number only.
_DATED = re.compile(rf"\d\.?(?:\s+de)?\s+{_MONTH}\b|\b{_MONTH}\.?,?\s+\d")


def _months(text: str) -> Iterable[float]:
    return (_MONTH_NUMBERS[before or after] for before, after in _DATED.findall(text.casefold()))
