"""The question sets with their gold evidence, read from the shared data beside the checkout (`../shared/data`).

Each row of `ground_truth.jsonl` is `{id, question, evidence: [{doc, page, …}]}`; pages are 1-based, `doc` is a
file below the set's `docs/` (for scifact an id of `corpus.jsonl`). None of it may be copied into the project.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class DataMissing(Exception):
    """The shared data is not on this machine; the message says where it was looked for."""


class Evidence(StrEnum):
    """What a gold label names, and with it which metrics make sense."""

    PAGE = "page"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Gold:
    doc: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    text: str
    gold: frozenset[Gold]


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A document that comes as text, not as a file."""

    doc: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class EvalSet:
    """`files` are relative to `folder`; `texts` is filled instead where the corpus is no files (scifact)."""

    name: str
    evidence: Evidence
    folder: Path
    files: tuple[str, ...]
    texts: tuple[TextDocument, ...]
    questions: tuple[Question, ...]


_EVIDENCE = {
    "azure-northwind": Evidence.PAGE,
    "financebench": Evidence.PAGE,
    "sec-10q": Evidence.DOCUMENT,
    "scifact": Evidence.DOCUMENT,
}
SET_NAMES = tuple(_EVIDENCE)


def load_set(name: str, *, data: Path = DATA, limit: int | None = None) -> EvalSet:
    """`limit` keeps the first questions, all documents. Raises DataMissing; KeyError for an unknown name."""
    evidence, folder = _EVIDENCE[name], data / name
    if not (folder / "ground_truth.jsonl").is_file():
        raise DataMissing(f"no question set at {folder}")
    docs = folder / "docs"
    files = tuple(sorted(str(p.relative_to(docs)) for p in docs.rglob("*") if p.is_file())) if docs.is_dir() else ()
    corpus = folder / "corpus.jsonl"
    texts = (
        tuple(TextDocument(row["doc"], row["title"].strip(), row["text"]) for row in _rows(corpus))
        if corpus.is_file()
        else ()
    )
    questions = tuple(_question(row, evidence) for row in _rows(folder / "ground_truth.jsonl"))
    known = {*files, *(text.doc for text in texts)}
    for question in questions:
        if lost := {gold.doc for gold in question.gold} - known:
            raise DataMissing(f"{name}: question {question.id} cites {sorted(lost)}, which {docs} does not hold")
    return EvalSet(name, evidence, docs, files, texts, questions[:limit])


def _question(row: dict, evidence: Evidence) -> Question:
    gold = frozenset(Gold(item["doc"], item["page"] if evidence is Evidence.PAGE else None) for item in row["evidence"])
    return Question(row["id"], row["question"], gold)


def _rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
