"""The port `Notebook` on a NotebookLlama service over HTTP; the contract is docs/notebookllama-openapi.yaml.

A service that only has `/upload` and `/chat` works as well: what it does not have is told by `/health`, and is then
neither asked nor missed.
"""

import hashlib
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from shared.adapters.notebook_llama_chat import ChatReply, events_of_reply, events_of_stream
from shared.correlation import current_correlation_id
from shared.domain.ids import NotebookSessionId
from shared.domain.notebook import FileStatus, NotebookEvent, NotebookQuestion, Progress, UploadedFile
from shared.errors import ExtractionFailed, ModelFailed, NotebookForgot, Throttled, Unavailable

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 5.0
# What a service may take to accept a file, and be silent in the middle of an answer.
UPLOAD_TIMEOUT_S = 120.0
SILENCE_S = 30.0
CALL_TIMEOUT_S = 15.0
HEALTH_FRESH_S = 60.0
_ABSENT = (404, 405, 501)

type Bearer = Callable[[], Awaitable[str | None]]


class _Health(msgspec.Struct):
    status: str = "ok"
    capabilities: frozenset[str] = frozenset()


class _State(msgspec.Struct):
    """`status`: processing, ready or failed; a service that says nothing is asked later."""

    document_id: str | None = None
    status: str = "processing"
    error: str | None = None
    page_count: int | None = None


@dataclass(slots=True)
class NotebookLlama:
    """`bearer` gives the token of each call, or None for a service that wants none."""

    base_url: str
    bearer: Bearer
    _client: httpx.AsyncClient | None = None
    _health: _Health = field(default_factory=_Health)
    _health_until: float = 0.0

    async def add(self, file: UploadedFile, content: Path) -> Progress:
        with content.open("rb") as opened:
            reply = await self._call(
                "POST",
                "/upload",
                timeout_s=UPLOAD_TIMEOUT_S,
                data={"session_id": str(file.session_id), "document_id": str(file.id)},
                files={"file": (file.file_name, opened, "application/octet-stream")},
            )
        if reply.status_code in (400, 413, 415, 422):
            raise ExtractionFailed(
                "unsupported_type", "NotebookLlama does not take this file: it is of a kind or size it cannot read."
            )
        _require(reply)
        state = _decoded(reply, _State) if reply.content else _State()
        if "documents" not in (await self._known()).capabilities and state.status == "processing":
            # it cannot be asked later: what it accepted counts as read
            return Progress(FileStatus.READY, state.document_id)
        return _progress(state)

    async def progress(self, file: UploadedFile) -> Progress:
        if "documents" not in (await self._known()).capabilities:
            return Progress(FileStatus.STORED)
        named = file.backend_file_id or str(file.id)
        reply = await self._call("GET", f"/documents/{named}", params={"session_id": str(file.session_id)})
        if reply.status_code == 404:
            return Progress(FileStatus.STORED)
        _require(reply)
        return _progress(_decoded(reply, _State))

    async def answer(self, question: NotebookQuestion) -> AsyncGenerator[NotebookEvent]:
        known = {name: file for file in question.files for name in (str(file.id), file.backend_file_id) if name}
        body = {
            "session_id": question.session_id,
            "message": question.question,
            "history": [{"role": turn.role, "content": turn.content} for turn in question.history],
            "document_ids": [file.backend_file_id or str(file.id) for file in question.files],
            "stream": True,
        }
        user = hashlib.sha256(question.user_id.bytes).hexdigest()[:32]
        async with self._streamed("/chat", body, {"X-Nexus-User": user}) as reply:
            if reply.status_code in (404, 409, 410):
                raise NotebookForgot
            if reply.status_code >= 400:
                await reply.aread()
                _require(reply)
            if reply.headers.get("content-type", "").startswith("text/event-stream"):
                async for event in events_of_stream(reply.aiter_bytes(), known):
                    yield event
            else:
                await reply.aread()
                for event in events_of_reply(_decoded(reply, ChatReply), known):
                    yield event

    async def remove_file(self, file: UploadedFile) -> None:
        named = file.backend_file_id or str(file.id)
        await self._remove(f"/documents/{named}", {"session_id": str(file.session_id)})

    async def remove_session(self, session_id: NotebookSessionId, files: Sequence[UploadedFile]) -> None:
        await self._remove(f"/sessions/{session_id}", {})

    async def _remove(self, path: str, params: dict[str, str]) -> None:
        reply = await self._call("DELETE", path, params=params)
        if reply.status_code in _ABSENT:
            # gone already, or a service that cannot delete: docs/notebook.md tells operators what that means
            log.info("NotebookLlama had nothing to delete", extra={"status": reply.status_code})
            return
        _require(reply)

    async def _known(self) -> _Health:
        if time.monotonic() >= self._health_until:
            reply = await self._call("GET", "/health")
            self._health = _decoded(reply, _Health) if reply.status_code == 200 else _Health()
            self._health_until = time.monotonic() + HEALTH_FRESH_S
        return self._health

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    # --- calls -----------------------------------------------------------------------------------------------------

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            # No redirects and no proxies from the environment: calls go to the configured host only (S13).
            self._client = httpx.AsyncClient(base_url=self.base_url, follow_redirects=False, trust_env=False)
        return self._client

    async def _headers(self) -> dict[str, str]:
        token = await self.bearer()
        about = {"X-Correlation-Id": current_correlation_id()}
        return about if token is None else {**about, "Authorization": f"Bearer {token}"}

    async def _call(
        self, method: str, path: str, *, timeout_s: float = CALL_TIMEOUT_S, **options: Any
    ) -> httpx.Response:
        timeout = httpx.Timeout(timeout_s, connect=CONNECT_TIMEOUT_S)
        try:
            return await self._http().request(method, path, headers=await self._headers(), timeout=timeout, **options)
        except httpx.HTTPError as error:
            raise _away(error) from error

    @asynccontextmanager
    async def _streamed(self, path: str, body: Any, headers: dict[str, str]) -> AsyncGenerator[httpx.Response]:
        timeout = httpx.Timeout(SILENCE_S, connect=CONNECT_TIMEOUT_S)
        headers = {**await self._headers(), **headers, "Content-Type": "application/json"}
        try:
            async with self._http().stream(
                "POST", path, content=msgspec.json.encode(body), headers=headers, timeout=timeout
            ) as reply:
                yield reply
        except httpx.TimeoutException as error:
            raise ModelFailed("NotebookLlama did not answer in time.", code="notebook_timeout") from error
        except httpx.HTTPError as error:
            raise ModelFailed("NotebookLlama broke off its answer.", code="notebook_unavailable") from error


