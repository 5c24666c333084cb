"""Daily budgets in a real PostgreSQL: what is used, and when it is refused to use more."""

import asyncio
from uuid import uuid4

import pytest

from shared.db import budgets, messages, scopes
from shared.db.pool import Db
from shared.domain.budgets import BudgetDefaults, BudgetSubject
from shared.domain.events import Done, RunStatus, Usage
from shared.domain.identity import Caller
from shared.errors import NotFound, RateLimited
from shared.services.budgeting import NONE_SET_FOR_S, Budgeting
from tests.shared.db.test_messages import ask, caller, new_conversation

USER, DEPARTMENT = BudgetSubject.USER, BudgetSubject.DEPARTMENT


async def use(db: Db, who: Caller, tokens: int) -> None:
    turn = await ask(db, who, await new_conversation(db, who), "?")
    usage = Usage(tokens - 3, 1, side_input_tokens=1, side_output_tokens=1)
    done = Done(turn.message_id, RunStatus.FAILED, None, usage, "openai", "m", (), None)
    async with db.connection() as connection:
        await messages.finish(connection, done, content="", error=None, first_token_ms=None, latency_ms=1)


async def in_department(db: Db, *people: Caller) -> None:
    async with db.transaction() as connection:
        department = await scopes.add_department(connection, f"D{uuid4().hex[:6]}")
        await connection.execute(
            "UPDATE users SET department_id = $1 WHERE id = ANY ($2::uuid[])",
            department.id,
            [person.user_id for person in people],
        )


async def may_ask(db: Db, budgeting: Budgeting, who: Caller) -> bool:
    async with db.connection() as connection:
        try:
            await budgeting.require(connection, who)
        except RateLimited:
            return False
    return True


async def test_s18_what_is_spent_is_refused_whoever_of_the_department_spent_it(db: Db) -> None:
    alice, bob, carol = [await caller(db, name) for name in ("alice", "bob", "carol")]
    await in_department(db, alice, bob)
    budgeting = Budgeting(BudgetDefaults(user=1_000, department=1_500))
    assert [await may_ask(db, budgeting, who) for who in (alice, bob, carol)] == [True, True, True]
    await use(db, alice, 999)
    assert await may_ask(db, budgeting, alice), "one token is left"
    await use(db, alice, 100)
    assert [await may_ask(db, budgeting, who) for who in (alice, bob, carol)] == [False, True, True]
    async with db.connection() as connection:
        with pytest.raises(RateLimited, match="1,099 of 1,000 tokens are used, 0 are left") as refused:
            await budgeting.require(connection, alice)
    assert refused.value.code == "token_budget_spent"
    assert 1 <= refused.value.retry_after_s <= 24 * 3600
    await use(db, bob, 401)
    async with db.connection() as connection:
        spent = await budgeting.of(connection, bob)
    assert spent is not None
    assert (spent.subject, spent.limit, spent.used, spent.remaining) == (DEPARTMENT, 1_500, 1_500, 0)
    assert [await may_ask(db, budgeting, who) for who in (alice, bob, carol)] == [False, False, True]


async def test_a_budget_of_ones_own_replaces_the_default_and_null_lifts_it(db: Db) -> None:
    alice = await caller(db)
    await use(db, alice, 500)
    budgeting = Budgeting(BudgetDefaults(user=100))
    assert not await may_ask(db, budgeting, alice)
    for own, allowed in ((501, True), (500, False), (None, True), (0, False)):
        async with db.transaction() as connection:
            await budgets.put(connection, USER, alice.user_id, own, alice.user_id)
            shown = await budgets.get(connection, USER, alice.user_id, budgeting.defaults)
        assert (shown.limit, shown.used, shown.is_default) == (own, 500, False)
        assert await may_ask(db, budgeting, alice) is allowed, own
    async with db.transaction() as connection:
        await budgets.drop(connection, USER, alice.user_id)
        assert (await budgets.get(connection, USER, alice.user_id, budgeting.defaults)).is_default
        for subject in BudgetSubject:
            with pytest.raises(NotFound):
                await budgets.get(connection, subject, uuid4(), budgeting.defaults)


async def test_only_what_was_begun_today_counts(db: Db) -> None:
    alice = await caller(db)
    await use(db, alice, 500)
    async with db.connection() as connection:
        await connection.execute("UPDATE usage_answers SET day = day - 1")
    assert await may_ask(db, Budgeting(BudgetDefaults(user=1)), alice)


async def test_the_first_budget_is_noticed_within_half_a_minute_and_at_once_where_it_was_set(db: Db) -> None:
    alice, now = await caller(db), [0.0]
    elsewhere = Budgeting(BudgetDefaults(), clock=lambda: now[0])
    here = Budgeting(BudgetDefaults(), clock=lambda: now[0])
    assert await may_ask(db, here, alice)
    assert await may_ask(db, elsewhere, alice)
    async with db.connection() as connection:
        await budgets.put(connection, USER, alice.user_id, 0, alice.user_id)
    here.forget()
    assert not await may_ask(db, here, alice)
    now[0] += NONE_SET_FOR_S
    assert not await may_ask(db, elsewhere, alice)
    async with db.connection() as connection:
        await budgets.put(connection, USER, alice.user_id, 1, alice.user_id)
    assert await may_ask(db, elsewhere, alice), "where there is a budget it is read each time"


async def test_s18_many_at_once_use_no_more_than_those_that_had_begun(db: Db) -> None:
    """Of 60 that come at once with ten tokens each and a budget of 100, whoever asks after it was spent is refused."""
    alice = await caller(db)
    budgeting, begun = Budgeting(BudgetDefaults(user=100)), list[int]()

    async def one() -> None:
        if await may_ask(db, budgeting, alice):
            async with db.connection() as connection:
                state = await budgeting.of(connection, alice)
            assert state is not None
            begun.append(state.used)
            await use(db, alice, 10)

    for _ in range(6):
        await asyncio.gather(*(one() for _ in range(10)))
    async with db.connection() as connection:
        state = await budgeting.of(connection, alice)
    assert state is not None
    assert state.used == 10 * len(begun)
    assert state.used <= 100 + 10 * 10, "no more than what ten had begun together"
    assert not await may_ask(db, budgeting, alice)
