"""Answers of notebook mode: from a session's own files and nothing else, by Nexus or by NotebookLlama."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid5

from shared.db import notebooks, uploads
from shared.db.pool import Db
from shared.db.turns import TurnStart
from shared.domain.chat import Mode, ModelFinished, ModelText
from shared.domain.checked_text import CheckedText
from shared.domain.citations import CitationFilter, sources_block
from shared.domain.events import Source, Sources, Token
from shared.domain.ids import DocumentId, PassageId
from shared.domain.notebook import (
    FileStatus,
    NotebookQuestion,
    NotebookSession,
    NotebookSource,
    NotebookSources,
    UploadedFile,
    audience_of,
)
from shared.domain.prompts import nothing_to_read
from shared.domain.quotes import with_quotes
from shared.errors import ModelFailed, NotebookForgot
from shared.ports_notebook import Notebook, NotebookAnswers
from shared.services.answering import Answer, Answering
from shared.services.handing_over import HandingOver
from shared.services.retrieval import Retrieval

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotebookAnswering:
    """With `backend` that answers; without one Nexus does, from what `retrieval` finds of the session."""

    db: Db
    answering: Answering
    retrieval: Retrieval
    notebook: Notebook
    handing_over: HandingOver
    backend: NotebookAnswers | None

    async def answer(self, turn: TurnStart, *, into: Answer) -> AsyncGenerator[Sources | Token]:
        """Raises NotFound once the session has expired; ModelFailed, Unavailable."""
        async with self.db.connection() as connection:
            session = await notebooks.of_conversation(connection, turn.conversation.id)
            files = await uploads.of_session(connection, session.id)
        ready = [file for file in files if file.status is FileStatus.READY]
        if not ready:
            waiting = sum(file.status in (FileStatus.STORED, FileStatus.PROCESSING) for file in files)
            into.supported, into.finish_reason = False, "not_covered"
            into.pieces.append(nothing_to_read(turn.question, waiting=waiting))
            yield Sources(())
            yield Token(into.text)
            return
        events = self._by_nexus(turn, session, ready, into) if self.backend is None else self._told(turn, ready, into)
        async with aclosing(events):
            async for event in events:
                yield event

    async def _by_nexus(
        self, turn: TurnStart, session: NotebookSession, ready: Sequence[UploadedFile], into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        for file in ready:
            # read into the index of another embedding model: what serves now has to read it as well
            if (await self.notebook.progress(file)).status is FileStatus.STORED:
                await self.handing_over.again(file)
        documents = self.answering.from_documents(
            Mode.NOTEBOOK,
            turn.question,
            turn.history,
            retrieval=self.retrieval,
            audience=audience_of(session.id),
            into=into,
        )
        async with aclosing(documents) as events:
            async for event in events:
                yield event

    async def _told(
        self, turn: TurnStart, ready: Sequence[UploadedFile], into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        """What the backend says. Lost files are handed over once more, but never after the first word."""
        try:
            async with aclosing(self._relayed(turn, ready, into)) as events:
                async for event in events:
                    yield event
        except NotebookForgot:
            if into.pieces:
                raise ModelFailed("NotebookLlama lost the files while it answered.", code="notebook_failed") from None
            log.warning("the notebook backend forgot its files", extra={"run_id": turn.run_id})
            back = [await self.handing_over.again(file) for file in ready]
            if not all(back):
                detail = "The files had to be read again, which is not done yet. Ask again in a moment."
                raise ModelFailed(detail, code="notebook_reading") from None
            async with aclosing(self._relayed(turn, ready, into)) as events:
                async for event in events:
                    yield event

    async def _relayed(
        self, turn: TurnStart, ready: Sequence[UploadedFile], into: Answer
    ) -> AsyncGenerator[Sources | Token]:
        assert self.backend is not None  # its only caller has looked
        question = NotebookQuestion(
            ready[0].session_id,
            ready[0].user_id,
            turn.question,
            self.answering.recent(turn.history),
            tuple(ready),
            turn.correlation_id,
        )
        names = {file.id: file.file_name for file in ready}
        checked = CheckedText((), (), question=turn.question)
        async with aclosing(self.backend.answer(question)) as events:
            async for event in events:
                match event:
                    case NotebookSources(sources):
                        into.retrieved = tuple(_source(source, names[source.file_id]) for source in sources)
                        if not into.pieces:
                            snippets = [source.snippet for source in sources]
                            checked = CheckedText(into.retrieved, snippets, question=turn.question)
                        yield Sources(into.retrieved)
                    case ModelText(text):
                        if shown := checked.feed(text.replace("\0", "")):
                            into.pieces.append(shown)
                            into.cited = checked.cited
                            yield Token(shown)
                    case ModelFinished(finish_reason, input_tokens, output_tokens):
                        into.finish_reason = finish_reason
                        into.input_tokens, into.output_tokens = input_tokens, output_tokens
        tail = checked.flush()
        # A backend that names its sources without marking sentences means all of them.
        into.cited = with_quotes(into.text + tail, checked.cited or _renumbered(into.retrieved))
        into.supported = bool(into.cited)
        if tail := tail + sources_block(into.cited):
            into.pieces.append(tail)
            yield Token(tail)


def _source(source: NotebookSource, file_name: str) -> Source:
    return Source(
        n=source.n,
        document_id=DocumentId(source.file_id),
        passage_id=PassageId(uuid5(source.file_id, f"{source.page}/{source.section}/{source.snippet}")),
        file_name=file_name,
        file_url="",
        page=source.page,
        section=source.section,
        snippet=source.snippet,
        score=source.score,
    )


def _renumbered(sources: Sequence[Source]) -> tuple[Source, ...]:
    everything = CitationFilter(sources)
    everything.feed("".join(f"[{source.n}]" for source in sources))
    return everything.cited
