"""Does what Nexus answers from agree with SharePoint? Ledger, passages and library compared, nothing changed.

Read page by page: in memory are a page's documents with the ids of their passages, 8 bytes for each file of the
library, and the differences found. SharePoint is asked for one full enumeration and no content.
"""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from shared.db import drift, libraries
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.documents import DeltaPage, DocumentLabels, DriveItem, ItemKind, StoredPassage
from shared.domain.drift import Difference, DriftKind, DriftReport
from shared.domain.ids import DocumentId, LibraryId
from shared.domain.ledger import LedgerDocument, Library, Todo, file_url_of, last_occurrences
from shared.errors import DeltaExpired
from shared.ports import Graph, Vectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PAGE_DOCUMENTS = 200
PAGE_PASSAGES = 50_000
# Fresh starts that SharePoint may ask for before the check is given up.
_RESTARTS = 2


@dataclass(slots=True)
class _Remote:
    """What an enumeration of SharePoint has brought so far; the last word on an item holds, whatever was said of it on
    an earlier page."""

    seen: "array[int]" = field(default_factory=lambda: array("Q"))
    deleted: set[int] = field(default_factory=set[int])
    differences: dict[str, list[Difference]] = field(default_factory=dict[str, list[Difference]])


@dataclass(frozen=True, slots=True)
class Drift:
    db: Db
    graph: Graph
    vectors: Vectors

    async def check(self, library_id: LibraryId) -> DriftReport:
        """Raises NotFound, and what the ports raise: half a comparison would be none."""
        async with self.db.connection() as connection:
            library = await libraries.get(connection, library_id)
        report = DriftReport(library, syncing=library.status == "syncing")
        remote = await self._enumerate(library)
        for difference in (each for found in remote.differences.values() for each in found):
            report.add(difference.kind, difference.what, difference.detail)
        await self._check_documents(library, _sorted(remote), report)
        await self._check_owners(library, report)
        return report

    async def strays(self) -> DriftReport:
        """Passages of libraries that Nexus does not have (any more)."""
        report = DriftReport(None)
        async with self.db.connection() as connection:
            known = await libraries.list_all(connection, within=Scope(None, None), limit=100_000)
        found: Counter[LibraryId] = Counter()
        async for page in self.vectors.stored_labels(outside=[library.id for library in known]):
            found.update(passage.labels.library_id for passage in page)
        for library_id, passages in found.items():
            report.passages += passages
            report.add(
                DriftKind.UNKNOWN_LIBRARY,
                str(library_id),
                f"The index holds {_passages(passages)} of a library that Nexus does not have.",
            )
        return report

    # --- SharePoint against the ledger -----------------------------------------------------------------------------

    async def _enumerate(self, library: Library) -> _Remote:
        restarts = 0
        remote, link = _Remote(), None
        while True:
            try:
                page = await self.graph.delta_page(library.drive_id, link)
            except DeltaExpired as expired:
                restarts += 1
                if restarts > _RESTARTS:
                    raise
                remote, link = _Remote(), expired.restart_link
                continue
            await self._compare_page(library, page, remote)
            if page.next_link is None:
                return remote
            link = page.next_link

    async def _compare_page(self, library: Library, page: DeltaPage, remote: _Remote) -> None:
        items = last_occurrences(page.items)
        live = [item for item in items if not item.deleted]
        folders = [item for item in live if item.kind in (ItemKind.FOLDER, ItemKind.ROOT)]
        # packages and shortcuts, too: the ledger has them, to say why they are not indexed
        files = [item for item in live if item.kind not in (ItemKind.FOLDER, ItemKind.ROOT)]
        async with self.db.connection() as connection:
            known_folders = await drift.folders(connection, library.drive_id, [item.item_id for item in folders])
            known = await drift.of_items(connection, library.id, [item.item_id for item in files])
        for item in items:
            remote.differences.pop(item.item_id, None)
            if item.deleted:
                remote.deleted.add(_short(item.item_id))
        for item in live:
            remote.deleted.discard(_short(item.item_id))
        for item in folders:
            _keep(remote, item, _folder_differences(item, known_folders.get(item.item_id)))
        for item in files:
            remote.seen.append(_short(item.item_id))
            _keep(remote, item, _file_differences(library, item, known.get(item.item_id)))

    # --- the ledger against SharePoint and the index ---------------------------------------------------------------

    async def _check_documents(self, library: Library, seen: "npt.NDArray[np.uint64]", report: DriftReport) -> None:
        report.files = len(seen)
        after: DocumentId | None = None
        while True:
            async with self.db.connection() as connection:
                page = await drift.page(
                    connection, library.id, after=after, documents=PAGE_DOCUMENTS, passages=PAGE_PASSAGES
                )
                if not page:
                    return
                paths = await drift.paths(connection, library.drive_id, [document.id for document in page])
            after = page[-1].id
            report.documents += len(page)
            for document, is_there in zip(page, _are_in(seen, page), strict=True):
                _check_ledger(library, document, is_there, paths.get(document.id), report)
            await self._check_passages(page, report)

    async def _check_passages(self, page: Sequence[LedgerDocument], report: DriftReport) -> None:
        missing = {document.id: set(document.passages) for document in page}
        documents = {document.id: document for document in page}
        surplus: Counter[DocumentId] = Counter()
        staged: Counter[DocumentId] = Counter()
        wrong: dict[DocumentId, Counter[str]] = {}
        async for passages in self.vectors.stored_labels(documents=list(documents)):
            report.passages += len(passages)
            for passage in passages:
                owner = documents[passage.labels.document_id]
                if passage.passage_id in missing[owner.id]:
                    missing[owner.id].discard(passage.passage_id)
                    if fields := _wrong_labels(owner, passage):
                        wrong.setdefault(owner.id, Counter()).update(fields)
                elif passage.staged:
                    staged[owner.id] += 1
                else:
                    surplus[owner.id] += 1
        for document in page:
            what = _name(document)
            if lost := len(missing[document.id]):
                detail = f"{lost} of its {_passages(len(document.passages))} are not in the index."
                report.add(DriftKind.PASSAGES_MISSING, what, detail)
            if extra := surplus[document.id]:
                detail = f"The index holds {_passages(extra)} that the document does not have."
                report.add(DriftKind.PASSAGES_SURPLUS, what, detail)
            # while a version is being read, its passages wait unseen: they are no difference yet
            if (waiting := staged[document.id]) and document.todo is not Todo.INGEST:
                detail = f"{_passages(waiting)} of a version that was never finished are left in the index, unseen."
                report.add(DriftKind.PASSAGES_STAGED, what, detail)
            if document.id in wrong:
                said = ", ".join(f"{name} ({count})" for name, count in sorted(wrong[document.id].items()))
                detail = f"Passages are labelled otherwise than the document: {said}."
                report.add(DriftKind.WRONG_LABELS, what, detail)

    async def _check_owners(self, library: Library, report: DriftReport) -> None:
        orphans: Counter[DocumentId] = Counter()
        async for page in self.vectors.stored_labels(library=library.id):
            owners = Counter(passage.labels.document_id for passage in page)
            async with self.db.connection() as connection:
                known = await drift.known(connection, library.id, list(owners))
            orphans.update({owner: count for owner, count in owners.items() if owner not in known})
        for owner, count in orphans.items():
            detail = f"The index holds {_passages(count)} of a document that the ledger does not have."
            report.add(DriftKind.UNKNOWN_DOCUMENT, str(owner), detail)


