"""The adapter for NotebookLlama against the stand-in, on real sockets."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from devstack.notebookllama.app import NotebookLlamaStandIn
from devstack.serving import ServerThread
from shared.adapters.notebook_llama import NotebookLlama
from shared.domain.chat import ModelFinished, ModelText, Turn
from shared.domain.ids import FileId, NotebookSessionId, UserId
from shared.domain.notebook import (
    FileStatus,
    NotebookEvent,
    NotebookQuestion,
    NotebookSources,
    UploadedFile,
    storage_path,
)
from shared.errors import ExtractionFailed, ModelFailed, NexusError, NotebookForgot, Throttled, Unavailable

KEY = "k-notebook"
QUESTION = "How many days of notice does the contract ask for?"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerThread]:
    with ServerThread(NotebookLlamaStandIn(tmp_path_factory.mktemp("llama"), api_key=KEY).app) as server:
        yield server


@dataclass
class Control:
    http: httpx.AsyncClient

    async def script(self, **given: object) -> None:
        (await self.http.post("/script", json=given)).raise_for_status()

    async def break_(self, path: str, **then: object) -> None:
        """From now on calls of `path` end like this, and no others."""
        (await self.http.delete("/faults")).raise_for_status()
        (await self.http.post("/faults", json=[{"match": {"path": path}, "then": then}])).raise_for_status()

    async def requests(self) -> list[dict[str, Any]]:
        return (await self.http.get("/requests")).json()["requests"]


@pytest.fixture
async def control(server: ServerThread) -> AsyncIterator[Control]:
    async with httpx.AsyncClient(base_url=f"{server.url}/_control", trust_env=False) as http:
        for name in ("faults", "requests"):
            (await http.delete(f"/{name}")).raise_for_status()
        control = Control(http)
        await control.script()
        yield control


@pytest.fixture
async def llama(server: ServerThread, control: Control) -> AsyncIterator[NotebookLlama]:
    llama = NotebookLlama(server.url, _bearer(KEY))
    yield llama
    await llama.close()


def _bearer(key: str | None) -> Callable[[], object]:
    async def bearer() -> str | None:
        return key

    return bearer


def contract(folder: Path, text: str = "The contract asks for 90 days of notice.") -> Path:
    path = folder / "content"
    path.write_text(text, encoding="utf-8")
    return path


def uploaded(session_id: NotebookSessionId | None = None) -> UploadedFile:
    file_id, session_id, user_id = FileId(uuid4()), session_id or NotebookSessionId(uuid4()), UserId(uuid4())
    return UploadedFile(
        id=file_id,
        session_id=session_id,
        user_id=user_id,
        file_name="contract.txt",
        file_size=40,
        file_type="txt",
        storage_path=storage_path(user_id, session_id, file_id),
        backend_file_id=None,
        uploaded_at=datetime.now(UTC),
        status=FileStatus.STORED,
        reason_code=None,
        reason=None,
        attempts=0,
        page_count=None,
    )


def asked(*files: UploadedFile, question: str = QUESTION) -> NotebookQuestion:
    history = (Turn("user", "Hello"), Turn("assistant", "Hello."))
    return NotebookQuestion(files[0].session_id, files[0].user_id, question, history, files, "c-1")


async def said(llama: NotebookLlama, question: NotebookQuestion) -> list[NotebookEvent]:
    return [event async for event in llama.answer(question)]


def text_of(events: list[NotebookEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ModelText))


async def test_a_file_is_taken_read_and_answered_from_with_its_place(llama: NotebookLlama, tmp_path: Path) -> None:
    file = uploaded()
    assert (await llama.add(file, contract(tmp_path))).status is FileStatus.READY
    assert (await llama.progress(file)).status is FileStatus.READY
    events = await said(llama, asked(file))
    assert "90 days" in text_of(events)
    sources = next(event.sources for event in events if isinstance(event, NotebookSources))
    assert [source.file_id for source in sources] == [file.id]
    end = events[-1]
    assert isinstance(end, ModelFinished)
    assert end.output_tokens


async def test_reading_takes_its_time_and_may_fail(llama: NotebookLlama, control: Control, tmp_path: Path) -> None:
    await control.script(processing_s=3600)
    slow = uploaded()
    assert (await llama.add(slow, contract(tmp_path))).status is FileStatus.PROCESSING
    assert (await llama.progress(slow)).status is FileStatus.PROCESSING
    await control.script(fail_documents=True)
    failing = uploaded()
    progress = await llama.add(failing, contract(tmp_path))
    assert (progress.status, progress.reason_code) == (FileStatus.FAILED, "backend_failed")
    assert progress.reason is not None
    assert "told to" not in progress.reason, "the service's own words stay in the log"


async def test_a_session_never_hears_of_another(llama: NotebookLlama, tmp_path: Path) -> None:
    mine, other = uploaded(), uploaded()
    await llama.add(mine, contract(tmp_path, "The office opens at eight."))
    await llama.add(other, contract(tmp_path))
    events = await said(llama, asked(mine))
    assert "90" not in text_of(events)


async def test_sources_of_files_that_are_not_the_sessions_are_dropped(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    foreign = {"n": 1, "document_id": str(uuid4()), "snippet": "secret"}
    own = {"n": 2, "document_id": str(file.id), "snippet": "notice"}
    body = {"answer": "Yes [1] and [2].", "sources": [foreign, own]}
    await control.break_("/chat", body=body, headers={"content-type": "application/json"})
    events = await said(llama, asked(file))
    sources = next(event.sources for event in events if isinstance(event, NotebookSources))
    assert [(source.n, source.file_id) for source in sources] == [(2, file.id)]


async def test_a_service_with_upload_and_chat_only_is_enough(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    await control.script(capabilities=[], processing_s=0)
    file = uploaded()
    assert (await llama.add(file, contract(tmp_path))).status is FileStatus.READY
    assert (await llama.progress(file)).status is FileStatus.STORED, "what cannot be asked is handed over again"
    assert "90 days" in text_of(await said(llama, asked(file)))
    await llama.remove_file(file)
    await llama.remove_session(file.session_id, [file])


async def test_deleting_is_repeatable_and_complete(llama: NotebookLlama, tmp_path: Path) -> None:
    session_id = NotebookSessionId(uuid4())
    first, second = uploaded(session_id), uploaded(session_id)
    for file in (first, second):
        await llama.add(file, contract(tmp_path))
    for _ in range(2):
        await llama.remove_file(first)
    assert (await llama.progress(first)).status is FileStatus.STORED
    for _ in range(2):
        await llama.remove_session(session_id, [second])
    with pytest.raises(NotebookForgot):
        await said(llama, asked(second))


async def test_what_was_forgotten_is_told_apart_from_what_failed(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    await control.script(forget=True)
    assert (await llama.progress(file)).status is FileStatus.STORED
    with pytest.raises(NotebookForgot):
        await said(llama, asked(file))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, ModelFailed),
        (403, ModelFailed),
        (415, ExtractionFailed),
        (413, ExtractionFailed),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_r03_refusals_of_an_upload_have_a_meaning(
    llama: NotebookLlama, control: Control, tmp_path: Path, status: int, error: type[NexusError]
) -> None:
    await control.break_("/upload", status=status, headers={"retry-after": "7"}, body="host-7")
    with pytest.raises(error) as raised:
        await llama.add(uploaded(), contract(tmp_path))
    assert "host-7" not in raised.value.detail
    if isinstance(raised.value, Throttled):
        assert raised.value.retry_after_s == 7.0


async def test_r03_a_service_that_is_away_or_resets_is_unavailable(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    await control.break_("/upload", reset=True)
    with pytest.raises(Unavailable):
        await llama.add(uploaded(), contract(tmp_path))
    nowhere = NotebookLlama("http://127.0.0.1:9", llama.bearer)
    with pytest.raises(Unavailable):
        await nowhere.add(uploaded(), contract(tmp_path))
    with pytest.raises(ModelFailed):
        await said(nowhere, asked(uploaded()))
    await nowhere.close()


@pytest.mark.parametrize("script", [{"cut_after_tokens": 3}, {"fail_after_tokens": 3}])
async def test_r04_a_broken_answer_keeps_what_came_and_fails(
    llama: NotebookLlama, control: Control, tmp_path: Path, script: dict[str, int]
) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    await control.script(**script)
    events: list[NotebookEvent] = []

    async def read() -> None:
        async for event in llama.answer(asked(file)):
            events.append(event)

    with pytest.raises(ModelFailed):
        await read()
    assert len([event for event in events if isinstance(event, ModelText)]) == 3


async def test_r04_what_is_no_event_is_refused(llama: NotebookLlama, control: Control, tmp_path: Path) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    for kind, body in (("text/event-stream", "event: token\ndata: {oh\n\n"), ("application/json", "<html>")):
        await control.break_("/chat", body=body, headers={"content-type": kind})
        with pytest.raises(ModelFailed) as raised:
            await said(llama, asked(file))
        assert raised.value.code == "notebook_bad_reply"


async def test_the_key_goes_along_and_the_person_only_as_a_hash(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    await said(llama, asked(file))
    requests = await control.requests()
    assert all(request["headers"]["authorization"] == f"Bearer {KEY}" for request in requests)
    assert str(file.user_id) not in str(requests)
    stranger = NotebookLlama(llama.base_url, _bearer(None))  # type: ignore[arg-type]
    with pytest.raises(ModelFailed) as raised:
        await stranger.add(file, contract(tmp_path))
    assert raised.value.code == "notebook_refused"
    await stranger.close()


async def test_s13_no_call_follows_a_redirect_and_the_key_stays_where_it_belongs(
    llama: NotebookLlama, control: Control, tmp_path: Path
) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    with ServerThread(NotebookLlamaStandIn(tmp_path / "elsewhere").app) as elsewhere:
        for path, call in (
            ("/upload", lambda: llama.add(file, contract(tmp_path))),
            ("/documents", lambda: llama.progress(file)),
            ("/documents", lambda: llama.remove_file(file)),
            ("/sessions", lambda: llama.remove_session(file.session_id, [file])),
            ("/chat", lambda: said(llama, asked(file))),
        ):
            await control.break_(path, status=307, headers={"location": f"{elsewhere.url}{path}"})
            with pytest.raises(ModelFailed):
                await call()
        async with httpx.AsyncClient(base_url=elsewhere.url, trust_env=False) as http:
            assert (await http.get("/_control/requests")).json()["requests"] == []


async def test_files_of_another_name_of_the_service_are_known(llama: NotebookLlama, tmp_path: Path) -> None:
    file = uploaded()
    await llama.add(file, contract(tmp_path))
    renamed = replace(file, backend_file_id=str(file.id))
    sources = next(event for event in await said(llama, asked(renamed)) if isinstance(event, NotebookSources))
    assert sources.sources[0].file_id == file.id
