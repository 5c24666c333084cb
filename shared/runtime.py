"""The composition root: services over the ports of `shared/runtime_ports.py` and the indexes of
`shared/runtime_indexes.py`, each built on first use. Those two are the only importers of adapters."""

import asyncio
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from shared.runtime_indexes import RuntimeIndexes
from shared.settings import Settings, SettingsError

if TYPE_CHECKING:
    from shared.ports_notebook import Notebook
    from shared.services.analytics import Analytics
    from shared.services.answering import Answering
    from shared.services.budgeting import Budgeting
    from shared.services.document_steering import DocumentSteering
    from shared.services.drift import Drift
    from shared.services.explaining import Explaining
    from shared.services.forgetting import Forgetting
    from shared.services.handing_over import HandingOver
    from shared.services.health import Health
    from shared.services.library_preflight import LibraryPreflight
    from shared.services.limiting import Limiting
    from shared.services.model_calls import ModelCalls
    from shared.services.notebook_answering import NotebookAnswering
    from shared.services.notebook_upkeep import NotebookUpkeep
    from shared.services.placing import Placing
    from shared.services.retaining import Retaining
    from shared.services.runs import Runs
    from shared.services.sessions import Sessions
    from shared.services.signing_in import SigningIn
    from shared.services.steering import Steering
    from shared.services.sync_starting import SyncStarting
    from shared.services.syncing import LibrarySync
    from shared.services.ticketing import Ticketing
    from shared.services.uploading import Uploading


class Runtime(RuntimeIndexes):
    """Ports and services of one process and event loop."""

    @cached_property
    def signing_in(self) -> "SigningIn":
        from shared.services.signing_in import SigningIn

        return SigningIn(self.db, self.identity_provider, self.sessions, self.placing, self.settings.bootstrap_admins)

    @cached_property
    def placing(self) -> "Placing":
        from shared.services.placing import Placing

        return Placing(self.db, self.directory, self.settings.role_mapping)

    @cached_property
    def limiting(self) -> "Limiting":
        from shared.services.limiting import Limiting

        return Limiting(self.rate_limits, self.stream_slots, self.settings.limits)

    @cached_property
    def sessions(self) -> "Sessions":
        from shared.services.sessions import Sessions

        return Sessions(self.db, self.refresh_families, self.access_tokens)

    @cached_property
    def budgeting(self) -> "Budgeting":
        from shared.services.budgeting import Budgeting

        return Budgeting(self.settings.budgets)

    @cached_property
    def analytics(self) -> "Analytics":
        from shared.services.analytics import Analytics

        return Analytics(self.db)

    @cached_property
    def ticketing(self) -> "Ticketing":
        from shared.services.ticketing import Ticketing

        return Ticketing(self.tickets)

    @cached_property
    def steering(self) -> "Steering":
        from shared.services.steering import Steering

        return Steering(self.db, self.settings.chat)

    @cached_property
    def model_calls(self) -> "ModelCalls":
        from shared.services.model_calls import ModelCalls
        from shared.services.provider_health import ProviderHealth

        return ModelCalls(self.chat_models, ProviderHealth(self.settings.provider_rest_s))

    @cached_property
    def answering(self) -> "Answering":
        from shared.services.answering import Answering

        return Answering(self.model_calls, self.retrieval, self.steering, self.tokenizer)

    @cached_property
    def runs(self) -> "Runs":
        from shared.services.runs import Runs

        return Runs(self.db, self.answering, self.run_log, self.notebook_answering)

    @cached_property
    def uploading(self) -> "Uploading":
        from shared.services.uploading import Uploading

        return Uploading(self.db, self.blobs, self.extractor, self.settings.notebook.limits)

    @cached_property
    def handing_over(self) -> "HandingOver":
        from shared.services.handing_over import HandingOver

        return HandingOver(self.db, self.blobs, self.notebook)

    @cached_property
    def notebook_upkeep(self) -> "NotebookUpkeep":
        from shared.services.notebook_upkeep import NotebookUpkeep

        return NotebookUpkeep(self.db, self.blobs, self.notebook)

    @cached_property
    def forgetting(self) -> "Forgetting":
        from shared.services.forgetting import Forgetting

        return Forgetting(self.db, self.refresh_families, self.run_log, self.notebook_upkeep)

    @cached_property
    def retaining(self) -> "Retaining":
        from shared.services.retaining import Retaining

        return Retaining(self.db)

    @cached_property
    def library_sync(self) -> "LibrarySync":
        from shared.services.syncing import LibrarySync

        return LibrarySync(self.db, self.graph, self.vectors, self.throttle)

    @cached_property
    def library_preflight(self) -> "LibraryPreflight":
        from shared.services.library_preflight import LibraryPreflight

        return LibraryPreflight(self.graph)

    @cached_property
    def sync_starting(self) -> "SyncStarting":
        from shared.services.sync_starting import SyncStarting

        return SyncStarting(self.db)

    @cached_property
    def drift(self) -> "Drift":
        from shared.services.drift import Drift

        return Drift(self.db, self.graph, self.vectors)

    @cached_property
    def document_steering(self) -> "DocumentSteering":
        from shared.services.document_steering import DocumentSteering

        return DocumentSteering(self.db, self.vectors, self.sync_starting)

    @cached_property
    def explaining(self) -> "Explaining":
        from shared.services.explaining import Explaining

        return Explaining(self.db, self.vectors, self.retrieval)

    @cached_property
    def health(self) -> "Health":
        from shared.services.health import Health

        return Health(
            {
                "postgres": self._ping_postgres,
                "redis": self.redis.ping,
                "qdrant": self.vectors.ensure_ready,
                "blob": self.blobs.ping,
            }
        )

    async def _ping_postgres(self) -> None:
        async with self.db.connection() as connection:
            await connection.execute("SELECT 1")

    @cached_property
    def notebook(self) -> "Notebook":
        """NotebookLlama where its address is set, else Nexus itself."""
        if self.notebook_llama is not None:
            return self.notebook_llama
        from shared.services.notebook_reading import NotebookReading

        return NotebookReading(self.extractor, self.notebook_index, self.tokenizer, self.throttle)

    @cached_property
    def notebook_answering(self) -> "NotebookAnswering":
        from shared.services.notebook_answering import NotebookAnswering
        from shared.services.retrieval import Retrieval

        return NotebookAnswering(
            self.db,
            self.answering,
            Retrieval(self.notebook_index),
            self.notebook,
            self.handing_over,
            self.notebook_llama,
        )


_runtimes: "WeakKeyDictionary[asyncio.AbstractEventLoop, Runtime]" = WeakKeyDictionary()


def current_runtime() -> Runtime:
    """The runtime of the running event loop: clients hold sockets of one loop and must not cross to another.
    Raises SettingsError at the first call when the environment is not complete."""
    loop = asyncio.get_running_loop()
    runtime = _runtimes.get(loop)
    if runtime is None:
        runtime = _runtimes[loop] = Runtime(Settings.from_env())
    return runtime


_telemetry_begun = False


def begin_telemetry() -> None:
    """For whatever comes first in a process, a request or a piece of work. Does nothing while the settings are not
    complete: who needs them is told."""
    global _telemetry_begun
    if not _telemetry_begun:
        with suppress(SettingsError):
            current_runtime().begin_telemetry()
            _telemetry_begun = True
