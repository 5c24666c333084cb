"""What an administrator sets: fresh within 30 s on every instance, the last known when PostgreSQL is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from devstack.stack.postgres import Database
from shared.db.pool import Db
from shared.domain.audience import Audience
from shared.domain.chat import Mode, ProviderConfig, ProviderKind
from shared.domain.events import Token
from shared.domain.prompts import DEFAULT_PROMPTS
from shared.errors import Unavailable
from shared.services.answering import Answer, Answering
from shared.services.model_calls import ModelCalls
from shared.services.provider_health import ProviderHealth
from shared.services.retrieval import Retrieval
from shared.services.steering import FRESH_S, RETRY_S, Steering
from tests.fakes.models import ScriptedModel, WordTokenizer

DEFAULT = ProviderConfig(ProviderKind.OPENAI, "default", None, "KEY")


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Admin:
    """Somebody with another connection to the same database."""

    connection: Any

    async def provider(
        self,
        model: str,
        *,
        mode: str = "rag",
        kind: str = "openai",
        active: bool = False,
        fallback: int | None = None,
    ) -> None:
        if active:
            await self.connection.execute("UPDATE llm_providers SET is_active = false WHERE mode = $1", mode)
        await self.connection.execute(
            "INSERT INTO llm_providers (id, mode, provider, model_name, api_key_env_var, is_active, fallback_order)"
            " VALUES ($1, $2, $3, $4, 'KEY', $5, $6)",
            uuid4(), mode, kind, model, active, fallback,
        )  # fmt: skip

    async def activate(self, model: str) -> None:
        await self.connection.execute("UPDATE llm_providers SET is_active = false")
        await self.connection.execute("UPDATE llm_providers SET is_active = true WHERE model_name = $1", model)

    async def prompt(self, text: str, *, mode: str = "rag") -> None:
        await self.connection.execute("UPDATE system_prompts SET is_active = false WHERE mode = $1", mode)
        await self.connection.execute(
            "INSERT INTO system_prompts (mode, prompt_text, is_active) VALUES ($1, $2, true)", mode, text
        )


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Admin]:
    """As the app's own role: what it may not write it may not steer by."""
    connection = await asyncpg.connect(database.dsn_app)
    yield Admin(connection)
    await connection.close()


def models(steering_settings: Any) -> list[str]:
    return [provider.model for provider in steering_settings.providers]


async def test_without_rows_the_settings_provider_and_the_products_prompt_serve(db: Db) -> None:
    settings = await Steering(db, DEFAULT).of(Mode.ASSISTANT)
    assert (settings.providers, settings.prompt) == ((DEFAULT,), DEFAULT_PROMPTS[Mode.ASSISTANT])


async def test_providers_are_asked_in_the_administrators_order(db: Db, admin: Admin) -> None:
    await admin.provider("third", kind="anthropic", fallback=7)
    await admin.provider("second", kind="azure", fallback=2)
    await admin.provider("unused")
    clock = Clock()
    steering = Steering(db, DEFAULT, clock)
    assert models(await steering.of(Mode.RAG)) == ["default", "second", "third"]
    await admin.provider("first", active=True)
    clock.now += FRESH_S
    assert models(await steering.of(Mode.RAG)) == ["first", "second", "third"]
    assert models(await steering.of(Mode.ASSISTANT)) == ["default"]
    # the one in second place becomes the active one, is not asked twice, and goes back to its place afterwards
    await admin.activate("second")
    clock.now += FRESH_S
    assert models(await steering.of(Mode.RAG)) == ["second", "third"]
    await admin.activate("first")
    clock.now += FRESH_S
    assert models(await steering.of(Mode.RAG)) == ["first", "second", "third"]


