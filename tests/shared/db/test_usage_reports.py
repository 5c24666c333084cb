"""The reports say what counting every answer says, at any moment: rolled up, not yet, or partly."""

import os
import random
from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from devstack.stack.postgres import Postgres
from shared.db import quality_reports, usage_reports, usage_rolling, usage_users
from shared.db.pool import Connection, Db
from shared.db.usage_reports import snapshot
from shared.domain.audience import Scope
from shared.domain.usage import Grouping, Period, UsageGroup
from shared.domain.usage_times import Times
from tests.shared.db.usage_counting import counts, grouped, key_of, words_of
from tests.shared.db.usage_month import DAYS, DOCUMENTS, FIRST, Asked, Month

SEED = int(os.environ.get("NEXUS_USAGE_SEED") or random.randrange(10**9))
WHOLE = Period(FIRST, FIRST + timedelta(days=DAYS - 1))


@seed(SEED)
@settings(max_examples=8, deadline=None, database=None, print_blob=True,
          # a smaller month of another seed is another month: it explains nothing, and takes minutes to find
          phases=[Phase.explicit, Phase.generate],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])  # fmt: skip
@given(month=st.integers(0, 2**32), acts=st.integers(10, 120))
async def test_reports_equal_counting_every_answer(postgres: Postgres, month: int, acts: int) -> None:
    print(f"NEXUS_USAGE_SEED={SEED}: month {month}, {acts} acts")
    database = postgres.fresh_database()
    db = Db(database.dsn_app)
    try:
        lived = Month(db, random.Random(month))
        await lived.begin()
        for _ in range(acts):
            await lived.act()
        await check(lived)
        await check_sets(db)
        while await rolled(db):
            pass
        await check(lived)
        await check_sets(db)
    finally:
        await db.close()
        database.drop()


async def rolled(db: Db) -> int:
    async with db.transaction() as connection:
        return await usage_rolling.roll(connection, 50)


async def check(month: Month) -> None:
    first = FIRST + timedelta(days=month.random.randrange(DAYS))
    some_days = Period(first, min(WHOLE.last, first + timedelta(days=month.random.randrange(DAYS))))
    department, country = month.departments[0], month.countries[0]
    for within in (Scope(None, None), Scope(department, None), Scope(None, country), Scope(department, country)):
        async with snapshot(month.db) as connection:
            for period in (WHOLE, some_days):
                answers = month.counted(period, within)
                await check_usage(connection, answers, period, within)
                await check_users(connection, answers, period, within)
                await check_gaps(connection, answers, period, within)
                await check_documents(connection, month, period, within)


SETS = "SELECT level, dim, block, key, place, people FROM usage_people_sets"
CELLS = """
    SELECT level, dim, block, key, place, person
      FROM usage_user_cells u JOIN usage_subjects s ON s.id = u.subject
     WHERE answers > 0
"""


async def check_sets(db: Db) -> None:
    """Whoever has answers in a cell is in its set, and nobody else."""
    async with snapshot(db) as connection:
        sets = await connection.fetch(SETS)
        cells = {tuple(row) for row in await connection.fetch(CELLS)}
    assert cells == {
        (*cell, 8 * n + bit) for *cell, people in sets for n, byte in enumerate(people) for bit in range(8)
        if byte >> bit & 1
    }  # fmt: skip


async def check_usage(connection: Connection, answers: list[Asked], period: Period, within: Scope) -> None:
    for grouping in Grouping:
        if grouping is Grouping.USER:
            continue
        total, groups = await usage_reports.usage_by(connection, period, grouping, within)
        expected = grouped(answers, lambda answer, grouping=grouping: key_of(answer, grouping))
        assert told(total) == counts(answers), (grouping, period, within)
        assert {key: told(group) for key, group in groups.items()} == {
            key: counts(each) for key, each in expected.items()
        }, (grouping, period, within)


async def check_users(connection: Connection, answers: list[Asked], period: Period, within: Scope) -> None:
    listed: list[usage_users.UserUsage] = []
    people = len({answer.person.id for answer in answers})
    while True:
        after = listed[-1].rank if listed else None
        page, told_people = await usage_users.users_of(connection, period, within, after=after, limit=2)
        if not page:
            break
        assert told_people == people
        listed += page
    assert [user.rank for user in listed] == sorted((user.rank for user in listed), reverse=True)

    def shown(user_id: object, usage: dict[str, Any]) -> tuple[object, ...]:
        not_by_user = {"complete", "failed", "cancelled", "interrupted", "checked", "unsupported", "positive",
                       "negative"}  # fmt: skip
        return user_id, tuple(sorted((name, value) for name, value in usage.items() if name not in not_by_user))

    expected = Counter(
        shown(None if each[0].person.is_forgotten else each[0].person.id, counts(each))
        for each in grouped(answers, lambda answer: answer.person.id).values()
    )
    assert Counter(shown(user.user_id, told(user.usage)) for user in listed) == expected


async def check_gaps(connection: Connection, answers: list[Asked], period: Period, within: Scope) -> None:
    open_ones = [
        answer
        for answer in answers
        if answer.mode == "rag"
        and answer.status == "complete"
        and answer.supported is False
        and not answer.is_replaced
        and not answer.is_unknown
    ]
    expected = grouped(open_ones, lambda answer: words_of(answer.question))
    found = await quality_reports.gaps(connection, period, within, 100)
    assert [gap.asked for gap in found] == sorted(map(len, expected.values()), reverse=True)
    assert Counter((gap.asked, gap.people, gap.last_asked, len(gap.examples)) for gap in found) == Counter(
        (
            len(each),
            len({answer.person.id for answer in each}),
            max(answer.day for answer in each),
            min(quality_reports.EXAMPLES, sum(not answer.is_deleted for answer in each)),
        )
        for each in expected.values()
    )
    for gap in found:
        assert len({words_of(example) for example in gap.examples}) <= 1


async def check_documents(connection: Connection, month: Month, period: Period, within: Scope) -> None:
    in_reach = {document for document in DOCUMENTS if within.reaches(Scope(*month.scope_of(document)))}
    # whoever was answered: it is documents that lie in a scope here
    answers = month.counted(period, Scope(None, None))
    expected = Counter(document for answer in answers for document in answer.cited if document in in_reach)
    found = await quality_reports.documents(connection, period, within, most_cited=100, missing=100, counted=True)
    cited, missing = found.most_cited, found.missing
    assert {document.id: document.citations for document in cited} == expected
    assert [document.citations for document in cited] == sorted(expected.values(), reverse=True)
    assert {document.id for document in missing} == in_reach - set(expected)
    assert (found.documents, found.cited) == (len(in_reach), len(expected))
    ever = grouped(
        ((document, answer.day) for answer in month.answers if answer.is_ended for document in answer.cited),
        lambda pair: pair[0],
    )
    for document in (*cited, *missing):
        assert document.last_cited == max((day for _, day in ever.get(document.id, [])), default=None)


def told(group: UsageGroup) -> dict[str, Any]:
    return {
        **asdict(group.sums),
        "active_users": group.active_users,
        "latency": percentiles(group.latency),
        "first_token": percentiles(group.first_token),
    }


def percentiles(times: Times) -> tuple[int | None, ...]:
    return times.percentile(50), times.percentile(95)
