"""A chat model and a retrieval that say what a test tells them to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, ModelText
from shared.domain.titles import TITLE_PROMPT


@dataclass
class ScriptedModel:
    """Says `pieces`; an exception among them is raised there; `gate` is awaited before the piece at `hold_at`. Asked
    for a title it says `title`, or raises it; `title_gate` is awaited before."""

    pieces: Sequence[str | Exception]
    input_tokens: int | None = 7
    output_tokens: int | None = 3
    hold_at: int | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    requests: list[ModelRequest] = field(default_factory=list)
    title: str | Exception = "What it is"
    title_gate: asyncio.Event | None = None
    titles_asked: list[ModelRequest] = field(default_factory=list)
    titles_left: int = 0

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        return self._title(request) if request.turns[0].content == TITLE_PROMPT else self._answer(request)

    async def _title(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        self.titles_asked.append(request)
        try:
            if self.title_gate is not None:
                await self.title_gate.wait()
            if isinstance(self.title, Exception):
                raise self.title
            yield ModelText(self.title)
            yield ModelFinished("stop", 5, 2)
        finally:
            self.titles_left += 1

    async def _answer(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        self.requests.append(request)
        try:
            for index, piece in enumerate(self.pieces):
                if index == self.hold_at:
                    await self.gate.wait()
                if isinstance(piece, Exception):
                    raise piece
                yield ModelText(piece)
            yield ModelFinished("stop", self.input_tokens, self.output_tokens)
        finally:
            self.closed = True


@dataclass
class WordTokenizer:
    def count(self, text: str) -> int:
        return len(text.split())

    def truncate(self, text: str, max_tokens: int) -> str:
        return " ".join(text.split()[:max_tokens])
