"""Row: what a file of each public set becomes: passages, and their size where they are stored. docs/scale.md builds
on it."""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import orjson

from bench.measure import versions
from bench.rows import Options, Table, figure
from bench.servers import REPO
from shared.adapters.extract.sandbox import ExtractionSandbox
from shared.adapters.qdrant_bodies import labels_payload, place_payload
from shared.adapters.tokenizer import O200kTokenizer
from shared.domain import bm25
from shared.domain.audience import Scope
from shared.domain.breadcrumbs import breadcrumb_of
from shared.domain.chunking import Passage, chunk
from shared.domain.documents import DocumentLabels, PassagePosition
from shared.domain.extracted import Extracted
from shared.domain.ids import DocumentId, LibraryId, PassageId
from shared.errors import ExtractionFailed

_DATA = REPO.parent / "shared" / "data"
_SETS = {
    "office": [f"office/{kind}" for kind in ("docx", "xlsx", "pptx", "pdf", "html", "md", "txt")],
    "azure-northwind": ["azure-northwind/docs"],
    "financebench": ["financebench/docs"],
    "sec-10q": ["sec-10q/docs"],
}
_QUICK = 5
_ID = UUID(int=1)


@dataclass(slots=True)
class _Counted:
    refused: int = 0
    a_file: list[int] = field(default_factory=list[int])
    tokens: list[int] = field(default_factory=list[int])
    terms: list[int] = field(default_factory=list[int])
    payload: list[int] = field(default_factory=list[int])


def run(options: Options) -> Sequence[Table]:
    lines = [asyncio.run(_line(name, folders, options)) for name, folders in _SETS.items()]
    return [
        Table(
            "What a file becomes",
            (
                *("set", "files", "not indexed", "passages a file, mean", "median", "most"),
                *("tokens a passage", "BM25 terms a passage", "bytes of payload a passage"),
            ),
            tuple(lines),
            (
                "tokens as chunking estimates them (o200k), breadcrumb included; payload as JSON, labels included",
                "files that are encrypted, empty or too large for their format's limits count as not indexed",
            ),
            versions("pypdfium2", "lxml", "python-calamine"),
        )
    ]


async def _line(name: str, folders: Sequence[str], options: Options) -> tuple[str, ...]:
    files = sorted(path for folder in folders for path in (_DATA / folder).iterdir() if path.is_file())
    files = files[:: max(1, len(files) // _QUICK)] if options.quick else files
    counted, tokenizer, sandbox = _Counted(), O200kTokenizer(), ExtractionSandbox()
    try:
        for path in files:
            try:
                extracted = await sandbox.extract(path, path.name)
            except ExtractionFailed:
                counted.refused += 1
                continue
            passages = chunk(extracted, breadcrumb=breadcrumb_of(name, path.name), count_tokens=tokenizer.count)
            _count(counted, path, extracted, passages)
    finally:
        await sandbox.close()
    return (
        *(name, f"{len(files):,}", f"{counted.refused:,}", figure(statistics.fmean(counted.a_file))),
        *(figure(statistics.median(counted.a_file)), f"{max(counted.a_file):,}"),
        *(figure(statistics.fmean(each)) for each in (counted.tokens, counted.terms, counted.payload)),
    )


def _count(counted: _Counted, path: Path, extracted: Extracted, passages: Sequence[Passage]) -> None:
    counted.a_file.append(len(passages))
    labels = labels_payload(_labels(path))
    for passage in passages:
        counted.tokens.append(passage.tokens)
        counted.terms.append(len(bm25.encode_passage(passage.embedded_text, language=extracted.language).indices))
        position = PassagePosition(
            PassageId(_ID), passage.index, len(passages), passage.page, passage.last_page, passage.section
        )
        payload = {**labels, **place_payload(position), "text": passage.text, "language": extracted.language}
        counted.payload.append(len(orjson.dumps(payload)))


def _labels(path: Path) -> DocumentLabels:
    return DocumentLabels(
        document_id=DocumentId(_ID),
        library_id=LibraryId(_ID),
        drive_id="b!" + 64 * "x",  # as long as SharePoint's
        item_id="01" + 32 * "X",
        file_name=path.name,
        file_url=f"https://bench.sharepoint.com/sites/bench/Shared%20Documents/{path.name}",
        file_type=path.suffix.removeprefix("."),
        last_modified=datetime.now(UTC),
        scope=Scope(None, None),
        is_active=True,
    )
