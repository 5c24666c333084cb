"""Proper names in a question, by how they are written, and whether a text speaks of them.

Only for languages in which capitals mark names: German, where every noun has one, and scripts without capitals have
no names here. A question in another language than the passages is not looked at either: names are transliterated.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from shared.domain.stop_words import ANY_STOP_WORD

# Languages written with capitals for names and for little else.
NAME_LANGUAGES = frozenset("da el en es fi fr hu it nl no pt ro ru sv tr".split())

_CLAUSE = re.compile(r"(?<=[.?!:;])\s+|\n")
_TOKEN = re.compile(r"[^\W_]+(?:[&'’./-][^\W_]+)*|[,;:()\[\]\"“”„«»]|[—–-]")
_POSSESSIVE = re.compile(r"['’]s?$")
_WORD = re.compile(r"[^\W\d_]+")
_NO_LETTERS = re.compile(r"[\W_]+")
# Shorter ones are looked for as words, not within squeezed text ("aes" is in "balances").
_LEAST_SQUEEZED = 6
# Typing errors: "Helth" is .91 like "Health", "Ghandi" .83 like "Gandhi"; but "Apply" is .80 like "Apple".
_ALIKE = 0.83
_LEAST_ALIKE = 5


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    possessive: bool
    first: bool

    @property
    def titled(self) -> bool:
        """Contoso, PayPal, Coca-Cola; not cRCT, EVs, N-tail or RecQ-class, which are terms of a field."""
        parts = re.split(r"[-/.&'’]", self.text)
        return all(part[:1].isupper() and sum(map(str.islower, part)) >= 2 * _capitals(part) for part in parts)

    @property
    def capital(self) -> bool:
        return len(self.text) > 1 and self.text.isalpha() and self.text.isupper()


def _capitals(word: str) -> int:
    return sum(map(str.isupper, word))


def names_in(question: str) -> tuple[tuple[str, ...], ...]:
    """Each name as its words. Words in capitals alone are abbreviations (EBITDA) unless they own something ("AES's")
    or stand in a name ("AES Corporation"); a sentence's first word alone says nothing unless it owns something."""
    found: dict[tuple[str, ...], None] = {}
    for clause in _CLAUSE.split(question):
        for run in _runs(clause):
            words = run[1:] if run[0].first and run[0].text.casefold() in ANY_STOP_WORD else run
            alone = len(words) == 1 and words[0].first
            titled = any(word.titled and len(word.text) > 2 for word in words)
            if words and (words[-1].possessive or (titled and not alone)):
                found[tuple(word.text for word in words)] = None
    return tuple(found)


def _runs(clause: str) -> Iterable[list[_Word]]:
    run: list[_Word] = []
    for number, token in enumerate(_TOKEN.findall(clause)):
        text = _POSSESSIVE.sub("", token)
        word = _Word(text, text != token, number == 0)
        if text and (word.titled or word.capital) and not (run and text.casefold() in ANY_STOP_WORD):
            run.append(word)
            if not word.possessive:
                continue
        if run:
            yield run
        run = []
    if run:
        yield run


class Mentions:
    """What some texts speak of."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    @cached_property
    def _squeezed(self) -> list[str]:
        return [_squeezed(text) for text in self._texts]

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(word for text in self._texts for word in _WORD.findall(text.casefold()))

    def names(self, name: tuple[str, ...]) -> bool:
        """Whether the name stands there: as written, written together (a file's name), or, word by word, with typing
        errors. The words of it that are ordinary ones there do not make it known."""
        whole = _squeezed("".join(name))
        if len(whole) >= _LEAST_SQUEEZED and any(whole in text for text in self._squeezed):
            return True
        parts = [part for word in name for part in _WORD.findall(word)]
        if len(parts) == 1 and whole in self._words:
            return True
        own = [part.casefold() for part in parts if not self.uses_as_word((part,))]
        return bool(own) and all(map(self._knows, own))

    def uses_as_word(self, name: tuple[str, ...]) -> bool:
        """Whether the texts write it in small letters: "Revenue" is no name then."""
        small = r"[\s-]+".join(re.escape(word.lower()) for word in name)
        return any(re.search(rf"(?<!\w){small}(?!\w)", text) for text in self._texts)

    def _knows(self, word: str) -> bool:
        if word in self._words:
            return True
        near = [other for other in self._words if other[0] == word[0] and abs(len(other) - len(word)) <= 2]
        return len(word) >= _LEAST_ALIKE and bool(get_close_matches(word, near, n=1, cutoff=_ALIKE))


def _squeezed(text: str) -> str:
    return _NO_LETTERS.sub("", text.casefold())
