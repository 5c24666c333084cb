"""Retention over a real PostgreSQL: what is too old goes, in bounded batches, and nothing else."""

import asyncio
from typing import Any

import asyncpg
import pytest

from devstack.stack.postgres import Database
from shared.db import audit, conversations, people, retention
from shared.db.feedback import Rating
from shared.db.pool import Db
from shared.db.retention import Retention
from shared.domain.chat import Mode
from shared.domain.identity import Caller, EntraIdentity
from shared.services.retaining import Retaining
from tests.exchanges import Left, left_behind
from tests.shared.services.guarantees.mortality import Killed, Mortality, mortal

AGE = """
    WITH m AS (UPDATE messages SET created_at = created_at - make_interval(days => $2) WHERE conversation_id = $1),
         f AS (UPDATE feedback SET updated_at = updated_at - make_interval(days => $2) WHERE conversation_id = $1)
    UPDATE conversations SET updated_at = updated_at - make_interval(days => $2) WHERE id = $1
"""


@pytest.fixture
async def alice(db: Db) -> Caller:
    async with db.transaction() as connection:
        return (
            await people.record_sign_in(connection, EntraIdentity("t", "a", "a@x.example", "Alice"), as_admin=True)
        ).caller


async def keep(db: Db, who: Caller, **days: int) -> None:
    wanted = {"messages_days": None, "feedback_days": None, "audit_days": None, **days}
    async with db.transaction() as connection:
        await retention.replace(connection, Retention(**wanted), who.user_id)


async def aged(db: Db, who: Caller, days: int, **more: Any) -> Left:
    left = await left_behind(db, who, **more)
    async with db.connection() as connection:
        await connection.execute(AGE, left.conversation, days)
    return left


async def counts(db: Db) -> dict[str, int]:
    async with db.connection() as connection:
        return {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - of this file
            for table in ("conversations", "messages", "feedback")
        }


async def recorded(db: Db, action: str) -> list[dict[str, Any]]:
    async with db.connection() as connection:
        return [entry.detail for entry in await audit.entries(connection, audit.AuditFilter(action=action), limit=99)]


async def test_nothing_goes_while_nobody_says_so(db: Db, alice: Caller) -> None:
    await aged(db, alice, 5000)
    async with db.connection() as connection:
        assert await retention.get(connection) == Retention(None, None, None)
    assert await Retaining(db).apply() == {}
    assert await counts(db) == {"conversations": 1, "messages": 2, "feedback": 1}


async def test_what_is_too_old_goes_with_all_its_answers_and_is_counted(db: Db, alice: Caller) -> None:
    old = [await aged(db, alice, 31) for _ in range(5)]
    young = await aged(db, alice, 29)
    # a talk that goes on: its old turn goes, it stays
    both = await aged(db, alice, 40, rating=None)
    await left_behind(db, alice, conversation=both.conversation, rating=None)
    # asked long ago, answered anew the other day: the exchange is young
    anew = await aged(db, alice, 40)
    async with db.connection() as connection:
        await connection.execute("UPDATE messages SET created_at = now() WHERE id = $1", anew.answer)
        # empty and old, empty and young
        for days in (31, 29):
            empty = await conversations.create(connection, alice, Mode.RAG, "Nothing said")
            await connection.execute(AGE, empty.id, days)
    await keep(db, alice, messages_days=30)
    gone = await Retaining(db, batch=2).apply()
    assert gone == {"messages": 12, "feedback": 5, "conversations": len(old) + 1}
    async with db.connection() as connection:
        kept = {row["id"] for row in await connection.fetch("SELECT id FROM conversations WHERE title = 'A talk'")}
        assert await connection.fetchval("SELECT count(*) FROM usage_answers") == 9, "totals of the past stay"
    assert kept == {young.conversation, both.conversation, anew.conversation}
    assert (await counts(db))["messages"] == 6
    records = await recorded(db, "retention.messages")
    assert [record["days"] for record in records] == [30, 30, 30]
    assert sum(record["removed"]["messages"] for record in records) == 12
    assert max(record["removed"]["messages"] for record in records) == 4
    assert await Retaining(db).apply() == {}, "and again there is nothing to do"
    assert len(await recorded(db, "retention.messages")) == 3


async def test_a_call_is_bounded_and_the_next_goes_on_oldest_first(db: Db, alice: Caller) -> None:
    oldest, middle, newest = [await aged(db, alice, days) for days in (300, 200, 100)]
    await keep(db, alice, messages_days=30)
    bounded = Retaining(db, batch=1, batches_a_call=2)
    await bounded.apply()
    async with db.connection() as connection:
        left = await connection.fetchval("SELECT array_agg(id) FROM messages WHERE reply_to IS NULL")
    assert left == [newest.question], (oldest, middle)
    await bounded.apply()
    assert await counts(db) == {"conversations": 0, "messages": 0, "feedback": 0}


async def test_feedback_may_go_before_its_answer(db: Db, alice: Caller) -> None:
    await aged(db, alice, 20)
    await aged(db, alice, 9, rating=Rating.POSITIVE)
    await keep(db, alice, feedback_days=10)
    assert await Retaining(db).apply() == {"feedback": 1}
    assert await counts(db) == {"conversations": 2, "messages": 4, "feedback": 1}
    assert await recorded(db, "retention.feedback") == [{"removed": {"feedback": 1}, "days": 10}]


