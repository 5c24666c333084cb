"""Row: every report of the administrators over a generated year: `python -m bench analytics --messages 10000000`.

A report is asked for as its route asks for it, the summing in Python included; the plans of its statements go to
bench/ANALYTICS_PLANS.md.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from bench.analytics_data import FIRST, fill
from bench.library_world import migrated_postgres
from bench.measure import versions
from bench.rows import Options, Table, figure
from devstack.stack.postgres import Database
from functions.http_api.schemas.analytics import QualityView, UsageView
from shared.db import quality_reports, usage_people, usage_reports, usage_tail, usage_users
from shared.db.pool import Connection, Db
from shared.db.usage_reports import snapshot
from shared.domain.audience import Scope
from shared.domain.usage import Grouping, Period, columns_of, columns_of_signed, runs_of, signed_runs_of

MESSAGES = 100_000
PLANS = Path(__file__).parent / "ANALYTICS_PLANS.md"
# What comes in between two ticks of the timer while three thousand people ask.
_UNROLLED = 1_000
_BY_TIMER = 20_000
_TARGET_MS = 100
_LIMIT = 20

type Report = Callable[[Connection, Period, Scope], Awaitable[object]]

_WORST = "318 days in the most blocks, 31"
_PERIODS = {
    "a year": Period(date.fromisoformat(FIRST), date(2026, 10, 31)),
    "a year less a day at each end": Period(date(2025, 11, 2), date(2026, 10, 30)),
    # the worst there is: no other within the year has as many blocks
    _WORST: Period(date(2025, 12, 17), date(2026, 10, 30)),
    "30 days": Period(date(2026, 9, 7), date(2026, 10, 6)),
}


def _usage(grouping: Grouping) -> Report:
    async def report(connection: Connection, period: Period, within: Scope) -> object:
        total, groups = await usage_reports.usage_by(connection, period, grouping, within)
        return [UsageView.of(each) for each in (total, *groups.values())]

    return report


async def _users(connection: Connection, period: Period, within: Scope) -> object:
    total, _ = await usage_reports.sums_by(connection, period, Grouping.MODE, within)
    users, total.active_users = await usage_users.users_of(connection, period, within, after=None, limit=_LIMIT + 1)
    return [UsageView.of(each) for each in (total, *(user.usage for user in users))]


async def _quality(connection: Connection, period: Period, within: Scope) -> object:
    total, groups = await usage_reports.sums_by(connection, period, Grouping.DAY, within, timed=False)
    gaps = await quality_reports.gaps(connection, period, within, _LIMIT)
    return [QualityView.of(each) for each in (total, *groups.values())], gaps


async def _documents(connection: Connection, period: Period, within: Scope) -> object:
    return await quality_reports.documents(
        connection, period, within, most_cited=_LIMIT, missing=_LIMIT + 1, counted=True
    )


_REPORTS: dict[str, Report] = {
    **{f"usage by {grouping}": _usage(grouping) for grouping in Grouping if grouping is not Grouping.USER},
    "usage by user": _users,
    "quality": _quality,
    "documents": _documents,
}


def run(options: Options) -> Sequence[Table]:
    messages = options.messages or (20_000 if options.quick else MESSAGES)
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as home, migrated_postgres(Path(home) / "pg") as server:
        database = server.fresh_database()
        made = asyncio.run(fill(database.dsn_owner, messages, by_timer=_BY_TIMER, unrolled=_UNROLLED))
        return asyncio.run(_measured(database, messages, made, options))


async def _measured(database: Database, messages: int, made: dict[str, float], options: Options) -> Sequence[Table]:
    db = Db(database.dsn_app)
    try:
        scope = await _a_scope(db)
        lines = [await _line(db, name, options.rounds, scope) for name in _REPORTS]
        sizes = await _sizes(db)
        if not options.quick:
            await _write_plans(db, messages)
    finally:
        await db.close()
    return [
        Table(
            f"Reports over {messages:,} messages of one year, ms",
            ("report", *_PERIODS, "a year, one department and country"),
            tuple(lines),
            (
                f"median [highest] of {options.rounds} runs, one connection, by the app's role; a transaction each, "
                f"summing in Python included; target {_TARGET_MS} ms",
                "CPU: mean of this process and PostgreSQL's together; on an idle machine it is the clock's "
                "time, since every row is in memory and no parallel worker takes part",
                "5,000 people, 12 departments, 8 countries, 4 models, 20,000 documents; PostgreSQL with its default "
                f"memory settings on the same machine; {_UNROLLED:,} changes not rolled up yet, {_BY_TIMER:,} before "
                "them rolled up in the timer's batches after the last VACUUM",
                *(f"{what}: {figure(seconds)} s" for what, seconds in made.items()),
                f"plans: bench/{PLANS.name}",
            ),
            versions("asyncpg"),
        ),
        Table(
            "What the analytics' tables take",
            ("table", "rows", "MB", "MB of indexes"),
            sizes,
            ("messages beside them for comparison; theirs are short here",),
            versions("asyncpg"),
        ),
    ]


async def _a_scope(db: Db) -> Scope:
    async with db.connection() as connection:
        row = await connection.fetchrow(
            "SELECT department_id, country_id FROM usage_subjects GROUP BY 1, 2 ORDER BY count(*) DESC LIMIT 1"
        )
    assert row is not None, "nobody was made"
    return Scope(row["department_id"], row["country_id"])


async def _line(db: Db, name: str, rounds: int, scope: Scope) -> tuple[str, ...]:
    everywhere = Scope(None, None)
    asked = [(period, everywhere) for period in _PERIODS.values()] + [(_PERIODS["a year"], scope)]
    return name, *[await _times(db, _REPORTS[name], rounds, period, within) for period, within in asked]


async def _times(db: Db, report: Report, rounds: int, period: Period, within: Scope) -> str:
    times: list[float] = []
    async with snapshot(db) as connection:
        # warms up
        await report(connection, period, within)
        backend = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()"))
    spent = _cpu_s(backend)
    for _ in range(rounds):
        began = time.perf_counter()
        async with snapshot(db) as connection:
            await report(connection, period, within)
        times.append(1000 * (time.perf_counter() - began))
    cpu = 1000 * (_cpu_s(backend) - spent) / rounds
    return f"{figure(statistics.median(times))} [{figure(max(times))}], CPU {figure(cpu)}"


def _cpu_s(backend: psutil.Process) -> float:
    """Of this process and of the one that PostgreSQL serves it with."""
    served = backend.cpu_times()
    return time.process_time() + served.user + served.system


_SIZES = """
    SELECT relname, greatest(reltuples, 0)::bigint AS rows, pg_table_size(oid) AS bytes, pg_indexes_size(oid) AS indexes
      FROM pg_class
     WHERE relkind = 'r' AND (relname LIKE 'usage%' OR relname = 'messages')
     ORDER BY pg_total_relation_size(oid) DESC
