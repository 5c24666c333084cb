"""A set's documents through the product's own pipeline: extraction, chunks, embeddings, both vectors, the index."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from evals.datasets import EvalSet, Evidence, TextDocument
from evals.metrics import Found
from evals.product import Product
from shared.domain import bm25
from shared.domain.audience import Scope
from shared.domain.breadcrumbs import breadcrumb_of
from shared.domain.chunking import MAX_TOKENS, TARGET_TOKENS, Passage, chunk
from shared.domain.documents import DocumentLabels, PassagePoint, PassagePosition, RetrievedPassage, SparseVector
from shared.domain.extracted import Block, Extracted
from shared.domain.ids import LibraryId, document_id, passage_id

# Passages embedded at a time; e5 takes about ten seconds for them.
BATCH = 64
_DRIVE = "evals"
_LIBRARY_ID = LibraryId(document_id(_DRIVE, "library"))
_EVERYONE = Scope(None, None)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was indexed: passages, their tokens on average, and where each document came from."""

    documents: int
    passages: int
    mean_tokens: float


@dataclass(frozen=True, slots=True)
class _Document:
    name: str
    extracted: Extracted


async def index(
    evals: EvalSet,
    product: Product,
    *,
    target_tokens: int = TARGET_TOKENS,
    breadcrumbs: bool = True,
    report: Callable[[str], None],
) -> Corpus:
    """Extracts, chunks, embeds and publishes every document of the set for everyone. Raises ExtractionFailed: a
    document that cannot be read would look like bad retrieval. `breadcrumbs` False embeds the passages' text alone."""
    started, embedded, tokens = time.monotonic(), 0, 0
    documents = 0
    pending: list[tuple[DocumentLabels, _Document, list[Passage]]] = []
    async for document in _documents(evals, product):
        documents += 1
        pending.append((_labels(evals, document), document, _chunks(evals, document, product, target_tokens)))
    total = sum(len(chunks) for _, _, chunks in pending)
    report(f"{documents} documents, {total} passages")
    for labels, document, chunks in pending:
        tokens += sum(product.tokenizer.count(piece.text) for piece in chunks)
        await _store(product, labels, document, chunks if breadcrumbs else [replace(c, breadcrumb="") for c in chunks])
        embedded += len(chunks)
        elapsed = time.monotonic() - started
        left = elapsed / max(embedded, 1) * (total - embedded)
        report(f"embedded {embedded}/{total} passages in {elapsed:.0f} s, about {left:.0f} s left")
    return Corpus(documents, total, tokens / max(total, 1))


def found_in(evals: EvalSet, passages: list[RetrievedPassage]) -> list[Found]:
    """The product's answer in the words of the metrics: each passage stands on its first to its last page, or, where
    paragraphs are labelled, on those whose beginning or end it holds."""
    return [Found(passage.file_url, _places(evals, passage)) for passage in passages]


def _places(evals: EvalSet, passage: RetrievedPassage) -> tuple[int, ...]:
    if evals.evidence is Evidence.PARAGRAPH:
        text = _flat(passage.text)
        known = enumerate(map(_flat, evals.paragraphs[passage.file_url]))
        return tuple(number for number, paragraph in known if paragraph[:50] in text or paragraph[-50:] in text)
    if passage.page is None:
        return ()
    return tuple(range(passage.page, (passage.last_page or passage.page) + 1))


def _flat(text: str) -> str:
    return "".join(text.split())


async def _documents(evals: EvalSet, product: Product) -> AsyncIterator[_Document]:
    for name in evals.files:
        yield _Document(name, await product.extractor.extract(evals.folder / name, Path(name).name))
    for text in evals.texts:
        yield _Document(text.doc, _as_extracted(text))


def _as_extracted(document: TextDocument) -> Extracted:
    """What is no file needs no extraction: the title as heading, the text as one paragraph."""
    blocks = (Block("heading", document.title, level=1), Block("paragraph", document.text.strip()))
    return Extracted("txt", document.title, None, tuple(block for block in blocks if block.text), language="en")


def _labels(evals: EvalSet, document: _Document) -> DocumentLabels:
    return DocumentLabels(
        document_id=document_id(_DRIVE, f"{evals.name}/{document.name}"),
        library_id=_LIBRARY_ID,
        drive_id=_DRIVE,
        item_id=f"{evals.name}/{document.name}",
        file_name=_file_name(evals, document),
        file_url=document.name,  # the gold labels' name for it, so that no second table is needed
        file_type=document.extracted.file_type,
        last_modified=None,
        scope=_EVERYONE,
        is_active=True,
    )


def _file_name(evals: EvalSet, document: _Document) -> str:
    return Path(document.name).name if evals.files else document.extracted.title or document.name


def _chunks(evals: EvalSet, document: _Document, product: Product, target_tokens: int) -> list[Passage]:
    return chunk(
        document.extracted,
        breadcrumb=breadcrumb_of(evals.name, _file_name(evals, document)),
        count_tokens=product.tokenizer.count,
        target_tokens=target_tokens,
        max_tokens=max(MAX_TOKENS, target_tokens * 3 // 2),
    )


async def _store(product: Product, labels: DocumentLabels, document: _Document, chunks: list[Passage]) -> None:
    """As shared/services/ingestion.py does it for one file, but without a ledger."""
    language = document.extracted.language
    positions = [
        PassagePosition(
            passage_id(labels.drive_id, labels.item_id, str(place), 0),
            place,
            len(chunks),
            piece.page,
            piece.last_page,
            piece.section,
        )
        for place, piece in enumerate(chunks)
    ]
    for start in range(0, len(chunks), BATCH):
        part = chunks[start : start + BATCH]
        texts = [piece.embedded_text for piece in part]
        dense, _ = await product.embeddings.embed_passages(texts)
        sparse = await asyncio.to_thread(_sparse, texts, language)
        await product.vectors.stage(
            labels,
            [
                PassagePoint(positions[start + offset], piece.text, language, dense[offset], sparse[offset])
                for offset, piece in enumerate(part)
            ],
        )
    await product.vectors.publish(labels, positions)


def _sparse(texts: list[str], language: str | None) -> list[SparseVector]:
    return [bm25.encode_passage(text, language=language) for text in texts]
