"""What a question costs in PostgreSQL before the model is called: one statement, asked anew or for the first time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from devstack.stack.postgres import Database
from devstack.stack.redis import Redis
from shared.db.pool import Connection, Db
from shared.domain.chat import ModelEvent, ModelRequest, ProviderKind
from shared.ports import ChatModel
from tests.fakes.models import ScriptedModel
from tests.security.in_process import in_process


class CountingDb(Db):
    """Notes every statement, giving a connection back included, in the order in which they are sent."""

    def __init__(self, url: str, seen: list[str]) -> None:
        super().__init__(url)
        self._seen = seen

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        async with super().connection() as connection:
            with connection.query_logger(lambda record: self._seen.append(record.query)):
                yield connection


class Watched:
    """A model that notes when it is asked."""

    def __init__(self, model: ChatModel, seen: list[str]) -> None:
        self._model = model
        self._seen = seen

    def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent]:
        self._seen.append("model")
        return self._model.stream(request)


@pytest.mark.parametrize("kind", ["first", "follow-up", "anew"])
async def test_a_question_is_one_round_trip_before_the_model_is_called(
    database: Database, redis_server: Redis, kind: str
) -> None:
    seen: list[str] = []
    async with in_process(database, redis_server) as api:
        await api.runtime.db.close()
        vars(api.runtime)["db"] = CountingDb(database.dsn_app, seen)
        watched = Watched(ScriptedModel(["fine"]), seen)
        vars(api.runtime)["chat_models"] = {ProviderKind.OPENAI: watched}
        alice = await api.person("alice")

        async def conversation() -> str:
            return (await alice.call("POST", "conversations", json={"mode": "assistant", "title": "T"})).json()["id"]

        async def ask(where: str, body: dict[str, Any]) -> None:
            reply = await alice.call("POST", f"conversations/{where}/messages", json=body)
            assert '"status":"complete"' in reply.text, reply.text
            await api.runtime.runs.drain()

        async def anew(where: str) -> dict[str, str]:
            return {"regenerate": (await alice.call("GET", f"conversations/{where}")).json()["messages"][-1]["id"]}

        # the steering rows are there afterwards, and on both connections that a question uses at once the prepared
        # statements with the types that asyncpg asks for once
        begun = await conversation()
        for _ in range(4):
            await ask(begun, {"content": "Before?"})
            await ask(begun, await anew(begun))
        where = await conversation() if kind == "first" else begun
        body = await anew(begun) if kind == "anew" else {"content": "Now?"}
        seen.clear()
        async with asyncio.timeout(30):
            await ask(where, body)
        before = seen[: seen.index("model")]
        assert len(before) == 1, before
        assert "INSERT INTO messages" in before[0]
        assert "UPDATE messages" in seen[-1], "and one at the end, to store it"
        assert len(seen) == 3, seen