def _keep(remote: _Remote, item: DriveItem, differences: Iterable[Difference]) -> None:
    if found := list(differences):
        remote.differences[item.item_id] = found


def _folder_differences(item: DriveItem, known: drift.LedgerFolder | None) -> Iterable[Difference]:
    name = item.name or item.item_id
    if known is None:
        yield Difference(DriftKind.UNSYNCED, name, "SharePoint has this folder, the ledger does not.")
    elif (known.name, known.parent_id) != (item.name or "", item.parent_id):
        yield Difference(DriftKind.WRONG_FOLDER, name, f"The ledger calls it {known.name!r} or puts it elsewhere.")


def _file_differences(library: Library, item: DriveItem, known: LedgerDocument | None) -> Iterable[Difference]:
    name = item.name or item.item_id
    if known is None:
        yield Difference(DriftKind.UNSYNCED, name, "SharePoint has this file, the ledger does not: it awaits a sync.")
        return
    hashes_differ = item.content_hash is not None and item.content_hash != known.remote_hash
    if hashes_differ or item.size != known.file_size:
        yield Difference(DriftKind.UNSYNCED, _name(known), "SharePoint has another version than the ledger.")
    elif (item.name, item.parent_id) != (known.file_name, known.parent_id):
        yield Difference(DriftKind.UNSYNCED, _name(known), f"SharePoint calls this file {name!r} or has it elsewhere.")
    elif known.todo is None and known.path is not None:
        address = file_url_of(library, known.path, item.web_url)
        if address != known.file_url:
            detail = f"The ledger has the address {known.file_url}, which should be {address}."
            yield Difference(DriftKind.WRONG_ADDRESS, _name(known), detail)


