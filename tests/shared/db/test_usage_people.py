"""How many different people it were: when they leave what they were counted in, and when they belong to two places."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import pytest

from shared.db import usage_rolling
from shared.db.pool import Connection, Db
from shared.db.usage_people import people_by
from shared.db.usage_reports import snapshot
from shared.domain.audience import Scope
from shared.domain.ids import DepartmentId
from shared.domain.usage import Grouping, Period
from tests.shared.db.usage_month import DAYS, FIRST, Asked, Month

LAST = FIRST + timedelta(days=DAYS - 1)
EVERYWHERE = Scope(None, None)
PROVIDER = "UPDATE messages SET llm_provider = 'p', llm_model = $2 WHERE id = $1"
DAY = "UPDATE usage_answers SET day = $2 WHERE id = $1"
DEPARTMENT = "UPDATE users SET department_id = $2 WHERE id = $1"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def month(db: Db) -> Month:
    """Of one person, who is in the first department."""
    month = Month(db, random.Random(7))
    await month.begin()
    month.people = month.people[:1]
    await move(month, month.departments[0])
    return month


async def move(month: Month, department: DepartmentId) -> None:
    month.people[0].department = department
    await change(month, DEPARTMENT, month.people[0].id, department)


async def change(month: Month, statement: str, *values: object) -> None:
    async with month.db.connection() as connection:
        assert await connection.execute(statement, *values) == "UPDATE 1"


async def answered(month: Month) -> Asked:
    await month.ask()
    await month.end()
    return month.answers[-1]


async def roll(month: Month) -> None:
    async with month.db.transaction() as connection:
        await usage_rolling.roll(connection, 1_000)


async def people(month: Month, grouping: Grouping, within: Scope = EVERYWHERE) -> tuple[int, dict[str, int]]:
    async with snapshot(month.db) as connection:
        return await people_by(connection, Period(FIRST, LAST), grouping, within)


@pytest.mark.parametrize("is_rolled_up", [False, True])
async def test_who_has_no_answer_of_a_model_left_is_not_counted_for_it_any_more(
    month: Month, is_rolled_up: bool
) -> None:
    answers = [await answered(month) for _ in range(2)]
    for answer in answers:
        await change(month, PROVIDER, answer.id, "a")
    await roll(month)
    assert await people(month, Grouping.MODEL) == (1, {"p/a": 1})
    for answer, counted in zip(answers, ({"p/a": 1, "p/b": 1}, {"p/b": 1}), strict=True):
        await change(month, PROVIDER, answer.id, "b")
        if is_rolled_up:
            await roll(month)
        assert await people(month, Grouping.MODEL) == (1, counted)


@pytest.mark.parametrize("is_rolled_up", [False, True])
async def test_the_last_answer_of_a_day_takes_its_person_out_of_the_day_and_the_period(
    month: Month, is_rolled_up: bool
) -> None:
    answer = await answered(month)
    await roll(month)
    department = str(month.departments[0])
    for day in (FIRST, LAST + timedelta(days=1), LAST):
        await change(month, DAY, answer.id, day)
        if is_rolled_up:
            await roll(month)
        is_there = day <= LAST
        assert await people(month, Grouping.DAY) == (is_there, {str(day): 1} if is_there else {})
        assert await people(month, Grouping.DEPARTMENT) == (is_there, {department: 1} if is_there else {})


async def test_who_moved_is_one_person_in_two_departments(month: Month) -> None:
    first, second = month.departments
    await answered(month)
    await roll(month)
    await move(month, second)
    await answered(month)
    for _ in range(2):
        assert await people(month, Grouping.DEPARTMENT) == (1, {str(first): 1, str(second): 1})
        total, _ = await people(month, Grouping.DAY)
        assert total == 1
        for department in month.departments:
            assert (await people(month, Grouping.MODE, Scope(department, None)))[0] == 1
        await roll(month)


async def test_questions_from_two_new_places_at_once_wait_for_each_other(month: Month) -> None:
    """A person who moves while a question of theirs is being stored gets a number for each place."""
    answer = await answered(month)
    first, second = month.departments

    async def ask(connection: Connection) -> None:
        await connection.execute(
            "INSERT INTO messages (conversation_id, role, status) VALUES ($1, 'assistant', 'streaming')",
            answer.conversation,
        )

    async def ask_from_nowhere() -> None:
        async with month.db.connection() as connection:
            await ask(connection)

    await move(month, second)
    async with asyncio.timeout(60), month.db.connection() as watching:
        async with month.db.transaction() as connection:
            await ask(connection)
            await watching.execute(DEPARTMENT, month.people[0].id, None)
            other = asyncio.create_task(ask_from_nowhere())
            while not await watching.fetchval(WAITING):
                assert not other.done(), other
                await asyncio.sleep(0.01)
        await other
        rows = await watching.fetch("SELECT place, department_id FROM usage_subjects ORDER BY place")
    assert [tuple(row) for row in rows] == [(0, first), (1, second), (2, UUID(int=0))]