def _progress(state: _State) -> Progress:
    match state.status:
        case "ready":
            return Progress(FileStatus.READY, state.document_id, page_count=state.page_count)
        case "failed":
            # its own words may name its hosts and libraries: they are for the log
            log.warning("NotebookLlama could not read a file: %s", (state.error or "")[:200])
            return Progress(
                FileStatus.FAILED,
                state.document_id,
                reason_code="backend_failed",
                reason="NotebookLlama could not read this file.",
            )
        case _:
            return Progress(FileStatus.PROCESSING, state.document_id)


def _decoded[Model](reply: httpx.Response, model: type[Model]) -> Model:
    try:
        return msgspec.json.decode(reply.content, type=model)
    except msgspec.DecodeError as error:
        raise ModelFailed("NotebookLlama sent something unreadable.", code="notebook_bad_reply") from error


def _require(reply: httpx.Response) -> None:
    status = reply.status_code
    if status < 300:
        return
    if status == 429:
        raise Throttled("notebook", _retry_after_s(reply))
    if status in (401, 403):
        raise ModelFailed("NotebookLlama refuses Nexus' credentials. IT must look at it.", code="notebook_refused")
    if status >= 500:
        raise Unavailable("notebook", retry_after_s=round(_retry_after_s(reply)))
    raise ModelFailed("NotebookLlama does not understand what it was asked.", code="notebook_bad_reply")


def _retry_after_s(reply: httpx.Response) -> float:
    given = reply.headers.get("retry-after", "")
    return float(given) if given.isdecimal() and len(given) < 5 else 5.0


def _away(error: httpx.HTTPError) -> Unavailable:
    log.warning("NotebookLlama cannot be reached: %s", type(error).__name__)
    return Unavailable("notebook", "The service that reads notebook files does not answer. Try again shortly.")
