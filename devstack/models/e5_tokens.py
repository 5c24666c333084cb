"""XLM-RoBERTa's tokenizer: normalised text cut into the most probable pieces of its vocabulary (unigram, Viterbi)."""

import re
from functools import lru_cache

from devstack.models.e5_file import Vocabulary

SPACE = "\u2581"
# Below the rarest piece, so that an unknown character is the last resort.
UNKNOWN_PENALTY = 10.0


class E5Tokenizer:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._pieces = vocabulary.pieces
        self._normal = vocabulary.normal
        self._unknown = vocabulary.unknown
        self._longest = max(map(len, vocabulary.pieces))
        self._unknown_score = min(score for _, score in vocabulary.pieces.values()) - UNKNOWN_PENALTY
        # No piece has a space but at its front: words can be cut one by one, and most come again.
        self._word = lru_cache(maxsize=100_000)(self._cut)

    def ids(self, text: str) -> list[int]:
        """Of the content alone: the model's own begin and end marks are not among them."""
        normal = re.sub(" {2,}", " ", text.translate(self._normal))
        marked = (normal if normal.startswith(" ") else f" {normal}").replace(" ", SPACE)
        return [number for word in re.findall(f"{SPACE}?[^{SPACE}]+|{SPACE}", marked) for number in self._word(word)]

    def _cut(self, word: str) -> tuple[int, ...]:
        length = len(word)
        best = [0.0] + [-1e30] * length
        chosen: list[tuple[int, int]] = [(0, 0)] * (length + 1)
        for start in range(length):
            score = best[start]
            for end in range(start + 1, min(length, start + self._longest) + 1):
                piece = self._pieces.get(word[start:end])
                if piece is not None and piece[0] != self._unknown and score + piece[1] > best[end]:
                    best[end] = score + piece[1]
                    chosen[end] = (piece[0], start)
            if score + self._unknown_score > best[start + 1]:
                best[start + 1] = score + self._unknown_score
                chosen[start + 1] = (self._unknown, start)
        found: list[int] = []
        end = length
        while end > 0:
            number, end = chosen[end]
            found.append(number)
        return tuple(reversed(found))
