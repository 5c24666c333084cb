"""The stand-in as one ASGI app: the contract of docs/notebookllama-openapi.yaml, and control."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from devstack.faults import FaultControl
from devstack.models.answering import extract
from devstack.models.prompt_reading import Passage
from devstack.models.speech import pieces
from devstack.notebookllama.store import Document, Page, Store

CAPABILITIES = ("documents", "delete", "stream")
# The pages that look most like the question are what a model would be shown.
PAGES_SHOWN = 6
SNIPPET_CHARS = 300


class Script(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Kept until the next one. `capabilities` says what the service has: without "documents" and "delete" those calls
    are 404, without "stream" answers are one JSON reply. `processing_s` is how long reading a file takes,
    `fail_documents` lets it fail, `token_s` waits between words, `fail_after_tokens` says `error`,
    `cut_after_tokens` ends the stream in the middle and `hang_after_tokens` leaves it open in silence; `forget` loses
    every file, now."""

    capabilities: tuple[str, ...] = CAPABILITIES
    processing_s: float = 0.0
    fail_documents: bool = False
    token_s: float = 0.0
    fail_after_tokens: int | None = None
    cut_after_tokens: int | None = None
    hang_after_tokens: int | None = None
    forget: bool = False


class Question(msgspec.Struct):
    session_id: str
    message: str
    history: list[dict[str, str]] = []
    document_ids: list[str] | None = None
    stream: bool = True


