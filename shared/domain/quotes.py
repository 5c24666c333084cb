"""Which sentences of a passage say what an answer cites it for, so that a reader sees the place and not a page."""

from dataclasses import replace

from shared.domain import bm25
from shared.domain.citations import cited_sentences, numbers_in, without_numbers
from shared.domain.events import Source
from shared.domain.sentences import sentences

# Share of a claim's words, by their stems, that its quotes hold together: less is chance, as in support.py. Each of
# them is there for words that the ones before it leave open.
LEAST_SHARE = 0.4
LEAST_MORE = 0.2
# Of a claim that has as many; one word in common with a sentence is none.
LEAST_WORDS = 2
MOST_SENTENCES = 3
# A passage of prose has twenty pieces and is cited a few times. What a hostile one has beyond is not looked at, since
# each claim is compared with each piece while other streams wait.
MOST_PIECES = 300
MOST_CLAIMS = 30


def with_quotes(answer: str, cited: tuple[Source, ...]) -> tuple[Source, ...]:
    """The sources, each with the sentences of its snippet that bear out what `answer` cites it for. Words are compared,
    so a claim in another language than the passage's has none."""
    claims: dict[int, list[str]] = {source.n: [] for source in cited}
    for sentence in cited_sentences(answer):
        for n in numbers_in(sentence):
            if n in claims:
                claims[n].append(without_numbers(sentence))
    return tuple(replace(source, quotes=_quotes(claims[source.n], source.snippet)) for source in cited)


def _quotes(claims: list[str], passage: str) -> tuple[str, ...]:
    """In the passage's order."""
    language = bm25.spoken(passage)
    pieces = _pieces(passage)[:MOST_PIECES]
    words = [_words(piece, language) for piece in pieces]
    shown: set[int] = set()
    for claim in claims[:MOST_CLAIMS]:
        shown.update(_bearing_out(_words(claim, language), words))
    return tuple(pieces[at] for at in sorted(shown))


def _words(text: str, language: str | None) -> frozenset[int]:
    return frozenset(bm25.encode_passage(text, language=language).indices)


def _pieces(passage: str) -> list[str]:
    """Its sentences. One that is broken into lines is one where that shows: the next line goes on in small letters."""
    pieces: list[str] = []
    for piece in sentences(passage):
        if pieces and piece[:1].islower() and pieces[-1].endswith("\n") and not pieces[-1].endswith("\n\n"):
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return [stripped for piece in pieces if (stripped := piece.strip())]


def _bearing_out(claim: frozenset[int], pieces: list[frozenset[int]]) -> list[int]:
    """Few pieces that say most of it; none where they do not. Of equals the shorter one."""
    chosen: list[int] = []
    left = claim
    least = max(min(LEAST_WORDS, len(claim)), LEAST_MORE * len(claim))
    while pieces and len(chosen) < MOST_SENTENCES:
        best = max(range(len(pieces)), key=lambda at: (len(left & pieces[at]), -len(pieces[at])))
        if not left or len(left & pieces[best]) < least:
            break
        chosen.append(best)
        left = left - pieces[best]
    return chosen if len(claim - left) >= LEAST_SHARE * len(claim) else []
