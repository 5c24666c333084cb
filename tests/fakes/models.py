"""A chat model and a retrieval that say what a test tells them to."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from shared.domain.chat import ModelEvent, ModelFinished, ModelRequest, ModelText


@dataclass
class ScriptedModel:
    """Says `pieces`; an exception among them is raised there; `gate` is awaited before the piece at `hold_at`."""

    pieces: Sequence[str | Exception]
    input_tokens: int | None = 7
    output_tokens: int | None = 3
    hold_at: int | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    requests: list[ModelRequest] = field(default_factory=list)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
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
