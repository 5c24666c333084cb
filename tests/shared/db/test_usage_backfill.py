"""What was there before the analytics were: the migrations count it, and can be taken back and run again."""

import os
import random
import subprocess
import sys
from typing import Any

from devstack.stack.postgres import Postgres
from shared.db import usage_reports, usage_rolling, usage_users
from shared.db.pool import Db
from shared.domain.audience import Scope
from shared.domain.usage import Grouping
from tests.conftest import ROOT, migrate
from tests.shared.db.test_usage_reports import WHOLE, check_sets, told
from tests.shared.db.usage_month import Month

EVERYWHERE = Scope(None, None)
BEFORE_ANALYTICS = "0010"


async def reports(db: Db) -> list[Any]:
    async with usage_reports.snapshot(db) as connection:
        by = [
            await usage_reports.usage_by(connection, WHOLE, grouping, EVERYWHERE)
            for grouping in Grouping
            if grouping is not Grouping.USER
        ]
        users, people = await usage_users.users_of(connection, WHOLE, EVERYWHERE, after=None, limit=100)
    by_user = {user.user_id: told(user.usage) for user in users}
    return [
        [(told(total), {key: told(group) for key, group in groups.items()}) for total, groups in by],
        by_user,
        people,
    ]


def downgrade(dsn_owner: str) -> None:
    arguments = ["-m", "alembic", "-c", "shared/db/migrations/alembic.ini", "downgrade", BEFORE_ANALYTICS]
    environment = {**os.environ, "NEXUS_MIGRATIONS_POSTGRES_URL": dsn_owner}
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)


async def test_the_migrations_count_answers_that_were_there_before_them(postgres: Postgres) -> None:
    database = postgres.fresh_database()
    db = Db(database.dsn_app)
    try:
        month = Month(db, random.Random(12))
        await month.begin()
        for act in (month.ask, month.ask, month.end, month.ask_again, month.end, month.rate, month.correct) * 6:
            await act()
        while await _rolled(db):
            pass
        before = await reports(db)
        downgrade(database.dsn_owner)
        migrate(database.dsn_owner)
    finally:
        await db.close()
    # statements that were prepared before know the tables that are gone
    db = Db(database.dsn_app)
    try:
        assert await reports(db) == before, "from the queue alone"
        while await _rolled(db):
            pass
        assert await reports(db) == before
        await check_sets(db)
    finally:
        await db.close()
        database.drop()


async def _rolled(db: Db) -> int:
    async with db.transaction() as connection:
        return await usage_rolling.roll(connection, 7)
