"""The two that can stand behind notebook mode, Nexus itself and NotebookLlama, and what tests do to them."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from devstack.functions_host.process import HostProcess
from devstack.notebookllama.app import CAPABILITIES, NotebookLlamaStandIn
from devstack.serving import ServerThread
from shared.adapters.blob_storage import BlobStorage
from tests.functions.nexus import InFlight, Nexus

NEXUS, LLAMA, BARE = "built in", "NotebookLlama", "upload and chat only"
KEY = "k-notebook"
CHAT = "^/chat$"


@dataclass
class StandIn:
    """NotebookLlama with the levers of its control; `in_flight` knows which questions it is answering."""

    home: Path
    capabilities: tuple[str, ...] = CAPABILITIES
    in_flight: InFlight = field(init=False)
    server: ServerThread = field(init=False)

    def __post_init__(self) -> None:
        app = NotebookLlamaStandIn(self.home, api_key=KEY).app
        self.in_flight = InFlight(app, asked=("/chat",))
        self.server = ServerThread(self.in_flight).start()
        self.script()

    def settings(self) -> dict[str, str]:
        """Of an instance of the app that it stands behind."""
        return {
            "NEXUS_NOTEBOOK_URL": self.server.url,
            "NEXUS_NOTEBOOK_API_KEY_ENV": "NOTEBOOKLLAMA_API_KEY",
            "NOTEBOOKLLAMA_API_KEY": KEY,
        }

    def script(self, **says: Any) -> None:
        """From now on; without arguments it is well again."""
        self._control("POST", "script", {"capabilities": self.capabilities, **says})

    def fault(self, path: str, then: dict[str, Any], **more: Any) -> None:
        self._control("POST", "faults", [{"match": {"path": path}, "then": then, **more}])

    def requests(self, path: str) -> list[dict[str, Any]]:
        return [each for each in self._control("GET", "requests")["requests"] if each["path"] == path]

    def well(self) -> None:
        self.script()
        for kept in ("faults", "requests"):
            self._control("DELETE", kept)

    def holds(self, session: str) -> list[str]:
        """The ids of a session's files that lie in its store."""
        return [path.stem for path in (self.home / "sessions" / session).glob("*.json")]

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.server.url}/_control/{path}"
        with httpx.Client(trust_env=False, timeout=30) as http:
            return http.request(method, url, json=body).raise_for_status().json()


@dataclass
class Backend:
    """One instance of the app and what reads its notebooks: `stand_in`, or Nexus itself."""

    name: str
    nexus: Nexus
    host: HostProcess
    stand_in: StandIn | None = None

    @property
    def streams(self) -> bool:
        return self.stand_in is None or "stream" in self.stand_in.capabilities

    @property
    def deletes(self) -> bool:
        return self.stand_in is None or "delete" in self.stand_in.capabilities

    def well(self) -> None:
        self.nexus.forget()
        if self.stand_in is not None:
            self.stand_in.well()

    def falls_silent(self, after: int) -> None:
        """The next answer, after so many tokens; one that comes in one piece, before it."""
        if self.stand_in is None:
            self.nexus.script(hang_after_tokens=after, times=1)
        elif self.streams:
            self.stand_in.script(hang_after_tokens=after)
        else:
            self.stand_in.fault(CHAT, {"hang": True}, times=1)

    def breaks(self, how: str, after: int) -> None:
        """`how` is cut or error. The next answer, after so many tokens."""
        if self.stand_in is None:
            self.nexus.script(**{f"{how}_after_tokens": after}, times=1)
        else:
            self.stand_in.script(**{{"cut": "cut_after_tokens", "error": "fail_after_tokens"}[how]: after})

    def dawdles(self) -> None:
        """Every answer comes slowly, but it comes."""
        if self.stand_in is None:
            self.nexus.script(tokens_per_second=50)
        else:
            self.stand_in.script(token_s=0.02)

    def is_asked(self, question: str) -> bool:
        """Whether what answers still has this question's connection."""
        in_flight = self.nexus.in_flight if self.stand_in is None else self.stand_in.in_flight
        return in_flight.holds(question)

    def keeps(self, session: str, files: list[str]) -> list[str]:
        """What reads the files has kept of them: ids of these files, once a passage or copy."""
        if self.stand_in is not None:
            return self.stand_in.holds(session)
        return list(self._passages(files))

    def _passages(self, files: list[str]) -> Iterator[str]:
        """Straight from Qdrant, seen or not."""
        reply = httpx.post(
            f"{self.nexus.qdrant.url}/collections/notebook_passages/points/scroll",
            headers={"api-key": self.nexus.qdrant.api_key},
            json={"limit": 500, "filter": {"must": [{"key": "document_id", "match": {"any": files}}]}},
            trust_env=False,
        ).raise_for_status()
        for point in reply.json()["result"]["points"]:
            yield str(UUID(point["payload"]["document_id"]))

    async def blobs(self, session: str) -> list[str]:
        storage = BlobStorage(self.nexus.azurite.connection_string, None)
        try:
            async with aclosing(storage.all()) as pages:
                return [blob.path async for page in pages for blob in page if session in blob.path]
        finally:
            await storage.close()


@dataclass
class Backends:
    """Each is started when it is first asked for, and is well."""

    nexus: Nexus
    home: Path
    _started: dict[str, Backend] = field(default_factory=dict[str, Backend])

    def __call__(self, name: str) -> Backend:
        if name not in self._started:
            self._started[name] = self._start(name)
        self._started[name].well()
        return self._started[name]

    def _start(self, name: str) -> Backend:
        if name == NEXUS:
            return Backend(name, self.nexus, self.nexus.host)
        home = name.replace(" ", "-")
        stand_in = StandIn(self.home / home) if name == LLAMA else StandIn(self.home / home, capabilities=())
        return Backend(name, self.nexus, self.nexus.another_instance(home, **stand_in.settings()), stand_in)

    def stop(self) -> None:
        for backend in self._started.values():
            if backend.stand_in is not None:
                backend.stand_in.server.stop()