async def test_a_place_in_the_order_is_given_once_and_counts_from_one(admin: Admin) -> None:
    await admin.provider("a", fallback=1)
    await admin.provider("b", mode="assistant", fallback=1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await admin.provider("c", fallback=1)
    with pytest.raises(asyncpg.CheckViolationError):
        await admin.provider("d", fallback=0)


async def test_a_change_is_effective_within_30_seconds_on_every_instance_without_a_restart(
    database: Database, db: Db, admin: Admin
) -> None:
    other_db = Db(database.dsn_app)
    # two instances that read at different moments
    clocks = Clock(), Clock(5000.0)
    here, there = Steering(db, DEFAULT, clocks[0]), Steering(other_db, DEFAULT, clocks[1])
    await here.of(Mode.RAG)
    for clock in clocks:
        clock.now += 20
    await there.of(Mode.RAG)
    await admin.provider("new", active=True)
    await admin.prompt("Be kind.")
    for clock in clocks:
        clock.now += FRESH_S
    for steering in (here, there):
        settings = await steering.of(Mode.RAG)
        assert (settings.provider.model, settings.prompt) == ("new", "Be kind.")
    assert FRESH_S <= 30
    await other_db.close()


class Slow(Db):
    """Hands out connections when `opened` says so."""

    asked: asyncio.Event
    opened: asyncio.Event

    async def _ready(self) -> Any:
        self.asked.set()
        await self.opened.wait()
        return await super()._ready()


async def test_a_change_made_while_rows_are_being_read_is_read_by_the_next_question(
    database: Database, admin: Admin
) -> None:
    db = Slow(database.dsn_app)
    db.asked, db.opened = asyncio.Event(), asyncio.Event()
    steering = Steering(db, DEFAULT, Clock())
    reading = asyncio.create_task(steering.of(Mode.RAG))
    await db.asked.wait()
    steering.expire()
    db.opened.set()
    assert (await reading).provider == DEFAULT
    await admin.provider("new", active=True)
    assert (await steering.of(Mode.RAG)).provider.model == "new"
    await db.close()


async def test_between_two_reads_a_question_costs_no_query(db: Db) -> None:
    clock = Clock()
    steering = Steering(db, DEFAULT, clock)
    await asyncio.gather(*(steering.of(mode) for mode in (*Mode, *Mode)))
    await db.close()
    clock.now += FRESH_S - 0.001
    broken = Steering(Db("postgresql://nobody@127.0.0.1:1/none"), DEFAULT)
    with pytest.raises(Unavailable):
        await broken.of(Mode.RAG)
    assert (await steering.of(Mode.RAG)).provider == DEFAULT


class Flaky(Db):
    """PostgreSQL goes away on demand, as a pool sees it."""

    away = False
    asked = 0

    async def _ready(self) -> Any:
        self.asked += 1
        if self.away:
            raise ConnectionRefusedError
        return await super()._ready()


async def test_r03_without_postgresql_the_last_known_rows_go_on_and_new_ones_come_when_it_is_back(
    database: Database, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    db, clock = Flaky(database.dsn_app), Clock()
    await admin.provider("known", active=True)
    steering = Steering(db, DEFAULT, clock)
    assert (await steering.of(Mode.RAG)).provider.model == "known"
    await admin.provider("newer", active=True)
    db.away = True
    clock.now += 10 * FRESH_S
    asked = db.asked
    assert [(await steering.of(Mode.RAG)).provider.model for _ in range(5)] == ["known"] * 5
    assert db.asked == asked + 1, "not every question waits for it again"
    assert "last known" in caplog.text
    db.away = False
    clock.now += RETRY_S
    assert (await steering.of(Mode.RAG)).provider.model == "newer"
    await db.close()


async def test_as_long_as_nothing_was_ever_read_there_is_nothing_to_go_on(database: Database) -> None:
    db = Flaky(database.dsn_app)
    db.away = True
    steering = Steering(db, DEFAULT)
    with pytest.raises(Unavailable):
        await steering.of(Mode.RAG)
    db.away = False
    assert (await steering.of(Mode.RAG)).provider == DEFAULT
    await db.close()


async def test_a_change_does_not_disturb_an_answer_under_way(db: Db, admin: Admin) -> None:
    clock = Clock()
    old, new = ScriptedModel(["one ", "two ", "three"], hold_at=1), ScriptedModel(["other"])
    await admin.provider("old", mode="assistant", active=True)
    steering = Steering(db, DEFAULT, clock)
    answering = Answering(
        ModelCalls({ProviderKind.OPENAI: old, ProviderKind.ANTHROPIC: new}, ProviderHealth(0)),
        Retrieval(None),  # type: ignore[arg-type]  # assistant mode does not retrieve
        steering,
        WordTokenizer(),
    )

    async def asked(into: Answer) -> str:
        events = answering.answer(Mode.ASSISTANT, "What?", (), audience=Audience(None, None), into=into)
        async with aclosing(events):
            return "".join([event.token async for event in events if isinstance(event, Token)])

    first, second = Answer(), Answer()
    running = asyncio.create_task(asked(first))
    while not old.requests:
        await asyncio.sleep(0)
    await admin.provider("new", mode="assistant", kind="anthropic", active=True)
    clock.now += FRESH_S
    assert await asked(second) == "other"
    old.gate.set()
    assert await running == "one two three"
    assert first.provider is not None
    assert second.provider is not None
    assert (first.provider.model, second.provider.model) == ("old", "new")
