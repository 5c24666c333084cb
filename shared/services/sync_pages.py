"""What a sync hears from SharePoint: delta pages into the ledger, and folders that no page brought."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.db import documents, ledger, ledger_paths, ledger_work, library_leases, sync_runs
from shared.db.pool import Connection, Db
from shared.db.sync_runs import SyncRun
from shared.domain.documents import DeltaPage, DriveItem, ItemKind
from shared.domain.ids import SyncRunId
from shared.domain.ledger import DocumentStatus, Library, last_occurrences, todo_after, unread_todo, why_never_read
from shared.errors import DeltaExpired, RemoteItemGone
from shared.ports import Graph, Vectors

log = logging.getLogger(__name__)

# Files whose folders are looked for at a time.
ORPHANS = 500


@dataclass(frozen=True, slots=True)
class Pages:
    db: Db
    graph: Graph
    vectors: Vectors

    async def next(self, library: Library, run: SyncRun) -> None:
        """One page into the ledger, with its checkpoint in the same transaction."""
        link = library.page_link or (None if run.is_full else library.delta_link)
        begun = time.perf_counter()
        try:
            page = await self.graph.delta_page(library.drive_id, link)
        except DeltaExpired as expired:
            await self._start_over(library, run.id, expired)
            return
        graph_s = time.perf_counter() - begun
        async with self.db.transaction() as connection:
            if run.pages == 0:
                await ledger_work.queue_retries(connection, library.id)
            if link is None:
                await sync_runs.become_full(connection, run.id)
            await self._apply(connection, library, run.id, page)
            if page.delta_link is not None:
                await ledger.remove_below_gone(connection, library.drive_id)
            await sync_runs.count(connection, run.id, pages=1, graph_s=graph_s)
            await library_leases.checkpoint(
                connection, library.id, run.id, page_link=page.next_link, final_link=page.delta_link
            )

    async def _start_over(self, library: Library, run_id: SyncRunId, expired: DeltaExpired) -> None:
        """Graph wants the library enumerated afresh; what that does not bring is gone (both kinds of 410)."""
        log.warning("delta link expired", extra={"library_id": str(library.id), "kind": expired.kind})
        async with self.db.transaction() as connection:
            await sync_runs.become_full(connection, run_id)
            await ledger.forget_seen(connection, library.id, run_id)
            await library_leases.checkpoint(
                connection, library.id, run_id, page_link=expired.restart_link, final_link=None
            )

    async def _apply(self, connection: Connection, library: Library, run_id: SyncRunId, page: DeltaPage) -> None:
        items = last_occurrences(page.items)
        deleted = [item.item_id for item in items if item.deleted]
        live = [item for item in items if not item.deleted]
        if deleted:
            await ledger.remove_items(connection, library.drive_id, deleted)
        # what lies in a notebook has its path through it
        folders = [item for item in live if item.kind in (ItemKind.FOLDER, ItemKind.ROOT, ItemKind.PACKAGE)]
        changed_folders = await ledger.save_folders(connection, library, run_id, folders, _roots(folders))
        changed = [
            *await self._save_files(connection, library, run_id, live),
            *await self._save_unread(connection, library, run_id, live),
        ]
        await ledger_paths.derive_paths(
            connection, library, changed_folders=changed_folders, changed_files=[item.item_id for item in changed]
        )
        await sync_runs.count(connection, run_id, seen=len(changed) + len(deleted))

    async def _save_files(
        self, connection: Connection, library: Library, run_id: SyncRunId, live: Sequence[DriveItem]
    ) -> list[DriveItem]:
        files = [item for item in live if item.kind is ItemKind.FILE]
        known = await ledger.known(connection, library.drive_id, [item.item_id for item in files])
        todos = [(item, todo_after(known.get(item.item_id), item)) for item in files]
        await ledger.save_documents(connection, library, run_id, todos)
        await sync_runs.count(connection, run_id, unchanged=sum(todo is None for _, todo in todos))
        return files

    async def _save_unread(
        self, connection: Connection, library: Library, run_id: SyncRunId, live: Sequence[DriveItem]
    ) -> list[DriveItem]:
        """Packages and shortcuts: in the ledger with the reason why they are not read."""
        why = {item.item_id: code for item in live if (code := why_never_read(item)) is not None}
        if not why:
            return []
        items = [item for item in live if item.item_id in why]
        known = await ledger.known(connection, library.drive_id, list(why))
        todos = [(item, unread_todo(known.get(item.item_id), item)) for item in items]
        await ledger.save_documents(connection, library, run_id, todos)
        await ledger.keep_unread(connection, library.drive_id, why)
        new = Counter(code for item_id, code in why.items() if item_id not in known)
        unchanged = sum(todo is None and item.item_id in known for item, todo in todos)
        await sync_runs.count(connection, run_id, unchanged=unchanged, skipped=new.total())
        await sync_runs.count_reasons(connection, run_id, new)
        return items

    async def adopt_orphans(self, library: Library, run_id: SyncRunId) -> bool:
        """Files whose folders no page brought: the folders are fetched one by one. Where that fails the file is
        recorded as failed, and what answered from it is taken away: without its path its scope is not known."""
        async with self.db.connection() as connection:
            orphans = await ledger_work.without_path(connection, library.id, ORPHANS)
            parents = await ledger.missing_parents(connection, library.id) if orphans else []
        if not orphans:
            return False
        begun = time.perf_counter()
        found: list[DriveItem] = []
        for parent in parents:
            try:
                found.append(await self.graph.item(library.drive_id, parent))
            except RemoteItemGone:
                log.info("a parent folder is gone", extra={"library_id": str(library.id)})
        graph_s = time.perf_counter() - begun
        if not found:
            await self.vectors.remove([document.id for document in orphans if document.passages])
        async with self.db.transaction() as connection:
            if found:
                new = await ledger.save_folders(connection, library, run_id, found, _roots(found))
                await ledger_paths.derive_paths(connection, library, changed_folders=new, changed_files=[])
                await sync_runs.count(connection, run_id, graph_s=graph_s)
                return True
            for document in orphans:
                await documents.not_indexed(
                    connection,
                    document,
                    status=DocumentStatus.FAILED,
                    reason_code="folder_unknown",
                    reason="SharePoint did not say which folder the file is in.",
                    content_hash=None,
                    passages_removed=True,
                    retry=True,
                )
            await sync_runs.count(connection, run_id, failed=len(orphans), graph_s=graph_s)
            await sync_runs.count_reasons(connection, run_id, {"folder_unknown": len(orphans)})
        return True


def _roots(folders: Sequence[DriveItem]) -> frozenset[str]:
    return frozenset(item.item_id for item in folders if item.kind is ItemKind.ROOT)
