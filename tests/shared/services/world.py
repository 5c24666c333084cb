"""A library under care with everything outside in memory, and the orchestrator's loop without the orchestrator."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.db import documents, libraries, sync_runs
from shared.db.pool import Db
from shared.db.sync_runs import Trigger
from shared.domain.audience import Scope
from shared.domain.documents import DriveItem, LibraryAddress
from shared.domain.ids import LibraryId, SyncRunId, document_id
from shared.domain.scope_rules import ScopeRule, ScopeRules
from shared.errors import Unavailable
from shared.services.ingestion import Ingestion
from shared.services.syncing import LibrarySync, Step
from tests.fakes.models import WordTokenizer
from tests.fakes.sharepoint import CountingEmbeddings, FakeExtractor, FakeGraph, FakeThrottle, FakeVectors

URL = "https://h/sites/s/L"


@dataclass
class World:
    db: Db
    graph: FakeGraph = field(default_factory=FakeGraph)
    vectors: FakeVectors = field(default_factory=FakeVectors)
    extractor: FakeExtractor = field(default_factory=FakeExtractor)
    embeddings: CountingEmbeddings = field(default_factory=CountingEmbeddings)
    throttle: FakeThrottle = field(default_factory=FakeThrottle)
    waits: list[float] = field(default_factory=list)

    async def add(self) -> None:
        self.sync_service = LibrarySync(self.db, self.graph, self.vectors, self.throttle)
        self.ingestion = Ingestion(
            self.db, self.graph, self.extractor, self.embeddings, self.vectors, WordTokenizer(), self.throttle, 10_000
        )
        async with self.db.connection() as connection:
            address = LibraryAddress("site", "drive", "L", URL)
            self.library = await libraries.add(connection, address, Scope(None, None), enabled=True)

    async def start(self, *, full: bool = False, trigger: Trigger = "manual") -> sync_runs.SyncRun:
        async with self.db.connection() as connection:
            run = await sync_runs.add(connection, self.library.id, trigger, is_full=full, started_by=None)
        assert run is not None
        return run

    async def go_on(self, run: sync_runs.SyncRun, *, steps: int = 200, confirmed: bool = False) -> Step:
        """Steps until the run ends, or `steps` are over."""
        step = Step("again")
        for _ in range(steps):
            step = await self.sync_service.step(self.library.id, run.id, confirmed=confirmed)
            if step.state == "ingest":
                for document in step.documents:
                    outcome = await self.ingestion.ingest(document, run.id)
                    if outcome.retry_after_s:
                        self.waits.append(outcome.retry_after_s)
            elif step.state == "wait":
                self.waits.append(step.retry_after_s)
            elif step.state != "again":
                return step
        return step

    async def sync(self, *pages: Sequence[DriveItem] | Exception, full: bool = False) -> sync_runs.SyncRun:
        """One pass with these pages."""
        if pages:
            self.graph.passes.append(list(pages))
        run = await self.start(full=full)
        await self.go_on(run)
        return await self.run(run)

    async def carry_out(self) -> sync_runs.SyncRun:
        """A run that is only there for a change in Nexus."""
        run = await self.start(trigger="change")
        await self.go_on(run)
        return await self.run(run)

    async def change(
        self, scope: Scope | None = None, *, rules: dict[str, Scope] | None = None, enabled: bool | None = None
    ) -> libraries.Library:
        """As an administrator would, but that nobody carries it out yet."""
        before = await self.state()
        async with self.db.transaction() as connection:
            return await libraries.update(
                connection,
                self.library.id,
                scope or before.scope,
                enabled=before.enabled if enabled is None else enabled,
                scope_rules=None if rules is None else ScopeRules.of([ScopeRule(*rule) for rule in rules.items()]),
            )

    async def department(self, name: str) -> Scope:
        async with self.db.connection() as connection:
            made = await connection.fetchval("INSERT INTO departments (name) VALUES ($1) RETURNING id", name)
        return Scope(made, None)

    def scopes(self) -> dict[str, set[Scope]]:
        """Who the index lets read what, by the address's last part."""
        found: dict[str, set[Scope]] = {}
        for passages in self.vectors.shown.values():
            for labels, _ in passages.values():
                found.setdefault(labels.file_url.removeprefix(f"{URL}/"), set()).add(labels.scope)
        return found

    async def run(self, run: sync_runs.SyncRun) -> sync_runs.SyncRun:
        async with self.db.connection() as connection:
            return await sync_runs.get(connection, run.id)

    async def state(self) -> libraries.Library:
        async with self.db.connection() as connection:
            return await libraries.get(connection, self.library.id)

    async def document(self, item_id: str) -> Any:
        async with self.db.connection() as connection:
            return await documents.get(connection, document_id("drive", item_id))


@dataclass
class Orchestrator:
    """A durable client that starts nothing. `running` is what it says of an orchestration, after it has said for
    `ending` questions that the one before still runs."""

    started: list[SyncRunId] = field(default_factory=list)
    running: bool = False
    ending: int = 0
    away: bool = False

    async def is_running(self, library_id: LibraryId) -> bool:
        if self.away:
            raise Unavailable("durable")
        if self.ending:
            self.ending -= 1
            return True
        return self.running

    async def start(self, library_id: LibraryId, run_id: SyncRunId, *, confirmed: bool) -> bool:
        self.started.append(run_id)
        return True
