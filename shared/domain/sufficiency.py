"""Whether the passages that were found bear on the question at all. Asked before the model is: an honest answer comes
at once and costs no call. What passes here may still be refused by the model, which reads.

One sign is looked for: the question is about something that has a name, and no passage that the model would be given
speaks of any name in it. Dense search fails there, because an answer about another company, product or person is as
near as can be. Signs of being off topic (share of the question's words in the best passage, agreement of both
retrievers, distance of the best from the other candidates) were measured and left out: where they refuse a tenth of
the questions asked of foreign documents, they refuse as many that are answered (evals/RESULTS.md).
"""

from collections.abc import Sequence

from shared.domain import bm25
from shared.domain.documents import RetrievedPassage
from shared.domain.names import NAME_LANGUAGES, Mentions, names_in


def unknown_names(
    questions: Sequence[str], given: Sequence[RetrievedPassage], candidates: Sequence[RetrievedPassage]
) -> tuple[str, ...]:
    """The names that `given`, what the model would read of `candidates`, says nothing of, where this leaves nothing of
    the question to be answered; empty when the passages may bear on any of `questions` (forms of the same question,
    stand-alone)."""
    unknown = [_unknown(question, given, candidates) for question in questions]
    return unknown[0] if all(unknown) else ()


def _unknown(
    question: str, given: Sequence[RetrievedPassage], candidates: Sequence[RetrievedPassage]
) -> tuple[str, ...]:
    names = names_in(question)
    if not names or not _in_the_language_of(question, given):
        return ()
    read = Mentions([_whole(passage) for passage in given])
    missing = [name for name in names if not read.names(name)]
    if not missing or any(name not in missing and not read.uses_as_word(name) for name in names):
        return ()
    # Capitals may only lend weight to an ordinary word, of which more texts are a better witness.
    found = Mentions([_whole(passage) for passage in candidates])
    return tuple(" ".join(name) for name in missing if not found.uses_as_word(name))


def _in_the_language_of(question: str, given: Sequence[RetrievedPassage]) -> bool:
    spoken = bm25.spoken(question)
    return spoken in NAME_LANGUAGES and 2 * sum(passage.language == spoken for passage in given) >= len(given)


def _whole(passage: RetrievedPassage) -> str:
    """With the address: it names the company, which its own documents may call "we" only."""
    return "\n".join(filter(None, (passage.file_url, passage.file_name, passage.section, passage.text)))
