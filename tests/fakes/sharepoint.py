"""A Graph, an index, an extractor and embeddings in memory, for tests of syncing and ingestion."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from shared.domain.audience import Audience
from shared.domain.documents import (
    DeltaPage,
    DocumentLabels,
    Downloaded,
    DriveItem,
    ItemKind,
    LibraryAddress,
    PassageCounts,
    PassagePoint,
    PassagePosition,
)
from shared.domain.extracted import Block, Extracted
from shared.domain.ids import DocumentId, PassageId
from shared.domain.library_checks import Application
from shared.errors import RemoteItemGone

ROOT = DriveItem("root", ItemKind.ROOT, "root", None)


def folder(item_id: str, name: str, parent: str = "root") -> DriveItem:
    return DriveItem(item_id, ItemKind.FOLDER, name, parent)


def file(item_id: str, name: str, text: str = "text", parent: str = "root") -> DriveItem:
    """Its content hash is its text, so that the fake download knows what to give."""
    address = f"https://h/sites/s/L/{name}"
    return DriveItem(item_id, ItemKind.FILE, name, parent, size=len(text), web_url=address, content_hash=text)


def gone(item_id: str) -> DriveItem:
    return DriveItem(item_id, ItemKind.FILE, None, None, deleted=True)


@dataclass
class FakeGraph:
    """`passes` are lists of pages; link "p:i" names page i of pass p, "d:p" the delta link after pass p.

    An exception in place of a page is raised once.
    """

    passes: list[list[Sequence[DriveItem] | Exception]] = field(default_factory=list)
    items: dict[str, DriveItem] = field(default_factory=dict)
    contents: dict[str, str] = field(default_factory=dict)
    downloads: list[str] = field(default_factory=list)
    fail_download: dict[str, list[Exception]] = field(default_factory=dict)

    async def resolve_library(self, library_url: str) -> LibraryAddress:
        return LibraryAddress("site", "drive", "L", library_url)

    async def delta_page(self, drive_id: str, link: str | None) -> DeltaPage:
        if link is None:
            number, page = 0, 0
        elif link.startswith("d:"):
            number, page = int(link[2:]) + 1, 0
        else:
            number, page = map(int, link.split(":"))
        if number >= len(self.passes):
            return DeltaPage((), None, f"d:{len(self.passes) - 1}")
        entry = self.passes[number][page]
        if isinstance(entry, Exception):
            del self.passes[number][page]
            raise entry
        for item in entry:
            if not item.deleted and item.content_hash is not None:
                self.contents[item.item_id] = item.content_hash
        last = page + 1 == len(self.passes[number])
        return DeltaPage(tuple(entry), None if last else f"{number}:{page + 1}", f"d:{number}" if last else None)

    async def item(self, drive_id: str, item_id: str) -> DriveItem:
        if item_id not in self.items:
            raise RemoteItemGone
        return self.items[item_id]

    async def download(self, drive_id: str, item_id: str, target: Path, *, max_bytes: int) -> Downloaded:
        if failures := self.fail_download.get(item_id):
            raise failures.pop(0)
        self.downloads.append(item_id)
        text = self.contents[item_id]
        target.write_text(text)
        return Downloaded(len(text), f"sha-{text}")

    async def application(self) -> Application:
        return Application("client", frozenset({"Sites.Selected"}))


@dataclass
class FakeVectors:
    """Passages by document; what no search would find is kept apart as `staged`."""

    shown: dict[DocumentId, dict[PassageId, tuple[DocumentLabels, str]]] = field(default_factory=dict)
    staged: dict[DocumentId, dict[PassageId, str]] = field(default_factory=dict)
    fail: list[Exception] = field(default_factory=list)

    def _check(self) -> None:
        if self.fail:
            raise self.fail.pop(0)

    async def ensure_ready(self) -> None: ...

    async def stored(self, document: DocumentId) -> frozenset[PassageId]:
        return frozenset(self.shown.get(document, {})) | frozenset(self.staged.get(document, {}))

    async def stage(self, labels: DocumentLabels, points: Sequence[PassagePoint]) -> None:
        self._check()
        staged = self.staged.setdefault(labels.document_id, {})
        staged.update({point.position.passage_id: point.text for point in points})

    async def publish(self, labels: DocumentLabels, positions: Sequence[PassagePosition]) -> None:
        self._check()
        old = self.shown.get(labels.document_id, {})
        texts = {key: text for key, (_, text) in old.items()} | self.staged.get(labels.document_id, {})
        keys = [position.passage_id for position in positions] if positions else list(old)
        self.shown[labels.document_id] = {key: (labels, texts[key]) for key in keys}
        if positions:
            self.staged.pop(labels.document_id, None)

    async def switch(self, document: DocumentId, version: int, *, is_active: bool) -> None:
        self._check()
        for key, (labels, text) in self.shown.get(document, {}).items():
            self.shown[document][key] = (replace(labels, is_active=is_active), text)

    async def count(self, document: DocumentId, *, audience: Audience | None = None) -> PassageCounts:
        self._check()
        labels = [labels for labels, _ in self.shown.get(document, {}).values()]
        active = [each for each in labels if each.is_active]
        readable = None if audience is None else sum(audience.covers(each.scope) for each in active)
        staged = self.staged.get(document, {})
        return PassageCounts(len(active), len(labels) - len(active), len(staged), readable)

    async def remove(self, documents: Sequence[DocumentId]) -> None:
        self._check()
        for document in documents:
            self.shown.pop(document, None)
            self.staged.pop(document, None)

    def readable(self) -> dict[str, list[str]]:
        """file address → passage texts, as readers would find them."""
        found: dict[str, list[str]] = {}
        for passages in self.shown.values():
            for labels, text in passages.values():
                if labels.is_active:
                    found.setdefault(labels.file_url, []).append(text)
        return found


@dataclass
class FakeExtractor:
    """Each line of the file is a paragraph, one that begins with "# " a heading; `fail` maps a file's name to what
    is raised."""

    fail: dict[str, Exception] = field(default_factory=dict)

    async def extract(self, path: Path, file_name: str) -> Extracted:
        if file_name in self.fail:
            raise self.fail[file_name]
        lines = path.read_text().splitlines()
        blocks = [
            Block("heading", line[2:], level=1) if line.startswith("# ") else Block("paragraph", line) for line in lines
        ]
        return Extracted("txt", None, None, tuple(blocks), "en", {})


@dataclass
class CountingEmbeddings:
    texts: list[str] = field(default_factory=list)

    async def embed_passages(self, texts: Sequence[str]) -> tuple[np.ndarray, int]:
        self.texts += texts
        return np.ones((len(texts), 4), dtype=np.float32), len(texts)

    async def embed_queries(self, texts: Sequence[str]) -> np.ndarray:
        return np.ones((len(texts), 4), dtype=np.float32)


@dataclass
class FakeThrottle:
    held: dict[str, float] = field(default_factory=dict)

    async def hold(self, service: str, seconds: float) -> None:
        self.held[service] = seconds

    async def remaining(self, service: str) -> float:
        return 0.0
