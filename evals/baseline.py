"""The baseline of every table: BM25 over 1000-character pieces of a page, the file's name before the text.

Deliberately plain and shares no code with the product: text by pypdfium2, or the paragraphs where those are labelled,
cut every 1000 characters, English Snowball stems, Okapi BM25 with k1 = 1.2 and b = 0.75, as in Lucene.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pypdfium2
import snowballstemmer

from evals.datasets import EvalSet
from evals.metrics import Found

PIECE_CHARACTERS = 1000
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"\w+")


class Bm25Baseline:
    def __init__(self, evals: EvalSet) -> None:
        self._stem = snowballstemmer.stemmer("english").stemWord
        self._stems: dict[str, str] = {}
        self._pieces: list[Found] = []
        counts: list[Counter[str]] = []
        for found, text in _pieces(evals):
            self._pieces.append(found)
            counts.append(Counter(self._terms(text)))
        lengths = np.array([count.total() for count in counts], dtype=np.float64)
        norms = _K1 * (1 - _B + _B * lengths / lengths.mean())
        postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for piece, count in enumerate(counts):
            for term, times in count.items():
                postings[term].append((piece, times * (_K1 + 1) / (times + norms[piece])))
        self._postings = {
            term: (np.array([p for p, _ in hits]), np.array([w for _, w in hits])) for term, hits in postings.items()
        }

    def __len__(self) -> int:
        return len(self._pieces)

    def search(self, question: str, limit: int) -> list[Found]:
        scores = np.zeros(len(self._pieces))
        for term in self._terms(question):
            if (hits := self._postings.get(term)) is not None:
                pieces, weights = hits
                scores[pieces] += weights * math.log(1 + (len(self) - len(pieces) + 0.5) / (len(pieces) + 0.5))
        best = np.argsort(-scores, kind="stable")[:limit]
        return [self._pieces[i] for i in best if scores[i] > 0]

    def _terms(self, text: str) -> Iterator[str]:
        for word in _WORD.findall(text.lower()):
            stem = self._stems.get(word)
            if stem is None:
                stem = self._stems[word] = self._stem(word)
            yield stem


def _pieces(evals: EvalSet) -> Iterator[tuple[Found, str]]:
    for name in evals.files:
        places = (
            enumerate(evals.paragraphs[name]) if evals.paragraphs else enumerate(page_texts(evals.folder / name), 1)
        )
        for number, text in places:
            for piece in _cut(text):
                yield Found(name, (number,)), f"{Path(name).stem}\n{piece}"
    for document in evals.texts:
        for piece in _cut(document.text):
            yield Found(document.doc), f"{document.title}\n{piece}"


def _cut(text: str) -> Iterator[str]:
    for start in range(0, len(text), PIECE_CHARACTERS):
        yield text[start : start + PIECE_CHARACTERS]


def page_texts(path: Path) -> Iterator[str]:
    with pypdfium2.PdfDocument(path) as document:
        for page in document:
            yield page.get_textpage().get_text_range()