def _check_ledger(
    library: Library, document: LedgerDocument, is_there: bool, path: str | None, report: DriftReport
) -> None:
    what = _name(document)
    if document.todo is not None:
        report.add(DriftKind.UNSYNCED, what, f"A sync has still to do this: {document.todo.value}.")
        return
    if not is_there:
        report.add(DriftKind.NOT_IN_SHAREPOINT, what, "The ledger has this file, SharePoint does not.")
    if document.path != path:
        detail = f"The ledger has it at {document.path!r}, its folders say {path!r}."
        report.add(DriftKind.WRONG_PATH, what, detail)
    # until an administrator's new rules have reached every document, the next sync is to do that
    kind = DriftKind.WRONG_SCOPE if library.rescope_after is None else DriftKind.UNSYNCED
    if document.scope != (library.scope if path is None else library.scope_of(path)):
        report.add(kind, what, "It is meant for other readers than the library and its rules say.")


def _wrong_labels(document: LedgerDocument, passage: StoredPassage) -> list[str]:
    expected = document.labels(file_url=document.file_url, scope=document.scope)
    compared = [each.name for each in fields(DocumentLabels) if each.compare]
    names = [name for name in compared if getattr(expected, name) != getattr(passage.labels, name)]
    return [*names, "staged"] if passage.staged else names


def _name(document: LedgerDocument) -> str:
    return document.path or document.file_name or str(document.id)


def _passages(count: int) -> str:
    return "1 passage" if count == 1 else f"{count:,} passages"


def _short(item_id: str) -> int:
    """64 bits of a hash: two of a million files share one in 1 of 37 million libraries."""
    return int.from_bytes(hashlib.blake2b(item_id.encode(), digest_size=8).digest())


def _sorted(remote: _Remote) -> "npt.NDArray[np.uint64]":
    import numpy as np

    seen = np.unique(np.frombuffer(remote.seen, dtype=np.uint64)) if remote.seen else np.empty(0, np.uint64)
    return np.setdiff1d(seen, np.fromiter(remote.deleted, dtype=np.uint64), assume_unique=True)


def _are_in(seen: "npt.NDArray[np.uint64]", page: Sequence[LedgerDocument]) -> list[bool]:
    import numpy as np

    wanted = np.fromiter((_short(document.item_id) for document in page), dtype=np.uint64)
    return np.isin(wanted, seen, assume_unique=True).tolist()