"""


async def _sizes(db: Db) -> tuple[tuple[str, ...], ...]:
    async with db.connection() as connection:
        rows = await connection.fetch(_SIZES)
    return tuple(
        (row["relname"], f"{row['rows']:,}", figure(row["bytes"] / 2**20), figure(row["indexes"] / 2**20))
        for row in rows
    )


async def _write_plans(db: Db, messages: int) -> None:
    period, everywhere = _PERIODS[_WORST], Scope(None, None)
    blocks = columns_of(runs_of(period))
    day_blocks = columns_of(runs_of(period, (0,)))
    *signed, signs = columns_of_signed(signed_runs_of(period))
    nobody, documents = usage_reports.NOBODYS, (*signed, None, None, period.first, period.last)
    ranked = usage_users.ranked_arguments(period, everywhere, None, _LIMIT + 1)
    async with db.connection() as connection:
        shown = [row["person"] for row in await connection.fetch(usage_users.RANKED, *ranked)]
    asked: dict[str, tuple[str, tuple[Any, ...]]] = {
        "usage by day: sums": (usage_reports.TIMED_CELLS, (*day_blocks, 0, "all", nobody, nobody)),
        "usage by day: people": (usage_people.SETS, usage_people.sets_arguments(period, Grouping.DAY)),
        "usage by model: sums": (usage_reports.TIMED_CELLS, (*blocks, 0, "model", nobody, nobody)),
        "usage by model: people": (usage_people.SETS, usage_people.sets_arguments(period, Grouping.MODEL)),
        "usage by model: what is not rolled up": (
            usage_tail.SUMS,
            usage_tail.arguments(period, everywhere, Grouping.MODEL),
        ),
        "usage by department: who belongs where": (usage_people.MEMBERS, (None, None)),
        "usage by user: a page": (usage_users.RANKED, ranked),
        "usage by user: what they used": (usage_users.CELLS, (*blocks, None, None, shown)),
        "quality: questions without an answer": (
            quality_reports.GAPS,
            (period.first, period.last, None, None, _LIMIT),
        ),
        "documents": (quality_reports.DOCUMENTS, (*documents, _LIMIT, None, None, _LIMIT + 1, True, signs)),
    }
    parts = [f"# Plans of the reports over {messages:,} messages\n\n{_WORST}, for everyone."]
    async with db.connection() as connection:
        for name, (statement, arguments) in asked.items():
            plan = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", *arguments)
            parts.append("\n".join([f"## {name}\n", "```", *(row[0] for row in plan), "```"]))
    PLANS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