class NotebookLlamaStandIn:
    """`app` is what a server serves. With `api_key` only that bearer token is let in."""

    def __init__(self, home: Path, *, api_key: str | None = None) -> None:
        self.store = Store(home)
        self.script = Script()
        self._api_key = api_key
        routes = Starlette(
            routes=[
                Route("/health", self._health, methods=["GET"]),
                Route("/upload", self._upload, methods=["POST"]),
                Route("/documents/{document_id}", self._document, methods=["GET"]),
                Route("/documents/{document_id}", self._remove_document, methods=["DELETE"]),
                Route("/chat", self._chat, methods=["POST"]),
                Route("/sessions/{session_id}", self._remove_session, methods=["DELETE"]),
            ],
            exception_handlers={ValueError: _refused},
        )
        self.app: ASGIApp = FaultControl(self._door(routes), script=self._scripted)

    async def _scripted(self, given: dict[str, Any]) -> None:
        """For FaultControl. Raises ValueError, which becomes its 400."""
        self.script = msgspec.convert(given, Script)
        if self.script.forget:
            self.store.forget()

    def _door(self, app: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and self._api_key is not None:
                given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
                if given != f"Bearer {self._api_key}":
                    await JSONResponse({"detail": "Not authenticated"}, status_code=401)(scope, receive, send)
                    return
            await app(scope, receive, send)

        return guarded

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "capabilities": self.script.capabilities})

    async def _upload(self, request: Request) -> Response:
        async with request.form(max_files=1) as form:
            file, session_id, document_id = form.get("file"), form.get("session_id"), form.get("document_id")
            if (
                not (isinstance(session_id, str) and isinstance(document_id, str))
                or file is None
                or isinstance(file, str)
            ):
                return JSONResponse({"detail": "file, session_id and document_id are needed"}, status_code=422)
            with tempfile.TemporaryDirectory() as folder:
                content = Path(folder, "content")
                await asyncio.to_thread(_copy, file.file, content)
                document = await asyncio.to_thread(
                    self.store.add,
                    session_id,
                    document_id,
                    file.filename or "",
                    content,
                    takes_s=self.script.processing_s,
                    fails=self.script.fail_documents,
                )
        return (
            JSONResponse({"document_id": document_id, "status": "processing"}, status_code=202)
            if (document.status == "processing")
            else JSONResponse(_shown(document), status_code=202)
        )

    async def _document(self, request: Request) -> Response:
        if "documents" not in self.script.capabilities:
            return _absent()
        document = self.store.get(request.query_params.get("session_id", ""), request.path_params["document_id"])
        return _absent() if document is None else JSONResponse(_shown(document))

    async def _remove_document(self, request: Request) -> Response:
        if "delete" not in self.script.capabilities:
            return _absent()
        session_id = request.query_params.get("session_id", "")
        removed = self.store.remove(session_id, request.path_params["document_id"])
        return Response(status_code=204) if removed else _absent()

    async def _remove_session(self, request: Request) -> Response:
        if "delete" not in self.script.capabilities:
            return _absent()
        self.store.remove_session(request.path_params["session_id"])
        return Response(status_code=204)

    async def _chat(self, request: Request) -> Response:
        try:
            question = msgspec.json.decode(await request.body(), type=Question)
        except msgspec.DecodeError as error:
            return JSONResponse({"detail": str(error)}, status_code=422)
        documents = self.store.all(question.session_id)
        if documents is None:
            return JSONResponse({"detail": "unknown session", "code": "session_not_found"}, status_code=404)
        wanted = question.document_ids
        documents = [one for one in documents if wanted is None or one.document_id in wanted]
        shown = _best_pages(question.message, documents)
        passages = [Passage(n, one.file_name, page.text) for n, (one, page) in enumerate(shown, start=1)]
        answer = extract(question.message, passages)
        sources = [
            {
                "n": n,
                "document_id": one.document_id,
                "page": page.page,
                "section": page.section,
                "snippet": page.text[:SNIPPET_CHARS],
                "score": 1.0 / n,
            }
            for n, (one, page) in enumerate(shown, start=1)
        ]
        said = pieces(answer)
        usage = {"input_tokens": sum(len(page.text) // 4 for _, page in shown), "output_tokens": len(said)}
        if not question.stream or "stream" not in self.script.capabilities:
            return JSONResponse({"answer": answer, "sources": sources, "usage": usage, "finish_reason": "stop"})
        return StreamingResponse(self._spoken(said, sources, usage), media_type="text/event-stream")

    async def _spoken(self, said: list[str], sources: list[Any], usage: dict[str, int]) -> AsyncIterator[bytes]:
        script = self.script
        yield _event("sources", {"sources": sources})
        for index, piece in enumerate(said):
            if index == script.fail_after_tokens:
                yield _event("error", {"code": "internal", "detail": "told to fail"})
                return
            if index == script.cut_after_tokens:
                return
            if index == script.hang_after_tokens:
                await asyncio.Event().wait()  # until the client goes
            await asyncio.sleep(script.token_s)
            yield _event("token", {"token": piece})
        yield _event("usage", usage)
        yield _event("done", {"finish_reason": "stop"})


def _best_pages(question: str, documents: list[Document]) -> list[tuple[Document, Page]]:
    """By shared words, a long page no better than a short one that says the same."""
    asked = {word for word in _words(question) if len(word) > 3}
    pages = [(one, page) for one in documents if one.status == "ready" for page in one.pages]
    scored = [(len(asked & set(_words(page.text))), index) for index, (_, page) in enumerate(pages)]
    best = sorted(scored, key=lambda pair: (-pair[0], pair[1]))[:PAGES_SHOWN]
    return [pages[index] for score, index in best if score > 0]


def _words(text: str) -> list[str]:
    return "".join(char if char.isalnum() else " " for char in text.casefold()).split()


def _copy(source: BinaryIO, target: Path) -> None:
    with target.open("wb") as file:
        shutil.copyfileobj(source, file)


def _shown(document: Document) -> dict[str, Any]:
    return {
        "document_id": document.document_id,
        "status": document.status,
        "error": document.error,
        "page_count": document.page_count,
    }


def _event(name: str, data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _absent() -> Response:
    return JSONResponse({"detail": "Not Found"}, status_code=404)


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"detail": str(error)}, status_code=422)
