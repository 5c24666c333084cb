"""Names a conversation while its first answer is being written, from the question alone. Never costs the answer."""

import asyncio
import logging
from dataclasses import dataclass

from shared.domain.chat import Mode
from shared.domain.costs import Spent
from shared.domain.titles import cleaned_title, title_turns
from shared.errors import NexusError
from shared.services.side_calls import SideCalls
from shared.services.steering import Steering

log = logging.getLogger(__name__)

# From the call to its end; and, once the answer is there, how long its `done` waits for a title still under way.
LIMIT_S = 3.0
GRACE_S = 1.0
TITLE_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Titling:
    side_calls: SideCalls
    steering: Steering

    async def title_of(self, mode: Mode, question: str, spent: Spent) -> str | None:
        """None when the model did not come up with one in time; `spent` grows by what it took."""
        try:
            async with asyncio.timeout(LIMIT_S):
                choice = self.side_calls.calls.choice((await self.steering.of(mode)).providers)
                turns = title_turns(question)
                said = await self.side_calls.ask(choice, turns, max_output_tokens=TITLE_TOKENS, spent=spent)
        except (NexusError, TimeoutError) as error:
            log.warning("no title from the model", extra={"code": getattr(error, "code", "title_timeout")})
            return None
        return cleaned_title(said)


async def settled(titling: asyncio.Task[str | None], *, wait: bool) -> str | None:
    """The title, if it is there or comes within the grace that `wait` gives it. The task has ended afterwards."""
    if wait:
        await asyncio.wait([titling], timeout=GRACE_S)
    if not titling.done():
        titling.cancel()
        await asyncio.wait([titling])
    if titling.cancelled():
        return None
    if (error := titling.exception()) is not None:
        # a title is never worth an answer, whatever went wrong with it
        log.error("naming the conversation failed unexpectedly", exc_info=error)
        return None
    return titling.result()
