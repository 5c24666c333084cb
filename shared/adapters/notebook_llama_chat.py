"""What NotebookLlama's `/chat` says, as a stream of events or as one reply, in Nexus' words."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import msgspec

from shared.adapters.sse import SseDecoder, SseEvent, SseTooLong
from shared.domain.chat import ModelFinished, ModelText
from shared.domain.notebook import NotebookEvent, NotebookSource, NotebookSources, UploadedFile
from shared.errors import ModelFailed, NotebookForgot

_SNIPPET_CHARS = 300


class BackendSource(msgspec.Struct):
    document_id: str
    n: int | None = None
    page: int | None = None
    section: str | None = None
    snippet: str = ""
    score: float = 0.0


class BackendUsage(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class ChatReply(msgspec.Struct):
    answer: str
    sources: list[BackendSource] = []
    usage: BackendUsage | None = None
    finish_reason: str = "stop"


class _Piece(msgspec.Struct):
    token: str


class _SourceList(msgspec.Struct):
    sources: list[BackendSource]


class _End(msgspec.Struct):
    finish_reason: str = "stop"


class _Trouble(msgspec.Struct):
    code: str = ""
    detail: str = ""


def events_of_reply(reply: ChatReply, known: Mapping[str, UploadedFile]) -> Iterator[NotebookEvent]:
    usage = reply.usage or BackendUsage()
    yield NotebookSources(_sources(reply.sources, known))
    if reply.answer:
        yield ModelText(reply.answer)
    yield ModelFinished(reply.finish_reason, usage.input_tokens, usage.output_tokens)


async def events_of_stream(
    chunks: AsyncIterator[bytes], known: Mapping[str, UploadedFile]
) -> AsyncIterator[NotebookEvent]:
    """Ends with ModelFinished. Raises ModelFailed for an `error` event, an unreadable one, and an end without
    `done`; NotebookForgot for the error `session_not_found`."""
    decoder, usage = SseDecoder(), BackendUsage()
    async for chunk in chunks:
        try:
            received = decoder.feed(chunk)
        except SseTooLong as error:
            raise _unreadable() from error
        for event in received:
            match event.event:
                case "token":
                    if text := _decoded(event, _Piece).token:
                        yield ModelText(text)
                case "sources":
                    yield NotebookSources(_sources(_decoded(event, _SourceList).sources, known))
                case "usage":
                    usage = _decoded(event, BackendUsage)
                case "done":
                    yield ModelFinished(_decoded(event, _End).finish_reason, usage.input_tokens, usage.output_tokens)
                    return
                case "error":
                    raise _failure(_decoded(event, _Trouble))
                case _:
                    continue  # what a later version may add
    raise ModelFailed("NotebookLlama broke off its answer.", code="notebook_unavailable")


def _failure(trouble: _Trouble) -> ModelFailed | NotebookForgot:
    if trouble.code == "session_not_found":
        return NotebookForgot()
    return ModelFailed("NotebookLlama could not answer.", code="notebook_failed")


def _sources(given: Sequence[BackendSource], known: Mapping[str, UploadedFile]) -> tuple[NotebookSource, ...]:
    """Only of files that this session holds: what a shared index brings along is not the asker's."""
    own = [(source, known[source.document_id]) for source in given if source.document_id in known]
    return tuple(
        NotebookSource(
            n=source.n or place,
            file_id=file.id,
            page=source.page,
            section=source.section,
            snippet=source.snippet[:_SNIPPET_CHARS],
            score=source.score,
        )
        for place, (source, file) in enumerate(own, start=1)
    )


def _decoded[Model](event: SseEvent, model: type[Model]) -> Model:
    try:
        return msgspec.json.decode(event.data or b"{}", type=model)
    except msgspec.DecodeError as error:
        raise _unreadable() from error


def _unreadable() -> ModelFailed:
    return ModelFailed("NotebookLlama sent something unreadable.", code="notebook_bad_reply")
