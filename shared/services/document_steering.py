"""Administrators' hand on single documents: switched off and on again, read again.

The ledger is told first and the index at once after it, in the request: what is switched off is not found from the
moment the call returns. Where the index is away the ledger keeps it to be done, and the next step of a sync does it.
"""

import logging
from dataclasses import dataclass

from shared.db import audit, documents
from shared.db.pool import Connection, Db
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Scope
from shared.domain.identity import Caller
from shared.domain.ids import DocumentId
from shared.domain.ledger import LedgerDocument
from shared.errors import Conflict, NotFound, Unavailable
from shared.ports import Vectors
from shared.services.sync_starting import Orchestrations, SyncStarting

log = logging.getLogger(__name__)

# Two administrators may switch one document at the same moment; more in a row than this do not.
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class DocumentSteering:
    db: Db
    vectors: Vectors
    sync_starting: SyncStarting

    async def switch(
        self,
        document_id: DocumentId,
        *,
        is_active: bool,
        within: Scope,
        caller: Caller,
        correlation_id: str,
        orchestrations: Orchestrations,
    ) -> bool:
        """Takes a document out of every answer, or brings it back. True once the index shows it so; False when the
        index is away and a sync is to do it. Raises NotFound for what is not there or out of reach."""
        async with self.db.transaction() as connection:
            before = await _locked(connection, document_id, within)
            document = await documents.switch(connection, document_id, is_active=is_active)
            await audit.record(
                connection,
                actor=caller.user_id,
                action="document.change",
                target=str(document_id),
                detail={"before": {"is_active": before.is_active}, "after": {"is_active": is_active}},
                correlation_id=correlation_id,
            )
        if await self._shown(document, was_idle=before.todo is None):
            return True
        await self.sync_starting.follow_change(orchestrations, document.library_id, crawl=False, caller=caller)
        return False

    async def _shown(self, document: LedgerDocument, *, was_idle: bool) -> bool:
        for _ in range(ATTEMPTS):
            try:
                await self.vectors.switch(document.id, document.change_seq, is_active=document.is_active)
            except Unavailable:
                log.warning("the index is away; a sync switches the document", extra={"document_id": str(document.id)})
                return False
            try:
                async with self.db.connection() as connection:
                    if await documents.switched(connection, document, was_idle=was_idle):
                        return True
                    # somebody switched it the other way meanwhile: what holds is what the ledger says now
                    document = await documents.get(connection, document.id)
            except NotFound:
                return True  # a sync removed it, and its passages with it
        return False

    async def read_again(
        self,
        document_id: DocumentId,
        *,
        within: Scope,
        caller: Caller,
        correlation_id: str,
        orchestrations: Orchestrations,
    ) -> SyncRun | None:
        """Has a document read whole, whether it changed or not, by the run that is returned; None where none could be
        started, and the next sync does it. Until then its old passages answer. Raises NotFound, and Conflict for a
        document that is being removed."""
        async with self.db.transaction() as connection:
            before = await _locked(connection, document_id, within)
            document = await documents.read_again(connection, document_id)
            if document is None:
                raise Conflict("SharePoint deleted this file; it is being removed.", code="document_removing")
            await audit.record(
                connection,
                actor=caller.user_id,
                action="document.reingest",
                target=str(document_id),
                detail={"status": before.status, "reason_code": before.reason_code, "attempts": before.attempts},
                correlation_id=correlation_id,
            )
        return await self.sync_starting.follow_change(orchestrations, document.library_id, crawl=False, caller=caller)


async def _locked(connection: Connection, document_id: DocumentId, within: Scope) -> LedgerDocument:
    document = await documents.lock(connection, document_id)
    if not within.reaches(document.scope):
        raise NotFound("document")
    return document