async def test_what_is_being_written_is_left_alone(db: Db, alice: Caller) -> None:
    left = await aged(db, alice, 40)
    async with db.connection() as connection:
        await connection.execute("UPDATE messages SET status = 'streaming' WHERE id = $1", left.answer)
    await keep(db, alice, messages_days=30)
    assert await Retaining(db).apply() == {}
    assert (await counts(db))["messages"] == 2


async def test_r07_twice_at_once_is_once(db: Db, alice: Caller) -> None:
    for _ in range(12):
        await aged(db, alice, 40)
    await keep(db, alice, messages_days=30)
    for both in await asyncio.gather(*(Retaining(db, batch=3).apply() for _ in range(3))):
        assert both.get("messages", 0) <= 24
    await Retaining(db).apply()
    assert sum(record["removed"]["messages"] for record in await recorded(db, "retention.messages")) == 24
    assert await counts(db) == {"conversations": 0, "messages": 0, "feedback": 0}


async def test_r01_killed_anywhere_every_row_that_went_is_in_the_audit_log_once(db: Db, alice: Caller) -> None:
    await keep(db, alice, messages_days=30)
    mortality, at, went = Mortality(), 0, 0
    while True:
        at += 1
        for _ in range(2):
            await aged(db, alice, 40)
        went += 4
        mortality.live_until(at)
        try:
            await Retaining(mortal("db", db, mortality), batch=1).apply()
        except Killed:
            await Retaining(db, batch=1).apply()
        else:
            break
    assert at > 5
    records = await recorded(db, "retention.messages")
    assert sum(record["removed"]["messages"] for record in records) == went, mortality.trail
    assert await counts(db) == {"conversations": 0, "messages": 0, "feedback": 0}


OLD_ENTRIES = """
    INSERT INTO audit_log (at, action, outcome)
    SELECT now() - make_interval(days => d), 'a' || d, 'ok' FROM unnest($1::int[]) d
"""


async def actions(db: Db) -> list[str]:
    async with db.connection() as connection:
        return [entry.action for entry in await audit.entries(connection, limit=99)]


async def test_s19_audit_entries_go_only_by_the_retention_and_leave_a_record(db: Db, alice: Caller) -> None:
    async with db.connection() as connection:
        await connection.execute(OLD_ENTRIES, [400, 120, 91, 89, 5])
        assert await retention.purge_audit(connection, 100) == 0, "kept for ever until somebody says otherwise"
    await keep(db, alice, audit_days=90)
    async with db.connection() as connection:
        for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
        # below the floor, not even by setting it
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute("UPDATE retention_settings SET audit_days = 29")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("DELETE FROM retention_settings")
        for at_most in (0, -1):
            assert await retention.purge_audit(connection, at_most) == 0
    assert await Retaining(db, batch=2).apply() == {"audit_entries": 3}
    assert await actions(db) == ["retention.audit", "retention.audit", "a5", "a89"]
    first, second = reversed(await recorded(db, "retention.audit"))
    assert (first["removed"], first["audit_days"], second["removed"]) == (2, 90, 1)
    assert await Retaining(db).apply() == {"audit_entries": 0}


async def test_s19_the_floor_holds_even_without_the_tables_check(db: Db, alice: Caller, database: Database) -> None:
    owner = await asyncpg.connect(database.dsn_owner)
    try:
        name = await owner.fetchval(
            "SELECT conname FROM pg_constraint WHERE conname LIKE 'retention_settings_audit_days%'"
        )
        await owner.execute(f'ALTER TABLE retention_settings DROP CONSTRAINT "{name}"')
    finally:
        await owner.close()
    await keep(db, alice, audit_days=1)
    async with db.connection() as connection:
        await connection.execute(OLD_ENTRIES, [31, 29])
        assert await retention.purge_audit(connection, 100) == 1
    assert await actions(db) == ["retention.audit", "a29"]


async def test_s19_nobody_but_the_apps_role_may_purge_and_no_schema_of_theirs_is_looked_at(
    db: Db, alice: Caller, database: Database
) -> None:
    async with db.connection() as connection:
        settings = await connection.fetchrow(
            "SELECT prosecdef, proconfig, has_function_privilege('public', oid, 'execute') AS open"
            " FROM pg_proc WHERE proname = 'purge_audit_log'"
        )
    assert settings is not None
    assert (settings["prosecdef"], settings["open"]) == (True, False)
    assert settings["proconfig"] == ["search_path=pg_catalog, pg_temp"]
    await keep(db, alice, audit_days=90)
    async with db.connection() as connection, connection.transaction():
        # a table of the caller's own under the same name changes nothing
        await connection.execute("CREATE TEMP TABLE retention_settings (audit_days integer)")
        await connection.execute("INSERT INTO retention_settings VALUES (1)")
        await connection.execute(OLD_ENTRIES, [60])
        assert await retention.purge_audit(connection, 100) == 0
