"""A library that administrators look after: real PostgreSQL and Qdrant, SharePoint in memory, the orchestrator's loop
without the orchestrator."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from devstack.stack.qdrant import Qdrant
from shared.adapters.vectors_qdrant import QdrantVectors
from shared.db import document_lists, documents, libraries, people, scopes, sync_runs
from shared.db.document_lists import ListedDocument
from shared.db.people import User
from shared.db.pool import Db
from shared.db.sync_runs import SyncRun
from shared.domain.audience import Audience, Scope
from shared.domain.documents import DriveItem, LibraryAddress
from shared.domain.identity import EntraIdentity, Role
from shared.domain.ids import DocumentId, LibraryId, SyncRunId, document_id
from shared.domain.ledger import LedgerDocument, Library
from shared.errors import Unavailable
from shared.services.document_steering import DocumentSteering
from shared.services.explaining import Explaining
from shared.services.ingestion import Ingestion
from shared.services.retrieval import Fixed, Retrieval
from shared.services.sync_starting import SyncStarting
from shared.services.syncing import LibrarySync, Step
from tests.fakes.models import WordTokenizer
from tests.fakes.sharepoint import CountingEmbeddings, FakeExtractor, FakeGraph, FakeThrottle

SITE = "https://contoso.sharepoint.com/sites/hub"
URL = f"{SITE}/Shared%20Documents"
EVERYWHERE = Scope(None, None)


@dataclass
class Index:
    """Qdrant, with a hand in between: `before` runs once before the call it names, `away` are calls that get no
    answer."""

    vectors: QdrantVectors
    before: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **named: Any) -> Any:
            if name in self.away:
                raise Unavailable("qdrant")
            if hook := self.before.pop(name, None):
                await hook()
            return await getattr(self.vectors, name)(*arguments, **named)

        return call


@dataclass
class HookedExtractor(FakeExtractor):
    """`during` runs once, while the next file is read."""

    during: Callable[[], Awaitable[object]] | None = None

    async def extract(self, path: Any, file_name: str) -> Any:
        if self.during is not None:
            hook, self.during = self.during, None
            await hook()
        return await super().extract(path, file_name)


@dataclass
class Started:
    """Stands for the durable client: what was started, for the test to carry out."""

    runs: list[SyncRunId] = field(default_factory=list)
    is_away: bool = False

    async def is_running(self, library_id: LibraryId) -> bool:
        if self.is_away:
            raise Unavailable("durable")
        return False

    async def start(self, library_id: LibraryId, run_id: SyncRunId, *, confirmed: bool) -> bool:
        self.runs.append(run_id)
        return True


@dataclass
class SteeredLibrary:
    db: Db
    index: Index
    graph: FakeGraph = field(default_factory=FakeGraph)
    extractor: HookedExtractor = field(default_factory=HookedExtractor)
    embeddings: CountingEmbeddings = field(default_factory=CountingEmbeddings)
    started: Started = field(default_factory=Started)
    people: dict[str, User] = field(default_factory=dict)

    @classmethod
    async def made(cls, db: Db, qdrant: Qdrant) -> "SteeredLibrary":
        """For HR in Germany; with an administrator, alice who is of it, and bob who is not."""
        vectors = QdrantVectors(
            qdrant.url, qdrant.api_key, alias=f"steered_{uuid4().hex[:8]}", model="four", dimensions=4
        )
        made = cls(db, Index(vectors))
        await vectors.ensure_ready()
        async with db.transaction() as connection:
            hr, sales = [(await scopes.add_department(connection, name)).id for name in ("HR", "Sales")]
            de, us = [
                (await scopes.add_country(connection, code, name)).id
                for code, name in (("DE", "Germany"), ("US", "United States"))
            ]
            made.scope, made.elsewhere = Scope(hr, de), Scope(sales, us)
            address = LibraryAddress("site", "drive", "Shared Documents", URL)
            made.library = await libraries.add(connection, address, made.scope, enabled=True)
        await made.person("admin", EVERYWHERE, Role.SUPER_ADMIN)
        await made.person("alice", made.scope)
        await made.person("bob", made.elsewhere)
        return made

    scope: Scope = field(init=False)
    elsewhere: Scope = field(init=False)
    library: Library = field(init=False)

    async def person(self, name: str, scope: Scope, role: Role = Role.USER, *, is_active: bool = True) -> User:
        async with self.db.transaction() as connection:
            identity = EntraIdentity("tenant", name, f"{name}@contoso.example", name.title())
            user = await people.record_sign_in(connection, identity, as_admin=False)
            self.people[name] = await people.update_user(
                connection,
                user.id,
                role=role,
                department_id=scope.department_id,
                country_id=scope.country_id,
                is_active=is_active,
            )
        return self.people[name]

    # --- services --------------------------------------------------------------------------------------------------

    @property
    def steering(self) -> DocumentSteering:
        return DocumentSteering(self.db, self.index, SyncStarting(self.db))

    @property
    def explaining(self) -> Explaining:
        return Explaining(self.db, self.index, self._retrieval)

    @property
    def _retrieval(self) -> Retrieval:
        return Retrieval(Fixed(self.embeddings, self.index).serving)

    async def switch(self, item_id: str, *, is_active: bool, within: Scope = EVERYWHERE) -> bool:
        return await self.steering.switch(
            document_id("drive", item_id),
            is_active=is_active,
            within=within,
            caller=self.people["admin"].caller,
            correlation_id="c",
            orchestrations=self.started,
        )

    async def read_again(self, item_id: str, *, within: Scope = EVERYWHERE) -> SyncRun | None:
        return await self.steering.read_again(
            document_id("drive", item_id),
            within=within,
            caller=self.people["admin"].caller,
            correlation_id="c",
            orchestrations=self.started,
        )

    # --- syncing ---------------------------------------------------------------------------------------------------

    async def sync(self, *pages: Sequence[DriveItem] | Exception) -> SyncRun:
        if pages:
            self.graph.passes.append(list(pages))
        return await self.go_on((await self.begin()).id)

    async def begin(self) -> SyncRun:
        async with self.db.connection() as connection:
            run = await sync_runs.add(connection, self.library.id, "manual", is_full=False, started_by=None)
        assert run is not None
        return run

    async def go_on(self, run_id: SyncRunId, *, steps: int = 100) -> SyncRun:
        """Steps until the run ends, or waits, or `steps` are over."""
        throttle = FakeThrottle()
        syncing = LibrarySync(self.db, self.graph, self.index, throttle)
        ingestion = Ingestion(
            self.db, self.graph, self.extractor, self.embeddings, self.index, WordTokenizer(), throttle, 10_000
        )
        for _ in range(steps):
            step: Step = await syncing.step(self.library.id, run_id)
            if step.state not in ("ingest", "again"):
                break
            for document in step.documents:
                await ingestion.ingest(document, run_id)
        async with self.db.connection() as connection:
            return await sync_runs.get(connection, run_id)

    async def pause(self, *, enabled: bool = False) -> None:
        async with self.db.transaction() as connection:
            await libraries.update(connection, self.library.id, self.scope, enabled=enabled)

    # --- looking ---------------------------------------------------------------------------------------------------

    async def document(self, item_id: str) -> LedgerDocument:
        async with self.db.connection() as connection:
            return await documents.get(connection, document_id("drive", item_id))

    async def listed(self, item_id: str) -> ListedDocument:
        async with self.db.connection() as connection:
            return await document_lists.get(connection, document_id("drive", item_id))

    async def found(self, words: str, who: str = "alice") -> set[str]:
        """Texts that a search of this person brings."""
        audience = Audience.of(self.people[who].caller)
        return {passage.text for passage in await self._retrieval.search([words], audience=audience, limit=50)}

    async def execute(self, statement: str, *values: Any) -> None:
        async with self.db.connection() as connection:
            await connection.execute(statement, *values)

    async def audited(self) -> list[tuple[str, Any]]:
        async with self.db.connection() as connection:
            rows = await connection.fetch("SELECT action, detail FROM audit_log ORDER BY id")
        return [(row["action"], row["detail"]) for row in rows]


def id_of(item_id: str) -> DocumentId:
    return document_id("drive", item_id)
