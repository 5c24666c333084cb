"""A conversation in assistant mode with a scripted model behind it, and what a reader sees of its runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import uuid4

import msgspec

from shared.db import conversations, messages, people, turns
from shared.db.pool import Db
from shared.domain.audience import Audience
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.events import RunStatus
from shared.domain.identity import Caller, EntraIdentity
from shared.domain.ids import RunId
from shared.services.answering import Answering
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.retrieval import Retrieval
from shared.services.runs import Runs
from shared.services.steering import Steering
from tests.fakes.models import ScriptedModel, WordTokenizer
from tests.fakes.run_log import MemoryRunLog

AUDIENCE = Audience(None, None)


@dataclass
class Chat:
    """`runs` is this process; `titled` conversations ask the model for no title."""

    db: Db
    model: ScriptedModel
    run_log: MemoryRunLog = field(default_factory=MemoryRunLog)
    titled: bool = False

    def __post_init__(self) -> None:
        self.runs = self.another_process()

    def another_process(self) -> Runs:
        provider = ProviderConfig(ProviderKind.OPENAI, "m", None, "KEY")
        retrieval = Retrieval(None)  # type: ignore[arg-type]  # assistant mode does not retrieve
        calls = ModelCalls({ProviderKind.OPENAI: self.model}, ProviderHealth(0))
        answering = Answering(calls, retrieval, Steering(self.db, provider), WordTokenizer())
        return Runs(self.db, answering, self.run_log)

    async def begin(self, status: RunStatus = RunStatus.STREAMING) -> turns.TurnStart:
        async with self.db.transaction() as connection:
            user = await people.record_sign_in(connection, EntraIdentity("t", "a", "a@b.c", "A"), as_admin=False)
            self.caller: Caller = user.caller
            title = "A title" if self.titled else None
            self.conversation = await conversations.create(connection, self.caller, Mode.ASSISTANT, title)
            return await turns.begin_turn(
                connection,
                self.caller,
                self.conversation.id,
                question="What is it?",
                run_id=RunId(uuid4()),
                correlation_id="corr",
                idempotency_key=None,
                status=status,
            )

    async def again(self, turn: turns.TurnStart) -> turns.TurnStart:
        """The same question anew."""
        async with self.db.connection() as connection:
            return await turns.begin_again(
                connection,
                self.caller,
                turn.conversation.id,
                answer_id=turn.message_id,
                question=None,
                run_id=RunId(uuid4()),
                correlation_id="corr",
                idempotency_key=None,
                status=RunStatus.STREAMING,
            )

    async def title(self) -> str | None:
        async with self.db.connection() as connection:
            return (await conversations.get(connection, self.caller, self.conversation.id)).title

    async def stored(self, turn: turns.TurnStart) -> messages.Message:
        async with self.db.connection() as connection:
            return await messages.get_answer(connection, turn.message_id)


async def collect(frames: AsyncGenerator[bytes], *, upto: int | None = None) -> list[tuple[int, str, dict]]:
    """(seq, event name, data) of each frame, pings left out; stops after `upto` events."""
    events: list[tuple[int, str, dict]] = []
    async with aclosing(frames):
        async for piece in frames:
            for block in piece.decode().split("\n\n"):
                if not block or block.startswith(":"):
                    continue
                lines = dict(line.split(": ", 1) for line in block.split("\n"))
                seq = int(lines["id"].rsplit(":", 1)[1])
                events.append((seq, lines.get("event", "message"), msgspec.json.decode(lines["data"])))
                if len(events) == upto:
                    return events
    return events


def text(events: list[tuple[int, str, dict]]) -> str:
    return "".join(data.get("token", "") for _, _, data in events)
