"""The question sets with their gold evidence, read from the shared data beside the checkout (`../shared/data`).

Each row of `ground_truth.jsonl` is `{id, question, evidence: [{doc, page, …}]}`; pages are 1-based, `doc` is a
file below the set's `docs/` (for scifact an id of `corpus.jsonl`). None of it may be copied into the project.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class DataMissing(Exception):
    """The shared data is not on this machine; the message says where it was looked for."""


class Evidence(StrEnum):
    """What a gold label names, and with it which metrics make sense."""

    PAGE = "page"
    PARAGRAPH = "paragraph"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Gold:
    """`page` is 1-based; in xquad it is the paragraph, from 0."""

    doc: str
    page: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """`answer` is the reference answer, where the set has one."""

    id: str
    text: str
    gold: frozenset[Gold]
    language: str = "en"
    answer: str | None = None


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
    paragraphs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_EVIDENCE = {
    "azure-northwind": Evidence.PAGE,
    "financebench": Evidence.PAGE,
    "sec-10q": Evidence.DOCUMENT,
    "scifact": Evidence.DOCUMENT,
    "xquad": Evidence.PARAGRAPH,
}
SET_NAMES = tuple(_EVIDENCE)
# xquad asks the same in twelve languages: every tenth question, of the English documents alone.
_XQUAD_STEP = 10
_XQUAD_LANGUAGE = "en"


def load_set(name: str, *, data: Path = DATA, limit: int | None = None) -> EvalSet:
    """`limit` keeps the first questions, all documents. Raises DataMissing; KeyError for an unknown name."""
    evidence, folder = _EVIDENCE[name], data / name
    if not (folder / "ground_truth.jsonl").is_file():
        raise DataMissing(f"no question set at {folder}")
    docs = folder / "docs"
    if evidence is Evidence.PARAGRAPH:
        return _across_languages(name, folder, limit)
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
    return Question(row["id"], row["question"], gold, row.get("lang", "en"), row.get("answer"))


def load_unanswerable(name: str, *, data: Path = DATA) -> tuple[Question, ...]:
    """Questions that the set's documents say nothing of; none where the set has no such file."""
    file = data / name / "unanswerable.jsonl"
    return tuple(Question(row["id"], row["question"], frozenset()) for row in _rows(file)) if file.is_file() else ()


def _across_languages(name: str, folder: Path, limit: int | None) -> EvalSet:
    docs = folder / "docs"
    files = tuple(sorted(str(path.relative_to(docs)) for path in (docs / _XQUAD_LANGUAGE).iterdir()))
    paragraphs = {file: tuple((docs / file).read_text(encoding="utf-8").split("\n\n")[1:]) for file in files}
    by_stem = {Path(file).stem: file for file in files}
    rows = list(_rows(folder / "ground_truth.jsonl"))
    asked = [row["parallel_id"] for row in rows if row["lang"] == _XQUAD_LANGUAGE][::_XQUAD_STEP][:limit]
    questions = tuple(
        Question(
            row["id"],
            row["question"],
            frozenset(Gold(by_stem[Path(item["doc"]).stem], item["paragraph"]) for item in row["evidence"]),
            row["lang"],
        )
        for row in rows
        if row["parallel_id"] in set(asked)
    )
    return EvalSet(name, Evidence.PARAGRAPH, docs, files, (), questions, paragraphs)


def _rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
