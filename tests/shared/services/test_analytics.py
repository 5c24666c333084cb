"""The timer that rolls up: whoever writes, reads and rolls meanwhile, an answer is counted once."""

import asyncio
import random
from datetime import timedelta

from shared.db import usage_reports
from shared.db.pool import Db
from shared.db.usage_reports import snapshot
from shared.domain.audience import Scope
from shared.domain.usage import Grouping, Period
from shared.services.analytics import Analytics
from tests.shared.db.usage_month import DAYS, FIRST, Month

WHOLE = Period(FIRST, FIRST + timedelta(days=DAYS - 1))
ENDED = "SELECT count(*) FROM usage_answers WHERE status <> 'running'"


async def counted(db: Db) -> tuple[int, int]:
    """What the report says and what is there, as one snapshot sees them."""
    async with snapshot(db) as connection:
        total, _ = await usage_reports.sums_by(connection, WHOLE, Grouping.DAY, Scope(None, None))
        return total.sums.answers, await connection.fetchval(ENDED)


async def test_while_many_write_and_two_roll_every_snapshot_counts_each_answer_once(db: Db) -> None:
    month, analytics = Month(db, random.Random(3)), Analytics(db)
    await month.begin()
    writing = True

    async def write(seed: int) -> None:
        own = Month(db, random.Random(seed), month.people, [], month.departments, month.countries)
        for _ in range(40):
            await own.ask()
            await own.end()

    async def roll() -> int:
        rolled = 0
        while writing:
            rolled += await analytics.roll_up()
        return rolled

    async def read() -> int:
        looks = 0
        while writing:
            told, there = await counted(db)
            assert told == there
            looks += 1
        return looks

    beside = [asyncio.create_task(work()) for work in (roll, roll, read)]
    await asyncio.gather(*(write(seed) for seed in range(3)))
    writing = False
    first, second, looks = await asyncio.gather(*beside)
    last = await analytics.roll_up()
    assert looks > 0
    assert first + second + last == 120
    async with db.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM usage_changes") == 0
    assert await counted(db) == (120, 120)


async def test_an_answer_that_was_lost_with_its_conversation_and_instance_ends_the_next_day(db: Db) -> None:
    month, analytics = Month(db, random.Random(4)), Analytics(db)
    await month.begin()
    for _ in range(2):
        await month.ask()
    async with db.connection() as connection:
        await connection.execute("DELETE FROM conversations WHERE id = $1", month.answers[0].conversation)
        await connection.execute("UPDATE usage_answers SET day = (now() AT TIME ZONE 'UTC')::date")
    await analytics.roll_up()
    async with db.connection() as connection:
        assert await connection.fetchval(ENDED) == 0, "its instance may still be writing it"
        await connection.execute("UPDATE usage_answers SET day = day - 1")
    assert await analytics.roll_up() == 1
    async with db.connection() as connection:
        rows = await connection.fetch("SELECT id, status FROM usage_answers")
    assert {row["id"]: row["status"] for row in rows} == {
        month.answers[0].id: "interrupted",
        month.answers[1].id: "running",
    }
