"""New passages on their way into an index, unseen: embedded and stored in slices, several of them at once."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.domain import bm25
from shared.domain.documents import DocumentLabels, PassagePoint, PassagePosition
from shared.errors import Throttled
from shared.ports import Embeddings, Throttle, Vectors

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    type Matrix = npt.NDArray[np.float32]

# Passages embedded and stored at a time: bounds memory (256 × 3072 floats = 3 MB) whatever the document's size.
SLICE = 256
# While one is stored the next are embedded; more would only lengthen the model's queue.
SLICES_IN_FLIGHT = 3
# A pause that all instances share is waited for in place up to this; the durable timer waits for longer ones.
PATIENCE_S = 3.0


@dataclass(frozen=True, slots=True)
class NewPassage:
    """`text` is stored and cited, `embedded_text` is what both vectors are made of."""

    position: PassagePosition
    text: str
    embedded_text: str
    language: str | None


@dataclass(slots=True)
class Staged:
    """What was written: passages, the tokens that were paid, and seconds of calls, which overlap."""

    passages: int = 0
    tokens: int = 0
    embed_s: float = 0.0
    store_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Staging:
    embeddings: Embeddings
    vectors: Vectors
    throttle: Throttle

    async def stage(self, labels: DocumentLabels, slices: AsyncIterator[Sequence[NewPassage]]) -> Staged:
        """Reads `slices` as places come free. Raises Throttled, ModelFailed, Unavailable; what is stored by then
        stays, so that a repetition embeds only the rest."""
        staged = Staged()
        turn = asyncio.Lock()

        async def place() -> None:
            while True:
                async with turn:  # an async generator is read by one at a time
                    part = await anext(slices, None)
                if part is None:
                    return
                if part:
                    await self._stage(labels, part, staged)

        try:
            async with asyncio.TaskGroup() as places:
                for _ in range(SLICES_IN_FLIGHT):
                    places.create_task(place())
        except ExceptionGroup as failures:
            # One is enough to say; the group has stopped the others.
            raise failures.exceptions[0] from failures
        return staged

    async def _stage(self, labels: DocumentLabels, part: Sequence[NewPassage], staged: Staged) -> None:
        await self._wait_for_the_model()
        started = time.monotonic()
        dense, tokens = await self.embeddings.embed_passages([passage.embedded_text for passage in part])
        embedded = time.monotonic()
        points = await asyncio.to_thread(_points, part, dense)
        await self.vectors.stage(labels, points)
        staged.passages += len(part)
        staged.tokens += tokens
        staged.embed_s += embedded - started
        staged.store_s += time.monotonic() - embedded

    async def _wait_for_the_model(self) -> None:
        wait_s = await self.throttle.remaining("embeddings")
        if wait_s > PATIENCE_S:
            raise Throttled("embeddings", wait_s)
        if wait_s > 0:
            await asyncio.sleep(wait_s)


def _points(part: Sequence[NewPassage], dense: "Matrix") -> list[PassagePoint]:
    return [
        PassagePoint(
            passage.position,
            passage.text,
            passage.language,
            vector,
            bm25.encode_passage(passage.embedded_text, language=passage.language),
        )
        for passage, vector in zip(part, dense, strict=True)
    ]


async def in_slices(passages: Sequence[NewPassage]) -> AsyncGenerator[Sequence[NewPassage]]:
    for start in range(0, len(passages), SLICE):
        yield passages[start : start + SLICE]
